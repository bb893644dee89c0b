/* test_cache_faults.c - the column cache where folders take nothing, where calls fail, and where
 * several processes build at once and are killed: right rows, or the error; never a wrong row. */
#include "test_main.h"

#include "../support/faulty_platform.h"
#include "cache_make.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static struct nj_buf text;

/* Seven files of bars, one of them gzip, two overlapping, one live: minutes 0 to 69. */
static void put_journal(void)
{
    char name[64];
    for (int day = 1; day <= 5; day++) {
        put_bars(&text, (day - 1) * 10, day * 10);
        snprintf(name, sizeof name, BARS ".2021040%d.ndjson", day);
        put_file(name, &text);
    }
    put_bars(&text, 45, 60);
    put_gzip(BARS ".20210406.ndjson.gz", &text);
    put_bars(&text, 60, 70);
    put_file(BARS ".ndjson", &text);
}

/* Minutes 0 to 69 in order? */
static bool whole(const struct nj_cache *c)
{
    const struct nj_columns *p;
    size_t n = nj_cache_pieces(c, &p);
    int64_t minute = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < p[i].n; r++, minute++)
            if (p[i].ts[r] != minute * MINUTE || p[i].close[r] < (double)minute ||
                p[i].close[r] > (double)minute)
                return false;
    return minute == 70;
}

static void must_be_whole(const struct nj_platform *pf)
{
    struct nj_cache_options o = options_of(BARS);
    o.platform = pf;
    struct nj_cache *c = must_open(&o);
    ck_assert(whole(c));
    seen = info_of(c);
    nj_cache_close(c);
}

/* ---- folders ---- */

START_TEST(a_folder_that_takes_nothing_leaves_the_cache_to_the_home)
{
    put_journal();
    folder_write(dir, ".cache", "in the way", 10);
    must_be_whole(NULL);
    ck_assert_str_eq(err.text, "");
    ck_assert(seen.built == 7 && seen.segments == 7);
    must_be_whole(NULL);
    ck_assert(seen.built == 0 && seen.segments == 7);
    ck_assert_int_eq(count_files(home, "njord", "", ""), 1);
}
END_TEST

START_TEST(segments_beside_the_journals_are_used_where_nothing_can_be_written)
{
    char path[600];
    put_journal();
    must_be_whole(NULL);
    /* the live file grows, and the folder of segments takes nothing more: by its permissions, or
     * for who may do everything, by no_write */
    snprintf(path, sizeof path, "%s/.cache", dir);
    ck_assert_int_eq(chmod(path, 0500), 0);
    put_bars(&text, 70, 71);
    append_file(BARS ".ndjson", &text);
    struct nj_cache_options o = options_of(BARS);
    o.no_write = true;
    struct nj_cache *c = must_open(&o);
    struct nj_cache_info info = info_of(c);
    ck_assert(info.rows == 71 && info.built == 1 && info.segments == 7);
    nj_cache_close(c);
    ck_assert_int_eq(segments(), 7);
    o.no_write = false;
    for (int i = 0; i < 2; i++) {
        c = must_open(&o);
        info = info_of(c);
        ck_assert(info.rows == 71 && info.built == (i == 0) && info.segments == 8);
        nj_cache_close(c);
    }
    ck_assert_int_eq(chmod(path, 0700), 0);
}
END_TEST

START_TEST(no_folder_at_all_leaves_it_in_memory_and_says_so)
{
    put_journal();
    folder_write(dir, ".cache", "in the way", 10);
    folder_write(home, "njord", "in the way", 10);
    must_be_whole(NULL);
    ck_assert_msg(strncmp(err.text, "column cache: folder '", 22) == 0 && !strchr(err.text, '\n'),
                  "%s", err.text);
    ck_assert(seen.built == 7 && seen.segments == 0);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    must_be_whole(NULL);
    ck_assert(seen.built == 7 && seen.segments == 0);
}
END_TEST

