/* event_impl.h - events in memory, as the codecs see them. */
#ifndef NJORD_EVENT_IMPL_H
#define NJORD_EVENT_IMPL_H

#include <njord/contract.h>

/* Where a member stands in its event. The sender must have known it (njord_field_known). */
static inline const void *njord_field_at(const njord_event *event, const njord_field *field)
{
    return (const char *)event + field->offset;
}

static inline int njord_field_known(const njord_event *event, const njord_field *field)
{
    return field->offset + field->size <= event->head;
}

/* Is the member there? Of a required list or map: always, it may be empty. */
int njord_field_present(const njord_event *event, const njord_field *field);

/* Bytes of an item of a tail of this kind; 0: it has none of one size (intents), or the kind is no
 * tail. */
size_t njord_tail_item_size(uint32_t kind);

static inline int njord_field_is_tail(const njord_field *field)
{
    return field->kind >= NJORD_FIELD_TEXT;
}

static inline size_t njord_round8(size_t n)
{
    return (n + 7u) & ~(size_t)7u;
}

#endif
