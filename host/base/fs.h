/* fs.h - files and folders: whole files, folders with their parents, lock files. Errors
 * name the path. */
#ifndef NJ_BASE_FS_H
#define NJ_BASE_FS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/platform.h"

#include <stdbool.h>
#include <stdint.h>

#define NJ_PATH_MAX 1024

/* "dir/name" into out; an absolute name stays itself. NJ_ERR_LIMIT: too long. */
int nj_path_join(char *out, size_t cap, const char *dir, const char *name, struct nj_error *err);
/* Makes a folder and its parents (mode as mkdir). Fine when it is there; a file in its place is an
 * error. */
int nj_mkdirs(const char *path, mode_t mode, struct nj_error *err);
/* Makes the parents of a file. */
int nj_mkdirs_for(const char *path, mode_t mode, struct nj_error *err);
/* Reads a whole regular file of at most `max` bytes, adding to `out`. */
int nj_read_file(const char *path, size_t max, struct nj_buf *out, struct nj_error *err);
/* Reads `len` bytes at `at`, fewer only at the end of the file; how many. -1: errno. */
ssize_t nj_read_at(const struct nj_platform *pf, int fd, void *out, size_t len, off_t at);
/* May a rename put a file in the place of `path`? Not where a folder, a device or a pipe is: a
 * rename over /dev/full takes the device away. NJ_ERR_IO; NJ_ERR_CONFIG: the name is empty. */
int nj_replaceable(const char *path, struct nj_error *err);
/* Replaces a file (see nj_replaceable) as one step: temporary name in the same folder, fsync,
 * rename, fsync of the folder. */
int nj_replace_file(const struct nj_platform *pf, const char *path, const void *data, size_t len,
                    mode_t mode, struct nj_error *err);
/* The same in pieces. */
struct nj_replacing {
    const struct nj_platform *pf;
    char path[NJ_PATH_MAX], temporary[NJ_PATH_MAX];
    int fd;
    uint64_t len, asked; /* bytes so far, and those that the disk was asked to take */
};
int nj_replace_begin(struct nj_replacing *file, const struct nj_platform *pf, const char *path,
                     mode_t mode, struct nj_error *err);
/* When it fails, the file is gone as by nj_replace_drop(). */
int nj_replace_add(struct nj_replacing *file, const void *data, size_t len, struct nj_error *err);
int nj_replace_end(struct nj_replacing *file, struct nj_error *err);
/* Nothing is replaced; fine after an end or a failure, and on one of all zeros but fd -1. */
void nj_replace_drop(struct nj_replacing *file);
/* Gives a file the name `to`, never over one that is there (NJ_ERR_EXISTS). It has both names then,
 * or, where there are no hard links, the new one only: *moved. Both in one folder, which is not
 * synced. */
int nj_link_new(const struct nj_platform *pf, const char *from, const char *to, bool *moved,
                struct nj_error *err);
/* Takes the lock of `path` (made when missing, flock, this process's pid written into it) and
 * returns its descriptor, which holds the lock until it is closed. NJ_ERR_BUSY names the pid that
 * has it. */
int nj_lock_file(const char *path, struct nj_error *err);

#endif
