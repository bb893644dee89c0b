/* mkreference.c - writes a page that is made from a table to standard output: doc/configuration.md
 * (mkreference page) and doc/man/njord.yaml.5 (manual) from that of the keys, doc/metrics.md
 * (metrics) from that of the metrics. Run by make reference. */
#include "backtest/metrics.h"
#include "config/config.h"
#include "config/schema.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct nj_buf text = {0};
    if (argc == 2 && strcmp(argv[1], "page") == 0)
        nj_config_reference(&text);
    else if (argc == 2 && strcmp(argv[1], "manual") == 0)
        nj_config_manual(&text);
    else if (argc == 2 && strcmp(argv[1], "metrics") == 0)
        nj_metrics_reference(&text);
    else {
        fprintf(stderr, "mkreference: expected page, manual or metrics\n");
        return 2;
    }
    int rc =
        text.failed || fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0;
    nj_buf_free(&text);
    return rc;
}
