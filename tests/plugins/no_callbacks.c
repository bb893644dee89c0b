/* no_callbacks.c - a strategy without any callback. */
#include <njord/strategy.h>

struct no_callbacks {
    uint64_t trades;
};

NJORD_STRATEGY(no_callbacks, "1.0.0", "does nothing at all", NULL,
               .flags = NJORD_F_DETERMINISTIC | NJORD_F_INPROC_OK);
