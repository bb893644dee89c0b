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
#include "../support/lives.h"
#include "journal/compressor.h"
#include "journal/journal.h"

#include <dirent.h>
#include <njord/lines.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEATHS_A_FOLDER 12
#define DAY1            INT64_C(1735689600000000000)
#define HOUR            INT64_C(3600000000000)

static const char *const names[] = {"orders", "md.trades.ATOMUSDT"};

struct life {
    struct nj_journals *js;
    struct nj_compressor *compressor;
};

static void begin(const struct lives *lives, struct life *life, enum nj_journal_fsync fsync,
                  uint64_t rotate_bytes)
{
    struct nj_error err = {0};
    struct nj_compressor_options finishing = {
        .platform = nj_platform_system(), .dir = lives->dir, .compress = true};
    struct nj_journals_options options = {.platform = nj_platform_system(),
                                          .dir = lives->dir,
                                          .fsync = fsync,
                                          .first = {"orders"},
                                          .rotate_daily = true,
                                          .rotate_bytes = rotate_bytes,
                                          .line_clock = true,
                                          .finished = nj_compressor_take};
    if (nj_compressor_start(&life->compressor, &finishing, &err) != 0)
        lives_die(lives, "compressor", err.text);
    options.finished_ctx = life->compressor;
    if (nj_journals_open(&life->js, &options, &err) != 0)
        lives_die(lives, "open", err.text);
}

/* The time of a line goes by its number. */
static void live(const struct lives *lives, uint32_t first, uint64_t seed, int acks)
{
    static char line[4096];
    static const enum nj_journal_fsync policies[] = {NJ_JOURNAL_FSYNC_NEVER, NJ_JOURNAL_FSYNC_NEVER,
                                                     NJ_JOURNAL_FSYNC_INTERVAL,
                                                     NJ_JOURNAL_FSYNC_ALWAYS};
    struct life life;
    begin(lives, &life, policies[seed % 4], 100 + lives_draw(&seed, 3000));
    for (uint32_t id = first; id < first + LINES_A_LIFE; id++) {
        size_t len = journal_model_line(id, lives_draw(&seed, 600), line, sizeof line);
        const char *name = names[lives_draw(&seed, 2)];
        int64_t ts = DAY1 + id * HOUR;
        if (lives_draw(&seed, 3) == 0) {
            if (nj_journals_append_now(life.js, name, ts, line, len, NULL) != 0)
                _exit(2);
            lives_say(acks, id, false);
            continue;
        }
        if (nj_journals_append(life.js, name, ts, line, len, NULL) != 0)
            _exit(3);
        if (lives_draw(&seed, 8) != 0)
            continue;
        if (nj_journals_flush(life.js, NULL) != 0)
            _exit(4);
        lives_say(acks, id, true);
    }
}

/* The next host: a line into each journal, all that is due compressed, a clean end. */
static void restart(struct lives *lives)
{
    struct journal_model *model = &lives->model;
    struct nj_error err = {0};
    struct life life;
    begin(lives, &life, NJ_JOURNAL_FSYNC_NEVER, 0);
    for (size_t i = 0; i < 2; i++) {
        char line[256];
        uint32_t id = model->next++;
        size_t len = journal_model_line(id, 20, line, sizeof line);
        if (nj_journals_append_now(life.js, names[i], DAY1 + id * HOUR, line, len, &err) != 0)
            lives_die(lives, "append", err.text);
        model->fate[id] = MODEL_ACKED;
    }
    if (nj_journals_close(life.js, &err) != 0)
        lives_die(lives, "close", err.text);
    nj_compressor_stop(life.compressor, true, NULL);
}

