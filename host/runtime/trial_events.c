/* trial_events.c - the events of a trial: an ordinary market, and everything that is odd but passes
 * the host's checks. */
#include "runtime/trial.h"

#include <float.h>
#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <string.h>

#define STEP_NS   15000000000 /* between two events */
#define MINUTE_NS 60000000000

/* 0 <= x < 1, by Knuth's MMIX generator. */
static double chance(struct nj_trial_market *m)
{
    m->random = m->random * 6364136223846793005u + 1442695040888963407u;
    return (double)(m->random >> 11) / 9007199254740992.0;
}

static void *begin(struct nj_trial *t, uint32_t type)
{
    njord_event *event = (njord_event *)t->room;
    njord_event_init(event, type);
    event->ts_ns = t->market.now_ns;
    return event;
}

static void topic_of(char topic[96], const char *prefix, const char *symbol)
{
    snprintf(topic, 96, "%s%s", prefix, symbol);
}

/* ---- an ordinary market ---- */

/* Quiet, a fall, a bounce, a rise, a slide, each for a while: what strategies of all styles wait
 * for. Pulled back to where it began. */
static double move(struct nj_trial_market *m, uint32_t at)
{
    static const double drifts[] = {0, -0.015, 0.006, 0.015, -0.005};
    static const double starts[NJ_TRIAL_SYMBOLS] = {5, 60000};
    double home = 0.01 * log(starts[at] / m->price[at]);
    double drift = drifts[m->step / 96 % 5];
    double price = m->price[at] * (1 + drift + home + (chance(m) - 0.5) * 0.004);
    return floor(price * 100 + 0.5) / 100;
}

static void make_trade(struct nj_trial *t, const char *symbol, double price, char topic[96])
{
    njord_trade *e = begin(t, NJORD_EV_TRADE);
    snprintf(e->symbol, sizeof e->symbol, "%s", symbol);
    snprintf(e->trade_id, sizeof e->trade_id, "%llu", (unsigned long long)t->market.step);
    snprintf(e->venue, sizeof e->venue, "check");
    e->price = price;
    e->qty = floor(chance(&t->market) * 1000 + 1) / 1000;
    e->side = chance(&t->market) < 0.5 ? NJORD_SIDE_BUY : NJORD_SIDE_SELL;
    topic_of(topic, "md.trades.", symbol);
}

static void make_bar(struct nj_trial *t, const char *symbol, double open, double close,
                     char topic[96])
{
    njord_bar *e = begin(t, NJORD_EV_BAR);
    snprintf(e->symbol, sizeof e->symbol, "%s", symbol);
    snprintf(e->timeframe, sizeof e->timeframe, "1m");
    e->ts_close = t->market.now_ns / MINUTE_NS * MINUTE_NS;
    e->ts_open = e->ts_close - MINUTE_NS;
    e->ev.ts_ns = e->ts_close;
    e->open = open;
    e->close = close;
    e->high = fmax(open, close);
    e->low = fmin(open, close);
    e->volume = 12.5;
    e->trades = 4;
    topic_of(topic, "md.ohlcv.1m.", symbol);
}

static void put_levels(struct nj_trial *t, njord_tail *tail, double best, double apart, uint32_t n)
{
    njord_level levels[NJORD_MAX_LEVELS];
    for (uint32_t i = 0; i < n && i < NJORD_MAX_LEVELS; i++)
        levels[i] = (njord_level){best + apart * i, 1.0 + i % 7};
    njord_tail_put((njord_event *)t->room, NJ_TRIAL_ROOM, tail, levels, n, sizeof levels[0]);
}

static void make_book(struct nj_trial *t, const char *symbol, double mid, uint32_t n,
                      char topic[96])
{
    njord_book *e = begin(t, NJORD_EV_BOOK);
    snprintf(e->symbol, sizeof e->symbol, "%s", symbol);
    put_levels(t, &e->bids, mid * 0.999, -mid * 1e-4, n);
    put_levels(t, &e->asks, mid * 1.001, mid * 1e-4, n);
    topic_of(topic, "md.book.", symbol);
}

static void make_ticker(struct nj_trial *t, const char *symbol, double last, char topic[96])
{
    njord_ticker *e = begin(t, NJORD_EV_TICKER);
    snprintf(e->symbol, sizeof e->symbol, "%s", symbol);
    e->last = last;
    e->bid = last * 0.999;
    e->ask = fmin(last * 1.001, DBL_MAX);
    e->volume = 100;
    topic_of(topic, "md.ticker.", symbol);
}

static void make_status(struct nj_trial *t, const char *symbol, uint8_t what, char topic[96])
{
    njord_feed_status *e = begin(t, NJORD_EV_FEED_STATUS);
    snprintf(e->venue, sizeof e->venue, "check");
    snprintf(e->symbol, sizeof e->symbol, "%s", symbol);
    e->event = what;
    topic_of(topic, "md.status.", symbol);
}

static void make_instrument(struct nj_trial *t, const char *symbol, char topic[96])
{
    njord_instrument *e = begin(t, NJORD_EV_INSTRUMENT);
    snprintf(e->symbol, sizeof e->symbol, "%s", symbol);
    snprintf(e->base, sizeof e->base, "%.*s", (int)strcspn(symbol, "/"), symbol);
    snprintf(e->quote, sizeof e->quote, "USDT");
    e->tick = 0.01;
    e->step = 0.001;
    topic_of(topic, "md.instrument.", symbol);
}

