#include "backtest/thin.h"

size_t nj_thin(const double *values, size_t n, size_t most, size_t *kept)
{
    size_t k = 0;
    if (most < NJ_THIN_LEAST)
        most = NJ_THIN_LEAST;
    if (n <= most) {
        for (; k < n; k++)
            kept[k] = k;
        return n;
    }
    /* The ends by themselves; what is between in stretches whose lengths differ by one at most. */
    size_t inner = n - 2, stretches = (most - 2) / 2;
    kept[k++] = 0;
    for (size_t s = 0; s < stretches; s++) {
        size_t from = 1 + inner / stretches * s + inner % stretches * s / stretches;
        size_t to = 1 + inner / stretches * (s + 1) + inner % stretches * (s + 1) / stretches;
        size_t low = from, high = from;
        double least = values[from], greatest = least;
        for (size_t i = from + 1; i < to; i++) {
            double v = values[i];
            if (v < least) {
                least = v;
                low = i;
            } else if (v > greatest) {
                greatest = v;
                high = i;
            }
        }
        kept[k++] = low < high ? low : high;
        if (low != high)
            kept[k++] = low < high ? high : low;
    }
    kept[k++] = n - 1;
    return k;
}
