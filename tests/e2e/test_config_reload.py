#!/usr/bin/env python3
"""A changed configuration, read by a running host: strategies come, go and change with their state, limits and the log's level follow,
and what it cannot take is refused as a whole, with the place, while everything goes on as it was."""
import json
import os
import re
import shutil
import signal
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from livehost import LiveHost, flow, wait  # noqa: E402
from njordtest import check, equal  # noqa: E402

EXTRA = """
feeds:
  - {id: market, plugin: simmarket, params: {seed: 5, duration: 3650d, speed: 2000}}
risk: {per_order_usd_cap: 1000, daily_loss_usd_cap: 1000000000, orders_per_min_cap: 1000000000}
brokers:
  - {id: paper, plugin: paper, params: {cash: {USDT: 1000000}}}
symbols:
  ATOM/USDT: {tick: 0.001, step: 0.01}
journal: {topics: []}
"""
ENTRY = """  - {id: %s, plugin: busy, symbols: [ATOM/USDT], events: ["md.trades.*"], on_remove: %s, params: {how: %s, qty: %s}}
"""


def entry(name, how="market", qty=1, on_remove="cancel"):
    return ENTRY % (name, on_remove, how, qty)


def strategies(*entries):
    return "strategies:\n" + "".join(entries) if entries else "strategies: []\n"


def make(*entries):
    host = LiveHost(strategies=strategies(*entries), clock="wall", at_end="wait", level="info").plugins("busy")
    host.write("base.yaml", host.text() + EXTRA)
    return host.start()


def reload(host, ok=True):
    """njord ctl reload: its lines."""
    done = host.ctl("reload", "--json")
    answer = json.loads(done.stdout.splitlines()[-1])
    equal((done.returncode, answer["ok"]), (0, True) if ok else (1, False), "njord ctl reload (%s %s)" % (done.stdout, done.stderr))
    return answer["lines"]


def states(host):
    return {line["id"]: line["state"] for line in host.ask("plugins")["plugins"] if line["kind"] == "strategy"}


def signals(host, strategy, n=1):
    """The next n figures that a strategy shows."""
    done = host.njord("tail", "sig.%s" % strategy, "--control", host.path("njord.sock"), "-n", str(n))
    equal(done.returncode, 0, "njord tail (%s)" % done.stderr)
    return [json.loads(line)["event"]["values"] for line in done.stdout.splitlines()]


def orders_of(host, strategy):
    return [line for line in flow(host.journal("orders"), "OrderIntent") if line["strategy_id"] == strategy]


