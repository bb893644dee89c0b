#include "market/rolling.h"

#include <stdlib.h>
#include <string.h>

bool nj_rolling_init(struct nj_rolling *r, size_t size)
{
    *r = (struct nj_rolling){.size = size};
    r->ring = calloc(size, sizeof *r->ring);
    r->sorted = calloc(size, sizeof *r->sorted);
    if (r->ring && r->sorted)
        return true;
    nj_rolling_free(r);
    return false;
}

void nj_rolling_free(struct nj_rolling *r)
{
    free(r->ring);
    free(r->sorted);
    *r = (struct nj_rolling){0};
}

/* The first place whose value is not below v. */
static size_t place_of(const struct nj_rolling *r, double v)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (r->sorted[mid] < v)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

void nj_rolling_add(struct nj_rolling *r, double v)
{
    if (r->n == r->size) {
        size_t gone = place_of(r, r->ring[r->next]);
        r->n--;
        memmove(r->sorted + gone, r->sorted + gone + 1, (r->n - gone) * sizeof *r->sorted);
    }
    size_t at = place_of(r, v);
    memmove(r->sorted + at + 1, r->sorted + at, (r->n - at) * sizeof *r->sorted);
    r->sorted[at] = v;
    r->n++;
    r->ring[r->next] = v;
    r->next = (r->next + 1) % r->size;
}

double nj_rolling_median(const struct nj_rolling *r)
{
    double low = r->sorted[(r->n - 1) / 2], high = r->sorted[r->n / 2];
    return r->n % 2 ? low : (low + high) / 2;
}

void nj_rolling_deviations(const struct nj_rolling *r, double center, double *median, double *p90)
{
    /* Deviations grow to both sides of the center: two fingers take them in order of size. */
    size_t right = place_of(r, center), left = right;
    size_t first = (r->n - 1) / 2, second = r->n / 2, last = (9 * r->n + 9) / 10 - 1;
    double at_first = 0, v = 0;
    last = last < second ? second : last;
    for (size_t i = 0; i <= last; i++) {
        bool take_left =
            left > 0 && (right == r->n || center - r->sorted[left - 1] < r->sorted[right] - center);
        v = take_left ? center - r->sorted[--left] : r->sorted[right++] - center;
        if (i == first)
            at_first = v;
        if (i == second)
            *median = first == second ? v : (at_first + v) / 2;
    }
    *p90 = v;
}
