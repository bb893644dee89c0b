/* Journals when the system refuses: each call fails once, then for ever; a disk that fills up at
 * every byte. No crash, no torn line in the middle, no acknowledged line lost, none twice. */
#include "../support/faulty_platform.h"
#include "../support/folder.h"
#include "../support/journal_model.h"
#include "journal/journal.h"
#include "test_main.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[256];
static struct faulty_platform fp;
static struct journal_model model;

static void setup(void)
{
    folder_make(dir, "faults");
    faulty_init(&fp);
}

static void teardown(void)
{
    folder_remove(dir);
}

static const char *const names[] = {"orders", "md.trades.AUSDT", "md.trades.BUSDT", "fills.A"};

static void put(struct nj_journals *js, const char *name, bool now, size_t pad)
{
    char line[8192];
    uint32_t id = model.next++;
    size_t len = journal_model_line(id, pad, line, sizeof line);
    int rc = now ? nj_journals_append_now(js, name, NJORD_NONE_I64, line, len, NULL)
                 : nj_journals_append(js, name, NJORD_NONE_I64, line, len, NULL);
    model.fate[id] = rc != 0 ? MODEL_REFUSED : now ? MODEL_ACKED : MODEL_WAITS;
}

/* What waits for the file of an order line goes with it, so those are acknowledged too; the model
 * learns it at the next flush, and until then takes them as waiting: found once or not at all. */
static void flush(struct nj_journals *js)
{
    if (nj_journals_flush(js, NULL) == 0)
        journal_model_flushed(&model);
}

/* A short life of a host: enough calls of every kind to fail each. */
static void live(struct nj_journals *js)
{
    for (int turn = 0; turn < 6; turn++) {
        for (int i = 0; i < 3; i++)
            put(js, names[(turn + i) % 4], false, 20 + 37 * (size_t)i);
        put(js, "orders", true, 60);
        flush(js);
        fp.clock_ns += 60000000; /* probes are due every second turn */
        if (turn % 3 == 1)
            (void)nj_journals_sync(js, NULL);
        if (turn == 3)
            (void)nj_journals_reopen(js, NULL);
    }
}

/* A first start that leaves torn tails, then a life under the fault, then a healed one. */
static void run_once(enum nj_journal_fsync fsync, bool order_fsync)
{
    struct nj_journals_options options = {.platform = &fp.platform,
                                          .dir = dir,
                                          .fsync = fsync,
                                          .order_fsync = order_fsync,
                                          .max_open = 2};
    struct nj_journals *js = NULL;
    struct nj_error err = {0};
    int rc = nj_journals_open(&js, &options, &err);
    if (rc != 0) { /* refused as a whole, with a reason */
        ck_assert(err.code == rc && err.text[0]);
        faulty_heal(&fp);
        ck_assert_int_eq(nj_journals_open(&js, &options, &err), 0);
    }
    live(js);
    faulty_heal(&fp);
    for (int i = 0; i < 3; i++) {
        fp.clock_ns += 200000000;
        flush(js);
    }
    ck_assert_msg(!nj_journals_failed(js), "still failed");
    for (size_t i = 0; i < 4; i++) {
        put(js, names[i], true, 10);
        ck_assert_int_eq(model.fate[model.next - 1], MODEL_ACKED);
    }
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}

static void leave_torn_tails(void)
{
    memset(&model, 0, sizeof model);
    folder_empty(dir);
    char text[256];
    for (size_t i = 0; i < 4; i++) {
        char name[64];
        uint32_t id = model.next++;
        size_t len = journal_model_line(id, 10, text, sizeof text - 1);
        model.fate[id] = MODEL_ACKED;
        text[len++] = '\n';
        len += journal_model_line(MODEL_LINES - 1, 30, text + len, sizeof text - len) / 2;
        snprintf(name, sizeof name, "%s.ndjson", names[i]);
        folder_write(dir, name, text, len);
    }
}

