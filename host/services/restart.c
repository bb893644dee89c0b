#include "services/restart.h"

#include "journal/standing.h"
#include "services/host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_DOCUMENT  "execution"
#define NOTE_DOCUMENT "intervened"
#define HELD_MAX      ((size_t)64 << 20) /* bytes of new lines that wait for the record's end */

static const char what_to_do[] =
    "configuration, plugins or recording are not those that made the journals; start with fresh "
    "folders, or put a file 'intervened' into app.state_dir to go on from the record";

bool nj_restart_from_nothing(const struct nj_host *host)
{
    return host->restart.mode != NJ_RESTART_RECORD;
}

bool nj_restart_behind(const struct nj_host *host)
{
    return host->restart.behind;
}

/* ---- leaving the record ---------------------------------------------------------------------- */

/* The run ends: nothing that it made from here on is written. */
static void diverge(struct nj_host *host, const struct nj_standing_place *where, const char *line,
                    size_t len)
{
    struct nj_restart *r = &host->restart;
    char made[160], at[sizeof where->file + 24];
    r->diverged = true;
    host->stats.diverged++;
    host->exit_code = 1;
    snprintf(made, sizeof made, "%.*s", len < sizeof made ? (int)len : 159, line);
    snprintf(at, sizeof at, "%s:%" PRIu64, where->file, where->line);
    nj_log(host->log, NJ_ERROR, "host", "diverged", NJ_TEXT("at", at),
           NJ_TEXT("stands", where->text), NJ_TEXT("made", made), NJ_TEXT("detail", what_to_do));
}

static void unreadable(struct nj_host *host, const struct nj_error *err)
{
    host->restart.diverged = true;
    host->exit_code = 1;
    nj_log(host->log, NJ_ERROR, "host", "record_unreadable", NJ_TEXT("error", err->text),
           NJ_TEXT("detail", "the run cannot be held against its journals; nothing was written"));
}

/* ---- held lines ------------------------------------------------------------------------------ */

/* A line that waits. */
struct held {
    int64_t ts_ns;
    size_t len, name_size; /* the name with its end stands behind, then the line */
};

static bool hold(struct nj_restart *r, const char *name, int64_t ts_ns, const char *line,
                 size_t len)
{
    size_t name_size = strlen(name) + 1;
    if (r->held_bytes + len > HELD_MAX)
        return false;
    struct held *held = nj_fifo_push(&r->held, sizeof *held + name_size + len);
    if (!held)
        return false;
    *held = (struct held){ts_ns, len, name_size};
    memcpy(held + 1, name, name_size);
    memcpy((char *)(held + 1) + name_size, line, len);
    r->held_bytes += len;
    return true;
}

static void release_held(struct nj_host *host)
{
    struct nj_restart *r = &host->restart;
    for (struct held *held; (held = nj_fifo_peek(&r->held, NULL)); nj_fifo_release(&r->held)) {
        struct nj_error err = {0};
        const char *name = (const char *)(held + 1);
        if (nj_journals_append(host->journals, name, held->ts_ns, name + held->name_size, held->len,
                               &err) != 0)
            nj_log(host->log, NJ_ERROR, "journal", "line_lost", NJ_TEXT("journal", name),
                   NJ_TEXT("error", err.text));
    }
    r->held_bytes = 0;
}

/* ---- past the record ------------------------------------------------------------------------- */

static void caught_up(struct nj_host *host)
{
    struct nj_restart *r = &host->restart;
    nj_journals_filter(host->journals, NULL, NULL);
    nj_standing_close(r->standing);
    r->standing = NULL;
    r->behind = false;
    host->kill.past = false;
    release_held(host);
    for (uint32_t i = 0; i < host->feeds.n; i++) /* their pace counts from here */
        host->feeds.all[i]->first_event_ns = NJORD_NONE_I64;
    nj_log(host->log, NJ_INFO, "host", "caught_up", NJ_INT("lines", r->same),
           NJ_INT("seq", host->last_seq));
}

