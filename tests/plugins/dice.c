/* dice.c - trades by a sequence of whole numbers that anybody can compute again: orders of every
 * kind, cancels, timers, answers to fills and refusals, and writes down all that it is told. What
 * it does depends on its parameters and on what the host tells it, on nothing else; the file that
 * it writes (trace) is read by tests/oracle. Owned by the tests; never loaded by a host that
 * trades.
 *
 * The sequence: x = x * 6364136223846793005 + 1442695040888963407 (mod 2^64), a draw is x >> 33.
 * Every price and quantity is one division of two whole numbers below 2^53. */
#include <njord/strategy.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {                 /* bits of `mode` */
       ON_FILL = 1,    /* answers some fills */
       ON_REFUSAL = 2, /* answers some refusals */
       ON_END = 4,     /* answers some orders that ended unfilled */
       TIMERS = 8,     /* sets timers, periodic ones and in the past too */
       ELSEWHERE = 16, /* orders about other symbols than that of the bar */
       BLIND = 32      /* also about symbols that have no price yet */
};

struct dice {
    uint64_t x;
    FILE *out;
    int64_t answered_ns; /* the instant of the last answers, and how many they were */
    int64_t answers;
    char (*ids)[NJORD_INTENT_ID_SIZE]; /* of the orders sent, in turn */
    uint32_t sent, room;
};

static const njord_param params[] = {
    NJORD_INT("seed", 1, 0, INT64_MAX, "where the sequence starts", 0),
    NJORD_INT("mode", 0, 0, 63, "what it answers, as bits", 0),
    NJORD_INT("busy", 50, 0, 100, "of 100 bars, so many make it act", 0),
    NJORD_INT("most", 3, 1, 10, "orders and cancels at one bar or trade", 0),
    NJORD_INT("grid", 100, 1, 1000000, "prices are whole numbers over this", 0),
    NJORD_INT("unit", 1000, 1, 1000000000,
              "quantities are about 1 to 40 times this, in thousandths", 0),
    NJORD_TEXT("trace", "", "file to write what it is told to", 0),
    NJORD_PARAM_END};

static int64_t draw(struct dice *s, int64_t below)
{
    s->x = s->x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(s->x >> 33) % below;
}

static int64_t order_number(const struct dice *s, const char *id)
{
    for (uint32_t i = s->sent; i-- > 0;)
        if (strcmp(s->ids[i], id) == 0)
            return i;
    return -1;
}

static njord_status create(struct dice *s, const njord_host *host)
{
    const char *path = njord_param_text(host, "trace");
    s->x = (uint64_t)njord_param_int(host, "seed");
    s->answered_ns = INT64_MIN;
    if (*path && !(s->out = fopen(path, "w")))
        return njord_fail(host, NJORD_E_FAIL, "'%s' cannot be written", path);
    return NJORD_OK;
}

static void destroy(struct dice *s)
{
    if (s->out)
        (void)fclose(s->out);
    free(s->ids);
}

static void send(struct dice *s, const njord_host *host, const njord_order *order)
{
    if (s->sent == s->room) {
        uint32_t room = s->room ? s->room * 2 : 64;
        void *more = realloc(s->ids, room * sizeof *s->ids);
        if (!more)
            return;
        s->ids = more;
        s->room = room;
    }
    memset(s->ids[s->sent], 0, sizeof s->ids[s->sent]);
    njord_status status = host->submit(host, order, s->ids[s->sent]);
    if (s->out)
        fprintf(s->out, "sent %" PRIu32 " %d %s\n", s->sent, (int)status, s->ids[s->sent]);
    s->sent++;
}

