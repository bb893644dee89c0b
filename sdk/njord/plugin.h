/* njord/plugin.h - what the author's headers of all kinds have in common.
 *
 * Authors include <njord/strategy.h>, <njord/broker.h>, <njord/feed.h> or <njord/allocator.h>. Here
 * stand the parameter tables, the small helpers around `const njord_host *`, and what the
 * NJORD_STRATEGY family of macros is made of.
 *
 * A macro of that family makes: a typed table of the author's functions; a function of the ABI's
 * type for each of them that calls it (so nothing is cast between function types); the instance;
 * the njord_plugin; and `njord_entry`. What an author does not name is not there for the host
 * either. No name of the author's file is touched but those that begin with the plugin's own name
 * and end in '_'.
 *
 * C11 and later. C++17 compiles it too: the members are then named in the order in which they stand
 * below, and the author's struct must be trivial (its memory is zeroed, not constructed).
 */
#ifndef NJORD_PLUGIN_H
#define NJORD_PLUGIN_H

#include <math.h>
#include <njord/abi.h>
#include <njord/contract.h>
#include <njord/state.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Parameter tables
 * -----------------------------------------------------------------------------------------------
 *
 *     static const njord_param params[] = {
 *         NJORD_INT("fast", 10, 1, 10000, "bars in the fast average"),
 *         NJORD_REAL("qty", 1.0, 0.0, 1e12, "units bought", NJORD_PARAM_LIVE),
 *         NJORD_PARAM_END
 *     };
 *
 * After the help one may add flags: NJORD_PARAM_REQUIRED, NJORD_PARAM_LIVE, NJORD_PARAM_SECRET. */

/* help and flags out of "help" or "help, flags" */
#define NJORD_HELP_(help, ...)         help
#define NJORD_FLAGS_(help, flags, ...) flags
#define NJORD_PARAM_(type, name, text, choices, i, imin, imax, r, rmin, rmax, ...)                 \
    {                                                                                              \
        (uint32_t)sizeof(njord_param), type, NJORD_FLAGS_(__VA_ARGS__, 0u, 0u), 0u, name,          \
            NJORD_HELP_(__VA_ARGS__, 0u), text, choices, i, imin, imax, r, rmin, rmax              \
    }

#define NJORD_BOOL(name, value, ...)                                                               \
    NJORD_PARAM_(NJORD_PARAM_BOOL, name, NULL, NULL, value, 0, 1, 0.0, 0.0, 0.0, __VA_ARGS__)
#define NJORD_INT(name, value, min, max, ...)                                                      \
    NJORD_PARAM_(NJORD_PARAM_INT, name, NULL, NULL, value, min, max, 0.0, 0.0, 0.0, __VA_ARGS__)
#define NJORD_REAL(name, value, min, max, ...)                                                     \
    NJORD_PARAM_(NJORD_PARAM_REAL, name, NULL, NULL, 0, 0, 0, value, min, max, __VA_ARGS__)
#define NJORD_TEXT(name, value, ...)                                                               \
    NJORD_PARAM_(NJORD_PARAM_TEXT, name, value, NULL, 0, 0, 0, 0.0, 0.0, 0.0, __VA_ARGS__)
/* ns; see NJORD_MS and its family */
#define NJORD_DURATION(name, value, min, max, ...)                                                 \
    NJORD_PARAM_(NJORD_PARAM_DURATION, name, NULL, NULL, value, min, max, 0.0, 0.0, 0.0,           \
                 __VA_ARGS__)
/* choices: "full|traded"; value: one of them */
#define NJORD_ENUM(name, value, choices, ...)                                                      \
    NJORD_PARAM_(NJORD_PARAM_ENUM, name, value, choices, 0, 0, 0, 0.0, 0.0, 0.0, __VA_ARGS__)
