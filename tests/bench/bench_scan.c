/*
 * bench_scan.c - NDJSON bars and trades to columns, MB a second, beside what else there is.
 *
 * Bars: the ATOM/USDT month as a host writes it; with every optional member and the long digits of
 * computed volumes; with blanks, as Python's json writes them; with the keys of each line in an
 * order of its own. Trades: the BTCUSDT capture, also as files, plain and packed. Without the data,
 * made ones. Contestants: a pass that only looks for line ends (the floor), our scanner, the codec
 * and jansson, each reading the members into columns; simdjson when configure found it. Each figure
 * is the median of RUNS runs in turns, of processor time; ratios are to the floor of the same run.
 * A figure under its bar is flagged; the exit code stays 0, because a busy machine is no error.
 */
#include "bench_scan.h"
#include "../support/folder.h"
#include "../support/gzip.h"
#include "../support/scan_file.h"
#include "journal/columns.h"
#include "journal/scan.h"

#include <jansson.h>
#include <math.h>
#include <njord/codec.h>
#include <njord/contract.h>
#include <njord/lines.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS    9
#define WHOLE   (24u << 20) /* bytes of a text: more than the caches hold */
#define MINUTES 42915

enum style { AS_WRITTEN, SPACED, SHUFFLED };

static struct text {
    char *data;
    size_t len, cap;
    uint64_t rows;
} text;

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void append(const char *data, size_t len)
{
    if (text.cap - text.len < len) {
        text.cap = text.cap * 2 + len;
        text.data = realloc(text.data, text.cap);
        if (!text.data)
            exit(1);
    }
    memcpy(text.data + text.len, data, len);
    text.len += len;
}

/* The members of a flat line of ours: it has no comma inside a value. */
static size_t members(char *line, size_t len, char **at)
{
    size_t n = 0;
    line[len - 1] = '\0'; /* the brace */
    at[n++] = line + 1;
    for (char *p = line + 1; *p; p++) {
        if (*p == ',') {
            *p = '\0';
            at[n++] = p + 1;
        }
    }
    return n;
}

static void append_line(const njord_event *event, enum style style)
{
    char line[1024];
    char *at[32];
    size_t len;
    if (njord_encode_json(event, NULL, line, sizeof line - 1, &len) != 0)
        exit(1);
    line[len] = '\0';
    text.rows++;
    if (style == AS_WRITTEN) {
        append(line, len);
        append("\n", 1);
        return;
    }
    size_t n = members(line, len, at);
    for (size_t i = n; style == SHUFFLED && i > 1; i--) {
        size_t j = next_random() % i;
        char *other = at[i - 1];
        at[i - 1] = at[j];
        at[j] = other;
    }
    append("{", 1);
    for (size_t i = 0; i < n; i++) {
        char *colon = strchr(at[i], ':');
        append(", ", i == 0 ? 0 : style == SPACED ? 2 : 1);
        append(at[i], (size_t)(colon + 1 - at[i]));
        append(" ", style == SPACED);
        append(colon + 1, strlen(colon + 1));
    }
    append("}\n", 2);
}

static njord_bar *month;
static size_t n_month;

static void from_data(njord_lines *lines)
{
    njord_line line;
    while (n_month < MINUTES && njord_lines_next(lines, &line) == 1) {
        njord_bar *b = &month[n_month];
        long long ms;
        char row[128];
        snprintf(row, sizeof row, "%.*s", (int)line.len, line.text);
        njord_event_init(b, NJORD_EV_BAR);
        if (sscanf(row, "%lld,%lf,%lf,%lf,%lf,%lf", &ms, &b->open, &b->high, &b->low, &b->close,
                   &b->volume) != 6)
            continue;
        b->ts_open = ms * 1000000;
        n_month++;
    }
}

static void made_up(void)
{
    double price = 20;
    for (n_month = 0; n_month < MINUTES; n_month++) {
        njord_bar *b = &month[n_month];
        njord_event_init(b, NJORD_EV_BAR);
        b->ts_open = INT64_C(1618951140000000000) + (int64_t)n_month * 60000000000;
        b->open = price;
        price = round(price * 1000 + (double)(next_random() % 41) - 20) / 1000;
        b->close = price;
        b->high = fmax(b->open, price) + 0.003;
        b->low = fmin(b->open, price) - 0.002;
        b->volume = (double)(next_random() % 9000000) / 1000;
    }
}

