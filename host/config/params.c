/* Parameters as written against the table that a plugin declares. */
#include "base/arena.h"
#include "config/config.h"
#include "config/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The table comes from a plugin: it is stepped through by its own size, and not for ever. */
#define MAX_PARAMS 1024u

static const njord_param *param_at(const njord_param *table, uint32_t i)
{
    return (const njord_param *)((const char *)table + (size_t)i * table->size);
}

static uint32_t count_params(const njord_param *table)
{
    uint32_t n = 0;
    while (table && n < MAX_PARAMS && param_at(table, n)->name)
        n++;
    return n;
}

struct reader {
    struct nj_config_report *report;
    const char *id;
    bool failed;
};

/* ---- choices "a|b|c" ------------------------------------------------------------------------- */

static int64_t choice_index(const char *choices, const char *text)
{
    size_t len = strlen(text);
    int64_t i = 0;
    for (const char *at = choices; at && len > 0; i++) {
        size_t n = strcspn(at, "|");
        if (n == len && strncmp(at, text, n) == 0)
            return i;
        at = at[n] ? at + n + 1 : NULL;
    }
    return -1;
}

static void put_choices(struct nj_buf *out, const char *choices)
{
    nj_buf_puts(out, "one of ");
    for (const char *c = choices ? choices : ""; *c; c++) {
        if (*c == '|')
            nj_buf_puts(out, ", ");
        else
            nj_buf_putc(out, *c);
    }
}

/* ---- what is expected ------------------------------------------------------------------------ */

static void put_expected(struct nj_buf *out, const njord_param *p)
{
    switch (p->type) {
    case NJORD_PARAM_BOOL:
        nj_buf_puts(out, "true or false");
        break;
    case NJORD_PARAM_INT:
        nj_value_expect_int(out, p->min_int, p->max_int);
        break;
    case NJORD_PARAM_REAL:
        nj_value_expect_real(out, p->min_real, p->max_real, false);
        break;
    case NJORD_PARAM_TEXT:
        nj_buf_puts(out, "a text");
        break;
    case NJORD_PARAM_DURATION:
        nj_value_expect_duration(out, p->min_int, p->max_int);
        break;
    case NJORD_PARAM_ENUM:
        put_choices(out, p->choices);
        break;
    case NJORD_PARAM_REAL_MAP:
        nj_buf_puts(out, "a map of ");
        nj_value_expect_real(out, p->min_real, p->max_real, false);
        break;
    default:
        break;
    }
}

static void expected(struct reader *r, const njord_param *p, const struct nj_param_text *given,
                     const char *hint)
{
    struct nj_buf what = {0}, found = {0};
    put_expected(&what, p);
    if (given->map || !given->text)
        nj_buf_puts(&found, "a map");
    else if (p->flags & NJORD_PARAM_SECRET)
        nj_buf_puts(&found, "another value");
    else
        nj_value_found(&found, given->text, given->quoted);
    nj_config_problem(r->report, false, given->place, "'%s': expected %s, found %s%s", p->name,
                      what.data ? what.data : "?", found.data ? found.data : "?", hint);
    nj_buf_free(&what);
    nj_buf_free(&found);
    r->failed = true;
}

/* ---- values ---------------------------------------------------------------------------------- */

static char *copy_text(const char *text)
{
    return strdup(text ? text : "");
}

static bool in_range(const njord_param *p, double v)
{
    return v >= p->min_real && v <= p->max_real;
}

