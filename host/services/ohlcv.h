/* ohlcv.h - the bar service: trades of md.trades.* to bars on md.ohlcv.{timeframe}.{symbol}, for
 * all symbols.
 *
 * Sees a trade when its line is written and before anyone else (NJ_STAGE_BARS), so that a bar is
 * delivered before the trade that closes it. The aggregator is market/ohlcv.h; here stand what it
 * is fed with: the bus, the feed's status, the clock (a timer at the exchange's time closes bars of
 * quiet markets, never with clock: events), and the trades of the run before, read from the journal
 * at start. Owned by the host. [loop] only. */
#ifndef NJ_SERVICES_OHLCV_H
#define NJ_SERVICES_OHLCV_H

#include "base/err.h"
#include "base/map.h"
#include "bus/bus.h"
#include "market/ohlcv.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_host;

/* Bars filled in a row at most: a week of seconds. A guard, reached by no market that is open. */
#define NJ_OHLCV_MAX_GAP 604800u

/* As many trades that the journal has already may come again at most: what venues give on request.
 * More, and the source has started over. */
#define NJ_OHLCV_RESENT 1000u

/* The seconds of the last minute, and the one that is now. */
#define NJ_OHLCV_SECONDS 61u

struct nj_ohlcv_service {
    struct nj_ohlcv *ohlcv; /* NULL: this host does not run the service */
    struct nj_map markets;  /* symbol to what the run before left of it */
    struct nj_subscription *trades, *status, *bars;
    struct nj_ohlcv_market *priming; /* whose journal is being read */
    struct {
        int64_t second; /* of the delivery time */
        int64_t least;  /* smallest ts_ns - ts_recv_ns of its trades */
    } seconds[NJ_OHLCV_SECONDS];
    int64_t behind_second; /* when behind_ns was last worked out */
    int64_t behind_ns; /* the smallest of the last minute that had a trade; NJORD_NONE_I64: none */
    uint32_t n_symbols;
    int64_t soonest_ns; /* no bucket ends before (the exchange's time) */
    uint64_t left_out;  /* told of in the log */
    uint64_t refused;   /* trades that cannot be: far ahead of the clock, before 1970 */
    uint64_t seen;      /* trades that the run before had already */
    uint64_t lost;      /* bars that the bus did not take */
    bool twice_told;
};

/* NJ_ERR_CONFIG: timeframes that cannot be, with the name. */
int nj_ohlcv_service_start(struct nj_host *host, struct nj_error *err);
void nj_ohlcv_service_stop(struct nj_host *host);

/* When the clock closes the next bar, local wall time, as known at wall_ns; INT64_MAX: it closes
 * none. */
int64_t nj_ohlcv_service_due(struct nj_host *host, int64_t wall_ns);
/* Closes what has ended by the exchange's time when the local clock shows wall_ns, as an input of
 * its own. False: nothing had. */
bool nj_ohlcv_service_close_due(struct nj_host *host, int64_t wall_ns);

/* ohlcv_rebuild.c: what the journals tell of a symbol's open buckets. */
int nj_ohlcv_service_rebuild(struct nj_host *host, const char *symbol, struct nj_error *err);

/* A symbol that the run before knew. */
struct nj_ohlcv_market {
    char symbol[NJORD_SYMBOL_SIZE];
    char venue[NJORD_ASSET_SIZE]; /* of the last trade in the journal, */
    int64_t last_id, last_ns;     /* its id and time */
    uint32_t n_seen;              /* trades of this run that stand in the journal already */
    bool live;                    /* this run has seen a trade of it */
    njord_bar *pending; /* bars that the run before died over: handed out before that trade */
    uint32_t n_pending, cap_pending;
};

#endif
