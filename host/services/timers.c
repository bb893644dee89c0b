#include "services/timers.h"

#include <stdlib.h>

static bool before(const struct nj_timer *a, const struct nj_timer *b)
{
    if (a->later != b->later)
        return b->later;
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void swap(struct nj_timer *a, struct nj_timer *b)
{
    struct nj_timer t = *a;
    *a = *b;
    *b = t;
}

static void up(struct nj_timers *t, size_t at)
{
    for (; at > 0 && before(&t->heap[at], &t->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&t->heap[at], &t->heap[(at - 1) / 2]);
}

static void down(struct nj_timers *t, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < t->n; child++)
            if (before(&t->heap[child], &t->heap[least]))
                least = child;
        if (least == at)
            return;
        swap(&t->heap[at], &t->heap[least]);
        at = least;
    }
}

static void remove_at(struct nj_timers *t, size_t at)
{
    t->n_later -= t->heap[at].later;
    t->heap[at] = t->heap[--t->n];
    if (at < t->n) {
        down(t, at);
        up(t, at);
    }
}

static size_t find(const struct nj_timers *t, const void *owner, uint32_t id)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->heap[i].owner == owner && t->heap[i].id == id)
            return i;
    return SIZE_MAX;
}

static bool set(struct nj_timers *t, void *owner, uint32_t id, int64_t due_ns, int64_t period_ns,
                bool later)
{
    size_t at = find(t, owner, id);
    if (at != SIZE_MAX)
        remove_at(t, at);
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 16;
        struct nj_timer *heap = realloc(t->heap, cap * sizeof *heap);
        if (!heap)
            return false;
        t->heap = heap;
        t->cap = cap;
    }
    t->heap[t->n] = (struct nj_timer){owner, id, due_ns, period_ns, t->next_order++, later};
    t->n_later += later;
    up(t, t->n++);
    return true;
}

bool nj_timers_set(struct nj_timers *t, void *owner, uint32_t id, int64_t due_ns, int64_t period_ns)
{
    return set(t, owner, id, due_ns, period_ns, false);
}

bool nj_timers_set_later(struct nj_timers *t, void *owner, uint32_t id, int64_t due_ns,
                         int64_t period_ns)
{
    return set(t, owner, id, due_ns, period_ns, true);
}

static void make_heap(struct nj_timers *t)
{
    for (size_t i = t->n / 2; i-- > 0;)
        down(t, i);
}

void nj_timers_begin(struct nj_timers *t, int64_t start_ns)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->heap[i].due_ns < start_ns &&
            __builtin_add_overflow(t->heap[i].due_ns, start_ns, &t->heap[i].due_ns))
            t->heap[i].due_ns = INT64_MAX;
    make_heap(t);
}

void nj_timers_release(struct nj_timers *t)
{
    if (t->n_later == 0)
        return;
    for (size_t i = 0; i < t->n; i++)
        t->heap[i].later = false;
    t->n_later = 0;
    make_heap(t);
}

bool nj_timers_cancel(struct nj_timers *t, void *owner, uint32_t id)
{
    size_t at = find(t, owner, id);
    if (at == SIZE_MAX)
        return false;
    remove_at(t, at);
    return true;
}

void nj_timers_cancel_all(struct nj_timers *t, void *owner)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->n; i++)
        if (t->heap[i].owner != owner)
            t->heap[kept++] = t->heap[i];
        else
            t->n_later -= t->heap[i].later;
    t->n = kept;
    make_heap(t);
}

int64_t nj_timers_next(const struct nj_timers *t)
{
    return t->n > 0 && !t->heap[0].later ? t->heap[0].due_ns : INT64_MAX;
}

/* The next beat of a periodic one: past the floor. */
static int64_t next_beat(const struct nj_timers *t, const struct nj_timer *timer)
{
    int64_t step = timer->period_ns, due;
    if (timer->due_ns < t->floor_ns) {
        uint64_t behind = (uint64_t)t->floor_ns - (uint64_t)timer->due_ns;
        uint64_t beats = behind / (uint64_t)timer->period_ns;
        if (beats >= INT64_MAX || __builtin_mul_overflow((int64_t)beats + 1, step, &step))
            return INT64_MAX;
    }
    return __builtin_add_overflow(timer->due_ns, step, &due) ? INT64_MAX : due;
}

static void take_at(struct nj_timers *t, size_t at, struct nj_timer *out)
{
    *out = t->heap[at];
    if (out->period_ns > 0) {
        t->heap[at].due_ns = next_beat(t, out);
        t->heap[at].order = t->next_order++;
        down(t, at);
    } else {
        remove_at(t, at);
    }
}

bool nj_timers_take(struct nj_timers *t, int64_t now_ns, struct nj_timer *out)
{
    if (t->n == 0 || t->heap[0].later || t->heap[0].due_ns > now_ns)
        return false;
    take_at(t, 0, out);
    return true;
}

bool nj_timers_take_of(struct nj_timers *t, int64_t now_ns,
                       bool (*mine)(void *ctx, const void *owner), void *ctx, struct nj_timer *out)
{
    size_t first = SIZE_MAX;
    if (nj_timers_next(t) > now_ns)
        return false;
    for (size_t i = 0; i < t->n; i++)
        if (!t->heap[i].later && t->heap[i].due_ns <= now_ns && mine(ctx, t->heap[i].owner) &&
            (first == SIZE_MAX || before(&t->heap[i], &t->heap[first])))
            first = i;
    if (first == SIZE_MAX)
        return false;
    take_at(t, first, out);
    return true;
}

bool nj_timers_of(const struct nj_timers *t, const void *owner, size_t *at, struct nj_timer *out)
{
    for (; *at < t->n; (*at)++)
        if (t->heap[*at].owner == owner) {
            *out = t->heap[(*at)++];
            return true;
        }
    return false;
}

void nj_timers_free(struct nj_timers *t)
{
    free(t->heap);
    *t = (struct nj_timers){0};
}
