/* mock_param.c - the mock host's parameters: text as in a configuration, checked against the
 * plugin's own table. */
#include "mock_impl.h"

#include <math.h>
#include <njord/codec.h>
#include <stdlib.h>
#include <string.h>

const njord_param *mock_param_at(const struct mock_instance *in, size_t index)
{
    const char *at = (const char *)in->params;
    if (!at)
        return NULL;
    for (size_t i = 0; i < index; i++)
        at += ((const njord_param *)(const void *)at)->size;
    const njord_param *param = (const njord_param *)(const void *)at;
    return param->name ? param : NULL;
}

/* "250ms" as ns; 0: no duration. */
static int parse_duration(const char *text, int64_t *out)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"ns", 1},          {"us", 1000},         {"ms", 1000000},      {"s", 1000000000},
                 {"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000}};
    int64_t n;
    size_t digits = njord_parse_i64(text, strlen(text), &n);
    if (digits == 0)
        return 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(text + digits, units[i].name) == 0)
            return !__builtin_mul_overflow(n, units[i].ns, out);
    return 0;
}

/* Where `text` stands in "a|b|c"; -1: nowhere. */
static int64_t choice_index(const char *choices, const char *text)
{
    size_t len = strlen(text);
    int64_t index = 0;
    for (const char *at = choices; at && *at; index++) {
        size_t n = strcspn(at, "|");
        if (n == len && memcmp(at, text, n) == 0)
            return index;
        at += n + (at[n] == '|');
    }
    return -1;
}

/* "USDT=10000,BTC=1" */
static int parse_map(const njord_param *p, const char *text, njord_value *v)
{
    size_t n = 0;
    njord_real_pair *pairs = NULL;
    while (*text) {
        njord_real_pair *grown = realloc(pairs, (n + 1) * sizeof *pairs);
        if (!grown)
            goto fail;
        pairs = grown;
        memset(&pairs[n], 0, sizeof pairs[n]);
        size_t key = strcspn(text, "=,"), len = strcspn(text, ",");
        if (key == 0 || key >= sizeof pairs[n].key || text[key] != '=')
            goto fail;
        memcpy(pairs[n].key, text, key);
        double value;
        if (njord_parse_f64(text + key + 1, len - key - 1, &value) != len - key - 1 ||
            !(value >= p->min_real && value <= p->max_real))
            goto fail;
        pairs[n++].value = value;
        text += len + (text[len] == ',');
    }
    v->map = pairs;
    v->count = n;
    return 1;
fail:
    free(pairs);
    return 0;
}

/* Text of the configuration into a value; 0: it is none. Text and map of it are owned by the value.
 */
static int parse_value(const njord_param *p, const char *text, njord_value *v)
{
    size_t len = strlen(text);
    switch (p->type) {
    case NJORD_PARAM_BOOL:
        v->i = strcmp(text, "true") == 0;
        return v->i || strcmp(text, "false") == 0;
    case NJORD_PARAM_INT:
        if (len == 0 || njord_parse_i64(text, len, &v->i) != len)
            return 0;
        v->r = (double)v->i;
        return v->i >= p->min_int && v->i <= p->max_int;
    case NJORD_PARAM_REAL:
        if (len == 0 || njord_parse_f64(text, len, &v->r) != len)
            return 0;
        return v->r >= p->min_real && v->r <= p->max_real;
    case NJORD_PARAM_DURATION:
        return parse_duration(text, &v->i) && v->i >= p->min_int && v->i <= p->max_int;
    case NJORD_PARAM_ENUM:
        v->i = choice_index(p->choices, text);
        v->text = strdup(text);
        return v->i >= 0 && v->text;
    case NJORD_PARAM_TEXT:
        v->text = strdup(text);
        return v->text != NULL;
    case NJORD_PARAM_REAL_MAP:
        return parse_map(p, text, v);
    default:
        return 0;
    }
}

/* The declared default, which the plugin may have got wrong too. */
static int default_value(const njord_param *p, njord_value *v)
{
    switch (p->type) {
    case NJORD_PARAM_BOOL:
    case NJORD_PARAM_INT:
    case NJORD_PARAM_DURATION:
        v->i = p->default_int;
        v->r = (double)v->i;
        return v->i >= p->min_int && v->i <= p->max_int;
    case NJORD_PARAM_REAL:
        v->r = p->default_real;
        return v->r >= p->min_real && v->r <= p->max_real;
    default:
        return parse_value(p, p->default_text ? p->default_text : "", v);
    }
}

