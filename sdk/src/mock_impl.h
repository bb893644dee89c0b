/* mock_impl.h - what the parts of the mock host share: its data, and the few functions that cross
 * files.
 *
 * mock.c: the instance's life. mock_param.c: parameters. mock_host.c: the services that a plugin
 * sees. mock_drive.c: events in, and what becomes of orders. */
#ifndef NJORD_MOCK_IMPL_H
#define NJORD_MOCK_IMPL_H

#include <njord/contract.h>
#include <njord/mock.h>

#define MOCK_MAX_OUTPUTS 1000000u

struct mock_symbol {
    char name[NJORD_SYMBOL_SIZE];
    njord_instrument rules;
    int known; /* rules are */
    double last;
    double qty; /* position, by average price */
    double avg_price;
    double realized;
    double fees;
    njord_book *book; /* latest, or NULL */
};

struct mock_order {
    njord_open_order open;
    double paid; /* sum of price times quantity */
};

struct mock_timer {
    uint32_t id;
    int64_t due_ns;
    int64_t period_ns;
};

struct mock_setting {
    char name[64];
    char *text;
};

struct mock_line {
    int32_t level;
    char *text;
};

struct mock_output {
    njord_event *event;
    char topic[128];
};

/* Places of outputs of one type. */
struct mock_index {
    uint32_t *at;
    size_t count, cap;
};

/* An instance of a plugin; a reload has two for a while. */
struct mock_instance {
    njord_host host;
    struct njord_mock *mock;
    njord_plugin plugin; /* as much of it as there is, the rest zero */
    const njord_param *params;
    njord_value *values; /* a declared parameter each */
    size_t n_values;
    void *self;
    char why[256]; /* from fail() */
    union {
        njord_strategy_iface strategy;
        njord_broker_iface broker;
        njord_feed_iface feed;
        njord_allocator_iface allocator;
    } iface;
};

struct njord_mock {
    char id[NJORD_ID_SIZE];
    char error[320];
    struct mock_instance *instance;
    struct mock_symbol **symbols;
    const char **symbol_names;
    uint32_t n_symbols;
    struct mock_setting *settings;
    size_t n_settings;
    struct mock_order *orders;
    uint32_t n_orders, cap_orders;
    struct mock_timer *timers;
    size_t n_timers, cap_timers;
    struct mock_output *outputs;
    size_t n_outputs, cap_outputs;
    size_t settled; /* outputs whose consequences have been delivered */
    struct mock_index by_type[NJORD_EV_COUNT];
    njord_mock_broker_error *errors;
    size_t n_errors, cap_errors;
    struct mock_line *lines;
    size_t n_lines, cap_lines;
    uint64_t random;
    uint64_t seq;
    uint64_t next_intent;
    uint64_t next_fill;
    uint64_t scribbles;
    int64_t now;
    double capital, cash;
    char refuse[NJORD_REASON_SIZE];
    int auto_fill, warming, halted;
};

/* mock.c: writes error and returns code. */
int mock_fail(struct njord_mock *mock, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__ /* it looks at one file at a time: here it learns what comes back */
#define mock_fail(mock, code, ...) ((void)(mock_fail)(mock, code, __VA_ARGS__), (code))
#endif
/* Room for one more of an array's items; 0 or NJORD_E_NOMEM. */
int mock_grow(void *array, size_t *cap, size_t count, size_t item);
struct mock_symbol *mock_find(const struct njord_mock *mock, const char *symbol);
struct mock_order *mock_order(const struct njord_mock *mock, const char *intent_id);
void mock_drop_order(struct njord_mock *mock, struct mock_order *order);

/* mock_param.c: values of all declared parameters from the settings; free gives them back. */
int mock_params_resolve(struct njord_mock *mock, struct mock_instance *in);
void mock_params_free(struct mock_instance *in);
const njord_param *mock_param_at(const struct mock_instance *in, size_t index);

/* mock_host.c */
void mock_host_init(struct mock_instance *in);
/* Keeps a copy of an event as an output. */
int mock_record(struct njord_mock *mock, const char *topic, const njord_event *event);

#endif
