#!/usr/bin/env python3
"""A plugin that misbehaves changes nothing for the others: one that overwrites every byte it is shown, one that fails with each event, one
that floods, one that never returns."""
import os
import re
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from livehost import LiveHost, flow, wait  # noqa: E402
from njordtest import check, equal  # noqa: E402

FEED = """
feeds:
  - {id: market, plugin: simmarket, params: {seed: 11, duration: %s, trades_per_day: %d}}
risk: {per_order_usd_cap: 1000000, daily_loss_usd_cap: 1000000000, orders_per_min_cap: %s, max_open_orders: 500}
brokers:
  - {id: paper, plugin: paper, params: {cash: {USDT: 1000000}, slippage_bps: 2}}
symbols:
  ATOM/USDT: {tick: 0.001, step: 0.01}
"""
RECORDER = """  - {id: recorder, plugin: recorder, symbols: [ATOM/USDT], events: ["md.*"], params: {file: "%s", qty: 1}}
"""
OTHER = """  - {id: other, plugin: %s, symbols: [ATOM/USDT], events: ["md.*"]}
"""


def run(*others, duration="20m", per_minute="1000000000", per_day=20000, first=True, **changes):
    """The recording strategy beside others that come before (or after) it: (host, what it recorded, how the host ended)."""
    with LiveHost(**changes).plugins("recorder", *others) as host:
        host.write("base.yaml", host.text() + FEED % (duration, per_day, per_minute))
        mine = RECORDER % host.path("seen")
        theirs = "".join(OTHER % name for name in others)
        host.write("strategies.yaml", "strategies:\n" + (theirs + mine if first else mine + theirs))
        done = host.run()
        with open(host.path("seen"), "rb") as seen:
            record = seen.read()
        return host.journals(), {name: host.journal(name) for name in ("orders", "host.plugins", "md.trades.ATOMUSDT")}, record, done


# What another strategy shifts by being there: its own announcement takes a number of the one sequence.
NUMBER = re.compile(rb'"seq":\d+|"intent_id":"[^"]*"|"client_order_id":"[^"]*"|"(?:trade|order|fill|exchange_order)_id":"[^"]*"')


def without_numbers(journals):
    return {name: NUMBER.sub(b"", data) for name, data in journals.items() if not name.startswith("host.plugins.")}


def scribbler():
    """Beside a strategy that scribbles, and beside one that does nothing under the same id: the same bytes, to the last."""
    quiet = run("older_struct")
    loud = run("scribbler")
    for journals, _, record, done in (quiet, loud):
        equal(done.returncode, 0, "exit code (%s)" % done.stderr)
        check(len(record) > 100000 and b"ee" * 100 not in record, "a recording without scribbles, %d bytes" % len(record))
        check(b"on_fill" in record and b"on_position" in record and b"on_decision" in record and b"on_order" in record
              and b"on_status" in record, "every kind of event was shown")
    check(quiet[2] == loud[2], "what the other strategy was shown differs")
    equal(sorted(quiet[0]), sorted(loud[0]), "journals")
    for name in quiet[0]:
        if not name.startswith("host.plugins."):
            check(quiet[0][name] == loud[0][name], "%s differs beside a strategy that scribbles" % name)
    alone = run()
    equal(without_numbers(alone[0]), without_numbers(loud[0]), "journals without numbers, with nobody beside")


def fills_of(orders, strategy):
    ids = {line["intent_id"] for line in flow(orders, "OrderIntent") if line["strategy_id"] == strategy}
    return [(f["side"], f["qty"], f["price"], f["fee"]) for f in flow(orders, "BrokerFill") if f["client_order_id"] in ids]


def fails():
    alone = run()
    _, journals, _, done = run("errors_always")
    equal(done.returncode, 0, "exit code beside a strategy that fails (%s)" % done.stderr[-500:])
    events = [line for line in journals["host.plugins"] if line["plugin_id"] == "other"]
    errors = [line for line in events if line["event"] == "error"]
    equal(len(errors), 100, "errors before it is disabled (plugins.max_errors)")
    check("was too much" in errors[0]["detail"], "its own sentence: %s" % errors[0]["detail"])
    equal([line["event"] for line in events if line["event"] != "error"], ["loaded", "disabled"], "its life")
    equal(fills_of(journals["orders"], "recorder"), fills_of(alone[1]["orders"], "recorder"), "fills of the other strategy")


