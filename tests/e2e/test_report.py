#!/usr/bin/env python3
"""The report of a backtest: its structure and its figures beside what Python makes of the same bars, hostile texts, the comparison; and,
where Chromium is, the page in it: no request, no complaint, charts that draw, zoom together, light and dark, narrow, printed.

NJORD_SHOTS=DIR keeps the screenshots there."""
import json
import math
import os
import random
import re
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import browser  # noqa: E402
from njordcli import njord  # noqa: E402
from njordtest import PLUGINS, check, equal, skip  # noqa: E402
from pages import BACK, EVIL, Page, drawn, near, quiet, read, sealed, shot  # noqa: E402

MINUTE = 60
START = 1735689600  # 2025-01-01T00:00:00Z
DAYS = 45


def bars(path):
    """Minutes of a walk that goes up in January and down in February; returns the closes."""
    rng, price, closes = random.Random(7), 20.0, []
    with open(path, "w", encoding="utf-8") as out:
        out.write("ts,open,high,low,close,volume\n")
        for i in range(DAYS * 1440 // 5):
            last, drift = price, 0.00012 if i < 31 * 288 else -0.00018
            price = round(price * math.exp(rng.gauss(drift, 0.0025)), 4)
            out.write("%d,%r,%r,%r,%r,%d\n" % ((START + 5 * MINUTE * i) * 1000, last, max(last, price), min(last, price), price, 100 + i % 7))
            closes.append(price)
    return closes


def backtest(work, *more):
    code, out, err = njord("backtest", "--strategy", "ma_cross", "--symbol", "ATOM/USDT", "--csv", "bars.csv", "--timeframe", "5m",
                           "--plugins", os.path.abspath(PLUGINS), "--param", "qty=300", *more, cwd=work)
    equal((code, err), (0, ""), "njord backtest %s" % " ".join(more))
    return out


def report(work, *words, expected=0):
    code, out, err = njord("report", *words, cwd=work)
    equal(code, expected, "njord report %s: %s" % (" ".join(words), err))
    return out if expected == 0 else err


def curve(points):
    at, times = 0, []
    for step in points["t"]:
        at += step
        times.append(at)
    equal(len(times), len(points["v"]), "as many times as values")
    return dict(zip(times, points["v"]))


def months_of(result):
    """Per month: last equity over the one before, as a script of its own makes it."""
    import datetime
    last, out = result["initial_capital"], {}
    for ts, equity in result["equity_curve"]:
        day = datetime.datetime.fromtimestamp(ts // 10**9 - 1, datetime.timezone.utc)
        out[(day.year, day.month)] = equity
    table = []
    for equity in (out[k] for k in sorted(out)):
        table.append((equity / last - 1) * 100)
        last = equity
    return table


def figures(page, text, result, closes):
    data, points = page.data(), result["equity_curve"]
    values = [v for _, v in points]
    equity, hold, down = curve(data["equity"]), curve(data["benchmark"]), curve(data["drawdown"])
    for name, line in (("equity", equity), ("benchmark", hold), ("drawdown", down)):
        check(100 < len(line) <= 2000, "%s has %d points" % (name, len(line)))
    by_ms = {ts // 10**6: v for ts, v in points}
    for ms, v in equity.items():
        near(v, by_ms[ms], "equity at %d" % ms)
    for pick in (min, max):
        near(pick(equity.values()), pick(values), "extreme of the equity")
        near(pick(hold.values()), pick(result["initial_capital"] * c / closes[0] for c in closes), "extreme of buy and hold")
    near(list(hold.values())[-1], result["initial_capital"] * closes[-1] / closes[0], "end of buy and hold")
    near(min(down.values()), result["metrics"]["max_drawdown_pct"], "deepest drawdown")
    equal(sum(data["histogram"]["count"]), result["num_trades"], "trades in the histogram")
    equal(data["histogram"]["unit"], "%", "returns of trades")
    equal(data["prices"][0]["fills"], len(result["fills"]), "fills on the price")
    equal(len(curve(data["sharpe"])), DAYS - 6, "days of the rolling Sharpe ratio")  # from the 7th return on, one a day
    check(0 <= min(data["exposure"]["v"]) and max(data["exposure"]["v"]) <= 100, "exposure is per cent")
    held = sum(result["exposed"][1::2]) / len(points) * 100
    check(abs(sum(data["exposure"]["v"]) / len(data["exposure"]["v"]) - held) < 1, "mean exposure")
    table = [float(cell.replace("\u2212", "-")) for cell in re.findall(r'<td class="h[^>]*>([^<]*)</td>', text)]
    expected = months_of(result)
    equal(len(table), len(expected) + 1, "months and the year")
    for found, month in zip(table, expected + [(values[-1] / result["initial_capital"] - 1) * 100]):
        check(abs(found - month) <= 0.00501, "month: %r, %r" % (found, month))


def structure(work):
    closes = bars(os.path.join(work, "bars.csv"))
    out = backtest(work)
    check(out.endswith("\nReport saved to: var/backtest/report_ma_cross_ATOMUSDT.html\n"), "the summary's end: %r" % out[-200:])
    text, result = read(work, "var/backtest/report_ma_cross_ATOMUSDT.html"), json.loads(read(work, "var/backtest/ma_cross_ATOMUSDT.json"))
    page = Page(text)
    sealed(page)
    figures(page, text, result, closes)
    defined = {a["data-name"]: a["data-def"] for t, a in page.tags if "data-def" in a}
    equal(sorted(defined), sorted(result["metrics"]), "metrics with a definition")
    check(all(len(d) > 20 for d in defined.values()), "definitions")
    rows = page.text["fills"].strip().count("buy") + page.text["fills"].count("sell")
    equal(rows, min(1000, len(result["fills"])), "rows of fills")
    for warning in result["warnings"]:
        check(any(warning in chunk for chunk in [re.sub(r"&#39;", "'", text)]), "warning '%s'" % warning)
    for word in (result["config"]["plugin"]["sha256"], result["config"]["data"][0]["sha256"], "Permission is hereby granted", "qty", "300"):
        check(word in text, "'%s' stands in the page" % word)
    check(len(text.encode()) < 500000, "%d bytes" % len(text.encode()))
    print("report: %d bars, %d fills, %d bytes" % (len(closes), len(result["fills"]), len(text.encode())))
    return text, result


def options(work, text):
    """Where the page goes, and that a result file gives the same one."""
    equal(report(work, "var/backtest/ma_cross_ATOMUSDT.json", "-o", "-"), text, "njord report beside njord backtest")
    equal(report(work, "var/backtest/ma_cross_ATOMUSDT.json", "-o", "deep/er/r.html"), "Report saved to: deep/er/r.html\n", "njord report")
    equal(read(work, "deep/er/r.html"), text, "the page in a file")
    out = backtest(work, "--report", "own.html", "--output", "out")
    check(out.endswith("Report saved to: own.html\n"), "--report: %r" % out[-100:])
    equal(read(work, "own.html"), text, "the same page elsewhere")
    check("report" not in backtest(work, "--no-report", "--output", "none").lower(), "--no-report")
    equal(sorted(os.listdir(os.path.join(work, "none"))), ["equity_ma_cross_ATOMUSDT.ndjson", "ma_cross_ATOMUSDT.json"], "--no-report")
    alone = backtest(work, "--no-files")
    check("saved to" not in alone and "Total Return:" in alone, "--no-files")
    code, _, err = njord("backtest", "--strategy", "ma_cross", "--no-files", "--json", cwd=work)
    equal((code, err), (2, "njord backtest: --no-files prints the summary alone: leave --json\n"), "--no-files --json")
    code, _, err = njord("backtest", "--strategy", "ma_cross", "--report", "x", "--no-report", cwd=work)
    equal((code, err), (2, "njord backtest: --report and --no-report exclude each other\n"), "both")
    equal(report(work, "own.html", expected=2), "njord report: expected -o FILE.html; see njord report --help\n", "without -o")
    check(report(work, "own.html", "-o", "x", expected=1).startswith("njord report: result 'own.html': byte "), "no result")
    check("no.json" in report(work, "no.json", "-o", "x", expected=1), "no file")
    equal(report(work, *["no.json"] * 13, "-o", "x", expected=2), "njord report: 13 results: one page compares at most 12\n", "13")
    check(not os.path.exists(os.path.join(work, "x")), "nothing is written")


def hostile(work, result):
    """Whatever texts a result file holds, they stay texts."""
    bad = json.loads(json.dumps(result))
    bad["strategy_id"] = "<script>evil"
    bad["symbol"] = "ATOM/USDT,<i>/USDT"
    bad["warnings"] += [EVIL]
    bad["config"]["params"] = {EVIL: EVIL, "fast": "1"}
    bad["config"]["fill"] = "<b>"
    bad["config"]["plugin"]["name"] = "<img src=x>"
    bad["config"]["data"][0]["journal"] = EVIL
    bad["refusals"] = {"<u>": 1}
    with open(os.path.join(work, EVIL.replace("/", "_") + ".json"), "w", encoding="utf-8") as out:
        json.dump(bad, out)
    name = EVIL.replace("/", "_") + ".json"
    report(work, name, "-o", "hostile.html")
    report(work, name, "var/backtest/ma_cross_ATOMUSDT.json", "-o", "hostile2.html")
    for file in ("hostile.html", "hostile2.html"):
        page = Page(read(work, file))
        sealed(page)
        equal([t for t, _ in page.tags if t in ("img", "s", "u", "iframe")], [], "elements of a text")
        equal(sum(t == "script" for t, _ in page.tags), 3, "scripts")
        check(EVIL in page.text["panel-config"], "the text itself stands there")


def comparison(work):
    backtest(work, "--output", "slow", "--param", "fast=50", "--param", "slow=200")
    report(work, "var/backtest/ma_cross_ATOMUSDT.json", "slow/ma_cross_ATOMUSDT.json", "-o", "two.html")
    page = Page(read(work, "two.html"))
    sealed(page)
    data = page.data()
    equal([r["name"] for r in data["runs"]], ["var/backtest/ma_cross_ATOMUSDT.json", "slow/ma_cross_ATOMUSDT.json"],
          "runs of one name are told apart by their paths")
    for run, file in zip(data["runs"], ("var/backtest", "slow")):
        result = json.loads(read(work, file, "ma_cross_ATOMUSDT.json"))
        near(max(run["equity"]["v"]), max(v for _, v in result["equity_curve"]), "the run's highest equity")
        near(min(run["drawdown"]["v"]), result["metrics"]["max_drawdown_pct"], "the run's drawdown")
    check("200" in page.text["panel-config"], "parameters side by side")


# ---- in a browser ----

PICTURE = "document.querySelector('#%s canvas').toDataURL()"


def in_browser(work):
    path = os.path.join(work, "var/backtest/report_ma_cross_ATOMUSDT.html")
    with browser.Browser() as page:
        page.size(1280, 900)
        page.scheme("light")
        page.open(path)
        page.frames()
        drawn(page, 6, "the report")
        quiet(page, path)
        shot(page, "light", whole=True)
        light = page.run(BACK)

        # A drag over one chart zooms all; a double click shows all again.
        before = {name: page.run(PICTURE % name) for name in ("equity", "drawdown", "price0", "exposure")}
        box = page.run("(() => { const r = document.querySelector('#equity .u-over').getBoundingClientRect();"
                       " return [r.x, r.y, r.width, r.height]; })()")
        page.run("scrollTo(0, %r)" % (box[1] - 100))
        page.frames()
        y = page.run("document.querySelector('#equity .u-over').getBoundingClientRect().y") + box[3] / 2
        page.drag(box[0] + box[2] * .3, y, box[0] + box[2] * .5)
        for name, picture in before.items():
            check(page.run(PICTURE % name) != picture, "%s follows a zoom" % name)
        equal(page.run("document.querySelectorAll('#ranges [aria-pressed=true]').length"), 0, "no range is pressed")
        shot(page, "zoomed")
        page.run("[...document.querySelectorAll('#ranges button')].pop().click()")
        page.frames()
        equal(page.run("document.querySelector('#ranges [aria-pressed=true]').textContent"), "All", "all again")

        # Search, definitions.
        rows = "[...document.querySelectorAll('#fills tr')].filter((r) => !r.hidden).length"
        every = page.run(rows)
        find = "(() => { const s = document.getElementById('search'); s.value = '%s'; s.dispatchEvent(new Event('input')); return %s; })()"
        sold = page.run(find % ("SELL", rows))
        check(0 < sold < every, "search: %r of %r" % (sold, every))
        equal(page.run(find % ("nothing such", rows)), 0, "search for what is not there")
        equal(page.run(find % ("", rows)), every, "no search")
        equal(page.run("getComputedStyle(document.querySelector('[data-name=sharpe_ratio]'), '::after').content"), "none", "no definition yet")
        page.run("document.querySelector('[data-name=sharpe_ratio]').focus()")
        check("sqrt(P)" in page.run("getComputedStyle(document.querySelector('[data-name=sharpe_ratio]'), '::after').content"), "a definition")

        # Light and dark: by the setting, and by the button.
        page.scheme("dark")
        dark = page.run(BACK)
        check(dark != light, "dark is another colour: %s" % dark)
        drawn(page, 6, "the report in the dark")
        page.run("scrollTo(0, 0)")
        shot(page, "dark", whole=True)
        page.run("document.getElementById('theme').click()")
        equal(page.run(BACK), light, "the button")
        page.run("document.getElementById('theme').click()")
        equal(page.run(BACK), dark, "and back")
        page.scheme("light")
        page.open(path)

        check(page.pdf().startswith(b"%PDF"), "printed")
        for width in (390, 820):
            page.size(width, 844)
            page.open(path)
            page.frames()
            drawn(page, 6, "the report at %d" % width)
            equal(page.run("document.scrollingElement.scrollWidth"), width, "nothing wider than a screen of %d" % width)
            shot(page, "width%d" % width, whole=True)
        quiet(page, path)

        page.size(1280, 900)
        for name, charts in (("two.html", 3), ("hostile.html", 6), ("hostile2.html", 3)):
            page.open(os.path.join(work, name))
            page.frames()
            drawn(page, charts, name)
            quiet(page, os.path.join(work, name))
            shot(page, name[:-5], whole=True)


def main():
    with tempfile.TemporaryDirectory() as work:
        code, _, err = njord("report", "x.json", "-o", "y", cwd=work)
        if "reports are not built in" in err:
            skip(err.strip())
        equal(code, 1, "a file that is not there")
        text, result = structure(work)
        options(work, text)
        hostile(work, result)
        comparison(work)
        if not browser.find():
            print("report: not looked at in a browser: chromium is not installed (./autogen.sh --tests)")
            return
        in_browser(work)
        print("report: in Chromium as it should be")


main()
