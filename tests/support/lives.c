#include "lives.h"

#include "base/platform.h"
#include "folder.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool lives_begin(struct lives *lives, const char *name)
{
    const char *soak = getenv("NJORD_SOAK"), *given = getenv("NJORD_SEED");
    lives->name = name;
    lives->seed = given && *given ? strtoull(given, NULL, 10)
                                  : (uint64_t)nj_platform_system()->realtime_ns(NULL);
    printf("seed %llu (NJORD_SEED repeats the draws)\n", (unsigned long long)lives->seed);
    setenv("TMPDIR", "/tmp", 0); /* a real file system tears more than memory does */
    folder_make(lives->dir, name);
    return soak && *soak;
}

void lives_die(const struct lives *lives, const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s (files in '%s')\n", lives->name, what, why, lives->dir);
    exit(1);
}

uint32_t lives_draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

void lives_anew(struct lives *lives)
{
    folder_empty(lives->dir);
    memset(&lives->model, 0, sizeof lives->model);
}

void lives_say(int acks, uint32_t id, bool flushed)
{
    struct life_ack ack = {id, flushed};
    if (write(acks, &ack, sizeof ack) != (ssize_t)sizeof ack)
        _exit(5);
}

/* Hears one acknowledgement; false: there are no more. */
static bool hear(struct lives *lives, int fd, uint32_t first)
{
    struct life_ack ack;
    size_t have = 0;
    while (have < sizeof ack) {
        ssize_t n = read(fd, (char *)&ack + have, sizeof ack - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    for (uint32_t id = ack.flushed ? first : ack.id; id <= ack.id; id++)
        lives->model.fate[id] = MODEL_ACKED;
    lives->acks++;
    return true;
}

void lives_kill_one(struct lives *lives)
{
    uint32_t first = lives->model.next;
    int channel[2];
    memset(lives->model.fate + first, MODEL_WAITS, LINES_A_LIFE);
    lives->model.next += LINES_A_LIFE;
    if (pipe(channel) != 0)
        lives_die(lives, "pipe", strerror(errno));
    fflush(stdout);
    uint64_t seed = lives->seed;
    pid_t child = fork();
    if (child == 0) {
        close(channel[0]);
        lives->live(lives, first, seed, channel[1]);
        for (;;)
            pause();
    }
    close(channel[1]);
    /* it dies some time after its n-th acknowledgement, while it writes the next lines */
    for (uint32_t n = lives_draw(&lives->seed, lives->max_acks);
         n > 0 && hear(lives, channel[0], first); n--)
        ;
    for (volatile uint32_t spin = lives_draw(&lives->seed, lives->max_spin); spin > 0; spin--)
        ;
    kill(child, SIGKILL);
    while (hear(lives, channel[0], first))
        ;
    close(channel[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status))
        lives_die(lives, "the writer ended by itself", status ? "a call failed" : "no kill");
}
