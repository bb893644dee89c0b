/* json_check.h - is a run of bytes one whole JSON object?
 *
 * What the repair of a journal's tail asks of a line: RFC 8259 syntax, an object outermost, UTF-8
 * without the forms that encode no character, nesting of at most 64. Nothing is decoded and nothing
 * allocated; values, names and their meaning are the contract decoders' matter. */
#ifndef NJ_JOURNAL_JSON_CHECK_H
#define NJ_JOURNAL_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#define NJ_JSON_DEPTH 64

/* True: text[0..len) is exactly one object, with nothing but blanks around it. */
bool nj_json_is_object(const char *text, size_t len);

#endif
