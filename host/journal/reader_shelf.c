/* reader_shelf.c - the folder as a reader's chains see it. See reader_chain.h. */
#include "base/platform.h"
#include "journal/reader_chain.h"

#include <string.h>
#include <sys/stat.h>

/* A folder's time stamp may stand still that long although it changes. */
#define FRESH_NS 50000000

/* When the folder last changed; 0: just now, or nobody knows. */
static int64_t folder_changed(const char *dir)
{
    struct stat st;
    int64_t now = nj_platform_system()->realtime_ns(NULL);
    if (stat(dir, &st) != 0)
        return 0;
    int64_t then = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return now - then < FRESH_NS ? 0 : then;
}

int nj_shelf_list(struct nj_shelf *shelf, struct nj_error *err)
{
    int64_t changed = folder_changed(shelf->dir); /* before: what changes from here on is seen */
    nj_journal_files_free(&shelf->files);
    shelf->changed_ns = changed;
    return nj_journal_list(shelf->dir, shelf->glob, &shelf->files, err);
}

int nj_shelf_refresh(struct nj_shelf *shelf, struct nj_error *err)
{
    if (shelf->changed_ns != 0 && folder_changed(shelf->dir) == shelf->changed_ns)
        return 0;
    return nj_shelf_list(shelf, err);
}

void nj_shelf_clear(struct nj_shelf *shelf)
{
    nj_journal_files_free(&shelf->files);
}

/* The first file that is not before this place. */
static size_t find(const struct nj_shelf *shelf, const char *stem, int32_t day, uint32_t part)
{
    const struct nj_journal_file *files = shelf->files.files;
    size_t low = 0, left = shelf->files.n;
    while (left > 0) {
        size_t half = left / 2;
        const struct nj_journal_file *f = &files[low + half];
        int c = strcmp(f->stem, stem);
        if (c < 0 || (c == 0 && (f->day < day || (f->day == day && f->part < part)))) {
            low += half + 1;
            left -= half + 1;
        } else {
            left = half;
        }
    }
    return low;
}

const struct nj_journal_file *nj_shelf_of(const struct nj_shelf *shelf, const char *stem, size_t *n)
{
    size_t first = find(shelf, stem, INT32_MIN, 0), behind = first;
    while (behind < shelf->files.n && strcmp(shelf->files.files[behind].stem, stem) == 0)
        behind++;
    *n = behind - first;
    return *n == 0 ? NULL : &shelf->files.files[first];
}

const struct nj_journal_file *nj_shelf_at(const struct nj_shelf *shelf, const char *stem,
                                          int32_t day, uint32_t part)
{
    size_t i = find(shelf, stem, day, part);
    const struct nj_journal_file *f = i < shelf->files.n ? &shelf->files.files[i] : NULL;
    return f && strcmp(f->stem, stem) == 0 && f->day == day && f->part == part ? f : NULL;
}
