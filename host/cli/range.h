/* range.h - the span of time that --start and --end of a verb name.
 *
 * Dates are YYYY-MM-DD or ISO 8601 with Z (YYYY-MM-DDThh:mm:ss[.fraction]Z), UTC. A start is
 * inclusive; an end given as a date includes that day, an end given as a time is exclusive, so that
 * every range is from <= ts < to in nanoseconds, as readers take it. Pure [any]. */
#ifndef NJ_CLI_RANGE_H
#define NJ_CLI_RANGE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nj_range {
    int64_t from_ns, to_ns; /* from <= ts < to; INT64_MIN, INT64_MAX: open */
};

/* start, end: what the options hold, NULL where they were not given. NJ_ERR_INPUT: no date, a day
 * that is none, or nothing between the two; err names the option. */
int nj_range_parse(const char *start, const char *end, struct nj_range *out, struct nj_error *err);
/* "2021-04-01 to 2021-04-30" for people, days where whole days are meant, "the start", "the end"
 * where open. Returns out. */
const char *nj_range_text(const struct nj_range *range, char *out, size_t cap);
#define NJ_RANGE_TEXT 96

#endif
