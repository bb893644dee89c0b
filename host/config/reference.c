/* The reference of all keys, made from the table: a page in Markdown and the manual njord.yaml(5).
 */
#include "config/config.h"
#include "config/schema.h"

#include <string.h>

/* What both begin with: paragraphs, each ended by a newline; `x` is set as code. */
static const char *const preface[] = {
    "One folder holds all of it: `base.yaml`, which must be there, and `strategies.yaml`. The "
    "programs take the folder (or its `base.yaml`) from `--config`, else `./config`, else the "
    "folder "
    "`njord` of the system's configuration, else the defaults told here. Relative paths count from "
    "the working directory. `njord-host --check` prints all that is wrong, each problem as "
    "`file:line:column: 'key': expected this, found that`, and exits 1.",
    "The files are YAML without anchors, aliases, tags and second documents. Numbers are decimal "
    "and "
    "finite, `true` and `false` are the two truth values, a value in quotes is text, and a "
    "duration is "
    "a whole number with its unit (`250ms`, `10s`, `5m`, `24h`, `7d`). A key that is left out has "
    "its "
    "default. A key that is not told here is an error, and so is a file in the folder that this "
    "version cannot use (`secrets.enc.yaml`, `portfolio.yaml`, `alerts.yaml`).",
    "A running host takes changes of `risk`, `logging.level` and `strategies` on SIGHUP or `njord "
    "ctl "
    "reload`. A change of any other key is told as one that needs a restart, and then nothing is "
    "changed.",
    NULL};

/* ---- Markdown -------------------------------------------------------------------------------- */

/* Text in lines of at most 100 columns, broken at blanks. */
static void put_wrapped(struct nj_buf *out, const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t word = strcspn(text, " ");
        if (column > 0 && column + 1 + word > 100) {
            nj_buf_putc(out, '\n');
            column = 0;
        } else if (column > 0) {
            nj_buf_putc(out, ' ');
            column++;
        }
        nj_buf_add(out, text, word);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    nj_buf_putc(out, '\n');
}

/* A cell of a table: no bare bars. */
static void put_cell(struct nj_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            nj_buf_putc(out, '\\');
        nj_buf_putc(out, *text);
    }
}

static void put_row(struct nj_buf *out, const char *before, const struct nj_key *key)
{
    struct nj_buf what = {0};
    nj_buf_printf(out, "| `%s%s` | ", before, key->name);
    nj_key_expected(&what, key);
    put_cell(out, what.data ? what.data : "");
    nj_buf_free(&what);
    if (key->fallback)
        nj_buf_printf(out, " | `%s` | ", key->fallback);
    else
        nj_buf_printf(out, " | %s | ", key->required ? "required" : "not given");
    put_cell(out, key->help);
    nj_buf_puts(out, " |\n");
    for (const struct nj_key *k = key->keys; k && k->name; k++) {
        struct nj_buf inner = {0};
        nj_buf_printf(&inner, "%s%s.", before, key->name);
        put_row(out, inner.data ? inner.data : "", k);
        nj_buf_free(&inner);
    }
}

void nj_config_reference(struct nj_buf *out)
{
    const char *file = "";
    nj_buf_puts(out,
                "# Configuration\n\n<!-- made from host/config/schema.c by make reference -->\n");
    for (size_t i = 0; preface[i]; i++) {
        nj_buf_putc(out, '\n');
        put_wrapped(out, preface[i]);
    }
    for (const struct nj_section *s = nj_sections; s->name; s++) {
        if (strcmp(file, s->file) != 0) {
            file = s->file;
            nj_buf_printf(out, "\n## `%s`\n", file);
        }
        nj_buf_printf(out, "\n### `%s`\n\n", s->name);
        put_wrapped(out, s->help);
        if (s->fallback)
            nj_buf_printf(out, "\nDefault: `%s`\n", s->fallback);
        nj_buf_puts(out, "\n| key | takes | default | |\n|---|---|---|---|\n");
        for (const struct nj_key *key = s->keys; key->name; key++)
            put_row(out, "", key);
    }
}

