#!/usr/bin/env python3
"""The examples of doc/contracts.md are what Njord writes: each line is read and written again, through msgpack, to the byte."""
import os
import re
import subprocess
import sys

PIPE = os.path.join(os.environ.get("top_builddir", "."), "tests", "e2e", "codec_pipe")
ROOT = os.environ.get("top_srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def pipe(mode, lines):
    text = "".join(line + "\n" for line in lines)
    return subprocess.run([PIPE, mode], input=text, stdout=subprocess.PIPE, check=True, text=True, encoding="utf-8").stdout.split("\n")


def main():
    with open(os.path.join(ROOT, "doc", "contracts.md"), encoding="utf-8") as f:
        page = f.read()
    examples = re.findall(r"^### (\w+)\n.*?^```json\n(.*?)\n```$", page, re.M | re.S)
    packed = pipe("json", ["%s %s" % example for example in examples])
    printed = pipe("msgpack", ["%s %s" % (name, data) for (name, _), data in zip(examples, packed)])
    failed = 0
    for (name, text), data, again in zip(examples, packed, printed):
        if again != text:
            failed += 1
            print("%s: the page has\n  %s\nNjord writes\n  %s" % (name, text, data if data.startswith("error") else again))
    print("%d examples, %d are not what is written" % (len(examples), failed))
    sys.exit(1 if failed or len(examples) != 25 else 0)


if __name__ == "__main__":
    main()
