#include "services/flow.h"

#include <njord/codec.h>
#include <stdio.h>
#include <string.h>

static const char journal_failed[] = "journal_failed";

void nj_flow_init(struct nj_flow *flow, struct nj_bus *bus, struct nj_journals *journals,
                  struct nj_killswitch *kill, struct nj_log *log)
{
    *flow = (struct nj_flow){.bus = bus, .journals = journals, .kill = kill, .log = log};
}

void nj_flow_free(struct nj_flow *flow)
{
    for (uint32_t i = 0; i < flow->n_subscriptions; i++)
        nj_bus_unsubscribe(flow->bus, flow->subscriptions[i]);
    flow->n_subscriptions = 0;
    nj_buf_free(&flow->line);
}

/* Tells the world once, however long it lasts. */
static void announce(struct nj_flow *flow, const char *detail)
{
    njord_plugin_event e;
    njord_event_init(&e, NJORD_EV_PLUGIN_EVENT);
    e.ev.ts_ns = nj_bus_now(flow->bus);
    e.kind = NJORD_KIND_HOST;
    e.event = NJORD_PLUGIN_EVENT_JOURNAL_FAILED;
    snprintf(e.plugin_id, sizeof e.plugin_id, "host");
    snprintf(e.detail, sizeof e.detail, "%.200s", detail);
    nj_bus_publish(flow->bus, "host.plugins", &e.ev, NULL, NULL);
}

static int failed(struct nj_flow *flow, int rc, struct nj_error *err)
{
    flow->failures++;
    if (!flow->kill->stopped) {
        flow->kill->stopped = true;
        flow->kill->stop_reason = journal_failed;
        nj_log(flow->log, NJ_ERROR, "journal", journal_failed, NJ_TEXT("error", err->text),
               NJ_TEXT("detail", "trading is stopped until lines can be written again"));
        announce(flow, err->text);
    }
    return rc;
}

static int encode(struct nj_flow *flow, const njord_event *event, bool with_contract,
                  struct nj_error *err)
{
    njord_envelope envelope = {.contract = with_contract ? event->type : 0,
                               .src_seq = NJORD_NONE_I64};
    nj_buf_clear(&flow->line);
    if (!nj_buf_reserve(&flow->line, njord_encode_bound(event)))
        return nj_error_set(err, NJ_ERR_NOMEM, "journal: out of memory");
    if (njord_encode_json(event, &envelope, flow->line.data, flow->line.cap, &flow->line.len) != 0)
        return nj_error_set(err, NJ_ERR_INTERNAL, "journal: a %s could not be encoded",
                            njord_contract_of(event->type)->name);
    return 0;
}

static int write_down(struct nj_flow *flow, const njord_event *event, bool now,
                      struct nj_error *err)
{
    int rc = encode(flow, event, true, err);
    if (rc == 0)
        rc = (now ? nj_journals_append_now : nj_journals_append)(
            flow->journals, "orders", nj_event_time(event), flow->line.data, flow->line.len, err);
    if (rc != 0)
        return failed(flow, rc, err);
    flow->lines++;
    flow->last_seq = event->seq;
    return 0;
}

static void on_input(void *ctx, const struct nj_message *m)
{
    struct nj_flow *flow = ctx;
    struct nj_error err = {0};
    if (m->event->seq == m->input_seq)
        write_down(flow, m->event, false, &err);
}

int nj_flow_attach(struct nj_flow *flow, struct nj_error *err)
{
    static const char *const topics[] = {"strat.*",     "orders.*",      "risk.decisions",
                                         "broker.acks", "broker.orders", "broker.fills"};
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        struct nj_subscription *s =
            nj_bus_subscribe(flow->bus, topics[i], NJ_STAGE_JOURNAL, on_input, flow);
        if (!s)
            return nj_error_set(err, NJ_ERR_NOMEM, "order flow: out of memory");
        flow->subscriptions[flow->n_subscriptions++] = s;
    }
    return 0;
}

int nj_flow_emit_stamped(struct nj_flow *flow, const char *topic, const njord_event *event,
                         struct nj_error *err)
{
    int rc = write_down(flow, event, false, err);
    return rc == 0 ? nj_bus_emit(flow->bus, topic, event, err) : rc;
}

int nj_flow_emit(struct nj_flow *flow, const char *topic, njord_event *event, struct nj_error *err)
{
    int rc = nj_bus_stamp(flow->bus, event, err);
    return rc == 0 ? nj_flow_emit_stamped(flow, topic, event, err) : rc;
}

int nj_flow_commit(struct nj_flow *flow, njord_event *event, struct nj_error *err)
{
    int rc = nj_bus_stamp(flow->bus, event, err);
    flow->ahead = true;
    return rc == 0 ? write_down(flow, event, true, err) : rc;
}

int nj_flow_also(struct nj_flow *flow, const char *name, const njord_event *event,
                 bool with_contract, struct nj_error *err)
{
    int rc = encode(flow, event, with_contract, err);
    if (rc == 0)
        rc = nj_journals_append(flow->journals, name, nj_event_time(event), flow->line.data,
                                flow->line.len, err);
    return rc == 0 ? 0 : failed(flow, rc, err);
}

int nj_flow_flush(struct nj_flow *flow)
{
    struct nj_error err = {0};
    flow->ahead = false;
    int rc = nj_journals_flush(flow->journals, &err);
    if (rc != 0)
        return failed(flow, rc, &err);
    if (flow->kill->stopped && flow->kill->stop_reason == journal_failed) {
        flow->kill->stopped = false;
        flow->kill->stop_reason = "";
        nj_log(flow->log, NJ_INFO, "journal", "journal_back",
               NJ_TEXT("detail", "lines are written again, trading goes on"));
    }
    return 0;
}
