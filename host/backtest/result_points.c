#include "backtest/result_points.h"

#include <string.h>

#define SECOND   INT64_C(1000000000)
#define TEN_LONG INT64_C(1000000000000000000) /* from here on seconds have ten digits */
#define ROW      (2 * NJORD_NUMBER_SIZE + 8)
#define STEP     256u /* points that room is made for at once */

/* Exactly nine digits. */
static void nine_digits(int64_t v, char *out)
{
    for (int i = 8; i >= 0; i--, v /= 10)
        out[i] = (char)('0' + v % 10);
}

static size_t put_time(struct nj_points *p, int64_t ts, char *out)
{
    if (ts < TEN_LONG)
        return njord_format_i64(ts, out);
    int64_t fraction = ts % SECOND;
    if (!p->begun || fraction != p->fraction_ns) {
        nine_digits(fraction, p->fraction);
        p->fraction_ns = fraction;
    }
    size_t len = njord_format_i64(ts / SECOND, out);
    memcpy(out + len, p->fraction, 9);
    return len + 9;
}

static void make_value(struct nj_points *p, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    if (p->begun && bits == p->value_bits)
        return;
    p->value_len = njord_format_f64(v, p->value);
    p->value_bits = bits;
}

static char *copy(char *to, const char *text, size_t len)
{
    memcpy(to, text, len);
    return to + len;
}

/* Fewer than STEP points, for which there is room. */
static void add_some(struct nj_points *p, const int64_t *ts, const double *values, size_t from,
                     size_t to, struct nj_buf *list, struct nj_buf *lines)
{
    char *a = list ? list->data + list->len : NULL, *b = lines ? lines->data + lines->len : NULL;
    for (size_t i = from; i < to; i++) {
        char time[NJORD_NUMBER_SIZE];
        size_t len = put_time(p, ts[i], time);
        bool comma = p->begun;
        make_value(p, values[i]);
        p->begun = true;
        if (b) {
            *b++ = '[';
            b = copy(b, time, len);
            *b++ = ',';
            *b++ = ' ';
            b = copy(b, p->value, p->value_len);
            *b++ = ']';
            *b++ = '\n';
        }
        if (a) {
            bool zero = values[i] == 0;
            if (comma)
                *a++ = ',';
            *a++ = '[';
            a = copy(a, time, len);
            *a++ = ',';
            a = zero ? copy(a, "0", 1) : copy(a, p->value, p->value_len);
            *a++ = ']';
        }
    }
    if (list)
        list->len = (size_t)(a - list->data);
    if (lines)
        lines->len = (size_t)(b - lines->data);
}

void nj_points_add(struct nj_points *p, const int64_t *ts, const double *values, size_t from,
                   size_t to, struct nj_buf *list, struct nj_buf *lines)
{
    while (from < to) {
        size_t n = to - from < STEP ? to - from : STEP;
        if ((list && !nj_buf_reserve(list, n * ROW)) || (lines && !nj_buf_reserve(lines, n * ROW)))
            return;
        add_some(p, ts, values, from, from + n, list, lines);
        from += n;
    }
    if (list && list->data)
        list->data[list->len] = '\0';
    if (lines && lines->data)
        lines->data[lines->len] = '\0';
}