/* value: "USDT=10000,BTC=0.5"; min and max hold for each value */
#define NJORD_REAL_MAP(name, value, min, max, ...)                                                 \
    NJORD_PARAM_(NJORD_PARAM_REAL_MAP, name, value, NULL, 0, 0, 0, 0.0, min, max, __VA_ARGS__)
#define NJORD_PARAM_END                                                                            \
    {                                                                                              \
        (uint32_t)sizeof(njord_param), 0u, 0u, 0u, NULL, NULL, NULL, NULL, 0, 0, 0, 0.0, 0.0, 0.0  \
    }

/* Durations in ns. */
#define NJORD_MS(n)     ((int64_t)(n)*1000000)
#define NJORD_SECOND(n) ((int64_t)(n)*1000000000)
#define NJORD_MINUTE(n) NJORD_SECOND((int64_t)(n)*60)
#define NJORD_HOUR(n)   NJORD_SECOND((int64_t)(n)*3600)
#define NJORD_DAY(n)    NJORD_SECOND((int64_t)(n)*86400)

/* ---- Telling the host [any]
 * ----------------------------------------------------------------------------------------- */

#if defined __GNUC__
#define NJORD_FORMAT_(at) __attribute__((format(printf, at, at + 1)))
#else
#define NJORD_FORMAT_(at)
#endif

/* One line in the host's log, as printf; longer than 1,023 bytes it ends in "...". level:
 * NJORD_LOG_*. */
static inline void NJORD_FORMAT_(3)
    njord_logf(const njord_host *host, int32_t level, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n >= (int)sizeof line)
        memcpy(line + sizeof line - 4, "...", 4);
    host->log(host, level, n < 0 ? format : line);
}

#define njord_log_debug(host, ...) njord_logf(host, NJORD_LOG_DEBUG, __VA_ARGS__)
#define njord_log_info(host, ...)  njord_logf(host, NJORD_LOG_INFO, __VA_ARGS__)
#define njord_log_warn(host, ...)  njord_logf(host, NJORD_LOG_WARN, __VA_ARGS__)
#define njord_log_error(host, ...) njord_logf(host, NJORD_LOG_ERROR, __VA_ARGS__)

/* Says why a callback fails, as printf, and returns `code`: return njord_fail(host, NJORD_E_ARG,
 * ...); host->fail stands in parentheses here because libcheck has a macro of that name. */
static inline njord_status NJORD_FORMAT_(3)
    njord_fail(const njord_host *host, njord_status code, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return (host->fail)(host, code, n < 0 ? format : line);
}

/* ---- Asking the host [any]
 * ------------------------------------------------------------------------------------------ */

/* Is callback `f` of an interface there? */
#define njord_has_callback(iface, f) NJORD_HAS(iface, f)

/* ns since the epoch of the event being handled: the only clock. */
static inline int64_t njord_now(const njord_host *host)
{
    return host->now_ns(host);
}

/* A number in [0, 1), from the host's seeded generator. */
static inline double njord_random(const njord_host *host)
{
    return (double)(host->random(host) >> 11) * 0x1p-53;
}

/* Last trade, else the close of the latest bar, else NaN. */
static inline double njord_last_price(const njord_host *host, const char *symbol)
{
    return host->last_price(host, symbol);
}

/* The instrument's rules; tick and step are 1e-8 while nothing is known of it. */
static inline njord_instrument njord_instrument_of(const njord_host *host, const char *symbol)
{
    njord_instrument rules;
    memset(&rules, 0, sizeof rules);
    rules.ev.size = (uint32_t)sizeof rules;
    if (host->instrument(host, symbol, &rules) != NJORD_OK || !(rules.tick > 0.0) ||
        !(rules.step > 0.0)) {
        memset(&rules, 0, sizeof rules);
        rules.ev.size = (uint32_t)sizeof rules;
        rules.tick = rules.step = 1e-8;
        rules.min_qty = rules.max_qty = rules.min_notional = (double)NAN;
    }
    return rules;
}

