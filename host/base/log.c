#include "base/log.h"

#include "base/buf.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND_NS 1000000000
/* Pairs (component, event) whose rate is watched; the one that was quiet longest gives way. */
#define RATES     64
/* Longest text of a field in bytes; what is longer is cut and ends in "...". */
#define TEXT_MAX  16384
/* How far back a torn last line is looked for when the file is opened. */
#define TAIL_MAX  65536

/* How often a line came within the second that began at `since`. */
struct rate {
    char component[48], event[48]; /* cut when longer; event "": free */
    enum nj_level level;           /* of the last line held back */
    int64_t since, last;           /* monotonic */
    uint32_t seen, held;
};

struct nj_log {
    const struct nj_platform *pf;
    char *path;
    int fd; /* of app.ndjson, -1: none */
    int terminal_fd;
    bool terminal_json, colour;
    enum nj_level level;
    int64_t (*now_ns)(void *ctx);
    void *now_ctx;
    struct rate rates[RATES];
    uint32_t n_holding;      /* rates with held > 0 */
    int64_t next_release;    /* monotonic: when the first of them may be told */
    uint64_t unwritten;      /* lines that the file did not take */
    uint64_t told_unwritten; /* of these, told in a line since */
    uint64_t held;           /* lines held back */
    bool torn;               /* a part of a line stands at the end and could not be taken back */
    struct nj_buf line;
};

static const char *const level_texts[] = {"debug", "info", "warn", "error"};

const char *nj_level_text(enum nj_level level)
{
    return level >= NJ_DEBUG && level <= NJ_ERROR ? level_texts[level] : "error";
}

/* ---- opening --------------------------------------------------------------------------------- */

/* A crash may have left a last line without its end: it is set aside in NAME.torn and cut off, so
 * that the next line starts on a line of its own. */
static int cut_torn_line(struct nj_log *log, int fd, struct nj_error *err)
{
    const struct nj_platform *pf = log->pf;
    struct stat st;
    char *tail = NULL, torn[1100];
    int rc = 0, aside = -1;
    if (pf->fstat(pf->ctx, fd, &st) != 0)
        return nj_error_errno(err, errno, "log '%s'", log->path);
    if (!S_ISREG(st.st_mode) || st.st_size == 0)
        return 0;
    size_t want = st.st_size < TAIL_MAX ? (size_t)st.st_size : TAIL_MAX;
    off_t from = st.st_size - (off_t)want;
    tail = malloc(want);
    if (!tail)
        return nj_error_set(err, NJ_ERR_NOMEM, "log '%s': out of memory", log->path);
    ssize_t n = nj_read_at(pf, fd, tail, want, from);
    if (n < (ssize_t)want) {
        rc = nj_error_errno(err, n < 0 ? errno : EIO, "log '%s': cannot be read", log->path);
        goto done;
    }
    size_t keep = want;
    while (keep > 0 && tail[keep - 1] != '\n')
        keep--;
    if (keep == want)
        goto done;
    int len = snprintf(torn, sizeof torn, "%s.torn", log->path);
    if (len < 0 || (size_t)len >= sizeof torn) {
        rc = nj_error_set(err, NJ_ERR_LIMIT, "log '%s': path too long", log->path);
        goto done;
    }
    aside = pf->open(pf->ctx, torn, O_WRONLY | O_CREAT | O_APPEND, 0644);
    errno = 0;
    if (aside < 0 ||
        pf->write(pf->ctx, aside, tail + keep, want - keep) != (ssize_t)(want - keep) ||
        pf->write(pf->ctx, aside, "\n", 1) != 1) {
        rc = nj_error_errno(err, errno ? errno : ENOSPC, "'%s': a torn line cannot be set aside",
                            torn);
        goto done;
    }
    if (pf->ftruncate(pf->ctx, fd, from + (off_t)keep) != 0)
        rc = nj_error_errno(err, errno, "log '%s': a torn last line cannot be cut off", log->path);
done:
    if (aside >= 0)
        pf->close(pf->ctx, aside);
    free(tail);
    return rc;
}

