#include "trade/risk.h"

#include "trade/decimal.h"
#include "trade/risk_impl.h"

#include <float.h>
#include <math.h>
#include <njord/contract.h>
#include <stddef.h>
#include <string.h>

void nj_risk_cap(struct nj_risk_case *c, const char *key, double value)
{
    if (c->silent || isnan(value))
        return;
    if (isinf(value))
        value = value > 0 ? DBL_MAX : -DBL_MAX;
    uint32_t n = 0;
    while (n < c->n_caps && strcmp(c->caps[n].key, key) != 0)
        n++;
    if (n == NJ_MAX_CAPS)
        return;
    if (n == c->n_caps) {
        c->n_caps++;
        memset(&c->caps[n], 0, sizeof c->caps[n]);
        memcpy(c->caps[n].key, key, strlen(key) + 1);
    }
    c->caps[n].value = value;
}

static void copy_text(char *to, size_t size, const char *from, size_t from_size)
{
    size_t len = strnlen(from, from_size < size ? from_size : size - 1);
    memcpy(to, from, len);
    memset(to + len, 0, size - len);
}
#define COPY_TEXT(to, from) copy_text(to, sizeof(to), from, sizeof(from))

static void write_decision(const char *reason, njord_decision *d, const char *intent_id,
                           const char *strategy_id, int64_t ts_ns)
{
    njord_event_init(d, NJORD_EV_DECISION);
    d->ev.ts_ns = ts_ns;
    nj_risk_copy_id(d->intent_id, intent_id, sizeof d->intent_id, true);
    nj_risk_copy_id(d->strategy_id, strategy_id, sizeof d->strategy_id, false);
    copy_text(d->reason, sizeof d->reason, reason, strlen(reason) + 1);
    d->allowed = strcmp(reason, "ok") == 0;
}

/* ---- one check -------------------------------------------------------------------------------
 */

/* What makes two orders equal, as one number. */
static struct nj_id same_order(const struct nj_risk_case *c)
{
    const njord_intent *in = c->intent;
    const struct {
        int64_t lots;
        double limit;
        uint8_t side, type, zero[6];
    } figures = {c->lots, in->type == NJORD_TYPE_LIMIT ? c->limit : 0, in->side, in->type, {0}};
    struct nj_id id = nj_id_of(in->strategy_id, strlen(in->strategy_id) + 1);
    id = nj_id_more(id, in->symbol, strlen(in->symbol) + 1);
    return nj_id_more(id, &figures, sizeof figures);
}

/* The order as it would leave, and what stands beside it. False: it cannot be made an order. */
static bool prepare(struct nj_risk_case *c)
{
    const struct nj_risk_view *v = c->view;
    const njord_intent *in = c->intent;
    const struct nj_instrument *i = c->instrument;
    if (!nj_lots_down(i, in->qty, &c->lots))
        return false;
    c->qty = nj_lots_qty(i, c->lots);
    c->limit =
        in->type == NJORD_TYPE_LIMIT ? nj_tick_safe(i, in->limit_price, in->side) : in->limit_price;
    if (in->type == NJORD_TYPE_LIMIT && !(c->limit > 0 && isfinite(c->limit)))
        return false;
    const struct nj_risk_known *k = v->known;
    c->last_ts_ns = c->now_ns;
    if (k) {
        c->last = k->last;
        c->last_ts_ns = k->last_ts_ns;
    } else {
        c->last = v->last_price ? v->last_price(v->ctx, in->symbol, &c->last_ts_ns) : NAN;
    }
    if (!(c->last > 0) || !isfinite(c->last))
        c->last = NAN;
    c->reference = isnan(c->last) ? c->limit : c->last;
    c->rate = v->backtest ? 1 : v->usd_of ? v->usd_of(v->ctx, i->quote) : NAN;
    if (!isfinite(c->rate))
        c->rate = NAN;
    const struct nj_position *p = k ? k->position
                                  : v->ledger
                                      ? nj_ledger_position(v->ledger, in->strategy_id, in->symbol)
                                      : NULL;
    c->held = p ? p->lots : 0;
    if (k) {
        c->buys = k->buys;
        c->sells = k->sells;
    } else if (v->orders)
        nj_orders_working_sides(v->orders, in->strategy_id, in->symbol, &c->buys, &c->sells);
    bool buy = in->side == NJORD_SIDE_BUY;
    nj_wide against = buy ? -(nj_wide)c->held : c->held;
    c->reduces = c->lots > 0 && (nj_wide)(buy ? c->buys : c->sells) + c->lots <= against;
    if (c->risk->limits.duplicate_window_ms > 0)
        c->same = same_order(c);
    return true;
}

/* The values that every decision on a priced order carries. */
static void common_caps(struct nj_risk_case *c)
{
    if (c->silent || !(c->reference > 0))
        return;
    nj_risk_cap(c, "reference_price", c->reference);
    if (!(c->rate > 0))
        return;
    double cap = c->risk->limits.per_order_usd_cap;
    c->notional_usd = c->qty * c->reference * c->rate;
    if (c->rate == 1 && nj_product_compare(c->qty, c->reference, cap, 1) == 0)
        c->notional_usd = cap; /* equal as decimals: shown as equal */
    nj_risk_cap(c, "notional_usd", c->notional_usd);
}

