#!/usr/bin/env python3
"""Bad input, from the command line to the recordings: each is answered with one line that says what and where, the exit code is 1 (2 for
a wrong command line), and nothing is damaged; what can be skipped is named and skipped."""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from livehost import LiveHost, free_port, wait  # noqa: E402
from njordtest import BUILD, HOST, check, equal  # noqa: E402

FEED = """
feeds:
  - {id: hand, plugin: playback, params: {files: "%s", venue: hand}}
"""
TRADES = "symbol,price,qty,side,ts_ns,trade_id,venue\n" + "".join(
    "ATOM/USDT,8.%02d,5,buy,%d,%d,hand\n" % (i, 1700000000 * 10**9 + i * 10**9, i + 1) for i in range(10))
HOLDER = """
strategies:
  - {id: holder, plugin: buy_hold, symbols: [ATOM/USDT], events: ["md.trades.*"], params: {qty: 2}}
"""


def files(path):
    """Every file under a folder with its bytes; logs and locks tell of the attempt and do not count."""
    out = {}
    for folder, _, names in os.walk(path):
        for name in names:
            if name not in ("app.ndjson", ".lock", "lock"):
                full = os.path.join(folder, name)
                if not os.path.islink(full) and os.path.isfile(full):
                    with open(full, "rb") as data:
                        out[os.path.relpath(full, path)] = data.read()
    return out


def one_line(done, code, expected, what):
    """It ended with this code and this one line; a line given as a pattern must match whole."""
    equal(done.returncode, code, "%s: exit code (%s)" % (what, done.stderr))
    lines = done.stderr.splitlines()
    equal(len(lines), 1, "%s: lines on standard error %r" % (what, lines))
    if hasattr(expected, "fullmatch"):
        check(expected.fullmatch(lines[0]), "%s: expected %s, found %r" % (what, expected.pattern, lines[0]))
    else:
        equal(lines[0], expected, what)


