/* test_names.c - names of journal files and what a folder holds of them. Days were counted by
 * python's datetime. */
#include "../support/folder.h"
#include "journal/names.h"
#include "test_main.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DAY_2021_04_25 18742
#define DAY_2024_02_29 19782
#define DAY_2025_01_01 20089

static char dir[256];
static struct nj_error err;

static void set_up(void)
{
    folder_make(dir, "names");
    memset(&err, 0, sizeof err);
}

static void tear_down(void)
{
    folder_remove(dir);
}

START_TEST(names_of_live_and_dated_files_are_told_apart)
{
    static const struct {
        const char *name, *stem;
        int32_t day;
        uint32_t part;
        bool gz;
    } rows[] = {
        {"orders.ndjson", "orders", NJ_DAY_LIVE, 0, false},
        {"app.ndjson", "app", NJ_DAY_LIVE, 0, false},
        {"ohlcv.1m.ATOMUSDT.ndjson", "ohlcv.1m.ATOMUSDT", NJ_DAY_LIVE, 0, false},
        {"ohlcv.1m.ATOMUSDT.20210425.ndjson", "ohlcv.1m.ATOMUSDT", DAY_2021_04_25, 0, false},
        {"ohlcv.1m.ATOMUSDT.20210425.ndjson.gz", "ohlcv.1m.ATOMUSDT", DAY_2021_04_25, 0, true},
        {"orders.20240229.10.ndjson.gz", "orders", DAY_2024_02_29, 10, true},
        {"orders.20240229.4294967295.ndjson", "orders", DAY_2024_02_29, 4294967295u, false},
        {"md.trades.BRK.BUSD.20250101.1.ndjson", "md.trades.BRK.BUSD", DAY_2025_01_01, 1, false},
        {"md.trades.1000SATSUSDT.ndjson", "md.trades.1000SATSUSDT", NJ_DAY_LIVE, 0, false},
        {"x.20250101.20250102.ndjson", "x", DAY_2025_01_01, 20250102, false},
        {"x.1.ndjson", "x.1", NJ_DAY_LIVE, 0, false},  /* one digit is no date */
        {"x.16770921.ndjson", "x", -106752, 0, false}, /* first and last day of an int64 of ns */
        {"x.22620411.ndjson", "x", 106751, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct nj_journal_file f;
        char name[512];
        ck_assert_msg(nj_journal_name_parse(rows[i].name, &f), "%s", rows[i].name);
        ck_assert_str_eq(f.stem, rows[i].stem);
        ck_assert_int_eq(f.day, rows[i].day);
        ck_assert_uint_eq(f.part, rows[i].part);
        ck_assert_int_eq(f.gz, rows[i].gz);
        ck_assert_int_eq(nj_journal_name_make(&f, name, sizeof name, &err), 0);
        ck_assert_str_eq(name, rows[i].name);
    }
}
END_TEST

START_TEST(what_is_no_journal_is_passed_over)
{
    static const char *const names[] = {"",
                                        ".",
                                        ".lock",
                                        ".ndjson",
                                        "orders",
                                        "orders.ndjson.torn",
                                        "orders.ndjson.gz", /* only dated ones are compressed */
                                        ".orders.20250101.ndjson.gz.tmp",
                                        ".orders.ndjson",
                                        "orders.csv",
                                        "orders.ndjson.gz.gz",
                                        "or ders.ndjson",
                                        "orders.20251301.ndjson",   /* no such month */
                                        "orders.20250229.ndjson",   /* no leap year */
                                        "orders.20250101.0.ndjson", /* parts count from 1 */
                                        "orders.20250101.01.ndjson",
                                        "orders.20250101.4294967296.ndjson",
                                        "orders.20250101.1.20250102.ndjson",
                                        "orders.20250101.1.2.ndjson.x",
                                        "x.16770920.ndjson", /* a day before all days */
                                        "x.22620412.ndjson",
                                        "x.20250101.ndjson.lz4"};
    struct nj_journal_file f;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_msg(!nj_journal_name_parse(names[i], &f), "%s", names[i]);
    char stem[NJ_STEM_SIZE + 8];
    memset(stem, 'a', sizeof stem);
    memcpy(stem + NJ_STEM_SIZE - 1, ".ndjson", 8);
    ck_assert(nj_journal_name_parse(stem, &f));
    ck_assert_uint_eq(strlen(f.stem), NJ_STEM_SIZE - 1);
    memset(stem, 'a', sizeof stem);
    memcpy(stem + NJ_STEM_SIZE, ".ndjson", 8);
    ck_assert(!nj_journal_name_parse(stem, &f));
}
END_TEST

START_TEST(a_name_that_would_not_read_back_is_refused)
{
    static const struct nj_journal_file bad[] = {
        {.stem = "", .day = NJ_DAY_LIVE},
        {.stem = ".x", .day = NJ_DAY_LIVE},
        {.stem = "a/b", .day = NJ_DAY_LIVE},
        {.stem = "x.20250101", .day = NJ_DAY_LIVE},
        {.stem = "x.20250101.3", .day = 0},
        {.stem = "x", .day = NJ_DAY_LIVE, .part = 1},
        {.stem = "x", .day = NJ_DAY_LIVE, .gz = true},
        {.stem = "x", .day = 106752},
        {.stem = "x", .day = -106753},
        {.stem = "x", .day = INT32_MIN},
    };
    char name[64];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(nj_journal_name_make(&bad[i], name, sizeof name, &err), NJ_ERR_INPUT);
        ck_assert_ptr_null(strchr(err.text, '\n'));
    }
    struct nj_journal_file f = {.stem = "orders", .day = DAY_2025_01_01, .part = 7, .gz = true};
    const char *whole = "orders.20250101.7.ndjson.gz";
    ck_assert_int_eq(nj_journal_name_make(&f, name, strlen(whole), &err), NJ_ERR_LIMIT);
    ck_assert_int_eq(nj_journal_name_make(&f, name, strlen(whole) + 1, &err), 0);
    ck_assert_str_eq(name, whole);
}
END_TEST

