#!/usr/bin/env python3
"""Bars against a script that sums decimals: of a simulated day in a host, of the same day by `njord ohlcv`, of a real capture; a strategy on
live bars; kill -9; doubles, missing ids, caps; each mistake in one line."""
import csv
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from decimal import Decimal, getcontext

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from livehost import LiveHost  # noqa: E402
from njordtest import DATA, NJORD, Host, chain, check, equal, journal_lines, skip  # noqa: E402

getcontext().prec = 60
SECOND = 10**9
LENGTHS = {"1s": 1, "5s": 5, "1m": 60, "5m": 300, "1h": 3600, "1d": 86400}
CAPTURES = [os.path.join(DATA, "trades", "btcusdt-spot-%s.txt.gz" % day) for day in ("20240808", "20240809")]
NUMBERS = ("open", "high", "low", "close", "volume", "quote_volume", "taker_volume")

DAY = """
ohlcv: {timeframes: [%s]}
feeds:
  - id: market
    plugin: simmarket
    params: {seed: 11, duration: 24h}
risk: {per_order_usd_cap: 1000000, daily_loss_usd_cap: 1000000, orders_per_min_cap: 1000000}
symbols:
  ATOM/USDT: {tick: 0.001, step: 0.01}
  BTC/USDT: {tick: 0.01, step: 0.00001}
""" % ", ".join(LENGTHS)

CROSS = """
strategies:
  - {id: cross, plugin: ma_cross, symbols: [ATOM/USDT], events: ["md.ohlcv.1m.*"], capital: 5000, params: {fast: 10, slow: 30, qty: 5}}
"""


# ---- the reference ----


def bars_of(trades, timeframe, fill=True, cap=0):
    """Bars of trades (dicts with exact decimals), the open one at the end too: (bar, is it the last bucket?)."""
    length, out = LENGTHS[timeframe] * SECOND, []
    for t in trades:
        start = t["ts_ns"] - t["ts_ns"] % length
        if out and fill:
            filled = 0
            while out[-1]["ts_open"] + length < start:
                if cap and filled == cap:
                    break
                last, filled = out[-1], filled + 1
                out.append({"ts_open": last["ts_open"] + length, "volume": Decimal(0), "quote_volume": Decimal(0), "taker_volume": Decimal(0),
                            "trades": 0, "partial": False, **dict.fromkeys(("open", "high", "low", "close"), last["close"])})
        if not out or out[-1]["ts_open"] != start:
            check(not out or out[-1]["ts_open"] < start, "trades are in order")
            out.append({"ts_open": start, "open": t["price"], "high": t["price"], "low": t["price"], "volume": Decimal(0),
                        "quote_volume": Decimal(0), "taker_volume": Decimal(0), "trades": 0, "partial": not out})
        bar = out[-1]
        bar["high"], bar["low"], bar["close"] = max(bar["high"], t["price"]), min(bar["low"], t["price"]), t["price"]
        bar["volume"] += t["qty"]
        bar["quote_volume"] += t["price"] * t["qty"]
        bar["taker_volume"] += t["qty"] if t["side"] == "buy" else 0
        bar["trades"] += 1
    out[-1]["partial"] = True
    return out


def same(found, expected, what):
    """Bars of a journal beside exact ones: every number the double nearest to the exact decimal."""
    equal(len(found), len(expected), "%s: bars" % what)
    for bar, exact in zip(found, expected):
        for key in NUMBERS:
            equal(bar[key], float(exact[key]), "%s: %s of the bar at %d" % (what, key, exact["ts_open"]))
        for key in ("ts_open", "trades", "partial"):
            equal(bar[key], exact[key], "%s: %s of the bar at %d" % (what, key, exact["ts_open"]))


def trades_in(folder, name):
    return [json.loads(line, parse_float=Decimal, parse_int=int) for line in journal_lines(folder, name)]


def exact_trades(folder, sym):
    trades = trades_in(folder, "md.trades." + sym)
    for t in trades:
        t["price"], t["qty"] = Decimal(t["price"]), Decimal(t["qty"])
    return trades


