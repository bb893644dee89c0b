#include "research/inventory.h"

#include "journal/cache.h"
#include "research/deposit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const njord_topic *nj_journal_topic(uint32_t type)
{
    const njord_topic *topic = njord_topics;
    while (topic->pattern && topic->type != type)
        topic++;
    return topic;
}

/* ---- holes ----------------------------------------------------------------------------------- */

struct holes {
    int64_t last[NJ_COLUMNS_VENUES + 1]; /* time of the last bar; last id of each venue */
};

static void bar_holes(struct nj_series *s, struct holes *h, const struct nj_columns *c)
{
    int64_t length = nj_timeframe_ns(s->timeframe), next;
    for (size_t i = 0; i < c->n; i++) {
        if (h->last[0] != NJORD_NONE_I64 && !__builtin_add_overflow(h->last[0], length, &next) &&
            c->ts[i] > next) {
            s->holes++;
            s->missing +=
                ((uint64_t)c->ts[i] - (uint64_t)next + (uint64_t)length - 1) / (uint64_t)length;
        }
        h->last[0] = c->ts[i];
    }
}

static void trade_holes(struct nj_series *s, struct holes *h, const struct nj_columns *c)
{
    for (size_t i = 0; c->id && i < c->n; i++) {
        if (c->id[i] < 0) /* no id, or one that is no number */
            continue;
        int64_t *last = &h->last[c->venue && c->venue[i] != NJORD_NONE_U8 ? c->venue[i] + 1 : 0];
        if (*last >= 0 && c->id[i] > *last + 1) {
            s->holes++;
            s->missing += (uint64_t)(c->id[i] - *last) - 1;
        }
        *last = c->id[i] > *last ? c->id[i] : *last;
    }
}

/* ---- a series -------------------------------------------------------------------------------- */

static int read_series(struct nj_series *s, const struct nj_platform *platform, const char *dir,
                       struct nj_error *err)
{
    struct nj_cache_options options = {.platform = platform,
                                       .dir = dir,
                                       .stem = s->stem,
                                       .from_ns = INT64_MIN,
                                       .to_ns = INT64_MAX,
                                       .skip_bad = true};
    struct nj_cache *cache = NULL;
    struct nj_cache_info info;
    struct holes holes;
    const struct nj_columns *pieces;
    int rc = nj_cache_open(&cache, &options, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < sizeof holes.last / sizeof holes.last[0]; i++)
        holes.last[i] = NJORD_NONE_I64;
    size_t n = nj_cache_pieces(cache, &pieces);
    s->first_ns = s->last_ns = NJORD_NONE_I64;
    for (size_t i = 0; i < n; i++) {
        const struct nj_columns *c = &pieces[i];
        if (c->n == 0)
            continue;
        snprintf(s->symbol, sizeof s->symbol, "%s", c->symbol);
        s->rows += c->n;
        for (size_t k = 0; k < c->n; k++) {
            if (s->first_ns == NJORD_NONE_I64 || c->ts[k] < s->first_ns)
                s->first_ns = c->ts[k];
            if (s->last_ns == NJORD_NONE_I64 || c->ts[k] > s->last_ns)
                s->last_ns = c->ts[k];
        }
        if (s->type == NJORD_EV_BAR)
            bar_holes(s, &holes, c);
        else
            trade_holes(s, &holes, c);
    }
    rc = nj_cache_info(cache, &info, err);
    s->bad_lines = info.bad;
    s->duplicates = info.duplicates;
    nj_cache_close(cache);
    return rc;
}

static int by_symbol(const void *a, const void *b)
{
    const struct nj_series *x = a, *y = b;
    int order = strcmp(x->symbol, y->symbol);
    if (order != 0)
        return order;
    int64_t p = nj_timeframe_ns(x->timeframe), q = nj_timeframe_ns(y->timeframe); /* trades: 0 */
    return p != q ? (p < q ? -1 : 1) : strcmp(x->stem, y->stem);
}

static void count_file(struct nj_series *s, const struct nj_journal_file *file)
{
    if (file->gz) {
        s->files_gz++;
        s->bytes_gz += (uint64_t)file->size;
    } else {
        s->files++;
        s->bytes += (uint64_t)file->size;
        s->live = s->live || file->day == NJ_DAY_LIVE;
    }
}

static void begin_series(struct nj_series *s, const char *stem, const struct nj_stem *means)
{
    *s = (struct nj_series){
        .type = means->topic->type, .first_ns = NJORD_NONE_I64, .last_ns = NJORD_NONE_I64};
    snprintf(s->stem, sizeof s->stem, "%s", stem);
    snprintf(s->symbol, sizeof s->symbol, "%s", means->sym);
    snprintf(s->timeframe, sizeof s->timeframe, "%s",
             s->type == NJORD_EV_TRADE ? "trades" : means->timeframe);
}

int nj_inventory_take(struct nj_inventory *out, const struct nj_platform *platform, const char *dir,
                      struct nj_error *err)
{
    struct nj_journal_files listed = {0};
    *out = (struct nj_inventory){0};
    int rc = nj_journal_list(dir, NULL, &listed, err);
    if (rc != 0)
        return rc;
    if (listed.n > 0) {
        out->series = calloc(listed.n, sizeof *out->series);
        rc = out->series ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "folder '%s': out of memory", dir);
    }
    for (size_t i = 0; rc == 0 && i < listed.n; i++) {
        const struct nj_journal_file *file = &listed.files[i];
        struct nj_stem means;
        if (!nj_stem_parse(file->stem, &means) || !means.topic ||
            (means.topic->type != NJORD_EV_BAR && means.topic->type != NJORD_EV_TRADE))
            continue;
        if (out->n == 0 || strcmp(out->series[out->n - 1].stem, file->stem) != 0)
            begin_series(&out->series[out->n++], file->stem, &means);
        count_file(&out->series[out->n - 1], file);
    }
    nj_journal_files_free(&listed);
    for (size_t i = 0; rc == 0 && i < out->n; i++) {
        struct nj_error why = {0};
        if (read_series(&out->series[i], platform, dir, &why) != 0)
            snprintf(out->series[i].error, sizeof out->series[i].error, "%s", why.text);
    }
    if (rc == 0 && out->n > 0)
        qsort(out->series, out->n, sizeof *out->series, by_symbol);
    if (rc == 0)
        out->import_left = nj_deposit_is_left(dir);
    if (rc != 0)
        nj_inventory_free(out);
    return rc;
}

void nj_inventory_free(struct nj_inventory *inventory)
{
    free(inventory->series);
    *inventory = (struct nj_inventory){0};
}
