#include "services/ohlcv.h"

#include "market/trade_ids.h"
#include "services/host.h"

#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define MILLI  1000000
#define FAR_NS (86400 * SECOND) /* a trade that far ahead of the clock has no true time */

static bool by_wall(const struct nj_host *host)
{
    return host->config->app.clock != NJ_CLOCK_EVENTS;
}

/* ---- bars ---- */

static void publish(struct nj_host *host, const njord_bar *bar)
{
    char topic[NJORD_SYMBOL_SIZE + NJORD_TIMEFRAME_SIZE + 16];
    struct nj_error err = {0};
    snprintf(topic, sizeof topic, "md.ohlcv.%s.%s", bar->timeframe, bar->symbol);
    if (nj_bus_publish(host->bus, topic, &bar->ev, NULL, &err) == 0)
        return;
    host->ohlcv.lost++;
    nj_log(host->log, NJ_ERROR, "ohlcv", "bar_lost", NJ_TEXT("symbol", bar->symbol),
           NJ_TEXT("timeframe", bar->timeframe), NJ_INT("ts_open", bar->ts_open),
           NJ_TEXT("error", err.text));
}

/* What priming closes waits until it is known that this run goes on where the journal ends. */
static void keep(struct nj_host *host, struct nj_ohlcv_market *m, const njord_bar *bar)
{
    if (m->n_pending == m->cap_pending) {
        uint32_t cap = m->cap_pending ? m->cap_pending * 2 : 8;
        njord_bar *pending = realloc(m->pending, cap * sizeof *pending);
        if (!pending) {
            host->ohlcv.lost++;
            return;
        }
        m->pending = pending;
        m->cap_pending = cap;
    }
    m->pending[m->n_pending++] = *bar;
}

static void on_closed(void *ctx, const njord_bar *bar)
{
    struct nj_host *host = ctx;
    if (host->ohlcv.priming)
        keep(host, host->ohlcv.priming, bar);
    else
        publish(host, bar);
}

/* What went wrong, and what was left out since the last look. */
static void tell(struct nj_host *host, int rc, const char *symbol, const struct nj_error *err)
{
    struct nj_ohlcv_service *s = &host->ohlcv;
    struct nj_ohlcv_stats stats;
    if (rc == NJ_ERR_INPUT)
        s->refused++;
    if (rc != 0)
        nj_log(host->log, rc == NJ_ERR_INPUT ? NJ_WARN : NJ_ERROR, "ohlcv",
               rc == NJ_ERR_INPUT ? "trade_refused" : "failed", NJ_TEXT("symbol", symbol),
               NJ_TEXT("error", err->text));
    nj_ohlcv_stats(s->ohlcv, &stats);
    if (stats.left_out > s->left_out)
        nj_log(host->log, NJ_WARN, "ohlcv", "left_out", NJ_TEXT("symbol", symbol),
               NJ_INT("bars", stats.left_out - s->left_out),
               NJ_TEXT("reason", "the feed was down or trade ids are missing"));
    s->left_out = stats.left_out;
}

/* ---- the exchange's clock ---- */

static void note_delay(struct nj_ohlcv_service *s, const njord_event *trade)
{
    int64_t second = trade->ts_recv_ns / SECOND, ahead = trade->ts_ns - trade->ts_recv_ns;
    size_t at = (size_t)(second % NJ_OHLCV_SECONDS);
    if (second < 0)
        return;
    if (s->seconds[at].second != second) {
        s->seconds[at].second = second;
        s->seconds[at].least = ahead;
    } else if (ahead < s->seconds[at].least) {
        s->seconds[at].least = ahead;
    }
    if (!njord_is_set_i64(s->behind_ns) || ahead < s->behind_ns)
        s->behind_ns = ahead;
}

/* The exchange's time less the local one: the smallest difference of the last minute, while it had
 * no trade that of the last minute that had one. */
static int64_t behind(struct nj_ohlcv_service *s, int64_t wall_ns)
{
    int64_t now = wall_ns / SECOND, oldest = now - 60, least = NJORD_NONE_I64;
    if (now == s->behind_second)
        return s->behind_ns;
    s->behind_second = now;
    for (size_t i = 0; i < NJ_OHLCV_SECONDS; i++)
        if (s->seconds[i].second >= oldest &&
            (!njord_is_set_i64(least) || s->seconds[i].least < least))
            least = s->seconds[i].least;
    if (njord_is_set_i64(least))
        s->behind_ns = least;
    return s->behind_ns;
}

int64_t nj_ohlcv_service_due(struct nj_host *host, int64_t wall_ns)
{
    struct nj_ohlcv_service *s = &host->ohlcv;
    if (!s->ohlcv || !by_wall(host) || !njord_is_set_i64(s->behind_ns))
        return INT64_MAX;
    if (s->soonest_ns == INT64_MIN)
        s->soonest_ns = nj_ohlcv_next_end(s->ohlcv);
    int64_t due;
    if (s->soonest_ns == INT64_MAX ||
        __builtin_sub_overflow(s->soonest_ns, behind(s, wall_ns), &due) ||
        __builtin_add_overflow(due, host->config->ohlcv.grace_ms * MILLI, &due))
        return INT64_MAX;
    return due;
}

