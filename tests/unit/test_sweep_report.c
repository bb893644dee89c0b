/* test_sweep_report.c - what the report of a sweep says beside its CSV: neighbours of the best,
 * packed columns, sets drawn from many, hostile texts, the size of a page; expected values worked
 * out by hand. The page in a browser: tests/e2e/test_sweep_report.py. */
#include "backtest/report.h"
#include "backtest/sweep_report_impl.h"
#include "test_main.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAR(found, expected) ck_assert_double_eq_tol(found, expected, 1e-12)
#define DAY                   INT64_C(86400000000000)
#define START                 (18628 * DAY) /* 2021-01-01 */

static struct nj_space *space_of(const char *const *axes, const char *where)
{
    struct nj_error err = {0};
    struct nj_space *space = nj_space_new();
    for (size_t i = 0; axes[i]; i++)
        ck_assert_msg(nj_space_axis(space, axes[i], &err) == 0, "%s", err.text);
    if (where)
        ck_assert_msg(nj_space_where(space, where, &err) == 0, "%s", err.text);
    ck_assert_msg(nj_space_choose(space, 0, 1, &err) == 0, "%s", err.text);
    return space;
}

/* ---- figures ---- */

START_TEST(a_median_is_the_middle_of_what_there_is)
{
    double odd[] = {NAN, 7, 1, 3, NAN}, even[] = {4, 1, 3, 10}, none[] = {NAN};
    NEAR(nj_sweep_median(odd, 5), 3);
    NEAR(nj_sweep_median(even, 4), 3.5);
    ck_assert(isnan(nj_sweep_median(none, 1)));
    ck_assert(isnan(nj_sweep_median(none, 0)));
}
END_TEST

static struct nj_neighbours beside(const struct nj_space *space, const double *keys, uint64_t at,
                                   double middle, int better)
{
    uint64_t n = nj_space_sets(space), *sets = malloc(n * sizeof *sets);
    struct nj_neighbours out;
    struct nj_error err = {0};
    for (uint64_t i = 0; i < n; i++)
        sets[i] = i;
    ck_assert_msg(nj_sweep_neighbours(space, sets, keys, n, at, middle, better, &out, &err) == 0,
                  "%s", err.text);
    free(sets);
    return out;
}

START_TEST(neighbours_are_one_step_off_on_each_axis)
{
    static const char *const axes[] = {"a=1,2,3", "b=10,20,30", NULL};
    /* b across, a down; the best in the middle, one without a figure */
    static const double keys[] = {1, 2, 3, 4, 9, 6, 5, 7, NAN};
    struct nj_space *space = space_of(axes, NULL);
    struct nj_neighbours n = beside(space, keys, 4, 4.5, 1);
    ck_assert_uint_eq(n.n, 7);
    ck_assert(!n.nearest);
    NEAR(n.median, 4); /* of 1 2 3 4 5 6 7 */
    NEAR(n.worst, 1);
    NEAR(n.best, 7);
    NEAR(n.share, -0.5 / 4.5);
    n = beside(space, keys, 4, 4.5, -1);
    NEAR(n.worst, 7);
    NEAR(n.best, 1);
    ck_assert(isnan(n.share)); /* lower is better, and 9 is above the middle */
    n = beside(space, keys, 0, 4.5, 1);
    ck_assert_uint_eq(n.n, 3); /* a corner: 2, 4, 9 */
    NEAR(n.median, 4);
    nj_space_free(space);
}
END_TEST

START_TEST(steps_go_by_the_order_of_numbers_and_other_texts_are_kept)
{
    static const char *const axes[] = {"k=30,10,20", "mode=slow,fast", NULL};
    /* (30 slow) (30 fast) (10 slow) (10 fast) (20 slow) (20 fast) */
    static const double keys[] = {1, 50, 9, 60, 3, 70};
    struct nj_space *space = space_of(axes, NULL);
    struct nj_neighbours n = beside(space, keys, 2, 5, 1);
    ck_assert_uint_eq(n.n, 1); /* 20 slow: 30 is two steps off, fast another mode */
    ck_assert(!n.nearest);
    NEAR(n.median, 3);
    n = beside(space, keys, 4, 2, 1);
    ck_assert_uint_eq(n.n, 2);
    NEAR(n.median, 5); /* of 9 and 1 */
    NEAR(n.share, 3);
    nj_space_free(space);
    static const char *const texts[] = {"mode=slow,fast,still", NULL};
    space = space_of(texts, NULL);
    n = beside(space, keys, 0, 0, 1);
    ck_assert_uint_eq(n.n, 0);
    ck_assert(isnan(n.median) && isnan(n.share));
    nj_space_free(space);
}
END_TEST

