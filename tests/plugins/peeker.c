/* peeker.c - remembers in the library what an earlier instance of it was shown, and buys before the
 * close rises: a strategy that knows the future, as a cheat or a forgotten static would. What it
 * may not know it learns from the first run only. */
#include <njord/strategy.h>

enum { MAX_SEEN = 4096 };

static struct {
    int64_t ts;
    double close;
} seen[MAX_SEEN];
static uint32_t n_seen;

struct peeker {
    double last;
};

static njord_status on_bar(struct peeker *s, const njord_host *host, const njord_bar *bar)
{
    double next = 0;
    for (uint32_t i = 0; i < n_seen; i++)
        if (seen[i].ts > bar->ts_close) {
            next = seen[i].close;
            break;
        }
    if ((n_seen == 0 || seen[n_seen - 1].ts < bar->ts_close) && n_seen < MAX_SEEN) {
        seen[n_seen].ts = bar->ts_close;
        seen[n_seen++].close = bar->close;
    }
    int rises = next > 0 ? next > bar->close : bar->close > s->last;
    s->last = bar->close;
    return njord_target(host, bar->symbol, rises ? 1 : 0);
}

NJORD_STRATEGY(peeker, "1.0.0", "knows what comes", NULL, .on_bar = on_bar);
