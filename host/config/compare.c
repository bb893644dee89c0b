/* What differs between two configurations. */
#include "config/config.h"
#include "config/schema.h"

#include <string.h>

static bool same_texts(char *const *a, uint32_t n, char *const *b, uint32_t m)
{
    if (n != m)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

static bool same_param(const struct nj_param_text *a, const struct nj_param_text *b)
{
    if (strcmp(a->name, b->name) != 0 || a->quoted != b->quoted || !a->text != !b->text ||
        a->n_map != b->n_map || (a->text && strcmp(a->text, b->text) != 0))
        return false;
    for (uint32_t i = 0; i < a->n_map; i++)
        if (!same_param(&a->map[i], &b->map[i])) /* one level: maps hold scalars */
            return false;
    return true;
}

static bool same_params(const struct nj_param_text *a, uint32_t n, const struct nj_param_text *b,
                        uint32_t m)
{
    if (n != m)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (!same_param(&a[i], &b[i]))
            return false;
    return true;
}

/* Do two structs hold the same value of a key? */
static bool same_value(const struct nj_key *key, const char *a, const char *b)
{
    if (key->type == NJ_KEY_MAP) {
        for (const struct nj_key *k = key->keys; k->name; k++)
            if (!same_value(k, a, b))
                return false;
        return true;
    }
    if (key->at == NJ_NOWHERE)
        return true;
    if (key->type == NJ_KEY_TEXT)
        return strcmp(a + key->at, b + key->at) == 0;
    if (key->type == NJ_KEY_BOOL)
        return memcmp(a + key->at, b + key->at, sizeof(bool)) == 0;
    if (key->type == NJ_KEY_ENUM)
        return memcmp(a + key->at, b + key->at, sizeof(int)) == 0;
    if (key->type == NJ_KEY_REAL) {
        double x, y;
        memcpy(&x, a + key->at, sizeof x);
        memcpy(&y, b + key->at, sizeof y);
        return x == y || (x != x && y != y); /* NaN is "not given" */
    }
    if (key->type != NJ_KEY_LIST && key->type != NJ_KEY_PARAMS)
        return memcmp(a + key->at, b + key->at, sizeof(int64_t)) == 0;
    uint32_t n, m;
    memcpy(&n, a + key->count_at, sizeof n);
    memcpy(&m, b + key->count_at, sizeof m);
    if (key->type == NJ_KEY_LIST) {
        char **x, **y;
        memcpy(&x, a + key->at, sizeof x);
        memcpy(&y, b + key->at, sizeof y);
        return same_texts(x, n, y, m);
    }
    struct nj_param_text *x, *y;
    memcpy(&x, a + key->at, sizeof x);
    memcpy(&y, b + key->at, sizeof y);
    return same_params(x, n, y, m);
}

static bool same_values(const struct nj_key *keys, const void *a, const void *b)
{
    for (const struct nj_key *key = keys; key->name; key++)
        if (!same_value(key, a, b))
            return false;
    return true;
}

bool nj_instance_config_equal(const struct nj_instance_config *a,
                              const struct nj_instance_config *b)
{
    if (a->kind != b->kind)
        return false;
    for (const struct nj_section *s = nj_sections; s->name; s++)
        if (s->type == NJ_SECTION_ENTRIES && s->kind == a->kind)
            return same_values(s->keys, a, b);
    return false;
}

/* Entries by id (in any order); a line for each that is new, gone or changed. */
static uint32_t compare_entries(const struct nj_section *s, const struct nj_config *old,
                                const struct nj_config *now, struct nj_buf *out)
{
    struct nj_instance_config *a, *b;
    uint32_t n, m, changes = 0;
    memcpy(&a, (const char *)old + s->at, sizeof a);
    memcpy(&n, (const char *)old + s->count_at, sizeof n);
    memcpy(&b, (const char *)now + s->at, sizeof b);
    memcpy(&m, (const char *)now + s->count_at, sizeof m);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = 0;
        while (k < m && strcmp(b[k].id, a[i].id) != 0)
            k++;
        if (k == m || !nj_instance_config_equal(&a[i], &b[k])) {
            nj_buf_printf(out, "%s.%s\n", s->name, a[i].id);
            changes++;
        }
    }
    for (uint32_t k = 0; k < m; k++) {
        uint32_t i = 0;
        while (i < n && strcmp(a[i].id, b[k].id) != 0)
            i++;
        if (i == n) {
            nj_buf_printf(out, "%s.%s\n", s->name, b[k].id);
            changes++;
        }
    }
    return changes;
}

static uint32_t compare_symbols(const struct nj_section *s, const struct nj_config *old,
                                const struct nj_config *now, struct nj_buf *out)
{
    uint32_t changes = 0;
    for (uint32_t i = 0; i < old->n_symbols; i++) {
        uint32_t k = 0;
        while (k < now->n_symbols && strcmp(now->symbols[k].symbol, old->symbols[i].symbol) != 0)
            k++;
        if (k == now->n_symbols || !same_values(s->keys, &old->symbols[i], &now->symbols[k])) {
            nj_buf_printf(out, "%s.%s\n", s->name, old->symbols[i].symbol);
            changes++;
        }
    }
    for (uint32_t k = 0; k < now->n_symbols; k++) {
        uint32_t i = 0;
        while (i < old->n_symbols && strcmp(old->symbols[i].symbol, now->symbols[k].symbol) != 0)
            i++;
        if (i == old->n_symbols) {
            nj_buf_printf(out, "%s.%s\n", s->name, now->symbols[k].symbol);
            changes++;
        }
    }
    return changes;
}

/* Of a section, keys that are unlike the rest of it: the level of the log may change, the key that
 * a connection to Redis watches may not. */
static bool may_change(const struct nj_section *s, const struct nj_key *key)
{
    if (strcmp(s->name, "logging") == 0 && strcmp(key->name, "level") == 0)
        return true;
    return s->live && strcmp(key->name, "kill_switch_key") != 0;
}

uint32_t nj_config_needs_restart(const struct nj_config *old, const struct nj_config *now,
                                 struct nj_buf *out)
{
    uint32_t changes = 0;
    for (const struct nj_section *s = nj_sections; s->name; s++) {
        if (s->live && s->type != NJ_SECTION_MAP)
            continue;
        if (s->type == NJ_SECTION_ENTRIES) {
            changes += compare_entries(s, old, now, out);
            continue;
        }
        if (s->type == NJ_SECTION_SYMBOLS) {
            changes += compare_symbols(s, old, now, out);
            continue;
        }
        for (const struct nj_key *key = s->keys; key->name; key++) {
            if (may_change(s, key) || same_value(key, (const char *)old, (const char *)now))
                continue;
            if (s->type == NJ_SECTION_KEY)
                nj_buf_printf(out, "%s\n", s->name);
            else
                nj_buf_printf(out, "%s.%s\n", s->name, key->name);
            changes++;
        }
    }
    return changes;
}
