/* moody_sync.c - moody.c with an on_sync. */
#define MOODY_SYNC
#include "moody.c" /* NOLINT(bugprone-suspicious-include): the same strategy, one callback more */
