#!/usr/bin/env python3
"""njord sweep --walk-forward beside folds that are cut here: for each, a plain backtest of every set over the train rows alone, the best
picked here, and a plain backtest of it over the test rows behind their warm-up. One fold's runs are worked out from the closes with exact
fractions. Nothing behind a train window may change what is chosen in it; the same bytes with one process and more, after kill -9 and with
sets that crash, hang or refuse; each mistake in one line."""
import csv
import io
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from fractions import Fraction

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import LIMIT  # noqa: E402
from njordtest import BUILD, NJORD, check, equal  # noqa: E402

PLUGINS = os.path.abspath(os.path.join(BUILD, "plugins"))
TOUCHY = os.path.abspath(os.path.join(BUILD, "tests", "plugins", "touchy.so"))
MINUTE, DAY = 60, 86400
START = 1609459200  # 2021-01-01
GRID = ["--param", "fast=5,20,40", "--param", "slow=30,60", "--param", "qty=100", "--where", "fast < slow"]
SETS = [(f, s) for f in (5, 20, 40) for s in (30, 60) if f < s]
TIMES = ("train_start", "train_end", "test_start", "test_end")


def walk(n, seed):
    """Closes in cents: a walk with drifts that come and go."""
    source, price, drift, out = random.Random(seed), 1000, 0, []
    for i in range(n):
        if i % 360 == 0:
            drift = source.choice((-1, 0, 1))
        price = max(500, price + source.randint(-3, 3) + (drift if i % 3 == 0 else 0))
        out.append(price)
    return out


def bar_rows(closes, start=START):
    last, out = closes[0], []
    for i, close in enumerate(closes):
        out.append("%d,%.2f,%.2f,%.2f,%.2f,1" % (start + i * MINUTE, last / 100, max(last, close) / 100, min(last, close) / 100, close / 100))
        last = close
    return out


class Folder:
    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="nj", dir="/tmp")
        self.head = "ts,open,high,low,close,volume"

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if not os.environ.get("NJORD_KEEP"):
            shutil.rmtree(self.top, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.top, name)

    def bars(self, name, rows):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write("\n".join([self.head] + rows) + "\n")

    def command(self, verb, source, *words, strategy="ma_cross"):
        return [os.path.abspath(NJORD), verb, "--strategy", strategy, "--symbol", "ATOM/USDT", "--csv", source, "--plugins", PLUGINS] + list(words)

    def run(self, verb, source, *words, strategy="ma_cross"):
        done = subprocess.run(self.command(verb, source, *words, strategy=strategy), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              cwd=self.top, timeout=10 * LIMIT, check=False)
        return done.returncode, done.stdout, done.stderr

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def walk(self, source, spec, *words, output="walk.csv", code=0, strategy="ma_cross"):
        got, out, err = self.run("sweep", source, *words, "--walk-forward", spec, "--output", output, strategy=strategy)
        equal(got, code, "exit code of %s %s: %s" % (spec, " ".join(words), err))
        check(not os.path.exists(self.path(output + ".partial")), "no partial file is left")
        return self.read(output), self.read("equity_" + output.replace(".csv", ".ndjson")), out, err

    def backtest(self, rows, *words):
        """A plain backtest of these rows: its result, with times of the curve in s."""
        self.bars("part.csv", rows)
        code, out, err = self.run("backtest", "part.csv", *words, "--no-report", "--json")
        equal((code, err), (0, ""), "a backtest of %d rows" % len(rows))
        return json.loads(out)


def folds_of(data):
    text = data.decode()
    check(text.endswith("\r\n") and "\n" not in text.replace("\r\n", ""), "lines end with CR LF")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    check(all(None not in row and None not in row.values() for row in rows), "as many fields in each row")
    return rows


def seconds(text):
    return int(time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))) - time.timezone


def iso(t):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))


def cut(begin, end, train, test, step, anchored=False):
    """(train from, train to, test from, test to) of each fold."""
    out, t = [], begin
    while t + train < end:
        out.append((begin if anchored else t, t + train, t + train, min(t + train + test, end)))
        t += step
    return out


def stamp(row):
    return int(row.split(",", 1)[0])


def between(rows, low, high):
    return [row for row in rows if low <= stamp(row) < high]


def number(text):
    return float(text) if text != "" else None


