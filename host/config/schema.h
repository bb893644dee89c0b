/* schema.h - every key of the configuration, once: the table behind loader, checks, reference page
 * and example files.
 *
 * Constant. A default stands as YAML text and goes through the same reader as what a person wrote.
 * Only the folder host/config includes this. */
#ifndef NJ_CONFIG_SCHEMA_H
#define NJ_CONFIG_SCHEMA_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nj_key_type {
    NJ_KEY_BOOL,     /* bool */
    NJ_KEY_INT,      /* int64_t, uint64_t */
    NJ_KEY_REAL,     /* double */
    NJ_KEY_TEXT,     /* char[size] */
    NJ_KEY_ENUM,     /* an enum: int */
    NJ_KEY_DURATION, /* int64_t ns */
    NJ_KEY_LIST,     /* char ** and a uint32_t: texts */
    NJ_KEY_PARAMS,   /* struct nj_param_text * and a uint32_t: checked by the plugin's own table */
    NJ_KEY_MAP       /* keys below this one, in the same struct */
};

/* A word of an enumeration. */
struct nj_choice {
    const char *text; /* NULL ends the list */
    int code;
    const char *refusal; /* known, but this version cannot do it: why and what to do; or NULL */
};

#define NJ_NOWHERE SIZE_MAX /* `at` of a key that is checked and not kept */

struct nj_key {
    const char *name;
    enum nj_key_type type;
    const char *fallback; /* the default as YAML; NULL: see `required` */
    bool required;        /* without fallback: must be given, else it stays "not given" */
    size_t at;            /* offset in struct nj_config, or in the entry's struct */
    size_t count_at;      /* lists, params: offset of how many */
    size_t size;          /* text, items of a list: bytes with the NUL */
    uint32_t min_items;   /* list */
    int64_t min_i, max_i; /* int, duration (ns) */
    double min_r, max_r;  /* real */
    bool above;           /* real: min_r itself is not allowed */
    bool hidden;          /* text: may hold a password, so what was found is not told */
    const struct nj_choice *choices;   /* enum; of a list: its only items */
    bool (*accepts)(const char *text); /* text, items of a list; NULL: any */
    const char *expected;              /* what it accepts, in words */
    const struct nj_key *keys;         /* map */
    const char *help;                  /* one sentence */
};

enum nj_section_type {
    NJ_SECTION_MAP,     /* keys in struct nj_config */
    NJ_SECTION_KEY,     /* one key at the top of the file, named as the section */
    NJ_SECTION_ENTRIES, /* a list of maps, each a struct nj_instance_config */
    NJ_SECTION_SYMBOLS  /* symbol to map, each a struct nj_symbol_config */
};

struct nj_section {
    const char *name;
    const char *file; /* "base.yaml", "strategies.yaml" */
    enum nj_section_type type;
    const struct nj_key *keys; /* ends with name NULL */
    const char *fallback;      /* entries: the default as YAML */
    size_t at, count_at;       /* entries, symbols */
    uint32_t kind;             /* entries: NJORD_KIND_* */
    bool live;                 /* may change without a restart */
    const char *help;
};

extern const struct nj_section nj_sections[]; /* ends with name NULL */

/* How many keys stand in a table. */
size_t nj_key_count(const struct nj_key *keys);
const struct nj_key *nj_key_find(const struct nj_key *keys, const char *name);
const struct nj_section *nj_section_find(const char *file, const char *name);

/* What a key takes, in words: "a number > 0", "one of dev, paper, live". */
void nj_key_expected(struct nj_buf *out, const struct nj_key *key);
/* "dev, paper, live": those that this version can do. */
void nj_choices_put(struct nj_buf *out, const struct nj_choice *choices);

/* The same as nj_config_reference() for njord.yaml(5), in man's own language. */
void nj_config_manual(struct nj_buf *out);

bool nj_is_symbol(const char *text); /* BASE/QUOTE */

#endif
