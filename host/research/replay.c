#include "research/replay.h"

#include "journal/names.h"
#include "journal/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRADES "trades"

/* One journal, a source of the merge. */
struct track {
    char stem[NJ_STEM_SIZE];
    char topic[128];
    const char *asked;              /* the symbol, perhaps without its slash */
    char symbol[NJORD_SYMBOL_SIZE]; /* "" until an event has told */
    uint32_t type;
    bool missing;
    struct nj_reader *reader;
    struct nj_error err;
    uint64_t foreign;
};

struct nj_replay {
    struct nj_replay_options options;
    struct track *tracks;
    size_t n;
    njord_merge *merge;
    njord_replayed event;
    uint64_t trades, bars;
    int64_t end_ns;
};

/* ---- which journals -------------------------------------------------------------------------- */

static const njord_topic *topic_of_type(uint32_t type)
{
    const njord_topic *t = njord_topics;
    while (t->pattern && (t->type != type || strncmp(t->pattern, "md.", 3) != 0))
        t++;
    return t;
}

static int add_track(struct nj_replay *r, const char *timeframe, const char *symbol,
                     struct nj_error *err)
{
    struct track *t = &r->tracks[r->n];
    bool trades = strcmp(timeframe, TRADES) == 0;
    t->type = trades ? NJORD_EV_TRADE : NJORD_EV_BAR;
    t->asked = symbol;
    if (!trades && nj_timeframe_ns(timeframe) == 0)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "timeframe '%.20s': expected trades or one like 1m or 4h", timeframe);
    int rc = nj_stem_make(topic_of_type(t->type), trades ? "" : timeframe, symbol, t->stem,
                          sizeof t->stem, err);
    for (size_t i = 0; i < r->n && rc == 0; i++)
        if (strcmp(r->tracks[i].stem, t->stem) == 0)
            rc = nj_error_set(err, NJ_ERR_INPUT, "'%s' of '%s' is asked for twice", timeframe,
                              symbol);
    if (rc == 0)
        r->n++;
    return rc;
}

/* Notes which of the journals are there, and when the last of them ends. */
static int look_around(struct nj_replay *r, struct nj_error *err)
{
    struct nj_journal_files files;
    size_t found = 0;
    bool live = false;
    int32_t last = INT32_MIN;
    int rc = nj_journal_list(r->options.dir, NULL, &files, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < r->n; i++)
        r->tracks[i].missing = true;
    for (size_t f = 0; f < files.n; f++) {
        for (size_t i = 0; i < r->n; i++) {
            if (strcmp(files.files[f].stem, r->tracks[i].stem) != 0)
                continue;
            found += r->tracks[i].missing;
            r->tracks[i].missing = false;
            if (files.files[f].day == NJ_DAY_LIVE)
                live = true;
            else if (files.files[f].day > last)
                last = files.files[f].day;
        }
    }
    nj_journal_files_free(&files);
    r->end_ns = r->options.to_ns;
    if (!live && last != INT32_MIN && nj_day_start_ns(last + 1) < r->end_ns)
        r->end_ns = nj_day_start_ns(last + 1);
    if (found > 0)
        return 0;
    return nj_error_set(err, NJ_ERR_NOT_FOUND,
                        "journal folder '%s': no '%s'%s; njord data list shows what there is",
                        r->options.dir, r->tracks[0].stem,
                        r->n > 1 ? " and none of the others" : "");
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Is the event's symbol the one asked for? Two can share a file's name (AB/CUSD, ABC/USD); where
 * the slash was not given the first event decides. */
static bool is_asked(struct track *t, const char *symbol)
{
    if (t->symbol[0] == '\0') {
        if (strchr(t->asked, '/') && strcmp(t->asked, symbol) != 0)
            return false;
        snprintf(t->symbol, sizeof t->symbol, "%s", symbol);
    }
    return strcmp(t->symbol, symbol) == 0;
}

static int next_of(void *ctx, njord_replayed *out)
{
    struct track *t = ctx;
    struct nj_read read;
    for (;;) {
        int got = nj_reader_next(t->reader, &read, &t->err);
        if (got != 1)
            return got;
        if (read.event->type != t->type) {
            return nj_error_set(&t->err, NJ_ERR_INPUT, "%s:%llu: not what '%s' holds", read.path,
                                (unsigned long long)read.line, t->stem);
        }
        if (is_asked(t, njord_event_symbol(read.event)))
            break;
        t->foreign++;
    }
    if (t->type == NJORD_EV_BAR)
        memcpy(&out->of.bar, read.event, sizeof out->of.bar);
    else
        memcpy(&out->of.trade, read.event, sizeof out->of.trade);
    out->seq = read.event->seq;
    out->mark[0] = read.line;
    return 1;
}

static int open_tracks(struct nj_replay *r, struct nj_error *err)
{
    njord_merge_source *sources = calloc(r->n, sizeof *sources);
    int rc = sources ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < r->n && rc == 0; i++) {
        struct track *t = &r->tracks[i];
        const char *stem = t->stem;
        struct nj_reader_options options = {.dir = r->options.dir,
                                            .stems = &stem,
                                            .n_stems = 1,
                                            .from_ns = r->options.from_ns,
                                            .to_ns = r->options.to_ns,
                                            .order = NJ_READ_BY_TIME,
                                            .skip_bad = r->options.skip_bad};
        rc = nj_reader_open(&t->reader, &options, err);
        sources[i] = (njord_merge_source){t, next_of, 1};
    }
    if (rc == 0) {
        r->merge = njord_merge_new(sources, (uint32_t)r->n);
        rc = r->merge ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    }
    free(sources);
    return rc;
}

