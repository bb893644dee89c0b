/* recorder.c - writes every byte of every event that it is shown into a file, and buys or sells
 * with each third trade, so that it has fills, positions and decisions to be shown. */
#include <njord/strategy.h>
#include <stdio.h>

struct recorder {
    uint64_t trades;
    FILE *file;
};

static const njord_param params[] = {
    NJORD_TEXT("file", "", "where to, a line an event", NJORD_PARAM_REQUIRED),
    NJORD_REAL("qty", 1.0, 0.0, 1e12, "units of each order"), NJORD_PARAM_END};

static njord_status create(struct recorder *s, const njord_host *host)
{
    s->file = fopen(njord_param_text(host, "file"), "we");
    return s->file ? NJORD_OK : njord_fail(host, NJORD_E_FAIL, "the file cannot be made");
}

static void destroy(struct recorder *s)
{
    if (s->file)
        (void)fclose(s->file);
}

static njord_status put(struct recorder *s, const char *what, const njord_event *event)
{
    const unsigned char *bytes = (const unsigned char *)event;
    (void)fprintf(s->file, "%s ", what);
    for (uint32_t i = 0; i < event->size; i++)
        (void)fprintf(s->file, "%02x", (unsigned)bytes[i]);
    (void)fputc('\n', s->file);
    return NJORD_OK;
}

static njord_status on_trade(struct recorder *s, const njord_host *host, const njord_trade *trade)
{
    double qty = njord_param_real(host, "qty");
    put(s, "trade", &trade->ev);
    if (++s->trades % 3)
        return NJORD_OK;
    return s->trades % 2 ? njord_buy_market(host, trade->symbol, qty)
                         : njord_sell_market(host, trade->symbol, qty);
}

#define ON(NAME, EVENT)                                                                            \
    static njord_status NAME(struct recorder *s, const njord_host *host, const EVENT *event)       \
    {                                                                                              \
        (void)host;                                                                                \
        return put(s, #NAME, &event->ev);                                                          \
    }

ON(on_bar, njord_bar)
ON(on_fill, njord_fill)
ON(on_position, njord_position_snapshot)
ON(on_decision, njord_decision)
ON(on_order, njord_broker_order_update)
ON(on_status, njord_feed_status)

static njord_status on_event(struct recorder *s, const njord_host *host, const char *topic,
                             const njord_event *event)
{
    (void)host;
    return put(s, topic, event);
}

NJORD_STRATEGY(recorder, "1.0.0", "writes down what it is shown", params, .create = create,
               .destroy = destroy, .on_trade = on_trade, .on_bar = on_bar, .on_fill = on_fill,
               .on_position = on_position, .on_decision = on_decision, .on_order = on_order,
               .on_status = on_status, .on_event = on_event);
