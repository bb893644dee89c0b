#include "backtest/sweep_doubt.h"

#include <math.h>
#include <stdlib.h>

void nj_sweep_spread_add(struct nj_sweep_spread *s, double sharpe)
{
    if (!isfinite(sharpe))
        return;
    double before = sharpe - s->mean;
    s->n++;
    s->mean += before / (double)s->n;
    s->squares += before * (sharpe - s->mean);
}

int nj_sweep_doubt(const struct nj_sweep_keep *keep, const double *best, const uint64_t *sets,
                   uint64_t n_sets, const struct nj_sweep_spread *spread, double periods_per_year,
                   double risk_free, struct nj_sweep_doubt *out, struct nj_error *err)
{
    double rf = risk_free / periods_per_year;
    size_t days = nj_sweep_keep_days(keep);
    *out = (struct nj_sweep_doubt){.luck_annual = NAN,
                                   .pbo = {.probability = NAN, .loss = NAN},
                                   .deflated = {.luck = NAN, .confidence = NAN},
                                   .of_sets = n_sets,
                                   .days = days};
    out->deflated.trials = spread->n;
    if (best) {
        nj_deflate_moments(best, days, rf, &out->deflated);
        out->deflated.variance =
            spread->n > 1 ? spread->squares / (double)(spread->n - 1) / periods_per_year : NAN;
        nj_deflate(&out->deflated);
        out->luck_annual = out->deflated.luck * sqrt(periods_per_year);
    }
    if (n_sets < 2 || nj_pbo_blocks(days) == 0)
        return 0;
    const double **returns = malloc(n_sets * sizeof *returns);
    if (!returns)
        return nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    for (uint64_t i = 0; i < n_sets; i++)
        returns[i] = nj_sweep_keep_of(keep, sets[i]);
    int rc = nj_pbo(returns, n_sets, days, rf, &out->pbo, err);
    free(returns);
    return rc;
}

void nj_sweep_doubt_text(const struct nj_sweep_doubt *d, struct nj_buf *out)
{
    const struct nj_deflated *f = &d->deflated;
    nj_buf_puts(out, "Deflated Sharpe ratio: ");
    if (f->trials < 2)
        nj_buf_puts(out, "n/a: there was one set, and nothing to choose from\n");
    else if (!isfinite(f->confidence))
        nj_buf_puts(out, "n/a: the best set has no daily returns to judge it by\n");
    else
        nj_buf_printf(out,
                      "%.2f: luck alone would give the best of %llu sets a Sharpe ratio of %.2f; "
                      "0.95 or more is taken for skill\n",
                      f->confidence, (unsigned long long)f->trials, d->luck_annual);
    nj_buf_puts(out, "Overfitting (PBO):     ");
    if (d->of_sets < 2)
        nj_buf_puts(out, "n/a: it takes the daily returns of two sets\n");
    else if (!isfinite(d->pbo.probability))
        nj_buf_printf(out, "n/a: %llu daily returns are too few, it takes %u\n",
                      (unsigned long long)d->days, 4 * NJ_PBO_BLOCK_MIN);
    else
        nj_buf_printf(out,
                      "%.2f: so often was the best of one half of the days in the lower half of "
                      "sets in the other (%llu splits)\n",
                      d->pbo.probability, (unsigned long long)d->pbo.splits);
    if (d->drawn && isfinite(d->pbo.probability))
        nj_buf_printf(out,
                      "                       (over %llu sets: the best %u, and %u drawn by seed "
                      "%llu)\n",
                      (unsigned long long)d->of_sets, NJ_SWEEP_BEST, NJ_SWEEP_BEST,
                      (unsigned long long)d->seed);
}
