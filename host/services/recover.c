/* What a start rebuilds: the saved books, then the lines of the journal of orders behind them, and
 * which fills their own journals lack. */
#include "services/books.h"

#include "journal/backlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct recovery {
    struct nj_core *core;
    const struct nj_recovery *options;
    struct nj_books books;
    void *event; /* aligned room for one */
    size_t cap;
    struct nj_map fills; /* made from BrokerFills: fill_id to a copy, until its journal shows it */
};

static bool keep_fill(struct recovery *r, const njord_fill *fill)
{
    njord_fill *copy = malloc(sizeof *copy);
    if (!copy)
        return false;
    *copy = *fill;
    if (nj_map_put(&r->fills, fill->fill_id, copy))
        return true;
    free(copy);
    return false;
}

static int take_line(void *ctx, const struct nj_backlog_line *line, struct nj_error *err)
{
    struct recovery *r = ctx;
    njord_decode_error why;
    njord_fill fill;
    char at[NJ_BACKLOG_AT];
    size_t need = njord_decode_bound(line->len);
    if (need > r->cap) {
        void *more = realloc(r->event, need);
        if (!more)
            goto no_memory;
        r->event = more;
        r->cap = need;
    }
    if (njord_decode_json(0, line->text, line->len, r->event, r->cap, NULL, &why) != 0)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "%s: %s; move the file away to start without its orders",
                            nj_backlog_at(line, at), why.text);
    const njord_event *event = r->event;
    if (event->seq == 0 && r->books.seq > 0)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "%s: names no seq, so that nobody can tell whether the saved books "
                            "hold it",
                            nj_backlog_at(line, at));
    if (r->options->before)
        r->options->before(r->options->ctx, event);
    int rc = nj_core_take(r->core, event);
    if (!r->options->leave_fills && event->type == NJORD_EV_BROKER_FILL && rc == 0 &&
        nj_core_fill_of(r->core, (const njord_broker_fill *)event, r->options->venue, &fill) == 0) {
        fill.ev.seq = event->seq;
        nj_core_take(r->core, &fill.ev);
        if (!keep_fill(r, &fill))
            goto no_memory;
    }
    if (rc == 0 && r->options->each)
        r->options->each(r->options->ctx, event);
    return 0;
no_memory:
    return nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", nj_backlog_at(line, at));
}

/* A line of a fills journal: that fill was published. */
static int shown_line(void *ctx, const struct nj_backlog_line *line, struct nj_error *err)
{
    struct recovery *r = ctx;
    njord_fill fill;
    (void)err;
    if (njord_decode_json(NJORD_EV_FILL, line->text, line->len, &fill, sizeof fill, NULL, NULL) ==
        0)
        free(nj_map_remove(&r->fills, fill.fill_id));
    return 0;
}

static int read_chain(struct recovery *r, const char *stem, nj_backlog_fn each,
                      struct nj_error *err)
{
    struct nj_backlog chain;
    uint64_t last_seq;
    int rc = nj_backlog_open(&chain, r->options->journal_dir, stem, r->books.seq, err);
    if (rc == 0)
        rc = nj_backlog_read(&chain, r->books.seq, each, r, &last_seq, err);
    nj_backlog_close(&chain);
    return rc;
}

/* Of the fills, those that their own journals do not hold wait to be published. Books are saved
 * when all lines are in the kernel: what is in them was published. */
static int find_lost(struct recovery *r, struct nj_error *err)
{
    struct nj_map looked = {0};
    size_t at = 0, again = 0;
    int rc = 0;
    for (const struct nj_map_entry *e; rc == 0 && (e = nj_map_next(&r->fills, &at));) {
        const njord_fill *fill = e->value;
        const struct nj_instrument *i = nj_instrument_find(r->core->instruments, fill->symbol);
        char stem[NJ_STEM_SIZE];
        if (!i || nj_map_get(&looked, fill->symbol) || !nj_map_put(&looked, fill->symbol, r))
            continue;
        snprintf(stem, sizeof stem, "fills.%s", i->file_name);
        rc = read_chain(r, stem, shown_line, err);
        at = 0; /* lines read have taken entries out */
    }
    nj_map_free(&looked, NULL);
    for (const struct nj_map_entry *e; rc == 0 && (e = nj_map_next(&r->fills, &again));) {
        void *record = nj_fifo_push(&r->core->unpublished, sizeof(njord_fill));
        if (record)
            memcpy(record, e->value, sizeof(njord_fill));
    }
    return rc;
}

/* The saved books, or none: then the core and the rules are as they were. */
static int take_books(struct recovery *r, struct nj_error *err)
{
    struct nj_error why = {0};
    int rc = nj_books_load(r->core, r->options->risk, r->options->state, r->options->books_at_most,
                           &r->books, &why);
    if (rc == 0 && why.text[0])
        nj_log(r->core->log, NJ_WARN, "core", "books_damaged", NJ_TEXT("error", why.text),
               NJ_TEXT("detail", "the ones before them are used"));
    if (rc == 0 || rc == NJ_ERR_NOT_FOUND)
        return 0;
    nj_log(r->core->log, NJ_WARN, "core", "books_not_used", NJ_TEXT("error", why.text),
           NJ_TEXT("detail", "all is rebuilt from the whole journal of orders"));
    if (r->options->risk)
        nj_risk_forget(r->options->risk);
    return nj_core_renew(r->core, err);
}

static int read_orders(struct recovery *r, uint64_t *last_seq, struct nj_error *err)
{
    const struct nj_recovery *o = r->options;
    struct nj_backlog chain;
    int rc = nj_backlog_open(&chain, o->journal_dir, "orders", r->books.seq, err);
    if (rc == 0 && o->state)
        rc = nj_books_check_chain(o->state, &chain, r->books.seq, err);
    if (rc == 0)
        rc = nj_backlog_read(&chain, r->books.seq, take_line, r, last_seq, err);
    if (rc == 0 && *last_seq < r->books.journal_seq)
        rc = nj_error_set(err, NJ_ERR_INPUT,
                          "journal of orders in '%s': ends at seq %llu, and the books saved in "
                          "'%s/state' know of %llu: put its files back, or move the files "
                          "'@books.*' away to start from what is there",
                          o->journal_dir, (unsigned long long)*last_seq, nj_state_dir(o->state),
                          (unsigned long long)r->books.journal_seq);
    if (rc == 0 && o->state)
        rc = nj_books_note_chain(o->state, &chain, err);
    nj_backlog_close(&chain);
    return rc;
}

int nj_core_recover(struct nj_core *core, const struct nj_recovery *recovery, uint64_t *last_seq,
                    struct nj_error *err)
{
    struct recovery r = {.core = core, .options = recovery};
    *last_seq = 0;
    int rc = recovery->state ? take_books(&r, err) : 0;
    if (rc == 0 && recovery->begin)
        rc = recovery->begin(recovery->ctx, r.books.seq, err);
    if (rc == 0)
        rc = read_orders(&r, last_seq, err);
    if (rc == 0)
        rc = find_lost(&r, err);
    if (rc == 0 && recovery->state)
        rc = nj_state_seq_behind(recovery->state, *last_seq > r.books.seq ? *last_seq : r.books.seq,
                                 err);
    nj_map_free(&r.fills, free);
    free(r.event);
    return rc;
}
