#!/usr/bin/env python3
"""The report of a sweep: its packed figures, its map and its sentences beside what Python makes of the CSV; hostile texts; and, where
Chromium is, the page in it: no request, no complaint, axes and metrics to choose, brushes, sorting, light and dark, narrow, printed.

NJORD_SHOTS=DIR keeps the screenshots there."""
import csv
import json
import math
import os
import random
import statistics
import sys
import tempfile
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import browser  # noqa: E402
from njordcli import njord  # noqa: E402
from njordtest import BUILD, check, equal, skip  # noqa: E402
from pages import BACK, EVIL, Page, drawn, near, quiet, read, sealed, shot  # noqa: E402

VARIED = os.path.abspath(os.path.join(BUILD, "tests", "plugins", "varied.so"))
START = 1704067200  # 2024-01-01T00:00:00Z
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
GRID = ("--param", "period=4..28:4", "--param", "threshold=0,0.004,0.02,10", "--param", "side=long,short,both", "--param", "fade=false,true",
        "--param", "qty=50", "--where", "period > 4 || fade == 0")


def bars(path, n):
    """Hours of a walk whose changes last a while."""
    rng, price, drift = random.Random(5), 100.0, 0.0
    with open(path, "w", encoding="utf-8") as out:
        out.write("ts,open,high,low,close,volume\n")
        for i in range(n):
            last, drift = price, 0.93 * drift + rng.gauss(0, 0.0006)
            price = round(price * math.exp(0.5 * drift + rng.gauss(0.00001, 0.003)), 3)
            out.write("%d,%r,%r,%r,%r,10\n" % ((START + 3600 * i) * 1000, last, max(last, price), min(last, price), price))


def sweep(work, name, *words, data="bars.csv", code=0):
    got, out, err = njord("sweep", "--strategy", VARIED, "--symbol", "ATOM/USDT", "--csv", data, "--timeframe", "1h", "--commission", "0.0002",
                          "--slippage", "1", "--output", name + ".csv", "--json", *words, cwd=work)
    equal(got, code, "njord sweep %s: %s" % (" ".join(words), err))
    return json.loads(out) if code == 0 else err


