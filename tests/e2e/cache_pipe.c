/* cache_pipe.c - opens the series of a journal through the column cache and prints what it holds,
 * so that scripts can compare: cache_pipe DIR STEM. */
#include "journal/cache.h"

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct nj_cache_options options = {.from_ns = INT64_MIN, .to_ns = INT64_MAX};
    struct nj_cache *cache;
    struct nj_cache_info info;
    struct nj_error err = {0};

    if (argc != 3) {
        fprintf(stderr, "usage: cache_pipe DIR STEM\n");
        return 2;
    }
    options.dir = argv[1];
    options.stem = argv[2];
    if (nj_cache_open(&cache, &options, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    int rc = nj_cache_info(cache, &info, &err);
    if (rc == 0)
        printf("{\"rows\":%" PRIu64 ",\"built\":%" PRIu32 ",\"segments\":%" PRIu32
               ",\"first_ns\":%" PRId64 ",\"last_ns\":%" PRId64 ",\"hash\":\"%s\"}\n",
               info.rows, info.built, info.segments, info.first_ns, info.last_ns, info.hash);
    else
        fprintf(stderr, "%s\n", err.text);
    nj_cache_close(cache);
    return rc == 0 ? 0 : 1;
}