START_TEST(a_segment_has_the_permissions_of_its_source)
{
    char path[600];
    struct stat st;
    put_bars(&text, 0, 70);
    put_file(BARS ".ndjson", &text);
    snprintf(path, sizeof path, "%s/" BARS ".ndjson", dir);
    ck_assert_int_eq(chmod(path, 0600), 0);
    must_be_whole(NULL);
    snprintf(path, sizeof path, "%s/.cache/" BARS ".ndjson.0.njc", dir);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

/* ---- a source of several pieces ---- */

enum { ROWS = 600000 }; /* more than twice what is held */

static void id_of(char out[32], size_t row)
{
    snprintf(out, 32, row % 1000 == 999 ? "t-%zu" : "%zu", row);
}

static const char *venue_of(size_t row)
{
    return row < ROWS / 2 ? NULL : row % 2 ? "okx" : "kraken";
}

START_TEST(a_source_too_long_for_memory_reads_back_the_same)
{
    struct nj_cache_options o = options_of(TRADES);
    const struct nj_columns *p;
    char id[32];
    for (size_t i = 0; i < ROWS; i++) {
        id_of(id, i);
        put_trade(&text, (int64_t)i + 1, id, venue_of(i), 0);
        if (i == ROWS - 100) /* of another symbol, far behind the first piece */
            nj_buf_puts(&text, "{\"ts_ns\":1,\"symbol\":\"BT/CUSDT\",\"price\":1,\"qty\":1}\n");
    }
    put_file(TRADES ".20210401.ndjson", &text);
    o.skip_bad = true;
    struct nj_cache *c = must_open(&o);
    ck_assert_str_eq(err.text, "");
    ck_assert(nj_cache_pieces(c, &p) == 1 && p->n == ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        njord_trade t;
        nj_columns_trade(p, i, &t);
        id_of(id, i);
        if (t.ev.ts_ns != (int64_t)i + 1 || strcmp(t.trade_id, id) != 0 ||
            strcmp(t.venue, venue_of(i) ? venue_of(i) : "") != 0)
            ck_abort_msg("row %zu: %" PRId64 " '%s' '%s'", i, t.ev.ts_ns, t.trade_id, t.venue);
    }
    seen = info_of(c);
    ck_assert(seen.bad == 1 && seen.segments == 1);
    nj_cache_close(c);
    o.verify = true;
    c = must_open(&o);
    ck_assert_uint_eq(info_of(c).built, 0);
    nj_cache_close(c);
    ck_assert_int_eq(count_files(dir, ".cache", "", ""), 1);

    char path[600];
    snprintf(path, sizeof path, "%s/.cache", dir);
    folder_remove(path);
    o.no_write = true; /* the same in memory */
    c = must_open(&o);
    ck_assert_uint_eq(info_of(c).segments, 0);
    ck_assert_uint_eq(info_of(c).bad, 1);
    ck_assert_str_eq(info_of(c).hash, seen.hash);
    nj_cache_close(c);

    o.skip_bad = false;
    ck_assert_int_eq(nj_cache_open(&c, &o, &err), NJ_ERR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, ".ndjson:599902: "));
}
END_TEST

START_TEST(a_long_live_file_is_hashed_up_to_its_last_whole_line)
{
    struct nj_cache_options o = options_of(BARS);
    struct nj_buf half = {0};
    put_bars(&text, 0, 30000); /* 5 MB: hashed beside the scan */
    nj_buf_add(&half, text.data + text.len - 50, 50);
    text.len -= 50;
    put_file(BARS ".ndjson", &text);
    o.verify = true;
    for (int i = 0; i < 3; i++) {
        struct nj_cache *c = must_open(&o);
        struct nj_cache_info info = info_of(c);
        ck_assert_uint_eq(info.rows, i < 2 ? 29999 : 30000);
        ck_assert_uint_eq(info.built, i != 1);
        nj_cache_close(c);
        if (i == 1)
            append_file(BARS ".ndjson", &half);
    }
    struct nj_cache *c = must_open(&o);
    ck_assert(info_of(c).built == 0 && info_of(c).segments == 2);
    nj_cache_close(c);
}
END_TEST

/* Gives a file its mtime back, until the file system's clock has gone on: its ctime is another. */
static void put_back(const char *path, const struct stat *st)
{
    struct stat now = *st;
    while (now.st_ctim.tv_sec == st->st_ctim.tv_sec && now.st_ctim.tv_nsec == st->st_ctim.tv_nsec) {
        struct timespec times[] = {st->st_atim, st->st_mtim};
        ck_assert(utimensat(AT_FDCWD, path, times, 0) == 0 && stat(path, &now) == 0);
    }
}

/* A build seen ten seconds from now: whatever is written after it has another ctime. */
START_TEST(a_source_that_stands_as_it_stood_is_not_even_opened)
{
    struct faulty_platform f;
    struct nj_cache_options o = options_of(BARS);
    struct stat st;
    char path[600];
    faulty_init(&f);
    f.clock_ns = nj_platform_system()->realtime_ns(NULL) + INT64_C(10000000000);
    o.platform = &f.platform;
    put_bars(&text, 1, 3);
    put_file(BARS ".20210401.ndjson", &text);
    snprintf(path, sizeof path, "%s/" BARS ".20210401.ndjson", dir);
    expect(&o, "1 2");
    ck_assert_int_eq(stat(path, &st), 0);
    f.calls[FAULTY_OPEN] = f.calls[FAULTY_PREAD] = 0;
    expect(&o, "1 2");
    ck_assert_uint_eq(f.calls[FAULTY_OPEN], 1); /* the segment */
    ck_assert_uint_eq(f.calls[FAULTY_PREAD], 0);
    /* other bytes, as many, behind the same mtime: ctime gives them away, and the edges tell */
    put_bars(&text, 4, 6);
    put_file(BARS ".20210401.ndjson", &text);
    put_back(path, &st);
    expect(&o, "4 5");
    /* only its times changed: nothing is built */
    ck_assert_int_eq(stat(path, &st), 0);
    put_back(path, &st);
    expect(&o, "4 5");
    ck_assert_uint_eq(seen.built, 0);
}
END_TEST

