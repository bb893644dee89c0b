#include "journal/state.h"

#include "base/fs.h"
#include "journal/state_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEQ_BLOCK     ((uint64_t)1 << 20)
#define SEQ_LAST      ((uint64_t)1 << 62) /* far from what an i64 on the wire can carry */
#define SMALL_FILE    256
#define DOCUMENT_SIZE ((size_t)256 << 20)

struct nj_state {
    const struct nj_platform *platform;
    int lock;
    uint64_t epoch;
    uint64_t seq;      /* handed out last */
    uint64_t reserved; /* last number of the blocks that stand on disk */
    char host_id[16];
    char dir[NJ_PATH_MAX], run_dir[NJ_PATH_MAX];
};

/* What the folder keeps for itself; no document may be named so. */
static const char *const own_names[] = {"identity", "seq", "run", "state"};

static int path_of(const struct nj_state *state, const char *name, char *out, struct nj_error *err)
{
    return nj_path_join(out, NJ_PATH_MAX, state->dir, name, err);
}

/* Reads a small file of ours as text. */
static int read_small(const struct nj_state *state, const char *name, char *path,
                      struct nj_buf *text, struct nj_error *err)
{
    int rc = path_of(state, name, path, err);
    return rc ? rc : nj_read_file(path, SMALL_FILE, text, err);
}

/* ---- the sequence ---------------------------------------------------------------------------- */

/* A decimal number that is all of text up to one newline; false: it is not. */
static bool parse_u64(const char *text, uint64_t *out)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && strcmp(end, "\n") == 0;
}

static int reserve_up_to(struct nj_state *state, uint64_t last, struct nj_error *err)
{
    char path[NJ_PATH_MAX], text[32];
    int rc = path_of(state, "seq", path, err);
    int len = snprintf(text, sizeof text, "%" PRIu64 "\n", last);
    if (rc == 0)
        rc = nj_replace_file(state->platform, path, text, (size_t)len, 0640, err);
    if (rc == 0)
        state->reserved = last;
    return rc;
}

/* Goes on behind the last block that any process may have used. `must_exist`: the folder has had a
 * sequence; to begin at 1 again would repeat numbers. */
static int load_seq(struct nj_state *state, bool must_exist, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    struct nj_buf text = {0};
    uint64_t last = 0;
    int rc = read_small(state, "seq", path, &text, err);
    if (rc == NJ_ERR_NOT_FOUND && !must_exist) {
        rc = reserve_up_to(state, 0, err);
    } else if (rc == 0 && (!parse_u64(text.data ? text.data : "", &last) || last % SEQ_BLOCK != 0 ||
                           last > SEQ_LAST)) {
        rc = nj_error_set(err, NJ_ERR_INPUT,
                          "file '%s': expected a multiple of %" PRIu64
                          "; restore it, or write one above every seq of the journals",
                          path, SEQ_BLOCK);
    } else if (rc == 0) {
        state->seq = state->reserved = last;
    }
    nj_buf_free(&text);
    return rc;
}

uint64_t nj_state_next_seq(struct nj_state *state, struct nj_error *err)
{
    if (state->seq == state->reserved) {
        if (state->reserved >= SEQ_LAST) {
            nj_error_set(err, NJ_ERR_LIMIT, "state '%s': the sequence is used up", state->dir);
            return 0;
        }
        if (reserve_up_to(state, state->reserved + SEQ_BLOCK, err) != 0)
            return 0;
    }
    return ++state->seq;
}

int nj_state_seq_behind(struct nj_state *state, uint64_t seq, struct nj_error *err)
{
    if (seq <= state->seq)
        return 0;
    if (seq > SEQ_LAST)
        return nj_error_set(err, NJ_ERR_LIMIT, "state '%s': the sequence is used up", state->dir);
    uint64_t last = (seq + SEQ_BLOCK - 1) / SEQ_BLOCK * SEQ_BLOCK;
    int rc = last > state->reserved ? reserve_up_to(state, last, err) : 0;
    if (rc == 0)
        state->seq = seq;
    return rc;
}

uint64_t nj_state_last_seq(const struct nj_state *state)
{
    return state->seq;
}

int nj_state_rewind(struct nj_state *state, uint64_t first, struct nj_error *err)
{
    if (first == 0 || first - 1 > state->reserved)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "state '%s': the sequence never came to %" PRIu64
                            "; start with fresh folders",
                            state->dir, first);
    state->seq = first - 1;
    return 0;
}

/* ---- who this host is ------------------------------------------------------------------------ */

static int parse_identity(struct nj_state *state, const char *path, const char *text,
                          struct nj_error *err)
{
    char id[13];
    unsigned long long epoch;
    int end = 0;
    if (sscanf(text, "epoch %19llu host %12[0-9a-f] %n", &epoch, id, &end) != 2 ||
        text[end] != '\0' || strlen(id) != 12 || epoch == 0)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "file '%s': expected \"epoch SECONDS\" and \"host\" with 12 hex "
                            "digits; restore it",
                            path);
    state->epoch = epoch;
    memcpy(state->host_id, id, sizeof id);
    return 0;
}

