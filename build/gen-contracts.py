#!/usr/bin/env python3
"""Makes from sdk/contracts.tbl what is derived from it: sdk/njord/events.h (structs), sdk/src/contract_table.c (the tables
behind codecs and validator) and doc/contracts.md. Run by `make contracts`; a test checks that the three are up to date.

    gen-contracts.py TABLE OUTDIR       writes OUTDIR/sdk/njord/events.h and so on
"""
import os
import re
import sys

FIXED = {"i64": ("int64_t", 8), "f64": ("double", 8), "bool": ("uint8_t", 1)}
TAILS = {"text", "levels", "strmap", "realmap", "any", "intents", "curve"}
TAIL_DOC = {
    "text": "text up to 4096 bytes", "levels": "list of [price, qty]", "strmap": "map of text, at most 16 pairs",
    "realmap": "map of f64", "any": "map or list", "intents": "list of OrderIntent", "curve": "list of [ts_ns, value]",
}
# texts of a form: bytes with NUL, its name on the page, and what the page says of it
FORMS = {
    "symbol": (32, "symbol", "`BASE/QUOTE` of upper-case letters, digits and `. _ -`, at most 31 bytes"),
    "symbols": (1024, "symbols", "symbols, joined by commas"),
    "id": (48, "id", "of a strategy or a plugin's instance: `^[a-z0-9_]{1,47}$`"),
    "id_or_all": (48, "id or `*`", None),
    "intent_id": (40, "intent id", "`^[A-Za-z0-9_-]{1,36}$`, fit to be a venue's client order id"),
    "timeframe": (8, "timeframe", "`^[1-9][0-9]*[smhdw]$`, at most 7 bytes"),
}
HEAD_BYTES = 40
MAX_FIELDS = 56  # the decoder keeps what it has seen, and the envelope, in 64 bits


class Field:
    def __init__(self, name, kind, required, time, since, doc):
        self.name, self.kind, self.required, self.time, self.since, self.doc = name, kind, required, time, since, doc
        self.in_head = name in ("ts_ns", "ts_accepted_ns", "ts_fill_ns")

    @property
    def size(self):
        if self.kind in FIXED:
            return FIXED[self.kind][1]
        if self.kind in TAILS:
            return 8
        if self.kind.startswith("enum:"):
            return 1
        if self.kind in FORMS:
            return FORMS[self.kind][0]
        return int(self.kind[3:])

    @property
    def is_text(self):
        return self.kind in FORMS or re.fullmatch(r"str\d+", self.kind)

    @property
    def rank(self):
        """Order in the struct: wide numbers, tails, texts, bytes, so that nothing needs padding but the end."""
        if self.kind in ("i64", "f64"):
            return 0
        if self.kind in TAILS:
            return 1
        return 2 if self.is_text else 3

    def declaration(self):
        if self.kind in FIXED:
            return "%s %s" % (FIXED[self.kind][0], self.name)
        if self.kind in TAILS:
            return "njord_tail %s" % self.name
        if self.kind.startswith("enum:"):
            return "uint8_t %s" % self.name
        return "char %s[%d]" % (self.name, self.size)

    def where(self, contract):
        """Its offset in the contract's struct, as C says it."""
        return "offsetof(njord_event, ts_ns)" if self.in_head else "offsetof(njord_%s, %s)" % (contract.c_name, self.name)

    def type_doc(self):
        if self.kind in FORMS:
            return FORMS[self.kind][1]
        if self.is_text:
            return "str, at most %d bytes" % (self.size - 1)
        if self.kind.startswith("enum:"):
            return "str"
        return TAIL_DOC.get(self.kind, self.kind)


class Contract:
    def __init__(self, name, code, c_name, strict, doc):
        self.name, self.code, self.c_name, self.strict, self.doc = name, code, c_name, strict, doc
        self.fields = []
        self.example = ""

    def layout(self):
        """Members in the order of the struct, each version behind the last, with explicit padding."""
        out = []
        for since in sorted({f.since for f in self.fields}):
            members = sorted((f for f in self.fields if f.since == since and not f.in_head), key=lambda f: f.rank)
            size = HEAD_BYTES + sum(f.size for f in members) if since == 0 else sum(f.size for f in members)
            out += [(f.declaration(), f.doc) for f in members]
            if size % 8:
                out.append(("uint8_t padding%s[%d]" % (since or "", 8 - size % 8), "zero"))
        return out


