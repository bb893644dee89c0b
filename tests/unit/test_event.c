/* test_event.c - events in memory: empty ones, tails, and what the validator refuses of another
 * party's. Owned by the tests. */
#include "test_codec_random.h"
#include "test_main.h"

#include <check.h>
#include <stdio.h>

#define CAP 65536u

static uint64_t buffer[CAP / 8];
static char why[200];

static njord_event *event(void)
{
    return (njord_event *)(void *)buffer;
}

static njord_trade *good_trade(void)
{
    njord_trade *t = (njord_trade *)(void *)buffer;
    njord_event_init(t, NJORD_EV_TRADE);
    (void)snprintf(t->symbol, sizeof t->symbol, "ATOM/USDT");
    t->price = 4.5;
    t->qty = 10;
    t->ev.ts_ns = 1;
    return t;
}

static njord_intent *good_intent(void)
{
    njord_intent *o = (njord_intent *)(void *)buffer;
    njord_event_init(o, NJORD_EV_INTENT);
    (void)snprintf(o->intent_id, sizeof o->intent_id, "a-1");
    (void)snprintf(o->strategy_id, sizeof o->strategy_id, "s1");
    (void)snprintf(o->symbol, sizeof o->symbol, "ATOM/USDT");
    o->side = NJORD_SIDE_BUY;
    o->type = NJORD_TYPE_MARKET;
    o->qty = 1;
    o->ev.ts_ns = 5;
    return o;
}

static void good(void)
{
    ck_assert_msg(njord_event_check(event(), CAP, why, sizeof why) == 0, "%s", why);
}

static void bad(const char *expected)
{
    ck_assert_int_eq(njord_event_check(event(), CAP, why, sizeof why), NJORD_E_ARG);
    ck_assert_str_eq(why, expected);
    ck_assert_int_eq(njord_event_check(event(), CAP, NULL, 0), NJORD_E_ARG);
    char cut[8];
    ck_assert_int_eq(njord_event_check(event(), CAP, cut, sizeof cut), NJORD_E_ARG);
}

START_TEST(an_empty_event_has_nothing_in_it)
{
    for (uint32_t type = 1; type < NJORD_EV_COUNT; type++) {
        memset(buffer, 0x77, sizeof buffer);
        njord_event_init(buffer, type);
        const njord_contract *c = njord_contract_of(type);
        ck_assert_uint_eq(event()->size, c->head);
        ck_assert_uint_eq(event()->head, c->head);
        ck_assert_uint_eq(event()->type, type);
        ck_assert_uint_eq(event()->symbol_id, NJORD_NO_SYMBOL);
        ck_assert(event()->ts_ns == NJORD_NONE_I64 && event()->ts_recv_ns == NJORD_NONE_I64);
        ck_assert_str_eq(njord_event_symbol(event()), "");
        ck_assert_str_eq(njord_event_strategy(event()), "");
        ck_assert_uint_eq(((unsigned char *)buffer)[c->head], 0x77);
        ck_assert_int_eq(njord_event_check(event(), CAP, NULL, 0),
                         NJORD_E_ARG); /* required members are missing */
    }
}
END_TEST

START_TEST(heads_that_do_not_fit_are_refused)
{
    good_trade();
    good();
    event()->type = 0;
    bad("event: unknown type 0");
    event()->type = 999;
    bad("event: unknown type 999");
    good_trade()->ev.size = CAP + 8;
    bad("Trade: its size 65544 is not a multiple of 8 or exceeds the 65536 bytes it stands in");
    good_trade()->ev.size -= 1;
    bad("Trade: its size 175 is not a multiple of 8 or exceeds the 65536 bytes it stands in");
    good_trade()->ev.size = 0;
    bad("Trade: its head of 176 bytes does not fit it");
    good_trade()->ev.head = 39;
    bad("Trade: its head of 39 bytes does not fit it");
    good_trade()->ev.seq = (uint64_t)INT64_MAX + 1;
    bad("Trade: its seq is out of range");
    good_trade();
    ck_assert_int_eq(njord_event_check(event(), sizeof(njord_event) - 1, why, sizeof why),
                     NJORD_E_ARG);
    ck_assert_int_eq(njord_event_check(event(), sizeof(njord_trade) - 8, why, sizeof why),
                     NJORD_E_ARG);
}
END_TEST

