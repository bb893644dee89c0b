/* test_state_map.c - saved state by key: what is put is got, what is wrong is said, and a stream
 * may come in any pieces. Owned by the tests. */
#include "test_codec_random.h"
#include "test_main.h"

#include <check.h>
#include <njord/state.h>
#include <stdio.h>

/* Where a writer puts and a reader takes, `piece` bytes at a time. */
typedef struct store {
    unsigned char *data;
    size_t len, at, piece;
    int64_t fails; /* a status to return instead */
} store;

static njord_status put(void *ctx, const void *data, uint64_t len)
{
    store *s = ctx;
    if (s->fails != 0)
        return (njord_status)s->fails;
    free(s->data);
    s->data = malloc(len + 1);
    if (s->data == NULL)
        return NJORD_E_NOMEM;
    memcpy(s->data, data, len);
    s->len = len;
    return NJORD_OK;
}

static int64_t take(void *ctx, void *data, uint64_t cap)
{
    store *s = ctx;
    size_t n = s->len - s->at;
    if (s->fails != 0)
        return s->fails;
    if (s->piece > 0 && n > s->piece)
        n = s->piece;
    if (n > cap)
        n = cap;
    memcpy(data, s->data + s->at, n);
    s->at += n;
    return (int64_t)n;
}

static njord_writer writer_of(store *s)
{
    return (njord_writer){sizeof(njord_writer), 0, s, put};
}

static njord_reader reader_of(store *s)
{
    s->at = 0;
    return (njord_reader){sizeof(njord_reader), 0, s, take};
}

static void example(store *s)
{
    static const double window[] = {1.5, -0.0, NAN, INFINITY, 5e-324};
    static const int64_t ids[] = {INT64_MIN, -1, 0, INT64_MAX};
    njord_writer w = writer_of(s);
    njord_state_out out;
    njord_state_out_init(&out);
    njord_state_put_i64(&out, "bars", 123456789012);
    njord_state_put_f64(&out, "ema", 0.1);
    njord_state_put_bool(&out, "inside", 1);
    njord_state_put_text(&out, "note", "caf\xc3\xa9");
    njord_state_put_bytes(&out, "seed", "\x00\xff", 2);
    njord_state_put_f64_array(&out, "window", window, 5);
    njord_state_put_i64_array(&out, "ids", ids, 4);
    njord_state_begin_list(&out, "orders");
    for (int i = 0; i < 20; i++) {
        njord_state_begin_map(&out, NULL);
        njord_state_put_i64(&out, "n", i);
        njord_state_put_f64(&out, "qty", i / 2.0);
        njord_state_end(&out);
    }
    njord_state_end(&out);
    njord_state_begin_map(&out, "empty");
    njord_state_end(&out);
    ck_assert_int_eq(njord_state_out_finish(&out, &w), NJORD_OK);
    ck_assert_ptr_null(out.data);
}

static void check_example(njord_state_in *in)
{
    double window[5];
    int64_t ids[4];
    char note[8];
    size_t len;
    njord_state_in orders, order;
    ck_assert_int_eq(njord_state_get_i64(in, "bars", 0), 123456789012);
    ck_assert(njord_state_get_f64(in, "ema", 0) == 0.1);
    ck_assert_int_eq(njord_state_get_bool(in, "inside", 0), 1);
    ck_assert_uint_eq(njord_state_get_text(in, "note", note, sizeof note), 5);
    ck_assert_str_eq(note, "caf\xc3\xa9");
    const char *seed = njord_state_get_bytes(in, "seed", &len);
    ck_assert_uint_eq(len, 2);
    ck_assert_mem_eq(seed, "\x00\xff", 2);
    ck_assert_uint_eq(njord_state_length(in, "window"), 5);
    ck_assert_uint_eq(njord_state_get_f64_array(in, "window", window, 5), 5);
    ck_assert(window[0] == 1.5 && window[1] == 0 && signbit(window[1]) && isnan(window[2]) &&
              isinf(window[3]) && window[4] == 5e-324);
    ck_assert_uint_eq(njord_state_get_i64_array(in, "ids", ids, 4), 4);
    ck_assert(ids[0] == INT64_MIN && ids[3] == INT64_MAX);
    ck_assert_uint_eq(njord_state_in_list(in, "orders", &orders), 20);
    for (int i = 0; i < 20; i++) {
        ck_assert_uint_eq(njord_state_left(&orders), (size_t)(20 - i));
        ck_assert_uint_eq(njord_state_in_map(&orders, NULL, &order), 2);
        ck_assert_int_eq(njord_state_get_i64(&order, "n", -1), i);
        ck_assert(njord_state_get_f64(&order, "qty", -1) == i / 2.0);
    }
    ck_assert_uint_eq(njord_state_left(&orders), 0);
    ck_assert_uint_eq(njord_state_in_map(in, "empty", &order), 0);
    ck_assert(njord_state_has(in, "empty") && !njord_state_has(in, "emptyx"));
}

