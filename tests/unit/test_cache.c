/* test_cache.c - the column cache gives out the rows of a journal in their order, whatever files
 * they lie in, builds each once, and is never wrong about a source that changed. */
#include "test_main.h"

#include "cache_make.h"

#include <sys/stat.h>

static struct nj_buf text;

static struct nj_cache_options bars(void)
{
    return options_of(BARS);
}

static struct nj_cache_options trades(void)
{
    return options_of(TRADES);
}

/* ---- built once ---- */

START_TEST(a_file_is_built_once_and_mapped_after_that)
{
    struct nj_cache_options o = bars();
    put_bars(&text, 1, 4);
    put_file(BARS ".20210401.ndjson", &text);
    expect(&o, "1 2 3");
    ck_assert(seen.built == 1 && seen.segments == 1 && seen.rows == 3);
    ck_assert(seen.first_ns == MINUTE && seen.last_ns == 3 * MINUTE);
    expect(&o, "1 2 3");
    ck_assert(seen.built == 0 && seen.segments == 1);
    ck_assert_int_eq(segments(), 1);
    ck_assert_int_eq(count_files(dir, ".cache", "", ""), 1);
}
END_TEST

START_TEST(days_parts_and_the_live_file_follow_one_another)
{
    struct nj_cache_options o = bars();
    put_bars(&text, 9, 11);
    put_file(BARS ".ndjson", &text);
    for (int part = 11; part >= 0; part--) {
        char name[64];
        if (part == 0)
            snprintf(name, sizeof name, BARS ".20210402.ndjson");
        else
            snprintf(name, sizeof name, BARS ".20210402.%d.ndjson", part);
        put_bar(&text, 5, part, 0); /* the same bar: the last line counts */
        put_file(name, &text);
    }
    put_bars(&text, 1, 3);
    put_file(BARS ".20210401.ndjson", &text);
    expect(&o, "1 2 | 5:11 | 9 10");
    ck_assert(seen.duplicates == 11 && seen.rows == 5 && seen.built == 14);
}
END_TEST

START_TEST(the_same_rows_have_the_same_hash_however_they_lie_in_files)
{
    struct nj_cache_options o = trades();
    struct nj_buf gz = {0};
    char hash[2][65];
    put_trade(&text, 1, "17", NULL, 0);
    put_trade(&text, 2, "a", "okx", 0);
    put_trade(&text, 3, "b", "kraken", 0);
    put_trade(&text, 4, "", "okx", 0);
    nj_buf_add(&gz, text.data, text.len);
    put_file(TRADES ".20210401.ndjson", &text);
    expect(&o, "1 2 3 4");
    memcpy(hash[0], seen.hash, 65);

    folder_empty(dir);
    put_gzip(TRADES ".20210401.ndjson.gz", &gz);
    expect(&o, "1 2 3 4");
    ck_assert_str_eq(seen.hash, hash[0]);

    folder_empty(dir);
    put_trade(&text, 1, "17", NULL, 0);
    put_file(TRADES ".20210401.ndjson", &text);
    put_trade(&text, 2, "a", "okx", 0);
    put_file(TRADES ".20210401.1.ndjson", &text);
    put_trade(&text, 3, "b", "kraken", 0);
    put_trade(&text, 4, "", "okx", 0);
    put_file(TRADES ".ndjson", &text);
    expect(&o, "1 | 2 | 3 4");
    ck_assert_str_eq(seen.hash, hash[0]);
    o.no_write = true;
    folder_remove(home);
    expect(&o, "1 | 2 | 3 4");
    ck_assert_str_eq(seen.hash, hash[0]);

    /* and another value another one: here a venue */
    put_trade(&text, 3, "b", "okx", 0);
    put_trade(&text, 4, "", "okx", 0);
    put_file(TRADES ".ndjson", &text);
    expect(&o, "1 | 2 | 3 4");
    memcpy(hash[1], seen.hash, 65);
    ck_assert_str_ne(hash[1], hash[0]);
}
END_TEST

