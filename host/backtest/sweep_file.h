/* sweep_file.h - the results of a sweep on disk: a line each as they come, a sorted CSV in the end.
 *
 * While a sweep runs, OUTPUT.partial holds a header (what is being run, as a hash) and one line a
 * result: the set's number, then its row as it will stand in the CSV. A sweep that was killed finds
 * its rows there again: a torn last line is cut off, the rest is never run twice. Memory is 24
 * bytes a set; the rows stay on disk. One process at a time (a lock on the file). Owned by sweep.c.
 */
#ifndef NJ_BACKTEST_SWEEP_FILE_H
#define NJ_BACKTEST_SWEEP_FILE_H

#include "backtest/metrics.h"
#include "base/buf.h"
#include "base/platform.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_sweep_file;

struct nj_sweep_file_options {
    const struct nj_platform *platform;
    const char *output; /* the CSV */
    const char *hash;   /* of all that decides the rows, hexadecimal */
    uint64_t n_sets;
    size_t n_columns;
    size_t key_column; /* what the CSV is sorted by */
    bool rising;
    bool restart; /* what an earlier sweep left is thrown away */
};

/* NJ_ERR_EXISTS: the partial file is of another sweep; NJ_ERR_BUSY: another process writes it. */
int nj_sweep_file_open(struct nj_sweep_file **out, const struct nj_sweep_file_options *options,
                       struct nj_error *err);
/* Leaves the partial file where it is, unless it was finished. */
void nj_sweep_file_close(struct nj_sweep_file *file);

bool nj_sweep_file_has(const struct nj_sweep_file *file, uint64_t set);
uint64_t nj_sweep_file_count(const struct nj_sweep_file *file);
/* A field as RFC 4180 has it, with a comma in front unless it is a row's first. Line ends
 * become blanks. */
void nj_sweep_put_field(struct nj_buf *row, bool first, const char *text);
/* Adds a set's row, without its line end; in the file when it returns. */
int nj_sweep_file_add(struct nj_sweep_file *file, uint64_t set, const struct nj_buf *row,
                      struct nj_error *err);
/* What was added becomes safe from a power cut, about once a second. */
int nj_sweep_file_sync(struct nj_sweep_file *file, struct nj_error *err);
/* Sorts by the key column: sets without a key last, ties in the order of sets. All sets must be
 * there; `each` (may be NULL) is shown them in their order. */
int nj_sweep_file_rank(struct nj_sweep_file *file,
                       void (*each)(void *ctx, uint64_t set, const char *const *fields), void *ctx,
                       struct nj_error *err);
/* Once they are sorted: replaces the CSV as one step, removes the partial file. */
int nj_sweep_file_finish(struct nj_sweep_file *file, const char *heads, struct nj_error *err);
/* Removes the partial file: what it held stands elsewhere. Until it is closed its rows are there.
 */
void nj_sweep_file_drop(struct nj_sweep_file *file);

/* The set at a rank, once they are sorted. */
uint64_t nj_sweep_file_ranked(const struct nj_sweep_file *file, uint64_t rank);
/* A row's fields, unquoted: texts behind each other in `text`, pointers in fields[n_columns]. */
int nj_sweep_file_row(struct nj_sweep_file *file, uint64_t set, struct nj_buf *text,
                      const char **fields, struct nj_error *err);
/* A field as a number; NaN: empty. */
double nj_sweep_number(const char *field);

#endif
