/*
 * test_orders.c - the record of orders: every stage against everything that can come, sums of what
 * works, and ids.
 */
#include "trade/orders.h"
#include "trade_make.h"

static struct nj_instruments *all;
static struct nj_orders *orders;

static void set_up(void)
{
    all = nj_instruments_new();
    make_symbol(all, "ATOM/USDT", 0.01, 0.1);
    make_symbol(all, "BTC/USDT", 0.01, 0.00001);
    orders = nj_orders_new(all);
    ck_assert_ptr_nonnull(orders);
}

static void tear_down(void)
{
    nj_orders_free(orders);
    nj_instruments_free(all);
}

/* ---- the flow, in short ---- */

static int wish(const char *id, const char *strategy, unsigned side, double qty)
{
    njord_intent in = make_intent(id, strategy, "ATOM/USDT", side, qty);
    return nj_orders_intent(orders, &in);
}

static int decide(const char *id, bool allowed, double reference)
{
    _Alignas(8) char room[1024];
    njord_decision *d = (njord_decision *)room;
    njord_real_pair cap = {"reference_price", reference};
    njord_event_init(d, NJORD_EV_DECISION);
    SET(d->intent_id, id);
    SET(d->strategy_id, "s");
    SET(d->reason, allowed ? "ok" : "per_order_usd_cap");
    d->allowed = allowed;
    ck_assert_int_eq(njord_tail_put(&d->ev, sizeof room, &d->caps, &cap, 1, sizeof cap), 0);
    return nj_orders_decision(orders, d);
}

static int accept_as(const char *id, double qty)
{
    njord_order_event e;
    njord_event_init(&e, NJORD_EV_ORDER_EVENT);
    SET(e.intent_id, id);
    e.qty = qty;
    return nj_orders_accepted(orders, &e);
}

static int ack(const char *id, const char *exchange_id)
{
    njord_broker_order_ack a;
    njord_event_init(&a, NJORD_EV_BROKER_ORDER_ACK);
    SET(a.client_order_id, id);
    SET(a.exchange_order_id, exchange_id);
    return nj_orders_ack(orders, &a);
}

static int update(const char *id, unsigned status, double filled)
{
    njord_broker_order_update u;
    njord_event_init(&u, NJORD_EV_BROKER_ORDER_UPDATE);
    SET(u.client_order_id, id);
    SET(u.reason, "why");
    u.status = (uint8_t)status;
    u.filled_qty = filled;
    return nj_orders_update(orders, &u);
}

static int fill_at(const char *id, const char *trade, double qty, double price)
{
    njord_broker_fill f;
    njord_event_init(&f, NJORD_EV_BROKER_FILL);
    SET(f.client_order_id, id);
    SET(f.trade_id, trade);
    f.qty = qty;
    f.price = price;
    return nj_orders_fill(orders, &f);
}

static int cancel(const char *id)
{
    njord_cancel c;
    njord_event_init(&c, NJORD_EV_CANCEL);
    SET(c.intent_id, id);
    return nj_orders_cancel(orders, &c);
}

static const struct nj_order *get(const char *id)
{
    const struct nj_order *o = nj_order_find(orders, id);
    ck_assert_ptr_nonnull(o);
    return o;
}

/* An order of 1.0 ATOM that has come as far as `stage`. */
static void bring_to(const char *id, enum nj_order_stage stage)
{
    ck_assert_int_eq(wish(id, "s", BUY, 1), 0);
    if (stage == NJ_ORDER_INTENT)
        return;
    if (stage == NJ_ORDER_REFUSED) {
        ck_assert_int_eq(decide(id, false, 10), 0);
        return;
    }
    ck_assert_int_eq(decide(id, true, 10), 0);
    if (stage == NJ_ORDER_ACCEPTED)
        return;
    ck_assert_int_eq(nj_orders_sent(orders, id), 0);
    switch (stage) {
    case NJ_ORDER_ACKED:
        ck_assert_int_eq(ack(id, "77"), 0);
        break;
    case NJ_ORDER_UNKNOWN:
        ck_assert_int_eq(update(id, NJORD_STATUS_UNKNOWN, 0), 0);
        break;
    case NJ_ORDER_FILLED:
        ck_assert_int_eq(fill_at(id, "t0", 1, 10), 0);
        break;
    case NJ_ORDER_CANCELED:
        ck_assert_int_eq(update(id, NJORD_STATUS_CANCELED, 0), 0);
        break;
    case NJ_ORDER_REJECTED:
        ck_assert_int_eq(update(id, NJORD_STATUS_REJECTED, 0), 0);
        break;
    case NJ_ORDER_EXPIRED:
        ck_assert_int_eq(update(id, NJORD_STATUS_EXPIRED, 0), 0);
        break;
    default:
        break;
    }
    ck_assert_int_eq(get(id)->stage, stage);
}

