/* test_abi_layout.c - sizes and offsets of the plugin ABI are those that plugins were built with.
 * The rows come from the headers' text by the rules of the psABI (tests/e2e/test_abi_layout.py),
 * not from a compiler; the plugin ABI is 64-bit. Owned by the tests. */
#include "test_main.h"

#include <check.h>
#include <njord/abi.h>
#include <njord/contract.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
    const char *type;
    const char *member; /* NULL: the struct itself */
    size_t offset;
    size_t size;
    size_t offset_is;
    size_t size_is;
} rows[] = {
#define SIZE(type, size) {#type, NULL, 0, size, 0, sizeof(type)},
#define ROW(type, member, offset, size)                                                            \
    {#type, #member, offset, size, offsetof(type, member), sizeof(((type *)0)->member)},
#include "test_abi_layout_rows.h"
#undef SIZE
#undef ROW
};

#define N_ROWS (sizeof rows / sizeof rows[0])

START_TEST(every_member_stands_where_it_was_released)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        const struct row *r = &rows[i];
        ck_assert_msg(r->offset == r->offset_is && r->size == r->size_is,
                      "%s.%s: at %zu, %zu bytes; released at %zu, %zu bytes", r->type,
                      r->member == NULL ? "(whole)" : r->member, r->offset_is, r->size_is,
                      r->offset, r->size);
    }
}
END_TEST

START_TEST(every_contract_is_in_the_table_and_a_multiple_of_8)
{
    for (uint32_t type = 1; type < NJORD_EV_COUNT; type++) {
        const njord_contract *c = njord_contract_of(type);
        size_t i = 0;
        while (i < N_ROWS && !(rows[i].member == NULL && rows[i].size == c->head))
            i++;
        ck_assert_msg(i < N_ROWS, "%s", c->name);
        ck_assert_uint_eq(c->head % 8, 0);
        ck_assert_uint_le(c->head, UINT16_MAX);
    }
}
END_TEST

START_TEST(the_table_of_fields_agrees_with_the_structs)
{
    /* the codecs reach members by these offsets and sizes */
    for (uint32_t type = 1; type < NJORD_EV_COUNT; type++) {
        const njord_contract *c = njord_contract_of(type);
        for (uint32_t k = 0; k < c->n_fields; k++) {
            const njord_field *f = &c->fields[k];
            int in_head = f->offset == offsetof(njord_event, ts_ns);
            size_t i = 0;
            while (i < N_ROWS && !(rows[i].member != NULL && rows[i].offset == f->offset &&
                                   rows[i].size == f->size &&
                                   strcmp(rows[i].member, in_head ? "ts_ns" : f->name) == 0))
                i++;
            ck_assert_msg(i < N_ROWS, "%s.%s", c->name, f->name);
            ck_assert_uint_le(f->offset + f->size, c->head);
            ck_assert_uint_eq(f->name_len, strlen(f->name));
            ck_assert_uint_eq(c->required >> k & 1u, f->flags & NJORD_FIELD_REQUIRED);
            if ((f->flags & NJORD_FIELD_TIME) != 0)
                ck_assert_uint_eq(c->time_at, f->offset);
        }
    }
}
END_TEST

START_TEST(the_stamp_never_changes)
{
    const njord_stamp stamp = NJORD_STAMP;
    const unsigned char *bytes = (const unsigned char *)&stamp;
    ck_assert_uint_eq(sizeof stamp, 24);
    ck_assert_mem_eq(bytes, "NJRD\x01\x00", 6);
    ck_assert_uint_eq(stamp.entry_size, 32);
    ck_assert_uint_eq(stamp.pointer_bits, 64);
    ck_assert_uint_eq(stamp.event_head, 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ABI layout");
    TCase *tc = tcase_create("released");
    tcase_add_test(tc, every_member_stands_where_it_was_released);
    tcase_add_test(tc, every_contract_is_in_the_table_and_a_multiple_of_8);
    tcase_add_test(tc, the_table_of_fields_agrees_with_the_structs);
    tcase_add_test(tc, the_stamp_never_changes);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
