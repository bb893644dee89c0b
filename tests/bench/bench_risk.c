/*
 * bench_risk.c - nanoseconds of one risk check, accepted and refused, of a fill in the ledger and
 * of an order's way through the record, beside a floor: the same comparisons in a plain function
 * over plain variables, without texts, decision or order.
 *
 * Each figure is the median of RUNS runs of COUNT calls. The world grows from one strategy and
 * symbol to 1,000 strategies and 10,000 symbols: the cost of a check must stay flat. The exit code
 * is 0 whatever the figures, because a busy machine is no error.
 */
#include "trade/risk.h"

#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COUNT = 20000, RUNS = 7 };

static struct nj_instruments *all;
static struct nj_ledger *ledger;
static struct nj_orders *orders;
static struct nj_risk *risk;
static struct nj_risk_view view;
static struct nj_risk_config limits;
static unsigned n_strategies = 1, n_symbols = 1;
static volatile double sink;
static _Alignas(8) char decision_room[NJ_DECISION_MAX], order_room[NJ_ORDER_MAX];

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double last_price(void *ctx, const char *symbol, int64_t *ts_ns)
{
    (void)ctx, (void)symbol;
    *ts_ns = view.now_ns;
    return 10;
}

static double usd_of(void *ctx, const char *quote)
{
    (void)ctx, (void)quote;
    return 1;
}

static bool allowed(void *ctx, const char *strategy, const char *symbol)
{
    (void)ctx;
    return strategy[0] && symbol[0];
}

static void names(unsigned n, char *strategy, size_t strategy_size, char *symbol,
                  size_t symbol_size)
{
    snprintf(strategy, strategy_size, "strategy_%u", n % n_strategies);
    snprintf(symbol, symbol_size, "S%u/USDT", n % n_symbols);
}

static njord_intent intent(unsigned n, double qty)
{
    njord_intent in;
    njord_event_init(&in, NJORD_EV_INTENT);
    snprintf(in.intent_id, sizeof in.intent_id, "bench-%u", n);
    names(n, in.strategy_id, sizeof in.strategy_id, in.symbol, sizeof in.symbol);
    in.side = NJORD_SIDE_BUY;
    in.type = NJORD_TYPE_MARKET;
    in.qty = qty;
    in.ev.ts_ns = view.now_ns;
    return in;
}

static void world(unsigned strategies, unsigned symbols)
{
    n_strategies = strategies;
    n_symbols = symbols;
    all = nj_instruments_new();
    ledger = nj_ledger_new(all);
    orders = nj_orders_new(all);
    limits = (struct nj_risk_config){.per_order_usd_cap = 200,
                                     .daily_loss_usd_cap = 1e9,
                                     .orders_per_min_cap = 1e9,
                                     .price_collar_pct = 5,
                                     .max_position_usd = 1e9,
                                     .max_open_orders = 1000000,
                                     .stale_price_ms = 1000,
                                     .max_intent_age_ms = 5000,
                                     .allow_short = NJ_YES,
                                     .cash_check = true};
    risk = nj_risk_new(&limits);
    view = (struct nj_risk_view){.now_ns = INT64_C(1700000000000000000),
                                 .instruments = all,
                                 .ledger = ledger,
                                 .orders = orders,
                                 .symbol_allowed = allowed,
                                 .last_price = last_price,
                                 .usd_of = usd_of,
                                 .day_pnl_floor = NAN};
    for (unsigned n = 0; n < symbols || n < strategies; n++) {
        char strategy[NJORD_ID_SIZE], symbol[NJORD_SYMBOL_SIZE];
        names(n, strategy, sizeof strategy, symbol, sizeof symbol);
        nj_instrument_get(all, symbol);
        nj_ledger_set_capital(ledger, strategy, 1e9);
    }
}

static void end_world(void)
{
    nj_risk_free(risk);
    nj_orders_free(orders);
    nj_ledger_free(ledger);
    nj_instruments_free(all);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v)
{
    qsort(v, RUNS, sizeof *v, by_value);
    return v[RUNS / 2];
}

/* What a check compares, without anything around it. */
static __attribute__((noinline)) bool bare(const njord_intent *in, double last, double held,
                                           double working, double cash, double tokens)
{
    double notional = in->qty * last;
    return in->qty > 0 && in->side >= 1 && in->side <= 2 && isfinite(in->qty) && last > 0 &&
           notional <= limits.per_order_usd_cap && tokens >= 1 &&
           (held + working + in->qty) * last <= limits.max_position_usd &&
           cash >= notional + working * last;
}

static double floor_check(void)
{
    double runs[RUNS];
    for (int r = 0; r < RUNS; r++) {
        njord_intent in = intent(1, 1);
        double start = now_ns();
        for (int n = 0; n < COUNT; n++) {
            in.qty = 1 + n % 7;
            sink = bare(&in, 10, sink, 0, 1e9, 30);
        }
        runs[r] = (now_ns() - start) / COUNT;
    }
    return median(runs);
}

