/* test_scan_csv.c - rows of CSV files as columns: values read off the lines, which way a row took,
 * and that both ways say the same of rows that are damaged in every place. Owned by the tests. */
#include "../support/folder.h"
#include "journal/scan_csv.h"
#include "test_main.h"

#include <inttypes.h>
#include <math.h>
#include <njord/contract.h>
#include <njord/lines.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static njord_recorded recorded;
static struct nj_columns_builder *rows;
static struct nj_columns view;
static struct nj_scan_csv scan;
static struct nj_error err;

static void know(uint32_t kind, const char *text)
{
    char why[NJORD_RECORDED_WHY] = "";
    njord_recorded_options options = {.kind = kind,
                                      .symbol = "BTC/USDT",
                                      .venue = "csv",
                                      .timeframe = kind == NJORD_EV_BAR ? "1m" : NULL};
    ck_assert_int_eq(njord_recorded_init(&recorded, &options, why), 0);
    for (int known = 0; *text && known == 0;) {
        size_t len = strcspn(text, "\n");
        known = njord_recorded_probe(&recorded, text, len, why);
        ck_assert_msg(known >= 0, "%s", why);
        text += len + (text[len] == '\n');
    }
    ck_assert_msg(njord_recorded_settle(&recorded, why) == 0, "%s", why);
}

static int take(const char *text, size_t len, bool skip_bad, bool slowly)
{
    nj_columns_builder_free(rows);
    ck_assert_int_eq(
        nj_columns_builder_new(
            &rows, recorded.kind == NJORD_EV_BAR ? NJ_COLUMNS_BARS : NJ_COLUMNS_TRADES, &err),
        0);
    scan = (struct nj_scan_csv){
        .recorded = &recorded, .into = rows, .skip_bad = skip_bad, .slowly = slowly};
    err = (struct nj_error){0};
    int rc = nj_scan_csv_lines(&scan, "bars.csv", text, len, 1, &err);
    nj_columns_view(rows, &view);
    return rc;
}

/* All rows but the first go the short way; lines behind are there to be read as slack. */
static void whole(uint32_t kind, const char *text)
{
    know(kind, text);
    ck_assert_msg(take(text, strlen(text), false, false) == 0, "%s", err.text);
}

static void ends(void)
{
    nj_columns_builder_free(rows);
    rows = NULL;
}

#define HEADER "ts,open,high,low,close,volume\n"
#define FIRST  "1577836800000,100.00,100.02,99.90,99.92,42.3717\n"

START_TEST(bars_are_read_as_they_stand)
{
    whole(NJORD_EV_BAR, HEADER FIRST
          "1577836860000,0.1,123456789.12345678,-5,1e-3,9007199254740993\r\n"
          "1577836920000,1E2,0.30000000000000004,2.2250738585072014e-308,17976931348623157e292,0\n"
          "1577836980000,1,2,3,4,5");
    ck_assert_uint_eq(view.n, 4);
    ck_assert_str_eq(view.symbol, "BTC/USDT");
    ck_assert_str_eq(view.timeframe, "1m");
    ck_assert_int_eq(view.ts[1], INT64_C(1577836860000000000));
    ck_assert(view.open[1] == 0.1);
    ck_assert(view.high[1] == 123456789.12345678);
    ck_assert(view.low[1] == -5);
    ck_assert(view.close[1] == 0.001);
    ck_assert(view.volume[1] == 9007199254740992.0); /* half way: to even */
    ck_assert(view.open[2] == 100);
    ck_assert(view.high[2] == 0.1 + 0.2);
    ck_assert(view.low[2] == 2.2250738585072014e-308);
    ck_assert(view.close[2] == 1.7976931348623157e308);
    ck_assert_int_eq(view.ts[3], INT64_C(1577836980000000000));
    ck_assert(view.volume[3] == 5);
    ck_assert_uint_eq(scan.lines, 4);
    ck_assert_uint_eq(scan.slow, 1);
}
END_TEST

