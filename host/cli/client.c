#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int nj_client_open(struct nj_client *client, const char *path, struct nj_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct ucred who;
    socklen_t len = sizeof who;
    *client = (struct nj_client){.fd = -1};
    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path)
        return nj_error_set(err, NJ_ERR_INPUT, "control socket '%s': a path of 1 to %zu bytes",
                            path, sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    memcpy(client->path, path, strlen(path) + 1);
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        return nj_error_errno(err, errno, "control socket '%s'", path);
    if (connect(client->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int number = errno;
        nj_client_close(client);
        if (number == ENOENT || number == ECONNREFUSED)
            return nj_error_set(err, NJ_ERR_NOT_FOUND,
                                "no host listens at '%s'; start njord-host, or name its socket "
                                "with --control",
                                path);
        return nj_error_errno(err, number, "control socket '%s'", path);
    }
    if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0)
        client->pid = who.pid;
    return 0;
}

void nj_client_close(struct nj_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    nj_buf_free(&client->in);
    *client = (struct nj_client){.fd = -1};
}

static int send_all(struct nj_client *client, const char *data, size_t len, struct nj_error *err)
{
    while (len > 0) {
        ssize_t n = send(client->fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
            return 0; /* why is there to be read */
        if (n < 0)
            return nj_error_errno(err, errno, "control socket '%s'", client->path);
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

int nj_client_send(struct nj_client *client, const char *text, size_t len, struct nj_error *err)
{
    int rc = send_all(client, text, len, err);
    return rc == 0 ? send_all(client, "\n", 1, err) : rc;
}

bool nj_client_has_line(struct nj_client *client)
{
    size_t len = client->in.len - client->seen;
    const char *from = client->in.data + client->seen;
    const char *end = len > 0 ? memchr(from, '\n', len) : NULL;
    client->seen += end ? (size_t)(end - from) : len;
    return end != NULL;
}

static int lost(const struct nj_client *client, struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_LOST, "the host at '%s' closed the connection", client->path);
}

int nj_client_read(struct nj_client *client, int timeout_s, const char **line, size_t *len,
                   struct nj_error *err)
{
    while (!nj_client_has_line(client)) {
        struct pollfd ready = {client->fd, POLLIN, 0};
        nj_buf_drop(&client->in, client->at);
        client->seen -= client->at;
        client->at = 0;
        int n = poll(&ready, 1, timeout_s > 0 ? timeout_s * 1000 : -1);
        if (n < 0 && errno != EINTR)
            return nj_error_errno(err, errno, "control socket '%s'", client->path);
        if (n == 0)
            return nj_error_set(err, NJ_ERR_LOST, "the host at '%s' did not answer within %d s",
                                client->path, timeout_s);
        if (n < 0)
            continue;
        if (!nj_buf_reserve(&client->in, 65536))
            return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
        ssize_t got = recv(client->fd, client->in.data + client->in.len, 65536, 0);
        if (got == 0 || (got < 0 && errno == ECONNRESET))
            return lost(client, err);
        if (got < 0 && errno != EINTR)
            return nj_error_errno(err, errno, "control socket '%s'", client->path);
        client->in.len += got > 0 ? (size_t)got : 0;
    }
    *line = client->in.data + client->at;
    *len = client->seen - client->at;
    client->in.data[client->seen] = '\0';
    client->at = ++client->seen;
    return 0;
}
