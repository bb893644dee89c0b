#!/usr/bin/env python3
"""Globs match as a real Redis matches them: PSUBSCRIBE a pattern, PUBLISH names, and see who would have got them.

Random patterns over the letters that matter (stars, classes, ranges, escapes, unclosed and empty classes, bytes above 127)."""
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PIPE = os.path.join(os.environ.get("top_builddir", "."), "tests", "e2e", "codec_pipe")
PATTERNS = int(os.environ.get("GLOB_PATTERNS", "1500"))
NAMES_EACH = 12

SERVER = shutil.which("redis-server")
if SERVER is None:
    print("skipped: redis-server is not installed")
    sys.exit(77)


class Connection:
    """Just enough of RESP."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.file = self.sock.makefile("rb")

    def send(self, *commands):
        out = b""
        for command in commands:
            out += b"*%d\r\n" % len(command) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in command)
        self.sock.sendall(out)

    def reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        if kind == b"-":
            raise RuntimeError(rest)
        return rest

    def reply_of(self, kind):
        while True:
            reply = self.reply()
            if reply[0] == kind:
                return


def random_pairs():
    dice = random.Random(1)
    pieces = [b"a", b"b", b"c", b"-", b"^", b"]", b".", b"/", b"\xe9", b"*", b"*", b"?", b"[", b"[a-c]", b"[^b]", b"[c-a]", b"\\", b"[\\]]",
              b"[a-", b"[]", b"[^]", b"**", b"\\*"]
    letters = [b"a", b"b", b"c", b"-", b"^", b"]", b"[", b".", b"/", b"\xe9", b"*", b"\\", b"?"]
    for _ in range(PATTERNS):
        glob = b"".join(dice.choice(pieces) for _ in range(dice.randrange(1, 8)))
        names = {b"".join(dice.choice(letters) for _ in range(dice.randrange(0, 7))) for _ in range(NAMES_EACH - 2)}
        # names near the pattern match more often
        names |= {glob.replace(b"*", b"ab").replace(b"?", b"c"), glob.replace(b"*", b"")}
        yield glob, sorted(names)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "redis.sock")
        server = subprocess.Popen([SERVER, "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no", "--dir", folder],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            while True:
                try:
                    subscriber, publisher = Connection(path), Connection(path)
                    break
                except OSError:
                    if time.monotonic() > deadline or server.poll() is not None:
                        sys.exit("redis-server did not come up")
                    time.sleep(0.02)
            asked, expected = [], []
            for glob, names in random_pairs():
                subscriber.send((b"PSUBSCRIBE", glob))
                subscriber.reply_of(b"psubscribe")
                publisher.send(*[(b"PUBLISH", name, b"") for name in names])
                for name in names:
                    asked.append((glob, name))
                    expected.append(publisher.reply())
                subscriber.send((b"PUNSUBSCRIBE", glob))
                subscriber.reply_of(b"punsubscribe")
        finally:
            server.terminate()
            server.wait(10)
    lines = "".join("%s. %s.\n" % (glob.hex(), name.hex()) for glob, name in asked)
    answers = subprocess.run([PIPE, "glob"], input=lines, stdout=subprocess.PIPE, check=True, text=True).stdout.split()
    wrong = [(pair, redis) for pair, redis, ours in zip(asked, expected, answers) if int(ours) != redis]
    for (glob, name), redis in wrong[:10]:
        print("glob %r, name %r: Redis says %d" % (glob, name, redis))
    print("%d pairs, %d of them match, %d answered otherwise than Redis" % (len(asked), sum(expected), len(wrong)))
    sys.exit(1 if wrong or len(answers) != len(asked) else 0)


if __name__ == "__main__":
    main()
