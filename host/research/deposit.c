#include "research/deposit.h"

#include "journal/compress.h"
#include "market/trade_ids.h"
#include "research/merge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_SIZE (NJ_STEM_SIZE + 48)

/* ---- the folder ------------------------------------------------------------------------------ */

/* Ends (or only finds) what deposits began in the folder. */
static int end_left(const struct nj_platform *pf, const char *dir, bool only_look, bool *found,
                    struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    int rc = 0;
    DIR *folder = opendir(dir);
    if (!folder)
        return nj_error_errno(err, errno, "journal folder '%s': cannot be read", dir);
    for (struct dirent *e; rc == 0 && (e = readdir(folder));) { /* NOLINT(concurrency-mt-unsafe) */
        bool done = false;
        if (strncmp(e->d_name, NJ_DEPOSIT_STAGE, strlen(NJ_DEPOSIT_STAGE)) != 0)
            continue;
        rc = nj_path_join(path, sizeof path, dir, e->d_name, err);
        if (rc == 0 && only_look)
            done = nj_commit_is_left(path);
        else if (rc == 0)
            rc = nj_commit_finish(pf, dir, path, &done, err);
        *found = *found || done;
    }
    closedir(folder);
    return rc;
}

bool nj_deposit_is_left(const char *dir)
{
    bool found = false;
    struct nj_error none = {0};
    return end_left(NULL, dir, true, &found, &none) == 0 && found;
}

int nj_deposit_lock(const struct nj_platform *platform, const char *dir, int *lock, bool *finished,
                    struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    bool found = false;
    *lock = -1;
    int rc = nj_mkdirs(dir, 0750, err);
    if (rc == 0 && access(dir, W_OK | X_OK) != 0)
        rc = nj_error_errno(err, errno, "journal folder '%s': cannot be written", dir);
    if (rc == 0)
        rc = nj_path_join(path, sizeof path, dir, ".lock", err);
    if (rc == 0) {
        *lock = nj_lock_file(path, err);
        rc = *lock < 0 ? *lock : 0;
    }
    if (rc == 0)
        rc = end_left(platform, dir, false, &found, err);
    if (rc != 0 && *lock >= 0) {
        close(*lock);
        *lock = -1;
    }
    if (finished)
        *finished = found;
    return rc;
}

/* ---- a day ----------------------------------------------------------------------------------- */

/* The file that a day shall have: the name that the day's first file has, else a plain one. */
static struct nj_journal_file target_of(const struct nj_deposit *d, int32_t day)
{
    struct nj_journal_file target = {.day = day};
    snprintf(target.stem, sizeof target.stem, "%s", d->stem);
    for (size_t i = 0; i < d->existing.n; i++) {
        const struct nj_existing_file *f = &d->existing.files[i];
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

/* Makes the day's file at `path`; *written false: the day stays as it is. */
static int make_day(struct nj_deposit *d, const struct nj_stage_day *day, const char *path,
                    bool *written, struct nj_error *err)
{
    const struct nj_platform *pf = d->options.platform;
    char old[NJ_PATH_MAX], fresh[NJ_PATH_MAX];
    struct nj_merged merged;
    int rc = nj_stage_path(&d->stage, day->day, NJ_STAGE_OLD, old, err);
    if (rc == 0)
        rc = nj_stage_path(&d->stage, day->day, NJ_STAGE_NEW, fresh, err);
    if (rc != 0)
        return rc;
    *written = true;
    if (day->rows[NJ_STAGE_OLD] == 0 && day->plain) { /* as it was staged */
        d->added += day->rows[NJ_STAGE_NEW];
        if (pf->rename(pf->ctx, fresh, path) != 0)
            return nj_error_errno(err, errno, "file '%s': cannot be renamed", fresh);
        return 0;
    }
    struct nj_merge merge = {.platform = pf,
                             .type = d->options.type,
                             .old = day->rows[NJ_STAGE_OLD] ? old : NULL,
                             .fresh = day->rows[NJ_STAGE_NEW] ? fresh : NULL,
                             .out = path,
                             .replace = d->options.replace,
                             .whole_wins = d->options.whole_wins,
                             .always = any_several(&d->existing)};
    rc = nj_merge_day(&merge, &merged, err);
    if (rc != 0)
        return rc;
    pf->unlink(pf->ctx, old);
    pf->unlink(pf->ctx, fresh);
    d->added += merged.added;
    d->same += merged.same;
    d->replaced += merged.replaced;
    d->twice += merged.twice;
    *written = merged.written;
    return 0;
}

/* Lists what gives way to a day's new file `name`. */
static int drop_day(struct nj_deposit *d, const struct nj_journal_file *target,
                    const char name[NAME_SIZE], struct nj_error *err)
{
    char other[NAME_SIZE];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < d->existing.n; i++) {
        const struct nj_existing_file *f = &d->existing.files[i];
        if (!f->taken || f->file.day != target->day)
            continue;
        rc = nj_journal_name_make(&f->file, other, sizeof other, err);
        if (rc == 0 && strcmp(other, name) != 0)
            rc = nj_commit_drop(&d->commit, other, err);
    }
    if (rc == 0 && !target->gz) { /* one whose compression had not come to its end */
        struct nj_journal_file packed = *target;
        packed.gz = true;
        rc = nj_journal_name_make(&packed, other, sizeof other, err);
    }
    if (rc == 0 && !target->gz)
        rc = nj_commit_drop(&d->commit, other, err);
    return rc;
}

static int one_day(struct nj_deposit *d, const struct nj_stage_day *day, struct nj_error *err)
{
    struct nj_journal_file target = target_of(d, day->day), plain = target;
    char name[NAME_SIZE], staged[NJ_PATH_MAX];
    bool written = false;
    plain.gz = false;
    int rc = nj_journal_name_make(&plain, name, sizeof name, err);
    if (rc == 0)
        rc = nj_path_join(staged, sizeof staged, d->stage.dir, name, err);
    if (rc == 0)
        rc = make_day(d, day, staged, &written, err);
    if (rc != 0 || !written)
        return rc;
    d->days_written++;
    if (d->options.dry_run)
        return 0;
    if (target.gz) {
        rc = nj_compress_file(d->options.platform, staged, NULL, err);
        if (rc == 0)
            rc = nj_journal_name_make(&target, name, sizeof name, err);
    }
    if (rc == 0)
        rc = nj_commit_put(&d->commit, name, err);
    return rc == 0 ? drop_day(d, &target, name, err) : rc;
}

/* A file of several days gives way even when its own day has none of its rows. */
static int drop_several(struct nj_deposit *d, struct nj_error *err)
{
    char name[NAME_SIZE];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < d->existing.n; i++) {
        const struct nj_existing_file *f = &d->existing.files[i];
        if (!f->taken || !f->several ||
            (f->file.day != NJ_DAY_LIVE && nj_stage_day_of(&d->stage, f->file.day)))
            continue;
        rc = nj_journal_name_make(&f->file, name, sizeof name, err);
        if (rc == 0)
            rc = nj_commit_drop(&d->commit, name, err);
    }
    return rc;
}

