/* contract.c - looking things up in the tables of contracts, codes and topics. See
 * njord/contract.h. Pure [any]. */
#include "text_impl.h"

#include <njord/contract.h>
#include <string.h>

const njord_contract *njord_contract_of(uint32_t type)
{
    if (type >= NJORD_EV_COUNT || njord_contracts[type].name == NULL)
        return NULL;
    return &njord_contracts[type];
}

const njord_contract *njord_contract_named(const char *name)
{
    for (uint32_t type = 0; type < NJORD_EV_COUNT; type++)
        if (njord_contracts[type].name != NULL && strcmp(njord_contracts[type].name, name) == 0)
            return &njord_contracts[type];
    return NULL;
}

const char *njord_code_text(const njord_code *codes, uint32_t code)
{
    if (codes == NULL)
        return NULL;
    for (; codes->text != NULL; codes++)
        if (codes->code == code)
            return codes->text;
    return NULL;
}

uint8_t njord_code_of(const njord_code *codes, const char *text, size_t len)
{
    if (codes == NULL)
        return NJORD_NONE_U8;
    for (; codes->text != NULL; codes++)
        if (strlen(codes->text) == len && memcmp(codes->text, text, len) == 0)
            return (uint8_t)codes->code;
    return NJORD_NONE_U8;
}

const njord_code *njord_codes_of(uint32_t type, const char *field)
{
    const njord_contract *contract = njord_contract_of(type);
    if (contract == NULL)
        return NULL;
    for (uint32_t i = 0; i < contract->n_fields; i++)
        if (strcmp(contract->fields[i].name, field) == 0)
            return contract->fields[i].codes;
    return NULL;
}

/* ---- topics ---------------------------------------------------------------------------------- */

/* A placeholder of a pattern, the form of what stands for it, and where its value is in an event.
 */
static const struct placeholder {
    const char *text;
    uint32_t form;
} placeholders[] = {
    {"{symbol}", NJORD_FORM_SYMBOL},
    {"{timeframe}", NJORD_FORM_TIMEFRAME},
    {"{strategy_id}", NJORD_FORM_ID},
};

static const struct placeholder *placeholder_at(const char *pattern)
{
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++)
        if (strncmp(pattern, placeholders[i].text, strlen(placeholders[i].text)) == 0)
            return &placeholders[i];
    return NULL;
}

/* A placeholder at the end takes the rest (a symbol may hold dots), others what stands before the
 * next dot. */
static int fits(const char *pattern, const char *name)
{
    for (;;) {
        size_t n = strcspn(pattern, "{");
        if (strncmp(pattern, name, n) != 0)
            return 0;
        pattern += n;
        name += n;
        if (*pattern == '\0')
            return *name == '\0';
        const struct placeholder *place = placeholder_at(pattern);
        if (place == NULL)
            return 0;
        pattern += strlen(place->text);
        size_t len = *pattern == '\0' ? strlen(name) : strcspn(name, ".");
        if (!njord_text_has_form(place->form, name, len))
            return 0;
        name += len;
    }
}

const njord_topic *njord_topic_of(const char *name)
{
    for (const njord_topic *topic = njord_topics; topic->pattern != NULL; topic++)
        if (fits(topic->pattern, name))
            return topic;
    return NULL;
}

/* The value that stands for a placeholder in this event's topic, NULL: it has none. */
static const char *placeholder_value(const struct placeholder *place, const njord_event *event)
{
    const char *value = "";
    if (place->form == NJORD_FORM_SYMBOL)
        value = njord_event_symbol(event);
    else if (place->form == NJORD_FORM_ID)
        value = njord_event_strategy(event);
    else if (event->type == NJORD_EV_BAR && event->head >= sizeof(njord_bar))
        value = ((const njord_bar *)event)->timeframe;
    return value[0] == '\0' ? NULL : value;
}

static const njord_topic *only_topic_of_type(uint32_t type)
{
    const njord_topic *found = NULL;
    for (const njord_topic *topic = njord_topics; topic->pattern != NULL; topic++) {
        if (topic->type != type)
            continue;
        if (found != NULL)
            return NULL;
        found = topic;
    }
    return found;
}

int njord_topic_name(const njord_topic *topic, const njord_event *event, char *out, size_t cap)
{
    size_t at = 0;
    if (topic == NULL)
        topic = only_topic_of_type(event->type);
    if (topic == NULL || topic->type != event->type)
        return NJORD_E_ARG;
    for (const char *pattern = topic->pattern; *pattern != '\0';) {
        size_t n = strcspn(pattern, "{");
        const char *part = pattern;
        const char *behind = pattern + n;
        if (n == 0) {
            const struct placeholder *place = placeholder_at(pattern);
            part = place == NULL ? NULL : placeholder_value(place, event);
            if (part == NULL)
                return NJORD_E_ARG;
            behind = pattern + strlen(place->text);
            n = strlen(part);
        }
        if (cap - at <= n)
            return NJORD_E_LIMIT;
        memcpy(out + at, part, n);
        at += n;
        pattern = behind;
    }
    if (cap == 0)
        return NJORD_E_LIMIT;
    out[at] = '\0';
    return 0;
}

int64_t njord_timeframe_ns(const char *timeframe)
{
    static const char units[] = "smhdw";
    static const int64_t seconds[] = {1, 60, 3600, 86400, 604800};
    int64_t n = 0, ns;
    const char *p = timeframe;
    if (*p == '0' || strnlen(timeframe, NJORD_TIMEFRAME_SIZE) == NJORD_TIMEFRAME_SIZE)
        return 0;
    while (*p >= '0' && *p <= '9')
        n = n * 10 + (*p++ - '0');
    const char *unit = *p ? strchr(units, *p) : NULL;
    if (n == 0 || !unit || p[1] != '\0' ||
        __builtin_mul_overflow(n, seconds[unit - units] * 1000000000, &ns))
        return 0;
    return ns;
}
