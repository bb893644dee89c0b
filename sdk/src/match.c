/*
 * match.c - the rules of the fill model for one order, and the arithmetic of lots.
 */
#include <math.h>
#include <njord/match.h>
#include <stdbool.h>
#include <string.h>

/* ---- quantities ---- */

/* A step as a fraction of whole numbers, units / scale with scale = 10^k: 0.25 is 25 / 100. */
struct grid {
    double units;
    double scale;
};

/* Integers up to here are doubles. */
#define EXACT_MAX 9007199254740992.0

static struct grid grid_of(double step)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    for (size_t k = 0; k < sizeof powers / sizeof powers[0]; k++) {
        double units = nearbyint(step * powers[k]);
        /* The decimal meant is the one whose nearest double the step is. */
        if (units >= 1.0 && units <= EXACT_MAX && units / powers[k] == step)
            return (struct grid){units, powers[k]};
    }
    return (struct grid){0.0, 0.0};
}

njord_status njord_qty_to_lots(double qty, double step, int64_t *lots)
{
    if (!isfinite(qty) || !isfinite(step) || !(step > 0.0))
        return NJORD_E_ARG;
    struct grid g = grid_of(step);
    double steps = g.units > 0.0 ? qty * g.scale / g.units : qty / step;
    if (!(fabs(steps) < 4611686018427387904.0))
        return NJORD_E_LIMIT;
    double whole = nearbyint(steps);
    /* A decimal read into a double is off by half an ulp, and each operation adds as much. */
    if (fabs(steps - whole) > 1e-9 + 4.5e-16 * fabs(steps))
        return NJORD_E_ARG;
    *lots = (int64_t)whole;
    return NJORD_OK;
}

double njord_lots_to_qty(int64_t lots, double step)
{
    struct grid g = grid_of(step);
    if (g.units > 0.0) {
        /* Two whole numbers below 2^53: their quotient is the double nearest the decimal. */
        double units = (double)lots * g.units;
        if (fabs(units) <= EXACT_MAX)
            return units / g.scale;
    }
    return (double)lots * step;
}

/* ---- prices and fees ---- */

double njord_slippage_price(uint8_t side, double price, double slippage_bps)
{
    double part = slippage_bps / 10000.0;
    return side == NJORD_SIDE_BUY ? price * (1.0 + part) : price * (1.0 - part);
}

double njord_commission(double qty, double price, double rate)
{
    return qty * price * rate;
}

/* ---- one order ---- */

static bool price_ok(double price)
{
    return isfinite(price) && price > 0.0;
}

njord_status njord_match_order_check(const njord_match_order *o)
{
    if (o->side != NJORD_SIDE_BUY && o->side != NJORD_SIDE_SELL)
        return NJORD_E_ARG;
    if (o->type != NJORD_TYPE_MARKET && o->type != NJORD_TYPE_LIMIT)
        return NJORD_E_ARG;
    if (o->tif != NJORD_TIF_GTC && o->tif != NJORD_TIF_IOC && o->tif != NJORD_TIF_FOK &&
        o->tif != NJORD_NONE_U8)
        return NJORD_E_ARG;
    if (o->lots <= 0)
        return NJORD_E_ARG;
    if (!price_ok(o->limit_price) && !(o->type == NJORD_TYPE_MARKET && isnan(o->limit_price)))
        return NJORD_E_ARG;
    if (o->id[0] == '\0' || memchr(o->id, '\0', sizeof o->id) == NULL)
        return NJORD_E_ARG;
    return NJORD_OK;
}

static njord_match_verdict fills(double price)
{
    return (njord_match_verdict){
        .action = NJORD_MATCH_FILL, .liquidity = NJORD_LIQUIDITY_TAKER, .price = price};
}

static bool immediate(const njord_match_order *o)
{
    return o->tif == NJORD_TIF_IOC || o->tif == NJORD_TIF_FOK;
}

static njord_match_verdict stays(const njord_match_order *o)
{
    return (njord_match_verdict){.action = immediate(o) ? NJORD_MATCH_EXPIRE : NJORD_MATCH_REST,
                                 .price = (double)NAN};
}

/* As good as the limit or better. */
static bool within(const njord_match_order *o, double price)
{
    return o->side == NJORD_SIDE_BUY ? price <= o->limit_price : price >= o->limit_price;
}

njord_match_verdict njord_match_arrival(const njord_match_order *o, double last,
                                        double slippage_bps)
{
    bool known = price_ok(last);
    if (o->type == NJORD_TYPE_LIMIT)
        return known && within(o, last) ? fills(last) : stays(o);
    double base = known ? last : o->limit_price;
    return isnan(base) ? stays(o) : fills(njord_slippage_price(o->side, base, slippage_bps));
}

njord_match_verdict njord_match_arrival_bar(const njord_match_order *o, double price,
                                            double slippage_bps)
{
    if (o->type == NJORD_TYPE_LIMIT && !immediate(o))
        return stays(o);
    return njord_match_arrival(o, price, slippage_bps);
}

/* ---- trades and bars ---- */

njord_match_tick njord_match_trade(double price, int64_t lots, double slippage_bps)
{
    return (njord_match_tick){
        .open = price, .high = price, .low = price, .slippage_bps = slippage_bps, .lots = lots};
}

njord_match_tick njord_match_bar(double open, double high, double low, double slippage_bps,
                                 int at_open)
{
    return (njord_match_tick){.open = open,
                              .high = high,
                              .low = low,
                              .slippage_bps = slippage_bps,
                              .lots = INT64_MAX,
                              .at_open = at_open != 0};
}

int njord_match_resting(const njord_match_order *o, const njord_match_tick *t, double *price,
                        uint8_t *liquidity)
{
    if (!price_ok(t->open) || !price_ok(t->low) || !price_ok(t->high))
        return 0;
    if (o->type == NJORD_TYPE_MARKET) {
        *price = njord_slippage_price(o->side, t->open, t->slippage_bps);
        *liquidity = NJORD_LIQUIDITY_TAKER;
        return 1;
    }
    if (!within(o, o->side == NJORD_SIDE_BUY ? t->low : t->high))
        return 0;
    *price = t->at_open && within(o, t->open) ? t->open : o->limit_price;
    *liquidity = NJORD_LIQUIDITY_MAKER;
    return 1;
}
