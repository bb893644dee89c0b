/* test_rotate.c - journals that rotate: by the days of lines, by size, by the clock; under which
 * names; what an earlier death left. */
#include "../support/faulty_platform.h"
#include "../support/folder.h"
#include "journal/journal.h"
#include "journal/names.h"
#include "journal/rotate.h"
#include "test_main.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* 2025-01-01T00:00:00Z, by date -u -d 2025-01-01 +%s */
#define DAY1   INT64_C(1735689600000000000)
#define DAY    INT64_C(86400000000000)
#define MINUTE INT64_C(60000000000)

static char dir[256];
static struct faulty_platform fp;
static struct nj_error err;
static struct nj_journals *js;
static struct nj_journals_options options;

static void set_up(void)
{
    folder_make(dir, "rotate");
    faulty_init(&fp);
    fp.clock_ns = DAY1 + 20 * DAY;
    memset(&err, 0, sizeof err);
    options = (struct nj_journals_options){.platform = &fp.platform,
                                           .dir = dir,
                                           .fsync = NJ_JOURNAL_FSYNC_NEVER,
                                           .rotate_daily = true};
}

static void tear_down(void)
{
    ck_assert_int_eq(fp.open_fds, 0);
    ck_assert_int_eq(fp.allocated, 0);
    folder_remove(dir);
}

static void begin(void)
{
    ck_assert_msg(nj_journals_open(&js, &options, &err) == 0, "%s", err.text);
}

static void end(void)
{
    ck_assert_msg(nj_journals_close(js, &err) == 0, "%s", err.text);
}

/* A bar of AB/C whose trades are its number. */
static size_t bar(char *out, size_t cap, int64_t ts_open, int id)
{
    return (size_t)snprintf(out, cap,
                            "{\"symbol\":\"AB/C\",\"timeframe\":\"1m\",\"ts_open\":%lld,"
                            "\"ts_close\":%lld,\"open\":1,\"high\":1,\"low\":1,\"close\":1,"
                            "\"volume\":1,\"trades\":%d}",
                            (long long)ts_open, (long long)(ts_open + MINUTE), id);
}

static void put(int64_t ts, int id)
{
    char line[512];
    size_t len = bar(line, sizeof line, ts, id);
    ck_assert_msg(nj_journals_append(js, "ohlcv.1m.ABC", ts, line, len, &err) == 0, "%s", err.text);
}

static void flush(void)
{
    ck_assert_msg(nj_journals_flush(js, &err) == 0, "%s", err.text);
}

/* The numbers of the lines of a file, as "1 2 3"; "none": no such file. */
static const char *ids(const char *name)
{
    static char texts[4][4096];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    size_t len, n = 0;
    char *data = folder_read(dir, name, &len);
    text[0] = '\0';
    if (!data)
        return "none";
    for (const char *p = data; (p = strstr(p, "\"trades\":"));) {
        p += strlen("\"trades\":");
        n += (size_t)snprintf(text + n, 4096 - n, "%s%d", n ? " " : "", (int)strtol(p, NULL, 10));
    }
    free(data);
    return text;
}

