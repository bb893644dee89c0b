/* reader_run.h - what the tests of the reader share: journals written by hand, and what is read.
 * Owned by the tests. */
#ifndef TESTS_UNIT_READER_RUN_H
#define TESTS_UNIT_READER_RUN_H

#include "../support/folder.h"
#include "../support/gzip.h"
#include "journal/reader.h"
#include "test_main.h"

#include <check.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ATOM "md.trades.ATOMUSDT"
#define BTC  "md.trades.BTCUSDT"
#define ETH  "md.trades.ETHUSDT"
#define DAY  INT64_C(86400000000000)
#define D1   (20089 * DAY) /* 2025-01-01, 02, 03 */
#define D2   (20090 * DAY)
#define D3   (20091 * DAY)

static char dir[256];
static struct nj_error err;
static struct nj_reader *reader;
static struct nj_read got;

static inline void set_up(void)
{
    folder_make(dir, "reader");
    memset(&err, 0, sizeof err);
    reader = NULL;
}

static inline void tear_down(void)
{
    nj_reader_close(reader);
    folder_remove(dir);
}

/* ---- journals -------------------------------------------------------------------------------- */

static char text[1 << 16];
static size_t text_len;

static inline void trade(const char *symbol, int64_t ts, uint64_t seq)
{
    text_len += (size_t)snprintf(text + text_len, sizeof text - text_len,
                                 "{\"symbol\":\"%s\",\"price\":1.5,\"qty\":2,\"ts_ns\":%lld",
                                 symbol, (long long)ts);
    if (seq)
        text_len += (size_t)snprintf(text + text_len, sizeof text - text_len, ",\"seq\":%llu",
                                     (unsigned long long)seq);
    text_len += (size_t)snprintf(text + text_len, sizeof text - text_len, "}\n");
}

static inline void line(const char *is)
{
    text_len += (size_t)snprintf(text + text_len, sizeof text - text_len, "%s", is);
}

static inline void written(const char *name)
{
    folder_write(dir, name, text, text_len);
    text_len = 0;
}

static inline void packed(const char *name)
{
    static char room[1 << 16];
    folder_write(dir, name, room, gzip_pack(text, text_len, room, sizeof room));
    text_len = 0;
}

static inline void move(const char *from, const char *to)
{
    char a[512], b[512];
    snprintf(a, sizeof a, "%s/%s", dir, from);
    snprintf(b, sizeof b, "%s/%s", dir, to);
    ck_assert_int_eq(rename(a, b), 0);
}

static inline void removed(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(unlink(path), 0);
}

/* ---- reading --------------------------------------------------------------------------------- */

static inline struct nj_reader_options all_of(const char *const *stems, size_t n)
{
    return (struct nj_reader_options){
        .dir = dir, .stems = stems, .n_stems = n, .from_ns = INT64_MIN, .to_ns = INT64_MAX};
}

static inline void opened(const struct nj_reader_options *options)
{
    nj_reader_close(reader);
    ck_assert_msg(nj_reader_open(&reader, options, &err) == 0, "%s", err.text);
}

static inline void open_one(const char *stem)
{
    const char *stems[] = {stem};
    struct nj_reader_options o = all_of(stems, 1);
    opened(&o);
}

static inline void next_is(int64_t ts)
{
    int rc = nj_reader_next(reader, &got, &err);
    ck_assert_msg(rc == 1, "%d: %s", rc, err.text);
    ck_assert_int_eq(got.event->ts_ns, ts);
}

static inline void ends(void)
{
    ck_assert_int_eq(nj_reader_next(reader, &got, &err), 0);
    ck_assert_int_eq(nj_reader_next(reader, &got, &err), 0); /* and stays there */
}

static inline void fails(int code, const char *name, const char *why)
{
    char expected[1024];
    ck_assert_int_eq(nj_reader_next(reader, &got, &err), code);
    snprintf(expected, sizeof expected, name ? "%s/%s%s" : "%s%s%s", name ? dir : "",
             name ? name : "", why);
    ck_assert_str_eq(err.text, expected);
    ck_assert_int_eq(nj_reader_next(reader, &got, &err), code); /* and says so again */
}

#endif
