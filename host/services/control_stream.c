/* control_stream.c - requests that carry events: tail sends them, publish takes them in. */
#include "services/control_impl.h"

#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BAD 100u /* malformed lines that an answer names */

/* ---- out ---- */

void nj_control_untap(struct nj_caller *caller)
{
    nj_bus_unsubscribe(caller->host->bus, caller->tap);
    caller->tap = NULL;
    caller->tailing = false;
}

/* A caller that does not keep up is told so with what it was sent last, and sent away. */
static void drop_slow(struct nj_caller *caller)
{
    nj_control_untap(caller);
    nj_caller_refuse(caller, "too slow: more than %zu bytes of events waited to be read",
                     NJ_CONTROL_MAX_TAIL);
    nj_log(caller->host->log, NJ_WARN, "control", "slow_caller_dropped", NJ_INT("uid", caller->uid),
           NJ_INT("pid", caller->pid), NJ_INT("bytes", caller->out.len));
    caller->closing = true;
    nj_caller_settle(caller);
}

static void on_event(void *ctx, const struct nj_message *m)
{
    struct nj_caller *caller = ctx;
    size_t len;
    const char *text = nj_message_json(m, false, &len);
    if (!text || caller->closing || caller->broken)
        return;
    if (caller->out.len + len > NJ_CONTROL_MAX_TAIL) {
        drop_slow(caller);
        return;
    }
    struct nj_json_out json = {&caller->out, false};
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "topic", m->topic);
    nj_put_raw(&json, "event", text, len);
    nj_put_close(&json, '}');
    nj_buf_putc(&caller->out, '\n');
    caller->broken |= caller->out.failed;
    nj_caller_settle(caller);
}

void nj_control_tail(struct nj_caller *caller, const json_t *args)
{
    const char *glob = json_string_value(json_object_get(args, "glob"));
    caller->tap = nj_bus_subscribe(caller->host->bus, glob, NJ_STAGE_LINK, on_event, caller);
    if (!caller->tap) {
        nj_caller_refuse(caller, "tail: out of memory");
        return;
    }
    caller->tailing = true;
}

/* ---- in ---- */

struct publishing {
    struct nj_caller *caller;
    const char *topic;
    uint32_t type;
    void *room; /* for a decoded event */
    size_t cap;
    size_t ok, malformed;
    struct nj_buf bad; /* of the answer: the list of malformed lines */
    struct nj_json_out list;
};

static void malformed(struct publishing *p, size_t line, const char *why)
{
    if (p->malformed++ >= MAX_BAD)
        return;
    nj_put_open(&p->list, NULL, '{');
    nj_put_uint(&p->list, "line", line);
    nj_put_text(&p->list, "error", why);
    nj_put_close(&p->list, '}');
}

/* One event onto the bus. False: no further one can be taken. */
static bool publish_one(struct publishing *p, size_t line, const char *text, size_t len,
                        struct nj_error *err)
{
    size_t need = njord_decode_bound(len);
    njord_decode_error why;
    char topic[256];
    if (need > p->cap) {
        void *more = realloc(p->room, need);
        if (!more) {
            nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
            return false;
        }
        p->room = more;
        p->cap = need;
    }
    if (njord_decode_json(p->type, text, len, p->room, p->cap, NULL, &why) != 0) {
        malformed(p, line, why.text);
        return true;
    }
    const njord_event *event = p->room;
    if (njord_topic_name(njord_topic_of(p->topic), event, topic, sizeof topic) != 0 ||
        strcmp(topic, p->topic) != 0) {
        malformed(p, line, "the event does not belong to this topic: another symbol or timeframe");
        return true;
    }
    if (nj_bus_publish(p->caller->host->bus, p->topic, event, NULL, err) != 0)
        return false;
    p->ok++;
    return true;
}

static bool may_publish(struct nj_caller *caller, const char *topic)
{
    if (caller->host->config->app.env == NJ_ENV_LIVE)
        nj_caller_refuse(caller, "publish: refused while app.env is live");
    else if (strncmp(topic, "md.", 3) != 0 && strncmp(topic, "strat.", 6) != 0)
        nj_caller_refuse(caller, "publish '%.64s': only md.* and strat.* may be published", topic);
    else if (!njord_topic_of(topic))
        nj_caller_refuse(caller, "publish '%.64s': no such topic; doc/contracts.md lists them",
                         topic);
    else
        return true;
    return false;
}

void nj_control_publish(struct nj_caller *caller, const json_t *args)
{
    const json_t *events = json_object_get(args, "events");
    struct publishing p = {.caller = caller,
                           .topic = json_string_value(json_object_get(args, "topic"))};
    struct nj_error err = {0};
    if (!may_publish(caller, p.topic))
        return;
    if (nj_restart_behind(caller->host)) {
        nj_caller_refuse(caller, NJ_BEHIND_TEXT);
        return;
    }
    nj_restart_intervened(caller->host, "njord publish");
    p.type = njord_topic_of(p.topic)->type;
    p.list = (struct nj_json_out){&p.bad, false};
    nj_put_open(&p.list, NULL, '[');
    bool going = true;
    size_t n = json_array_size(events);
    for (size_t i = 0; i < n && going; i++) {
        const json_t *line = json_array_get(events, i);
        if (json_is_string(line))
            going = publish_one(&p, i + 1, json_string_value(line), json_string_length(line), &err);
        else
            malformed(&p, i + 1, "expected the event's JSON line as a text");
    }
    nj_put_close(&p.list, ']');
    if (!going || p.bad.failed) {
        nj_caller_refuse(caller, "publish '%s': after %zu events: %s", p.topic, p.ok,
                         going ? "out of memory" : err.text);
    } else {
        struct nj_json_out json = nj_caller_answer(caller);
        nj_put_uint(&json, "published", p.ok);
        nj_put_uint(&json, "malformed", p.malformed);
        nj_put_raw(&json, "errors", p.bad.data, p.bad.len);
        nj_caller_finish(caller, &json);
    }
    nj_log(caller->host->log, NJ_INFO, "control", "publish", NJ_TEXT("subject", p.topic),
           NJ_INT("published", p.ok), NJ_INT("malformed", p.malformed), NJ_INT("uid", caller->uid),
           NJ_INT("pid", caller->pid));
    nj_buf_free(&p.bad);
    free(p.room);
}
