/* playback.c - a feed that plays recorded trades and bars: the shell between the host and player.c.
 *
 * `next` publishes the next event; it keeps its receive time where that was recorded. The host sets
 * the pace, drops repeated ids and notices gaps in them. */
#include "player.h"

#include <njord/feed.h>

struct playback {
    const njord_host *host;
    struct player *player;
};

static const njord_param params[] = {
    NJORD_TEXT("files", "",
               "paths of the recordings, played one after the other; separated by commas or "
               "newlines"),
    NJORD_TEXT("dir", "", "instead of files: a folder of journals, played for the feed's symbols"),
    NJORD_TEXT("timeframes", "trades",
               "what of the folder: trades, 1m, 1h, … separated by commas; merged by time"),
    NJORD_TEXT("from", "", "first moment to be played: YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ"),
    NJORD_TEXT("to", "", "last day to be played, or the moment before which it ends"),
    NJORD_ENUM("format", "auto",
               "auto|ndjson|capture|csv|columns|binance-klines|binance-trades|binance-aggtrades",
               "ndjson: a journal of trades or bars; capture: '<receive time ns> <frame>' of a "
               "Binance stream; csv: with a header; columns: as 'columns' says; binance-*: that "
               "venue's dumps, by position"),
    NJORD_TEXT("columns", "",
               "names of a CSV's columns in their order, such as ts,price,qty; '-' skips one"),
    NJORD_TEXT("timeframe", "", "of bars in files that do not say"),
    NJORD_REAL("speed", 0, 0, 1e9,
               "1: as fast as recorded, 10: ten times that, 0: as fast as possible",
               NJORD_PARAM_LIVE),
    NJORD_TEXT("venue", "binance", "venue of trades that name none"),
    NJORD_TEXT("symbol", "",
               "symbol of all trades, for a CSV without one or to play them as another's; empty: "
               "as recorded"),
    NJORD_ENUM("time_unit", "auto", "auto|s|ms|us|ns", "unit of times that are numbers"),
    NJORD_ENUM("on_error", "skip", "skip|stop",
               "a line that cannot be read: skip it, counted and logged, or stop there"),
    NJORD_PARAM_END};

static void log_line(const void *ctx, int level, const char *text)
{
    const njord_host *host = ctx;

    host->log(host, level, text);
}

static njord_status set_speed(const njord_host *host)
{
    double times = njord_param_real(host, "speed");
    njord_status status = njord_feed_speed(host, times);

    return status == NJORD_E_UNSUPPORTED && times == 0.0 ? NJORD_OK : status;
}

static njord_status create(struct playback *s, const njord_host *host)
{
    char why[700];
    struct player_options options = {
        .tape = {.files = njord_param_text(host, "files"),
                 .recorded = {.layout = (uint32_t)njord_param_int(host, "format"),
                              .unit = (uint32_t)njord_param_int(host, "time_unit"),
                              .columns = njord_param_text(host, "columns"),
                              .venue = njord_param_text(host, "venue"),
                              .symbol = njord_param_text(host, "symbol"),
                              .timeframe = njord_param_text(host, "timeframe")},
                 .stop_on_error = njord_param_int(host, "on_error") == 1,
                 .log = log_line,
                 .log_ctx = host},
        .dir = njord_param_text(host, "dir"),
        .timeframes = njord_param_text(host, "timeframes"),
        .from = njord_param_text(host, "from"),
        .to = njord_param_text(host, "to"),
    };

    s->host = host;
    options.tape.recorded.n_symbols = host->symbols(host, &options.tape.recorded.symbols);
    s->player = player_new(&options, why, sizeof why);
    return s->player ? NJORD_OK : njord_fail(host, NJORD_E_ARG, "%s", why);
}

static void destroy(struct playback *s)
{
    player_free(s->player);
}

static njord_status start(struct playback *s, const njord_host *host)
{
    (void)s;
    return set_speed(host);
}

static njord_status reconfigure(struct playback *s, const njord_host *host, const char *name)
{
    (void)s;
    return strcmp(name, "speed") == 0 ? set_speed(host) : NJORD_E_UNSUPPORTED;
}

/* What is played does not depend on who listens: the instance's symbols decide. */
static njord_status subscribe(struct playback *s, const njord_host *host, const char *symbol,
                              uint32_t what)
{
    const char *const *symbols;
    uint32_t plays = (player_plays(s->player) & 1 ? NJORD_WANT_TRADES : 0) |
                     (player_plays(s->player) & 2 ? NJORD_WANT_BARS : 0);

    if (host->symbols(host, &symbols) > 0 && njord_symbol_index(host, symbol) < 0)
        return njord_fail(host, NJORD_E_NOT_FOUND, "'%s' is not played: name it under 'symbols'",
                          symbol);
    return what & plays ? NJORD_OK : NJORD_E_UNSUPPORTED;
}

