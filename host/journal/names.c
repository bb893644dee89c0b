#include "journal/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <njord/codec.h>
#include <njord/journal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HALF_DAY_NS (NJ_DAY_NS / 2)
#define SCANS_MAX   10       /* of a folder that changes while it is read */
#define FRESH_NS    20000000 /* a folder's mtime may stand still that long although it changes */

static const char symbol_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

_Static_assert(NJ_STEM_SIZE == NJORD_STEM_SIZE && NJ_DAY_LIVE == NJORD_DAY_LIVE, "one rule");

/* ---- days ------------------------------------------------------------------------------------ */

int32_t nj_day_of(int64_t ts_ns)
{
    return (int32_t)(ts_ns / NJ_DAY_NS - (ts_ns % NJ_DAY_NS < 0));
}

int64_t nj_day_start_ns(int32_t day)
{
    int64_t start;
    if (__builtin_mul_overflow((int64_t)day, NJ_DAY_NS, &start)) /* the first day begins earlier */
        return day < 0 ? INT64_MIN : INT64_MAX;
    return start;
}

static bool put_day(int32_t day, char out[9])
{
    char text[32];
    /* wraps for a day that no int64 has, which then is another one's */
    int64_t ts = (int64_t)((uint64_t)day * (uint64_t)NJ_DAY_NS + (uint64_t)HALF_DAY_NS);
    if (nj_day_of(ts) != day || njord_format_time(ts, 0, text, sizeof text) == 0)
        return false;
    snprintf(out, 9, "%.4s%.2s%.2s", text, text + 5, text + 8);
    return true;
}

/* ---- names ----------------------------------------------------------------------------------- */

bool nj_journal_name_parse(const char *name, struct nj_journal_file *out)
{
    njord_journal_name parsed;
    if (!njord_journal_name_parse(name, &parsed))
        return false;
    *out = (struct nj_journal_file){.day = parsed.day, .part = parsed.part, .gz = parsed.gz != 0};
    memcpy(out->stem, parsed.stem, sizeof parsed.stem);
    return true;
}

int nj_journal_name_make(const struct nj_journal_file *file, char *out, size_t cap,
                         struct nj_error *err)
{
    char day[9] = "";
    int n;
    bool live = file->day == NJ_DAY_LIVE;
    if (!njord_journal_is_stem(file->stem, strnlen(file->stem, sizeof file->stem)))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "journal '%.*s': expected letters, digits, '.', '_', '-', no leading "
                            "dot, no date at its end",
                            NJ_STEM_SIZE - 1, file->stem);
    if (live ? file->part != 0 || file->gz : !put_day(file->day, day))
        return nj_error_set(err, NJ_ERR_INPUT, "journal '%s': no file of day %d, part %u%s",
                            file->stem, file->day, file->part, file->gz ? ", compressed" : "");
    const char *gz = file->gz ? ".gz" : "";
    if (live)
        n = snprintf(out, cap, "%s.ndjson", file->stem);
    else if (file->part == 0)
        n = snprintf(out, cap, "%s.%s.ndjson%s", file->stem, day, gz);
    else
        n = snprintf(out, cap, "%s.%s.%u.ndjson%s", file->stem, day, file->part, gz);
    return n >= 0 && (size_t)n < cap
               ? 0
               : nj_error_set(err, NJ_ERR_LIMIT, "journal '%s': name too long", file->stem);
}

/* ---- stems ----------------------------------------------------------------------------------- */

int64_t nj_timeframe_ns(const char *timeframe)
{
    return njord_timeframe_ns(timeframe);
}

static bool is_symbol(const char *text)
{
    size_t len = strlen(text);
    return len >= 2 && len < NJORD_SYMBOL_SIZE && strspn(text, symbol_chars) == len;
}

/* Reads the placeholders of a topic's journal out of a stem. */
static bool fits(const char *journal, const char *stem, struct nj_stem *out)
{
    for (;;) {
        size_t n = strcspn(journal, "{");
        if (strncmp(journal, stem, n) != 0)
            return false;
        journal += n;
        stem += n;
        if (*journal == '\0')
            return *stem == '\0';
        if (strncmp(journal, "{SYM}", 5) == 0) { /* always the last */
            if (!is_symbol(stem))
                return false;
            snprintf(out->sym, sizeof out->sym, "%s", stem);
            return true;
        }
        n = strcspn(stem, ".");
        if (n >= sizeof out->timeframe)
            return false;
        memcpy(out->timeframe, stem, n);
        out->timeframe[n] = '\0';
        if (nj_timeframe_ns(out->timeframe) == 0)
            return false;
        journal += strlen("{tf}");
        stem += n;
    }
}

bool nj_stem_parse(const char *stem, struct nj_stem *out)
{
    bool found = false;
    *out = (struct nj_stem){0};
    for (const njord_topic *t = njord_topics; t->pattern; t++) {
        struct nj_stem one = {.topic = t};
        if (t->journal[0] == '\0' || !fits(t->journal, stem, &one))
            continue;
        if (found && out->topic && out->topic->type != t->type) {
            out->topic = NULL; /* several contracts: each line names its own */
        } else if (!found) {
            *out = one;
            found = true;
        }
    }
    return found;
}

