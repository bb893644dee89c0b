/* engine_trades.c - a run over trades: the clock, timers, bars made of the trades, and the stages
 * of each trade, in the order in which a host with a paper broker takes them (doc/semantics.md).
 *
 * An input (timer, word of the feed, trade) is worked off to its end before the next: the bars that
 * a trade closes, prices, resting orders, risk, the strategy; after each stage what it caused. The
 * numbers (`seq`) are a host's: whoever takes one there takes one here, so that ids are the same.
 */
#include "backtest/engine_impl.h"
#include "base/timeframe.h"

#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FRAMES     64u
#define MAX_GAP_FILLED 604800u /* bars in a row, as in a host: a week of seconds */

/* ---- what the strategy is shown ---- */

bool nj_bt_wanted(const struct nj_bt *bt, const char *topic, bool otherwise)
{
    if (!bt->o->event_globs)
        return otherwise;
    for (uint32_t i = 0; i < bt->o->n_event_globs; i++)
        if (njord_glob_match(bt->o->event_globs[i], topic))
            return true;
    return false;
}

void nj_bt_show(struct nj_bt *bt, const char *topic, const njord_event *event)
{
    if (bt->rc == 0)
        nj_instance_event(bt->instance, topic, event);
}

/* Begins an input: its number (0: the next one) and its time, which never goes back. */
static void enter(struct nj_bt *bt, njord_event *event, int64_t at_ns, uint64_t seq)
{
    if (at_ns > bt->now_ns)
        bt->now_ns = at_ns;
    event->seq = seq > bt->seq ? seq : nj_bt_next_seq(bt);
    bt->seq = event->seq;
    event->ts_recv_ns = bt->now_ns;
}

/* ---- timers ---- */

/* The next beat of a periodic timer: what is behind the clock is made up for in one step. */
static int64_t next_beat(const struct nj_bt *bt, const struct nj_bt_timer *t)
{
    int64_t step = t->period_ns, due;
    if (t->due_ns < bt->now_ns) {
        uint64_t behind = (uint64_t)bt->now_ns - (uint64_t)t->due_ns;
        uint64_t beats = behind / (uint64_t)t->period_ns;
        if (beats >= INT64_MAX || __builtin_mul_overflow((int64_t)beats + 1, step, &step))
            return INT64_MAX;
    }
    return __builtin_add_overflow(t->due_ns, step, &due) ? INT64_MAX : due;
}

static bool before(const struct nj_bt_timer *a, const struct nj_bt_timer *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->set < b->set;
}

/* Fires the next timer that is due at or before `until`. False: none is. */
static bool fire_due(struct nj_bt *bt, int64_t until)
{
    size_t at = SIZE_MAX;
    njord_event input;
    for (size_t i = 0; i < bt->n_timers; i++)
        if (!bt->timers[i].later && bt->timers[i].due_ns <= until &&
            (at == SIZE_MAX || before(&bt->timers[i], &bt->timers[at])))
            at = i;
    if (at == SIZE_MAX || bt->rc != 0)
        return false;
    struct nj_bt_timer t = bt->timers[at];
    if (t.period_ns > 0) {
        bt->timers[at].due_ns = next_beat(bt, &t);
        bt->timers[at].set = ++bt->timers_set;
    } else {
        bt->timers[at] = bt->timers[--bt->n_timers];
    }
    bt->out->counts.timers++;
    enter(bt, &input, t.due_ns, 0);
    bt->firing = true;
    nj_instance_timer(bt->instance, input.seq, t.id, t.due_ns);
    nj_bt_flow_drain(bt);
    bt->firing = false;
    return true;
}

static void advance(struct nj_bt *bt, int64_t until)
{
    if (bt->n_timers == 0)
        return;
    while (fire_due(bt, until))
        ;
    for (size_t i = 0; i < bt->n_timers; i++)
        bt->timers[i].later = false;
}

/* ---- bars ---- */

