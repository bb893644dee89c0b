#!/usr/bin/env python3
"""njord backtest --verify: strategies that know what they were shown pass, over bars with fills at the close and the next open, and by
timer; one that keeps in its library what an earlier instance saw is caught, with both orders in one line."""
import os
import random
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import njord  # noqa: E402
from njordtest import BUILD, PLUGINS, check, equal  # noqa: E402

START = 1600000200
CHEAT = os.path.abspath(os.path.join(BUILD, "tests", "plugins", "peeker.so"))
PUPPET = os.path.abspath(os.path.join(BUILD, "tests", "plugins", "puppet.so"))


def bars(path, n):
    """A seeded walk on a grid of cents."""
    draw, cents = random.Random(7), 10000
    with open(path, "w") as out:
        out.write("timestamp,open,high,low,close,volume\n")
        for i in range(n):
            first, cents = cents, cents + draw.randint(-20, 20)
            out.write("%d,%.2f,%.2f,%.2f,%.2f,1\n" % ((START + 60 * i) * 1000, first / 100, max(first, cents) / 100 + 0.05,
                                                      min(first, cents) / 100 - 0.05, cents / 100))


def verify(folder, strategy, *words):
    return njord("backtest", "--verify", "--no-report", "--strategy", strategy, "--symbol", "ATOM/USDT", "--csv",
                 os.path.join(folder, "bars.csv"), "--output", folder, "--config", os.path.join(folder, "config"), "--plugins",
                 os.path.abspath(PLUGINS), *words)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "config"))
        with open(os.path.join(folder, "config", "base.yaml"), "w") as out:
            out.write("app:\n  seed: 5\n")
        bars(os.path.join(folder, "bars.csv"), 1500)
        for words in ([], ["--fill", "next-open"], ["--warmup", "50"], ["--risk"]):
            code, out, err = verify(folder, "ma_cross", "--param", "fast=3", "--param", "slow=7", *words)
            equal((code, err), (0, ""), "ma_cross %s" % words)
            check("Verified: the orders of 200 of " in out, "200 instants are looked at: %s" % out)
        script = "s1 timer 1 30 600;m* target ATOM/USDT 1;b10 lbuy ATOM/USDT 2 99.5;b40 lsell ATOM/USDT 2 100.5;f1 sell ATOM/USDT 0.1;f2 buy ATOM/USDT 0.5"
        for words in ([], ["--fill", "next-open"]):
            code, out, err = verify(folder, PUPPET, "--param", "script=%s" % script, "--param", "zero=%d" % START,
                                    "--param", "quiet=1", *words)
            equal((code, err), (0, ""), "puppet %s" % words)
            check("Verified: " in out, "timers, limits and answers to fills pass: %s" % out)

        code, out, err = verify(folder, CHEAT)
        equal((code, out), (1, ""), "a strategy that knows what comes")
        equal(err.count("\n"), 1, "one line: %s" % err)
        check("it knows what it was not shown" in err and "strategy 'peeker': order " in err, "what differs is told: %s" % err)

        code, out, err = verify(folder, "buy_hold")
        check("Verified: the orders of 1 of 1 instants" in out, "all when there are few: %s" % out)


main()
