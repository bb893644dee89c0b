/* test_segment.c - a file of the column cache: written whole or in pieces it reads back the same;
 * what is damaged or lies about itself is refused. */
#include "test_main.h"

#include "../support/folder.h"
#include "journal/segment_write.h"

#include <fcntl.h>
#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char dir[256], path[300];
static const struct nj_platform *pf;
static struct nj_error err;

static void setup(void)
{
    folder_make(dir, "segment");
    snprintf(path, sizeof path, "%s/one.njc", dir);
    pf = nj_platform_system();
}

static void teardown(void)
{
    folder_remove(dir);
}

#define OK(rc) ck_assert_msg((rc) == 0, "%s", err.text)

static njord_bar bar(int64_t ts, double close)
{
    njord_bar b;
    njord_event_init(&b, NJORD_EV_BAR);
    b.ev.ts_ns = b.ts_close = ts + 60000000000;
    b.ts_open = ts;
    b.open = b.high = b.low = b.close = close;
    b.volume = 1;
    snprintf(b.symbol, sizeof b.symbol, "ATOM/USDT");
    snprintf(b.timeframe, sizeof b.timeframe, "1m");
    return b;
}

static njord_trade trade(int64_t ts, const char *id, const char *venue)
{
    njord_trade t;
    njord_event_init(&t, NJORD_EV_TRADE);
    t.ev.ts_ns = ts;
    t.price = 10.5;
    t.qty = 2;
    snprintf(t.symbol, sizeof t.symbol, "BTC/USDT");
    snprintf(t.trade_id, sizeof t.trade_id, "%s", id);
    snprintf(t.venue, sizeof t.venue, "%s", venue);
    return t;
}

/* Writes the rows of `pieces` builders, all but the last put aside first. */
static void write_pieces(struct nj_columns_builder **pieces, size_t n, enum nj_columns_kind kind)
{
    struct nj_segment_writer *w;
    struct nj_columns view;
    struct nj_segment_head head = {.lines = 7, .source_to = 99};
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    OK(nj_segment_writer_new(&w, pf, dir, kind, &err));
    for (size_t i = 0; i + 1 < n; i++) {
        nj_columns_view(pieces[i], &view);
        OK(nj_segment_spill(w, &view, &err));
    }
    nj_columns_view(pieces[n - 1], &view);
    OK(nj_segment_write(w, &view, &head, fd, &err));
    nj_segment_writer_free(w);
    close(fd);
}

static struct nj_columns_builder *builder(enum nj_columns_kind kind)
{
    struct nj_columns_builder *b;
    OK(nj_columns_builder_new(&b, kind, &err));
    return b;
}

static void add_bar(struct nj_columns_builder *b, njord_bar one)
{
    OK(nj_columns_add_bar(b, &one, &err));
}

static void add_trade(struct nj_columns_builder *b, njord_trade one)
{
    OK(nj_columns_add_trade(b, &one, &err));
}

START_TEST(bars_read_back_with_the_columns_that_some_row_has)
{
    struct nj_columns_builder *b = builder(NJ_COLUMNS_BARS);
    njord_bar one = bar(60000000000, 1.25), two = bar(120000000000, 1.5);
    two.ev.seq = 9;
    two.quote_volume = 3.5;
    two.partial = 1;
    add_bar(b, one);
    add_bar(b, two);
    write_pieces(&b, 1, NJ_COLUMNS_BARS);
    nj_columns_builder_free(b);

    struct nj_segment *s;
    OK(nj_segment_open(&s, pf, path, &err));
    ck_assert_uint_eq(s->columns.n, 2);
    ck_assert_str_eq(s->columns.symbol, "ATOM/USDT");
    ck_assert_str_eq(s->columns.timeframe, "1m");
    ck_assert(s->columns.ts[0] == 60000000000 && s->columns.ts[1] == 120000000000);
    ck_assert(s->columns.close[0] == 1.25 && s->columns.close[1] == 1.5);
    ck_assert(s->columns.seq[0] == NJORD_NONE_I64 && s->columns.seq[1] == 9);
    ck_assert(isnan(s->columns.quote_volume[0]) && s->columns.quote_volume[1] == 3.5);
    ck_assert(s->columns.partial[0] == NJORD_NONE_U8 && s->columns.partial[1] == 1);
    ck_assert_ptr_null(s->columns.taker_volume);
    ck_assert_ptr_null(s->columns.price);
    ck_assert_int_eq((intptr_t)s->columns.close % 64, 0);
    ck_assert_uint_eq(s->head.flags, NJ_SEGMENT_TS_STRICT | NJ_SEGMENT_TS_SORTED);
    ck_assert(s->head.lines == 7 && s->head.source_to == 99);
    OK(nj_segment_verify(s, &err));
    nj_segment_close(s, pf);
}
END_TEST

