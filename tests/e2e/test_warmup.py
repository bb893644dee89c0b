#!/usr/bin/env python3
"""Warm-up: a strategy that is shown history trades from its first live bar exactly like one that ran through all of it. What it must do
is worked out here with exact fractions from the closes alone: it never sees what the host made of them."""
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from fractions import Fraction

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from livehost import LiveHost, wait  # noqa: E402
from njordtest import Host, check, equal  # noqa: E402

MINUTE = 60 * 10**9
START = 1_700_006_400 * 10**9  # 2023-11-15 00:00:00
HISTORY, LIVE, WARM = 400, 120, 60
FAST, SLOW, BAND = 3, 8, Fraction(1, 10**6)
SYMBOLS = ["ATOM/USDT", "BTC/USDT"]

EXTRA = """
feeds:
  - id: bars
    plugin: playback
    params: {{files: "{path}"}}
brokers:
  - id: paper
    plugin: paper
    params: {{cash: {{USDT: 1000000}}, maker: 0, taker: 0, slippage_bps: 0}}
symbols:
  ATOM/USDT: {{tick: 0.01, step: 0.01}}
  BTC/USDT: {{tick: 0.01, step: 0.01}}
risk: {{per_order_usd_cap: 1000000, daily_loss_usd_cap: 1000000, orders_per_min_cap: 1000}}
journal: {{topics: []}}
"""

STRATEGY = """
  - {id: %s, plugin: ma_cross, events: ["md.ohlcv.1m.*"], capital: 100000,
     params: {fast: 3, slow: 8, qty: 1}%s}
"""


def walk(seed, cents, n):
    """Closes in cents: a walk by the numbers of Lehmer's generator (Park and Miller, 1988)."""
    out = []
    for _ in range(n):
        seed = seed * 48271 % 2147483647
        cents += seed % 41 - 20
        out.append(cents)
    return out


def bar(symbol, index, cents, start=START):
    price = cents / 100
    return {"symbol": symbol, "timeframe": "1m", "ts_open": start + index * MINUTE, "ts_close": start + (index + 1) * MINUTE,
            "open": price, "high": price, "low": price, "close": price, "volume": 1.0}


def line(event):
    return json.dumps(event, separators=(",", ":")) + "\n"


def write_journal(host, symbol, bars):
    """In three files: compressed, dated, live."""
    name = "ohlcv.1m." + symbol.replace("/", "")
    os.makedirs(host.path("log"), exist_ok=True)
    lines = [line(b) for b in bars]
    third = len(lines) // 3
    with gzip.open(host.path("log", name + ".20231115.ndjson.gz"), "wt") as out:
        out.writelines(lines[:third])
    host.write("log/" + name + ".20231115.1.ndjson", "".join(lines[third:2 * third]))
    host.write("log/" + name + ".ndjson", "".join(lines[2 * third:]))


def cross(closes, end):
    """1: the fast average of the closes up to and with number `end` is above the slow one; -1: below; 0: neither, or not known."""
    if end + 1 < SLOW:
        return 0
    fast = Fraction(sum(closes[end + 1 - FAST:end + 1]), 100 * FAST)
    slow = Fraction(sum(closes[end + 1 - SLOW:end + 1]), 100 * SLOW)
    return (fast - slow > BAND) - (fast - slow < -BAND)


def expected_orders(closes, first):
    """(bar, side) of what is bought and sold from bar number `first` on, beginning flat."""
    out, held = [], False
    for at in range(first, len(closes)):
        wish = cross(closes, at)
        if (wish > 0 and not held) or (wish < 0 and held):
            held = wish > 0
            out.append((at, "buy" if held else "sell"))
    return out


def log_lines(host, event):
    if not os.path.exists(host.path("log", "app.ndjson")):
        return []
    with open(host.path("log", "app.ndjson"), encoding="utf-8") as lines:
        return [found for found in map(json.loads, lines) if found["event"] == event]