START_TEST(times_may_be_texts)
{
    whole(NJORD_EV_BAR, "date;open;high;low;close;volume;note\n"
                        "2021-02-28 23:59:00;1;2;3;4;5;first\n"
                        "2021-03-01 00:00:00;1;2;3;4;5;a b\n"
                        "2021-03-01T00:01:00Z;1;2;3;4;5;\n"
                        "2021-03-01 00:02;1;2;3;4;5;c\n"
                        "2021-03-01 00:03:00+00:00;1;2;3;4;5;d\n");
    ck_assert_uint_eq(view.n, 5);
    /* 2021-03-01 is day 18,687 of the epoch */
    for (int64_t i = 0; i < 5; i++)
        ck_assert_int_eq(view.ts[i], (INT64_C(18687) * 1440 + i - 1) * 60 * 1000000000);
    ck_assert_uint_eq(scan.slow, 1);
}
END_TEST

START_TEST(a_venues_dump_is_read_the_short_way)
{
#define KLINE(open, close)                                                                         \
#open ",35000.10,35100.00,34900.50,35050.25,12.50000000," #close                               \
          ",437812.5,308,7.25,253925.0,0\n"
    whole(NJORD_EV_BAR, KLINE(1622505600000, 1622505659999) KLINE(1622505660000, 1622505720000)
                            KLINE(1622505720000, 1622505779999));
    ck_assert_uint_eq(view.n, 3);
    ck_assert_int_eq(view.trades[2], 308);
    ck_assert(view.quote_volume[2] == 437812.5);
    ck_assert(view.taker_volume[1] == 7.25);
    ck_assert_uint_eq(scan.slow, 1);

    whole(NJORD_EV_TRADE, "288,0.1,5,0.5,1622505600000,true,true\n"
                          "289,0.25,3,0.75,1622505600001,False,true\n"
                          "290,0.5,2,1,1622505600001,True,true\n");
    ck_assert_uint_eq(view.n, 3);
    ck_assert(view.price[1] == 0.25 && view.qty[1] == 3);
    ck_assert_int_eq(view.id[2], 290);
    ck_assert_int_eq(view.side[1], NJORD_SIDE_BUY);
    ck_assert_int_eq(view.side[2], NJORD_SIDE_SELL);
    ck_assert_str_eq(view.venues[view.venue[2]], "csv");
    ck_assert_uint_eq(scan.slow, 1);
}
END_TEST

START_TEST(a_value_that_is_left_out_is_absent_in_its_row_only)
{
    whole(NJORD_EV_BAR, "ts,open,high,low,close,volume,quote_volume\n"
                        "60000,1,2,3,4,5,6\n120000,1,2,3,4,5,\n180000,1,2,3,4,5,7\n");
    ck_assert(view.quote_volume[0] == 6);
    ck_assert(isnan(view.quote_volume[1]));
    ck_assert(view.quote_volume[2] == 7);
}
END_TEST

static void refused(const char *row, const char *why)
{
    char text[2048];
    snprintf(text, sizeof text, "%s%s1577836860000,1,2,3,4,5\n%s\n1577837040000,1,2,3,4,5\n",
             HEADER, FIRST, row);
    know(NJORD_EV_BAR, text);
    ck_assert_int_eq(take(text, strlen(text), false, false), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, why);
    ck_assert_int_eq(take(text, strlen(text), true, false), 0);
    ck_assert_uint_eq(scan.bad, 1);
    ck_assert_uint_eq(view.n, 3);
}

