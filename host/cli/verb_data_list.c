/* verb_data_list.c - njord data list: what the journals hold of bars and trades. */
#include "cli/data.h"
#include "cli/table.h"

#include "research/inventory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int print_json(struct nj_cli *cli, const char *dir, const struct nj_inventory *all)
{
    struct nj_buf buf = {0};
    struct nj_json_out json = {&buf, false};
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "journal_dir", dir);
    nj_put_open(&json, "series", '[');
    for (size_t i = 0; i < all->n; i++) {
        const struct nj_series *s = &all->series[i];
        nj_put_open(&json, NULL, '{');
        nj_put_text(&json, "symbol", s->symbol);
        nj_put_text(&json, "timeframe", s->timeframe);
        nj_put_text(&json, "kind", s->type == NJORD_EV_BAR ? "bars" : "trades");
        nj_put_text(&json, "journal", s->stem);
        nj_put_uint(&json, "rows", s->rows);
        nj_data_put_time(&json, "first_ns", s->first_ns);
        nj_data_put_time(&json, "last_ns", s->last_ns);
        nj_put_uint(&json, "holes", s->holes);
        nj_put_uint(&json, "missing", s->missing);
        nj_put_uint(&json, "duplicates", s->duplicates);
        nj_put_uint(&json, "bad_lines", s->bad_lines);
        nj_put_uint(&json, "files", s->files);
        nj_put_uint(&json, "files_gz", s->files_gz);
        nj_put_uint(&json, "bytes", s->bytes);
        nj_put_uint(&json, "bytes_gz", s->bytes_gz);
        nj_put_bool(&json, "live", s->live);
        if (s->error[0])
            nj_put_text(&json, "error", s->error);
        nj_put_close(&json, '}');
    }
    nj_put_close(&json, ']');
    nj_put_bool(&json, "import_left", all->import_left);
    nj_put_close(&json, '}');
    return nj_data_print_json(cli, &buf, NJ_EXIT_DONE);
}

static void add_row(struct nj_table *table, const struct nj_series *s)
{
    char text[NJ_DATA_TEXT], both[2 * NJ_DATA_TEXT + 8];
    char other[NJ_DATA_TEXT];
    nj_table_add(table, s->symbol);
    nj_table_add(table, s->timeframe);
    nj_table_add(table, nj_data_time(s->first_ns, text));
    nj_table_add(table, nj_data_time(s->last_ns, text));
    nj_table_add(table, nj_data_count(s->rows, text));
    if (s->holes)
        snprintf(both, sizeof both, "%s (%s)", nj_data_count(s->holes, text),
                 nj_data_count(s->missing, other));
    else
        snprintf(both, sizeof both, "-");
    nj_table_add_shade(table, both, s->holes ? NJ_ODD : NJ_PLAIN);
    nj_table_add(table, s->files ? nj_data_bytes(s->bytes, text) : "-");
    nj_table_add(table, s->files_gz ? nj_data_bytes(s->bytes_gz, text) : "-");
    snprintf(both, sizeof both, "%" PRIu32 "%s", s->files + s->files_gz, s->live ? " live" : "");
    nj_table_add(table, both);
    if (s->error[0])
        nj_table_add_shade(table, "cannot be read", NJ_BAD);
    else if (s->bad_lines)
        nj_table_add_shade(table, "bad lines", NJ_BAD);
    else
        nj_table_add(table, s->duplicates ? "doubles" : "");
}

static void print_table(const char *dir, const struct nj_inventory *all)
{
    static const char *const heads[] = {"SYMBOL", "TIMEFRAME", "FIRST",  "LAST", ">ROWS", ">HOLES",
                                        ">PLAIN", ">PACKED",   ">FILES", "NOTE", NULL};
    char text[NJ_DATA_TEXT];
    struct nj_table table;
    if (all->n == 0) {
        printf("no bars or trades in '%s'\n", dir);
        return;
    }
    nj_table_init(&table, heads);
    for (size_t i = 0; i < all->n; i++)
        add_row(&table, &all->series[i]);
    nj_table_print(&table, stdout, nj_cli_colour());
    nj_table_free(&table);
    for (size_t i = 0; i < all->n; i++) {
        const struct nj_series *s = &all->series[i];
        if (s->error[0])
            printf("%s: %s\n", s->stem, s->error);
        else if (s->bad_lines)
            printf("%s: %s lines that cannot be read are left out\n", s->stem,
                   nj_data_count(s->bad_lines, text));
        if (s->duplicates)
            printf("%s: %s doubles are left out\n", s->stem, nj_data_count(s->duplicates, text));
    }
}

int nj_verb_data_list(struct nj_cli *cli)
{
    struct nj_inventory all;
    struct nj_error err = {0};
    const char *dir = nj_cli_journal_dir(cli);
    if (!dir)
        return NJ_EXIT_FAILED;
    if (nj_inventory_take(&all, nj_platform_system(), dir, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    int code = NJ_EXIT_DONE;
    if (cli->json)
        code = print_json(cli, dir, &all);
    else
        print_table(dir, &all);
    if (all.import_left)
        code = nj_cli_error(cli, code, "an import into '%s' was interrupted; run it again", dir);
    nj_inventory_free(&all);
    return code;
}
