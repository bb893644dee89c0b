#!/usr/bin/env python3
"""app.env decides whether a venue is called at all: dev with a venue that is no paper broker echoes its orders, live without
NJORD_ENABLE_LIVE=1 does so too and says it, live with it sends them, paper always stays on paper."""
import os
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from livehost import LiveHost, flow, wait  # noqa: E402
from njordtest import check, equal  # noqa: E402

EXTRA = """
feeds:
  - {id: hand, plugin: playback, params: {files: "%s", venue: hand}}
brokers:
  - {id: venue, plugin: recording_broker, params: {file: "%s"}}
  - {id: onpaper, plugin: paper, params: {cash: {USDT: 1000}}}
risk: {allow_short: true}
"""
TRADES = "symbol,price,qty,side,ts_ns,trade_id,venue\n" + "".join(
    "ATOM/USDT,8.%02d,5,buy,%d,%d,hand\n" % (i, 1700000000 * 10**9 + i * 10**9, i + 1) for i in range(4))
STRATEGY = """
strategies:
  - {id: busy, plugin: busy, symbols: [ATOM/USDT], events: ["md.trades.*"], capital: 1000, params: {qty: 1}}
"""


def run(env, enable=None, venue="venue"):
    """(what the venue was called with, the host's folder as it ended)."""
    with LiveHost(strategies=STRATEGY, env=env, venue=venue, at_end="wait").plugins("busy", "recording_broker") as host:
        if env == "live":  # lives by the wall clock, and wants owner's plugins in folders that only the owner writes
            host.change(clock="wall")
            host.write("base.yaml", host.text().replace("watch: false", "watch: false\n  trust: owner"))
        host.write("base.yaml", host.text() + EXTRA % (host.write("trades.csv", TRADES), host.path("calls")))
        environment = {key: value for key, value in os.environ.items() if key != "NJORD_ENABLE_LIVE"}
        if enable is not None:
            environment["NJORD_ENABLE_LIVE"] = enable
        host.start(env=environment)
        wait(lambda: host.status()["feeds"]["ended"] and len(flow(host.journal("orders"), "OrderIntent")) == 4, "four intents")
        status = host.status()["trading"]
        log = host.log("dry_run")
        host.stop()
        calls = ""
        if os.path.exists(host.path("calls")):
            with open(host.path("calls"), encoding="utf-8") as file:
                calls = file.read()
        return calls.splitlines(), host.journal("orders"), host.journal("broker.orders"), status, log


def dry_run_is_complete(calls, orders, beside, status, log, reason):
    equal(calls, [], "calls of the venue's plugin")
    equal((status["dry_run"], status["venue"], status["placed"]), (True, "venue", 0), "what the host says of itself")
    equal(len(log), 1, "lines in the log about it")
    check(reason in log[0]["detail"], "the log says why: %s" % log[0]["detail"])
    accepted = [line["intent_id"] for line in flow(orders, "OrderEvent")]
    equal(len(accepted), 4, "orders that risk let through")
    requests = [line for line in beside if line["contract"] == "BrokerOrderReq"]
    equal([line["client_order_id"] for line in requests], accepted, "orders echoed in broker.orders.ndjson")
    equal([(line["symbol"], line["type"], line["qty"]) for line in requests], [("ATOM/USDT", "market", 1)] * 4, "what they would be")
    check(all("limit_price" not in line for line in requests), "a market order names no limit")
    equal([line["client_order_id"] for line in flow(orders, "BrokerOrderReq")], accepted, "the same in the order flow")
    ended = [(line["status"], line["reason"]) for line in flow(orders, "BrokerOrderUpdate")]
    equal(ended, [("canceled", "dry_run")] * 4, "how they end")
    equal(flow(orders, "BrokerFill"), [], "fills")
    equal(status["open_orders"], 0, "orders left open")


def dev():
    dry_run_is_complete(*run("dev"), "app.env is dev")


def live_by_mistake():
    for enable in (None, "0", "yes", "true", "", "11"):
        dry_run_is_complete(*run("live", enable), "NJORD_ENABLE_LIVE=1 is not set")


def live_on_purpose():
    calls, orders, _, status, log = run("live", "1")
    placed = [line.split()[1] for line in calls if line.startswith("place ")]
    equal(placed, [line["client_order_id"] for line in flow(orders, "BrokerOrderReq")], "orders that the venue was given")
    equal(len(placed), 4, "orders")
    equal((status["dry_run"], status["venue"], log), (False, "venue", []), "what the host says of itself")


def paper():
    for enable in (None, "1"):
        calls, orders, _, status, log = run("paper", enable)
        equal(calls, [], "calls of the venue's plugin on paper")
        equal((status["dry_run"], status["venue"], log), (False, "onpaper", []), "what the host says of itself")
        equal(len(flow(orders, "BrokerFill")), 4, "fills on paper")
        equal({line["venue"] for line in flow(orders, "OrderEvent")}, {"onpaper"}, "the orders' venue")


def dev_on_paper():
    _, orders, _, status, log = run("dev", venue="onpaper")
    equal((status["dry_run"], log, len(flow(orders, "BrokerFill"))), (False, [], 4), "dev with a paper broker trades on paper")


def main():
    for part in (dev, live_by_mistake, live_on_purpose, paper, dev_on_paper):
        part()
    print("app.env: ok")


main()
