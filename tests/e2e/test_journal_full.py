#!/usr/bin/env python3
"""A disk that is full: trading stops rather than go unrecorded, no journal has a torn line in its middle, the host lives, and when there is
room again it goes on by itself. On a tmpfs of 64 KiB when this may mount one, else under a limit of the files' size."""
import json
import os
import resource
import signal
import subprocess
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from livehost import LiveHost, flow, wait  # noqa: E402
from njordtest import check, equal  # noqa: E402

EXTRA = """
feeds:
  - {id: market, plugin: simmarket, params: {seed: 5, duration: 3650d, speed: 5000}}
risk: {per_order_usd_cap: 1000000, daily_loss_usd_cap: 1000000000, orders_per_min_cap: 1000000000}
brokers:
  - {id: paper, plugin: paper, params: {cash: {USDT: 1000000000}}}
journal: {topics: []}
"""
STRATEGY = """
strategies:
  - {id: busy, plugin: busy, symbols: [ATOM/USDT], events: ["md.trades.*"], params: {how: %s, qty: 0.5}}
"""


def make(how="market"):
    host = LiveHost(strategies=STRATEGY % how, clock="wall", at_end="wait", level="error").plugins("busy")
    host.write("base.yaml", host.text() + EXTRA)
    os.mkdir(host.path("log"))
    return host


def whole(host):
    """Every line of every journal parses; seq of the order flow rises."""
    for name in os.listdir(host.path("log")):
        if not name.endswith(".ndjson"):
            continue
        with open(host.path("log", name), "rb") as data:
            lines = data.read().split(b"\n")
        for number, line in enumerate(lines[:-1], 1):
            try:
                json.loads(line)
            except ValueError:
                check(False, "%s:%d is torn: %r" % (name, number, line[:200]))
    orders = host.journal("orders")
    numbers = [line["seq"] for line in orders]
    equal(numbers, sorted(set(numbers)), "numbers of the order flow")
    requests = {line["client_order_id"] for line in flow(orders, "BrokerOrderReq")}
    allowed = {line["intent_id"] for line in flow(orders, "RiskDecision") if line["allowed"]}
    check(requests <= allowed, "orders without a decision in the journal: %s" % sorted(requests - allowed)[:3])
    acked = {line["client_order_id"] for line in flow(orders, "BrokerOrderAck")}
    check(acked <= requests, "answers to orders whose request was not written: %s" % sorted(acked - requests)[:3])
    return orders


def stopped(host):
    wait(lambda: host.status()["trading"]["halt_reason"] == "journal_failed", lambda: "trading to stop: %s" % host.status())
    placed = host.status()["trading"]["placed"]
    inputs = host.status()["bus"]["inputs"]
    wait(lambda: host.status()["bus"]["inputs"] > inputs + 20, "the market to go on")
    equal(host.status()["trading"]["placed"], placed, "orders placed while nothing can be written")
    check(host.status()["journal"]["failed"], "ctl status says so")
    return placed


def goes_on(host, placed):
    """Counted from when trading had stopped: the little room that was made may be full again before this looks."""
    wait(lambda: host.status()["trading"]["placed"] > placed + 3, "orders to flow again")


def consistent(host):
    """After all is written: what the host holds is what its journal of orders says."""
    host.ask("disable", id="busy")
    rows = [row["qty"] for row in host.ask("positions")["positions"] if row["strategy_id"] == "busy"]
    status = host.status()["trading"]
    host.stop()
    orders = whole(host)
    fills = flow(orders, "BrokerFill")
    total = round(sum(f["qty"] * (1 if f["side"] == "buy" else -1) for f in fills), 8)
    equal(rows, [total], "position of the host, of %d fills in the journal" % len(fills))
    ended = {line["client_order_id"] for line in flow(orders, "BrokerOrderUpdate")
             if line["status"] in ("filled", "canceled", "rejected", "expired")}
    requests = {line["client_order_id"] for line in flow(orders, "BrokerOrderReq")}
    equal(status["open_orders"], len(requests - ended), "orders open for the host and in its journal")
    # and a host that starts from it holds the same
    host.write("strategies.yaml", STRATEGY % "idle")
    host.start()
    again = [row["qty"] for row in host.ask("positions")["positions"] if row["strategy_id"] == "busy"]
    equal(again, rows, "position after a restart")
    host.stop()


def mounted(host):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "njord", host.path("log")], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def a_full_disk():
    with make() as host:
        if os.geteuid() != 0 or not mounted(host):
            print("note: no tmpfs can be mounted here, the limit of the files' size is tried alone")
            return
        try:
            host.start()
            filler = host.path("log", "filler")
            for round_ in range(3):
                with open(filler, "wb", buffering=0) as out:
                    try:
                        while True:
                            out.write(b"x" * (4096 if round_ == 0 else 1))
                    except OSError:
                        pass
                placed = stopped(host)
                whole(host)
                os.unlink(filler)
                if round_ < 2:  # 64 KiB hold no more than this: make room by hand, as someone would
                    subprocess.run(["mount", "-o", "remount,size=%dk" % (128 << round_), host.path("log")], check=True)
                else:
                    subprocess.run(["mount", "-o", "remount,size=8m", host.path("log")], check=True)
                goes_on(host, placed)
            failed = [line for line in host.journal("host.plugins") if line["event"] == "journal_failed"]
            check(len(failed) >= 1, "journal_failed was announced")
            consistent(host)
        finally:
            if host.process and host.process.poll() is None:
                host.process.kill()
                host.process.wait()
            subprocess.run(["umount", "-l", host.path("log")], check=True)


def resting_orders():
    """Orders that rest when the disk is full: on_halt cancels them, and both broker and host know what became of them."""
    with make("resting") as host:
        if os.geteuid() != 0 or not mounted(host):
            return
        try:
            host.start()
            wait(lambda: host.status()["trading"]["open_orders"] == 3, "three resting orders")
            with open(host.path("log", "filler"), "wb", buffering=0) as out:
                try:
                    while True:
                        out.write(b"x")
                except OSError:
                    pass
            host.ask("cancel", what="all")  # what is cancelled makes new orders
            stopped(host)
            os.unlink(host.path("log", "filler"))
            subprocess.run(["mount", "-o", "remount,size=8m", host.path("log")], check=True)
            wait(lambda: not host.status()["trading"]["halted"], "trading to go on")
            wait(lambda: host.status()["trading"]["open_orders"] == 3, lambda: "three resting orders again: %s" % host.status()["trading"])
            host.ask("disable", id="busy")
            host.ask("cancel", what="all")
            wait(lambda: host.status()["trading"]["open_orders"] == 0, "their cancels")
            host.stop()
            whole(host)
        finally:
            if host.process and host.process.poll() is None:
                host.process.kill()
                host.process.wait()
            subprocess.run(["umount", "-l", host.path("log")], check=True)


def a_limit():
    """RLIMIT_FSIZE: a short write first, then EFBIG; the host lives and ends as it is told."""
    with make() as host:
        host.start()
        resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (200001, 200001))
        stopped(host)
        whole(host)
        check(190000 < host.size() <= 200001, "size of the journal: %d" % host.size())
        host.send(signal.SIGTERM)
        host.process.wait(60)
        check(host.process.returncode in (0, 1), "it ends when told: %s %s" % (host.process.returncode, host.errors()[-500:]))
        whole(host)
        # without the limit it takes up where the journal ends
        host.start()
        goes_on(host, 0)
        host.stop()
        whole(host)


def main():
    for part in (a_limit, a_full_disk, resting_orders):
        part()
    print("full disk: ok")


main()
