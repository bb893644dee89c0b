/* risk_impl.h - what the files of the risk rules share: the state and one check. No other file
 * includes it. */
#ifndef NJ_TRADE_RISK_IMPL_H
#define NJ_TRADE_RISK_IMPL_H

#include "base/map.h"
#include "trade/idset.h"
#include "trade/risk.h"

__extension__ typedef __int128 nj_wide;

/* Parts of an order token: one refills in 60 s at a cap of one in a million minutes. */
#define NJ_TOKEN        (INT64_C(60000000000) * 1000000)
#define NJ_RECENT_BOUND 65536u
enum { NJ_MAX_CAPS = 24 };

struct nj_risk_symbol {
    char symbol[NJORD_SYMBOL_SIZE];
    nj_wide tokens;    /* in parts */
    int64_t ts_ns;     /* when they were counted; INT64_MIN: full, never used */
    double mark;       /* last price that the day's loss was counted with, NaN: none */
    struct nj_sum pnl; /* what it adds to its quote asset's total */
};

/* Profit so far in one quote asset. */
struct nj_risk_quote {
    char asset[NJORD_ASSET_SIZE];
    struct nj_sum pnl;
};

struct nj_risk {
    struct nj_risk_config limits;
    int64_t now_ns;                 /* the latest time seen */
    struct nj_map symbols;          /* to struct nj_risk_symbol */
    struct nj_map quotes;           /* to struct nj_risk_quote */
    bool counted;                   /* all symbols are in the quotes' totals */
    struct nj_idset recent;         /* equal orders: when the last one was accepted */
    int64_t day;                    /* UTC days since 1970, INT64_MIN before the first */
    double day_start_usd, last_usd; /* profit so far, at 00:00 and now */
    bool latched;
};

/* One intent being judged. */
struct nj_risk_case {
    struct nj_risk *risk;
    const struct nj_risk_view *view;
    const njord_intent *intent;
    unsigned flags;
    int64_t now_ns;
    const struct nj_instrument *instrument;
    int64_t lots;      /* rounded */
    double qty, limit; /* rounded; limit NaN: none */
    double last;       /* last price, NaN: none */
    int64_t last_ts_ns;
    double reference, rate; /* NaN before they are known; rate: quote asset in USD */
    double notional_usd;
    int64_t held, buys, sells; /* position and working lots */
    bool reduces;
    struct nj_id same; /* identity of equal orders */
    bool silent;       /* nobody will look at caps */
    uint32_t n_caps;
    njord_real_pair caps[NJ_MAX_CAPS]; /* the last: not cleared */
};

/* A number into the decision's caps: made finite, NaN left out, a key once. */
void nj_risk_cap(struct nj_risk_case *c, const char *key, double value);

/* A rule refuses: it has put what it compared into caps. */
typedef bool (*nj_risk_rule)(struct nj_risk_case *c);
const nj_risk_rule *nj_risk_rule_functions(void);
/* Places in the table that the check needs. */
enum { NJ_RULE_HALTED, NJ_RULE_MALFORMED, NJ_RULE_UNKNOWN_SYMBOL };

/* Copies an id into a decision; what no id may hold becomes "_", so that the refusal of a malformed
 * intent is itself a whole event. */
void nj_risk_copy_id(char *to, const char *from, size_t size, bool id_of_intent);
bool nj_risk_ids_ok(const char *intent_id, const char *strategy_id);

struct nj_risk_symbol *nj_risk_symbol_get(struct nj_risk *r, const char *symbol);
/* Tokens of a symbol at a time, in parts. */
nj_wide nj_risk_tokens(const struct nj_risk *r, const struct nj_risk_symbol *s, int64_t now_ns);
void nj_risk_take_token(struct nj_risk *r, struct nj_risk_symbol *s, int64_t now_ns);

#endif