static double check(double qty, bool should)
{
    double runs[RUNS];
    njord_intent *intents = calloc(COUNT, sizeof *intents);
    unsigned wrong = 0;
    if (!intents)
        return NAN;
    for (unsigned n = 0; n < COUNT; n++)
        intents[n] = intent(n, qty);
    for (int r = 0; r < RUNS; r++) {
        double start = now_ns();
        for (unsigned n = 0; n < COUNT; n++)
            wrong +=
                nj_risk_check(risk, &view, &intents[n], 0, "paper", (njord_decision *)decision_room,
                              (njord_order_event *)order_room) != should;
        runs[r] = (now_ns() - start) / COUNT;
    }
    free(intents);
    if (wrong)
        printf("  %u checks went the other way\n", wrong);
    return median(runs);
}

static double fills(void)
{
    double runs[RUNS];
    njord_fill f;
    njord_event_init(&f, NJORD_EV_FILL);
    f.qty = 1;
    f.price = 10;
    f.fee = 0.01;
    f.ev.ts_ns = 1;
    for (int r = 0; r < RUNS; r++) {
        double sum = 0;
        for (unsigned n = 0; n < COUNT; n++) {
            names(n, f.strategy_id, sizeof f.strategy_id, f.symbol, sizeof f.symbol);
            snprintf(f.fill_id, sizeof f.fill_id, "paper-S%u-%d-%u", n % n_symbols, r, n);
            f.side = (uint8_t)(n / n_symbols % 2 ? NJORD_SIDE_SELL : NJORD_SIDE_BUY);
            double start = now_ns();
            nj_ledger_fill(ledger, &f, NULL, NULL, NULL, NULL);
            sum += now_ns() - start;
        }
        runs[r] = sum / COUNT;
    }
    return median(runs);
}

static double clock_cost(void)
{
    double start = now_ns();
    for (int n = 0; n < COUNT; n++)
        sink = now_ns();
    return (now_ns() - start) / COUNT;
}

/* Intent, decision, order, sent, acknowledged, filled: the whole way of an order. */
static double order_way(void)
{
    double runs[RUNS];
    unsigned id = 0;
    njord_broker_order_ack ack;
    njord_broker_fill fill;
    njord_event_init(&ack, NJORD_EV_BROKER_ORDER_ACK);
    njord_event_init(&fill, NJORD_EV_BROKER_FILL);
    fill.qty = 1;
    fill.price = 10;
    for (int r = 0; r < RUNS; r++) {
        double sum = 0;
        for (unsigned n = 0; n < COUNT; n++) {
            njord_intent in = intent(1000000 + id++, 1);
            nj_risk_check(risk, &view, &in, 0, "paper", (njord_decision *)decision_room,
                          (njord_order_event *)order_room);
            memcpy(ack.client_order_id, in.intent_id, sizeof in.intent_id);
            memcpy(fill.client_order_id, in.intent_id, sizeof in.intent_id);
            snprintf(fill.trade_id, sizeof fill.trade_id, "t%u", id);
            double start = now_ns();
            nj_orders_intent(orders, &in);
            nj_orders_decision(orders, (njord_decision *)decision_room);
            nj_orders_accepted(orders, (njord_order_event *)order_room);
            nj_orders_sent(orders, in.intent_id);
            nj_orders_ack(orders, &ack);
            nj_orders_fill(orders, &fill);
            sum += now_ns() - start;
        }
        runs[r] = sum / COUNT;
    }
    return median(runs);
}

int main(void)
{
    static const unsigned sizes[][2] = {{1, 1}, {10, 100}, {1000, 10000}};
    double clock = clock_cost();
    double bottom = floor_check();
    printf("floor: the comparisons alone %.1f ns; reading the clock %.1f ns (taken off)\n", bottom,
           clock);
    printf("%-12s %-9s %14s %14s %12s %12s %12s\n", "strategies", "symbols", "accepted ns",
           "refused ns", "fill ns", "order ns", "mark ns");
    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        world(sizes[n][0], sizes[n][1]);
        double way = order_way() - clock, fill = fills() - clock;
        double start = now_ns();
        for (int i = 0; i < COUNT; i++)
            sink = nj_risk_mark(risk, &view, "S0/USDT");
        double mark = (now_ns() - start) / COUNT;
        view.marked = true;
        double yes = check(1, true), no = check(21, false);
        printf("%-12u %-9u %8.0f (%3.0fx) %8.0f (%3.0fx) %10.0f %12.0f %12.0f\n", sizes[n][0],
               sizes[n][1], yes, yes / bottom, no, no / bottom, fill, way, mark);
        end_world();
    }
    return EXIT_SUCCESS;
}
