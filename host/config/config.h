/* config.h - the configuration as the host uses it: read from one folder of YAML files, checked
 * against one table.
 *
 * Every key stands once in the schema table (schema.c) with type, default, range and a sentence:
 * parsing, checking, the commented example files' test and the reference page are made from it. An
 * error names file:line:column, the key and what was expected; nj_config_load() collects all of
 * them. A loaded configuration is constant; a reload loads a second one and compares. Owned by
 * whoever loaded it, ended with nj_config_free(). No key is read anywhere else. */
#ifndef NJ_CONFIG_CONFIG_H
#define NJ_CONFIG_CONFIG_H

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

#include <njord/abi.h>
#include <stdbool.h>
#include <stdint.h>

enum nj_env { NJ_ENV_DEV, NJ_ENV_PAPER, NJ_ENV_LIVE };
enum nj_clock_mode { NJ_CLOCK_WALL, NJ_CLOCK_EVENTS };
enum nj_at_end {
    NJ_AT_END_WAIT,
    NJ_AT_END_STOP
}; /* app.at_end: when every feed has ended (default wait) */
enum nj_fsync { NJ_FSYNC_NEVER, NJ_FSYNC_INTERVAL, NJ_FSYNC_ALWAYS };
enum nj_isolation { NJ_ISOLATION_NONE, NJ_ISOLATION_PROCESS };
enum nj_trust { NJ_TRUST_OWNER, NJ_TRUST_STRICT, NJ_TRUST_OFF };
enum nj_on_event { NJ_ON_HOLD, NJ_ON_CANCEL, NJ_ON_FLATTEN }; /* on_crash, on_remove, on_halt */
enum nj_auto { NJ_AUTO, NJ_NO, NJ_YES };

/* Where something stands in a file, for errors found later (a parameter that the plugin does not
 * declare). */
struct nj_place {
    const char *file; /* the configuration's */
    uint32_t line, column;
};

/* A parameter as written: checked against the plugin's table when the plugin is known. */
struct nj_param_text {
    char *name;
    char *text;                /* a scalar's text; NULL when a map */
    bool quoted;               /* the scalar was quoted: it is text */
    struct nj_param_text *map; /* a map's entries */
    uint32_t n_map;
    struct nj_place place;
};

/* An entry of feeds, brokers or strategies (the kind tells which). */
struct nj_instance_config {
    uint32_t kind; /* NJORD_KIND_* */
    char id[NJORD_ID_SIZE];
    char plugin[NJORD_ID_SIZE];
    bool enabled;
    char **symbols; /* strategies and feeds: in configured order; empty: exchange.symbols */
    uint32_t n_symbols;
    char **events; /* strategies: topic globs */
    uint32_t n_events;
    double capital; /* quote asset; NaN: not given */
    char warmup_timeframe[NJORD_TIMEFRAME_SIZE];
    int64_t warmup_bars; /* 0: none */
    enum nj_isolation isolation;
    enum nj_on_event on_crash;  /* default hold */
    enum nj_on_event on_remove; /* default cancel */
    struct nj_param_text *params;
    uint32_t n_params;
    struct nj_place place;
};

struct nj_symbol_config {
    char symbol[NJORD_SYMBOL_SIZE];
    double tick, step;                     /* default 1e-8 */
    double min_qty, max_qty, min_notional; /* NaN: not given */
};