/* Where `symbol` stands in the instance's configured list, -1: not in it. */
static inline int64_t njord_symbol_index(const njord_host *host, const char *symbol)
{
    const char *const *list = NULL;
    uint32_t n = host->symbols(host, &list);
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(list[i], symbol) == 0)
            return (int64_t)i;
    return -1;
}

/* A parameter of one of the types in `types` (bits 1 << NJORD_PARAM_*). A name that is not
 * declared, or not of that type, is a mistake in the plugin: it is logged, and 0 is returned. */
static inline int njord_param_get(const njord_host *host, const char *name, uint32_t types,
                                  njord_value *value)
{
    memset(value, 0, sizeof *value);
    value->size = (uint32_t)sizeof *value;
    if (host->param(host, name, value) != NJORD_OK) {
        njord_log_error(host, "parameter '%s' is not declared: add it to the plugin's table", name);
        return 0;
    }
    if (value->type > 31u || ((1u << value->type) & types) == 0u) {
        njord_log_error(host, "parameter '%s' is asked for as another type than it is declared",
                        name);
        return 0;
    }
    return 1;
}

/* NJORD_NONE_I64: no such parameter. Of an enum: the index in its choices. */
static inline int64_t njord_param_int(const njord_host *host, const char *name)
{
    njord_value v;
    uint32_t types = 1u << NJORD_PARAM_INT | 1u << NJORD_PARAM_BOOL | 1u << NJORD_PARAM_ENUM;
    return njord_param_get(host, name, types, &v) ? v.i : NJORD_NONE_I64;
}

/* NaN: no such parameter. */
static inline double njord_param_real(const njord_host *host, const char *name)
{
    njord_value v;
    uint32_t types = 1u << NJORD_PARAM_REAL | 1u << NJORD_PARAM_INT;
    return njord_param_get(host, name, types, &v) ? v.r : (double)NAN;
}

/* "": no such parameter. The text is the host's and lives as long as the instance, or until
 * reconfigure. */
static inline const char *njord_param_text(const njord_host *host, const char *name)
{
    njord_value v;
    uint32_t types = 1u << NJORD_PARAM_TEXT | 1u << NJORD_PARAM_ENUM;
    return njord_param_get(host, name, types, &v) && v.text ? v.text : "";
}

/* 0: no such parameter. */
static inline int njord_param_bool(const njord_host *host, const char *name)
{
    njord_value v;
    return njord_param_get(host, name, 1u << NJORD_PARAM_BOOL, &v) ? v.i != 0 : 0;
}

/* ns. NJORD_NONE_I64: no such parameter. */
static inline int64_t njord_param_duration(const njord_host *host, const char *name)
{
    njord_value v;
    return njord_param_get(host, name, 1u << NJORD_PARAM_DURATION, &v) ? v.i : NJORD_NONE_I64;
}

/* The pairs of a real map; NULL and *count 0: empty, or no such parameter. */
static inline const njord_real_pair *njord_param_map(const njord_host *host, const char *name,
                                                     uint64_t *count)
{
    njord_value v;
    int there = njord_param_get(host, name, 1u << NJORD_PARAM_REAL_MAP, &v);
    *count = there && v.map ? v.count : 0;
    return *count ? v.map : NULL;
}

/* Copies text of an ABI member into one of at most `cap` bytes, NUL included. LIMIT: it does not
 * fit; out is then "". */
static inline njord_status njord_copy_text(char *out, size_t cap, const char *text)
{
    size_t len = strlen(text);
    if (len >= cap) {
        if (cap > 0)
            out[0] = '\0';
        return NJORD_E_LIMIT;
    }
    memmove(out, text, len + 1);
    return NJORD_OK;
}

/* ---- Routing: one struct of the author's a symbol
 * -------------------------------------------------------------------
 *
 * With `.per_symbol = 1` an instance holds one of the author's structs for each configured symbol.
 * What is about a symbol goes to that symbol's; what is about none (timers, decisions, on_sync)
 * goes to each in configured order; what is about a symbol that is not configured goes nowhere. */

