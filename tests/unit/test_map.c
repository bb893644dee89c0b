/* test_map.c - the map against a model that is too simple to be wrong: a list that is searched. */
#include "base/map.h"
#include "test_main.h"

#include <stdio.h>
#include <string.h>

#define KEYS 200

/* The model: pairs in the order of insertion. */
static struct {
    int key;
    void *value;
} model[KEYS];
static size_t n_model;

static size_t model_find(int key)
{
    size_t i = 0;
    while (i < n_model && model[i].key != key)
        i++;
    return i;
}

static uint32_t dice_state;

static uint32_t dice(uint32_t sides) /* Numerical Recipes' linear congruence: any will do */
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (dice_state >> 8) % sides;
}

static char values[100000];

START_TEST(any_run_of_operations_agrees_with_the_model)
{
    struct nj_map map = {0};
    n_model = 0;
    dice_state = (uint32_t)_i;
    for (size_t step = 0; step < sizeof values; step++) {
        int key = (int)dice(KEYS);
        char name[16];
        snprintf(name, sizeof name, "key%d", key);
        size_t at = model_find(key);
        void *expected = at < n_model ? model[at].value : NULL;
        switch (dice(4)) {
        case 0:
        case 1:
            ck_assert(nj_map_put(&map, name, &values[step]));
            model[at].key = key;
            model[at].value = &values[step];
            n_model += at == n_model;
            break;
        case 2:
            ck_assert_ptr_eq(nj_map_remove(&map, name), expected);
            if (at < n_model) {
                memmove(&model[at], &model[at + 1], (n_model - at - 1) * sizeof model[0]);
                n_model--;
            }
            break;
        default:
            ck_assert_ptr_eq(nj_map_get(&map, name), expected);
        }
        ck_assert_uint_eq(nj_map_count(&map), n_model);
    }
    size_t at = 0, i = 0;
    for (const struct nj_map_entry *e; (e = nj_map_next(&map, &at)); i++) {
        char name[16];
        ck_assert_uint_lt(i, n_model);
        snprintf(name, sizeof name, "key%d", model[i].key);
        ck_assert_str_eq(e->key, name);
        ck_assert_ptr_eq(e->value, model[i].value);
    }
    ck_assert_uint_eq(i, n_model);
    nj_map_free(&map, NULL);
}
END_TEST

START_TEST(replacing_a_value_keeps_its_place)
{
    struct nj_map map = {0};
    int a = 1, b = 2, c = 3;
    nj_map_put(&map, "a", &a);
    nj_map_put(&map, "b", &b);
    nj_map_put(&map, "a", &c);
    size_t at = 0;
    const struct nj_map_entry *first = nj_map_next(&map, &at);
    ck_assert_str_eq(first->key, "a");
    ck_assert_ptr_eq(first->value, &c);
    ck_assert_str_eq(nj_map_next(&map, &at)->key, "b");
    ck_assert_ptr_null(nj_map_next(&map, &at));
    nj_map_free(&map, NULL);
}
END_TEST

START_TEST(the_entry_just_returned_may_be_removed)
{
    struct nj_map map = {0};
    char name[16];
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "%d", i);
        nj_map_put(&map, name, &values[i]);
    }
    size_t at = 0;
    int seen = 0;
    for (const struct nj_map_entry *e; (e = nj_map_next(&map, &at)); seen++)
        if (seen % 2 == 0) {
            snprintf(name, sizeof name, "%s", e->key);
            ck_assert_ptr_eq(nj_map_remove(&map, name), &values[seen]);
        }
    ck_assert_int_eq(seen, 50);
    ck_assert_uint_eq(nj_map_count(&map), 25);
    ck_assert_ptr_null(nj_map_get(&map, "0"));
    ck_assert_ptr_eq(nj_map_get(&map, "49"), &values[49]);
    nj_map_free(&map, NULL);
}
END_TEST

START_TEST(an_empty_map_holds_nothing)
{
    struct nj_map map = {0};
    size_t at = 0;
    ck_assert_ptr_null(nj_map_get(&map, "x"));
    ck_assert_ptr_null(nj_map_remove(&map, "x"));
    ck_assert_ptr_null(nj_map_next(&map, &at));
    ck_assert_uint_eq(nj_map_count(&map), 0);
    nj_map_free(&map, NULL);
}
END_TEST

static int freed;

static void count_freed(void *value)
{
    (void)value;
    freed++;
}

START_TEST(freeing_calls_back_for_what_is_still_there)
{
    struct nj_map map = {0};
    freed = 0;
    nj_map_put(&map, "a", &values[0]);
    nj_map_put(&map, "b", &values[1]);
    nj_map_put(&map, "", &values[2]); /* the empty text is a key as any other */
    nj_map_remove(&map, "a");
    nj_map_free(&map, count_freed);
    ck_assert_int_eq(freed, 2);
}
END_TEST

START_TEST(the_hash_is_fnv_1a)
{
    /* Landon Curt Noll's published test values */
    ck_assert(nj_hash_text("") == 0xcbf29ce484222325ull);
    ck_assert(nj_hash_text("a") == 0xaf63dc4c8601ec8cull);
    ck_assert(nj_hash_text("foobar") == 0x85944171f73967e8ull);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("map");
    TCase *tests = tcase_create("map");
    tcase_add_loop_test(tests, any_run_of_operations_agrees_with_the_model, 0, 5);
    tcase_add_test(tests, replacing_a_value_keeps_its_place);
    tcase_add_test(tests, the_entry_just_returned_may_be_removed);
    tcase_add_test(tests, an_empty_map_holds_nothing);
    tcase_add_test(tests, freeing_calls_back_for_what_is_still_there);
    tcase_add_test(tests, the_hash_is_fnv_1a);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
