#include "backtest/curve.h"

#include "backtest/result.h"
#include "base/fs.h"

#include <errno.h>
#include <math.h>
#include <njord/codec.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_BYTES ((size_t)2 << 30)

/* A file as it is read: where it is, and what its numbers mean. */
struct reading {
    struct nj_curve_file *out;
    const char *name;
    const char *at, *end;
    size_t line, cap;
    int64_t scale; /* ns of one unit of time; 0: the first row tells */
    struct nj_error *err;
};

static int bad(struct reading *in, const char *expected, const char *found, size_t len)
{
    int shown = len < 40 ? (int)len : 40;
    return nj_error_set(in->err, NJ_ERR_INPUT, "%s:%zu: expected %s, found '%.*s'", in->name,
                        in->line, expected, shown, found);
}

static int keep(struct reading *in, int64_t ts_ns, double equity)
{
    struct nj_curve_file *c = in->out;
    if (c->n > 0 && ts_ns <= c->ts_ns[c->n - 1])
        return nj_error_set(in->err, NJ_ERR_INPUT,
                            "%s:%zu: time %lld ns is not after the one before: sort the lines, "
                            "each time once",
                            in->name, in->line, (long long)ts_ns);
    int64_t span;
    if (c->n > 0 && __builtin_sub_overflow(ts_ns, c->ts_ns[0], &span))
        return nj_error_set(in->err, NJ_ERR_INPUT,
                            "%s:%zu: time %lld ns is more than 292 years after the first", in->name,
                            in->line, (long long)ts_ns);
    if (c->n == in->cap) {
        size_t cap = in->cap ? 2 * in->cap : 1024;
        int64_t *ts = realloc(c->ts_ns, cap * sizeof *ts);
        if (ts)
            c->ts_ns = ts;
        double *values = ts ? realloc(c->equity, cap * sizeof *values) : NULL;
        if (!values)
            return nj_error_set(in->err, NJ_ERR_NOMEM, "%s: out of memory", in->name);
        c->equity = values;
        in->cap = cap;
    }
    c->ts_ns[c->n] = ts_ns;
    c->equity[c->n++] = equity;
    return 0;
}

/* The next line without its end; false: there is none. A last one needs no line end. */
static bool next_line(struct reading *in, const char **text, size_t *len)
{
    if (in->at == in->end)
        return false;
    const char *stop = memchr(in->at, '\n', (size_t)(in->end - in->at));
    *text = in->at;
    *len = (size_t)((stop ? stop : in->end) - in->at);
    in->at = stop ? stop + 1 : in->end;
    if (*len > 0 && (*text)[*len - 1] == '\r')
        --*len;
    in->line++;
    return true;
}

static const char *past_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

/* ---- [ts_ns, equity] a line ---- */

static int read_pair(struct reading *in, const char *text, size_t len)
{
    static const char *const what = "[ts_ns, equity]";
    const char *p = past_space(text, text + len), *end = text + len;
    int64_t ts;
    double equity;
    size_t n;
    if (p == end || *p != '[')
        return bad(in, what, text, len);
    p = past_space(p + 1, end);
    n = njord_parse_i64(p, (size_t)(end - p), &ts);
    p = past_space(p + n, end);
    if (n == 0 || p == end || *p != ',')
        return bad(in, what, text, len);
    p = past_space(p + 1, end);
    n = njord_parse_f64(p, (size_t)(end - p), &equity);
    p = past_space(p + n, end);
    if (n == 0 || p == end || *p != ']' || past_space(p + 1, end) != end)
        return bad(in, what, text, len);
    return keep(in, ts, equity);
}

static int read_pairs(struct reading *in)
{
    const char *text;
    size_t len;
    int rc = 0;
    while (rc == 0 && next_line(in, &text, &len))
        rc = read_pair(in, text, len);
    return rc;
}

/* ---- CSV ---- */

/* A field without the spaces around it. */
static void trim(const char **text, size_t *len)
{
    const char *end = *text + *len, *p = past_space(*text, end);
    while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *text = p;
    *len = (size_t)(end - p);
}

static bool split(const char *text, size_t len, const char *field[2], size_t size[2])
{
    const char *comma = memchr(text, ',', len);
    if (!comma || memchr(comma + 1, ',', (size_t)(text + len - comma - 1)))
        return false;
    field[0] = text;
    size[0] = (size_t)(comma - text);
    field[1] = comma + 1;
    size[1] = (size_t)(text + len - comma - 1);
    trim(&field[0], &size[0]);
    trim(&field[1], &size[1]);
    return true;
}