static njord_status next(struct playback *s, const njord_host *host)
{
    njord_replayed event;

    switch (player_next(s->player, &event)) {
    case 1:
        return njord_publish(host, &event.of.ev);
    case 0:
        return NJORD_E_END;
    default:
        return njord_fail(host, NJORD_E_FAIL, "%s: played no further", player_error(s->player));
    }
}

/* ---- state: where it stands
 * --------------------------------------------------------------------------------------------- */

/* A tape's keys: those of a list of files bare, those of a journal behind its name. */
static const char *key_of(const struct playback *s, uint32_t tape, const char *key,
                          char out[PLAYER_NAME + 32])
{
    const char *name = player_tape_name(s->player, tape);

    snprintf(out, PLAYER_NAME + 32, "%s%s%s", name, name[0] ? " " : "", key);
    return out;
}

static void save_counts(njord_state_out *out, const char *key, const struct tape_counts *c)
{
    const int64_t v[] = {(int64_t)c->events,   (int64_t)c->bad,          (int64_t)c->other,
                         (int64_t)c->left_out, (int64_t)c->out_of_order, (int64_t)c->out_of_range};

    (void)njord_state_put_i64_array(out, key, v, sizeof v / sizeof v[0]);
}

static void load_counts(njord_state_in *in, const char *key, struct tape_counts *c)
{
    int64_t v[6] = {0};

    (void)njord_state_get_i64_array(in, key, v, 6);
    *c = (struct tape_counts){(uint64_t)v[0], (uint64_t)v[1], (uint64_t)v[2],
                              (uint64_t)v[3], (uint64_t)v[4], (uint64_t)v[5]};
}

static void save_tape(const struct playback *s, uint32_t tape, njord_state_out *out)
{
    struct tape_position at;
    const char *path;
    int64_t last_ts_open;
    char key[PLAYER_NAME + 32];

    player_tell(s->player, tape, &at, &path, &last_ts_open);
    (void)njord_state_put_i64(out, key_of(s, tape, "file", key), (int64_t)at.file);
    /* "": all files are played */
    (void)njord_state_put_text(out, key_of(s, tape, "path", key), path);
    (void)njord_state_put_i64(out, key_of(s, tape, "offset", key), (int64_t)at.offset);
    (void)njord_state_put_i64(out, key_of(s, tape, "line", key), (int64_t)at.line);
    (void)njord_state_put_i64(out, key_of(s, tape, "last_ts_ns", key), at.last_ts_ns);
    (void)njord_state_put_i64(out, key_of(s, tape, "last_ts_open", key), last_ts_open);
    save_counts(out, key_of(s, tape, "counts", key), &at.counts);
    save_counts(out, key_of(s, tape, "file_counts", key), &at.file_counts);
}

static njord_status save(const struct playback *s, njord_state_out *out)
{
    for (uint32_t i = 0; i < player_tapes(s->player); i++)
        save_tape(s, i, out);
    return out->status;
}

static njord_status load_tape(struct playback *s, uint32_t tape, njord_state_in *in)
{
    struct tape_position at = {0};
    char path[4096], why[700], key[PLAYER_NAME + 32];

    if (!njord_state_has(in, key_of(s, tape, "path", key)))
        return in->status; /* a journal that was not played before */
    (void)njord_state_get_text(in, key, path, sizeof path);
    at.file = (uint64_t)njord_state_get_i64(in, key_of(s, tape, "file", key), 0);
    at.offset = (uint64_t)njord_state_get_i64(in, key_of(s, tape, "offset", key), 0);
    at.line = (uint64_t)njord_state_get_i64(in, key_of(s, tape, "line", key), 0);
    at.last_ts_ns = njord_state_get_i64(in, key_of(s, tape, "last_ts_ns", key), NJORD_NONE_I64);
    int64_t last_ts_open = njord_state_get_i64(in, key_of(s, tape, "last_ts_open", key), INT64_MIN);
    load_counts(in, key_of(s, tape, "counts", key), &at.counts);
    load_counts(in, key_of(s, tape, "file_counts", key), &at.file_counts);
    if (in->status != NJORD_OK)
        return in->status;
    if (player_seek(s->player, tape, &at, path, last_ts_open, why, sizeof why) < 0)
        return njord_fail(s->host, NJORD_E_STATE, "%s", why);
    return NJORD_OK;
}

static njord_status load(struct playback *s, njord_state_in *in, uint32_t version)
{
    njord_status status = NJORD_OK;

    (void)version;
    for (uint32_t i = 0; i < player_tapes(s->player) && status == NJORD_OK; i++)
        status = load_tape(s, i, in);
    return status;
}

NJORD_FEED(playback, "1.1.0",
           "plays recorded trades and bars: captures of a venue's stream, journals, CSV, dumps",
           params, .create = create, .destroy = destroy, .start = start, .save = save, .load = load,
           .reconfigure = reconfigure, .subscribe = subscribe, .next = next);
