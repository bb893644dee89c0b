/* report_impl.h - the parts of a report's page, shared by its files.
 *
 * report.c has the page of runs, report_page.c what any page is made of, report_tables.c tables,
 * report_data.c what the charts draw. Each adds to a buffer that the caller owns and looks at once
 * for want of memory. */
#ifndef NJ_BACKTEST_REPORT_IMPL_H
#define NJ_BACKTEST_REPORT_IMPL_H

#include "backtest/report.h"
#include "backtest/report_figures.h"
#include "base/json_out.h"

/* What makes one kind of page: a style (uPlot's and ours), a script, and the content security
 * policy that allows just these. */
struct nj_report_kind {
    const char *style, *script, *policy;
};
/* Made at build time (build/embed-assets.py); all NULL when the charts were not there. */
struct nj_report_assets {
    const char *page;   /* the frame, with {{NAME}} where parts go */
    const char *charts; /* uPlot */
    const char *licence;
    struct nj_report_kind run, sweep; /* of one run or several; of a sweep */
};
extern const struct nj_report_assets nj_report_assets;

/* Text as markup: what means something in HTML is escaped, control characters become spaces. */
void nj_report_text(struct nj_buf *out, const char *text);
/* "12,450.32", "-3.10 %", "1.85", "n/a", as a metric's unit asks for; sign: + in front. */
void nj_report_metric(struct nj_buf *out, enum nj_metric metric, double value, bool sign);
/* 1234567.891 as 1,234,567.89. */
void nj_report_money(struct nj_buf *out, double v, int digits, bool sign);
/* "2021-04-21", or with the time of day. */
void nj_report_time(struct nj_buf *out, int64_t ts_ns, bool day_only);
/* "pos", "neg" or "": how a value is coloured. */
const char *nj_report_mood(enum nj_metric metric, double value);
/* The asset in which a result counts: "USDT". */
const char *nj_report_quote(const struct nj_result *result);

/* "2021-04-21 -> 2021-05-19 (29 days)" */
void nj_report_period(struct nj_buf *out, const struct nj_result *result);

/* The period and what fills cost. */
void nj_report_terms(struct nj_buf *out, const struct nj_result *result);

/* Parts of a page; title and about are markup. */
void nj_report_open(struct nj_buf *out, const char *kind); /* the head, inside its h1 */
void nj_report_close_head(struct nj_buf *out);             /* inside its last paragraph */
void nj_report_card(struct nj_buf *out, const char *title, const char *mood); /* at its value */
void nj_report_panel(struct nj_buf *out, const char *id, const char *title, const char *about);
void nj_report_chart(struct nj_buf *out, const char *id, const char *size, const char *title,
                     const char *about);
void nj_report_warnings(struct nj_buf *out, const struct nj_result *result, const char *title);
/* The frame around a title, a body and the data of its script, all escaped already. */
int nj_report_page(const struct nj_report_kind *kind, const struct nj_buf *title,
                   const struct nj_buf *body, const struct nj_buf *data, struct nj_buf *out,
                   struct nj_error *err);

/* report_tables.c */
void nj_report_table(struct nj_buf *out, const char *caption);
void nj_report_row(struct nj_buf *out, const char *name, const char *text); /* escapes both */
void nj_report_close_table(struct nj_buf *out);
/* What was run; ran: with what became of its orders. */
void nj_report_run_table(const struct nj_result *result, bool ran, struct nj_buf *out);
void nj_report_data_table(const struct nj_result *result, struct nj_buf *out);
void nj_report_months_table(const struct nj_month *months, size_t n, struct nj_buf *out);
void nj_report_metrics_table(const struct nj_result *result, struct nj_buf *out);
/* Side by side, a column a run. */
void nj_report_metrics_compared(const struct nj_result *results, const char *const *names, size_t n,
                                struct nj_buf *out);
void nj_report_fills_table(const struct nj_result *result, struct nj_buf *out);
void nj_report_config_tables(const struct nj_result *result, struct nj_buf *out);
void nj_report_config_compared(const struct nj_result *results, const char *const *names, size_t n,
                               struct nj_buf *out);

/* report_data.c */
/* Nine digits, null for what is not finite. */
void nj_report_number(struct nj_json_out *json, const char *key, double v);
void nj_report_histogram_data(struct nj_json_out *json, const struct nj_histogram *histogram,
                              const char *unit);
/* JSON as it may stand inside a script element. */
void nj_report_escaped(struct nj_buf *out, const struct nj_buf *json);
/* One object of all that the charts draw, so escaped. */
int nj_report_data(const struct nj_result *result, struct nj_buf *out, struct nj_error *err);
int nj_report_data_compared(const struct nj_result *results, const char *const *names, size_t n,
                            struct nj_buf *out, struct nj_error *err);

#endif