static void loop(enum faulty_op op, enum faulty_kind kind, bool forever, int second,
                 enum nj_journal_fsync fsync)
{
    for (uint64_t n = 1;; n++) {
        ck_assert_uint_lt(n, 2000);
        leave_torn_tails();
        faulty_init(&fp);
        fp.clock_ns = 1000000000;
        faulty_arm(&fp, op, kind, n, forever);
        if (second >= 0)
            faulty_also(&fp, (enum faulty_op)second, FAULTY_EIO, 1, true);
        run_once(fsync, fsync == NJ_JOURNAL_FSYNC_INTERVAL);
        bool ok = journal_model_check(&model, dir);
        ck_assert_msg(ok && model.torn == 0, "%s of %s number %llu%s%s: %s%s",
                      faulty_kind_name(kind), faulty_op_name(op), (unsigned long long)n,
                      forever ? " and all after it" : "", second >= 0 ? " and a second" : "",
                      model.why, ok ? "torn end" : "");
        ck_assert_int_eq(fp.open_fds, 0);
        ck_assert_int_eq(fp.allocated, 0);
        if (fp.failed == 0)
            return;
    }
}

static const enum faulty_op ops[] = {FAULTY_OPEN,  FAULTY_WRITE,     FAULTY_PREAD,
                                     FAULTY_FSYNC, FAULTY_FTRUNCATE, FAULTY_FSTAT,
                                     FAULTY_CLOSE, FAULTY_FSYNC_DIR, FAULTY_ALLOC};

START_TEST(each_call_fails_once)
{
    static const enum nj_journal_fsync policies[] = {
        NJ_JOURNAL_FSYNC_NEVER, NJ_JOURNAL_FSYNC_INTERVAL, NJ_JOURNAL_FSYNC_ALWAYS};
    for (int kind = 0; kind < FAULTY_KINDS; kind++)
        loop(ops[_i], (enum faulty_kind)kind, false, -1, policies[kind % 3]);
    loop(ops[_i], FAULTY_EIO, false, -1, NJ_JOURNAL_FSYNC_ALWAYS);
}
END_TEST

START_TEST(each_call_and_all_after_it_fail)
{
    for (int kind = 0; kind < FAULTY_KINDS; kind++)
        loop(ops[_i], (enum faulty_kind)kind, true, -1,
             kind == FAULTY_SHORT ? NJ_JOURNAL_FSYNC_NEVER : NJ_JOURNAL_FSYNC_ALWAYS);
}
END_TEST

START_TEST(a_short_write_whose_roll_back_fails_too)
{
    loop(FAULTY_WRITE, FAULTY_SHORT, false, FAULTY_FTRUNCATE, NJ_JOURNAL_FSYNC_NEVER);
    loop(FAULTY_WRITE, FAULTY_SHORT, true, FAULTY_FTRUNCATE, NJ_JOURNAL_FSYNC_ALWAYS);
    loop(FAULTY_FSYNC, FAULTY_EIO, false, FAULTY_FTRUNCATE, NJ_JOURNAL_FSYNC_ALWAYS);
    loop(FAULTY_WRITE, FAULTY_SHORT, false, FAULTY_FSTAT, NJ_JOURNAL_FSYNC_INTERVAL);
}
END_TEST

/* A death right after the fault: nothing is flushed or closed, the next start repairs. */
START_TEST(a_death_after_a_fault_leaves_at_most_a_torn_end)
{
    static const enum faulty_op fatal[] = {FAULTY_WRITE, FAULTY_FTRUNCATE, FAULTY_FSYNC};
    for (int k = 0; k < 3; k++)
        for (uint64_t n = 1; n < 40; n++) {
            leave_torn_tails();
            fflush(NULL);
            int channel[2];
            ck_assert_int_eq(pipe(channel), 0);
            pid_t child = fork();
            if (child == 0) {
                struct nj_journals *js;
                faulty_init(&fp);
                fp.clock_ns = 1000000000;
                struct nj_journals_options options = {
                    .platform = &fp.platform, .dir = dir, .max_open = 2};
                if (nj_journals_open(&js, &options, NULL) == 0) {
                    faulty_arm(&fp, FAULTY_WRITE, FAULTY_SHORT, n, true);
                    faulty_also(&fp, fatal[k], FAULTY_EIO, 1, true);
                    live(js);
                }
                ssize_t sent = write(channel[1], &model, sizeof model);
                _exit(sent == (ssize_t)sizeof model ? 0 : 1);
            }
            close(channel[1]);
            size_t have = 0;
            for (ssize_t got; have < sizeof model && (got = read(channel[0], (char *)&model + have,
                                                                 sizeof model - have)) > 0;)
                have += (size_t)got;
            close(channel[0]);
            ck_assert_uint_eq(have, sizeof model);
            waitpid(child, NULL, 0);
            struct nj_journals *js;
            struct nj_error err = {0};
            struct nj_journals_options options = {.platform = nj_platform_system(), .dir = dir};
            ck_assert_int_eq(nj_journals_open(&js, &options, &err), 0);
            for (size_t i = 0; i < 4; i++)
                put(js, names[i], true, 5);
            ck_assert_int_eq(nj_journals_close(js, &err), 0);
            bool ok = journal_model_check(&model, dir);
            ck_assert_msg(ok && model.torn == 0, "write %llu: %s", (unsigned long long)n,
                          model.why);
        }
}
END_TEST

