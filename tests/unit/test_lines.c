/* test_lines.c - lines of plain and gzip files: ends, bounds, damage, going on at a place.
 * gzip files are written by libarchive, checksums of RFC 1952 damaged by hand. Owned by the tests.
 */
#include "../support/gzip.h"
#include "test_main.h"

#include <check.h>
#include <njord/lines.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];
static char path[300];

static void make_folder(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/njord-lines.XXXXXX", tmp ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

static void write_file(const void *data, size_t len)
{
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, len, f), len);
    ck_assert_int_eq(fclose(f), 0);
}

static struct njord_lines *opened(void)
{
    char why[512] = "";
    struct njord_lines *l = njord_lines_open(path, why, sizeof why);
    ck_assert_msg(l != NULL, "%s", why);
    return l;
}

static void next_is(struct njord_lines *l, const char *text, uint64_t number, uint64_t end)
{
    struct njord_line line;
    ck_assert_msg(njord_lines_next(l, &line) == 1, "%s", njord_lines_error(l));
    ck_assert_uint_eq(line.len, strlen(text));
    ck_assert_msg(memcmp(line.text, text, line.len) == 0, "expected '%s'", text);
    ck_assert_uint_eq(line.number, number);
    ck_assert_uint_eq(line.end, end);
}

static void at_end(struct njord_lines *l)
{
    struct njord_line line;
    ck_assert_msg(njord_lines_next(l, &line) == 0, "expected the end; %s", njord_lines_error(l));
    njord_lines_close(l);
}

/* Reads all lines; the last result, and how many there were. */
static int read_all(struct njord_lines *l, uint64_t *n)
{
    struct njord_line line;
    int got;
    for (*n = 0; (got = njord_lines_next(l, &line)) == 1; (*n)++)
        ;
    return got;
}

static void not_opened(const char *at, const char *expected)
{
    char why[512] = "";
    ck_assert_ptr_null(njord_lines_open(at, why, sizeof why));
    ck_assert_str_eq(why, expected);
}

START_TEST(lines_come_in_order_with_number_and_place)
{
    write_file("one\ntwo\r\n\nfour\n", 15);
    struct njord_lines *l = opened();
    next_is(l, "one", 1, 4);
    next_is(l, "two", 2, 9);
    next_is(l, "", 3, 10);
    next_is(l, "four", 4, 15);
    at_end(l);
}
END_TEST

START_TEST(last_line_without_an_end_is_given_as_torn)
{
    struct njord_line line;
    write_file("one\ntw", 6);
    struct njord_lines *l = opened();
    ck_assert_int_eq(njord_lines_next(l, &line), 1);
    ck_assert_int_eq(line.torn, 0);
    ck_assert_int_eq(njord_lines_next(l, &line), 1);
    ck_assert_int_eq(line.torn, 1);
    ck_assert_uint_eq(line.len, 2);
    at_end(l);
}
END_TEST

START_TEST(byte_order_mark_is_not_part_of_the_first_line)
{
    write_file("\xef\xbb\xbfts\nx\n", 8);
    struct njord_lines *l = opened();
    next_is(l, "ts", 1, 6);
    next_is(l, "x", 2, 8);
    at_end(l);
}
END_TEST

START_TEST(empty_file_has_no_line)
{
    write_file("", 0);
    at_end(opened());
}
END_TEST

START_TEST(line_of_ten_megabytes_is_told_and_the_next_is_read)
{
    size_t n = 10u << 20;
    char *data = malloc(n + 8);
    struct njord_line line;
    memset(data, 'x', n);
    memcpy(data + n, "\nnext\n", 6);
    write_file(data, n + 6);
    free(data);
    struct njord_lines *l = opened();
    ck_assert_int_eq(njord_lines_next(l, &line), 1);
    ck_assert_int_eq(line.too_long, 1);
    ck_assert_uint_eq(line.len, 0);
    next_is(l, "next", 2, n + 6);
    at_end(l);
}
END_TEST

START_TEST(longest_line_is_taken_and_one_byte_more_is_not)
{
    size_t n = NJORD_LINE_MAX;
    char *data = malloc(2 * n + 4);
    struct njord_line line;
    memset(data, 'x', 2 * n + 4);
    data[n] = '\n';
    data[2 * n + 2] = '\n';
    write_file(data, 2 * n + 3);
    free(data);
    struct njord_lines *l = opened();
    ck_assert_int_eq(njord_lines_next(l, &line), 1);
    ck_assert_uint_eq(line.len, n);
    ck_assert_int_eq(line.too_long, 0);
    ck_assert_int_eq(njord_lines_next(l, &line), 1);
    ck_assert_int_eq(line.too_long, 1);
    at_end(l);
}
END_TEST

