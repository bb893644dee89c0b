/* What a start rebuilds: from saved books and the lines behind them exactly what the whole journal
 * of orders gives, wherever the books were saved and wherever the journal ends, in one file or in
 * many, plain and compressed; and what does not belong together is refused. */
#include "../support/folder.h"
#include "../support/order_history.h"
#include "base/fs.h"
#include "config_load.h"
#include "journal/names.h"
#include "services/books.h"
#include "test_main.h"

#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[256], log_dir[300], state_dir[300];
static struct nj_log *log_file;
static struct nj_error err;

struct world {
    struct nj_core core;
    struct nj_risk *risk;
    uint64_t last_seq;
};

static void setup(void)
{
    folder_make(dir, "recovery");
    snprintf(log_dir, sizeof log_dir, "%s/log", dir);
    snprintf(state_dir, sizeof state_dir, "%s/state", dir);
    ck_assert_int_eq(nj_mkdirs(log_dir, 0755, &err), 0);
    char path[320];
    snprintf(path, sizeof path, "%s/app.ndjson", dir);
    struct nj_log_options options = {nj_platform_system(), path, -1, false, false, NJ_INFO};
    ck_assert_int_eq(nj_log_open(&log_file, &options, &err), 0);
    ck_assert_msg(load(order_history_yaml, NULL) == 0, "%s", errors());
    err = (struct nj_error){0};
}

static void teardown(void)
{
    end();
    nj_log_close(log_file);
    folder_remove(dir);
}

/* ---- a core and its rules ---- */

static double last_price(void *ctx, const char *symbol, int64_t *ts_ns)
{
    return nj_core_last_price(&((struct world *)ctx)->core, symbol, ts_ns);
}

static double usd_of(void *ctx, const char *quote)
{
    return nj_core_usd_of(&((struct world *)ctx)->core, quote);
}

static void replay(void *ctx, const njord_event *event)
{
    struct world *w = ctx;
    if (event->type == NJORD_EV_ORDER_EVENT)
        nj_risk_replay(w->risk, (const njord_order_event *)event);
    if (event->type == NJORD_EV_DECISION)
        nj_risk_replay_decision(w->risk, (const njord_decision *)event);
    if (event->type != NJORD_EV_BROKER_FILL)
        return;
    const njord_broker_fill *fill = (const njord_broker_fill *)event;
    struct nj_risk_view view = {.now_ns = event->ts_recv_ns,
                                .instruments = w->core.instruments,
                                .ledger = w->core.ledger,
                                .orders = w->core.orders,
                                .ctx = w,
                                .last_price = last_price,
                                .usd_of = usd_of,
                                .day_pnl_floor = NAN};
    nj_core_set_price(&w->core, fill->symbol, fill->price, event->ts_recv_ns);
    nj_risk_mark(w->risk, &view, fill->symbol);
}

/* A start. state NULL: from the journal alone. */
static int start(struct world *w, struct nj_state *state)
{
    err = (struct nj_error){0};
    ck_assert_int_eq(nj_core_init(&w->core, config, log_file, &err), 0);
    w->risk = nj_risk_new(&config->risk);
    struct nj_recovery from = {.journal_dir = log_dir,
                               .venue = "paper",
                               .state = state,
                               .risk = w->risk,
                               .each = replay,
                               .ctx = w};
    return nj_core_recover(&w->core, &from, &w->last_seq, &err);
}

static void stop(struct world *w)
{
    nj_core_free(&w->core);
    nj_risk_free(w->risk);
}

static struct nj_state *open_state(void)
{
    struct nj_state *state;
    ck_assert_msg(nj_state_open(&state, nj_platform_system(), state_dir, true, &err) == 0, "%s",
                  err.text);
    return state;
}

