/* fuzz_curve.c - bytes as a file that njord metrics is given. What comes out must be points whose
 * times rise and whose values are finite, from which the metrics can be worked out, none of them
 * infinite; a refusal is one line. Owned by the tests. */
#include "backtest/curve.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *why)
{
    fprintf(stderr, "curve let through what is none: %s\n", why);
    __builtin_trap();
}

static void check_line(const struct nj_error *err)
{
    if (err->text[0] == '\0' || strchr(err->text, '\n'))
        fail("a refusal that is not one line");
}

static void check_metrics(const struct nj_curve_file *curve)
{
    struct nj_metrics m;
    struct nj_error err = {0};
    struct nj_metrics_input in = {.curve = nj_curve_of(curve),
                                  .initial = curve->equity[0] > 0 ? curve->equity[0] : 1,
                                  .periods = true,
                                  .exposed = (double)NAN,
                                  .traded_notional = (double)NAN,
                                  .fees = (double)NAN,
                                  .slippage = (double)NAN,
                                  .periods_per_year = 365};
    if (nj_metrics_of(&in, &m, &err) != 0) {
        check_line(&err); /* a return that overflows */
        return;
    }
    for (int i = 0; i < NJ_METRIC_COUNT; i++)
        if (isinf(m.value[i]))
            fail("an infinite metric");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nj_curve_file curve;
    struct nj_error err = {0};
    if (nj_curve_read(&curve, "curve", (const char *)data, size, &err) != 0) {
        check_line(&err);
        if (curve.ts_ns || curve.equity)
            fail("something is left of a failure");
        return 0;
    }
    if (curve.n == 0)
        fail("no point");
    for (size_t i = 0; i < curve.n; i++)
        if (!isfinite(curve.equity[i]) || (i > 0 && curve.ts_ns[i] <= curve.ts_ns[i - 1]))
            fail("a point that is none");
    check_metrics(&curve);
    nj_curve_free(&curve);
    return 0;
}
