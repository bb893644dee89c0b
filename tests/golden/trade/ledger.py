#!/usr/bin/env python3
"""Random fills and what a ledger must say after each, in exact arithmetic.

Independent of the C code: lots, FIFO queues and money are fractions; what a ledger shows is the double
nearest to the fraction. One file a series, ledger_NAME.txt beside this script:

    symbol SYMBOL STEP
    capital STRATEGY AMOUNT
    fill STRATEGY SYMBOL SIDE QTY PRICE FEE ASSET
      = QTY AVG REALIZED FEES CASH | LOTS_CLOSED GAINED CLOSING_FEES | ACCOUNT_QTY ACCOUNT_AVG ACCOUNT_REALIZED UNREALIZED_AT_PRICE

Numbers are Python's repr of a double, which reads back exactly. `ledger.py --write` writes the files,
`ledger.py` alone compares.

The rules (SEMANTICS of the accounts): a fee in the quote asset is paid from cash; one in the base asset is a
sale of that much base at the fill price whose proceeds are the fee, where a part of a step is taken as a whole
step and what is over counts towards the next fee; one in BNB is valued at 300 and paid from cash. Values of
base and BNB fees are products of doubles, as the ledger's are.
"""

import math
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

BNB = 300.0


class Noise:
    """Knuth's MMIX generator: the same on every machine."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


class Position:
    def __init__(self, step):
        self.step, self.queue = step, []  # [signed lots, price, fee]
        self.realized = self.fees = Fraction(0)
        self.credit = Fraction(0)  # of base, taken and not used up

    def lots(self):
        return sum(lot[0] for lot in self.queue)

    def cost(self):
        return sum((lot[0] * lot[1] for lot in self.queue), Fraction(0)) * self.step

    def qty(self):
        return self.lots() * self.step

    def avg(self):
        return self.cost() / self.qty() if self.lots() else Fraction(0)

    def unrealized(self, price):
        return self.qty() * Fraction(price) - self.cost()

    def trade(self, lots, price, fee):
        """Signed lots, FIFO. Returns lots closed, gain, fees of what was closed."""
        price, total, closed = Fraction(price), abs(lots), 0
        gain = entry_fees = Fraction(0)
        while lots and self.queue and (self.queue[0][0] < 0) != (lots < 0):
            first = self.queue[0]
            take = min(abs(lots), abs(first[0]))
            sign = 1 if first[0] > 0 else -1
            gain += sign * take * (price - first[1]) * self.step
            part = first[2] * Fraction(take, abs(first[0]))
            entry_fees += part
            first[2] -= part
            first[0] -= sign * take
            lots += sign * take
            closed += take
            if first[0] == 0:
                self.queue.pop(0)
        own = fee * Fraction(closed, total) if total else Fraction(0)
        if lots:
            self.queue.append([lots, price, fee - own])
        self.realized += gain
        self.fees += fee
        return closed, gain, (own if closed else 0) + entry_fees


class Ledger:
    def __init__(self, steps, capital):
        self.steps = {s: Fraction(Decimal(step)) for s, step in steps.items()}
        self.cash = {k: Fraction(v) for k, v in capital.items()}
        self.positions = {}

    def fill(self, strategy, symbol, side, qty, price, fee, asset):
        step = self.steps[symbol]
        p = self.positions.setdefault((strategy, symbol), Position(step))
        base, quote = symbol.split("/")
        lots = Fraction(Decimal(qty)) / step
        assert lots.denominator == 1
        lots = int(lots) if side == "buy" else -int(lots)
        self.cash[strategy] -= lots * step * Fraction(price)
        value = Fraction(fee)
        if asset == quote:
            self.cash[strategy] -= value
        elif asset == base:
            value = Fraction(fee * price)
            need = Fraction(Decimal(repr(fee))) - p.credit
            taken = math.ceil(need / step)
            p.credit = taken * step - need
            lots -= taken
        else:
            value = Fraction(fee * BNB)
            self.cash[strategy] -= value
        return p, p.trade(lots, price, value)

    def account(self, symbol):
        mine = [p for (_, s), p in self.positions.items() if s == symbol]
        qty = sum((p.qty() for p in mine), Fraction(0))
        cost = sum((p.cost() for p in mine), Fraction(0))
        return qty, (cost / qty if qty else Fraction(0)), sum((p.realized for p in mine), Fraction(0))


def text(value):
    return repr(float(value)) if value else "0.0"


def series(seed, steps, tick, start, spread, fees, strategies, count, most):
    """fees: which assets, as 'q' (quote), 'b' (base), '3' (BNB), '-' (a rebate in quote)."""
    noise, lines = Noise(seed), []
    capital = {s: 10000.0 * (n + 1) for n, s in enumerate(strategies)}
    ledger, price = Ledger(steps, capital), dict.fromkeys(steps, start)
    lines += ["symbol %s %s" % kv for kv in steps.items()]
    lines += ["capital %s %r" % kv for kv in capital.items()]
    names = list(steps)
    for n in range(count):
        symbol, strategy = names[noise.below(len(names))], strategies[noise.below(len(strategies))]
        step = ledger.steps[symbol]
        price[symbol] = max(1, price[symbol] + noise.below(2 * spread + 1) - spread)
        at = float(Decimal(price[symbol]) * Decimal(tick))
        p = ledger.positions.get((strategy, symbol))
        held = p.lots() if p else 0
        lots, side = noise.below(most) + 1, "buy" if noise.below(2) else "sell"
        if held and noise.below(5) == 0:  # exactly flat, or reversed to the same size
            lots, side = abs(held) * (1 + noise.below(2)), "sell" if held > 0 else "buy"
        exact = lots * step
        qty = str(Decimal(exact.numerator) / Decimal(exact.denominator))
        kind = fees[noise.below(len(fees))]
        base, quote = symbol.split("/")
        asset = {"q": quote, "-": quote, "b": base, "3": "BNB"}[kind]
        fee = {"q": round(float(exact) * at * 0.001, 8), "-": -round(float(exact) * at * 0.0001, 8),
               "b": round(float(exact) * 0.001, 8), "3": round(float(exact) * at * 0.00075 / BNB, 8)}[kind]
        p, (closed, gain, closing_fees) = ledger.fill(strategy, symbol, side, qty, at, fee, asset)
        account = ledger.account(symbol)
        lines.append("fill %s %s %s %s %r %r %s" % (strategy, symbol, side, repr(float(qty)), at, fee, asset))
        lines.append("  = " + " ".join(map(text, (p.qty(), p.avg(), p.realized, p.fees, ledger.cash[strategy]))) +
                     " | %d %s %s | " % (closed, text(gain), text(closing_fees)) +
                     " ".join(map(text, (*account, p.unrealized(at)))))
    return "\n".join(lines) + "\n"


FILES = {
    "ledger_spot.txt": lambda: series(1, {"ATOM/USDT": "0.01"}, "0.001", 10000, 40, "q", ["one"], 250, 3000),
    "ledger_lots.txt": lambda: series(2, {"BTC/USDT": "0.00001", "DOGE/USDT": "1", "ETH/USDT": "0.0003"}, "0.01",
                                      6180000, 2500, "qqq-3", ["one", "two", "three"], 400, 90000),
    "ledger_base_fees.txt": lambda: series(3, {"BTC/USDT": "0.00001", "SOL/USDT": "0.1"}, "0.01", 50000, 300, "bbq",
                                           ["one", "two"], 300, 4000),
    "ledger_fine.txt": lambda: series(4, {"SHIB/USDT": "1e-8"}, "0.00000001", 1700, 30, "qb", ["one"], 150,
                                      2000000000),
}


def main():
    here, bad = Path(__file__).resolve().parent, 0
    for name, make in FILES.items():
        path, made = here / name, make()
        if "--write" in sys.argv[1:]:
            path.write_text(made, encoding="ascii")
        elif not path.exists() or path.read_text(encoding="ascii") != made:
            print("'%s' is not what ledger.py gives: run ledger.py --write and look at the difference" % name)
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
