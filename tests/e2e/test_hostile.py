#!/usr/bin/env python3
"""Nonsense for those who run backtests: command lines, data, plugins and result files that cannot be, places that cannot be written.
Each is answered by one line that names what is wrong, with exit code 2 where the words are wrong and 1 where the world is, and leaves no
file that was not there, and none in pieces."""
import json
import os
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import LIMIT, njord  # noqa: E402
from njordtest import BUILD, NJORD, PLUGINS, check, equal  # noqa: E402

FIRST = 1735689600
HEADER = "ts,open,high,low,close,volume\n"
GOOD = [10, 11, 9, 10, 1]


def test_plugin(name):
    return os.path.abspath(os.path.join(BUILD, "tests", "plugins", name + ".so"))


def bars(path, rows, step=60):
    with open(path, "w", encoding="utf-8") as out:
        out.write(HEADER)
        for i, row in enumerate(rows):
            out.write("%d,%s\n" % (FIRST + step * i, ",".join(str(v) for v in row)))


class Place:
    """A folder in which everything happens, and what is in it."""

    reports = True

    def __init__(self, folder):
        self.folder = folder
        os.mkdir(self.at("config"))
        with open(self.at("config", "base.yaml"), "w", encoding="utf-8") as out:
            out.write("app:\n  env: paper\n")
        bars(self.at("bars.csv"), [[10 + i % 7, 20, 5, 10 + (i * 3) % 7, 1] for i in range(60)])
        self.common = ["--config", "config", "--plugins", os.path.abspath(PLUGINS), "--symbol", "ATOM/USDT"]

    def at(self, *names):
        return os.path.join(self.folder, *names)

    def files(self):
        return {os.path.join(top, name): os.stat(os.path.join(top, name)).st_size for top, _, names in os.walk(self.folder) for name in names}

    def run(self, *words):
        return njord(*words, cwd=self.folder)

    def backtest(self, *words, data="bars.csv", strategy="ma_cross"):
        return ["backtest", *self.common, "--strategy", strategy, "--csv", data, "--output", "out", "--no-report", *words]

    def sweep(self, *words):
        return ["sweep", *self.common, "--strategy", "ma_cross", "--csv", "bars.csv", "--output", "sweep.csv", *words]

    def refused(self, code, says, words):
        """One line that says it, and no file more, less or other."""
        name = " ".join(words)
        before = self.files()
        found, _, err = self.run(*words)
        equal(found, code, "%s: exit code (%s)" % (name, err))
        equal(err.count("\n"), 1, "%s: one line: %s" % (name, err))
        check(err.startswith("njord %s: " % words[0]), "%s: who says it: %s" % (name, err))
        check(says in err, "%s: expected %r in: %s" % (name, says, err))
        check(all(ch == "\n" or ch.isprintable() for ch in err), "%s: control characters: %r" % (name, err))
        equal(self.files(), before, "%s: files" % name)


def command_lines(place):
    for says, *words in (
            ("expected YYYY-MM-DD", "--start", "2025-13-01"), ("expected YYYY-MM-DD", "--start", "yesterday"), ("expected YYYY-MM-DD", "--end", "2025-02-30"),
            ("expected YYYY-MM-DD", "--start", ""), ("expected YYYY-MM-DD", "--start", "99999-01-01"),
            ("is not after '--start'", "--start", "2025-01-02", "--end", "2025-01-01"),
            ("is not after '--start'", "--start", "2025-01-01T10:00:00Z", "--end", "2025-01-01T10:00:00Z"),
            *(("'--capital'", "--capital", v) for v in ("0", "-1", "nan", "inf", "1e308", "1e309", "", "10k", "1e-300")),
            *(("'--commission'", "--commission", v) for v in ("-0.5", "1.5", "1", "nan", "")),
            *(("'--slippage'", "--slippage", v) for v in ("-1", "10000", "1e9", "nan", "")),
            *(("'--warmup'", "--warmup", v) for v in ("-1", "1.5", "99999999999999999999", "x")),
            *(("'--periods-per-year'", "--periods-per-year", v) for v in ("0", "-5", "nan")), ("'--risk-free'", "--risk-free", "nan"),
            *(("timeframe", "--timeframe", v) for v in ("7m", "0m", "2d", "xx", "")),
            ("expected close or next-open", "--fill", "open"), ("expected limit or open", "--limit-gap", "close"), ("needs a value", "--fill"),
            ("expected bars or trades", "--input", "candles"), ("unknown option", "--bogus"), ("unexpected argument", "extra"), ("unknown option", "--json=5"),
            ("needs a value", "--param"), ("expected NAME=VALUE", "--param", "fast"), ("unknown parameter", "--param", "=5"),
            ("did you mean 'fast'?", "--param", "fsat=5"),
            *(("'fast': expected an integer", "--param", "fast=" + v) for v in ("0", "abc", "1e3", "9" * 23, "2,3")),
            ("'qty': expected a number", "--param", "qty=nan"), ("one --symbol", "--symbol", "BTC/USDT"), ("one --symbol", "--symbol", "ATOM/USDT"),
            ("exclude each other", "--report", "x.html"), ("No such file", "--config", "nowhere")):
        place.refused(2, says, place.backtest(*words))
    place.refused(2, "expected --strategy", ["backtest", *place.common, "--csv", "bars.csv"])
    place.refused(2, "is no BASE/QUOTE symbol", ["backtest", "--strategy", "ma_cross", "--csv", "bars.csv", *place.common[:-1], "A/B/C"])
    for says, *words in (("no rows", "--start", "2030-01-01"), ("no rows", "--end", "1999-01-01"), ("takes all of the 60 rows", "--warmup", "60"),
                         ("opens 60 s after", "--timeframe", "5m"), ("is a file", "--output", "bars.csv"), ("column 'price'", "--input", "trades")):
        place.refused(1, says, place.backtest(*words))
    place.refused(1, "no 1m bars", ["backtest", *place.common, "--strategy", "ma_cross", "--journal-dir", "nowhere"])


