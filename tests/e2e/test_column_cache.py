#!/usr/bin/env python3
"""Reads segments of the column cache by doc/column-cache.md alone: the header's table is taken from the page, and every value
compared with the journal that it was made of. Then the hash of the series, by the same page."""
import array
import gzip
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

from njordtest import BUILD, DATA, SOURCE, check, equal, skip

PIPE = os.path.join(BUILD, "tests/e2e/cache_pipe")
NONE = -2**63
FIELDS = {0: None, 1: "seq", 2: "ts_recv_ns", 3: "open", 4: "high", 5: "low", 6: "close", 7: "volume", 8: "quote_volume",
          9: "taker_volume", 10: "trades", 11: "partial", 12: "price", 13: "qty", 14: "side", 15: "venue", 16: "trade_id"}


def tables():
    """The header's members and the sections, as the page has them."""
    with open(os.path.join(SOURCE, "doc/column-cache.md"), encoding="utf-8") as file:
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in file if line.startswith("|")]
    members = {r[2]: (int(r[0]), r[1]) for r in rows if len(r) == 4 and r[0].isdigit() and not r[2] in ("both", "bars", "trades")}
    sections = {int(r[0]): (r[1], r[2]) for r in rows if len(r) == 4 and r[0].isdigit() and r[2] in ("both", "bars", "trades")}
    return members, sections


def member(data, name):
    offset, kind = MEMBERS[name]
    if kind.endswith("bytes"):
        return data[offset:offset + int(kind.split()[0])]
    return struct.unpack_from({"u32": "=I", "u64": "=Q", "i64": "=q"}[kind], data, offset)[0]


def section(data, number):
    """The values of a section; None: it is not there."""
    offset, length = struct.unpack_from("=QQ", data, MEMBERS["sections"][0] + 16 * number)
    if length == 0:
        return None
    equal(offset % 64, 0, "place of section %d" % number)
    raw, kind = data[offset:offset + length], SECTIONS[number][0]
    if kind not in ("i64", "f64", "u8"):
        return raw
    values = array.array({"i64": "q", "f64": "d", "u8": "B"}[kind])
    values.frombytes(raw)
    equal(len(values), member(data, "rows"), "rows of section %d" % number)
    return values


def read_segment(path):
    with open(path, "rb") as file:
        data = file.read()
    equal(member(data, "magic"), b"NJCOLS\r\n", "magic")
    equal(member(data, "version"), 1, "version")
    equal(member(data, "endian"), 0x01020304, "endian")
    equal(member(data, "head_size"), 1024, "head_size")
    equal(member(data, "file_size"), len(data), "file_size")
    equal(hashlib.sha256(data[:992]).digest(), member(data, "head_hash"), "head_hash")
    equal(hashlib.sha256(data[1024:]).digest(), member(data, "data_hash"), "data_hash")
    equal(set(member(data, "reserved")), {0}, "reserved")
    return data


def check_source(data, path):
    with open(path, "rb") as file:
        source = file.read()
    st = os.stat(path)
    for name, value in (("source_dev", st.st_dev), ("source_ino", st.st_ino), ("source_size", st.st_size),
                        ("source_mtime_ns", st.st_mtime_ns), ("source_ctime_ns", st.st_ctime_ns), ("source_from", 0),
                        ("source_to", len(source)), ("bad", 0), ("lines_before", 0)):
        equal(member(data, name), value, name)
    equal(member(data, "source_head"), hashlib.sha256(source[:65536]).digest(), "source_head")
    equal(member(data, "source_tail"), hashlib.sha256(source[-65536:]).digest(), "source_tail")
    equal(member(data, "source_hash"), hashlib.sha256(source).digest(), "source_hash")
    equal(member(data, "previous"), bytes(32), "previous")


def values_of(data, number, ts_name):
    """The values of a section as a journal's line has them; None where a row has none."""
    kind, values = SECTIONS[number][0], section(data, number)
    if values is None:
        return None
    if number == 0:
        return list(values)
    if number == 14:
        return [{1: "buy", 2: "sell", 255: None}[v] for v in values]
    if number == 15:
        names = section(data, 18)
        names = [names[i:i + 16].rstrip(b"\0").decode() for i in range(0, len(names), 16)]
        equal(len(names), member(data, "n_venues"), "n_venues")
        return [None if v == 255 else names[v] for v in values]
    if number == 16:
        texts = section(data, 17) or b""
        return [None if v == NONE else str(v) if v >= 0 else texts[-1 - v:texts.index(b"\0", -1 - v)].decode() for v in values]
    if number == 11:
        return [{0: False, 1: True, 255: None}[v] for v in values]
    if kind == "i64":
        return [None if v == NONE else v for v in values]
    return [None if v != v else v for v in values]


