/* test_overfit.c - the deflated Sharpe ratio against the numbers of its paper, the probability of
 * backtest overfitting against splits worked out by hand. Larger ones: tests/e2e/test_overfit.py.
 */
#include "backtest/overfit.h"
#include "test_main.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

static struct nj_error err;

/* Values of Python's statistics.NormalDist (Wichura's AS241), to the digits shown. */
START_TEST(quantiles_are_those_of_the_tables)
{
    static const double cases[][2] = {{0.5, 0},
                                      {0.975, 1.9599639845400536},
                                      {0.95, 1.6448536269514715},
                                      {0.01, -2.3263478740408408},
                                      {1e-10, -6.361340902404056},
                                      {0.99, 2.3263478740408408},
                                      {0.999, 3.090232306167813}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_double_eq_tol(nj_normal_quantile(cases[i][0]), cases[i][1], 1e-13);
        ck_assert_double_eq_tol(nj_normal_cdf(cases[i][1]), cases[i][0], 1e-14);
    }
    ck_assert(isnan(nj_normal_quantile(-1)) && isnan(nj_normal_quantile(NAN)));
}
END_TEST

/* Bailey and López de Prado (2014), "A numerical example": an annual Sharpe ratio of 2.5 over 1,250
 * days, 250 a year, skew -3, kurtosis 10, the variance of 100 trials' annual ratios 1/2. */
START_TEST(the_papers_example)
{
    struct nj_deflated d = {.sharpe = 2.5 / sqrt(250),
                            .skew = -3,
                            .kurtosis = 10,
                            .periods = 1250,
                            .trials = 100,
                            .variance = 0.5 / 250};
    nj_deflate(&d);
    ck_assert_double_eq_tol(d.luck, 0.1132, 5e-5);
    ck_assert_double_eq_tol(d.confidence, 0.9004, 5e-5);
    d.trials = 46;
    nj_deflate(&d);
    ck_assert_double_eq_tol(d.confidence, 0.9505, 5e-5);
    d.trials = 88;
    d.skew = 0;
    d.kurtosis = 3;
    nj_deflate(&d);
    ck_assert_double_eq_tol(d.confidence, 0.9505, 5e-5);
}
END_TEST

START_TEST(one_trial_has_nothing_to_deflate)
{
    struct nj_deflated d = {.sharpe = 0.1, .kurtosis = 3, .periods = 100, .trials = 1};
    nj_deflate(&d);
    ck_assert(isnan(d.luck) && isnan(d.confidence));
    d.trials = 2; /* all alike: nothing that luck could choose from */
    nj_deflate(&d);
    ck_assert_double_eq(d.luck, 0);
    /* 0.1 * sqrt(99) / sqrt(1 + 0.01 / 2) = 0.99250934; its normal probability 0.83952 */
    ck_assert_double_eq_tol(d.confidence, 0.83952, 1e-5);
}
END_TEST

/* 1, 2, 3, 6: mean 3, deviations -2 -1 0 3: squares 14, cubes 18, fourth powers 98. */
START_TEST(moments_by_hand)
{
    static const double r[] = {1, 2, 3, 6}, flat[] = {0.1, 0.1, 0.1};
    struct nj_deflated d = {0};
    nj_deflate_moments(r, 4, 0.5, &d);
    ck_assert_double_eq_tol(d.sharpe, 2.5 / sqrt(14.0 / 3), 1e-14);
    ck_assert_double_eq_tol(d.skew, 4.5 / (3.5 * sqrt(3.5)), 1e-14);
    ck_assert_double_eq_tol(d.kurtosis, 24.5 / 12.25, 1e-14);
    nj_deflate_moments(flat, 3, 0, &d);
    ck_assert_double_eq(d.sharpe, 0);
}
END_TEST

