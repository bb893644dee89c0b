#!/usr/bin/env python3
"""njord tail, publish and kill straight at a Redis, with and without a host on it; with Redis gone."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import LIMIT, Running, njord, trade, until  # noqa: E402
from njordtest import NJORD, check, equal, skip  # noqa: E402

if shutil.which("redis-server") is None or shutil.which("redis-cli") is None:
    skip("redis-server or redis-cli is not installed")


class Redis:
    """A server of the test's own on a free port of this machine."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="njr", dir="/tmp")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = "redis://127.0.0.1:%d/0" % self.port
        self.unix_url = "redis+unix://%s/s" % self.dir
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.dir, "--save", "",
                                         "--appendonly", "no", "--unixsocket", os.path.join(self.dir, "s")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self.cli("PING") == "PONG", "redis-server answers")
        return self

    def cli(self, *words, data=None):
        done = subprocess.run(["redis-cli", "-p", str(self.port)] + (["-x"] if data is not None else []) + list(words), input=data,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT, check=False)
        return done.stdout.decode("utf-8", "replace").strip()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __exit__(self, *exc):
        self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


def start_tail(redis, host, glob, *more, url=None):
    before = int(redis.cli("PUBSUB", "NUMPAT"))
    tail = subprocess.Popen([os.path.abspath(NJORD), "tail", glob, "--bus", url or redis.url, "--config", host.dir] + list(more),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: int(redis.cli("PUBSUB", "NUMPAT")) > before, "the tail stands")
    return tail


def straight(redis, host):
    """Without any host: what publish sends, tail prints; each of its numbers counts from 1."""
    tail = start_tail(redis, host, "md.*", "-n", "3")
    redis.cli("PUBLISH", "md.trades.ATOM/USDT", "not msgpack")
    redis.cli("PUBLISH", "md.nothing.of.ours", "x")
    code, out, err = host.njord("publish", "md.trades.ATOM/USDT", "--bus", redis.url,
                                stdin="%s\n[]\n%s\n%s\n" % (trade(0.1, ts_ns=1), trade(5, symbol="B/C"), trade(2, ts_ns=2)))
    equal((code, out), (1, "2 published, 2 malformed\n"), "publish")
    equal([line.split(":")[1] for line in err.splitlines()], [" line 2", " line 3"], "which lines")
    equal(host.njord("publish", "md.trades.ATOM/USDT", "--bus", redis.url, stdin=trade(3, ts_ns=3))[:2],
          (0, "1 published, 0 malformed\n"), "another one")
    out, err = tail.communicate(timeout=LIMIT)
    lines = [json.loads(line) for line in out.splitlines()]
    equal(tail.returncode, 0, "tail: %s" % err)
    equal([(e["topic"], e["event"]["price"], e["event"]["ts_ns"]) for e in lines],
          [("md.trades.ATOM/USDT", 0.1, 1), ("md.trades.ATOM/USDT", 2, 2), ("md.trades.ATOM/USDT", 3, 3)], "events")
    equal([e["event"]["_seq"] for e in lines], [1, 2, 1], "numbers of each source")
    check(lines[0]["event"]["_src"] == lines[1]["event"]["_src"] != lines[2]["event"]["_src"], "a source each")
    equal([line.split(":")[1].strip().split(" left")[0] for line in err.splitlines()],
          ["message on 'md.trades.ATOM/USDT'", "message on 'md.nothing.of.ours'"], "what is none of ours")
    intent = {"intent_id": "x-1", "strategy_id": "s", "symbol": "A/B", "side": "buy", "type": "market", "qty": 1, "ts_ns": 1}
    equal(host.njord("publish", "strat.intent", "--bus", redis.url, stdin=json.dumps(intent))[:2], (0, "1 published, 0 malformed\n"),
          "order flow")
    equal(redis.cli("XLEN", "njord:s:strat.intent"), "1", "it is in its stream")


def over_a_unix_socket(redis, host):
    tail = start_tail(redis, host, "md.*", "-n", "1", url=redis.unix_url)
    code, _, err = host.njord("publish", "md.trades.A/B", "--bus", redis.unix_url, stdin=trade(3, symbol="A/B"))
    equal((code, err), (0, ""), "publish over a UNIX socket")
    out, err = tail.communicate(timeout=LIMIT)
    equal((tail.returncode, err), (0, ""), "tail over a UNIX socket")
    equal(json.loads(out)["topic"], "md.trades.A/B", "topic")