/* ---- man ------------------------------------------------------------------------------------- */

/* Text for troff: backslashes and leading dots and quotes disarmed, hyphens kept, `x` in bold. */
static void put_troff(struct nj_buf *out, const char *text)
{
    bool code = false;
    if (*text == '.' || *text == '\'')
        nj_buf_puts(out, "\\&");
    for (; *text; text++) {
        if (*text == '`') {
            nj_buf_puts(out, code ? "\\fR" : "\\fB");
            code = !code;
        } else if (*text == '\\') {
            nj_buf_puts(out, "\\e");
        } else if (*text == '-') {
            nj_buf_puts(out, "\\-");
        } else {
            nj_buf_putc(out, *text);
        }
    }
}

static void put_entry(struct nj_buf *out, const char *before, const struct nj_key *key)
{
    struct nj_buf what = {0};
    nj_key_expected(&what, key);
    nj_buf_printf(out, ".TP\n.B %s%s\n", before, key->name);
    put_troff(out, key->help);
    nj_buf_puts(out, "\nTakes ");
    put_troff(out, what.data ? what.data : "");
    nj_buf_free(&what);
    if (key->fallback) {
        nj_buf_puts(out, "; default \\fB");
        put_troff(out, key->fallback);
        nj_buf_puts(out, "\\fR.\n");
    } else {
        nj_buf_printf(out, "; %s.\n", key->required ? "required" : "not given by default");
    }
    for (const struct nj_key *k = key->keys; k && k->name; k++) {
        struct nj_buf inner = {0};
        nj_buf_printf(&inner, "%s%s.", before, key->name);
        put_entry(out, inner.data ? inner.data : "", k);
        nj_buf_free(&inner);
    }
}

void nj_config_manual(struct nj_buf *out)
{
    const char *file = "";
    nj_buf_puts(out, ".\\\" made from host/config/schema.c by make reference\n"
                     ".TH NJORD.YAML 5 \"\" Njord \"File formats\"\n"
                     ".SH NAME\n"
                     "njord.yaml \\- configuration of njord\\-host and njord\n"
                     ".SH DESCRIPTION\n");
    for (size_t i = 0; preface[i]; i++) {
        if (i > 0)
            nj_buf_puts(out, ".PP\n");
        put_troff(out, preface[i]);
        nj_buf_putc(out, '\n');
    }
    for (const struct nj_section *s = nj_sections; s->name; s++) {
        if (strcmp(file, s->file) != 0) {
            file = s->file;
            nj_buf_printf(out, ".SH \"KEYS OF %s\"\n", file);
        }
        nj_buf_printf(out, ".SS %s\n", s->name);
        put_troff(out, s->help);
        nj_buf_putc(out, '\n');
        if (s->fallback) {
            nj_buf_puts(out, "Default: \\fB");
            put_troff(out, s->fallback);
            nj_buf_puts(out, "\\fR.\n");
        }
        for (const struct nj_key *key = s->keys; key->name; key++)
            put_entry(out, "", key);
    }
    nj_buf_puts(out, ".SH EXAMPLES\n"
                     "A host that trades one symbol on paper with one strategy, base.yaml:\n"
                     ".PP\n"
                     ".nf\n"
                     "exchange:\n"
                     "  symbols: [ATOM/USDT]\n"
                     "feeds:\n"
                     "  \\- id: market\n"
                     "    plugin: simmarket\n"
                     ".fi\n"
                     ".PP\n"
                     "and strategies.yaml:\n"
                     ".PP\n"
                     ".nf\n"
                     "strategies:\n"
                     "  \\- id: trend\n"
                     "    plugin: trendline_break\n"
                     "    events: [\"md.trades.*\"]\n"
                     "    params:\n"
                     "      lookback_periods: 50\n"
                     ".fi\n"
                     ".SH SEE ALSO\n"
                     ".BR njord\\-host (8),\n"
                     ".BR njord (1)\n");
}