/* What is one order, or a cancel. */
static void act(struct dice *s, const njord_host *host, const char *symbol)
{
    int64_t mode = njord_param_int(host, "mode"), grid = njord_param_int(host, "grid");
    int64_t unit = njord_param_int(host, "unit"), what = draw(s, 20);
    const char *const *symbols = NULL;
    uint32_t n_symbols = host->symbols(host, &symbols);
    if ((mode & ELSEWHERE) && draw(s, 4) == 0)
        symbol = symbols[draw(s, n_symbols)];
    if (what < 2) { /* cancels the oldest but n of the open ones */
        njord_open_order open[16];
        open[0].size = (uint32_t)sizeof open[0];
        uint32_t n = host->open_orders(host, NULL, open, 16);
        n = n < 16 ? n : 16;
        if (n == 0)
            return;
        int64_t which = draw(s, n);
        njord_status status = host->cancel(host, open[which].intent_id);
        if (s->out)
            fprintf(s->out, "cancel %" PRId64 " %d\n", order_number(s, open[which].intent_id),
                    (int)status);
        return;
    }
    if (what == 2) { /* cancels any, mostly one that has ended */
        if (s->sent == 0)
            return;
        int64_t which = draw(s, s->sent);
        njord_status status = host->cancel(host, s->ids[which]);
        if (s->out)
            fprintf(s->out, "cancel %" PRId64 " %d\n", which, (int)status);
        return;
    }
    double last = host->last_price(host, symbol);
    int64_t price = njord_is_set_f64(last) ? llround(last * (double)grid) : 10 * grid;
    int64_t known = njord_is_set_f64(last) != 0, kind = draw(s, 10), thousandths;
    double held = njord_position(host, symbol), qty;
    uint8_t side = draw(s, 2) ? NJORD_SIDE_BUY : NJORD_SIDE_SELL;
    thousandths = unit * (1 + draw(s, 40));
    qty = (double)thousandths / 1000.0;
    if (kind == 0) /* off the grid of lots */
        qty = (double)(thousandths * 100000 + 1 + draw(s, 99999)) / 100000000.0;
    else if (kind == 1) /* far too small */
        qty = (double)(1 + draw(s, 20)) / 1000000000.0;
    else if (kind == 2) /* far too much */
        qty = (double)thousandths;
    else if (kind < 6 && held != 0.0) { /* out, or to the other side */
        side = held < 0.0 ? NJORD_SIDE_BUY : NJORD_SIDE_SELL;
        qty = fabs(held) * (kind == 5 ? 2.0 : 1.0);
    }
    if (!known && !(mode & BLIND))
        return;
    njord_order order = njord_order_of(side, what < 11 ? NJORD_TYPE_MARKET : NJORD_TYPE_LIMIT,
                                       symbol, qty, (double)NAN);
    if (what == 3)
        order.tif = NJORD_TIF_IOC;
    else if (what == 4)
        order.tif = NJORD_TIF_FOK;
    else if (what == 11 || what == 12)
        order.tif = NJORD_TIF_IOC;
    else if (what == 13 || what == 14)
        order.tif = NJORD_TIF_FOK;
    else if (what == 15)
        order.tif = NJORD_TIF_GTC;
    if (order.type == NJORD_TYPE_LIMIT) {
        int64_t ticks = price + draw(s, 61) - 30, off = draw(s, 8);
        if (ticks < 1)
            ticks = 1;
        order.limit_price = off == 0
                                ? (double)(ticks * 1000 + 1 + draw(s, 999)) / (double)(grid * 1000)
                                : (double)ticks / (double)grid;
    } else if (what == 5 || !known) { /* a reference, which counts while there is no price */
        order.limit_price = (double)price / (double)grid;
    }
    send(s, host, &order);
}

/* Whether to answer what came: one time of `of`, and at one instant at most six times. */
static int answers(struct dice *s, const njord_host *host, int64_t bit, int64_t of)
{
    int64_t now = host->now_ns(host);
    if (!(njord_param_int(host, "mode") & bit) || draw(s, of) != 0)
        return 0;
    if (now != s->answered_ns) {
        s->answered_ns = now;
        s->answers = 0;
    }
    return ++s->answers <= 6;
}

static const char *first_symbol(const njord_host *host)
{
    const char *const *symbols = NULL;
    return host->symbols(host, &symbols) > 0 ? symbols[0] : "";
}

static void see(const struct dice *s, const njord_host *host, const char *symbol)
{
    double last = host->last_price(host, symbol);
    if (s->out)
        fprintf(s->out, " %.17g %.17g %.17g %.17g\n", njord_position(host, symbol),
                njord_working(host, symbol), host->cash(host), njord_is_set_f64(last) ? last : 0.0);
}

/* What a bar or a trade makes it do. */
static njord_status play(struct dice *s, const njord_host *host, const char *symbol)
{
    if (draw(s, 100) < njord_param_int(host, "busy"))
        for (int64_t n = 1 + draw(s, njord_param_int(host, "most")); n > 0; n--)
            act(s, host, symbol);
    if ((njord_param_int(host, "mode") & TIMERS) && draw(s, 10) == 0) {
        int64_t in = draw(s, 400) - 40, period = draw(s, 3) == 0 ? (1 + draw(s, 300)) : 0;
        uint32_t timer = (uint32_t)draw(s, 3);
        if (draw(s, 3) == 0) /* whole minutes: with the bars */
            in = in / 60 * 60;
        njord_status status =
            host->timer_set(host, timer, host->now_ns(host) + in * INT64_C(1000000000),
                            period * INT64_C(1000000000));
        if (s->out)
            fprintf(s->out, "timer %" PRIu32 " %" PRId64 " %" PRId64 " %d\n", timer, in, period,
                    (int)status);
    }
    return NJORD_OK;
}

