/* state_in.c - reading saved state; writing is state_out.c. See njord/state.h. [control]
 *
 * The bytes may come from another version, or from a disk that lost some: they are checked whole
 * before anything is taken. */
#include "msgpack_wire.h"
#include "state_impl.h"
#include "text_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the check ------------------------------------------------------------------------------- */

static njord_status refuse(char *why, const char *what)
{
    (void)snprintf(why, NJORD_STATE_WHY, "state: %s", what);
    return NJORD_E_STATE;
}

/* Keys of one map, by hash, as a table of twice their number that grows with it; malloc'd past a
 * few. */
typedef struct key_set {
    uint64_t few[32];
    uint64_t *slots;
    uint32_t mask;
    uint32_t count;
} key_set;

static int set_open(key_set *set, uint32_t pairs)
{
    set->count = 0;
    set->slots = NULL;
    set->mask = 0;
    if (pairs <= sizeof set->few / sizeof set->few[0])
        return 1;
    uint32_t size = 64;
    while (size < 2u * pairs)
        size *= 2;
    set->mask = size - 1;
    set->slots = calloc(size, sizeof *set->slots);
    return set->slots != NULL;
}

/* 0: it was there. */
static int set_add(key_set *set, uint64_t hash)
{
    hash += hash == 0; /* 0 is an empty slot */
    if (set->slots == NULL) {
        for (uint32_t i = 0; i < set->count; i++)
            if (set->few[i] == hash)
                return 0;
        set->few[set->count++] = hash;
        return 1;
    }
    /* the table is never more than half full */
    for (uint32_t i = (uint32_t)(hash >> 32) & set->mask;; i = (i + 1) & set->mask) {
        if (set->slots[i] == hash)
            return 0;
        if (set->slots[i] == 0) {
            set->slots[i] = hash;
            return 1;
        }
    }
}

static njord_status check_value(wire_cursor *in, unsigned depth, char *why);

static njord_status check_map(wire_cursor *in, uint32_t pairs, unsigned depth, char *why)
{
    key_set keys;
    njord_status status = NJORD_OK;
    if (!set_open(&keys, pairs)) {
        (void)snprintf(why, NJORD_STATE_WHY, "state: no memory");
        return NJORD_E_NOMEM;
    }
    for (uint32_t i = 0; i < pairs && status == NJORD_OK; i++) {
        wire_value key;
        if (njord_wire_read(in, &key) != WIRE_OK || key.kind != WIRE_STR || key.count == 0 ||
            key.count > NJORD_STATE_KEY || !njord_text_valid((const char *)key.data, key.count))
            status = refuse(why, "a key that is no text of 1 to 255 bytes");
        else if (!set_add(&keys, njord_text_hash((const char *)key.data, key.count))) {
            (void)snprintf(why, NJORD_STATE_WHY, "state '%.*s': this key stands twice",
                           (int)(key.count > 60 ? 60 : key.count), (const char *)key.data);
            status = NJORD_E_STATE;
        } else
            status = check_value(in, depth, why);
    }
    free(keys.slots);
    return status;
}

static njord_status check_value(wire_cursor *in, unsigned depth, char *why)
{
    wire_value v;
    if (njord_wire_read(in, &v) != WIRE_OK)
        return refuse(why, "cut off, or not msgpack");
    if (v.kind == WIRE_STR)
        return njord_text_valid((const char *)v.data, v.count)
                   ? NJORD_OK
                   : refuse(why, "a text that is not UTF-8");
    if (v.kind != WIRE_MAP && v.kind != WIRE_LIST)
        return NJORD_OK;
    if (depth == NJORD_STATE_DEPTH)
        return refuse(why, "maps and lists more than 8 deep");
    if (v.kind == WIRE_MAP)
        return check_map(in, v.count, depth + 1, why);
    njord_status status = NJORD_OK;
    for (uint32_t i = 0; i < v.count && status == NJORD_OK; i++)
        status = check_value(in, depth + 1, why);
    return status;
}

njord_status njord_state_check(const unsigned char *data, size_t len, char why[NJORD_STATE_WHY])
{
    wire_cursor in = {data, data + len}, peek = in;
    wire_value v;
    why[0] = '\0';
    if (njord_wire_read(&peek, &v) != WIRE_OK || v.kind != WIRE_MAP)
        return refuse(why, "not a msgpack map");
    njord_status status = check_value(&in, 0, why);
    if (status == NJORD_OK && in.at != in.end)
        return refuse(why, "bytes behind its end");
    return status;
}

/* ---- open and close -------------------------------------------------------------------------- */

static void open_empty(njord_state_in *in)
{
    memset(in, 0, sizeof *in);
    in->root = in;
}

/* `in` over the map or list whose header is read. */
static void open_over(njord_state_in *in, const wire_cursor *behind_header, const wire_value *v)
{
    in->first = in->next = behind_header->at;
    in->end = behind_header->end;
    in->count = in->left = v->count;
    in->is_list = v->kind == WIRE_LIST;
}

