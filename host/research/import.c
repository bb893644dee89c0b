#include "research/import.h"

#include "journal/compress.h"
#include "market/quality.h"
#include "research/commit.h"
#include "research/existing.h"
#include "research/import_input.h"
#include "research/inventory.h"
#include "research/merge.h"
#include "research/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_SIZE (NJ_STEM_SIZE + 48)

struct import {
    const struct nj_import_options *options;
    struct nj_import_report *report;
    struct nj_input input;
    struct nj_stage stage;
    struct nj_existing existing;
    struct nj_commit commit;
    int lock; /* -1: none */
    bool keep_stage;
};

/* ---- the file, row by row -------------------------------------------------------------------- */

static int stage_rows(struct import *im, struct nj_error *err)
{
    char line[1024];
    struct nj_import_report *r = im->report;
    struct nj_input_row row;
    size_t len;
    int more;
    while ((more = nj_input_next(&im->input, &row, err)) > 0) {
        struct nj_stage_row place = {.ts_ns = row.ts_ns, .id = -1, .bar = r->kind == NJORD_EV_BAR};
        if (!place.bar && row.event->trade.trade_id[0]) {
            size_t n = strlen(row.event->trade.trade_id);
            if (njord_parse_i64(row.event->trade.trade_id, n, &place.id) != n)
                place.id = -1;
        }
        if (njord_encode_json(&row.event->ev, NULL, line, sizeof line, &len) != 0)
            return nj_error_set(err, NJ_ERR_INTERNAL, "%s:%llu: the row cannot be written",
                                im->input.name, (unsigned long long)row.line);
        int rc = nj_stage_add(&im->stage, NJ_STAGE_NEW, &place, line, len, err);
        if (rc != 0)
            return rc;
    }
    if (more == 0 && r->rows == 0)
        return nj_error_set(err, NJ_ERR_INPUT, "%s: holds no %s of %s%s", im->input.name,
                            r->kind == NJORD_EV_BAR ? "bars" : "trades", r->symbol,
                            r->other_symbols ? ", only of other symbols" : "");
    return more;
}

/* ---- a day ----------------------------------------------------------------------------------- */

/* The file that a day shall have: the name that the day's first file has, else a plain one. */
static struct nj_journal_file target_of(const struct import *im, int32_t day)
{
    struct nj_journal_file target = {.day = day};
    memcpy(target.stem, im->report->stem, sizeof target.stem);
    for (size_t i = 0; i < im->existing.n; i++) {
        const struct nj_existing_file *f = &im->existing.files[i];
        if (f->taken && f->file.day == day && f->file.part == 0)
            target.gz = f->file.gz;
    }
    return target;
}

static bool any_several(const struct nj_existing *existing)
{
    bool found = false;
    for (size_t i = 0; i < existing->n; i++)
        found = found || (existing->files[i].taken && existing->files[i].several);
    return found;
}

static int sync_file(const struct nj_platform *pf, const char *path, struct nj_error *err)
{
    int fd = pf->open(pf->ctx, path, O_WRONLY, 0);
    int rc = fd < 0 || pf->fsync(pf->ctx, fd) != 0
                 ? nj_error_errno(err, errno, "file '%s': cannot be synced", path)
                 : 0;
    if (fd >= 0)
        pf->close(pf->ctx, fd);
    return rc;
}

