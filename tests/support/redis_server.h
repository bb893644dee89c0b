/* redis_server.h - a redis-server of the test's own, on a unix socket in a folder, nothing saved.
 */
#ifndef NJ_TESTS_REDIS_SERVER_H
#define NJ_TESTS_REDIS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct redis_server {
    char dir[256], socket[300];
    pid_t pid; /* 0: not running */
};

/* Is there a redis-server to start? Says on standard output why a test is skipped when not. */
bool redis_server_found(const char *test);
/* Starts it and waits until it answers; `options` are further arguments, up to a NULL. Ends the
 * program when it does not come up. */
void redis_server_start(struct redis_server *s, const char *const *options);
/* kill -9; the folder stays for the next start. */
void redis_server_kill(struct redis_server *s);
/* Kills it and removes the folder. */
void redis_server_end(struct redis_server *s);

#endif
