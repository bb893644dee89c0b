/* The rules themselves: one pure function each, and the table that orders, names and explains them.
 */
#include "trade/decimal.h"
#include "trade/risk.h"
#include "trade/risk_impl.h"

#include <math.h>
#include <njord/contract.h>
#include <string.h>

#define NS_PER_MS INT64_C(1000000)

static double ms_of(int64_t ns)
{
    return (double)ns / 1e6;
}

/* Is a longer than `ms` milliseconds? */
static bool longer(int64_t ns, int64_t ms)
{
    int64_t limit;
    return !__builtin_mul_overflow(ms, NS_PER_MS, &limit) && ns > limit;
}

/* from .. to, at the ends of the range when it would not fit. */
static int64_t span(int64_t from, int64_t to)
{
    int64_t d;
    if (__builtin_sub_overflow(to, from, &d))
        return to < from ? -INT64_MAX : INT64_MAX;
    return d;
}

/* ---- may this order be looked at -------------------------------------------------------------
 */

static bool halted(struct nj_risk_case *c)
{
    return c->view->halted;
}

static bool char_ok(char ch, bool id_of_intent)
{
    if ((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_')
        return true;
    return id_of_intent && ((ch >= 'A' && ch <= 'Z') || ch == '-');
}

static bool chars_ok(const char *text, size_t size, size_t longest, bool id_of_intent)
{
    size_t len = strnlen(text, size);
    if (len == 0 || len > longest)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!char_ok(text[i], id_of_intent))
            return false;
    return true;
}

void nj_risk_copy_id(char *to, const char *from, size_t size, bool id_of_intent)
{
    size_t len = strnlen(from, id_of_intent ? 36 : size - 1);
    memset(to, 0, size);
    for (size_t i = 0; i < len; i++)
        to[i] = char_ok(from[i], id_of_intent) ? from[i] : '_';
    if (len == 0)
        to[0] = '_';
}

bool nj_risk_ids_ok(const char *intent_id, const char *strategy_id)
{
    return chars_ok(intent_id, NJORD_INTENT_ID_SIZE, 36, true) &&
           chars_ok(strategy_id, NJORD_ID_SIZE, NJORD_ID_SIZE - 1, false);
}

static bool malformed(struct nj_risk_case *c)
{
    const njord_intent *in = c->intent;
    if (c->view->known) /* made from an order that was looked at */
        return false;
    nj_risk_cap(c, "qty", in->qty);
    nj_risk_cap(c, "limit_price", in->limit_price);
    if (!nj_risk_ids_ok(in->intent_id, in->strategy_id) ||
        !memchr(in->symbol, '\0', sizeof in->symbol) || !nj_symbol_valid(in->symbol))
        return true;
    if ((in->side != NJORD_SIDE_BUY && in->side != NJORD_SIDE_SELL) ||
        (in->type != NJORD_TYPE_MARKET && in->type != NJORD_TYPE_LIMIT) ||
        (njord_is_set_u8(in->tif) && (in->tif < NJORD_TIF_GTC || in->tif > NJORD_TIF_FOK)))
        return true;
    if (!isfinite(in->qty) || in->qty <= 0 || !njord_is_set_i64(in->ev.ts_ns))
        return true;
    if (njord_is_set_f64(in->limit_price) ? !isfinite(in->limit_price) || in->limit_price <= 0
                                          : in->type == NJORD_TYPE_LIMIT)
        return true;
    if (in->meta.count > 0 && njord_event_check(&in->ev, in->ev.size, NULL, 0) != 0)
        return true;
    c->n_caps = 0; /* fine: the figures are given rounded later */
    return false;
}

static bool unknown_symbol(struct nj_risk_case *c)
{
    const struct nj_risk_view *v = c->view;
    return !c->instrument ||
           (!v->known && v->symbol_allowed &&
            !v->symbol_allowed(v->ctx, c->intent->strategy_id, c->intent->symbol));
}

/* The id was an order before, or an equal order was accepted a moment ago. The record may hold this
 * very intent already, undecided. */
static bool duplicate(struct nj_risk_case *c)
{
    const njord_intent *in = c->intent;
    const struct nj_orders *orders = c->view->known ? NULL : c->view->orders; /* an id of its own */
    const struct nj_order *known = orders ? nj_order_find(orders, in->intent_id) : NULL;
    if (known) {
        bool itself = known->stage == NJ_ORDER_INTENT &&
                      (known->seq == in->ev.seq || known->seq == 0 || in->ev.seq == 0);
        if (!itself) {
            nj_risk_cap(c, "age_ms", ms_of(span(known->ts_ns, c->now_ns)));
            return true;
        }
    } else if (orders && nj_orders_seen(orders, in->intent_id)) {
        return true;
    }
    int64_t window = c->risk->limits.duplicate_window_ms;
    const struct nj_id *last = window > 0 ? nj_idset_find(&c->risk->recent, c->same) : NULL;
    if (!last)
        return false;
    int64_t age = span(last->ts_ns, c->now_ns);
    if (longer(age, window) || age == window * NS_PER_MS)
        return false;
    nj_risk_cap(c, "duplicate_window_ms", (double)window);
    nj_risk_cap(c, "age_ms", ms_of(age));
    return true;
}

static bool stale_intent(struct nj_risk_case *c)
{
    int64_t age = span(c->intent->ev.ts_ns, c->now_ns);
    if (!longer(age < 0 ? -age : age, c->risk->limits.max_intent_age_ms))
        return false;
    nj_risk_cap(c, "max_intent_age_ms", (double)c->risk->limits.max_intent_age_ms);
    nj_risk_cap(c, "age_ms", ms_of(age));
    return true;
}

static bool warmup(struct nj_risk_case *c)
{
    return (c->flags & NJ_RISK_WARMUP) || (c->intent->ev.flags & NJORD_EF_WARMUP);
}

/* ---- prices ----------------------------------------------------------------------------------
 */

static bool no_reference_price(struct nj_risk_case *c)
{
    return !(c->reference > 0) || !(c->rate > 0);
}

static bool stale_price(struct nj_risk_case *c)
{
    int64_t limit = c->risk->limits.stale_price_ms;
    if (limit <= 0 || !(c->last > 0))
        return false;
    int64_t age = span(c->last_ts_ns, c->now_ns);
    if (!longer(age, limit))
        return false;
    nj_risk_cap(c, "stale_price_ms", (double)limit);
    nj_risk_cap(c, "price_age_ms", ms_of(age));
    return true;
}

/* Is qty at `price`, in USD, above `cap`? Exact where the quote counts 1. */
static bool worth_more(const struct nj_risk_case *c, double qty, double price, double cap)
{
    return c->rate == 1 ? nj_product_compare(qty, price, cap, 1) > 0 : qty * price * c->rate > cap;
}

static bool per_order_usd_cap(struct nj_risk_case *c)
{
    nj_risk_cap(c, "per_order_usd_cap", c->risk->limits.per_order_usd_cap);
    return worth_more(c, c->qty, c->reference, c->risk->limits.per_order_usd_cap);
}

static bool price_collar_pct(struct nj_risk_case *c)
{
    double pct = c->risk->limits.price_collar_pct;
    if (!(pct > 0) || c->intent->type != NJORD_TYPE_LIMIT || !(c->last > 0))
        return false;
    bool buy = c->intent->side == NJORD_SIDE_BUY;
    int side = nj_product_compare(c->limit, 100, c->last, buy ? 100 + pct : 100 - pct);
    if (buy ? side <= 0 : side >= 0)
        return false;
    nj_risk_cap(c, "price_collar_pct", pct);
    nj_risk_cap(c, "worse_pct", (buy ? c->limit / c->last - 1 : 1 - c->limit / c->last) * 100);
    nj_risk_cap(c, "limit_price", c->limit);
    nj_risk_cap(c, "last_price", c->last);
    return true;
}

/* ---- counts ----------------------------------------------------------------------------------
 */

static bool orders_per_min_cap(struct nj_risk_case *c)
{
    const struct nj_risk_symbol *s = nj_risk_symbol_get(c->risk, c->intent->symbol);
    nj_wide tokens = s ? nj_risk_tokens(c->risk, s, c->now_ns) : 0;
    if (tokens >= NJ_TOKEN)
        return false;
    nj_risk_cap(c, "orders_per_min_cap", c->risk->limits.orders_per_min_cap);
    nj_risk_cap(c, "tokens", (double)tokens / (double)NJ_TOKEN);
    return true;
}

static bool max_open_orders(struct nj_risk_case *c)
{
    int64_t limit = c->risk->limits.max_open_orders;
    if (limit <= 0 || !c->view->orders)
        return false;
    int64_t open = (int64_t)nj_orders_count_accepted(c->view->orders, c->intent->strategy_id) + 1;
    if (open <= limit)
        return false;
    nj_risk_cap(c, "max_open_orders", (double)limit);
    nj_risk_cap(c, "open_orders", (double)open);
    return true;
}

/* ---- positions and money ---------------------------------------------------------------------
 */

/* The position if this order and all working ones of its side were filled. */
static int64_t worst_case(const struct nj_risk_case *c)
{
    nj_wide lots = c->intent->side == NJORD_SIDE_BUY ? (nj_wide)c->held + c->buys + c->lots
                                                     : (nj_wide)c->held - c->sells - c->lots;
    return lots > INT64_MAX ? INT64_MAX : lots < -INT64_MAX ? -INT64_MAX : (int64_t)lots;
}

static bool max_position_usd(struct nj_risk_case *c)
{
    double limit = c->risk->limits.max_position_usd;
    if (!(limit > 0))
        return false;
    double qty = fabs(nj_lots_qty(c->instrument, worst_case(c)));
    if (!worth_more(c, qty, c->reference, limit))
        return false;
    nj_risk_cap(c, "max_position_usd", limit);
    nj_risk_cap(c, "position_usd", qty * c->reference * c->rate);
    nj_risk_cap(c, "position_qty", nj_lots_qty(c->instrument, c->held));
    return true;
}

static bool allow_short(struct nj_risk_case *c)
{
    enum nj_auto allowed = c->risk->limits.allow_short;
    int64_t worst = worst_case(c);
    if (allowed == NJ_YES || (allowed == NJ_AUTO && !c->view->live) ||
        c->intent->side != NJORD_SIDE_SELL || worst >= 0)
        return false;
    nj_risk_cap(c, "allow_short", 0);
    nj_risk_cap(c, "position_qty", nj_lots_qty(c->instrument, c->held));
    nj_risk_cap(c, "position_after", nj_lots_qty(c->instrument, worst));
    return true;
}

static bool daily_loss_usd_cap(struct nj_risk_case *c)
{
    double loss = -(c->view->marked ? nj_risk_mark(c->risk, c->view, c->intent->symbol)
                                    : nj_risk_day(c->risk, c->view));
    if (!c->risk->latched)
        return false;
    nj_risk_cap(c, "daily_loss_usd_cap", c->risk->limits.daily_loss_usd_cap);
    nj_risk_cap(c, "day_loss_usd", loss);
    return true;
}

/* Last prices for the ledger. */
static double price_without_time(void *ctx, const char *symbol)
{
    const struct nj_risk_view *v = ctx;
    int64_t ts_ns;
    return v->last_price ? v->last_price(v->ctx, symbol, &ts_ns) : NAN;
}

static bool insufficient_cash(struct nj_risk_case *c)
{
    const struct nj_risk_view *v = c->view;
    const char *strategy = c->intent->strategy_id;
    if (!c->risk->limits.cash_check)
        return false;
    if (c->intent->side == NJORD_SIDE_BUY) {
        const struct nj_risk_known *k = v->known;
        double cash = k ? k->cash : v->ledger ? nj_ledger_cash(v->ledger, strategy) : NAN;
        double bound = k           ? k->bound_cash
                       : v->orders ? nj_orders_bound_cash(v->orders, strategy)
                                   : 0;
        double need =
            (c->qty * c->reference + bound) * (1 + v->slippage_bps / 1e4) * (1 + v->commission);
        if (cash >= need)
            return false;
        nj_risk_cap(c, "cash", isfinite(cash) ? cash : 0); /* never told: none */
        nj_risk_cap(c, "cash_needed", need);
        nj_risk_cap(c, "working_buys", bound);
        return true;
    }
    int64_t worst = worst_case(c);
    if (worst >= 0)
        return false;
    double equity =
        v->ledger ? nj_ledger_equity(v->ledger, strategy, price_without_time, (void *)(uintptr_t)v)
                  : NAN;
    double size = -nj_lots_qty(c->instrument, worst) * c->reference;
    if (size <= equity)
        return false;
    nj_risk_cap(c, "equity", isfinite(equity) ? equity : 0);
    nj_risk_cap(c, "short_value", size);
    return true;
}

/* ---- the instrument's bounds -----------------------------------------------------------------
 */

static bool below_min_qty(struct nj_risk_case *c)
{
    if (c->lots <= 0) {
        nj_risk_cap(c, "step", c->instrument->step);
        nj_risk_cap(c, "qty", c->intent->qty);
        return true;
    }
    if (!(c->qty < c->instrument->min_qty))
        return false;
    nj_risk_cap(c, "min_qty", c->instrument->min_qty);
    nj_risk_cap(c, "qty", c->qty);
    return true;
}

static bool below_min_notional(struct nj_risk_case *c)
{
    double least = c->instrument->min_notional;
    double price = c->intent->type == NJORD_TYPE_LIMIT ? c->limit : c->reference;
    if (!(least > 0) || nj_product_compare(c->qty, price, least, 1) >= 0)
        return false;
    nj_risk_cap(c, "min_notional", least);
    nj_risk_cap(c, "notional", c->qty * price);
    return true;
}

static bool above_max_qty(struct nj_risk_case *c)
{
    if (!(c->qty > c->instrument->max_qty))
        return false;
    nj_risk_cap(c, "max_qty", c->instrument->max_qty);
    nj_risk_cap(c, "qty", c->qty);
    return true;
}

/* ---- the table -------------------------------------------------------------------------------
 */

/* code, counted over, a reducing order passes, asked in a backtest too, key of the configuration
 * and its default, what the caps compare, help */
#define RULES(X)                                                                                   \
    X(halted, "order", false, false, "risk.kill_switch_file", "var/run/njord.halt", "",            \
      "the kill switch is tripped, or trading is stopped")                                         \
    X(malformed, "order", false, true, "", "", "qty, limit_price",                                 \
      "an id, symbol, side, type, time in force, quantity or price that cannot be; a limit order " \
      "without a limit; a quantity that no order can hold; a limit that rounds to nothing")        \
    X(unknown_symbol, "order", false, true, "exchange.symbols", "[ATOM/USDT]", "",                 \
      "the symbol is unknown or not in the strategy's list")                                       \
    X(duplicate, "order", false, false, "risk.duplicate_window_ms", "0 (off)",                     \
      "duplicate_window_ms > age_ms",                                                              \
      "the id was an order before; or an order equal in strategy, symbol, side, type, quantity "   \
      "and limit was accepted less than so long ago")                                              \
    X(stale_intent, "order", false, false, "risk.max_intent_age_ms", "5000",                       \
      "max_intent_age_ms < age_ms",                                                                \
      "the intent's own time is further than this from now, back or ahead")                        \
    X(warmup, "order", false, true, "", "", "", "the strategy is being shown history")             \
    X(no_reference_price, "symbol", false, true, "risk.usd_quotes", "[USD, USDT, USDC, BUSD]", "", \
      "neither a last price nor a limit price is known, or the quote asset has no price in USD")   \
    X(stale_price, "symbol", false, false, "risk.stale_price_ms", "0 (off)",                       \
      "stale_price_ms < price_age_ms", "the last price is older than this")                        \
    X(per_order_usd_cap, "order", false, false, "risk.per_order_usd_cap", "200",                   \
      "per_order_usd_cap < notional_usd", "quantity times reference price in USD")                 \
    X(price_collar_pct, "order", false, false, "risk.price_collar_pct", "0 (off)",                 \
      "price_collar_pct < worse_pct",                                                              \
      "a limit order's limit is worse than the last price by more (a buy above, a sell below)")    \
    X(orders_per_min_cap, "symbol, all strategies", false, false, "risk.orders_per_min_cap", "30", \
      "orders_per_min_cap; 1 > tokens",                                                            \
      "token bucket: starts full, refills continuously; only an accepted order takes a token")     \
    X(max_open_orders, "strategy", true, false, "risk.max_open_orders", "0 (off)",                 \
      "max_open_orders < open_orders", "open orders with this one")                                \
    X(max_position_usd, "strategy and symbol", true, false, "risk.max_position_usd", "0 (off)",    \
      "max_position_usd < position_usd",                                                           \
      "the position if all working orders of this side and this one were filled")                  \
    X(allow_short, "strategy and symbol", true, true, "risk.allow_short",                          \
      "auto (false when live, else true)", "0 > position_after",                                   \
      "a sell that, with the working sells, would take the position below zero")                   \
    X(daily_loss_usd_cap, "account", true, false, "risk.daily_loss_usd_cap", "50",                 \
      "daily_loss_usd_cap <= day_loss_usd",                                                        \
      "equity at 00:00 UTC minus equity now, net of fees, all strategies; from the cap on, and "   \
      "then until the next UTC day")                                                               \
    X(insufficient_cash, "strategy", true, true, "risk.cash_check", "true",                        \
      "cash < cash_needed, or equity < short_value",                                               \
      "a buy and the working buys, with slippage and commission, cost more than the cash; a sell " \
      "would open a short worth more than the strategy's equity")                                  \
    X(below_min_qty, "order", false, true, "symbols.*.min_qty", "none",                            \
      "min_qty > qty, or step > qty", "the quantity is less, or rounds to nothing")                \
    X(below_min_notional, "order", false, false, "symbols.*.min_notional", "none",                 \
      "min_notional > notional",                                                                   \
      "quantity times price (the limit of a limit order, else the "                                \
      "reference price) in the quote asset is less")                                               \
    X(above_max_qty, "order", false, false, "symbols.*.max_qty", "none", "max_qty < qty",          \
      "the quantity is more")

#define INFO(code, scope, reducing, backtest, key, standard, compares, help)                       \
    {#code, scope, reducing, key, help, standard, compares, backtest},
static const struct nj_risk_rule_info infos[] = {RULES(INFO)};
#undef INFO

#define FUNCTION(code, scope, reducing, backtest, key, standard, compares, help) code,
static const nj_risk_rule functions[] = {RULES(FUNCTION)};
#undef FUNCTION

const struct nj_risk_rule_info *nj_risk_rules(size_t *n)
{
    *n = sizeof infos / sizeof infos[0];
    return infos;
}

const nj_risk_rule *nj_risk_rule_functions(void)
{
    return functions;
}