/* ---- calls that fail ---- */

/* What an opening under faults may do: give all rows, or fail in one line. */
static void try_open(struct faulty_platform *f, const char *what, uint64_t n)
{
    struct nj_cache_options o = options_of(BARS);
    struct nj_cache_info info;
    struct nj_cache *c = NULL;
    o.platform = &f->platform;
    err = (struct nj_error){0};
    int rc = nj_cache_open(&c, &o, &err);
    if (rc == 0) {
        ck_assert_msg(whole(c), "%s %" PRIu64 ": wrong rows", what, n);
        if (nj_cache_info(c, &info, &err) == 0)
            ck_assert_uint_eq(info.rows, 70);
        nj_cache_close(c);
    } else {
        ck_assert_msg(err.text[0] != '\0' && !strchr(err.text, '\n'), "%s %" PRIu64, what, n);
    }
    ck_assert_msg(f->allocated == 0, "%s %" PRIu64 ": %" PRId64 " blocks kept", what, n,
                  f->allocated);
    ck_assert_msg(f->open_fds == 0, "%s %" PRIu64 ": %d descriptors kept", what, n, f->open_fds);
    /* whatever happened: the next one, whose calls all work, reads all */
    faulty_heal(f);
    must_be_whole(&f->platform);
    ck_assert(f->allocated == 0 && f->open_fds == 0);
}

static void every_call(enum faulty_op op, enum faulty_kind kind, bool forever)
{
    struct faulty_platform f;
    char what[80];
    faulty_init(&f);
    snprintf(what, sizeof what, "%s %s%s", faulty_op_name(op), faulty_kind_name(kind),
             forever ? ", all from there," : "");
    for (uint64_t n = 1;; n++) {
        folder_empty(dir);
        folder_empty(home);
        put_journal();
        if (n % 2 == 0) { /* half of them meet segments, one of them behind its source */
            struct nj_cache_options o = options_of(BARS);
            nj_cache_close(must_open(&o));
            put_bars(&text, 69, 70);
            append_file(BARS ".ndjson", &text);
        }
        faulty_arm(&f, op, kind, n, forever);
        try_open(&f, what, n);
        if (f.failed == 0 && n > 1)
            break;
        ck_assert_uint_lt(n, 2000);
    }
}

static const enum faulty_op ops[] = {FAULTY_OPEN,   FAULTY_WRITE, FAULTY_PREAD,  FAULTY_FSYNC,
                                     FAULTY_FSTAT,  FAULTY_CLOSE, FAULTY_RENAME, FAULTY_UNLINK,
                                     FAULTY_RANDOM, FAULTY_ALLOC};

START_TEST(each_call_that_fails_leaves_right_rows_or_one_line)
{
    enum faulty_op op = ops[_i / FAULTY_KINDS];
    enum faulty_kind kind = (enum faulty_kind)(_i % FAULTY_KINDS);
    every_call(op, kind, false);
    if (kind == FAULTY_ENOSPC)
        every_call(op, kind, true);
}
END_TEST

START_TEST(a_full_disk_leaves_the_rows_in_memory_and_says_so)
{
    struct faulty_platform f;
    faulty_init(&f);
    put_journal();
    faulty_arm(&f, FAULTY_WRITE, FAULTY_ENOSPC, 1, true);
    must_be_whole(&f.platform);
    ck_assert_msg(strstr(err.text, "No space left on device") != NULL, "'%s'", err.text);
    ck_assert(seen.segments == 0 && seen.built == 7);
    ck_assert_int_eq(count_files(dir, ".cache", "", ""), 0);
    faulty_heal(&f);
    must_be_whole(&f.platform);
    ck_assert_str_eq(err.text, "");
    ck_assert(seen.segments == 7 && seen.built == 7);
}
END_TEST

/* ---- several processes ---- */

