#include "services/warmup.h"

#include "journal/names.h"
#include "journal/reader.h"
#include "services/host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which bars ---- */

struct history {
    struct nj_slot *slot;
    char (*stems)[NJ_STEM_SIZE];
    const char **names; /* stems[i] */
    int64_t *from_ns;   /* by symbol: ts_open of its first bar */
    uint64_t *found;    /* by symbol */
    uint32_t n;
    int64_t to_ns; /* all have ts_open < to_ns */
    uint64_t shown;
    int64_t first_ns, last_ns; /* ts_open of what was shown */
};

static void free_history(struct history *h)
{
    free(h->stems);
    free(h->names);
    free(h->from_ns);
    free(h->found);
}

static int make_history(struct history *h, struct nj_slot *slot, struct nj_error *err)
{
    const njord_topic *topic = njord_topic_of("md.ohlcv.1m.A/B");
    const struct nj_instance *i = slot->instance;
    uint32_t n = i->n_symbols;
    *h = (struct history){.slot = slot, .n = n};
    h->stems = calloc(n + 1u, sizeof *h->stems);
    h->names = calloc(n + 1u, sizeof *h->names);
    h->from_ns = calloc(n + 1u, sizeof *h->from_ns);
    h->found = calloc(n + 1u, sizeof *h->found);
    if (!h->stems || !h->names || !h->from_ns || !h->found)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    for (uint32_t k = 0; k < n; k++) {
        int rc = nj_stem_make(topic, slot->config->warmup_timeframe, i->symbols[k], h->stems[k],
                              sizeof h->stems[k], err);
        if (rc != 0)
            return rc;
        h->names[k] = h->stems[k];
    }
    return 0;
}

static struct nj_reader_options options_of(const struct history *h, const char *const *stems,
                                           size_t n, int64_t from_ns)
{
    return (struct nj_reader_options){.dir = h->slot->host->config->logging.journal_dir,
                                      .stems = stems,
                                      .n_stems = n,
                                      .from_ns = from_ns,
                                      .to_ns = h->to_ns,
                                      .order = NJ_READ_BY_TIME};
}

/* Where the last `wanted` bars of a symbol begin, of those from from_ns on. opens: room for so
 * many. */
static int look_from(struct history *h, uint32_t k, int64_t from_ns, uint64_t wanted,
                     int64_t *opens, struct nj_error *err)
{
    struct nj_reader_options options = options_of(h, &h->names[k], 1, from_ns);
    struct nj_reader *reader;
    struct nj_read read;
    uint64_t n = 0;
    int64_t last = INT64_MIN;
    int rc = nj_reader_open(&reader, &options, err);
    if (rc != 0)
        return rc;
    while ((rc = nj_reader_next(reader, &read, err)) > 0) {
        int64_t open = ((const njord_bar *)read.event)->ts_open;
        if (read.event->type != NJORD_EV_BAR || (n > 0 && open <= last))
            continue;
        opens[n++ % wanted] = last = open;
    }
    nj_reader_close(reader);
    h->found[k] = n < wanted ? n : wanted;
    h->from_ns[k] = n == 0 ? INT64_MAX : n < wanted ? opens[0] : opens[n % wanted];
    return rc;
}

/* Bars may be missing: when the time that so many take holds fewer, more is read, in the end all.
 */
static int find_last(struct history *h, uint64_t wanted, int64_t bar_ns, struct nj_error *err)
{
    int64_t *opens = calloc(wanted, sizeof *opens);
    int rc = opens ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    for (uint32_t k = 0; k < h->n && rc == 0; k++) {
        int64_t span, from;
        bool all = false;
        for (int times = 1; rc == 0 && !all; times *= 8) {
            all = times > 8 || __builtin_mul_overflow((int64_t)wanted * times, bar_ns, &span) ||
                  __builtin_sub_overflow(h->to_ns, span, &from);
            rc = look_from(h, k, all ? INT64_MIN : from, wanted, opens, err);
            if (h->found[k] == wanted)
                break;
        }
    }
    free(opens);
    return rc;
}

/* ---- showing ---- */

struct showing {
    struct history *h;
    const njord_bar *bar;
};

static void show(void *ctx, uint64_t seq)
{
    struct showing *s = ctx;
    struct nj_slot *slot = s->h->slot;
    struct nj_host *host = slot->host;
    njord_bar bar = *s->bar;
    char topic[NJORD_SYMBOL_SIZE + NJORD_TIMEFRAME_SIZE + 16];
    uint32_t id = nj_core_symbol_id(&host->core, bar.symbol);
    if (!slot->instance || id == NJORD_NO_SYMBOL)
        return;
    snprintf(topic, sizeof topic, "md.ohlcv.%s.%s", bar.timeframe, bar.symbol);
    bar.ev.seq = seq;
    bar.ev.ts_ns = bar.ev.ts_recv_ns = slot->warmup.now_ns = bar.ts_close;
    bar.ev.symbol_id = id;
    bar.ev.flags |= NJORD_EF_WARMUP | (bar.partial == 1 ? NJORD_EF_PARTIAL : 0);
    if (id < slot->warmup.n_prices)
        slot->warmup.prices[id] = bar.close;
    nj_strategy_show(slot, topic, &bar.ev);
}

