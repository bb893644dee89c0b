#include "research/import.h"

#include "research/deposit.h"
#include "research/import_input.h"
#include "research/inventory.h"

#include <stdio.h>
#include <unistd.h>

struct import {
    const struct nj_import_options *options;
    struct nj_import_report *report;
    struct nj_input input;
    struct nj_deposit deposit;
    int lock; /* -1: none */
};

/* ---- the file, row by row -------------------------------------------------------------------- */

static int stage_rows(struct import *im, struct nj_error *err)
{
    struct nj_import_report *r = im->report;
    struct nj_input_row row;
    int more;
    while ((more = nj_input_next(&im->input, &row, err)) > 0) {
        int rc = nj_deposit_add(&im->deposit, &row.event->ev, err);
        if (rc == NJ_ERR_INTERNAL) {
            char where[NJ_PATH_MAX + 32];
            snprintf(where, sizeof where, "%s:%llu", im->input.name, (unsigned long long)row.line);
            nj_error_context(err, "%s", where);
        }
        if (rc != 0)
            return rc;
    }
    if (more == 0 && r->rows == 0)
        return nj_error_set(err, NJ_ERR_INPUT, "%s: holds no %s of %s%s", im->input.name,
                            r->kind == NJORD_EV_BAR ? "bars" : "trades", r->symbol,
                            r->other_symbols ? ", only of other symbols" : "");
    return more;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void tell(void *ctx)
{
    const struct import *im = ctx;
    if (im->options->progress)
        im->options->progress(im->options->ctx, im->report->rows, UINT64_MAX);
}

static int put_in_place(struct import *im, struct nj_error *err)
{
    struct nj_import_report *r = im->report;
    int rc = nj_deposit_end(&im->deposit, r->stem, r->symbol, err);
    r->added = im->deposit.added;
    r->same = im->deposit.same;
    r->replaced = im->deposit.replaced;
    r->twice = im->deposit.twice;
    r->days = im->deposit.days;
    r->days_written = im->deposit.days_written;
    return rc;
}

int nj_import_run(const struct nj_import_options *options, struct nj_import_report *report,
                  struct nj_error *err)
{
    struct import im = {.options = options, .report = report, .lock = -1};
    *report = (struct nj_import_report){.first_ns = NJORD_NONE_I64, .last_ns = NJORD_NONE_I64};
    int rc = nj_input_open(&im.input, options, report, err);
    if (rc == 0 && !options->dry_run)
        rc = nj_deposit_lock(options->platform, options->journal_dir, &im.lock,
                             &report->finished_earlier, err);
    if (rc == 0) {
        struct nj_deposit_options how = {.platform = options->platform,
                                         .dir = options->journal_dir,
                                         .stage = NJ_DEPOSIT_STAGE,
                                         .type = report->kind,
                                         .replace = options->replace,
                                         .dry_run = options->dry_run,
                                         .told = tell,
                                         .ctx = &im};
        rc = nj_deposit_open(&im.deposit, &how, err);
    }
    if (rc == 0)
        rc = stage_rows(&im, err);
    if (rc == 0) /* the first row may have told the timeframe */
        rc = nj_stem_make(nj_journal_topic(report->kind), report->timeframe, report->symbol,
                          report->stem, sizeof report->stem, err);
    if (rc == 0)
        rc = put_in_place(&im, err);
    nj_input_close(&im.input);
    nj_deposit_close(&im.deposit);
    if (im.lock >= 0)
        close(im.lock);
    return rc;
}
