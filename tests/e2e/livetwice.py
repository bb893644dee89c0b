"""A host and the backtest that does what it did: what the tests of "live equals backtest" share."""
import collections
import json
import os
import re
import subprocess

from njordtest import NJORD, check, equal, journal_lines
from livehost import LiveHost

MARKETS = """
symbols:
  BTC/USDT: {tick: 0.01, step: 0.00001, min_qty: 0.00001, max_qty: 5, min_notional: 5}
  ETH/USDT: {tick: 0.01, step: 0.0001, min_qty: 0.0001, max_qty: 500, min_notional: 5}
"""
FREE = "{per_order_usd_cap: 1000000, daily_loss_usd_cap: 1000000, orders_per_min_cap: 1000}"
PAPER = "{cash: {USDT: 100000}, maker: 0.0004, taker: 0.001, slippage_bps: 3}"
JOURNALS = {"orders", "risk.decisions", "broker.orders"}
SIMULATED = "{id: market, plugin: simmarket, symbols: %s, params: {seed: %d, duration: %dm, trades_per_day: 40000}}"
BTC, BOTH = ("BTC/USDT",), ("BTC/USDT", "ETH/USDT")


def entry(plugin, params="{}", symbols=BTC, events=("md.trades.*",), capital=50000, more=""):
    return "{id: %s_v1, plugin: %s, symbols: %s, events: %s, capital: %s, params: %s%s}" % (
        plugin, plugin, json.dumps(list(symbols)), json.dumps(list(events)), capital, params, more)


def host_of(strategies, risk=FREE, broker=PAPER, feed=None, symbols=BTC, seed=7, minutes=180, more="", clock="events"):
    extra = "feeds: [%s]\nbrokers: [{id: paper, plugin: paper, params: %s}]\nrisk: %s\n%s" % (
        feed if feed is not None else SIMULATED % (json.dumps(list(symbols)), seed, minutes), broker, risk, more)
    extra += "".join(line + "\n" for line in MARKETS.splitlines()
                     if not line.startswith("  ") or line.strip().split(":")[0] in symbols)
    host = LiveHost(symbols, extra, "strategies: [%s]\n" % ", ".join(strategies), clock=clock)
    return host.plugins("metronome", "haggler", "earlybird")


def run(host):
    ended = host.run(timeout=120)
    equal(ended.returncode, 0, "the host's exit code (%s)" % ended.stderr)
    return host


def backtest(host, *more, json_out=False):
    return subprocess.run([os.path.abspath(NJORD), "backtest", "--config", host.dir, "--plugins", host.plugin_dir] + list(more) +
                          (["--json"] if json_out else []), cwd=host.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=120, check=False)


def live(host, name):
    return b"".join(journal_lines(host.path("log"), name))


def same_journals(host, folder, text):
    names = {name[:-len(".ndjson")] for name in os.listdir(folder)}
    flow = {re.sub(r"\.\d{8}(\.\d+)?$", "", name.split(".ndjson")[0]) for name in os.listdir(host.path("log"))}
    flow = {name for name in flow if name in JOURNALS or name.startswith(("fills.", "positions."))}
    equal(names, flow, "%s: the journals of both" % text)
    for name in sorted(names):
        with open(os.path.join(folder, name + ".ndjson"), "rb") as file:
            check(file.read() == live(host, name), "%s: %s.ndjson has the same bytes" % (text, name))


def identical(text, host, least=1):
    """What the host did, done again: the same, by the program's word and by the bytes of all journals."""
    run(host)
    done = backtest(host, "--compare-live", host.path("log"), "--journal", host.path("again"), json_out=True)
    equal((done.returncode, done.stderr), (0, ""), "%s: compared" % text)
    same_journals(host, host.path("again"), text)
    orders = host.journal("orders")
    count = collections.Counter(line["contract"] for line in orders)
    told = json.loads(done.stdout)
    equal(told, {"identical": True, "intents": count["OrderIntent"], "decisions": count["RiskDecision"],
                 "orders": count["BrokerOrderReq"], "fills": count["BrokerFill"], "differs": None}, "%s: what is told" % text)
    check(count["BrokerFill"] >= least, "%s: %d fills, expected %d or more" % (text, count["BrokerFill"], least))
    print("%s: identical: %d intents, %d orders, %d fills" % (text, count["OrderIntent"], count["BrokerOrderReq"], count["BrokerFill"]))
    return orders