/* SHA-256 of what cache_hash.c says, made with Python's struct and hashlib:
 * b"njord series 1\0" + pack("<I32s8sQ", 1, b"ATOM/USDT", b"1m", 2), then per column its number,
 * 1 and the values (ts 1 and 2 minutes; open, high, low, close 1.0 and 2.0; volume 1.0 twice) or 0
 * for seq, ts_recv_ns, quote_volume, taker_volume, trades, partial. */
START_TEST(the_hash_is_the_documented_one)
{
    struct nj_cache_options o = bars();
    put_bars(&text, 1, 3);
    put_file(BARS ".ndjson", &text);
    expect(&o, "1 2");
    ck_assert_str_eq(seen.hash, "f3676532a183a1d6b3bc55e8d547508bab710813b999f07b53b24f7952c3b877");
}
END_TEST

/* ---- a live file ---- */

START_TEST(a_live_file_that_grew_gets_one_more_segment)
{
    struct nj_cache_options o = bars();
    put_bars(&text, 1, 3);
    put_file(BARS ".ndjson", &text);
    expect(&o, "1 2");
    put_bars(&text, 3, 4);
    append_file(BARS ".ndjson", &text);
    expect(&o, "1 2 | 3");
    ck_assert(seen.built == 1 && seen.segments == 2);
    expect(&o, "1 2 | 3");
    ck_assert(seen.built == 0 && seen.segments == 2);
    ck_assert_int_eq(segments(), 2);
}
END_TEST

START_TEST(a_line_without_its_end_is_no_row_until_it_has_one)
{
    struct nj_cache_options o = bars();
    struct nj_buf half = {0};
    put_bars(&text, 1, 3);
    nj_buf_add(&half, text.data + text.len - 20, 20);
    text.len -= 20;
    put_file(BARS ".ndjson", &text);
    expect(&o, "1");
    expect(&o, "1");
    ck_assert_uint_eq(seen.built, 0);
    append_file(BARS ".ndjson", &half);
    expect(&o, "1 | 2");
    ck_assert_uint_eq(seen.built, 1);
}
END_TEST

START_TEST(the_last_line_of_a_finished_file_needs_no_end)
{
    struct nj_cache_options o = bars();
    put_bars(&text, 1, 3);
    text.len--;
    put_file(BARS ".20210401.ndjson", &text);
    expect(&o, "1 2");
}
END_TEST

START_TEST(never_more_than_sixteen_segments_of_a_live_file)
{
    struct nj_cache_options o = bars();
    uint64_t rebuilt = 0;
    put_bars(&text, 0, 1000);
    put_file(BARS ".ndjson", &text);
    nj_cache_close(must_open(&o));
    for (int64_t m = 1000; m < 1100; m++) {
        put_bar(&text, m, (double)m, 0);
        append_file(BARS ".ndjson", &text);
        struct nj_cache *c = must_open(&o);
        struct nj_cache_info info = info_of(c);
        ck_assert_uint_eq(info.rows, (uint64_t)m + 1);
        ck_assert(info.built == 1 && info.segments <= 16);
        const struct nj_columns *p;
        size_t n = nj_cache_pieces(c, &p);
        rebuilt += p[n - 1].n;
        ck_assert(p[0].n >= 1000 && p[n - 1].ts[p[n - 1].n - 1] == m * MINUTE);
        nj_cache_close(c);
        ck_assert_int_le(segments(), 16);
    }
    /* Merged are the short ones: eight times, 16, 15, ... 9 rows, and 92 times one row came. The
     * first thousand were never read again. */
    ck_assert_uint_eq(rebuilt, 92 + 16 + 15 + 14 + 13 + 12 + 11 + 10 + 9);
    expect(
        &(struct nj_cache_options){
            .dir = dir, .stem = BARS, .from_ns = 1098 * MINUTE, .to_ns = INT64_MAX},
        "1098 1099");
}
END_TEST

