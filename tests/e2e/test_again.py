#!/usr/bin/env python3
"""A run on simulated data that is killed -9 again and again and started each time is, in the end, the run that nobody disturbed: every
journal, byte for byte. A finished run that is started again finds all its lines and writes none. A changed recording, strategy or
journal is found before anything is written. What an operator does makes a run that goes on from the record. NJORD_SOAK=1: 200 kills."""
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import check, equal  # noqa: E402
from livehost import LiveHost, wait  # noqa: E402

SOAK = os.environ.get("NJORD_SOAK") == "1"
KILLS = 200 if SOAK else 6
HOURS = 24 if SOAK else 8

EXTRA = """
feeds:
  - id: market
    plugin: simmarket
    params: {seed: 5, duration: %(hours)dh, trades_per_day: 20000, start: "2025-01-06T%(hour)s:00:00Z"}
risk: {per_order_usd_cap: 1000, daily_loss_usd_cap: 1000, orders_per_min_cap: 20, kill_switch_file: "%(kill)s"}
brokers:
  - id: paper
    plugin: paper
    params: {cash: {USDT: 100000}, slippage_bps: 2}
symbols:
  BTC/USDT: {tick: 0.01, step: 0.00001}
  ETH/USDT: {tick: 0.01, step: 0.0001}
"""

STRATEGIES = """
strategies:
  - {id: busy, plugin: rsi_tema_bb, symbols: [BTC/USDT, ETH/USDT], events: ["md.trades.*"],
     params: {rsi_period: 5, bb_period: 5, bb_std: 0.8, rsi_oversold: 49, rsi_overbought: 51, tema_period: 3, qty: %s}}
  - {id: ticks, plugin: metronome, symbols: [BTC/USDT], events: ["md.trades.*"]}
  - {id: lines, plugin: trendline_break, symbols: [BTC/USDT], events: ["md.trades.*"],
     params: {lookback_periods: 20, breakout_threshold: 0.0005, qty: 0.01}}
"""


def market(hours=HOURS, qty="0.01", strategies=None, rotate=False):
    host = LiveHost(symbols=["BTC/USDT", "ETH/USDT"], strategies=strategies or STRATEGIES.replace("%s", qty, 1))
    host.write("base.yaml", host.text() + EXTRA % {"hours": hours, "hour": "20" if rotate else "00", "kill": host.path("halt")})
    if rotate:  # by size, and at midnight
        host.write("base.yaml", host.text() + "journal: {rotate_bytes: 300000}\n")
    host.change(level="info")
    return host.plugins("metronome", "timer_storm")


def finish(host, code=0):
    ended = host.run(timeout=600)
    equal(ended.returncode, code, "exit code (%s)" % ended.stderr)
    return ended.stderr


def same(found, expected, what):
    equal(sorted(found), sorted(expected), "%s: the journals there are" % what)
    for name in expected:
        if found[name] == expected[name]:
            continue
        a, b = found[name].split(b"\n"), expected[name].split(b"\n")
        at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        check(False, "%s: %s has %d lines, expected %d; line %d: %r, expected %r" %
              (what, name, len(a), len(b), at + 1, a[at:at + 1], b[at:at + 1]))


def total(host):
    folder = host.path("log")
    if not os.path.isdir(folder):
        return 0
    size = 0
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):  # renamed meanwhile
            size += os.path.getsize(os.path.join(folder, name)) if name != "app.ndjson" else 0
    return size


