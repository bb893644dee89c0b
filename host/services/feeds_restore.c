/* feeds_restore.c - the ids that feeds gave before a restart, out of the journals of trades: what a
 * feed repeats then is known, and what it left out is a gap. */
#include "journal/names.h"
#include "market/trade_ids.h"
#include "services/feeds.h"
#include "services/host.h"

#include <errno.h>
#include <njord/codec.h>
#include <njord/lines.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAIL      ((size_t)1 << 20) /* looked at of a plain file: some 200 bytes a trade */
#define MAX_FILES 8u                /* of a chain, newest first */

static void take_line(struct nj_host *host, const char *line, size_t len)
{
    njord_trade trade;
    /* a line that is damaged is the business of those who read the journal */
    if (njord_decode_json(NJORD_EV_TRADE, line, len, &trade, sizeof trade, NULL, NULL) == 0)
        nj_feeds_remember(host, &trade);
}

/* The last `want` lines of text, in order. */
static void take_last(struct nj_host *host, const char *text, size_t len, size_t want)
{
    size_t at = len;
    for (size_t n = 0; n < want && at > 0; n++) {
        const char *before = at > 1 ? memrchr(text, '\n', at - 1) : NULL;
        at = before ? (size_t)(before - text) + 1 : 0;
    }
    for (const char *line = text + at, *end; line < text + len; line = end + 1) {
        end = memchr(line, '\n', (size_t)(text + len - line));
        take_line(host, line, (size_t)(end - line));
    }
}

/* The end of a plain file: whole lines. */
static int read_plain(const char *path, off_t size, struct nj_buf *out, struct nj_error *err)
{
    size_t want = size < (off_t)TAIL ? (size_t)size : TAIL;
    int rc = 0;
    FILE *file = fopen(path, "re");
    if (!file || !nj_buf_reserve(out, want + 1) ||
        fseeko(file, size - (off_t)want, SEEK_SET) != 0 || fread(out->data, 1, want, file) != want)
        rc = nj_error_errno(err, errno ? errno : EIO, "journal '%s': cannot be read", path);
    if (file)
        fclose(file);
    if (rc != 0)
        return rc;
    const char *first = want == (size_t)size ? NULL : memchr(out->data, '\n', want);
    size_t from = first ? (size_t)(first - out->data) + 1 : 0;
    const char *last = memrchr(out->data, '\n', want);
    size_t to = last ? (size_t)(last - out->data) + 1 : from;
    memmove(out->data, out->data + from, to - from);
    out->len = to - from;
    return 0;
}

/* A compressed one is read from its start; what stands far before its end is dropped. */
static int read_packed(const char *path, struct nj_buf *out, struct nj_error *err)
{
    char why[NJ_ERROR_TEXT];
    njord_block block;
    int rc = 0, more = 0;
    njord_lines *lines = njord_lines_open(path, why, sizeof why);
    if (!lines)
        return nj_error_set(err, NJ_ERR_IO, "%s", why);
    struct nj_buf before = {0};
    while (rc == 0 && (more = njord_lines_block(lines, &block)) == 1) {
        if (block.torn || block.too_long)
            continue;
        if (out->len > TAIL) { /* the block before, and what comes */
            struct nj_buf swap = before;
            before = *out;
            *out = swap;
            nj_buf_clear(out);
        }
        if (!nj_buf_add(out, block.text, block.len))
            rc = nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", path);
    }
    if (rc == 0 && more < 0)
        rc = nj_error_set(err, NJ_ERR_IO, "%s", njord_lines_error(lines));
    if (rc == 0 && before.len > 0 && nj_buf_add(&before, out->data ? out->data : "", out->len)) {
        struct nj_buf swap = before;
        before = *out;
        *out = swap;
    }
    nj_buf_free(&before);
    njord_lines_close(lines);
    return rc;
}

/* The last trades of one journal, from as many of its files as it takes. */
static int restore_chain(struct nj_host *host, const struct nj_journal_file *files, size_t n,
                         struct nj_error *err)
{
    struct nj_buf text[MAX_FILES] = {{0}};
    size_t found[MAX_FILES] = {0}, used = 0, lines = 0;
    int rc = 0;
    for (; rc == 0 && used < MAX_FILES && used < n && lines < NJ_TRADE_IDS; used++) {
        char name[NJ_STEM_SIZE + 32], path[NJ_PATH_MAX];
        const struct nj_journal_file *file = &files[n - 1 - used];
        rc = nj_journal_name_make(file, name, sizeof name, err);
        if (rc == 0)
            rc = nj_path_join(path, sizeof path, host->config->logging.journal_dir, name, err);
        if (rc == 0)
            rc = file->gz ? read_packed(path, &text[used], err)
                          : read_plain(path, (off_t)file->size, &text[used], err);
        for (size_t i = 0; rc == 0 && i < text[used].len; i++)
            found[used] += text[used].data[i] == '\n';
        lines += found[used];
    }
    for (size_t i = used; rc == 0 && i-- > 0;) {
        size_t newer = 0;
        for (size_t k = 0; k < i; k++)
            newer += found[k];
        if (newer < NJ_TRADE_IDS && text[i].len > 0)
            take_last(host, text[i].data, text[i].len, NJ_TRADE_IDS - newer);
    }
    for (size_t i = 0; i < MAX_FILES; i++)
        nj_buf_free(&text[i]);
    return rc;
}

void nj_feeds_restore(struct nj_host *host)
{
    struct nj_journal_files files;
    struct nj_error err = {0};
    if (nj_journal_list(host->config->logging.journal_dir, "md.trades.*", &files, &err) != 0) {
        nj_log(host->log, NJ_WARN, "feeds", "ids_not_restored", NJ_TEXT("error", err.text));
        return;
    }
    for (size_t i = 0, n; i < files.n; i += n) {
        for (n = 1; i + n < files.n && strcmp(files.files[i + n].stem, files.files[i].stem) == 0;)
            n++;
        if (restore_chain(host, &files.files[i], n, &err) != 0)
            nj_log(host->log, NJ_WARN, "feeds", "ids_not_restored", NJ_TEXT("error", err.text),
                   NJ_TEXT("detail", "a trade that a feed repeats may be taken for a new one"));
    }
    nj_journal_files_free(&files);
}
