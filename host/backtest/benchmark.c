#include "backtest/benchmark.h"

#include "backtest/thin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A symbol's price at each time, NaN while there is none. */
static void prices_at(const struct nj_bt_series *series, enum nj_columns_kind kind,
                      int64_t length_ns, const int64_t *ts, size_t n, double *price)
{
    size_t piece = 0, row = 0;
    double last = NAN;
    for (size_t i = 0; i < n; i++) {
        for (;;) {
            const struct nj_columns *c = piece < series->n_pieces ? &series->pieces[piece] : NULL;
            if (c && row >= c->n) {
                piece++;
                row = 0;
                continue;
            }
            if (!c ||
                (kind == NJ_COLUMNS_BARS ? c->ts[row] > ts[i] - length_ns : c->ts[row] >= ts[i]))
                break;
            last = kind == NJ_COLUMNS_BARS ? c->close[row] : c->price[row];
            row++;
        }
        price[i] = last;
    }
}

/* The kept points of values[first..n) as a line. */
static bool keep(struct nj_result_line *line, const int64_t *ts, const double *values, size_t first,
                 size_t n, size_t most)
{
    size_t room = n - first < most ? n - first : most;
    size_t *kept = malloc((room + NJ_THIN_LEAST) * sizeof *kept);
    line->ts_ns = malloc((room + NJ_THIN_LEAST) * sizeof *line->ts_ns);
    line->value = malloc((room + NJ_THIN_LEAST) * sizeof *line->value);
    if (kept && line->ts_ns && line->value) {
        line->n = nj_thin(values + first, n - first, most, kept);
        for (size_t i = 0; i < line->n; i++) {
            line->ts_ns[i] = ts[first + kept[i]];
            line->value[i] = values[first + kept[i]];
        }
    }
    free(kept);
    return kept && line->ts_ns && line->value;
}

int nj_bt_benchmark(struct nj_result *r, const struct nj_bt_series *series, uint32_t n_series,
                    enum nj_columns_kind kind, int64_t length_ns, size_t most, struct nj_error *err)
{
    const struct nj_bt_outcome *o = &r->outcome;
    size_t n = o->n_curve;
    double *price = malloc((n + 1) * sizeof *price), *sum = calloc(n + 1, sizeof *sum);
    double share = r->capital / n_series;
    r->prices = calloc(n_series + 1u, sizeof *r->prices);
    bool fine = price && sum && r->prices;
    for (uint32_t s = 0; fine && s < n_series; s++) {
        struct nj_result_line *line = &r->prices[r->n_prices++];
        size_t first = 0;
        snprintf(line->symbol, sizeof line->symbol, "%s", series[s].symbol);
        prices_at(&series[s], kind, length_ns, o->curve_ts, n, price);
        while (first < n && !(isfinite(price[first]) && price[first] > 0))
            first++;
        for (size_t i = 0; i < n; i++)
            sum[i] += i < first ? share : share * (price[i] / price[first]);
        fine = keep(line, o->curve_ts, price, first, n, most);
    }
    if (fine)
        fine = keep(&r->benchmark, o->curve_ts, sum, 0, n, most);
    free(price);
    free(sum);
    return fine ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
}
