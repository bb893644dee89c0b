#include "order_history.h"

#include "trade/orders.h"

#include <njord/codec.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 24, SYMBOLS = 3, STRATEGIES = 3 };

const char order_history_yaml[] = "exchange: {symbols: [BTC/USDT, ATOM/USDT, BNB/USDT]}\n"
                                  "symbols:\n"
                                  "  BTC/USDT: {tick: 0.01, step: 0.00001}\n"
                                  "  ATOM/USDT: {tick: 0.001, step: 0.01}\n"
                                  "  BNB/USDT: {tick: 0.1, step: 0.001}\n"
                                  "risk: {daily_loss_usd_cap: 500, duplicate_window_ms: 1000}\n";

static const char *const symbols[SYMBOLS] = {"BTC/USDT", "ATOM/USDT", "BNB/USDT"};
static const char *const bases[SYMBOLS] = {"BTC", "ATOM", "BNB"};
static const char *const strategies[STRATEGIES] = {"slow", "fast", "other"};
static const double per_lot[SYMBOLS] = {100000, 100, 1000}; /* lots in one */
static const double prices[SYMBOLS] = {20000, 10, 300};

struct order {
    char id[NJORD_INTENT_ID_SIZE];
    int strategy, symbol, step; /* what comes next; 0: free */
    uint8_t side;
    int64_t lots, filled;
};

struct maker {
    struct order_history *h;
    uint64_t random, seq;
    int64_t now_ns;
    size_t cap, cap_ids;
    uint64_t trades;
    struct order orders[AT_ONCE];
};

static void die(const char *what)
{
    fprintf(stderr, "order history: %s\n", what);
    exit(99);
}

/* splitmix64, by S. Vigna. */
static uint64_t roll(struct maker *m, uint64_t n)
{
    uint64_t z = m->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % n;
}

#define PUT(to, text) snprintf((to), sizeof(to), "%s", (text))

static void line(struct maker *m, njord_event *event)
{
    njord_envelope envelope = {.contract = event->type, .src_seq = NJORD_NONE_I64};
    struct order_history *h = m->h;
    char text[4096];
    size_t len;
    m->seq += 1 + roll(m, 40);
    m->now_ns += (int64_t)roll(m, 20) * 1000000000;
    event->seq = m->seq;
    event->ts_recv_ns = m->now_ns;
    if (event->ts_ns == NJORD_NONE_I64)
        event->ts_ns = m->now_ns - 5;
    if (njord_encode_json(event, &envelope, text, sizeof text - 1, &len) != 0)
        die("a line could not be encoded");
    text[len] = '\n';
    if (h->n == m->cap) {
        m->cap = m->cap ? 2 * m->cap : 1024;
        h->ends = realloc(h->ends, m->cap * sizeof *h->ends);
        h->seqs = realloc(h->seqs, m->cap * sizeof *h->seqs);
    }
    if (!h->ends || !h->seqs || !nj_buf_add(&h->text, text, len + 1))
        die("out of memory");
    h->ends[h->n] = h->text.len;
    h->seqs[h->n++] = m->seq;
}

static void intent(struct maker *m, struct order *o)
{
    struct order_history *h = m->h;
    njord_intent in;
    *o = (struct order){.step = 1,
                        .strategy = (int)roll(m, STRATEGIES),
                        .symbol = (int)roll(m, SYMBOLS),
                        .side = roll(m, 2) ? NJORD_SIDE_BUY : NJORD_SIDE_SELL,
                        .lots = 1 + (int64_t)roll(m, 5000)};
    if (roll(m, 5) == 0)
        snprintf(o->id, sizeof o->id, "theirs-%llu", (unsigned long long)m->seq);
    else
        nj_intent_id(strategies[o->strategy], 1700000000, m->seq, (uint32_t)roll(m, 3), o->id);
    if (h->n_ids == m->cap_ids) {
        m->cap_ids = m->cap_ids ? 2 * m->cap_ids : 256;
        if (!(h->ids = realloc(h->ids, m->cap_ids * sizeof *h->ids)))
            die("out of memory");
    }
    PUT(h->ids[h->n_ids], o->id);
    h->n_ids++;
    njord_event_init(&in, NJORD_EV_INTENT);
    PUT(in.intent_id, o->id);
    PUT(in.strategy_id, strategies[o->strategy]);
    PUT(in.symbol, symbols[o->symbol]);
    in.side = o->side;
    in.type = roll(m, 2) ? NJORD_TYPE_MARKET : NJORD_TYPE_LIMIT;
    in.qty = (double)o->lots / per_lot[o->symbol];
    in.limit_price = prices[o->symbol];
    line(m, &in.ev);
}

static void decision(struct maker *m, struct order *o)
{
    union {
        njord_decision event;
        char room[2048];
    } d;
    njord_event_init(&d.event, NJORD_EV_DECISION);
    PUT(d.event.intent_id, o->id);
    PUT(d.event.strategy_id, strategies[o->strategy]);
    d.event.allowed = roll(m, 6) > 0;
    PUT(d.event.reason, d.event.allowed ? "ok" : "price_collar_pct");
    njord_real_pair caps = {.key = "reference_price",
                            .value = prices[o->symbol] + (double)roll(m, 100) / 10};
    if (njord_tail_put(&d.event.ev, sizeof d, &d.event.caps, &caps, 1, sizeof caps) != 0)
        die("no room for caps");
    line(m, &d.event.ev);
    o->step = d.event.allowed ? 2 : 0;
}