static void make_month(void)
{
    const char *data = getenv("NJORD_TEST_DATA");
    char path[1024], why[512];
    snprintf(path, sizeof path, "%s/bars/atomusdt-1m.csv.gz", data ? data : "");
    njord_lines *lines = njord_lines_open(path, why, sizeof why);
    month = calloc(MINUTES, sizeof *month);
    if (!month)
        exit(1);
    if (lines)
        from_data(lines);
    else
        made_up();
    njord_lines_close(lines);
    printf("bars: %s\n", lines ? "ATOM/USDT, 42,915 minutes" : "made ones (no test data)");
    for (size_t i = 0; i < n_month; i++) {
        njord_bar *b = &month[i];
        memcpy(b->symbol, "ATOM/USDT", 9);
        memcpy(b->timeframe, "1m", 2);
        b->ts_close = b->ts_open + 60000000000;
        b->ev.ts_ns = b->ts_close;
    }
}

static void make_bars(enum style style, bool computed)
{
    text.len = 0;
    text.rows = 0;
    random_state = 88172645463325252u;
    for (uint64_t seq = 1048577; text.len < WHOLE; seq++) {
        njord_bar b = month[seq % n_month];
        b.ev.seq = seq;
        b.ev.ts_recv_ns = b.ts_close + 1234567 + (int64_t)(next_random() % 1000000);
        if (computed) { /* sums of products, with all their digits */
            b.trades = (int64_t)(next_random() % 500);
            b.quote_volume = b.volume * (b.high + b.low + b.close) / 3;
            b.taker_volume = b.volume * (double)(next_random() % 1000) / 1000;
            b.partial = 0;
        }
        append_line(&b.ev, style);
    }
}

/* The trades of the capture, one a line: "<recv ns> {"stream":…,"data":{"e":"trade",…}}". */
static size_t capture_trades(njord_trade *out, size_t cap)
{
    const char *data = getenv("NJORD_TEST_DATA");
    char path[1024], why[512];
    size_t n = 0;
    njord_line line;
    snprintf(path, sizeof path, "%s/trades/btcusdt-spot-20240808.txt.gz", data ? data : "");
    njord_lines *lines = njord_lines_open(path, why, sizeof why);
    while (lines && n < cap && njord_lines_next(lines, &line) == 1) {
        const char *space = memchr(line.text, ' ', line.len);
        long long ms, id;
        double price, qty;
        int maker;
        if (!space || !memmem(line.text, line.len, "@trade\"", 7))
            continue;
        json_t *root = json_loadb(space + 1, line.len - (size_t)(space + 1 - line.text), 0, NULL),
               *frame;
        frame = json_object_get(root, "data");
        const char *price_text = json_string_value(json_object_get(frame, "p"));
        const char *qty_text = json_string_value(json_object_get(frame, "q"));
        ms = json_integer_value(json_object_get(frame, "T"));
        id = json_integer_value(json_object_get(frame, "t"));
        maker = json_is_true(json_object_get(frame, "m"));
        if (price_text && qty_text && sscanf(price_text, "%lf", &price) == 1 &&
            sscanf(qty_text, "%lf", &qty) == 1) {
            njord_trade *t = &out[n++];
            njord_event_init(t, NJORD_EV_TRADE);
            t->price = price;
            t->qty = qty;
            t->ev.ts_ns = ms * 1000000;
            t->side = maker ? NJORD_SIDE_SELL : NJORD_SIDE_BUY;
            snprintf(t->trade_id, sizeof t->trade_id, "%lld", id);
        }
        json_decref(root);
    }
    njord_lines_close(lines);
    printf("trades: %s\n", n > 0 ? "the BTCUSDT capture" : "made ones (no test data)");
    for (; n == 0 || (!lines && n < cap); n++) {
        njord_trade *t = &out[n];
        njord_event_init(t, NJORD_EV_TRADE);
        t->price = (double)(6180000 + next_random() % 10000) / 100;
        t->qty = (double)(1 + next_random() % 100000) / 100000;
        t->ev.ts_ns = INT64_C(1723161255000000000) + (int64_t)n * 7000000;
        t->side = next_random() % 2 ? NJORD_SIDE_SELL : NJORD_SIDE_BUY;
        snprintf(t->trade_id, sizeof t->trade_id, "%zu", 3735683259 + n);
    }
    return n;
}

static void make_trades(void)
{
    static njord_trade trades[20000];
    size_t n = capture_trades(trades, sizeof trades / sizeof trades[0]);
    text.len = 0;
    text.rows = 0;
    for (uint64_t seq = 1048577; text.len < WHOLE; seq++) {
        njord_trade t = trades[seq % n];
        memcpy(t.symbol, "BTC/USDT", 8);
        memcpy(t.venue, "binance", 7);
        t.ev.seq = seq;
        t.ev.ts_recv_ns = t.ev.ts_ns + 1234567 + (int64_t)(next_random() % 1000000);
        append_line(&t.ev, AS_WRITTEN);
    }
}

/* ---- contestants: rows read, and a sum over them so that nothing is dropped ------------------ */

static struct sums {
    uint64_t rows;
    double sum;
} sums;

