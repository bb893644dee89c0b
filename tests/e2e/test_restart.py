#!/usr/bin/env python3
"""kill -9 at random instants, then a start: every journal parses, no seq and no order id comes twice, nothing that was said is lost, and
the positions that the host goes on with are those that exact fractions make of the journal of orders. NJORD_SOAK=1: 1,000 times."""
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from fractions import Fraction

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import NJORD, Host, chain, check, equal  # noqa: E402

ROUNDS = int(os.environ.get("NJORD_ROUNDS", 1000 if os.environ.get("NJORD_SOAK") == "1" else 10))

EXTRA = """
feeds:
  - id: market
    plugin: simmarket
    params: {seed: 3, duration: 3650d}
risk: {per_order_usd_cap: 1000000, daily_loss_usd_cap: 1000000, orders_per_min_cap: 1000000000}
brokers:
  - id: paper
    plugin: paper
    params: {cash: {USDT: 100000000}, slippage_bps: 2}
symbols:
  BTC/USDT: {tick: 0.01, step: 0.00001}
journal: {topics: [], rotate_bytes: 20000, compress_after: 1h}
"""

STRATEGIES = """
strategies:
  - {id: busy, plugin: rsi_tema_bb, symbols: [BTC/USDT], events: ["md.trades.*"],
     params: {rsi_period: 5, bb_period: 5, bb_std: 0.8, rsi_oversold: 49, rsi_overbought: 51, tema_period: 3, qty: 0.01}}
"""


