/* folder.h - a folder for one test under TMPDIR (else /dev/shm, else /tmp): made empty, removed
 * with all in it. */
#ifndef NJ_TESTS_FOLDER_H
#define NJ_TESTS_FOLDER_H

#include <stddef.h>

/* Makes it; path holds at least 256 bytes. Ends the program when it cannot. */
void folder_make(char *path, const char *name);
void folder_remove(const char *path);
/* Removes what is in it. */
void folder_empty(const char *path);
/* The whole content of dir/name, NUL-ended, to be freed; NULL: no such file. */
char *folder_read(const char *dir, const char *name, size_t *len);
/* Writes dir/name anew. Ends the program when it cannot. */
void folder_write(const char *dir, const char *name, const void *data, size_t len);

#endif