static int show_bar(struct history *h, const njord_bar *bar, struct nj_error *err)
{
    struct showing s = {h, bar};
    struct nj_host *host = h->slot->host;
    if (h->shown++ == 0)
        h->first_ns = bar->ts_open;
    h->last_ns = bar->ts_open;
    return nj_bus_enter(host->bus, host->last_ns, show, &s, err);
}

/* All of it as one stream. A bar that stands twice counts as its later line says; one that is older
 * than the last of its symbol is passed over. */
static int show_all(struct history *h, struct nj_error *err)
{
    int64_t from = INT64_MAX, *last = calloc(h->n + 1u, sizeof *last);
    struct nj_reader *reader = NULL;
    struct nj_read read;
    njord_bar held = {0};
    size_t held_of = SIZE_MAX;
    int rc = last ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    for (uint32_t k = 0; rc == 0 && k < h->n; k++) {
        last[k] = INT64_MIN;
        if (h->from_ns[k] < from)
            from = h->from_ns[k];
    }
    if (rc == 0 && from < INT64_MAX) {
        struct nj_reader_options options = options_of(h, h->names, h->n, from);
        rc = nj_reader_open(&reader, &options, err);
    }
    while (reader && (rc = nj_reader_next(reader, &read, err)) > 0) {
        const njord_bar *bar = (const njord_bar *)read.event;
        size_t k = read.stem_index;
        if (bar->ev.type != NJORD_EV_BAR || bar->ts_open < h->from_ns[k] || bar->ts_open < last[k])
            continue;
        bool again = bar->ts_open == last[k];
        if (again && held_of != k)
            continue;
        if (!again && held_of != SIZE_MAX && (rc = show_bar(h, &held, err)) != 0)
            break;
        held = *bar;
        held_of = k;
        last[k] = bar->ts_open;
    }
    if (rc == 0 && held_of != SIZE_MAX)
        rc = show_bar(h, &held, err);
    nj_reader_close(reader);
    free(last);
    return rc;
}

/* ---- when ---- */

static bool is_market(const njord_event *event)
{
    const njord_contract *contract = njord_contract_of(event->type);
    for (const njord_topic *topic = njord_topics; contract && topic->pattern; topic++)
        if (topic->type == event->type)
            return strncmp(topic->pattern, "md.", 3) == 0;
    return false;
}

/* The time at which the next input enters, and up to when bars are history: *closed_by, those that
 * close by then. False: nothing tells. */
static bool time_of_next(struct nj_host *host, int64_t *enters, int64_t *closed_by)
{
    if (host->config->app.clock != NJ_CLOCK_EVENTS) {
        *enters = *closed_by = host->platform->realtime_ns(host->platform->ctx);
        return true;
    }
    const njord_event *event = nj_bus_next(host->bus);
    struct nj_slot *feed;
    int64_t wait_ns;
    if (event && !is_market(event)) /* the host's own words have no time of the market */
        event = NULL;
    if (!event && nj_feeds_peek(host, &feed, enters, &wait_ns))
        event = nj_record_event(nj_fifo_peek(&feed->ahead, NULL));
    if (!event)
        return false;
    *enters = njord_is_set_i64(event->ts_recv_ns) ? event->ts_recv_ns
              : njord_is_set_i64(event->ts_ns)    ? event->ts_ns
                                                  : host->last_ns;
    *closed_by = *enters;
    if (event->type == NJORD_EV_BAR) /* it closes now and is no history, nor are its neighbours */
        *closed_by = ((const njord_bar *)event)->ts_close - 1;
    else if (njord_is_set_i64(event->ts_ns) && event->ts_ns < *closed_by)
        *closed_by = event->ts_ns;              /* its own bar has not closed yet */
    if (host->restart.resume_ns > *closed_by) { /* what the feeds bring before is passed over */
        *closed_by = host->restart.resume_ns;
        if (*enters < *closed_by)
            *enters = *closed_by;
    }
    return *enters != INT64_MIN;
}

static bool make_prices(struct nj_slot *slot)
{
    uint32_t n = nj_instruments_count(slot->host->core.instruments);
    nj_warmup_free(slot);
    slot->warmup.prices = malloc((n + 1u) * sizeof *slot->warmup.prices);
    if (!slot->warmup.prices)
        return false;
    for (uint32_t i = 0; i < n; i++)
        slot->warmup.prices[i] = NAN;
    slot->warmup.n_prices = n;
    return true;
}

