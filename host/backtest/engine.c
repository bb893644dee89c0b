#include "backtest/engine_impl.h"

#include "journal/names.h"

#include <math.h>
#include <njord/contract.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RESTING    100000u
#define MAX_ERRORS     100u
#define PROGRESS_EVERY 65536u

void nj_bt_fail(struct nj_bt *bt, int code, const char *fmt, ...)
{
    va_list args;
    if (bt->rc != 0)
        return;
    bt->rc = code;
    va_start(args, fmt);
    nj_error_vset(bt->err, code, fmt, args);
    va_end(args);
}

struct nj_bt_symbol *nj_bt_symbol_named(struct nj_bt *bt, const char *symbol)
{
    for (uint32_t i = 0; i < bt->n_symbols; i++)
        if (strcmp(bt->symbols[i].instrument->symbol, symbol) == 0)
            return &bt->symbols[i];
    return NULL;
}

uint64_t nj_bt_next_seq(struct nj_bt *bt)
{
    return ++bt->seq;
}

/* ---- what the rules look at ---- */

static double price_of(void *ctx, const char *symbol, int64_t *ts_ns)
{
    const struct nj_bt_symbol *s = nj_bt_symbol_named(ctx, symbol);
    if (ts_ns)
        *ts_ns = s ? s->price_ts_ns : INT64_MIN;
    return s ? s->price : (double)NAN;
}

static bool symbol_allowed(void *ctx, const char *strategy_id, const char *symbol)
{
    (void)strategy_id;
    return nj_bt_symbol_named(ctx, symbol) != NULL;
}

static double usd_of(void *ctx, const char *quote)
{
    const struct nj_bt *bt = ctx;
    const struct nj_risk_config *risk = bt->o->risk;
    for (uint32_t i = 0; risk && i < risk->n_usd_quotes; i++)
        if (strcmp(risk->usd_quotes[i], quote) == 0)
            return 1;
    char symbol[2 * NJORD_ASSET_SIZE];
    snprintf(symbol, sizeof symbol, "%.15s/USDT", quote);
    double price = price_of(ctx, symbol, NULL);
    snprintf(symbol, sizeof symbol, "%.15s/USD", quote);
    return isfinite(price) ? price : price_of(ctx, symbol, NULL);
}

/* ---- rows ---- */

static const struct nj_columns *piece_of(const struct nj_bt_symbol *s)
{
    return s->piece < s->series->n_pieces ? &s->series->pieces[s->piece] : NULL;
}

/* Sets when the next row comes, passing over pieces that are done. */
static void find_next(struct nj_bt *bt, struct nj_bt_symbol *s)
{
    const struct nj_columns *c;
    while ((c = piece_of(s)) && s->row >= c->n) {
        s->piece++;
        s->row = 0;
    }
    int64_t before = s->next_ns;
    s->next_ns = c && c->ts[s->row] < bt->o->to_ns ? c->ts[s->row] + bt->length_ns : INT64_MAX;
    if (s->next_ns < before)
        nj_bt_fail(bt, NJ_ERR_INPUT, "symbol '%s': row at %lld is before the one ahead of it",
                   s->series->symbol, (long long)c->ts[s->row]);
}

static void keep_point(struct nj_bt *bt, int64_t ts_ns)
{
    struct nj_bt_outcome *out = bt->out;
    if (out->n_curve == bt->cap_curve) {
        size_t cap = bt->cap_curve ? 2 * bt->cap_curve : 4096;
        int64_t *ts = realloc(out->curve_ts, cap * sizeof *ts);
        if (ts)
            out->curve_ts = ts;
        double *equity = ts ? realloc(out->curve_equity, cap * sizeof *equity) : NULL;
        if (equity)
            out->curve_equity = equity;
        uint8_t *exposed = equity ? realloc(out->curve_exposed, cap) : NULL;
        if (!exposed) {
            nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
            return;
        }
        out->curve_exposed = exposed;
        bt->cap_curve = cap;
    }
    double equity = bt->cash;
    if (bt->held)
        for (uint32_t i = 0; i < bt->n_symbols; i++)
            if (bt->symbols[i].qty != 0)
                equity += bt->symbols[i].qty * bt->symbols[i].price;
    out->curve_ts[out->n_curve] = ts_ns;
    out->curve_equity[out->n_curve] = equity;
    out->curve_exposed[out->n_curve++] = bt->held;
}

