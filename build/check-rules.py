#!/usr/bin/env python3
"""Checks what a regular expression can check of the house rules. Part of `make lint`.

    check-rules.py [TREE]

Calls that are banned and where, the length of files, the opening comment (of a header, and of a
source that has none), words that promise work
instead of doing it. Prints one line a violation, FILE:LINE: what, and exits 1 when there is one.
"""
import os
import re
import sys

MAX_LINES = 700
FOLDERS = ("sdk", "host", "plugins", "tests")

# (calls, where they are banned, where not, why). Places are prefixes of paths.
BANNED = [
    ("strcpy strcat sprintf vsprintf gets stpcpy", FOLDERS, (), "writes without a bound: use snprintf or the string functions of base"),
    ("strtok", FOLDERS, (), "keeps a global state: use strtok_r or a scanner of your own"),
    ("gmtime localtime asctime ctime", FOLDERS, (), "keeps a global state, and text is in UTC: use the time functions of base"),
    ("localtime_r mktime", FOLDERS, (), "depends on the machine's time zone: everything here is in UTC"),
    ("system popen", FOLDERS, (), "gives text to a shell: start a program with an argument list"),
    ("alloca", FOLDERS, (), "takes stack without a bound"),
    ("atoi atol atoll atof", FOLDERS, (), "cannot report an error: use strtol or the parsers of base"),
    ("strncpy", FOLDERS, (), "may leave a text without its end: use snprintf"),
    ("abort exit _Exit quick_exit", ("sdk", "host", "plugins"), ("host/cli/",),
     "ends the process: return an error, the program's main decides"),
    ("clock_gettime gettimeofday time clock timespec_get rand srand random srandom drand48 rand_r getrandom getentropy",
     ("sdk", "host", "plugins"), ("host/base/platform",),
     "time and randomness come from the platform seam (host) or from the host interface (plugins)"),
]
WORDS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

# One pass that keeps line breaks: comments, then literals, are blanked out.
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_of(text):
    return TOKEN.sub(lambda m: "\n" * m.group().count("\n") or '""' if m.group()[0] in "\"'" else
                     " " + "\n" * m.group().count("\n"), text)


# A member (x->time, x.time) or a word before the name (a declaration) is no call of libc's function.
CALLS = [(re.compile(r"(?<![\w.>])(%s)[ \t]*\(" % "|".join(names.split())), where, but, why)
         for names, where, but, why in BANNED]
DECLARED = re.compile(r"[\w*][ \t]*[ \t*]$")
KEYWORD_BEFORE = re.compile(r"\b(return|else|do|case)[ \t]+$")


def problems_of(path, text, has_header):
    lines = text.count("\n") + (not text.endswith("\n"))
    if lines > MAX_LINES:
        yield 1, "%d lines, %d are the limit: a second subject wants a second file" % (lines, MAX_LINES)
    if not text.startswith("/*") and not (path.endswith(".c") and has_header):
        yield 1, "begins without its comment: what this is, who owns it, what it never does"
    for m in WORDS.finditer(text):
        yield text.count("\n", 0, m.start()) + 1, "'%s': do it or leave it" % m.group()
    code = code_of(text)
    for pattern, where, but, why in CALLS:
        if not path.startswith(tuple(w + "/" for w in where)) or (but and path.startswith(but)):
            continue
        for m in pattern.finditer(code):
            before = code[code.rfind("\n", 0, m.start()) + 1:m.start()]
            if re.search(r"\(\s*\*\s*%s\s*\)" % m.group(1), code):
                continue  # a parameter or a member of that name, given by the caller
            if DECLARED.search(before) and not KEYWORD_BEFORE.search(before) and "=" not in before \
                    and "(" not in before:
                continue
            yield code.count("\n", 0, m.start()) + 1, "'%s' %s" % (m.group(1), why)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("top_srcdir", ".")
    found = count = 0
    for folder in FOLDERS:
        for at, folders, names in os.walk(os.path.join(root, folder)):
            folders.sort()
            for name in sorted(names):
                if not name.endswith((".c", ".h")):
                    continue
                path = os.path.relpath(os.path.join(at, name), root)
                with open(os.path.join(at, name), encoding="utf-8") as file:
                    text = file.read()
                count += 1
                for line, what in sorted(problems_of(path, text, name[:-1] + "h" in names)):
                    print("%s:%d: %s" % (path, line, what))
                    found += 1
    if not found:
        print("rules: %d files, nothing banned" % count)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
