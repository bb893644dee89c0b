/* test_rotate_faults.c - rotation when the system refuses, and when the process dies: each call of
 * each kind fails once, then for ever, then kills. No crash, no acknowledged line lost, none twice,
 * the order of lines kept over the whole chain, nothing left behind. */
#include "../support/faulty_platform.h"
#include "../support/folder.h"
#include "../support/journal_model.h"
#include "journal/journal.h"
#include "journal/names.h"
#include "test_main.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY1 INT64_C(1735689600000000000)
#define DAY  INT64_C(86400000000000)

static char dir[256];
static struct faulty_platform fp;
static struct journal_model *model; /* shared with children */

static const char *const names[] = {"orders", "md.trades.ABC"};
static const enum faulty_op ops[] = {
    FAULTY_OPEN,   FAULTY_WRITE,      FAULTY_PREAD, FAULTY_FSYNC,  FAULTY_FTRUNCATE, FAULTY_FSTAT,
    FAULTY_RENAME, FAULTY_RENAME_NEW, FAULTY_LINK,  FAULTY_UNLINK, FAULTY_FSYNC_DIR, FAULTY_ALLOC};
#define N_OPS (sizeof ops / sizeof ops[0])

static void set_up(void)
{
    folder_make(dir, "rotate_faults");
    model = mmap(NULL, sizeof *model, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(model, MAP_FAILED);
}

static void tear_down(void)
{
    munmap(model, sizeof *model);
    folder_remove(dir);
}

static void put(struct nj_journals *js, const char *name, bool now, int64_t ts)
{
    char line[256];
    uint32_t id = model->next++;
    size_t len = journal_model_line(id, 20, line, sizeof line);
    model->fate[id] = MODEL_WAITS;
    int rc = now ? nj_journals_append_now(js, name, ts, line, len, NULL)
                 : nj_journals_append(js, name, ts, line, len, NULL);
    model->fate[id] = rc != 0 ? MODEL_REFUSED : now ? MODEL_ACKED : MODEL_WAITS;
}

/* Three days of lines, the second with a full file too, the third by the clock. */
static void live(struct nj_journals *js)
{
    for (int i = 0; i < 18; i++) {
        int64_t ts = DAY1 + i / 6 * DAY + i;
        put(js, names[1], false, ts);
        put(js, names[0], i % 3 == 0, ts);
        if (i % 4 == 3 && nj_journals_flush(js, NULL) == 0)
            journal_model_flushed(model);
        fp.clock_ns += 300000000;
    }
    nj_journals_idle(js, DAY1 + 3 * DAY + 60000000000);
}

static struct nj_journals *begin(enum nj_journal_fsync fsync)
{
    struct nj_journals *js = NULL;
    struct nj_error err = {0};
    struct nj_journals_options options = {.platform = &fp.platform,
                                          .dir = dir,
                                          .fsync = fsync,
                                          .max_open = 1,
                                          .first = {"orders"},
                                          .rotate_daily = true,
                                          .rotate_bytes = 180};
    int rc = nj_journals_open(&js, &options, &err);
    ck_assert_msg(rc == 0 || err.text[0], "a refusal without a reason");
    return js;
}

/* Lines of a chain, in the order of names, have rising numbers. */
static void check_order(const char *what)
{
    struct nj_journal_files all;
    struct nj_error err = {0};
    long last = -1;
    const char *stem = "";
    ck_assert_int_eq(nj_journal_list(dir, NULL, &all, &err), 0);
    for (size_t i = 0; i < all.n; i++) {
        char name[512];
        size_t len;
        if (strcmp(stem, all.files[i].stem) != 0)
            last = -1;
        stem = all.files[i].stem;
        ck_assert_int_eq(nj_journal_name_make(&all.files[i], name, sizeof name, &err), 0);
        char *text = folder_read(dir, name, &len);
        for (const char *p = text; (p = strstr(p, "{\"id\":")); p++) {
            long id = strtol(p + 6, NULL, 10);
            ck_assert_msg(id > last, "%s: %s: %ld behind %ld", what, name, id, last);
            last = id;
        }
        free(text);
    }
    nj_journal_files_free(&all);
}

static void check_nothing_left(const char *what)
{
    DIR *d = opendir(dir);
    for (const struct dirent *e; (e = readdir(d));)
        ck_assert_msg(e->d_name[0] != '.' || strcmp(e->d_name, ".lock") == 0 ||
                          strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0,
                      "%s: '%s' is left", what, e->d_name);
    closedir(d);
}

/* After the fault: a healed life, then everything must stand. */
static void check_all(const char *what)
{
    bool ok = journal_model_check(model, dir);
    ck_assert_msg(ok && model->torn == 0, "%s: %s%s", what, model->why, ok ? "torn end" : "");
    check_order(what);
    check_nothing_left(what);
}

static void run(enum faulty_op op, enum faulty_kind kind, bool forever, enum nj_journal_fsync fsync,
                int also)
{
    for (uint64_t n = 1;; n++) {
        char what[128];
        ck_assert_uint_lt(n, 5000);
        snprintf(what, sizeof what, "%s of %s number %llu%s", faulty_kind_name(kind),
                 faulty_op_name(op), (unsigned long long)n, forever ? " and after" : "");
        folder_empty(dir);
        memset(model, 0, sizeof *model);
        faulty_init(&fp);
        fp.clock_ns = DAY1 + 6 * DAY;
        faulty_arm(&fp, op, kind, n, forever);
        if (also >= 0)
            faulty_also(&fp, (enum faulty_op)also, FAULTY_EIO, 1, true);
        struct nj_journals *js = begin(fsync);
        if (js) {
            live(js);
            faulty_heal(&fp);
            for (int i = 0; i < 3; i++) {
                fp.clock_ns += 2000000000;
                if (nj_journals_flush(js, NULL) == 0)
                    journal_model_flushed(model);
            }
            ck_assert_msg(!nj_journals_failed(js), "%s: still failed", what);
            for (int i = 0; i < 2; i++)
                put(js, names[i], true, DAY1 + 4 * DAY);
            ck_assert_msg(model->fate[model->next - 1] == MODEL_ACKED, "%s", what);
            ck_assert_int_eq(nj_journals_close(js, NULL), 0);
        }
        bool done = fp.failed == 0;
        faulty_heal(&fp);
        js = begin(NJ_JOURNAL_FSYNC_NEVER); /* tidies up what could not be */
        ck_assert_ptr_nonnull(js);
        ck_assert_int_eq(nj_journals_close(js, NULL), 0);
        check_all(what);
        ck_assert_int_eq(fp.open_fds, 0);
        ck_assert_int_eq(fp.allocated, 0);
        if (done)
            return;
    }
}

START_TEST(each_call_fails_once)
{
    static const enum nj_journal_fsync policies[] = {
        NJ_JOURNAL_FSYNC_NEVER, NJ_JOURNAL_FSYNC_INTERVAL, NJ_JOURNAL_FSYNC_ALWAYS};
    for (int kind = 0; kind < FAULTY_KINDS; kind++)
        run(ops[_i], (enum faulty_kind)kind, false, policies[kind % 3], -1);
    run(ops[_i], FAULTY_EIO, false, NJ_JOURNAL_FSYNC_ALWAYS, -1);
}
END_TEST

START_TEST(each_call_and_all_after_it_fail)
{
    run(ops[_i], FAULTY_EIO, true, NJ_JOURNAL_FSYNC_INTERVAL, -1);
    run(ops[_i], FAULTY_ENOSPC, true, NJ_JOURNAL_FSYNC_ALWAYS, -1);
}
END_TEST

START_TEST(a_roll_back_that_fails_too)
{
    run(FAULTY_RENAME, FAULTY_EIO, false, NJ_JOURNAL_FSYNC_ALWAYS, FAULTY_UNLINK);
    run(FAULTY_RENAME, FAULTY_EIO, true, NJ_JOURNAL_FSYNC_NEVER, FAULTY_UNLINK);
    run(FAULTY_LINK, FAULTY_UNSUPPORTED, true, NJ_JOURNAL_FSYNC_NEVER, FAULTY_RENAME);
    run(FAULTY_LINK, FAULTY_UNSUPPORTED, true, NJ_JOURNAL_FSYNC_NEVER, FAULTY_RENAME_NEW);
}
END_TEST

/* Dies at its n-th call of a kind; the next life goes on. */
START_TEST(a_death_at_each_call_loses_nothing)
{
    for (uint64_t n = 1;; n++) {
        char what[128];
        int status = 0;
        ck_assert_uint_lt(n, 5000);
        snprintf(what, sizeof what, "death at %s number %llu", faulty_op_name(ops[_i]),
                 (unsigned long long)n);
        folder_empty(dir);
        memset(model, 0, sizeof *model);
        faulty_init(&fp);
        fp.clock_ns = DAY1 + 6 * DAY;
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            faulty_arm(&fp, ops[_i], FAULTY_DEATH, n, true);
            if (n % 2 == 0) /* where there are no hard links */
                faulty_also(&fp, FAULTY_LINK, FAULTY_UNSUPPORTED, 1, true);
            struct nj_journals *js = begin(NJ_JOURNAL_FSYNC_ALWAYS);
            live(js);
            _exit(0);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
        for (uint32_t id = 0; id < model->next; id++)
            if (model->fate[id] == MODEL_REFUSED) /* it died in the call */
                model->fate[id] = MODEL_WAITS;
        struct nj_journals *js = begin(NJ_JOURNAL_FSYNC_ALWAYS);
        ck_assert_ptr_nonnull(js);
        put(js, names[0], true, DAY1 + 5 * DAY);
        put(js, names[1], true, DAY1 + 5 * DAY);
        ck_assert_int_eq(nj_journals_close(js, NULL), 0);
        check_all(what);
        if (WIFEXITED(status) && ops[_i] != FAULTY_LINK)
            return;
        if (WIFEXITED(status) && n > 1)
            return;
    }
}
END_TEST

/* ---- a disk that is full --------------------------------------------------------------------- */

#define require(condition, why)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, (why));             \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

/* In a mount namespace of its own: the whole test is a child of Check's. */
static bool mount_small(const char *how)
{
    static bool apart;
    if (!apart && (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
                   mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0))
        return false;
    apart = true;
    return mount("tmpfs", dir, "tmpfs", 0, how) == 0;
}

static void skipped(const char *test)
{
    printf("skipped: %s: cannot mount a tmpfs: %s\n", test, strerror(errno));
}

static uint64_t rotations(struct nj_journals *js, uint64_t *failed)
{
    struct nj_journal_stats stats;
    nj_journals_stats(js, &stats);
    *failed = stats.rotations_failed;
    return stats.rotations;
}

/* No file can be made any more, but lines can be written: they go on into the old file. */
START_TEST(lines_go_on_when_no_new_file_can_be_made)
{
    uint64_t failed, n;
    if (!mount_small("size=4m,nr_inodes=12")) {
        skipped("lines_go_on_when_no_new_file_can_be_made");
        return;
    }
    faulty_init(&fp);
    fp.clock_ns = DAY1 + 100 * DAY;
    struct nj_journals *js = begin(NJ_JOURNAL_FSYNC_NEVER);
    for (int i = 0; i < 200; i++)
        put(js, names[i % 2], true, DAY1 + i / 20 * DAY);
    for (uint32_t id = 0; id < model->next; id++)
        require(model->fate[id] == MODEL_ACKED, "every line is taken");
    n = rotations(js, &failed);
    require(n > 3 && failed > 0, "rotations succeed, then fail");
    require(!nj_journals_failed(js), "writing goes on");
    require(mount("tmpfs", dir, "tmpfs", MS_REMOUNT, "nr_inodes=100") == 0, strerror(errno));
    fp.clock_ns += 2000000000;
    for (int i = 0; i < 40; i++)
        put(js, names[i % 2], true, DAY1 + 20 * DAY);
    require(rotations(js, &failed) > n + 2, "and rotation too, with room again");
    require(nj_journals_close(js, NULL) == 0, "");
    check_all("no inodes");
    umount(dir);
}
END_TEST

START_TEST(a_full_disk_while_it_rotates_loses_nothing)
{
    if (!mount_small("size=64k")) {
        skipped("a_full_disk_while_it_rotates_loses_nothing");
        return;
    }
    for (int shift = 0; shift < 40; shift++) {
        char first[400];
        memset(model, 0, sizeof *model);
        folder_empty(dir);
        memset(first, ' ', sizeof first);
        folder_write(dir, "filler", first, (size_t)(shift * 10));
        require(mount("tmpfs", dir, "tmpfs", MS_REMOUNT, "size=64k") == 0, strerror(errno));
        faulty_init(&fp);
        fp.clock_ns = DAY1 + 100 * DAY;
        struct nj_journals *js =
            begin(shift % 2 ? NJ_JOURNAL_FSYNC_ALWAYS : NJ_JOURNAL_FSYNC_NEVER);
        int refused = 0;
        for (int i = 0; i < 2000 && refused < 5; i++) {
            put(js, names[i % 2], i % 3 == 0, DAY1 + i / 20 * DAY);
            refused += model->fate[model->next - 1] == MODEL_REFUSED;
            if (i % 7 == 0 && nj_journals_flush(js, NULL) == 0)
                journal_model_flushed(model);
        }
        require(refused > 0 && nj_journals_failed(js), "the disk is full");
        require(mount("tmpfs", dir, "tmpfs", MS_REMOUNT, "size=4m") == 0, strerror(errno));
        fp.clock_ns += 2000000000;
        require(nj_journals_flush(js, NULL) == 0, "lines that waited are written");
        journal_model_flushed(model);
        for (int i = 0; i < 4; i++)
            put(js, names[i % 2], true, DAY1 + 120 * DAY);
        require(model->fate[model->next - 1] == MODEL_ACKED, "it goes on");
        require(nj_journals_close(js, NULL) == 0, "");
        check_all("a full disk");
    }
    umount(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rotate_faults");
    TCase *t = tcase_create("faults");
    tcase_set_timeout(t, 280);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, each_call_fails_once, 0, (int)N_OPS);
    tcase_add_loop_test(t, each_call_and_all_after_it_fail, 0, (int)N_OPS);
    tcase_add_test(t, a_roll_back_that_fails_too);
    tcase_add_loop_test(t, a_death_at_each_call_loses_nothing, 0, (int)N_OPS);
    tcase_add_test(t, lines_go_on_when_no_new_file_can_be_made);
    tcase_add_test(t, a_full_disk_while_it_rotates_loses_nothing);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
