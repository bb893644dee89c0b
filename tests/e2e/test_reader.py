#!/usr/bin/env python3
"""Journals of three symbols, rotated, packed and live, as the reader gives them, beside what Python's json, gzip and heapq make
of the same folder: orders, ranges, a start behind a seq, bad lines; and the scanner's columns beside Python's numbers."""
import gzip
import heapq
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from njordtest import BUILD, chain, check, equal, journal_lines  # noqa: E402

PIPE = os.path.join(BUILD, "tests", "e2e", "reader_pipe")
DAY = 86400 * 10**9
START = 20089 * DAY  # 2025-01-01
LOW, HIGH = -2**63, 2**63 - 1
STEMS = ["md.trades.ETHUSDT", "ohlcv.1m.ATOMUSDT", "md.trades.BTCUSDT"]
random.seed(20250101)


def number():
    """As many digits as there are ways to have them."""
    kind = random.randrange(6)
    if kind == 0:
        return random.randrange(1, 100000)
    if kind == 1:
        return random.random() * 10 ** random.randrange(-9, 9)  # all 17 digits
    if kind == 2:
        return 10.0 ** random.randrange(-20, 20)
    return round(random.uniform(0.001, 100000), random.randrange(0, 9))


def line_of(event):
    """Keys in any order, blanks or none, as different senders write it."""
    keys = list(event)
    if random.random() < 0.3:
        random.shuffle(keys)
    event = {key: event[key] for key in keys}
    return json.dumps(event, separators=random.choice([(",", ":"), (", ", ": ")])) + random.choice(["", "", "\r"])


def trade(symbol, ts, seq):
    event = {"symbol": symbol, "price": number(), "qty": number(), "ts_ns": ts, "seq": seq}
    if random.random() < 0.8:
        event["side"] = random.choice(["buy", "sell"])
    if random.random() < 0.8:
        event["trade_id"] = random.choice([str(random.randrange(10**10)), "t-%d" % seq, "00%d" % seq])
    if random.random() < 0.8:
        event["venue"] = random.choice(["binance", "börse"])
    return event


def bar(symbol, ts, seq):
    event = {"symbol": symbol, "timeframe": "1m", "ts_open": ts, "ts_close": ts + 60 * 10**9, "seq": seq}
    event.update({key: number() for key in ("open", "high", "low", "close", "volume")})
    if random.random() < 0.5:
        event.update(trades=random.randrange(1000), quote_volume=number())
    return event


