/*
 * test_ohlcv_exact.c - bars to the last digit: against those that come with a real capture, against
 * sums of whole numbers that this file does itself, and however a stream is cut.
 */
#include "ohlcv_make.h"

#include <archive.h>
#include <archive_entry.h>

__extension__ typedef __int128 wide;

/* ---- real trades ---- */

/* A gzip file of the test data, NUL-ended; NULL: not there. */
static char *data_file(const char *name)
{
    char path[1024], *text = NULL;
    size_t len = 0, cap = 0;
    const char *dir = getenv("NJORD_TEST_DATA");
    snprintf(path, sizeof path, "%s/trades/%s", dir ? dir : "../shared/data", name);
    struct archive *a = archive_read_new();
    struct archive_entry *entry;
    archive_read_support_filter_gzip(a);
    archive_read_support_format_raw(a);
    if (archive_read_open_filename(a, path, 65536) == ARCHIVE_OK &&
        archive_read_next_header(a, &entry) == ARCHIVE_OK)
        for (ssize_t n = 1; n > 0; len += (size_t)n) {
            if (len + 65537 > cap) {
                cap = 2 * cap + 65537;
                text = realloc(text, cap);
                ck_assert_ptr_nonnull(text);
            }
            n = archive_read_data(a, text + len, 65536);
            ck_assert_int_ge(n, 0);
            text[len + (size_t)n] = '\0';
        }
    archive_read_free(a);
    if (!text)
        printf("not run: no '%s' (NJORD_TEST_DATA)\n", path);
    return text;
}

struct real_trade {
    int64_t ts_ns;
    wide price, qty; /* of 1e-8 */
    double price_f64, qty_f64;
    bool buy;
};

/* "61837.63000000" as 1e-8. */
static wide units_of(const char *p)
{
    wide v = 0;
    int after = -1;
    for (; (*p >= '0' && *p <= '9') || *p == '.'; p++) {
        if (*p == '.') {
            after = 0;
            continue;
        }
        v = v * 10 + (*p - '0');
        after += after >= 0;
    }
    for (after = after < 0 ? 0 : after; after < 8; after++)
        v *= 10;
    return v;
}

static struct real_trade *real;
static size_t n_real;