START_TEST(a_live_file_begun_anew_is_built_anew)
{
    struct nj_cache_options o = bars();
    put_bars(&text, 1, 3);
    put_file(BARS ".ndjson", &text);
    expect(&o, "1 2");
    put_bars(&text, 3, 4);
    append_file(BARS ".ndjson", &text);
    expect(&o, "1 2 | 3");
    put_bars(&text, 5, 9); /* in place: the same inode, and longer than before */
    put_file(BARS ".ndjson", &text);
    expect(&o, "5 6 7 8");
    ck_assert(seen.built == 1 && seen.segments == 1);
    ck_assert_int_eq(segments(), 1);
}
END_TEST

START_TEST(rotation_and_compression_leave_no_segment_behind)
{
    struct nj_cache_options o = bars();
    struct nj_buf gz = {0};
    char from[600], to[600];
    put_bars(&text, 1, 3);
    put_bars(&gz, 1, 3);
    put_file(BARS ".ndjson", &text);
    expect(&o, "1 2");
    snprintf(from, sizeof from, "%s/" BARS ".ndjson", dir);
    snprintf(to, sizeof to, "%s/" BARS ".19700101.ndjson", dir);
    ck_assert_int_eq(rename(from, to), 0);
    put_bars(&text, 3, 4);
    put_file(BARS ".ndjson", &text);
    expect(&o, "1 2 | 3");
    ck_assert_int_eq(segments(), 2);
    put_gzip(BARS ".19700101.ndjson.gz", &gz);
    ck_assert_int_eq(unlink(to), 0);
    expect(&o, "1 2 | 3");
    ck_assert_uint_eq(seen.built, 1);
    ck_assert_int_eq(segments(), 2);
}
END_TEST

/* ---- changed sources ---- */

static void path_of(char *out, const char *name)
{
    snprintf(out, 600, "%s/%s", dir, name);
}

START_TEST(a_source_that_changed_is_built_again)
{
    struct nj_cache_options o = bars();
    put_bars(&text, 1, 3);
    put_file(BARS ".20210401.ndjson", &text);
    expect(&o, "1 2");
    put_bars(&text, 4, 6); /* the same size, at once: maybe the same time stamp */
    put_file(BARS ".20210401.ndjson", &text);
    expect(&o, "4 5");
    put_bars(&text, 4, 7);
    put_file(BARS ".20210401.ndjson", &text);
    expect(&o, "4 5 6");
    ck_assert_int_eq(segments(), 1);
}
END_TEST

START_TEST(an_edge_that_changed_is_seen_behind_restored_times)
{
    struct nj_cache_options o = bars();
    struct stat st;
    char path[600];
    put_bars(&text, 1, 3);
    put_file(BARS ".20210401.ndjson", &text);
    path_of(path, BARS ".20210401.ndjson");
    expect(&o, "1 2");
    ck_assert_int_eq(stat(path, &st), 0);
    put_bars(&text, 4, 6);
    put_file(BARS ".20210401.ndjson", &text);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, (struct timespec[]){st.st_atim, st.st_mtim}, 0), 0);
    expect(&o, "4 5");
}
END_TEST

/* 2,000 bars of some 170 bytes: row 1,000 stands far from both edges. */
static void put_long(double middle)
{
    put_bars(&text, 1000, 2000);
    put_bar(&text, 2000, middle, 0);
    put_bars(&text, 2001, 3000);
    put_file(BARS ".20210401.ndjson", &text);
}

static double middle_of(bool verify)
{
    struct nj_cache_options o = bars();
    const struct nj_columns *p;
    o.verify = verify;
    struct nj_cache *c = must_open(&o);
    ck_assert(nj_cache_pieces(c, &p) == 1 && p->n == 2000);
    double close = p->close[1000];
    seen = info_of(c);
    nj_cache_close(c);
    return close;
}

