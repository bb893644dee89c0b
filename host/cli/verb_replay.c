/* verb_replay.c - njord replay: journals back onto the bus, at the pace in which they were written,
 * some times as fast, or as fast as can be. */
#include "cli/cli.h"
#include "cli/range.h"
#include "cli/replay_outlet.h"

#include "base/buf.h"
#include "base/json_out.h"
#include "base/platform.h"
#include "market/pace.h"
#include "research/replay.h"

#include <inttypes.h>
#include <njord/codec.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LOOK_EVERY   256u      /* events between looks at signals and clock when nothing waits */
#define TELL_EVERY   200000000 /* ns between lines of progress */
#define WAIT_AT_ONCE 1000000000

struct run {
    struct nj_cli *cli;
    struct nj_replay *replay;
    struct nj_outlet *outlet;
    struct nj_pace pace;
    const struct nj_platform *platform;
    int signals; /* a signalfd */
    bool ended;  /* by a signal */
    bool shows;  /* progress, on a terminal */
    uint64_t events;
    int64_t first_ns, last_ns; /* delivery times */
    int64_t begun_ns, told_ns; /* monotonic */
};

static int64_t now_of(const struct run *r)
{
    return r->platform->monotonic_ns(r->platform->ctx);
}

static const char *time_text(int64_t ns, char out[40])
{
    if (ns == NJORD_NONE_I64 || njord_format_time(ns, 0, out, 40) == 0)
        snprintf(out, 40, "-");
    return out;
}

/* ---- what the user sees ---------------------------------------------------------------------- */

static void duration_text(double s, char out[32])
{
    if (s < 100)
        snprintf(out, 32, "%.1f s", s);
    else if (s < 6000)
        snprintf(out, 32, "%.0f min", s / 60);
    else
        snprintf(out, 32, "%.1f h", s / 3600);
}

static void tell_progress(struct run *r, int64_t now)
{
    char at[40], left[64] = "", span[32];
    double took = (double)nj_pace_elapsed(&r->pace, now) * 1e-9;
    int64_t end = nj_replay_end(r->replay);
    if (!r->shows || now - r->told_ns < TELL_EVERY)
        return;
    r->told_ns = now;
    if (end != INT64_MAX && r->last_ns > r->first_ns && end > r->last_ns && took > 0) {
        double rate = ((double)r->last_ns - (double)r->first_ns) / took;
        duration_text(((double)end - (double)r->last_ns) / rate, span);
        snprintf(left, sizeof left, ", at most %s left", span);
    }
    fprintf(stderr, "\r\033[K%s  %" PRIu64 " events  %.0f/s%s", time_text(r->last_ns, at),
            r->events, took > 0 ? (double)r->events / took : 0, left);
    fflush(stderr);
}

static void end_progress(struct run *r)
{
    if (r->shows)
        fputs("\r\033[K", stderr);
}

static void tell_state(struct run *r, const char *what)
{
    char at[40];
    end_progress(r);
    fprintf(stderr, "%s: %s at %s after %" PRIu64 " events\n", r->cli->program, what,
            time_text(r->last_ns, at), r->events);
}

static void put_summary_json(const struct run *r, const struct nj_replay_stats *s, double took)
{
    struct nj_buf out = {0};
    struct nj_json_out json = {&out, false};
    nj_put_open(&json, NULL, '{');
    nj_put_uint(&json, "events", r->events);
    nj_put_uint(&json, "trades", s->trades);
    nj_put_uint(&json, "bars", s->bars);
    nj_put_uint(&json, "doubles", s->doubles);
    nj_put_uint(&json, "left_out", s->late + s->foreign);
    nj_put_uint(&json, "bad_lines", s->bad);
    if (r->events > 0) {
        nj_put_int(&json, "first_ns", r->first_ns);
        nj_put_int(&json, "last_ns", r->last_ns);
    }
    nj_put_real(&json, "elapsed_s", took);
    nj_put_real(&json, "paused_s", (double)r->pace.paused_ns * 1e-9);
    nj_put_bool(&json, "interrupted", r->ended);
    nj_put_close(&json, '}');
    nj_buf_putc(&out, '\n');
    if (!out.failed)
        fwrite(out.data, 1, out.len, stdout);
    nj_buf_free(&out);
}

