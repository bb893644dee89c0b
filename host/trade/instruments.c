#include "trade/instruments.h"

#include "base/map.h"

#include <math.h>
#include <njord/contract.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_UNIT 1e-8

struct nj_instruments {
    struct nj_map by_symbol;
    struct nj_instrument **by_id;
    uint32_t count, cap;
};

static bool part_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool nj_symbol_valid(const char *symbol)
{
    size_t part = 0;
    bool slash = false;
    for (const char *p = symbol; *p; p++) {
        if (*p == '/') {
            if (slash || part == 0)
                return false;
            slash = true;
            part = 0;
        } else if (!part_char(*p) || ++part >= NJORD_ASSET_SIZE) {
            return false;
        }
    }
    return slash && part > 0;
}

struct nj_instruments *nj_instruments_new(void)
{
    return calloc(1, sizeof(struct nj_instruments));
}

void nj_instruments_free(struct nj_instruments *all)
{
    if (!all)
        return;
    for (uint32_t i = 0; i < all->count; i++)
        free(all->by_id[i]);
    free(all->by_id);
    nj_map_free(&all->by_symbol, NULL);
    free(all);
}

static void set_names(struct nj_instrument *i, const char *symbol)
{
    const char *slash = strchr(symbol, '/');
    size_t base = (size_t)(slash - symbol), quote = strlen(slash + 1);
    memcpy(i->symbol, symbol, base + 1 + quote + 1);
    memcpy(i->base, symbol, base);
    memcpy(i->quote, slash + 1, quote);
    memcpy(i->file_name, symbol, base);
    memcpy(i->file_name + base, slash + 1, quote);
}

struct nj_instrument *nj_instrument_get(struct nj_instruments *all, const char *symbol)
{
    struct nj_instrument *i = nj_map_get(&all->by_symbol, symbol);
    if (i || !nj_symbol_valid(symbol) || all->count == NJORD_NO_SYMBOL)
        return i;
    if (all->count == all->cap) {
        uint32_t cap = all->cap ? all->cap * 2 : 16;
        struct nj_instrument **by_id = realloc(all->by_id, cap * sizeof(struct nj_instrument *));
        if (!by_id)
            return NULL;
        all->by_id = by_id;
        all->cap = cap;
    }
    i = calloc(1, sizeof *i);
    if (!i)
        return NULL;
    set_names(i, symbol);
    i->tick = i->step = DEFAULT_UNIT;
    i->lot_grid = i->tick_grid = nj_grid_of(DEFAULT_UNIT);
    i->step_lots = 1;
    i->min_qty = i->max_qty = i->min_notional = NAN;
    i->symbol_id = all->count;
    if (!nj_map_put(&all->by_symbol, symbol, i)) {
        free(i);
        return NULL;
    }
    all->by_id[all->count++] = i;
    return i;
}

const struct nj_instrument *nj_instrument_find(const struct nj_instruments *all, const char *symbol)
{
    return nj_map_get(&all->by_symbol, symbol);
}

const struct nj_instrument *nj_instrument_by_id(const struct nj_instruments *all,
                                                uint32_t symbol_id)
{
    return symbol_id < all->count ? all->by_id[symbol_id] : NULL;
}

uint32_t nj_instruments_count(const struct nj_instruments *all)
{
    return all->count;
}

static bool positive(double v)
{
    return isfinite(v) && v > 0;
}

/* Absent, or a number that may be a bound; 0 is the venues' way to say none. */
static bool bound_or_none(double v)
{
    return isnan(v) || (isfinite(v) && v >= 0);
}

static void take_bound(double *to, double from)
{
    if (!isnan(from))
        *to = from > 0 ? from : NAN;
}

