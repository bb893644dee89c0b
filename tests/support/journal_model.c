#include "journal_model.h"

#include "folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t journal_model_line(uint32_t id, size_t pad, char *out, size_t cap)
{
    static char alphabet[65536 + 26]; /* a to z over and over: filled once, the same for all */
    if (!alphabet[0])
        for (size_t i = 0; i < sizeof alphabet; i++)
            alphabet[i] = (char)('a' + i % 26);
    int n = snprintf(out, cap, "{\"id\":%u,\"pad\":\"", id);
    for (size_t some; pad > 0 && (size_t)n + 3 < cap; pad -= some, n += (int)some) {
        size_t room = cap - (size_t)n - 3;
        some = pad < 65536 ? pad : 65536 / 26 * 26; /* whole alphabets, so that the next joins */
        some = some < room ? some : room;
        memcpy(out + n, alphabet + id % 26, some);
    }
    out[n++] = '"';
    out[n++] = '}';
    out[n] = '\0';
    return (size_t)n;
}

void journal_model_flushed(struct journal_model *m)
{
    for (uint32_t id = 0; id < m->next; id++)
        if (m->fate[id] == MODEL_WAITS)
            m->fate[id] = MODEL_ACKED;
}

/* One line against what journal_model_line() writes; returns its id, or -1. */
static long id_of(const char *line, size_t len)
{
    static char expected[1 << 20];
    unsigned id;
    if (sscanf(line, "{\"id\":%u,", &id) != 1 || id >= MODEL_LINES)
        return -1;
    char empty[64];
    size_t bare = journal_model_line(id, 0, empty, sizeof empty);
    if (len < bare || len + 1 > sizeof expected)
        return -1;
    journal_model_line(id, len - bare, expected, sizeof expected);
    return memcmp(line, expected, len) == 0 ? (long)id : -1;
}

static bool check_file(struct journal_model *m, const char *dir, const char *name)
{
    size_t len = 0;
    char *text = folder_read(dir, name, &len);
    long last = -1;
    bool ok = true;
    size_t number = 0;
    for (char *at = text; ok && at < text + len;) {
        char *end = memchr(at, '\n', (size_t)(text + len - at));
        if (!end) {
            m->torn++;
            break;
        }
        number++;
        *end = '\0';
        long id = id_of(at, (size_t)(end - at));
        if (id < 0 || id <= last || m->seen[id]++) {
            snprintf(m->why, sizeof m->why, "%s:%zu: %s (after id %ld): %.60s", name, number,
                     id < 0 ? "torn line" : "id out of order or twice", last, at);
            ok = false;
        }
        last = id;
        at = end + 1;
    }
    free(text);
    return ok;
}

bool journal_model_check(struct journal_model *m, const char *dir)
{
    DIR *d = opendir(dir);
    bool ok = d != NULL;
    memset(m->seen, 0, sizeof m->seen);
    m->torn = 0;
    m->why[0] = '\0';
    for (const struct dirent *e; ok && (e = readdir(d));) {
        size_t len = strlen(e->d_name);
        if (len > 7 && strcmp(e->d_name + len - 7, ".ndjson") == 0)
            ok = check_file(m, dir, e->d_name);
    }
    if (d)
        closedir(d);
    for (uint32_t id = 0; ok && id < m->next; id++) {
        bool must = m->fate[id] == MODEL_ACKED;
        bool may = must || m->fate[id] == MODEL_WAITS ||
                   (m->fate[id] == MODEL_REFUSED && m->refused_may_stand);
        if ((must && m->seen[id] != 1) || (!may && m->seen[id] != 0)) {
            snprintf(m->why, sizeof m->why, "id %u: fate %d, found %d times", id, m->fate[id],
                     m->seen[id]);
            ok = false;
        }
    }
    return ok;
}
