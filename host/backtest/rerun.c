#include "backtest/rerun.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 256

/* ---- the request ---- */

static int no_memory(struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_NOMEM, "rerun: out of memory");
}

static int copy_params(struct nj_instance_config *entry, const struct nj_result *from,
                       struct nj_error *err)
{
    entry->params = calloc(from->n_params + 1, sizeof *entry->params);
    if (!entry->params)
        return no_memory(err);
    for (size_t i = 0; i < from->n_params; i++) {
        const struct nj_result_param *p = &from->params[i];
        struct nj_param_text *to = &entry->params[entry->n_params++];
        to->name = p->name;
        if (!p->map) {
            to->text = p->value;
            continue;
        }
        to->map = calloc(p->n_map + 1, sizeof *to->map);
        if (!to->map)
            return no_memory(err);
        for (size_t k = 0; k < p->n_map; k++)
            to->map[to->n_map++] =
                (struct nj_param_text){.name = p->map[k].name, .text = p->map[k].value};
    }
    return 0;
}

static int copy_symbols(struct nj_rerun *r, const struct nj_result *from, struct nj_error *err)
{
    r->symbols = calloc(from->n_data + 1, sizeof *r->symbols);
    r->names = calloc(from->n_data + 1, sizeof *r->names);
    if (!r->symbols || !r->names)
        return no_memory(err);
    for (size_t i = 0; i < from->n_data; i++) {
        const struct nj_result_data *d = &from->data[i];
        struct nj_symbol_config *s = &r->symbols[i];
        memcpy(s->symbol, d->symbol, sizeof s->symbol);
        s->tick = d->tick;
        s->step = d->step;
        s->min_qty = d->min_qty;
        s->max_qty = d->max_qty;
        s->min_notional = d->min_notional;
        r->names[i] = d->symbol;
    }
    r->config.symbols = r->symbols;
    r->config.n_symbols = (uint32_t)from->n_data;
    return 0;
}

static bool limit_of(const json_t *risk, const char *key, double *out)
{
    const json_t *v = json_object_get(risk, key);
    *out = json_number_value(v);
    return json_is_number(v);
}

static bool count_of(const json_t *risk, const char *key, int64_t *out)
{
    const json_t *v = json_object_get(risk, key);
    *out = json_integer_value(v);
    return json_is_integer(v);
}

static int copy_risk(struct nj_rerun *r, const struct nj_result *from, struct nj_error *err)
{
    struct nj_risk_config *to = &r->risk;
    json_t *risk = json_loads(from->risk, JSON_REJECT_DUPLICATES, NULL);
    r->risk_json = risk;
    const json_t *quotes = json_object_get(risk, "usd_quotes");
    *to = r->config.risk; /* what no backtest looks at */
    to->usd_quotes = r->quotes = calloc(json_array_size(quotes) + 1, sizeof *r->quotes);
    to->n_usd_quotes = 0;
    if (!r->quotes)
        return no_memory(err);
    bool whole = json_is_array(quotes) &&
                 limit_of(risk, "per_order_usd_cap", &to->per_order_usd_cap) &&
                 limit_of(risk, "daily_loss_usd_cap", &to->daily_loss_usd_cap) &&
                 limit_of(risk, "orders_per_min_cap", &to->orders_per_min_cap) &&
                 limit_of(risk, "price_collar_pct", &to->price_collar_pct) &&
                 limit_of(risk, "max_position_usd", &to->max_position_usd) &&
                 count_of(risk, "max_open_orders", &to->max_open_orders) &&
                 count_of(risk, "duplicate_window_ms", &to->duplicate_window_ms) &&
                 count_of(risk, "stale_price_ms", &to->stale_price_ms) &&
                 count_of(risk, "max_intent_age_ms", &to->max_intent_age_ms);
    for (size_t i = 0; i < json_array_size(quotes) && whole; i++) {
        const char *quote = json_string_value(json_array_get(quotes, i));
        whole = quote != NULL;
        to->usd_quotes[to->n_usd_quotes++] = (char *)quote;
    }
    if (!whole)
        return nj_error_set(err, NJ_ERR_INPUT, "'config.risk': a limit is missing");
    r->request.risk = to;
    return 0;
}

static bool one_of(const char *text, const char *first, const char *second, bool *is_second)
{
    *is_second = strcmp(text, second) == 0;
    return *is_second || strcmp(text, first) == 0;
}