/* ---- the clock ---- */

/* Fires what is due before `until` (or at it, when `at` says so), in order of due time. */
static void fire_timers(struct nj_bt *bt, int64_t until, bool at)
{
    uint64_t before =
        bt->timers_set; /* one set while an instant is worked off waits for the next */
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

static void advance(struct nj_bt *bt, int64_t ts_ns)
{
    if (bt->n_timers > 0)
        fire_timers(bt, ts_ns, false);
    if (ts_ns > bt->now_ns)
        bt->now_ns = ts_ns;
}

/* ---- bars ---- */

static void meet_bar(struct nj_bt *bt, struct nj_bt_symbol *s)
{
    const struct nj_columns *c = piece_of(s);
    njord_match_tick tick =
        njord_match_bar(c->open[s->row], c->high[s->row], c->low[s->row], bt->o->slippage_bps,
                        bt->o->limit_gap == NJ_BT_GAP_OPEN);
    nj_bt_resting(bt, s, tick);
}

/* The row as a bar of its own, for the plugin to do with as it likes. */
static void make_bar(const struct nj_bt *bt, const struct nj_bt_symbol *s, njord_bar *bar)
{
    const struct nj_columns *c = piece_of(s);
    size_t row = s->row;
    *bar = s->pristine;
    bar->ts_open = c->ts[row];
    bar->ts_close = bar->ev.ts_ns = c->ts[row] + bt->length_ns;
    bar->open = c->open[row];
    bar->high = c->high[row];
    bar->low = c->low[row];
    bar->close = c->close[row];
    bar->volume = c->volume[row];
    if (c->trades)
        bar->trades = c->trades[row];
    if (c->quote_volume)
        bar->quote_volume = c->quote_volume[row];
    if (c->taker_volume)
        bar->taker_volume = c->taker_volume[row];
    if (c->partial && c->partial[row]) {
        bar->partial = 1;
        bar->ev.flags |= NJORD_EF_PARTIAL;
    }
}

static void show_bar(struct nj_bt *bt, struct nj_bt_symbol *s)
{
    njord_bar bar;
    make_bar(bt, s, &bar);
    bt->warming = s->shown < bt->o->warmup;
    bar.ev.seq = nj_bt_next_seq(bt);
    bar.ev.ts_recv_ns = bt->now_ns;
    if (bt->warming)
        bar.ev.flags |= NJORD_EF_WARMUP;
    s->price = bar.close;
    s->price_ts_ns = bt->now_ns;
    s->shown++;
    bt->out->counts.rows++;
    if (bt->o->risk && s->qty != 0)
        nj_risk_mark(bt->risk, &bt->view, s->instrument->symbol);
    nj_instance_show(bt->instance, s->topic, &bar.ev);
    if (!nj_fifo_empty(&bt->wishes))
        nj_bt_settle(bt);
}

/* All bars that close at one instant: orders of before meet them, then the timers, then the bars
 * one by one, then the point of the curve. */
static void step_bars(struct nj_bt *bt, int64_t close_ns)
{
    int64_t open_ns = close_ns - bt->length_ns;
    for (uint32_t i = 0; i < bt->n_symbols && bt->rc == 0; i++) {
        struct nj_bt_symbol *s = &bt->symbols[i];
        if (s->next_ns == close_ns && !nj_fifo_empty(&s->at_open)) {
            advance(bt, open_ns);
            nj_bt_at_open(bt, s, piece_of(s)->open[s->row]);
        }
    }
    advance(bt, close_ns);
    for (uint32_t i = 0; i < bt->n_symbols && bt->rc == 0; i++)
        if (bt->symbols[i].next_ns == close_ns && njord_match_book_count(&bt->symbols[i].book) > 0)
            meet_bar(bt, &bt->symbols[i]);
    if (bt->n_timers > 0)
        fire_timers(bt, close_ns, true);
    for (uint32_t i = 0; i < bt->n_symbols && bt->rc == 0; i++) {
        struct nj_bt_symbol *s = &bt->symbols[i];
        if (s->next_ns != close_ns)
            continue;
        show_bar(bt, s);
        s->row++;
        find_next(bt, s);
    }
    if (!bt->warming)
        keep_point(bt, close_ns);
}

/* ---- trades ---- */

/* Is a topic of the market one that the strategy is shown? */
static bool wanted(const struct nj_bt *bt, const char *topic, bool otherwise)
{
    if (!bt->o->event_globs)
        return otherwise;
    for (uint32_t i = 0; i < bt->o->n_event_globs; i++)
        if (njord_glob_match(bt->o->event_globs[i], topic))
            return true;
    return false;
}

/* A bar that a trade has closed: shown before the trade is. Of the timeframe of the run: a point of
 * the curve, once its instant is over. */
static void take_bars(struct nj_bt *bt)
{
    for (njord_bar *bar; bt->rc == 0 && (bar = nj_fifo_peek(&bt->closed, NULL));
         nj_fifo_release(&bt->closed)) {
        char topic[80];
        if (strcmp(bar->timeframe, bt->o->timeframe) == 0) {
            if (bt->point_due && bt->point_ns != bar->ts_close)
                keep_point(bt, bt->point_ns);
            bt->point_due = !bt->warming;
            bt->point_ns = bar->ts_close;
        }
        snprintf(topic, sizeof topic, "md.ohlcv.%s.%s", bar->timeframe, bar->symbol);
        const struct nj_bt_symbol *s = nj_bt_symbol_named(bt, bar->symbol);
        bool direct = bt->bars_only && strcmp(bar->timeframe, bt->o->timeframe) == 0;
        if (!s || !wanted(bt, topic, direct))
            continue;
        bar->ev.seq = nj_bt_next_seq(bt);
        bar->ev.ts_recv_ns = bt->now_ns;
        bar->ev.symbol_id = s->instrument->symbol_id;
        nj_instance_event(bt->instance, topic, &bar->ev);
        nj_bt_settle(bt);
    }
}

static void on_closed(void *ctx, const njord_bar *bar)
{
    struct nj_bt *bt = ctx;
    njord_bar *copy = nj_fifo_push(&bt->closed, sizeof *bar);
    if (copy)
        *copy = *bar;
    else
        nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
}

static void step_trade(struct nj_bt *bt, struct nj_bt_symbol *s)
{
    njord_trade trade;
    char topic[64];
    struct nj_error err = {0};
    enum nj_ohlcv_taken taken;
    nj_columns_trade(piece_of(s), s->row, &trade);
    int64_t at = njord_is_set_i64(trade.ev.ts_recv_ns) ? trade.ev.ts_recv_ns : trade.ev.ts_ns;
    advance(bt, at);
    if (bt->n_timers > 0)
        fire_timers(bt, bt->now_ns, true);
    bt->warming = s->shown < bt->o->warmup;
    trade.ev.seq = trade.ev.seq > bt->seq ? trade.ev.seq : nj_bt_next_seq(bt);
    bt->seq = trade.ev.seq;
    trade.ev.ts_recv_ns = bt->now_ns;
    trade.ev.symbol_id = s->instrument->symbol_id;
    if (bt->warming)
        trade.ev.flags |= NJORD_EF_WARMUP;
    if (nj_ohlcv_trade(bt->bars, &trade, &taken, &err) != 0)
        nj_bt_fail(bt, err.code, "%s", err.text);
    take_bars(bt);
    if (bt->point_due) {
        keep_point(bt, bt->point_ns);
        bt->point_due = false;
    }
    s->price = trade.price;
    s->price_ts_ns = bt->now_ns;
    s->shown++;
    bt->out->counts.rows++;
    if (bt->rc == 0 && njord_match_book_count(&s->book) > 0)
        nj_bt_resting(bt, s, njord_match_trade(trade.price, INT64_MAX, bt->o->slippage_bps));
    if (bt->o->risk && s->qty != 0)
        nj_risk_mark(bt->risk, &bt->view, s->instrument->symbol);
    snprintf(topic, sizeof topic, "md.trades.%s", trade.symbol);
    if (bt->rc == 0 && wanted(bt, topic, !bt->bars_only)) {
        nj_instance_event(bt->instance, topic, &trade.ev);
        nj_bt_settle(bt);
    }
    s->row++;
    find_next(bt, s);
}

/* The bucket that the data ends in: its point, and no event. */
static void last_point(struct nj_bt *bt)
{
    struct nj_error err = {0};
    struct nj_bt_outcome *out = bt->out;
    if (nj_ohlcv_finish(bt->bars, &err) != 0)
        nj_bt_fail(bt, err.code, "%s", err.text);
    for (const njord_bar *bar; (bar = nj_fifo_peek(&bt->closed, NULL));
         nj_fifo_release(&bt->closed))
        if (strcmp(bar->timeframe, bt->o->timeframe) == 0)
            bt->point_ns = bar->ts_close;
    if (out->n_curve == 0 || out->curve_ts[out->n_curve - 1] < bt->point_ns)
        keep_point(bt, bt->point_ns);
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

/* Of trades that come at one time the one with the lower number goes first. */
static struct nj_bt_symbol *earliest_trade(struct nj_bt *bt)
{
    struct nj_bt_symbol *first = NULL;
    uint64_t first_seq = 0;
    for (uint32_t i = 0; i < bt->n_symbols; i++) {
        struct nj_bt_symbol *s = &bt->symbols[i];
        if (s->next_ns == INT64_MAX)
            continue;
        const struct nj_columns *c = piece_of(s);
        uint64_t seq = c->seq && c->seq[s->row] > 0 ? (uint64_t)c->seq[s->row] : UINT64_MAX;
        if (!first || seq < first_seq || (seq == first_seq && s->next_ns < first->next_ns)) {
            first = s;
            first_seq = seq;
        }
    }
    return first;
}

static void walk(struct nj_bt *bt)
{
    uint64_t next_word = PROGRESS_EVERY;
    while (bt->rc == 0) {
        bool trades = bt->o->input == NJ_COLUMNS_TRADES;
        struct nj_bt_symbol *s = trades ? earliest_trade(bt) : earliest(bt);
        if (!s)
            break;
        if (bt->out->counts.rows == 0)
            bt->out->counts.first_ts_ns = s->next_ns;
        bt->out->counts.last_ts_ns = s->next_ns;
        if (trades)
            step_trade(bt, s);
        else
            step_bars(bt, s->next_ns);
        if (bt->o->progress && bt->out->counts.rows >= next_word) {
            next_word = bt->out->counts.rows + PROGRESS_EVERY;
            if (!bt->o->progress(bt->o->progress_ctx, bt->out->counts.rows))
                nj_bt_fail(bt, NJ_ERR_BUSY, "backtest: stopped");
        }
    }
    if (bt->rc == 0 && bt->o->input == NJ_COLUMNS_TRADES && bt->out->counts.rows > 0)
        last_point(bt);
}

static int make_symbols(struct nj_bt *bt)
{
    const struct nj_bt_options *o = bt->o;
    bt->symbols = calloc(o->n_series + 1u, sizeof *bt->symbols);
    if (!bt->symbols)
        return nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
    for (uint32_t i = 0; i < o->n_series; i++) {
        struct nj_bt_symbol *s = &bt->symbols[i];
        s->series = &o->series[i];
        s->instrument = nj_instrument_get(bt->instruments, s->series->symbol);
        if (!s->instrument)
            return nj_error_set(bt->err, NJ_ERR_CONFIG, "'%s' is no BASE/QUOTE symbol",
                                s->series->symbol);
        if (i > 0 && strcmp(s->instrument->quote, bt->symbols[0].instrument->quote) != 0)
            return nj_error_set(bt->err, NJ_ERR_CONFIG,
                                "symbols '%s' and '%s': expected one quote asset a run",
                                bt->symbols[0].series->symbol, s->series->symbol);
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(bt->symbols[k].series->symbol, s->series->symbol) == 0)
                return nj_error_set(bt->err, NJ_ERR_CONFIG, "symbol '%s' is named twice",
                                    s->series->symbol);
        s->price = NAN;
        s->price_ts_ns = s->next_ns = INT64_MIN;
        njord_event_init(&s->pristine, NJORD_EV_BAR);
        memcpy(s->pristine.symbol, s->instrument->symbol, sizeof s->pristine.symbol);
        snprintf(s->pristine.timeframe, sizeof s->pristine.timeframe, "%s", o->timeframe);
        snprintf(s->fill_prefix, sizeof s->fill_prefix, NJ_BT_VENUE "-%s-",
                 s->instrument->file_name);
        snprintf(s->topic, sizeof s->topic, "md.ohlcv.%s.%s", o->timeframe, s->pristine.symbol);
        s->pristine.ev.symbol_id = s->instrument->symbol_id;
        if (njord_match_book_init(&s->book, MAX_RESTING) != NJORD_OK)
            return nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
        bt->n_symbols++;
    }
    return 0;
}

static int configure_instruments(struct nj_bt *bt)
{
    const struct nj_config *config = bt->o->config;
    for (uint32_t i = 0; config && i < config->n_symbols; i++) {
        const struct nj_symbol_config *from = &config->symbols[i];
        struct nj_instrument *instrument = nj_instrument_get(bt->instruments, from->symbol);
        if (!instrument || !nj_instrument_configure(instrument, from))
            return nj_error_set(bt->err, NJ_ERR_CONFIG,
                                "symbols: '%s': its tick, step or bounds "
                                "cannot be",
                                from->symbol);
    }
    return 0;
}

/* The limits of a run without --risk: none, but the rules of a backtest. */
static int make_risk(struct nj_bt *bt)
{
    const struct nj_bt_options *o = bt->o;
    struct nj_risk_config limits = {0};
    if (o->risk)
        limits = *o->risk;
    limits.allow_short = o->allow_short ? NJ_YES : NJ_NO;
    limits.cash_check = o->cash_check;
    bt->risk = nj_risk_new(&limits);
    bt->view = (struct nj_risk_view){.backtest = !o->risk,
                                     .instruments = bt->instruments,
                                     .ledger = bt->ledger,
                                     .orders = bt->orders,
                                     .ctx = bt,
                                     .symbol_allowed = symbol_allowed,
                                     .last_price = price_of,
                                     .usd_of = usd_of,
                                     .slippage_bps = o->slippage_bps,
                                     .commission = o->commission_rate,
                                     .marked = true,
                                     .day_pnl_floor = NAN};
    return bt->risk ? 0 : nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
}

static int make_bars(struct nj_bt *bt)
{
    const struct nj_bt_options *o = bt->o;
    const char *frames[64];
    uint32_t n = 0;
    if (o->input != NJ_COLUMNS_TRADES)
        return 0;
    frames[n++] = o->timeframe;
    for (uint32_t i = 0; o->config && o->event_globs && i < o->config->ohlcv.n_timeframes; i++)
        if (n < 64 && strcmp(o->config->ohlcv.timeframes[i], o->timeframe) != 0)
            frames[n++] = o->config->ohlcv.timeframes[i];
    struct nj_ohlcv_options options = {
        .timeframes = frames, .n_timeframes = n, .gap_fill = true, .bar = on_closed, .ctx = bt};
    return nj_ohlcv_new(&bt->bars, &options, bt->err);
}

static int make_instance(struct nj_bt *bt)
{
    const struct nj_bt_options *o = bt->o;
    const char **names = calloc(bt->n_symbols + 1u, sizeof *names);
    njord_value *values = NULL;
    uint32_t n_values = 0;
    struct nj_config_report report = {0};
    int rc = names ? nj_param_values(o->module->params, o->params, o->n_params, o->params_place,
                                     o->strategy_id, &values, &n_values, &report)
                   : nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
    if (rc != 0 && report.n_errors > 0)
        nj_error_set(bt->err, rc, "%.*s", (int)strcspn(report.errors.data, "\n"),
                     report.errors.data);
    nj_config_report_free(&report);
    for (uint32_t i = 0; rc == 0 && i < bt->n_symbols; i++)
        names[i] = bt->symbols[i].series->symbol;
    nj_bt_ops_init(bt);
    struct nj_instance_spec spec = {.id = o->strategy_id,
                                    .module = o->module,
                                    .ops = &bt->ops,
                                    .values = values,
                                    .n_values = n_values,
                                    .symbols = names,
                                    .n_symbols = bt->n_symbols,
                                    .seed = o->seed,
                                    .max_errors = MAX_ERRORS,
                                    .owner = bt};
    if (rc == 0)
        rc = nj_instance_create(&bt->instance, &spec, bt->err);
    free(names);
    if (rc != 0)
        return rc;
    const njord_strategy_iface *s = &bt->instance->iface.strategy;
    bool bars = s->on_bar || s->on_event, trades = s->on_trade || s->on_event;
    if (o->input == NJ_COLUMNS_BARS ? !bars : !trades && !bars)
        return nj_error_set(bt->err, NJ_ERR_CONFIG,
                            "strategy '%s' has no callback for %s: expected --input %s",
                            o->strategy_id, o->input == NJ_COLUMNS_BARS ? "bars" : "trades",
                            o->input == NJ_COLUMNS_BARS ? "trades" : "bars");
    bt->bars_only = !s->on_trade && !s->on_event;
    bt->hears_updates = o->flow || s->on_order || s->on_event;
    return nj_instance_start(bt->instance, bt->err);
}

static void keep_open(struct nj_bt *bt)
{
    struct nj_bt_outcome *out = bt->out;
    out->open = calloc(bt->n_symbols + 1u, sizeof *out->open);
    for (uint32_t i = 0; out->open && i < bt->n_symbols; i++)
        if (bt->symbols[i].qty != 0)
            nj_ledger_snapshot(bt->ledger, bt->o->strategy_id, bt->symbols[i].instrument->symbol,
                               bt->symbols[i].price, bt->now_ns, &out->open[out->n_open++]);
    out->final_equity = out->n_curve ? out->curve_equity[out->n_curve - 1] : bt->o->capital;
    out->fees = nj_sum_value(bt->fees);
    out->slippage = nj_sum_value(bt->slippage);
    out->traded_notional = nj_sum_value(bt->notional);
}

static void end(struct nj_bt *bt)
{
    nj_instance_free(bt->instance);
    for (uint32_t i = 0; i < bt->n_symbols; i++) {
        njord_match_book_free(&bt->symbols[i].book);
        nj_fifo_free(&bt->symbols[i].at_open);
    }
    free(bt->symbols);
    free(bt->timers);
    nj_fifo_free(&bt->wishes);
    nj_fifo_free(&bt->closed);
    nj_ohlcv_free(bt->bars);
    nj_risk_free(bt->risk);
    nj_orders_free(bt->orders);
    nj_ledger_free(bt->ledger);
    nj_instruments_free(bt->instruments);
}

int nj_bt_run(const struct nj_bt_options *options, struct nj_bt_outcome *out, struct nj_error *err)
{
    struct nj_bt bt = {.o = options, .out = out, .err = err, .now_ns = INT64_MIN};
    *out = (struct nj_bt_outcome){0};
    bt.length_ns = options->input == NJ_COLUMNS_BARS ? nj_timeframe_ns(options->timeframe) : 0;
    if (nj_timeframe_ns(options->timeframe) == 0)
        return nj_error_set(err, NJ_ERR_CONFIG, "timeframe '%s': expected 1s to 1d",
                            options->timeframe);
    bt.instruments = nj_instruments_new();
    bt.ledger = bt.instruments ? nj_ledger_new(bt.instruments) : NULL;
    bt.orders = bt.instruments ? nj_orders_new(bt.instruments) : NULL;
    int rc = bt.ledger && bt.orders ? configure_instruments(&bt)
                                    : nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
    if (rc == 0)
        rc = make_symbols(&bt);
    if (rc == 0 && nj_ledger_set_capital(bt.ledger, options->strategy_id, options->capital) != 0)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
    bt.cash = options->capital;
    nj_intent_ids_of(options->strategy_id, 0, &bt.ids);
    njord_event_init(&bt.blank.intent, NJORD_EV_INTENT);
    njord_event_init(&bt.blank.update, NJORD_EV_BROKER_ORDER_UPDATE);
    njord_event_init(&bt.blank.broker_fill, NJORD_EV_BROKER_FILL);
    njord_event_init(&bt.blank.fill, NJORD_EV_FILL);
    if (rc == 0)
        rc = make_risk(&bt);
    if (rc == 0)
        rc = make_bars(&bt);
    for (uint32_t i = 0; i < bt.n_symbols && rc == 0; i++)
        find_next(&bt, &bt.symbols[i]);
    const struct nj_bt_symbol *first = rc == 0 ? earliest(&bt) : NULL;
    if (first) /* what the clock says at start: the first row's opening */
        bt.now_ns = first->next_ns - bt.length_ns;
    if (rc == 0)
        rc = make_instance(&bt);
    if (rc == 0) {
        walk(&bt);
        rc = bt.rc;
    }
    if (rc == 0)
        keep_open(&bt);
    end(&bt);
    if (rc != 0)
        nj_bt_outcome_free(out);
    return rc;
}

void nj_bt_outcome_free(struct nj_bt_outcome *o)
{
    if (!o)
        return;
    free(o->curve_ts);
    free(o->curve_equity);
    free(o->curve_exposed);
    free(o->fills);
    free(o->trades);
    free(o->refusals);
    free(o->open);
    *o = (struct nj_bt_outcome){0};
}

int nj_bt_metrics(const struct nj_bt_options *options, const struct nj_bt_outcome *outcome,
                  double periods_per_year, double risk_free, struct nj_metrics *out,
                  struct nj_error *err)
{
    size_t exposed = 0;
    for (size_t i = 0; i < outcome->n_curve; i++)
        exposed += outcome->curve_exposed[i];
    struct nj_metrics_input input = {
        .curve = {outcome->curve_ts, outcome->curve_equity, outcome->n_curve},
        .initial = options->capital,
        .trades = outcome->trades,
        .n_trades = outcome->n_trades,
        .exposed = outcome->n_curve ? (double)exposed / (double)outcome->n_curve : 0,
        .traded_notional = outcome->traded_notional,
        .fees = outcome->fees,
        .slippage = outcome->slippage,
        .periods_per_year = periods_per_year,
        .risk_free = risk_free};
    return nj_metrics_of(&input, out, err);
}
