#!/usr/bin/env python3
"""njord replay and the feed playback over a folder of journals: a recorded day enters a second and a third host as it was delivered to
the first, with the same decisions; what is refused; pausing; Redis. The journals that are read stay as they are."""
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys

from livehost import LiveHost, wait
from njordcli import Caller
from njordtest import NJORD, check, equal
from redisserver import Redis, is_there

SYMBOLS = ("ATOM/USDT", "BTC/USDT")
STRATEGIES = """
strategies:
  - id: break_v1
    plugin: trendline_break
    symbols: [ATOM/USDT]
    events: ["md.trades.*"]
    params:
      lookback_periods: 20
      breakout_threshold: 0.0005
      qty: 1.0
  - id: buy_v1
    plugin: buy_hold
    symbols: [BTC/USDT]
    events: ["md.trades.*", "md.ohlcv.*"]
    params:
      qty: 0.001
"""
MARKET = """
feeds:
  - id: market
    plugin: simmarket
    symbols: [ATOM/USDT, BTC/USDT]
    params:
      seed: 7
      duration: 2h
"""
FOLDER = """
feeds:
  - id: tape
    plugin: playback
    symbols: [ATOM/USDT, BTC/USDT]
    params:
      dir: {dir}
      on_error: stop
"""
RISK = """
risk:
  per_order_usd_cap: 100000
"""


def host(extra=""):
    return LiveHost(SYMBOLS, extra + RISK, STRATEGIES)


def fingerprint(folder):
    """Every file of a folder: name, content, size, time of the last change."""
    out = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        with open(path, "rb") as data:
            out[name] = (hashlib.sha256(data.read()).hexdigest(), os.stat(path).st_mtime_ns)
    return out


def replay(*words, folder, to=None, bus=None):
    where = (["--control", to.path("njord.sock")] if to else []) + (["--bus", bus] if bus else [])
    return subprocess.run([NJORD, "replay", "--journal-dir", folder] + where + list(words), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120, check=False)


def plain(lines):
    """Without the numbers of the host, which count what it did besides; ids by their order of appearance, for they hold them."""
    names = {}

    def rename(found):
        return names.setdefault(found[0], "id%d" % len(names))
    out = []
    for line in lines:
        line = {k: v for k, v in line.items() if k != "seq"}
        out.append(re.sub(r"[0-9a-z]{6}-0-[0-9a-z]+-[0-9a-z]+", rename, json.dumps(line, sort_keys=True)))
    return out


def market_data(one):
    return {s: plain(one.journal("md.trades." + s.replace("/", ""))) for s in SYMBOLS}


def same_as(recorded, other, what):
    for symbol, lines in market_data(recorded).items():
        check(len(lines) > 1000, "%d trades of %s were recorded" % (len(lines), symbol))
        equal(market_data(other)[symbol] == lines, True, "%s: the trades of %s" % (what, symbol))
    orders = plain(recorded.journal("orders"))
    check(len(orders) > 10, "the strategies trade: %d lines" % len(orders))
    found = plain(other.journal("orders"))
    for number, line in enumerate(orders):
        equal(found[number] if number < len(found) else None, line, "%s: line %d of the order flow" % (what, number + 1))
    equal(len(found), len(orders), "%s: lines of the order flow" % what)


def one_stream(one):
    """All trades of a host in the order in which they were delivered."""
    lines = [line for s in SYMBOLS for line in one.journal("md.trades." + s.replace("/", ""))]
    return [(line["symbol"], line["trade_id"]) for line in sorted(lines, key=lambda line: line["seq"])]


def recorded_day(recorded):
    done = recorded.run()
    equal(done.returncode, 0, "the market (%s)" % done.stderr)
    return recorded.path("log")


def into_hosts(recorded, folder):
    before = fingerprint(folder)
    words = [w for s in SYMBOLS for w in ("--symbol", s)] + ["--timeframe", "trades", "--speed", "max"]
    with host() as second, host() as again, host(FOLDER.format(dir=folder)) as third:
        for one in (second, again):
            one.start()
            done = replay(*words, "--json", folder=folder, to=one)
            equal(done.returncode, 0, "replay (%s)" % done.stderr)
            summary = json.loads(done.stdout)
            equal(summary["events"], len(one_stream(recorded)), "events replayed")
            equal(summary["bars"], 0, "bars replayed")
            one.stop()
        same_as(recorded, second, "replayed")
        equal(one_stream(second) == one_stream(recorded), True, "both symbols come in the order of the recording")
        equal(one_stream(again) == one_stream(second), True, "and in the same order every time")
        done = third.run()
        equal(done.returncode, 0, "playback of the folder (%s)" % done.stderr)
        same_as(recorded, third, "played")
        equal(one_stream(third) == one_stream(recorded), True, "playback keeps the order too")
    equal(fingerprint(folder), before, "the journals that were read")


