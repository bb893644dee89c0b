#include "services/summary.h"

#include "services/host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_NS 100000000 /* between two progress lines */

/* One strategy on one symbol. */
struct row {
    char strategy_id[NJORD_ID_SIZE], symbol[NJORD_SYMBOL_SIZE];
    uint64_t intents, allowed, refused, fills;
    double bought, sold, fees; /* notional in the quote asset */
};

struct nj_summary {
    struct nj_host *host;
    struct nj_subscription *subscriptions[4];
    struct row *rows;
    uint32_t n_rows;
    struct nj_map reasons; /* reason to a counter */
    uint64_t events;
    int64_t first_ns, started_ns, next_line_ns;
    bool terminal;
};

static struct row *row_of(struct nj_summary *s, const char *strategy_id, const char *symbol)
{
    for (uint32_t i = 0; i < s->n_rows; i++)
        if (strcmp(s->rows[i].strategy_id, strategy_id) == 0 &&
            strcmp(s->rows[i].symbol, symbol) == 0)
            return &s->rows[i];
    struct row *rows = realloc(s->rows, (s->n_rows + 1u) * sizeof *rows);
    if (!rows)
        return NULL;
    s->rows = rows;
    struct row *row = &rows[s->n_rows++];
    *row = (struct row){0};
    snprintf(row->strategy_id, sizeof row->strategy_id, "%s", strategy_id);
    snprintf(row->symbol, sizeof row->symbol, "%s", symbol);
    return row;
}

static void time_text(int64_t ns, char *out, size_t cap)
{
    if (njord_format_time(ns, 0, out, cap) == 0)
        snprintf(out, cap, "?");
}

/* "day 63 %"-like figures are not to be had: a feed does not say how much it holds. Time, pace and
 * counts are. */
static void progress(struct nj_summary *s)
{
    const struct nj_platform *pf = s->host->platform;
    int64_t now = pf->monotonic_ns(pf->ctx);
    if (!s->terminal || now < s->next_line_ns)
        return;
    s->next_line_ns = now + PROGRESS_NS;
    char at[40];
    time_text(nj_host_now(s->host), at, sizeof at);
    double seconds = (double)(now - s->started_ns) / 1e9;
    printf("\r\033[K%s  %llu events (%.0f/s)  %llu orders allowed, %llu refused, %llu fills", at,
           (unsigned long long)s->events, seconds > 0 ? (double)s->events / seconds : 0,
           (unsigned long long)s->host->risk.allowed, (unsigned long long)s->host->risk.refused,
           (unsigned long long)s->host->broker.fills);
    fflush(stdout);
}

static void on_market(void *ctx, const struct nj_message *m)
{
    struct nj_summary *s = ctx;
    if (m->event->type == NJORD_EV_FEED_STATUS)
        return; /* about the data, not of it */
    if (m->event->type == NJORD_EV_BAR && s->host->ohlcv.ohlcv)
        return; /* made here */
    if (s->events++ == 0)
        s->first_ns = m->event->ts_recv_ns;
    if ((s->events & 255) == 0)
        progress(s);
}

/* What a strategy wishes while it is shown history stands in no figure. */
static bool is_history(const struct nj_summary *s, const char *strategy_id)
{
    const struct nj_slot *slot = nj_slots_find(&s->host->strategies, strategy_id);
    return slot && slot->warming;
}

static void on_intent(void *ctx, const struct nj_message *m)
{
    const njord_intent *intent = (const njord_intent *)m->event;
    if (is_history(ctx, intent->strategy_id))
        return;
    struct row *row = row_of(ctx, intent->strategy_id, intent->symbol);
    if (row)
        row->intents++;
}

static void on_decision(void *ctx, const struct nj_message *m)
{
    struct nj_summary *s = ctx;
    const njord_decision *d = (const njord_decision *)m->event;
    if (is_history(s, d->strategy_id))
        return;
    const struct nj_order *order = nj_order_find(s->host->core.orders, d->intent_id);
    struct row *row = order ? row_of(s, d->strategy_id, order->instrument->symbol) : NULL;
    if (row)
        *(d->allowed ? &row->allowed : &row->refused) += 1;
    if (d->allowed)
        return;
    uint64_t *count = nj_map_get(&s->reasons, d->reason);
    if (!count && (count = calloc(1, sizeof *count)) &&
        !nj_map_put(&s->reasons, d->reason, count)) {
        free(count);
        return;
    }
    if (count)
        *count += 1;
}

static void on_fill(void *ctx, const struct nj_message *m)
{
    const njord_fill *fill = (const njord_fill *)m->event;
    struct row *row = row_of(ctx, fill->strategy_id, fill->symbol);
    if (!row)
        return;
    row->fills++;
    *(fill->side == NJORD_SIDE_BUY ? &row->bought : &row->sold) += fill->qty * fill->price;
    row->fees += fill->fee;
}

static void print_slots(const struct nj_slots *slots)
{
    for (uint32_t i = 0; i < slots->n; i++) {
        const struct nj_slot *slot = slots->all[i];
        if (slot->instance)
            printf("  %-9s %-20s %s %s, %s\n", nj_kind_text(slot->kind), slot->id,
                   slot->instance->module->name, slot->instance->module->plugin.version,
                   slot->instance->module->plugin.summary);
        else
            printf("  %-9s %-20s %s: %s\n", nj_kind_text(slot->kind), slot->id,
                   nj_slot_state_text(slot), slot->detail);
    }
}

