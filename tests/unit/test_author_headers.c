/* The author's headers: what the macros make of an author's functions, and the helpers over the
 * host. The strategy below has every member there is; it shows what it was called with through log
 * lines, which the mock host keeps. */
#include "test_main.h"

#include <check.h>
#include <math.h>
#include <njord/mock.h>
#include <njord/strategy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATOM "ATOM/USDT"
#define BTC  "BTC/USDT"

/* ---- A strategy with everything ---- */

struct all {
    const char *mode; /* what on_trade does */
    int64_t trades;
};

static const njord_param params[] = {
    NJORD_BOOL("flag", 1, "a truth"),
    NJORD_INT("count", 3, -5, 5, "a whole number", NJORD_PARAM_LIVE),
    NJORD_REAL("size", 0.5, 0.0, 1.0, "a number"),
    NJORD_TEXT("mode", "count", "what a trade does"),
    NJORD_DURATION("pause", NJORD_MS(250), 0, NJORD_DAY(7), "a time"),
    NJORD_ENUM("way", "hold", "cancel|hold|flatten", "one of three"),
    NJORD_REAL_MAP("weights", "a=0.25,b=0.75", 0.0, 1.0, "numbers by name"),
    NJORD_PARAM_END};

static njord_status all_create(struct all *s, const njord_host *host)
{
    s->mode = njord_param_text(host, "mode");
    njord_log_info(host, "create");
    return strcmp(s->mode, "refuse") == 0 ? njord_fail(host, NJORD_E_LIMIT, "mode %s", s->mode)
                                          : NJORD_OK;
}

/* destroy has no host to talk to: a count in the process instead */
static int destroyed;

static void all_destroy(struct all *s)
{
    (void)s;
    destroyed++;
}

static njord_status all_start(struct all *s, const njord_host *host)
{
    (void)s;
    njord_log_info(host, "start");
    return NJORD_OK;
}

static njord_status all_quiesce(struct all *s, const njord_host *host)
{
    (void)s;
    njord_log_info(host, "quiesce");
    return NJORD_OK;
}

static njord_status all_resume(struct all *s, const njord_host *host)
{
    (void)s;
    njord_log_info(host, "resume");
    return NJORD_OK;
}

static njord_status all_save(const struct all *s, njord_state_out *out)
{
    njord_state_put_i64(out, "trades", s->trades);
    if (strcmp(s->mode, "save_twice") == 0)
        njord_state_put_i64(out, "trades", s->trades); /* a mistake that sticks */
    return NJORD_OK;
}

static njord_status all_load(struct all *s, njord_state_in *in, uint32_t version)
{
    s->trades = njord_state_get_i64(in, "trades", -1) + (int64_t)version * 1000;
    return NJORD_OK;
}

static njord_status all_reconfigure(struct all *s, const njord_host *host, const char *name)
{
    (void)s;
    njord_log_info(host, "reconfigure %s %lld", name, (long long)njord_param_int(host, name));
    return NJORD_OK;
}

static const void *all_extension(const char *name)
{
    return strcmp(name, "all/1") == 0 ? params : NULL;
}

static njord_status say(const njord_host *host, const char *what, const char *symbol)
{
    njord_log_info(host, "%s %s", what, symbol);
    return NJORD_OK;
}

