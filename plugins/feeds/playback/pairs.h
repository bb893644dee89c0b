/* playback/pairs.h - what a venue calls BTCUSDT is BTC/USDT here. Pure; owns nothing. */
#ifndef PLAYBACK_PAIRS_H
#define PLAYBACK_PAIRS_H

#include <njord/abi.h>
#include <stddef.h>

/* Writes the symbol BASE/QUOTE that `raw` names, in any case, with or without '/', '-' or '_'
 * between: one of `symbols` (n, may be 0) when it is one of them without its slash, else split
 * before a known quote asset. 0; -1 and one clause in `why`: not a symbol, no known quote asset, or
 * two ways to split it. */
int play_pair(const char *raw, size_t len, const char *const *symbols, uint32_t n,
              char out[NJORD_SYMBOL_SIZE], char *why, size_t why_cap);

#endif
