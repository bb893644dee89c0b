/* ledger_make.h - what the tests of the ledger share: a ledger over two symbols, fills, and the
 * ledger as it is kept. Owned by the tests. */
#ifndef TESTS_UNIT_LEDGER_MAKE_H
#define TESTS_UNIT_LEDGER_MAKE_H

#include "trade/ledger.h"
#include "trade_make.h"

static struct nj_instruments *all;
static struct nj_ledger *ledger;
static unsigned fills;

static inline void set_up(void)
{
    all = nj_instruments_new();
    make_symbol(all, "ATOM/USDT", 0.01, 0.1);
    make_symbol(all, "BTC/USDT", 0.01, 0.00001);
    ledger = nj_ledger_new(all);
    ck_assert_ptr_nonnull(ledger);
    fills = 0;
}

static inline void tear_down(void)
{
    nj_ledger_free(ledger);
    nj_instruments_free(all);
}

static inline struct nj_closing fill(const char *strategy, unsigned side, double qty, double price,
                                     double fee)
{
    char id[32];
    struct nj_closing closing;
    struct nj_error err = {0};
    snprintf(id, sizeof id, "paper-ATOMUSDT-%u", ++fills);
    njord_fill f = make_fill(id, strategy, "ATOM/USDT", side, qty, price, fee);
    int rc = nj_ledger_fill(ledger, &f, NULL, NULL, &closing, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    return closing;
}

static inline const struct nj_position *atom(const char *strategy)
{
    const struct nj_position *p = nj_ledger_position(ledger, strategy, "ATOM/USDT");
    ck_assert_ptr_nonnull(p);
    return p;
}

static inline double last_of(void *ctx, const char *symbol)
{
    (void)ctx;
    return strcmp(symbol, "ATOM/USDT") == 0 ? 12 : strcmp(symbol, "ETH/BTC") == 0 ? 0.06 : NAN;
}

static inline double pnl_of(const struct nj_ledger *l, const char *symbol)
{
    const struct nj_instrument *i;
    for (size_t at = 0; (i = nj_ledger_next_symbol(l, &at)) != NULL;) {
        if (strcmp(i->symbol, symbol) == 0)
            return nj_sum_value(nj_ledger_symbol_pnl(l, i, last_of(NULL, symbol)));
    }
    return NAN;
}

/* A ledger as it is kept: a document, and the ids of its fills. */
struct kept {
    struct nj_buf document, ids;
};

static inline struct kept kept(const struct nj_ledger *l)
{
    struct kept k = {0};
    ck_assert_int_eq(nj_ledger_save(l, &k.document, &k.ids), 0);
    return k;
}

static inline void forget(struct kept *k)
{
    nj_buf_free(&k->document);
    nj_buf_free(&k->ids);
}

static inline void expect_same(const struct kept *a, const struct kept *b)
{
    ck_assert_str_eq(a->document.data, b->document.data);
    ck_assert_uint_eq(a->ids.len, b->ids.len);
    ck_assert(a->ids.len == 0 || memcmp(a->ids.data, b->ids.data, a->ids.len) == 0);
}

/* Saves, loads into a fresh ledger over a fresh list of instruments, and compares the bytes. */
static inline struct nj_ledger *reloaded(struct nj_instruments **instruments)
{
    struct nj_error err = {0};
    *instruments = nj_instruments_new();
    for (uint32_t n = 0; n < nj_instruments_count(all); n++) {
        const struct nj_instrument *i = nj_instrument_by_id(all, n);
        make_symbol(*instruments, i->symbol, i->tick, i->step);
    }
    struct nj_ledger *copy = nj_ledger_new(*instruments);
    struct kept saved = kept(ledger);
    int rc = nj_ledger_load(copy, saved.document.data, saved.document.len, &err);
    if (rc == 0)
        rc = nj_ledger_load_ids(copy, saved.ids.data, saved.ids.len, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    struct kept again = kept(copy);
    expect_same(&saved, &again);
    forget(&saved);
    forget(&again);
    return copy;
}

#endif
