/* njord/codec.h - events to and from msgpack and JSON, driven by the contract tables.
 *
 * Decoders read bytes from outside: every count, depth and length is checked against the contract
 * before it is believed, nothing is allocated, NaN and infinities are refused, a missing required
 * member or a wrong type is an error that names contract, member and byte offset. Encoders are
 * given events that passed njord_event_check(). Encoding an event, decoding it and encoding it
 * again gives the same bytes. All [any], no state. */
#ifndef NJORD_CODEC_H
#define NJORD_CODEC_H

#include <njord/contract.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What stands around a contract's members. Absent: type 0, "", NJORD_NONE_I64. seq and ts_recv_ns
 * live in the event's head (seq 0, ts_recv_ns NJORD_NONE_I64: not there). */
typedef struct njord_envelope {
    uint32_t contract; /* when decoding: NJORD_EV_*; when encoding: not 0: name the event's */
    uint32_t reserved;
    int64_t src_seq;         /* _seq */
    char src[NJORD_ID_SIZE]; /* _src */
} njord_envelope;

/* Sets all of it absent; start with it, zeros would be a _seq of 0. NULL is allowed. */
void njord_envelope_init(njord_envelope *env);

/* Where and why decoding failed. */
typedef struct njord_decode_error {
    uint64_t offset; /* bytes from the start of the input */
    char text[192];  /* "Trade.price at byte 17: expected f64, found str" */
} njord_decode_error;

/* The largest event that a decoder makes of `len` bytes of input: a safe size of its output. */
size_t njord_decode_bound(size_t len);

/* What is taken: keys in any order, each once; an integer where f64 is asked, when a double holds
 * it exactly (msgpack), never the reverse; float32; nil or null for an optional member; msgpack
 * headers longer than needed. Unknown keys are skipped (at most 64, 8 maps or lists deep) unless
 * the contract is strict. What is refused: bin and ext where a member is known, texts that are too
 * long, not UTF-8, not of their form, or empty though required; NaN and infinities; JSON that
 * strays from RFC 8259.
 *
 * Decodes one event of contract `type` (0: taken from the "contract" member, which must then be
 * there) into `out` (cap bytes, aligned to 8). Sets head: size, head, type, seq, ts_ns, ts_recv_ns;
 * PARTIAL in flags of a partial bar, SNAPSHOT of a whole Depth. `env` and `err` may be NULL. Bytes
 * after the event are an error. 0, NJORD_E_ARG (malformed; err says), NJORD_E_LIMIT (cap). */
int njord_decode_msgpack(uint32_t type, const void *data, size_t len, void *out, size_t cap,
                         njord_envelope *env, njord_decode_error *err);
int njord_decode_json(uint32_t type, const char *text, size_t len, void *out, size_t cap,
                      njord_envelope *env, njord_decode_error *err);

/* Encodes an event: members in the table's order, then seq, ts_recv_ns, then the envelope (env may
 * be NULL); absent members are left out. JSON: one line without the newline. Returns 0 and *len, or
 * NJORD_E_LIMIT (cap too small; *len then says what is needed at most). */
int njord_encode_msgpack(const njord_event *event, const njord_envelope *env, void *out, size_t cap,
                         size_t *len);
int njord_encode_json(const njord_event *event, const njord_envelope *env, char *out, size_t cap,
                      size_t *len);
/* Bytes that an encoding of this event needs at most. */
size_t njord_encode_bound(const njord_event *event);

/* ---- numbers as text ------------------------------------------------------------------------- */

#define NJORD_NUMBER_SIZE 32u

/* A finite double as the shortest of %.15g, %.16g, %.17g that reads back to the same value (so 0.1
 * is "0.1", 3 is "3", -0.0 is "-0"). Exact integer arithmetic from 1e-6 to 1e15, the rule itself
 * beyond; no locale has a say. Returns the length; out holds at least NJORD_NUMBER_SIZE bytes,
 * NUL-ended. */
size_t njord_format_f64(double v, char *out);
size_t njord_format_i64(int64_t v, char *out);

/* A JSON number at text[0..len): correctly rounded. Returns the bytes read, 0: not a number, or not
 * finite. */
size_t njord_parse_f64(const char *text, size_t len, double *out);
/* An integer in JSON form (no fraction, no exponent), 0: not one, or out of range. */
size_t njord_parse_i64(const char *text, size_t len, int64_t *out);

/* Text as a JSON string with its quotes; control characters escaped, broken UTF-8 replaced by
 * U+FFFD. Returns the length or 0 when cap is too small. */
size_t njord_format_text(const char *text, size_t len, char *out, size_t cap);

/* Days of `YYYY-MM-DD[Thh:mm:ss[.fraction]Z]` as ns since the epoch; 0 or NJORD_E_ARG. */
int njord_parse_time(const char *text, size_t len, int64_t *out_ns);
/* The same as the end of a range, exclusive: a date (without a time) is the end of that day; the
 * last day that ns can count ends at INT64_MAX. */
int njord_parse_end(const char *text, size_t len, int64_t *out_ns);
/* And back, 20 to 30 characters. Returns the length or 0 when cap is too small. */
size_t njord_format_time(int64_t ts_ns, int digits, char *out, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