/* How many entries the folder has besides . and .. */
static int entries(void)
{
    DIR *d = opendir(dir);
    int n = -2;
    ck_assert_ptr_nonnull(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static char *path_of(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

#define LIVE "ohlcv.1m.ABC.ndjson"

START_TEST(a_line_of_a_later_day_begins_a_new_file)
{
    begin();
    put(DAY1, 1);
    put(DAY1 + DAY - MINUTE, 2);
    put(DAY1 + DAY, 3);
    put(DAY1 + DAY + MINUTE, 4);
    put(DAY1 + 3 * DAY, 5);
    flush();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "1 2");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250102.ndjson"), "3 4");
    ck_assert_str_eq(ids(LIVE), "5");
    ck_assert_int_eq(entries(), 4); /* and the lock */
    struct nj_journal_stats stats;
    nj_journals_stats(js, &stats);
    ck_assert_uint_eq(stats.rotations, 2);
    ck_assert_uint_eq(stats.lines, 5);
    end();
}
END_TEST

START_TEST(a_late_line_goes_into_the_live_file)
{
    begin();
    put(DAY1 + DAY - MINUTE, 1);
    put(DAY1 + DAY, 2);
    put(DAY1 + DAY - 2 * MINUTE, 3); /* of yesterday */
    put(DAY1 + 2 * DAY, 4);
    flush();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "1");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250102.ndjson"), "2 3");
    ck_assert_str_eq(ids(LIVE), "4");
    end();
}
END_TEST

START_TEST(the_last_bar_of_a_day_that_comes_after_midnight_goes_to_its_day)
{
    begin();
    put(DAY1 + DAY - 2 * MINUTE, 1);
    fp.clock_ns = DAY1 + DAY + 2000000000; /* the clock is past midnight, the bar is not */
    nj_journals_idle(js, fp.clock_ns);
    put(DAY1 + DAY - MINUTE, 2);
    put(DAY1 + DAY, 3);
    flush();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "1 2");
    ck_assert_str_eq(ids(LIVE), "3");
    end();
}
END_TEST

START_TEST(a_full_file_ends_before_the_next_line_and_numbers_count_on)
{
    options.rotate_daily = false;
    options.rotate_bytes = 1; /* each line fills it */
    begin();
    for (int i = 0; i <= 12; i++)
        put(DAY1 + i, i);
    flush();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "0");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.1.ndjson"), "1");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.9.ndjson"), "9");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.10.ndjson"), "10");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.11.ndjson"), "11");
    ck_assert_str_eq(ids(LIVE), "12");
    end();
    begin(); /* and on behind the greatest after a restart */
    put(DAY1 + 13, 13);
    flush();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.12.ndjson"), "12");
    end();
}
END_TEST

START_TEST(a_file_is_full_at_its_size_and_not_before)
{
    char line[512];
    size_t len = bar(line, sizeof line, DAY1, 1) + 1;
    options.rotate_bytes = 3 * len;
    begin();
    for (int i = 1; i <= 7; i++)
        put(DAY1, i);
    flush();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "1 2 3");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.1.ndjson"), "4 5 6");
    ck_assert_str_eq(ids(LIVE), "7");
    end();
}
END_TEST

START_TEST(a_name_that_is_there_is_never_written_over)
{
    folder_write(dir, "ohlcv.1m.ABC.20250101.ndjson.gz", "a", 1);
    folder_write(dir, "ohlcv.1m.ABC.20250101.3.ndjson", "{}\n", 3);
    begin();
    put(DAY1, 1);
    folder_write(dir, "ohlcv.1m.ABC.20250101.4.ndjson", "foreign\n", 8); /* while it runs */
    folder_write(dir, "ohlcv.1m.ABC.20250101.5.ndjson.gz", "b", 1);
    put(DAY1 + DAY, 2);
    flush();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.6.ndjson"),
                     "1"); /* 1 and 2 would be out of order */
    size_t len;
    char *text = folder_read(dir, "ohlcv.1m.ABC.20250101.4.ndjson", &len);
    ck_assert_str_eq(text, "foreign\n");
    free(text);
    end();
}
END_TEST

START_TEST(a_day_that_comes_late_finds_its_number_in_the_folder)
{
    options.rotate_bytes = 1;
    folder_write(dir, "ohlcv.1m.ABC.20250101.7.ndjson.gz", "a", 1);
    folder_write(dir, "ohlcv.1m.ABC.20250105.2.ndjson", "{}\n", 3);
    begin();
    put(DAY1, 1);
    put(DAY1, 2);
    put(DAY1, 3);
    flush();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.8.ndjson"), "1");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.9.ndjson"), "2");
    end();
}
END_TEST

