#!/usr/bin/env python3
"""Every verb that speaks to a running host, as its user types it; outputs as they shall look. The values are worked out by hand:
buy_hold buys 2 at 5 for a fee of 0.1 per cent; 10 is spent, 0.01 paid."""
import json
import os
import subprocess
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import LIMIT, Running, njord, trade, until  # noqa: E402
from njordtest import NJORD, PLUGINS, check, equal  # noqa: E402

STRATEGIES = """
strategies:
  - {id: holder, plugin: buy_hold, symbols: [ATOM/USDT], events: ["md.trades.*"], params: {qty: 2}}
"""


def fails(host, words, code, text, **more):
    got, out, err = host.njord(*words, **more)
    equal(got, code, "exit code of %r (%s)" % (words, err))
    equal(err, "njord %s\n" % text, "standard error of %r" % (words,))
    return out


def prints(host, words, expected, **more):
    code, out, err = host.njord(*words, **more)
    equal((code, err), (0, ""), "%r" % (words,))
    equal(out, expected, "output of %r" % (words,))


def rows(text):
    return [line.split() for line in text.splitlines()]


def before_trading(host):
    code, out, err = host.njord("ctl", "status")
    equal((code, err), (0, ""), "ctl status")
    lines = dict(line.split(None, 1) for line in out.replace("day's profit", "profit").splitlines())
    equal(lines["mode"].split(",")[:2], ["env paper", " clock events"], "mode")
    check("pid %d" % host.process.pid in lines["host"], "pid")
    equal(lines["plugins"], "2 running, 0 disabled, 0 refused", "plugins")
    check("\033" not in out, "no colour into a pipe")
    prints(host, ["ctl", "orders"], "no open orders\n")
    prints(host, ["ctl", "positions"], "no positions\n\nstrategy  capital   cash\nholder      10000  10000\n\nday's profit +0.00 USD\n")


def tail_and_publish(host):
    with host.call() as caller:
        before = caller.ask(cmd="status")["bus"]["subscriptions"]
        tail = subprocess.Popen([os.path.abspath(NJORD), "tail", "positions.*", "-n", "2", "--config", host.dir],
                                stdout=subprocess.PIPE, text=True)
        until(lambda: caller.ask(cmd="status")["bus"]["subscriptions"] > before, "the tail stands")
    lines = "%s\n{bad}\n\n%s\n%s" % (trade(5, ts_ns=10), trade(5, symbol="BTC/USDT"), trade(5.5, ts_ns=20))
    code, out, err = host.njord("publish", "md.trades.ATOM/USDT", stdin=lines)
    equal((code, out), (1, "2 published, 2 malformed\n"), "publish")
    equal([line.split(":")[1] for line in err.splitlines()], [" line 2", " line 4"], "the lines that are malformed")
    prints(host, ["publish", "md.trades.ATOM/USDT", "--json"], '{"published":1,"malformed":0}\n', stdin=trade(5.5, ts_ns=30) + "\n")
    prints(host, ["publish", "md.trades.ATOM/USDT"], "0 published, 0 malformed\n", stdin="")
    return tail


def positions(host):
    code, out, _ = host.njord("ctl", "positions")
    equal(code, 0, "ctl positions")
    equal(rows(out)[1], ["holder", "ATOM/USDT", "2", "5", "5.5", "+0.00", "+1.00", "0.01"], "its position")
    equal(rows(out)[2], ["all", "ATOM/USDT", "2", "5", "5.5", "+0.00", "+1.00", "0.01"], "the account's")
    equal(rows(out)[5], ["holder", "10000", "9989.99"], "its cash: 10000 - 10 - 0.01")
    answer = json.loads(host.njord("ctl", "positions", "--json")[1])
    equal(answer["positions"][0]["unrealized_pnl"], 1, "the same for a program")