def read_bars(folder, timeframe, sym):
    return [json.loads(line) for line in journal_lines(folder, "ohlcv.%s.%s" % (timeframe, sym))]


def ohlcv(*args):
    return subprocess.run([NJORD, "ohlcv"] + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False)


def made(*args):
    """Runs it with --json: the report."""
    done = ohlcv("--json", *args)
    equal((done.returncode, done.stderr), (0, ""), "njord ohlcv %s" % " ".join(args))
    return json.loads(done.stdout)


# ---- a day in a host ----


def crossings(bars):
    """What ma_cross asks for, on exact closes: (side, when)."""
    closes, held, out = [], False, []
    for bar in bars:
        closes.append(Decimal(repr(bar["close"])))
        if len(closes) < 30:
            continue
        apart = sum(closes[-10:]) / 10 - sum(closes[-30:]) / 30
        check(abs(abs(apart) - Decimal("1e-6")) > Decimal("1e-12"), "no close call")
        if apart > Decimal("1e-6") and not held or apart < Decimal("-1e-6") and held:
            held = not held
            out.append(("buy" if held else "sell", bar["ts_recv_ns"]))
    return out


def a_day(host):
    done = host.run()
    equal(done.returncode, 0, "the day ends: %s" % done.stderr)
    for sym in ("ATOMUSDT", "BTCUSDT"):
        trades = exact_trades(host.path("log"), sym)
        for timeframe in LENGTHS:
            bars = read_bars(host.path("log"), timeframe, sym)
            same(bars, bars_of(trades, timeframe)[:-1], "the host's %s %s" % (timeframe, sym))
            recv = {t["ts_recv_ns"] for t in trades}
            check(all(b["ts_recv_ns"] in recv for b in bars), "each bar came with a trade")
            check(all(b["ts_close"] == b["ts_open"] + LENGTHS[timeframe] * SECOND for b in bars), "each bar has its length")
    intents = [(i["side"], i["ts_ns"]) for i in host.journal("orders") if i["contract"] == "OrderIntent"]
    expected = crossings(read_bars(host.path("log"), "1m", "ATOMUSDT"))
    check(len(expected) > 10, "the averages cross")
    equal(intents, expected, "what ma_cross asked for on live bars")
    print("a simulated day: %d trades, bars of %s exact; ma_cross on live bars: %d intents" % (len(trades), " ".join(LENGTHS), len(intents)))


def a_killed_day(whole):
    """The same day, killed again and again: the same bars, byte for byte."""
    rng = random.Random(5)
    with LiveHost(symbols=["ATOM/USDT", "BTC/USDT"], extra=DAY, strategies=CROSS) as host:
        kills = 0
        while True:
            host.launch()
            if kills < 6:
                try:
                    host.process.wait(rng.uniform(0.05, 1.2))
                except subprocess.TimeoutExpired:
                    host.process.send_signal(signal.SIGKILL)
            if host.process.wait(120) == 0:
                break
            kills += 1
            equal(host.process.returncode, -signal.SIGKILL, "only killed: %s" % host.errors())
        ours, theirs = host.journals(), whole.journals()
        for name in sorted(theirs):
            if name.startswith(("ohlcv.", "md.trades.")):
                check(ours.get(name) == theirs[name], "%s differs after %d kills" % (name, kills))
        print("killed %d times: the same trades and bars, byte for byte" % kills)


# ---- the same day offline ----


