#!/usr/bin/env python3
"""njord backtest --rerun: a result file says enough to come out again, byte for byte, whatever the configuration says by then; and
what has changed since (Njord, plugin, data, a figure) is told in one line."""
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import njord  # noqa: E402
from njordtest import BUILD, PLUGINS, SOURCE, check, equal  # noqa: E402

BARS = os.path.abspath(os.path.join(SOURCE, "tests", "golden", "backtest", "sim_bars.csv.gz"))
BASE = """app:
  env: paper
  seed: 99
exchange:
  symbols: [ATOM/USDT, BTC/USDT]
symbols:
  ATOM/USDT:
    tick: 0.001
    step: 0.01
    min_qty: 0.01
logging:
  journal_dir: %s
ohlcv:
  timeframes: [1m, 15m]
"""
STRATEGIES = """strategies:
  - id: ticks
    plugin: trendline_break
    symbols: [BTC/USDT]
    events: ["md.trades.*", "md.ohlcv.15m.*"]
    params:
      breakout_threshold: 0.002
  - id: mine
    plugin: ma_cross
    symbols: [ATOM/USDT]
    events: ["md.ohlcv.15m.*"]
    params:
      fast: 3
      slow: 8
      qty: 50
"""


class Place:
    """A folder with a configuration, the plugins and a journal of bars."""

    def __init__(self, folder):
        self.dir = folder
        self.plugins = os.path.join(folder, "plugins")
        shutil.copytree(os.path.join(PLUGINS, "strategies"), self.plugins, ignore=lambda _, names: [n for n in names if not n.endswith(".so")])
        shutil.copy(os.path.join(BUILD, "tests", "plugins", "puppet.so"), self.plugins)
        self.configure(BASE % os.path.join(folder, "log"), STRATEGIES)
        code, _, err = njord("data", "import", BARS, "--symbol", "ATOM/USDT", "--config", self.path("config"))
        equal((code, err), (0, ""), "import")
        with open(self.path("trades.csv"), "w", encoding="utf-8") as file:  # some come late, so does the last
            file.write("ts,price,qty,side\n")
            for i in range(4000):
                file.write("%d,%.2f,0.5,%s\n" % (1736200000000 + 700 * i - (i % 50 == 49) * 5000, 60000 + i * 7919 % 401, ("buy", "sell")[i % 2]))
        code, _, err = njord("data", "import", self.path("trades.csv"), "--symbol", "BTC/USDT", "--kind", "trades", "--config", self.path("config"))
        equal((code, err), (0, ""), "import of trades")

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def configure(self, base, strategies):
        os.makedirs(self.path("config"), exist_ok=True)
        for name, text in (("base", base), ("strategies", strategies)):
            with open(self.path("config", name + ".yaml"), "w", encoding="utf-8") as file:
                file.write(text)

    def backtest(self, *words):
        """Runs one: the path of its result."""
        code, out, err = njord("backtest", "--config", self.path("config"), "--plugins", self.plugins, "--output", self.path("out"),
                               "--no-report", "--json", *words)
        equal((code, err), (0, ""), "backtest %r" % (words,))
        result = json.loads(out)
        path = self.path("out", "%s_%s.json" % (result["strategy_id"], result["symbol"].replace("/", "")))
        with open(path, encoding="utf-8") as file:
            equal(file.read(), out, "the file")
        return path

    def again(self, path, *words):
        return njord("backtest", "--rerun", path, "--config", self.path("config"), "--plugins", self.plugins, *words)

    def same(self, path, *words):
        equal(self.again(path, *words), (0, "same: '%s' comes out again, byte for byte\n" % path, ""), "rerun %r" % (words,))

    def differs(self, path, text, *words):
        code, out, err = self.again(path, *words)
        check(code == 1 and out == "" and text in err and err.count("\n") == 1, "expected '%s', found %r" % (text, (code, out, err)))


