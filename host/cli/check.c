#include "cli/check.h"

#include "base/fs.h"
#include "journal/names.h"
#include "runtime/child.h"
#include "runtime/instance.h"

#include <njord/contract.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_NS 5000000000

struct job {
    const struct nj_config *config;
    const struct nj_instance_config *entry;
    const char *path;
    char run_dir[64];
};

static bool takes_any(const struct nj_module *module, const struct nj_instance_config *entry)
{
    static const struct {
        const char *topic;
        uint32_t type;
    } kinds[] = {{"md.trades.A/B", NJORD_EV_TRADE}, {"md.ohlcv.1m.A/B", NJORD_EV_BAR},
                 {"md.book.A/B", NJORD_EV_BOOK},    {"md.ticker.A/B", NJORD_EV_TICKER},
                 {"md.depth.A/B", NJORD_EV_DEPTH},  {"md.instrument.A/B", NJORD_EV_INSTRUMENT}};
    struct nj_instance probe = {.kind = NJORD_KIND_STRATEGY};
    struct nj_error err;
    if (nj_module_iface(module, &probe.iface.strategy, sizeof probe.iface.strategy, &err) != 0)
        return true;
    bool shown = entry->warmup_bars > 0 && nj_instance_takes(&probe, NJORD_EV_BAR);
    for (uint32_t e = 0; e < entry->n_events; e++) {
        char glob[256];
        snprintf(glob, sizeof glob, "%s", entry->events[e]);
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            char prefix[32];
            snprintf(prefix, sizeof prefix, "%.*s",
                     (int)(strchr(kinds[k].topic + 3, '.') - kinds[k].topic + 1), kinds[k].topic);
            bool may = njord_glob_match(glob, kinds[k].topic) ||
                       strncmp(glob, prefix, strlen(prefix)) == 0;
            shown |= may && nj_instance_takes(&probe, kinds[k].type);
        }
    }
    return shown || entry->n_events == 0;
}

static void put(int fd, const struct nj_buf *text)
{
    for (size_t at = 0; at < text->len;) {
        ssize_t n = write(fd, text->data + at, text->len - at);
        if (n <= 0)
            return;
        at += (size_t)n;
    }
}

/* In the child: load, check parameters. Says problems, one a line, each with E or W before it. */
static int try_plugin(void *ctx, int fd)
{
    struct job *job = ctx;
    struct nj_plugin_file file;
    struct nj_module *module = NULL;
    struct nj_error err = {0};
    struct nj_config_report report = {0};
    struct nj_buf out = {0};
    int rc = nj_plugin_file_read(&file, job->path, job->config->plugins.trust, &err);
    struct nj_module_spec spec = {job->entry->kind,           job->path, job->run_dir, 1,
                                  job->config->plugins.trust, NULL};
    if (rc == 0)
        rc = nj_module_load(&module, &file, &spec, &err);
    if (rc != 0) {
        nj_config_problem(&report, false, job->entry->place, "'%s': %s", job->entry->id, err.text);
    } else {
        njord_value *values = NULL;
        uint32_t n = 0;
        if (nj_param_values(module->params, job->entry->params, job->entry->n_params,
                            job->entry->place, job->entry->id, &values, &n, &report) == 0)
            nj_param_values_free(values, n);
        if (job->entry->kind == NJORD_KIND_STRATEGY && !takes_any(module, job->entry))
            nj_config_problem(&report, true, job->entry->place,
                              "'%s': its events match none of the callbacks of plugin '%s'",
                              job->entry->id, job->entry->plugin);
        nj_module_unref(module);
    }
    nj_buf_printf(&out, "%u %u\n", report.n_errors, report.n_warnings);
    if (report.errors.len > 0)
        nj_buf_add(&out, report.errors.data, report.errors.len);
    if (report.warnings.len > 0)
        nj_buf_add(&out, report.warnings.data, report.warnings.len);
    put(fd, &out);
    return 0;
}

static int64_t monotonic(void *ctx)
{
    const struct nj_platform *pf = ctx;
    return pf->monotonic_ns(pf->ctx);
}

