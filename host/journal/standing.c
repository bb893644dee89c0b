#include "journal/standing.h"

#include "base/buf.h"
#include "base/map.h"
#include "journal/journal.h"
#include "journal/json_check.h"
#include "journal/names.h"

#include <errno.h>
#include <njord/lines.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OPEN 32u               /* files read at once */
#define CHUNK    ((size_t)1 << 16) /* bytes of lines that are taken from a file at once */
#define TAIL     ((size_t)2 << 20) /* holds the longest line */

/* One journal, and how far it was read. */
struct chain {
    struct nj_journal_file *files; /* of the folder's list */
    size_t n_files, at_file;
    njord_lines *lines;     /* of files[at_file]; NULL: closed */
    uint64_t offset, taken; /* of that file: bytes and lines taken into the chunk */
    struct nj_buf chunk;    /* lines, each with its end */
    size_t at;              /* of the chunk: the next line */
    uint64_t number;        /* of that line in its file */
    bool ended;
    struct chain *newer, *older; /* by last use, while open */
};

struct nj_standing {
    const struct nj_platform *platform;
    struct nj_log *log;
    char dir[NJ_PATH_MAX];
    struct nj_journal_files list;
    struct nj_map chains; /* stem to struct chain */
    size_t left;
    struct chain *newest, *oldest;
    uint32_t n_open;
    uint64_t last_seq;
    int64_t last_ns;
};

/* ---- files ----------------------------------------------------------------------------------- */

static void close_chain(struct nj_standing *s, struct chain *c)
{
    if (!c->lines)
        return;
    njord_lines_close(c->lines);
    c->lines = NULL;
    *(c->newer ? &c->newer->older : &s->newest) = c->older;
    *(c->older ? &c->older->newer : &s->oldest) = c->newer;
    c->newer = c->older = NULL;
    s->n_open--;
}

static int path_of(const struct nj_standing *s, const struct nj_journal_file *file, char *path,
                   struct nj_error *err)
{
    char name[NJ_STEM_SIZE + 32];
    int rc = nj_journal_name_make(file, name, sizeof name, err);
    return rc == 0 ? nj_path_join(path, NJ_PATH_MAX, s->dir, name, err) : rc;
}

/* The chain's present file, read on where it was left. */
static int open_chain(struct nj_standing *s, struct chain *c, struct nj_error *err)
{
    char path[NJ_PATH_MAX], why[NJ_ERROR_TEXT];
    if (c->lines)
        return 0;
    int rc = path_of(s, &c->files[c->at_file], path, err);
    if (rc != 0)
        return rc;
    while (s->n_open >= MAX_OPEN)
        close_chain(s, s->oldest);
    c->lines = njord_lines_open(path, why, sizeof why);
    if (!c->lines && c->files[c->at_file].day != NJ_DAY_LIVE && !c->files[c->at_file].gz) {
        c->files[c->at_file].gz = true; /* compressed meanwhile: the same text */
        if (path_of(s, &c->files[c->at_file], path, err) == 0)
            c->lines = njord_lines_open(path, why, sizeof why);
    }
    if (!c->lines)
        return nj_error_set(err, NJ_ERR_IO, "%s", why);
    c->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = c;
    s->newest = c;
    s->n_open++;
    if (c->offset > 0 && njord_lines_seek(c->lines, c->offset, c->taken + 1) != 0) {
        rc = nj_error_set(err, NJ_ERR_IO, "%s", njord_lines_error(c->lines));
        close_chain(s, c);
    }
    return rc;
}

/* Takes the next lines into the chunk, from the next file when one is at its end. The chain has
 * ended when none come. */
static int refill(struct nj_standing *s, struct chain *c, struct nj_error *err)
{
    nj_buf_clear(&c->chunk);
    c->at = 0;
    while (c->chunk.len == 0 && !c->ended) {
        if (c->at_file == c->n_files) {
            c->ended = true;
            s->left--;
            nj_buf_free(&c->chunk);
            return 0;
        }
        int rc = open_chain(s, c, err);
        if (rc != 0)
            return rc;
        c->number = c->taken + 1;
        njord_line line;
        int more = 1;
        while (c->chunk.len < CHUNK && (more = njord_lines_next(c->lines, &line)) == 1) {
            if (line.too_long)
                return nj_error_set(err, NJ_ERR_INPUT,
                                    "journal '%s', line %llu: longer than a line may be",
                                    c->files[c->at_file].stem, (unsigned long long)line.number);
            if (line.torn) { /* the end of data; only the live file may have one */
                more = 0;
                break;
            }
            if (!nj_buf_add(&c->chunk, line.text, line.len) || !nj_buf_add(&c->chunk, "\n", 1))
                return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory",
                                    c->files[c->at_file].stem);
            c->offset = line.end;
            c->taken = line.number;
        }
        if (more < 0)
            return nj_error_set(err, NJ_ERR_IO, "%s", njord_lines_error(c->lines));
        if (more == 0 && c->chunk.len == 0) {
            close_chain(s, c);
            c->at_file++;
            c->offset = c->taken = 0;
        }
    }
    return 0;
}

