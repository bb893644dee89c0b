/* doc/risk.md, made from the table of rules. */
#include "trade/risk.h"

static const char opening[] =
    "# Risk rules\n"
    "\n"
    "Made from the table in `host/trade/risk_rules.c` by the test that compares it; not edited by "
    "hand.\n"
    "\n"
    "Each intent is asked about in the order below; the first rule that refuses ends it. Its code "
    "is the\n"
    "`reason` of the RiskDecision, and the decision's `caps` hold the limit and the value that "
    "were\n"
    "compared, beside `reference_price` and `notional_usd` once a price is known. An accepted "
    "order "
    "has the\n"
    "reason `ok`, and `per_order_usd_cap`, `notional_usd` and `reference_price` in its caps.\n"
    "\n"
    "- **What is judged** is the order as it would leave: its quantity rounded down to the step, "
    "its limit\n"
    "  price rounded to the tick on the safe side (a buy down, a sell up).\n"
    "- **Equal to a limit passes**, as decimals: 3 at 1.1 is 3.3. Only the day's loss refuses from "
    "its cap on.\n"
    "- **Last price**: the last trade, while none is known the close of the latest bar. "
    "**Reference "
    "price**: the\n"
    "  last price, else the intent's `limit_price`. Quotes in `risk.usd_quotes` count 1, others by "
    "their last\n"
    "  trade against USDT or USD.\n"
    "- **An order reduces a position** when it stands against it and, together with all working "
    "orders of its\n"
    "  side in that symbol, cannot take it through zero: a sell of 4 while 10 are held and 6 are "
    "being sold\n"
    "  reduces, a sell of 5 does not.\n"
    "- **Working orders** are those that risk has let through and that may still fill.\n"
    "- `orders_per_min_cap` and `per_order_usd_cap` of 0 let no order through, "
    "`daily_loss_usd_cap` "
    "of 0 none\n"
    "  from the first loss of nothing on, `max_intent_age_ms` of 0 none that is not of this very "
    "moment; the\n"
    "  other limits are off at 0.\n"
    "- **Cancels** pass all but `malformed`. **Flattening orders** (`njord ctl flatten`, "
    "`on_crash`, `on_remove`)\n"
    "  pass all but `halted` and `malformed`.\n"
    "- **In a backtest** only the rules marked so are asked, unless `--risk` is given.\n"
    "- **Cash**: a strategy whose capital nobody has named has none.\n"
    "\n"
    "| rule | counted over | an order that reduces the position | key | default | in a backtest | "
    "refused when | what it is |\n"
    "|---|---|---|---|---|---|---|---|\n";

/* A cell, "-" when there is nothing to say. */
static void cell(struct nj_buf *out, const char *text, bool code)
{
    const char *quote = code && text[0] ? "`" : "";
    nj_buf_printf(out, " %s%s%s |", quote, text[0] ? text : "-", quote);
}

void nj_risk_reference(struct nj_buf *out)
{
    size_t n;
    const struct nj_risk_rule_info *rule = nj_risk_rules(&n);
    nj_buf_puts(out, opening);
    for (; n > 0; n--, rule++) {
        nj_buf_putc(out, '|');
        cell(out, rule->code, true);
        cell(out, rule->scope, false);
        cell(out, rule->reducing_passes ? "passes" : "refused too", false);
        cell(out, rule->config_key, true);
        cell(out, rule->default_text, false);
        cell(out, rule->backtest ? "yes" : "no", false);
        cell(out, rule->compares, true);
        cell(out, rule->help, false);
        nj_buf_putc(out, '\n');
    }
}
