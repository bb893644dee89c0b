/* ops.c - what instances ask of the host, answered from the core and the services. */
#include "services/host.h"
#include "services/past.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int64_t now_ns(void *ctx)
{
    const struct nj_host *host = ctx;
    return host->past ? host->past->warmup.now_ns : nj_host_now(host);
}

/* As this instance may know it: of the history that it is being shown, or the latest. */
static double price_for(const struct nj_host *host, const struct nj_instance *i, const char *symbol)
{
    const struct nj_slot *slot = i->owner;
    if (!slot || !slot->warming)
        return nj_core_last_price(&host->core, symbol, NULL);
    const struct nj_instrument *found = nj_instrument_find(host->core.instruments, symbol);
    return found ? nj_warmup_price(slot, found->symbol_id) : NAN;
}

static void log_text(void *ctx, struct nj_instance *i, int32_t level, const char *text)
{
    struct nj_host *host = ctx;
    enum nj_level at = level <= NJORD_LOG_DEBUG  ? NJ_DEBUG
                       : level == NJORD_LOG_INFO ? NJ_INFO
                       : level == NJORD_LOG_WARN ? NJ_WARN
                                                 : NJ_ERROR;
    nj_log(host->log, at, i->id, "plugin", NJ_TEXT("text", text));
}

static njord_status position(void *ctx, struct nj_instance *i, const char *symbol,
                             njord_holding *out)
{
    struct nj_host *host = ctx;
    const struct nj_position *p = nj_ledger_position(host->core.ledger, i->id, symbol);
    if (!p)
        return NJORD_OK; /* flat */
    out->qty = nj_position_qty(p);
    out->avg_price = p->avg_price;
    out->realized_pnl = p->realized_pnl;
    out->unrealized_pnl = nj_position_unrealized(p, price_for(host, i, symbol));
    out->fees_paid = p->fees_paid;
    return NJORD_OK;
}

static double held(void *ctx, struct nj_instance *i, const char *symbol)
{
    const struct nj_host *host = ctx;
    const struct nj_position *p = nj_ledger_position(host->core.ledger, i->id, symbol);
    return p ? nj_position_qty(p) : 0;
}

static double working(void *ctx, struct nj_instance *i, const char *symbol)
{
    return nj_orders_working(((struct nj_host *)ctx)->core.orders, i->id, symbol);
}

static double last_price(void *ctx, struct nj_instance *i, const char *symbol)
{
    return price_for(ctx, i, symbol);
}

static njord_status instrument(void *ctx, struct nj_instance *i, const char *symbol,
                               njord_instrument *out)
{
    struct nj_host *host = ctx;
    (void)i;
    const struct nj_instrument *found = nj_instrument_find(host->core.instruments, symbol);
    if (!found)
        return NJORD_E_NOT_FOUND;
    nj_instrument_event(found, out);
    return NJORD_OK;
}

static double capital(void *ctx, struct nj_instance *i)
{
    return nj_ledger_capital(((struct nj_host *)ctx)->core.ledger, i->id);
}

static double cash(void *ctx, struct nj_instance *i)
{
    return nj_ledger_cash(((struct nj_host *)ctx)->core.ledger, i->id);
}

static uint32_t open_orders(void *ctx, struct nj_instance *i, const char *symbol,
                            njord_open_order *out, uint32_t cap)
{
    struct nj_host *host = ctx;
    uint32_t n = 0;
    uint32_t step = cap > 0 ? out->size : 0;
    for (const struct nj_order *o = NULL;
         (o = nj_orders_next_open(host->core.orders, o, i->id, symbol)); n++) {
        if (n >= cap)
            continue;
        njord_open_order mine;
        nj_order_describe(o, &mine);
        mine.size = step;
        memcpy((char *)out + (size_t)n * step, &mine, sizeof mine < step ? sizeof mine : step);
    }
    return n;
}

static njord_status book(void *ctx, struct nj_instance *i, const char *symbol,
                         const njord_book **out)
{
    struct nj_host *host = ctx;
    const struct nj_slot *slot = i->owner;
    const struct nj_instrument *found = nj_instrument_find(host->core.instruments, symbol);
    if ((slot && slot->warming) || /* it is today's */
        !found || found->symbol_id >= host->core.n_prices || !host->core.books[found->symbol_id])
        return NJORD_E_NOT_FOUND;
    *out = host->core.books[found->symbol_id];
    return NJORD_OK;
}

