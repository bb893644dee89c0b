#include "cli/range.h"

#include <njord/codec.h>
#include <stdio.h>
#include <string.h>

#define DAY_NS INT64_C(86400000000000)

static int parse(const char *option, const char *text, int64_t *out, bool end, struct nj_error *err)
{
    size_t len = strlen(text);
    if ((end ? njord_parse_end(text, len, out) : njord_parse_time(text, len, out)) != 0)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "'--%s': expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ, found '%.64s'",
                            option, text);
    return 0;
}

int nj_range_parse(const char *start, const char *end, struct nj_range *out, struct nj_error *err)
{
    int rc = 0;
    *out = (struct nj_range){INT64_MIN, INT64_MAX};
    if (start)
        rc = parse("start", start, &out->from_ns, false, err);
    if (rc == 0 && end)
        rc = parse("end", end, &out->to_ns, true, err);
    if (rc != 0)
        return rc;
    if (out->from_ns >= out->to_ns)
        return nj_error_set(err, NJ_ERR_INPUT, "'--end' (%.40s) is not after '--start' (%.40s)",
                            end ? end : "", start ? start : "");
    return 0;
}

/* A bound as a date where it is the start of a day, else as a time. */
static void bound_text(int64_t ns, const char *open, char out[40])
{
    if (ns == INT64_MIN || ns == INT64_MAX)
        snprintf(out, 40, "%s", open);
    else if (ns % DAY_NS == 0)
        out[njord_format_time(ns, 0, out, 40) > 0 ? 10 : 0] = '\0';
    else
        (void)njord_format_time(ns, ns % 1000000000 == 0 ? 0 : 9, out, 40);
}

const char *nj_range_text(const struct nj_range *range, char *out, size_t cap)
{
    char from[40], to[40];
    bool days = range->to_ns != INT64_MAX && range->to_ns % DAY_NS == 0;
    bound_text(range->from_ns, "the start", from);
    bound_text(days ? range->to_ns - DAY_NS : range->to_ns, "the end", to);
    snprintf(out, cap, "%s to %s", from, to);
    return out;
}
