#!/usr/bin/env python3
"""What Njord writes, Python reads, and the other way round: python3-msgpack and Python's json are the independent side.

Every contract with awkward values; then what a foreign packer may do (single floats, integers for floats, longer headers than
needed, other key orders, nil, unknown keys and extension types) and what a hostile one may do (headers that claim 4 GiB)."""
import json
import math
import os
import struct
import subprocess
import sys
import time

try:
    import msgpack
except ImportError:
    system = "/usr/bin/python3"  # Debian's package is there, whatever python3 comes first in the path
    if os.path.exists(system) and os.path.realpath(sys.executable) != os.path.realpath(system):
        os.execv(system, [system, *sys.argv])
    print("skipped: python3-msgpack is not installed")
    sys.exit(77)

PIPE = os.path.join(os.environ.get("top_builddir", "."), "tests", "e2e", "codec_pipe")
failures = 0


def check(holds, *what):
    global failures
    if not holds:
        failures += 1
        if failures <= 10:
            print("FAILED:", *[str(w)[:600] for w in what])


def pipe(mode, lines):
    out = subprocess.run([PIPE, mode], input="".join(line + "\n" for line in lines), stdout=subprocess.PIPE, check=True, text=True,
                         encoding="utf-8").stdout
    answers = out.split("\n")[:-1]
    assert len(answers) == len(lines), (len(answers), len(lines))
    return answers


def same(a, b):
    """Equal in value and, for numbers with a fraction, to the bit."""
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, bool) or isinstance(b, bool) or a is None or isinstance(a, str):
        return type(a) is type(b) and a == b
    return a == b


def every_contract():
    made = subprocess.run([PIPE, "make", "7", "12"], stdout=subprocess.PIPE, check=True, text=True, encoding="utf-8").stdout
    lines = [line.split(" ", 2) for line in made.split("\n")[:-1]]
    check(len({name for name, _, _ in lines}) == 25, "not every contract", len(lines))
    foreign_json, singles, dumped = [], [], []
    for name, packed, text in lines:
        data = bytes.fromhex(packed)
        unpacked = msgpack.unpackb(data, raw=False, strict_map_key=True, max_map_len=1 << 20)
        loaded = json.loads(text)
        check(same(unpacked, loaded), name, "msgpack and JSON differ:", unpacked, loaded)
        # an independent packer makes the same bytes of the same values
        check(msgpack.packb(unpacked, use_bin_type=True) == data, name, "bytes differ from python3-msgpack's", packed)
        backwards = dict(reversed(list(unpacked.items())))
        foreign_json.append(name + " " + json.dumps(backwards, ensure_ascii=True))
        dumped.append(name + " " + msgpack.packb(backwards, use_bin_type=True).hex())
        singles.append(packed)
    # Python's own JSON (every non-ASCII letter escaped, spaces, -0.0, 1e+308) in another order of keys, and its msgpack
    for answer, (name, packed, _) in zip(pipe("json", foreign_json), lines):
        check(answer == packed, name, "Python's JSON read otherwise:", answer, packed)
    for answer, (name, _, text) in zip(pipe("msgpack", dumped), lines):
        check(answer == text, name, "Python's msgpack read otherwise:", answer, text)
    return len(lines)


TRADE = {"symbol": "ATOM/USDT", "price": 4.5, "qty": 10.0, "ts_ns": 1}


