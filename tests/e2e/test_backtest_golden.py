#!/usr/bin/env python3
"""Backtests against figures that an independent script worked out in exact fractions (tests/golden/backtest): every fill, every point
of the curve, every profit and metric to 1e-9, over bars of the market simulator and, where they are, of an exchange. Then what holds
without a script: a curve over closes that never fall does not fall, and a run again gives the same bytes.

NJORD_SOAK=1: the exchange's bars point by point too, not only against what is kept of them."""
import glob
import json
import os
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import njord  # noqa: E402
from njordtest import BUILD, DATA, PLUGINS, SOURCE, check, equal  # noqa: E402

GOLDEN = os.path.join(SOURCE, "tests", "golden", "backtest")
sys.path.insert(0, GOLDEN)
import metrics as definitions  # noqa: E402
import recompute  # noqa: E402

OURS = 1e-9


def backtest(folder, *words):
    """Runs it with nothing but its own defaults: (result, its bytes)."""
    code, out, err = njord("backtest", "--json", "--output", folder, "--config", os.path.join(folder, "config"),
                           "--plugins", os.path.abspath(PLUGINS), *words)
    equal((code, err), (0, ""), "njord backtest %s" % " ".join(words))
    return json.loads(out), out


def words_of(setup, path, fill):
    words = ["--strategy", setup["strategy"], "--symbol", setup["symbol"], "--timeframe", setup["timeframe"], "--csv", path, "--fill", fill]
    for key in ("capital", "commission", "slippage"):
        words += ["--" + key, setup[key]]
    for name, value in setup["params"].items():
        words += ["--param", "%s=%s" % (name, value)]
    return words


def same(found, expected, what, tolerance=OURS):
    check(definitions.close(found, expected, tolerance), "%s: expected %r, found %r" % (what, expected, found))


def same_metrics(found, expected, name):
    equal(set(found), set(expected), "%s: names of the metrics" % name)
    for key, value in expected.items():
        same(found[key], value, "%s: %s" % (name, key))


def same_fills(found, expected, name):
    equal(len(found), len(expected), "%s: fills" % name)
    for at, (have, want) in enumerate(zip(found, expected)):
        equal([have["ts_fill_ns"], have["side"], have["fee_asset"]], want[:2] + ["USDT"], "%s: fill %d" % (name, at))
        for key, value in zip(("qty", "price", "fee"), want[2:]):
            same(have[key], value, "%s: fill %d: %s" % (name, at, key))


def same_curve(found, expected, name):
    equal([ts for ts, _ in found], [ts for ts, _ in expected], "%s: times of the curve" % name)
    for (ts, have), (_, want) in zip(found, expected):
        same(have, want, "%s: equity at %d" % (name, ts))


def against_kept(result, kept, name):
    """A result against what the JSON keeps of the script's."""
    same(result["final_capital"], kept["final_capital"], "%s: final capital" % name)
    same_metrics(result["metrics"], kept["metrics"], name)
    equal(result["refusals"], kept["refusals"], "%s: refusals" % name)
    equal((len(result["fills"]), len(result["equity_curve"])), (kept["num_fills"], kept["points"]), "%s: fills, points" % name)
    same_fills(result["fills"][:10], kept["first_fills"], name)
    same_fills(result["fills"][-10:], kept["last_fills"], name)
    same(sum(pnl for _, pnl in result["trades"]), kept["sum_of_trades"], "%s: sum of the trades" % name, 1e-8)
    same_curve(result["equity_curve"][::500] + result["equity_curve"][-1:], kept["curve"], name)


def against_script(result, out, name):
    """A result against all that the script has worked out."""
    same_fills(result["fills"], out["fills"], name)
    same_curve(result["equity_curve"], out["curve"], name)
    equal(len(result["trades"]), len(out["trades"]), "%s: trades" % name)
    for at, ((_, have), want) in enumerate(zip(result["trades"], out["trades"])):
        check(abs(have - want) <= 1e-9 * max(1, abs(want)), "%s: trade %d: expected %r, found %r" % (name, at, want, have))
    same_metrics(result["metrics"], out["metrics"], name)


