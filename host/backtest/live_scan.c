#include "backtest/live_scan.h"

#include "journal/names.h"
#include "journal/reader.h"
#include "trade/orders.h"

#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An ordinal from here on is of an intent that the host sends in a strategy's name. */
#define HOST_ORDINAL 1000u

struct scan {
    const char *strategy, *broker;
    struct nj_live_scan *out;
    bool any;
    uint32_t loaded;
};

static int odd(const struct nj_read *at, struct nj_error *err, const char *what)
{
    return nj_error_set(err, NJ_ERR_INPUT, "%s:%llu: %s: from here on it cannot be compared",
                        at->path, (unsigned long long)at->line, what);
}

/* One part of an id, in base 36, and what stands behind it. */
static bool part_of(const char **at, uint64_t *out)
{
    char *end;
    if (!strchr("0123456789abcdefghijklmnopqrstuvwxyz", **at) || **at == '\0')
        return false;
    *out = strtoull(*at, &end, 36);
    *at = *end == '-' ? end + 1 : end;
    return *end == '-' || *end == '\0';
}

static int look_at_intent(struct scan *s, const struct nj_read *at, struct nj_error *err)
{
    const njord_intent *intent = (const njord_intent *)at->event;
    const char *id = intent->intent_id;
    char text[320];
    uint64_t part[4];
    if (strcmp(intent->strategy_id, s->strategy) != 0) {
        snprintf(text, sizeof text,
                 "an intent of '%s', beside strategy '%s' (caps and the broker's cash are shared: "
                 "a comparison needs a run of one strategy alone)",
                 intent->strategy_id, s->strategy);
        return odd(at, err, text);
    }
    bool own = true;
    for (int i = 0; i < 4 && own; i++)
        own = part_of(&id, &part[i]);
    if (!own || *id != '\0')
        return odd(at, err,
                   "an intent that no strategy of the host sent (its id is of another "
                   "form)");
    if (part[3] >= HOST_ORDINAL)
        return odd(at, err, "a flattening order, sent by an operator or the host");
    if (s->any && part[1] != s->out->epoch_s)
        return odd(at, err, "an id of another epoch: the state folder was made anew");
    s->out->epoch_s = part[1];
    s->any = true;
    return 0;
}

static bool is_one_of(const char *text, const char *const *of, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, of[i]) == 0)
            return true;
    return false;
}

static int look_at_order(struct scan *s, const struct nj_read *at, struct nj_error *err)
{
    static const char *const outside[] = {"halted",      "journal_failed",     "dry_run",
                                          "restart",     "broker_not_running", "broker_refused",
                                          "broker_error"};
    const char *reason = "";
    char text[160];
    if (at->event->type == NJORD_EV_INTENT)
        return look_at_intent(s, at, err);
    if (at->event->type == NJORD_EV_CANCEL) {
        reason = ((const njord_cancel *)at->event)->reason;
        if (strcmp(reason, "strategy") == 0)
            return 0;
        snprintf(text, sizeof text, "a cancel that the strategy did not ask for ('%s')", reason);
        return odd(at, err, text);
    }
    if (at->event->type == NJORD_EV_DECISION)
        reason = ((const njord_decision *)at->event)->reason;
    else if (at->event->type == NJORD_EV_BROKER_ORDER_UPDATE)
        reason = ((const njord_broker_order_update *)at->event)->reason;
    if (!is_one_of(reason, outside, sizeof outside / sizeof outside[0]))
        return 0;
    snprintf(text, sizeof text, "'%s' came from outside the strategy", reason);
    return odd(at, err, text);
}

static int look_at_plugin(struct scan *s, const struct nj_read *at, struct nj_error *err)
{
    const njord_plugin_event *e = (const njord_plugin_event *)at->event;
    char text[160];
    bool strategy = strcmp(e->plugin_id, s->strategy) == 0;
    if (e->event == NJORD_PLUGIN_EVENT_JOURNAL_FAILED)
        return odd(at, err, "the journal could not be written");
    if (!strategy && strcmp(e->plugin_id, s->broker) != 0)
        return 0;
    if (e->event == NJORD_PLUGIN_EVENT_ERROR || e->event == NJORD_PLUGIN_EVENT_LAGGING ||
        e->event == NJORD_PLUGIN_EVENT_RELOAD_REFUSED || e->event == NJORD_PLUGIN_EVENT_UNLOADED)
        return 0;
    if (e->event == NJORD_PLUGIN_EVENT_LOADED && (!strategy || s->loaded++ == 0))
        return 0;
    const char *what = njord_code_text(njord_codes_of(NJORD_EV_PLUGIN_EVENT, "event"), e->event);
    snprintf(text, sizeof text, "%s '%s' was %s", strategy ? "strategy" : "broker", e->plugin_id,
             e->event == NJORD_PLUGIN_EVENT_LOADED ? "started again with its host"
             : what                                ? what
                                                   : "changed");
    return odd(at, err, text);
}

static int each(struct scan *s, const char *dir, const char *stem, bool skip_bad,
                int (*look)(struct scan *s, const struct nj_read *at, struct nj_error *err),
                struct nj_error *err)
{
    struct nj_reader_options options = {.dir = dir,
                                        .stems = &stem,
                                        .n_stems = 1,
                                        .from_ns = INT64_MIN,
                                        .to_ns = INT64_MAX,
                                        .order = NJ_READ_BY_SEQ,
                                        .skip_bad = skip_bad};
    struct nj_reader *reader = NULL;
    struct nj_read at;
    int rc = nj_reader_open(&reader, &options, err);
    while (rc == 0) {
        int more = nj_reader_next(reader, &at, err);
        if (more <= 0) {
            rc = more;
            break;
        }
        rc = look(s, &at, err);
    }
    nj_reader_close(reader);
    return rc;
}

int nj_live_scan(const char *dir, const char *strategy, const char *broker, bool skip_bad,
                 struct nj_live_scan *out, struct nj_error *err)
{
    struct scan s = {.strategy = strategy, .broker = broker, .out = out};
    struct nj_journal_files files;
    *out = (struct nj_live_scan){0};
    int rc = nj_journal_list(dir, "orders", &files, err);
    if (rc != 0)
        return rc;
    size_t n = files.n;
    nj_journal_files_free(&files);
    if (n == 0)
        return nj_error_set(err, NJ_ERR_NOT_FOUND,
                            "folder '%s' has no orders.ndjson: expected the folder of a host's "
                            "journals",
                            dir);
    /* what was done to the plugins says why orders stand there that no strategy sent */
    rc = each(&s, dir, "host.plugins", skip_bad, look_at_plugin, err);
    if (rc == 0)
        rc = each(&s, dir, "orders", skip_bad, look_at_order, err);
    if (rc == 0 && !s.any)
        rc = nj_error_set(err, NJ_ERR_NOT_FOUND,
                          "folder '%s': orders.ndjson has no intent of strategy '%s'", dir,
                          strategy);
    return rc;
}
