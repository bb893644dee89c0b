/* The state folder: lock, epoch, host id, sequence, documents, saved states, plugin copies. */
#include "../support/faulty_platform.h"
#include "../support/folder.h"
#include "base/fs.h"
#include "journal/state.h"
#include "test_main.h"

#include <check.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK 1048576u

static char dir[256];
static struct faulty_platform fp;
static struct nj_error err;

static void setup(void)
{
    folder_make(dir, "state");
    faulty_init(&fp);
    fp.clock_ns = 1700000000999999999;
    err = (struct nj_error){0};
}

static void teardown(void)
{
    folder_remove(dir);
    ck_assert_int_eq(fp.open_fds, 0);
    ck_assert_int_eq(fp.allocated, 0);
}

static struct nj_state *open_state(void)
{
    struct nj_state *state;
    ck_assert_msg(nj_state_open(&state, &fp.platform, dir, true, &err) == 0, "%s", err.text);
    return state;
}

START_TEST(epoch_and_host_id_are_made_once)
{
    struct nj_state *state = open_state();
    char id[32];
    ck_assert_uint_eq(nj_state_epoch(state), 1700000000);
    snprintf(id, sizeof id, "%s", nj_state_host_id(state));
    ck_assert_uint_eq(strlen(id), 12);
    ck_assert_uint_eq(strspn(id, "0123456789abcdef"), 12);
    nj_state_close(state);
    fp.clock_ns += 5000000000;
    state = open_state();
    ck_assert_uint_eq(nj_state_epoch(state), 1700000000);
    ck_assert_str_eq(nj_state_host_id(state), id);
    nj_state_close(state);
}
END_TEST

START_TEST(with_the_clock_of_events_there_is_no_epoch)
{
    struct nj_state *state;
    ck_assert_int_eq(nj_state_open(&state, &fp.platform, dir, false, &err), 0);
    ck_assert_uint_eq(nj_state_epoch(state), 0);
    ck_assert_str_eq(nj_state_host_id(state), "host");
    ck_assert_uint_eq(nj_state_next_seq(state, &err), 1);
    nj_state_close(state);
    ck_assert_int_eq(nj_state_open(&state, &fp.platform, dir, false, &err), 0);
    ck_assert_uint_eq(nj_state_next_seq(state, &err), BLOCK + 1);
    nj_state_close(state);
    state = open_state(); /* the same folder under the wall clock: the sequence goes on */
    ck_assert_uint_eq(nj_state_epoch(state), 1700000000);
    ck_assert_uint_eq(nj_state_next_seq(state, &err), 2 * BLOCK + 1);
    nj_state_close(state);
}
END_TEST

START_TEST(the_sequence_counts_from_one_and_a_restart_begins_at_the_next_block)
{
    struct nj_state *state = open_state();
    for (uint64_t i = 1; i <= 1000; i++)
        ck_assert_uint_eq(nj_state_next_seq(state, &err), i);
    nj_state_close(state);
    state = open_state();
    ck_assert_uint_eq(nj_state_next_seq(state, &err), BLOCK + 1);
    nj_state_close(state);
    state = open_state(); /* opened and not used: nothing is spent */
    nj_state_close(state);
    state = open_state();
    ck_assert_uint_eq(nj_state_next_seq(state, &err), 2 * BLOCK + 1);
    for (uint64_t i = 2; i <= BLOCK + 5; i++) /* over the end of a block without a hole */
        if (nj_state_next_seq(state, &err) != 2 * BLOCK + i)
            ck_abort_msg("a hole at %llu", (unsigned long long)i);
    nj_state_close(state);
    state = open_state();
    ck_assert_uint_eq(nj_state_next_seq(state, &err), 4 * (uint64_t)BLOCK + 1);
    nj_state_close(state);
}
END_TEST

