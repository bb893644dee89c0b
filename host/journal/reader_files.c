/* reader_files.c - which files a chain reads, and in which order. See reader_chain.h. */
#include "journal/reader_chain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 64 /* of a folder that changes faster than its files are opened */

/* ---- one file -------------------------------------------------------------------------------- */

/* Opens one; NJ_ERR_NOT_FOUND: it is gone. */
static int open_file(struct nj_chain *c, const struct nj_journal_file *file, struct nj_error *err)
{
    char name[NJ_STEM_SIZE + 64], why[NJ_ERROR_TEXT];
    int rc = nj_journal_name_make(file, name, sizeof name, err);
    if (rc < 0)
        return rc;
    size_t size = strlen(c->options->dir) + strlen(name) + 2;
    c->path = malloc(size);
    if (!c->path)
        return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", name);
    snprintf(c->path, size, "%s/%s", c->options->dir, name);
    c->lines = njord_lines_open(c->path, why, sizeof why);
    if (!c->lines) {
        rc = errno == ENOENT ? NJ_ERR_NOT_FOUND : NJ_ERR_IO;
        nj_chain_close_file(c);
        return nj_error_set(err, rc, "%s", why);
    }
    c->live = file->day == NJ_DAY_LIVE;
    c->begun = 0;
    return 0;
}

void nj_chain_close_file(struct nj_chain *c)
{
    njord_lines_close(c->lines);
    free(c->path);
    c->lines = NULL;
    c->path = NULL;
}

/* ---- what is to be read ---------------------------------------------------------------------- */

/* Is file i of n out of the range by the names? A date is that of the file's first line, or of its
 * last one, and lines follow in time but for those that came late. So what a file holds ends where
 * the next one begins, at the end of that one's day at the latest; and it begins not before the
 * last day in front of its own, but for what came more than a day late. */
static bool is_out_of_range(const struct nj_chain *c, const struct nj_journal_file *files, size_t n,
                            size_t i)
{
    int32_t day = files[i].day;
    if (i + 1 < n && files[i + 1].day != NJ_DAY_LIVE &&
        nj_day_start_ns(files[i + 1].day + 1) <= c->options->from_ns)
        return true;
    if (c->options->to_ns == INT64_MAX || i == 0)
        return false;
    if (day == NJ_DAY_LIVE) /* perhaps it goes on with the day of the last dated one */
        day = files[i - 1].day;
    while (i > 0 && files[i - 1].day >= day)
        i--;
    return i > 0 && nj_day_start_ns(files[i - 1].day) >= c->options->to_ns;
}

static bool is_known(const struct nj_chain *c, const struct nj_journal_file *file)
{
    for (size_t i = c->n_places; i-- > 0;) { /* what is asked about is mostly the newest */
        if (c->places[i].day == file->day && c->places[i].part == file->part)
            return true;
    }
    return false;
}

static int add_place(struct nj_chain *c, const struct nj_journal_file *file, bool done,
                     struct nj_error *err)
{
    if (c->n_places == c->cap_places) {
        size_t cap = c->cap_places ? c->cap_places * 2 : 8;
        struct nj_place *grown = realloc(c->places, cap * sizeof *grown);
        if (!grown)
            return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", c->stem);
        c->places = grown;
        c->cap_places = cap;
    }
    c->places[c->n_places++] =
        (struct nj_place){.day = file->day, .part = file->part, .done = done};
    return 0;
}

int nj_chain_learn(struct nj_chain *c, size_t *added, struct nj_error *err)
{
    size_t n, known = c->n_places;
    const struct nj_journal_file *files = nj_shelf_of(c->shelf, c->stem, &n);
    *added = 0;
    for (size_t i = 0; i < n; i++) {
        if (files[i].day == NJ_DAY_LIVE || (known > 0 && is_known(c, &files[i])))
            continue;
        bool out = is_out_of_range(c, files, n, i);
        int rc = add_place(c, &files[i], out, err);
        if (rc < 0)
            return rc;
        *added += !out;
    }
    return 0;
}

/* ---- from file to file ----------------------------------------------------------------------- */

int nj_chain_open_place(struct nj_chain *c, const struct nj_place *place, struct nj_error *err)
{
    int rc = NJ_ERR_NOT_FOUND;
    for (int i = 0; i < TRIES && rc == NJ_ERR_NOT_FOUND; i++) {
        const struct nj_journal_file *file =
            nj_shelf_at(c->shelf, c->stem, place->day, place->part);
        if (!file && i > 0)
            break;
        rc = file ? open_file(c, file, err) : NJ_ERR_NOT_FOUND;
        if (rc == NJ_ERR_NOT_FOUND) { /* compressed meanwhile, or removed */
            int listed = nj_shelf_list(c->shelf, err);
            if (listed < 0)
                return listed;
        }
    }
    return rc;
}

/* The dated file that is next. 1: it is open; 0: there is none left; or the error. */
static int next_dated(struct nj_chain *c, struct nj_error *err)
{
    for (; c->at < c->n_places; c->at++) {
        if (c->places[c->at].done)
            continue;
        int rc = nj_chain_open_place(c, &c->places[c->at], err);
        if (rc < 0 && rc != NJ_ERR_NOT_FOUND)
            return rc;
        if (rc == 0) {
            c->at++;
            return 1;
        }
    }
    return 0;
}

/* The live file, unless a rotation has given its name to another one: then there is a dated one
 * that comes first. 1: it is open; 0: there is none, or not yet; or the error. */
static int open_live(struct nj_chain *c, size_t *added, struct nj_error *err)
{
    size_t n;
    const struct nj_journal_file *files = nj_shelf_of(c->shelf, c->stem, &n);
    *added = 0;
    if (n == 0 || files[n - 1].day != NJ_DAY_LIVE || is_out_of_range(c, files, n, n - 1))
        return 0;
    int rc = open_file(c, &files[n - 1], err);
    if (rc < 0 && rc != NJ_ERR_NOT_FOUND)
        return rc;
    bool gone = rc == NJ_ERR_NOT_FOUND;
    rc = gone ? nj_shelf_list(c->shelf, err) : nj_shelf_refresh(c->shelf, err);
    if (rc == 0)
        rc = nj_chain_learn(c, added, err);
    if (rc < 0 || *added > 0)
        nj_chain_close_file(c);
    if (rc == 0 && gone && *added == 0 && nj_shelf_at(c->shelf, c->stem, NJ_DAY_LIVE, 0))
        *added = 1; /* a new one has come: once more */
    return rc < 0 ? rc : c->lines != NULL;
}

int nj_chain_next_file(struct nj_chain *c, struct nj_error *err)
{
    for (int i = 0; i < TRIES; i++) {
        size_t added = 0;
        int rc = next_dated(c, err);
        if (rc != 0)
            return rc;
        rc = nj_shelf_refresh(c->shelf, err);
        if (rc == 0)
            rc = nj_chain_learn(c, &added, err);
        if (rc < 0)
            return rc;
        if (added > 0)
            continue;
        rc = open_live(c, &added, err);
        if (rc != 0 || added == 0)
            return rc;
    }
    return nj_error_set(err, NJ_ERR_BUSY,
                        "journal '%s/%s': its files change faster than they can be opened",
                        c->options->dir, c->stem);
}
