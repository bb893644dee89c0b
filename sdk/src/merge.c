/* merge.c - recorded series as one. See njord/merge.h. */
#include <njord/merge.h>
#include <stdlib.h>
#include <string.h>

/* A source and what was read of it: the event whose turn comes next, and the one behind that, which
 * tells whether a bar stands there twice. */
struct source {
    njord_merge_source from;
    njord_replayed head, behind;
    int has_head, has_behind, ended, failed;
    int64_t last_ts_open;
};

struct njord_merge {
    struct source *sources;
    uint32_t *heap; /* sources with a head, the first on top */
    uint32_t n, in_heap;
    uint32_t refill; /* of that source the last event was given out; n: of none */
    uint32_t started;
    njord_merge_counts counts;
};

/* ---- order ----------------------------------------------------------------------------------- */

static int64_t length_of(const njord_event *event)
{
    return event->type == NJORD_EV_BAR
               ? njord_timeframe_ns(((const njord_bar *)(const void *)event)->timeframe)
               : INT64_MAX;
}

static int sign(int less)
{
    return less ? -1 : 1;
}

/* Of a bar and a trade with the same symbol, both with a seq: the trade that closed the bar entered
 * before it and was shown behind it. */
static int bar_first(const njord_replayed *bar, const njord_replayed *trade)
{
    return bar->seq < trade->seq || trade->of.ev.ts_ns >= bar->of.bar.ts_close;
}

int njord_replay_order(const njord_replayed *a, const njord_replayed *b)
{
    int64_t at = njord_delivery_ns(&a->of.ev), bt = njord_delivery_ns(&b->of.ev);
    int a_bar = a->of.ev.type == NJORD_EV_BAR, b_bar = b->of.ev.type == NJORD_EV_BAR;
    if (at != bt)
        return sign(at < bt);
    if (a->seq && b->seq) {
        if (a_bar != b_bar &&
            strcmp(njord_event_symbol(&a->of.ev), njord_event_symbol(&b->of.ev)) == 0)
            return a_bar ? sign(bar_first(a, b)) : sign(!bar_first(b, a));
        if (a->seq != b->seq)
            return sign(a->seq < b->seq);
    }
    int64_t al = length_of(&a->of.ev), bl = length_of(&b->of.ev);
    return al == bl ? 0 : sign(al < bl);
}

static int before(const struct njord_merge *m, uint32_t a, uint32_t b)
{
    int c = njord_replay_order(&m->sources[a].head, &m->sources[b].head);
    return c < 0 || (c == 0 && a < b);
}

/* ---- the heap ---------------------------------------------------------------------------------
 */

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t t = *a;
    *a = *b;
    *b = t;
}

static void sift_down(struct njord_merge *m, uint32_t at)
{
    for (;;) {
        uint32_t first = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < m->in_heap; child++)
            if (before(m, m->heap[child], m->heap[first]))
                first = child;
        if (first == at)
            return;
        swap(&m->heap[at], &m->heap[first]);
        at = first;
    }
}

static void push(struct njord_merge *m, uint32_t source)
{
    uint32_t at = m->in_heap++;
    m->heap[at] = source;
    while (at > 0 && before(m, m->heap[at], m->heap[(at - 1) / 2])) {
        swap(&m->heap[at], &m->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

/* ---- sources ----------------------------------------------------------------------------------
 */

static void read_behind(struct source *s)
{
    if (s->has_behind || s->ended)
        return;
    int got = s->from.next(s->from.ctx, &s->behind);
    s->has_behind = got == 1;
    s->ended = got != 1;
    if (got < 0)
        s->failed = got;
}

static int is_double(const njord_replayed *a, const njord_replayed *b)
{
    return b->of.ev.type == NJORD_EV_BAR && a->of.bar.ts_open == b->of.bar.ts_open &&
           strcmp(a->of.bar.timeframe, b->of.bar.timeframe) == 0 &&
           strcmp(a->of.bar.symbol, b->of.bar.symbol) == 0;
}

/* Makes the next event of a source its head. 1, 0: it has no more. */
static int fill(struct njord_merge *m, struct source *s)
{
    for (;;) {
        read_behind(s);
        s->has_head = s->has_behind;
        if (!s->has_head)
            return 0;
        s->head = s->behind;
        s->has_behind = 0;
        if (s->head.of.ev.type != NJORD_EV_BAR)
            return 1;
        for (read_behind(s); s->has_behind && is_double(&s->head, &s->behind); read_behind(s)) {
            if (s->behind.seq >= s->head.seq) {
                uint64_t mark[3]; /* going on must see both again */
                memcpy(mark, s->head.mark, sizeof mark);
                s->head = s->behind;
                memcpy(s->head.mark, mark, sizeof mark);
            }
            s->has_behind = 0;
            m->counts.doubles++;
        }
        if (!s->from.series || s->head.of.bar.ts_open > s->last_ts_open)
            return 1;
        m->counts.late++;
    }
}

/* ---- life --------------------------------------------------------------------------------------
 */

njord_merge *njord_merge_new(const njord_merge_source *sources, uint32_t n)
{
    struct njord_merge *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->sources = calloc(n ? n : 1, sizeof *m->sources);
    m->heap = calloc(n ? n : 1, sizeof *m->heap);
    if (!m->sources || !m->heap) {
        njord_merge_free(m);
        return NULL;
    }
    m->n = m->refill = n;
    for (uint32_t i = 0; i < n; i++) {
        m->sources[i].from = sources[i];
        m->sources[i].last_ts_open = INT64_MIN;
    }
    return m;
}

void njord_merge_free(njord_merge *m)
{
    if (!m)
        return;
    free(m->sources);
    free(m->heap);
    free(m);
}

/* Reads a source's next event and gives it its place. What it failed with is told once its events
 * are through. */
static int advance(struct njord_merge *m, uint32_t source)
{
    struct source *s = &m->sources[source];
    if (fill(m, s)) {
        push(m, source);
        return 0;
    }
    int failed = s->failed;
    s->failed = 0;
    return failed;
}

int njord_merge_next(njord_merge *m, njord_replayed *out, uint32_t *from)
{
    while (m->started < m->n) {
        uint32_t source = m->started++;
        int failed = advance(m, source);
        if (failed) {
            if (from)
                *from = source;
            return failed;
        }
    }
    if (m->refill < m->n) {
        uint32_t source = m->refill;
        m->refill = m->n;
        int failed = advance(m, source);
        if (failed) {
            if (from)
                *from = source;
            return failed;
        }
    }
    if (m->in_heap == 0)
        return 0;
    uint32_t source = m->heap[0];
    struct source *s = &m->sources[source];
    m->heap[0] = m->heap[--m->in_heap];
    sift_down(m, 0);
    *out = s->head;
    s->has_head = 0;
    m->refill = source;
    if (out->of.ev.type == NJORD_EV_BAR)
        s->last_ts_open = out->of.bar.ts_open;
    m->counts.events++;
    if (from)
        *from = source;
    return 1;
}

void njord_merge_count(const njord_merge *m, njord_merge_counts *out)
{
    *out = m->counts;
}

const njord_replayed *njord_merge_ahead(const njord_merge *m, uint32_t source)
{
    const struct source *s = &m->sources[source];
    return s->has_head ? &s->head : s->has_behind ? &s->behind : NULL;
}

int64_t njord_merge_last(const njord_merge *m, uint32_t source)
{
    return m->sources[source].last_ts_open;
}

void njord_merge_resume(njord_merge *m, uint32_t source, int64_t last_ts_open)
{
    m->sources[source].last_ts_open = last_ts_open;
}
