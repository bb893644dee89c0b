/*
 * test_indicators_drift.c - long runs: after ten million values nothing has drifted.
 *
 * The reference is made afresh in 64-bit-mantissa long double: windows in two passes at every
 * SAMPLE-th value, recursions by the textbook beside each value. Where long double is no wider than
 * double the reference would prove nothing, and the test says so.
 */
#include "test_indicators_any.h"
#include "test_main.h"

#include <check.h>
#include <float.h>
#include <stdbool.h>
#include <stdlib.h>

#define VALUES     10000000
#define SAMPLE     9973
#define WINDOW_BIG 1000

/* A hundred times better than the 1e-12 that is promised. */
#define BAR 1e-14

/* ---- series ---- */

struct source {
    uint64_t seed;
    double price;
    long at;
};

/* About 100, steps of up to 0.05, never near 0. */
static double walk(struct source *s)
{
    s->price += (any_noise(&s->seed) - 0.5) * 0.1 + (100.0 - s->price) * 1e-6;
    s->at++;
    return s->price;
}

static double offset(struct source *s)
{
    return 61800.0 + (any_noise(&s->seed) - 0.5) * 0.02;
}

/* Long calm about 1, now and then a value of 1e30: nothing of it may be left once it is out. */
static double spikes(struct source *s)
{
    s->at++;
    return s->at % 1777 == 0 ? 1e30 : 1.0 + 1e-6 * any_noise(&s->seed);
}

/* Levels that jump over twelve powers of ten and stay a while, with flat stretches. */
static double jumps(struct source *s)
{
    if (s->at % 300 == 0)
        s->price = ldexp(1.0 + any_noise(&s->seed), (int)(40.0 * any_noise(&s->seed)) - 20);
    s->at++;
    return s->at % 300 < 60 ? s->price : s->price * (1.0 + 1e-3 * any_noise(&s->seed));
}

static double huge_values(struct source *s)
{
    return (any_noise(&s->seed) - 0.5) * 1.9e140;
}

static double tiny_values(struct source *s)
{
    return (1.0 + any_noise(&s->seed)) * 1e-290;
}

struct run {
    const char *name;
    double (*next)(struct source *);
    long values;
    double dev_bar; /* relative error allowed in a deviation */
};

/* The spikes and jumps leave deviations 1e-6 of what was before, and are allowed what cancels
 * there. */
static const struct run runs[] = {
    {"walk", walk, VALUES, 1e-13},
    {"offset", offset, VALUES, 1e-13},
    {"spikes", spikes, VALUES / 10, 1e-13},
    {"jumps", jumps, VALUES / 10, 1e-12},
    {"huge", huge_values, VALUES / 100, 1e-13},
    {"tiny", tiny_values, VALUES / 100, 1e-13},
};

/* ---- windows ---- */

static double last[WINDOW_BIG];

static long double newest(long at, long back)
{
    return (long double)last[(at - back) % WINDOW_BIG];
}

struct fresh {
    long double mean, dev, level, slope, low, high, most;
};

/* Two passes over the n newest values. */
static struct fresh two_pass(long at, long n)
{
    struct fresh f = {.low = newest(at, 0), .high = newest(at, 0)};
    long double top = 0.0L;
    long double bottom = 0.0L;
    for (long i = 0; i < n; i++) {
        long double x = newest(at, i);
        f.mean += x / (long double)n;
        f.low = x < f.low ? x : f.low;
        f.high = x > f.high ? x : f.high;
        f.most = fabsl(x) > f.most ? fabsl(x) : f.most;
    }
    long double off = 0.0L;
    for (long i = 0; i < n; i++)
        off += newest(at, i) - f.mean;
    f.mean += off / (long double)n;
    long double spread = f.high - f.low > 0.0L ? f.high - f.low : 1.0L;
    for (long i = 0; i < n; i++) {
        long double d = (newest(at, i) - f.mean) / spread;
        long double j = (long double)(n - 1) * 0.5L - (long double)i;
        f.dev += d * d;
        top += j * (newest(at, i) - f.mean);
        bottom += j * j;
    }
    f.dev = spread * sqrtl(f.dev / (long double)n);
    f.slope = n > 1 ? top / bottom : 0.0L;
    f.level = f.mean + f.slope * (long double)(n - 1) * 0.5L;
    return f;
}

struct windows {
    long n;
    njord_sma sma;
    njord_bollinger bands;
    njord_linreg line;
    njord_rolling_min min;
    njord_rolling_max max;
};

