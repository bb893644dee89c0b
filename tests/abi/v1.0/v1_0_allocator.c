/* v1_0_allocator.c - capital in inverse proportion to volatility: who swings half as much gets
 * twice as much.
 *
 * A place to start from. Strategies with fewer than `least` daily returns get no opinion (NaN) and
 * keep what they have; the whole capital is shared among the others. */
#include <njord/allocator.h>

struct v1_0_allocator {
    int64_t least;
};

static const njord_param params[] = {
    NJORD_INT("least", 20, 2, 400, "daily returns that a strategy must have"), NJORD_PARAM_END};

static njord_status create(struct v1_0_allocator *s, const njord_host *host)
{
    s->least = njord_param_int(host, "least");
    return NJORD_OK;
}

/* Population deviation of the returns; NaN: too few, or they never moved. */
static double volatility(const struct v1_0_allocator *s, const njord_allocator_row *row)
{
    double mean = 0.0, squares = 0.0;
    if (row->n_returns < s->least)
        return (double)NAN;
    for (uint32_t i = 0; i < row->n_returns; i++)
        mean += row->returns[i] / row->n_returns;
    for (uint32_t i = 0; i < row->n_returns; i++)
        squares += (row->returns[i] - mean) * (row->returns[i] - mean);
    double deviation = sqrt(squares / row->n_returns);
    return deviation > 0.0 && isfinite(deviation) ? deviation : (double)NAN;
}

static njord_status targets(struct v1_0_allocator *s, const njord_host *host, double total_capital,
                            const njord_allocator_row *rows, uint32_t n, double *out)
{
    double sum = 0.0;
    (void)host;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = 1.0 / volatility(s, njord_row(rows, i));
        if (isfinite(out[i]))
            sum += out[i];
    }
    for (uint32_t i = 0; i < n; i++) /* NaN stays NaN */
        out[i] = total_capital * (out[i] / sum);
    return NJORD_OK;
}

NJORD_ALLOCATOR(v1_0_allocator, "1.0.0", "capital in inverse proportion to volatility", params,
                .create = create, .targets = targets);
