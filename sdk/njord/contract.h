/* njord/contract.h - the contracts and topics as tables: what codecs, validator, reference pages
 * and tools are made from.
 *
 * The tables are constants made from sdk/contracts.tbl; nothing here allocates or fails. */
#ifndef NJORD_CONTRACT_H
#define NJORD_CONTRACT_H

#include <njord/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A code of an enumeration and its text on the wire; a list ends with text NULL. */
typedef struct njord_code {
    uint32_t code;
    const char *text;
} njord_code;

/* Kinds of fields. */
enum {
    NJORD_FIELD_I64 = 1,
    NJORD_FIELD_F64,
    NJORD_FIELD_BOOL,
    NJORD_FIELD_STR,     /* char[size] */
    NJORD_FIELD_ENUM,    /* uint8_t, `codes` */
    NJORD_FIELD_TEXT,    /* tail: `count` bytes and a NUL */
    NJORD_FIELD_LEVELS,  /* tail: njord_level */
    NJORD_FIELD_STRMAP,  /* tail: njord_text_pair */
    NJORD_FIELD_REALMAP, /* tail: njord_real_pair */
    NJORD_FIELD_ANY,     /* tail: `count` bytes of msgpack, one map or list */
    NJORD_FIELD_INTENTS, /* tail: `count` njord_intent events, each with its own size */
    NJORD_FIELD_CURVE    /* tail: njord_point */
};

/* What else must hold for a text that is there. */
enum {
    NJORD_FORM_FREE = 0,
    NJORD_FORM_SYMBOL,    /* ^[A-Z0-9._-]+/[A-Z0-9._-]+$ */
    NJORD_FORM_SYMBOLS,   /* one or more of them, joined by commas */
    NJORD_FORM_ID,        /* ^[a-z0-9_]{1,47}$: strategies, instances of plugins */
    NJORD_FORM_ID_OR_ALL, /* likewise, or "*": the account */
    NJORD_FORM_INTENT_ID, /* ^[A-Za-z0-9_-]{1,36}$ */
    NJORD_FORM_TIMEFRAME  /* ^[1-9][0-9]*[smhdw]$ */
};

/* An item of a curve. */
typedef struct njord_point {
    int64_t ts_ns;
    double value;
} njord_point;

#define NJORD_FIELD_REQUIRED 1u
#define NJORD_FIELD_TIME     2u /* also the event's own time */

typedef struct njord_field {
    const char *name;
    uint32_t name_len;
    uint32_t kind;
    uint32_t flags;
    size_t offset; /* in the contract's struct */
    uint32_t size; /* bytes there */
    const njord_code *codes;
    uint32_t form; /* NJORD_FORM_* */
    uint32_t reserved;
} njord_field;

typedef struct njord_contract {
    const char *name;
    const njord_field *fields;
    uint32_t n_fields;
    uint32_t type;        /* NJORD_EV_* */
    size_t head;          /* sizeof its struct */
    uint32_t strict;      /* 1: unknown keys are malformed */
    uint32_t symbol_at;   /* where its member `symbol` (one symbol) stands, 0: it has none */
    uint32_t strategy_at; /* likewise strategy_id */
    uint32_t time_at;     /* likewise the member that is the event's own time */
    uint64_t required;    /* bit i: member i is required */
} njord_contract;

/* Indexed by NJORD_EV_*; entries without a name do not exist. */
extern const njord_contract njord_contracts[NJORD_EV_COUNT];

/* NULL: no such contract. */
const njord_contract *njord_contract_of(uint32_t type);
const njord_contract *njord_contract_named(const char *name);

/* The text of a code, NULL when it is none; and back: NJORD_NONE_U8 when it is none. */
const char *njord_code_text(const njord_code *codes, uint32_t code);
uint8_t njord_code_of(const njord_code *codes, const char *text, size_t len);
/* The codes of a contract's field by name, for those who print them; NULL: no such field. */
const njord_code *njord_codes_of(uint32_t type, const char *field);

