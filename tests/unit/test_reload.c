/* Hot reload, with events flowing: new code carries on with the old state; whatever is wrong with a
 * new version, the old one trades on as if nothing had happened. NJORD_SOAK=1 (make soak) runs the
 * full sizes. */
#include "../support/host_rig.h"
#include "services/reload.h"
#include "test_main.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The simulated market at full speed, one strategy 'counted' from plugins/strategies/counter.so. */
struct rig {
    struct host_rig h;
    char plugin[128];
    struct nj_host *host;
    /* what the strategy showed */
    uint64_t signals, breaks;
    int64_t count, version;
    /* how the last reload ended */
    bool answered;
    int rc;
    char text[1024];
    /* PluginEvents seen by kind of event */
    uint64_t seen[64];
};

static void replace_plugin(struct rig *r, const void *data, size_t len, mode_t mode)
{
    rig_replace(r->plugin, data, len, mode);
}

static void replace_by(struct rig *r, const char *name)
{
    struct nj_buf file = rig_contents(rig_built(name));
    replace_plugin(r, file.data, file.len, 0755);
    nj_buf_free(&file);
}

static void on_signal(void *ctx, const struct nj_message *m)
{
    struct rig *r = ctx;
    const njord_signal *s = (const njord_signal *)m->event;
    int64_t count = (int64_t)njord_real(m->event, s->values, "count");
    if (r->signals++ > 0 && count != r->count + 1)
        r->breaks++;
    r->count = count;
    r->version = (int64_t)njord_real(m->event, s->values, "version");
}

static void on_plugin(void *ctx, const struct nj_message *m)
{
    struct rig *r = ctx;
    r->seen[((const njord_plugin_event *)m->event)->event & 63]++;
}

static void on_done(void *ctx, int rc, const char *text)
{
    struct rig *r = ctx;
    r->answered = true;
    r->rc = rc;
    snprintf(r->text, sizeof r->text, "%s", text);
}

static const char base_yaml[] =
    "app: {env: paper, clock: wall, state_dir: %1$s/state, control: %1$s/sock}\n"
    "logging: {level: error, journal_dir: %1$s/log, fsync: never}\n"
    "plugins: {dir: %1$s/plugins, watch: false}\n"
    "exchange: {venue: paper, symbols: [BTC/USDT]}\n"
    "journal: {topics: []}\n"
    "feeds: [{id: market, plugin: simmarket, params: {duration: 3650d}}]\n";
static const char strategies_yaml[] = "strategies: [{id: counted, plugin: counter, symbols: "
                                      "[BTC/USDT], events: [\"md.trades.*\"]}]\n";

static void rig_open(struct rig *r, const char *plugin)
{
    *r = (struct rig){0};
    rig_make(&r->h);
    rig_copy_plugin(&r->h, "plugins/feeds/simmarket.so");
    rig_copy_plugin(&r->h, "plugins/brokers/paper.so");
    snprintf(r->plugin, sizeof r->plugin, "%s/plugins/strategies/counter.so", r->h.dir);
    replace_by(r, plugin);
    rig_configure(&r->h, base_yaml, strategies_yaml);
    rig_start(&r->h);
    r->host = r->h.host;
    ck_assert_ptr_nonnull(nj_bus_subscribe(r->host->bus, "sig.*", NJ_STAGE_TAPS, on_signal, r));
    ck_assert_ptr_nonnull(
        nj_bus_subscribe(r->host->bus, "host.plugins", NJ_STAGE_TAPS, on_plugin, r));
}

static void rig_close(struct rig *r)
{
    rig_remove(&r->h);
}

static void turn(struct rig *r)
{
    rig_turn(&r->h);
}

/* Lets `n` further events reach the strategy. */
static void run_events(struct rig *r, uint64_t n)
{
    uint64_t until = r->signals + n;
    for (int turns = 0; r->signals < until; turns++) {
        ck_assert_msg(turns < 1000000, "the strategy stands still at count %lld",
                      (long long)r->count);
        turn(r);
    }
}