START_TEST(a_live_file_of_an_earlier_run_keeps_the_day_of_its_first_line)
{
    begin();
    put(DAY1, 1);
    end();
    begin();
    put(DAY1 + MINUTE, 2);
    put(DAY1 + DAY, 3);
    end();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "1 2");
    begin(); /* the next line is of a later day at once */
    put(DAY1 + 2 * DAY, 4);
    end();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250102.ndjson"), "3");
    ck_assert_str_eq(ids(LIVE), "4");
}
END_TEST

START_TEST(a_first_line_of_a_megabyte_is_read_for_its_day)
{
    static char line[900000];
    size_t len = bar(line, sizeof line, DAY1, 1) - 1; /* without its brace */
    len += (size_t)snprintf(line + len, sizeof line - len, ",\"x\":\"");
    memset(line + len, 'a', 800000);
    len += 800000;
    len += (size_t)snprintf(line + len, sizeof line - len, "\"}\n");
    folder_write(dir, LIVE, line, len);
    begin();
    put(DAY1 + DAY, 2);
    end();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "1");
    ck_assert_str_eq(ids(LIVE), "2");
}
END_TEST

START_TEST(a_torn_end_is_cut_before_the_file_is_finished)
{
    char text[600];
    size_t len = bar(text, sizeof text, DAY1, 1);
    len += (size_t)snprintf(text + len, sizeof text - len, "\n{\"symbol\":\"A");
    folder_write(dir, LIVE, text, len);
    begin();
    put(DAY1 + DAY, 2);
    end();
    char *data = folder_read(dir, "ohlcv.1m.ABC.20250101.ndjson", &len);
    ck_assert(data[len - 1] == '\n');
    ck_assert_ptr_null(strstr(data, "\"A\n"));
    free(data);
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "1");
}
END_TEST

START_TEST(files_without_lines_rotate_a_minute_after_midnight)
{
    begin();
    put(DAY1 + MINUTE, 1);
    flush();
    end();
    char line[512];
    size_t len = bar(line, sizeof line, DAY1 + DAY, 7);
    line[len++] = '\n';
    folder_write(dir, "ohlcv.5m.ABC.ndjson", line, len); /* of today: stays */
    begin();                                             /* nobody writes it any more */
    nj_journals_idle(js, DAY1 + DAY + MINUTE - 1);
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "none");
    nj_journals_idle(js, DAY1 + DAY + MINUTE);
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "1");
    ck_assert_str_eq(ids(LIVE), "");
    ck_assert_str_eq(ids("ohlcv.5m.ABC.ndjson"), "7");
    nj_journals_idle(js, DAY1 + 5 * DAY); /* an empty file has no day */
    ck_assert_str_eq(ids("ohlcv.5m.ABC.20250102.ndjson"), "7");
    ck_assert_int_eq(entries(), 5);
    put(DAY1 + DAY - MINUTE, 2); /* late: the first line of the new file */
    put(DAY1 + DAY, 3);
    flush();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.1.ndjson"), "2");
    ck_assert_str_eq(ids(LIVE), "3");
    end();
}
END_TEST

START_TEST(with_the_lines_clock_the_lines_bring_midnight)
{
    options.line_clock = true;
    fp.clock_ns = DAY1 - 900 * DAY; /* whatever the wall says */
    begin();
    put(DAY1, 1);
    char line[512];
    size_t len = bar(line, sizeof line, DAY1 + MINUTE, 1);
    ck_assert_int_eq(nj_journals_append(js, "ohlcv.5m.ABC", DAY1 + MINUTE, line, len, &err), 0);
    nj_journals_idle(js, DAY1 + 5 * DAY); /* not asked */
    ck_assert_str_eq(ids("ohlcv.5m.ABC.20250101.ndjson"), "none");
    put(DAY1 + DAY, 2);
    ck_assert_str_eq(ids("ohlcv.5m.ABC.20250101.ndjson"), "none");
    put(DAY1 + DAY + MINUTE, 3);
    ck_assert_str_eq(ids("ohlcv.5m.ABC.20250101.ndjson"), "1");
    end();
}
END_TEST

