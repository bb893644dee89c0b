/* From the trees of YAML to the structs of config.h, by the table of schema.h. */
#include "base/map.h"
#include "config/loader.h"
#include "config/value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "'name': expected WHAT, found THAT HINT" at a value. */
static void expected(struct nj_loader *l, const struct nj_yaml_node *node, const char *name,
                     const char *what, const char *hint)
{
    struct nj_buf found = {0};
    if (node->kind == NJ_YAML_LIST)
        nj_buf_puts(&found, "a list");
    else if (node->kind == NJ_YAML_MAP)
        nj_buf_puts(&found, "a map");
    else if (nj_yaml_is_null(node))
        nj_buf_puts(&found, "nothing");
    else
        nj_value_found(&found, node->text, node->quoted);
    nj_loader_problem(l, node, "'%.64s': expected %s, found %s%s", name, what,
                      found.data ? found.data : "?", hint);
    nj_buf_free(&found);
}

static void expected_by(struct nj_loader *l, const struct nj_yaml_node *node,
                        const struct nj_key *key, const char *hint)
{
    struct nj_buf what = {0};
    nj_key_expected(&what, key);
    expected(l, node, key->name, what.data ? what.data : "?", hint);
    nj_buf_free(&what);
}

/* Likewise for one item of a list. */
static void expected_item(struct nj_loader *l, const struct nj_yaml_node *node,
                          const struct nj_key *key)
{
    struct nj_buf what = {0};
    if (key->choices)
        nj_choices_put(&what, key->choices);
    else
        nj_buf_puts(&what, key->expected);
    expected(l, node, key->name, what.data ? what.data : "?", "");
    nj_buf_free(&what);
}

static void *take(struct nj_loader *l, size_t n, size_t size)
{
    void *piece = nj_arena_take_array(l->arena, n, size);
    if (!piece)
        l->no_memory = true;
    return piece;
}

static char *take_text(struct nj_loader *l, const char *text)
{
    char *copy = nj_arena_text(l->arena, text, strlen(text));
    if (!copy)
        l->no_memory = true;
    return copy;
}

/* ---- one value ------------------------------------------------------------------------------- */

/* A text that a file may hold: not empty, no control characters, short enough, and what the key
 * accepts. */
static bool fits(const struct nj_key *key, const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len >= key->size)
        return false;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return !key->accepts || key->accepts(text);
}

/* The choice that a text names; tells why not when there is none. */
static const struct nj_choice *choose(struct nj_loader *l, const struct nj_key *key,
                                      const struct nj_yaml_node *node)
{
    const struct nj_choice *c = key->choices;
    while (c->text && strcmp(c->text, node->text) != 0)
        c++;
    if (c->text && !c->refusal)
        return c;
    if (c->text)
        nj_loader_problem(l, node, "'%s': '%s' %s", key->name, c->text, c->refusal);
    else if (key->type == NJ_KEY_LIST)
        expected_item(l, node, key);
    else
        expected_by(l, node, key, "");
    return NULL;
}

static void put_list(struct nj_loader *l, const struct nj_key *key, const struct nj_yaml_node *node,
                     char *base)
{
    if (node->kind != NJ_YAML_LIST) {
        expected_by(l, node, key, nj_yaml_is_null(node) ? "; write [] for none" : "");
        return;
    }
    if (node->n < key->min_items) {
        struct nj_buf what = {0};
        nj_key_expected(&what, key);
        nj_loader_problem(l, node, "'%s': expected %s, found none", key->name, what.data);
        nj_buf_free(&what);
    }
    char **items = take(l, node->n, sizeof *items);
    uint32_t n = 0;
    if (!items)
        return;
    struct nj_map seen = {0};
    for (const struct nj_yaml_node *item = node->first; item; item = item->next) {
        if (item->kind != NJ_YAML_SCALAR || nj_yaml_is_null(item) ||
            (!key->choices && !fits(key, item->text))) {
            expected_item(l, item, key);
            continue;
        }
        if (key->choices && !choose(l, key, item))
            continue;
        if (nj_map_get(&seen, item->text)) {
            nj_loader_problem(l, item, "'%s': '%s' is listed twice", key->name, item->text);
            continue;
        }
        items[n] = take_text(l, item->text);
        if (items[n] && nj_map_put(&seen, item->text, items[n]))
            n++;
        else
            l->no_memory = true;
    }
    nj_map_free(&seen, NULL);
    memcpy(base + key->at, &items, sizeof items);
    memcpy(base + key->count_at, &n, sizeof n);
}