/* ---- every stage against everything that comes ---- */

enum coming {
    ALLOWED,
    REFUSED,
    ACCEPTED,
    SENT,
    ACK,
    NEW,
    PART,
    UNKNOWN,
    UP_FILLED,
    UP_CANCELED,
    UP_REJECTED,
    UP_EXPIRED,
    PART_FILL,
    WHOLE_FILL,
    OVER_FILL,
    CANCEL,
    COMINGS
};

static int give(const char *id, enum coming what)
{
    switch (what) {
    case ALLOWED:
        return decide(id, true, 10);
    case REFUSED:
        return decide(id, false, 10);
    case ACCEPTED:
        return accept_as(id, 1);
    case SENT:
        return nj_orders_sent(orders, id);
    case ACK:
        return ack(id, "77");
    case NEW:
        return update(id, NJORD_STATUS_NEW, 0);
    case PART:
        return update(id, NJORD_STATUS_PARTIALLY_FILLED, 0);
    case UNKNOWN:
        return update(id, NJORD_STATUS_UNKNOWN, 0);
    case UP_FILLED:
        return update(id, NJORD_STATUS_FILLED, 1);
    case UP_CANCELED:
        return update(id, NJORD_STATUS_CANCELED, 0);
    case UP_REJECTED:
        return update(id, NJORD_STATUS_REJECTED, 0);
    case UP_EXPIRED:
        return update(id, NJORD_STATUS_EXPIRED, 0);
    case PART_FILL:
        return fill_at(id, "t1", 0.4, 10);
    case WHOLE_FILL:
        return fill_at(id, "t1", 1, 10);
    case OVER_FILL:
        return fill_at(id, "t1", 1.1, 10);
    default:
        return cancel(id);
    }
}

/* Letters of stages: I A S K(acked) U R(refused) F C J(rejected) E; - cannot follow. Rows by what
 * comes, columns by the stage it meets, in the order of enum nj_order_stage. */
static const char letters[] = "IASKURFCJE";
static const char *const table[COMINGS] = {
    /*              IASKURFCJE */
    [ALLOWED] = "AASKU-FCJE",     [REFUSED] = "RR---R----",
    [ACCEPTED] = "AA--------",    [SENT] = "-SS-S-----",
    [ACK] = "-KKKK-FCJE",         [NEW] = "-KKKK-FCJE",
    [PART] = "-KKKK-FCJE",        [UNKNOWN] = "-UUUU-FCJE",
    [UP_FILLED] = "-ASKU-FCJE", /* open until the fills that it tells of are here */
    [UP_CANCELED] = "-CCCC-FCJE", [UP_REJECTED] = "-JJJJ-FCJE",
    [UP_EXPIRED] = "-EEEE-FCJE",  [PART_FILL] = "-ASKU--CJE",
    [WHOLE_FILL] = "-FFFF--FFF",  [OVER_FILL] = "----------",
    [CANCEL] = "IASKU-----",
};

