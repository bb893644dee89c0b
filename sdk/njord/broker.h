/* njord/broker.h - what one writes a broker against.
 *
 * A broker takes orders that risk has let through and tells, later and through njord_broker_*, what
 * became of them. place: an error returned means that nothing was sent; OK means that an answer
 * follows. The order's id is the host's (client_order_id); a broker that gets the same id twice
 * answers the same and never sends it twice. */
#ifndef NJORD_BROKER_H
#define NJORD_BROKER_H

#include <njord/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The table to answer through, NULL: this host runs no brokers. It lives as long as the instance.
 */
static inline const njord_broker_host *njord_broker_answers(const njord_host *host)
{
    return (const njord_broker_host *)host->extension(host, NJORD_EXT_BROKER);
}

/* Ask to be called (on_descriptor) when fd is ready; events 0: no longer. UNSUPPORTED: the host
 * watches no descriptors. */
static inline njord_status njord_watch(const njord_host *host, int32_t fd, uint32_t events)
{
    const njord_loop_host *loop = (const njord_loop_host *)host->extension(host, NJORD_EXT_LOOP);
    return loop ? loop->watch(host, fd, events) : NJORD_E_UNSUPPORTED;
}

#define NJORD_BROKER_CALLS_(T)                                                                     \
    NJORD_CALLS_(T);                                                                               \
    njord_status (*place)(T * self, const njord_host *host, const njord_broker_order_req *req);    \
    njord_status (*cancel)(T * self, const njord_host *host, const njord_order_ref *ref);          \
    njord_status (*query)(T * self, const njord_host *host, const njord_order_ref *ref);           \
    njord_status (*open_orders)(T * self, const njord_host *host, const char *symbol);             \
    njord_status (*balances)(T * self, const njord_host *host);                                    \
    njord_status (*start_stream)(T * self, const njord_host *host);                                \
    njord_status (*on_trade)(T * self, const njord_host *host, const njord_trade *trade);          \
    njord_status (*on_book)(T * self, const njord_host *host, const njord_book *book);             \
    njord_status (*on_ticker)(T * self, const njord_host *host, const njord_ticker *ticker);       \
    njord_status (*on_bar)(T * self, const njord_host *host, const njord_bar *bar);                \
    njord_status (*on_instrument)(T * self, const njord_host *host,                                \
                                  const njord_instrument *instrument);                             \
    njord_status (*on_timer)(T * self, const njord_host *host, uint32_t timer, int64_t due_ns);    \
    njord_status (*on_descriptor)(T * self, const njord_host *host, int32_t fd, uint32_t events)

/* As NJORD_STRATEGY; place and cancel must be there. per_symbol is for strategies. */
#define NJORD_BROKER(NAME, VERSION, SUMMARY, PARAMS, ...)                                          \
    struct NAME##_calls_t_ {                                                                       \
        NJORD_BROKER_CALLS_(struct NAME);                                                          \
    };                                                                                             \
    NJORD_TABLE_(static const struct NAME##_calls_t_ NAME##_calls_ = {__VA_ARGS__})                \
    NJORD_INSTANCE_(NAME)                                                                          \
    NJORD_ON_(NAME, place, njord_broker_order_req, event->symbol)                                  \
    NJORD_ALL_(NAME, cancel, (void *self, const njord_order_ref *ref), (s, i->host, ref))          \
    NJORD_ALL_(NAME, query, (void *self, const njord_order_ref *ref), (s, i->host, ref))           \
    NJORD_ALL_(NAME, open_orders, (void *self, const char *symbol), (s, i->host, symbol))          \
    NJORD_ALL_(NAME, balances, (void *self), (s, i->host))                                         \
    NJORD_ALL_(NAME, start_stream, (void *self), (s, i->host))                                     \
    NJORD_ON_(NAME, on_trade, njord_trade, event->symbol)                                          \
    NJORD_ON_(NAME, on_book, njord_book, event->symbol)                                            \
    NJORD_ON_(NAME, on_ticker, njord_ticker, event->symbol)                                        \
    NJORD_ON_(NAME, on_bar, njord_bar, event->symbol)                                              \
    NJORD_ON_(NAME, on_instrument, njord_instrument, event->symbol)                                \
    NJORD_ALL_(NAME, on_timer, (void *self, uint32_t timer, int64_t due_ns),                       \
               (s, i->host, timer, due_ns))                                                        \
    NJORD_ALL_(NAME, on_descriptor, (void *self, int32_t fd, uint32_t events),                     \
               (s, i->host, fd, events))                                                           \
    static uint32_t NAME##_iface_(void *out, uint32_t size)                                        \
    {                                                                                              \
        njord_broker_iface iface;                                                                  \
        memset(&iface, 0, sizeof iface);                                                           \
        iface.size = (uint32_t)sizeof iface;                                                       \
        NJORD_FILL_(NAME, place);                                                                  \
        NJORD_FILL_(NAME, cancel);                                                                 \
        NJORD_FILL_(NAME, query);                                                                  \
        NJORD_FILL_(NAME, open_orders);                                                            \
        NJORD_FILL_(NAME, balances);                                                               \
        NJORD_FILL_(NAME, start_stream);                                                           \
        NJORD_FILL_(NAME, on_trade);                                                               \
        NJORD_FILL_(NAME, on_book);                                                                \
        NJORD_FILL_(NAME, on_ticker);                                                              \
        NJORD_FILL_(NAME, on_bar);                                                                 \
        NJORD_FILL_(NAME, on_instrument);                                                          \
        NJORD_FILL_(NAME, on_timer);                                                               \
        NJORD_FILL_(NAME, on_descriptor);                                                          \
        memcpy(out, &iface, size < sizeof iface ? size : sizeof iface);                            \
        return (uint32_t)sizeof iface;                                                             \
    }                                                                                              \
    NJORD_ENTRY_(NAME, NJORD_KIND_BROKER, VERSION, SUMMARY, PARAMS)

#ifdef __cplusplus
}
#endif
#endif