START_TEST(members_are_checked_one_by_one)
{
    good_trade()->price = NAN;
    bad("Trade.price: missing");
    good_trade()->price = INFINITY;
    bad("Trade.price: not finite");
    good_trade()->ev.ts_ns = NJORD_NONE_I64;
    bad("Trade.ts_ns: missing");
    good_trade()->side = 3;
    bad("Trade.side: unknown code 3");
    good_trade()->side = 0;
    bad("Trade.side: unknown code 0");
    memset(good_trade()->venue, 'x', 16);
    bad("Trade.venue: longer than 15 bytes");
    memcpy(good_trade()->venue, "\xff", 2);
    bad("Trade.venue: not valid UTF-8");
    memcpy(good_trade()->symbol, "ATOM", 5);
    bad("Trade.symbol: not a symbol like ATOM/USDT");
    good_intent();
    good();
    memcpy(good_intent()->intent_id, "a.b", 4);
    bad("OrderIntent.intent_id: not an id of at most 36 letters, digits, _ and -");
    (void)snprintf(good_intent()->intent_id, 40, "%037d", 0);
    bad("OrderIntent.intent_id: not an id of at most 36 letters, digits, _ and -");
    memcpy(good_intent()->strategy_id, "Upper", 6);
    bad("OrderIntent.strategy_id: not an id of a-z, 0-9 and _");
    memcpy(good_intent()->strategy_id, "*", 2);
    bad("OrderIntent.strategy_id: not an id of a-z, 0-9 and _");
}
END_TEST

START_TEST(bars_say_their_time_twice_and_the_same)
{
    njord_bar *b = (njord_bar *)(void *)buffer;
    njord_event_init(b, NJORD_EV_BAR);
    memcpy(b->symbol, "A/B", 4);
    memcpy(b->timeframe, "1m", 3);
    b->open = b->high = b->low = b->close = b->volume = 1;
    b->ts_open = 0;
    b->ts_close = 60000000000;
    bad("OHLCVBar.ts_close: differs from the event's own time");
    b->ev.ts_ns = b->ts_close;
    good();
    b->partial = 2;
    bad("OHLCVBar.partial: neither 0 nor 1");
    b->partial = 1;
    memcpy(b->timeframe, "../x", 5);
    bad("OHLCVBar.timeframe: not a timeframe like 1m or 4h");
}
END_TEST

START_TEST(an_account_has_a_star_for_a_strategy)
{
    njord_position_snapshot *p = (njord_position_snapshot *)(void *)buffer;
    njord_event_init(p, NJORD_EV_POSITION_SNAPSHOT);
    memcpy(p->strategy_id, "*", 2);
    memcpy(p->symbol, "A/B", 4);
    p->qty = p->avg_price = p->realized_pnl = 0;
    p->ev.ts_ns = 1;
    good();
    ck_assert_str_eq(njord_event_strategy(event()), "*");
    memcpy(p->strategy_id, "**", 3);
    bad("PositionSnapshot.strategy_id: not an id of a-z, 0-9 and _, or *");
}
END_TEST

