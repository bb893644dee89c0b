/* Does a strategy know what it cannot know? The run again over data cut short, and the orders that
 * it wanted compared.
 *
 * The rows are copied; cuts go from the latest to the earliest, and what is behind a cut is
 * overwritten before the run over the rest, so that nothing could read it by mistake. */
#include "backtest/run_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An order as it was wanted. */
struct wanted {
    int64_t ts_ns;
    double qty, limit_price;
    size_t instant; /* which one it came at */
    char symbol[NJORD_SYMBOL_SIZE];
    uint8_t side, type, tif;
};

struct list {
    struct wanted *at;
    size_t n, cap;
    uint64_t *begun; /* n_series now */
    uint64_t *cuts;  /* of the whole run, each instant's: n_series numbers; NULL: not kept */
    size_t n_cuts, cap_cuts;
    uint32_t n_series;
    bool keeps, failed;
};

struct check {
    struct nj_bt_job *job;
    struct nj_columns *pieces[NJ_BT_SYMBOLS], *cut[NJ_BT_SYMBOLS];
    struct nj_bt_series series[NJ_BT_SYMBOLS];
    struct list whole, again;
};

/* ---- what was wanted ---- */

/* Keeps how far the rows had come, once an instant. False: no memory. */
static bool keep_cut(struct list *l)
{
    size_t size = l->n_series * sizeof *l->begun;
    if (l->n_cuts > 0 && memcmp(&l->cuts[(l->n_cuts - 1) * l->n_series], l->begun, size) == 0)
        return true;
    if (l->n_cuts == l->cap_cuts) {
        size_t cap = l->cap_cuts ? 2 * l->cap_cuts : 256;
        uint64_t *more = realloc(l->cuts, cap * size);
        if (!more)
            return false;
        l->cuts = more;
        l->cap_cuts = cap;
    }
    memcpy(&l->cuts[l->n_cuts++ * l->n_series], l->begun, size);
    return true;
}

static void on_flow(void *ctx, const njord_event *event)
{
    struct list *l = ctx;
    const njord_intent *in = (const njord_intent *)event;
    if (event->type != NJORD_EV_INTENT || l->failed)
        return;
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 256;
        struct wanted *more = realloc(l->at, cap * sizeof *more);
        if (more) {
            l->at = more;
            l->cap = cap;
        }
    }
    l->failed = l->n == l->cap || (l->keeps && !keep_cut(l));
    if (l->failed)
        return;
    struct wanted *w = &l->at[l->n++];
    memset(w, 0, sizeof *w);
    w->ts_ns = event->ts_ns;
    w->qty = in->qty;
    w->limit_price = in->limit_price;
    w->instant = l->n_cuts ? l->n_cuts - 1 : 0;
    memcpy(w->symbol, in->symbol, sizeof w->symbol);
    w->side = in->side;
    w->type = in->type;
    w->tif = in->tif;
}

static bool same(const struct wanted *a, const struct wanted *b)
{
    return a->ts_ns == b->ts_ns && a->qty == b->qty &&
           (a->limit_price == b->limit_price || (isnan(a->limit_price) && isnan(b->limit_price))) &&
           strcmp(a->symbol, b->symbol) == 0 && a->side == b->side && a->type == b->type &&
           a->tif == b->tif;
}

static void describe(const struct wanted *w, char *out, size_t cap)
{
    if (!w)
        snprintf(out, cap, "none");
    else if (isnan(w->limit_price))
        snprintf(out, cap, "%s %.17g %s at %lld", w->side == NJORD_SIDE_BUY ? "buy" : "sell",
                 w->qty, w->symbol, (long long)w->ts_ns);
    else
        snprintf(out, cap, "%s %.17g %s limit %.17g at %lld",
                 w->side == NJORD_SIDE_BUY ? "buy" : "sell", w->qty, w->symbol, w->limit_price,
                 (long long)w->ts_ns);
}

/* ---- rows ---- */

/* The columns whose values are copied and overwritten, 8 bytes each. */
/* clang-format off */
#define COLUMNS(X)                                                                                 \
    X(ts)                                                                                          \
    X(seq) X(ts_recv_ns) X(open) X(high) X(low) X(close) X(volume) X(quote_volume) X(taker_volume) \
        X(trades) X(price) X(qty) X(id)
/* clang-format on */

static int copy_piece(const struct nj_columns *from, struct nj_columns *to)
{
    bool ok = true;
    *to = *from;
#define COPY(member)                                                                               \
    to->member = NULL;                                                                             \
    if (from->member) {                                                                            \
        void *values = malloc(from->n * 8 + 8);                                                    \
        if (values)                                                                                \
            memcpy(values, from->member, from->n * 8);                                             \
        to->member = values;                                                                       \
        ok = ok && values;                                                                         \
    }
    COLUMNS(COPY)
#undef COPY
    return ok ? 0 : NJ_ERR_NOMEM;
}

static void free_piece(struct nj_columns *piece)
{
#define FREE(member) free((void *)(uintptr_t)piece->member);
    COLUMNS(FREE)
#undef FREE
}

/* Overwrites the rows from `first` on: NaN, and times that were never. */
static void spoil(const struct nj_columns *piece, size_t first)
{
#define SPOIL(member)                                                                              \
    if (piece->member)                                                                             \
        memset((char *)(uintptr_t)piece->member + first * 8, 0xff, (piece->n - first) * 8);
    COLUMNS(SPOIL)
#undef SPOIL
}