static void on_closed(void *ctx, const njord_bar *bar)
{
    struct nj_bt *bt = ctx;
    njord_bar own = *bar;
    if (!bt->ending)
        nj_bt_flow_bar(bt, &own);
    else if (strcmp(bar->timeframe, bt->o->timeframe) == 0 && bar->ts_close > bt->point_ns)
        bt->point_ns = bar->ts_close;
}

int nj_bt_trades_init(struct nj_bt *bt)
{
    const struct nj_bt_options *o = bt->o;
    const char *frames[MAX_FRAMES];
    uint32_t n = 0;
    if (o->input != NJ_COLUMNS_TRADES)
        return 0;
    bt->purse = nj_sum_of(o->live.purse_known ? o->live.purse : o->capital);
    frames[n++] = o->timeframe;
    for (uint32_t i = 0; o->config && o->event_globs && i < o->config->ohlcv.n_timeframes; i++)
        if (n < MAX_FRAMES && strcmp(o->config->ohlcv.timeframes[i], o->timeframe) != 0)
            frames[n++] = o->config->ohlcv.timeframes[i];
    struct nj_ohlcv_options options = {.timeframes = frames,
                                       .n_timeframes = n,
                                       .gap_fill = !o->live.gaps_unfilled,
                                       .max_gap = MAX_GAP_FILLED,
                                       .bar = on_closed,
                                       .ctx = bt};
    return nj_ohlcv_new(&bt->bars, &options, bt->err);
}

void nj_bt_trades_begin(struct nj_bt *bt)
{
    const struct nj_bt_symbol *first = nj_bt_earliest_trade(bt);
    for (uint32_t i = 0; i < bt->n_symbols; i++) {
        struct nj_bt_symbol *s = &bt->symbols[i];
        snprintf(s->topic, sizeof s->topic, "md.trades.%s", s->pristine.symbol);
        s->unwanted = s->aside || !nj_bt_wanted(bt, s->topic, !bt->bars_only);
    }
    nj_bt_flow_drain(bt); /* of what was sent at the start */
    for (size_t i = 0; first && bt->o->live.no_time_yet && i < bt->n_timers; i++) {
        struct nj_bt_timer *t = &bt->timers[i]; /* what was set then: time begins here */
        if (t->due_ns < first->next_ns &&
            __builtin_add_overflow(t->due_ns, first->next_ns, &t->due_ns))
            t->due_ns = INT64_MAX;
    }
}

void nj_bt_trades_free(struct nj_bt_symbol *s)
{
    for (struct nj_bt_source *next; s->source; s->source = next) {
        next = s->source->next;
        free(s->source);
    }
}

/* Is the row at hand no warm-up, or was any before it, of whichever symbol? */
static bool has_counted(const struct nj_bt *bt)
{
    for (uint32_t i = 0; bt->warming && i < bt->n_symbols; i++)
        if (!bt->symbols[i].aside && bt->symbols[i].shown > bt->symbols[i].warmup)
            return true;
    return !bt->warming;
}

void nj_bt_deliver_bar(struct nj_bt *bt, njord_bar *bar)
{
    char topic[80];
    const struct nj_bt_symbol *s = nj_bt_symbol_named(bt, bar->symbol);
    bool direct = strcmp(bar->timeframe, bt->o->timeframe) == 0;
    if (!s || s->aside)
        return;
    /* The point of the curve comes once its instant is over. A symbol that trades seldom closes its
     * bars late: the points of their instants were made when another one traded. */
    if (direct && bar->ts_close > bt->point_ns) {
        if (bt->point_due)
            nj_bt_keep_point(bt, bt->point_ns);
        bt->point_due = has_counted(bt);
        bt->point_ns = bar->ts_close;
    }
    snprintf(topic, sizeof topic, "md.ohlcv.%s.%s", bar->timeframe, bar->symbol);
    if (bt->o->live.bars_unheard || !nj_bt_wanted(bt, topic, bt->bars_only && direct))
        return;
    if (bt->warming)
        bar->ev.flags |= NJORD_EF_WARMUP;
    nj_bt_show(bt, topic, &bar->ev);
}

