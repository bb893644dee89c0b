/* verb_report.c - njord report: result files as one page that can be sent to somebody. */
#include "backtest/report.h"
#include "base/fs.h"
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "ma_cross_ATOMUSDT" of its path; the whole path when two runs would have one name. */
static void name_runs(char **paths, size_t n, char names[][256])
{
    bool twice = false;
    for (size_t i = 0; i < n; i++) {
        const char *slash = strrchr(paths[i], '/'), *base = slash ? slash + 1 : paths[i];
        size_t len = strlen(base);
        if (len > 5 && strcmp(base + len - 5, ".json") == 0)
            len -= 5;
        snprintf(names[i], 256, "%.*s", (int)(len < 255 ? len : 255), base);
        for (size_t k = 0; k < i; k++)
            twice = twice || strcmp(names[k], names[i]) == 0;
    }
    for (size_t i = 0; twice && i < n; i++)
        snprintf(names[i], 256, "%s", paths[i]);
}

static int write_page(struct nj_cli *cli, const struct nj_buf *page)
{
    struct nj_error err = {0};
    if (strcmp(cli->output, "-") == 0)
        return fwrite(page->data, 1, page->len, stdout) == page->len
                   ? NJ_EXIT_DONE
                   : nj_cli_error(cli, NJ_EXIT_FAILED, "standard output: %s", strerror(errno));
    if (nj_mkdirs_for(cli->output, 0777, &err) != 0 ||
        nj_replace_file(nj_platform_system(), cli->output, page->data, page->len, 0666, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    printf("Report saved to: %s\n", cli->output);
    return NJ_EXIT_DONE;
}

int nj_verb_report(struct nj_cli *cli)
{
    size_t n = (size_t)cli->n_args, loaded = 0;
    char names[NJ_REPORT_RUNS][256];
    const char *list[NJ_REPORT_RUNS];
    struct nj_buf page = {0};
    struct nj_error err = {0};
    if (!cli->output)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "expected -o FILE.html; see %s --help",
                            cli->program);
    if (n > NJ_REPORT_RUNS)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "%zu results: one page compares at most %u", n,
                            NJ_REPORT_RUNS);
    if (nj_report_missing())
        return nj_cli_error(cli, NJ_EXIT_FAILED, "reports are not built in: %s",
                            nj_report_missing());
    struct nj_result *results = calloc(n, sizeof *results);
    if (!results)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "out of memory");
    int rc = 0;
    name_runs(cli->args, n, names);
    for (; loaded < n && rc == 0; loaded++) {
        list[loaded] = names[loaded];
        rc = nj_result_load(&results[loaded], cli->args[loaded], &err);
    }
    if (rc == 0)
        rc = n == 1 ? nj_report_html(results, &page, &err)
                    : nj_report_compare(results, list, n, &page, &err);
    int code = rc == 0 ? write_page(cli, &page) : nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    for (size_t i = 0; i < loaded; i++)
        nj_result_free(&results[i]);
    free(results);
    nj_buf_free(&page);
    return code;
}