/* Asks for a reload and runs until it has ended, events flowing. */
static void reload(struct rig *r, bool forced)
{
    struct nj_reload_waiter waiter = {on_done, r};
    r->answered = false;
    nj_reload_request(r->host, &waiter, forced);
    for (int turns = 0; !r->answered; turns++) {
        ck_assert_msg(turns < 10000000, "the reload does not end");
        turn(r);
    }
}

static int sizes(int full, int small)
{
    const char *soak = getenv("NJORD_SOAK");
    return soak && soak[0] == '1' ? full : small;
}

static struct nj_instance *running(struct rig *r)
{
    return r->host->strategies.all[0]->instance;
}

/* ---- the good way ---- */

START_TEST(new_code_carries_on_with_the_old_state)
{
    struct rig r;
    rig_open(&r, "tests/plugins/counter_v1.so");
    run_events(&r, 500);
    ck_assert_int_eq(r.version, 1);
    int64_t before = r.count;
    replace_by(&r, "tests/plugins/counter_v2.so");
    reload(&r, false);
    ck_assert_msg(r.rc == 0, "%s", r.text);
    ck_assert_ptr_nonnull(strstr(r.text, "reloaded strategy 'counted'"));
    run_events(&r, 500);
    ck_assert_int_eq(r.version, 2);
    ck_assert_int_gt(r.count, before);
    ck_assert_uint_eq(r.breaks, 0); /* 1, 2, 3, … across both versions: none lost, none twice */
    ck_assert_uint_eq(r.seen[NJORD_PLUGIN_EVENT_RELOADED], 1);
    rig_close(&r);
}
END_TEST

START_TEST(the_same_file_is_unchanged)
{
    struct rig r;
    rig_open(&r, "tests/plugins/counter_v1.so");
    run_events(&r, 10);
    replace_by(&r, "tests/plugins/counter_v1.so"); /* another inode, the same bytes */
    struct nj_instance *instance = running(&r);
    reload(&r, false);
    ck_assert_int_eq(r.rc, 0);
    ck_assert_str_eq(r.text, "unchanged: nothing to reload\n");
    ck_assert_ptr_eq(running(&r), instance);
    rig_close(&r);
}
END_TEST

static long status_kb(const char *key)
{
    char line[256];
    long kb = 0;
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, key, strlen(key)) == 0)
            kb = strtol(line + strlen(key) + 1, NULL, 10);
    if (f)
        fclose(f);
    return kb;
}

