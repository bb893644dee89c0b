/* bench_replay.c - a recorded day back onto the bus: trades of two symbols read and merged,
 * replayed at max through the control socket into a host, and played by the feed playback. Beside
 * them the floor, a loop that decodes the same lines from memory. Whole programs as a user starts
 * them; medians of RUNS runs; nothing here passes or fails. */
#include "../support/folder.h"
#include "research/replay.h"

#include <njord/codec.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS   5
#define TRADES 300000 /* of each symbol */

static const char *const symbols[] = {"ATOM/USDT", "BTC/USDT"};
static const char *const stems[] = {"md.trades.ATOMUSDT", "md.trades.BTCUSDT"};
static char dir[256], recorded[300];
static char *texts[2];
static size_t lengths[2];

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void give_up(const char *what)
{
    fprintf(stderr, "bench_replay: %s\n", what);
    exit(1);
}

/* Two journals as a host writes them. */
static void record(void)
{
    uint64_t state = 1, seq = 0;
    int64_t ts = INT64_C(1736121600000000000);
    FILE *out[2];
    for (int s = 0; s < 2; s++) {
        out[s] = open_memstream(&texts[s], &lengths[s]);
        if (!out[s])
            give_up("out of memory");
    }
    for (int i = 0; i < 2 * TRADES; i++) {
        int s = i & 1;
        state = state * 6364136223846793005u + 1442695040888963407u;
        ts += (int64_t)(state >> 36);
        fprintf(
            out[s],
            "{\"symbol\":\"%s\",\"price\":%d.%02d,\"qty\":0.%04d,\"side\":\"%s\",\"ts_ns\":%lld,"
            "\"trade_id\":\"%d\",\"venue\":\"simmarket\",\"seq\":%llu,\"ts_recv_ns\":%lld}\n",
            symbols[s], 10 + (int)(state >> 60), (int)(state >> 40) % 100 & 63,
            1 + (int)(state >> 50) % 9999, state >> 63 ? "buy" : "sell", (long long)ts, i / 2 + 1,
            (unsigned long long)++seq, (long long)ts);
    }
    for (int s = 0; s < 2; s++) {
        char name[64];
        fclose(out[s]);
        snprintf(name, sizeof name, "%s.ndjson", stems[s]);
        folder_write(recorded, name, texts[s], lengths[s]);
    }
}

/* ---- the floor and the reading ---- */

static double decode(void)
{
    njord_trade trade;
    double start = now_s();
    for (int s = 0; s < 2; s++) {
        const char *at = texts[s], *end = at + lengths[s];
        while (at < end) {
            const char *stop = memchr(at, '\n', (size_t)(end - at));
            if (njord_decode_json(NJORD_EV_TRADE, at, (size_t)(stop - at), &trade, sizeof trade,
                                  NULL, NULL) != 0)
                give_up("a line cannot be decoded");
            at = stop + 1;
        }
    }
    return 2 * TRADES / (now_s() - start);
}

static double read_and_merge(void)
{
    static const char *const timeframes[] = {"trades"};
    struct nj_replay_options options = {recorded, symbols,   2,         timeframes,
                                        1,        INT64_MIN, INT64_MAX, false};
    struct nj_error err = {0};
    struct nj_replay *replay;
    const njord_event *event;
    const char *topic;
    int n = 0, got;
    double start = now_s();
    if (nj_replay_open(&replay, &options, &err) != 0)
        give_up(err.text);
    while ((got = nj_replay_next(replay, &event, &topic, &err)) == 1)
        n++;
    nj_replay_close(replay);
    if (got != 0 || n != 2 * TRADES)
        give_up(got ? err.text : "not all was read");
    return n / (now_s() - start);
}

/* ---- whole programs ---- */

static const char *built(const char *name)
{
    static char path[2][512];
    static int turn;
    const char *top = getenv("top_builddir");
    turn ^= 1;
    snprintf(path[turn], sizeof path[turn], "%s/%s", top ? top : ".", name);
    return path[turn];
}

static pid_t start(char *const *words)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(127);
        execv(words[0], words);
        _exit(127);
    }
    if (pid < 0)
        give_up("fork");
    return pid;
}

