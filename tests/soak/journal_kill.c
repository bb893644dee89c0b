/*
 * journal_kill.c - a writer of journals, killed with SIGKILL at moments that nobody chose.
 *
 * A child writes lines of 20 bytes to 60 KiB and says over a pipe what was acknowledged to it; it
 * is killed; the next one goes on in the same folder. After each death every acknowledged line must
 * stand there exactly once, every file must parse, and what was torn must have been set aside.
 * 100 deaths, 1,000 with NJORD_SOAK=1 in the environment (make soak).
 */
#include "../support/folder.h"
#include "../support/journal_model.h"
#include "journal/journal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEATHS_A_FOLDER 10
#define LINES_A_LIFE    2000u

static const char *const names[] = {"orders", "md.trades.ATOMUSDT", "fills.ATOMUSDT"};
static struct journal_model model;
static char dir[256];

/* What a child says: all lines below `below` that it was told were kept, or one line. */
struct ack {
    uint32_t id;
    uint32_t flushed; /* 1: every line before id too */
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "journal_kill: %s: %s (files in '%s')\n", what, why, dir);
    exit(1);
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

static struct nj_journals *open_journals(enum nj_journal_fsync fsync)
{
    struct nj_journals *js;
    struct nj_error err = {0};
    struct nj_journals_options options = {
        .platform = nj_platform_system(), .dir = dir, .fsync = fsync, .max_open = 2};
    if (nj_journals_open(&js, &options, &err) != 0)
        die("open", err.text);
    return js;
}

/* A life: writes until it is killed. */
static void live(uint32_t first, uint64_t seed, int acks)
{
    static char line[65536];
    /* syncs are slow, and a kill does not care for them: in one life of eight */
    struct nj_journals *js =
        open_journals(seed % 8 == 0 ? NJ_JOURNAL_FSYNC_ALWAYS : NJ_JOURNAL_FSYNC_NEVER);
    for (uint32_t id = first; id < first + LINES_A_LIFE; id++) {
        size_t pad = draw(&seed, 8) == 0 ? draw(&seed, 60000) : draw(&seed, 1500);
        size_t len = journal_model_line(id, pad, line, sizeof line);
        const char *name = names[draw(&seed, 3)];
        struct ack ack = {id, 0};
        if (draw(&seed, 4) == 0) {
            if (nj_journals_append_now(js, name, NJORD_NONE_I64, line, len, NULL) != 0)
                _exit(2);
        } else {
            if (nj_journals_append(js, name, NJORD_NONE_I64, line, len, NULL) != 0)
                _exit(3);
            if (draw(&seed, 64) != 0)
                continue;
            if (nj_journals_flush(js, NULL) != 0)
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
static void kill_one(uint64_t *seed, uint64_t *acks)
{
    uint32_t first = model.next;
    struct ack ack;
    int channel[2];
    memset(model.fate + first, MODEL_WAITS, LINES_A_LIFE);
    model.next += LINES_A_LIFE;
    if (pipe(channel) != 0)
        die("pipe", strerror(errno));
    uint64_t child_seed = *seed;
    pid_t child = fork();
    if (child == 0) {
        close(channel[0]);
        live(first, child_seed, channel[1]);
    }
    close(channel[1]);
    /* it dies some time after its n-th acknowledgement, while it writes the next lines */
    for (uint32_t n = draw(seed, 200); n > 0 && hear(channel[0], &ack); n--) {
        note(first, &ack);
        ++*acks;
    }
    for (volatile uint32_t spin = draw(seed, 100000); spin > 0; spin--)
        ;
    kill(child, SIGKILL);
    while (hear(channel[0], &ack)) {
        note(first, &ack);
        ++*acks;
    }
    close(channel[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status))
        die("the writer ended by itself", status ? "a call failed" : "no kill");
}

/* The next host: repairs each file with its first line. */
static uint64_t restart(void)
{
    struct nj_journal_stats stats;
    struct nj_error err = {0};
    struct nj_journals *js = open_journals(NJ_JOURNAL_FSYNC_NEVER);
    for (size_t i = 0; i < 3; i++) {
        char line[256];
        size_t len = journal_model_line(model.next, 20, line, sizeof line);
        if (nj_journals_append_now(js, names[i], NJORD_NONE_I64, line, len, &err) != 0)
            die("append", err.text);
        model.fate[model.next++] = MODEL_ACKED;
    }
    nj_journals_stats(js, &stats);
    if (nj_journals_close(js, &err) != 0)
        die("close", err.text);
    if (!journal_model_check(&model, dir))
        die("check", model.why);
    if (model.torn > 0)
        die("check", "a torn end is left");
    return stats.torn_tails;
}

int main(void)
{
    const char *soak = getenv("NJORD_SOAK");
    int deaths = soak && *soak ? 1000 : 100;
    uint64_t seed = (uint64_t)nj_platform_system()->realtime_ns(NULL), acks = 0, torn = 0;
    const char *given = getenv("NJORD_SEED");
    if (given && *given)
        seed = strtoull(given, NULL, 10);
    printf("seed %llu (NJORD_SEED repeats the draws)\n", (unsigned long long)seed);
    setenv("TMPDIR", "/tmp", 0); /* a real file system tears more than memory does */
    folder_make(dir, "kill");
    for (int i = 0; i < deaths; i++) {
        if (i % DEATHS_A_FOLDER == 0) {
            folder_empty(dir);
            memset(&model, 0, sizeof model);
        }
        kill_one(&seed, &acks);
        torn += restart();
    }
    folder_remove(dir);
    printf("%d deaths, %llu acknowledgements, %llu torn tails set aside: nothing lost, nothing "
           "twice\n",
           deaths, (unsigned long long)acks, (unsigned long long)torn);
    return 0;
}