njord_status njord_state_in_open_bytes(njord_state_in *in, const void *data, size_t len)
{
    open_empty(in);
    if (len == 0)
        return NJORD_OK;
    if (len > NJORD_STATE_MAX) {
        (void)snprintf(in->why, sizeof in->why, "state: larger than 64 MiB");
        return in->status = NJORD_E_LIMIT;
    }
    in->status = njord_state_check(data, len, in->why);
    if (in->status != NJORD_OK)
        return in->status;
    wire_cursor cursor = {data, (const unsigned char *)data + len};
    wire_value v;
    (void)njord_wire_read(&cursor, &v);
    open_over(in, &cursor, &v);
    return NJORD_OK;
}

/* All that the reader gives; short reads are normal. */
static njord_status read_all(const njord_reader *reader, unsigned char **data, size_t *len,
                             char *why)
{
    size_t cap = 0, used = 0;
    unsigned char *bytes = NULL;
    njord_status status = NJORD_OK;
    for (;;) {
        if (used == cap) {
            if (cap > NJORD_STATE_MAX) {
                (void)snprintf(why, NJORD_STATE_WHY, "state: larger than 64 MiB");
                status = NJORD_E_LIMIT;
                goto fail;
            }
            /* one byte more than allowed, so that too much is noticed */
            size_t more = cap == 0                     ? 4096
                          : cap >= NJORD_STATE_MAX / 2 ? NJORD_STATE_MAX + 1u
                                                       : cap * 2;
            unsigned char *larger = realloc(bytes, more);
            if (larger == NULL) {
                (void)snprintf(why, NJORD_STATE_WHY, "state: no memory");
                status = NJORD_E_NOMEM;
                goto fail;
            }
            bytes = larger;
            cap = more;
        }
        int64_t n = reader->read(reader->ctx, bytes + used, cap - used);
        if (n == 0)
            break;
        if (n < 0 || (uint64_t)n > cap - used) {
            status = n < 0 && n > INT32_MIN ? (njord_status)n : NJORD_E_FAIL;
            (void)snprintf(why, NJORD_STATE_WHY, "state: the host's reader failed (%d)",
                           (int)status);
            goto fail;
        }
        used += (size_t)n;
    }
    *data = bytes;
    *len = used;
    return NJORD_OK;
fail:
    free(bytes);
    return status;
}

njord_status njord_state_in_open(njord_state_in *in, const njord_reader *reader)
{
    unsigned char *data = NULL;
    size_t len = 0;
    open_empty(in);
    njord_status status = read_all(reader, &data, &len, in->why);
    if (status != NJORD_OK)
        return in->status = status;
    status = njord_state_in_open_bytes(in, data, len);
    in->owned = data;
    return status;
}

njord_status njord_state_in_close(njord_state_in *in)
{
    if (in == NULL)
        return NJORD_OK;
    free(in->owned);
    in->owned = NULL;
    in->first = in->next = in->end = NULL;
    in->count = in->left = 0;
    return in->root == NULL ? in->status : in->root->status;
}

/* ---- looking up ------------------------------------------------------------------------------ */

static void wrong(njord_state_in *in, const char *key, const char *expected, uint32_t found)
{
    njord_state_in *root = in->root;
    if (root->status != NJORD_OK)
        return;
    root->status = NJORD_E_STATE;
    (void)snprintf(root->why, sizeof root->why, "state '%.60s': expected %s, found %s",
                   key == NULL ? "item of a list" : key, expected, njord_wire_name(found));
}

/* Finds the value of a key and reads its header; *at stands behind it. 0: there is none, or nil.
 * The search goes on where the last one ended, so reading in the order of writing costs one step a
 * key. */
static int find(njord_state_in *in, const char *key, wire_value *v, wire_cursor *at)
{
    if (in->count == 0 || in->root->status != NJORD_OK)
        return 0;
    if ((key == NULL) != (in->is_list != 0)) {
        wrong(in, key, key == NULL ? "a list" : "a map", in->is_list ? WIRE_LIST : WIRE_MAP);
        return 0;
    }
    wire_cursor cursor = {in->next, in->end};
    if (key == NULL) {
        if (in->left == 0)
            return 0;
        in->left--;
        *at = cursor;
        (void)njord_wire_read(at, v);
        (void)njord_wire_skip(&cursor, NJORD_STATE_DEPTH);
        in->next = cursor.at;
        return v->kind != WIRE_NIL;
    }
    size_t len = strlen(key);
    for (uint32_t tried = 0; tried < in->count; tried++) {
        if (in->left == 0) { /* round to the first */
            in->left = in->count;
            cursor.at = in->first;
        }
        wire_value name;
        (void)njord_wire_read(&cursor, &name);
        *at = cursor;
        (void)njord_wire_skip(&cursor, NJORD_STATE_DEPTH);
        in->left--;
        in->next = cursor.at;
        if (name.count == len && memcmp(name.data, key, len) == 0) {
            (void)njord_wire_read(at, v);
            return v->kind != WIRE_NIL;
        }
    }
    return 0;
}

/* The same without moving on. */
static int look(njord_state_in *in, const char *key, wire_value *v)
{
    wire_cursor at;
    const unsigned char *next = in->next;
    uint32_t left = in->left;
    int found = find(in, key, v, &at);
    in->next = next;
    in->left = left;
    return found;
}

