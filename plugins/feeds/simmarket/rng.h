/* simmarket/rng.h - random numbers and the two functions that the simulated market needs, the same
 * to the bit everywhere.
 *
 * Integers come from xoshiro256** (Blackman and Vigna 2018), seeded through splitmix64 (Steele, Lea
 * and Flood 2014). Everything above them uses + - * / and sqrt alone, which IEEE 754 rounds in one
 * way only; nothing of libm whose results differ between processors and versions (exp, log, pow) is
 * called. No state but the caller's. */
#ifndef SIMMARKET_RNG_H
#define SIMMARKET_RNG_H

#include <stdint.h>

struct sim_rng {
    uint64_t s[4]; /* not all zero */
};

/* The next of a splitmix64 sequence; *state may hold anything. */
uint64_t sim_splitmix(uint64_t *state);

void sim_rng_seed(struct sim_rng *rng, uint64_t seed);

/* 64 random bits. */
uint64_t sim_rng_next(struct sim_rng *rng);

/* Evenly over (0, 1): the middles of 2^52 cells, so that neither end is ever returned. */
double sim_rng_uniform(struct sim_rng *rng);

/* Exponential with mean 1. */
double sim_rng_exponential(struct sim_rng *rng);

/* Normal, mean 0, variance 1: the inverse distribution function of one uniform
 * (sim_normal_quantile). */
double sim_rng_normal(struct sim_rng *rng);

/* Mean 0, variance 1, kurtosis 6: nine tenths of a normal of variance 2/3, one tenth of variance 4.
 */
double sim_rng_heavy(struct sim_rng *rng);

/* e^x, relative error below 1e-14; 0 below -700, e^700 above 700. */
double sim_exp(double x);

/* Natural logarithm of a positive normal number, error below 1e-14 relative to max(1, |result|). */
double sim_log(double x);

/* The value that a normal variable stays below with probability p, 0 < p < 1; relative error about
 * 1e-7. Source: M. J. Wichura 1988, "The percentage points of the normal distribution", algorithm
 * AS 241, PPND7. */
double sim_normal_quantile(double p);

#endif