def parse(path):
    enums, contracts, topics, since = {}, [], [], 0
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("  example "):
                contracts[-1].example = line[len("  example "):]
                continue
            body, _, doc = (part.strip() for part in line.partition("|"))
            words = body.split()
            if words[0] == "enum":
                enums[words[1]] = [(int(c), t) for c, t in (w.split("=") for w in words[2:])]
            elif words[0] == "contract":
                contracts.append(Contract(words[1], int(words[2]), words[3], words[4] == "strict", doc))
                since = 0
            elif words[0] == "topic":
                topics.append((words[1], words[2], " ".join(words[3:]), doc))
            elif words[0] == "since":
                since = int(words[1])
            elif line.startswith("  "):
                kind = words[1]
                if not (kind in FIXED or kind in TAILS or kind in FORMS or re.fullmatch(r"str\d+", kind)
                        or (kind.startswith("enum:") and kind[5:] in enums)):
                    sys.exit("%s:%d: unknown type '%s'" % (path, number, kind))
                contracts[-1].fields.append(Field(words[0], kind, "*" in words[2:], "time" in words[2:], since, doc))
            else:
                sys.exit("%s:%d: not understood: %s" % (path, number, line))
    for c in contracts:
        if not c.example:
            sys.exit("%s: '%s' has no example" % (path, c.name))
        if len(c.fields) > MAX_FIELDS:
            sys.exit("%s: '%s' has more than %d members" % (path, c.name, MAX_FIELDS))
    return enums, contracts, topics


MADE = "made from sdk/contracts.tbl by build/gen-contracts.py: change the table, then run `make contracts`"


def header(enums, contracts):
    o = ["/* njord/events.h - the contracts as plain structs; part of the ABI, included by njord/abi.h.", " *",
         " * %s." % MADE.replace(": ", ":\n * ", 1), " *",
         " * Each opens with njord_event. An event's own time stands there as ev.ts_ns.",
         " * Absent members: NaN, NJORD_NONE_I64, \"\", NJORD_NONE_U8 (enumerations and bools), a tail with",
         " * count 0. Bools are 0 and 1. */",
         "/* clang-format off */", "#ifndef NJORD_EVENTS_H", "#define NJORD_EVENTS_H", "", "#ifndef NJORD_ABI_H",
         '#error "include <njord/abi.h>"', "#endif", "", "#ifdef __cplusplus", 'extern "C" {', "#endif", "",
         "/* Types of events. */"]
    o += ["#define NJORD_EV_%s %du" % (c.c_name.upper(), c.code) for c in contracts]
    o += ["#define NJORD_EV_COUNT %du /* one more than the highest */" % (max(c.code for c in contracts) + 1)]
    for name, items in enums.items():
        o += ["", "/* %s */" % name]
        o += ["#define NJORD_%s_%s %du" % (name.upper(), t.upper(), code) for code, t in items]
    for c in contracts:
        o += ["", "/* %s: %s */" % (c.name, c.doc), "typedef struct njord_%s {" % c.c_name, "    njord_event ev;"]
        decls = c.layout()
        width = max([len(d) for d, _ in decls] + [0])
        o += ["    %s%s /* %s */" % (d + ";", " " * (width - len(d)), doc) for d, doc in decls]
        o += ["} njord_%s;" % c.c_name]
    o += ["", "#ifdef __cplusplus", "}", "#endif", "#endif", ""]
    return "\n".join(o)


def table(enums, contracts, topics):
    o = ["/* contract_table.c - the contracts and topics as tables, behind the codecs and the validator.", " *",
         " * %s. */" % MADE.replace(": ", ":\n * ", 1), "/* clang-format off */", "#include <njord/contract.h>", ""]
    for name, items in enums.items():
        o += ["static const njord_code %s_codes[] = {" % name]
        o += ['    { %d, "%s" },' % item for item in items]
        o += ["    { 0, NULL },", "};", ""]
    for c in contracts:
        o += ["static const njord_field %s_fields[] = {" % c.c_name]
        for f in c.fields:
            kind = "STR" if f.is_text else f.kind.split(":")[0].upper()
            form = "NJORD_FORM_%s" % (f.kind.upper() if f.kind in FORMS else "FREE")
            codes = "%s_codes" % f.kind[5:] if f.kind.startswith("enum:") else "NULL"
            flags = "|".join(["NJORD_FIELD_REQUIRED"] * f.required + ["NJORD_FIELD_TIME"] * f.time) or "0"
            o += ['    { "%s", %d, NJORD_FIELD_%s, %s, %s, %d, %s, %s, 0 },' %
                  (f.name, len(f.name), kind, flags.replace("|", " | "), f.where(c), f.size, codes, form)]
        o += ["};", ""]
    o += ["const njord_contract njord_contracts[NJORD_EV_COUNT] = {"]
    for c in contracts:
        time = [f for f in c.fields if f.time]
        where = ["offsetof(njord_%s, %s)" % (c.c_name, name) if any(f.name == name and f.kind != "symbols" for f in c.fields)
                 else "0" for name in ("symbol", "strategy_id")]
        where += [time[0].where(c) if time else "0", "%#xu" % sum(1 << i for i, f in enumerate(c.fields) if f.required)]
        o += ['    [NJORD_EV_%s] = { "%s", %s_fields, %d, NJORD_EV_%s, sizeof(njord_%s), %d, %s, %s, %s, %s },' %
              (c.c_name.upper(), c.name, c.c_name, len(c.fields), c.c_name.upper(), c.c_name, c.strict, *where)]
    o += ["};", "", "const njord_topic njord_topics[] = {"]
    names = {c.name: c for c in contracts}
    for pattern, contract, _, journal in topics:
        o += ['    { "%s", "%s", NJORD_EV_%s },' % (pattern, "" if journal == "-" else journal, names[contract].c_name.upper())]
    o += ["    { NULL, NULL, 0 },", "};", ""]
    return "\n".join(o)