static int copy_run(struct nj_rerun *r, const struct nj_result *from, struct nj_error *err)
{
    struct nj_bt_request *q = &r->request;
    bool next_open, open, trades;
    if (!one_of(from->fill, "close", "next-open", &next_open) ||
        !one_of(from->limit_gap, "limit", "open", &open) ||
        !one_of(from->input, "bars", "trades", &trades))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "'config': expected fill close or next-open, limit_gap limit or open, "
                            "input bars or trades");
    if (from->n_data == 0)
        return nj_error_set(err, NJ_ERR_INPUT, "'config.data': expected a symbol");
    if (from->data[0].stem[0] == '\0' && !q->csv)
        return nj_error_set(err, NJ_ERR_CONFIG, "the run read a CSV file: expected --csv FILE");
    if (from->data[0].stem[0] != '\0' && q->csv)
        return nj_error_set(err, NJ_ERR_CONFIG, "the run read journals: --csv is not for it");
    q->timeframe = from->timeframe;
    q->input = from->input;
    q->from_ns = from->start_ts;
    q->to_ns = from->end_ts;
    q->capital = from->capital;
    q->commission_rate = from->commission_rate;
    q->slippage_bps = from->slippage_bps;
    q->maker_rate = from->maker_rate;
    q->taker_rate = from->taker_rate;
    q->fill = next_open ? NJ_BT_FILL_NEXT_OPEN : NJ_BT_FILL_CLOSE;
    q->limit_gap = open ? NJ_BT_GAP_OPEN : NJ_BT_GAP_LIMIT;
    q->warmup = from->warmup;
    q->allow_short = from->allow_short;
    q->cash_check = from->cash_check;
    q->periods_per_year = from->periods_per_year;
    q->risk_free = from->risk_free;
    q->check_sources = true;
    for (size_t i = 0; i < from->n_data; i++)
        q->skip_bad = q->skip_bad || from->data[i].bad > 0;
    return 0;
}

int nj_rerun_init(struct nj_rerun *out, const struct nj_result *from,
                  const struct nj_bt_request *base, struct nj_error *err)
{
    *out = (struct nj_rerun){.request = *base, .config = *base->config};
    struct nj_instance_config *entry = &out->entry;
    *entry = (struct nj_instance_config){.kind = NJORD_KIND_STRATEGY, .enabled = true};
    memcpy(entry->id, from->strategy_id, sizeof entry->id);
    snprintf(entry->plugin, sizeof entry->plugin, "%.*s", (int)sizeof entry->plugin - 1,
             from->plugin);
    entry->events = from->events;
    entry->n_events = (uint32_t)from->n_events;
    out->config.ohlcv.timeframes = from->timeframes;
    out->config.ohlcv.n_timeframes = (uint32_t)from->n_timeframes;
    out->config.app.seed = from->seed;
    int rc = copy_run(out, from, err);
    if (rc == 0)
        rc = copy_symbols(out, from, err);
    if (rc == 0)
        rc = copy_params(entry, from, err);
    out->request.risk = NULL;
    if (rc == 0 && from->risk)
        rc = copy_risk(out, from, err);
    out->request.config = &out->config;
    out->request.entry = entry;
    out->request.strategy = base->strategy ? base->strategy : from->plugin;
    out->request.symbols = out->names;
    out->request.n_symbols = from->n_data;
    if (rc != 0)
        nj_rerun_free(out);
    return rc;
}

void nj_rerun_free(struct nj_rerun *r)
{
    if (!r)
        return;
    for (uint32_t i = 0; i < r->entry.n_params; i++)
        free(r->entry.params[i].map);
    free(r->entry.params);
    free(r->symbols);
    free(r->names);
    free(r->quotes);
    json_decref(r->risk_json);
    *r = (struct nj_rerun){0};
}

/* ---- the same? ---- */

struct walk {
    char path[PATH_SIZE]; /* of the member at hand: "metrics.skew", "fills[3].price" */
    char *out;
};

static void shorten(const json_t *v, char *out, size_t cap)
{
    char *text = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    snprintf(out, cap, "%.60s%s",
             !v     ? "nothing"
             : text ? text
                    : "?",
             text && strlen(text) > 60 ? "..." : "");
    free(text);
}

static bool tell(struct walk *w, const json_t *then, const json_t *now)
{
    char a[80], b[80];
    shorten(then, a, sizeof a);
    shorten(now, b, sizeof b);
    snprintf(w->out, NJ_RERUN_TEXT, "bytes differ at '%s': %s then, %s now", w->path, a, b);
    return false;
}

/* Numbers as they are written: the same double is the same text. */
static bool same_scalar(const json_t *a, const json_t *b)
{
    if (json_typeof(a) != json_typeof(b))
        return false;
    return json_equal(a, b) != 0;
}

