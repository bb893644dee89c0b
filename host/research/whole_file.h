/* whole_file.h - a file that gets its name when it is whole, and leaves nothing behind when whoever
 * writes it is ended.
 *
 * It has no name while it is written, where the file system has such files; else a temporary one
 * beside its own, OUTPUT.PID.new, locked by its writer. The next one for the same output removes
 * those whose writer is gone. Owned by the caller, as is the sink that its bytes go to. [any]. */
#ifndef NJ_RESEARCH_WHOLE_FILE_H
#define NJ_RESEARCH_WHOLE_FILE_H

#include "research/sink.h"

struct nj_whole_file {
    const struct nj_platform *platform;
    struct nj_sink *sink;
    bool force; /* over a file that is there */
    bool named; /* by its temporary name */
    char output[NJ_PATH_MAX], dir[NJ_PATH_MAX], temporary[NJ_PATH_MAX];
};

/* Opens the sink. NJ_ERR_EXISTS: the file is there and `force` is not given; NJ_ERR_INPUT:
 * something is there that is no file. */
int nj_whole_file_open(struct nj_whole_file *file, struct nj_sink *sink,
                       const struct nj_platform *platform, const char *output, bool force,
                       struct nj_error *err);
/* Ends the sink. With rc 0 the file is synced and gets its name, over one that was made meanwhile
 * only with `force`; else it is gone and rc is returned. */
int nj_whole_file_close(struct nj_whole_file *file, int rc, struct nj_error *err);

#endif