START_TEST(verify_sees_a_changed_middle_behind_restored_times)
{
    struct stat st;
    char path[600];
    path_of(path, BARS ".20210401.ndjson");
    put_long(7000);
    ck_assert(middle_of(false) == 7000);
    ck_assert_int_eq(stat(path, &st), 0);
    put_long(8000);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, (struct timespec[]){st.st_atim, st.st_mtim}, 0), 0);
    ck_assert(middle_of(true) == 8000 && seen.built == 1);
    ck_assert(middle_of(true) == 8000 && seen.built == 0);
}
END_TEST

/* Changes one byte of the only segment. */
static void flip(off_t at, bool from_end)
{
    char path[600], byte;
    struct stat st;
    snprintf(path, sizeof path, "%s/.cache/" BARS ".20210401.ndjson.0.njc", dir);
    int fd = open(path, O_RDWR);
    ck_assert(fd >= 0 && fstat(fd, &st) == 0);
    at = from_end ? st.st_size - at : at;
    ck_assert(pread(fd, &byte, 1, at) == 1);
    byte = (char)(byte ^ 1);
    ck_assert(pwrite(fd, &byte, 1, at) == 1);
    close(fd);
}

START_TEST(a_damaged_segment_is_built_anew)
{
    char path[600];
    snprintf(path, sizeof path, "%s/.cache/" BARS ".20210401.ndjson.0.njc", dir);
    put_long(7000);
    ck_assert(middle_of(false) == 7000 && seen.built == 1);
    flip(100, false);
    ck_assert(middle_of(false) == 7000 && seen.built == 1);
    ck_assert_int_eq(truncate(path, 5000), 0);
    ck_assert(middle_of(false) == 7000 && seen.built == 1);
    ck_assert_int_eq(truncate(path, 0), 0);
    ck_assert(middle_of(false) == 7000 && seen.built == 1);
    flip(2000, true);
    ck_assert(middle_of(true) == 7000 && seen.built == 1);
    ck_assert(middle_of(true) == 7000 && seen.built == 0);
}
END_TEST

START_TEST(segments_whose_source_is_gone_are_removed)
{
    struct nj_cache_options o = bars(), t = trades();
    char path[600];
    put_bars(&text, 1, 3);
    put_file(BARS ".20210401.ndjson", &text);
    put_bars(&text, 3, 4);
    put_file(BARS ".20210402.ndjson", &text);
    put_trade(&text, 1, "1", NULL, 0);
    put_file(TRADES ".ndjson", &text);
    expect(&o, "1 2 | 3");
    expect(&t, "1");
    folder_write(dir, ".cache/.new-0123456789abcdef", "left", 4);
    folder_write(dir, ".cache/notes.txt", "mine", 4);
    ck_assert_int_eq(segments(), 3);
    path_of(path, BARS ".20210401.ndjson");
    ck_assert_int_eq(unlink(path), 0);
    expect(&o, "3");
    ck_assert_int_eq(segments(), 2);
    /* those of another journal go when something is built */
    path_of(path, TRADES ".ndjson");
    ck_assert_int_eq(unlink(path), 0);
    put_bars(&text, 5, 6);
    put_file(BARS ".ndjson", &text);
    expect(&o, "3 | 5");
    ck_assert_int_eq(segments(), 2);
    ck_assert_int_eq(count_files(dir, ".cache", "", ""), 3); /* the notes are not ours */
}
END_TEST

START_TEST(the_last_source_gone_is_no_journal_and_leaves_nothing)
{
    struct nj_cache_options o = bars();
    struct nj_cache *c;
    char path[600];
    put_bars(&text, 1, 3);
    put_file(BARS ".ndjson", &text);
    expect(&o, "1 2");
    path_of(path, BARS ".ndjson");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(nj_cache_open(&c, &o, &err), NJ_ERR_NOT_FOUND);
    ck_assert_ptr_null(c);
    ck_assert_int_eq(segments(), 0);
}
END_TEST

