#!/usr/bin/env python3
"""Does the simulated market look like one, and is it the same everywhere?

The market's sources are compiled here with what compilers there are, and asked for trades; the figures
are computed here, and those of the real market from the data beside the tree ($NJORD_TEST_DATA): 19,904
BTC/USDT trades (eleven minutes, 30 trades a second) and 42,915 one-minute bars of ATOM/USDT.

The stylised facts are those of R. Cont 2001, "Empirical properties of asset returns: stylized facts and
statistical issues", Quantitative Finance 1, 223-236. Each band says why it is as wide as it is. All
seeds are fixed: a band is crossed by a change of the market, never by chance.
"""
import collections
import gzip
import hashlib
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DATA = os.environ.get("NJORD_TEST_DATA") or os.path.join(TOP, "..", "shared", "data")
MARKET = os.path.join(TOP, "plugins", "feeds", "simmarket")
SOURCES = [os.path.join(MARKET, name) for name in ("rng.c", "market.c", "market_new.c", "market_state.c")]
DRIVER = os.path.join(TOP, "tests", "e2e", "market_trades.c")
SYMBOLS = ["BTC/USDT", "ETH/USDT", "ATOM/USDT"]
DAY = 86400
failures = []


def check(name, value, low, high, why):
    good = low <= value <= high
    print("%-4s %-52s %10.4f in [%.4g, %.4g]: %s" % ("ok" if good else "FAIL", name, value, low, high, why))
    if not good:
        failures.append(name)


# ---- making and running ------------------------------------------------------------------------------------------


def build(folder, compiler, flags):
    program = os.path.join(folder, "market-%s%s" % (os.path.basename(compiler), "".join(flags)))
    subprocess.run([compiler, "-std=c11", "-D_GNU_SOURCE", "-ffp-contract=off", *flags, "-I", MARKET,
                    DRIVER, *SOURCES, "-lm", "-o", program], check=True)
    return program


def output(program, seed, seconds, rate, correlation, limit, symbols):
    return subprocess.run([program, str(seed), str(seconds), str(rate), str(correlation), str(limit), *symbols],
                          check=True, stdout=subprocess.PIPE).stdout


Trade = collections.namedtuple("Trade", "ms price qty side")


def trades_of(program, seed, seconds, rate, correlation, symbols):
    found = [[] for _ in symbols]
    for line in output(program, seed, seconds, rate, correlation, 0, symbols).splitlines():
        place, ms, price, qty, sell, _ = line.split()
        found[int(place)].append(Trade(int(ms), float(price), float(qty), -1 if sell == b"1" else 1))
    return found


# ---- the real market ---------------------------------------------------------------------------------------------


def capture():
    trades = []
    for day in ("20240808", "20240809"):
        path = os.path.join(DATA, "trades", "btcusdt-spot-%s.txt.gz" % day)
        with gzip.open(path, "rt") as lines:
            for line in lines:
                frame = json.loads(line.split(" ", 1)[1])
                if frame.get("stream") == "btcusdt@trade":
                    d = frame["data"]
                    trades.append(Trade(d["T"], float(d["p"]), float(d["q"]), -1 if d["m"] else 1))
    return trades


def bars():
    with gzip.open(os.path.join(DATA, "bars", "atomusdt-1m.csv.gz"), "rt") as lines:
        rows = [line.split(",") for line in lines][1:]
    return [(int(r[0]), float(r[4]), float(r[5])) for r in rows]


# ---- figures -------------------------------------------------------------------------------------------------------


def autocorrelation(x, lag):
    mean = sum(x) / len(x)
    variance = sum((v - mean) ** 2 for v in x)
    return sum((x[i] - mean) * (x[i + lag] - mean) for i in range(len(x) - lag)) / variance


def kurtosis(x):
    mean = sum(x) / len(x)
    variance = sum((v - mean) ** 2 for v in x) / len(x)
    return sum((v - mean) ** 4 for v in x) / len(x) / variance ** 2


def correlation(x, y):
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y)) / math.sqrt(
        sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))


def log_returns(prices):
    return [math.log(b / a) for a, b in zip(prices, prices[1:])]