START_TEST(tails_are_appended_and_found)
{
    njord_text_pair pairs[2] = {{"tag", "x"}, {"note", ""}};
    njord_intent *o = good_intent();
    ck_assert_ptr_null(njord_tail_items(&o->ev, o->meta));
    ck_assert_ptr_null(njord_meta(&o->ev, o->meta, "tag"));
    ck_assert_int_eq(njord_tail_put(&o->ev, sizeof *o + 175, &o->meta, pairs, 2, sizeof pairs[0]),
                     NJORD_E_LIMIT);
    ck_assert_uint_eq(o->ev.size, sizeof *o);
    ck_assert_int_eq(njord_tail_put(&o->ev, sizeof *o + 176, &o->meta, pairs, 2, sizeof pairs[0]),
                     0);
    ck_assert_uint_eq(o->ev.size, sizeof *o + 176);
    good();
    ck_assert_str_eq(njord_meta(&o->ev, o->meta, "tag"), "x");
    ck_assert_str_eq(njord_meta(&o->ev, o->meta, "note"), "");
    ck_assert_ptr_null(njord_meta(&o->ev, o->meta, "no"));
    ck_assert_int_eq(njord_tail_put(&o->ev, CAP, &o->meta, pairs, 2, 8), NJORD_E_ARG);
    njord_tail elsewhere;
    ck_assert_int_eq(njord_tail_put(&o->ev, CAP, &elsewhere, pairs, 2, sizeof pairs[0]),
                     NJORD_E_ARG);
    ck_assert_int_eq(njord_tail_put(&o->ev, CAP, &o->meta, NULL, 0, sizeof pairs[0]), 0);
    ck_assert_uint_eq(o->meta.count, 0);
}
END_TEST

START_TEST(a_text_in_a_tail_gets_its_end)
{
    njord_broker_order_update *u = (njord_broker_order_update *)(void *)buffer;
    njord_event_init(u, NJORD_EV_BROKER_ORDER_UPDATE);
    memcpy(u->client_order_id, "a", 2);
    u->status = NJORD_STATUS_NEW;
    u->filled_qty = 0;
    u->ev.ts_ns = 1;
    memset((char *)buffer + sizeof *u, 'x', 64);
    ck_assert_int_eq(njord_tail_put(&u->ev, CAP, &u->raw, "12345678", 8, 1), 0);
    ck_assert_uint_eq(u->ev.size, sizeof *u + 16);
    ck_assert_str_eq(njord_tail_items(&u->ev, u->raw), "12345678");
    good();
    ((char *)buffer)[sizeof *u + 8] = 'x';
    bad("BrokerOrderUpdate.raw: not ended");
    ((char *)buffer)[sizeof *u + 8] = '\0';
    ((char *)buffer)[sizeof *u + 3] = '\0';
    bad("BrokerOrderUpdate.raw: not valid UTF-8");
}
END_TEST