START_TEST(where_few_stand_beside_it_the_nearest_are_taken)
{
    static const char *const axes[] = {"a=1..10", "b=1..10", NULL};
    double keys[10];
    struct nj_space *space = space_of(axes, "a == b");
    for (int i = 0; i < 10; i++)
        keys[i] = 10 - i;
    struct nj_neighbours n = beside(space, keys, 0, 5.5, 1);
    ck_assert(n.nearest);
    ck_assert_uint_eq(n.n, 8); /* (2,2) to (9,9): 9 to 2 */
    NEAR(n.median, 5.5);
    NEAR(n.worst, 2);
    NEAR(n.best, 9);
    NEAR(n.share, 0);
    nj_space_free(space);
}
END_TEST

/* ---- columns ---- */

START_TEST(numbers_are_packed_as_their_digits)
{
    const struct nj_packing *p = &nj_packing_coarse;
    static const double v[] = {0.25, -1.5, NAN, 0};
    struct nj_buf text = {0};
    ck_assert_int_eq(nj_packing_top(p, v, 4), 0);
    ck_assert_int_eq(nj_packing_top(p, v + 2, 2), 0);
    /* 1.5 is 1500 x 10^-3: the 14th power of 14; 2 (1 + 13 x 9000 + 500) */
    ck_assert_uint_eq(nj_packing_code(p, 0, 1.5), 235002);
    ck_assert_uint_eq(nj_packing_code(p, 0, -1.5), 235003);
    ck_assert_uint_eq(nj_packing_code(p, 0, 0), 0);
    ck_assert_uint_eq(nj_packing_code(p, 0, -0.0), 0);
    ck_assert_uint_eq(nj_packing_code(p, 0, NAN), 262143);
    ck_assert_uint_eq(nj_packing_code(p, 0, 1.5e-14), 0); /* below the lowest power */
    ck_assert_uint_eq(nj_packing_code(p, 0, 1e-13), 2);   /* the lowest there is */
    ck_assert_uint_eq(nj_packing_code(p, 0, 9.999), 252000);
    static const double round[] = {9999.6};
    ck_assert_int_eq(nj_packing_top(p, round, 1), 4); /* 1.000e4 */
    /* 235002 is 57 x 4096 + 23 x 64 + 58 */
    nj_sweep_put_code(&text, 235002, 3);
    ck_assert_str_eq(text.data, "5X6");
    nj_buf_free(&text);
    ck_assert_uint_eq(nj_packing_code(&nj_packing_fine, 0, 1.5), 2 * (1 + 58 * 9000000 + 500000));
    ck_assert_uint_lt(nj_packing_code(&nj_packing_fine, 0, -9.999999), (1 << 30) - 1);
    ck_assert_uint_eq(nj_sweep_code_width(1), 1);
    ck_assert_uint_eq(nj_sweep_code_width(64), 1);
    ck_assert_uint_eq(nj_sweep_code_width(65), 2);
    ck_assert_uint_eq(nj_sweep_code_width(4097), 3);
}
END_TEST

/* ---- the page ---- */

struct made {
    uint64_t n, failing; /* the last so many fail */
    const char *error;
};

static double noise(uint64_t rank, int m)
{
    uint64_t state = rank * 64 + (uint64_t)m;
    return (double)nj_space_below(&state, UINT64_C(1) << 52) / 4503599627370496.0 - 0.5;
}

static int row_of(void *ctx, uint64_t rank, struct nj_sweep_row *out, struct nj_error *err)
{
    const struct made *made = ctx;
    bool failed = rank >= made->n - made->failing;
    (void)err;
    *out = (struct nj_sweep_row){.set = made->n - 1 - rank, .error = failed ? made->error : ""};
    for (int m = 0; m < NJ_METRIC_COUNT; m++)
        out->metrics.value[m] = failed ? (double)NAN : noise(rank, m) * 1234.5678;
    if (!failed)
        out->metrics.value[NJ_METRIC_SHARPE_RATIO] = 3 - (double)rank * 0.001;
    return 0;
}

struct fixture {
    struct nj_result about;
    struct nj_space *space;
    struct nj_sweep_doubt doubt;
    struct nj_sweep_page page;
    struct made made;
};