struct closing {
    struct nj_host *host;
    int64_t until_ns;
};

static void close_until(void *ctx, uint64_t seq)
{
    const struct closing *c = ctx;
    struct nj_error err = {0};
    (void)seq;
    tell(c->host, nj_ohlcv_advance(c->host->ohlcv.ohlcv, c->until_ns, &err), "*", &err);
}

bool nj_ohlcv_service_close_due(struct nj_host *host, int64_t wall_ns)
{
    struct nj_ohlcv_service *s = &host->ohlcv;
    if (nj_ohlcv_service_due(host, wall_ns) > wall_ns)
        return false;
    int64_t grace = host->config->ohlcv.grace_ms * MILLI;
    struct closing c = {host, wall_ns + behind(s, wall_ns) - grace};
    s->soonest_ns = nj_ohlcv_next_end(s->ohlcv);
    if (s->soonest_ns > c.until_ns)
        return false;
    struct nj_error err = {0};
    if (nj_host_enter(host, close_until, &c, &err) != 0)
        nj_log(host->log, NJ_ERROR, "ohlcv", "not_closed", NJ_TEXT("error", err.text));
    s->soonest_ns = nj_ohlcv_next_end(s->ohlcv);
    return true;
}

/* ---- trades ---- */

static void drop_pending(struct nj_ohlcv_market *m)
{
    free(m->pending);
    m->pending = NULL;
    m->n_pending = m->cap_pending = 0;
}

/* The first trade of this run shows whether it goes on where the journal of the run before ends.
 * False: that trade stands in the journal already. */
static bool goes_on(struct nj_host *host, struct nj_ohlcv_market *m, const njord_trade *trade)
{
    struct nj_ohlcv_service *s = &host->ohlcv;
    struct nj_error err = {0};
    int64_t id = nj_trade_id_number(trade->trade_id);
    bool same = strcmp(trade->venue, m->venue) == 0;
    bool next = same && njord_is_set_i64(id) && id - 1 == m->last_id;
    bool seen = same && njord_is_set_i64(id) && id <= m->last_id && trade->ev.ts_ns <= m->last_ns;
    if (seen && by_wall(host) && m->n_seen++ < NJ_OHLCV_RESENT) {
        s->seen++; /* a source that connects sends its latest once more */
        return false;
    }
    m->live = true;
    if (!same || seen || (!next && !by_wall(host))) { /* another source, or one that starts over */
        nj_ohlcv_forget(s->ohlcv, m->symbol);
        drop_pending(m);
        return true;
    }
    for (uint32_t i = 0; i < m->n_pending; i++)
        publish(host, &m->pending[i]);
    drop_pending(m);
    if (!next)
        tell(host, nj_ohlcv_gap(s->ohlcv, m->symbol, trade->ev.ts_ns, &err), m->symbol, &err);
    return true;
}

static void on_trade(void *ctx, const struct nj_message *message)
{
    struct nj_host *host = ctx;
    struct nj_ohlcv_service *s = &host->ohlcv;
    const njord_trade *trade = (const njord_trade *)message->event;
    struct nj_error err = {0};
    enum nj_ohlcv_taken taken = NJ_OHLCV_TAKEN;
    if (by_wall(host)) {
        if (trade->ev.ts_ns > trade->ev.ts_recv_ns + FAR_NS) {
            nj_error_set(&err, NJ_ERR_INPUT,
                         "its time is more than a day ahead of this host's clock");
            tell(host, NJ_ERR_INPUT, trade->symbol, &err);
            return;
        }
        note_delay(s, &trade->ev);
    }
    struct nj_ohlcv_market *m = nj_map_get(&s->markets, trade->symbol);
    if (m && !m->live) {
        if (!goes_on(host, m, trade))
            return;
        s->soonest_ns = INT64_MIN;
    }
    int rc = nj_ohlcv_trade(s->ohlcv, trade, &taken, &err);
    struct nj_ohlcv_stats stats;
    nj_ohlcv_stats(s->ohlcv, &stats);
    if (rc != 0 || stats.left_out != s->left_out)
        tell(host, rc, trade->symbol, &err);
    if (stats.symbols != s->n_symbols) { /* its buckets may end before all others */
        s->n_symbols = stats.symbols;
        s->soonest_ns = INT64_MIN;
    }
    if (taken == NJ_OHLCV_LATE)
        nj_log(host->log, NJ_WARN, "ohlcv", "late_trade", NJ_TEXT("symbol", trade->symbol),
               NJ_TEXT("trade_id", trade->trade_id), NJ_INT("ts_ns", trade->ev.ts_ns));
}

/* ---- the feed ---- */

