/* recorded_value.c - numbers, times and the checks that hold for every trade and bar. See
 * recorded_impl.h. */
#include "recorded_impl.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const int64_t unit_ns[] = {1, 1000000000, 1000000, 1000, 1};

int64_t recorded_unit_ns(uint32_t unit)
{
    return unit < sizeof unit_ns / sizeof unit_ns[0] ? unit_ns[unit] : 1;
}

int recorded_bad(char *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, NJORD_RECORDED_WHY, format, args);
    va_end(args);
    return NJORD_RECORDED_BAD;
}

int recorded_cut(size_t len)
{
    return (int)(len < 40 ? len : 40);
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* A decimal number as 0.d1d2d3… times a power of ten: its digits without zeros at either end. */
struct decimal {
    const char *at,
        *end; /* from the first to behind the last digit that is not 0, dot among them */
    int64_t power;
    int negative;
    size_t n; /* digits */
};

static void take_apart(const char *text, size_t len, struct decimal *out)
{
    const char *end = text + len, *p, *dot = NULL;
    int64_t exponent = 0;
    *out = (struct decimal){NULL, NULL, 0, len > 0 && text[0] == '-', 0};
    for (p = text + out->negative; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.')
            dot = p;
        else if (*p != '0') {
            out->at = out->at ? out->at : p;
            out->end = p + 1;
        }
    }
    if (!out->at)
        return;
    dot = dot ? dot : p;
    if (p < end) {
        int down = ++p < end && *p == '-';
        for (p += p < end && (*p == '-' || *p == '+'); p < end && exponent < 1000000000; p++)
            exponent = exponent * 10 + (*p - '0');
        exponent = down ? -exponent : exponent;
    }
    out->n = (size_t)(out->end - out->at) - (dot > out->at && dot < out->end);
    out->power = (dot > out->at ? dot - out->at : dot - out->at + 1) + exponent;
}

static int same_digits(const struct decimal *a, const struct decimal *b)
{
    const char *p = a->at, *q = b->at;
    if (a->n != b->n || (a->n > 0 && (a->power != b->power || a->negative != b->negative)))
        return 0;
    for (size_t i = 0; i < a->n; i++, p++, q++) {
        p += *p == '.';
        q += *q == '.';
        if (*p != *q)
            return 0;
    }
    return 1;
}

int njord_digits_kept(const char *text, size_t len, double v)
{
    char ours[NJORD_NUMBER_SIZE];
    struct decimal said, written;
    double size = fabs(v);
    /* DBL_DIG: any 15 digits survive a double that is not subnormal */
    if (len <= 15 && size > 1e-290)
        return 1;
    take_apart(text, len, &said);
    if (said.n <= 15 && size > 1e-290)
        return 1;
    take_apart(ours, njord_format_f64(v, ours), &written);
    return same_digits(&said, &written);
}

int recorded_number(const njord_recorded *r, const char *text, size_t len, const char *what,
                    double *out, char *why)
{
    if (len == 0 || njord_parse_f64(text, len, out) != len)
        return recorded_bad(why, "%s: expected a number, found '%.*s'", what, recorded_cut(len),
                            text);
    if (r->options.exact && !njord_digits_kept(text, len, *out))
        return recorded_bad(why,
                            "%s: '%.*s' has more digits than can be kept: round it, or leave its "
                            "column out",
                            what, recorded_cut(len), text);
    return 0;
}

/* ---- times ----------------------------------------------------------------------------------- */

static int bad_time(const char *text, size_t len, char *why)
{
    return recorded_bad(why, "time: expected a number or YYYY-MM-DDThh:mm:ssZ, found '%.*s'",
                        recorded_cut(len), text);
}

/* ISO 8601, also with a space for the T, without the Z, or with +00:00 for it. */
static int time_from_text(const char *text, size_t len, int64_t *out, char *why)
{
    char iso[48];
    size_t n = len;
    if (n > 40)
        return bad_time(text, len, why);
    memcpy(iso, text, n);
    if (n > 16 && (memcmp(iso + n - 6, "+00:00", 6) == 0))
        n -= 6;
    if (n > 10 && iso[10] == ' ')
        iso[10] = 'T';
    if (n == 16) { /* without seconds */
        memcpy(iso + n, ":00", 3);
        n += 3;
    }
    if (n > 10 && iso[n - 1] != 'Z')
        iso[n++] = 'Z';
    return njord_parse_time(iso, n, out) == NJORD_OK ? 0 : bad_time(text, len, why);
}

/* Digits, with decimals where the unit is coarser than 1 ns (more than it has are cut). */
static int time_from_number(uint32_t *unit, const char *text, size_t len, int64_t *out, char *why)
{
    size_t digits = 0;
    int64_t whole = 0, scale, ns;
    while (digits < len && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    if (digits == 0 || digits > 19 || njord_parse_i64(text, digits, &whole) != digits)
        return bad_time(text, len, why);
    if (*unit == NJORD_UNIT_AUTO) /* 10^11 s, 10^14 ms and 10^17 us are the year 5138 */
        *unit = whole < 100000000000         ? NJORD_UNIT_S
                : whole < 100000000000000    ? NJORD_UNIT_MS
                : whole < 100000000000000000 ? NJORD_UNIT_US
                                             : NJORD_UNIT_NS;
    scale = unit_ns[*unit];
    if (__builtin_mul_overflow(whole, scale, &ns))
        return bad_time(text, len, why);
    if (digits < len) {
        if (text[digits] != '.' || digits + 1 == len)
            return bad_time(text, len, why);
        for (size_t i = digits + 1; i < len; i++) {
            if (text[i] < '0' || text[i] > '9')
                return bad_time(text, len, why);
            scale /= 10;
            if (__builtin_add_overflow(ns, scale * (text[i] - '0'), &ns))
                return bad_time(text, len, why);
        }
    }
    *out = ns;
    return 0;
}

int recorded_time(uint32_t *unit, const char *text, size_t len, int64_t *out_ns, char *why)
{
    return len >= 10 && text[4] == '-' ? time_from_text(text, len, out_ns, why)
                                       : time_from_number(unit, text, len, out_ns, why);
}

/* ---- what holds for every trade and bar -------------------------------------------------------
 */

int recorded_symbol(const njord_recorded *r, const char *raw, size_t len, char *out, char *why)
{
    if (r->options.symbol[0]) {
        raw = r->options.symbol;
        len = strlen(raw);
    }
    return njord_symbol_from_pair(raw, len, r->options.symbols, r->options.n_symbols, out, why) == 0
               ? 0
               : -1;
}

int recorded_trade_done(const njord_recorded *r, njord_trade *trade, char *why)
{
    if (trade->venue[0] == '\0')
        snprintf(trade->venue, sizeof trade->venue, "%s", r->options.venue);
    if (!(trade->price > 0.0))
        return recorded_bad(why, "price must be > 0");
    if (!(trade->qty > 0.0))
        return recorded_bad(why, "quantity must be > 0");
    if (trade->ev.ts_ns < 0)
        return recorded_bad(why, "time is before 1970");
    return NJORD_RECORDED_EVENT;
}

int recorded_bar_done(const njord_recorded *r, njord_bar *bar, int64_t close, char *why)
{
    const char *asked = r->options.timeframe[0] ? r->options.timeframe : r->timeframe;
    if (bar->timeframe[0] == '\0')
        snprintf(bar->timeframe, sizeof bar->timeframe, "%s", asked);
    else if (r->options.timeframe[0] && strcmp(bar->timeframe, r->options.timeframe) != 0)
        return recorded_bad(why, "a bar of %s where %s are read", bar->timeframe,
                            r->options.timeframe);
    if (bar->timeframe[0] == '\0')
        return recorded_bad(why, "no timeframe: the file does not say, name it");
    int64_t length = njord_timeframe_ns(bar->timeframe), gap;
    if (length == 0)
        return recorded_bad(why, "timeframe: expected one like 1m or 4h, found '%s'",
                            bar->timeframe);
    if (bar->ts_open < 0)
        return recorded_bad(why, "time is before 1970");
    if (__builtin_add_overflow(bar->ts_open, length, &bar->ts_close))
        return recorded_bad(why, "time is out of range");
    bar->ev.ts_ns = bar->ts_close;
    if (close == NJORD_NONE_I64)
        return NJORD_RECORDED_EVENT;
    /* exclusive, or inclusive: the last second, millisecond, … of the bar */
    if (__builtin_sub_overflow(bar->ts_close, close, &gap))
        gap = -1;
    for (size_t i = 0; i < sizeof unit_ns / sizeof unit_ns[0]; i++)
        if (gap == 0 || gap == unit_ns[i])
            return NJORD_RECORDED_EVENT;
    return recorded_bad(why, "a bar of %s closes where the line does not: %.3f s behind its open",
                        bar->timeframe, (double)(close - bar->ts_open) * 1e-9);
}
