/* test_import.c - an import whose system refuses or that is killed at any of its steps: each day is
 * as it was or as it shall be, and the next import ends it. Owned by the tests. */
#include "../support/faulty_platform.h"
#include "../support/folder.h"
#include "research/import.h"

#include "test_main.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MINUTE 60
#define START  1704067200 /* 2024-01-01T00:00:00Z */
#define FILES  16

static char folder[256], journals[300], input[300];
static struct faulty_platform faulty;

/* What a folder holds, by name; without the lock and what an import works in. */
struct holds {
    struct {
        char name[64];
        char *data;
        size_t len;
    } files[FILES];
    size_t n;
};

static void set_up(void)
{
    folder_make(folder, "import");
    snprintf(journals, sizeof journals, "%s/log", folder);
    snprintf(input, sizeof input, "%s/input.csv", folder);
}

static void tear_down(void)
{
    folder_remove(folder);
}

/* Bars [from, to) of an hour each, as CSV. */
static void make_input(int from, int to)
{
    static char text[65536];
    size_t len = (size_t)snprintf(text, sizeof text, "ts,open,high,low,close,volume\n");
    for (int i = from; i < to; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%d,%d,%d,%d,%d,1\n",
                                START + i * 60 * MINUTE, 100 + i, 100 + i, 100 + i, 100 + i);
    folder_write(folder, "input.csv", text, len);
}

static int import(struct nj_import_report *report, struct nj_error *err)
{
    struct nj_import_options options = {.platform = &faulty.platform,
                                        .file = input,
                                        .journal_dir = journals,
                                        .symbol = "ATOM/USDT",
                                        .kind = NJORD_EV_BAR,
                                        .timeframe = "1h"};
    memset(err, 0, sizeof *err);
    return nj_import_run(&options, report, err);
}

static void import_well(uint64_t added)
{
    struct nj_import_report report;
    struct nj_error err;
    faulty_heal(&faulty);
    ck_assert_msg(import(&report, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(report.added, added);
}

static void look(struct holds *out)
{
    DIR *dir = opendir(journals);
    out->n = 0;
    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        ck_assert_uint_lt(out->n, FILES);
        snprintf(out->files[out->n].name, sizeof out->files[0].name, "%.63s", entry->d_name);
        out->files[out->n].data = folder_read(journals, entry->d_name, &out->files[out->n].len);
        out->n++;
    }
    closedir(dir);
}

static void forget(struct holds *holds)
{
    for (size_t i = 0; i < holds->n; i++)
        free(holds->files[i].data);
    holds->n = 0;
}

static bool has(const struct holds *holds, const char *name, const char *data, size_t len)
{
    for (size_t i = 0; i < holds->n; i++)
        if (strcmp(holds->files[i].name, name) == 0)
            return holds->files[i].len == len && memcmp(holds->files[i].data, data, len) == 0;
    return false;
}

static bool same(const struct holds *a, const struct holds *b)
{
    bool all = a->n == b->n;
    for (size_t i = 0; all && i < a->n; i++)
        all = has(b, a->files[i].name, a->files[i].data, a->files[i].len);
    return all;
}

/* The journals before: three days, one of them in two parts, and a live file that goes on. */
static void make_before(void)
{
    struct nj_error err;
    char text[65536];
    size_t len = 0;
    ck_assert_int_eq(nj_mkdirs(journals, 0750, &err), 0);
    for (int i = 0; i < 60; i++) {
        char line[400];
        int n = snprintf(line, sizeof line,
                         "{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1h\",\"ts_open\":%d000000000,"
                         "\"ts_close\":%d000000000,\"open\":%d,\"high\":%d,\"low\":%d,\"close\":%d,"
                         "\"volume\":1,\"seq\":%d}\n",
                         START + i * 3600, START + (i + 1) * 3600, 100 + i, 100 + i, 100 + i,
                         100 + i, i + 1);
        memcpy(text + len, line, (size_t)n);
        len += (size_t)n;
        const char *name = i == 9    ? "ohlcv.1h.ATOMUSDT.20240101.ndjson"
                           : i == 19 ? "ohlcv.1h.ATOMUSDT.20240101.1.ndjson"
                           : i == 39 ? "ohlcv.1h.ATOMUSDT.20240102.ndjson"
                           : i == 59 ? "ohlcv.1h.ATOMUSDT.ndjson"
                                     : NULL;
        if (name) {
            folder_write(journals, name, text, len);
            len = 0;
        }
    }
}

/* Bars 0 to 59 are stored, 30 to 129 come. */
static void after_all(struct holds *after)
{
    make_before();
    make_input(0, 130);
    faulty_init(&faulty);
    import_well(70);
    look(after);
    folder_empty(folder);
}

static void check_between(const struct holds *now, const struct holds *before,
                          const struct holds *after, const char *what)
{
    for (size_t i = 0; i < now->n; i++) {
        const char *name = now->files[i].name, *data = now->files[i].data;
        size_t len = now->files[i].len;
        ck_assert_msg(has(before, name, data, len) || has(after, name, data, len),
                      "%s: '%s' is neither as before nor as after", what, name);
    }
    for (size_t i = 0; i < before->n; i++) { /* nothing goes before all that replaces it stands */
        bool stands = false, all = true;
        for (size_t k = 0; k < now->n; k++)
            stands = stands || strcmp(now->files[k].name, before->files[i].name) == 0;
        for (size_t k = 0; k < after->n; k++)
            all = all && has(now, after->files[k].name, after->files[k].data, after->files[k].len);
        ck_assert_msg(stands || all, "%s: '%s' is gone too early", what, before->files[i].name);
    }
}

/* One import with a fault armed. Returns whether the fault was met. */
static bool one_fault(enum faulty_op op, enum faulty_kind kind, uint64_t nth,
                      const struct holds *after)
{
    struct holds before, now;
    struct nj_import_report report;
    struct nj_error err;
    char what[96];
    snprintf(what, sizeof what, "%s number %d: %s", faulty_op_name(op), (int)nth,
             kind == FAULTY_DEATH ? "death" : faulty_kind_name(kind));
    make_before();
    make_input(0, 130);
    look(&before);
    faulty_init(&faulty);
    faulty_arm(&faulty, op, kind, nth, false);
    bool met = false;
    if (kind == FAULTY_DEATH) {
        int status;
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0)
            _exit(import(&report, &err) == 0 ? 0 : 1);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        met = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        ck_assert_msg(met || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "%s: status %d", what,
                      status);
        look(&now);
    } else {
        int rc = import(&report, &err);
        met = faulty.failed > 0;
        ck_assert_msg(met || rc == 0, "%s: %s", what, err.text);
        ck_assert_msg(rc == 0 || err.text[0], "%s: refused without a word", what);
        look(&now);
        if (rc == 0)
            ck_assert_msg(same(&now, after), "%s: said to be done and is not", what);
        ck_assert_int_eq(faulty.open_fds, 0);
    }
    check_between(&now, &before, after, what);
    forget(&now);
    faulty_heal(&faulty);
    ck_assert_msg(import(&report, &err) == 0, "%s: then: %s", what, err.text);
    look(&now);
    ck_assert_msg(same(&now, after), "%s: the next import does not end it", what);
    forget(&now);
    forget(&before);
    folder_empty(folder);
    return met;
}

