#!/usr/bin/env python3
"""After kill -9 on the machine's clock strategies are shown again what came after the state that they saved, with positions, orders and
prices as they were, and do again what they did: nothing is sent twice, nothing diverges. One that does something else is disabled, or
goes on from on_sync. What was on its way when the host died is sent, under the id that it had. NJORD_SOAK=1: 100 kills."""
import json
import os
import random
import re
import signal
import sys
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import chain, check, equal  # noqa: E402
from livehost import LiveHost, flow, wait  # noqa: E402

KILLS = 100 if os.environ.get("NJORD_SOAK") == "1" else 5

EXTRA = """
feeds:
  - id: market
    plugin: simmarket
    params: {seed: %d, duration: 3650d, trades_per_day: 1000000, speed: %s}
risk: {per_order_usd_cap: 100000, daily_loss_usd_cap: 1000000, orders_per_min_cap: 1000000000, max_intent_age_ms: 600000}
brokers:
  - id: paper
    plugin: paper
    params: {cash: {USDT: 100000000}, slippage_bps: 2}
symbols:
  BTC/USDT: {tick: 0.01, step: 0.00001}
  ETH/USDT: {tick: 0.01, step: 0.0001}
journal: {topics: %s}
ohlcv: {timeframes: [5s, 1m]}
"""

STRATEGIES = """
strategies:
  - {id: busy, plugin: rsi_tema_bb, symbols: [BTC/USDT, ETH/USDT], events: ["md.trades.*"],
     params: {rsi_period: 5, bb_period: 5, bb_std: 0.8, rsi_oversold: 49, rsi_overbought: 51, tema_period: 3, qty: 0.01}}
  - {id: ticks, plugin: metronome, symbols: [BTC/USDT], events: ["md.trades.*"], params: {every: 13ms}}
  - {id: tocks, plugin: metronome, symbols: [ETH/USDT], events: ["md.trades.ETH/USDT", "md.ohlcv.5s.*"], params: {every: 7ms}}
"""

ONE = """
strategies:
  - {id: one, plugin: %s, symbols: [BTC/USDT], events: ["md.trades.*"]}
"""


def live(strategies=STRATEGIES, topics='["md.trades.*", "md.ohlcv.*"]', speed="200", seed=5):
    host = LiveHost(symbols=["BTC/USDT", "ETH/USDT"], strategies=strategies)
    host.write("base.yaml", host.text() + EXTRA % (seed, speed, topics))
    host.change(level="info", clock="wall", at_end="wait")
    return host.plugins("metronome", "moody", "moody_sync", "clockwork")


def kill(host):
    host.send(signal.SIGKILL)
    host.process.wait()
    equal(host.process.returncode, -9, "the host ended by itself: %s" % host.errors())


def saved_seq(host, name):
    """The newest number at which something of that name was saved."""
    found = [int(file.split(".")[-1]) for file in os.listdir(host.path("state", "state")) if re.fullmatch(re.escape(name) + r"\.\d+", file)]
    return max(found, default=0)


def no_twice(host):
    orders = host.journal("orders")
    intents = [line["intent_id"] for line in flow(orders, "OrderIntent")]
    equal(len(intents), len(set(intents)), "intent ids are given once")
    sent = [line["client_order_id"] for line in flow(orders, "BrokerOrderReq")]
    equal(len(sent), len(set(sent)), "no order is sent twice")
    return len(intents)


def same_again(rng):
    """Kills at random instants; each time all three strategies do again what they did."""
    with live() as host:
        shown, told = 0, 0
        for number in range(KILLS):
            host.start()
            target = host.size() + rng.randrange(50000, 700000)
            wait(lambda: host.process.poll() is not None or host.size() > target, "orders", every=0.01)
            kill(host)
            again = host.log("past_shown")
            check(not host.log("past_not_shown"), "all can be shown: %s" % host.log("past_not_shown"))
            shown += len(again) > told
            told = len(again)
            equal([e for e in host.journal("host.plugins") if "diverged" in e["detail"]], [], "kill %d: nothing diverges" % number)
        host.start()
        status = host.status()
        equal(status["trading"]["diverged"], 0, "diverged")
        equal(status["plugins"]["disabled"], 0, "disabled")
        host.stop()
        events = sum(line["events"] for line in host.log("past_shown"))
        check(shown * 2 >= KILLS and events > 100 * shown, "after most kills many events were shown again: %d, %d" % (shown, events))
        print("%d kills, %d intents: %d events shown again, nothing diverged, nothing twice" % (KILLS, no_twice(host), events))


def fell_behind(rng):
    """A host that stood still has hundreds of timers to make up for; what is sent meanwhile is done again too."""
    with live() as host:
        for number in range(2):
            host.start()
            target = host.size() + rng.randrange(50000, 200000)
            wait(lambda: host.process.poll() is not None or host.size() > target, "orders", every=0.01)
            host.send(signal.SIGSTOP)
            time.sleep(3)  # the machine's clock goes on
            host.send(signal.SIGCONT)
            target = host.size() + rng.randrange(50000, 200000)
            wait(lambda: host.process.poll() is not None or host.size() > target, "orders after it", every=0.001)
            kill(host)
            equal([e for e in host.journal("host.plugins") if "diverged" in e["detail"]], [], "kill %d behind a standstill: nothing diverges" % number)
        host.start()
        equal(host.status()["trading"]["diverged"], 0, "diverged")
        host.stop()
        no_twice(host)