/* Makes the day's file at `path`; *written false: the day stays as it is. */
static int make_day(struct import *im, const struct nj_stage_day *day, const char *path,
                    bool *written, struct nj_error *err)
{
    const struct nj_platform *pf = im->options->platform;
    char old[NJ_PATH_MAX], fresh[NJ_PATH_MAX];
    struct nj_merged merged;
    int rc = nj_stage_path(&im->stage, day->day, NJ_STAGE_OLD, old, err);
    if (rc == 0)
        rc = nj_stage_path(&im->stage, day->day, NJ_STAGE_NEW, fresh, err);
    if (rc != 0)
        return rc;
    *written = true;
    if (day->rows[NJ_STAGE_OLD] == 0 && day->plain) { /* as it was staged */
        im->report->added += day->rows[NJ_STAGE_NEW];
        if (pf->rename(pf->ctx, fresh, path) != 0)
            return nj_error_errno(err, errno, "file '%s': cannot be renamed", fresh);
        return sync_file(pf, path, err);
    }
    struct nj_merge merge = {.platform = pf,
                             .type = im->report->kind,
                             .old = day->rows[NJ_STAGE_OLD] ? old : NULL,
                             .fresh = day->rows[NJ_STAGE_NEW] ? fresh : NULL,
                             .out = path,
                             .replace = im->options->replace,
                             .always = any_several(&im->existing)};
    rc = nj_merge_day(&merge, &merged, err);
    if (rc != 0)
        return rc;
    pf->unlink(pf->ctx, old);
    pf->unlink(pf->ctx, fresh);
    im->report->added += merged.added;
    im->report->same += merged.same;
    im->report->replaced += merged.replaced;
    im->report->twice += merged.twice;
    *written = merged.written;
    return 0;
}

/* Lists what gives way to a day's new file `name`. */
static int drop_day(struct import *im, const struct nj_journal_file *target,
                    const char name[NAME_SIZE], struct nj_error *err)
{
    char other[NAME_SIZE];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < im->existing.n; i++) {
        const struct nj_existing_file *f = &im->existing.files[i];
        if (!f->taken || f->file.day != target->day)
            continue;
        rc = nj_journal_name_make(&f->file, other, sizeof other, err);
        if (rc == 0 && strcmp(other, name) != 0)
            rc = nj_commit_drop(&im->commit, other, err);
    }
    if (rc == 0 && !target->gz) { /* one whose compression had not come to its end */
        struct nj_journal_file packed = *target;
        packed.gz = true;
        rc = nj_journal_name_make(&packed, other, sizeof other, err);
    }
    if (rc == 0 && !target->gz)
        rc = nj_commit_drop(&im->commit, other, err);
    return rc;
}

static int one_day(struct import *im, const struct nj_stage_day *day, struct nj_error *err)
{
    struct nj_journal_file target = target_of(im, day->day), plain = target;
    char name[NAME_SIZE], staged[NJ_PATH_MAX];
    bool written = false;
    plain.gz = false;
    int rc = nj_journal_name_make(&plain, name, sizeof name, err);
    if (rc == 0)
        rc = nj_path_join(staged, sizeof staged, im->stage.dir, name, err);
    if (rc == 0)
        rc = make_day(im, day, staged, &written, err);
    if (rc != 0 || !written)
        return rc;
    im->report->days_written++;
    if (im->options->dry_run)
        return 0;
    if (target.gz) {
        rc = nj_compress_file(im->options->platform, staged, NULL, err);
        if (rc == 0)
            rc = nj_journal_name_make(&target, name, sizeof name, err);
    }
    if (rc == 0)
        rc = nj_commit_put(&im->commit, name, err);
    return rc == 0 ? drop_day(im, &target, name, err) : rc;
}

/* A file of several days gives way even when its own day has none of its rows. */
static int drop_several(struct import *im, struct nj_error *err)
{
    char name[NAME_SIZE];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < im->existing.n; i++) {
        const struct nj_existing_file *f = &im->existing.files[i];
        if (!f->taken || !f->several ||
            (f->file.day != NJ_DAY_LIVE && nj_stage_day_of(&im->stage, f->file.day)))
            continue;
        rc = nj_journal_name_make(&f->file, name, sizeof name, err);
        if (rc == 0)
            rc = nj_commit_drop(&im->commit, name, err);
    }
    return rc;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Takes the folder's lock and ends what an earlier import began. */
