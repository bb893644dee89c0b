/*
 * journal_kill.c - a writer of journals, killed with SIGKILL at moments that nobody chose.
 *
 * A child writes lines of 20 bytes to 60 KiB and says over a pipe what was acknowledged to it; it
 * is killed; the next one goes on in the same folder. After each death every acknowledged line must
 * stand there exactly once, every file must parse, and what was torn must have been set aside.
 * 100 deaths, 1,000 with NJORD_SOAK=1 in the environment (make soak).
 */
#include "../support/folder.h"
#include "../support/lives.h"
#include "journal/journal.h"

#include <stdio.h>
#include <unistd.h>

#define DEATHS_A_FOLDER 10

static const char *const names[] = {"orders", "md.trades.ATOMUSDT", "fills.ATOMUSDT"};

static struct nj_journals *open_journals(const struct lives *lives, enum nj_journal_fsync fsync)
{
    struct nj_journals *js;
    struct nj_error err = {0};
    struct nj_journals_options options = {
        .platform = nj_platform_system(), .dir = lives->dir, .fsync = fsync, .max_open = 2};
    if (nj_journals_open(&js, &options, &err) != 0)
        lives_die(lives, "open", err.text);
    return js;
}

static void live(const struct lives *lives, uint32_t first, uint64_t seed, int acks)
{
    static char line[65536];
    /* syncs are slow, and a kill does not care for them: in one life of eight */
    struct nj_journals *js =
        open_journals(lives, seed % 8 == 0 ? NJ_JOURNAL_FSYNC_ALWAYS : NJ_JOURNAL_FSYNC_NEVER);
    for (uint32_t id = first; id < first + LINES_A_LIFE; id++) {
        size_t pad = lives_draw(&seed, 8) == 0 ? lives_draw(&seed, 60000) : lives_draw(&seed, 1500);
        size_t len = journal_model_line(id, pad, line, sizeof line);
        const char *name = names[lives_draw(&seed, 3)];
        if (lives_draw(&seed, 4) == 0) {
            if (nj_journals_append_now(js, name, NJORD_NONE_I64, line, len, NULL) != 0)
                _exit(2);
            lives_say(acks, id, false);
            continue;
        }
        if (nj_journals_append(js, name, NJORD_NONE_I64, line, len, NULL) != 0)
            _exit(3);
        if (lives_draw(&seed, 64) != 0)
            continue;
        if (nj_journals_flush(js, NULL) != 0)
            _exit(4);
        lives_say(acks, id, true);
    }
}

/* The next host: repairs each file with its first line. */
static uint64_t restart(struct lives *lives)
{
    struct journal_model *model = &lives->model;
    struct nj_journal_stats stats;
    struct nj_error err = {0};
    struct nj_journals *js = open_journals(lives, NJ_JOURNAL_FSYNC_NEVER);
    for (size_t i = 0; i < 3; i++) {
        char line[256];
        size_t len = journal_model_line(model->next, 20, line, sizeof line);
        if (nj_journals_append_now(js, names[i], NJORD_NONE_I64, line, len, &err) != 0)
            lives_die(lives, "append", err.text);
        model->fate[model->next++] = MODEL_ACKED;
    }
    nj_journals_stats(js, &stats);
    if (nj_journals_close(js, &err) != 0)
        lives_die(lives, "close", err.text);
    if (!journal_model_check(model, lives->dir))
        lives_die(lives, "check", model->why);
    if (model->torn > 0)
        lives_die(lives, "check", "a torn end is left");
    return stats.torn_tails;
}

int main(void)
{
    static struct lives lives = {.live = live, .max_acks = 200, .max_spin = 100000};
    int deaths = lives_begin(&lives, "journal_kill") ? 1000 : 100;
    uint64_t torn = 0;
    for (int i = 0; i < deaths; i++) {
        if (i % DEATHS_A_FOLDER == 0)
            lives_anew(&lives);
        lives_kill_one(&lives);
        torn += restart(&lives);
    }
    folder_remove(lives.dir);
    printf("%d deaths, %llu acknowledgements, %llu torn tails set aside: nothing lost, nothing "
           "twice\n",
           deaths, (unsigned long long)lives.acks, (unsigned long long)torn);
    return 0;
}