/* ---- bad lines ---- */

START_TEST(the_first_bad_line_is_the_error)
{
    struct nj_cache_options o = bars();
    struct nj_cache *c;
    char at[700];
    put_bars(&text, 1, 3);
    nj_buf_puts(&text, "{\"symbol\":\"ATOM/USDT\"}\n");
    put_bars(&text, 3, 4);
    nj_buf_puts(&text, "nonsense\n");
    put_file(BARS ".20210401.ndjson", &text);
    snprintf(at, sizeof at, "%s/" BARS ".20210401.ndjson:3: ", dir);
    ck_assert_int_eq(nj_cache_open(&c, &o, &err), NJ_ERR_INPUT);
    ck_assert_msg(strncmp(err.text, at, strlen(at)) == 0, "%s", err.text);
    ck_assert_int_le(segments(), 0);
    o.skip_bad = true;
    expect(&o, "1 2 3");
    ck_assert(seen.bad == 2 && seen.built == 1);
    expect(&o, "1 2 3");
    ck_assert(seen.bad == 2 && seen.built == 0);
    o.skip_bad = false; /* what was counted once is still an error */
    ck_assert_int_eq(nj_cache_open(&c, &o, &err), NJ_ERR_INPUT);
    ck_assert_msg(strncmp(err.text, at, strlen(at)) == 0, "%s", err.text);
}
END_TEST

START_TEST(the_line_of_a_live_file_that_grew_is_counted_from_its_start)
{
    struct nj_cache_options o = bars();
    struct nj_cache *c;
    put_bars(&text, 1, 5);
    put_file(BARS ".ndjson", &text);
    expect(&o, "1 2 3 4");
    put_bars(&text, 5, 6);
    nj_buf_puts(&text, "{}\n");
    append_file(BARS ".ndjson", &text);
    ck_assert_int_eq(nj_cache_open(&c, &o, &err), NJ_ERR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, BARS ".ndjson:6: "));
}
END_TEST

START_TEST(a_damaged_gzip_file_is_an_error)
{
    struct nj_cache_options o = bars();
    struct nj_cache *c;
    size_t len;
    put_bars(&text, 1, 100);
    put_gzip(BARS ".20210401.ndjson.gz", &text);
    char *data = folder_read(dir, BARS ".20210401.ndjson.gz", &len);
    data[len - 6] ^= 1;
    folder_write(dir, BARS ".20210401.ndjson.gz", data, len);
    free(data);
    ck_assert_int_lt(nj_cache_open(&c, &o, &err), 0);
    ck_assert_msg(strstr(err.text, "damaged") != NULL, "%s", err.text);
}
END_TEST

START_TEST(rows_that_the_name_does_not_promise_are_an_error)
{
    struct nj_cache_options o = options_of("ohlcv.5m.ATOMUSDT"), b = options_of("ohlcv.1m.BTCUSDT");
    struct nj_cache *c;
    put_bars(&text, 1, 2);
    put_file("ohlcv.5m.ATOMUSDT.ndjson", &text);
    put_bars(&text, 1, 2);
    put_file("ohlcv.1m.BTCUSDT.ndjson", &text);
    ck_assert_int_eq(nj_cache_open(&c, &o, &err), NJ_ERR_INPUT);
    ck_assert_msg(strstr(err.text, "holds 'ATOM/USDT' 1m") != NULL, "%s", err.text);
    ck_assert_int_eq(nj_cache_open(&c, &b, &err), NJ_ERR_INPUT);
    ck_assert_msg(strstr(err.text, "holds 'ATOM/USDT' 1m") != NULL, "%s", err.text);
}
END_TEST