static int open_file(struct nj_log *log, int *out, struct nj_error *err)
{
    const struct nj_platform *pf = log->pf;
    int fd = pf->open(pf->ctx, log->path, O_RDWR | O_CREAT | O_APPEND, 0644);
    if (fd < 0)
        return nj_error_errno(err, errno, "log '%s': cannot be opened", log->path);
    int rc = cut_torn_line(log, fd, err);
    if (rc != 0) {
        pf->close(pf->ctx, fd);
        return rc;
    }
    *out = fd;
    return 0;
}

int nj_log_open(struct nj_log **out, const struct nj_log_options *options, struct nj_error *err)
{
    int rc = NJ_ERR_NOMEM;
    *out = NULL;
    struct nj_log *log = calloc(1, sizeof *log);
    if (!log)
        goto fail;
    log->pf = options->platform;
    log->fd = -1;
    log->terminal_fd = options->terminal_fd;
    log->terminal_json = options->terminal_json;
    log->colour = options->colour;
    log->level = options->level;
    if (options->path) {
        log->path = strdup(options->path);
        if (!log->path)
            goto fail;
        rc = open_file(log, &log->fd, err);
        if (rc != 0)
            goto fail;
    }
    *out = log;
    return 0;
fail:
    if (rc == NJ_ERR_NOMEM)
        nj_error_set(err, rc, "log: out of memory");
    nj_log_close(log);
    return rc;
}

int nj_log_reopen(struct nj_log *log, struct nj_error *err)
{
    int fd = -1;
    if (!log->path)
        return 0;
    int rc = open_file(log, &fd, err); /* the old file stays in use when this fails */
    if (rc != 0)
        return rc;
    log->pf->close(log->pf->ctx, log->fd);
    log->fd = fd;
    log->torn = false; /* what was torn has been set aside, or is in the old file */
    return 0;
}

void nj_log_set_level(struct nj_log *log, enum nj_level level)
{
    log->level = level;
}

void nj_log_set_clock(struct nj_log *log, int64_t (*now_ns)(void *ctx), void *ctx)
{
    log->now_ns = now_ns;
    log->now_ctx = ctx;
}

uint64_t nj_log_lost(const struct nj_log *log)
{
    return log->unwritten + log->held;
}

/* ---- making a line --------------------------------------------------------------------------- */

/* The bytes of `text` that a field shows: all, or TEXT_MAX less what would split a UTF-8 sequence.
 */