static njord_status all_trade(struct all *s, const njord_host *host, const njord_trade *trade)
{
    const char *symbol = trade->symbol;
    s->trades++;
    if (strcmp(s->mode, "count") == 0)
        njord_log_info(host, "trade %s %lld", symbol, (long long)s->trades);
    if (strcmp(s->mode, "target") == 0)
        return njord_target(host, symbol, trade->price);
    if (strcmp(s->mode, "buy_market") == 0)
        return njord_buy_market(host, symbol, trade->qty);
    if (strcmp(s->mode, "nan") == 0)
        return njord_buy_market(host, symbol, (double)NAN);
    if (strcmp(s->mode, "zero") == 0)
        return njord_sell_market(host, symbol, 0.0);
    if (strcmp(s->mode, "bad_limit") == 0)
        return njord_sell_limit(host, symbol, 1.0, -1.0, NULL);
    if (strcmp(s->mode, "long_symbol") == 0)
        return njord_buy_market(host, "A/SYMBOL_THAT_IS_LONGER_THAN_ANY", 1.0);
    if (strcmp(s->mode, "limits") == 0) {
        char id[NJORD_INTENT_ID_SIZE];
        njord_status status = njord_buy_limit(host, symbol, 1.0, 9.5, id);
        if (status == NJORD_OK)
            status = njord_sell_limit(host, symbol, 2.0, 10.5, NULL);
        return s->trades == 1 ? status : njord_cancel_order(host, id);
    }
    if (strcmp(s->mode, "many") == 0) {
        for (int i = 0; s->trades == 1 && i < 20; i++)
            if (njord_buy_limit(host, i % 2 ? BTC : ATOM, 1.0, 9.0, NULL) != NJORD_OK)
                return NJORD_E_FAIL;
        if (s->trades > 1)
            return njord_cancel_all(host, s->trades == 2 ? ATOM : NULL);
    }
    if (strcmp(s->mode, "signal") == 0)
        return njord_publish_signal(host, "spread", {"z", 1.5}, {"mean", trade->price});
    if (strcmp(s->mode, "bad_signal") == 0)
        return njord_publish_signal(host, "spread", {"z", (double)NAN});
    if (strcmp(s->mode, "unknown_param") == 0)
        return isnan(njord_param_real(host, "sise")) &&
                       njord_param_int(host, "size") == NJORD_NONE_I64 &&
                       njord_param_duration(host, "count") == NJORD_NONE_I64
                   ? NJORD_OK
                   : NJORD_E_FAIL;
    if (strcmp(s->mode, "long_log") == 0) {
        char text[3000];
        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        njord_log_warn(host, "%s", text);
    }
    return NJORD_OK;
}

static njord_status all_book(struct all *s, const njord_host *host, const njord_book *book)
{
    njord_levels bids = njord_bids(book), asks = njord_asks(book);
    (void)s;
    njord_log_info(host, "book %u %u", (unsigned)bids.count, (unsigned)asks.count);
    if (bids.count > 0 && asks.count > 0)
        njord_log_info(host, "best %g x %g, %g x %g", bids.at[0].price, bids.at[0].qty,
                       asks.at[0].price, asks.at[0].qty);
    return NJORD_OK;
}

static njord_status all_ticker(struct all *s, const njord_host *host, const njord_ticker *ticker)
{
    (void)s;
    return say(host, "ticker", ticker->symbol);
}

static njord_status all_bar(struct all *s, const njord_host *host, const njord_bar *bar)
{
    (void)s;
    return say(host, "bar", bar->symbol);
}

static njord_status all_fill(struct all *s, const njord_host *host, const njord_fill *fill)
{
    (void)s;
    return say(host, "fill", fill->symbol);
}

static njord_status all_position(struct all *s, const njord_host *host,
                                 const njord_position_snapshot *position)
{
    (void)s;
    njord_log_info(host, "position %g, asked %g", position->qty,
                   njord_position(host, position->symbol));
    return NJORD_OK;
}

static njord_status all_decision(struct all *s, const njord_host *host,
                                 const njord_decision *decision)
{
    (void)s;
    return say(host, "decision", decision->reason);
}

static njord_status all_order(struct all *s, const njord_host *host,
                              const njord_broker_order_update *update)
{
    (void)s;
    njord_log_info(host, "order %s %u, working %g", update->symbol, (unsigned)update->status,
                   njord_working(host, update->symbol));
    return NJORD_OK;
}

static njord_status all_status(struct all *s, const njord_host *host,
                               const njord_feed_status *status)
{
    (void)s;
    return say(host, "status", status->symbol);
}

static njord_status all_sync(struct all *s, const njord_host *host,
                             const njord_position_snapshot *positions, uint32_t n_positions,
                             const njord_open_order *orders, uint32_t n_orders)
{
    (void)s;
    njord_log_info(host, "sync %u %u %s %s", (unsigned)n_positions, (unsigned)n_orders,
                   n_positions ? positions[0].symbol : "", n_orders ? orders[0].symbol : "");
    return NJORD_OK;
}

static njord_status all_timer(struct all *s, const njord_host *host, uint32_t timer, int64_t due_ns)
{
    (void)s;
    njord_log_info(host, "timer %u %lld %lld", (unsigned)timer, (long long)due_ns,
                   (long long)njord_now(host));
    return NJORD_OK;
}

