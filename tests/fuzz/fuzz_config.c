/* fuzz_config.c - arbitrary bytes as base.yaml, as strategies.yaml, and (split at the first line
 * "%%") as both: the loader takes them or tells why, in a bounded number of whole lines. */
#include "config/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "fuzz_config: %s\n", what);
        abort();
    }
}

/* Whole lines without control characters, at most a hundred and one. */
static void check_lines(const struct nj_buf *lines, uint32_t n)
{
    uint32_t found = 0;
    for (size_t i = 0; i < lines->len; i++) {
        unsigned char c = (unsigned char)lines->data[i];
        expect(c >= ' ' || c == '\n', "a control character in a problem");
        found += c == '\n';
    }
    expect(lines->len == 0 || lines->data[lines->len - 1] == '\n', "a torn line");
    expect(n <= NJ_CONFIG_MAX_PROBLEMS ? found == n : found == NJ_CONFIG_MAX_PROBLEMS + 1,
           "lines and count differ");
}

static const njord_param declared[] = {
    {.size = sizeof(njord_param), .type = NJORD_PARAM_INT, .name = "n", .min_int = 0, .max_int = 9},
    {.size = sizeof(njord_param), .type = NJORD_PARAM_REAL, .name = "x", .max_real = 1e9},
    {.size = sizeof(njord_param), .type = NJORD_PARAM_BOOL, .name = "b"},
    {.size = sizeof(njord_param), .type = NJORD_PARAM_TEXT, .name = "t"},
    {.size = sizeof(njord_param), .type = NJORD_PARAM_DURATION, .name = "d", .max_int = INT64_MAX},
    {.size = sizeof(njord_param),
     .type = NJORD_PARAM_ENUM,
     .name = "e",
     .default_text = "a",
     .choices = "a|b"},
    {.size = sizeof(njord_param), .type = NJORD_PARAM_REAL_MAP, .name = "m", .max_real = 1e9},
    {.size = sizeof(njord_param)}};

static void read_params(const struct nj_instance_config *entry)
{
    struct nj_config_report report = {0};
    njord_value *values = NULL;
    uint32_t n = 0;
    int rc = nj_param_values(declared, entry->params, entry->n_params, entry->place, entry->id,
                             &values, &n, &report);
    expect((rc == 0) == (report.n_errors == 0), "params: result and problems differ");
    check_lines(&report.errors, report.n_errors);
    nj_param_values_free(values, n);
    nj_config_report_free(&report);
}

static int load(struct nj_config **out, const char *base, size_t base_len, const char *strategies,
                size_t strategies_len)
{
    struct nj_config_report report = {0};
    int rc = nj_config_load_bytes(out, base, base_len, strategies, strategies_len, NULL, &report);
    expect((rc == 0) == (report.n_errors == 0), "result and problems differ");
    expect((rc == 0) == (*out != NULL), "result and configuration differ");
    check_lines(&report.errors, report.n_errors);
    check_lines(&report.warnings, report.n_warnings);
    nj_config_report_free(&report);
    return rc;
}

static void try(const char *base, size_t base_len, const char *strategies, size_t strategies_len)
{
    struct nj_config *config = NULL, *again = NULL;
    if (load(&config, base, base_len, strategies, strategies_len) != 0)
        return;
    struct nj_buf changes = {0};
    expect(load(&again, base, base_len, strategies, strategies_len) == 0, "read twice, once taken");
    expect(nj_config_needs_restart(config, again, &changes) == 0, "it differs from itself");
    for (uint32_t i = 0; i < config->n_strategies; i++) {
        const struct nj_instance_config *s = &config->strategies[i];
        expect(nj_instance_config_equal(s, &again->strategies[i]), "an entry differs from itself");
        expect(s->n_symbols > 0 && s->id[0] && s->plugin[0], "a strategy without its parts");
        read_params(s);
    }
    for (uint32_t i = 0; i < config->n_feeds; i++)
        read_params(&config->feeds[i]);
    expect(config->exchange.n_symbols > 0 && config->n_brokers > 0 && config->n_services > 0,
           "a configuration without its parts");
    nj_buf_free(&changes);
    nj_config_free(config);
    nj_config_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char mark[] = "\n%%\n";
    const char *text = (const char *)data;
    const char *split = size >= 4 ? memmem(text, size, mark, 4) : NULL;
    if (split) {
        size_t first = (size_t)(split - text) + 1;
        try(text, first, split + 4, size - first - 3);
    } else {
        try(text, size, NULL, 0);
        try(NULL, 0, text, size);
    }
    return 0;
}
