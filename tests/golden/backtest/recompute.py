#!/usr/bin/env python3
"""The golden scenarios, worked out a second time: indicators, orders, fills, FIFO and cash in exact fractions, by the rules of
doc/semantics.md and nothing of the program.

    recompute.py [FOLDER]     writes golden_*.json beside the scenarios; FOLDER: recorded data (NJORD_TEST_DATA) for `real`

A bar is met in this order: what waited for its open fills there; the strategy sees the bar; what it then sends passes the two rules
that can refuse it here (cash for a buy, worth of a short), and fills at the close or waits for the next open; the curve has a point."""
import collections
import csv
import glob
import gzip
import json
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import metrics as definitions  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTH = {"1m": 60 * 10 ** 9}
Bar = collections.namedtuple("Bar", "ts_open open high low close")
Fill = collections.namedtuple("Fill", "ts_ns side qty price fee")


def scenario(path):
    """The YAML that the scenarios are written in: keys, one level of further keys, lists of words."""
    out, inner = {}, None
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.split("#")[0].rstrip()
            if not line:
                continue
            if line.startswith("  - "):
                out[inner] = (out[inner] or []) + [line[4:].strip()]
                continue
            key, value = (part.strip() for part in line.strip().split(":", 1))
            if line.startswith("  "):
                out[inner] = dict(out[inner] or {}, **{key: value})
            else:
                out[key], inner = value or None, key
    return out


def bars(path):
    """Rows of time (ms or ns), open, high, low, close; numbers as the decimal text says."""
    with gzip.open(path, "rt") as file:
        rows = csv.reader(file)
        scale = 10 ** 6 if next(rows)[0].endswith("_ms") else 1
        return [Bar(int(row[0]) * scale, *map(Fraction, row[1:5])) for row in rows]


# ---- strategies: each a function of the closes so far that says what to send: a signed quantity, or None -----------------------------

def buy_hold(params):
    qty = Fraction(params["qty"])

    def decide(close, held):
        return qty - held or None
    return decide


def ma_cross(params):
    fast, slow, qty = int(params["fast"]), int(params["slow"]), Fraction(params["qty"])
    seen, band = [], Fraction(1, 10 ** 6)

    def decide(close, held):
        seen.append(close)
        del seen[:-slow]
        if len(seen) < slow:
            return None
        apart = sum(seen[-fast:]) / fast - sum(seen) / slow
        want = qty if apart > band else 0 if apart < -band else held
        return want - held or None
    return decide


def trendline_break(params):
    n, qty, width = int(params["lookback_periods"]), Fraction(params["qty"]), Fraction(params["breakout_threshold"])
    seen, outside = [], [False]
    mean_x = Fraction(n - 1, 2)
    squares = sum((j - mean_x) ** 2 for j in range(n))

    def decide(close, held):
        line = None
        if len(seen) == n:
            slope = sum((j - mean_x) * y for j, y in enumerate(seen)) / squares
            line = sum(seen) / n + slope * (n - mean_x)
        seen.append(close)
        del seen[:-n]
        above = line is not None and close > line * (1 + width)
        below = line is not None and close < line * (1 - width)
        first = (above or below) and not outside[0]
        outside[0] = above or below
        return (qty if above else -qty) if first else None
    return decide


STRATEGIES = {"buy_hold": buy_hold, "ma_cross": ma_cross, "trendline_break": trendline_break}


# ---- money -------------------------------------------------------------------------------------------------------------------------

