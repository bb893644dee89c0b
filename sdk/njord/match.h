/*
 * njord/match.h - the fill model: when an order fills, at what price, as maker or taker.
 *
 * One set of rules for the paper broker and the backtester, so that both answer alike. Everything
 * here is a function of its arguments, or of a book that its user owns: no clock, no I/O, no global
 * state; any role may call. Quantities are whole steps ("lots") inside and doubles at the border
 * only. What the rules do not decide stays with the caller: ids, cash, fees booked, events sent.
 *
 * The rules:
 *   market   fills at the last price, worse by slippage_bps; while there is no price yet at its
 *            limit_price (worse by slippage too), and without one it waits for the first price.
 *   limit    at arrival fills at the last price when that is as good as the limit or better
 * (taker), else rests; a later trade at the limit or better fills it at the limit (maker). No
 * slippage. IOC, FOK what does not fill at arrival is expired. Fills at arrival are always whole,
 * so they agree. traded   with a bound on lots, resting limits take no more than the trade's
 * quantity together, in price order, then in order of arrival. Fills at arrival and market orders
 * are not bounded: the last trade says nothing of what stood in the book. bars     an order that a
 * bar causes meets one price (the close, or the next open): market, IOC and FOK as above; a limit
 * good till cancelled rests from the next bar on and fills at its limit when the bar reaches it, or
 * at the open when the bar opens beyond (if so asked).
 */
#ifndef NJORD_MATCH_H
#define NJORD_MATCH_H

#include <njord/abi.h>
#include <njord/events.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- quantities ---- */

/*
 * Whole steps nearest to qty (both of one sign). NJORD_E_ARG: qty is not finite, step not finite
 * and positive, or qty off the grid by more than 1e-9 of a step and the rounding of a double;
 * NJORD_E_LIMIT: 2^62 steps or more. *lots is written on success only.
 */
njord_status njord_qty_to_lots(double qty, double step, int64_t *lots);

/* The double nearest the decimal that is meant: 3 lots of 0.1 are 0.3. Exact up to 2^53 units of
 * the step's last digit. */
double njord_lots_to_qty(int64_t lots, double step);

/* ---- prices and fees ---- */

/* price * (1 + bps/10000) for a buy, price * (1 - bps/10000) for a sell. */
double njord_slippage_price(uint8_t side, double price, double slippage_bps);

/* qty * price * rate, in the quote asset; rate is the maker's or the taker's. */
double njord_commission(double qty, double price, double rate);

/* ---- one order ---- */

typedef struct njord_match_order {
    char id[NJORD_INTENT_ID_SIZE]; /* NUL-ended */
    uint64_t user;                 /* the caller's own, kept and handed back */
    uint64_t seq;                  /* order of arrival, given by the book */
    int64_t lots;                  /* what is left to fill, > 0 */
    double limit_price;            /* NaN: none */
    uint8_t side;                  /* NJORD_SIDE_* */
    uint8_t type;                  /* NJORD_TYPE_* */
    uint8_t tif;                   /* NJORD_TIF_*; NJORD_NONE_U8 is good till cancelled */
    uint8_t pad[5];
} njord_match_order;

/* NJORD_E_ARG: side, type or tif unknown, lots not positive, a limit order without a limit, a limit
 * not finite and positive, an id empty or without its NUL. */
njord_status njord_match_order_check(const njord_match_order *o);

#define NJORD_MATCH_REST   0 /* goes into the book (a market order: waits for the first price) */
#define NJORD_MATCH_FILL   1 /* all of it, now */
#define NJORD_MATCH_EXPIRE 2 /* ends unfilled */

/* What happens to an order at arrival. price and liquidity hold something when it fills. */
typedef struct njord_match_verdict {
    int32_t action;    /* NJORD_MATCH_* */
    uint8_t liquidity; /* NJORD_LIQUIDITY_* */
    uint8_t pad[3];
    double price;
} njord_match_verdict;

/* An order arrives while trades are watched. last: the last price, NaN while there is none (so is
 * what cannot be a price: not finite, or not positive). */
njord_match_verdict njord_match_arrival(const njord_match_order *o, double last,
                                        double slippage_bps);