static bool is(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

/* Times of numbers: seconds below 1e11 (until the year 5138), then milli-, micro-, nanoseconds. */
static int64_t scale_of(int64_t time, const char **unit)
{
    uint64_t size = time < 0 ? 0 - (uint64_t)time : (uint64_t)time;
    *unit = size < 100000000000u         ? "s"
            : size < 100000000000000u    ? "ms"
            : size < 100000000000000000u ? "us"
                                         : "ns";
    return size < 100000000000u         ? 1000000000
           : size < 100000000000000u    ? 1000000
           : size < 100000000000000000u ? 1000
                                        : 1;
}

static int read_row(struct reading *in, const char *text, size_t len)
{
    const char *field[2];
    size_t size[2];
    int64_t time;
    double equity;
    if (!split(text, len, field, size))
        return bad(in, "a time and an equity between which a comma stands", text, len);
    if (size[0] == 0 || njord_parse_i64(field[0], size[0], &time) != size[0])
        return bad(in, "a time as a whole number", field[0], size[0]);
    if (size[1] == 0 || njord_parse_f64(field[1], size[1], &equity) != size[1])
        return bad(in, "an equity as a finite number", field[1], size[1]);
    if (in->scale == 0)
        in->scale = scale_of(time, &in->out->unit);
    if (__builtin_mul_overflow(time, in->scale, &time))
        return bad(in, "a time in the unit of the first row", field[0], size[0]);
    return keep(in, time, equity);
}

static int read_csv(struct reading *in)
{
    static const struct {
        const char *name;
        int64_t scale;
    } times[] = {
        {"ts_ns", 0}, {"ts", 0}, {"ts_us", 1000}, {"ts_ms", 1000000}, {"ts_s", 1000000000}};
    const char *text = "", *field[2];
    size_t len = 0, size[2];
    bool known = false;
    next_line(in, &text, &len);
    if (split(text, len, field, size) && is(field[1], size[1], "equity"))
        for (size_t i = 0; i < sizeof times / sizeof times[0] && !known; i++) {
            known = is(field[0], size[0], times[i].name);
            in->scale = times[i].scale;
        }
    if (!known)
        return bad(in, "[ts_ns, equity], a result file, or the CSV header ts_ns,equity", text, len);
    int rc = 0;
    while (rc == 0 && next_line(in, &text, &len))
        rc = read_row(in, text, len);
    return rc;
}

/* ---- a result ---- */

static int read_result(struct reading *in, const char *text, size_t len)
{
    struct nj_result result;
    int rc = nj_result_read(&result, in->name, text, len, in->err);
    if (rc != 0)
        return rc;
    struct nj_bt_outcome *o = &result.outcome;
    in->out->ts_ns = o->curve_ts;
    in->out->equity = o->curve_equity;
    in->out->n = o->n_curve;
    in->out->initial = result.capital;
    o->curve_ts = NULL;
    o->curve_equity = NULL;
    nj_result_free(&result);
    return 0;
}

/* ---- all of it ---- */

int nj_curve_read(struct nj_curve_file *out, const char *name, const char *text, size_t len,
                  struct nj_error *err)
{
    struct reading in = {.out = out, .name = name, .at = text, .end = text + len, .err = err};
    *out = (struct nj_curve_file){.initial = NAN};
    size_t first = 0;
    while (first < len && strchr(" \t\r\n", text[first]) && text[first] != '\0')
        first++;
    int rc = first == len         ? 0
             : text[first] == '{' ? read_result(&in, text, len)
             : text[first] == '[' ? read_pairs(&in)
                                  : read_csv(&in);
    if (rc == 0 && out->n == 0)
        rc = nj_error_set(err, NJ_ERR_INPUT, "%s: no point in it: expected [ts_ns, equity] a line",
                          name);
    if (rc != 0)
        nj_curve_free(out);
    return rc;
}

static int read_input(struct nj_buf *out, struct nj_error *err)
{
    for (;;) {
        if (!nj_buf_reserve(out, 65536))
            return nj_error_set(err, NJ_ERR_NOMEM, "standard input: out of memory");
        ssize_t n = read(STDIN_FILENO, out->data + out->len, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return nj_error_errno(err, errno, "standard input");
        if (n == 0)
            return 0;
        out->len += (size_t)n;
        if (out->len > MAX_BYTES)
            return nj_error_set(err, NJ_ERR_LIMIT, "standard input: more than 2 GiB");
    }
}

int nj_curve_load(struct nj_curve_file *out, const char *path, struct nj_error *err)
{
    struct nj_buf text = {0};
    bool input = strcmp(path, "-") == 0;
    *out = (struct nj_curve_file){.initial = NAN};
    int rc = input ? read_input(&text, err) : nj_read_file(path, MAX_BYTES, &text, err);
    if (rc == 0)
        rc = nj_curve_read(out, input ? "standard input" : path, text.data ? text.data : "",
                           text.len, err);
    nj_buf_free(&text);
    return rc;
}

void nj_curve_free(struct nj_curve_file *curve)
{
    if (!curve)
        return;
    free(curve->ts_ns);
    free(curve->equity);
    *curve = (struct nj_curve_file){.initial = NAN};
}

struct nj_curve nj_curve_of(const struct nj_curve_file *curve)
{
    return (struct nj_curve){curve->ts_ns, curve->equity, curve->n};
}