def offline(host):
    out = host.path("bars")
    args = ["--symbol", "ATOM/USDT", "--from", host.path("log"), "--timeframes", ",".join(LENGTHS), "--output", out]
    report = made(*args)
    trades = exact_trades(host.path("log"), "ATOMUSDT")
    equal((report["trades"], report["late"], report["doubles"], report["missing_ids"]), (len(trades), 0, 0, 0), "report")
    for timeframe in LENGTHS:
        bars = read_bars(out, timeframe, "ATOMUSDT")
        same(bars, bars_of(trades, timeframe), "njord ohlcv %s" % timeframe)
        live = read_bars(host.path("log"), timeframe, "ATOMUSDT")
        keys = set(bars[0]) & set(live[0]) if live else ()
        equal([{k: b[k] for k in keys} for b in bars[:-1]], [{k: b[k] for k in keys} for b in live], "offline beside live, %s" % timeframe)
    before = {name: open(os.path.join(out, name), "rb").read() for name in os.listdir(out) if name.startswith("ohlcv")}
    equal(sorted(before), ["ohlcv.%s.ATOMUSDT.20250106.ndjson" % t for t in sorted(LENGTHS)], "files named by their day")
    again = made(*args)
    equal([t["added"] + t["replaced"] for t in again["timeframes"]], [0] * len(LENGTHS), "run twice adds nothing")
    equal([t["already_there"] for t in again["timeframes"]], [t["bars"] for t in report["timeframes"]], "all there already")
    equal({name: open(os.path.join(out, name), "rb").read() for name in before}, before, "the files stay as they are")
    # a file, a gzip, the journals' own folder
    path = chain(host.path("log"), "md.trades.ATOMUSDT")[0]
    packed = host.path("trades.ndjson.gz")
    with open(path, "rb") as source, gzip.open(packed, "wb") as target:
        target.write(source.read())
    for source in (path, packed):
        report = made("--symbol", "ATOMUSDT", "--from", source, "--timeframes", "1m", "--output", out)
        equal(report["timeframes"][0]["already_there"], 1440, "from %s: the same bars" % os.path.basename(source))
    report = made("--symbol", "ATOM/USDT", "--journal-dir", host.path("log"), "--timeframes", "1m,1h")
    equal([(t["added"], t["already_there"]) for t in report["timeframes"]], [(1, 1439), (1, 23)], "beside the host's own bars")
    print("offline: the same bars, nothing twice")


def partial_gives_way(folder):
    """What was partial because the recording ended there becomes whole when it goes on; never the other way round."""
    header = "ts_ns,trade_id,price,qty,side\n"
    rows = ["%d,%d,%s,1,buy\n" % (1700000000 * SECOND + i * 10 * SECOND, 100 + i, 10 + i) for i in range(40)]
    args = ["--symbol", "A/USDT", "--timeframes", "1m", "--output", os.path.join(folder, "grows"), "--from"]
    paths = []
    for n in (20, 40):
        paths.append(os.path.join(folder, "grows%d.csv" % n))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write(header + "".join(rows[:n]))
    first, second, third = made(*args, paths[0]), made(*args, paths[1]), made(*args, paths[0])
    equal(first["timeframes"][0]["added"], 4, "bars of the first part")
    equal((second["timeframes"][0]["added"], second["timeframes"][0]["replaced"]), (3, 1), "the partial one was replaced")
    equal((third["timeframes"][0]["added"], third["timeframes"][0]["replaced"]), (0, 0), "a whole one is not")
    bars = read_bars(os.path.join(folder, "grows"), "1m", "AUSDT")
    equal([b["partial"] for b in bars], [True] + [False] * 5 + [True], "partial at the ends")
    # and a bar that differs is refused
    with open(paths[1], "w", encoding="utf-8") as file:
        file.write(header + "".join(rows).replace(",20,1,buy", ",20,2,buy"))
    done = ohlcv(*args, paths[1])
    equal((done.returncode, done.stderr.count("\n")), (1, 1), "a bar with other values")
    check("is stored with 'volume' 6" in done.stderr and "--replace" in done.stderr, done.stderr)
    equal(read_bars(os.path.join(folder, "grows"), "1m", "AUSDT"), bars, "nothing was changed")
    equal(made(*args, paths[1], "--replace")["timeframes"][0]["replaced"], 1, "with --replace it is taken")


# ---- odd recordings ----


def write_trades(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["ts_ns", "trade_id", "price", "qty", "side"])
        out.writerows(rows)
    return path


