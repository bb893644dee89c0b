/* codec_text.c - texts: UTF-8, the forms of names and ids, JSON strings on their way out. See
 * text_impl.h, njord/codec.h. */
#include "text_impl.h"

#include <njord/codec.h>
#include <string.h>

size_t njord_utf8_step(const unsigned char *p, size_t len)
{
    unsigned c = p[0];
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    size_t n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (len < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0u) != 0x80u)
            return 0;
    /* overlong, surrogates, above U+10FFFF */
    if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) ||
        (c == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

int njord_text_valid(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + len;
    while (p < end) {
        if ((size_t)(end - p) >= 8) { /* eight plain bytes at once: none above 0x7f, none 0 */
            uint64_t word;
            memcpy(&word, p, sizeof word);
            uint64_t zero = (word - 0x0101010101010101u) & ~word;
            if (((word | zero) & 0x8080808080808080u) == 0) {
                p += 8;
                continue;
            }
        }
        size_t n = *p == 0 ? 0 : njord_utf8_step(p, (size_t)(end - p));
        if (n == 0)
            return 0;
        p += n;
    }
    return 1;
}

/* Classes of characters, a bit each. */
#define IN_SYMBOL 1u
#define IN_ID     2u
#define IN_INTENT 4u
#define LETTER    IN_INTENT
#define CAPITAL   (IN_SYMBOL | IN_INTENT)
#define SMALL     (IN_ID | IN_INTENT)
#define DIGIT     (IN_SYMBOL | IN_ID | IN_INTENT)

static unsigned class_of(unsigned char c)
{
    static const uint8_t classes[128] = {['A'] = CAPITAL,
                                         ['B'] = CAPITAL,
                                         ['C'] = CAPITAL,
                                         ['D'] = CAPITAL,
                                         ['E'] = CAPITAL,
                                         ['F'] = CAPITAL,
                                         ['G'] = CAPITAL,
                                         ['H'] = CAPITAL,
                                         ['I'] = CAPITAL,
                                         ['J'] = CAPITAL,
                                         ['K'] = CAPITAL,
                                         ['L'] = CAPITAL,
                                         ['M'] = CAPITAL,
                                         ['N'] = CAPITAL,
                                         ['O'] = CAPITAL,
                                         ['P'] = CAPITAL,
                                         ['Q'] = CAPITAL,
                                         ['R'] = CAPITAL,
                                         ['S'] = CAPITAL,
                                         ['T'] = CAPITAL,
                                         ['U'] = CAPITAL,
                                         ['V'] = CAPITAL,
                                         ['W'] = CAPITAL,
                                         ['X'] = CAPITAL,
                                         ['Y'] = CAPITAL,
                                         ['Z'] = CAPITAL,
                                         ['a'] = SMALL,
                                         ['b'] = SMALL,
                                         ['c'] = SMALL,
                                         ['d'] = SMALL,
                                         ['e'] = SMALL,
                                         ['f'] = SMALL,
                                         ['g'] = SMALL,
                                         ['h'] = SMALL,
                                         ['i'] = SMALL,
                                         ['j'] = SMALL,
                                         ['k'] = SMALL,
                                         ['l'] = SMALL,
                                         ['m'] = SMALL,
                                         ['n'] = SMALL,
                                         ['o'] = SMALL,
                                         ['p'] = SMALL,
                                         ['q'] = SMALL,
                                         ['r'] = SMALL,
                                         ['s'] = SMALL,
                                         ['t'] = SMALL,
                                         ['u'] = SMALL,
                                         ['v'] = SMALL,
                                         ['w'] = SMALL,
                                         ['x'] = SMALL,
                                         ['y'] = SMALL,
                                         ['z'] = SMALL,
                                         ['0'] = DIGIT,
                                         ['1'] = DIGIT,
                                         ['2'] = DIGIT,
                                         ['3'] = DIGIT,
                                         ['4'] = DIGIT,
                                         ['5'] = DIGIT,
                                         ['6'] = DIGIT,
                                         ['7'] = DIGIT,
                                         ['8'] = DIGIT,
                                         ['9'] = DIGIT,
                                         ['.'] = IN_SYMBOL,
                                         ['_'] = IN_SYMBOL | IN_ID | IN_INTENT,
                                         ['-'] = IN_SYMBOL | IN_INTENT};
    return c < 128 ? classes[c] : 0;
}

/* How many of the first bytes are of the class. */
static size_t span(const char *text, size_t len, unsigned class)
{
    size_t i = 0;
    while (i < len && (class_of((unsigned char)text[i]) & class) != 0)
        i++;
    return i;
}

static int is_symbol(const char *text, size_t len)
{
    size_t base = span(text, len, IN_SYMBOL);
    if (base == 0 || base + 1 >= len || text[base] != '/')
        return 0;
    return span(text + base + 1, len - base - 1, IN_SYMBOL) == len - base - 1;
}

static int is_timeframe(const char *text, size_t len)
{
    if (len < 2 || text[0] < '1' || text[0] > '9' || memchr("smhdw", text[len - 1], 5) == NULL)
        return 0;
    for (size_t i = 1; i + 1 < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return 0;
    return 1;
}

int njord_text_has_form(uint32_t form, const char *text, size_t len)
{
    switch (form) {
    case NJORD_FORM_SYMBOL:
        return len < NJORD_SYMBOL_SIZE && is_symbol(text, len);
    case NJORD_FORM_SYMBOLS:
        for (;;) {
            const char *comma = memchr(text, ',', len);
            size_t n = comma == NULL ? len : (size_t)(comma - text);
            if (n >= NJORD_SYMBOL_SIZE || !is_symbol(text, n))
                return 0;
            if (comma == NULL)
                return 1;
            text += n + 1;
            len -= n + 1;
        }
    case NJORD_FORM_ID_OR_ALL:
        if (len == 1 && text[0] == '*')
            return 1;
        return len >= 1 && len < NJORD_ID_SIZE && span(text, len, IN_ID) == len;
    case NJORD_FORM_ID:
        return len >= 1 && len < NJORD_ID_SIZE && span(text, len, IN_ID) == len;
    case NJORD_FORM_INTENT_ID:
        return len >= 1 && len <= 36 && span(text, len, IN_INTENT) == len;
    case NJORD_FORM_TIMEFRAME:
        return len < NJORD_TIMEFRAME_SIZE && is_timeframe(text, len);
    default:
        return 1;
    }
}

const char *njord_form_text(uint32_t form)
{
    static const char *const texts[] = {"text",
                                        "a symbol like ATOM/USDT",
                                        "symbols joined by commas",
                                        "an id of a-z, 0-9 and _",
                                        "an id of a-z, 0-9 and _, or *",
                                        "an id of at most 36 letters, digits, _ and -",
                                        "a timeframe like 1m or 4h"};
    return form < sizeof texts / sizeof texts[0] ? texts[form] : "text";
}

uint64_t njord_text_hash(const char *text, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return hash;
}

/* What stands for a byte inside a JSON string: 0 itself, 'u' \u00XX, else a backslash and this
 * letter. */
static char escape_of(unsigned char c)
{
    if (c >= 0x20)
        return c == '"' || c == '\\' ? (char)c : '\0';
    switch (c) {
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 'u';
    }
}

/* Bytes at the start of text that need no escape and are ASCII. */
static size_t plain_run(const unsigned char *p, size_t len)
{
    size_t i = 0;
    while (len - i >= 8) {
        uint64_t w, ones = 0x0101010101010101u;
        memcpy(&w, p + i, sizeof w);
        uint64_t quote = w ^ (0x22u * ones), slash = w ^ (0x5cu * ones);
        uint64_t hit =
            ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | (w - 0x20u * ones) | w;
        hit &= 0x80u * ones;
        /* borrows run upwards: the lowest hit is one */
        if (hit != 0 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            return i + (size_t)__builtin_ctzll(hit) / 8u;
        if (hit != 0)
            break;
        i += 8;
    }
    while (i < len && p[i] >= 0x20 && p[i] < 0x80 && p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}

size_t njord_format_text(const char *text, size_t len, char *out, size_t cap)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)text;
    size_t at = 0;
    if (cap < 2)
        return 0;
    out[at++] = '"';
    while (len > 0) {
        size_t run = plain_run(p, len);
        if (run > 0) {
            if (cap - at <= run)
                return 0;
            memcpy(out + at, p, run);
            at += run;
            p += run;
            len -= run;
            continue;
        }
        size_t n = *p >= 0x80 ? njord_utf8_step(p, len) : 1;
        char escape = *p >= 0x80 ? '\0' : escape_of(*p);
        size_t need = *p >= 0x80 ? (n == 0 ? 3 : n) : escape == 'u' ? 6 : 2;
        if (cap - at <= need)
            return 0;
        if (n == 0) {
            memcpy(out + at, "\xef\xbf\xbd", 3);
            n = 1;
        } else if (*p >= 0x80)
            memcpy(out + at, p, n);
        else {
            out[at] = '\\';
            out[at + 1] = escape;
            if (escape == 'u') {
                memcpy(out + at + 2, "00", 2);
                out[at + 4] = hex[*p >> 4];
                out[at + 5] = hex[*p & 15u];
            }
        }
        at += need;
        p += n;
        len -= n;
    }
    if (at >= cap)
        return 0;
    out[at++] = '"';
    return at;
}
