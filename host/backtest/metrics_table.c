/* metrics_table.c - the metrics by name: what each is, how it is worked out and where that stands.
 */
#include "backtest/metrics.h"

#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <string.h>

/* clang-format off: a table, a metric a paragraph */
const struct nj_metric_info nj_metric_infos[NJ_METRIC_COUNT] = {
    {"total_return_pct", "Total return", "%", "(last equity / initial capital - 1) x 100", "",
     false, 1},
    {"annual_return_pct", "Annual return", "%",
     "((last equity / first equity)^(365 days / elapsed) - 1) x 100; n/a under one day", "", true,
     1},
    {"sharpe_ratio", "Sharpe ratio", "",
     "(mean(r) - rf/P) / sd(r) x sqrt(P), r daily returns, sd with n - 1, P 365; 0 for a flat "
     "curve",
     "W. F. Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21 (1994)", false, 1},
    {"sortino_ratio", "Sortino ratio", "",
     "(mean(r) - rf/P) / sqrt(mean(min(r - rf/P, 0)^2)) x sqrt(P), the mean over all r; 0 for a "
     "flat "
     "curve, n/a when no return was below rf/P",
     "F. A. Sortino, L. N. Price, Performance Measurement in a Downside Risk Framework, Journal of "
     "Investing 3 (1994)",
     false, 1},
    {"calmar_ratio", "Calmar ratio", "", "annual return / |max drawdown|; n/a without a drawdown",
     "T. W. Young, Calmar Ratio: A Smoother Tool, Futures 20 (1991)", true, 1},
    {"volatility_annual_pct", "Volatility", "%", "sd(r) x sqrt(P) x 100", "", false, -1},
    {"max_drawdown_pct", "Max drawdown", "%",
     "the lowest of (equity / highest equity before, or initial capital, - 1) x 100; 0 or less", "",
     false, 1},
    {"max_drawdown_duration_days", "Longest drawdown", "days",
     "the longest time from a peak until equity is back at it, or until the end", "", false, -1},
    {"avg_drawdown_pct", "Average drawdown", "%",
     "the mean over all drawdowns (peak until back at it) of each one's lowest point; 0 without "
     "one",
     "", false, 1},
    {"num_trades", "Trades", "",
     "closing fills: each fill, or part of one, that reduced a position", "", false, 0},
    {"win_rate", "Win rate", "", "trades with a profit / trades, 0 to 1; n/a without trades", "",
     false, 1},
    {"profit_factor", "Profit factor", "", "sum of profits / |sum of losses|; n/a without a loss",
     "", false, 1},
    {"avg_win", "Average win", "quote",
     "mean profit of the trades with a profit, net of fees; n/a without one", "", false, 1},
    {"avg_loss", "Average loss", "quote",
     "mean loss of the trades with a loss, net of fees, below 0; n/a without one", "", false, 1},
    {"largest_win", "Largest win", "quote", "the highest profit of a trade; n/a without one", "",
     false, 1},
    {"largest_loss", "Largest loss", "quote",
     "the deepest loss of a trade, below 0; n/a without one", "", false, 1},
    {"expectancy", "Expectancy", "quote", "mean result of a trade, net of fees; n/a without trades",
     "", false, 1},
    {"exposure_pct", "Exposure", "%",
     "points of the curve at which a position was open / points x 100", "", false, 0},
    {"turnover", "Turnover", "", "sum of quantity x price of all fills / mean equity", "", false,
     0},
    {"fees_paid", "Fees", "quote", "sum of quantity x price x commission of all fills", "", false,
     -1},
    {"slippage_paid", "Slippage", "quote",
     "sum of quantity x |fill price - price before slippage| of all fills", "", false, -1},
    {"skew", "Skew", "",
     "n / ((n - 1)(n - 2)) x sum(((r - mean) / sd)^3); 0 for a flat curve, n/a under 3 returns",
     "the adjusted Fisher-Pearson coefficient G1, as pandas has it; D. N. Joanes, C. A. Gill, "
     "The Statistician 47 (1998)",
     false, 0},
    {"kurtosis", "Kurtosis", "",
     "excess kurtosis, n(n + 1) / ((n - 1)(n - 2)(n - 3)) x sum(((r - mean) / sd)^4) - "
     "3(n - 1)^2 / ((n - 2)(n - 3)); 0 for a flat curve, n/a under 4 returns",
     "G2 of D. N. Joanes, C. A. Gill, The Statistician 47 (1998), as pandas has it", false, 0},
    {"var_95_pct", "Value at risk, 95 %", "%",
     "the 5 % quantile of r (linear between neighbours) x 100; n/a without returns",
     "historical simulation; quantile 7 of R. J. Hyndman, Y. Fan, The American Statistician 50 "
     "(1996)",
     false, 1},
    {"cvar_95_pct", "Conditional VaR, 95 %", "%",
     "the mean of the returns at or below the 5 % quantile x 100; n/a without returns",
     "R. T. Rockafellar, S. Uryasev, Optimization of Conditional Value-at-Risk, Journal of Risk 2 "
     "(2000)",
     false, 1},
    {"tail_ratio", "Tail ratio", "",
     "|95 % quantile of r| / |5 % quantile of r|; n/a when the latter is 0", "", false, 1},
};
/* clang-format on */

