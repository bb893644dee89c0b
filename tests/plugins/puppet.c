/* puppet.c - does what its parameter says, and tells as signals what it sees: for tests that work a
 * run out by hand.
 *
 * script: steps with ; between them, each a trigger and an action. Triggers: b2 (the second bar),
 * t3 (the third trade), f1 (the first fill), m2 (the second time a timer fires), s1 (at the start);
 * b* is every one. Actions: buy|sell SYMBOL QTY, lbuy|lsell SYMBOL QTY LIMIT [ioc|fok], target
 * SYMBOL QTY, cancel N (the Nth order sent), timer ID DUE_S PERIOD_S (seconds from `zero`), stop
 * ID, fail.
 */
#include <njord/strategy.h>
#include <stdio.h>
#include <string.h>

enum { MAX_SENT = 64 };

struct puppet {
    int64_t zero;
    uint32_t bars, trades, fills, timers, sent;
    char ids[MAX_SENT][NJORD_INTENT_ID_SIZE];
};

static const njord_param params[] = {
    NJORD_TEXT("script", "", "what to do", 0),
    NJORD_INT("zero", 0, INT64_MIN + 1, INT64_MAX, "seconds since 1970 that times count from", 0),
    NJORD_INT("quiet", 0, 0, 1, "1: tells nothing", 0), NJORD_PARAM_END};

static double seconds(const struct puppet *s, int64_t ns)
{
    return (double)(ns - s->zero) / 1e9;
}

static double or_zero(double v)
{
    return njord_is_set_f64(v) ? v : 0;
}

static njord_status say(const njord_host *host, const char *text)
{
    return njord_param_int(host, "quiet") ? NJORD_OK
                                          : njord_signal_send(host, "said", text, NULL, 0);
}

static njord_status send(struct puppet *s, const njord_host *host, uint8_t side, uint8_t type,
                         const char *symbol, double qty, double limit, const char *tif)
{
    njord_order order = njord_order_of(side, type, symbol, qty, limit);
    if (strcmp(tif, "ioc") == 0)
        order.tif = NJORD_TIF_IOC;
    else if (strcmp(tif, "fok") == 0)
        order.tif = NJORD_TIF_FOK;
    return njord_send(host, &order, s->ids[s->sent++ % MAX_SENT]);
}

static njord_status act(struct puppet *s, const njord_host *host, const char *what)
{
    char verb[16] = "", symbol[32] = "", tif[8] = "";
    double a = 0, b = 0;
    if (sscanf(what, "%15s %31s %lf %lf %7s", verb, symbol, &a, &b, tif) < 1)
        return NJORD_E_ARG;
    int64_t due = s->zero + (int64_t)(a * 1e9), period = (int64_t)(b * 1e9);
    if (strcmp(verb, "buy") == 0)
        return send(s, host, NJORD_SIDE_BUY, NJORD_TYPE_MARKET, symbol, a, 0, tif);
    if (strcmp(verb, "sell") == 0)
        return send(s, host, NJORD_SIDE_SELL, NJORD_TYPE_MARKET, symbol, a, 0, tif);
    if (strcmp(verb, "lbuy") == 0)
        return send(s, host, NJORD_SIDE_BUY, NJORD_TYPE_LIMIT, symbol, a, b, tif);
    if (strcmp(verb, "lsell") == 0)
        return send(s, host, NJORD_SIDE_SELL, NJORD_TYPE_LIMIT, symbol, a, b, tif);
    if (strcmp(verb, "target") == 0)
        return njord_target(host, symbol, a);
    if (strcmp(verb, "cancel") == 0)
        return host->cancel(host, s->ids[strtol(symbol, NULL, 10) - 1]);
    if (strcmp(verb, "timer") == 0)
        return host->timer_set(host, (uint32_t)strtol(symbol, NULL, 10), due, period);
    if (strcmp(verb, "stop") == 0)
        return host->timer_cancel(host, (uint32_t)strtol(symbol, NULL, 10));
    return njord_fail(host, NJORD_E_FAIL, "told to %s", verb);
}