START_TEST(lines_of_lengths_around_those_of_blocks_are_read_whole)
{
    static const size_t lens[] = {1, 65535,          65536, 65537, 0, 131072, NJORD_LINE_MAX - 1,
                                  7, NJORD_LINE_MAX, 3};
    enum { N = sizeof lens / sizeof lens[0] };
    struct njord_line line;
    size_t total = 0, at = 0;
    for (size_t i = 0; i < N; i++)
        total += lens[i] + 1;
    char *data = malloc(total);
    for (size_t i = 0; i < N; i++) {
        memset(data + at, 'a' + (int)i, lens[i]);
        data[at + lens[i]] = '\n';
        at += lens[i] + 1;
    }
    write_file(data, total);
    struct njord_lines *l = opened();
    at = 0;
    for (size_t i = 0; i < N; i++) {
        ck_assert_int_eq(njord_lines_next(l, &line), 1);
        ck_assert_uint_eq(line.number, i + 1);
        ck_assert_uint_eq(line.len, lens[i]);
        ck_assert(lens[i] == 0 || memcmp(line.text, data + at, lens[i]) == 0);
        at += lens[i] + 1;
    }
    at_end(l);
    free(data);
}
END_TEST

START_TEST(what_is_no_file_is_refused_in_one_clause)
{
    char expected[400];
    snprintf(expected, sizeof expected, "file '%s': no such file", path);
    not_opened(path, expected);
    snprintf(expected, sizeof expected, "file '%s': is a directory: name the files in it", folder);
    not_opened(folder, expected);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    snprintf(expected, sizeof expected, "file '%s': not a regular file", path);
    not_opened(path, expected);
}
END_TEST

START_TEST(unreadable_file_is_refused)
{
    char expected[400];
    write_file("x\n", 2);
    ck_assert_int_eq(chmod(path, 0), 0);
    if (geteuid() == 0) /* who may read everything */
        ck_assert_int_eq(seteuid(65534), 0);
    snprintf(expected, sizeof expected, "file '%s': Permission denied", path);
    not_opened(path, expected);
    ck_assert_int_eq(seteuid(getuid()), 0);
}
END_TEST

/* 300,000 lines, more than any buffer here. */
static char *many_lines(size_t *len)
{
    char *text = malloc(300000 * 8 + 1);
    *len = 0;
    for (int i = 0; i < 300000; i++)
        *len += (size_t)snprintf(text + *len, 9, "%07d\n", i);
    return text;
}

START_TEST(gzip_gives_the_same_lines_as_plain_text)
{
    size_t len, n;
    char *text = many_lines(&len), *packed = malloc(len);
    struct njord_line line;
    n = gzip_pack(text, len, packed, len);
    write_file(packed, n);
    struct njord_lines *l = opened();
    for (uint64_t i = 0; i < 300000; i++) {
        ck_assert_int_eq(njord_lines_next(l, &line), 1);
        ck_assert_uint_eq(line.len, 7);
        ck_assert_mem_eq(line.text, text + i * 8, 7);
    }
    at_end(l);
    free(text);
    free(packed);
}
END_TEST

START_TEST(empty_gzip_has_no_line)
{
    char packed[100];
    write_file(packed, gzip_pack("", 0, packed, sizeof packed));
    at_end(opened());
}
END_TEST

START_TEST(gzip_members_in_a_row_are_one_text)
{
    char all[4000];
    size_t n = 0;
    n += gzip_pack("one\n", 4, all + n, sizeof all - n);
    n += gzip_pack("", 0, all + n, sizeof all - n);
    n += gzip_pack("two\nth", 6, all + n, sizeof all - n);
    n += gzip_pack("ree\n", 4, all + n, sizeof all - n);
    n += gzip_pack("", 0, all + n, sizeof all - n);
    write_file(all, n);
    struct njord_lines *l = opened();
    next_is(l, "one", 1, 4);
    next_is(l, "two", 2, 8);
    next_is(l, "three", 3, 14);
    at_end(l);
}
END_TEST

START_TEST(gzip_member_that_begins_like_a_later_one_is_told_from_it)
{
    char all[400];
    size_t n = gzip_pack("one\ntwo\n", 8, all, sizeof all);
    n += gzip_pack("one\n", 4, all + n, sizeof all - n);
    write_file(all, n);
    struct njord_lines *l = opened();
    next_is(l, "one", 1, 4);
    next_is(l, "two", 2, 8);
    next_is(l, "one", 3, 12);
    at_end(l);
}
END_TEST