/* Every line that a journal is to take: 1: it stands there, 0: append it. */
static int held_against(void *ctx, const char *name, int64_t ts_ns, const char *line, size_t len)
{
    struct nj_host *host = ctx;
    struct nj_restart *r = &host->restart;
    enum nj_standing_verdict verdict;
    struct nj_standing_place where;
    struct nj_error err = {0};
    if (r->diverged)
        return 1;
    if (nj_standing_compare(r->standing, name, line, len, &verdict, &where, &err) != 0) {
        unreadable(host, &err);
        return 1;
    }
    if (verdict == NJ_STANDING_OTHER) {
        diverge(host, &where, line, len);
        return 1;
    }
    if (verdict == NJ_STANDING_END)
        return hold(r, name, ts_ns, line, len) ? 1 : 0;
    r->same++;
    if (nj_standing_left(r->standing) == 0)
        caught_up(host);
    return 1;
}

/* Lines stand that the run went by. */
static bool lines_missed(struct nj_host *host)
{
    struct nj_standing_place where;
    static const char nothing[] = "(nothing)";
    if (!nj_standing_next_left(host->restart.standing, &where))
        return false;
    diverge(host, &where, nothing, sizeof nothing - 1);
    return true;
}

bool nj_restart_check(struct nj_host *host)
{
    struct nj_restart *r = &host->restart;
    if (r->behind && !r->diverged && nj_bus_seq(host->bus) > nj_standing_last_seq(r->standing))
        lines_missed(host);
    return r->diverged;
}

bool nj_restart_check_end(struct nj_host *host)
{
    struct nj_restart *r = &host->restart;
    if (r->behind && !r->diverged)
        lines_missed(host);
    return r->diverged;
}

/* ---- what came from outside ------------------------------------------------------------------ */

void nj_restart_intervened(struct nj_host *host, const char *what)
{
    struct nj_restart *r = &host->restart;
    struct nj_error err = {0};
    char text[256];
    if (r->intervened || r->mode == NJ_RESTART_RECORD)
        return;
    int len = snprintf(text, sizeof text, "seq %" PRIu64 ": %.200s\n", host->last_seq, what);
    if (nj_state_put(host->state, NOTE_DOCUMENT, text, (size_t)len, &err) != 0) {
        if (!r->note_failed)
            nj_log(host->log, NJ_ERROR, "host", "not_noted", NJ_TEXT("error", err.text),
                   NJ_TEXT("detail", "a start after a crash will find the run diverged"));
        r->note_failed = true;
        return;
    }
    r->intervened = true;
    nj_log(host->log, NJ_WARN, "host", "intervened", NJ_TEXT("by", what),
           NJ_INT("seq", host->last_seq),
           NJ_TEXT("detail", "this run can no longer be done again; a restart goes on from the "
                             "record"));
}

/* ---- open ------------------------------------------------------------------------------------ */

/* The run that the state folder tells of: its first number. NJ_ERR_NOT_FOUND: of none. */
static int read_run(struct nj_host *host, uint64_t *first, struct nj_error *err)
{
    struct nj_buf text = {0};
    int end = 0;
    int rc = nj_state_get(host->state, RUN_DOCUMENT, &text, err);
    const char *line = text.data ? text.data : "";
    if (rc == 0 && (sscanf(line, "first %" SCNu64 "%n", first, &end) != 1 || *first == 0 ||
                    strcmp(line + end, "\n") != 0))
        rc = nj_error_set(err, NJ_ERR_INPUT,
                          "file '%s/" RUN_DOCUMENT "': expected \"first NUMBER\"; restore it, or "
                          "start with fresh folders",
                          nj_state_dir(host->state));
    nj_buf_free(&text);
    return rc;
}

static int write_run(struct nj_host *host, struct nj_error *err)
{
    char text[48];
    int len = snprintf(text, sizeof text, "first %" PRIu64 "\n", host->restart.first_seq);
    return nj_state_put(host->state, RUN_DOCUMENT, text, (size_t)len, err);
}

static bool was_intervened(struct nj_host *host)
{
    struct nj_buf text = {0};
    struct nj_error err = {0};
    int rc = nj_state_get(host->state, NOTE_DOCUMENT, &text, &err);
    nj_buf_free(&text);
    return rc != NJ_ERR_NOT_FOUND;
}