static void put_summary(const struct run *r)
{
    struct nj_replay_stats s;
    char from[40], to[40];
    double took = (double)(now_of(r) - r->begun_ns - r->pace.paused_ns) * 1e-9;
    nj_replay_stats(r->replay, &s);
    if (r->cli->json) {
        put_summary_json(r, &s, took);
        return;
    }
    printf("%" PRIu64 " events replayed (%" PRIu64 " trades, %" PRIu64 " bars)", r->events,
           s.trades, s.bars);
    if (r->events > 0)
        printf(", %s to %s", time_text(r->first_ns, from), time_text(r->last_ns, to));
    printf(", in %.3f s (%.0f/s)", took, took > 0 ? (double)r->events / took : 0);
    if (r->pace.paused_ns > 0)
        printf(", paused for %.3f s", (double)r->pace.paused_ns * 1e-9);
    puts("");
    if (s.doubles + s.late + s.foreign > 0)
        printf("%" PRIu64 " bars stand there twice, %" PRIu64 " out of order and %" PRIu64
               " lines of another symbol were left out\n",
               s.doubles, s.late, s.foreign);
    if (s.bad > 0)
        printf("%" PRIu64 " malformed lines were passed over\n", s.bad);
}

/* ---- signals --------------------------------------------------------------------------------- */

static int block_signals(sigset_t *before)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTSTP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, before);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void pause_or_go_on(struct run *r)
{
    if (r->pace.paused) {
        nj_pace_resume(&r->pace, now_of(r));
        tell_state(r, "going on");
    } else {
        nj_pace_pause(&r->pace, now_of(r));
        tell_state(r, "paused");
    }
}

/* Ctrl-Z: what the shell takes to bring us back does not count. */
static void stop_as_asked(struct run *r)
{
    bool was = r->pace.paused;
    end_progress(r);
    nj_pace_pause(&r->pace, now_of(r));
    raise(SIGSTOP);
    if (!was)
        nj_pace_resume(&r->pace, now_of(r));
}

static void take_signals(struct run *r)
{
    struct signalfd_siginfo info;
    while (read(r->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGUSR1)
            pause_or_go_on(r);
        else if (info.ssi_signo == SIGTSTP)
            stop_as_asked(r);
        else
            r->ended = true;
    }
}

/* ---- playing --------------------------------------------------------------------------------- */

/* Waits until an event is due; what was put before it goes out first. */
static int wait_for(struct run *r, int64_t event_ns, struct nj_error *err)
{
    int64_t now = now_of(r), wait = nj_pace_wait(&r->pace, event_ns, now);
    int rc = wait > 0 ? nj_outlet_flush(r->outlet, err) : 0;
    while (wait > 0 && rc == 0 && !r->ended) {
        struct pollfd ready = {r->signals, POLLIN, 0};
        int64_t most = wait < WAIT_AT_ONCE ? wait : WAIT_AT_ONCE;
        struct timespec time = {most / 1000000000, most % 1000000000};
        tell_progress(r, now);
        if (ppoll(&ready, 1, wait == INT64_MAX ? NULL : &time, NULL) > 0)
            take_signals(r);
        now = now_of(r);
        wait = nj_pace_wait(&r->pace, event_ns, now);
    }
    return rc;
}

