/* codec_time.c - times as text: ISO 8601, UTC, and back. See njord/codec.h. No time zone, no leap
 * second, no locale. Pure [any].
 *
 * Days are counted in the proleptic Gregorian calendar with years that begin in March, so that the
 * leap day is a year's last. */
#include <njord/codec.h>
#include <string.h>

#define NS_PER_S  1000000000
#define S_PER_DAY 86400

/* Days from 1970-01-01. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void date_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted + (shifted < 10 ? 3 : -9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* n digits at p, -1 when they are none. */
static int64_t digits(const char *p, int n)
{
    int64_t v = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2)
        return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* "Thh:mm:ss[.fraction]Z" as seconds and ns of the day. */
static int parse_clock(const char *p, size_t len, int64_t *seconds, int64_t *ns)
{
    if (len < 10 || p[0] != 'T' || p[3] != ':' || p[6] != ':' || p[len - 1] != 'Z')
        return NJORD_E_ARG;
    int64_t h = digits(p + 1, 2), m = digits(p + 4, 2), s = digits(p + 7, 2);
    if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59)
        return NJORD_E_ARG;
    *seconds = h * 3600 + m * 60 + s;
    *ns = 0;
    if (len == 10)
        return 0;
    int n = len > 20 ? 0 : (int)len - 11; /* of 1 to 9 */
    if (p[9] != '.' || n < 1 || n > 9)
        return NJORD_E_ARG;
    *ns = digits(p + 10, n);
    if (*ns < 0)
        return NJORD_E_ARG;
    for (; n < 9; n++)
        *ns *= 10;
    return 0;
}

int njord_parse_time(const char *text, size_t len, int64_t *out_ns)
{
    int64_t seconds = 0, ns = 0, total;
    if (len < 10 || text[4] != '-' || text[7] != '-')
        return NJORD_E_ARG;
    int64_t year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return NJORD_E_ARG;
    if (len > 10 && parse_clock(text + 10, len - 10, &seconds, &ns) != 0)
        return NJORD_E_ARG;
    seconds += days_from_date(year, month, day) * S_PER_DAY;
    /* before 1970 the last second may fit although its start does not: count from its end */
    if (seconds < 0 && ns > 0) {
        seconds++;
        ns -= NS_PER_S;
    }
    if (__builtin_mul_overflow(seconds, (int64_t)NS_PER_S, &total) ||
        __builtin_add_overflow(total, ns, &total) || total == NJORD_NONE_I64)
        return NJORD_E_ARG;
    *out_ns = total;
    return 0;
}

int njord_parse_end(const char *text, size_t len, int64_t *out_ns)
{
    if (njord_parse_time(text, len, out_ns) != 0)
        return NJORD_E_ARG;
    if (len == 10 && __builtin_add_overflow(*out_ns, (int64_t)NS_PER_S * S_PER_DAY, out_ns))
        *out_ns = INT64_MAX;
    return 0;
}

static char *put_digits(char *p, int64_t v, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        p[i] = (char)('0' + v % 10);
        v /= 10;
    }
    return p + n;
}

size_t njord_format_time(int64_t ts_ns, int digits_wanted, char *out, size_t cap)
{
    char text[32], *p = text;
    int64_t year, month, day;
    int n = digits_wanted < 0 ? 0 : digits_wanted > 9 ? 9 : digits_wanted;
    int64_t ns = ts_ns % NS_PER_S, seconds = ts_ns / NS_PER_S;
    if (ns < 0) {
        ns += NS_PER_S;
        seconds--;
    }
    int64_t second_of_day = seconds % S_PER_DAY, days = seconds / S_PER_DAY;
    if (second_of_day < 0) {
        second_of_day += S_PER_DAY;
        days--;
    }
    date_from_days(days, &year, &month, &day);
    p = put_digits(p, year, 4);
    *p++ = '-';
    p = put_digits(p, month, 2);
    *p++ = '-';
    p = put_digits(p, day, 2);
    *p++ = 'T';
    p = put_digits(p, second_of_day / 3600, 2);
    *p++ = ':';
    p = put_digits(p, second_of_day / 60 % 60, 2);
    *p++ = ':';
    p = put_digits(p, second_of_day % 60, 2);
    if (n > 0) {
        *p++ = '.';
        (void)put_digits(p, ns, 9);
        p += n;
    }
    *p++ = 'Z';
    size_t len = (size_t)(p - text);
    if (cap <= len)
        return 0;
    memcpy(out, text, len);
    out[len] = '\0';
    return len;
}
