/* mkreference.c - writes doc/configuration.md or doc/man/njord.yaml.5, which are made from the
 * table of keys, to standard output: mkreference page | manual. Run by make reference. */
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
    else {
        fprintf(stderr, "mkreference: expected page or manual\n");
        return 2;
    }
    int rc =
        text.failed || fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0;
    nj_buf_free(&text);
    return rc;
}