/* All steps of a trigger; the first error is the callback's. */
static njord_status play(struct puppet *s, const njord_host *host, char kind, uint32_t n)
{
    njord_status result = NJORD_OK;
    for (const char *at = njord_param_text(host, "script"); *at;) {
        size_t len = strcspn(at, ";");
        char step[128] = "", *rest;
        memcpy(step, at, len < sizeof step ? len : sizeof step - 1);
        if (step[0] == kind) {
            long wanted = step[1] == '*' ? (long)n : strtol(step + 1, NULL, 10);
            rest = strchr(step, ' ');
            njord_status status = rest && wanted == (long)n ? act(s, host, rest + 1) : NJORD_OK;
            if (result == NJORD_OK)
                result = status;
        }
        at += len + (at[len] == ';');
    }
    return result;
}

static njord_status create(struct puppet *s, const njord_host *host)
{
    s->zero = njord_param_int(host, "zero") * INT64_C(1000000000);
    return NJORD_OK;
}

static njord_status start(struct puppet *s, const njord_host *host)
{
    return play(s, host, 's', 1);
}

static njord_status on_bar(struct puppet *s, const njord_host *host, const njord_bar *bar)
{
    char text[200];
    double equity = host->cash(host) + njord_position(host, bar->symbol) * bar->close;
    snprintf(text, sizeof text, "bar %.3s %s %g@%g%s%s last %g pos %g work %g worth %.10g",
             bar->symbol, bar->timeframe, bar->close, seconds(s, host->now_ns(host)),
             bar->ev.flags & NJORD_EF_WARMUP ? " warm" : "", bar->partial == 1 ? " partial" : "",
             or_zero(host->last_price(host, bar->symbol)), njord_position(host, bar->symbol),
             njord_working(host, bar->symbol), equity);
    if (strcmp(bar->timeframe, "1m") != 0)
        snprintf(text + strlen(text), sizeof text - strlen(text), " from %g high %g low %g vol %g",
                 bar->open, bar->high, bar->low, bar->volume);
    njord_status status = say(host, text);
    njord_status played = play(s, host, 'b', ++s->bars);
    return played != NJORD_OK ? played : status;
}

static njord_status on_trade(struct puppet *s, const njord_host *host, const njord_trade *trade)
{
    char text[128];
    snprintf(text, sizeof text, "trade %.3s %g@%g%s last %g", trade->symbol, trade->price,
             seconds(s, host->now_ns(host)), trade->ev.flags & NJORD_EF_WARMUP ? " warm" : "",
             or_zero(host->last_price(host, trade->symbol)));
    njord_status status = say(host, text);
    njord_status played = play(s, host, 't', ++s->trades);
    return played != NJORD_OK ? played : status;
}

static njord_status on_fill(struct puppet *s, const njord_host *host, const njord_fill *fill)
{
    char text[128];
    snprintf(text, sizeof text, "filled %.3s %g@%g pos %g", fill->symbol, fill->price,
             seconds(s, host->now_ns(host)), njord_position(host, fill->symbol));
    njord_status status = say(host, text);
    njord_status played = play(s, host, 'f', ++s->fills);
    return played != NJORD_OK ? played : status;
}

static njord_status on_timer(struct puppet *s, const njord_host *host, uint32_t timer,
                             int64_t due_ns)
{
    char text[64];
    snprintf(text, sizeof text, "timer %u due %g@%g", timer, seconds(s, due_ns),
             seconds(s, host->now_ns(host)));
    njord_status status = say(host, text);
    njord_status played = play(s, host, 'm', ++s->timers);
    return played != NJORD_OK ? played : status;
}

NJORD_STRATEGY(puppet, "1.0.0", "does what it is told", params, .create = create, .start = start,
               .on_bar = on_bar, .on_trade = on_trade, .on_fill = on_fill, .on_timer = on_timer);
