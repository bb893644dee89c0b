#include "trade/orders.h"

#include "trade/orders_impl.h"

#include <math.h>
#include <njord/contract.h>
#include <stdlib.h>
#include <string.h>

struct nj_orders *nj_orders_new(struct nj_instruments *instruments)
{
    struct nj_orders *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->instruments = instruments;
    o->keep_ended = NJ_ORDERS_ENDED;
    nj_idset_init(&o->seen, NJ_ORDERS_SEEN);
    return o;
}

static void free_entry(void *value)
{
    struct nj_order_entry *e = value;
    free(e->trades);
    free(e);
}

void nj_orders_free(struct nj_orders *o)
{
    if (!o)
        return;
    for (struct nj_order_entry *e = o->own_ids ? o->all.head : NULL, *next; e; e = next) {
        next = e->next[NJ_OF_ALL];
        if (!e->named)
            free_entry(e);
    }
    for (struct nj_order_entry *e = o->own_ids ? o->oldest_ended : NULL, *next; e; e = next) {
        next = e->next_ended;
        free_entry(e);
    }
    for (struct nj_order_entry *e = o->pool, *next; e; e = next) {
        next = e->next_ended;
        free_entry(e);
    }
    nj_map_free(&o->by_id, free_entry);
    nj_map_free(&o->by_strategy, free);
    nj_map_free(&o->floors, free);
    for (uint32_t i = 0; i < o->cap_symbols; i++)
        free(o->by_symbol[i]);
    for (uint32_t i = 0; i < o->cap_pairs; i++)
        free(o->pairs[i]);
    free(o->by_symbol);
    free(o->pairs);
    nj_idset_free(&o->seen);
    free(o);
}

/* ---- groups: lists and sums of open orders ---------------------------------------------------
 */

struct nj_order_strategy *nj_orders_strategy(struct nj_orders *o, const char *id)
{
    struct nj_order_strategy *s = nj_map_get(&o->by_strategy, id);
    if (s)
        return s;
    s = calloc(1, sizeof *s);
    if (!s || !nj_map_put(&o->by_strategy, id, s)) {
        free(s);
        return NULL;
    }
    memcpy(s->id, id, strlen(id) + 1);
    return s;
}

struct nj_order_group *nj_orders_symbol_group(struct nj_orders *o, uint32_t symbol_id)
{
    if (symbol_id >= o->cap_symbols) {
        uint32_t cap = o->cap_symbols ? o->cap_symbols : 16;
        while (cap <= symbol_id)
            cap *= 2;
        struct nj_order_group **now = realloc(o->by_symbol, cap * sizeof *now);
        if (!now)
            return NULL;
        memset(now + o->cap_symbols, 0, (cap - o->cap_symbols) * sizeof *now);
        o->by_symbol = now;
        o->cap_symbols = cap;
    }
    if (!o->by_symbol[symbol_id])
        o->by_symbol[symbol_id] = calloc(1, sizeof(struct nj_order_group));
    return o->by_symbol[symbol_id];
}

struct nj_order_pair **nj_orders_pair_slot(const struct nj_orders *o,
                                           const struct nj_order_strategy *strategy,
                                           uint32_t symbol_id)
{
    uint64_t key = ((uint64_t)(uintptr_t)strategy >> 4) * UINT64_C(0x9e3779b97f4a7c15) + symbol_id;
    uint32_t mask = o->cap_pairs - 1;
    uint32_t at = (uint32_t)((key * UINT64_C(0xff51afd7ed558ccd)) >> 33) & mask;
    while (o->pairs[at] &&
           (o->pairs[at]->strategy != strategy || o->pairs[at]->instrument->symbol_id != symbol_id))
        at = (at + 1) & mask;
    return &o->pairs[at];
}

struct nj_order_group *nj_orders_pair_group(struct nj_orders *o,
                                            const struct nj_order_strategy *strategy,
                                            const struct nj_instrument *instrument)
{
    if ((o->n_pairs + 1) * UINT64_C(2) > o->cap_pairs) {
        struct nj_orders bigger = *o;
        bigger.cap_pairs = o->cap_pairs ? o->cap_pairs * 2 : 64;
        bigger.pairs = calloc(bigger.cap_pairs, sizeof(struct nj_order_pair *));
        if (!bigger.pairs)
            return NULL;
        for (uint32_t i = 0; i < o->cap_pairs; i++)
            if (o->pairs[i])
                *nj_orders_pair_slot(&bigger, o->pairs[i]->strategy,
                                     o->pairs[i]->instrument->symbol_id) = o->pairs[i];
        free(o->pairs);
        o->pairs = bigger.pairs;
        o->cap_pairs = bigger.cap_pairs;
    }
    struct nj_order_pair **slot = nj_orders_pair_slot(o, strategy, instrument->symbol_id);
    if (!*slot) {
        struct nj_order_pair *pair = calloc(1, sizeof *pair);
        if (!pair)
            return NULL;
        pair->strategy = strategy;
        pair->instrument = instrument;
        *slot = pair;
        o->n_pairs++;
    }
    return &(*slot)->group;
}