START_TEST(what_is_put_is_got_in_pieces_of_any_size)
{
    store s = {0};
    example(&s);
    for (s.piece = 0; s.piece < 40; s.piece++) {
        njord_reader r = reader_of(&s);
        njord_state_in in;
        ck_assert_int_eq(njord_state_in_open(&in, &r), NJORD_OK);
        check_example(&in);
        ck_assert_int_eq(njord_state_get_i64(&in, "bars", 0),
                         123456789012); /* again, from the start */
        ck_assert_int_eq(njord_state_in_close(&in), NJORD_OK);
        ck_assert_int_eq(njord_state_in_close(&in), NJORD_OK);
    }
    free(s.data);
}
END_TEST

START_TEST(state_is_plain_msgpack)
{
    /* by hand: {"a": 1, "b": [1.5], "c": [{}]} */
    static const unsigned char expected[] = "\x83\xa1"
                                            "a\x01\xa1"
                                            "b\x91\xcb\x3f\xf8\0\0\0\0\0\0\xa1"
                                            "c\x91\x80";
    store s = {0};
    njord_writer w = writer_of(&s);
    njord_state_out out;
    const double b = 1.5;
    njord_state_out_init(&out);
    njord_state_put_i64(&out, "a", 1);
    njord_state_put_f64_array(&out, "b", &b, 1);
    njord_state_begin_list(&out, "c");
    njord_state_begin_map(&out, NULL);
    njord_state_end(&out);
    njord_state_end(&out);
    ck_assert_int_eq(njord_state_out_finish(&out, &w), NJORD_OK);
    ck_assert_uint_eq(s.len, sizeof expected - 1);
    ck_assert_mem_eq(s.data, expected, s.len);
    free(s.data);
}
END_TEST

START_TEST(missing_keys_give_their_default)
{
    njord_state_in in, sub;
    char text[4] = "zzz";
    double v[2];
    size_t len = 9;
    ck_assert_int_eq(njord_state_in_open_bytes(&in, "\x81\xa3nil\xc0", 6), NJORD_OK);
    ck_assert_int_eq(njord_state_get_i64(&in, "x", 7), 7);
    ck_assert_int_eq(njord_state_get_i64(&in, "nil", 8), 8);
    ck_assert(isnan(njord_state_get_f64(&in, "x", NAN)));
    ck_assert_int_eq(njord_state_get_bool(&in, "x", 1), 1);
    ck_assert_uint_eq(njord_state_get_text(&in, "x", text, sizeof text), 0);
    ck_assert_str_eq(text, "");
    ck_assert_ptr_null(njord_state_get_bytes(&in, "x", &len));
    ck_assert_uint_eq(len, 0);
    ck_assert_uint_eq(njord_state_get_f64_array(&in, "x", v, 2), 0);
    ck_assert_uint_eq(njord_state_length(&in, "x"), 0);
    ck_assert_uint_eq(njord_state_in_list(&in, "x", &sub), 0);
    ck_assert_int_eq(njord_state_get_i64(&sub, NULL, 3), 3);
    ck_assert_int_eq(njord_state_in_close(&in), NJORD_OK);
    ck_assert_int_eq(njord_state_in_open_bytes(&in, "", 0),
                     NJORD_OK); /* nothing saved: an empty map */
    ck_assert_int_eq(njord_state_get_i64(&in, "x", 7), 7);
    ck_assert_int_eq(njord_state_in_close(&in), NJORD_OK);
}
END_TEST