/* The next line, in the chunk. */
static size_t length_of_next(const struct chain *c)
{
    const char *start = c->chunk.data + c->at;
    const char *end = memchr(start, '\n', c->chunk.len - c->at);
    return (size_t)(end - start);
}

/* Is this history that was put there: a whole line of market data without a seq, that no run made?
 * What is broken is not: it is told. */
static bool is_foreign(const struct chain *c, const char *line, size_t len)
{
    const char *stem = c->files[0].stem;
    return (strncmp(stem, "md.", 3) == 0 || strncmp(stem, "ohlcv.", 6) == 0) &&
           !memmem(line, len, "\"seq\":", 6) && nj_json_is_object(line, len);
}

/* Passes over imported history. */
static int pass_foreign(struct nj_standing *s, struct chain *c, struct nj_error *err)
{
    int rc = 0;
    while (rc == 0 && !c->ended) {
        size_t len = length_of_next(c);
        if (!is_foreign(c, c->chunk.data + c->at, len))
            break;
        c->at += len + 1;
        c->number++;
        if (c->at == c->chunk.len)
            rc = refill(s, c, err);
    }
    return rc;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* The number after a key, of a line that we wrote: of its own members only, which come first. */
static bool number_of(const char *line, const char *key, int64_t *out)
{
    const char *at = strstr(line, key);
    char *end;
    if (!at)
        return false;
    at += strlen(key);
    long long v = strtoll(at, &end, 10);
    *out = v;
    return end != at;
}

/* The last whole line of a plain file, from its last bytes. */
static int last_plain_line(const char *path, off_t size, struct nj_buf *out, struct nj_error *err)
{
    size_t want = size < (off_t)TAIL ? (size_t)size : TAIL;
    int rc = 0;
    FILE *file = fopen(path, "re");
    char *tail = malloc(want + 1);
    if (!file || !tail)
        rc = nj_error_errno(err, file ? ENOMEM : errno, "journal '%s': cannot be read", path);
    else if (fseeko(file, size - (off_t)want, SEEK_SET) != 0 || fread(tail, 1, want, file) != want)
        rc = nj_error_errno(err, EIO, "journal '%s': cannot be read", path);
    if (rc == 0) {
        const char *end = memrchr(tail, '\n', want);
        size_t len = end ? (size_t)(end - tail) : 0;
        const char *before = len > 0 ? memrchr(tail, '\n', len) : NULL;
        const char *start = before ? before + 1 : tail;
        if (len > 0 && !nj_buf_add(out, start, (size_t)(end - start)))
            rc = nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", path);
    }
    free(tail);
    if (file)
        fclose(file);
    return rc;
}

/* The same of a compressed one, which is read to its end. */
static int last_packed_line(const char *path, struct nj_buf *out, struct nj_error *err)
{
    char why[NJ_ERROR_TEXT];
    njord_block block;
    int rc = 0, more = 0;
    njord_lines *lines = njord_lines_open(path, why, sizeof why);
    if (!lines)
        return nj_error_set(err, NJ_ERR_IO, "%s", why);
    while (rc == 0 && (more = njord_lines_block(lines, &block)) == 1) {
        if (block.torn || block.too_long || block.len < 2)
            continue;
        const char *before = memrchr(block.text, '\n', block.len - 1);
        const char *start = before ? before + 1 : block.text;
        nj_buf_clear(out);
        if (!nj_buf_add(out, start, block.len - (size_t)(start - block.text)))
            rc = nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", path);
    }
    if (rc == 0 && more < 0)
        rc = nj_error_set(err, NJ_ERR_IO, "%s", njord_lines_error(lines));
    njord_lines_close(lines);
    return rc;
}

/* Sets the torn tail of a live file aside, and notes what its last line tells. */
static int look_at_tail(struct nj_standing *s, const struct nj_journal_file *file,
                        struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    struct nj_buf last = {0};
    uint64_t cut = 0;
    int64_t value;
    int rc = path_of(s, file, path, err);
    if (rc == 0 && file->day == NJ_DAY_LIVE)
        rc = nj_journal_repair(s->platform, path, &cut, err);
    if (rc == 0 && cut > 0)
        nj_log(s->log, NJ_WARN, "journal", "torn_tail", NJ_TEXT("path", path),
               NJ_INT("bytes", cut));
    if (rc == 0)
        rc = file->gz ? last_packed_line(path, &last, err)
                      : last_plain_line(path, (off_t)file->size - (off_t)cut, &last, err);
    if (rc == 0 && last.len > 0) {
        if (number_of(last.data, "\"seq\":", &value) && value > 0 && (uint64_t)value > s->last_seq)
            s->last_seq = (uint64_t)value;
        if (number_of(last.data, "\"ts_recv_ns\":", &value) && value > s->last_ns)
            s->last_ns = value;
    }
    nj_buf_free(&last);
    return rc;
}

static int add_chain(struct nj_standing *s, size_t from, size_t n, struct nj_error *err)
{
    struct nj_journal_file *files = &s->list.files[from];
    struct nj_stem stem;
    if (!nj_stem_parse(files->stem, &stem))
        return 0;
    struct chain *c = calloc(1, sizeof *c);
    if (!c || !nj_map_put(&s->chains, files->stem, c)) {
        free(c);
        return nj_error_set(err, NJ_ERR_NOMEM, "journals '%s': out of memory", s->dir);
    }
    c->files = files;
    c->n_files = n;
    s->left++;
    /* each file's last line: a chain's last file may be empty, another's newer */
    int rc = look_at_tail(s, &files[n - 1], err);
    if (rc == 0 && n > 1)
        rc = look_at_tail(s, &files[n - 2], err);
    if (rc == 0)
        rc = refill(s, c, err);
    return rc == 0 ? pass_foreign(s, c, err) : rc;
}

int nj_standing_open(struct nj_standing **out, const struct nj_platform *pf, struct nj_log *log,
                     const char *dir, struct nj_error *err)
{
    *out = NULL;
    struct nj_standing *s = calloc(1, sizeof *s);
    if (!s)
        return nj_error_set(err, NJ_ERR_NOMEM, "journals '%s': out of memory", dir);
    s->platform = pf;
    s->log = log;
    s->last_ns = INT64_MIN;
    int rc = nj_path_join(s->dir, sizeof s->dir, "", dir, err);
    if (rc == 0)
        rc = nj_journal_list(dir, NULL, &s->list, err);
    if (rc == NJ_ERR_NOT_FOUND)
        rc = 0;
    for (size_t i = 0, n; rc == 0 && i < s->list.n; i += n) {
        for (n = 1;
             i + n < s->list.n && strcmp(s->list.files[i + n].stem, s->list.files[i].stem) == 0;)
            n++;
        rc = add_chain(s, i, n, err);
    }
    if (rc != 0) {
        nj_standing_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

void nj_standing_close(struct nj_standing *s)
{
    if (!s)
        return;
    size_t at = 0;
    for (const struct nj_map_entry *e; (e = nj_map_next(&s->chains, &at));) {
        struct chain *c = e->value;
        close_chain(s, c);
        nj_buf_free(&c->chunk);
    }
    nj_map_free(&s->chains, free);
    nj_journal_files_free(&s->list);
    free(s);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void describe(const struct nj_standing *s, const struct chain *c,
                     struct nj_standing_place *where)
{
    char path[NJ_PATH_MAX] = "";
    *where = (struct nj_standing_place){.line = c->number};
    path_of(s, &c->files[c->at_file], path, NULL);
    snprintf(where->file, sizeof where->file, "%.*s", (int)sizeof where->file - 1, path);
    size_t len = length_of_next(c);
    snprintf(where->text, sizeof where->text, "%.*s", len < sizeof where->text ? (int)len : 159,
             c->chunk.data + c->at);
}

int nj_standing_compare(struct nj_standing *s, const char *stem, const char *line, size_t len,
                        enum nj_standing_verdict *verdict, struct nj_standing_place *where,
                        struct nj_error *err)
{
    struct chain *c = nj_map_get(&s->chains, stem);
    *verdict = NJ_STANDING_END;
    if (!c || c->ended)
        return 0;
    if (length_of_next(c) != len || memcmp(c->chunk.data + c->at, line, len) != 0) {
        *verdict = NJ_STANDING_OTHER;
        describe(s, c, where);
        return 0;
    }
    *verdict = NJ_STANDING_SAME;
    c->at += len + 1;
    c->number++;
    int rc = c->at == c->chunk.len ? refill(s, c, err) : 0;
    return rc == 0 ? pass_foreign(s, c, err) : rc;
}

size_t nj_standing_left(const struct nj_standing *s)
{
    return s->left;
}

bool nj_standing_next_left(struct nj_standing *s, struct nj_standing_place *where)
{
    for (size_t i = 0; i < s->list.n; i++) {
        const struct chain *c = nj_map_get(&s->chains, s->list.files[i].stem);
        if (!c || c->ended)
            continue;
        describe(s, c, where);
        return true;
    }
    return false;
}

uint64_t nj_standing_last_seq(const struct nj_standing *s)
{
    return s->last_seq;
}

int64_t nj_standing_last_ns(const struct nj_standing *s)
{
    return s->last_ns;
}
