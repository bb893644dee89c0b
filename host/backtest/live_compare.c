/* live_compare.c - does a backtest over what a host recorded order, decide and fill as the host
 * did?
 *
 * The run's order flow is held against the journal of orders while it happens, line by line: both
 * as the codec writes them, without `seq` and `ts_recv_ns`. In a child of the runner's. */
#include "backtest/flow_journal.h"
#include "backtest/run_impl.h"
#include "journal/reader.h"

#include <jansson.h>
#include <njord/codec.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct compare {
    struct nj_bt_job *job;
    const struct nj_bt_paths *paths;
    struct nj_reader *reader;
    struct nj_flow_journal *journal;
    struct nj_bt_compared *out;
    struct nj_buf live, own; /* lines */
    void *copy;              /* of an event */
    size_t copy_cap;
    struct nj_error err;
};

/* ---- lines ---- */

static int encode(struct compare *c, const njord_event *event, struct nj_buf *line)
{
    njord_envelope envelope = {.contract = event->type, .src_seq = NJORD_NONE_I64};
    if (event->size > c->copy_cap) {
        void *more = realloc(c->copy, event->size);
        if (!more)
            return nj_error_set(&c->err, NJ_ERR_NOMEM, "backtest: out of memory");
        c->copy = more;
        c->copy_cap = event->size;
    }
    njord_event *plain = memcpy(c->copy, event, event->size);
    plain->seq = 0;
    plain->ts_recv_ns = NJORD_NONE_I64;
    nj_buf_clear(line);
    if (!nj_buf_reserve(line, njord_encode_bound(plain)) ||
        njord_encode_json(plain, &envelope, line->data, line->cap, &line->len) != 0)
        return nj_error_set(&c->err, NJ_ERR_NOMEM, "backtest: out of memory");
    return 0;
}

static void shorten(const json_t *v, char *out, size_t cap)
{
    char number[NJORD_NUMBER_SIZE];
    if (json_is_real(v)) { /* jansson has digits of its own */
        njord_format_f64(json_real_value(v), number);
        snprintf(out, cap, "%s", number);
        return;
    }
    char *text = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    snprintf(out, cap, "%.80s", text ? text : "nothing");
    free(text);
}

static const char *text_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

static const char *id_of(const json_t *line)
{
    const char *id = text_of(line, "intent_id");
    return id[0] ? id : text_of(line, "client_order_id");
}

/* The first member that is not the same, caps and meta inside. False: none. */
static bool first_member(const json_t *live, const json_t *own, char *path, size_t cap, char a[96],
                         char b[96])
{
    const char *key;
    json_t *v;
    const json_t *sides[] = {live, own}, *why = json_object_get(live, "reason");
    if (why && !json_equal(why, json_object_get(own, "reason"))) { /* it says most */
        snprintf(path, cap, "reason");
        shorten(why, a, 96);
        shorten(json_object_get(own, "reason"), b, 96);
        return true;
    }
    for (int i = 0; i < 2; i++)
        json_object_foreach((json_t *)(uintptr_t)sides[i], key, v)
        {
            const json_t *other = json_object_get(sides[1 - i], key);
            if (other && json_equal(v, other))
                continue;
            size_t len = strlen(path);
            snprintf(path + len, cap - len, "%s%s", len ? "." : "", key);
            if (json_is_object(v) && json_is_object(other) &&
                first_member(json_object_get(live, key), json_object_get(own, key), path, cap, a,
                             b))
                return true;
            shorten(json_object_get(live, key), a, 96);
            shorten(json_object_get(own, key), b, 96);
            return true;
        }
    return false;
}

static void describe(struct compare *c, const struct nj_read *at)
{
    char *out = c->out->difference, path[128] = "", a[96] = "", b[96] = "";
    size_t cap = sizeof c->out->difference;
    json_t *live = json_loadb(c->live.data, c->live.len, 0, NULL);
    json_t *own = json_loadb(c->own.data, c->own.len, 0, NULL);
    bool same_kind = strcmp(text_of(live, "contract"), text_of(own, "contract")) == 0;
    int n = snprintf(out, cap, "%.700s:%llu: ", at->path, (unsigned long long)at->line);
    size_t len = n > 0 && (size_t)n < cap ? (size_t)n : 0;
    if (same_kind && strcmp(id_of(live), id_of(own)) == 0 &&
        first_member(live, own, path, sizeof path, a, b))
        snprintf(out + len, cap - len, "%s of '%s': '%s' is %s live, %s in the backtest",
                 text_of(live, "contract"), id_of(live), path, a, b);
    else
        snprintf(out + len, cap - len,
                 "%s of '%s' (ts_ns %lld) live, %s of '%s' (ts_ns %lld) in the backtest",
                 text_of(live, "contract"), id_of(live),
                 (long long)json_integer_value(json_object_get(live, "ts_ns")),
                 text_of(own, "contract"), id_of(own),
                 (long long)json_integer_value(json_object_get(own, "ts_ns")));
    json_decref(live);
    json_decref(own);
}

