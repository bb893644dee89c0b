#include "journal/scan.h"

#include "journal/names.h"
#include "journal/scan_line.h"

#include <errno.h>
#include <njord/codec.h>
#include <njord/contract.h>
#include <njord/lines.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PAD 4096u /* lines up to here are copied where there is no slack behind them */

/* A run over lines of one file. */
struct run {
    struct nj_scan *scan;
    uint64_t number; /* of the line in hand */
    struct scan_engine engine;
    uint8_t venue; /* of engine.venue */
};

static uint32_t type_of(const struct nj_scan *scan)
{
    return scan->into->kind == NJ_COLUMNS_BARS ? NJORD_EV_BAR : NJORD_EV_TRADE;
}

/* A bad line: counted, or the end. */
__attribute__((format(printf, 3, 4))) static int refuse(struct run *r, struct nj_error *err,
                                                        const char *format, ...)
{
    char why[256];
    va_list args;
    r->scan->bad++;
    if (r->scan->skip_bad)
        return 0;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return nj_error_set(err, NJ_ERR_INPUT, "line %llu: %s", (unsigned long long)r->number, why);
}

/* A row that does not fit is a bad line; everything else ends the reading. */
static int settle(struct run *r, int rc, const struct nj_error *why, struct nj_error *err)
{
    if (rc == NJ_ERR_INPUT)
        return refuse(r, err, "%.200s", why->text);
    return rc < 0 ? nj_error_set(err, rc, "%s", why->text) : 0;
}

/* ---- one line -------------------------------------------------------------------------------- */

/* The way for every line: the codec's. */
static int take_slowly(struct run *r, const char *line, size_t len, struct nj_error *err)
{
    union {
        njord_event ev;
        njord_bar bar;
        njord_trade trade;
    } event;
    njord_decode_error bad;
    struct nj_error why = {0};
    int rc;
    r->scan->slow++;
    if (len > NJORD_LINE_MAX)
        return refuse(r, err, "longer than %u bytes", NJORD_LINE_MAX);
    if (njord_decode_json(type_of(r->scan), line, len, &event, sizeof event, NULL, &bad) != 0)
        return refuse(r, err, "%s", len == 0 ? "empty" : bad.text);
    if (event.ev.type == NJORD_EV_BAR)
        rc = nj_columns_add_bar(r->scan->into, &event.bar, &why);
    else
        rc = nj_columns_add_trade(r->scan->into, &event.trade, &why);
    return settle(r, rc, &why, err);
}

/* The row that the engine holds, of a symbol or venue that is not the last row's. */
static int check_names(struct run *r, struct nj_error *why)
{
    struct scan_engine *e = &r->engine;
    int rc = e->type == NJORD_EV_BAR ? nj_columns_bar_fits(r->scan->into, &e->event.bar, why)
                                     : nj_columns_trade_fits(r->scan->into, &e->event.trade, why);
    if (rc < 0)
        return rc;
    if (e->new_venue && e->has_venue) {
        char venue[NJORD_ASSET_SIZE] = "";
        memcpy(venue, e->venue.text + 1, e->venue.len - 2);
        rc = nj_columns_venue(r->scan->into, venue, &r->venue, why);
        if (rc < 0)
            return rc;
        e->new_venue = false;
    }
    e->new_name = false;
    return 0;
}

static inline int take_row(struct run *r, struct nj_error *err)
{
    struct scan_engine *e = &r->engine;
    struct nj_columns_builder *into = r->scan->into;
    struct nj_error why;
    int rc = 0;
    if (e->type == NJORD_EV_BAR) {
        const njord_bar *bar = &e->event.bar;
        if (e->new_name ||
            (uint64_t)bar->ts_close - (uint64_t)bar->ts_open != (uint64_t)into->length_ns)
            rc = check_names(r, &why);
        if (rc == 0)
            rc = nj_columns_push_bar(into, bar, &why);
    } else {
        const njord_trade *trade = &e->event.trade;
        if (e->new_name || (e->new_venue && e->has_venue))
            rc = check_names(r, &why);
        if (rc == 0)
            rc = nj_columns_push_trade(into, trade, e->has_venue ? r->venue : NJORD_NONE_U8, &e->id,
                                       &why);
    }
    return rc == 0 ? 0 : settle(r, rc, &why, err);
}

