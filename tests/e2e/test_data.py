#!/usr/bin/env python3
"""njord data import and export, as their users type them: history in, merged, refused, put in place as one step, and out again. What is
expected comes from the input files, read here by themselves."""
import collections
import csv
import decimal
import fcntl
import gzip
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import DATA, NJORD, check, equal  # noqa: E402

ATOM = os.path.join(DATA, "bars", "atomusdt-1m.csv.gz")
TRADES = [os.path.join(DATA, "trades", "btcusdt-spot-2024080%d.txt.gz" % day) for day in (8, 9)]
MINUTE = 60 * 10**9
DAY = 1440 * MINUTE
LIMIT = 300


class Folder:
    """A journal folder of its own, with a place for input files beside it."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="nj", dir="/tmp")
        self.dir = os.path.join(self.top, "log")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        shutil.rmtree(self.top, ignore_errors=True)

    def write(self, name, data):
        path = os.path.join(self.top, name)
        with open(path, "wb") as out:
            out.write(data if isinstance(data, bytes) else data.encode())
        return path

    def journal(self, name, rows):
        os.makedirs(self.dir, exist_ok=True)
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)

    def run(self, *words, data=None):
        """Exit code, standard output, standard error."""
        done = subprocess.run([os.path.abspath(NJORD), "data", *words, "--journal-dir", self.dir], input=data, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=LIMIT, check=False, cwd=self.top)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def good(self, *words, data=None):
        code, out, err = self.run(*words, data=data)
        equal((code, err), (0, ""), "njord data %s" % " ".join(words))
        return out

    def bars(self, path, *more, symbol="ATOM/USDT", data=None):
        """Imports bars; the report."""
        return json.loads(self.good("import", path, "--symbol", symbol, "--kind", "bars", "--json", *more, data=data))

    def trades(self, path, *more, symbol="BTC/USDT"):
        return json.loads(self.good("import", path, "--symbol", symbol, "--kind", "trades", "--json", *more))

    def files(self):
        """Every file with its bytes, but for the lock."""
        found = {}
        for folder, _, names in os.walk(self.dir):
            for name in names:
                if name != ".lock" and not folder.endswith(".cache"):
                    with open(os.path.join(folder, name), "rb") as file:
                        found[os.path.relpath(os.path.join(folder, name), self.dir)] = file.read()
        return found

    def rows(self, stem="ohlcv.1m.ATOMUSDT"):
        """Rows of all files of a journal, in the order of their names; each checked to be of its file's day."""
        rows = []
        for name, data in sorted(self.files().items()):
            check(name.startswith(stem + "."), "a file that should not be there: %s" % name)
            data = gzip.decompress(data) if name.endswith(".gz") else data
            day = name[len(stem) + 1:][:8]
            for line in data.decode().splitlines():
                row = json.loads(line, parse_float=decimal.Decimal, parse_int=decimal.Decimal)
                if day != "ndjson":
                    equal(time.strftime("%Y%m%d", time.gmtime(int(row.get("ts_open", row.get("ts_ns"))) // 10**9)), day, "day of a row")
                rows.append(row)
        return rows


def atom_rows():
    """(ts_open, five decimals) of the file."""
    with gzip.open(ATOM, "rt") as file:
        lines = list(csv.reader(file))[1:]
    return [(int(line[0]) * 10**6, tuple(decimal.Decimal(v) for v in line[1:])) for line in lines]


def values(rows):
    return [(int(r["ts_open"]), tuple(r[k] for k in ("open", "high", "low", "close", "volume"))) for r in rows]


def made(n, start=0, step=60, value=lambda i: 100 + i % 7):
    """CSV of n minute bars from 2024-01-01T00:00 on."""
    out = ["ts,open,high,low,close,volume"]
    out += ["%d,%d,%d,%d,%d,%d" % (1704067200 + (start + i) * step, *[value(start + i)] * 4, 5) for i in range(n)]
    return "\n".join(out) + "\n"


def history_in_and_out():
    expected = atom_rows()
    with Folder() as f:
        report = f.bars(ATOM)
        equal((report["rows"], report["added"], report["days"], report["days_written"]), (42915, 42915, 31, 31), "the month's report")
        equal((report["layout"], report["time_unit"], report["timeframe"]), ("csv", "ms", "1m"), "what was found out")
        equal(sorted(f.files())[0], "ohlcv.1m.ATOMUSDT.20210420.ndjson", "the first day's file")
        rows = f.rows()
        equal(values(rows), expected, "the month in the journals")
        for row in rows[:100]:
            equal((row["symbol"], row["timeframe"], row["ts_close"]), ("ATOM/USDT", "1m", row["ts_open"] + MINUTE), "a bar's members")
            check("seq" not in row and "ts_recv_ns" not in row, "an imported row has no seq")

        before = f.files()
        stamps = {name: os.stat(os.path.join(f.dir, name)).st_ino for name in before}
        report = f.bars(ATOM)
        equal((report["added"], report["already_there"], report["days_written"]), (0, 42915, 0), "the same once more")
        equal(f.files(), before, "files after importing the same once more")
        equal({name: os.stat(os.path.join(f.dir, name)).st_ino for name in before}, stamps, "they were not even written anew")

        # out again: equal as decimals, row for row; what differs as text are zeros behind the point
        out = os.path.join(f.top, "out.csv")
        f.good("export", "--symbol", "ATOM/USDT", "--timeframe", "1m", "--format", "csv", "--output", out)
        with open(out, encoding="utf-8", newline="") as file:
            exported = list(csv.reader(file))
        equal(exported[0], "symbol timeframe ts_open ts_close open high low close volume trades quote_volume taker_volume partial".split(),
              "the header is the contract's")
        with gzip.open(ATOM, "rt") as file:
            original = list(csv.reader(file))
        equal(len(exported), len(original), "rows")
        texts = zeros = 0
        for ours, theirs in zip(exported[1:], original[1:]):
            equal(int(ours[2]), int(theirs[0]) * 10**6, "ts_open")
            for a, b in zip(ours[4:9], theirs[1:]):
                texts += 1
                if a != b:
                    zeros += 1
                    equal(a, b.rstrip("0").rstrip("."), "digits")
        equal((texts, zeros), (214575, 704), "texts, and those that only lost a zero behind the point")

        # and in again: nothing new; the exported file in an empty folder gives the same bytes
        equal(f.bars(out)["added"], 0, "the export imported again")
        with Folder() as other:
            other.bars(out)
            equal(other.files(), before, "journals made from the export")
            ndjson = os.path.join(f.top, "out.ndjson")
            f.good("export", "--symbol", "ATOMUSDT", "--timeframe", "1m", "--format", "ndjson", "--output", ndjson)
            with open(ndjson, "rb") as file:
                equal(file.read(), b"".join(data for _, data in sorted(before.items())), "NDJSON is the journals' lines")
            equal(other.bars(ndjson)["added"], 0, "NDJSON imported again")


def trades_in_and_out():
    expected = []
    for path in TRADES:
        with gzip.open(path, "rt") as file:
            for line in file:
                frame = json.loads(line.split(" ", 1)[1])
                if frame.get("stream", "").endswith("@trade"):
                    t = frame["data"]
                    expected.append((str(t["t"]), t["T"] * 10**6, decimal.Decimal(t["p"]), decimal.Decimal(t["q"]), "sell" if t["m"] else "buy"))
    equal(len(expected), 19904, "trades of the captures")
    with Folder() as f:
        reports = [f.trades(path, "--venue", "binance") for path in TRADES]
        equal(sum(r["added"] for r in reports), 19904, "trades added")
        equal([r["layout"] for r in reports], ["capture"] * 2, "layout")
        rows = f.rows("md.trades.BTCUSDT")
        equal([(r["trade_id"], int(r["ts_ns"]), r["price"], r["qty"], r["side"]) for r in rows], expected, "trades, in the order of the captures")
        equal({r["venue"] for r in rows}, {"binance"}, "venue")
        before = f.files()
        for path in reversed(TRADES):
            equal(f.trades(path, "--venue", "binance")["added"], 0, "a capture once more")
        equal(f.files(), before, "files after that")
        out = f.good("export", "--symbol", "BTC/USDT", "--kind", "trades", "--format", "csv", "--output", "-")
        found = [(r["trade_id"], int(r["ts_ns"]), decimal.Decimal(r["price"]), decimal.Decimal(r["qty"]), r["side"])
                 for r in csv.DictReader(io.StringIO(out))]
        equal(found, expected, "trades as CSV")
        # a part of it: ranges go by ts_ns, the end of a time is exclusive
        cut = 1723161600 * 10**9
        out = json.loads(f.good("export", "--symbol", "BTC/USDT", "--kind", "trades", "--format", "json", "--output", "-", "--start",
                                "2024-08-09T00:00:00Z", "--end", "2024-08-09T00:00:02Z"))
        equal([r["trade_id"] for r in out], [e[0] for e in expected if cut <= e[1] < cut + 2 * 10**9], "trades of two seconds")


def layouts():
    rows = [(1704067200 + 60 * i, "1.%d" % i, "2.5", "0.5", "1.25", "10") for i in range(1, 70)]

    def text(sep=",", header="ts,open,high,low,close,volume", stamp=str, order=rows):
        return "".join(line + "\n" for line in [header.replace(",", sep)] * bool(header) +
                       [sep.join((stamp(row[0]),) + row[1:]) for row in order])

    def iso(ts):
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ts))

    def klines(close_ms):
        return text(header="", stamp=lambda t: "%d" % (t * 10**3), order=[r + (str(r[0] * 1000 + close_ms), "12.5", "7", "5", "6", "0") for r in rows])

    forms = {
        "seconds": (text(), [], "s"),
        "milliseconds": (text(stamp=lambda t: "%d" % (t * 10**3)), [], "ms"),
        "microseconds": (text(stamp=lambda t: "%d" % (t * 10**6)), [], "us"),
        "nanoseconds": (text(stamp=lambda t: "%d" % (t * 10**9)), [], "ns"),
        "decimals of seconds": (text(stamp=lambda t: "%d.000" % t), [], "s"),
        "dates": (text(stamp=iso), [], "text"),
        "dates with Z": (text(stamp=lambda t: iso(t).replace(" ", "T") + "Z"), [], "text"),
        "a unit in the name": (text(header="open_time_ms,open,high,low,close,volume", stamp=lambda t: "%d" % (t * 10**3)), [], "ms"),
        "semicolons": (text(";"), [], "s"),
        "tabs": (text("\t"), [], "s"),
        "bars as delimiters": (text("|"), [], "s"),
        "a delimiter of one's own": (text("#"), ["--delimiter", "#"], "s"),
        "blanks": (text(" "), ["--delimiter", " "], "s"),
        "six bare columns": (text(header=""), [], "s"),
        "columns by name": (text(header=""), ["--columns", "ts,open,high,low,close,volume"], "s"),
        "columns by name over a header": (text(header="a,b,c,d,e,f"), ["--columns", "ts,open,high,low,close,volume"], "s"),
        "the newest first": (text(order=rows[::-1]), ["--timeframe", "1m"], "s"),
        "shuffled": (text(order=random.Random(5).sample(rows, len(rows))), ["--timeframe", "1m"], "s"),
        "Windows' line ends": (text().replace("\n", "\r\n"), [], "s"),
        "a byte order mark": ("\ufeff" + text(), [], "s"),
        "no line end at the end": (text().rstrip("\n"), [], "s"),
        "quotes": (text().replace("2.5", '"2.5"'), [], "s"),
        "empty lines": (text() + "\n\n", [], "s"),
        "gzip": (gzip.compress(text().encode()), [], "s"),
        "gzip of two members": (gzip.compress(text(order=rows[:30]).encode()) + gzip.compress(text(header="", order=rows[30:]).encode()), [], "s"),
        "every row twice": (text(order=[r for r in rows for _ in range(2)]), ["--timeframe", "1m"], "s"),
        "klines": (klines(59999), [], "ms"),
        "klines cut short": (klines(34999), ["--columns", "ts,open,high,low,close,volume,-,quote_volume,trades,taker_volume,-,-"], "ms"),
    }
    expected = [(ts * 10**9, tuple(decimal.Decimal(v) for v in row)) for ts, *row in rows]
    for name, (data, more, unit) in forms.items():
        with Folder() as f:
            report = f.bars(f.write("in.csv", data), *more)
            equal(values(f.rows()), expected, name)
            equal((report["time_unit"], report["timeframe"], report["added"]), (unit, "1m", 69), name)
            raw = data if isinstance(data, bytes) else data.encode()
            with Folder() as g:
                equal(g.bars("-", *more, data=raw)["added"], 69, name + ", from standard input")
                equal(g.files(), f.files(), name + ", from standard input")
            if "klines" in name:
                equal(f.rows()[0]["quote_volume"], decimal.Decimal("12.5"), "a kline's quote volume")
                equal((f.rows()[0]["trades"], f.rows()[0]["taker_volume"]), (7, 5), "a kline's trades and taker volume")
                equal(report["layout"], "binance-klines" if name == "klines" else "columns", "layout")
    with Folder() as f:
        found, _, err = f.run("import", f.write("k.csv", klines(59999) + "1704071400000,1,2.5,0.5,1.25,10,1704071434999,12.5,7,5,6,0\n"), "--symbol", "ATOM/USDT")
        equal((found, err.partition(":70: ")[2], f.files()), (1, "a bar of 1m closes where the line does not: 34.999 s behind its open\n", {}), "a kline cut short")


def trade_dumps():
    trades = "".join("%d,10.5,0.%d,5.25,%d,%s,True\n" % (i, i, 1704067200000 + i // 3, "True" if i % 2 else "False") for i in range(1, 60))
    aggregated = "".join("%d,10.5,0.%d,%d,%d,%d,%s,True\n" % (i, i, 2 * i, 2 * i + 1, 1704067200000 + i, "true") for i in range(1, 60))
    for data, layout in ((trades, "binance-trades"), (aggregated, "binance-aggtrades")):
        with Folder() as f:
            report = f.trades(f.write("in.csv", data), "--venue", "binance")
            equal((report["layout"], report["added"], report["time_unit"]), (layout, 59, "ms"), layout)
            rows = f.rows("md.trades.BTCUSDT")
            equal([r["trade_id"] for r in rows], [str(i) for i in range(1, 60)], layout)
            equal(rows[0]["side"], "sell", "the buyer was the maker: the aggressor sold")
            equal(f.trades(f.write("in.csv", data), "--venue", "binance")["added"], 0, layout + " once more")


def overlaps():
    with Folder() as f:
        f.bars(f.write("a.csv", made(2000)))
        report = f.bars(f.write("b.csv", made(3000, start=1000)))
        equal((report["added"], report["already_there"]), (2000, 1000), "an overlap of a thousand bars")
        equal([int(r["ts_open"]) for r in f.rows()], [(1704067200 + 60 * i) * 10**9 for i in range(4000)], "bars of both")
        # a hole in the middle is filled, and stands where it belongs
        with Folder() as g:
            g.bars(g.write("a.csv", made(100)))
            g.bars(g.write("c.csv", made(100, start=300)))
            g.bars(g.write("b.csv", made(200, start=100)))
            equal([int(r["ts_open"]) for r in g.rows()], [(1704067200 + 60 * i) * 10**9 for i in range(400)], "a filled hole")

        # other values: refused as a whole, taken with --replace
        before = f.files()
        other = f.write("d.csv", made(10, start=3995, value=lambda i: 50))
        code, out, err = f.run("import", other, "--symbol", "ATOM/USDT", "--kind", "bars", "--timeframe", "1m")
        equal((code, out), (1, ""), "other values")
        equal(err, "njord data import: bar of 2024-01-03T18:35:00Z: is stored with 'open' 105, the file has 50; --replace takes the file's\n",
              "other values")
        equal(f.files(), before, "files after a refusal")
        report = f.bars(other, "--replace")
        equal((report["added"], report["replaced"]), (5, 5), "replaced")
        equal([int(r["close"]) for r in f.rows()[3990:]], [100 + i % 7 for i in range(3990, 3995)] + [50] * 10, "replaced")


def stored_in_other_ways():
    """Compressed days, days of several parts, live files, files of several days."""
    def bar(i, **more):
        ts = (1704067200 + 60 * i) * 10**9
        return dict(symbol="ATOM/USDT", timeframe="1m", ts_open=ts, ts_close=ts + MINUTE, open=100 + i % 7, high=100 + i % 7, low=100 + i % 7,
                    close=100 + i % 7, volume=5, **more)

    def opens(f):
        return [(int(r["ts_open"]) // 10**9 - 1704067200) // 60 for r in f.rows()]

    with Folder() as f:  # a compressed day stays compressed
        f.bars(f.write("a.csv", made(100)))
        path = os.path.join(f.dir, "ohlcv.1m.ATOMUSDT.20240101.ndjson")
        with open(path, "rb") as plain, open(path + ".gz", "wb") as out:
            out.write(gzip.compress(plain.read()))
        os.unlink(path)
        equal(f.bars(f.write("b.csv", made(100, start=50)))["added"], 50, "into a compressed day")
        equal(list(f.files()), ["ohlcv.1m.ATOMUSDT.20240101.ndjson.gz"], "files")
        equal(opens(f), list(range(150)), "bars")
        before = f.files()
        equal(f.bars(f.write("b.csv", made(150)))["added"], 0, "once more")
        equal(f.files(), before, "files")

    with Folder() as f:  # parts of a day become one; lines of the host stay as they were
        f.journal("ohlcv.1m.ATOMUSDT.20240101.ndjson", [bar(i, seq=i + 1, ts_recv_ns=5) for i in range(10)])
        f.journal("ohlcv.1m.ATOMUSDT.20240101.1.ndjson", [bar(i, seq=i + 1) for i in range(10, 20)])
        f.journal("ohlcv.1m.ATOMUSDT.20240101.10.ndjson", [bar(i, seq=i + 1) for i in range(20, 30)])
        equal(f.bars(f.write("a.csv", made(50)))["added"], 20, "into a day of three parts")
        equal(list(f.files()), ["ohlcv.1m.ATOMUSDT.20240101.ndjson"], "files")
        equal(opens(f), list(range(50)), "bars")
        equal([int(r.get("seq", 0)) for r in f.rows()], list(range(1, 31)) + [0] * 20, "seq")

    with Folder() as f:  # a live file that begins later is left alone
        f.journal("ohlcv.1m.ATOMUSDT.ndjson", [bar(i, seq=i) for i in range(1440, 1500)])
        equal(f.bars(f.write("a.csv", made(1440)))["added"], 1440, "before a live file")
        equal(sorted(f.files()), ["ohlcv.1m.ATOMUSDT.20240101.ndjson", "ohlcv.1m.ATOMUSDT.ndjson"], "files")

    with Folder() as f:  # one that begins earlier gives way to days
        f.journal("ohlcv.1m.ATOMUSDT.ndjson", [bar(i, seq=i) for i in range(1000, 2000)])
        equal(f.bars(f.write("a.csv", made(1440)))["added"], 1000, "over a live file")
        equal(sorted(f.files()), ["ohlcv.1m.ATOMUSDT.20240101.ndjson", "ohlcv.1m.ATOMUSDT.20240102.ndjson"], "files")
        equal(opens(f), list(range(2000)), "bars")
        equal(f.bars(f.write("a.csv", made(2000)))["added"], 0, "once more")

    with Folder() as f:  # a file of several days under the last one's name
        f.journal("ohlcv.1m.ATOMUSDT.20240103.ndjson", [bar(i, seq=i + 1) for i in range(0, 4000)])
        equal(f.bars(f.write("a.csv", made(2, start=1441, value=lambda i: 100 + i % 7)))["added"], 0, "rows of a file of several days")
        equal(list(f.files()), ["ohlcv.1m.ATOMUSDT.20240103.ndjson"], "files")
        equal(f.bars(f.write("a.csv", made(4400)))["added"], 400, "more than a file of several days")
        equal(sorted(f.files()), ["ohlcv.1m.ATOMUSDT.2024010%d.ndjson" % d for d in (1, 2, 3, 4)], "files")
        equal(opens(f), list(range(4400)), "bars")

    with Folder() as f:  # one under the first one's name, and one far behind
        f.journal("ohlcv.1m.ATOMUSDT.20240101.ndjson", [bar(i, seq=i + 1) for i in range(0, 4000)])
        f.journal("ohlcv.1m.ATOMUSDT.20240109.ndjson", [bar(i, seq=i + 1) for i in range(8 * 1440, 8 * 1440 + 10)])
        before = f.files()
        equal(f.bars(f.write("a.csv", made(10, start=2880)))["added"], 0, "rows of a file of several days that is named by the first")
        equal(f.files(), before, "files")
        equal(f.bars(f.write("a.csv", made(200, start=3900)))["added"], 100, "rows behind its end")
        equal(opens(f), list(range(4100)) + list(range(8 * 1440, 8 * 1440 + 10)), "bars")

    with Folder() as f:  # a trade that came a day late stands deep in the next day's file
        def trade(i, day):
            return dict(symbol="BTC/USDT", price=10, qty=1, ts_ns=(1704067200 + 86400 * day + i) * 10**9, trade_id=str(day * 100000 + i), venue="x")
        f.journal("md.trades.BTCUSDT.20240102.ndjson", [trade(i, 1) for i in range(6000)] + [trade(7, 0)] + [trade(i, 1) for i in range(6000, 6010)])
        lines = "ts,price,qty,trade_id,venue\n" + "".join("%d,10,1,%d,x\n" % (1704067200 + i, i) for i in range(20))
        equal(f.trades(f.write("a.csv", lines))["already_there"], 1, "a trade that came late")
        rows = f.rows("md.trades.BTCUSDT")
        equal([r["trade_id"] for r in rows[:20]], [str(i) for i in range(20)], "the day before")
        equal(len(rows), 6030, "trades")

    with Folder() as f:  # a torn end of a live file is set aside, as a host does
        f.journal("ohlcv.1m.ATOMUSDT.ndjson", [bar(0), bar(1)])
        with open(os.path.join(f.dir, "ohlcv.1m.ATOMUSDT.ndjson"), "a", encoding="utf-8") as out:
            out.write('{"symbol":"ATOM/U')
        equal(f.bars(f.write("a.csv", made(5)))["added"], 3, "over a torn live file")
        equal(f.files().pop("ohlcv.1m.ATOMUSDT.ndjson.torn"), b'{"symbol":"ATOM/U', "the torn end")

    with Folder() as f:  # another symbol of the same file name
        f.journal("ohlcv.1m.ATOMUSDT.20240101.ndjson", [dict(bar(0), symbol="ATOMU/SDT")])
        code, _, err = f.run("import", f.write("a.csv", made(5)), "--symbol", "ATOM/USDT", "--kind", "bars")
        equal(code, 1, "another symbol of the same file name")
        check("holds 'ATOMU/SDT'" in err and err.count("\n") == 1, err)


def trades_without_ids():
    header = "ts_ns,price,qty,side\n"
    row = "1704067200000000001,10,1,buy\n"
    with Folder() as f:
        equal(f.trades(f.write("a.csv", header + 2 * row))["added"], 2, "two equal trades are two")
        equal(f.trades(f.write("b.csv", header + 3 * row))["added"], 1, "three of which two are there")
        equal(f.trades(f.write("b.csv", header + 3 * row))["added"], 0, "once more")
        equal(len(f.rows("md.trades.BTCUSDT")), 3, "trades")
    header = "ts_ns,price,qty,trade_id\n"
    with Folder() as f:
        f.trades(f.write("a.csv", header + "1704067200000000001,10,1,7\n1704067200000000005,10,1,9\n"))
        code, _, err = f.run("import", f.write("b.csv", header + "1704067200000000001,11,1,7\n"), "--symbol", "BTC/USDT", "--kind", "trades")
        equal((code, err), (1, "njord data import: trade '7' of 2024-01-01T00:00:00Z: is stored with 'price' 10, the file has 11; --replace takes "
                            "the file's\n"), "another price")
        equal(f.trades(f.write("b.csv", header + "1704067200000000001,11,1,7\n1704067200000000003,10,1,8\n"), "--replace")["replaced"], 1, "--replace")
        equal([(r["trade_id"], int(r["price"])) for r in f.rows("md.trades.BTCUSDT")], [("7", 11), ("8", 10), ("9", 10)],
              "what comes is merged by time")
        f.trades(f.write("c.csv", header + "1704067195000000000,9,1,3\n"))
        equal([r["trade_id"] for r in f.rows("md.trades.BTCUSDT") if int(r["ts_ns"]) >= 1704067200 * 10**9], ["7", "8", "9"], "the day before is another file")
        f.trades(f.write("d.csv", header + "1704067300000000000,9,1,20\n"))
        f.trades(f.write("e.csv", header + "1704067250000000000,9,1,15\n"))
        equal([r["trade_id"] for r in f.rows("md.trades.BTCUSDT")], ["3", "7", "8", "9", "15", "20"], "between those that are stored")
    # a venue's jitter stays as it came; more than a second is put in order
    with Folder() as f:
        f.trades(f.write("a.csv", header + "1704067200900000000,9,1,1\n1704067200100000000,9,1,2\n"))
        equal([r["trade_id"] for r in f.rows("md.trades.BTCUSDT")], ["1", "2"], "a step back of less than a second")
    with Folder() as f:
        f.trades(f.write("a.csv", header + "1704067201900000000,9,1,1\n1704067200100000000,9,1,2\n"))
        equal([r["trade_id"] for r in f.rows("md.trades.BTCUSDT")], ["2", "1"], "a step back of more than a second")


def dry_runs():
    with Folder() as f:
        report = f.bars(f.write("a.csv", made(3000)), "--dry-run")
        equal((report["added"], report["dry_run"]), (3000, True), "a dry run")
        check(not os.path.exists(f.dir), "a dry run makes no folder")
        f.bars(f.write("a.csv", made(1000)))
        before = f.files()
        equal(f.bars(f.write("a.csv", made(3000)), "--dry-run")["added"], 2000, "a dry run knows what is there")
        equal(f.files(), before, "files after a dry run")
        code, _, err = f.run("import", f.write("d.csv", made(10, value=lambda i: 50)), "--symbol", "ATOM/USDT", "--kind", "bars", "--dry-run")
        check(code == 1 and "--replace" in err, "a dry run finds conflicts")
        out = f.good("import", f.write("a.csv", made(3000)), "--symbol", "ATOM/USDT", "--kind", "bars", "--dry-run")
        check("(found)" in out and "nothing was changed" in out, out)


def digits():
    with Folder() as f:
        row = "ts,open,high,low,close,volume\n1704067200,%s,9,0.1,1,1\n1704067260,1,9,0.1,1,1\n"
        code, _, err = f.run("import", f.write("a.csv", row % "1.23456789012345678"), "--symbol", "ATOM/USDT", "--kind", "bars")
        equal(code, 1, "more digits than a double keeps")
        check(err.startswith("njord data import: %s/a.csv:2: open: '1.23456789012345678' has more digits" % f.top), err)
        equal(f.bars(f.write("a.csv", row % "1.23456789012345678"), "--round")["rounded"], 1, "--round")
    for text in ("0.000000012345", "123456789.012345", "1234567890123.45", "0.1", "5e-7", "100", "12345.6789012345", "0.30000000000000004"):
        with Folder() as f:
            f.bars(f.write("a.csv", row % text))
            equal(f.rows()[0]["open"], decimal.Decimal(text), text)


def another_host():
    with Folder() as f:
        f.bars(f.write("a.csv", made(10)))
        before = f.files()
        with open(os.path.join(f.dir, ".lock"), "r+", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            code, out, err = f.run("import", f.write("a.csv", made(20)), "--symbol", "ATOM/USDT", "--kind", "bars")
        equal((code, out, err.count("\n")), (1, "", 1), "while a host has the folder")
        check("held by another host" in err, err)
        equal(f.files(), before, "files")


def whole_days(f, old, new, what):
    """Each day's file is as it was before, or as it is after."""
    for name, data in f.files().items():
        if name.startswith(".import"):
            continue
        check(data in (old.get(name), new.get(name)), "%s: '%s' is neither as before nor as after" % (what, name))


def killed(trials):
    """kill -9 at random instants of an import that adds to every day of a month."""
    first, both = made(40000, start=1000), made(44640)
    with Folder() as f:
        f.bars(f.write("a.csv", first))
        old = f.files()
        started = time.monotonic()
        f.bars(f.write("b.csv", both))
        took = time.monotonic() - started
        new = f.files()
    rng = random.Random(20240101)
    ended = collections.Counter()
    for trial in range(trials):
        with Folder() as f:
            f.bars(f.write("a.csv", first))
            equal(f.files(), old, "the same input, the same files")
            with subprocess.Popen([os.path.abspath(NJORD), "data", "import", f.write("b.csv", both), "--symbol", "ATOM/USDT", "--kind", "bars",
                                   "--journal-dir", f.dir], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                time.sleep(rng.uniform(0.3 if trial % 2 else 0, 1.1) * took)
                process.kill()
            what = "trial %d" % trial
            whole_days(f, old, new, what)
            left = any(name.startswith(".import") for name in f.files())
            ended["in place" if f.files() == new else "in between" if left else "not begun"] += 1
            f.bars(f.write("b.csv", both))
            equal(f.files(), new, what + ": after importing again")
    print("kill -9: %s" % dict(ended))


def mistakes():
    bad = {
        "no file": ("none.csv", [], 1, "file '{top}/none.csv': no such file"),
        "a folder": (".", [], 1, None),
        "an empty file": ("", [], 1, "{file}: is empty"),
        "a zip archive": (b"PK\3\4abc", [], 1, "{file}: a zip archive; unpack it first"),
        "no symbol": (made(5), None, 2, "'--symbol' is missing; see njord data import --help"),
        "a symbol that is none": (made(5), ["--symbol", "ATOM USDT"], 1, None),
        "two symbols": (made(5), ["--symbol", "A/B", "--symbol", "C/D"], 2, "'--symbol': one at a time"),
        "a kind that is none": (made(5), ["--kind", "books"], 2, "'--kind': expected bars or trades, found 'books'"),
        "a layout that is none": (made(5), ["--layout", "xls"], 2,
                                  "'--layout': expected csv, capture, ndjson, binance-klines, binance-trades or binance-aggtrades, found 'xls'"),
        "a unit that is none": (made(5), ["--time-unit", "min"], 2, "'--time-unit': expected s, ms, us or ns, found 'min'"),
        "a delimiter of two": (made(5), ["--delimiter", ",,"], 2, "'--delimiter': expected one character, or tab, found ',,'"),
        "a digit as delimiter": (made(5), ["--delimiter", "1"], 1, "delimiter: expected one character such as , ; | or a tab"),
        "a timeframe that is none": (made(5), ["--timeframe", "1x"], 2, "'--timeframe': expected one like 1m or 4h, or trades, found '1x'"),
        "a timeframe of trades": ("ts,price,qty\n1704067200,1,1\n", ["--kind", "trades", "--timeframe", "1m"], 2, "'--timeframe': trades have none"),
        "layout and columns": (made(5), ["--layout", "capture", "--columns", "ts"], 2, "'--layout' capture and '--columns': leave one"),
        "columns that are none": (made(5), ["--columns", "ts,opan,high,low,close,volume"], 1, None),
        "too few columns": (made(5), ["--columns", "ts,open,high,low,close"], 1, None),
        "a header without a price": ("ts,high,low,close,volume\n1,2,3,4,5\n", [], 1, None),
        "trades that are bars": (made(5), ["--kind", "trades"], 1, None),
        "a line too short": (made(5) + "1704067800,1,2\n", [], 1, "{file}:7: expected 6 columns as in the header, found 3"),
        "a word for a number": (made(5) + "1704067800,1,2,x,1,1\n", [], 1, "{file}:7: low: expected a number, found 'x'"),
        "a hexadecimal number": (made(5) + "1704067800,0x1,2,1,1,1\n", [], 1, "{file}:7: open: expected a number, found '0x1'"),
        "no number at all": (made(5) + "1704067800,1,2,1,,1\n", [], 1, "{file}:7: close: expected a number, found ''"),
        "NaN": (made(5) + "1704067800,nan,2,1,1,1\n", [], 1, "{file}:7: open: expected a number, found 'nan'"),
        "infinity": (made(5) + "1704067800,1e999,2,1,1,1\n", [], 1, "{file}:7: open: expected a number, found '1e999'"),
        "a decimal comma": (made(5).replace(",", ";") + "1704067800;1,5;2;1;1;1\n", [], 1, "{file}:7: open: expected a number, found '1,5'"),
        "a time that is none": (made(5) + "noon,1,2,1,1,1\n", [], 1, None),
        "a day that is none": (made(5) + "2024-02-30,1,2,1,1,1\n", [], 1, None),
        "a time of another unit": (made(5).replace("1704067", "1704067000000") + "1704067800,1,2,1,1,1\n", ["--timeframe", "1m"], 1, None),
        "a time off the grid": (made(5) + "1704067801,1,2,1,1,1\n", ["--timeframe", "1m"], 1,
                                "{file}:7: open time 2024-01-01T00:10:01Z is not on the grid of 1m"),
        "a timeframe that cannot be found": (made(1), [], 1, None),
        "an open quote": (made(5) + '1704067800,"1,2,1,1,1\n', [], 1, "{file}:7: column 2: a quote is left open or followed by text"),
        "a NUL byte": (made(5) + "1704067800,1\0,2,1,1,1\n", [], 1, "{file}:7: line holds a NUL byte"),
        "a price of zero": ("ts,price,qty\n1704067200,1,1\n1704067200,0,1\n", ["--kind", "trades"], 1, "{file}:3: price must be > 0"),
        "a side that is none": ("ts,price,qty,side\n1704067200,1,1,up\n", ["--kind", "trades"], 1, "{file}:2: side: expected buy or sell, found 'up'"),
        "a capture cut short": ('1 {"stream":"a@trade","data":{"e":"tra\n', ["--kind", "trades"], 1, None),
        "a damaged gzip": (gzip.compress(made(500).encode())[:-9] + b"\0" * 9, [], 1, None),
        "a gzip cut short": (gzip.compress(made(500).encode())[:-20], [], 1, None),
        "twice with other values": (made(5, start=100) + made(1, start=100, value=lambda i: 9).split("\n", 1)[1], ["--timeframe", "1m"], 1,
                                    "bar of 2024-01-01T01:40:00Z: stands twice in the file, 'open' once as 102, once as 9; --replace takes the later one"),
        "only other symbols": ("ts,symbol,open,high,low,close,volume\n1704067200,BTC/USDT,1,1,1,1,1\n", ["--timeframe", "1m"], 1,
                               "{file}: holds no bars of ATOM/USDT, only of other symbols"),
        "an option of another command": (made(5), ["--start", "2024-01-01"], 2, "option '--start' does not belong to it"),
        "an unknown option": (made(5), ["--frob"], 2, "unknown option '--frob'; see njord data --help"),
    }
    check(len(bad) >= 25, "mistakes")
    with Folder() as f:
        f.bars(f.write("good.csv", made(3)))
        before = f.files()
        for name, (data, more, code, expected) in bad.items():
            path = os.path.join(f.top, "bad.csv")
            if data in ("none.csv", "."):
                path = os.path.join(f.top, data) if data != "." else f.top
            else:
                f.write("bad.csv", data)
            words = ["import", path] + (more or [])
            if more is not None and "--symbol" not in more:
                words += ["--symbol", "ATOM/USDT"]
            if "--kind" not in words and "--columns" not in words:
                words += ["--kind", "bars"]
            found, out, err = f.run(*words)
            equal((found, out), (code, ""), "%s: exit code and output (%s)" % (name, err))
            equal(err.count("\n"), 1, "%s: one line, found %r" % (name, err))
            check(err.startswith("njord data"), "%s: %s" % (name, err))
            if expected is not None:
                expected = expected.replace("{file}", path).replace("{top}", f.top)
                equal(err.split(": ", 1)[1], expected + "\n", name)
            equal(f.files(), before, "%s: the folder" % name)
        # the last of many rows: still nothing
        data = made(200000) + "bad\n"
        found, _, err = f.run("import", f.write("bad.csv", data), "--symbol", "ATOM/USDT", "--kind", "bars")
        equal((found, err), (1, "njord data import: %s/bad.csv:200002: expected 6 columns as in the header, found 1\n" % f.top), "the last line of many")
        equal(f.files(), before, "the folder")


def writes_below(pid, top):
    """Has the process a file open for writing in the folder, with a name or without?"""
    try:
        for fd in os.listdir("/proc/%d/fd" % pid):
            if os.path.dirname(os.readlink("/proc/%d/fd/%s" % (pid, fd))) == top:
                return True
    except OSError:
        pass
    return False


def killed_exports():
    """An export that is killed, or meets the end of its room, leaves nothing; what older ones left goes with the next."""
    with Folder() as f:
        f.bars(f.write("a.csv", made(100000)))
        words = ["export", "--symbol", "ATOM/USDT", "--timeframe", "1m", "--format", "csv", "--output", os.path.join(f.top, "out")]
        f.good(*words[:-1], "-")  # the cache stands
        top = os.path.realpath(f.top)
        for more in ([], ["--force"]):
            command = [os.path.abspath(NJORD), "data", *words, *more, "--journal-dir", f.dir]
            done = subprocess.run(command, stderr=subprocess.PIPE, timeout=LIMIT, check=False, cwd=f.top,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
            equal(done.returncode, 1, "its file may have 100 bytes")
            equal(done.stderr.count(b"\n"), 1, "lines of %r" % done.stderr)
            equal(sorted(os.listdir(f.top)), ["a.csv", "log"], "files after it")
            killed = False
            for _ in range(20):
                with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=f.top) as process:
                    while process.poll() is None and not writes_below(process.pid, top):
                        pass
                    process.kill()
                    killed = process.wait() == -signal.SIGKILL
                if killed:
                    break
                os.unlink(os.path.join(f.top, "out"))  # it was faster
            check(killed, "killed while it wrote")
            equal(sorted(os.listdir(f.top)), ["a.csv", "log"], "files after it")
        f.write("out.4711.new", "left by a writer that is gone")
        f.write("out.x.new", "somebody else's")
        with open(f.write("out.4712.new", "being written"), "rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            f.good(*words)
            equal(sorted(os.listdir(f.top)), ["a.csv", "log", "out", "out.4712.new", "out.x.new"], "what was left is gone, what is written stays")
        f.good(*words, "--force")
        equal(sorted(os.listdir(f.top)), ["a.csv", "log", "out", "out.x.new"], "nobody writes it any more")


def exports():
    with Folder() as f:
        f.bars(f.write("a.csv", made(10)))
        base = ["export", "--symbol", "ATOM/USDT"]
        out = os.path.join(f.top, "out")
        bad = {
            "no format": (["--timeframe", "1m", "--output", out], 2, "'--format' is missing: csv, ndjson or json"),
            "a format that is none": (["--timeframe", "1m", "--format", "xls", "--output", out], 2,
                                      "'--format': expected csv, ndjson or json, found 'xls'"),
            "parquet": (["--timeframe", "1m", "--format", "parquet", "--output", out], 2,
                        "'--format' parquet: not supported in this build; csv, ndjson and json are"),
            "hdf5": (["--timeframe", "1m", "--format", "hdf5", "--output", out], 2,
                     "'--format' hdf5: not supported in this build; csv, ndjson and json are"),
            "no output": (["--timeframe", "1m", "--format", "csv"], 2, "'--output' is missing: a file, or - for standard output"),
            "no timeframe": (["--format", "csv", "--output", out], 2, "'--timeframe' is missing: which bars, as 1m?"),
            "a timeframe of fills": (["--kind", "fills", "--timeframe", "1m", "--format", "csv", "--output", out], 2, "'--timeframe': fills have none"),
            "a date that is none": (["--timeframe", "1m", "--format", "csv", "--output", out, "--start", "yesterday"], 2, None),
            "an end before the start": (["--timeframe", "1m", "--format", "csv", "--output", out, "--start", "2024-01-02", "--end", "2024-01-01"], 2, None),
            "what is not there": (["--timeframe", "5m", "--format", "csv", "--output", out], 1, None),
            "no such folder for it": (["--timeframe", "1m", "--format", "csv", "--output", os.path.join(f.top, "none", "out")], 1, None),
            "a folder as output": (["--timeframe", "1m", "--format", "csv", "--output", f.top], 1, "'%s': no regular file; - is standard output" % f.top),
        }
        for name, (more, code, expected) in bad.items():
            found, text, err = f.run(*base, *more)
            equal((found, text, err.count("\n")), (code, "", 1), "%s (%s)" % (name, err))
            if expected:
                equal(err, "njord data export: %s\n" % expected, name)
        equal(sorted(os.listdir(f.top)), ["a.csv", "log"], "no file was left behind")
        f.good(*base, "--timeframe", "1m", "--format", "csv", "--output", out)
        found, _, err = f.run(*base, "--timeframe", "1m", "--format", "json", "--output", out)
        equal((found, err), (1, "njord data export: file '%s': is there already; --force replaces it\n" % out), "a file that is there")
        f.good(*base, "--timeframe", "1m", "--format", "json", "--output", out, "--force")
        with open(out, encoding="utf-8") as file:
            equal([row["close"] for row in json.load(file)], [100 + i % 7 for i in range(10)], "JSON")
        equal(f.good(*base, "--timeframe", "1m", "--format", "json", "--output", "-", "--start", "2030-01-01"), "[]\n", "nothing in range")
        rows = f.good(*base, "--timeframe", "1m", "--format", "ndjson", "--output", "-", "--start", "2024-01-01T00:03:00Z", "--end", "2024-01-01T00:05:00Z")
        equal([json.loads(line)["ts_open"] for line in rows.splitlines()], [(1704067200 + 60 * i) * 10**9 for i in (3, 4)], "a range")
        # the later seq of a bar counts
        f.journal("ohlcv.5m.ATOMUSDT.ndjson", [dict(symbol="ATOM/USDT", timeframe="5m", ts_open=0, ts_close=5 * MINUTE, open=1, high=1, low=1, close=c,
                                                    volume=1, seq=s) for c, s in ((1, 5), (2, 9), (3, 7))])
        rows = json.loads(f.good(*base, "--timeframe", "5m", "--format", "json", "--output", "-"))
        equal([(r["close"], r["seq"]) for r in rows], [(2, 9)], "the later seq of a bar")
        # fills and positions, with a map and quotes in it
        fill = dict(fill_id="p-ATOMUSDT-1", order_id="o", intent_id="i-1", strategy_id="s", symbol="ATOM/USDT", side="buy", qty=0.1, price=10.25, fee=0.01,
                    fee_asset="USDT", liquidity="taker", ts_fill_ns=1704067200 * 10**9, meta={"why": 'a "b", c'}, seq=3, ts_recv_ns=4)
        f.journal("fills.ATOMUSDT.ndjson", [fill])
        rows = list(csv.DictReader(io.StringIO(f.good(*base, "--kind", "fills", "--format", "csv", "--output", "-"))))
        equal(len(rows), 1, "fills")
        equal((rows[0]["fill_id"], rows[0]["qty"], rows[0]["side"], json.loads(rows[0]["meta"])), ("p-ATOMUSDT-1", "0.1", "buy", fill["meta"]), "a fill")
        equal(json.loads(f.good(*base, "--kind", "fills", "--format", "ndjson", "--output", "-")), fill, "a fill as NDJSON")
        position = dict(strategy_id="s", symbol="ATOM/USDT", qty=-0.1, avg_price=10.25, realized_pnl=0, fees_paid=0.01, ts_ns=1704067200 * 10**9)
        f.journal("positions.ATOMUSDT.ndjson", [position])
        rows = list(csv.DictReader(io.StringIO(f.good(*base, "--kind", "positions", "--format", "csv", "--output", "-"))))
        equal((rows[0]["qty"], rows[0]["unrealized_pnl"], rows[0]["fees_paid"]), ("-0.1", "", "0.01"), "a position")


def main():
    history_in_and_out()
    trades_in_and_out()
    layouts()
    trade_dumps()
    overlaps()
    stored_in_other_ways()
    trades_without_ids()
    dry_runs()
    digits()
    another_host()
    mistakes()
    exports()
    killed_exports()
    killed(60 if os.environ.get("NJORD_SOAK") else 6)


if __name__ == "__main__":
    main()