static int ended(pid_t pid)
{
    int status;
    if (waitpid(pid, &status, 0) != pid)
        give_up("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run(char *const *words)
{
    return ended(start(words));
}

static void configure(const char *more)
{
    char text[2000];
    int n =
        snprintf(text, sizeof text,
                 "app:\n  env: paper\n  clock: events\n  at_end: stop\n  state_dir: %1$s/state\n"
                 "  control: %1$s/sock\nlogging:\n  level: warn\n  journal_dir: %1$s/log\n"
                 "  fsync: never\nexchange:\n  venue: paper\n"
                 "  symbols: [ATOM/USDT, BTC/USDT]\nplugins:\n  watch: false\n%2$s",
                 dir, more);
    folder_write(dir, "base.yaml", text, (size_t)n);
    folder_write(dir, "strategies.yaml", "strategies: []\n", 15);
}

static void wipe(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    char *words[] = {(char *)(uintptr_t) "/bin/rm", (char *)(uintptr_t) "-rf", path, NULL};
    if (run(words) != 0)
        give_up("rm");
}

#define WORD(text) (char *)(uintptr_t)(text)

/* `njord replay` as a process, into a host that waits for it. */
static double replay_into(const char *more)
{
    char sock[300], host[512], njord[512], plugins[512];
    wipe("state");
    wipe("log");
    configure(more);
    snprintf(sock, sizeof sock, "%s/sock", dir);
    snprintf(host, sizeof host, "%s", built("njord-host"));
    snprintf(njord, sizeof njord, "%s", built("njord"));
    snprintf(plugins, sizeof plugins, "%s", built("plugins"));
    char *host_words[] = {host, WORD("--config"), dir, WORD("--plugins"), plugins, NULL};
    char *status[] = {njord, WORD("ctl"), WORD("status"), WORD("--control"), sock, NULL};
    char *words[] = {njord,
                     WORD("replay"),
                     WORD("--control"),
                     sock,
                     WORD("--journal-dir"),
                     recorded,
                     WORD("--symbol"),
                     WORD(symbols[0]),
                     WORD("--symbol"),
                     WORD(symbols[1]),
                     WORD("--timeframe"),
                     WORD("trades"),
                     WORD("--speed"),
                     WORD("max"),
                     NULL};
    pid_t pid = start(host_words);
    for (int tries = 0; run(status) != 0; tries++)
        if (tries == 1000)
            give_up("the host does not answer");
    double begun = now_s();
    int code = run(words);
    double took = now_s() - begun;
    kill(pid, SIGTERM);
    if (ended(pid) != 0 || code != 0)
        give_up("replay failed");
    return 2 * TRADES / took;
}

static double into_quiet_host(void)
{
    return replay_into("journal:\n  topics: []\n");
}

static double into_journaling_host(void)
{
    return replay_into("");
}

/* The feed playback over the folder, the whole process. */
static double playback(void)
{
    char more[600], host[512], plugins[512];
    wipe("state");
    wipe("log");
    snprintf(more, sizeof more,
             "journal:\n  topics: []\nfeeds:\n  - id: tape\n    plugin: playback\n"
             "    symbols: [ATOM/USDT, BTC/USDT]\n    params:\n      dir: %s\n",
             recorded);
    configure(more);
    snprintf(host, sizeof host, "%s", built("njord-host"));
    snprintf(plugins, sizeof plugins, "%s", built("plugins"));
    char *words[] = {host, WORD("--config"), dir, WORD("--plugins"), plugins, NULL};
    double begun = now_s();
    if (run(words) != 0)
        give_up("playback failed");
    return 2 * TRADES / (now_s() - begun);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    static const struct {
        const char *what;
        double (*run)(void);
        double bar; /* events a second */
    } rows[] = {
        {"decode the lines, from memory", decode, 0},
        {"read and merge two journals", read_and_merge, 0},
        {"njord replay --speed max", into_quiet_host, 2e5},
        {"the same, journaled again", into_journaling_host, 0},
        {"playback of the folder", playback, 0},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    double all[ROWS][RUNS], floor = 0;
    folder_make(dir, "replay");
    snprintf(recorded, sizeof recorded, "%s/day", dir);
    char *words[] = {WORD("/bin/mkdir"), recorded, NULL};
    if (run(words) != 0)
        give_up("mkdir");
    record();
    for (int r = 0; r < RUNS; r++)
        for (int i = 0; i < ROWS; i++)
            all[i][r] = rows[i].run();
    folder_remove(dir);
    printf("%-34s %14s %10s\n", "", "events/s", "/ floor");
    for (int i = 0; i < ROWS; i++) {
        qsort(all[i], RUNS, sizeof all[i][0], compare);
        double median = all[i][RUNS / 2];
        floor = i == 0 ? median : floor;
        printf("%-34s %14.0f %10.2f%s\n", rows[i].what, median, median / floor,
               median < rows[i].bar ? "   under its bar of 200,000" : "");
    }
    free(texts[0]);
    free(texts[1]);
    return 0;
}