def goldens(folder):
    paths = sorted(glob.glob(os.path.join(GOLDEN, "golden_*.yaml")))
    equal(len(paths), 3, "scenarios")
    ran = 0
    for path in paths:
        setup = recompute.scenario(path)
        with open(path[:-len("yaml")] + "json", encoding="utf-8") as file:
            kept = json.load(file)
        files = recompute.data_of(setup, DATA)
        if "real" not in files:
            print("%s: not over an exchange's bars, there are none in '%s'" % (os.path.basename(path), DATA))
        equal(sorted(kept["runs"]), sorted("%s %s" % (data, fill) for data in setup["data"] for fill in setup["fill"]), "runs of %s" % path)
        for data, file in files.items():
            rows = recompute.bars(file) if data == "sim" or os.environ.get("NJORD_SOAK") else None
            for fill in setup["fill"]:
                name = "%s, %s %s" % (os.path.basename(path), data, fill)
                result, _ = backtest(folder, *words_of(setup, file, fill))
                against_kept(result, kept["runs"]["%s %s" % (data, fill)], name)
                if rows:
                    out = recompute.outcome(setup, rows, fill)
                    against_script(result, out, name)
                    equal(json.loads(json.dumps(recompute.kept(out))), kept["runs"]["%s %s" % (data, fill)], "%s: the JSON is the script's" % name)
                ran += 1
    return ran