def comes_out_again(place):
    """All that a run can be told is in its result: the configuration may have gone."""
    kept = []
    for at, (words, more) in enumerate((
            (["--strategy", "mine"], []),
            (["--strategy", "ticks", "--input", "trades", "--warmup", "300", "--timeframe", "5m"], []),
            (["--strategy", "mine", "--param", "slow=9", "--fill", "next-open", "--warmup", "40", "--start", "2025-01-07"], []),
            (["--strategy", "trendline_break", "--symbol", "ATOM/USDT", "--risk", "--param", "breakout_threshold=0.004"], []),
            (["--strategy", "buy_hold", "--symbol", "ATOM/USDT", "--csv", BARS, "--capital", "77.5", "--no-cash-check", "--no-short",
              "--periods-per-year", "252", "--risk-free", "0.02"], ["--csv", BARS]),
            (["--strategy", "puppet", "--symbol", "ATOM/USDT", "--commission", "0.0003", "--slippage", "1", "--limit-gap", "open", "--param",
              "quiet=1", "--param", "script=b1 lbuy ATOM/USDT 10.005 7.9;f1 lsell ATOM/USDT 10 8.5;b9 buy ATOM/USDT 0.013"], []))):
        path = place.path("kept%d.json" % at)
        shutil.move(place.backtest(*words), path)
        place.same(path, *more)
        kept.append((path, more))
    place.configure("app:\n  env: paper\nlogging:\n  journal_dir: %s\n" % place.path("log"), "strategies: []\n")
    for path, more in kept:
        place.same(path, *more)
    code, out, _ = place.again(kept[0][0], "--json")
    equal((code, json.loads(out)), (0, {"result": kept[0][0], "same": True, "differs": None}), "--json")
    place.configure(BASE % place.path("log"), STRATEGIES)


def what_differs(place):
    path = place.backtest("--strategy", "ma_cross", "--symbol", "ATOM/USDT")
    with open(path, encoding="utf-8") as file:
        text = file.read()

    def edited(old, new, expected):
        changed = place.path("edited.json")
        check(old in text, "'%s' is in the result" % old)
        with open(changed, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new, 1))
        place.differs(changed, expected)

    version = json.loads(text)["config"]["njord"]
    edited('"njord":"%s"' % version, '"njord":"0.0.1"', "not the same: njord differs: version 0.0.1 then, %s now" % version)
    edited('"final_capital":', '"final_capital":1', "not the same: bytes differ at 'final_capital': 1")
    edited('"side":"buy"', '"side":"sell"', "not the same: bytes differ at 'fills[0].side': \"sell\" then, \"buy\" now")
    edited(',"exposed":', ',"more":1,"exposed":', "not the same: bytes differ at 'more': 1 then, nothing now")
    edited('{"strategy_id"', '{ "strategy_id"', "not the same: bytes differ at byte 2: the same values, written otherwise")
    place.same(path)
    # the plugin: the same code in another file
    plugin = os.path.join(place.plugins, "ma_cross.so")
    with open(plugin, "ab") as file:
        file.write(b"\0")
    place.differs(path, "not the same: plugin 'ma_cross' changed: sha256 %s" % json.loads(text)["config"]["plugin"]["sha256"][:16])
    shutil.copy(os.path.join(PLUGINS, "strategies", "ma_cross.so"), plugin)
    place.same(path)
    # the plugin elsewhere
    os.rename(plugin, place.path("ma_cross.so"))
    place.differs(path, "ma_cross")
    place.same(path, "--strategy", place.path("ma_cross.so"))
    os.rename(place.path("ma_cross.so"), plugin)
    # one digit in the midst of a journal, its size and time of change as before
    journal = place.path("log", "ohlcv.1m.ATOMUSDT.20250107.ndjson")
    with open(journal, "rb") as file:
        data = file.read()
    at = data.index(b'"close":', len(data) // 2) + len(b'"close":')
    stamp = os.stat(journal)
    with open(journal, "r+b") as file:
        file.seek(at)
        file.write(b"9" if data[at:at + 1] != b"9" else b"8")
    os.utime(journal, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    code, out, err = place.again(path)
    check(code == 1 and out == "" and err.count("\n") == 1, "a journal that changed: %r" % ((code, out, err),))
    with open(journal, "wb") as file:
        file.write(data)
    place.same(path)
    # a day less
    os.rename(journal, journal + ".away")
    place.differs(path, "not the same: the data of 'ATOM/USDT' changed: 4319 rows")
    os.rename(journal + ".away", journal)


def wrong_usage(place):
    path = place.backtest("--strategy", "ma_cross", "--symbol", "ATOM/USDT")
    for words, text in ((["--capital", "5"], "--capital is not for it"), (["--symbol", "A/B"], "--symbol is not for it"),
                        (["--param", "fast=2"], "--rerun takes all of it"), (["--csv", BARS], "--csv is not for it"),
                        (["--strategy", "ma_cross"], "expected --strategy PATH")):
        code, out, err = place.again(path, *words)
        check(code == 2 and out == "" and text in err and err.count("\n") == 1, "%r: %r" % (words, (code, out, err)))
    with open(place.path("none.json"), "w", encoding="utf-8") as file:
        file.write("{}")
    place.differs(place.path("none.json"), "expected")
    place.differs(place.path("nothing.json"), "No such file")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        place = Place(folder)
        comes_out_again(place)
        what_differs(place)
        wrong_usage(place)
        equal([name for name in os.listdir(folder) if name.startswith("njord-rerun.")], [], "folders left behind")
    print("rerun: the same bytes, or what differs")


main()