static njord_status all_event(struct all *s, const njord_host *host, const char *topic,
                              const njord_event *event)
{
    (void)s;
    (void)event;
    return say(host, "event", topic);
}

NJORD_STRATEGY(all, "2.1.0", "has every member there is", params,
               .flags = NJORD_F_DETERMINISTIC | NJORD_F_NEEDS_NETWORK, .state_version = 7,
               .state_oldest = 5, .create = all_create, .destroy = all_destroy, .start = all_start,
               .quiesce = all_quiesce, .resume = all_resume, .save = all_save, .load = all_load,
               .reconfigure = all_reconfigure, .extension = all_extension, .on_trade = all_trade,
               .on_book = all_book, .on_ticker = all_ticker, .on_bar = all_bar, .on_fill = all_fill,
               .on_position = all_position, .on_decision = all_decision, .on_order = all_order,
               .on_status = all_status, .on_sync = all_sync, .on_timer = all_timer,
               .on_event = all_event);

/* ---- Around it ---- */

static njord_mock *mock;

static void start(const char *mode)
{
    mock = njord_mock_new("all_1");
    ck_assert_ptr_nonnull(mock);
    ck_assert_int_eq(njord_mock_symbol(mock, ATOM, 0.01, 0.1), NJORD_OK);
    ck_assert_int_eq(njord_mock_symbol(mock, BTC, 0, 0), NJORD_OK);
    ck_assert_int_eq(njord_mock_param(mock, "mode", mode), NJORD_OK);
    ck_assert_msg(njord_mock_create(mock, &njord_entry) == NJORD_OK, "%s", njord_mock_error(mock));
    njord_mock_clear(mock);
}

static void stop(void)
{
    njord_mock_free(mock);
    mock = NULL;
}

static int trade(double price)
{
    return njord_mock_trade(mock, ATOM, price, 1.0, njord_mock_now(mock) + 1);
}

/* All log lines, one after another. */
static const char *lines(void)
{
    static char text[4096];
    text[0] = '\0';
    for (size_t i = 0; i < njord_mock_log_count(mock); i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? "; " : "",
                       njord_mock_log(mock, i, NULL));
    return text;
}

START_TEST(the_entry_says_what_the_author_said)
{
    const njord_plugin *p = njord_entry.plugin;
    ck_assert_uint_eq(njord_entry.stamp.magic, NJORD_ABI_MAGIC);
    ck_assert_uint_eq(njord_entry.stamp.entry_size, sizeof(njord_plugin_entry));
    ck_assert_uint_eq(njord_entry.stamp.event_head, sizeof(njord_event));
    ck_assert_uint_eq(p->size, sizeof *p);
    ck_assert_uint_eq(p->kind, NJORD_KIND_STRATEGY);
    ck_assert_uint_eq(p->flags, NJORD_F_DETERMINISTIC | NJORD_F_NEEDS_NETWORK);
    ck_assert_uint_eq(p->state_version, 7);
    ck_assert_uint_eq(p->state_oldest, 5);
    ck_assert_str_eq(p->name, "all");
    ck_assert_str_eq(p->version, "2.1.0");
    ck_assert_ptr_eq(p->extension("all/1"), params);
    ck_assert_ptr_null(p->extension("all/2"));
}
END_TEST

START_TEST(the_interface_is_copied_up_to_the_size_that_is_asked_for)
{
    njord_strategy_iface iface;
    uint32_t some = (uint32_t)offsetof(njord_strategy_iface, on_bar);
    memset(&iface, 0xa5, sizeof iface);
    ck_assert_uint_eq(njord_entry.plugin->iface(&iface, some), sizeof iface);
    ck_assert_ptr_nonnull(iface.on_ticker);
    for (size_t i = some; i < sizeof iface; i++)
        ck_assert_uint_eq(((unsigned char *)&iface)[i], 0xa5);
}
END_TEST

START_TEST(parameters_are_read_by_their_type)
{
    start("count");
    ck_assert_int_eq(njord_mock_param(mock, "count", "-5"), NJORD_OK);
    ck_assert_str_eq(lines(), "reconfigure count -5");
    ck_assert_int_eq(njord_mock_param(mock, "count", "6"), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_param(mock, "size", "1"), NJORD_E_ARG); /* not LIVE */
    stop();
    start("unknown_param");
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    ck_assert_str_eq(lines(), "parameter 'sise' is not declared: add it to the plugin's table; "
                              "parameter 'size' is asked for as another type than it is declared; "
                              "parameter 'count' is asked for as another type than it is declared");
    stop();
}
END_TEST

