/* control_view.c - requests that only look: status, plugins, orders, positions. They change
 * nothing. */
#include "bus/redis.h"
#include "journal/compressor.h"
#include "services/control_impl.h"
#include "services/reload.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef NJORD_VERSION
#define NJORD_VERSION "0"
#endif

#define MAX_ORDERS 10000u

/* ---- the process ---- */

static int64_t resident_bytes(void)
{
    long long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return -1;
    int got = fscanf(file, "%lld %lld", &pages, &resident);
    fclose(file);
    return got == 2 ? resident * sysconf(_SC_PAGESIZE) : -1;
}

static int64_t open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return -1;
    int64_t n = -1; /* but the one just opened */
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2; /* . and .. */
}

/* ---- status ---- */

/* Where the bus is, without its password. */
static void put_bus(struct nj_json_out *json, const struct nj_host *host)
{
    struct nj_bus_url url;
    struct nj_error err = {0};
    struct nj_bus_stats stats;
    char text[256] = "inproc:";
    nj_bus_stats(host->bus, &stats);
    nj_put_open(json, "bus", '{');
    if (nj_bus_url_parse(host->config->bus.url, &url, &err) == 0 && url.kind == NJ_BUS_REDIS) {
        if (url.unix_socket)
            snprintf(text, sizeof text, "redis+unix://%s?db=%d", url.host, url.db);
        else
            snprintf(text, sizeof text, "redis://%s:%u/%d", url.host, url.port, url.db);
    }
    nj_put_text(json, "url", text);
    nj_put_uint(json, "inputs", stats.inputs);
    nj_put_uint(json, "emissions", stats.emissions);
    nj_put_uint(json, "delivered", stats.delivered);
    nj_put_uint(json, "refused", stats.refused);
    nj_put_uint(json, "encoded", stats.encoded);
    nj_put_uint(json, "queued_bytes", stats.queued_bytes);
    nj_put_uint(json, "peak_bytes", stats.peak_bytes);
    nj_put_uint(json, "topics", stats.topics);
    nj_put_uint(json, "subscriptions", stats.subscriptions);
    if (host->redis) {
        struct nj_redis_stats r;
        nj_redis_stats(host->redis, &r);
        nj_put_bool(json, "connected", nj_redis_connected(host->redis));
        nj_put_uint(json, "sent", r.sent);
        nj_put_uint(json, "received", r.received);
        nj_put_uint(json, "gaps", r.gaps);
        nj_put_uint(json, "missed", r.missed);
        nj_put_uint(json, "reconnects", r.reconnects);
        nj_put_uint(json, "malformed", r.malformed);
        nj_put_uint(json, "unanswered_bytes", r.unanswered_bytes);
    }
    nj_put_close(json, '}');
}

/* Which folder it is, however it is named. */
static void put_folder(struct nj_json_out *json, const char *dir)
{
    struct stat st;
    if (stat(dir, &st) != 0)
        return;
    nj_put_uint(json, "dev", st.st_dev);
    nj_put_uint(json, "ino", st.st_ino);
}

static void put_journal(struct nj_json_out *json, const struct nj_host *host)
{
    struct nj_journal_stats s;
    struct nj_compress_stats packed;
    nj_journals_stats(host->journals, &s);
    nj_compressor_stats(host->compressor, &packed);
    nj_put_open(json, "journal", '{');
    nj_put_text(json, "dir", nj_journals_dir(host->journals));
    put_folder(json, nj_journals_dir(host->journals));
    nj_put_open(json, "topics", '['); /* of market data that is written there */
    for (uint32_t i = 0;
         nj_config_has_service(host->config, "journal") && i < host->config->journal.n_topics; i++)
        nj_put_text(json, NULL, host->config->journal.topics[i]);
    nj_put_close(json, ']');
    nj_put_bool(json, "failed", nj_journals_failed(host->journals));
    nj_put_uint(json, "lines", s.lines);
    nj_put_uint(json, "bytes", s.bytes);
    nj_put_uint(json, "flushes", s.flushes);
    nj_put_uint(json, "syncs", s.syncs);
    nj_put_uint(json, "short_writes", s.short_writes);
    nj_put_uint(json, "failures", s.failures);
    nj_put_uint(json, "torn_tails", s.torn_tails);
    nj_put_uint(json, "rotations", s.rotations);
    nj_put_uint(json, "rotations_failed", s.rotations_failed);
    nj_put_uint(json, "compressed", packed.files);
    nj_put_uint(json, "compress_failed", packed.failed);
    nj_put_uint(json, "open_files", s.open_files);
    nj_put_uint(json, "log_lost", nj_log_lost(host->log));
    nj_put_close(json, '}');
}

