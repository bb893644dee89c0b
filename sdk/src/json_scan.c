/* json_scan.c - JSON a token at a time. See json_scan.h. */
#include "json_scan.h"

#include <string.h>

const char *njord_json_name(char first)
{
    switch (first) {
    case '"':
        return "str";
    case '{':
        return "map";
    case '[':
        return "list";
    case 't':
    case 'f':
        return "bool";
    case 'n':
        return "null";
    default:
        return first == '-' || (first >= '0' && first <= '9') ? "number" : "no value";
    }
}

/* Bytes at the start that are neither quote, backslash nor control character. */
static size_t plain_run(const char *p, size_t len)
{
    size_t i = 0;
    while (len - i >= 8) {
        const uint64_t ones = 0x0101010101010101u;
        uint64_t w;
        memcpy(&w, p + i, sizeof w);
        uint64_t quote = w ^ (0x22u * ones), slash = w ^ (0x5cu * ones);
        uint64_t hit =
            ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((w - 0x20u * ones) & ~w);
        hit &= 0x80u * ones;
        /* borrows run upwards: the lowest hit is one */
        if (hit != 0 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            return i + (size_t)__builtin_ctzll(hit) / 8u;
        if (hit != 0)
            break;
        i += 8;
    }
    while (i < len && (unsigned char)p[i] >= 0x20 && p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}

/* Four hexadecimal digits, or -1. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int c = (unsigned char)p[i], low = c | 0x20;
        int digit = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        v = v * 16 + digit;
    }
    return v;
}

/* The character that the escape at p (a backslash) stands for, -1: none; *used: bytes of the
 * escape. */
static int32_t escape(const char *p, const char *end, size_t *used)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (end - p < 2)
        return -1;
    const char *known = p[1] == '\0' ? NULL : strchr(from, p[1]);
    *used = 2;
    if (known != NULL)
        return to[known - from];
    if (p[1] != 'u')
        return -1;
    int32_t high = hex4(p + 2, end);
    *used = 6;
    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high > 0xdbff || end - p < 12 || p[6] != '\\' || p[7] != 'u') /* half of a pair */
        return -1;
    int32_t low = hex4(p + 8, end);
    *used = 12;
    return low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static size_t utf8_length(int32_t c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

int njord_json_text(json_cursor *in, json_text *out, const char **why)
{
    const char *p = in->at + 1;
    out->raw = p;
    out->len = 0;
    out->escaped = 0;
    for (;;) {
        size_t run = plain_run(p, (size_t)(in->end - p));
        p += run;
        out->len += run;
        in->at = p;
        if (p == in->end) {
            *why = "a text that does not end";
            return -1;
        }
        if (*p == '"')
            break;
        size_t used = 0;
        int32_t c = *p == '\\' ? escape(p, in->end, &used) : -1;
        if (c < 0) {
            *why = *p == '\\' ? "a broken escape in a text" : "a control character in a text";
            return -1;
        }
        out->escaped = 1;
        out->len += utf8_length(c);
        p += used;
    }
    out->raw_len = (size_t)(p - out->raw);
    in->at = p + 1;
    return 0;
}

void njord_json_unescape(const json_text *text, char *out)
{
    const char *p = text->raw, *end = p + text->raw_len;
    while (p < end) {
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        size_t used = 0;
        int32_t c = escape(p, end, &used);
        size_t n = utf8_length(c);
        if (n == 1)
            *out = (char)c;
        else {
            static const unsigned char lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
            out[0] = (char)(lead[n] | (c >> (6 * (n - 1))));
            for (size_t i = 1; i < n; i++)
                out[i] = (char)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3f));
        }
        out += n;
        p += used;
    }
}

int njord_json_word(json_cursor *in, const char *word)
{
    size_t n = strlen(word);
    (void)json_peek(in);
    if ((size_t)(in->end - in->at) < n || memcmp(in->at, word, n) != 0)
        return 0;
    in->at += n;
    return 1;
}

static const char *digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

size_t njord_json_number(const json_cursor *in, int *whole)
{
    const char *p = in->at, *end = in->end;
    *whole = 1;
    if (p < end && *p == '-')
        p++;
    const char *first = p;
    p = digits(p, end);
    if (p == first || (*first == '0' && p - first > 1))
        return 0;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = digits(p, end);
        *whole = 0;
        if (p == fraction)
            return 0;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        const char *power = p;
        p = digits(p, end);
        *whole = 0;
        if (p == power)
            return 0;
    }
    return (size_t)(p - in->at);
}

/* A value that is no map or list. */
static int skip_scalar(json_cursor *in, const char **why)
{
    json_text text;
    int whole;
    char c = json_peek(in);
    if (c == '"')
        return njord_json_text(in, &text, why);
    size_t n = njord_json_number(in, &whole);
    in->at += n;
    if (n > 0 || njord_json_word(in, "true") || njord_json_word(in, "false") ||
        njord_json_word(in, "null"))
        return 0;
    *why = "expected a value";
    return -1;
}

/* A key and its colon. */
static int skip_key(json_cursor *in, const char **why)
{
    json_text text;
    if (json_peek(in) != '"') {
        *why = "expected a key";
        return -1;
    }
    if (njord_json_text(in, &text, why) != 0)
        return -1;
    if (json_take(in, ':'))
        return 0;
    *why = "expected ':'";
    return -1;
}

int njord_json_skip(json_cursor *in, unsigned depth, const char **why)
{
    enum { DEEPEST = 32 };
    char closing[DEEPEST]; /* what ends each level that is open */
    unsigned level = 0;
    if (depth > DEEPEST)
        depth = DEEPEST;
    for (;;) {
        char c = json_peek(in);
        if (c == '{' || c == '[') {
            if (level == depth) {
                *why = "maps and lists nest too deep";
                return -1;
            }
            closing[level++] = c == '{' ? '}' : ']';
            in->at++;
            if (!json_take(in, closing[level - 1])) {
                if (c == '{' && skip_key(in, why) != 0)
                    return -1;
                continue;
            }
            level--;
        } else if (skip_scalar(in, why) != 0)
            return -1;
        /* behind a value: on to the next, or out */
        while (level > 0 && json_take(in, closing[level - 1]))
            level--;
        if (level == 0)
            return 0;
        if (!json_take(in, ',')) {
            *why = "expected ',' or the end of a map or list";
            return -1;
        }
        if (closing[level - 1] == '}' && skip_key(in, why) != 0)
            return -1;
    }
}
