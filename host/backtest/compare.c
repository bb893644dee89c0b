#include "backtest/compare.h"

#include "backtest/space.h"
#include "backtest/student.h"
#include "trade/sum.h"

#include <math.h>
#include <stdlib.h>

double nj_compare_rebased(const struct nj_result *result, size_t point)
{
    return result->outcome.curve_equity[point] / result->capital * NJ_COMPARE_BASE;
}

int nj_compare_best(const struct nj_result *const *results, size_t n, enum nj_metric metric)
{
    int better = nj_metric_infos[metric].better, best = -1;
    bool equal = true;
    double value = 0;
    for (size_t i = 0; i < n && better != 0; i++) {
        double v = results[i]->metrics.value[metric];
        if (!isfinite(v))
            continue;
        equal = equal && (best < 0 || v == value);
        if (best < 0 || v * better > value * better) {
            best = (int)i;
            value = v;
        }
    }
    return best >= 0 && equal ? -2 : best;
}

/* ---- where they part ---- */

static double distance(double a, double b)
{
    double larger = fabs(a) > fabs(b) ? fabs(a) : fabs(b);
    return larger > 0 ? fabs(a - b) / larger : 0;
}

static int keep(struct nj_comparison *c, size_t *cap, const struct nj_parting *p,
                struct nj_error *err)
{
    if (c->n_partings == *cap) {
        size_t more = *cap ? 2 * *cap : 16;
        struct nj_parting *all = realloc(c->partings, more * sizeof *all);
        if (!all)
            return nj_error_set(err, NJ_ERR_NOMEM, "compare: out of memory");
        c->partings = all;
        *cap = more;
    }
    c->partings[c->n_partings++] = *p;
    return 0;
}

static int find_partings(const struct nj_result *a, const struct nj_result *b, double threshold,
                         struct nj_comparison *out, struct nj_error *err)
{
    const struct nj_bt_outcome *x = &a->outcome, *y = &b->outcome;
    size_t i = 0, k = 0, cap = 0; /* points behind the instant at hand */
    struct nj_parting p = {0};
    bool apart = false;
    int rc = 0;
    while (rc == 0 && i < x->n_curve && k < y->n_curve) {
        int64_t ts = x->curve_ts[i] < y->curve_ts[k] ? x->curve_ts[i] : y->curve_ts[k];
        i += x->curve_ts[i] == ts;
        k += y->curve_ts[k] == ts;
        if (i == 0 || k == 0)
            continue;
        double d = distance(nj_compare_rebased(a, i - 1), nj_compare_rebased(b, k - 1));
        if (d > threshold && (!apart || d > p.worst)) {
            if (!apart)
                p.from_ns = ts;
            p.worst_ns = ts;
            p.worst = d;
        }
        if (d > threshold)
            p.to_ns = ts;
        else if (apart)
            rc = keep(out, &cap, &p, err);
        apart = d > threshold;
    }
    if (rc == 0 && apart) {
        p.open = true;
        rc = keep(out, &cap, &p, err);
    }
    return rc;
}

/* ---- whether chance would do as much ---- */

struct daily {
    double *returns;
    int32_t *days;
    size_t n;
};

static int daily_of(const struct nj_result *r, struct daily *out, struct nj_error *err)
{
    const struct nj_bt_outcome *o = &r->outcome;
    struct nj_curve curve = {o->curve_ts, o->curve_equity, o->n_curve};
    double periods = 0;
    int64_t span;
    *out = (struct daily){0};
    if (o->n_curve > 0 &&
        __builtin_sub_overflow(o->curve_ts[o->n_curve - 1], o->curve_ts[0], &span))
        return nj_error_set(err, NJ_ERR_INPUT, "compare: a curve of more than 292 years");
    int rc = nj_daily_returns(&curve, &out->returns, &out->days, &out->n, &periods, err);
    for (size_t i = 1; rc == 0 && i < out->n; i++)
        if (out->days[i] == out->days[i - 1])
            out->n = 0; /* so short that these are no daily returns */
    return rc;
}

/* Differences on days that both have, into *d (malloc'd). */
static int pair(const struct daily *a, const struct daily *b, double **d, size_t *n,
                struct nj_error *err)
{
    *n = 0;
    *d = malloc((a->n + 1) * sizeof **d);
    if (!*d)
        return nj_error_set(err, NJ_ERR_NOMEM, "compare: out of memory");
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (a->days[i] == b->days[k])
            (*d)[(*n)++] = a->returns[i++] - b->returns[k++];
        else if (a->days[i] < b->days[k])
            i++;
        else
            k++;
    }
    return 0;
}

