/* journal_name.c - names of journal files. See njord/journal.h. Pure [any]. */
#include <njord/codec.h>
#include <njord/journal.h>
#include <stdio.h>
#include <string.h>

#define DAY_NS 86400000000000

static const char stem_chars[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

/* "20250131" as a day. Any day that has a ns in an int64 has its noon there. */
static int parse_day(const char *text, int32_t *day)
{
    char noon[32];
    int64_t ts;
    snprintf(noon, sizeof noon, "%.4s-%.2s-%.2sT12:00:00Z", text, text + 4, text + 6);
    if (njord_parse_time(noon, strlen(noon), &ts) != 0)
        return 0;
    *day = (int32_t)(ts / DAY_NS - (ts % DAY_NS < 0));
    return 1;
}

/* Does text[0..len) end with a dot and `n` digits (n 0: one or more)? Where the dot stands in
 * *dot. */
static int ends_in_digits(const char *text, size_t len, size_t n, size_t *dot)
{
    size_t at = len;
    while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9')
        at--;
    if (at == len || at < 2 || text[at - 1] != '.' || (n > 0 && len - at != n))
        return 0;
    *dot = at - 1;
    return 1;
}

/* Does it look dated, so that it cannot be a stem? */
static int looks_dated(const char *text, size_t len)
{
    size_t dot, day_dot;
    return ends_in_digits(text, len, 8, &dot) ||
           (ends_in_digits(text, len, 0, &dot) && ends_in_digits(text, dot, 8, &day_dot));
}

int njord_journal_is_stem(const char *text, size_t len)
{
    return len > 0 && len < NJORD_STEM_SIZE && text[0] != '.' && strspn(text, stem_chars) >= len &&
           !looks_dated(text, len);
}

/* 1 to UINT32_MAX without leading zeros. */
static int parse_part(const char *text, size_t len, uint32_t *part)
{
    uint64_t v = 0;
    if (len == 0 || len > 10 || text[0] == '0')
        return 0;
    for (size_t i = 0; i < len; i++)
        v = v * 10 + (uint64_t)(text[i] - '0');
    *part = (uint32_t)v;
    return v <= UINT32_MAX;
}

static int take_end(const char *text, size_t *len, const char *end)
{
    size_t n = strlen(end);
    if (*len <= n || memcmp(text + *len - n, end, n) != 0)
        return 0;
    *len -= n;
    return 1;
}

int njord_journal_name_parse(const char *name, njord_journal_name *out)
{
    size_t len = strlen(name), dot;
    njord_journal_name file = {.day = NJORD_DAY_LIVE};
    file.gz = (uint32_t)take_end(name, &len, ".gz");
    if (!take_end(name, &len, ".ndjson"))
        return 0;
    if (looks_dated(name, len)) {
        if (!ends_in_digits(name, len, 8, &dot) || looks_dated(name, dot)) {
            if (!ends_in_digits(name, len, 0, &dot) ||
                !parse_part(name + dot + 1, len - dot - 1, &file.part))
                return 0;
            len = dot;
        }
        if (!ends_in_digits(name, len, 8, &dot) || !parse_day(name + dot + 1, &file.day))
            return 0;
        len = dot;
    } else if (file.gz) { /* only what is finished and dated is compressed */
        return 0;
    }
    if (!njord_journal_is_stem(name, len))
        return 0;
    memcpy(file.stem, name, len);
    *out = file;
    return 1;
}

int njord_journal_name_order(const njord_journal_name *a, const njord_journal_name *b)
{
    int c = strcmp(a->stem, b->stem);
    if (c != 0)
        return c;
    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    if (a->part != b->part)
        return a->part < b->part ? -1 : 1;
    return (int)a->gz - (int)b->gz;
}
