/* sweep_report_data.c - what the script of a sweep's page draws: the axes, and all metrics of the
 * sets in it, packed, as one JSON object. */
#include "backtest/sweep_report_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory");
}

static void put_metrics(struct nj_json_out *json)
{
    nj_put_open(json, "metrics", '[');
    for (int m = 0; m < NJ_METRIC_COUNT; m++) {
        const struct nj_metric_info *info = &nj_metric_infos[m];
        nj_put_open(json, NULL, '{');
        nj_put_text(json, "name", info->name);
        nj_put_text(json, "title", info->title);
        nj_put_text(json, "unit", info->unit);
        nj_put_text(json, "about", info->formula);
        nj_put_int(json, "better", info->better);
        nj_put_close(json, '}');
    }
    nj_put_close(json, ']');
}

/* {"width":1,"codes":"AAB..."}: integers below `limit`, one a set in the page. */
static void put_codes(struct nj_json_out *json, const char *key, uint64_t limit,
                      uint64_t (*value)(const void *ctx, uint64_t i), const void *ctx, uint64_t n)
{
    struct nj_buf codes = {0};
    uint32_t width = nj_sweep_code_width(limit);
    nj_buf_puts(&codes, "");
    for (uint64_t i = 0; i < n; i++)
        nj_sweep_put_code(&codes, value(ctx, i), width);
    nj_put_open(json, key, '{');
    nj_put_uint(json, "width", width);
    nj_put_text(json, "codes", codes.data ? codes.data : "");
    nj_put_close(json, '}');
    json->buf->failed = json->buf->failed || codes.failed;
    nj_buf_free(&codes);
}

struct axis_use {
    const struct nj_sweep_view *view;
    uint32_t axis;
    uint32_t *shown; /* of each value of the axis: its place among those in the page */
};

static uint64_t place_of(const struct nj_sweep_view *view, uint64_t i, uint32_t axis)
{
    uint64_t places[NJ_SPACE_AXES];
    nj_space_places(view->page->space, view->kept_set[i], places);
    return places[axis];
}

static uint64_t shown_place(const void *ctx, uint64_t i)
{
    const struct axis_use *use = ctx;
    return use->shown[place_of(use->view, i, use->axis)];
}

/* An axis with the values that sets in the page have. */
static int put_axis(struct nj_json_out *json, const struct nj_sweep_view *view, uint32_t axis,
                    struct nj_error *err)
{
    const struct nj_space *space = view->page->space;
    uint64_t n = nj_space_values(space, axis);
    char text[NJ_SPACE_TEXT];
    struct axis_use use = {view, axis, calloc(n + 1, sizeof *use.shown)};
    uint32_t shown = 0;
    if (!use.shown)
        return no_memory(err);
    for (uint64_t i = 0; i < view->n_kept; i++)
        use.shown[place_of(view, i, axis)] = 1;
    nj_put_open(json, NULL, '{');
    nj_put_text(json, "name", nj_space_name(space, axis));
    nj_put_open(json, "values", '[');
    for (uint64_t i = 0; i < n; i++) {
        if (!use.shown[i])
            continue;
        nj_space_value(space, axis, i, text);
        nj_put_text(json, NULL, text);
        use.shown[i] = shown++;
    }
    nj_put_close(json, ']');
    put_codes(json, "at", shown, shown_place, &use, view->n_kept);
    nj_put_close(json, '}');
    free(use.shown);
    return 0;
}

/* A metric of all sets in the page: {"same":v}, or {"top":power of ten,"codes":"..."}. */
static void put_column(struct nj_json_out *json, const struct nj_packing *packing,
                       const double *values, size_t n)
{
    struct nj_buf codes = {0};
    int32_t top = nj_packing_top(packing, values, n);
    bool same = true;
    for (size_t i = 1; i < n && same; i++)
        same = memcmp(&values[i], &values[0], sizeof *values) == 0 ||
               (isnan(values[i]) && isnan(values[0]));
    nj_put_open(json, NULL, '{');
    if (same) {
        nj_report_number(json, "same", n ? values[0] : (double)NAN);
    } else {
        for (size_t i = 0; i < n; i++)
            nj_sweep_put_code(&codes, nj_packing_code(packing, top, values[i]), packing->width);
        nj_put_int(json, "top", top);
        nj_put_text(json, "codes", codes.data ? codes.data : "");
    }
    nj_put_close(json, '}');
    json->buf->failed = json->buf->failed || codes.failed;
    nj_buf_free(&codes);
}

