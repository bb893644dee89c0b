/* event_check.c - the validator: is an event that another party's code made whole? See
 * njord_event_check in njord/contract.h. Pure [any]; reads nothing outside `cap` bytes, whatever
 * the event claims. */
#include "codec_impl.h"
#include "event_impl.h"
#include "text_impl.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where a complaint goes, and of which contract it speaks. */
typedef struct complaint {
    const njord_contract *contract;
    char *why;
    size_t cap;
} complaint;

__attribute__((format(printf, 3, 4))) static int refuse(const complaint *to,
                                                        const njord_field *field,
                                                        const char *format, ...)
{
    if (to->why != NULL && to->cap > 0) {
        int n = snprintf(to->why, to->cap,
                         "%s%s%s: ", to->contract == NULL ? "event" : to->contract->name,
                         field == NULL ? "" : ".", field == NULL ? "" : field->name);
        if (n > 0 && (size_t)n < to->cap) {
            va_list args;
            va_start(args, format);
            (void)vsnprintf(to->why + n, to->cap - (size_t)n, format, args);
            va_end(args);
        }
    }
    return NJORD_E_ARG;
}

/* A text in `size` bytes: ended, and valid. Returns its length, or `size` when not. */
static size_t bounded_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size);
    return len < size && njord_text_valid(text, len) ? len : size;
}

static int check_text(const complaint *to, const njord_field *field, const char *text)
{
    size_t len = strnlen(text, field->size);
    if (len == field->size)
        return refuse(to, field, "longer than %u bytes", field->size - 1);
    if (!njord_text_valid(text, len))
        return refuse(to, field, "not valid UTF-8");
    if (!njord_text_has_form(field->form, text, len))
        return refuse(to, field, "not %s", njord_form_text(field->form));
    return 0;
}

static int check_levels(const complaint *to, const njord_field *field, const njord_level *level,
                        uint32_t count)
{
    if (count > NJORD_MAX_LEVELS)
        return refuse(to, field, "more than %u levels", NJORD_MAX_LEVELS);
    for (uint32_t i = 0; i < count; i++)
        if (!isfinite(level[i].price) || !isfinite(level[i].qty))
            return refuse(to, field, "level %u is not finite", i);
    return 0;
}

static int check_strmap(const complaint *to, const njord_field *field, const njord_text_pair *pair,
                        uint32_t count)
{
    if (count > NJORD_MAX_META)
        return refuse(to, field, "more than %u pairs", NJORD_MAX_META);
    for (uint32_t i = 0; i < count; i++) {
        if (bounded_text(pair[i].key, sizeof pair[i].key) == sizeof pair[i].key ||
            pair[i].key[0] == '\0')
            return refuse(to, field, "key %u is empty, not ended or not UTF-8", i);
        if (bounded_text(pair[i].value, sizeof pair[i].value) == sizeof pair[i].value)
            return refuse(to, field, "the value of '%s' is not ended or not UTF-8", pair[i].key);
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(pair[i].key, pair[j].key) == 0)
                return refuse(to, field, "key '%s' twice", pair[i].key);
    }
    return 0;
}

static int check_realmap(const complaint *to, const njord_field *field, const njord_real_pair *pair,
                         uint32_t count)
{
    njord_keys keys;
    if (count > NJORD_MAX_REALS)
        return refuse(to, field, "more than %u pairs", NJORD_MAX_REALS);
    njord_keys_init(&keys);
    for (uint32_t i = 0; i < count; i++) {
        size_t len = bounded_text(pair[i].key, sizeof pair[i].key);
        if (len == sizeof pair[i].key || len == 0)
            return refuse(to, field, "key %u is empty, not ended or not UTF-8", i);
        if (!isfinite(pair[i].value))
            return refuse(to, field, "the value of '%s' is not finite", pair[i].key);
        if (!njord_keys_add(&keys, njord_text_hash(pair[i].key, len)))
            return refuse(to, field, "key '%s' twice", pair[i].key);
    }
    return 0;
}

static int check_curve(const complaint *to, const njord_field *field, const njord_point *point,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (point[i].ts_ns == NJORD_NONE_I64 || !isfinite(point[i].value))
            return refuse(to, field, "point %u has no time or is not finite", i);
    return 0;
}

