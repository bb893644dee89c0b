#!/usr/bin/env python3
"""Checks the include graph: which folder may know which. Part of `make lint`.

    check-layers.py [TREE]

Prints one line a violation, FILE:LINE: what, and exits 1 when there is one. The table ALLOWED is the
architecture in one place: a folder includes only what its row names.
"""
import os
import re
import sys

# Folder: the folders whose headers it may include, besides its own.
ALLOWED = {
    "sdk": set(),
    "base": set(),
    "config": {"base", "sdk"},
    "bus": {"base", "sdk"},
    "journal": {"base", "sdk"},
    "runtime": {"base", "config", "bus", "journal", "sdk"},
    # Pure logic: the same functions serve the services and the backtester. See PURE below.
    "trade": {"base", "config", "sdk"},
    "market": {"base", "config", "trade", "sdk"},
    "portfolio": {"base", "config", "sdk"},
    "backtest": {"base", "config", "bus", "journal", "runtime", "trade", "market", "portfolio", "sdk"},
    "research": {"base", "config", "bus", "journal", "runtime", "trade", "market", "portfolio", "sdk"},
    "services": {"base", "config", "bus", "journal", "runtime", "trade", "market", "portfolio", "sdk"},
    "cli": {"base", "config", "bus", "journal", "runtime", "trade", "market", "portfolio", "backtest",
            "research", "services", "sdk"},
}

# What single files may in addition, and why.
EXCEPT = {
    # Text of a number, the shortest that reads back: one function, written once, for both sides.
    ("base", "njord/codec.h"),
    # The last look before an order leaves is a look at a file, through the seam that tests replace.
    ("host/trade/killswitch.h", "base/platform.h"),
    ("host/trade/killswitch.c", "base/platform.h"),
    ("host/trade/killswitch.c", "base/fs.h"),
    ("host/trade/killswitch.c", "fcntl.h"),
    ("host/trade/killswitch.c", "unistd.h"),
    # Saved state comes back as text, and reading text computes.
    ("host/trade/json.h", "jansson.h"),
    # Lines of gzip files, one reader for plugins and host. An object of its own in the archive: only
    # who reads files links libarchive.
    ("sdk/src/lines.c", "archive.h"),
}

# Folders without I/O and without a clock. They take, of the system, only what computes, and of base
# and config only headers for which the same holds, all the way down.
PURE = {"trade", "market", "portfolio"}
PURE_SYSTEM = {
    "assert.h", "ctype.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdalign.h",
    "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h",
    "stdnoreturn.h", "string.h", "strings.h", "sys/types.h",
}
IMPURE_BASE = {"base/platform.h", "base/log.h"}

# The SDK is linked into plugins: it may lean on libc and nothing else.
FOREIGN = re.compile(r"^(ev|hiredis|msgpack|yaml|archive|archive_entry|jansson|curl|libwebsockets|seccomp|check)\b"
                     r"|^(hiredis|openssl|curl|msgpack)/")
PLUGIN_FOREIGN = {"jansson.h"}  # recordings are JSON

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def read(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return COMMENT.sub(lambda m: "\n" * m.group().count("\n"), text)


def c_files(tree, folder):
    for at, folders, names in os.walk(os.path.join(tree, folder)):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(at, name), tree)


