/* test_config_memory.c - the n-th call of malloc, calloc, realloc, strdup, open or read of the
 * loader fails, for each n: it says so, leaks nothing, and a configuration that is returned is
 * whole. The calls of our own objects are caught by the linker (--wrap); those inside libraries are
 * not. */
#include "base/fs.h"
#include "config_load.h"
#include "test_main.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int calls, fail_at, io_calls, io_fail_at;

static bool fails(void)
{
    return fail_at > 0 && ++calls == fail_at;
}

/* What the linker's --wrap asks for: wrap_X is called in place of X, real_X is X itself. */
#define WRAPPED(type, name, ...)                                                                   \
    type real_##name(__VA_ARGS__) __asm__("__real_" #name);                                        \
    type wrap_##name(__VA_ARGS__) __asm__("__wrap_" #name);                                        \
    type wrap_##name(__VA_ARGS__)

WRAPPED(void *, malloc, size_t len)
{
    return fails() ? NULL : real_malloc(len);
}

WRAPPED(void *, calloc, size_t n, size_t len)
{
    return fails() ? NULL : real_calloc(n, len);
}

WRAPPED(void *, realloc, void *old, size_t len)
{
    return fails() ? NULL : real_realloc(old, len);
}

WRAPPED(char *, strdup, const char *text)
{
    return fails() ? NULL : real_strdup(text);
}

static bool io_fails(int number)
{
    if (io_fail_at == 0 || ++io_calls != io_fail_at)
        return false;
    errno = number;
    return true;
}

/* One of the two is what open() is called, by the width of off_t. */
WRAPPED(int, open, const char *path, int flags, mode_t mode)
{
    return io_fails(EMFILE) ? -1 : real_open(path, flags, mode);
}

WRAPPED(int, open64, const char *path, int flags, mode_t mode)
{
    return io_fails(EMFILE) ? -1 : real_open64(path, flags, mode);
}

WRAPPED(ssize_t, read, int fd, void *data, size_t len)
{
    return io_fails(EIO) ? -1 : real_read(fd, data, len);
}

static const char base[] = "exchange: {symbols: [ATOM/USDT, ETH/USDT]}\n"
                           "symbols: {ATOM/USDT: {tick: 1}}\n"
                           "feeds: [{id: f, plugin: g, params: {a: 1, b: {c: 2}}}]\n";
static const char strategies[] = "strategies:\n"
                                 "  - {id: s, plugin: p, events: [md.trades.*], params: {x: 1}}\n"
                                 "  - {id: t, plugin: p, events: [md.trades.*], symbols: "
                                 "[ETH/USDT]}\n";

START_TEST(a_good_configuration_is_whole_or_refused_for_want_of_memory)
{
    int n = 1, refused = 0;
    for (bool done = false; !done; n++) {
        calls = 0;
        fail_at = n;
        int rc = load(base, strategies);
        done = calls < n;
        fail_at = 0;
        if (rc == 0) {
            ck_assert_uint_eq(report.n_errors, 0);
            ck_assert_uint_eq(config->exchange.n_symbols, 2);
            ck_assert_uint_eq(config->n_feeds, 1);
            ck_assert_uint_eq(config->feeds[0].n_symbols, 2);
            ck_assert_uint_eq(config->feeds[0].n_params, 2);
            ck_assert_uint_eq(config->feeds[0].params[1].n_map, 1);
            ck_assert_uint_eq(config->n_strategies, 2);
            ck_assert_uint_eq(config->n_symbols, 1);
            ck_assert_uint_eq(config->n_services, 6);
            ck_assert_uint_eq(config->journal.n_topics, 2);
            ck_assert_uint_eq(config->brokers[0].n_params, 5);
        } else {
            refused++;
            ck_assert_ptr_null(config);
            ck_assert_uint_gt(report.n_errors, 0);
            ck_assert_msg(strstr(errors(), "out of memory") != NULL, "%s", errors());
        }
        end();
    }
    ck_assert_int_gt(refused, 20);
}
END_TEST

START_TEST(a_bad_configuration_is_never_taken)
{
    int n = 1;
    for (bool done = false; !done; n++) {
        calls = 0;
        fail_at = n;
        int rc = load("app: {nam: x, env: y}\nrisk: {per_order_usd_cap: 0}\n", strategies);
        done = calls < n;
        fail_at = 0;
        ck_assert_int_ne(rc, 0);
        ck_assert_ptr_null(config);
        ck_assert_uint_gt(report.n_errors, 0);
        end();
    }
}
END_TEST

static const njord_param declared[] = {
    {.size = sizeof(njord_param), .type = NJORD_PARAM_TEXT, .name = "t", .default_text = "d"},
    {.size = sizeof(njord_param), .type = NJORD_PARAM_INT, .name = "x", .max_int = 9},
    {.size = sizeof(njord_param),
     .type = NJORD_PARAM_ENUM,
     .name = "e",
     .default_text = "a",
     .choices = "a|b"},
    {.size = sizeof(njord_param),
     .type = NJORD_PARAM_REAL_MAP,
     .name = "m",
     .default_text = "a=1,b=2",
     .max_real = 9},
    {.size = sizeof(njord_param)}};

START_TEST(parameters_are_whole_or_refused)
{
    ck_assert_int_eq(load(base, strategies), 0);
    const struct nj_instance_config *s = &config->strategies[0];
    int n = 1;
    for (bool done = false; !done; n++) {
        struct nj_config_report told = {0};
        njord_value *values = NULL;
        uint32_t n_values = 0;
        calls = 0;
        fail_at = n;
        int rc = nj_param_values(declared, s->params, s->n_params, s->place, s->id, &values,
                                 &n_values, &told);
        done = calls < n;
        fail_at = 0;
        if (rc == 0) {
            ck_assert_str_eq(values[0].text, "d");
            ck_assert_int_eq(values[1].i, 1);
            ck_assert_uint_eq(values[3].count, 2);
        } else {
            ck_assert_int_eq(rc, NJ_ERR_NOMEM);
            ck_assert_ptr_null(values);
            ck_assert_uint_eq(told.n_errors, 1);
        }
        nj_param_values_free(values, n_values);
        nj_config_report_free(&told);
    }
    ck_assert_int_ge(n, 5);
    end();
}
END_TEST

START_TEST(a_folder_that_cannot_be_read_to_its_end_is_refused)
{
    const char *top = getenv("top_srcdir");
    char dir[1024];
    snprintf(dir, sizeof dir, "%s/config", top ? top : ".");
    int n = 1, refused = 0;
    for (bool done = false; !done; n++) {
        io_calls = 0;
        io_fail_at = n;
        int rc = nj_config_load(&config, dir, NULL, &report);
        done = io_calls < n;
        io_fail_at = 0;
        ck_assert_int_eq(rc == 0, done);
        if (!done) {
            refused++;
            ck_assert_uint_eq(report.n_errors, 1);
            ck_assert_ptr_nonnull(strstr(errors(), ".yaml': "));
        }
        end();
    }
    ck_assert_int_ge(refused, 6); /* of each file: open, read, read to the end */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_memory");
    TCase *tests = tcase_create("config_memory");
    tcase_add_test(tests, a_good_configuration_is_whole_or_refused_for_want_of_memory);
    tcase_add_test(tests, a_bad_configuration_is_never_taken);
    tcase_add_test(tests, parameters_are_whole_or_refused);
    tcase_add_test(tests, a_folder_that_cannot_be_read_to_its_end_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