START_TEST(a_bad_line_is_named_or_counted)
{
    refused("1577836920000,1,2,3,4", "bars.csv:4: expected 6 columns as in the header, found 5");
    refused("1577836920000,1,2,3,4,5,6",
            "bars.csv:4: expected 6 columns as in the header, found 7");
    refused("1577836920000,1,2,3,4,", "bars.csv:4: volume: expected a number, found ''");
    refused("1577836920000,1,2,x,4,5", "bars.csv:4: low: expected a number, found 'x'");
    refused("1577836920000,1,02,3,4,5", "bars.csv:4: high: expected a number, found '02'");
    refused("1577836920000,1.,2,3,4,5", "bars.csv:4: open: expected a number, found '1.'");
    refused("1577836920000,nan,2,3,4,5", "bars.csv:4: open: expected a number, found 'nan'");
    refused("1577836920000,1e999,2,3,4,5", "bars.csv:4: open: expected a number, found '1e999'");
    refused("-1,1,2,3,4,5",
            "bars.csv:4: time: expected a number or YYYY-MM-DDThh:mm:ssZ, found '-1'");
    refused("9223372036854,1,2,3,4,5", "bars.csv:4: time is out of range");
    refused("1577836920000,1,2,3,4,\"5",
            "bars.csv:4: column 6: a quote is left open or followed by text");
}
END_TEST

/* ---- both ways ---- */

static uint64_t random_state = 7;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % below;
}

__attribute__((format(printf, 2, 3))) static size_t say(char *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out, 200, format, args);
    va_end(args);
    return (size_t)n;
}

static size_t put_number(char *out)
{
    switch (draw(8)) {
    case 0:
        return say(out, "%u", draw(100000));
    case 1:
        return say(out, "%u.%0*u", draw(100000), 1 + (int)draw(9), draw(9));
    case 2:
        return say(out, "%.17g", (double)draw(1u << 30) / 3e5);
    case 3:
        return say(out, "-%u.5", draw(10));
    case 4:
        return say(out, "%u%09u%09u.%u", draw(9), draw(1u << 29), draw(1u << 29), draw(99));
    case 5:
        return say(out, "%ue%d", draw(1000), (int)draw(40) - 20);
    case 6:
        return say(out, "0.%09u%09u", draw(1u << 29), draw(1u << 29));
    default:
        return say(out, "%.2f", (double)draw(1000000) / 100);
    }
}

static size_t put_rows(char *out, bool bars, bool dates)
{
    size_t n =
        say(out, "%s,%s\n", dates ? "date" : "ts",
            bars ? "open,high,low,close,volume,trades,quote_volume" : "price,qty,trade_id,side");
    for (int i = 0; i < 40; i++) {
        n += dates ? say(out + n, "2021-03-%02d %02u:%02d:00", 1 + i / 20, draw(24), i)
                   : say(out + n, "%" PRId64, 1600000020000 + i * INT64_C(60000));
        for (int k = 0; k < (bars ? 5 : 2); k++) {
            out[n++] = ',';
            n += put_number(out + n);
        }
        if (bars)
            n += say(out + n, ",%u,%s", draw(50), draw(3) ? "1.5" : "");
        else
            n += say(out + n, ",%u,%s", draw(500), draw(3) ? "buy" : "S");
        n += say(out + n, "%s", draw(4) ? "\n" : "\r\n");
    }
    return n;
}

static void same_rows(const struct nj_columns *a, const struct nj_columns *b)
{
    ck_assert_uint_eq(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        union {
            njord_bar bar;
            njord_trade trade;
        } x, y;
        memset(&x, 0, sizeof x);
        memset(&y, 0, sizeof y);
        if (a->kind == NJ_COLUMNS_BARS) {
            nj_columns_bar(a, i, &x.bar);
            nj_columns_bar(b, i, &y.bar);
        } else {
            nj_columns_trade(a, i, &x.trade);
            nj_columns_trade(b, i, &y.trade);
        }
        ck_assert_mem_eq(&x, &y, sizeof x);
    }
}