static const enum faulty_op ops[] = {FAULTY_OPEN,   FAULTY_WRITE,  FAULTY_FSYNC,    FAULTY_CLOSE,
                                     FAULTY_RENAME, FAULTY_UNLINK, FAULTY_FSYNC_DIR};
#define N_OPS (sizeof ops / sizeof ops[0])

static void every_call(enum faulty_kind kind)
{
    struct holds after;
    after_all(&after);
    for (size_t i = 0; i < N_OPS; i++) {
        uint64_t met = 0;
        for (uint64_t nth = 1; one_fault(ops[i], kind, nth, &after); nth++)
            met++;
        ck_assert_msg(met > 0, "no call of %s was met", faulty_op_name(ops[i]));
    }
    forget(&after);
}

START_TEST(killed_at_every_call_the_next_import_ends_it)
{
    every_call(FAULTY_DEATH);
}
END_TEST

START_TEST(every_call_that_fails_leaves_whole_days)
{
    every_call(FAULTY_EIO);
}
END_TEST

START_TEST(a_disk_that_is_full_at_any_call_leaves_whole_days)
{
    every_call(FAULTY_ENOSPC);
}
END_TEST

/* A host starts after an import was killed and appends to the live file: that stays. */
START_TEST(a_live_file_that_grew_meanwhile_is_not_removed)
{
    struct holds now;
    struct nj_import_report report;
    struct nj_error err;
    char *text;
    size_t len;
    make_before();
    make_input(0, 130);
    faulty_init(&faulty);
    faulty_arm(&faulty, FAULTY_RENAME, FAULTY_EIO, 1, false);
    for (uint64_t nth = 1;; nth++) { /* the first rename that puts a day in place, and all after */
        faulty_arm(&faulty, FAULTY_RENAME, FAULTY_EIO, nth, true);
        ck_assert_int_ne(import(&report, &err), 0);
        if (strstr(err.text, "the next import ends it"))
            break;
        ck_assert_uint_lt(nth, 50);
    }
    text = folder_read(journals, "ohlcv.1h.ATOMUSDT.ndjson", &len);
    ck_assert_ptr_nonnull(text);
    char *more = malloc(len + 300);
    memcpy(more, text, len);
    int n = snprintf(more + len, 300,
                     "{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1h\",\"ts_open\":%d000000000,"
                     "\"ts_close\":%d000000000,\"open\":1,\"high\":1,\"low\":1,\"close\":1,"
                     "\"volume\":1,\"seq\":99}\n",
                     START + 200 * 3600, START + 201 * 3600);
    folder_write(journals, "ohlcv.1h.ATOMUSDT.ndjson", more, len + (size_t)n);
    faulty_heal(&faulty);
    make_input(0, 10);
    ck_assert_msg(import(&report, &err) == 0, "%s", err.text);
    ck_assert(report.finished_earlier);
    look(&now);
    bool found = false;
    for (size_t i = 0; i < now.n; i++)
        found = found || memmem(now.files[i].data, now.files[i].len, "\"seq\":99", 8) != NULL;
    ck_assert_msg(found, "the line that was appended is gone");
    forget(&now);
    free(text);
    free(more);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *tc = tcase_create("faults");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, killed_at_every_call_the_next_import_ends_it);
    tcase_add_test(tc, every_call_that_fails_leaves_whole_days);
    tcase_add_test(tc, a_disk_that_is_full_at_any_call_leaves_whole_days);
    tcase_add_test(tc, a_live_file_that_grew_meanwhile_is_not_removed);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
