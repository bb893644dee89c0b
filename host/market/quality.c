#include "market/quality.h"

#include "market/rolling.h"

#include <math.h>
#include <njord/codec.h>
#include <stdlib.h>
#include <string.h>

#define LEAST      30u /* values that a judgement by the window needs */
#define SEEN_IDS   65536u
#define VENUES_MAX 255u

const struct nj_quality_rule nj_quality_rules[NJ_QUALITY_KINDS] = {
    [NJ_QUALITY_GAP] = {"gaps", "gaps", false, true, false},
    [NJ_QUALITY_DUPLICATE] = {"duplicates", "duplicates", false, true, true},
    [NJ_QUALITY_DISORDER] = {"disorder", "rows out of order", false, true, true},
    [NJ_QUALITY_MISALIGNED] = {"misaligned", "ts_open off the timeframe's grid", false, true,
                               false},
    [NJ_QUALITY_WRONG_CLOSE] = {"wrong_close", "ts_close is not ts_open + length", false, true,
                                false},
    [NJ_QUALITY_PRICE] = {"non_positive_prices", "prices not above 0", false, true, true},
    [NJ_QUALITY_HIGH_BELOW_LOW] = {"high_below_low", "high below low", false, true, false},
    [NJ_QUALITY_OUTSIDE] = {"outside_range", "open or close outside high and low", false, true,
                            false},
    [NJ_QUALITY_VOLUME] = {"negative_volumes", "volumes below 0", false, true, false},
    [NJ_QUALITY_RETURN_SPIKE] = {"return_spikes", "spikes by return", true, true, false},
    [NJ_QUALITY_Z_SPIKE] = {"z_spikes", "spikes by z-score", true, true, false},
    [NJ_QUALITY_VOLUME_SPIKE] = {"volume_spikes", "volume spikes", true, true, false},
    [NJ_QUALITY_FLAT] = {"flat_lines", "flat lines", true, true, false},
    [NJ_QUALITY_ID_GAP] = {"id_gaps", "gaps in trade ids", false, false, true},
    [NJ_QUALITY_QTY] = {"non_positive_qty", "quantities not above 0", false, false, true},
};

/* Which ids of a venue were seen: one bit each of the last SEEN_IDS up to the highest. */
struct venue {
    char name[NJORD_ASSET_SIZE];
    int64_t high_ts;
    int64_t high_id; /* NJORD_NONE_I64: no number yet */
    char last_id[NJORD_REF_SIZE];
    uint64_t seen[SEEN_IDS / 64];
};

struct nj_quality {
    struct nj_quality_options options;
    struct nj_quality_stats stats;
    /* bars: the last row in order */
    bool has_last;
    int64_t last_open, last_bucket;
    double last_close;
    struct nj_rolling returns, volumes;
    /* the run of equal closes that the last row in order ends */
    uint64_t run, run_row;
    int64_t run_from, run_to;
    /* trades */
    struct venue **venues;
    size_t n_venues;
};

int nj_quality_new(struct nj_quality **out, const struct nj_quality_options *options,
                   struct nj_error *err)
{
    *out = NULL;
    const double limits[] = {options->return_max, options->z_max, options->volume_times};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (!isfinite(limits[i]) || limits[i] < 0)
            return nj_error_set(err, NJ_ERR_INPUT, "a threshold: expected a number >= 0");
    if (options->window < 1 || options->window > NJ_QUALITY_WINDOW_MAX)
        return nj_error_set(err, NJ_ERR_INPUT, "window %u: expected 1 to %u", options->window,
                            NJ_QUALITY_WINDOW_MAX);
    struct nj_quality *q = calloc(1, sizeof *q);
    if (!q)
        return nj_error_set(err, NJ_ERR_NOMEM, "validation: out of memory");
    q->options = *options;
    q->stats.first_ns = q->stats.last_ns = NJORD_NONE_I64;
    if (!nj_rolling_init(&q->returns, options->window) ||
        !nj_rolling_init(&q->volumes, options->window)) {
        nj_quality_free(q);
        return nj_error_set(err, NJ_ERR_NOMEM, "validation: out of memory");
    }
    *out = q;
    return 0;
}

void nj_quality_free(struct nj_quality *q)
{
    if (!q)
        return;
    nj_rolling_free(&q->returns);
    nj_rolling_free(&q->volumes);
    for (size_t i = 0; i < q->n_venues; i++)
        free(q->venues[i]);
    free(q->venues);
    free(q);
}