def rising(folder):
    """Closes that never fall, no costs: neither does the curve."""
    path = os.path.join(folder, "rising.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write("ts,open,high,low,close,volume\n")
        price = 100
        for i in range(3000):
            last, price = price, price + (i * 7919 % 5 == 0) * 0.37
            file.write("%d,%.2f,%.2f,%.2f,%.2f,1\n" % (1735689600 + 60 * i, last, price + 0.5, last - 0.5, price))
    for fill in ("close", "next-open"):
        result, _ = backtest(folder, "--strategy", "buy_hold", "--symbol", "ATOM/USDT", "--csv", path, "--fill", fill,
                             "--commission", "0", "--slippage", "0", "--param", "qty=7")
        curve = [equity for _, equity in result["equity_curve"]]
        equal(len(curve), 3000, "points")
        check(all(a <= b for a, b in zip(curve, curve[1:])), "the curve of %s falls" % fill)
        check(curve[-1] > 10000 and result["metrics"]["max_drawdown_pct"] == 0, "and it rises")


MINUTE = 60 * 10 ** 9
FIRST = 1735689600 * 10 ** 9  # 2025-01-01
BY_HAND = ((10, 10, 10, 10), (10, 11, 9, 10), (12, 12, 11, 12), (8, 9, 8, 8), (8, 8, 8, 8))


def by_hand(folder):
    """Five bars, a script of orders, and figures that a pencil gives. Capital 1000, commission 0.001, slippage 10 basis points."""
    path = os.path.join(folder, "hand.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write("ts,open,high,low,close,volume\n")
        for i, row in enumerate(BY_HAND):
            file.write("%d,%g,%g,%g,%g,1\n" % ((FIRST // 10 ** 9 + 60 * i,) + row))

    def case(name, script, fills, equity, trades, refusals, *words):
        result, _ = backtest(folder, "--strategy", os.path.abspath(os.path.join(BUILD, "tests", "plugins", "puppet.so")), "--symbol",
                             "ATOM/USDT", "--csv", path, "--capital", "1000", "--slippage", "10", "--param", "quiet=1", "--param",
                             "script=" + script, *words)
        # the time of a fill in minutes from the first bar's open
        same_fills(result["fills"], [[FIRST + at * MINUTE] + rest for at, *rest in fills], name)
        same_curve(result["equity_curve"], [(FIRST + (i + 1) * MINUTE, e) for i, e in enumerate(equity)], name)
        equal(len(result["trades"]), len(trades), "%s: trades" % name)
        for (_, have), want in zip(result["trades"], trades):
            same(have, want, "%s: profit" % name)
        equal(result["refusals"], refusals, "%s: refusals" % name)
        return result

    # sold at 10 x 0.999 = 9.99, fee 0.1998; bought back at 8 x 1.001 = 8.008, fee 0.16016; 199.8 - 160.16 - 0.35996 = 39.28004
    short = case("a short", "b2 sell ATOM/USDT 20;b4 buy ATOM/USDT 20", [[2, "sell", 20, 9.99, 0.1998], [4, "buy", 20, 8.008, 0.16016]],
                 [1000, 999.6002, 959.6002, 1039.28004, 1039.28004], [39.28004], {})
    same(short["metrics"]["max_drawdown_pct"], -4.03998, "a short: drawdown")
    same(short["metrics"]["exposure_pct"], 40, "a short: exposure")
    same(short["metrics"]["slippage_paid"], 20 * 0.01 + 20 * 0.008, "a short: slippage")
    # the same orders at the next opens, 12 x 0.999 = 11.988 and 8.008: 239.76 - 0.23976, then - 160.16 - 0.16016
    case("a short at the next open", "b2 sell ATOM/USDT 20;b4 buy ATOM/USDT 20",
         [[2, "sell", 20, 11.988, 0.23976], [4, "buy", 20, 8.008, 0.16016]],
         [1000, 1000, 999.52024, 1079.52024, 1079.20008], [79.20008], {}, "--fill", "next-open")
    # without shorts the sale is refused and the buy opens: 1000 - 160.16 - 0.16016 + 20 x 8
    case("no short", "b2 sell ATOM/USDT 20;b4 buy ATOM/USDT 20", [[4, "buy", 20, 8.008, 0.16016]],
         [1000, 1000, 1000, 999.67984, 999.67984], [], {"allow_short": 1}, "--no-short")
    case("a short worth more than the equity", "b2 sell ATOM/USDT 101", [], [1000] * 5, [], {"insufficient_cash": 1})
    # 99 x 10 x 1.001 x 1.001 = 991.98, 100 x 10 x 1.001 x 1.001 = 1002.001
    case("a buy dearer than the cash", "b1 buy ATOM/USDT 100", [], [1000] * 5, [], {"insufficient_cash": 1})
    # a buy limit at 9.5 rests from the second bar on and fills there, at its limit, without slippage; a sell limit at 11.5, which the
    # third bar opens beyond, at 11.5 or at the open; a buy limit at 7 never
    orders = "b1 lbuy ATOM/USDT 10 9.5;b2 lsell ATOM/USDT 10 11.5;b4 lbuy ATOM/USDT 10 7"
    case("limits", orders, [[2, "buy", 10, 9.5, 0.095], [3, "sell", 10, 11.5, 0.115]],
         [1000, 1004.905, 1019.79, 1019.79, 1019.79], [19.79], {})
    case("limits at the open of a gap", orders, [[2, "buy", 10, 9.5, 0.095], [3, "sell", 10, 12, 0.12]],
         [1000, 1004.905, 1024.785, 1024.785, 1024.785], [24.785], {}, "--limit-gap", "open")


def debt(folder):
    """A short that costs more than there is: it is said first, and no return is counted from a debt."""
    path = os.path.join(folder, "debt.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write("ts,open,high,low,close,volume\n")
        for i, close in enumerate((10, 10, 30, 40, 10, 8)):  # one a day
            file.write("%d,%d,%d,%d,%d,1\n" % (FIRST // 10 ** 9 + 86400 * i, close, close, close, close))
    result, _ = backtest(folder, "--strategy", os.path.abspath(os.path.join(BUILD, "tests", "plugins", "puppet.so")), "--symbol", "ATOM/USDT",
                         "--csv", path, "--timeframe", "1d", "--capital", "1000", "--slippage", "0", "--commission", "0", "--param", "quiet=1",
                         "--param", "script=b2 sell ATOM/USDT 90")
    # 1000 + 90 x (10 - close)
    same_curve(result["equity_curve"], [(FIRST + (i + 1) * 86400 * 10 ** 9, e) for i, e in enumerate((1000, 1000, -800, -1700, 1000, 1180))], "debt")
    equal(result["warnings"][0], "equity was -800.00 at 2025-01-04T00:00:00Z: all was lost, and the figures go on from there", "the first warning")
    # daily returns: 0, -1.8, then none from a debt, twice; 0.18
    same(result["metrics"]["var_95_pct"], -144, "5 % quantile: a fifth of the way from -1.8 to 0")
    same(result["metrics"]["max_drawdown_pct"], -270, "drawdown below all that there was")
    same(result["metrics"]["total_return_pct"], 18, "total return")


def again(folder):
    setup = recompute.scenario(os.path.join(GOLDEN, "golden_trendline.yaml"))
    words = words_of(setup, os.path.join(GOLDEN, setup["data"]["sim"]), "close")
    equal(backtest(folder, *words)[1], backtest(folder, *words)[1], "the same run twice")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "config"))
        with open(os.path.join(folder, "config", "base.yaml"), "w", encoding="utf-8") as file:
            file.write("app:\n  env: paper\n")
        ran = goldens(folder)
        rising(folder)
        by_hand(folder)
        debt(folder)
        again(folder)
    print("goldens: %d runs agree with the script" % ran)


main()