START_TEST(seventy_thousand_gzip_members_of_a_byte_are_checked)
{
    char one[100], *all = malloc(70000 * 100);
    size_t n = 0;
    uint64_t lines;
    size_t size = gzip_pack("\n", 1, one, sizeof one);
    for (int i = 0; i < 70000; i++) {
        memcpy(all + n, one, size);
        n += size;
    }
    write_file(all, n);
    struct njord_lines *l = opened();
    ck_assert_msg(read_all(l, &lines) == 0, "%s", njord_lines_error(l));
    ck_assert_uint_eq(lines, 70000);
    njord_lines_close(l);
    free(all);
}
END_TEST

/* With bit `bit` of byte `at` flipped: is the file refused, at the latest at its end, or else the
 * text the same? (Up to seven bits behind the last block of a member mean nothing.) */
static int is_noticed(const char *packed, size_t n, size_t at, int bit, const char *text,
                      size_t len)
{
    char *damaged = malloc(n), why[512];
    struct njord_line line;
    size_t same = 0;
    int got = -1;
    memcpy(damaged, packed, n);
    damaged[at] = (char)(damaged[at] ^ (1 << bit));
    write_file(damaged, n);
    free(damaged);
    struct njord_lines *l = njord_lines_open(path, why, sizeof why);
    while (l && (got = njord_lines_next(l, &line)) == 1) {
        if (same + line.len < len && memcmp(line.text, text + same, line.len) == 0)
            same += line.len + 1;
        else
            same = len + 1;
    }
    njord_lines_close(l);
    return got < 0 || same == len;
}

START_TEST(every_flipped_bit_of_data_and_trailer_is_noticed)
{
    char text[2000], packed[3000];
    size_t len = 0, n;
    for (int i = 0; i < 60; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "line %d of %d\n", i * 7919 % 60, i);
    n = gzip_pack(text, len, packed, sizeof packed);
    for (size_t at = 10; at < n; at++) { /* the ten bytes of the head say nothing of the text */
        for (int bit = 0; bit < 8; bit++)
            ck_assert_msg(is_noticed(packed, n, at, bit, text, len), "byte %zu bit %d", at, bit);
    }
}
END_TEST

START_TEST(damage_in_the_first_of_two_members_is_noticed)
{
    static const char text[] = "one\ntwo\nthree\nfour\n";
    char packed[3000];
    size_t len = sizeof text - 1;
    size_t first = gzip_pack(text, 14, packed, sizeof packed);
    size_t n = first + gzip_pack(text + 14, 5, packed + first, sizeof packed - first);
    for (size_t at = 10; at < first; at++) {
        for (int bit = 0; bit < 8; bit++)
            ck_assert_msg(is_noticed(packed, n, at, bit, text, len), "byte %zu bit %d", at, bit);
    }
}
END_TEST

START_TEST(cut_gzip_is_noticed_at_every_length)
{
    char packed[3000], why[512];
    size_t n = gzip_pack("one\ntwo\nthree\nfour\n", 19, packed, sizeof packed);
    uint64_t lines;
    for (size_t cut = 3; cut < n; cut++) {
        write_file(packed, cut);
        struct njord_lines *l = njord_lines_open(path, why, sizeof why);
        ck_assert_msg(!l || read_all(l, &lines) < 0, "%zu of %zu bytes", cut, n);
        njord_lines_close(l);
    }
}
END_TEST

static void goes_on(const void *data, size_t len, const char *first, uint64_t offset)
{
    write_file(data, len);
    struct njord_lines *l = opened();
    ck_assert_msg(njord_lines_seek(l, offset, offset / 8) == 0, "%s", njord_lines_error(l));
    next_is(l, first, offset / 8 + 1, offset + 8);
    njord_lines_close(l);
}

START_TEST(reading_goes_on_at_a_place_of_plain_and_gzip_files)
{
    size_t len;
    char *text = many_lines(&len), *packed = malloc(len);
    size_t n = gzip_pack(text, len, packed, len);
    goes_on(text, len, "0000000", 0);
    goes_on(text, len, "0123456", 123456 * 8);
    goes_on(packed, n, "0123456", 123456 * 8);
    goes_on(packed, n, "0299999", 299999 * 8);
    free(text);
    free(packed);
}
END_TEST