TIMEFRAMES = ("1m", "5m", "15m", "1h")


def as_shown(one, live):
    """Trades and bars of a host in the order in which its strategies saw them. A host that makes the bars numbers them behind the trade
    that closes them, and shows them before it."""
    lines = [line for s in SYMBOLS for name in ["md.trades"] + ["ohlcv." + t for t in TIMEFRAMES]
             for line in one.journal("%s.%s" % (name, s.replace("/", "")))]
    out, closed = [], 0
    for line in sorted(lines, key=lambda line: line["seq"]):
        if "ts_open" in line and live:
            out.insert(len(out) - 1 if closed == 0 else out.index(closed), line)
        else:
            out.append(line)
            closed = line if "trade_id" in line else closed
    return plain(out)


def with_bars(recorded, folder):
    """Trades and bars into a host that makes none of its own, and the bars that one makes from the trades."""
    shown = as_shown(recorded, True)
    check(len([line for line in shown if "ts_open" in line]) > 200, "bars were recorded")
    words = [w for s in SYMBOLS for w in ("--symbol", s)] + ["--speed", "max", "--timeframe", "trades"]
    tape = FOLDER.format(dir=folder) + "      timeframes: %s, trades\n" % ", ".join(TIMEFRAMES)
    without = "services: [feeds, strategies, risk, broker, journal]\n"
    with host(without) as second, host(without + tape) as third, host() as maker:
        second.start()
        done = replay(*words, *(w for t in TIMEFRAMES for w in ("--timeframe", t)), folder=folder, to=second)
        equal(done.returncode, 0, "replay with bars (%s)" % done.stderr)
        second.stop()
        done = third.run()
        equal(done.returncode, 0, "playback with bars (%s)" % done.stderr)
        for one, what in ((second, "replayed"), (third, "played")):
            same_as(recorded, one, what + " with bars")
            found = as_shown(one, False)
            for number, line in enumerate(shown):
                equal(found[number] if number < len(found) else None, line, "%s: what is shown, number %d" % (what, number + 1))
            equal(len(found), len(shown), "%s: events shown" % what)
        maker.start()
        done = replay(*words, folder=folder, to=maker)
        equal(done.returncode, 0, "replay of trades (%s)" % done.stderr)
        maker.stop()
        for name in ["ohlcv.%s.%s" % (t, s.replace("/", "")) for t in TIMEFRAMES for s in SYMBOLS]:
            equal(plain(maker.journal(name)), plain(recorded.journal(name)), "%s made again" % name)


def in_part(recorded, folder):
    """A range, one symbol written without its slash."""
    trades = recorded.journal("md.trades.ATOMUSDT")
    inside = [t for t in trades if 1736122500000000000 <= t["ts_ns"] < 1736123400000000000]  # 2025-01-06, 00:15 to 00:30
    check(0 < len(inside) < len(trades), "some trades are in the range, some are not")
    with host() as one:
        one.start()
        done = replay("--symbol", "ATOMUSDT", "--timeframe", "trades", "--start", "2025-01-06T00:15:00Z", "--end", "2025-01-06T00:30:00Z",
                      "--speed", "max", folder=folder, to=one)
        equal(done.returncode, 0, "replay (%s)" % done.stderr)
        check(done.stdout.startswith("%d events replayed (%d trades, 0 bars), 2025-01-06T00:1" % (len(inside), len(inside))), done.stdout)
        equal(plain(one.journal("md.trades.ATOMUSDT")), plain(inside), "the trades of the range")
        done = replay("--symbol", "ATOM/USDT", "--timeframe", "trades", "--start", "2030-01-01", "--speed", "max", folder=folder, to=one)
        equal((done.returncode, done.stdout.split(",")[0]), (0, "0 events replayed (0 trades"), "nothing is in that range")
        one.stop()