int njord_state_has(njord_state_in *in, const char *key)
{
    wire_value v;
    return key != NULL && look(in, key, &v);
}

int64_t njord_state_get_i64(njord_state_in *in, const char *key, int64_t fallback)
{
    wire_value v;
    wire_cursor at;
    if (!find(in, key, &v, &at))
        return fallback;
    if (v.kind == WIRE_INT)
        return v.as.i;
    wrong(in, key, "i64", v.kind);
    return fallback;
}

static int real_of(const wire_value *v, double *out)
{
    if (v->kind == WIRE_REAL)
        *out = v->as.f;
    else if (v->kind == WIRE_INT)
        *out = (double)v->as.i;
    else
        return 0;
    return 1;
}

double njord_state_get_f64(njord_state_in *in, const char *key, double fallback)
{
    wire_value v;
    wire_cursor at;
    double out = fallback;
    if (find(in, key, &v, &at) && !real_of(&v, &out))
        wrong(in, key, "f64", v.kind);
    return out;
}

int njord_state_get_bool(njord_state_in *in, const char *key, int fallback)
{
    wire_value v;
    wire_cursor at;
    if (!find(in, key, &v, &at))
        return fallback;
    if (v.kind == WIRE_BOOL)
        return v.as.i != 0;
    wrong(in, key, "bool", v.kind);
    return fallback;
}

size_t njord_state_get_text(njord_state_in *in, const char *key, char *out, size_t cap)
{
    wire_value v;
    wire_cursor at;
    if (cap > 0)
        out[0] = '\0';
    if (!find(in, key, &v, &at))
        return 0;
    if (v.kind != WIRE_STR || v.count >= cap) {
        wrong(in, key, v.kind == WIRE_STR ? "a shorter text" : "str", v.kind);
        return 0;
    }
    memcpy(out, v.data, v.count);
    out[v.count] = '\0';
    return v.count;
}

const void *njord_state_get_bytes(njord_state_in *in, const char *key, size_t *len)
{
    wire_value v;
    wire_cursor at;
    *len = 0;
    if (!find(in, key, &v, &at))
        return NULL;
    if (v.kind != WIRE_BIN) {
        wrong(in, key, "bin", v.kind);
        return NULL;
    }
    *len = v.count;
    return v.data;
}

/* The list under a key, of at most `cap` items; 0: none. */
static uint32_t find_array(njord_state_in *in, const char *key, size_t cap, wire_cursor *at)
{
    wire_value v;
    if (!find(in, key, &v, at))
        return 0;
    if (v.kind == WIRE_LIST && v.count <= cap)
        return v.count;
    wrong(in, key, v.kind == WIRE_LIST ? "fewer items" : "list", v.kind);
    return 0;
}

size_t njord_state_get_f64_array(njord_state_in *in, const char *key, double *out, size_t cap)
{
    wire_cursor at;
    uint32_t n = find_array(in, key, cap, &at);
    for (uint32_t i = 0; i < n; i++) {
        wire_value v;
        (void)njord_wire_read(&at, &v);
        if (!real_of(&v, &out[i])) {
            wrong(in, key, "a list of f64", v.kind);
            return 0;
        }
    }
    return n;
}

size_t njord_state_get_i64_array(njord_state_in *in, const char *key, int64_t *out, size_t cap)
{
    wire_cursor at;
    uint32_t n = find_array(in, key, cap, &at);
    for (uint32_t i = 0; i < n; i++) {
        wire_value v;
        (void)njord_wire_read(&at, &v);
        if (v.kind != WIRE_INT) {
            wrong(in, key, "a list of i64", v.kind);
            return 0;
        }
        out[i] = v.as.i;
    }
    return n;
}

size_t njord_state_length(njord_state_in *in, const char *key)
{
    wire_value v;
    if (key == NULL || !look(in, key, &v))
        return 0;
    if (v.kind == WIRE_LIST || v.kind == WIRE_MAP)
        return v.count;
    wrong(in, key, "list or map", v.kind);
    return 0;
}

static size_t enter(njord_state_in *in, const char *key, njord_state_in *sub, uint32_t kind)
{
    wire_value v;
    wire_cursor at;
    njord_state_in *root = in->root;
    int found = find(in, key, &v, &at);
    open_empty(sub);
    sub->root = root;
    sub->is_list = kind == WIRE_LIST;
    if (!found)
        return 0;
    if (v.kind != kind) {
        wrong(in, key, kind == WIRE_LIST ? "list" : "map", v.kind);
        return 0;
    }
    open_over(sub, &at, &v);
    return v.count;
}

size_t njord_state_in_map(njord_state_in *in, const char *key, njord_state_in *sub)
{
    return enter(in, key, sub, WIRE_MAP);
}

size_t njord_state_in_list(njord_state_in *in, const char *key, njord_state_in *sub)
{
    return enter(in, key, sub, WIRE_LIST);
}

size_t njord_state_left(const njord_state_in *in)
{
    return in->left;
}
