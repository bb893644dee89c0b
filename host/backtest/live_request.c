#include "backtest/live_request.h"

#include "backtest/live_scan.h"
#include "journal/names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the entry ---- */

static int choose_entry(struct nj_live_request *r, struct nj_error *err)
{
    struct nj_bt_request *q = &r->request;
    const struct nj_config *c = q->config;
    const struct nj_instance_config *only = NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_strategies; i++) {
        const struct nj_instance_config *s = &c->strategies[i];
        if (q->strategy ? strcmp(s->id, q->strategy) != 0 : !s->enabled)
            continue;
        only = s;
        n++;
    }
    if (n != 1)
        return q->strategy
                   ? nj_error_set(err, NJ_ERR_CONFIG,
                                  "'%s' is no id of strategies.yaml: expected that of the "
                                  "entry that ran",
                                  q->strategy)
                   : nj_error_set(err, NJ_ERR_CONFIG,
                                  "%u strategies are enabled: expected --strategy ID of the "
                                  "one that ran alone",
                                  n);
    if (only->warmup_bars > 0)
        return nj_error_set(err, NJ_ERR_CONFIG,
                            "strategy '%s' is shown history at its start (warmup): that is not in "
                            "the trades of the run and cannot be compared",
                            only->id);
    q->entry = only;
    q->strategy = only->id;
    q->params = NULL;
    q->n_params = 0;
    return 0;
}

/* ---- the markets ---- */

static bool has_trades(const struct nj_journal_files *files, const char *symbol)
{
    char stem[NJ_STEM_SIZE];
    struct nj_error err = {0};
    if (nj_stem_make(njord_topic_of("md.trades.A/B"), "", symbol, stem, sizeof stem, &err) != 0)
        return false;
    for (size_t i = 0; i < files->n; i++)
        if (strcmp(files->files[i].stem, stem) == 0)
            return true;
    return false;
}

