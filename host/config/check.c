/* What no key can see alone. */
#include "base/map.h"
#include "base/timeframe.h"
#include "config/loader.h"

#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <string.h>

/* ---- places ---------------------------------------------------------------------------------- */

static const struct nj_yaml_node *section_of(const struct nj_loader *l, const char *section)
{
    const struct nj_yaml *yaml = l->files[NJ_FILE_BASE].yaml;
    return yaml ? nj_yaml_get(yaml->root, section) : NULL;
}

static struct nj_place place_at(const char *file, const struct nj_yaml_node *node)
{
    return node ? (struct nj_place){file, node->line, node->column} : (struct nj_place){file, 0, 0};
}

/* Where a key of base.yaml stands; the file alone when its default is used. */
static struct nj_place place_of(const struct nj_loader *l, const char *section, const char *key)
{
    return place_at(l->files[NJ_FILE_BASE].shown, nj_yaml_get(section_of(l, section), key));
}

/* The map that an entry was read from; NULL for a default. */
static const struct nj_yaml_node *node_of(const struct nj_loader *l,
                                          const struct nj_instance_config *entry)
{
    for (int i = 0; i < NJ_FILES; i++) {
        const struct nj_yaml_node *root = l->files[i].yaml ? l->files[i].yaml->root : NULL;
        if (l->files[i].shown != entry->place.file || !root || root->kind != NJ_YAML_MAP)
            continue;
        for (const struct nj_yaml_node *section = root->first; section; section = section->next)
            if (section->kind == NJ_YAML_LIST)
                for (const struct nj_yaml_node *e = section->first; e; e = e->next)
                    if (e->line == entry->place.line && e->column == entry->place.column)
                        return e;
    }
    return NULL;
}

/* Where a key of an entry stands; the entry when the key is not given. */
static struct nj_place entry_place(const struct nj_loader *l,
                                   const struct nj_instance_config *entry, const char *key)
{
    const struct nj_yaml_node *node = nj_yaml_get(node_of(l, entry), key);
    return node ? place_at(entry->place.file, node) : entry->place;
}

/* Where an item of a list stands (found by its text: its index among the good ones says nothing);
 * `other` when it does not. */
static struct nj_place item_place(const char *file, const struct nj_yaml_node *list,
                                  const char *text, struct nj_place other)
{
    const struct nj_yaml_node *item = list && list->kind == NJ_YAML_LIST ? list->first : NULL;
    while (item && !(item->kind == NJ_YAML_SCALAR && strcmp(item->text, text) == 0))
        item = item->next;
    return item ? place_at(file, item) : other;
}

static struct nj_place entry_item_place(const struct nj_loader *l,
                                        const struct nj_instance_config *entry, const char *key,
                                        const char *text)
{
    return item_place(entry->place.file, nj_yaml_get(node_of(l, entry), key), text, entry->place);
}

static struct nj_place host_item_place(const struct nj_loader *l, const char *section,
                                       const char *key, const char *text)
{
    return item_place(l->files[NJ_FILE_BASE].shown, nj_yaml_get(section_of(l, section), key), text,
                      place_of(l, section, key));
}

