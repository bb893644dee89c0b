/*
 * match_book.c - the resting orders of one symbol, each side sorted so that the next to fill stands
 * last.
 *
 * Taking a fill is then a look at the last order and, when it is done, one less in count. Placing
 * and cancelling move what stands behind, which for the few thousand orders of a strategy is one
 * memmove.
 */
#include <njord/match.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 16

/* Nothing rests that is immediate. */
static bool can_rest(const njord_match_order *o)
{
    return njord_match_order_check(o) == NJORD_OK && o->tif != NJORD_TIF_IOC &&
           o->tif != NJORD_TIF_FOK;
}

static njord_match_side *side_of(njord_match_book *b, const njord_match_order *o)
{
    if (o->type == NJORD_TYPE_MARKET)
        return &b->waiting;
    return o->side == NJORD_SIDE_BUY ? &b->buys : &b->sells;
}

/* Does a fill before b? Both stand on one side. */
static bool before(const njord_match_order *a, const njord_match_order *b)
{
    if (a->type == NJORD_TYPE_LIMIT && a->limit_price != b->limit_price)
        return a->side == NJORD_SIDE_BUY ? a->limit_price > b->limit_price
                                         : a->limit_price < b->limit_price;
    return a->seq < b->seq;
}

static njord_status side_grow(njord_match_side *s)
{
    if (s->count < s->room)
        return NJORD_OK;
    size_t room = s->room > 0 ? 2 * s->room : ROOM_FIRST;
    if (room > SIZE_MAX / sizeof *s->orders)
        return NJORD_E_NOMEM;
    njord_match_order *orders = realloc(s->orders, room * sizeof *orders);
    if (orders == NULL)
        return NJORD_E_NOMEM;
    s->orders = orders;
    s->room = room;
    return NJORD_OK;
}

/* There is room. */
static void side_insert(njord_match_side *s, const njord_match_order *o)
{
    size_t low = 0;
    size_t high = s->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (before(o, &s->orders[mid]))
            low = mid + 1;
        else
            high = mid;
    }
    memmove(&s->orders[low + 1], &s->orders[low], (s->count - low) * sizeof *o);
    s->orders[low] = *o;
    s->count++;
}

static void side_remove(njord_match_side *s, size_t at)
{
    s->count--;
    memmove(&s->orders[at], &s->orders[at + 1], (s->count - at) * sizeof s->orders[0]);
}

njord_status njord_match_book_init(njord_match_book *b, size_t max)
{
    memset(b, 0, sizeof *b);
    if (max == 0)
        return NJORD_E_ARG;
    b->max = max;
    b->next_seq = 1;
    return NJORD_OK;
}

void njord_match_book_free(njord_match_book *b)
{
    if (b == NULL)
        return;
    free(b->waiting.orders);
    free(b->buys.orders);
    free(b->sells.orders);
    memset(b, 0, sizeof *b);
}

size_t njord_match_book_count(const njord_match_book *b)
{
    return b->waiting.count + b->buys.count + b->sells.count;
}

const njord_match_order *njord_match_book_at(const njord_match_book *b, size_t i)
{
    const njord_match_side *const sides[3] = {&b->waiting, &b->buys, &b->sells};
    for (int s = 0; s < 3; s++) {
        if (i < sides[s]->count)
            return &sides[s]->orders[sides[s]->count - 1 - i];
        i -= sides[s]->count;
    }
    return NULL;
}

/* The side and index of an id. */
static njord_match_side *locate(njord_match_book *b, const char *id, size_t *at)
{
    njord_match_side *const sides[3] = {&b->waiting, &b->buys, &b->sells};
    for (int s = 0; s < 3; s++)
        for (size_t i = 0; i < sides[s]->count; i++)
            if (strcmp(sides[s]->orders[i].id, id) == 0) {
                *at = i;
                return sides[s];
            }
    return NULL;
}

const njord_match_order *njord_match_book_find(const njord_match_book *b, const char *id)
{
    for (size_t i = 0; i < njord_match_book_count(b); i++) {
        const njord_match_order *o = njord_match_book_at(b, i);
        if (strcmp(o->id, id) == 0)
            return o;
    }
    return NULL;
}

njord_status njord_match_book_place(njord_match_book *b, const njord_match_order *o)
{
    if (!can_rest(o) || njord_match_book_find(b, o->id) != NULL)
        return NJORD_E_ARG;
    if (njord_match_book_count(b) >= b->max)
        return NJORD_E_LIMIT;
    njord_match_side *s = side_of(b, o);
    njord_status rc = side_grow(s);
    if (rc != NJORD_OK)
        return rc;
    njord_match_order copy = *o;
    copy.seq = b->next_seq++;
    side_insert(s, &copy);
    return NJORD_OK;
}

