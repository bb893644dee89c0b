#!/usr/bin/env python3
"""Recomputes what the shipped strategies must order, from prices alone, independently of the C sources.

Written from the rules in words (below at each strategy), with its own formulas in decimal arithmetic of 60 digits: the
straightforward definitions over whole windows, nothing incremental where that can be avoided.

A golden file is JSON lines: first {"strategy", "params", "input": "trades" or "bars", "symbols", "step", "note"}; then a line a
price, {"symbol", "price"}; and behind a price the orders that it causes, {"at": index of the price from 0, "symbol", "side",
"qty"}. Every order fills at once and whole, at that price.

    recompute.py --check FILE...     exit 1 when the orders in a file are not those computed
    recompute.py --orders FILE       the orders for the prices in a file, a line each
    recompute.py --make DIR          writes the made series and their orders into DIR
    recompute.py --bars STRATEGY FILE.csv.gz [name=value...]
    recompute.py --trades STRATEGY FILE.txt.gz... [name=value...]
                                     a golden file on standard output, of closes or of captured trades

A decision that hangs on less than 1e-13 of what is compared is an error: nobody could demand it of doubles.
"""
import gzip
import json
import sys
from collections import deque
from decimal import Decimal, getcontext
from pathlib import Path

getcontext().prec = 60
TIE = Decimal("1e-13")


class Tie(Exception):
    pass


def more(a, b):
    """a > b, when that is clear."""
    if a != b and abs(a - b) <= TIE * max(abs(a), abs(b)):
        raise Tie(f"{a} against {b}")
    return a > b


# ---- indicators, from their definitions ----------------------------------------------------------


def mean(xs):
    return sum(xs) / len(xs)


def line_ahead(ys):
    """The least-squares line through (0, y0) .. (n-1, yn-1), at n."""
    n = len(ys)
    xs = [Decimal(i) for i in range(n)]
    mx, my = mean(xs), mean(ys)
    slope = sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)
    return my + slope * (n - mx)


class Ema:
    """Seeded by the mean of its own first n values; then e + 2/(n+1) (x - e)."""

    def __init__(self, n):
        self.n, self.first, self.value = n, [], None

    def push(self, x):
        if self.value is not None:
            self.value += (x - self.value) * 2 / (self.n + 1)
        else:
            self.first.append(x)
            if len(self.first) == self.n:
                self.value = mean(self.first)
        return self.value


class Tema:
    """3 e1 - 3 e2 + e3, each stage fed by the one before it once that has values."""

    def __init__(self, n):
        self.stages = [Ema(n), Ema(n), Ema(n)]

    def push(self, x):
        values = []
        for stage in self.stages:
            x = stage.push(x)
            if x is None:
                return None
            values.append(x)
        return 3 * values[0] - 3 * values[1] + values[2]


class Rsi:
    """Wilder: averages of rises and falls, seeded by the mean of the first n, then (avg (n-1) + x) / n."""

    def __init__(self, n):
        self.n, self.last, self.rises, self.falls = n, None, [], []
        self.up = self.down = None

    def push(self, x):
        last, self.last = self.last, x
        if last is None:
            return None
        rise, fall = max(x - last, Decimal(0)), max(last - x, Decimal(0))
        if self.up is None:
            self.rises.append(rise)
            self.falls.append(fall)
            if len(self.rises) < self.n:
                return None
            self.up, self.down = mean(self.rises), mean(self.falls)
        else:
            self.up = (self.up * (self.n - 1) + rise) / self.n
            self.down = (self.down * (self.n - 1) + fall) / self.n
        if self.up + self.down == 0:
            return Decimal(50)
        return 100 * self.up / (self.up + self.down)


# ---- the strategies: what one price of one symbol makes them order ---------------------------------


class TrendlineBreak:
    """t: the line over the n prices before this one, at this one. Above t (1 + threshold) buys qty, below t (1 - threshold)
    sells, once until the price has been inside the band again."""

    def __init__(self, p):
        self.window = deque(maxlen=int(p.get("lookback_periods", "20")))
        self.threshold = Decimal(p.get("breakout_threshold", "0.02"))
        self.qty = Decimal(p.get("qty", "1.0"))
        self.broken = False

    def price(self, x, _held):
        order = None
        if len(self.window) == self.window.maxlen:
            t = line_ahead(list(self.window))
            above = more(x, t * (1 + self.threshold))
            below = more(t * (1 - self.threshold), x)
            if not above and not below:
                self.broken = False
            elif not self.broken:
                self.broken = True
                order = self.qty if above else -self.qty
        self.window.append(x)
        return order