static size_t shown_length(const char *text)
{
    size_t len = strnlen(text, TEXT_MAX + 1);
    if (len <= TEXT_MAX)
        return len;
    for (len = TEXT_MAX; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
        len--;
    return len;
}

static void add_text(struct nj_buf *line, const char *text)
{
    if (!text)
        text = "";
    size_t len = shown_length(text), bound = 6 * len + 3;
    if (!nj_buf_reserve(line, bound + 3))
        return;
    line->len += njord_format_text(text, len, line->data + line->len, bound);
    line->data[line->len] = '\0';
    if (text[len] != '\0') { /* cut: the dots go before the closing quote */
        line->len--;
        nj_buf_puts(line, "...\"");
    }
}

static void add_value(struct nj_buf *line, const struct nj_log_field *f)
{
    char number[NJORD_NUMBER_SIZE];
    switch (f->kind) {
    case NJ_LOG_TEXT:
        add_text(line, f->text);
        break;
    case NJ_LOG_INT:
        nj_buf_add(line, number, njord_format_i64(f->i, number));
        break;
    case NJ_LOG_REAL: /* JSON has no word for what is not finite */
        if (isfinite(f->r))
            nj_buf_add(line, number, njord_format_f64(f->r, number));
        else
            nj_buf_puts(line, "null");
        break;
    case NJ_LOG_BOOL:
        nj_buf_puts(line, f->i ? "true" : "false");
        break;
    }
}

static void make_json(struct nj_log *log, int64_t now, enum nj_level level, const char *component,
                      const char *event, const struct nj_log_field *fields, size_t n_fields)
{
    struct nj_buf *line = &log->line;
    char ts[40];
    nj_buf_clear(line);
    if (log->torn)
        nj_buf_putc(line, '\n');
    if (njord_format_time(now, 6, ts, sizeof ts) == 0)
        ts[0] = '\0';
    nj_buf_printf(line, "{\"ts\":\"%s\",\"level\":\"%s\",\"event\":", ts, nj_level_text(level));
    add_text(line, event);
    nj_buf_puts(line, ",\"component\":");
    add_text(line, component);
    for (size_t i = 0; i < n_fields; i++) {
        nj_buf_putc(line, ',');
        add_text(line, fields[i].key);
        nj_buf_putc(line, ':');
        add_value(line, &fields[i]);
    }
    nj_buf_puts(line, "}\n");
}

/* Text on a terminal: bare when it is one plain word, else as JSON writes it, and with the C1
 * control characters (UTF-8 c2 80 to c2 9f, which terminals obey) taken out. */
static void add_readable(struct nj_buf *line, const char *text)
{
    size_t from = line->len;
    bool plain = text && text[0] != '\0';
    for (const char *c = text; plain && *c; c++)
        plain = (unsigned char)*c > ' ' && *c != '"' && *c != '=' && *c != '\\' && *c != 0x7f &&
                c - text < TEXT_MAX;
    if (plain)
        nj_buf_puts(line, text);
    else
        add_text(line, text);
    for (size_t i = from; i + 1 < line->len; i++)
        if ((unsigned char)line->data[i] == 0xc2 && (unsigned char)line->data[i + 1] < 0xa0)
            line->data[i] = line->data[i + 1] = '?';
    for (size_t i = from; i < line->len; i++)
        if (line->data[i] == 0x7f)
            line->data[i] = '?';
}

static void make_readable(struct nj_log *log, int64_t now, enum nj_level level,
                          const char *component, const char *event,
                          const struct nj_log_field *fields, size_t n_fields)
{
    static const char *const paint[] = {"\033[2m", "\033[32m", "\033[33m", "\033[1;31m"};
    struct nj_buf *line = &log->line;
    char ts[40];
    nj_buf_clear(line);
    if (njord_format_time(now, 3, ts, sizeof ts) == 0)
        ts[0] = '\0';
    const char *on = log->colour ? paint[level] : "", *off = log->colour ? "\033[0m" : "";
    const char *dim = log->colour ? "\033[2m" : "";
    nj_buf_printf(line, "%s%s%s %s%-5s%s ", dim, ts, off, on, nj_level_text(level), off);
    add_readable(line, component);
    nj_buf_putc(line, ' ');
    add_readable(line, event);
    for (size_t i = 0; i < n_fields; i++) {
        nj_buf_printf(line, " %s%s=%s", dim, fields[i].key, off);
        if (fields[i].kind == NJ_LOG_TEXT)
            add_readable(line, fields[i].text);
        else
            add_value(line, &fields[i]);
    }
    nj_buf_putc(line, '\n');
}

/* ---- writing --------------------------------------------------------------------------------- */

/* One write(2) a line. A line of which only a part fitted is taken back, so that what follows
 * starts on a line of its own. */
static bool put_file(struct nj_log *log)
{
    const struct nj_platform *pf = log->pf;
    const struct nj_buf *line = &log->line;
    ssize_t n;
    if (line->failed)
        return false;
    do
        n = pf->write(pf->ctx, log->fd, line->data, line->len);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)line->len) {
        log->torn = false;
        return true;
    }
    struct stat st;
    if (n > 0)
        log->torn = pf->fstat(pf->ctx, log->fd, &st) != 0 || st.st_size < (off_t)n ||
                    pf->ftruncate(pf->ctx, log->fd, st.st_size - (off_t)n) != 0;
    return false;
}

