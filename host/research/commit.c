#include "research/commit.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIST_NAME "commit"
#define LIST_MAX  (64u << 20)
#define NAME_SIZE 256u
/* The list's last line: without it the list was not written to its end. */
#define LIST_END  "end\n"

static bool is_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strlen(name) < NAME_SIZE && !strpbrk(name, "/ \n");
}

static int bad_name(const char *name, struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_INTERNAL, "file '%s': not a plain name", name);
}

static int no_memory(const struct nj_commit *commit, struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_NOMEM, "folder '%s': out of memory", commit->dir);
}

int nj_commit_put(struct nj_commit *commit, const char *name, struct nj_error *err)
{
    if (!is_name(name))
        return bad_name(name, err);
    return nj_buf_printf(&commit->list, "put %s\n", name) ? 0 : no_memory(commit, err);
}

int nj_commit_drop(struct nj_commit *commit, const char *name, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    struct stat st;
    if (!is_name(name))
        return bad_name(name, err);
    int rc = nj_path_join(path, sizeof path, commit->dir, name, err);
    if (rc != 0)
        return rc;
    if (stat(path, &st) != 0)
        return errno == ENOENT ? 0 : nj_error_errno(err, errno, "file '%s'", path);
    return nj_buf_printf(&commit->list, "drop %s %" PRIu64 " %" PRId64 "\n", name,
                         (uint64_t)st.st_ino, (int64_t)st.st_size)
               ? 0
               : no_memory(commit, err);
}

void nj_commit_free(struct nj_commit *commit)
{
    nj_buf_free(&commit->list);
}

/* Done before (a crash came later) is done. */
static int put_file(const struct nj_platform *pf, const char *dir, const char *staged,
                    const char *name, struct nj_error *err)
{
    char from[NJ_PATH_MAX], to[NJ_PATH_MAX];
    int rc = nj_path_join(from, sizeof from, staged, name, err);
    if (rc == 0)
        rc = nj_path_join(to, sizeof to, dir, name, err);
    if (rc == 0 && pf->rename(pf->ctx, from, to) != 0 && errno != ENOENT)
        rc = nj_error_errno(err, errno, "file '%s': cannot be put in place", to);
    return rc;
}

/* A file that is no longer what was listed (a host wrote into it after a crash) stays. */
static int drop_file(const struct nj_platform *pf, const char *dir, const char *name, uint64_t ino,
                     int64_t size, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    struct stat st;
    int rc = nj_path_join(path, sizeof path, dir, name, err);
    if (rc != 0)
        return rc;
    if (stat(path, &st) == 0 && ((uint64_t)st.st_ino != ino || (int64_t)st.st_size != size))
        return 0;
    if (pf->unlink(pf->ctx, path) != 0 && errno != ENOENT)
        rc = nj_error_errno(err, errno, "file '%s': cannot be removed", path);
    return rc;
}

static int each_step(const struct nj_platform *pf, const char *dir, const char *staged, bool puts,
                     const struct nj_buf *list, struct nj_error *err)
{
    char name[NAME_SIZE];
    uint64_t ino;
    int64_t size;
    int rc = 0;
    for (const char *line = list->data; rc == 0 && line && *line; line = strchr(line, '\n') + 1) {
        if (puts && sscanf(line, "put %255[^ \n]", name) == 1 && is_name(name))
            rc = put_file(pf, dir, staged, name, err);
        else if (!puts &&
                 sscanf(line, "drop %255[^ \n] %" SCNu64 " %" SCNd64, name, &ino, &size) == 3 &&
                 is_name(name))
            rc = drop_file(pf, dir, name, ino, size, err);
    }
    if (rc == 0 && pf->fsync_dir(pf->ctx, dir) != 0)
        rc = nj_error_errno(err, errno, "folder '%s': cannot be synced", dir);
    return rc;
}

static int do_list(const struct nj_platform *pf, const char *dir, const char *staged,
                   const struct nj_buf *list, const char *list_path, struct nj_error *err)
{
    int rc = each_step(pf, dir, staged, true, list, err);
    if (rc == 0)
        rc = each_step(pf, dir, staged, false, list, err);
    if (rc == 0 && pf->unlink(pf->ctx, list_path) != 0 && errno != ENOENT)
        rc = nj_error_errno(err, errno, "file '%s': cannot be removed", list_path);
    return rc;
}

/* Begins to write a staged file back, or waits until it is. */
static int sync_file(const struct nj_commit *commit, const char *name, bool begin,
                     struct nj_error *err)
{
    const struct nj_platform *pf = commit->platform;
    char path[NJ_PATH_MAX];
    int rc = nj_path_join(path, sizeof path, commit->staged, name, err);
    if (rc != 0)
        return rc;
    int fd = pf->open(pf->ctx, path, O_WRONLY, 0);
    if (fd < 0)
        return nj_error_errno(err, errno, "file '%s'", path);
    if (begin)
        (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* as far as the system can */
    else if (pf->fsync(pf->ctx, fd) != 0)
        rc = nj_error_errno(err, errno, "file '%s': cannot be synced", path);
    pf->close(pf->ctx, fd);
    return rc;
}

/* Syncs what is to be put in place. Writing is begun for all files before the first is waited for:
 * a thousand days cost a few of the disk's transactions, not one each. */
static int sync_staged(const struct nj_commit *commit, struct nj_error *err)
{
    char name[NAME_SIZE];
    int rc = 0;
    for (int begin = 1; rc == 0 && begin >= 0; begin--)
        for (const char *line = commit->list.data; rc == 0 && line && *line;
             line = strchr(line, '\n') + 1)
            if (sscanf(line, "put %255[^ \n]", name) == 1)
                rc = sync_file(commit, name, begin, err);
    return rc;
}

int nj_commit_run(struct nj_commit *commit, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    int rc = nj_path_join(path, sizeof path, commit->staged, LIST_NAME, err);
    if (rc == 0)
        rc = sync_staged(commit, err);
    if (rc == 0 && !nj_buf_puts(&commit->list, LIST_END))
        rc = nj_error_set(err, NJ_ERR_NOMEM, "folder '%s': out of memory", commit->dir);
    if (rc == 0)
        rc =
            nj_replace_file(commit->platform, path, commit->list.data, commit->list.len, 0600, err);
    if (rc == 0 && commit->platform->fsync_dir(commit->platform->ctx, commit->dir) != 0)
        rc = nj_error_errno(err, errno, "folder '%s': cannot be synced", commit->dir);
    if (rc == 0)
        rc = do_list(commit->platform, commit->dir, commit->staged, &commit->list, path, err);
    return rc;
}

bool nj_commit_is_left(const char *staged)
{
    char path[NJ_PATH_MAX];
    return nj_path_join(path, sizeof path, staged, LIST_NAME, NULL) == 0 && access(path, F_OK) == 0;
}

int nj_commit_finish(const struct nj_platform *platform, const char *dir, const char *staged,
                     bool *done, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    struct nj_buf list = {0};
    struct nj_error lost = {0};
    *done = false;
    int rc = nj_path_join(path, sizeof path, staged, LIST_NAME, err);
    if (rc != 0)
        return rc;
    rc = nj_read_file(path, LIST_MAX, &list, &lost);
    if (rc == NJ_ERR_NOT_FOUND) {
        rc = 0;
    } else if (rc != 0) {
        if (err)
            *err = lost;
    } else if (list.len >= strlen(LIST_END) &&
               strcmp(list.data + list.len - strlen(LIST_END), LIST_END) == 0) {
        rc = do_list(platform, dir, staged, &list, path, err);
        *done = rc == 0;
    }
    nj_buf_free(&list);
    return rc;
}