START_TEST(every_text_of_a_parameter_is_checked_by_its_type)
{
    static const char *const good[][2] = {
        {"flag", "false"},  {"count", "-5"},       {"size", "1e-3"},      {"pause", "0ms"},
        {"pause", "7d"},    {"pause", "24h"},      {"way", "flatten"},    {"weights", ""},
        {"weights", "x=1"}, {"mode", "any thing"}, {"pause", "1000000us"}};
    static const char *const bad[][2] = {
        {"flag", "yes"},  {"flag", ""},      {"count", "1.5"},     {"count", ""},
        {"count", "6"},   {"size", "nan"},   {"size", "1.01"},     {"size", "0x1"},
        {"size", "1 "},   {"pause", "8d"},   {"pause", "5"},       {"pause", "5x"},
        {"pause", "-1s"}, {"way", "hol"},    {"way", ""},          {"weights", "a=2"},
        {"weights", "a"}, {"weights", "=1"}, {"weights", "a=1,b"}, {"pause", "99999999999999999d"}};
    for (size_t i = 0; i < sizeof good / sizeof *good + sizeof bad / sizeof *bad; i++) {
        size_t n = sizeof good / sizeof *good;
        const char *const *pair = i < n ? good[i] : bad[i - n];
        njord_mock *one = njord_mock_new("one");
        ck_assert_ptr_nonnull(one);
        ck_assert_int_eq(njord_mock_param(one, pair[0], pair[1]), NJORD_OK);
        int status = njord_mock_create(one, &njord_entry);
        ck_assert_msg(status == (i < n ? NJORD_OK : NJORD_E_ARG), "%s=%s: %d %s", pair[0], pair[1],
                      status, njord_mock_error(one));
        njord_mock_free(one);
    }
}
END_TEST

START_TEST(each_callback_is_called_with_what_it_is_about)
{
    static const njord_level bids[] = {{9.9, 3.0}, {9.8, 5.0}}, asks[] = {{10.1, 2.0}};
    njord_ticker ticker;
    njord_feed_status status;
    njord_depth depth;
    start("count");
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    ck_assert_int_eq(njord_mock_book(mock, ATOM, bids, 2, asks, 1, 2), NJORD_OK);
    ck_assert_int_eq(njord_mock_book(mock, ATOM, bids, 0, asks, 0, 3), NJORD_OK);
    njord_event_init(&ticker, NJORD_EV_TICKER);
    ticker.ev.ts_ns = 4;
    ticker.last = ticker.bid = ticker.ask = ticker.volume = 10.0;
    memcpy(ticker.symbol, BTC, sizeof BTC);
    ck_assert_int_eq(njord_mock_event(mock, "md.ticker." BTC, &ticker.ev), NJORD_OK);
    ck_assert_int_eq(njord_mock_bar(mock, BTC, "1s", 5, 1.0, 1.0, 1.0, 1.0, 1.0), NJORD_OK);
    njord_event_init(&status, NJORD_EV_FEED_STATUS);
    status.event = NJORD_FEED_EVENT_UP;
    status.ev.ts_ns = 2000000000;
    memcpy(status.venue, "made", 5);
    memcpy(status.symbol, ATOM, sizeof ATOM);
    ck_assert_int_eq(njord_mock_event(mock, "md.status." ATOM, &status.ev), NJORD_OK);
    njord_event_init(&depth, NJORD_EV_DEPTH);
    depth.ev.ts_ns = 2000000001;
    depth.snapshot = 1;
    memcpy(depth.symbol, ATOM, sizeof ATOM);
    ck_assert_msg(njord_mock_event(mock, "md.depth." ATOM, &depth.ev) == NJORD_OK, "%s",
                  njord_mock_error(mock));
    ck_assert_int_eq(njord_mock_sync(mock), NJORD_OK);
    ck_assert_str_eq(lines(), "trade ATOM/USDT 1; book 2 1; best 9.9 x 3, 10.1 x 2; book 0 0; "
                              "ticker BTC/USDT; bar BTC/USDT; status ATOM/USDT; "
                              "event md.depth.ATOM/USDT; sync 2 0 ATOM/USDT ");
    stop();
}
END_TEST