/* ---- the feed ---- */

static struct nj_bt_source *source_of(struct nj_bt *bt, struct nj_bt_symbol *s, const char *venue,
                                      bool *first)
{
    struct nj_bt_source *source = s->source;
    while (source && strcmp(source->venue, venue) != 0)
        source = source->next;
    *first = source == NULL;
    if (source)
        return source;
    source = calloc(1, sizeof *source);
    if (!source) {
        nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
        return NULL;
    }
    snprintf(source->venue, sizeof source->venue, "%s", venue);
    nj_trade_ids_init(&source->ids);
    source->next = s->source;
    s->source = source;
    return source;
}

/* What a host says of the feed before a trade: an input of its own. */
static void tell_status(struct nj_bt *bt, const struct nj_bt_symbol *s, const njord_trade *trade,
                        int64_t at_ns, uint8_t event, int64_t from, int64_t to)
{
    njord_feed_status status;
    char topic[64];
    struct nj_error err = {0};
    njord_event_init(&status, NJORD_EV_FEED_STATUS);
    memcpy(status.symbol, trade->symbol, sizeof status.symbol);
    snprintf(status.venue, sizeof status.venue, "%s", trade->venue[0] ? trade->venue : "unknown");
    status.event = event;
    status.from_id = from;
    status.to_id = to;
    status.ev.ts_ns = trade->ev.ts_ns;
    status.ev.symbol_id = trade->ev.symbol_id;
    enter(bt, &status.ev, at_ns, 0);
    int rc = event == NJORD_FEED_EVENT_UP
                 ? nj_ohlcv_broken(bt->bars, status.symbol, false, status.ev.ts_ns, &err)
                 : nj_ohlcv_gap(bt->bars, status.symbol, status.ev.ts_ns, &err);
    if (rc != 0)
        nj_bt_fail(bt, err.code, "%s", err.text);
    nj_bt_flow_drain(bt);
    snprintf(topic, sizeof topic, "md.status.%s", status.symbol);
    if (!s->aside)
        nj_bt_show(bt, topic, &status.ev);
    nj_bt_flow_drain(bt);
}

static void look_at_id(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_trade *trade,
                       int64_t at_ns)
{
    int64_t from, to;
    bool first;
    struct nj_bt_source *source = source_of(bt, s, trade->venue, &first);
    if (!source)
        return;
    if (first)
        tell_status(bt, s, trade, at_ns, NJORD_FEED_EVENT_UP, NJORD_NONE_I64, NJORD_NONE_I64);
    int64_t number = s->columns->id ? s->columns->id[s->row] : NJORD_NONE_I64;
    enum nj_trade_id id = number >= 0
                              ? nj_trade_ids_take_number(&source->ids, number, &from, &to)
                              : nj_trade_ids_take(&source->ids, trade->trade_id, &from, &to);
    if (id == NJ_TRADE_ID_GAP)
        tell_status(bt, s, trade, at_ns, NJORD_FEED_EVENT_GAP, from, to);
}

/* ---- trades ---- */

/* The first trade of a symbol closes no bar of its own. The instants that it is behind get their
 * points all the same, before it counts: the other symbols' bars of them come with their next
 * trade. */
static void points_before(struct nj_bt *bt, int64_t ts_ns)
{
    int64_t length_ns = nj_bar_length(bt->o->timeframe), end = ts_ns - ts_ns % length_ns;
    if (bt->out->counts.rows <= 1) /* the curve starts with the end of this bucket */
        bt->point_ns = end;
    while (bt->rc == 0 && bt->point_ns < end) {
        if (bt->point_due)
            nj_bt_keep_point(bt, bt->point_ns);
        bt->point_due = has_counted(bt);
        bt->point_ns += length_ns;
    }
}