class Tree:
    def __init__(self, root):
        self.root = root
        self.problems = []
        self.cache = {}

    def say(self, path, line, what):
        self.problems.append("%s:%d: %s" % (path, line, what))

    def includes(self, path):
        """[(line, quoted, name)] of a file of the tree."""
        if path not in self.cache:
            text = read(os.path.join(self.root, path))
            self.cache[path] = [(text.count("\n", 0, m.start()) + 1, m.group(1) == '"', m.group(2))
                                for m in INCLUDE.finditer(text)]
        return self.cache[path]

    def find(self, path, quoted, name):
        """The file of the tree that an include in `path` means, or None: a header of the system."""
        tries = [os.path.join(os.path.dirname(path), name), os.path.join("host", name)] if quoted else []
        if name.startswith("njord/"):
            tries.append(os.path.join("sdk", name))
        for found in tries:
            if os.path.isfile(os.path.join(self.root, found)):
                return os.path.normpath(found)
        return None

    @staticmethod
    def folder(path):
        parts = path.split(os.sep)
        return parts[1] if parts[0] == "host" and len(parts) > 2 else parts[0]

    def impure_reason(self, header, seen=()):
        """Why pure logic may not include this header of base or config, or None."""
        if os.path.relpath(header, "host") in IMPURE_BASE:
            return "'%s' does I/O or tells the time" % os.path.relpath(header, "host")
        if header in seen:
            return None
        for _, quoted, name in self.includes(header):
            target = self.find(header, quoted, name)
            if target is None:
                if name not in PURE_SYSTEM:
                    return "'%s' includes <%s>" % (os.path.relpath(header, "host"), name)
            elif self.folder(target) in ("base", "config"):
                reason = self.impure_reason(target, (*seen, header))
                if reason:
                    return reason
        return None

    def check_host_or_sdk(self, path):
        mine = self.folder(path)
        if mine not in ALLOWED:
            self.say(path, 1, "'host/%s' is no folder of the architecture: add its row to check-layers.py" % mine)
            return
        for line, quoted, name in self.includes(path):
            target = self.find(path, quoted, name)
            if target is None:
                if quoted:
                    self.say(path, line, "'%s' is not in the tree: write it as \"folder/name.h\" below host" % name)
                elif name.startswith("njord/"):
                    self.say(path, line, "<%s> is not in sdk/njord" % name)
                elif mine == "sdk" and FOREIGN.match(name) and (path, name) not in EXCEPT:
                    self.say(path, line, "the SDK may not lean on <%s>: it is linked into every plugin" % name)
                elif mine in PURE and name not in PURE_SYSTEM and (path, name) not in EXCEPT:
                    self.say(path, line, "'%s' is pure logic and may not include <%s>" % (mine, name))
                continue
            theirs = self.folder(target)
            if (mine, name) in EXCEPT or (path, name) in EXCEPT:
                continue
            if theirs != mine and theirs not in ALLOWED[mine]:
                self.say(path, line, "'%s' may not know '%s' (%s)" % (mine, theirs, name))
            elif mine in PURE and theirs in ("base", "config"):
                reason = self.impure_reason(target)
                if reason:
                    self.say(path, line, "'%s' is pure logic: %s" % (mine, reason))

    def check_plugin(self, path):
        mine = os.path.dirname(path)
        for line, quoted, name in self.includes(path):
            target = self.find(path, quoted, name)
            if quoted:
                if target is None or os.path.dirname(target) != mine:
                    self.say(path, line, "a plugin includes <njord/...> and its own files, not '%s'" % name)
            elif name.startswith("njord/"):
                if target is None:
                    self.say(path, line, "<%s> is not in sdk/njord" % name)
            elif FOREIGN.match(name) and name not in PLUGIN_FOREIGN:
                self.say(path, line, "a plugin may not include <%s>" % name)

    def check_cycles(self, paths):
        """No header includes itself over any way round."""
        state = {}

        def visit(path, trail):
            state[path] = "open"
            for line, quoted, name in self.includes(path):
                target = self.find(path, quoted, name)
                if target is None:
                    continue
                if state.get(target) == "open":
                    way = [*trail[trail.index(target):], target] if target in trail else [path, target]
                    self.say(path, line, "include cycle: " + " -> ".join(way))
                elif target not in state:
                    visit(target, [*trail, target])
            state[path] = "done"

        for path in paths:
            if path not in state:
                visit(path, [path])

    def check(self):
        house = [*c_files(self.root, "sdk/njord"), *c_files(self.root, "sdk/src"), *c_files(self.root, "host")]
        plugins = list(c_files(self.root, "plugins"))
        for path in house:
            self.check_host_or_sdk(path)
        for path in plugins:
            self.check_plugin(path)
        self.check_cycles(house + plugins)
        return len(house) + len(plugins)


def main():
    tree = Tree(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("top_srcdir", "."))
    count = tree.check()
    for problem in tree.problems:
        print(problem)
    if not tree.problems:
        print("layers: %d files, every include goes downwards" % count)
    sys.exit(1 if tree.problems else 0)


if __name__ == "__main__":
    main()