/* ---- runs of lines --------------------------------------------------------------------------- */

/* Lines that end before `end` with SCAN_SLACK bytes behind it. */
static int take_lines(struct run *r, const char *p, const char *end, const char **stopped,
                      struct nj_error *err)
{
    int rc = 0;
    while (p < end && rc == 0) {
        const char *next = scan_line(&r->engine, p, end);
        if (next) {
            rc = take_row(r, err);
        } else {
            next = memchr(p, '\n', (size_t)(end - p));
            rc = take_slowly(r, p, (size_t)(next - p), err);
            next++;
        }
        r->scan->lines++;
        r->number++;
        p = next;
    }
    *stopped = p;
    return rc;
}

/* A line without slack behind it, or without its '\n'. */
static int take_last(struct run *r, const char *line, size_t len, struct nj_error *err)
{
    char room[PAD + SCAN_SLACK];
    const char *stopped;
    if (len < PAD) {
        memcpy(room, line, len);
        room[len] = '\n';
        memset(room + len + 1, 0, SCAN_SLACK);
        return take_lines(r, room, room + len + 1, &stopped, err);
    }
    int rc = take_slowly(r, line, len, err);
    r->scan->lines++;
    r->number++;
    return rc;
}

static int take_text(struct run *r, const char *text, size_t len, bool last, size_t *used,
                     struct nj_error *err)
{
    const char *p = text, *end = text + len, *slack_end = NULL;
    int rc = 0;
    if (len > SCAN_SLACK)
        slack_end = memrchr(text, '\n', len - SCAN_SLACK);
    if (slack_end)
        rc = take_lines(r, p, slack_end + 1, &p, err);
    while (rc == 0 && p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop && !last)
            break;
        rc = take_last(r, p, (size_t)((stop ? stop : end) - p), err);
        p = stop ? stop + 1 : end;
    }
    *used = (size_t)(p - text);
    return rc;
}

int nj_scan_lines(struct nj_scan *scan, const char *text, size_t len, bool last, uint64_t number,
                  size_t *used, struct nj_error *err)
{
    struct run r = {.scan = scan, .number = number, .venue = NJORD_NONE_U8};
    scan_engine_init(&r.engine, type_of(scan));
    return take_text(&r, text, len, last, used, err);
}

/* ---- events ---------------------------------------------------------------------------------- */

int nj_scan_event(uint32_t type, const char *line, size_t len, void *out, struct nj_error *err)
{
    char room[PAD + SCAN_SLACK];
    struct scan_engine e;
    njord_decode_error bad;
    size_t size = type == NJORD_EV_BAR ? sizeof(njord_bar) : sizeof(njord_trade);
    if (len < PAD && !memchr(line, '\n', len)) {
        memcpy(room, line, len);
        room[len] = '\n';
        memset(room + len + 1, 0, SCAN_SLACK);
        scan_engine_init(&e, type);
        if (scan_line(&e, room, room + len + 1)) {
            if (type == NJORD_EV_TRADE) {
                if (e.has_venue)
                    memcpy(e.event.trade.venue, e.venue.text + 1, e.venue.len - 2);
                memcpy(e.event.trade.trade_id, e.id.text ? e.id.text : "", e.id.len);
            }
            memcpy(out, &e.event, size);
            return 0;
        }
    }
    if (njord_decode_json(type, line, len, out, size, NULL, &bad) != 0)
        return nj_error_set(err, NJ_ERR_INPUT, "%s", len == 0 ? "empty" : bad.text);
    return 0;
}