int nj_summary_open(struct nj_summary **out, struct nj_host *host, struct nj_error *err)
{
    static const struct {
        const char *glob;
        nj_bus_handler handler;
    } wants[] = {{"md.*", on_market},
                 {"strat.intent", on_intent},
                 {"risk.decisions", on_decision},
                 {"fills.new", on_fill}};
    struct nj_summary *s = calloc(1, sizeof *s);
    *out = s;
    if (!s)
        return nj_error_set(err, NJ_ERR_NOMEM, "summary: out of memory");
    s->host = host;
    s->terminal = isatty(STDOUT_FILENO) != 0;
    s->started_ns = host->platform->monotonic_ns(host->platform->ctx);
    for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++)
        if (!(s->subscriptions[i] =
                  nj_bus_subscribe(host->bus, wants[i].glob, NJ_STAGE_TAPS, wants[i].handler, s))) {
            nj_summary_close(s);
            *out = NULL;
            return nj_error_set(err, NJ_ERR_NOMEM, "summary: out of memory");
        }
    printf("Loaded:\n");
    print_slots(&host->feeds);
    print_slots(&host->strategies);
    print_slots(&host->brokers);
    printf("\n");
    fflush(stdout);
    return 0;
}

static void print_intents(const struct nj_summary *s)
{
    printf("Intents              symbol            sent   allowed   refused     fills          "
           "bought            sold\n");
    for (uint32_t i = 0; i < s->n_rows; i++) {
        const struct row *r = &s->rows[i];
        printf("  %-18s %-12s %9llu %9llu %9llu %9llu %15.2f %15.2f\n", r->strategy_id, r->symbol,
               (unsigned long long)r->intents, (unsigned long long)r->allowed,
               (unsigned long long)r->refused, (unsigned long long)r->fills, r->bought, r->sold);
    }
    if (s->n_rows == 0)
        printf("  none\n");
    printf("\nRefusals by reason\n");
    size_t at = 0;
    for (const struct nj_map_entry *e; (e = nj_map_next(&s->reasons, &at));)
        printf("  %-24s %9llu\n", e->key, (unsigned long long)*(const uint64_t *)e->value);
    if (nj_map_count(&s->reasons) == 0)
        printf("  none\n");
}

static void print_positions(const struct nj_summary *s)
{
    struct nj_core *core = &s->host->core;
    double realized = 0, unrealized = 0, fees = 0;
    size_t at = 0;
    printf("\nPositions            symbol             quantity   avg price  last price    realized "
           " unrealized        fees\n");
    for (const struct nj_position *p; (p = nj_ledger_next(core->ledger, &at));) {
        double last = nj_core_last_price(core, p->instrument->symbol, NULL),
               open = nj_position_unrealized(p, last);
        char qty[NJORD_NUMBER_SIZE];
        njord_format_f64(nj_position_qty(p), qty);
        printf("  %-18s %-12s %14s %11.2f %11.2f %11.2f %11.2f %11.2f\n", p->strategy_id,
               p->instrument->symbol, qty, p->avg_price, last, p->realized_pnl,
               isnan(open) ? 0 : open, p->fees_paid);
        realized += p->realized_pnl;
        unrealized += isnan(open) ? 0 : open;
        fees += p->fees_paid;
    }
    printf("  %-18s %-12s %14s %11s %11s %11.2f %11.2f %11.2f\n", "all", "", "", "", "", realized,
           unrealized, fees);
    printf("\nProfit and loss: %+.2f realized %+.2f unrealized - %.2f fees = %+.2f\n", realized,
           unrealized, fees, realized + unrealized - fees);
}

void nj_summary_print(struct nj_summary *s)
{
    const struct nj_host *host = s->host;
    char from[40], to[40];
    double seconds =
        (double)(host->platform->monotonic_ns(host->platform->ctx) - s->started_ns) / 1e9;
    if (s->terminal)
        printf("\r\033[K");
    if (s->events > 0) {
        time_text(s->first_ns, from, sizeof from);
        time_text(nj_host_now(host), to, sizeof to);
        printf("Market data: %llu events from %s to %s", (unsigned long long)s->events, from, to);
        if (s->terminal)
            printf(" in %.2f s", seconds);
        printf("\n");
        if (host->ohlcv.ohlcv) {
            struct nj_ohlcv_stats bars;
            nj_ohlcv_stats(host->ohlcv.ohlcv, &bars);
            printf("Bars: %llu made of them\n", (unsigned long long)bars.bars);
        }
        printf("\n");
    } else {
        printf("Market data: none\n\n");
    }
    if (host->feeding.duplicates || host->feeding.gaps)
        printf("Feeds: %llu duplicates dropped, %llu gaps (%llu ids missing)\n\n",
               (unsigned long long)host->feeding.duplicates, (unsigned long long)host->feeding.gaps,
               (unsigned long long)host->feeding.missing);
    print_intents(s);
    print_positions(s);
    printf("\nJournals: %s/\n", nj_journals_dir(host->journals));
    fflush(stdout);
}

void nj_summary_close(struct nj_summary *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < 4; i++)
        if (s->subscriptions[i])
            nj_bus_unsubscribe(s->host->bus, s->subscriptions[i]);
    nj_map_free(&s->reasons, free);
    free(s->rows);
    free(s);
}
