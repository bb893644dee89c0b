/* Timers in their heap, against a model that is a plain list looked through from end to end. */
#include "services/timers.h"

#include "test_main.h"

#include <string.h>

static int owners[4];

START_TEST(they_come_by_due_time_and_at_the_same_time_in_the_order_they_were_set)
{
    struct nj_timers t = {0};
    struct nj_timer out;
    ck_assert(nj_timers_next(&t) == INT64_MAX);
    ck_assert(!nj_timers_take(&t, INT64_MAX, &out));
    static const struct {
        uint32_t id;
        int64_t due;
    } set[] = {{1, 50}, {2, 10}, {3, 50}, {4, 30}, {5, 10}, {6, 50}};
    static const uint32_t expected[] = {2, 5, 4, 1, 3, 6};
    for (size_t i = 0; i < 6; i++)
        ck_assert(nj_timers_set(&t, &owners[0], set[i].id, set[i].due, 0));
    ck_assert(nj_timers_next(&t) == 10);
    ck_assert(!nj_timers_take(&t, 9, &out));
    for (size_t i = 0; i < 6; i++) {
        ck_assert(nj_timers_take(&t, 50, &out));
        ck_assert_uint_eq(out.id, expected[i]);
    }
    ck_assert(!nj_timers_take(&t, INT64_MAX, &out));
    nj_timers_free(&t);
}
END_TEST

START_TEST(one_set_again_is_replaced_and_goes_behind_those_of_the_same_time)
{
    struct nj_timers t = {0};
    struct nj_timer out;
    nj_timers_set(&t, &owners[0], 1, 10, 0);
    nj_timers_set(&t, &owners[0], 2, 20, 0);
    nj_timers_set(&t, &owners[1], 1, 20, 0); /* the same id, another's */
    nj_timers_set(&t, &owners[0], 1, 20, 0);
    ck_assert_uint_eq(t.n, 3);
    ck_assert(!nj_timers_take(&t, 19, &out));
    ck_assert(nj_timers_take(&t, 20, &out) && out.id == 2 && out.owner == &owners[0]);
    ck_assert(nj_timers_take(&t, 20, &out) && out.id == 1 && out.owner == &owners[1]);
    ck_assert(nj_timers_take(&t, 20, &out) && out.id == 1 && out.owner == &owners[0]);
    nj_timers_free(&t);
}
END_TEST

START_TEST(a_periodic_one_keeps_its_beat_however_late_it_is_taken)
{
    struct nj_timers t = {0};
    struct nj_timer out;
    nj_timers_set(&t, &owners[0], 7, 100, 10);
    nj_timers_set(&t, &owners[0], 8, 115, 0);
    static const int64_t due[] = {100, 110, 115, 120, 130};
    static const uint32_t ids[] = {7, 7, 8, 7, 7};
    for (size_t i = 0; i < 5; i++) { /* all taken at 134: each with its own due time */
        ck_assert(nj_timers_take(&t, 134, &out));
        ck_assert_int_eq(out.due_ns, due[i]);
        ck_assert_uint_eq(out.id, ids[i]);
    }
    ck_assert(!nj_timers_take(&t, 139, &out));
    ck_assert(nj_timers_next(&t) == 140);
    ck_assert(nj_timers_cancel(&t, &owners[0], 7));
    ck_assert(!nj_timers_cancel(&t, &owners[0], 7));
    ck_assert(nj_timers_next(&t) == INT64_MAX);
    nj_timers_free(&t);
}
END_TEST

START_TEST(one_set_for_later_waits_until_it_is_released)
{
    struct nj_timers t = {0};
    struct nj_timer out;
    nj_timers_set_later(&t, &owners[0], 1, 0, 0);
    nj_timers_set(&t, &owners[0], 2, 20, 0);
    nj_timers_set_later(&t, &owners[1], 3, 5, 0);
    ck_assert(nj_timers_next(&t) == 20);
    ck_assert(nj_timers_take(&t, 30, &out) && out.id == 2);
    ck_assert(!nj_timers_take(&t, INT64_MAX, &out));
    ck_assert(nj_timers_next(&t) == INT64_MAX);
    ck_assert(nj_timers_cancel(&t, &owners[1], 3));
    nj_timers_release(&t);
    ck_assert(nj_timers_next(&t) == 0);
    ck_assert(nj_timers_take(&t, 30, &out) && out.id == 1);
    nj_timers_set_later(&t, &owners[0], 1, 0, 0);
    nj_timers_set(&t, &owners[0], 1, 7, 0); /* set again: replaced as always */
    ck_assert(nj_timers_take(&t, 7, &out) && out.id == 1);
    nj_timers_set_later(&t, &owners[0], 1, 0, 0);
    nj_timers_cancel_all(&t, &owners[0]);
    ck_assert_uint_eq(t.n_later, 0);
    nj_timers_free(&t);
}
END_TEST