/* ---- the run ---- */

static bool is_flow(uint32_t type)
{
    return type == NJORD_EV_INTENT || type == NJORD_EV_DECISION || type == NJORD_EV_ORDER_EVENT ||
           type == NJORD_EV_CANCEL || type == NJORD_EV_BROKER_ORDER_REQ ||
           type == NJORD_EV_BROKER_ORDER_ACK || type == NJORD_EV_BROKER_ORDER_UPDATE ||
           type == NJORD_EV_BROKER_FILL;
}

static void on_flow(void *ctx, const njord_event *event)
{
    struct compare *c = ctx;
    struct nj_read at;
    if (c->journal)
        nj_flow_journal_event(c->journal, event);
    if (!is_flow(event->type) || c->out->difference[0] || c->err.code != 0)
        return;
    if (encode(c, event, &c->own) != 0)
        return;
    int more = nj_reader_next(c->reader, &at, &c->err);
    if (more < 0)
        return;
    if (more == 0) {
        snprintf(c->out->difference, sizeof c->out->difference,
                 "%.700s/orders.ndjson ends, and the backtest goes on with %.*s",
                 c->job->request.journal_dir, c->own.len < 300 ? (int)c->own.len : 300,
                 c->own.data);
        return;
    }
    if (encode(c, at.event, &c->live) != 0)
        return;
    if (c->live.len != c->own.len || memcmp(c->live.data, c->own.data, c->own.len) != 0) {
        describe(c, &at);
        return;
    }
    c->out->intents += event->type == NJORD_EV_INTENT;
    c->out->decisions += event->type == NJORD_EV_DECISION;
    c->out->orders += event->type == NJORD_EV_BROKER_ORDER_REQ;
    c->out->fills += event->type == NJORD_EV_BROKER_FILL;
}

static void on_delivered(void *ctx, const njord_event *event)
{
    struct compare *c = ctx;
    if (c->journal)
        nj_flow_journal_delivered(c->journal, event);
}

/* What the host wrote behind the run's last line. */
static int look_behind(struct compare *c)
{
    struct nj_read at;
    if (c->out->difference[0])
        return 0;
    int more = nj_reader_next(c->reader, &at, &c->err);
    if (more > 0)
        snprintf(c->out->difference, sizeof c->out->difference,
                 "%.700s:%llu: the backtest has ended, and the host goes on with %.*s", at.path,
                 (unsigned long long)at.line, at.text_len < 300 ? (int)at.text_len : 300, at.text);
    return more < 0 ? more : 0;
}

static int run(struct compare *c)
{
    struct nj_bt_options options = c->job->options;
    struct nj_bt_outcome *outcome = &c->job->shared->result.outcome;
    options.flow = on_flow;
    options.delivered = on_delivered;
    options.flow_ctx = c;
    int rc = nj_bt_job_walk(c->job, &options, outcome, &c->err);
    nj_bt_outcome_free(outcome);
    return rc != 0 ? rc : c->err.code;
}

static int in_child(void *ctx, int fd)
{
    static const char *const stem = "orders";
    struct compare *c = ctx;
    struct nj_bt_shared *s = c->job->shared;
    const struct nj_bt_request *q = &c->job->request;
    struct nj_reader_options options = {.dir = q->journal_dir,
                                        .stems = &stem,
                                        .n_stems = 1,
                                        .from_ns = INT64_MIN,
                                        .to_ns = INT64_MAX,
                                        .order = NJ_READ_BY_SEQ,
                                        .skip_bad = q->skip_bad};
    (void)fd;
    c->out = &s->compared;
    int rc = nj_reader_open(&c->reader, &options, &c->err);
    if (rc == 0 && c->paths && c->paths->journals)
        rc = nj_flow_journal_open(&c->journal, c->paths->journals, true, &c->err);
    if (rc == 0)
        rc = run(c);
    if (rc == 0)
        rc = look_behind(c);
    int closed = nj_flow_journal_close(c->journal, rc == 0 ? &c->err : NULL);
    rc = rc != 0 ? rc : closed;
    nj_reader_close(c->reader);
    nj_buf_free(&c->live);
    nj_buf_free(&c->own);
    free(c->copy);
    s->err = c->err;
    s->rc = rc;
    return 0;
}

int nj_bt_job_compare(struct nj_bt_job *job, const struct nj_bt_paths *paths,
                      void (*progress)(void *ctx, uint64_t rows), void *progress_ctx,
                      struct nj_bt_compared *out, struct nj_error *err)
{
    struct compare *c = calloc(1, sizeof *c);
    *out = (struct nj_bt_compared){0};
    if (!c)
        return nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
    c->job = job;
    c->paths = paths;
    job->shared->compared = *out;
    int rc = nj_bt_job_child(job, in_child, c, progress, progress_ctx, err);
    if (rc == 0)
        *out = job->shared->compared;
    free(c);
    return rc;
}
