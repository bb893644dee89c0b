/* codec_impl.h - what the msgpack and the JSON half of the codec share: the event being decoded
 * (the sink), the keys of a map seen so far, and free-form members (kind any).
 *
 * A decoder asks the sink what a key is, reads the value in its own way and stores it through the
 * sink, which checks bounds, forms and that nothing comes twice; so both halves refuse the same
 * things in the same words. Nothing here allocates. */
#ifndef NJORD_CODEC_IMPL_H
#define NJORD_CODEC_IMPL_H

#include "event_impl.h"
#include "json_scan.h"
#include "msgpack_wire.h"

#include <njord/codec.h>

/* ---- keys of one map ------------------------------------------------------------------------- */

/* Hashes (64 bits) of the keys seen: with 4,096 keys the odds of two sharing one are under 1 in
 * 10^12. */
typedef struct njord_keys {
    uint32_t count;
    uint64_t hash[NJORD_MAX_REALS];
} njord_keys;

static inline void njord_keys_init(njord_keys *keys)
{
    keys->count = 0;
}

/* Is `hash` among the first `count`? */
int njord_hash_among(const uint64_t *hashes, uint32_t count, uint64_t hash);

/* 0: it was there already (or the bound is reached), 1: added. */
static inline int njord_keys_add(njord_keys *keys, uint64_t hash)
{
    if (keys->count == NJORD_MAX_REALS || njord_hash_among(keys->hash, keys->count, hash))
        return 0;
    keys->hash[keys->count++] = hash;
    return 1;
}

/* What is wrong with a free-form member. */
typedef struct njord_any_error {
    const void *at;  /* in the input */
    const char *why; /* a constant text */
    int status;      /* NJORD_E_ARG, NJORD_E_LIMIT */
} njord_any_error;

typedef struct njord_span {
    unsigned char *at;
    unsigned char *end;
} njord_span;

/* ---- the sink -------------------------------------------------------------------------------- */

#define NJORD_MAX_UNKNOWN    64u /* unknown keys of one event */
#define NJORD_MAX_SKIP_DEPTH 8u  /* maps and lists in one another, in a value that is skipped */

/* What a key is, besides the index of a member. */
enum {
    KEY_SEQ = 56,
    KEY_TS_RECV,
    KEY_CONTRACT,
    KEY_SRC,
    KEY_SRC_SEQ,
    KEY_UNKNOWN,
    KEY_BAD /* the error is set */
};

typedef struct njord_sink {
    const njord_contract *contract;
    njord_event *event; /* event->size: bytes used so far, a multiple of 8 between members */
    size_t cap;         /* of event */
    njord_envelope *env;
    const unsigned char *input;
    njord_decode_error *err;
    int status;       /* why decoding stopped */
    uint32_t next;    /* the member expected next */
    uint64_t seen;    /* a bit each: members, then the envelope */
    const char *name; /* of the member being read, "" for none */
    uint32_t n_unknown;
    uint64_t unknown[NJORD_MAX_UNKNOWN];
} njord_sink;

/* 0, or NJORD_E_LIMIT when `cap` does not even hold the fixed part. */
int njord_sink_open(njord_sink *sink, uint32_t type, void *out, size_t cap, njord_envelope *env,
                    const void *input, njord_decode_error *err);

/* The same for an event inside the tail of `outer`, behind what is used. */
int njord_sink_open_inner(njord_sink *inner, njord_sink *outer, uint32_t type);

/* Sets the error "Contract.member at byte N: …" and the status; returns the status. */
__attribute__((format(printf, 3, 4))) int njord_sink_fail(njord_sink *sink, const void *at,
                                                          const char *format, ...);
#ifdef __clang_analyzer__ /* it looks at one file at a time: here it learns that this is never 0   \
                           */
#define njord_sink_fail(...) ((void)(njord_sink_fail)(__VA_ARGS__), NJORD_E_ARG)
#endif

/* What is this key? Twice, unknown in a strict contract, or too many: KEY_BAD. */
uint32_t njord_sink_key(njord_sink *sink, const void *at, const char *key, size_t len);

/* Value of a member. 0 or a negative status. `at` is where it stands in the input. */
int njord_sink_i64(njord_sink *sink, const njord_field *field, const void *at, int64_t v);
int njord_sink_f64(njord_sink *sink, const njord_field *field, const void *at, double v);
int njord_sink_bool(njord_sink *sink, const njord_field *field, int v);
int njord_sink_text(njord_sink *sink, const njord_field *field, const void *at, const char *text,
                    size_t len);
/* Value of the envelope: key is KEY_*. */
int njord_sink_env_i64(njord_sink *sink, uint32_t key, const void *at, int64_t v);
int njord_sink_env_text(njord_sink *sink, uint32_t key, const void *at, const char *text,
                        size_t len);

/* A tail that grows item by item: room for one more of `size` bytes, NULL when there is none (the
 * error is set). The item counts once njord_sink_grown() says so. */
void *njord_sink_room(njord_sink *sink, const void *at, size_t size);
static inline void njord_sink_grown(njord_sink *sink, size_t size)
{
    sink->event->size += (uint32_t)size;
}
/* Ends the tail that began when event->size was `start`: `count` items, padded. */
int njord_sink_tail(njord_sink *sink, const njord_field *field, const void *at, uint32_t start,
                    uint32_t count);

/* A level's, point's or pair's text: checks and copies, `size` with NUL. */
int njord_sink_copy(njord_sink *sink, const void *at, const char *text, size_t len, char *out,
                    size_t size, int may_be_empty);

/* Is the pair's key none of those in the tail that began at `start`? 0 or the error; for texts and
 * (with `keys`) reals, which must be finite besides. */
int njord_sink_pair_is_new(njord_sink *sink, const void *at, const njord_text_pair *pair,
                           uint32_t start);
int njord_sink_real_is_new(njord_sink *sink, const void *at, const njord_real_pair *pair,
                           njord_keys *keys);

/* Ends a free-form member: rc and `bad` of its copy, `len` bytes behind what is used. */
int njord_sink_any(njord_sink *sink, const njord_field *field, const void *at, int rc,
                   const njord_any_error *bad, size_t len);

static inline int njord_is_finite(double v)
{
    return v - v == 0.0;
}

/* The number of a contract by its name, 0: none. */
uint32_t njord_contract_number(const char *name, size_t len);

/* All required members there? Sets flags and times. `at`: the end of the event's input. */
int njord_sink_close(njord_sink *sink, const void *at);

/* ---- free-form members ----------------------------------------------------------------------- */

/* Canonical: smallest integers, whole reals below 2^63 as integers (JSON does not tell 3 from 3.0),
 * other reals as float64, shortest headers, keys in their own order. `in` is one map or list;
 * out->at moves. 0 or a negative status with `err`. */
int njord_any_copy(wire_cursor *in, njord_span *out, njord_any_error *err);
int njord_any_check(const void *data, size_t len, njord_any_error *err);
int njord_any_from_json(json_cursor *in, njord_span *out, njord_any_error *err);
/* One number in the form above; at most WIRE_NUMBER_SIZE bytes. */
unsigned char *njord_any_put_number(unsigned char *p, double v);
/* `data` has passed njord_any_check(). */
int njord_any_to_json(const void *data, size_t len, njord_span *out);

#endif
