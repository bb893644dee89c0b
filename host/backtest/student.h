/* student.h - Student's t: how likely a value as far from 0 is by chance. Pure. */
#ifndef NJ_BACKTEST_STUDENT_H
#define NJ_BACKTEST_STUDENT_H

/* The two-sided p-value of t with df > 0 degrees of freedom: P(|T| >= |t|), 0 to 1; NaN where an
 * argument is not finite. By the regularised incomplete beta function I_x(df/2, 1/2) at
 * x = df / (df + t^2) (M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions (1964),
 * 26.7.1), as the continued fraction 26.5.8 evaluated by Lentz's method (W. J. Lentz, Applied
 * Optics 15 (1976)); good to 1e-13. */
double nj_student_p(double t, double df);

#endif
