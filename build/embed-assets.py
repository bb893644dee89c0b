#!/usr/bin/env python3
"""Makes build/report_assets.c: the page of the reports, its style and its scripts as bytes of the program.

    embed-assets.py ASSETS [CHARTS]

ASSETS is host/backtest/assets; CHARTS is where build/fetch-assets.sh put uPlot, left out when there is none: then every member is NULL
and reports are not built in. The policy names the two scripts and the style by their hashes, so the browser runs nothing else."""
import base64
import hashlib
import os
import sys

MEMBERS = ("page", "style", "charts", "script", "licence", "policy")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def fingerprint(text):
    return "'sha256-%s'" % base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def members(assets, charts):
    out = {"page": read(assets, "page.html"), "script": read(assets, "report.js"),
           "style": read(charts, "uplot", "uPlot.min.css") + "\n" + read(assets, "report.css"),
           "charts": read(charts, "uplot", "uPlot.iife.min.js"), "licence": read(charts, "uplot", "LICENSE").strip()}
    for name in ("script", "charts", "style"):
        if "</" + ("style" if name == "style" else "script") in out[name].lower() or "<!--" in out[name] or "\r" in out[name]:
            sys.exit("embed-assets.py: '%s' holds what would end it inside a page" % name)
    out["policy"] = ("default-src 'none'; script-src %s %s; style-src %s; img-src data:; base-uri 'none'; form-action 'none'"
                     % (fingerprint(out["charts"]), fingerprint(out["script"]), fingerprint(out["style"])))
    return out


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    found = members(*sys.argv[1:3]) if len(sys.argv) == 3 else {}
    print("/* report_assets.c - made by build/embed-assets.py; the page of the reports as bytes. */\n#include \"backtest/report_impl.h\"\n")
    for name in found:
        data = found[name].encode() + b"\0"
        print("static const char %s[] = {" % name)
        for at in range(0, len(data), 20):
            print("    " + ", ".join("%d" % (b - 256 if b > 127 else b) for b in data[at:at + 20]) + ",")
        print("};\n")
    print("const struct nj_report_assets nj_report_assets = {")
    print(",\n".join("    .%s = %s" % (name, name if name in found else "NULL") for name in MEMBERS))
    print("};")


if __name__ == "__main__":
    main()
