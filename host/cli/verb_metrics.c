/* verb_metrics.c - njord metrics: what any equity curve comes to. */
#include "backtest/curve.h"
#include "cli/data.h"
#include "cli/table.h"

#include <math.h>
#include <njord/codec.h>
#include <stdio.h>

struct args {
    const char *initial, *periods, *risk_free;
};

const struct nj_cli_option nj_metrics_options[] = {
    {"initial", "X", offsetof(struct args, initial), false, false,
     "before the first point (default: a result's, else the first equity)"},
    {"periods-per-year", "N", offsetof(struct args, periods), false, false,
     "of daily returns (default: 365)"},
    {"risk-free", "RATE", offsetof(struct args, risk_free), false, false,
     "a year, as a fraction (default: 0)"},
    {0}};

static int print_json(struct nj_cli *cli, const struct nj_metrics_input *in,
                      const struct nj_metrics *m)
{
    struct nj_buf buf = {0};
    struct nj_json_out json = {&buf, false};
    const struct nj_curve *c = &in->curve;
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "basis", "periods");
    nj_put_uint(&json, "points", c->n);
    nj_put_int(&json, "start_ts", c->ts_ns[0]);
    nj_put_int(&json, "end_ts", c->ts_ns[c->n - 1]);
    nj_put_real(&json, "initial_capital", in->initial);
    nj_put_real(&json, "final_capital", c->equity[c->n - 1]);
    nj_put_real(&json, "periods_per_year", in->periods_per_year);
    nj_put_real(&json, "risk_free", in->risk_free);
    nj_put_open(&json, "metrics", '{');
    for (int i = 0; i < NJ_METRIC_COUNT; i++) {
        char text[NJORD_NUMBER_SIZE];
        size_t len = nj_metric_text((enum nj_metric)i, m->value[i], text);
        nj_put_raw(&json, nj_metric_infos[i].name, text, len);
    }
    nj_put_close(&json, '}');
    nj_put_close(&json, '}');
    return nj_data_print_json(cli, &buf, NJ_EXIT_DONE);
}

/* Six digits behind the dot are more than any of them means to a person. */
static const char *text_of(enum nj_metric m, double v, char *out, size_t cap)
{
    if (!isfinite(v))
        snprintf(out, cap, "n/a");
    else if (m == NJ_METRIC_NUM_TRADES)
        snprintf(out, cap, "%.0f", v);
    else
        snprintf(out, cap, "%.6f", v);
    return out;
}

static void print_table(const struct nj_metrics_input *in, const struct nj_metrics *m,
                        const char *unit)
{
    static const char *const heads[] = {"METRIC", ">VALUE", "UNIT", "WHAT IT IS", NULL};
    char from[NJ_DATA_TEXT], to[NJ_DATA_TEXT], count[NJ_DATA_TEXT], text[400];
    struct nj_table table;
    const struct nj_curve *c = &in->curve;
    printf("%s points, %s to %s%s%s%s\n", nj_data_count(c->n, count),
           nj_data_time(c->ts_ns[0], from), nj_data_time(c->ts_ns[c->n - 1], to),
           unit ? " (times are " : "", unit ? unit : "", unit ? ")" : "");
    printf("%.2f at first, %.2f at last; trade figures over the changes between points\n\n",
           in->initial, c->equity[c->n - 1]);
    nj_table_init(&table, heads);
    for (int i = 0; i < NJ_METRIC_COUNT; i++) {
        const struct nj_metric_info *info = &nj_metric_infos[i];
        nj_table_add(&table, info->title);
        nj_table_add(&table, text_of((enum nj_metric)i, m->value[i], text, sizeof text));
        nj_table_add(&table, info->unit);
        nj_table_add(&table, info->formula);
    }
    nj_table_print(&table, stdout, nj_cli_colour());
    nj_table_free(&table);
}

int nj_verb_metrics(struct nj_cli *cli)
{
    const struct args *a = (const struct args *)(const void *)cli->own;
    struct nj_curve_file curve;
    struct nj_metrics m;
    struct nj_error err = {0};
    double initial = NAN;
    struct nj_metrics_input in = {.periods = true,
                                  .exposed = NAN,
                                  .traded_notional = NAN,
                                  .fees = NAN,
                                  .slippage = NAN,
                                  .periods_per_year = 365};
    _Static_assert(sizeof(struct args) <= NJ_CLI_OWN, "a verb's own struct");
    if (!nj_cli_real(cli, "initial", a->initial, 1e-9, 1e15, &initial) ||
        !nj_cli_real(cli, "periods-per-year", a->periods, 1e-9, 1e12, &in.periods_per_year) ||
        !nj_cli_real(cli, "risk-free", a->risk_free, -1, 10, &in.risk_free))
        return NJ_EXIT_USAGE;
    if (nj_curve_load(&curve, cli->args[0], &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    in.curve = nj_curve_of(&curve);
    in.initial = isfinite(initial)         ? initial
                 : isfinite(curve.initial) ? curve.initial
                                           : curve.equity[0];
    int code = NJ_EXIT_DONE;
    if (!(in.initial > 0))
        code = nj_cli_error(cli, NJ_EXIT_FAILED,
                            "'%s': the first equity is %.10g: expected --initial X, the capital "
                            "before it",
                            cli->args[0], curve.equity[0]);
    else if (nj_metrics_of(&in, &m, &err) != 0)
        code = nj_cli_error(cli, NJ_EXIT_FAILED, "'%s': %s", cli->args[0], err.text);
    else if (cli->json)
        code = print_json(cli, &in, &m);
    else
        print_table(&in, &m, curve.unit);
    nj_curve_free(&curve);
    return code;
}
