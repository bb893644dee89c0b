/* control_replay.c - a recording played into the host by a caller: a request says how many lines
 * follow it, each a trade or a bar, which enter as those of a feed do. See control_impl.h. */
#include "services/control_impl.h"
#include "services/restart.h"

#include <inttypes.h>
#include <njord/codec.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HIGH_WATER                                                                                 \
    ((size_t)4 << 20) /* bytes that wait to enter: no further request is looked at                 \
                       */

/* Is "dev:ino" the folder that this host writes its journals to? */
static bool is_own_folder(const struct nj_host *host, const char *journal)
{
    char own[48];
    struct stat st;
    if (!journal || stat(nj_journals_dir(host->journals), &st) != 0)
        return false;
    snprintf(own, sizeof own, "%" PRIu64 ":%" PRIu64, (uint64_t)st.st_dev, (uint64_t)st.st_ino);
    return strcmp(own, journal) == 0;
}

static bool is_journaled(const struct nj_host *host, const char *topic)
{
    if (!nj_config_has_service(host->config, "journal"))
        return false;
    for (uint32_t i = 0; i < host->config->journal.n_topics; i++)
        if (njord_glob_match(host->config->journal.topics[i], topic))
            return true;
    return false;
}

/* Would an event, or the bars made from it, be written where it comes from? */
static bool would_come_back(const struct nj_host *host, const char *topic, const njord_event *event)
{
    char bars[96];
    if (is_journaled(host, topic))
        return true;
    snprintf(bars, sizeof bars, "md.ohlcv.1m.%s", njord_event_symbol(event));
    return event->type == NJORD_EV_TRADE && nj_config_has_service(host->config, "ohlcv") &&
           is_journaled(host, bars);
}

/* One line into the queue. False: the request has been refused. */
static bool take(struct nj_caller *caller, const char *text, size_t len)
{
    union {
        njord_event ev;
        njord_trade trade;
        njord_bar bar;
    } room;
    njord_decode_error why;
    struct nj_error err = {0};
    char topic[128];
    /* the quotes of a text's own would be escaped: this is a key */
    bool bar = memmem(text, len, "\"ts_open\":", 10) != NULL;
    if (njord_decode_json(bar ? NJORD_EV_BAR : NJORD_EV_TRADE, text, len, &room, sizeof room, NULL,
                          &why) != 0) {
        nj_caller_refuse(caller, "replay: line %u: %s", caller->line, why.text);
        return false;
    }
    const njord_topic *kind = njord_topics;
    while (kind->type != room.ev.type || strncmp(kind->pattern, "md.", 3) != 0)
        kind++;
    if (njord_topic_name(kind, &room.ev, topic, sizeof topic) != 0) {
        nj_caller_refuse(caller, "replay: line %u: its event has no topic", caller->line);
        return false;
    }
    if (caller->lines_own && would_come_back(caller->host, topic, &room.ev)) {
        nj_caller_refuse(caller,
                         "replay: this host would write %s into the journals that are replayed; "
                         "give it another logging.journal_dir or other journal.topics",
                         topic);
        return false;
    }
    room.ev.seq = 0;
    room.ev.flags &= NJORD_EF_PARTIAL;
    room.ev.symbol_id = NJORD_NO_SYMBOL;
    if (nj_feeds_replay(caller->host, topic, &room.ev, &err) != 0) {
        nj_caller_refuse(caller, "%s", err.text);
        return false;
    }
    caller->replayed++;
    return true;
}

static bool may_replay(struct nj_caller *caller, bool begin)
{
    struct nj_error err = {0};
    struct nj_host *host = caller->host;
    if (host->config->app.env == NJ_ENV_LIVE) {
        nj_caller_refuse(caller, "replay: refused while app.env is live");
        return false;
    }
    if (caller->replaying && !begin)
        return true;
    if (!caller->replaying && nj_control_replays(caller)) {
        nj_caller_refuse(caller, "replay: another one is under way");
        return false;
    }
    if (nj_restart_behind(host)) {
        nj_caller_refuse(caller, NJ_BEHIND_TEXT);
        return false;
    }
    if (nj_feeds_replay_begin(host, &err) != 0) {
        nj_caller_refuse(caller, "%s", err.text);
        return false;
    }
    nj_restart_intervened(host, "njord replay");
    caller->replaying = true;
    caller->replayed = 0;
    nj_caller_log(caller, "replay", "begin", "ok");
    return true;
}

static void answer(struct nj_caller *caller)
{
    struct nj_json_out json = nj_caller_answer(caller);
    nj_put_uint(&json, "replayed", caller->replayed);
    nj_put_uint(&json, "waiting_bytes", nj_feeds_replay_waiting(caller->host));
    nj_caller_finish(caller, &json);
}

/* After the last line of a request. */
static void lines_end(struct nj_caller *caller)
{
    caller->draining = nj_feeds_replay_waiting(caller->host) > HIGH_WATER;
    if (!caller->lines_refused)
        answer(caller);
}

void nj_control_replay(struct nj_caller *caller, const json_t *args)
{
    caller->lines_left = (uint32_t)json_integer_value(json_object_get(args, "lines"));
    caller->line = 0;
    caller->lines_own =
        is_own_folder(caller->host, json_string_value(json_object_get(args, "journal")));
    caller->lines_refused = !may_replay(caller, json_is_true(json_object_get(args, "begin")));
    if (caller->lines_left == 0 && !caller->lines_refused)
        caller->flushing = caller->draining = true;
}

void nj_control_replay_line(struct nj_caller *caller, const char *line, size_t len)
{
    caller->line++;
    if (!caller->lines_refused)
        caller->lines_refused = !take(caller, line, len);
    if (--caller->lines_left == 0)
        lines_end(caller);
}

bool nj_control_drained(struct nj_caller *caller)
{
    struct nj_host *host = caller->host;
    size_t waiting = nj_feeds_replay_waiting(host);
    if (waiting > (caller->flushing ? 0 : HIGH_WATER) ||
        (caller->flushing && nj_bus_pending(host->bus)))
        return false;
    if (caller->flushing)
        answer(caller);
    caller->flushing = false;
    return true;
}
