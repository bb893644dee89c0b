/* plugin_file.c - a plugin's file read and judged before any of its code runs: trust, bytes, hash,
 * stamp. */
#include "runtime/elf_stamp.h"
#include "runtime/module.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PLUGIN_BYTES ((off_t)256 << 20)

/* Owned by root or by this user, and not writable by everybody. */
static int owner_ok(const struct stat *st, const char *what, const char *path, struct nj_error *err)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return nj_error_set(
            err, NJ_ERR_REFUSED,
            "plugin '%s': %s is owned by uid %u, expected root or uid %u; see plugins.trust", path,
            what, st->st_uid, geteuid());
    if ((st->st_mode & S_IWOTH) != 0 && !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0))
        return nj_error_set(err, NJ_ERR_REFUSED,
                            "plugin '%s': %s is writable by everybody (mode %04o); chmod o-w it, "
                            "or see plugins.trust",
                            path, what, st->st_mode & 07777u);
    return 0;
}

/* Every folder above the file, as sudo and OpenSSH look at theirs; also not writable by the group.
 */
static int parents_ok(const char *path, struct nj_error *err)
{
    char *real = realpath(path, NULL);
    if (!real)
        return nj_error_errno(err, errno, "plugin '%s'", path);
    int rc = 0;
    for (char *slash = strrchr(real, '/'); rc == 0 && slash;
         slash = slash == real ? NULL : strrchr(real, '/')) {
        struct stat st;
        slash[slash == real] = '\0';
        if (stat(real, &st) != 0)
            rc = nj_error_errno(err, errno, "plugin '%s': folder '%s'", path, real);
        else
            rc = owner_ok(&st, real, path, err);
        if (rc == 0 && (st.st_mode & S_IWGRP) != 0)
            rc = nj_error_set(
                err, NJ_ERR_REFUSED,
                "plugin '%s': folder '%s' is writable by its group (plugins.trust is strict)", path,
                real);
        if (slash == real)
            break;
    }
    free(real);
    return rc;
}

static int read_all(int fd, struct nj_buf *out, off_t size, const char *path, struct nj_error *err)
{
    if (!nj_buf_reserve(out, (size_t)size))
        return nj_error_set(err, NJ_ERR_NOMEM, "plugin '%s': out of memory for %lld bytes", path,
                            (long long)size);
    while (out->len < (size_t)size) {
        ssize_t n = read(fd, out->data + out->len, (size_t)size - out->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return nj_error_errno(err, errno, "plugin '%s': cannot be read", path);
        if (n == 0)
            return nj_error_set(
                err, NJ_ERR_BUSY,
                "plugin '%s': became shorter while it was read; it is still being written", path);
        out->len += (size_t)n;
    }
    return 0;
}

static int judge(struct nj_plugin_file *out, int fd, const char *path, enum nj_trust trust,
                 struct nj_error *err)
{
    struct stat before, after;
    if (fstat(fd, &before) != 0)
        return nj_error_errno(err, errno, "plugin '%s'", path);
    if (!S_ISREG(before.st_mode))
        return nj_error_set(err, NJ_ERR_INPUT, "plugin '%s': is not a regular file", path);
    if (before.st_size > MAX_PLUGIN_BYTES)
        return nj_error_set(err, NJ_ERR_LIMIT, "plugin '%s': %lld bytes, expected at most %lld",
                            path, (long long)before.st_size, (long long)MAX_PLUGIN_BYTES);
    int rc = trust == NJ_TRUST_OFF ? 0 : owner_ok(&before, "the file", path, err);
    if (rc == 0 && trust == NJ_TRUST_STRICT)
        rc = parents_ok(path, err);
    if (rc == 0)
        rc = read_all(fd, &out->bytes, before.st_size, path, err);
    if (rc != 0)
        return rc;
    if (fstat(fd, &after) != 0 || after.st_size != before.st_size ||
        after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
        after.st_mtim.tv_nsec != before.st_mtim.tv_nsec)
        return nj_error_set(err, NJ_ERR_BUSY,
                            "plugin '%s': changed while it was read; it is still being written",
                            path);
    uint8_t digest[NJ_SHA256_SIZE];
    if (nj_sha256(out->bytes.data, out->bytes.len, digest) != 0)
        return nj_error_set(err, NJ_ERR_INTERNAL, "plugin '%s': cannot be hashed", path);
    nj_hex(digest, sizeof digest, out->hash);
    struct nj_error stamp = {0};
    rc = nj_elf_stamp(out->bytes.data, out->bytes.len, &out->stamp, &stamp);
    if (rc == 0)
        rc = nj_stamp_check(&out->stamp, &stamp);
    return rc == 0 ? 0 : nj_error_set(err, rc, "plugin '%s': %s", path, stamp.text);
}

int nj_plugin_file_read(struct nj_plugin_file *out, const char *path, enum nj_trust trust,
                        struct nj_error *err)
{
    *out = (struct nj_plugin_file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return nj_error_errno(err, errno, "plugin '%s'", path);
    int rc = judge(out, fd, path, trust, err);
    close(fd);
    if (rc != 0)
        nj_plugin_file_free(out);
    return rc;
}

void nj_plugin_file_free(struct nj_plugin_file *file)
{
    nj_buf_free(&file->bytes);
}