/* The pairs of a real map as written. */
static int take_map(struct reader *r, const njord_param *p, const struct nj_param_text *given,
                    njord_value *out)
{
    njord_real_pair *pairs = calloc(given->n_map ? given->n_map : 1, sizeof *pairs);
    if (!pairs)
        return NJ_ERR_NOMEM;
    out->map = pairs;
    for (uint32_t i = 0; i < given->n_map; i++) {
        const struct nj_param_text *entry = &given->map[i];
        size_t len = strlen(entry->name);
        double v = 0;
        if (len == 0 || len >= sizeof pairs->key) {
            nj_config_problem(r->report, false, entry->place,
                              "'%s': expected keys of 1 to %zu characters, found \"%.64s\"",
                              p->name, sizeof pairs->key - 1, entry->name);
            r->failed = true;
        } else if (entry->quoted || !entry->text || !nj_value_real(entry->text, &v) ||
                   !in_range(p, v)) {
            struct nj_buf what = {0}, found = {0};
            nj_value_expect_real(&what, p->min_real, p->max_real, false);
            nj_value_found(&found, entry->text ? entry->text : "", entry->quoted);
            nj_config_problem(r->report, false, entry->place, "'%s.%s': expected %s, found %s",
                              p->name, entry->name, what.data ? what.data : "?",
                              found.data ? found.data : "?");
            nj_buf_free(&what);
            nj_buf_free(&found);
            r->failed = true;
        } else {
            memcpy(pairs[out->count].key, entry->name, len + 1);
            pairs[out->count++].value = v;
        }
    }
    return 0;
}

/* The pairs of a declared default, "key=value,…". */
static int default_map(const njord_param *p, njord_value *out)
{
    const char *text = p->default_text ? p->default_text : "";
    size_t n = text[0] != '\0';
    for (const char *c = text; *c; c++)
        n += *c == ',';
    njord_real_pair *pairs = calloc(n ? n : 1, sizeof *pairs);
    if (!pairs)
        return NJ_ERR_NOMEM;
    out->map = pairs;
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, ","), name = strcspn(at, "=");
        char number[64];
        double v = 0;
        bool good =
            name > 0 && name < len && name < sizeof pairs->key && len - name - 1 < sizeof number;
        if (good) {
            memcpy(number, at + name + 1, len - name - 1);
            number[len - name - 1] = '\0';
            good = nj_value_real(number, &v);
        }
        if (!good)
            return NJ_ERR_PLUGIN;
        memcpy(pairs[out->count].key, at, name);
        pairs[out->count++].value = v;
        at += len + (at[len] == ',');
    }
    return 0;
}

static int take_default(struct reader *r, const njord_param *p, struct nj_place place,
                        njord_value *out)
{
    int rc = 0;
    switch (p->type) {
    case NJORD_PARAM_BOOL:
    case NJORD_PARAM_INT:
    case NJORD_PARAM_DURATION:
        out->i = p->default_int;
        out->r = (double)p->default_int;
        break;
    case NJORD_PARAM_REAL:
        out->r = p->default_real;
        break;
    case NJORD_PARAM_TEXT:
        out->text = copy_text(p->default_text);
        return out->text ? 0 : NJ_ERR_NOMEM;
    case NJORD_PARAM_ENUM:
        out->text = copy_text(p->default_text);
        if (!out->text)
            return NJ_ERR_NOMEM;
        out->i = choice_index(p->choices, out->text);
        rc = out->i < 0 ? NJ_ERR_PLUGIN : 0;
        break;
    case NJORD_PARAM_REAL_MAP:
        rc = default_map(p, out);
        break;
    default:
        rc = NJ_ERR_PLUGIN;
        break;
    }
    if (rc == NJ_ERR_PLUGIN) {
        nj_config_problem(r->report, false, place,
                          "'%s': the plugin of '%s' declares it with a default or type that cannot "
                          "be; ask its author",
                          p->name, r->id);
        r->failed = true;
        rc = 0;
    }
    return rc;
}