def check_rows(data, lines, kind):
    ts_name = "ts_open" if kind == "bars" else "ts_ns"
    equal(member(data, "kind"), 1 if kind == "bars" else 2, "kind")
    equal(member(data, "rows"), len(lines), "rows")
    equal(member(data, "lines"), len(lines), "lines")
    equal(member(data, "symbol").rstrip(b"\0").decode(), lines[0]["symbol"], "symbol")
    equal(member(data, "timeframe").rstrip(b"\0").decode(), lines[0].get("timeframe", ""), "timeframe")
    ts = [line[ts_name] for line in lines]
    equal((member(data, "min_ts"), member(data, "max_ts")), (min(ts), max(ts)), "times")
    equal(member(data, "flags") & 3, sum((all(a < b for a, b in zip(ts, ts[1:])), 2 * all(a <= b for a, b in zip(ts, ts[1:])))), "flags")
    for number, name in FIELDS.items():
        wanted = [line.get(name or ts_name) for line in lines]
        has = SECTIONS[number][1] in ("both", kind)
        found = values_of(data, number, ts_name)
        check(has or found is None, "section %d is none of %s" % (number, kind))
        if not any(v is not None for v in wanted):
            equal(found, None, "section %d" % number)
        elif has:
            equal(found, wanted, "section %d" % number)


def series_hash(lines, kind):
    ts_name = "ts_open" if kind == "bars" else "ts_ns"
    sha = hashlib.sha256(b"njord series 1\0")
    sha.update(struct.pack("<I32s8sQ", 1 if kind == "bars" else 2, lines[0]["symbol"].encode(),
                           lines[0].get("timeframe", "").encode(), len(lines)))
    venues, texts = [], []
    for number, name in FIELDS.items():
        if SECTIONS[number][1] not in ("both", kind):
            continue
        values = [line.get(name or ts_name) for line in lines]
        sha.update(struct.pack("<II", number, any(v is not None for v in values)))
        if not any(v is not None for v in values):
            continue
        for v in values:
            if number == 14:
                v = {"buy": 1, "sell": 2, None: 255}[v]
            elif number == 15 and v is not None:
                if v not in venues:
                    venues.append(v)
                v = venues.index(v)
            elif number == 16 and v is not None:
                if v.isdigit() and (v == "0" or v[0] != "0") and int(v) < 2**63:
                    v = int(v)
                else:
                    texts.append(v)
                    v = -1
            code = SECTIONS[number][0]
            if code == "f64":
                sha.update(struct.pack("<d", v) if v is not None else struct.pack("<Q", 0x7ff8000000000000))
            else:
                sha.update(struct.pack("<q", NONE if v is None else v) if code == "i64" else bytes([255 if v is None else v]))
    for text in venues + texts:
        sha.update(text.encode() + b"\0")
    return sha.hexdigest()


def run(lines, stem, kind):
    folder = tempfile.mkdtemp(prefix="njcache")
    try:
        path = os.path.join(folder, stem + ".20210401.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            for line in lines:
                file.write(json.dumps(line) + "\n")
        out = subprocess.run([PIPE, folder, stem], stdout=subprocess.PIPE, check=True)
        data = read_segment(os.path.join(folder, ".cache", stem + ".20210401.ndjson.0.njc"))
        check_source(data, path)
        check_rows(data, lines, kind)
        found = json.loads(out.stdout)
        equal(found["rows"], len(lines), "rows of the series")
        equal(found["hash"], series_hash(lines, kind), "hash of the series")
    finally:
        shutil.rmtree(folder)


def recorded_bars():
    path = os.path.join(DATA, "bars/atomusdt-1m.csv.gz")
    if not os.path.exists(path):
        skip("'%s' is not there" % path)
    with gzip.open(path, "rt") as file:
        for row in file:
            cells = row.strip().split(",")
            if not re.match(r"^\d+$", cells[0]):
                continue
            ts = int(cells[0]) * {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}[len(cells[0])]
            yield {"symbol": "ATOM/USDT", "timeframe": "1m", "ts_open": ts, "ts_close": ts + 60 * 10**9, "open": float(cells[1]),
                   "high": float(cells[2]), "low": float(cells[3]), "close": float(cells[4]), "volume": float(cells[5])}


MEMBERS, SECTIONS = tables()
equal(len(SECTIONS), 19, "sections on the page")
equal(sorted(MEMBERS.values())[-1], (992, "32 bytes"), "last member on the page")
run(list(recorded_bars()), "ohlcv.1m.ATOMUSDT", "bars")
some = [{"symbol": "A/B", "timeframe": "1h", "ts_open": i * 3600 * 10**9, "ts_close": (i + 1) * 3600 * 10**9, "open": 1.5, "high": 2.5,
         "low": 0.25, "close": 2.0, "volume": 0} for i in range(5)]
some[1].update(seq=7, ts_recv_ns=5, quote_volume=1e-8, taker_volume=0.0, trades=0, partial=False)
some[3].update(seq=6, partial=True)
run(some, "ohlcv.1h.AB", "bars")
run([{"symbol": "BTC/USDT", "ts_ns": 10 + i % 3, "price": 61800.01 + i, "qty": 0.5, **extra} for i, extra in enumerate([
    {}, {"side": "buy"}, {"side": "sell", "venue": "okx", "trade_id": "9223372036854775807"}, {"venue": "kraken", "trade_id": "007"},
    {"venue": "okx", "trade_id": "a-1", "seq": 3}, {"trade_id": "0"}, {"trade_id": "9223372036854775808"}])], "md.trades.BTCUSDT", "trades")
print("column cache: segments and hashes are as the page says")
sys.exit(0)