START_TEST(no_number_is_given_before_its_block_is_on_disk)
{
    struct nj_state *state = open_state();
    faulty_arm(&fp, FAULTY_RENAME, FAULTY_ENOSPC, 1, true);
    ck_assert_uint_eq(nj_state_next_seq(state, &err), 0);
    ck_assert_int_eq(err.code, NJ_ERR_NO_SPACE);
    ck_assert_uint_eq(nj_state_next_seq(state, &err), 0);
    faulty_heal(&fp);
    ck_assert_uint_eq(nj_state_next_seq(state, &err), 1);
    nj_state_close(state);
}
END_TEST

/* Children that take numbers and are killed: what a child was given, no later one is given. */
START_TEST(kill_at_any_time_never_repeats_a_number)
{
    uint64_t highest = 0;
    for (int round = 0; round < 50; round++) {
        int channel[2];
        ck_assert_int_eq(pipe(channel), 0);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            struct nj_state *state;
            if (nj_state_open(&state, nj_platform_system(), dir, true, NULL) != 0)
                _exit(1);
            for (uint64_t i = 0;; i++) {
                uint64_t seq = nj_state_next_seq(state, NULL);
                if (i % 65536 == 0 && write(channel[1], &seq, sizeof seq) != sizeof seq)
                    _exit(1);
            }
        }
        close(channel[1]);
        uint64_t seq = 0, last = 0;
        int reports = 1 + round % 40;
        for (int i = 0; i < reports; i++) {
            ck_assert_int_eq(read(channel[0], &seq, sizeof seq), (int)sizeof seq);
            ck_assert_uint_gt(seq, last);
            if (i == 0)
                ck_assert_uint_gt(seq, highest);
            last = seq;
        }
        kill(child, SIGKILL);
        while (read(channel[0], &seq, sizeof seq) == (ssize_t)sizeof seq)
            last = seq;
        waitpid(child, NULL, 0);
        close(channel[0]);
        highest = last;
    }
}
END_TEST

START_TEST(a_second_host_is_refused_with_the_pid)
{
    struct nj_state *state = open_state(), *second;
    char pid[32];
    snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
    ck_assert_int_eq(nj_state_open(&second, &fp.platform, dir, true, &err), NJ_ERR_BUSY);
    ck_assert_ptr_null(second);
    ck_assert_ptr_nonnull(strstr(err.text, pid));
    nj_state_close(state);
    state = open_state();
    nj_state_close(state);
}
END_TEST

START_TEST(a_damaged_folder_is_refused_and_never_begun_anew)
{
    static const char *const bad_seq[] = {
        "",           "x\n",         "1\n",        "1048576",
        "-1048576\n", "1048576\n\n", " 1048576\n", "99999999999999999999\n"};
    static const char *const bad_identity[] = {"", "epoch 5\n", "epoch 0\nhost 0123456789ab\n",
                                               "epoch 5\nhost 0123456789AB\n",
                                               "epoch 5\nhost 0123456789ab\nmore\n"};
    struct nj_state *state = open_state();
    char path[300];
    nj_state_close(state);
    for (size_t i = 0; i < sizeof bad_seq / sizeof bad_seq[0]; i++) {
        folder_write(dir, "seq", bad_seq[i], strlen(bad_seq[i]));
        ck_assert_msg(nj_state_open(&state, &fp.platform, dir, true, &err) == NJ_ERR_INPUT, "%s",
                      bad_seq[i]);
        ck_assert_ptr_nonnull(strstr(err.text, "/seq"));
    }
    snprintf(path, sizeof path, "%s/seq", dir);
    ck_assert_int_eq(unlink(path), 0); /* an identity without its sequence */
    ck_assert_int_eq(nj_state_open(&state, &fp.platform, dir, true, &err), NJ_ERR_NOT_FOUND);
    folder_write(dir, "seq", "3145728\n", 8);
    for (size_t i = 0; i < sizeof bad_identity / sizeof bad_identity[0]; i++) {
        folder_write(dir, "identity", bad_identity[i], strlen(bad_identity[i]));
        ck_assert_int_eq(nj_state_open(&state, &fp.platform, dir, true, &err), NJ_ERR_INPUT);
        ck_assert_ptr_nonnull(strstr(err.text, "/identity"));
    }
    folder_write(dir, "identity", "epoch 5\nhost 0123456789ab\n", 26);
    state = open_state();
    ck_assert_uint_eq(nj_state_epoch(state), 5);
    ck_assert_str_eq(nj_state_host_id(state), "0123456789ab");
    ck_assert_uint_eq(nj_state_next_seq(state, &err), 3145729);
    nj_state_close(state);
}
END_TEST

