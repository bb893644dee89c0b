#include "backtest/run_data.h"

#include "journal/cache_csv.h"
#include "journal/names.h"

#include <stdio.h>
#include <string.h>

/* ---- from the journals ---- */

static int64_t before(int64_t from_ns, uint64_t bars, int64_t length_ns)
{
    if (from_ns == INT64_MIN || length_ns == 0)
        return from_ns;
    int64_t span;
    if (bars > INT64_MAX / 2 || __builtin_mul_overflow((int64_t)bars, length_ns, &span) ||
        __builtin_sub_overflow(from_ns, span, &from_ns))
        return INT64_MIN;
    return from_ns;
}

static int from_journal(struct nj_bt_data *data, uint32_t i, const struct nj_bt_request *q,
                        enum nj_columns_kind kind, const char *timeframe, struct nj_error *err)
{
    struct nj_result_data *info = &data->info[i];
    char topic[96];
    int64_t length_ns = kind == NJ_COLUMNS_BARS ? nj_timeframe_ns(timeframe) : 0;
    snprintf(topic, sizeof topic, kind == NJ_COLUMNS_BARS ? "md.ohlcv.%s.%s" : "md.trades.%.0s%s",
             timeframe, data->symbols[i]);
    const njord_topic *named = njord_topic_of(topic);
    int rc =
        named ? nj_stem_make(named, kind == NJ_COLUMNS_BARS ? timeframe : "", data->symbols[i],
                             info->stem, sizeof info->stem, err)
              : nj_error_set(err, NJ_ERR_CONFIG, "'%s' is no BASE/QUOTE symbol", data->symbols[i]);
    if (rc != 0)
        return rc;
    struct nj_cache_options options = {.platform = q->platform,
                                       .dir = q->journal_dir,
                                       .stem = info->stem,
                                       .from_ns = before(q->from_ns, q->warmup, length_ns),
                                       .to_ns = q->to_ns,
                                       .skip_bad = q->skip_bad,
                                       .verify = q->check_sources};
    rc = nj_cache_open(&data->caches[i], &options, err);
    if (rc == NJ_ERR_NOT_FOUND)
        return nj_error_set(err, NJ_ERR_NOT_FOUND,
                            "no %s%s of '%s' in '%s': njord data list shows what is there, njord "
                            "data import brings history in",
                            kind == NJ_COLUMNS_BARS ? timeframe : "",
                            kind == NJ_COLUMNS_BARS ? " bars" : "trades", data->symbols[i],
                            q->journal_dir);
    if (rc != 0)
        return rc;
    info->bad = nj_cache_bad(data->caches[i]);
    data->series[i].n_pieces = nj_cache_pieces(data->caches[i], &data->series[i].pieces);
    return 0;
}

/* ---- from a file ---- */

static int from_file(struct nj_bt_data *data, const struct nj_bt_request *q,
                     enum nj_columns_kind kind, const char *timeframe, struct nj_error *err)
{
    int64_t length_ns = kind == NJ_COLUMNS_BARS ? nj_timeframe_ns(timeframe) : 0;
    struct nj_cache_csv_options options = {.platform = q->platform,
                                           .path = q->csv,
                                           .kind = kind,
                                           .symbol = data->symbols[0],
                                           .timeframe = timeframe,
                                           .from_ns = before(q->from_ns, q->warmup, length_ns),
                                           .to_ns = q->to_ns,
                                           .skip_bad = q->skip_bad,
                                           .verify = q->check_sources};
    int rc = nj_cache_open_csv(&data->caches[0], &options, err);
    if (rc == 0) {
        data->info[0].bad = nj_cache_bad(data->caches[0]);
        data->series[0].n_pieces = nj_cache_pieces(data->caches[0], &data->series[0].pieces);
    }
    return rc;
}

/* ---- both ---- */

/* Times that a run can count with: none so near the ends of 64 bits that a day more would not fit
 * (a damaged segment may hold any). */
static bool time_is_good(int64_t ts)
{
    return ts >= 0 && ts < INT64_MAX - 2 * NJ_DAY_NS;
}

/* Bars that cannot be; one of them without a price ends it. */
static int look_over(struct nj_bt_data *data, uint32_t i, const struct nj_columns *c,
                     struct nj_error *err)
{
    size_t odd = 0, none = 0;
    for (size_t k = 0; k < c->n; k++) {
        double open = c->open[k], high = c->high[k], low = c->low[k], close = c->close[k];
        odd += !((low <= open) & (low <= close) & (high >= open) & (high >= close) &
                 !(c->volume[k] < 0));
        none += !((open > 0) & (high > 0) & (low > 0) & (close > 0));
    }
    data->info[i].odd += odd;
    for (size_t k = 0; none > 0 && k < c->n; k++)
        if (!(c->open[k] > 0 && c->high[k] > 0 && c->low[k] > 0 && c->close[k] > 0))
            return nj_error_set(err, NJ_ERR_INPUT,
                                "'%s': the bar that opens at %lld has prices %.12g, %.12g, %.12g, "
                                "%.12g: expected all above 0",
                                data->symbols[i], (long long)c->ts[k], c->open[k], c->high[k],
                                c->low[k], c->close[k]);
    return 0;
}

