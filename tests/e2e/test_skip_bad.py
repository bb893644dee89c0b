#!/usr/bin/env python3
"""Malformed lines of journals: whoever reads them stops at the first and names file and line; with --skip-bad it is passed over and
counted, and what is left is the same as if it had never been there."""
import json
import os
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import njord  # noqa: E402
from njordtest import BUILD, check, equal  # noqa: E402

MINUTE = 60 * 10**9
START = 1704067200 * 10**9  # 2024-01-01
PLUGINS = os.path.join(BUILD, "plugins")


def bar(n):
    price = 10 + n % 7
    return json.dumps({"symbol": "ATOM/USDT", "timeframe": "1m", "ts_open": START + n * MINUTE, "ts_close": START + (n + 1) * MINUTE,
                       "open": price, "high": price + 1, "low": price - 1, "close": price, "volume": 1}) + "\n"


def trade(n):
    return json.dumps({"symbol": "ATOM/USDT", "price": 10 + n % 5, "qty": 1, "ts_ns": START + n * 10**9, "trade_id": str(n), "venue": "x"}) + "\n"


def folder(top, name, broken):
    """Two journals; with `broken` their third and tenth line are none."""
    where = os.path.join(top, name)
    os.mkdir(where)
    for file, make in (("ohlcv.1m.ATOMUSDT.20240101.ndjson", bar), ("md.trades.ATOMUSDT.20240101.ndjson", trade)):
        lines = [make(n) for n in range(200)]
        if broken:
            lines.insert(2, '{"symbol":"ATOM/USDT","pri\n')
            lines.insert(9, lines[9].replace('"symbol"', '"symbol":7,"symbol"', 1))
        with open(os.path.join(where, file), "w", encoding="utf-8") as out:
            out.writelines(lines)
    return where


def both(words, broken, clean, file, cwd):
    """Refused with file and line; with --skip-bad: (its output, that of the clean folder)."""
    code, _, err = njord(*words(broken), cwd=cwd)
    equal(code, 1, "%r (%r)" % (words(broken), err))
    check(err.count("\n") == 1 and "%s:3: " % os.path.join(broken, file) in err, "names file and line: %r" % err)
    code, skipped, err = njord(*words(broken), "--skip-bad", cwd=cwd)
    equal(code, 0, "with --skip-bad: %r" % err)
    code, whole, err = njord(*words(clean), cwd=cwd)
    equal(code, 0, "the clean folder: %r" % err)
    return skipped, whole


def main():
    bars, trades = "ohlcv.1m.ATOMUSDT.20240101.ndjson", "md.trades.ATOMUSDT.20240101.ndjson"
    with tempfile.TemporaryDirectory() as top:
        broken, clean = folder(top, "broken", True), folder(top, "clean", False)
        for kind, file in (("1m", bars), ("trades", trades)):
            skipped, whole = both(lambda d, k=kind: ("data", "export", "--symbol", "ATOM/USDT", "--timeframe", k, "--format", "csv",
                                                     "--output", "-", "--journal-dir", d), broken, clean, file, top)
            equal(skipped, whole, "what is exported of %s" % kind)
        code, out, err = njord("data", "export", "--symbol", "ATOM/USDT", "--timeframe", "1m", "--format", "csv", "--output",
                               os.path.join(top, "x.csv"), "--journal-dir", broken, "--skip-bad", "--json")
        equal((code, json.loads(out)["rows"], json.loads(out)["bad_lines"]), (0, 200, 2), "counted: %r" % err)

        def ohlcv(d):
            return ("ohlcv", "--symbol", "ATOM/USDT", "--from", d, "--timeframes", "1m", "--output", d + ".bars", "--json")
        skipped, whole = both(ohlcv, broken, clean, trades, top)
        skipped, whole = json.loads(skipped), json.loads(whole)
        equal((skipped["bad_lines"], whole["bad_lines"], skipped["trades"]), (2, 0, 200), "bars of trades")
        equal(skipped["timeframes"], whole["timeframes"], "the bars made")

        def backtest(d):
            return ("backtest", "--strategy", "ma_cross", "--symbol", "ATOM/USDT", "--journal-dir", d, "--plugins", PLUGINS,
                    "--no-report", "--json", "--output", d + ".out")
        skipped, whole = both(backtest, broken, clean, bars, top)
        skipped, whole = json.loads(skipped), json.loads(whole)
        equal(skipped["config"]["data"][0].pop("bad_lines"), 2, "counted in the result")
        check(any(text.startswith("2 lines of the data could not be read") for text in skipped["warnings"]), "said: %r" % skipped["warnings"])
        skipped["warnings"] = [text for text in skipped["warnings"] if "could not be read" not in text]
        equal(skipped, whole, "the same result")
        result = os.path.join(broken + ".out", "ma_cross_ATOMUSDT.json")
        code, out, err = njord("backtest", "--rerun", result, "--journal-dir", broken, "--plugins", PLUGINS, cwd=top)
        equal((code, err), (0, ""), "a rerun passes over them too: %r" % out)

        # a CSV file, two of whose lines are bad
        with open(os.path.join(clean, bars), encoding="utf-8") as journal:
            rows = [json.loads(line) for line in journal]
        lines = ["ts_open,open,high,low,close,volume"] + [",".join(repr(r[k]) for k in ("ts_open", "open", "high", "low", "close", "volume")) for r in rows]
        for name, more in (("clean.csv", []), ("broken.csv", ["1,2,3", "x"])):
            with open(os.path.join(top, name), "w", encoding="utf-8") as file:
                file.write("\n".join(lines[:100] + more + lines[100:]) + "\n")

        def from_csv(name, *words):
            return njord("backtest", "--strategy", "ma_cross", "--symbol", "ATOM/USDT", "--csv", name, "--plugins", PLUGINS, "--no-report",
                         "--json", *words, cwd=top)
        equal(from_csv("broken.csv"), (1, "", "njord backtest: broken.csv:101: expected 6 columns as in the header, found 3\n"), "a bad line")
        (code, skipped, err), (_, whole, _) = from_csv("broken.csv", "--skip-bad"), from_csv("clean.csv")
        equal((code, err), (0, ""), "a CSV file with bad lines")
        skipped, whole = json.loads(skipped), json.loads(whole)
        equal(skipped["config"]["data"][0].pop("bad_lines"), 2, "counted of a CSV file")
        skipped["warnings"] = [text for text in skipped["warnings"] if "could not be read" not in text]
        equal(skipped, whole, "the same result of a CSV file")

        code, out, err = njord("replay", "--symbol", "ATOM/USDT", "--timeframe", "1m", "--journal-dir", broken, "--skip-bad", "--control",
                               os.path.join(top, "none.sock"), cwd=top)
        check(code == 1 and "no host listens" in err, "replay knows it: %r" % err)
    print("skip-bad: ok")


if __name__ == "__main__":
    main()
