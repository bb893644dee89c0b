#include "cli/show.h"

#include "cli/cli.h"
#include "cli/table.h"

#include <inttypes.h>
#include <math.h>
#include <njord/codec.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- members of an answer ---- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static int64_t int_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool is_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

/* A number as it is, "-" when it is not known. */
static const char *number_of(const json_t *object, const char *key, char out[NJORD_NUMBER_SIZE])
{
    const json_t *v = json_object_get(object, key);
    if (json_is_integer(v))
        snprintf(out, NJORD_NUMBER_SIZE, "%" PRId64, (int64_t)json_integer_value(v));
    else if (json_is_real(v))
        njord_format_f64(json_real_value(v), out);
    else
        snprintf(out, NJORD_NUMBER_SIZE, "-");
    return out;
}

/* A price or an amount, to ten digits: enough for a person. */
static const char *amount_of(const json_t *object, const char *key, char out[NJORD_NUMBER_SIZE])
{
    const json_t *v = json_object_get(object, key);
    if (json_is_number(v))
        snprintf(out, NJORD_NUMBER_SIZE, "%.10g", json_number_value(v));
    else
        snprintf(out, NJORD_NUMBER_SIZE, "-");
    return out;
}

/* Money with two decimals and its sign. */
static const char *money_of(const json_t *object, const char *key, char out[NJORD_NUMBER_SIZE])
{
    const json_t *v = json_object_get(object, key);
    if (json_is_number(v) && fabs(json_number_value(v)) < 1e15)
        snprintf(out, NJORD_NUMBER_SIZE, "%+.2f", json_number_value(v));
    else
        snprintf(out, NJORD_NUMBER_SIZE, "%s", json_is_number(v) ? "beyond 1e15" : "-");
    return out;
}

static enum nj_shade shade_of_money(const json_t *object, const char *key)
{
    double v = json_number_value(json_object_get(object, key));
    return v > 0 ? NJ_GOOD : v < 0 ? NJ_BAD : NJ_PLAIN;
}

static const char *time_text(int64_t ns, char out[40])
{
    size_t len = njord_format_time(ns, 0, out, 39);
    out[len] = '\0';
    return out;
}

