/* cache_make.h - journals for the tests of the column cache, and what they read back. A bar of
 * minute m has ts_open m minutes, all prices m, volume 1; a trade t has ts_ns t, price t. */
#ifndef TESTS_UNIT_CACHE_MAKE_H
#define TESTS_UNIT_CACHE_MAKE_H

#include "../support/folder.h"
#include "base/buf.h"
#include "journal/cache.h"

#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE INT64_C(60000000000)
#define BARS   "ohlcv.1m.ATOMUSDT"
#define TRADES "md.trades.BTCUSDT"

static char dir[256], home[256];
static struct nj_error err;

static inline void make_folders(void)
{
    folder_make(dir, "cache");
    folder_make(home, "home");
    setenv("XDG_CACHE_HOME", home, 1);
}

static inline void remove_folders(void)
{
    folder_remove(dir);
    folder_remove(home);
}

/* ---- lines ---- */

/* seq 0: none */
static inline void put_bar(struct nj_buf *out, int64_t minute, double price, int64_t seq)
{
    nj_buf_printf(out,
                  "{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1m\",\"ts_open\":%" PRId64
                  ",\"ts_close\":%" PRId64
                  ",\"open\":%.17g,\"high\":%.17g,\"low\":%.17g,\"close\":%.17g,\"volume\":1",
                  minute * MINUTE, (minute + 1) * MINUTE, price, price, price, price);
    if (seq > 0)
        nj_buf_printf(out, ",\"seq\":%" PRId64, seq);
    nj_buf_puts(out, "}\n");
}

static inline void put_bars(struct nj_buf *out, int64_t from, int64_t to)
{
    for (int64_t m = from; m < to; m++)
        put_bar(out, m, (double)m, 0);
}

static inline void put_trade(struct nj_buf *out, int64_t ts, const char *id, const char *venue,
                             int64_t seq)
{
    nj_buf_printf(out,
                  "{\"ts_ns\":%" PRId64 ",\"symbol\":\"BTC/USDT\",\"price\":%" PRId64
                  ",\"qty\":1,\"trade_id\":\"%s\"",
                  ts, ts, id);
    if (venue)
        nj_buf_printf(out, ",\"venue\":\"%s\"", venue);
    if (seq > 0)
        nj_buf_printf(out, ",\"seq\":%" PRId64, seq);
    nj_buf_puts(out, "}\n");
}

/* Writes what was gathered to dir/name and empties it. */
static inline void put_file(const char *name, struct nj_buf *text)
{
    ck_assert(!text->failed);
    folder_write(dir, name, text->len ? text->data : "", text->len);
    nj_buf_free(text);
    *text = (struct nj_buf){0};
}

/* Behind what dir/name holds. */
static inline void append_file(const char *name, struct nj_buf *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    ck_assert(fd >= 0 && write(fd, text->data, text->len) == (ssize_t)text->len);
    close(fd);
    nj_buf_free(text);
    *text = (struct nj_buf){0};
}

static inline void put_gzip(const char *name, struct nj_buf *text)
{
    char path[600];
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert(a && e);
    archive_write_set_format_raw(a);
    archive_write_add_filter_gzip(a);
    archive_entry_set_filetype(e, AE_IFREG);
    ck_assert_int_eq(archive_write_open_filename(a, path), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_header(a, e), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_data(a, text->data, text->len), (la_ssize_t)text->len);
    ck_assert_int_eq(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    archive_entry_free(e);
    nj_buf_free(text);
    *text = (struct nj_buf){0};
}

/* ---- reading ---- */

static inline struct nj_cache_options options_of(const char *stem)
{
    return (struct nj_cache_options){.platform = nj_platform_system(),
                                     .dir = dir,
                                     .stem = stem,
                                     .from_ns = INT64_MIN,
                                     .to_ns = INT64_MAX};
}

static inline struct nj_cache *must_open(const struct nj_cache_options *o)
{
    struct nj_cache *c = NULL;
    ck_assert_msg(nj_cache_open(&c, o, &err) == 0, "%s", err.text);
    return c;
}

static inline struct nj_cache_info info_of(struct nj_cache *c)
{
    struct nj_cache_info info;
    ck_assert_msg(nj_cache_info(c, &info, &err) == 0, "%s", err.text);
    return info;
}

/* "1 2 3": the times of the rows, in minutes for bars, with "|" between pieces; then ":price" where
 * it is not the time. To be freed. */
static inline char *rows_of(const struct nj_cache *c)
{
    struct nj_buf out = {0};
    const struct nj_columns *p;
    size_t n = nj_cache_pieces(c, &p);
    for (size_t i = 0; i < n; i++) {
        for (size_t r = 0; r < p[i].n; r++) {
            bool bars = p[i].kind == NJ_COLUMNS_BARS;
            int64_t ts = bars ? p[i].ts[r] / MINUTE : p[i].ts[r];
            double price = bars ? p[i].close[r] : p[i].price[r];
            if (out.len > 0)
                nj_buf_puts(&out, r == 0 ? " | " : " ");
            nj_buf_printf(&out, "%" PRId64, ts);
            if (price < (double)ts || price > (double)ts)
                nj_buf_printf(&out, ":%g", price);
        }
    }
    if (!out.data)
        nj_buf_puts(&out, "");
    return out.data;
}

/* Opens, compares the rows and closes. What was made and the hash are left in `seen`. */
static struct nj_cache_info seen;
static inline void expect(const struct nj_cache_options *o, const char *rows)
{
    struct nj_cache *c = must_open(o);
    char *have = rows_of(c);
    ck_assert_str_eq(have, rows);
    free(have);
    seen = info_of(c);
    nj_cache_close(c);
}

/* Files in folder/name that end so; -1: no such folder. */
static inline int count_files(const char *folder, const char *name, const char *begin,
                              const char *end)
{
    char path[600];
    struct dirent *entry;
    int n = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    DIR *d = opendir(path);
    if (!d)
        return -1;
    while ((entry = readdir(d))) {
        size_t len = strlen(entry->d_name);
        n += strncmp(entry->d_name, begin, strlen(begin)) == 0 && len >= strlen(end) &&
             strcmp(entry->d_name + len - strlen(end), end) == 0 &&
             strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(d);
    return n;
}

static inline int segments(void)
{
    return count_files(dir, ".cache", "", ".njc");
}

#endif