class RsiTemaBb:
    """RSI < oversold, price < lower band and TEMA above its last value buys; RSI > overbought, price > upper band and TEMA
    below its last value sells; each once until that has been untrue again. All with this price in."""

    def __init__(self, p):
        self.rsi = Rsi(int(p.get("rsi_period", "14")))
        self.tema = Tema(int(p.get("tema_period", "9")))
        self.window = deque(maxlen=int(p.get("bb_period", "20")))
        self.width = Decimal(p.get("bb_std", "2.0"))
        self.oversold = Decimal(p.get("rsi_oversold", "30"))
        self.overbought = Decimal(p.get("rsi_overbought", "70"))
        self.qty = Decimal(p.get("qty", "1.0"))
        self.before = None
        self.was = {"buy": False, "sell": False}

    def price(self, x, _held):
        rsi, tema = self.rsi.push(x), self.tema.push(x)
        self.window.append(x)
        before, self.before = self.before, tema
        now = {"buy": False, "sell": False}
        if None not in (rsi, tema, before) and len(self.window) == self.window.maxlen:
            m = mean(self.window)
            sd = (sum((v - m) ** 2 for v in self.window) / len(self.window)).sqrt()
            now["buy"] = (more(self.oversold, rsi) and more(m - self.width * sd, x) and more(tema, before))
            now["sell"] = (more(rsi, self.overbought) and more(x, m + self.width * sd) and more(before, tema))
        was, self.was = self.was, now
        if now["buy"] and not was["buy"]:
            return self.qty
        if now["sell"] and not was["sell"]:
            return -self.qty
        return None


class MaCross:
    """Both averages ready: fast - slow > 1e-6: hold qty; < -1e-6: hold nothing."""

    def __init__(self, p):
        self.fast = int(p.get("fast", "10"))
        self.slow = int(p.get("slow", "30"))
        self.qty = Decimal(p.get("qty", "1.0"))
        self.closes = []

    def price(self, x, held):
        self.closes.append(x)
        if len(self.closes) < max(self.fast, self.slow):
            return None
        difference = mean(self.closes[-self.fast:]) - mean(self.closes[-self.slow:])
        band = Decimal("1e-6")
        if abs(abs(difference) - band) < Decimal("1e-11"):
            raise Tie(f"averages differ by {difference}")
        if difference > band:
            return self.qty - held
        if difference < -band:
            return -held
        return None


class BuyHold:
    """Holds qty from the first price on."""

    def __init__(self, p):
        self.qty = Decimal(p.get("qty", "1.0"))

    def price(self, _x, held):
        return self.qty - held


STRATEGIES = {"trendline_break": TrendlineBreak, "rsi_tema_bb": RsiTemaBb, "ma_cross": MaCross, "buy_hold": BuyHold}


def orders_of(head, prices):
    """The orders that a list of (symbol, price) causes."""
    make = STRATEGIES[head["strategy"]]
    each = {s: make(head["params"]) for s in head["symbols"]}
    held = {s: Decimal(0) for s in head["symbols"]}
    step = Decimal(head["step"])
    found = []
    for at, (symbol, price) in enumerate(prices):
        try:
            order = each[symbol].price(price, held[symbol])
        except Tie as tie:
            raise SystemExit(f"price {at}: no clear decision: {tie}")
        # a target is sent on the step's grid, and not at all for half a step or less
        if order is not None and head["strategy"] in ("ma_cross", "buy_hold"):
            steps = (abs(order) / step).to_integral_value(rounding="ROUND_HALF_DOWN")
            order = steps * step * (1 if order > 0 else -1)
        if order:
            held[symbol] += order
            found.append({"at": at, "symbol": symbol, "side": "buy" if order > 0 else "sell", "qty": abs(order)})
    return found


# ---- files ----------------------------------------------------------------------------------------


def read(path):
    head, prices, orders = None, [], []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            row = json.loads(line, parse_float=Decimal, parse_int=Decimal)
            if head is None:
                head = row
            elif "at" in row:
                orders.append({**row, "at": int(row["at"])})
            else:
                prices.append((row["symbol"], row["price"]))
    return head, prices, orders