static bool put_param(struct nj_loader *l, const struct nj_yaml_node *node,
                      struct nj_param_text *out, bool inner)
{
    const char *what = inner ? "a value" : "a value or a map";
    out->name = take_text(l, node->key);
    out->quoted = node->quoted;
    out->place = nj_loader_place(l, node);
    if (node->kind == NJ_YAML_LIST || (inner && node->kind == NJ_YAML_MAP) ||
        nj_yaml_is_null(node)) {
        expected(l, node, node->key, what, "");
        return false;
    }
    if (node->kind == NJ_YAML_SCALAR) {
        out->text = take_text(l, node->text);
        return out->text != NULL;
    }
    out->map = take(l, node->n, sizeof *out->map);
    for (const struct nj_yaml_node *entry = node->first; out->map && entry; entry = entry->next)
        if (put_param(l, entry, &out->map[out->n_map], true))
            out->n_map++;
    return out->map != NULL;
}

static void put_params(struct nj_loader *l, const struct nj_key *key,
                       const struct nj_yaml_node *node, char *base)
{
    if (node->kind != NJ_YAML_MAP) {
        expected_by(l, node, key, nj_yaml_is_null(node) ? "; write {} for none" : "");
        return;
    }
    struct nj_param_text *params = take(l, node->n, sizeof *params);
    uint32_t n = 0;
    for (const struct nj_yaml_node *entry = node->first; params && entry; entry = entry->next)
        if (put_param(l, entry, &params[n], false))
            n++;
    memcpy(base + key->at, &params, sizeof params);
    memcpy(base + key->count_at, &n, sizeof n);
}

static void put_map(struct nj_loader *l, const char *name, const struct nj_key *keys,
                    const struct nj_yaml_node *node, char *base);

static void put_scalar(struct nj_loader *l, const struct nj_key *key,
                       const struct nj_yaml_node *node, char *base)
{
    bool ok = node->kind == NJ_YAML_SCALAR && !nj_yaml_is_null(node);
    const char *text = node->text, *hint = "";
    int64_t i = 0;
    double r = 0;
    bool b = false;
    switch (key->type) {
    case NJ_KEY_BOOL:
        ok = ok && !node->quoted && nj_value_bool(text, &b);
        if (ok)
            memcpy(base + key->at, &b, sizeof b);
        else if (node->kind == NJ_YAML_SCALAR)
            hint = nj_value_bool_hint(text);
        break;
    case NJ_KEY_INT:
        ok = ok && !node->quoted && nj_value_int(text, &i) && i >= key->min_i && i <= key->max_i;
        if (ok)
            memcpy(base + key->at, &i, sizeof i);
        break;
    case NJ_KEY_REAL:
        ok = ok && !node->quoted && nj_value_real(text, &r) &&
             (key->above ? r > key->min_r : r >= key->min_r) && r <= key->max_r;
        if (ok)
            memcpy(base + key->at, &r, sizeof r);
        break;
    case NJ_KEY_DURATION:
        ok = ok && nj_parse_duration(text, &i) && i >= key->min_i && i <= key->max_i;
        if (ok)
            memcpy(base + key->at, &i, sizeof i);
        break;
    case NJ_KEY_TEXT:
        ok = ok && fits(key, text);
        if (ok && key->at != NJ_NOWHERE)
            memcpy(base + key->at, text, strlen(text) + 1);
        break;
    case NJ_KEY_ENUM:
        if (ok) {
            const struct nj_choice *choice = choose(l, key, node);
            if (choice)
                memcpy(base + key->at, &choice->code, sizeof choice->code);
        }
        break;
    default:
        return;
    }
    if (!ok && key->hidden && node->kind == NJ_YAML_SCALAR && !nj_yaml_is_null(node))
        nj_loader_problem(l, node, "'%s': expected %s, found another text", key->name,
                          key->expected);
    else if (!ok)
        expected_by(l, node, key, hint);
}

static void put_key(struct nj_loader *l, const struct nj_key *key, const struct nj_yaml_node *node,
                    char *base)
{
    if (key->type == NJ_KEY_LIST)
        put_list(l, key, node, base);
    else if (key->type == NJ_KEY_PARAMS)
        put_params(l, key, node, base);
    else if (key->type == NJ_KEY_MAP)
        put_map(l, key->name, key->keys, node, base);
    else
        put_scalar(l, key, node, base);
}

