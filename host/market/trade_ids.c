#include "market/trade_ids.h"

#include "base/map.h"

#include <njord/codec.h>
#include <string.h>

#define MASK   (4u * NJ_TRADE_IDS - 1u)
#define NUMBER (UINT64_C(1) << 63) /* set in keys of numbers, not in hashes of texts */

/* While the newest NJ_TRADE_IDS ids are numbers in a row, they are known by the last one alone;
 * ring and table are made again when that ends. */
static bool in_a_row(const struct nj_trade_ids *ids)
{
    return ids->run >= NJ_TRADE_IDS;
}

void nj_trade_ids_init(struct nj_trade_ids *ids)
{
    memset(ids, 0, sizeof *ids);
    ids->last = NJORD_NONE_I64;
}

int64_t nj_trade_id_number(const char *id)
{
    int64_t n;
    size_t len = strlen(id);
    return len > 0 && njord_parse_i64(id, len, &n) == len && n >= 0 ? n : NJORD_NONE_I64;
}

/* ---- the table ---- */

static uint64_t home_of(uint64_t key)
{
    return (key * UINT64_C(0x9e3779b97f4a7c15)) >> 53; /* 11 bits; Knuth's multiplicative hash */
}

static bool table_has(const struct nj_trade_ids *ids, uint64_t key)
{
    for (uint64_t at = home_of(key); ids->table[at]; at = (at + 1) & MASK)
        if (ids->table[at] == key)
            return true;
    return false;
}

/* Takes a key out and closes the gap it leaves in its run. */
static void table_remove(struct nj_trade_ids *ids, uint64_t key)
{
    uint64_t at = home_of(key);
    while (ids->table[at] != key)
        at = (at + 1) & MASK;
    for (uint64_t next = (at + 1) & MASK; ids->table[next]; next = (next + 1) & MASK) {
        uint64_t home = home_of(ids->table[next]);
        if (((next - home) & MASK) >= ((next - at) & MASK)) {
            ids->table[at] = ids->table[next];
            at = next;
        }
    }
    ids->table[at] = 0;
}

static void add(struct nj_trade_ids *ids, uint64_t key)
{
    if (ids->n == NJ_TRADE_IDS)
        table_remove(ids, ids->ring[ids->at]);
    else
        ids->n++;
    ids->ring[ids->at] = key;
    ids->at = (ids->at + 1) % NJ_TRADE_IDS;
    uint64_t at = home_of(key);
    while (ids->table[at])
        at = (at + 1) & MASK;
    ids->table[at] = key;
}

/* The row ends: its numbers into ring and table. */
static void spell_out(struct nj_trade_ids *ids)
{
    memset(ids->table, 0, sizeof ids->table);
    ids->n = ids->at = 0;
    for (int64_t id = ids->last - (int64_t)NJ_TRADE_IDS + 1; id <= ids->last; id++)
        add(ids, (uint64_t)id | NUMBER);
    ids->run = NJ_TRADE_IDS - 1; /* as good as a row, and no longer one */
}

/* ---- ids ---- */

static enum nj_trade_id number_after(struct nj_trade_ids *ids, int64_t id, int64_t *from,
                                     int64_t *to)
{
    enum nj_trade_id what = NJ_TRADE_ID_NEW;
    if (ids->last != NJORD_NONE_I64 && id - 1 > ids->last) {
        *from = ids->last + 1;
        *to = id - 1;
        what = NJ_TRADE_ID_GAP;
    }
    if (id > ids->last)
        ids->last = id;
    return what;
}

enum nj_trade_id nj_trade_ids_take_number(struct nj_trade_ids *ids, int64_t id, int64_t *from,
                                          int64_t *to)
{
    if (in_a_row(ids)) {
        if (id - 1 == ids->last) {
            ids->last = id;
            return NJ_TRADE_ID_NEW;
        }
        if (id <= ids->last && id > ids->last - (int64_t)NJ_TRADE_IDS)
            return NJ_TRADE_ID_DOUBLE;
        spell_out(ids);
    }
    uint64_t key = (uint64_t)id | NUMBER;
    if (table_has(ids, key))
        return NJ_TRADE_ID_DOUBLE;
    add(ids, key);
    ids->run =
        ids->last != NJORD_NONE_I64 && id - 1 == ids->last && ids->run > 0 ? ids->run + 1 : 1;
    if (id < ids->last)
        ids->run = 0; /* the highest is not the newest */
    return number_after(ids, id, from, to);
}

enum nj_trade_id nj_trade_ids_take(struct nj_trade_ids *ids, const char *id, int64_t *from,
                                   int64_t *to)
{
    if (id[0] == '\0')
        return NJ_TRADE_ID_NEW;
    int64_t number = nj_trade_id_number(id);
    if (number != NJORD_NONE_I64)
        return nj_trade_ids_take_number(ids, number, from, to);
    uint64_t key = nj_hash_text(id) & ~NUMBER;
    if (in_a_row(ids))
        spell_out(ids);
    if (key == 0)
        key = 1;
    if (table_has(ids, key))
        return NJ_TRADE_ID_DOUBLE;
    add(ids, key);
    ids->run = 0;
    return NJ_TRADE_ID_NEW;
}