/* A topic pattern ("md.ohlcv.{timeframe}.{symbol}"), the journal its events go to
 * ("ohlcv.{tf}.{SYM}", "" for none) and the contract they carry. The list ends with pattern NULL.
 */
typedef struct njord_topic {
    const char *pattern;
    const char *journal;
    uint32_t type;
} njord_topic;

extern const njord_topic njord_topics[];

/* The topic that a concrete name ("md.trades.ATOM/USDT") belongs to; NULL: none. */
const njord_topic *njord_topic_of(const char *name);

/* Writes the concrete topic of an event ("md.trades." + its symbol). topic NULL: the only one of
 * the event's type. Returns 0; NJORD_E_LIMIT: cap is too small; NJORD_E_ARG: the topic carries
 * another contract, or events of this type have no topic of their own (the pattern is then the
 * caller's choice: strat.cancel or orders.cancel). */
int njord_topic_name(const njord_topic *topic, const njord_event *event, char *out, size_t cap);

/* Length of a timeframe ("1s" to "1d": any count of s, m, h, d, w) in ns; 0: none. */
int64_t njord_timeframe_ns(const char *timeframe);

/* Does `name` match `glob` as Redis PSUBSCRIBE matches (*, ?, [abc], [^a-z], \x)? */
int njord_glob_match(const char *glob, const char *name);

/* ---- events in memory ------------------------------------------------------------------------ */

/* Bounds of variable parts besides those of abi.h. */
#define NJORD_MAX_REALS     4096u /* pairs of a realmap */
#define NJORD_MAX_INTENTS   1024u /* orders in a plan */
#define NJORD_MAX_ANY_DEPTH 8u    /* maps and lists in one another, in a member of kind any */
#define NJORD_MAX_ANY_KEYS  256u  /* of one map in it */

/* Prepares `event` (room for contract->head bytes) as an empty event of that type: size, head, type
 * set, every member absent, times NJORD_NONE_I64, symbol_id NJORD_NO_SYMBOL. */
void njord_event_init(void *event, uint32_t type);

/* The symbol member of an event, "" when its contract has none. */
const char *njord_event_symbol(const njord_event *event);
/* Likewise strategy_id. */
const char *njord_event_strategy(const njord_event *event);

/* Is an event that came from outside this side's code whole: type known, size within `cap`, tails
 * inside it, texts ended, valid UTF-8 and of their form, required members there, numbers finite,
 * codes known, bounds kept, no key twice? 0, or NJORD_E_ARG and in `why` (may be NULL) one clause
 * that names contract and member. Members beyond ev.head, which the sender did not know, are
 * absent. event: aligned to 8. */
int njord_event_check(const njord_event *event, size_t cap, char *why, size_t why_cap);

/* Items of a tail; NULL when there are none. The event must have passed njord_event_check(). */
const void *njord_tail_items(const njord_event *event, njord_tail tail);
/* The value of a key in a strmap, NULL: none. */
const char *njord_meta(const njord_event *event, njord_tail meta, const char *key);
/* The value of a key in a realmap, NaN: none. */
double njord_real(const njord_event *event, njord_tail map, const char *key);

/* Appends items behind the event (whose buffer has `cap` bytes) and sets *tail, which must be a
 * member of it. Of intents item_size is not looked at: they stand one behind the other in `items`,
 * each with its own size. A text gets its NUL here. NJORD_E_LIMIT: no room, nothing changed;
 * NJORD_E_ARG: not a tail of this event, or items of another size. */
int njord_tail_put(njord_event *event, size_t cap, njord_tail *tail, const void *items,
                   uint32_t count, size_t item_size);

/* Is an optional number, text or code there? */
static inline int njord_is_set_f64(double v)
{
    return v == v;
}
static inline int njord_is_set_i64(int64_t v)
{
    return v != NJORD_NONE_I64;
}
static inline int njord_is_set_u8(uint8_t v)
{
    return v != NJORD_NONE_U8;
}

#ifdef __cplusplus
}
#endif
#endif
