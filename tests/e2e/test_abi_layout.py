#!/usr/bin/env python3
"""The layout of the plugin ABI, worked out without a compiler.

Reads the structs of sdk/njord/abi.h and events.h as text, lays them out by the rules of the x86-64 psABI
(LP64: every member at a multiple of its alignment, the size a multiple of the largest), refuses implicit
padding, and compares the result with tests/unit/test_abi_layout_rows.h, which the unit test compares with
what compilers say. A member that was added, moved or changed shows as a difference.

    test_abi_layout.py [--write]     --write: after a change made on purpose, writes the rows anew
"""
import difflib
import os
import re
import sys

ROOT = os.environ.get("top_srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
ROWS = os.path.join(ROOT, "tests", "unit", "test_abi_layout_rows.h")

SCALARS = {"char": 1, "uint8_t": 1, "int8_t": 1, "uint16_t": 2, "int16_t": 2, "uint32_t": 4, "int32_t": 4, "uint64_t": 8,
           "int64_t": 8, "double": 8, "njord_status": 4}
POINTER = 8

OPENING = """/* test_abi_layout_rows.h - sizes and offsets of the plugin ABI on x86-64, made by
 * tests/e2e/test_abi_layout.py from the text of the headers. What stands here was released: rows
 * are added, never changed. */
/* clang-format off */
"""


def constants(text):
    found = {}
    for name, value in re.findall(r"^#define (NJORD_\w+)\s+(\d+)u?\b", text, re.M):
        found[name] = int(value)
    return found


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def structs(text):
    """(name, body) of each struct with a body, in order."""
    for match in re.finditer(r"(?:typedef\s+)?struct\s+(njord_\w+)\s*\{(.*?)\n\}", text, re.S):
        yield match.group(1), match.group(2)


def declarators(body, sizes, macros):
    """(member, size, alignment) of each member in order."""
    depth, start, parts = 0, 0, []
    for i, c in enumerate(body):
        depth += (c == "(") - (c == ")")
        if c == ";" and depth == 0:
            parts.append(" ".join(body[start:i].split()))
            start = i + 1
    for part in parts:
        function = re.search(r"\(\*(\w+)\)\(", part)
        if function:
            yield function.group(1), POINTER, POINTER
            continue
        match = re.fullmatch(r"((?:const |struct )*\w+(?: const)?)\s*(.+)", part)
        kind = match.group(1).replace("const", "").replace("struct", "").strip()
        for one in match.group(2).split(","):
            one = one.strip()
            name = re.search(r"(\w+)(?:\[(\w+)\])?$", one)
            if "*" in one:
                size = align = POINTER
            else:
                size, align = sizes[kind] if kind in sizes else (SCALARS[kind], SCALARS[kind])
            count = name.group(2)
            if count is not None:
                size *= int(count) if count.isdigit() else macros[count]
            yield name.group(1), size, align


def rows():
    with open(os.path.join(ROOT, "sdk/njord/abi.h"), encoding="utf-8") as f:
        abi = f.read()
    with open(os.path.join(ROOT, "sdk/njord/events.h"), encoding="utf-8") as f:
        events = f.read()
    macros = constants(abi)
    place = abi.index('#include "events.h"')
    text = without_comments(abi[:place] + events + abi[place:])
    sizes, out = {}, []
    for name, body in structs(text):
        at, largest, members = 0, 1, []
        for member, size, align in declarators(body, sizes, macros):
            if at % align:
                sys.exit("'%s.%s' stands behind %d bytes of padding that no member names" % (name, member, align - at % align))
            members.append((member, at, size))
            at += size
            largest = max(largest, align)
        if at % largest:
            sys.exit("'%s' ends with %d bytes of padding that no member names" % (name, largest - at % largest))
        sizes[name] = (at, largest)
        out.append("SIZE(%s, %d)" % (name, at))
        out += ["ROW(%s, %s, %d, %d)" % (name, member, offset, size) for member, offset, size in members]
    return out


def main():
    made = OPENING + "\n".join(rows()) + "\n"
    if sys.argv[1:] == ["--write"]:
        with open(ROWS, "w", encoding="utf-8") as f:
            f.write(made)
        return
    with open(ROWS, encoding="utf-8") as f:
        kept = f.read()
    if made != kept:
        sys.stdout.writelines(difflib.unified_diff(kept.splitlines(True), made.splitlines(True), "released", "now"))
        sys.exit("the layout of the plugin ABI is not the released one: plugins built before would read other members")
    print("%d rows agree" % (made.count("\n") - OPENING.count("\n")))


if __name__ == "__main__":
    main()
