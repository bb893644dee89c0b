/*
 * bench_backtest.c - bars a second through a real strategy plugin, beside the floor: a plain C loop
 * over the same arrays that does the same arithmetic (two moving averages, the crossing, fills,
 * fees, equity a bar) with no engine around it.
 *
 * Each figure is the median CPU time of RUNS runs over BARS one-minute bars of a seeded random
 * walk: other programs on the machine do not count. The engine's final equity must be the loop's to
 * a billionth (the loop's sums round, the engine's do not), else the exit code is 1; a slow machine
 * is no error.
 */
#include "backtest/engine.h"
#include "journal/columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BARS = 400000, RUNS = 7, FAST = 10, SLOW = 30 };

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int64_t ts[BARS];
static double open_[BARS], high[BARS], low[BARS], close_[BARS], volume[BARS], equity[BARS];

/* Prices on a grid of cents, from a linear congruence: any walk will do. */
static void make_bars(void)
{
    uint64_t x = 12345;
    int64_t cents = 10000;
    for (int i = 0; i < BARS; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        open_[i] = (double)cents / 100;
        cents += (int64_t)((x >> 33) % 21) - 10;
        if (cents < 5000)
            cents = 5000;
        ts[i] = 1600000020000000000 + i * INT64_C(60000000000);
        close_[i] = (double)cents / 100;
        high[i] = fmax(open_[i], close_[i]) + 0.02;
        low[i] = fmin(open_[i], close_[i]) - 0.02;
        volume[i] = 1;
    }
}

/* What the plugin's indicator does, without the plugin: the sum of the last n, as it keeps it. */
struct sma {
    double ring[64], sum;
    int n, at, seen;
};

static double push(struct sma *s, double v)
{
    s->sum += v - (s->seen >= s->n ? s->ring[s->at] : 0);
    s->ring[s->at] = v;
    s->at = s->at + 1 == s->n ? 0 : s->at + 1;
    s->seen++;
    return s->sum / s->n;
}

static double reference(double capital, double rate, double slip)
{
    struct sma fast = {.n = FAST}, slow = {.n = SLOW};
    double cash = capital, qty = 0;
    for (int i = 0; i < BARS; i++) {
        double f = push(&fast, close_[i]), s = push(&slow, close_[i]);
        if (slow.seen >= SLOW) {
            if (f - s > 1e-6 && qty == 0) {
                double price = close_[i] * (1 + slip / 10000);
                cash -= price + price * rate;
                qty = 1;
            } else if (f - s < -1e-6 && qty > 0) {
                double price = close_[i] * (1 - slip / 10000);
                cash += price - price * rate;
                qty = 0;
            }
        }
        equity[i] = cash + qty * close_[i];
    }
    return equity[BARS - 1];
}

static struct nj_module *load(const char *dir)
{
    static const char *const places[] = {"plugins/strategies/ma_cross.so"};
    const char *top = getenv("top_builddir");
    char path[NJ_PATH_MAX];
    struct nj_plugin_file file = {0};
    struct nj_module *module = NULL;
    struct nj_error err = {0};
    snprintf(path, sizeof path, "%s/%s", top ? top : ".", places[0]);
    struct nj_module_spec spec = {.kind = NJORD_KIND_STRATEGY,
                                  .path = path,
                                  .run_dir = dir,
                                  .generation = 1,
                                  .trust = NJ_TRUST_OFF};
    if (nj_plugin_file_read(&file, path, NJ_TRUST_OFF, &err) != 0 ||
        nj_module_load(&module, &file, &spec, &err) != 0)
        fprintf(stderr, "bench_backtest: %s\n", err.text);
    nj_plugin_file_free(&file);
    return module;
}

int main(void)
{
    char dir[] = "/tmp/njbenchXXXXXX";
    double floors[RUNS], ours[RUNS], final = 0, expected = 0;
    size_t n_fills = 0;
    if (!mkdtemp(dir))
        return 1;
    struct nj_module *module = load(dir);
    if (!module)
        return 1;
    make_bars();
    struct nj_columns columns = {.kind = NJ_COLUMNS_BARS,
                                 .symbol = "BTC/USDT",
                                 .timeframe = "1m",
                                 .n = BARS,
                                 .ts = ts,
                                 .open = open_,
                                 .high = high,
                                 .low = low,
                                 .close = close_,
                                 .volume = volume};
    struct nj_bt_series series = {.symbol = "BTC/USDT", .pieces = &columns, .n_pieces = 1};
    struct nj_bt_options options = {.strategy_id = "ma_cross",
                                    .module = module,
                                    .series = &series,
                                    .n_series = 1,
                                    .input = NJ_COLUMNS_BARS,
                                    .timeframe = "1m",
                                    .from_ns = INT64_MIN,
                                    .to_ns = INT64_MAX,
                                    .capital = 10000,
                                    .commission_rate = 0.001,
                                    .slippage_bps = 5,
                                    .allow_short = true,
                                    .cash_check = true,
                                    .maker_rate = NAN,
                                    .taker_rate = NAN};
    for (int run = 0; run < RUNS; run++) {
        struct nj_bt_outcome outcome;
        struct nj_error err = {0};
        double start = now_ns();
        expected = reference(10000, 0.001, 5);
        floors[run] = now_ns() - start;
        start = now_ns();
        if (nj_bt_run(&options, &outcome, &err) != 0) {
            fprintf(stderr, "bench_backtest: %s\n", err.text);
            return 1;
        }
        ours[run] = now_ns() - start;
        final = outcome.final_equity;
        n_fills = outcome.n_fills;
        nj_bt_outcome_free(&outcome);
    }
    nj_module_unref(module);
    rmdir(dir);
    qsort(floors, RUNS, sizeof *floors, by_value);
    qsort(ours, RUNS, sizeof *ours, by_value);
    double floor = floors[RUNS / 2] / BARS, our = ours[RUNS / 2] / BARS;
    printf(
        "backtest of a real .so, %d bars, %zu fills   %6.1f M bars/s   plain loop %6.1f M bars/s   "
        "ratio %5.1f   (to reach: 50 M)\n",
        BARS, n_fills, 1e3 / our, 1e3 / floor, our / floor);
    printf("final equity %.17g, the loop's %.17g\n", final, expected);
    return fabs(final - expected) <= 1e-9 * expected ? 0 : 1;
}
