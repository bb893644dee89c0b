/* test_playback_folder.c - playback of a folder of journals: which files, in which order, what is
 * refused, and going on at any event. Files are written here, what comes out is read off them.
 * Owned by the tests. */
#include "../support/folder.h"
#include "player.h"
#include "test_main.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char dir[256];
static char logged[8192];
static char why[700];
static const char *const symbols[] = {"ATOM/USDT", "BTC/USDT"};

static void set_up(void)
{
    folder_make(dir, "playback");
    logged[0] = '\0';
}

static void tear_down(void)
{
    folder_remove(dir);
}

static void log_line(const void *ctx, int level, const char *text)
{
    size_t used = strlen(logged);
    (void)ctx;
    snprintf(logged + used, sizeof logged - used, "%d %s\n", level, text);
}

static void put(const char *name, const char *text)
{
    folder_write(dir, name, text, strlen(text));
}

static void put_gz(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    ck_assert_int_eq(archive_write_add_filter_gzip(a), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_set_format_raw(a), ARCHIVE_OK);
    archive_write_set_bytes_in_last_block(a, 1);
    ck_assert_int_eq(archive_write_open_filename(a, path), ARCHIVE_OK);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_pathname(e, "data");
    ck_assert_int_eq(archive_write_header(a, e), ARCHIVE_OK);
    ck_assert_int_eq((int)archive_write_data(a, text, strlen(text)), (int)strlen(text));
    archive_entry_free(e);
    ck_assert_int_eq(archive_write_free(a), ARCHIVE_OK);
}

#define M        "000000000"
#define T(p, ts) "{\"symbol\":\"ATOM/USDT\",\"price\":" #p ",\"qty\":1,\"ts_ns\":" #ts "}\n"
/* a bar of one minute by the seconds of its open and close */
#define BAR(sym, p, open, close)                                                                   \
    "{\"symbol\":\"" sym "\",\"timeframe\":\"1m\",\"ts_open\":" #open M ",\"ts_close\":" #close M  \
    ",\"open\":1,\"high\":9,\"low\":1,\"close\":" #p ",\"volume\":1}\n"

static struct player_options options_for(const char *timeframes)
{
    struct player_options o = {.tape = {.files = "",
                                        .recorded = {.symbols = symbols, .n_symbols = 2},
                                        .stop_on_error = 1,
                                        .log = log_line},
                               .dir = dir,
                               .timeframes = timeframes,
                               .from = "",
                               .to = ""};
    return o;
}

static double price_of(const njord_replayed *r)
{
    return r->of.ev.type == NJORD_EV_BAR ? r->of.bar.close : r->of.trade.price;
}

static void plays(const struct player_options *o, const char *expected)
{
    char text[512] = "";
    size_t used = 0;
    njord_replayed r;
    struct player *p = player_new(o, why, sizeof why);
    int got;
    ck_assert_msg(p != NULL, "%s", why);
    while ((got = player_next(p, &r)) == 1)
        used += (size_t)snprintf(text + used, sizeof text - used, "%g ", price_of(&r));
    ck_assert_msg(got == 0, "%s", player_error(p));
    ck_assert_str_eq(text, expected);
    player_free(p);
}

static void refused(const struct player_options *o, const char *expected)
{
    ck_assert_ptr_null(player_new(o, why, sizeof why));
    ck_assert_msg(strstr(why, expected) != NULL, "%s", why);
}

START_TEST(files_of_a_journal_are_played_by_day_and_number_then_the_live_one)
{
    struct player_options o = options_for("trades");
    put("md.trades.ATOMUSDT.ndjson", T(9, 19));
    put_gz("md.trades.ATOMUSDT.20250101.ndjson.gz", T(1, 11));
    put("md.trades.ATOMUSDT.20250101.10.ndjson", T(4, 14));
    put("md.trades.ATOMUSDT.20250101.2.ndjson", T(2, 12));
    put_gz("md.trades.ATOMUSDT.20250101.9.ndjson.gz", T(3, 13));
    put("md.trades.ATOMUSDT.20250102.ndjson", T(5, 15));
    put_gz("md.trades.ATOMUSDT.20250102.ndjson.gz", T(77, 15)); /* the plain one counts */
    put("md.trades.ATOMUSDT.ndjson.torn", "x");
    put("md.trades.ATOMUSDTX.ndjson", "x\n");
    put("md.trades.ATOMUSDT.20251301.ndjson", "x\n"); /* no day */
    plays(&o, "1 2 3 4 5 9 ");
    ck_assert_ptr_nonnull(strstr(logged, "2 journal 'md.trades.BTCUSDT': nothing of it in '"));
}
END_TEST

