/*
 * bench_csv.c - five years of minute bars from a CSV file to a printed result: `njord backtest` as
 * a whole process, beside the floor, a process of a plain C program that reads the file with
 * read(2), takes its numbers apart by hand, keeps two moving averages and prints what is left of
 * the money.
 *
 * The file (2,629,440 rows, a seeded random walk) is made first and stays in the page cache. Cold:
 * no column cache; cached: from it. With the result's files, and without (--no-files), which is
 * what the floor does. Wall clock and CPU time of parent and child, medians of RUNS runs, and the
 * most memory that one process held. Both must print the same money, else the exit code is 1; a
 * slow machine is no error.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BARS = 5 * 365 * 1440 + 1440, RUNS = 5, FAST = 10, SLOW = 30, KINDS = 5 };

static const double capital = 1000000, rate = 0.001, slip = 5;

/* ---- the floor ------------------------------------------------------------------------------- */

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

struct floor_run {
    struct sma fast, slow;
    double cash, qty, close;
};

static void bar(struct floor_run *r, double close)
{
    double f = push(&r->fast, close), s = push(&r->slow, close);
    r->close = close;
    if (r->slow.seen < SLOW)
        return;
    if (f - s > 1e-6 && r->qty == 0) {
        double price = close * (1 + slip / 10000);
        r->cash -= price + price * rate;
        r->qty = 1;
    } else if (f - s < -1e-6 && r->qty > 0) {
        double price = close * (1 - slip / 10000);
        r->cash += price - price * rate;
        r->qty = 0;
    }
}

/* Digits with at most one point among them, up to a comma or line end. */
static const char *number(const char *p, double *out)
{
    static const double powers[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
    int64_t v = 0;
    int places = 0;
    for (; *p >= '0' && *p <= '9'; p++)
        v = v * 10 + (*p - '0');
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, places++)
            v = v * 10 + (*p - '0');
    *out = (double)v / powers[places];
    return p + 1;
}

/* The whole of the other process. */
static int run_floor(const char *path)
{
    static char block[(1 << 18) + 256];
    struct floor_run r = {.fast = {.n = FAST}, .slow = {.n = SLOW}, .cash = capital};
    size_t have = 0;
    bool header = true;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 1;
    for (ssize_t n; (n = read(fd, block + have, 1 << 18)) > 0;) {
        have += (size_t)n;
        const char *p = block, *end = memrchr(block, '\n', have);
        if (!end)
            break;
        for (; p <= end; header = false) {
            double row[6];
            if (header) {
                p = (const char *)memchr(p, '\n', have) + 1;
                continue;
            }
            for (int i = 0; i < 6; i++)
                p = number(p, &row[i]);
            bar(&r, row[4]);
        }
        have -= (size_t)(p - block);
        memmove(block, p, have < 256 ? have : 256);
    }
    close(fd);
    printf("Final: %.2f\n", r.cash + r.qty * r.close);
    return 0;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Prices on a grid of cents, from a linear congruence: any walk will do. */
static bool write_bars(const char *path)
{
    uint64_t x = 12345;
    int64_t cents = 10000, ts = 1577836800000;
    FILE *f = fopen(path, "w");
    if (!f)
        return false;
    fputs("ts,open,high,low,close,volume\n", f);
    for (int i = 0; i < BARS; i++, ts += 60000) {
        int64_t open = cents;
        x = x * 6364136223846793005u + 1442695040888963407u;
        cents += (int64_t)((x >> 33) % 21) - 10;
        if (cents < 5000)
            cents = 5000;
        int64_t high = (open > cents ? open : cents) + 2, low = (open < cents ? open : cents) - 2;
        fprintf(f,
                "%" PRId64 ",%" PRId64 ".%02d,%" PRId64 ".%02d,%" PRId64 ".%02d,%" PRId64
                ".%02d,%u.%04u\n",
                ts, open / 100, (int)(open % 100), high / 100, (int)(high % 100), low / 100,
                (int)(low % 100), cents / 100, (int)(cents % 100), (unsigned)(x >> 40) % 50,
                (unsigned)(x >> 20) % 10000);
    }
    return fclose(f) == 0;
}

/* Everything in a folder, its folders too. */
static void empty(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        char at[PATH_MAX];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            snprintf(at, sizeof at, "%s/%s", path, e->d_name) >= (int)sizeof at)
            continue;
        if (unlink(at) != 0 && errno == EISDIR) {
            empty(at);
            rmdir(at);
        }
    }
    if (d)
        closedir(d);
}

/* ---- processes ------------------------------------------------------------------------------- */

struct figure {
    double wall, cpu;
    long kib;
    char money[64]; /* behind "Final:", digits and point alone */
};

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void find_money(const char *text, char *out, size_t cap)
{
    const char *p = strstr(text, "Final:");
    size_t n = 0;
    for (p = p ? p + 6 : ""; *p && *p != '\n' && n + 1 < cap; p++)
        if ((*p >= '0' && *p <= '9') || *p == '.' || *p == '-')
            out[n++] = *p;
    out[n] = '\0';
}

