#!/usr/bin/env python3
"""njord metrics against an implementation of its own: every metric of doc/semantics.md worked out here with the standard library, over
random walks, flat, rising and falling curves, one and two points, across midnight and within a day. Agreement to 1e-9, and in what is
null. Then the shapes of its input, and what it refuses."""
import bisect
import json
import math
import os
import random
import statistics
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import njord  # noqa: E402
from njordtest import check, equal  # noqa: E402

DAY = 86400 * 10 ** 9
MINUTE = 60 * 10 ** 9
START = 18628 * DAY  # 2021-01-01


# ---- the definitions, again --------------------------------------------------------------------------------------------------------

def daily(curve, periods_per_year):
    """The points from which returns are taken, and the periods in a year: the first, then the last of each UTC day (of ts - 1 ns);
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
        if equity < peak:
            lowest = equity if lowest is None else min(lowest, equity)
            continue
        if lowest is not None:
            found.append((lowest / peak - 1, ts - peak_ts))
        peak, peak_ts, lowest = equity, ts, None
    if lowest is not None:
        found.append((lowest / peak - 1, curve[-1][0] - peak_ts))
    return found


def metrics(curve, initial, periods_per_year=365.0, risk_free=0.0):
    points, periods = daily(curve, periods_per_year)
    r = [b / a - 1 for a, b in zip(points, points[1:])]
    n, out = len(r), {}
    flat = all(x == r[0] for x in r)
    mean = statistics.fmean(r) if r else 0.0
    sd = 0.0 if flat or n < 2 else statistics.stdev(r)
    rf = risk_free / periods
    out["sharpe_ratio"] = (mean - rf) / sd * math.sqrt(periods) if sd else 0.0
    down = math.sqrt(math.fsum(min(x - rf, 0) ** 2 for x in r) / n) if r else 0.0
    if down:
        out["sortino_ratio"] = (mean - rf) / down * math.sqrt(periods)
    else:
        out["sortino_ratio"] = 0.0 if flat and (not r or r[0] == 0) else None
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
        tail = sorted(r)[:bisect.bisect_right(sorted(r), low)] or [min(r)]
        out["var_95_pct"], out["cvar_95_pct"] = low * 100, statistics.fmean(tail) * 100
        out["tail_ratio"] = abs(high) / abs(low) if low else None

    falls = drawdowns(curve, initial)
    out["max_drawdown_pct"] = min((depth for depth, _ in falls), default=0.0) * 100
    out["avg_drawdown_pct"] = statistics.fmean(depth for depth, _ in falls) * 100 if falls else 0.0
    out["max_drawdown_duration_days"] = max((ns for _, ns in falls), default=0) / DAY
    out["total_return_pct"] = (curve[-1][1] / initial - 1) * 100
    elapsed = curve[-1][0] - curve[0][0]
    out["annual_return_pct"] = out["calmar_ratio"] = None
    if elapsed >= DAY:
        annual = ((curve[-1][1] / curve[0][1]) ** (365 * DAY / elapsed) - 1) * 100
        out["annual_return_pct"] = annual
        if out["max_drawdown_pct"] < 0:
            out["calmar_ratio"] = annual / abs(out["max_drawdown_pct"])

    changes = [b[1] - a[1] for a, b in zip(curve, curve[1:])]
    wins, losses = [c for c in changes if c > 0], [c for c in changes if c < 0]
    out["num_trades"] = len(changes)
    out["win_rate"] = len(wins) / len(changes) if changes else None
    out["profit_factor"] = math.fsum(wins) / -math.fsum(losses) if losses else None
    out["avg_win"] = math.fsum(wins) / len(wins) if wins else None
    out["avg_loss"] = math.fsum(losses) / len(losses) if losses else None
    out["largest_win"] = max(wins, default=None)
    out["largest_loss"] = min(losses, default=None)
    out["expectancy"] = math.fsum(changes) / len(changes) if changes else None
    for name in ("exposure_pct", "turnover", "fees_paid", "slippage_paid"):  # of a bare curve nobody knows
        out[name] = None
    return out


# ---- curves ------------------------------------------------------------------------------------------------------------------------

def walk(seed, n, step_ns, sigma=0.002, gaps=False, start=START):
    rng = random.Random(seed)
    ts, equity, out = start, 10000.0, []
    for _ in range(n):
        ts += step_ns * (rng.choice((1, 1, 1, 2, 40)) if gaps else 1)
        equity *= math.exp(rng.gauss(0, sigma))
        out.append((ts, round(equity, 6)))
    return out


CURVES = {
    "hours of a month": walk(1, 720, 60 * MINUTE),
    "minutes of three days, with gaps": walk(2, 2500, MINUTE, gaps=True),
    "days of two years": walk(3, 730, DAY, sigma=0.03),
    "minutes of half a day": walk(4, 700, MINUTE),
    "across midnight": walk(5, 30, MINUTE, start=START + DAY - 15 * MINUTE),
    "three minutes around midnight": [(START + DAY - 1, 100.0), (START + DAY, 101.0), (START + DAY + 1, 99.0), (START + DAY + 2, 99.5)],
    "flat": [(START + i * 60 * MINUTE, 5000.0) for i in range(1, 200)],
    "flat, then up": [(START + i * DAY, 100.0 if i < 8 else 110.0) for i in range(1, 12)],
    "falling": [(START + i * 60 * MINUTE, 1000.0 - i) for i in range(1, 300)],
    "rising": [(START + i * 60 * MINUTE, 1000.0 + i * i) for i in range(1, 300)],
    "one point": [(START + 5, 1234.5)],
    "two points a minute apart": [(START + MINUTE, 100.0), (START + 2 * MINUTE, 101.0)],
    "two points a day apart": [(START + MINUTE, 100.0), (START + DAY + MINUTE, 90.0)],
    "three days": [(START + DAY, 100.0), (START + 2 * DAY, 110.0), (START + 3 * DAY, 99.0)],
    "before 1970": walk(6, 60, DAY, start=-90 * DAY),
}


def compare(name, curve, path, more=(), **given):
    with open(path, "w", encoding="utf-8") as file:
        for ts, equity in curve:
            file.write("[%d, %r]\n" % (ts, equity))
    code, out, err = njord("metrics", path, "--json", *more)
    equal((code, err), (0, ""), name)
    found = json.loads(out)
    equal(found["basis"], "periods", "basis")
    equal(found["points"], len(curve), "points")
    expected = metrics(curve, given.pop("initial", curve[0][1]), **given)
    equal(set(found["metrics"]), set(expected), "names")
    for key, value in expected.items():
        have = found["metrics"][key]
        if value is None or have is None:
            equal(have, value, "%s: %s" % (name, key))
        else:
            check(math.isclose(have, value, rel_tol=1e-9, abs_tol=1e-11), "%s: %s: expected %r, found %r" % (name, key, value, have))
    return found


def shapes(folder):
    """The same curve as lines, as CSV in each unit, from a pipe: the same figures."""
    curve = walk(7, 400, 60 * MINUTE, start=START)
    path = os.path.join(folder, "curve")
    first = compare("shapes", curve, path)
    with open(path, encoding="utf-8") as file:
        lines = file.read()
    equal(json.loads(njord("metrics", "-", "--json", stdin=lines)[1]), first, "standard input")
    for head, scale in (("ts_ns", 1), ("ts", 10 ** 9), ("ts_ns", 10 ** 6), ("ts_us", 1000), ("ts_ms", 10 ** 6), ("ts_s", 10 ** 9)):
        rows = "".join("%d,%r\r\n" % (ts // scale, equity) for ts, equity in curve)
        code, out, err = njord("metrics", "-", "--json", stdin="%s,equity\n%s" % (head, rows))
        equal((code, err, json.loads(out)), (0, "", first), "CSV with %s in units of %d ns" % (head, scale))


def table(folder):
    path = os.path.join(folder, "curve")
    compare("table", CURVES["three days"], path)
    code, out, err = njord("metrics", path)
    equal((code, err), (0, ""), "a table")
    lines = out.splitlines()
    equal(lines[0], "3 points, 2021-01-02T00:00:00Z to 2021-01-04T00:00:00Z", "its first line")
    check(any(line.split()[:3] == ["Total", "return", "-1.000000"] for line in lines), "total return: %s" % out)
    check(any(line.split()[:2] == ["Fees", "n/a"] for line in lines), "fees are not known: %s" % out)
    equal(len(lines), 3 + 1 + 26, "lines of the table")


def refusals(folder):
    path = os.path.join(folder, "bad")
    for text, words in (("[1, 2]\n[2 3]\n", "bad:2: expected [ts_ns, equity], found '[2 3]'"), ("[1, 2]\n[1, 3]\n", "bad:2: time 1 ns is not after"),
                        ("", "no point in it"), ("time,equity\n1,2\n", "bad:1: expected"), ("{}", "result"),
                        ("[1, 0]\n[2, 1]\n", "expected --initial X"), ("[1, 1e300]\n[2, 1e-300]\n[3, 1e300]\n", "no finite number")):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        code, out, err = njord("metrics", path)
        check((code, out) == (1, "") and words in err and err.count("\n") == 1, "%r: %r" % (text, (code, out, err)))
    equal(njord("metrics", path, "--initial", "0")[0], 2, "an initial capital of nothing")
    equal(njord("metrics", path, "--periods-per-year", "x")[0], 2, "periods that are no number")
    equal(njord("metrics")[0], 2, "no curve")
    equal(njord("metrics", os.path.join(folder, "none"))[0], 1, "no file")


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "curve.ndjson")
        for name, curve in CURVES.items():
            compare(name, curve, path)
            compare(name + ", from more", curve, path, ["--initial", "12000"], initial=12000.0)
            compare(name + ", of 252 days at 3 per cent", curve, path, ["--periods-per-year", "252", "--risk-free", "0.03"],
                    periods_per_year=252.0, risk_free=0.03)
        shapes(folder)
        table(folder)
        refusals(folder)
    print("metrics: %d curves agree with a second implementation" % len(CURVES))


main()
