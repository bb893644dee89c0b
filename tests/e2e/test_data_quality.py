#!/usr/bin/env python3
"""njord data list and validate: what they say of real bars and trades is what a program of its own finds by the same rules, and what they
say of series made wrong on purpose is what is wrong with them."""
import bisect
import csv
import gzip
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import DATA, NJORD, check, equal  # noqa: E402

ATOM = os.path.join(DATA, "bars", "atomusdt-1m.csv.gz")
TRADES = [os.path.join(DATA, "trades", "btcusdt-spot-2024080%d.txt.gz" % day) for day in (8, 9)]
MINUTE = 60 * 10**9


def run(folder, *words):
    done = subprocess.run([os.path.abspath(NJORD), "data", *words, "--journal-dir", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=300, check=False)
    return done.returncode, done.stdout, done.stderr


def report(folder, *words, symbol="ATOM/USDT", timeframe="1m"):
    code, out, err = run(folder, "validate", "--symbol", symbol, "--timeframe", timeframe, "--json", *words)
    equal(err, "", "validate")
    found = json.loads(out)
    equal(code, 1 if found["wrong"] else 0, "exit code says whether something is wrong")
    equal(found["findings"], sum(found["counts"].values()), "findings are all counts")
    for kind, count in found["counts"].items():
        equal(len(found[kind]), min(count, 1000), kind)
    return found


# ---- the rules once more, from their description ----


class Window:
    """The last `size` values, sorted as well."""

    def __init__(self, size):
        self.size, self.values, self.sorted = size, [], []

    def add(self, v):
        if len(self.values) == self.size:
            self.sorted.pop(bisect.bisect_left(self.sorted, self.values.pop(0)))
        self.values.append(v)
        bisect.insort(self.sorted, v)

    def median(self):
        n = len(self.sorted)
        return self.sorted[n // 2] if n % 2 else (self.sorted[n // 2 - 1] + self.sorted[n // 2]) / 2

    def enough(self):
        return len(self.values) >= min(30, self.size)


def bar_findings(bars, step, max_return, max_z, max_volume, window, flat):
    """bars: (ts_open, open, high, low, close, volume) in order of time."""
    found = {k: [] for k in ("gaps", "return_spikes", "z_spikes", "volume_spikes", "flat_lines", "high_below_low", "outside_range")}
    returns, volumes = Window(window), Window(window)
    run_of = []
    for i, (ts, open_, high, low, close, volume) in enumerate(bars):
        before = bars[i - 1] if i else None
        gap = before is not None and ts > before[0] + step
        if gap:
            found["gaps"].append((before[0] + step, ts, (ts - before[0]) // step - 1))
        if high < low:
            found["high_below_low"].append(ts)
        elif not low <= open_ <= high or not low <= close <= high:
            found["outside_range"].append(ts)
        if before is not None:
            r = close / before[4] - 1
            if abs(r) > max_return:
                found["return_spikes"].append(ts)
            if not gap:
                if returns.enough():
                    median = returns.median()
                    off = sorted(abs(v - median) for v in returns.values)
                    scale = max(statistics.median(off) / 0.6745, off[math.ceil(0.9 * len(off)) - 1] / 1.6449)
                    z = abs(r - median) / scale if scale > 0 else 0
                    if z > max_z:
                        found["z_spikes"].append(ts)
                returns.add(r)
        if volume > 0:
            if volumes.enough() and volume > max_volume * volumes.median():
                found["volume_spikes"].append(ts)
            volumes.add(volume)
        if run_of and not gap and run_of[-1][4] == close:
            run_of.append(bars[i])
        else:
            if len(run_of) >= flat:
                found["flat_lines"].append((run_of[0][0], run_of[-1][0] + step, len(run_of)))
            run_of = [bars[i]]
    if len(run_of) >= flat:
        found["flat_lines"].append((run_of[0][0], run_of[-1][0] + step, len(run_of)))
    return found


def compare(found, expected, what):
    for kind, rows in expected.items():
        equal(found["counts"][kind], len(rows), "%s: %s" % (what, kind))
        if kind == "gaps":
            equal([(f["from_ns"], f["to_ns"], f["missing"]) for f in found[kind]], rows[:1000], "%s: %s" % (what, kind))
        elif kind == "flat_lines":
            equal([(f["from_ns"], f["to_ns"], f["bars"]) for f in found[kind]], rows[:1000], "%s: %s" % (what, kind))
        else:
            equal([f["to_ns"] for f in found[kind]], rows[:1000], "%s: %s" % (what, kind))
    for kind, count in found["counts"].items():
        check(kind in expected or count == 0, "%s: %d %s that the script does not find" % (what, count, kind))


def real_bars(folder):
    with gzip.open(ATOM, "rt") as file:
        bars = [(int(line[0]) * 10**6, *[float(v) for v in line[1:]]) for line in list(csv.reader(file))[1:]]
    code, _, err = run(folder, "import", ATOM, "--symbol", "ATOM/USDT", "--kind", "bars")
    equal((code, err), (0, ""), "import")

    # the one real outage: 04:01 is the first missing bar, 08:45 the next one
    found = report(folder)
    equal([(f["from_ns"], f["to_ns"], f["missing"]) for f in found["gaps"]], [(1619323260 * 10**9, 1619340300 * 10**9, 284)], "gaps")
    equal((found["rows"], found["first_ns"], found["last_ns"]), (42915, bars[0][0], bars[-1][0]), "rows")
    compare(found, bar_findings(bars, MINUTE, 0.1, 15, 50, 240, 10), "the defaults")

    # limits at which much is found, so that the rules are compared where they differ
    strict = report(folder, "--max-return", "0.01", "--max-z", "4", "--max-volume", "8", "--window", "101", "--flat", "2")
    expected = bar_findings(bars, MINUTE, 0.01, 4, 8, 101, 2)
    check(all(len(expected[k]) > 30 for k in ("return_spikes", "z_spikes", "volume_spikes", "flat_lines")), "enough to compare")
    compare(strict, expected, "strict limits")
    strict = report(folder, "--max-return", "0.02", "--max-z", "3", "--max-volume", "5", "--window", "10", "--flat", "3")
    compare(strict, bar_findings(bars, MINUTE, 0.02, 3, 5, 10, 3), "a small window")

    # a day of it; and all rules off
    day = [b for b in bars if 1619308800 * 10**9 <= b[0] < 1619395200 * 10**9]
    found = report(folder, "--start", "2021-04-25", "--end", "2021-04-25", "--max-z", "5")
    equal(found["rows"], len(day), "rows of a day")
    compare(found, bar_findings(day, MINUTE, 0.1, 5, 50, 240, 10), "a day")
    off = report(folder, "--max-return", "0", "--max-z", "0", "--max-volume", "0", "--flat", "0", "--start", "2021-04-26")
    equal((off["wrong"], off["findings"]), (False, 0), "all rules off, behind the gap")

    code, out, err = run(folder, "validate", "--symbol", "ATOMUSDT", "--timeframe", "1m")
    equal((code, err), (1, ""), "the report")
    check("2021-04-25T04:01:00Z  2021-04-25T08:45:00Z" in out and "284 bars missing" in out and "something is wrong" in out, out)
    code, out, _ = run(folder, "validate", "--symbol", "ATOMUSDT", "--timeframe", "1m", "--start", "2021-05-10")
    equal(code, 0, "a part without a finding")
    check("nothing is wrong" in out, out)


def real_trades(folder):
    for path in TRADES:
        code, _, err = run(folder, "import", path, "--symbol", "BTC/USDT", "--kind", "trades", "--venue", "binance")
        equal((code, err), (0, ""), "import")
    found = report(folder, symbol="BTC/USDT", timeframe="trades")
    equal((found["rows"], found["wrong"]), (19904, False), "the captures have no gap and no repeat")

    code, out, err = run(folder, "list", "--json")
    equal((code, err), (0, ""), "list")
    series = {(s["symbol"], s["timeframe"]): s for s in json.loads(out)["series"]}
    equal(sorted(series), [("ATOM/USDT", "1m"), ("BTC/USDT", "trades")], "series")
    atom, btc = series["ATOM/USDT", "1m"], series["BTC/USDT", "trades"]
    equal((atom["rows"], atom["first_ns"], atom["last_ns"], atom["holes"], atom["missing"]),
          (42915, 1618951140 * 10**9, 1621543020 * 10**9, 1, 284), "the month in the list")
    equal((btc["rows"], btc["holes"], btc["kind"]), (19904, 0, "trades"), "the captures in the list")
    equal(atom["bytes"], sum(os.path.getsize(os.path.join(folder, n)) for n in os.listdir(folder) if n.startswith("ohlcv")), "bytes")
    equal((atom["files"], atom["files_gz"], atom["live"]), (31, 0, False), "files")
    code, out, _ = run(folder, "list")
    equal([line.split()[:2] for line in out.splitlines()], [["SYMBOL", "TIMEFRAME"], ["ATOM/USDT", "1m"], ["BTC/USDT", "trades"]], "the table")
    equal(run(folder, "list")[1], out, "the same list twice")


# ---- series made wrong on purpose ----


def bar(i, close=None, **more):
    ts = (1704067200 + 60 * i) * 10**9
    price = 100 + i % 2 if close is None else close
    return dict(dict(symbol="ATOM/USDT", timeframe="1m", ts_open=ts, ts_close=ts + MINUTE, open=price, high=price, low=price, close=price, volume=5), **more)


def trade(i, **more):
    return dict(dict(symbol="ATOM/USDT", price=10, qty=1, ts_ns=(1704067200 + i) * 10**9, trade_id=str(100 + i), venue="x"), **more)


def write(folder, name, rows):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
        out.writelines((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def made_wrong(folder):
    good = [bar(i) for i in range(50)]
    at = 1704067200 * 10**9
    cases = [
        ("nothing", good, {}),
        ("a gap", good[:10] + good[12:], {"gaps": (at + 10 * MINUTE, at + 12 * MINUTE)}),
        ("a double", good[:10] + good[9:], {"duplicates": (at + 9 * MINUTE, at + 9 * MINUTE)}),
        ("disorder", good[:10] + [good[3]] + good[10:], {"disorder": (at + 9 * MINUTE, at + 3 * MINUTE)}),
        ("high below low", good[:9] + [bar(9, high=99, low=102)] + good[10:], {"high_below_low": None}),
        ("close outside", good[:8] + [bar(8, open=99.5, high=99.9, low=99)] + good[9:], {"outside_range": None}),
        ("open outside", good[:9] + [bar(9, open=103)] + good[10:], {"outside_range": None}),
        ("a price of 0", good[:9] + [bar(9, low=0)] + good[10:], {"non_positive_prices": None}),
        ("a volume below 0", good[:9] + [bar(9, volume=-1)] + good[10:], {"negative_volumes": None}),
        ("a spike up, and down by less than the limit", good[:9] + [bar(9, close=110.5)] + good[10:], {"return_spikes": None}),
        ("a spike of z", [bar(i, close=100 + i % 2 / 100) for i in range(45)] + [bar(45, close=105)], {"z_spikes": None}),
        ("a volume spike", good[:40] + [bar(40, volume=251)] + good[41:], {"volume_spikes": None}),
        ("no volume spike", good[:40] + [bar(40, volume=250)] + good[41:], {}),
        ("a flat line", good[:20] + [bar(i, close=103) for i in range(20, 30)] + good[30:], {"flat_lines": (at + 20 * MINUTE, at + 30 * MINUTE)}),
        ("nearly a flat line", good[:21] + [bar(i, close=103) for i in range(21, 30)] + good[30:], {}),
        ("off the grid", good[:49] + [dict(bar(49), ts_open=bar(49)["ts_open"] + 1, ts_close=bar(49)["ts_close"] + 1)], {"misaligned": None}),
        ("a wrong close time", good[:49] + [bar(49, ts_close=bar(49)["ts_close"] - 1)], {"wrong_close": None}),
    ]
    for name, rows, expected in cases:
        write(folder, "ohlcv.1m.ATOMUSDT.ndjson", rows)
        found = report(folder)
        equal({k: v for k, v in found["counts"].items() if v}, {k: 1 for k in expected}, name)
        for kind, times in expected.items():
            if times:
                equal((found[kind][0]["from_ns"], found[kind][0]["to_ns"]), times, name)
        code, out, err = run(folder, "validate", "--symbol", "ATOM/USDT", "--timeframe", "1m")
        equal((code, err), (1 if expected else 0, ""), name)
        check(("something is wrong" if expected else "nothing is wrong") in out, out)

    write(folder, "ohlcv.1m.ATOMUSDT.ndjson", good[:5] + ["{broken", '{"symbol":"ATOM/USDT"}'] + good[5:])
    found = report(folder)
    equal((found["bad_lines"], found["wrong"], found["rows"]), (2, True, 50), "lines that cannot be read")

    cases = [
        ("nothing", [trade(i) for i in range(9)], {}),
        ("ids missing", [trade(i) for i in (0, 1, 2, 6, 7)], {"id_gaps": (103, 105)}),
        ("a double", [trade(i) for i in (0, 1, 1, 2)], {"duplicates": None}),
        ("late", [trade(0), trade(1, ts_ns=trade(0)["ts_ns"] - 1)], {"disorder": None}),
        ("a price of 0", [trade(0), trade(1, price=0)], {"non_positive_prices": None}),
        ("a quantity below 0", [trade(0), trade(1, qty=-1)], {"non_positive_qty": None}),
        ("two venues", [trade(0), trade(700, venue="y"), trade(1, ts_ns=trade(701)["ts_ns"])], {}),
    ]
    for name, rows, expected in cases:
        write(folder, "md.trades.ATOMUSDT.ndjson", rows)
        found = report(folder, timeframe="trades")
        equal({k: v for k, v in found["counts"].items() if v}, {k: 1 for k in expected}, "trades, " + name)
        if "id_gaps" in expected:
            gap = found["id_gaps"][0]
            equal((gap["from_id"], gap["to_id"], gap["missing"]), (103, 105, 3), name)


def words(folder):
    cases = [
        (["list"], 0, "no bars or trades in '%s'\n" % folder, ""),
        (["validate", "--symbol", "ATOM/USDT", "--timeframe", "1m"], 1, "",
         "njord data validate: folder '%s': no journal 'ohlcv.1m.ATOMUSDT'; njord data list shows what is there\n" % folder),
        (["validate", "--symbol", "ATOM/USDT"], 2, "", "njord data validate: '--timeframe' is missing: as 1m, or trades\n"),
        (["validate", "--timeframe", "1m"], 2, "", "njord data validate: '--symbol' is missing; see njord data validate --help\n"),
        (["validate", "--symbol", "ATOM/USDT", "--timeframe", "1m", "--max-z", "-1"], 2, "",
         "njord data validate: '--max-z': expected a number >= 0, found '-1'\n"),
        (["validate", "--symbol", "ATOM/USDT", "--timeframe", "1m", "--max-return", "x"], 2, "",
         "njord data validate: '--max-return': expected a number >= 0, found 'x'\n"),
        (["validate", "--symbol", "ATOM/USDT", "--timeframe", "1m", "--window", "0"], 2, "",
         "njord data validate: '--window': expected an integer from 1 to 100000, found '0'\n"),
        (["validate", "--symbol", "ATOM/USDT", "--timeframe", "1m", "--flat", "1.5"], 2, "",
         "njord data validate: '--flat': expected an integer from 0 to 100000, found '1.5'\n"),
        (["validate", "--symbol", "a b", "--timeframe", "1m"], 1, "", None),
        (["lst"], 2, "", "njord data: unknown command 'lst', did you mean 'list'?\n"),
        ([], 2, "", None),
        (["list", "extra"], 2, "", None),
    ]
    os.makedirs(folder)
    for line, code, out, err in cases:
        found = run(folder, *line)
        equal(found[:2], (code, out), line)
        equal(found[2].count("\n"), 1 if code else 0, line)
        if err is not None:
            equal(found[2], err, line)
    equal(json.loads(run(folder, "list", "--json")[1])["series"], [], "an empty folder")
    code, out, err = run(folder + "none", "list")
    equal((code, out, err.count("\n")), (1, "", 1), "a folder that is not there")
    check(folder + "none" in err, err)
    # what is none of ours is passed over
    for name in ("notes.txt", "ohlcv.1m.ATOMUSDT.ndjson.torn", "app.ndjson", "fills.ATOMUSDT.ndjson"):
        write(folder, name, ["x"])
    equal(run(folder, "list")[:2], (0, "no bars or trades in '%s'\n" % folder), "files of others")
    write(folder, "ohlcv.1m.ATOMUSDT.ndjson", [bar(0), "x", bar(1), bar(1, seq=5)])
    series = json.loads(run(folder, "list", "--json")[1])["series"][0]
    equal((series["rows"], series["bad_lines"], series["duplicates"], series["live"]), (2, 1, 1, True), "bad lines and doubles in the list")


def main():
    top = tempfile.mkdtemp(prefix="nj", dir="/tmp")
    try:
        words(os.path.join(top, "words"))
        made_wrong(os.path.join(top, "wrong"))
        real_bars(os.path.join(top, "real"))
        real_trades(os.path.join(top, "real"))
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main()
