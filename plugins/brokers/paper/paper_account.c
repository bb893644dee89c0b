/* paper_account.c - the paper broker's markets and money: what is there, and what resting orders
 * may take of it. */
#include "paper_impl.h"

void paper_sum_add(struct paper_sum *sum, double amount)
{
    double total = sum->hi + amount;
    if (fabs(sum->hi) >= fabs(amount))
        sum->lo += (sum->hi - total) + amount;
    else
        sum->lo += (amount - total) + sum->hi;
    sum->hi = total;
}

int64_t paper_asset(struct paper *p, const char *name)
{
    int64_t at = paper_index_find(&p->asset_index, p->assets, sizeof *p->assets, name);
    if (at >= 0 || name[0] == '\0')
        return at;
    return paper_index_append(&p->asset_index, &p->assets, sizeof *p->assets,
                              sizeof p->assets->name, &p->n_assets, name);
}

double paper_total(const struct paper *p, uint32_t asset)
{
    const struct paper_asset *a = &p->assets[asset];
    double total = a->money.hi + a->money.lo;
    for (uint32_t m = a->first_market; m != 0; m = p->markets[m - 1].next_of_base)
        total += njord_lots_to_qty(p->markets[m - 1].lots, p->markets[m - 1].step);
    return total;
}

double paper_locked(const struct paper *p, uint32_t asset)
{
    const struct paper_asset *a = &p->assets[asset];
    return fmax(fmin(a->locked.hi + a->locked.lo, paper_total(p, asset)), 0.0);
}

struct paper_market *paper_market_find(const struct paper *p, const char *symbol)
{
    int64_t at = paper_index_find(&p->market_index, p->markets, sizeof *p->markets, symbol);
    return at < 0 ? NULL : &p->markets[at];
}

struct paper_market *paper_market(struct paper *p, const char *symbol, double step)
{
    struct paper_market *m = paper_market_find(p, symbol);
    char name[NJORD_ASSET_SIZE] = "";
    const char *slash = strchr(symbol, '/');
    size_t len = slash ? (size_t)(slash - symbol) : 0;
    if (m || p->n_markets >= PAPER_MAX_MARKETS || len == 0 || len >= sizeof name ||
        strchr(slash + 1, '/'))
        return m;
    memcpy(name, symbol, len);
    int64_t base = paper_asset(p, name), quote = paper_asset(p, slash + 1);
    if (base < 0 || quote < 0)
        return NULL;
    int64_t at = paper_index_append(&p->market_index, &p->markets, sizeof *p->markets,
                                    sizeof p->markets->symbol, &p->n_markets, symbol);
    if (at < 0)
        return NULL;
    m = &p->markets[at];
    m->step = step;
    m->base = (uint32_t)base;
    m->quote = (uint32_t)quote;
    m->next_of_base = p->assets[base].first_market;
    p->assets[base].first_market = (uint32_t)at + 1;
    (void)njord_match_book_init(&m->book, PAPER_MAX_RESTING); /* allocates nothing yet */
    return m;
}

void paper_market_step(struct paper_market *m, double step)
{
    int64_t lots;
    if (step == m->step || njord_match_book_count(&m->book) > 0 ||
        njord_qty_to_lots(njord_lots_to_qty(m->lots, m->step), step, &lots) != NJORD_OK)
        return;
    m->lots = lots;
    m->step = step;
}

/* What the orders of one side bind: of the base by sells, of the quote by buys. Added up from the
 * next to fill on, so that the same orders give the same bits, however they came to be there. */
static double side_lock(double sum, const njord_match_side *side, uint8_t of, double step,
                        double fee)
{
    int64_t lots = 0; /* orders of one size are many: it is turned into a quantity once */
    double qty = 0.0;
    for (size_t k = side->count; k-- > 0;) {
        const njord_match_order *o = &side->orders[k];
        if (o->side != of)
            continue;
        if (o->lots != lots)
            qty = njord_lots_to_qty(lots = o->lots, step);
        sum += of == NJORD_SIDE_SELL ? qty : qty * o->limit_price * (1.0 + fee);
    }
    return sum;
}

void paper_market_relock(struct paper *p, struct paper_market *m)
{
    size_t n = njord_match_book_count(&m->book);
    double base = side_lock(0.0, &m->book.waiting, NJORD_SIDE_SELL, m->step, 0.0);
    double quote = side_lock(0.0, &m->book.buys, NJORD_SIDE_BUY, m->step, fmax(p->maker, 0.0));
    base = side_lock(base, &m->book.sells, NJORD_SIDE_SELL, m->step, 0.0);
    paper_sum_add(&p->assets[m->base].locked, base - m->locked_base);
    paper_sum_add(&p->assets[m->quote].locked, quote - m->locked_quote);
    m->locked_base = base;
    m->locked_quote = quote;
    if (n > 0)
        p->assets[m->base].used = p->assets[m->quote].used = 1;
}

void paper_account_free(struct paper *p)
{
    for (size_t i = 0; i < p->n_markets; i++)
        njord_match_book_free(&p->markets[i].book);
    free(p->markets);
    free(p->market_index.slots);
    free(p->assets);
    free(p->asset_index.slots);
}
