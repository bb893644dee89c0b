/*
 * rotate_kill.c - journals that rotate every few lines, killed with SIGKILL at moments that nobody
 * chose, the thread that compresses with them.
 *
 * A child writes lines whose files are full after a few of them, over days that pass, and says over
 * a pipe what was acknowledged to it; it is killed; the next life finishes what it finds and goes
 * on. After each death every acknowledged line must stand exactly once over plain and compressed
 * files, in the order of writing, and nothing may be left that is no journal. 100 rotations, 10,000
 * with NJORD_SOAK=1 in the environment (make soak).
 */
#include "../support/folder.h"
#include "../support/journal_model.h"
#include "journal/compressor.h"
#include "journal/journal.h"

#include <dirent.h>
#include <errno.h>
#include <njord/lines.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEATHS_A_FOLDER 12
#define LINES_A_LIFE    2000u
#define DAY1            INT64_C(1735689600000000000)
#define HOUR            INT64_C(3600000000000)

static const char *const names[] = {"orders", "md.trades.ATOMUSDT"};
static struct journal_model model;
static char dir[256];

/* What a child says: all lines up to `id` that it was told were kept, or one line. */
struct ack {
    uint32_t id;
    uint32_t flushed; /* 1: every line before id too */
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "rotate_kill: %s: %s (files in '%s')\n", what, why, dir);
    exit(1);
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

struct life {
    struct nj_journals *js;
    struct nj_compressor *compressor;
};

static void begin(struct life *life, enum nj_journal_fsync fsync, uint64_t rotate_bytes)
{
    struct nj_error err = {0};
    struct nj_compressor_options finishing = {
        .platform = nj_platform_system(), .dir = dir, .compress = true};
    struct nj_journals_options options = {.platform = nj_platform_system(),
                                          .dir = dir,
                                          .fsync = fsync,
                                          .first = {"orders"},
                                          .rotate_daily = true,
                                          .rotate_bytes = rotate_bytes,
                                          .line_clock = true,
                                          .finished = nj_compressor_take};
    if (nj_compressor_start(&life->compressor, &finishing, &err) != 0)
        die("compressor", err.text);
    options.finished_ctx = life->compressor;
    if (nj_journals_open(&life->js, &options, &err) != 0)
        die("open", err.text);
}

/* A life: writes until it is killed. The time of a line goes by its number. */
static void live(uint32_t first, uint64_t seed, int acks)
{
    static char line[4096];
    static const enum nj_journal_fsync policies[] = {NJ_JOURNAL_FSYNC_NEVER, NJ_JOURNAL_FSYNC_NEVER,
                                                     NJ_JOURNAL_FSYNC_INTERVAL,
                                                     NJ_JOURNAL_FSYNC_ALWAYS};
    struct life life;
    begin(&life, policies[seed % 4], 100 + draw(&seed, 3000));
    for (uint32_t id = first; id < first + LINES_A_LIFE; id++) {
        size_t len = journal_model_line(id, draw(&seed, 600), line, sizeof line);
        const char *name = names[draw(&seed, 2)];
        struct ack ack = {id, 0};
        int64_t ts = DAY1 + id * HOUR;
        if (draw(&seed, 3) == 0) {
            if (nj_journals_append_now(life.js, name, ts, line, len, NULL) != 0)
                _exit(2);
        } else {
            if (nj_journals_append(life.js, name, ts, line, len, NULL) != 0)
                _exit(3);
            if (draw(&seed, 8) != 0)
                continue;
            if (nj_journals_flush(life.js, NULL) != 0)
                _exit(4);
            ack.flushed = 1;
        }
        if (write(acks, &ack, sizeof ack) != (ssize_t)sizeof ack)
            _exit(5);
    }
    for (;;)
        pause();
}

static void note(uint32_t first, const struct ack *ack)
{
    for (uint32_t id = ack->flushed ? first : ack->id; id <= ack->id; id++)
        model.fate[id] = MODEL_ACKED;
}

