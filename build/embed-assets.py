#!/usr/bin/env python3
"""Makes build/report_assets.c: the page of the reports, its style and its scripts as bytes of the program.

    embed-assets.py ASSETS [CHARTS]

ASSETS is host/backtest/assets; CHARTS is where build/fetch-assets.sh put uPlot, left out when there is none: then every member is NULL
and reports are not built in. A policy names the scripts and the style of its kind of page by their hashes, so the browser runs nothing else."""
import base64
import hashlib
import os
import sys

KINDS = {"run": ("report.css", "common.js", "report.js"), "sweep": ("report.css", "sweep.css", "common.js", "sweep.js")}


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def fingerprint(text):
    return "'sha256-%s'" % base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def sealed(name, text):
    """A text that cannot end the element that it stands in."""
    if "</" + ("style" if name.endswith("css") else "script") in text.lower() or "<!--" in text or "\r" in text:
        sys.exit("embed-assets.py: '%s' holds what would end it inside a page" % name)
    return text


def members(assets, charts):
    plot = sealed("uPlot.iife.min.js", read(charts, "uplot", "uPlot.iife.min.js"))
    out = {"page": read(assets, "page.html"), "charts": plot, "licence": read(charts, "uplot", "LICENSE").strip()}
    for kind, files in KINDS.items():
        texts = [sealed(name, read(assets, name)) for name in files]
        style = read(charts, "uplot", "uPlot.min.css") + "\n" + "".join(t for n, t in zip(files, texts) if n.endswith("css"))
        script = "".join(t for n, t in zip(files, texts) if n.endswith("js"))
        out[kind + ".style"], out[kind + ".script"] = sealed("css", style), script
        out[kind + ".policy"] = ("default-src 'none'; script-src %s %s; style-src %s; img-src data:; base-uri 'none'; form-action 'none'"
                                 % (fingerprint(plot), fingerprint(script), fingerprint(style)))
    return out


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    found = members(*sys.argv[1:3]) if len(sys.argv) == 3 else {}
    print("/* report_assets.c - made by build/embed-assets.py; the page of the reports as bytes. */\n#include \"backtest/report_impl.h\"\n")
    for name in found:
        data = found[name].encode() + b"\0"
        print("static const char %s[] = {" % name.replace(".", "_"))
        for at in range(0, len(data), 20):
            print("    " + ", ".join("%d" % (b - 256 if b > 127 else b) for b in data[at:at + 20]) + ",")
        print("};\n")
    print("const struct nj_report_assets nj_report_assets = {")
    print(",\n".join("    .%s = %s" % (name, name.replace(".", "_")) for name in found) or "    .page = NULL")
    print("};")


if __name__ == "__main__":
    main()