START_TEST(another_type_is_an_error_that_stays)
{
    njord_state_in in;
    char text[3];
    double v[1];
    /* {"t": "abc", "f": 1.5, "l": [1, 2], "b": true} */
    static const char bytes[] = "\x84\xa1t\xa3"
                                "abc\xa1"
                                "f\xcb\x3f\xf8\0\0\0\0\0\0\xa1l\x92\x01\x02\xa1"
                                "b\xc3";
    static const char *const expected[] = {"state 't': expected i64, found str",
                                           "state 'f': expected i64, found f64",
                                           "state 't': expected f64, found str",
                                           "state 't': expected a shorter text, found str",
                                           "state 'l': expected fewer items, found list",
                                           "state 'b': expected str, found bool",
                                           "state 'l': expected map, found list",
                                           "state 'f': expected bool, found f64",
                                           "state 't': expected bin, found str"};
    for (int i = 0; i < 9; i++) {
        njord_state_in sub;
        size_t len;
        ck_assert_int_eq(njord_state_in_open_bytes(&in, bytes, sizeof bytes - 1), NJORD_OK);
        switch (i) {
        case 0:
            ck_assert_int_eq(njord_state_get_i64(&in, "t", 5), 5);
            break;
        case 1:
            ck_assert_int_eq(njord_state_get_i64(&in, "f", 5), 5);
            break;
        case 2:
            ck_assert(njord_state_get_f64(&in, "t", 5) == 5);
            break;
        case 3:
            ck_assert_uint_eq(njord_state_get_text(&in, "t", text, sizeof text), 0);
            break;
        case 4:
            ck_assert_uint_eq(njord_state_get_f64_array(&in, "l", v, 1), 0);
            break;
        case 5:
            ck_assert_uint_eq(njord_state_get_text(&in, "b", text, sizeof text), 0);
            break;
        case 6:
            ck_assert_uint_eq(njord_state_in_map(&in, "l", &sub), 0);
            break;
        case 7:
            ck_assert_int_eq(njord_state_get_bool(&in, "f", 0), 0);
            break;
        default:
            ck_assert_ptr_null(njord_state_get_bytes(&in, "t", &len));
            break;
        }
        ck_assert_int_eq(njord_state_get_bool(&in, "b", 0), 0); /* after an error only defaults */
        ck_assert_int_eq(njord_state_in_close(&in), NJORD_E_STATE);
        ck_assert_str_eq(in.why, expected[i]);
    }
    /* an integer is a real, too */
    ck_assert_int_eq(njord_state_in_open_bytes(&in, "\x81\xa1k\x05", 4), NJORD_OK);
    ck_assert(njord_state_get_f64(&in, "k", 0) == 5);
    ck_assert_int_eq(njord_state_in_close(&in), NJORD_OK);
}
END_TEST

START_TEST(bytes_that_are_no_state_are_refused)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *why;
    } all[] = {{"\x90", 1, "state: not a msgpack map"},
               {"hello", 5, "state: not a msgpack map"},
               {"\xdf\xff\xff\xff\xff", 5, "state: not a msgpack map"},
               {"\x80\x00", 2, "state: bytes behind its end"},
               {"\x81\x01\x01", 3, "state: a key that is no text of 1 to 255 bytes"},
               {"\x82\xa1k\x01\xa1k\x01", 7, "state 'k': this key stands twice"},
               {"\x81\xa1k\xc1", 4, "state: cut off, or not msgpack"},
               {"\x81\xa1k\xa1\xff", 5, "state: a text that is not UTF-8"},
               {"\x81\xa1k\x91\x91\x91\x91\x91\x91\x91\x91\xc0", 12,
                "state: maps and lists more than 8 deep"}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        njord_state_in in;
        ck_assert_int_eq(njord_state_in_open_bytes(&in, all[i].bytes, all[i].len), NJORD_E_STATE);
        ck_assert_str_eq(in.why, all[i].why);
        ck_assert_int_eq(njord_state_get_i64(&in, "k", 4), 4);
        ck_assert_int_eq(njord_state_in_close(&in), NJORD_E_STATE);
    }
    store s = {0};
    example(&s);
    for (size_t cut = 1; cut < s.len; cut++) {
        unsigned char *exact = malloc(cut);
        njord_state_in in;
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, s.data, cut);
        if (njord_state_in_open_bytes(&in, exact, cut) != NJORD_E_STATE)
            ck_abort_msg("cut at %zu was taken", cut);
        njord_state_in_close(&in);
        free(exact);
    }
    free(s.data);
}
END_TEST

