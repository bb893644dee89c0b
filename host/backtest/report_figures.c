#include "backtest/report_figures.h"

#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_NS INT64_C(86400000000000)

static int no_memory(struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory");
}

/* ---- months ---- */

static int64_t day_of(int64_t ts_ns)
{
    int64_t t = ts_ns == INT64_MIN ? ts_ns : ts_ns - 1; /* midnight belongs to the day that ends */
    return t / DAY_NS - (t % DAY_NS < 0);
}

/* Of a day since 1970-01-01, in the proleptic Gregorian calendar. */
static void month_of(int64_t day, int32_t *year, int32_t *month)
{
    /* Eras of 400 years from 0000-03-01, where the leap day ends a year: H. Hinnant,
     * chrono-Compatible Low-Level Date Algorithms (2013). */
    int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *month = (int32_t)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int32_t)(yoe + era * 400 + (*month <= 2));
}

int nj_report_months(const struct nj_curve *curve, double initial, struct nj_month **out, size_t *n,
                     struct nj_error *err)
{
    size_t cap = 0;
    int64_t day = INT64_MIN;
    int32_t year = 0, month = 0;
    double before = initial;
    *out = NULL;
    *n = 0;
    for (size_t i = 0; i < curve->n; i++) {
        if (i == 0 || day_of(curve->ts_ns[i]) != day) {
            day = day_of(curve->ts_ns[i]);
            month_of(day, &year, &month);
        }
        struct nj_month *last = *n ? &(*out)[*n - 1] : NULL;
        if (!last || last->year != year || last->month != month) {
            if (i > 0)
                before = curve->equity[i - 1];
            if (*n == cap) {
                cap = cap ? 2 * cap : 64;
                struct nj_month *more = realloc(*out, cap * sizeof *more);
                if (!more) {
                    free(*out);
                    *out = NULL;
                    *n = 0;
                    return no_memory(err);
                }
                *out = more;
            }
            last = &(*out)[(*n)++];
            *last = (struct nj_month){year, month, 0};
        }
        last->ret = before > 0 ? curve->equity[i] / before - 1 : 0;
    }
    return 0;
}

/* ---- trades ---- */

#define NONE SIZE_MAX

struct lot {
    double qty, price; /* qty signed */
    size_t next;       /* of its symbol; NONE: the last */
};

/* A symbol's open lots, oldest first. */
struct holding {
    char symbol[NJORD_SYMBOL_SIZE];
    size_t first, last;
};

struct matching {
    struct lot *lots; /* one a fill at most */
    size_t n;
    struct holding *holdings;
    size_t n_holdings;
};

static struct holding *holding_of(struct matching *m, const char *symbol)
{
    for (size_t i = 0; i < m->n_holdings; i++)
        if (strcmp(m->holdings[i].symbol, symbol) == 0)
            return &m->holdings[i];
    struct holding *h = &m->holdings[m->n_holdings++];
    *h = (struct holding){"", NONE, NONE};
    snprintf(h->symbol, sizeof h->symbol, "%s", symbol);
    return h;
}

/* Closes what it can of qty against open lots on the other side; returns what is left of it, and in
 * *cost what the closed lots were bought (or sold) for. */
static double close_lots(struct matching *m, struct holding *h, double qty, double *cost)
{
    double whole = fabs(qty);
    *cost = 0;
    while (h->first != NONE && qty != 0 && (m->lots[h->first].qty > 0) != (qty > 0)) {
        struct lot *lot = &m->lots[h->first];
        double part = fmin(fabs(qty), fabs(lot->qty));
        *cost += part * lot->price;
        lot->qty += qty > 0 ? part : -part;
        qty -= qty > 0 ? part : -part;
        /* What sums of doubles leave behind is no position: steps are larger by far. */
        if (fabs(qty) < 1e-9 * whole)
            qty = 0;
        if (fabs(lot->qty) >= 1e-9 * whole)
            break;
        h->first = lot->next;
    }
    return qty;
}

static void open_lot(struct matching *m, struct holding *h, double qty, double price)
{
    m->lots[m->n] = (struct lot){qty, price, NONE};
    if (h->first == NONE)
        h->first = m->n;
    else
        m->lots[h->last].next = m->n;
    h->last = m->n++;
}

