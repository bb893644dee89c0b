/* stalls.c - does not return from a callback, or ends its process there, or takes its time: for
 * tests of who watches over a run.
 *
 * how: loop, wait, crash, leave. where: create, start, bar, timer, fill, destroy. at: the bar (or
 * the timer, the fill) in question. pause_ms: what each bar takes. */
#include <njord/strategy.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct stalls {
    uint64_t bars, timers, fills;
    char where[16], how[16];
    int64_t at;
};

static const njord_param params[] = {NJORD_TEXT("how", "loop", "loop, wait, crash or leave"),
                                     NJORD_TEXT("where", "", "the callback; none: nowhere"),
                                     NJORD_INT("at", 1, 1, 1000000000, "which bar, timer or fill"),
                                     NJORD_INT("pause_ms", 0, 0, 10000, "of each bar"),
                                     NJORD_PARAM_END};

static void meet(const struct stalls *s, const char *where, uint64_t n)
{
    if (strcmp(s->where, where) != 0 || n != (uint64_t)s->at)
        return;
    if (strcmp(s->how, "crash") == 0)
        abort();
    if (strcmp(s->how, "leave") == 0)
        _exit(0);
    for (volatile int forever = 1; forever;)
        if (strcmp(s->how, "wait") == 0)
            pause();
}

static njord_status create(struct stalls *s, const njord_host *host)
{
    strncat(s->where, njord_param_text(host, "where"), sizeof s->where - 1);
    strncat(s->how, njord_param_text(host, "how"), sizeof s->how - 1);
    s->at = njord_param_int(host, "at");
    meet(s, "create", 1);
    return NJORD_OK;
}

static void destroy(struct stalls *s)
{
    meet(s, "destroy", 1);
}

static njord_status start(struct stalls *s, const njord_host *host)
{
    meet(s, "start", 1);
    if (strcmp(s->where, "timer") != 0)
        return NJORD_OK;
    return host->timer_set(host, 1, host->now_ns(host) + INT64_C(60000000000),
                           INT64_C(60000000000));
}

static njord_status on_bar(struct stalls *s, const njord_host *host, const njord_bar *bar)
{
    int64_t ms = njord_param_int(host, "pause_ms");
    meet(s, "bar", ++s->bars);
    if (ms > 0)
        nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
    return s->bars % 2 ? njord_buy_market(host, bar->symbol, 1)
                       : njord_sell_market(host, bar->symbol, 1);
}

static njord_status on_fill(struct stalls *s, const njord_host *host, const njord_fill *fill)
{
    (void)host;
    (void)fill;
    meet(s, "fill", ++s->fills);
    return NJORD_OK;
}

static njord_status on_timer(struct stalls *s, const njord_host *host, uint32_t timer,
                             int64_t due_ns)
{
    (void)host;
    (void)timer;
    (void)due_ns;
    meet(s, "timer", ++s->timers);
    return NJORD_OK;
}

NJORD_STRATEGY(stalls, "1.0.0", "does not return", params, .create = create, .destroy = destroy,
               .start = start, .on_bar = on_bar, .on_fill = on_fill, .on_timer = on_timer);
