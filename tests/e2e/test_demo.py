#!/usr/bin/env python3
"""make demo, twice, and on the recorded trades when they are there: the same bytes each time, no process left, and positions and
profit equal to what an independent FIFO in exact fractions makes of fills.*.ndjson."""
import json
import os
import re
import subprocess
import sys
import tempfile
from fractions import Fraction

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import BUILD, DATA, SOURCE, check, equal, journal_lines  # noqa: E402

CAPTURES = [os.path.join(DATA, "trades", name) for name in ("btcusdt-spot-20240808.txt.gz", "btcusdt-spot-20240809.txt.gz")]


def demo(data=""):
    """Runs the demo in a folder of its own: (its output, its journals as bytes)."""
    with tempfile.TemporaryDirectory() as where:
        env = dict(os.environ, DATA=data, top_srcdir=os.path.abspath(SOURCE), top_builddir=os.path.abspath(BUILD))
        done = subprocess.run(["sh", os.path.join(os.path.abspath(SOURCE), "build", "demo.sh")], cwd=where, env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=240, check=False)
        equal(done.returncode, 0, "exit code of the demo (%s)" % done.stderr)
        journals = {}
        for stem in sorted({re.sub(r"(\.\d{8}(\.\d+)?)?\.ndjson(\.gz)?$", "", name) for name in os.listdir(os.path.join(where, "var/demo/log"))
                            if not name.startswith(".")}):
            journals[stem] = b"".join(journal_lines(os.path.join(where, "var/demo/log"), stem))
        left = subprocess.run(["pgrep", "-f", where], stdout=subprocess.PIPE, text=True, check=False).stdout
        equal(left, "", "processes left")
        return done.stdout, journals


def lines(journals, name):
    return [json.loads(line) for line in journals[name].decode().splitlines()]


class Fifo:
    """First in, first out, in exact fractions of the decimal text."""

    def __init__(self):
        self.lots, self.realized, self.fees = [], Fraction(0), Fraction(0)

    def fill(self, side, qty, price, fee):
        left = qty if side == "buy" else -qty
        self.fees += fee
        while left and self.lots and (self.lots[0][0] > 0) != (left > 0):
            lot = self.lots[0]
            part = min(abs(left), abs(lot[0]))
            sign = 1 if lot[0] > 0 else -1
            self.realized += sign * part * (price - lot[1])
            lot[0] -= sign * part
            left += sign * part
            if lot[0] == 0:
                self.lots.pop(0)
        if left:
            self.lots.append([left, price])

    def qty(self):
        return sum(lot[0] for lot in self.lots)

    def average(self):
        return sum(lot[0] * lot[1] for lot in self.lots) / self.qty() if self.qty() else Fraction(0)


def close(found, exact, text):
    check(abs(Fraction(found) - exact) <= Fraction(1, 10**9) * max(1, abs(exact)), "%s: %r, exactly %r" % (text, found, float(exact)))


def verify(output, journals):
    fills = [fill for name in journals if name.startswith("fills.") for fill in lines(journals, name)]
    snapshots = {}
    for name in journals:
        if name.startswith("positions."):
            for snapshot in lines(journals, name):
                snapshots[snapshot["strategy_id"], snapshot["symbol"]] = snapshot
    books = {}
    for fill in sorted(fills, key=lambda f: f["seq"]):
        exact = {key: Fraction(repr(fill[key])) for key in ("qty", "price", "fee")}
        books.setdefault((fill["strategy_id"], fill["symbol"]), Fifo()).fill(fill["side"], exact["qty"], exact["price"], exact["fee"])
    check(books, "the demo trades")
    equal(len({f["fill_id"] for f in fills}), len(fills), "fills have ids of their own")
    for key, book in books.items():
        snapshot = snapshots[key]
        close(snapshot["qty"], book.qty(), "%s quantity" % (key,))
        close(snapshot["avg_price"], book.average(), "%s average price" % (key,))
        close(snapshot["realized_pnl"], book.realized, "%s realized" % (key,))
        close(snapshot["fees_paid"], book.fees, "%s fees" % (key,))
        if not book.lots:
            equal((snapshot["qty"], snapshot["avg_price"]), (0, 0), "%s is exactly flat" % (key,))
    for symbol in {symbol for _, symbol in books}:
        mine = [book for (_, s), book in books.items() if s == symbol]
        close(snapshots["*", symbol]["realized_pnl"], sum(b.realized for b in mine), "account %s realized" % symbol)
        close(snapshots["*", symbol]["qty"], sum(b.qty() for b in mine), "account %s quantity" % symbol)
    realized, fees = sum(b.realized for b in books.values()), sum(b.fees for b in books.values())
    printed = re.search(r"Profit and loss: ([+-][\d.]+) realized ([+-][\d.]+) unrealized - ([\d.]+) fees", output)
    check(printed, "the profit is printed")
    equal(printed.group(1), "%+.2f" % float(realized), "printed realized profit")
    equal(printed.group(3), "%.2f" % float(fees), "printed fees")
    # decisions, orders, fills agree with each other
    orders = lines(journals, "orders")
    allowed = {d["intent_id"] for d in orders if d["contract"] == "RiskDecision" and d["allowed"]}
    sent = {r["client_order_id"] for r in orders if r["contract"] == "BrokerOrderReq"}
    check(sent <= allowed, "only allowed orders were sent")
    check({f["intent_id"] for f in fills} <= sent, "only sent orders were filled")
    equal([o["seq"] for o in orders], sorted({o["seq"] for o in orders}), "orders.ndjson goes by seq, each number once")
    return len(fills), float(realized)


def twice(name, data=""):
    output, journals = demo(data)
    again = demo(data)
    equal(sorted(journals), sorted(again[1]), "%s: journals of two runs" % name)
    for journal in journals:
        if journal != "app":
            check(journals[journal] == again[1][journal], "%s: %s differs between two runs" % (name, journal))
    n, realized = verify(output, journals)
    print("%s: %d fills, realized %.6f, as the independent FIFO says; twice the same bytes" % (name, n, realized))
    return output, journals


twice("simulated day")
if all(os.path.exists(path) for path in CAPTURES):
    text, journal = twice("recorded trades", " ".join(CAPTURES))
    equal(len(journal["md.trades.BTCUSDT"].splitlines()), 19904, "every trade of the capture, once")
else:
    print("recorded trades: not tried, no captures in %s" % DATA)