START_TEST(each_stage_meets_each_event_as_the_table_says)
{
    unsigned n = 0;
    for (int what = 0; what < COMINGS; what++) {
        for (int stage = 0; stage < 10; stage++) {
            char id[16];
            snprintf(id, sizeof id, "o%u", n++);
            bring_to(id, (enum nj_order_stage)stage);
            int rc = give(id, (enum coming)what);
            char is = letters[get(id)->stage], should = table[what][stage];
            if (should == '-') {
                ck_assert_msg(rc == NJ_ERR_INPUT && is == letters[stage], "event %d on %c: %d, %c",
                              what, letters[stage], rc, is);
            } else {
                ck_assert_msg(rc == 0 && is == should, "event %d on %c: %d, %c", what,
                              letters[stage], rc, is);
            }
            bool open = get(id)->stage <= NJ_ORDER_UNKNOWN;
            ck_assert_int_eq(nj_order_open(get(id)), open);
        }
    }
}
END_TEST

START_TEST(event_about_an_unknown_order_is_not_found)
{
    for (int what = 0; what < COMINGS; what++)
        ck_assert_int_eq(give("nobody", (enum coming)what), NJ_ERR_NOT_FOUND);
}
END_TEST

/* ---- answers out of order ---- */

START_TEST(fill_may_come_before_the_acknowledgement)
{
    bring_to("o", NJ_ORDER_SENT);
    ck_assert_int_eq(fill_at("o", "t1", 0.4, 10), 0);
    ck_assert_int_eq(ack("o", "77"), 0);
    ck_assert_int_eq(get("o")->stage, NJ_ORDER_ACKED);
    ck_assert_int_eq(get("o")->filled_lots, 4);
    ck_assert_int_eq(fill_at("o", "t2", 0.6, 15), 0);
    ck_assert_int_eq(get("o")->stage, NJ_ORDER_FILLED);
    ck_assert_double_eq(get("o")->avg_price, 13); /* (4 + 9) / 1 */
}
END_TEST

START_TEST(filled_update_before_its_fills_keeps_the_order_open)
{
    bring_to("o", NJ_ORDER_ACKED);
    ck_assert_int_eq(update("o", NJORD_STATUS_FILLED, 1), 0);
    ck_assert(nj_order_open(get("o")));
    ck_assert_double_eq(nj_orders_working(orders, "s", "ATOM/USDT"), 1);
    ck_assert_int_eq(fill_at("o", "t1", 0.7, 10), 0);
    ck_assert_double_eq(nj_orders_working(orders, "s", "ATOM/USDT"), 0.3);
    ck_assert_int_eq(fill_at("o", "t2", 0.3, 10), 0);
    ck_assert_int_eq(get("o")->stage, NJ_ORDER_FILLED);
    ck_assert_double_eq(nj_orders_working(orders, "s", "ATOM/USDT"), 0);
}
END_TEST

START_TEST(filled_update_without_a_quantity_means_all_of_it)
{
    bring_to("o", NJ_ORDER_ACKED);
    ck_assert_int_eq(update("o", NJORD_STATUS_FILLED, 0), 0);
    ck_assert(nj_order_open(get("o")));
    ck_assert_int_eq(fill_at("o", "t1", 1, 10), 0);
    ck_assert_int_eq(get("o")->stage, NJ_ORDER_FILLED);
}
END_TEST

START_TEST(cancel_with_fills_missing_waits_for_them_and_no_more)
{
    bring_to("o", NJ_ORDER_ACKED);
    ck_assert_int_eq(fill_at("o", "t1", 0.1, 10), 0);
    ck_assert_int_eq(update("o", NJORD_STATUS_CANCELED, 0.4), 0);
    ck_assert_int_eq(get("o")->stage, NJ_ORDER_ACKED);
    ck_assert_double_eq(nj_orders_working(orders, "s", "ATOM/USDT"), 0.3);
    ck_assert_int_eq(fill_at("o", "t2", 0.3, 10), 0);
    ck_assert_int_eq(get("o")->stage, NJ_ORDER_CANCELED);
    ck_assert_str_eq(get("o")->reason, "why");
    ck_assert_int_eq(get("o")->filled_lots, 4);
}
END_TEST

START_TEST(fill_after_the_end_is_still_taken)
{
    bring_to("o", NJ_ORDER_CANCELED);
    ck_assert_int_eq(fill_at("o", "t1", 0.4, 10), 0);
    ck_assert_int_eq(get("o")->stage, NJ_ORDER_CANCELED);
    ck_assert_int_eq(get("o")->filled_lots, 4);
    ck_assert_double_eq(nj_orders_working(orders, "s", "ATOM/USDT"), 0);
    ck_assert_int_eq(fill_at("o", "t2", 0.6, 10), 0);
    ck_assert_int_eq(get("o")->stage, NJ_ORDER_FILLED);
}
END_TEST