def orders(host):
    """A limit order far below the market rests; an operator cancels it."""
    intent = {"intent_id": "by-hand-1", "strategy_id": "holder", "symbol": "ATOM/USDT", "side": "buy", "type": "limit", "qty": 1,
              "limit_price": 1, "ts_ns": 30}
    prints(host, ["publish", "strat.intent"], "1 published, 0 malformed\n", stdin=json.dumps(intent) + "\n")
    until(lambda: "by-hand-1" in host.njord("ctl", "orders")[1], "the order rests")
    out = host.njord("ctl", "orders")[1]
    equal(rows(out)[0], ["order", "strategy", "symbol", "side", "type", "qty", "filled", "limit", "stage", "since"], "heads")
    equal(rows(out)[1][:9], ["by-hand-1", "holder", "ATOM/USDT", "buy", "limit", "1", "0", "1", "acked"], "the order")
    prints(host, ["ctl", "cancel", "by-hand-1"], "1 cancels sent, 0 orders still open\n")
    fails(host, ["ctl", "cancel", "by-hand-1"], 1, "ctl cancel: cancel 'by-hand-1': this order has ended already")
    fails(host, ["ctl", "cancel", "nope"], 1,
          "ctl cancel: cancel 'nope': neither an open order nor a strategy; njord ctl orders lists the orders")
    for n in (2, 3):
        intent["intent_id"] = "by-hand-%d" % n
        host.njord("publish", "strat.intent", stdin=json.dumps(intent) + "\n")
    until(lambda: host.njord("ctl", "orders")[1].count("by-hand") == 2, "two orders rest")
    prints(host, ["ctl", "cancel", "holder"], "2 cancels sent, 0 orders still open\n")
    prints(host, ["ctl", "cancel", "all"], "0 cancels sent, 0 orders still open\n")
    flow = [(e["contract"], e.get("reason")) for e in host.journal("orders") if e.get("intent_id") == "by-hand-1"]
    check(("OrderCancel", "operator") in flow, "the cancel is in orders.ndjson: %r" % flow)


def disable_and_enable(host):
    prints(host, ["ctl", "disable", "holder"], "disabled; its positions and 0 open orders stay\n")
    code, out, _ = host.njord("ctl", "plugins")
    equal((code, rows(out)[1][:5]), (0, ["holder", "strategy", "buy_hold", "disabled", "-"]), "the table says so")
    prints(host, ["ctl", "enable", "holder"], "running, without saved state\n")
    fails(host, ["ctl", "enable", "holder"], 1, "ctl enable: enable 'holder': it is running already")
    fails(host, ["ctl", "disable", "nope"], 1, "ctl disable: disable 'nope': no plugin of that id; njord ctl plugins lists them")


def reload(host):
    prints(host, ["ctl", "reload"], "unchanged: nothing to reload\n")
    good = open(host.path("strategies.yaml"), encoding="utf-8").read()
    host.write("strategies.yaml", good.replace("qty: 2", "qty: many"))
    code, out, err = host.njord("ctl", "reload")
    equal((code, err), (1, "njord ctl reload: the reload was refused, what ran before runs on\n"), "a bad configuration")
    check("'qty': expected a number" in out and "\"many\"" in out, "each problem is a line: %r" % out)
    host.write("strategies.yaml", good)
    prints(host, ["ctl", "reload", "--force"], "unchanged: nothing to reload\n")


def kill(host):
    path = host.path("halt")
    config = open(host.path("base.yaml"), encoding="utf-8").read()
    check("kill_switch_file: %s" % path in config, "where the switch is")
    prints(host, ["kill", "status"], "clear\nfile %s: not there\n" % path)
    prints(host, ["kill", "trip", "--reason", "odd fills"], "tripped: file %s\n" % path)
    code, out, err = host.njord("kill", "status")
    equal((code, out, err), (1, "tripped\nfile %s: there: odd fills\n" % path, ""), "kill status")
    code, out, _ = host.njord("kill", "status", "--json")
    equal((code, json.loads(out)), (1, {"state": "tripped", "file": path, "file_tripped": True, "reason": "odd fills"}), "for a program")
    fails(host, ["ctl", "flatten", "holder"], 1, "ctl flatten: flatten 'holder': trading is halted (file), its orders would be refused; "
                                                 "njord kill status tells more")
    check("halted by file" in host.njord("ctl", "status")[1], "the host says so")
    prints(host, ["kill", "clear"], "clear: file %s\n" % path)
    prints(host, ["kill", "clear"], "clear: file %s\n" % path)
    prints(host, ["kill", "trip", "--file", path + ".other"], "tripped: file %s.other\n" % path)
    equal(host.njord("kill", "status", "--file", path + ".other")[0], 1, "a file by hand")
    fails(host, ["kill", "trip", "--file", path, "--bus", "inproc:"], 2, "kill trip: --file and --bus exclude each other")
    host.write("plain", "")
    code, _, err = host.njord("kill", "trip", "--file", host.path("plain", "halt"))
    check(code == 1 and err.startswith("njord kill trip: ") and err.count("\n") == 1, "cannot be made: %r" % err)


