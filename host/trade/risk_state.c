/* What the rules remember: token buckets, the day's loss, equal orders; saved and loaded. */
#include "trade/json.h"
#include "trade/risk.h"
#include "trade/risk_impl.h"

#include <inttypes.h>
#include <math.h>
#include <njord/codec.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_DAY INT64_C(86400000000000)

int nj_risk_set_limits(struct nj_risk *r, const struct nj_risk_config *limits)
{
    r->limits = *limits;
    r->limits.usd_quotes = NULL; /* the view's usd_of answers for them */
    r->limits.n_usd_quotes = 0;
    return 0;
}

struct nj_risk *nj_risk_new(const struct nj_risk_config *limits)
{
    struct nj_risk *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    nj_risk_set_limits(r, limits);
    nj_idset_init(&r->recent, NJ_RECENT_BOUND);
    r->now_ns = INT64_MIN;
    r->day = INT64_MIN;
    return r;
}

void nj_risk_free(struct nj_risk *r)
{
    if (!r)
        return;
    nj_map_free(&r->symbols, free);
    nj_map_free(&r->quotes, free);
    nj_idset_free(&r->recent);
    free(r);
}

struct nj_risk_symbol *nj_risk_symbol_get(struct nj_risk *r, const char *symbol)
{
    struct nj_risk_symbol *s = nj_map_get(&r->symbols, symbol);
    if (s || strlen(symbol) >= sizeof s->symbol)
        return s;
    s = calloc(1, sizeof *s);
    if (!s || !nj_map_put(&r->symbols, symbol, s)) {
        free(s);
        return NULL;
    }
    memcpy(s->symbol, symbol, strlen(symbol) + 1);
    s->ts_ns = INT64_MIN;
    s->mark = NAN;
    return s;
}

/* ---- tokens ----------------------------------------------------------------------------------
 */

/* The cap in millionths of an order a minute, and what a bucket holds: the cap, but one whole order
 * when it is less. 0: no order at all. */
static int64_t cap_of(const struct nj_risk *r, nj_wide *full)
{
    double cap = r->limits.orders_per_min_cap;
    int64_t micro = cap > 0 ? cap < 1e9 ? llround(cap * 1e6) : INT64_C(1000000000000000) : 0;
    *full = (nj_wide)micro * (NJ_TOKEN / 1000000);
    if (micro > 0 && *full < NJ_TOKEN)
        *full = NJ_TOKEN;
    return micro;
}

nj_wide nj_risk_tokens(const struct nj_risk *r, const struct nj_risk_symbol *s, int64_t now_ns)
{
    nj_wide full, tokens = s->tokens;
    int64_t micro = cap_of(r, &full);
    if (s->ts_ns == INT64_MIN)
        return full;
    if (now_ns > s->ts_ns)
        tokens += ((nj_wide)now_ns - s->ts_ns) * micro;
    return tokens < full ? tokens : full;
}

void nj_risk_take_token(struct nj_risk *r, struct nj_risk_symbol *s, int64_t now_ns)
{
    nj_wide tokens = nj_risk_tokens(r, s, now_ns);
    s->tokens = tokens > NJ_TOKEN ? tokens - NJ_TOKEN : 0;
    if (now_ns > s->ts_ns)
        s->ts_ns = now_ns;
}

/* ---- the day ---------------------------------------------------------------------------------
 */

static int64_t day_of(int64_t ns)
{
    return ns / NS_PER_DAY - (ns % NS_PER_DAY < 0);
}

/* The price that a symbol counts at: the last one, else the one it counted at before. */
static double marked_price(const struct nj_risk_view *view, const char *symbol,
                           struct nj_risk_symbol *s)
{
    int64_t ts_ns;
    double price = view->last_price ? view->last_price(view->ctx, symbol, &ts_ns) : NAN;
    if (price > 0 && isfinite(price))
        s->mark = price;
    return s->mark;
}

