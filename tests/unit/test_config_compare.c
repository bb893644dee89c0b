/* test_config_compare.c - what a reload would change: which keys need a restart, which entries
 * differ. */
#include "config/loader.h"
#include "test_main.h"

#include <stdio.h>
#include <string.h>

static struct nj_config *load(const char *base, const char *strategies)
{
    struct nj_config *config = NULL;
    struct nj_config_report report = {0};
    int rc = nj_config_load_bytes(&config, base, strlen(base), strategies,
                                  strategies ? strlen(strategies) : 0, NULL, &report);
    ck_assert_msg(rc == 0, "%s", report.errors.data);
    nj_config_report_free(&report);
    return config;
}

static const struct {
    const char *old, *now, *lines;
} changes[] = {
    {"{}", "{}", ""},
    {"app: {name: a}", "app: {name: b}", "app.name\n"},
    {"app: {seed: 1}", "app: {}", ""}, /* the default is the same */
    {"app: {control: a}", "app: {control: ab}", "app.control\n"},
    {"app: {env: dev}", "app: {env: live}", "app.env\nplugins.trust\n"},
    {"plugins: {watch: true, max_errors: 5}", "plugins: {watch: false, max_errors: 6}",
     "plugins.watch\nplugins.max_errors\n"},
    {"services: [feeds, risk]", "services: [risk, feeds]", "services\n"},
    {"exchange: {symbols: [A/B]}", "exchange: {symbols: [A/B, C/B]}", "exchange.symbols\n"},
    {"journal: {compress_after: 1h}", "journal: {compress_after: 60m}", ""},
    {"journal: {compress_after: 1h}", "journal: {compress_after: 2h}", "journal.compress_after\n"},
    {"logging: {level: info, fsync: never}", "logging: {level: debug, fsync: never}", ""},
    {"logging: {level: info, fsync: never}", "logging: {level: debug, fsync: always}",
     "logging.fsync\n"},
    {"risk: {per_order_usd_cap: 1}", "risk: {per_order_usd_cap: 2, on_halt: hold}", ""},
    {"feeds: [{id: a, plugin: x}]", "feeds: [{id: b, plugin: x}]", "feeds.a\nfeeds.b\n"},
    {"feeds: [{id: a, plugin: x, params: {p: 1}}]", "feeds: [{id: a, plugin: x, params: {p: 2}}]",
     "feeds.a\n"},
    {"brokers: [{id: paper, plugin: paper}]",
     "brokers: [{id: paper, plugin: paper}, {id: b, plugin: c}]", "brokers.b\n"},
    {"exchange: {symbols: [A/B]}\nsymbols: {A/B: {tick: 1}}",
     "exchange: {symbols: [A/B]}\nsymbols: {A/B: {tick: 2}}", "symbols.A/B\n"},
    {"exchange: {symbols: [A/B]}\nsymbols: {A/B: {min_qty: 1}}", "exchange: {symbols: [A/B]}",
     "symbols.A/B\n"},
    {"exchange: {symbols: [A/B]}", "exchange: {symbols: [A/B]}\nsymbols: {A/B: {}}",
     "symbols.A/B\n"},
};

START_TEST(keys_that_need_a_restart_are_named)
{
    struct nj_config *old = load(changes[_i].old, NULL), *now = load(changes[_i].now, NULL);
    struct nj_buf out = {0};
    nj_buf_puts(&out, "");
    uint32_t n = nj_config_needs_restart(old, now, &out), lines = 0;
    for (const char *c = changes[_i].lines; *c; c++)
        lines += *c == '\n';
    ck_assert_str_eq(out.data, changes[_i].lines);
    ck_assert_uint_eq(n, lines);
    nj_buf_free(&out);
    nj_config_free(old);
    nj_config_free(now);
}
END_TEST

