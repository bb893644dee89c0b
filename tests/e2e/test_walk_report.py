#!/usr/bin/env python3
"""The report of a walk-forward: its folds, figures and curve beside its CSV, its JSON and its equity file; hostile texts; the same page with
one process and two; and, where Chromium is, the page in it: no request, no complaint, charts that draw, light and dark, narrow, printed.

NJORD_SHOTS=DIR keeps the screenshots there."""
import csv
import json
import os
import random
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import browser  # noqa: E402
from njordcli import njord  # noqa: E402
from njordtest import BUILD, check, equal, skip  # noqa: E402
from pages import BACK, EVIL, Page, drawn, near, quiet, read, sealed, shot  # noqa: E402

PLUGINS = os.path.abspath(os.path.join(BUILD, "plugins"))
TOUCHY = os.path.abspath(os.path.join(BUILD, "tests", "plugins", "touchy.so"))
START = 1609459200  # 2021-01-01


def bars(path, n):
    source, price, drift = random.Random(7), 1000, 0
    with open(path, "w", encoding="utf-8") as out:
        out.write("ts,open,high,low,close,volume\n")
        for i in range(n):
            if i % 360 == 0:
                drift = source.choice((-1, 0, 1))
            last, price = price, max(500, price + source.randint(-3, 3) + (drift if i % 3 == 0 else 0))
            out.write("%d,%.2f,%.2f,%.2f,%.2f,1\n" % (START + i * 60, last / 100, max(last, price) / 100, min(last, price) / 100, price / 100))


def walk(work, name, spec, *words, strategy="ma_cross", code=0):
    got, out, err = njord("sweep", "--strategy", strategy, "--symbol", "ATOM/USDT", "--csv", "bars.csv", "--plugins", PLUGINS, "--walk-forward", spec,
                          "--output", name + ".csv", "--json", *words, cwd=work, timeout=300)
    equal(got, code, "njord sweep --walk-forward %s %s: %s" % (spec, " ".join(words), err))
    return json.loads(out) if code == 0 else err


def money(v):
    return ("\u2212" if v < 0 else "") + "{:,.2f}".format(abs(v))


def signed(v):
    return "n/a" if v is None else ("" if "%.2f" % abs(v) == "0.00" else "+" if v > 0 else "\u2212") + "{:,.2f}\u00a0%".format(abs(v))


def curve(points):
    at, out = 0, []
    for t, v in zip(points["t"], points["v"]):
        at += t
        out.append((at, v))
    return out


def folds_match(page, told, rows):
    """What the script reads from the table, and what a person does."""
    found = [attrs for tag, attrs in page.tags if tag == "tr" and "data-fold" in attrs]
    equal(len(found), len(rows), "folds")
    for attrs, fold, row in zip(found, told["folds"], rows):
        equal(attrs["data-fold"], row["fold"], "number")
        for name, text in (("train", row["train_sharpe_ratio"]), ("test", row["sharpe_ratio"])):
            equal("data-" + name in attrs, text != "", "%s of fold %s" % (name, row["fold"]))
            if text:
                near(float(attrs["data-" + name]), float(text), "%s of fold %s" % (name, row["fold"]))
        check(row["test_start"][:10] in page.text["folds"], "its window")
    for row in rows:
        if row["total_return_pct"]:
            check(signed(float(row["total_return_pct"])) in page.text["folds"], "return %s" % row["total_return_pct"])
        check(row["error"] in page.text["folds"], "the error of fold %s" % row["fold"])
    check([f["fold"] for f in told["folds"]] == list(range(1, len(rows) + 1)), "in order")


