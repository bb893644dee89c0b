/* engine_rows.c - the clock and the rows of a run: timers, bars, and the curve's points; trades are
 * walked in engine_trades.c.
 *
 * The order within an instant is that of doc/semantics.md: orders that waited for an open meet it;
 * then, at the instant itself, last prices, resting orders, timers, the bars one by one, and the
 * point of the curve. */
#include "backtest/engine_impl.h"

#include <math.h>
#include <njord/contract.h>
#include <stdlib.h>
#include <string.h>

static const struct nj_columns *piece_of(const struct nj_bt_symbol *s)
{
    return s->piece < s->series->n_pieces ? &s->series->pieces[s->piece] : NULL;
}

/* Sets when the next row comes, passing over pieces that are done. Two bars never share a time; two
 * trades may. */
static void find_next(struct nj_bt *bt, struct nj_bt_symbol *s)
{
    const struct nj_columns *c;
    while ((c = piece_of(s)) && s->row >= c->n) {
        s->piece++;
        s->row = 0;
    }
    int64_t before = s->next_ns;
    s->columns = c;
    s->next_ns = !c || c->ts[s->row] >= bt->o->to_ns ? INT64_MAX
                 : bt->length_ns > 0                 ? c->ts[s->row] + bt->length_ns
                                                     : nj_bt_trade_time(s);
    if (s->next_ns < before || (s->next_ns == before && bt->length_ns > 0 && before != INT64_MAX))
        nj_bt_fail(bt, NJ_ERR_INPUT, "symbol '%s': row at %lld is not after the one ahead of it",
                   s->series->symbol, (long long)c->ts[s->row]);
}

/* ---- the curve ---- */

/* Room for as many points as there are rows: with trades it is made as points come. */
static int reserve_points(struct nj_bt *bt, size_t cap)
{
    struct nj_bt_outcome *out = bt->out;
    int64_t *ts = nj_bt_grow_array(out->curve_ts, out->n_curve * sizeof *ts, cap * sizeof *ts);
    if (ts)
        out->curve_ts = ts;
    double *equity =
        nj_bt_grow_array(out->curve_equity, out->n_curve * sizeof *equity, cap * sizeof *equity);
    if (equity)
        out->curve_equity = equity;
    uint8_t *exposed = nj_bt_grow_array(out->curve_exposed, out->n_curve * sizeof *exposed, cap);
    if (exposed)
        out->curve_exposed = exposed;
    if (!ts || !equity || !exposed) {
        nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
        return NJ_ERR_NOMEM;
    }
    bt->cap_curve = cap;
    return 0;
}

/* What a position is worth a unit: the last close; before a first one, as in the ledger, what was
 * paid for it. */
static inline double mark_of(const struct nj_bt_symbol *s)
{
    return isnan(s->price) ? s->position->avg_price : s->price;
}

static inline void keep_point(struct nj_bt *bt, int64_t ts_ns)
{
    struct nj_bt_outcome *out = bt->out;
    if (out->n_curve == bt->cap_curve && reserve_points(bt, 2 * bt->cap_curve) != 0)
        return;
    double equity = bt->cash;
    if (bt->held)
        for (uint32_t i = 0; i < bt->n_symbols; i++)
            if (bt->symbols[i].qty != 0)
                equity += bt->symbols[i].qty * mark_of(&bt->symbols[i]);
    out->curve_ts[out->n_curve] = ts_ns;
    out->curve_equity[out->n_curve] = equity;
    out->curve_exposed[out->n_curve++] = bt->held;
}

void nj_bt_keep_point(struct nj_bt *bt, int64_t ts_ns)
{
    keep_point(bt, ts_ns);
}

void nj_bt_next_row(struct nj_bt *bt, struct nj_bt_symbol *s)
{
    s->row++;
    find_next(bt, s);
}

/* ---- the clock ---- */