START_TEST(fill_twice_counts_once)
{
    bring_to("o", NJ_ORDER_ACKED);
    ck_assert_int_eq(fill_at("o", "t1", 0.4, 10), 0);
    ck_assert_int_eq(fill_at("o", "t1", 0.4, 10), NJ_ERR_EXISTS);
    ck_assert_int_eq(get("o")->filled_lots, 4);
    ck_assert_int_eq(update("o", NJORD_STATUS_CANCELED, 0.4), 0);
    ck_assert_int_eq(fill_at("o", "t1", 0.4, 10), NJ_ERR_EXISTS);
    ck_assert_int_eq(get("o")->filled_lots, 4);
}
END_TEST

START_TEST(nonsense_from_a_venue_changes_nothing)
{
    bring_to("o", NJ_ORDER_ACKED);
    static const double wrong[] = {0, -1, NAN, INFINITY, 1.1, 0.04, 1e300};
    for (size_t n = 0; n < 7; n++)
        ck_assert_int_eq(fill_at("o", "t", wrong[n], 10), NJ_ERR_INPUT);
    for (size_t n = 0; n < 4; n++)
        ck_assert_int_eq(fill_at("o", "t", 0.1, wrong[n]), NJ_ERR_INPUT);
    ck_assert_int_eq(update("o", NJORD_STATUS_PARTIALLY_FILLED, 1.1), NJ_ERR_INPUT);
    ck_assert_int_eq(update("o", NJORD_STATUS_PARTIALLY_FILLED, -0.1), NJ_ERR_INPUT);
    ck_assert_int_eq(update("o", 0, 0), NJ_ERR_INPUT);
    ck_assert_int_eq(update("o", 8, 0), NJ_ERR_INPUT);
    ck_assert_int_eq(ack("o", "78"), NJ_ERR_INPUT); /* another order's id */
    ck_assert_str_eq(get("o")->exchange_order_id, "77");
    ck_assert_int_eq(get("o")->filled_lots, 0);
    ck_assert_int_eq(fill_at("o", "t", 0.1, 10), 0); /* the trade id was not used up */
}
END_TEST

/* ---- what is working ---- */

START_TEST(working_counts_wishes_but_risk_counts_what_it_let_through)
{
    int64_t buys, sells;
    ck_assert_int_eq(wish("a", "s", BUY, 2), 0);
    ck_assert_int_eq(wish("b", "s", SELL, 0.5), 0);
    ck_assert_double_eq(nj_orders_working(orders, "s", "ATOM/USDT"), 1.5);
    nj_orders_working_sides(orders, "s", "ATOM/USDT", &buys, &sells);
    ck_assert_int_eq(buys, 0);
    ck_assert_int_eq(sells, 0);
    ck_assert_uint_eq(nj_orders_count_open(orders, "s"), 2);
    ck_assert_uint_eq(nj_orders_count_accepted(orders, "s"), 0);
    ck_assert_int_eq(decide("a", true, 12.5), 0);
    ck_assert_int_eq(accept_as("a", 1.9), 0); /* rounded by risk */
    nj_orders_working_sides(orders, "s", "ATOM/USDT", &buys, &sells);
    ck_assert_int_eq(buys, 19);
    ck_assert_int_eq(sells, 0);
    ck_assert_double_eq(nj_orders_working(orders, "s", "ATOM/USDT"), 1.4);
    ck_assert_uint_eq(nj_orders_count_accepted(orders, "s"), 1);
    ck_assert_double_eq(nj_orders_bound_cash(orders, "s"), 23.75); /* 1.9 * 12.5 */
    ck_assert_int_eq(decide("b", false, 12.5), 0);
    ck_assert_double_eq(nj_orders_working(orders, "s", "ATOM/USDT"), 1.9);
    ck_assert_int_eq(fill_at("a", "t1", 0.9, 12), 0);
    ck_assert_double_eq(nj_orders_bound_cash(orders, "s"), 12.5);
    ck_assert_int_eq(update("a", NJORD_STATUS_CANCELED, 0.9), 0);
    ck_assert_double_eq(nj_orders_working(orders, "s", "ATOM/USDT"), 0);
    ck_assert_double_eq(nj_orders_bound_cash(orders, "s"), 0);
    ck_assert_uint_eq(nj_orders_count_open(orders, "s"), 0);
    ck_assert_uint_eq(nj_orders_count_accepted(orders, "s"), 0);
}
END_TEST

