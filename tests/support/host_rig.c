#include "host_rig.h"

#include "services/reload.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void give_up(const char *what, const char *why)
{
    fprintf(stderr, "test rig: %s: %s\n", what, why);
    exit(99);
}

const char *rig_built(const char *name)
{
    static char path[512];
    const char *top = getenv("top_builddir");
    snprintf(path, sizeof path, "%s/%s", top ? top : ".", name);
    return path;
}

struct nj_buf rig_contents(const char *path)
{
    struct nj_buf buf = {0};
    struct nj_error err;
    if (nj_read_file(path, 1 << 26, &buf, &err) != 0)
        give_up(path, err.text);
    return buf;
}

void rig_write(const char *path, const void *data, size_t len, mode_t mode)
{
    struct nj_error err;
    if (nj_mkdirs_for(path, 0755, &err) != 0)
        give_up(path, err.text);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len || fchmod(fd, mode) != 0 || close(fd) != 0)
        give_up(path, strerror(errno));
}

void rig_replace(const char *path, const void *data, size_t len, mode_t mode)
{
    char temporary[256];
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    rig_write(temporary, data, len, mode);
    if (rename(temporary, path) != 0)
        give_up(path, strerror(errno));
}

void rig_make(struct host_rig *rig)
{
    *rig = (struct host_rig){.dir = "/tmp/njrig-XXXXXX"};
    if (!mkdtemp(rig->dir))
        give_up(rig->dir, strerror(errno));
}

void rig_copy_plugin(const struct host_rig *rig, const char *name)
{
    char to[256];
    struct nj_buf file = rig_contents(rig_built(name));
    snprintf(to, sizeof to, "%s/%s", rig->dir, name);
    rig_write(to, file.data, file.len, 0755);
    nj_buf_free(&file);
}

void rig_configure(const struct host_rig *rig, const char *base_yaml, const char *strategies_yaml)
{
    char path[128];
    struct nj_buf text = {0};
    for (const char *at = base_yaml, *mark; *at; at = mark) {
        mark = strstr(at, "%1$s");
        nj_buf_add(&text, at, mark ? (size_t)(mark - at) : strlen(at));
        if (!mark)
            break;
        nj_buf_puts(&text, rig->dir);
        mark += strlen("%1$s");
    }
    snprintf(path, sizeof path, "%s/base.yaml", rig->dir);
    rig_write(path, text.data, text.len, 0644);
    snprintf(path, sizeof path, "%s/strategies.yaml", rig->dir);
    rig_write(path, strategies_yaml, strlen(strategies_yaml), 0644);
    nj_buf_free(&text);
}

void rig_start(struct host_rig *rig)
{
    struct nj_config *config;
    struct nj_config_report report = {0};
    struct nj_error err = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/log/app.ndjson", rig->dir);
    if (nj_config_load(&config, rig->dir, &(struct nj_config_overrides){0}, &report) != 0)
        give_up("configuration", report.errors.data);
    nj_config_report_free(&report);
    const struct nj_platform *platform = rig->platform ? rig->platform : nj_platform_system();
    struct nj_log_options log = {
        .platform = platform, .path = path, .terminal_fd = -1, .level = NJ_INFO};
    if (nj_mkdirs_for(path, 0755, &err) != 0 || nj_log_open(&rig->log, &log, &err) != 0)
        give_up("log", err.text);
    struct nj_host_options options = {platform, rig->log, config, rig->dir, {0}};
    if (nj_host_open(&rig->host, &options, &err) != 0)
        give_up("host", err.text);
}

void rig_turn(struct host_rig *rig)
{
    nj_host_turn(rig->host);
    nj_reload_turn(rig->host);
    ev_run(rig->host->loop, EVRUN_NOWAIT);
}

void rig_stop(struct host_rig *rig)
{
    nj_host_close(rig->host);
    nj_log_close(rig->log);
    rig->host = NULL;
    rig->log = NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void rig_remove(struct host_rig *rig)
{
    rig_stop(rig);
    if (!getenv("NJORD_KEEP"))
        nftw(rig->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
