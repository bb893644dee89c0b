/* scan_file.h - a whole file through the scanner into columns, for tests and benchmarks that want
 * its rows and no cache. Owned by the tests. */
#ifndef TESTS_SUPPORT_SCAN_FILE_H
#define TESTS_SUPPORT_SCAN_FILE_H

#include "journal/scan.h"

#include <njord/lines.h>

/* Plain or gzip. An unterminated last line is left out. Errors name the file, or the line. */
static inline int scan_file(struct nj_scan *scan, const char *path, struct nj_error *err)
{
    char why[512];
    size_t used;
    njord_block block;
    int got = 0, rc = 0;
    njord_lines *lines = njord_lines_open(path, why, sizeof why);
    if (!lines)
        return nj_error_set(err, NJ_ERR_IO, "%s", why);
    while (rc == 0 && (got = njord_lines_block(lines, &block)) > 0 && !block.torn)
        rc = nj_scan_lines(scan, block.text, block.len, false, block.number, &used, err);
    if (rc == 0 && got < 0)
        rc = nj_error_set(err, NJ_ERR_IO, "%s", njord_lines_error(lines));
    njord_lines_close(lines);
    return rc;
}

#endif