static bool named(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void note_aside(struct nj_live_request *r, const struct nj_journal_files *files,
                       char **symbols, uint32_t n)
{
    struct nj_bt_request *q = &r->request;
    for (uint32_t i = 0; i < n; i++)
        if (!named(q->symbols, q->n_symbols, symbols[i]) &&
            !named(r->aside, q->n_aside, symbols[i]) && has_trades(files, symbols[i]))
            r->aside[q->n_aside++] = symbols[i];
}

static int choose_symbols(struct nj_live_request *r, struct nj_error *err)
{
    struct nj_bt_request *q = &r->request;
    const struct nj_config *c = q->config;
    const struct nj_instance_config *entry = q->entry;
    char **own = entry->n_symbols ? entry->symbols : c->exchange.symbols;
    uint32_t n = entry->n_symbols ? entry->n_symbols : c->exchange.n_symbols;
    size_t all = n + c->exchange.n_symbols + 1u;
    struct nj_journal_files files;
    for (uint32_t i = 0; i < c->n_feeds; i++)
        all += c->feeds[i].n_symbols;
    int rc = nj_journal_list(q->journal_dir, "md.trades.*", &files, err);
    if (rc != 0)
        return rc;
    r->symbols = calloc(all, sizeof *r->symbols);
    r->aside = calloc(all, sizeof *r->aside);
    if (!r->symbols || !r->aside) {
        rc = nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
        goto done;
    }
    q->symbols = r->symbols;
    bool any = false;
    for (uint32_t i = 0; i < n; i++) {
        r->symbols[q->n_symbols++] = own[i];
        any = any || has_trades(&files, own[i]);
    }
    if (!any) {
        rc = nj_error_set(err, NJ_ERR_NOT_FOUND,
                          "no trades of strategy '%s' in '%s': expected them recorded "
                          "(journal.topics: md.trades.*)",
                          entry->id, q->journal_dir);
        goto done;
    }
    note_aside(r, &files, c->exchange.symbols, c->exchange.n_symbols);
    for (uint32_t i = 0; i < c->n_feeds; i++)
        note_aside(r, &files, c->feeds[i].symbols, c->feeds[i].n_symbols);
    q->aside = r->aside;
done:
    nj_journal_files_free(&files);
    return rc;
}

/* ---- the rest of the host ---- */

static int need_service(const struct nj_config *config, const char *name, struct nj_error *err)
{
    return nj_config_has_service(config, name)
               ? 0
               : nj_error_set(err, NJ_ERR_CONFIG,
                              "services: '%s' is not in the list: what another host did of it "
                              "cannot be compared",
                              name);
}

static int take_host(struct nj_live_request *r, const struct nj_live_scan *scan,
                     struct nj_error *err)
{
    struct nj_bt_request *q = &r->request;
    const struct nj_config *c = q->config;
    const char *slash = q->symbols[0] ? strchr(q->symbols[0], '/') : NULL;
    double cash = nj_bt_costs_cash(&r->costs, slash ? slash + 1 : "");
    if (r->costs.traded)
        return nj_error_set(err, NJ_ERR_CONFIG,
                            "broker '%s': fills: traded: a backtest fills an order whole, and "
                            "cannot be compared",
                            r->costs.broker);
    q->capital = isfinite(q->entry->capital) ? q->entry->capital : cash;
    if (!(q->capital > 0))
        return nj_error_set(err, NJ_ERR_CONFIG,
                            "strategy '%s': no capital, and broker '%s' has no cash of '%s'",
                            q->entry->id, r->costs.broker, slash ? slash + 1 : "");
    q->input = "trades";
    q->from_ns = INT64_MIN;
    q->to_ns = INT64_MAX;
    q->timeframe = c->ohlcv.n_timeframes > 0 ? c->ohlcv.timeframes[0] : NULL;
    q->commission_rate = q->taker_rate = r->costs.taker;
    q->maker_rate = r->costs.maker;
    q->slippage_bps = r->costs.slippage_bps;
    q->risk = &c->risk;
    q->allow_short = c->risk.allow_short == NJ_YES ||
                     (c->risk.allow_short == NJ_AUTO && c->app.env != NJ_ENV_LIVE);
    q->cash_check = c->risk.cash_check;
    q->periods_per_year = 365;
    q->as_live = true;
    q->live = (struct nj_bt_live){.venue = r->costs.broker,
                                  .purse_known = true,
                                  .purse = cash,
                                  .bars_unheard = c->ohlcv.n_timeframes == 0 ||
                                                  !nj_config_has_service(c, "ohlcv"),
                                  .gaps_unfilled = !c->ohlcv.gap_fill,
                                  .no_time_yet = scan->epoch_s == 0,
                                  .epoch_s = scan->epoch_s};
    return 0;
}

int nj_live_request_init(struct nj_live_request *out, const struct nj_bt_request *base,
                         struct nj_error *err)
{
    *out = (struct nj_live_request){.request = *base};
    struct nj_bt_request *q = &out->request;
    q->symbols = NULL;
    q->n_symbols = 0;
    int rc = choose_entry(out, err);
    if (rc == 0)
        rc = need_service(q->config, "risk", err);
    if (rc == 0)
        rc = need_service(q->config, "broker", err);
    if (rc == 0)
        rc = nj_bt_costs_read(q->config, q->plugins_dir, NULL, &out->costs, err);
    struct nj_live_scan scan = {0};
    if (rc == 0)
        rc = nj_live_scan(q->journal_dir, q->strategy, out->costs.broker, q->skip_bad, &scan, err);
    if (rc == 0)
        rc = choose_symbols(out, err);
    if (rc == 0)
        rc = take_host(out, &scan, err);
    if (rc != 0)
        nj_live_request_free(out);
    return rc;
}

void nj_live_request_free(struct nj_live_request *r)
{
    if (!r)
        return;
    free(r->symbols);
    free(r->aside);
    *r = (struct nj_live_request){0};
}