def what_foreign_packers_do():
    def trade(**more):
        return dict(TRADE, **more)

    cases = [
        (msgpack.packb(TRADE, use_single_float=True), trade()),
        (msgpack.packb(trade(price=0.1), use_single_float=True), trade(price=struct.unpack("f", struct.pack("f", 0.1))[0])),
        (msgpack.packb(trade(price=4, qty=-3)), trade(price=4, qty=-3)),
        (msgpack.packb(trade(price=2**53, qty=2**63)), trade(price=2**53, qty=float(2**63))),
        (msgpack.packb(trade(side=None, venue=None)), trade()),
        (msgpack.packb(trade(later={"a": [1, {"b": b"bytes"}], "c": msgpack.ExtType(5, b"x")})), trade()),
        (msgpack.packb(trade(later=msgpack.Timestamp(1, 2))), trade()),
        # headers longer than needed: map32, str32, uint64
        (b"\xdf\0\0\0\x04" + b"".join(b"\xdb" + struct.pack(">I", len(k)) + k.encode() +
                                      (b"\xdb" + struct.pack(">I", len(v)) + v.encode() if isinstance(v, str) else
                                       b"\xcf" + struct.pack(">Q", v) if isinstance(v, int) else b"\xcb" + struct.pack(">d", v))
                                      for k, v in TRADE.items()), trade()),
    ]
    for answer, (data, expected) in zip(pipe("msgpack", ["Trade " + data.hex() for data, _ in cases]), cases):
        loaded = json.loads(answer) if not answer.startswith("error") else answer
        check(loaded == expected, data.hex(), loaded, expected)

    refused = [
        (msgpack.packb(trade(price="4.5")), "expected f64, found str"),
        (msgpack.packb(trade(price=True)), "expected f64, found bool"),
        (msgpack.packb(trade(price=math.nan)), "not a finite number"),
        (msgpack.packb(trade(price=math.inf)), "not a finite number"),
        (msgpack.packb(trade(price=2**53 + 1)), "too many digits"),
        (msgpack.packb(trade(price=2**64 - 1)), "too many digits"),
        (msgpack.packb(trade(ts_ns=1.0)), "expected i64, found f64"),
        (msgpack.packb(trade(ts_ns=2**63)), "expected i64"),
        (msgpack.packb(trade(ts_ns=-2**63)), "out of range"),
        (msgpack.packb(trade(symbol=b"ATOM/USDT"), use_bin_type=True), "expected str, found bin"),
        (msgpack.packb(trade(symbol=None)), "expected str, found nil"),
        (msgpack.packb(trade(venue=b"\xff\xfe".decode("latin-1").encode("latin-1")), use_bin_type=False), "not valid UTF-8"),
        (msgpack.packb(trade(venue="a\0b")), "NUL"),
        (msgpack.packb(trade(side="buy\0")), "unknown word"),
        (msgpack.packb({k.encode(): v for k, v in TRADE.items()}, use_bin_type=True), "expected str as a key, found bin"),
        (msgpack.packb([1]), "expected map, found list"),
        (msgpack.packb(TRADE) + b"\xc0", "bytes behind the event"),
        (b"\x82\xa5price\x01\xa5price\x01", "this key stands twice"),
        (b"", "cut off"),
        # headers that claim up to 4 Gi elements in a few bytes
        (b"\xdf\xff\xff\xff\xff", "cut off, or longer than the input"),
        (b"\xde\xff\xff", "cut off, or longer than the input"),
        (b"\x81\xa1x\xdd\xff\xff\xff\xff", "cut off, or longer than the input"),
        (b"\x81\xa1x\xdb\xff\xff\xff\xff", "cut off, or longer than the input"),
        (b"\x81\xa1x\xc6\xff\xff\xff\xff", "cut off, or longer than the input"),
        (b"\x81\xa1x\xc9\xff\xff\xff\xff\x01", "cut off, or longer than the input"),
        (b"\x81\xa1x\xdf\x80\x00\x00\x01" + b"\xc0" * 64, "cut off, or longer than the input"),
        (b"\x81\xa1x" + b"\x91" * 5000 + b"\xc0", "nests too deep"),
        (b"\x81\xa1x\xc1", "a byte that msgpack does not use"),
    ]
    start = time.monotonic()
    for answer, (data, words) in zip(pipe("msgpack", ["Trade " + data.hex() for data, _ in refused]), refused):
        check(answer.startswith("error: Trade") and words in answer, data.hex()[:60], answer, words)
    check(time.monotonic() - start < 5, "refusing took", time.monotonic() - start, "s")
    return len(cases) + len(refused)


def main():
    events = every_contract()
    cases = what_foreign_packers_do()
    print("%d events of 25 contracts there and back, %d single cases, %d failures" % (events, cases, failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