static bool run_program(char *const *argv, const char *dir, struct figure *out)
{
    int ends[2], status = 0;
    char text[8192];
    size_t len = 0;
    struct rusage usage;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    double start = now(CLOCK_MONOTONIC);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        if (chdir(dir) == 0)
            execv(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], text + len, sizeof text - 1 - len)) > 0;)
        len += (size_t)n;
    text[len] = '\0';
    close(ends[0]);
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
        return false;
    out->wall = now(CLOCK_MONOTONIC) - start;
    out->cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
    out->kib = usage.ru_maxrss;
    find_money(text, out->money, sizeof out->money);
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- all of it ------------------------------------------------------------------------------- */

struct kind {
    const char *name;
    bool floor, cached, files;
    struct figure runs[RUNS];
};

static void median(const struct kind *k, double *wall, double *cpu, long *kib)
{
    double walls[RUNS], cpus[RUNS];
    *kib = 0;
    for (int i = 0; i < RUNS; i++) {
        walls[i] = k->runs[i].wall;
        cpus[i] = k->runs[i].cpu;
        *kib = k->runs[i].kib > *kib ? k->runs[i].kib : *kib;
    }
    qsort(walls, RUNS, sizeof *walls, by_value);
    qsort(cpus, RUNS, sizeof *cpus, by_value);
    *wall = walls[RUNS / 2];
    *cpu = cpus[RUNS / 2];
}

static bool run_kind(struct kind *k, int i, const char *self, const char *dir, const char *csv,
                     const char *cache)
{
    const char *top = getenv("top_builddir");
    char build[PATH_MAX], njord[PATH_MAX + 64], plugin[PATH_MAX + 64];
    if (!realpath(top ? top : ".", build))
        return false;
    snprintf(njord, sizeof njord, "%s/njord", build);
    snprintf(plugin, sizeof plugin, "%s/plugins/strategies/ma_cross.so", build);
    char *floor[] = {(char *)self, "--floor", (char *)csv, NULL};
    char *ours[] = {njord,
                    "backtest",
                    "--strategy",
                    plugin,
                    "--symbol",
                    "BTC/USDT",
                    "--csv",
                    (char *)csv,
                    "--capital",
                    "1000000",
                    k->files ? NULL : "--no-files",
                    NULL};
    if (!k->cached)
        empty(cache);
    if (run_program(k->floor ? floor : ours, dir, &k->runs[i]))
        return true;
    fprintf(stderr, "bench_csv: %s: '%s' failed\n", k->name, k->floor ? self : njord);
    return false;
}

int main(int argc, char **argv)
{
    static struct kind kinds[KINDS] = {
        {.name = "plain C, read, parse, cross, print", .floor = true},
        {.name = "njord --no-files, cold"},
        {.name = "njord --no-files, cached", .cached = true},
        {.name = "njord, cold", .files = true},
        {.name = "njord, cached", .files = true, .cached = true}};
    char dir[] = "/tmp/njbenchXXXXXX", csv[64], cache[64], self[PATH_MAX];
    bool good;
    if (argc == 3 && strcmp(argv[1], "--floor") == 0)
        return run_floor(argv[2]);
    if (!realpath("/proc/self/exe", self) || !mkdtemp(dir))
        return 1;
    snprintf(csv, sizeof csv, "%s/bars.csv", dir);
    snprintf(cache, sizeof cache, "%s/cache", dir);
    setenv("XDG_CACHE_HOME", cache, 1);
    good = mkdir(cache, 0700) == 0 && write_bars(csv);
    if (good)
        nanosleep(&(struct timespec){3, 0}, NULL); /* what is written two seconds ago is believed */
    for (int i = 0; i < RUNS && good; i++)
        for (int k = 0; k < KINDS && good; k++)
            good = run_kind(&kinds[k], i, self, dir, csv, cache);
    double floor_wall = 0, floor_cpu = 0;
    struct stat st = {0};
    (void)stat(csv, &st);
    if (good)
        printf("%d minute bars, %.0f MB of CSV, SMA %d/%d (to reach: 0.4 s cold, 0.1 s cached)\n",
               BARS, (double)st.st_size * 1e-6, FAST, SLOW);
    for (int k = 0; k < KINDS && good; k++) {
        double wall, cpu;
        long kib;
        median(&kinds[k], &wall, &cpu, &kib);
        floor_wall = k == 0 ? wall : floor_wall;
        floor_cpu = k == 0 ? cpu : floor_cpu;
        printf("%-36s %6.3f s wall  %6.3f s CPU  %4ld MB   ratio %5.2f wall %5.2f CPU\n",
               kinds[k].name, wall, cpu, kib / 1024, wall / floor_wall, cpu / floor_cpu);
    }
    for (int k = 1; k < KINDS && good; k++) {
        good = strcmp(kinds[k].runs[0].money, kinds[0].runs[0].money) == 0;
        if (!good)
            fprintf(stderr, "bench_csv: %s: final %s, the plain loop's %s\n", kinds[k].name,
                    kinds[k].runs[0].money, kinds[0].runs[0].money);
    }
    empty(dir);
    rmdir(dir);
    return good ? 0 : 1;
}
