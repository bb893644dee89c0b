/* playback/player.h - what playback plays: a list of files one after the other, or the journals of
 * a folder, several symbols and timeframes merged as they were delivered.
 *
 * Never writes a file, has no clock. Owned by the plugin's instance. */
#ifndef PLAYBACK_PLAYER_H
#define PLAYBACK_PLAYER_H

#include "tape.h"

#include <njord/merge.h>

#define PLAYER_NAME 256 /* bytes of a tape's name */

struct player_options {
    struct tape_options tape; /* files: "" with dir */
    const char *dir;          /* "": files are named */
    const char *timeframes;   /* "trades, 1m": of the folder's journals */
    const char *from, *to; /* dates as text, "": open; an end given as a date includes that day */
};

struct player;

/* NULL: `why` (why_cap bytes) has one clause. The options' texts must outlive the player. */
struct player *player_new(const struct player_options *options, char *why, size_t why_cap);
void player_free(struct player *player);

/* The next event. 1; 0: no more; -1: a bad line or file ended a tape, player_error() says so. */
int player_next(struct player *player, njord_replayed *out);
const char *player_error(const struct player *player);
/* 1: it plays trades; 2: bars; 3: both or whatever there is. */
int player_plays(const struct player *player);

/* ---- going on: tapes by name; that of a list of files has none ("") ---- */
uint32_t player_tapes(const struct player *player);
const char *player_tape_name(const struct player *player, uint32_t tape);
/* Where a tape stands for what was not given out yet; the path of that file ("": at its end); the
 * ts_open of its last bar. */
void player_tell(const struct player *player, uint32_t tape, struct tape_position *at,
                 const char **path, int64_t *last_ts_open);
/* As tape_seek(), from a fresh player. */
int player_seek(struct player *player, uint32_t tape, const struct tape_position *at,
                const char *path, int64_t last_ts_open, char *why, size_t why_cap);

#endif