START_TEST(damaged_state_never_reads_outside)
{
    store s = {0};
    dice d = {3};
    example(&s);
    for (int i = 0; i < 100000; i++) {
        unsigned char *exact = malloc(s.len);
        njord_state_in in;
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, s.data, s.len);
        for (uint32_t n = 1 + below(&d, 3); n > 0; n--)
            exact[below(&d, (uint32_t)s.len)] = (unsigned char)roll(&d);
        if (njord_state_in_open_bytes(&in, exact, s.len) == NJORD_OK) {
            njord_state_in orders, order;
            double v[8];
            (void)njord_state_get_f64_array(&in, "window", v, 8);
            for (size_t n = njord_state_in_list(&in, "orders", &orders); n > 0; n--) {
                (void)njord_state_in_map(&orders, NULL, &order);
                (void)njord_state_get_i64(&order, "n", 0);
            }
        }
        (void)njord_state_in_close(&in);
        free(exact);
    }
    free(s.data);
}
END_TEST

START_TEST(misuse_while_writing_is_said_at_the_end)
{
    static const char *const expected[] = {
        "state 'k': this key stands twice",           "state 'k': an item of a list has no key",
        "state '': a value of a map needs a key",     "state '': a map or list was not ended",
        "state '': an end without a begin",           "state 'k': the text is not valid UTF-8",
        "state '': a key has 1 to 255 bytes of UTF-8"};
    for (int i = 0; i < 7; i++) {
        store s = {0};
        njord_writer w = writer_of(&s);
        njord_state_out out;
        njord_state_out_init(&out);
        switch (i) {
        case 0:
            njord_state_put_i64(&out, "k", 1);
            njord_state_put_i64(&out, "k", 2);
            break;
        case 1:
            njord_state_begin_list(&out, "l");
            njord_state_put_i64(&out, "k", 2);
            break;
        case 2:
            njord_state_put_i64(&out, NULL, 2);
            break;
        case 3:
            njord_state_begin_list(&out, "l");
            break;
        case 4:
            njord_state_end(&out);
            break;
        case 5:
            njord_state_put_text(&out, "k", "\xff");
            break;
        default:
            njord_state_put_i64(&out, "", 1);
            break;
        }
        ck_assert_int_eq(njord_state_out_finish(&out, &w), NJORD_E_ARG);
        ck_assert_str_eq(out.why, expected[i]);
        ck_assert_ptr_null(s.data);
    }
}
END_TEST

START_TEST(depth_and_size_are_bounded)
{
    njord_state_out out;
    njord_state_out_init(&out);
    int depth = 1;
    while (njord_state_begin_map(&out, "m") == NJORD_OK)
        depth++;
    ck_assert_int_eq(depth, (int)NJORD_STATE_DEPTH);
    ck_assert_int_eq(njord_state_out_finish(&out, NULL), NJORD_E_LIMIT);

    static double million[1000000];
    char key[16];
    int n = 0;
    njord_state_out_init(&out);
    do
        (void)snprintf(key, sizeof key, "k%d", n++);
    while (njord_state_put_f64_array(&out, key, million, 1000000) == NJORD_OK);
    ck_assert_int_eq(n, 8); /* seven times 9 MB fit into 64 MiB */
    ck_assert_int_eq(njord_state_out_finish(&out, NULL), NJORD_E_LIMIT);
}
END_TEST

START_TEST(errors_of_the_host_are_passed_on)
{
    store s = {.fails = NJORD_E_AGAIN};
    njord_writer w = writer_of(&s);
    njord_reader r = reader_of(&s);
    njord_state_out out;
    njord_state_in in;
    njord_state_out_init(&out);
    ck_assert_int_eq(njord_state_out_finish(&out, &w), NJORD_E_AGAIN);
    ck_assert_int_eq(njord_state_in_open(&in, &r), NJORD_E_AGAIN);
    ck_assert_int_eq(njord_state_in_close(&in), NJORD_E_AGAIN);
    s.fails = INT64_MAX; /* more bytes than were asked for */
    ck_assert_int_eq(njord_state_in_open(&in, &r), NJORD_E_FAIL);
    ck_assert_int_eq(njord_state_in_close(&in), NJORD_E_FAIL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("state");
    TCase *tc = tcase_create("map");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, what_is_put_is_got_in_pieces_of_any_size);
    tcase_add_test(tc, state_is_plain_msgpack);
    tcase_add_test(tc, missing_keys_give_their_default);
    tcase_add_test(tc, another_type_is_an_error_that_stays);
    tcase_add_test(tc, bytes_that_are_no_state_are_refused);
    tcase_add_test(tc, damaged_state_never_reads_outside);
    tcase_add_test(tc, misuse_while_writing_is_said_at_the_end);
    tcase_add_test(tc, depth_and_size_are_bounded);
    tcase_add_test(tc, errors_of_the_host_are_passed_on);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