START_TEST(sums_are_by_strategy_and_symbol_and_over_all)
{
    int64_t buys, sells;
    njord_intent btc = make_intent("c", "s", "BTC/USDT", SELL, 0.5);
    wish("a", "s", BUY, 2);
    wish("b", "t", BUY, 3);
    ck_assert_int_eq(nj_orders_intent(orders, &btc), 0);
    decide("a", true, 10);
    decide("b", true, 10);
    decide("c", true, 60000);
    ck_assert_double_eq(nj_orders_working(orders, NULL, "ATOM/USDT"), 5);
    ck_assert_double_eq(nj_orders_working(orders, "t", "ATOM/USDT"), 3);
    ck_assert_double_eq(nj_orders_working(orders, "s", "BTC/USDT"), -0.5);
    ck_assert_double_eq(nj_orders_working(orders, "u", "ATOM/USDT"), 0);
    ck_assert_double_eq(nj_orders_working(orders, "t", "BTC/USDT"), 0);
    ck_assert_double_eq(nj_orders_working(orders, "t", "NO/NE"), 0);
    nj_orders_working_sides(orders, NULL, "ATOM/USDT", &buys, &sells);
    ck_assert_int_eq(buys, 50);
    ck_assert_double_eq(nj_orders_bound_cash(orders, "t"), 30);
    ck_assert_uint_eq(nj_orders_count_open(orders, NULL), 3);
    ck_assert_uint_eq(nj_orders_count_open(orders, "s"), 2);
}
END_TEST

/* The open orders' ids, of one letter each, in a row. */
static unsigned list(const char *strategy, const char *symbol, char *ids)
{
    unsigned n = 0;
    const struct nj_order *o = NULL;
    while ((o = nj_orders_next_open(orders, o, strategy, symbol)) != NULL)
        ids[n++] = o->intent_id[0];
    ids[n] = '\0';
    return n;
}

START_TEST(open_orders_are_listed_oldest_first)
{
    char ids[64];
    njord_intent btc = make_intent("c", "s", "BTC/USDT", SELL, 0.5);
    wish("a", "s", BUY, 2);
    wish("b", "t", BUY, 3);
    nj_orders_intent(orders, &btc);
    wish("d", "s", BUY, 1);
    wish("e", "s", BUY, 1);
    ck_assert_uint_eq(list(NULL, NULL, ids), 5);
    ck_assert_str_eq(ids, "abcde");
    list("s", NULL, ids);
    ck_assert_str_eq(ids, "acde");
    list("s", "ATOM/USDT", ids);
    ck_assert_str_eq(ids, "ade");
    list(NULL, "ATOM/USDT", ids);
    ck_assert_str_eq(ids, "abde");
    decide("d", false, 1);
    list("s", "ATOM/USDT", ids);
    ck_assert_str_eq(ids, "ae");
    ck_assert_uint_eq(list("nobody", NULL, ids), 0);
    ck_assert_uint_eq(list("t", "BTC/USDT", ids), 0);
}
END_TEST

START_TEST(walk_goes_on_behind_an_order_that_ended_meanwhile)
{
    wish("a", "s", BUY, 1);
    wish("b", "s", BUY, 1);
    wish("c", "s", BUY, 1);
    const struct nj_order *o = nj_orders_next_open(orders, NULL, "s", NULL);
    char seen[8] = "";
    unsigned n = 0;
    while (o) {
        seen[n++] = o->intent_id[0];
        decide(o->intent_id, false, 1); /* as a refusal of each would */
        o = nj_orders_next_open(orders, o, "s", NULL);
    }
    ck_assert_str_eq(seen, "abc");
}
END_TEST