static struct nj_place symbol_place(const struct nj_loader *l, const char *symbol)
{
    const struct nj_yaml_node *node = nj_yaml_get(section_of(l, "symbols"), symbol);
    struct nj_place place = {l->files[NJ_FILE_BASE].shown, 0, 0};
    if (node) {
        place.line = node->key_line;
        place.column = node->key_column;
    }
    return place;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* The symbols that occur: values are not looked at, but are never NULL. */
struct symbols {
    struct nj_map traded; /* exchange.symbols */
    struct nj_map known;  /* these, and what feeds are asked for */
};

static void put_symbol(struct nj_loader *l, struct nj_map *map, const char *symbol)
{
    if (!nj_map_put(map, symbol, l))
        l->no_memory = true;
}

static void gather_symbols(struct nj_loader *l, struct symbols *out)
{
    const struct nj_config *c = l->config;
    for (uint32_t i = 0; i < c->exchange.n_symbols; i++) {
        put_symbol(l, &out->traded, c->exchange.symbols[i]);
        put_symbol(l, &out->known, c->exchange.symbols[i]);
    }
    for (uint32_t i = 0; i < c->n_feeds; i++)
        for (uint32_t k = 0; k < c->feeds[i].n_symbols; k++)
            put_symbol(l, &out->known, c->feeds[i].symbols[k]);
}

/* ---- ids ------------------------------------------------------------------------------------- */

static void check_id(struct nj_loader *l, struct nj_map *seen, struct nj_instance_config *e)
{
    const struct nj_instance_config *first = nj_map_get(seen, e->id);
    if (e->id[0] == '\0') /* told already */
        return;
    if (!first) {
        if (!nj_map_put(seen, e->id, e))
            l->no_memory = true;
        return;
    }
    struct nj_place here = entry_place(l, e, "id"), there = entry_place(l, first, "id");
    if (there.line > 0)
        nj_loader_problem_at(l, false, here, "'id': '%s' is used twice, first at %s:%u:%u", e->id,
                             there.file, there.line, there.column);
    else
        nj_loader_problem_at(l, false, here,
                             "'id': '%s' is used twice, first by the default entry of 'brokers'",
                             e->id);
}

static void check_ids(struct nj_loader *l)
{
    struct nj_config *c = l->config;
    struct nj_map seen = {0};
    for (uint32_t i = 0; i < c->n_feeds; i++)
        check_id(l, &seen, &c->feeds[i]);
    for (uint32_t i = 0; i < c->n_brokers; i++)
        check_id(l, &seen, &c->brokers[i]);
    for (uint32_t i = 0; i < c->n_strategies; i++)
        check_id(l, &seen, &c->strategies[i]);
    nj_map_free(&seen, NULL);
}

/* ---- symbols --------------------------------------------------------------------------------- */

static void file_name_of(const char *symbol, char out[NJORD_SYMBOL_SIZE])
{
    size_t n = 0;
    for (; *symbol; symbol++)
        if (*symbol != '/' && n < NJORD_SYMBOL_SIZE - 1)
            out[n++] = *symbol;
    out[n] = '\0';
}

/* Journals are named without the slash: AB/CUSD and ABC/USD would share one. `seen` maps file names
 * to symbols; returns the other symbol of the same name, NULL: there is none. */
static const char *same_file(struct nj_loader *l, struct nj_map *seen, const char *symbol)
{
    char name[NJORD_SYMBOL_SIZE];
    if (!symbol) /* told already, where it was read */
        return NULL;
    file_name_of(symbol, name);
    const char *first = nj_map_get(seen, name);
    if (!first && !nj_map_put(seen, name, (void *)(uintptr_t)symbol))
        l->no_memory = true;
    return first && strcmp(first, symbol) != 0 ? first : NULL;
}

static void shared_file(struct nj_loader *l, struct nj_place place, const char *symbol,
                        const char *first)
{
    char name[NJORD_SYMBOL_SIZE];
    file_name_of(symbol, name);
    nj_loader_problem_at(l, false, place,
                         "'symbols': '%s' and '%s' would share the file name '%s'; keep one",
                         symbol, first, name);
}

static void check_symbols(struct nj_loader *l, const struct symbols *symbols)
{
    struct nj_config *c = l->config;
    struct nj_map seen = {0};
    for (uint32_t i = 0; i < c->exchange.n_symbols; i++) {
        const char *symbol = c->exchange.symbols[i], *first = c->exchange.symbols[0];
        const char *other = same_file(l, &seen, symbol);
        if (other)
            shared_file(l, host_item_place(l, "exchange", "symbols", symbol), symbol, other);
        else if (strcmp(strchr(symbol, '/'), strchr(first, '/')) != 0)
            nj_loader_problem_at(l, false, host_item_place(l, "exchange", "symbols", symbol),
                                 "'symbols': '%s' and '%s' have two quote assets; expected one for "
                                 "all",
                                 symbol, first);
    }
    for (uint32_t i = 0; i < c->n_feeds; i++)
        for (uint32_t k = 0; k < c->feeds[i].n_symbols; k++) {
            const char *symbol = c->feeds[i].symbols[k], *other = same_file(l, &seen, symbol);
            if (other)
                shared_file(l, entry_item_place(l, &c->feeds[i], "symbols", symbol), symbol, other);
        }
    for (uint32_t i = 0; i < c->n_symbols; i++) {
        const struct nj_symbol_config *s = &c->symbols[i];
        const char *other = same_file(l, &seen, s->symbol);
        if (other)
            shared_file(l, symbol_place(l, s->symbol), s->symbol, other);
        if (s->min_qty > s->max_qty)
            nj_loader_problem_at(l, false, symbol_place(l, s->symbol),
                                 "'%s': min_qty is above max_qty", s->symbol);
        if (!nj_map_get(&symbols->known, s->symbol))
            nj_loader_problem_at(l, true, symbol_place(l, s->symbol),
                                 "'%s': neither traded nor fed; add it to exchange.symbols or take "
                                 "it out",
                                 s->symbol);
    }
    nj_map_free(&seen, NULL);
}

/* Each strategy trades within exchange.symbols: another symbol would refuse its every order. */
static void check_strategy_symbols(struct nj_loader *l, const struct symbols *symbols)
{
    struct nj_config *c = l->config;
    for (uint32_t i = 0; i < c->n_strategies; i++)
        for (uint32_t k = 0; k < c->strategies[i].n_symbols; k++) {
            const char *symbol = c->strategies[i].symbols[k];
            if (!nj_map_get(&symbols->traded, symbol))
                nj_loader_problem_at(l, false,
                                     entry_item_place(l, &c->strategies[i], "symbols", symbol),
                                     "'symbols': '%s' is not in exchange.symbols; add it there or "
                                     "take it out here",
                                     symbol);
        }
}

/* Entries without symbols get all that are traded. */
static void fill_symbols(struct nj_loader *l)
{
    struct nj_config *c = l->config;
    const struct {
        struct nj_instance_config *entries;
        uint32_t n;
    } lists[] = {{c->feeds, c->n_feeds}, {c->strategies, c->n_strategies}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (uint32_t k = 0; k < lists[i].n; k++)
            if (lists[i].entries[k].n_symbols == 0) {
                lists[i].entries[k].symbols = c->exchange.symbols;
                lists[i].entries[k].n_symbols = c->exchange.n_symbols;
            }
}

/* ---- topics ---------------------------------------------------------------------------------- */

static bool is_strategy(const struct nj_config *c, const char *id)
{
    for (uint32_t i = 0; i < c->n_strategies; i++)
        if (strcmp(c->strategies[i].id, id) == 0)
            return true;
    return false;
}

/* A name without wildcards: its last part is the symbol or the strategy, if it has one. */
static bool is_topic(const struct nj_config *c, const struct symbols *symbols, const char *name)
{
    const njord_topic *topic = njord_topic_of(name);
    const char *last = strrchr(name, '.');
    if (!topic || !last)
        return false;
    if (strstr(topic->pattern, "{symbol}"))
        return nj_map_get(&symbols->known, last + 1) != NULL;
    return !strstr(topic->pattern, "{strategy_id}") || is_strategy(c, last + 1);
}

/* Does a glob match `pattern` once its {placeholder}s have become names that occur here? At most
 * two of them stand in a pattern. */
static bool matches_pattern(const struct nj_config *c, const struct symbols *symbols,
                            const char *glob, const char *pattern)
{
    static const char *const timeframes[] = {"1s", "1m", "3m", "5m", "15m", "30m",
                                             "1h", "2h", "4h", "6h", "12h", "1d"};
    char name[256];
    const char *open = strchr(pattern, '{'), *close = open ? strchr(open, '}') : NULL;
    if (!close)
        return njord_glob_match(glob, pattern);
    size_t literal = strcspn(glob, "*?[\\"), start = (size_t)(open - pattern);
    if (strncmp(glob, pattern, literal < start ? literal : start) != 0)
        return false;
    size_t len = (size_t)(close - open) - 1, n_standard = sizeof timeframes / sizeof timeframes[0];
    bool is_symbol = strncmp(open + 1, "symbol", len) == 0;
    bool is_timeframe = strncmp(open + 1, "timeframe", len) == 0;
    size_t at = 0;
    for (size_t i = 0;; i++) {
        const char *word = NULL;
        const struct nj_map_entry *symbol = is_symbol ? nj_map_next(&symbols->known, &at) : NULL;
        if (symbol)
            word = symbol->key;
        else if (is_timeframe && i < n_standard)
            word = timeframes[i];
        else if (is_timeframe && i - n_standard < c->ohlcv.n_timeframes)
            word = c->ohlcv.timeframes[i - n_standard];
        else if (!is_symbol && !is_timeframe && i < c->n_strategies)
            word = c->strategies[i].id;
        if (!word)
            return false;
        if (literal > start && strncmp(glob + start, word, strnlen(word, literal - start)) != 0)
            continue;
        snprintf(name, sizeof name, "%.*s%s%s", (int)start, pattern, word, close + 1);
        if (matches_pattern(c, symbols, glob, name))
            return true;
    }
}

static bool matches_any_topic(const struct nj_config *c, const struct symbols *symbols,
                              const char *glob)
{
    if (!strpbrk(glob, "*?[\\"))
        return is_topic(c, symbols, glob);
    for (const njord_topic *topic = njord_topics; topic->pattern; topic++)
        if (matches_pattern(c, symbols, glob, topic->pattern))
            return true;
    return false;
}

/* Bars that a strategy asks for and that are none of those that this host makes. */
static bool misses_bars(const struct nj_config *c, const struct nj_instance_config *s,
                        const char *glob)
{
    char name[128];
    if (strncmp(glob, "md.ohlcv.", 9) != 0 || !nj_config_has_service(c, "ohlcv"))
        return false;
    for (uint32_t i = 0; i < c->ohlcv.n_timeframes; i++)
        for (uint32_t k = 0; k < s->n_symbols; k++) {
            snprintf(name, sizeof name, "md.ohlcv.%s.%s", c->ohlcv.timeframes[i], s->symbols[k]);
            if (njord_glob_match(glob, name))
                return false;
        }
    return true;
}

static void check_topics(struct nj_loader *l, const struct symbols *symbols)
{
    const struct nj_config *c = l->config;
    for (uint32_t i = 0; i < c->n_strategies; i++) {
        const struct nj_instance_config *s = &c->strategies[i];
        if (s->enabled && s->n_events == 0)
            nj_loader_problem_at(
                l, true, s->place,
                "'events': none given; '%s' gets only what concerns its own orders", s->id);
        for (uint32_t k = 0; k < s->n_events; k++)
            if (!matches_any_topic(c, symbols, s->events[k]))
                nj_loader_problem_at(l, true, entry_item_place(l, s, "events", s->events[k]),
                                     "'events': '%s' matches no topic", s->events[k]);
            else if (s->enabled && misses_bars(c, s, s->events[k]))
                nj_loader_problem_at(l, true, entry_item_place(l, s, "events", s->events[k]),
                                     "'events': '%s' matches no bars that this host makes "
                                     "(ohlcv.timeframes); unless a feed brings them, none come",
                                     s->events[k]);
    }
    for (uint32_t i = 0; i < c->journal.n_topics; i++)
        if (!matches_any_topic(c, symbols, c->journal.topics[i]))
            nj_loader_problem_at(l, true,
                                 host_item_place(l, "journal", "topics", c->journal.topics[i]),
                                 "'topics': '%s' matches no topic", c->journal.topics[i]);
}

/* ---- bars ------------------------------------------------------------------------------------ */

/* Two names of one length would be the same bars twice. */
static void check_timeframes(struct nj_loader *l)
{
    const struct nj_config *c = l->config;
    for (uint32_t i = 1; i < c->ohlcv.n_timeframes; i++)
        for (uint32_t k = 0; k < i; k++)
            if (nj_bar_length(c->ohlcv.timeframes[k]) == nj_bar_length(c->ohlcv.timeframes[i]))
                nj_loader_problem_at(
                    l, false, host_item_place(l, "ohlcv", "timeframes", c->ohlcv.timeframes[i]),
                    "'timeframes': '%s' is as long as '%s'; name it once", c->ohlcv.timeframes[i],
                    c->ohlcv.timeframes[k]);
}

/* ---- the host as a whole --------------------------------------------------------------------- */

static void check_venue(struct nj_loader *l)
{
    const struct nj_config *c = l->config;
    const struct nj_instance_config *venue = NULL;
    bool whole = true, paper = false;
    for (uint32_t i = 0; i < c->n_brokers; i++) {
        const struct nj_instance_config *b = &c->brokers[i];
        whole = whole && b->id[0] != '\0' && b->plugin[0] != '\0';
        if (strcmp(b->id, c->exchange.venue) == 0 && !venue)
            venue = b;
        paper = paper || (b->enabled && strcmp(b->plugin, "paper") == 0);
    }
    if (!whole)
        return; /* an entry without its id is told already */
    if (!venue)
        nj_loader_problem_at(l, false, place_of(l, "exchange", "venue"),
                             "'venue': '%s' is no entry of 'brokers'; add one with this id",
                             c->exchange.venue);
    else if (!venue->enabled)
        nj_loader_problem_at(l, false, place_of(l, "exchange", "venue"),
                             "'venue': '%s' is not enabled in 'brokers'", c->exchange.venue);
    if (c->app.env == NJ_ENV_PAPER && !paper)
        nj_loader_problem_at(
            l, false, place_of(l, "app", "env"),
            "'env': 'paper' needs an enabled entry of 'brokers' with plugin 'paper'");
}

/* The number of the database in a url of Redis, as text; "" or "0": the first. */
static const char *database_of(const char *url)
{
    const char *at;
    if (strncmp(url, "redis+unix://", 13) == 0)
        return (at = strstr(url + 13, "?db=")) ? at + 4 : "";
    if (strncmp(url, "redis://", 8) != 0)
        return "";
    at = strchr(url + 8, '/');
    return at ? at + 1 : "";
}

static void check_host(struct nj_loader *l)
{
    struct nj_config *c = l->config;
    const char *database = database_of(c->bus.url);
    if (database[strspn(database, "0")])
        nj_loader_problem_at(l, true, place_of(l, "bus", "url"),
                             "'url': database %s keeps keys and streams apart, but Redis publishes "
                             "to all its databases: hosts that must not hear each other need a "
                             "Redis each",
                             database);
    if (c->app.env != NJ_ENV_LIVE)
        return;
    if (c->app.clock == NJ_CLOCK_EVENTS)
        nj_loader_problem_at(l, false, place_of(l, "app", "clock"),
                             "'clock': 'events' is for recorded and simulated data and cannot go "
                             "with env 'live'; use 'wall'");
    if (!nj_yaml_get(section_of(l, "plugins"), "trust"))
        c->plugins.trust = NJ_TRUST_STRICT;
    else if (c->plugins.trust != NJ_TRUST_STRICT)
        nj_loader_problem_at(l, true, place_of(l, "plugins", "trust"),
                             "'trust': 'strict' is advised with env 'live'; take the key out to "
                             "have it");
}

void nj_loader_check(struct nj_loader *l)
{
    const struct nj_yaml_node *listed = nj_yaml_get(section_of(l, "exchange"), "symbols");
    struct symbols symbols = {0};
    gather_symbols(l, &symbols);
    check_ids(l);
    check_venue(l);
    check_host(l);
    check_timeframes(l);
    check_symbols(l, &symbols);
    /* a symbol that is told as malformed would only cause further lines */
    if (!listed || l->config->exchange.n_symbols == listed->n) {
        check_strategy_symbols(l, &symbols);
        fill_symbols(l);
        check_topics(l, &symbols);
    }
    nj_map_free(&symbols.traded, NULL);
    nj_map_free(&symbols.known, NULL);
}
