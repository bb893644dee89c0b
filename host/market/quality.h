/* quality.h - what is wrong with a series of bars or trades: one pass, row by row, findings to a
 * callback.
 *
 * Pure: no I/O, no clock; memory is bounded by the window (and 8 KiB a venue of trades), time is
 * the same for every row. NaN and infinities are findings, never a crash. Rules, in this order for
 * a bar:
 *   disorder, duplicate  ts_open before, or equal to, the last of the rows in order; such a row is
 *                        looked at by itself only and does not move the series on
 *   gap                  buckets are missing since the last row in order
 *   misaligned           ts_open is not on the timeframe's grid (UTC, weeks from Monday)
 *   wrong_close          ts_close is not ts_open + length
 *   non_positive_price   a price that is not finite or not above 0
 *   high_below_low, outside_range   high < low; else open or close outside [low, high]
 *   negative_volume      volume below 0 or not finite
 *   return_spike         |close / close before - 1| > return_max; over a gap too
 *   z_spike              the modified z-score of that return against the `window` returns before it
 *                        > z_max: 0.6745 |r - median| / MAD, where MAD is 0: |r - median| /
 * (1.253314 x mean absolute deviation), where that is 0 too: not judged (Iglewicz and Hoaglin, How
 * to Detect and Handle Outliers, 1993). At least 30 returns (fewer when the window is smaller) must
 * stand before; returns over a gap are not judged and do not enter volume_spike         volume >
 * volume_times x median of the `window` volumes above 0 before it, again at least 30 flat_line
 * flat_bars bars or more in a row, without a gap, with the same close: one finding a run, told at
 * its end A trade: disorder (ts_ns, or a numeric id, behind the highest so far of its venue),
 * duplicate (the id was seen within the last 65,536, or is the text of the trade before), id_gap
 * (numeric ids of a venue are missing; told at once, so a late one is told as disorder too),
 * non_positive_price, non_positive_qty. A value equal to its limit passes. [any]. */
#ifndef NJ_MARKET_QUALITY_H
#define NJ_MARKET_QUALITY_H

#include "base/err.h"

#include <njord/contract.h>
#include <stdbool.h>
#include <stdint.h>

enum nj_quality_kind {
    NJ_QUALITY_GAP,
    NJ_QUALITY_DUPLICATE,
    NJ_QUALITY_DISORDER,
    NJ_QUALITY_MISALIGNED,
    NJ_QUALITY_WRONG_CLOSE,
    NJ_QUALITY_PRICE,
    NJ_QUALITY_HIGH_BELOW_LOW,
    NJ_QUALITY_OUTSIDE,
    NJ_QUALITY_VOLUME,
    NJ_QUALITY_RETURN_SPIKE,
    NJ_QUALITY_Z_SPIKE,
    NJ_QUALITY_VOLUME_SPIKE,
    NJ_QUALITY_FLAT,
    NJ_QUALITY_ID_GAP,
    NJ_QUALITY_QTY,
    NJ_QUALITY_KINDS
};

/* Of each kind, in that order. */
struct nj_quality_rule {
    const char *key;  /* name of its list in JSON: "gaps" */
    const char *text; /* for a person: "gaps" */
    bool odd;         /* unlikely, where the others are impossible or missing */
    bool bars, trades;
};
extern const struct nj_quality_rule nj_quality_rules[NJ_QUALITY_KINDS];

struct nj_finding {
    enum nj_quality_kind kind;
    int64_t from_ns; /* gap: first missing ts_open; flat line: ts_open of its first bar; disorder:
                        the highest time before; id gap: time of the trade before; else the row's */
    int64_t to_ns;   /* gap: the next bar's ts_open; flat line: ts_close of its last; else the row's
                        ts_open, ts_ns */
    uint64_t row;    /* of the row, of a flat line's first, from 1 */
    uint64_t count;  /* gap: missing bars; id gap: missing ids; flat line: bars; else 1 */
    double
        value; /* what was compared: return, z-score, times the median, price, volume; NaN: none */
    double limit;           /* with what; NaN: none */
    int64_t from_id, to_id; /* id gap: first and last missing; else NJORD_NONE_I64 */
};

typedef void (*nj_quality_fn)(void *ctx, const struct nj_finding *finding);

/* 0 switches a rule off. */
struct nj_quality_options {
    int64_t length_ns; /* of the timeframe; bars */
    int64_t origin_ns; /* a start of a bucket: 0, of weeks a Monday */
    double return_max;
    double z_max;
    double volume_times;
    uint32_t window; /* 1 to NJ_QUALITY_WINDOW_MAX */
    uint32_t flat_bars;
    nj_quality_fn each;
    void *ctx;
};
#define NJ_QUALITY_RETURN       0.1
#define NJ_QUALITY_Z            15.0
#define NJ_QUALITY_VOLUME_TIMES 50.0
#define NJ_QUALITY_WINDOW       240u
#define NJ_QUALITY_WINDOW_MAX   100000u
#define NJ_QUALITY_FLAT_BARS    10u

struct nj_quality;

/* NJ_ERR_INPUT: an option out of range; NJ_ERR_NOMEM. */
int nj_quality_new(struct nj_quality **out, const struct nj_quality_options *options,
                   struct nj_error *err);
void nj_quality_free(struct nj_quality *quality);
void nj_quality_bar(struct nj_quality *quality, const njord_bar *bar);
/* NJ_ERR_NOMEM, NJ_ERR_LIMIT (more than 255 venues). */
int nj_quality_trade(struct nj_quality *quality, const njord_trade *trade, struct nj_error *err);
/* Tells what was still open: a flat line at the end. */
void nj_quality_finish(struct nj_quality *quality);

struct nj_quality_stats {
    uint64_t rows, found;
    uint64_t counts[NJ_QUALITY_KINDS]; /* findings of each kind */
    uint64_t missing;                  /* bars, or ids, of all gaps */
    int64_t first_ns, last_ns;         /* lowest and highest own time; NJORD_NONE_I64: no row */
};
void nj_quality_stats(const struct nj_quality *quality, struct nj_quality_stats *out);

/* Is a bar's shape impossible (price, high and low, volume)? What the rules say of a row alone. */
bool nj_quality_bar_sound(const njord_bar *bar);

#endif