def number(d):
    return format(d.normalize(), "f")


def order_line(o):
    return f'{{"at":{o["at"]},"symbol":"{o["symbol"]}","side":"{o["side"]}","qty":{number(o["qty"])}}}'


def write(out, head, prices):
    orders = {}
    for o in orders_of(head, prices):
        orders.setdefault(o["at"], []).append(order_line(o))
    out.write(json.dumps(head) + "\n")
    for at, (symbol, price) in enumerate(prices):
        out.write(f'{{"symbol":"{symbol}","price":{number(price)}}}\n')
        for line in orders.get(at, []):
            out.write(line + "\n")


def closes(path):
    """Of a CSV with a header: open_time_ms,open,high,low,close,volume."""
    with gzip.open(path, "rt", encoding="ascii") as lines:
        next(lines)
        return [Decimal(line.split(",")[4]) for line in lines]


def captured(paths):
    """Prices of the trades in captures of a venue's stream: a line a frame, behind its time of receipt."""
    prices = []
    for path in paths:
        with gzip.open(path, "rt", encoding="ascii") as lines:
            for line in lines:
                frame = json.loads(line.split(" ", 1)[1])
                if frame.get("data", {}).get("e") == "trade":
                    prices.append(Decimal(frame["data"]["p"]))
    return prices


# ---- made series ------------------------------------------------------------------------------------


def noise(seed):
    """Numbers in (-1, 1): Knuth's MMIX generator, the mean of three draws."""
    x = seed
    while True:
        total = 0
        for _ in range(3):
            x = (6364136223846793005 * x + 1442695040888963407) % 2**64
            total += x >> 32
        yield Decimal(2 * total) / (3 * 2**32) - 1


def walk(seed, start, size, n, jumps=()):
    """A walk in steps of up to `size` (a share of the price), with jumps {index: share}, to 4 decimals."""
    draw, price, prices = noise(seed), Decimal(start), []
    for i in range(n):
        price *= 1 + Decimal(size) * next(draw) + Decimal(dict(jumps).get(i, 0))
        prices.append(price.quantize(Decimal("0.0001")))
    return prices


def one(symbol, prices):
    return [(symbol, Decimal(p)) for p in prices]


def mixed(series):
    """Several symbols in turn, unevenly: the k-th symbol speaks every (k+1)-th time."""
    rows, left, turn = [], {s: list(p) for s, p in series.items()}, 0
    while any(left.values()):
        for k, s in enumerate(series):
            if left[s] and turn % (k + 1) == 0:
                rows.append((s, left[s].pop(0)))
        turn += 1
    return rows


