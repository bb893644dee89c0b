#!/usr/bin/env python3
"""The same backtests in njord and in other engines, their equity side by side: every point within 1e-6 of each other's, or exit 1.

    compare_peers.py [--engines rules,backtrader,vectorbt,backtesting] [--csv FILE | --bars N] [--markdown]

What all of them are told: an order's size is fixed in units; a signal is read at a bar's close; an order fills at that close, or at the
next bar's open; commission a side, slippage against the order on both sides; what is open at the end is marked at the last close. And
limit orders: from the next bar on, at the limit once the bar reaches it, at the open when it opens beyond (`--limit-gap open`).

Engines: `rules` is the plain Python below (those rules and nothing else, always there); backtrader, vectorbt and backtesting (.py) are
run where Python finds them. None of the engines that were asked for is there: exit 77, and it says which are missing.

Bars: minutes, rows of time (ms or ns), open, high, low, close under a line of names, in FILE (plain or .gz), else
the ATOM/USDT minutes below $NJORD_TEST_DATA; --bars N takes the first N of them. njord is $top_builddir/njord (default: ./njord), or what
--njord names.

Each engine makes its own signals of the moving averages, with its own average; those of the trend line are made below, in whole numbers,
for all of them; limit orders are sixty that chance has drawn (njord gets them by a plugin of its tests, tests/plugins/puppet.so: without
it they are left out). How each engine is set so that its rules are these:

backtrader   set_coc(True) for fills at the close; slip_out: its default caps a slipped price at the bar's high and low. A fill at the
             close is in its books at the next bar only, so the equity of a bar is taken at the next one: cash + position x the bar's close
             (one more bar, a copy of the last close, is put at the end). At the next open its own value is taken as it stands.
vectorbt     from_signals for averages, from_orders for trend lines; at the next open signals are moved by one bar, the price is the open.
backtesting  trade_on_close, and the same one bar of delay; whole units only. Its spread is on entries only: without slippage."""
import argparse
import collections
import contextlib
import csv
import gzip
import importlib
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import warnings
from decimal import Decimal

TOLERANCE = 1e-6
CAPITAL = 100000
BAND = 1e-6  # ma_cross: averages nearer to each other say nothing
MINUTE = 60 * 10 ** 9
UNIT = 10 ** 8  # prices as whole numbers of these
Bar = collections.namedtuple("Bar", "ts_open open high low close")
Case = collections.namedtuple("Case", "strategy params fill commission slippage")
Run = collections.namedtuple("Run", "equity fills")


def cases():
    """Averages (long or flat) and trend lines (long, short, more of either), each with both fills, dear and cheap."""
    averages = (("5", "20", "300"), ("10", "30", "37.5"), ("50", "200", "1000"))
    costs = (("0", "0"), ("0.001", "0"), ("0.001", "5"), ("0.0004", "25"))
    for fill in ("close", "next-open"):
        for (fast, slow, qty), (commission, slippage) in itertools.product(averages, costs):
            yield Case("ma_cross", {"fast": fast, "slow": slow, "qty": qty}, fill, commission, slippage)
        for commission, slippage in costs:
            yield Case("trendline_break", {"lookback_periods": "20", "qty": "7", "breakout_threshold": "0.004"}, fill, commission, slippage)


def limits(bars, seed=1, n=60):
    """The same with limit orders, n of them at random bars around the close. Slippage is on market orders only."""
    rng, orders = random.Random(seed), {}
    for at in sorted(rng.randrange(1, len(bars) - 1) for _ in range(n)):  # bars counted from 1, as the script has it
        side = rng.choice((1, -1))
        limit = float(bars[at - 1].close) * (1 - side * rng.uniform(-0.002, 0.004))
        orders.setdefault(at - 1, []).append((side * rng.choice((1, 5, 20)), round(limit, 4)))
    script = ";".join("b%d %s ATOM/USDT %d %r" % (at + 1, "lbuy" if qty > 0 else "lsell", abs(qty), limit)
                      for at in orders for qty, limit in orders[at])
    for commission in ("0", "0.001"):
        yield Case("limits", {"script": script, "quiet": "1"}, "limit", commission, "0"), orders