START_TEST(order_is_described_as_plugins_see_it)
{
    njord_open_order d;
    njord_intent in = make_intent("a", "s", "ATOM/USDT", SELL, 2);
    in.type = NJORD_TYPE_LIMIT;
    in.limit_price = 12.5;
    in.tif = NJORD_TIF_GTC;
    in.ev.ts_ns = 77;
    nj_orders_intent(orders, &in);
    decide("a", true, 12);
    nj_order_describe(get("a"), &d);
    ck_assert_uint_eq(d.size, sizeof d);
    ck_assert_str_eq(d.intent_id, "a");
    ck_assert_str_eq(d.symbol, "ATOM/USDT");
    ck_assert_uint_eq(d.side, SELL);
    ck_assert_uint_eq(d.status, NJORD_STATUS_NEW);
    ck_assert_double_eq(d.qty, 2);
    ck_assert_double_eq(d.limit_price, 12.5);
    ck_assert_int_eq(d.ts_ns, 77);
    nj_orders_sent(orders, "a");
    fill_at("a", "t", 0.3, 12.5);
    nj_order_describe(get("a"), &d);
    ck_assert_uint_eq(d.status, NJORD_STATUS_PARTIALLY_FILLED);
    ck_assert_double_eq(d.filled_qty, 0.3);
    ck_assert_int_eq(cancel("a"), 0);
    ck_assert(get("a")->cancel_wanted);
}
END_TEST

START_TEST(sums_that_would_not_fit_are_refused)
{
    make_symbol(all, "BIG/USDT", 1, 1);
    njord_intent in = make_intent("a", "s", "BIG/USDT", BUY, 4e18);
    ck_assert_int_eq(nj_orders_intent(orders, &in), 0);
    SET(in.intent_id, "b");
    ck_assert_int_eq(nj_orders_intent(orders, &in), 0);
    SET(in.intent_id, "c");
    ck_assert_int_eq(nj_orders_intent(orders, &in), NJ_ERR_LIMIT);
    ck_assert(!nj_orders_seen(orders, "c"));
    ck_assert_int_eq(decide("a", false, 1), 0);
    ck_assert_int_eq(nj_orders_intent(orders, &in), 0);
}
END_TEST

START_TEST(intent_that_cannot_be_is_not_recorded)
{
    njord_intent in = make_intent("", "s", "ATOM/USDT", BUY, 1);
    ck_assert_int_eq(nj_orders_intent(orders, &in), NJ_ERR_INPUT);
    in = make_intent("a", "", "ATOM/USDT", BUY, 1);
    ck_assert_int_eq(nj_orders_intent(orders, &in), NJ_ERR_INPUT);
    in = make_intent("a", "s", "atom", BUY, 1);
    ck_assert_int_eq(nj_orders_intent(orders, &in), NJ_ERR_INPUT);
    in = make_intent("a", "s", "ATOM/USDT", 3, 1);
    ck_assert_int_eq(nj_orders_intent(orders, &in), NJ_ERR_INPUT);
    memset(in.intent_id, 'x', sizeof in.intent_id);
    ck_assert_int_eq(nj_orders_intent(orders, &in), NJ_ERR_INPUT);
    /* A quantity that cannot be is risk's to refuse: recorded, and counts nothing. */
    in = make_intent("a", "s", "ATOM/USDT", BUY, NAN);
    ck_assert_int_eq(nj_orders_intent(orders, &in), 0);
    ck_assert_double_eq(nj_orders_working(orders, "s", "ATOM/USDT"), 0);
    ck_assert_int_eq(decide("a", false, 1), 0);
}
END_TEST

/* ---- ids ---- */

START_TEST(intent_ids_equal_those_of_hashlib)
{
    char *text = read_source("tests/golden/trade/intent_ids.txt"), *rest = NULL;
    unsigned n = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), n++) {
        char strategy[48], id[64], is[NJORD_INTENT_ID_SIZE];
        unsigned long long epoch, seq;
        unsigned nth;
        ck_assert_int_eq(sscanf(line, "%47s %llu %llu %u %63s", strategy, &epoch, &seq, &nth, id),
                         5);
        nj_intent_id(strategy, epoch, seq, nth, is);
        ck_assert_str_eq(is, id);
        ck_assert_uint_le(strlen(is), 36);
    }
    ck_assert_uint_ge(n, 10);
    free(text);
}
END_TEST