def others():
    """A strategy that does something else: disabled without on_sync; told with it; each said once, its orders not sent."""
    for plugin, state in (("moody", "disabled"), ("moody_sync", "running")):
        with live(ONE % plugin) as host:
            host.start()
            wait(lambda: len(flow(host.journal("orders"), "OrderIntent")) > 20, "orders")
            kill(host)
            before = [line["intent_id"] for line in flow(host.journal("orders"), "OrderIntent")]
            host.start()
            told = [e for e in host.journal("host.plugins") if "diverged" in e["detail"]]
            equal([e["event"] for e in told], ["disabled" if plugin == "moody" else "error"], "it is told: %s" % told)
            equal([s["state"] for s in host.ask("plugins")["plugins"] if s["id"] == "one"], [state], "its state")
            equal(host.status()["trading"]["diverged"], 1, "it is counted")
            if plugin == "moody_sync":
                wait(lambda: len(flow(host.journal("orders"), "OrderIntent")) > len(before) + 20, "it goes on")
            host.stop()
            no_twice(host)
            after = [line["intent_id"] for line in flow(host.journal("orders"), "OrderIntent")]
            equal(after[:len(before)], before, "what was sent before")
            if plugin == "moody":
                equal(after, before, "it sends nothing any more")


def not_journaled():
    """What the journal does not hold cannot be shown: one line, and it goes on from its state."""
    with live(topics="[]") as host:
        host.start()
        wait(lambda: len(flow(host.journal("orders"), "OrderIntent")) > 20, "orders")
        kill(host)
        host.start()
        equal(sorted(line["strategy"] for line in host.log("past_not_shown")), ["busy", "ticks", "tocks"], "those that are told")
        equal(host.log("past_shown"), [], "nothing is shown")
        equal(host.status()["plugins"]["disabled"], 0, "all run on")
        host.stop()


def unfinished():
    """An intent that the record has lost is sent after the start, under its id and with its own time."""
    with live() as host:
        host.start()
        wait(lambda: len(flow(host.journal("orders"), "OrderIntent")) > 50, "orders")
        kill(host)
        equal(len(chain(host.path("log"), "orders")), 1, "one file")
        saved = max(saved_seq(host, "@books"), saved_seq(host, "busy"))
        with open(host.path("log", "orders.ndjson"), "rb") as data:
            lines = data.read().split(b"\n")[:-1]
        trades = {t["seq"] for name in ("BTCUSDT", "ETHUSDT") for t in host.journal("md.trades." + name)}
        events = [json.loads(line) for line in lines]
        cause = {e["intent_id"]: int(e["intent_id"].split("-")[2], 36) for e in flow(events, "OrderIntent")}
        at = max(i for i, e in enumerate(events) if e["contract"] == "OrderIntent" and e["strategy_id"] == "busy" and
                 cause[e["intent_id"]] in trades and e["seq"] > saved)
        lost = events[at]
        # everything from that line on is lost, in the journals that follow it too
        for name in os.listdir(host.path("log")):
            if not name.endswith(".ndjson") or name.startswith("app"):
                continue
            with open(host.path("log", name), "rb") as data:
                kept = [line for line in data.read().split(b"\n")[:-1] if json.loads(line)["seq"] < lost["seq"]]
            with open(host.path("log", name), "wb") as data:
                data.write(b"".join(line + b"\n" for line in kept))
        host.start()
        again = [e for e in flow(host.journal("orders"), "OrderIntent") if e["intent_id"] == lost["intent_id"]]
        equal(len(again), 1, "it is there once: %s" % lost["intent_id"])
        for key in ("strategy_id", "symbol", "side", "qty", "type", "ts_ns"):
            equal(again[0].get(key), lost.get(key), "its " + key)
        check(again[0]["seq"] > lost["seq"], "with a number of its own")
        check(any(line["intent_id"] == lost["intent_id"] for line in host.log("unfinished_sent")), "it is said")
        equal(host.status()["trading"]["diverged"], 0, "diverged")
        host.stop()
        no_twice(host)


HAND = """
feeds:
  - {id: hand, plugin: playback, params: {files: "%s", venue: hand}}
journal: {topics: ["md.trades.*", "md.status.*"]}
"""
HEAD = "symbol,price,qty,side,ts_ns,trade_id,venue\n"


def trades(*ids):
    return "".join("BTC/USDT,8.%02d,5,buy,%d,%s,hand\n" % (i, 1700000000 * 10**9 + i * 10**9, name)
                   for i, name in enumerate(ids))


def repeated():
    """What a feed gave before the restart and gives again is not taken twice; what it left out is announced."""
    for first, second, gap in (([1, 2, 3, 4, 5], [3, 4, 5, 9, 10], (6, 8)), (["a", "b"], ["b", "c", "d"], (None, None))):
        with LiveHost(symbols=["BTC/USDT"]) as host:
            host.change(clock="wall")
            base = host.text()
            for part in (first, second):
                host.write("base.yaml", base + HAND % host.write("trades.csv", HEAD + trades(*part)))
                equal(host.run().returncode, 0, "a run")
            found = [t["trade_id"] for t in host.journal("md.trades.BTCUSDT")]
            equal(found, [str(i) for i in sorted(set(first + second))], "each trade once")
            told = [(s["event"], s.get("from_id"), s.get("to_id")) for s in host.journal("md.status.BTCUSDT")]
            equal(told, [("up", None, None), ("up", None, None), ("gap",) + gap], "what was told of the feed")


def main():
    rng = random.Random(20240815)
    same_again(rng)
    fell_behind(rng)
    others()
    not_journaled()
    unfinished()
    repeated()


main()