static void read_capture(const char *name)
{
    char *text = data_file(name), *rest = text;
    for (char *line = text ? strtok_r(rest, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *data = strstr(line, "\"e\":\"trade\"");
        if (!data)
            continue;
        if (n_real % 4096 == 0)
            real = realloc(real, (n_real + 4096) * sizeof *real);
        const char *p = strstr(data, "\"p\":\"") + 5, *q = strstr(data, "\"q\":\"") + 5;
        real[n_real++] = (struct real_trade){
            strtoll(strstr(data, "\"T\":") + 4, NULL, 10) * 1000000,
            units_of(p),
            units_of(q),
            strtod(p, NULL),
            strtod(q, NULL),
            strncmp(strstr(data, "\"m\":") + 4, "false", 5) == 0,
        };
    }
    free(text);
}

static bool have_capture(void)
{
    if (n_real == 0) {
        read_capture("btcusdt-spot-20240808.txt.gz");
        read_capture("btcusdt-spot-20240809.txt.gz");
        if (n_real > 0)
            ck_assert_uint_eq(n_real, 19904);
    }
    return n_real > 0;
}

static void put_real(void)
{
    for (size_t i = 0; i < n_real; i++)
        put_symbol("BTC/USDT", 0, real[i].ts_ns, real[i].price_f64, real[i].qty_f64,
                   real[i].buy ? NJORD_SIDE_BUY : NJORD_SIDE_SELL);
    finish();
}

static void compare_with(const char *timeframe, const char *csv)
{
    char *text = data_file(csv), *rest = text;
    size_t at = 0, rows = 0;
    ck_assert_ptr_nonnull(text);
    char *line = strtok_r(rest, "\n", &rest); /* the header */
    while ((line = strtok_r(NULL, "\n", &rest))) {
        char *end;
        while (at < n_bars && strcmp(bars[at].timeframe, timeframe) != 0)
            at++;
        ck_assert_uint_lt(at, n_bars);
        const njord_bar *b = &bars[at++];
        ck_assert_int_eq(b->ts_open, strtoll(line, &end, 10) * 1000000);
        double v[8];
        for (int i = 0; i < 8; i++)
            v[i] = strtod(end + 1, &end); /* correctly rounded decimals */
        ck_assert_double_eq(b->open, v[0]);
        ck_assert_double_eq(b->high, v[1]);
        ck_assert_double_eq(b->low, v[2]);
        ck_assert_double_eq(b->close, v[3]);
        ck_assert_double_eq(b->volume, v[4]);
        ck_assert_int_eq(b->trades, (int64_t)v[5]);
        ck_assert_double_eq(b->quote_volume, v[6]);
        ck_assert_double_eq(b->taker_volume, v[7]);
        rows++;
    }
    for (; at < n_bars; at++)
        ck_assert_str_ne(bars[at].timeframe, timeframe);
    printf("%s: %zu bars equal to the last digit\n", csv, rows);
    free(text);
}

START_TEST(capture_gives_the_expected_bars_to_the_last_digit)
{
    if (!have_capture())
        return;
    OPEN(false, 0, "1s", "5s", "1m");
    put_real();
    compare_with("1s", "btcusdt-expected-1s.csv.gz");
    compare_with("5s", "btcusdt-expected-5s.csv.gz");
    compare_with("1m", "btcusdt-expected-1m.csv.gz");
    ck_assert_uint_eq(stats().late, 0);
}
END_TEST

/* A decimal of whole 1e-8 or 1e-16 as text, and that as a double. */
static double decimal(wide v, int digits)
{
    char text[64];
    size_t at = sizeof text - 1;
    text[at] = '\0';
    for (int i = 0; i < digits; i++, v /= 10)
        text[--at] = (char)('0' + (int)(v % 10));
    text[--at] = '.';
    do {
        text[--at] = (char)('0' + (int)(v % 10));
        v /= 10;
    } while (v > 0);
    return strtod(text + at, NULL);
}

START_TEST(longer_bars_equal_direct_sums_of_the_trades)
{
    static const struct {
        const char *name;
        int64_t length;
    } frames[] = {{"2m", 2 * MIN}, {"5m", 5 * MIN}, {"1h", HOUR}, {"1d", 24 * HOUR}};
    if (!have_capture())
        return;
    OPEN(false, 0, "2m", "5m", "1h", "1d");
    put_real();
    size_t n = 0;
    for (size_t f = 0; f < 4; f++)
        for (size_t i = 0; i < n_real;) {
            int64_t open = real[i].ts_ns - real[i].ts_ns % frames[f].length;
            wide volume = 0, quote = 0, taker = 0;
            size_t from = i, hi = i, lo = i, at = 0;
            for (; i < n_real && real[i].ts_ns < open + frames[f].length; i++) {
                volume += real[i].qty;
                quote += real[i].price * real[i].qty;
                taker += real[i].buy ? real[i].qty : 0;
                hi = real[i].price > real[hi].price ? i : hi;
                lo = real[i].price < real[lo].price ? i : lo;
            }
            while (at < n_bars &&
                   (bars[at].ts_open != open || strcmp(bars[at].timeframe, frames[f].name) != 0))
                at++;
            expect(at, frames[f].name, open, real[from].price_f64, real[hi].price_f64,
                   real[lo].price_f64, real[i - 1].price_f64, decimal(volume, 8),
                   (int64_t)(i - from));
            ck_assert_double_eq(bars[at].quote_volume, decimal(quote, 16));
            ck_assert_double_eq(bars[at].taker_volume, decimal(taker, 8));
            n++;
        }
    ck_assert_uint_eq(n, n_bars);
}
END_TEST

START_TEST(columns_give_what_single_trades_give)
{
    if (!have_capture())
        return;
    int64_t *ts = malloc(n_real * sizeof *ts);
    double *price = malloc(2 * n_real * sizeof *price), *qty = price + n_real;
    uint8_t *side = malloc(n_real);
    for (size_t i = 0; i < n_real; i++) {
        ts[i] = real[i].ts_ns;
        price[i] = real[i].price_f64;
        qty[i] = real[i].qty_f64;
        side[i] = real[i].buy ? NJORD_SIDE_BUY : NJORD_SIDE_SELL;
    }
    OPEN(true, 0, "1s", "5s", "1m", "5m");
    put_real();
    size_t n = n_bars;
    njord_bar *one_by_one = bars;
    bars = NULL;
    cap_bars = 0;
    OPEN(true, 0, "1s", "5s", "1m", "5m");
    for (size_t i = 0; i < n_real; i += 1000) {
        struct nj_ohlcv_columns c = {"BTC/USDT", 0,         n_real - i < 1000 ? n_real - i : 1000,
                                     ts + i,     price + i, qty + i,
                                     side + i};
        size_t taken;
        ck_assert_int_eq(nj_ohlcv_trades(ohlcv, &c, &taken, &err), 0);
        ck_assert_uint_eq(taken, c.n);
    }
    finish();
    ck_assert_uint_eq(n_bars, n);
    ck_assert_mem_eq(bars, one_by_one, n * sizeof *bars);
    ts[3] = -1;
    struct nj_ohlcv_columns bad = {"BTC/USDT", 0, 10, ts, price, qty, NULL};
    size_t taken;
    OPEN(true, 0, "1m");
    ck_assert_int_eq(nj_ohlcv_trades(ohlcv, &bad, &taken, &err), NJ_ERR_INPUT);
    ck_assert_uint_eq(taken, 3);
    free(one_by_one);
    free(ts);
    free(price);
    free(side);
}
END_TEST

/* ---- however a stream is cut ---- */

/* The last bar of a timeframe that was handed out before bars[from]; INT64_MIN: none. */
static int64_t last_open(const char *timeframe)
{
    for (size_t i = n_bars; i > 0; i--)
        if (strcmp(bars[i - 1].timeframe, timeframe) == 0)
            return bars[i - 1].ts_open;
    return INT64_MIN;
}

/* A host that stops before trade `at` and starts again: what is open is rebuilt from trades of the
 * longest bucket on and one before it, as the service does. */
static void stop_and_start(size_t at)
{
    static const char *const frames[] = {"1s", "5s", "1m", "5m"};
    int64_t first = real[at - 1].ts_ns - real[at - 1].ts_ns % (5 * MIN);
    size_t from = at - 1;
    while (from > 0 && real[from].ts_ns >= first)
        from--;
    struct nj_ohlcv_options options = {frames, 4, true, 0, keep, NULL};
    nj_ohlcv_free(ohlcv);
    ck_assert_int_eq(nj_ohlcv_new(&ohlcv, &options, &err), 0);
    for (int f = 0; f < 4; f++)
        ck_assert_int_eq(
            nj_ohlcv_handed_out(ohlcv, "BTC/USDT", frames[f], last_open(frames[f]), &err), 0);
    for (size_t i = from; i < at; i++) {
        njord_trade t = trade_of("BTC/USDT", real[i].ts_ns, real[i].price_f64, real[i].qty_f64,
                                 real[i].buy ? NJORD_SIDE_BUY : NJORD_SIDE_SELL);
        ck_assert_int_eq(nj_ohlcv_prime(ohlcv, &t, t.ev.ts_ns + 1, &err), 0);
    }
}

START_TEST(any_stops_and_starts_give_the_bars_of_one_run)
{
    uint64_t x = 0x9e3779b97f4a7c15u * (uint64_t)(_i + 1);
    if (!have_capture())
        return;
    OPEN(true, 0, "1s", "5s", "1m", "5m");
    put_real();
    size_t n = n_bars, cuts = 0;
    njord_bar *whole = bars;
    bars = NULL;
    cap_bars = 0;
    OPEN(true, 0, "1s", "5s", "1m", "5m");
    for (size_t i = 0; i < n_real; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        if (i > 0 && x % 400 == 0) {
            stop_and_start(i);
            cuts++;
        }
        put_symbol("BTC/USDT", NJORD_NO_SYMBOL, real[i].ts_ns, real[i].price_f64, real[i].qty_f64,
                   real[i].buy ? NJORD_SIDE_BUY : NJORD_SIDE_SELL);
    }
    finish();
    ck_assert_uint_gt(cuts, 20);
    ck_assert_uint_eq(n_bars, n);
    for (size_t i = 0; i < n; i++) {
        bars[i].ev.symbol_id = whole[i].ev.symbol_id;
        ck_assert_msg(memcmp(&bars[i], &whole[i], sizeof *bars) == 0, "%s bar %zu of %zu differs",
                      bars[i].timeframe, i, n);
    }
    free(whole);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ohlcv_exact");
    TCase *t = tcase_create("bars");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, capture_gives_the_expected_bars_to_the_last_digit);
    tcase_add_test(t, longer_bars_equal_direct_sums_of_the_trades);
    tcase_add_test(t, columns_give_what_single_trades_give);
    tcase_add_loop_test(t, any_stops_and_starts_give_the_bars_of_one_run, 0, 4);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
