#include "journal/state_run.h"

#include "base/fs.h"
#include "base/map.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Is `name` ID.GENERATION.HASH.so, or a copy in the making, with a suffix? */
static bool is_copy(const char *name)
{
    size_t id = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    if (id == 0 || name[id] != '.')
        return false;
    name += id + 1;
    size_t generation = strspn(name, "0123456789");
    if (generation == 0 || name[generation] != '.')
        return false;
    name += generation + 1;
    size_t hash = strspn(name, "0123456789abcdef");
    if (hash == 0 || strncmp(name + hash, ".so", 3) != 0)
        return false;
    return name[hash + 3] == '\0' || name[hash + 3] == '.';
}

/* Takes the files of `dir` that the process `pid` maps out of `names`. A process that cannot be
 * looked at is another user's, and the folder is ours alone. */
static void drop_mapped(const char *pid, const char *dir, struct nj_map *names)
{
    char path[64], *line = NULL;
    size_t cap = 0, dir_len = strlen(dir);
    if (snprintf(path, sizeof path, "/proc/%s/maps", pid) >= (int)sizeof path)
        return;
    FILE *maps = fopen(path, "re");
    if (!maps)
        return;
    while (getline(&line, &cap, maps) > 0) {
        char *file = strchr(line, '/');
        if (!file || strncmp(file, dir, dir_len) != 0 || file[dir_len] != '/')
            continue;
        file += dir_len + 1;
        file[strcspn(file, " \n")] = '\0';
        (void)nj_map_remove(names, file);
    }
    free(line);
    fclose(maps);
}

/* Puts the names of copies in `dir` into `names`. */
static int find_copies(const char *dir, struct nj_map *names, struct nj_error *err)
{
    static char present; /* any value but NULL */
    DIR *d = opendir(dir);
    if (!d)
        return nj_error_errno(err, errno, "folder '%s': cannot be read", dir);
    int rc = 0;
    for (const struct dirent *e; rc == 0 && (e = readdir(d));)
        if (is_copy(e->d_name) && !nj_map_put(names, e->d_name, &present))
            rc = nj_error_set(err, NJ_ERR_NOMEM, "folder '%s': out of memory", dir);
    closedir(d);
    return rc;
}

static int remove_stale(const struct nj_platform *pf, const char *dir, struct nj_error *err)
{
    struct nj_map names = {0};
    char path[NJ_PATH_MAX], *real = NULL;
    int rc = find_copies(dir, &names, err);
    if (rc != 0 || nj_map_count(&names) == 0)
        goto done;
    real = realpath(dir, NULL);
    DIR *proc = real ? opendir("/proc") : NULL;
    if (!proc) { /* unknown which are in use: keep them, they cost only space */
        rc = 0;
        goto done;
    }
    for (const struct dirent *e; (e = readdir(proc));)
        if (isdigit((unsigned char)e->d_name[0]))
            drop_mapped(e->d_name, real, &names);
    closedir(proc);
    size_t at = 0;
    for (const struct nj_map_entry *e; rc == 0 && (e = nj_map_next(&names, &at));) {
        rc = nj_path_join(path, sizeof path, dir, e->key, err);
        if (rc == 0 && pf->unlink(pf->ctx, path) != 0 && errno != ENOENT)
            rc = nj_error_errno(err, errno, "stale copy '%s': cannot be removed", path);
    }
done:
    free(real);
    nj_map_free(&names, NULL);
    return rc;
}

int nj_run_dir_prepare(const struct nj_platform *pf, const char *dir, struct nj_error *err)
{
    struct stat st;
    int rc = nj_mkdirs(dir, 0700, err);
    if (rc != 0)
        return rc;
    if (lstat(dir, &st) != 0)
        return nj_error_errno(err, errno, "folder '%s'", dir);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        return nj_error_set(err, NJ_ERR_REFUSED,
                            "'%s': expected a folder of this user, found another's or a link; "
                            "remove it",
                            dir);
    if ((st.st_mode & 07777) != 0700 && chmod(dir, 0700) != 0)
        return nj_error_errno(err, errno, "folder '%s': cannot be made private", dir);
    return remove_stale(pf, dir, err);
}
