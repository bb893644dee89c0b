/* told.h - what the record holds of one strategy's outputs, for holding those against it that the
 * strategy makes when it is shown the past again.
 *
 * An intent is found by its id, which names its cause and its place among that cause's outputs; a
 * cancel by the order that it is about, the earliest first. Pure: no host, no clock. Owned by who
 * shows the past. */
#ifndef NJ_SERVICES_TOLD_H
#define NJ_SERVICES_TOLD_H

#include <njord/codec.h>
#include <njord/contract.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From here on ordinals are the host's own outputs in a strategy's name (flatten). */
#define NJ_TOLD_HOST_ORDINAL 1000u

struct nj_told_intent {
    uint64_t cause;
    uint32_t ordinal;
    bool met;
    njord_intent *intent; /* with its tail */
};

struct nj_told_cancel {
    uint64_t seq;
    char intent_id[NJORD_INTENT_ID_SIZE];
    bool met, copy; /* copy: risk's own line of the same cancel */
};

struct nj_told {
    struct nj_told_intent *intents; /* by (cause, ordinal) after nj_told_order() */
    size_t n_intents, cap_intents;
    struct nj_told_cancel *cancels; /* by seq */
    size_t n_cancels, cap_cancels;
};

enum nj_told_verdict {
    NJ_TOLD_SAME,       /* it stands in the record */
    NJ_TOLD_UNFINISHED, /* the record ends before it: it was on its way when the host died */
    NJ_TOLD_OTHER       /* the record holds something else, or goes on without it */
};

/* "{h}-{epoch}-{seq}-{n}": false: not of that form. */
bool nj_told_parse_id(const char *intent_id, uint64_t *cause, uint32_t *ordinal);

/* A line of the record, in its order. Intents whose id is not of our form are passed over. False:
 * out of memory. */
bool nj_told_add_intent(struct nj_told *told, const njord_intent *intent);
bool nj_told_add_cancel(struct nj_told *told, const njord_cancel *cancel);
void nj_told_order(struct nj_told *told);
void nj_told_free(struct nj_told *told);

/* An intent that the strategy makes, its ordinal'th output of `cause`. *recorded (may be NULL): the
 * one of the record with that id, NULL: none. */
enum nj_told_verdict nj_told_intent(struct nj_told *told, uint64_t cause, uint32_t ordinal,
                                    const njord_intent *made, const njord_intent **recorded);
/* A cancel that it makes while `cause` is handled. */
enum nj_told_verdict nj_told_cancel(struct nj_told *told, uint64_t cause, const char *intent_id);
/* Cause of the first intent not met yet with after < cause < before; 0: none. */
uint64_t nj_told_next_cause(const struct nj_told *told, uint64_t after, uint64_t before);
/* An intent of `cause` that the record holds and the strategy has not made; NULL: none. */
const njord_intent *nj_told_missing(const struct nj_told *told, uint64_t cause);
/* Has that line's cancel not been made yet? */
bool nj_told_cancel_waits(const struct nj_told *told, uint64_t seq);

#endif