START_TEST(a_time_far_ahead_of_the_clock_does_not_end_daily_rotation)
{
    fp.clock_ns = DAY1;
    begin();
    put(DAY1, 1);
    put(DAY1 + 80000 * DAY, 2); /* a feed's mistake */
    put(DAY1 + DAY, 3);
    fp.clock_ns = DAY1 + 2 * DAY;
    put(DAY1 + 2 * DAY, 4);
    flush();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "1 2");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250102.ndjson"), "3");
    ck_assert_str_eq(ids(LIVE), "4");
    end();
}
END_TEST

START_TEST(a_line_without_a_time_belongs_to_the_file)
{
    begin();
    ck_assert_int_eq(nj_journals_append(js, "x", NJORD_NONE_I64, "{\"a\":1}", 7, &err), 0);
    ck_assert_int_eq(nj_journals_append(js, "x", DAY1, "{\"a\":2}", 7, &err), 0);
    ck_assert_int_eq(nj_journals_append(js, "x", NJORD_NONE_I64, "{\"a\":3}", 7, &err), 0);
    ck_assert_int_eq(nj_journals_append(js, "x", DAY1 + DAY, "{\"a\":4}", 7, &err), 0);
    end();
    size_t len;
    char *text = folder_read(dir, "x.20250101.ndjson", &len);
    ck_assert_str_eq(text, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    free(text);
}
END_TEST

START_TEST(a_file_that_begins_with_a_late_line_is_not_dated_before_the_one_in_front_of_it)
{
    options.rotate_bytes = 1;
    begin();
    put(DAY1 + DAY, 1);
    put(DAY1, 2); /* cut by its size, and late */
    put(DAY1 + DAY, 3);
    end();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250102.ndjson"), "1");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250102.1.ndjson"), "2");
    ck_assert_str_eq(ids(LIVE), "3");
}
END_TEST

/* The same history written by two runs: its orders go on behind those of the first, its bars beside
 * them. */
START_TEST(names_of_order_flow_are_in_the_order_of_writing_over_all_runs)
{
    for (int run = 0; run < 2; run++) {
        begin();
        for (int day = 0; day < 3; day++) {
            char line[256];
            int64_t ts = DAY1 + day * DAY;
            size_t len = (size_t)snprintf(line, sizeof line,
                                          "{\"contract\":\"OrderCancel\",\"intent_id\":\"i\","
                                          "\"strategy_id\":\"s\",\"ts_ns\":%lld}",
                                          (long long)ts);
            ck_assert_int_eq(nj_journals_append_now(js, "orders", ts, line, len, &err), 0);
            put(ts, 10 * run + day);
        }
        end();
    }
    begin();
    nj_journals_idle(js, DAY1 + 9 * DAY);
    end();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250102.ndjson"), "1");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250103.ndjson"), "2 10 11 12"); /* live between the runs */
    struct nj_journal_files all;
    ck_assert_int_eq(nj_journal_list(dir, "orders", &all, &err), 0);
    ck_assert_uint_eq(all.n, 4); /* three days, and an empty live file */
    ck_assert_int_eq(all.files[2].day, all.files[1].day + 1);
    ck_assert_int_eq(all.files[2].size, 4 * all.files[1].size);
    nj_journal_files_free(&all);
}
END_TEST

