/* Saved states of plugins: DIR/state/ID.SEQ, a line of ours in front of the plugin's bytes.
 *
 * The line: "njord-state 1 VERSION SEQ HASH LENGTH CHECK\n", HASH of the plugin file or "-", CHECK
 * the SHA-256 in hex of everything else in the file. So a file cut short, a flipped bit and a file
 * under another's name are all noticed. */
#include "journal/state.h"

#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_MAX     47
#define KEPT       2 /* newest states of an instance */
#define SAVED_SIZE ((size_t)256 << 20)

static int check_id(const char *id, struct nj_error *err)
{
    const char *rest = id[0] == '@' ? id + 1 : id;
    size_t len = strlen(rest);
    if (len == 0 || len > ID_MAX || strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789_") != len)
        return nj_error_set(err, NJ_ERR_INPUT, "instance '%s': expected 1 to %d of a-z, 0-9, '_'",
                            id, ID_MAX);
    return 0;
}

static int saved_path(const struct nj_state *state, const char *id, uint64_t seq, char *path,
                      struct nj_error *err)
{
    char name[128];
    snprintf(name, sizeof name, "state/%s.%" PRIu64, id, seq);
    return nj_path_join(path, NJ_PATH_MAX, nj_state_dir(state), name, err);
}

/* The seqs of the saved states of `id`, newest first; *seqs is the caller's. */
static int list_saved(const struct nj_state *state, const char *id, uint64_t **seqs, size_t *n,
                      struct nj_error *err)
{
    char dir[NJ_PATH_MAX];
    size_t cap = 0, id_len = strlen(id);
    *seqs = NULL;
    *n = 0;
    int rc = nj_path_join(dir, sizeof dir, nj_state_dir(state), "state", err);
    if (rc != 0)
        return rc;
    DIR *d = opendir(dir);
    if (!d)
        return nj_error_errno(err, errno, "folder '%s': cannot be read", dir);
    for (const struct dirent *e; (e = readdir(d));) {
        const char *digits = e->d_name + id_len + 1;
        if (strncmp(e->d_name, id, id_len) != 0 || e->d_name[id_len] != '.' || !*digits ||
            strlen(digits) > 19 || strspn(digits, "0123456789") != strlen(digits))
            continue;
        if (*n == cap) {
            cap = cap ? 2 * cap : 8;
            uint64_t *more = realloc(*seqs, cap * sizeof **seqs);
            if (!more) {
                rc = nj_error_set(err, NJ_ERR_NOMEM, "folder '%s': out of memory", dir);
                break;
            }
            *seqs = more;
        }
        uint64_t seq = strtoull(digits, NULL, 10);
        size_t at = (*n)++;
        for (; at > 0 && (*seqs)[at - 1] < seq; at--)
            (*seqs)[at] = (*seqs)[at - 1];
        (*seqs)[at] = seq;
    }
    closedir(d);
    return rc;
}

/* The check value of a file: its line up to the check, then the bytes. */
static int check_value(const char *line, size_t line_len, const void *data, size_t len,
                       char out[NJ_SHA256_HEX])
{
    uint8_t parts[2 * NJ_SHA256_SIZE], sum[NJ_SHA256_SIZE];
    if (nj_sha256(line, line_len, parts) != 0 ||
        nj_sha256(data, len, parts + NJ_SHA256_SIZE) != 0 ||
        nj_sha256(parts, sizeof parts, sum) != 0)
        return NJ_ERR_INTERNAL;
    nj_hex(sum, sizeof sum, out);
    return 0;
}

int nj_state_put_saved(struct nj_state *state, const char *id, const struct nj_saved *head,
                       const void *data, size_t len, struct nj_error *err)
{
    const struct nj_platform *pf = nj_state_platform(state);
    char path[NJ_PATH_MAX], check[NJ_SHA256_HEX];
    struct nj_buf file = {0};
    uint64_t *seqs = NULL;
    size_t n, hash_len = strnlen(head->hash, sizeof head->hash);
    int rc = check_id(id, err);
    if (rc == 0 && (hash_len > 64 || strspn(head->hash, "0123456789abcdef") != hash_len))
        rc = nj_error_set(err, NJ_ERR_INPUT, "state of '%s': expected a hash in hex", id);
    if (rc == 0 && len > SAVED_SIZE)
        rc = nj_error_set(err, NJ_ERR_LIMIT, "state of '%s': %zu bytes, at most %zu", id, len,
                          SAVED_SIZE);
    if (rc == 0)
        rc = saved_path(state, id, head->seq, path, err);
    if (rc != 0)
        return rc;
    nj_buf_printf(&file, "njord-state 1 %" PRIu32 " %" PRIu64 " %s %zu ", head->version, head->seq,
                  hash_len ? head->hash : "-", len);
    if (!file.failed && check_value(file.data, file.len, data, len, check) != 0) {
        rc = nj_error_set(err, NJ_ERR_INTERNAL, "state of '%s': SHA-256 failed", id);
        goto done;
    }
    nj_buf_printf(&file, "%s\n", check);
    nj_buf_add(&file, data, len);
    if (file.failed) {
        rc = nj_error_set(err, NJ_ERR_NOMEM, "state of '%s': out of memory", id);
        goto done;
    }
    rc = nj_replace_file(pf, path, file.data, file.len, 0640, err);
    if (rc == 0)
        rc = list_saved(state, id, &seqs, &n, err);
    for (size_t i = KEPT; rc == 0 && i < n; i++) {
        rc = saved_path(state, id, seqs[i], path, err);
        if (rc == 0 && pf->unlink(pf->ctx, path) != 0 && errno != ENOENT)
            rc = nj_error_errno(err, errno, "old state '%s': cannot be removed", path);
    }
done:
    free(seqs);
    nj_buf_free(&file);
    return rc;
}

/* Takes a file of ours apart; NJ_ERR_INPUT: it is not whole. */
static int parse_saved(const char *path, uint64_t seq, const struct nj_buf *file,
                       struct nj_saved *head, const char **data, size_t *len, struct nj_error *err)
{
    char hash[65], check[NJ_SHA256_HEX], expected[NJ_SHA256_HEX];
    size_t length;
    int at = 0, end = 0;
    const char *line_end = file->len ? memchr(file->data, '\n', file->len) : NULL;
    if (!line_end || line_end - file->data > 300 ||
        sscanf(file->data,
               "njord-state 1 %10" SCNu32 " %20" SCNu64 " %64[0-9a-f-] %20zu %n%64[0-9a-f]%n",
               &head->version, &head->seq, hash, &length, &at, check, &end) != 5 ||
        file->data + end != line_end || length != file->len - (size_t)end - 1 || head->seq != seq ||
        check_value(file->data, (size_t)at, line_end + 1, length, expected) != 0 ||
        strcmp(check, expected) != 0)
        return nj_error_set(err, NJ_ERR_INPUT, "saved state '%s': damaged", path);
    snprintf(head->hash, sizeof head->hash, "%s", strcmp(hash, "-") == 0 ? "" : hash);
    *data = line_end + 1;
    *len = length;
    return 0;
}

int nj_state_get_saved(struct nj_state *state, const char *id, uint64_t at_most,
                       struct nj_saved *head, struct nj_buf *out, struct nj_error *err)
{
    const struct nj_platform *pf = nj_state_platform(state);
    char path[NJ_PATH_MAX], aside[NJ_PATH_MAX + 8];
    struct nj_error damaged = {0};
    struct nj_buf file = {0};
    uint64_t *seqs = NULL;
    size_t n = 0;
    int rc = check_id(id, err);
    if (rc == 0)
        rc = list_saved(state, id, &seqs, &n, err);
    if (rc != 0)
        goto done;
    rc = nj_error_set(err, NJ_ERR_NOT_FOUND, "no saved state of '%s'", id);
    for (size_t i = 0; i < n; i++) {
        const char *data = NULL;
        size_t len = 0;
        if (at_most > 0 && seqs[i] > at_most)
            continue;
        nj_buf_clear(&file);
        rc = saved_path(state, id, seqs[i], path, err);
        if (rc == 0)
            rc = nj_read_file(path, SAVED_SIZE + 512, &file, err);
        if (rc == 0)
            rc = parse_saved(path, seqs[i], &file, head, &data, &len, err);
        if (rc == NJ_ERR_INPUT) { /* set it aside and try the one before */
            if (err && damaged.code == 0)
                damaged = *err;
            snprintf(aside, sizeof aside, "%s.damaged", path);
            (void)pf->rename(pf->ctx, path, aside);
            continue;
        }
        if (rc == 0 && !nj_buf_add(out, data, len))
            rc = nj_error_set(err, NJ_ERR_NOMEM, "saved state '%s': out of memory", path);
        break;
    }
    if (rc == 0 && err) { /* a warning, or nothing: see state.h */
        *err = damaged;
        err->code = 0;
    }
done:
    free(seqs);
    nj_buf_free(&file);
    return rc;
}
