#!/usr/bin/env python3
"""A backtest whose plugin does not return from a callback, in each of its callbacks, is ended after --stall-limit with one line that has the
row and its time; one that crashes likewise, with the signal; one whose rows are slow goes on, and so does one that was stopped (as by ^Z)
for longer than the limit."""
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import LIMIT, njord  # noqa: E402
from njordtest import BUILD, NJORD, check, equal  # noqa: E402

STALLS = os.path.abspath(os.path.join(BUILD, "tests", "plugins", "stalls.so"))
START = 1735689600  # 2025-01-01
ROWS = 3000


def bars(folder, n):
    path = os.path.join(folder, "bars%d.csv" % n)
    with open(path, "w", encoding="utf-8") as file:
        file.write("ts,open,high,low,close,volume\n")
        for i in range(n):
            file.write("%d,10,10,10,10,1\n" % (START + 60 * i))
    return path


def words(folder, rows, limit, **params):
    out = ["backtest", "--strategy", STALLS, "--symbol", "ATOM/USDT", "--csv", bars(folder, rows), "--no-report", "--config", folder, "--output",
           os.path.join(folder, "out"), "--stall-limit", str(limit)]
    for name, value in params.items():
        out += ["--param", "%s=%s" % (name, value)]
    return out


def time_of(row):
    """Of a bar's close, as the line has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + 60 * row))


def ended(folder, how, where, at, row, instant):
    begun = time.monotonic()
    code, out, err = njord(*words(folder, ROWS, 1.5, how=how, where=where, at=at))
    what = {"crash": "signal 6 (Aborted)", "leave": "exit code 0"}.get(how, "hung: no row done in 1.5 s (--stall-limit)")
    line = "njord backtest: strategy 'stalls' ended the run: %s, at row %d of %d%s\n" % (what, row, ROWS, instant and ", " + instant)
    equal((code, out, err), (1, "", line), "%s in %s %d" % (how, where, at))
    check(time.monotonic() - begun < LIMIT / 2, "%s in %s took %.1f s" % (how, where, time.monotonic() - begun))
    check(not os.path.exists(os.path.join(folder, "out")), "nothing is written")


def stopped(folder):
    """Both processes stand still for twice the limit, and then go on."""
    command = [os.path.abspath(NJORD)] + words(folder, 40, 1.5, pause_ms=50)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        try:
            time.sleep(0.5)
            os.killpg(run.pid, signal.SIGSTOP)
            time.sleep(3)
            os.killpg(run.pid, signal.SIGCONT)
            out, err = run.communicate(timeout=LIMIT)
        finally:
            run.kill()
        equal((run.returncode, err), (0, ""), "one that was stopped")
        check("Backtest Results: stalls" in out, out)


def main():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "base.yaml"), "w", encoding="utf-8") as file:
            file.write("app:\n  env: paper\n")
        for how in ("loop", "crash"):
            ended(folder, how, "create", 1, 0, "")
            ended(folder, how, "start", 1, 0, "")
            ended(folder, how, "bar", 1, 1, time_of(1))
            ended(folder, how, "bar", 2345, 2345, time_of(2345))
            ended(folder, how, "fill", 77, 77, time_of(77))
            ended(folder, how, "timer", 77, 76, time_of(77))  # before the bar of its instant
            ended(folder, how, "destroy", 1, ROWS, time_of(ROWS))
        ended(folder, "wait", "bar", 9, 9, time_of(9))
        ended(folder, "leave", "bar", 9, 9, time_of(9))
        # ten rows of 0.3 s each: longer than the limit as a whole
        code, out, err = njord(*words(folder, 10, 2, pause_ms=300))
        equal((code, err), (0, ""), "slow rows")
        check("Backtest Results: stalls" in out, out)
        equal(njord(*words(folder, 10, 0, pause_ms=10))[0], 0, "no limit")
        for bad in ("-1", "soon", "nan"):
            code, out, err = njord(*words(folder, 10, bad))
            equal((code, out, err.count("\n")), (2, "", 1), "--stall-limit %s" % bad)
            check("--stall-limit" in err, err)
        stopped(folder)


main()