def expected_walk(folder, rows, windows, lead, options=(), sort="sharpe_ratio", sign=1):
    """What a walk-forward over these windows must come to. lead(train rows before, window): the rows of warm-up of the test, of the train."""
    capital, out = 10000.0, []
    for window in windows:
        train = between(rows, window[0], window[1])
        test = between(rows, window[2], window[3])
        warm_test, warm_train = lead(rows, window)
        best = None
        for place, (fast, slow) in enumerate(SETS):
            words = ["--param", "fast=%d" % fast, "--param", "slow=%d" % slow, "--param", "qty=100", "--warmup", str(len(warm_train))]
            result = folder.backtest(warm_train + train, *words, *options)
            key = result["metrics"][sort]
            if key is not None and (best is None or sign * key > sign * best[0]):
                best = (key, place, result["metrics"]["total_return_pct"])
        if best is None:
            out.append(None)
            continue
        fast, slow = SETS[best[1]]
        result = folder.backtest(warm_test + test, "--param", "fast=%d" % fast, "--param", "slow=%d" % slow, "--param", "qty=100",
                                 "--warmup", str(len(warm_test)), "--capital", repr(capital), *options)
        out.append({"set": SETS[best[1]], "key": best[0], "train_return": best[2], "capital": capital, "result": result})
        capital = result["final_capital"]
    return out


def warmed_by_train(rows, window):
    return between(rows, window[0], window[1]), []


def warmed_by(n):
    def lead(rows, window):
        return (between(rows, 0, window[2])[-n:], between(rows, 0, window[0])[-n:]) if n else ([], [])
    return lead


def matches_plain(data, curve, windows, wanted, sort="sharpe_ratio"):
    found = folds_of(data)
    equal([tuple(seconds(row[name]) for name in TIMES) for row in found], windows, "the windows")
    equal([row["fold"] for row in found], [str(i + 1) for i in range(len(windows))], "numbers")
    points = []
    for row, want in zip(found, wanted):
        where = "fold %s: " % row["fold"]
        if want is None:
            continue
        result = want["result"]
        equal((row["error"], row["sets_failed"]), ("", "0"), where + "no error")
        equal((int(row["fast"]), int(row["slow"]), row["qty"]), want["set"] + ("100",), where + "the choice")
        equal(number(row["train_" + sort]), want["key"], where + "the figure it was made by")
        equal(number(row["train_total_return_pct"]), want["train_return"], where + "the train window's return")
        equal((float(row["capital"]), float(row["final_equity"])), (want["capital"], result["final_capital"]), where + "capital")
        equal(int(row["open_positions"]), len(result["open_positions"]), where + "open positions")
        for name, value in result["metrics"].items():
            equal(number(row[name]), value, where + name)
        points += [p for p in result["equity_curve"] if not points or p[0] > points[-1][0]]
    equal([json.loads(line) for line in curve.decode().splitlines()], points, "the curve is that of the tests, one behind the other")
    return found, points


def close_to(found, expected, text):
    good = found is None and expected is None or found is not None and expected is not None and \
        abs(found - expected) <= 1e-9 * max(1, abs(expected))
    check(good, "%s: expected %r, found %r" % (text, expected, found))


