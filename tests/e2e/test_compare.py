#!/usr/bin/env python3
"""njord compare over backtests of an hour's bars: curves from 100,000, the best of each metric, spans in which curves part, the paired
t-test and the bootstrap, each worked out here a second time with the standard library (t by integrating its density)."""
import csv
import json
import math
import os
import random
import statistics
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import njord  # noqa: E402
from njordtest import PLUGINS, check, equal  # noqa: E402

DAY = 86400 * 10 ** 9
LOWER = {"volatility_annual_pct", "max_drawdown_duration_days", "fees_paid", "slippage_paid"}
NEITHER = {"num_trades", "exposure_pct", "turnover", "skew", "kurtosis"}


def make(folder):
    """Bars of 90 days, an hour each, and three results over them."""
    rng, price, rows = random.Random(5), 100.0, []
    for i in range(90 * 24):
        last, price = price, price * math.exp(rng.gauss(0.0001, 0.012))
        rows.append("%d,%.3f,%.3f,%.3f,%.3f,10" % (1704067200 + 3600 * i, last, max(last, price) * 1.001, min(last, price) * 0.999, price))
    path = os.path.join(folder, "bars.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write("ts,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    os.mkdir(os.path.join(folder, "config"))
    with open(os.path.join(folder, "config", "base.yaml"), "w", encoding="utf-8") as file:
        file.write("app:\n  env: paper\n")
    out = []
    for strategy, more in (("buy_hold", ["--param", "qty=70"]), ("ma_cross", ["--param", "qty=60", "--capital", "20000"]),
                           ("trendline_break", ["--param", "qty=20", "--start", "2024-01-11"])):
        code, _, err = njord("backtest", "--strategy", strategy, "--symbol", "ATOM/USDT", "--timeframe", "1h", "--csv", path, "--output", folder,
                             "--config", os.path.join(folder, "config"), "--plugins", os.path.abspath(PLUGINS), "--no-report", *more)
        equal((code, err), (0, ""), strategy)
        out.append(os.path.join(folder, strategy + "_ATOMUSDT.json"))
    return out


# ---- a second time -----------------------------------------------------------------------------------------------------------------

def rebased(result):
    return [(ts, equity / result["initial_capital"] * 100000) for ts, equity in result["equity_curve"]]


def partings(a, b, threshold):
    """[first, last, furthest, distance, open] of each span."""
    at_a, at_b = dict(a), dict(b)
    out, x, y, inside = [], None, None, None
    for ts in sorted(set(at_a) | set(at_b)):
        x, y = at_a.get(ts, x), at_b.get(ts, y)
        if ts > min(a[-1][0], b[-1][0]):
            break
        if x is None or y is None:
            continue
        d = abs(x - y) / max(abs(x), abs(y))
        if d <= threshold:
            inside = None
        elif inside is None:
            inside = [ts, ts, ts, d, False]
            out.append(inside)
        else:
            inside[1] = ts
            inside[2:4] = [ts, d] if d > inside[3] else inside[2:4]
    if inside:
        inside[4] = True
    return out


def daily(result):
    """{day: return}, from the first point, then from day's end to day's end."""
    curve, ends, out = result["equity_curve"], {}, {}
    for at, (ts, _) in enumerate(curve):
        ends[(ts - 1) // DAY] = at
    points = sorted({0} | set(ends.values()))
    for before, at in zip(points, points[1:]):
        out[(curve[at][0] - 1) // DAY] = curve[at][1] / curve[before][1] - 1
    return out


def t_tail(t, df):
    """P(|T| >= t) by Simpson's rule over the density, the range bent onto 0..1."""
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(df * math.pi)

    def density(u):  # of x = t + u / (1 - u)
        x = abs(t) + u / (1 - u)
        return scale * (1 + x * x / df) ** (-(df + 1) / 2) / (1 - u) ** 2
    n, end = 20000, 1 - 1e-9
    h = end / n
    return 2 * h / 3 * (density(0) + density(end) + 4 * math.fsum(density((2 * i + 1) * h) for i in range(n // 2))
                        + 2 * math.fsum(density(2 * i * h) for i in range(1, n // 2)))


def bootstrap(diff, block):
    """The share of circular block resamples whose mean is as far from the sample's as that is from 0, and 95 per cent of the means."""
    rng, n, means = random.Random(11), len(diff), []
    mean = statistics.fmean(diff)
    for _ in range(4000):
        sample = []
        while len(sample) < n:
            at = rng.randrange(n)
            sample += [diff[(at + k) % n] for k in range(block)]
        means.append(statistics.fmean(sample[:n]))
    return sum(abs(m - mean) >= abs(mean) for m in means) / len(means), sorted(means)[100], sorted(means)[-101]


# ---- against the program -----------------------------------------------------------------------------------------------------------

def near(found, expected, what, tolerance=1e-9):
    check(math.isclose(found, expected, rel_tol=tolerance, abs_tol=1e-12), "%s: expected %r, found %r" % (what, expected, found))


def check_metrics(found, results, names):
    for key, row in found.items():
        values = [r["metrics"][key] for r in results]
        equal(row["values"], values, key)
        have = [v for v in values if v is not None]
        best = None
        if key not in NEITHER and len(set(have)) > 1:
            best = names[values.index((min if key in LOWER else max)(have))]
        equal(row["best"], best if len(have) != 1 or key in NEITHER else row["best"], "the best %s" % key)


def check_pair(pair, a, b, threshold):
    spans = partings(rebased(a), rebased(b), threshold)
    equal([[p["from_ts"], p["to_ts"], p["max_ts"], p["open"]] for p in pair["divergence"]], [s[:3] + s[4:] for s in spans], "where they part")
    for p, span in zip(pair["divergence"], spans):
        near(p["max_distance"], span[3], "how far")
    x, y = daily(a), daily(b)
    diff = [x[day] - y[day] for day in sorted(set(x) & set(y))]
    n = len(diff)
    equal(pair["days"], n, "common days")
    near(pair["mean_diff"], statistics.fmean(diff), "mean difference")
    t = statistics.fmean(diff) / (statistics.stdev(diff) / math.sqrt(n))
    near(pair["t"], t, "t")
    near(pair["p_value"], t_tail(t, n - 1), "p", 1e-7)
    near(pair["confidence"], 1 - pair["p_value"], "confidence")
    boot = pair["bootstrap"]
    equal([boot["block"], boot["resamples"]], [math.ceil(math.sqrt(n)), 10000], "the bootstrap's size")
    p, low, high = bootstrap(diff, boot["block"])
    # two estimates of one probability, from 10,000 and 4,000 resamples: within five standard deviations
    check(abs(boot["p_value"] - p) <= 5 * math.sqrt(max(p * (1 - p), 0.001) * (1 / 4000 + 1 / 10000)), "bootstrap: expected about %r, found %r" % (p, boot))
    wide = high - low
    check(abs(boot["low"] - low) < 0.1 * wide and abs(boot["high"] - high) < 0.1 * wide, "its span: expected about %r, found %r" % ((low, high), boot))
    return len(spans)


def as_json(paths):
    results = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            results.append(json.load(file))
    words = ["compare", "--results", paths[0], "--results", paths[1], paths[2], "--json"]
    code, out, err = njord(*words)
    equal((code, err), (0, ""), "compare")
    found = json.loads(out)
    names = [r["name"] for r in found["results"]]
    equal(names, ["buy_hold_ATOMUSDT", "ma_cross_ATOMUSDT", "trendline_break_ATOMUSDT"], "names")
    for row, result in zip(found["results"], results):
        near(row["rebased_final"], rebased(result)[-1][1], "from 100,000")
    equal(set(found["metrics"]), set(results[0]["metrics"]), "metrics")
    check_metrics(found["metrics"], results, names)
    equal([(p["first"], p["other"]) for p in found["pairs"]], [(names[0], names[1]), (names[0], names[2])], "pairs")
    spans = sum(check_pair(pair, results[0], result, 0.1) for pair, result in zip(found["pairs"], results[1:]))
    check(spans > 0, "some curves part")
    equal(njord(*words)[1], out, "again")
    other = json.loads(njord(*words, "--seed", "2", "--threshold", "0.02")[1])
    check(other["pairs"][0]["bootstrap"]["low"] != found["pairs"][0]["bootstrap"]["low"], "another seed, other resamples")
    check_pair(other["pairs"][0], results[0], results[1], 0.02)
    return results, found


def as_csv(folder, paths, results, found):
    figures, curves = os.path.join(folder, "new", "figures.csv"), os.path.join(folder, "curves.csv")
    code, out, err = njord("compare", *paths, "--output", figures, "--curves", curves)
    equal((code, err), (0, ""), "CSV")
    check("buy_hold_ATOMUSDT against ma_cross_ATOMUSDT" in out and "paired t-test: p " in out, "on paper: %s" % out)
    with open(figures, encoding="utf-8", newline="") as file:
        rows = {row["metric"]: row for row in csv.DictReader(file)}
    for at, result in enumerate(results):
        name = found["results"][at]["name"]
        for key, value in result["metrics"].items():
            equal(rows[key][name], "" if value is None else rows[key][name], key)
            if value is not None:
                equal(float(rows[key][name]), float(value), key)
            equal(rows[key]["best"], found["metrics"][key]["best"] or "", "the best %s" % key)
        near(float(rows["rebased_final"][name]), found["results"][at]["rebased_final"], "from 100,000")
        if at:
            near(float(rows["p_value"][name]), found["pairs"][at - 1]["p_value"], "p")
            near(float(rows["mean_diff"][name]), found["pairs"][at - 1]["mean_diff"], "mean difference")
    with open(curves, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for at, result in enumerate(results):
        name = found["results"][at]["name"]
        points = [(int(row["ts_ns"]), float(row[name])) for row in rows if row[name]]
        equal(points, rebased(result), "the curve of %s" % name)


def refusals(folder, paths):
    for words, code, text in (([], 2, "expected two results"), ([paths[0]], 2, "expected two results"),
                              (paths[:2] + ["--threshold", "x"], 2, "--threshold"), (paths[:2] + ["--seed", "-1"], 2, "--seed"),
                              (paths[:2] + ["--json", "--output", "-"], 2, "both on standard output"),
                              ([paths[0], os.path.join(folder, "none.json")], 1, "No such file"),
                              ([paths[0], os.path.join(folder, "bars.csv")], 1, "result '")):
        found = njord("compare", *words)
        check(found[0] == code and found[1] == "" and text in found[2] and found[2].count("\n") == 1, "%r: %r" % (words, found))


def main():
    with tempfile.TemporaryDirectory() as folder:
        paths = make(folder)
        results, found = as_json(paths)
        as_csv(folder, paths, results, found)
        refusals(folder, paths)
        same = json.loads(njord("compare", paths[0], paths[0], "--json")[1])
        equal([r["name"] for r in same["results"]], [paths[0]] * 2, "the same name twice: the paths")
        equal((same["pairs"][0]["p_value"], same["pairs"][0]["t"], same["pairs"][0]["divergence"]), (1, None, []), "a result against itself")
    print("compare: agrees with a second implementation")


main()