START_TEST(trades_in_pieces_read_back_with_their_own_venues_and_ids)
{
    struct nj_columns_builder *p[3];
    for (int i = 0; i < 3; i++)
        p[i] = builder(NJ_COLUMNS_TRADES);
    add_trade(p[0], trade(1, "17", ""));
    add_trade(p[0], trade(2, "a-1", "kraken"));
    add_trade(p[1], trade(3, "bb-22", "binance"));
    add_trade(p[1], trade(4, "007", "kraken"));
    add_trade(p[2], trade(5, "", "binance"));
    add_trade(p[2], trade(6, "ccc", "okx"));
    write_pieces(p, 3, NJ_COLUMNS_TRADES);
    for (int i = 0; i < 3; i++)
        nj_columns_builder_free(p[i]);

    static const char *const ids[] = {"17", "a-1", "bb-22", "007", "", "ccc"};
    static const char *const venues[] = {"", "kraken", "binance", "kraken", "binance", "okx"};
    struct nj_segment *s;
    OK(nj_segment_open(&s, pf, path, &err));
    ck_assert_uint_eq(s->columns.n, 6);
    ck_assert_uint_eq(s->columns.n_venues, 3);
    for (size_t i = 0; i < 6; i++) {
        njord_trade t;
        nj_columns_trade(&s->columns, i, &t);
        ck_assert_int_eq(t.ev.ts_ns, (int64_t)i + 1);
        ck_assert_str_eq(t.trade_id, ids[i]);
        ck_assert_str_eq(t.venue, venues[i]);
        ck_assert_uint_eq(t.side, NJORD_NONE_U8);
    }
    nj_segment_close(s, pf);
}
END_TEST

START_TEST(a_column_that_comes_into_being_late_has_no_values_before)
{
    struct nj_columns_builder *p[2] = {builder(NJ_COLUMNS_BARS), builder(NJ_COLUMNS_BARS)};
    njord_bar late = bar(3, 3);
    late.ev.seq = 5;
    late.taker_volume = 0.5;
    late.trades = 4;
    late.partial = 0;
    add_bar(p[0], bar(1, 1));
    add_bar(p[0], bar(2, 2));
    add_bar(p[1], late);
    write_pieces(p, 2, NJ_COLUMNS_BARS);
    nj_columns_builder_free(p[0]);
    nj_columns_builder_free(p[1]);

    struct nj_segment *s;
    OK(nj_segment_open(&s, pf, path, &err));
    ck_assert_uint_eq(s->columns.n, 3);
    for (size_t i = 0; i < 2; i++) {
        ck_assert(s->columns.seq[i] == NJORD_NONE_I64 && s->columns.trades[i] == NJORD_NONE_I64);
        ck_assert(isnan(s->columns.taker_volume[i]));
        ck_assert_uint_eq(s->columns.partial[i], NJORD_NONE_U8);
    }
    ck_assert(s->columns.seq[2] == 5 && s->columns.trades[2] == 4 &&
              s->columns.taker_volume[2] == 0.5 && s->columns.partial[2] == 0);
    nj_segment_close(s, pf);
}
END_TEST

