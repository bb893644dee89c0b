#!/usr/bin/env python3
"""Checks that what the host's headers offer is used. Part of `make lint`.

    check-unused.py [TREE]

Two findings, a line each, FILE:LINE: what, and exit code 1 when there is one:

- a function that no program uses: its name stands in no body, table or macro of the programs but its
  own definition. Tests are no users: what only they call is not what runs, so they are to go through
  what is used instead.
- a function that only the file of its definition uses: `static`, and out of the header. Here tests are
  users: a step of something larger may have a test of its own.

It reads text, so it needs no build; a use is the name outside comments and literals, inside braces or in
a #define. The SDK's own headers are not asked about: whoever writes a plugin uses them.
"""
import os
import re
import sys

PROGRAMS = ("host", "plugins", "sdk", "doc")
TESTS = ("tests",)

# What stays though no program calls it, and why.
KEPT = {
    "nj_config_load_bytes": "the configuration from memory: what the fuzzer and the tests of its parser feed",
    "nj_log_set_clock": "a test gives lines times that it can name",
    "nj_risk_reference": "writes doc/risk.md, for the test that holds it against the table",
}

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
WORD = re.compile(r"\bnj_\w+")
# A directive to its end, a brace, a name.
PIECE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*|[{}]|\bnj_\w+", re.M)
DECLARED = re.compile(r"\b(nj_\w+)\s*\((?!\s*\*)")


def read(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return TOKEN.sub(lambda m: "\n" * m.group().count("\n") or " ", text)


def sources(tree, folders):
    for folder in folders:
        for at, below, names in os.walk(os.path.join(tree, folder)):
            below.sort()
            for name in sorted(names):
                if name.endswith((".c", ".h", ".tmpl")):
                    yield os.path.relpath(os.path.join(at, name), tree)


def split(text):
    """Names at the top level as (name, line), and the set of names that are used."""
    top, used, depth = [], set(), 0
    for m in PIECE.finditer(text):
        piece = m.group()
        if piece == "{":
            depth += 1
        elif piece == "}":
            depth -= 1
        elif piece[0] != "n":
            if re.match(r"[ \t]*#[ \t]*(define|if|elif)", piece):
                first = re.match(r"[ \t]*#[ \t]*define[ \t]+(\w+)", piece)
                used.update(name for name in WORD.findall(piece) if not first or name != first.group(1))
        elif depth > 0:
            used.add(piece)
        else:
            top.append((piece, m))
    return top, used


def main():
    tree = sys.argv[1] if len(sys.argv) > 1 else "."
    texts = {path: read(os.path.join(tree, path)) for path in sources(tree, PROGRAMS)}
    offered, users, defined = {}, {}, {}
    for path, text in texts.items():
        top, used = split(text)
        for name in used:
            users.setdefault(name, set()).add(path)
        for name, at in top:
            if not DECLARED.match(text, at.start()):
                continue
            if path.endswith(".h") and path.startswith("host/"):
                offered.setdefault(name, (path, text.count("\n", 0, at.start()) + 1))
            elif path.endswith(".c"):
                defined.setdefault(name, path)
    tested = {name for path in sources(tree, TESTS) for name in WORD.findall(read(os.path.join(tree, path)))}

    found = []
    for name, (path, line) in offered.items():
        by = users.get(name, set())
        if name in KEPT:
            if by:
                found.append((path, line, "'%s' is used: its row in KEPT of check-unused.py is not needed" % name))
        elif not by:
            found.append((path, line, "'%s': no program uses it" % name))
        elif by == {defined.get(name)} and name not in tested:
            found.append((path, line, "'%s': only %s uses it: static, out of the header" % (name, defined[name])))
    here = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    for name in sorted(KEPT.keys() - offered.keys() if os.path.realpath(tree) == here else []):
        found.append(("build/check-unused.py", 1, "'%s' is kept and there is no such function" % name))
    for path, line, what in sorted(found):
        print("%s:%d: %s" % (path, line, what))
    if not found:
        print("unused: %d functions offered, each has its use" % len(offered))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
