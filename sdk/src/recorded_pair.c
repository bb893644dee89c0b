/* recorded_pair.c - what a venue calls BTCUSDT is BTC/USDT here. See njord/recorded.h. */
#include "recorded_impl.h"

#include <stdio.h>
#include <string.h>

/* Quote assets, and other assets that are common as a base. A name that can be split in two ways
 * (BNBUSD: BNB/USD, BN/BUSD) is split where that leaves an asset of these tables, if only one way
 * does. */
static const char *const quotes[] = {"USDT", "USDC", "BUSD", "FDUSD", "USD", "BTC", "ETH",
                                     "BNB",  "EUR",  "GBP",  "TRY",   "BRL", "JPY", "AUD"};
static const char *const bases[] = {"ADA", "ARB",  "ATOM", "AVAX",  "BCH",  "CKB", "DOGE",
                                    "DOT", "LINK", "LTC",  "MATIC", "SHIB", "SOL", "TRB",
                                    "TRX", "UNI",  "XLM",  "XMR",   "XRP"};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static int is_separator(char c)
{
    return c == '/' || c == '-' || c == '_';
}

static int is_known(const char *text, size_t len)
{
    for (size_t i = 0; i < COUNT(quotes); i++) {
        if (strlen(quotes[i]) == len && memcmp(quotes[i], text, len) == 0)
            return 1;
    }
    for (size_t i = 0; i < COUNT(bases); i++) {
        if (strlen(bases[i]) == len && memcmp(bases[i], text, len) == 0)
            return 1;
    }
    return 0;
}

/* Is `symbol` the raw name, but for its slash and the case? */
static int is_same(const char *symbol, const char *name)
{
    for (; *symbol; symbol++) {
        if (*symbol == '/')
            continue;
        if (upper(*symbol) != *name++)
            return 0;
    }
    return *name == '\0';
}

int njord_symbol_from_pair(const char *raw, size_t len, const char *const *symbols, uint64_t n,
                           char out[NJORD_SYMBOL_SIZE], char *why)
{
    char name[NJORD_SYMBOL_SIZE]; /* upper case, without a separator */
    size_t used = 0, split = 0, any_split = 0, known_split = 0;
    int ways = 0, known_ways = 0;

    for (size_t i = 0; i < len; i++) {
        char c = upper(raw[i]);
        if (is_separator(c) && split == 0 && i > 0 && i + 1 < len) {
            split = used;
        } else if (((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) && used + 2 < sizeof name) {
            name[used++] = c;
        } else {
            (void)recorded_bad(why,
                               "symbol '%.*s' is none: expected letters and digits, at most %zu",
                               recorded_cut(len), raw, sizeof name - 2);
            return NJORD_E_ARG;
        }
    }
    name[used] = '\0';
    if (used == 0) {
        (void)recorded_bad(why, "symbol is empty");
        return NJORD_E_ARG;
    }
    for (uint64_t i = 0; i < n; i++) {
        if (is_same(symbols[i], name)) {
            snprintf(out, NJORD_SYMBOL_SIZE, "%s", symbols[i]);
            return 0;
        }
    }
    for (size_t i = 0; split == 0 && i < COUNT(quotes); i++) {
        size_t q = strlen(quotes[i]);
        if (used <= q || memcmp(name + used - q, quotes[i], q) != 0)
            continue;
        any_split = used - q;
        ways++;
        if (is_known(name, used - q)) {
            known_split = used - q;
            known_ways++;
        }
    }
    if (split == 0 && known_ways == 1)
        split = known_split;
    else if (split == 0 && ways == 1)
        split = any_split;
    if (split == 0) {
        (void)recorded_bad(why, "symbol '%s' %s: name it as BASE/QUOTE", name,
                           ways ? "can be split in two ways" : "has no quote asset that is known");
        return NJORD_E_ARG;
    }
    snprintf(out, NJORD_SYMBOL_SIZE, "%.*s/%s", (int)split, name, name + split);
    return 0;
}