def floods():
    """Ten thousand orders with each trade, over some trades that are half a minute apart; 500 may be open at a time."""
    how = {"duration": "2m", "per_day": 2880}
    alone = run(**how)
    _, journals, _, done = run("floods", first=False, **how)
    equal(done.returncode, 0, "exit code beside a strategy that floods (%s)" % done.stderr[-500:])
    check(fills_of(alone[1]["orders"], "recorder"), "the other strategy trades at all")
    equal(fills_of(journals["orders"], "recorder"), fills_of(alone[1]["orders"], "recorder"), "fills of the other strategy")
    # 30 a minute, a bucket that starts full and refills continuously: at most 30 + 2 minutes x 30
    _, journals, _, done = run("floods", per_minute="30", first=False, **how)
    equal(done.returncode, 0, "exit code with the cap of orders a minute (%s)" % done.stderr[-500:])
    orders = journals["orders"]
    sent = len(flow(orders, "BrokerOrderReq"))
    check(30 <= sent <= 30 + 2 * 30, "orders sent in 2 minutes: %d" % sent)
    intents = flow(orders, "OrderIntent")
    equal(len([line for line in intents if line["strategy_id"] == "other"]), len(journals["md.trades.ATOMUSDT"]) * 10000, "its intents")
    equal(len(flow(orders, "RiskDecision")), len(intents), "decisions, one an intent")
    reasons = {line["reason"] for line in flow(orders, "RiskDecision")}
    equal(reasons, {"ok", "orders_per_min_cap"}, "reasons of decisions")


def hangs():
    with LiveHost() as host:
        host.plugins("hang_on_event")
        host.write("base.yaml", host.text().replace("watch: false", "watch: false\n  watchdog_ms: 300") + FEED % ("20m", 20000, "30"))
        host.write("strategies.yaml", "strategies:\n" + OTHER % "hang_on_event")
        done = host.run()
        equal(done.returncode, 70, "exit code of a host whose plugin hangs (%s)" % done.stderr)
        lines = done.stderr.splitlines()
        equal(len(lines), 1, "lines on standard error: %r" % lines)
        check("'other'" in lines[0] and "300 ms" in lines[0], "it names the instance and the limit: %s" % lines[0])
        told = [line for line in host.journal("app") if line["level"] == "error"]
        equal(len(told), 1, "lines in the log: %r" % told)
        check("other" in str(told[0]), "the log names it too: %r" % told[0])
        # what was written down before stands, and the next start goes on
        for name in os.listdir(host.path("log")):
            host.journal(re.sub(r"(\.\d{8}(\.\d+)?)?\.ndjson(\.gz)?$", "", name))
        host.write("strategies.yaml", "strategies: []\n")
        equal(host.run().returncode, 0, "the next start")


def storms():
    """A timer that is always due: the others are shown the market all the same, and the host ends when it is told to."""
    with LiveHost(clock="wall", at_end="wait").plugins("timer_storm", "busy") as host:
        host.write("base.yaml", host.text().replace("at_end: wait", "at_end: wait\n  stop_timeout_ms: 300") +
                   (FEED % ("3650d", 20000, "1000000")).replace("seed: 11", "seed: 11, speed: 2000"))
        host.write("strategies.yaml", "strategies:\n" + OTHER % "timer_storm" + (OTHER % "busy").replace("other", "busy"))
        host.start()
        wait(lambda: host.status()["process"]["timers_fired"] > 1000, "the storm")
        seen = host.status()["trading"]["placed"]
        wait(lambda: host.status()["trading"]["placed"] > seen + 20, "orders in the storm")
        host.stop()


def main():
    for part in (scribbler, fails, floods, hangs, storms):
        part()
    print("isolation: ok")


main()
