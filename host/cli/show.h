/* show.h - the host's answers as a person reads them. */
#ifndef NJ_CLI_SHOW_H
#define NJ_CLI_SHOW_H

#include <jansson.h>

void nj_show_status(const json_t *answer);
void nj_show_plugins(const json_t *answer);
void nj_show_orders(const json_t *answer);
void nj_show_positions(const json_t *answer);
void nj_show_reload(const json_t *answer);
void nj_show_enable(const json_t *answer);
void nj_show_disable(const json_t *answer);
void nj_show_cancel(const json_t *answer);
void nj_show_flatten(const json_t *answer);

#endif