/* Reads one acknowledgement; false: there are no more. */
static bool hear(int fd, struct ack *ack)
{
    size_t have = 0;
    while (have < sizeof *ack) {
        ssize_t n = read(fd, (char *)ack + have, sizeof *ack - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    return true;
}

/* One life and death. */
static void kill_one(uint64_t *seed)
{
    uint32_t first = model.next;
    struct ack ack;
    int channel[2];
    memset(model.fate + first, MODEL_WAITS, LINES_A_LIFE);
    model.next += LINES_A_LIFE;
    fflush(stdout);
    if (pipe(channel) != 0)
        die("pipe", strerror(errno));
    uint64_t child_seed = *seed;
    pid_t child = fork();
    if (child == 0) {
        close(channel[0]);
        live(first, child_seed, channel[1]);
    }
    close(channel[1]);
    for (uint32_t n = draw(seed, 150); n > 0 && hear(channel[0], &ack); n--)
        note(first, &ack);
    for (volatile uint32_t spin = draw(seed, 300000); spin > 0; spin--)
        ;
    kill(child, SIGKILL);
    while (hear(channel[0], &ack))
        note(first, &ack);
    close(channel[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status))
        die("the writer ended by itself", status ? "a call failed" : "no kill");
}

/* The next host: a line into each journal, all that is due compressed, a clean end. */
static void restart(void)
{
    struct nj_error err = {0};
    struct life life;
    begin(&life, NJ_JOURNAL_FSYNC_NEVER, 0);
    for (size_t i = 0; i < 2; i++) {
        char line[256];
        uint32_t id = model.next++;
        size_t len = journal_model_line(id, 20, line, sizeof line);
        if (nj_journals_append_now(life.js, names[i], DAY1 + id * HOUR, line, len, &err) != 0)
            die("append", err.text);
        model.fate[id] = MODEL_ACKED;
    }
    if (nj_journals_close(life.js, &err) != 0)
        die("close", err.text);
    nj_compressor_stop(life.compressor, true, NULL);
}

static void check_line(const char *path, const njord_line *line, long *last)
{
    char want[4096], why[NJ_PATH_MAX + 80];
    char *end = NULL;
    long id = line->len > 7 && memcmp(line->text, "{\"id\":", 6) == 0
                  ? strtol(line->text + 6, &end, 10)
                  : -1;
    size_t bare = id >= 0 ? journal_model_line((uint32_t)id, 0, want, sizeof want) : 0;
    if (id >= 0 && line->len >= bare && line->len < sizeof want)
        journal_model_line((uint32_t)id, line->len - bare, want, sizeof want);
    snprintf(why, sizeof why, "%s:%llu: id %ld behind %ld", path, (unsigned long long)line->number,
             id, *last);
    if (id < 0 || id >= (long)model.next || line->torn || memcmp(want, line->text, line->len) != 0)
        die("a torn line", why);
    if (id <= *last || model.seen[id]++)
        die("out of order, or twice", why);
    *last = id;
}

static void check_file(const char *path, long *last)
{
    char why[256];
    njord_line line;
    int rc;
    njord_lines *lines = njord_lines_open(path, why, sizeof why);
    if (!lines)
        die("read", why);
    while ((rc = njord_lines_next(lines, &line)) > 0)
        check_line(path, &line, last);
    if (rc < 0)
        die("read", njord_lines_error(lines));
    njord_lines_close(lines);
}

static void check_entries(size_t journals)
{
    DIR *d = opendir(dir);
    size_t n = 0;
    for (const struct dirent *e; (e = readdir(d));) {
        size_t len = strlen(e->d_name);
        if (e->d_name[0] == '.' && strcmp(e->d_name, ".lock") != 0 && strcmp(e->d_name, ".") != 0 &&
            strcmp(e->d_name, "..") != 0)
            die("left behind", e->d_name);
        /* what a kill tore off is kept aside */
        n += e->d_name[0] != '.' && strcmp(e->d_name + len - 5, ".torn") != 0;
    }
    closedir(d);
    if (n != journals)
        die("left behind", "a file that is no journal, or one that is there twice");
}

/* Returns how many files are finished. */
static size_t check(void)
{
    struct nj_journal_files all;
    struct nj_error err = {0};
    long last = -1;
    size_t finished = 0;
    memset(model.seen, 0, sizeof model.seen);
    if (nj_journal_list(dir, NULL, &all, &err) != 0)
        die("list", err.text);
    for (size_t i = 0; i < all.n; i++) {
        char name[NJ_STEM_SIZE + 40], path[NJ_PATH_MAX];
        if (i > 0 && strcmp(all.files[i].stem, all.files[i - 1].stem) != 0)
            last = -1;
        finished += all.files[i].day != NJ_DAY_LIVE;
        if (all.files[i].day != NJ_DAY_LIVE && !all.files[i].gz)
            die("not compressed", all.files[i].stem);
        if (nj_journal_name_make(&all.files[i], name, sizeof name, &err) != 0 ||
            nj_path_join(path, sizeof path, dir, name, &err) != 0)
            die("name", err.text);
        check_file(path, &last);
    }
    check_entries(all.n);
    nj_journal_files_free(&all);
    for (uint32_t id = 0; id < model.next; id++)
        if (model.fate[id] == MODEL_ACKED && model.seen[id] != 1) {
            snprintf(model.why, sizeof model.why, "id %u", id);
            die("an acknowledged line is lost", model.why);
        }
    return finished;
}

int main(void)
{
    const char *soak = getenv("NJORD_SOAK"), *given = getenv("NJORD_SEED");
    size_t wanted = soak && *soak ? 10000 : 100, done = 0, before = 0;
    uint64_t seed = (uint64_t)nj_platform_system()->realtime_ns(NULL);
    int deaths = 0;
    if (given && *given)
        seed = strtoull(given, NULL, 10);
    printf("seed %llu (NJORD_SEED repeats the draws)\n", (unsigned long long)seed);
    setenv("TMPDIR", "/tmp", 0); /* a real file system */
    folder_make(dir, "rotate_kill");
    for (; done < wanted; deaths++) {
        if (deaths % DEATHS_A_FOLDER == 0) {
            folder_empty(dir);
            memset(&model, 0, sizeof model);
            before = 0;
        }
        kill_one(&seed);
        restart();
        size_t now = check();
        done += now - before;
        before = now;
    }
    folder_remove(dir);
    printf("%zu rotations over %d deaths: nothing lost, nothing twice, nothing left behind\n", done,
           deaths);
    return 0;
}
