/* fuzz_codec.h - what fuzz_msgpack and fuzz_json do with an input: its first byte chooses the
 * contract, the rest is decoded. What decodes must pass the validator, fit the size that is
 * promised, and come back to the byte through either form. Ends the process on the first property
 * that does not hold. */
#ifndef NJORD_FUZZ_CODEC_H
#define NJORD_FUZZ_CODEC_H

#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void fuzz_must(int holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "fuzz: %s\n", what);
        abort();
    }
}

static inline int fuzz_decode(int json, uint32_t type, const void *data, size_t len, void *out,
                              size_t cap, njord_envelope *env, njord_decode_error *err)
{
    return json ? njord_decode_json(type, data, len, out, cap, env, err)
                : njord_decode_msgpack(type, data, len, out, cap, env, err);
}

/* The event's encoding, malloc'd. */
static inline char *fuzz_encode(int json, const njord_event *event, const njord_envelope *env,
                                size_t *len)
{
    size_t cap = njord_encode_bound(event);
    char *out = malloc(cap);
    fuzz_must(out != NULL, "no memory");
    int rc = json ? njord_encode_json(event, env, out, cap, len)
                  : njord_encode_msgpack(event, env, out, cap, len);
    fuzz_must(rc == 0, "an encoding is longer than its bound");
    return out;
}

/* Decodes `text` again and encodes it in the other form, which must be `other`. */
static inline void fuzz_again(int json, uint32_t type, const char *text, size_t len,
                              const char *other, size_t other_len)
{
    size_t cap = njord_decode_bound(len), back_len = 0, same_len = 0;
    njord_event *event = malloc(cap);
    njord_envelope env;
    fuzz_must(event != NULL, "no memory");
    fuzz_must(fuzz_decode(json, type, text, len, event, cap, &env, NULL) == 0,
              "an own encoding is refused");
    char *back = fuzz_encode(!json, event, &env, &back_len);
    fuzz_must(back_len == other_len && memcmp(back, other, back_len) == 0,
              "the two forms do not say the same");
    char *same = fuzz_encode(json, event, &env, &same_len);
    fuzz_must(same_len == len && memcmp(same, text, len) == 0, "encoding twice gives other bytes");
    free(same);
    free(back);
    free(event);
}

static inline void fuzz_one(int json, const uint8_t *data, size_t size)
{
    if (size < 1)
        return;
    uint32_t type = data[0] % NJORD_EV_COUNT;
    size_t cap = njord_decode_bound(size - 1);
    njord_event *event = malloc(cap);
    njord_envelope env;
    njord_decode_error err = {UINT64_MAX, ""};
    fuzz_must(event != NULL, "no memory");
    int rc = fuzz_decode(json, type, data + 1, size - 1, event, cap, &env, &err);
    if (rc == 0) {
        char why[200];
        size_t packed_len = 0, printed_len = 0;
        fuzz_must(njord_event_check(event, cap, why, sizeof why) == 0,
                  "what was decoded is not valid");
        char *packed = fuzz_encode(0, event, &env, &packed_len);
        char *printed = fuzz_encode(1, event, &env, &printed_len);
        fuzz_again(0, event->type, packed, packed_len, printed, printed_len);
        fuzz_again(1, event->type, printed, printed_len, packed, packed_len);
        free(printed);
        free(packed);
    } else {
        fuzz_must(rc == NJORD_E_ARG,
                  "the promised size was too small, or a status that is none of a decoder's");
        fuzz_must(err.offset <= size - 1 && err.text[0] != '\0',
                  "an error without its place or words");
    }
    free(event);
}

#endif