def sweeps(place):
    for says, *words in (
            ("--param NAME=VALUES",), ("a value is missing", "--param", "fast="), ("does not lead", "--param", "fast=5..2"),
            ("does not lead", "--param", "fast=2..5:0"), ("more than", "--param", "fast=2..1000000000"), ("did you mean 'fast'?", "--param", "fsat=2,3"),
            ("stands twice", "--param", "fast=2,2"), ("'fast': expected an integer", "--param", "fast=0,3"),
            ("ends too early", "--param", "fast=2,3", "--where", "fast <"), ("no --param 'nope'", "--param", "fast=2,3", "--where", "nope < 3"),
            ("no set is left", "--param", "fast=2,3", "--where", "fast > 100"), ("'--jobs'", "--param", "fast=2,3", "--jobs", "0"),
            ("is no metric", "--param", "fast=2,3", "--sort", "nope"), ("'--samples'", "--param", "fast=2,3", "--samples", "0"),
            ("expected a name", "--param", "fast=2,3", "--output", "")):
        place.refused(2, says, place.sweep(*words))
    place.refused(1, "it is a folder", place.sweep("--param", "fast=2,3", "--output", "config"))
    place.refused(1, "it is a device", place.sweep("--param", "fast=2,3", "--output", "pipe"))


def plugins(place):
    for name, says in (("notelf", "no ELF header"), ("empty", "is empty")):
        with open(place.at(name + ".so"), "w", encoding="utf-8") as out:
            out.write("x\n" if name == "notelf" else "")
        place.refused(1, says, place.backtest(strategy="./%s.so" % name))
    for strategy, says in (("./nope.so", "No such file"), ("ma_crss", "did you mean 'ma_cross'"),
                           (test_plugin("segv_on_create"), "signal 11"), (test_plugin("abort_on_create"), "signal 6"),
                           (test_plugin("create_refuses"), "create refused"), (test_plugin("missing_symbol"), "undefined symbol"),
                           (test_plugin("no_callbacks"), "no callback at all"), (test_plugin("wrong_major"), "plugin ABI")):
        place.refused(1, says, place.backtest(strategy=strategy))
    place.refused(2, "expected a file name", place.backtest(strategy="config/"))
    place.refused(2, "has no callback for bars", place.backtest(strategy=test_plugin("segv_on_event")))


def rows(place):
    third = "%d," % (FIRST + 60)
    for line, says in ((third + "10,11,9", "bad.csv:3: expected 6 columns"), (third + "10,11,9,x,1", "bad.csv:3: close"),
                       (third + "nan,11,9,10,1", "bad.csv:3: open"), (third + "1e400,11,9,10,1", "bad.csv:3: open"), (third + "-10,11,9,10,1", "above 0"),
                       (third + "0,0,0,0,1", "above 0"), ("%d,10,11,9,10,1" % FIRST, "is not after"), ("%d,10,11,9,10,1" % (FIRST - 60), "is not after"),
                       ("%d,10,11,9,10,1" % (FIRST + 30), "opens 30 s after"), ("abc,10,11,9,10,1", "bad.csv:3: time"),
                       ("9" * 20 + ",10,11,9,10,1", "bad.csv:3: time"),
                       (third + "10,11,9,10,1,7,8", "bad.csv:3: expected 6 columns")):
        with open(place.at("bad.csv"), "w", encoding="utf-8") as out:
            out.write(HEADER + "%d,10,11,9,10,1\n%s\n%d,10,11,9,10,1\n" % (FIRST, line, FIRST + 120))
        place.refused(1, says, place.backtest(data="bad.csv"))
    for data, says in ((HEADER.encode(), "holds no rows"), (b"", "holds no rows"), (bytes(range(256)) * 9, "neither a capture"),
                       (b"\x1b[31mred\x1b]0;x\x07", "neither a capture")):
        with open(place.at("bad.csv"), "wb") as out:
            out.write(data)
        place.refused(1, says, place.backtest(data="bad.csv"))
    place.refused(1, "no such file", place.backtest(data="nowhere.csv"))
    place.refused(1, "is a directory", place.backtest(data="config"))
    # what may be, but is strange, is told
    bars(place.at("bad.csv"), [GOOD, [10, 9, 11, 10, 1], [10, 11, 9, 12, 1], [10, 11, 9, 10, -1], GOOD])
    code, out, err = place.run(*place.backtest("--json", data="bad.csv"))
    equal((code, err), (0, ""), "bars with impossible values")
    check("3 bars have impossible values: njord data validate lists them" in json.loads(out)["warnings"], "they are told")