static int measure(struct nj_bt_data *data, uint32_t i, int64_t length_ns, struct nj_error *err)
{
    struct nj_result_data *info = &data->info[i];
    const struct nj_bt_series *s = &data->series[i];
    int64_t last = 0; /* trades may come late: the first and last of them need not be its ends */
    for (size_t p = 0; p < s->n_pieces; p++) {
        const struct nj_columns *c = &s->pieces[p];
        if (length_ns > 0 && look_over(data, i, c, err) != 0)
            return err->code;
        for (size_t k = 0; k < c->n; k++) {
            int64_t ts = c->ts[k];
            if (!time_is_good(ts))
                return nj_error_set(err, NJ_ERR_INPUT,
                                    "'%s': row %llu is at %lld: expected a time "
                                    "from 1970 to 2262",
                                    data->symbols[i], (unsigned long long)info->rows + 1,
                                    (long long)ts);
            if (info->rows == 0)
                info->first_ns = info->last_ns = ts;
            else if (length_ns > 0 && ts - last < length_ns)
                return nj_error_set(err, NJ_ERR_INPUT,
                                    "'%s': row %llu opens %.12g s after the one before, which is a "
                                    "bar of %.12g s: expected the --timeframe that they are of",
                                    data->symbols[i], (unsigned long long)info->rows + 1,
                                    (double)(ts - last) / 1e9, (double)length_ns / 1e9);
            else if (length_ns > 0 && ts - last > length_ns)
                info->holes += (uint64_t)((ts - last) / length_ns - 1);
            info->first_ns = ts < info->first_ns ? ts : info->first_ns;
            info->last_ns = ts > info->last_ns ? ts : info->last_ns;
            last = ts;
            info->rows++;
        }
    }
    data->rows += info->rows;
    if (info->rows == 0)
        return 0;
    if (data->first_ns > info->first_ns)
        data->first_ns = info->first_ns;
    int64_t end = info->last_ns + (length_ns > 0 ? length_ns : 1); /* exclusive */
    if (data->last_ns < end)
        data->last_ns = end;
    return 0;
}

int nj_bt_data_open(struct nj_bt_data *data, const struct nj_bt_request *q,
                    enum nj_columns_kind kind, const char *timeframe, struct nj_error *err)
{
    int64_t length_ns = kind == NJ_COLUMNS_BARS ? nj_timeframe_ns(timeframe) : 0;
    uint64_t most = 0;
    int rc = 0;
    data->first_ns = INT64_MAX;
    data->last_ns = INT64_MIN;
    for (uint32_t i = 0; i < data->n && rc == 0; i++) {
        data->series[i].symbol = data->symbols[i];
        memcpy(data->info[i].symbol, data->symbols[i], sizeof data->info[i].symbol);
        rc = q->csv ? from_file(data, q, kind, timeframe, err)
                    : from_journal(data, i, q, kind, timeframe, err);
        if (rc == 0)
            rc = measure(data, i, length_ns, err);
        if (rc == 0 && data->info[i].rows == 0)
            rc = nj_error_set(err, NJ_ERR_NOT_FOUND,
                              "no rows of '%s' in the range asked for: njord "
                              "data list shows what is there",
                              data->symbols[i]);
        if (rc == NJ_ERR_NOT_FOUND &&
            q->as_live) { /* the host had the market, and no trade of it */
            data->series[i].n_pieces = 0;
            *err = (struct nj_error){0};
            rc = 0;
        }
        most = rc == 0 && data->info[i].rows > most ? data->info[i].rows : most;
    }
    if (rc == 0 && q->warmup >= most)
        rc = nj_error_set(
            err, NJ_ERR_INPUT,
            "--warmup %llu takes all of the %llu rows: expected fewer, or more history",
            (unsigned long long)q->warmup, (unsigned long long)most);
    return rc;
}

int nj_bt_data_hash(const struct nj_bt_data *data, enum nj_columns_kind kind,
                    char (*out)[NJ_SHA256_HEX], struct nj_error *err)
{
    for (uint32_t i = 0; i < data->n; i++) {
        const struct nj_bt_series *s = &data->series[i];
        if (nj_columns_hash(kind, s->pieces, s->n_pieces, out[i], err) != 0)
            return nj_error_context(err, "'%s'", data->symbols[i]);
    }
    return 0;
}

void nj_bt_data_keep(struct nj_bt_data *data)
{
    for (uint32_t i = 0; i < data->n; i++)
        nj_cache_keep_csv(data->caches[i]);
}

void nj_bt_data_close(struct nj_bt_data *data)
{
    for (uint32_t i = 0; i < data->n; i++)
        nj_cache_close(data->caches[i]);
}