njord_status njord_match_book_cancel(njord_match_book *b, const char *id, njord_match_order *out)
{
    size_t at;
    njord_match_side *s = locate(b, id, &at);
    if (s == NULL)
        return NJORD_E_NOT_FOUND;
    if (out != NULL)
        *out = s->orders[at];
    side_remove(s, at);
    return NJORD_OK;
}

/* The next to fill of a side, when this tick fills it. */
static njord_match_order *head(njord_match_side *s, const njord_match_tick *t, double *price,
                               uint8_t *liquidity)
{
    if (s->count == 0)
        return NULL;
    njord_match_order *o = &s->orders[s->count - 1];
    return njord_match_resting(o, t, price, liquidity) ? o : NULL;
}

int njord_match_book_next(njord_match_book *b, njord_match_tick *t, njord_match_fill *fill)
{
    double price;
    uint8_t liquidity;
    njord_match_side *s = &b->waiting;
    njord_match_order *o = head(s, t, &price, &liquidity);
    int64_t lots = o != NULL ? o->lots : 0;
    if (o == NULL) {
        double buy_price;
        double sell_price;
        njord_match_order *buy = head(&b->buys, t, &buy_price, &liquidity);
        njord_match_order *sell = head(&b->sells, t, &sell_price, &liquidity);
        if (t->lots <= 0 || (buy == NULL && sell == NULL))
            return 0;
        bool buys = sell == NULL || (buy != NULL && buy->seq < sell->seq);
        s = buys ? &b->buys : &b->sells;
        o = buys ? buy : sell;
        price = buys ? buy_price : sell_price;
        lots = o->lots < t->lots ? o->lots : t->lots;
        if (t->lots != INT64_MAX)
            t->lots -= lots;
    }
    o->lots -= lots;
    memset(fill, 0, sizeof *fill);
    fill->order = *o;
    fill->lots = lots;
    fill->price = price;
    fill->liquidity = liquidity;
    if (o->lots == 0)
        s->count--;
    return 1;
}

static int by_id(const void *a, const void *b)
{
    return strcmp((*(const njord_match_order *const *)a)->id,
                  (*(const njord_match_order *const *)b)->id);
}

static int by_seq(const void *a, const void *b)
{
    const njord_match_order *x = *(const njord_match_order *const *)a;
    const njord_match_order *y = *(const njord_match_order *const *)b;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

/* NJORD_E_STATE: two orders of one id or one seq. */
static njord_status all_differ(const njord_match_order *orders, size_t count)
{
    static int (*const ways[])(const void *, const void *) = {by_id, by_seq};
    njord_status rc = NJORD_OK;
    const njord_match_order **sorted = calloc(count > 0 ? count : 1, sizeof *sorted);
    if (sorted == NULL)
        return NJORD_E_NOMEM;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &orders[i];
    for (size_t w = 0; w < 2; w++) {
        qsort(sorted, count, sizeof *sorted, ways[w]);
        for (size_t i = 1; i < count; i++)
            if (ways[w](&sorted[i - 1], &sorted[i]) == 0)
                rc = NJORD_E_STATE;
    }
    free(sorted);
    return rc;
}

njord_status njord_match_book_restore(njord_match_book *b, const njord_match_order *orders,
                                      size_t count)
{
    njord_match_book made;
    njord_status rc = NJORD_E_STATE;
    if (count > b->max || njord_match_book_init(&made, b->max) != NJORD_OK)
        return NJORD_E_STATE;
    for (size_t i = 0; i < count; i++)
        if (!can_rest(&orders[i]) || orders[i].seq == 0 || orders[i].seq == UINT64_MAX)
            goto fail;
    rc = all_differ(orders, count);
    if (rc != NJORD_OK)
        goto fail;
    for (size_t i = 0; i < count; i++) {
        njord_match_side *s = side_of(&made, &orders[i]);
        rc = side_grow(s);
        if (rc != NJORD_OK)
            goto fail;
        side_insert(s, &orders[i]);
        if (orders[i].seq >= made.next_seq)
            made.next_seq = orders[i].seq + 1;
    }
    njord_match_book_free(b);
    *b = made;
    return NJORD_OK;
fail:
    njord_match_book_free(&made);
    return rc;
}