START_TEST(no_rows_are_a_segment_too)
{
    struct nj_columns_builder *b = builder(NJ_COLUMNS_TRADES);
    struct nj_segment *s;
    write_pieces(&b, 1, NJ_COLUMNS_TRADES);
    nj_columns_builder_free(b);
    OK(nj_segment_open(&s, pf, path, &err));
    ck_assert_uint_eq(s->columns.n, 0);
    ck_assert_uint_eq(s->map_size, NJ_SEGMENT_HEAD);
    nj_segment_close(s, pf);
}
END_TEST

START_TEST(pieces_of_two_symbols_are_refused)
{
    struct nj_columns_builder *a = builder(NJ_COLUMNS_BARS), *b = builder(NJ_COLUMNS_BARS);
    struct nj_segment_writer *w;
    struct nj_columns view;
    njord_bar other = bar(2, 2);
    snprintf(other.symbol, sizeof other.symbol, "BTC/USDT");
    add_bar(a, bar(1, 1));
    add_bar(b, other);
    OK(nj_segment_writer_new(&w, pf, dir, NJ_COLUMNS_BARS, &err));
    nj_columns_view(a, &view);
    OK(nj_segment_spill(w, &view, &err));
    nj_columns_view(b, &view);
    ck_assert_int_eq(nj_segment_spill(w, &view, &err), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "'BTC/USDT 1m' in a journal of 'ATOM/USDT 1m'");
    nj_segment_writer_free(w);
    nj_columns_builder_free(a);
    nj_columns_builder_free(b);
}
END_TEST

/* ---- what the rows are like ---- */

static struct nj_segment_head survey(const int64_t *ts, const int64_t *seq, size_t n)
{
    struct nj_segment_head head;
    struct nj_columns c = {.kind = NJ_COLUMNS_BARS, .n = n, .ts = ts, .seq = seq};
    memset(&head, 0, sizeof head);
    nj_segment_survey(&c, &head);
    return head;
}

START_TEST(rising_times_have_no_mess)
{
    int64_t ts[] = {3, 5, 9};
    struct nj_segment_head h = survey(ts, NULL, 3);
    ck_assert(h.min_ts == 3 && h.max_ts == 9);
    ck_assert(h.flags == (NJ_SEGMENT_TS_STRICT | NJ_SEGMENT_TS_SORTED));
    ck_assert(h.mess_from == 3 && h.mess_to == 3);
}
END_TEST

START_TEST(the_mess_takes_in_what_it_reaches_back_and_ahead_to)
{
    /* 70 and 40 stand out of place: 40 reaches back to behind 30, 70 ahead to before 80 */
    int64_t ts[] = {10, 20, 30, 50, 70, 40, 60, 65, 80, 90};
    struct nj_segment_head h = survey(ts, NULL, 10);
    ck_assert_uint_eq(h.flags, 0);
    ck_assert_uint_eq(h.mess_from, 3);
    ck_assert_uint_eq(h.mess_to, 8);
    ck_assert(h.min_ts == 10 && h.max_ts == 90);
}
END_TEST

START_TEST(a_time_twice_is_a_mess_of_two_rows_that_is_sorted)
{
    int64_t ts[] = {1, 2, 2, 3};
    struct nj_segment_head h = survey(ts, NULL, 4);
    ck_assert_uint_eq(h.flags, NJ_SEGMENT_TS_SORTED);
    ck_assert(h.mess_from == 1 && h.mess_to == 3);
}
END_TEST

START_TEST(falling_times_are_all_mess)
{
    int64_t ts[] = {INT64_MAX, 5, INT64_MIN};
    struct nj_segment_head h = survey(ts, NULL, 3);
    ck_assert(h.mess_from == 0 && h.mess_to == 3);
    ck_assert(h.min_ts == INT64_MIN && h.max_ts == INT64_MAX);
}
END_TEST