static int copy_rows(struct check *c)
{
    const struct nj_bt_options *o = &c->job->options;
    for (uint32_t i = 0; i < o->n_series; i++) {
        const struct nj_bt_series *s = &o->series[i];
        c->pieces[i] = calloc(s->n_pieces + 1, sizeof *c->pieces[i]);
        c->cut[i] = calloc(s->n_pieces + 1, sizeof *c->cut[i]);
        if (!c->pieces[i] || !c->cut[i])
            return NJ_ERR_NOMEM;
        c->series[i] = (struct nj_bt_series){s->symbol, c->cut[i], s->n_pieces, s->aside};
        for (size_t k = 0; k < s->n_pieces; k++) {
            if (copy_piece(&s->pieces[k], &c->pieces[i][k]) != 0)
                return NJ_ERR_NOMEM;
            c->cut[i][k] = c->pieces[i][k];
        }
    }
    return 0;
}

/* Leaves the first rows[i] rows of each series. */
static void cut_rows(struct check *c, const uint64_t *rows)
{
    for (uint32_t i = 0; i < c->job->options.n_series; i++) {
        uint64_t left = rows[i];
        for (size_t k = 0; k < c->series[i].n_pieces; k++) {
            size_t keep = left < c->cut[i][k].n ? (size_t)left : c->cut[i][k].n;
            spoil(&c->cut[i][k], keep);
            c->cut[i][k].n = keep;
            left -= keep;
        }
    }
}

/* ---- the runs ---- */

static int run_again(struct check *c, struct list *list, struct nj_error *err)
{
    struct nj_bt_options options = c->job->options;
    struct nj_bt_outcome *outcome = &c->job->shared->result.outcome;
    list->n = 0;
    memset(list->begun, 0, (options.n_series + 1u) * sizeof *list->begun);
    options.series = c->series;
    options.flow = on_flow;
    options.flow_ctx = list;
    options.begun = list->begun;
    int rc = nj_bt_job_walk(c->job, &options, outcome, err);
    nj_bt_outcome_free(outcome);
    return rc == 0 && list->failed ? nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory")
                                   : rc;
}

/* The orders of the whole run up to an instant against those of the run that ended there. */
static bool compare(const struct check *c, size_t instant, struct nj_bt_verified *out)
{
    const struct list *w = &c->whole, *a = &c->again;
    char one[160], other[160];
    size_t n = 0, i = 0;
    while (n < w->n && w->at[n].instant <= instant)
        n++;
    while (i < n && i < a->n && same(&w->at[i], &a->at[i]))
        i++;
    /* a bar that was begun goes on to its close: what comes then is another instant's */
    if (i == n && (i == a->n || (n > 0 && a->at[i].ts_ns > w->at[n - 1].ts_ns)))
        return true;
    describe(i < n ? &w->at[i] : NULL, one, sizeof one);
    describe(i < a->n ? &a->at[i] : NULL, other, sizeof other);
    snprintf(out->difference, sizeof out->difference,
             "strategy '%s': order %zu is '%s' with all data and '%s' with data cut at %lld: it "
             "knows what it was not shown",
             c->job->strategy_id, i + 1, one, other, (long long)w->at[n ? n - 1 : 0].ts_ns);
    return false;
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int check(struct check *c, struct nj_bt_verified *out, struct nj_error *err)
{
    uint64_t state = c->job->options.seed;
    int rc = run_again(c, &c->whole, err);
    if (rc != 0)
        return rc;
    out->intents = c->whole.n;
    size_t n = out->instants = c->whole.n_cuts;
    size_t wanted = n < NJ_BT_VERIFY ? n : NJ_BT_VERIFY;
    /* Each of n is taken with the chance that leaves `wanted` in the end (Knuth's selection
     * sampling), from the latest on, since what is cut off does not come back. */
    for (size_t i = n; i-- > 0 && out->checked < wanted;) {
        if (next_random(&state) % (i + 1) >= wanted - out->checked)
            continue;
        cut_rows(c, &c->whole.cuts[i * c->whole.n_series]);
        rc = run_again(c, &c->again, err);
        if (rc != 0)
            return rc;
        out->checked++;
        if (!compare(c, i, out))
            return 0;
    }
    return 0;
}

static int in_child(void *ctx, int fd)
{
    struct check *c = ctx;
    struct nj_bt_shared *s = c->job->shared;
    (void)fd;
    c->whole.n_series = c->again.n_series = c->job->options.n_series;
    c->whole.keeps = true;
    c->whole.begun = calloc(c->whole.n_series + 1u, sizeof(uint64_t));
    c->again.begun = calloc(c->whole.n_series + 1u, sizeof(uint64_t));
    int rc = c->whole.begun && c->again.begun ? copy_rows(c) : NJ_ERR_NOMEM;
    if (rc != 0)
        nj_error_set(&s->err, rc, "backtest: out of memory");
    if (rc == 0)
        rc = check(c, &s->verified, &s->err);
    for (uint32_t i = 0; i < c->job->options.n_series; i++) {
        for (size_t k = 0; c->pieces[i] && k < c->job->options.series[i].n_pieces; k++)
            free_piece(&c->pieces[i][k]);
        free(c->pieces[i]);
        free(c->cut[i]);
    }
    free(c->whole.at);
    free(c->whole.begun);
    free(c->whole.cuts);
    free(c->again.at);
    free(c->again.begun);
    s->rc = rc;
    return 0;
}

int nj_bt_job_verify(struct nj_bt_job *job, void (*progress)(void *ctx, uint64_t rows),
                     void *progress_ctx, struct nj_bt_verified *out, struct nj_error *err)
{
    struct check *c = calloc(1, sizeof *c);
    *out = (struct nj_bt_verified){0};
    if (!c)
        return nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
    c->job = job;
    job->shared->verified = *out;
    int rc = nj_bt_job_child(job, in_child, c, progress, progress_ctx, err);
    if (rc == 0)
        *out = job->shared->verified;
    free(c);
    return rc;
}