/* ---- defaults -------------------------------------------------------------------------------- */

static void bad_default(void *ctx, uint32_t line, uint32_t column, const char *text)
{
    (void)line;
    (void)column;
    struct nj_loader *l = ctx;
    if (strcmp(text, "out of memory") == 0)
        l->no_memory = true;
    else
        nj_loader_problem(l, NULL, "default: %s", text); /* a test reads all of them */
}

/* Reads a default of the table. The caller frees it. */
static struct nj_yaml *default_of(struct nj_loader *l, const char *text)
{
    struct nj_yaml *yaml = NULL;
    nj_yaml_parse(&yaml, text, strlen(text), bad_default, l);
    return yaml;
}

static void put_default(struct nj_loader *l, const struct nj_key *key, char *base)
{
    struct nj_yaml_node plain = {.kind = NJ_YAML_SCALAR, .text = key->fallback};
    struct nj_yaml *yaml = NULL;
    const struct nj_yaml_node *node = &plain; /* most are: no need to parse them */
    if (strchr("[{\"", key->fallback[0])) {
        yaml = default_of(l, key->fallback);
        node = yaml ? yaml->root : NULL;
    }
    bool was = l->in_default;
    l->in_default = true;
    if (node)
        put_key(l, key, node, base);
    l->in_default = was;
    nj_yaml_free(yaml);
}

static void put_defaults(struct nj_loader *l, const struct nj_key *keys, char *base)
{
    const double not_given = NAN;
    for (const struct nj_key *key = keys; key->name; key++) {
        bool is_empty = (key->type == NJ_KEY_LIST || key->type == NJ_KEY_PARAMS) && key->fallback &&
                        strlen(key->fallback) == 2; /* [] and {}: zeros already */
        if (key->fallback && !is_empty)
            put_default(l, key, base);
        else if (key->type == NJ_KEY_REAL)
            memcpy(base + key->at, &not_given, sizeof not_given);
    }
}

/* ---- maps and lists of entries --------------------------------------------------------------- */

static struct nj_place key_place(const struct nj_loader *l, const struct nj_yaml_node *node)
{
    return (struct nj_place){l->file->shown, node->key_line, node->key_column};
}

static void unknown_key(struct nj_loader *l, const struct nj_yaml_node *node, const char *section,
                        const char *nearest)
{
    struct nj_place place = key_place(l, node);
    if (nearest)
        nj_loader_problem_at(l, false, place, "'%.64s': unknown key in '%s', did you mean '%s'?",
                             node->key, section, nearest);
    else
        nj_loader_problem_at(l, false, place, "'%.64s': unknown key in '%s'", node->key, section);
}

/* Puts the keys of a map over the defaults that are in the struct already. */
static void put_map(struct nj_loader *l, const char *name, const struct nj_key *keys,
                    const struct nj_yaml_node *node, char *base)
{
    if (node->kind != NJ_YAML_MAP) {
        expected(l, node, name, "a map",
                 nj_yaml_is_null(node) ? "; leave the key out for the defaults" : "");
        return;
    }
    for (const struct nj_yaml_node *entry = node->first; entry; entry = entry->next) {
        const struct nj_key *key = nj_key_find(keys, entry->key);
        if (key)
            put_key(l, key, entry, base);
        else
            unknown_key(
                l, entry, name,
                nj_value_nearest(entry->key, &keys->name, nj_key_count(keys), sizeof *keys));
    }
    for (const struct nj_key *key = keys; key->name; key++)
        if (key->required && !nj_yaml_get(node, key->name)) {
            struct nj_buf what = {0};
            nj_key_expected(&what, key);
            nj_loader_problem(l, node, "'%s': missing in '%s', expected %s", key->name, name,
                              what.data ? what.data : "?");
            nj_buf_free(&what);
        }
}

static void put_entries(struct nj_loader *l, const struct nj_section *section,
                        const struct nj_yaml_node *node)
{
    char *base = (char *)l->config;
    if (node->kind != NJ_YAML_LIST) {
        expected(l, node, section->name, "a list",
                 nj_yaml_is_null(node) ? "; write [] for none" : "");
        return;
    }
    struct nj_instance_config *entries = take(l, node->n, sizeof *entries);
    if (!entries)
        return;
    uint32_t n = 0;
    for (const struct nj_yaml_node *item = node->first; item; item = item->next, n++) {
        entries[n].kind = section->kind;
        entries[n].place = nj_loader_place(l, item);
        entries[n].isolation = l->config->plugins.isolation;
        entries[n].capital = NAN;
        entries[n].on_remove = NJ_ON_CANCEL;
        put_defaults(l, section->keys, (char *)&entries[n]);
        put_map(l, section->name, section->keys, item, (char *)&entries[n]);
    }
    memcpy(base + section->at, &entries, sizeof entries);
    memcpy(base + section->count_at, &n, sizeof n);
}