static void windows_init(struct windows *w, long n)
{
    w->n = n;
    ck_assert_int_eq(njord_sma_init(&w->sma, n), NJORD_OK);
    ck_assert_int_eq(njord_bollinger_init(&w->bands, n, 2.0), NJORD_OK);
    ck_assert_int_eq(njord_linreg_init(&w->line, n > 1 ? n : 2), NJORD_OK);
    ck_assert_int_eq(njord_rolling_min_init(&w->min, n), NJORD_OK);
    ck_assert_int_eq(njord_rolling_max_init(&w->max, n), NJORD_OK);
}

static void windows_free(struct windows *w)
{
    njord_sma_free(&w->sma);
    njord_bollinger_free(&w->bands);
    njord_linreg_free(&w->line);
    njord_rolling_min_free(&w->min);
    njord_rolling_max_free(&w->max);
}

static void windows_push(struct windows *w, double x)
{
    njord_sma_push(&w->sma, x);
    njord_bollinger_push(&w->bands, x);
    njord_linreg_push(&w->line, x);
    njord_rolling_min_push(&w->min, x);
    njord_rolling_max_push(&w->max, x);
}

static void near(const char *what, const struct run *r, long n, long at, double got,
                 long double want, long double allowed)
{
    ck_assert_msg(fabsl((long double)got - want) <= allowed,
                  "%s of %ld at %ld of '%s': %.17g, two passes %.20Lg", what, n, at, r->name, got,
                  want);
}

static void windows_check(const struct run *r, const struct windows *w, long at)
{
    struct fresh f = two_pass(at, w->n);
    long double bar = BAR * f.most;
    near("sma", r, w->n, at, njord_sma_value(&w->sma), f.mean, bar);
    near("min", r, w->n, at, njord_rolling_min_value(&w->min), f.low, 0.0L);
    near("max", r, w->n, at, njord_rolling_max_value(&w->max), f.high, 0.0L);
    double dev = njord_bollinger_deviation(&w->bands);
    near("deviation", r, w->n, at, dev, f.dev, (long double)r->dev_bar * f.dev);
    near("upper", r, w->n, at, njord_bollinger_upper(&w->bands), f.mean + 2.0L * f.dev, 3.0L * bar);
    near("lower", r, w->n, at, njord_bollinger_lower(&w->bands), f.mean - 2.0L * f.dev, 3.0L * bar);
    if (w->n == 1)
        f = two_pass(at, 2);
    bar = BAR * f.most;
    near("line", r, w->n, at, njord_linreg_value(&w->line), f.level, bar);
    near("slope", r, w->n, at, njord_linreg_slope(&w->line), f.slope, bar);
    near("forecast", r, w->n, at, njord_linreg_forecast(&w->line), f.level + f.slope, bar);
}

START_TEST(windows_equal_two_passes_at_any_time)
{
    const struct run *r = &runs[_i];
    const long sizes[] = {1, 2, 3, 20, WINDOW_BIG};
    struct windows w[5];
    struct source s = {.seed = 88172645463325252u, .price = 100.0};
    for (int i = 0; i < 5; i++)
        windows_init(&w[i], sizes[i]);
    for (long at = 0; at < r->values; at++) {
        double x = r->next(&s);
        last[at % WINDOW_BIG] = x;
        bool look = at % SAMPLE < 3 || at == r->values - 1;
        /* Short windows are walked at every other value: a tenth of the run shows as much. */
        for (int i = at < r->values / 10 ? 0 : 3; i < 5; i++) {
            windows_push(&w[i], x);
            if (look && at >= sizes[i] && at >= 2)
                windows_check(r, &w[i], at);
        }
    }
    for (int i = 0; i < 5; i++)
        windows_free(&w[i]);
}
END_TEST

/* ---- recursions ---- */

struct book_ema {
    long n;
    long seen;
    long double e;
};

static long double book_ema(struct book_ema *b, long double x)
{
    if (b->seen < b->n) {
        b->e += x / (long double)b->n;
        b->seen++;
    } else {
        b->e += 2.0L / (long double)(b->n + 1) * (x - b->e);
    }
    return b->e;
}

struct book_rsi {
    long n;
    long seen;
    long double prev, gain, loss;
};

