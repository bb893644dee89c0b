/* test_log.c - the log: the form of its lines against golden files, what becomes of repeats, and
 * that a disk that fails tears no line and loses none silently. */
#include "../support/faulty_platform.h"
#include "../support/folder.h"
#include "base/log.h"
#include "test_main.h"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

static char folder[256], path[512];
static struct faulty_platform faulty;
static struct nj_log *nlog;
static struct nj_error err;
static int terminal[2] = {-1, -1};

static void set_up(void)
{
    folder_make(folder, "log");
    snprintf(path, sizeof path, "%s/app.ndjson", folder);
    faulty_init(&faulty);
    faulty.clock_ns = 1700000000 * SECOND;
}

static void tear_down(void)
{
    folder_remove(folder);
}

static void open_log(void)
{
    struct nj_log_options options = {&faulty.platform, path, -1, false, false, NJ_INFO};
    ck_assert_msg(nj_log_open(&nlog, &options, &err) == 0, "%s", err.text);
}

static char *file_text(void)
{
    size_t len;
    char *text = folder_read(folder, "app.ndjson", &len);
    ck_assert_ptr_nonnull(text);
    return text;
}

/* Every line is one JSON object without a repeated key; returns how many there are. */
static int check_lines(const char *text)
{
    int n = 0;
    for (const char *at = text; *at; n++) {
        const char *end = strchr(at, '\n');
        json_error_t why;
        ck_assert_msg(end != NULL, "torn last line: %s", at);
        json_t *line = json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES, &why);
        ck_assert_msg(line && json_is_object(line), "%s: %.*s", why.text, (int)(end - at), at);
        ck_assert(json_is_string(json_object_get(line, "ts")));
        json_decref(line);
        at = end + 1;
    }
    return n;
}

static int count_of(const char *text, const char *piece)
{
    int n = 0;
    for (; (text = strstr(text, piece)); text += strlen(piece))
        n++;
    return n;
}

/* ---- form ------------------------------------------------------------------------------------ */

static void write_golden_lines(void)
{
    nj_log(nlog, NJ_INFO, "host", "started", NJ_TEXT("version", "0.1.0"), NJ_INT("pid", 42));
    nj_log(nlog, NJ_DEBUG, "host", "not_shown", NJ_INT("below", 1));
    nj_log(nlog, NJ_WARN, "feeds", "late", NJ_TEXT("feed", "sim"), NJ_REAL("ratio", 0.1),
           NJ_BOOL("ok", false));
    nj_log(nlog, NJ_ERROR, "journal", "write_failed",
           NJ_TEXT("path", "var/log/njord/fills ATOM.ndjson"),
           NJ_TEXT("error", "No space left on device"));
    nj_log(nlog, NJ_INFO, "test", "numbers", NJ_INT("big", INT64_MAX), NJ_INT("small", INT64_MIN),
           NJ_REAL("third", 0.333333333333333), NJ_REAL("minus", -0.0), NJ_REAL("large", 1e300),
           NJ_REAL("nan", (double)NAN), NJ_REAL("inf", (double)-INFINITY));
    nj_log(nlog, NJ_INFO, "test", "texts", NJ_TEXT("empty", ""), NJ_TEXT("quote", "a\"b\\c"),
           NJ_TEXT("control", "\n\t\x01\x1b[31m"), NJ_TEXT("utf8", "\xce\xa9mega"),
           NJ_TEXT("missing", NULL));
    nj_log_line(nlog, NJ_INFO, "test", "bare", NULL, 0);
}

/* Replaces each time, which must have `digits` digits after the seconds, by TIME. */
static void mask_times(char *text, int digits)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.";
    char *to = text;
    size_t len = sizeof form - 1 + (size_t)digits + 1;
    for (char *at = text; *at;) {
        bool is_time = strnlen(at, len) == len && at[len - 1] == 'Z';
        for (size_t i = 0; is_time && i + 1 < len; i++) {
            char want = i < sizeof form - 1 ? form[i] : 'd';
            is_time = want == 'd' ? at[i] >= '0' && at[i] <= '9' : at[i] == want;
        }
        if (is_time) {
            memcpy(to, "TIME", 4);
            to += 4;
            at += len;
        } else {
            *to++ = *at++;
        }
    }
    *to = '\0';
}

static char *golden(const char *name)
{
    const char *top = getenv("top_srcdir");
    char dir[1024];
    size_t len;
    snprintf(dir, sizeof dir, "%s/tests/golden/log", top ? top : ".");
    char *text = folder_read(dir, name, &len);
    ck_assert_msg(text != NULL, "%s/%s is missing", dir, name);
    return text;
}