def made():
    atom, btc, eth = "ATOM/USDT", "BTC/USDT", "ETH/USDT"

    def head(strategy, note, source="trades", symbols=(atom,), step="0.00000001", **params):
        return {"strategy": strategy, "params": params, "input": source, "symbols": list(symbols), "step": step, "note": note}

    # By hand, line over 5. After five times 100 the line is 100, its band 98 to 102: 102 is inside. Then 100 100 100 100 102, mean
    # 100.4, slope 4/10: the line is at 101.6, the band ends at 103.632: 104 buys. Then 100 100 100 102 104, mean 101.2, slope
    # 10/10: 104.2, to 106.284: 120 is still outside, nothing. Then mean 105.2, slope 44/10: 118.4, 116.032 to 120.768: 120 is
    # inside again. Then mean 109.2, slope 58/10: 126.6, from 124.068: 120 sells. The line comes back over 128.8 and 126.4, both
    # too far above 120, to 120 itself: inside. 110 then sells.
    yield "trendline_break_by_hand", head("trendline_break", "worked by hand in recompute.py", lookback_periods="5"), one(
        atom, ["100"] * 5 + ["102", "104", "120"] + ["120"] * 6 + ["110", "100", "100"])
    # From above the band straight to below it: no price was inside, so nothing is sold.
    yield "trendline_break_across", head("trendline_break", "across the band without being inside: one order", lookback_periods="5"), one(
        atom, ["100"] * 5 + ["103", "90", "120", "80", "100"])
    yield "trendline_break_bars", head("trendline_break", "closes of bars count like trades", "bars", qty="0.25"), one(
        atom, walk(11, "12", "0.008", 400, {60: "0.05", 130: "-0.06", 250: "0.04", 333: "-0.03"}.items()))
    yield "trendline_break_three", head("trendline_break", "three symbols, each its own line", symbols=(atom, btc, eth)), mixed(
        {atom: walk(21, "11", "0.012", 300, {40: "0.04", 200: "-0.05"}.items()),
         btc: walk(22, "61800", "0.01", 200, {90: "0.05"}.items()), eth: walk(23, "2600", "0.015", 120)})
    yield "rsi_tema_bb_walk", head("rsi_tema_bb", "a simulated walk", rsi_period="5", tema_period="3", bb_period="10", bb_std="1.2"), one(
        atom, walk(31, "12", "0.01", 600))
    yield "rsi_tema_bb_swings", head("rsi_tema_bb", "index and bands as shipped but narrower, a faster average", tema_period="3", bb_std="1.25"), one(
        atom, walk(32, "12", "0.006", 800, {i: ("-0.03" if i % 160 else "0.03") for i in range(80, 800, 80)}.items()))
    yield "rsi_tema_bb_bars", head("rsi_tema_bb", "closes of bars, two symbols", "bars", (atom, eth), rsi_period="4", tema_period="2",
        bb_period="8", bb_std="1", rsi_oversold="40", rsi_overbought="60", qty="2.5"), mixed(
        {atom: walk(41, "12", "0.01", 300), eth: walk(42, "2600", "0.02", 300)})
    # By hand, averages over 2 and 3: closes 10 10 10 (equal: nothing), 13: 11.5 over 11, buys; 13: 13 over 12, holds; 7: 10 under
    # 11, sells all; 7: 7 under 9; 10: 8.5 over 8, buys.
    yield "ma_cross_by_hand", head("ma_cross", "worked by hand in recompute.py", "bars", fast="2", slow="3", qty="2"), one(
        atom, ["10", "10", "10", "13", "13", "7", "7", "10"])
    yield "ma_cross_walk", head("ma_cross", "a simulated walk", "bars"), one(atom, walk(51, "12", "0.01", 1000))
    yield "ma_cross_two", head("ma_cross", "two symbols; the quantity is no multiple of the step", "bars", (atom, btc), "0.01", fast="3",
        slow="7", qty="0.337"), mixed({atom: walk(61, "12", "0.01", 200), btc: walk(62, "61800", "0.01", 150)})
    yield "buy_hold_two", head("buy_hold", "one order a symbol, with its first price", symbols=(atom, btc), qty="0.5"), mixed(
        {atom: walk(71, "12", "0.01", 20), btc: walk(72, "61800", "0.01", 20)})
    yield "buy_hold_bars", head("buy_hold", "on bars", "bars"), one(atom, walk(73, "12", "0.01", 10))


def main(args):
    if len(args) >= 2 and args[0] == "--check":
        failed = 0
        for path in args[1:]:
            head, prices, orders = read(path)
            expected = orders_of(head, prices)
            if expected != orders:
                k = next((i for i, (a, b) in enumerate(zip(expected, orders)) if a != b), min(len(expected), len(orders)))
                print(f"{path}: order {k} differs from what the rules say", file=sys.stderr)
                failed = 1
        return failed
    if len(args) == 2 and args[0] == "--orders":
        head, prices, _ = read(args[1])
        for o in orders_of(head, prices):
            print(order_line(o))
        return 0
    if len(args) == 2 and args[0] == "--make":
        for name, head, prices in made():
            with open(Path(args[1]) / f"{name}.jsonl", "w", encoding="ascii") as out:
                write(out, head, prices)
        return 0
    if len(args) >= 3 and args[0] in ("--bars", "--trades"):
        files = [a for a in args[2:] if "=" not in a]
        params = dict(a.split("=", 1) for a in args[2:] if "=" in a)
        symbol = "ATOM/USDT" if args[0] == "--bars" else "BTC/USDT"
        head = {"strategy": args[1], "params": params, "input": args[0][2:], "symbols": [symbol], "step": "0.00000001",
            "note": "recorded"}
        write(sys.stdout, head, one(symbol, closes(files[0]) if args[0] == "--bars" else captured(files)))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