const njord_event *nj_trial_ordinary(struct nj_trial *t, char topic[96])
{
    struct nj_trial_market *m = &t->market;
    uint32_t at = (uint32_t)(m->step / 4 % NJ_TRIAL_SYMBOLS);
    const char *symbol = nj_trial_symbols[at];
    double before = m->price[at], price = move(m, at);
    m->step++;
    m->now_ns += STEP_NS;
    switch (m->step % 4) {
    case 1:
        make_bar(t, symbol, before, price, topic);
        break;
    case 3:
        if (m->step % 40 == 3)
            make_status(t, symbol, (uint8_t)(NJORD_FEED_EVENT_UP + m->step / 40 % 5), topic);
        else if (m->step % 40 == 7)
            make_instrument(t, symbol, topic);
        else if (m->step % 8 == 3)
            make_book(t, symbol, before, 10, topic);
        else
            make_ticker(t, symbol, before, topic);
        break;
    default:
        make_trade(t, symbol, price, topic);
    }
    return (const njord_event *)t->room;
}

/* ---- a hostile one ---- */

/* Extreme values: each is tried as a trade's price and quantity and as all of a bar. */
static const double extremes[] = {0,     -0.0,    1e-300, DBL_MIN, 5e-324,   1e-8,  1e15,
                                  1e300, DBL_MAX, -1,     -1e300,  -DBL_MAX, 1e308, 0.1};
#define N_EXTREMES (sizeof extremes / sizeof extremes[0])

static void fill_text(char *out, size_t size, char with)
{
    memset(out, with, size - 1);
    out[size - 1] = '\0';
}

static void hostile_trade(struct nj_trial *t, uint32_t n, char topic[96])
{
    njord_trade *e = (njord_trade *)t->room;
    make_trade(t, nj_trial_symbols[n % 2], extremes[n % N_EXTREMES], topic);
    e->qty = extremes[(n / N_EXTREMES * 5 + n) % N_EXTREMES];
    if (n % 3 == 0) { /* the least that a trade can be */
        e->side = NJORD_NONE_U8;
        e->trade_id[0] = e->venue[0] = '\0';
    }
}

static void hostile_bar(struct nj_trial *t, uint32_t n, char topic[96])
{
    njord_bar *e = (njord_bar *)t->room;
    double v = extremes[n % N_EXTREMES];
    make_bar(t, nj_trial_symbols[n % 2], v, v, topic);
    e->high = -v; /* below its low */
    e->volume = v;
    e->trades = n % 2 ? INT64_MAX : 0;
    e->partial = 1;
    e->ev.flags |= NJORD_EF_PARTIAL | NJORD_EF_FILLED_GAP;
}

static void long_texts(struct nj_trial *t, char topic[96])
{
    njord_trade *e = (njord_trade *)t->room;
    make_trade(t, nj_trial_symbols[0], 5, topic);
    fill_text(e->trade_id, sizeof e->trade_id, '9');
    fill_text(e->venue, sizeof e->venue, 'v');
    fill_text(e->symbol, sizeof e->symbol, 'S');
    e->symbol[15] = '/';
    topic_of(topic, "md.trades.", e->symbol);
}

/* Odd ones that need no series. False: n is past the last. */
static bool oddity(struct nj_trial *t, uint32_t n, char topic[96])
{
    njord_event *event = (njord_event *)t->room;
    const char *symbol = nj_trial_symbols[0];
    switch (n) {
    case 0:
        make_book(t, symbol, 5, 0, topic); /* empty */
        return true;
    case 1:
        make_book(t, symbol, 5, NJORD_MAX_LEVELS, topic);
        return true;
    case 2:
        make_book(t, symbol, -DBL_MAX / 1e10, 3, topic);
        return true;
    case 3:
        long_texts(t, topic);
        return true;
    case 4:
    case 5: /* the same twice */
        make_trade(t, symbol, 5, topic);
        snprintf(((njord_trade *)event)->trade_id, 8, "twice");
        return true;
    case 6: /* time goes back, far */
        make_trade(t, symbol, 5, topic);
        event->ts_ns = 0;
        return true;
    case 7:
        make_trade(t, symbol, 5, topic);
        event->ts_ns = INT64_MAX;
        return true;
    case 8:
        make_trade(t, symbol, 5, topic);
        event->ts_ns = INT64_MIN + 1;
        return true;
    case 9:
        make_trade(t, symbol, 5, topic);
        event->flags |= NJORD_EF_WARMUP | NJORD_EF_REPLAYED | NJORD_EF_SNAPSHOT;
        return true;
    case 10:
        make_ticker(t, symbol, DBL_MAX, topic);
        return true;
    case 11:
        make_ticker(t, symbol, 0, topic);
        return true;
    case 12:
        make_status(t, symbol, NJORD_FEED_EVENT_RESYNC, topic);
        return true;
    case 13: /* a symbol that is not its own */
        make_trade(t, "NOBODY/KNOWS", 1, topic);
        return true;
    case 14:
        make_instrument(t, symbol, topic);
        ((njord_instrument *)event)->step = DBL_MAX;
        ((njord_instrument *)event)->tick = 5e-324;
        return true;
    default:
        return false;
    }
}

const njord_event *nj_trial_hostile_event(struct nj_trial *t, uint32_t n, char topic[96])
{
    uint32_t trades = 5 * N_EXTREMES, bars = 2 * N_EXTREMES;
    t->market.step++;
    t->market.now_ns += 1; /* bursts: many events in one instant */
    if (n < trades)
        hostile_trade(t, n, topic);
    else if (n < trades + bars)
        hostile_bar(t, n - trades, topic);
    else if (!oddity(t, n - trades - bars, topic))
        return NULL;
    return (const njord_event *)t->room;
}
