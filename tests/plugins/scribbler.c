/* scribbler.c - casts const away and overwrites every byte of each event that it is shown. */
#include <njord/strategy.h>

struct scribbler {
    uint64_t events;
};

static njord_status scribble(struct scribbler *s, const njord_event *event)
{
    s->events++;
    memset((void *)(uintptr_t)event, 0xee, event->size);
    return NJORD_OK;
}

#define ON(NAME, EVENT)                                                                            \
    static njord_status NAME(struct scribbler *s, const njord_host *host, const EVENT *event)      \
    {                                                                                              \
        (void)host;                                                                                \
        return scribble(s, &event->ev);                                                            \
    }

ON(on_trade, njord_trade)
ON(on_book, njord_book)
ON(on_ticker, njord_ticker)
ON(on_bar, njord_bar)
ON(on_fill, njord_fill)
ON(on_position, njord_position_snapshot)
ON(on_decision, njord_decision)
ON(on_order, njord_broker_order_update)
ON(on_status, njord_feed_status)

static njord_status on_event(struct scribbler *s, const njord_host *host, const char *topic,
                             const njord_event *event)
{
    (void)host;
    (void)topic;
    return scribble(s, event);
}

NJORD_STRATEGY(scribbler, "1.0.0", "overwrites what it is shown", NULL, .on_trade = on_trade,
               .on_book = on_book, .on_ticker = on_ticker, .on_bar = on_bar, .on_fill = on_fill,
               .on_position = on_position, .on_decision = on_decision, .on_order = on_order,
               .on_status = on_status, .on_event = on_event);