def bars(folder):
    """Bars and trades of one instant, on the topics of live bars; a bar that stands there twice."""
    def bar(minute, close, timeframe="1m", seconds=60):
        ts = (1736121600 + 60 * minute) * 10**9
        return {"symbol": "ATOM/USDT", "timeframe": timeframe, "ts_open": ts, "ts_close": ts + seconds * 10**9, "open": 1, "high": 9,
                "low": 1, "close": close, "volume": 1}
    with host() as one:
        with open(os.path.join(folder, "ohlcv.1m.ATOMUSDT.20250106.ndjson"), "w", encoding="utf-8") as out:
            for line in [bar(minute, 2) for minute in range(9)] + [bar(9, 2), bar(9, 3)]:
                out.write(json.dumps(line) + "\n")
        with open(os.path.join(folder, "ohlcv.5m.ATOMUSDT.20250106.ndjson"), "w", encoding="utf-8") as out:
            for line in (bar(0, 5, "5m", 300), bar(5, 6, "5m", 300)):
                out.write(json.dumps(line) + "\n")
        one.start()
        done = replay("--symbol", "ATOM/USDT", "--timeframe", "5m", "--timeframe", "1m", "--speed", "max", "--json", folder=folder, to=one)
        equal(done.returncode, 0, "replay of bars (%s)" % done.stderr)
        summary = json.loads(done.stdout)
        equal((summary["events"], summary["bars"], summary["doubles"]), (12, 12, 1), "bars")
        one.stop()
        lines = one.journal("ohlcv.1m.ATOMUSDT") + one.journal("ohlcv.5m.ATOMUSDT")
        order = ["%s@%d" % (b["timeframe"], (b["ts_open"] - 1736121600 * 10**9) // (60 * 10**9)) for b in sorted(lines, key=lambda b: b["seq"])]
        equal(order, ["1m@0", "1m@1", "1m@2", "1m@3", "1m@4", "5m@0", "1m@5", "1m@6", "1m@7", "1m@8", "1m@9", "5m@5"], "order of bars")
        equal([b["close"] for b in lines if b["ts_open"] == (1736121600 + 540) * 10**9], [3], "of two the later line")


def by_hand(one, lines, **more):
    """A request of the control socket with the lines that it announces; the host answers the next one too."""
    with Caller(one.path("njord.sock")) as caller:
        caller.send(json.dumps(dict(cmd="replay", lines=len(lines), begin=True, **more)).encode() + b"\n")
        caller.send("".join(line + "\n" for line in lines).encode())
        answer = caller.line()
        check(caller.ask(cmd="status")["ok"], "the connection goes on")
        return answer


def refused(folder):
    words = ("--symbol", "ATOM/USDT", "--timeframe", "trades", "--speed", "max")
    usage = [(("--timeframe", "trades"), "expected --symbol"), (("--symbol", "ATOM/USDT"), "expected --timeframe"),
             (words[:4] + ("--speed", "fast"), "speed 'fast': expected 1x, 10x, 100x"),
             (words + ("--start", "yesterday"), "'--start': expected YYYY-MM-DD"),
             (words + ("--start", "2025-01-02", "--end", "2025-01-01"), "'--end' (2025-01-01) is not after '--start' (2025-01-02)"),
             (words[:2] + ("--timeframe", "minute"), "timeframe 'minute': expected trades or one like 1m"),
             (words + ("--timeframe", "trades"), "'trades' of 'ATOM/USDT' is asked for twice"),
             (("--symbol", "ATOM USDT", "--timeframe", "trades"), "symbol 'ATOM USDT'"),
             (words + ("extra",), "unexpected argument 'extra'"), (words + ("--count", "3"), "unknown option")]
    for more, text in usage:
        done = replay(*more, folder=folder)
        equal((done.returncode, text in done.stderr, done.stderr.count("\n")), (2, True, 1), "wrong usage (%s): %s" % (text, done.stderr))
    with host() as one:
        done = replay(*words, folder=folder, to=one)
        check(done.returncode == 1 and "no host listens at" in done.stderr, done.stderr)
        one.start()
        for more, where, text in ((words, "/nowhere/at/all", "journal folder '/nowhere/at/all'"),
                                  (("--symbol", "XRP/USDT") + words[2:], folder, "no 'md.trades.XRPUSDT'")):
            done = replay(*more, folder=where, to=one)
            equal((done.returncode, text in done.stderr, done.stderr.count("\n")), (1, True, 1), "refused (%s): %s" % (text, done.stderr))
        # what it has recorded itself, also by another name of the folder
        done = replay(*words, folder=folder, to=one)
        equal(done.returncode, 0, "into its journals (%s)" % done.stderr)
        own = one.path("log")
        before = fingerprint(own)
        os.symlink(own, one.path("elsewhere"))
        for name in (own, one.path("elsewhere"), os.path.join(own, "..", "log")):
            done = replay(*words, folder=name, to=one)
            check(done.returncode == 1 and "would write md.trades.ATOM/USDT into '%s', the journals that are replayed" % own in done.stderr,
                  done.stderr)
        # and the host itself says no, whatever the caller thinks
        st = os.stat(own)
        event = {"symbol": "ATOM/USDT", "price": 1, "qty": 1, "ts_ns": 1}
        answer = by_hand(one, [json.dumps(event)], journal="%d:%d" % (st.st_dev, st.st_ino))
        check(not answer["ok"] and "into the journals that are replayed" in answer["error"], answer)
        for lines, text in ((["{"], "replay: line 1: Trade at byte"), ([json.dumps(dict(event, price=None)), "?"], "Trade.price"),
                            (["", "{}"], "line 1"), (["x" * 100000], "line 1")):
            answer = by_hand(one, lines)
            check(not answer["ok"] and text in answer["error"], answer)
        for many in (-1, 100001, "1", 1.5, None):
            answer = one.ask("replay", lines=many)
            check(not answer["ok"] and "'lines' must be a number" in answer["error"], answer)
        equal(one.journal("md.trades.ATOMUSDT")[0]["price"] != 1, True, "nothing of it was taken")
        equal({k: v for k, v in fingerprint(own).items() if k != "app.ndjson"}, {k: v for k, v in before.items() if k != "app.ndjson"},
              "its journals")
        one.stop()
    # a host in the same folder that journals no market data may be replayed into
    with LiveHost(SYMBOLS, RISK + "journal:\n  topics: []\n", STRATEGIES) as one:
        os.mkdir(one.path("log"))
        shutil.copy(os.path.join(folder, "md.trades.ATOMUSDT.ndjson"), one.path("log"))
        one.start()
        done = replay(*words, folder=one.path("log"), to=one)
        equal(done.returncode, 0, "a host that journals no market data (%s)" % done.stderr)
        one.stop()


def damaged(folder):
    with open(os.path.join(folder, "md.trades.BTCUSDT.ndjson"), "a", encoding="utf-8") as out:
        out.write("oops\n")
    with host() as one:
        one.start()
        done = replay("--symbol", "BTC/USDT", "--timeframe", "trades", "--speed", "max", folder=folder, to=one)
        check(done.returncode == 1 and re.search(r"md\.trades\.BTCUSDT\.ndjson:\d+: ", done.stderr), done.stderr)
        check(re.match(r"\d{4,} events replayed", done.stdout), done.stdout)
        one.stop()


class Playing:
    """A replay that runs beside the test."""

    def __init__(self, one, folder, *words):
        self.process = subprocess.Popen([NJORD, "replay", "--journal-dir", folder, "--control", one.path("njord.sock"), "--json"] + list(words),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def says(self, what):
        line = self.process.stderr.readline()
        check(what in line, "it says '%s', expected '%s'" % (line, what))

    def ends(self, code):
        out, err = self.process.communicate(timeout=60)
        equal(self.process.returncode, code, "exit code (%s)" % err)
        return json.loads(out)


def paused(folder):
    """Two trades an hour apart."""
    start = 1736121600 * 10**9
    with open(os.path.join(folder, "md.trades.ATOMUSDT.ndjson"), "w", encoding="utf-8") as out:
        for n in range(2):
            out.write(json.dumps({"symbol": "ATOM/USDT", "price": 5 + n, "qty": 1, "ts_ns": start + n * 3600 * 10**9}) + "\n")
    words = ("--symbol", "ATOM/USDT", "--timeframe", "trades", "--speed")
    with host() as one:
        one.start()
        # at 3600 times its speed: pause, go on, end
        play = Playing(one, folder, *words, "3600x")
        wait(lambda: one.journal("md.trades.ATOMUSDT"), "the first trade")
        play.process.send_signal(signal.SIGUSR1)
        play.says("paused at 2025-01-06T00:00:00Z")
        play.process.send_signal(signal.SIGUSR1)
        play.says("going on")
        summary = play.ends(0)
        equal((summary["events"], summary["interrupted"]), (2, False), "both trades came")
        check(summary["paused_s"] > 0, "the pause is told: %s" % summary)
        check(summary["elapsed_s"] >= 1, "one second without the pause: %s" % summary)
        # as recorded: the second never comes; a pause may be ended by an interrupt
        for number, pauses in ((signal.SIGINT, False), (signal.SIGTERM, True)):
            seen = len(one.journal("md.trades.ATOMUSDT"))
            play = Playing(one, folder, *words, "1x")
            wait(lambda: len(one.journal("md.trades.ATOMUSDT")) == seen + 1, "the first trade")
            if pauses:
                play.process.send_signal(signal.SIGUSR1)
                play.says("paused at 2025-01-06T00:00:00Z after 1 events")
            play.process.send_signal(number)
            summary = play.ends(1)
            equal((summary["events"], summary["interrupted"]), (1, True), "interrupted")
        # stopped by the terminal's Ctrl-Z and brought back
        play = Playing(one, folder, *words, "3600x")
        seen = len(one.journal("md.trades.ATOMUSDT"))
        play.process.send_signal(signal.SIGTSTP)
        wait(lambda: "T" in open("/proc/%d/stat" % play.process.pid, encoding="utf-8").read().rsplit(")", 1)[1].split()[0] or
             play.process.poll() is not None, "it stops")
        play.process.send_signal(signal.SIGCONT)
        equal(play.ends(0)["events"], 2, "both trades came after it was stopped")
        one.stop()


def alone(folder):
    """One replay at a time; a host that stops ends it with a line."""
    with host() as one:
        one.start()
        play = Playing(one, folder, "--symbol", "ATOM/USDT", "--timeframe", "trades", "--speed", "1x")
        wait(lambda: one.journal("md.trades.ATOMUSDT"), "the first trade")
        done = replay("--symbol", "ATOM/USDT", "--timeframe", "trades", folder=folder, to=one)
        check(done.returncode == 1 and "another one is under way" in done.stderr, done.stderr)
        play.process.send_signal(signal.SIGINT)
        play.ends(1)
        play = Playing(one, folder, "--symbol", "ATOM/USDT", "--timeframe", "trades", "--speed", "7200x")
        wait(lambda: len(one.journal("md.trades.ATOMUSDT")) >= 2, "the first trade")
        one.stop()
        play.process.wait(60)
        check(play.process.returncode in (0, 1), "it ends when the host does")
        play.process.communicate()


def live_host(folder):
    with LiveHost(SYMBOLS, RISK, env="live", clock="wall", watch="false\n  trust: owner") as one:
        one.start()
        done = replay("--symbol", "ATOM/USDT", "--timeframe", "trades", folder=folder, to=one)
        check(done.returncode == 1 and "refused while app.env is live" in done.stderr, done.stderr)
        answer = one.ask("replay", lines=0)
        check(not answer["ok"] and "refused while app.env is live" in answer["error"], answer)
        one.stop()


def over_redis(recorded, folder):
    with host() as one, Redis(one.dir) as redis:
        words = [w for s in SYMBOLS for w in ("--symbol", s)] + ["--timeframe", "trades", "--speed", "max"]
        done = replay("--symbol", "ATOM/USDT", "--timeframe", "trades", "--speed", "max", "--config", one.dir, folder=folder, bus=redis.url)
        check(done.returncode == 0 and "no host listens to these topics on that bus" in done.stderr, done.stderr)
        one.write("base.yaml", one.text() + "bus:\n  url: %s\n" % redis.url)
        one.start()
        done = replay(*words, "--config", one.dir, folder=folder, bus=redis.url)
        equal(done.returncode, 0, "replay over Redis (%s)" % done.stderr)
        n = len(one_stream(recorded))
        wait(lambda: one.status()["bus"]["received"] >= n, "all trades on the bus")
        wait(lambda: len(one_stream(one)) == n, lambda: "%d trades in the journals, %d are" % (n, len(one_stream(one))))
        flow = len(recorded.journal("orders"))
        wait(lambda: len(one.journal("orders")) >= flow, lambda: "%d lines of order flow, %d are" % (flow, len(one.journal("orders"))))
        equal(one.status()["bus"]["gaps"], 0, "gaps")
        same_as(recorded, one, "over Redis")
        # the host of this configuration is asked, whatever the bus
        done = replay(*words, "--config", one.dir, folder=one.path("log"), bus=redis.url)
        check(done.returncode == 1 and "the journals that are replayed" in done.stderr, done.stderr)
        one.stop()


def main():
    with host(MARKET) as recorded:
        folder = recorded_day(recorded)
        into_hosts(recorded, folder)
        with_bars(recorded, folder)
        in_part(recorded, folder)
        refused(folder)
        if is_there():
            over_redis(recorded, folder)
        else:
            print("not run: no redis-server")
        live_host(folder)
        damaged(folder)
    with LiveHost(SYMBOLS) as scratch:
        os.mkdir(scratch.path("a"))
        bars(scratch.path("a"))
        os.mkdir(scratch.path("b"))
        paused(scratch.path("b"))
        alone(scratch.path("b"))
    print("replayed hosts decide as the recorded one")


if __name__ == "__main__":
    sys.exit(main())