class Book:
    """Cash, lots first in first out, and what is paid."""

    def __init__(self, capital, commission, slippage_bps):
        self.cash, self.held, self.rate, self.slip = capital, Fraction(0), commission, slippage_bps / 10000
        self.lots = collections.deque()  # [signed quantity, price, entry fee]
        self.fills, self.results = [], []
        self.fees = self.slippage = self.notional = Fraction(0)
        self.refused = collections.Counter()

    def allows(self, qty, reference):
        """The rule of cash: a buy is paid with its slippage and commission; a short is worth no more than the equity."""
        after = self.held + qty
        if abs(after) < abs(self.held) and after * self.held >= 0:
            return True
        if qty > 0:
            return self.cash >= qty * reference * (1 + self.slip) * (1 + self.rate)
        return after >= 0 or -after * reference <= self.cash + self.held * reference

    def fill(self, ts_ns, qty, before):
        price = before * (1 + self.slip) if qty > 0 else before * (1 - self.slip)
        fee = abs(qty) * price * self.rate
        reduces = self.held < 0 < qty and qty <= -self.held
        if qty > 0 and not reduces and self.cash < qty * price + fee:
            return
        self.cash -= qty * price + fee
        self.fees += fee
        self.slippage += abs(qty) * abs(price - before)
        self.notional += abs(qty) * price
        self.fills.append(Fill(ts_ns, "buy" if qty > 0 else "sell", abs(qty), price, fee))
        self.close(qty, price, fee)
        self.held += qty

    def close(self, qty, price, fee):
        left, gained, entry_fees = qty, Fraction(0), Fraction(0)
        while left and self.lots and self.lots[0][0] * left < 0:
            lot = self.lots[0]
            part = max(lot[0], -left) if lot[0] < 0 else min(lot[0], -left)  # of the lot's sign
            share = lot[2] * part / lot[0]
            gained += part * (price - lot[1])
            entry_fees += share
            lot[0], lot[2], left = lot[0] - part, lot[2] - share, left + part
            if not lot[0]:
                self.lots.popleft()
        if left != qty:
            self.results.append(gained - entry_fees - fee * (qty - left) / qty)
        if left:
            self.lots.append([left, price, fee * left / qty])


def run(setup, rows, fill):
    """(book, curve, points with a position) of a scenario over bars."""
    book = Book(*(Fraction(setup[key]) for key in ("capital", "commission", "slippage")))
    decide = STRATEGIES[setup["strategy"]](setup["params"])
    length, curve, exposed, waiting = LENGTH[setup["timeframe"]], [], 0, None
    for bar in rows:
        if waiting:
            book.fill(bar.ts_open, waiting, bar.open)
            waiting = None
        qty = decide(bar.close, book.held)
        if qty and not book.allows(qty, bar.close):
            book.refused["insufficient_cash"] += 1
        elif qty and fill == "close":
            book.fill(bar.ts_open + length, qty, bar.close)
        else:
            waiting = qty
        curve.append((bar.ts_open + length, float(book.cash + book.held * bar.close)))
        exposed += book.held != 0
    return book, curve, exposed


def outcome(setup, rows, fill):
    """The same as figures: final capital, metrics, all fills, the curve, profits of the trades, refusals."""
    book, curve, exposed = run(setup, rows, fill)
    return {"final_capital": curve[-1][1],
            "metrics": definitions.metrics(curve, float(setup["capital"]), [float(r) for r in book.results], exposed,
                                           float(book.notional), float(book.fees), float(book.slippage)),
            "fills": [[f.ts_ns, f.side] + [float(v) for v in f[2:]] for f in book.fills],
            "trades": [float(r) for r in book.results],
            "refusals": dict(book.refused),
            "curve": curve}


def kept(out):
    """What stands in the JSON: of fills the first and last ten, of the curve each 500th point and the last."""
    fills, curve = out.pop("fills"), out.pop("curve")
    trades = out.pop("trades")
    return dict(out, num_fills=len(fills), first_fills=fills[:10], last_fills=fills[-10:], sum_of_trades=sum(trades),
                points=len(curve), curve=curve[::500] + curve[-1:])


def data_of(setup, folder):
    """{"sim": path, "real": path}, without those that are not here."""
    paths = {"sim": os.path.join(HERE, setup["data"]["sim"]), "real": os.path.join(folder or "", setup["data"]["real"])}
    return {name: path for name, path in paths.items() if os.path.exists(path)}


def main(folder):
    for path in sorted(glob.glob(os.path.join(HERE, "golden_*.yaml"))):
        setup, runs = scenario(path), {}
        for name, file in data_of(setup, folder).items():
            rows = bars(file)
            for fill in setup["fill"]:
                runs["%s %s" % (name, fill)] = kept(outcome(setup, rows, fill))
        with open(path[:-len("yaml")] + "json", "w", encoding="utf-8") as file:
            json.dump({"tolerance": 0.0001, "runs": runs}, file, indent=1)
            file.write("\n")
        for name, out in runs.items():
            print("%s, %s: %d fills, %.6f" % (os.path.basename(path), name, out["num_fills"], out["final_capital"]))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("NJORD_TEST_DATA"))
