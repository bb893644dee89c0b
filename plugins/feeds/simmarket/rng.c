#include "rng.h"

#include <math.h>
#include <string.h>

uint64_t sim_splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void sim_rng_seed(struct sim_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        rng->s[i] = sim_splitmix(&seed);
}

static uint64_t rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t sim_rng_next(struct sim_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double sim_rng_uniform(struct sim_rng *rng)
{
    return ((double)(sim_rng_next(rng) >> 12) + 0.5) * 0x1p-52;
}

double sim_rng_exponential(struct sim_rng *rng)
{
    return -sim_log(sim_rng_uniform(rng));
}

double sim_rng_normal(struct sim_rng *rng)
{
    return sim_normal_quantile(sim_rng_uniform(rng));
}

double sim_rng_heavy(struct sim_rng *rng)
{
    double u = sim_rng_uniform(rng);
    double z = sim_rng_normal(rng);
    return u < 0.9 ? z * 0.81649658092772603 /* sqrt(2/3) */ : z * 2.0;
}

double sim_exp(double x)
{
    static const double log2_e = 1.4426950408889634;
    static const double ln2_hi =
        6.93147180369123816490e-01; /* the upper 33 bits of ln 2: n * ln2_hi is exact */
    static const double ln2_lo = 1.90821492927058770002e-10;
    double r, sum, scale;
    int64_t n;
    uint64_t bits;

    if (!(x > -700.0))
        return 0.0;
    if (x > 700.0)
        x = 700.0;
    n = (int64_t)(x * log2_e + (x < 0.0 ? -0.5 : 0.5));
    r = (x - (double)n * ln2_hi) - (double)n * ln2_lo;
    sum = 1.0; /* Taylor in Horner form: |r| <= 0.3466, the first term left out is below 2e-17 */
    for (int k = 13; k >= 1; k--)
        sum = 1.0 + sum * r / (double)k;
    bits = (uint64_t)(n + 1023) << 52;
    memcpy(&scale, &bits, sizeof scale);
    return sum * scale;
}

double sim_log(double x)
{
    static const double ln2 = 0.69314718055994531;
    uint64_t bits;
    int64_t n;
    double m, s, s2, sum;

    memcpy(&bits, &x, sizeof bits);
    n = (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0x000fffffffffffffu) | 0x3ff0000000000000u;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        n++;
    }
    /* ln m = 2 artanh s; |s| <= 0.1716, the first term left out is below 1e-15 */
    s = (m - 1.0) / (m + 1.0);
    s2 = s * s;
    sum = 1.0 / 17.0;
    sum = sum * s2 + 1.0 / 15.0;
    sum = sum * s2 + 1.0 / 13.0;
    sum = sum * s2 + 1.0 / 11.0;
    sum = sum * s2 + 1.0 / 9.0;
    sum = sum * s2 + 1.0 / 7.0;
    sum = sum * s2 + 1.0 / 5.0;
    sum = sum * s2 + 1.0 / 3.0;
    sum = sum * s2 + 1.0;
    return (double)n * ln2 + 2.0 * s * sum;
}

double sim_normal_quantile(double p)
{
    double q = p - 0.5;
    double r, value;

    if (q >= -0.425 && q <= 0.425) {
        r = 0.180625 - q * q;
        return q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179) /
               (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0);
    }
    r = sqrt(-sim_log(q < 0.0 ? p : 1.0 - p));
    if (r <= 5.0) {
        r -= 1.6;
        value = (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777) /
                ((0.12021132975 * r + 0.73700164250) * r + 1.0);
    } else {
        r -= 5.0;
        value = (((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150) /
                ((0.012258202635 * r + 0.24197894225) * r + 1.0);
    }
    return q < 0.0 ? -value : value;
}