START_TEST(lines_that_tell_no_time_are_dated_by_the_ones_that_do)
{
    options.rotate_bytes = 1;
    folder_write(dir, "x.ndjson", "{\"a\":0}\n", 8);
    begin();
    ck_assert_int_eq(nj_journals_append(js, "x", DAY1, "{\"a\":1}", 7, &err), 0);
    ck_assert_int_eq(nj_journals_append(js, "x", NJORD_NONE_I64, "{\"a\":2}", 7, &err), 0);
    ck_assert_int_eq(nj_journals_append(js, "x", NJORD_NONE_I64, "{\"a\":3}", 7, &err), 0);
    ck_assert_int_eq(nj_journals_append(js, "x", DAY1 + DAY, "{\"a\":4}", 7, &err), 0);
    end();
    static const char *const names[] = {"x.20250101.ndjson", "x.20250101.1.ndjson",
                                        "x.20250101.2.ndjson", "x.20250102.ndjson", "x.ndjson"};
    for (int i = 0; i < 5; i++) {
        char want[32];
        size_t len;
        char *text = folder_read(dir, names[i], &len);
        snprintf(want, sizeof want, "{\"a\":%d}\n", i);
        ck_assert_ptr_nonnull(text);
        ck_assert_str_eq(text, want);
        free(text);
    }
}
END_TEST

START_TEST(a_file_taken_away_from_outside_is_not_rotated)
{
    begin();
    put(DAY1, 1);
    flush();
    ck_assert_int_eq(rename(path_of(LIVE), path_of("mine")), 0);
    put(DAY1 + DAY, 2);
    flush();
    ck_assert_str_eq(ids("mine"), "1");
    ck_assert_str_eq(ids(LIVE), "2");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "none");
    ck_assert_int_eq(rename(path_of(LIVE), path_of("mine2")), 0);
    char line[512];
    size_t len = bar(line, sizeof line, DAY1, 3);
    line[len++] = '\n';
    folder_write(dir, LIVE, line, len); /* another one in its place, as after SIGUSR1 */
    ck_assert_int_eq(nj_journals_reopen(js, &err), 0);
    put(DAY1 + DAY, 4);
    flush();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.ndjson"), "3");
    ck_assert_str_eq(ids(LIVE), "4");
    end();
}
END_TEST

static char told[8][512];
static int told_fd[8], n_told;

static void on_finished(void *ctx, const char *path, int fd)
{
    (void)ctx;
    snprintf(told[n_told], sizeof told[0], "%s", path);
    told_fd[n_told++] = fd;
    if (fd >= 0)
        fp.platform.close(fp.platform.ctx, fd);
}

START_TEST(finished_files_are_told_and_handed_over_to_be_synced)
{
    n_told = 0;
    options.finished = on_finished;
    options.fsync = NJ_JOURNAL_FSYNC_INTERVAL;
    begin();
    put(DAY1, 1);
    put(DAY1 + DAY, 2);
    end();
    ck_assert_int_eq(n_told, 1);
    ck_assert_str_eq(told[0], path_of("ohlcv.1m.ABC.20250101.ndjson"));
    ck_assert_int_ge(told_fd[0], 0);
    options.fsync = NJ_JOURNAL_FSYNC_ALWAYS;
    begin();
    put(DAY1 + 2 * DAY, 3);
    end();
    ck_assert_int_eq(n_told, 2);
    ck_assert_int_eq(told_fd[1], -1);
}
END_TEST

/* The order of a rotation with fsync: always: which call is the last before which. */
START_TEST(always_each_step_is_synced_before_the_next)
{
    options.fsync = NJ_JOURNAL_FSYNC_ALWAYS;
    begin();
    put(DAY1, 1);
    flush();
    memset(fp.calls, 0, sizeof fp.calls);
    put(DAY1 + DAY, 2);
    ck_assert_uint_eq(fp.calls[FAULTY_LINK], 1);
    ck_assert_uint_eq(fp.calls[FAULTY_RENAME], 1);
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC], 1);     /* the new file; the old one was */
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC_DIR], 2); /* before and after the switch */
    end();
}
END_TEST

