#!/usr/bin/env python3
"""Every example of README.md and doc/*.md is run: what a reader pastes works, and prints what the page says.

A page is read from top to bottom and played in one shell, in a scratch folder, with this build installed and its programs on PATH. An
HTML comment before a fenced block says what becomes of it:

    <!-- run -->              the shell runs it; the page fails when it fails. A block may start jobs (&); they end with the page.
    <!-- run if COMMAND -->   likewise, when COMMAND succeeds; else it is skipped, and told
    <!-- not run: WHY -->     it is skipped, and told; a block of sh or C without a comment is a mistake of a page that has some
    <!-- file: NAME -->       it is written to NAME, in the folder where the shell then is
    <!-- prints -->           each of its lines, in this order, was printed by the block run last; … stands for any text,
                              runs of spaces count as one space
    <!-- compile: HEADER -->  C after #include <HEADER>, which must compile without a warning, with gcc and clang

Of doc/what-works.md each row is a claim and a command. Commands of the form make check TESTS="..." name tests of this suite, which
runs them itself: here it is only seen to that they are in it (NJORD_DOCS_ALL=1 runs them too). Every other command is run.
Links from page to page must lead somewhere. Port 7713, which the pages use, is a free one here."""
import fnmatch
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import BUILD, SOURCE, DATA, check, skip  # noqa: E402

SOURCE, BUILD, DATA = (os.path.abspath(path) for path in (SOURCE, BUILD, DATA))
PAGE_SECONDS = 120
CFLAGS = "-std=c11 -Wall -Wextra -Wshadow -Wconversion -Werror -fsyntax-only".split()
END = "NJORD_DOCS_END_OF_FILE"
skipped = []


class Wrong(Exception):
    """A page is not as it says."""


class Block:
    def __init__(self, page, line, note, language):
        self.page, self.line, self.note, self.language, self.text = page, line, note, language, ""

    def where(self):
        return "%s:%d" % (self.page, self.line)