/* ---- findings -------------------------------------------------------------------------------- */

static void tell(struct nj_quality *q, struct nj_finding finding)
{
    finding.row = finding.row ? finding.row : q->stats.rows;
    finding.count = finding.count ? finding.count : 1;
    q->stats.found++;
    q->stats.counts[finding.kind]++;
    if (finding.kind == NJ_QUALITY_GAP || finding.kind == NJ_QUALITY_ID_GAP)
        q->stats.missing += finding.count;
    if (q->options.each)
        q->options.each(q->options.ctx, &finding);
}

/* A finding about one row. */
static void tell_row(struct nj_quality *q, enum nj_quality_kind kind, int64_t from_ns,
                     int64_t to_ns, double value, double limit)
{
    tell(q, (struct nj_finding){.kind = kind,
                                .from_ns = from_ns,
                                .to_ns = to_ns,
                                .value = value,
                                .limit = limit,
                                .from_id = NJORD_NONE_I64,
                                .to_id = NJORD_NONE_I64});
}

static void took_row(struct nj_quality *q, int64_t ts)
{
    q->stats.rows++;
    if (q->stats.first_ns == NJORD_NONE_I64 || ts < q->stats.first_ns)
        q->stats.first_ns = ts;
    if (q->stats.last_ns == NJORD_NONE_I64 || ts > q->stats.last_ns)
        q->stats.last_ns = ts;
}

static bool is_price(double v)
{
    return isfinite(v) && v > 0;
}

/* ---- bars ------------------------------------------------------------------------------------ */

/* Start of the bucket that a time stands in. Times near the ends of int64 stay themselves. */
static int64_t bucket_of(const struct nj_quality *q, int64_t ts)
{
    int64_t length = q->options.length_ns, from_origin, start;
    if (length <= 0 || __builtin_sub_overflow(ts, q->options.origin_ns, &from_origin))
        return ts;
    int64_t into = from_origin % length;
    into += into < 0 ? length : 0;
    return __builtin_sub_overflow(ts, into, &start) ? ts : start;
}

static double lowest_price(const njord_bar *bar)
{
    const double prices[] = {bar->open, bar->high, bar->low, bar->close};
    double lowest = prices[0];
    for (size_t i = 0; i < 4; i++) {
        if (!is_price(prices[i]))
            return prices[i];
        lowest = prices[i] < lowest ? prices[i] : lowest;
    }
    return lowest;
}

static bool is_outside(const njord_bar *bar)
{
    return !(bar->open >= bar->low && bar->open <= bar->high && bar->close >= bar->low &&
             bar->close <= bar->high);
}

bool nj_quality_bar_sound(const njord_bar *bar)
{
    return is_price(lowest_price(bar)) && bar->high >= bar->low && !is_outside(bar) &&
           isfinite(bar->volume) && bar->volume >= 0;
}

static void look_at_shape(struct nj_quality *q, const njord_bar *bar)
{
    int64_t ts = bar->ts_open, end;
    double lowest = lowest_price(bar);
    if (q->options.length_ns > 0 && bucket_of(q, ts) != ts)
        tell_row(q, NJ_QUALITY_MISALIGNED, ts, ts, NAN, NAN);
    if (q->options.length_ns > 0 &&
        (__builtin_add_overflow(ts, q->options.length_ns, &end) || bar->ts_close != end))
        tell_row(q, NJ_QUALITY_WRONG_CLOSE, ts, bar->ts_close, NAN, NAN);
    if (!is_price(lowest))
        tell_row(q, NJ_QUALITY_PRICE, ts, ts, lowest, 0);
    if (!(bar->high >= bar->low))
        tell_row(q, NJ_QUALITY_HIGH_BELOW_LOW, ts, ts, bar->high, bar->low);
    else if (is_outside(bar))
        tell_row(q, NJ_QUALITY_OUTSIDE, ts, ts,
                 bar->open >= bar->low && bar->open <= bar->high ? bar->close : bar->open, NAN);
    if (!(isfinite(bar->volume) && bar->volume >= 0))
        tell_row(q, NJ_QUALITY_VOLUME, ts, ts, bar->volume, 0);
}

static uint32_t least(const struct nj_quality *q)
{
    return q->options.window < LEAST ? q->options.window : LEAST;
}

