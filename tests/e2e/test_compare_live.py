#!/usr/bin/env python3
"""njord backtest --compare-live: what a host did differently from a backtest is told with file and line, the first of it alone; what
cannot be compared (two strategies, reloads, restarts, an operator's hand, another broker) is told in one line before anything is
run."""
import json
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import NJORD, check, equal  # noqa: E402
from livehost import LiveHost, wait  # noqa: E402

EXTRA = """
feeds: [{id: market, plugin: simmarket, symbols: [BTC/USDT], params: {seed: 7, duration: 60m, trades_per_day: 40000%s}}]
brokers: [{id: paper, plugin: paper, params: {cash: {USDT: 100000}, slippage_bps: 2}}]
symbols: {BTC/USDT: {tick: 0.01, step: 0.00001}}
risk: {per_order_usd_cap: 1000000, daily_loss_usd_cap: 1000000, orders_per_min_cap: 60, kill_switch_file: "%s"}
"""
ONE = "{id: haggler_v1, plugin: haggler, symbols: [BTC/USDT], events: ['md.trades.*'], capital: 50000, params: {qty: 0.01, every: 20}}"
TWO = ONE + ", {id: other_v1, plugin: buy_hold, symbols: [BTC/USDT], events: ['md.trades.*'], capital: 50000, params: {qty: 0.01}}"


def host_of(strategies=ONE, feed="", **changes):
    host = LiveHost(("BTC/USDT",), strategies="strategies: [%s]\n" % strategies, **changes)
    host.write("base.yaml", host.text() + EXTRA % (feed, host.path("halt")))
    return host.plugins("haggler")


def ran(host):
    ended = host.run(timeout=120)
    equal(ended.returncode, 0, "the host's exit code (%s)" % ended.stderr)
    return host


def njord(host, *words):
    return subprocess.run([os.path.abspath(NJORD), "backtest", "--config", host.dir, "--plugins", host.plugin_dir] + list(words), cwd=host.dir,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False)


def says(host, code, parts, *more, folder=None):
    """Exit code, and one line on standard error that holds each of the parts."""
    done = njord(host, "--compare-live", folder or host.path("log"), *more)
    equal((done.returncode, done.stdout, done.stderr.count("\n")), (code, "", 1), "one line and code %d (%s)" % (code, done.stderr))
    for part in parts:
        check(part in done.stderr, "%r is in %r" % (part, done.stderr))
    return done.stderr


def copy_of(host, change):
    """Its journals, with the lines of orders.ndjson as change() gives them back."""
    to = host.path("copy")
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(host.path("log"), to, ignore=shutil.ignore_patterns(".cache", ".lock"))
    path = os.path.join(to, "orders.ndjson")
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in change(lines)))
    return to


def at(lines, contract, n):
    """Index of the n-th line of a contract."""
    return [i for i, line in enumerate(lines) if json.loads(line)["contract"] == contract][n]


def changed(contract, n, **members):
    where = []

    def change(lines):
        i = at(lines, contract, n)
        where.append(i + 1)
        line = json.loads(lines[i])
        for key, value in members.items():
            if key == "reference_price":
                line["caps"][key] = value
            else:
                line[key] = value
        lines[i] = json.dumps(line)
        return lines
    return change, where


