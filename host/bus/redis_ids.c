/* What a restart needs to go on where it was: how often this host was started, the place in each
 * stream, and what was last seen of each source's order flow. Lines of text, the first one
 * "njord-redis 1". */
#include "bus/redis_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADING  "njord-redis 1"
#define RUN_LAST ((uint64_t)INT32_MAX) /* so that run << 32 stays within i64 */

/* A run that no earlier one can have had: seconds since 2020. */
static uint64_t run_by_clock(const struct nj_redis *r)
{
    int64_t s = r->o.platform->realtime_ns(r->o.platform->ctx) / 1000000000 - 1577836800;
    return s > 1 ? (uint64_t)s : 1;
}

static bool load_line(struct nj_redis *r, const char *line)
{
    char topic[64], id[NJ_REDIS_ID_SIZE];
    int64_t seq;
    int at = 0;
    if (sscanf(line, "run %" SCNu64 "%n", &r->run, &at) == 1)
        return line[at] == '\0' && r->run < RUN_LAST;
    if (sscanf(line, "stream %63s %47[0-9-]%n", topic, id, &at) == 2 && line[at] == '\0') {
        for (size_t i = 0; i < r->n_streams; i++)
            if (strcmp(r->streams[i].topic, topic) == 0)
                snprintf(r->streams[i].id, sizeof r->streams[i].id, "%s", id);
        return true;
    }
    at = 0;
    if (sscanf(line, "seen %" SCNd64 " %n", &seq, &at) != 1 || at == 0 || !strchr(line + at, ' '))
        return false;
    struct nj_redis_mark *mark = malloc(sizeof *mark);
    if (!mark || nj_map_get(&r->marks, line + at) || !nj_map_put(&r->marks, line + at, mark)) {
        free(mark);
        return false;
    }
    mark->last = seq;
    return true;
}

void nj_redis_ids_load(struct nj_redis *r)
{
    struct nj_buf text = {0};
    int rc = r->o.load_ids ? r->o.load_ids(r->o.ctx, &text) : NJ_ERR_NOT_FOUND;
    if (rc == 0) {
        char *rest = NULL;
        bool good = text.data && strncmp(text.data, HEADING "\n", sizeof HEADING) == 0;
        char *line = good ? strtok_r(text.data + sizeof HEADING, "\n", &rest) : NULL;
        for (; good && line; line = strtok_r(NULL, "\n", &rest))
            good = load_line(r, line);
        if (!good)
            nj_log(r->o.log, NJ_WARN, "bus", "ids_damaged",
                   NJ_TEXT("detail", "order flow sent while this host was away may be missed"));
        r->run = good ? r->run + 1 : run_by_clock(r);
    } else {
        r->run = rc == NJ_ERR_NOT_FOUND && r->o.load_ids ? 1 : run_by_clock(r);
    }
    nj_buf_free(&text);
}

int nj_redis_ids_store(struct nj_redis *r)
{
    struct nj_buf text = {0};
    size_t at = 0;
    if (!r->o.store_ids)
        return 0;
    nj_buf_printf(&text, HEADING "\nrun %" PRIu64 "\n", r->run);
    for (size_t i = 0; i < r->n_streams; i++)
        if (r->streams[i].id[0])
            nj_buf_printf(&text, "stream %s %s\n", r->streams[i].topic, r->streams[i].id);
    for (const struct nj_map_entry *e; (e = nj_map_next(&r->marks, &at));) {
        const char *topic = strrchr(e->key, ' ');
        if (topic && nj_redis_is_order_flow(topic + 1))
            nj_buf_printf(&text, "seen %" PRId64 " %s\n", ((struct nj_redis_mark *)e->value)->last,
                          e->key);
    }
    int rc = text.failed ? NJ_ERR_NOMEM : r->o.store_ids(r->o.ctx, text.data, text.len);
    nj_buf_free(&text);
    if (rc == 0) {
        r->ids_changed = false;
        r->stored_ns = nj_redis_now(r);
    }
    return rc;
}
