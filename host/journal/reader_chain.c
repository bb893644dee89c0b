#include "journal/reader_chain.h"

#include "journal/journal.h"
#include "journal/scan.h"

#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a bar or trade takes; others are measured. */
#define LARGEST (sizeof(njord_bar) > sizeof(njord_trade) ? sizeof(njord_bar) : sizeof(njord_trade))

/* ---- lines ----------------------------------------------------------------------------------- */

/* A line of an order's flow grows when it is decoded; a bar or trade does not. */
static int make_room(struct nj_chain *c, size_t need, struct nj_error *err)
{
    if (need <= c->event_cap)
        return 0;
    njord_event *grown = realloc(c->event, need);
    if (!grown)
        return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory for a line", c->stem);
    c->event = grown;
    c->event_cap = need;
    return 0;
}

/* The line as an event, 0; 1: malformed, why says how. */
static int decode(struct nj_chain *c, char *why, size_t why_cap, struct nj_error *err)
{
    const njord_line *line = &c->line;
    njord_decode_error bad;
    struct nj_error scanned;
    if (line->too_long) {
        snprintf(why, why_cap, "longer than %u bytes", NJORD_LINE_MAX);
        return 1;
    }
    if (line->len == 0) {
        snprintf(why, why_cap, "empty");
        return 1;
    }
    if (c->type == NJORD_EV_BAR || c->type == NJORD_EV_TRADE) {
        if (nj_scan_event(c->type, line->text, line->len, c->event, &scanned) == 0)
            return 0;
        snprintf(why, why_cap, "%.250s", scanned.text);
        return 1;
    }
    if (make_room(c, njord_decode_bound(line->len), err) < 0)
        return NJ_ERR_NOMEM;
    if (njord_decode_json(c->type, line->text, line->len, c->event, c->event_cap, NULL, &bad) == 0)
        return 0;
    snprintf(why, why_cap, "%s", bad.text);
    return 1;
}

/* An event without a time or number of its own stands where it was written. */
static void set_keys(struct nj_chain *c)
{
    int64_t time = nj_event_time(c->event);
    if (time == NJORD_NONE_I64)
        time = c->event->ts_recv_ns;
    if (time != NJORD_NONE_I64)
        c->time = time;
    if (c->event->seq != 0)
        c->seq = c->event->seq;
}

static bool is_wanted(const struct nj_chain *c)
{
    const struct nj_reader_options *o = c->options;
    if (c->event->seq <= o->after_seq && o->after_seq != 0)
        return false;
    return c->time >= o->from_ns && (c->time < o->to_ns || o->to_ns == INT64_MAX);
}

/* The next whole line of any file. 1, 0: no more, or the error. */
static int next_line(struct nj_chain *c, struct nj_reader_stats *stats, struct nj_error *err)
{
    for (;;) {
        if (c->ended)
            return 0;
        if (!c->lines) {
            int rc = nj_chain_next_file(c, err);
            c->ended = rc <= 0;
            if (rc <= 0)
                return rc;
            stats->files++;
        }
        int got = njord_lines_next(c->lines, &c->line);
        if (got < 0) {
            c->ended = true;
            return nj_error_set(err, NJ_ERR_IO, "%s", njord_lines_error(c->lines));
        }
        if (got == 1 && !(c->line.torn && c->live)) {
            stats->lines++;
            stats->bytes += c->line.end - c->begun;
            c->begun = c->line.end;
            return 1;
        }
        c->ended = c->live;
        nj_chain_close_file(c);
    }
}

int nj_chain_next(struct nj_chain *c, struct nj_reader_stats *stats, struct nj_error *err)
{
    char why[256];
    for (;;) {
        int rc = next_line(c, stats, err);
        if (rc <= 0)
            return rc;
        rc = decode(c, why, sizeof why, err);
        if (rc < 0)
            return rc;
        if (rc == 1) {
            stats->bad++;
            if (c->options->skip_bad)
                continue;
            c->ended = true;
            return nj_error_set(err, NJ_ERR_INPUT, "%.240s:%llu: %s", c->path,
                                (unsigned long long)c->line.number, why);
        }
        set_keys(c);
        if (is_wanted(c))
            return 1;
    }
}

/* ---- where to start -------------------------------------------------------------------------- */

/* The seq of the first event of a place's file; 0: it has none, or does not begin with a whole
 * line.
 */
