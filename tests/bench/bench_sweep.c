/*
 * bench_sweep.c - 10 x 10 sets of a real strategy plugin over 400,000 one-minute bars, in one
 * process and in two, beside the floor: a plain C loop over the same arrays, a hundred times.
 *
 * From the data at hand (mapped, checked) to the sorted CSV, with what is told of overfitting. Each
 * figure is the best of RUNS; CPU time beside the clock's, for machines that have other things to
 * do. The CSV must have the same bytes each time, else the exit code is 1;
 * a slow machine is no error. Memory: the largest process of 100 sets and of 400.
 */
#include "backtest/sweep.h"
#include "base/fs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { BARS = 400000, RUNS = 3, RING = 512 };

static double close_[BARS], equity[BARS];

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* CPU time of this process and of the children that have ended. */
static double cpu_s(void)
{
    struct rusage own, children;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec + children.ru_utime.tv_sec +
                    children.ru_stime.tv_sec) +
           (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec + children.ru_utime.tv_usec +
                    children.ru_stime.tv_usec) *
               1e-6;
}

/* Prices on a grid of cents, from a linear congruence: any walk will do. */
static int write_bars(const char *path)
{
    FILE *out = fopen(path, "w");
    uint64_t x = 12345;
    int64_t cents = 10000;
    if (!out)
        return -1;
    fputs("ts,open,high,low,close,volume\n", out);
    for (int i = 0; i < BARS; i++) {
        double open = (double)cents / 100;
        x = x * 6364136223846793005u + 1442695040888963407u;
        cents += (int64_t)((x >> 33) % 21) - 10;
        if (cents < 5000)
            cents = 5000;
        close_[i] = (double)cents / 100;
        fprintf(out, "%d,%.2f,%.2f,%.2f,%.2f,1\n", 1600000020 + i * 60, open,
                fmax(open, close_[i]) + 0.02, fmin(open, close_[i]) - 0.02, close_[i]);
    }
    return fclose(out);
}

struct sma {
    double ring[RING], sum;
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

/* What a set's run must do at least: two averages, the crossing, fills, fees, equity a bar. */
static double plain(int n_fast, int n_slow)
{
    static struct sma fast, slow;
    double cash = 10000, qty = 0;
    fast = (struct sma){.n = n_fast};
    slow = (struct sma){.n = n_slow};
    for (int i = 0; i < BARS; i++) {
        double f = push(&fast, close_[i]), s = push(&slow, close_[i]);
        if (slow.seen >= n_slow) {
            if (f - s > 1e-6 && qty == 0) {
                double price = close_[i] * (1 + 5.0 / 10000);
                cash -= price + price * 0.001;
                qty = 1;
            } else if (f - s < -1e-6 && qty > 0) {
                double price = close_[i] * (1 - 5.0 / 10000);
                cash += price - price * 0.001;
                qty = 0;
            }
        }
        equity[i] = cash + qty * close_[i];
    }
    return equity[BARS - 1];
}

/* Seconds of a sweep; negative: it failed. */
static double sweep(struct nj_bt_job *job, const char *fast, const char *slow, uint32_t jobs,
                    const char *output)
{
    struct nj_error err = {0};
    struct nj_space *space = nj_space_new();
    struct nj_sweep *done = NULL;
    double start = now_s();
    int rc = nj_space_axis(space, fast, &err);
    if (rc == 0)
        rc = nj_space_axis(space, slow, &err);
    if (rc == 0)
        rc = nj_space_choose(space, 0, 1, &err);
    struct nj_sweep_request request = {.platform = nj_platform_system(),
                                       .job = job,
                                       .space = space,
                                       .jobs = jobs,
                                       .limit_ns = INT64_C(600000000000),
                                       .sort = NJ_METRIC_SHARPE_RATIO,
                                       .output = output,
                                       .seed = 1};
    if (rc == 0)
        rc = nj_sweep_run(&done, &request, &err);
    double seconds = now_s() - start;
    if (rc != 0 || nj_sweep_failed(done) > 0) {
        fprintf(stderr, "bench_sweep: %s\n", rc != 0 ? err.text : "a set failed");
        seconds = -1;
    }
    nj_sweep_free(done);
    nj_space_free(space);
    return seconds;
}

static long largest_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return usage.ru_maxrss;
}

