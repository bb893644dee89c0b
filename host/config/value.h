/* value.h - the meaning of a scalar in a configuration: YAML 1.2 core, strictly.
 *
 * Pure functions on text, shared by the keys of the schema and the parameters of plugins. A quoted
 * scalar is text and never a number. Numbers are decimal; hexadecimal, octal, underscores, .inf and
 * .nan are none. */
#ifndef NJ_CONFIG_VALUE_H
#define NJ_CONFIG_VALUE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exactly "true" or "false". */
bool nj_value_bool(const char *text, bool *out);
/* [+-]digits within int64. */
bool nj_value_int(const char *text, int64_t *out);
/* A finite decimal number, correctly rounded. */
bool nj_value_real(const char *text, double *out);

/* "an integer from 1 to 10"; bounds that are the type's own are left out. */
void nj_value_expect_int(struct nj_buf *out, int64_t min, int64_t max);
/* "a number > 0", "a number from 0 to 100"; infinite bounds (and +-DBL_MAX) are left out. `above`:
 * the lower bound itself is not allowed. */
void nj_value_expect_real(struct nj_buf *out, double min, double max, bool above);
/* "a duration from 1s to 24h as 250ms, 10s, 5m, 24h, 7d"; bounds in ns. */
void nj_value_expect_duration(struct nj_buf *out, int64_t min_ns, int64_t max_ns);
/* A duration in its largest whole unit: "24h" for 86400000000000 is "1d"; nanoseconds that are no
 * whole ms as "0.5ms" never occur in a table. */
void nj_value_put_duration(struct nj_buf *out, int64_t ns);

/* What was found: "abc" for a plain scalar, text "10" for a quoted one, nothing for null. */
void nj_value_found(struct nj_buf *out, const char *text, bool quoted);
/* A word for people who write yes, no, on, off: " (write true)", or "". */
const char *nj_value_bool_hint(const char *text);

/* The nearest of `n` names (stride bytes from one `const char *` to the next) to `text`: at most a
 * third of its letters away (one at least). NULL: none is near. */
const char *nj_value_nearest(const char *text, const void *names, size_t n, size_t stride);

#endif