/* What a trade is to the strategy and the books, stage by stage. */
static void work_off(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_trade *trade)
{
    struct nj_error err = {0};
    enum nj_ohlcv_taken taken;
    if (nj_ohlcv_trade(bt->bars, trade, &taken, &err) != 0)
        nj_bt_fail(bt, err.code, "%s", err.text);
    nj_bt_flow_drain(bt);
    if (s->shown == 1)
        points_before(bt, trade->ev.ts_ns);
    if (bt->point_due) {
        nj_bt_keep_point(bt, bt->point_ns);
        bt->point_due = false;
    }
    s->price = trade->price;
    s->price_ts_ns = bt->now_ns;
    if (bt->rc == 0)
        nj_bt_flow_resting(bt, s, trade->price);
    nj_bt_flow_drain(bt);
    if (bt->o->risk) {
        bt->view.now_ns = bt->now_ns;
        nj_risk_mark(bt->risk, &bt->view, trade->symbol);
    }
    if (!s->unwanted)
        nj_bt_show(bt, s->topic, &trade->ev);
    nj_bt_flow_drain(bt);
}

void nj_bt_step_trade(struct nj_bt *bt, struct nj_bt_symbol *s)
{
    njord_trade trade;
    if (bt->o->begun)
        bt->o->begun[s - bt->symbols]++;
    nj_columns_trade(s->columns, s->row, &trade);
    memcpy(trade.symbol, s->pristine.symbol, sizeof trade.symbol);
    trade.ev.symbol_id = s->instrument->symbol_id;
    int64_t at = nj_bt_trade_time(s);
    advance(bt, at);
    bt->warming = s->shown < s->warmup;
    look_at_id(bt, s, &trade, at);
    enter(bt, &trade.ev, at, trade.ev.seq);
    if (bt->warming)
        trade.ev.flags |= NJORD_EF_WARMUP;
    s->shown++;
    bt->out->counts.rows++;
    work_off(bt, s, &trade);
    nj_bt_next_row(bt, s);
}

void nj_bt_last_point(struct nj_bt *bt)
{
    struct nj_error err = {0};
    const struct nj_bt_outcome *out = bt->out;
    bool counts = false;
    for (uint32_t i = 0; i < bt->n_symbols; i++)
        counts = counts || (!bt->symbols[i].aside && bt->symbols[i].shown > bt->symbols[i].warmup);
    if (!counts) /* a run that was warm-up only */
        return;
    bt->ending = true;
    if (nj_ohlcv_finish(bt->bars, &err) != 0)
        nj_bt_fail(bt, err.code, "%s", err.text);
    if (out->n_curve == 0 || out->curve_ts[out->n_curve - 1] < bt->point_ns)
        nj_bt_keep_point(bt, bt->point_ns);
}

int64_t nj_bt_trade_time(const struct nj_bt_symbol *s)
{
    const int64_t *came = s->columns->ts_recv_ns;
    return came && njord_is_set_i64(came[s->row]) ? came[s->row] : s->columns->ts[s->row];
}

/* Of trades that come at one time the one with the lower number goes first. */
struct nj_bt_symbol *nj_bt_earliest_trade(struct nj_bt *bt)
{
    struct nj_bt_symbol *first = NULL;
    uint64_t first_seq = 0;
    for (uint32_t i = 0; i < bt->n_symbols; i++) {
        struct nj_bt_symbol *s = &bt->symbols[i];
        if (s->next_ns == INT64_MAX)
            continue;
        const struct nj_columns *c = s->columns;
        uint64_t seq = c->seq && c->seq[s->row] > 0 ? (uint64_t)c->seq[s->row] : UINT64_MAX;
        if (!first || seq < first_seq || (seq == first_seq && s->next_ns < first->next_ns)) {
            first = s;
            first_seq = seq;
        }
    }
    return first;
}