static void put_trading(struct nj_json_out *json, struct nj_host *host)
{
    int64_t now = host->platform->monotonic_ns(host->platform->ctx);
    nj_put_open(json, "trading", '{');
    nj_put_text(json, "venue", host->broker.venue);
    nj_put_bool(json, "dry_run", host->broker.dry_run);
    nj_put_bool(json, "halted", nj_kill_check(&host->kill, now));
    nj_put_text(json, "halt_reason", nj_kill_reason(&host->kill, now));
    nj_put_text(json, "kill_switch_file", host->kill.file);
    nj_put_real(json, "day_pnl_usd", host->risk.day_pnl);
    nj_put_uint(json, "allowed", host->risk.allowed);
    nj_put_uint(json, "refused", host->risk.refused);
    nj_put_uint(json, "placed", host->broker.placed);
    nj_put_uint(json, "stopped_at_egress", host->broker.stopped_at_egress);
    nj_put_uint(json, "fills", host->broker.fills);
    nj_put_uint(json, "double_fills", host->broker.doubles);
    nj_put_uint(json, "open_orders", nj_orders_count_open(host->core.orders, NULL));
    nj_put_uint(json, "odd_events", host->core.odd_events);
    nj_put_uint(json, "unvalued_fees", nj_ledger_unvalued_fees(host->core.ledger));
    nj_put_uint(json, "diverged", host->stats.diverged);
    nj_put_close(json, '}');
}

static void put_slots(struct nj_json_out *json, const struct nj_host *host)
{
    const struct nj_slots *const all[] = {&host->feeds, &host->brokers, &host->strategies};
    uint32_t running = 0, disabled = 0, refused = 0;
    for (size_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < all[k]->n; i++) {
            const struct nj_slot *slot = all[k]->all[i];
            *(slot->state == NJ_SLOT_RUNNING    ? &running
              : slot->state == NJ_SLOT_DISABLED ? &disabled
                                                : &refused) += 1;
        }
    nj_put_open(json, "plugins", '{');
    nj_put_uint(json, "running", running);
    nj_put_uint(json, "disabled", disabled);
    nj_put_uint(json, "refused", refused);
    nj_put_bool(json, "reloading", nj_reload_under_way(host));
    nj_put_uint(json, "pinned_modules", nj_modules_pinned());
    nj_put_uint(json, "reloads", host->stats.reloads);
    nj_put_uint(json, "reloads_refused", host->stats.reloads_refused);
    nj_put_int(json, "last_pause_ns", host->stats.last_pause_ns);
    nj_put_int(json, "worst_pause_ns", host->stats.worst_pause_ns);
    nj_put_close(json, '}');
}

static void put_bars(struct nj_json_out *json, const struct nj_host *host)
{
    const struct nj_ohlcv_service *s = &host->ohlcv;
    struct nj_ohlcv_stats stats;
    if (!s->ohlcv)
        return;
    nj_ohlcv_stats(s->ohlcv, &stats);
    nj_put_open(json, "bars", '{');
    nj_put_uint(json, "made", stats.bars);
    nj_put_uint(json, "filled", stats.filled);
    nj_put_uint(json, "partial", stats.partial);
    nj_put_uint(json, "left_out", stats.left_out);
    nj_put_uint(json, "lost", s->lost);
    nj_put_uint(json, "symbols", stats.symbols);
    nj_put_uint(json, "trades", stats.trades);
    nj_put_uint(json, "late", stats.late);
    nj_put_uint(json, "seen_before", s->seen);
    nj_put_uint(json, "refused", s->refused);
    nj_put_close(json, '}');
}

