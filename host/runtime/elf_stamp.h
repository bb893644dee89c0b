/* elf_stamp.h - reads a plugin's stamp out of its file, before any of its code runs.
 *
 * A bounded reader of ELF: every offset and count from the file is checked against its length,
 * nothing is allocated, nothing of the file is executed. Constructors run inside dlopen, so this is
 * what stands before it. Pure. */
#ifndef NJ_RUNTIME_ELF_STAMP_H
#define NJ_RUNTIME_ELF_STAMP_H

#include "base/err.h"

#include <njord/abi.h>

/* The stamp of `njord_entry` in the `len` bytes of a shared object. NJ_ERR_INPUT: not an ELF shared
 * object of this machine, cut short, or without that symbol; the text says which and does not name
 * the file. */
int nj_elf_stamp(const void *data, size_t len, njord_stamp *out, struct nj_error *err);

/* The first symbol besides `njord_entry` that the shared object exports, "" when there is none: a
 * plugin that exports more may be bound to by others. Errors as above. */
int nj_elf_foreign_export(const void *data, size_t len, char *out, size_t cap,
                          struct nj_error *err);

/* Does this host load what was built with this stamp? NJ_ERR_REFUSED names the field, what was
 * expected and what was found. */
int nj_stamp_check(const njord_stamp *stamp, struct nj_error *err);

#endif
