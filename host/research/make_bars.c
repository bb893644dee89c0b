#include "research/make_bars.h"

#include "base/map.h"
#include "journal/cache.h"
#include "market/ohlcv.h"
#include "market/trade_ids.h"
#include "research/deposit.h"
#include "research/import_input.h"
#include "research/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TELL_EACH 65536u

struct maker {
    const struct nj_make_bars_options *options;
    struct nj_make_bars_report *report;
    struct nj_ohlcv *ohlcv;
    struct nj_deposit deposits[NJ_MAKE_BARS_MAX];
    uint32_t n_open;
    struct nj_map venues; /* name to the ids seen there */
    struct nj_trade_ids *latest;
    char latest_venue[NJORD_ASSET_SIZE];
    int lock;
    struct nj_error failed; /* in the callback */
};

/* ---- bars ------------------------------------------------------------------------------------ */

/* With the first bar: input that cannot be read leaves no trace. */
static int open_output(struct maker *m, struct nj_error *err)
{
    const struct nj_make_bars_options *o = m->options;
    int rc = nj_deposit_lock(o->platform, o->output, &m->lock, &m->report->finished_earlier, err);
    for (uint32_t i = 0; rc == 0 && i < m->report->n_made; i++) {
        char stage[32];
        snprintf(stage, sizeof stage, "%s.%s", NJ_DEPOSIT_STAGE, m->report->made[i].timeframe);
        const struct nj_deposit_options how = {.platform = o->platform,
                                               .dir = o->output,
                                               .stage = stage,
                                               .type = NJORD_EV_BAR,
                                               .replace = o->replace,
                                               .whole_wins = true};
        m->n_open++;
        rc = nj_deposit_open(&m->deposits[i], &how, err);
    }
    return rc;
}

static void take_bar(void *ctx, const njord_bar *bar)
{
    struct maker *m = ctx;
    uint32_t i = 0;
    while (strcmp(m->report->made[i].timeframe, bar->timeframe) != 0)
        i++; /* it is one of them */
    struct nj_made_bars *made = &m->report->made[i];
    made->bars++;
    made->filled += (bar->ev.flags & NJORD_EF_FILLED_GAP) != 0;
    made->partial += bar->partial == 1;
    if (made->first_ns == NJORD_NONE_I64)
        made->first_ns = bar->ts_open;
    made->last_ns = bar->ts_open;
    if (m->failed.code == 0 && m->n_open == 0)
        open_output(m, &m->failed);
    if (m->failed.code == 0)
        nj_deposit_add(&m->deposits[i], &bar->ev, &m->failed);
}

/* What the callback met counts, too. */
static int outcome(struct maker *m, int rc, struct nj_error *err)
{
    if (rc == 0 && m->failed.code != 0) {
        *err = m->failed;
        rc = m->failed.code;
    }
    return rc;
}

/* ---- trades ---------------------------------------------------------------------------------- */

static struct nj_trade_ids *ids_of(struct maker *m, const char *venue, struct nj_error *err)
{
    if (m->latest && strcmp(m->latest_venue, venue) == 0)
        return m->latest;
    char key[NJORD_ASSET_SIZE + 1];
    snprintf(key, sizeof key, ".%s", venue); /* a trade may name none */
    struct nj_trade_ids *ids = nj_map_get(&m->venues, key);
    if (!ids) {
        ids = calloc(1, sizeof *ids);
        if (!ids || !nj_map_put(&m->venues, key, ids)) {
            free(ids);
            nj_error_set(err, NJ_ERR_NOMEM, "bars of '%s': out of memory", m->report->symbol);
            return NULL;
        }
        nj_trade_ids_init(ids);
    }
    m->latest = ids;
    snprintf(m->latest_venue, sizeof m->latest_venue, "%s", venue);
    return ids;
}

/* Counts a double or a gap; tells the aggregator of the gap. */
static int note(struct maker *m, enum nj_trade_id id, int64_t from, int64_t to, int64_t ts_ns,
                struct nj_error *err)
{
    if (id == NJ_TRADE_ID_DOUBLE)
        m->report->doubles++;
    if (id != NJ_TRADE_ID_GAP)
        return 0;
    m->report->gaps++;
    m->report->missing += (uint64_t)(to - from + 1);
    return nj_ohlcv_gap(m->ohlcv, m->report->symbol, ts_ns, err);
}

static int take_trade(struct maker *m, const njord_trade *trade, struct nj_error *err)
{
    int64_t from = 0, to = 0;
    struct nj_trade_ids *ids = ids_of(m, trade->venue, err);
    if (!ids)
        return NJ_ERR_NOMEM;
    enum nj_trade_id id = nj_trade_ids_take(ids, trade->trade_id, &from, &to);
    int rc = note(m, id, from, to, trade->ev.ts_ns, err);
    if (rc == 0 && id != NJ_TRADE_ID_DOUBLE)
        rc = nj_ohlcv_trade(m->ohlcv, trade, NULL, err);
    return outcome(m, rc, err);
}