static const char *span_text(int64_t ns, char *out, size_t cap)
{
    int64_t s = ns / 1000000000;
    if (s >= 86400)
        snprintf(out, cap, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
    else if (s >= 3600)
        snprintf(out, cap, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
    else if (s >= 60)
        snprintf(out, cap, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
    else
        snprintf(out, cap, "%" PRId64 ".%" PRId64 " s", s, ns / 100000000 % 10);
    return out;
}

static const char *short_ns(int64_t ns, char *out, size_t cap)
{
    if (ns < 10000)
        snprintf(out, cap, "%" PRId64 " ns", ns);
    else if (ns < 10000000)
        snprintf(out, cap, "%.1f us", (double)ns / 1e3);
    else
        snprintf(out, cap, "%.1f ms", (double)ns / 1e6);
    return out;
}

/* ---- status ---- */

static void row(const char *name, enum nj_shade shade, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void row(const char *name, enum nj_shade shade, const char *fmt, ...)
{
    bool colour = nj_cli_colour();
    va_list args;
    printf("%-14s%s", name, nj_shade_on(shade, colour));
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("%s\n", nj_shade_off(shade, colour));
}

static void show_trading(const json_t *t)
{
    char pnl[NJORD_NUMBER_SIZE];
    row("venue", NJ_PLAIN, "%s%s", text_of(t, "venue"),
        is_true(t, "dry_run") ? " (dry run: orders are echoed, none is sent)" : "");
    if (is_true(t, "halted"))
        row("trading", NJ_BAD, "halted by %s; kill switch file %s", text_of(t, "halt_reason"),
            text_of(t, "kill_switch_file"));
    else
        row("trading", NJ_GOOD, "open; kill switch file %s", text_of(t, "kill_switch_file"));
    row("intents", NJ_PLAIN, "%" PRId64 " allowed, %" PRId64 " refused", int_of(t, "allowed"),
        int_of(t, "refused"));
    row("orders", NJ_PLAIN,
        "%" PRId64 " placed, %" PRId64 " open, %" PRId64 " fills, %" PRId64
        " stopped at the egress",
        int_of(t, "placed"), int_of(t, "open_orders"), int_of(t, "fills"),
        int_of(t, "stopped_at_egress"));
    row("day's profit", shade_of_money(t, "day_pnl_usd"), "%s USD",
        money_of(t, "day_pnl_usd", pnl));
}

void nj_show_status(const json_t *a)
{
    char one[40], two[40];
    const json_t *p = json_object_get(a, "plugins"), *bus = json_object_get(a, "bus"),
                 *j = json_object_get(a, "journal"), *f = json_object_get(a, "feeds"),
                 *os = json_object_get(a, "process");
    if (!p)
        return; /* an error, told elsewhere */
    row("host", NJ_PLAIN, "%s, version %s, pid %" PRId64 "%s", text_of(a, "name"),
        text_of(a, "version"), int_of(a, "pid"), is_true(a, "stopping") ? ", stopping" : "");
    row("up", NJ_PLAIN, "%s, since %s", span_text(int_of(a, "uptime_ns"), one, sizeof one),
        time_text(int_of(a, "started_ns"), two));
    row("mode", NJ_PLAIN, "env %s, clock %s, now %s", text_of(a, "env"), text_of(a, "clock"),
        time_text(int_of(a, "now_ns"), one));
    row("configuration", NJ_PLAIN, "%s",
        text_of(a, "config")[0] ? text_of(a, "config") : "defaults");
    show_trading(json_object_get(a, "trading"));
    row("plugins", int_of(p, "refused") > 0 ? NJ_BAD : NJ_PLAIN,
        "%" PRId64 " running, %" PRId64 " disabled, %" PRId64 " refused%s", int_of(p, "running"),
        int_of(p, "disabled"), int_of(p, "refused"),
        is_true(p, "reloading") ? "; a reload is under way" : "");
    row("reloads", NJ_PLAIN, "%" PRId64 " done, %" PRId64 " refused, worst pause %s",
        int_of(p, "reloads"), int_of(p, "reloads_refused"),
        short_ns(int_of(p, "worst_pause_ns"), one, sizeof one));
    row("feeds", NJ_PLAIN, "%" PRId64 " doubles dropped, %" PRId64 " gaps (%" PRId64 " missing)%s",
        int_of(f, "duplicates"), int_of(f, "gaps"), int_of(f, "missing"),
        is_true(f, "ended") ? "; all have ended" : "");
    const json_t *bars = json_object_get(a, "bars");
    if (bars)
        row("bars", NJ_PLAIN,
            "%" PRId64 " made (%" PRId64 " filled, %" PRId64 " partial), %" PRId64
            " left out, %" PRId64 " late trades",
            int_of(bars, "made"), int_of(bars, "filled"), int_of(bars, "partial"),
            int_of(bars, "left_out"), int_of(bars, "late"));
    bool lost = json_is_false(json_object_get(bus, "connected"));
    row("bus", lost ? NJ_BAD : NJ_PLAIN,
        "%s%s; %" PRId64 " inputs, %" PRId64 " emissions, seq %" PRId64, text_of(bus, "url"),
        lost ? " (lost)" : "", int_of(bus, "inputs"), int_of(bus, "emissions"), int_of(a, "seq"));
    row("journal", is_true(j, "failed") ? NJ_BAD : NJ_PLAIN,
        "%s: %" PRId64 " lines, %" PRId64 " bytes%s", text_of(j, "dir"), int_of(j, "lines"),
        int_of(j, "bytes"), is_true(j, "failed") ? "; CANNOT BE WRITTEN" : "");
    row("process", NJ_PLAIN, "%.1f MB, %" PRId64 " descriptors, worst turn %s",
        (double)int_of(os, "memory_bytes") / 1e6, int_of(os, "open_fds"),
        short_ns(int_of(os, "worst_turn_ns"), one, sizeof one));
}

/* ---- tables ---- */

static void print(struct nj_table *table, const char *none)
{
    if (table->n_cells == 0)
        puts(none);
    else
        nj_table_print(table, stdout, nj_cli_colour());
    nj_table_free(table);
}

void nj_show_plugins(const json_t *a)
{
    static const char *const heads[] = {"id",      "kind",    "plugin", "version", "state",
                                        ">events", ">errors", "hash",   "detail",  NULL};
    const json_t *rows = json_object_get(a, "plugins");
    struct nj_table table;
    char number[NJORD_NUMBER_SIZE], hash[13];
    nj_table_init(&table, heads);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *r = json_array_get(rows, i);
        const char *state = text_of(r, "state");
        bool running = strcmp(state, "running") == 0;
        nj_table_add(&table, text_of(r, "id"));
        nj_table_add(&table, text_of(r, "kind"));
        nj_table_add(&table, text_of(r, "plugin"));
        nj_table_add(&table, text_of(r, "version"));
        nj_table_add_shade(&table, is_true(r, "ended") ? "ended" : state,
                           running                          ? NJ_GOOD
                           : strcmp(state, "disabled") == 0 ? NJ_ODD
                                                            : NJ_BAD);
        bool feed = strcmp(text_of(r, "kind"), "feed") == 0;
        nj_table_add(&table, number_of(r, feed ? "entered" : "events", number));
        nj_table_add(&table, number_of(r, "errors", number));
        snprintf(hash, sizeof hash, "%.12s", text_of(r, "hash"));
        nj_table_add_shade(&table, hash, NJ_FAINT);
        nj_table_add(&table, is_true(r, "probation") ? "in probation" : text_of(r, "detail"));
    }
    print(&table, "no plugins");
}

void nj_show_orders(const json_t *a)
{
    static const char *const heads[] = {"order",   "strategy", "symbol", "side",  "type", ">qty",
                                        ">filled", ">limit",   "stage",  "since", NULL};
    const json_t *rows = json_object_get(a, "orders");
    struct nj_table table;
    char number[NJORD_NUMBER_SIZE], time[40];
    nj_table_init(&table, heads);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *r = json_array_get(rows, i);
        nj_table_add(&table, text_of(r, "intent_id"));
        nj_table_add(&table, text_of(r, "strategy_id"));
        nj_table_add(&table, text_of(r, "symbol"));
        nj_table_add_shade(&table, text_of(r, "side"),
                           text_of(r, "side")[0] == 'b' ? NJ_GOOD : NJ_BAD);
        nj_table_add(&table, text_of(r, "type"));
        nj_table_add(&table, amount_of(r, "qty", number));
        nj_table_add(&table, amount_of(r, "filled_qty", number));
        nj_table_add(&table, amount_of(r, "limit_price", number));
        nj_table_add(&table, is_true(r, "cancel_wanted") ? "cancel sent" : text_of(r, "stage"));
        nj_table_add(&table, time_text(int_of(r, "ts_ns"), time));
    }
    int64_t open = int_of(a, "open");
    if (json_is_array(rows))
        print(&table, "no open orders");
    if (open > (int64_t)json_array_size(rows))
        printf("… %" PRId64 " in all\n", open);
}

static void add_position(struct nj_table *table, const json_t *r)
{
    static const char *const plain[] = {"qty", "avg_price", "last_price"};
    static const char *const money[] = {"realized_pnl", "unrealized_pnl"};
    char number[NJORD_NUMBER_SIZE];
    bool account = strcmp(text_of(r, "strategy_id"), "*") == 0;
    nj_table_add(table, account ? "all" : text_of(r, "strategy_id"));
    nj_table_add(table, text_of(r, "symbol"));
    for (int i = 0; i < 3; i++)
        nj_table_add(table, amount_of(r, plain[i], number));
    for (int i = 0; i < 2; i++)
        nj_table_add_shade(table, money_of(r, money[i], number), shade_of_money(r, money[i]));
    nj_table_add(table, amount_of(r, "fees_paid", number));
}

void nj_show_positions(const json_t *a)
{
    static const char *const heads[] = {"strategy",  "symbol",      ">qty",  ">avg price", ">last",
                                        ">realized", ">unrealized", ">fees", NULL};
    static const char *const cash_heads[] = {"strategy", ">capital", ">cash", NULL};
    static const char *const lists[] = {"positions", "account"};
    struct nj_table table;
    char number[NJORD_NUMBER_SIZE];
    if (!json_is_array(json_object_get(a, "positions")))
        return;
    nj_table_init(&table, heads);
    for (int k = 0; k < 2; k++) {
        const json_t *rows = json_object_get(a, lists[k]);
        for (size_t i = 0; i < json_array_size(rows); i++)
            add_position(&table, json_array_get(rows, i));
    }
    print(&table, "no positions");
    const json_t *cash = json_object_get(a, "cash");
    nj_table_init(&table, cash_heads);
    for (size_t i = 0; i < json_array_size(cash); i++) {
        const json_t *r = json_array_get(cash, i);
        nj_table_add(&table, text_of(r, "strategy_id"));
        nj_table_add(&table, amount_of(r, "capital", number));
        nj_table_add(&table, amount_of(r, "cash", number));
    }
    if (table.n_cells > 0)
        puts("");
    if (table.n_cells > 0)
        nj_table_print(&table, stdout, nj_cli_colour());
    nj_table_free(&table);
    printf("\nday's profit %s USD\n", money_of(a, "day_pnl_usd", number));
}

/* ---- commands ---- */

void nj_show_reload(const json_t *a)
{
    const json_t *lines = json_object_get(a, "lines");
    for (size_t i = 0; i < json_array_size(lines); i++)
        puts(json_string_value(json_array_get(lines, i)));
}

void nj_show_enable(const json_t *a)
{
    if (is_true(a, "ok"))
        printf("%s, %s\n", text_of(a, "state"),
               is_true(a, "restored") ? "with its saved state" : "without saved state");
}

void nj_show_disable(const json_t *a)
{
    if (!is_true(a, "ok"))
        return;
    printf("%s; its positions and %" PRId64 " open orders stay\n", text_of(a, "state"),
           int_of(a, "open_orders"));
    if (text_of(a, "state_not_saved")[0])
        printf("its state could not be saved: %s\n", text_of(a, "state_not_saved"));
}

void nj_show_cancel(const json_t *a)
{
    if (is_true(a, "ok"))
        printf("%" PRId64 " cancels sent, %" PRId64 " orders still open\n", int_of(a, "asked"),
               int_of(a, "open_orders"));
}

void nj_show_flatten(const json_t *a)
{
    if (!is_true(a, "ok"))
        return;
    printf("%" PRId64 " cancels and %" PRId64 " closing orders sent; %" PRId64
           " positions and %" PRId64 " orders left\n",
           int_of(a, "canceled"), int_of(a, "sent"), int_of(a, "positions_left"),
           int_of(a, "open_orders"));
    if (is_true(a, "running"))
        puts("the strategy is running and may trade again: njord ctl disable stops that");
}