def by_events():
    closes = {s: walk(i + 7, 1000 * (i + 1), HISTORY + LIVE) for i, s in enumerate(SYMBOLS)}
    strategies = "strategies:" + STRATEGY % ("warm", ", warmup: {timeframe: 1m, bars: %d}" % WARM) + STRATEGY % ("cold", "")
    with Host(symbols=SYMBOLS, strategies=strategies) as host:
        for s in SYMBOLS:  # the journals go on behind the first live bar: those bars are not history yet
            write_journal(host, s, [bar(s, i, closes[s][i]) for i in range(HISTORY + 30)])
        live = host.write("live.ndjson", "".join(line(bar(s, i, closes[s][i])) for i in range(HISTORY, HISTORY + LIVE) for s in SYMBOLS))
        base = open(host.path("base.yaml"), encoding="utf-8").read().replace("level: warn", "level: info")
        host.write("base.yaml", base + EXTRA.format(path=live))
        before = {n: os.path.getsize(host.path("log", n)) for n in os.listdir(host.path("log"))}
        done = host.run()
        equal(done.returncode, 0, "exit code (%s)" % done.stderr)
        for name, size in before.items():
            equal(os.path.getsize(host.path("log", name)), size, "size of %s after the run" % name)

        warmed = log_lines(host, "warmed_up")
        equal([(w["strategy"], w["bars"], w["from_ns"], w["to_ns"]) for w in warmed],
              [("warm", 2 * WARM, START + (HISTORY - WARM) * MINUTE, START + (HISTORY - 1) * MINUTE)], "what was shown")
        equal(log_lines(host, "warmup_short"), [], "nothing was missing")

        orders = host.journal("orders")
        intents = {o["intent_id"]: o for o in orders if o["contract"] == "OrderIntent"}
        refused = [o for o in orders if o["contract"] == "RiskDecision" and not o["allowed"]]
        equal({o["reason"] for o in refused}, {"warmup"}, "reasons of refusals")
        sent = {o["client_order_id"] for o in orders if o["contract"] == "BrokerOrderReq"}
        check(not sent & {o["intent_id"] for o in refused}, "an order of the warm-up left")
        for s in SYMBOLS:
            # while it is shown history all its orders are refused: with each bar it wants its unit again
            history = closes[s][HISTORY - WARM:HISTORY]
            wishes = sum(1 for at in range(WARM) if cross(history, at) > 0)
            check(wishes > 5, "the history makes it wish")
            equal(sum(1 for o in refused if intents[o["intent_id"]]["symbol"] == s), wishes, "orders refused in the warm-up, %s" % s)
            for strategy, first in (("warm", HISTORY), ("cold", HISTORY + SLOW - 1)):
                want = expected_orders(closes[s], first)
                fills = [f for f in host.journal("fills." + s.replace("/", "")) if f["strategy_id"] == strategy]
                found = [(round(Fraction(repr(f["price"])) * 100), f["side"], f["qty"]) for f in fills]
                check(len(want) > 5, "the live bars make it trade")
                equal(found, [(closes[s][at], side, 1) for at, side in want], "fills of %s in %s" % (strategy, s))
        print("warm: %d orders refused in the warm-up, %d sent; from the first live bar as if it had run through the history"
              % (len(refused), len(sent)))


