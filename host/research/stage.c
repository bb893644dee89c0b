#include "research/stage.h"

#include "journal/names.h"
#include "research/sink.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPOOL_BYTES 262144u   /* a spool is written when so much waits for it */
#define ALL_BYTES   33554432u /* and all of them when so much waits in all */

static const char *const ends[NJ_STAGE_SIDES] = {"old", "new"};

/* ---- the folder ------------------------------------------------------------------------------ */

/* Removes the regular files of a folder that is ours. */
static void empty(const struct nj_platform *pf, const char *dir)
{
    DIR *folder = opendir(dir);
    char path[NJ_PATH_MAX];
    if (!folder)
        return;
    for (;;) {
        const struct dirent *entry = readdir(folder); /* NOLINT(concurrency-mt-unsafe) */
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            nj_path_join(path, sizeof path, dir, entry->d_name, NULL) == 0)
            pf->unlink(pf->ctx, path);
    }
    closedir(folder);
}

int nj_stage_open(struct nj_stage *stage, const struct nj_platform *platform, const char *dir,
                  struct nj_error *err)
{
    *stage = (struct nj_stage){.platform = platform};
    int rc = nj_path_join(stage->dir, sizeof stage->dir, "", dir, err);
    if (rc == 0)
        rc = nj_mkdirs(stage->dir, 0700, err);
    if (rc == 0)
        empty(platform, stage->dir);
    else
        stage->dir[0] = '\0';
    return rc;
}

void nj_stage_close(struct nj_stage *stage, bool keep)
{
    for (size_t i = 0; i < stage->n_days; i++)
        for (int side = 0; side < NJ_STAGE_SIDES; side++)
            nj_buf_free(&stage->days[i].waiting[side]);
    free(stage->days);
    if (stage->dir[0] && !keep) {
        empty(stage->platform, stage->dir);
        rmdir(stage->dir);
    }
    *stage = (struct nj_stage){0};
}

int nj_stage_path(const struct nj_stage *stage, int32_t day, enum nj_stage_side side,
                  char out[NJ_PATH_MAX], struct nj_error *err)
{
    char name[32];
    snprintf(name, sizeof name, "%d.%s", day, ends[side]);
    return nj_path_join(out, NJ_PATH_MAX, stage->dir, name, err);
}

/* ---- days ------------------------------------------------------------------------------------ */

/* Place of the first day that is not before `day`. */
static size_t place_of(const struct nj_stage *stage, int32_t day)
{
    size_t low = 0, high = stage->n_days;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (stage->days[mid].day < day)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct nj_stage_day *nj_stage_day_of(struct nj_stage *stage, int32_t day)
{
    size_t at = place_of(stage, day);
    return at < stage->n_days && stage->days[at].day == day ? &stage->days[at] : NULL;
}

static struct nj_stage_day *make_day(struct nj_stage *stage, int32_t day, struct nj_error *err)
{
    if (stage->last < stage->n_days && stage->days[stage->last].day == day)
        return &stage->days[stage->last];
    size_t at = place_of(stage, day);
    stage->last = at;
    if (at < stage->n_days && stage->days[at].day == day)
        return &stage->days[at];
    if (stage->n_days == stage->cap_days) {
        size_t cap = stage->cap_days ? 2 * stage->cap_days : 64;
        struct nj_stage_day *more = realloc(stage->days, cap * sizeof *more);
        if (!more) {
            nj_error_set(err, NJ_ERR_NOMEM, "folder '%s': out of memory", stage->dir);
            return NULL;
        }
        stage->days = more;
        stage->cap_days = cap;
    }
    memmove(stage->days + at + 1, stage->days + at, (stage->n_days - at) * sizeof *stage->days);
    stage->days[at] = (struct nj_stage_day){
        .day = day, .last_ns = INT64_MIN, .last_id = INT64_MIN, .plain = true};
    stage->n_days++;
    return &stage->days[at];
}

/* ---- spools ---------------------------------------------------------------------------------- */

static int write_spool(struct nj_stage *stage, struct nj_stage_day *day, enum nj_stage_side side,
                       struct nj_error *err)
{
    struct nj_buf *buf = &day->waiting[side];
    char path[NJ_PATH_MAX];
    if (buf->len == 0)
        return 0;
    int rc = nj_stage_path(stage, day->day, side, path, err);
    if (rc != 0)
        return rc;
    struct nj_sink sink;
    rc = nj_sink_open(&sink, stage->platform, path, O_APPEND, 0640, err);
    if (rc == 0) {
        nj_sink_add(&sink, buf->data, buf->len);
        rc = nj_sink_close(&sink, false, err);
    }
    stage->waiting -= buf->len;
    day->on_disk[side] = true;
    nj_buf_clear(buf);
    if (stage->n_days > 64) /* many days: their buffers are not kept */
        nj_buf_free(buf);
    return rc;
}

int nj_stage_flush(struct nj_stage *stage, struct nj_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < stage->n_days; i++)
        for (int side = 0; rc == 0 && side < NJ_STAGE_SIDES; side++) {
            rc = write_spool(stage, &stage->days[i], (enum nj_stage_side)side, err);
            nj_buf_free(&stage->days[i].waiting[side]);
        }
    return rc;
}

static void note_order(struct nj_stage_day *day, const struct nj_stage_row *row)
{
    bool later = row->bar ? row->ts_ns > day->last_ns
                          : row->id > day->last_id && row->id >= 0 &&
                                (row->ts_ns >= day->last_ns ||
                                 day->last_ns - row->ts_ns <= NJ_STAGE_JITTER_NS);
    day->plain = day->plain && later;
    day->last_ns = row->ts_ns > day->last_ns ? row->ts_ns : day->last_ns;
    day->last_id = row->id;
}

int nj_stage_add(struct nj_stage *stage, enum nj_stage_side side, const struct nj_stage_row *row,
                 const char *line, size_t len, struct nj_error *err)
{
    struct nj_stage_day *day = make_day(stage, nj_day_of(row->ts_ns), err);
    if (!day)
        return NJ_ERR_NOMEM;
    struct nj_buf *buf = &day->waiting[side];
    if (!nj_buf_add(buf, line, len) || !nj_buf_putc(buf, '\n'))
        return nj_error_set(err, NJ_ERR_NOMEM, "folder '%s': out of memory", stage->dir);
    stage->waiting += len + 1;
    day->rows[side]++;
    if (side == NJ_STAGE_NEW)
        note_order(day, row);
    int rc = buf->len >= SPOOL_BYTES ? write_spool(stage, day, side, err) : 0;
    return rc == 0 && stage->waiting >= ALL_BYTES ? nj_stage_flush(stage, err) : rc;
}
