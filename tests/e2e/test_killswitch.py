#!/usr/bin/env python3
"""The kill switch: no order leaves once its file is there, open orders are cancelled or held, the file survives a restart, and on a shared
bus the key trips it too, with Redis gone as well."""
import json
import os
import sys
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import redisserver  # noqa: E402
from livehost import LiveHost, Tail, flow, wait  # noqa: E402
from njordtest import check, equal  # noqa: E402

TRIALS = 200 if os.environ.get("NJORD_SOAK") == "1" else 20
INSTRUMENTED = "fsanitize" in os.environ.get("NJORD_INSTRUMENT", "")

EXTRA = """
feeds:
  - {id: market, plugin: simmarket, params: {seed: 5, duration: 3650d%s}}
risk: {per_order_usd_cap: 1000000, daily_loss_usd_cap: 1000000000, orders_per_min_cap: 1000000000, kill_switch_file: "%s", on_halt: %s,
       kill_switch_lost_s: 1}
brokers:
  - {id: paper, plugin: %s}
journal: {topics: []}
"""
STRATEGY = """
strategies:
  - {id: busy, plugin: busy, symbols: [ATOM/USDT], events: ["md.trades.*"], params: {how: %s, qty: 1}}
"""


def make(how="market", speed="", on_halt="cancel", params="cash: {USDT: 1000000000}"):
    host = LiveHost(strategies=STRATEGY % how, clock="wall", at_end="wait").plugins("busy")
    text = host.text() + EXTRA % (speed, host.path("run", "halt"), on_halt, "paper, params: {%s}" % params)
    host.write("base.yaml", text)
    return host


def sent_and_stopped(orders):
    """Ids that went to the broker, and ids that were stopped at the egress."""
    requested = [line["client_order_id"] for line in flow(orders, "BrokerOrderReq")]
    stopped = {line["client_order_id"] for line in flow(orders, "BrokerOrderUpdate")
               if line["status"] == "rejected" and line.get("reason") == "halted"}
    return [i for i in requested if i not in stopped], stopped


def present_at_start():
    with make() as host:
        os.mkdir(host.path("run"))
        host.write("run/halt", "by hand\n")
        host.start()
        wait(lambda: len(flow(host.journal("orders"), "RiskDecision")) >= 20, "intents to be refused")
        host.stop()
        orders = host.journal("orders")
        decisions = flow(orders, "RiskDecision")
        equal({(line["allowed"], line["reason"]) for line in decisions}, {(False, "halted")}, "decisions with the file there")
        equal({line["contract"] for line in orders}, {"OrderIntent", "RiskDecision"}, "the order flow with the file there")


def while_orders_flow():
    """The file comes while orders leave as fast as the host makes them. After that moment, and what was in the kernel then, no order is
    acknowledged by the broker whose request was not there already."""
    with make(speed=", speed: 20000") as host:
        host.start()
        orders = Tail(host)
        for trial in range(TRIALS):
            wait(lambda: flow(orders.more(), "BrokerOrderReq"), "orders to flow")
            with open(host.path("run", "halt"), "w", encoding="utf-8"):
                created = time.time_ns()
            # once the host says so, nothing is placed any more, however many intents come
            placed = wait(lambda: [t["placed"] for t in [host.status()["trading"]] if t["halted"]], "the host to see the file")
            orders.more()
            wait(lambda: flow(orders.more(), "RiskDecision"), "refusals")
            equal([host.status()["trading"]["placed"]], placed, "orders placed with the file there, trial %d" % trial)
            removed = time.time_ns()
            os.unlink(host.path("run", "halt"))
            wait(lambda: not host.status()["trading"]["halted"], "the switch to clear")
            # of what the host worked off between the two moments nothing reached the broker
            orders.more()
            sent, stopped = sent_and_stopped(orders.lines)
            at = {line["client_order_id"]: line["ts_recv_ns"] for line in flow(orders.lines, "BrokerOrderReq")}
            equal([at[i] - created for i in sent if created < at[i] < removed], [], "orders sent, ns after the file was there")
            acked = {line["client_order_id"] for line in flow(orders.lines, "BrokerOrderAck")}
            check(acked <= set(sent) and not acked & stopped, "acknowledged, and not sent")
        host.stop()
        orders.more()
        equal({line["reason"] for line in flow(orders.lines, "RiskDecision")}, {"ok", "halted"}, "reasons of decisions")