/* ---- a file ---------------------------------------------------------------------------------- */

static int read_file(struct maker *m, struct nj_error *err)
{
    struct nj_import_report found = {.first_ns = NJORD_NONE_I64, .last_ns = NJORD_NONE_I64};
    const struct nj_import_options how = {.platform = m->options->platform,
                                          .file = m->options->from,
                                          .symbol = m->report->symbol,
                                          .kind = NJORD_EV_TRADE,
                                          .progress = m->options->progress,
                                          .ctx = m->options->ctx};
    struct nj_input input;
    struct nj_input_row row;
    int more = 0, rc = nj_input_open(&input, &how, &found, err);
    while (rc == 0 && (more = nj_input_next(&input, &row, err)) > 0)
        rc = take_trade(m, &row.event->trade, err);
    rc = rc == 0 ? more : rc;
    if (rc == 0 && found.rows == 0)
        rc = nj_error_set(err, NJ_ERR_NOT_FOUND, "%s: holds no trades of %s%s", input.name,
                          m->report->symbol, found.other_symbols ? ", only of other symbols" : "");
    m->report->first_ns = found.first_ns;
    m->report->last_ns = found.last_ns;
    nj_input_close(&input);
    return rc;
}

/* ---- a folder of journals -------------------------------------------------------------------- */

static int take_rows(struct maker *m, const struct nj_columns *c, size_t from, size_t to,
                     struct nj_error *err)
{
    const struct nj_ohlcv_columns rows = {.symbol = m->report->symbol,
                                          .symbol_id = NJORD_NO_SYMBOL,
                                          .n = to - from,
                                          .ts_ns = c->ts + from,
                                          .price = c->price + from,
                                          .qty = c->qty + from,
                                          .side = c->side ? c->side + from : NULL};
    return from < to ? outcome(m, nj_ohlcv_trades(m->ohlcv, &rows, NULL, err), err) : 0;
}

static enum nj_trade_id id_of_row(struct maker *m, const struct nj_columns *c, size_t i,
                                  int64_t *from, int64_t *to, struct nj_error *err)
{
    const char *venue = c->venue && c->venue[i] != NJORD_NONE_U8 ? c->venues[c->venue[i]] : "";
    int64_t id = c->id ? c->id[i] : NJORD_NONE_I64;
    struct nj_trade_ids *ids;
    if (id == NJORD_NONE_I64 || !(ids = ids_of(m, venue, err)))
        return NJ_TRADE_ID_NEW;
    return id >= 0 ? nj_trade_ids_take_number(ids, id, from, to)
                   : nj_trade_ids_take(ids, c->id_text + ~id, from, to);
}

/* Stretches without a double or a gap go to the aggregator at once. */
static int take_piece(struct maker *m, const struct nj_columns *c, uint64_t before,
                      struct nj_error *err)
{
    size_t start = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->n; i++) {
        int64_t from = 0, to = 0;
        enum nj_trade_id id = id_of_row(m, c, i, &from, &to, err);
        if (err->code != 0)
            return err->code;
        bool told = i - start >= TELL_EACH;
        if (id == NJ_TRADE_ID_NEW && !told)
            continue;
        rc = take_rows(m, c, start, i, err);
        start = i + (id == NJ_TRADE_ID_DOUBLE);
        if (rc == 0)
            rc = note(m, id, from, to, c->ts[i], err);
        if (told && m->options->progress)
            m->options->progress(m->options->ctx, before + i, 0);
    }
    return rc == 0 ? take_rows(m, c, start, c->n, err) : rc;
}

