#include "backtest/overfit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EULER  0.57721566490153286061
#define FLAT   1e-12 /* variance over mean square: below, it is what rounding left */
#define SQRT_2 1.41421356237309504880

/* ---- the normal distribution ---- */

double nj_normal_cdf(double x)
{
    return erfc(-x / SQRT_2) / 2;
}

double nj_normal_quantile(double p)
{
    if (!(p > 0 && p < 1))
        return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    if (p > 0.5)
        return -nj_normal_quantile(1 - p);
    /* M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 26.2.23, then Halley's steps
     */
    double t = sqrt(-2 * log(p));
    double x = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                         (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
    for (int i = 0; i < 4; i++) {
        double density = exp(-x * x / 2) / 2.50662827463100050242;
        double e = (nj_normal_cdf(x) - p) / density;
        x -= e / (1 + x * e / 2);
    }
    return x;
}

/* ---- the deflated Sharpe ratio ---- */

void nj_deflate_moments(const double *r, size_t n, double risk_free, struct nj_deflated *d)
{
    double sum = 0, m2 = 0, m3 = 0, m4 = 0, k = (double)n;
    for (size_t i = 0; i < n; i++)
        sum += r[i];
    double mean = n ? sum / k : 0;
    for (size_t i = 0; i < n; i++) {
        double x = r[i] - mean, square = x * x;
        m2 += square;
        m3 += square * x;
        m4 += square * square;
    }
    d->periods = n;
    d->sharpe = d->skew = 0;
    d->kurtosis = 3;
    if (n < 2 || !(m2 / k > FLAT * mean * mean))
        return;
    double sd = sqrt(m2 / k);
    d->sharpe = (mean - risk_free) / sqrt(m2 / (k - 1));
    d->skew = m3 / k / (sd * sd * sd);
    d->kurtosis = m4 / k / (sd * sd * sd * sd);
}

void nj_deflate(struct nj_deflated *d)
{
    double n = (double)d->trials, sr = d->sharpe;
    d->luck = d->confidence = NAN;
    if (d->trials < 2 || d->periods < 2 || !(d->variance >= 0))
        return;
    d->luck = sqrt(d->variance) * ((1 - EULER) * nj_normal_quantile(1 - 1 / n) +
                                   EULER * nj_normal_quantile(1 - exp(-1) / n));
    double spread = 1 - d->skew * sr + (d->kurtosis - 1) / 4 * sr * sr;
    if (spread > 0)
        d->confidence = nj_normal_cdf((sr - d->luck) * sqrt((double)d->periods - 1) / sqrt(spread));
}

/* ---- the probability of backtest overfitting ---- */

struct cscv {
    size_t n_sets;
    uint32_t blocks;
    double half; /* days of one */
    double risk_free;
    double *sums, *squares; /* [block][set] */
    double *sharpe[2];      /* of each set, in a half and in the other */
    double *sum, *square;   /* of each set, in the half at hand */
    uint64_t lower, losses;
};

uint32_t nj_pbo_blocks(size_t days)
{
    uint32_t blocks = NJ_PBO_BLOCKS;
    while (blocks >= 4 && days / blocks < NJ_PBO_BLOCK_MIN)
        blocks -= 2;
    return blocks >= 4 ? blocks : 0;
}

/* Sharpe ratios of all sets over the blocks of a mask. */
static void half_of(struct cscv *c, uint32_t mask, double *out)
{
    memset(c->sum, 0, c->n_sets * sizeof *c->sum);
    memset(c->square, 0, c->n_sets * sizeof *c->square);
    for (uint32_t b = 0; b < c->blocks; b++) {
        if (!(mask >> b & 1))
            continue;
        const double *sums = c->sums + b * c->n_sets, *squares = c->squares + b * c->n_sets;
        for (size_t i = 0; i < c->n_sets; i++) {
            c->sum[i] += sums[i];
            c->square[i] += squares[i];
        }
    }
    for (size_t i = 0; i < c->n_sets; i++) {
        double mean = c->sum[i] / c->half;
        double var = c->square[i] / c->half - mean * mean;
        bool flat = !(var > FLAT * c->square[i] / c->half);
        out[i] = flat ? 0 : (mean - c->risk_free) / sqrt(var * c->half / (c->half - 1));
    }
}

/* The best of one half, looked for in the other. */
static void look(struct cscv *c, const double *in, const double *out)
{
    size_t best = 0;
    double below = 0, same = 0;
    for (size_t i = 1; i < c->n_sets; i++)
        best = in[i] > in[best] ? i : best;
    for (size_t i = 0; i < c->n_sets; i++) {
        below += out[i] < out[best];
        same += out[i] == out[best];
    }
    double rank = below + (same + 1) / 2; /* from 1, the worst */
    /* logit of rank / (n + 1) at or below 0 */
    c->lower += 2 * rank <= (double)c->n_sets + 1;
    c->losses += out[best] < 0;
}

static void sum_blocks(struct cscv *c, const double *const *returns, size_t first, size_t length)
{
    for (uint32_t b = 0; b < c->blocks; b++)
        for (size_t i = 0; i < c->n_sets; i++) {
            const double *r = returns[i] + first + b * length;
            double sum = 0, square = 0;
            for (size_t k = 0; k < length; k++) {
                sum += r[k];
                square += r[k] * r[k];
            }
            c->sums[b * c->n_sets + i] = sum;
            c->squares[b * c->n_sets + i] = square;
        }
}

int nj_pbo(const double *const *returns, size_t n_sets, size_t days, double risk_free,
           struct nj_pbo *out, struct nj_error *err)
{
    struct cscv c = {.n_sets = n_sets, .blocks = nj_pbo_blocks(days), .risk_free = risk_free};
    *out = (struct nj_pbo){.probability = NAN, .loss = NAN, .blocks = c.blocks};
    if (c.blocks == 0 || n_sets < 2)
        return nj_error_set(err, NJ_ERR_INPUT, "%zu days of %zu sets: expected %u of 2 or more",
                            days, n_sets, 4 * NJ_PBO_BLOCK_MIN);
    size_t length = days / c.blocks, room = n_sets * (2 * c.blocks + 4);
    double *memory = malloc(room * sizeof *memory);
    if (!memory)
        return nj_error_set(err, NJ_ERR_NOMEM, "overfitting: out of memory");
    c.sums = memory;
    c.squares = c.sums + n_sets * c.blocks;
    c.sharpe[0] = c.squares + n_sets * c.blocks;
    c.sharpe[1] = c.sharpe[0] + n_sets;
    c.sum = c.sharpe[1] + n_sets;
    c.square = c.sum + n_sets;
    size_t half = c.blocks / 2;
    c.half = (double)(length * half);
    out->days = length * c.blocks;
    sum_blocks(&c, returns, days - out->days, length);
    /* every half that has the first block, and the other one: both are looked at from both sides */
    for (uint32_t mask = 1; mask < 1u << c.blocks; mask += 2) {
        if ((uint32_t)__builtin_popcount(mask) != c.blocks / 2)
            continue;
        half_of(&c, mask, c.sharpe[0]);
        half_of(&c, ~mask & ((1u << c.blocks) - 1), c.sharpe[1]);
        look(&c, c.sharpe[0], c.sharpe[1]);
        look(&c, c.sharpe[1], c.sharpe[0]);
        out->splits += 2;
    }
    free(memory);
    out->probability = (double)c.lower / (double)out->splits;
    out->loss = (double)c.losses / (double)out->splits;
    return 0;
}