def structure(work):
    told = walk(work, "a", "train=5d,test=2d", "--param", "fast=5,20,40", "--param", "slow=30,60", "--param", "qty=100", "--where", "fast < slow")
    equal(told["report"], "a.html", "where the page is")
    text = read(work, "a.html")
    page = Page(text)
    sealed(page)
    with open(os.path.join(work, "a.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    folds_match(page, told, rows)
    cards = page.text
    check("6 folds of 5 sets: train 5d, test 2d, chosen by Sharpe ratio" in text and "walk-forward report" in text, "the head")
    out, worth = told["out_of_sample"], told["efficiency"]
    for wanted in (signed(out["metrics"]["total_return_pct"]), money(out["final_capital"]), "%d of %d tests with a gain" % (
            worth["folds_profitable"], worth["folds_tested"]), signed(worth["test_rate_pct"]) + " a year, in train windows " + signed(worth["train_rate_pct"]),
            "the last test is cut short by the end of the data"):
        check(wanted in text, "the page says %r" % wanted)
    check(all(w in text.replace("&#39;", "'") for w in told["warnings"]), "and all warnings")
    if worth["efficiency"] is not None:
        check('<h3>Efficiency</h3><p class="value %s">%s<' % ("pos" if worth["efficiency"] >= .5 else "neg" if worth["efficiency"] < 0 else "",
                                                              money(worth["efficiency"])) in text, "the efficiency")
    for name, s in told["stability"]["parameters"].items():
        check("%s%d of" % (name, s["values"]) in cards["steady"].replace("\n", "") and "%d of 6" % s["times"] in cards["steady"], "how steady %s is" % name)
    for wanted in ("fast < slow", "5, 20, 40", "all rows of its train window"):
        check(wanted in page.text["panel-config"], "configuration: %s" % wanted)
    data = page.data()
    equal((data["mode"], data["quote"], data["capital"], data["prices"]), ("single", "USDT", 10000, []), "data")
    points = [json.loads(line) for line in read(work, "equity_a.ndjson").splitlines()]
    whole = {ts // 10**6: e for ts, e in points}
    shown = curve(data["equity"])
    check(len(shown) <= 2000, "thinned")
    for t, v in shown:
        near(v, whole[t], "equity at %d" % t)
    near(min(v for _, v in shown), min(whole.values()), "the lowest stays")
    near(max(v for _, v in shown), max(whole.values()), "the highest stays")
    equal(shown[-1][0], points[-1][0] // 10**6, "to the end")
    near(min(v for _, v in curve(data["drawdown"])), out["metrics"]["max_drawdown_pct"], "drawdown")
    equal(sum(data["histogram"]["count"]), out["metrics"]["num_trades"], "trades in the histogram")
    for jobs in ("1", "2"):
        walk(work, "b", "train=5d,test=2d", "--param", "fast=5,20,40", "--param", "slow=30,60", "--param", "qty=100", "--where", "fast < slow", "--jobs", jobs)
        check(read(work, "b.html") == text, "the same bytes with %s jobs" % jobs)
    return told


def options(work):
    base = ("--param", "fast=5", "--param", "slow=30")
    told = walk(work, "c", "train=5d,test=5d", *base, "--no-report")
    check("report" not in told and not os.path.exists(os.path.join(work, "c.html")), "--no-report")
    told = walk(work, "c", "train=5d,test=5d,anchored", *base, "--report", "pages/deep/c.html", "--warmup", "10")
    equal(told["report"], "pages/deep/c.html", "--report")
    text = read(work, "pages", "deep", "c.html")
    check("train 5d and growing" in text and "from the first row on (anchored)" in text and "as many rows as --warmup says" in text, "it says so")
    err = walk(work, "c", "train=5d,test=5d", *base, "--report", "c.csv", code=2)
    check("name the same file" in err, err)
    err = walk(work, "c", "train=5d,test=5d", *base, "--report", "c", "--no-report", code=2)
    check("exclude each other" in err, err)


def hostile(work):
    """Values and constraints of any text; folds without a test."""
    after = str((START + 8 * 86400) * 10**9)
    told = walk(work, "hostile", "train=4d,test=3d", "--param", "mood=1,0", "--param", "after=" + after, "--param", "qty=1,2", "--where",
                "qty < 3 && mood >= 0", strategy=TOUCHY)
    page = Page(read(work, "hostile.html"))
    sealed(page)
    with open(os.path.join(work, "hostile.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    check(rows[1]["error"], "a fold has no test")
    folds_match(page, told, rows)
    text = read(work, "hostile.html")
    check("1 of 4 folds have no test: the table says why" in text and "runs failed, the first: " in text, "told")
    err = walk(work, "evil", "train=4d,test=3d", "--param", "mood=0", "--param", "qty=" + EVIL, strategy=TOUCHY, code=2)
    check("'qty'" in err, "a value that is none: %r" % err)
    told = walk(work, "evil", "train=4d,test=3d", "--param", "mood=0", "--where", "mood<1 && mood > -1", "--param", "qty=1", "--sort", "profit_factor",
                "--report", "evil\"<b>.html", strategy=TOUCHY, code=1)
    page = Page(read(work, "evil\"<b>.html"))
    sealed(page)
    check("mood<1 && mood > -1" in page.text["panel-config"] and "no set has a profit_factor" in page.text["folds"], "texts are texts")


def in_browser(work):
    with browser.Browser() as page:
        path = os.path.join(work, "a.html")
        page.size(1280, 900)
        page.open(path)
        page.frames()
        quiet(page, path)
        drawn(page, 6, "a walk-forward")
        light = page.run(BACK)
        shot(page, "walk", whole=True)
        equal(page.run("document.querySelectorAll('#train-test .u-series').length"), 3, "folds, train and test")
        check("Train" in page.run("document.getElementById('train-test').textContent"), "named")
        equal(page.run("document.querySelectorAll('#folds tbody tr').length"), 6, "folds")
        page.run("document.querySelector('#ranges button').click()")
        page.frames()
        equal(page.run("document.querySelector('#ranges button').getAttribute('aria-pressed')"), "true", "a range")
        page.scheme("dark")
        check(page.run(BACK) != light, "dark is another colour")
        shot(page, "walk-dark", whole=True)
        quiet(page, path)
        page.scheme("light")
        check(page.pdf().startswith(b"%PDF"), "printed")
        for width in (390, 820):
            page.size(width, 844)
            for name in ("a", "hostile", "evil\"<b>"):
                page.open(os.path.join(work, name + ".html"))
                page.frames()
                equal(page.run("document.scrollingElement.scrollWidth"), width, "nothing of %s is wider than a screen of %d" % (name, width))
            shot(page, "walk-%d" % width, whole=True)
        page.size(1280, 900)
        for name, charts in (("hostile", 3), ("evil\"<b>", 0)):
            page.open(os.path.join(work, name + ".html"))
            page.frames()
            equal(page.complaints(), [], "what the browser says of %s" % name)
            check(page.run("+document.documentElement.dataset.charts") >= charts, "charts of %s" % name)
            check(page.run("window.evil === undefined"), "no text ran")
            shot(page, "walk-" + name[:4], whole=True)


def main():
    with tempfile.TemporaryDirectory() as work:
        code, _, err = njord("report", "x.json", "-o", "y", cwd=work)
        if "reports are not built in" in err:
            skip(err.strip())
        equal(code, 1, "a file that is not there")
        bars(os.path.join(work, "bars.csv"), 16 * 1440)
        structure(work)
        options(work)
        hostile(work)
        if not browser.find():
            print("walk-forward report: not looked at in a browser: chromium is not installed (./autogen.sh --tests)")
            return
        in_browser(work)
        print("walk-forward report: in Chromium as it should be")


main()