/* A dry run works elsewhere and leaves the folder alone. */
static int take_scratch(struct nj_deposit *d, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    const char *tmp = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe) */
    int rc =
        nj_path_join(path, sizeof path, tmp && *tmp ? tmp : "/tmp", "njord-import-XXXXXX", err);
    if (rc == 0 && !mkdtemp(path))
        rc = nj_error_errno(err, errno, "folder '%s': cannot be made", path);
    return rc ? rc : nj_stage_open(&d->stage, d->options.platform, path, err);
}

static int merge_days(struct nj_deposit *d, struct nj_error *err)
{
    for (size_t i = 0; i < d->stage.n_days; i++)
        d->days += d->stage.days[i].rows[NJ_STAGE_NEW] > 0;
    int rc = nj_existing_find(&d->existing, d->options.dir, d->stem, d->options.type, d->symbol,
                              &d->stage, !d->options.dry_run, err);
    if (rc == 0)
        rc = nj_existing_stage(&d->existing, &d->stage, err);
    if (rc == 0)
        rc = nj_stage_flush(&d->stage, err);
    for (size_t i = 0; rc == 0 && i < d->stage.n_days; i++) {
        rc = one_day(d, &d->stage.days[i], err);
        if (rc == 0 && d->options.told)
            d->options.told(d->options.ctx);
    }
    if (d->added + d->replaced == 0)
        d->days_written = 0;
    return rc;
}

static int put_in_place(struct nj_deposit *d, struct nj_error *err)
{
    if (d->options.dry_run || d->added + d->replaced == 0)
        return 0;
    int rc = drop_several(d, err);
    if (rc == 0)
        rc = nj_commit_run(&d->commit, err);
    d->keep_stage = rc != 0 && nj_commit_is_left(d->stage.dir);
    if (d->keep_stage)
        nj_error_context(err, "begun and not ended, the next import ends it");
    return rc;
}

/* ---- life ------------------------------------------------------------------------------------ */

int nj_deposit_open(struct nj_deposit *d, const struct nj_deposit_options *options,
                    struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    *d = (struct nj_deposit){.options = *options};
    int rc = options->dry_run ? take_scratch(d, err)
                              : nj_path_join(path, sizeof path, options->dir, options->stage, err);
    if (rc == 0 && !options->dry_run)
        rc = nj_stage_open(&d->stage, options->platform, path, err);
    d->commit = (struct nj_commit){
        .platform = options->platform, .dir = options->dir, .staged = d->stage.dir};
    return rc;
}

void nj_deposit_close(struct nj_deposit *d)
{
    nj_existing_free(&d->existing);
    nj_commit_free(&d->commit);
    nj_stage_close(&d->stage, d->keep_stage);
}

int nj_deposit_add(struct nj_deposit *d, const njord_event *event, struct nj_error *err)
{
    char line[1024];
    size_t len;
    struct nj_stage_row place = {.ts_ns = event->ts_ns, .id = -1};
    if (event->type == NJORD_EV_BAR) {
        place.bar = true;
        place.ts_ns = ((const njord_bar *)event)->ts_open;
    } else {
        int64_t id = nj_trade_id_number(((const njord_trade *)event)->trade_id);
        place.id = njord_is_set_i64(id) ? id : -1;
    }
    if (njord_encode_json(event, NULL, line, sizeof line, &len) != 0)
        return nj_error_set(err, NJ_ERR_INTERNAL, "the row cannot be written");
    d->rows++;
    return nj_stage_add(&d->stage, NJ_STAGE_NEW, &place, line, len, err);
}

int nj_deposit_end(struct nj_deposit *d, const char *stem, const char *symbol, struct nj_error *err)
{
    d->stem = stem;
    d->symbol = symbol;
    int rc = merge_days(d, err);
    return rc == 0 ? put_in_place(d, err) : rc;
}
