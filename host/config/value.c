#include "config/value.h"

#include "config/config.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <njord/codec.h>
#include <stdlib.h>
#include <string.h>

bool nj_value_bool(const char *text, bool *out)
{
    *out = strcmp(text, "true") == 0;
    return *out || strcmp(text, "false") == 0;
}

static const char *digits(const char *at)
{
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

bool nj_value_int(const char *text, int64_t *out)
{
    const char *from = text + (*text == '+' || *text == '-'), *end = digits(from);
    if (end == from || *end != '\0')
        return false;
    errno = 0;
    long long v = strtoll(text, NULL, 10);
    *out = v;
    return errno == 0;
}

/* YAML 1.2 core: [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?. Rewritten as
 * JSON writes it, so that the one reader of numbers takes it and no locale has a say. */
bool nj_value_real(const char *text, double *out)
{
    char json[128];
    size_t n = 0;
    const char *at = text;
    if (strlen(text) > sizeof json - 8)
        return false;
    if (*at == '-')
        json[n++] = '-';
    at += *at == '+' || *at == '-';
    const char *end = digits(at);
    while (end - at > 1 && *at == '0') /* JSON has no leading zeros */
        at++;
    bool whole = end > at;
    if (whole) {
        memcpy(json + n, at, (size_t)(end - at));
        n += (size_t)(end - at);
    } else {
        json[n++] = '0';
    }
    at = end;
    if (*at == '.') {
        end = digits(at + 1);
        if (end == at + 1 && !whole)
            return false;
        if (end > at + 1) {
            memcpy(json + n, at, (size_t)(end - at));
            n += (size_t)(end - at);
        }
        at = end;
    } else if (!whole) {
        return false;
    }
    if (*at == 'e' || *at == 'E') {
        json[n++] = *at++;
        if (*at == '+' || *at == '-')
            json[n++] = *at++;
        end = digits(at);
        if (end == at)
            return false;
        memcpy(json + n, at, (size_t)(end - at));
        n += (size_t)(end - at);
        at = end;
    }
    return *at == '\0' && njord_parse_f64(json, n, out) == n && isfinite(*out);
}

/* ---- durations ------------------------------------------------------------------------------- */

static const struct {
    const char *unit;
    int64_t ns;
} units[] = {{"ms", 1000000},
             {"s", 1000000000},
             {"m", 60000000000},
             {"h", 3600000000000},
             {"d", 86400000000000}};

#define N_UNITS (sizeof units / sizeof units[0])

bool nj_parse_duration(const char *text, int64_t *out_ns)
{
    const char *end = digits(text);
    if (end == text || end - text > 18)
        return false;
    int64_t count = strtoll(text, NULL, 10);
    for (size_t i = 0; i < N_UNITS; i++)
        if (strcmp(end, units[i].unit) == 0)
            return !__builtin_mul_overflow(count, units[i].ns, out_ns);
    return false;
}

void nj_value_put_duration(struct nj_buf *out, int64_t ns)
{
    size_t i = N_UNITS - 1;
    if (ns == 0)
        i = 1;
    while (i > 0 && ns % units[i].ns != 0)
        i--;
    nj_buf_printf(out, "%" PRId64 "%s", ns / units[i].ns, units[i].unit);
}

/* ---- what was expected ----------------------------------------------------------------------- */

void nj_value_expect_int(struct nj_buf *out, int64_t min, int64_t max)
{
    nj_buf_puts(out, "an integer");
    if (min != INT64_MIN && max != INT64_MAX)
        nj_buf_printf(out, " from %" PRId64 " to %" PRId64, min, max);
    else if (min != INT64_MIN)
        nj_buf_printf(out, " >= %" PRId64, min);
    else if (max != INT64_MAX)
        nj_buf_printf(out, " <= %" PRId64, max);
}

void nj_value_expect_real(struct nj_buf *out, double min, double max, bool above)
{
    char low[NJORD_NUMBER_SIZE], high[NJORD_NUMBER_SIZE];
    bool has_low = min > -DBL_MAX, has_high = max < DBL_MAX;
    if (has_low)
        njord_format_f64(min, low);
    if (has_high)
        njord_format_f64(max, high);
    nj_buf_puts(out, "a number");
    if (has_low && has_high && !above)
        nj_buf_printf(out, " from %s to %s", low, high);
    else if (has_low && has_high)
        nj_buf_printf(out, " > %s and <= %s", low, high);
    else if (has_low)
        nj_buf_printf(out, above ? " > %s" : " >= %s", low);
    else if (has_high)
        nj_buf_printf(out, " <= %s", high);
}

void nj_value_expect_duration(struct nj_buf *out, int64_t min_ns, int64_t max_ns)
{
    nj_buf_puts(out, "a duration");
    if (min_ns > 0 && max_ns != INT64_MAX)
        nj_buf_puts(out, " from ");
    else if (min_ns > 0)
        nj_buf_puts(out, " >= ");
    if (min_ns > 0)
        nj_value_put_duration(out, min_ns);
    if (max_ns != INT64_MAX) {
        nj_buf_puts(out, min_ns > 0 ? " to " : " <= ");
        nj_value_put_duration(out, max_ns);
    }
    nj_buf_puts(out, " as 250ms, 10s, 5m, 24h, 7d");
}

/* ---- what was found -------------------------------------------------------------------------- */

/* A text in double quotes for a person: cut at 64 bytes without splitting a character, control
 * characters as '?'. */
static void show(struct nj_buf *out, const char *text)
{
    size_t len = strnlen(text, 65), shown = len;
    if (len > 64)
        for (shown = 61; shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80;)
            shown--;
    nj_buf_putc(out, '"');
    for (size_t i = 0; i < shown; i++)
        nj_buf_putc(out, (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i]);
    nj_buf_puts(out, shown < len ? "...\"" : "\"");
}

void nj_value_found(struct nj_buf *out, const char *text, bool quoted)
{
    if (quoted)
        nj_buf_puts(out, "text ");
    show(out, text);
}

const char *nj_value_bool_hint(const char *text)
{
    static const char *const yes[] = {"yes", "Yes", "YES", "on", "On", "ON", "True", "TRUE", "y"};
    static const char *const no[] = {"no", "No", "NO", "off", "Off", "OFF", "False", "FALSE", "n"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcmp(text, yes[i]) == 0)
            return " (write true)";
        if (strcmp(text, no[i]) == 0)
            return " (write false)";
    }
    return "";
}

/* ---- the nearest name ------------------------------------------------------------------------ */

#define NAME_MAX_LEN 48

/* Edits (insert, remove, replace, swap of neighbours) between two names: Damerau 1964 in the
 * restricted form with three rows. */
static size_t edits(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][NAME_MAX_LEN + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        above[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[m];
}

const char *nj_value_nearest(const char *text, const void *names, size_t n, size_t stride)
{
    size_t len = strnlen(text, NAME_MAX_LEN + 1), most = len / 3 > 0 ? len / 3 : 1;
    const char *nearest = NULL;
    if (len == 0 || len > NAME_MAX_LEN)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const char *name;
        memcpy(&name, (const char *)names + i * stride, sizeof name);
        size_t other = strlen(name);
        if (other > NAME_MAX_LEN || other > len + most || len > other + most)
            continue;
        size_t distance = edits(text, len, name, other);
        if (distance <= most && (!nearest || distance < most)) {
            nearest = name;
            most = distance;
        }
    }
    return nearest;
}
