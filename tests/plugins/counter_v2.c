/* counter_v2.c - counter_v1's successor: carries on its count, and saves it as state of version 2.
 */
#define COUNTER_VERSION 2
#include "counter.h"

NJORD_STRATEGY(counter, "2.0.0", "counts trades", NULL, .state_version = 2, .state_oldest = 1,
               .save = save, .load = load, .on_trade = on_trade);