/* Fires what is due before `until` (or at it, when `at` says so), in order of due time. */
static void fire_timers(struct nj_bt *bt, int64_t until, bool at)
{
    /* one set while an instant is worked off waits for the next */
    uint64_t before = bt->timers_set;
    while (bt->rc == 0 && bt->n_timers > 0) {
        struct nj_bt_timer *first = NULL;
        for (size_t i = 0; i < bt->n_timers; i++) {
            struct nj_bt_timer *t = &bt->timers[i];
            if (t->set > before && t->due_ns <= bt->now_ns)
                continue;
            if (!first || t->due_ns < first->due_ns ||
                (t->due_ns == first->due_ns && t->set < first->set))
                first = t;
        }
        if (!first || first->due_ns > until || (first->due_ns == until && !at))
            return;
        struct nj_bt_timer t = *first;
        if (t.period_ns > 0)
            first->due_ns += t.period_ns;
        else
            *first = bt->timers[--bt->n_timers];
        if (t.due_ns > bt->now_ns)
            bt->now_ns = t.due_ns;
        bt->out->counts.timers++;
        nj_instance_timer(bt->instance, nj_bt_next_seq(bt), t.id, t.due_ns);
        nj_bt_settle(bt);
    }
}

static inline void advance(struct nj_bt *bt, int64_t ts_ns)
{
    if (bt->n_timers > 0)
        fire_timers(bt, ts_ns, false);
    if (ts_ns > bt->now_ns)
        bt->now_ns = ts_ns;
}

/* ---- bars ---- */

static void meet_bar(struct nj_bt *bt, struct nj_bt_symbol *s)
{
    const struct nj_columns *c = s->columns;
    njord_match_tick tick =
        njord_match_bar(c->open[s->row], c->high[s->row], c->low[s->row], bt->o->slippage_bps,
                        bt->o->limit_gap == NJ_BT_GAP_OPEN);
    nj_bt_resting(bt, s, tick);
}

/* The row as a bar of its own, for the plugin to do with as it likes. Member by member: what is not
 * the row's own is copied as it stands in the pristine bar. */
static inline void make_bar(const struct nj_bt_symbol *s, const struct nj_columns *c, size_t row,
                            int64_t close_ns, njord_bar *bar)
{
    bar->ev = s->pristine.ev;
    bar->ts_open = c->ts[row];
    bar->ts_close = bar->ev.ts_ns = close_ns;
    bar->open = c->open[row];
    bar->high = c->high[row];
    bar->low = c->low[row];
    bar->close = c->close[row];
    bar->volume = c->volume[row];
    bar->trades = c->trades ? c->trades[row] : s->pristine.trades;
    bar->quote_volume = c->quote_volume ? c->quote_volume[row] : s->pristine.quote_volume;
    bar->taker_volume = c->taker_volume ? c->taker_volume[row] : s->pristine.taker_volume;
    memcpy(bar->symbol, s->pristine.symbol, sizeof *bar - offsetof(njord_bar, symbol));
    if (c->partial && c->partial[row]) {
        bar->partial = 1;
        bar->ev.flags |= NJORD_EF_PARTIAL;
    }
}

static inline void show_bar(struct nj_bt *bt, struct nj_bt_symbol *s, const char *topic,
                            njord_bar *bar)
{
    bt->warming = s->warming;
    bar->ev.seq = nj_bt_next_seq(bt);
    bar->ev.ts_recv_ns = bt->now_ns;
    if (s->warming)
        bar->ev.flags |= NJORD_EF_WARMUP;
    bt->hand = s;
    bt->hand_text = bar->symbol;
    if (bt->has_on_bar)
        nj_instance_bar(bt->instance, bar);
    else
        nj_instance_show(bt->instance, topic, &bar->ev);
}

void nj_bt_show_bar(struct nj_bt *bt, struct nj_bt_symbol *s, const char *topic, njord_bar *bar)
{
    show_bar(bt, s, topic, bar);
    bt->hand_text = NULL;
    if (!nj_fifo_empty(&bt->wishes))
        nj_bt_settle(bt);
}

static inline size_t resting(const struct nj_bt_symbol *s)
{
    return s->book.waiting.count + s->book.buys.count + s->book.sells.count;
}

/* When the next bar of any symbol opens that has not been looked at, INT64_MAX: none does before
 * `until`. Without timers only those count that an order waits for. */
static int64_t next_open(const struct nj_bt *bt, int64_t until)
{
    int64_t first = INT64_MAX;
    for (uint32_t i = 0; i < bt->n_symbols; i++) {
        const struct nj_bt_symbol *s = &bt->symbols[i];
        if (s->next_ns == INT64_MAX || (bt->n_timers == 0 && nj_fifo_empty(&s->at_open)))
            continue;
        int64_t open_ns = s->next_ns - bt->length_ns;
        if (open_ns > bt->opened_ns && open_ns < until && open_ns < first)
            first = open_ns;
    }
    return first;
}

