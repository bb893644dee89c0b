/* test_reader_rotation.c - journals that are rotated, compressed and removed while they are read.
 * Owned by the tests. */
#include "reader_run.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

START_TEST(rotation_under_the_reader_hides_nothing_and_shows_nothing_twice)
{
    trade("ATOM/USDT", D1, 0);
    trade("ATOM/USDT", D1 + 1, 0);
    written(ATOM ".20250101.ndjson");
    trade("ATOM/USDT", D2, 0);
    written(ATOM ".ndjson");
    open_one(ATOM);
    next_is(D1);
    move(ATOM ".ndjson", ATOM ".20250102.ndjson");
    trade("ATOM/USDT", D3, 0);
    written(ATOM ".ndjson");
    next_is(D1 + 1);
    trade("ATOM/USDT", D1 + 2, 0); /* named by its late line */
    written(ATOM ".20250101.1.ndjson");
    next_is(D1 + 2);
    next_is(D2);
    next_is(D3);
    ends();
}
END_TEST

/* As one that has not changed for a while: what was listed is believed until it does. */
static void folder_is_quiet(void)
{
    struct timespec then[2];
    clock_gettime(CLOCK_REALTIME, &then[0]);
    then[0].tv_sec -= 3600;
    then[1] = then[0];
    ck_assert_int_eq(utimensat(AT_FDCWD, dir, then, 0), 0);
}

START_TEST(rotation_between_listing_and_opening_is_seen)
{
    trade("ATOM/USDT", D1, 0);
    written(ATOM ".ndjson");
    trade("BTC/USDT", D1, 0);
    written(BTC ".ndjson");
    folder_is_quiet();
    const char *stems[] = {ATOM, BTC};
    struct nj_reader_options o = all_of(stems, 2);
    opened(&o);
    move(ATOM ".ndjson", ATOM ".20250101.ndjson");
    trade("ATOM/USDT", D2, 0);
    written(ATOM ".ndjson");
    next_is(D1);
    ck_assert_uint_eq(got.stem_index, 0);
    next_is(D1);
    ck_assert_uint_eq(got.stem_index, 1);
    next_is(D2);
    ends();
}
END_TEST

START_TEST(live_file_that_is_rotated_while_it_is_read_is_read_to_its_end)
{
    trade("ATOM/USDT", D1, 0);
    trade("ATOM/USDT", D1 + 1, 0);
    written(ATOM ".ndjson");
    open_one(ATOM);
    next_is(D1);
    trade("ATOM/USDT", D1, 0);
    trade("ATOM/USDT", D1 + 1, 0);
    packed(ATOM ".20250101.ndjson.gz");
    removed(ATOM ".ndjson");
    next_is(D1 + 1);
    ends();
}
END_TEST

START_TEST(compression_under_the_reader_changes_nothing)
{
    trade("ATOM/USDT", D1, 0);
    written(ATOM ".20250101.ndjson");
    trade("ATOM/USDT", D2, 0);
    written(ATOM ".20250102.ndjson");
    trade("ATOM/USDT", D3, 0);
    written(ATOM ".ndjson");
    open_one(ATOM);
    next_is(D1);
    trade("ATOM/USDT", D1, 0);
    packed(ATOM ".20250101.ndjson.gz");
    removed(ATOM ".20250101.ndjson");
    trade("ATOM/USDT", D2, 0);
    packed(ATOM ".20250102.ndjson.gz");
    removed(ATOM ".20250102.ndjson");
    next_is(D2);
    next_is(D3);
    ends();
}
END_TEST

START_TEST(file_that_is_removed_for_good_is_passed_over)
{
    trade("ATOM/USDT", D1, 0);
    written(ATOM ".20250101.ndjson");
    trade("ATOM/USDT", D2, 0);
    written(ATOM ".20250102.ndjson");
    open_one(ATOM);
    next_is(D1);
    removed(ATOM ".20250102.ndjson");
    ends();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reader_rotation");
    TCase *t = tcase_create("reader_rotation");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, rotation_under_the_reader_hides_nothing_and_shows_nothing_twice);
    tcase_add_test(t, rotation_between_listing_and_opening_is_seen);
    tcase_add_test(t, live_file_that_is_rotated_while_it_is_read_is_read_to_its_end);
    tcase_add_test(t, compression_under_the_reader_changes_nothing);
    tcase_add_test(t, file_that_is_removed_for_good_is_passed_over);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