def kills(rng, rotate):
    """The undisturbed run, then the same with kills."""
    with market(rotate=rotate) as quiet:
        finish(quiet)
        expected = quiet.journals()
    lines = {name: data.count(b"\n") for name, data in expected.items()}
    if not rotate:
        check(lines["orders.ndjson"] > 1000 and lines["fills.BTCUSDT.ndjson"] > 100, "the day has orders and fills: %s" % lines)
    check(any(name.startswith("orders.2025") for name in lines) == rotate, "rotated: %s" % sorted(lines))
    size = sum(len(data) for data in expected.values())
    with market(rotate=rotate) as host:
        done, again, mid = 0, 0, 0
        while done < KILLS:
            process = subprocess.Popen(host.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            before = total(host)
            # while it does the run again, or beyond: somewhere on the way to the end that is left
            target = before + rng.randrange(1, max(2, 2 * size // KILLS))
            patience = time.monotonic() + (rng.random() * 1.0 if rng.random() < 0.3 else 120)
            while process.poll() is None and total(host) < target and time.monotonic() < patience:
                time.sleep(rng.random() * 0.002)
            mid += total(host) == before
            process.send_signal(signal.SIGKILL)
            errors = process.communicate()[1].decode()
            if process.returncode == 0:  # it came to its end
                again += 1
                same(host.journals(), expected, "a run that ended after %d kills" % done)
                for part in ("log", "state"):
                    shutil.rmtree(host.path(part))
                continue
            equal(process.returncode, -9, "the host ended by itself: %s" % errors)
            done += 1
        finish(host)
        same(host.journals(), expected, "after %d kills" % KILLS)
        # once more, finished: nothing is new
        sizes = {name: os.stat(host.path("log", name)).st_mtime_ns for name in expected}
        finish(host)
        same(host.journals(), expected, "a finished run done again")
        equal({name: os.stat(host.path("log", name)).st_mtime_ns for name in expected}, sizes, "nothing was written")
        check(host.log("caught_up"), "it said that it had caught up")
        print("%d kills%s (%d before anything new), %d whole runs between: %d journals, %d bytes, equal" %
              (KILLS, " of a run that rotates its files" if rotate else "", mid, again, len(expected), size))
    return expected


def stopped_in_the_middle(expected, rng):
    """SIGTERM between two events changes nothing either."""
    with market() as host:
        for _ in range(3):
            before = total(host)
            host.launch()
            wait(lambda: host.process.poll() is not None or total(host) > before + rng.randrange(50000, 300000), "it writes")
            if host.process.poll() is None:
                host.stop()
        finish(host)
        same(host.journals(), expected, "after three stops")


def cut(expected):
    """Journals cut at different places, one of them inside a line, one missing: made whole again."""
    with market() as host:
        finish(host)
        for name, keep in (("orders.ndjson", 0.9), ("md.trades.BTCUSDT.ndjson", 0.5), ("positions.ETHUSDT.ndjson", 0.0)):
            os.truncate(host.path("log", name), int(len(expected[name]) * keep))
        os.unlink(host.path("log", "risk.decisions.ndjson"))
        finish(host)
        same(host.journals(), expected, "after cuts")


def diverged():
    """Found before anything is written, with the file and the line."""
    with market(hours=2) as host:
        finish(host)
        os.truncate(host.path("log", "md.trades.ETHUSDT.ndjson"), 2000)
        before = host.journals()

        def refused(what):
            errors = finish(host, 1)
            check("diverged" in errors and "start with fresh folders" in errors, "%s: %r" % (what, errors))
            found = host.journals()
            found["md.trades.ETHUSDT.ndjson"] = before["md.trades.ETHUSDT.ndjson"][:len(found["md.trades.ETHUSDT.ndjson"])]
            same(found, {name: data[:data.rfind(b"\n") + 1] if name == "md.trades.ETHUSDT.ndjson" else data
                         for name, data in before.items()}, what)
            return errors

        text = host.text("strategies.yaml")
        host.write("strategies.yaml", text.replace("qty: 0.01}", "qty: 0.02}", 1))
        errors = refused("another parameter")
        check("orders.ndjson" in errors, "it names the journal: %r" % errors)
        host.write("strategies.yaml", text)
        base = host.text()
        host.write("base.yaml", base.replace("duration: 2h", "duration: 1h"))
        refused("a shorter recording")
        host.write("base.yaml", base.replace("seed: 5", "seed: 6"))
        refused("another recording")
        host.write("base.yaml", base + "journal: {topics: []}\n")
        refused("a journal that is no longer written")
        host.write("base.yaml", base)
        finish(host)

        # the operator's way on: from the record
        host.write("base.yaml", base.replace("seed: 5", "seed: 6"))
        with open(host.path("state", "intervened"), "w", encoding="utf-8"):
            pass
        finish(host)
        check(host.log("going_on_from_record"), "it goes on from the record")


def intervened():
    """An operator takes part: the run is noted, and goes on from the record after a kill. Nothing is played twice."""
    with market(hours=24) as host:
        host.change(at_end="wait")
        host.start()
        wait(lambda: host.size() > 20000, "orders")
        equal(host.ctl("cancel", "all").returncode, 0, "cancel all")
        check(os.path.exists(host.path("state", "intervened")), "it is noted")
        host.send(signal.SIGKILL)
        host.process.wait()
        before = len(host.journal("md.trades.BTCUSDT"))
        host.change(at_end="stop")
        finish(host)
        check(host.log("going_on_from_record"), "it goes on from the record")
        trades = host.journal("md.trades.BTCUSDT")
        check(len(trades) > before, "the feed went on")
        ids = [t["trade_id"] for t in trades]
        equal(len(ids), len(set(ids)), "no trade came twice")
        times = [t["ts_recv_ns"] for t in trades]
        equal(times, sorted(times), "time never goes back")


def halted():
    """A tripped kill switch is noted; one that was tripped while the host was down does not touch what was."""
    with market(hours=2) as host:
        finish(host)
        expected = host.journals()
        with open(host.path("halt"), "w", encoding="utf-8"):
            pass
        finish(host)
        same(host.journals(), expected, "the kill switch, and nothing new to do")
        for part in ("log", "state"):
            shutil.rmtree(host.path(part))
        finish(host)
        check(os.path.exists(host.path("state", "intervened")), "a run under the kill switch is noted")


def storm():
    """A timer that is always due again keeps no event out: once each, and the run ends."""
    strategies = """
strategies:
  - {id: storm, plugin: timer_storm, symbols: [BTC/USDT], events: ["md.trades.*"]}
"""
    with market(hours=2, strategies=strategies) as host:
        finish(host)
        check(len(host.journal("md.trades.BTCUSDT")) > 1000, "all trades came in")


def main():
    rng = random.Random(20240811)
    kills(rng, rotate=True)
    expected = kills(rng, rotate=False)
    stopped_in_the_middle(expected, rng)
    cut(expected)
    diverged()
    intervened()
    halted()
    storm()


main()
