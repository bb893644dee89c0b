/* playback/capture.h - one line of a raw capture of a venue's stream: `<local receive time, ns>
 * <frame as received>`.
 *
 * Frames are JSON as the Binance family of exchanges sends it, with or without the wrapper of a
 * combined stream. `trade` and `aggTrade` become Trades (id `t` or `a`; `m`, the buyer was the
 * maker, means that the aggressor sold); every other stream, answer or snapshot is passed over.
 * Pure, keeps nothing. */
#ifndef PLAYBACK_CAPTURE_H
#define PLAYBACK_CAPTURE_H

#include "record.h"

/* Does a line look like one of a capture? */
int play_capture_looks(const char *line, size_t len);

/* PLAY_TRADE: *out is filled; PLAY_OTHER; PLAY_BAD with a clause in `why`. */
int play_capture_line(const struct play_names *names, const char *line, size_t len,
                      njord_trade *out, char why[PLAY_WHY]);

#endif
