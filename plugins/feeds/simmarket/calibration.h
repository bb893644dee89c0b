/* simmarket/calibration.h - the figures that make the market look like one, each with what it was
 * set by.
 *
 * "The capture" is 19,904 trades of BTC/USDT in eleven minutes of August 2024, "the bars" 30 days
 * of ATOM/USDT minutes of spring 2021. tests/e2e/test_market_stats.py holds the market against
 * both. */
#ifndef SIMMARKET_CALIBRATION_H
#define SIMMARKET_CALIBRATION_H

#define DAY_S 86400.0

/* Share of a day's trades in each UTC hour, relative to the mean: quiet before Europe, highs at the
 * daily close (0 h) and over the American morning, as the bars' volume has them without their one
 * crash. Between the middles of hours it is interpolated. */
static const double profile[24] = {1.38, 0.97, 0.88, 0.86, 0.82, 0.76, 0.80, 0.86,
                                   1.00, 0.94, 0.90, 0.98, 1.10, 1.26, 1.45, 1.50,
                                   1.38, 1.14, 0.98, 0.90, 0.86, 0.80, 0.84, 0.90};

/* Log-volatility: standard deviations and memories (s, to 1/e) of its slow and its fast part. The
 * bars' hourly volatilities have a standard deviation of 0.44 in the logarithm, their daily ones
 * 0.36. */
#define SLOW_SD            0.40
#define SLOW_S             28800.0
#define FAST_SD            0.36
#define FAST_S             1500.0
#define LEVEL_VAR          (SLOW_SD * SLOW_SD + FAST_SD * FAST_SD)
/* How a factor answers its own surprises: strength at one surprise a grid step, memory, ceiling. */
#define GARCH_RESPONSE     0.03
#define GARCH_RESPONSE_MAX 0.2
#define GARCH_S            1500.0
#define GARCH_MAX          30.0

/* Jumps: how many a day, of each source; |size| = JUMP_MIN (1 + exponential) in standard deviations
 * of a day: at least 3 of a minute's. Orders that one brings by itself. */
#define JUMPS_PER_DAY 0.3
#define JUMP_MIN      0.08
#define JUMP_ORDERS   30.0

/* Share of a factor's variance that passes with the clock; the rest passes with orders. */
#define CLOCK_SHARE 0.85

/* Self-excitation: orders that one order brings by itself, and how soon (s). A tenth of the
 * capture's orders come within 1 ms of the last, half within 23 ms, at a mean of 91. */
static const double kernel_orders[2] = {0.40, 0.20};
static const double kernel_s[2] = {0.03, 2.0};
#define ACTIVITY 0.5 /* base rates go with the common volatility to this power */

/* Orders: share with one trade only (the capture: 0.68), tail exponent of the others' number (2.8
 * trades an order), share of these that walk into the book (0.46 there). */
#define SINGLE          0.68
#define BURST_TAIL      1.35
#define WALKING         0.46
/* Sides: chance that the regime turns with an order, and how far it rules. The autocorrelation of
 * sides at lag k is REGIME_PULL^2 (1 - 2 REGIME_TURN)^k: 0.40, 0.36, … 0.16 at 10; the capture's
 * 0.40, 0.35, … 0.16. */
#define REGIME_TURN     0.05
#define REGIME_PULL     0.67
/* Correlation of the surprising part of an order's side with the efficient price's move. */
#define SURPRISE_WEIGHT 0.5
/* Spread, how far the price leaves the quote before that follows, and how far a large order walks,
 * in typical moves between two orders: they make the bounce. */
#define SPREAD          0.35
#define STICKY          0.8
#define WALK            0.5
/* Sizes: notional of the middle trade in the quote asset, and the deviation of its logarithm. */
#define NOTIONAL        100.0
#define NOTIONAL_SD     2.4
/* Share of trades of the least size that a venue takes, here worth about LEAST_NOTIONAL (18 per
 * cent of the capture's are 0.00009 BTC), and of round sizes: one significant digit. */
#define SMALLEST        0.12
#define LEAST_NOTIONAL  5.5
#define ROUND           0.25

#endif