static void put_symbols(struct nj_loader *l, const struct nj_section *section,
                        const struct nj_yaml_node *node)
{
    char *base = (char *)l->config;
    if (node->kind != NJ_YAML_MAP) {
        expected(l, node, section->name, "a map of symbols",
                 nj_yaml_is_null(node) ? "; write {} for none" : "");
        return;
    }
    struct nj_symbol_config *symbols = take(l, node->n, sizeof *symbols);
    uint32_t n = 0;
    for (const struct nj_yaml_node *entry = node->first; symbols && entry; entry = entry->next) {
        if (!nj_is_symbol(entry->key)) {
            nj_loader_problem_at(l, false, key_place(l, entry),
                                 "'%.64s': expected a symbol as ATOM/USDT", entry->key);
            continue;
        }
        memcpy(symbols[n].symbol, entry->key, strlen(entry->key) + 1);
        put_defaults(l, section->keys, (char *)&symbols[n]);
        put_map(l, entry->key, section->keys, entry, (char *)&symbols[n]);
        n++;
    }
    memcpy(base + section->at, &symbols, sizeof symbols);
    memcpy(base + section->count_at, &n, sizeof n);
}

static void put_section(struct nj_loader *l, const struct nj_section *section,
                        const struct nj_yaml_node *node)
{
    char *base = (char *)l->config;
    struct nj_yaml *yaml = NULL;
    switch (section->type) {
    case NJ_SECTION_MAP:
    case NJ_SECTION_KEY:
        put_defaults(l, section->keys, base);
        if (node && section->type == NJ_SECTION_KEY)
            put_key(l, section->keys, node, base);
        else if (node)
            put_map(l, section->name, section->keys, node, base);
        break;
    case NJ_SECTION_ENTRIES:
        if (!node) {
            yaml = default_of(l, section->fallback);
            node = yaml ? yaml->root : NULL;
            l->in_default = true;
        }
        if (node)
            put_entries(l, section, node);
        l->in_default = false;
        nj_yaml_free(yaml);
        break;
    case NJ_SECTION_SYMBOLS:
        if (node)
            put_symbols(l, section, node);
        break;
    }
}

/* The file that a section of this name belongs in, NULL: there is none. */
static const char *file_of_section(const char *name)
{
    for (const struct nj_section *s = nj_sections; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s->file;
    return NULL;
}

void nj_loader_sections(struct nj_loader *l)
{
    const char *names[32];
    size_t n_names = 0;
    const struct nj_yaml_node *root = l->file->yaml ? l->file->yaml->root : NULL;
    if (root && root->kind != NJ_YAML_MAP) {
        expected(l, root, l->file->name, "a map of sections", "");
        root = NULL;
    }
    for (const struct nj_section *s = nj_sections; s->name; s++) {
        if (strcmp(s->file, l->file->name) != 0)
            continue;
        put_section(l, s, nj_yaml_get(root, s->name));
        if (n_names < sizeof names / sizeof names[0])
            names[n_names++] = s->name;
    }
    for (const struct nj_yaml_node *entry = root ? root->first : NULL; entry; entry = entry->next) {
        if (nj_section_find(l->file->name, entry->key))
            continue;
        const char *other = file_of_section(entry->key);
        if (other) {
            struct nj_place place = key_place(l, entry);
            nj_loader_problem_at(l, false, place, "'%s': unknown key in '%s'; it belongs in %s",
                                 entry->key, l->file->name, other);
            continue;
        }
        unknown_key(l, entry, l->file->name,
                    nj_value_nearest(entry->key, names, n_names, sizeof names[0]));
    }
}

void nj_loader_override(struct nj_loader *l, const char *section, const char *key,
                        const struct nj_yaml_node *node)
{
    const struct nj_section *s = nj_section_find("base.yaml", section);
    const struct nj_key *k = s ? nj_key_find(s->keys, key) : NULL;
    if (k)
        put_key(l, k, node, (char *)l->config);
}