START_TEST(a_periodic_one_behind_the_floor_is_set_on_past_it_in_one_step)
{
    struct nj_timers t = {.floor_ns = 1000};
    struct nj_timer out;
    nj_timers_set(&t, &owners[0], 1, 3, 10);
    ck_assert(nj_timers_take(&t, 1000, &out) && out.due_ns == 3);
    ck_assert_int_eq(nj_timers_next(&t), 1003); /* the first of 3, 13, 23 … behind 1000 */
    ck_assert(nj_timers_take(&t, 1003, &out) && out.due_ns == 1003);
    ck_assert_int_eq(nj_timers_next(&t), 1013);
    nj_timers_cancel_all(&t, &owners[0]);
    nj_timers_set(&t, &owners[0], 2, 990, 10); /* its next beat is the floor itself */
    ck_assert(nj_timers_take(&t, 1000, &out) && out.due_ns == 990);
    ck_assert_int_eq(nj_timers_next(&t), 1010);
    nj_timers_cancel_all(&t, &owners[0]);
    t.floor_ns = INT64_MAX;
    nj_timers_set(&t, &owners[0], 3, INT64_MIN, 1);
    ck_assert(nj_timers_take(&t, 0, &out) && out.due_ns == INT64_MIN);
    ck_assert_int_eq(nj_timers_next(&t), INT64_MAX);
    nj_timers_free(&t);
}
END_TEST

START_TEST(those_set_before_time_began_count_from_its_beginning)
{
    struct nj_timers t = {0};
    struct nj_timer out;
    const int64_t begun = 1000;
    nj_timers_set(&t, &owners[0], 1, 30, 30); /* at 0, to come 30 later */
    nj_timers_set(&t, &owners[0], 2, 0, 0);
    nj_timers_set(&t, &owners[0], 3, begun, 0); /* a date */
    nj_timers_begin(&t, begun);
    nj_timers_begin(&t, begun); /* once is all that it does */
    t.floor_ns = begun;
    ck_assert(nj_timers_take(&t, begun, &out) && out.id == 2 && out.due_ns == begun);
    ck_assert(nj_timers_take(&t, begun, &out) && out.id == 3 && out.due_ns == begun);
    ck_assert(!nj_timers_take(&t, begun, &out));
    ck_assert(nj_timers_take(&t, begun + 30, &out) && out.id == 1 && out.due_ns == begun + 30);
    ck_assert(nj_timers_next(&t) == begun + 60);
    nj_timers_free(&t);
}
END_TEST

START_TEST(times_at_the_end_of_the_world_do_not_wrap)
{
    struct nj_timers t = {0};
    struct nj_timer out;
    nj_timers_set(&t, &owners[0], 1, INT64_MAX - 5, 10);
    ck_assert(nj_timers_take(&t, INT64_MAX - 1, &out));
    ck_assert(nj_timers_next(&t) == INT64_MAX);
    ck_assert(!nj_timers_take(&t, INT64_MAX - 1, &out));
    nj_timers_set(&t, &owners[0], 1, INT64_MIN, 0);
    ck_assert(nj_timers_take(&t, INT64_MIN, &out));
    nj_timers_free(&t);
}
END_TEST

#define MODEL 400

struct model {
    struct nj_timer all[MODEL];
    size_t n;
    uint64_t order;
};

static size_t model_find(const struct model *m, const void *owner, uint32_t id)
{
    size_t at = 0;
    while (at < m->n && (m->all[at].owner != owner || m->all[at].id != id))
        at++;
    return at;
}

