/* test_codec_roundtrip.c - properties that hold for random events of every contract: what is
 * written is read back and written again to the byte, in either form and through both. Owned by the
 * tests. */
#include "test_codec_random.h"
#include "test_main.h"

#include <check.h>

#define CAP      (1u << 20)
#define TEXT_CAP (8u << 20)
#define ROUNDS   60

static uint64_t *buffers[3];
static char *texts[3];

static void setup(void)
{
    for (int i = 0; i < 3; i++) {
        buffers[i] = malloc(CAP);
        texts[i] = malloc(TEXT_CAP);
        ck_assert_ptr_nonnull(buffers[i]);
        ck_assert_ptr_nonnull(texts[i]);
    }
}

static void teardown(void)
{
    for (int i = 0; i < 3; i++) {
        free(buffers[i]);
        free(texts[i]);
    }
}

static njord_event *event_in(int i)
{
    return (njord_event *)(void *)buffers[i];
}

static size_t encode(int json, const njord_event *event, const njord_envelope *env, char *to)
{
    size_t len = 0;
    int rc = json ? njord_encode_json(event, env, to, TEXT_CAP, &len)
                  : njord_encode_msgpack(event, env, to, TEXT_CAP, &len);
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_le(len, njord_encode_bound(event));
    return len;
}

/* Decodes into a buffer of exactly the size that is promised to be enough. */
static void decode(int json, uint32_t type, const char *from, size_t len, int to,
                   njord_envelope *env)
{
    njord_decode_error err = {0};
    char why[200];
    size_t cap = njord_decode_bound(len);
    cap = cap > CAP ? CAP : cap;
    memset(buffers[to], 0xa5, CAP);
    int rc = json ? njord_decode_json(type, from, len, buffers[to], cap, env, &err)
                  : njord_decode_msgpack(type, from, len, buffers[to], cap, env, &err);
    ck_assert_msg(rc == 0, "contract %u: %s", type, err.text);
    ck_assert_msg(njord_event_check(event_in(to), cap, why, sizeof why) == 0, "%s", why);
    ck_assert_msg(((const unsigned char *)buffers[to])[event_in(to)->size] == 0xa5,
                  "wrote behind the event");
}

static void same_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    ck_assert_uint_eq(a_len, b_len);
    ck_assert_mem_eq(a, b, a_len);
}

static void random_envelope(dice *d, uint32_t type, njord_envelope *env)
{
    njord_envelope_init(env);
    env->contract = below(d, 2) ? type : 0;
    if (below(d, 2))
        (void)random_text(d, env->src, sizeof env->src, 1);
    if (below(d, 2))
        env->src_seq = random_i64(d);
}

START_TEST(every_contract_survives_every_way_there_and_back)
{
    uint32_t type = (uint32_t)_i;
    if (njord_contract_of(type) == NULL)
        return;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        dice d = {seed * 1000003 + type};
        njord_envelope env, back;
        char why[200];
        memset(buffers[0], 0, CAP);
        random_event(&d, type, event_in(0), CAP);
        random_envelope(&d, type, &env);
        ck_assert_msg(njord_event_check(event_in(0), CAP, why, sizeof why) == 0, "%s", why);

        size_t packed = encode(0, event_in(0), &env, texts[0]);
        size_t printed = encode(1, event_in(0), &env, texts[1]);

        /* msgpack, event, msgpack */
        decode(0, type, texts[0], packed, 1, &back);
        same_bytes(texts[0], packed, texts[2], encode(0, event_in(1), &back, texts[2]));
        /* the event is the same down to its padding: tails stand in the table's order on both sides
         */
        ck_assert_uint_eq(event_in(0)->size, event_in(1)->size);
        event_in(1)->flags = event_in(0)->flags;
        ck_assert_mem_eq(event_in(0), event_in(1), event_in(0)->size);

        /* msgpack, event, JSON, event, msgpack */
        same_bytes(texts[1], printed, texts[2], encode(1, event_in(1), &back, texts[2]));
        decode(1, type, texts[1], printed, 2, &back);
        same_bytes(texts[1], printed, texts[2], encode(1, event_in(2), &back, texts[2]));
        same_bytes(texts[0], packed, texts[2], encode(0, event_in(2), &back, texts[2]));
        ck_assert_uint_eq(env.contract, back.contract);
        ck_assert_int_eq(env.src_seq, back.src_seq);
        ck_assert_str_eq(env.src, back.src);
    }
}
END_TEST

START_TEST(a_buffer_that_is_too_small_is_said_so_and_never_overrun)
{
    uint32_t type = (uint32_t)_i;
    if (njord_contract_of(type) == NULL)
        return;
    dice d = {77};
    njord_envelope env;
    do
        random_event(&d, type, event_in(0), CAP);
    while (event_in(0)->size > 8192);
    random_envelope(&d, type, &env);
    for (int json = 0; json < 2; json++) {
        size_t len = encode(json, event_in(0), &env, texts[0]);
        for (size_t cap = 0; cap <= len; cap += 1 + len / 700) {
            char *exact = malloc(cap + (cap == 0)); /* the sanitizer watches its end */
            size_t need = 0;
            ck_assert_ptr_nonnull(exact);
            int rc = json ? njord_encode_json(event_in(0), &env, exact, cap, &need)
                          : njord_encode_msgpack(event_in(0), &env, exact, cap, &need);
            ck_assert_int_eq(rc, cap < len ? NJORD_E_LIMIT : 0);
            ck_assert_uint_ge(need, len);
            free(exact);
        }
        for (size_t cap = 0; cap < event_in(0)->size; cap += 8) {
            uint64_t *exact = malloc(cap + 8);
            ck_assert_ptr_nonnull(exact);
            int rc = json ? njord_decode_json(type, texts[0], len, exact, cap, NULL, NULL)
                          : njord_decode_msgpack(type, texts[0], len, exact, cap, NULL, NULL);
            ck_assert_int_eq(rc, NJORD_E_LIMIT);
            free(exact);
        }
    }
}
END_TEST

START_TEST(an_input_cut_anywhere_is_refused)
{
    uint32_t type = (uint32_t)_i;
    if (njord_contract_of(type) == NULL)
        return;
    dice d = {78};
    do
        random_event(&d, type, event_in(0), CAP);
    while (event_in(0)->size > 8192);
    for (int json = 0; json < 2; json++) {
        size_t len = encode(json, event_in(0), NULL, texts[0]);
        for (size_t cut = 0; cut < len; cut += 1 + len / 3000) {
            char *exact = malloc(cut + (cut == 0));
            ck_assert_ptr_nonnull(exact);
            memcpy(exact, texts[0], cut);
            int rc = json ? njord_decode_json(type, exact, cut, buffers[1], CAP, NULL, NULL)
                          : njord_decode_msgpack(type, exact, cut, buffers[1], CAP, NULL, NULL);
            ck_assert_int_eq(rc, NJORD_E_ARG);
            free(exact);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("codec round trips");
    TCase *tc = tcase_create("every contract");
    tcase_add_unchecked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, every_contract_survives_every_way_there_and_back, 0, NJORD_EV_COUNT);
    tcase_add_loop_test(tc, a_buffer_that_is_too_small_is_said_so_and_never_overrun, 0,
                        NJORD_EV_COUNT);
    tcase_add_loop_test(tc, an_input_cut_anywhere_is_refused, 0, NJORD_EV_COUNT);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
