/* text_impl.h - checks of texts that come from outside, shared by the validator and the codecs.
 * Pure [any]. */
#ifndef NJORD_TEXT_IMPL_H
#define NJORD_TEXT_IMPL_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the valid UTF-8 sequence that starts at text[0] (shortest form, no surrogates, at most
 * U+10FFFF; a NUL is valid here), 0 when there is none. len > 0. */
size_t njord_utf8_step(const unsigned char *text, size_t len);

/* Is all of it valid UTF-8 without a NUL? */
int njord_text_valid(const char *text, size_t len);

/* Does a text of valid UTF-8 have this form (NJORD_FORM_*)? */
int njord_text_has_form(uint32_t form, const char *text, size_t len);

/* What a form asks for, for people. */
const char *njord_form_text(uint32_t form);

/* 64-bit FNV-1a: tells keys of one map apart. */
uint64_t njord_text_hash(const char *text, size_t len);

#endif