static long double book_rsi(struct book_rsi *b, long double x)
{
    long double d = x - b->prev;
    long double up = d > 0.0L ? d : 0.0L;
    long double down = d < 0.0L ? -d : 0.0L;
    long double n = (long double)b->n;
    b->prev = x;
    if (b->seen++ == 0)
        return 0.0L;
    if (b->seen <= b->n + 1) {
        b->gain += up / n;
        b->loss += down / n;
    } else {
        b->gain = (b->gain * (n - 1.0L) + up) / n;
        b->loss = (b->loss * (n - 1.0L) + down) / n;
    }
    return b->gain + b->loss > 0.0L ? 100.0L * b->gain / (b->gain + b->loss) : 50.0L;
}

START_TEST(recursions_equal_the_textbook_in_long_double)
{
    const struct run *r = &runs[_i];
    struct source s = {.seed = 88172645463325252u, .price = 100.0};
    njord_ema ema;
    njord_ema slow;
    njord_tema tema;
    njord_macd macd;
    njord_rsi rsi;
    struct book_ema b_ema = {.n = 20};
    struct book_ema b_slow = {.n = 200000};
    struct book_ema b_t[3] = {{.n = 9}, {.n = 9}, {.n = 9}};
    struct book_ema b_m[3] = {{.n = 12}, {.n = 26}, {.n = 9}};
    struct book_rsi b_rsi = {.n = 14};
    long double most = 0.0L;
    ck_assert_int_eq(njord_ema_init(&ema, 20), NJORD_OK);
    ck_assert_int_eq(njord_ema_init(&slow, 200000), NJORD_OK);
    ck_assert_int_eq(njord_tema_init(&tema, 9), NJORD_OK);
    ck_assert_int_eq(njord_macd_init(&macd, 12, 26, 9), NJORD_OK);
    ck_assert_int_eq(njord_rsi_init(&rsi, 14), NJORD_OK);
    for (long at = 0; at < r->values; at++) {
        double x = r->next(&s);
        long double t[3] = {0.0L, 0.0L, 0.0L};
        most = fabsl((long double)x) > most ? fabsl((long double)x) : most;
        long double e = book_ema(&b_ema, x);
        long double e_slow = book_ema(&b_slow, x);
        t[0] = book_ema(&b_t[0], x);
        if (at >= 8)
            t[1] = book_ema(&b_t[1], t[0]);
        if (at >= 16)
            t[2] = book_ema(&b_t[2], t[1]);
        long double line = book_ema(&b_m[0], x);
        line -= book_ema(&b_m[1], x);
        long double signal = at >= 25 ? book_ema(&b_m[2], line) : 0.0L;
        long double strength = book_rsi(&b_rsi, x);
        njord_ema_push(&ema, x);
        njord_ema_push(&slow, x);
        njord_tema_push(&tema, x);
        njord_macd_push(&macd, x);
        njord_rsi_push(&rsi, x);
        if (at < 40 || (at % SAMPLE >= 3 && at != r->values - 1))
            continue;
        near("ema", r, 20, at, njord_ema_value(&ema), e, BAR * most);
        near("tema", r, 9, at, njord_tema_value(&tema), 3 * t[0] - 3 * t[1] + t[2], BAR * most);
        near("macd", r, 12, at, njord_macd_value(&macd), line, BAR * most);
        near("signal", r, 9, at, njord_macd_signal(&macd), signal, BAR * most);
        near("rsi", r, 14, at, njord_rsi_value(&rsi), strength, 1e-12L);
        if (at >= 200000)
            near("ema", r, 200000, at, njord_ema_value(&slow), e_slow, BAR * most);
    }
    njord_ema_free(&ema);
    njord_ema_free(&slow);
    njord_tema_free(&tema);
    njord_macd_free(&macd);
    njord_rsi_free(&rsi);
}
END_TEST

int main(void)
{
    if (LDBL_MANT_DIG < 64) {
        printf("SKIP: long double has %d bits here, the reference needs 64\n", LDBL_MANT_DIG);
        return 77;
    }
    Suite *suite = suite_create("indicators_drift");
    TCase *drift = tcase_create("drift");
    tcase_set_timeout(drift, 120);
    tcase_add_loop_test(drift, windows_equal_two_passes_at_any_time, 0,
                        (int)(sizeof runs / sizeof runs[0]));
    tcase_add_loop_test(drift, recursions_equal_the_textbook_in_long_double, 0,
                        (int)(sizeof runs / sizeof runs[0]));
    suite_add_tcase(suite, drift);
    return run_suite(suite);
}