/* Does an order wait for the bar of a symbol that opens now? */
static bool opens_at(const struct nj_bt *bt, const struct nj_bt_symbol *s, int64_t open_ns)
{
    return s->next_ns != INT64_MAX && s->next_ns - bt->length_ns == open_ns &&
           !nj_fifo_empty(&s->at_open);
}

/* What comes before the bars of an instant, seldom anything: timers, and opens that orders wait
 * for. A timer that is due before a bar opens comes first: what it makes the strategy send meets
 * that open. What the fills of an open make it send does not, of whichever symbol. */
static void before_bars(struct nj_bt *bt, int64_t close_ns)
{
    for (int64_t at; bt->rc == 0 && (at = next_open(bt, close_ns)) != INT64_MAX;) {
        advance(bt, at);
        for (uint32_t i = 0; bt->o->begun && i < bt->n_symbols; i++)
            if (opens_at(bt, &bt->symbols[i], at)) /* it may close in a later step than this */
                bt->o->begun[i] = bt->symbols[i].shown + 1;
        for (uint32_t i = 0; i < bt->n_symbols && bt->rc == 0; i++)
            if (opens_at(bt, &bt->symbols[i], at))
                nj_bt_at_open(bt, &bt->symbols[i],
                              bt->symbols[i].columns->open[bt->symbols[i].row]);
        nj_bt_settle(bt);
        bt->opened_ns = at;
    }
    bt->opened_ns = close_ns - 1;
    advance(bt, close_ns);
}

/* Last prices of an instant, before anything meets them: what is sent about any symbol from here on
 * gets its price of now, and not of the bar before. */
static inline void take_price(struct nj_bt *bt, struct nj_bt_symbol *s, double close)
{
    s->price = close;
    s->price_ts_ns = bt->now_ns;
    s->warming = s->shown < s->warmup;
    s->shown++;
    if (bt->o->risk && s->qty != 0)
        nj_risk_mark(bt->risk, &bt->view, s->instrument->symbol);
}

/* All bars that close at one instant. */
static void step_bars(struct nj_bt *bt, int64_t close_ns)
{
    bool counts = false, meets = false;
    if (bt->o->begun)
        for (uint32_t i = 0; i < bt->n_symbols; i++)
            if (bt->symbols[i].next_ns == close_ns)
                bt->o->begun[i] = bt->symbols[i].shown + 1;
    before_bars(bt, close_ns);
    for (uint32_t i = 0; i < bt->n_symbols && bt->rc == 0; i++)
        if (bt->symbols[i].next_ns == close_ns) {
            take_price(bt, &bt->symbols[i], bt->symbols[i].columns->close[bt->symbols[i].row]);
            counts = counts || !bt->symbols[i].warming;
            meets = meets || resting(&bt->symbols[i]) > 0;
        }
    /* of what is no bar: warm-up lasts until the first row that counts, of whichever symbol */
    bool warming = !counts && bt->out->n_curve == 0;
    bt->warming = warming;
    if (meets) { /* what their fills make the strategy send comes after all have met */
        for (uint32_t i = 0; i < bt->n_symbols && bt->rc == 0; i++)
            if (bt->symbols[i].next_ns == close_ns)
                meet_bar(bt, &bt->symbols[i]);
    }
    for (uint32_t i = 0; i < bt->n_symbols && bt->rc == 0; i++)
        if (bt->symbols[i].next_ns == close_ns)
            nj_bt_rest_late(bt, &bt->symbols[i]);
    if (meets)
        nj_bt_settle(bt);
    if (bt->n_timers > 0)
        fire_timers(bt, close_ns, true);
    if (bt->n_frames > 0)
        nj_bt_longer_late(bt, close_ns);
    for (uint32_t i = 0; i < bt->n_symbols && bt->rc == 0; i++) {
        struct nj_bt_symbol *s = &bt->symbols[i];
        njord_bar bar;
        if (s->next_ns != close_ns)
            continue;
        make_bar(s, s->columns, s->row, s->next_ns, &bar);
        bt->out->counts.rows++;
        if (bt->n_frames > 0)
            nj_bt_longer_take(bt, s, &bar);
        nj_bt_show_bar(bt, s, s->topic, &bar);
        s->row++;
        find_next(bt, s);
    }
    if (bt->n_frames > 0)
        nj_bt_longer_closed(bt, close_ns);
    bt->warming = warming;
    if (counts)
        keep_point(bt, close_ns);
}

