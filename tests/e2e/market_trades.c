/* market_trades.c - prints what the simulated market trades, for test_market_stats.py:
 *
 *     market_trades SEED SECONDS TRADES_PER_DAY CORRELATION LIMIT SYMBOL...
 *
 * A line a trade: symbol's place, time in ms, price, quantity, 1 for a sell, id. LIMIT 0: all; with
 * LIMIT -1 nothing is printed but the count and the processor time in seconds. */
#include "market.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct sim_symbol_config known[] = {
    {"BTC/USDT", 60000, 0.01, 0.00001, 0.00001, 9000, 5},
    {"ETH/USDT", 3000, 0.01, 0.0001, 0.0001, 9000, 5},
    {"ATOM/USDT", 8, 0.001, 0.01, 0.01, 900000, 5},
};

int main(int argc, char **argv)
{
    struct sim_symbol_config symbols[8];
    char why[200];
    struct sim_trade t;
    long limit, n = 0;

    if (argc < 7 || argc > 14)
        return 2;
    for (int i = 6; i < argc; i++) {
        size_t k = 0;
        while (k < 2 && strcmp(known[k].name, argv[i]) != 0)
            k++;
        symbols[i - 6] = known[k];
    }
    struct sim_config c = {.seed = strtoull(argv[1], NULL, 10),
                           .start_ns = 1736121600000000000, /* Monday 2025-01-06 */
                           .duration_ns = strtoll(argv[2], NULL, 10) * 1000000000,
                           .trades_per_day = strtod(argv[3], NULL),
                           .volatility = 0.6,
                           .correlation = strtod(argv[4], NULL),
                           .n_symbols = (uint32_t)(argc - 6),
                           .symbols = symbols};
    struct sim_market *m = sim_market_new(&c, why, sizeof why);
    if (!m) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    limit = strtol(argv[5], NULL, 10);
    while ((limit <= 0 || n < limit) && sim_market_next(m, &t)) {
        n++;
        if (limit >= 0)
            printf("%u %lld %.17g %.17g %u %llu\n", (unsigned)t.symbol,
                   (long long)(t.ts_ns / 1000000), t.price, t.qty, (unsigned)t.is_sell,
                   (unsigned long long)t.id);
    }
    if (limit < 0)
        printf("%ld %.3f\n", n, (double)clock() / CLOCKS_PER_SEC);
    sim_market_free(m);
    return 0;
}
