#!/usr/bin/env python3
"""Expected values of the indicators, computed exactly and rounded once.

Independent of the C code: windows are evaluated afresh for each value in rational arithmetic, recursions in
120 decimal digits, straight from the textbook formulas. One file a series, NAME.txt beside this script:
comment lines, a line of column names, then a line a value, "-" where an indicator is not ready. Numbers are
Python's repr of a double, which reads back exactly. `make.py --write` writes them, `make.py` alone compares.
"""

import sys
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path

getcontext().prec = 120
LENGTH = 130


class Noise:
    """Knuth's MMIX generator: uniform doubles in [0, 1), the same on every machine."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2**53


def walk(seed, start, step, digits):
    noise, price, out = Noise(seed), start, []
    for _ in range(LENGTH):
        price += (noise.next() - 0.5) * step
        out.append(round(price, digits))
    return out


def offset():
    noise = Noise(2)
    return [round(61800.0 + (noise.next() - 0.5) * 0.02, 4) for _ in range(LENGTH)]


def shapes():
    """Flat, a ramp, flat, one spike of 10^9, flat, a saw, a fall."""
    out = [100.1] * 30 + [100.1 + 0.25 * i for i in range(25)] + [0.3] * 30 + [1e9] + [0.3] * 14
    out += [0.3, 0.7] * 8 + [50.0 - i for i in range(14)]
    return out[:LENGTH]


SERIES = {
    "walk": walk(1, 9.0, 0.05, 3),
    "offset": offset(),
    "shapes": shapes(),
    "large": [x * 1e12 for x in walk(3, 7.0, 1.0, 6)],
    "small": [x * 1e-11 for x in walk(4, 3.0, 0.5, 6)],
    "signed": walk(5, 0.0, 3.0, 2),
}


def window(xs, n, at):
    return [Fraction(x) for x in xs[at - n + 1 : at + 1]] if at >= n - 1 else None


def sma(xs, n):
    return {"": [w and sum(w) / n for w in (window(xs, n, i) for i in range(len(xs)))]}


def deviation_of(w):
    mean = sum(w) / len(w)
    variance = sum((x - mean) ** 2 for x in w) / len(w)
    return (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()


def decimal(x):
    x = Fraction(x)
    return Decimal(x.numerator) / Decimal(x.denominator)


def dev(xs, n):
    return {"": [w and deviation_of(w) for w in (window(xs, n, i) for i in range(len(xs)))]}


def bollinger(xs, n, width):
    out = {"": [], "upper": [], "lower": []}
    for i in range(len(xs)):
        w = window(xs, n, i)
        mean = w and decimal(sum(w) / n)
        away = w and Decimal(width) * deviation_of(w)
        out[""].append(mean)
        out["upper"].append(w and mean + away)
        out["lower"].append(w and mean - away)
    return out


def linreg(xs, n):
    out = {"": [], "slope": [], "forecast": []}
    for i in range(len(xs)):
        w = window(xs, n, i)
        if w is None:
            for column in out.values():
                column.append(None)
            continue
        xm, ym = Fraction(n - 1, 2), sum(w) / n
        slope = sum((j - xm) * (y - ym) for j, y in enumerate(w)) / sum((j - xm) ** 2 for j in range(n))
        out[""].append(ym + slope * (n - 1 - xm))
        out["slope"].append(slope)
        out["forecast"].append(ym + slope * (n - xm))
    return out


def rolling_min(xs, n):
    return {"": [w and min(w) for w in (window(xs, n, i) for i in range(len(xs)))]}


def rolling_max(xs, n):
    return {"": [w and max(w) for w in (window(xs, n, i) for i in range(len(xs)))]}


def ema_of(values, n):
    """values: Decimal or None (not yet there)."""
    out, seed, e = [], [], None
    for x in values:
        if x is None:
            out.append(None)
        elif e is None:
            seed.append(x)
            if len(seed) == n:
                e = sum(seed) / n
            out.append(e)
        else:
            e += Decimal(2) / Decimal(n + 1) * (x - e)
            out.append(e)
    return out


def ema(xs, n):
    return {"": ema_of([Decimal(x) for x in xs], n)}


def tema(xs, n):
    e1 = ema_of([Decimal(x) for x in xs], n)
    e2 = ema_of(e1, n)
    e3 = ema_of(e2, n)
    return {"": [None if c is None else 3 * a - 3 * b + c for a, b, c in zip(e1, e2, e3)]}


def macd(xs, fast, slow, signal):
    prices = [Decimal(x) for x in xs]
    pairs = zip(ema_of(prices, fast), ema_of(prices, slow))
    line = [None if b is None else a - b for a, b in pairs]
    sig = ema_of(line, signal)
    return {"": line, "signal": sig, "histogram": [None if s is None else m - s for m, s in zip(line, sig)]}


def rsi(xs, n):
    prices = [Decimal(x) for x in xs]
    out, gains, losses = [None], [], []
    gain = loss = None
    for before, now in zip(prices, prices[1:]):
        up, down = max(now - before, Decimal(0)), max(before - now, Decimal(0))
        if gain is None:
            gains.append(up)
            losses.append(down)
            if len(gains) == n:
                gain, loss = sum(gains) / n, sum(losses) / n
        else:
            gain, loss = (gain * (n - 1) + up) / n, (loss * (n - 1) + down) / n
        if gain is None:
            out.append(None)
        elif gain + loss == 0:
            out.append(Decimal(50))
        else:
            out.append(100 * gain / (gain + loss))
    return {"": out}


COLUMNS = [
    (sma, 1), (sma, 5), (sma, 20), (ema, 1), (ema, 2), (ema, 20), (tema, 1), (tema, 3), (tema, 9),
    (rsi, 1), (rsi, 2), (rsi, 14), (macd, 3, 6, 4), (macd, 12, 26, 9), (dev, 1), (dev, 2), (dev, 20),
    (bollinger, 20, 2), (bollinger, 7, 2.5), (linreg, 2), (linreg, 5), (linreg, 20),
    (rolling_min, 1), (rolling_min, 5), (rolling_max, 2), (rolling_max, 20),
]  # fmt: skip


def text(v):
    return "-" if v is None else repr(float(v))


def table(name, xs):
    names, columns = ["x"], [[repr(float(x)) for x in xs]]
    for function, *args in COLUMNS:
        for part, values in function(xs, *args).items():
            label = f"{function.__name__}({','.join(str(a) for a in args)})"
            names.append(label + (f".{part}" if part else ""))
            columns.append([text(v) for v in values])
    lines = [f"# series '{name}', made by make.py: exact arithmetic, rounded once to the nearest double"]
    lines.append(" ".join(names))
    lines += [" ".join(row) for row in zip(*columns)]
    return "\n".join(lines) + "\n"


def main():
    here = Path(__file__).resolve().parent
    bad = 0
    for name, xs in SERIES.items():
        path, want = here / f"{name}.txt", table(name, xs)
        if "--write" in sys.argv:
            path.write_text(want)
        elif not path.exists() or path.read_text() != want:
            print(f"{path.name}: differs from what make.py computes, run make.py --write")
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