void nj_orders_list_in(struct nj_order_entry *e)
{
    for (int k = 0; k < NJ_OF_KINDS; k++) {
        struct nj_order_group *g = e->groups[k];
        e->prev[k] = g->tail;
        e->next[k] = NULL;
        if (g->tail)
            g->tail->next[k] = e;
        else
            g->head = e;
        g->tail = e;
        g->n_open++;
    }
    e->listed = true;
}

static void list_out(struct nj_order_entry *e)
{
    for (int k = 0; k < NJ_OF_KINDS; k++) {
        struct nj_order_group *g = e->groups[k];
        if (e->prev[k])
            e->prev[k]->next[k] = e->next[k];
        else
            g->head = e->next[k];
        if (e->next[k])
            e->next[k]->prev[k] = e->prev[k];
        else
            g->tail = e->prev[k];
        g->n_open--;
    }
    e->listed = false;
}

static int64_t *sum_of(struct nj_order_group *g, bool wish, uint8_t side)
{
    if (side == NJORD_SIDE_BUY)
        return wish ? &g->wished_buys : &g->buys;
    return wish ? &g->wished_sells : &g->sells;
}

/* What it may still fill. */
static int64_t remaining(const struct nj_order_entry *e)
{
    if (!nj_order_open(&e->order))
        return 0;
    return (e->expected >= 0 ? e->expected : e->order.lots) - e->order.filled_lots;
}

/* Takes an order out of the sums, and puts it in as it is now. */
void nj_orders_uncount(struct nj_order_entry *e)
{
    for (int k = 0; k < NJ_OF_KINDS; k++) {
        *sum_of(e->groups[k], e->counted_wish, e->order.side) -= e->counted;
        if (e->listed && !e->counted_wish)
            e->groups[k]->n_accepted--;
    }
    if (e->strategy->group.buys == 0)
        e->strategy->bound = nj_sum_of(0);
    else if (e->bound != 0)
        e->strategy->bound = nj_sum_minus(e->strategy->bound, nj_sum_of(e->bound));
    e->counted = 0;
    e->bound = 0;
}

void nj_orders_count(struct nj_order_entry *e)
{
    e->counted = remaining(e);
    e->counted_wish = e->order.stage == NJ_ORDER_INTENT;
    for (int k = 0; k < NJ_OF_KINDS; k++) {
        *sum_of(e->groups[k], e->counted_wish, e->order.side) += e->counted;
        if (e->listed && !e->counted_wish)
            e->groups[k]->n_accepted++;
    }
    if (!e->counted_wish && e->order.side == NJORD_SIDE_BUY && isfinite(e->order.reference_price)) {
        double bound = nj_lots_qty(e->order.instrument, e->counted) * e->order.reference_price;
        e->bound = isfinite(bound) ? bound : 0;
        e->strategy->bound = nj_sum_plus(e->strategy->bound, nj_sum_of(e->bound));
    }
}

/* Would `lots` more of a side fit every sum that counts this order (which covers all others)? */
bool nj_orders_fit(const struct nj_orders *o, uint8_t side, int64_t lots)
{
    int64_t sum = side == NJORD_SIDE_BUY ? o->all.buys : o->all.sells;
    int64_t wished = side == NJORD_SIDE_BUY ? o->all.wished_buys : o->all.wished_sells;
    return !__builtin_add_overflow(sum, wished, &sum) && !__builtin_add_overflow(sum, lots, &sum);
}

/* ---- ends ------------------------------------------------------------------------------------
 */

static void let_go_of_oldest(struct nj_orders *o)
{
    struct nj_order_entry *e = o->oldest_ended;
    o->oldest_ended = e->next_ended;
    if (!o->oldest_ended)
        o->newest_ended = NULL;
    o->n_ended--;
    if (o->own_ids) { /* its name went when it ended */
        e->next_ended = o->pool;
        o->pool = e;
        return;
    }
    nj_orders_seen_add(o, e->order.intent_id, e->order.ts_ns);
    nj_map_remove(&o->by_id, e->order.intent_id);
    free_entry(e);
}