def run(*args, **how):
    return subprocess.run([HOST] + list(args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60, check=False, **how)


def command_line():
    one_line(run("--frob"), 2, "njord-host: unknown option '--frob'; see njord-host --help", "an option that is none")
    one_line(run("--config"), 2, "njord-host: option '--config' needs a value; see njord-host --help", "an option without its value")
    one_line(run("extra"), 2, "njord-host: unexpected argument 'extra'; see njord-host --help", "an argument")


def configuration():
    with LiveHost() as host:
        before = files(host.dir)
        missing = host.path("nowhere")
        one_line(run("--config", missing), 1, "%s: No such file or directory; expected a folder that holds a base.yaml" % missing,
                 "no configuration")
        one_line(host.run("--bus", "reds://h:1/0"), 1,
                 "--bus: 'url': expected inproc:, redis://[user:password@]host[:port][/db] or redis+unix:///path[?db=n], found another "
                 "text", "a bus that is none")
        one_line(host.run("--services", "feeds,risks"), 1,
                 "--services: 'services': expected feeds, ohlcv, strategies, risk, broker, journal, found \"risks\"", "a service that is none")
        equal(files(host.dir), before, "files after refusals")
        check(not os.path.exists(host.path("log")) and not os.path.exists(host.path("state")), "a refused start made folders")

        good = host.text()
        for text, line, what in (
                (good.replace("env: paper", "envy: paper"), "base.yaml:3:3: 'envy': unknown key in 'app', did you mean 'env'?",
                 "an unknown key"),
                (good.replace("clock: events", "clock: sometimes"),
                 "base.yaml:4:10: 'clock': expected one of wall, events, found \"sometimes\"", "a word that is none"),
                (good.replace("env: paper", "env: paper\n  env: dev"), None, "a key twice"),
                (good + "risk: {per_order_usd_cap: .nan}\n", None, "a number that is none"),
                (good + "risk: {per_order_usd_cap: -1}\n", None, "a number out of range"),
                (good + "feeds: [\n", None, "broken YAML")):
            host.write("base.yaml", text)
            expected = "%s/%s" % (host.dir, line) if line else re.compile(re.escape(host.path("base.yaml")) + r":\d+:\d+: .+")
            for args in ((), ("--check",)):
                one_line(host.run(*args), 1, expected, what)
        host.write("base.yaml", good)
        host.write("strategies.yaml", HOLDER + HOLDER.splitlines()[2] + "\n")
        one_line(host.run(), 1, re.compile(re.escape(host.path("strategies.yaml")) + r":4:\d+: .*'holder'.*"), "an id twice")
        host.write("strategies.yaml", HOLDER)
        host.write("base.yaml", good + FEED.replace("id: hand", "id: holder") % "x.csv")
        one_line(host.run(), 1, re.compile(r".+yaml:\d+:\d+: .*'holder'.*"), "an id of a feed and a strategy")
        host.write("base.yaml", good)
        host.write("secrets.enc.yaml", "sops: {}\n")
        one_line(host.run(), 1, re.compile(re.escape(host.path("secrets.enc.yaml")) + ".+"), "secrets that cannot be read yet")


def plugins():
    with LiveHost(strategies=HOLDER) as host:
        data = host.write("trades.csv", TRADES)
        host.write("base.yaml", host.text() + FEED % data)
        nowhere = host.path("nowhere")
        one_line(host.run("--plugins", nowhere), 1,
                 "njord-host: plugin folder '%s'; set plugins.dir or --plugins: No such file or directory" % nowhere,
                 "a plugin folder that is not there")
        # what is no plugin stands beside those that are: never opened, no harm
        host.plugins()
        for name in ("strategies/notes.txt", "strategies/text.so", "strategies/empty.so"):
            with open(os.path.join(host.plugin_dir, name), "w", encoding="utf-8") as out:
                out.write("" if "empty" in name else "no plugin\n")
        done = host.run()
        equal(done.returncode, 0, "exit code with files beside the plugins that are none (%s)" % done.stderr)
        told = done.stderr.splitlines()
        equal(len(told), 2, "a warning for each .so that is no plugin, and no other: %r" % told)
        for name, why in (("empty.so", "is empty"), ("text.so", "no ELF header")):
            equal(len([line for line in told if name in line and why in line and " warn " in line]), 1, "the warning about %s" % name)
        equal(len(host.journal("fills.ATOMUSDT")), 1, "the strategy traded")

    # of three strategies two cannot be loaded: the third trades, all are shown, --check fails and names both
    three = HOLDER + """
  - {id: gone, plugin: not_there, symbols: [ATOM/USDT], events: ["md.trades.*"]}
  - {id: future, plugin: wrong_major, symbols: [ATOM/USDT], events: ["md.trades.*"]}
"""
    with LiveHost(strategies=three, at_end="wait") as host:
        host.plugins("wrong_major")
        host.write("base.yaml", host.text() + FEED % host.write("trades.csv", TRADES))
        done = host.run("--check")
        equal(done.returncode, 1, "--check with plugins that cannot be loaded")
        lines = done.stderr.splitlines()
        equal(len(lines), 2, "problems that --check prints: %r" % lines)
        check(lines[0].startswith(host.path("strategies.yaml") + ":5:") and "'gone'" in lines[0] and "not_there" in lines[0], lines[0])
        check(lines[1].startswith(host.path("strategies.yaml") + ":6:") and "'future'" in lines[1], lines[1])
        check("major" in lines[1] and "2" in lines[1] and "1" in lines[1], "field, expected and found: %s" % lines[1])
        host.start()
        wait(lambda: host.status()["feeds"]["ended"], "the recording to end")
        shown = {line["id"]: line for line in json.loads(host.ctl("plugins", "--json").stdout)["plugins"]}
        equal({key: shown[key]["state"] for key in ("holder", "gone", "future")},
              {"holder": "running", "gone": "refused", "future": "refused"}, "states of the strategies")
        check("not_there" in shown["gone"]["detail"] and "major" in shown["future"]["detail"], "reasons: %r" % shown)
        host.stop()
        equal(len(host.journal("fills.ATOMUSDT")), 1, "fills of the one that runs")
        refused = {line["plugin_id"] for line in host.journal("host.plugins") if line["event"] == "refused"}
        equal(refused, {"gone", "future"}, "announced as refused")


def redis():
    with LiveHost() as host:
        port = free_port()
        one_line(host.run("--bus", "redis://127.0.0.1:%d/0" % port), 1,
                 "njord-host: redis '127.0.0.1:%d': Connection refused; start it, or set bus.url to \"inproc:\"" % port,
                 "no Redis where the bus should be")


def folders():
    with LiveHost(at_end="wait") as host:
        with open(host.path("log"), "w", encoding="utf-8") as out:
            out.write("precious\n")
        done = host.run()
        one_line(done, 1, re.compile(r"njord-host: logging\.journal_dir: .*'?" + re.escape(host.path("log")) + r".*"),
                 "a journal folder that is a file")
        with open(host.path("log"), encoding="utf-8") as file:
            equal(file.read(), "precious\n", "the file")
        os.unlink(host.path("log"))
        host.write("state", "precious\n")
        done = host.run()
        one_line(done, 1, re.compile(r"njord-host: app\.state_dir: .*" + re.escape(host.path("state")) + r".*"),
                 "a state folder that is a file")
        os.unlink(host.path("state"))

    # a journal folder that may not be written
    with LiveHost() as host:
        how = {}
        if os.geteuid() == 0:
            if not shutil.which("setpriv"):
                print("note: no setpriv, the read-only journal folder is not tried")
                return
            os.chmod(host.dir, 0o777)
            how = {"preexec_fn": lambda: (os.setgid(65534), os.setuid(65534))}
        os.mkdir(host.path("log"), 0o555)
        if subprocess.run(["test", "-x", HOST], check=False, **how).returncode != 0:
            print("note: another user may not run %s, the read-only journal folder is not tried" % HOST)
            return
        done = subprocess.run(host.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False, **how)
        one_line(done, 1, re.compile(r"njord-host: logging\.journal_dir: .*Permission denied"), "a journal folder that may not be written")
        equal(os.listdir(host.path("log")), [], "files in it")


def recordings():
    good = TRADES.splitlines()
    broken = good[:3] + ["ATOM/USDT,eight,5,buy,1700000002000000000,3,hand", "\x00\xff\x00", "ATOM/USDT"] + good[4:]
    with LiveHost(strategies=HOLDER) as host:
        host.write("base.yaml", host.text() + FEED % host.write("trades.csv", "\n".join(broken) + "\n"))
        done = host.run()
        equal(done.returncode, 0, "a recording with three broken lines (%s)" % done.stderr)
        equal([line["trade_id"] for line in host.journal("md.trades.ATOMUSDT")], ["1", "2", "4", "5", "6", "7", "8", "9", "10"],
              "its trades that can be read")
        told = [line for line in done.stderr.splitlines() if "trades.csv" in line]
        check(any(":4:" in line for line in told), "the first broken line is named with its number: %s" % done.stderr)
    with LiveHost(strategies=HOLDER) as host:
        stop = FEED.replace("venue: hand", "venue: hand, on_error: stop") % host.write("trades.csv", "\n".join(broken) + "\n")
        host.write("base.yaml", host.text() + stop)
        done = host.run()
        equal(len(host.journal("md.trades.ATOMUSDT")), 2, "on_error: stop ends the feed before the broken line")
        check(":4:" in done.stderr, "and names it: %s" % done.stderr)
    # trades out of order: none is lost, the host's time never goes back, the order is the file's
    with LiveHost(strategies=HOLDER) as host:
        mixed = [good[0]] + [good[i] for i in (1, 4, 2, 3, 6, 5, 10, 7, 8, 9)]
        host.write("base.yaml", host.text() + FEED % host.write("trades.csv", "\n".join(mixed) + "\n"))
        done = host.run()
        equal(done.returncode, 0, "trades out of order (%s)" % done.stderr)
        trades = host.journal("md.trades.ATOMUSDT")
        equal([line["trade_id"] for line in trades], ["1", "4", "2", "3", "6", "5", "10", "7", "8", "9"], "in the file's order")
        times = [line["ts_recv_ns"] for line in trades]
        equal(times, sorted(times), "delivery times never go back")
    with LiveHost(strategies=HOLDER) as host:
        host.write("base.yaml", host.text() + FEED % host.path("absent.csv"))
        done = host.run()
        check(done.returncode == 1 and "absent.csv" in done.stderr and "no such file" in done.stderr.lower(),
              "a recording that is not there: %r" % ((done.returncode, done.stderr),))


def sockets_and_locks():
    with LiveHost(at_end="wait") as host:
        host.start()
        pid = host.process.pid
        # the same folders, the same socket
        one_line(host.run(), 1, re.compile(r"njord-host: app\.state_dir: .*%d.*" % pid), "a second host on the same folders")
        with LiveHost(at_end="wait", journal_dir=host.path("log")) as other:
            one_line(other.run(), 1, re.compile(r"njord-host: logging\.journal_dir: .*%d.*" % pid), "a second host on the journals")
        with LiveHost(at_end="wait", control=host.path("njord.sock")) as other:
            one_line(other.run(), 1, re.compile(r"njord-host: .*%s.*" % re.escape(host.path("njord.sock"))), "a socket in use")
        check(host.status(), "the first host still answers")
        equal(host.stop(), "", "and ends without a word")
        check(not os.path.exists(host.path("njord.sock")), "the socket is gone with its host")

        # a socket that a dead host left is replaced
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as dead:
            dead.bind(host.path("njord.sock"))
        host.start()
        host.send(signal.SIGKILL)
        host.process.wait()
        check(os.path.exists(host.path("njord.sock")), "kill -9 leaves the socket")
        host.start().stop()

        # anything else in its place is not ours to remove
        host.write("njord.sock", "precious\n")
        one_line(host.run(), 1, re.compile(r"njord-host: .*%s.*" % re.escape(host.path("njord.sock"))), "a file where the socket goes")
        with open(host.path("njord.sock"), encoding="utf-8") as file:
            equal(file.read(), "precious\n", "that file")


def recovery():
    """A journal of orders that ends torn is cut; one that is broken in the middle is refused with file and line, untouched."""
    with LiveHost(strategies=HOLDER) as host:
        host.write("base.yaml", host.text() + FEED % host.write("trades.csv", TRADES))
        equal(host.run().returncode, 0, "a run")
        path = host.path("log", "orders.ndjson")
        with open(path, "rb") as file:
            whole = file.read()
        lines = whole.splitlines(True)
        with open(path, "wb") as file:
            file.write(b"".join(lines[:2]) + b'{"contract":"Order\n' + b"".join(lines[2:]))
        with open(path, "rb") as file:
            broken = file.read()
        done = host.run()
        one_line(done, 1, re.compile(r".* diverged at=.*orders\.ndjson:3 .*start with fresh folders.*"), "a broken line in the middle of the order flow")
        with open(path, "rb") as file:
            equal(file.read(), broken, "the broken journal is left as it was")
        with open(path, "wb") as file:
            file.write(whole + b'{"contract":"OrderInt')
        equal(host.run().returncode, 0, "a torn tail")
        with open(path, "rb") as file:
            check(file.read().startswith(whole), "the journal up to its torn tail stands")


def main():
    check(os.path.exists(HOST) and os.path.isdir(BUILD), "njord-host is not built")
    for part in (command_line, configuration, plugins, redis, folders, recordings, sockets_and_locks, recovery):
        part()
    print("bad input: ok")


main()
