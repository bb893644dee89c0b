#include "redis_server.h"

#include "folder.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool redis_server_found(const char *test)
{
    static const char *const places[] = {"/usr/bin/redis-server", "/usr/local/bin/redis-server"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (access(places[i], X_OK) == 0)
            return true;
    printf("skipped: %s: no redis-server here; install the package redis-server\n", test);
    return false;
}

/* One try: does it answer? */
static bool answers(const char *socket)
{
    redisContext *c = redisConnectUnix(socket);
    redisReply *reply = c && !c->err ? redisCommand(c, "PING") : NULL;
    bool good = reply && reply->type != REDIS_REPLY_ERROR;
    bool locked = reply && reply->type == REDIS_REPLY_ERROR &&
                  strncmp(reply->str, "NOAUTH", 6) == 0; /* it wants a password: it is up */
    freeReplyObject(reply);
    if (c)
        redisFree(c);
    return good || locked;
}

void redis_server_start(struct redis_server *s, const char *const *options)
{
    const char *argv[32] = {"redis-server", "--port",    "0",        "--unixsocket",
                            NULL,           "--save",    "",         "--appendonly",
                            "no",           "--dir",     NULL,       "--daemonize",
                            "no",           "--logfile", "redis.log"};
    int n = 15;
    if (!s->dir[0]) {
        folder_make(s->dir, "redis");
        snprintf(s->socket, sizeof s->socket, "%s/redis.sock", s->dir);
    }
    argv[4] = s->socket;
    argv[10] = s->dir;
    for (int i = 0; options && options[i] && n < 31; i++)
        argv[n++] = options[i];
    unlink(s->socket);
    fflush(NULL);
    s->pid = fork();
    if (s->pid == 0) {
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    for (int i = 0; i < 2000; i++) {
        if (answers(s->socket))
            return;
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    fprintf(stderr, "redis-server does not come up in '%s'\n", s->dir);
    exit(99);
}

void redis_server_kill(struct redis_server *s)
{
    if (s->pid <= 0)
        return;
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    s->pid = 0;
}

void redis_server_end(struct redis_server *s)
{
    redis_server_kill(s);
    folder_remove(s->dir);
    s->dir[0] = '\0';
}
