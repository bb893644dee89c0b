/* touchy.c - fine, or the end of its process, by its parameter: for sweeps some of whose sets fail.
 *
 * mood 0: buys one unit at the first bar that ends after `after`; 1: aborts there; 2: never
 * returns; 3: fails to be created. */
#include <njord/strategy.h>
#include <stdlib.h>

struct touchy {
    uint32_t bars;
};

static const njord_param params[] = {
    NJORD_INT("mood", 0, 0, 3, "what it does"), NJORD_REAL("qty", 1.0, 1e-8, 1e12, "units"),
    NJORD_INT("after", 0, 0, INT64_MAX, "ns since 1970"), NJORD_PARAM_END};

static njord_status create(struct touchy *s, const njord_host *host)
{
    (void)s;
    return njord_param_int(host, "mood") == 3
               ? njord_fail(host, NJORD_E_FAIL, "no \"thanks\", not in this mood")
               : NJORD_OK;
}

static njord_status on_bar(struct touchy *s, const njord_host *host, const njord_bar *bar)
{
    int64_t mood = njord_param_int(host, "mood");
    if (bar->ts_close <= njord_param_int(host, "after") || s->bars++ > 0)
        return NJORD_OK;
    if (mood == 1)
        abort();
    for (volatile int64_t i = 0; i >= 0;) /* in the second mood: for ever */
        i = mood == 2 ? 0 : -1;
    return njord_target(host, bar->symbol, njord_param_real(host, "qty"));
}

NJORD_STRATEGY(touchy, "1.0.0", "fine, or the end of its process", params, .create = create,
               .on_bar = on_bar);