static int play(struct run *r, struct nj_error *err)
{
    const njord_event *event;
    const char *topic;
    int got = 0, rc = 0;
    while (rc == 0 && !r->ended && (got = nj_replay_next(r->replay, &event, &topic, err)) == 1) {
        int64_t time = njord_delivery_ns(event);
        if (r->events % LOOK_EVERY == 0) {
            take_signals(r);
            tell_progress(r, now_of(r));
        }
        if (r->pace.speed > 0 || r->pace.paused || !r->pace.started)
            rc = wait_for(r, time, err);
        if (rc != 0 || r->ended)
            break;
        rc = nj_outlet_put(r->outlet, topic, event, err);
        if (r->events++ == 0)
            r->first_ns = time;
        r->last_ns = time;
    }
    if (got < 0)
        rc = got;
    if (rc == 0)
        rc = nj_outlet_flush(r->outlet, err);
    return rc;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int open_journals(struct nj_cli *cli, const char *dir, struct nj_replay **out)
{
    struct nj_range range;
    struct nj_error err = {0};
    if (cli->symbols.n == 0 || cli->timeframes.n == 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "expected --%s; see %s --help",
                            cli->symbols.n == 0 ? "symbol" : "timeframe", cli->program);
    if (nj_range_parse(cli->start, cli->end, &range, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "%s", err.text);
    struct nj_replay_options options = {
        dir,           cli->symbols.items, cli->symbols.n, cli->timeframes.items, cli->timeframes.n,
        range.from_ns, range.to_ns,        cli->skip_bad};
    int rc = nj_replay_open(out, &options, &err);
    if (rc != 0)
        return nj_cli_error(cli, rc == NJ_ERR_INPUT ? NJ_EXIT_USAGE : NJ_EXIT_FAILED, "%s",
                            err.text);
    for (size_t i = 0; i < nj_replay_journals(*out); i++) {
        bool missing;
        const char *stem = nj_replay_journal(*out, i, &missing);
        if (missing)
            nj_cli_error(cli, 0, "no journal '%s' in '%s': left out", stem, dir);
    }
    return 0;
}

/* The topics that may come, by the journals' names: a symbol without its slash stands for any. */
static int open_outlet(struct nj_cli *cli, const struct nj_replay *replay, const char *dir,
                       struct nj_outlet **out)
{
    size_t n = 0;
    char(*names)[128] = calloc(nj_replay_journals(replay), sizeof *names);
    const char **topics = calloc(nj_replay_journals(replay), sizeof *topics);
    struct nj_error err = {0};
    int rc = names && topics ? 0 : nj_error_set(&err, NJ_ERR_NOMEM, "out of memory");
    for (size_t t = 0; t < cli->timeframes.n && rc == 0; t++) {
        for (size_t s = 0; s < cli->symbols.n; s++, n++) {
            const char *timeframe = cli->timeframes.items[t];
            if (strcmp(timeframe, "trades") == 0)
                snprintf(names[n], sizeof names[n], "md.trades.%.100s", cli->symbols.items[s]);
            else
                snprintf(names[n], sizeof names[n], "md.ohlcv.%.7s.%.100s", timeframe,
                         cli->symbols.items[s]);
            topics[n] = names[n];
        }
    }
    if (rc == 0)
        rc = nj_outlet_open(out, cli, dir, topics, n, &err);
    free(names);
    free((void *)topics);
    return rc == 0 ? 0
                   : nj_cli_error(cli, rc == NJ_ERR_INPUT ? NJ_EXIT_USAGE : NJ_EXIT_FAILED, "%s",
                                  err.text);
}

static int run(struct run *r)
{
    struct nj_error err = {0};
    sigset_t before;
    r->signals = block_signals(&before);
    if (r->signals < 0)
        return nj_cli_error(r->cli, NJ_EXIT_FAILED, "signals cannot be watched");
    r->begun_ns = now_of(r);
    int rc = play(r, &err);
    close(r->signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (rc == 0 && !r->ended)
        rc = nj_outlet_finish(r->outlet, &err);
    end_progress(r);
    if (rc != 0)
        nj_cli_error(r->cli, 0, "after %" PRIu64 " events: %s", r->events, err.text);
    put_summary(r);
    if (rc == 0 && nj_outlet_unheard(r->outlet))
        nj_cli_error(r->cli, 0, "no host listens to these topics on that bus");
    return rc != 0 || r->ended ? NJ_EXIT_FAILED : NJ_EXIT_DONE;
}

int nj_verb_replay(struct nj_cli *cli)
{
    struct run r = {.cli = cli,
                    .platform = nj_platform_system(),
                    .signals = -1,
                    .shows = isatty(STDERR_FILENO) == 1,
                    .first_ns = NJORD_NONE_I64,
                    .last_ns = NJORD_NONE_I64};
    struct nj_error err = {0};
    double speed;
    if (nj_pace_parse(cli->speed ? cli->speed : "1x", &speed, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "%s", err.text);
    nj_pace_init(&r.pace, speed);
    const char *dir = nj_cli_journal_dir(cli);
    int rc = dir ? open_journals(cli, dir, &r.replay) : NJ_EXIT_FAILED;
    if (rc == 0)
        rc = open_outlet(cli, r.replay, dir, &r.outlet);
    if (rc == 0)
        rc = run(&r);
    nj_outlet_close(r.outlet);
    nj_replay_close(r.replay);
    return rc;
}
