/* bench_codec.c - nanoseconds to encode and decode a Trade and a Book, and to write a number,
 * beside what else there is: msgpack-c and jansson for the codecs, snprintf with strtod for
 * numbers. Each figure is the best of RUNS runs of COUNT; contestants alternate. A figure over its
 * bar is flagged; the exit code stays 0, because a busy machine is no error. */
#include <jansson.h>
#include <msgpack.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS    25
#define COUNT   20000
#define NUMBERS 4096

/* What a run computes ends here, so that no loop is dropped. */
static volatile double sink;

static union {
    njord_event event;
    njord_trade trade;
    uint64_t room[8192];
} made, read_back;
static char packed[65536], printed[65536], scratch[65536];
static size_t packed_len, printed_len;
static double prices[NUMBERS], results[NUMBERS];

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- contestants: one turn each ----------------------------------------------------------------
 */

static void our_pack(unsigned i)
{
    size_t len;
    made.event.seq = 1000000 + i;
    (void)njord_encode_msgpack(&made.event, NULL, scratch, sizeof scratch, &len);
    sink = (double)len;
}

static void our_unpack(unsigned i)
{
    (void)i;
    (void)njord_decode_msgpack(made.event.type, packed, packed_len, &read_back, sizeof read_back,
                               NULL, NULL);
    sink = read_back.trade.price;
}

static void our_print(unsigned i)
{
    size_t len;
    made.event.seq = 1000000 + i;
    (void)njord_encode_json(&made.event, NULL, scratch, sizeof scratch, &len);
    sink = (double)len;
}

static void our_parse(unsigned i)
{
    (void)i;
    (void)njord_decode_json(made.event.type, printed, printed_len, &read_back, sizeof read_back,
                            NULL, NULL);
    sink = read_back.trade.price;
}

static void check_event(unsigned i)
{
    (void)i;
    sink = njord_event_check(&made.event, sizeof made, NULL, 0);
}

/* Only the bytes taken apart; what the contract asks is not looked at. */
static void msgpack_c_unpack(unsigned i)
{
    msgpack_unpacked out;
    (void)i;
    msgpack_unpacked_init(&out);
    (void)msgpack_unpack_next(&out, packed, packed_len, NULL);
    sink = out.data.via.map.size;
    msgpack_unpacked_destroy(&out);
}

static void jansson_parse(unsigned i)
{
    (void)i;
    json_t *root = json_loadb(printed, printed_len, JSON_REJECT_DUPLICATES, NULL);
    sink = json_number_value(json_object_get(root, "price"));
    json_decref(root);
}

static json_t *jansson_root;

static void jansson_print(unsigned i)
{
    (void)i;
    sink = (double)json_dumpb(jansson_root, scratch, sizeof scratch, JSON_COMPACT);
}

static void write_price(unsigned i)
{
    sink = (double)njord_format_f64(prices[i % NUMBERS], scratch);
}

static void write_result(unsigned i)
{
    sink = (double)njord_format_f64(results[i % NUMBERS], scratch);
}

static void by_the_rule(double v)
{
    for (int precision = 15; precision <= 17; precision++) {
        int n = snprintf(scratch, sizeof scratch, "%.*g", precision, v);
        if (strtod(scratch, NULL) == v) {
            sink = n;
            return;
        }
    }
}

static void snprintf_price(unsigned i)
{
    by_the_rule(prices[i % NUMBERS]);
}

static void snprintf_result(unsigned i)
{
    by_the_rule(results[i % NUMBERS]);
}

static char price_text[NUMBERS][NJORD_NUMBER_SIZE], result_text[NUMBERS][NJORD_NUMBER_SIZE];

static void read_price(unsigned i)
{
    double v;
    (void)njord_parse_f64(price_text[i % NUMBERS], NJORD_NUMBER_SIZE, &v);
    sink = v;
}

static void read_result(unsigned i)
{
    double v;
    (void)njord_parse_f64(result_text[i % NUMBERS], NJORD_NUMBER_SIZE, &v);
    sink = v;
}

static void strtod_price(unsigned i)
{
    sink = strtod(price_text[i % NUMBERS], NULL);
}

static void strtod_result(unsigned i)
{
    sink = strtod(result_text[i % NUMBERS], NULL);
}

/* ---- the table
 * ------------------------------------------------------------------------------------ */

struct contest {
    const char *what;
    void (*ours)(unsigned i);
    const char *other_name;
    void (*other)(unsigned i);
    double bar_ns; /* 0: none */
};

static const struct contest trade_contests[] = {
    {"Trade to msgpack", our_pack, NULL, NULL, 0},
    {"Trade from msgpack", our_unpack, "msgpack-c, unpack only", msgpack_c_unpack, 150},
    {"Trade to JSON", our_print, "jansson, dump", jansson_print, 250},
    {"Trade from JSON", our_parse, "jansson, load", jansson_parse, 300},
    {"Trade checked", check_event, NULL, NULL, 0},
};