static void set_up(struct fixture *f, const char *const *axes)
{
    *f = (struct fixture){.about = {.start_ts = START,
                                    .end_ts = START + 100 * DAY,
                                    .capital = 10000,
                                    .commission_rate = 0.001,
                                    .maker_rate = NAN,
                                    .taker_rate = NAN,
                                    .periods_per_year = 365,
                                    .strategy_id = "s",
                                    .symbol = "A/USDT",
                                    .input = "bars",
                                    .timeframe = "1m",
                                    .fill = "close",
                                    .limit_gap = "limit"},
                          .space = space_of(axes, NULL)};
    f->made = (struct made){.n = nj_space_sets(f->space), .error = "it failed"};
    f->doubt = (struct nj_sweep_doubt){.deflated = {.trials = 100, .confidence = 0.62, .luck = 0.1},
                                       .luck_annual = 1.43,
                                       .pbo = {.probability = 0.31, .loss = 0.2, .splits = 12870},
                                       .of_sets = 100,
                                       .days = 100};
    f->page = (struct nj_sweep_page){.about = &f->about,
                                     .space = f->space,
                                     .seed = 7,
                                     .sort = NJ_METRIC_SHARPE_RATIO,
                                     .doubt = &f->doubt,
                                     .row = row_of,
                                     .ctx = &f->made};
}

static void page_of(struct fixture *f, struct nj_buf *out)
{
    struct nj_error err = {0};
    f->page.failed = f->made.failing;
    ck_assert_msg(nj_sweep_report_html(&f->page, out, &err) == 0, "%s", err.text);
}

static bool told_missing(void)
{
    if (nj_report_missing())
        printf("not tested: %s\n", nj_report_missing());
    return nj_report_missing() != NULL;
}

static const char *const ten_by_ten[] = {"fast=1..10", "slow=1..10", NULL};

START_TEST(it_says_what_the_best_is_worth)
{
    struct fixture f;
    struct nj_buf page = {0};
    if (told_missing())
        return;
    set_up(&f, ten_by_ten);
    page_of(&f, &page);
    ck_assert_ptr_nonnull(strstr(page.data, "Of 100 sets without any skill, the best would have a "
                                            "Sharpe ratio of 1.43 by luck alone; the best here has "
                                            "3.00."));
    ck_assert_ptr_nonnull(
        strstr(page.data, "more than luck, given how long the run is: 62\xc2\xa0%"));
    ck_assert_ptr_nonnull(strstr(page.data, "may be luck"));
    ck_assert_ptr_nonnull(strstr(page.data, "in 12,870 ways. In 31\xc2\xa0% of them"));
    ck_assert_ptr_nonnull(strstr(page.data, "holds up in part"));
    /* the best is the last set (10, 10); beside it ranks 1, 10, 11: 2.999, 2.990, 2.989 */
    ck_assert_ptr_nonnull(strstr(page.data, "Of 3 sets one step off the best, the median Sharpe "
                                            "ratio is 2.99 (from 2.99 to 3.00)"));
    ck_assert_ptr_nonnull(strstr(page.data, "a plateau"));
    ck_assert_ptr_nonnull(strstr(page.data, "<code>fast = 10</code><code>slow = 10</code>"));
    ck_assert_ptr_nonnull(strstr(page.data, "the median of all 2.95")); /* 2.9505 */
    ck_assert_ptr_null(strstr(page.data, "id=\"panel-failures\""));
    nj_buf_clear(&page);
    f.doubt.deflated.confidence = 0.97;
    f.doubt.pbo.probability = 0.05;
    page_of(&f, &page);
    ck_assert_ptr_nonnull(strstr(page.data, "hardly luck"));
    ck_assert_ptr_nonnull(strstr(page.data, ">holds up<"));
    nj_buf_clear(&page);
    f.doubt.deflated.confidence = 0.3;
    f.doubt.pbo.probability = 0.05;
    f.doubt.pbo.loss = 0.9;
    page_of(&f, &page);
    ck_assert_ptr_nonnull(strstr(page.data, "luck does as well"));
    ck_assert_ptr_nonnull(strstr(page.data, "loses money"));
    nj_buf_clear(&page);
    f.doubt.deflated.confidence = NAN;
    f.doubt.pbo.probability = NAN;
    f.doubt.days = 3;
    page_of(&f, &page);
    ck_assert_ptr_nonnull(strstr(page.data, "no daily returns to judge it by"));
    ck_assert_ptr_nonnull(strstr(page.data, "3 daily returns are too few; it takes 12."));
    nj_buf_free(&page);
    nj_space_free(f.space);
}
END_TEST