typedef struct njord_route_seen { /* what a symbol_id was last found to be; "": not yet seen */
    char symbol[NJORD_SYMBOL_SIZE];
    uint32_t at;
    uint32_t unused;
} njord_route_seen;

typedef struct njord_route {
    const char *const *symbols; /* the host's */
    uint32_t count;             /* structs of the author's */
    uint32_t n_ids;
    njord_route_seen *seen; /* by symbol_id */
} njord_route;

/* Those of the author's structs that an event is for: [first, end). */
typedef struct njord_span {
    uint32_t first;
    uint32_t end;
} njord_span;

static inline void njord_route_init(njord_route *route, const njord_host *host, int per_symbol)
{
    memset(route, 0, sizeof *route);
    route->count = per_symbol ? host->symbols(host, &route->symbols) : 1;
}

static inline void njord_route_free(njord_route *route)
{
    free(route->seen);
    memset(route, 0, sizeof *route);
}

/* The slow way: by name; remembered under `id` where there is one. */
static inline njord_span njord_route_search(njord_route *route, uint32_t id, const char *symbol)
{
    njord_span nowhere = {0, 0};
    uint32_t at = 0;
    while (at < route->count && strcmp(route->symbols[at], symbol) != 0)
        at++;
    if (at == route->count)
        return nowhere;
    if (id < 1u << 20 && id >= route->n_ids) {
        uint32_t n = id < 12 ? 16 : id + id / 2;
        njord_route_seen *grown = (njord_route_seen *)realloc(route->seen, n * sizeof *grown);
        if (grown) {
            memset(grown + route->n_ids, 0, (n - route->n_ids) * sizeof *grown);
            route->seen = grown;
            route->n_ids = n;
        }
    }
    if (id < route->n_ids) {
        memcpy(route->seen[id].symbol, symbol, NJORD_SYMBOL_SIZE);
        route->seen[id].at = at;
    }
    njord_span found = {at, at + 1};
    return found;
}

static inline uint64_t njord_word_at(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Are two fields of NJORD_SYMBOL_SIZE bytes the same, byte for byte? Then so are their texts. Word
 * by word: wider loads wait for what the host has just written. */
static inline int njord_same_symbol(const char *a, const char *b)
{
    return njord_word_at(a) == njord_word_at(b) && njord_word_at(a + 8) == njord_word_at(b + 8) &&
           njord_word_at(a + 16) == njord_word_at(b + 16) &&
           njord_word_at(a + 24) == njord_word_at(b + 24);
}

/* symbol: "", or an event's field of at least NJORD_SYMBOL_SIZE bytes. */
static inline njord_span njord_route_to(njord_route *route, int per_symbol, uint32_t id,
                                        const char *symbol)
{
    njord_span span = {0, route->count};
    if (!per_symbol || symbol[0] == '\0')
        return span;
    if (id < route->n_ids && njord_same_symbol(route->seen[id].symbol, symbol)) {
        span.first = route->seen[id].at;
        span.end = span.first + 1;
        return span;
    }
    return njord_route_search(route, id, symbol);
}

#ifdef __cplusplus
}
#endif

/* ---- What the macros are made of
 * ------------------------------------------------------------------------------------ */

/* Functions of the author's that every kind may have; all optional. T: struct NAME.
 *
 *   flags           NJORD_F_*; 0 (not named) means DETERMINISTIC | INPROC_OK; NJORD_F_NONE: none of
 * them state_version   of what save writes; not named: 1 when there is a save state_oldest oldest
 * version that load reads; not named: state_version per_symbol      1: one struct a configured
 * symbol, see above create          the struct is zeroed; after an error destroy is called too, so
 * that it alone frees destroy         frees what the struct owns; it may be half made start,
 * quiesce, resume, reconfigure, extension: as in njord/abi.h save, load      see njord/state.h:
 * errors stick in `out` and `in`, so one need not look at each; opening and closing is done here.
 * load meets a struct that create has made. per_symbol: a map for each symbol; one that the state
 * does not have stays as create made it */
