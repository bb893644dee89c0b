#!/usr/bin/env python3
"""Vectors of intent ids, from hashlib: STRATEGY EPOCH SEQ N ID a line of intent_ids.txt.

    {h}-{epoch}-{seq}-{n} in base 36; h: the first eight bytes of SHA-256(strategy), big-endian, modulo 36^6,
    six characters.

`intent_ids.py --write` writes the file, `intent_ids.py` alone compares.
"""

import hashlib
import sys
from pathlib import Path

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number, width=1):
    text = ""
    while number or len(text) < width:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text


def intent_id(strategy, epoch, seq, n):
    h = int.from_bytes(hashlib.sha256(strategy.encode()).digest()[:8], "big") % 36**6
    return "-".join((base36(h, 6), base36(epoch % 36**7), base36(seq), base36(n)))


def main():
    cases = [("trendline_break_v1", 0, 0, 0), ("trendline_break_v1", 0, 1, 0), ("trendline_break_v1", 0, 35, 36),
             ("rsi_tema_bb_v1", 1795334400, 2**20, 7), ("a", 1, 2, 3), ("s_999", 1795334400, 2**53, 1),
             ("x" * 47, 36**7 - 1, 2**63 - 1, 2**32 - 1), ("ma_cross", 36**7, 2**64 - 1, 0),
             # h of these begins with a zero: the width must hold
             *[(s, 5, 6, 7) for s in ("s%d" % k for k in range(2000)) if intent_id(s, 0, 0, 0)[0] == "0"][:5]]
    made = "".join("%s %d %d %d %s\n" % (*case, intent_id(*case)) for case in cases)
    path = Path(__file__).resolve().parent / "intent_ids.txt"
    if "--write" in sys.argv[1:]:
        path.write_text(made, encoding="ascii")
    elif not path.exists() or path.read_text(encoding="ascii") != made:
        print("'intent_ids.txt' is not what intent_ids.py gives: run intent_ids.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
