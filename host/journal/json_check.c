#include "journal/json_check.h"

#include <stdint.h>
#include <string.h>

struct cursor {
    const unsigned char *at, *end;
};

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\r' || *c->at == '\n'))
        c->at++;
}

static bool is_digit(const struct cursor *c)
{
    return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static bool take(struct cursor *c, unsigned char wanted)
{
    if (c->at >= c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static bool take_word(struct cursor *c, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
        return false;
    c->at += len;
    return true;
}

static bool take_digits(struct cursor *c)
{
    if (!is_digit(c))
        return false;
    while (is_digit(c))
        c->at++;
    return true;
}

static bool take_number(struct cursor *c)
{
    take(c, '-');
    if (!take(c, '0') && !take_digits(c))
        return false;
    if (take(c, '.') && !take_digits(c))
        return false;
    if (take(c, 'e') || take(c, 'E')) {
        if (!take(c, '+'))
            take(c, '-');
        return take_digits(c);
    }
    return true;
}

/* One character of more than one byte, by the table of well-formed sequences (Unicode 15, 3-7). */
static bool take_utf8(struct cursor *c)
{
    unsigned char lead = *c->at;
    unsigned char low = 0x80, high = 0xbf;
    int more;
    if (lead >= 0xc2 && lead <= 0xdf) {
        more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        more = 2;
        low = lead == 0xe0 ? 0xa0 : 0x80;
        high = lead == 0xed ? 0x9f : 0xbf;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        more = 3;
        low = lead == 0xf0 ? 0x90 : 0x80;
        high = lead == 0xf4 ? 0x8f : 0xbf;
    } else {
        return false;
    }
    if (c->end - c->at <= more)
        return false;
    for (c->at++; more > 0; more--, c->at++) {
        if (*c->at < low || *c->at > high)
            return false;
        low = 0x80;
        high = 0xbf;
    }
    return true;
}

static bool take_escape(struct cursor *c)
{
    if (c->at >= c->end)
        return false;
    unsigned char kind = *c->at++;
    if (kind != 'u')
        return kind != '\0' && strchr("\"\\/bfnrt", kind) != NULL;
    for (int i = 0; i < 4; i++, c->at++)
        if (c->at >= c->end || !strchr("0123456789abcdefABCDEF", *c->at) || *c->at == '\0')
            return false;
    return true;
}

static bool take_text(struct cursor *c)
{
    if (!take(c, '"'))
        return false;
    while (c->at < c->end) {
        unsigned char b = *c->at;
        if (b == '"') {
            c->at++;
            return true;
        }
        if (b < 0x20)
            return false;
        if (b >= 0x80) {
            if (!take_utf8(c))
                return false;
            continue;
        }
        c->at++;
        if (b == '\\' && !take_escape(c))
            return false;
    }
    return false;
}

static bool take_scalar(struct cursor *c)
{
    if (c->at >= c->end)
        return false;
    switch (*c->at) {
    case '"':
        return take_text(c);
    case 't':
        return take_word(c, "true");
    case 'f':
        return take_word(c, "false");
    case 'n':
        return take_word(c, "null");
    default:
        return take_number(c);
    }
}

/* A member's name and its colon. */
static bool take_name(struct cursor *c)
{
    skip_blanks(c);
    if (!take_text(c))
        return false;
    skip_blanks(c);
    return take(c, ':');
}

bool nj_json_is_object(const char *text, size_t len)
{
    struct cursor c = {(const unsigned char *)text, (const unsigned char *)text + len};
    bool object[NJ_JSON_DEPTH]; /* open brackets: of an object, or of a list */
    int depth = 0;

    skip_blanks(&c);
    if (c.at >= c.end || *c.at != '{')
        return false;
    for (;;) { /* one value a round, then the brackets that end with it */
        skip_blanks(&c);
        if (c.at < c.end && (*c.at == '{' || *c.at == '[')) {
            if (depth == NJ_JSON_DEPTH)
                return false;
            object[depth++] = *c.at == '{';
            c.at++;
            skip_blanks(&c);
            if (c.at >= c.end || *c.at != (object[depth - 1] ? '}' : ']')) {
                if (object[depth - 1] && !take_name(&c))
                    return false;
                continue;
            }
        } else if (!take_scalar(&c)) {
            return false;
        }
        for (;;) {
            skip_blanks(&c);
            if (c.at >= c.end)
                return false;
            if (take(&c, object[depth - 1] ? '}' : ']')) {
                if (--depth == 0) {
                    skip_blanks(&c);
                    return c.at == c.end;
                }
                continue;
            }
            if (!take(&c, ',') || (object[depth - 1] && !take_name(&c)))
                return false;
            break;
        }
    }
}