bool nj_instrument_update(struct nj_instrument *i, const njord_instrument *from)
{
    if (!positive(from->tick) || !positive(from->step) || !bound_or_none(from->min_qty) ||
        !bound_or_none(from->max_qty) || !bound_or_none(from->min_notional))
        return false;
    struct nj_grid grid = nj_grid_of(from->step);
    if (!i->pinned) {
        i->lot_grid = grid;
        i->step_lots = 1;
        i->step = from->step;
    } else {
        /* Lots are counted already: their unit stays. A coarser step becomes a multiple of it; with
         * a finer one orders go on in the old step, which the finer one divides. */
        int64_t factor;
        if (nj_grid_multiple(&grid, &i->lot_grid, &factor)) {
            i->step_lots = factor;
            i->step = from->step;
        } else if (nj_grid_multiple(&i->lot_grid, &grid, &factor)) {
            i->step_lots = 1;
            i->step = i->lot_grid.unit;
        } else {
            return false;
        }
    }
    i->tick = from->tick;
    i->tick_grid = nj_grid_of(from->tick);
    take_bound(&i->min_qty, from->min_qty);
    take_bound(&i->max_qty, from->max_qty);
    take_bound(&i->min_notional, from->min_notional);
    return true;
}

bool nj_instrument_configure(struct nj_instrument *i, const struct nj_symbol_config *from)
{
    njord_instrument rules;
    nj_instrument_event(i, &rules);
    rules.tick = from->tick;
    rules.step = from->step;
    rules.min_qty = from->min_qty;
    rules.max_qty = from->max_qty;
    rules.min_notional = from->min_notional;
    return nj_instrument_update(i, &rules);
}

void nj_instrument_pin(struct nj_instrument *i)
{
    i->pinned = true;
}

void nj_instrument_pin_unit(struct nj_instrument *i, double unit)
{
    int64_t factor;
    if (!i->pinned && positive(unit) && unit != i->lot_grid.unit) {
        struct nj_grid step = nj_grid_of(i->step), was = nj_grid_of(unit);
        if (nj_grid_multiple(&step, &was, &factor)) {
            i->lot_grid = was;
            i->step_lots = factor;
        }
    }
    i->pinned = true;
}

void nj_instrument_event(const struct nj_instrument *i, njord_instrument *out)
{
    njord_event_init(out, NJORD_EV_INSTRUMENT);
    out->ev.symbol_id = i->symbol_id;
    out->tick = i->tick;
    out->step = i->step;
    out->min_qty = i->min_qty;
    out->max_qty = i->max_qty;
    out->min_notional = i->min_notional;
    memcpy(out->symbol, i->symbol, sizeof out->symbol);
    memcpy(out->base, i->base, sizeof out->base);
    memcpy(out->quote, i->quote, sizeof out->quote);
}

bool nj_lots_nearest(const struct nj_instrument *i, double qty, int64_t *lots)
{
    return nj_grid_count(&i->lot_grid, qty, NJ_ROUND_NEAREST, lots);
}

bool nj_lots_down(const struct nj_instrument *i, double qty, int64_t *lots)
{
    if (!nj_grid_count(&i->lot_grid, qty, NJ_ROUND_DOWN, lots))
        return false;
    *lots -= *lots % i->step_lots;
    return true;
}

double nj_lots_qty(const struct nj_instrument *i, int64_t lots)
{
    return nj_grid_value(&i->lot_grid, lots);
}

bool nj_lot_change_of(const struct nj_instrument *i, double unit, struct nj_lot_change *out)
{
    *out = (struct nj_lot_change){1, 1};
    if (unit == i->lot_grid.unit)
        return true;
    if (!positive(unit))
        return false;
    struct nj_grid was = nj_grid_of(unit);
    return nj_grid_multiple(&was, &i->lot_grid, &out->times) ||
           nj_grid_multiple(&i->lot_grid, &was, &out->over);
}

bool nj_lots_convert(struct nj_lot_change change, int64_t *lots)
{
    if (*lots % change.over != 0)
        return false;
    *lots /= change.over;
    return !__builtin_mul_overflow(*lots, change.times, lots) && *lots <= NJ_LOTS_MAX &&
           *lots >= -NJ_LOTS_MAX;
}

double nj_tick_safe(const struct nj_instrument *i, double price, uint8_t side)
{
    bool up = (side == NJORD_SIDE_SELL) == (price > 0);
    int64_t ticks;
    if (!nj_grid_count(&i->tick_grid, price, up ? NJ_ROUND_UP : NJ_ROUND_DOWN, &ticks))
        return price;
    return nj_grid_value(&i->tick_grid, ticks);
}