static const struct contest book_contests[] = {
    {"Book, 2 x 50, to msgpack", our_pack, NULL, NULL, 0},
    {"Book, 2 x 50, from msgpack", our_unpack, "msgpack-c, unpack only", msgpack_c_unpack, 0},
    {"Book, 2 x 50, to JSON", our_print, "jansson, dump", jansson_print, 0},
    {"Book, 2 x 50, from JSON", our_parse, "jansson, load", jansson_parse, 0},
    {"Book, 2 x 50, checked", check_event, NULL, NULL, 0},
};

static const struct contest number_contests[] = {
    {"price (6 decimals) to text", write_price, "snprintf and strtod", snprintf_price, 0},
    {"result (17 digits) to text", write_result, "snprintf and strtod", snprintf_result, 0},
    {"price from text", read_price, "strtod", strtod_price, 0},
    {"result from text", read_result, "strtod", strtod_result, 0},
};

static double run(void (*turn)(unsigned), unsigned count)
{
    double start = now_ns();
    for (unsigned i = 0; i < count; i++)
        turn(i);
    return (now_ns() - start) / count;
}

static void hold(const struct contest *contests, size_t n, unsigned count)
{
    for (const struct contest *c = contests; c < contests + n; c++) {
        double ours = 1e30, other = 1e30;
        for (int r = 0; r < RUNS; r++) {
            double t = run(c->ours, count);
            ours = t < ours ? t : ours;
            if (c->other != NULL) {
                t = run(c->other, count);
                other = t < other ? t : other;
            }
        }
        printf("%-28s %9.1f ns", c->what, ours);
        if (c->other != NULL)
            printf("   %-24s %9.1f ns   %5.1f times", c->other_name, other, other / ours);
        if (c->bar_ns > 0)
            printf("   %s %g ns", ours <= c->bar_ns ? "within" : "OVER", c->bar_ns);
        printf("\n");
    }
}

static void encode_both(void)
{
    if (njord_event_check(&made.event, sizeof made, NULL, 0) != 0 ||
        njord_encode_msgpack(&made.event, NULL, packed, sizeof packed, &packed_len) != 0 ||
        njord_encode_json(&made.event, NULL, printed, sizeof printed, &printed_len) != 0) {
        fprintf(stderr, "bench_codec: the event cannot be encoded\n");
        exit(1);
    }
    json_decref(jansson_root);
    jansson_root = json_loadb(printed, printed_len, 0, NULL);
}

static void make_trade(void)
{
    njord_trade *t = &made.trade;
    njord_event_init(t, NJORD_EV_TRADE);
    (void)snprintf(t->symbol, sizeof t->symbol, "BTC/USDT");
    (void)snprintf(t->trade_id, sizeof t->trade_id, "3519284412");
    (void)snprintf(t->venue, sizeof t->venue, "binanceus");
    t->price = 61800.01;
    t->qty = 0.00123;
    t->side = NJORD_SIDE_SELL;
    t->ev.ts_ns = 1700000000123456789;
    t->ev.ts_recv_ns = 1700000000125000000;
    t->ev.seq = 1048577;
    encode_both();
}

static void make_book(void)
{
    njord_level bids[50], asks[50];
    njord_book *b = (njord_book *)(void *)&made;
    njord_event_init(b, NJORD_EV_BOOK);
    (void)snprintf(b->symbol, sizeof b->symbol, "BTC/USDT");
    b->ev.ts_ns = 1700000000123456789;
    for (int i = 0; i < 50; i++) {
        bids[i] =
            (njord_level){(double)(6180000 - 3 * i) / 100, (double)(1 + i * 7919 % 100000) / 1e5};
        asks[i] =
            (njord_level){(double)(6180001 + 3 * i) / 100, (double)(1 + i * 104729 % 100000) / 1e5};
    }
    (void)njord_tail_put(&b->ev, sizeof made, &b->bids, bids, 50, sizeof bids[0]);
    (void)njord_tail_put(&b->ev, sizeof made, &b->asks, asks, 50, sizeof asks[0]);
    encode_both();
}

int main(void)
{
    double equity = 10000;
    for (int i = 0; i < NUMBERS; i++) {
        prices[i] = (double)(61800000000 + (int64_t)i * 7919 * 1000003 % 1000000000) / 1e6;
        equity *= 1 + (i % 7 - 3) * 1e-4 / 3;
        results[i] = equity;
        (void)njord_format_f64(prices[i], price_text[i]);
        (void)njord_format_f64(results[i], result_text[i]);
    }
    make_trade();
    printf("a Trade has %zu bytes as msgpack, %zu as JSON\n", packed_len, printed_len);
    hold(trade_contests, sizeof trade_contests / sizeof trade_contests[0], COUNT);
    make_book();
    printf("a Book of 2 x 50 levels has %zu bytes as msgpack, %zu as JSON\n", packed_len,
           printed_len);
    hold(book_contests, sizeof book_contests / sizeof book_contests[0], COUNT / 40);
    hold(number_contests, sizeof number_contests / sizeof number_contests[0], COUNT);
    json_decref(jansson_root);
    return 0;
}
