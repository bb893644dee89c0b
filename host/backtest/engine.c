#include "backtest/engine_impl.h"

#include "journal/names.h"

#include <math.h>
#include <njord/contract.h>
#include <njord/plugin.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_RESTING 100000u
#define MAX_ERRORS  100u

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

void *nj_bt_grow_array(void *items, size_t used, size_t bytes)
{
    const size_t large = (size_t)2 << 20;
    if (bytes < large)
        return realloc(items, bytes);
    size_t whole = (bytes + large - 1) / large * large;
    void *more = aligned_alloc(large, whole);
    if (!more)
        return NULL;
    madvise(more, whole, MADV_HUGEPAGE); /* where it is not granted: ordinary pages */
    if (used > 0)
        memcpy(more, items, used);
    free(items);
    return more;
}

/* A few bytes that were written a moment ago: a loop meets them sooner than strcmp's wide loads. */
static inline bool same_text(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

struct nj_bt_symbol *nj_bt_symbol_named(struct nj_bt *bt, const char *symbol)
{
    /* nearly always the field of the very bar that is being shown */
    if (symbol == bt->hand_text && njord_same_symbol(symbol, bt->hand->pristine.symbol))
        return bt->hand;
    for (uint32_t i = 0; i < bt->n_symbols; i++)
        if (same_text(bt->symbols[i].instrument->symbol, symbol))
            return &bt->symbols[i];
    return NULL;
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
    const struct nj_bt_symbol *s = nj_bt_symbol_named(ctx, symbol);
    return s && !s->aside;
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

/* ---- what a run is made of ---- */

static int make_symbols(struct nj_bt *bt)
{
    const struct nj_bt_options *o = bt->o;
    bt->symbols = calloc(o->n_series + 1u, sizeof *bt->symbols);
    if (!bt->symbols)
        return nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
    for (uint32_t i = 0; i < o->n_series; i++) {
        struct nj_bt_symbol *s = &bt->symbols[i];
        s->series = &o->series[i];
        s->warmup = o->warmups ? o->warmups[i] : o->warmup;
        s->aside = s->series->aside;
        s->instrument = nj_instrument_get(bt->instruments, s->series->symbol);
        if (!s->instrument)
            return nj_error_set(bt->err, NJ_ERR_CONFIG, "'%s' is no BASE/QUOTE symbol",
                                s->series->symbol);
        if (i > 0 && !s->aside &&
            strcmp(s->instrument->quote, bt->symbols[0].instrument->quote) != 0)
            return nj_error_set(bt->err, NJ_ERR_CONFIG,
                                "symbols '%s' and '%s': expected one quote asset a run",
                                bt->symbols[0].series->symbol, s->series->symbol);
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(bt->symbols[k].series->symbol, s->series->symbol) == 0)
                return nj_error_set(bt->err, NJ_ERR_CONFIG, "symbol '%s' is named twice",
                                    s->series->symbol);
        nj_instrument_event(s->instrument, &s->rules);
        s->price = NAN;
        s->price_ts_ns = s->next_ns = INT64_MIN;
        njord_event_init(&s->pristine, NJORD_EV_BAR);
        memcpy(s->pristine.symbol, s->instrument->symbol, sizeof s->pristine.symbol);
        snprintf(s->pristine.timeframe, sizeof s->pristine.timeframe, "%s", o->timeframe);
        s->position = nj_ledger_open_position(bt->ledger, o->strategy_id, s->instrument->symbol);
        if (!s->position ||
            nj_orders_desk(bt->orders, o->strategy_id, s->instrument, &s->desk) != 0)
            return nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
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
                                     .commission = isfinite(o->taker_rate) ? o->taker_rate
                                                                           : o->commission_rate,
                                     .marked = true,
                                     .day_pnl_floor = NAN};
    return bt->risk ? 0 : nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
}

static int make_instance(struct nj_bt *bt)
{
    const struct nj_bt_options *o = bt->o;
    const char **names = calloc(bt->n_symbols + 1u, sizeof *names);
    njord_value *values = NULL;
    uint32_t n_values = 0, n_names = 0;
    struct nj_config_report report = {0};
    int rc = names ? nj_param_values(o->module->params, o->params, o->n_params, o->params_place,
                                     o->strategy_id, &values, &n_values, &report)
                   : nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
    if (rc != 0 && report.n_errors > 0)
        nj_error_set(bt->err, rc, "%.*s", (int)strcspn(report.errors.data, "\n"),
                     report.errors.data);
    nj_config_report_free(&report);
    for (uint32_t i = 0; rc == 0 && i < bt->n_symbols; i++)
        if (!bt->symbols[i].aside)
            names[n_names++] = bt->symbols[i].series->symbol;
    nj_bt_ops_init(bt);
    struct nj_instance_spec spec = {.id = o->strategy_id,
                                    .module = o->module,
                                    .ops = &bt->ops,
                                    .values = values,
                                    .n_values = n_values,
                                    .symbols = names,
                                    .n_symbols = n_names,
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
    if (o->input == NJ_COLUMNS_BARS ? !bars : !trades && !bars && !s->on_timer)
        return nj_error_set(bt->err, NJ_ERR_CONFIG,
                            "strategy '%s' has no callback for %s: expected --input %s",
                            o->strategy_id, o->input == NJ_COLUMNS_BARS ? "bars" : "trades",
                            o->input == NJ_COLUMNS_BARS ? "trades" : "bars");
    bt->bars_only = !s->on_trade && !s->on_event;
    bt->has_on_bar = s->on_bar != NULL;
    bool all = o->flow || s->on_event;
    bt->hears_updates = all || s->on_order;
    bt->hears_decisions = all || s->on_decision;
    bt->hears_fills = all || s->on_fill;
    bt->hears_positions = all || s->on_position;
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
        nj_bt_trades_free(&bt->symbols[i]);
        nj_bt_longer_free(bt, &bt->symbols[i]);
        nj_fifo_free(&bt->symbols[i].at_open);
        nj_fifo_free(&bt->symbols[i].late);
    }
    free(bt->symbols);
    free(bt->frames);
    free(bt->timers);
    nj_fifo_free(&bt->wishes);
    nj_fifo_free(&bt->flow);
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
    if (rc == 0)
        rc = nj_bt_names(&bt);
    if (rc == 0 && nj_ledger_set_capital(bt.ledger, options->strategy_id, options->capital) != 0)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
    bt.cash = options->capital;
    if (bt.orders && options->input == NJ_COLUMNS_BARS)
        nj_orders_own_ids(bt.orders);
    nj_intent_ids_of(options->strategy_id, options->live.epoch_s, &bt.ids);
    njord_event_init(&bt.blank.intent, NJORD_EV_INTENT);
    njord_event_init(&bt.blank.update, NJORD_EV_BROKER_ORDER_UPDATE);
    njord_event_init(&bt.blank.broker_fill, NJORD_EV_BROKER_FILL);
    if (rc == 0)
        rc = make_risk(&bt);
    if (rc == 0)
        rc = nj_bt_trades_init(&bt);
    if (rc == 0)
        rc = nj_bt_longer_init(&bt);
    if (rc == 0)
        rc = nj_bt_rows_init(&bt);
    if (rc == 0)
        rc = make_instance(&bt);
    if (rc == 0) {
        nj_bt_walk(&bt);
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
    free(o->kept);
    free(o->names);
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
