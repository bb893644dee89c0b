/* rerun.h - a result run again: the request that it came of, and whether what came this time is the
 * same.
 *
 * Pure but for memory. The request takes everything that the figures depend on from the result
 * (strategy, parameters, costs, rules, instruments, events, range) and from the caller only where
 * plugins and journals are. Owned by the verb; one thread; runs nothing itself. */
#ifndef NJ_BACKTEST_RERUN_H
#define NJ_BACKTEST_RERUN_H

#include "backtest/run.h"

struct nj_rerun {
    struct nj_bt_request request; /* ready for nj_bt_job_open() */
    /* behind its pointers */
    struct nj_config config;
    struct nj_symbol_config *symbols;
    struct nj_instance_config entry;
    struct nj_risk_config risk;
    const char **names;
    char **quotes;
    void *risk_json;
};

/* base: platform, config, log, the folders, csv, `strategy` (a plugin's path; NULL: by name). The
 * result must outlive *out. NJ_ERR_INPUT: a result that cannot be run (its fill is no fill, a limit
 * is missing); NJ_ERR_CONFIG: it was made from a CSV file and base names none; NJ_ERR_NOMEM. */
int nj_rerun_init(struct nj_rerun *out, const struct nj_result *from,
                  const struct nj_bt_request *base, struct nj_error *err);
void nj_rerun_free(struct nj_rerun *rerun);

#define NJ_RERUN_TEXT 512
/* Are two results the same, byte for byte? If not, *out is one line that says what differs first:
 * Njord's version, the plugin, the data, else the first member. */
bool nj_rerun_same(const struct nj_result *then, const struct nj_buf *then_text,
                   const struct nj_result *now, const struct nj_buf *now_text,
                   char out[NJ_RERUN_TEXT]);

#endif