static void on_status(void *ctx, const struct nj_message *message)
{
    struct nj_host *host = ctx;
    struct nj_ohlcv_service *s = &host->ohlcv;
    const njord_feed_status *status = (const njord_feed_status *)message->event;
    struct nj_error err = {0};
    int64_t at = status->ev.ts_ns, exchange = at;
    /* a feed's own clock may be off: of its time and the exchange's the one that says less */
    if (by_wall(host))
        exchange =
            status->ev.ts_recv_ns +
            (njord_is_set_i64(s->behind_ns) ? s->behind_ns : host->config->ohlcv.grace_ms * MILLI);
    int rc = 0;
    if (status->event == NJORD_FEED_EVENT_UP)
        rc = nj_ohlcv_broken(s->ohlcv, status->symbol, false, exchange > at ? exchange : at, &err);
    else if (status->event == NJORD_FEED_EVENT_DOWN || status->event == NJORD_FEED_EVENT_STALE)
        rc = nj_ohlcv_broken(s->ohlcv, status->symbol, true, exchange < at ? exchange : at, &err);
    else if (status->event == NJORD_FEED_EVENT_GAP)
        rc = nj_ohlcv_gap(s->ohlcv, status->symbol, at, &err);
    if (rc != 0)
        tell(host, rc, status->symbol, &err);
}

/* Bars of another host on the same bus, in a timeframe that this one makes too. */
static void on_foreign_bar(void *ctx, const struct nj_message *message)
{
    struct nj_host *host = ctx;
    const njord_bar *bar = (const njord_bar *)message->event;
    if (!message->envelope || host->ohlcv.twice_told)
        return;
    for (uint32_t i = 0; i < host->config->ohlcv.n_timeframes; i++)
        if (strcmp(host->config->ohlcv.timeframes[i], bar->timeframe) == 0) {
            host->ohlcv.twice_told = true;
            nj_log(host->log, NJ_WARN, "ohlcv", "made_twice", NJ_TEXT("symbol", bar->symbol),
                   NJ_TEXT("timeframe", bar->timeframe), NJ_TEXT("by", message->envelope->src),
                   NJ_TEXT("detail", "run the service ohlcv in one host of a bus"));
            return;
        }
}

/* ---- life ---- */

static int rebuild_all(struct nj_host *host, char **symbols, uint32_t n, struct nj_error *err)
{
    int rc = 0;
    if (nj_restart_from_nothing(host)) /* the run is done again, its bars too */
        return 0;
    for (uint32_t i = 0; i < n && rc == 0; i++)
        if (!nj_map_get(&host->ohlcv.markets, symbols[i]))
            rc = nj_ohlcv_service_rebuild(host, symbols[i], err);
    return rc;
}

int nj_ohlcv_service_start(struct nj_host *host, struct nj_error *err)
{
    const struct nj_config *config = host->config;
    struct nj_ohlcv_service *s = &host->ohlcv;
    *s = (struct nj_ohlcv_service){
        .behind_ns = NJORD_NONE_I64, .behind_second = INT64_MIN, .soonest_ns = INT64_MIN};
    for (size_t i = 0; i < NJ_OHLCV_SECONDS; i++)
        s->seconds[i].second = INT64_MIN;
    struct nj_ohlcv_options options = {(const char *const *)config->ohlcv.timeframes,
                                       config->ohlcv.n_timeframes,
                                       config->ohlcv.gap_fill,
                                       NJ_OHLCV_MAX_GAP,
                                       on_closed,
                                       host};
    int rc = nj_ohlcv_new(&s->ohlcv, &options, err);
    if (rc != 0)
        return nj_error_context(err, "ohlcv.timeframes");
    rc = rebuild_all(host, config->exchange.symbols, config->exchange.n_symbols, err);
    for (uint32_t i = 0; i < config->n_feeds && rc == 0; i++)
        rc = rebuild_all(host, config->feeds[i].symbols, config->feeds[i].n_symbols, err);
    if (rc != 0)
        return rc;
    s->trades = nj_bus_subscribe(host->bus, "md.trades.*", NJ_STAGE_BARS, on_trade, host);
    s->status = nj_bus_subscribe(host->bus, "md.status.*", NJ_STAGE_BARS, on_status, host);
    s->bars = nj_bus_subscribe(host->bus, "md.ohlcv.*", NJ_STAGE_BARS, on_foreign_bar, host);
    return s->trades && s->status && s->bars
               ? 0
               : nj_error_set(err, NJ_ERR_NOMEM, "bar service: out of memory");
}

static void market_free(void *value)
{
    struct nj_ohlcv_market *m = value;
    free(m->pending);
    free(m);
}

void nj_ohlcv_service_stop(struct nj_host *host)
{
    struct nj_ohlcv_service *s = &host->ohlcv;
    nj_bus_unsubscribe(host->bus, s->trades);
    nj_bus_unsubscribe(host->bus, s->status);
    nj_bus_unsubscribe(host->bus, s->bars);
    nj_map_free(&s->markets, market_free);
    nj_ohlcv_free(s->ohlcv);
    *s = (struct nj_ohlcv_service){0};
}