/* One line for all symbols that had fewer than were asked for. */
static void tell_short(const struct history *h, uint64_t wanted)
{
    struct nj_buf text = {0};
    for (uint32_t k = 0; k < h->n; k++)
        if (h->found[k] < wanted)
            nj_buf_printf(&text, "%s%s %llu", text.len ? ", " : "", h->slot->instance->symbols[k],
                          (unsigned long long)h->found[k]);
    if (text.len)
        nj_log(h->slot->host->log, NJ_WARN, "strategies", "warmup_short",
               NJ_TEXT("strategy", h->slot->id),
               NJ_TEXT("timeframe", h->slot->config->warmup_timeframe), NJ_INT("bars", wanted),
               NJ_TEXT("found", text.data));
    nj_buf_free(&text);
}

static void warm(struct nj_slot *slot, int64_t enters, int64_t closed_by)
{
    struct nj_host *host = slot->host;
    const struct nj_platform *pf = host->platform;
    struct history h;
    struct nj_error err = {0};
    int64_t began = pf->monotonic_ns(pf->ctx);
    uint64_t wanted = (uint64_t)slot->config->warmup_bars;
    int64_t bar_ns = nj_timeframe_ns(slot->config->warmup_timeframe);
    if (enters > host->last_ns)
        host->last_ns = enters;
    nj_flow_flush(&host->flow); /* bars of this run that wait for their journal */
    int rc = make_history(&h, slot, &err);
    if (rc == 0 && (bar_ns <= 0 || __builtin_sub_overflow(closed_by, bar_ns - 1, &h.to_ns)))
        rc = nj_error_set(&err, NJ_ERR_CONFIG, "'%s' is no timeframe",
                          slot->config->warmup_timeframe);
    if (rc == 0 && !make_prices(slot))
        rc = nj_error_set(&err, NJ_ERR_NOMEM, "out of memory");
    if (rc == 0)
        rc = find_last(&h, wanted, bar_ns, &err);
    if (rc == 0) {
        tell_short(&h, wanted);
        slot->warming = true;
        rc = show_all(&h, &err);
        slot->warming = false;
    }
    if (rc != 0)
        nj_log(host->log, NJ_ERROR, "strategies", "warmup_failed", NJ_TEXT("strategy", slot->id),
               NJ_INT("shown", h.shown), NJ_TEXT("error", err.text),
               NJ_TEXT("detail", "it goes on without the rest of the history"));
    else
        nj_log(host->log, NJ_INFO, "strategies", "warmed_up", NJ_TEXT("strategy", slot->id),
               NJ_TEXT("timeframe", slot->config->warmup_timeframe), NJ_INT("bars", h.shown),
               NJ_INT("from_ns", h.first_ns), NJ_INT("to_ns", h.last_ns),
               NJ_INT("took_us", (pf->monotonic_ns(pf->ctx) - began) / 1000));
    nj_warmup_free(slot);
    free_history(&h);
}

static void sync_one(void *ctx, uint64_t seq)
{
    (void)seq;
    nj_strategy_sync(ctx);
}

void nj_warmup_want(struct nj_slot *slot)
{
    if (slot->kind != NJORD_KIND_STRATEGY || slot->config->warmup_bars <= 0 || slot->warmup.due)
        return;
    slot->warmup.due = true;
    slot->host->warmups_due++;
}

bool nj_warmup_turn(struct nj_host *host, bool sync)
{
    int64_t enters, closed_by;
    struct nj_error err = {0};
    if (host->warmups_due == 0 || !time_of_next(host, &enters, &closed_by))
        return false;
    host->warmups_due = 0;
    for (uint32_t i = 0; i < host->strategies.n; i++) {
        struct nj_slot *slot = host->strategies.all[i];
        if (!slot->warmup.due)
            continue;
        slot->warmup.due = false;
        if (!slot->instance || slot->state != NJ_SLOT_RUNNING)
            continue;
        warm(slot, enters, closed_by);
        if (sync && nj_bus_enter(host->bus, host->last_ns, sync_one, slot, &err) != 0)
            nj_log(host->log, NJ_ERROR, "strategies", "not_synced", NJ_TEXT("error", err.text));
    }
    return true;
}

void nj_warmup_free(struct nj_slot *slot)
{
    free(slot->warmup.prices);
    slot->warmup.prices = NULL;
    slot->warmup.n_prices = 0;
}

double nj_warmup_price(const struct nj_slot *slot, uint32_t symbol_id)
{
    return symbol_id < slot->warmup.n_prices ? slot->warmup.prices[symbol_id] : NAN;
}
