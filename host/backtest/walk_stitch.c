#include "backtest/walk_stitch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define TRADES_MORE 65536u /* closing fills that a test of few points may have */
#define TRADES_EACH 8u     /* and for each of its points */

struct nj_walk_desk {
    size_t size, room, room_trades; /* set once, before the workers */
    size_t n, n_trades, n_fills;
    uint32_t n_open;
    double final_equity, fees, slippage, notional;
    char rows[]; /* ts_ns, equity, trades, exposed: `room` of each, trades `room_trades` */
};

struct places {
    int64_t *ts_ns;
    double *equity;
    struct nj_closed *trades;
    uint8_t *exposed;
};

static struct places places_of(const struct nj_walk_desk *desk)
{
    struct places p;
    p.ts_ns = (int64_t *)(void *)desk->rows;
    p.equity = (double *)(void *)(p.ts_ns + desk->room);
    p.trades = (struct nj_closed *)(void *)(p.equity + desk->room);
    p.exposed = (uint8_t *)(p.trades + desk->room_trades);
    return p;
}

struct nj_walk_desk *nj_walk_desk_new(size_t points)
{
    const size_t point = sizeof(int64_t) + sizeof(double) + TRADES_EACH * sizeof(struct nj_closed);
    if (points > (SIZE_MAX / 4 - TRADES_MORE * sizeof(struct nj_closed)) / (point + 1))
        return NULL;
    size_t size =
        sizeof(struct nj_walk_desk) + points * (point + 1) + TRADES_MORE * sizeof(struct nj_closed);
    /* pages that nobody writes to are never made */
    struct nj_walk_desk *desk =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (desk == MAP_FAILED)
        return NULL;
    desk->size = size;
    desk->room = points;
    desk->room_trades = points * TRADES_EACH + TRADES_MORE;
    return desk;
}

void nj_walk_desk_free(struct nj_walk_desk *desk)
{
    if (desk)
        munmap(desk, desk->size);
}

int nj_walk_desk_put(struct nj_walk_desk *desk, const struct nj_result *r, struct nj_error *err)
{
    const struct nj_bt_outcome *o = &r->outcome;
    struct places p = places_of(desk);
    if (o->n_curve > desk->room || o->n_trades > desk->room_trades)
        return nj_error_set(err, NJ_ERR_LIMIT,
                            "a test of %zu points and %zu trades: at most %zu, "
                            "%zu",
                            o->n_curve, o->n_trades, desk->room, desk->room_trades);
    desk->n = o->n_curve;
    desk->n_trades = o->n_trades;
    desk->n_fills = o->n_fills;
    desk->n_open = (uint32_t)o->n_open;
    desk->final_equity = o->final_equity;
    desk->fees = o->fees;
    desk->slippage = o->slippage;
    desk->notional = o->traded_notional;
    if (o->n_curve > 0) {
        memcpy(p.ts_ns, o->curve_ts, o->n_curve * sizeof *p.ts_ns);
        memcpy(p.equity, o->curve_equity, o->n_curve * sizeof *p.equity);
        memcpy(p.exposed, o->curve_exposed, o->n_curve);
    }
    if (o->n_trades > 0)
        memcpy(p.trades, o->trades, o->n_trades * sizeof *p.trades);
    return 0;
}

static bool grow(void *array, size_t *cap, size_t wanted, size_t size)
{
    void *items;
    memcpy(&items, array, sizeof items);
    void *more = realloc(items, wanted * size);
    if (!more)
        return false;
    memcpy(array, &more, sizeof more);
    *cap = wanted;
    return true;
}

static size_t room_for(size_t cap, size_t wanted)
{
    return wanted > 2 * cap ? wanted : 2 * cap;
}

/* Room for so many points and trades more. */
static bool make_room(struct nj_walk_sums *s, size_t points, size_t trades)
{
    struct nj_walk_stitched *to = s->to;
    bool good = true;
    if (to->n + points > s->cap) {
        size_t cap = room_for(s->cap, to->n + points), each = s->cap;
        good = grow(&to->ts_ns, &each, cap, sizeof *to->ts_ns) &&
               grow(&to->equity, &each, cap, sizeof *to->equity) &&
               grow(&to->exposed, &s->cap, cap, sizeof *to->exposed);
    }
    if (good && to->n_trades + trades > s->cap_trades)
        good = grow(&to->trades, &s->cap_trades, room_for(s->cap_trades, to->n_trades + trades),
                    sizeof *to->trades);
    return good;
}

int nj_walk_desk_take(const struct nj_walk_desk *desk, struct nj_walk_sums *sums,
                      struct nj_walk_fold *fold, struct nj_error *err)
{
    struct nj_walk_stitched *to = sums->to;
    struct places p = places_of(desk);
    size_t n = desk->n, n_trades = desk->n_trades;
    bool sane = n <= desk->room && n_trades <= desk->room_trades;
    /* over trades, the last bar of the warm-up ends with the first trade behind it: its point is
     * the last one of the test before */
    if (sane && n > 0 && to->n > 0 && p.ts_ns[0] == to->ts_ns[to->n - 1]) {
        p.ts_ns++;
        p.equity++;
        p.exposed++;
        n--;
    }
    if (!sane || (n > 0 && to->n > 0 && p.ts_ns[0] <= to->ts_ns[to->n - 1]))
        return nj_error_set(err, NJ_ERR_INTERNAL,
                            "walk-forward: a test's points are not behind "
                            "those of the test before it");
    if (!make_room(sums, n, n_trades))
        return nj_error_set(err, NJ_ERR_NOMEM, "walk-forward: out of memory");
    if (n > 0) {
        memcpy(to->ts_ns + to->n, p.ts_ns, n * sizeof *p.ts_ns);
        memcpy(to->equity + to->n, p.equity, n * sizeof *p.equity);
        memcpy(to->exposed + to->n, p.exposed, n);
    }
    if (n_trades > 0)
        memcpy(to->trades + to->n_trades, p.trades, n_trades * sizeof *p.trades);
    fold->first_point = to->n;
    fold->n_points = n;
    fold->n_fills = desk->n_fills;
    fold->n_open = desk->n_open;
    fold->final_equity = desk->final_equity;
    to->n += n;
    to->n_trades += n_trades;
    to->n_fills += desk->n_fills;
    to->final_equity = desk->final_equity;
    sums->fees += desk->fees;
    sums->slippage += desk->slippage;
    sums->notional += desk->notional;
    return 0;
}
