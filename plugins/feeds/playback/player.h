/* playback/player.h - recorded trades out of a list of files, one after the other, in file order.
 *
 * All files are opened and recognised when the player is made, so that a missing one is known
 * before anything is played. A bad line is counted and told with file, line and reason (the first
 * ten of a file, then each tenth power), or ends the player when it was asked to stop there. Trades
 * out of order stay where they are, counted, and told once a file. Never writes a file, never reads
 * ahead more than a block, has no clock. */
#ifndef PLAYBACK_PLAYER_H
#define PLAYBACK_PLAYER_H

#include <njord/recorded.h>

struct player_options {
    const char *files;               /* paths, separated by commas or newlines */
    njord_recorded_options recorded; /* its texts must outlive the player; events of other symbols
                                        than these are left out */
    int stop_on_error;
    void (*log)(const void *ctx, int level, const char *text); /* level: NJORD_LOG_* */
    const void *log_ctx;
};

struct player_counts {
    uint64_t trades;       /* played */
    uint64_t bad;          /* lines */
    uint64_t other;        /* whole lines with nothing to play */
    uint64_t left_out;     /* trades of symbols that are not the instance's */
    uint64_t out_of_order; /* trades older than one before them */
};

/* Where it stands: enough to go on there after a restart. */
struct player_position {
    uint64_t file;   /* index in the list; how many there are: at the end */
    uint64_t offset; /* bytes of the unpacked file that were played */
    uint64_t line;   /* lines likewise */
    int64_t last_ts_ns;
    struct player_counts counts;      /* of all files */
    struct player_counts file_counts; /* of the current file */
};

struct player;

/* NULL: `why` (why_cap bytes) has one clause that names the file. */
struct player *player_new(const struct player_options *options, char *why, size_t why_cap);
void player_free(struct player *player);

/* The next trade. 1; 0: no more; -1: a bad line or file ends it, player_error() says so; from then
 * on 0. */
int player_next(struct player *player, njord_recorded_line *out);

const char *player_error(const struct player *player);
const struct player_counts *player_counts(const struct player *player);

void player_tell(const struct player *player, struct player_position *out);
/* The path of a file of the list, NULL: no such index. */
const char *player_path(const struct player *player, uint64_t index);

/* Goes on at a position of an earlier player, in the file `path`, which may stand elsewhere in the
 * list by now ("" for the end of the list). From a fresh player. 0; -1 and a clause in `why`: no
 * such file in the list, or it is not as it was. */
int player_seek(struct player *player, const struct player_position *at, const char *path,
                char *why, size_t why_cap);

#endif