START_TEST(lines_of_the_file_are_the_golden_ones)
{
    open_log();
    faulty.clock_ns = 0; /* the machine's own clock: that is why times are masked */
    write_golden_lines();
    nj_log_close(nlog);
    char *text = file_text(), *want = golden("app.ndjson");
    ck_assert_int_eq(check_lines(text), 6);
    mask_times(text, 6);
    ck_assert_str_eq(text, want);
    free(text);
    free(want);
}
END_TEST

/* What the terminal got, up to 64 KiB. */
static char *terminal_text(void)
{
    char *text = calloc(1, 65537);
    ck_assert_ptr_nonnull(text);
    close(terminal[1]);
    size_t len = 0;
    for (ssize_t n; (n = read(terminal[0], text + len, 65536 - len)) > 0;)
        len += (size_t)n;
    close(terminal[0]);
    return text;
}

static void open_terminal(bool json, bool colour)
{
    ck_assert_int_eq(pipe(terminal), 0);
    struct nj_log_options options = {&faulty.platform, NULL, terminal[1], json, colour, NJ_INFO};
    ck_assert_int_eq(nj_log_open(&nlog, &options, &err), 0);
}

START_TEST(lines_of_a_terminal_are_the_golden_ones)
{
    open_terminal(false, false);
    write_golden_lines();
    nj_log_close(nlog);
    char *text = terminal_text(), *want = golden("terminal.txt");
    mask_times(text, 3);
    ck_assert_str_eq(text, want);
    free(text);
    free(want);
}
END_TEST

START_TEST(json_may_go_to_a_terminal_too)
{
    open_terminal(true, true);
    write_golden_lines();
    nj_log_close(nlog);
    char *text = terminal_text(), *want = golden("app.ndjson");
    mask_times(text, 6);
    ck_assert_str_eq(text, want);
    free(text);
    free(want);
}
END_TEST

START_TEST(colour_is_only_paint)
{
    open_terminal(false, true);
    nj_log(nlog, NJ_WARN, "a", "b", NJ_INT("n", 1));
    nj_log_close(nlog);
    char *text = terminal_text();
    mask_times(text, 3);
    ck_assert_str_eq(text, "\033[2mTIME\033[0m \033[33mwarn \033[0m a b \033[2mn=\033[0m1\n");
    free(text);
}
END_TEST

START_TEST(a_text_cannot_command_the_terminal)
{
    open_terminal(false, false);
    nj_log(nlog, NJ_INFO, "a", "b", NJ_TEXT("t", "\x1b]0;x\x07"),
           NJ_TEXT("c1", "\xc2\x9b"
                         "31m"),
           NJ_TEXT("del", "a\x7f"), NJ_TEXT("line", "x\ny"));
    nj_log_close(nlog);
    char *text = terminal_text();
    for (const char *c = text; *c && c[1]; c++)
        ck_assert_msg((unsigned char)*c >= ' ' && *c != 0x7f &&
                          !((unsigned char)*c == 0xc2 && (unsigned char)c[1] < 0xa0),
                      "%s", text);
    free(text);
}
END_TEST

START_TEST(any_text_makes_a_line_of_json)
{
    static char longer[100000];
    char broken[] = "\xff\xfe\xc3(\xe2\x82";
    for (size_t i = 0; i + 2 < sizeof longer; i += 2)
        memcpy(longer + i, "\xc3\xa4", 2); /* two bytes a letter: a cut may not split one */
    open_log();
    nj_log(nlog, NJ_INFO, "test", "broken", NJ_TEXT("text", broken));
    nj_log(nlog, NJ_INFO, "test", "long", NJ_TEXT("text", longer));
    nj_log(nlog, NJ_INFO, "test", "longer", NJ_TEXT("text", longer + 1));
    for (int c = 1; c < 256; c++) {
        char text[] = {(char)c, '\0'};
        nj_log(nlog, NJ_INFO, "test", c % 2 ? "odd" : "even", NJ_TEXT("text", text));
        faulty.clock_ns += SECOND;
    }
    nj_log_close(nlog);
    char *text = file_text();
    ck_assert_int_eq(check_lines(text), 258);
    ck_assert_ptr_nonnull(strstr(text, "...\"}\n"));
    free(text);
}
END_TEST

static int64_t test_clock(void *ctx)
{
    return *(const int64_t *)ctx;
}

