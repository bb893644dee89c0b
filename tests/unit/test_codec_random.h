/* test_codec_random.h - seeded random numbers, texts and events of every contract for the codec's
 * property tests and its fuzzers' seeds. Owned by the tests; the same seed gives the same events on
 * every machine. */
#ifndef NJORD_TEST_CODEC_RANDOM_H
#define NJORD_TEST_CODEC_RANDOM_H

#include <math.h>
#include <njord/codec.h>
#include <stdlib.h>
#include <string.h>

typedef struct dice {
    uint64_t state;
} dice;

/* splitmix64 (Steele, Lea, Flood 2014) */
static inline uint64_t roll(dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline uint32_t below(dice *d, uint32_t n)
{
    return n == 0 ? 0 : (uint32_t)(roll(d) % n);
}

static inline double from_bits(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* A finite double: any bits, prices, what sums and products of prices give, and those that go wrong
 * elsewhere. */
static inline double random_f64(dice *d)
{
    static const double awkward[] = {0.0,
                                     -0.0,
                                     0.1,
                                     0.1 + 0.2,
                                     1.0 / 3,
                                     1e308,
                                     -1e308,
                                     5e-324,
                                     -5e-324,
                                     2.2250738585072011e-308,
                                     2.2250738585072014e-308,
                                     1.7976931348623157e308,
                                     9007199254740991.0,
                                     9007199254740992.0,
                                     9007199254740994.0,
                                     1e15,
                                     999999999999999.9,
                                     1e16,
                                     1e17,
                                     1e21,
                                     1e22,
                                     1e23,
                                     1e-4,
                                     9.9999999999999991e-05,
                                     1e-5,
                                     1e-6,
                                     9.9999999999999995e-07,
                                     1e-7,
                                     1e-8,
                                     123456.789,
                                     61800.01,
                                     0.5,
                                     1.0,
                                     100.0,
                                     9223372036854775807.0,
                                     -9223372036854775808.0,
                                     18446744073709551615.0,
                                     4503599627370496.5,
                                     0.3,
                                     2.5,
                                     1e-300,
                                     123456789012345680.0,
                                     9.5367431640625e-07,
                                     0.000001,
                                     999999.99999999988};
    static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
    for (;;) {
        double v;
        switch (below(d, 8)) {
        case 0:
            v = from_bits(roll(d));
            break;
        case 1:
            v = awkward[below(d, sizeof awkward / sizeof awkward[0])];
            break;
        case 2: /* a decimal of at most 8 places */
            v = (double)(int64_t)(roll(d) >> (12 + below(d, 50))) / powers[below(d, 9)];
            break;
        case 3: /* what arithmetic makes of such */
            v = (double)below(d, 100000000) / 1e4 * ((double)below(d, 1000000) / 1e6);
            break;
        case 4:
            v = (double)below(d, 1000000000) / powers[below(d, 15)] + (double)below(d, 1000) / 1e3;
            break;
        case 5: /* beside a power of ten */
            v = from_bits((uint64_t)llrint(0) + (roll(d) % 7u) - 3u +
                          (uint64_t)(union {
                              double f;
                              uint64_t u;
                          }){.f = powers[below(d, 15)] * (below(d, 2) ? 1 : 1e-6)}
                              .u);
            break;
        case 6: /* beside a power of two, from 2^-30 to 2^60 */
            v = from_bits(((uint64_t)(993u + below(d, 90)) << 52) + (roll(d) % 5u) - 2u);
            break;
        default:
            v = (double)(int64_t)(roll(d) >> below(d, 63));
            break;
        }
        if (below(d, 4) == 0)
            v = -v;
        if (isfinite(v))
            return v;
    }
}

/* Any but NJORD_NONE_I64. */
static inline int64_t random_i64(dice *d)
{
    static const int64_t awkward[] = {0,
                                      1,
                                      -1,
                                      31,
                                      -32,
                                      -33,
                                      127,
                                      128,
                                      -128,
                                      -129,
                                      255,
                                      256,
                                      32767,
                                      32768,
                                      -32768,
                                      -32769,
                                      65535,
                                      65536,
                                      2147483647,
                                      2147483648,
                                      -2147483648,
                                      -2147483649,
                                      4294967295,
                                      4294967296,
                                      9007199254740993,
                                      INT64_MAX,
                                      INT64_MIN + 1,
                                      1700000000123456789};
    if (below(d, 2) == 0)
        return awkward[below(d, sizeof awkward / sizeof awkward[0])];
    int64_t v = (int64_t)(roll(d) >> below(d, 64));
    return v == INT64_MIN ? 0 : v;
}

/* A text of at most size - 1 bytes of valid UTF-8 with whatever JSON must escape; `least` bytes at
 * least. Its length. */
static inline size_t random_text(dice *d, char *out, size_t size, size_t least)
{
    static const char *const bits[] = {"a",
                                       "Z",
                                       "0",
                                       " ",
                                       "\"",
                                       "\\",
                                       "/",
                                       "\n",
                                       "\t",
                                       "\x01",
                                       "\x1f",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xc3\xa9",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xe2\x82\xac",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf0\x9f\x98\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "abcdefgh",
                                       "plain text"};
    size_t len = 0, want = below(d, 8) == 0 ? size - 1 : least + below(d, (uint32_t)(size - least));
    while (len < want) {
        const char *bit = bits[below(d, sizeof bits / sizeof bits[0])];
        if (strlen(bit) > want - len)
            bit = "x";
        memcpy(out + len, bit, strlen(bit));
        len += strlen(bit);
    }
    out[len] = '\0';
    return len;
}

static inline size_t random_of(dice *d, const char *alphabet, char *out, size_t least, size_t most)
{
    size_t len = least + below(d, (uint32_t)(most - least + 1));
    for (size_t i = 0; i < len; i++)
        out[i] = alphabet[below(d, (uint32_t)strlen(alphabet))];
    out[len] = '\0';
    return len;
}

static inline void random_symbol(dice *d, char *out)
{
    static const char alphabet[] = "ABCXYZ0189._-";
    size_t base = random_of(d, alphabet, out, 1, 15);
    out[base] = '/';
    (void)random_of(d, alphabet, out + base + 1, 1, 30 - base);
}

static inline void random_form(dice *d, const njord_field *f, char *out)
{
    switch (f->form) {
    case NJORD_FORM_SYMBOL:
        random_symbol(d, out);
        return;
    case NJORD_FORM_SYMBOLS: {
        size_t at = 0;
        for (uint32_t n = 1 + below(d, 31); n > 0; n--) {
            random_symbol(d, out + at);
            at += strlen(out + at);
            if (n > 1)
                out[at++] = ',';
        }
        return;
    }
    case NJORD_FORM_ID_OR_ALL:
        if (below(d, 3) == 0) {
            memcpy(out, "*", 2);
            return;
        }
        /* fall through */
    case NJORD_FORM_ID:
        (void)random_of(d, "abcxyz0189_", out, 1, 47);
        return;
    case NJORD_FORM_INTENT_ID:
        (void)random_of(d, "abcxyzABCXYZ0189_-", out, 1, 36);
        return;
    case NJORD_FORM_TIMEFRAME:
        (void)random_of(d, "123456789", out, 1, 6);
        out[strlen(out) + 1] = '\0';
        out[strlen(out)] = "smhdw"[below(d, 5)];
        return;
    default:
        (void)random_text(d, out, f->size, (f->flags & NJORD_FIELD_REQUIRED) != 0);
        return;
    }
}

/* A msgpack value of any kind that a free-form member may hold, in canonical form; returns the byte
 * behind it. */
static inline unsigned char *random_any(dice *d, unsigned char *p, const unsigned char *end,
                                        unsigned depth)
{
    /* strings of fixed form keep this independent of the code under test */
    uint32_t kind = end - p < 600 || depth >= 8 ? below(d, 5) : below(d, 7);
    if (depth == 0)
        kind = 5 + below(d, 2);
    switch (kind) {
    case 0:
        *p++ = 0xc0;
        return p;
    case 1:
        *p++ = (unsigned char)(0xc2 + below(d, 2));
        return p;
    case 2:
        *p++ = (unsigned char)below(d, 128);
        return p;
    case 3: { /* a real with a fraction, or -0 */
        union {
            double f;
            uint64_t u;
        } v = {.f = below(d, 5) == 0 ? -0.0 : 0.5 + (double)below(d, 1000000)};
        *p++ = 0xcb;
        for (int i = 7; i >= 0; i--)
            *p++ = (unsigned char)(v.u >> (8 * i));
        return p;
    }
    case 4: {
        char text[32];
        size_t n = random_text(d, text, sizeof text, 0);
        *p++ = (unsigned char)(0xa0 | n);
        memcpy(p, text, n);
        return p + n;
    }
    default: {
        uint32_t n = below(d, depth == 0 ? 16 : 6), map = kind == 6;
        *p++ = (unsigned char)((map ? 0x80 : 0x90) | n);
        for (uint32_t i = 0; i < n; i++) {
            if (map) {
                *p++ = 0xa2;
                *p++ = (unsigned char)('a' + i);
                *p++ = (unsigned char)('A' + below(d, 26));
            }
            p = random_any(d, p, end, depth + 1);
        }
        return p;
    }
    }
}

static inline void must_put(int rc)
{
    if (rc != 0)
        abort();
}

static inline void random_event(dice *d, uint32_t type, njord_event *event, size_t cap);

/* Counts of items: often few, sometimes none or as many as there may be. */
static inline uint32_t random_count(dice *d, uint32_t most)
{
    uint32_t c = below(d, 16);
    return c == 0 ? most : c == 1 ? 0 : below(d, most < 20 ? most + 1 : 20);
}

static inline void random_tail(dice *d, const njord_field *f, njord_event *event, size_t cap)
{
    static union {
        char text[NJORD_MAX_TEXT + 1];
        njord_level level[NJORD_MAX_LEVELS];
        njord_text_pair pair[NJORD_MAX_META];
        njord_real_pair real[NJORD_MAX_REALS];
        njord_point point[3000];
        unsigned char any[65536];
        uint64_t intents[65536];
    } items;
    njord_tail *tail = (njord_tail *)(void *)((char *)event + f->offset);
    size_t size = 0;
    uint32_t n = 0;
    memset(&items, 0, sizeof items);
    switch (f->kind) {
    case NJORD_FIELD_TEXT:
        size = 1;
        n = (uint32_t)random_text(d, items.text, below(d, 4) == 0 ? sizeof items.text : 40, 0);
        break;
    case NJORD_FIELD_LEVELS:
        size = sizeof(njord_level);
        n = random_count(d, NJORD_MAX_LEVELS);
        for (uint32_t i = 0; i < n; i++) {
            items.level[i].price = random_f64(d);
            items.level[i].qty = random_f64(d);
        }
        break;
    case NJORD_FIELD_STRMAP:
        size = sizeof(njord_text_pair);
        n = random_count(d, NJORD_MAX_META);
        for (uint32_t i = 0; i < n; i++) { /* the first letter keeps the keys apart */
            (void)random_text(d, items.pair[i].key + 1, NJORD_META_KEY_SIZE - 1, 0);
            items.pair[i].key[0] = (char)('a' + i);
            (void)random_text(d, items.pair[i].value, NJORD_META_VALUE_SIZE, 0);
        }
        break;
    case NJORD_FIELD_REALMAP:
        size = sizeof(njord_real_pair);
        n = random_count(d, below(d, 8) == 0 ? NJORD_MAX_REALS : 40);
        for (uint32_t i = 0; i < n; i++) {
            char *key = items.real[i].key;
            key[0] = (char)('a' + i % 16);
            key[1] = (char)('a' + i / 16 % 16);
            key[2] = (char)('a' + i / 256);
            (void)random_text(d, key + 3, NJORD_ID_SIZE - 3, 0);
            items.real[i].value = random_f64(d);
        }
        break;
    case NJORD_FIELD_CURVE:
        size = sizeof(njord_point);
        n = random_count(d, 3000);
        for (uint32_t i = 0; i < n; i++) {
            items.point[i].ts_ns = random_i64(d);
            items.point[i].value = random_f64(d);
        }
        break;
    case NJORD_FIELD_INTENTS: {
        size_t used = 0;
        n = below(d, 6);
        uint64_t *own = malloc(sizeof items.intents);
        if (own == NULL)
            abort();
        for (uint32_t i = 0; i < n; i++) {
            njord_event *intent = (njord_event *)(void *)((char *)own + used);
            random_event(d, NJORD_EV_INTENT, intent, sizeof items.intents - used);
            used += intent->size;
        }
        must_put(njord_tail_put(event, cap, tail, own, n, 0));
        free(own);
        return;
    }
    default:
        size = 1;
        n = (uint32_t)(random_any(d, items.any, items.any + sizeof items.any, 0) - items.any);
        break;
    }
    must_put(njord_tail_put(event, cap, tail, &items, n, size));
}

/* A valid event of a contract; optional members are there or not. `event`: cap bytes, 1 MiB is
 * enough. */
static inline void random_event(dice *d, uint32_t type, njord_event *event, size_t cap)
{
    const njord_contract *c = njord_contract_of(type);
    njord_event_init(event, type);
    event->seq = below(d, 2) == 0 ? 0 : roll(d) >> (1 + below(d, 62));
    if (below(d, 2) == 0)
        event->ts_recv_ns = random_i64(d);
    for (const njord_field *f = c->fields; f < c->fields + c->n_fields; f++) {
        char *at = (char *)event + f->offset;
        double real = random_f64(d);
        int64_t integer = random_i64(d);
        if ((f->flags & NJORD_FIELD_REQUIRED) == 0 && below(d, 3) == 0)
            continue;
        switch (f->kind) {
        case NJORD_FIELD_I64:
            memcpy(at, &integer, sizeof integer);
            if ((f->flags & NJORD_FIELD_TIME) != 0)
                event->ts_ns = integer;
            break;
        case NJORD_FIELD_F64:
            memcpy(at, &real, sizeof real);
            break;
        case NJORD_FIELD_BOOL:
            *at = (char)below(d, 2);
            break;
        case NJORD_FIELD_ENUM: {
            uint32_t n = 0;
            while (f->codes[n].text != NULL)
                n++;
            *(uint8_t *)at = (uint8_t)f->codes[below(d, n)].code;
            break;
        }
        case NJORD_FIELD_STR:
            random_form(d, f, at);
            break;
        default:
            random_tail(d, f, event, cap);
            break;
        }
    }
}

#endif