static int read_folder(struct maker *m, struct nj_error *err)
{
    char stem[NJ_STEM_SIZE];
    struct nj_cache *cache = NULL;
    const struct nj_columns *pieces;
    int rc = nj_stem_make(nj_journal_topic(NJORD_EV_TRADE), "", m->report->symbol, stem,
                          sizeof stem, err);
    if (rc != 0)
        return rc;
    const struct nj_cache_options how = {.platform = m->options->platform,
                                         .dir = m->options->from,
                                         .stem = stem,
                                         .from_ns = INT64_MIN,
                                         .to_ns = INT64_MAX,
                                         .skip_bad = m->options->skip_bad};
    struct nj_cache_info info = {0};
    rc = nj_cache_open(&cache, &how, err);
    if (rc == 0 && how.skip_bad)
        rc = nj_cache_info(cache, &info, err);
    m->report->bad = info.bad;
    if (rc != 0) {
        nj_cache_close(cache);
        return rc;
    }
    size_t n = nj_cache_pieces(cache, &pieces);
    uint64_t rows = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (pieces[i].n > 0 && strcmp(pieces[i].symbol, m->report->symbol) != 0)
            rc = nj_error_set(err, NJ_ERR_INPUT, "folder '%s': journal '%s' holds trades of '%s'",
                              m->options->from, stem, pieces[i].symbol);
        else
            rc = take_piece(m, &pieces[i], rows, err);
        if (pieces[i].n > 0) {
            if (m->report->first_ns == NJORD_NONE_I64)
                m->report->first_ns = pieces[i].ts[0];
            m->report->last_ns = pieces[i].ts[pieces[i].n - 1];
        }
        rows += pieces[i].n;
    }
    if (rc == 0 && rows == 0)
        rc = nj_error_set(err, NJ_ERR_NOT_FOUND, "folder '%s': journal '%s' holds no trades",
                          m->options->from, stem);
    nj_cache_close(cache);
    return rc;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int begin(struct maker *m, struct nj_error *err)
{
    const struct nj_make_bars_options *o = m->options;
    struct nj_make_bars_report *r = m->report;
    char why[NJORD_RECORDED_WHY];
    if (njord_symbol_from_pair(o->symbol, strlen(o->symbol), NULL, 0, r->symbol, why) != 0)
        return nj_error_set(err, NJ_ERR_INPUT, "%s", why);
    if (o->n_timeframes > NJ_MAKE_BARS_MAX)
        return nj_error_set(err, NJ_ERR_INPUT, "timeframes: %u of them, at most %u at once",
                            o->n_timeframes, NJ_MAKE_BARS_MAX);
    const struct nj_ohlcv_options how = {o->timeframes, o->n_timeframes, o->gap_fill,
                                         o->max_gap,    take_bar,        m};
    int rc = nj_ohlcv_new(&m->ohlcv, &how, err);
    for (uint32_t i = 0; rc == 0 && i < o->n_timeframes; i++) {
        struct nj_made_bars *made = &r->made[r->n_made++];
        *made = (struct nj_made_bars){.first_ns = NJORD_NONE_I64, .last_ns = NJORD_NONE_I64};
        snprintf(made->timeframe, sizeof made->timeframe, "%s", o->timeframes[i]);
    }
    return rc;
}

static int put_in_place(struct maker *m, uint32_t i, struct nj_error *err)
{
    struct nj_made_bars *made = &m->report->made[i];
    struct nj_deposit *deposit = &m->deposits[i];
    char stem[NJ_STEM_SIZE];
    if (made->bars == 0)
        return 0;
    int rc = nj_stem_make(nj_journal_topic(NJORD_EV_BAR), made->timeframe, m->report->symbol, stem,
                          sizeof stem, err);
    if (rc == 0)
        rc = nj_deposit_end(deposit, stem, m->report->symbol, err);
    if (rc != 0)
        nj_error_context(err, "%s", made->timeframe);
    made->added = deposit->added;
    made->same = deposit->same;
    made->replaced = deposit->replaced;
    made->days = deposit->days;
    made->days_written = deposit->days_written;
    if (m->options->progress)
        m->options->progress(m->options->ctx, m->report->trades, UINT64_MAX);
    return rc;
}

int nj_make_bars_run(const struct nj_make_bars_options *options, struct nj_make_bars_report *report,
                     struct nj_error *err)
{
    struct nj_error mine = {0};
    struct nj_ohlcv_stats stats;
    struct stat st;
    bool folder = stat(options->from, &st) == 0 && S_ISDIR(st.st_mode);
    struct maker *m = calloc(1, sizeof *m);
    *report = (struct nj_make_bars_report){.first_ns = NJORD_NONE_I64, .last_ns = NJORD_NONE_I64};
    if (!m)
        return nj_error_set(err, NJ_ERR_NOMEM, "bars: out of memory");
    m->options = options;
    m->report = report;
    m->lock = -1;
    int rc = begin(m, &mine);
    if (rc == 0)
        rc = folder ? read_folder(m, &mine) : read_file(m, &mine);
    if (rc == 0)
        rc = outcome(m, nj_ohlcv_finish(m->ohlcv, &mine), &mine);
    if (rc == 0) {
        nj_ohlcv_stats(m->ohlcv, &stats);
        report->trades = stats.trades;
        report->late = stats.late;
        report->left_out = stats.left_out;
    }
    for (uint32_t i = 0; rc == 0 && i < report->n_made; i++)
        rc = put_in_place(m, i, &mine);
    for (uint32_t i = 0; i < m->n_open; i++)
        nj_deposit_close(&m->deposits[i]);
    if (m->lock >= 0)
        close(m->lock);
    nj_map_free(&m->venues, free);
    nj_ohlcv_free(m->ohlcv);
    free(m);
    if (rc != 0 && err)
        *err = mine;
    return rc;
}
