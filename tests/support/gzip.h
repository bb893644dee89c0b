/* gzip.h - gzip files for tests, written by libarchive. */
#ifndef NJ_TESTS_GZIP_H
#define NJ_TESTS_GZIP_H

#include <stddef.h>

/* One gzip member of `text`; returns its length. Ends the program when it cannot. */
size_t gzip_pack(const void *text, size_t len, void *out, size_t cap);

#endif