START_TEST(what_an_order_causes_comes_after_the_callback_in_order)
{
    start("buy_market");
    njord_mock_auto_fill(mock, 1);
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    ck_assert_str_eq(lines(), "decision ok; order ATOM/USDT 3, working 0; fill ATOM/USDT; "
                              "position 1, asked 1");
    njord_mock_clear(mock);
    njord_mock_auto_fill(mock, 0);
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    const njord_intent *intent = njord_mock_intent(mock, 0);
    ck_assert_uint_eq(intent->tif, NJORD_NONE_U8);
    ck_assert_double_nan(intent->limit_price);
    ck_assert_int_eq(njord_mock_fill(mock, intent->intent_id, 0.25, 11.0, 0.1), NJORD_OK);
    ck_assert_int_eq(njord_mock_fill(mock, intent->intent_id, 0.8, 11.0, 0.1), NJORD_E_ARG);
    ck_assert_str_eq(lines(), "decision ok; order ATOM/USDT 2, working 0.75; fill ATOM/USDT; "
                              "position 1.25, asked 1.25");
    njord_mock_clear(mock);
    njord_mock_refuse(mock, "per_order_usd_cap");
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    njord_mock_refuse(mock, NULL);
    njord_mock_warmup(mock, 1);
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    njord_mock_warmup(mock, 0);
    njord_mock_halt(mock, 1);
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    ck_assert_str_eq(lines(), "decision per_order_usd_cap; decision warmup; decision halted");
    stop();
}
END_TEST

START_TEST(a_target_sends_the_difference_on_the_grid_and_counts_what_is_on_its_way)
{
    /* step 0.1: {held, target, what is sent} */
    static const double cases[][3] = {
        {0.0, 1.0, 1.0},  {1.0, 1.0, 0.0},  {3.0, 0.5, -2.5},   {-1.0, 2.0, 3.0},  {0.0, 0.3, 0.3},
        {0.0, 0.05, 0.0}, {0.0, 0.06, 0.1}, {1.0, 0.949, -0.1}, {1.0, 0.951, 0.0}, {0.1, 0.3, 0.2},
        {0.7, 0.1, -0.6}, {0.0, 0.34, 0.3}, {0.0, 0.36, 0.4},   {0.0, 1e9, 1e9},
    };
    start("target");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double qty = 0.0;
        njord_mock_clear(mock);
        ck_assert_int_eq(njord_mock_set_position(mock, ATOM, cases[i][0], 1.0), NJORD_OK);
        ck_assert_int_eq(trade(cases[i][1]), NJORD_OK);
        if (njord_mock_count(mock, NJORD_EV_INTENT) > 0) {
            const njord_intent *intent = njord_mock_intent(mock, 0);
            qty = intent->side == NJORD_SIDE_BUY ? intent->qty : -intent->qty;
            /* said again while it is on its way: nothing more */
            ck_assert_int_eq(trade(cases[i][1]), NJORD_OK);
            ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_INTENT), 1);
            ck_assert_int_eq(njord_mock_fill(mock, intent->intent_id, intent->qty, 1.0, 0.0),
                             NJORD_OK);
        }
        ck_assert_msg(qty == cases[i][2], "case %zu: sent %.17g, expected %.17g", i, qty,
                      cases[i][2]);
    }
    stop();
}
END_TEST

START_TEST(orders_that_make_no_sense_are_not_queued)
{
    static const struct {
        const char *mode, *says;
    } bad[] = {{"nan", "quantity must be > 0, found nan"},
               {"zero", "quantity must be > 0, found 0"},
               {"bad_limit", "limit price must be > 0, found -1"},
               {"long_symbol", "order without a symbol, or with one over 31 bytes"},
               {"bad_signal", "figure 'z' is not finite"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        start(bad[i].mode);
        ck_assert_int_eq(trade(10.0), NJORD_E_ARG);
        ck_assert_ptr_nonnull(strstr(njord_mock_error(mock), bad[i].says));
        ck_assert_uint_eq(njord_mock_count(mock, 0), 0);
        stop();
    }
}
END_TEST

START_TEST(limits_rest_and_can_be_cancelled_by_their_id)
{
    start("limits");
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_INTENT), 2);
    const njord_intent *buy = njord_mock_intent(mock, 0), *sell = njord_mock_intent(mock, 1);
    ck_assert_uint_eq(buy->type, NJORD_TYPE_LIMIT);
    ck_assert_double_eq(buy->limit_price, 9.5);
    ck_assert_uint_eq(sell->side, NJORD_SIDE_SELL);
    ck_assert_double_eq(sell->limit_price, 10.5);
    njord_mock_clear(mock);
    ck_assert_int_eq(trade(10.0), NJORD_OK); /* two more, and the first of them cancelled */
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_CANCEL), 1);
    const void *cancel = njord_mock_output(mock, NJORD_EV_CANCEL, 0);
    ck_assert_str_eq(((const njord_cancel *)cancel)->intent_id,
                     njord_mock_intent(mock, 0)->intent_id);
    ck_assert_str_eq(lines(), "decision ok; decision ok; order ATOM/USDT 4, working -3");
    stop();
}
END_TEST