START_TEST(id_is_seen_once_it_was_an_intent)
{
    ck_assert(!nj_orders_seen(orders, "a"));
    ck_assert_int_eq(wish("a", "s", BUY, 1), 0);
    ck_assert(nj_orders_seen(orders, "a"));
    ck_assert_int_eq(wish("a", "s", BUY, 1), NJ_ERR_EXISTS);
    decide("a", false, 1);
    ck_assert_int_eq(wish("a", "s", BUY, 1), NJ_ERR_EXISTS);
}
END_TEST

static void pass_through(const char *id)
{
    ck_assert_int_eq(wish(id, "s", BUY, 1), 0);
    ck_assert_int_eq(decide(id, false, 1), 0);
}

START_TEST(ended_orders_beyond_the_bound_leave_only_their_ids)
{
    char id[NJORD_INTENT_ID_SIZE];
    pass_through("foreign-1");
    nj_intent_id("s", 9, 1, 0, id);
    pass_through(id);
    for (unsigned n = 0; n < NJ_ORDERS_ENDED; n++) {
        snprintf(id, sizeof id, "n%u", n);
        pass_through(id);
    }
    ck_assert_ptr_null(nj_order_find(orders, "foreign-1"));
    ck_assert_ptr_nonnull(nj_order_find(orders, "n0"));
    ck_assert(nj_orders_seen(orders, "foreign-1"));
    ck_assert(nj_orders_seen(orders, "n0"));
    nj_intent_id("s", 9, 1, 0, id);
    ck_assert_ptr_null(nj_order_find(orders, id));
    ck_assert(nj_orders_seen(orders, id));
    nj_intent_id("s", 9, 0, 5, id); /* below the mark of its strategy and epoch */
    ck_assert(nj_orders_seen(orders, id));
    nj_intent_id("s", 9, 1, 1, id);
    ck_assert(!nj_orders_seen(orders, id));
    nj_intent_id("s", 8, 0, 0, id); /* another epoch */
    ck_assert(!nj_orders_seen(orders, id));
    nj_intent_id("t", 9, 0, 0, id); /* another strategy */
    ck_assert(!nj_orders_seen(orders, id));
    /* foreign ids are kept for as long as asked: all of them are from 1,000 ns */
    nj_orders_forget(orders, 2000, 1000);
    ck_assert(nj_orders_seen(orders, "foreign-1"));
    nj_orders_forget(orders, 2001, 1000);
    ck_assert(!nj_orders_seen(orders, "foreign-1"));
    nj_intent_id("s", 9, 1, 0, id);
    ck_assert(nj_orders_seen(orders, id));
}
END_TEST

