#!/usr/bin/env python3
"""The comparison with other engines, tests/peers/compare_peers.py: njord's equity is that of the rules written down in plain Python, bar by
bar, over simulated bars and, where they are, an exchange's; a difference is found; engines that are not there are named. Those engines are
no part of this: doc/peers.md has what they gave."""
import os
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import BUILD, DATA, SOURCE, check, equal  # noqa: E402

SCRIPT = os.path.join(SOURCE, "tests", "peers", "compare_peers.py")
SIM = os.path.join(SOURCE, "tests", "golden", "backtest", "sim_bars.csv.gz")
REAL = os.path.join(DATA, "bars", "atomusdt-1m.csv.gz")
OFF = '''#!/usr/bin/env python3
import json, subprocess, sys
done = subprocess.run([%r] + sys.argv[1:], stdout=subprocess.PIPE, check=True)
result = json.loads(done.stdout)
result["equity_curve"][100][1] *= 1.00001
print(json.dumps(result))
'''


def compare(*words):
    done = subprocess.run([sys.executable, SCRIPT] + list(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=dict(os.environ, top_builddir=os.path.abspath(BUILD)), check=False)
    equal(done.stderr, "", "standard error of %s" % " ".join(words))
    return done.returncode, done.stdout.splitlines()


def main():
    code, lines = compare("--engines", "rules", "--csv", SIM)
    equal((code, lines[0], lines[-1]), (0, "4319 bars; this script", "34 comparisons, 0 of them apart by more than 1e-06"), "simulated bars")
    check(sum(line.endswith(" ok") for line in lines) == 34, "a line each")
    if os.path.exists(REAL):
        code, lines = compare("--engines", "rules", "--csv", REAL, "--bars", "6000")
        equal((code, lines[-1]), (0, "34 comparisons, 0 of them apart by more than 1e-06"), "an exchange's bars")
    else:
        print("not over an exchange's bars: there are none in '%s'" % DATA)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "njord")
        with open(path, "w", encoding="utf-8") as file:
            file.write(OFF % os.path.abspath(os.path.join(BUILD, "njord")))
        os.chmod(path, stat.S_IRWXU)
        code, lines = compare("--engines", "rules", "--csv", SIM, "--bars", "500", "--njord", path)
        equal((code, lines[-1]), (1, "34 comparisons, 34 of them apart by more than 1e-06"), "one point is off by a hundredth of a thousandth")
    code, lines = compare("--engines", "backtrader,vectorbt,backtesting", "--csv", os.path.join("no", "such.csv"))
    equal(code, 77, "without engines, or without bars")
    there = [name for name in ("backtrader", "vectorbt", "backtesting") if "%s: not run: No module named '%s'" % (name, name) not in lines]
    equal(lines[-1], "no bars at 'no/such.csv': name a file with --csv" if there else
          "none of the other engines is there: install backtrader, vectorbt or backtesting, or name where they are in PYTHONPATH", "the reason")


main()