int nj_report_trade_returns(const struct nj_bt_outcome *o, double **out, bool *matched,
                            struct nj_error *err)
{
    struct matching m = {.lots = calloc(o->n_fills + 1, sizeof *m.lots),
                         .holdings = calloc(o->n_fills + 1, sizeof *m.holdings)};
    size_t closed = 0;
    *out = malloc((o->n_trades + 1) * sizeof **out);
    *matched = m.lots && m.holdings && *out;
    int rc = *matched ? 0 : no_memory(err);
    for (size_t i = 0; i < o->n_fills && *matched; i++) {
        njord_fill room;
        const njord_fill *f = nj_bt_fill_at(o, i, &room);
        struct holding *h = holding_of(&m, f->symbol);
        double cost;
        double left = close_lots(&m, h, f->side == NJORD_SIDE_BUY ? f->qty : -f->qty, &cost);
        if (cost > 0) {
            *matched = closed < o->n_trades && o->trades[closed].ts_ns == f->ev.ts_ns;
            if (*matched)
                (*out)[closed] = o->trades[closed].pnl / cost;
            closed++;
        }
        if (left != 0)
            open_lot(&m, h, left, f->price);
    }
    *matched = *matched && closed == o->n_trades;
    if (!*matched) {
        free(*out);
        *out = NULL;
    }
    free(m.lots);
    free(m.holdings);
    return rc;
}

/* ---- the histogram ---- */

#define HISTOGRAM_MOST 1e290

/* The least of 1, 2, 5 x 10^k that is v or more. */
static double nice(double v)
{
    double power = 1;
    while (power > v && power > 1e-300)
        power /= 10;
    while (power * 10 <= v && power < 1e300)
        power *= 10;
    return v <= power       ? power
           : v <= 2 * power ? 2 * power
           : v <= 5 * power ? 5 * power
                            : 10 * power;
}

void nj_report_histogram(const double *values, size_t n, struct nj_histogram *out)
{
    double low = 0, high = 0;
    *out = (struct nj_histogram){0};
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        if (!(fabs(values[i]) < HISTOGRAM_MOST))
            return; /* beyond what bins can be cut from */
    }
    low = high = values[0];
    for (size_t i = 1; i < n; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    double span = high - low;
    double width = span > 0 ? nice(span / 30) : nice(fabs(low) > 0 ? fabs(low) / 5 : 1);
    double first = floor(low / width), last = floor(high / width);
    out->width = width;
    out->low = first * width;
    out->n = (size_t)(last - first) + 1;
    if (out->n > NJ_HISTOGRAM_BINS)
        out->n = NJ_HISTOGRAM_BINS;
    for (size_t i = 0; i < n; i++) {
        size_t bin = (size_t)(floor(values[i] / width) - first);
        out->count[bin < out->n ? bin : out->n - 1]++;
    }
}

/* ---- days ---- */

int nj_report_rolling_sharpe(const struct nj_curve *curve, double periods_per_year,
                             double risk_free, int64_t **ts_ns, double **values, size_t *n,
                             struct nj_error *err)
{
    double *r = NULL, periods = periods_per_year;
    int32_t *days = NULL;
    size_t count;
    *ts_ns = NULL;
    *values = NULL;
    *n = 0;
    int rc = nj_daily_returns(curve, &r, &days, &count, &periods, err);
    if (rc != 0)
        return rc;
    /* Fewer than three days: the returns are those between points, and nothing rolls over days. */
    if (count < NJ_ROLLING_LEAST || days[count - 1] - days[0] < 2) {
        free(r);
        free(days);
        return 0;
    }
    *ts_ns = malloc(count * sizeof **ts_ns);
    *values = malloc(count * sizeof **values);
    if (!*ts_ns || !*values)
        rc = no_memory(err);
    for (size_t end = NJ_ROLLING_LEAST; rc == 0 && end <= count; end++) {
        size_t from = end > NJ_ROLLING_DAYS ? end - NJ_ROLLING_DAYS : 0, k = end - from;
        double sum = 0, squares = 0;
        bool flat = true;
        for (size_t i = from; i < end; i++) {
            sum += r[i];
            flat = flat && r[i] == r[from];
        }
        double mean = sum / (double)k;
        for (size_t i = from; i < end; i++)
            squares += (r[i] - mean) * (r[i] - mean);
        double sd = sqrt(squares / (double)(k - 1));
        (*ts_ns)[*n] = ((int64_t)days[end - 1] + 1) * DAY_NS;
        (*values)[(*n)++] = !flat && sd > 0 ? (mean - risk_free / periods) / sd * sqrt(periods) : 0;
    }
    free(r);
    free(days);
    if (rc != 0) {
        free(*ts_ns);
        free(*values);
        *ts_ns = NULL;
        *values = NULL;
    }
    return rc;
}

void nj_report_drawdown(const struct nj_curve *curve, double initial, double *out)
{
    double peak = initial;
    for (size_t i = 0; i < curve->n; i++) {
        if (curve->equity[i] > peak)
            peak = curve->equity[i];
        out[i] = peak > 0 ? (curve->equity[i] / peak - 1) * 100 : 0;
    }
}
