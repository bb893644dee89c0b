#!/usr/bin/env python3
"""A host over three simulated midnights with small files: every line that is written is read back once, in order, by Python's own gzip and
json; a file has one day; the same run makes the same files; and a host on the wall clock rotates and compresses while it runs."""
import gzip
import json
import os
import re
import signal
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from livehost import LiveHost, wait  # noqa: E402
from njordtest import check, equal, journal_lines  # noqa: E402

EXTRA = """
feeds:
  - {id: market, plugin: simmarket, params: {seed: 3, start: "2025-01-06T21:00:00Z", duration: 54h, trades_per_day: 300}}
risk: {per_order_usd_cap: 1000000, daily_loss_usd_cap: 1000000000, orders_per_min_cap: 1000000000}
brokers:
  - {id: paper, plugin: paper, params: {cash: {USDT: 1000000000}}}
"""
STRATEGY = """
strategies:
  - {id: busy, plugin: busy, symbols: [ATOM/USDT, BTC/USDT], events: ["md.trades.*"], params: {how: market, qty: 0.01}}
"""
JOURNAL = "journal: {rotate_bytes: %d, compress_after: %s, compress: %s, max_open: 4}\n"
DAY = 86400 * 10**9
SMALL = 20000  # bytes of a file
EPOCH_20250106 = 20094  # python3: (date(2025, 1, 6) - date(1970, 1, 1)).days


def run(journal, after=None):
    """One run to its end: its files as bytes, its journals as lines."""
    with LiveHost(symbols=("ATOM/USDT", "BTC/USDT"), strategies=STRATEGY).plugins("busy") as host:
        host.write("base.yaml", host.text() + EXTRA + journal)
        done = host.run(timeout=200)
        equal(done.returncode, 0, "exit code (%s)" % done.stderr)
        names = os.listdir(host.path("log"))
        stems = {re.sub(r"(\.\d{8}(\.\d+)?)?\.ndjson(\.gz)?$", "", name) for name in names if "ndjson" in name}
        lines = {stem: list(journal_lines(host.path("log"), stem)) for stem in stems}
        check(not [name for name in names if name.startswith(".") and name != ".lock"], "leftovers: %r" % names)
        if after:
            after(host)
        return host.journals(), lines


def time_of(line):
    return next(line[key] for key in ("ts_open", "ts_fill_ns", "ts_accepted_ns", "ts_ns") if key in line)


def days_of_files(host):
    """Trades lie in the files of their day; a full file is followed by the next number."""
    sizes = {}
    for name in os.listdir(host.path("log")):
        found = re.fullmatch(r"md\.trades\.(\w+)\.(\d{8})(?:\.(\d+))?\.ndjson\.gz", name)
        if not found:
            continue
        with gzip.open(host.path("log", name), "rt") as lines:
            days = {json.loads(line)["ts_ns"] // DAY for line in lines}
        equal(days, {EPOCH_20250106 + int(found[2]) - 20250106}, "days in %s" % name)
        sizes.setdefault((found[1], found[2]), []).append(int(found[3] or 0))
    equal({day for _, day in sizes}, {"20250106", "20250107", "20250108", "20250109"}, "days")
    for key, numbers in sizes.items():
        equal(sorted(numbers), list(range(len(numbers))), "numbers of %s" % (key,))
    orders = [name for name in os.listdir(host.path("log")) if name.startswith("orders.20250107.")]
    check("orders.20250107.10.ndjson.gz" in orders, "a day of orders has more than ten files: %r" % orders)


def small_files():
    whole, want = run(JOURNAL % (10**12, "24h", "true"))
    files, lines = run(JOURNAL % (SMALL, "0s", "true"), days_of_files)
    check(len(files) > 100, "%d files" % len(files))
    check(all(name.endswith(".gz") or name.count(".2025") == 0 for name in files), "all finished ones are compressed at the end")
    check(len(whole) < len(files) // 4, "whole days: %d files" % len(whole))
    check(len(lines["orders"]) > 10000 and len(lines["md.trades.BTCUSDT"]) > 500, "lines: %r" % {k: len(v) for k, v in lines.items()})
    for stem in sorted(want):
        if stem in ("app", "host.plugins"):
            continue
        equal(len(lines[stem]), len(want[stem]), "lines of %s" % stem)
        check(lines[stem] == want[stem], "the lines of %s are others, or in another order, than in one file" % stem)
        numbers = [json.loads(line)["seq"] for line in lines[stem]]
        check(numbers == sorted(numbers), "%s goes by seq" % stem)
    equal(len({json.loads(line)["seq"] for line in lines["orders"]}), len(lines["orders"]), "numbers of orders")
    again, _ = run(JOURNAL % (SMALL, "0s", "true"))
    equal(sorted(again), sorted(files), "files of two runs")
    for name in files:
        check(again[name] == files[name], "%s differs between two runs" % name)
    plain, _ = run(JOURNAL % (SMALL, "0s", "false"))
    check(not [name for name in plain if name.endswith(".gz")], "journal.compress: false")
    equal(sorted(name + (".gz" if ".2025" in name else "") for name in plain), sorted(files), "the same files, plain")


def while_it_runs():
    """On the wall clock: rotated by size and compressed beside the loop; kill -9 in the middle of it, and all lines are there."""
    with LiveHost(symbols=("ATOM/USDT", "BTC/USDT"), strategies=STRATEGY, clock="wall", at_end="wait").plugins("busy") as host:
        host.write("base.yaml", host.text() + EXTRA.replace("duration: 54h", "duration: 3650d, speed: 20000") + JOURNAL % (20000, "0s", "true"))
        for kill in (True, False):
            host.start()
            before = host.status()["journal"]["compressed"]
            wait(lambda: host.status()["journal"]["compressed"] > before + 20, "files compressed while it trades")
            wait(lambda: host.status()["journal"]["rotations"] > 20, "files cut while it trades")  # what a kill left is compressed too
            status = host.status()["journal"]
            check(status["rotations"] > 20 and status["rotations_failed"] == 0 and status["compress_failed"] == 0, "status: %r" % status)
            if kill:
                host.send(signal.SIGKILL)
                host.process.wait()
            else:
                host.stop()
        orders = [json.loads(line) for line in journal_lines(host.path("log"), "orders")]
        numbers = [line["seq"] for line in orders]
        equal(numbers, sorted(set(numbers)), "numbers of the order flow over a kill, rotated and compressed")
        fills = [json.loads(line) for stem in ("fills.ATOMUSDT", "fills.BTCUSDT") for line in journal_lines(host.path("log"), stem)]
        of_broker = {line["trade_id"] for line in orders if line["contract"] == "BrokerFill"}
        equal(len(fills), len({fill["fill_id"] for fill in fills}), "fills have ids of their own")
        equal(len(fills), len(of_broker), "each fill of the broker stands in its journal once")


for part in (small_files, while_it_runs):
    part()
print("rotation: ok")