START_TEST(all_open_orders_are_cancelled_of_one_symbol_or_of_all)
{
    start("many");
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_INTENT), 20);
    ck_assert_int_eq(trade(10.0), NJORD_OK); /* ATOM's ten */
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_CANCEL), 10);
    ck_assert_int_eq(trade(10.0), NJORD_OK); /* the other ten */
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_CANCEL), 20);
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_CANCEL), 20);
    stop();
}
END_TEST

START_TEST(a_signal_carries_its_figures_on_the_strategys_own_topic)
{
    start("signal");
    ck_assert_int_eq(trade(10.25), NJORD_OK);
    const njord_signal *signal = njord_mock_signal(mock, 0);
    ck_assert_ptr_nonnull(signal);
    ck_assert_str_eq(njord_mock_topic(mock, NJORD_EV_SIGNAL, 0), "sig.all_1");
    ck_assert_str_eq(signal->name, "spread");
    ck_assert_uint_eq(signal->values.count, 2);
    ck_assert_double_eq(njord_real(&signal->ev, signal->values, "z"), 1.5);
    ck_assert_double_eq(njord_real(&signal->ev, signal->values, "mean"), 10.25);
    stop();
}
END_TEST

START_TEST(an_overlong_line_of_the_log_is_cut_and_says_so)
{
    int32_t level;
    start("long_log");
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    const char *line = njord_mock_log(mock, 0, &level);
    ck_assert_int_eq(level, NJORD_LOG_WARN);
    ck_assert_uint_eq(strlen(line), 1023);
    ck_assert_str_eq(line + 1019, "x...");
    stop();
}
END_TEST

START_TEST(a_reload_goes_through_quiesce_save_create_load_start_destroy)
{
    void *state;
    size_t len;
    uint32_t version;
    start("count");
    destroyed = 0;
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    njord_mock_clear(mock);
    ck_assert_msg(njord_mock_reload(mock, &njord_entry) == NJORD_OK, "%s", njord_mock_error(mock));
    ck_assert_int_eq(destroyed, 1);
    ck_assert_str_eq(lines(), "quiesce; create; start");
    njord_mock_clear(mock);
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    ck_assert_str_eq(lines(), "trade ATOM/USDT 7002"); /* load was told version 7 */

    /* saved by version 5, still read; 4 is not */
    ck_assert_int_eq(njord_mock_save(mock, &state, &len, &version), NJORD_OK);
    ck_assert_uint_eq(version, 7);
    njord_mock_destroy(mock);
    ck_assert_int_eq(njord_mock_create_from(mock, &njord_entry, state, len, 4), NJORD_E_STATE);
    ck_assert_int_eq(njord_mock_create_from(mock, &njord_entry, state, len, 5), NJORD_OK);
    njord_mock_clear(mock);
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    ck_assert_str_eq(lines(), "trade ATOM/USDT 12003");
    free(state);
    stop();
}
END_TEST

START_TEST(a_mistake_in_save_fails_it_with_a_sentence_and_the_old_one_resumes)
{
    start("save_twice");
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    ck_assert_int_eq(njord_mock_reload(mock, &njord_entry), NJORD_E_ARG);
    ck_assert_ptr_nonnull(strstr(njord_mock_error(mock), "trades"));
    ck_assert_str_eq(lines(), "quiesce; resume");
    stop();
}
END_TEST