def flatten(host):
    host.njord("ctl", "disable", "holder")
    prints(host, ["ctl", "flatten", "holder"], "0 cancels and 1 closing orders sent; 0 positions and 0 orders left\n")
    prints(host, ["ctl", "flatten", "holder"], "0 cancels and 0 closing orders sent; 0 positions and 0 orders left\n")
    fails(host, ["ctl", "flatten", "nope"], 1, "ctl flatten: flatten 'nope': no strategy of that id; njord ctl plugins lists them")
    out = host.njord("ctl", "positions")[1]
    # bought at 5, sold at 5.5: 1 made; 0.01 + 0.011 paid; 10000 + 1 - 0.021 left
    equal(rows(out)[1], ["holder", "ATOM/USDT", "0", "0", "5.5", "+1.00", "+0.00", "0.021"], "flat")
    equal(rows(out)[5], ["holder", "10000", "10000.979"], "its cash")


def stop(host):
    fails(host, ["ctl", "latency"], 1,
          "ctl latency: latency comes with the workers: this host runs its plugins in its own process")
    prints(host, ["ctl", "stop"], "stopped\n")
    equal(host.process.wait(LIMIT), 0, "exit code of the host")
    path = host.path("njord.sock")
    for words in (["ctl", "status"], ["tail", "*"], ["publish", "md.trades.A/B"]):
        fails(host, words, 1, "%s: no host listens at '%s'; start njord-host, or name its socket with --control"
              % (" ".join(words[:2] if words[0] == "ctl" else words[:1]), path))


def live_is_refused():
    """publish is for tests and replays; where real money is traded it is refused."""
    with Running() as host:
        text = open(host.path("base.yaml"), encoding="utf-8").read()
        host.write("base.yaml", text.replace("env: paper", "env: live").replace("clock: events", "clock: wall")
                   .replace("watch: false", "watch: false\n  trust: owner"))
        host.start()
        fails(host, ["publish", "md.trades.ATOM/USDT"], 1, "publish: publish: refused while app.env is live", stdin=trade(5))
        equal(host.stop(), 0, "exit code")


def main():
    with Running(strategies=STRATEGIES) as host:
        text = open(host.path("base.yaml"), encoding="utf-8").read()
        host.write("base.yaml", text + "\nrisk:\n  kill_switch_file: %s\n" % host.path("halt"))
        host.start()
        before_trading(host)
        tail = tail_and_publish(host)
        positions(host)
        orders(host)
        disable_and_enable(host)
        reload(host)
        kill(host)
        flatten(host)
        lines = [json.loads(line) for line in tail.communicate(timeout=LIMIT)[0].splitlines()]
        equal([(e["topic"], e["event"]["strategy_id"]) for e in lines][:1], [("positions.snapshot", "holder")], "tail -n 2")
        equal((len(lines), tail.returncode), (2, 0), "it ends after two")
        stop(host)
    live_is_refused()
    code, _, err = njord("ctl", "status", "--config", "/does/not/exist")
    check(code == 1 and err.startswith("njord ctl status: ") and err.count("\n") == 1, "a wrong folder: %r" % err)
    check(os.path.isdir(PLUGINS), "plugins")
    print("verbs: all as they should be")


main()
