/* test_compress.c - finished journals to gzip: what is made, which names it takes, what an earlier
 * death or another's file in the way means, and every call that fails or kills. */
#include "../support/faulty_platform.h"
#include "../support/folder.h"
#include "base/crc32.h"
#include "journal/compress.h"
#include "journal/journal.h"
#include "test_main.h"

#include <dirent.h>
#include <fcntl.h>
#include <njord/codec.h>
#include <njord/lines.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME "orders.20250101.ndjson"

static char dir[256];
static struct faulty_platform fp;
static struct nj_error err;
static char text[200000]; /* of the file that is compressed */
static size_t text_len;

static char *path_of(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static void set_up(void)
{
    folder_make(dir, "compress");
    faulty_init(&fp);
    memset(&err, 0, sizeof err);
    text_len = 0;
    for (int i = 0; i < 4000; i++)
        text_len += (size_t)snprintf(text + text_len, sizeof text - text_len,
                                     "{\"id\":%d,\"price\":%d}\n", i, i * 7919 % 1000);
}

static void tear_down(void)
{
    ck_assert_int_eq(fp.open_fds, 0);
    ck_assert_int_eq(fp.allocated, 0);
    folder_remove(dir);
}

static bool is_there(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

/* Reads a file back through the SDK's reader. False: damaged. */
static bool unpack(const char *name, char *out, size_t cap, size_t *len)
{
    char why[256];
    njord_line line;
    int rc;
    *len = 0;
    njord_lines *lines = njord_lines_open(path_of(name), why, sizeof why);
    if (!lines)
        return false;
    while ((rc = njord_lines_next(lines, &line)) > 0 && *len + line.len + 1 < cap &&
           !line.too_long) {
        memcpy(out + *len, line.text, line.len);
        out[*len + line.len] = '\n';
        *len += line.len + (line.torn ? 0 : 1);
    }
    njord_lines_close(lines);
    return rc == 0;
}

static bool holds_text(const char *name)
{
    static char back[sizeof text + 100];
    size_t len;
    return unpack(name, back, sizeof back, &len) && len == text_len && memcmp(back, text, len) == 0;
}

static int compress(const char *name)
{
    char out[NJ_PATH_MAX];
    return nj_compress_file(&fp.platform, path_of(name), out, &err);
}

static int entries(void)
{
    DIR *d = opendir(dir);
    int n = -2;
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

START_TEST(the_crc_is_the_one_of_the_standard)
{
    struct nj_crc32 crc;
    nj_crc32_init(&crc);
    /* the check value of CRC-32/ISO-HDLC */
    ck_assert_uint_eq(nj_crc32_add(&crc, 0, "123456789", 9), 0xcbf43926u);
    /* python3: zlib.crc32(b"The quick brown fox jumps over the lazy dog") */
    const char *fox = "The quick brown fox jumps over the lazy dog";
    for (size_t cut = 0; cut <= strlen(fox); cut++)
        ck_assert_uint_eq(
            nj_crc32_add(&crc, nj_crc32_add(&crc, 0, fox, cut), fox + cut, strlen(fox) - cut),
            0x414fa339u);
    ck_assert_uint_eq(nj_crc32_add(&crc, 0, "", 0), 0);
}
END_TEST

START_TEST(a_file_is_packed_and_only_then_removed)
{
    char out[NJ_PATH_MAX];
    struct stat was, now;
    struct timespec old[2] = {{1700000000, 5}, {1700000000, 123456789}};
    folder_write(dir, NAME, text, text_len);
    ck_assert_int_eq(utimensat(AT_FDCWD, path_of(NAME), old, 0), 0);
    ck_assert_int_eq(chmod(path_of(NAME), 0604), 0);
    ck_assert_int_eq(stat(path_of(NAME), &was), 0);
    ck_assert_msg(nj_compress_file(&fp.platform, path_of(NAME), out, &err) == 0, "%s", err.text);
    ck_assert_str_eq(out, path_of(NAME ".gz"));
    ck_assert(!is_there(NAME));
    ck_assert(holds_text(NAME ".gz"));
    ck_assert_int_eq(entries(), 1);
    ck_assert_int_eq(stat(path_of(NAME ".gz"), &now), 0);
    ck_assert_int_eq(now.st_mode, was.st_mode);
    ck_assert_int_eq(now.st_mtim.tv_sec, 1700000000);
    ck_assert_int_eq(now.st_mtim.tv_nsec, 123456789);
}
END_TEST

START_TEST(the_same_lines_give_the_same_bytes)
{
    size_t len[2];
    char *data[2];
    folder_write(dir, NAME, text, text_len);
    folder_write(dir, "x.20250203.7.ndjson", text, text_len);
    struct timespec old[2] = {{1, 0}, {1, 0}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path_of(NAME), old, 0), 0);
    ck_assert_int_eq(compress(NAME), 0);
    ck_assert_int_eq(compress("x.20250203.7.ndjson"), 0);
    data[0] = folder_read(dir, NAME ".gz", &len[0]);
    data[1] = folder_read(dir, "x.20250203.7.ndjson.gz", &len[1]);
    ck_assert_uint_eq(len[0], len[1]);
    ck_assert_int_eq(memcmp(data[0], data[1], len[0]), 0);
    /* RFC 1952: magic, deflate, no flags (no name), MTIME 0 */
    ck_assert_int_eq(memcmp(data[0], "\x1f\x8b\x08\0\0\0\0\0", 8), 0);
    free(data[0]);
    free(data[1]);
}
END_TEST

START_TEST(an_empty_file_too)
{
    folder_write(dir, NAME, "", 0);
    text_len = 0;
    ck_assert_msg(compress(NAME) == 0, "%s", err.text);
    ck_assert(!is_there(NAME) && holds_text(NAME ".gz"));
}
END_TEST

START_TEST(a_pair_that_is_equal_loses_the_plain_one)
{
    folder_write(dir, NAME, text, text_len);
    ck_assert_int_eq(compress(NAME), 0);
    folder_write(dir, NAME, text, text_len); /* as a death before the last step leaves it */
    uint64_t writes = fp.calls[FAULTY_WRITE];
    ck_assert_int_eq(compress(NAME), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_WRITE], writes); /* nothing is packed again */
    ck_assert(!is_there(NAME) && holds_text(NAME ".gz"));
    ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(a_pair_that_differs_keeps_both)
{
    folder_write(dir, NAME, "{\"other\":1}\n", 12);
    ck_assert_int_eq(compress(NAME), 0);
    folder_write(dir, "orders.20250101.9.ndjson.gz", "damaged", 7);
    folder_write(dir, NAME, text, text_len);
    ck_assert_msg(compress(NAME) == 0, "%s", err.text);
    ck_assert(!is_there(NAME));
    ck_assert(holds_text("orders.20250101.10.ndjson.gz")); /* behind the greatest number */
    size_t len;
    char back[100];
    ck_assert(unpack(NAME ".gz", back, sizeof back, &len));
    ck_assert_int_eq(memcmp(back, "{\"other\":1}\n", 12), 0);
    folder_write(dir, "orders.20250101.9.ndjson", text, text_len); /* beside the damaged one */
    ck_assert_int_eq(compress("orders.20250101.9.ndjson"), 0);
    ck_assert(holds_text("orders.20250101.11.ndjson.gz"));
    ck_assert_int_eq(entries(), 4);
}
END_TEST

START_TEST(a_compressed_file_that_is_cut_or_longer_does_not_pass_for_the_plain_one)
{
    size_t len;
    folder_write(dir, NAME, text, text_len);
    ck_assert_int_eq(compress(NAME), 0);
    char *gz = folder_read(dir, NAME ".gz", &len);
    for (size_t cut = 0; cut <= len; cut += cut + 20 < len && cut > 20 ? 97 : 1) {
        folder_empty(dir);
        folder_write(dir, NAME, text, text_len);
        folder_write(dir, NAME ".gz", gz, cut);
        ck_assert_int_eq(compress(NAME), 0);
        ck_assert_msg(holds_text(cut == len ? NAME ".gz" : "orders.20250101.1.ndjson.gz"),
                      "cut to %zu of %zu", cut, len);
    }
    folder_empty(dir);
    text[text_len - 3]++; /* the last digit */
    folder_write(dir, NAME, text, text_len);
    folder_write(dir, NAME ".gz", gz, len);
    ck_assert_int_eq(compress(NAME), 0);
    ck_assert(holds_text("orders.20250101.1.ndjson.gz"));
    free(gz);
}
END_TEST

START_TEST(every_bit_flip_is_noticed_or_changes_nothing)
{
    size_t len;
    uint64_t seed = 1;
    int noticed = 0;
    folder_write(dir, NAME, text, text_len);
    ck_assert_int_eq(compress(NAME), 0);
    char *gz = folder_read(dir, NAME ".gz", &len);
    for (int i = 0; i < 300; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t bit = i < 80 ? (size_t)i : (size_t)(seed >> 20) % (len * 8); /* the header's too */
        gz[bit / 8] ^= (char)(1 << bit % 8);
        folder_empty(dir);
        folder_write(dir, NAME ".gz", gz, len);
        static char back[sizeof text + 1000];
        size_t n;
        if (!unpack(NAME ".gz", back, sizeof back, &n))
            noticed++;
        else
            ck_assert_msg(n == text_len && memcmp(back, text, n) == 0, "bit %zu is not noticed",
                          bit);
        /* nor does it pass for a plain file beside it, unless it holds the same */
        folder_write(dir, NAME, text, text_len);
        ck_assert_int_eq(compress(NAME), 0);
        ck_assert(holds_text(NAME ".gz") || holds_text("orders.20250101.1.ndjson.gz"));
        gz[bit / 8] ^= (char)(1 << bit % 8);
    }
    ck_assert_int_ge(noticed, 220); /* all but some of the header's 80 bits, which say nothing */
    free(gz);
}
END_TEST

START_TEST(what_is_no_finished_journal_is_refused)
{
    static const char *const names[] = {"orders.ndjson", "orders.20250101.ndjson.gz", "x.txt",
                                        "orders.20251301.ndjson"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        folder_write(dir, names[i], text, 10);
        ck_assert_int_eq(compress(names[i]), NJ_ERR_INPUT);
        ck_assert(is_there(names[i]));
    }
    ck_assert_int_eq(compress("orders.20250102.ndjson"), NJ_ERR_NOT_FOUND);
    folder_write(dir, "real", text, text_len);
    ck_assert_int_eq(symlink(path_of("real"), path_of(NAME)), 0);
    ck_assert_int_lt(compress(NAME), 0); /* what a link points to is not ours to remove */
    ck_assert(is_there("real") && is_there(NAME));
    ck_assert_int_eq(mkdir(path_of("a.20250101.ndjson"), 0700), 0);
    ck_assert_int_eq(compress("a.20250101.ndjson"), NJ_ERR_INPUT);
}
END_TEST

START_TEST(a_folder_in_the_place_of_the_target_is_gone_around)
{
    folder_write(dir, NAME, text, text_len);
    ck_assert_int_eq(mkdir(path_of(NAME ".gz"), 0700), 0);
    int rc = compress(NAME);
    ck_assert(rc == 0 ? holds_text("orders.20250101.1.ndjson.gz") : is_there(NAME));
}
END_TEST

START_TEST(a_file_that_is_live_under_another_name_waits)
{
    folder_write(dir, "orders.ndjson", text, text_len);
    ck_assert_int_eq(link(path_of("orders.ndjson"), path_of(NAME)), 0);
    ck_assert_int_eq(compress(NAME), NJ_ERR_BUSY);
    ck_assert(is_there(NAME) && is_there("orders.ndjson"));
    ck_assert_int_eq(unlink(path_of("orders.ndjson")), 0);
    ck_assert_int_eq(compress(NAME), 0);
}
END_TEST

START_TEST(two_do_not_work_on_one_file)
{
    folder_write(dir, NAME, text, text_len);
    folder_write(dir, "." NAME ".gz.tmp", "half", 4);
    int fd = open(path_of("." NAME ".gz.tmp"), O_RDWR);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0); /* the other one */
    ck_assert_int_eq(compress(NAME), NJ_ERR_BUSY);
    ck_assert_int_eq(nj_compress_tidy_folder(&fp.platform, dir, &err), 0);
    ck_assert(is_there("." NAME ".gz.tmp") && is_there(NAME));
    close(fd);                           /* it dies */
    ck_assert_int_eq(compress(NAME), 0); /* its half is written over */
    ck_assert(holds_text(NAME ".gz"));
    ck_assert_int_eq(entries(), 1);
    folder_write(dir, "." NAME ".gz.tmp", "half", 4);
    folder_write(dir, ".mine.gz.tmp", "mine", 4);
    ck_assert_int_eq(nj_compress_tidy_folder(&fp.platform, dir, &err), 0);
    ck_assert(!is_there("." NAME ".gz.tmp") && is_there(".mine.gz.tmp"));
}
END_TEST

START_TEST(it_is_given_up_when_told)
{
    atomic_bool stop = true;
    folder_write(dir, NAME, text, text_len);
    ck_assert_int_eq(nj_compress_file_until(&fp.platform, path_of(NAME), &stop, NULL, &err),
                     NJ_ERR_BUSY);
    ck_assert(is_there(NAME));
    ck_assert_int_eq(entries(), 1);
}
END_TEST

/* ---- faults ---------------------------------------------------------------------------------- */

static const enum faulty_op ops[] = {
    FAULTY_OPEN, FAULTY_WRITE,  FAULTY_PREAD,  FAULTY_FSYNC,     FAULTY_FTRUNCATE, FAULTY_FSTAT,
    FAULTY_LINK, FAULTY_UNLINK, FAULTY_RENAME, FAULTY_FSYNC_DIR, FAULTY_ALLOC,     FAULTY_CLOSE};
#define N_OPS (sizeof ops / sizeof ops[0])

/* The lines stand somewhere, whole, and a second run brings it to its end. */
static void must_stand(const char *what)
{
    bool plain = is_there(NAME) && holds_text(NAME);
    ck_assert_msg(plain || (is_there(NAME ".gz") && holds_text(NAME ".gz")), "%s: lost", what);
    ck_assert_int_eq(nj_compress_tidy_folder(&fp.platform, dir, &err), 0);
    if (is_there(NAME))
        ck_assert_msg(compress(NAME) == 0, "%s: again: %s", what, err.text);
    ck_assert_msg(holds_text(NAME ".gz"), "%s: again", what);
    ck_assert_msg(entries() == 1, "%s: %d files", what, entries());
}

START_TEST(each_call_fails_and_no_line_is_lost)
{
    for (int kind = 0; kind < FAULTY_KINDS; kind++)
        for (int forever = 0; forever < 2; forever++)
            for (uint64_t n = 1;; n++) {
                char what[128];
                snprintf(what, sizeof what, "%s of %s number %llu",
                         faulty_kind_name((enum faulty_kind)kind), faulty_op_name(ops[_i]),
                         (unsigned long long)n);
                ck_assert_uint_lt(n, 1000);
                folder_empty(dir);
                folder_write(dir, NAME, text, text_len);
                faulty_init(&fp);
                faulty_arm(&fp, ops[_i], (enum faulty_kind)kind, n, forever);
                memset(&err, 0, sizeof err);
                int rc = compress(NAME);
                ck_assert_msg(rc == 0 || err.text[0], "%s: without a reason", what);
                bool done = fp.failed == 0;
                faulty_heal(&fp);
                must_stand(what);
                ck_assert_int_eq(fp.open_fds, 0);
                ck_assert_int_eq(fp.allocated, 0);
                if (done)
                    break;
            }
}
END_TEST

START_TEST(a_death_at_each_call_leaves_what_the_next_run_finishes)
{
    for (uint64_t n = 1;; n++) {
        char what[128];
        int status = 0;
        snprintf(what, sizeof what, "death at %s number %llu", faulty_op_name(ops[_i]),
                 (unsigned long long)n);
        ck_assert_uint_lt(n, 1000);
        folder_empty(dir);
        folder_write(dir, NAME, text, text_len);
        faulty_init(&fp);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            faulty_arm(&fp, ops[_i], FAULTY_DEATH, n, true);
            compress(NAME);
            _exit(0);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        must_stand(what);
        if (WIFEXITED(status))
            return;
    }
}
END_TEST

/* ---- folders --------------------------------------------------------------------------------- */

/* 2025-01-31T12:00:00Z */
#define NOW INT64_C(1738324800000000000)
#define DAY INT64_C(86400000000000)

static void age(const char *name, int64_t mtime_ns)
{
    struct timespec t = {mtime_ns / 1000000000, mtime_ns % 1000000000}, times[2] = {t, t};
    ck_assert_int_eq(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

static void put_old(const char *name, const char *data)
{
    folder_write(dir, name, data, strlen(data));
    age(name, NOW - 2 * DAY);
}

static char told[32][512];
static int n_told;

static void note(void *ctx, const char *from, const char *to, uint64_t in, uint64_t out,
                 const struct nj_error *failed)
{
    (void)ctx;
    ck_assert(failed || (in > 0 && out > 0));
    snprintf(told[n_told++], sizeof told[0], "%.200s>%.200s", strrchr(from, '/') + 1,
             failed ? "!" : strrchr(to, '/') + 1);
}

static struct nj_compress_stats stats;

static void run_folder(void)
{
    n_told = 0;
    ck_assert_msg(nj_compress_folder(&fp.platform, dir, NOW - DAY, note, NULL, &stats, &err) == 0,
                  "%s", err.text);
}

#define TRADE(ts) "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":" #ts "}\n"

START_TEST(what_is_old_is_compressed_and_what_is_young_is_not)
{
    put_old("md.trades.AB.20250101.ndjson", TRADE(1));
    put_old("md.trades.AB.20250101.1.ndjson", TRADE(2));
    put_old("app.ndjson", "{}\n");
    put_old("notes.txt", "x");
    folder_write(dir, "md.trades.AB.20250131.ndjson", TRADE(3), strlen(TRADE(3)));
    age("md.trades.AB.20250131.ndjson", NOW - DAY); /* exactly: not older */
    run_folder();
    ck_assert_uint_eq(stats.files, 2);
    ck_assert_uint_eq(stats.skipped, 1);
    ck_assert_uint_eq(stats.failed, 0);
    ck_assert_uint_eq(stats.bytes_in, 2 * strlen(TRADE(1)));
    ck_assert_uint_gt(stats.bytes_out, 0);
    ck_assert(is_there("md.trades.AB.20250101.ndjson.gz"));
    ck_assert(is_there("md.trades.AB.20250101.1.ndjson.gz"));
    ck_assert(is_there("md.trades.AB.20250131.ndjson"));
    ck_assert(is_there("app.ndjson") && is_there("notes.txt"));
    ck_assert_int_eq(entries(), 5);
    ck_assert_int_eq(n_told, 2);
}
END_TEST

/* 1735776000 is 2025-01-02T00:00:00Z */
START_TEST(an_undated_old_journal_gets_the_date_of_its_last_line)
{
    put_old("md.trades.AB.ndjson", TRADE(1735689600000000000) TRADE(1735776000000000000));
    put_old("md.trades.AB.20250102.ndjson.gz", "someone's");
    put_old("other.ndjson", "{\"a\":1}\n{\"b\":2}\n{\"torn\":"); /* no times: of its last write */
    run_folder();
    ck_assert_uint_eq(stats.failed, 0);
    ck_assert_uint_eq(stats.files, 2);
    ck_assert(is_there("md.trades.AB.20250102.1.ndjson.gz"));
    ck_assert(!is_there("md.trades.AB.ndjson"));
    size_t len;
    char *theirs = folder_read(dir, "md.trades.AB.20250102.ndjson.gz", &len);
    ck_assert_str_eq(theirs, "someone's");
    free(theirs);
    char back[100];
    ck_assert(is_there("other.ndjson.torn")); /* its torn end is kept aside */
    bool found = false;
    DIR *d = opendir(dir);
    for (const struct dirent *e; (e = readdir(d));)
        if (strncmp(e->d_name, "other.2", 7) == 0 && unpack(e->d_name, back, sizeof back, &len)) {
            found = true;
            ck_assert_uint_eq(len, strlen("{\"a\":1}\n{\"b\":2}\n"));
        }
    closedir(d);
    ck_assert(found);
}
END_TEST

START_TEST(orders_are_not_dated_before_the_ones_in_front_of_them)
{
    put_old("orders.20250105.3.ndjson.gz", "x");
    put_old("orders.ndjson", "{\"contract\":\"OrderCancel\",\"intent_id\":\"i\",\"strategy_id\":"
                             "\"s\",\"ts_ns\":1735776000000000000}\n");
    run_folder();
    ck_assert(is_there("orders.20250105.4.ndjson.gz"));
    ck_assert_int_eq(entries(), 3); /* and the lock */
}
END_TEST

START_TEST(live_files_of_a_host_are_left_alone)
{
    struct nj_journals *js;
    struct nj_journals_options options = {.platform = &fp.platform, .dir = dir};
    put_old("md.trades.AB.20250101.ndjson", TRADE(1));
    put_old("md.trades.AB.ndjson", TRADE(2));
    ck_assert_int_eq(nj_journals_open(&js, &options, &err), 0);
    run_folder();
    ck_assert_uint_eq(stats.live_left, 1);
    ck_assert_uint_eq(stats.files, 1);
    ck_assert(is_there("md.trades.AB.ndjson"));
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
    run_folder();
    ck_assert_uint_eq(stats.live_left, 0);
    ck_assert_uint_eq(stats.files, 1);
    ck_assert(!is_there("md.trades.AB.ndjson"));
}
END_TEST

START_TEST(a_live_file_that_was_half_dated_is_finished)
{
    put_old("orders.ndjson", "{\"a\":1}\n");
    ck_assert_int_eq(link(path_of("orders.ndjson"), path_of(NAME)), 0);
    run_folder();
    ck_assert_uint_eq(stats.files, 1);
    ck_assert(is_there(NAME ".gz") && !is_there("orders.ndjson") && !is_there(NAME));
}
END_TEST

START_TEST(one_that_fails_does_not_end_it)
{
    put_old("a.20250101.ndjson", "{}\n");
    put_old("b.20250101.ndjson", "{}\n");
    faulty_arm(&fp, FAULTY_WRITE, FAULTY_ENOSPC, 1, false);
    run_folder();
    faulty_heal(&fp);
    ck_assert_uint_eq(stats.failed, 1);
    ck_assert_uint_eq(stats.files, 1);
    ck_assert_str_eq(told[0], "a.20250101.ndjson>!");
    ck_assert(is_there("a.20250101.ndjson") && is_there("b.20250101.ndjson.gz"));
    ck_assert_int_eq(entries(), 2);
}
END_TEST

START_TEST(a_missing_folder_is_an_error)
{
    ck_assert_int_eq(nj_compress_folder(&fp.platform, path_of("no"), NOW, NULL, NULL, &stats, &err),
                     NJ_ERR_NOT_FOUND);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}
END_TEST

/* ---- a real month ---------------------------------------------------------------------------- */

/* "TS,O,H,L,C,V" as the journal of a live host has it. */
static size_t journal_line(const char *csv, char *out, size_t cap, uint64_t seq)
{
    njord_bar bar;
    double *values[] = {&bar.open, &bar.high, &bar.low, &bar.close, &bar.volume};
    njord_event_init(&bar, NJORD_EV_BAR);
    size_t at = njord_parse_i64(csv, strcspn(csv, ",\r\n"), &bar.ts_open);
    ck_assert_uint_gt(at, 0);
    while (bar.ts_open < INT64_C(1000000000000000000))
        bar.ts_open *= 10;
    for (size_t i = 0; i < 5; i++) {
        const char *cell = csv + at + 1;
        size_t len = strcspn(cell, ",\r\n");
        ck_assert_uint_eq(njord_parse_f64(cell, len, values[i]), len);
        at += 1 + len;
    }
    bar.ts_close = bar.ts_open + INT64_C(60000000000);
    bar.ev.seq = seq;
    bar.ev.ts_recv_ns = bar.ts_close + 1234567;
    snprintf(bar.symbol, sizeof bar.symbol, "ATOM/USDT");
    snprintf(bar.timeframe, sizeof bar.timeframe, "1m");
    size_t len;
    ck_assert_int_eq(njord_encode_json(&bar.ev, NULL, out, cap, &len), 0);
    out[len] = '\n';
    return len + 1;
}

START_TEST(a_month_of_bars_becomes_less_than_half)
{
    char csv[512], why[256], out[NJ_PATH_MAX];
    const char *data = getenv("NJORD_TEST_DATA");
    snprintf(csv, sizeof csv, "%s/bars/atomusdt-1m.csv.gz", data ? data : "../shared/data");
    njord_lines *lines = njord_lines_open(csv, why, sizeof why);
    if (!lines) {
        printf("skipped: a_month_of_bars_becomes_less_than_half: %s\n", why);
        return;
    }
    FILE *f = fopen(path_of("ohlcv.1m.ATOMUSDT.20210501.ndjson"), "w");
    ck_assert_ptr_nonnull(f);
    njord_line line;
    uint64_t rows = 0;
    while (njord_lines_next(lines, &line) > 0) {
        char row[512], json[1024];
        if (line.len == 0 || line.text[0] < '0' || line.text[0] > '9')
            continue;
        snprintf(row, sizeof row, "%.*s", (int)line.len, line.text);
        size_t len = journal_line(row, json, sizeof json, ++rows);
        ck_assert_uint_eq(fwrite(json, 1, len, f), len);
    }
    njord_lines_close(lines);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_uint_eq(rows, 42915); /* of its SOURCE.md */
    struct stat before, after;
    ck_assert_int_eq(stat(path_of("ohlcv.1m.ATOMUSDT.20210501.ndjson"), &before), 0);
    ck_assert_int_eq(
        nj_compress_file(&fp.platform, path_of("ohlcv.1m.ATOMUSDT.20210501.ndjson"), out, &err), 0);
    ck_assert_int_eq(stat(out, &after), 0);
    printf("a month of one-minute bars: %lld bytes, compressed %lld: %.3f\n",
           (long long)before.st_size, (long long)after.st_size,
           (double)after.st_size / (double)before.st_size);
    ck_assert_int_lt(2 * after.st_size, before.st_size);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compress");
    TCase *t = tcase_create("file");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, the_crc_is_the_one_of_the_standard);
    tcase_add_test(t, a_file_is_packed_and_only_then_removed);
    tcase_add_test(t, the_same_lines_give_the_same_bytes);
    tcase_add_test(t, an_empty_file_too);
    tcase_add_test(t, a_pair_that_is_equal_loses_the_plain_one);
    tcase_add_test(t, a_pair_that_differs_keeps_both);
    tcase_add_test(t, a_compressed_file_that_is_cut_or_longer_does_not_pass_for_the_plain_one);
    tcase_add_test(t, every_bit_flip_is_noticed_or_changes_nothing);
    tcase_add_test(t, what_is_no_finished_journal_is_refused);
    tcase_add_test(t, a_folder_in_the_place_of_the_target_is_gone_around);
    tcase_add_test(t, a_file_that_is_live_under_another_name_waits);
    tcase_add_test(t, two_do_not_work_on_one_file);
    tcase_add_test(t, it_is_given_up_when_told);
    tcase_add_loop_test(t, each_call_fails_and_no_line_is_lost, 0, (int)N_OPS);
    tcase_add_loop_test(t, a_death_at_each_call_leaves_what_the_next_run_finishes, 0, (int)N_OPS);
    suite_add_tcase(suite, t);
    TCase *folder = tcase_create("folder");
    tcase_add_checked_fixture(folder, set_up, tear_down);
    tcase_add_test(folder, what_is_old_is_compressed_and_what_is_young_is_not);
    tcase_add_test(folder, an_undated_old_journal_gets_the_date_of_its_last_line);
    tcase_add_test(folder, orders_are_not_dated_before_the_ones_in_front_of_them);
    tcase_add_test(folder, live_files_of_a_host_are_left_alone);
    tcase_add_test(folder, a_live_file_that_was_half_dated_is_finished);
    tcase_add_test(folder, one_that_fails_does_not_end_it);
    tcase_add_test(folder, a_missing_folder_is_an_error);
    tcase_add_test(folder, a_month_of_bars_becomes_less_than_half);
    suite_add_tcase(suite, folder);
    return run_suite(suite);
}