static void line_ends(uint32_t type)
{
    const char *p = text.data, *end = p + text.len;
    (void)type;
    sums.rows = 0;
    while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        p++;
        sums.rows++;
        if (p == end)
            break;
    }
    sums.sum = 0;
}

static void sum_columns(struct nj_columns_builder *b)
{
    struct nj_columns c;
    nj_columns_view(b, &c);
    sums.rows = c.n;
    sums.sum = 0;
    for (size_t i = 0; i < c.n; i++)
        sums.sum += c.kind == NJ_COLUMNS_BARS ? c.close[i] : c.price[i];
    nj_columns_builder_free(b);
}

static struct nj_columns_builder *new_builder(uint32_t type)
{
    struct nj_columns_builder *b;
    enum nj_columns_kind kind = type == NJORD_EV_BAR ? NJ_COLUMNS_BARS : NJ_COLUMNS_TRADES;
    if (nj_columns_builder_new(&b, kind, NULL) < 0)
        exit(1);
    return b;
}

static uint64_t slow_lines;

static void our_scanner(uint32_t type)
{
    struct nj_error err;
    struct nj_columns_builder *b = new_builder(type);
    struct nj_scan scan = {.into = b};
    size_t used;
    if (nj_scan_lines(&scan, text.data, text.len, true, 1, &used, &err) < 0) {
        fprintf(stderr, "bench_scan: %s\n", err.text);
        exit(1);
    }
    slow_lines = scan.slow;
    sum_columns(b);
}

static void our_codec(uint32_t type)
{
    struct nj_columns_builder *b = new_builder(type);
    const char *p = text.data, *end = p + text.len;
    union {
        njord_bar bar;
        njord_trade trade;
    } event;
    while (p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        if (njord_decode_json(type, p, (size_t)(stop - p), &event, sizeof event, NULL, NULL) != 0)
            exit(1);
        if (type == NJORD_EV_BAR ? nj_columns_add_bar(b, &event.bar, NULL)
                                 : nj_columns_add_trade(b, &event.trade, NULL))
            exit(1);
        p = stop + 1;
    }
    sum_columns(b);
}

static double real_of(const json_t *root, const char *key)
{
    const json_t *value = json_object_get(root, key);
    return value ? json_number_value(value) : NAN;
}

static int64_t whole_of(const json_t *root, const char *key)
{
    const json_t *value = json_object_get(root, key);
    return value ? json_integer_value(value) : NJORD_NONE_I64;
}

static void jansson_bar(const json_t *root, njord_bar *b)
{
    b->ts_open = whole_of(root, "ts_open");
    b->ts_close = whole_of(root, "ts_close");
    b->open = real_of(root, "open");
    b->high = real_of(root, "high");
    b->low = real_of(root, "low");
    b->close = real_of(root, "close");
    b->volume = real_of(root, "volume");
    b->trades = whole_of(root, "trades");
    b->quote_volume = real_of(root, "quote_volume");
    b->taker_volume = real_of(root, "taker_volume");
    b->ev.seq = (uint64_t)whole_of(root, "seq");
    b->ev.ts_recv_ns = whole_of(root, "ts_recv_ns");
}

static void jansson_trade(const json_t *root, njord_trade *t)
{
    const char *side = json_string_value(json_object_get(root, "side"));
    const char *id = json_string_value(json_object_get(root, "trade_id"));
    t->ev.ts_ns = whole_of(root, "ts_ns");
    t->price = real_of(root, "price");
    t->qty = real_of(root, "qty");
    t->side = side && side[0] == 'b' ? NJORD_SIDE_BUY : NJORD_SIDE_SELL;
    snprintf(t->trade_id, sizeof t->trade_id, "%s", id ? id : "");
    t->ev.seq = (uint64_t)whole_of(root, "seq");
    t->ev.ts_recv_ns = whole_of(root, "ts_recv_ns");
}

static void with_jansson(uint32_t type)
{
    struct nj_columns_builder *b = new_builder(type);
    const char *p = text.data, *end = p + text.len;
    union {
        njord_bar bar;
        njord_trade trade;
    } event;
    njord_event_init(&event, type);
    memcpy(type == NJORD_EV_BAR ? event.bar.symbol : event.trade.symbol, "A/B", 3);
    if (type == NJORD_EV_BAR)
        memcpy(event.bar.timeframe, "1m", 2);
    while (p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        json_t *root = json_loadb(p, (size_t)(stop - p), JSON_REJECT_DUPLICATES, NULL);
        if (!root)
            exit(1);
        if (type == NJORD_EV_BAR)
            jansson_bar(root, &event.bar);
        else
            jansson_trade(root, &event.trade);
        json_decref(root);
        if (type == NJORD_EV_BAR ? nj_columns_add_bar(b, &event.bar, NULL)
                                 : nj_columns_add_trade(b, &event.trade, NULL))
            exit(1);
        p = stop + 1;
    }
    sum_columns(b);
}