START_TEST(where_there_are_no_hard_links_files_are_renamed)
{
    for (int without = 1; without <= 2; without++) {
        folder_empty(dir);
        faulty_init(&fp);
        fp.clock_ns = DAY1;
        folder_write(dir, "ohlcv.1m.ABC.20250101.ndjson", "{}\n", 3);
        begin();
        faulty_arm(&fp, FAULTY_LINK, FAULTY_UNSUPPORTED, 1, true);
        if (without == 2)
            faulty_also(&fp, FAULTY_RENAME_NEW, FAULTY_UNSUPPORTED, 1, true);
        put(DAY1, 1);
        folder_write(dir, "ohlcv.1m.ABC.20250101.1.ndjson", "{}\n", 3);
        put(DAY1 + DAY, 2);
        flush();
        ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.2.ndjson"), "1");
        ck_assert_str_eq(ids(LIVE), "2");
        ck_assert_int_eq(entries(), 5);
        end();
    }
}
END_TEST

START_TEST(what_a_death_left_is_finished_at_the_next_start)
{
    char line[600];
    size_t len = bar(line, sizeof line, DAY1, 1);
    line[len++] = '\n';
    folder_write(dir, LIVE, line, len);
    folder_write(dir, ".ohlcv.1m.ABC.ndjson.new", "", 0);
    folder_write(dir, ".x.20250101.ndjson.gz.tmp", "half", 4);
    folder_write(dir, ".foreign", "f", 1);
    ck_assert_int_eq(link(path_of(LIVE), path_of("ohlcv.1m.ABC.20250101.2.ndjson")), 0);
    folder_write(dir, "y.20250101.ndjson", "{\"a\":1}\n{\"a\"",
                 12); /* its end went with the power */
    begin();
    ck_assert_int_eq(access(path_of(LIVE), F_OK), -1);
    ck_assert_int_eq(access(path_of(".ohlcv.1m.ABC.ndjson.new"), F_OK), -1);
    ck_assert_int_eq(access(path_of(".x.20250101.ndjson.gz.tmp"), F_OK), -1);
    ck_assert_int_eq(access(path_of(".foreign"), F_OK), 0);
    put(DAY1, 2);
    put(DAY1 + DAY, 3);
    end();
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.2.ndjson"), "1");
    ck_assert_str_eq(ids("ohlcv.1m.ABC.20250101.3.ndjson"), "2");
    char *text = folder_read(dir, "y.20250101.ndjson", &len);
    ck_assert_str_eq(text, "{\"a\":1}\n");
    free(text);
}
END_TEST

START_TEST(a_folder_of_the_same_lines_has_the_same_files)
{
    char names[2][4096];
    for (int run = 0; run < 2; run++) {
        folder_empty(dir);
        options.line_clock = true;
        options.rotate_bytes = 700;
        options.max_open = 1 + (uint32_t)run;
        fp.clock_ns = DAY1 + run * 1000 * DAY;
        begin();
        for (int i = 0; i < 200; i++) {
            char line[512], name[32];
            int64_t ts = DAY1 + i * 30 * MINUTE;
            size_t len = bar(line, sizeof line, ts, i);
            snprintf(name, sizeof name, "ohlcv.%dm.ABC", 1 + i % 3);
            ck_assert_int_eq(nj_journals_append(js, name, ts, line, len, &err), 0);
            if (run == 1 && i % 7 == 0)
                flush();
        }
        end();
        struct nj_journal_files all;
        ck_assert_int_eq(nj_journal_list(dir, NULL, &all, &err), 0);
        size_t n = 0;
        for (size_t i = 0; i < all.n; i++)
            n += (size_t)snprintf(names[run] + n, sizeof names[run] - n, "%s %d.%u %lld\n",
                                  all.files[i].stem, all.files[i].day, all.files[i].part,
                                  (long long)all.files[i].size);
        ck_assert_uint_gt(all.n, 40);
        nj_journal_files_free(&all);
    }
    ck_assert_str_eq(names[0], names[1]);
}
END_TEST