static njord_status on_bar(struct dice *s, const njord_host *host, const njord_bar *bar)
{
    if (s->out) {
        fprintf(s->out, "bar %s %" PRId64 " %" PRId64 " %d %.17g", bar->symbol, bar->ts_close,
                host->now_ns(host), (bar->ev.flags & NJORD_EF_WARMUP) != 0, bar->close);
        see(s, host, bar->symbol);
    }
    return play(s, host, bar->symbol);
}

static njord_status on_trade(struct dice *s, const njord_host *host, const njord_trade *trade)
{
    if (s->out) {
        fprintf(s->out, "trade %s %" PRId64 " %" PRId64 " %d %.17g", trade->symbol, trade->ev.ts_ns,
                host->now_ns(host), (trade->ev.flags & NJORD_EF_WARMUP) != 0, trade->price);
        see(s, host, trade->symbol);
    }
    return play(s, host, trade->symbol);
}
static njord_status on_fill(struct dice *s, const njord_host *host, const njord_fill *fill)
{
    if (s->out) {
        fprintf(s->out, "fill %" PRId64 " %s %d %.17g %.17g %.17g %d %" PRId64 " %" PRId64,
                order_number(s, fill->intent_id), fill->symbol, fill->side, fill->qty, fill->price,
                fill->fee, fill->liquidity, fill->ev.ts_ns, host->now_ns(host));
        see(s, host, fill->symbol);
    }
    if (answers(s, host, ON_FILL, 3))
        act(s, host, fill->symbol);
    return NJORD_OK;
}

static njord_status on_decision(struct dice *s, const njord_host *host,
                                const njord_decision *decision)
{
    if (s->out)
        fprintf(s->out, "decision %" PRId64 " %d %s %" PRId64 "\n",
                order_number(s, decision->intent_id), decision->allowed, decision->reason,
                host->now_ns(host));
    if (!decision->allowed && answers(s, host, ON_REFUSAL, 4))
        act(s, host, first_symbol(host));
    return NJORD_OK;
}

static njord_status on_order(struct dice *s, const njord_host *host,
                             const njord_broker_order_update *update)
{
    if (s->out)
        fprintf(s->out, "order %" PRId64 " %d %.17g %s %" PRId64 "\n",
                order_number(s, update->client_order_id), update->status, update->filled_qty,
                *update->reason ? update->reason : "-", host->now_ns(host));
    if ((update->status == NJORD_STATUS_EXPIRED || update->status == NJORD_STATUS_CANCELED ||
         update->status == NJORD_STATUS_REJECTED) &&
        answers(s, host, ON_END, 3))
        act(s, host, update->symbol);
    return NJORD_OK;
}

static njord_status on_position(struct dice *s, const njord_host *host,
                                const njord_position_snapshot *p)
{
    if (s->out)
        fprintf(s->out, "position %s %.17g %.17g %.17g %.17g %.17g %" PRId64 "\n", p->symbol,
                p->qty, p->avg_price, p->realized_pnl,
                njord_is_set_f64(p->unrealized_pnl) ? p->unrealized_pnl : 0.0, p->fees_paid,
                host->now_ns(host));
    return NJORD_OK;
}

static njord_status on_timer(struct dice *s, const njord_host *host, uint32_t timer, int64_t due_ns)
{
    if (s->out) {
        fprintf(s->out, "fired %" PRIu32 " %" PRId64 " %" PRId64, timer, due_ns,
                host->now_ns(host));
        see(s, host, first_symbol(host));
    }
    act(s, host, first_symbol(host));
    if (draw(s, 6) == 0)
        (void)host->timer_cancel(host, (uint32_t)draw(s, 3));
    return NJORD_OK;
}

NJORD_STRATEGY(dice, "1.0.0", "trades by a sequence of numbers", params, .create = create,
               .destroy = destroy, .on_bar = on_bar, .on_trade = on_trade, .on_fill = on_fill,
               .on_decision = on_decision, .on_order = on_order, .on_position = on_position,
               .on_timer = on_timer);
