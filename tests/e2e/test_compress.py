#!/usr/bin/env python3
"""njord compress, as its users type it: what it takes, what it leaves, what it says; read back with Python's own gzip."""
import fcntl
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import njord  # noqa: E402
from njordtest import check, equal  # noqa: E402

TRADE = '{"symbol":"ATOM/USDT","price":%d,"qty":1,"ts_ns":%d}\n'
DAY = 1735689600 * 10**9  # 2025-01-01T00:00:00Z, by date -u +%s
NS_A_DAY = 86400 * 10**9


class Folder:
    def __enter__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="nj", dir="/tmp")
        self.dir = self.holder.name
        return self

    def __exit__(self, *exc):
        self.holder.cleanup()

    def write(self, name, text, hours_old=48):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.utime(path, (time.time() - hours_old * 3600,) * 2)
        return text

    def read(self, name):
        with (gzip.open if name.endswith(".gz") else open)(os.path.join(self.dir, name), "rt", encoding="utf-8") as data:
            return data.read()

    def names(self):
        return sorted(name for name in os.listdir(self.dir) if name != ".lock")

    def run(self, *more):
        return njord("compress", "--journal-dir", self.dir, *more)


def the_whole_of_it():
    with Folder() as f:
        old = f.write("md.trades.ATOMUSDT.20250101.ndjson", "".join(TRADE % (i, DAY + i) for i in range(1000)))
        first = f.write("md.trades.ATOMUSDT.20250101.1.ndjson", TRADE % (1, DAY))
        f.write("md.trades.ATOMUSDT.20250102.ndjson", TRADE % (1, DAY + NS_A_DAY), hours_old=1)
        undated = f.write("md.trades.BTCUSDT.ndjson", TRADE % (1, DAY) + TRADE % (2, DAY + NS_A_DAY))
        f.write("md.trades.BTCUSDT.20250102.ndjson.gz", "someone's")
        log = f.write("app.ndjson", '{"ts":"x"}\n')
        code, out, err = f.run("--older-than", "24h")
        equal((code, err), (0, ""), "exit code and errors (%s)" % out)
        equal(f.names(), ["app.ndjson", "md.trades.ATOMUSDT.20250101.1.ndjson.gz", "md.trades.ATOMUSDT.20250101.ndjson.gz",
                          "md.trades.ATOMUSDT.20250102.ndjson", "md.trades.BTCUSDT.20250102.1.ndjson.gz",
                          "md.trades.BTCUSDT.20250102.ndjson.gz"], "files")
        equal(f.read("md.trades.ATOMUSDT.20250101.ndjson.gz"), old, "lines of a dated file")
        equal(f.read("md.trades.ATOMUSDT.20250101.1.ndjson.gz"), first, "lines of a further one")
        equal(f.read("md.trades.BTCUSDT.20250102.1.ndjson.gz"), undated, "lines of the undated one, by the day of its last")
        with open(os.path.join(f.dir, "md.trades.BTCUSDT.20250102.ndjson.gz"), encoding="utf-8") as theirs:
            equal(theirs.read(), "someone's", "a file that is there is never replaced")
        equal(f.read("app.ndjson"), log, "the log")
        equal(len(out.splitlines()), 4, "a line a file and one in all: %r" % out)
        check(out.splitlines()[-1].startswith("3 files compressed: "), "the sum: %r" % out)
        done = subprocess.run(["gzip", "-t"] + [os.path.join(f.dir, name) for name in f.names() if "20250101" in name], stderr=subprocess.PIPE,
                              check=False)
        equal((done.returncode, done.stderr), (0, b""), "gzip -t")
        code, out, err = f.run("--older-than", "24h")
        equal((code, out, err), (0, "nothing to compress\n", ""), "again")
        code, out, err = f.run("--older-than", "0s", "--json")
        equal((code, err), (0, ""), "with --json")
        answer = json.loads(out)
        equal([row["to"] for row in answer["files"]], ["md.trades.ATOMUSDT.20250102.ndjson.gz"], "rows")
        equal((answer["compressed"], answer["failed"], answer["live_left"], answer["not_old_enough"]), (1, 0, 0, 0), "counts")


def the_default_age():
    with Folder() as f, Folder() as config:
        config.write("base.yaml", "journal: {compress_after: 3h}\nlogging: {journal_dir: %s}\n" % f.dir)
        f.write("a.20250101.ndjson", "{}\n", hours_old=2)
        f.write("b.20250101.ndjson", "{}\n", hours_old=4)
        code, _, err = njord("compress", "--config", config.dir)
        equal((code, err), (0, ""), "by the configuration")
        equal(f.names(), ["a.20250101.ndjson", "b.20250101.ndjson.gz"], "files")


def a_host_has_it():
    with Folder() as f:
        f.write("orders.ndjson", '{"a":1}\n')
        f.write("orders.20250101.ndjson", '{"a":0}\n')
        with open(os.path.join(f.dir, ".lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            code, out, err = f.run("--older-than", "1h")
        equal((code, err), (0, ""), "exit code and errors")
        check("1 live file left alone: a host writes to this folder" in out.splitlines(), "it says so: %r" % out)
        equal(f.names(), ["orders.20250101.ndjson.gz", "orders.ndjson"], "files")


def wrong():
    for age in ("x", "", "24", "-1h", "1.5h", "999999999999d"):
        code, out, err = njord("compress", "--older-than", age)
        equal((code, out), (2, ""), "exit code with --older-than %r" % age)
        equal(err, "njord compress: --older-than '%s': expected a duration as 90s, 30m, 24h, 7d, 0s\n" % age, "what it says")
    code, out, err = njord("compress", "now")
    equal((code, out, len(err.splitlines())), (2, "", 1), "an argument")
    with Folder() as f:
        code, out, err = njord("compress", "--older-than", "1h", "--journal-dir", os.path.join(f.dir, "no"))
        equal((code, out, len(err.splitlines())), (1, "", 1), "a folder that is not there")
        check("/no'" in err, "it names the folder: %r" % err)
        f.write("file", "")
        code, out, err = njord("compress", "--older-than", "1h", "--journal-dir", os.path.join(f.dir, "file"))
        equal((code, out, len(err.splitlines())), (1, "", 1), "a file in the folder's place")
        code, out, err = njord("compress", "--config", os.path.join(f.dir, "none"))
        equal((code, out, len(err.splitlines())), (1, "", 1), "a configuration that is not there")
        # what cannot be done is said and does not end it
        f.write("a.20250101.ndjson", "{}\n")
        f.write("b.20250101.ndjson", "{}\n")
        os.mkdir(os.path.join(f.dir, ".a.20250101.ndjson.gz.tmp"))
        code, out, err = f.run("--older-than", "1h")
        equal((code, len(err.splitlines())), (1, 1), "one that fails (%r)" % err)
        check("b.20250101.ndjson.gz" in f.names() and "a.20250101.ndjson" in f.names(), "the other: %r" % f.names())


for part in (the_whole_of_it, the_default_age, a_host_has_it, wrong):
    part()
print("njord compress: ok")
