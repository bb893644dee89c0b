#include "backtest/metrics.h"

#include "trade/sum.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_NS      INT64_C(86400000000000)
#define YEAR_DAYS   365.0
/* What sums of doubles differ by though the money is the same: no fall below a peak, no return. */
#define SAME_EQUITY 1e-13
#define SAME_RETURN 1e-14

/* ---- sums ---- */

/* In twice the working precision ("Sum2" of Ogita, Rump and Oishi 2005), four sums side by side:
 * none waits for another's additions. */
static double sum_of(const double *v, size_t n)
{
    struct nj_sum part[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++) {
            struct nj_sum s = nj_sum_two(part[k].hi, v[i + (size_t)k]);
            part[k].hi = s.hi;
            part[k].lo += s.lo;
        }
    struct nj_sum sum = nj_sum_plus(nj_sum_plus(part[0], part[1]), nj_sum_plus(part[2], part[3]));
    for (; i < n; i++)
        sum = nj_sum_plus(sum, nj_sum_of(v[i]));
    return nj_sum_value(sum);
}

/* Sum of (v - mean)^power, power 2 to 4. */
static double moment_of(const double *v, size_t n, double mean, int power)
{
    struct nj_sum sum = nj_sum_of(0);
    for (size_t i = 0; i < n; i++) {
        double d = v[i] - mean, p = d * d;
        if (power == 3)
            p *= d;
        else if (power == 4)
            p *= p;
        sum = nj_sum_plus(sum, nj_sum_of(p));
    }
    return nj_sum_value(sum);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Quantile q of sorted values, linear between neighbours (type 7). */
static double quantile_of(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t below = (size_t)at;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* ---- returns ---- */

static int32_t day_of_point(int64_t ts_ns)
{
    int64_t t = ts_ns == INT64_MIN ? ts_ns : ts_ns - 1; /* midnight belongs to the day that ends */
    int64_t day = t / DAY_NS;
    return (int32_t)(t % DAY_NS < 0 ? day - 1 : day);
}

/* The places of the first point and of each day's last. */
static size_t daily_points(const struct nj_curve *c, size_t *at)
{
    size_t n = 0;
    int64_t end = 0; /* of the day at hand, inclusive: no division a point */
    for (size_t i = 0; i < c->n; i++) {
        if (i == 0 || c->ts_ns[i] > end)
            if (__builtin_mul_overflow((int64_t)day_of_point(c->ts_ns[i]) + 1, DAY_NS, &end))
                end = INT64_MAX;
        if (i == 0 || i + 1 == c->n || c->ts_ns[i + 1] > end)
            at[n++] = i;
    }
    return n;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Periods a year from the median of the distances between points. */
static int median_periods(const struct nj_curve *c, double *periods, struct nj_error *err)
{
    size_t n = c->n - 1;
    int64_t *gaps = malloc(n * sizeof *gaps);
    if (!gaps)
        return nj_error_set(err, NJ_ERR_NOMEM, "metrics: out of memory");
    for (size_t i = 0; i < n; i++)
        gaps[i] = c->ts_ns[i + 1] - c->ts_ns[i];
    qsort(gaps, n, sizeof *gaps, by_time);
    size_t middle = n / 2;
    double median = (double)gaps[middle];
    if (n % 2 == 0)
        median = ((double)gaps[middle - 1] + median) / 2;
    free(gaps);
    *periods = YEAR_DAYS * (double)DAY_NS / median;
    return 0;
}

int nj_daily_returns(const struct nj_curve *curve, double **returns, int32_t **days, size_t *n,
                     double *periods_per_year, struct nj_error *err)
{
    size_t *at = malloc((curve->n + 1) * sizeof *at), count;
    double *r = NULL;
    int32_t *d = NULL;
    int rc = 0;
    *returns = NULL;
    if (days)
        *days = NULL;
    *n = 0;
    if (!at)
        return nj_error_set(err, NJ_ERR_NOMEM, "metrics: out of memory");
    count = daily_points(curve, at);
    if (count < 3) {
        for (count = 0; count < curve->n; count++)
            at[count] = count;
        if (curve->n > 1)
            rc = median_periods(curve, periods_per_year, err);
    }
    size_t room = count > 1 ? count - 1 : 0;
    if (rc == 0) {
        r = malloc((room + 1) * sizeof *r);
        d = malloc((room + 1) * sizeof *d);
        if (!r || !d)
            rc = nj_error_set(err, NJ_ERR_NOMEM, "metrics: out of memory");
    }
    for (size_t i = 0; rc == 0 && i < room; i++) {
        double from = curve->equity[at[i]], to = curve->equity[at[i + 1]];
        r[i] = from > 0 ? to / from - 1 : 0; /* of nothing, or of a debt, there is no return */
        d[i] = day_of_point(curve->ts_ns[at[i + 1]]);
        if (!isfinite(r[i]))
            rc = nj_error_set(err, NJ_ERR_INPUT,
                              "metrics: the return from point %zu to %zu is no finite number",
                              at[i] + 1, at[i + 1] + 1);
    }
    free(at);
    if (rc != 0) {
        free(r);
        free(d);
        return rc;
    }
    *returns = r;
    *n = room;
    if (days)
        *days = d;
    else
        free(d);
    return 0;
}

/* ---- the parts ---- */

static void set(struct nj_metrics *m, enum nj_metric which, double value)
{
    m->value[which] = isfinite(value) ? value + 0.0 : NAN;
}

static void of_returns(const double *r, size_t n, double periods, double risk_free,
                       struct nj_metrics *m)
{
    double rf = risk_free / periods, k = (double)n;
    double mean = n ? sum_of(r, n) / k : 0;
    double squares = n ? moment_of(r, n, mean, 2) : 0;
    double sd = n > 1 ? sqrt(squares / (k - 1)) : 0;
    bool flat = true;
    struct nj_sum below = nj_sum_of(0);
    for (size_t i = 0; i < n; i++) {
        double d = r[i] - rf;
        flat = flat && fabs(r[i] - r[0]) <= SAME_RETURN;
        if (d < -SAME_RETURN)
            below = nj_sum_plus(below, nj_sum_product(d, d));
    }
    if (flat)
        sd = 0;
    set(m, NJ_METRIC_SHARPE_RATIO, sd > 0 ? (mean - rf) / sd * sqrt(periods) : 0);
    double down = n ? sqrt(nj_sum_value(below) / k) : 0;
    if (flat && (n == 0 || fabs(r[0]) <= SAME_RETURN))
        set(m, NJ_METRIC_SORTINO_RATIO, 0);
    else
        set(m, NJ_METRIC_SORTINO_RATIO, down > 0 ? (mean - rf) / down * sqrt(periods) : NAN);
    set(m, NJ_METRIC_VOLATILITY_ANNUAL_PCT, n ? sd * sqrt(periods) * 100 : 0);
    if (n > 2) {
        double third = sd > 0 ? moment_of(r, n, mean, 3) / (sd * sd * sd) : 0;
        set(m, NJ_METRIC_SKEW, k / ((k - 1) * (k - 2)) * third);
    }
    if (n > 3) {
        double fourth = sd > 0 ? moment_of(r, n, mean, 4) / (sd * sd * sd * sd) : 0;
        double base = k * (k + 1) / ((k - 1) * (k - 2) * (k - 3));
        set(m, NJ_METRIC_KURTOSIS,
            sd > 0 ? base * fourth - 3 * (k - 1) * (k - 1) / ((k - 2) * (k - 3)) : 0);
    }
}

/* r is sorted by it. */
static void of_tails(double *r, size_t n, struct nj_metrics *m)
{
    if (n == 0)
        return;
    qsort(r, n, sizeof *r, by_value);
    double low = quantile_of(r, n, 0.05), high = quantile_of(r, n, 0.95);
    size_t worst = 0;
    while (worst < n && r[worst] - low <= SAME_RETURN)
        worst++;
    set(m, NJ_METRIC_VAR_95_PCT, low * 100);
    set(m, NJ_METRIC_CVAR_95_PCT, sum_of(r, worst ? worst : 1) / (double)(worst ? worst : 1) * 100);
    set(m, NJ_METRIC_TAIL_RATIO, fabs(low) > SAME_RETURN ? fabs(high) / fabs(low) : NAN);
}

static void of_drawdowns(const struct nj_curve *c, double initial, struct nj_metrics *m)
{
    double peak = initial, worst = 0, deepest = 0; /* of all, of the one now under way */
    struct nj_sum depths = nj_sum_of(0);
    size_t episodes = 0;
    int64_t peak_ts = c->n ? c->ts_ns[0] : 0, longest = 0;
    for (size_t i = 0; i < c->n; i++) {
        double e = c->equity[i];
        bool back = e >= peak - peak * SAME_EQUITY;
        if (!back) {
            double depth = e / peak - 1;
            deepest = depth < deepest ? depth : deepest;
        }
        bool ends = back || i + 1 == c->n;
        if (ends && deepest < 0) {
            int64_t lasted = c->ts_ns[i] - peak_ts;
            longest = lasted > longest ? lasted : longest;
            depths = nj_sum_plus(depths, nj_sum_of(deepest));
            worst = deepest < worst ? deepest : worst;
            deepest = 0;
            episodes++;
        }
        if (back) {
            peak = e > peak ? e : peak;
            peak_ts = c->ts_ns[i];
        }
    }
    set(m, NJ_METRIC_MAX_DRAWDOWN_PCT, worst * 100);
    set(m, NJ_METRIC_MAX_DRAWDOWN_DURATION_DAYS, (double)longest / (double)DAY_NS);
    set(m, NJ_METRIC_AVG_DRAWDOWN_PCT,
        episodes ? nj_sum_value(depths) / (double)episodes * 100 : 0);
}

static double result_of(const struct nj_metrics_input *in, size_t i)
{
    return in->periods ? in->curve.equity[i + 1] - in->curve.equity[i] : in->trades[i].pnl;
}

static void of_trades(const struct nj_metrics_input *in, struct nj_metrics *m)
{
    size_t n = in->periods ? (in->curve.n ? in->curve.n - 1 : 0) : in->n_trades;
    size_t wins = 0, losses = 0;
    struct nj_sum won = nj_sum_of(0), lost = nj_sum_of(0);
    double best = 0, worst = 0;
    for (size_t i = 0; i < n; i++) {
        double pnl = result_of(in, i);
        if (pnl > 0) {
            wins++;
            won = nj_sum_plus(won, nj_sum_of(pnl));
            best = pnl > best ? pnl : best;
        } else if (pnl < 0) {
            losses++;
            lost = nj_sum_plus(lost, nj_sum_of(pnl));
            worst = pnl < worst ? pnl : worst;
        }
    }
    double profit = nj_sum_value(won), loss = nj_sum_value(lost);
    set(m, NJ_METRIC_NUM_TRADES, (double)n);
    if (n > 0) {
        set(m, NJ_METRIC_WIN_RATE, (double)wins / (double)n);
        set(m, NJ_METRIC_EXPECTANCY, nj_sum_value(nj_sum_plus(won, lost)) / (double)n);
    }
    if (wins > 0) {
        set(m, NJ_METRIC_AVG_WIN, profit / (double)wins);
        set(m, NJ_METRIC_LARGEST_WIN, best);
    }
    if (losses > 0) {
        set(m, NJ_METRIC_PROFIT_FACTOR, profit / -loss);
        set(m, NJ_METRIC_AVG_LOSS, loss / (double)losses);
        set(m, NJ_METRIC_LARGEST_LOSS, worst);
    }
}

static void of_ends(const struct nj_metrics_input *in, struct nj_metrics *m)
{
    const struct nj_curve *c = &in->curve;
    double last = c->n ? c->equity[c->n - 1] : in->initial;
    set(m, NJ_METRIC_TOTAL_RETURN_PCT, (last / in->initial - 1) * 100);
    int64_t elapsed = c->n ? c->ts_ns[c->n - 1] - c->ts_ns[0] : 0;
    if (elapsed >= DAY_NS && c->equity[0] > 0) {
        double growth = last > 0 ? last / c->equity[0] : 0;
        double a = pow(growth, YEAR_DAYS * (double)DAY_NS / (double)elapsed) - 1;
        double depth = m->value[NJ_METRIC_MAX_DRAWDOWN_PCT];
        set(m, NJ_METRIC_ANNUAL_RETURN_PCT, a * 100);
        if (depth < 0)
            set(m, NJ_METRIC_CALMAR_RATIO, a * 100 / -depth);
    }
    set(m, NJ_METRIC_EXPOSURE_PCT, in->exposed * 100);
    double mean = c->n ? sum_of(c->equity, c->n) / (double)c->n : 0;
    set(m, NJ_METRIC_TURNOVER, mean > 0 ? in->traded_notional / mean : NAN);
    set(m, NJ_METRIC_FEES_PAID, in->fees);
    set(m, NJ_METRIC_SLIPPAGE_PAID, in->slippage);
}

/* ---- all of them ---- */

static int check(const struct nj_metrics_input *in, struct nj_error *err)
{
    const struct nj_curve *c = &in->curve;
    if (!(in->initial > 0) || !isfinite(in->initial))
        return nj_error_set(err, NJ_ERR_INPUT, "metrics: initial capital %.17g: expected above 0",
                            in->initial);
    if (!(in->periods_per_year > 0) || !isfinite(in->periods_per_year))
        return nj_error_set(err, NJ_ERR_INPUT, "metrics: periods a year %.17g: expected above 0",
                            in->periods_per_year);
    if (!isfinite(in->risk_free))
        return nj_error_set(err, NJ_ERR_INPUT, "metrics: risk-free rate %.17g: expected a number",
                            in->risk_free);
    for (size_t i = 0; i < c->n; i++) {
        if (!isfinite(c->equity[i]))
            return nj_error_set(err, NJ_ERR_INPUT, "metrics: equity of point %zu is no number",
                                i + 1);
        if (i > 0 && c->ts_ns[i] <= c->ts_ns[i - 1])
            return nj_error_set(err, NJ_ERR_INPUT,
                                "metrics: point %zu at %lld is not after the one before", i + 1,
                                (long long)c->ts_ns[i]);
    }
    int64_t span;
    if (c->n > 0 && __builtin_sub_overflow(c->ts_ns[c->n - 1], c->ts_ns[0], &span))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "metrics: the last point is more than 292 years after the first");
    for (size_t i = 0; i < in->n_trades && !in->periods; i++)
        if (!isfinite(in->trades[i].pnl))
            return nj_error_set(err, NJ_ERR_INPUT, "metrics: result of trade %zu is no number",
                                i + 1);
    return 0;
}

int nj_metrics_of(const struct nj_metrics_input *input, struct nj_metrics *out,
                  struct nj_error *err)
{
    double *r, periods = input->periods_per_year;
    size_t n;
    for (int i = 0; i < NJ_METRIC_COUNT; i++)
        out->value[i] = NAN;
    int rc = check(input, err);
    if (rc == 0)
        rc = nj_daily_returns(&input->curve, &r, NULL, &n, &periods, err);
    if (rc != 0)
        return rc;
    of_returns(r, n, periods, input->risk_free, out);
    of_tails(r, n, out);
    free(r);
    of_drawdowns(&input->curve, input->initial, out);
    of_trades(input, out);
    of_ends(input, out);
    return 0;
}