def orders_of(trades):
    """Trades of one side within a millisecond are one aggressive order: [ms, last price, side, count, first price]."""
    orders = []
    for t in trades:
        if orders and orders[-1][0] == t.ms and orders[-1][2] == t.side:
            orders[-1][1] = t.price
            orders[-1][3] += 1
        else:
            orders.append([t.ms, t.price, t.side, 1, t.price])
    return orders


def sampled(trades, ms):
    """Last price of each interval, carried over intervals without a trade."""
    last = {t.ms // ms: t.price for t in trades}
    prices, price = [], trades[0].price
    for k in range(trades[0].ms // ms, trades[-1].ms // ms + 1):
        price = last.get(k, price)
        prices.append(price)
    return prices


def fano(times, ms):
    """Variance over mean of the counts in intervals: 1 for a Poisson process."""
    counts = [0] * ((times[-1] - times[0]) // ms + 1)
    for t in times:
        counts[(t - times[0]) // ms] += 1
    return statistics.pvariance(counts) / statistics.fmean(counts)


def days_of(x):
    return [x[i:i + 1440] for i in range(0, len(x) - 1439, 1440)]


def tape(trades):
    """What the capture can be compared in."""
    orders = orders_of(trades)
    shared = collections.Counter(t.ms for t in trades)
    moves = log_returns([o[1] for o in orders])
    return {
        "share of trades that share their millisecond": sum(n for n in shared.values() if n > 1) / len(trades),
        "trades an order": len(trades) / len(orders),
        "share of orders with one trade": sum(o[3] == 1 for o in orders) / len(orders),
        "share of orders that walk the book": sum(o[1] != o[4] for o in orders) / len(orders),
        "autocorrelation of orders' sides, lag 1": autocorrelation([o[2] for o in orders], 1),
        "autocorrelation of orders' sides, lag 10": autocorrelation([o[2] for o in orders], 10),
        "autocorrelation of orders' returns, lag 1": autocorrelation(moves, 1),
        "autocorrelation of trades' returns, lag 1": autocorrelation(log_returns([t.price for t in trades]), 1),
        "share of orders at the last order's price": sum(m == 0 for m in moves) / len(moves),
        "deviation of the logarithm of quantity": statistics.pstdev([math.log(t.qty) for t in trades]),
        "Fano factor of trades a second": fano([t.ms for t in trades], 1000),
        "Fano factor of orders a second": fano([o[0] for o in orders], 1000),
        "variation of the gaps between orders": (lambda g: statistics.pstdev(g) / statistics.fmean(g))(
            [b[0] - a[0] for a, b in zip(orders, orders[1:])]),
    }


def minutes(returns):
    """What the bars can be compared in: medians over days, so that no single day decides."""
    days = days_of(returns)
    return {
        "kurtosis of one-minute returns": statistics.median(kurtosis(d) for d in days),
        "|r| autocorrelation, 1 minute": statistics.median(autocorrelation([abs(v) for v in d], 1) for d in days),
        "|r| autocorrelation, 10 minutes": statistics.median(autocorrelation([abs(v) for v in d], 10) for d in days),
        "|r| autocorrelation, 60 minutes": statistics.median(autocorrelation([abs(v) for v in d], 60) for d in days),
    }


# ---- tests ---------------------------------------------------------------------------------------------------------


def same_everywhere(folder):
    """SHA-256 of the first 100,000 trades: two compilers, no optimisation to much, twice."""
    hashes = {}
    for compiler in ("gcc", "clang"):
        if not shutil.which(compiler):
            print("not compared: no %s here" % compiler)
            continue
        for flags in (["-O0"], ["-O2"], ["-O3", "-funroll-loops"]):
            program = build(folder, compiler, flags)
            for again in range(2 if flags == ["-O2"] else 1):
                out = output(program, 7, 3 * DAY, 20000, 0.6, 100000, SYMBOLS)
                hashes["%s %s #%d" % (compiler, " ".join(flags), again)] = hashlib.sha256(out).hexdigest()
    for name, value in hashes.items():
        print("     %-28s %s" % (name, value))
    if len(set(hashes.values())) != 1:
        failures.append("the same bytes from every build")
    other = hashlib.sha256(output(program, 8, 3 * DAY, 20000, 0.6, 100000, SYMBOLS)).hexdigest()
    if other in hashes.values():
        failures.append("another seed gives another market")


def against_the_capture(program, real):
    """The same eleven minutes' rate of trades. The capture is one piece of one day: its figures are a draw too, and the
    simulated ones differ by as much between seeds; the bands are that spread, and the sign."""
    seconds = (real[-1].ms - real[0].ms) // 1000
    rate = len(real) / seconds * DAY
    theirs = tape(real)
    runs = [tape(trades_of(program, seed, seconds, rate, 0.6, SYMBOLS[:1])[0]) for seed in (1, 2, 3, 4, 5)]
    ours = {name: statistics.fmean(run[name] for run in runs) for name in theirs}
    print("     the capture: %d trades" % len(real))
    near = {"share of trades that share their millisecond": 0.05, "share of orders with one trade": 0.05,
            "share of orders that walk the book": 0.05, "autocorrelation of orders' sides, lag 1": 0.08,
            "autocorrelation of orders' sides, lag 10": 0.08, "autocorrelation of orders' returns, lag 1": 0.08,
            "share of orders at the last order's price": 0.20, "deviation of the logarithm of quantity": 0.6}
    for name, width in near.items():
        check(name, ours[name], theirs[name] - width, theirs[name] + width, "the capture's %.4f" % theirs[name])
    for name in ("trades an order", "variation of the gaps between orders"):
        check(name, ours[name], theirs[name] / 1.35, theirs[name] * 1.35, "the capture's %.4f" % theirs[name])
    for name in ("Fano factor of trades a second", "Fano factor of orders a second"):
        check(name, ours[name], max(1.5, theirs[name] / 4), theirs[name] * 4,
              "clustered, 1 is a Poisson process; the capture's %.1f hangs on one burst" % theirs[name])
    check("autocorrelation of trades' returns, lag 1", ours["autocorrelation of trades' returns, lag 1"], -0.2, -0.005,
          "bid-ask bounce: below 0; the capture's %.4f" % theirs["autocorrelation of trades' returns, lag 1"])


def against_the_bars(ours, hours, real):
    times, closes, volumes = zip(*real)
    theirs = minutes(log_returns(closes))
    check("kurtosis of one-minute returns", ours["kurtosis of one-minute returns"],
          theirs["kurtosis of one-minute returns"] / 2, theirs["kurtosis of one-minute returns"] * 2,
          "median day of ATOM/USDT: %.2f" % theirs["kurtosis of one-minute returns"])
    for name in theirs:
        if name.startswith("|r|"):
            check(name, ours[name], theirs[name] / 2.5, theirs[name] * 2.5 + 0.02,
                  "median day of ATOM/USDT: %.4f" % theirs[name])
    by_hour = [0.0] * 24
    for ms, volume in zip(times, volumes):
        by_hour[ms // 3600000 % 24] += volume
    check("daily profile: correlation with real hourly volume", correlation(hours, by_hour), 0.5, 1,
          "30 days of ATOM/USDT hold a crash at 13 h, so far from 1")


def stylised_facts(program):
    """Cont 2001: heavy tails (2), volatility clusters (6) and slowly decaying |r| (8), no linear autocorrelation (1) but at
    the shortest scale, the daily cycle; and what was asked for is what comes out."""
    days = 60
    markets = trades_of(program, 3, days * DAY, 20000, 0.6, SYMBOLS)
    returns = [log_returns(sampled(trades, 60000)) for trades in markets]
    coarse = [log_returns(sampled(trades, 600000)) for trades in markets]
    hours = [0] * 24
    for symbol, trades, r, r10 in zip(SYMBOLS, markets, returns, coarse):
        facts = minutes(r)
        check(symbol + ": trades a day", len(trades) / days, 18000, 22000,
              "20,000 asked for; self-excited counts of 60 days spread by some per cent")
        check(symbol + ": annual volatility", math.sqrt(sum(v * v for v in r10) / len(r10) * 6 * 24 * 365), 0.5, 0.7,
              "0.6 asked for; log-volatility has a memory of a day, so 60 days are few")
        check(symbol + ": kurtosis of one-minute returns", facts["kurtosis of one-minute returns"], 4, 15,
              "heavy tails: 3 is normal; real days of 1-minute bars have 4 to 20")
        check(symbol + ": kurtosis falls with the scale", kurtosis(r10) / kurtosis(r), 0, 0.8, "aggregational Gaussianity")
        check(symbol + ": r autocorrelation, 1 minute", autocorrelation(r, 1), -0.06, 0.02,
              "none but a little bounce; 2 standard errors are 0.007")
        check(symbol + ": r autocorrelation, 10 minutes", autocorrelation(r, 10), -0.015, 0.015, "none")
        slow = [facts["|r| autocorrelation, %s" % lag] for lag in ("1 minute", "10 minutes", "60 minutes")]
        check(symbol + ": |r| autocorrelation, 60 minutes", slow[2], 0.02, 0.3, "volatility clusters for hours")
        check(symbol + ": |r| autocorrelation decays", slow[0] - slow[2], 0.02, 0.5, "slowly, but it does")
        check(symbol + ": variance of 10 minutes over 10 times 1", sum(v * v for v in r10) / sum(v * v for v in r), 0.85, 1.05,
              "close to a random walk, a little less for the bounce")
        check(symbol + ": autocorrelation of trades' returns",
              autocorrelation(log_returns([t.price for t in trades]), 1), -0.3, -0.01, "bid-ask bounce")
        check(symbol + ": Fano factor of orders a minute", fano([o[0] for o in orders_of(trades)], 60000), 3, 100,
              "clustered arrivals: 1 is a Poisson process")
        for t in trades:
            hours[t.ms // 3600000 % 24] += 1
    check("daily profile: busiest over quietest hour", max(hours) / min(hours), 1.5, 3, "the configured 1.97")
    for i in range(3):
        for k in range(i):
            n = min(len(coarse[i]), len(coarse[k]))
            check("correlation of %s and %s" % (SYMBOLS[k], SYMBOLS[i]), correlation(coarse[i][:n], coarse[k][:n]), 0.47, 0.73,
                  "0.6 asked for; both volatilities wander on their own")
    for asked, low, high in ((0, -0.06, 0.06), (0.95, 0.85, 0.99)):
        pair = trades_of(program, 5, 20 * DAY, 20000, asked, SYMBOLS[:2])
        a, b = (log_returns(sampled(trades, 600000)) for trades in pair)
        n = min(len(a), len(b))
        check("correlation when %.2f is asked for" % asked, correlation(a[:n], b[:n]), low, high,
              "less than 1 by the bounce; 0.02 is a standard error")
    mean = {name: statistics.fmean(minutes(r)[name] for r in returns) for name in minutes(returns[0])}
    return mean, hours


def main():
    folder = tempfile.mkdtemp(prefix="njord-market.")
    try:
        same_everywhere(folder)
        program = build(folder, os.environ.get("CC") or "gcc", ["-O2"])
        count, seconds = output(program, 1, 50 * DAY, 20000, 0.6, -1, SYMBOLS).split()
        speed = int(count) / max(float(seconds), 0.001)
        check("trades made a second, in millions", speed / 1e6, 1, 1e3, "processor time, one core")
        mean, hours = stylised_facts(program)
        if os.path.isdir(os.path.join(DATA, "trades")):
            against_the_capture(program, capture())
        else:
            print("not compared with the capture: no folder 'trades' in '%s' (NJORD_TEST_DATA)" % DATA)
        if os.path.isdir(os.path.join(DATA, "bars")):
            against_the_bars(mean, hours, bars())
        else:
            print("not compared with real bars: no folder 'bars' in '%s' (NJORD_TEST_DATA)" % DATA)
    finally:
        shutil.rmtree(folder)
    if failures:
        sys.exit("failed: " + "; ".join(failures))


if __name__ == "__main__":
    main()
