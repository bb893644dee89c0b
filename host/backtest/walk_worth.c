#include "backtest/walk_worth.h"

#include "trade/sum.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#define DAY_NS    INT64_C(86400000000000)
#define YEAR_DAYS 365.0

#define FEW_TRADES 30
#define FEW_TESTS  5

static double days(int64_t from_ns, int64_t to_ns)
{
    return (double)(to_ns - from_ns) / (double)DAY_NS;
}

static double test_return(const struct nj_walk_fold *f)
{
    return f->test.value[NJ_METRIC_TOTAL_RETURN_PCT];
}

double nj_walk_efficiency(const struct nj_walk_fold *f)
{
    if (!f->tested || !(f->train_return > 0))
        return NAN;
    const struct nj_walk_window *w = &f->window;
    double e = test_return(f) / days(w->test_from, w->test_to) /
               (f->train_return / days(w->train_from, w->train_to));
    return isfinite(e) ? e : (double)NAN;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Of sorted numbers: how many different ones, and the one that stands most often (the lowest). */
static uint64_t most_of(const uint64_t *sorted, size_t n, uint64_t *most, uint64_t *times)
{
    uint64_t different = 0;
    *most = *times = 0;
    for (size_t i = 0, end; i < n; i = end, different++) {
        for (end = i; end < n && sorted[end] == sorted[i];)
            end++;
        if (end - i > *times) {
            *times = end - i;
            *most = sorted[i];
        }
    }
    return different;
}

int nj_walk_weigh(const struct nj_walk_fold *folds, size_t n, struct nj_walk_worth *out,
                  struct nj_error *err)
{
    uint64_t *sets = malloc((n + 1) * sizeof *sets);
    size_t chosen = 0;
    struct nj_sum trained = nj_sum_of(0), tested = nj_sum_of(0);
    double train_days = 0, test_days = 0;
    *out = (struct nj_walk_worth){.train_rate = NAN, .test_rate = NAN, .efficiency = NAN};
    if (!sets)
        return nj_error_set(err, NJ_ERR_NOMEM, "walk-forward: out of memory");
    for (size_t i = 0; i < n; i++) {
        const struct nj_walk_fold *f = &folds[i];
        if (f->chosen)
            sets[chosen++] = f->set;
        if (!f->tested)
            continue;
        out->tested++;
        out->profitable += test_return(f) > 0;
        out->open += f->n_open;
        trained = nj_sum_plus(trained, nj_sum_of(f->train_return));
        tested = nj_sum_plus(tested, nj_sum_of(test_return(f)));
        train_days += days(f->window.train_from, f->window.train_to);
        test_days += days(f->window.test_from, f->window.test_to);
    }
    if (out->tested > 0) {
        out->train_rate = nj_sum_value(trained) / train_days * YEAR_DAYS;
        out->test_rate = nj_sum_value(tested) / test_days * YEAR_DAYS;
        if (out->train_rate > 0)
            out->efficiency = out->test_rate / out->train_rate;
        if (!isfinite(out->efficiency))
            out->efficiency = NAN;
    }
    qsort(sets, chosen, sizeof *sets, by_number);
    out->n_sets = most_of(sets, chosen, &out->set, &out->times);
    free(sets);
    return 0;
}

void nj_walk_steadiness(const struct nj_space *space, const struct nj_walk_fold *folds, size_t n,
                        uint32_t axis, struct nj_walk_steady *out)
{
    uint64_t at[NJ_SPACE_AXES], last = 0;
    uint64_t *places = malloc((n + 1) * sizeof *places);
    size_t chosen = 0;
    *out = (struct nj_walk_steady){0};
    for (size_t i = 0; places && i < n; i++) {
        if (!folds[i].chosen)
            continue;
        nj_space_places(space, folds[i].set, at);
        out->changes += chosen > 0 && at[axis] != last;
        last = places[chosen++] = at[axis];
    }
    if (places)
        qsort(places, chosen, sizeof *places, by_number);
    out->values = places ? most_of(places, chosen, &out->place, &out->times) : 0;
    free(places);
}

int nj_walk_notes(const struct nj_walk *walk, struct nj_result *into)
{
    const struct nj_walk_worth *worth = nj_walk_worth(walk);
    const struct nj_walk_stitched *s = nj_walk_stitched(walk);
    const struct nj_walk_fold *last = nj_walk_fold(walk, nj_walk_folds(walk) - 1);
    int rc = 0;
    if (worth->open == 1)
        rc = nj_result_warn(into, "1 position was open where a test ended: marked at the last "
                                  "close, the next begins flat");
    else if (worth->open > 1)
        rc = nj_result_warn(into,
                            "%llu positions were open where tests ended: marked at the last close, "
                            "the next begins flat",
                            (unsigned long long)worth->open);
    if (rc == 0 && last->window.cut && last->tested)
        rc = nj_result_warn(into, "the last test is cut short by the end of the data");
    if (rc == 0 && worth->tested > 0 && s->n_trades < FEW_TRADES)
        rc = nj_result_warn(into, "%zu trades: too few to tell skill from luck (%d or more)",
                            s->n_trades, FEW_TRADES);
    if (rc == 0 && worth->tested > 0 && worth->tested < FEW_TESTS)
        rc = nj_result_warn(into, "%llu test%s: too few to say much of the strategy",
                            (unsigned long long)worth->tested, worth->tested == 1 ? "" : "s");
    return rc;
}
