#include "backtest/sweep_work.h"

#include "runtime/child.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RING        8u
#define NO_LIMIT_NS INT64_C(4000000000000000000)
#define CHECK_NS    INT64_C(60000000000)
#define LOST_MAX    100u /* processes that ended without a set to blame */

/* A result on its way; the returns follow it. */
struct slot {
    struct nj_sweep_result result;
    double returns[];
};

/* One process and its parent; in memory that both see. */
struct lane {
    _Atomic uint64_t current; /* set at hand + 1; 0: none */
    _Atomic int64_t since_ns; /* when it was taken */
    _Atomic uint32_t head;    /* results put in */
    _Atomic uint32_t tail;    /* and taken out */
};

struct shared {
    _Atomic uint64_t next;   /* the set to look at next */
    _Atomic uint64_t urgent; /* an item to run before it + 1; 0: none, or somebody has it */
    _Atomic uint32_t stay;   /* more will become ready */
    struct lane lanes[NJ_SWEEP_JOBS];
};

struct worker {
    struct crew *crew;
    uint32_t lane;
    struct nj_child child;
};

struct crew {
    struct nj_sweep_work *work;
    struct shared *shared;
    _Atomic unsigned char *done; /* a byte a set; the parent writes */
    char *slots;                 /* RING a lane */
    size_t slot_size, slots_size;
    uint64_t n_sets, n_free, n_done;
    uint32_t n_lost;
    uint64_t told; /* the item that was ready last */
    struct worker workers[NJ_SWEEP_JOBS];
};

static int64_t clock_ns(void *ctx)
{
    const struct nj_platform *pf = ctx;
    return pf->monotonic_ns(pf->ctx);
}

static int64_t now_of(const struct nj_sweep_work *work)
{
    return clock_ns((void *)work->platform);
}

