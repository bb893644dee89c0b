/* check.h - njord-host --check: every enabled entry's plugin is found, read, loaded and its
 * parameters are checked. */
#ifndef NJ_CLI_CHECK_H
#define NJ_CLI_CHECK_H

#include "config/config.h"

/* Adds problems to the report; NJ_ERR_CONFIG when there were any. Runs each plugin's code in a
 * child. */
int nj_check_plugins(const struct nj_config *config, struct nj_config_report *report);

#endif
