/*
 * bench_indicators.c - nanoseconds a value of each indicator, beside a plain loop over the same
 * array.
 *
 * The floor is what one would write by hand: running sums, no care for rounding, no call, no state
 * that could be saved. Each figure is the median of RUNS runs over COUNT prices; floor and
 * indicator alternate. A figure over its bar is flagged; the exit code stays 0, because a busy
 * machine is no error.
 */
#include <njord/indicators.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COUNT 200000
#define RUNS  9

/* Long enough for every window below. */
static double prices[COUNT];

/* What a run computes ends here, so that no loop is dropped. */
static volatile double sink;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double floor_sma(size_t n)
{
    double sum = 0.0;
    double out = 0.0;
    for (size_t i = 0; i < COUNT; i++) {
        sum += prices[i] - (i >= n ? prices[i - n] : 0.0);
        out += sum / (double)n;
    }
    return out;
}

static double floor_ema(size_t n)
{
    double k = 2.0 / ((double)n + 1.0);
    double e = prices[0];
    double out = 0.0;
    for (size_t i = 0; i < COUNT; i++) {
        e += k * (prices[i] - e);
        out += e;
    }
    return out;
}

static double floor_tema(size_t n)
{
    double k = 2.0 / ((double)n + 1.0);
    double a = prices[0];
    double b = a;
    double c = a;
    double out = 0.0;
    for (size_t i = 0; i < COUNT; i++) {
        a += k * (prices[i] - a);
        b += k * (a - b);
        c += k * (b - c);
        out += 3.0 * (a - b) + c;
    }
    return out;
}

static double floor_rsi(size_t n)
{
    double k = 1.0 / (double)n;
    double gain = 0.0;
    double loss = 1e-9;
    double out = 0.0;
    for (size_t i = 1; i < COUNT; i++) {
        double d = prices[i] - prices[i - 1];
        gain += k * ((d > 0.0 ? d : 0.0) - gain);
        loss += k * ((d < 0.0 ? -d : 0.0) - loss);
        out += 100.0 * gain / (gain + loss);
    }
    return out;
}

static double floor_macd(size_t n)
{
    double fast = prices[0];
    double slow = fast;
    double signal = 0.0;
    double out = 0.0;
    (void)n;
    for (size_t i = 0; i < COUNT; i++) {
        fast += 2.0 / 13.0 * (prices[i] - fast);
        slow += 2.0 / 27.0 * (prices[i] - slow);
        signal += 0.2 * (fast - slow - signal);
        out += signal;
    }
    return out;
}

static double floor_dev(size_t n)
{
    double sum = 0.0;
    double squares = 0.0;
    double out = 0.0;
    /* Stays positive: the prices are near 100 and vary by more than running sums lose. */
    for (size_t i = 0; i < COUNT; i++) {
        double old = i >= n ? prices[i - n] : 0.0;
        sum += prices[i] - old;
        squares += prices[i] * prices[i] - old * old;
        double mean = sum / (double)n;
        out += mean + 2.0 * sqrt(fabs(squares / (double)n - mean * mean));
    }
    return out;
}

static double floor_linreg(size_t n)
{
    double sum = 0.0;
    double steps = 0.0;
    double m = (double)n;
    double out = 0.0;
    for (size_t i = 0; i < COUNT; i++) {
        double old = i >= n ? prices[i - n] : 0.0;
        steps += (m - 1.0) * prices[i] - (sum - old);
        sum += prices[i] - old;
        double slope = (12.0 * steps - 6.0 * (m - 1.0) * sum) / (m * (m * m - 1.0));
        out += sum / m + slope * 0.5 * (m - 1.0);
    }
    return out;
}

static double floor_min(size_t n)
{
    /* A scan of each window is the plain loop; it is quick for short windows only. */
    double out = 0.0;
    for (size_t i = 0; i < COUNT; i++) {
        double least = prices[i];
        for (size_t j = i >= n ? i - n + 1 : 0; j < i; j++)
            least = prices[j] < least ? prices[j] : least;
        out += least;
    }
    return out;
}

