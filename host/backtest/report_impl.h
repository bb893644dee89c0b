/* report_impl.h - the parts of a report's page, shared by its files.
 *
 * report.c has the page and its head, report_tables.c its tables, report_data.c what the charts
 * draw. Each adds to a buffer that the caller owns and looks at once for want of memory. */
#ifndef NJ_BACKTEST_REPORT_IMPL_H
#define NJ_BACKTEST_REPORT_IMPL_H

#include "backtest/report.h"
#include "backtest/report_figures.h"
#include "base/json_out.h"

/* Made at build time (build/embed-assets.py); all NULL when the charts were not there. */
struct nj_report_assets {
    const char *page;    /* the frame, with {{NAME}} where parts go */
    const char *style;   /* uPlot's and ours */
    const char *charts;  /* uPlot */
    const char *script;  /* ours */
    const char *licence; /* uPlot's */
    const char *policy;  /* the content security policy */
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

/* report_tables.c */
void nj_report_months_table(const struct nj_month *months, size_t n, struct nj_buf *out);
void nj_report_metrics_table(const struct nj_result *result, struct nj_buf *out);
/* Side by side, a column a run. */
void nj_report_metrics_compared(const struct nj_result *results, const char *const *names, size_t n,
                                struct nj_buf *out);
void nj_report_fills_table(const struct nj_result *result, struct nj_buf *out);
void nj_report_config_tables(const struct nj_result *result, struct nj_buf *out);
void nj_report_config_compared(const struct nj_result *results, const char *const *names, size_t n,
                               struct nj_buf *out);

/* report_data.c: one JSON object, fit to stand inside a script element. */
int nj_report_data(const struct nj_result *result, struct nj_buf *out, struct nj_error *err);
int nj_report_data_compared(const struct nj_result *results, const char *const *names, size_t n,
                            struct nj_buf *out, struct nj_error *err);

#endif