static int take_folder(struct import *im, struct nj_error *err)
{
    const struct nj_import_options *o = im->options;
    char path[NJ_PATH_MAX];
    int rc = nj_mkdirs(o->journal_dir, 0750, err);
    if (rc == 0 && access(o->journal_dir, W_OK | X_OK) != 0)
        rc = nj_error_errno(err, errno, "journal folder '%s': cannot be written", o->journal_dir);
    if (rc == 0)
        rc = nj_path_join(path, sizeof path, o->journal_dir, ".lock", err);
    if (rc == 0) {
        im->lock = nj_lock_file(path, err);
        rc = im->lock < 0 ? im->lock : 0;
    }
    if (rc == 0)
        rc = nj_path_join(path, sizeof path, o->journal_dir, NJ_IMPORT_STAGE, err);
    if (rc == 0)
        rc =
            nj_commit_finish(o->platform, o->journal_dir, path, &im->report->finished_earlier, err);
    if (rc == 0)
        rc = nj_stage_open(&im->stage, o->platform, path, err);
    return rc;
}

/* A dry run works elsewhere and leaves the folder alone. */
static int take_scratch(struct import *im, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    const char *tmp = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe) */
    int rc =
        nj_path_join(path, sizeof path, tmp && *tmp ? tmp : "/tmp", "njord-import-XXXXXX", err);
    if (rc == 0 && !mkdtemp(path))
        rc = nj_error_errno(err, errno, "folder '%s': cannot be made", path);
    return rc ? rc : nj_stage_open(&im->stage, im->options->platform, path, err);
}

static int merge_days(struct import *im, struct nj_error *err)
{
    const struct nj_import_options *o = im->options;
    struct nj_import_report *r = im->report;
    for (size_t i = 0; i < im->stage.n_days; i++)
        r->days += im->stage.days[i].rows[NJ_STAGE_NEW] > 0;
    int rc = nj_existing_find(&im->existing, o->journal_dir, r->stem, r->kind, r->symbol,
                              &im->stage, !o->dry_run, err);
    if (rc == 0)
        rc = nj_existing_stage(&im->existing, &im->stage, err);
    if (rc == 0)
        rc = nj_stage_flush(&im->stage, err);
    for (size_t i = 0; rc == 0 && i < im->stage.n_days; i++) {
        rc = one_day(im, &im->stage.days[i], err);
        if (rc == 0 && o->progress)
            o->progress(o->ctx, r->rows, UINT64_MAX);
    }
    if (r->added + r->replaced == 0)
        r->days_written = 0;
    return rc;
}

static int put_in_place(struct import *im, struct nj_error *err)
{
    if (im->options->dry_run || im->report->added + im->report->replaced == 0)
        return 0;
    int rc = drop_several(im, err);
    if (rc == 0)
        rc = nj_commit_run(&im->commit, err);
    im->keep_stage = rc != 0 && nj_commit_is_left(im->stage.dir);
    if (im->keep_stage)
        nj_error_context(err, "begun and not ended, the next import ends it");
    return rc;
}

int nj_import_run(const struct nj_import_options *options, struct nj_import_report *report,
                  struct nj_error *err)
{
    struct import im = {.options = options, .report = report, .lock = -1};
    *report = (struct nj_import_report){.first_ns = NJORD_NONE_I64, .last_ns = NJORD_NONE_I64};
    int rc = nj_input_open(&im.input, options, report, err);
    if (rc == 0)
        rc = options->dry_run ? take_scratch(&im, err) : take_folder(&im, err);
    im.commit = (struct nj_commit){
        .platform = options->platform, .dir = options->journal_dir, .staged = im.stage.dir};
    if (rc == 0)
        rc = stage_rows(&im, err);
    if (rc == 0) /* the first row may have told the timeframe */
        rc = nj_stem_make(nj_journal_topic(report->kind), report->timeframe, report->symbol,
                          report->stem, sizeof report->stem, err);
    if (rc == 0)
        rc = merge_days(&im, err);
    if (rc == 0)
        rc = put_in_place(&im, err);
    nj_input_close(&im.input);
    nj_existing_free(&im.existing);
    nj_commit_free(&im.commit);
    nj_stage_close(&im.stage, im.keep_stage);
    if (im.lock >= 0)
        close(im.lock);
    return rc;
}