START_TEST(strategies_may_come_and_go)
{
    struct nj_config *old = load("{}", "strategies: [{id: a, plugin: x, events: ['*']}]");
    struct nj_config *now = load("{}", "strategies: [{id: b, plugin: x, events: ['*']}]");
    struct nj_buf out = {0};
    ck_assert_uint_eq(nj_config_needs_restart(old, now, &out), 0);
    nj_buf_free(&out);
    nj_config_free(old);
    nj_config_free(now);
}
END_TEST

/* Every key of a strategy, and another value for it. */
static const char *const variants[] = {
    "plugin: q",
    "enabled: false",
    "symbols: [C/B]",
    "events: ['md.*']",
    "capital: 2",
    "warmup: {timeframe: 5m, bars: 10}",
    "warmup: {timeframe: 1m, bars: 11}",
    "on_crash: cancel",
    "on_remove: hold",
    "params: {x: 2, m: {k: 1}}",
    "params: {x: '1', m: {k: 1}}",
    "params: {x: 1, m: {k: 2}}",
    "params: {x: 1, m: {l: 1}}",
    "params: {x: 1}",
    "params: {m: {k: 1}, x: 1, y: 1}",
};

static const char *const all_keys[] = {"plugin: p",         "enabled: true",
                                       "symbols: [A/B]",    "events: ['*']",
                                       "capital: 1",        "warmup: {timeframe: 1m, bars: 10}",
                                       "isolation: none",   "on_crash: hold",
                                       "on_remove: cancel", "params: {x: 1, m: {k: 1}}"};

/* A strategy of all keys, one of them as `other` says (NULL: none). */
static struct nj_config *strategy(const char *other)
{
    char text[1000] = "strategies:\n  - id: s\n";
    for (size_t i = 0; i < sizeof all_keys / sizeof all_keys[0]; i++) {
        size_t key = strcspn(all_keys[i], ":"), at = strlen(text);
        bool replaced = other && strncmp(other, all_keys[i], key + 1) == 0;
        snprintf(text + at, sizeof text - at, "    %s\n", replaced ? other : all_keys[i]);
    }
    return load("exchange: {symbols: [A/B, C/B]}", text);
}

START_TEST(an_entry_that_differs_in_anything_is_not_equal)
{
    struct nj_config *a = strategy(NULL), *b = strategy(variants[_i]);
    ck_assert(!nj_instance_config_equal(&a->strategies[0], &b->strategies[0]));
    ck_assert(!nj_instance_config_equal(&b->strategies[0], &a->strategies[0]));
    nj_config_free(a);
    nj_config_free(b);
}
END_TEST

START_TEST(entries_that_say_the_same_are_equal_wherever_they_stand)
{
    struct nj_config *a = strategy(NULL), *b = strategy(NULL);
    struct nj_config *c = load("{}", "strategies: [{id: s, plugin: p, events: ['*']}]");
    struct nj_config *d = load(
        "{}", "\n\nstrategies:\n  - enabled: true\n    plugin: p\n    id: s\n    events:\n     "
              " - '*'\n    symbols: [ATOM/USDT]\n");
    ck_assert(nj_instance_config_equal(&a->strategies[0], &b->strategies[0]));
    ck_assert(nj_instance_config_equal(&c->strategies[0], &d->strategies[0]));
    ck_assert(!nj_instance_config_equal(&c->strategies[0], &c->brokers[0]));
    nj_config_free(a);
    nj_config_free(b);
    nj_config_free(c);
    nj_config_free(d);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_compare");
    TCase *tests = tcase_create("config_compare");
    tcase_add_loop_test(tests, keys_that_need_a_restart_are_named, 0,
                        (int)(sizeof changes / sizeof changes[0]));
    tcase_add_test(tests, strategies_may_come_and_go);
    tcase_add_loop_test(tests, an_entry_that_differs_in_anything_is_not_equal, 0,
                        (int)(sizeof variants / sizeof variants[0]));
    tcase_add_test(tests, entries_that_say_the_same_are_equal_wherever_they_stand);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
