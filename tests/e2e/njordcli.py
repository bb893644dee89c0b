"""What the tests of `njord` share: a host that runs beside the test, its control socket by hand, the verbs as a user types them."""
import json
import os
import signal
import socket
import subprocess
import time

from njordtest import NJORD, Host, check

LIMIT = 60 if os.environ.get("NJORD_INSTRUMENT") else 20


def njord(*words, stdin="", cwd=None, env=None, timeout=LIMIT):
    """Runs a verb: (exit code, standard output, standard error)."""
    done = subprocess.run([os.path.abspath(NJORD)] + list(words), input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, cwd=cwd, env=dict(os.environ, **(env or {})), timeout=timeout, check=False)
    return done.returncode, done.stdout, done.stderr


class Caller:
    """The control socket by hand: bytes out, lines in."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(LIMIT)
        self.sock.connect(path)
        self.rest = b""

    def send(self, data):
        self.sock.sendall(data)

    def line(self):
        """The next line as an object; None: the host closed the connection."""
        while b"\n" not in self.rest:
            try:
                part = self.sock.recv(65536)
            except ConnectionResetError:
                part = b""
            if not part:
                return None
            self.rest += part
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def ask(self, **request):
        self.send(json.dumps(request).encode() + b"\n")
        return self.line()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Running(Host):
    """A host that runs until the test ends it."""

    process = None

    def start(self, *more):
        with open(self.path("host.err"), "a", encoding="utf-8") as err:
            self.process = subprocess.Popen(self.command(*more), stdout=err, stderr=err)
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            check(self.process.poll() is None, "the host ended: %s" % self.errors())
            try:
                with Caller(self.path("njord.sock")) as caller:
                    if caller.ask(cmd="status")["ok"]:
                        return self
            except (FileNotFoundError, ConnectionRefusedError):
                pass
            time.sleep(0.02)
        check(False, "the host does not answer")
        return self

    def errors(self):
        with open(self.path("host.err"), encoding="utf-8") as err:
            return err.read()

    def call(self):
        return Caller(self.path("njord.sock"))

    def njord(self, *words, **more):
        return njord(*words, "--config", self.dir, **more)

    def lives(self):
        with self.call() as caller:
            return self.process.poll() is None and caller.ask(cmd="status")["ok"]

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                check(False, "the host did not end on SIGTERM")
        code = self.process.returncode if self.process else 0
        self.process = None
        return code

    def __exit__(self, *exc):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        super().__exit__(*exc)


def until(condition, text, seconds=LIMIT):
    """Waits for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < end, text)
        time.sleep(0.02)


def trade(price, qty=1, ts_ns=1, symbol="ATOM/USDT"):
    return json.dumps({"symbol": symbol, "price": price, "qty": qty, "ts_ns": ts_ns})
