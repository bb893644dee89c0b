#!/usr/bin/env python3
"""The checks of the tree find what they are there to find: each violation is planted in a small tree
of its own, and the tree without it is clean. The real tree is checked too, so make check says it first."""
import os
import subprocess
import sys
import tempfile

TOP = os.environ.get("top_srcdir", ".")
COMMENT = "/* what this is */\n"
CLEAN = {
    "sdk/njord/abi.h": COMMENT + "#include <stdint.h>\n",
    "sdk/njord/events.h": COMMENT,
    "sdk/njord/codec.h": COMMENT,
    "host/base/buf.c": COMMENT + "#include <njord/codec.h>\nint nj_apart(void) { return 0; }\nint f(void) { return nj_apart(); }\n",
    "sdk/src/sma.c": COMMENT + "#include <njord/abi.h>\n#include <math.h>\n",
    "host/base/err.h": COMMENT + "#include <stddef.h>\n",
    "host/base/platform.h": COMMENT + "#include <time.h>\n",
    "host/base/platform.c": COMMENT + '#include "base/platform.h"\nlong now(void) { return time(NULL); }\n',
    "host/base/clocked.h": COMMENT + '#include "base/platform.h"\n',
    "host/bus/bus.h": COMMENT + '#include "base/err.h"\n#include <njord/abi.h>\n',
    "host/journal/journal.h": COMMENT + '#include "base/err.h"\n',
    "host/trade/risk.h": COMMENT + '#include "base/err.h"\n#include <math.h>\n',
    "host/services/risk.c": COMMENT + '#include "trade/risk.h"\n#include "bus/bus.h"\n',
    "host/cli/main_host.c": COMMENT + '#include "services/../trade/risk.h"\nint main(void) { exit(2); }\n',
    "plugins/feeds/tape/tape.c": COMMENT + '#include <njord/abi.h>\n#include <jansson.h>\n#include "tape.h"\n',
    "plugins/feeds/tape/tape.h": COMMENT,
    "tests/unit/test_err.c": COMMENT + "int main(void) { return nj_nobody(); }\n",
}

# check, file, what is appended (or, for a new file, all of it), what the line must say
PLANTED = [
    ("layers", "host/base/err.h", '#include "bus/bus.h"\n', "'base' may not know 'bus'"),
    ("layers", "host/base/err.h", "#include <njord/events.h>\n", "'base' may not know 'sdk'"),
    ("layers", "host/bus/bus.h", '#include "journal/journal.h"\n', "'bus' may not know 'journal'"),
    ("layers", "host/journal/journal.h", '#include "bus/bus.h"\n', "'journal' may not know 'bus'"),
    ("layers", "host/trade/risk.h", '#include "bus/bus.h"\n', "'trade' may not know 'bus'"),
    ("layers", "host/trade/risk.h", "#include <unistd.h>\n", "'trade' is pure logic and may not include <unistd.h>"),
    ("layers", "host/trade/risk.h", '#include "base/platform.h"\n', "does I/O or tells the time"),
    ("layers", "host/trade/risk.h", '#include "base/clocked.h"\n', "does I/O or tells the time"),
    ("layers", "host/trade/risk.h", '#include "base/missing.h"\n', "is not in the tree"),
    ("layers", "host/services/risk.c", '#include "cli/verb.h"\n', "is not in the tree"),
    ("layers", "host/services/risk.c", '#include "../cli/main_host.c"\n', "'services' may not know 'cli'"),
    ("layers", "host/attic/old.c", COMMENT, "no folder of the architecture"),
    ("layers", "sdk/src/sma.c", '#include "../../host/base/err.h"\n', "'sdk' may not know 'base'"),
    ("layers", "sdk/src/sma.c", '#include "base/err.h"\n', "'sdk' may not know 'base'"),
    ("layers", "sdk/src/sma.c", "#include <msgpack.h>\n", "the SDK may not lean on"),
    ("layers", "sdk/njord/abi.h", "#include <njord/nothing.h>\n", "is not in sdk/njord"),
    ("layers", "plugins/feeds/tape/tape.c", '#include "base/err.h"\n', "a plugin includes <njord/...> and its own"),
    ("layers", "plugins/feeds/tape/tape.c", "#include <hiredis/hiredis.h>\n", "a plugin may not include"),
    ("layers", "host/base/err.h", '#include "base/loop.h"\n', None),
    ("rules", "host/base/err.h", "static void f(char *d) { strcpy(d, s); }\n", "'strcpy' writes without a bound"),
    ("rules", "plugins/feeds/tape/tape.c", "int f(void) { return time(0); }\n", "'time' time and randomness"),
    ("rules", "host/trade/risk.h", "void f(void) { x = clock_gettime(0, &t); }\n", "'clock_gettime' time and"),
    ("rules", "host/services/risk.c", "void f(void) {\n    system(\"ls\");\n}\n", "'system' gives text to a shell"),
    ("rules", "host/services/risk.c", "void f(void) {\n    exit(1);\n}\n", "'exit' ends the process"),
    ("rules", "sdk/src/sma.c", "/* " + "TO" + "DO: later */\n", "do it or leave it"),
    ("rules", "sdk/src/sma.c", "int x;\n" * 700, "a second subject wants a second file"),
    ("rules", "host/base/bare.c", "int x;\n", "begins without its comment"),
    ("unused", "host/base/err.h", "int nj_nobody(void);\n", "'nj_nobody': no program uses it"),
    ("unused", "host/base/err.h", "int nj_apart(void);\n", "'nj_apart': only host/base/buf.c uses it"),
]