void nj_orders_list_ended(struct nj_orders *o, struct nj_order_entry *e)
{
    e->next_ended = NULL;
    if (o->newest_ended)
        o->newest_ended->next_ended = e;
    else
        o->oldest_ended = e;
    o->newest_ended = e;
    if (o->own_ids && e->named) {
        nj_map_remove(&o->by_id, e->order.intent_id);
        e->named = false;
    }
    if (++o->n_ended > o->keep_ended)
        let_go_of_oldest(o);
}

/* Ends an order that is in no sum any more. */
void nj_orders_leave(struct nj_orders *o, struct nj_order_entry *e, enum nj_order_stage stage)
{
    list_out(e);
    e->order.stage = stage;
    nj_orders_list_ended(o, e);
}

void nj_orders_end(struct nj_orders *o, struct nj_order_entry *e, enum nj_order_stage stage)
{
    nj_orders_uncount(e);
    nj_orders_leave(o, e, stage);
}

struct nj_order_entry *nj_orders_entry_new(struct nj_orders *o, const char *intent_id,
                                           const char *strategy_id, struct nj_instrument *i)
{
    struct nj_order_entry *e = calloc(1, sizeof *e);
    struct nj_order_strategy *s = nj_orders_strategy(o, strategy_id);
    if (!e || !s)
        goto no_memory;
    e->groups[NJ_OF_ALL] = &o->all;
    e->groups[NJ_OF_STRATEGY] = &s->group;
    e->groups[NJ_OF_SYMBOL] = nj_orders_symbol_group(o, i->symbol_id);
    e->groups[NJ_OF_PAIR] = nj_orders_pair_group(o, s, i);
    if (!e->groups[NJ_OF_SYMBOL] || !e->groups[NJ_OF_PAIR] || !nj_map_put(&o->by_id, intent_id, e))
        goto no_memory;
    memcpy(e->order.intent_id, intent_id, strlen(intent_id) + 1);
    memcpy(e->order.strategy_id, s->id, sizeof s->id);
    e->order.instrument = i;
    e->order.reference_price = NAN;
    e->strategy = s;
    e->expected = -1;
    e->named = true;
    nj_instrument_pin(i);
    return e;
no_memory:
    free(e);
    return NULL;
}

/* ---- the flow --------------------------------------------------------------------------------
 */

static struct nj_order_entry *entry_of(const struct nj_orders *o, const char *id, size_t size)
{
    return memchr(id, '\0', size) ? nj_map_get(&o->by_id, id) : NULL;
}
#define ENTRY_OF(o, member) entry_of(o, member, sizeof(member))

static bool text_ok(const char *text, size_t size)
{
    return text[0] != '\0' && memchr(text, '\0', size) != NULL;
}

void nj_orders_admit(struct nj_orders *o, struct nj_order_entry *e, const njord_intent *in,
                     int64_t lots)
{
    e->order.side = in->side;
    e->order.type = in->type;
    e->order.tif = in->tif;
    e->order.stage = NJ_ORDER_INTENT;
    e->order.lots = lots;
    e->order.limit_price = in->limit_price;
    e->order.ts_ns = in->ev.ts_ns;
    e->order.seq = in->ev.seq;
    e->number = ++o->next_number;
    nj_orders_list_in(e);
    nj_orders_count(e);
}

int nj_orders_intent(struct nj_orders *o, const njord_intent *in)
{
    if (!text_ok(in->intent_id, sizeof in->intent_id) ||
        !text_ok(in->strategy_id, sizeof in->strategy_id) ||
        !text_ok(in->symbol, sizeof in->symbol) ||
        (in->side != NJORD_SIDE_BUY && in->side != NJORD_SIDE_SELL))
        return NJ_ERR_INPUT;
    if (nj_orders_seen(o, in->intent_id))
        return NJ_ERR_EXISTS;
    struct nj_instrument *i = nj_instrument_get(o->instruments, in->symbol);
    if (!i)
        return NJ_ERR_INPUT;
    int64_t lots;
    if (!(in->qty > 0) || !nj_lots_down(i, in->qty, &lots))
        lots = 0; /* risk will say what is wrong with it */
    if (!nj_orders_fit(o, in->side, lots))
        return NJ_ERR_LIMIT;
    struct nj_order_entry *e = nj_orders_entry_new(o, in->intent_id, in->strategy_id, i);
    if (!e)
        return NJ_ERR_NOMEM;
    nj_orders_admit(o, e, in, lots);
    return 0;
}

