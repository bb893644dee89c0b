/* client.h - the other end of the control socket: sends requests, reads answers.
 *
 * Blocking, with a time limit; used by the verbs that speak to a running host. Owned by the verb.
 */
#ifndef NJ_CLI_CLIENT_H
#define NJ_CLI_CLIENT_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_client {
    int fd;
    int32_t pid; /* of the host */
    char path[108];
    struct nj_buf in;
    size_t at, seen; /* of `in`: where the next line begins; looked through */
};

/* NJ_ERR_NOT_FOUND: nobody listens there. */
int nj_client_open(struct nj_client *client, const char *path, struct nj_error *err);
void nj_client_close(struct nj_client *client);
/* A request, without its newline. */
int nj_client_send(struct nj_client *client, const char *text, size_t len, struct nj_error *err);
/* The next line of the host; it lives until the next call. timeout_s 0: waits for ever.
 * NJ_ERR_LOST: the host closed the connection. */
int nj_client_read(struct nj_client *client, int timeout_s, const char **line, size_t *len,
                   struct nj_error *err);
/* Is a whole line here already? */
bool nj_client_has_line(struct nj_client *client);

#endif
