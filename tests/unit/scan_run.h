/* scan_run.h - what the tests of the scanner share: a bar, a trade, a run over lines, and the
 * comparison with the codec. Owned by the tests. */
#ifndef TESTS_UNIT_SCAN_RUN_H
#define TESTS_UNIT_SCAN_RUN_H

#include "journal/scan.h"
#include "test_main.h"

#include <check.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BAR                                                                                        \
    "{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1m\",\"ts_open\":1700000040000000000,"              \
    "\"ts_close\":1700000100000000000,\"open\":9.5,\"high\":9.75,\"low\":9.25,\"close\":9.625,"    \
    "\"volume\":1234.5"
#define TRADE                                                                                      \
    "{\"symbol\":\"BTC/USDT\",\"price\":61800.01,\"qty\":0.00123,\"side\":\"sell\","               \
    "\"ts_ns\":1700000000123456789,\"trade_id\":\"3519284412\",\"venue\":\"binanceus\","           \
    "\"seq\":1048577,\"ts_recv_ns\":1700000000125000000}"

static struct nj_columns_builder *builder;
static struct nj_columns view;
static struct nj_error err;

static inline void clean(void)
{
    nj_columns_builder_free(builder);
    builder = NULL;
}

/* A run over `text`; its result, the rows in `view`. */
static inline int scan(struct nj_scan *s, enum nj_columns_kind kind, const char *text, size_t len)
{
    size_t used = 0;
    nj_columns_builder_free(builder);
    ck_assert_int_eq(nj_columns_builder_new(&builder, kind, &err), 0);
    s->into = builder;
    char *copy = malloc(len ? len : 1); /* no byte more than it is: the sanitizer looks */
    memcpy(copy, text, len);
    int rc = nj_scan_lines(s, copy, len, true, 1, &used, &err);
    free(copy);
    nj_columns_view(builder, &view);
    if (rc == 0)
        ck_assert_uint_eq(used, len);
    return rc;
}

static inline void taken(enum nj_columns_kind kind, const char *text, size_t rows)
{
    struct nj_scan s = {0};
    ck_assert_msg(scan(&s, kind, text, strlen(text)) == 0, "%s", err.text);
    ck_assert_uint_eq(view.n, rows);
    ck_assert_uint_eq(s.bad, 0);
}

/* The line four times: the first has slack behind it and goes the fast way. */
static inline const char *four_times(const char *line)
{
    static char room[16384];
    snprintf(room, sizeof room, "%s\n%s\n%s\n%s\n", line, line, line, line);
    return room;
}

/* What the scanner says of the line alone, and as the first of many. */
static inline void same_as_codec(uint32_t type, const char *line, size_t len)
{
    union {
        njord_bar bar;
        njord_trade trade;
    } want, got;
    njord_decode_error bad;
    enum nj_columns_kind kind = type == NJORD_EV_BAR ? NJ_COLUMNS_BARS : NJ_COLUMNS_TRADES;
    struct nj_scan s = {0};
    memset(&want, 0, sizeof want);
    memset(&got, 0, sizeof got);
    int rc = njord_decode_json(type, line, len, &want, sizeof want, NULL, &bad);
    int ours = nj_scan_event(type, line, len, &got, &err);
    ck_assert_msg((rc == 0) == (ours == 0), "%.*s: %s", (int)len, line,
                  rc == 0 ? err.text : bad.text);
    if (rc == 0)
        ck_assert_msg(memcmp(&want, &got, sizeof want) == 0, "%.*s", (int)len, line);
    else if (len > 0)
        ck_assert_str_eq(err.text, bad.text);
    char *room = malloc(len + 100);
    memcpy(room, line, len);
    memset(room + len, '\n', 100);
    s.skip_bad = true;
    scan(&s, kind, room, len + 100);
    free(room);
    ck_assert_uint_eq(s.bad, 99 + (rc != 0));
    ck_assert_uint_eq(view.n, rc == 0);
    if (rc != 0)
        return;
    if (type == NJORD_EV_BAR)
        nj_columns_bar(&view, 0, &got.bar);
    else
        nj_columns_trade(&view, 0, &got.trade);
    ck_assert_msg(memcmp(&want, &got, sizeof want) == 0, "as columns: %.*s", (int)len, line);
}

static uint64_t state = 88172645463325252u;

static inline uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

#endif