static double mean_of(const double *v, size_t n)
{
    struct nj_sum sum = nj_sum_of(0);
    for (size_t i = 0; i < n; i++)
        sum = nj_sum_plus(sum, nj_sum_of(v[i]));
    return nj_sum_value(sum) / (double)n;
}

static void t_test(const double *d, size_t n, struct nj_compare_test *out)
{
    struct nj_sum squares = nj_sum_of(0);
    bool flat = true;
    for (size_t i = 0; i < n; i++) {
        double x = d[i] - out->mean_diff;
        squares = nj_sum_plus(squares, nj_sum_product(x, x));
        flat = flat && d[i] == d[0];
    }
    double error = flat ? 0 : sqrt(nj_sum_value(squares) / (double)(n - 1) / (double)n);
    if (error > 0) {
        out->t = out->mean_diff / error;
        out->p_value = nj_student_p(out->t, (double)(n - 1));
    } else {
        out->p_value = d[0] == 0 ? 1 : 0;
    }
    out->confidence = 1 - out->p_value;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* d is a circle: a block may run over its end. */
static double resample(const double *d, size_t n, size_t block, uint64_t *seed)
{
    double sum = 0;
    for (size_t taken = 0; taken < n;) {
        size_t at = (size_t)nj_space_below(seed, n);
        for (size_t k = 0; k < block && taken < n; k++, taken++) {
            sum += d[at];
            at = at + 1 == n ? 0 : at + 1;
        }
    }
    return sum / (double)n;
}

static int bootstrap(const double *d, size_t n, uint64_t seed, struct nj_compare_test *out,
                     struct nj_error *err)
{
    double *means = malloc(NJ_COMPARE_RESAMPLES * sizeof *means);
    size_t as_far = 0;
    if (!means)
        return nj_error_set(err, NJ_ERR_NOMEM, "compare: out of memory");
    while (out->block * out->block < n)
        out->block++;
    for (size_t i = 0; i < NJ_COMPARE_RESAMPLES; i++) {
        means[i] = resample(d, n, out->block, &seed);
        /* rounding must not tell a resample that is the sample itself from it */
        as_far += fabs(means[i] - out->mean_diff) >= fabs(out->mean_diff) * (1 - 1e-12);
    }
    qsort(means, NJ_COMPARE_RESAMPLES, sizeof *means, by_value);
    out->bootstrap_p = (double)(as_far + 1) / (double)(NJ_COMPARE_RESAMPLES + 1);
    out->low = means[NJ_COMPARE_RESAMPLES / 40];
    out->high = means[NJ_COMPARE_RESAMPLES - 1 - NJ_COMPARE_RESAMPLES / 40];
    free(means);
    return 0;
}

static int test(const struct nj_result *first, const struct nj_result *other, uint64_t seed,
                struct nj_compare_test *out, struct nj_error *err)
{
    struct daily a = {0}, b = {0};
    double *d = NULL;
    *out = (struct nj_compare_test){.mean_diff = NAN,
                                    .t = NAN,
                                    .p_value = NAN,
                                    .confidence = NAN,
                                    .bootstrap_p = NAN,
                                    .low = NAN,
                                    .high = NAN};
    int rc = daily_of(first, &a, err);
    if (rc == 0)
        rc = daily_of(other, &b, err);
    if (rc == 0)
        rc = pair(&a, &b, &d, &out->days, err);
    if (rc == 0 && out->days > 0)
        out->mean_diff = mean_of(d, out->days);
    if (rc == 0 && out->days > 1) {
        t_test(d, out->days, out);
        rc = bootstrap(d, out->days, seed, out, err);
    }
    free(d);
    free(a.returns);
    free(a.days);
    free(b.returns);
    free(b.days);
    return rc;
}

/* ---- both ---- */

int nj_compare(const struct nj_result *first, const struct nj_result *other, double threshold,
               uint64_t seed, struct nj_comparison *out, struct nj_error *err)
{
    *out = (struct nj_comparison){0};
    int rc = find_partings(first, other, threshold, out, err);
    if (rc == 0)
        rc = test(first, other, seed, &out->test, err);
    if (rc != 0)
        nj_comparison_free(out);
    return rc;
}

void nj_comparison_free(struct nj_comparison *c)
{
    if (!c)
        return;
    free(c->partings);
    *c = (struct nj_comparison){0};
}
