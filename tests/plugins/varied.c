/* varied.c - follows the price over a look back, with a parameter of each kind: for the report of a
 * sweep. Refuses tags that begin with '<', in their own words; never trades over a high threshold.
 */
#include <njord/strategy.h>
#include <string.h>

#define BACK 256

struct varied {
    double closes[BACK];
    uint32_t bars;
};

static const njord_param params[] = {
    NJORD_INT("period", 10, 1, BACK - 1, "bars looked back"),
    NJORD_REAL("threshold", 0.001, 0, 10, "a change that counts, as a fraction"),
    NJORD_ENUM("side", "both", "long|short|both", "what it may hold"),
    NJORD_BOOL("fade", 0, "against the change instead of with it"),
    NJORD_TEXT("tag", "", "told in an error"),
    NJORD_REAL("qty", 1, 1e-8, 1e12, "units"),
    NJORD_PARAM_END};

static njord_status create(struct varied *s, const njord_host *host)
{
    const char *tag = njord_param_text(host, "tag");
    (void)s;
    return tag[0] == '<' ? njord_fail(host, NJORD_E_FAIL, "refused: %s", tag) : NJORD_OK;
}

static njord_status on_bar(struct varied *s, const njord_host *host, const njord_bar *bar)
{
    uint32_t period = (uint32_t)njord_param_int(host, "period");
    double threshold = njord_param_real(host, "threshold"), want = 0;
    const char *side = njord_param_text(host, "side");
    s->closes[s->bars++ % BACK] = bar->close;
    if (s->bars <= period)
        return NJORD_OK;
    double change = bar->close / s->closes[(s->bars - 1 - period) % BACK] - 1;
    want = change > threshold ? 1 : change < -threshold ? -1 : 0;
    want = njord_param_bool(host, "fade") ? -want : want;
    if ((want > 0 && strcmp(side, "short") == 0) || (want < 0 && strcmp(side, "long") == 0))
        want = 0;
    return njord_target(host, bar->symbol, want * njord_param_real(host, "qty"));
}

NJORD_STRATEGY(varied, "1.0.0", "follows the price over a look back", params, .create = create,
               .on_bar = on_bar);