class Journal:
    """One journal, looked at after each kill: every line of all its files parses but a torn last one, seq is strictly rising, and no line
    that stood there is gone. A file is known by its inode, whatever its name is meanwhile, and read on where it was left: what stands
    before is looked at once, by its size."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name
        self.known = {}  # inode to the end of its last whole line
        self.lines = 0
        self.last = 0  # seq

    def check(self):
        live = os.path.join(self.folder, self.name + ".ndjson")
        for path in chain(self.folder, self.name):
            st = os.stat(path)
            at = self.known.get(st.st_ino, 0)
            check(st.st_size >= at, "%s became shorter: %d bytes after %d" % (path, st.st_size, at))
            if st.st_size == at:
                continue
            with open(path, "rb") as data:
                data.seek(at)
                new = data.read()
            whole = new.rfind(b"\n") + 1
            check(whole == len(new) or path == live, "%s has no end and is not the last" % path)
            for line in new[:whole].splitlines():
                self.lines += 1
                try:
                    event = json.loads(line)
                except ValueError:
                    check(False, "%s: line %d does not parse: %r" % (path, self.lines, line[:200]))
                check(event["seq"] > self.last, "%s: line %d: seq %d after %d" % (path, self.lines, event["seq"], self.last))
                self.last = event["seq"]
            self.known[st.st_ino] = at + whole


class Written:
    """Bytes of the order flow since it was made: of the live file, and of those that were rotated meanwhile."""

    def __init__(self, host):
        self.live = host.path("log", "orders.ndjson")
        self.inode, self.size = self.stat()
        self.start = self.size
        self.before = 0

    def stat(self):
        try:
            st = os.stat(self.live)
            return st.st_ino, st.st_size
        except FileNotFoundError:  # rotated, and no line has come since
            return None, 0

    def bytes(self):
        inode, size = self.stat()
        if inode != self.inode:
            self.before += self.size
            self.inode = inode
        self.size = size
        return self.before + size - self.start


def saved_books(host):
    return [name for name in os.listdir(host.path("state", "state")) if name.startswith("@books.")]


def held(host):
    """The positions and orders of a host that does nothing, and what it said."""
    process = subprocess.Popen(host.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    answers = []
    for what in ("positions", "orders"):
        while True:
            done = subprocess.run([NJORD, "ctl", what, "--json", "--control", host.path("njord.sock")], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, check=False)
            if done.returncode == 0:
                break
            check(process.poll() is None and time.monotonic() < deadline, "the host does not answer: %s" % done.stderr)
            time.sleep(0.02)
        answers.append(json.loads(done.stdout))
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=30)[1]
    equal(process.returncode, 0, "exit code (%s)" % said)
    return answers, said.splitlines()


def main():
    rng = random.Random(20241122)
    with Host(symbols=["BTC/USDT"], strategies=STRATEGIES) as host:
        base = open(host.path("base.yaml"), encoding="utf-8").read().replace("clock: events", "clock: wall").replace("at_end: stop",
                                                                                                                    "at_end: wait")
        host.write("base.yaml", base + EXTRA)
        journals = [Journal(host.path("log"), name)
                    for name in ("orders", "risk.decisions", "broker.orders", "fills.BTCUSDT", "positions.BTCUSDT", "host.plugins")]
        for _ in range(ROUNDS):
            process = subprocess.Popen(host.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            deadline = time.monotonic() + 20
            # random instants of a run that has begun to trade, each at another length of the journal
            target, written = rng.randrange(1, 60000), Written(host)
            while time.monotonic() < deadline and process.poll() is None:
                if written.bytes() >= target:
                    break
                time.sleep(rng.random() * 0.003)
            process.send_signal(signal.SIGKILL)
            process.wait()
            check(process.returncode == -9, "the host ended by itself: %s" % process.stderr.read().decode())
            process.stderr.close()
            process.stdout.close()
            for journal in journals:
                journal.check()
        # a last run that ends by itself
        process = subprocess.Popen(host.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        written = Written(host)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and written.bytes() < 5000:
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        equal(process.returncode, 0, "exit code after SIGTERM (%s)" % errors.decode())

        check(len(chain(host.path("log"), "orders")) > 3, "the journal of orders was rotated")
        orders = host.journal("orders")
        ids = [line["intent_id"] for line in orders if line["contract"] == "OrderIntent"]
        equal(len(ids), len(set(ids)), "intent ids are given once")
        sent = [line["client_order_id"] for line in orders if line["contract"] == "BrokerOrderReq"]
        equal(len(sent), len(set(sent)), "no order is sent twice")
        allowed = {line["intent_id"] for line in orders if line["contract"] == "RiskDecision" and line["allowed"]}
        check(set(sent) <= allowed, "only allowed orders were sent")

        # positions from the fills of the journal of orders, in exact fractions
        qty, realized, lots = Fraction(0), Fraction(0), []
        fills = [line for line in orders if line["contract"] == "BrokerFill"]
        equal(len({f["trade_id"] for f in fills}), len(fills), "fills have ids of their own")
        for fill in fills:
            left = Fraction(repr(fill["qty"])) * (1 if fill["side"] == "buy" else -1)
            price = Fraction(repr(fill["price"]))
            qty += left
            while left and lots and (lots[0][0] > 0) != (left > 0):
                part = min(abs(left), abs(lots[0][0]))
                sign = 1 if lots[0][0] > 0 else -1
                realized += sign * part * (price - lots[0][1])
                lots[0][0] -= sign * part
                left += sign * part
                if not lots[0][0]:
                    lots.pop(0)
            if left:
                lots.append([left, price])
        last = [p for p in host.journal("positions.BTCUSDT") if p["strategy_id"] == "busy"][-1]
        equal(Fraction(repr(last["qty"])), qty, "the position after %d kills" % ROUNDS)
        check(abs(Fraction(last["realized_pnl"]) - realized) <= Fraction(1, 10**9) * max(1, abs(realized)),
              "realized profit %r, exactly %r" % (last["realized_pnl"], float(realized)))
        published = {f["fill_id"] for f in host.journal("fills.BTCUSDT")}
        made = {"paper-BTCUSDT-" + f["trade_id"] for f in fills}
        equal(sorted(published - made), [], "fills published that the journal of orders does not hold")
        equal(sorted(made - published), [], "fills that were not published")
        # what a start makes of the saved books and the lines behind them is what it makes of the whole journal
        host.write("base.yaml", re.sub(r"(?s)feeds:.*?\nrisk:", "feeds: []\nrisk:", base + EXTRA))
        host.write("strategies.yaml", "strategies: []\n")
        check(saved_books(host), "the host has saved its books")
        quick, lines = held(host)
        for name in saved_books(host):
            os.remove(host.path("state", "state", name))
        whole, _ = held(host)
        equal(quick, whole, "positions from the books and from the whole journal")
        check(not any("books" in line for line in lines), "whole books are used without a word: %s" % lines)
        print("%d kills, %d intents, %d fills: whole journals, no id twice, position %s" % (ROUNDS, len(ids), len(fills), float(qty)))


def day_loss():
    """The day's loss is latched, the host is killed at once: after a start the latch still holds."""
    extra = EXTRA.replace("daily_loss_usd_cap: 1000000", "daily_loss_usd_cap: 5")
    with Host(symbols=["BTC/USDT"], strategies=STRATEGIES) as host:
        base = open(host.path("base.yaml"), encoding="utf-8").read().replace("clock: events", "clock: wall").replace("at_end: stop",
                                                                                                                    "at_end: wait")
        host.write("base.yaml", base + extra)

        def refusals():
            return sum(1 for d in host.journal("risk.decisions") if d["reason"] == "daily_loss_usd_cap")

        def run_until(condition):
            process = subprocess.Popen(host.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline and process.poll() is None:
                try:
                    if condition():
                        break
                except ValueError:
                    pass  # a line half written
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            errors = process.communicate()[1].decode()
            equal(process.returncode, -9, "the host ended by itself: %s" % errors)

        run_until(lambda: refusals() > 0)
        before = len(host.journal("orders"))
        latched = refusals()
        check(latched > 0, "the cap was reached")
        run_until(lambda: refusals() > latched + 3)
        position = Fraction(0)
        intents = {}
        for number, line in enumerate(host.journal("orders")):
            if line["contract"] == "BrokerFill":
                position += Fraction(repr(line["qty"])) * (1 if line["side"] == "buy" else -1)
            elif line["contract"] == "OrderIntent":
                intents[line["intent_id"]] = line
            elif line["contract"] == "RiskDecision" and number >= before and line["allowed"]:
                intent = intents[line["intent_id"]]
                change = Fraction(repr(intent["qty"])) * (1 if intent["side"] == "buy" else -1)
                check(abs(position + change) < abs(position), "an order that opens was allowed after the cap and a kill: %s" % line)
        print("the day's loss holds across kill -9: %d refusals before, %d after" % (latched, refusals() - latched))


main()
day_loss()
