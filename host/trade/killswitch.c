#include "trade/killswitch.h"

#include "base/buf.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void nj_kill_init(struct nj_killswitch *k, const char *file)
{
    *k = (struct nj_killswitch){0};
    size_t len = strlen(file);
    if (len < sizeof k->file) {
        memcpy(k->file, file, len + 1);
    } else { /* a path that cannot be watched must not let orders through */
        k->stopped = true;
        k->stop_reason = "kill_switch_file";
    }
}

bool nj_kill_check(struct nj_killswitch *k, int64_t monotonic_ns)
{
    if (k->past)
        return false;
    /* A dangling link is there too: whoever put it meant to stop. */
    if (k->file[0] == '\0')
        k->file_tripped = false;
    else if (faccessat(AT_FDCWD, k->file, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        k->file_tripped = true;
    else
        k->file_tripped = errno != ENOENT;
    return nj_kill_tripped(k, monotonic_ns);
}

static bool key_lost(const struct nj_killswitch *k, int64_t monotonic_ns)
{
    return k->key_lost_ns > 0 && k->key_heard_ns != 0 &&
           monotonic_ns - k->key_heard_ns >= k->key_lost_ns;
}

bool nj_kill_tripped(const struct nj_killswitch *k, int64_t monotonic_ns)
{
    if (k->past)
        return false;
    return k->stopped || k->file_tripped || k->key_tripped || key_lost(k, monotonic_ns);
}

bool nj_kill_value(const char *value)
{
    return value && value[0] != '\0' && strcmp(value, "0") != 0;
}

const char *nj_kill_reason(const struct nj_killswitch *k, int64_t monotonic_ns)
{
    if (k->file_tripped)
        return "file";
    if (k->key_tripped)
        return "key";
    if (k->stopped)
        return k->stop_reason ? k->stop_reason : "stopped";
    return key_lost(k, monotonic_ns) ? "key_lost" : "";
}

int nj_kill_trip_file(const struct nj_platform *pf, const char *file, const char *why,
                      struct nj_error *err)
{
    struct nj_buf text = {0};
    int rc = nj_mkdirs_for(file, 0755, err);
    if (rc != 0)
        return rc;
    nj_buf_puts(&text, why);
    nj_buf_putc(&text, '\n');
    rc = text.failed ? nj_error_set(err, NJ_ERR_NOMEM, "halt file '%s': out of memory", file)
                     : nj_replace_file(pf, file, text.data, text.len, 0644, err);
    nj_buf_free(&text);
    if (rc !=
        0) { /* a full disk may still have room for a name; and one that stands there will do */
        int fd = pf->open(pf->ctx, file, O_WRONLY | O_CREAT, 0644);
        if (fd >= 0)
            pf->close(pf->ctx, fd);
        if (faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            rc = 0;
    }
    return rc;
}

int nj_kill_clear_file(const struct nj_platform *pf, const char *file, struct nj_error *err)
{
    char dir[NJ_PATH_MAX];
    if (pf->unlink(pf->ctx, file) != 0) {
        if (errno == ENOENT)
            return 0;
        return nj_error_errno(err, errno, "halt file '%s': cannot be removed", file);
    }
    int len = snprintf(dir, sizeof dir, "%s", file);
    char *slash = strrchr(dir, '/');
    if (len < 0 || (size_t)len >= sizeof dir)
        return nj_error_set(err, NJ_ERR_LIMIT, "halt file '%s': path too long", file);
    if (!slash)
        snprintf(dir, sizeof dir, ".");
    else
        slash[slash == dir] = '\0';
    if (pf->fsync_dir(pf->ctx, dir) != 0)
        return nj_error_errno(err, errno, "folder '%s': cannot be synced", dir);
    return 0;
}