START_TEST(seq_is_whole_or_rises_as_the_rows_say)
{
    int64_t ts[] = {1, 2, 3}, rises[] = {4, 7, 8}, falls[] = {4, 8, 7};
    int64_t gap[] = {4, NJORD_NONE_I64, 8};
    struct nj_segment_head h = survey(ts, rises, 3);
    ck_assert_uint_eq(h.flags & 12, NJ_SEGMENT_SEQ_WHOLE | NJ_SEGMENT_SEQ_RISES);
    ck_assert(h.first_seq == 4 && h.last_seq == 8);
    ck_assert_uint_eq(survey(ts, falls, 3).flags & 12, NJ_SEGMENT_SEQ_WHOLE);
    ck_assert_uint_eq(survey(ts, gap, 3).flags & 12, 0);
    ck_assert_uint_eq(survey(ts, NULL, 3).flags & 12, 0);
}
END_TEST

/* ---- damage ---- */

static char *whole;
static size_t whole_len;

/* A segment of trades with venues and ids that are texts, in memory. */
static void make_whole(void)
{
    struct nj_columns_builder *b = builder(NJ_COLUMNS_TRADES);
    add_trade(b, trade(1, "x", "kraken"));
    add_trade(b, trade(2, "y", "okx"));
    write_pieces(&b, 1, NJ_COLUMNS_TRADES);
    nj_columns_builder_free(b);
    whole = folder_read(dir, "one.njc", &whole_len);
    ck_assert_ptr_nonnull(whole);
}

static int check_whole(void)
{
    static struct nj_segment_head head;
    static struct nj_columns columns;
    return nj_segment_check(whole, whole_len, &head, &columns, &err);
}

/* The header in `whole`, changed and given its right hash again. */
static struct nj_segment_head *header(void)
{
    return (struct nj_segment_head *)(void *)whole;
}

static void refuses(const char *why)
{
    struct nj_segment_head *h = header();
    ck_assert_int_eq(nj_sha256(h, offsetof(struct nj_segment_head, head_hash), h->head_hash), 0);
    ck_assert_int_eq(check_whole(), NJ_ERR_INPUT);
    ck_assert_msg(strstr(err.text, why) != NULL, "'%s' does not say '%s'", err.text, why);
}

START_TEST(each_flipped_bit_of_the_header_is_seen)
{
    make_whole();
    ck_assert_int_eq(check_whole(), 0);
    for (size_t i = 0; i < NJ_SEGMENT_HEAD; i++) {
        whole[i] = (char)(whole[i] ^ 0x10);
        ck_assert_msg(check_whole() == NJ_ERR_INPUT, "byte %zu", i);
        whole[i] = (char)(whole[i] ^ 0x10);
    }
    free(whole);
}
END_TEST

START_TEST(each_cut_is_seen)
{
    make_whole();
    for (size_t len = whole_len; whole_len > 0;) {
        whole_len--;
        ck_assert_msg(check_whole() == NJ_ERR_INPUT, "%zu of %zu bytes", whole_len, len);
    }
    free(whole);
}
END_TEST

START_TEST(a_file_cut_after_it_was_written_is_not_opened)
{
    struct nj_segment *s;
    make_whole();
    ck_assert_int_eq(truncate(path, (off_t)whole_len - 1), 0);
    ck_assert_int_eq(nj_segment_open(&s, pf, path, &err), NJ_ERR_INPUT);
    ck_assert_int_eq(truncate(path, 10), 0);
    ck_assert_int_eq(nj_segment_open(&s, pf, path, &err), NJ_ERR_INPUT);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(nj_segment_open(&s, pf, path, &err), NJ_ERR_NOT_FOUND);
    free(whole);
}
END_TEST

START_TEST(verify_sees_a_flipped_bit_of_a_column)
{
    struct nj_segment *s;
    make_whole();
    whole[NJ_SEGMENT_HEAD] ^= 1;
    folder_write(dir, "one.njc", whole, whole_len);
    OK(nj_segment_open(&s, pf, path, &err));
    ck_assert_int_eq(nj_segment_verify(s, &err), NJ_ERR_INPUT);
    nj_segment_close(s, pf);
    free(whole);
}
END_TEST

