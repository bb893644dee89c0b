#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

void nj_table_init(struct nj_table *table, const char *const *heads)
{
    *table = (struct nj_table){0};
    while (heads[table->n_columns] && table->n_columns < NJ_TABLE_COLUMNS) {
        table->heads[table->n_columns] = heads[table->n_columns];
        table->n_columns++;
    }
}

void nj_table_add_shade(struct nj_table *table, const char *text, enum nj_shade shade)
{
    if (table->n_cells == table->cap_cells) {
        size_t cap = table->cap_cells ? table->cap_cells * 2 : 64;
        struct nj_cell *more = realloc(table->cells, cap * sizeof *more);
        if (!more) {
            table->failed = true;
            return;
        }
        table->cells = more;
        table->cap_cells = cap;
    }
    char *copy = strdup(text ? text : "");
    table->failed |= !copy;
    if (copy)
        table->cells[table->n_cells++] = (struct nj_cell){copy, shade};
}

void nj_table_add(struct nj_table *table, const char *text)
{
    nj_table_add_shade(table, text, NJ_PLAIN);
}

void nj_table_free(struct nj_table *table)
{
    for (size_t i = 0; i < table->n_cells; i++)
        free(table->cells[i].text);
    free(table->cells);
    *table = (struct nj_table){0};
}

const char *nj_shade_on(enum nj_shade shade, bool colour)
{
    static const char *const codes[] = {"", "\033[32m", "\033[31m", "\033[33m", "\033[2m"};
    return colour ? codes[shade] : "";
}

const char *nj_shade_off(enum nj_shade shade, bool colour)
{
    return colour && shade != NJ_PLAIN ? "\033[0m" : "";
}

/* Characters of UTF-8 text: bytes that begin one. */
static size_t width(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static bool is_number(const struct nj_table *table, size_t column)
{
    return table->heads[column][0] == '>';
}

static const char *head_of(const struct nj_table *table, size_t column)
{
    return table->heads[column] + is_number(table, column);
}

static void put(FILE *to, const char *text, size_t room, bool right, bool last)
{
    int pad = (int)(room - width(text));
    if (right)
        fprintf(to, "%*s%s", pad, "", text);
    else
        fprintf(to, "%s%*s", text, last ? 0 : pad, "");
    fputs(last ? "" : "  ", to);
}

void nj_table_print(const struct nj_table *table, FILE *to, bool colour)
{
    size_t room[NJ_TABLE_COLUMNS] = {0}, n = table->n_columns;
    if (n == 0)
        return;
    for (size_t c = 0; c < n; c++)
        room[c] = width(head_of(table, c));
    for (size_t i = 0; i < table->n_cells; i++)
        if (width(table->cells[i].text) > room[i % n])
            room[i % n] = width(table->cells[i].text);
    fputs(colour ? "\033[1m" : "", to);
    for (size_t c = 0; c < n; c++)
        put(to, head_of(table, c), room[c], is_number(table, c), c + 1 == n);
    fputs(colour ? "\033[0m\n" : "\n", to);
    for (size_t i = 0; i < table->n_cells; i++) {
        size_t c = i % n;
        const struct nj_cell *cell = &table->cells[i];
        fputs(nj_shade_on(cell->shade, colour), to);
        put(to, cell->text, room[c], is_number(table, c), c + 1 == n);
        fputs(nj_shade_off(cell->shade, colour), to);
        if (c + 1 == n)
            fputc('\n', to);
    }
}