static int do_again(struct nj_host *host, struct nj_error *err)
{
    struct nj_restart *r = &host->restart;
    int rc = nj_state_rewind(host->state, r->first_seq, err);
    if (rc != 0)
        return rc;
    r->mode = NJ_RESTART_AGAIN;
    if (nj_standing_left(r->standing) == 0) { /* it ended before it had written a line */
        nj_standing_close(r->standing);
        r->standing = NULL;
        return 0;
    }
    r->behind = true;
    host->kill.past = true;
    nj_journals_filter(host->journals, held_against, host);
    nj_log(host->log, NJ_INFO, "host", "doing_again", NJ_INT("first_seq", r->first_seq),
           NJ_INT("to_seq", nj_standing_last_seq(r->standing)),
           NJ_TEXT("detail",
                   "the run is done again and held against its journals; new lines follow "
                   "behind the last one"));
    return 0;
}

/* On from the record, and why. */
static void go_on(struct nj_host *host, const char *why)
{
    struct nj_restart *r = &host->restart;
    r->resume_ns = nj_standing_last_ns(r->standing);
    if (nj_standing_last_seq(r->standing) > 0)
        nj_log(host->log, NJ_WARN, "host", "going_on_from_record", NJ_TEXT("reason", why),
               NJ_INT("last_seq", nj_standing_last_seq(r->standing)),
               NJ_TEXT("detail", "feeds pass over what is older than the last recorded event"));
    nj_standing_close(r->standing);
    r->standing = NULL;
}

static int choose(struct nj_host *host, struct nj_error *err)
{
    struct nj_restart *r = &host->restart;
    struct nj_bus_url url;
    struct nj_error why = {0};
    int rc = nj_bus_url_parse(host->config->bus.url, &url, err);
    if (rc != 0)
        return rc;
    int known = read_run(host, &r->first_seq, &why);
    if (known != 0 && known != NJ_ERR_NOT_FOUND)
        return nj_error_set(err, known, "%s", why.text);
    bool noted = was_intervened(host), shared = url.kind == NJ_BUS_REDIS;
    if (host->config->app.clock != NJ_CLOCK_EVENTS || shared) {
        /* what this process takes in does not come from recordings alone */
        if (known == 0 && !noted) {
            r->mode = NJ_RESTART_NEW; /* for the note alone */
            nj_restart_intervened(host, shared ? "a bus shared with other hosts" : "clock: wall");
            r->mode = NJ_RESTART_RECORD;
        }
        if (host->config->app.clock == NJ_CLOCK_EVENTS) {
            rc = nj_standing_open(&r->standing, host->platform, host->log,
                                  host->config->logging.journal_dir, err);
            if (rc == 0)
                go_on(host, "the bus is shared with other hosts");
        }
        return rc;
    }
    rc = nj_standing_open(&r->standing, host->platform, host->log,
                          host->config->logging.journal_dir, err);
    if (rc != 0)
        return rc;
    if (noted) {
        go_on(host, "something else than the feeds took part in the run: app.state_dir/intervened");
    } else if (known == 0) {
        rc = do_again(host, err);
    } else if (nj_standing_last_seq(r->standing) > 0) {
        go_on(host, "app.state_dir does not know how the run in the journals began");
    } else {
        r->mode = NJ_RESTART_NEW;
        r->first_seq = nj_state_last_seq(host->state) + 1;
        nj_standing_close(r->standing);
        r->standing = NULL;
        rc = write_run(host, err);
    }
    return rc;
}

int nj_restart_open(struct nj_host *host, struct nj_error *err)
{
    host->restart = (struct nj_restart){.resume_ns = INT64_MIN};
    int rc = choose(host, err);
    if (rc == 0 && host->restart.resume_ns > host->last_ns)
        host->last_ns = host->restart.resume_ns;
    return rc;
}

void nj_restart_close(struct nj_host *host)
{
    nj_standing_close(host->restart.standing);
    host->restart.standing = NULL;
    nj_fifo_free(&host->restart.held);
}
