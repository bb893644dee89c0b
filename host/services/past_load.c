/* past_load.c - what of the journals is shown again, and what the record holds of those to whom it
 * is shown: read into memory, since it is no more than what came after the states were saved. */
#include "journal/backlog.h"
#include "services/past_impl.h"

#include <stdlib.h>
#include <string.h>

#define MAX_EVENTS 4000000u /* of the journals, between books and the end of the record */

struct loading {
    struct nj_past *past;
    uint32_t type; /* 0: lines name their contract */
    void *event;   /* aligned room for one */
    size_t cap;
};

static const njord_event *decode(struct loading *l, const struct nj_backlog_line *line,
                                 struct nj_error *err)
{
    char at[NJ_BACKLOG_AT];
    njord_decode_error why;
    size_t need = njord_decode_bound(line->len);
    if (need > l->cap) {
        void *more = realloc(l->event, need);
        if (!more) {
            nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", nj_backlog_at(line, at));
            return NULL;
        }
        l->event = more;
        l->cap = need;
    }
    if (njord_decode_json(l->type, line->text, line->len, l->event, l->cap, NULL, &why) != 0) {
        nj_error_set(err, NJ_ERR_INPUT, "%s: %s", nj_backlog_at(line, at), why.text);
        return NULL;
    }
    return l->event;
}

njord_event *nj_past_keep(struct nj_past *p, const njord_event *event)
{
    njord_event *copy = nj_fifo_push(&p->room, event->size);
    if (copy)
        memcpy(copy, event, event->size);
    return copy;
}

static int take_event(void *ctx, const struct nj_backlog_line *line, struct nj_error *err)
{
    struct loading *l = ctx;
    struct nj_past *p = l->past;
    const njord_event *event = decode(l, line, err);
    char at[NJ_BACKLOG_AT];
    if (!event)
        return err->code;
    if (p->n_events == MAX_EVENTS)
        return nj_error_set(err, NJ_ERR_LIMIT, "%s: more than %u events since the books were saved",
                            nj_backlog_at(line, at), MAX_EVENTS);
    if (p->n_events == p->cap_events) {
        size_t more = p->cap_events ? p->cap_events * 2 : 1024;
        njord_event **grown = realloc(p->events, more * sizeof(njord_event *));
        if (!grown)
            return nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", nj_backlog_at(line, at));
        p->events = grown;
        p->cap_events = more;
    }
    if (!(p->events[p->n_events] = nj_past_keep(p, event)))
        return nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", nj_backlog_at(line, at));
    p->n_events++;
    return 0;
}

/* What the strategies shown did, and what became of it. */
static int take_order_line(void *ctx, const struct nj_backlog_line *line, struct nj_error *err)
{
    struct loading *l = ctx;
    struct nj_past *p = l->past;
    const njord_event *event = decode(l, line, err);
    bool ok = true;
    if (!event)
        return err->code;
    for (uint32_t i = 0; i < p->n && ok; i++) {
        struct shown *s = &p->all[i];
        if (event->seq <= s->from || strcmp(njord_event_strategy(event), s->slot->id) != 0)
            continue;
        njord_event *copy;
        switch (event->type) {
        case NJORD_EV_INTENT:
            ok = nj_told_add_intent(&s->told, (const njord_intent *)event);
            break;
        case NJORD_EV_CANCEL:
            if (strcmp(((const njord_cancel *)event)->reason, "strategy") == 0)
                ok = nj_told_add_cancel(&s->told, (const njord_cancel *)event);
            break;
        case NJORD_EV_DECISION:
            copy = nj_past_keep(p, event);
            ok = copy && nj_map_put(&p->decisions, ((njord_decision *)copy)->intent_id, copy);
            break;
        case NJORD_EV_ORDER_EVENT:
            copy = nj_past_keep(p, event);
            ok = copy && nj_map_put(&p->accepted, ((njord_order_event *)copy)->intent_id, copy);
            break;
        default:
            break;
        }
    }
    return ok ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "journal of orders: out of memory");
}

static int read_chain(struct nj_past *p, const char *stem, uint32_t type, uint64_t after_seq,
                      nj_backlog_fn each, struct nj_error *err)
{
    struct loading l = {.past = p, .type = type};
    struct nj_backlog chain;
    uint64_t last_seq;
    int rc = nj_backlog_open(&chain, p->host->config->logging.journal_dir, stem, after_seq, err);
    if (rc == 0)
        rc = nj_backlog_read(&chain, after_seq, each, &l, &last_seq, err);
    nj_backlog_close(&chain);
    free(l.event);
    return rc;
}

static int by_seq(const void *a, const void *b)
{
    uint64_t x = (*(njord_event *const *)a)->seq, y = (*(njord_event *const *)b)->seq;
    return x < y ? -1 : x > y;
}

int nj_past_load_events(struct nj_past *p, uint64_t after_seq, struct nj_error *err)
{
    struct nj_journal_files files;
    int rc = nj_journal_list(p->host->config->logging.journal_dir, NULL, &files, err);
    if (rc != 0)
        return rc;
    const char *last = "";
    for (size_t i = 0; rc == 0 && i < files.n; i++) {
        const char *name = files.files[i].stem;
        struct nj_stem stem;
        if (strcmp(name, last) == 0 || !nj_stem_parse(name, &stem) || !stem.topic)
            continue;
        last = name;
        uint32_t type = stem.topic->type;
        if (strncmp(stem.topic->pattern, "md.", 3) == 0 || type == NJORD_EV_FILL ||
            type == NJORD_EV_POSITION_SNAPSHOT)
            rc = read_chain(p, name, type, after_seq, take_event, err);
    }
    nj_journal_files_free(&files);
    if (rc == 0 && p->n_events > 1)
        qsort(p->events, p->n_events, sizeof *p->events, by_seq);
    return rc;
}

int nj_past_load_orders(struct nj_past *p, uint64_t after_seq, struct nj_error *err)
{
    int rc = read_chain(p, "orders", 0, after_seq, take_order_line, err);
    for (uint32_t i = 0; i < p->n; i++)
        nj_told_order(&p->all[i].told);
    return rc;
}