void nj_control_status(struct nj_caller *caller, const json_t *args)
{
    static const char *const envs[] = {"dev", "paper", "live"};
    struct nj_host *host = caller->host;
    const struct nj_platform *pf = host->platform;
    (void)args;
    struct nj_json_out json = nj_caller_answer(caller);
    nj_put_text(&json, "version", NJORD_VERSION);
    nj_put_int(&json, "pid", getpid());
    nj_put_text(&json, "name", host->config->app.name);
    nj_put_text(&json, "env", envs[host->config->app.env]);
    nj_put_text(&json, "clock", host->config->app.clock == NJ_CLOCK_EVENTS ? "events" : "wall");
    nj_put_text(&json, "config", host->config_path);
    nj_put_int(&json, "started_ns", host->started_ns);
    nj_put_int(&json, "uptime_ns", pf->realtime_ns(pf->ctx) - host->started_ns);
    nj_put_int(&json, "now_ns", nj_host_now(host));
    nj_put_uint(&json, "seq", nj_bus_seq(host->bus));
    nj_put_bool(&json, "stopping", host->stopping);
    put_trading(&json, host);
    put_slots(&json, host);
    put_bus(&json, host);
    put_journal(&json, host);
    nj_put_open(&json, "feeds", '{');
    nj_put_bool(&json, "ended", host->feeds.n > 0 && nj_feeds_ended(host));
    nj_put_uint(&json, "duplicates", host->feeding.duplicates);
    nj_put_uint(&json, "gaps", host->feeding.gaps);
    nj_put_uint(&json, "missing", host->feeding.missing);
    nj_put_uint(&json, "out_of_order", host->feeding.out_of_order);
    nj_put_close(&json, '}');
    put_bars(&json, host);
    nj_put_open(&json, "process", '{');
    nj_put_uint(&json, "turns", host->stats.turns);
    nj_put_int(&json, "worst_turn_ns", host->stats.worst_turn_ns);
    nj_put_uint(&json, "timers_fired", host->stats.timers_fired);
    nj_put_int(&json, "memory_bytes", resident_bytes());
    nj_put_int(&json, "open_fds", open_descriptors());
    nj_put_close(&json, '}');
    nj_caller_finish(caller, &json);
}

/* ---- plugins ---- */

static void put_slot(struct nj_json_out *json, const struct nj_slot *slot)
{
    const struct nj_instance *i = slot->instance;
    nj_put_open(json, NULL, '{');
    nj_put_text(json, "id", slot->id);
    nj_put_text(json, "kind", nj_kind_text(slot->kind));
    nj_put_text(json, "plugin", slot->config->plugin);
    nj_put_text(json, "state", nj_slot_state_text(slot));
    nj_put_text(json, "detail", slot->detail);
    nj_put_uint(json, "generation", slot->generation);
    nj_put_bool(json, "probation", slot->previous != NULL);
    if (i) {
        nj_put_text(json, "version", i->module->plugin.version);
        nj_put_text(json, "hash", i->module->hash);
        nj_put_text(json, "path", i->module->path);
        nj_put_uint(json, "events", i->events);
        nj_put_uint(json, "errors", i->errors);
        nj_put_uint(json, "outputs_refused", i->outputs_refused);
    }
    if (slot->kind == NJORD_KIND_FEED) {
        nj_put_uint(json, "entered", slot->entered);
        nj_put_uint(json, "duplicates", slot->duplicates);
        nj_put_uint(json, "gaps", slot->gaps);
        nj_put_bool(json, "ended", slot->ended);
    }
    nj_put_close(json, '}');
}

void nj_control_plugins(struct nj_caller *caller, const json_t *args)
{
    struct nj_host *host = caller->host;
    const struct nj_slots *const all[] = {&host->feeds, &host->strategies, &host->brokers};
    (void)args;
    struct nj_json_out json = nj_caller_answer(caller);
    nj_put_open(&json, "plugins", '[');
    for (size_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < all[k]->n; i++)
            put_slot(&json, all[k]->all[i]);
    nj_put_close(&json, ']');
    nj_caller_finish(caller, &json);
}

/* ---- orders ---- */

static const char *stage_text(enum nj_order_stage stage)
{
    static const char *const texts[] = {
        [NJ_ORDER_INTENT] = "intent",     [NJ_ORDER_ACCEPTED] = "accepted",
        [NJ_ORDER_SENT] = "sent",         [NJ_ORDER_ACKED] = "acked",
        [NJ_ORDER_UNKNOWN] = "unknown",   [NJ_ORDER_REFUSED] = "refused",
        [NJ_ORDER_FILLED] = "filled",     [NJ_ORDER_CANCELED] = "canceled",
        [NJ_ORDER_REJECTED] = "rejected", [NJ_ORDER_EXPIRED] = "expired"};
    return texts[stage];
}

static const char *code(const char *field, uint8_t value)
{
    const char *text = njord_code_text(njord_codes_of(NJORD_EV_INTENT, field), value);
    return text ? text : "";
}