START_TEST(symbols_and_timeframes_are_merged_by_time)
{
    struct player_options o = options_for(" 5m,trades , 1m");
    put("md.trades.ATOMUSDT.ndjson", T(1, 630000000000) T(2, 659999999999) T(3, 660000000000));
    put("ohlcv.1m.ATOMUSDT.ndjson", BAR("ATOM/USDT", 4, 600, 660) BAR("ATOM/USDT", 5, 840, 900));
    put("ohlcv.1m.BTCUSDT.ndjson", BAR("BTC/USDT", 6, 600, 660) BAR("BTC/USDT", 7, 840, 900));
    put("ohlcv.5m.ATOMUSDT.ndjson",
        "{\"symbol\":\"ATOM/"
        "USDT\",\"timeframe\":\"5m\",\"ts_open\":600000000000,\"ts_close\":900000000000,"
        "\"open\":1,\"high\":9,\"low\":1,\"close\":8,\"volume\":1}\n");
    plays(&o, "1 2 4 6 3 5 7 8 ");
}
END_TEST

START_TEST(range_goes_by_the_open_of_bars_and_by_files_names)
{
    struct player_options o = options_for("1m");
    /* 2025-01-01 is 1735689600; its file cannot be read, and need not be */
    put("ohlcv.1m.ATOMUSDT.20250101.ndjson", "damaged\n");
    put("ohlcv.1m.ATOMUSDT.20250102.ndjson",
        BAR("ATOM/USDT", 1, 1735775940, 1735776000) BAR("ATOM/USDT", 2, 1735776000, 1735776060));
    put("ohlcv.1m.ATOMUSDT.20250103.ndjson",
        BAR("ATOM/USDT", 3, 1735862340, 1735862400) BAR("ATOM/USDT", 4, 1735862400, 1735862460));
    put("ohlcv.1m.ATOMUSDT.20250105.ndjson", BAR("ATOM/USDT", 5, 1736035200, 1736035260));
    put("ohlcv.1m.ATOMUSDT.20250106.ndjson", "damaged\n");
    o.from = "2025-01-02";
    o.to = "2025-01-02";
    plays(&o, "2 3 "); /* the bar of 23:59 belongs to its day */
    o.to = "2025-01-03T00:00:00Z";
    plays(&o, "2 3 ");
    o.to = "2025-01-03";
    plays(&o, "2 3 4 ");
    o.from = "2025-01-02T00:00:01Z";
    plays(&o, "3 4 ");
}
END_TEST

START_TEST(what_cannot_be_played_is_refused_in_words)
{
    struct player_options o = options_for("1m,trades");
    refused(&o, "nothing to play for these symbols, timeframes and dates");
    put("ohlcv.1m.ATOMUSDT.ndjson", BAR("ATOM/USDT", 1, 600, 660));
    o.timeframes = "1m,1m";
    refused(&o, "'timeframes': '1m' stands there twice");
    o.timeframes = "1m,";
    refused(&o, "'timeframes': expected trades or one like 1m, found ''");
    o.timeframes = "minutes";
    refused(&o, "'timeframes': expected trades or one like 1m, found 'minutes'");
    o.timeframes = "1m";
    o.from = "soon";
    refused(&o, "'from', 'to': expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ");
    o.from = "2025-01-02";
    o.to = "2025-01-01";
    refused(&o, "'to' is not after 'from'");
    o.from = o.to = "";
    o.tape.recorded.n_symbols = 0;
    refused(&o, "'dir': name the feed's symbols");
    o.tape.recorded.n_symbols = 1;
    o.tape.files = "x";
    refused(&o, "'files' and 'dir': name one of them");
    o.tape.files = "";
    o.dir = "/nowhere/at/all";
    refused(&o, "journal folder '/nowhere/at/all': No such file");
}
END_TEST

START_TEST(bad_line_ends_it_with_its_place_or_is_skipped)
{
    struct player_options o = options_for("1m");
    njord_replayed r;
    put("ohlcv.1m.ATOMUSDT.ndjson",
        BAR("ATOM/USDT", 1, 600, 660) "oops\n" BAR("ATOM/USDT", 3, 660, 720));
    struct player *p = player_new(&o, why, sizeof why);
    ck_assert_msg(p != NULL, "%s", why);
    ck_assert_int_eq(player_next(p, &r), 1);
    ck_assert_int_eq(player_next(p, &r), -1);
    ck_assert_ptr_nonnull(strstr(player_error(p), "ohlcv.1m.ATOMUSDT.ndjson:2: "));
    player_free(p);
    o.tape.stop_on_error = 0;
    plays(&o, "1 3 ");
    put("ohlcv.1m.ATOMUSDT.ndjson", BAR("BTC/USDT", 1, 600, 660) BAR("ATOM/USDT", 3, 660, 720));
    plays(&o, "3 "); /* another symbol in its file */
}
END_TEST

