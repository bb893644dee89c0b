/* engine_run.h - a backtest over a handful of rows, with the puppet plugin told what to do, and
 * everything of its order flow as text: for tests worked out by hand. Owned by the tests. */
#ifndef TESTS_UNIT_ENGINE_RUN_H
#define TESTS_UNIT_ENGINE_RUN_H

#include "backtest/engine.h"
#include "test_main.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ZERO_S INT64_C(1600000200) /* a whole five minutes since 1970 */
#define SECOND INT64_C(1000000000)
#define ZERO   (ZERO_S * SECOND)
#define MINUTE (60 * SECOND)
#define ATOM   "ATOM/USDT"
#define BTC    "BTC/USDT"

enum { MAX_ROWS = 64, MAX_SERIES = 3 };

struct rows { /* of one symbol */
    int64_t ts[MAX_ROWS];
    double open[MAX_ROWS], high[MAX_ROWS], low[MAX_ROWS], close[MAX_ROWS], volume[MAX_ROWS];
    double price[MAX_ROWS], qty[MAX_ROWS];
    struct nj_columns columns;
};

struct scene {
    struct nj_bt_options options;
    struct nj_bt_outcome outcome;
    struct nj_error err;
    struct nj_bt_series series[MAX_SERIES];
    struct rows rows[MAX_SERIES];
    struct nj_param_text params[4];
    const char *kinds; /* what is written down: S said, I intent, D decision, O order, U update, B
                          the broker's fill, F fill, P position, C cancel */
    char log[16384];
    size_t len;
};

static char engine_dir[] = "/tmp/njengineXXXXXX";

static inline struct nj_module *module_named(const char *name)
{
    const char *top = getenv("top_builddir");
    char path[NJ_PATH_MAX];
    struct nj_plugin_file file = {0};
    struct nj_module *module = NULL;
    struct nj_error err = {0};
    snprintf(path, sizeof path, "%s/%s.so", top ? top : ".", name);
    struct nj_module_spec spec = {.kind = NJORD_KIND_STRATEGY,
                                  .path = path,
                                  .run_dir = engine_dir,
                                  .generation = 1,
                                  .trust = NJ_TRUST_OFF};
    ck_assert_msg(nj_plugin_file_read(&file, path, NJ_TRUST_OFF, &err) == 0 &&
                      nj_module_load(&module, &file, &spec, &err) == 0,
                  "%s", err.text);
    nj_plugin_file_free(&file);
    return module;
}

__attribute__((format(printf, 2, 3))) static inline void note(struct scene *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(s->log + s->len, sizeof s->log - s->len, fmt, args);
    va_end(args);
    ck_assert(n > 0 && (size_t)n < sizeof s->log - s->len);
    s->len += (size_t)n;
}

static inline const char *side_name(uint8_t side)
{
    return side == NJORD_SIDE_BUY ? "buy" : "sell";
}

static inline void on_flow(void *ctx, const njord_event *event)
{
    static const char *const status[] = {
        [NJORD_STATUS_NEW] = "new",           [NJORD_STATUS_PARTIALLY_FILLED] = "part",
        [NJORD_STATUS_FILLED] = "filled",     [NJORD_STATUS_CANCELED] = "canceled",
        [NJORD_STATUS_REJECTED] = "rejected", [NJORD_STATUS_EXPIRED] = "expired"};
    struct scene *s = ctx;
    union {
        const njord_event *ev;
        const njord_signal *signal;
        const njord_intent *intent;
        const njord_decision *decision;
        const njord_order_event *order;
        const njord_broker_order_update *update;
        const njord_broker_fill *broker_fill;
        const njord_fill *fill;
        const njord_position_snapshot *position;
    } e = {event};
    char kind = event->type == NJORD_EV_SIGNAL                ? 'S'
                : event->type == NJORD_EV_INTENT              ? 'I'
                : event->type == NJORD_EV_DECISION            ? 'D'
                : event->type == NJORD_EV_ORDER_EVENT         ? 'O'
                : event->type == NJORD_EV_BROKER_ORDER_UPDATE ? 'U'
                : event->type == NJORD_EV_BROKER_FILL         ? 'B'
                : event->type == NJORD_EV_FILL                ? 'F'
                : event->type == NJORD_EV_POSITION_SNAPSHOT   ? 'P'
                : event->type == NJORD_EV_CANCEL              ? 'C'
                                                              : '-';
    if (!strchr(s->kinds, kind))
        return;
    double at = (double)(event->ts_ns - ZERO) / 1e9;
    switch (kind) {
    case 'S':
        note(s, "%s\n", e.signal->text);
        break;
    case 'I':
        note(s, "intent %s %.3s %g@%g\n", side_name(e.intent->side), e.intent->symbol,
             e.intent->qty, at);
        break;
    case 'D':
        note(s, "risk %s@%g\n", e.decision->reason, at);
        break;
    case 'O':
        note(s, "order %s %.3s %g@%g\n", side_name(e.order->side), e.order->symbol, e.order->qty,
             at);
        break;
    case 'U':
        note(s, "%s%s%s@%g\n", status[e.update->status], e.update->reason[0] ? " " : "",
             e.update->reason, at);
        break;
    case 'B':
        note(s, "broker %.10g\n", e.broker_fill->price);
        break;
    case 'F':
        note(s, "%s %.3s %g at %.10g fee %.10g@%g\n", side_name(e.fill->side), e.fill->symbol,
             e.fill->qty, e.fill->price, e.fill->fee, at);
        break;
    case 'P':
        note(s, "position %g avg %.10g\n", e.position->qty, e.position->avg_price);
        break;
    default:
        note(s, "cancel@%g\n", at);
    }
}