/* Headers that are whole and lie: what each row changes, and what is said. */
static void lie(int i, struct nj_segment_head *h)
{
    switch (i) {
    case 0:
        h->version = 2;
        break;
    case 1:
        h->endian = 0x04030201;
        break;
    case 2:
        h->file_size += 64;
        break;
    case 3:
        h->rows = 3;
        break;
    case 4:
        h->rows = UINT64_MAX / 8 + 1; /* times 8 is 8 */
        break;
    case 5:
        h->sections[NJ_SECTION_PRICE].offset += 64;
        break;
    case 6:
        h->sections[NJ_SECTION_PRICE].offset += 8;
        break;
    case 7:
        h->sections[NJ_SECTION_VENUES].offset += 64;
        break;
    case 8:
        h->sections[NJ_SECTION_TS].offset = 0;
        break;
    case 9:
        h->sections[NJ_SECTION_OPEN] = h->sections[NJ_SECTION_PRICE];
        break;
    case 10:
        h->sections[NJ_SECTION_VENUES].offset = UINT64_MAX - 63;
        break;
    case 11:
        h->sections[NJ_SECTION_TS] = (struct nj_segment_extent){0, 0};
        break;
    case 12:
        h->n_venues = 256;
        break;
    case 13:
        h->n_venues = 0;
        break;
    case 14:
        h->sections[NJ_SECTION_ID] = (struct nj_segment_extent){0, 0};
        break;
    case 15:
        memset(h->symbol, 'A', sizeof h->symbol);
        break;
    case 16:
        h->mess_to = 3;
        break;
    case 17:
        h->mess_from = 2;
        h->mess_to = 1;
        break;
    case 18:
        h->kind = 3;
        break;
    case 19:
        h->kind = NJ_COLUMNS_BARS;
        break;
    case 20:
        h->sections[NJ_SECTION_ID_TEXT].bytes -= 1;
        break;
    default:
        whole[h->sections[NJ_SECTION_VENUES].offset + 6] = 'x';
        memset(whole + h->sections[NJ_SECTION_VENUES].offset, 'x', NJORD_ASSET_SIZE);
    }
}

START_TEST(a_header_that_lies_is_refused)
{
    static const char *const said[] = {"version 2, expected 1",
                                       "byte order",
                                       "its header says",
                                       "section",
                                       "contradicts",
                                       "section",
                                       "section",
                                       "section",
                                       "section",
                                       "section",
                                       "section",
                                       "section",
                                       "contradicts",
                                       "venues",
                                       "venues or ids",
                                       "contradicts",
                                       "contradicts",
                                       "contradicts",
                                       "contradicts",
                                       "section",
                                       "ids have no end",
                                       "venue 0 has no end"};
    make_whole();
    lie(_i, header());
    refuses(said[_i]);
    free(whole);
}
END_TEST

START_TEST(a_pipe_in_the_place_of_a_segment_does_not_hang)
{
    struct nj_segment *s;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(nj_segment_open(&s, pf, path, &err), NJ_ERR_INPUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("segment");
    TCase *c = tcase_create("segment");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, bars_read_back_with_the_columns_that_some_row_has);
    tcase_add_test(c, trades_in_pieces_read_back_with_their_own_venues_and_ids);
    tcase_add_test(c, a_column_that_comes_into_being_late_has_no_values_before);
    tcase_add_test(c, no_rows_are_a_segment_too);
    tcase_add_test(c, pieces_of_two_symbols_are_refused);
    tcase_add_test(c, rising_times_have_no_mess);
    tcase_add_test(c, the_mess_takes_in_what_it_reaches_back_and_ahead_to);
    tcase_add_test(c, a_time_twice_is_a_mess_of_two_rows_that_is_sorted);
    tcase_add_test(c, falling_times_are_all_mess);
    tcase_add_test(c, seq_is_whole_or_rises_as_the_rows_say);
    tcase_add_test(c, each_flipped_bit_of_the_header_is_seen);
    tcase_add_test(c, each_cut_is_seen);
    tcase_add_test(c, a_file_cut_after_it_was_written_is_not_opened);
    tcase_add_test(c, verify_sees_a_flipped_bit_of_a_column);
    tcase_add_loop_test(c, a_header_that_lies_is_refused, 0, 22);
    tcase_add_test(c, a_pipe_in_the_place_of_a_segment_does_not_hang);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