static void expect_document(struct nj_state *state, const char *name, const char *text)
{
    struct nj_buf out = {0};
    ck_assert_int_eq(nj_state_get(state, name, &out, &err), 0);
    ck_assert_uint_eq(out.len, strlen(text));
    ck_assert(out.len == 0 || strcmp(out.data, text) == 0);
    nj_buf_free(&out);
}

START_TEST(documents_are_put_and_replaced)
{
    struct nj_state *state = open_state();
    struct nj_buf out = {0};
    ck_assert_int_eq(nj_state_get(state, "ledger.json", &out, &err), NJ_ERR_NOT_FOUND);
    ck_assert_int_eq(nj_state_put(state, "ledger.json", "{\"a\":1}", 7, &err), 0);
    expect_document(state, "ledger.json", "{\"a\":1}");
    ck_assert_int_eq(nj_state_put(state, "ledger.json", "", 0, &err), 0);
    expect_document(state, "ledger.json", "");
    nj_state_close(state);
    state = open_state();
    expect_document(state, "ledger.json", "");
    static const char *const bad[] = {"",     "seq", "identity", "run",   "state", ".lock",
                                      "../x", "A",   "a/b",      "x.new", "a b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(nj_state_put(state, bad[i], "x", 1, &err), NJ_ERR_INPUT);
    nj_state_close(state);
}
END_TEST

static int put_saved(struct nj_state *state, const char *id, uint64_t seq, const void *data,
                     size_t len)
{
    struct nj_saved head = {.seq = seq, .version = 7, .hash = "00ff"};
    return nj_state_put_saved(state, id, &head, data, len, &err);
}

static void expect_saved(struct nj_state *state, const char *id, uint64_t seq, const char *data,
                         size_t len)
{
    struct nj_saved head;
    struct nj_buf out = {0};
    ck_assert_msg(nj_state_get_saved(state, id, 0, &head, &out, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(head.seq, seq);
    ck_assert_uint_eq(head.version, 7);
    ck_assert_str_eq(head.hash, "00ff");
    ck_assert_uint_eq(out.len, len);
    ck_assert(len == 0 || memcmp(out.data, data, len) == 0);
    nj_buf_free(&out);
}

START_TEST(the_newest_saved_state_is_given_and_two_are_kept)
{
    struct nj_state *state = open_state();
    struct nj_saved head;
    struct nj_buf out = {0};
    size_t len;
    ck_assert_int_eq(nj_state_get_saved(state, "a", 0, &head, &out, &err), NJ_ERR_NOT_FOUND);
    ck_assert_int_eq(put_saved(state, "a", 9, "nine", 4), 0);
    ck_assert_int_eq(put_saved(state, "a", 1000, "\0\n\xff", 3), 0); /* 1000 is newer than 9 */
    ck_assert_int_eq(put_saved(state, "a_b", 5000, "other", 5), 0);
    expect_saved(state, "a", 1000, "\0\n\xff", 3);
    ck_assert_int_eq(put_saved(state, "a", 1001, "", 0), 0);
    expect_saved(state, "a", 1001, "", 0);
    ck_assert_str_eq(err.text, "");
    ck_assert_ptr_null(folder_read(dir, "state/a.9", &len));
    char *kept = folder_read(dir, "state/a.1000", &len);
    ck_assert_ptr_nonnull(kept);
    free(kept);
    expect_saved(state, "a_b", 5000, "other", 5);
    ck_assert_int_eq(put_saved(state, "A", 1, "x", 1), NJ_ERR_INPUT);
    ck_assert_int_eq(put_saved(state, "../a", 1, "x", 1), NJ_ERR_INPUT);
    head = (struct nj_saved){.seq = 1, .hash = "not hex"};
    ck_assert_int_eq(nj_state_put_saved(state, "a", &head, "x", 1, &err), NJ_ERR_INPUT);
    nj_state_close(state);
}
END_TEST

START_TEST(a_flipped_bit_anywhere_falls_back_to_the_state_before)
{
    struct nj_state *state = open_state();
    size_t len = 0, ignored;
    ck_assert_int_eq(put_saved(state, "a", 1, "one", 3), 0);
    ck_assert_int_eq(put_saved(state, "a", 2, "two", 3), 0);
    char *good = folder_read(dir, "state/a.2", &len);
    for (size_t at = 0; at < len; at++) {
        good[at] = (char)(good[at] ^ (1 << (at % 8)));
        folder_write(dir, "state/a.2", good, len);
        good[at] = (char)(good[at] ^ (1 << (at % 8)));
        expect_saved(state, "a", 1, "one", 3);
        ck_assert_ptr_nonnull(strstr(err.text, "a.2"));
        char *aside = folder_read(dir, "state/a.2.damaged", &ignored);
        ck_assert_ptr_nonnull(aside);
        free(aside);
    }
    for (size_t cut = 0; cut < len; cut++) { /* and cut short at every byte */
        folder_write(dir, "state/a.2", good, cut);
        expect_saved(state, "a", 1, "one", 3);
    }
    folder_write(dir, "state/a.3", good, len); /* under another number */
    expect_saved(state, "a", 1, "one", 3);
    folder_write(dir, "state/a.2", good, len);
    expect_saved(state, "a", 2, "two", 3);
    free(good);
    nj_state_close(state);
}
END_TEST

/* ---- plugin copies --------------------------------------------------------------------------- */

static bool exists(const char *name)
{
    size_t len;
    char *text = folder_read(dir, name, &len);
    free(text);
    return text != NULL;
}

START_TEST(copies_of_dead_processes_go_and_those_in_use_stay)
{
    struct nj_state *state = open_state();
    struct stat st;
    char path[300];
    ck_assert_int_eq(stat(nj_state_run_dir(state), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
    nj_state_close(state);
    folder_write(dir, "run/a_1.1.00ff.so", "stale", 5);
    folder_write(dir, "run/a_1.2.00ff.so.part", "half", 4);
    folder_write(dir, "run/b.7.abcdef.so", "in use", 6);
    folder_write(dir, "run/README", "not ours", 8);
    int ready[2], done[2];
    ck_assert_int_eq(pipe(ready), 0);
    ck_assert_int_eq(pipe(done), 0);
    snprintf(path, sizeof path, "%s/run/b.7.abcdef.so", dir);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) { /* a worker that outlives its host */
        char c = 0;
        int fd = open(path, O_RDONLY);
        void *map = mmap(NULL, 6, PROT_READ, MAP_PRIVATE, fd, 0);
        close(done[1]);
        if (map == MAP_FAILED || write(ready[1], "", 1) != 1)
            _exit(1);
        _exit(read(done[0], &c, 1) == 0 ? 0 : 1);
    }
    char c;
    ck_assert_int_eq(read(ready[0], &c, 1), 1);
    state = open_state();
    ck_assert(!exists("run/a_1.1.00ff.so"));
    ck_assert(!exists("run/a_1.2.00ff.so.part"));
    ck_assert(exists("run/b.7.abcdef.so"));
    ck_assert(exists("run/README"));
    nj_state_close(state);
    close(done[1]);
    int status;
    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
    state = open_state();
    ck_assert(!exists("run/b.7.abcdef.so"));
    nj_state_close(state);
}
END_TEST

START_TEST(a_run_folder_that_is_a_link_is_refused)
{
    struct nj_state *state = open_state();
    char path[300];
    nj_state_close(state);
    snprintf(path, sizeof path, "%s/run", dir);
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(symlink("/tmp", path), 0);
    ck_assert_int_eq(nj_state_open(&state, &fp.platform, dir, true, &err), NJ_ERR_REFUSED);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    ck_assert_int_eq(chmod(path, 0777), 0);
    state = open_state();
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
    nj_state_close(state);
}
END_TEST

/* ---- faults ---------------------------------------------------------------------------------- */

static const enum faulty_op ops[] = {FAULTY_OPEN,  FAULTY_WRITE,  FAULTY_FSYNC,
                                     FAULTY_CLOSE, FAULTY_RENAME, FAULTY_FSYNC_DIR,
                                     FAULTY_ALLOC, FAULTY_RANDOM, FAULTY_UNLINK};

/* Each call fails once and for ever, from the making of the folder on: what put acknowledged is
 * there, what it refused is the old or the new content, whole; numbers rise. */
START_TEST(each_call_fails)
{
    for (int mode = 0; mode < 2 * FAULTY_KINDS; mode++)
        for (uint64_t n = 1; mode != 2 * FAULTY_EINTR + 1; n++) { /* no signal comes for ever */
            struct nj_state *state = NULL;
            uint64_t last = 0;
            const char *kept = NULL;
            folder_empty(dir);
            faulty_init(&fp);
            fp.clock_ns = 1700000000999999999;
            faulty_arm(&fp, ops[_i], (enum faulty_kind)(mode / 2), n, mode % 2);
            for (int life = 0; life < 3; life++) {
                err = (struct nj_error){0};
                if (nj_state_open(&state, &fp.platform, dir, true, &err) != 0) {
                    ck_assert_ptr_null(state);
                    ck_assert_int_ne(err.code, 0);
                    continue;
                }
                uint64_t seq = nj_state_next_seq(state, &err);
                ck_assert(seq == 0 || seq > last);
                last = seq ? seq : last;
                const char *text = life == 0 ? "first" : life == 1 ? "second" : "third";
                if (nj_state_put(state, "doc", text, strlen(text), &err) == 0)
                    kept = text;
                else if (kept == NULL || strcmp(kept, "either") != 0)
                    kept = "either";
                (void)put_saved(state, "a", (uint64_t)life + 1, text, strlen(text));
                nj_state_close(state);
            }
            ck_assert_int_eq(fp.open_fds, 0);
            ck_assert_int_eq(fp.allocated, 0);
            bool hit = fp.failed > 0;
            faulty_heal(&fp);
            state = open_state();
            ck_assert_uint_gt(nj_state_next_seq(state, &err), last);
            struct nj_buf out = {0};
            int rc = nj_state_get(state, "doc", &out, &err);
            if (kept && strcmp(kept, "either") != 0)
                ck_assert(rc == 0 && strcmp(out.data, kept) == 0);
            else
                ck_assert(rc == NJ_ERR_NOT_FOUND ||
                          (rc == 0 && (!strcmp(out.data, "first") || !strcmp(out.data, "second") ||
                                       !strcmp(out.data, "third"))));
            nj_buf_free(&out);
            nj_state_close(state);
            if (!hit)
                break;
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("state");
    TCase *t = tcase_create("state");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, epoch_and_host_id_are_made_once);
    tcase_add_test(t, with_the_clock_of_events_there_is_no_epoch);
    tcase_add_test(t, the_sequence_counts_from_one_and_a_restart_begins_at_the_next_block);
    tcase_add_test(t, no_number_is_given_before_its_block_is_on_disk);
    tcase_add_test(t, kill_at_any_time_never_repeats_a_number);
    tcase_add_test(t, a_second_host_is_refused_with_the_pid);
    tcase_add_test(t, a_damaged_folder_is_refused_and_never_begun_anew);
    tcase_add_test(t, documents_are_put_and_replaced);
    tcase_add_test(t, the_newest_saved_state_is_given_and_two_are_kept);
    tcase_add_test(t, a_flipped_bit_anywhere_falls_back_to_the_state_before);
    tcase_add_test(t, copies_of_dead_processes_go_and_those_in_use_stay);
    tcase_add_test(t, a_run_folder_that_is_a_link_is_refused);
    tcase_add_loop_test(t, each_call_fails, 0, (int)(sizeof ops / sizeof ops[0]));
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