/* A scene of one-minute bars, without costs, cash for anything; then rows are added. */
static inline void scene_init(struct scene *s, struct nj_module *module, char *script)
{
    memset(s, 0, sizeof *s);
    static char zero[] = "1600000200", script_name[] = "script", zero_name[] = "zero";
    s->params[0] = (struct nj_param_text){.name = script_name, .text = script, .quoted = true};
    s->params[1] = (struct nj_param_text){.name = zero_name, .text = zero};
    s->kinds = "SIDOUFC";
    s->options = (struct nj_bt_options){.strategy_id = "puppet",
                                        .module = module,
                                        .params = s->params,
                                        .n_params = 2,
                                        .series = s->series,
                                        .input = NJ_COLUMNS_BARS,
                                        .timeframe = "1m",
                                        .from_ns = INT64_MIN,
                                        .to_ns = INT64_MAX,
                                        .capital = 1000,
                                        .allow_short = true,
                                        .cash_check = true,
                                        .flow = on_flow,
                                        .flow_ctx = s,
                                        .maker_rate = NAN,
                                        .taker_rate = NAN};
}

static inline struct rows *rows_of(struct scene *s, const char *symbol)
{
    uint32_t i = 0;
    while (i < s->options.n_series && strcmp(s->series[i].symbol, symbol) != 0)
        i++;
    struct rows *r = &s->rows[i];
    if (i == s->options.n_series) {
        ck_assert(i < MAX_SERIES);
        s->options.n_series++;
        s->series[i] = (struct nj_bt_series){symbol, &r->columns, 1, false};
        r->columns = (struct nj_columns){.kind = s->options.input,
                                         .n = 0,
                                         .ts = r->ts,
                                         .open = r->open,
                                         .high = r->high,
                                         .low = r->low,
                                         .close = r->close,
                                         .volume = r->volume,
                                         .price = r->price,
                                         .qty = r->qty};
        snprintf(r->columns.symbol, sizeof r->columns.symbol, "%s", symbol);
        snprintf(r->columns.timeframe, sizeof r->columns.timeframe, "%s", s->options.timeframe);
    }
    return r;
}

/* The bar that opens `minute` minutes after zero. */
static inline void add_bar(struct scene *s, const char *symbol, int minute, double open,
                           double high, double low, double close)
{
    struct rows *r = rows_of(s, symbol);
    size_t n = r->columns.n++;
    ck_assert(n < MAX_ROWS);
    r->ts[n] = ZERO + minute * MINUTE;
    r->open[n] = open;
    r->high[n] = high;
    r->low[n] = low;
    r->close[n] = close;
    r->volume[n] = 1;
}

static inline void add_trade(struct scene *s, const char *symbol, double second, double price)
{
    s->options.input = NJ_COLUMNS_TRADES;
    struct rows *r = rows_of(s, symbol);
    size_t n = r->columns.n++;
    ck_assert(n < MAX_ROWS);
    r->ts[n] = ZERO + (int64_t)(second * 1e9);
    r->price[n] = price;
    r->qty[n] = 1;
}

/* Runs it; what was written down must be `expected` (NULL: is not looked at). */
static inline void run(struct scene *s, const char *expected)
{
    int rc = nj_bt_run(&s->options, &s->outcome, &s->err);
    ck_assert_msg(rc == 0, "%s", s->err.text);
    if (expected)
        ck_assert_str_eq(s->log, expected);
}

/* Runs what must fail with this line. */
static inline void run_fails(struct scene *s, int code, const char *line)
{
    int rc = nj_bt_run(&s->options, &s->outcome, &s->err);
    ck_assert_int_eq(rc, code);
    ck_assert_str_eq(s->err.text, line);
    ck_assert_ptr_null(s->outcome.curve_ts);
}

/* Points of the curve, as "second=equity second=equity". */
static inline void curve_is(const struct scene *s, const char *expected)
{
    char text[2048];
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < s->outcome.n_curve; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%g=%.10g", i ? " " : "",
                               (double)(s->outcome.curve_ts[i] - ZERO) / 1e9,
                               s->outcome.curve_equity[i]);
    ck_assert_str_eq(text, expected);
}

static inline void scene_end(struct scene *s)
{
    nj_bt_outcome_free(&s->outcome);
    nj_module_unref(s->options.module);
}

/* Each test is a process of its own (libcheck forks). */
static inline struct nj_module *puppet(void)
{
    return module_named("tests/plugins/puppet");
}

#define SCENE(script)                                                                              \
    struct scene s;                                                                                \
    char text[] = script;                                                                          \
    scene_init(&s, puppet(), text)

/* Four quiet minutes: 100 -> 101 -> 102 -> 103 -> 104, each bar 0.5 beyond on both sides. */
static inline void four_bars(struct scene *s)
{
    for (int i = 0; i < 4; i++)
        add_bar(s, ATOM, i, 100 + i, 101.5 + i, 99.5 + i, 101 + i);
}

#endif