#define BENCH(NAME, TYPE, INIT, PUSH, FREE)                                                        \
    static double run_##NAME(size_t n)                                                             \
    {                                                                                              \
        TYPE s;                                                                                    \
        double out = 0.0;                                                                          \
        if (INIT != NJORD_OK)                                                                      \
            exit(1);                                                                               \
        for (size_t i = 0; i < COUNT; i++) {                                                       \
            double v = PUSH(&s, prices[i]);                                                        \
            out += v == v ? v : 0.0;                                                               \
        }                                                                                          \
        FREE(&s);                                                                                  \
        return out;                                                                                \
    }

BENCH(sma, njord_sma, njord_sma_init(&s, (int64_t)n), njord_sma_push, njord_sma_free)
BENCH(ema, njord_ema, njord_ema_init(&s, (int64_t)n), njord_ema_push, njord_ema_free)
BENCH(tema, njord_tema, njord_tema_init(&s, (int64_t)n), njord_tema_push, njord_tema_free)
BENCH(rsi, njord_rsi, njord_rsi_init(&s, (int64_t)n), njord_rsi_push, njord_rsi_free)
BENCH(macd, njord_macd, njord_macd_init(&s, 12, 26, (int64_t)n), njord_macd_push, njord_macd_free)
BENCH(dev, njord_rolling_dev, njord_rolling_dev_init(&s, (int64_t)n), njord_rolling_dev_push,
      njord_rolling_dev_free)
BENCH(bollinger, njord_bollinger, njord_bollinger_init(&s, (int64_t)n, 2.0), njord_bollinger_push,
      njord_bollinger_free)
BENCH(linreg, njord_linreg, njord_linreg_init(&s, (int64_t)n), njord_linreg_push, njord_linreg_free)
BENCH(min, njord_rolling_min, njord_rolling_min_init(&s, (int64_t)n), njord_rolling_min_push,
      njord_rolling_min_free)
BENCH(max, njord_rolling_max, njord_rolling_max_init(&s, (int64_t)n), njord_rolling_max_push,
      njord_rolling_max_free)

struct bench {
    const char *name;
    size_t n;
    double bar_ns;
    double (*run)(size_t n);
    double (*floor)(size_t n);
};

static const struct bench benches[] = {
    {"sma", 20, 8.0, run_sma, floor_sma},
    {"sma", 1000, 8.0, run_sma, floor_sma},
    {"ema", 20, 8.0, run_ema, floor_ema},
    {"tema", 9, 8.0, run_tema, floor_tema},
    {"rsi", 14, 8.0, run_rsi, floor_rsi},
    {"macd 12,26", 9, 8.0, run_macd, floor_macd},
    {"deviation", 20, 15.0, run_dev, floor_dev},
    {"bollinger", 20, 15.0, run_bollinger, floor_dev},
    {"bollinger", 1000, 15.0, run_bollinger, floor_dev},
    {"regression", 20, 15.0, run_linreg, floor_linreg},
    {"regression", 1000, 15.0, run_linreg, floor_linreg},
    {"min", 20, 8.0, run_min, floor_min},
    {"max", 20, 8.0, run_max, floor_min},
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const struct bench *b)
{
    double ours[RUNS];
    double plain[RUNS];
    for (int r = 0; r < RUNS; r++) {
        double t0 = now_ns();
        sink = b->floor(b->n);
        double t1 = now_ns();
        sink = b->run(b->n);
        double t2 = now_ns();
        plain[r] = (t1 - t0) / COUNT;
        ours[r] = (t2 - t1) / COUNT;
    }
    qsort(ours, RUNS, sizeof ours[0], by_value);
    qsort(plain, RUNS, sizeof plain[0], by_value);
    double ns = ours[RUNS / 2];
    double base = plain[RUNS / 2];
    printf("%-11s %5zu %8.2f ns %8.2f ns %7.1fx   bar %4.0f ns  %s\n", b->name, b->n, ns, base,
           ns / base, b->bar_ns, ns <= b->bar_ns ? "ok" : "OVER");
}

int main(void)
{
    uint64_t x = 88172645463325252u;
    double price = 100.0;
    for (size_t i = 0; i < COUNT; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        price += ((double)(x >> 11) / 9007199254740992.0 - 0.5) * 0.02;
        prices[i] = price;
    }
    printf("indicators, a value at a time: medians of %d runs over %d prices\n", RUNS, COUNT);
    printf("%-11s %5s %11s %11s %8s\n", "", "n", "push", "plain loop", "ratio");
    for (size_t i = 0; i < sizeof benches / sizeof benches[0]; i++)
        measure(&benches[i]);
    return 0;
}