with ran(host_of()) as host:
    whole = njord(host, "--compare-live", host.path("log"))
    equal((whole.returncode, whole.stderr), (0, ""), "compared")
    flow = host.journal("orders")
    n = {kind: sum(line["contract"] == kind for line in flow) for kind in ("OrderIntent", "RiskDecision", "BrokerOrderReq", "BrokerFill")}
    equal(whole.stdout, "identical: %d intents, %d decisions, %d orders, %d fills\n" % tuple(n.values()), "what is printed")
    equal(njord(host, "--strategy", "haggler_v1", "--compare-live", host.path("log")).stdout, whole.stdout, "by the strategy's id")

    # ---- one change, one line: where it is, what it was live, what it is in the backtest
    for contract, index, members, shown in (
            ("BrokerFill", 5, {"price": 1.5}, "'price' is 1.5 live, "),
            ("BrokerFill", 0, {"fee": 0.25}, "'fee' is 0.25 live, "),
            ("BrokerFill", 3, {"trade_id": "x-1"}, "'trade_id' is \"x-1\" live, "),
            ("BrokerFill", 4, {"ts_ns": 17}, "'ts_ns' is 17 live, "),
            ("RiskDecision", 9, {"reason": "unknown_symbol"}, "'reason' is \"unknown_symbol\" live, \"ok\" in the backtest"),
            ("RiskDecision", 7, {"reference_price": 3.5}, "'caps.reference_price' is 3.5 live, "),
            ("OrderIntent", 11, {"qty": 0.5}, "'qty' is 0.5 live, 0.0"),
            ("OrderEvent", 2, {"venue": "elsewhere"}, "'venue' is \"elsewhere\" live, \"paper\" in the backtest"),
            ("BrokerOrderUpdate", 8, {"status": "canceled"}, "'status' is \"canceled\" live, ")):
        change, where = changed(contract, index, **members)
        folder = copy_of(host, change)
        says(host, 1, ["%s/orders.ndjson:%d: %s of '" % (folder, where[0], contract), shown], folder=folder)
    told = njord(host, "--compare-live", folder, "--json")
    equal((told.returncode, json.loads(told.stdout)["identical"], told.stderr), (1, False, ""), "the same as JSON")
    check("orders.ndjson:%d: " % where[0] in json.loads(told.stdout)["differs"], "with its place")

    def without(contract, index):
        def change(lines):
            where[:] = [at(lines, contract, index) + 1]
            return lines[:where[0] - 1] + lines[where[0]:]
        return change
    folder = copy_of(host, without("BrokerFill", 2))
    says(host, 1, ["%s/orders.ndjson:%d: BrokerOrderUpdate of '" % (folder, where[0]), " live, BrokerFill of '"], folder=folder)
    folder = copy_of(host, lambda lines: lines[:-3])
    says(host, 1, ["%s/orders.ndjson ends, and the backtest goes on with " % folder], folder=folder)
    folder = copy_of(host, lambda lines: lines + [lines[-1]])
    says(host, 1, ["%s/orders.ndjson:%d: the backtest has ended, and the host goes on with " % (folder, len(flow) + 1)], folder=folder)
    folder = copy_of(host, lambda lines: lines[:4] + ["{not json}"] + lines[4:])
    says(host, 1, ["%s/orders.ndjson:5: " % folder], folder=folder)

    # ---- other trades, other parameters, other limits, other costs: it differs
    folder = copy_of(host, lambda lines: lines)
    path = os.path.join(folder, "md.trades.BTCUSDT.ndjson")
    with open(path, encoding="utf-8") as file:
        trades = file.read().splitlines()
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in trades[:700] + trades[701:]))
    says(host, 1, ["orders.ndjson"], folder=folder)
    base, entries = host.text(), host.text("strategies.yaml")
    for name, text, part in (("strategies.yaml", entries.replace("qty: 0.01", "qty: 0.02"), ":1: OrderIntent of '"),
                             ("base.yaml", base.replace("per_order_usd_cap: 1000000", "per_order_usd_cap: 5"), "\"per_order_usd_cap\" in the "),
                             ("base.yaml", base.replace("slippage_bps: 2", "slippage_bps: 1"), ": BrokerFill of '"),
                             ("base.yaml", base.replace("slippage_bps: 2", "taker: 0.002"), ": BrokerFill of '")):
        host.write(name, text)
        says(host, 1, [part, "in the backtest"])
        host.write(name, {"base.yaml": base, "strategies.yaml": entries}[name])

    # ---- usage
    says(host, 2, ["'nobody' is no id of strategies.yaml"], "--strategy", "nobody")
    for option in (["--capital", "5"], ["--costs", "paper"], ["--symbol", "BTC/USDT"], ["--start", "2025-01-01"], ["--input", "bars"],
                   ["--csv", "x.csv"], ["--risk"]):
        says(host, 2, ["--compare-live takes it from the configuration", option[0]], *option)
    says(host, 2, ["--compare-live takes all of it from the configuration"], "--verify")
    says(host, 1, ["has journals of orders: expected one without"], "--journal", host.path("log"))
    odd = njord(host, "--strategy", "haggler_v1", "--costs", "nobody", "--symbol", "BTC/USDT")
    equal((odd.returncode, odd.stderr), (2, "njord backtest: no enabled entry of brokers has the id 'nobody'\n"), "costs of nobody")
    odd = njord(host, "--strategy", "haggler_v1", "--costs", "paper", "--slippage", "1", "--symbol", "BTC/USDT")
    equal((odd.returncode, odd.stderr), (2, "njord backtest: --costs paper says it already: --slippage is not for it\n"), "said twice")

    # ---- folders that are not what a host wrote
    os.makedirs(host.path("empty"))
    says(host, 1, ["has no orders.ndjson: expected the folder of a host's journals"], folder=host.path("empty"))
    says(host, 1, ["nowhere"], folder=host.path("nowhere"))
    says(host, 1, ["orders.ndjson has no intent of strategy 'haggler_v1'"], folder=copy_of(host, lambda lines: []))
    folder = copy_of(host, lambda lines: lines)
    os.remove(os.path.join(folder, "md.trades.BTCUSDT.ndjson"))
    says(host, 1, ["no trades of strategy 'haggler_v1' in '%s'" % folder], folder=folder)
    # a configuration that cannot be compared
    for name, text, part in (
            ("strategies.yaml", entries.replace("capital: 50000", "capital: 50000, warmup: {timeframe: 1m, bars: 5}"), "(warmup)"),
            ("base.yaml", base.replace("slippage_bps: 2", "fills: traded"), "fills: traded"),
            ("base.yaml", base + "services: [feeds, strategies, broker, journal]\n", "services: 'risk' is not in the list"),
            ("strategies.yaml", "strategies: [%s]\n" % TWO, "2 strategies are enabled: expected --strategy ID")):
        host.write(name, text)
        says(host, 2, [part])
        host.write(name, {"base.yaml": base, "strategies.yaml": entries}[name])