/* Rows of the only symbol, as step_bars() takes them, for as long as nothing else is to be looked
 * at at their instants: most rows of most runs. */
static void quiet_bars(struct nj_bt *bt, struct nj_bt_symbol *s)
{
    const struct nj_columns *c = s->columns;
    uint64_t *begun = bt->o->begun;
    size_t row = s->row;
    int64_t length_ns = bt->length_ns, to_ns = bt->o->to_ns, at = s->next_ns;
    bool more = bt->n_timers == 0 && nj_fifo_empty(&s->at_open) && resting(s) == 0;
    if (!more)
        return;
    bt->hand = s;
    while (more) {
        njord_bar bar;
        if (begun)
            ++*begun;
        if (at > bt->now_ns)
            bt->now_ns = at;
        take_price(bt, s, c->close[row]);
        make_bar(s, c, row, at, &bar);
        bt->out->counts.rows++;
        bt->out->counts.last_ts_ns = at;
        show_bar(bt, s, s->topic, &bar);
        if (!nj_fifo_empty(&bt->wishes)) {
            nj_bt_settle(bt);
            more = nj_fifo_empty(&s->at_open) && resting(s) == 0 && bt->rc == 0;
        }
        if (!s->warming)
            keep_point(bt, at);
        s->row = ++row;
        if (row >= c->n || c->ts[row] <= c->ts[row - 1] || c->ts[row] >= to_ns || bt->rc != 0) {
            find_next(bt, s); /* the end of a piece or of the run, or a row out of order */
            return;
        }
        s->next_ns = at = c->ts[row] + length_ns;
        more = more && bt->n_timers == 0;
    }
}

/* ---- a run ---- */

static struct nj_bt_symbol *earliest(struct nj_bt *bt)
{
    struct nj_bt_symbol *first = NULL;
    for (uint32_t i = 0; i < bt->n_symbols; i++)
        if (bt->symbols[i].next_ns != INT64_MAX &&
            (!first || bt->symbols[i].next_ns < first->next_ns))
            first = &bt->symbols[i];
    return first;
}

int nj_bt_rows_init(struct nj_bt *bt)
{
    size_t rows = 0;
    for (uint32_t i = 0; i < bt->n_symbols; i++) {
        for (size_t k = 0; k < bt->symbols[i].series->n_pieces; k++)
            rows += bt->symbols[i].series->pieces[k].n;
        find_next(bt, &bt->symbols[i]);
    }
    bool trades = bt->o->input == NJ_COLUMNS_TRADES;
    const struct nj_bt_symbol *first = trades ? nj_bt_earliest_trade(bt) : earliest(bt);
    bt->opened_ns = INT64_MIN;
    if (trades && bt->o->live.no_time_yet)
        bt->now_ns = 0;
    else if (first) /* what the clock says at start: the first row's opening */
        bt->now_ns = first->next_ns - bt->length_ns;
    if (bt->rc != 0)
        return bt->rc;
    return reserve_points(bt, bt->o->input == NJ_COLUMNS_BARS ? rows + 1 : 4096);
}

void nj_bt_walk(struct nj_bt *bt)
{
    bool trades = bt->o->input == NJ_COLUMNS_TRADES;
    bool quiet = !trades && bt->n_symbols == 1 && bt->n_frames == 0;
    if (trades)
        nj_bt_trades_begin(bt);
    while (bt->rc == 0) {
        struct nj_bt_symbol *s = trades ? nj_bt_earliest_trade(bt) : earliest(bt);
        if (!s)
            break;
        if (bt->out->counts.rows == 0)
            bt->out->counts.first_ts_ns = s->next_ns;
        bt->out->counts.last_ts_ns = s->next_ns;
        if (trades)
            nj_bt_step_trade(bt, s);
        else
            step_bars(bt, s->next_ns);
        if (quiet && s->next_ns != INT64_MAX && bt->rc == 0)
            quiet_bars(bt, s);
    }
    if (bt->rc == 0 && trades && bt->out->counts.rows > 0)
        nj_bt_last_point(bt);
}