int nj_replay_open(struct nj_replay **out, const struct nj_replay_options *options,
                   struct nj_error *err)
{
    struct nj_replay *r = calloc(1, sizeof *r);
    int rc = 0;
    *out = NULL;
    if (!r)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    r->options = *options;
    r->tracks = calloc(options->n_symbols * options->n_timeframes + 1, sizeof *r->tracks);
    if (!r->tracks)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    /* the order of sources: that of equal times */
    for (size_t t = 0; t < options->n_timeframes && rc == 0; t++)
        for (size_t s = 0; s < options->n_symbols && rc == 0; s++)
            rc = add_track(r, options->timeframes[t], options->symbols[s], err);
    if (rc == 0)
        rc = look_around(r, err);
    if (rc == 0)
        rc = open_tracks(r, err);
    if (rc != 0) {
        nj_replay_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

void nj_replay_close(struct nj_replay *r)
{
    if (!r)
        return;
    njord_merge_free(r->merge);
    for (size_t i = 0; r->tracks && i < r->n; i++)
        nj_reader_close(r->tracks[i].reader);
    free(r->tracks);
    free(r);
}

int nj_replay_next(struct nj_replay *r, const njord_event **event, const char **topic,
                   struct nj_error *err)
{
    uint32_t from = 0;
    int got = njord_merge_next(r->merge, &r->event, &from);
    struct track *t = &r->tracks[from];
    if (got < 0)
        *err = t->err;
    if (got != 1)
        return got;
    if (t->topic[0] == '\0' &&
        njord_topic_name(topic_of_type(t->type), &r->event.of.ev, t->topic, sizeof t->topic) != 0)
        return nj_error_set(err, NJ_ERR_INTERNAL, "journal '%s': no topic for its events", t->stem);
    if (t->type == NJORD_EV_BAR)
        r->bars++;
    else
        r->trades++;
    *event = &r->event.of.ev;
    *topic = t->topic;
    return 1;
}

void nj_replay_stats(const struct nj_replay *r, struct nj_replay_stats *out)
{
    njord_merge_counts counts;
    njord_merge_count(r->merge, &counts);
    *out = (struct nj_replay_stats){
        .trades = r->trades, .bars = r->bars, .doubles = counts.doubles, .late = counts.late};
    for (size_t i = 0; i < r->n; i++) {
        struct nj_reader_stats read = {0};
        out->foreign += r->tracks[i].foreign;
        if (r->tracks[i].reader)
            nj_reader_stats(r->tracks[i].reader, &read);
        out->bad += read.bad;
    }
}

size_t nj_replay_journals(const struct nj_replay *r)
{
    return r->n;
}

const char *nj_replay_journal(const struct nj_replay *r, size_t i, bool *missing)
{
    *missing = r->tracks[i].missing;
    return r->tracks[i].stem;
}

int64_t nj_replay_end(const struct nj_replay *r)
{
    return r->end_ns;
}