/* ---- comparing ---- */

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void same_order(const struct nj_order *a, const struct nj_order *b)
{
    ck_assert_str_eq(a->intent_id, b->intent_id);
    ck_assert_str_eq(a->exchange_order_id, b->exchange_order_id);
    ck_assert_str_eq(a->strategy_id, b->strategy_id);
    ck_assert_str_eq(a->instrument->symbol, b->instrument->symbol);
    ck_assert_str_eq(a->reason, b->reason);
    ck_assert_int_eq(a->side, b->side);
    ck_assert_int_eq(a->type, b->type);
    ck_assert_int_eq(a->tif, b->tif);
    ck_assert_msg(a->stage == b->stage, "%s: stage %d, %d", a->intent_id, a->stage, b->stage);
    ck_assert_int_eq(a->lots, b->lots);
    ck_assert_int_eq(a->filled_lots, b->filled_lots);
    ck_assert(same_bits(a->limit_price, b->limit_price));
    ck_assert(same_bits(a->reference_price, b->reference_price));
    ck_assert(same_bits(a->avg_price, b->avg_price));
    ck_assert_int_eq(a->ts_ns, b->ts_ns);
    ck_assert_uint_eq(a->seq, b->seq);
    ck_assert_int_eq(a->cancel_wanted, b->cancel_wanted);
}

static void same_sums(const struct nj_orders *a, const struct nj_orders *b, const char *strategy,
                      const char *symbol)
{
    int64_t buys[2], sells[2];
    nj_orders_working_sides(a, strategy, symbol, &buys[0], &sells[0]);
    nj_orders_working_sides(b, strategy, symbol, &buys[1], &sells[1]);
    ck_assert_int_eq(buys[0], buys[1]);
    ck_assert_int_eq(sells[0], sells[1]);
    if (symbol)
        ck_assert(same_bits(nj_orders_working(a, strategy, symbol),
                            nj_orders_working(b, strategy, symbol)));
    ck_assert_uint_eq(nj_orders_count_open(a, strategy), nj_orders_count_open(b, strategy));
    ck_assert_uint_eq(nj_orders_count_accepted(a, strategy), nj_orders_count_accepted(b, strategy));
    if (strategy)
        ck_assert(same_bits(nj_orders_bound_cash(a, strategy), nj_orders_bound_cash(b, strategy)));
    const struct nj_order *x = NULL, *y = NULL;
    do {
        x = nj_orders_next_open(a, x, strategy, symbol);
        y = nj_orders_next_open(b, y, strategy, symbol);
        ck_assert_int_eq(x == NULL, y == NULL);
        if (x)
            ck_assert_str_eq(x->intent_id, y->intent_id);
    } while (x);
}

static void same_record(const struct order_history *h, const struct nj_orders *a,
                        const struct nj_orders *b)
{
    static const char *const strategies[] = {NULL, "slow", "fast", "other"};
    static const char *const symbols[] = {NULL, "BTC/USDT", "ATOM/USDT", "BNB/USDT"};
    for (size_t n = 0; n < h->n_ids; n++) {
        const struct nj_order *x = nj_order_find(a, h->ids[n]), *y = nj_order_find(b, h->ids[n]);
        ck_assert_msg((x == NULL) == (y == NULL), "%s is known to one only", h->ids[n]);
        if (x)
            same_order(x, y);
        ck_assert_int_eq(nj_orders_seen(a, h->ids[n]), nj_orders_seen(b, h->ids[n]));
    }
    for (int s = 0; s < 4; s++)
        for (int k = 0; k < 4; k++)
            same_sums(a, b, strategies[s], symbols[k]);
}

static void same_text(struct nj_buf *a, struct nj_buf *b, const char *what)
{
    ck_assert_msg(a->len == b->len && memcmp(a->data, b->data, a->len) == 0, "%s:\n%s\n%s", what,
                  a->data, b->data);
    nj_buf_free(a);
    nj_buf_free(b);
}

