"""A njord-host that runs beside its test: started, waited for, spoken to, stopped. Waiting is for a condition, with a deadline that
only a broken host reaches; nothing here sleeps to let something happen."""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time

from njordtest import BUILD, Host, NJORD, check, journal_lines

SECONDS = 60 if "fsanitize" in os.environ.get("NJORD_INSTRUMENT", "") else 30


def wait(condition, what, seconds=SECONDS, every=0.005):
    """Until condition() is true: its value. `what` names it when it never comes."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        check(time.monotonic() < deadline, "waited %d s in vain for: %s" % (seconds, what() if callable(what) else what))
        time.sleep(every)


def free_port():
    with contextlib.closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class LiveHost(Host):
    """As Host; plugins() makes a folder of its own with test plugins in it, start() runs the host until stop() or the end."""

    def __init__(self, symbols=("ATOM/USDT",), extra="", strategies="", **changes):
        super().__init__(symbols, extra, strategies)
        self.process = None
        self.plugin_dir = None
        self.change(**changes)

    def __exit__(self, *exc):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        super().__exit__(*exc)

    def text(self, name="base.yaml"):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def change(self, **changes):
        """Keys of base.yaml that stand in it, by their last part: change(clock="wall")."""
        lines = self.text().splitlines()
        for key, value in changes.items():
            at = [i for i, line in enumerate(lines) if line.strip().startswith(key + ":")]
            check(len(at) == 1, "base.yaml has %d lines '%s:'" % (len(at), key))
            indent = lines[at[0]][:len(lines[at[0]]) - len(lines[at[0]].lstrip())]
            lines[at[0]] = "%s%s: %s" % (indent, key, value)
        self.write("base.yaml", "\n".join(lines) + "\n")

    def plugins(self, *names):
        """A folder of plugins: the shipped ones, and by name those of tests/plugins, each in its kind's folder."""
        self.plugin_dir = self.path("plugins")
        for kind in ("feeds", "strategies", "brokers"):
            os.makedirs(os.path.join(self.plugin_dir, kind), exist_ok=True)
            source = os.path.join(BUILD, "plugins", kind)
            for name in os.listdir(source):
                if name.endswith(".so"):
                    shutil.copy(os.path.join(source, name), os.path.join(self.plugin_dir, kind, name))
        for name in names:
            kind = "brokers" if name.endswith("broker") else "strategies"
            shutil.copy(os.path.join(BUILD, "tests", "plugins", name + ".so"), os.path.join(self.plugin_dir, kind, name + ".so"))
        return self

    def command(self, *more):
        if self.plugin_dir:
            more = ("--plugins", self.plugin_dir) + more
        return super().command(*more)

    def launch(self, *more, **how):
        """Starts it and does not wait."""
        with open(self.path("stderr"), "wb") as errors:
            self.process = subprocess.Popen(self.command(*more), stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, **how)
        return self

    def start(self, *more, **how):
        """Starts it and waits until it answers on its control socket."""
        self.launch(*more, **how)
        wait(lambda: self.process.poll() is not None or self.status(), "the host answers")
        check(self.process.poll() is None, "the host ended at once: %s" % self.errors())
        return self

    def errors(self):
        with open(self.path("stderr"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def njord(self, *args, text_in=None):
        return subprocess.run([NJORD] + list(args), input=text_in, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                              check=False)

    def ctl(self, verb, *args):
        return self.njord("ctl", verb, "--control", self.path("njord.sock"), *args)

    def ask(self, request, **args):
        """One request on the control socket, without a process: its last line, None while nobody listens."""
        try:
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as line:
                line.settimeout(SECONDS)
                line.connect(self.path("njord.sock"))
                line.sendall(json.dumps(dict(args, cmd=request)).encode() + b"\n")
                data = b""
                while not data.endswith(b"\n") or not json.loads(data.splitlines()[-1]).get("done"):
                    more = line.recv(1 << 16)
                    if not more:
                        return None
                    data += more
                return [json.loads(part) for part in data.splitlines()][-1]
        except (FileNotFoundError, ConnectionError):
            return None

    def status(self):
        """What it says of itself; None while it does not run yet, or no more."""
        answer = self.ask("status")
        return answer if answer and answer["ok"] else None

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, code=0):
        """Ends it: its exit code must be `code`."""
        self.send(number)
        return self.ended(code)

    def ended(self, code=0):
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            check(False, "the host does not end: %s" % self.errors())
        found = self.process.returncode
        check(found == code, "exit code: expected %s, found %s (%s)" % (code, found, self.errors()))
        return self.errors()

    def journal(self, name):
        """A journal in all its files: whole lines only."""
        return [json.loads(line) for line in journal_lines(self.path("log"), name) if line.endswith(b"\n")]

    def log(self, event=None):
        return [line for line in self.journal("app") if event in (None, line["event"])]

    def size(self, name="orders"):
        path = self.path("log", name + ".ndjson")
        return os.path.getsize(path) if os.path.exists(path) else 0


class Tail:
    """What was appended to a journal since the last look."""

    def __init__(self, host, name="orders"):
        self.path = host.path("log", name + ".ndjson")
        self.at = 0
        self.lines = []

    def more(self):
        """The lines that are new; all so far stand in .lines."""
        if not os.path.exists(self.path):
            return []
        with open(self.path, "rb") as data:
            data.seek(self.at)
            new = data.read()
        new = new[:new.rfind(b"\n") + 1]
        self.at += len(new)
        found = [json.loads(line) for line in new.splitlines()]
        self.lines += found
        return found


def flow(orders, contract):
    return [line for line in orders if line["contract"] == contract]