PAGE = """# Contracts

<!-- %s -->

The events that Njord's parts, other programs and recorded files exchange. Each is a **msgpack map** with text keys on the
bus and **one JSON object a line** in a journal, with the same names and nesting in both; a C program sees it as the struct
of the same members in `<njord/abi.h>`. The examples below are lines as Njord writes them.

## Rules

- **Types.** `i64` integer; `f64` number; `bool`; `str` text; the others are said in words. `*` marks a required member;
  the others may be absent, which JSON may also spell `null`.
- **Times** are `i64` nanoseconds since the Unix epoch, UTC.
- **Numbers** are IEEE doubles, printed with the fewest of 15, 16 or 17 digits that read back to the same number, so any
  number of trips through JSON and msgpack changes nothing. An integer is taken where `f64` is asked when a double holds it
  exactly, never the reverse. NaN and infinities are neither written nor taken. In free-form members
  (map or list) a whole number has one form, the integer, because JSON does not tell 3 from 3.0.
- **Texts** are UTF-8 without NUL; one that is required is not empty. One that is too long is refused, never cut.
  Some have a form:
%s
- **Keys** may come in any order, each once. Unknown keys are skipped, so that a newer sender may add some; the strict
  contracts, which carry orders, refuse them: an old receiver must not send a plain order for one whose extra key it does
  not know.
- **Refused** is what breaks a rule, with contract, member and byte: `Trade.price at byte 30: expected f64, found str`.
- **Bounds**: 5,000 levels a side of a book; 16 pairs of text (keys up to 23 bytes, values up to 63); 4,096 pairs of numbers
  (keys up to 47 bytes); 1,024 orders in a plan; free-form members 8 maps or lists deep, 256 keys a map; 64 unknown keys.

Every event may carry the **envelope** besides its own members:

| key | type | meaning |
|---|---|---|
| `seq` | i64 | the host's sequence number: the order in which things happened |
| `ts_recv_ns` | i64 | when the host delivered it |
| `contract` | str | the contract's name, in files that hold several |
| `_src`, `_seq` | str, i64 | the host that sent it over a Redis bus, and its count |

## The contracts

| contract | what it says | topics |
|---|---|---|
"""


def upper(text):
    return text[0].upper() + text[1:]


def page(enums, contracts, topics):
    o = [PAGE.rstrip("\n") % (MADE, "\n".join("  - *%s*: %s" % (name, what) for _, name, what in FORMS.values() if what))]
    for c in contracts:
        where = ", ".join("`%s`" % p for p, name, _, _ in topics if name == c.name)
        o += ["| [%s](#%s) | %s | %s |" % (c.name, c.name.lower(), c.doc, where)]
    o += [""]
    for c in contracts:
        o += ["### %s" % c.name, "", upper(c.doc) + "." + (" Strict: an unknown key makes it malformed." if c.strict else ""), "",
              "| member | type | meaning |", "|---|---|---|"]
        for f in c.fields:
            doc = f.doc
            if f.kind.startswith("enum:"):
                doc += ": %s" % ", ".join("`%s`" % t for _, t in enums[f.kind[5:]])
            o += ["| `%s`%s | %s | %s |" % (f.name, "*" if f.required else "", f.type_doc(), doc)]
        o += ["", "```json", c.example, "```", ""]
    o += ["## Topics", "",
          "A subscription is a glob (`md.trades.*`), matched as Redis' `PSUBSCRIBE` matches it. In the names of files a symbol",
          "stands without its slash (`{SYM}`).", "",
          "| topic | carries | published by | journal |", "|---|---|---|---|"]
    o += ["| `%s` | [%s](#%s) | %s | %s |" % (p, c, c.lower(), who, "`%s.ndjson`" % j if j != "-" else "") for p, c, who, j in topics]
    return "\n".join(o + [""])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    enums, contracts, topics = parse(sys.argv[1])
    for name, text in (("sdk/njord/events.h", header(enums, contracts)),
                       ("sdk/src/contract_table.c", table(enums, contracts, topics)),
                       ("doc/contracts.md", page(enums, contracts, topics))):
        path = os.path.join(sys.argv[2], name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)


if __name__ == "__main__":
    main()