void nj_orders_take_reason(struct nj_order_entry *e, const char *reason, size_t size)
{
    size_t len = strnlen(reason, size - 1);
    if (len > 0) {
        memcpy(e->order.reason, reason, len);
        e->order.reason[len] = '\0';
    }
}

/* A refusal for the id alone is about a second intent that came with it: the order that has the id
 * stands. One for the window of equal orders is about the order itself, and says so in its caps. */
static bool of_another(const njord_decision *d)
{
    return strncmp(d->reason, "duplicate", sizeof d->reason) == 0 &&
           !njord_is_set_f64(njord_real(&d->ev, d->caps, "duplicate_window_ms"));
}

int nj_orders_decision(struct nj_orders *o, const njord_decision *d)
{
    struct nj_order_entry *e = ENTRY_OF(o, d->intent_id);
    if (!e)
        return NJ_ERR_NOT_FOUND;
    enum nj_order_stage stage = e->order.stage;
    if (d->allowed) {
        if (stage == NJ_ORDER_REFUSED)
            return NJ_ERR_INPUT;
        if (stage == NJ_ORDER_INTENT) {
            nj_orders_uncount(e);
            e->order.stage = NJ_ORDER_ACCEPTED;
            e->order.reference_price = njord_real(&d->ev, d->caps, "reference_price");
            nj_orders_count(e);
        }
        return 0;
    }
    if (stage == NJ_ORDER_REFUSED || of_another(d))
        return 0;
    if (stage != NJ_ORDER_INTENT && stage != NJ_ORDER_ACCEPTED)
        return NJ_ERR_INPUT;
    nj_orders_take_reason(e, d->reason, sizeof d->reason);
    nj_orders_end(o, e, NJ_ORDER_REFUSED);
    return 0;
}

int nj_orders_accepted(struct nj_orders *o, const njord_order_event *order)
{
    struct nj_order_entry *e = ENTRY_OF(o, order->intent_id);
    int64_t lots;
    if (!e)
        return NJ_ERR_NOT_FOUND;
    if ((e->order.stage != NJ_ORDER_INTENT && e->order.stage != NJ_ORDER_ACCEPTED) ||
        !(order->qty > 0) || !nj_lots_nearest(e->order.instrument, order->qty, &lots) || lots <= 0)
        return NJ_ERR_INPUT;
    if (lots > e->counted && !nj_orders_fit(o, e->order.side, lots - e->counted))
        return NJ_ERR_LIMIT;
    nj_orders_uncount(e);
    e->order.stage = NJ_ORDER_ACCEPTED;
    e->order.lots = lots;
    e->order.limit_price = order->limit_price;
    nj_orders_count(e);
    return 0;
}

int nj_orders_sent(struct nj_orders *o, const char *intent_id)
{
    struct nj_order_entry *e = nj_map_get(&o->by_id, intent_id);
    if (!e)
        return NJ_ERR_NOT_FOUND;
    enum nj_order_stage stage = e->order.stage;
    if (stage == NJ_ORDER_SENT)
        return 0;
    if ((stage != NJ_ORDER_ACCEPTED && stage != NJ_ORDER_UNKNOWN) || e->expected >= 0)
        return NJ_ERR_INPUT;
    e->order.stage = NJ_ORDER_SENT;
    return 0;
}

/* Takes the venue's id; false: it is not the one that is known. */
static bool take_exchange_id(struct nj_order_entry *e, const char *id, size_t size)
{
    size_t len = strnlen(id, size);
    if (len == 0)
        return true;
    if (len == size)
        return false;
    if (e->order.exchange_order_id[0])
        return strcmp(e->order.exchange_order_id, id) == 0;
    memcpy(e->order.exchange_order_id, id, len + 1);
    return true;
}

/* Did risk let it through, as it must have before a venue speaks of it? */
static bool let_through(const struct nj_order_entry *e)
{
    return e->order.stage != NJ_ORDER_INTENT && e->order.stage != NJ_ORDER_REFUSED;
}

int nj_orders_ack(struct nj_orders *o, const njord_broker_order_ack *ack)
{
    struct nj_order_entry *e = ENTRY_OF(o, ack->client_order_id);
    if (!e)
        return NJ_ERR_NOT_FOUND;
    if (!let_through(e) ||
        !take_exchange_id(e, ack->exchange_order_id, sizeof ack->exchange_order_id))
        return NJ_ERR_INPUT;
    if (nj_order_open(&e->order))
        e->order.stage = NJ_ORDER_ACKED;
    return 0;
}

