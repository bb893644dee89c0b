#include "cli/sweep_page.h"

#include "backtest/report.h"
#include "base/fs.h"

#include <stdio.h>
#include <string.h>

int nj_sweep_page_path(const struct nj_cli *cli, const char *report, bool no_report,
                       const char *output, char out[NJ_PATH_MAX])
{
    size_t len = strlen(output);
    out[0] = '\0';
    if (report && no_report)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "--report and --no-report exclude each other");
    if (report && nj_report_missing())
        return nj_cli_error(cli, NJ_EXIT_FAILED, "reports are not built in: %s",
                            nj_report_missing());
    if (no_report || nj_report_missing())
        return 0;
    if (!report && len > 4 && strcmp(output + len - 4, ".csv") == 0)
        len -= 4;
    int n = report ? snprintf(out, NJ_PATH_MAX, "%s", report)
                   : snprintf(out, NJ_PATH_MAX, "%.*s.html", (int)len, output);
    if (n >= (int)NJ_PATH_MAX)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "option '--%s': the path is too long",
                            report ? "report" : "output");
    if (strcmp(out, output) == 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "--report and --output name the same file");
    return 0;
}

static int row_of(void *ctx, uint64_t rank, struct nj_sweep_row *out, struct nj_error *err)
{
    return nj_sweep_row(ctx, rank, out, err);
}

int nj_sweep_page_write(const char *path, const struct nj_bt_job *job, struct nj_sweep *sweep,
                        struct nj_sweep_page *page, struct nj_error *err)
{
    struct nj_result about;
    struct nj_buf text = {0};
    int rc = nj_bt_job_about(job, &about, err);
    if (rc != 0)
        return rc;
    page->about = &about;
    page->failed = nj_sweep_failed(sweep);
    page->doubt = nj_sweep_doubts(sweep);
    page->row = row_of;
    page->ctx = sweep;
    rc = nj_sweep_report_html(page, &text, err);
    if (rc == 0)
        rc = nj_mkdirs_for(path, 0777, err);
    if (rc == 0)
        rc = nj_replace_file(nj_platform_system(), path, text.data, text.len, 0666, err);
    nj_buf_free(&text);
    nj_result_free(&about);
    return rc;
}