static njord_status publish(void *ctx, struct nj_instance *i, const char *topic,
                            const njord_event *event)
{
    struct nj_host *host = ctx;
    if (i->kind == NJORD_KIND_FEED)
        return nj_feed_publish(host, i, topic, event);
    struct nj_error err = {0};
    if (event->type == NJORD_EV_SIGNAL &&
        strcmp(((const njord_signal *)event)->strategy_id, i->id) != 0)
        return NJORD_E_ARG;
    i->ordinal++;
    if (nj_past_showing(host)) /* it was published then */
        return NJORD_OK;
    return nj_bus_publish(host->bus, topic, event, NULL, &err) == 0 ? NJORD_OK : NJORD_E_LIMIT;
}

static njord_status timer_set(void *ctx, struct nj_instance *i, uint32_t timer, int64_t due_ns,
                              int64_t period_ns)
{
    struct nj_host *host = ctx;
    bool again =
        host->firing && host->config->app.clock == NJ_CLOCK_EVENTS && due_ns <= nj_host_now(host);
    bool ok = (again ? nj_timers_set_later : nj_timers_set)(&host->timers, i->owner, timer, due_ns,
                                                            period_ns);
    return ok ? NJORD_OK : NJORD_E_NOMEM;
}

static njord_status timer_cancel(void *ctx, struct nj_instance *i, uint32_t timer)
{
    struct nj_host *host = ctx;
    return nj_timers_cancel(&host->timers, i->owner, timer) ? NJORD_OK : NJORD_E_NOT_FOUND;
}

static int32_t halted(void *ctx, struct nj_instance *i)
{
    struct nj_host *host = ctx;
    (void)i;
    return (host->stopping && host->config->app.clock != NJ_CLOCK_EVENTS) ||
           nj_kill_tripped(&host->kill, host->platform->monotonic_ns(host->platform->ctx));
}

static int32_t warming(void *ctx, struct nj_instance *i)
{
    (void)ctx;
    const struct nj_slot *slot = i->owner;
    return slot && slot->warming;
}

static njord_status watch(void *ctx, struct nj_instance *i, int32_t fd, uint32_t events)
{
    return nj_descriptors_watch(ctx, i, fd, events);
}

static void withheld(void *ctx, struct nj_instance *i, const njord_order *order)
{
    struct nj_slot *slot = i->owner;
    (void)ctx;
    if (slot)
        nj_orders_told_add(&slot->replayed, order);
}

static void failed(void *ctx, struct nj_instance *i, const char *callback, njord_status status,
                   const char *why, bool disable)
{
    struct nj_host *host = ctx;
    char detail[256];
    struct nj_slot *slot = i->owner;
    snprintf(detail, sizeof detail, "%s returned %d%s%.180s", callback, status, why[0] ? ": " : "",
             why);
    if (nj_past_showing(host)) { /* told then; that it is disabled is told when work is taken up */
        if (disable && slot) {
            slot->state = NJ_SLOT_DISABLED;
            snprintf(slot->detail, sizeof slot->detail, "%.255s", detail);
        }
        return;
    }
    nj_host_announce(host, i->id, i->kind, NJORD_PLUGIN_EVENT_ERROR, i->module->plugin.version,
                     detail);
    if (slot && slot->previous && i == slot->instance && i->errors >= NJ_PROBATION_ERRORS)
        slot->back_wanted = true; /* a new version that fails goes back to the old one: between
                                     events, by the reload */
    if (!disable || !slot)
        return;
    slot->state = NJ_SLOT_DISABLED;
    snprintf(slot->detail, sizeof slot->detail, "%llu errors returned, the last: %.200s",
             (unsigned long long)i->errors, detail);
    nj_host_announce(host, i->id, i->kind, NJORD_PLUGIN_EVENT_DISABLED, i->module->plugin.version,
                     slot->detail);
    if (i->kind == NJORD_KIND_STRATEGY)
        nj_strategy_leave(slot, (int)slot->config->on_crash, "disabled");
}

void nj_host_ops_init(struct nj_instance_ops *ops, struct nj_host *host)
{
    *ops = (struct nj_instance_ops){host,
                                    &host->calls,
                                    NULL,
                                    now_ns,
                                    log_text,
                                    position,
                                    working,
                                    last_price,
                                    instrument,
                                    capital,
                                    cash,
                                    open_orders,
                                    book,
                                    nj_strategy_submit,
                                    nj_strategy_cancel,
                                    publish,
                                    timer_set,
                                    timer_cancel,
                                    halted,
                                    warming,
                                    nj_broker_ack,
                                    nj_broker_update,
                                    nj_broker_fill,
                                    nj_broker_balance,
                                    nj_broker_error,
                                    nj_feed_speed,
                                    watch,
                                    withheld,
                                    failed,
                                    held};
}
