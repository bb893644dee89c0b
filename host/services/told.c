#include "services/told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- ids ---- */

static bool parse_base36(const char **at, uint64_t *out)
{
    uint64_t v = 0;
    const char *p = *at;
    for (;; p++) {
        uint64_t digit;
        if (*p >= '0' && *p <= '9')
            digit = (uint64_t)(*p - '0');
        else if (*p >= 'a' && *p <= 'z')
            digit = (uint64_t)(*p - 'a') + 10;
        else
            break;
        if (__builtin_mul_overflow(v, 36, &v) || __builtin_add_overflow(v, digit, &v))
            return false;
    }
    if (p == *at)
        return false;
    *at = p;
    *out = v;
    return true;
}

bool nj_told_parse_id(const char *id, uint64_t *cause, uint32_t *ordinal)
{
    uint64_t part[4];
    for (int i = 0; i < 4; i++) {
        if (!parse_base36(&id, &part[i]) || *id != (i < 3 ? '-' : '\0'))
            return false;
        id += i < 3;
    }
    if (part[3] > UINT32_MAX)
        return false;
    *cause = part[2];
    *ordinal = (uint32_t)part[3];
    return true;
}

/* ---- the record ---- */

static bool room(void **all, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    size_t more = *cap ? *cap * 2 : 64;
    void *grown = realloc(*all, more * size);
    if (!grown)
        return false;
    *all = grown;
    *cap = more;
    return true;
}

bool nj_told_add_intent(struct nj_told *t, const njord_intent *intent)
{
    struct nj_told_intent one = {0};
    void *all = t->intents;
    if (!nj_told_parse_id(intent->intent_id, &one.cause, &one.ordinal))
        return true;
    if (!room(&all, t->n_intents, &t->cap_intents, sizeof one))
        return false;
    t->intents = all;
    one.intent = malloc(intent->ev.size);
    if (!one.intent)
        return false;
    memcpy(one.intent, intent, intent->ev.size);
    t->intents[t->n_intents++] = one;
    return true;
}

bool nj_told_add_cancel(struct nj_told *t, const njord_cancel *cancel)
{
    struct nj_told_cancel one = {.seq = cancel->ev.seq};
    void *all = t->cancels;
    size_t same = 0;
    snprintf(one.intent_id, sizeof one.intent_id, "%s", cancel->intent_id);
    for (size_t i = 0; i < t->n_cancels; i++)
        same += strcmp(t->cancels[i].intent_id, one.intent_id) == 0;
    one.copy = same % 2 == 1; /* each is written as it is asked for and as risk lets it through */
    if (!room(&all, t->n_cancels, &t->cap_cancels, sizeof one))
        return false;
    t->cancels = all;
    t->cancels[t->n_cancels++] = one;
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct nj_told_intent *x = a, *y = b;
    if (x->cause != y->cause)
        return x->cause < y->cause ? -1 : 1;
    return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

void nj_told_order(struct nj_told *t)
{
    if (t->n_intents > 1)
        qsort(t->intents, t->n_intents, sizeof *t->intents, compare);
}

void nj_told_free(struct nj_told *t)
{
    for (size_t i = 0; i < t->n_intents; i++)
        free(t->intents[i].intent);
    free(t->intents);
    free(t->cancels);
    *t = (struct nj_told){0};
}

/* ---- what is made ---- */

/* Index of the first intent with (cause, ordinal) or greater. */
static size_t lower(const struct nj_told *t, uint64_t cause, uint32_t ordinal)
{
    const struct nj_told_intent key = {.cause = cause, .ordinal = ordinal};
    size_t from = 0, to = t->n_intents;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (compare(&t->intents[mid], &key) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool same(const njord_intent *a, const njord_intent *b)
{
    return a->side == b->side && a->type == b->type && a->tif == b->tif &&
           same_text(a->symbol, b->symbol) && memcmp(&a->qty, &b->qty, sizeof a->qty) == 0 &&
           (a->type != NJORD_TYPE_LIMIT ||
            memcmp(&a->limit_price, &b->limit_price, sizeof a->limit_price) == 0);
}

/* Does the record hold outputs of the strategy behind the handling of `cause`, or of it? */
static bool goes_on(const struct nj_told *t, size_t from, uint64_t cause)
{
    for (size_t i = from; i < t->n_intents; i++)
        if (t->intents[i].ordinal < NJ_TOLD_HOST_ORDINAL)
            return true;
    for (size_t i = t->n_cancels; i-- > 0 && t->cancels[i].seq > cause;)
        if (!t->cancels[i].met && !t->cancels[i].copy)
            return true;
    return false;
}

enum nj_told_verdict nj_told_intent(struct nj_told *t, uint64_t cause, uint32_t ordinal,
                                    const njord_intent *made, const njord_intent **recorded)
{
    size_t at = lower(t, cause, ordinal);
    struct nj_told_intent *one =
        at < t->n_intents && t->intents[at].cause == cause && t->intents[at].ordinal == ordinal
            ? &t->intents[at]
            : NULL;
    if (recorded)
        *recorded = one ? one->intent : NULL;
    if (!one)
        return goes_on(t, at, cause) ? NJ_TOLD_OTHER : NJ_TOLD_UNFINISHED;
    one->met = true;
    return same(made, one->intent) ? NJ_TOLD_SAME : NJ_TOLD_OTHER;
}

enum nj_told_verdict nj_told_cancel(struct nj_told *t, uint64_t cause, const char *intent_id)
{
    for (size_t i = 0; i < t->n_cancels; i++) {
        struct nj_told_cancel *c = &t->cancels[i];
        if (c->met || c->copy || c->seq <= cause || !same_text(c->intent_id, intent_id))
            continue;
        c->met = true;
        return NJ_TOLD_SAME;
    }
    return goes_on(t, lower(t, cause + 1, 0), cause) ? NJ_TOLD_OTHER : NJ_TOLD_UNFINISHED;
}

uint64_t nj_told_next_cause(const struct nj_told *t, uint64_t after, uint64_t before)
{
    for (size_t i = lower(t, after + 1, 0); i < t->n_intents && t->intents[i].cause < before; i++)
        if (!t->intents[i].met && t->intents[i].ordinal < NJ_TOLD_HOST_ORDINAL)
            return t->intents[i].cause;
    return 0;
}

const njord_intent *nj_told_missing(const struct nj_told *t, uint64_t cause)
{
    for (size_t i = lower(t, cause, 0); i < t->n_intents && t->intents[i].cause == cause; i++)
        if (!t->intents[i].met && t->intents[i].ordinal < NJ_TOLD_HOST_ORDINAL)
            return t->intents[i].intent;
    return NULL;
}

bool nj_told_cancel_waits(const struct nj_told *t, uint64_t seq)
{
    size_t from = 0, to = t->n_cancels;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (t->cancels[mid].seq < seq)
            from = mid + 1;
        else
            to = mid;
    }
    return from < t->n_cancels && t->cancels[from].seq == seq && !t->cancels[from].met &&
           !t->cancels[from].copy;
}