static int put_columns(struct nj_json_out *json, const struct nj_sweep_view *view,
                       struct nj_error *err)
{
    const struct nj_packing *packing = view->packing;
    double *values = malloc((view->n_kept + 1) * sizeof *values);
    if (!values)
        return no_memory(err);
    nj_put_uint(json, "digits", packing->digits);
    nj_put_uint(json, "width", packing->width);
    nj_put_int(json, "span", packing->span);
    nj_put_open(json, "columns", '[');
    for (int m = 0; m < NJ_METRIC_COUNT; m++) {
        for (uint64_t i = 0; i < view->n_kept; i++)
            values[i] = view->kept_cause[i] ? (double)NAN : view->kept[i].value[m];
        put_column(json, packing, values, view->n_kept);
    }
    nj_put_close(json, ']');
    free(values);
    return 0;
}

static uint64_t rank_of(const void *ctx, uint64_t i)
{
    return ((const struct nj_sweep_view *)ctx)->kept_rank[i];
}

static uint64_t cause_of(const void *ctx, uint64_t i)
{
    return ((const struct nj_sweep_view *)ctx)->kept_cause[i];
}

static void put_failures(struct nj_json_out *json, const struct nj_sweep_view *view)
{
    nj_put_open(json, "errors", '[');
    for (uint32_t i = 0; i < view->n_causes; i++)
        nj_put_text(json, NULL, view->causes[i].text);
    if (view->other_causes > 0)
        nj_put_text(json, NULL, "another cause: the CSV has it");
    nj_put_close(json, ']');
    if (view->n_causes > 0)
        put_codes(json, "failed", NJ_SWEEP_CAUSES + 2, cause_of, view, view->n_kept);
}

int nj_sweep_report_data(const struct nj_sweep_view *view, struct nj_buf *out, struct nj_error *err)
{
    const struct nj_sweep_page *page = view->page;
    const char *unit = nj_metric_infos[page->sort].unit;
    struct nj_buf text = {0};
    struct nj_json_out json = {&text, false};
    int rc = 0;
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "mode", "sweep");
    nj_put_text(&json, "quote", nj_report_quote(page->about));
    nj_put_uint(&json, "sets", view->n);
    nj_put_uint(&json, "n", view->n_kept);
    nj_put_int(&json, "sort", page->sort);
    nj_report_number(&json, "best", view->ran ? view->best.value[page->sort] : (double)NAN);
    nj_report_number(&json, "luck",
                     page->sort == NJ_METRIC_SHARPE_RATIO ? page->doubt->luck_annual : (double)NAN);
    nj_report_histogram_data(&json, &view->histogram,
                             strcmp(unit, "quote") == 0 ? nj_report_quote(page->about) : unit);
    put_metrics(&json);
    nj_put_open(&json, "axes", '[');
    for (uint32_t i = 0; i < nj_space_axes(page->space) && rc == 0; i++)
        rc = put_axis(&json, view, i, err);
    nj_put_close(&json, ']');
    if (view->n_kept < view->n)
        put_codes(&json, "ranks", view->n, rank_of, view, view->n_kept);
    put_failures(&json, view);
    if (rc == 0)
        rc = put_columns(&json, view, err);
    nj_put_close(&json, '}');
    if (rc == 0)
        nj_report_escaped(out, &text);
    if (rc == 0 && (text.failed || out->failed))
        rc = no_memory(err);
    nj_buf_free(&text);
    return rc;
}
