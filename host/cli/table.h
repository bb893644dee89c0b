/* table.h - a table of text for a person: columns aligned, numbers to the right, colour on a
 * terminal only. */
#ifndef NJ_CLI_TABLE_H
#define NJ_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define NJ_TABLE_COLUMNS 12u

enum nj_shade { NJ_PLAIN, NJ_GOOD, NJ_BAD, NJ_ODD, NJ_FAINT };

struct nj_cell {
    char *text;
    enum nj_shade shade;
};

struct nj_table {
    const char *heads[NJ_TABLE_COLUMNS]; /* a head that begins with '>' is of numbers */
    size_t n_columns;
    struct nj_cell *cells;
    size_t n_cells, cap_cells;
    bool failed; /* out of memory: some cells are missing */
};

/* heads: ended by NULL; they must outlive the table. */
void nj_table_init(struct nj_table *table, const char *const *heads);
/* Cells row by row; text is copied. */
void nj_table_add(struct nj_table *table, const char *text);
void nj_table_add_shade(struct nj_table *table, const char *text, enum nj_shade shade);
void nj_table_print(const struct nj_table *table, FILE *to, bool colour);
void nj_table_free(struct nj_table *table);

/* A text in a colour, "" around it when there is none. */
const char *nj_shade_on(enum nj_shade shade, bool colour);
const char *nj_shade_off(enum nj_shade shade, bool colour);

#endif
