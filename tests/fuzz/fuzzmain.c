/*
 * fuzzmain: main for a fuzz target built without libFuzzer.
 *
 * Plays every file of tests/fuzz/corpus/X (X from the program's name, fuzz_X), or the files and
 * folders named as arguments, and each of them cut at every length: what a torn file or a short
 * read looks like. `make check` runs the fuzzers so, with either compiler.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SEED_BYTES = 1 << 20, MAX_CUTS = 2048, PATH_BYTES = 4096 };

static unsigned long inputs;

/* A heap block of exactly `size` bytes for each input: the sanitizers see a read past its end. */
static int play_bytes(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) {
        fprintf(stderr, "out of memory for an input of %zu bytes\n", size);
        return -1;
    }
    if (size)
        memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    inputs++;
    return 0;
}

static int play_file(const char *path)
{
    int rc = -1;
    uint8_t *bytes = NULL;
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "'%s': cannot open: %s\n", path, strerror(errno));
        return -1;
    }
    bytes = malloc(MAX_SEED_BYTES);
    if (!bytes) {
        fprintf(stderr, "'%s': out of memory\n", path);
        goto done;
    }
    size_t size = fread(bytes, 1, MAX_SEED_BYTES, f);
    if (ferror(f) || !feof(f)) {
        fprintf(stderr, "'%s': cannot read, or longer than %d bytes\n", path, (int)MAX_SEED_BYTES);
        goto done;
    }
    if (play_bytes(bytes, size))
        goto done;
    size_t step = size / MAX_CUTS + 1;
    for (size_t cut = 0; cut < size; cut += step)
        if (play_bytes(bytes, cut))
            goto done;
    rc = 0;
done:
    free(bytes);
    fclose(f);
    return rc;
}

static int play_path(const char *path)
{
    struct stat st;
    if (stat(path, &st)) {
        fprintf(stderr, "'%s': %s\n", path, strerror(errno));
        return -1;
    }
    if (!S_ISDIR(st.st_mode))
        return play_file(path);
    DIR *dir = opendir(path);
    if (!dir) {
        fprintf(stderr, "'%s': cannot list: %s\n", path, strerror(errno));
        return -1;
    }
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir));) {
        char child[PATH_BYTES];
        if (entry->d_name[0] == '.')
            continue;
        int n = snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        rc = n > 0 && (size_t)n < sizeof child ? play_path(child) : -1;
    }
    closedir(dir);
    return rc;
}

int main(int argc, char **argv)
{
    int rc = 0;
    if (argc > 1) {
        for (int i = 1; i < argc && rc == 0; i++)
            rc = play_path(argv[i]);
    } else {
        const char *name = strrchr(argv[0], '/');
        name = name ? name + 1 : argv[0];
        const char *top = getenv("top_srcdir");
        char corpus[PATH_BYTES];
        if (strncmp(name, "fuzz_", 5) != 0) {
            fprintf(stderr, "'%s': expected a program named fuzz_X, or seeds as arguments\n", name);
            return 2;
        }
        int n =
            snprintf(corpus, sizeof corpus, "%s/tests/fuzz/corpus/%s", top ? top : ".", name + 5);
        rc = n > 0 && (size_t)n < sizeof corpus ? play_path(corpus) : -1;
    }
    if (rc == 0 && inputs == 0) {
        fprintf(stderr, "no seed found: add one to tests/fuzz/corpus\n");
        rc = -1;
    }
    printf("%lu inputs\n", inputs);
    return rc ? 1 : 0;
}
