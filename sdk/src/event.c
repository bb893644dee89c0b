/* event.c - events in memory: made empty, reached into, appended to. See njord/contract.h; the
 * validator is event_check.c. Pure [any]. */
#include "event_impl.h"

#include <math.h>
#include <string.h>

void njord_event_init(void *event, uint32_t type)
{
    const njord_contract *contract = njord_contract_of(type);
    njord_event *ev = event;
    size_t head = contract == NULL ? sizeof *ev : contract->head;
    memset(event, 0, head);
    ev->size = (uint32_t)head;
    ev->head = (uint16_t)head;
    ev->type = (uint16_t)type;
    ev->ts_ns = NJORD_NONE_I64;
    ev->ts_recv_ns = NJORD_NONE_I64;
    ev->symbol_id = NJORD_NO_SYMBOL;
    if (contract == NULL)
        return;
    const double none_f64 = NAN;
    const int64_t none_i64 = NJORD_NONE_I64;
    for (const njord_field *f = contract->fields; f < contract->fields + contract->n_fields; f++) {
        char *at = (char *)event + f->offset;
        if (f->kind == NJORD_FIELD_F64)
            memcpy(at, &none_f64, sizeof none_f64);
        else if (f->kind == NJORD_FIELD_I64)
            memcpy(at, &none_i64, sizeof none_i64);
        else if (f->kind == NJORD_FIELD_BOOL || f->kind == NJORD_FIELD_ENUM)
            *(uint8_t *)at = NJORD_NONE_U8;
    }
}

int njord_field_present(const njord_event *event, const njord_field *field)
{
    if (!njord_field_known(event, field))
        return 0;
    const void *at = njord_field_at(event, field);
    switch (field->kind) {
    case NJORD_FIELD_I64:
        return *(const int64_t *)at != NJORD_NONE_I64;
    case NJORD_FIELD_F64:
        return njord_is_set_f64(*(const double *)at);
    case NJORD_FIELD_BOOL:
    case NJORD_FIELD_ENUM:
        return *(const uint8_t *)at != NJORD_NONE_U8;
    case NJORD_FIELD_STR:
        return *(const char *)at != '\0';
    default:
        return (field->flags & NJORD_FIELD_REQUIRED) != 0 || ((const njord_tail *)at)->count > 0;
    }
}

static const char *text_member(const njord_event *event, uint32_t at, uint32_t size)
{
    return at == 0 || at + size > event->head ? "" : (const char *)event + at;
}

const char *njord_event_symbol(const njord_event *event)
{
    const njord_contract *contract = njord_contract_of(event->type);
    return contract == NULL ? "" : text_member(event, contract->symbol_at, NJORD_SYMBOL_SIZE);
}

const char *njord_event_strategy(const njord_event *event)
{
    const njord_contract *contract = njord_contract_of(event->type);
    return contract == NULL ? "" : text_member(event, contract->strategy_at, NJORD_ID_SIZE);
}

/* ---- tails ----------------------------------------------------------------------------------- */

size_t njord_tail_item_size(uint32_t kind)
{
    switch (kind) {
    case NJORD_FIELD_TEXT:
    case NJORD_FIELD_ANY:
        return 1;
    case NJORD_FIELD_LEVELS:
        return sizeof(njord_level);
    case NJORD_FIELD_STRMAP:
        return sizeof(njord_text_pair);
    case NJORD_FIELD_REALMAP:
        return sizeof(njord_real_pair);
    case NJORD_FIELD_CURVE:
        return sizeof(njord_point);
    default:
        return 0;
    }
}

const void *njord_tail_items(const njord_event *event, njord_tail tail)
{
    return tail.count == 0 ? NULL : (const char *)event + tail.offset;
}

const char *njord_meta(const njord_event *event, njord_tail meta, const char *key)
{
    const njord_text_pair *pair = njord_tail_items(event, meta);
    for (uint32_t i = 0; i < meta.count; i++)
        if (strcmp(pair[i].key, key) == 0)
            return pair[i].value;
    return NULL;
}

double njord_real(const njord_event *event, njord_tail map, const char *key)
{
    const njord_real_pair *pair = njord_tail_items(event, map);
    for (uint32_t i = 0; i < map.count; i++)
        if (strcmp(pair[i].key, key) == 0)
            return pair[i].value;
    return NAN;
}

/* Bytes of `count` intents that stand one behind the other, 0: one of them is none. */
static size_t size_of_intents(const void *items, uint32_t count)
{
    const char *at = items;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size;
        memcpy(&size, at + offsetof(njord_event, size), sizeof size);
        if (size < sizeof(njord_event) || size % 8 != 0)
            return 0;
        at += size;
    }
    return (size_t)(at - (const char *)items);
}

static const njord_field *field_of_tail(const njord_event *event, const njord_tail *tail)
{
    const njord_contract *contract = njord_contract_of(event->type);
    if (contract == NULL)
        return NULL;
    for (const njord_field *f = contract->fields; f < contract->fields + contract->n_fields; f++)
        if (njord_field_is_tail(f) && (const void *)tail == njord_field_at(event, f))
            return f;
    return NULL;
}

int njord_tail_put(njord_event *event, size_t cap, njord_tail *tail, const void *items,
                   uint32_t count, size_t item_size)
{
    const njord_field *field = field_of_tail(event, tail);
    if (field == NULL || !njord_field_known(event, field))
        return NJORD_E_ARG;
    if (count == 0) {
        tail->offset = tail->count = 0;
        return 0;
    }
    size_t bytes, zeros = 0;
    if (field->kind == NJORD_FIELD_INTENTS) {
        bytes = size_of_intents(items, count);
        if (bytes == 0)
            return NJORD_E_ARG;
    } else {
        if (item_size != njord_tail_item_size(field->kind))
            return NJORD_E_ARG;
        bytes = item_size * count;
        zeros = field->kind == NJORD_FIELD_TEXT; /* the NUL */
    }
    size_t start = njord_round8(event->size);
    size_t end = njord_round8(start + bytes + zeros);
    if (end > cap || end > UINT32_MAX)
        return NJORD_E_LIMIT;
    memcpy((char *)event + start, items, bytes);
    memset((char *)event + start + bytes, 0, end - start - bytes);
    tail->offset = (uint32_t)start;
    tail->count = count;
    event->size = (uint32_t)end;
    return 0;
}