static enum nj_order_stage end_of(uint8_t status)
{
    switch (status) {
    case NJORD_STATUS_FILLED:
        return NJ_ORDER_FILLED;
    case NJORD_STATUS_CANCELED:
        return NJ_ORDER_CANCELED;
    case NJORD_STATUS_REJECTED:
        return NJ_ORDER_REJECTED;
    case NJORD_STATUS_EXPIRED:
        return NJ_ORDER_EXPIRED;
    default:
        return NJ_ORDER_INTENT; /* no end */
    }
}

int nj_orders_update(struct nj_orders *o, const njord_broker_order_update *u)
{
    struct nj_order_entry *e = ENTRY_OF(o, u->client_order_id);
    int64_t filled = 0;
    if (!e)
        return NJ_ERR_NOT_FOUND;
    if (!let_through(e) || u->status < NJORD_STATUS_NEW || u->status > NJORD_STATUS_UNKNOWN ||
        (njord_is_set_f64(u->filled_qty) &&
         (u->filled_qty < 0 || !nj_lots_nearest(e->order.instrument, u->filled_qty, &filled))) ||
        filled > e->order.lots ||
        !take_exchange_id(e, u->exchange_order_id, sizeof u->exchange_order_id))
        return NJ_ERR_INPUT;
    if (!nj_order_open(&e->order) || e->expected >= 0)
        return 0; /* late: the first end stands */
    enum nj_order_stage stage = end_of(u->status);
    if (stage == NJ_ORDER_INTENT) {
        e->order.stage = u->status == NJORD_STATUS_UNKNOWN ? NJ_ORDER_UNKNOWN : NJ_ORDER_ACKED;
        return 0;
    }
    nj_orders_take_reason(e, u->reason, sizeof u->reason);
    if (stage == NJ_ORDER_FILLED && filled == 0)
        filled = e->order.lots; /* the venue said filled and no more: in full */
    if (filled <= e->order.filled_lots) {
        nj_orders_end(o, e, stage);
        return 0;
    }
    nj_orders_uncount(e);
    e->expected = filled;
    e->end = stage;
    nj_orders_count(e);
    return 0;
}

/* Is this trade known to the order? Else remembers it. 1: known, 0: new, negative: no memory. */
static int trade_known(struct nj_order_entry *e, const char *trade_id, size_t size)
{
    size_t len = strnlen(trade_id, size);
    if (len == 0)
        return 0;
    uint64_t hash = nj_id_of(trade_id, len).lo;
    for (uint32_t i = 0; i < e->n_trades; i++)
        if (e->trades[i] == hash)
            return 1;
    if (e->n_trades == e->cap_trades) {
        uint32_t cap = e->cap_trades ? e->cap_trades * 2 : 2;
        uint64_t *trades = realloc(e->trades, cap * sizeof *trades);
        if (!trades)
            return NJ_ERR_NOMEM;
        e->trades = trades;
        e->cap_trades = cap;
    }
    e->trades[e->n_trades] = hash; /* counted by the caller once the fill is taken */
    return 0;
}

int nj_orders_fill(struct nj_orders *o, const njord_broker_fill *f)
{
    struct nj_order_entry *e = ENTRY_OF(o, f->client_order_id);
    int64_t lots;
    if (!e)
        return NJ_ERR_NOT_FOUND;
    if (!let_through(e))
        return NJ_ERR_INPUT;
    int known = trade_known(e, f->trade_id, sizeof f->trade_id);
    if (known != 0)
        return known < 0 ? known : NJ_ERR_EXISTS;
    if (!(f->qty > 0) || !(f->price > 0) || !isfinite(f->price) ||
        !nj_lots_nearest(e->order.instrument, f->qty, &lots) || lots <= 0 ||
        lots > e->order.lots - e->order.filled_lots ||
        !take_exchange_id(e, f->exchange_order_id, sizeof f->exchange_order_id))
        return NJ_ERR_INPUT;
    e->n_trades += f->trade_id[0] != '\0';
    nj_order_fill(o, &e->order, lots, f->price);
    return 0;
}

int nj_orders_cancel(struct nj_orders *o, const njord_cancel *cancel)
{
    struct nj_order_entry *e = ENTRY_OF(o, cancel->intent_id);
    if (!e)
        return NJ_ERR_NOT_FOUND;
    if (!nj_order_open(&e->order))
        return NJ_ERR_INPUT;
    e->order.cancel_wanted = true;
    return 0;
}