START_TEST(a_create_that_fails_is_followed_by_destroy)
{
    njord_mock *other = njord_mock_new("other");
    ck_assert_ptr_nonnull(other);
    ck_assert_int_eq(njord_mock_param(other, "mode", "refuse"), NJORD_OK);
    destroyed = 0;
    ck_assert_int_eq(njord_mock_create(other, &njord_entry), NJORD_E_LIMIT);
    ck_assert_int_eq(destroyed, 1);
    ck_assert_ptr_nonnull(strstr(njord_mock_error(other), "mode refuse"));
    njord_mock_free(other);
}
END_TEST

static uint32_t three_symbols(const njord_host *host, const char *const **out)
{
    static const char *const symbols[] = {ATOM, BTC, "ETH/USDT"};
    (void)host;
    *out = symbols;
    return 3;
}

START_TEST(an_event_is_routed_by_its_symbol_whatever_its_id)
{
    /* {id, symbol, first, end}: ids come in any order, are reused, are missing or huge */
    static const struct {
        uint32_t id;
        char symbol[NJORD_SYMBOL_SIZE];
        uint32_t first, end;
    } cases[] = {
        {7, BTC, 1, 2},
        {7, BTC, 1, 2},
        {0, ATOM, 0, 1},
        {7, "ETH/USDT", 2, 3},
        {7, BTC, 1, 2},
        {5000, "ETH/USDT", 2, 3},
        {NJORD_NO_SYMBOL, ATOM, 0, 1},
        {1u << 31, ATOM, 0, 1},
        {3, "DOGE/USDT", 0, 0},
        {7, "DOGE/USDT", 0, 0},
        {7, "", 0, 3},
    };
    njord_host host;
    njord_route route;
    memset(&host, 0, sizeof host);
    host.symbols = three_symbols;
    njord_route_init(&route, &host, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        njord_span span = njord_route_to(&route, 1, cases[i].id, cases[i].symbol);
        ck_assert_uint_eq(span.end - span.first, cases[i].end - cases[i].first);
        ck_assert_uint_eq(span.first, cases[i].first);
    }
    njord_route_free(&route);
    njord_route_init(&route, &host, 0);
    ck_assert_uint_eq(route.count, 1);
    ck_assert_uint_eq(njord_route_to(&route, 0, 7, cases[8].symbol).end, 1);
    njord_route_free(&route);
}
END_TEST

START_TEST(the_mocks_positions_go_by_average_price)
{
    start("buy_market");
    njord_mock_auto_fill(mock, 1);
    ck_assert_int_eq(trade(10.0), NJORD_OK);
    ck_assert_int_eq(trade(13.0), NJORD_OK);
    ck_assert_double_eq(njord_mock_position(mock, ATOM), 2.0);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("author_headers");
    TCase *tc = tcase_create("author_headers");
    tcase_add_test(tc, the_entry_says_what_the_author_said);
    tcase_add_test(tc, the_interface_is_copied_up_to_the_size_that_is_asked_for);
    tcase_add_test(tc, parameters_are_read_by_their_type);
    tcase_add_test(tc, every_text_of_a_parameter_is_checked_by_its_type);
    tcase_add_test(tc, each_callback_is_called_with_what_it_is_about);
    tcase_add_test(tc, what_an_order_causes_comes_after_the_callback_in_order);
    tcase_add_test(tc, a_target_sends_the_difference_on_the_grid_and_counts_what_is_on_its_way);
    tcase_add_test(tc, orders_that_make_no_sense_are_not_queued);
    tcase_add_test(tc, limits_rest_and_can_be_cancelled_by_their_id);
    tcase_add_test(tc, all_open_orders_are_cancelled_of_one_symbol_or_of_all);
    tcase_add_test(tc, a_signal_carries_its_figures_on_the_strategys_own_topic);
    tcase_add_test(tc, an_overlong_line_of_the_log_is_cut_and_says_so);
    tcase_add_test(tc, a_reload_goes_through_quiesce_save_create_load_start_destroy);
    tcase_add_test(tc, a_mistake_in_save_fails_it_with_a_sentence_and_the_old_one_resumes);
    tcase_add_test(tc, a_create_that_fails_is_followed_by_destroy);
    tcase_add_test(tc, an_event_is_routed_by_its_symbol_whatever_its_id);
    tcase_add_test(tc, the_mocks_positions_go_by_average_price);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
