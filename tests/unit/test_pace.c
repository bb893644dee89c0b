/* test_pace.c - when the next event of a recording is due, on a clock of the test's own. Waits were
 * worked out by hand. Owned by the tests. */
#include "market/pace.h"
#include "test_main.h"

#include <string.h>

#define S   INT64_C(1000000000)
#define MIN (60 * S)

/* Plays events of `n` minutes; the clock moves only by what is waited for. */
static int64_t play(struct nj_pace *pace, int n, int64_t now)
{
    int64_t first = now;
    for (int i = 0; i < n; i++)
        now += nj_pace_wait(pace, 1735689660 * S + i * MIN, now);
    return now - first;
}

START_TEST(sixty_minute_bars_at_ten_times_take_354_seconds_from_first_to_last)
{
    struct nj_pace pace;
    nj_pace_init(&pace, 10);
    ck_assert_int_eq(play(&pace, 60, 77 * S), 354 * S);
    ck_assert_int_eq(nj_pace_elapsed(&pace, 77 * S + 354 * S), 354 * S);
}
END_TEST

START_TEST(speeds_shrink_the_recorded_time)
{
    struct nj_pace pace;
    nj_pace_init(&pace, 1);
    ck_assert_int_eq(play(&pace, 60, 5), 3540 * S);
    nj_pace_init(&pace, 100);
    ck_assert_int_eq(play(&pace, 60, 5), 354 * S / 10);
    nj_pace_init(&pace, 0.5);
    ck_assert_int_eq(play(&pace, 2, 5), 120 * S);
    nj_pace_init(&pace, 0);
    ck_assert_int_eq(play(&pace, 60, 5), 0);
}
END_TEST

START_TEST(time_lost_is_caught_up_and_never_waited_for_twice)
{
    struct nj_pace pace;
    nj_pace_init(&pace, 1);
    ck_assert_int_eq(nj_pace_wait(&pace, 0, 1000 * S), 0);
    ck_assert_int_eq(nj_pace_wait(&pace, 10 * S, 1003 * S), 7 * S);
    ck_assert_int_eq(nj_pace_wait(&pace, 10 * S, 1012 * S), 0); /* 2 s late */
    ck_assert_int_eq(nj_pace_wait(&pace, 20 * S, 1012 * S), 8 * S);
}
END_TEST

START_TEST(time_paused_does_not_count)
{
    struct nj_pace pace;
    nj_pace_init(&pace, 2);
    ck_assert_int_eq(nj_pace_wait(&pace, 0, 0), 0);
    nj_pace_pause(&pace, 3 * S);
    ck_assert_int_eq(nj_pace_wait(&pace, 20 * S, 4 * S), INT64_MAX);
    nj_pace_pause(&pace, 50 * S); /* twice is once */
    nj_pace_resume(&pace, 103 * S);
    nj_pace_resume(&pace, 200 * S);
    ck_assert_int_eq(nj_pace_wait(&pace, 20 * S, 103 * S), 7 * S); /* 10 s, 3 of them before */
    ck_assert_int_eq(pace.paused_ns, 100 * S);
    ck_assert_int_eq(nj_pace_elapsed(&pace, 110 * S), 10 * S);
}
END_TEST

START_TEST(paused_before_the_first_event_it_starts_when_it_goes_on)
{
    struct nj_pace pace;
    nj_pace_init(&pace, 1);
    nj_pace_pause(&pace, 1 * S);
    ck_assert_int_eq(nj_pace_wait(&pace, 100 * S, 2 * S), INT64_MAX);
    nj_pace_resume(&pace, 9 * S);
    ck_assert_int_eq(nj_pace_wait(&pace, 100 * S, 9 * S), 0);
    ck_assert_int_eq(nj_pace_wait(&pace, 101 * S, 9 * S), 1 * S);
    ck_assert_int_eq(nj_pace_elapsed(&pace, 10 * S), 1 * S);
}
END_TEST

START_TEST(older_events_are_due_at_once_and_far_ones_in_a_long_time)
{
    struct nj_pace pace;
    nj_pace_init(&pace, 1);
    ck_assert_int_eq(nj_pace_wait(&pace, 5 * S, 0), 0);
    ck_assert_int_eq(nj_pace_wait(&pace, 1 * S, 0), 0);
    nj_pace_init(&pace, 1e-9);
    ck_assert_int_eq(nj_pace_wait(&pace, 0, 0), 0);
    ck_assert_int_gt(nj_pace_wait(&pace, INT64_MAX, 0), INT64_C(8000000000000000000));
}
END_TEST

START_TEST(speed_is_read_with_or_without_its_x)
{
    static const struct {
        const char *text;
        double speed;
    } good[] = {{"1x", 1}, {"10x", 10}, {"100x", 100}, {"max", 0}, {"2.5x", 2.5}, {"10", 10}};
    static const char *const bad[] = {"",     "x",     "0x",  "-1x", "fast", "1xx",
                                      "maxx", "1e10x", "nan", "inf", " 1x",  "1x "};
    double speed;
    struct nj_error err = {0};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_int_eq(nj_pace_parse(good[i].text, &speed, &err), 0);
        ck_assert_double_eq(speed, good[i].speed);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(nj_pace_parse(bad[i], &speed, &err) == NJ_ERR_INPUT, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(err.text, "expected 1x, 10x, 100x"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pace");
    TCase *t = tcase_create("pace");
    tcase_add_test(t, sixty_minute_bars_at_ten_times_take_354_seconds_from_first_to_last);
    tcase_add_test(t, speeds_shrink_the_recorded_time);
    tcase_add_test(t, time_lost_is_caught_up_and_never_waited_for_twice);
    tcase_add_test(t, time_paused_does_not_count);
    tcase_add_test(t, paused_before_the_first_event_it_starts_when_it_goes_on);
    tcase_add_test(t, older_events_are_due_at_once_and_far_ones_in_a_long_time);
    tcase_add_test(t, speed_is_read_with_or_without_its_x);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