static const struct mock_setting *setting_of(const struct njord_mock *mock, const char *name)
{
    for (size_t i = 0; i < mock->n_settings; i++)
        if (strcmp(mock->settings[i].name, name) == 0)
            return &mock->settings[i];
    return NULL;
}

void mock_params_free(struct mock_instance *in)
{
    for (size_t i = 0; i < in->n_values; i++) {
        free((void *)(uintptr_t)in->values[i].text);
        free((void *)(uintptr_t)in->values[i].map);
    }
    free(in->values);
    in->values = NULL;
    in->n_values = 0;
}

int mock_params_resolve(struct njord_mock *mock, struct mock_instance *in)
{
    const njord_param *p;
    size_t n = 0;
    while ((p = mock_param_at(in, n)) != NULL) {
        if (p->size < sizeof(uint32_t) * 4 + sizeof(char *) || ++n > 1000)
            return mock_fail(mock, NJORD_E_ARG, "the plugin's table of parameters has no end");
    }
    in->values = calloc(n ? n : 1, sizeof *in->values);
    if (!in->values)
        return mock_fail(mock, NJORD_E_NOMEM, "no memory for parameters");
    in->n_values = n;
    for (size_t i = 0; i < n; i++) {
        njord_value *v = &in->values[i];
        p = mock_param_at(in, i);
        const struct mock_setting *given = setting_of(mock, p->name);
        v->size = (uint32_t)sizeof *v;
        v->type = p->type;
        if (given && !parse_value(p, given->text, v))
            return mock_fail(mock, NJORD_E_ARG,
                             "parameter '%s': '%s' is not of its type, or out of its range",
                             p->name, given->text);
        if (!given && (p->flags & NJORD_PARAM_REQUIRED))
            return mock_fail(mock, NJORD_E_ARG, "parameter '%s' is required: set it", p->name);
        if (!given && !default_value(p, v))
            return mock_fail(mock, NJORD_E_ARG,
                             "parameter '%s': its default is not of its type, or out of its range",
                             p->name);
    }
    for (size_t i = 0; i < mock->n_settings; i++) {
        size_t k = 0;
        while ((p = mock_param_at(in, k)) != NULL && strcmp(p->name, mock->settings[i].name) != 0)
            k++;
        if (!p)
            return mock_fail(mock, NJORD_E_ARG,
                             "parameter '%s' is not declared by the plugin: remove it",
                             mock->settings[i].name);
    }
    return NJORD_OK;
}

int njord_mock_param(njord_mock *mock, const char *name, const char *text)
{
    struct mock_setting *setting = (struct mock_setting *)(uintptr_t)setting_of(mock, name);
    char *copy = strdup(text), *before = NULL;
    if (!copy || strlen(name) >= sizeof setting->name) {
        free(copy);
        return mock_fail(mock, NJORD_E_ARG, "parameter '%.40s': its name is too long", name);
    }
    if (!setting) {
        struct mock_setting *grown =
            realloc(mock->settings, (mock->n_settings + 1) * sizeof *grown);
        if (!grown) {
            free(copy);
            return mock_fail(mock, NJORD_E_NOMEM, "no memory for parameters");
        }
        mock->settings = grown;
        setting = &grown[mock->n_settings++];
        memset(setting, 0, sizeof *setting);
        memcpy(setting->name, name, strlen(name) + 1);
    }
    before = setting->text;
    setting->text = copy;
    struct mock_instance *in = mock->instance;
    if (!in) {
        free(before);
        return NJORD_OK;
    }

    /* A running instance: only what is LIVE, through reconfigure. */
    struct mock_instance changed = *in;
    changed.values = NULL;
    changed.n_values = 0;
    int status = NJORD_OK;
    const njord_param *p;
    size_t k = 0;
    while ((p = mock_param_at(in, k)) != NULL && strcmp(p->name, name) != 0)
        k++;
    if (!p || !(p->flags & NJORD_PARAM_LIVE) || !in->plugin.reconfigure)
        status = mock_fail(mock, NJORD_E_ARG,
                           "parameter '%s' may not change while the instance runs", name);
    else
        status = mock_params_resolve(mock, &changed);
    if (status != NJORD_OK) {
        mock_params_free(&changed);
        if (before) {
            setting->text = before;
        } else {
            setting->text = NULL;
            mock->n_settings--;
        }
        free(copy);
        return status;
    }
    free(before);
    mock_params_free(in);
    in->values = changed.values;
    in->n_values = changed.n_values;
    return in->plugin.reconfigure(in->self, name);
}