static int measure(struct nj_bt_job *job, const char *dir)
{
    double seconds[3] = {0}, cpu[3] = {0}, floor = INFINITY, sum = 0;
    struct nj_buf first = {0}, text = {0};
    struct nj_error err = {0};
    char output[NJ_PATH_MAX];
    snprintf(output, sizeof output, "%s/out.csv", dir);
    for (int run = 0; run < RUNS; run++) {
        double start = cpu_s();
        for (int f = 5; f <= 50; f += 5)
            for (int s = 60; s <= 150; s += 10)
                sum += plain(f, s);
        floor = fmin(floor, cpu_s() - start);
        for (uint32_t jobs = 1; jobs <= 2; jobs++) {
            double before = cpu_s();
            double took = sweep(job, "fast=5..50:5", "slow=60..150:10", jobs, output);
            double used = cpu_s() - before;
            nj_buf_clear(&text);
            if (took < 0 || nj_read_file(output, 1u << 24, &text, &err) != 0)
                return 1;
            if (!first.data)
                nj_buf_add(&first, text.data, text.len);
            if (text.len != first.len || memcmp(text.data, first.data, text.len) != 0) {
                fprintf(stderr, "bench_sweep: other bytes with %u processes\n", jobs);
                return 1;
            }
            if (run == 0 || took < seconds[jobs])
                seconds[jobs] = took;
            if (run == 0 || used < cpu[jobs])
                cpu[jobs] = used;
        }
    }
    nj_buf_free(&first);
    nj_buf_free(&text);
    long hundred = largest_kb();
    if (sweep(job, "fast=5..24", "slow=60..79", 2, output) < 0)
        return 1;
    printf(
        "sweep of 10 x 10 sets over %d bars   one process %.3f s (CPU %.3f s)   two %.3f s (CPU "
        "%.3f s)   %.2f times faster   plain loop CPU %.3f s, ratio %.1f   (to reach: 0.8 s, 1.9 "
        "times)\n",
        BARS, seconds[1], cpu[1], seconds[2], cpu[2], seconds[1] / seconds[2], floor,
        cpu[1] / floor);
    printf("the largest process: %ld MB at 100 sets, %ld MB at 400   (plain loops end at %.2f)\n",
           hundred / 1024, largest_kb() / 1024, sum / 100 / RUNS);
    unlink(output);
    return 0;
}

int main(void)
{
    char dir[] = "/tmp/njbenchXXXXXX", csv[NJ_PATH_MAX], plugins[NJ_PATH_MAX];
    static const char *const symbols[] = {"BTC/USDT"};
    const char *top = getenv("top_builddir");
    struct nj_config_report report = {0};
    struct nj_config *config = NULL;
    struct nj_bt_job *job = NULL;
    struct nj_error err = {0};
    if (!mkdtemp(dir) || nj_config_load(&config, NULL, NULL, &report) != 0)
        return 1;
    nj_config_report_free(&report);
    snprintf(csv, sizeof csv, "%s/bars.csv", dir);
    snprintf(plugins, sizeof plugins, "%s/plugins", top ? top : ".");
    struct nj_bt_request request = {.platform = nj_platform_system(),
                                    .config = config,
                                    .strategy = "ma_cross",
                                    .symbols = symbols,
                                    .n_symbols = 1,
                                    .plugins_dir = plugins,
                                    .csv = csv,
                                    .from_ns = INT64_MIN,
                                    .to_ns = INT64_MAX,
                                    .capital = 10000,
                                    .commission_rate = 0.001,
                                    .slippage_bps = 5,
                                    .maker_rate = NAN,
                                    .taker_rate = NAN,
                                    .allow_short = true,
                                    .cash_check = true,
                                    .periods_per_year = 365};
    int rc = write_bars(csv) == 0 ? nj_bt_job_open(&job, &request, &err) : NJ_ERR_IO;
    if (rc != 0)
        fprintf(stderr, "bench_sweep: %s\n", err.text);
    else
        rc = measure(job, dir);
    nj_bt_job_close(job);
    nj_config_free(config);
    unlink(csv);
    rmdir(dir);
    return rc != 0;
}
