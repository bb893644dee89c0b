#include "backtest/student.h"

#include <math.h>

#define TINY     1e-300
#define ENOUGH   1e-16
#define MAX_TURN 10000

/* The continued fraction of I_x(a, b); converges fast for x < (a + 1) / (a + b + 2). */
static double fraction_of(double x, double a, double b)
{
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < TINY ? TINY : d);
    double value = d;
    for (int m = 1; m <= MAX_TURN; m++) {
        double k = m, even = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
        double odd = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
        double step = 1;
        for (int half = 0; half < 2; half++) {
            double part = half ? odd : even;
            d = 1 + part * d;
            c = 1 + part / c;
            d = 1 / (fabs(d) < TINY ? TINY : d);
            c = fabs(c) < TINY ? TINY : c;
            step = c * d;
            value *= step;
        }
        if (fabs(step - 1) < ENOUGH)
            break;
    }
    return value;
}

/* I_x(a, b), with y = 1 - x given apart: near 1 the difference would be lost. */
static double beta_of(double x, double y, double a, double b)
{
    int sign;
    if (x <= 0)
        return 0;
    if (y <= 0)
        return 1;
    double front = exp(lgamma_r(a + b, &sign) - lgamma_r(a, &sign) - lgamma_r(b, &sign) +
                       a * log(x) + b * log(y));
    if (x < (a + 1) / (a + b + 2))
        return front * fraction_of(x, a, b) / a;
    return 1 - front * fraction_of(y, b, a) / b;
}

double nj_student_p(double t, double df)
{
    if (!isfinite(t) || !isfinite(df) || df <= 0)
        return NAN;
    double square = t * t;
    if (!isfinite(square))
        return 0;
    double p = beta_of(df / (df + square), square / (df + square), df / 2, 0.5);
    return p < 0 ? 0 : p > 1 ? 1 : p;
}