static bool same_value(struct walk *w, const json_t *then, const json_t *now);

static bool same_member(struct walk *w, size_t len, const json_t *then, const json_t *now)
{
    bool same = then && now ? same_value(w, then, now) : tell(w, then, now);
    if (same)
        w->path[len] = '\0';
    return same;
}

static bool same_object(struct walk *w, const json_t *then, const json_t *now)
{
    size_t len = strlen(w->path);
    const char *key;
    json_t *v, *all = json_copy((json_t *)now);
    bool same = true;
    json_object_foreach((json_t *)then, key, v)
    {
        snprintf(w->path + len, sizeof w->path - len, "%s%s", len ? "." : "", key);
        json_object_del(all, key);
        same = same_member(w, len, v, json_object_get(now, key));
        if (!same)
            break;
    }
    if (same)
        json_object_foreach(all, key, v)
        {
            snprintf(w->path + len, sizeof w->path - len, "%s%s", len ? "." : "", key);
            same = tell(w, NULL, v);
            break;
        }
    json_decref(all);
    return same;
}

/* Depth: what nj_result_read has taken nests four deep. */
static bool same_value(struct walk *w, const json_t *then, const json_t *now)
{
    if (json_is_object(then) && json_is_object(now))
        return same_object(w, then, now);
    if (!json_is_array(then) || !json_is_array(now))
        return same_scalar(then, now) || tell(w, then, now);
    size_t n = json_array_size(then), m = json_array_size(now), len = strlen(w->path);
    for (size_t i = 0; i < n || i < m; i++) {
        snprintf(w->path + len, sizeof w->path - len, "[%zu]", i);
        if (!same_member(w, len, json_array_get(then, i), json_array_get(now, i)))
            return false;
    }
    return true;
}

static void first_member(const struct nj_buf *then, const struct nj_buf *now, char *out)
{
    struct walk w = {.out = out};
    json_t *a = json_loadb(then->data, then->len, JSON_REJECT_DUPLICATES, NULL);
    json_t *b = json_loadb(now->data, now->len, JSON_REJECT_DUPLICATES, NULL);
    if (!a || !b || same_value(&w, a, b)) {
        size_t at = 0;
        while (at < then->len && at < now->len && then->data[at] == now->data[at])
            at++;
        snprintf(out, NJ_RERUN_TEXT, "bytes differ at byte %zu: the same values, written otherwise",
                 at + 1);
    }
    json_decref(a);
    json_decref(b);
}

static bool data_differs(const struct nj_result *then, const struct nj_result *now, char *out)
{
    for (size_t i = 0; i < then->n_data && i < now->n_data; i++) {
        const struct nj_result_data *a = &then->data[i], *b = &now->data[i];
        if (a->rows != b->rows || a->first_ns != b->first_ns || a->last_ns != b->last_ns) {
            snprintf(out, NJ_RERUN_TEXT,
                     "the data of '%s' changed: %llu rows from %lld to %lld ns then, %llu from "
                     "%lld to %lld now",
                     a->symbol, (unsigned long long)a->rows, (long long)a->first_ns,
                     (long long)a->last_ns, (unsigned long long)b->rows, (long long)b->first_ns,
                     (long long)b->last_ns);
            return true;
        }
        if (strcmp(a->hash, b->hash) != 0) {
            snprintf(out, NJ_RERUN_TEXT,
                     "the data of '%s' changed: sha256 %.16s... then, %.16s... now", a->symbol,
                     a->hash, b->hash);
            return true;
        }
    }
    return false;
}

bool nj_rerun_same(const struct nj_result *then, const struct nj_buf *then_text,
                   const struct nj_result *now, const struct nj_buf *now_text,
                   char out[NJ_RERUN_TEXT])
{
    out[0] = '\0';
    if (then_text->len == now_text->len &&
        memcmp(then_text->data, now_text->data, then_text->len) == 0)
        return true;
    if (strcmp(then->version, now->version) != 0)
        snprintf(out, NJ_RERUN_TEXT, "njord differs: version %s then, %s now", then->version,
                 now->version);
    else if (strcmp(then->plugin_hash, now->plugin_hash) != 0)
        snprintf(out, NJ_RERUN_TEXT,
                 "plugin '%s' changed: sha256 %.16s... (version %s) then, %.16s... (%s) now",
                 then->plugin, then->plugin_hash, then->plugin_version, now->plugin_hash,
                 now->plugin_version);
    else if (!data_differs(then, now, out))
        first_member(then_text, now_text, out);
    return false;
}