/* Random flow: the sums equal those counted anew from the orders themselves. */
START_TEST(sums_equal_a_count_from_scratch)
{
    uint64_t state = 99;
    char id[16];
    unsigned made = 0;
    for (int step = 0; step < 20000; step++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        unsigned r = (unsigned)(state >> 33);
        if (made == 0 || r % 4 == 0) {
            snprintf(id, sizeof id, "r%u", made++);
            njord_intent in =
                make_intent(id, r & 64 ? "s" : "t", r & 128 ? "ATOM/USDT" : "BTC/USDT",
                            r & 256 ? BUY : SELL, (r % 97 + 1) * 0.1);
            ck_assert_int_eq(nj_orders_intent(orders, &in), 0);
        } else {
            unsigned back = (r >> 9) % 40;
            snprintf(id, sizeof id, "r%u", made - 1 - (back < made ? back : 0));
            if (r % 4 == 1)
                fill_at(id, "", (r >> 12) % 5 * 0.1, 10);
            else
                give(id, (enum coming)((r >> 12) % COMINGS));
        }
        if (step % 50)
            continue;
        static const char *const strategies[] = {"s", "t"}, *const symbols[] = {"ATOM/USDT",
                                                                                "BTC/USDT"};
        for (int k = 0; k < 4; k++) {
            const char *strategy = strategies[k / 2], *symbol = symbols[k % 2];
            int64_t buys = 0, sells = 0, is_buys, is_sells;
            unsigned open = 0;
            for (unsigned n = 0; n < made; n++) {
                snprintf(id, sizeof id, "r%u", n);
                const struct nj_order *o = get(id);
                if (!nj_order_open(o) || strcmp(o->strategy_id, strategy) != 0)
                    continue;
                open++;
            }
            ck_assert_uint_eq(open, nj_orders_count_open(orders, strategy));
            for (const struct nj_order *o = NULL;
                 (o = nj_orders_next_open(orders, o, strategy, symbol));) {
                njord_open_order d;
                nj_order_describe(o, &d);
                if (o->stage != NJ_ORDER_INTENT)
                    *(o->side == BUY ? &buys : &sells) += o->lots - o->filled_lots;
            }
            nj_orders_working_sides(orders, strategy, symbol, &is_buys, &is_sells);
            /* an end that waits for fills counts less than the rest of its order */
            ck_assert_int_le(is_buys, buys);
            ck_assert_int_le(is_sells, sells);
            ck_assert_int_ge(is_buys, 0);
            ck_assert_int_ge(is_sells, 0);
        }
    }
    /* everything ended: nothing is left in any sum */
    for (unsigned n = 0; n < made; n++) {
        snprintf(id, sizeof id, "r%u", n);
        const struct nj_order *o = get(id);
        if (o->stage == NJ_ORDER_INTENT)
            decide(id, false, 1);
        else if (nj_order_open(o) &&
                 fill_at(id, "", nj_lots_qty(o->instrument, o->lots - o->filled_lots), 10) != 0)
            ck_abort_msg("'%s' could not be filled", id);
    }
    ck_assert_uint_eq(nj_orders_count_open(orders, NULL), 0);
    ck_assert_uint_eq(nj_orders_count_accepted(orders, NULL), 0);
    ck_assert_double_eq(nj_orders_working(orders, NULL, "ATOM/USDT"), 0);
    ck_assert_double_eq(nj_orders_working(orders, "t", "BTC/USDT"), 0);
    ck_assert_double_eq(nj_orders_bound_cash(orders, "s"), 0);
    ck_assert_double_eq(nj_orders_bound_cash(orders, "t"), 0);
    ck_assert_ptr_null(nj_orders_next_open(orders, NULL, NULL, NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("orders");
    TCase *t = tcase_create("orders");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, each_stage_meets_each_event_as_the_table_says);
    tcase_add_test(t, event_about_an_unknown_order_is_not_found);
    tcase_add_test(t, fill_may_come_before_the_acknowledgement);
    tcase_add_test(t, filled_update_before_its_fills_keeps_the_order_open);
    tcase_add_test(t, filled_update_without_a_quantity_means_all_of_it);
    tcase_add_test(t, cancel_with_fills_missing_waits_for_them_and_no_more);
    tcase_add_test(t, fill_after_the_end_is_still_taken);
    tcase_add_test(t, fill_twice_counts_once);
    tcase_add_test(t, nonsense_from_a_venue_changes_nothing);
    tcase_add_test(t, working_counts_wishes_but_risk_counts_what_it_let_through);
    tcase_add_test(t, sums_are_by_strategy_and_symbol_and_over_all);
    tcase_add_test(t, open_orders_are_listed_oldest_first);
    tcase_add_test(t, walk_goes_on_behind_an_order_that_ended_meanwhile);
    tcase_add_test(t, order_is_described_as_plugins_see_it);
    tcase_add_test(t, sums_that_would_not_fit_are_refused);
    tcase_add_test(t, intent_that_cannot_be_is_not_recorded);
    tcase_add_test(t, intent_ids_equal_those_of_hashlib);
    tcase_add_test(t, id_is_seen_once_it_was_an_intent);
    tcase_add_test(t, ended_orders_beyond_the_bound_leave_only_their_ids);
    tcase_add_test(t, sums_equal_a_count_from_scratch);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