static void put_order(struct nj_json_out *json, const struct nj_order *o)
{
    nj_put_open(json, NULL, '{');
    nj_put_text(json, "intent_id", o->intent_id);
    nj_put_text(json, "strategy_id", o->strategy_id);
    nj_put_text(json, "symbol", o->instrument->symbol);
    nj_put_text(json, "side", code("side", o->side));
    nj_put_text(json, "type", code("type", o->type));
    nj_put_text(json, "tif", code("tif", o->tif));
    nj_put_real(json, "qty", nj_lots_qty(o->instrument, o->lots));
    nj_put_real(json, "filled_qty", nj_lots_qty(o->instrument, o->filled_lots));
    nj_put_real(json, "limit_price", o->limit_price);
    nj_put_text(json, "stage", stage_text(o->stage));
    nj_put_bool(json, "cancel_wanted", o->cancel_wanted);
    nj_put_text(json, "exchange_order_id", o->exchange_order_id);
    nj_put_int(json, "ts_ns", o->ts_ns);
    nj_put_uint(json, "seq", o->seq);
    nj_put_close(json, '}');
}

void nj_control_orders(struct nj_caller *caller, const json_t *args)
{
    struct nj_host *host = caller->host;
    uint32_t n = 0;
    (void)args;
    struct nj_json_out json = nj_caller_answer(caller);
    nj_put_open(&json, "orders", '[');
    for (const struct nj_order *o = NULL;
         (o = nj_orders_next_open(host->core.orders, o, NULL, NULL)); n++)
        if (n < MAX_ORDERS)
            put_order(&json, o);
    nj_put_close(&json, ']');
    nj_put_uint(&json, "open", n);
    nj_caller_finish(caller, &json);
}

/* ---- positions ---- */

static void put_position(struct nj_json_out *json, struct nj_host *host, const char *strategy_id,
                         const char *symbol)
{
    njord_position_snapshot s;
    double price = nj_core_last_price(&host->core, symbol, NULL);
    nj_ledger_snapshot(host->core.ledger, strategy_id, symbol, price, nj_host_now(host), &s);
    nj_put_open(json, NULL, '{');
    nj_put_text(json, "strategy_id", strategy_id);
    nj_put_text(json, "symbol", symbol);
    nj_put_real(json, "qty", s.qty);
    nj_put_real(json, "avg_price", s.avg_price);
    nj_put_real(json, "last_price", price);
    nj_put_real(json, "realized_pnl", s.realized_pnl);
    nj_put_real(json, "unrealized_pnl", s.unrealized_pnl);
    nj_put_real(json, "fees_paid", s.fees_paid);
    nj_put_close(json, '}');
}

void nj_control_positions(struct nj_caller *caller, const json_t *args)
{
    struct nj_host *host = caller->host;
    const struct nj_position *p;
    struct nj_map seen = {0};
    size_t at = 0;
    (void)args;
    struct nj_json_out json = nj_caller_answer(caller);
    nj_put_open(&json, "positions", '[');
    while ((p = nj_ledger_next(host->core.ledger, &at))) {
        put_position(&json, host, p->strategy_id, p->instrument->symbol);
        if (!nj_map_put(&seen, p->instrument->symbol, host))
            caller->out.failed = true;
    }
    nj_put_close(&json, ']');
    nj_put_open(&json, "account", '[');
    at = 0;
    for (const struct nj_map_entry *e; (e = nj_map_next(&seen, &at));)
        put_position(&json, host, "*", e->key);
    nj_put_close(&json, ']');
    nj_put_open(&json, "cash", '[');
    for (uint32_t i = 0; i < host->strategies.n; i++) {
        const char *id = host->strategies.all[i]->id;
        nj_put_open(&json, NULL, '{');
        nj_put_text(&json, "strategy_id", id);
        nj_put_real(&json, "capital", nj_ledger_capital(host->core.ledger, id));
        nj_put_real(&json, "cash", nj_ledger_cash(host->core.ledger, id));
        nj_put_close(&json, '}');
    }
    nj_put_close(&json, ']');
    nj_put_real(&json, "day_pnl_usd", host->risk.day_pnl);
    nj_map_free(&seen, NULL);
    nj_caller_finish(caller, &json);
}

void nj_control_latency(struct nj_caller *caller, const json_t *args)
{
    (void)args;
    nj_caller_refuse(caller, "latency comes with the workers: this host runs its plugins in its "
                             "own process");
}