def rows_of(work, name):
    with open(os.path.join(work, name + ".csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text):
    return float(text) if text else None


# ---- what stands in the page ----

def integers(packed):
    wide, codes = packed["width"], packed["codes"]
    check(len(codes) % wide == 0, "whole codes")
    out = []
    for at in range(0, len(codes), wide):
        value = 0
        for c in codes[at:at + wide]:
            value = value * 64 + ALPHABET.index(c)
        out.append(value)
    return out


def column(data, m):
    """The figures of a metric, None where there is none."""
    packed = data["columns"][m]
    if "codes" not in packed:
        return [packed["same"]] * data["n"]
    digits, out = data["digits"], []
    tens = 10 ** (digits - 1)
    for code in integers(dict(packed, width=data["width"])):
        if code == 64 ** data["width"] - 1:
            out.append(None)
            continue
        sign, place = -1 if code % 2 else 1, code // 2 - 1
        power = packed["top"] - data["span"] + 1 + place // (9 * tens) - (digits - 1)
        out.append(0.0 if place < 0 else sign * float("%de%d" % (tens + place % (9 * tens), power)))
    return out


def rounded(value, digits):
    return None if value is None else float("%.*e" % (digits - 1, value))


def packed(data, rows, digits):
    """Every figure and every value of the CSV, in its order."""
    equal((data["n"], data["sets"], data["digits"]), (len(rows), len(rows), digits), "sets of the page")
    for axis in data["axes"]:
        equal([axis["values"][i] for i in integers(axis["at"])], [row[axis["name"]] for row in rows], "values of %s" % axis["name"])
    for m, metric in enumerate(data["metrics"]):
        expected = [number(row[metric["name"]]) for row in rows]
        top = data["columns"][m].get("top")
        for i, (found, value) in enumerate(zip(column(data, m), expected)):
            text = "%s of set %d" % (metric["name"], i)
            if value is None or top is None:  # or the same for all
                equal(found is None, value is None, text)
                if value is not None:
                    near(found, value, text)
            elif abs(value) >= 10.0 ** (top - data["span"] + 1):
                equal(found, rounded(value, digits), text)
            else:
                equal(found, 0, text)


def beside(rows, axes, metric):
    """Median of the sets one step off the first on each axis of numbers, the same on others."""
    order = {}
    for name in axes:
        texts = list(dict.fromkeys(row[name] for row in rows))
        try:
            order[name] = {t: i for i, t in enumerate(sorted(texts, key=float))}
        except ValueError:
            order[name] = {t: 2 * i for i, t in enumerate(texts)}
    found = [number(row[metric]) for row in rows[1:] if row[metric] and
             all(abs(order[a][row[a]] - order[a][rows[0][a]]) <= 1 for a in axes)]
    return len(found), statistics.median(found)


def structure(work):
    told = sweep(work, "grid", *GRID)
    equal(told["report"], "grid.html", "where the page is")
    rows, text = rows_of(work, "grid"), read(work, "grid.html")
    page = Page(text)
    sealed(page)
    data = page.data()
    packed(data, rows, 7)
    equal(data["metrics"][data["sort"]]["name"], "sharpe_ratio", "sorted by")
    near(data["best"], float("%.9g" % float(rows[0]["sharpe_ratio"])), "the best")
    near(data["luck"], float("%.9g" % told["overfitting"]["luck_sharpe_ratio"]), "what luck gives")
    equal(sum(data["histogram"]["count"]), sum(bool(row["sharpe_ratio"]) for row in rows), "sets in the histogram")
    words = " ".join(page.text["panel-worth"].split())
    over = told["overfitting"]
    check("Deflated Sharpe ratio %.2f" % over["deflated_sharpe_ratio"] in words, "the deflated ratio in %r" % words)
    check("Probability of overfitting %.2f" % over["pbo"] in words, "overfitting in %r" % words)
    check("Of %s sets without any skill" % "{:,}".format(over["trials"]) in words, "trials in %r" % words)
    n, middle = beside(rows, ("period", "threshold", "side", "fade"), "sharpe_ratio")
    check("Of %d sets one step off the best, the median Sharpe ratio is %.2f" % (n, middle) in words, "neighbours (%d, %r) in %r" % (n, middle, words))
    everyone = statistics.median(float(row["sharpe_ratio"]) for row in rows)
    check(("the median of all %.2f" % everyone).replace("-", "\u2212") in words, "the median of all (%r) in %r" % (everyone, words))
    for word in ("period > 4 || fade == 0", "0, 0.004, 0.02, 10", "156 of 168 combinations", "sharpe_ratio"):
        check(word in page.text["panel-config"], "'%s' in the configuration" % word)
    check(len(text.encode()) < 250000, "%d bytes" % len(text.encode()))
    return rows


def options(work):
    text = read(work, "grid.html")
    for jobs in ("1", "2"):
        sweep(work, "jobs" + jobs, *GRID, "--jobs", jobs, "--report", "deep/er/%s.html" % jobs)
        equal(read(work, "deep/er/%s.html" % jobs), text, "the same page with %s processes" % jobs)
        check(not os.path.exists(os.path.join(work, "jobs%s.html" % jobs)), "and only where it was asked for")
    check("report" not in sweep(work, "none", "--param", "period=5", "--no-report"), "--no-report")
    check(not os.path.exists(os.path.join(work, "none.html")), "no page")
    equal(sweep(work, "x", "--param", "period=5", "--report", "a", "--no-report", code=2),
          "njord sweep: --report and --no-report exclude each other\n", "both")
    equal(sweep(work, "x", "--param", "period=5", "--report", "x.csv", code=2), "njord sweep: --report and --output name the same file\n", "the same")
    err = sweep(work, "x", "--param", "period=5", "--report", "bars.csv/x.html", code=1)
    check("bars.csv" in err and err.count("\n") == 1, "a place that cannot be: %r" % err)


def other_sweeps(work):
    """Hostile values and errors; one parameter, of numbers and of words; one set; lower is better."""
    told = sweep(work, "hostile", "--param", "period=5,10,20", "--param", "tag=calm," + EVIL, "--param", "threshold=0,0.01")
    equal(told["failed"], 6, "tags that are refused")
    page = Page(read(work, "hostile.html"))
    sealed(page)
    equal([t for t, _ in page.tags if t in ("img", "iframe")], [], "elements of a text")
    equal(sum(t == "script" for t, _ in page.tags), 3, "scripts")
    check("refused: " + EVIL in page.text["panel-failures"], "the text itself: %r" % page.text["panel-failures"])
    data = page.data()
    packed(data, rows_of(work, "hostile"), 7)
    equal([bool(c) for c in integers(data["failed"])], [bool(row["error"]) for row in rows_of(work, "hostile")], "which failed")
    equal(data["errors"], [rows_of(work, "hostile")[-1]["error"]], "and why")
    sweep(work, "numbers", "--param", "period=2..30:2")
    sweep(work, "words", "--param", "side=long,short,both")
    sweep(work, "one", "--param", "period=5")
    sweep(work, "calm", "--param", "period=2..30:2", "--param", "threshold=0,0.001", "--sort", "volatility_annual_pct")
    for name in ("numbers", "words", "one", "calm"):
        page = Page(read(work, name + ".html"))
        sealed(page)
        packed(page.data(), rows_of(work, name), 7)
    err = sweep(work, "none", "--param", "period=5,6", "--param", "tag=<b>", code=1)
    check("2 of 2 sets failed" in err, "all fail: %r" % err)
    page = Page(read(work, "none.html"))
    equal((page.data()["best"], page.data()["luck"]), (None, None), "and there is no best one")
    check("No set has a figure" in page.text["best"], "which is said: %r" % page.text["best"])
    sweep(work, "long", "--param", "period=1..150", "--param", "fade=false,true")
    page = Page(read(work, "calm.html"))
    calm, rows = page.data(), rows_of(work, "calm")
    equal(calm["luck"], None, "luck is about Sharpe ratios")
    near(calm["best"], float("%.9g" % min(float(row["volatility_annual_pct"]) for row in rows)), "the lowest is the best")


def many(work):
    """10,000 sets: four digits, under a megabyte."""
    bars(os.path.join(work, "few.csv"), 300)
    sweep(work, "many", "--param", "period=1..100", "--param", "threshold=0..0.0198:0.0002", "--top", "1", data="few.csv")
    text = read(work, "many.html")
    packed(Page(text).data(), rows_of(work, "many"), 4)
    size = len(text.encode())
    check(size < 1000000, "%d bytes" % size)
    print("sweep report: 10,000 sets, %d bytes" % size)


# ---- in a browser ----

CELLS = """[...document.querySelectorAll('#map td')].map((td) => [+td.dataset.r, +td.dataset.c, td.dataset.v === undefined ? null : +td.dataset.v,
 [...td.classList].sort().join(' ')])"""
TABLE = "[...document.querySelectorAll('#sets tbody tr')].map((tr) => [...tr.cells].map((c) => c.textContent))"
CHOOSE = "(() => { const s = document.getElementById('%s'); s.value = '%s'; s.onchange(); })()"


def values_in_order(rows, name):
    texts = list(dict.fromkeys(row[name] for row in rows))
    declared = {"side": ["long", "short", "both"], "fade": ["false", "true"]}.get(name)
    return declared or sorted(texts, key=float)


def expected_cells(rows, metric, better, down, across, rest, digits):
    """The map as Python makes it of the CSV; at most 100 rows, of neighbours together."""
    axes = [a for a in ("period", "threshold", "side", "fade") if a in rows[0]]
    downs, acrosses, out = values_in_order(rows, down), values_in_order(rows, across), []
    size = -(-len(downs) // 100)
    for r, x in enumerate(downs[i:i + size] for i in range(0, len(downs), size)):
        for c, y in enumerate(acrosses):
            here = [row for row in rows if row[down] in x and row[across] == y and
                    (rest != "fixed" or all(row[a] == rows[0][a] for a in axes if a not in (down, across)))]
            found = [rounded(number(row[metric]), digits) for row in here if row[metric]]
            kind = "" if found else "none" if not here else "failed" if all(row["error"] for row in here) else "null"
            value = None if kind else statistics.median(found) if rest == "median" else min(found) if better < 0 else max(found)
            win = rows[0] in here
            out.append([r, c, value, " ".join(sorted(filter(None, [kind, "win" if win else ""])))])
    return out


def same_cells(found, expected, text):
    equal(len(found), len(expected), "cells of %s" % text)
    for f, e in zip(found, expected):
        equal((f[0], f[1], f[3]), (e[0], e[1], e[3]), "cell of %s" % text)
        check((f[2] is None) == (e[2] is None), "cell of %s: %r, %r" % (text, f, e))
        if f[2] is not None:
            near(f[2], e[2], "cell %d, %d of %s" % (f[0], f[1], text))


def maps(page, rows, metrics):
    place = {"period": 0, "threshold": 1, "side": 2, "fade": 3}
    cases = [("sharpe_ratio", "period", "threshold", "best"), ("profit_factor", "threshold", "side", "best"),
             ("total_return_pct", "side", "fade", "median"), ("volatility_annual_pct", "fade", "period", "best"),
             ("num_trades", "threshold", "period", "fixed"), ("max_drawdown_pct", "period", "side", "median")]
    for metric, down, across, rest in cases:
        m = next(i for i, x in enumerate(metrics) if x["name"] == metric)
        for box, value in (("map-metric", m), ("map-down", place[down]), ("map-across", place[across]), ("map-rest", rest)):
            page.run(CHOOSE % (box, value))
        text = "%s, %s by %s, %s" % (metric, down, across, rest)
        same_cells(page.run(CELLS), expected_cells(rows, metric, metrics[m]["better"], down, across, rest, 7), text)
        check(metrics[m]["title"] in page.run("document.getElementById('map-about').textContent"), "what the map shows: %s" % text)
    kinds = set(page.run("[...document.querySelectorAll('#map td')].map((td) => td.className)"))
    check(kinds <= {"", "win", "none"}, "kinds %r" % kinds)
    page.run(CHOOSE % ("map-down", place["side"]))
    page.run(CHOOSE % ("map-across", place["side"]))
    equal(page.run("[document.getElementById('map-down').value, document.getElementById('map-across').value]"), ["0", "2"], "axes change places")
    for box, value in (("map-metric", 2), ("map-down", 0), ("map-across", 1), ("map-rest", "best")):
        page.run(CHOOSE % (box, value))
    page.run("document.querySelector('#map td').focus()")
    tip = page.run("document.getElementById('tip').textContent")
    check("Sharpe ratio" in tip and "period = 4, threshold = 0" in tip and "highest of 3 sets" in tip, "what a cell says: %r" % tip)
    page.run("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))")
    equal(page.run("[document.activeElement.dataset.r, document.activeElement.dataset.c]"), ["0", "1"], "keys move about")
    page.run("document.activeElement.blur()")
    equal(page.run("document.getElementById('tip').hidden"), True, "no cell, no words")


def strip(page, name, low, high):
    """Drags over an axis from one share of its height to another."""
    page.run("document.getElementById('panel-parallel').scrollIntoView()")
    page.frames()
    x, y, height = page.run("(() => { const a = document.querySelector(\"[data-axis='%s']\").getBoundingClientRect(), p = document."
                            "getElementById('parallel').getBoundingClientRect(); return [a.x + a.width / 2, p.y, p.height]; })()" % name)
    at = lambda share: y + 44 + (height - 84) * (1 - share)  # noqa: E731
    page.drag(x, at(low), x, at(high))


def brushes(page, rows):
    every = page.run("document.getElementById('parallel').querySelectorAll('.axis').length")
    equal(every, 4 + 4, "axes: four parameters that vary, four metrics")
    before = page.run("document.querySelector('#parallel .lines').toDataURL()")
    strip(page, "pside", 0.9, 1.05)
    wanted = [row for row in rows if row["side"] == "both"]
    table = page.run(TABLE)
    equal(len(table), len(wanted), "rows with side = both")
    equal([line[1:5] for line in table], [[row[k] for k in ("period", "threshold", "side", "fade")] for row in wanted], "which rows")
    check(page.run("document.querySelector('#parallel .lines').toDataURL()") != before, "lines follow")
    check("%d chosen of %d" % (len(wanted), len(rows)) in page.run("document.getElementById('sets-about').textContent"), "and that is said")
    strip(page, "pfade", -0.05, 0.2)
    wanted = [row for row in wanted if row["fade"] == "false"]
    equal(len(page.run(TABLE)), len(wanted), "and fade = false")
    shot(page, "sweep-brushed")
    strip(page, "pfade", 0.5, 0.5)
    equal(len(page.run(TABLE)), sum(row["side"] == "both" for row in rows), "a click takes a brush away")
    page.run("document.getElementById('clear').click()")
    equal(len(page.run(TABLE)), len(rows), "all again")
    equal(page.run("document.getElementById('clear').hidden"), True, "nothing to clear")


def tables(page, rows):
    heads = page.run("[...document.querySelectorAll('#sets th')].map((t) => t.textContent)")
    equal(heads[:6], ["#", "period", "threshold", "side", "fade", "qty"], "heads")
    page.run("[...document.querySelectorAll('#sets th button')].find((b) => b.textContent === 'Trades').click()")
    trades = [int(line[heads.index("Trades")].replace(",", "")) for line in page.run(TABLE)]
    equal(trades, sorted((int(row["num_trades"]) for row in rows), reverse=True), "sorted by trades")
    page.run("[...document.querySelectorAll('#sets th button')].find((b) => b.textContent === 'Trades').click()")
    equal([int(line[heads.index("Trades")].replace(",", "")) for line in page.run(TABLE)], sorted(trades), "and the other way")
    find = "(() => { const s = document.getElementById('search'); s.value = '%s'; s.dispatchEvent(new Event('input')); })()"
    page.run(find % "SIDE=short period=8")
    equal(len(page.run(TABLE)), sum(row["side"] == "short" and row["period"] == "8" for row in rows), "search")
    page.run(find % "nothing such")
    equal(page.run(TABLE), [], "search for what is not there")
    page.run(find % "")
    page.run("[...document.querySelectorAll('#metrics button')].find((b) => b.textContent === 'Skew').click()")
    check("Skew" in page.run("[...document.querySelectorAll('#sets th')].map((t) => t.textContent)"), "a metric more")
    equal(page.run("document.querySelectorAll('#parallel .axis').length"), 9, "and its axis")
    page.run("[...document.querySelectorAll('#metrics button')].find((b) => b.textContent === 'Skew').click()")
    page.run("document.querySelector('#sets th button').click()")


def in_browser(work, rows):
    path = os.path.join(work, "grid.html")
    metrics = Page(read(path)).data()["metrics"]
    with browser.Browser() as page:
        page.size(1280, 900)
        page.scheme("light")
        page.open(path)
        page.frames()
        drawn(page, 1, "the report")
        quiet(page, path)
        shot(page, "sweep-light", whole=True)
        light = page.run(BACK)
        first = page.run("getComputedStyle(document.querySelector('#map td.win')).backgroundColor")
        maps(page, rows, metrics)
        brushes(page, rows)
        tables(page, rows)
        page.scheme("dark")
        check(page.run(BACK) != light, "dark is another colour")
        check(page.run("getComputedStyle(document.querySelector('#map td.win')).backgroundColor") != first, "and the map has its own")
        page.run("scrollTo(0, 0)")
        shot(page, "sweep-dark", whole=True)
        page.run("document.getElementById('theme').click()")
        equal(page.run(BACK), light, "the button")
        quiet(page, path)
        page.scheme("light")
        check(page.pdf().startswith(b"%PDF"), "printed")
        for width in (390, 820):
            page.size(width, 844)
            for name in ("grid", "hostile", "numbers"):
                page.open(os.path.join(work, name + ".html"))
                page.frames()
                equal(page.run("document.scrollingElement.scrollWidth"), width, "nothing of %s is wider than a screen of %d" % (name, width))
                quiet(page, os.path.join(work, name + ".html"))
                shot(page, "sweep-%s-%d" % (name, width), whole=True)
        page.size(1280, 900)
        for name, charts in (("hostile", 1), ("numbers", 2), ("words", 2), ("one", 1), ("calm", 1), ("long", 1), ("none", 0)):
            page.open(os.path.join(work, name + ".html"))
            page.frames()
            drawn(page, charts, name)
            quiet(page, os.path.join(work, name + ".html"))
            shot(page, "sweep-" + name, whole=True)
            if name == "hostile":
                kinds = page.run("(() => { const s = document.getElementById('map-across'); s.value = '1'; s.onchange(); return %s; })()" % CELLS)
                equal(sorted({k for _, _, _, k in kinds}), ["", "failed", "win"], "cells whose sets failed are marked")
                check(EVIL in page.run("document.getElementById('panel-sets').textContent"), "the text stands in the table")
            if name == "long":
                same_cells(page.run(CELLS), expected_cells(rows_of(work, "long"), "sharpe_ratio", 1, "period", "fade", "best", 7), "150 values")
                equal(page.run("document.querySelectorAll('#map tbody tr').length"), 75, "two values a row")
            if name == "one":
                check("nothing to compare" in page.run("document.getElementById('line').textContent"), "one set has no map")
        path = os.path.join(work, "many.html")
        began = time.monotonic()
        page.open(path)
        page.frames()
        print("sweep report: 10,000 sets are on the screen after %.2f s" % (time.monotonic() - began))
        quiet(page, path)
        same_cells(page.run(CELLS), expected_cells(rows_of(work, "many"), "sharpe_ratio", 1, "period", "threshold", "best", 4), "10,000 sets")
        equal(len(page.run(TABLE)), 1000, "rows of the table")
        check("the first 1,000 of 10,000" in page.run("document.getElementById('sets-about').textContent"), "which is said")
        shot(page, "sweep-many", whole=True)


def main():
    with tempfile.TemporaryDirectory() as work:
        code, _, err = njord("report", "x.json", "-o", "y", cwd=work)
        if "reports are not built in" in err:
            skip(err.strip())
        equal(code, 1, "a file that is not there")
        bars(os.path.join(work, "bars.csv"), 1200)
        rows = structure(work)
        options(work)
        other_sweeps(work)
        many(work)
        if not browser.find():
            print("sweep report: not looked at in a browser: chromium is not installed (./autogen.sh --tests)")
            return
        in_browser(work, rows)
        print("sweep report: in Chromium as it should be")


main()
