#include "backtest/sweep_figures.h"

#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST 3u /* neighbours that say something; with one axis of numbers, one at its end */

/* ---- the median ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double nj_sweep_median(double *values, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        double v = values[i];
        if (isnan(v))
            continue;
        values[i] = values[k];
        values[k++] = v;
    }
    if (k == 0)
        return NAN;
    qsort(values, k, sizeof *values, by_value);
    return k % 2 ? values[k / 2] : values[k / 2 - 1] / 2 + values[k / 2] / 2;
}

/* ---- what stands beside the best ---- */

/* The values of an axis of numbers in their order. */
struct axis_order {
    uint32_t *step;   /* of each value; NULL: not all are numbers */
    uint64_t n_steps; /* values that differ */
};

struct placed {
    double v;
    uint64_t place;
};

static int by_number(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return (x->v > y->v) - (x->v < y->v);
}

static int order_axis(const struct nj_space *space, uint32_t axis, struct axis_order *out,
                      struct nj_error *err)
{
    uint64_t n = nj_space_values(space, axis), steps = 0;
    char text[NJ_SPACE_TEXT];
    struct placed *values = malloc((n + 1) * sizeof *values);
    uint32_t *step = malloc((n + 1) * sizeof *step);
    bool numbers = values && step;
    for (uint64_t i = 0; i < n && numbers; i++) {
        nj_space_value(space, axis, i, text);
        size_t len = strlen(text);
        values[i].place = i;
        numbers = njord_parse_f64(text, len, &values[i].v) == len;
    }
    if (numbers)
        qsort(values, n, sizeof *values, by_number);
    for (uint64_t i = 0; i < n && numbers; i++) {
        steps += i > 0 && values[i].v > values[i - 1].v;
        step[values[i].place] = (uint32_t)steps;
    }
    *out = (struct axis_order){numbers ? step : NULL, steps + 1};
    if (!numbers)
        free(step);
    int rc = values && step ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory");
    free(values);
    return rc;
}

/* How far a set is: steps at most on an axis, and the same as a share of the axis. */
struct distance {
    uint64_t steps;
    double share;
};

static struct distance distance_of(const struct axis_order *orders, uint32_t n_axes,
                                   const uint64_t *a, const uint64_t *b)
{
    struct distance d = {0, 0};
    for (uint32_t i = 0; i < n_axes; i++) {
        uint64_t steps = a[i] == b[i] ? 0 : 2;
        double share = a[i] == b[i] ? 0 : 1;
        if (orders[i].step && steps > 0) {
            uint32_t x = orders[i].step[a[i]], y = orders[i].step[b[i]];
            steps = x > y ? x - y : y - x;
            share = orders[i].n_steps > 1 ? (double)steps / (double)(orders[i].n_steps - 1) : 0;
        }
        d.steps = steps > d.steps ? steps : d.steps;
        d.share = share > d.share ? share : d.share;
    }
    return d;
}

struct near {
    double share, key;
    uint64_t set;
};

static bool nearer(const struct near *a, const struct near *b)
{
    return a->share != b->share ? a->share < b->share : a->set < b->set;
}

/* Into a list of at most NJ_NEAREST, the nearest first. */
static void keep_near(struct near *list, uint32_t *n, struct near one)
{
    uint32_t at = *n;
    while (at > 0 && nearer(&one, &list[at - 1]))
        at--;
    if (at == NJ_NEAREST)
        return;
    uint32_t last = *n < NJ_NEAREST ? *n : NJ_NEAREST - 1;
    memmove(&list[at + 1], &list[at], (last - at) * sizeof *list);
    list[at] = one;
    *n = last + 1;
}

static void sum_up(struct nj_neighbours *out, double *values, size_t n, double own, double middle,
                   int better)
{
    out->n = n;
    out->median = nj_sweep_median(values, n); /* and sorted */
    out->worst = n ? values[better > 0 ? 0 : n - 1] : (double)NAN;
    out->best = n ? values[better > 0 ? n - 1 : 0] : (double)NAN;
    out->share =
        (own - middle) * better > 0 ? (out->median - middle) / (own - middle) : (double)NAN;
}

