#include "player.h"

#include "journals.h"

#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TIMEFRAMES 32

/* A tape as a source of the merge. */
struct reel {
    struct tape *tape;
    char name[PLAYER_NAME];
};

struct player {
    struct player_options options;
    struct journals journals;
    struct reel *reels;
    uint32_t n_reels;
    njord_merge *merge;
    int plays;
    char error[512];
};

static int next_of(void *ctx, njord_replayed *out)
{
    struct reel *reel = ctx;
    njord_recorded_line line;
    int got = tape_next(reel->tape, &line);
    if (got != 1)
        return got;
    if (line.of.ev.type == NJORD_EV_BAR)
        out->of.bar = line.of.bar;
    else
        out->of.trade = line.of.trade;
    out->seq = line.seq;
    tape_mark(reel->tape, out->mark);
    return 1;
}

/* ---- what there is to play ---- */

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Splits "trades, 1m" at commas. How many, -1 and a clause in `why`. */
static int split(const char *text, char names[MAX_TIMEFRAMES][8], char *why, size_t why_cap)
{
    int n = 0;
    for (;; text++) {
        size_t len = strcspn(text, ","), used;
        const char *name = text;
        text += len;
        while (len > 0 && is_blank(*name)) {
            name++;
            len--;
        }
        for (used = len; used > 0 && is_blank(name[used - 1]);)
            used--;
        if (n == MAX_TIMEFRAMES) {
            snprintf(why, why_cap, "'timeframes': more than %d", MAX_TIMEFRAMES);
            return -1;
        }
        snprintf(names[n], sizeof names[n], "%.*s", (int)(used < 8 ? used : 7), name);
        if (used >= 8 || (strcmp(names[n], "trades") != 0 && njord_timeframe_ns(names[n]) == 0)) {
            snprintf(why, why_cap, "'timeframes': expected trades or one like 1m, found '%.*s'",
                     (int)(used < 40 ? used : 40), name);
            return -1;
        }
        for (int i = 0; i < n; i++) {
            if (strcmp(names[i], names[n]) == 0) {
                snprintf(why, why_cap, "'timeframes': '%s' stands there twice", names[n]);
                return -1;
            }
        }
        n++;
        if (*text == '\0')
            return n;
    }
}

/* The journal of a symbol: "md.trades.ATOMUSDT", "ohlcv.1m.ATOMUSDT". */
static void stem_of(const char *timeframe, const char *symbol, char *out, size_t cap)
{
    size_t base = strcspn(symbol, "/"); /* at most 31 bytes, as all symbols */
    const char *quote = symbol + base + (symbol[base] == '/');
    if (strcmp(timeframe, "trades") == 0)
        snprintf(out, cap, "md.trades.%.*s%.31s", (int)base, symbol, quote);
    else
        snprintf(out, cap, "ohlcv.%.7s.%.*s%.31s", timeframe, (int)base, symbol, quote);
}

static int add_reel(struct player *p, const struct tape_options *options, const char *name,
                    char *why, size_t why_cap)
{
    struct reel *reel = &p->reels[p->n_reels];
    reel->tape = tape_new(options, why, why_cap);
    if (!reel->tape)
        return -1;
    snprintf(reel->name, sizeof reel->name, "%s", name);
    p->n_reels++;
    return 0;
}

/* One symbol's journal of one timeframe. 1: there is one; 0; -1. */
static int add_journal(struct player *p, const char *timeframe, const char *symbol, char *why,
                       size_t why_cap)
{
    struct tape_options options = p->options.tape;
    int trades = strcmp(timeframe, "trades") == 0, result = -1;
    char stem[NJORD_STEM_SIZE];
    const char **paths;
    stem_of(timeframe, symbol, stem, sizeof stem);
    paths = journals_chain(&p->journals, stem, options.from_ns, options.to_ns, &options.n_journals);
    if (!paths) {
        snprintf(why, why_cap, "out of memory");
        return -1;
    }
    options.journals = paths;
    options.only = symbol;
    options.recorded.layout = NJORD_LAYOUT_NDJSON;
    options.recorded.kind = trades ? NJORD_EV_TRADE : NJORD_EV_BAR;
    options.recorded.timeframe = ""; /* the lines say */
    options.recorded.symbol = "";
    result = add_reel(p, &options, stem, why, why_cap) < 0 ? -1 : options.n_journals > 0;
    if (result == 0 && options.log) {
        char text[600];
        snprintf(text, sizeof text, "journal '%s': nothing of it in '%.300s' for that time", stem,
                 p->options.dir);
        options.log(options.log_ctx, NJORD_LOG_WARN, text);
    }
    free(paths);
    return result;
}