def write(folder):
    """Five days of each; returns the seq of each line's event."""
    seq = 1 << 20
    open_lines = {stem: [] for stem in STEMS}
    files = {stem: 0 for stem in STEMS}

    def finish(stem, day, part, packed):
        name = "%s.%s%s.ndjson" % (stem, "202501%02d" % (day + 1), ".%d" % part if part else "")
        data = "".join(line + "\n" for line in open_lines[stem]).encode()
        if packed:
            with gzip.open(os.path.join(folder, name + ".gz"), "wb", random.choice([1, 6, 9])) as out:
                out.write(data)
        else:
            with open(os.path.join(folder, name), "wb") as out:
                out.write(data)
        open_lines[stem] = []
        files[stem] += 1

    for day in range(5):
        parts = {stem: 0 for stem in STEMS}
        for i in range(600):
            stem = random.choice(STEMS)
            ts = START + day * DAY + (i * DAY) // 600
            symbol = {"E": "ETH/USDT", "A": "ATOM/USDT", "B": "BTC/USDT"}[stem.rsplit(".", 1)[1][0]]
            if stem.startswith("ohlcv"):
                open_lines[stem].append(line_of(bar(symbol, ts - ts % (60 * 10**9), seq)))
            else:
                if random.random() < 0.05:
                    ts -= random.randrange(DAY // 48)  # late by up to half an hour
                open_lines[stem].append(line_of(trade(symbol, ts, seq)))
            seq += random.randrange(1, 4)
            if day == 2 and len(open_lines[stem]) == 15:  # cut by size too: up to part 10 and beyond
                finish(stem, day, parts[stem], random.random() < 0.5)
                parts[stem] += 1
        if day < 4:
            for stem in STEMS:
                finish(stem, day, parts[stem], day < 2)
    for stem in STEMS:
        with open(os.path.join(folder, stem + ".ndjson"), "wb") as out:
            out.write("".join(line + "\n" for line in open_lines[stem]).encode())
    # and what is not to be read
    with open(os.path.join(folder, STEMS[0] + ".20250101.ndjson.gz.tmp"), "w") as out:
        out.write("half")
    with open(os.path.join(folder, STEMS[0] + ".ndjson.torn"), "w") as out:
        out.write("{\"sym")
    # packed, and the plain one not yet removed
    plain = [f for f in sorted(os.listdir(folder)) if f.startswith(STEMS[2] + ".20250104")][0]
    with open(os.path.join(folder, plain), "rb") as data, gzip.open(os.path.join(folder, plain + ".gz"), "wb") as out:
        shutil.copyfileobj(data, out)


def events(folder, stem):
    for path in chain(folder, stem):
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as lines:
            for n, line in enumerate(lines, 1):
                event = json.loads(line)
                time = event.get("ts_open", event.get("ts_ns"))
                yield time, event["seq"], stem, os.path.basename(path), n, line.rstrip(b"\r\n").decode()


def expected(folder, stems, order="time", start=LOW, end=HIGH, after=0):
    """heapq.merge takes the earlier iterable when keys are equal, as the reader does."""
    key = (lambda e: e[0]) if order == "time" else (lambda e: e[1])
    chains = [[e for e in events(folder, s) if start <= e[0] < end and e[1] > after] for s in stems]
    return ["%s\t%s\t%d\t%s" % e[2:] for e in heapq.merge(*chains, key=key)]


def run(*arguments):
    done = subprocess.run([PIPE, *[str(a) for a in arguments]], stdout=subprocess.PIPE, encoding="utf-8")
    lines = done.stdout.split("\n")[:-1]
    return done.returncode, lines[:-1], lines[-1]


def compare(folder, stems, order="time", start=LOW, end=HIGH, after=0):
    rc, got, last = run("read", folder, order, start, end, after, "strict", *stems)
    want = expected(folder, stems, order, start, end, after)
    what = "%s %d..%d after %d of %s" % (order, start, end, after, stems)
    equal(rc, 0, what + ": " + last)
    for i, (a, b) in enumerate(zip(got, want)):
        equal(a, b, "%s: event %d" % (what, i))
    equal(len(got), len(want), what)
    check(last.startswith("events %d " % len(want)), what + ": " + last)
    return int(last.split()[-1])


def names(folder):
    return {f: (os.stat(os.path.join(folder, f)).st_size, os.stat(os.path.join(folder, f)).st_mtime_ns) for f in os.listdir(folder)}


def hexed(v):
    return "nan" if v is None else float(v).hex()


def canonical(text):
    """%a of C and float.hex() of Python write the same value with and without trailing zeros."""
    return " ".join(hexed(float.fromhex(word)) if word.startswith(("0x", "-0x")) else word.lstrip("-") if word == "-nan" else word
                    for word in text.split(" "))


def row_of(event):
    if "ts_open" in event:
        return "%s %s %d %s %s %d %d" % (event["symbol"], event["timeframe"], event["ts_open"],
                                         " ".join(hexed(event[k]) for k in ("open", "high", "low", "close", "volume")),
                                         hexed(event.get("quote_volume")), event.get("trades", LOW), event["seq"])
    side = {"buy": 1, "sell": 2, None: 255}[event.get("side")]
    return "%s %d %s %s %d [%s] [%s] %d" % (event["symbol"], event["ts_ns"], hexed(event["price"]), hexed(event["qty"]), side,
                                            event.get("trade_id", ""), event.get("venue", ""), event["seq"])


def scanned(folder):
    slow = 0
    for stem in STEMS:
        for path in chain(folder, stem):
            rc, rows, last = run("scan", path, "bars" if stem.startswith("ohlcv") else "trades")
            equal(rc, 0, path + ": " + last)
            want = [json.loads(e[5]) for e in events(folder, stem) if e[3] == os.path.basename(path)]
            equal(len(rows), len(want), path)
            for i, (row, event) in enumerate(zip(rows, want)):
                equal(canonical(row), row_of(event), "%s: row %d" % (path, i))
            slow += int(last.split()[-1])
    print("columns agree; %d lines took the slow way" % slow)


def main():
    folder = tempfile.mkdtemp(prefix="njord-reader.")
    try:
        write(folder)
        before = names(folder)
        check(len(list(journal_lines(folder, STEMS[0]))) > 500, "a journal worth the name")
        for order in ("time", "seq"):
            compare(folder, STEMS, order)
            compare(folder, STEMS[::-1], order)
            compare(folder, STEMS[1:2], order)
        everything = [e for stem in STEMS for e in events(folder, stem)]
        for _ in range(40):
            a, b = sorted(random.choice(everything)[0] + random.choice([-1, 0, 0, 1]) for _ in range(2))
            compare(folder, STEMS, random.choice(["time", "seq"]), random.choice([a, LOW]), random.choice([b, HIGH]))
        for _ in range(20):
            compare(folder, STEMS, random.choice(["time", "seq"]), after=random.choice(everything)[1] + random.choice([-1, 0, 1]))
        few = compare(folder, STEMS, start=START + 3 * DAY, end=START + 4 * DAY)
        check(few <= 3 * len(STEMS), "files out of range are not opened: %d" % few)
        newest = compare(folder, STEMS, "seq", after=max(e[1] for e in everything) - 3)
        check(newest <= 2 * len(STEMS), "files before a seq are not read: %d" % newest)
        scanned(folder)
        equal(names(folder), before, "the folder")

        # a bad line, by name and number; skipped and counted when asked for
        path = os.path.join(folder, STEMS[0] + ".ndjson")
        whole = open(path, "rb").read()
        lines = whole.split(b"\n")
        at = len(lines) // 2
        with open(path, "wb") as out:
            out.write(b"\n".join([*lines[:at], b"{\"symbol\":\"ETH/USDT\"}", *lines[at:]]))
        rc, _, last = run("read", folder, "time", LOW, HIGH, 0, "strict", *STEMS)
        equal((rc, last), (1, "error: %s:%d: Trade.price at byte 21: missing" % (path, at + 1)), "a bad line")
        rc, got, last = run("read", folder, "time", LOW, HIGH, 0, "skip", *STEMS)
        equal((rc, len(got)), (0, len(everything)), "skipped: " + last)
        check(" bad 1 " in last, last)
        with open(path, "wb") as out:
            out.write(whole + b"{\"symbol\":\"ETH/USDT\",\"pri")
        rc, got, last = run("read", folder, "time", LOW, HIGH, 0, "strict", *STEMS)
        equal((rc, len(got)), (0, len(everything)), "a torn tail: " + last)

        # a packed file with one bit turned: named at its end at the latest
        path = [p for p in chain(folder, STEMS[1]) if p.endswith(".gz")][0]
        data = bytearray(open(path, "rb").read())
        data[len(data) // 2] ^= 0x10
        with open(path, "wb") as out:
            out.write(data)
        rc, _, last = run("read", folder, "time", LOW, HIGH, 0, "skip", *STEMS)
        check(rc == 1 and last.startswith("error: file '%s': damaged" % path), "a damaged file: " + last)
        print("%d events in %d files" % (len(everything), len(before)))
    finally:
        shutil.rmtree(folder)


main()
