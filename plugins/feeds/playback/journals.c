#include "journals.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_NS 86400000000000

static int compare(const void *a, const void *b)
{
    const struct journals_file *x = a, *y = b;
    return njord_journal_name_order(&x->name, &y->name);
}

static int add(struct journals *f, size_t *cap, const char *dir, const char *name)
{
    struct journals_file file;
    if (!njord_journal_name_parse(name, &file.name))
        return 0;
    if (f->n == *cap) {
        size_t more = *cap ? *cap * 2 : 64;
        struct journals_file *grown = realloc(f->files, more * sizeof *grown);
        if (!grown)
            return -1;
        f->files = grown;
        *cap = more;
    }
    size_t len = strlen(dir) + strlen(name) + 2;
    file.path = malloc(len);
    if (!file.path)
        return -1;
    snprintf(file.path, len, "%s/%s", dir, name);
    f->files[f->n++] = file;
    return 0;
}

int journals_read(struct journals *f, const char *dir, char *why, size_t why_cap)
{
    size_t cap = 0, n = 0;
    int failed = 0;
    *f = (struct journals){0};
    DIR *d = opendir(dir);
    if (!d) {
        char reason[96];
        snprintf(why, why_cap, "journal folder '%s': %s", dir,
                 strerror_r(errno, reason, sizeof reason));
        return -1;
    }
    const struct dirent *entry;
    while (!failed && (entry = readdir(d)) != NULL) /* NOLINT(concurrency-mt-unsafe) */
        failed = add(f, &cap, dir, entry->d_name) < 0;
    closedir(d);
    if (failed) {
        snprintf(why, why_cap, "journal folder '%s': out of memory", dir);
        journals_free(f);
        return -1;
    }
    if (f->n > 0)
        qsort(f->files, f->n, sizeof *f->files, compare);
    for (size_t i = 0; i < f->n; i++) { /* of a plain one and its compression the first counts */
        struct journals_file *last = n ? &f->files[n - 1] : NULL;
        if (last && last->name.day == f->files[i].name.day &&
            last->name.part == f->files[i].name.part &&
            strcmp(last->name.stem, f->files[i].name.stem) == 0)
            free(f->files[i].path);
        else
            f->files[n++] = f->files[i];
    }
    f->n = n;
    return 0;
}

void journals_free(struct journals *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->files[i].path);
    free(f->files);
    *f = (struct journals){0};
}

static int64_t day_of(int64_t ts_ns)
{
    return ts_ns / DAY_NS - (ts_ns % DAY_NS < 0);
}

const char **journals_chain(const struct journals *f, const char *stem, int64_t from_ns,
                            int64_t to_ns, size_t *n)
{
    const char **paths = calloc(f->n + 1, sizeof *paths);
    int64_t first = day_of(from_ns), last = day_of(to_ns), before = INT64_MIN;
    *n = 0;
    for (size_t i = 0; paths && i < f->n; i++) {
        const struct journals_file *file = &f->files[i];
        if (strcmp(file->name.stem, stem) != 0)
            continue;
        /* a file's day is that of its last line; it begins where the one before it ended */
        if (file->name.day >= first && before <= last)
            paths[(*n)++] = file->path;
        before = file->name.day;
    }
    return paths;
}