/* The first rule that refuses, or NULL. */
static const char *judge(struct nj_risk_case *c)
{
    size_t n;
    const struct nj_risk_rule_info *infos = nj_risk_rules(&n);
    const nj_risk_rule *refuses = nj_risk_rule_functions();
    bool backtest = c->view->backtest, flatten = c->flags & NJ_RISK_FLATTEN;
    for (size_t i = 0; i < n; i++) {
        if (i == NJ_RULE_UNKNOWN_SYMBOL) { /* its texts and figures have been found whole */
            c->instrument = c->view->known
                                ? c->view->known->instrument
                                : nj_instrument_find(c->view->instruments, c->intent->symbol);
            bool possible = !c->instrument || prepare(c);
            if (!possible || (flatten && (!c->instrument || c->lots <= 0))) {
                nj_risk_cap(c, "qty", c->intent->qty);
                nj_risk_cap(c, "limit_price", c->intent->limit_price);
                return infos[NJ_RULE_MALFORMED].code;
            }
            common_caps(c);
        }
        if ((backtest && !infos[i].backtest) || (flatten && i > NJ_RULE_MALFORMED) ||
            (c->reduces && infos[i].reducing_passes))
            continue;
        if (refuses[i](c))
            return infos[i].code;
    }
    return NULL;
}

static bool write_order(const struct nj_risk_case *c, const char *venue, njord_order_event *order)
{
    const njord_intent *in = c->intent;
    njord_event_init(order, NJORD_EV_ORDER_EVENT);
    order->ev.ts_ns = c->now_ns;
    order->ev.symbol_id = in->ev.symbol_id;
    order->qty = c->qty;
    order->limit_price = c->limit;
    COPY_TEXT(order->intent_id, in->intent_id);
    COPY_TEXT(order->strategy_id, in->strategy_id);
    COPY_TEXT(order->symbol, in->symbol);
    copy_text(order->venue, sizeof order->venue, venue, strlen(venue) + 1);
    order->side = in->side;
    order->type = in->type;
    order->tif = in->tif;
    return njord_tail_put(&order->ev, NJ_ORDER_MAX, &order->meta,
                          njord_tail_items(&in->ev, in->meta), in->meta.count,
                          sizeof(njord_text_pair)) == 0;
}

/* What an accepted order changes. */
static void take(struct nj_risk_case *c)
{
    struct nj_risk *r = c->risk;
    if (c->view->backtest)
        return;
    struct nj_risk_symbol *s = nj_risk_symbol_get(r, c->intent->symbol);
    if (s)
        nj_risk_take_token(r, s, c->now_ns);
    if (r->limits.duplicate_window_ms > 0) {
        c->same.ts_ns = c->now_ns;
        nj_idset_add(&r->recent, c->same);
    }
}

bool nj_risk_decide(struct nj_risk *risk, const struct nj_risk_view *view,
                    const njord_intent *intent, unsigned flags, const char *venue,
                    njord_decision *decision, njord_order_event *order,
                    struct nj_risk_answer *answer)
{
    struct nj_risk_case c;
    memset(&c, 0, offsetof(struct nj_risk_case, caps));
    c.risk = risk;
    c.view = view;
    c.intent = intent;
    c.flags = flags;
    c.qty = c.limit = c.last = c.reference = c.rate = NAN;
    c.silent = !decision;
    if (view->now_ns > risk->now_ns)
        risk->now_ns = view->now_ns;
    c.now_ns = risk->now_ns;
    const char *code = judge(&c);
    if (!code && order && !write_order(&c, venue, order))
        code = "malformed"; /* a tail that does not fit cannot have been checked */
    if (decision) {
        write_decision(code ? code : "ok", decision, intent->intent_id, intent->strategy_id,
                       c.now_ns);
        decision->ev.symbol_id = intent->ev.symbol_id;
        njord_tail_put(&decision->ev, NJ_DECISION_MAX, &decision->caps, c.caps, c.n_caps,
                       sizeof c.caps[0]);
    }
    if (!code)
        take(&c);
    *answer = (struct nj_risk_answer){code ? code : "ok", c.lots, c.limit, c.reference};
    return !code;
}

bool nj_risk_check(struct nj_risk *risk, const struct nj_risk_view *view,
                   const njord_intent *intent, unsigned flags, const char *venue,
                   njord_decision *decision, njord_order_event *order)
{
    struct nj_risk_answer answer;
    return nj_risk_decide(risk, view, intent, flags, venue, decision, order, &answer);
}

void nj_risk_replay(struct nj_risk *risk, const njord_order_event *order)
{
    struct nj_risk_symbol *s = nj_risk_symbol_get(risk, order->symbol);
    if (order->ev.ts_recv_ns > risk->now_ns)
        risk->now_ns = order->ev.ts_recv_ns;
    if (s)
        nj_risk_take_token(risk, s, risk->now_ns);
}

bool nj_risk_check_cancel(const njord_cancel *cancel, njord_decision *decision)
{
    bool ok = nj_risk_ids_ok(cancel->intent_id, cancel->strategy_id) &&
              njord_is_set_i64(cancel->ev.ts_ns) &&
              memchr(cancel->reason, '\0', sizeof cancel->reason);
    write_decision(ok ? "ok" : "malformed", decision, cancel->intent_id, cancel->strategy_id,
                   njord_is_set_i64(cancel->ev.ts_ns) ? cancel->ev.ts_ns : 0);
    return ok;
}