START_TEST(rewritten_bars_count_once_and_torn_ends_not_at_all)
{
    struct player_options o = options_for("1m");
    put("ohlcv.1m.ATOMUSDT.20250101.ndjson",
        BAR("ATOM/USDT", 1, 600, 660) BAR("ATOM/USDT", 2, 660, 720));
    put("ohlcv.1m.ATOMUSDT.ndjson",
        BAR("ATOM/USDT", 3, 660, 720) BAR("ATOM/USDT", 4, 720, 780) "{\"symbol\":\"ATOM/US");
    plays(&o, "1 3 4 ");
}
END_TEST

/* Stops behind each event, goes on in another player, and compares with one that never stopped. */
START_TEST(player_goes_on_behind_any_event)
{
    struct player_options o = options_for("trades,1m");
    o.tape.stop_on_error = 0;
    put_gz("md.trades.ATOMUSDT.20250101.ndjson.gz", T(1, 630000000000) T(2, 659999999999));
    put("md.trades.ATOMUSDT.ndjson", T(3, 660000000000) "oops\n" T(4, 730000000000));
    put("ohlcv.1m.ATOMUSDT.ndjson", BAR("ATOM/USDT", 5, 600, 660) BAR("ATOM/USDT", 6, 600, 660) BAR(
                                        "ATOM/USDT", 7, 660, 720) BAR("ATOM/USDT", 8, 720, 780));
    put("ohlcv.1m.BTCUSDT.ndjson", BAR("BTC/USDT", 9, 600, 660));
    plays(&o, "1 2 6 9 3 7 4 8 ");
    const double all[] = {1, 2, 6, 9, 3, 7, 4, 8};
    for (int stop = 0; stop <= 8; stop++) {
        njord_replayed r;
        struct player *p = player_new(&o, why, sizeof why), *q = player_new(&o, why, sizeof why);
        ck_assert(p && q);
        for (int i = 0; i < stop; i++)
            ck_assert_int_eq(player_next(p, &r), 1);
        ck_assert_uint_eq(player_tapes(p), 4);
        for (uint32_t i = 0; i < 4; i++) {
            struct tape_position at;
            const char *path;
            int64_t last;
            player_tell(p, i, &at, &path, &last);
            ck_assert_msg(player_seek(q, i, &at, path, last, why, sizeof why) == 0, "%s", why);
            ck_assert_str_eq(player_tape_name(p, i), player_tape_name(q, i));
        }
        for (int i = stop; i < 8; i++) {
            ck_assert_int_eq(player_next(q, &r), 1);
            ck_assert_double_eq(price_of(&r), all[i]);
        }
        ck_assert_int_eq(player_next(q, &r), 0);
        player_free(p);
        player_free(q);
    }
}
END_TEST

START_TEST(file_that_was_compressed_meanwhile_is_the_same)
{
    struct player_options o = options_for("trades");
    struct tape_position at;
    const char *path;
    int64_t last;
    njord_replayed r;
    char name[512];
    put("md.trades.ATOMUSDT.20250101.ndjson", T(1, 630000000000) T(2, 659999999999));
    struct player *p = player_new(&o, why, sizeof why);
    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(player_next(p, &r), 1);
    player_tell(p, 0, &at, &path, &last);
    snprintf(name, sizeof name, "%s", path);
    player_free(p);
    ck_assert_int_eq(unlink(name), 0);
    put_gz("md.trades.ATOMUSDT.20250101.ndjson.gz", T(1, 630000000000) T(2, 659999999999));
    p = player_new(&o, why, sizeof why);
    ck_assert_ptr_nonnull(p);
    ck_assert_msg(player_seek(p, 0, &at, name, last, why, sizeof why) == 0, "%s", why);
    ck_assert_int_eq(player_next(p, &r), 1);
    ck_assert_double_eq(price_of(&r), 2);
    player_free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("playback_folder");
    TCase *t = tcase_create("folder");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, files_of_a_journal_are_played_by_day_and_number_then_the_live_one);
    tcase_add_test(t, symbols_and_timeframes_are_merged_by_time);
    tcase_add_test(t, range_goes_by_the_open_of_bars_and_by_files_names);
    tcase_add_test(t, what_cannot_be_played_is_refused_in_words);
    tcase_add_test(t, bad_line_ends_it_with_its_place_or_is_skipped);
    tcase_add_test(t, rewritten_bars_count_once_and_torn_ends_not_at_all);
    tcase_add_test(t, player_goes_on_behind_any_event);
    tcase_add_test(t, file_that_was_compressed_meanwhile_is_the_same);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