START_TEST(going_on_in_a_file_that_is_not_the_same_is_refused)
{
    write_file("one\ntwo\n", 8);
    struct njord_lines *l = opened();
    ck_assert_int_eq(njord_lines_seek(l, 9, 2), -1);
    ck_assert_ptr_nonnull(strstr(njord_lines_error(l), "shorter than when it was last read"));
    njord_lines_close(l);
    l = opened();
    ck_assert_int_eq(njord_lines_seek(l, 5, 1), -1);
    ck_assert_ptr_nonnull(strstr(njord_lines_error(l), "no line ends at byte 5"));
    njord_lines_close(l);
}
END_TEST

/* ---- blocks ---- */

static void block_is(njord_lines *l, const char *text, uint64_t number, uint64_t n_lines,
                     uint64_t end)
{
    njord_block block;
    ck_assert_msg(njord_lines_block(l, &block) == 1, "%s", njord_lines_error(l));
    ck_assert_uint_eq(block.len, strlen(text));
    ck_assert_mem_eq(block.text, text, block.len);
    ck_assert_uint_eq(block.number, number);
    ck_assert_uint_eq(block.n_lines, n_lines);
    ck_assert_uint_eq(block.end, end);
}

START_TEST(block_holds_the_whole_lines_and_the_torn_one_comes_alone)
{
    njord_block block;
    write_file("\xef\xbb\xbfone\r\n\ntwo\nthr", 16);
    njord_lines *l = opened();
    block_is(l, "one\r\n\ntwo\n", 1, 3, 13);
    ck_assert_int_eq(njord_lines_block(l, &block), 1);
    ck_assert_int_eq(block.torn, 1);
    ck_assert_uint_eq(block.len, 3);
    ck_assert_uint_eq(block.number, 4);
    ck_assert_uint_eq(block.end, 16);
    ck_assert_int_eq(njord_lines_block(l, &block), 0);
    at_end(l);
}
END_TEST

START_TEST(lines_and_blocks_may_be_mixed)
{
    write_file("one\ntwo\nthree\nfour\n", 19);
    njord_lines *l = opened();
    next_is(l, "one", 1, 4);
    block_is(l, "two\nthree\nfour\n", 2, 3, 19);
    at_end(l);
}
END_TEST

/* Lines of every length, more than any buffer here: laid end to end, the blocks are the file, their
 * numbers go on, and they end where lines end. */
static void blocks_are(const char *text, size_t len, uint64_t n_lines)
{
    njord_lines *l = opened();
    njord_block block;
    uint64_t at = 0, number = 1;
    int got;
    while ((got = njord_lines_block(l, &block)) == 1) {
        ck_assert_uint_eq(block.number, number);
        ck_assert_uint_eq(block.end, at + block.len);
        ck_assert_uint_le(block.len, NJORD_BLOCK_MAX);
        ck_assert_uint_le(block.end, len);
        ck_assert_mem_eq(block.text, text + at, block.len);
        ck_assert_int_eq(block.text[block.len - 1], '\n');
        at = block.end;
        number += block.n_lines;
    }
    ck_assert_msg(got == 0, "%s", njord_lines_error(l));
    ck_assert_uint_eq(at, len);
    ck_assert_uint_eq(number, n_lines + 1);
    njord_lines_close(l);
}

START_TEST(blocks_laid_end_to_end_are_the_file_plain_and_gzip)
{
    size_t len = 0, n;
    char *text = malloc(3000 * 3001 / 2 + 3000), *packed;
    for (size_t i = 0; i < 3000; i++) { /* lengths 0..2999, also with bytes near '\n' */
        memset(text + len, "\x09\x0b\x8a\xff"[i % 4], i);
        text[len + i] = '\n';
        len += i + 1;
    }
    write_file(text, len);
    blocks_are(text, len, 3000);
    packed = malloc(len);
    n = gzip_pack(text, len, packed, len);
    write_file(packed, n);
    blocks_are(text, len, 3000);
    free(packed);
    free(text);
}
END_TEST