int nj_metric_named(const char *name)
{
    for (int i = 0; i < NJ_METRIC_COUNT; i++)
        if (strcmp(nj_metric_infos[i].name, name) == 0)
            return i;
    return -1;
}

size_t nj_metric_text(enum nj_metric metric, double value, char *out)
{
    if (!isfinite(value)) {
        memcpy(out, "null", 5);
        return 4;
    }
    if (nj_metric_infos[metric].rounded) {
        char text[64];
        size_t len = (size_t)snprintf(text, sizeof text, "%.12g", value);
        if (njord_parse_f64(text, len, &value) != len)
            value = 0; /* what printf wrote reads back */
    }
    return njord_format_f64(value, out);
}

void nj_metrics_reference(struct nj_buf *out)
{
    nj_buf_puts(
        out,
        "# Metrics\n\n"
        "What `njord backtest`, `njord sweep`, `njord metrics` and the reports say of a run. This "
        "page is made from the table in `host/backtest/metrics_table.c` by `make reference`.\n\n"
        "**Curve.** One equity point a distinct bar close. Total return and drawdown start from "
        "the initial capital.\n\n"
        "**Returns (r).** Between neighbours of these points: the curve's first, then the last "
        "point of each UTC day that has one (a point at midnight belongs to the day that ends "
        "there). Nothing is invented for days without points. With fewer than three such points "
        "the returns are those between consecutive points of the curve, and P, the periods a "
        "year, follows from their median spacing; else P is 365 (`--periods-per-year`). rf is "
        "`--risk-free`, a year, 0 unless given. From equity of 0 or less there is no return: it "
        "counts as 0.\n\n"
        "**Trades.** A trade is a closing fill, matched first in, first out; its result is net of "
        "its own fee and of the entry lots' fees pro rata. For a bare curve (`njord metrics`) the "
        "changes between points take the place of trades.\n\n"
        "**n/a.** A figure that does not exist is `null` in JSON, empty in CSV, n/a in print; none "
        "is ever NaN or infinite. Figures marked * need pow and are written rounded to 12 "
        "significant digits, since the last digits of pow differ between processors; all others "
        "are exact to the last bit on one architecture. What rounding makes is no figure: equity "
        "less than 1e-13 of the peak below it is back at the peak, and returns that differ by no "
        "more than 1e-14 are the same.\n\n"
        "| name | unit | what it is | source |\n|---|---|---|---|\n");
    for (int i = 0; i < NJ_METRIC_COUNT; i++) {
        const struct nj_metric_info *m = &nj_metric_infos[i];
        nj_buf_printf(out, "| `%s`%s | %s | ", m->name, m->rounded ? " *" : "", m->unit);
        for (const char *p = m->formula; *p; p++) {
            if (*p == '|')
                nj_buf_putc(out, '\\');
            nj_buf_putc(out, *p);
        }
        nj_buf_printf(out, " | %s |\n", m->source);
    }
}