START_TEST(hostile_texts_stay_texts)
{
    static const char *const axes[] = {"fast=1,2",
                                       "tag=</script><script>alert(1)</script>,<!--,\"'&", NULL};
    struct fixture f;
    struct nj_buf page = {0};
    const char *where = "<b>1 < 2";
    if (told_missing())
        return;
    set_up(&f, axes);
    memcpy(f.about.strategy_id, "<i>id", 6);
    f.made.failing = 2;
    f.made.error = "</script><script>alert(2)</script><img src=x>";
    f.page.wheres = &where;
    f.page.n_wheres = 1;
    page_of(&f, &page);
    static const char *const bad[] = {"<script>alert", "<!--", "<i>id", "<img", "<b>1 <"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!strstr(page.data, bad[i]), "%s stands in the page", bad[i]);
    size_t ends = 0;
    for (const char *at = page.data; (at = strstr(at, "</script")); at++)
        ends++;
    ck_assert_uint_eq(ends, 3);
    ck_assert_ptr_nonnull(
        strstr(page.data, "&lt;/script&gt;&lt;script&gt;alert(2)&lt;/script&gt;"));
    ck_assert_ptr_nonnull(strstr(page.data, "\\u003c/script\\u003e\\u003cscript\\u003ealert(1)"));
    nj_buf_free(&page);
    nj_space_free(f.space);
}
END_TEST

START_TEST(ten_thousand_sets_stay_under_a_megabyte)
{
    static const char *const axes[] = {"fast=1..100", "slow=0.01..1:0.01", NULL};
    struct fixture f;
    struct nj_buf page = {0}, again = {0};
    if (told_missing())
        return;
    set_up(&f, axes);
    page_of(&f, &page);
    page_of(&f, &again);
    printf("a page of 10,000 sets: %zu bytes\n", page.len);
    ck_assert_uint_lt(page.len, 1000000);
    ck_assert_uint_eq(page.len, again.len);
    ck_assert_mem_eq(page.data, again.data, page.len);
    ck_assert_ptr_null(strstr(page.data, "this page holds"));
    nj_buf_free(&page);
    nj_buf_free(&again);
    nj_space_free(f.space);
}
END_TEST

START_TEST(many_values_leave_room_for_fewer_sets)
{
    struct fixture f;
    struct nj_sweep_view view;
    struct nj_error err = {0};
    struct nj_buf page = {0};
    struct nj_space *space = nj_space_new();
    static const char *const axes[] = {"a=0.00001..1:0.00001", "b=0.00001..1:0.00001",
                                       "c=0.00001..1:0.00001", "d=0.001..1:0.001"};
    set_up(&f, ten_by_ten);
    for (size_t i = 0; i < 4; i++)
        ck_assert_msg(nj_space_axis(space, axes[i], &err) == 0, "%s", err.text);
    ck_assert_msg(nj_space_choose(space, 10000, 3, &err) == 0, "%s", err.text);
    f.page.space = space;
    f.made.n = 10000;
    ck_assert_int_eq(nj_sweep_view_make(&view, &f.page, &err), 0);
    /* a set: 26 x 3 for figures, 3 x (3 for its place + 7 + 3 for its text), 2, 3 for its
     * rank; and 1000 x 8 */
    ck_assert_uint_gt(view.n_kept, 6800);
    ck_assert_uint_lt(view.n_kept, 860000 / 122 + 1);
    nj_sweep_view_free(&view);
    if (!told_missing()) {
        page_of(&f, &page);
        printf("a page of 10,000 sets drawn from four fine axes: %zu bytes\n", page.len);
        ck_assert_uint_lt(page.len, 1000000);
        ck_assert_ptr_nonnull(strstr(page.data, " of 10000 sets: the best 1000"));
    }
    nj_buf_free(&page);
    nj_space_free(space);
    nj_space_free(f.space);
}
END_TEST

