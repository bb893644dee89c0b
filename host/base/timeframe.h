/* timeframe.h - the timeframes in which bars are made. Pure. [any] */
#ifndef NJ_BASE_TIMEFRAME_H
#define NJ_BASE_TIMEFRAME_H

#include <stdint.h>

/* Length in ns of a timeframe from 1s to 1d: up to a minute a divisor of one, above it whole
 * minutes that divide a day, so that a bucket never crosses midnight UTC. 0: none ("7s", "90s",
 * "7m", "2d"). */
int64_t nj_bar_length(const char *timeframe);

#endif