START_TEST(few_days_make_few_blocks)
{
    static const unsigned cases[][2] = {{0, 0},   {11, 0},  {12, 4},  {17, 4},    {18, 6}, {24, 8},
                                        {30, 10}, {47, 14}, {48, 16}, {1825, 16}, {29, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_uint_eq(nj_pbo_blocks(cases[i][0]), cases[i][1]);
}
END_TEST

/* Twelve days in four blocks of three; a good block is (2, 1, 3), a bad one (-2, -1, -3). */
static void block(double *r, int b, int sign)
{
    r[3 * b] = 2.0 * sign;
    r[3 * b + 1] = 1.0 * sign;
    r[3 * b + 2] = 3.0 * sign;
}

START_TEST(one_that_is_always_better_is_no_accident)
{
    double a[12], b[12];
    const double *sets[] = {b, a};
    struct nj_pbo pbo;
    for (int i = 0; i < 4; i++) {
        block(a, i, 1);
        block(b, i, -1);
    }
    ck_assert_int_eq(nj_pbo(sets, 2, 12, 0, &pbo, &err), 0);
    /* six splits; the best is second of two from below each time: logit of 2/3 is above 0 */
    ck_assert_uint_eq(pbo.splits, 6);
    ck_assert_uint_eq(pbo.blocks, 4);
    ck_assert_double_eq(pbo.probability, 0);
    ck_assert_double_eq(pbo.loss, 0);
}
END_TEST

START_TEST(one_that_was_lucky_in_its_half_falls_in_the_other)
{
    double a[13], b[13];
    const double *sets[] = {a, b};
    struct nj_pbo pbo;
    a[0] = b[0] = 1e9; /* twelve of thirteen days are used: the latest */
    for (int i = 0; i < 4; i++) {
        block(a + 1, i, i < 2 ? 1 : -1);
        block(b + 1, i, i < 2 ? -1 : 1);
    }
    ck_assert_int_eq(nj_pbo(sets, 2, 13, 0, &pbo, &err), 0);
    /* halves {1, 2} and {3, 4}: the best there is the worst here, with a loss; in the four mixed
     * halves both have mean 0: a tie, its logit 0, and no loss */
    ck_assert_uint_eq(pbo.days, 12);
    ck_assert_double_eq(pbo.probability, 1);
    ck_assert_double_eq_tol(pbo.loss, 2.0 / 6, 1e-15);
}
END_TEST

START_TEST(a_third_that_is_even_holds_the_middle)
{
    /* a and b as above, c a little above 0 everywhere: Sharpe of (2, 1, 3) - 1.9 over six days */
    double a[12], b[12], c[12];
    const double *sets[] = {a, b, c};
    struct nj_pbo pbo;
    for (int i = 0; i < 4; i++) {
        block(a, i, i < 2 ? 1 : -1);
        block(b, i, i < 2 ? -1 : 1);
        block(c, i, 1);
        for (int k = 0; k < 3; k++)
            c[3 * i + k] -= 1.9;
    }
    ck_assert_int_eq(nj_pbo(sets, 3, 12, 0, &pbo, &err), 0);
    /* {1, 2}, {3, 4}: the best is the last in the other: 2 of 6. Mixed: c is the best, and in the
     * other half, mixed too, the best again: rank 3 of 3 */
    ck_assert_double_eq_tol(pbo.probability, 2.0 / 6, 1e-15);
    ck_assert_double_eq_tol(pbo.loss, 2.0 / 6, 1e-15);
}
END_TEST

/* ---- the same, plainly ---- */

/* Sharpe ratio of the days whose block is (or is not) in a mask, in two passes. */
static double plain_sharpe(const double *r, size_t days, size_t length, uint32_t mask, bool in,
                           double risk_free)
{
    long double sum = 0, squares = 0;
    double first = NAN;
    size_t n = 0;
    bool flat = true;
    for (size_t i = 0; i < days; i++)
        if ((mask >> (i / length) & 1) == in) {
            first = n++ ? first : r[i];
            flat = flat && r[i] == first;
            sum += r[i];
        }
    long double mean = sum / (long double)n;
    for (size_t i = 0; i < days; i++)
        if ((mask >> (i / length) & 1) == in)
            squares += (r[i] - mean) * (r[i] - mean);
    return flat ? 0 : (double)((mean - risk_free) / sqrtl(squares / (long double)(n - 1)));
}

/* Every half, one after the other; the logit of the paper, rank / (sets + 1), mean rank of ties. */
static void plain_pbo(const double *const *sets, size_t n, size_t days, uint32_t blocks,
                      double risk_free, struct nj_pbo *out)
{
    size_t length = days / blocks, skip = days - length * blocks;
    uint64_t lower = 0, losses = 0;
    out->splits = 0;
    for (uint32_t mask = 0; mask < 1u << blocks; mask++) {
        double best = -INFINITY, at_best = 0, others[16], rank = 1;
        if ((uint32_t)__builtin_popcount(mask) != blocks / 2)
            continue;
        for (size_t i = 0; i < n; i++) {
            double s = plain_sharpe(sets[i] + skip, days - skip, length, mask, true, risk_free);
            others[i] = plain_sharpe(sets[i] + skip, days - skip, length, mask, false, risk_free);
            if (s > best) {
                best = s;
                at_best = others[i];
            }
        }
        for (size_t i = 0; i < n; i++)
            rank += others[i] < at_best ? 1 : others[i] == at_best ? 0.5 : 0;
        rank -= 0.5; /* its tie with itself */
        double omega = rank / (double)(n + 1);
        lower += log(omega / (1 - omega)) <= 1e-12;
        losses += at_best < 0;
        out->splits++;
    }
    out->probability = (double)lower / (double)out->splits;
    out->loss = (double)losses / (double)out->splits;
}

static double uniform(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1p-53;
}

/* Two sets and many, all numbers of blocks, with twins, flat ones, and ones that never lose. */
START_TEST(random_sets_come_to_what_a_plain_count_gives)
{
    static const size_t lengths[] = {12, 13, 18, 24, 31, 36, 45, 49};
    static double returns[9][64];
    const double *sets[9];
    uint64_t state = 1;
    for (int round = 0; round < 60; round++) {
        size_t days = lengths[round % 8], n = 2 + (size_t)(round % 8);
        double risk_free = round % 3 == 2 ? 0.001 : 0;
        if (round >= 8 && days > 36)
            continue; /* 16 blocks have 12,870 halves: once is enough */
        for (size_t i = 0; i < n; i++) {
            sets[i] = returns[i];
            for (size_t d = 0; d < days; d++)
                returns[i][d] = (uniform(&state) - 0.5) * 0.02 + (double)i * 0.0002;
            if (round % 4 == 1 && i == 1) /* a twin of the first */
                for (size_t d = 0; d < days; d++)
                    returns[1][d] = returns[0][d];
            if (round % 5 == 2 && i + 1 == n) /* never moves, or always by as much */
                for (size_t d = 0; d < days; d++)
                    returns[i][d] = round % 2 ? 0.1 : 0;
        }
        if (round % 7 == 3) /* all flat: ties everywhere */
            for (size_t i = 0; i < n; i++)
                for (size_t d = 0; d < days; d++)
                    returns[i][d] = 0;
        struct nj_pbo found, plain;
        ck_assert_int_eq(nj_pbo(sets, n, days, risk_free, &found, &err), 0);
        plain_pbo(sets, n, days, nj_pbo_blocks(days), risk_free, &plain);
        ck_assert_msg(found.splits == plain.splits && found.probability == plain.probability &&
                          found.loss == plain.loss,
                      "round %d: %zu sets, %zu days: %.17g, %.17g of %llu, expected %.17g, %.17g "
                      "of %llu",
                      round, n, days, found.probability, found.loss,
                      (unsigned long long)found.splits, plain.probability, plain.loss,
                      (unsigned long long)plain.splits);
        if (round % 7 == 3)
            ck_assert_double_eq(found.probability, 1); /* the middle: no better than any other */
    }
}
END_TEST

START_TEST(too_little_is_refused)
{
    double a[12] = {0};
    const double *sets[] = {a, a};
    struct nj_pbo pbo;
    ck_assert_int_eq(nj_pbo(sets, 2, 11, 0, &pbo, &err), NJ_ERR_INPUT);
    ck_assert_int_eq(nj_pbo(sets, 1, 12, 0, &pbo, &err), NJ_ERR_INPUT);
    ck_assert(isnan(pbo.probability));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("overfit");
    TCase *c = tcase_create("overfit");
    tcase_add_test(c, quantiles_are_those_of_the_tables);
    tcase_add_test(c, the_papers_example);
    tcase_add_test(c, one_trial_has_nothing_to_deflate);
    tcase_add_test(c, moments_by_hand);
    tcase_add_test(c, few_days_make_few_blocks);
    tcase_add_test(c, one_that_is_always_better_is_no_accident);
    tcase_add_test(c, one_that_was_lucky_in_its_half_falls_in_the_other);
    tcase_add_test(c, a_third_that_is_even_holds_the_middle);
    tcase_add_test(c, random_sets_come_to_what_a_plain_count_gives);
    tcase_add_test(c, too_little_is_refused);
    suite_add_tcase(s, c);
    return run_suite(s);
}