static int check_intents(const complaint *to, const njord_field *field, const char *at, size_t room,
                         uint32_t count)
{
    if (count > NJORD_MAX_INTENTS)
        return refuse(to, field, "more than %u orders", NJORD_MAX_INTENTS);
    for (uint32_t i = 0; i < count; i++) {
        const njord_event *intent = (const njord_event *)(const void *)at;
        if (room < sizeof *intent || intent->type != NJORD_EV_INTENT)
            return refuse(to, field, "item %u is no OrderIntent", i);
        int rc = njord_event_check(intent, room, to->why, to->cap);
        if (rc != 0)
            return rc;
        at += intent->size;
        room -= intent->size;
    }
    return 0;
}

static int check_tail(const complaint *to, const njord_event *event, const njord_field *field)
{
    const njord_tail tail = *(const njord_tail *)njord_field_at(event, field);
    if (tail.count == 0)
        return 0;
    if (tail.offset < event->head || tail.offset > event->size || tail.offset % 8 != 0)
        return refuse(to, field, "its tail starts outside the event's");
    size_t room = event->size - tail.offset;
    uint64_t item = njord_tail_item_size(field->kind);
    if (item * tail.count > room)
        return refuse(to, field, "its tail ends behind the event");
    const void *items = (const char *)event + tail.offset;
    switch (field->kind) {
    case NJORD_FIELD_TEXT:
        if (tail.count > NJORD_MAX_TEXT)
            return refuse(to, field, "longer than %u bytes", NJORD_MAX_TEXT);
        if (tail.count == room || ((const char *)items)[tail.count] != '\0')
            return refuse(to, field, "not ended");
        return njord_text_valid(items, tail.count) ? 0 : refuse(to, field, "not valid UTF-8");
    case NJORD_FIELD_LEVELS:
        return check_levels(to, field, items, tail.count);
    case NJORD_FIELD_STRMAP:
        return check_strmap(to, field, items, tail.count);
    case NJORD_FIELD_REALMAP:
        return check_realmap(to, field, items, tail.count);
    case NJORD_FIELD_CURVE:
        return check_curve(to, field, items, tail.count);
    case NJORD_FIELD_INTENTS:
        return check_intents(to, field, items, room, tail.count);
    default: {
        njord_any_error bad;
        return njord_any_check(items, tail.count, &bad) == 0 ? 0 : refuse(to, field, "%s", bad.why);
    }
    }
}

static int check_field(const complaint *to, const njord_event *event, const njord_field *field)
{
    if (!njord_field_present(event, field))
        return (field->flags & NJORD_FIELD_REQUIRED) != 0 ? refuse(to, field, "missing") : 0;
    const void *at = njord_field_at(event, field);
    switch (field->kind) {
    case NJORD_FIELD_I64:
        return 0;
    case NJORD_FIELD_F64:
        return isfinite(*(const double *)at) ? 0 : refuse(to, field, "not finite");
    case NJORD_FIELD_BOOL:
        return *(const uint8_t *)at <= 1 ? 0 : refuse(to, field, "neither 0 nor 1");
    case NJORD_FIELD_ENUM:
        return njord_code_text(field->codes, *(const uint8_t *)at) != NULL
                   ? 0
                   : refuse(to, field, "unknown code %u", *(const uint8_t *)at);
    case NJORD_FIELD_STR:
        return check_text(to, field, at);
    default:
        return check_tail(to, event, field);
    }
}

int njord_event_check(const njord_event *event, size_t cap, char *why, size_t why_cap)
{
    complaint to = {NULL, why, why_cap};
    if (cap < sizeof *event)
        return refuse(&to, NULL, "shorter than an event's head");
    const njord_contract *contract = njord_contract_of(event->type);
    if (contract == NULL)
        return refuse(&to, NULL, "unknown type %u", event->type);
    to.contract = contract;
    if (event->size > cap || event->size % 8 != 0)
        return refuse(&to, NULL,
                      "its size %u is not a multiple of 8 or exceeds the %zu bytes it stands in",
                      event->size, cap);
    if (event->head < sizeof *event || event->head > event->size || event->head % 8 != 0)
        return refuse(&to, NULL, "its head of %u bytes does not fit it", event->head);
    if (event->seq > INT64_MAX)
        return refuse(&to, NULL, "its seq is out of range");
    for (const njord_field *f = contract->fields; f < contract->fields + contract->n_fields; f++) {
        int rc = check_field(&to, event, f);
        if (rc != 0)
            return rc;
        if ((f->flags & NJORD_FIELD_TIME) != 0 &&
            *(const int64_t *)njord_field_at(event, f) != event->ts_ns)
            return refuse(&to, f, "differs from the event's own time");
    }
    return 0;
}
