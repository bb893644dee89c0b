#include "backtest/walk_file.h"

#include "backtest/result.h"
#include "backtest/sweep_file.h"

#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int nj_walk_curve_name(const char *output, char out[NJ_PATH_MAX], struct nj_error *err)
{
    const char *slash = strrchr(output, '/'), *name = slash ? slash + 1 : output;
    size_t len = strlen(name);
    if (len > 4 && strcmp(name + len - 4, ".csv") == 0)
        len -= 4;
    int n = snprintf(out, NJ_PATH_MAX, "%.*sequity_%.*s.ndjson", (int)(name - output), output,
                     (int)len, name);
    if (len == 0)
        return nj_error_set(err, NJ_ERR_CONFIG, "file '%.80s': expected the name of a CSV", output);
    if (n < 0 || n >= NJ_PATH_MAX)
        return nj_error_set(err, NJ_ERR_LIMIT, "file '%.80s': its name is too long", output);
    return 0;
}

static int put_file(const struct nj_walk_request *q, const char *path, struct nj_buf *text,
                    struct nj_error *err)
{
    int rc = text->failed ? nj_error_set(err, NJ_ERR_NOMEM, "walk-forward: out of memory")
                          : nj_mkdirs_for(path, 0777, err);
    if (rc == 0)
        rc = nj_replace_file(q->platform, path, text->data ? text->data : "", text->len, 0666, err);
    nj_buf_free(text);
    return rc;
}

int nj_walk_write_curve(const struct nj_walk_request *q, const char *path,
                        const struct nj_walk_stitched *s, struct nj_error *err)
{
    struct nj_buf text = {0};
    struct nj_result r = {.outcome = {.curve_ts = s->ts_ns,
                                      .curve_equity = s->equity,
                                      .curve_exposed = s->exposed,
                                      .n_curve = s->n}};
    nj_result_curve(&r, &text);
    return put_file(q, path, &text, err);
}

/* ---- the CSV ---- */

/* num_trades, then the other metrics: as a sweep's CSV has them. */
static enum nj_metric metric_at(uint32_t i)
{
    if (i == 0)
        return NJ_METRIC_NUM_TRADES;
    return (enum nj_metric)(i <= NJ_METRIC_NUM_TRADES ? i - 1 : i);
}

static const char *const before[] = {"fold", "train_start", "train_end", "test_start", "test_end"};
static const char *const behind[] = {"sets_failed",  "efficiency",     "capital",
                                     "final_equity", "open_positions", "error"};

static bool is_column(const char *name)
{
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        if (strcmp(before[i], name) == 0)
            return true;
    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++)
        if (strcmp(behind[i], name) == 0)
            return true;
    if (strncmp(name, "train_", 6) == 0 && nj_metric_named(name + 6) >= 0)
        return true;
    return nj_metric_named(name) >= 0;
}

static void put_heads(const struct nj_walk_request *q, struct nj_buf *out)
{
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        nj_sweep_put_field(out, i == 0, before[i]);
    for (uint32_t i = 0; i < nj_space_axes(q->space); i++) {
        const char *name = nj_space_name(q->space, i);
        char own[NJ_SPACE_NAME + 8];
        snprintf(own, sizeof own, "%s%s", is_column(name) ? "param." : "", name);
        nj_sweep_put_field(out, false, own);
    }
    nj_buf_printf(out, ",%s,train_%s", behind[0], nj_metric_infos[q->sort].name);
    if (q->sort != NJ_METRIC_TOTAL_RETURN_PCT)
        nj_buf_printf(out, ",train_%s", nj_metric_infos[NJ_METRIC_TOTAL_RETURN_PCT].name);
    for (size_t i = 1; i < sizeof behind / sizeof behind[0] - 1; i++)
        nj_sweep_put_field(out, false, behind[i]);
    for (uint32_t i = 0; i < NJ_METRIC_COUNT; i++)
        nj_sweep_put_field(out, false, nj_metric_infos[metric_at(i)].name);
    nj_sweep_put_field(out, false, behind[sizeof behind / sizeof behind[0] - 1]);
    nj_buf_puts(out, "\r\n");
}

/* A field that is empty for NaN. */
static void put_number(struct nj_buf *out, double v)
{
    char text[NJORD_NUMBER_SIZE];
    nj_buf_putc(out, ',');
    if (isfinite(v))
        nj_buf_add(out, text, njord_format_f64(v + 0.0, text));
}

static void put_metric(struct nj_buf *out, enum nj_metric metric, double v)
{
    char text[NJORD_NUMBER_SIZE];
    size_t len = nj_metric_text(metric, v, text);
    nj_buf_putc(out, ',');
    nj_buf_add(out, text, isfinite(v) ? len : 0);
}

static void put_time(struct nj_buf *out, int64_t ts_ns)
{
    char text[40];
    int digits = ts_ns % 1000000000 == 0 ? 0 : 9;
    nj_buf_putc(out, ',');
    nj_buf_add(out, text, njord_format_time(ts_ns, digits, text, sizeof text));
}

static void put_fold(const struct nj_walk_request *q, const struct nj_walk_fold *f, size_t number,
                     struct nj_space_set *set, struct nj_buf *out)
{
    const double none = NAN;
    nj_buf_printf(out, "%zu", number);
    put_time(out, f->window.train_from);
    put_time(out, f->window.train_to);
    put_time(out, f->window.test_from);
    put_time(out, f->window.test_to);
    if (f->chosen)
        nj_space_set(q->space, f->set, set);
    for (uint32_t i = 0; i < nj_space_axes(q->space); i++)
        nj_sweep_put_field(out, false, f->chosen ? set->texts[i] : "");
    nj_buf_printf(out, ",%llu", (unsigned long long)f->failed);
    put_metric(out, q->sort, f->chosen ? f->train_key : none);
    if (q->sort != NJ_METRIC_TOTAL_RETURN_PCT)
        put_metric(out, NJ_METRIC_TOTAL_RETURN_PCT, f->chosen ? f->train_return : none);
    put_number(out, f->efficiency);
    put_number(out, f->tested ? f->capital : none);
    put_number(out, f->tested ? f->final_equity : none);
    put_number(out, f->tested ? f->n_open : none);
    for (uint32_t i = 0; i < NJ_METRIC_COUNT; i++)
        put_metric(out, metric_at(i), f->tested ? f->test.value[metric_at(i)] : none);
    nj_sweep_put_field(out, false, f->why);
    nj_buf_puts(out, "\r\n");
}

int nj_walk_write_folds(const struct nj_walk_request *q, const struct nj_walk_fold *folds, size_t n,
                        struct nj_error *err)
{
    struct nj_buf text = {0};
    struct nj_space_set *set = malloc(sizeof *set);
    if (!set)
        return nj_error_set(err, NJ_ERR_NOMEM, "walk-forward: out of memory");
    put_heads(q, &text);
    for (size_t i = 0; i < n; i++)
        put_fold(q, &folds[i], i + 1, set, &text);
    free(set);
    return put_file(q, q->output, &text, err);
}
