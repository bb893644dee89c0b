#!/usr/bin/env python3
"""What a sweep says of its own winner, worked out a second time from the papers with the standard library: the deflated Sharpe ratio (Bailey,
López de Prado 2014) and the probability of backtest overfitting (Bailey, Borwein, López de Prado, Zhu 2017), over the equity curves of
single backtests. And: the same whatever the number of processes and after a kill; of many sets, what is drawn is the seed's."""
import itertools
import json
import math
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import LIMIT  # noqa: E402
from njordtest import BUILD, NJORD, check, equal  # noqa: E402

PLUGINS = os.path.abspath(os.path.join(BUILD, "plugins"))
DAY = 86400 * 10**9
START = 1609459200  # 2021-01-01, seconds
NORMAL = statistics.NormalDist()


class Folder:
    """Hourly bars of a random walk."""

    def __init__(self, days, seed):
        self.top = tempfile.mkdtemp(prefix="nj", dir="/tmp")
        walk, price = random.Random(seed), 100.0
        with open(os.path.join(self.top, "bars.csv"), "w", encoding="utf-8") as out:
            out.write("ts,open,high,low,close,volume\n")
            for i in range(days * 24):
                last, price = price, round(max(50.0, price + walk.gauss(0.02, 1)), 2)
                out.write("%d,%.2f,%.2f,%.2f,%.2f,1\n" % (START + i * 3600, last, max(last, price), min(last, price), price))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        shutil.rmtree(self.top, ignore_errors=True)

    def command(self, verb, *words):
        return [os.path.abspath(NJORD), verb, "--strategy", "ma_cross", "--symbol", "BTC/USDT", "--csv", "bars.csv", "--timeframe", "1h",
                "--plugins", PLUGINS, "--json"] + list(words)

    def run(self, verb, *words):
        done = subprocess.run(self.command(verb, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.top,
                              timeout=10 * LIMIT, check=False)
        equal((done.returncode, done.stderr), (0, ""), "njord %s" % verb)
        return json.loads(done.stdout)

    def sweep(self, *words):
        return self.run("sweep", *words)


def daily_returns(curve):
    """From the first point to the last of each UTC day; a point at midnight belongs to the day that ends."""
    last = {}
    for ts, equity in curve:
        last[(ts - 1) // DAY] = equity
    points = [curve[0][1]] + [last[day] for day in sorted(last)]
    if curve[0][1] == points[1] and (curve[0][0] - 1) // DAY == (curve[-1][0] - 1) // DAY:
        points = points[1:]
    return [b / a - 1 for a, b in zip(points, points[1:])]


def sharpe(returns, free=0.0):
    mean = statistics.fmean(returns)
    if all(r == returns[0] for r in returns):
        return 0.0
    return (mean - free) / statistics.stdev(returns)


def deflated(best, trials, free):
    """(threshold a period, confidence)"""
    n, t = len(trials), len(best)
    gamma = 0.5772156649015328606
    luck = statistics.stdev(trials) * ((1 - gamma) * NORMAL.inv_cdf(1 - 1 / n) + gamma * NORMAL.inv_cdf(1 - 1 / (n * math.e)))
    mean, sd = statistics.fmean(best), statistics.pstdev(best)
    skew = statistics.fmean(((r - mean) / sd) ** 3 for r in best)
    kurtosis = statistics.fmean(((r - mean) / sd) ** 4 for r in best)
    sr = sharpe(best, free)
    return luck, NORMAL.cdf((sr - luck) * math.sqrt(t - 1) / math.sqrt(1 - skew * sr + (kurtosis - 1) / 4 * sr * sr))


def cscv(sets, blocks, free):
    """(share of logits at or below 0, share of losses, splits)"""
    length = len(sets[0]) // blocks
    sets = [returns[len(returns) - length * blocks:] for returns in sets]
    parts = [[returns[b * length:(b + 1) * length] for b in range(blocks)] for returns in sets]
    lower = losses = splits = 0
    for half in itertools.combinations(range(blocks), blocks // 2):
        other = [b for b in range(blocks) if b not in half]
        inside = [sharpe([r for b in half for r in part[b]], free) for part in parts]
        outside = [sharpe([r for b in other for r in part[b]], free) for part in parts]
        best = inside.index(max(inside))
        rank = sum(x < outside[best] for x in outside) + (sum(x == outside[best] for x in outside) + 1) / 2
        omega = rank / (len(sets) + 1)
        lower += math.log(omega / (1 - omega)) <= 1e-12
        losses += outside[best] < 0
        splits += 1
    return lower / splits, losses / splits, splits


def close(found, expected, what):
    check(found is not None and abs(found - expected) <= 1e-9 * max(1, abs(expected)), "%s: expected %r, found %r" % (what, expected, found))


def as_the_papers_have_it(days, seed, blocks, free):
    grid = [(f, s) for f in (2, 3, 5, 8) for s in (10, 20, 40)]
    with Folder(days, seed) as folder:
        words = ("--risk-free", str(free), "--capital", "1000")
        told = folder.sweep("--param", "fast=2,3,5,8", "--param", "slow=10,20,40", *words)
        curves = {}
        for fast, slow in grid:
            result = folder.run("backtest", "--param", "fast=%d" % fast, "--param", "slow=%d" % slow, "--no-report", *words)
            curves[fast, slow] = (daily_returns(result["equity_curve"]), result["metrics"]["sharpe_ratio"])
        found = told["overfitting"]
        best = told["best"][0]["params"]
        luck, confidence = deflated(curves[int(best["fast"]), int(best["slow"])][0], [s / math.sqrt(365) for _, s in curves.values()], free / 365)
        close(found["luck_sharpe_ratio"], luck * math.sqrt(365), "what luck gives")
        close(found["deflated_sharpe_ratio"], confidence, "deflated Sharpe ratio")
        equal(found["trials"], 12, "trials")
        if blocks:
            lower, losses, splits = cscv([curves[key][0] for key in grid], blocks, free / 365)
            close(found["pbo"], lower, "PBO over %d blocks" % blocks)
            close(found["pbo_loss"], losses, "losses")
            equal((found["pbo_blocks"], found["pbo_splits"], found["pbo_sets"]), (blocks, splits, 12), "blocks, splits, sets")
        else:
            equal((found["pbo"], found["pbo_loss"]), (None, None), "too few days")


def too_little():
    with Folder(30, 5) as folder:
        found = folder.sweep("--param", "fast=5")["overfitting"]
        equal((found["deflated_sharpe_ratio"], found["pbo"], found["trials"]), (None, None, 1), "one set")
    with Folder(1, 5) as folder:
        found = folder.sweep("--param", "fast=5,6")["overfitting"]
        equal((found["deflated_sharpe_ratio"], found["pbo"]), (None, None), "one day")


def many_sets():
    """More than 1,000: the best 500 and 500 drawn; the same with one process, with three, after a kill, and with the same seed."""
    words = ("--param", "fast=2..31", "--param", "slow=32..71", "--samples", "1150", "--top", "1")
    with Folder(20, 9) as folder:
        whole = folder.sweep(*words)
        with open(os.path.join(folder.top, "var", "backtest", "sweep_results.html"), "rb") as file:
            page = file.read()
        found = whole["overfitting"]
        check(500 < found["pbo_sets"] <= 1000 and found["trials"] == 1150 and found["pbo"] is not None, "the sets: %r" % found)
        equal(folder.sweep(*words, "--jobs", "1"), whole, "one process")
        equal(folder.sweep(*words, "--jobs", "3"), whole, "three")
        partial = os.path.join(folder.top, "var", "backtest", "sweep_results.csv.partial")
        process = subprocess.Popen(folder.command("sweep", *words), cwd=folder.top, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10 * LIMIT
        while process.poll() is None and time.monotonic() < end:
            if os.path.exists(partial):
                with open(partial, "rb") as file:
                    if file.read().count(b"\n") > 600:
                        process.send_signal(signal.SIGKILL)
                        process.wait()
            time.sleep(0.001)
        os.remove(os.path.join(os.path.dirname(partial), "sweep_results.html"))
        equal(folder.sweep(*words), whole, "after a kill")
        with open(os.path.join(os.path.dirname(partial), "sweep_results.html"), "rb") as file:
            check(file.read() == page, "and the same report")
        equal(sorted(os.listdir(os.path.dirname(partial))), ["sweep_results.csv", "sweep_results.html"], "nothing else is left")


def main():
    as_the_papers_have_it(60, 1, 16, 0)
    as_the_papers_have_it(45, 2, 14, 0.05)
    as_the_papers_have_it(25, 3, 8, 0)
    as_the_papers_have_it(8, 4, 0, 0)
    too_little()
    many_sets()
    print("overfitting: four sweeps as the papers have them, one of 1,150 sets the same each time")


main()
