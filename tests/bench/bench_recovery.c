/*
 * bench_recovery.c - what a start takes after a long history, with and without saved books.
 *
 * A million made-up lines of the journal of orders; the books were saved COMMON lines before its
 * end, as `plugins.state_every` does. The floor of the same run is reading the whole journal. The
 * same start after a tenth of the history says whether it grows with it. Medians of RUNS runs.
 */
#include "../support/folder.h"
#include "../support/order_history.h"
#include "base/fs.h"
#include "config/loader.h"
#include "services/books.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES  1000000
#define COMMON 10000
#define RUNS   5

static char dir[256], log_dir[300], state_dir[300];
static struct nj_config *config;

static double now_s(void)
{
    return (double)nj_platform_system()->monotonic_ns(NULL) / 1e9;
}

static void die(const struct nj_error *err)
{
    fprintf(stderr, "bench_recovery: %s\n", err->text);
    exit(1);
}

static void replay(void *ctx, const njord_event *event)
{
    if (event->type == NJORD_EV_ORDER_EVENT)
        nj_risk_replay(ctx, (const njord_order_event *)event);
}

/* Seconds of one start; with `save`, books are put when it is done, and it is the seconds of that.
 */
static double start(struct nj_state *state, uint64_t save)
{
    struct nj_core core;
    struct nj_error err = {0};
    uint64_t last_seq;
    struct nj_risk *risk = nj_risk_new(&config->risk);
    double began = now_s();
    if (!risk || nj_core_init(&core, config, NULL, &err) != 0)
        die(&err);
    struct nj_recovery from = {.journal_dir = log_dir,
                               .venue = "paper",
                               .state = save ? NULL : state,
                               .risk = risk,
                               .each = replay,
                               .ctx = risk};
    if (nj_core_recover(&core, &from, &last_seq, &err) != 0)
        die(&err);
    if (save) {
        struct nj_books books = {save, save};
        began = now_s();
        if (nj_books_save(&core, risk, state, &books, &err) != 0)
            die(&err);
    }
    double took = now_s() - began;
    nj_core_free(&core);
    nj_risk_free(risk);
    return took;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(struct nj_state *state)
{
    double took[RUNS];
    for (int i = 0; i < RUNS; i++)
        took[i] = start(state, 0);
    qsort(took, RUNS, sizeof *took, compare);
    return took[RUNS / 2];
}

static void put(const struct order_history *h, size_t n)
{
    folder_write(log_dir, "orders.ndjson", h->text.data, h->ends[n - 1]);
}

/* Seconds without and with books for the first n lines. */
static void measure(const struct order_history *h, size_t n, double *whole, double *quick,
                    double *save)
{
    struct nj_state *state = NULL;
    struct nj_error err = {0};
    folder_empty(dir);
    if (nj_mkdirs(log_dir, 0755, &err) != 0 ||
        nj_state_open(&state, nj_platform_system(), state_dir, true, &err) != 0)
        die(&err);
    put(h, n - COMMON);
    *save = start(state, h->seqs[n - COMMON - 1]);
    put(h, n);
    *quick = median(state);
    *whole = median(NULL);
    nj_state_close(state);
}

int main(void)
{
    struct order_history h;
    struct nj_config_report report = {0};
    double whole, quick, save, whole_tenth, quick_tenth, save_tenth;
    folder_make(dir, "recovery");
    snprintf(log_dir, sizeof log_dir, "%s/log", dir);
    snprintf(state_dir, sizeof state_dir, "%s/state", dir);
    if (nj_config_load_bytes(&config, order_history_yaml, strlen(order_history_yaml), NULL, 0, NULL,
                             &report) != 0) {
        fprintf(stderr, "bench_recovery: %s\n", report.errors.data);
        return 1;
    }
    nj_config_report_free(&report);
    order_history_make(&h, 1, LINES);
    measure(&h, LINES / 10, &whole_tenth, &quick_tenth, &save_tenth);
    measure(&h, LINES, &whole, &quick, &save);
    printf("%d lines of orders, %.0f MB, books %d lines before the end\n", LINES,
           (double)h.text.len / 1e6, COMMON);
    printf("  %-44s %9.1f ms\n", "start from the whole journal (floor)", whole * 1e3);
    printf("  %-44s %9.1f ms  %.3f of the floor\n", "start from books", quick * 1e3, quick / whole);
    printf("  %-44s %9.1f ms  %.2f of a tenth's history\n", "", quick * 1e3, quick / quick_tenth);
    printf("  %-44s %9.1f ms\n", "saving the books", save * 1e3);
    order_history_free(&h);
    nj_config_free(config);
    folder_remove(dir);
    return 0;
}