START_TEST(two_symbols_with_one_file_name_are_an_error)
{
    struct nj_cache_options o = options_of("md.trades.ABCUSD");
    struct nj_cache *c;
    nj_buf_puts(&text, "{\"ts_ns\":1,\"symbol\":\"AB/CUSD\",\"price\":1,\"qty\":1}\n");
    put_file("md.trades.ABCUSD.20210401.ndjson", &text);
    nj_buf_puts(&text, "{\"ts_ns\":2,\"symbol\":\"ABC/USD\",\"price\":1,\"qty\":1}\n");
    put_file("md.trades.ABCUSD.ndjson", &text);
    ck_assert_int_eq(nj_cache_open(&c, &o, &err), NJ_ERR_INPUT);
    ck_assert_msg(strstr(err.text, "'AB/CUSD' and 'ABC/USD'") != NULL, "%s", err.text);
}
END_TEST

START_TEST(what_is_no_journal_of_bars_or_trades_is_refused)
{
    struct nj_cache *c;
    struct nj_cache_options o = options_of("orders"), d = options_of("md.depth.BTCUSDT");
    struct nj_cache_options gone = bars();
    ck_assert_int_eq(nj_cache_open(&c, &o, &err), NJ_ERR_INPUT);
    ck_assert_int_eq(nj_cache_open(&c, &d, &err), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "'md.depth.BTCUSDT': no journal of bars or trades");
    gone.dir = "/nowhere/at/all";
    ck_assert_int_eq(nj_cache_open(&c, &gone, &err), NJ_ERR_NOT_FOUND);
}
END_TEST

START_TEST(an_empty_file_is_a_journal_without_rows)
{
    struct nj_cache_options o = bars();
    put_file(BARS ".ndjson", &text);
    expect(&o, "");
    ck_assert(seen.rows == 0 && seen.built == 1 && seen.first_ns == 0);
    put_bars(&text, 1, 2);
    append_file(BARS ".ndjson", &text);
    expect(&o, "1");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cache");
    TCase *c = tcase_create("cache");
    tcase_add_checked_fixture(c, make_folders, remove_folders);
    tcase_add_test(c, a_file_is_built_once_and_mapped_after_that);
    tcase_add_test(c, days_parts_and_the_live_file_follow_one_another);
    tcase_add_test(c, the_same_rows_have_the_same_hash_however_they_lie_in_files);
    tcase_add_test(c, the_hash_is_the_documented_one);
    tcase_add_test(c, a_live_file_that_grew_gets_one_more_segment);
    tcase_add_test(c, a_line_without_its_end_is_no_row_until_it_has_one);
    tcase_add_test(c, the_last_line_of_a_finished_file_needs_no_end);
    tcase_add_test(c, never_more_than_sixteen_segments_of_a_live_file);
    tcase_add_test(c, a_live_file_begun_anew_is_built_anew);
    tcase_add_test(c, rotation_and_compression_leave_no_segment_behind);
    tcase_add_test(c, a_source_that_changed_is_built_again);
    tcase_add_test(c, an_edge_that_changed_is_seen_behind_restored_times);
    tcase_add_test(c, verify_sees_a_changed_middle_behind_restored_times);
    tcase_add_test(c, a_damaged_segment_is_built_anew);
    tcase_add_test(c, segments_whose_source_is_gone_are_removed);
    tcase_add_test(c, the_last_source_gone_is_no_journal_and_leaves_nothing);
    tcase_add_test(c, the_first_bad_line_is_the_error);
    tcase_add_test(c, the_line_of_a_live_file_that_grew_is_counted_from_its_start);
    tcase_add_test(c, a_damaged_gzip_file_is_an_error);
    tcase_add_test(c, rows_that_the_name_does_not_promise_are_an_error);
    tcase_add_test(c, two_symbols_with_one_file_name_are_an_error);
    tcase_add_test(c, what_is_no_journal_of_bars_or_trades_is_refused);
    tcase_add_test(c, an_empty_file_is_a_journal_without_rows);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