static int count_entries(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static int count_maps(void)
{
    int n = 0, c;
    FILE *f = fopen("/proc/self/maps", "re");
    while (f && (c = fgetc(f)) != EOF)
        n += c == '\n';
    if (f)
        fclose(f);
    return n;
}

static void retire_all(struct rig *r)
{
    for (uint32_t i = 0; i < r->host->strategies.n; i++)
        r->host->strategies.all[i]->probation_ends_ns = 0;
    turn(r);
}

START_TEST(a_thousand_reloads_under_load_lose_nothing_and_leak_nothing)
{
    struct rig r;
    int n = sizes(1000, 10);
    const struct nj_platform *pf = nj_platform_system();
    rig_open(&r, "tests/plugins/counter_v1.so");
    struct nj_buf file = rig_contents(rig_built("tests/plugins/counter_v1.so"));
    ck_assert(nj_buf_add(&file, "more", 4));
    run_events(&r, 1000);
    long rss = 0;
    int fds = 0, maps = 0;
    int64_t start = 0;
    uint64_t from = 0;
    for (int i = 0; i < n + 2; i++) {
        if (i == 2) { /* pools are warm */
            retire_all(&r);
            rss = status_kb("VmRSS:");
            fds = count_entries("/proc/self/fd");
            maps = count_maps();
            start = pf->monotonic_ns(NULL);
            from = r.signals;
        }
        memcpy(file.data + file.len - sizeof i, &i,
               sizeof i); /* behind the ELF file: another binary each time */
        replace_plugin(&r, file.data, file.len, 0755);
        char before[NJ_SHA256_HEX];
        memcpy(before, running(&r)->module->hash, sizeof before);
        reload(&r, false);
        ck_assert_msg(r.rc == 0, "reload %d: %s", i, r.text);
        ck_assert_str_ne(running(&r)->module->hash, before);
    }
    nj_buf_free(&file);
    retire_all(&r);
    double seconds = (double)(pf->monotonic_ns(NULL) - start) / 1e9;
    ck_assert_uint_eq(r.breaks, 0);
    ck_assert_uint_eq(r.seen[NJORD_PLUGIN_EVENT_RELOADED], (uint64_t)n + 2);
    printf("%d reloads in %.1f s, %.0f events/s meanwhile, %llu events, none lost, none twice; "
           "worst pause %.1f us; memory %+ld kB, "
           "descriptors %+d, mappings %+d\n",
           n, seconds, (double)(r.signals - from) / seconds, (unsigned long long)r.signals,
           (double)r.host->stats.worst_pause_ns / 1000, status_kb("VmRSS:") - rss,
           count_entries("/proc/self/fd") - fds, count_maps() - maps);
    ck_assert_int_eq(count_entries("/proc/self/fd"), fds);
#if !defined(__SANITIZE_ADDRESS__)
    const char *instrument =
        getenv("NJORD_INSTRUMENT"); /* valgrind maps and keeps memory of its own */
    if (!instrument || !strstr(instrument, "valgrind")) {
        ck_assert_int_le(count_maps() - maps, 4);
        ck_assert_int_lt(status_kb("VmRSS:") - rss, sizes(1024, 4096));
    }
#endif
    rig_close(&r);
}
END_TEST

START_TEST(a_plugin_overwritten_in_place_does_nothing_to_the_host)
{
    struct rig r;
    int n = sizes(1000, 20);
    rig_open(&r, "tests/plugins/counter_v1.so");
    struct nj_buf one = rig_contents(rig_built("tests/plugins/counter_v1.so")),
                  two = rig_contents(rig_built("tests/plugins/counter_v2.so"));
    for (int i = 0; i < n; i++) {
        const struct nj_buf *with = i % 2 ? &one : &two;
        rig_write(r.plugin, with->data, with->len / 2,
                  0755); /* truncated while it is written, as cp does */
        run_events(&r, 20);
        rig_write(r.plugin, with->data, with->len, 0755);
        run_events(&r, 20);
    }
    ck_assert_uint_eq(r.breaks, 0);
    ck_assert_int_eq(r.version, 1); /* nobody asked for a reload */
    nj_buf_free(&one);
    nj_buf_free(&two);
    rig_close(&r);
}
END_TEST

/* ---- what can be wrong with a new version ---- */

/* The old version trades on, the answer is one line that holds `says`, and what comes after works.
 */
static void stays_on_old(struct rig *r, const char *what, const char *says)
{
    struct nj_instance *old = running(r);
    uint64_t refused = r->seen[NJORD_PLUGIN_EVENT_RELOAD_REFUSED];
    reload(r, false);
    ck_assert_msg(r->rc != 0, "%s: was not refused: %s", what, r->text);
    ck_assert_msg(strstr(r->text, says) != NULL, "%s: expected '%s' in: %s", what, says, r->text);
    char *newline = strchr(r->text, '\n');
    ck_assert_msg(newline && newline[1] == '\0', "%s: more than one line: %s", what, r->text);
    ck_assert_msg(running(r) == old, "%s: the running version was touched", what);
    run_events(r, 100);
    ck_assert_msg(r->breaks == 0, "%s: an event was lost or shown twice", what);
    ck_assert_int_eq(r->version, 1);
    ck_assert_msg(r->seen[NJORD_PLUGIN_EVENT_RELOAD_REFUSED] == refused + 1,
                  "%s: not announced once", what);
}

static const struct {
    const char *plugin, *says;
} bad_plugins[] = {
    {"missing_symbol", "undefined symbol"},
    {"wrong_magic", "magic"},
    {"wrong_major", "ABI"},
    {"wrong_pointer_bits", "pointers of"},
    {"no_callbacks", "no callback at all"},
    {"create_refuses", "create refused"},
    {"segv_on_create", "signal 11"},
    {"abort_on_create", "signal 6"},
    {"load_refuses", "load failed with status"},
    {"load_segv", "signal 11"},
    {"segv_on_event", "signal 11"}, /* the probe shows it the last events */
};

START_TEST(a_bad_new_version_is_refused_with_one_line_and_the_old_one_trades_on)
{
    struct rig r;
    rig_open(&r, "tests/plugins/counter_v1.so");
    run_events(&r, 200);
    for (size_t i = 0; i < sizeof bad_plugins / sizeof bad_plugins[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "tests/plugins/%s.so", bad_plugins[i].plugin);
        replace_by(&r, name);
        stays_on_old(&r, bad_plugins[i].plugin, bad_plugins[i].says);
    }
    replace_by(&r, "tests/plugins/counter_v2.so");
    reload(&r, false);
    ck_assert_msg(r.rc == 0, "%s", r.text);
    run_events(&r, 10);
    ck_assert_int_eq(r.version, 2);
    ck_assert_uint_eq(r.breaks, 0);
    rig_close(&r);
}
END_TEST

START_TEST(a_file_cut_anywhere_is_refused)
{
    struct rig r;
    rig_open(&r, "tests/plugins/counter_v1.so");
    struct nj_buf file = rig_contents(rig_built("tests/plugins/counter_v2.so"));
    run_events(&r, 100);
    size_t step = (size_t)sizes(512, 8192);
    for (size_t len = 0; len < file.len; len += step) {
        replace_plugin(&r, file.data, len, 0755);
        stays_on_old(&r, "cut", len == 0 ? "is empty" : len < 64 ? "cut short" : "cut short");
    }
    replace_plugin(&r, file.data, file.len - 1, 0755); /* the last byte of the section headers */
    stays_on_old(&r, "one byte short", "cut short");
    nj_buf_free(&file);
    rig_close(&r);
}
END_TEST

START_TEST(a_file_that_is_no_plugin_or_cannot_be_trusted_is_refused)
{
    struct rig r;
    static const char text[] = "#!/bin/sh\necho not a plugin\n";
    rig_open(&r, "tests/plugins/counter_v1.so");
    struct nj_buf file = rig_contents(rig_built("tests/plugins/counter_v2.so"));
    run_events(&r, 100);
    replace_plugin(&r, text, sizeof text - 1, 0755);
    stays_on_old(&r, "text", "no ELF header");
    replace_plugin(&r, file.data, file.len, 0757);
    stays_on_old(&r, "world-writable", "writable by everybody");
    if (geteuid() != 0) {
        replace_plugin(&r, file.data, file.len, 0000);
        stays_on_old(&r, "no permission", "Permission denied");
    } else {
        printf("no permission: not tried, root may read everything\n");
    }
    unlink(r.plugin);
    ck_assert_int_eq(mkdir(r.plugin, 0755), 0);
    stays_on_old(&r, "a folder", "not a regular file");
    ck_assert_int_eq(rmdir(r.plugin), 0);
    stays_on_old(&r, "gone", "no 'counter.so'");
    nj_buf_free(&file);
    rig_close(&r);
}
END_TEST

START_TEST(a_binary_that_died_is_not_tried_again_unless_forced)
{
    struct rig r;
    rig_open(&r, "tests/plugins/counter_v1.so");
    run_events(&r, 100);
    replace_by(&r, "tests/plugins/segv_on_create.so");
    stays_on_old(&r, "first", "signal 11");
    stays_on_old(&r, "second", "failed before");
    reload(&r, true);
    ck_assert_int_ne(r.rc, 0);
    ck_assert_ptr_nonnull(strstr(r.text, "signal 11"));
    rig_close(&r);
}
END_TEST

START_TEST(an_old_version_that_cannot_save_is_not_replaced)
{
    struct rig r;
    rig_open(&r, "tests/plugins/save_refuses.so");
    for (int i = 0; i < 20; i++)
        turn(&r);
    struct nj_instance *old = running(&r);
    replace_by(&r, "tests/plugins/counter_v2.so");
    reload(&r, false);
    ck_assert_int_ne(r.rc, 0);
    ck_assert_ptr_nonnull(strstr(r.text, "save failed with status"));
    ck_assert_ptr_eq(running(&r), old);
    ck_assert_int_eq((int)old->phase, (int)NJ_INSTANCE_RUNNING); /* resumed */
    rig_close(&r);
}
END_TEST

START_TEST(a_new_version_that_fails_in_its_probation_goes_back)
{
    struct rig r;
    rig_open(&r, "tests/plugins/counter_v1.so");
    run_events(&r, 200);
    int64_t before = r.count;
    struct nj_instance *old = running(&r);
    uint64_t errors = old->errors;
    replace_by(&r, "tests/plugins/errors_always.so");
    reload(&r, false);
    ck_assert_msg(r.rc == 0, "%s", r.text);
    for (int turns = 0; r.seen[NJORD_PLUGIN_EVENT_ROLLED_BACK] == 0; turns++) {
        ck_assert_int_lt(turns, 100000);
        turn(&r);
    }
    ck_assert_ptr_eq(running(&r), old);
    ck_assert_uint_eq(old->errors, errors); /* withheld outputs are no errors of its own */
    run_events(&r, 200);
    ck_assert_int_eq(r.version, 1);
    ck_assert_int_gt(r.count, before + 200); /* it was shown again what the other one had seen */
    ck_assert_uint_eq(r.breaks, 1);          /* where it was shown them with its outputs withheld */
    r.breaks = 0;
    stays_on_old(&r, "again", "failed before");

    rig_close(&r);
}
END_TEST

START_TEST(after_a_roll_back_a_strategy_that_would_have_sent_other_orders_stays_disabled)
{
    struct rig r;
    rig_open(&r, "tests/plugins/flipper.so"); /* an order with every trade, no on_sync */
    for (int i = 0; i < 20; i++)
        turn(&r);
    replace_by(&r, "tests/plugins/errors_always.so"); /* sends none */
    reload(&r, false);
    ck_assert_msg(r.rc == 0, "%s", r.text);
    for (int turns = 0; r.seen[NJORD_PLUGIN_EVENT_ROLLED_BACK] == 0; turns++) {
        ck_assert_int_lt(turns, 100000);
        turn(&r);
    }
    ck_assert_int_eq((int)r.host->strategies.all[0]->state, (int)NJ_SLOT_DISABLED);
    ck_assert_uint_ge(r.seen[NJORD_PLUGIN_EVENT_DISABLED],
                      1); /* 2 when the new one reached max_errors first */
    ck_assert_ptr_nonnull(
        strstr(r.host->strategies.all[0]->detail, "would have sent other orders"));
    uint64_t placed = r.host->broker.placed;
    for (int i = 0; i < 20; i++)
        turn(&r);
    ck_assert_uint_eq(r.host->broker.placed, placed);
    rig_close(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reload");
    TCase *tc = tcase_create("reload");
    tcase_set_timeout(tc, sizes(3600, 60));
    tcase_add_test(tc, new_code_carries_on_with_the_old_state);
    tcase_add_test(tc, the_same_file_is_unchanged);
    tcase_add_test(tc, a_thousand_reloads_under_load_lose_nothing_and_leak_nothing);
    tcase_add_test(tc, a_plugin_overwritten_in_place_does_nothing_to_the_host);
    tcase_add_test(tc, a_bad_new_version_is_refused_with_one_line_and_the_old_one_trades_on);
    tcase_add_test(tc, a_file_cut_anywhere_is_refused);
    tcase_add_test(tc, a_file_that_is_no_plugin_or_cannot_be_trusted_is_refused);
    tcase_add_test(tc, a_binary_that_died_is_not_tried_again_unless_forced);
    tcase_add_test(tc, an_old_version_that_cannot_save_is_not_replaced);
    tcase_add_test(tc, a_new_version_that_fails_in_its_probation_goes_back);
    tcase_add_test(tc,
                   after_a_roll_back_a_strategy_that_would_have_sent_other_orders_stays_disabled);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
