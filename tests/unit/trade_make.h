/* trade_make.h - events for the tests of host/trade: as short as a test wants to write them. */
#ifndef NJ_TEST_TRADE_MAKE_H
#define NJ_TEST_TRADE_MAKE_H

#include "base/buf.h"
#include "trade/instruments.h"

#include <check.h>
#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUY = NJORD_SIDE_BUY, SELL = NJORD_SIDE_SELL };

#define SET(to, text) snprintf((to), sizeof(to), "%s", (text))

static inline struct nj_instrument *make_symbol(struct nj_instruments *all, const char *symbol,
                                                double tick, double step)
{
    struct nj_instrument *i = nj_instrument_get(all, symbol);
    njord_instrument r;
    njord_event_init(&r, NJORD_EV_INSTRUMENT);
    r.tick = tick;
    r.step = step;
    ck_assert_ptr_nonnull(i);
    ck_assert(nj_instrument_update(i, &r));
    return i;
}

static inline njord_intent make_intent(const char *id, const char *strategy, const char *symbol,
                                       unsigned side, double qty)
{
    njord_intent in;
    njord_event_init(&in, NJORD_EV_INTENT);
    SET(in.intent_id, id);
    SET(in.strategy_id, strategy);
    SET(in.symbol, symbol);
    in.side = (uint8_t)side;
    in.type = NJORD_TYPE_MARKET;
    in.qty = qty;
    in.ev.ts_ns = 1000;
    return in;
}

static inline njord_fill make_fill(const char *id, const char *strategy, const char *symbol,
                                   unsigned side, double qty, double price, double fee)
{
    njord_fill f;
    njord_event_init(&f, NJORD_EV_FILL);
    SET(f.fill_id, id);
    SET(f.order_id, "1");
    SET(f.intent_id, "i");
    SET(f.strategy_id, strategy);
    SET(f.symbol, symbol);
    f.side = (uint8_t)side;
    f.qty = qty;
    f.price = price;
    f.fee = fee;
    f.ev.ts_ns = 1000;
    return f;
}

/* A file below the source tree, whole. */
static inline char *read_source(const char *path)
{
    const char *top = getenv("top_srcdir");
    char full[1024];
    snprintf(full, sizeof full, "%s/%s", top ? top : ".", path);
    FILE *file = fopen(full, "rb");
    ck_assert_msg(file != NULL, "'%s' cannot be read", full);
    struct nj_buf text = {0};
    char part[4096];
    size_t n;
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        ck_assert(nj_buf_add(&text, part, n));
    fclose(file);
    ck_assert_ptr_nonnull(text.data);
    return text.data;
}

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