#define NJORD_CALLS_(T)                                                                            \
    uint32_t flags;                                                                                \
    uint32_t state_version;                                                                        \
    uint32_t state_oldest;                                                                         \
    uint32_t per_symbol;                                                                           \
    njord_status (*create)(T * self, const njord_host *host);                                      \
    void (*destroy)(T * self);                                                                     \
    njord_status (*start)(T * self, const njord_host *host);                                       \
    njord_status (*quiesce)(T * self, const njord_host *host);                                     \
    njord_status (*resume)(T * self, const njord_host *host);                                      \
    njord_status (*save)(const T *self, njord_state_out *out);                                     \
    njord_status (*load)(T * self, njord_state_in * in, uint32_t version);                         \
    njord_status (*reconfigure)(T * self, const njord_host *host, const char *name);               \
    const void *(*extension)(const char *name)

#define NJORD_F_NONE 0x80000000u /* for .flags: none of NJORD_F_* */

/* Designated initialisers are C; g++ and clang++ know them, and say so. */
#ifdef __cplusplus
#define NJORD_TABLE_(...)                                                                          \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wpedantic\"") _Pragma(       \
        "GCC diagnostic ignored \"-Wmissing-field-initializers\"") __extension__ __VA_ARGS__;      \
    _Pragma("GCC diagnostic pop")
#else
#define NJORD_TABLE_(...) __VA_ARGS__;
#endif

/* Runs `call` (an expression over `s`, one struct of the author's) for each struct in `span`; the
 * first error ends it. */
#define NJORD_EACH_(NAME, span_, call)                                                             \
    do {                                                                                           \
        njord_span span = span_;                                                                   \
        njord_status status = NJORD_OK;                                                            \
        for (struct NAME *s = i->at + span.first, *end = i->at + span.end;                         \
             s < end && status == NJORD_OK; s++)                                                   \
            status = (call);                                                                       \
        return status;                                                                             \
    } while (0)