/* Shared with the children that are forked later; NULL: out of memory. */
static void *map_shared(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static struct slot *slot_of(const struct crew *crew, uint32_t lane, uint32_t i)
{
    return (struct slot *)(void *)(crew->slots +
                                   ((size_t)lane * RING + i % RING) * crew->slot_size);
}

/* ---- in a child ---- */

static void keep_returns(const struct crew *crew, const struct nj_result *r, struct slot *slot)
{
    struct nj_curve curve = {r->outcome.curve_ts, r->outcome.curve_equity, r->outcome.n_curve};
    struct nj_error err = {0};
    double *returns, periods = 0;
    size_t n;
    if (nj_daily_returns(&curve, &returns, NULL, &n, &periods, &err) != 0)
        return;
    if (periods == 0 && n <= crew->work->returns) { /* days, not the bars of a run of two days */
        memcpy(slot->returns, returns, n * sizeof *returns);
        slot->result.n_returns = (uint32_t)n;
    }
    free(returns);
}

static int run_one(const struct nj_sweep_work *work, uint64_t set, struct nj_space_set *params,
                   struct nj_result *r, struct nj_error *err)
{
    uint32_t n = nj_space_axes(work->space);
    struct nj_bt_window window;
    if (!work->item) {
        nj_space_set(work->space, set, params);
        return nj_bt_job_here(work->job, params->params, n, r, err);
    }
    nj_space_set(work->space, work->item(work->ctx, set, &window), params);
    int rc = nj_bt_job_window(work->job, &window, params->params, n, r, err);
    if (rc == 0 && work->ran && (rc = work->ran(work->ctx, set, r, err)) != 0)
        nj_result_free(r);
    return rc;
}

static void run_set(const struct crew *crew, uint64_t set, struct nj_space_set *params,
                    struct slot *slot)
{
    struct nj_result r;
    struct nj_error err = {0};
    slot->result = (struct nj_sweep_result){.set = set};
    int rc = run_one(crew->work, set, params, &r, &err);
    slot->result.failed = rc != 0;
    if (rc != 0) {
        snprintf(slot->result.why, sizeof slot->result.why, "%.*s", (int)NJ_SWEEP_WHY - 1,
                 err.text[0] ? err.text : nj_err_name(rc));
        return;
    }
    slot->result.metrics = r.metrics;
    if (crew->work->returns > 0)
        keep_returns(crew, &r, slot);
    nj_result_free(&r);
}

/* What to run next: what is ready, else the next of the free ones. NJ_SWEEP_NONE: nothing for now.
 */
static uint64_t next_of(const struct crew *crew)
{
    struct shared *s = crew->shared;
    uint64_t urgent = atomic_load(&s->urgent);
    if (urgent > 0 && atomic_compare_exchange_strong(&s->urgent, &urgent, 0))
        return urgent - 1;
    if (atomic_load(&s->next) >= crew->n_free)
        return NJ_SWEEP_NONE;
    uint64_t set = atomic_fetch_add(&s->next, 1);
    return set < crew->n_free ? set : NJ_SWEEP_NONE;
}

static int in_worker(void *ctx, int fd)
{
    struct worker *w = ctx;
    struct crew *crew = w->crew;
    struct lane *lane = &crew->shared->lanes[w->lane];
    struct nj_space_set *params = malloc(sizeof *params);
    if (!params)
        return 1;
    for (;;) {
        uint64_t set = next_of(crew);
        if (set == NJ_SWEEP_NONE) {
            if (!atomic_load(&crew->shared->stay))
                break;
            nanosleep(&(struct timespec){0, 200000}, NULL);
            continue;
        }
        if (atomic_load(&crew->done[set]))
            continue;
        uint32_t head = atomic_load(&lane->head);
        while (head - atomic_load(&lane->tail) >= RING) /* the parent takes them out */
            nanosleep(&(struct timespec){0, 200000}, NULL);
        atomic_store(&lane->since_ns, now_of(crew->work));
        atomic_store(&lane->current, set + 1);
        run_set(crew, set, params, slot_of(crew, w->lane, head));
        atomic_store(&lane->head, head + 1);
        atomic_store(&lane->current, 0);
        if (write(fd, "", 1) < 0 && errno == EPIPE)
            break;
    }
    free(params);
    return 0;
}

/* ---- in the parent ---- */

static int start(struct crew *crew, uint32_t i, struct nj_error *err)
{
    struct worker *w = &crew->workers[i];
    struct lane *lane = &crew->shared->lanes[i];
    atomic_store(&lane->current, 0);
    atomic_store(&lane->head, 0);
    atomic_store(&lane->tail, 0);
    w->crew = crew;
    w->lane = i;
    nj_bt_job_process(crew->work->job, crew->work->started++);
    return nj_child_start(&w->child, in_worker, w, now_of(crew->work), NO_LIMIT_NS, err);
}

/* Tells the workers what has become ready, and whether there is anything to wait for. */
static void tell(struct crew *crew)
{
    bool over = true;
    while (over && crew->work->ready) {
        over = false;
        uint64_t ready = crew->work->ready(crew->work->ctx, &over);
        if (ready >= crew->n_sets)
            break;
        if (over && !atomic_load(&crew->done[ready])) {
            atomic_store(&crew->done[ready], 1);
            crew->n_done++;
        } else if (!over && ready != crew->told) {
            crew->told = ready;
            atomic_store(&crew->shared->urgent, ready + 1);
        }
    }
    if (crew->n_done == crew->n_sets)
        atomic_store(&crew->shared->stay, 0);
}

/* A result becomes the caller's. One that a damaged plugin made up is not believed. */
static int hand_over(struct crew *crew, const struct nj_sweep_result *result, struct nj_error *err)
{
    if (result->set >= crew->n_sets || atomic_load(&crew->done[result->set]))
        return 0;
    atomic_store(&crew->done[result->set], 1);
    crew->n_done++;
    int rc = crew->work->take(crew->work->ctx, result, err);
    tell(crew);
    return rc;
}

static int drain(struct crew *crew, uint32_t i, struct nj_error *err)
{
    struct lane *lane = &crew->shared->lanes[i];
    uint32_t tail = atomic_load(&lane->tail), head = atomic_load(&lane->head);
    int rc = 0;
    for (uint32_t k = 0; k < RING && tail != head && rc == 0; k++) {
        struct slot *slot = slot_of(crew, i, tail);
        struct nj_sweep_result result = slot->result;
        result.why[sizeof result.why - 1] = '\0';
        result.returns = slot->returns;
        if (result.n_returns > crew->work->returns)
            result.n_returns = 0;
        rc = hand_over(crew, &result, err);
        atomic_store(&lane->tail, ++tail);
    }
    return rc;
}

/* A process ended: by itself, all being done, or by its plugin's doing. */
static int bury(struct crew *crew, uint32_t i, struct nj_error *err)
{
    struct worker *w = &crew->workers[i];
    struct lane *lane = &crew->shared->lanes[i];
    struct nj_sweep_result result = {.failed = true};
    char how[160];
    int rc = drain(crew, i, err);
    bool hung = w->child.timed_out;
    nj_child_describe(&w->child, how, sizeof how);
    nj_child_free(&w->child);
    if (rc != 0 || !how[0])
        return rc;
    uint64_t current = atomic_load(&lane->current);
    /* one that was stopped for the set before takes the blame for none */
    bool fresh = hung && now_of(crew->work) - atomic_load(&lane->since_ns) < crew->work->limit_ns;
    if (current > 0 && current <= crew->n_sets && !fresh) {
        result.set = current - 1;
        if (hung)
            snprintf(result.why, sizeof result.why, "no end within %.10g s",
                     (double)crew->work->limit_ns * 1e-9);
        else
            snprintf(result.why, sizeof result.why, "the plugin ended its process: %s", how);
        rc = hand_over(crew, &result, err);
    } else {
        /* what it had in hand is run in another round, which must come */
        atomic_store(&crew->shared->stay, 0);
        if (++crew->n_lost > LOST_MAX)
            return nj_error_set(err, NJ_ERR_INTERNAL, "sweep: its processes end by themselves: %s",
                                how);
    }
    if (rc == 0)
        rc = start(crew, i, err);
    return rc;
}

static int turn(struct crew *crew, uint32_t jobs, uint32_t *alive, struct nj_error *err)
{
    struct pollfd fds[NJ_SWEEP_JOBS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < jobs; i++)
        if (crew->workers[i].child.pid > 0)
            fds[n++] = (struct pollfd){crew->workers[i].child.fd, POLLIN, 0};
    poll(fds, n, 100);
    *alive = 0;
    for (uint32_t i = 0; i < jobs; i++) {
        struct nj_child *child = &crew->workers[i].child;
        struct lane *lane = &crew->shared->lanes[i];
        if (child->pid <= 0)
            continue;
        int64_t now = now_of(crew->work);
        if (atomic_load(&lane->current) > 0 &&
            now - atomic_load(&lane->since_ns) > crew->work->limit_ns)
            child->deadline_ns = now;
        bool ended = nj_child_ended(child, now);
        nj_buf_clear(&child->said);
        int rc = ended ? bury(crew, i, err) : drain(crew, i, err);
        if (rc != 0)
            return rc;
        *alive += crew->workers[i].child.pid > 0;
    }
    if (crew->work->tick)
        crew->work->tick(crew->work->ctx);
    return 0;
}

static int run_all(struct crew *crew, struct nj_error *err)
{
    uint64_t left = crew->n_sets - crew->n_done;
    uint32_t jobs = crew->work->jobs < left ? crew->work->jobs : (uint32_t)left, alive = jobs;
    int rc = 0;
    atomic_store(&crew->shared->next, 0);
    atomic_store(&crew->shared->urgent, 0);
    atomic_store(&crew->shared->stay, crew->n_sets > crew->n_free);
    crew->told = NJ_SWEEP_NONE;
    tell(crew);
    for (uint32_t i = 0; i < jobs && rc == 0; i++)
        rc = start(crew, i, err);
    while (rc == 0 && alive > 0)
        rc = turn(crew, jobs, &alive, err);
    for (uint32_t i = 0; i < jobs; i++)
        nj_child_free(&crew->workers[i].child);
    return rc;
}

int nj_sweep_do(struct nj_sweep_work *work, struct nj_error *err)
{
    struct crew *crew = calloc(1, sizeof *crew);
    if (!crew)
        return nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    crew->work = work;
    crew->n_sets = work->item ? work->n_items : nj_space_sets(work->space);
    crew->n_free = work->item ? work->n_free : crew->n_sets;
    crew->slot_size = (sizeof(struct slot) + work->returns * sizeof(double) + 63) & ~(size_t)63;
    crew->slots_size = crew->slot_size * RING * work->jobs;
    crew->shared = map_shared(sizeof *crew->shared);
    crew->done = map_shared(crew->n_sets);
    crew->slots = map_shared(crew->slots_size);
    int rc = crew->shared && crew->done && crew->slots
                 ? 0
                 : nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    for (uint64_t i = 0; rc == 0 && i < crew->n_sets; i++)
        if (work->done(work->ctx, i)) {
            atomic_store(&crew->done[i], 1);
            crew->n_done++;
        }
    while (rc == 0 && crew->n_done < crew->n_sets) {
        uint64_t before = crew->n_done;
        rc = run_all(crew, err);
        if (rc == 0 && crew->n_done == before && ++crew->n_lost > LOST_MAX)
            rc = nj_error_set(err, NJ_ERR_INTERNAL, "sweep: its processes end without a result");
    }
    if (crew->slots)
        munmap(crew->slots, crew->slots_size);
    if (crew->done)
        munmap(crew->done, crew->n_sets);
    if (crew->shared)
        munmap(crew->shared, sizeof *crew->shared);
    free(crew);
    return rc;
}

/* ---- the check before ---- */

struct check {
    struct nj_sweep_work *work;
    int rc; /* 1: nothing was said */
    struct nj_error err;
};

static int in_check(void *ctx, int fd)
{
    struct check *c = ctx;
    const struct nj_space *space = c->work->space;
    struct nj_space_set *set = malloc(sizeof *set);
    (void)fd;
    if (!set)
        return 1;
    nj_space_set(space, 0, set);
    int rc = nj_bt_job_check(c->work->job, set->params, nj_space_axes(space), &c->err);
    for (uint32_t axis = 0; rc == 0 && axis < nj_space_axes(space); axis++) {
        nj_space_set(space, 0, set);
        for (uint64_t i = 0; rc == 0 && i < nj_space_values(space, axis); i++) {
            nj_space_value(space, axis, i, set->texts[axis]);
            rc = nj_bt_job_check(c->work->job, set->params, nj_space_axes(space), &c->err);
        }
    }
    free(set);
    c->rc = rc;
    return 0;
}

int nj_sweep_check(struct nj_sweep_work *work, struct nj_error *err)
{
    struct check *c = map_shared(sizeof *c);
    struct nj_child child;
    char how[160];
    if (!c)
        return nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    *c = (struct check){.work = work, .rc = 1};
    nj_bt_job_process(work->job, work->started++);
    int rc = nj_child_start(&child, in_check, c, now_of(work), CHECK_NS, err);
    if (rc == 0) {
        nj_child_wait(&child, clock_ns, (void *)work->platform);
        nj_child_describe(&child, how, sizeof how);
        nj_child_free(&child);
        rc = c->rc;
        if (rc > 0)
            rc = nj_error_set(err, NJ_ERR_PLUGIN, "strategy '%s': it cannot be loaded: %s",
                              nj_bt_job_options(work->job)->strategy_id, how);
        else if (rc != 0)
            *err = c->err;
    }
    munmap(c, sizeof *c);
    return rc;
}
