/* test_simmarket_rng.c - the simulated market's random numbers and elementary functions against
 * published sequences and libm. Owned by the tests. */
#include "rng.h"
#include "test_main.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

START_TEST(splitmix64_gives_the_published_sequence)
{
    /* seed 1234567, as printed with the algorithm by its translations (Rosetta Code, Vigna) */
    static const uint64_t expected[] = {6457827717110365317u, 3203168211198807973u,
                                        9817491932198370423u, 4593380528125082431u,
                                        16408922859458223821u};
    uint64_t state = 1234567;
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(sim_splitmix(&state), expected[i]);
}
END_TEST

START_TEST(xoshiro256_starstar_gives_the_values_worked_out_by_hand)
{
    /* state 1, 2, 3, 4: 2*5 = 10, rotated by 7 is 1280, times 9 is 11520; the state is then 7, 0,
     * 262146, 6 rotated by 45; s[1] = 0 gives 0; the third from s[1] = 262149 */
    struct sim_rng rng = {{1, 2, 3, 4}};
    ck_assert_uint_eq(sim_rng_next(&rng), 11520);
    ck_assert_uint_eq(sim_rng_next(&rng), 0);
    ck_assert_uint_eq(sim_rng_next(&rng), 1509978240);
    ck_assert_uint_eq(sim_rng_next(&rng), 1215971899390074240);
}
END_TEST

START_TEST(exp_and_log_are_those_of_libm_within_their_error)
{
    for (int i = -69900; i <= 69900; i++) {
        double x = i * 0.01 + 0.00123;
        double e = exp(x);
        ck_assert_msg(fabs(sim_exp(x) - e) <= 1e-14 * e, "exp(%.17g)", x);
        ck_assert_msg(fabs(sim_log(e) - log(e)) <= 1e-14 * fmax(1.0, fabs(log(e))), "log(%.17g)",
                      e);
    }
    ck_assert_double_eq(sim_exp(0.0), 1.0);
    ck_assert_double_eq(sim_log(1.0), 0.0);
    ck_assert_double_eq(sim_exp(-1000.0), 0.0);
    ck_assert_double_eq(sim_exp(1000.0), sim_exp(700.0));
}
END_TEST

START_TEST(normal_quantile_is_the_inverse_of_the_distribution)
{
    /* table values (e.g. Abramowitz and Stegun, table 26.5) */
    ck_assert_double_eq(sim_normal_quantile(0.5), 0.0);
    ck_assert_double_eq_tol(sim_normal_quantile(0.975), 1.959963984540054, 1e-6);
    ck_assert_double_eq_tol(sim_normal_quantile(0.001), -3.090232306167813, 1e-6);
    ck_assert_double_eq_tol(sim_normal_quantile(1e-15), -7.941345326170997, 1e-5);
    for (int i = 1; i < 2000; i++) {
        double p = i / 2000.0;
        double back = 0.5 * erfc(-sim_normal_quantile(p) / sqrt(2.0));
        ck_assert_double_eq_tol(back, p, 1e-7);
        ck_assert_double_eq_tol(sim_normal_quantile(1.0 - p), -sim_normal_quantile(p), 1e-6);
    }
}
END_TEST

static void moments(double (*draw)(struct sim_rng *), double mean, double variance, double kurtosis)
{
    struct sim_rng rng;
    const int n = 4000000;
    double s1 = 0, s2 = 0, s4 = 0;
    sim_rng_seed(&rng, 42);
    for (int i = 0; i < n; i++) {
        double x = draw(&rng) - mean;
        s1 += x;
        s2 += x * x;
        s4 += x * x * x * x;
    }
    s1 /= n;
    s2 /= n;
    s4 /= n;
    /* five standard errors of the mean; the higher moments' are below 1 per cent */
    ck_assert_double_eq_tol(s1, 0.0, 5.0 * sqrt(variance / n));
    ck_assert_double_eq_tol(s2, variance, 0.01 * variance);
    ck_assert_double_eq_tol(s4 / (s2 * s2), kurtosis, 0.03 * kurtosis);
}

START_TEST(draws_have_the_moments_of_their_distributions)
{
    moments(sim_rng_uniform, 0.5, 1.0 / 12.0, 1.8);
    moments(sim_rng_exponential, 1.0, 1.0, 9.0);
    moments(sim_rng_normal, 0.0, 1.0, 3.0);
    moments(sim_rng_heavy, 0.0, 1.0, 6.0); /* 3 (0.9 (2/3)^2 + 0.1 4^2) */
}
END_TEST

START_TEST(uniform_never_returns_its_ends)
{
    struct sim_rng rng = {{0, 0, 0, 1}}; /* the first word is 0 */
    ck_assert_double_eq(sim_rng_uniform(&rng), 0x1p-53);
    for (int i = 0; i < 1000000; i++) {
        double u = sim_rng_uniform(&rng);
        ck_assert(u > 0.0 && u < 1.0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simmarket_rng");
    TCase *t = tcase_create("rng");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, splitmix64_gives_the_published_sequence);
    tcase_add_test(t, xoshiro256_starstar_gives_the_values_worked_out_by_hand);
    tcase_add_test(t, exp_and_log_are_those_of_libm_within_their_error);
    tcase_add_test(t, normal_quantile_is_the_inverse_of_the_distribution);
    tcase_add_test(t, draws_have_the_moments_of_their_distributions);
    tcase_add_test(t, uniform_never_returns_its_ends);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
