/* import_input.h - the file that an import reads: what it is, and its rows one by one.
 *
 * Standard input is copied to a nameless file first, because the first lines are read twice. Rows
 * come checked: of the symbol asked for, on the timeframe's grid, whole as an event. Owned by an
 * import; reads only. */
#ifndef NJ_RESEARCH_IMPORT_INPUT_H
#define NJ_RESEARCH_IMPORT_INPUT_H

#include "research/import.h"

#include <njord/lines.h>
#include <njord/recorded.h>

struct nj_input {
    const struct nj_import_options *options;
    struct nj_import_report *report;
    char name[NJ_PATH_MAX]; /* in errors: the file's path, or "standard input" */
    char path[NJ_PATH_MAX]; /* what is opened */
    int fd;                 /* of the copy of standard input; -1 */
    njord_lines *lines;
    const char *symbols[1];
    njord_recorded recorded;
    njord_recorded_line row;
    int64_t length_ns, last_ns;
};

struct nj_input_row {
    const union nj_input_event {
        njord_event ev;
        njord_bar bar;
        njord_trade trade;
    } * event; /* valid until the next call */
    int64_t ts_ns;
    uint64_t line;
};

/* Recognises the file and fills what the report says of it. */
int nj_input_open(struct nj_input *input, const struct nj_import_options *options,
                  struct nj_import_report *report, struct nj_error *err);
void nj_input_close(struct nj_input *input);
/* 1: *out is the next row; 0: no more; negative: err. */
int nj_input_next(struct nj_input *input, struct nj_input_row *out, struct nj_error *err);

#endif