def odd(folder):
    start = 1700000040 * SECOND  # a whole minute
    at = lambda minute, second=0: start + (minute * 60 + second) * SECOND  # noqa: E731
    name = os.path.join(folder, "odd.csv")
    bars = lambda where: [(b["ts_open"] - start) // (60 * SECOND) for b in read_bars(where, "1m", "AUSDT")]  # noqa: E731
    args = lambda where, *more: ["--symbol", "A/USDT", "--from", name, "--timeframes", "1m,5m", "--output", where] + list(more)  # noqa: E731
    # doubles count once; ids 13 to 15 are missing over minutes 2 and 3
    write_trades(name, [(at(0), 10, 1, 1, "buy"), (at(0, 5), 11, 2, 1, "sell"), (at(0, 5), 11, 2, 1, "sell"), (at(2), 12, 3, 1, "buy"),
                        (at(3, 30), 16, 4, 1, "buy"), (at(6), 17, 5, 1, "buy")])
    where = os.path.join(folder, "odd")
    report = made(*args(where))
    equal((report["trades"], report["doubles"], report["gaps"], report["missing_ids"], report["bars_left_out"]), (5, 1, 1, 3, 3), "report")
    equal(bars(where), [0, 1, 4, 5, 6], "minutes 2 and 3 are left out")
    equal([(b["ts_open"] - at(-4)) // (300 * SECOND) for b in read_bars(where, "5m", "AUSDT")], [0, 2], "and the five minutes of them")
    # caps
    write_trades(name, [(at(0), 1, 1, 1, "buy"), (at(10), 2, 2, 1, "buy"), (at(11), 3, 2, 1, "buy")])
    for cap, expected in (("0", list(range(12))), ("3", [0, 1, 2, 3, 10, 11]), ("9", list(range(12)))):
        where = os.path.join(folder, "cap" + cap)
        report = made(*args(where, "--max-gap", cap))
        equal(bars(where), expected, "--max-gap %s" % cap)
    where = os.path.join(folder, "nofill")
    made(*args(where, "--no-fill-gaps"))
    equal(bars(where), [0, 10, 11], "--no-fill-gaps")
    # ten digits behind the point, and a sum that no double keeps on the way
    write_trades(name, [(at(0), 1, "0.0000012345", "1000000000", "buy"), (at(0, 1), 2, "0.0000012347", "0.0000000003", "buy"),
                        (at(0, 2), 3, "99999999", "12345678.12345678", "sell"), (at(1), 4, 1, 1, "buy")])
    where = os.path.join(folder, "digits")
    made(*args(where))
    bar = read_bars(where, "1m", "AUSDT")[0]
    equal(bar["volume"], float(Decimal("1000000000") + Decimal("0.0000000003") + Decimal("12345678.12345678")), "volume")
    equal(bar["quote_volume"], float(Decimal("0.0000012345") * 1000000000 + Decimal("0.0000012347") * Decimal("0.0000000003") +
                                     99999999 * Decimal("12345678.12345678")), "quote volume")
    equal(bar["taker_volume"], float(Decimal("1000000000.0000000003")), "taker volume")
    print("doubles, missing ids, caps, many digits: as they should be")


# ---- a real capture ----


def captures(folder):
    if not all(os.path.exists(path) for path in CAPTURES):
        print("not run: no captures in '%s'" % DATA)
        return
    # both files of one session into one journal, as a host would have written it
    where = os.path.join(folder, "capture")
    for path in CAPTURES:
        done = subprocess.run([NJORD, "data", "import", path, "--symbol", "BTC/USDT", "--kind", "trades", "--journal-dir", where],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
        equal((done.returncode, done.stderr), (0, ""), "import")
    report = made("--symbol", "BTC/USDT", "--journal-dir", where, "--timeframes", "1s,5s,1m", "--no-fill-gaps")
    equal(report["trades"], 19904, "trades")
    for timeframe in ("1s", "5s", "1m"):
        found = read_bars(where, timeframe, "BTCUSDT")
        with gzip.open(os.path.join(DATA, "trades", "btcusdt-expected-%s.csv.gz" % timeframe), "rt") as file:
            expected = list(csv.DictReader(file))
        equal(len(found), len(expected), "%s bars" % timeframe)
        for bar, row in zip(found, expected):
            equal(bar["ts_open"], int(row["open_time_ms"]) * 10**6, "time")
            for key, column in zip(NUMBERS, ("open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume")):
                equal(bar[key], float(row[column]), "%s of the %s bar at %s" % (key, timeframe, row["open_time_ms"]))
            equal(bar["trades"], int(row["trades"]), "count")
    print("the capture: expected bars of 1s, 5s, 1m to the last digit")


# ---- mistakes ----


def mistakes(folder):
    good = write_trades(os.path.join(folder, "good.csv"), [(1700000040 * SECOND, 1, 1, 1, "buy")])
    bad = os.path.join(folder, "bad.csv")
    with open(good, encoding="utf-8") as source, open(bad, "w", encoding="utf-8") as target:
        target.write(source.read() + "1700000041000000000,2,abc,1,buy\n")
    where = os.path.join(folder, "never")
    base = ["--symbol", "A/USDT", "--from", good, "--timeframes", "1m", "--output", where]

    def with_(**changes):
        args = list(base)
        for name, value in changes.items():
            at = args.index("--" + name)
            args[at:at + 2] = [] if value is None else ["--" + name, value]
        return args

    wrong = [
        (2, with_(symbol=None), "'--symbol' is missing"),
        (2, base + ["--symbol", "B/USDT"], "may stand once here"),
        (2, with_(timeframes=None), "'--timeframes' is missing"),
        (2, base + ["--max-gap", "-1"], "'--max-gap': expected a whole number"),
        (2, base + ["--max-gap", "many"], "found 'many'"),
        (2, base + ["more"], "more"),
        (1, with_(timeframes="7s"), "timeframe '7s': expected 1s to 1d"),
        (1, with_(timeframes="1m,,5m"), "timeframe ''"),
        (1, with_(timeframes="1m,60s"), "timeframe '60s': as long as '1m'"),
        (1, with_(symbol="nonsense"), "has no quote asset"),
        (1, with_(**{"from": os.path.join(folder, "nowhere")}), "nowhere': no such file"),
        (1, with_(**{"from": bad}), "bad.csv:3: "),
        (1, with_(**{"from": folder}), "no journal"),
    ]
    for code, args, text in wrong:
        done = ohlcv(*args)
        equal((done.returncode, done.stdout), (code, ""), "njord ohlcv %s: %s" % (args, done.stderr))
        check(text in done.stderr and done.stderr.count("\n") == 1, "expected one line with %r, found %r" % (text, done.stderr))
        check(not os.path.exists(where), "%r: left nothing behind" % (args,))
    help_text = ohlcv("--help")
    check(help_text.returncode == 0 and "njord ohlcv --symbol" in help_text.stdout, "help with an example")
    with LiveHost(extra="services: [journal]") as host:
        host.change(at_end="wait")
        host.start()
        done = ohlcv(*with_(output=host.path("log")))
        equal(done.returncode, 1, "a host writes there")
        check(done.stderr.count("\n") == 1 and host.path("log") in done.stderr, done.stderr)
        host.stop()
    print("%d mistakes, a line each" % (len(wrong) + 1))


def main():
    if not os.path.exists(NJORD):
        skip("njord is not built")
    started = time.monotonic()
    with Host(symbols=["ATOM/USDT", "BTC/USDT"], extra=DAY, strategies=CROSS) as host:
        a_day(host)
        a_killed_day(host)
        offline(host)
    with Host() as scratch:
        partial_gives_way(scratch.dir)
        odd(scratch.dir)
        captures(scratch.dir)
        mistakes(scratch.dir)
    print("bars: all as they should be (%.0f s)" % (time.monotonic() - started))


main()