START_TEST(the_clock_of_the_events_may_stamp_the_lines)
{
    int64_t now = 1 * SECOND + 5000;
    open_log();
    nj_log_set_clock(nlog, test_clock, &now);
    nj_log(nlog, NJ_INFO, "a", "b", NJ_INT("n", 1));
    nj_log_set_clock(nlog, NULL, NULL);
    nj_log(nlog, NJ_INFO, "a", "c", NJ_INT("n", 1));
    nj_log_close(nlog);
    char *text = file_text();
    ck_assert_ptr_nonnull(strstr(text, "{\"ts\":\"1970-01-01T00:00:01.000005Z\",\"level\":\"info\","
                                       "\"event\":\"b\""));
    ck_assert_ptr_nonnull(strstr(text, "{\"ts\":\"2023-11-14T22:13:20.000000Z\",\"level\":\"info\","
                                       "\"event\":\"c\"")); /* date -u -d @1700000000 */
    free(text);
}
END_TEST

START_TEST(the_level_may_change)
{
    open_log();
    nj_log_set_level(nlog, NJ_ERROR);
    nj_log(nlog, NJ_WARN, "a", "hidden", NJ_INT("n", 1));
    nj_log_set_level(nlog, NJ_DEBUG);
    nj_log(nlog, NJ_DEBUG, "a", "shown", NJ_INT("n", 1));
    nj_log_close(nlog);
    char *text = file_text();
    ck_assert_ptr_null(strstr(text, "hidden"));
    ck_assert_ptr_nonnull(strstr(text, "\"level\":\"debug\",\"event\":\"shown\""));
    free(text);
    ck_assert_str_eq(nj_level_text(NJ_INFO), "info");
    ck_assert_str_eq(nj_level_text(NJ_WARN), "warn");
    ck_assert_str_eq(nj_level_text(NJ_ERROR), "error");
}
END_TEST

START_TEST(no_log_says_nothing)
{
    nj_log(NULL, NJ_ERROR, "a", "b", NJ_INT("n", 1));
    nj_log_close(NULL);
}
END_TEST

/* ---- repeats --------------------------------------------------------------------------------- */

static void repeat(const char *event, int n)
{
    for (int i = 0; i < n; i++)
        nj_log(nlog, NJ_WARN, "feeds", event, NJ_INT("i", i));
}

START_TEST(repeats_within_a_second_are_held_back_and_counted)
{
    open_log();
    repeat("late", 150);
    repeat("other", 3); /* another kind has its own measure */
    ck_assert_uint_eq(nj_log_lost(nlog), 50);
    faulty.clock_ns += SECOND;
    repeat("late", 1);
    nj_log_close(nlog);
    char *text = file_text();
    ck_assert_int_eq(check_lines(text), 100 + 3 + 1 + 1);
    ck_assert_int_eq(count_of(text, "\"event\":\"other\""), 3);
    const char *held =
        strstr(text, "\"level\":\"warn\",\"event\":\"held_back\",\"component\":\"feeds\","
                     "\"repeated\":\"late\",\"count\":50}\n");
    ck_assert_ptr_nonnull(held);
    ck_assert_int_eq(count_of(held, "\"event\":\"late\""), 1); /* told before the next one */
    free(text);
}
END_TEST

START_TEST(what_is_held_back_is_told_at_the_latest_at_the_end)
{
    open_log();
    repeat("late", 101);
    nj_log_close(nlog);
    char *text = file_text();
    ck_assert_int_eq(count_of(text, "\"repeated\":\"late\",\"count\":1}"), 1);
    free(text);
}
END_TEST

START_TEST(another_line_a_second_later_tells_it_too)
{
    open_log();
    repeat("late", 110);
    faulty.clock_ns += SECOND - 1;
    repeat("other", 1);
    char *early = file_text();
    ck_assert_int_eq(count_of(early, "held_back"), 0);
    faulty.clock_ns += 1;
    repeat("other", 1);
    char *text = file_text();
    ck_assert_int_eq(count_of(text, "\"repeated\":\"late\",\"count\":10}"), 1);
    nj_log_close(nlog);
    free(early);
    free(text);
}
END_TEST

START_TEST(many_kinds_at_once_lose_no_count)
{
    open_log();
    for (int i = 0; i < 200; i++) { /* more than are watched at a time */
        char event[64];
        snprintf(event, sizeof event, "event_%d_of_a_name_that_is_longer_than_is_kept_of_it", i);
        repeat(event, 101);
        faulty.clock_ns += 1000;
    }
    nj_log_close(nlog);
    char *text = file_text();
    ck_assert_int_eq(count_of(text, "held_back"), 200);
    ck_assert_int_eq(count_of(text, "\"count\":1}"), 200);
    ck_assert_int_eq(check_lines(text), 200 * 101);
    free(text);
}
END_TEST