START_TEST(line_that_is_too_long_is_a_block_of_its_own)
{
    size_t n = NJORD_LINE_MAX + 1;
    char *data = malloc(2 * n + 12);
    njord_block block;
    memcpy(data, "one\n", 4);
    memset(data + 4, 'x', n);
    memcpy(data + 4 + n, "\n", 1);
    memset(data + 5 + n, 'y', n - 1); /* as long as may be */
    memcpy(data + 4 + 2 * n, "\ntwo\n", 5);
    write_file(data, 9 + 2 * n);
    njord_lines *l = opened();
    block_is(l, "one\n", 1, 1, 4);
    ck_assert_int_eq(njord_lines_block(l, &block), 1);
    ck_assert_int_eq(block.too_long, 1);
    ck_assert_uint_eq(block.len, 0);
    ck_assert_uint_eq(block.number, 2);
    ck_assert_uint_eq(block.n_lines, 1);
    ck_assert_int_eq(njord_lines_block(l, &block), 1);
    ck_assert_uint_eq(block.number, 3);
    ck_assert_int_eq(block.too_long, 0);
    ck_assert_uint_ge(block.len, n);
    ck_assert_mem_eq(block.text, data + 5 + n, n);
    if (block.n_lines == 1)
        block_is(l, "two\n", 4, 1, 9 + 2 * n);
    at_end(l);
    free(data);
}
END_TEST

START_TEST(damaged_gzip_ends_the_blocks_with_the_file_s_name)
{
    char packed[100], expected[400];
    njord_block block;
    size_t n = gzip_pack("one\ntwo\n", 8, packed, sizeof packed);
    packed[n - 8] ^= 1; /* the CRC-32 */
    write_file(packed, n);
    njord_lines *l = opened();
    block_is(l, "one\ntwo\n", 1, 2, 8);
    ck_assert_int_eq(njord_lines_block(l, &block), -1);
    snprintf(expected, sizeof expected,
             "file '%s': damaged: what was unpacked does not match its CRC-32 and length", path);
    ck_assert_str_eq(njord_lines_error(l), expected);
    njord_lines_close(l);
}
END_TEST

START_TEST(what_is_named_gz_and_is_not_gzip_is_refused)
{
    char plain[300], expected[400];
    snprintf(plain, sizeof plain, "%s", path);
    snprintf(path, sizeof path, "%s/file.gz", folder);
    write_file("", 0);
    snprintf(expected, sizeof expected,
             "file '%s': damaged: its name says gzip, its first bytes do not", path);
    not_opened(path, expected);
    unlink(path);
    snprintf(path, sizeof path, "%s", plain);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lines");
    TCase *lines = tcase_create("lines");
    tcase_add_checked_fixture(lines, make_folder, remove_folder);
    tcase_set_timeout(lines, 120);
    tcase_add_test(lines, lines_come_in_order_with_number_and_place);
    tcase_add_test(lines, last_line_without_an_end_is_given_as_torn);
    tcase_add_test(lines, byte_order_mark_is_not_part_of_the_first_line);
    tcase_add_test(lines, empty_file_has_no_line);
    tcase_add_test(lines, line_of_ten_megabytes_is_told_and_the_next_is_read);
    tcase_add_test(lines, longest_line_is_taken_and_one_byte_more_is_not);
    tcase_add_test(lines, lines_of_lengths_around_those_of_blocks_are_read_whole);
    tcase_add_test(lines, what_is_no_file_is_refused_in_one_clause);
    tcase_add_test(lines, unreadable_file_is_refused);
    tcase_add_test(lines, gzip_gives_the_same_lines_as_plain_text);
    tcase_add_test(lines, empty_gzip_has_no_line);
    tcase_add_test(lines, gzip_members_in_a_row_are_one_text);
    tcase_add_test(lines, gzip_member_that_begins_like_a_later_one_is_told_from_it);
    tcase_add_test(lines, seventy_thousand_gzip_members_of_a_byte_are_checked);
    tcase_add_test(lines, every_flipped_bit_of_data_and_trailer_is_noticed);
    tcase_add_test(lines, damage_in_the_first_of_two_members_is_noticed);
    tcase_add_test(lines, cut_gzip_is_noticed_at_every_length);
    tcase_add_test(lines, reading_goes_on_at_a_place_of_plain_and_gzip_files);
    tcase_add_test(lines, going_on_in_a_file_that_is_not_the_same_is_refused);
    tcase_add_test(lines, block_holds_the_whole_lines_and_the_torn_one_comes_alone);
    tcase_add_test(lines, lines_and_blocks_may_be_mixed);
    tcase_add_test(lines, blocks_laid_end_to_end_are_the_file_plain_and_gzip);
    tcase_add_test(lines, line_that_is_too_long_is_a_block_of_its_own);
    tcase_add_test(lines, damaged_gzip_ends_the_blocks_with_the_file_s_name);
    tcase_add_test(lines, what_is_named_gz_and_is_not_gzip_is_refused);
    suite_add_tcase(suite, lines);
    return run_suite(suite);
}
