#include "services/stores.h"

#include "journal/compressor.h"
#include "services/host.h"

static void take_finished(void *ctx, const char *path, int fd)
{
    nj_compressor_take(((struct nj_host *)ctx)->compressor, path, fd);
}

int nj_stores_open(struct nj_host *host, struct nj_error *err)
{
    const struct nj_config *config = host->config;
    int rc = nj_state_open(&host->state, host->platform, config->app.state_dir,
                           host->config->app.clock != NJ_CLOCK_EVENTS, err);
    if (rc != 0)
        return nj_error_context(err, "app.state_dir");
    struct nj_compressor_options finishing = {
        .platform = host->platform,
        .dir = config->logging.journal_dir,
        .compress = config->journal.compress,
        .compress_after_ns = config->journal.compress_after_ns,
    };
    struct nj_journals_options options = {
        .platform = host->platform,
        .log = host->log,
        .dir = config->logging.journal_dir,
        .fsync = (enum nj_journal_fsync)config->logging.fsync,
        .order_fsync = config->app.env == NJ_ENV_LIVE,
        .max_open = (uint32_t)config->journal.max_open,
        .first = {"host.plugins", "orders"},
        .rotate_daily = config->journal.rotate_daily,
        .rotate_bytes = (uint64_t)config->journal.rotate_bytes,
        .line_clock = config->app.clock == NJ_CLOCK_EVENTS,
        .finished = take_finished,
        .finished_ctx = host,
    };
    rc = nj_journals_open(&host->journals, &options, err);
    if (rc != 0)
        return nj_error_context(err, "logging.journal_dir");
    return nj_compressor_start(&host->compressor, &finishing, err);
}

int nj_stores_close_journals(struct nj_host *host)
{
    struct nj_error err = {0};
    int rc = host->journals ? nj_journals_close(host->journals, &err) : 0;
    if (rc != 0)
        nj_log(host->log, NJ_ERROR, "journal", "close_failed", NJ_TEXT("error", err.text));
    /* the same run leaves the same files, compressed ones too, however fast it was */
    nj_compressor_stop(host->compressor, host->config->app.clock == NJ_CLOCK_EVENTS, host->log);
    host->journals = NULL;
    host->compressor = NULL;
    return rc;
}