/* ---- the file -------------------------------------------------------------------------------- */

START_TEST(each_line_is_one_write)
{
    open_log();
    uint64_t before = faulty.calls[FAULTY_WRITE];
    write_golden_lines();
    ck_assert_uint_eq(faulty.calls[FAULTY_WRITE] - before, 6);
    nj_log_close(nlog);
    ck_assert_int_eq(faulty.open_fds, 0);
}
END_TEST

START_TEST(a_log_that_was_moved_away_is_opened_anew)
{
    char moved[600];
    size_t len;
    snprintf(moved, sizeof moved, "%s.1", path);
    open_log();
    repeat("before", 1);
    ck_assert_int_eq(rename(path, moved), 0);
    repeat("between", 1);
    ck_assert_int_eq(nj_log_reopen(nlog, &err), 0);
    repeat("after", 1);
    nj_log_close(nlog);
    char *now = file_text(), *old = folder_read(folder, "app.ndjson.1", &len);
    ck_assert_int_eq(check_lines(old), 2);
    ck_assert_int_eq(check_lines(now), 1);
    ck_assert_ptr_nonnull(strstr(now, "after"));
    free(now);
    free(old);
}
END_TEST

START_TEST(a_log_that_cannot_be_opened_anew_goes_on)
{
    open_log();
    faulty_arm(&faulty, FAULTY_OPEN, FAULTY_ENOSPC, 1, false);
    ck_assert_int_eq(nj_log_reopen(nlog, &err), NJ_ERR_NO_SPACE);
    ck_assert_ptr_nonnull(strstr(err.text, "app.ndjson': cannot be opened: No space left"));
    repeat("after", 1);
    nj_log_close(nlog);
    char *text = file_text();
    ck_assert_int_eq(check_lines(text), 1);
    free(text);
    ck_assert_int_eq(faulty.open_fds, 0);
}
END_TEST