static int make_identity(struct nj_state *state, const char *path, struct nj_error *err)
{
    const struct nj_platform *pf = state->platform;
    uint8_t random[6];
    char text[96];
    int64_t now = pf->realtime_ns(pf->ctx);
    if (pf->random_bytes(pf->ctx, random, sizeof random) != 0)
        return nj_error_errno(err, errno, "no random bytes for the host's id");
    if (now < 1000000000)
        return nj_error_set(err, NJ_ERR_INTERNAL, "the clock stands before 1970; set it");
    state->epoch = (uint64_t)(now / 1000000000);
    nj_hex(random, sizeof random, state->host_id);
    int len =
        snprintf(text, sizeof text, "epoch %" PRIu64 "\nhost %s\n", state->epoch, state->host_id);
    return nj_replace_file(pf, path, text, (size_t)len, 0640, err);
}

/* The sequence is on disk before the identity, so a folder with an identity had a sequence. */
static int load_identity(struct nj_state *state, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    struct nj_buf text = {0};
    int rc = read_small(state, "identity", path, &text, err);
    bool is_new = rc == NJ_ERR_NOT_FOUND;
    if (rc == 0)
        rc = parse_identity(state, path, text.data ? text.data : "", err);
    if (rc == 0 || is_new)
        rc = load_seq(state, !is_new, err);
    if (rc == 0 && is_new)
        rc = make_identity(state, path, err);
    nj_buf_free(&text);
    return rc;
}

/* ---- life ------------------------------------------------------------------------------------ */

int nj_state_open(struct nj_state **out, const struct nj_platform *pf, const char *dir,
                  bool with_epoch, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    int rc;
    *out = NULL;
    struct nj_state *state = pf->alloc(pf->ctx, sizeof *state);
    if (!state)
        return nj_error_set(err, NJ_ERR_NOMEM, "state folder '%s': out of memory", dir);
    *state = (struct nj_state){.platform = pf, .lock = -1, .host_id = "host"};
    rc = nj_path_join(state->dir, sizeof state->dir, "", dir, err);
    if (rc == 0)
        rc = nj_mkdirs(dir, 0750, err);
    if (rc == 0 && access(dir, W_OK | X_OK) != 0)
        rc = nj_error_errno(err, errno, "state folder '%s': cannot be written", dir);
    if (rc == 0)
        rc = path_of(state, ".lock", path, err);
    if (rc == 0) {
        state->lock = nj_lock_file(path, err);
        rc = state->lock < 0 ? state->lock : 0;
    }
    if (rc == 0)
        rc = path_of(state, "state", path, err);
    if (rc == 0)
        rc = nj_mkdirs(path, 0750, err);
    if (rc == 0)
        rc = path_of(state, "run", state->run_dir, err);
    if (rc == 0)
        rc = nj_run_dir_prepare(pf, state->run_dir, err);
    if (rc == 0)
        rc = with_epoch ? load_identity(state, err) : load_seq(state, false, err);
    if (rc != 0) {
        nj_state_close(state);
        return rc;
    }
    *out = state;
    return 0;
}

void nj_state_close(struct nj_state *state)
{
    if (!state)
        return;
    if (state->lock >= 0)
        close(state->lock);
    state->platform->release(state->platform->ctx, state);
}

const char *nj_state_dir(const struct nj_state *state)
{
    return state->dir;
}

const struct nj_platform *nj_state_platform(const struct nj_state *state)
{
    return state->platform;
}

uint64_t nj_state_epoch(const struct nj_state *state)
{
    return state->epoch;
}

const char *nj_state_host_id(const struct nj_state *state)
{
    return state->host_id;
}

const char *nj_state_run_dir(const struct nj_state *state)
{
    return state->run_dir;
}

/* ---- documents ------------------------------------------------------------------------------- */

static int document_path(const struct nj_state *state, const char *name, char *path,
                         struct nj_error *err)
{
    size_t len = strlen(name);
    bool good = len > 0 && len <= 100 && name[0] != '.' &&
                strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == len &&
                !(len > 4 && strcmp(name + len - 4, ".new") == 0);
    for (size_t i = 0; i < sizeof own_names / sizeof own_names[0]; i++)
        good = good && strcmp(name, own_names[i]) != 0;
    if (!good)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "document '%s': expected a name of 1 to 100 of a-z, 0-9, '_', '.', "
                            "'-' that the state folder does not use itself",
                            name);
    return path_of(state, name, path, err);
}

int nj_state_put(struct nj_state *state, const char *name, const void *data, size_t len,
                 struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    int rc = document_path(state, name, path, err);
    if (rc == 0 && len > DOCUMENT_SIZE)
        rc = nj_error_set(err, NJ_ERR_LIMIT, "document '%s': %zu bytes, at most %zu", name, len,
                          DOCUMENT_SIZE);
    return rc ? rc : nj_replace_file(state->platform, path, data, len, 0640, err);
}

int nj_state_get(struct nj_state *state, const char *name, struct nj_buf *out, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    int rc = document_path(state, name, path, err);
    return rc ? rc : nj_read_file(path, DOCUMENT_SIZE, out, err);
}