START_TEST(a_day_is_floored_and_begins_at_midnight)
{
    ck_assert_int_eq(nj_day_of(0), 0);
    ck_assert_int_eq(nj_day_of(-1), -1);
    ck_assert_int_eq(nj_day_of(INT64_C(1619308799999999999)), DAY_2021_04_25 - 1);
    ck_assert_int_eq(nj_day_of(INT64_C(1619308800000000000)), DAY_2021_04_25);
    ck_assert_int_eq(nj_day_of(INT64_MAX), 106751);
    ck_assert_int_eq(nj_day_of(INT64_MIN), -106752);
    ck_assert(nj_day_start_ns(DAY_2021_04_25) == INT64_C(1619308800000000000));
    ck_assert(nj_day_start_ns(-1) == -NJ_DAY_NS);
    ck_assert(nj_day_start_ns(-106752) == INT64_MIN);
    ck_assert(nj_day_start_ns(NJ_DAY_LIVE) == INT64_MAX);
}
END_TEST

START_TEST(timeframes_are_read_to_ns)
{
    ck_assert(nj_timeframe_ns("1s") == 1000000000);
    ck_assert(nj_timeframe_ns("15m") == INT64_C(900000000000));
    ck_assert(nj_timeframe_ns("4h") == INT64_C(14400000000000));
    ck_assert(nj_timeframe_ns("1d") == INT64_C(86400000000000));
    ck_assert(nj_timeframe_ns("1w") == INT64_C(604800000000000));
    ck_assert(nj_timeframe_ns("15000w") == INT64_C(9072000000000000000));
    static const char *const bad[] = {"",    "m",   "0m",  "01m",      "1",      "1M", "1m ",
                                      " 1m", "-1m", "1mm", "1234567m", "15251w", "+1m"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(nj_timeframe_ns(bad[i]) == 0, "%s", bad[i]);
}
END_TEST

static const njord_topic *topic(const char *name)
{
    const njord_topic *t = njord_topic_of(name);
    ck_assert_ptr_nonnull(t);
    return t;
}

START_TEST(a_stem_says_topic_timeframe_and_symbol)
{
    static const struct {
        const char *stem, *topic, *timeframe, *sym; /* topic NULL: several contracts */
    } rows[] = {
        {"ohlcv.1m.ATOMUSDT", "md.ohlcv.1m.ATOM/USDT", "1m", "ATOMUSDT"},
        {"md.trades.BTCUSDT", "md.trades.BTC/USDT", "", "BTCUSDT"},
        {"md.trades.BRK.BUSD", "md.trades.BRK.B/USD", "", "BRK.BUSD"},
        {"md.depth.BTCUSDT", "md.depth.BTC/USDT", "", "BTCUSDT"},
        {"fills.BTCUSDT", "fills.new", "", "BTCUSDT"},
        {"positions.BTCUSDT", "positions.snapshot", "", "BTCUSDT"},
        {"risk.decisions", "risk.decisions", "", ""},
        {"host.plugins", "host.plugins", "", ""},
        {"orders", NULL, "", ""},
        {"broker.orders", NULL, "", ""},
        {"portfolio", NULL, "", ""},
    };
    struct nj_stem s;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_msg(nj_stem_parse(rows[i].stem, &s), "%s", rows[i].stem);
        ck_assert_ptr_eq(s.topic, rows[i].topic ? topic(rows[i].topic) : NULL);
        ck_assert_str_eq(s.timeframe, rows[i].timeframe);
        ck_assert_str_eq(s.sym, rows[i].sym);
    }
    static const char *const none[] = {"app",
                                       "ohlcv.1x.ATOMUSDT",
                                       "ohlcv.ATOMUSDT",
                                       "md.trades",
                                       "md.trades.",
                                       "md.trades.atomusdt",
                                       "orders.x",
                                       "risk",
                                       "ohlcv.12345678m.AB",
                                       "md.trades.A/B",
                                       "somebody"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_msg(!nj_stem_parse(none[i], &s), "%s", none[i]);
}
END_TEST

START_TEST(a_stem_is_made_with_or_without_the_slash)
{
    char out[NJ_STEM_SIZE];
    const njord_topic *bars = topic("md.ohlcv.1m.A/B"), *trades = topic("md.trades.A/B");
    ck_assert_int_eq(nj_stem_make(bars, "15m", "ATOM/USDT", out, sizeof out, &err), 0);
    ck_assert_str_eq(out, "ohlcv.15m.ATOMUSDT");
    ck_assert_int_eq(nj_stem_make(trades, "", "BTCUSDT", out, sizeof out, &err), 0);
    ck_assert_str_eq(out, "md.trades.BTCUSDT");
    ck_assert_int_eq(nj_stem_make(topic("risk.decisions"), "", "", out, sizeof out, &err), 0);
    ck_assert_str_eq(out, "risk.decisions");
    ck_assert_int_eq(nj_stem_make(bars, "", "ATOM/USDT", out, sizeof out, &err), NJ_ERR_INPUT);
    ck_assert_int_eq(nj_stem_make(bars, "1m", "", out, sizeof out, &err), NJ_ERR_INPUT);
    ck_assert_int_eq(nj_stem_make(bars, "1m", "a/b", out, sizeof out, &err), NJ_ERR_INPUT);
    ck_assert_int_eq(nj_stem_make(bars, "1m", "A/B/C", out, sizeof out, &err), NJ_ERR_INPUT);
    ck_assert_int_eq(nj_stem_make(bars, "1m", "LONGLONGLONGLONGLONGLONG/LONGLONGLONGLONGLONGLONG",
                                  out, sizeof out, &err),
                     NJ_ERR_INPUT);
    ck_assert_int_eq(nj_stem_make(topic("sig.x"), "", "", out, sizeof out, &err), NJ_ERR_INPUT);
    ck_assert_int_eq(nj_stem_make(trades, "", "BTCUSDT", out, 17, &err), NJ_ERR_LIMIT);
    ck_assert_int_eq(nj_stem_make(trades, "", "BTCUSDT", out, 18, &err), 0);
}
END_TEST

static void touch(const char *name)
{
    folder_write(dir, name, "{}\n", 3);
}

static char *path_of(const char *name, char *out)
{
    snprintf(out, 512, "%s/%s", dir, name);
    return out;
}

static void expect_list(const char *glob, const char *const *names, size_t n)
{
    struct nj_journal_files all;
    ck_assert_msg(nj_journal_list(dir, glob, &all, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(all.n, n);
    for (size_t i = 0; i < n; i++) {
        char name[512];
        ck_assert_int_eq(nj_journal_name_make(&all.files[i], name, sizeof name, &err), 0);
        ck_assert_str_eq(name, names[i]);
        ck_assert_int_eq(all.files[i].size, 3);
        ck_assert(all.files[i].ino != 0 && all.files[i].mtime_ns > 0);
    }
    nj_journal_files_free(&all);
    ck_assert_ptr_null(all.files);
}

START_TEST(a_folder_is_listed_by_stem_day_and_number)
{
    static const char *const made[] = {"orders.ndjson",
                                       "orders.20250102.ndjson",
                                       "orders.20250101.10.ndjson.gz",
                                       "orders.20250101.9.ndjson",
                                       "orders.20250101.ndjson.gz",
                                       "app.ndjson",
                                       ".lock",
                                       "orders.ndjson.torn",
                                       ".orders.20250101.ndjson.gz.tmp",
                                       "ohlcv.1m.AB.ndjson",
                                       "readme.txt"};
    static const char *const want[] = {
        "app.ndjson",
        "ohlcv.1m.AB.ndjson",
        "orders.20250101.ndjson.gz",
        "orders.20250101.9.ndjson",
        "orders.20250101.10.ndjson.gz",
        "orders.20250102.ndjson",
        "orders.ndjson",
    };
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        touch(made[i]);
    char path[512];
    ck_assert_int_eq(mkdir(path_of("folder.ndjson", path), 0700), 0);
    expect_list(NULL, want, 7);
    expect_list("orders", want + 2, 5);
    expect_list("o*", want + 1, 6);
    expect_list("none", want, 0);
}
END_TEST

START_TEST(what_is_there_plain_and_compressed_counts_once_and_plain)
{
    touch("orders.20250101.ndjson");
    touch("orders.20250101.ndjson.gz");
    touch("orders.20250101.1.ndjson.gz");
    static const char *const want[] = {"orders.20250101.ndjson", "orders.20250101.1.ndjson.gz"};
    expect_list(NULL, want, 2);
}
END_TEST

START_TEST(a_file_that_has_its_live_and_its_dated_name_counts_once)
{
    char live[512], dated[512];
    touch("a.20250101.ndjson");
    touch("b.ndjson");
    ck_assert_int_eq(link(path_of("b.ndjson", live), path_of("b.20250102.ndjson", dated)), 0);
    static const char *const want[] = {"a.20250101.ndjson", "b.20250102.ndjson"};
    expect_list(NULL, want, 2);
}
END_TEST

START_TEST(a_missing_folder_is_said)
{
    struct nj_journal_files all;
    char path[512];
    ck_assert_int_eq(nj_journal_list(path_of("no", path), NULL, &all, &err), NJ_ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.text, path));
    touch("file");
    ck_assert_int_eq(nj_journal_list(path_of("file", path), NULL, &all, &err), NJ_ERR_IO);
    ck_assert_uint_eq(all.n, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("names");
    TCase *pure = tcase_create("names");
    tcase_add_test(pure, names_of_live_and_dated_files_are_told_apart);
    tcase_add_test(pure, what_is_no_journal_is_passed_over);
    tcase_add_test(pure, a_name_that_would_not_read_back_is_refused);
    tcase_add_test(pure, a_day_is_floored_and_begins_at_midnight);
    tcase_add_test(pure, timeframes_are_read_to_ns);
    tcase_add_test(pure, a_stem_says_topic_timeframe_and_symbol);
    tcase_add_test(pure, a_stem_is_made_with_or_without_the_slash);
    suite_add_tcase(suite, pure);
    TCase *folders = tcase_create("folders");
    tcase_add_checked_fixture(folders, set_up, tear_down);
    tcase_add_test(folders, a_folder_is_listed_by_stem_day_and_number);
    tcase_add_test(folders, what_is_there_plain_and_compressed_counts_once_and_plain);
    tcase_add_test(folders, a_file_that_has_its_live_and_its_dated_name_counts_once);
    tcase_add_test(folders, a_missing_folder_is_said);
    suite_add_tcase(suite, folders);
    return run_suite(suite);
}
