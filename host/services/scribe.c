#include "services/scribe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "ohlcv.{tf}.{SYM}" with the event's own timeframe and file name of its symbol. */
static bool journal_name(const struct nj_scribe *s, const char *pattern, const njord_event *event,
                         char *out, size_t cap)
{
    size_t n = 0;
    for (const char *p = pattern; *p && n + 1 < cap;) {
        const char *with = NULL;
        size_t skip = 0;
        if (strncmp(p, "{SYM}", 5) == 0) {
            const struct nj_instrument *i =
                nj_instrument_find(s->core->instruments, njord_event_symbol(event));
            if (!i)
                return false;
            with = i->file_name;
            skip = 5;
        } else if (strncmp(p, "{tf}", 4) == 0) {
            with = ((const njord_bar *)event)->timeframe;
            skip = 4;
        }
        if (with) {
            int len = snprintf(out + n, cap - n, "%s", with);
            if (len < 0 || (size_t)len >= cap - n)
                return false;
            n += (size_t)len;
            p += skip;
        } else {
            out[n++] = *p++;
        }
    }
    out[n] = '\0';
    return true;
}

/* Two contracts share broker.orders: its lines name theirs. */
static bool names_contract(const char *journal)
{
    return strcmp(journal, "broker.orders") == 0;
}

static void on_event(void *ctx, const struct nj_message *m)
{
    struct nj_scribe *s = ctx;
    const njord_topic *topic = njord_topic_of(m->topic);
    char name[128];
    struct nj_error err = {0};
    size_t len;
    if (m->event->seq == s->last_seq || (m->event->flags & NJ_EVENT_WRITTEN))
        return;
    s->last_seq = m->event->seq;
    if (!topic || topic->journal[0] == '\0' || strcmp(topic->journal, "orders") == 0 ||
        !journal_name(s, topic->journal, m->event, name, sizeof name))
        return;
    const char *line = nj_message_json(m, names_contract(topic->journal), &len);
    if (!line)
        nj_error_set(&err, NJ_ERR_INTERNAL, "journal '%s': an event on '%s' could not be encoded",
                     name, m->topic);
    else
        nj_journals_append(s->flow->journals, name, nj_event_time(m->event), line, len, &err);
    if (err.code != 0)
        nj_log(s->flow->log, NJ_ERROR, "journal", "line_lost", NJ_TEXT("journal", name),
               NJ_TEXT("error", err.text));
}

static int subscribe(struct nj_scribe *s, const char *glob, struct nj_error *err)
{
    struct nj_subscription *subscription =
        nj_bus_subscribe(s->bus, glob, NJ_STAGE_JOURNAL, on_event, s);
    if (!subscription)
        return nj_error_set(err, NJ_ERR_NOMEM, "journal service: out of memory");
    s->subscriptions[s->n_subscriptions++] = subscription;
    return 0;
}

int nj_scribe_start(struct nj_scribe *s, struct nj_flow *flow, struct nj_core *core,
                    struct nj_bus *bus, const struct nj_config *config, struct nj_error *err)
{
    static const char *const always[] = {"risk.decisions", "fills.new",     "positions.snapshot",
                                         "broker.echo",    "broker.orders", "portfolio.*",
                                         "host.plugins"};
    uint32_t n_always = sizeof always / sizeof always[0];
    *s = (struct nj_scribe){0};
    s->flow = flow;
    s->core = core;
    s->bus = bus;
    s->subscriptions =
        calloc(n_always + config->journal.n_topics, sizeof(struct nj_subscription *));
    int rc =
        s->subscriptions ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "journal service: out of memory");
    for (uint32_t i = 0; i < n_always && rc == 0; i++)
        rc = subscribe(s, always[i], err);
    for (uint32_t i = 0; i < config->journal.n_topics && rc == 0; i++)
        if (strncmp(config->journal.topics[i], "md.", 3) == 0 ||
            config->journal.topics[i][0] == '*')
            rc = subscribe(s, config->journal.topics[i], err);
    if (rc != 0)
        nj_scribe_stop(s);
    return rc;
}

void nj_scribe_stop(struct nj_scribe *s)
{
    for (uint32_t i = 0; s->subscriptions && i < s->n_subscriptions; i++)
        nj_bus_unsubscribe(s->bus, s->subscriptions[i]);
    free(s->subscriptions);
    *s = (struct nj_scribe){0};
}