# ---- two strategies at once
with ran(host_of(TWO)) as host:
    says(host, 1, ["orders.ndjson:", "an intent of 'other_v1', beside strategy 'haggler_v1'", "caps", "one strategy alone"],
         "--strategy", "haggler_v1")


def stopped(act, parts, **kind):
    """A host whose market goes on, an act from outside, and what is said of its journals."""
    with host_of(feed=", speed: 6000", **kind) as host:
        host.change(at_end="wait")
        host.start()
        wait(lambda: host.size() > 20000, "orders")
        act(host)
        host.stop()
        says(host, 1, parts)


def done(host, *words):
    answer = host.ctl(*words)
    equal(answer.returncode, 0, "njord ctl %s (%s)" % (" ".join(words), answer.stderr))


def until(contract, by_hand, *words):
    """Asks until there was something to do, and it shows in the journal."""
    def act(host):
        def asked():
            host.ctl(*words)
            return any(line["contract"] == contract and by_hand(line) for line in host.journal("orders"))
        wait(asked, "njord ctl %s" % " ".join(words))
    return act


def reload(host):
    shutil.copy(os.path.join(host.plugin_dir, "strategies", "buy_hold.so"), os.path.join(host.plugin_dir, "strategies", "new.so"))
    with open(os.path.join(host.plugin_dir, "strategies", "haggler.so"), "ab") as file:
        file.write(b"\0")
    done(host, "reload")
    wait(lambda: any(e["event"] == "reloaded" for e in host.journal("host.plugins")), "the reload")


def trip(host):
    host.write("halt", "stop\n")
    wait(lambda: any(line.get("reason") == "halted" for line in host.journal("orders")), "the halt")


stopped(until("OrderIntent", lambda line: len(line["intent_id"].split("-")[3]) > 1, "flatten", "haggler_v1"), ["orders.ndjson:", "cannot be compared"])
stopped(lambda host: done(host, "disable", "haggler_v1"), ["host.plugins.ndjson:", "strategy 'haggler_v1' was disabled"])
stopped(reload, ["host.plugins.ndjson:", "strategy 'haggler_v1' was reloaded"])
stopped(trip, ["orders.ndjson:", "halted", "came from outside the strategy"])
stopped(until("OrderCancel", lambda line: line["reason"] != "strategy", "cancel", "all"), ["orders.ndjson:", "a cancel that the strategy did not ask for"])

# ---- killed and started again: with clock: events the run is done again and is whole, with clock: wall it is another one
for clock, code, parts in (("events", 0, ["identical: "]), ("wall", 1, ["host.plugins.ndjson:", "was started again with its host"])):
    with host_of(feed=", speed: 6000", clock=clock) as host:
        host.launch()
        wait(lambda: host.size() > 20000, "orders")
        host.stop(signal.SIGKILL, -signal.SIGKILL)
        ran(host)
        again = njord(host, "--compare-live", host.path("log"))
        equal(again.returncode, code, "after kill -9, clock: %s (%s)" % (clock, again.stderr))
        for part in parts:
            check(part in again.stdout + again.stderr, "%r is in %r" % (part, again.stdout + again.stderr))
print("differences and refusals told, each in one line")