static void same_world(const struct order_history *h, struct world *a, struct world *b)
{
    struct nj_buf x = {0}, y = {0}, x_ids = {0}, y_ids = {0};
    ck_assert_uint_eq(a->last_seq, b->last_seq);
    ck_assert_int_eq(nj_ledger_save(a->core.ledger, &x, &x_ids), 0);
    ck_assert_int_eq(nj_ledger_save(b->core.ledger, &y, &y_ids), 0);
    same_text(&x, &y, "ledger");
    ck_assert_uint_eq(x_ids.len, y_ids.len);
    ck_assert(x_ids.len == 0 || memcmp(x_ids.data, y_ids.data, x_ids.len) == 0);
    nj_buf_free(&x_ids);
    nj_buf_free(&y_ids);
    ck_assert_int_eq(nj_risk_save(a->risk, &x), 0);
    ck_assert_int_eq(nj_risk_save(b->risk, &y), 0);
    same_text(&x, &y, "rules");
    same_record(h, a->core.orders, b->core.orders);
}

/* ---- files ---- */

static void put_lines(const struct order_history *h, size_t from, size_t to, const char *name)
{
    size_t start = from ? h->ends[from - 1] : 0, stop_at = to ? h->ends[to - 1] : 0;
    folder_write(log_dir, name, h->text.data + start, stop_at - start);
}

