#!/usr/bin/env python3
"""Backtests over bars and trades of a strategy that sends orders of every kind by a sequence of numbers, against the engine of
tests/oracle, which works the same run out in exact fractions: every thing that the strategy is told, in its order, every fill, refusal,
point of the curve, profit, open position and metric to 1e-9.

NJORD_SOAK=1: thousands of runs, for TEST_SECONDS (600 unless given). NJORD_ORACLE_SEED=N: that run alone, with what differs."""
import json
import os
import random
import statistics
import sys
import tempfile
import time
from fractions import Fraction

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import njord  # noqa: E402
from njordtest import BUILD, PLUGINS, SOURCE, check, equal  # noqa: E402

sys.path.insert(0, os.path.join(SOURCE, "tests", "oracle"))
sys.path.insert(0, os.path.join(SOURCE, "tests", "golden", "backtest"))
import dice  # noqa: E402
import engine  # noqa: E402
import metrics as definitions  # noqa: E402

PLUGIN = os.path.abspath(os.path.join(BUILD, "tests", "plugins", "dice.so"))
SYMBOLS = ("ATOM/USDT", "BTC/USDT", "ETH/USDT")
SIDES = {"buy": engine.BUY, "sell": engine.SELL}
LIQUIDITY = {"maker": engine.MAKER, "taker": engine.TAKER}
FIRST = 1735689600
LENGTHS = {"1m": 60, "5m": 300, "1h": 3600, "1d": 86400}