static int take_given(struct reader *r, const njord_param *p, const struct nj_param_text *given,
                      njord_value *out)
{
    const char *text = given->text, *hint = "";
    bool scalar = text != NULL, plain = scalar && !given->quoted, ok = false, b = false;
    switch (p->type) {
    case NJORD_PARAM_BOOL:
        ok = plain && nj_value_bool(text, &b);
        hint = scalar ? nj_value_bool_hint(text) : "";
        out->i = b;
        out->r = b;
        break;
    case NJORD_PARAM_INT:
        ok = plain && nj_value_int(text, &out->i) && out->i >= p->min_int && out->i <= p->max_int;
        out->r = (double)out->i;
        break;
    case NJORD_PARAM_REAL:
        ok = plain && nj_value_real(text, &out->r) && in_range(p, out->r);
        break;
    case NJORD_PARAM_DURATION:
        ok = scalar && nj_parse_duration(text, &out->i) && out->i >= p->min_int &&
             out->i <= p->max_int;
        out->r = (double)out->i;
        break;
    case NJORD_PARAM_ENUM:
        out->i = scalar ? choice_index(p->choices, text) : -1;
        ok = out->i >= 0;
        break;
    case NJORD_PARAM_TEXT:
        ok = scalar && strlen(text) <= NJORD_MAX_TEXT;
        break;
    case NJORD_PARAM_REAL_MAP:
        if (!scalar)
            return take_map(r, p, given, out);
        break;
    default:
        return take_default(r, p, given->place, out);
    }
    if (!ok) {
        expected(r, p, given, hint);
        return 0;
    }
    if (p->type == NJORD_PARAM_TEXT || p->type == NJORD_PARAM_ENUM) {
        out->text = copy_text(text);
        return out->text ? 0 : NJ_ERR_NOMEM;
    }
    return 0;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void check_names(struct reader *r, const njord_param *table, uint32_t n,
                        const struct nj_param_text *params, uint32_t n_params)
{
    for (uint32_t i = 0; i < n_params; i++) {
        bool known = false;
        for (uint32_t k = 0; k < n && !known; k++)
            known = strcmp(param_at(table, k)->name, params[i].name) == 0;
        if (known)
            continue;
        const char *nearest =
            n > 0 ? nj_value_nearest(params[i].name, &table->name, n, table->size) : NULL;
        r->failed = true;
        if (nearest)
            nj_config_problem(r->report, false, params[i].place,
                              "'%.64s': unknown parameter of '%s', did you mean '%s'?",
                              params[i].name, r->id, nearest);
        else
            nj_config_problem(r->report, false, params[i].place,
                              "'%.64s': unknown parameter of '%s'%s", params[i].name, r->id,
                              n == 0 ? ", whose plugin declares none" : "");
    }
}

static const struct nj_param_text *find_given(const struct nj_param_text *params, uint32_t n,
                                              const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(params[i].name, name) == 0)
            return &params[i];
    return NULL;
}

int nj_param_values(const njord_param *table, const struct nj_param_text *params, uint32_t n_params,
                    struct nj_place place, const char *id, njord_value **out, uint32_t *n_out,
                    struct nj_config_report *report)
{
    uint32_t n = count_params(table);
    struct reader r = {report, id, false};
    njord_value *values = calloc(n ? n : 1, sizeof *values);
    int rc = values ? 0 : NJ_ERR_NOMEM;
    *out = NULL;
    *n_out = 0;
    if (rc == 0)
        check_names(&r, table, n, params, n_params);
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        const njord_param *p = param_at(table, i);
        const struct nj_param_text *given = find_given(params, n_params, p->name);
        values[i].size = sizeof values[i];
        values[i].type = p->type;
        if (given) {
            rc = take_given(&r, p, given, &values[i]);
        } else if (p->flags & NJORD_PARAM_REQUIRED) {
            struct nj_buf what = {0};
            put_expected(&what, p);
            nj_config_problem(report, false, place,
                              "'%s': missing in the params of '%s', expected %s", p->name, id,
                              what.data ? what.data : "?");
            nj_buf_free(&what);
            r.failed = true;
        } else {
            rc = take_default(&r, p, place, &values[i]);
        }
    }
    if (rc == NJ_ERR_NOMEM)
        nj_config_problem(report, false, place, "params of '%s': out of memory", id);
    if (rc == 0 && r.failed)
        rc = NJ_ERR_CONFIG;
    if (rc != 0) {
        nj_param_values_free(values, n);
        return rc;
    }
    *out = values;
    *n_out = n;
    return 0;
}

void nj_param_values_free(njord_value *values, uint32_t n)
{
    for (uint32_t i = 0; values && i < n; i++) {
        free((void *)(uintptr_t)values[i].text);
        free((void *)(uintptr_t)values[i].map);
    }
    free(values);
}