/* ---- real limits ----------------------------------------------------------------------------- */

/* Ends the process, the test's or a child of it, with the reason. */
#define require(condition, why)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, (why));             \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

/* Writes lines until some are refused, `give_space` makes room, and all must go on. */
static void fill_up(size_t pad, void (*give_space)(void))
{
    struct nj_journals *js;
    struct nj_error err = {0};
    struct nj_journals_options options = {.platform = nj_platform_system(), .dir = dir};
    require(nj_journals_open(&js, &options, &err) == 0, err.text);
    int refused = 0;
    for (int i = 0; refused < 4; i++) {
        require(i < 5000, "");
        if (i % 4 == 3) {
            put(js, "orders", true, pad);
            if (model.fate[model.next - 1] == MODEL_REFUSED)
                refused++;
        } else {
            put(js, "orders", false, pad);
        }
        if (i % 8 == 1)
            flush(js);
    }
    require(nj_journals_failed(js), "");
    bool ok = journal_model_check(&model, dir);
    require(ok && model.torn == 0, model.why);
    give_space();
    require(nj_journals_flush(js, &err) == 0, err.text);
    journal_model_flushed(&model);
    put(js, "orders", true, pad);
    require(model.fate[model.next - 1] == MODEL_ACKED, "");
    require(!nj_journals_failed(js), "");
    require(nj_journals_close(js, &err) == 0, "");
    ok = journal_model_check(&model, dir);
    require(ok && model.torn == 0, model.why);
}

static void lift_limit(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = limit.rlim_max;
    require(setrlimit(RLIMIT_FSIZE, &limit) == 0, "");
}

/* In a child: the limit is the process's, and Check writes files too. */
START_TEST(a_file_size_limit_at_every_byte_of_a_line)
{
    fflush(NULL);
    pid_t child = fork();
    if (child != 0) {
        int status = 0;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_int_eq(status, 0);
        return;
    }
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t at = 2000; at < 2300; at++) {
        struct rlimit limit;
        memset(&model, 0, sizeof model);
        folder_empty(dir);
        getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = at;
        require(setrlimit(RLIMIT_FSIZE, &limit) == 0, "");
        fill_up(270, lift_limit);
    }
    _exit(0);
}
END_TEST

static void remove_filler(void)
{
    char path[300];
    snprintf(path, sizeof path, "%s/filler", dir);
    require(unlink(path) == 0, path);
}

/* A file system of 64 KiB: the page that can no longer be had begins at each byte of a line, as the
 * lines before it shift by one. */
START_TEST(a_full_file_system_at_every_byte_of_a_line)
{
    if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", dir, "tmpfs", 0, "size=64k") != 0) {
        printf("skipped: a_full_file_system_at_every_byte_of_a_line: cannot mount a tmpfs: %s\n",
               strerror(errno));
        return;
    }
    char filler[32768] = {0};
    for (size_t shift = 0; shift < 300; shift++) {
        memset(&model, 0, sizeof model);
        folder_empty(dir);
        folder_write(dir, "filler", filler, sizeof filler);
        char line[400];
        uint32_t id = model.next++;
        size_t len = journal_model_line(id, shift, line, sizeof line - 1);
        line[len++] = '\n';
        folder_write(dir, "orders.ndjson", line, len);
        model.fate[id] = MODEL_ACKED;
        fill_up(270, remove_filler);
    }
    umount(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_faults");
    TCase *t = tcase_create("faults");
    tcase_set_timeout(t, 280);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, each_call_fails_once, 0, (int)(sizeof ops / sizeof ops[0]));
    tcase_add_loop_test(t, each_call_and_all_after_it_fail, 0, (int)(sizeof ops / sizeof ops[0]));
    tcase_add_test(t, a_short_write_whose_roll_back_fails_too);
    tcase_add_test(t, a_death_after_a_fault_leaves_at_most_a_torn_end);
    tcase_add_test(t, a_file_size_limit_at_every_byte_of_a_line);
    tcase_add_test(t, a_full_file_system_at_every_byte_of_a_line);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