START_TEST(a_log_that_cannot_be_opened_is_told)
{
    struct nj_log_options options = {&faulty.platform, folder, -1, false, false, NJ_INFO};
    ck_assert_int_eq(nj_log_open(&nlog, &options, &err), NJ_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot be opened: Is a directory"));
    ck_assert_ptr_null(nlog);
}
END_TEST

START_TEST(a_line_torn_by_a_crash_is_set_aside)
{
    static const char whole[] = "{\"ts\":\"x\"}\n", torn[] = "{\"ts\":\"y\",\"le";
    char both[100];
    size_t len;
    snprintf(both, sizeof both, "%s%s", whole, torn);
    folder_write(folder, "app.ndjson", both, strlen(both));
    open_log();
    repeat("next", 1);
    nj_log_close(nlog);
    char *text = file_text(), *aside = folder_read(folder, "app.ndjson.torn", &len);
    ck_assert_int_eq(check_lines(text), 2);
    ck_assert_int_eq(strncmp(text, whole, strlen(whole)), 0);
    ck_assert_str_eq(aside, "{\"ts\":\"y\",\"le\n");
    free(text);
    free(aside);
}
END_TEST

/* Each call of each kind fails once, at open and while writing: the file holds whole lines only,
 * and what is not in it has been counted. */
START_TEST(a_failing_disk_tears_no_line_and_every_loss_is_counted)
{
    static const enum faulty_op ops[] = {FAULTY_OPEN, FAULTY_WRITE, FAULTY_PREAD, FAULTY_FSTAT,
                                         FAULTY_CLOSE};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        for (uint64_t n = 1; n < 40; n++) {
            struct nj_log_options options = {&faulty.platform, path, -1, false, false, NJ_INFO};
            folder_empty(folder);
            folder_write(folder, "app.ndjson", "{\"ts\":\"x\"}\ntorn", 15);
            faulty_arm(&faulty, ops[i], (enum faulty_kind)_i, n, false);
            if (nj_log_open(&nlog, &options, &err) != 0) {
                ck_assert_int_eq(faulty.open_fds, 0);
                ck_assert_uint_gt(faulty.failed, 0);
                continue;
            }
            for (int k = 0; k < 20; k++)
                nj_log(nlog, NJ_INFO, "test", "line", NJ_INT("k", k));
            uint64_t lost = nj_log_lost(nlog);
            nj_log_close(nlog);
            char *text = file_text();
            int told = count_of(text, "lines_lost"), written = count_of(text, "\"line\"");
            ck_assert_int_eq(check_lines(text), 1 + written + told);
            ck_assert_int_eq(written + (int)lost, 20);
            ck_assert_int_eq(told, lost > 0 && strstr(text, "\"k\":19}") ? 1 : 0);
            free(text);
            ck_assert_int_eq(faulty.open_fds, 0);
            if (faulty.failed == 0)
                break;
        }
}
END_TEST

START_TEST(a_full_disk_is_counted_and_told_when_there_is_space_again)
{
    open_log();
    repeat("before", 2);
    faulty_arm(&faulty, FAULTY_WRITE, FAULTY_SHORT, 1, false);
    faulty_also(&faulty, FAULTY_WRITE, FAULTY_ENOSPC, 2, true);
    repeat("full", 30);
    ck_assert_uint_eq(nj_log_lost(nlog), 30);
    faulty_heal(&faulty);
    repeat("after", 2);
    nj_log_close(nlog);
    char *text = file_text();
    ck_assert_int_eq(check_lines(text), 2 + 2 + 1);
    ck_assert_ptr_nonnull(strstr(text, "\"level\":\"warn\",\"event\":\"lines_lost\",\"component\":"
                                       "\"log\",\"count\":30}\n"));
    free(text);
}
END_TEST

START_TEST(a_piece_that_cannot_be_taken_back_stands_on_a_line_of_its_own)
{
    open_log();
    repeat("before", 1);
    faulty_arm(&faulty, FAULTY_WRITE, FAULTY_SHORT, 1, false);
    faulty_also(&faulty, FAULTY_FTRUNCATE, FAULTY_EIO, 1, false);
    repeat("torn", 1);
    repeat("after", 1);
    nj_log_close(nlog);
    char *text = file_text(), *piece = strchr(text, '\n') + 1, *rest = strchr(piece, '\n') + 1;
    ck_assert_ptr_nonnull(strstr(text, "\"before\""));
    ck_assert_int_eq(check_lines(rest), 2); /* the next line, and that one was lost */
    ck_assert_int_eq(strncmp(piece, "{\"ts\":", 6), 0);
    free(text);
}
END_TEST

START_TEST(a_terminal_that_is_gone_is_counted_only_without_a_file)
{
    struct nj_log_options options = {&faulty.platform, path, 99, false, false, NJ_INFO};
    ck_assert_int_eq(nj_log_open(&nlog, &options, &err), 0);
    repeat("x", 3);
    ck_assert_uint_eq(nj_log_lost(nlog), 0);
    nj_log_close(nlog);
    options.path = NULL;
    ck_assert_int_eq(nj_log_open(&nlog, &options, &err), 0);
    repeat("x", 3);
    ck_assert_uint_ge(nj_log_lost(nlog), 3);
    nj_log_close(nlog);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, lines_of_the_file_are_the_golden_ones);
    tcase_add_test(tests, lines_of_a_terminal_are_the_golden_ones);
    tcase_add_test(tests, json_may_go_to_a_terminal_too);
    tcase_add_test(tests, colour_is_only_paint);
    tcase_add_test(tests, a_text_cannot_command_the_terminal);
    tcase_add_test(tests, any_text_makes_a_line_of_json);
    tcase_add_test(tests, the_clock_of_the_events_may_stamp_the_lines);
    tcase_add_test(tests, the_level_may_change);
    tcase_add_test(tests, no_log_says_nothing);
    tcase_add_test(tests, repeats_within_a_second_are_held_back_and_counted);
    tcase_add_test(tests, what_is_held_back_is_told_at_the_latest_at_the_end);
    tcase_add_test(tests, another_line_a_second_later_tells_it_too);
    tcase_add_test(tests, many_kinds_at_once_lose_no_count);
    tcase_add_test(tests, each_line_is_one_write);
    tcase_add_test(tests, a_log_that_was_moved_away_is_opened_anew);
    tcase_add_test(tests, a_log_that_cannot_be_opened_anew_goes_on);
    tcase_add_test(tests, a_log_that_cannot_be_opened_is_told);
    tcase_add_test(tests, a_line_torn_by_a_crash_is_set_aside);
    tcase_add_loop_test(tests, a_failing_disk_tears_no_line_and_every_loss_is_counted, 0,
                        FAULTY_KINDS);
    tcase_add_test(tests, a_full_disk_is_counted_and_told_when_there_is_space_again);
    tcase_add_test(tests, a_piece_that_cannot_be_taken_back_stands_on_a_line_of_its_own);
    tcase_add_test(tests, a_terminal_that_is_gone_is_counted_only_without_a_file);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
