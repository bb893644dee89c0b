/* The mock host against plugins that behave well and badly (tests/plugins). */
#include "test_main.h"

#include <check.h>
#include <dlfcn.h>
#include <math.h>
#include <njord/contract.h>
#include <njord/mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATOM "ATOM/USDT"

static njord_mock *mock;

static void start(void)
{
    mock = njord_mock_new("mocked");
    ck_assert_ptr_nonnull(mock);
    ck_assert_int_eq(njord_mock_symbol(mock, ATOM, 0.001, 0.01), NJORD_OK);
}

static void stop(void)
{
    njord_mock_free(mock);
}

static const njord_plugin_entry *entry_of(const char *plugin)
{
    char path[4096];
    const char *top = getenv("top_builddir");
    (void)snprintf(path, sizeof path, "%s/tests/plugins/%s.so", top ? top : ".", plugin);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(handle != NULL, "%s", dlerror());
    return dlsym(handle, "njord_entry");
}

static void create(const char *plugin)
{
    ck_assert_msg(njord_mock_create(mock, entry_of(plugin)) == NJORD_OK, "%s",
                  njord_mock_error(mock));
}

static int trade(int64_t ts)
{
    return njord_mock_trade(mock, ATOM, 12.5, 1.0, ts);
}

#define ck_error_names(text) ck_assert_ptr_nonnull(strstr(njord_mock_error(mock), text))

START_TEST(a_stamp_that_does_not_fit_is_refused_with_the_field_and_both_values)
{
    ck_assert_int_eq(njord_mock_create(mock, entry_of("wrong_magic")), NJORD_E_ARG);
    ck_error_names("'magic' is 0x21524a4e, expected 0x44524a4e");
    ck_assert_int_eq(njord_mock_create(mock, entry_of("wrong_major")), NJORD_E_ARG);
    ck_error_names("'abi_major' is 2, expected 1");
    ck_assert_int_eq(njord_mock_create(mock, entry_of("wrong_pointer_bits")), NJORD_E_ARG);
    ck_error_names("'pointer_bits' is 32, expected 64");
}
END_TEST

START_TEST(older_and_larger_structs_are_read_by_their_own_size)
{
    ck_assert_int_eq(njord_mock_param(mock, "qty", "7"), NJORD_OK);
    create("older_struct");
    ck_assert_int_eq(trade(1), NJORD_OK);
    njord_mock_destroy(mock);
    ck_assert_int_eq(njord_mock_param(mock, "slow", "50"), NJORD_OK);
    create("larger_struct");
    ck_assert_int_eq(trade(2), NJORD_OK);
    njord_mock_destroy(mock);
    ck_assert_int_eq(njord_mock_create(mock, entry_of("older_struct")), NJORD_E_ARG);
    ck_error_names("'slow' is not declared");
}
END_TEST

START_TEST(what_could_never_do_anything_is_refused)
{
    ck_assert_int_eq(njord_mock_create(mock, entry_of("no_callbacks")), NJORD_E_ARG);
    ck_error_names("no_callbacks");
}
END_TEST

START_TEST(a_refusal_carries_the_plugins_own_sentence)
{
    ck_assert_int_eq(njord_mock_create(mock, entry_of("create_refuses")), NJORD_E_ARG);
    ck_error_names("not today");
    ck_assert_int_eq(trade(1), NJORD_E_BUSY);
    create("errors_always");
    ck_assert_int_eq(trade(1), NJORD_E_FAIL);
    ck_error_names("trade 1 of 'ATOM/USDT' was too much");
    ck_assert_int_eq(trade(2), NJORD_E_FAIL);
    ck_error_names("trade 2");
}
END_TEST

START_TEST(a_plugin_that_writes_into_events_is_noticed)
{
    create("scribbler");
    ck_assert_int_eq(trade(1), NJORD_OK);
    ck_assert_int_eq(njord_mock_bar(mock, ATOM, "1m", 0, 12.0, 13.0, 11.0, 12.0, 5.0), NJORD_OK);
    ck_assert_uint_eq(njord_mock_scribbles(mock), 2);
}
END_TEST