START_TEST(of_more_sets_the_best_and_some_drawn_are_kept)
{
    static const char *const axes[] = {"fast=1..200", "slow=1..100", NULL};
    struct fixture f;
    struct nj_sweep_view view;
    struct nj_error err = {0};
    uint64_t upper = 0;
    set_up(&f, axes);
    f.made.failing = 5000;
    ck_assert_int_eq(nj_sweep_view_make(&view, &f.page, &err), 0);
    ck_assert_uint_eq(view.n, 20000);
    ck_assert_uint_eq(view.n_kept, NJ_SWEEP_PAGE_SETS);
    ck_assert_ptr_eq(view.packing, &nj_packing_coarse);
    ck_assert_uint_eq(view.with_figure, 15000);
    for (uint64_t i = 0; i < view.n_kept; i++) {
        ck_assert(i >= NJ_SWEEP_PAGE_BEST || view.kept_rank[i] == i);
        ck_assert(i == 0 || view.kept_rank[i] > view.kept_rank[i - 1]);
        ck_assert_uint_eq(view.kept_set[i], 19999 - view.kept_rank[i]);
        ck_assert_int_eq(view.kept_cause[i], view.kept_rank[i] >= 15000);
        upper += view.kept_rank[i] >= 10500; /* the second half of the 19,000 that are drawn from */
    }
    ck_assert_uint_gt(upper, 4300); /* 4500 expected, deviation 34 */
    ck_assert_uint_lt(upper, 4700);
    ck_assert_uint_eq(view.n_causes, 1);
    ck_assert_uint_eq(view.causes[0].n, 5000);
    ck_assert_uint_eq(view.causes[0].set, 0);
    nj_sweep_view_free(&view);
    struct nj_buf page = {0};
    if (!told_missing()) {
        page_of(&f, &page);
        ck_assert_ptr_nonnull(
            strstr(page.data, "this page holds 10000 of 20000 sets: the best 1000"));
        ck_assert_ptr_nonnull(strstr(page.data, "5000 of 20000 sets failed"));
        ck_assert_uint_lt(page.len, 1048576);
    }
    nj_buf_free(&page);
    nj_space_free(f.space);
}
END_TEST

static int row_of_many_causes(void *ctx, uint64_t rank, struct nj_sweep_row *out,
                              struct nj_error *err)
{
    static char text[32];
    (void)ctx, (void)err;
    snprintf(text, sizeof text, "cause %llu", (unsigned long long)rank);
    *out = (struct nj_sweep_row){.set = rank, .error = text};
    for (int m = 0; m < NJ_METRIC_COUNT; m++)
        out->metrics.value[m] = NAN;
    return 0;
}

START_TEST(causes_beyond_the_first_fifty_are_counted)
{
    struct fixture f;
    struct nj_sweep_view view;
    struct nj_error err = {0};
    struct nj_buf page = {0};
    set_up(&f, ten_by_ten);
    f.page.row = row_of_many_causes;
    ck_assert_int_eq(nj_sweep_view_make(&view, &f.page, &err), 0);
    ck_assert_uint_eq(view.n_causes, NJ_SWEEP_CAUSES);
    ck_assert_uint_eq(view.other_causes, 50);
    ck_assert(!view.ran && isnan(view.middle));
    nj_sweep_view_free(&view);
    if (!told_missing()) {
        f.made.failing = 100;
        page_of(&f, &page);
        ck_assert_ptr_nonnull(strstr(page.data, "others: the CSV has them"));
        ck_assert_ptr_nonnull(strstr(page.data, "No set has a figure"));
    }
    nj_buf_free(&page);
    nj_space_free(f.space);
}
END_TEST

START_TEST(a_page_of_one_set_has_what_there_is)
{
    static const char *const axes[] = {"fast=5", NULL};
    struct fixture f;
    struct nj_buf page = {0};
    if (told_missing())
        return;
    set_up(&f, axes);
    f.doubt.deflated.trials = 1;
    f.doubt.of_sets = 1;
    page_of(&f, &page);
    ck_assert_ptr_nonnull(strstr(page.data, "There was one set, and nothing to choose from."));
    ck_assert_ptr_nonnull(strstr(page.data, "It takes the daily returns of two sets."));
    ck_assert_ptr_nonnull(strstr(page.data, "No other set that ran stands beside the best one."));
    nj_buf_free(&page);
    nj_space_free(f.space);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sweep report");
    TCase *c = tcase_create("sweep report");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, a_median_is_the_middle_of_what_there_is);
    tcase_add_test(c, neighbours_are_one_step_off_on_each_axis);
    tcase_add_test(c, steps_go_by_the_order_of_numbers_and_other_texts_are_kept);
    tcase_add_test(c, where_few_stand_beside_it_the_nearest_are_taken);
    tcase_add_test(c, numbers_are_packed_as_their_digits);
    tcase_add_test(c, it_says_what_the_best_is_worth);
    tcase_add_test(c, hostile_texts_stay_texts);
    tcase_add_test(c, ten_thousand_sets_stay_under_a_megabyte);
    tcase_add_test(c, many_values_leave_room_for_fewer_sets);
    tcase_add_test(c, of_more_sets_the_best_and_some_drawn_are_kept);
    tcase_add_test(c, causes_beyond_the_first_fifty_are_counted);
    tcase_add_test(c, a_page_of_one_set_has_what_there_is);
    suite_add_tcase(s, c);
    return run_suite(s);
}
