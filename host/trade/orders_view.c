/* What is asked of the record of orders: what is open, what is working, which ids were seen. */
#include "base/hash.h"
#include "trade/orders.h"
#include "trade/orders_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FLOORS = 65536, PREFIX_SIZE = 20 };

const struct nj_order *nj_order_find(const struct nj_orders *o, const char *intent_id)
{
    const struct nj_order_entry *e = nj_map_get(&o->by_id, intent_id);
    return e ? &e->order : NULL;
}

bool nj_order_open(const struct nj_order *order)
{
    return order->stage < NJ_ORDER_REFUSED;
}

static struct nj_order_group *group_of(const struct nj_orders *o, const char *strategy_id,
                                       const char *symbol, enum nj_order_list_kind *kind)
{
    struct nj_order_strategy *s = NULL;
    const struct nj_instrument *i = NULL;
    if (strategy_id && !(s = nj_map_get(&o->by_strategy, strategy_id)))
        return NULL;
    if (symbol && !(i = nj_instrument_find(o->instruments, symbol)))
        return NULL;
    if (s && i) {
        *kind = NJ_OF_PAIR;
        struct nj_order_pair *pair = o->cap_pairs ? *nj_orders_pair_slot(o, s, i->symbol_id) : NULL;
        return pair ? &pair->group : NULL;
    }
    if (i) {
        *kind = NJ_OF_SYMBOL;
        return i->symbol_id < o->cap_symbols ? o->by_symbol[i->symbol_id] : NULL;
    }
    *kind = s ? NJ_OF_STRATEGY : NJ_OF_ALL;
    return s ? &s->group : (struct nj_order_group *)&o->all;
}

double nj_orders_working(const struct nj_orders *o, const char *strategy_id, const char *symbol)
{
    enum nj_order_list_kind kind;
    const struct nj_order_group *g = group_of(o, strategy_id, symbol, &kind);
    const struct nj_instrument *i = nj_instrument_find(o->instruments, symbol);
    if (!g || !i)
        return 0;
    return nj_lots_qty(i, (g->buys + g->wished_buys) - (g->sells + g->wished_sells));
}

void nj_orders_working_sides(const struct nj_orders *o, const char *strategy_id, const char *symbol,
                             int64_t *buys, int64_t *sells)
{
    enum nj_order_list_kind kind;
    const struct nj_order_group *g = group_of(o, strategy_id, symbol, &kind);
    *buys = g ? g->buys : 0;
    *sells = g ? g->sells : 0;
}

double nj_orders_bound_cash(const struct nj_orders *o, const char *strategy_id)
{
    const struct nj_order_strategy *s = nj_map_get(&o->by_strategy, strategy_id);
    return s ? nj_sum_value(s->bound) : 0;
}

const struct nj_order *nj_orders_next_open(const struct nj_orders *o, const struct nj_order *after,
                                           const char *strategy_id, const char *symbol)
{
    enum nj_order_list_kind kind;
    const struct nj_order_group *g = group_of(o, strategy_id, symbol, &kind);
    if (!g)
        return NULL;
    const struct nj_order_entry *e = (const struct nj_order_entry *)after;
    if (e && e->listed && e->groups[kind] == g) {
        e = e->next[kind];
    } else { /* the first, or the first after one that has ended */
        uint64_t number = e ? e->number : 0;
        for (e = g->head; e && e->number <= number;)
            e = e->next[kind];
    }
    return e ? &e->order : NULL;
}

uint32_t nj_orders_count_open(const struct nj_orders *o, const char *strategy_id)
{
    enum nj_order_list_kind kind;
    const struct nj_order_group *g = group_of(o, strategy_id, NULL, &kind);
    return g ? g->n_open : 0;
}

uint32_t nj_orders_count_accepted(const struct nj_orders *o, const char *strategy_id)
{
    enum nj_order_list_kind kind;
    const struct nj_order_group *g = group_of(o, strategy_id, NULL, &kind);
    return g ? g->n_accepted : 0;
}

void nj_order_describe(const struct nj_order *order, njord_open_order *out)
{
    static const uint8_t status[] = {
        [NJ_ORDER_INTENT] = NJORD_STATUS_NEW,        [NJ_ORDER_ACCEPTED] = NJORD_STATUS_NEW,
        [NJ_ORDER_SENT] = NJORD_STATUS_NEW,          [NJ_ORDER_ACKED] = NJORD_STATUS_NEW,
        [NJ_ORDER_UNKNOWN] = NJORD_STATUS_UNKNOWN,   [NJ_ORDER_REFUSED] = NJORD_STATUS_REJECTED,
        [NJ_ORDER_FILLED] = NJORD_STATUS_FILLED,     [NJ_ORDER_CANCELED] = NJORD_STATUS_CANCELED,
        [NJ_ORDER_REJECTED] = NJORD_STATUS_REJECTED, [NJ_ORDER_EXPIRED] = NJORD_STATUS_EXPIRED,
    };
    *out = (njord_open_order){
        .size = sizeof *out,
        .side = order->side,
        .type = order->type,
        .tif = order->tif,
        .status = status[order->stage],
        .qty = nj_lots_qty(order->instrument, order->lots),
        .filled_qty = nj_lots_qty(order->instrument, order->filled_lots),
        .limit_price = order->type == NJORD_TYPE_LIMIT ? order->limit_price : NAN,
        .ts_ns = order->ts_ns,
    };
    if (out->status == NJORD_STATUS_NEW && order->filled_lots > 0)
        out->status = NJORD_STATUS_PARTIALLY_FILLED;
    memcpy(out->intent_id, order->intent_id, sizeof out->intent_id);
    memcpy(out->symbol, order->instrument->symbol, sizeof out->symbol);
}

