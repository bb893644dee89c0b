/* njord/state.h - saved state as a keyed map: what plugins write in save() and read in load().
 *
 * A state is one msgpack map with text keys, so that a later version finds what it knows, does
 * without what is missing, and anyone can read it with any msgpack tool. Never raw memory. Writing
 * goes into a buffer that grows here (malloc of the side that calls) and is handed to the host's
 * writer whole; reading takes all of the host's reader first, checks it once, and then gets by key.
 * At most NJORD_STATE_MAX bytes. All [control]; nothing here calls the host but through reader and
 * writer.
 *
 *     static njord_status save(struct mine *s, const njord_writer *writer)
 *     {
 *         njord_state_out out;
 *         njord_state_out_init(&out);
 *         njord_state_put_i64(&out, "bars", s->bars);
 *         njord_state_put_f64_array(&out, "window", s->window, s->n);
 *         return njord_state_out_finish(&out, writer);
 *     }
 *
 *     static njord_status load(struct mine *s, const njord_reader *reader)
 *     {
 *         njord_state_in in;
 *         if (njord_state_in_open(&in, reader) == NJORD_OK) {
 *             s->bars = njord_state_get_i64(&in, "bars", 0);
 *             s->n = njord_state_get_f64_array(&in, "window", s->window, WINDOW);
 *         }
 *         return njord_state_in_close(&in);
 *     }
 *
 * Errors stick: the first one is kept, what follows does nothing, and finish or close returns it;
 * `why` holds a sentence for host->fail(). */
#ifndef NJORD_STATE_H
#define NJORD_STATE_H

#include <njord/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NJORD_STATE_MAX   (64u * 1024u * 1024u) /* bytes of a state */
#define NJORD_STATE_DEPTH 8u                    /* maps and lists in one another */
#define NJORD_STATE_WHY   160u

/* ---- writing --------------------------------------------------------------------------------- */

typedef struct njord_state_out {
    unsigned char *data;
    size_t len;
    size_t cap;
    njord_status status; /* of the first call that failed */
    uint32_t depth;      /* maps and lists that are open */
    struct {
        size_t start; /* of its header in data */
        uint32_t count;
        uint32_t is_map;
    } open[NJORD_STATE_DEPTH + 1u];
    char why[NJORD_STATE_WHY];
} njord_state_out;

void njord_state_out_init(njord_state_out *out);
/* Gives the buffer back; finish does so too. Twice and NULL are allowed. */
void njord_state_out_free(njord_state_out *out);
/* Hands the state to the writer, unless something failed before, and frees the buffer. writer NULL:
 * only checks. Returns OK or the first error: NJORD_E_NOMEM, NJORD_E_LIMIT, NJORD_E_ARG (a key
 * twice, a map not ended, text not UTF-8), or the writer's. */
njord_status njord_state_out_finish(njord_state_out *out, const njord_writer *writer);

/* One value under `key` of the innermost open map; in a list, key is NULL. A double may be NaN or
 * infinite here: state keeps what it is given, bit for bit. Text: UTF-8 and NUL-ended, copied. */
njord_status njord_state_put_i64(njord_state_out *out, const char *key, int64_t v);
njord_status njord_state_put_f64(njord_state_out *out, const char *key, double v);
njord_status njord_state_put_bool(njord_state_out *out, const char *key, int v);
njord_status njord_state_put_text(njord_state_out *out, const char *key, const char *text);
njord_status njord_state_put_bytes(njord_state_out *out, const char *key, const void *data,
                                   size_t len);
njord_status njord_state_put_f64_array(njord_state_out *out, const char *key, const double *v,
                                       size_t n);
njord_status njord_state_put_i64_array(njord_state_out *out, const char *key, const int64_t *v,
                                       size_t n);

/* A map or a list of maps or values, until the end that belongs to it. */
njord_status njord_state_begin_map(njord_state_out *out, const char *key);
njord_status njord_state_begin_list(njord_state_out *out, const char *key);
njord_status njord_state_end(njord_state_out *out);

/* ---- reading --------------------------------------------------------------------------------- */

/* A map or a list being read. The outermost owns the bytes; those made by njord_state_in_map() and
 * so on borrow them, and point to it: it must stay where it is while they are used. */
typedef struct njord_state_in {
    unsigned char *owned;
    const unsigned char *first; /* behind the header */
    const unsigned char *end;
    const unsigned char *next; /* where the next key or item is looked for first */
    uint32_t count;            /* pairs or items */
    uint32_t left;             /* of them, from `next` on */
    uint32_t is_list;
    njord_status status;
    struct njord_state_in *root; /* whose status and why are set */
    char why[NJORD_STATE_WHY];
} njord_state_in;

/* Reads all there is and checks it. `in` is usable, and must be closed, whatever is returned: after
 * an error every get gives its default. NJORD_E_STATE: not one msgpack map with text keys (cut off,
 * nested too deep, a key twice); NJORD_E_LIMIT: too long; NJORD_E_NOMEM; or the reader's error. No
 * bytes at all: an empty map. */
njord_status njord_state_in_open(njord_state_in *in, const njord_reader *reader);
/* The same of bytes in memory, which must stay. */
njord_status njord_state_in_open_bytes(njord_state_in *in, const void *data, size_t len);
/* Frees, and returns the first error there was; in->why (kept) says what. Twice is allowed. */
njord_status njord_state_in_close(njord_state_in *in);

/* Is there such a key, with a value other than nil? */
int njord_state_has(njord_state_in *in, const char *key);

/* The value of a key, or `fallback` when it is missing or nil. Another type: NJORD_E_STATE sticks
 * in `in`, and the fallback is returned. An integer is taken where f64 is asked, not the reverse.
 * In a list the key is NULL: the next item. */
int64_t njord_state_get_i64(njord_state_in *in, const char *key, int64_t fallback);
double njord_state_get_f64(njord_state_in *in, const char *key, double fallback);
int njord_state_get_bool(njord_state_in *in, const char *key, int fallback);
/* Copies the text with its NUL; too long for `cap` is an error. Returns its length; missing: 0 and
 * "". */
size_t njord_state_get_text(njord_state_in *in, const char *key, char *out, size_t cap);
/* The bytes, which live until close; missing: NULL and *len 0. */
const void *njord_state_get_bytes(njord_state_in *in, const char *key, size_t *len);
/* Items of an array; missing: 0. More than `cap`: an error, and 0. njord_state_length() asks
 * before. */
size_t njord_state_get_f64_array(njord_state_in *in, const char *key, double *out, size_t cap);
size_t njord_state_get_i64_array(njord_state_in *in, const char *key, int64_t *out, size_t cap);
/* Items of the list (pairs of the map) under a key; missing: 0. */
size_t njord_state_length(njord_state_in *in, const char *key);

/* The map (the list) under a key; missing: empty. Returns the number of its pairs or items. `sub`
 * needs no close. */
size_t njord_state_in_map(njord_state_in *in, const char *key, njord_state_in *sub);
size_t njord_state_in_list(njord_state_in *in, const char *key, njord_state_in *sub);
/* Items not yet taken from a list. */
size_t njord_state_left(const njord_state_in *in);

#ifdef __cplusplus
}
#endif
#endif