static int first_seq(struct nj_chain *c, struct nj_place *place, struct nj_error *err)
{
    char why[256];
    if (place->done)
        return 0;
    int rc = nj_chain_open_place(c, place, err);
    if (rc < 0) /* gone, or damaged: reading tells, if it comes to that */
        return rc == NJ_ERR_NOMEM ? rc : 0;
    if (njord_lines_next(c->lines, &c->line) == 1 && !(c->line.torn && c->live)) {
        rc = decode(c, why, sizeof why, err);
        if (rc == 0)
            place->first_seq = c->event->seq;
    }
    nj_chain_close_file(c);
    return rc < 0 ? rc : 0;
}

static bool begins_behind(const struct nj_chain *c, const struct nj_place *place)
{
    return place->first_seq != 0 && place->first_seq - 1 <= c->options->after_seq;
}

/* Numbers rise along the order of writing, which is that of names: a file is behind us when the
 * next one begins at or before the number that is wanted. The newest are looked at first. (The live
 * file may be another one than was listed: it was written behind all that are known then, too.) */
static int skip_older(struct nj_chain *c, struct nj_error *err)
{
    struct nj_place live = {.day = NJ_DAY_LIVE};
    int rc = first_seq(c, &live, err);
    size_t behind = rc == 0 && begins_behind(c, &live) ? c->n_places : 0;
    for (size_t i = c->n_places; rc == 0 && behind == 0 && i-- > 1;) {
        rc = first_seq(c, &c->places[i], err);
        if (begins_behind(c, &c->places[i]))
            behind = i;
    }
    for (size_t i = 0; i < behind; i++)
        c->places[i].done = true;
    return rc;
}

static int by_first_seq(const void *a, const void *b)
{
    const struct nj_place *x = a, *y = b;
    if (x->first_seq != y->first_seq)
        return x->first_seq < y->first_seq ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return x->part < y->part ? -1 : x->part > y->part;
}

/* A file of market data that begins with a late line bears the day of that line, and so stands
 * before files that were written before it: the order of writing is that of the first numbers.
 * Files without numbers, of imported data, come first and are not skipped. */
static int sort_by_writing(struct nj_chain *c, struct nj_error *err)
{
    struct nj_place live = {.day = NJ_DAY_LIVE};
    int rc = first_seq(c, &live, err);
    for (size_t i = 0; rc == 0 && i < c->n_places; i++)
        rc = first_seq(c, &c->places[i], err);
    if (rc < 0 || c->n_places == 0)
        return rc;
    qsort(c->places, c->n_places, sizeof *c->places, by_first_seq);
    for (size_t i = 0; c->options->after_seq != 0 && i < c->n_places; i++) {
        const struct nj_place *next = i + 1 < c->n_places ? &c->places[i + 1] : &live;
        if (c->places[i].first_seq != 0 && begins_behind(c, next))
            c->places[i].done = true;
    }
    return 0;
}

int nj_chain_open(struct nj_chain *c, const struct nj_reader_options *options,
                  struct nj_shelf *shelf, const char *stem, struct nj_error *err)
{
    struct nj_journal_file live = {.day = NJ_DAY_LIVE};
    char name[NJ_STEM_SIZE + 64];
    struct nj_stem meaning;
    size_t added;
    memset(c, 0, sizeof *c);
    c->options = options;
    c->shelf = shelf;
    c->stem = stem;
    c->time = INT64_MIN;
    if (strlen(stem) >= sizeof live.stem)
        return nj_error_set(err, NJ_ERR_INPUT, "journal '%.60s…': name too long", stem);
    snprintf(live.stem, sizeof live.stem, "%s", stem);
    int rc = nj_journal_name_make(&live, name, sizeof name, err);
    if (rc < 0)
        return rc;
    if (nj_stem_parse(stem, &meaning) && meaning.topic) {
        c->type = meaning.topic->type;
        c->may_be_late = strncmp(meaning.topic->pattern, "md.", 3) == 0;
    }
    rc = make_room(c, LARGEST, err);
    if (rc == 0)
        rc = nj_chain_learn(c, &added, err);
    if (rc == 0 && c->may_be_late && (options->after_seq != 0 || options->order == NJ_READ_BY_SEQ))
        return sort_by_writing(c, err);
    if (rc == 0 && options->after_seq != 0)
        return skip_older(c, err);
    return rc;
}

void nj_chain_close(struct nj_chain *c)
{
    nj_chain_close_file(c);
    free(c->event);
    free(c->places);
    c->event = NULL;
    c->places = NULL;
}
