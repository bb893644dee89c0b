/* njord/allocator.h - what one writes an allocator of capital against.
 *
 * It is shown the strategies as rows and answers with capital a row. It has no orders, no topics
 * and no clock but the host's; the host keeps what it says within the portfolio's own bounds. */
#ifndef NJORD_ALLOCATOR_H
#define NJORD_ALLOCATOR_H

#include <njord/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Row k: the host's rows may be longer than this header's, so one steps by their own size. */
static inline const njord_allocator_row *njord_row(const njord_allocator_row *rows, uint32_t k)
{
    return (const njord_allocator_row *)((const char *)rows + (size_t)k * rows->size);
}

#define NJORD_ALLOCATOR_CALLS_(T)                                                                  \
    NJORD_CALLS_(T);                                                                               \
    njord_status (*targets)(T * self, const njord_host *host, double total_capital,                \
                            const njord_allocator_row *rows, uint32_t n, double *out)

/* As NJORD_STRATEGY; targets must be there. per_symbol is for strategies. */
#define NJORD_ALLOCATOR(NAME, VERSION, SUMMARY, PARAMS, ...)                                       \
    struct NAME##_calls_t_ {                                                                       \
        NJORD_ALLOCATOR_CALLS_(struct NAME);                                                       \
    };                                                                                             \
    NJORD_TABLE_(static const struct NAME##_calls_t_ NAME##_calls_ = {__VA_ARGS__})                \
    NJORD_INSTANCE_(NAME)                                                                          \
    NJORD_ALL_(NAME, targets,                                                                      \
               (void *self, double total_capital, const njord_allocator_row *rows, uint32_t n,     \
                double *out),                                                                      \
               (s, i->host, total_capital, rows, n, out))                                          \
    static uint32_t NAME##_iface_(void *out, uint32_t size)                                        \
    {                                                                                              \
        njord_allocator_iface iface;                                                               \
        memset(&iface, 0, sizeof iface);                                                           \
        iface.size = (uint32_t)sizeof iface;                                                       \
        NJORD_FILL_(NAME, targets);                                                                \
        memcpy(out, &iface, size < sizeof iface ? size : sizeof iface);                            \
        return (uint32_t)sizeof iface;                                                             \
    }                                                                                              \
    NJORD_ENTRY_(NAME, NJORD_KIND_ALLOCATOR, VERSION, SUMMARY, PARAMS)

#ifdef __cplusplus
}
#endif
#endif