#ifdef HAVE_SIMDJSON
static void with_simdjson(uint32_t type)
{
    append("\0", 1); /* room behind the text, as it asks for */
    append("                                                                ", 64);
    text.len -= 65;
    if (bench_simdjson(text.data, text.len, type == NJORD_EV_BAR, &sums.rows, &sums.sum) != 0)
        exit(1);
}
#endif

/* ---- the table ------------------------------------------------------------------------------- */

struct contestant {
    const char *name;
    void (*run)(uint32_t type);
    unsigned runs; /* slow ones run less often */
    double seconds[RUNS];
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void compare(const char *title, uint32_t type, double bar_mb_s)
{
    static struct contestant all[] = {{"line ends only (floor)", line_ends, RUNS, {0}},
                                      {"Njord's scanner", our_scanner, RUNS, {0}},
#ifdef HAVE_SIMDJSON
                                      {"simdjson", with_simdjson, RUNS, {0}},
#endif
                                      {"Njord's codec", our_codec, 3, {0}},
                                      {"jansson", with_jansson, 1, {0}}};
    enum { N = sizeof all / sizeof all[0] };
    double want = 0, mb = (double)text.len / 1e6, floor = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        for (size_t i = 0; i < N; i++) {
            if (run >= all[i].runs)
                continue;
            double start = now_s();
            all[i].run(type);
            all[i].seconds[run] = now_s() - start;
            if (i == 1)
                want = sums.sum;
            if (sums.rows != text.rows || (i > 1 && fabs(sums.sum - want) > 1e-9 * want)) {
                fprintf(stderr, "bench_scan: %s read something else\n", all[i].name);
                exit(1);
            }
        }
    }
    printf("%s: %.0f MB, %llu lines of %.0f bytes", title, mb, (unsigned long long)text.rows,
           (double)text.len / (double)text.rows);
    printf(slow_lines ? ", %llu the slow way\n" : "\n", (unsigned long long)slow_lines);
    for (size_t i = 0; i < N; i++) {
        qsort(all[i].seconds, all[i].runs, sizeof(double), by_size);
        double median = all[i].seconds[all[i].runs / 2], rate = mb / median;
        floor = i == 0 ? rate : floor;
        printf("  %-24s %8.0f MB/s %8.1f ns a line   1/%.1f of the floor%s\n", all[i].name, rate,
               median * 1e9 / (double)text.rows, floor / rate,
               i == 1 && rate < bar_mb_s ? "  (under its bar)" : "");
    }
}

/* The text as a file that the kernel holds: reading, unpacking and its checks are in the figure. */
static void from_file(uint32_t type, bool gzip)
{
    char dir[256], path[512];
    double seconds[RUNS];
    const char *name = gzip ? "md.trades.BTCUSDT.20240808.ndjson.gz" : "md.trades.BTCUSDT.ndjson";
    folder_make(dir, "bench_scan");
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (gzip) {
        char *packed = malloc(text.len);
        if (!packed)
            exit(1);
        folder_write(dir, name, packed, gzip_pack(text.data, text.len, packed, text.len));
        free(packed);
    } else {
        folder_write(dir, name, text.data, text.len);
    }
    for (unsigned run = 0; run < RUNS; run++) {
        struct nj_error err;
        struct nj_columns_builder *b = new_builder(type);
        struct nj_scan scan = {.into = b};
        double start = now_s();
        if (scan_file(&scan, path, &err) < 0) {
            fprintf(stderr, "bench_scan: %s\n", err.text);
            exit(1);
        }
        sum_columns(b);
        seconds[run] = now_s() - start;
    }
    qsort(seconds, RUNS, sizeof(double), by_size);
    printf("  %-24s %8.0f MB/s %8.1f ns a line\n",
           gzip ? "scanner, from .ndjson.gz" : "scanner, from .ndjson",
           (double)text.len / 1e6 / seconds[RUNS / 2], seconds[RUNS / 2] * 1e9 / (double)text.rows);
    folder_remove(dir);
}

int main(void)
{
    make_month();
    make_bars(AS_WRITTEN, false);
    compare("bars as written", NJORD_EV_BAR, 800);
    make_bars(AS_WRITTEN, true);
    compare("bars with all members, long digits", NJORD_EV_BAR, 800);
    make_bars(SPACED, false);
    compare("bars with blanks", NJORD_EV_BAR, 800);
    make_bars(SHUFFLED, false);
    compare("bars, an order of keys a line", NJORD_EV_BAR, 800);
    make_trades();
    compare("trades", NJORD_EV_TRADE, 800);
    from_file(NJORD_EV_TRADE, false);
    from_file(NJORD_EV_TRADE, true);
    free(month);
    free(text.data);
    return 0;
}
