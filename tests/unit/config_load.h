/* config_load.h - loads a configuration from text for the tests of it; what was loaded and what was
 * told stand in two variables until the next load or end(). Owned by the tests. */
#ifndef TESTS_UNIT_CONFIG_LOAD_H
#define TESTS_UNIT_CONFIG_LOAD_H

#include "config/loader.h"

#include <string.h>

static struct nj_config_report report;
static struct nj_config *config;

static int load_with(const char *base, const char *strategies,
                     const struct nj_config_overrides *overrides)
{
    nj_config_free(config);
    config = NULL;
    nj_config_report_free(&report);
    return nj_config_load_bytes(&config, base, base ? strlen(base) : 0, strategies,
                                strategies ? strlen(strategies) : 0, overrides, &report);
}

__attribute__((unused)) static int load(const char *base, const char *strategies)
{
    return load_with(base, strategies, NULL);
}

__attribute__((unused)) static const char *errors(void)
{
    return report.errors.data ? report.errors.data : "";
}

__attribute__((unused)) static const char *warnings(void)
{
    return report.warnings.data ? report.warnings.data : "";
}

static void end(void)
{
    nj_config_free(config);
    config = NULL;
    nj_config_report_free(&report);
}

#endif
