/* yaml.h - one YAML document as a tree that remembers where everything stands.
 *
 * A strict subset of YAML, read by libyaml: maps with text keys, lists, scalars. Refused with one
 * line each: aliases, anchors, tags, a second document, repeated keys, NUL in a text, keys that are
 * no text, more than 32 levels, 1,000,000 nodes or 16 MiB. Scalars stay text: what they mean is the
 * reader's to say. Whoever parsed a tree owns it and ends it with nj_yaml_free(); it is constant.
 */
#ifndef NJ_BASE_YAML_H
#define NJ_BASE_YAML_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NJ_YAML_MAX_DEPTH 32u
#define NJ_YAML_MAX_NODES 1000000u
#define NJ_YAML_MAX_BYTES 16777216u

enum nj_yaml_kind { NJ_YAML_SCALAR, NJ_YAML_LIST, NJ_YAML_MAP };

struct nj_yaml_node {
    enum nj_yaml_kind kind;
    bool quoted;           /* scalar: in quotes or a block of text, so it is text */
    uint32_t line, column; /* of the value, 1-based */
    const char *text;      /* scalar: its text, NUL-ended; NULL else */
    const char *key;       /* of an entry of a map; NULL else */
    uint32_t key_line, key_column;
    uint32_t n;                       /* list, map: how many */
    const struct nj_yaml_node *first; /* list, map: the first of them */
    const struct nj_yaml_node *next;  /* behind this one in its list or map */
};

struct nj_yaml {
    const struct nj_yaml_node *root; /* NULL: the document is empty */
    void *own;
};

/* Told of each problem: where (1-based; 0: nowhere in particular) and what, without the file's
 * name. */
typedef void (*nj_yaml_problem)(void *ctx, uint32_t line, uint32_t column, const char *text);

/* Parses bytes that need not end with a NUL. 0; or NJ_ERR_INPUT (or NJ_ERR_NOMEM) after `problem`
 * was told why. *out is NULL then, but for repeated keys alone: it then holds the tree with the
 * first of each, so that what else is wrong in the file can be told too. */
int nj_yaml_parse(struct nj_yaml **out, const char *data, size_t len, nj_yaml_problem problem,
                  void *ctx);
void nj_yaml_free(struct nj_yaml *yaml);

/* The value of a key of a map, NULL: not there (or `map` is NULL or no map). */
const struct nj_yaml_node *nj_yaml_get(const struct nj_yaml_node *map, const char *key);

/* Is it a plain scalar that means nothing: "", "~", "null", "Null", "NULL"? */
bool nj_yaml_is_null(const struct nj_yaml_node *node);

#endif
