#include "base/yaml.h"

#include "base/arena.h"
#include "base/map.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* A list or map that is being read. */
struct level {
    struct nj_yaml_node *node, *last;
    struct nj_map keys; /* of a map: key to the node that has it */
    const char *key;    /* of a map: read, its value is next; NULL: a key is next */
    yaml_mark_t key_mark;
    bool repeated; /* the key stood there before: its value is read and dropped */
};

struct reader {
    yaml_parser_t parser;
    struct nj_arena *arena;
    struct nj_yaml_node *root;
    struct level levels[NJ_YAML_MAX_DEPTH];
    uint32_t depth, n_nodes, n_documents, n_repeated;
    nj_yaml_problem problem;
    void *ctx;
};

static int fail(struct reader *r, int code, uint32_t line, uint32_t column, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

static int fail(struct reader *r, int code, uint32_t line, uint32_t column, const char *fmt, ...)
{
    char text[NJ_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    r->problem(r->ctx, line, column, text);
    return code;
}

static uint32_t line_of(yaml_mark_t mark)
{
    return (uint32_t)mark.line + 1;
}

static uint32_t column_of(yaml_mark_t mark)
{
    return (uint32_t)mark.column + 1;
}

/* The static analyzer does not look into variadic functions: here it learns what comes back. */
#ifdef __clang_analyzer__
#define fail(r, code, ...) ((void)fail(r, code, __VA_ARGS__), (code))
#endif

#define REFUSE(r, event, ...)                                                                      \
    fail((r), NJ_ERR_INPUT, line_of((event)->start_mark), column_of((event)->start_mark),          \
         __VA_ARGS__)

/* Puts a node under the list or map that is open, or makes it the root. */
static int attach(struct reader *r, struct nj_yaml_node *node)
{
    if (r->depth == 0) {
        r->root = node;
        return 0;
    }
    struct level *level = &r->levels[r->depth - 1];
    if (level->node->kind == NJ_YAML_MAP) {
        node->key = level->key;
        node->key_line = line_of(level->key_mark);
        node->key_column = column_of(level->key_mark);
        level->key = NULL;
        if (level->repeated)
            return 0;
        if (!nj_map_put(&level->keys, node->key, node))
            return fail(r, NJ_ERR_NOMEM, 0, 0, "out of memory");
    }
    if (level->last)
        level->last->next = node;
    else
        level->node->first = node;
    level->last = node;
    level->node->n++;
    return 0;
}

static int take_node(struct reader *r, const yaml_event_t *event, enum nj_yaml_kind kind,
                     struct nj_yaml_node **out)
{
    if (++r->n_nodes > NJ_YAML_MAX_NODES)
        return REFUSE(r, event, "more than %u values", NJ_YAML_MAX_NODES);
    struct nj_yaml_node *node = nj_arena_take(r->arena, sizeof *node);
    if (!node)
        return fail(r, NJ_ERR_NOMEM, 0, 0, "out of memory");
    node->kind = kind;
    node->line = line_of(event->start_mark);
    node->column = column_of(event->start_mark);
    *out = node;
    return 0;
}

/* Does the map that is open expect a key next? */
static struct level *wants_key(struct reader *r)
{
    struct level *level = r->depth > 0 ? &r->levels[r->depth - 1] : NULL;
    return level && level->node->kind == NJ_YAML_MAP && !level->key ? level : NULL;
}

static int take_key(struct reader *r, struct level *level, const yaml_event_t *event,
                    const char *text)
{
    level->key = text;
    level->key_mark = event->start_mark;
    const struct nj_yaml_node *first = nj_map_get(&level->keys, text);
    level->repeated = first != NULL;
    if (!first)
        return 0;
    r->n_repeated++;
    REFUSE(r, event, "'%.64s': repeated key, first at line %u, column %u", text, first->key_line,
           first->key_column);
    return 0;
}

static int take_scalar(struct reader *r, const yaml_event_t *event)
{
    const char *bytes = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    if (memchr(bytes, '\0', len))
        return REFUSE(r, event, "a text with a NUL in it");
    char *text = nj_arena_text(r->arena, bytes, len);
    if (!text)
        return fail(r, NJ_ERR_NOMEM, 0, 0, "out of memory");
    struct level *level = wants_key(r);
    if (level) {
        if (++r->n_nodes > NJ_YAML_MAX_NODES)
            return REFUSE(r, event, "more than %u values", NJ_YAML_MAX_NODES);
        return take_key(r, level, event, text);
    }
    struct nj_yaml_node *node = NULL;
    int rc = take_node(r, event, NJ_YAML_SCALAR, &node);
    if (rc != 0)
        return rc;
    node->text = text;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return attach(r, node);
}

static int open_level(struct reader *r, const yaml_event_t *event, enum nj_yaml_kind kind)
{
    struct nj_yaml_node *node = NULL;
    if (wants_key(r))
        return REFUSE(r, event, "expected a text as key, found a %s",
                      kind == NJ_YAML_MAP ? "map" : "list");
    if (r->depth == NJ_YAML_MAX_DEPTH)
        return REFUSE(r, event, "more than %u levels deep", NJ_YAML_MAX_DEPTH);
    int rc = take_node(r, event, kind, &node);
    if (rc == 0)
        rc = attach(r, node);
    if (rc == 0)
        r->levels[r->depth++] = (struct level){.node = node};
    return rc;
}

static void close_level(struct reader *r)
{
    nj_map_free(&r->levels[--r->depth].keys, NULL);
}

static int take_event(struct reader *r, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor)
        return REFUSE(r, event, "anchor '&%.64s': not supported, write the value out",
                      (const char *)anchor);
    if (tag)
        return REFUSE(r, event, "tag '%.64s': not supported, quote a text instead",
                      (const char *)tag);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++r->n_documents > 1)
            return REFUSE(r, event, "a second document, expected one");
        return 0;
    case YAML_ALIAS_EVENT:
        return REFUSE(r, event, "alias '*%.64s': not supported, write the value out",
                      (const char *)event->data.alias.anchor);
    case YAML_SCALAR_EVENT:
        return take_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_level(r, event, NJ_YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        return open_level(r, event, NJ_YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_level(r);
        return 0;
    default:
        return 0;
    }
}

/* What libyaml says, with our place. Errors of its decoder have an offset instead of a mark. */
static int syntax_error(struct reader *r, const char *data, size_t len)
{
    const yaml_parser_t *p = &r->parser;
    const char *what = p->problem ? p->problem : "cannot be parsed";
    if (p->error == YAML_MEMORY_ERROR)
        return fail(r, NJ_ERR_NOMEM, 0, 0, "out of memory");
    if (p->error == YAML_READER_ERROR) {
        uint32_t line = 1, column = 1;
        for (size_t i = 0; i < len && i < p->problem_offset; i++) {
            if (data[i] == '\n') {
                line++;
                column = 1;
            } else if (((unsigned char)data[i] & 0xc0) != 0x80) {
                column++;
            }
        }
        return fail(r, NJ_ERR_INPUT, line, column, "not YAML: %s", what);
    }
    if (p->context)
        return fail(r, NJ_ERR_INPUT, line_of(p->problem_mark), column_of(p->problem_mark),
                    "not YAML: %s (%s at line %u)", what, p->context, line_of(p->context_mark));
    return fail(r, NJ_ERR_INPUT, line_of(p->problem_mark), column_of(p->problem_mark),
                "not YAML: %s", what);
}

static int read_events(struct reader *r, const char *data, size_t len)
{
    for (bool done = false; !done;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event))
            return syntax_error(r, data, len);
        int rc = take_event(r, &event);
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int nj_yaml_parse(struct nj_yaml **out, const char *data, size_t len, nj_yaml_problem problem,
                  void *ctx)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct reader r = {.problem = problem, .ctx = ctx};
    struct nj_yaml *yaml = NULL;
    int rc = 0;
    bool initialized = false;
    *out = NULL;
    if (len > NJ_YAML_MAX_BYTES) {
        rc = fail(&r, NJ_ERR_INPUT, 0, 0, "larger than %u bytes", NJ_YAML_MAX_BYTES);
        goto fail;
    }
    if (len >= 3 && memcmp(data, mark, 3) == 0) { /* a byte order mark says nothing in UTF-8 */
        data += 3;
        len -= 3;
    }
    yaml = calloc(1, sizeof *yaml);
    r.arena = yaml ? calloc(1, sizeof *r.arena) : NULL;
    initialized = r.arena && yaml_parser_initialize(&r.parser);
    if (!initialized) {
        rc = fail(&r, NJ_ERR_NOMEM, 0, 0, "out of memory");
        goto fail;
    }
    yaml->own = r.arena;
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)data, len);
    rc = read_events(&r, data, len);
    if (rc != 0)
        goto fail;
    yaml_parser_delete(&r.parser);
    yaml->root = r.root;
    *out = yaml;
    return r.n_repeated > 0 ? NJ_ERR_INPUT : 0;
fail:
    while (r.depth > 0)
        close_level(&r);
    if (initialized)
        yaml_parser_delete(&r.parser);
    if (r.arena)
        nj_arena_free(r.arena);
    free(r.arena);
    free(yaml);
    return rc;
}

void nj_yaml_free(struct nj_yaml *yaml)
{
    if (!yaml)
        return;
    nj_arena_free(yaml->own);
    free(yaml->own);
    free(yaml);
}

const struct nj_yaml_node *nj_yaml_get(const struct nj_yaml_node *map, const char *key)
{
    if (!map || map->kind != NJ_YAML_MAP)
        return NULL;
    for (const struct nj_yaml_node *node = map->first; node; node = node->next)
        if (strcmp(node->key, key) == 0)
            return node;
    return NULL;
}

bool nj_yaml_is_null(const struct nj_yaml_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (node->kind != NJ_YAML_SCALAR || node->quoted)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(node->text, words[i]) == 0)
            return true;
    return false;
}
