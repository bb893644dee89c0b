/* The reference page of all keys, made from the table. */
#include "config/config.h"
#include "config/schema.h"

#include <string.h>

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
    nj_buf_puts(
        out,
        "# Configuration\n"
        "\n"
        "<!-- made from host/config/schema.c by make reference -->\n"
        "\n"
        "One folder holds all of it: `base.yaml`, which must be there, and `strategies.yaml`. The\n"
        "programs take the folder (or its `base.yaml`) from `--config`, else `./config`, else the\n"
        "folder `njord` below the system's configuration; relative paths in it count from the\n"
        "working directory. `njord-host --check` prints all that is wrong with it, each problem "
        "as\n"
        "`file:line:column: 'key': what was expected, what was found`, and exits 1.\n"
        "\n"
        "The files are YAML without anchors, aliases, tags and second documents. Numbers are\n"
        "decimal and finite, `true` and `false` are the two truth values, a value in quotes is\n"
        "text, a duration is a whole number with its unit (`250ms`, `10s`, `5m`, `24h`, `7d`). A\n"
        "key that is left out has its default; a key that is not known here is an error, and so "
        "is\n"
        "a file in the folder that this version cannot use (`secrets.enc.yaml`, `portfolio.yaml`,\n"
        "`alerts.yaml`).\n"
        "\n"
        "A running host takes changes of `risk`, `logging.level` and `strategies` on SIGHUP or\n"
        "`njord ctl reload`; a change of any other key is reported as one that needs a restart, "
        "and\n"
        "then nothing is changed.\n");
    for (const struct nj_section *s = nj_sections; s->name; s++) {
        if (strcmp(file, s->file) != 0) {
            file = s->file;
            nj_buf_printf(out, "\n## `%s`\n", file);
        }
        nj_buf_printf(out, "\n### `%s`\n\n%s", s->name, s->help);
        if (s->fallback)
            nj_buf_printf(out, " Default: `%s`.", s->fallback);
        nj_buf_puts(out, "\n\n| key | takes | default | |\n|---|---|---|---|\n");
        for (const struct nj_key *key = s->keys; key->name; key++)
            put_row(out, "", key);
    }
}