static void judge_return(struct nj_quality *q, const njord_bar *bar, bool after_gap)
{
    if (!q->has_last || !is_price(q->last_close) || !is_price(bar->close))
        return;
    double r = bar->close / q->last_close - 1;
    if (!isfinite(r))
        return;
    if (q->options.return_max > 0 && fabs(r) > q->options.return_max)
        tell_row(q, NJ_QUALITY_RETURN_SPIKE, bar->ts_open, bar->ts_open, r, q->options.return_max);
    if (after_gap || !(q->options.z_max > 0))
        return;
    if (q->returns.n >= least(q)) {
        double median = nj_rolling_median(&q->returns), mad, p90;
        nj_rolling_deviations(&q->returns, median, &mad, &p90);
        double by_mad = mad / 0.6745, by_p90 = p90 / 1.6449;
        double scale = by_mad > by_p90 ? by_mad : by_p90;
        double z = scale > 0 ? fabs(r - median) / scale : 0;
        if (z > q->options.z_max)
            tell_row(q, NJ_QUALITY_Z_SPIKE, bar->ts_open, bar->ts_open, z, q->options.z_max);
    }
    nj_rolling_add(&q->returns, r);
}

static void judge_volume(struct nj_quality *q, const njord_bar *bar)
{
    if (!(q->options.volume_times > 0) || !isfinite(bar->volume) || bar->volume <= 0)
        return;
    if (q->volumes.n >= least(q)) {
        double median = nj_rolling_median(&q->volumes);
        if (bar->volume > q->options.volume_times * median)
            tell_row(q, NJ_QUALITY_VOLUME_SPIKE, bar->ts_open, bar->ts_open, bar->volume / median,
                     q->options.volume_times);
    }
    nj_rolling_add(&q->volumes, bar->volume);
}

static void end_run(struct nj_quality *q)
{
    if (q->options.flat_bars > 0 && q->run >= q->options.flat_bars)
        tell(q, (struct nj_finding){.kind = NJ_QUALITY_FLAT,
                                    .from_ns = q->run_from,
                                    .to_ns = q->run_to,
                                    .row = q->run_row,
                                    .count = q->run,
                                    .value = q->last_close,
                                    .limit = q->options.flat_bars,
                                    .from_id = NJORD_NONE_I64,
                                    .to_id = NJORD_NONE_I64});
    q->run = 0;
}

static void judge_flat(struct nj_quality *q, const njord_bar *bar, bool after_gap)
{
    if (q->run > 0 && (after_gap || !(bar->close == q->last_close)))
        end_run(q);
    if (!isfinite(bar->close))
        return;
    if (q->run == 0) {
        q->run_from = bar->ts_open;
        q->run_row = q->stats.rows;
    }
    q->run++;
    q->run_to = bar->ts_close;
}

/* Buckets between the last row in order and this one? */
static bool judge_gap(struct nj_quality *q, const njord_bar *bar)
{
    int64_t length = q->options.length_ns, bucket = bucket_of(q, bar->ts_open), next;
    if (!q->has_last || length <= 0 || __builtin_add_overflow(q->last_bucket, length, &next) ||
        bucket <= next)
        return false;
    tell(q, (struct nj_finding){.kind = NJ_QUALITY_GAP,
                                .from_ns = next,
                                .to_ns = bar->ts_open,
                                .count = ((uint64_t)bucket - (uint64_t)next) / (uint64_t)length,
                                .value = NAN,
                                .limit = NAN,
                                .from_id = NJORD_NONE_I64,
                                .to_id = NJORD_NONE_I64});
    return true;
}

void nj_quality_bar(struct nj_quality *q, const njord_bar *bar)
{
    took_row(q, bar->ts_open);
    if (q->has_last && bar->ts_open <= q->last_open) {
        tell_row(q, bar->ts_open == q->last_open ? NJ_QUALITY_DUPLICATE : NJ_QUALITY_DISORDER,
                 q->last_open, bar->ts_open, NAN, NAN);
        look_at_shape(q, bar);
        return;
    }
    bool after_gap = judge_gap(q, bar);
    look_at_shape(q, bar);
    judge_return(q, bar, after_gap);
    judge_volume(q, bar);
    judge_flat(q, bar, after_gap);
    q->has_last = true;
    q->last_open = bar->ts_open;
    q->last_bucket = bucket_of(q, bar->ts_open);
    q->last_close = bar->close;
}

/* ---- trades ---------------------------------------------------------------------------------- */