/* A process that opens again and again until it is killed or has done `rounds`; exit 1: wrong. */
static pid_t spawn(int rounds)
{
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    int rc = 0;
    for (int i = 0; rc == 0 && i < rounds; i++) {
        struct nj_cache_options o = options_of(BARS);
        struct nj_cache *c;
        rc = nj_cache_open(&c, &o, &err) != 0 || !whole(c);
        if (rc == 0)
            nj_cache_close(c);
        else
            fprintf(stderr, "%s\n", err.text);
        if (i % 3 == 2) { /* make the others build again */
            char path[600];
            snprintf(path, sizeof path, "%s/.cache/" BARS ".2021040%d.ndjson.0.njc", dir,
                     1 + i % 5);
            unlink(path);
        }
    }
    _exit(rc);
}

START_TEST(processes_that_build_at_once_and_are_killed_leave_a_right_cache)
{
    unsigned random = 20210401;
    put_journal();
    for (int round = 0; round < 12; round++) {
        char folder[600];
        pid_t pids[8];
        snprintf(folder, sizeof folder, "%s/.cache", dir);
        if (round % 2 == 0)
            folder_empty(folder);
        for (int i = 0; i < 8; i++)
            pids[i] = spawn(i % 2 ? 6 : 1000);
        for (int i = 0; i < 8; i++) {
            int status;
            if (i % 2 == 0) { /* at any instant of its life */
                random = random * 1103515245 + 12345;
                struct timespec t = {0, (long)(random >> 16) % 40 * 250000};
                nanosleep(&t, NULL);
                kill(pids[i], SIGKILL);
            }
            ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
            if (i % 2)
                ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
        }
        must_be_whole(NULL);
        must_be_whole(NULL);
        ck_assert_uint_eq(seen.built, 0);
        ck_assert_int_eq(segments(), 7);
        ck_assert_int_eq(count_files(dir, ".cache", "", ""), 7); /* nothing half written */
    }
}
END_TEST

START_TEST(a_journal_that_is_written_and_rotated_meanwhile_is_read_as_it_was_at_some_moment)
{
    /* The child appends minutes and rotates; each reading must have all minutes up to some one. */
    put_bars(&text, 0, 1);
    put_file(BARS ".ndjson", &text);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        char live[600], dated[640];
        snprintf(live, sizeof live, "%s/" BARS ".ndjson", dir);
        for (int64_t m = 1; m < 3000; m++) {
            if (m % 50 == 0) {
                snprintf(dated, sizeof dated, "%s/" BARS ".20210401.%d.ndjson", dir, (int)m / 50);
                if (rename(live, dated) != 0)
                    _exit(1);
            }
            put_bars(&text, m, m + 1);
            append_file(BARS ".ndjson", &text);
        }
        _exit(0);
    }
    struct nj_cache_options o = options_of(BARS);
    int status = 0;
    size_t before = 0;
    for (bool more = true; more;) {
        struct nj_cache *c = NULL;
        more = waitpid(pid, &status, WNOHANG) == 0;
        int rc = nj_cache_open(&c, &o, &err);
        if (rc == NJ_ERR_LOST && more)
            continue; /* it would not hold still */
        ck_assert_msg(rc == 0, "%s", err.text);
        const struct nj_columns *p;
        size_t n = nj_cache_pieces(c, &p), rows = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t r = 0; r < p[i].n; r++, rows++)
                ck_assert_msg(p[i].ts[r] == (int64_t)rows * MINUTE, "row %zu is minute %" PRId64,
                              rows, p[i].ts[r] / MINUTE);
        ck_assert_msg(rows >= before, "%zu rows after %zu", rows, before);
        before = rows;
        nj_cache_close(c);
    }
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_uint_eq(before, 3000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cache_faults");
    TCase *c = tcase_create("cache_faults");
    tcase_add_checked_fixture(c, make_folders, remove_folders);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_folder_that_takes_nothing_leaves_the_cache_to_the_home);
    tcase_add_test(c, segments_beside_the_journals_are_used_where_nothing_can_be_written);
    tcase_add_test(c, no_folder_at_all_leaves_it_in_memory_and_says_so);
    tcase_add_test(c, a_segment_has_the_permissions_of_its_source);
    tcase_add_test(c, a_source_too_long_for_memory_reads_back_the_same);
    tcase_add_test(c, a_long_live_file_is_hashed_up_to_its_last_whole_line);
    tcase_add_test(c, a_source_that_stands_as_it_stood_is_not_even_opened);
    tcase_add_loop_test(c, each_call_that_fails_leaves_right_rows_or_one_line, 0,
                        (int)(sizeof ops / sizeof ops[0]) * FAULTY_KINDS);
    tcase_add_test(c, a_full_disk_leaves_the_rows_in_memory_and_says_so);
    tcase_add_test(c, processes_that_build_at_once_and_are_killed_leave_a_right_cache);
    tcase_add_test(
        c, a_journal_that_is_written_and_rotated_meanwhile_is_read_as_it_was_at_some_moment);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
