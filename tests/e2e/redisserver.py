"""A redis-server of a test's own: on a free port, without a file, killed and started again at will."""
import shutil
import subprocess

from livehost import free_port, wait


def is_there():
    return bool(shutil.which("redis-server") and shutil.which("redis-cli"))


class Redis:
    def __init__(self, folder):
        self.port = free_port()
        self.folder = folder
        self.process = None
        self.url = "redis://127.0.0.1:%d/0" % self.port

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.kill()

    def start(self):
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                                         "--dir", self.folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(lambda: self.cli("ping") == "PONG", "redis-server to answer")
        return self

    def cli(self, *args, data=None):
        """redis-cli's answer; `data` (bytes) is its last argument."""
        done = subprocess.run(["redis-cli", "-p", str(self.port)] + (["-x"] if data is not None else []) + list(args), input=data,
                              stdin=subprocess.DEVNULL if data is None else None, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=False)
        return done.stdout.decode(errors="replace").strip()

    def kill(self):
        """kill -9: what it held is gone."""
        self.process.kill()
        self.process.wait()
