/* verb_compress.c - njord compress: old journals of a folder to gzip, by hand or by a timer. */
#include "cli/cli.h"

#include "base/json_out.h"
#include "base/platform.h"
#include "journal/compress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct telling {
    const struct nj_cli *cli;
    struct nj_json_out json; /* the rows, with --json */
    bool progress;           /* a terminal: each line as it comes */
};

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "12.3 MB". */
static const char *size_text(uint64_t bytes, char out[32])
{
    if (bytes < 10000)
        snprintf(out, 32, "%" PRIu64 " B", bytes);
    else if (bytes < 10000000)
        snprintf(out, 32, "%.1f kB", (double)bytes / 1e3);
    else
        snprintf(out, 32, "%.1f MB", (double)bytes / 1e6);
    return out;
}

static void on_file(void *ctx, const char *from, const char *to, uint64_t in, uint64_t out,
                    const struct nj_error *failed)
{
    struct telling *t = ctx;
    char a[32], b[32];
    if (failed) {
        nj_cli_error(t->cli, 0, "%s", failed->text);
        return;
    }
    if (t->cli->json) {
        nj_put_open(&t->json, NULL, '{');
        nj_put_text(&t->json, "from", name_of(from));
        nj_put_text(&t->json, "to", name_of(to));
        nj_put_uint(&t->json, "bytes_in", in);
        nj_put_uint(&t->json, "bytes_out", out);
        nj_put_close(&t->json, '}');
        return;
    }
    printf("%s: %s -> %s (%.0f %%)\n", name_of(to), size_text(in, a), size_text(out, b),
           100.0 * (double)out / (double)(in ? in : 1));
    if (t->progress)
        fflush(stdout);
}

static void put_totals(struct nj_json_out *json, const struct nj_compress_stats *s)
{
    nj_put_close(json, ']');
    nj_put_uint(json, "compressed", s->files);
    nj_put_uint(json, "bytes_in", s->bytes_in);
    nj_put_uint(json, "bytes_out", s->bytes_out);
    nj_put_uint(json, "not_old_enough", s->skipped);
    nj_put_uint(json, "live_left", s->live_left);
    nj_put_uint(json, "failed", s->failed);
    nj_put_close(json, '}');
}

static void print_totals(const struct nj_compress_stats *s)
{
    char a[32], b[32];
    if (s->live_left > 0)
        printf("%" PRIu64 " live file%s left alone: a host writes to this folder\n", s->live_left,
               s->live_left == 1 ? "" : "s");
    if (s->files > 0)
        printf("%" PRIu64 " file%s compressed: %s -> %s\n", s->files, s->files == 1 ? "" : "s",
               size_text(s->bytes_in, a), size_text(s->bytes_out, b));
    else if (s->failed == 0)
        puts("nothing to compress");
}

/* --older-than, else journal.compress_after. False: told. */
static bool age_of(struct nj_cli *cli, int64_t *age_ns, int *exit_code)
{
    if (cli->older_than) {
        *exit_code = NJ_EXIT_USAGE;
        if (nj_parse_duration(cli->older_than, age_ns) && *age_ns >= 0)
            return true;
        nj_cli_error(cli, 0, "--older-than '%.32s': expected a duration as 90s, 30m, 24h, 7d, 0s",
                     cli->older_than);
        return false;
    }
    const struct nj_config *config = nj_cli_config(cli);
    *exit_code = NJ_EXIT_FAILED;
    if (config)
        *age_ns = config->journal.compress_after_ns;
    return config != NULL;
}

int nj_verb_compress(struct nj_cli *cli)
{
    const struct nj_platform *pf = nj_platform_system();
    struct nj_compress_stats stats;
    struct nj_error err = {0};
    struct nj_buf text = {0};
    struct telling t = {.cli = cli, .json = {&text, false}, .progress = isatty(STDOUT_FILENO)};
    int64_t age_ns = 0;
    int rc = NJ_EXIT_DONE;
    if (!age_of(cli, &age_ns, &rc))
        return rc;
    const char *dir = nj_cli_journal_dir(cli);
    if (!dir)
        return NJ_EXIT_FAILED;
    if (cli->json) {
        nj_put_open(&t.json, NULL, '{');
        nj_put_text(&t.json, "dir", dir);
        nj_put_open(&t.json, "files", '[');
    }
    int64_t now = pf->realtime_ns(pf->ctx);
    rc = NJ_EXIT_DONE;
    /* a file written in this very instant is as old as nothing */
    if (nj_compress_folder(pf, dir, age_ns == 0 ? INT64_MAX : now - age_ns, on_file, &t, &stats,
                           &err) != 0)
        rc = nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    else if (cli->json) {
        put_totals(&t.json, &stats);
        if (text.failed)
            rc = nj_cli_error(cli, NJ_EXIT_FAILED, "out of memory");
        else
            printf("%.*s\n", (int)text.len, text.data);
    } else {
        print_totals(&stats);
    }
    if (rc == NJ_EXIT_DONE && stats.failed > 0)
        rc = NJ_EXIT_FAILED;
    nj_buf_free(&text);
    return rc;
}