/* A callback about one symbol (or "": about none): FN(self, const EVENT *). */
#define NJORD_ON_(NAME, FN, EVENT, SYMBOL)                                                         \
    static njord_status NAME##_##FN##_(void *self, const EVENT *event)                             \
    {                                                                                              \
        struct NAME##_instance_ *i = (struct NAME##_instance_ *)self;                              \
        if (!NAME##_calls_.FN)                                                                     \
            return NJORD_E_UNSUPPORTED;                                                            \
        NJORD_EACH_(NAME,                                                                          \
                    njord_route_to(&i->route, NAME##_calls_.per_symbol != 0u, event->ev.symbol_id, \
                                   SYMBOL),                                                        \
                    NAME##_calls_.FN(s, i->host, event));                                          \
    }

/* A callback for every struct: FN PARAMS called with ARGS (over s and i->host). */
#define NJORD_ALL_(NAME, FN, PARAMS, ARGS)                                                         \
    static njord_status NAME##_##FN##_ PARAMS                                                      \
    {                                                                                              \
        struct NAME##_instance_ *i = (struct NAME##_instance_ *)self;                              \
        if (!NAME##_calls_.FN)                                                                     \
            return NJORD_E_UNSUPPORTED;                                                            \
        NJORD_EACH_(NAME, NJORD_WHOLE_(i), NAME##_calls_.FN ARGS);                                 \
    }

#define NJORD_WHOLE_(i) njord_route_to(&(i)->route, 0, 0, "")

/* In an interface's filler: the function of the ABI where the author gave one. */
#define NJORD_FILL_(NAME, FN)                                                                      \
    if (NAME##_calls_.FN)                                                                          \
    iface.FN = NAME##_##FN##_

/* The instance, its making and ending, and the njord_plugin. NAME##_calls_ and NAME##_iface_ stand
 * before it. */
#define NJORD_INSTANCE_(NAME)                                                                      \
    struct NAME##_instance_ {                                                                      \
        const njord_host *host;                                                                    \
        struct NAME *at; /* route.count of them */                                                 \
        njord_route route;                                                                         \
        uint32_t made; /* those that create has seen */                                            \
    };                                                                                             \
    static void NAME##_destroy_(void *self)                                                        \
    {                                                                                              \
        struct NAME##_instance_ *i = (struct NAME##_instance_ *)self;                              \
        if (!i)                                                                                    \
            return;                                                                                \
        for (uint32_t k = 0; NAME##_calls_.destroy && k < i->made; k++)                            \
            NAME##_calls_.destroy(i->at + k);                                                      \
        njord_route_free(&i->route);                                                               \
        free(i->at);                                                                               \
        free(i);                                                                                   \
    }                                                                                              \
    static njord_status NAME##_create_(const njord_host *host, void **self)                        \
    {                                                                                              \
        njord_status status = NJORD_OK;                                                            \
        struct NAME##_instance_ *i = (struct NAME##_instance_ *)calloc(1, sizeof *i);              \
        if (!i)                                                                                    \
            return NJORD_E_NOMEM;                                                                  \
        i->host = host;                                                                            \
        njord_route_init(&i->route, host, NAME##_calls_.per_symbol != 0u);                         \
        i->at = (struct NAME *)calloc(i->route.count ? i->route.count : 1u, sizeof *i->at);        \
        if (!i->at)                                                                                \
            status = NJORD_E_NOMEM;                                                                \
        while (status == NJORD_OK && i->made < i->route.count) {                                   \
            struct NAME *s = i->at + i->made++;                                                    \
            if (NAME##_calls_.create)                                                              \
                status = NAME##_calls_.create(s, host);                                            \
        }                                                                                          \
        if (status != NJORD_OK) {                                                                  \
            NAME##_destroy_(i);                                                                    \
            return status;                                                                         \
        }                                                                                          \
        *self = i;                                                                                 \
        return NJORD_OK;                                                                           \
    }                                                                                              \
    NJORD_ALL_(NAME, start, (void *self), (s, i->host))                                            \
    NJORD_ALL_(NAME, quiesce, (void *self), (s, i->host))                                          \
    NJORD_ALL_(NAME, resume, (void *self), (s, i->host))                                           \
    NJORD_ALL_(NAME, reconfigure, (void *self, const char *name), (s, i->host, name))              \
    NJORD_STATE_(NAME)

/* Writes and reads the author's structs: one map, or with per_symbol one a symbol in it. */
#define NJORD_STATE_(NAME)                                                                         \
    static njord_status NAME##_save_(void *self, const njord_writer *writer)                       \
    {                                                                                              \
        struct NAME##_instance_ *i = (struct NAME##_instance_ *)self;                              \
        njord_status status = NJORD_OK;                                                            \
        njord_state_out out;                                                                       \
        njord_state_out_init(&out);                                                                \
        for (uint32_t k = 0; status == NJORD_OK && k < i->route.count; k++) {                      \
            if (NAME##_calls_.per_symbol)                                                          \
                (void)njord_state_begin_map(&out, i->route.symbols[k]);                            \
            status = NAME##_calls_.save ? NAME##_calls_.save(i->at + k, &out) : NJORD_OK;          \
            if (NAME##_calls_.per_symbol)                                                          \
                (void)njord_state_end(&out);                                                       \
        }                                                                                          \
        return njord_state_saved(i->host, &out, status, writer);                                   \
    }                                                                                              \
    static njord_status NAME##_load_(void *self, const njord_reader *reader, uint32_t version)     \
    {                                                                                              \
        struct NAME##_instance_ *i = (struct NAME##_instance_ *)self;                              \
        njord_state_in in, one;                                                                    \
        njord_status status = njord_state_in_open(&in, reader);                                    \
        for (uint32_t k = 0; status == NJORD_OK && k < i->route.count; k++) {                      \
            njord_state_in *from = &in;                                                            \
            if (NAME##_calls_.per_symbol) {                                                        \
                if (njord_state_in_map(&in, i->route.symbols[k], &one) == 0)                       \
                    continue;                                                                      \
                from = &one;                                                                       \
            }                                                                                      \
            status = NAME##_calls_.load ? NAME##_calls_.load(i->at + k, from, version) : NJORD_OK; \
        }                                                                                          \
        return njord_state_loaded(i->host, &in, status);                                           \
    }

/* Ends a save: the author's error, else the first that stuck, in words for the host. */
static inline njord_status njord_state_saved(const njord_host *host, njord_state_out *out,
                                             njord_status status, const njord_writer *writer)
{
    if (status != NJORD_OK) {
        njord_state_out_free(out);
        return status;
    }
    status = njord_state_out_finish(out, writer);
    return status != NJORD_OK && out->why[0] ? (host->fail)(host, status, out->why) : status;
}

static inline njord_status njord_state_loaded(const njord_host *host, njord_state_in *in,
                                              njord_status status)
{
    njord_status stuck = njord_state_in_close(in);
    if (stuck != NJORD_OK && in->why[0])
        return (host->fail)(host, stuck, in->why);
    return status != NJORD_OK ? status : stuck;
}

/* njord_plugin and entry. The plugin's table is filled when the object is loaded, since C has no
 * constant that says whether the author named a function; the entry with its stamp is a constant of
 * the file. */
#define NJORD_ENTRY_(NAME, KIND, VERSION, SUMMARY, PARAMS)                                         \
    /* NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables) */                       \
    static njord_plugin NAME##_plugin_ = {(uint32_t)sizeof(njord_plugin),                          \
                                          KIND,                                                    \
                                          0,                                                       \
                                          0,                                                       \
                                          0,                                                       \
                                          0,                                                       \
                                          #NAME,                                                   \
                                          VERSION,                                                 \
                                          SUMMARY,                                                 \
                                          PARAMS,                                                  \
                                          NAME##_iface_,                                           \
                                          NAME##_create_,                                          \
                                          NULL,                                                    \
                                          NULL,                                                    \
                                          NULL,                                                    \
                                          NULL,                                                    \
                                          NULL,                                                    \
                                          NULL,                                                    \
                                          NAME##_destroy_,                                         \
                                          NULL};                                                   \
    __attribute__((constructor)) static void NAME##_fill_(void)                                    \
    {                                                                                              \
        njord_plugin *p = &NAME##_plugin_;                                                         \
        p->flags = NAME##_calls_.flags ? NAME##_calls_.flags & ~NJORD_F_NONE                       \
                                       : NJORD_F_DETERMINISTIC | NJORD_F_INPROC_OK;                \
        if (NAME##_calls_.save) {                                                                  \
            p->save = NAME##_save_;                                                                \
            p->state_version = NAME##_calls_.state_version ? NAME##_calls_.state_version : 1u;     \
            p->state_oldest =                                                                      \
                NAME##_calls_.state_oldest ? NAME##_calls_.state_oldest : p->state_version;        \
        }                                                                                          \
        if (NAME##_calls_.load)                                                                    \
            p->load = NAME##_load_;                                                                \
        if (NAME##_calls_.start)                                                                   \
            p->start = NAME##_start_;                                                              \
        if (NAME##_calls_.quiesce)                                                                 \
            p->quiesce = NAME##_quiesce_;                                                          \
        if (NAME##_calls_.resume)                                                                  \
            p->resume = NAME##_resume_;                                                            \
        if (NAME##_calls_.reconfigure)                                                             \
            p->reconfigure = NAME##_reconfigure_;                                                  \
        p->extension = NAME##_calls_.extension;                                                    \
    }                                                                                              \
    const njord_plugin_entry njord_entry = {NJORD_STAMP, &NAME##_plugin_} /* exported by abi.h */

#endif
