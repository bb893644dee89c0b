#include "cli/rerun.h"

#include "backtest/rerun.h"
#include "base/fs.h"
#include "cli/compare_live.h"
#include "cli/data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_BYTES ((size_t)2 << 30)

static int load(const char *path, struct nj_buf *text, struct nj_result *out, struct nj_error *err)
{
    int rc = nj_read_file(path, MAX_BYTES, text, err);
    return rc != 0 ? rc : nj_result_read(out, path, text->data ? text->data : "", text->len, err);
}

/* Runs it into `into`. */
static int run(const struct nj_bt_request *request, const char *into, struct nj_error *err)
{
    struct nj_bt_job *job;
    struct nj_bt_brief brief;
    struct nj_bt_paths paths = {.result = into};
    int rc = nj_bt_job_open(&job, request, err);
    if (rc != 0)
        return rc;
    rc = nj_bt_job_run(job, NULL, 0, &paths, NULL, NULL, NULL, &brief, err);
    nj_bt_job_close(job);
    return rc;
}

static int print(struct nj_cli *cli, const char *path, bool same, const char *differs)
{
    int code = same ? NJ_EXIT_DONE : NJ_EXIT_FAILED;
    if (cli->json) {
        struct nj_buf buf = {0};
        struct nj_json_out json = {&buf, false};
        nj_put_open(&json, NULL, '{');
        nj_put_text(&json, "result", path);
        nj_put_bool(&json, "same", same);
        if (same)
            nj_put_null(&json, "differs");
        else
            nj_put_text(&json, "differs", differs);
        nj_put_close(&json, '}');
        return nj_data_print_json(cli, &buf, code);
    }
    if (!same)
        return nj_cli_error(cli, code, "'%s': not the same: %s", path, differs);
    printf("same: '%s' comes out again, byte for byte\n", path);
    return code;
}

int nj_backtest_rerun(struct nj_cli *cli, const char *path, const struct nj_backtest_args *args,
                      double stall_s)
{
    struct nj_result then = {0}, now = {0};
    struct nj_buf then_text = {0}, now_text = {0};
    struct nj_rerun rerun = {0};
    struct nj_error err = {0};
    char dir[1024] = "", into[1100] = "", differs[NJ_RERUN_TEXT];
    const char *tmp = getenv("TMPDIR"), *odd = nj_backtest_foreign(cli, args);
    struct nj_bt_request base = {.platform = nj_platform_system(),
                                 .strategy = args->strategy,
                                 .csv = args->csv,
                                 .stall_ns = (int64_t)(stall_s * 1e9)};
    if (odd)
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "--rerun takes it from the result: --%s is not for it", odd);
    if (args->strategy && !strchr(args->strategy, '/'))
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "with --rerun: expected --strategy PATH of the plugin, found '%s'",
                            args->strategy);
    base.config = nj_cli_config(cli);
    if (!base.config || !(base.plugins_dir = nj_cli_plugins(cli)) ||
        !(base.journal_dir = nj_cli_journal_dir(cli)))
        return NJ_EXIT_FAILED;
    int code = NJ_EXIT_FAILED, rc = load(path, &then_text, &then, &err);
    if (rc == 0)
        rc = nj_rerun_init(&rerun, &then, &base, &err);
    if (rc != 0) {
        nj_error_context(&err, "'%s'", path);
        code = nj_cli_error(cli, rc == NJ_ERR_CONFIG ? NJ_EXIT_USAGE : code, "%s", err.text);
        goto done;
    }
    snprintf(dir, sizeof dir, "%.900s/njord-rerun.XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    if (!mkdtemp(dir)) {
        code = nj_cli_error(cli, code, "folder '%s': %s", dir, strerror(errno));
        dir[0] = '\0';
        goto done;
    }
    snprintf(into, sizeof into, "%s/result.json", dir);
    rc = run(&rerun.request, into, &err);
    if (rc == 0)
        rc = load(into, &now_text, &now, &err);
    if (rc != 0) {
        code = nj_cli_error(cli, code, "%s", err.text);
        goto done;
    }
    code = print(cli, path, nj_rerun_same(&then, &then_text, &now, &now_text, differs), differs);
done:
    if (into[0])
        unlink(into);
    if (dir[0])
        rmdir(dir);
    nj_rerun_free(&rerun);
    nj_result_free(&then);
    nj_result_free(&now);
    nj_buf_free(&then_text);
    nj_buf_free(&now_text);
    return code;
}