static void model_remove(struct model *m, size_t at)
{
    m->all[at] = m->all[--m->n];
}

static size_t model_first(const struct model *m)
{
    size_t first = 0;
    for (size_t i = 1; i < m->n; i++)
        if (m->all[i].due_ns < m->all[first].due_ns ||
            (m->all[i].due_ns == m->all[first].due_ns && m->all[i].order < m->all[first].order))
            first = i;
    return first;
}

/* xorshift64: the same choices each time */
static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % below;
}

static void compare_owner(const struct nj_timers *t, const struct model *m, const void *owner)
{
    size_t at = 0, found = 0, expected = 0;
    struct nj_timer out;
    while (nj_timers_of(t, owner, &at, &out)) {
        size_t i = model_find(m, owner, out.id);
        ck_assert(i < m->n && m->all[i].due_ns == out.due_ns);
        found++;
    }
    for (size_t i = 0; i < m->n; i++)
        expected += m->all[i].owner == owner;
    ck_assert_uint_eq(found, expected);
}

START_TEST(a_hundred_thousand_random_calls_agree_with_the_model)
{
    struct nj_timers t = {0};
    static struct model m;
    uint64_t state = 0x9e3779b97f4a7c15;
    int64_t now = 0;
    m.n = 0;
    for (int step = 0; step < 100000; step++) {
        void *owner = &owners[draw(&state, 4)];
        uint32_t id = (uint32_t)draw(&state, 100);
        size_t at = model_find(&m, owner, id);
        uint64_t what = draw(&state, 100);
        if (what < 50) {
            int64_t due = now + (int64_t)draw(&state, 40);
            int64_t period = draw(&state, 3) ? 0 : 1 + (int64_t)draw(&state, 30);
            if (at < m.n)
                model_remove(&m, at);
            m.all[m.n++] = (struct nj_timer){owner, id, due, period, m.order++, false};
            ck_assert(nj_timers_set(&t, owner, id, due, period));
        } else if (what < 60) {
            ck_assert_int_eq(nj_timers_cancel(&t, owner, id), at < m.n);
            if (at < m.n)
                model_remove(&m, at);
        } else if (what == 60) {
            for (size_t i = m.n; i-- > 0;)
                if (m.all[i].owner == owner)
                    model_remove(&m, i);
            nj_timers_cancel_all(&t, owner);
            compare_owner(&t, &m, owner);
        } else {
            struct nj_timer out;
            now += (int64_t)draw(&state, 4);
            size_t first = model_first(&m);
            bool due = m.n > 0 && m.all[first].due_ns <= now;
            ck_assert(nj_timers_next(&t) == (m.n ? m.all[first].due_ns : INT64_MAX));
            ck_assert_int_eq(nj_timers_take(&t, now, &out), due);
            if (!due)
                continue;
            ck_assert(out.owner == m.all[first].owner && out.id == m.all[first].id &&
                      out.due_ns == m.all[first].due_ns);
            if (m.all[first].period_ns > 0) {
                m.all[first].due_ns += m.all[first].period_ns;
                m.all[first].order = m.order++;
            } else {
                model_remove(&m, first);
            }
        }
        ck_assert_uint_eq(t.n, m.n);
    }
    for (size_t i = 0; i < 4; i++)
        compare_owner(&t, &m, &owners[i]);
    nj_timers_free(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timers");
    TCase *tc = tcase_create("timers");
    tcase_add_test(tc, they_come_by_due_time_and_at_the_same_time_in_the_order_they_were_set);
    tcase_add_test(tc, one_set_again_is_replaced_and_goes_behind_those_of_the_same_time);
    tcase_add_test(tc, a_periodic_one_keeps_its_beat_however_late_it_is_taken);
    tcase_add_test(tc, one_set_for_later_waits_until_it_is_released);
    tcase_add_test(tc, a_periodic_one_behind_the_floor_is_set_on_past_it_in_one_step);
    tcase_add_test(tc, those_set_before_time_began_count_from_its_beginning);
    tcase_add_test(tc, times_at_the_end_of_the_world_do_not_wrap);
    tcase_add_test(tc, a_hundred_thousand_random_calls_agree_with_the_model);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