def named(case):
    if case.strategy == "limits":
        return "%d limit orders" % (case.params["script"].count(";") + 1)
    return "%s %s" % (case.strategy, "/".join(case.params.values()))


def title(case):
    return "%s, %s, %s + %s bp" % (named(case), case.fill, case.commission, case.slippage)


def bars_of(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [Bar(int(row[0]) * (1 if len(row[0]) > 16 else 10 ** 6), *row[1:5]) for row in rows]


def write(path, bars):
    with open(path, "w", encoding="utf-8") as file:
        file.write("ts,open,high,low,close,volume\n")
        for bar in bars:
            file.write("%d,%s,%s,%s,%s,1\n" % ((bar.ts_open // 10 ** 6,) + bar[1:]))


# ---- signals, in whole numbers: what to send at each bar's close ---------------------------------------------------------------------

def whole(text):
    return int(Decimal(text) * UNIT)


def crossings(closes, params):
    """+qty where the fast average comes above the slow one, -qty where it comes below; 0 else. No difference of averages of ticks is
    between nothing and the band."""
    fast, slow, qty = int(params["fast"]), int(params["slow"]), float(params["qty"])
    sums, out, held = [0] + list(itertools.accumulate(closes)), [], False
    for i in range(1, len(closes) + 1):
        apart = 0
        if i >= max(slow, fast):
            apart = (sums[i] - sums[i - fast]) * slow - (sums[i] - sums[i - slow]) * fast
        out.append(qty if apart > 0 and not held else -qty if apart < 0 and held else 0)
        held = apart > 0 or held and apart == 0
    return out


def breaks(closes, params):
    """+qty at the first close above the line through the closes before it, -qty at the first one below."""
    n, qty, (top, bottom) = int(params["lookback_periods"]), float(params["qty"]), Decimal(params["breakout_threshold"]).as_integer_ratio()
    steps = [2 * j - (n - 1) for j in range(n)]
    squares, out, outside = sum(s * s for s in steps), [], False
    for i, close in enumerate(closes):
        side = 0
        if i >= n:
            seen = closes[i - n:i]
            line = sum(seen) * squares + n * (n + 1) * sum(s * y for s, y in zip(steps, seen))  # times n x squares
            have = close * n * squares * bottom
            side = (have > line * (bottom + top)) - (have < line * (bottom - top))
        out.append(0 if outside else side * qty)
        outside = side != 0
    return out


def orders_of(case, bars):
    closes = [whole(bar.close) for bar in bars]
    return (crossings if case.strategy == "ma_cross" else breaks)(closes, case.params)


# ---- engines: each says its equity at every bar's close, and how often it filled -----------------------------------------------------

def run_rules(case, bars, orders):
    """The rules, and nothing else."""
    commission, slip = float(case.commission), float(case.slippage) / 10000
    cash, held, waiting, equity, fills, resting = float(CAPITAL), 0.0, 0, [], 0, []

    def fill(qty, price):
        nonlocal cash, held, fills
        price *= 1 + slip if qty > 0 else 1 - slip
        cash -= qty * price + abs(qty) * price * commission
        held += qty
        fills += 1

    if case.fill == "limit":
        for at, bar in enumerate(bars):
            for order in list(resting):
                qty, limit = order
                if float(bar.low) <= limit if qty > 0 else float(bar.high) >= limit:
                    fill(qty, min(float(bar.open), limit) if qty > 0 else max(float(bar.open), limit))
                    resting.remove(order)
            resting += orders.get(at, [])
            equity.append(cash + held * float(bar.close))
        return Run(equity, fills)
    for bar, qty in zip(bars, orders):
        if waiting:
            fill(waiting, float(bar.open))
        waiting = qty if case.fill == "next-open" else 0
        if qty and case.fill == "close":
            fill(qty, float(bar.close))
        equity.append(cash + held * float(bar.close))
    return Run(equity, fills)


def run_backtrader(case, bars, orders):
    import backtrader as bt
    at_close = case.fill == "close"
    rows = bars + [bars[-1]._replace(ts_open=bars[-1].ts_open + MINUTE)] * at_close
    equity, fills = [], [0]

    class Feed(bt.feed.DataBase):
        def _load(self):
            if self.at >= len(rows):
                return False
            bar, self.at = rows[self.at], self.at + 1
            self.lines.datetime[0] = bt.date2num(bt.datetime.datetime.fromtimestamp(bar.ts_open // 10 ** 9, bt.datetime.timezone.utc))
            for name in ("open", "high", "low", "close"):
                getattr(self.lines, name)[0] = float(getattr(bar, name))
            self.lines.volume[0], self.lines.openinterest[0] = 1, 0
            return True

        def start(self):
            super().start()
            self.at = 0

    class Strategy(bt.Strategy):
        def __init__(self):
            if case.strategy == "ma_cross":
                self.fast = bt.ind.SMA(period=int(case.params["fast"]))
                self.slow = bt.ind.SMA(period=int(case.params["slow"]))

        def prenext(self):
            self.next()

        def notify_order(self, order):
            fills[0] += order.status == order.Completed
            if order.status in (order.Margin, order.Rejected):
                raise SystemExit("backtrader refused an order")

        def wanted(self):
            if case.strategy != "ma_cross":
                return orders[len(self) - 1]
            if len(self) < int(case.params["slow"]):
                return 0
            apart, qty = self.fast[0] - self.slow[0], float(case.params["qty"])
            return qty if apart > BAND and not self.long else -qty if apart < -BAND and self.long else 0

        long = False

        def next(self):
            if not at_close:
                equity.append(self.broker.getvalue())
            elif len(self) > 1:
                equity.append(self.broker.getcash() + self.position.size * self.data.close[-1])
            if len(self) > len(bars):
                return
            if case.fill == "limit":
                for qty, limit in orders.get(len(self) - 1, []):
                    (self.buy if qty > 0 else self.sell)(size=abs(qty), price=limit, exectype=bt.Order.Limit)
                return
            qty = self.wanted()
            if qty:
                self.long = qty > 0
                (self.buy if qty > 0 else self.sell)(size=abs(qty))

    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(Feed())
    cerebro.addstrategy(Strategy)
    cerebro.broker.setcash(CAPITAL)
    cerebro.broker.set_coc(at_close)
    cerebro.broker.setcommission(commission=float(case.commission))
    cerebro.broker.set_slippage_perc(float(case.slippage) / 10000, slip_open=True, slip_out=True)
    cerebro.run()
    return Run(equity, fills[0])


def run_vectorbt(case, bars, orders):
    if case.fill == "limit":
        return None  # it has none
    import numpy as np
    import pandas as pd
    import vectorbt as vbt
    index = pd.to_datetime([bar.ts_open for bar in bars], utc=True)
    close = pd.Series([float(bar.close) for bar in bars], index=index)
    price, later = close, case.fill == "next-open"
    if later:
        price = pd.Series([float(bar.open) for bar in bars], index=index)
    costs = {"price": price, "fees": float(case.commission), "slippage": float(case.slippage) / 10000, "init_cash": CAPITAL, "freq": "1min"}
    if case.strategy == "ma_cross":
        apart = (vbt.MA.run(close, int(case.params["fast"])).ma - vbt.MA.run(close, int(case.params["slow"])).ma).to_numpy()
        above, below = (pd.Series(np.nan_to_num(side).astype(bool), index=index) for side in (apart > BAND, apart < -BAND))
        if later:
            above, below = (side.shift(1, fill_value=False) for side in (above, below))
        run = vbt.Portfolio.from_signals(close, above, below, size=float(case.params["qty"]), size_type="amount", direction="longonly", **costs)
    else:
        size = pd.Series(orders, index=index, dtype=float).replace(0, np.nan)
        run = vbt.Portfolio.from_orders(close, size.shift(1) if later else size, size_type="amount", direction="both", **costs)
    return Run(run.value().tolist(), int(run.orders.count()))


def run_backtesting(case, bars, orders):
    if float(case.slippage) or not float(case.params.get("qty", 1)).is_integer():
        return None  # its spread is on entries only; whole units only
    import backtesting
    import pandas as pd
    at_close, equity, filled = case.fill == "close", [], [0]
    rows = bars + [bars[-1]._replace(ts_open=bars[-1].ts_open + MINUTE)] * at_close
    frame = pd.DataFrame([[float(v) for v in bar[1:]] for bar in rows], columns=["Open", "High", "Low", "Close"],
                         index=pd.to_datetime([bar.ts_open for bar in rows]))

    def average(values, n):  # NaN would put off the first call by one bar more than the average takes
        return pd.Series(values).rolling(n).mean().fillna(0)

    class Strategy(backtesting.Strategy):
        def init(self):
            if case.strategy == "ma_cross":
                self.fast, self.slow = (self.I(average, self.data.Close, int(case.params[name])) for name in ("fast", "slow"))

        long = False

        def wanted(self, at):
            if case.strategy != "ma_cross":
                return orders[at]
            if len(self.data) < int(case.params["slow"]):
                return 0
            apart, qty = self.fast[-1] - self.slow[-1], float(case.params["qty"])
            return qty if apart > BAND and not self.long else -qty if apart < -BAND and self.long else 0

        def next(self):
            at = len(self.data) - 1  # the first call is not at the first bar: until then there is the capital
            close = self.data.Close
            equity.extend([float(CAPITAL)] * (at - at_close - len(equity)))
            equity.append(self.equity - (self.position.size * (close[-1] - close[-2]) if at_close else 0))
            if case.fill == "limit":
                for qty, limit in orders.get(at, []):
                    (self.buy if qty > 0 else self.sell)(size=abs(qty), limit=limit)
                return
            qty = self.wanted(at) if at < len(bars) else 0
            if qty:
                self.long = qty > 0
                filled[0] += at < len(rows) - 1
                (self.buy if qty > 0 else self.sell)(size=abs(int(qty)))

    with warnings.catch_warnings(), open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stderr(nowhere):
        warnings.simplefilter("ignore")  # what is open at the end stays open; its progress bar
        backtesting.Backtest(frame, Strategy, cash=CAPITAL, commission=float(case.commission), trade_on_close=at_close).run()
    return Run(equity, None if case.fill == "limit" else filled[0])  # it counts trades, not fills


ENGINES = {"rules": run_rules, "backtrader": run_backtrader, "vectorbt": run_vectorbt, "backtesting": run_backtesting}


def run_njord(args, case, csv_path, folder, bars):
    words = [args.njord, "backtest", "--json", "--no-report", "--output", folder, "--config", folder, "--plugins", args.plugins, "--symbol",
             "ATOM/USDT", "--timeframe", "1m", "--csv", csv_path, "--capital", str(CAPITAL), "--commission", case.commission, "--slippage",
             case.slippage]
    if case.strategy == "limits":
        words += ["--strategy", args.puppet, "--limit-gap", "open"]
    else:
        words += ["--strategy", case.strategy, "--fill", case.fill]
    for name, value in case.params.items():
        words += ["--param", "%s=%s" % (name, value)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit("%s: %s" % (title(case), done.stderr.strip()))
    result = json.loads(done.stdout)
    if result["refusals"]:
        sys.exit("%s: orders were refused, %r: the engines do not refuse alike" % (title(case), result["refusals"]))
    if [ts for ts, _ in result["equity_curve"]] != [bar.ts_open + MINUTE for bar in bars]:
        sys.exit("%s: njord's curve does not have a point a bar" % title(case))
    return Run([equity for _, equity in result["equity_curve"]], len(result["fills"]))


# ---- the table -----------------------------------------------------------------------------------------------------------------------

def apart(ours, theirs):
    """The largest difference of two curves, relative to theirs."""
    if len(ours) != len(theirs):
        return float("inf")
    return max(abs(a - b) / abs(b) for a, b in zip(ours, theirs))


def version(engine):
    if engine == "rules":
        return "this script"
    module = importlib.import_module(engine)
    return "%s %s" % (engine, getattr(module, "__version__", "?"))


def present(names):
    """Those that Python finds, and one line about each that it does not."""
    there = []
    for name in names:
        try:
            if name != "rules":
                importlib.import_module(name)
            there.append(name)
        except ImportError as why:
            print("%s: not run: %s" % (name, why))
    return there


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    build = os.environ.get("top_builddir", ".")
    parser.add_argument("--njord", default=os.path.join(build, "njord"), help="the program (default: %(default)s)")
    parser.add_argument("--plugins", default=os.path.join(build, "plugins"), help="its plugins (default: %(default)s)")
    parser.add_argument("--puppet", default=os.path.join(build, "tests", "plugins", "puppet.so"), help="for limit orders (default: %(default)s)")
    parser.add_argument("--csv", help="bars: minutes, as said above; plain or .gz")
    parser.add_argument("--bars", type=int, default=0, help="only the first so many")
    parser.add_argument("--engines", default=",".join(ENGINES), help="default: %(default)s")
    parser.add_argument("--markdown", action="store_true", help="a table in Markdown too, a line for all costs")
    args = parser.parse_args()
    unknown = [name for name in args.engines.split(",") if name not in ENGINES]
    if unknown:
        parser.error("engine '%s' is none of %s" % (unknown[0], ", ".join(ENGINES)))
    args.njord, args.plugins, args.puppet = (os.path.abspath(path) for path in (args.njord, args.plugins, args.puppet))
    args.csv = args.csv or os.path.join(os.environ.get("NJORD_TEST_DATA", "../shared/data"), "bars", "atomusdt-1m.csv.gz")
    return args


WIDTHS = (12, 55, 9, 18, 18, 6, 3)


def show(name, case, ours, theirs, far, good):
    fills = ours.fills if theirs.fills in (None, ours.fills) else "%d, njord %d" % (theirs.fills, ours.fills)
    row(name, title(case), "%.1e" % far, "%.6f" % theirs.equity[-1], "%.6f" % ours.equity[-1], fills, "ok" if good else "NOT")


def row(*cells):
    print(" ".join(str(cell).ljust(width) for cell, width in zip(cells, WIDTHS)).rstrip(), flush=True)


def markdown(rows):
    """One line for an engine, a strategy and a fill: how many costs, how many fills, the worst of the differences."""
    print("\n| engine | strategy | fill | costs | fills | largest difference |\n|---|---|---|---|---|---|")
    for (name, strategy, fill), of_one in itertools.groupby(rows, lambda r: (r[0], named(r[1]), r[1].fill)):
        of_one = list(of_one)
        print("| %s | %s | %s | %d | %d | %.1e |" % (name, strategy, fill, len(of_one), of_one[0][2], max(r[3] for r in of_one)))


def runs(args, bars):
    for case in cases():
        yield case, orders_of(case, bars)
    if os.path.exists(args.puppet):
        yield from limits(bars)
    else:
        print("limit orders: not run: there is no '%s' (make check builds it)" % args.puppet)


def main():
    args = options()
    asked = args.engines.split(",")
    engines = present(asked)
    if not engines or engines == ["rules"] != asked:
        print("none of the other engines is there: install backtrader, vectorbt or backtesting, or name where they are in PYTHONPATH")
        sys.exit(77)
    if not os.path.exists(args.csv):
        print("no bars at '%s': name a file with --csv" % args.csv)
        sys.exit(77)
    bars = bars_of(args.csv)[:args.bars or None]
    print("%d bars; %s" % (len(bars), ", ".join(version(name) for name in engines)))
    row("engine", "backtest", "apart", "equity at the end", "njord's", "fills")
    wrong, rows = 0, []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bars.csv")
        write(path, bars)
        with open(os.path.join(folder, "base.yaml"), "w", encoding="utf-8") as file:
            file.write("app:\n  env: paper\n")
        for case, orders in runs(args, bars):
            ours = run_njord(args, case, path, folder, bars)
            for name in engines:
                theirs = ENGINES[name](case, bars, orders)
                if not theirs:
                    continue
                far = apart(ours.equity, theirs.equity)
                good = far <= TOLERANCE and theirs.fills in (None, ours.fills)
                wrong += not good
                rows.append((name, case, ours.fills, far))
                show(name, case, ours, theirs, far, good)
    if args.markdown:
        markdown(sorted(rows, key=lambda r: (asked.index(r[0]), named(r[1]), r[1].fill)))
    print("%d comparisons, %d of them apart by more than %g" % (len(rows), wrong, TOLERANCE))
    sys.exit(1 if wrong else 0)


main()