/* ---- ids -------------------------------------------------------------------------------------
 */

static void base36(uint64_t v, int width, char **at)
{
    char digits[16];
    int n = 0;
    do {
        digits[n++] = "0123456789abcdefghijklmnopqrstuvwxyz"[v % 36];
        v /= 36;
    } while (v || n < width);
    while (n > 0)
        *(*at)++ = digits[--n];
}

void nj_intent_ids_of(const char *strategy_id, uint64_t epoch_s, struct nj_intent_ids *out)
{
    const uint64_t six = UINT64_C(2176782336), seven = UINT64_C(78364164096); /* 36^6, 36^7 */
    uint8_t digest[NJ_SHA256_SIZE] = {0};
    uint64_t h = 0;
    nj_sha256(strategy_id, strlen(strategy_id), digest);
    for (int i = 0; i < 8; i++)
        h = h << 8 | digest[i];
    char *at = out->prefix;
    base36(h % six, 6, &at);
    *at++ = '-';
    base36(epoch_s % seven, 1, &at);
    *at++ = '-';
    out->len = (uint32_t)(at - out->prefix);
}

void nj_intent_id_make(const struct nj_intent_ids *ids, uint64_t seq, uint32_t n,
                       char out[NJORD_INTENT_ID_SIZE])
{
    memcpy(out, ids->prefix, sizeof ids->prefix);
    char *at = out + ids->len;
    base36(seq, 1, &at);
    *at++ = '-';
    base36(n, 1, &at);
    *at = '\0';
}

void nj_intent_id(const char *strategy_id, uint64_t epoch_s, uint64_t seq, uint32_t n,
                  char out[NJORD_INTENT_ID_SIZE])
{
    struct nj_intent_ids ids;
    nj_intent_ids_of(strategy_id, epoch_s, &ids);
    nj_intent_id_make(&ids, seq, n, out);
}

static const char *parse36(const char *at, int max, uint64_t *out)
{
    uint64_t v = 0;
    int n = 0;
    for (; n < max; n++, at++) {
        int digit = *at >= '0' && *at <= '9'   ? *at - '0'
                    : *at >= 'a' && *at <= 'z' ? *at - 'a' + 10
                                               : -1;
        if (digit < 0)
            break;
        if (__builtin_mul_overflow(v, UINT64_C(36), &v) ||
            __builtin_add_overflow(v, (uint64_t)digit, &v))
            return NULL;
    }
    *out = v;
    return n > 0 ? at : NULL;
}

/* Takes an id of this host's form apart: the length of "{h}-{epoch}", 0 when it is of another. */
static size_t parse_id(const char *id, struct nj_order_floor *at)
{
    uint64_t ignored;
    const char *p = parse36(id, 6, &ignored);
    if (!p || p - id != 6 || *p != '-' || !(p = parse36(p + 1, 7, &ignored)) || *p != '-')
        return 0;
    size_t prefix = (size_t)(p - id);
    if (!(p = parse36(p + 1, 13, &at->seq)) || *p != '-' || !(p = parse36(p + 1, 7, &at->n)) || *p)
        return 0;
    return prefix;
}

static bool at_most(const struct nj_order_floor *a, const struct nj_order_floor *b)
{
    return a->seq < b->seq || (a->seq == b->seq && a->n <= b->n);
}

static struct nj_order_floor *floor_of(const struct nj_orders *o, const char *id,
                                       struct nj_order_floor *at, char prefix[PREFIX_SIZE])
{
    size_t len = parse_id(id, at);
    prefix[0] = '\0';
    if (len == 0)
        return NULL;
    memcpy(prefix, id, len);
    prefix[len] = '\0';
    return nj_map_get(&o->floors, prefix);
}

void nj_orders_seen_add(struct nj_orders *o, const char *intent_id, int64_t ts_ns)
{
    char prefix[PREFIX_SIZE];
    struct nj_order_floor at, *floor = floor_of(o, intent_id, &at, prefix);
    if (floor) {
        if (at_most(floor, &at))
            *floor = at;
        return;
    }
    if (prefix[0] && nj_map_count(&o->floors) < MAX_FLOORS && (floor = malloc(sizeof *floor))) {
        *floor = at;
        if (nj_map_put(&o->floors, prefix, floor))
            return;
        free(floor);
    }
    struct nj_id id = nj_id_of(intent_id, strlen(intent_id));
    id.ts_ns = ts_ns;
    nj_idset_add(&o->seen, id);
}

bool nj_orders_seen(const struct nj_orders *o, const char *intent_id)
{
    if (nj_map_get(&o->by_id, intent_id))
        return true;
    char prefix[PREFIX_SIZE];
    struct nj_order_floor at;
    const struct nj_order_floor *floor = floor_of(o, intent_id, &at, prefix);
    if (floor && at_most(&at, floor))
        return true;
    return nj_idset_find(&o->seen, nj_id_of(intent_id, strlen(intent_id))) != NULL;
}

void nj_orders_forget(struct nj_orders *o, int64_t now_ns, int64_t keep_ns)
{
    const struct nj_id *oldest;
    int64_t limit;
    if (__builtin_sub_overflow(now_ns, keep_ns, &limit))
        return;
    while ((oldest = nj_idset_oldest(&o->seen)) && oldest->ts_ns < limit)
        nj_idset_drop_oldest(&o->seen);
}