START_TEST(times_are_read_from_the_lines_of_each_contract)
{
    static const struct {
        const char *stem, *line;
        int64_t ts;
    } rows[] = {
        {"md.trades.ABC",
         "{\"symbol\":\"AB/C\",\"price\":1,\"qty\":1,\"ts_ns\":17,\"ts_recv_ns\":99}", 17},
        {"ohlcv.1m.ABC",
         "{\"symbol\":\"AB/C\",\"timeframe\":\"1m\",\"ts_open\":60,\"ts_close\":120,\"open\":1,"
         "\"high\":1,\"low\":1,\"close\":1,\"volume\":1}",
         60},
        {"fills.ABC",
         "{\"fill_id\":\"v-ABC-1\",\"order_id\":\"1\",\"intent_id\":\"i\",\"strategy_id\":\"s\","
         "\"symbol\":\"AB/C\",\"side\":\"buy\",\"qty\":1,\"price\":1,\"fee\":0,\"ts_fill_ns\":5}",
         5},
        {"orders",
         "{\"contract\":\"OrderCancel\",\"intent_id\":\"i\",\"strategy_id\":\"s\",\"ts_ns\":8}", 8},
        {"orders",
         "{\"contract\":\"OrderEvent\",\"intent_id\":\"i\",\"strategy_id\":\"s\",\"venue\":\"v\","
         "\"symbol\":\"AB/C\",\"side\":\"buy\",\"type\":\"market\",\"qty\":1,"
         "\"ts_accepted_ns\":9}",
         9},
    };
    int64_t ts;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_msg(
            nj_line_time(&fp.platform, rows[i].stem, rows[i].line, strlen(rows[i].line), &ts), "%s",
            rows[i].line);
        ck_assert_int_eq(ts, rows[i].ts);
    }
    ck_assert(!nj_line_time(&fp.platform, "orders", "{}", 2, &ts));
    ck_assert(!nj_line_time(&fp.platform, "nobody", rows[0].line, strlen(rows[0].line), &ts));
    ck_assert(!nj_line_time(&fp.platform, "md.trades.ABC", "[]", 2, &ts));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rotate");
    TCase *t = tcase_create("rotate");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_line_of_a_later_day_begins_a_new_file);
    tcase_add_test(t, a_late_line_goes_into_the_live_file);
    tcase_add_test(t, the_last_bar_of_a_day_that_comes_after_midnight_goes_to_its_day);
    tcase_add_test(t, a_full_file_ends_before_the_next_line_and_numbers_count_on);
    tcase_add_test(t, a_file_is_full_at_its_size_and_not_before);
    tcase_add_test(t, a_name_that_is_there_is_never_written_over);
    tcase_add_test(t, a_day_that_comes_late_finds_its_number_in_the_folder);
    tcase_add_test(t, a_live_file_of_an_earlier_run_keeps_the_day_of_its_first_line);
    tcase_add_test(t, a_first_line_of_a_megabyte_is_read_for_its_day);
    tcase_add_test(t, a_torn_end_is_cut_before_the_file_is_finished);
    tcase_add_test(t, files_without_lines_rotate_a_minute_after_midnight);
    tcase_add_test(t, with_the_lines_clock_the_lines_bring_midnight);
    tcase_add_test(t, a_time_far_ahead_of_the_clock_does_not_end_daily_rotation);
    tcase_add_test(t, a_line_without_a_time_belongs_to_the_file);
    tcase_add_test(t,
                   a_file_that_begins_with_a_late_line_is_not_dated_before_the_one_in_front_of_it);
    tcase_add_test(t, names_of_order_flow_are_in_the_order_of_writing_over_all_runs);
    tcase_add_test(t, lines_that_tell_no_time_are_dated_by_the_ones_that_do);
    tcase_add_test(t, a_file_taken_away_from_outside_is_not_rotated);
    tcase_add_test(t, finished_files_are_told_and_handed_over_to_be_synced);
    tcase_add_test(t, always_each_step_is_synced_before_the_next);
    tcase_add_test(t, where_there_are_no_hard_links_files_are_renamed);
    tcase_add_test(t, what_a_death_left_is_finished_at_the_next_start);
    tcase_add_test(t, a_folder_of_the_same_lines_has_the_same_files);
    tcase_add_test(t, times_are_read_from_the_lines_of_each_contract);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