def come_and_change():
    with make(entry("one")) as host:
        wait(lambda: len(orders_of(host, "one")) > 5, "orders of the first strategy")
        # one more, by SIGHUP
        host.write("strategies.yaml", strategies(entry("one"), entry("two")))
        host.send(signal.SIGHUP)
        wait(lambda: states(host) == {"one": "running", "two": "running"}, "the second strategy")
        wait(lambda: len(orders_of(host, "two")) > 5, "orders of the second strategy")
        # their order is the configured one, in ctl and in what happens within an event
        host.write("strategies.yaml", strategies(entry("two"), entry("one")))
        reload(host)
        equal(list(states(host)), ["two", "one"], "the order of strategies")
        mark = len(flow(host.journal("orders"), "OrderIntent"))
        later = lambda: flow(host.journal("orders"), "OrderIntent")[mark + 8:]  # noqa: E731
        wait(lambda: len(later()) > 20, "orders in the new order")
        by_cause = {}
        for line in later()[:-2]:
            by_cause.setdefault(line["intent_id"].rsplit("-", 2)[1], []).append(line["strategy_id"])
        pairs = [ids for ids in list(by_cause.values())[1:-1]]
        check(pairs and all(ids == ["two", "one"] for ids in pairs), "within an event: %s" % pairs[:5])
        # a parameter that may change while it runs: the same instance goes on
        before = signals(host, "one")[0]
        generation = [line["generation"] for line in host.ask("plugins")["plugins"] if line["id"] == "one"]
        host.write("strategies.yaml", strategies(entry("two"), entry("one", qty=2)))
        lines = reload(host)
        check(any("reconfigured strategy 'one'" in line for line in lines), "what ctl says: %s" % lines)
        after = signals(host, "one")[0]
        equal(after["qty"], 2, "the new quantity")
        check(after["trades"] > before["trades"], "the count went on")
        equal([line["generation"] for line in host.ask("plugins")["plugins"] if line["id"] == "one"], generation, "its generation")
        # one that may not: made anew, with its state
        host.write("strategies.yaml", strategies(entry("two"), entry("one", how="idle", qty=2)))
        lines = reload(host)
        check(any("reloaded strategy 'one'" in line for line in lines), "what ctl says: %s" % lines)
        again = signals(host, "one")[0]
        check(again["trades"] > after["trades"], "its state was kept: %s after %s" % (again, after))
        mark = len(orders_of(host, "one"))
        signals(host, "one", 3)
        equal(len(orders_of(host, "one")), mark, "orders of an idle strategy")
        # limits
        host.write("base.yaml", host.text().replace("per_order_usd_cap: 1000,", "per_order_usd_cap: 1,"))
        reload(host)
        mark = len(flow(host.journal("orders"), "RiskDecision"))
        decided = lambda: flow(host.journal("orders"), "RiskDecision")[mark + 2:]  # noqa: E731
        wait(lambda: len(decided()) > 3, "decisions under the new limit")
        equal({(line["reason"], line["caps"]["per_order_usd_cap"]) for line in decided()}, {("per_order_usd_cap", 1)}, "refusals")
        # the level of the log
        host.change(level="error")
        reload(host)
        mark = len(host.log())
        host.write("strategies.yaml", strategies(entry("one", how="idle", qty=2)))
        reload(host)
        equal([line for line in host.log()[mark:] if line["level"] in ("info", "debug")], [], "lines below the level")
        # nothing changed
        lines = reload(host)
        equal(lines, ["unchanged: nothing to reload"], "a reload without a change")
        host.stop()


def go(on_remove):
    """A strategy with a position and resting orders is taken out."""
    with make(entry("stays", "idle"), entry("goes", "market", on_remove=on_remove)) as host:
        held = lambda: sum(row["qty"] for row in host.ask("positions")["positions"] if row["strategy_id"] == "goes")  # noqa: E731
        wait(lambda: held() != 0, "a position", every=0.001)
        host.write("strategies.yaml", strategies(entry("stays", "idle"), entry("goes", "resting", on_remove=on_remove)))
        reload(host)
        wait(lambda: host.status()["trading"]["open_orders"] == 3, "three resting orders")
        position = held()
        host.write("strategies.yaml", strategies(entry("stays", "idle")))
        lines = reload(host)
        check(any("removed strategy 'goes'" in line for line in lines), "what ctl says: %s" % lines)
        equal(states(host), {"stays": "running"}, "what runs")
        if on_remove == "hold":
            signals(host, "stays", 3)
            equal(host.status()["trading"]["open_orders"], 3, "orders that rest on")
            equal(held(), position, "its position")
        else:
            wait(lambda: host.status()["trading"]["open_orders"] == 0, "its orders to be cancelled")
            signals(host, "stays", 3)
            equal(held(), 0 if on_remove == "flatten" else position, "its position with on_remove %s" % on_remove)
        mark = len(orders_of(host, "goes"))
        signals(host, "stays", 3)
        equal(len(orders_of(host, "goes")), mark, "orders after it went")
        # taken in again: what it saved and holds is there
        host.write("strategies.yaml", strategies(entry("stays", "idle"), entry("goes", "idle")))
        reload(host)
        check(signals(host, "goes")[0]["trades"] > 1, "it goes on with its count")
        host.stop()


def leave():
    for on_remove in ("cancel", "hold", "flatten"):
        go(on_remove)


