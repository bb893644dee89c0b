/* The made-up market that plugins are tried in: every event of it passes the host's own check, and
 * the same steps give the same events. */
#include "runtime/trial.h"

#include "base/json_out.h"
#include "test_main.h"

#include <math.h>
#include <njord/codec.h>
#include <njord/contract.h>
#include <stdlib.h>
#include <string.h>

/* Does the event belong to its topic, and is it one that a host would show? */
static void is_shown(const njord_event *event, const char *topic)
{
    char why[160] = "", name[96];
    const njord_topic *kind = njord_topic_of(topic);
    ck_assert_msg(kind != NULL, "topic '%s'", topic);
    ck_assert_uint_eq(kind->type, event->type);
    ck_assert_msg(njord_event_check(event, NJ_TRIAL_ROOM, why, sizeof why) == 0, "%s: %s", topic,
                  why);
    ck_assert_int_eq(njord_topic_name(kind, event, name, sizeof name), 0);
    ck_assert_str_eq(name, topic);
}

START_TEST(ordinary_events_pass_the_hosts_check_and_hold_every_kind)
{
    struct nj_trial t;
    char topic[96];
    bool seen[NJORD_EV_COUNT] = {false};
    ck_assert(nj_trial_init(&t));
    int64_t last = t.market.now_ns;
    for (int i = 0; i < 4000; i++) {
        const njord_event *event = nj_trial_ordinary(&t, topic);
        is_shown(event, topic);
        seen[event->type] = true;
        ck_assert_int_gt(t.market.now_ns, last);
        last = t.market.now_ns;
        if (event->type == NJORD_EV_TRADE) /* as the trial does with what it shows */
            t.market.price[strcmp(njord_event_symbol(event), nj_trial_symbols[0]) != 0] =
                ((const njord_trade *)event)->price;
    }
    for (int k = 0; k < 2; k++) { /* it neither dies out nor explodes */
        double home = k == 0 ? 5 : 60000;
        ck_assert_double_gt(t.market.price[k], home / 20);
        ck_assert_double_lt(t.market.price[k], home * 20);
    }
    static const uint32_t kinds[] = {NJORD_EV_TRADE,  NJORD_EV_BAR,         NJORD_EV_BOOK,
                                     NJORD_EV_TICKER, NJORD_EV_FEED_STATUS, NJORD_EV_INSTRUMENT};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        ck_assert_msg(seen[kinds[i]], "no event of type %u", kinds[i]);
    nj_trial_free(&t);
}
END_TEST

START_TEST(hostile_events_pass_the_hosts_check_too)
{
    struct nj_trial t;
    char topic[96];
    uint32_t n = 0, zero = 0, huge = 0, longest = 0, back = 0;
    ck_assert(nj_trial_init(&t));
    for (const njord_event *event; (event = nj_trial_hostile_event(&t, n, topic)); n++) {
        is_shown(event, topic);
        if (event->type == NJORD_EV_TRADE) {
            const njord_trade *trade = (const njord_trade *)event;
            zero += trade->qty == 0;
            huge += fabs(trade->price) >= 1e300;
            longest += strlen(trade->symbol) == NJORD_SYMBOL_SIZE - 1;
        }
        back += event->ts_ns < t.market.now_ns - 1000000000000;
    }
    ck_assert_uint_gt(n, 100);
    ck_assert_uint_gt(zero, 0);
    ck_assert_uint_gt(huge, 0);
    ck_assert_uint_gt(longest, 0);
    ck_assert_uint_gt(back, 0);
    ck_assert_uint_lt(n, 1000); /* it ends */
    nj_trial_free(&t);
}
END_TEST

START_TEST(the_same_steps_give_the_same_events)
{
    struct nj_trial a, b;
    char first[96], second[96];
    ck_assert(nj_trial_init(&a));
    ck_assert(nj_trial_init(&b));
    for (int i = 0; i < 1000; i++) {
        const njord_event *x = nj_trial_ordinary(&a, first), *y = nj_trial_ordinary(&b, second);
        ck_assert_str_eq(first, second);
        ck_assert_uint_eq(x->size, y->size);
        ck_assert_mem_eq(x, y, x->size);
    }
    nj_trial_free(&a);
    nj_trial_free(&b);
}
END_TEST

/* ---- the writer of answers and reports ---- */

START_TEST(json_has_commas_only_between_values)
{
    struct nj_buf buf = {0};
    struct nj_json_out json = {&buf, false};
    nj_put_open(&json, NULL, '{');
    nj_put_int(&json, "a", INT64_MIN);
    nj_put_uint(&json, "b", UINT64_MAX);
    nj_put_open(&json, "c", '[');
    nj_put_close(&json, ']');
    nj_put_open(&json, "d", '[');
    nj_put_real(&json, NULL, 0.1);
    nj_put_real(&json, NULL, NAN);
    nj_put_real(&json, NULL, -INFINITY);
    nj_put_bool(&json, NULL, true);
    nj_put_null(&json, NULL);
    nj_put_open(&json, NULL, '{');
    nj_put_close(&json, '}');
    nj_put_raw(&json, NULL, "{\"x\":1}", 7);
    nj_put_close(&json, ']');
    nj_put_text(&json, "e\"", "\n\x01\"\\");
    nj_put_text(&json, "f", NULL);
    nj_put_close(&json, '}');
    ck_assert_str_eq(buf.data, "{\"a\":-9223372036854775808,\"b\":18446744073709551615,\"c\":[],"
                               "\"d\":[0.1,null,null,true,null,{},{\"x\":1}],"
                               "\"e\\\"\":\"\\n\\u0001\\\"\\\\\",\"f\":\"\"}");
    nj_buf_free(&buf);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trial");
    TCase *all = tcase_create("trial");
    tcase_add_test(all, ordinary_events_pass_the_hosts_check_and_hold_every_kind);
    tcase_add_test(all, hostile_events_pass_the_hosts_check_too);
    tcase_add_test(all, the_same_steps_give_the_same_events);
    tcase_add_test(all, json_has_commas_only_between_values);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
