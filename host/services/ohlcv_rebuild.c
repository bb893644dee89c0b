/* ohlcv_rebuild.c - the bar service at start: the buckets that were open when the run before ended,
 * rebuilt from the trade journals. Reads only. [loop], before the first event. */
#include "base/fs.h"
#include "base/timeframe.h"
#include "journal/names.h"
#include "journal/scan.h"
#include "market/trade_ids.h"
#include "services/host.h"

#include <njord/codec.h>
#include <njord/lines.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The files of one journal, oldest first. */
struct chain {
    const char *dir;
    struct nj_journal_files files;
};

static int chain_open(struct chain *c, const struct nj_host *host, const char *topic_name,
                      const char *timeframe, const char *symbol, struct nj_error *err)
{
    char stem[NJ_STEM_SIZE];
    *c = (struct chain){.dir = nj_journals_dir(host->journals)};
    int rc = nj_stem_make(njord_topic_of(topic_name), timeframe, symbol, stem, sizeof stem, err);
    return rc == 0 ? nj_journal_list(c->dir, stem, &c->files, err) : rc;
}

/* Called for each event of a file; false: enough. */
typedef bool (*event_fn)(void *ctx, const njord_event *event);

union room {
    njord_event event;
    njord_trade trade;
    njord_bar bar;
};

/* Reads file i. last_only: its last event alone is decoded. */
static int read_file(const struct chain *c, size_t i, uint32_t type, bool last_only, event_fn each,
                     void *ctx, struct nj_error *err)
{
    char name[NJ_STEM_SIZE + 32], path[NJ_PATH_MAX], why[512];
    struct nj_buf last = {0};
    union room room;
    njord_line line;
    struct nj_error bad = {0};
    int rc = nj_journal_name_make(&c->files.files[i], name, sizeof name, err);
    if (rc == 0)
        rc = nj_path_join(path, sizeof path, c->dir, name, err);
    if (rc != 0)
        return rc;
    njord_lines *lines = njord_lines_open(path, why, sizeof why);
    if (!lines)
        return nj_error_set(err, NJ_ERR_IO, "%s", why);
    int more;
    while ((more = njord_lines_next(lines, &line)) == 1 && !line.torn) {
        if (last_only) {
            nj_buf_clear(&last);
            nj_buf_add(&last, line.text, line.len);
        } else if (nj_scan_event(type, line.text, line.len, &room, &bad) != 0) {
            rc = nj_error_set(err, NJ_ERR_INPUT, "%s:%llu: %s", path,
                              (unsigned long long)line.number, bad.text);
            break;
        } else if (!each(ctx, &room.event)) {
            break;
        }
    }
    if (more < 0)
        rc = nj_error_set(err, NJ_ERR_INPUT, "%s", njord_lines_error(lines));
    if (rc == 0 && last.len > 0) {
        if (nj_scan_event(type, last.data, last.len, &room, &bad) != 0)
            rc = nj_error_set(err, NJ_ERR_INPUT, "%s: last line: %s", path, bad.text);
        else
            each(ctx, &room.event);
    }
    nj_buf_free(&last);
    njord_lines_close(lines);
    return rc;
}

static bool take_bar(void *ctx, const njord_event *event)
{
    *(njord_bar *)ctx = *(const njord_bar *)event;
    return true;
}

static bool take_trade(void *ctx, const njord_event *event)
{
    *(njord_trade *)ctx = *(const njord_trade *)event;
    return true;
}

static bool take_first(void *ctx, const njord_event *event)
{
    *(int64_t *)ctx = event->ts_ns;
    return false;
}

/* The last event of a chain; its type stays 0 when there is none. *at: the file it stands in. */
static int last_of(const struct chain *c, uint32_t type, event_fn take, njord_event *out,
                   size_t *at, struct nj_error *err)
{
    int rc = 0;
    out->type = 0;
    for (*at = c->files.n; *at > 0 && rc == 0 && out->type == 0;)
        rc = read_file(c, --*at, type, true, take, out, err);
    return rc;
}

struct priming {
    struct nj_host *host;
    struct nj_ohlcv_market *market;
    uint64_t trades;
    struct nj_error *err;
    int rc;
};

static bool prime(void *ctx, const njord_event *event)
{
    struct priming *p = ctx;
    struct nj_ohlcv *ohlcv = p->host->ohlcv.ohlcv;
    njord_trade trade = *(const njord_trade *)event;
    int64_t id = nj_trade_id_number(trade.trade_id), last = p->market->last_id;
    trade.ev.symbol_id = nj_core_symbol_id(&p->host->core, trade.symbol);
    /* ids that jump, or that say nothing, leave the buckets between doubtful */
    if (p->trades > 0 && (!njord_is_set_i64(id) || !njord_is_set_i64(last) || id - 1 > last))
        p->rc = nj_ohlcv_gap(ohlcv, trade.symbol, trade.ev.ts_ns, p->err);
    if (p->rc == 0)
        p->rc = nj_ohlcv_prime(ohlcv, &trade, trade.ev.ts_ns + 1, p->err);
    if (!njord_is_set_i64(last) || !njord_is_set_i64(id) || id > last)
        p->market->last_id = id;
    p->market->last_ns = trade.ev.ts_ns > p->market->last_ns ? trade.ev.ts_ns : p->market->last_ns;
    memcpy(p->market->venue, trade.venue, sizeof trade.venue);
    p->trades++;
    return p->rc == 0;
}