def short_and_wrong():
    strategies = "strategies:" + STRATEGY % ("warm", ", warmup: {timeframe: 1m, bars: 500}")
    closes = walk(3, 1000, HISTORY + 20)
    with Host(symbols=SYMBOLS, strategies=strategies) as host:
        hole = list(range(0, 100)) + list(range(300, HISTORY))
        write_journal(host, "ATOM/USDT", [bar("ATOM/USDT", i, closes[i]) for i in hole])
        live = host.write("live.ndjson", "".join(line(bar("ATOM/USDT", i, closes[i])) for i in range(HISTORY, HISTORY + 20)))
        base = open(host.path("base.yaml"), encoding="utf-8").read()
        host.write("base.yaml", base + EXTRA.format(path=live))
        checked = host.run("--check")
        equal(checked.returncode, 0, "--check (%s)" % checked.stderr)
        check(re.search(r"strategies\.yaml:2:\d+: 'warm': warmup: no journal 'ohlcv\.1m\.BTCUSDT' in ", checked.stdout + checked.stderr),
              "--check says which journal is missing: %s%s" % (checked.stdout, checked.stderr))
        check("ATOMUSDT" not in checked.stderr + checked.stdout, "and only that")
        equal(host.run().returncode, 0, "a run")
        short = log_lines(host, "warmup_short")
        equal([(w["level"], w["strategy"], w["bars"], w["found"]) for w in short], [("warn", "warm", 500, "ATOM/USDT 200, BTC/USDT 0")],
              "one line about what is missing")
    with Host(symbols=["ATOM/USDT"], strategies=strategies.replace("1m, bars", "7x, bars")) as host:
        done = host.run("--check")
        equal(done.returncode, 1, "--check of a timeframe that is none")
        check("expected a timeframe as 1m, 4h, 1d" in done.stderr, "and it says so: %s" % done.stderr)
    with Host(symbols=["ATOM/USDT"], strategies=strategies) as host:  # a line that is none: told, and nothing of it is shown
        write_journal(host, "ATOM/USDT", [bar("ATOM/USDT", i, closes[i]) for i in range(HISTORY)])
        name = host.path("log", "ohlcv.1m.ATOMUSDT.20231115.1.ndjson")
        with open(name, encoding="utf-8") as lines:
            whole = lines.readlines()
        with open(name, "w", encoding="utf-8") as out:
            out.writelines(whole[:50] + ['{"symbol":"ATOM/USDT"\n'] + whole[50:])
        live = host.write("live.ndjson", line(bar("ATOM/USDT", HISTORY, closes[HISTORY])))
        base = open(host.path("base.yaml"), encoding="utf-8").read()
        host.write("base.yaml", base + EXTRA.format(path=live).replace("  BTC/USDT: {tick: 0.01, step: 0.01}\n", ""))
        equal(host.run().returncode, 0, "a run with a broken journal")
        failed = log_lines(host, "warmup_failed")
        equal([(w["level"], w["shown"]) for w in failed], [("error", 0)], "one line")
        check(re.search(r"ohlcv\.1m\.ATOMUSDT\.20231115\.1\.ndjson:51: ", failed[0]["error"]), "with file and line: %s" % failed[0]["error"])


def by_the_wall():
    """At a start, and when a reload adds it; not when it was given back its state."""
    now = time.time_ns()
    start = now - now % MINUTE - HISTORY * MINUTE
    closes = walk(5, 2000, HISTORY)
    first = STRATEGY % ("first", ", warmup: {timeframe: 1m, bars: %d}" % WARM)
    added = STRATEGY % ("added", ", warmup: {timeframe: 1m, bars: 10}")
    with LiveHost(symbols=["ATOM/USDT"], strategies="strategies:" + first, clock="wall", at_end="wait", level="info") as host:
        write_journal(host, "ATOM/USDT", [bar("ATOM/USDT", i, closes[i], start) for i in range(HISTORY)] +
                      [bar("ATOM/USDT", HISTORY + 60, 1, start)])  # one that has not closed yet

        def run(condition, signal_first=None):
            before = len(log_lines(host, "running"))
            process = subprocess.Popen(host.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            wait(lambda: len(log_lines(host, "running")) > before, "a running host")
            if signal_first:
                signal_first(process)
            wait(condition, "warm-up")
            process.send_signal(signal.SIGTERM)
            errors = process.communicate(timeout=30)[1].decode()
            equal(process.returncode, 0, "exit code (%s)" % errors)

        run(lambda: log_lines(host, "warmed_up"))
        warmed = log_lines(host, "warmed_up")
        equal([(w["strategy"], w["bars"]) for w in warmed], [("first", WARM)], "shown at the start")
        check(warmed[0]["to_ns"] <= start + (HISTORY - 1) * MINUTE, "a bar of the future was shown")

        def add(process):
            host.write("strategies.yaml", "strategies:" + first + added)
            process.send_signal(signal.SIGHUP)

        run(lambda: len(log_lines(host, "warmed_up")) > 1, add)
        equal([(w["strategy"], w["bars"]) for w in log_lines(host, "warmed_up")], [("first", WARM), ("added", 10)],
              "shown to the one that was added, not to the one with a saved state")


by_events()
short_and_wrong()
by_the_wall()