int nj_sweep_neighbours(const struct nj_space *space, const uint64_t *sets, const double *keys,
                        uint64_t n, uint64_t at, double middle, int better,
                        struct nj_neighbours *out, struct nj_error *err)
{
    struct axis_order orders[NJ_SPACE_AXES] = {{0}};
    uint64_t own[NJ_SPACE_AXES], other[NJ_SPACE_AXES], found = 0;
    uint32_t n_axes = nj_space_axes(space), n_list = 0, n_ordered = 0;
    struct near list[NJ_NEAREST];
    double *values = malloc((n + 1) * sizeof *values);
    int rc = values ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory");
    *out = (struct nj_neighbours){.median = NAN, .worst = NAN, .best = NAN, .share = NAN};
    for (uint32_t i = 0; i < n_axes && rc == 0; i++)
        rc = order_axis(space, i, &orders[i], err);
    for (uint32_t i = 0; i < n_axes; i++)
        n_ordered += orders[i].step && orders[i].n_steps > 1;
    if (rc == 0)
        nj_space_places(space, sets[at], own);
    for (uint64_t i = 0; i < n && rc == 0; i++) {
        if (i == at || isnan(keys[i]))
            continue;
        nj_space_places(space, sets[i], other);
        struct distance d = distance_of(orders, n_axes, own, other);
        if (d.steps <= 1)
            values[found++] = keys[i];
        keep_near(list, &n_list, (struct near){d.share, keys[i], sets[i]});
    }
    out->nearest = rc == 0 && found < (n_ordered > 1 ? LEAST : n_ordered);
    for (uint32_t i = 0; i < n_list && out->nearest; i++)
        values[i] = list[i].key;
    if (rc == 0)
        sum_up(out, values, out->nearest ? n_list : found, keys[at], middle, better);
    for (uint32_t i = 0; i < n_axes; i++)
        free(orders[i].step);
    free(values);
    return rc;
}

/* ---- columns ---- */

const struct nj_packing nj_packing_fine = {7, 5, 59};   /* 2 (59 x 9,000,000 + 1) + 1 < 2^30 */
const struct nj_packing nj_packing_coarse = {4, 3, 14}; /* 2 (14 x 9,000 + 1) + 1 < 2^18 */

void nj_sweep_put_code(struct nj_buf *out, uint64_t code, uint32_t width)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char text[11];
    for (uint32_t i = width; i-- > 0; code >>= 6)
        text[i] = digits[code & 63];
    nj_buf_add(out, text, width);
}

uint32_t nj_sweep_code_width(uint64_t n)
{
    uint32_t width = 1;
    while (width < 10 && n > UINT64_C(1) << (6 * width))
        width++;
    return width;
}

/* A number rounded: its digits as an integer (0 of 0) and its power of ten. */
static int64_t digits_of(const struct nj_packing *p, double value, int32_t *power)
{
    char text[40];
    int64_t whole = 0;
    snprintf(text, sizeof text, "%.*e", (int)p->digits - 1, fabs(value));
    const char *at = text;
    for (; *at && *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            whole = whole * 10 + (*at - '0');
    *power = *at ? (int32_t)strtol(at + 1, NULL, 10) : 0;
    return whole;
}

int32_t nj_packing_top(const struct nj_packing *p, const double *values, size_t n)
{
    int32_t top = INT32_MIN;
    for (size_t i = 0; i < n; i++) {
        int32_t power;
        if (isfinite(values[i]) && values[i] != 0 && digits_of(p, values[i], &power) > 0 &&
            power > top)
            top = power;
    }
    return top == INT32_MIN ? 0 : top;
}

uint64_t nj_packing_code(const struct nj_packing *p, int32_t top, double value)
{
    uint64_t tens = 1;
    int32_t power;
    if (!isfinite(value))
        return (UINT64_C(1) << (6 * p->width)) - 1;
    int64_t whole = digits_of(p, value, &power);
    int32_t above = power - (top - p->span + 1);
    if (whole == 0 || above < 0)
        return 0;
    for (uint32_t i = 1; i < p->digits; i++)
        tens *= 10;
    return 2 * (1 + (uint64_t)above * 9 * tens + (uint64_t)whole - tens) + (value < 0);
}