/* Brings what one symbol adds to its quote's total up to date. False: out of memory. */
static bool count_symbol(struct nj_risk *r, const struct nj_risk_view *view,
                         const struct nj_instrument *i)
{
    struct nj_risk_symbol *s = nj_risk_symbol_get(r, i->symbol);
    struct nj_risk_quote *q = nj_map_get(&r->quotes, i->quote);
    if (!q) {
        q = calloc(1, sizeof *q);
        if (!q || !nj_map_put(&r->quotes, i->quote, q)) {
            free(q);
            return false;
        }
        memcpy(q->asset, i->quote, sizeof q->asset);
    }
    if (!s)
        return false;
    struct nj_sum now = nj_ledger_symbol_pnl(view->ledger, i, marked_price(view, i->symbol, s));
    if (!isfinite(now.hi) || !isfinite(now.lo))
        return false;
    q->pnl = nj_sum_plus(q->pnl, nj_sum_minus(now, s->pnl));
    s->pnl = now;
    return true;
}

/* Profit so far in USD; NaN: an asset has no rate. */
static double profit_usd(const struct nj_risk *r, const struct nj_risk_view *view)
{
    struct nj_sum sum = nj_sum_of(0);
    const struct nj_map_entry *entry;
    for (size_t at = 0; (entry = nj_map_next(&r->quotes, &at)) != NULL;) {
        const struct nj_risk_quote *q = entry->value;
        double value = nj_sum_value(q->pnl);
        if (value != 0)
            sum = nj_sum_plus(
                sum, nj_sum_times(q->pnl, view->usd_of ? view->usd_of(view->ctx, q->asset) : NAN));
    }
    return nj_sum_value(sum);
}

/* Profit so far into the day's figure and the latch. */
static double settle_day(struct nj_risk *r, const struct nj_risk_view *view, double now)
{
    if (view->now_ns > r->now_ns)
        r->now_ns = view->now_ns;
    if (!isfinite(now))
        now = r->last_usd;
    int64_t day = day_of(r->now_ns);
    if (day != r->day) {
        r->day_start_usd = r->day == INT64_MIN ? now : r->last_usd;
        r->day = day;
        r->latched = false;
    }
    r->last_usd = now;
    double pnl = now - r->day_start_usd;
    if (view->day_pnl_floor < pnl) /* false for NaN */
        pnl = view->day_pnl_floor;
    if (-pnl >= r->limits.daily_loss_usd_cap)
        r->latched = true;
    return pnl;
}

void nj_risk_replay_decision(struct nj_risk *r, const njord_decision *decision)
{
    if (decision->allowed ||
        strncmp(decision->reason, "daily_loss_usd_cap", sizeof decision->reason) != 0)
        return;
    if (decision->ev.ts_recv_ns > r->now_ns)
        r->now_ns = decision->ev.ts_recv_ns;
    if (day_of(r->now_ns) != r->day) {
        r->day = day_of(r->now_ns);
        r->day_start_usd = r->last_usd;
    }
    r->latched = day_of(decision->ev.ts_recv_ns) == r->day || r->latched;
}

double nj_risk_day(struct nj_risk *r, const struct nj_risk_view *view)
{
    const struct nj_instrument *i;
    bool whole = true;
    if (!view->ledger)
        return settle_day(r, view, 0);
    for (size_t at = 0; (i = nj_ledger_next_symbol(view->ledger, &at)) != NULL;)
        whole = count_symbol(r, view, i) && whole;
    r->counted = whole;
    return settle_day(r, view, whole ? profit_usd(r, view) : NAN);
}

double nj_risk_mark(struct nj_risk *r, const struct nj_risk_view *view, const char *symbol)
{
    const struct nj_instrument *i = nj_instrument_find(view->instruments, symbol);
    if (!r->counted || !view->ledger)
        return nj_risk_day(r, view);
    if (i && !count_symbol(r, view, i)) {
        r->counted = false; /* the next call counts all anew */
        return settle_day(r, view, NAN);
    }
    return settle_day(r, view, profit_usd(r, view));
}

/* ---- save and load ---------------------------------------------------------------------------
 */