static int add_folder(struct player *p, char *why, size_t why_cap)
{
    const njord_recorded_options *recorded = &p->options.tape.recorded;
    char names[MAX_TIMEFRAMES][8];
    int n = split(p->options.timeframes, names, why, why_cap), found = 0;
    if (n < 0)
        return -1;
    if (recorded->n_symbols == 0) {
        snprintf(why, why_cap, "'dir': name the feed's symbols");
        return -1;
    }
    if (journals_read(&p->journals, p->options.dir, why, why_cap) < 0)
        return -1;
    p->reels = calloc((size_t)n * recorded->n_symbols, sizeof *p->reels);
    if (!p->reels) {
        snprintf(why, why_cap, "out of memory");
        return -1;
    }
    p->plays = 0;
    for (int t = 0; t < n; t++) {
        p->plays |= strcmp(names[t], "trades") == 0 ? 1 : 2;
        for (uint64_t i = 0; i < recorded->n_symbols; i++) {
            int is = add_journal(p, names[t], recorded->symbols[i], why, why_cap);
            if (is < 0)
                return -1;
            found += is;
        }
    }
    if (found == 0) {
        snprintf(why, why_cap,
                 "journal folder '%s': nothing to play for these symbols, timeframes "
                 "and dates: njord data list shows what there is",
                 p->options.dir);
        return -1;
    }
    return 0;
}

static int read_range(struct player *p, char *why, size_t why_cap)
{
    struct tape_options *t = &p->options.tape;
    const char *from = p->options.from, *to = p->options.to;
    t->from_ns = INT64_MIN;
    t->to_ns = INT64_MAX;
    if ((from[0] && njord_parse_time(from, strlen(from), &t->from_ns) != 0) ||
        (to[0] && njord_parse_end(to, strlen(to), &t->to_ns) != 0)) {
        snprintf(why, why_cap, "'from', 'to': expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ");
        return -1;
    }
    if (t->from_ns >= t->to_ns) {
        snprintf(why, why_cap, "'to' is not after 'from'");
        return -1;
    }
    return 0;
}

static int make_merge(struct player *p)
{
    njord_merge_source *sources = calloc(p->n_reels, sizeof *sources);
    if (!sources)
        return -1;
    for (uint32_t i = 0; i < p->n_reels; i++)
        sources[i] = (njord_merge_source){&p->reels[i], next_of, p->options.dir[0] != '\0'};
    p->merge = njord_merge_new(sources, p->n_reels);
    free(sources);
    return p->merge ? 0 : -1;
}

struct player *player_new(const struct player_options *options, char *why, size_t why_cap)
{
    struct player *p = calloc(1, sizeof *p);
    if (!p) {
        snprintf(why, why_cap, "out of memory");
        return NULL;
    }
    p->options = *options;
    p->plays = 3;
    if (read_range(p, why, why_cap) < 0)
        goto fail;
    if (options->dir[0]) {
        if (options->tape.files[0]) {
            snprintf(why, why_cap, "'files' and 'dir': name one of them");
            goto fail;
        }
        if (add_folder(p, why, why_cap) < 0)
            goto fail;
    } else {
        p->reels = calloc(1, sizeof *p->reels);
        if (!p->reels) {
            snprintf(why, why_cap, "out of memory");
            goto fail;
        }
        if (add_reel(p, &p->options.tape, "", why, why_cap) < 0)
            goto fail;
    }
    if (make_merge(p) < 0) {
        snprintf(why, why_cap, "out of memory");
        goto fail;
    }
    return p;
fail:
    player_free(p);
    return NULL;
}

void player_free(struct player *p)
{
    if (!p)
        return;
    njord_merge_free(p->merge);
    for (uint32_t i = 0; p->reels && i < p->n_reels; i++)
        tape_free(p->reels[i].tape);
    free(p->reels);
    journals_free(&p->journals);
    free(p);
}

/* ---- playing ---- */

int player_next(struct player *p, njord_replayed *out)
{
    uint32_t from = 0;
    int got = njord_merge_next(p->merge, out, &from);
    if (got < 0)
        snprintf(p->error, sizeof p->error, "%s", tape_error(p->reels[from].tape));
    return got;
}

const char *player_error(const struct player *p)
{
    return p->error;
}

int player_plays(const struct player *p)
{
    return p->plays;
}

/* ---- going on ---- */

uint32_t player_tapes(const struct player *p)
{
    return p->n_reels;
}

const char *player_tape_name(const struct player *p, uint32_t tape)
{
    return p->reels[tape].name;
}

void player_tell(const struct player *p, uint32_t tape, struct tape_position *at, const char **path,
                 int64_t *last_ts_open)
{
    const struct tape *t = p->reels[tape].tape;
    const njord_replayed *ahead = njord_merge_ahead(p->merge, tape);
    if (ahead)
        tape_tell_at(t, ahead->mark, at);
    else
        tape_tell(t, at);
    *path = tape_path(t, at->file);
    *path = *path ? *path : "";
    *last_ts_open = njord_merge_last(p->merge, tape);
}

int player_seek(struct player *p, uint32_t tape, const struct tape_position *at, const char *path,
                int64_t last_ts_open, char *why, size_t why_cap)
{
    njord_merge_resume(p->merge, tape, last_ts_open);
    return tape_seek(p->reels[tape].tape, at, path, why, why_cap);
}
