"""What the whole-program tests share: a scratch folder with a configuration, njord-host run in it, its journals read back."""
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("top_builddir", ".")
SOURCE = os.environ.get("top_srcdir", ".")
DATA = os.environ.get("NJORD_TEST_DATA", os.path.join(SOURCE, "..", "shared", "data"))
HOST = os.path.join(BUILD, "njord-host")
NJORD = os.path.join(BUILD, "njord")
PLUGINS = os.path.join(BUILD, "plugins")


def skip(reason):
    print("skipped: %s" % reason)
    sys.exit(77)


def check(condition, text):
    if not condition:
        print("FAILED: %s" % text)
        sys.exit(1)


def equal(found, expected, text):
    check(found == expected, "%s: expected %.2000r, found %.2000r" % (text, expected, found))


def chain(folder, name):
    """The files of one journal, oldest first: dated ones by day and number, plain before compressed, then the live one, unless a rotation
    was killed between giving it its dated name and taking the other away."""
    dated = {}
    for file in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
        found = re.fullmatch(re.escape(name) + r"\.(\d{8})(?:\.(\d+))?\.ndjson(\.gz)?", file)
        if found:
            dated.setdefault((found[1], int(found[2] or 0)), os.path.join(folder, file))  # the plain name sorts first
    live = os.path.join(folder, name + ".ndjson")
    files = [dated[key] for key in sorted(dated)]
    if os.path.exists(live) and not any(os.path.samefile(live, file) for file in files[-1:]):
        files.append(live)
    return files


def journal_lines(folder, name):
    """The lines of one journal, in all its files, as bytes with their ends."""
    for path in chain(folder, name):
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as lines:
            yield from lines


BASE = """
app:
  env: paper
  clock: events
  at_end: stop
  state_dir: {dir}/state
  control: {dir}/njord.sock
logging:
  level: warn
  journal_dir: {dir}/log
  fsync: never
exchange:
  venue: paper
  symbols: {symbols}
plugins:
  watch: false
{extra}
"""


class Host:
    """A scratch folder for one njord-host; removed at exit."""

    def __init__(self, symbols=("ATOM/USDT",), extra="", strategies=""):
        # short: a control socket's path has room for 107 bytes
        self.dir = tempfile.mkdtemp(prefix="nj", dir="/tmp")
        self.write("base.yaml", BASE.format(dir=self.dir, symbols=json.dumps(list(symbols)), extra=extra))
        self.write("strategies.yaml", strategies or "strategies: []\n")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if not os.environ.get("NJORD_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def command(self, *more):
        return [HOST, "--config", self.dir, "--plugins", PLUGINS] + list(more)

    def run(self, *more, timeout=60):
        return subprocess.run(self.command(*more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout,
                              check=False)

    def journal(self, name):
        return [json.loads(line) for line in journal_lines(self.path("log"), name)]

    def journals(self):
        """Every journal's bytes, for comparing two runs."""
        out = {}
        for name in sorted(os.listdir(self.path("log"))):
            if name.endswith((".ndjson", ".ndjson.gz")) and name != "app.ndjson":
                with open(self.path("log", name), "rb") as data:
                    out[name] = data.read()
        return out