int nj_risk_save(const struct nj_risk *r, struct nj_buf *out)
{
    nj_buf_puts(out, "{\"version\":1,\"now_ns\":");
    nj_json_put_i64(out, r->now_ns);
    nj_buf_puts(out, ",\"day\":");
    nj_json_put_i64(out, r->day);
    nj_buf_puts(out, ",\"day_start_usd\":");
    nj_json_put_f64(out, r->day_start_usd);
    nj_buf_puts(out, ",\"last_usd\":");
    nj_json_put_f64(out, r->last_usd);
    nj_buf_puts(out, r->latched ? ",\"latched\":true" : ",\"latched\":false");
    nj_buf_puts(out, ",\"symbols\":[");
    size_t at = 0;
    const struct nj_map_entry *entry;
    for (bool first = true; (entry = nj_map_next(&r->symbols, &at)) != NULL; first = false) {
        const struct nj_risk_symbol *s = entry->value;
        nj_buf_puts(out, first ? "{\"symbol\":" : ",{\"symbol\":");
        nj_buf_json(out, s->symbol);
        nj_buf_puts(out, ",\"tokens\":");
        nj_json_put_i64(out, (int64_t)(s->tokens / NJ_TOKEN));
        nj_buf_puts(out, ",\"part\":");
        nj_json_put_i64(out, (int64_t)(s->tokens % NJ_TOKEN));
        nj_buf_puts(out, ",\"ts_ns\":");
        nj_json_put_i64(out, s->ts_ns);
        if (isfinite(s->mark)) {
            nj_buf_puts(out, ",\"mark\":");
            nj_json_put_f64(out, s->mark);
        }
        nj_buf_puts(out, "}");
    }
    nj_buf_puts(out, "],\"recent\":");
    nj_json_put_ids(out, &r->recent, true);
    nj_buf_puts(out, "}");
    return out->failed ? NJ_ERR_NOMEM : 0;
}

void nj_risk_forget(struct nj_risk *r)
{
    nj_map_free(&r->symbols, free);
    nj_map_free(&r->quotes, free);
    nj_idset_free(&r->recent);
    r->now_ns = r->day = INT64_MIN;
    r->day_start_usd = r->last_usd = 0;
    r->counted = r->latched = false;
}

static int load_symbol(struct nj_risk *r, const json_t *from, struct nj_error *err)
{
    int64_t tokens, part, ts_ns;
    double mark = NAN;
    const char *symbol = nj_json_text(from, "symbol", NJORD_SYMBOL_SIZE);
    if (!symbol || !nj_symbol_valid(symbol) || nj_map_get(&r->symbols, symbol) ||
        !nj_json_i64(from, "tokens", &tokens) || tokens < 0 || tokens > 2000000000 ||
        !nj_json_i64(from, "part", &part) || part < 0 || part >= NJ_TOKEN ||
        !nj_json_i64(from, "ts_ns", &ts_ns) ||
        (json_object_get(from, "mark") && (!nj_json_f64(from, "mark", &mark) || mark <= 0)))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "saved risk state: entry of symbol '%s' is no token bucket",
                            symbol ? symbol : "");
    struct nj_risk_symbol *s = nj_risk_symbol_get(r, symbol);
    if (!s)
        return nj_error_set(err, NJ_ERR_NOMEM, "saved risk state: out of memory");
    s->tokens = (nj_wide)tokens * NJ_TOKEN + part;
    s->ts_ns = ts_ns;
    s->mark = mark;
    return 0;
}

int nj_risk_load(struct nj_risk *r, const char *json, size_t len, struct nj_error *err)
{
    json_t *root = nj_json_read(json, len, "saved risk state", err);
    int rc = root ? 0 : err ? err->code : NJ_ERR_INPUT;
    const json_t *symbols = json_object_get(root, "symbols");
    const json_t *latched = json_object_get(root, "latched");
    int64_t now_ns, day;
    double start, last;
    if (!root)
        return rc;
    if (nj_map_count(&r->symbols) > 0 || r->day != INT64_MIN) {
        rc = nj_error_set(err, NJ_ERR_INTERNAL, "saved risk state: loaded into one in use");
        goto done;
    }
    if (!nj_json_i64(root, "now_ns", &now_ns) || !nj_json_i64(root, "day", &day) ||
        !nj_json_f64(root, "day_start_usd", &start) || !nj_json_f64(root, "last_usd", &last) ||
        !json_is_boolean(latched) || !json_is_array(symbols)) {
        rc = nj_error_set(err, NJ_ERR_INPUT,
                          "saved risk state: expected now_ns, day, day_start_usd, last_usd, "
                          "latched, symbols and recent");
        goto done;
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(symbols); i++)
        rc = load_symbol(r, json_array_get(symbols, i), err);
    if (rc == 0)
        rc = nj_json_ids(json_object_get(root, "recent"), &r->recent, true,
                         "saved risk state: recent", err);
    if (rc != 0)
        goto done;
    r->now_ns = now_ns;
    r->day = day;
    r->day_start_usd = start;
    r->last_usd = last;
    r->latched = json_is_true(latched);
done:
    json_decref(root);
    return rc;
}
