/* recording_broker.c - a broker that writes down each call into a file, a line each, and lets every
 * order rest: what a test asks when it wants to know whether a venue was called at all. */
#include <njord/broker.h>
#include <stdio.h>

struct recording_broker {
    FILE *file;
};

static const njord_param params[] = {
    NJORD_TEXT("file", "", "where to, a line a call", NJORD_PARAM_REQUIRED), NJORD_PARAM_END};

static void put(struct recording_broker *b, const char *what, const char *which)
{
    (void)fprintf(b->file, "%s %s\n", what, which);
    (void)fflush(b->file);
}

static njord_status create(struct recording_broker *b, const njord_host *host)
{
    b->file = fopen(njord_param_text(host, "file"), "ae");
    if (!b->file)
        return njord_fail(host, NJORD_E_FAIL, "the file cannot be made");
    put(b, "create", "");
    return NJORD_OK;
}

static void destroy(struct recording_broker *b)
{
    if (b->file)
        (void)fclose(b->file);
}

static njord_status tell(const njord_host *host, const char *id, uint8_t status, const char *symbol)
{
    njord_broker_order_update update;
    njord_event_init(&update, NJORD_EV_BROKER_ORDER_UPDATE);
    update.ev.ts_ns = njord_now(host);
    update.status = status;
    update.filled_qty = 0;
    (void)snprintf(update.client_order_id, sizeof update.client_order_id, "%s", id);
    (void)snprintf(update.symbol, sizeof update.symbol, "%s", symbol);
    return njord_broker_answers(host)->update(host, &update);
}

static njord_status place(struct recording_broker *b, const njord_host *host,
                          const njord_broker_order_req *req)
{
    njord_broker_order_ack ack;
    put(b, "place", req->client_order_id);
    njord_event_init(&ack, NJORD_EV_BROKER_ORDER_ACK);
    ack.ev.ts_ns = njord_now(host);
    (void)snprintf(ack.client_order_id, sizeof ack.client_order_id, "%s", req->client_order_id);
    (void)snprintf(ack.exchange_order_id, sizeof ack.exchange_order_id, "x-%.40s",
                   req->client_order_id);
    njord_status status = njord_broker_answers(host)->ack(host, &ack);
    return status != NJORD_OK ? status
                              : tell(host, req->client_order_id, NJORD_STATUS_NEW, req->symbol);
}

static njord_status cancel(struct recording_broker *b, const njord_host *host,
                           const njord_order_ref *ref)
{
    put(b, "cancel", ref->client_order_id);
    return tell(host, ref->client_order_id, NJORD_STATUS_CANCELED, ref->symbol);
}

static njord_status query(struct recording_broker *b, const njord_host *host,
                          const njord_order_ref *ref)
{
    put(b, "query", ref->client_order_id);
    return tell(host, ref->client_order_id, NJORD_STATUS_NEW, ref->symbol);
}

static njord_status on_trade(struct recording_broker *b, const njord_host *host,
                             const njord_trade *trade)
{
    (void)host;
    put(b, "trade", trade->trade_id);
    return NJORD_OK;
}

NJORD_BROKER(recording_broker, "1.0.0", "writes down what it is asked", params, .create = create,
             .destroy = destroy, .place = place, .cancel = cancel, .query = query,
             .on_trade = on_trade);