# What looks like a violation and is none.
INNOCENT = [
    ("rules", "plugins/feeds/tape/tape.c", "int f(const njord_host *h) { return h->time(h) + s.time(1); }\n"),
    ("rules", "host/trade/risk.h", '/* system("x") */ // gets(x)\nstatic const char *t = "time(0) exit(1)";\n'),
    ("rules", "host/services/risk.c", "long f(long (*clock)(void)) {\n    return clock();\n}\n"),
    ("rules", "host/trade/risk.h", "int nj_time(int x);\nint runtime(int x);\n"),
    ("unused", "host/trade/risk.h", "int nj_line(int n);\n#define nj_lines(n) \\\n    nj_line((n))\n"),
    ("unused", "host/trade/risk.h", "int nj_row(int x);\nstatic int (*const rows[])(int) = {nj_row};\n"),
]


def write(root, files):
    for name, text in files.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def run(check, root):
    done = subprocess.run([sys.executable, os.path.join(TOP, "build", "check-%s.py" % check), root],
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def trial(check, planted):
    with tempfile.TemporaryDirectory() as root:
        write(root, CLEAN)
        for name, text in planted.items():
            write(root, {name: CLEAN.get(name, "") + text})
        return run(check, root)


def main():
    failed = 0

    def expect(ok, what, output):
        nonlocal failed
        if not ok:
            failed += 1
            print("not as expected: %s\n%s" % (what, output))

    for check in ("layers", "rules", "unused"):
        code, output = trial(check, {})
        expect(code == 0, "%s: the clean tree is clean" % check, output)
        code, output = run(check, TOP)
        expect(code == 0, "%s: this tree" % check, output)
    for check, name, text, says in PLANTED:
        planted = {name: text}
        if says is None:
            planted["host/base/loop.h"] = COMMENT + '#include "base/err.h"\n'
            says = "include cycle"
        code, output = trial(check, planted)
        expect(code == 1 and says in output and output.startswith(name.split("/")[0]),
               "%s: %r in %s gives %r" % (check, text[:60], name, says), output)
    for check, name, text in INNOCENT:
        code, output = trial(check, {name: text})
        expect(code == 0, "%s: %r in %s is no violation" % (check, text[:60], name), output)
    print("%d planted, %d innocent, %d not as expected" % (len(PLANTED), len(INNOCENT), failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
