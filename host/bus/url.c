/* url.c - which bus a URL names. */
#include "bus/bus.h"

#include <stdlib.h>
#include <string.h>

#define SHAPE                                                                                      \
    "expected inproc:, redis://[user:password@]host[:port][/db] or redis+unix:///path[?db=n]"

static int bad(const char *url, struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_INPUT, "bus url '%s': " SHAPE, url);
}

/* Copies len bytes as text; false when they do not fit or there are none. */
static bool take(char *out, size_t cap, const char *text, size_t len)
{
    if (len == 0 || len >= cap)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

static bool number(const char *text, size_t len, long max, long *out)
{
    if (len == 0 || len > 5)
        return false;
    *out = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + (text[i] - '0');
    }
    return *out <= max;
}

int nj_bus_url_parse(const char *url, struct nj_bus_url *out, struct nj_error *err)
{
    long value;
    *out = (struct nj_bus_url){.port = 6379};
    if (strcmp(url, "inproc:") == 0) {
        out->kind = NJ_BUS_INPROC;
        return 0;
    }
    out->kind = NJ_BUS_REDIS;
    if (strncmp(url, "redis+unix://", 13) == 0) {
        const char *path = url + 13, *query = strstr(path, "?db=");
        out->unix_socket = true;
        if (path[0] != '/' ||
            !take(out->host, sizeof out->host, path, query ? (size_t)(query - path) : strlen(path)))
            return bad(url, err);
        if (query) {
            if (!number(query + 4, strlen(query + 4), 65535, &value))
                return bad(url, err);
            out->db = (int)value;
        }
        return 0;
    }
    if (strncmp(url, "redis://", 8) != 0)
        return bad(url, err);
    const char *at = url + 8, *end = at + strcspn(at, "/");
    const char *credentials = memchr(at, '@', (size_t)(end - at));
    if (credentials) {
        const char *colon = memchr(at, ':', (size_t)(credentials - at));
        if (!colon ||
            (colon > at && !take(out->user, sizeof out->user, at, (size_t)(colon - at))) ||
            !take(out->password, sizeof out->password, colon + 1,
                  (size_t)(credentials - colon - 1)))
            return nj_error_set(err, NJ_ERR_INPUT, "bus url: " SHAPE); /* never prints a password */
        at = credentials + 1;
    }
    const char *colon = memchr(at, ':', (size_t)(end - at));
    if (!take(out->host, sizeof out->host, at, (size_t)((colon ? colon : end) - at)))
        return bad(credentials ? "…" : url, err);
    if (colon) {
        if (!number(colon + 1, (size_t)(end - colon - 1), 65535, &value) || value == 0)
            return bad(credentials ? "…" : url, err);
        out->port = (uint16_t)value;
    }
    if (*end == '/' && end[1] != '\0') {
        if (!number(end + 1, strlen(end + 1), 65535, &value))
            return bad(credentials ? "…" : url, err);
        out->db = (int)value;
    }
    return 0;
}