def kill_key(redis, host):
    key = "njord:trading:halt"
    path = host.path("halt")
    bus = ["--bus", redis.url]
    equal(host.njord("kill", "status", *bus), (0, "clear\nfile %s: not there\nkey %s: absent\n" % (path, key), ""), "clear")
    equal(host.njord("kill", "trip", *bus), (0, "tripped: file %s\ntripped: key %s\n" % (path, key), ""), "trip")
    equal(redis.cli("GET", key), "1", "the key")
    os.unlink(path)
    for value, tripped in (("1", True), ("0", False), ("", False), ("yes", True), ("00", True)):
        redis.cli("SET", key, value)
        code, out, _ = host.njord("kill", "status", *bus, "--json")
        equal((code, json.loads(out)["key_tripped"]), (int(tripped), tripped), "value %r" % value)
    equal(host.njord("kill", "clear", *bus), (0, "clear: file %s\nclear: key %s\n" % (path, key), ""), "clear")
    equal(redis.cli("EXISTS", key), "0", "the key is gone")


def with_a_host(redis):
    """A host on this Redis: it takes what publish sends, and tail shows what it does; the key stops it."""
    with Running(strategies="strategies:\n  - {id: holder, plugin: buy_hold, symbols: [ATOM/USDT], events: ['md.trades.*']}\n") as host:
        text = open(host.path("base.yaml"), encoding="utf-8").read().replace("clock: events", "clock: wall")
        host.write("base.yaml", text + "\nbus: {url: '%s'}\nrisk: {kill_switch_file: %s}\n" % (redis.url, host.path("halt")))
        host.start()
        tail = start_tail(redis, host, "fills.*", "-n", "1")
        equal(host.njord("publish", "md.trades.ATOM/USDT", stdin=trade(5))[:2], (0, "1 published, 0 malformed\n"), "bus.url is used")
        line = json.loads(tail.communicate(timeout=LIMIT)[0])
        equal((line["topic"], line["event"]["strategy_id"], line["event"]["price"]), ("fills.new", "holder", 5), "the fill")
        equal(host.njord("ctl", "positions")[0], 0, "ctl goes to the host whatever the bus is")
        host.njord("kill", "trip")
        os.unlink(host.path("halt"))
        until(lambda: "halted by key" in host.njord("ctl", "status")[1], "the key stops the host")
        host.njord("kill", "clear")
        until(lambda: "halted" not in host.njord("ctl", "status")[1], "and lets it go on")
        equal(host.stop(), 0, "exit code")


def gone(redis, host):
    redis.kill()
    path = host.path("halt")
    at = "127.0.0.1:%d" % redis.port
    code, out, err = host.njord("kill", "trip", "--bus", redis.url)
    equal((code, out), (1, "tripped: file %s\n" % path), "the file is made")
    check("key 'njord:trading:halt' was not set: redis '%s'" % at in err and err.count("\n") == 1, err)
    check(os.path.exists(path), "it is there")
    code, out, err = host.njord("kill", "clear", "--bus", redis.url)
    check(code == 1 and "nothing was cleared" in err and os.path.exists(path), "nothing is cleared by half: %r" % err)
    equal(host.njord("kill", "clear", "--bus", "inproc:")[0], 0, "the file alone")
    code, out, err = host.njord("kill", "status", "--bus", redis.url)
    check(code == 1 and out.startswith("tripped\n") and "counts as tripped" in err, "not known is tripped: %r" % err)
    for words in (["tail", "*"], ["publish", "md.trades.A/B"]):
        code, out, err = host.njord(*words, "--bus", redis.url)
        check(code == 1 and out == "" and err.startswith("njord %s: redis '%s'" % (words[0], at)) and err.count("\n") == 1, err)
    for url in ("redis://", "http://x", "redis://h:0/0"):
        code, out, err = host.njord("tail", "*", "--bus", url)
        check(code in (1, 2) and out == "" and err.count("\n") == 1, "%r: %r" % (url, err))


def live_is_refused(redis, host):
    text = open(host.path("base.yaml"), encoding="utf-8").read()
    live = text.replace("env: paper", "env: live").replace("clock: events", "clock: wall")
    host.write("base.yaml", live)
    equal(host.njord("publish", "md.trades.A/B", "--bus", redis.url), (1, "", "njord publish: refused while app.env is live\n"), "live")
    host.write("base.yaml", text)


def main():
    with Redis() as redis, Running() as host:
        text = open(host.path("base.yaml"), encoding="utf-8").read()
        host.write("base.yaml", text + "\nrisk: {kill_switch_file: %s}\n" % host.path("halt"))
        straight(redis, host)
        over_a_unix_socket(redis, host)
        kill_key(redis, host)
        live_is_refused(redis, host)
        with_a_host(redis)
        gone(redis, host)
    equal(njord("tail", "*", "--bus", "nonsense")[0], 2, "no bus at all")
    print("redis: all as it should be")


main()