class Case:
    """One run: data, options, parameters, all drawn from its number."""

    def __init__(self, number):
        r = random.Random(number)
        self.number = number
        self.grid = r.choice((100, 100, 100, 1, 1000))
        self.timeframe = r.choice(("1m", "1m", "1m", "5m", "1h", "1d"))
        self.length = LENGTHS[self.timeframe]
        self.symbols = list(SYMBOLS[:r.choice((1, 1, 2, 3))])
        self.series = {s: self.bars(r) for s in self.symbols}
        self.instruments = {}
        for symbol in self.symbols:
            if r.random() < 0.3:
                self.instruments[symbol] = (r.choice(("0.01", "0.05", "0.1")), r.choice(("0.001", "0.1", "0.5")), r.choice((None, "1", "2.5")))
        self.capital = r.choice((10000, 10000, 1000, 100, 100000000))
        self.commission = r.choice(("0.001", "0", "0.0025", "0.01"))
        self.slippage = r.choice(("5", "0", "12.5", "100"))
        self.fill = r.choice(("close", "next-open"))
        self.gap = r.choice(("limit", "open"))
        self.warmup = r.choice((0, 0, 0, 7))
        self.no_short, self.no_cash = r.random() < 0.25, r.random() < 0.25
        self.dice = {"seed": r.randrange(2 ** 40), "mode": r.choice((0, 0, 7, 8, 15, 16, 31, 31, 63)), "busy": r.choice((10, 40, 90)),
                     "grid": self.grid, "unit": r.choice((1000, 1000, 37, 100000))}

        self.trades = []
        if r.random() < 0.2:
            self.trade(r)

    def trade(self, r):
        """Trades instead of bars, and one order at a time: what several that are under way together do to each other is for the host's tests."""
        self.series = {s: [] for s in self.symbols}
        ts, price = FIRST * 10 ** 9 + r.randrange(60) * 10 ** 9, {s: 10 * self.grid + r.randrange(5 * self.grid) for s in self.symbols}
        self.timeframe, self.length = r.choice((("1m", 60), ("5m", 300)))
        rare = r.choice((0.5, 0.02))
        for _ in range(r.choice((50, 150, 300))):
            symbol = self.symbols[0] if r.random() > rare else r.choice(self.symbols)
            price[symbol] = max(1, price[symbol] + r.randint(-2, 2) * r.choice((1, 1, 10)))
            self.trades.append((ts, symbol, price[symbol]))
            self.series[symbol].append(ts)
            ts += r.choice((0, 1, 10 ** 6, 10 ** 9, 7 * 10 ** 9, 61 * 10 ** 9, 400 * 10 ** 9) if r.random() < 0.3 else (10 ** 9, 3 * 10 ** 9))
        self.trades.sort(key=lambda trade: (trade[0], self.symbols.index(trade[1])))
        self.symbols = [s for s in self.symbols if self.series[s]]
        self.series = {s: self.series[s] for s in self.symbols}
        self.instruments = {s: rules for s, rules in self.instruments.items() if s in self.symbols}
        self.dice["mode"] &= 8 | 16
        self.dice["most"] = 1

    def bars(self, r):
        """A walk on the grid: gaps, touches, bars without any range, holes."""
        out, at, price, ts = [], r.choice((0, 0, 3)), 10 * self.grid + r.randrange(5 * self.grid), FIRST
        holes, wide = r.choice((0, 0, 0.1)), max(1, self.grid // 10)
        ts += at * self.length + r.choice((0, 0, 0, 0, self.length // 2))  # now and then not in step with the others
        for _ in range(r.choice((30, 80, 80, 150))):
            if r.random() < holes:
                ts += self.length * r.randint(1, 5)
            first = max(2, price + (r.randint(-wide, wide) if r.random() < 0.4 else 0))
            flat = r.random() < 0.08
            last = first if flat else max(2, first + r.randint(-wide, wide))
            high = max(first, last) + (0 if flat else r.randint(0, wide))
            low = max(1, min(first, last) - (0 if flat else r.randint(0, wide)))
            out.append((ts, first, high, low, last, 0 if flat else r.randint(1, 1000)))
            price, ts = last, ts + self.length
        return out

    def text(self, value):
        return json.dumps(value / self.grid)

    def write(self, folder):
        """The words of the command line."""
        config = os.path.join(folder, "config")
        os.makedirs(config, exist_ok=True)
        with open(os.path.join(config, "base.yaml"), "w", encoding="utf-8") as out:
            out.write("app:\n  env: paper\n")
            if self.instruments:
                out.write("symbols:\n")
            for symbol, (tick, step, least) in self.instruments.items():
                out.write("  %s:\n    tick: %s\n    step: %s\n" % (symbol, tick, step) + ("    min_qty: %s\n" % least if least else ""))
        words = ["backtest", "--json", "--no-report", "--strategy", PLUGIN, "--output", folder, "--config", config, "--plugins",
                 os.path.abspath(PLUGINS), "--timeframe", self.timeframe, "--input", "trades" if self.trades else "bars",
                 "--capital", str(self.capital), "--commission", self.commission,
                 "--slippage", self.slippage, "--fill", self.fill, "--limit-gap", self.gap, "--warmup", str(self.warmup),
                 "--param", "trace=" + os.path.join(folder, "trace")]
        words += ["--no-short"] * self.no_short + ["--no-cash-check"] * self.no_cash
        for symbol in self.symbols:
            words += ["--symbol", symbol]
        for name, value in self.dice.items():
            words += ["--param", "%s=%d" % (name, value)]
        if self.trades:
            return words + ["--journal-dir", self.write_trades(os.path.join(folder, "log"))]
        if len(self.symbols) == 1:
            path = os.path.join(folder, "bars.csv")
            with open(path, "w", encoding="utf-8") as out:
                out.write("ts,open,high,low,close,volume\n")
                for ts, *prices, volume in self.series[self.symbols[0]]:
                    out.write("%d,%s,%d\n" % (ts, ",".join(self.text(p) for p in prices), volume))
            return words + ["--csv", path]
        journals = os.path.join(folder, "log")
        os.makedirs(journals, exist_ok=True)
        for symbol, rows in self.series.items():
            with open(os.path.join(journals, "ohlcv.%s.%s.ndjson" % (self.timeframe, symbol.replace("/", ""))), "w", encoding="utf-8") as out:
                for ts, first, high, low, last, volume in rows:
                    out.write('{"symbol":"%s","timeframe":"%s","ts_open":%d,"ts_close":%d,"open":%s,"high":%s,"low":%s,"close":%s,"volume":%d}\n'
                              % (symbol, self.timeframe, ts * 10 ** 9, (ts + self.length) * 10 ** 9, self.text(first), self.text(high),
                                 self.text(low), self.text(last), volume))
        return words + ["--journal-dir", journals]

    def write_trades(self, journals):
        os.makedirs(journals, exist_ok=True)
        for symbol in self.symbols:
            with open(os.path.join(journals, "md.trades.%s.ndjson" % symbol.replace("/", "")), "w", encoding="utf-8") as out:
                for ts, _, price in (trade for trade in self.trades if trade[1] == symbol):
                    out.write('{"symbol":"%s","price":%s,"qty":1,"ts_ns":%d}\n' % (symbol, self.text(price), ts))
        return journals

    def expect(self):
        options = engine.Options(self.capital, self.commission, self.slippage, self.fill, self.gap, self.warmup, not self.no_short,
                                 not self.no_cash, self.length)
        series = {s: [] if self.trades else [engine.Bar(row[0] * 10 ** 9, *(Fraction(p, self.grid) for p in row[1:5])) for row in rows]
                  for s, rows in self.series.items()}
        host = engine.Engine(options, series, {s: engine.Instrument(*rules) for s, rules in self.instruments.items()})
        strategy = dice.Dice(host, **self.dice)
        if self.trades:
            return host.run_trades(strategy, [(ts, s, Fraction(p, self.grid)) for ts, s, p in self.trades]), strategy
        return host.run(strategy), strategy


class Differs(Exception):
    pass


def want(condition, text, *values):
    if not condition:
        raise Differs(text % values)


def same(found, expected, text, scale=0.0):
    """Equal to 1e-9 of it, or of the amounts it is a difference of."""
    if expected is None or found is None:
        want(found is None and expected is None, "%s: expected %r, found %r", text, expected, found)
        return
    want(abs(float(found) - float(expected)) <= 1e-9 * max(abs(float(expected)), scale) + 1e-11, "%s: expected %r, found %r", text, float(expected),
         found)


def by_kind(lines):
    """Lines of a trace with trades: what several orders make at one instant comes as in a host, all updates ahead of all fills; each kind
    has its order. What stood in the books when a fill was told goes with that."""
    return sorted((line[:-4] if line[0] == "fill" else line for line in lines), key=lambda line: line[0])


def same_trace(path, expected, scale, trades):
    with open(path, encoding="utf-8") as file:
        found = [line.split() for line in file]
    if trades:
        found, expected = by_kind(found), by_kind(expected)
    for at, words in enumerate(expected):
        want(at < len(found), "trace ends at line %d, expected %s", at + 1, shown(words))
        have = found[at][:3] if words[0] == "sent" else found[at]
        good = len(have) == len(words)
        for a, b in zip(have, words):
            if isinstance(b, Fraction):
                good = good and abs(float(a) - float(b)) <= 1e-9 * max(abs(float(b)), scale * 1e-3) + 1e-11
            else:
                good = good and a == str(b)
        want(good, "trace line %d: expected %s, found %s\n  before: %s", at + 1, shown(words), " ".join(found[at]),
             "\n          ".join(" ".join(line) for line in found[max(0, at - 12):at]))
    want(len(found) == len(expected), "trace goes on at line %d: %s", len(expected) + 1, " ".join(found[min(len(expected), len(found) - 1)]))
    return {int(words[1]): words[3] for words in found if words[0] == "sent"}


def shown(words):
    return " ".join(repr(float(w)) if isinstance(w, Fraction) else str(w) for w in words)


def compare(case, result, host, strategy, folder):
    scale = max(float(case.capital), float(host.notional))
    ids = same_trace(os.path.join(folder, "trace"), strategy.trace, scale, bool(case.trades))
    want(len(set(ids.values())) == len(ids), "an id twice")
    want(len(result["fills"]) == len(host.fills), "fills: expected %d, found %d", len(host.fills), len(result["fills"]))
    for at, (have, fill) in enumerate(zip(result["fills"], host.fills)):
        ts, number, symbol, side, qty, price, fee, liquidity = fill
        name = "fill %d" % at
        found = (have["ts_fill_ns"], have["intent_id"], have["symbol"], SIDES[have["side"]], LIQUIDITY[have["liquidity"]], have["fee_asset"])
        expected = (ts, ids[number], symbol, side, liquidity, "USDT")
        want(found == expected, "%s: expected %r, found %r", name, expected, found)
        same(have["qty"], qty, name + ": qty")
        same(have["price"], price, name + ": price")
        same(have["fee"], fee, name + ": fee")
        want(have["order_id"] == "paper-" + ids[number] and have["fill_id"] == "paper-%s-%s-1" % (symbol.replace("/", ""), ids[number]),
             "%s: ids %r, %r of %r", name, have["order_id"], have["fill_id"], ids[number])
    want(result["refusals"] == dict(host.refusals), "refusals: expected %r, found %r", dict(host.refusals), result["refusals"])
    counts = {"rows": sum(len(rows) for rows in case.series.values()), "fills": len(host.fills), "timers": host.fired,
              "limit_fills_at_touch": host.touches, "refused": sum(host.refusals.values()), "errors": 0,
              **{k: host.counts[k] for k in ("intents", "orders", "expired", "canceled", "rejected")}}
    want(result["counts"] == counts, "counts: expected %r, found %r", counts, result["counts"])
    want([ts for ts, _ in result["equity_curve"]] == [ts for ts, _ in host.curve], "times of the curve: expected %d points, found %d",
         len(host.curve), len(result["equity_curve"]))
    for (ts, have), (_, equity) in zip(result["equity_curve"], host.curve):
        same(have, equity, "equity at %d" % ts, scale * 1e-3)
    want([ts for ts, _ in result["trades"]] == [ts for ts, _ in host.trades], "times of the trades")
    for at, ((_, have), (_, profit)) in enumerate(zip(result["trades"], host.trades)):
        same(have, profit, "profit of trade %d" % at, scale * 1e-3)
    open_ = {p["symbol"]: p for p in result["open_positions"]}
    want(set(open_) == {s for s, b in host.books.items() if b.qty}, "open positions: %r", result["open_positions"])
    for symbol, p in open_.items():
        book = host.books[symbol]
        for key, value in (("qty", book.qty), ("avg_price", book.average), ("realized_pnl", book.realized), ("fees_paid", book.fees),
                           ("unrealized_pnl", book.qty * (host.last[symbol] - book.average))):
            same(p[key], value, "open position %s: %s" % (symbol, key), scale * 1e-3 if "pnl" in key else 0.0)
    if not host.curve:
        return
    same(result["final_capital"], host.curve[-1][1], "final capital", scale * 1e-3)
    same_metrics(case, result, host, scale)


def same_metrics(case, result, host, scale):
    curve = [(ts, float(equity)) for ts, equity in host.curve]
    expected = definitions.metrics(curve, float(case.capital), [float(p) for _, p in host.trades], host.exposed, float(host.notional),
                                   float(host.fees), float(host.slipped))
    want(set(expected) == set(result["metrics"]), "names of the metrics: %r", result["metrics"])
    rough = roughness(curve, scale)
    even = any(0 < abs(p) < scale * 1e-12 for _, p in host.trades)  # too little for a double to tell a win from a loss
    for key, value in expected.items():
        have = result["metrics"][key]
        if rough > 1e-4 and key not in EXACT or even and key in OF_SIGN:
            continue
        if have is None or value is None:
            want(have is None and value is None, "%s: expected %r, found %r", key, value, have)
            continue
        allowed = 1e-9 * max(1.0, abs(value)) * (1 + scale / float(case.capital) * 1e-3)
        if key not in EXACT:
            allowed += rough * (max(abs(value), 1.0) if key == "tail_ratio" else abs(value))
        want(abs(have - value) <= allowed, "%s: expected %r, found %r", key, value, have)


# what no return goes into
EXACT = ("num_trades", "win_rate", "exposure_pct", "fees_paid", "slippage_paid", "total_return_pct", "expectancy", "profit_factor", "avg_win",
         "avg_loss", "largest_win", "largest_loss")

OF_SIGN = ("win_rate", "avg_win", "avg_loss")


def roughness(curve, scale):
    """How far off figures made of returns may be, relatively: equities are doubles, and returns that are all but nothing, or of equities
    near nothing, are made of their last bits."""
    points, _ = definitions.daily(curve, 365.0)
    if min(points) <= 0:
        return 1.0
    returns = [b / a - 1 for a, b in zip(points, points[1:])]
    if len(returns) < 2:
        return 0.0
    parts = [definitions.quantile(returns, 0.05), definitions.quantile(returns, 0.95), sum(returns) / len(returns), statistics.stdev(returns)]
    least = min((abs(part) for part in parts if abs(part) > 1e-14), default=1.0)
    return 1e-15 * scale / min(points) / least * 100

def run(number, show=False):
    """"same", or "tie"; Differs."""
    case = Case(number)
    with tempfile.TemporaryDirectory() as folder:
        words = case.write(folder)
        try:
            host, strategy = case.expect()
        except engine.Tie:
            return "tie"
        code, out, err = njord(*words)
        if show:
            print(" ".join(words))
        want((code, err) == (0, ""), "exit %d: %s", code, err)
        compare(case, json.loads(out), host, strategy, folder)
    return "same"


def main():
    alone = os.environ.get("NJORD_ORACLE_SEED")
    if alone:
        print(run(int(alone), True))
        return
    soak = os.environ.get("NJORD_SOAK")
    end = time.monotonic() + (min(600, int(os.environ.get("TEST_SECONDS", "600"))) if soak else 20)
    number, ties = 1, 0
    while time.monotonic() < end and (soak or number <= 60):
        try:
            ties += run(number) == "tie"
        except Differs as differs:
            check(False, "run %d: %s" % (number, differs))
        number += 1
    check(number > 10, "only %d runs in the time" % number)
    print("%d runs are as the oracle says, %d had a tie" % (number - 1, ties))
    equal(ties * 20 < number, True, "few ties")


if __name__ == "__main__":
    main()
