/* plain.h - a strategy written against njord/abi.h alone, for test plugins that get their entry
 * wrong. */
#include <njord/abi.h>
#include <stdlib.h>
#include <string.h>

static njord_status plain_on_trade(void *self, const njord_trade *trade)
{
    (void)trade;
    ++*(uint64_t *)self;
    return NJORD_OK;
}

static inline uint32_t plain_iface(void *out, uint32_t size)
{
    njord_strategy_iface iface;
    memset(&iface, 0, sizeof iface);
    iface.size = (uint32_t)sizeof iface;
    iface.on_trade = plain_on_trade;
    memcpy(out, &iface, size < sizeof iface ? size : sizeof iface);
    return (uint32_t)sizeof iface;
}

static njord_status plain_create(const njord_host *host, void **self)
{
    (void)host;
    *self = calloc(1, sizeof(uint64_t));
    return *self ? NJORD_OK : NJORD_E_NOMEM;
}

static void plain_destroy(void *self)
{
    free(self);
}

#define PLAIN_PLUGIN(NAME, SIZE, IFACE, PARAMS)                                                    \
    {                                                                                              \
        (uint32_t)(SIZE), NJORD_KIND_STRATEGY, NJORD_F_DETERMINISTIC | NJORD_F_INPROC_OK, 0, 0, 0, \
            NAME, "1.0.0", "counts trades", PARAMS, IFACE, plain_create, NULL, NULL, NULL, NULL,   \
            NULL, NULL, plain_destroy, NULL                                                        \
    }