/* An order arrives with a bar: price is its close, or the open of the next. */
njord_match_verdict njord_match_arrival_bar(const njord_match_order *o, double price,
                                            double slippage_bps);

/* ---- what resting orders meet: a trade or a bar ---- */

typedef struct njord_match_tick {
    double open; /* of a trade all three are its price */
    double high;
    double low;
    double slippage_bps; /* for market orders that waited */
    int64_t lots;        /* what limits may still take of it; INT64_MAX: no bound */
    uint32_t at_open;    /* 1: a limit that the bar opens beyond fills at the open */
    uint32_t pad;
} njord_match_tick;

/* lots: the trade's quantity in whole steps (`fills: traded`), or INT64_MAX (`fills: full`). */
njord_match_tick njord_match_trade(double price, int64_t lots, double slippage_bps);
/* at_open: 0 is `--limit-gap limit`, 1 is `--limit-gap open`. */
njord_match_tick njord_match_bar(double open, double high, double low, double slippage_bps,
                                 int at_open);

/* Does a resting order fill on this tick, and how? 1 or 0; the quantity bound is not looked at. A
 * tick with a price that is not finite or not positive fills nothing. */
int njord_match_resting(const njord_match_order *o, const njord_match_tick *t, double *price,
                        uint8_t *liquidity);

/* ---- the resting orders of one symbol ---- */

typedef struct njord_match_side {
    njord_match_order *orders; /* the next to fill is the last */
    size_t count;
    size_t room;
} njord_match_side;

typedef struct njord_match_book {
    njord_match_side waiting; /* market orders before the first price */
    njord_match_side buys;
    njord_match_side sells;
    size_t max; /* most orders together */
    uint64_t next_seq;
} njord_match_book;

typedef struct njord_match_fill {
    njord_match_order order; /* as it is after the fill: lots is what is left, 0 when it is done */
    int64_t lots;            /* filled now, > 0 */
    double price;
    uint8_t liquidity;
    uint8_t pad[7];
} njord_match_fill;

/* Room is made as orders come, up to `max` of them. NJORD_E_ARG: max is 0. */
njord_status njord_match_book_init(njord_match_book *b, size_t max);
void njord_match_book_free(njord_match_book *b);

/* Takes a copy. NJORD_E_ARG: see njord_match_order_check, an IOC or FOK (it never rests), or an id
 * that rests already; NJORD_E_LIMIT: `max` orders; NJORD_E_NOMEM. On failure nothing changes. */
njord_status njord_match_book_place(njord_match_book *b, const njord_match_order *o);

/* Takes the order out; into *out when that is not NULL. NJORD_E_NOT_FOUND: it does not rest here.
 */
njord_status njord_match_book_cancel(njord_match_book *b, const char *id, njord_match_order *out);

/* The resting order of that id, NULL when there is none; valid until the book changes. */
const njord_match_order *njord_match_book_find(const njord_match_book *b, const char *id);

/*
 * The next fill of a tick: 1 and *fill, or 0 when no order is left that it fills. Called in a loop
 * until 0; t->lots shrinks as it goes. Waiting market orders come first, then limits by price and
 * arrival (of a buy and a sell that both fill, the earlier). Orders placed during the loop would
 * meet the same tick: place them after it.
 */
int njord_match_book_next(njord_match_book *b, njord_match_tick *t, njord_match_fill *fill);

/* All resting orders: 0 .. count - 1, waiting ones, then buys, then sells. NULL beyond. */
size_t njord_match_book_count(const njord_match_book *b);
const njord_match_order *njord_match_book_at(const njord_match_book *b, size_t i);

/*
 * A saved book is the array of what njord_match_book_at gives, in any order. Replaces what is in
 * the book; `seq` is kept, so the turn of each order is. NJORD_E_STATE: an order that could not
 * rest, an id or seq twice, more than `max`; NJORD_E_NOMEM. On failure nothing changes.
 */
njord_status njord_match_book_restore(njord_match_book *b, const njord_match_order *orders,
                                      size_t count);

#ifdef __cplusplus
}
#endif

#endif
