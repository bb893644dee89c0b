"""Every metric of doc/metrics.md, again, with the standard library: an implementation of its own, for tests. A curve is a list of
(ts_ns, equity); nothing here knows of the program's."""
import math
import statistics

DAY = 86400 * 10 ** 9


def daily(curve, periods_per_year):
    """The equities from which returns are taken, and the periods in a year: the first, then the last of each UTC day (of ts - 1 ns);
    under three of them all points, with the periods of their median distance."""
    ends = {}
    for at, (ts, _) in enumerate(curve):
        ends[(ts - 1) // DAY] = at
    chosen = sorted(set([0] if curve else []) | set(ends.values()))
    if len(chosen) < 3:
        chosen = list(range(len(curve)))
        if len(curve) > 1:
            periods_per_year = 365 * DAY / statistics.median([b[0] - a[0] for a, b in zip(curve, curve[1:])])
    return [curve[at][1] for at in chosen], periods_per_year


def quantile(values, q):
    """Linear between neighbours, as numpy's default."""
    values = sorted(values)
    at = q * (len(values) - 1)
    low = math.floor(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (at - low) * (values[high] - values[low])


def drawdowns(curve, initial):
    """(depth, ns from the peak until it was reached again or the end) of each."""
    found, peak, peak_ts, lowest = [], initial, curve[0][0], None
    for ts, equity in curve:
        if equity < peak * (1 - 1e-13):
            lowest = equity if lowest is None else min(lowest, equity)
            continue
        if lowest is not None:
            found.append((lowest / peak - 1, ts - peak_ts))
        peak, peak_ts, lowest = max(peak, equity), ts, None
    if lowest is not None:
        found.append((lowest / peak - 1, curve[-1][0] - peak_ts))
    return found


def of_returns(r, periods, risk_free):
    n, out = len(r), {}
    flat = all(abs(x - r[0]) <= 1e-14 for x in r)
    mean = statistics.fmean(r) if r else 0.0
    sd = 0.0 if flat or n < 2 else statistics.stdev(r)
    rf = risk_free / periods
    out["sharpe_ratio"] = (mean - rf) / sd * math.sqrt(periods) if sd else 0.0
    down = math.sqrt(math.fsum((x - rf) ** 2 for x in r if x - rf < -1e-14) / n) if r else 0.0
    if flat and (not r or abs(r[0]) <= 1e-14):
        out["sortino_ratio"] = 0.0
    else:
        out["sortino_ratio"] = (mean - rf) / down * math.sqrt(periods) if down else None
    out["volatility_annual_pct"] = sd * math.sqrt(periods) * 100
    z = [(x - mean) / sd if sd else 0.0 for x in r]
    out["skew"] = n / ((n - 1) * (n - 2)) * math.fsum(x ** 3 for x in z) if n > 2 else None
    out["kurtosis"] = None
    if n > 3:
        out["kurtosis"] = (n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * math.fsum(x ** 4 for x in z)
                           - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))) if sd else 0.0
    out["var_95_pct"] = out["cvar_95_pct"] = out["tail_ratio"] = None
    if r:
        low, high = quantile(r, 0.05), quantile(r, 0.95)
        tail = [x for x in r if x <= low + 1e-14]
        out["var_95_pct"], out["cvar_95_pct"] = low * 100, statistics.fmean(tail) * 100
        out["tail_ratio"] = abs(high) / abs(low) if abs(low) > 1e-14 else None
    return out


def of_trades(results):
    wins, losses = [c for c in results if c > 0], [c for c in results if c < 0]
    return {"num_trades": len(results),
            "win_rate": len(wins) / len(results) if results else None,
            "profit_factor": math.fsum(wins) / -math.fsum(losses) if losses else None,
            "avg_win": math.fsum(wins) / len(wins) if wins else None,
            "avg_loss": math.fsum(losses) / len(losses) if losses else None,
            "largest_win": max(wins, default=None),
            "largest_loss": min(losses, default=None),
            "expectancy": math.fsum(results) / len(results) if results else None}


def metrics(curve, initial, results=None, exposed=None, notional=None, fees=None, slippage=None, periods_per_year=365.0, risk_free=0.0):
    """results: profits of the trades; None: the changes between points take their place. exposed: points with a position."""
    points, periods = daily(curve, periods_per_year)
    out = of_returns([b / a - 1 if a > 0 else 0.0 for a, b in zip(points, points[1:])], periods, risk_free)
    falls = drawdowns(curve, initial)
    out["max_drawdown_pct"] = min((depth for depth, _ in falls), default=0.0) * 100
    out["avg_drawdown_pct"] = statistics.fmean(depth for depth, _ in falls) * 100 if falls else 0.0
    out["max_drawdown_duration_days"] = max((ns for _, ns in falls), default=0) / DAY
    out["total_return_pct"] = (curve[-1][1] / initial - 1) * 100
    elapsed = curve[-1][0] - curve[0][0]
    out["annual_return_pct"] = out["calmar_ratio"] = None
    if elapsed >= DAY and curve[0][1] > 0:
        try:
            annual = ((max(curve[-1][1], 0) / curve[0][1]) ** (365 * DAY / elapsed) - 1) * 100
        except OverflowError:
            annual = None
        out["annual_return_pct"] = annual
        if out["max_drawdown_pct"] < 0 and annual is not None:
            out["calmar_ratio"] = annual / abs(out["max_drawdown_pct"])
    out.update(of_trades([b[1] - a[1] for a, b in zip(curve, curve[1:])] if results is None else results))
    out["exposure_pct"] = exposed / len(curve) * 100 if exposed is not None else None
    out["turnover"] = notional / (math.fsum(e for _, e in curve) / len(curve)) if notional is not None else None
    out["fees_paid"], out["slippage_paid"] = fees, slippage
    return out


def close(a, b, tolerance=1e-9):
    """Equal to a relative tolerance, nulls to nulls only."""
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance / 100)