def refused():
    with make(entry("one")) as host:
        wait(lambda: len(orders_of(host, "one")) > 5, "orders")
        good, running = host.text(), host.text("strategies.yaml")

        def still(what):
            equal(states(host), {"one": "running"}, "what runs after %s" % what)
            equal(signals(host, "one")[0]["qty"], 1, "its quantity after %s" % what)

        # a key that needs a restart, with changes beside it that do not: nothing of it
        host.write("base.yaml", good.replace("seed: 5", "seed: 6").replace("per_order_usd_cap: 1000,", "per_order_usd_cap: 1,"))
        host.write("strategies.yaml", strategies(entry("one", qty=3), entry("two")))
        lines = reload(host, ok=False)
        check(any("needs restart" in line and "feeds.market" in line for line in lines), "what needs a restart: %s" % lines)
        still("a key that needs a restart")
        mark = len(flow(host.journal("orders"), "RiskDecision"))
        decided = lambda: flow(host.journal("orders"), "RiskDecision")[mark:]  # noqa: E731
        wait(lambda: len(decided()) > 3, "decisions")
        equal({line["reason"] for line in decided()}, {"ok"}, "the old limit holds")
        host.write("base.yaml", good)

        for text, what in (("strategies: [\n", "broken YAML"), (strategies(entry("one"), entry("one")), "an id twice"),
                           (strategies(entry("one").replace("qty: 1", "qtty: 1"), entry("two")), "a parameter that is none"),
                           (strategies(entry("one").replace("qty: 1", "qty: -1")), "a parameter out of range"),
                           (strategies(entry("one", qty=2), entry("two").replace("plugin: busy", "plugin: gone")), "a plugin that is not there")):
            host.write("strategies.yaml", text)
            lines = reload(host, ok=False)
            if "not there" not in what:
                check(any(re.search(re.escape(host.path("strategies.yaml")) + r":\d+:\d+: ", line) for line in lines),
                      "the place of %s: %s" % (what, lines))
            still(what)
            refusals = host.status()["plugins"]["reloads_refused"]
            host.send(signal.SIGHUP)
            wait(lambda: host.status()["plugins"]["reloads_refused"] > refusals, "SIGHUP to be refused as well")
            still("SIGHUP")
        host.write("strategies.yaml", running)
        os.rename(host.path("base.yaml"), host.path("base.away"))
        lines = reload(host, ok=False)
        check(any("base.yaml" in line for line in lines), "a configuration that is gone: %s" % lines)
        os.rename(host.path("base.away"), host.path("base.yaml"))
        still("a configuration that was gone")
        reload(host)
        host.stop()


def beside_a_refused_one():
    """One that was refused at the start, and has not changed, stays so and keeps the others from nothing; it is tried again each time."""
    gone = entry("gone").replace("plugin: busy", "plugin: gone")
    with make(entry("one"), gone) as host:
        equal(states(host), {"one": "running", "gone": "refused"}, "at the start")
        host.write("strategies.yaml", strategies(entry("one", qty=2), gone, entry("two")))
        lines = reload(host)
        check(any(line.startswith("still refused strategy 'gone': ") for line in lines), "it is told: %s" % lines)
        equal(states(host), {"one": "running", "gone": "refused", "two": "running"}, "the rest goes on")
        shutil.copy(os.path.join(host.plugin_dir, "strategies", "busy.so"), os.path.join(host.plugin_dir, "strategies", "gone.so"))
        reload(host)
        equal(states(host), {"one": "running", "gone": "running", "two": "running"}, "once its plugin is there")
        host.stop()


def all_go():
    """A strategies.yaml without strategies is followed, and says so."""
    with make(entry("one"), entry("two")) as host:
        host.write("strategies.yaml", "")
        lines = reload(host)
        check("strategies.yaml names no enabled strategy: all 2 are removed" in lines, "it is told: %s" % lines)
        equal(states(host), {}, "none is left")
        with open(host.path("log", "app.ndjson"), encoding="utf-8") as log:
            told = [line for line in map(json.loads, log) if line["event"] == "all_strategies_removed"]
        equal([(line["level"], line["strategies"]) for line in told], [("warn", 2)], "one line in the log")
        host.stop()


def main():
    for part in (come_and_change, leave, refused, beside_a_refused_one, all_go):
        part()
    print("configuration reload: ok")


main()
