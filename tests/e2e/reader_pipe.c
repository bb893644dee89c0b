/* reader_pipe.c - the reader and the scanner of journals on the command line, for tests in other
 * languages.
 *
 *     reader_pipe read DIR time|seq FROM TO AFTER skip|strict STEM...
 *         "STEM<tab>FILE<tab>LINE<tab>TEXT" an event; then "events N lines N bad N files N"
 *     reader_pipe scan FILE bars|trades
 *         a row a line, doubles as %a; then "rows N lines N slow N"
 *
 * What goes wrong is a last line "error: TEXT", with exit code 1. */
#include "../support/scan_file.h"
#include "journal/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t whole(const char *text)
{
    return strtoll(text, NULL, 10);
}

static int failed(const struct nj_error *err)
{
    printf("error: %s\n", err->text);
    return 1;
}

static int read_them(char **args, const char *const *stems, size_t n_stems)
{
    struct nj_reader_options options = {.dir = args[0],
                                        .stems = stems,
                                        .n_stems = n_stems,
                                        .order = strcmp(args[1], "seq") == 0 ? NJ_READ_BY_SEQ
                                                                             : NJ_READ_BY_TIME,
                                        .from_ns = whole(args[2]),
                                        .to_ns = whole(args[3]),
                                        .after_seq = (uint64_t)whole(args[4]),
                                        .skip_bad = strcmp(args[5], "skip") == 0};
    struct nj_reader *reader;
    struct nj_reader_stats stats;
    struct nj_read got;
    struct nj_error err;
    int rc;
    if (nj_reader_open(&reader, &options, &err) < 0)
        return failed(&err);
    while ((rc = nj_reader_next(reader, &got, &err)) == 1)
        printf("%s\t%s\t%" PRIu64 "\t%.*s\n", got.stem, strrchr(got.path, '/') + 1, got.line,
               (int)got.text_len, got.text);
    nj_reader_stats(reader, &stats);
    nj_reader_close(reader);
    if (rc < 0)
        return failed(&err);
    printf("events %" PRIu64 " lines %" PRIu64 " bad %" PRIu64 " files %" PRIu64 "\n", stats.events,
           stats.lines, stats.bad, stats.files);
    return 0;
}

static void print_row(const struct nj_columns *c, size_t i)
{
    if (c->kind == NJ_COLUMNS_BARS) {
        njord_bar b;
        nj_columns_bar(c, i, &b);
        printf("%s %s %" PRId64 " %a %a %a %a %a %a %" PRId64 " %" PRIu64 "\n", b.symbol,
               b.timeframe, b.ts_open, b.open, b.high, b.low, b.close, b.volume, b.quote_volume,
               b.trades, b.ev.seq);
    } else {
        njord_trade t;
        nj_columns_trade(c, i, &t);
        printf("%s %" PRId64 " %a %a %u [%s] [%s] %" PRIu64 "\n", t.symbol, t.ev.ts_ns, t.price,
               t.qty, t.side, t.trade_id, t.venue, t.ev.seq);
    }
}

static int scan_it(char **args)
{
    struct nj_columns_builder *builder;
    struct nj_columns columns;
    struct nj_error err;
    enum nj_columns_kind kind = strcmp(args[1], "bars") == 0 ? NJ_COLUMNS_BARS : NJ_COLUMNS_TRADES;
    if (nj_columns_builder_new(&builder, kind, &err) < 0)
        return failed(&err);
    struct nj_scan scan = {.into = builder};
    int rc = scan_file(&scan, args[0], &err);
    nj_columns_view(builder, &columns);
    for (size_t i = 0; i < columns.n; i++)
        print_row(&columns, i);
    if (rc == 0)
        printf("rows %zu lines %" PRIu64 " slow %" PRIu64 "\n", columns.n, scan.lines, scan.slow);
    nj_columns_builder_free(builder);
    return rc < 0 ? failed(&err) : 0;
}

int main(int argc, char **argv)
{
    if (argc >= 8 && strcmp(argv[1], "read") == 0)
        return read_them(argv + 2, (const char *const *)argv + 8, (size_t)argc - 8);
    if (argc == 4 && strcmp(argv[1], "scan") == 0)
        return scan_it(argv + 2);
    fprintf(stderr, "reader_pipe: see the head of its source\n");
    return 2;
}
