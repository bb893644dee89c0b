"""What tests of pages share: a page taken apart, its seal, hostile texts, what a browser makes of it."""
import base64
import hashlib
import html.parser
import json
import os

from njordtest import check, equal

EVIL = "</script><script>window.evil=1</script><img src=x onerror=\"window.evil=1\">'&"
VOID = {"meta", "link", "input", "br", "img", "hr"}


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


class Page(html.parser.HTMLParser):
    """A page taken apart: every element closed by its own end, its texts by id."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.tags, self.ids, self.text, self.raw = [], [], [], {}, []
        self.feed(text)
        self.close()
        equal(self.stack, [], "elements that are not closed")
        equal(len(self.ids), len(set(self.ids)), "ids stand once")

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag not in VOID:
            self.stack.append((tag, attrs))

    def handle_endtag(self, tag):
        check(self.stack and self.stack[-1][0] == tag, "</%s> closes %r" % (tag, self.stack[-1:]))
        self.stack.pop()

    def handle_data(self, data):
        if self.stack and self.stack[-1][0] in ("script", "style"):
            self.raw.append((self.stack[-1][0], self.stack[-1][1], data))
        for tag, attrs in self.stack:
            if "id" in attrs:
                self.text[attrs["id"]] = self.text.get(attrs["id"], "") + data

    def data(self):
        return json.loads(self.text["data"])


def sealed(page):
    """Nothing is fetched, and the policy allows what stands in the page and no more."""
    policies = [a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    equal(len(policies), 1, "one policy")
    policy = dict(part.strip().split(" ", 1) for part in policies[0].split(";"))
    equal(policy["default-src"], "'none'", "default-src")
    check("unsafe" not in policies[0], "no unsafe- in %s" % policies[0])
    for kind in ("script", "style"):
        found = {"'sha256-%s'" % base64.b64encode(hashlib.sha256(data.encode()).digest()).decode()
                 for tag, attrs, data in page.raw if tag == kind and attrs.get("type") != "application/json"}
        equal(set(policy[kind + "-src"].split()), found, "hashes of %s" % kind)
    for tag, attrs in page.tags:
        for name in ("src", "href", "action", "srcset", "style"):
            check(name not in attrs or attrs[name] == "data:,", "<%s %s=%r>" % (tag, name, attrs.get(name)))
        check(not any(name.startswith("on") for name in attrs), "<%s %r>" % (tag, attrs))


def near(found, expected, text):
    check(abs(found - expected) <= 1e-8 * max(1, abs(expected)), "%s: expected %r, found %r" % (text, expected, found))


# ---- in a browser ----

COLOURS = """[...document.querySelectorAll('.uplot canvas')].map((c) => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data,
 s = new Set(); for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200) s.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return s.size; })"""
BACK = "getComputedStyle(document.body).backgroundColor"


def shot(page, name, **more):
    folder = os.environ.get("NJORD_SHOTS")
    if folder:
        os.makedirs(folder, exist_ok=True)
        page.screenshot(os.path.join(folder, name + ".png"), **more)


def quiet(page, path):
    equal(page.complaints(), [], "what the browser says of %s" % path)
    asked = [url for url in page.requests() if not url.startswith("data:")]
    equal(asked, ["file://" + os.path.abspath(path)], "requests of %s" % path)
    equal(page.run("window.evil === undefined"), True, "a text of %s did not run" % path)


def drawn(page, n, text):
    equal(page.run("+document.documentElement.dataset.charts"), n, "charts of %s" % text)
    colours = page.run(COLOURS)
    equal(len(colours), n, "canvases of %s" % text)
    check(min(colours, default=2) >= 2, "%s: a chart is blank: colours %r" % (text, colours))
