#include "folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void die(const char *what, const char *path)
{
    fprintf(stderr, "%s '%s': ", what, path);
    perror("");
    exit(99);
}

void folder_make(char *path, const char *name)
{
    const char *base = getenv("TMPDIR");
    if (!base || !*base) /* in memory where there is such a place: thousands of syncs are made */
        base = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, 256, "%s/njord-%s-XXXXXX", base, name);
    if (!mkdtemp(path))
        die("cannot make folder", path);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    return at->level > 0 ? remove(path) : 0;
}

void folder_empty(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void folder_remove(const char *path)
{
    folder_empty(path);
    rmdir(path);
}

char *folder_read(const char *dir, const char *name, size_t *len)
{
    char path[1024];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) != 0)
        die("cannot look at", path);
    char *data = malloc((size_t)st.st_size + 1);
    if (!data)
        die("out of memory for", path);
    *len = 0;
    for (ssize_t n;
         *len < (size_t)st.st_size && (n = read(fd, data + *len, (size_t)st.st_size - *len)) > 0;)
        *len += (size_t)n;
    data[*len] = '\0';
    close(fd);
    return data;
}

void folder_write(const char *dir, const char *name, const void *data, size_t len)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    if (!f || fwrite(data, 1, len, f) != len || fclose(f) != 0)
        die("cannot write", path);
}