def stitched_figures(told, windows, wanted, points):
    """The figures over the whole of it, worked out here."""
    m, results = told["out_of_sample"]["metrics"], [w["result"] for w in wanted]
    trades = [pnl for r in results for _, pnl in r["trades"]]
    wins, losses = [p for p in trades if p > 0], [p for p in trades if p < 0]
    equity = [e for _, e in points]
    close_to(m["total_return_pct"], (equity[-1] / 10000 - 1) * 100, "return")
    close_to(m["num_trades"], len(trades), "trades")
    close_to(m["win_rate"], len(wins) / len(trades), "win rate")
    close_to(m["profit_factor"], math.fsum(wins) / -math.fsum(losses), "profit factor")
    close_to(m["expectancy"], math.fsum(trades) / len(trades), "expectancy")
    close_to(m["largest_win"], max(trades), "largest win")
    for name in ("fees_paid", "slippage_paid"):
        close_to(m[name], math.fsum(r["metrics"][name] for r in results), name)
    volume = math.fsum(f["qty"] * f["price"] for r in results for f in r["fills"])
    close_to(m["turnover"], volume / (math.fsum(equity) / len(equity)), "turnover")
    held = sum(run for r in results for i, run in enumerate(r["exposed"]) if i % 2)
    close_to(m["exposure_pct"], held / len(equity) * 100, "exposure")
    peak, worst = 10000.0, 0.0
    for e in equity:
        peak = max(peak, e)
        worst = min(worst, e / peak - 1)
    close_to(m["max_drawdown_pct"], worst * 100, "drawdown")
    days = {}
    for ts, e in points:
        days[(ts - 1) // (DAY * 10**9)] = e
    daily = [points[0][1]] + [days[d] for d in sorted(days)]
    returns = [b / a - 1 for a, b in zip(daily, daily[1:])]
    mean = math.fsum(returns) / len(returns)
    sd = math.sqrt(math.fsum((r - mean) ** 2 for r in returns) / (len(returns) - 1))
    close_to(m["sharpe_ratio"], mean / sd * math.sqrt(365), "Sharpe")

    # Pardo's efficiency: simple rates a year
    def rate(pairs):
        return math.fsum(r for r, _ in pairs) / math.fsum(d for _, d in pairs) * 365
    train = [(w["train_return"], (at[1] - at[0]) / DAY) for w, at in zip(wanted, windows)]
    test = [(r["metrics"]["total_return_pct"], (at[3] - at[2]) / DAY) for r, at in zip(results, windows)]
    e = told["efficiency"]
    close_to(e["train_rate_pct"], rate(train), "rate of the train windows")
    close_to(e["test_rate_pct"], rate(test), "rate of the tests")
    close_to(e["efficiency"], rate(test) / rate(train) if rate(train) > 0 else None, "efficiency")
    equal((e["folds_tested"], e["folds_profitable"]), (len(results), sum(r > 0 for r, _ in test)), "folds")
    for fold, (a, days_a), (b, days_b) in zip(told["folds"], train, test):
        close_to(fold["efficiency"], (b / days_b) / (a / days_a) if a > 0 else None, "efficiency of fold %d" % fold["fold"])
    chosen = [w["set"] for w in wanted]
    counts = {s: chosen.count(s) for s in chosen}
    stability = told["stability"]
    equal((stability["sets_chosen"], stability["most_chosen_times"]), (len(counts), max(counts.values())), "how often which was chosen")
    most = min((s for s in counts if counts[s] == max(counts.values())), key=SETS.index)
    equal(stability["params"], {"fast": str(most[0]), "slow": str(most[1]), "qty": "100"}, "the one chosen most often")
    for place, name in enumerate(("fast", "slow")):
        values = [s[place] for s in chosen]
        equal((stability["parameters"][name]["values"], stability["parameters"][name]["changes"], stability["parameters"][name]["times"]),
              (len(set(values)), sum(a != b for a, b in zip(values, values[1:])), max(map(values.count, values))), "how steady %s is" % name)


def by_hand(folder, closes, rows, window, data, number_of_fold, capital):
    """One fold from its closes: which bars are bought and sold at, and the equity, with fractions."""
    cost, slip, qty = Fraction("0.001"), Fraction(5, 10000), 100

    def play(first, last, fast, slow, shown, cash):
        """Bars number first to last; averages know those from `shown` on."""
        held, trades, lots = 0, 0, Fraction(0)
        for i in range(first, last):
            if i - shown + 1 >= slow:
                a = Fraction(sum(closes[i + 1 - fast:i + 1]), 100 * fast)
                b = Fraction(sum(closes[i + 1 - slow:i + 1]), 100 * slow)
                wish = 1 if a - b > Fraction(1, 10**6) else -1 if a - b < -Fraction(1, 10**6) else 0
                if wish > 0 and not held:
                    lots = Fraction(closes[i], 100) * (1 + slip)
                    cash -= qty * lots * (1 + cost)
                    held = 1
                elif wish < 0 and held:
                    cash += qty * Fraction(closes[i], 100) * (1 - slip) * (1 - cost)
                    held, trades = 0, trades + 1
        return cash + held * qty * Fraction(closes[last - 1], 100), trades, held

    at = [stamp(row) for row in rows]
    places = [at.index(t) if t in at else len(at) for t in window]
    row = folds_of(data)[number_of_fold]
    for fast, slow in SETS:
        equity, _, _ = play(places[0], places[1], fast, slow, places[0], Fraction(10000))
        if (fast, slow) == (int(row["fast"]), int(row["slow"])):
            close_to(float(row["train_total_return_pct"]), float((equity / 10000 - 1) * 100), "by hand: the train window's return")
    equity, trades, held = play(places[2], places[3], int(row["fast"]), int(row["slow"]), places[0], Fraction(capital))
    close_to(float(row["final_equity"]), float(equity), "by hand: equity at the end of the test")
    equal((int(row["num_trades"]), int(row["open_positions"])), (trades, held), "by hand: trades, and what is held")
    check(trades > 10, "it trades")


def rolling(folder, closes, rows):
    """Warmed by the train window: no --warmup."""
    windows = cut(START, START + 16 * DAY, 5 * DAY, 2 * DAY, 2 * DAY)
    equal(windows[-1][3] - windows[-1][2], DAY, "the last one is cut short")
    data, curve, out, err = folder.walk("bars.csv", "train=5d,test=2d", *GRID)
    equal(err, "", "nothing went wrong")
    wanted = expected_walk(folder, rows, windows, warmed_by_train)
    found, points = matches_plain(data, curve, windows, wanted)
    check(len({w["set"] for w in wanted}) > 1, "the choice changes")
    check(any(w["result"]["open_positions"] for w in wanted), "a position is open somewhere")
    by_hand(folder, closes, rows, windows[2], data, 2, wanted[2]["capital"])
    lines = out.splitlines()
    equal(lines[0], "Walk-forward: ma_cross on ATOM/USDT, 6 folds of 5 sets of 6 combinations: train 5d, test 2d, step 2d, 23,040 rows, "
          "chosen by sharpe_ratio", "the head")
    check("Out of sample, 6 tests one behind the other, %d with a gain:" % sum(float(r["total_return_pct"]) > 0 for r in found) in lines, out)
    check("the last test is cut short by the end of the data" in out and "open where" in out, "notes: %s" % out)
    check(lines[-3:-1] == ["Folds saved to: walk.csv", "Equity curve saved to: equity_walk.ndjson"] and lines[-1].startswith("Report"), "where")
    again, again_curve, out, err = folder.walk("bars.csv", "train=5d,test=2d", *GRID, "--json")
    check((again, again_curve) == (data, curve), "--json changes no file")
    told = json.loads(out)
    equal((told["sets"], told["combinations"], told["runs"], told["failed"], told["sort"]), (5, 6, 36, 0, "sharpe_ratio"), "the JSON")
    equal(told["walk_forward"], {"train_ns": 5 * DAY * 10**9, "test_ns": 2 * DAY * 10**9, "step_ns": 2 * DAY * 10**9, "anchored": False}, "windows")
    for fold, row in zip(told["folds"], found):
        equal(fold["params"], {name: row[name] for name in ("fast", "slow", "qty")}, "parameters")
        equal(fold["train"], {name[6:]: number(row[name]) for name in ("train_sharpe_ratio", "train_total_return_pct")}, "train")
        for name, value in fold["metrics"].items():
            close_to(value, number(row[name]), name)
        equal(fold["cut_short"], fold["fold"] == 6, "cut short")
        equal([fold[name + "_ts"] for name in TIMES], [seconds(row[name]) * 10**9 for name in TIMES], "times")
    stitched_figures(told, windows, wanted, points)
    for jobs in ("1", "2", "5"):
        check(folder.walk("bars.csv", "train=5d,test=2d", *GRID, "--jobs", jobs)[:2] == (data, curve), "the same bytes with %s jobs" % jobs)
    for spec in ("test=48h,train=7200m", "train=120h,step=2d,test=172800s"):
        check(folder.walk("bars.csv", spec, *GRID)[:2] == (data, curve), "other units: %s" % spec)
    return data


def other_shapes(folder, rows):
    end = START + 16 * DAY
    for spec, windows, words, lead, sort in (
            ("train=1w,test=2d,anchored", cut(START, end, 7 * DAY, 2 * DAY, 2 * DAY, True), ["--warmup", "0"], warmed_by(0), "total_return_pct"),
            ("train=4d,test=1d,step=3d", cut(START + 2 * DAY, START + 12 * DAY, 4 * DAY, DAY, 3 * DAY),
             ["--warmup", "60", "--start", "2021-01-03", "--end", "2021-01-12"], warmed_by(60), "volatility_annual_pct"),
            ("train=6h,test=90m,step=2d", cut(START, end, 21600, 5400, 2 * DAY), ["--fill", "next-open", "--no-short"], warmed_by_train,
             "profit_factor")):
        data, curve, _, _ = folder.walk("bars.csv", spec, *GRID, "--sort", sort, *words)
        plain = [w for w in words if w in ("--fill", "next-open", "--no-short")]
        wanted = expected_walk(folder, rows, windows, lead, plain, sort, -1 if sort == "volatility_annual_pct" else 1)
        matches_plain(data, curve, windows, wanted, sort)


def holes(folder, rows):
    """A hole of three days: windows in it have no rows. And warm-up is rows, however long ago they were."""
    kept = between(rows, 0, START + 7 * DAY) + between(rows, START + 10 * DAY, START + 16 * DAY)
    folder.bars("holes.csv", kept)
    windows = cut(START, START + 16 * DAY, 2 * DAY, DAY, DAY)
    data, curve, _, err = folder.walk("holes.csv", "train=2d,test=1d", *GRID, "--warmup", "100")
    said = {}
    for i, window in enumerate(windows):
        for name, at in (("train", window[:2]), ("test", window[2:])):
            if not between(kept, *at):
                said.setdefault(i, "no rows in its %s window" % name)
    good = [w for i, w in enumerate(windows) if i not in said]
    found = folds_of(data)
    for i, why in said.items():
        row = found[i]
        equal((row["error"], row["fast"], row["train_sharpe_ratio"], row["capital"], row["num_trades"]), (why, "", "", "", ""), "fold %d" % (i + 1))
    check(sorted(set(said.values())) == ["no rows in its test window", "no rows in its train window"], "both happen")
    check("%d of %d folds have no test: fold 6: no rows in its test window" % (len(said), len(windows)) in err and err.count("\n") == 1, err)
    heads = data.split(b"\r\n", 1)[0] + b"\r\n"
    lines = [line for i, line in enumerate(data.split(b"\r\n")[1:-1]) if i not in said]
    renumbered = heads + b"".join(str(i + 1).encode() + line[line.index(b","):] + b"\r\n" for i, line in enumerate(lines))
    wanted = expected_walk(folder, kept, good, warmed_by(100))
    matches_plain(renumbered, curve, good, wanted)


def trades(folder):
    """Over trades: bars are made of them; windows are cut at bars."""
    source, price, rows = random.Random(11), 1000, []
    for i in range(6 * 24 * 60 * 2):
        price = max(500, price + source.randint(-3, 3))
        rows.append("%d,%.2f,%d,%s" % (START + 30 * i + 17, price / 100, source.randint(1, 9), source.choice(("buy", "sell"))))
    folder.head = "ts,price,qty,side"
    folder.bars("trades.csv", rows)
    windows = cut(START, START + 6 * DAY, 2 * DAY, DAY, DAY)
    windows[-1] = windows[-1][:3] + (stamp(rows[-1]),)
    for words, lead in ((["--warmup", "200"], warmed_by(200)), ([], warmed_by_train)):
        data, curve, _, err = folder.walk("trades.csv", "train=2d,test=1d", *GRID, "--input", "trades", *words)
        equal(err, "", "nothing went wrong")
        last = folds_of(data)[-1]["test_end"]
        check(last.startswith("2021-01-06T23:59:47.000000001"), "the end of the last trade: %s" % last)
        data = data.replace(b"2021-01-06T23:59:47.000000001Z", iso(stamp(rows[-1])).encode())
        ends = windows[:-1] + [windows[-1][:3] + (windows[-1][3] + 1,)]  # the last trade is in it
        matches_plain(data, curve, windows, expected_walk(folder, rows, ends, lead, ["--input", "trades"]))
    folder.head = "ts,open,high,low,close,volume"


def several_symbols(folder, rows):
    """Two symbols from journals, the second from its third day on; each is warmed up by rows of its own."""
    other = bar_rows(walk(14 * 1440, 5), START + 2 * DAY)
    folder.bars("other.csv", other)
    for name, symbol in (("bars.csv", "ATOM/USDT"), ("other.csv", "BTC/USDT")):
        done = subprocess.run([os.path.abspath(NJORD), "data", "import", name, "--symbol", symbol, "--kind", "bars", "--timeframe", "1m",
                               "--journal-dir", "log"], cwd=folder.top, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        equal(done.returncode, 0, "import: %s" % done.stdout)

    def command(verb, *words):
        done = subprocess.run([os.path.abspath(NJORD), verb, "--strategy", "ma_cross", "--symbol", "ATOM/USDT", "--symbol", "BTC/USDT",
                               "--journal-dir", "log", "--plugins", PLUGINS] + list(words), cwd=folder.top, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        equal((done.returncode, done.stderr), (0, ""), "%s %s" % (verb, " ".join(words)))
        return done.stdout

    # windows that begin and end anywhere in the days of a journal, and its hours of warm-up in the day before
    for words in (["--walk-forward", "train=31h,test=7h"], ["--walk-forward", "train=40h,test=25h,anchored", "--warmup", "3000"]):
        alone = folder.walk("bars.csv", words[1], *GRID, *words[2:])[:2]
        done = subprocess.run([os.path.abspath(NJORD), "sweep", "--strategy", "ma_cross", "--symbol", "ATOM/USDT", "--journal-dir", "log", "--plugins", PLUGINS,
                               "--output", "journal.csv"] + GRID + words, cwd=folder.top, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        equal(done.returncode, 0, "from the journal: %s" % done.stdout)
        check((folder.read("journal.csv"), folder.read("equity_journal.ndjson")) == alone, "a journal gives what the file gives")
    command("sweep", *GRID, "--walk-forward", "train=4d,test=4d", "--warmup", "80", "--start", "2021-01-04", "--output", "two.csv")
    found, capital, points = folds_of(folder.read("two.csv")), 10000.0, []
    windows = cut(START + 3 * DAY, START + 16 * DAY, 4 * DAY, 4 * DAY, 4 * DAY)
    equal([tuple(seconds(row[name]) for name in TIMES) for row in found], windows, "windows of two symbols")
    for row, window in zip(found, windows):
        best = None
        for fast, slow in SETS:
            params = ["--param", "fast=%d" % fast, "--param", "slow=%d" % slow, "--param", "qty=100", "--warmup", "80", "--no-report", "--json"]
            result = json.loads(command("backtest", *params, "--start", iso(window[0]), "--end", iso(window[1])))
            key = result["metrics"]["sharpe_ratio"]
            if best is None or key > best[0]:
                best = (key, fast, slow)
        equal((float(row["train_sharpe_ratio"]), int(row["fast"]), int(row["slow"])), best, "the choice")
        params = ["--param", "fast=" + row["fast"], "--param", "slow=" + row["slow"], "--param", "qty=100", "--warmup", "80", "--no-report", "--json"]
        result = json.loads(command("backtest", *params, "--start", iso(window[2]), "--end", iso(window[3]), "--capital", repr(capital)))
        for name, value in result["metrics"].items():
            equal(number(row[name]), value, "two symbols: " + name)
        points += result["equity_curve"]
        capital = result["final_capital"]
    equal([json.loads(line) for line in folder.read("equity_two.ndjson").decode().splitlines()], points, "the curve of two symbols")


def the_future_is_not_seen(folder, closes, data):
    """What comes behind a train window is another market: whatever is chosen up to there stays."""
    spec, found = "train=5d,test=2d", folds_of(data)
    chosen = ("train_start", "train_end", "fast", "slow", "train_sharpe_ratio", "train_total_return_pct")
    for fold in (0, 2, 5):
        end = (seconds(found[fold]["train_end"]) - START) // MINUTE
        turned = closes[:end] + [closes[end - 1] + (closes[end - 1] - c) // 2 for c in closes[end:]]
        folder.bars("turned.csv", bar_rows([max(c, 1) for c in turned]))
        other = folds_of(folder.walk("turned.csv", spec, *GRID)[0])
        for k in range(fold + 1):
            equal({n: other[k][n] for n in chosen}, {n: found[k][n] for n in chosen}, "fold %d, when all behind fold %d's train window differs"
                  % (k + 1, fold + 1))
        check(other[fold]["total_return_pct"] != found[fold]["total_return_pct"], "the test does differ")
        for k in range(fold):
            if seconds(found[k]["test_end"]) <= seconds(found[fold]["train_end"]):
                equal(other[k], found[k], "and so do tests before it")
        folder.bars("ended.csv", bar_rows(closes[:end + 1]))  # a single row to test on
        ended = folds_of(folder.walk("ended.csv", spec, *GRID)[0])
        equal(len(ended), fold + 1, "folds of what had come by then")
        equal({n: ended[fold][n] for n in chosen}, {n: found[fold][n] for n in chosen}, "fold %d on nothing but its rows" % (fold + 1))


def goes_on_after_kill(folder):
    words = ["--param", "fast=2..13", "--param", "slow=50,60,70,80", "--param", "qty=100"]
    data, curve, _, _ = folder.walk("bars.csv", "train=5d,test=1d", *words, output="whole.csv")
    command = folder.command("sweep", "bars.csv", *words, "--walk-forward", "train=5d,test=1d", "--output", "cut.csv")
    partial, source, kills = folder.path("cut.csv.partial"), random.Random(3), 0
    kept = 0
    for _ in range(6):
        process = subprocess.Popen(command + ["--jobs", source.choice("12")], cwd=folder.top, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end, least = time.monotonic() + 10 * LIMIT, kept + source.randint(0, 80)
        while process.poll() is None:  # at an instant, and not before something was added
            check(time.monotonic() < end, "it gets on")
            try:
                rows = folder.read("cut.csv.partial").count(b"\n")
            except FileNotFoundError:  # not begun, or done
                rows = 0
            if rows > least:
                time.sleep(0.02 * source.random())
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.001)
        if process.wait() == 0 or not os.path.exists(partial):
            break  # faster than the test
        kills += 1
        lines = folder.read("cut.csv.partial").splitlines(True)
        whole = sum(line.endswith(b"\n") for line in lines) - 1
        check(whole >= kept, "nothing is lost")
        kept = max(whole, 0)
        check(not os.path.exists(folder.path("cut.csv")), "no CSV before the end")
        with open(partial, "ab") as file:
            file.write(b"17,4.5,to")  # what a power cut may leave
    check(kills > 0, "it was killed")
    if os.path.exists(partial):
        for other in (["--sort", "total_return_pct"], ["--warmup", "0"]):
            code, _, err = folder.run("sweep", "bars.csv", *words, "--walk-forward", "train=5d,test=1d", "--output", "cut.csv", *other)
            check(code == 1 and "partial results of another sweep" in err, "another one's: %r" % err)
        code, _, err = folder.run("sweep", "bars.csv", *words, "--walk-forward", "train=5d,test=2d", "--output", "cut.csv")
        check(code == 1 and "partial results of another sweep" in err and "--restart" in err, "another one's: %r" % err)
        code, _, err = folder.run("sweep", "bars.csv", *words, "--output", "cut.csv")
        check(code == 1 and "partial results of another sweep" in err, "a sweep's is no walk-forward's: %r" % err)
    check(folder.walk("bars.csv", "train=5d,test=1d", *words, output="cut.csv")[:2] == (data, curve), "the same bytes after %d kills" % kills)
    with open(partial, "wb") as file:
        file.write(b"something else\n")
    check(folder.walk("bars.csv", "train=5d,test=1d", *words, "--restart", output="cut.csv")[:2] == (data, curve), "begun anew")
    print("killed %d times, %d runs kept" % (kills, kept))


def failures_are_rows(folder):
    expected = None
    for jobs in ("1", "2"):
        data, curve, out, err = folder.walk("bars.csv", "train=7d,test=4d,step=4d", "--param", "mood=1..3", "--param", "qty=1", "--jobs", jobs,
                                            "--set-limit", "1", code=1, strategy=TOUCHY)
        found = folds_of(data)
        equal([(r["sets_failed"], r["error"], r["mood"]) for r in found], [("3", "every set failed in its train window", "")] * 3, "all fail")
        check("9 of 12 runs failed: the plugin ended its process: " in err, "told: %r" % err)
        check(err.splitlines()[1].endswith("3 of 3 folds have no test: fold 1: every set failed in its train window"), "told: %r" % err)
        equal((err.count("\n"), curve), (2, b""), "and nothing more")
        data, curve, out, err = folder.walk("bars.csv", "train=7d,test=4d", "--param", "mood=0..3", "--param", "qty=1,2", "--jobs", jobs,
                                            "--set-limit", "1", strategy=TOUCHY)
        found = folds_of(data)
        equal([(r["mood"], r["qty"], r["sets_failed"], r["error"]) for r in found], [("0", r["qty"], "6", "") for r in found], "what is left wins")
        check("18 of 27 runs failed: " in err and err.count("\n") == 1, "told: %r" % err)
        check(expected in (None, (data, curve)), "same bytes")
        expected = (data, curve)
    # fine in the train windows before it, and then in a test: the fold has none, and its capital is the next one's
    after = str((START + 8 * DAY) * 10**9)
    for mood, wanted in (("1", "the plugin ended its process: "), ("2", "no end within 1 s")):
        data, curve, out, err = folder.walk("bars.csv", "train=4d,test=3d", "--param", "mood=%s,0" % mood, "--param", "after=" + after,
                                            "--set-limit", "1", strategy=TOUCHY)
        found = folds_of(data)
        equal([(r["mood"], r["sets_failed"]) for r in found], [(mood, "0"), (mood, "0"), ("0", "1"), ("0", "1")], "choices")
        check(found[1]["error"].startswith(wanted) and found[1]["capital"] == found[1]["num_trades"] == "", "no test: %r" % found[1])
        equal([r["error"] for r in found[:1] + found[2:]], [""] * 3, "the others have one")
        equal((found[0]["final_equity"], found[2]["capital"]), ("10000", "10000"), "the capital is passed on")
        check("3 of 12 runs failed: " in err and "1 of 4 folds have no test: fold 2: " + wanted in err and err.count("\n") == 2, "told: %r" % err)
        times = [json.loads(line)[0] for line in curve.decode().splitlines()]
        check(not any((START + 7 * DAY) * 10**9 < t <= (START + 10 * DAY) * 10**9 for t in times) and times == sorted(set(times)), "the curve has a gap there")
    # all is lost in a test: later ones have no capital
    data, curve, _, err = folder.walk("falls.csv", "train=4d,test=3d", "--param", "mood=0", "--param", "qty=2000", "--no-cash-check",
                                      "--warmup", "0", strategy=TOUCHY)
    found = folds_of(data)
    check([r["error"][:21] for r in found][-1] == "no capital is left: -" and found[0]["error"] == "", "what is lost is lost: %r" % [r["error"] for r in found])
    check("folds have no test: fold " in err and "no capital is left: -" in err, err)
    # a figure that no set has
    data, curve, out, err = folder.walk("bars.csv", "train=7d,test=4d", "--param", "mood=0", "--sort", "profit_factor", code=1, strategy=TOUCHY)
    equal({r["error"] for r in folds_of(data)}, {"no set has a profit_factor in its train window"}, "null never wins")
    check("no set has a profit_factor" in err and "n/a" in out, "told")


def mistakes(folder):
    def one(words, wanted_code, wanted, source="bars.csv", more=("--param", "fast=5,6")):
        code, _, err = folder.run("sweep", source, *more, *words)
        check(code == wanted_code and wanted in err and err.count("\n") == 1, "%s: %d %r" % (words, code, err))

    for spec, wanted in (
            ("", "expected train=90d,test=30d"), ("train=90d", "'test' is missing"), ("test=3d", "'train' is missing"),
            ("anchored", "'train' is missing"), ("train=0d,test=1d", "'train': expected a duration"), ("train=0,test=1d", "'train': expected a duration"),
            ("train=5d,test=x", "'test': expected a duration"), ("train=5d,test=", "'test': expected a duration"),
            ("train=1e300d,test=1d", "'train': expected a duration"), ("train=99999999999999999999d,test=1d", "'train': expected a duration"),
            ("train=999999999999999w,test=1d", "'train': expected a duration"), ("train=101w,test=200000d", "'test': expected a duration"),
            ("train=-5d,test=1d", "'train': expected a duration"), ("train=5.5d,test=1d", "'train': expected a duration"),
            ("train=5d,test=1d,step=0d", "'step': expected a duration"), ("train=5d,test=1d,step=12h", "'step' is shorter than 'test'"),
            ("train=5d,test=1d,test=2d", "'test' stands twice"), ("train=5d,train=5d,test=1d", "'train' stands twice"),
            ("train=5d,test=1d,anchored,anchored", "'anchored' stands twice"), ("train=5d,test=1d,", "found ''"), (",train=5d,test=1d", "found ''"),
            ("train=5d,test=1d,anchord", "found 'anchord'"), ("train=5d,test=1d,trian=5d", "found 'trian=5d'"), ("train=5d test=1d", "'train': expected a duration"),
            ("train=5days,test=1d", "'train': expected a duration"), ("train=5dd,test=1d", "'train': expected a duration"), ("train=w,test=1d", "'train': expected a duration"),
            ("train=" + "9" * 500 + "d,test=1d", "'train': expected a duration"), ("train=90s,test=1d", "'train': expected whole bars of 1m, found 90s"),
            ("train=1d,test=500ms", "'test': expected whole bars of 1m, found 500ms"), ("train=1d,test=1h,step=3601s", "'step': expected whole bars of 1m")):
        one(["--walk-forward", spec], 2, wanted)
    one(["--walk-forward", "train=16d,test=1d"], 1, "the rows span 16d: too little for one train window of 16d and a test behind it")
    one(["--walk-forward", "train=90d,test=30d"], 1, "the rows span 16d: too little")
    one(["--walk-forward", "train=1m,test=1m"], 1, "23039 folds: at most 10000")
    one(["--walk-forward", "train=1d,test=1d", "--top", "5"], 2, "option '--top'")
    one(["--walk-forward", "train=5d,test=1d", "--walk-forward", "train=5d,test=1d"], 2, "stands more than once")
    one(["--walk-forward"], 2, "--walk-forward")
    one(["--walk-forward", "train=5d,test=1d", "--output", "var/"], 2, "expected the name of a CSV")
    one(["--walk-forward", "train=5d,test=1d", "--output", "bars.csv/x.csv"], 1, "bars.csv")
    one(["--walk-forward", "train=5d,test=1d"], 2, "'fasst': unknown parameter", more=("--param", "fasst=5"))
    one(["--walk-forward", "train=5d,test=1d"], 1, "none.csv", source="none.csv")
    one(["--walk-forward", "train=5m,test=5m"], 1, "at most 10000000 runs", more=("--param", "fast=1..2000", "--param", "slow=2..6"))


def main():
    closes = walk(16 * 1440, 7)
    rows = bar_rows(closes)
    with Folder() as folder:
        folder.bars("bars.csv", rows)
        folder.bars("falls.csv", bar_rows([2000 - i * 1500 // (16 * 1440) for i in range(16 * 1440)]))
        mistakes(folder)
        data = rolling(folder, closes, rows)
        the_future_is_not_seen(folder, closes, data)
        other_shapes(folder, rows)
        holes(folder, rows)
        trades(folder)
        several_symbols(folder, rows)
        failures_are_rows(folder)
        goes_on_after_kill(folder)


main()
