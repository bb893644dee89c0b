#include "gzip.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>

static void must(struct archive *a, int good)
{
    if (good)
        return;
    fprintf(stderr, "gzip_pack: %s\n", a ? archive_error_string(a) : "out of memory");
    exit(99);
}

size_t gzip_pack(const void *text, size_t len, void *out, size_t cap)
{
    size_t used = 0;
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    must(a, a && e);
    must(a, archive_write_add_filter_gzip(a) == ARCHIVE_OK);
    must(a, archive_write_set_format_raw(a) == ARCHIVE_OK);
    archive_write_set_bytes_in_last_block(a, 1);
    must(a, archive_write_open_memory(a, out, cap, &used) == ARCHIVE_OK);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_pathname(e, "data");
    must(a, archive_write_header(a, e) == ARCHIVE_OK);
    must(a, archive_write_data(a, text, len) == (la_ssize_t)len);
    must(a, archive_write_close(a) == ARCHIVE_OK);
    archive_entry_free(e);
    archive_write_free(a);
    return used;
}