struct nj_config {
    char dir[1024]; /* the folder it was read from, "" for the defaults alone */
    struct {
        char name[NJORD_ID_SIZE];
        enum nj_env env;
        enum nj_clock_mode clock;
        enum nj_at_end at_end;
        char state_dir[1024], control[108];
        int64_t stop_timeout_ms;
        uint64_t seed;
    } app;
    struct {
        int level; /* enum nj_level */
        char journal_dir[1024];
        enum nj_fsync fsync;
    } logging;
    struct {
        char url[256];
    } bus;
    struct {
        char dir[1024]; /* "$libdir/njord/plugins" is replaced by the built-in folder */
        bool watch;
        enum nj_isolation isolation;
        enum nj_trust trust;
        int64_t max_errors, watchdog_ms, state_every;
    } plugins;
    char **services;
    uint32_t n_services;
    struct {
        char venue[NJORD_ASSET_SIZE];
        char **symbols;
        uint32_t n_symbols;
        int64_t book_depth;
    } exchange;
    struct nj_instance_config *feeds, *brokers, *strategies;
    uint32_t n_feeds, n_brokers, n_strategies;
    struct nj_symbol_config *symbols;
    uint32_t n_symbols;
    struct {
        bool rotate_daily, compress;
        int64_t rotate_bytes, compress_after_ns, max_open;
        char **topics;
        uint32_t n_topics;
    } journal;
    struct nj_risk_config {
        double per_order_usd_cap, daily_loss_usd_cap, orders_per_min_cap, price_collar_pct,
            max_position_usd;
        int64_t max_open_orders, duplicate_window_ms, stale_price_ms, max_intent_age_ms;
        enum nj_auto allow_short;
        bool cash_check;
        enum nj_on_event on_halt;
        char **usd_quotes;
        uint32_t n_usd_quotes;
        char kill_switch_file[1024], kill_switch_key[128];
        int64_t kill_switch_lost_s;
    } risk;
    struct {
        char **timeframes;
        uint32_t n_timeframes;
        int64_t grace_ms;
        bool gap_fill;
    } ohlcv;
    void *own; /* the loader's memory behind all pointers above */
};

/* Problems found, each one line "file:line:column: 'key': expected …, found …". */
struct nj_config_report {
    struct nj_buf errors; /* lines ended by \n */
    struct nj_buf warnings;
    uint32_t n_errors, n_warnings;
};
void nj_config_report_free(struct nj_config_report *report);

/* Overrides from the command line; NULL members change nothing. */
struct nj_config_overrides {
    const char *plugins_dir, *bus_url, *services /* a,b,c */, *control;
};

/* Reads `path` (a folder, or its base.yaml; NULL: defaults alone). Returns 0, or NJ_ERR_CONFIG with
 * the problems in `report` (which must be there) and *out NULL. Warnings alone are no error.
 * secrets.enc.yaml there is refused: not supported yet. */
int nj_config_load(struct nj_config **out, const char *path,
                   const struct nj_config_overrides *overrides, struct nj_config_report *report);
void nj_config_free(struct nj_config *config);

/* Adds a problem at a place, as --check and the plugin loader do for parameters. */
void nj_config_problem(struct nj_config_report *report, bool warning, struct nj_place place,
                       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Where `njord` and `njord-host` look when --config is not given: ./config if there, else
 * sysconfdir/njord, else NULL. */
const char *nj_config_default_dir(void);

/* Does a service stand in the list? */
bool nj_config_has_service(const struct nj_config *config, const char *name);

/* Checks parameters as written against a plugin's declared table and turns them into values,
 * defaults filled in: an array of one value a declared parameter, in the table's order, owned by
 * the caller (nj_param_values_free). Unknown names, wrong types, values out of range and missing
 * required ones are problems in `report`, with the nearest declared name where one is near.
 * NJ_ERR_CONFIG when there were any. */
int nj_param_values(const njord_param *table, const struct nj_param_text *params, uint32_t n_params,
                    struct nj_place place, const char *id, njord_value **out, uint32_t *n_out,
                    struct nj_config_report *report);
void nj_param_values_free(njord_value *values, uint32_t n);

/* What a reload changes, so that it is all or none: keys outside strategies, risk.* and
 * logging.level that differ ("needs restart"), one a line in `out`. Returns how many. */
uint32_t nj_config_needs_restart(const struct nj_config *old, const struct nj_config *now,
                                 struct nj_buf *out);
/* Do two entries differ in anything? */
bool nj_instance_config_equal(const struct nj_instance_config *a,
                              const struct nj_instance_config *b);

/* The reference page of all keys (Markdown), made from the table. */
void nj_config_reference(struct nj_buf *out);

/* "250ms", "10s", "5m", "24h", "7d" as ns; false: not a duration. */
bool nj_parse_duration(const char *text, int64_t *out_ns);

#endif