def open_orders(on_halt):
    """An idle host, resting orders: the file alone wakes it."""
    with make("resting", on_halt=on_halt) as host:
        host.write("trades.csv", "symbol,price,qty,side,ts_ns,trade_id,venue\n" +
                   "".join("ATOM/USDT,8.00,5,buy,%d,%d,hand\n" % (1700000000 * 10**9 + i, i) for i in range(1, 6)))
        host.write("base.yaml", host.text().replace("plugin: simmarket, params: {seed: 5, duration: 3650d}",
                                                    'plugin: playback, params: {files: "%s"}' % host.path("trades.csv")))
        host.start()
        wait(lambda: host.status()["trading"]["open_orders"] == 3, "three resting orders")
        worst = 0
        begun = time.monotonic()
        equal(host.njord("kill", "trip", "--config", host.dir, "--reason", "a test").returncode, 0, "njord kill trip")
        tripped = os.stat(host.path("run", "halt")).st_mtime_ns
        status = host.njord("kill", "status", "--config", host.dir)
        check(status.returncode == 1 and "tripped" in status.stdout and host.path("run", "halt") in status.stdout
              and "a test" in status.stdout, "njord kill status: %r" % ((status.returncode, status.stdout),))
        if on_halt == "cancel":
            wait(lambda: host.status()["trading"]["open_orders"] == 0, "the cancels")
            canceled = [line for line in flow(host.journal("orders"), "BrokerOrderUpdate") if line["status"] == "canceled"]
            equal(len(canceled), 3, "orders cancelled")
            worst = max(line["ts_recv_ns"] for line in canceled) - tripped
            check(worst < (500 if INSTRUMENTED else 50) * 1e6, "cancels %.1f ms after the trip" % (worst / 1e6))
            check(time.monotonic() - begun < 20, "it took too long to look")
        else:
            wait(lambda: host.log("kill_switch_tripped"), "the trip to be logged")
            equal(host.status()["trading"]["open_orders"], 3, "orders held")
        # survives a restart: held orders too
        host.stop()
        host.start()
        equal((host.status()["trading"]["halted"], host.status()["trading"]["halt_reason"]), (True, "file"), "after a restart")
        equal(host.status()["trading"]["open_orders"], 0 if on_halt == "cancel" else 3, "orders open after a restart")
        equal(host.njord("kill", "clear", "--config", host.dir).returncode, 0, "njord kill clear")
        status = host.njord("kill", "status", "--config", host.dir, "--json")
        equal((status.returncode, json.loads(status.stdout)["state"]), (0, "clear"), "njord kill status")
        wait(lambda: not host.status()["trading"]["halted"], "the switch to clear")
        host.stop()
        return worst


def cancels_and_holds():
    worst = open_orders("cancel")
    open_orders("hold")
    print("cancels of an idle host: %.1f ms after the trip" % (worst / 1e6))


def the_key():
    if not redisserver.is_there():
        print("note: no redis-server, the key of the kill switch is not tried")
        return
    with make(speed=", speed: 20000") as host:
        with redisserver.Redis(host.dir) as redis:
            bus = ("--bus", redis.url)
            host.start(*bus)
            wait(lambda: host.status()["trading"]["placed"] > 5, "orders to flow")
            for value in ("1", "yes", "halt now"):
                begun = time.monotonic()
                redis.cli("set", "njord:trading:halt", value)
                wait(lambda: host.status()["trading"]["halted"], "the key %r to trip" % value, every=0.001)
                took = time.monotonic() - begun
                check(took < (3 if INSTRUMENTED else 1), "the key tripped after %.3f s" % took)
                equal(host.status()["trading"]["halt_reason"], "key", "why")
                for clear in ("0", ""):
                    redis.cli("set", "njord:trading:halt", clear)
                    wait(lambda: not host.status()["trading"]["halted"], "the key %r to clear" % clear)
                    redis.cli("set", "njord:trading:halt", value)
                    wait(lambda: host.status()["trading"]["halted"], "the key to trip again")
                redis.cli("del", "njord:trading:halt")
                wait(lambda: not host.status()["trading"]["halted"], "the key to clear when it is gone")
            print("the key tripped after %.1f ms" % (took * 1e3))
            # njord kill does both
            done = host.njord("kill", "trip", "--config", host.dir, *bus)
            equal((done.returncode, redis.cli("get", "njord:trading:halt"), os.path.exists(host.path("run", "halt"))), (0, "1", True),
                  "njord kill trip (%s)" % done.stderr)
            done = host.njord("kill", "clear", "--config", host.dir, *bus)
            equal((done.returncode, redis.cli("exists", "njord:trading:halt"), os.path.exists(host.path("run", "halt"))), (0, "0", False),
                  "njord kill clear (%s)" % done.stderr)
            wait(lambda: not host.status()["trading"]["halted"], "the switch to clear")
            # Redis gone: the last value stands for kill_switch_lost_s (1 s), then every intent is refused
            redis.kill()
            lost = time.monotonic()
            wait(lambda: host.status()["trading"]["halted"], "the lost key to stop trading")
            took = time.monotonic() - lost
            check(took > 0.5, "a second of grace, found %.2f s" % took)
            equal(host.status()["trading"]["halt_reason"], "key_lost", "why")
            mark = len(host.journal("orders"))
            refused = lambda: [line for line in flow(host.journal("orders")[mark:], "RiskDecision")]  # noqa: E731
            wait(lambda: len(refused()) > 3, "intents with Redis gone")
            equal({(line["allowed"], line["reason"]) for line in refused()[1:]}, {(False, "halted")}, "decisions with Redis gone")
            redis.start()
            wait(lambda: not host.status()["trading"]["halted"], "Redis to come back")
            # tripped, then lost: stays tripped
            redis.cli("set", "njord:trading:halt", "1")
            wait(lambda: host.status()["trading"]["halt_reason"] == "key", "the key to trip")
            redis.kill()
            wait(lambda: not host.status()["bus"]["connected"], "the loss to be noticed")
            equal((host.status()["trading"]["halted"], host.status()["trading"]["halt_reason"]), (True, "key"), "the last value stands")
            host.stop()


def main():
    for part in (present_at_start, while_orders_flow, cancels_and_holds, the_key):
        part()
    print("kill switch: ok, %d trials" % TRIALS)


main()