static void check_line(struct lives *lives, const char *path, const njord_line *line, long *last)
{
    char want[4096], why[NJ_PATH_MAX + 80];
    char *end = NULL;
    struct journal_model *model = &lives->model;
    long id = line->len > 7 && memcmp(line->text, "{\"id\":", 6) == 0
                  ? strtol(line->text + 6, &end, 10)
                  : -1;
    size_t bare = id >= 0 ? journal_model_line((uint32_t)id, 0, want, sizeof want) : 0;
    if (id >= 0 && line->len >= bare && line->len < sizeof want)
        journal_model_line((uint32_t)id, line->len - bare, want, sizeof want);
    snprintf(why, sizeof why, "%s:%llu: id %ld behind %ld", path, (unsigned long long)line->number,
             id, *last);
    if (id < 0 || id >= (long)model->next || line->torn || memcmp(want, line->text, line->len) != 0)
        lives_die(lives, "a torn line", why);
    if (id <= *last || model->seen[id]++)
        lives_die(lives, "out of order, or twice", why);
    *last = id;
}

static void check_file(struct lives *lives, const char *path, long *last)
{
    char why[256];
    njord_line line;
    int rc;
    njord_lines *lines = njord_lines_open(path, why, sizeof why);
    if (!lines)
        lives_die(lives, "read", why);
    while ((rc = njord_lines_next(lines, &line)) > 0)
        check_line(lives, path, &line, last);
    if (rc < 0)
        lives_die(lives, "read", njord_lines_error(lines));
    njord_lines_close(lines);
}

static void check_entries(const struct lives *lives, size_t journals)
{
    DIR *d = opendir(lives->dir);
    size_t n = 0;
    for (const struct dirent *e; (e = readdir(d));) {
        size_t len = strlen(e->d_name);
        if (e->d_name[0] == '.' && strcmp(e->d_name, ".lock") != 0 && strcmp(e->d_name, ".") != 0 &&
            strcmp(e->d_name, "..") != 0)
            lives_die(lives, "left behind", e->d_name);
        /* what a kill tore off is kept aside */
        n += e->d_name[0] != '.' && strcmp(e->d_name + len - 5, ".torn") != 0;
    }
    closedir(d);
    if (n != journals)
        lives_die(lives, "left behind", "a file that is no journal, or one that is there twice");
}

/* Returns how many files are finished. */
static size_t check(struct lives *lives)
{
    struct journal_model *model = &lives->model;
    struct nj_journal_files all;
    struct nj_error err = {0};
    long last = -1;
    size_t finished = 0;
    memset(model->seen, 0, sizeof model->seen);
    if (nj_journal_list(lives->dir, NULL, &all, &err) != 0)
        lives_die(lives, "list", err.text);
    for (size_t i = 0; i < all.n; i++) {
        char name[NJ_STEM_SIZE + 40], path[NJ_PATH_MAX];
        if (i > 0 && strcmp(all.files[i].stem, all.files[i - 1].stem) != 0)
            last = -1;
        finished += all.files[i].day != NJ_DAY_LIVE;
        if (all.files[i].day != NJ_DAY_LIVE && !all.files[i].gz)
            lives_die(lives, "not compressed", all.files[i].stem);
        if (nj_journal_name_make(&all.files[i], name, sizeof name, &err) != 0 ||
            nj_path_join(path, sizeof path, lives->dir, name, &err) != 0)
            lives_die(lives, "name", err.text);
        check_file(lives, path, &last);
    }
    check_entries(lives, all.n);
    nj_journal_files_free(&all);
    for (uint32_t id = 0; id < model->next; id++)
        if (model->fate[id] == MODEL_ACKED && model->seen[id] != 1) {
            snprintf(model->why, sizeof model->why, "id %u", id);
            lives_die(lives, "an acknowledged line is lost", model->why);
        }
    return finished;
}

int main(void)
{
    static struct lives lives = {.live = live, .max_acks = 150, .max_spin = 300000};
    size_t wanted = lives_begin(&lives, "rotate_kill") ? 10000 : 100, done = 0, before = 0;
    int deaths = 0;
    for (; done < wanted; deaths++) {
        if (deaths % DEATHS_A_FOLDER == 0) {
            lives_anew(&lives);
            before = 0;
        }
        lives_kill_one(&lives);
        restart(&lives);
        size_t now = check(&lives);
        done += now - before;
        before = now;
    }
    folder_remove(lives.dir);
    printf("%zu rotations over %d deaths: nothing lost, nothing twice, nothing left behind\n", done,
           deaths);
    return 0;
}