static bool put_terminal(struct nj_log *log)
{
    const struct nj_buf *line = &log->line;
    size_t at = 0;
    while (!line->failed && at < line->len) {
        ssize_t n = log->pf->write(log->pf->ctx, log->terminal_fd, line->data + at, line->len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return !line->failed;
}

static void emit(struct nj_log *log, enum nj_level level, const char *component, const char *event,
                 const struct nj_log_field *fields, size_t n_fields)
{
    int64_t now = log->now_ns ? log->now_ns(log->now_ctx) : log->pf->realtime_ns(log->pf->ctx);
    if (log->fd >= 0 || (log->terminal_fd >= 0 && log->terminal_json))
        make_json(log, now, level, component, event, fields, n_fields);
    if (log->fd >= 0 && !put_file(log))
        log->unwritten++;
    if (log->terminal_fd >= 0) {
        if (!log->terminal_json)
            make_readable(log, now, level, component, event, fields, n_fields);
        if (!put_terminal(log) && log->fd < 0) /* a file is the record where there is one */
            log->unwritten++;
    }
}

/* ---- the rate of repeats --------------------------------------------------------------------- */

/* Says how many lines of this kind were held back, and starts its second anew. */
static void release(struct nj_log *log, struct rate *rate)
{
    uint32_t held = rate->held;
    rate->held = 0;
    log->n_holding--;
    struct nj_log_field fields[] = {NJ_TEXT("repeated", rate->event), NJ_INT("count", held)};
    emit(log, rate->level, rate->component, "held_back", fields, 2);
}

static void release_due(struct nj_log *log, int64_t mono)
{
    if (log->n_holding == 0 || mono < log->next_release)
        return;
    int64_t next = INT64_MAX;
    for (struct rate *r = log->rates; r < log->rates + RATES; r++) {
        if (r->held == 0)
            continue;
        if (mono - r->since >= SECOND_NS)
            release(log, r);
        else if (r->since + SECOND_NS < next)
            next = r->since + SECOND_NS;
    }
    log->next_release = next;
}

static struct rate *rate_of(struct nj_log *log, const char *component, const char *event)
{
    struct rate *oldest = log->rates;
    for (struct rate *r = log->rates; r < log->rates + RATES; r++) {
        if (strncmp(r->event, event, sizeof r->event - 1) == 0 &&
            strncmp(r->component, component, sizeof r->component - 1) == 0)
            return r;
        if (r->last < oldest->last)
            oldest = r;
    }
    if (oldest->held > 0)
        release(log, oldest);
    *oldest = (struct rate){.since = INT64_MIN};
    snprintf(oldest->component, sizeof oldest->component, "%s", component);
    snprintf(oldest->event, sizeof oldest->event, "%s", event);
    return oldest;
}

/* May this line be written now, or is it one too many of its kind? */
static bool admit(struct nj_log *log, enum nj_level level, const char *component, const char *event)
{
    int64_t mono = log->pf->monotonic_ns(log->pf->ctx);
    release_due(log, mono);
    struct rate *r = rate_of(log, component, event);
    r->last = mono;
    if (r->since == INT64_MIN || mono - r->since >= SECOND_NS) {
        r->since = mono;
        r->seen = 0;
    }
    if (r->seen < NJ_LOG_BURST) {
        r->seen++;
        return true;
    }
    if (r->held++ == 0) {
        log->n_holding++;
        if (log->n_holding == 1 || r->since + SECOND_NS < log->next_release)
            log->next_release = r->since + SECOND_NS;
    }
    r->level = level;
    log->held++;
    return false;
}

void nj_log_line(struct nj_log *log, enum nj_level level, const char *component, const char *event,
                 const struct nj_log_field *fields, size_t n_fields)
{
    if (!log || level < log->level || level > NJ_ERROR)
        return;
    if (!admit(log, level, component, event))
        return;
    uint64_t before = log->unwritten;
    emit(log, level, component, event, fields, n_fields);
    if (log->unwritten == before && log->told_unwritten < before) {
        struct nj_log_field field = NJ_INT("count", before - log->told_unwritten);
        log->told_unwritten = before; /* before emit(): a failure of this line is counted anew */
        emit(log, NJ_WARN, "log", "lines_lost", &field, 1);
    }
}

void nj_log_close(struct nj_log *log)
{
    if (!log)
        return;
    for (struct rate *r = log->rates; log->n_holding > 0 && r < log->rates + RATES; r++)
        if (r->held > 0)
            release(log, r);
    if (log->fd >= 0)
        log->pf->close(log->pf->ctx, log->fd);
    nj_buf_free(&log->line);
    free(log->path);
    free(log);
}
