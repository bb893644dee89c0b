/* counter_v1.c - counts trades and shows the count with each; saves it as state of version 1. */
#define COUNTER_VERSION 1
#include "counter.h"

NJORD_STRATEGY(counter, "1.0.0", "counts trades", NULL, .state_version = 1, .state_oldest = 1,
               .save = save, .load = load, .on_trade = on_trade);