START_TEST(both_ways_say_the_same_of_damaged_rows)
{
    static const char bytes[] = "0123456789.,;-+eE\"\r\n \tTZ:x\0\xff";
    static char text[65536];
    uint64_t short_rows = 0;
    for (int round = 0; round < 3000; round++) {
        bool bars = draw(3) > 0;
        size_t n = put_rows(text, bars, draw(3) == 0);
        know(bars ? NJORD_EV_BAR : NJORD_EV_TRADE, "");
        text[n] = '\0';
        know(bars ? NJORD_EV_BAR : NJORD_EV_TRADE, text);
        for (uint32_t k = draw(6); k > 0; k--)
            text[40 + draw((uint32_t)n - 40)] = bytes[draw(sizeof bytes - 1)];
        char *exact = malloc(n); /* reading past it is seen */
        memcpy(exact, text, n);
        for (int skip = 0; skip < 2; skip++) {
            struct nj_error fast_err;
            struct nj_columns fast;
            int rc = take(exact, n, skip, false);
            struct nj_scan_csv fast_scan = scan;
            struct nj_columns_builder *kept = rows;
            fast_err = err;
            fast = view;
            rows = NULL;
            ck_assert_int_eq(take(exact, n, skip, true), rc);
            ck_assert_str_eq(err.text, fast_err.text);
            ck_assert_uint_eq(scan.bad, fast_scan.bad);
            ck_assert_uint_eq(scan.lines, fast_scan.lines);
            same_rows(&fast, &view);
            short_rows += fast_scan.lines - fast_scan.slow;
            nj_columns_builder_free(kept);
        }
        free(exact);
    }
    ck_assert_uint_gt(short_rows, 100000);
}
END_TEST

/* ---- files ---- */

START_TEST(a_file_is_read_to_its_end_or_refused)
{
    char dir[256], path[300];
    folder_make(dir, "csv");
    snprintf(path, sizeof path, "%s/bars.csv", dir);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs("\xef\xbb\xbf" HEADER, f);
    for (int i = 0; i < 50000; i++)
        fprintf(f, "%" PRId64 ",%d.25,2,3,4,5\n", INT64_C(60000) * i, i);
    fclose(f);
    know(NJORD_EV_BAR, HEADER "0,1,2,3,4,5\n");
    recorded.unit = NJORD_UNIT_MS;
    ck_assert_int_eq(take("", 0, false, false), 0);
    ck_assert_msg(nj_scan_csv_file(&scan, path, &err) == 0, "%s", err.text);
    nj_columns_view(rows, &view);
    ck_assert_uint_eq(view.n, 50000);
    ck_assert(view.open[49999] == 49999.25);
    ck_assert_int_eq(view.ts[49999], INT64_C(49999) * 60000000000);
    ck_assert_uint_lt(scan.slow, 20);

    f = fopen(path, "a");
    for (int i = 0; i <= (int)NJORD_LINE_MAX; i++)
        fputc('1', f);
    fputs("\n3000000000,1,2,3,4,5\n", f);
    fclose(f);
    char expected[400];
    ck_assert_int_eq(take("", 0, false, false), 0);
    ck_assert_int_eq(nj_scan_csv_file(&scan, path, &err), NJ_ERR_LIMIT);
    snprintf(expected, sizeof expected, "%s:50002: longer than %u bytes", path, NJORD_LINE_MAX);
    ck_assert_str_eq(err.text, expected);
    ck_assert_int_eq(take("", 0, true, false), 0);
    ck_assert_int_eq(nj_scan_csv_file(&scan, path, &err), 0);
    ck_assert_uint_eq(scan.bad, 1);
    nj_columns_view(rows, &view);
    ck_assert_uint_eq(view.n, 50001);

    snprintf(path, sizeof path, "%s/none.csv", dir);
    ck_assert_int_eq(nj_scan_csv_file(&scan, path, &err), NJ_ERR_NOT_FOUND);
    folder_remove(dir);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("scan_csv");
    TCase *t = tcase_create("scan_csv");
    tcase_add_checked_fixture(t, NULL, ends);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, bars_are_read_as_they_stand);
    tcase_add_test(t, times_may_be_texts);
    tcase_add_test(t, a_venues_dump_is_read_the_short_way);
    tcase_add_test(t, a_value_that_is_left_out_is_absent_in_its_row_only);
    tcase_add_test(t, a_bad_line_is_named_or_counted);
    tcase_add_test(t, both_ways_say_the_same_of_damaged_rows);
    tcase_add_test(t, a_file_is_read_to_its_end_or_refused);
    suite_add_tcase(s, t);
    return run_suite(s);
}