START_TEST(a_reload_carries_the_state_over_and_a_failed_one_leaves_the_old_version)
{
    create("counter_v1");
    ck_assert_int_eq(trade(1), NJORD_OK);
    ck_assert_int_eq(trade(2), NJORD_OK);
    ck_assert_int_eq(njord_mock_reload(mock, entry_of("create_refuses")), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_reload(mock, entry_of("load_refuses")), NJORD_E_STATE);
    ck_assert_int_eq(trade(3), NJORD_OK);
    ck_assert_msg(njord_mock_reload(mock, entry_of("counter_v2")) == NJORD_OK, "%s",
                  njord_mock_error(mock));
    ck_assert_int_eq(trade(4), NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_SIGNAL), 4);
    static const double versions[] = {1, 1, 1, 2};
    for (size_t i = 0; i < 4; i++) {
        const njord_signal *signal = njord_mock_signal(mock, i);
        ck_assert_str_eq(njord_mock_topic(mock, NJORD_EV_SIGNAL, i), "sig.mocked");
        ck_assert_str_eq(signal->strategy_id, "mocked");
        ck_assert_double_eq(njord_real(&signal->ev, signal->values, "version"), versions[i]);
        ck_assert_double_eq(njord_real(&signal->ev, signal->values, "count"), (double)(i + 1));
    }
    /* back to the older version: it does not read what the newer one saved */
    ck_assert_int_eq(njord_mock_reload(mock, entry_of("counter_v1")), NJORD_E_STATE);
    ck_assert_int_eq(trade(5), NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_SIGNAL), 5);
}
END_TEST

START_TEST(a_plugin_that_does_not_save_is_not_reloaded)
{
    void *state;
    size_t len;
    uint32_t version;
    create("save_refuses");
    ck_assert_int_eq(njord_mock_save(mock, &state, &len, &version), NJORD_E_FAIL);
    ck_assert_ptr_null(state);
    ck_assert_int_eq(njord_mock_reload(mock, entry_of("save_refuses")), NJORD_E_FAIL);
    ck_assert_int_eq(trade(1), NJORD_OK);
    njord_mock_destroy(mock);
    create("floods");
    ck_assert_int_eq(njord_mock_save(mock, &state, &len, &version), NJORD_E_UNSUPPORTED);
}
END_TEST

START_TEST(ten_thousand_orders_of_one_event_are_all_there)
{
    create("floods");
    ck_assert_int_eq(trade(1), NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_INTENT), 10000);
    ck_assert_str_eq(njord_mock_topic(mock, NJORD_EV_INTENT, 9999), "strat.intent");
    ck_assert_ptr_null(njord_mock_intent(mock, 10000));
    njord_mock_clear(mock);
    ck_assert_uint_eq(njord_mock_count(mock, 0), 0);
}
END_TEST

START_TEST(nonsense_given_to_the_mock_is_refused)
{
    ck_assert_ptr_null(njord_mock_new("an_instance_id_that_is_longer_than_any_that_may_be"));
    ck_assert_int_eq(njord_mock_symbol(mock, ATOM, 0.001, 0.01), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_symbol(mock, "ATOMUSDT", 0, 0), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_symbol(mock, "/USDT", 0, 0), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_symbol(mock, "ATOM/", 0, 0), NJORD_E_ARG);
    create("counter_v1");
    ck_assert_int_eq(njord_mock_symbol(mock, "BTC/USDT", 0, 0), NJORD_E_BUSY);
    ck_assert_int_eq(njord_mock_create(mock, entry_of("counter_v1")), NJORD_E_BUSY);
    ck_assert_int_eq(njord_mock_trade(mock, ATOM, NAN, 1.0, 1), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_bar(mock, ATOM, "1x", 0, 1, 1, 1, 1, 1), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_fill(mock, "none", 1.0, 1.0, 0.0), NJORD_E_NOT_FOUND);
    ck_assert_int_eq(njord_mock_param(mock, "any", "1"), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_place(mock, "o", ATOM, 1, 1, 1, 1.0, 1.0), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_next(mock), NJORD_E_ARG);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_COUNT), 0);
    njord_mock_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mock");
    TCase *tc = tcase_create("mock");
    tcase_add_checked_fixture(tc, start, stop);
    tcase_add_test(tc, a_stamp_that_does_not_fit_is_refused_with_the_field_and_both_values);
    tcase_add_test(tc, older_and_larger_structs_are_read_by_their_own_size);
    tcase_add_test(tc, what_could_never_do_anything_is_refused);
    tcase_add_test(tc, a_refusal_carries_the_plugins_own_sentence);
    tcase_add_test(tc, a_plugin_that_writes_into_events_is_noticed);
    tcase_add_test(tc, a_reload_carries_the_state_over_and_a_failed_one_leaves_the_old_version);
    tcase_add_test(tc, a_plugin_that_does_not_save_is_not_reloaded);
    tcase_add_test(tc, ten_thousand_orders_of_one_event_are_all_there);
    tcase_add_test(tc, nonsense_given_to_the_mock_is_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