START_TEST(tails_that_lead_outside_are_refused)
{
    njord_text_pair pair = {"k", "v"};
    static const struct {
        uint32_t offset, count;
        const char *why;
    } wrong[] = {
        {0, 1, "OrderIntent.meta: its tail starts outside the event's"},
        {4, 1, "OrderIntent.meta: its tail starts outside the event's"},
        {UINT32_MAX, 1, "OrderIntent.meta: its tail starts outside the event's"},
        {UINT32_MAX - 7, UINT32_MAX, "OrderIntent.meta: its tail starts outside the event's"},
        {sizeof(njord_intent), 2, "OrderIntent.meta: its tail ends behind the event"},
        {sizeof(njord_intent), UINT32_MAX, "OrderIntent.meta: its tail ends behind the event"},
        {sizeof(njord_intent) + 8, 1, "OrderIntent.meta: its tail ends behind the event"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        njord_intent *o = good_intent();
        ck_assert_int_eq(njord_tail_put(&o->ev, CAP, &o->meta, &pair, 1, sizeof pair), 0);
        o->meta.offset = wrong[i].offset;
        o->meta.count = wrong[i].count;
        bad(wrong[i].why);
    }
}
END_TEST

START_TEST(maps_have_each_key_once)
{
    njord_text_pair pairs[3] = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
    njord_intent *o = good_intent();
    ck_assert_int_eq(njord_tail_put(&o->ev, CAP, &o->meta, pairs, 3, sizeof pairs[0]), 0);
    bad("OrderIntent.meta: key 'a' twice");
    njord_decision *d = (njord_decision *)(void *)buffer;
    njord_event_init(d, NJORD_EV_DECISION);
    memcpy(d->intent_id, "a", 2);
    memcpy(d->strategy_id, "s", 2);
    memcpy(d->reason, "ok", 3);
    d->allowed = 1;
    d->ev.ts_ns = 1;
    njord_real_pair caps[2] = {{"x", 1}, {"x", 2}};
    ck_assert_int_eq(njord_tail_put(&d->ev, CAP, &d->caps, caps, 2, sizeof caps[0]), 0);
    bad("RiskDecision.caps: key 'x' twice");
    njord_event_init(d, NJORD_EV_DECISION);
    memcpy(d->intent_id, "a", 2);
    memcpy(d->strategy_id, "s", 2);
    memcpy(d->reason, "ok", 3);
    d->allowed = 1;
    d->ev.ts_ns = 1;
    caps[1].key[0] = 'y';
    ck_assert_int_eq(njord_tail_put(&d->ev, CAP, &d->caps, caps, 2, sizeof caps[0]), 0);
    good();
    ck_assert(njord_real(&d->ev, d->caps, "y") == 2);
    ck_assert(isnan(njord_real(&d->ev, d->caps, "z")));
    ((njord_real_pair *)(void *)((char *)d + d->caps.offset))[1].value = NAN;
    bad("RiskDecision.caps: the value of 'y' is not finite");
}
END_TEST

START_TEST(books_have_bounded_finite_levels)
{
    static njord_level levels[NJORD_MAX_LEVELS + 1];
    static uint64_t room[20000];
    njord_book *b = (njord_book *)(void *)room;
    njord_event_init(b, NJORD_EV_BOOK);
    memcpy(b->symbol, "A/B", 4);
    b->ev.ts_ns = 1;
    ck_assert_int_eq(njord_event_check(&b->ev, sizeof room, why, sizeof why),
                     0); /* both sides empty */
    ck_assert_int_eq(
        njord_tail_put(&b->ev, sizeof room, &b->bids, levels, NJORD_MAX_LEVELS, sizeof levels[0]),
        0);
    ck_assert_int_eq(njord_event_check(&b->ev, sizeof room, why, sizeof why), 0);
    ((njord_level *)(void *)((char *)b + b->bids.offset))[77].qty = NAN;
    ck_assert_int_eq(njord_event_check(&b->ev, sizeof room, why, sizeof why), NJORD_E_ARG);
    ck_assert_str_eq(why, "Book.bids: level 77 is not finite");
    njord_event_init(b, NJORD_EV_BOOK);
    memcpy(b->symbol, "A/B", 4);
    b->ev.ts_ns = 1;
    ck_assert_int_eq(njord_tail_put(&b->ev, sizeof room, &b->bids, levels, NJORD_MAX_LEVELS + 1,
                                    sizeof levels[0]),
                     0);
    ck_assert_int_eq(njord_event_check(&b->ev, sizeof room, why, sizeof why), NJORD_E_ARG);
    ck_assert_str_eq(why, "Book.bids: more than 5000 levels");
}
END_TEST

START_TEST(orders_in_a_plan_are_checked_too)
{
    static uint64_t room[1000];
    njord_rebalance_plan *p = (njord_rebalance_plan *)(void *)room;
    njord_text_pair pair = {"k", "v"};
    njord_intent *o = good_intent();
    njord_event_init(p, NJORD_EV_REBALANCE_PLAN);
    memcpy(p->portfolio_id, "p", 2);
    p->estimated_costs = 1;
    p->ev.ts_ns = 1;
    ck_assert_int_eq(njord_tail_put(&o->ev, CAP, &o->meta, &pair, 1, sizeof pair), 0);
    ck_assert_int_eq(njord_tail_put(&p->ev, sizeof room, &p->trades, o, 1, 0), 0);
    ck_assert_uint_eq(p->ev.size, sizeof *p + o->ev.size);
    ck_assert_msg(njord_event_check(&p->ev, sizeof room, why, sizeof why) == 0, "%s", why);
    njord_intent *inside = (njord_intent *)(void *)((char *)p + p->trades.offset);
    inside->qty = INFINITY;
    ck_assert_int_eq(njord_event_check(&p->ev, sizeof room, why, sizeof why), NJORD_E_ARG);
    ck_assert_str_eq(why, "OrderIntent.qty: not finite");
    inside->qty = 1;
    inside->ev.type = NJORD_EV_REBALANCE_PLAN;
    ck_assert_int_eq(njord_event_check(&p->ev, sizeof room, why, sizeof why), NJORD_E_ARG);
    inside->ev.type = NJORD_EV_INTENT;
    inside->ev.size += 8;
    ck_assert_int_eq(njord_event_check(&p->ev, sizeof room, why, sizeof why), NJORD_E_ARG);
    p->trades.count = 2;
    ck_assert_int_eq(njord_event_check(&p->ev, sizeof room, why, sizeof why), NJORD_E_ARG);
    inside->ev.size = 0; /* would walk on the spot for ever */
    ck_assert_int_eq(njord_tail_put(&p->ev, sizeof room, &p->trades, inside, 1, 0), NJORD_E_ARG);
    ck_assert_int_eq(njord_event_check(&p->ev, sizeof room, why, sizeof why), NJORD_E_ARG);
}
END_TEST

START_TEST(members_the_sender_did_not_know_are_absent)
{
    /* an older sender's Trade that ended behind qty: its head is shorter, and what follows is not
     * its members */
    njord_trade *t = good_trade();
    t->ev.size = offsetof(njord_trade, trade_id);
    t->ev.head = (uint16_t)t->ev.size;
    memset(t->trade_id, 'x', sizeof t->trade_id + sizeof t->venue);
    t->side = 77;
    good();
    char line[256];
    size_t len;
    ck_assert_int_eq(njord_encode_json(&t->ev, NULL, line, sizeof line, &len), 0);
    line[len] = '\0';
    ck_assert_str_eq(line, "{\"symbol\":\"ATOM/USDT\",\"price\":4.5,\"qty\":10,\"ts_ns\":1}");
    /* a newer one's head is longer, and its tails stand behind it */
    njord_text_pair pair = {"k", "v"};
    njord_intent *o = good_intent();
    o->ev.head = (uint16_t)(sizeof *o + 16);
    o->ev.size = sizeof *o + 16;
    good();
    ck_assert_int_eq(njord_tail_put(&o->ev, CAP, &o->meta, &pair, 1, sizeof pair), 0);
    ck_assert_uint_eq(o->meta.offset, sizeof *o + 16);
    good();
    o->meta.offset = sizeof *o;
    bad("OrderIntent.meta: its tail starts outside the event's");
}
END_TEST

START_TEST(free_form_members_are_one_map_or_list)
{
    static const struct {
        const char *bytes;
        uint32_t len;
        const char *why;
    } all[] = {
        {"\x80", 1, NULL},
        {"\x90", 1, NULL},
        {"\x81\xa1k\x01", 4, NULL},
        {"\x01", 1, "BacktestConfig.params: expected map or list"},
        {"\x81\x01\x01", 3, "BacktestConfig.params: a key that is not a text"},
        {"\x82\xa1k\x01\xa1k\x02", 7, "BacktestConfig.params: a key stands twice"},
        {"\x80\x80", 2, "BacktestConfig.params: bytes behind its end"},
        {"\x81\xa1k", 3, "BacktestConfig.params: cut off"},
        {"\x91\xcb\x7f\xf8\0\0\0\0\0\0", 10, "BacktestConfig.params: a number that is not finite"},
        {"\x91\xc4\x00", 3, "BacktestConfig.params: bytes (bin or ext), which JSON does not have"},
        {"\x91\xd4\x01\x02", 4,
         "BacktestConfig.params: bytes (bin or ext), which JSON does not have"},
        {"\x91\xc1", 2, "BacktestConfig.params: a byte that msgpack does not use"},
        {"\x91\xa1\xff", 3, "BacktestConfig.params: text is not valid UTF-8, or has a NUL in it"},
        {"\x91\x91\x91\x91\x91\x91\x91\x90", 8, NULL},
        {"\x91\x91\x91\x91\x91\x91\x91\x91\x90", 9,
         "BacktestConfig.params: maps and lists more than 8 deep"},
        {"\xdd\xff\xff\xff\xff", 5, "BacktestConfig.params: cut off"}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        njord_backtest_config *c = (njord_backtest_config *)(void *)buffer;
        njord_event_init(c, NJORD_EV_BACKTEST_CONFIG);
        memcpy(c->symbol, "A/B,C/D", 8);
        memcpy(c->strategy_id, "s", 2);
        c->start_ts = c->end_ts = 0;
        c->initial_capital = c->commission_rate = c->slippage_bps = 0;
        ck_assert_int_eq(njord_tail_put(&c->ev, CAP, &c->params, all[i].bytes, all[i].len, 1), 0);
        if (all[i].why == NULL)
            good();
        else
            bad(all[i].why);
    }
}
END_TEST

START_TEST(no_damage_makes_the_validator_read_outside)
{
    /* random events with random bytes changed, in a block of exactly their size: the sanitizer
     * watches */
    dice d = {99};
    for (int round = 0; round < 40000; round++) {
        uint32_t type = 1 + below(&d, NJORD_EV_COUNT - 1);
        static uint64_t big[CAP];
        njord_event *made = (njord_event *)(void *)big;
        if (round % 20 == 0 || made->size == 0 || made->size > 4096) {
            do
                random_event(&d, type, made, sizeof big);
            while (made->size > 4096);
        }
        uint32_t size = made->size;
        unsigned char *exact = malloc(size);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, big, size);
        for (uint32_t n = 1 + below(&d, 3); n > 0;
             n--) { /* mostly in the head, where sizes and tails stand */
            uint32_t at = below(&d, below(&d, 3) == 0 ? size : made->head);
            exact[at] = below(&d, 2) ? (unsigned char)roll(&d)
                                     : (unsigned char)(exact[at] + below(&d, 9) - 4);
        }
        const njord_event *e = (const njord_event *)(const void *)exact;
        if (njord_event_check(e, size, why, sizeof why) == 0) { /* then it can be written */
            size_t cap = njord_encode_bound(e), len = 0;
            char *text = malloc(cap);
            ck_assert_ptr_nonnull(text);
            if (njord_encode_json(e, NULL, text, cap, &len) != 0 ||
                njord_encode_msgpack(e, NULL, text, cap, &len) != 0)
                ck_abort_msg("a valid event did not fit its bound");
            free(text);
        }
        free(exact);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("events");
    TCase *tc = tcase_create("memory");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, an_empty_event_has_nothing_in_it);
    tcase_add_test(tc, heads_that_do_not_fit_are_refused);
    tcase_add_test(tc, members_are_checked_one_by_one);
    tcase_add_test(tc, bars_say_their_time_twice_and_the_same);
    tcase_add_test(tc, an_account_has_a_star_for_a_strategy);
    tcase_add_test(tc, tails_are_appended_and_found);
    tcase_add_test(tc, a_text_in_a_tail_gets_its_end);
    tcase_add_test(tc, tails_that_lead_outside_are_refused);
    tcase_add_test(tc, maps_have_each_key_once);
    tcase_add_test(tc, books_have_bounded_finite_levels);
    tcase_add_test(tc, orders_in_a_plan_are_checked_too);
    tcase_add_test(tc, members_the_sender_did_not_know_are_absent);
    tcase_add_test(tc, free_form_members_are_one_map_or_list);
    tcase_add_test(tc, no_damage_makes_the_validator_read_outside);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