static void accepted(struct maker *m, struct order *o)
{
    njord_order_event e;
    njord_event_init(&e, NJORD_EV_ORDER_EVENT);
    PUT(e.intent_id, o->id);
    PUT(e.strategy_id, strategies[o->strategy]);
    PUT(e.symbol, symbols[o->symbol]);
    PUT(e.venue, "paper");
    e.side = o->side;
    e.type = NJORD_TYPE_LIMIT;
    e.qty = (double)o->lots / per_lot[o->symbol];
    e.limit_price = prices[o->symbol];
    line(m, &e.ev);
    o->step = 3;
}

static void request(struct maker *m, struct order *o)
{
    njord_broker_order_req r;
    njord_event_init(&r, NJORD_EV_BROKER_ORDER_REQ);
    PUT(r.client_order_id, o->id);
    PUT(r.symbol, symbols[o->symbol]);
    r.side = o->side;
    r.type = NJORD_TYPE_LIMIT;
    r.qty = (double)o->lots / per_lot[o->symbol];
    r.limit_price = prices[o->symbol];
    line(m, &r.ev);
    o->step = 4;
}

static void ack(struct maker *m, const struct order *o)
{
    njord_broker_order_ack a;
    njord_event_init(&a, NJORD_EV_BROKER_ORDER_ACK);
    PUT(a.client_order_id, o->id);
    snprintf(a.exchange_order_id, sizeof a.exchange_order_id, "x-%s", o->id);
    line(m, &a.ev);
}

static void fill(struct maker *m, struct order *o)
{
    static const char *const third = "XRP"; /* nobody knows its price */
    njord_broker_fill f;
    int64_t left = o->lots - o->filled,
            lots = roll(m, 3) ? left : 1 + (int64_t)roll(m, (uint64_t)left);
    njord_event_init(&f, NJORD_EV_BROKER_FILL);
    PUT(f.client_order_id, o->id);
    PUT(f.symbol, symbols[o->symbol]);
    snprintf(f.trade_id, sizeof f.trade_id, "t%llu", (unsigned long long)++m->trades);
    f.side = o->side;
    f.qty = (double)lots / per_lot[o->symbol];
    f.price = prices[o->symbol] + (double)roll(m, 1000) / 100;
    f.fee = (double)roll(m, 100) / 1000;
    PUT(f.fee_asset, roll(m, 3)   ? "USDT"
                     : roll(m, 2) ? bases[o->symbol]
                     : roll(m, 2) ? "BNB"
                                  : third);
    if (strcmp(f.fee_asset, bases[o->symbol]) == 0)
        f.fee = f.qty / 1000;
    line(m, &f.ev);
    o->filled += lots;
    if (o->filled == o->lots)
        o->step = 0;
}

static void update(struct maker *m, struct order *o, uint8_t status)
{
    njord_broker_order_update u;
    njord_event_init(&u, NJORD_EV_BROKER_ORDER_UPDATE);
    PUT(u.client_order_id, o->id);
    PUT(u.symbol, symbols[o->symbol]);
    u.status = status;
    u.filled_qty = (double)o->filled / per_lot[o->symbol];
    if (status == NJORD_STATUS_CANCELED || status == NJORD_STATUS_EXPIRED)
        PUT(u.reason, "time is up");
    line(m, &u.ev);
}

static void cancel(struct maker *m, const struct order *o)
{
    njord_cancel c;
    njord_event_init(&c, NJORD_EV_CANCEL);
    PUT(c.intent_id, o->id);
    PUT(c.strategy_id, strategies[o->strategy]);
    PUT(c.reason, "strategy");
    line(m, &c.ev);
}

/* One more line about an order. */
static void advance(struct maker *m, struct order *o)
{
    switch (o->step) {
    case 0:
        intent(m, o);
        break;
    case 1:
        decision(m, o);
        break;
    case 2:
        accepted(m, o);
        break;
    case 3:
        request(m, o);
        break;
    default:
        switch (roll(m, 12)) {
        case 0:
            ack(m, o);
            break;
        case 1:
            cancel(m, o);
            break;
        case 2:
            update(m, o, NJORD_STATUS_UNKNOWN);
            break;
        case 3:
            update(m, o, roll(m, 2) ? NJORD_STATUS_CANCELED : NJORD_STATUS_EXPIRED);
            if (roll(m, 4) == 0)
                fill(m, o); /* one that the venue told too late */
            o->step = 0;
            break;
        case 4:
            update(m, o, NJORD_STATUS_PARTIALLY_FILLED);
            break;
        default:
            fill(m, o);
        }
    }
}

void order_history_make(struct order_history *h, uint64_t seed, size_t n_lines)
{
    struct maker m = {.h = h, .random = seed, .seq = 1048576, .now_ns = 1700000000000000000};
    *h = (struct order_history){0};
    while (h->n < n_lines)
        advance(&m, &m.orders[roll(&m, AT_ONCE)]);
}

void order_history_free(struct order_history *h)
{
    nj_buf_free(&h->text);
    free(h->ends);
    free(h->seqs);
    free(h->ids);
    *h = (struct order_history){0};
}
