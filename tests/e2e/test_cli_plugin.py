#!/usr/bin/env python3
"""njord plugin: what is there, what one declares, a new project that builds, and a check that finds what is wrong with each plugin
that misbehaves on purpose, without being hurt by it."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import njord  # noqa: E402
from njordtest import BUILD, PLUGINS, SOURCE, check, equal  # noqa: E402

BAD = os.path.join(BUILD, "tests", "plugins")
CHECK_S = 240
SANITIZED = "address" in os.environ.get("NJORD_INSTRUMENT", "")


def strategy(name):
    return os.path.join(PLUGINS, "strategies", name + ".so")


def listing(where):
    code, out, err = njord("plugin", "list", "--plugins", PLUGINS)
    equal((code, err), (0, ""), "plugin list")
    lines = {line.split()[0]: line.split()[1:3] for line in out.splitlines()[1:]}
    equal(lines["ma_cross"], ["strategy", "1.0.0"], "a strategy")
    equal((lines["paper"][0], lines["playback"][0], lines["target_weights"][0]), ("broker", "feed", "allocator"), "one of each kind")
    code, out, err = njord("plugin", "list", "--plugins", PLUGINS, "--json")
    rows = json.loads(out)
    equal(sorted(r["name"] for r in rows), sorted(lines), "the same for a program")
    odd = os.path.join(where, "odd")
    os.makedirs(os.path.join(odd, "feeds"))
    shutil.copy(strategy("buy_hold"), odd)
    shutil.copy(strategy("buy_hold"), os.path.join(odd, "feeds"))
    for name, data in (("text.so", b"not a library\n"), ("empty.so", b""), ("cut.so", open(strategy("ma_cross"), "rb").read()[:3000])):
        with open(os.path.join(odd, name), "wb") as out:
            out.write(data)
    shutil.copy(strategy("ma_cross"), os.path.join(odd, "writable.so"))
    os.chmod(os.path.join(odd, "writable.so"), 0o777)
    code, out, err = njord("plugin", "list", "--plugins", odd)
    equal(code, 0, "files that are no plugins are no failure")
    equal(err, "njord plugin list: warning: 5 of 6 files in '%s' are refused\n" % odd, "they are a warning")
    reasons = {line.split()[0]: line.split("refused", 1)[-1].strip() for line in out.splitlines() if " refused " in line}
    check("no ELF header" in reasons["text"] and "empty" in reasons["empty"] and "cut short" in reasons["cut"], "why: %r" % reasons)
    check("writable" in reasons["writable"], "trust: %r" % reasons)
    check("is a strategy, expected a feed" in out, "a strategy among feeds: %r" % out)
    bare = os.path.join(where, "bare")
    os.makedirs(bare)
    equal(njord("plugin", "list", "--plugins", bare), (0, "no plugins in '%s'\n" % bare, ""), "an empty folder")
    code, out, err = njord("plugin", "list", "--plugins", os.path.join(where, "none"))
    check(code == 1 and out == "" and err.count("\n") == 1 and "plugin folder" in err, "no folder: %r" % err)


def info():
    code, out, err = njord("plugin", "info", "ma_cross", "--plugins", PLUGINS)
    equal((code, err), (0, ""), "plugin info")
    check(out.startswith("ma_cross 1.0.0: long while the fast average is above the slow one\n"), "what it is")
    rows = [line.split()[:7] for line in out.splitlines() if line.startswith(("fast ", "slow ", "qty "))]
    equal(rows, [["fast", "int", "10", "1", "..", "10000", "anew"], ["slow", "int", "30", "2", "..", "10000", "anew"],
                 ["qty", "real", "1", "1e-08", "..", "1000000000000", "anew"]], "its parameters")
    check("callbacks on_bar\n" in out, "its callbacks")
    told = json.loads(njord("plugin", "info", strategy("ma_cross"), "--json")[1])
    equal([(p["name"], p["default"]) for p in told["params"]], [("fast", 10), ("slow", 30), ("qty", 1)], "the same for a program")
    code, out, err = njord("plugin", "info", "no_such", "--plugins", PLUGINS)
    equal((code, out), (1, ""), "one that is not there")
    check(err.startswith("njord plugin info: plugin 'no_such': no 'no_such.so' in ") and err.count("\n") == 1, err)


def good():
    for kind in ("strategies", "brokers", "feeds", "allocators"):
        for name in sorted(os.listdir(os.path.join(PLUGINS, kind))):
            if not name.endswith(".so") or name == "playback.so":
                continue
            code, out, err = njord("plugin", "check", os.path.join(PLUGINS, kind, name), timeout=CHECK_S)
            equal((code, err), (0, ""), "plugin check of %s\n%s" % (name, out))
            check("FAILED" not in out and "outputs" in out, out)
    playback = os.path.join(PLUGINS, "feeds", "playback.so")
    code, out, err = njord("plugin", "check", playback)
    equal((code, err), (1, "njord plugin check: '%s': 1 check failed\n" % playback), "neither of two parameters")
    check("create                FAILED" in out and "give files=PATH, or dir=FOLDER" in out, "says how to give it: %r" % out)
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as trades:
        for n in range(50):
            trades.write(json.dumps({"symbol": "ATOM/USDT", "price": 5 + n, "qty": 1, "ts_ns": 1000 + n, "trade_id": str(n)}) + "\n")
        trades.flush()
        code, out, err = njord("plugin", "check", playback, "files=" + trades.name, timeout=CHECK_S)
        equal((code, err), (0, ""), "with it\n%s" % out)
    code, out, _ = njord("plugin", "check", strategy("trendline_break"), "--json", timeout=CHECK_S)
    told = json.loads(out)
    verdicts = {c["check"]: c["verdict"] for c in told["checks"]}
    equal((code, told["failed"]), (0, 0), "for a program")
    equal([verdicts[c] for c in ("file", "stamp", "exports", "load", "parameters", "callbacks", "create", "start", "destroy", "events",
                                 "quiesce", "descriptors", "threads", "unload", "hostile", "hostile state", "state", "outputs",
                                 "outputs again")], ["ok"] * 19, "every check: %r" % verdicts)
    code, out, _ = njord("plugin", "check", strategy("ma_cross"), "fast=0")
    check(code == 1 and "'fast': expected an integer from 1 to 10000" in out, "a value out of range: %r" % out)
    code, _, err = njord("plugin", "check", strategy("ma_cross"), "fast")
    equal((code, err), (2, "njord plugin check: 'fast': expected NAME=VALUE\n"), "wrong usage")


# plugin, check that fails, part of the reason
FAULTS = [
    ("abort_on_create", "create", "signal 6"), ("segv_on_create", "create", "signal 11"), ("create_refuses", "create", "not today"),
    ("errors_always", "events", "on_trade returned -1"), ("floods", "events", "it floods"), ("hang_on_event", "events", "hangs"),
    ("segv_on_event", "events", "signal 11"), ("segv_on_event", "hostile", "signal 11"), ("segv_on_event", "outputs", "signal 11"),
    ("leaves_thread", "threads", "still run after destroy"), ("load_refuses", "state", "load failed"),
    ("load_segv", "state", "signal 11"), ("save_refuses", "state", "save failed"), ("missing_symbol", "load", "njord_no_such_function"),
    ("no_callbacks", "callbacks", "no callback at all"), ("wrong_magic", "stamp", "magic"), ("wrong_major", "stamp", "ABI 2.0"),
    ("wrong_pointer_bits", "stamp", "32 bits"), ("counter_v1", "name", "calls itself 'counter'"),
]
HARMLESS = ["older_struct", "larger_struct", "scribbler"]


def bad():
    for name in sorted(set(f[0] for f in FAULTS) | set(HARMLESS)):
        path = os.path.join(BAD, name + ".so")
        if not os.path.exists(path):
            check(False, "'%s' is not built" % path)
        code, out, err = njord("plugin", "check", path, timeout=CHECK_S)
        lines = {line[:22].strip(): line[22:] for line in out.splitlines()}
        failed = [c for c, text in lines.items() if "FAILED" in text]
        if name in HARMLESS:
            equal((code, failed), (0, []), "%s is harmless" % name)
            continue
        equal(code, 1, "exit code for %s\n%s" % (name, out))
        check(err.startswith("njord plugin check: '%s': " % path) and err.count("\n") == 1, err)
        if name == "leaves_thread" and "FAILED" in lines.get("load", "") and "signal" in lines["load"]:
            continue  # its thread ran on in the library that had been closed, and took the child with it: refused all the same
        for plugin, what, why in FAULTS:
            if plugin == name and not (SANITIZED and "signal 11" in why):
                check("FAILED" in lines.get(what, "") and why in lines[what], "%s: '%s' with '%s'\n%s" % (name, what, why, out))
            elif plugin == name: # the sanitizer ends the process with an exit code of its own
                check("FAILED" in lines.get(what, ""), "%s: '%s'\n%s" % (name, what, out))
    code, out, _ = njord("plugin", "check", "/does/not/exist.so")
    check(code == 1 and out.startswith("file ") and "FAILED" in out, "no file: %r" % out)
    left = [n for n in os.listdir(os.environ["TMPDIR"]) if n.startswith("njord-plugin-")]
    equal(left, [], "private copies that are left")


def cpp_exports(where):
    """A symbol besides njord_entry that others could bind to."""
    source = os.path.join(where, "leaky.c")
    with open(source, "w", encoding="utf-8") as out:
        out.write('#include <njord/strategy.h>\n__attribute__((visibility("default"))) int leaked(void) { return 1; }\n'
                  "struct leaky { int n; };\n"
                  "static njord_status on_trade(struct leaky *s, const njord_host *h, const njord_trade *t)\n"
                  "{ (void)h; (void)t; s->n++; return NJORD_OK; }\n"
                  'NJORD_STRATEGY(leaky, "1.0.0", "exports too much", NULL, .on_trade = on_trade);\n')
    target = os.path.join(where, "leaky.so")
    subprocess.run(os.environ.get("CC", "cc").split() + ["-shared", "-fPIC", "-fvisibility=hidden", "-I", os.path.join(SOURCE, "sdk"),
                                                         "-o", target, source, os.path.join(BUILD, "sdk", "libnjord-sdk.a"), "-lm"]
                   + os.environ.get("NJORD_INSTRUMENT", "").split(), check=True)
    code, out, _ = njord("plugin", "check", target, timeout=CHECK_S)
    line = [text for text in out.splitlines() if text.startswith("exports")][0]
    check(code == 1 and "FAILED" in line and "also exports '" in line and "-fvisibility=hidden" in line, "exports: %r" % line)


def new(where):
    templates = os.path.join(SOURCE, "sdk", "templates")
    code, out, err = njord("plugin", "new", "strategy", "my_first", cwd=where, env={"NJORD_TEMPLATES": os.path.abspath(templates)})
    equal((code, err), (0, ""), "plugin new")
    check(out.startswith("made my_first, a strategy plugin") and "cd my_first\n" in out and "make test" in out, "what to do next: %r" % out)
    files = sorted(os.listdir(os.path.join(where, "my_first")))
    equal(files, ["Makefile", "README.md", "my_first.c", "test_my_first.c"], "files")
    for name in files:
        with open(os.path.join(where, "my_first", name), encoding="utf-8") as text:
            check("@NAME@" not in text.read(), "'%s' is filled in" % name)
    for kind in ("feed", "broker", "allocator"):
        code, out, err = njord("plugin", "new", kind, "my_" + kind, "--dir", os.path.join(where, "deep", "er"), "--templates", templates)
        equal((code, err), (0, ""), "plugin new %s" % kind)
        check(os.path.exists(os.path.join(where, "deep", "er", "my_" + kind, "my_%s.c" % kind)), "in --dir")
    refused = [
        (["strategy", "my_first"], 1, "'my_first' is there already: choose another name, or remove it"),
        (["thing", "x"], 2, "kind 'thing': expected strategy, feed, broker or allocator"),
    ]
    for name in ("", "Bad", "1st", "a-b", "a b", "../up", "x" * 48, "int", "é"):
        refused.append((["strategy", name], 2, "name '%s': expected [a-z][a-z0-9_]*, at most 47 characters, no word of C" % name))
    for words, expected, text in refused:
        code, out, err = njord("plugin", "new", *words, cwd=where, env={"NJORD_TEMPLATES": os.path.abspath(templates)})
        equal((code, out, err), (expected, "", "njord plugin new: %s\n" % text), "%r" % words)
    code, _, err = njord("plugin", "new", "strategy", "other", "--templates", "/does/not/exist", cwd=where)
    check(code == 1 and "name their folder with --templates" in err and not os.path.exists(os.path.join(where, "other")), err)


def main():
    with tempfile.TemporaryDirectory() as where:
        os.environ["TMPDIR"] = os.path.join(where, "tmp")  # other tests check plugins at the same time
        os.mkdir(os.environ["TMPDIR"])
        listing(where)
        info()
        good()
        bad()
        cpp_exports(where)
        new(where)
    print("plugins: all as they should be")


main()
