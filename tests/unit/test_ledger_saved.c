/* test_ledger_saved.c - a ledger saved and loaded: all that it knew, steps that changed since,
 * documents that are broken. */
#include "ledger_make.h"

START_TEST(loaded_ledger_knows_all_that_the_saved_one_knew)
{
    struct nj_instruments *instruments;
    struct nj_error err = {0};
    nj_ledger_set_capital(ledger, "s", 1000);
    fill("s", BUY, 0.7, 10.1, 0.1);
    fill("s", BUY, 0.9, 10.3, 0.2);
    fill("t", SELL, 0.4, 10.7, 0.1);
    fill("s", SELL, 1.1, 10.9, 0.3);
    struct nj_ledger *copy = reloaded(&instruments);
    njord_fill f = make_fill("paper-ATOMUSDT-2", "s", "ATOM/USDT", BUY, 1, 10, 0);
    ck_assert_int_eq(nj_ledger_fill(copy, &f, NULL, NULL, NULL, &err), NJ_ERR_EXISTS);
    ck_assert_double_eq(nj_ledger_cash(copy, "s"), nj_ledger_cash(ledger, "s"));
    ck_assert(isnan(nj_ledger_cash(copy, "t")));
    struct nj_ledger *other = ledger;
    njord_fill last = make_fill("last", "s", "ATOM/USDT", SELL, 0.5, 11, 0);
    struct nj_closing a, b;
    ck_assert_int_eq(nj_ledger_fill(copy, &last, NULL, NULL, &a, &err), 0);
    ck_assert_int_eq(nj_ledger_fill(other, &last, NULL, NULL, &b, &err), 0);
    ck_assert_int_eq(a.lots, b.lots);
    ck_assert_double_eq(a.realized_pnl, b.realized_pnl);
    ck_assert_double_eq(a.fees, b.fees);
    nj_ledger_free(copy);
    nj_instruments_free(instruments);
}
END_TEST

START_TEST(empty_ledger_is_saved_and_loaded)
{
    struct nj_instruments *instruments;
    struct nj_ledger *copy = reloaded(&instruments);
    size_t at = 0;
    ck_assert_ptr_null(nj_ledger_next(copy, &at));
    nj_ledger_free(copy);
    nj_instruments_free(instruments);
}
END_TEST

/* Saved in tenths, loaded where the step is a hundredth, a half, and 0.07. */
START_TEST(step_that_changed_since_is_taken_when_lots_stay_whole)
{
    static const struct {
        double step;
        int rc;
        int64_t lots;
    } rows[] = {{0.01, 0, 150}, {0.5, 0, 3}, {1, NJ_ERR_INPUT, 0}, {0.07, NJ_ERR_INPUT, 0}};
    fill("s", BUY, 2, 10, 0);
    fill("s", SELL, 0.5, 11, 0);
    struct kept saved = kept(ledger);
    for (size_t n = 0; n < 4; n++) {
        struct nj_error err = {0};
        struct nj_instruments *instruments = nj_instruments_new();
        make_symbol(instruments, "ATOM/USDT", 0.01, rows[n].step);
        struct nj_ledger *copy = nj_ledger_new(instruments);
        ck_assert_int_eq(nj_ledger_load(copy, saved.document.data, saved.document.len, &err),
                         rows[n].rc);
        if (rows[n].rc == 0) {
            const struct nj_position *p = nj_ledger_position(copy, "s", "ATOM/USDT");
            ck_assert_int_eq(p->lots, rows[n].lots);
            ck_assert_double_eq(nj_position_qty(p), 1.5);
            ck_assert_double_eq(p->avg_price, 10);
            ck_assert_double_eq(p->realized_pnl, 0.5);
            ck_assert_double_eq(nj_position_unrealized(p, 12), 3);
            ck_assert_double_eq(pnl_of(copy, "ATOM/USDT"), 3.5);
        } else {
            ck_assert_ptr_nonnull(strstr(err.text, "'ATOM/USDT'"));
        }
        nj_ledger_free(copy);
        nj_instruments_free(instruments);
    }
    forget(&saved);
}
END_TEST

START_TEST(broken_snapshot_is_refused_with_one_line)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{}",
        "{\"version\":2}",
        "{\"version\":1}",
        "{\"version\":1,\"version\":1}",
        "{\"version\":1,\"strategies\":[]}",
        "{\"version\":1,\"strategies\":[],\"positions\":[],\"accounts\":[],\"unvalued_fees\":-1,"
        "\"fill_ids\":[]}",
        "{\"version\":1,\"strategies\":[],\"positions\":[],\"accounts\":[],\"unvalued_fees\":0,"
        "\"fill_ids\":[\"zz\"]}",
        "{\"version\":1,\"strategies\":[{\"id\":\"s\",\"moved\":[1e999,0]}],\"positions\":[]}",
        "{\"version\":1,\"strategies\":[{\"id\":\"s\",\"moved\":[0,0]},{\"id\":\"s\",\"moved\":[0,"
        "0]}],\"positions\":[]}"};
    for (size_t n = 0; n < sizeof wrong / sizeof wrong[0]; n++) {
        struct nj_error err = {0};
        struct nj_ledger *l = nj_ledger_new(all);
        ck_assert_msg(nj_ledger_load(l, wrong[n], strlen(wrong[n]), &err) == NJ_ERR_INPUT, "%s",
                      wrong[n]);
        ck_assert(err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
        nj_ledger_free(l);
    }
}
END_TEST

/* A good snapshot with any one byte changed, or cut, is loaded or refused, and nothing worse. */
START_TEST(damaged_snapshot_does_no_harm)
{
    nj_ledger_set_capital(ledger, "s", 1000);
    fill("s", BUY, 2, 10, 0.1);
    fill("s", SELL, 0.5, 11, 0);
    struct kept whole = kept(ledger);
    const struct nj_buf saved = whole.document;
    char *text = malloc(saved.len);
    unsigned refused = 0;
    for (size_t at = 0; at < saved.len; at++) {
        for (int kind = 0; kind < 3; kind++) {
            struct nj_error err = {0};
            struct nj_instruments *instruments = nj_instruments_new();
            make_symbol(instruments, "ATOM/USDT", 0.01, 0.1);
            struct nj_ledger *copy = nj_ledger_new(instruments);
            memcpy(text, saved.data, saved.len);
            text[at] = kind == 0 ? '9' : kind == 1 ? '-' : (char)(text[at] ^ 1);
            size_t len = kind == 2 && at % 2 ? at : saved.len;
            if (nj_ledger_load(copy, text, len, &err) != 0) {
                ck_assert(err.text[0] != '\0');
                refused++;
            }
            nj_ledger_free(copy);
            nj_instruments_free(instruments);
        }
    }
    ck_assert_uint_gt(refused, (unsigned)saved.len);
    free(text);
    forget(&whole);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger saved");
    TCase *t = tcase_create("ledger saved");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, loaded_ledger_knows_all_that_the_saved_one_knew);
    tcase_add_test(t, empty_ledger_is_saved_and_loaded);
    tcase_add_test(t, step_that_changed_since_is_taken_when_lots_stay_whole);
    tcase_add_test(t, broken_snapshot_is_refused_with_one_line);
    tcase_add_test(t, damaged_snapshot_does_no_harm);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
