#!/usr/bin/env python3
"""njord sweep beside single backtests of the same sets: the same figures, the same bytes with one process and with two, after kill -9 and
with sets that crash, hang or refuse; the order of rows; each mistake in one line."""
import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import LIMIT  # noqa: E402
from njordtest import BUILD, NJORD, check, equal  # noqa: E402

PLUGINS = os.path.abspath(os.path.join(BUILD, "plugins"))
TOUCHY = os.path.abspath(os.path.join(BUILD, "tests", "plugins", "touchy.so"))
MINUTE = 60 * 10**9
START = 1609459200 * 10**9  # 2021-01-01
LOWER_IS_BETTER = ("volatility_annual_pct", "max_drawdown_duration_days")


class Folder:
    """A folder with bars of its own in a CSV file."""

    def __init__(self, days=30, seed=7):
        self.top = tempfile.mkdtemp(prefix="nj", dir="/tmp")
        walk, price = random.Random(seed), 10.0
        with open(os.path.join(self.top, "bars.csv"), "w", encoding="utf-8") as out:
            out.write("ts,open,high,low,close,volume\n")
            for i in range(days * 1440):
                last, price = price, round(max(5.0, price + walk.choice((-2, -1, 0, 1, 2)) / 100), 2)
                out.write("%d,%.2f,%.2f,%.2f,%.2f,1\n" % ((START + i * MINUTE) // 10**9, last, max(last, price), min(last, price), price))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        shutil.rmtree(self.top, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.top, name)

    def command(self, verb, strategy, *words):
        return [os.path.abspath(NJORD), verb, "--strategy", strategy, "--symbol", "ATOM/USDT", "--csv", "bars.csv", "--plugins", PLUGINS] + list(words)

    def run(self, verb, strategy, *words):
        done = subprocess.run(self.command(verb, strategy, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.top,
                              timeout=10 * LIMIT, check=False)
        return done.returncode, done.stdout, done.stderr

    def sweep(self, *words, strategy="ma_cross", output="out.csv", code=0):
        got, out, err = self.run("sweep", strategy, *words, "--output", output)
        equal(got, code, "exit code of %s: %s" % (" ".join(words), err))
        with open(self.path(output), "rb") as file:
            data = file.read()
        check(not os.path.exists(self.path(output + ".partial")), "no partial file is left")
        return data, out, err


def rows_of(data):
    """A reader of RFC 4180: line ends CR LF, as many fields everywhere."""
    text = data.decode()
    check(text.endswith("\r\n") and "\n" not in text.replace("\r\n", ""), "lines end with CR LF")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    check(all(len(row) == len(rows[0]) for row in rows), "as many fields in each row")
    return [dict(zip(rows[0], row)) for row in rows[1:]], rows[0]


def equals_single_backtests(folder):
    data, out, _ = folder.sweep("--param", "fast=5..20:5", "--param", "slow", "15,30,60", "--where", "fast < slow")
    rows, heads = rows_of(data)
    sets = [(f, s) for f in (5, 10, 15, 20) for s in (15, 30, 60) if f < s]
    equal(sorted((int(r["fast"]), int(r["slow"])) for r in rows), sorted(sets), "the sets")
    check("10 sets of 12 combinations" in out, "the count: %r" % out)
    equal(heads[:3] + heads[-1:], ["fast", "slow", "num_trades", "error"], "the heads")
    for row in rows:
        code, text, err = folder.run("backtest", "ma_cross", "--param", "fast=" + row["fast"], "--param", "slow=" + row["slow"], "--json")
        equal((code, err), (0, ""), "backtest")
        metrics = json.loads(text)["metrics"]
        equal(sorted(metrics), sorted(heads[2:-1]), "every metric has a column")
        for name, value in metrics.items():
            equal(float(row[name]) if row[name] else None, None if value is None else float(value), "%s of %s" % (name, row["fast"]))
    return data


def order_is_that_of_the_metric(folder):
    for metric in ("sharpe_ratio", "volatility_annual_pct", "num_trades", "profit_factor", "max_drawdown_pct"):
        data, _, _ = folder.sweep("--param", "fast=5..20:5", "--param", "slow=15,30,60", "--sort", metric, "--top", "0")
        rows, _ = rows_of(data)
        grid = {(f, s): i for i, (f, s) in enumerate((f, s) for f in (5, 10, 15, 20) for s in (15, 30, 60))}

        def key(row):
            sign = 1 if metric in LOWER_IS_BETTER else -1
            place = grid[int(row["fast"]), int(row["slow"])]
            return (1, 0, place) if not row[metric] else (0, sign * float(row[metric]), place)

        equal(rows, sorted(rows, key=key), "sorted by %s" % metric)


def table_and_json(folder):
    _, out, _ = folder.sweep("--param", "fast=5,10,20", "--param", "slow=30", "--top", "2")
    lines = out.splitlines()
    check("The best 2 of 3 by sharpe_ratio:" in lines, "the table: %r" % out)
    check("Results saved to: out.csv" in lines[-2:] and lines[-1].startswith("Re"), "where: %r" % lines[-2:])
    data, out, err = folder.sweep("--param", "fast=5,10,20", "--param", "slow=30", "--top", "2", "--json")
    equal(err, "", "nothing besides")
    told = json.loads(out)
    rows, _ = rows_of(data)
    equal((told["sets"], told["combinations"], told["failed"], told["sort"], len(told["best"])), (3, 3, 0, "sharpe_ratio", 2), "the JSON")
    for best, row in zip(told["best"], rows):
        equal(best["params"], {"fast": row["fast"], "slow": row["slow"]}, "parameters")
        for name, value in best["metrics"].items():
            equal(value, float(row[name]) if row[name] else None, name)


def samples(folder):
    words = ("--param", "fast=2..40", "--param", "slow=10..100:10", "--where", "fast<slow", "--samples", "12", "--top", "0")
    first, _, _ = folder.sweep(*words, "--seed", "3")
    again, _, _ = folder.sweep(*words, "--seed", "3", "--jobs", "1")
    other, _, _ = folder.sweep(*words, "--seed", "4")
    check(first == again and first != other, "the seed decides")
    rows, _ = rows_of(first)
    sets = {(r["fast"], r["slow"]) for r in rows}
    check(len(sets) == 12 and all(int(f) < int(s) for f, s in sets), "twelve, none twice")


def jobs_give_the_same_bytes(folder, expected):
    for jobs in ("1", "2", "5"):
        data, _, _ = folder.sweep("--param", "fast=5..20:5", "--param", "slow", "15,30,60", "--where", "fast < slow", "--jobs", jobs)
        check(data == expected, "%s jobs" % jobs)


def goes_on_after_kill(folder):
    words = ("--param", "fast=2..41", "--param", "slow=50,60,70,80,90")
    expected, _, _ = folder.sweep(*words, output="whole.csv")
    partial = folder.path("cut.csv.partial")
    kept = 0
    for least in (5, 60, 140):
        process = subprocess.Popen(folder.command("sweep", "ma_cross", *words, "--output", "cut.csv", "--jobs", "1"), cwd=folder.top,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10 * LIMIT
        while process.poll() is None:
            check(time.monotonic() < end, "the sweep gets on")
            if os.path.exists(partial):
                with open(partial, "rb") as file:
                    if file.read().count(b"\n") > least:
                        process.send_signal(signal.SIGKILL)
                        process.wait()
            time.sleep(0.002)
        if process.returncode == 0:
            break  # faster than the test
        with open(partial, "rb") as file:
            lines = file.read().splitlines(True)
        check(len(lines) > least, "what was done stays")
        whole = sum(line.endswith(b"\n") for line in lines) - 1
        check(whole >= kept, "nothing is lost")
        kept = whole
        with open(partial, "ab") as file:
            file.write(b"17,4,50,torn")  # what a power cut may leave
    if os.path.exists(partial):
        code, _, err = folder.run("sweep", "ma_cross", "--param", "fast=2..41", "--param", "slow=50", "--output", "cut.csv")
        check(code == 1 and "partial results of another sweep" in err and "--restart" in err, "another sweep's: %r" % err)
        with open(partial, "rb") as file:
            check(file.read().count(b"\n") >= kept, "and it is left alone")
    data, _, _ = folder.sweep(*words, output="cut.csv")
    check(data == expected, "the same bytes after kill -9")
    with open(partial, "wb") as file:
        file.write(b"something else\n")
    data, _, _ = folder.sweep(*words, "--restart", "--top", "0", output="cut.csv")
    check(data == expected, "begun anew")


def done_rows_are_not_run_again(folder):
    """Rows that stand in the partial file are taken as they are: a figure changed there shows in the end."""
    process = subprocess.Popen(folder.command("sweep", TOUCHY, "--param", "mood=0,2", "--set-limit", "1000", "--jobs", "1", "--output", "b.csv"),
                               cwd=folder.top, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    partial = folder.path("b.csv.partial")
    end = time.monotonic() + LIMIT
    while not os.path.exists(partial) or open(partial, "rb").read().count(b"\n") < 2:
        check(time.monotonic() < end and process.poll() is None, "the first set is done")
        time.sleep(0.01)
    code, _, err = folder.run("sweep", TOUCHY, "--param", "mood=0,2", "--output", "b.csv")
    check(code == 1 and "another sweep is writing it" in err, "one at a time: %r" % err)
    process.kill()
    process.wait()
    with open(partial, "r+b") as file:
        text = file.read().splitlines(True)
        fields = text[1].split(b",")
        fields[3] = b"123.5"  # total_return_pct: set, mood, num_trades, this
        file.seek(0)
        file.truncate()
        file.write(text[0] + b",".join(fields))
    data, _, _ = folder.sweep("--param", "mood=0,2", "--jobs", "1", "--set-limit", "1", strategy=TOUCHY, output="b.csv")
    rows, _ = rows_of(data)
    equal([(r["mood"], r["total_return_pct"], bool(r["error"])) for r in rows], [("0", "123.5", False), ("2", "", True)], "rows")


def failures_are_rows(folder):
    expected = None
    for jobs in ("1", "2"):
        data, out, err = folder.sweep("--param", "mood=0..3", "--param", "qty=1,2", "--jobs", jobs, "--set-limit", "1", strategy=TOUCHY)
        rows, _ = rows_of(data)
        equal(len(rows), 8, "a row a set")
        equal([r["mood"] for r in rows[:2]] + [(r["mood"], r["qty"]) for r in rows[2:]], ["0", "0"] + [(m, q) for m in "123" for q in "12"],
              "failed ones last, in order")
        for row in rows:
            if row["mood"] == "0":
                equal((row["error"], row["num_trades"]), ("", "0"), "fine")
            else:
                equal(row["num_trades"] + row["sharpe_ratio"], "", "no figure")
                wanted = {"1": "the plugin ended its process: ", "2": "no end within 1 s", "3": 'no "thanks", not in this mood'}[row["mood"]]
                check(wanted in row["error"], "%r in %r" % (wanted, row["error"]))
        check("6 of 8 sets failed: " in err and err.count("\n") == 1, "told: %r" % err)
        check("failed" in out, "in the table")
        check(expected in (None, data), "same bytes")
        expected = data
    _, _, err = folder.sweep("--param", "mood=3", strategy=TOUCHY, code=1)
    check("1 of 1 sets failed: " in err, "all failed: %r" % err)


def mistakes(folder):
    cases = [
        (["--param", "fasst=5"], 2, "'fasst': unknown parameter of 'ma_cross', did you mean 'fast'?"),
        (["--param", "fast=5,0"], 2, "'fast': expected an integer from 1 to 10000, found \"0\""),
        (["--param", "fast=5,x"], 2, "'fast': expected an integer"),
        (["--param", "fast=0.1..0.3:0.1"], 2, "'fast': expected an integer"),
        ([], 2, "expected --param NAME=VALUES"),
        (["--param", "fast"], 2, "option '--param"),
        (["--param", "fast=5,5"], 2, "parameter 'fast': value '5' stands twice"),
        (["--param", "fast=5", "--param", "fast=6"], 2, "parameter 'fast' stands twice"),
        (["--param", "fast=5..9:0"], 2, "its step does not lead"),
        (["--param", "fast=5", "--where", "fast < slow"], 2, "where 'fast < slow': at 8: no --param 'slow'"),
        (["--param", "fast=5", "--where", "fast <"], 2, "where 'fast <': at 7: it ends too early"),
        (["--param", "fast=5", "--where", "fast > 5"], 2, "no set is left"),
        (["--param", "fast=1..10000", "--param", "slow=2..10000"], 2, "99990000 sets: at most 10000000"),
        (["--param", "fast=5", "--sort", "luck"], 2, "'luck' is no metric"),
        (["--param", "fast=5", "--jobs", "0"], 2, "option '--jobs': expected a number from 1 to 256"),
        (["--param", "fast=5", "--jobs", "1.5"], 2, "option '--jobs': expected a whole number"),
        (["--param", "fast=5", "--samples", "0"], 2, "option '--samples': expected a number from 1"),
        (["--param", "fast=5", "--top", "-1"], 2, "option '--top': expected a number from 0"),
        (["--param", "fast=5", "--set-limit", "0"], 2, "option '--set-limit': expected a number from 0.001"),
        (["--param", "fast=5", "--csv", "none.csv"], 1, "none.csv"),
        (["--param", "fast=5", "--output", "bars.csv/x/y.csv"], 1, "bars.csv"),
        (["--param", "fast=5", "--capital", "many"], 2, "option '--capital'"),
    ]
    for words, wanted_code, wanted in cases:
        code, _, err = folder.run("sweep", "ma_cross", *words)
        check(code == wanted_code and wanted in err and err.count("\n") == 1, "%s: %d %r" % (words, code, err))
    code, _, err = folder.run("sweep", "ma_corss", "--param", "fast=5")
    check(code == 1 and "did you mean 'ma_cross'" in err, "a strategy that is not there: %r" % err)


def main():
    with Folder() as folder:
        data = equals_single_backtests(folder)
        jobs_give_the_same_bytes(folder, data)
        order_is_that_of_the_metric(folder)
        table_and_json(folder)
        samples(folder)
        failures_are_rows(folder)
        goes_on_after_kill(folder)
        done_rows_are_not_run_again(folder)
        mistakes(folder)


main()