/* Takes over the child's lines: first the errors, then the warnings. */
static void take_lines(const struct nj_buf *said, struct nj_config_report *report)
{
    unsigned errors = 0, warnings = 0;
    int skip = 0;
    if (!said->data || sscanf(said->data, "%u %u\n%n", &errors, &warnings, &skip) != 2)
        return;
    const char *line = said->data + skip;
    for (unsigned i = 0; i < errors + warnings && *line; i++) {
        size_t len = strcspn(line, "\n") + 1;
        nj_buf_add(i < errors ? &report->errors : &report->warnings, line, len);
        *(i < errors ? &report->n_errors : &report->n_warnings) += 1;
        line += len;
    }
}

/* History that is not there is none that could be shown: told for each symbol without a journal. */
static void check_warmup(const struct nj_config *config, const struct nj_instance_config *entry,
                         struct nj_config_report *report)
{
    const njord_topic *topic = njord_topic_of("md.ohlcv.1m.A/B");
    char *const *symbols = entry->n_symbols ? entry->symbols : config->exchange.symbols;
    uint32_t n = entry->n_symbols ? entry->n_symbols : config->exchange.n_symbols;
    for (uint32_t i = 0; i < n; i++) {
        char stem[NJ_STEM_SIZE];
        struct nj_journal_files files = {0};
        struct nj_error err = {0};
        if (nj_stem_make(topic, entry->warmup_timeframe, symbols[i], stem, sizeof stem, &err) != 0)
            nj_config_problem(report, false, entry->place, "'%s': warmup: %s", entry->id, err.text);
        else if (nj_journal_list(config->logging.journal_dir, stem, &files, &err) != 0 ||
                 files.n == 0)
            nj_config_problem(report, true, entry->place,
                              "'%s': warmup: no journal '%s' in '%s': %s is shown no history; "
                              "njord data import brings some",
                              entry->id, stem, config->logging.journal_dir, symbols[i]);
        nj_journal_files_free(&files);
    }
}

static void check_one(const struct nj_config *config, const struct nj_instance_config *entry,
                      const char *run_dir, struct nj_config_report *report)
{
    char path[NJ_PATH_MAX];
    struct nj_error err = {0};
    struct nj_child child;
    const struct nj_platform *pf = nj_platform_system();
    if (!entry->enabled)
        return;
    if (entry->warmup_bars > 0)
        check_warmup(config, entry, report);
    if (nj_plugin_find(config->plugins.dir, entry->kind, entry->plugin, path, &err) != 0) {
        nj_config_problem(report, false, entry->place, "'%s': %s", entry->id, err.text);
        return;
    }
    struct job job = {config, entry, path, ""};
    snprintf(job.run_dir, sizeof job.run_dir, "%s", run_dir);
    if (nj_child_start(&child, try_plugin, &job, pf->monotonic_ns(pf->ctx), LIMIT_NS, &err) != 0) {
        nj_config_problem(report, false, entry->place, "'%s': %s", entry->id, err.text);
        return;
    }
    nj_child_wait(&child, monotonic, (void *)pf);
    char how[128];
    nj_child_describe(&child, how, sizeof how);
    if (how[0])
        nj_config_problem(report, false, entry->place,
                          "'%s': plugin '%s' died while it was loaded: %s", entry->id, path, how);
    else
        take_lines(&child.said, report);
    nj_child_free(&child);
}

int nj_check_plugins(const struct nj_config *config, struct nj_config_report *report)
{
    char run_dir[] = "/tmp/njord-check-XXXXXX";
    if (!mkdtemp(run_dir)) {
        nj_config_problem(report, false, (struct nj_place){"/tmp", 0, 0},
                          "no private folder can be made there");
        return NJ_ERR_CONFIG;
    }
    for (uint32_t i = 0; i < config->n_feeds; i++)
        check_one(config, &config->feeds[i], run_dir, report);
    for (uint32_t i = 0; i < config->n_brokers; i++)
        check_one(config, &config->brokers[i], run_dir, report);
    for (uint32_t i = 0; i < config->n_strategies; i++)
        check_one(config, &config->strategies[i], run_dir, report);
    rmdir(run_dir);
    return report->n_errors > 0 ? NJ_ERR_CONFIG : 0;
}