int nj_stem_make(const njord_topic *topic, const char *timeframe, const char *symbol, char *out,
                 size_t cap, struct nj_error *err)
{
    char sym[NJORD_SYMBOL_SIZE] = "";
    size_t n = 0;
    const char *slash = strchr(symbol, '/');
    size_t base = slash ? (size_t)(slash - symbol) : strlen(symbol);
    if (base + (slash ? strlen(slash + 1) : 0) < sizeof sym)
        snprintf(sym, sizeof sym, "%.*s%s", (int)base, symbol, slash ? slash + 1 : "");
    if (topic->journal[0] == '\0')
        return nj_error_set(err, NJ_ERR_INPUT, "topic '%s': has no journal", topic->pattern);
    if (strstr(topic->journal, "{SYM}") && !is_symbol(sym))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "symbol '%.40s': expected one like ATOM/USDT or ATOMUSDT", symbol);
    if (strstr(topic->journal, "{tf}") && nj_timeframe_ns(timeframe) == 0)
        return nj_error_set(err, NJ_ERR_INPUT, "timeframe '%.20s': expected one like 1m or 4h",
                            timeframe);
    for (const char *p = topic->journal; *p;) {
        const char *part = p;
        size_t skip = strcspn(p, "{"), len = skip;
        if (len == 0) {
            part = strncmp(p, "{SYM}", 5) == 0 ? sym : timeframe;
            skip = strcspn(p, "}") + 1;
            len = strlen(part);
        }
        if (cap - n <= len)
            return nj_error_set(err, NJ_ERR_LIMIT, "journal of '%.40s': name too long", symbol);
        memcpy(out + n, part, len);
        n += len;
        p += skip;
    }
    out[n] = '\0';
    return 0;
}

/* ---- folders --------------------------------------------------------------------------------- */

/* By stem, day, part; of one that is there plain and compressed the plain one first. */
static int compare(const void *a, const void *b)
{
    const struct nj_journal_file *x = a, *y = b;
    int c = strcmp(x->stem, y->stem);
    if (c != 0)
        return c;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    return (int)x->gz - (int)y->gz;
}

static bool same_place(const struct nj_journal_file *a, const struct nj_journal_file *b)
{
    return strcmp(a->stem, b->stem) == 0 && a->day == b->day && a->part == b->part;
}

/* Has a rotation under way given a live file its dated name already? all[0..n): what is there
 * before it in the order. */
static bool has_dated_name(const struct nj_journal_file *all, size_t n,
                           const struct nj_journal_file *live)
{
    for (; n > 0 && strcmp(all[n - 1].stem, live->stem) == 0; n--)
        if (all[n - 1].dev == live->dev && all[n - 1].ino == live->ino)
            return true;
    return false;
}

/* Drops what counts twice: the compressed one of a pair, a live file with a dated name. */
static void drop_doubles(struct nj_journal_files *all)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct nj_journal_file *f = &all->files[i];
        if (f->day == NJ_DAY_LIVE ? has_dated_name(all->files, n, f)
                                  : n > 0 && same_place(&all->files[n - 1], f))
            continue;
        all->files[n++] = *f;
    }
    all->n = n;
}

static int64_t stamp_ns(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int scan_once(DIR *folder, const char *dir, const char *stem_glob,
                     struct nj_journal_files *out, size_t *cap, struct nj_error *err)
{
    out->n = 0;
    rewinddir(folder);
    for (;;) {
        struct nj_journal_file file;
        struct stat st;
        errno = 0;
        const struct dirent *entry = readdir(folder); /* NOLINT(concurrency-mt-unsafe) */
        if (!entry)
            return errno == 0 ? 0 : nj_error_errno(err, errno, "folder '%s': cannot be read", dir);
        if (!nj_journal_name_parse(entry->d_name, &file) ||
            (stem_glob && !njord_glob_match(stem_glob, file.stem)))
            continue;
        if (fstatat(dirfd(folder), entry->d_name, &st, 0) != 0) {
            if (errno == ENOENT) /* gone meanwhile, or a link to nothing */
                continue;
            return nj_error_errno(err, errno, "journal '%s/%s'", dir, entry->d_name);
        }
        if (!S_ISREG(st.st_mode))
            continue;
        file.size = st.st_size;
        file.mtime_ns = stamp_ns(st.st_mtim);
        file.dev = st.st_dev;
        file.ino = st.st_ino;
        if (out->n == *cap) {
            size_t more = *cap ? *cap * 2 : 64;
            struct nj_journal_file *grown = realloc(out->files, more * sizeof *grown);
            if (!grown)
                return nj_error_set(err, NJ_ERR_NOMEM, "folder '%s': out of memory", dir);
            out->files = grown;
            *cap = more;
        }
        out->files[out->n++] = file;
    }
}

int nj_journal_list(const char *dir, const char *stem_glob, struct nj_journal_files *out,
                    struct nj_error *err)
{
    size_t cap = 0;
    int rc = 0;
    *out = (struct nj_journal_files){0};
    DIR *folder = opendir(dir);
    if (!folder)
        return nj_error_errno(err, errno, "journal folder '%s'", dir);
    /* a file that is renamed while a folder is read may be given under neither name: read again */
    for (int i = 0; i < SCANS_MAX && rc == 0; i++) {
        struct stat before, after;
        bool known = fstat(dirfd(folder), &before) == 0;
        int64_t now = nj_platform_system()->realtime_ns(NULL);
        rc = scan_once(folder, dir, stem_glob, out, &cap, err);
        known = known && fstat(dirfd(folder), &after) == 0;
        if (!known)
            break;
        int64_t age = now - stamp_ns(before.st_mtim);
        if (stamp_ns(before.st_mtim) == stamp_ns(after.st_mtim) && (age < 0 || age > FRESH_NS))
            break;
    }
    closedir(folder);
    if (rc != 0) {
        nj_journal_files_free(out);
        return rc;
    }
    if (out->n > 0)
        qsort(out->files, out->n, sizeof *out->files, compare);
    drop_doubles(out);
    return 0;
}

void nj_journal_files_free(struct nj_journal_files *files)
{
    free(files->files);
    *files = (struct nj_journal_files){0};
}