/* The bars that were handed out, by their own journals. */
static int handed_out(struct nj_host *host, const char *symbol, struct nj_error *err)
{
    int rc = 0;
    for (uint32_t i = 0; i < host->config->ohlcv.n_timeframes && rc == 0; i++) {
        const char *timeframe = host->config->ohlcv.timeframes[i];
        struct chain chain;
        njord_bar bar = {0};
        size_t at;
        rc = chain_open(&chain, host, "md.ohlcv.1m.A/B", timeframe, symbol, err);
        if (rc == 0)
            rc = last_of(&chain, NJORD_EV_BAR, take_bar, &bar.ev, &at, err);
        if (rc == 0 && bar.ev.type != 0)
            rc = nj_ohlcv_handed_out(host->ohlcv.ohlcv, symbol, timeframe, bar.ts_open, err);
        nj_journal_files_free(&chain.files);
    }
    return rc;
}

/* The length of the longest bucket, which must be rebuilt from its start. */
static int64_t longest(const struct nj_host *host)
{
    int64_t length = 60 * INT64_C(1000000000);
    for (uint32_t i = 0; i < host->config->ohlcv.n_timeframes; i++)
        if (nj_bar_length(host->config->ohlcv.timeframes[i]) > length)
            length = nj_bar_length(host->config->ohlcv.timeframes[i]);
    return length;
}

static int rebuild(struct nj_host *host, struct nj_ohlcv_market *m, const struct chain *chain,
                   struct nj_error *err)
{
    njord_trade last;
    size_t at;
    struct priming p = {.host = host, .market = m, .err = err};
    int rc = last_of(chain, NJORD_EV_TRADE, take_trade, &last.ev, &at, err);
    if (rc != 0 || last.ev.type == 0)
        return rc;
    if (last.ev.ts_ns < 0 || !njord_is_set_i64(nj_trade_id_number(last.trade_id)))
        return 0; /* without numbered ids nobody can tell what is missing */
    /* back to the file that holds a trade before the longest bucket: it shows that none is missing
     * at its start */
    for (int64_t first = INT64_MAX, start = last.ev.ts_ns - last.ev.ts_ns % longest(host); rc == 0;
         at--) {
        rc = read_file(chain, at, NJORD_EV_TRADE, false, take_first, &first, err);
        if (at == 0 || first < start)
            break;
    }
    if (rc == 0)
        rc = handed_out(host, m->symbol, err);
    host->ohlcv.priming = m;
    for (; at < chain->files.n && rc == 0; at++) {
        rc = read_file(chain, at, NJORD_EV_TRADE, false, prime, &p, err);
        if (rc == 0)
            rc = p.rc;
    }
    host->ohlcv.priming = NULL;
    if (rc == 0)
        nj_log(host->log, NJ_INFO, "ohlcv", "rebuilt", NJ_TEXT("symbol", m->symbol),
               NJ_INT("trades", p.trades), NJ_INT("last_trade_ns", last.ev.ts_ns),
               NJ_INT("bars_pending", m->n_pending));
    return rc;
}

int nj_ohlcv_service_rebuild(struct nj_host *host, const char *symbol, struct nj_error *err)
{
    struct nj_ohlcv_service *s = &host->ohlcv;
    struct chain chain = {0};
    struct nj_error why = {0};
    struct nj_ohlcv_market *m = calloc(1, sizeof *m);
    if (!m || !nj_map_put(&s->markets, symbol, m)) {
        free(m);
        return nj_error_set(err, NJ_ERR_NOMEM, "bar service: out of memory");
    }
    snprintf(m->symbol, sizeof m->symbol, "%s", symbol);
    m->last_id = m->last_ns = NJORD_NONE_I64;
    int rc = chain_open(&chain, host, "md.trades.A/B", "", symbol, &why);
    if (rc == 0)
        rc = rebuild(host, m, &chain, &why);
    if (rc != 0) { /* its first bars are then partial */
        nj_log(host->log, NJ_WARN, "ohlcv", "not_rebuilt", NJ_TEXT("symbol", symbol),
               NJ_TEXT("error", why.text));
        nj_ohlcv_forget(s->ohlcv, symbol);
        m->last_id = NJORD_NONE_I64;
    }
    m->live = !njord_is_set_i64(m->last_id);
    nj_journal_files_free(&chain.files);
    return 0;
}
