/* json_scan.h - JSON read a token at a time from a bounded text: strict grammar, no allocation,
 * nothing kept. Pure [any]. */
#ifndef NJORD_JSON_SCAN_H
#define NJORD_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

typedef struct json_cursor {
    const char *at;
    const char *end;
} json_cursor;

/* A string between its quotes, as it stands there. */
typedef struct json_text {
    const char *raw;
    size_t raw_len;
    size_t len;  /* of the text that it means */
    int escaped; /* raw and text differ */
} json_text;

/* Skips whitespace and returns the next byte, which is not taken; 0 at the end (and for a NUL,
 * which JSON does not have). */
static inline char json_peek(json_cursor *in)
{
    while (in->at < in->end &&
           (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r'))
        in->at++;
    return in->at < in->end ? *in->at : '\0';
}

/* Takes the next byte when it is `c`. */
static inline int json_take(json_cursor *in, char c)
{
    if (json_peek(in) != c || in->at == in->end)
        return 0;
    in->at++;
    return 1;
}

/* What the value that starts with this byte is: "str", "number", "map", "list", "bool", "null" or
 * "no value". */
const char *njord_json_name(char first);

/* Takes a string, whose opening quote is next. 0, or a negative value and *why; the cursor then
 * stands at the fault. UTF-8 is not checked here. */
int njord_json_text(json_cursor *in, json_text *out, const char **why);

/* The text that a string means: out has room for text->len bytes. */
void njord_json_unescape(const json_text *text, char *out);

/* Takes `word` (true, false, null) when it is next. */
int njord_json_word(json_cursor *in, const char *word);

/* Bytes of the number at the cursor by JSON's grammar, 0: none. *whole: it has neither fraction nor
 * exponent. */
size_t njord_json_number(const json_cursor *in, int *whole);

/* Skips one value of any kind, at most `depth` maps and lists in one another. 0, or a negative
 * value and *why. */
int njord_json_skip(json_cursor *in, unsigned depth, const char **why);

#endif