static struct venue *venue_of(struct nj_quality *q, const char *name, struct nj_error *err)
{
    for (size_t i = 0; i < q->n_venues; i++)
        if (strcmp(q->venues[i]->name, name) == 0)
            return q->venues[i];
    if (q->n_venues == VENUES_MAX) {
        nj_error_set(err, NJ_ERR_LIMIT, "more than %u venues in one journal", VENUES_MAX);
        return NULL;
    }
    struct venue **more = realloc(q->venues, (q->n_venues + 1) * sizeof *more);
    if (more)
        q->venues = more;
    struct venue *venue = more ? calloc(1, sizeof *venue) : NULL;
    if (!venue) {
        nj_error_set(err, NJ_ERR_NOMEM, "validation: out of memory");
        return NULL;
    }
    memcpy(venue->name, name, strlen(name) + 1);
    venue->high_ts = INT64_MIN;
    venue->high_id = NJORD_NONE_I64;
    q->venues[q->n_venues++] = venue;
    return venue;
}

static bool id_number(const char *text, int64_t *out)
{
    size_t len = strlen(text);
    return len > 0 && njord_parse_i64(text, len, out) == len && *out >= 0;
}

static uint64_t *seen_word(struct venue *venue, int64_t id)
{
    return &venue->seen[(uint64_t)id % SEEN_IDS / 64];
}

static uint64_t seen_bit(int64_t id)
{
    return UINT64_C(1) << ((uint64_t)id % 64);
}

/* Moves the highest id on; the bits of those between say unseen. */
static void raise_id(struct venue *venue, int64_t id)
{
    if (venue->high_id == NJORD_NONE_I64 || id - venue->high_id >= (int64_t)SEEN_IDS)
        memset(venue->seen, 0, sizeof venue->seen);
    else
        for (int64_t i = venue->high_id + 1; i < id; i++)
            *seen_word(venue, i) &= ~seen_bit(i);
    *seen_word(venue, id) |= seen_bit(id);
    venue->high_id = id;
}

/* What the ids say: a duplicate, behind the highest, or a gap. */
static enum nj_quality_kind judge_id(struct nj_quality *q, struct venue *venue,
                                     const njord_trade *trade)
{
    int64_t id, high = venue->high_id;
    if (trade->trade_id[0] && strcmp(trade->trade_id, venue->last_id) == 0)
        return NJ_QUALITY_DUPLICATE;
    if (!id_number(trade->trade_id, &id))
        return NJ_QUALITY_KINDS;
    if (high != NJORD_NONE_I64 && id <= high) {
        bool known = high - id < (int64_t)SEEN_IDS;
        if (known && (*seen_word(venue, id) & seen_bit(id)))
            return NJ_QUALITY_DUPLICATE;
        if (known)
            *seen_word(venue, id) |= seen_bit(id);
        return NJ_QUALITY_DISORDER;
    }
    if (high != NJORD_NONE_I64 && id > high + 1)
        tell(q, (struct nj_finding){.kind = NJ_QUALITY_ID_GAP,
                                    .from_ns = venue->high_ts,
                                    .to_ns = trade->ev.ts_ns,
                                    .count = (uint64_t)(id - high) - 1,
                                    .value = NAN,
                                    .limit = NAN,
                                    .from_id = high + 1,
                                    .to_id = id - 1});
    raise_id(venue, id);
    return NJ_QUALITY_KINDS;
}

int nj_quality_trade(struct nj_quality *q, const njord_trade *trade, struct nj_error *err)
{
    struct venue *venue = venue_of(q, trade->venue, err);
    if (!venue)
        return err ? err->code : NJ_ERR_NOMEM;
    int64_t ts = trade->ev.ts_ns, before = venue->high_ts;
    took_row(q, ts);
    enum nj_quality_kind kind = judge_id(q, venue, trade);
    if (kind == NJ_QUALITY_KINDS && ts < before)
        kind = NJ_QUALITY_DISORDER;
    if (kind != NJ_QUALITY_KINDS)
        tell_row(q, kind, before, ts, NAN, NAN);
    if (!is_price(trade->price))
        tell_row(q, NJ_QUALITY_PRICE, ts, ts, trade->price, 0);
    if (!is_price(trade->qty))
        tell_row(q, NJ_QUALITY_QTY, ts, ts, trade->qty, 0);
    venue->high_ts = ts > before ? ts : before;
    memcpy(venue->last_id, trade->trade_id, sizeof venue->last_id);
    return 0;
}

void nj_quality_finish(struct nj_quality *q)
{
    end_run(q);
}

void nj_quality_stats(const struct nj_quality *q, struct nj_quality_stats *out)
{
    *out = q->stats;
}
