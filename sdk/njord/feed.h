/* njord/feed.h - what one writes a feed of market data against.
 *
 * A feed publishes md.* events with njord_publish(). One that plays recorded or simulated data has
 * `next`: it publishes one event a call and says OK, AGAIN (nothing now) or END. One on the network
 * watches descriptors instead. The host drops repeated trade ids and notices gaps in them; a feed
 * does neither. */
#ifndef NJORD_FEED_H
#define NJORD_FEED_H

#include <njord/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* [loop] Publishes an event on the topic of its type ("md.trades." + symbol). ARG: its type has
 * none. */
static inline njord_status njord_publish(const njord_host *host, const njord_event *event)
{
    char topic[256];
    const njord_topic *t = njord_topics;
    while (t->pattern && (t->type != event->type || strncmp(t->pattern, "md.", 3) != 0))
        t++;
    if (!t->pattern)
        return njord_fail(host, NJORD_E_ARG, "events of type %u have no topic of market data",
                          (unsigned)event->type);
    int named = njord_topic_name(t, event, topic, sizeof topic);
    return named == NJORD_OK ? host->publish(host, topic, event) : named;
}

/* Pace of a feed with `next`: 1 as recorded, 10 ten times as fast, 0 as fast as the host can work.
 * UNSUPPORTED: this host sets the pace itself. */
static inline njord_status njord_feed_speed(const njord_host *host, double times)
{
    const njord_feed_host *feed = (const njord_feed_host *)host->extension(host, NJORD_EXT_FEED);
    return feed ? feed->speed(host, times) : NJORD_E_UNSUPPORTED;
}

/* Ask to be called (on_descriptor) when fd is ready; events 0: no longer. UNSUPPORTED: the host
 * watches no descriptors. */
static inline njord_status njord_feed_watch(const njord_host *host, int32_t fd, uint32_t events)
{
    const njord_loop_host *loop = (const njord_loop_host *)host->extension(host, NJORD_EXT_LOOP);
    return loop ? loop->watch(host, fd, events) : NJORD_E_UNSUPPORTED;
}

#define NJORD_FEED_CALLS_(T)                                                                       \
    NJORD_CALLS_(T);                                                                               \
    njord_status (*subscribe)(T * self, const njord_host *host, const char *symbol,                \
                              uint32_t what);                                                      \
    njord_status (*unsubscribe)(T * self, const njord_host *host, const char *symbol,              \
                                uint32_t what);                                                    \
    njord_status (*snapshot)(T * self, const njord_host *host, const char *symbol);                \
    njord_status (*next)(T * self, const njord_host *host);                                        \
    njord_status (*on_timer)(T * self, const njord_host *host, uint32_t timer, int64_t due_ns);    \
    njord_status (*on_descriptor)(T * self, const njord_host *host, int32_t fd, uint32_t events)

/* As NJORD_STRATEGY. per_symbol is for strategies. */
#define NJORD_FEED(NAME, VERSION, SUMMARY, PARAMS, ...)                                            \
    struct NAME##_calls_t_ {                                                                       \
        NJORD_FEED_CALLS_(struct NAME);                                                            \
    };                                                                                             \
    NJORD_TABLE_(static const struct NAME##_calls_t_ NAME##_calls_ = {__VA_ARGS__})                \
    NJORD_INSTANCE_(NAME)                                                                          \
    NJORD_ALL_(NAME, subscribe, (void *self, const char *symbol, uint32_t what),                   \
               (s, i->host, symbol, what))                                                         \
    NJORD_ALL_(NAME, unsubscribe, (void *self, const char *symbol, uint32_t what),                 \
               (s, i->host, symbol, what))                                                         \
    NJORD_ALL_(NAME, snapshot, (void *self, const char *symbol), (s, i->host, symbol))             \
    NJORD_ALL_(NAME, next, (void *self), (s, i->host))                                             \
    NJORD_ALL_(NAME, on_timer, (void *self, uint32_t timer, int64_t due_ns),                       \
               (s, i->host, timer, due_ns))                                                        \
    NJORD_ALL_(NAME, on_descriptor, (void *self, int32_t fd, uint32_t events),                     \
               (s, i->host, fd, events))                                                           \
    static uint32_t NAME##_iface_(void *out, uint32_t size)                                        \
    {                                                                                              \
        njord_feed_iface iface;                                                                    \
        memset(&iface, 0, sizeof iface);                                                           \
        iface.size = (uint32_t)sizeof iface;                                                       \
        NJORD_FILL_(NAME, subscribe);                                                              \
        NJORD_FILL_(NAME, unsubscribe);                                                            \
        NJORD_FILL_(NAME, snapshot);                                                               \
        NJORD_FILL_(NAME, next);                                                                   \
        NJORD_FILL_(NAME, on_timer);                                                               \
        NJORD_FILL_(NAME, on_descriptor);                                                          \
        memcpy(out, &iface, size < sizeof iface ? size : sizeof iface);                            \
        return (uint32_t)sizeof iface;                                                             \
    }                                                                                              \
    NJORD_ENTRY_(NAME, NJORD_KIND_FEED, VERSION, SUMMARY, PARAMS)

#ifdef __cplusplus
}
#endif
#endif
