/* fuzz_segment.c - arbitrary bytes as a segment of the column cache: it is refused in one line, or
 * every row of it can be read without leaving it. The bytes are tried as they are and with the hash
 * of their header put right, which an attacker can do too. */
#include "journal/segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile double sink;

static void read_all(const struct nj_segment_head *head, const struct nj_columns *c)
{
    struct nj_segment_head again = *head;

    for (size_t i = 0; i < c->n; i++) {
        if (c->kind == NJ_COLUMNS_BARS) {
            njord_bar bar;
            nj_columns_bar(c, i, &bar);
            sink = bar.close;
        } else {
            njord_trade trade;
            nj_columns_trade(c, i, &trade);
            sink = trade.price + (double)strlen(trade.venue) + (double)strlen(trade.trade_id);
        }
    }
    nj_segment_survey(c, &again);
    if (again.mess_from > again.mess_to || again.mess_to > c->n) {
        fprintf(stderr, "fuzz_segment: rows %llu to %llu of %zu\n",
                (unsigned long long)again.mess_from, (unsigned long long)again.mess_to, c->n);
        abort();
    }
}

static void try(const void *data, size_t size)
{
    static struct nj_segment_head head;
    static struct nj_columns columns;
    struct nj_error err = {0};

    if (nj_segment_check(data, size, &head, &columns, &err) == 0)
        read_all(&head, &columns);
    else if (err.text[0] == '\0' || strchr(err.text, '\n')) {
        fprintf(stderr, "fuzz_segment: no line for people: '%s'\n", err.text);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1);

    if (!copy)
        return 0;
    memcpy(copy, data, size);
    try(copy, size);
    if (size >= NJ_SEGMENT_HEAD) {
        struct nj_segment_head *head = (struct nj_segment_head *)(void *)copy;
        head->file_size = size;
        if (nj_sha256(head, offsetof(struct nj_segment_head, head_hash), head->head_hash) == 0)
            try(copy, size);
    }
    free(copy);
    return 0;
}