def blocks_of(page):
    """The fenced blocks of a page, each with the comment before it."""
    note, block, out = "", None, []
    with open(os.path.join(SOURCE, page), encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if block is not None:
                if line.strip() == "```":
                    out.append(block)
                    block = None
                else:
                    block.text += line
            elif line.startswith("```"):
                block = Block(page, number, note, line[3:].strip())
                note = ""
            elif re.fullmatch(r"<!--.*-->\s*", line):
                note = line.strip()[4:-3].strip()
            elif line.strip():
                note = ""
    check(block is None, "%s: a block is not closed" % page)
    return out


def install(root):
    """This build installed below `root`, as make install would elsewhere; returns the environment for a reader's shell."""
    env = {key: value for key, value in os.environ.items()
           if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "CFLAGS", "CPPFLAGS", "LDFLAGS", "LIBS", "CC", "DATA")}
    done = subprocess.run(["make", "-C", BUILD, "-s", "install", "DESTDIR=" + root], env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
    check(done.returncode == 0, "make install: %s" % done.stdout)

    def find(*names):
        for folder, folders, files in os.walk(root):
            if names[-1] in files + folders and os.path.join(folder, names[-1]).endswith(os.path.join("/", *names)):
                return os.path.join(folder, names[-1])
        check(False, "make install did not install '%s'" % os.path.join(*names))
        return ""

    pc = find("njord-sdk.pc")
    with open(pc, encoding="utf-8") as file:
        text = file.read()
    prefix = re.search(r"^prefix=(.*)$", text, re.M).group(1)
    with open(pc, "w", encoding="utf-8") as file:
        file.write(text.replace("prefix=" + prefix, "prefix=" + root + prefix, 1))
    plugins = os.path.join(os.path.dirname(os.path.dirname(pc)), "njord", "plugins")
    # The programs look where they were configured for; these tell them where they stand now. exec: $! is theirs.
    bin_folder = os.path.join(root, "docs-bin")
    os.mkdir(bin_folder)
    scripts = {
        "njord-host": 'exec "%s" --plugins "%s" "$@"\n' % (find("bin", "njord-host"), plugins),
        "njord": 'case "$1 ${2-}" in "plugin list" | "plugin info" | "backtest "*) set -- "$@" --plugins "%s" ;; esac\nexec "%s" "$@"\n'
                 % (plugins, find("bin", "njord")),
    }
    for name, script in scripts.items():
        path = os.path.join(bin_folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + script)
        os.chmod(path, 0o755)
    env.update(PATH=bin_folder + ":" + env["PATH"], PKG_CONFIG_PATH=os.path.dirname(pc), NO_COLOR="1",
               NJORD_TEMPLATES=find("njord", "templates"), EDITOR="true", TERM="dumb", LC_ALL="C.UTF-8")
    env.pop("NJORD_ENABLE_LIVE", None)
    return env


def scratch(where):
    """A folder with the targets that write."""
    os.mkdir(where)
    with open(os.path.join(where, "Makefile"), "w", encoding="utf-8") as file:
        file.write("# The tree's own targets, writing here.\n"
                   "demo demo-reload:\n\t@DATA='$(DATA)' top_srcdir='%s' top_builddir='%s' sh '%s/build/$@.sh'\n"
                   ".PHONY: demo demo-reload\n" % (SOURCE, BUILD, SOURCE))
    return where


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def shell(script, env, where, seconds):
    """Runs a script: (exit code, output). Its jobs end with it, whatever became of it."""
    with subprocess.Popen(["bash"], cwd=where, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True, errors="replace") as child:
        try:
            out, _ = child.communicate(script, timeout=seconds)
            code = child.returncode
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            out, code = child.communicate()[0], "none within %d s" % seconds
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return code, out


def compile_block(block, env):
    header = block.note.split(":", 1)[1].strip()
    with tempfile.NamedTemporaryFile("w", suffix=".c") as file:
        file.write("#include <%s>\n#line %d \"%s\"\n%s" % (header, block.line + 1, block.page, block.text))
        file.flush()
        for cc in ("gcc", "clang"):
            if not shutil.which(cc):
                continue
            done = subprocess.run([cc] + CFLAGS + ["-Wno-unused-function", "-Wno-unused-const-variable", "-I" + os.path.join(SOURCE, "sdk"), file.name], env=env,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            check(done.returncode == 0, "%s: %s: %s" % (block.where(), cc, done.stdout))


def plain(text):
    return " ".join(text.split())


def matches(wanted, output):
    """The lines of the output from the first on that is as wanted; none: []."""
    pattern = "*".join("".join("[" + c + "]" if c in "*?[" else c for c in part) for part in plain(wanted).split("…"))
    left = [plain(line) for line in output.splitlines()]
    while left and not fnmatch.fnmatchcase(left[0], pattern):
        left.pop(0)
    return left


def printed(block, output):
    """Do the block's lines stand in the output in this order?"""
    rest = output
    for line in block.text.splitlines():
        if plain(line) in ("", "…"):
            continue
        left = matches(line, rest)
        if not left:
            raise Wrong("%s: the page says that this is printed, and it is not: %s\n--- printed:\n%s"
                        % (block.where(), line.strip(), output))
        rest = "\n".join(left[1:])


def play(page, env, top, times=1):
    """Runs a page's blocks in one shell, then compares. Where a reader waits, it waits so many times as long."""
    blocks = blocks_of(page)
    if not any(block.note for block in blocks):
        return 0
    where = scratch(os.path.join(top, "%s-%d" % (page.replace("/", "-"), times)))
    script = ["set -eu", "sleep() { for _ in $(seq %d); do command sleep \"$1\"; done; }" % times, "trap 'kill $(jobs -p) 2>/dev/null || :' EXIT"]
    steps, last, port = [], None, free_port()
    for block in blocks:
        block.text = block.text.replace("7713", port)
        word = block.note.split(":")[0].split()[0] if block.note else ""
        if word == "run":
            needs = block.note[len("run if "):].strip() if block.note.startswith("run if ") else ""
            if needs and subprocess.run(["bash", "-c", needs], env=env, cwd=where, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, check=False).returncode != 0:
                skipped.append("%s: not here: %s" % (block.where(), needs))
                last = None
                continue
            script += ["printf '\\n@@%d\\n'" % len(steps), block.text.rstrip("\n")]
            steps.append((block, []))
            last = steps[-1]
        elif word == "file":
            name = block.note.split(":", 1)[1].strip()
            script += ["mkdir -p \"$(dirname '%s')\"" % name, "cat > '%s' <<'%s'" % (name, END), block.text + END]
        elif word == "prints":
            if last:
                last[1].append(block)
        elif word == "compile":
            compile_block(block, env)
        elif word == "not":
            skipped.append("%s: %s" % (block.where(), block.note.split(":", 1)[1].strip()))
        else:
            check(block.language not in ("sh", "c"), "%s: a block of %s without a comment that says what becomes of it"
                  % (block.where(), block.language))
    if not steps:
        return 0
    code, output = shell("\n".join(script) + "\n", env, where, PAGE_SECONDS)
    parts = re.split(r"(?m)^@@\d+\n", output)[1:]
    at = steps[len(parts) - 1][0].where() if parts else page
    if code != 0:
        raise Wrong("%s: exit code %s\n--- printed:\n%s" % (at, code, parts[-1] if parts else output))
    for (_, wanted), found in zip(steps, parts):
        for block in wanted:
            printed(block, found)
    return len(steps)


def suite():
    """Names of all tests of make check, as they may stand in TESTS=."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    text = "include Makefile\nprint-all-tests:\n\t@echo $(TESTS)\n"
    done = subprocess.run(["make", "-s", "-C", BUILD, "-f", "-", "print-all-tests"], input=text, env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    check(done.returncode == 0, "make print-all-tests: %s" % done.stdout)
    return set(done.stdout.split())


def table(page, env, top):
    """Runs the commands of a page's table, in a folder that looks like the top of a built tree."""
    where = scratch(os.path.join(top, "table"))
    os.mkdir(os.path.join(where, "sdk"))
    for name in ("config", "sdk/templates"):  # what a command writes stays here, also when the source may not be written
        subprocess.run(["cp", "-r", "--no-preserve=mode", os.path.join(SOURCE, name), os.path.join(where, name)], check=True)
    for name in ("njord", "njord-host", "plugins"):
        os.symlink(os.path.join(BUILD, name), os.path.join(where, name))
    known, ran = suite(), 0
    with open(os.path.join(SOURCE, page), encoding="utf-8") as lines:
        rows = [(number, line) for number, line in enumerate(lines, 1) if line.startswith("| ")]
    check(len(rows) > 10, "%s: no table" % page)
    claims = 0
    for number, row in rows:
        cells = [cell.strip() for cell in row.strip().strip("|").split(" | ")]
        if cells[0] == "what" or cells[0].startswith("**"):
            continue
        place = "%s:%d" % (page, number)
        claims += 1
        found = re.fullmatch(r"`(.+)`", cells[-1])
        check(len(cells) == 2 and found, "%s: expected 'claim | `command`'" % place)
        command = found.group(1).replace("\\|", "|")
        words = shlex.split(command)
        if words[:2] == ["make", "check"]:
            tests = words[2].split("=", 1)[1].split()
            for test in tests:
                check(test in known, "%s: '%s' is no test of this suite" % (place, test))
            if not os.environ.get("NJORD_DOCS_ALL"):
                continue
            command = "make -C '%s' check TESTS='%s' </dev/null" % (BUILD, " ".join(tests))
        if "$NJORD_TEST_DATA" in command and not os.path.isdir(os.path.join(DATA, "trades")):
            skipped.append("%s: no recorded trades in %s" % (place, DATA))
            continue
        if words[0] == "make" and words[1] in ("bench", "soak", "fuzz"):
            skipped.append("%s: %s takes minutes" % (place, command))
            continue
        code, output = shell("set -eu -o pipefail\n" + command + "\n", env, where, PAGE_SECONDS)
        check(code == 0, "%s: exit code %s of: %s\n--- printed:\n%s" % (place, code, command, output))
        ran += 1
    return claims, ran


# How the mistakes of the operator's guide are made: a script in a folder with `config` and a copy of the plugins in `p`.
MISTAKES = {
    "no configuration folder": "njord-host --config nothere",
    "no YAML": "echo 'app: [' > config/base.yaml; njord-host --check",
    "unknown key": "sed -i s/clock/clok/ config/base.yaml; njord-host --check",
    "repeated key": "sed -i 's/  clock: .*/&\\n  clock: wall/' config/base.yaml; njord-host --check",
    "wrong value": "sed -i s/paper/papper/ config/base.yaml; njord-host --check",
    "wrong type": "printf 'risk:\\n  per_order_usd_cap: abc\\n' >> config/base.yaml; njord-host --check",
    "an id used twice": "tail -n 3 config/strategies.yaml > x; cat x >> config/strategies.yaml; njord-host --check",
    "two symbols with one file name": "sed -i 's|    - ATOM/USDT|    - AB/CUSD\\n    - ABC/USD|' config/base.yaml; njord-host --check",
    "encrypted secrets": "touch config/secrets.enc.yaml; njord-host --check",
    "isolated plugins": "printf 'plugins:\\n  isolation: process\\n' >> config/base.yaml; njord-host --check",
    "unknown plugin": "sed -i -e 's/id: a/id: b/' -e s/trendline_break/my_nothing/ config/strategies.yaml; njord-host --check",
    "wrong plugin folder": "njord-host --plugins /nothere",
    "no plugin": "echo junk > p/strategies/trendline_break.so; njord-host --plugins p --check",
    "another ABI": "cp wrong_major.so p/strategies/trendline_break.so; njord-host --plugins p --check",
    "a plugin that everybody may write": "chmod 666 p/strategies/trendline_break.so; njord-host --plugins p --check",
    "events that no callback takes": "sed -i s/md.trades/md.book/ config/strategies.yaml; njord-host --check",
    "Redis not there": "printf 'bus:\\n  url: \"redis://127.0.0.1:1\"\\n' >> config/base.yaml; njord-host",
    "a second host": "mkdir -p var/lib/njord; touch var/lib/njord/.lock; flock var/lib/njord/.lock sh -c 'njord-host || :'",
    "socket in use": "mkdir -p var/run; python3 -c 'import socket, time\ns = socket.socket(socket.AF_UNIX)\ns.bind(\"var/run/njord.sock\")\n"
                     "s.listen()\nprint(1, flush=True)\ntime.sleep(60)' > there 2>&1 & until [ -s there ]; do sleep 0.1; done; njord-host",
    "a journal folder that cannot be written": "mkdir -p var/log/njord/app.ndjson; njord-host",
    "a corrupt capture line": "njord-host --config play",
    "trades out of order": "njord-host --config play",
    "unknown option": "njord-host --foo",
}
MISTAKE_BASE = """app:
  env: paper
  clock: events
  at_end: stop
exchange:
  symbols:
    - ATOM/USDT
feeds:
  - id: market
    plugin: simmarket
    params:
      duration: 1h
"""
MISTAKE_STRATEGIES = """strategies:
  - id: a
    plugin: trendline_break
    events: ["md.trades.*"]
"""
MISTAKE_CAPTURE = """1700000000000000000 {"e":"trade","s":"ATOMUSDT","t":1,"p":"8","q":"1","T":1700000000000,"m":true}
1700000000000000000 {"e":"trade","s":"ATOMUSDT","t":2,"p":"8","q":"1","T":1700000000000,"m":true}
1700000000000000000 {"e":"trade","s":"ATOMUSDT","t":3,"p":"x","q":"1","T":1700000000001,"m":true}
1600000000000000000 {"e":"trade","s":"ATOMUSDT","t":4,"p":"8","q":"1","T":1600000000001,"m":true}
"""


def write(*names, text):
    path = os.path.join(*names)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def mistakes(page, env, top):
    """Makes each mistake of the page's table and compares what is printed."""
    with open(os.path.join(SOURCE, page), encoding="utf-8") as file:
        rows = re.findall(r"(?m)^\| ([^|]+) \| `([^`]+)`", file.read().split("## What each mistake prints")[1])
    check(len(rows) > 10, "%s: no table of mistakes" % page)
    wrong_major = subprocess.run(["make", "-s", "-C", BUILD, "tests/plugins/wrong_major.so"], env=env, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, check=False)
    check(wrong_major.returncode == 0, wrong_major.stdout)
    for number, (name, wanted) in enumerate(rows):
        check(name in MISTAKES, "%s: '%s': the test does not know how to make this mistake" % (page, name))
        where = os.path.join(top, "m%d" % number)
        write(where, "config", "base.yaml", text=MISTAKE_BASE)
        write(where, "config", "strategies.yaml", text=MISTAKE_STRATEGIES)
        write(where, "play", "base.yaml", text=MISTAKE_BASE.replace("simmarket", "playback").replace("duration: 1h", "files: cap.txt"))
        write(where, "cap.txt", text=MISTAKE_CAPTURE)
        shutil.copy(os.path.join(BUILD, "tests", "plugins", "wrong_major.so"), where)
        for kind in ("strategies", "feeds", "brokers"):
            os.makedirs(os.path.join(where, "p", kind))
            for plugin in os.listdir(os.path.join(BUILD, "plugins", kind)):
                if plugin.endswith(".so"):
                    shutil.copy(os.path.join(BUILD, "plugins", kind, plugin), os.path.join(where, "p", kind))
        _, output = shell(MISTAKES[name] + "\n", env, where, 60)
        check(matches("…" + wanted + "…", output), "%s: '%s': the page says %s\n--- printed:\n%s" % (page, name, wanted, output))
    return len(rows)


def links(page):
    """Links within the tree lead to a file that is there, and to a heading in it."""
    with open(os.path.join(SOURCE, page), encoding="utf-8") as file:
        text = re.sub(r"(?ms)^```.*?^```", "", file.read())
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(SOURCE, os.path.dirname(page), name)) if name else os.path.join(SOURCE, page)
        check(os.path.exists(path), "%s: link to '%s', which is not there" % (page, target))
        if anchor:
            with open(path, encoding="utf-8") as file:
                heads = {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in re.findall(r"(?m)^#+ (.*)$", file.read())}
            check(anchor in heads, "%s: link to '%s': no such heading" % (page, target))


def main():
    if os.environ.get("NJORD_INSTRUMENT"):
        skip("this build's SDK library needs the runtime of %s, which a reader's link does not have" % os.environ["NJORD_INSTRUMENT"])
    pages = ["README.md"] + sorted("doc/" + name for name in os.listdir(os.path.join(SOURCE, "doc")) if name.endswith(".md"))
    only = sys.argv[1:]
    # short: a control socket's path has room for 107 bytes
    top = tempfile.mkdtemp(prefix="nj", dir="/tmp")
    try:
        env = install(os.path.join(top, "root"))
        env["NJORD_TEST_DATA"] = DATA
        for page in pages:
            if only and page not in only:
                continue
            links(page)
            told = len(skipped)
            try:
                ran = play(page, env, top)
            except Wrong as wrong:  # a page says sleep 2 to a person; a machine that does much else needs more
                print("%s\n%s: again, with five times the patience" % (wrong, page))
                del skipped[told:]
                try:
                    ran = play(page, env, top, 5)
                except Wrong as still:
                    check(False, still)
            if ran:
                print("%s: %d blocks run" % (page, ran))
            if page == "doc/operator-guide.md":
                print("%s: %d mistakes made" % (page, mistakes(page, env, top)))
            if page == "doc/what-works.md":
                print("%s: %d rows, %d commands run, the others are tests of this suite" % ((page,) + table(page, env, top)))
    finally:
        if not os.environ.get("NJORD_KEEP"):
            shutil.rmtree(top, ignore_errors=True)
    for text in skipped:
        print("not run: " + text)


main()
