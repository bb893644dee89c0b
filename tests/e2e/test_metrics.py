#!/usr/bin/env python3
"""njord metrics against an implementation of its own (tests/golden/backtest/metrics.py, with the standard library only), over
random walks, flat, rising and falling curves, one and two points, across midnight and within a day. Agreement to 1e-9, and in what is
null. Then the shapes of its input, and what it refuses."""
import json
import math
import os
import random
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import njord  # noqa: E402
from njordtest import SOURCE, check, equal  # noqa: E402

sys.path.insert(0, os.path.join(SOURCE, "tests", "golden", "backtest"))
import metrics as definitions  # noqa: E402

DAY = 86400 * 10 ** 9
MINUTE = 60 * 10 ** 9
START = 18628 * DAY  # 2021-01-01


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
    "all is lost": [(START + i * DAY, 100.0 - 25 * min(i, 4)) for i in range(1, 9)],
    "through nothing into debt and back": [(START + i * DAY, e) for i, e in enumerate((100.0, 60.0, -20.0, -50.0, -10.0, 40.0, 30.0), 1)],
    "a debt at the end": [(START + i * DAY, e) for i, e in enumerate((100.0, 110.0, 90.0, 50.0, -70.0), 1)],
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
    expected = definitions.metrics(curve, given.pop("initial", curve[0][1]), **given)
    equal(set(found["metrics"]), set(expected), "names")
    for key, value in expected.items():
        have = found["metrics"][key]
        if value is None or have is None:
            equal(have, value, "%s: %s" % (name, key))
        else:
            check(definitions.close(have, value), "%s: %s: expected %r, found %r" % (name, key, value, have))
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