def results(place):
    """Results cut at every 100 bytes; curves that cannot be; places that take no file."""
    for name in ("ma_cross", "buy_hold"):
        equal(place.run(*place.backtest("--param", "qty=10", strategy=name))[0], 0, name)
    good, other, cut = "out/ma_cross_ATOMUSDT.json", "out/buy_hold_ATOMUSDT.json", place.at("cut.json")
    with open(place.at(good), "rb") as file:
        whole = file.read()
    os.mkfifo(place.at("pipe"))
    place.reports = "not built in" not in place.run("report", "nowhere", "-o", "r.html")[2]
    if not place.reports:
        print("without reports, which are not built in")
    rerun = ["backtest", "--config", "config", "--plugins", os.path.abspath(PLUGINS), "--csv", "bars.csv", "--rerun"]
    equal(place.run(*rerun, good)[0], 0, "the whole result")
    for at in range(0, len(whole), 100):
        with open(cut, "wb") as file:
            file.write(whole[:at])
        verbs = [["compare", "cut.json", other], ["metrics", "cut.json"], rerun + ["cut.json"]] + [["report", "cut.json", "-o", "cut.html"]] * place.reports
        for words in verbs[at // 100 % 2::2]:
            place.refused(1, "cut.json", words)
    for text, says in (("", "no point in it"), ("[1,2]\n[1,3]\n", "is not after"), ('[1,2]\n[2,"x"]\n', "e.ndjson:2"), ("[1,2]\n[2,nan]\n", "e.ndjson:2"),
                       ("[1,2]\n\n[2,3]\n", "e.ndjson:2"), ("ts,equity\n1704067200,10\nx,2\n", "e.ndjson:3"), ("a,b\n1,2\n", "found 'a,b'"),
                       ("[1,0]\n[2,0]\n", "--initial"), ("\x1b[31mred\x07", "e.ndjson:1")):
        with open(place.at("e.ndjson"), "w", encoding="utf-8") as out:
            out.write(text)
        place.refused(1, says, ["metrics", "e.ndjson"])
    for words, says in ((["metrics"], "njord metrics CURVE"), (["metrics", good, good], "unexpected argument"),
                        (["metrics", good, "--initial", "0"], "'--initial'"),
                        (["compare", good], "two results"), (["compare", good, other, "--threshold", "-1"], "'--threshold'"),
                        (rerun[:-3] + ["--rerun", good], "--csv")):
        place.refused(2, says, words)
    for words, says in ((["metrics", "nowhere"], "No such file"), (["compare", good, "bars.csv"], "byte 2"),
                        (["compare", good, other, "--output", "pipe"], "it is a device, a pipe"), (rerun + ["bars.csv"], "byte 2")):
        place.refused(1, says, words)
    if not place.reports:
        return
    place.refused(2, "RESULT.json", ["report"])
    place.refused(2, "-o FILE.html", ["report", good])
    for words, says in ((["nowhere", "-o", "r.html"], "No such file"), ([good, "-o", "pipe"], "it is a device, a pipe"),
                        ([good, "-o", "config"], "it is a folder")):
        place.refused(1, says, ["report", *words])


def full(place):
    """Places that take no more: standard output, and a file at its size limit."""
    for words in (place.backtest(), place.backtest("--json"), ["metrics", "out/ma_cross_ATOMUSDT.json"]):
        with open("/dev/full", "w", encoding="utf-8") as nowhere:
            done = subprocess.run([os.path.abspath(NJORD)] + words, stdout=nowhere, stderr=subprocess.PIPE, text=True, cwd=place.folder,
                                  timeout=LIMIT, check=False)
        equal((done.returncode, done.stderr), (1, "njord %s: standard output cannot be written\n" % words[0]), " ".join(words))
    before = place.files()
    for words in (["report", "out/ma_cross_ATOMUSDT.json", "-o", "r.html"],
                  ["compare", "out/ma_cross_ATOMUSDT.json", "out/buy_hold_ATOMUSDT.json", "--output", "c.csv"]):
        if words[0] == "report" and not place.reports:
            continue
        done = subprocess.run([os.path.abspath(NJORD)] + words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=place.folder,
                              timeout=LIMIT, check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (256, 256)))
        equal((done.returncode, done.stderr.count("\n")), (1, 1), "%s: %s" % (" ".join(words), done.stderr))
        check("File too large" in done.stderr, done.stderr)
        equal(place.files(), before, "nothing is left of %s" % " ".join(words))


def main():
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder)
        command_lines(place)
        plugins(place)
        rows(place)
        results(place)
        sweeps(place)
        full(place)


main()