static void pack(const char *name)
{
    char path[600];
    pid_t pid;
    int status;
    snprintf(path, sizeof path, "%s/%s", log_dir, name);
    char *const argv[] = {(char *)"gzip", (char *)"-n", path, NULL};
    ck_assert_int_eq(posix_spawnp(&pid, "gzip", NULL, NULL, argv, environ), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

/* Books of what the first n lines say, saved `later` numbers after the last of them. */
static void save_books(const struct order_history *h, size_t n, uint64_t later,
                       struct nj_state *state)
{
    struct world w;
    put_lines(h, 0, n, "orders.ndjson");
    ck_assert_msg(start(&w, NULL) == 0, "%s", err.text);
    struct nj_books books = {(n ? h->seqs[n - 1] : 1048576) + later, n ? h->seqs[n - 1] : 0};
    ck_assert_msg(nj_books_save(&w.core, w.risk, state, &books, &err) == 0, "%s", err.text);
    stop(&w);
}

static void lines_to(const struct order_history *h, size_t n)
{
    folder_empty(log_dir);
    put_lines(h, 0, n, "orders.ndjson");
}

static uint64_t pick(uint64_t *state, uint64_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % n;
}

/* ---- tests ---- */

START_TEST(books_and_the_lines_behind_them_give_what_the_whole_journal_gives)
{
    struct order_history h;
    uint64_t random = (uint64_t)_i;
    order_history_make(&h, (uint64_t)_i + 1, 1500);
    for (int round = 0; round < 12; round++) {
        struct world whole, quick;
        size_t cut = 1 + pick(&random, h.n), at = pick(&random, cut + 1);
        uint64_t gap = at < h.n && at > 0 ? h.seqs[at] - h.seqs[at - 1] : 1;
        folder_empty(dir);
        ck_assert_int_eq(nj_mkdirs(log_dir, 0755, &err), 0);
        struct nj_state *state = open_state();
        save_books(&h, at, pick(&random, gap), state);
        lines_to(&h, cut);
        ck_assert_msg(start(&whole, NULL) == 0, "%s", err.text);
        ck_assert_msg(start(&quick, state) == 0, "%s", err.text);
        ck_assert_uint_eq(quick.last_seq, h.seqs[cut - 1]);
        same_world(&h, &whole, &quick);
        stop(&whole);
        stop(&quick);
        nj_state_close(state);
    }
    order_history_free(&h);
}
END_TEST

/* Ended orders beyond the bound leave their ids: with books too. */
START_TEST(a_long_record_comes_back_with_what_it_let_go)
{
    struct order_history h;
    struct world whole, quick;
    order_history_make(&h, 5, 90000);
    ck_assert_uint_gt(h.n_ids, NJ_ORDERS_ENDED + 2000);
    struct nj_state *state = open_state();
    save_books(&h, h.n - 4000, 0, state);
    lines_to(&h, h.n);
    ck_assert_msg(start(&whole, NULL) == 0, "%s", err.text);
    ck_assert_msg(start(&quick, state) == 0, "%s", err.text);
    same_world(&h, &whole, &quick);
    stop(&whole);
    stop(&quick);
    nj_state_close(state);
    order_history_free(&h);
}
END_TEST

START_TEST(a_chain_of_files_reads_as_one)
{
    struct order_history h;
    struct world one, many;
    uint64_t random = (uint64_t)_i + 77;
    order_history_make(&h, (uint64_t)_i + 40, 3000);
    size_t cuts[5] = {0};
    for (int n = 1; n < 5; n++)
        cuts[n] = cuts[n - 1] + 1 + pick(&random, 700);
    size_t at = pick(&random, h.n);
    struct nj_state *state = open_state();
    save_books(&h, at, 0, state);
    lines_to(&h, h.n);
    ck_assert_msg(start(&one, NULL) == 0, "%s", err.text);
    folder_empty(log_dir);
    put_lines(&h, 0, cuts[1], "orders.20231114.ndjson");
    put_lines(&h, cuts[1], cuts[2], "orders.20231115.ndjson");
    put_lines(&h, cuts[2], cuts[3], "orders.20231115.1.ndjson");
    put_lines(&h, cuts[3], cuts[4], "orders.20231116.ndjson");
    put_lines(&h, cuts[4], h.n, "orders.ndjson");
    pack("orders.20231114.ndjson");
    if (_i & 1)
        pack("orders.20231115.1.ndjson");
    if (_i & 2) { /* compressed, and the plain one not removed yet */
        pack("orders.20231116.ndjson");
        put_lines(&h, cuts[3], cuts[4], "orders.20231116.ndjson");
    }
    ck_assert_msg(start(&many, NULL) == 0, "%s", err.text);
    same_world(&h, &one, &many);
    stop(&many);
    ck_assert_msg(start(&many, state) == 0, "%s", err.text);
    same_world(&h, &one, &many);
    stop(&many);
    stop(&one);
    nj_state_close(state);
    order_history_free(&h);
}
END_TEST

/* A rotation that died between its two names. */
START_TEST(a_file_of_two_names_is_read_once)
{
    struct order_history h;
    struct world one, two;
    char live[600], dated[600];
    order_history_make(&h, 21, 500);
    lines_to(&h, h.n);
    ck_assert_msg(start(&one, NULL) == 0, "%s", err.text);
    snprintf(live, sizeof live, "%s/orders.ndjson", log_dir);
    snprintf(dated, sizeof dated, "%s/orders.20231114.ndjson", log_dir);
    ck_assert_int_eq(link(live, dated), 0);
    ck_assert_msg(start(&two, NULL) == 0, "%s", err.text);
    same_world(&h, &one, &two);
    ck_assert_uint_eq(two.core.odd_events, one.core.odd_events);
    stop(&one);
    stop(&two);
    order_history_free(&h);
}
END_TEST

/* Files before the one that holds the first unknown line are not opened: they may be gone, or be
 * anything. */
START_TEST(files_older_than_the_books_are_not_read)
{
    struct order_history h;
    struct world whole, quick;
    order_history_make(&h, 3, 3000);
    struct nj_state *state = open_state();
    save_books(&h, 2500, 0, state);
    lines_to(&h, h.n);
    ck_assert_msg(start(&whole, NULL) == 0, "%s", err.text);
    folder_empty(log_dir);
    folder_write(log_dir, "orders.20231114.ndjson.gz", "no gzip", 7);
    folder_write(log_dir, "orders.20231115.ndjson", "no line\n", 8);
    put_lines(&h, 2000, 2200, "orders.20231116.ndjson");
    put_lines(&h, 2200, h.n, "orders.ndjson");
    ck_assert_msg(start(&quick, state) == 0, "%s", err.text);
    same_world(&h, &whole, &quick);
    stop(&quick);
    stop(&whole);
    nj_state_close(state);
    order_history_free(&h);
}
END_TEST

static void damage(const char *name)
{
    size_t len;
    char *text = folder_read(state_dir, name, &len);
    ck_assert_ptr_nonnull(text);
    text[len / 2] ^= 1;
    folder_write(state_dir, name, text, len);
    free(text);
}

START_TEST(damaged_books_give_way_to_the_ones_before_and_then_to_the_whole_journal)
{
    struct order_history h;
    struct world whole, quick;
    char older[64], newer[64];
    order_history_make(&h, 9, 1000);
    struct nj_state *state = open_state();
    save_books(&h, 400, 0, state);
    save_books(&h, 700, 0, state);
    snprintf(older, sizeof older, "state/@books.%llu", (unsigned long long)h.seqs[399]);
    snprintf(newer, sizeof newer, "state/@books.%llu", (unsigned long long)h.seqs[699]);
    lines_to(&h, h.n);
    ck_assert_msg(start(&whole, NULL) == 0, "%s", err.text);
    for (int n = 0; n < 2; n++) {
        damage(n ? older : newer);
        ck_assert_msg(start(&quick, state) == 0, "%s", err.text);
        same_world(&h, &whole, &quick);
        stop(&quick);
        size_t len;
        char *log = folder_read(dir, "app.ndjson", &len);
        ck_assert_ptr_nonnull(strstr(log, n ? "books_not_used" : "books_damaged"));
        free(log);
    }
    stop(&whole);
    nj_state_close(state);
    order_history_free(&h);
}
END_TEST

static void refused(struct nj_state *state, const char *a, const char *b)
{
    struct world w;
    ck_assert_int_eq(start(&w, state), NJ_ERR_INPUT);
    ck_assert_msg(strstr(err.text, a) && strstr(err.text, b), "%s", err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
    stop(&w);
}

START_TEST(books_newer_than_the_journal_are_refused)
{
    struct order_history h;
    char number[24];
    order_history_make(&h, 11, 600);
    struct nj_state *state = open_state();
    save_books(&h, 500, 0, state);
    snprintf(number, sizeof number, "%llu", (unsigned long long)h.seqs[499]);
    lines_to(&h, 499);
    refused(state, "know of", number);
    folder_empty(log_dir);
    refused(state, "ends at seq 0", number);
    nj_state_close(state);
    order_history_free(&h);
}
END_TEST

START_TEST(a_missing_file_of_the_chain_is_missed_when_the_books_do_not_hold_it)
{
    struct order_history h;
    struct world w;
    char path[600];
    order_history_make(&h, 12, 1200);
    struct nj_state *state = open_state();
    save_books(&h, 500, 0, state);
    folder_empty(log_dir);
    put_lines(&h, 0, 300, "orders.20231114.ndjson");
    put_lines(&h, 300, 700, "orders.20231115.ndjson");
    put_lines(&h, 700, 900, "orders.20231116.ndjson");
    put_lines(&h, 900, h.n, "orders.ndjson");
    ck_assert_msg(start(&w, state) == 0, "%s", err.text); /* it writes down what there is */
    stop(&w);
    snprintf(path, sizeof path, "%s/orders.20231114.ndjson", log_dir);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_msg(start(&w, state) == 0, "%s", err.text); /* the books hold all of that one */
    stop(&w);
    snprintf(path, sizeof path, "%s/orders.20231116.ndjson", log_dir);
    ck_assert_int_eq(unlink(path), 0);
    refused(state, "'orders.20231116.ndjson'", "missing");
    put_lines(&h, 700, 900, "orders.20231116.ndjson");
    pack("orders.20231116.ndjson");
    ck_assert_msg(start(&w, state) == 0, "%s", err.text);
    stop(&w);
    snprintf(path, sizeof path, "%s/orders.20231115.ndjson", log_dir);
    ck_assert_int_eq(unlink(path), 0);
    refused(state, "'orders.20231115.ndjson'", "missing");
    nj_state_close(state);
    order_history_free(&h);
}
END_TEST

/* A file that was live when it was written down, and has another name since. */
START_TEST(a_rotated_file_is_known_by_its_first_line)
{
    struct order_history h;
    struct world w;
    order_history_make(&h, 13, 900);
    struct nj_state *state = open_state();
    save_books(&h, 500, 0, state);
    lines_to(&h, 600);
    ck_assert_msg(start(&w, state) == 0, "%s", err.text);
    stop(&w);
    folder_empty(log_dir);
    put_lines(&h, 0, 650, "orders.20231114.ndjson");
    put_lines(&h, 650, h.n, "orders.ndjson");
    ck_assert_msg(start(&w, state) == 0, "%s", err.text);
    stop(&w);
    folder_empty(log_dir);
    put_lines(&h, 650, h.n, "orders.ndjson");
    refused(state, "'orders.20231114.ndjson'", "missing");
    nj_state_close(state);
    order_history_free(&h);
}
END_TEST

START_TEST(the_sequence_goes_on_behind_the_journal_even_in_a_new_state_folder)
{
    struct order_history h;
    struct world w;
    order_history_make(&h, 14, 60000);
    lines_to(&h, h.n);
    struct nj_state *state = open_state();
    ck_assert_msg(start(&w, state) == 0, "%s", err.text);
    ck_assert_uint_gt(h.seqs[h.n - 1], 2 * 1048576u);
    ck_assert_uint_eq(nj_state_next_seq(state, &err), h.seqs[h.n - 1] + 1);
    nj_state_close(state);
    state = open_state();
    ck_assert_uint_gt(nj_state_next_seq(state, &err), h.seqs[h.n - 1] + 1);
    stop(&w);
    nj_state_close(state);
    order_history_free(&h);
}
END_TEST

/* A step that became coarser: what was counted in the finer one goes on in it. */
START_TEST(books_keep_the_unit_that_they_were_counted_in)
{
    struct order_history h;
    struct world whole, quick;
    order_history_make(&h, 15, 800);
    lines_to(&h, h.n);
    ck_assert_msg(start(&whole, NULL) == 0, "%s", err.text);
    struct nj_state *state = open_state();
    save_books(&h, h.n, 0, state);
    ck_assert_msg(load("exchange: {symbols: [BTC/USDT, ATOM/USDT, BNB/USDT]}\n"
                       "symbols:\n"
                       "  BTC/USDT: {tick: 0.01, step: 0.001}\n"
                       "  ATOM/USDT: {tick: 0.001, step: 1}\n"
                       "  BNB/USDT: {tick: 0.1, step: 0.001}\n"
                       "risk: {daily_loss_usd_cap: 500, duplicate_window_ms: 1000}\n",
                       NULL) == 0,
                  "%s", errors());
    ck_assert_msg(start(&quick, state) == 0, "%s", err.text);
    same_world(&h, &whole, &quick);
    ck_assert(nj_instrument_find(quick.core.instruments, "ATOM/USDT")->step == 1);
    stop(&quick);
    whole.core.config = quick.core.config;
    stop(&whole);
    nj_state_close(state);
    order_history_free(&h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recovery");
    TCase *tc = tcase_create("recovery");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, books_and_the_lines_behind_them_give_what_the_whole_journal_gives, 0,
                        6);
    tcase_add_test(tc, a_long_record_comes_back_with_what_it_let_go);
    tcase_add_loop_test(tc, a_chain_of_files_reads_as_one, 0, 8);
    tcase_add_test(tc, a_file_of_two_names_is_read_once);
    tcase_add_test(tc, files_older_than_the_books_are_not_read);
    tcase_add_test(tc, damaged_books_give_way_to_the_ones_before_and_then_to_the_whole_journal);
    tcase_add_test(tc, books_newer_than_the_journal_are_refused);
    tcase_add_test(tc, a_missing_file_of_the_chain_is_missed_when_the_books_do_not_hold_it);
    tcase_add_test(tc, a_rotated_file_is_known_by_its_first_line);
    tcase_add_test(tc, the_sequence_goes_on_behind_the_journal_even_in_a_new_state_folder);
    tcase_add_test(tc, books_keep_the_unit_that_they_were_counted_in);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
