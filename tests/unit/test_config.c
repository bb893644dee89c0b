/* test_config.c - reading a configuration: what is taken, and for everything that is wrong the one
 * line that is told. The lines are written down by hand from the form that the contracts page asks
 * for. Owned by the tests. */
#include "config_load.h"
#include "test_main.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what is wrong, and the line that says so ------------------------------------------------ */

static const struct {
    const char *base, *strategies, *line;
} bad[] = {
    /* YAML itself */
    {"app: [", NULL,
     "base.yaml:2:1: not YAML: did not find expected node content (while parsing a flow node at "
     "line "
     "2)"},
    {"app:\n\tname: x\n", NULL,
     "base.yaml:2:1: not YAML: found character that cannot start any token (while scanning for the "
     "next token at line 2)"},
    {"app: {name: \"\\0\"}", NULL, "base.yaml:1:13: a text with a NUL in it"},
    {"app: \x01", NULL, "base.yaml:1:6: not YAML: control characters are not allowed"},
    {"app: \xff", NULL, "base.yaml:1:6: not YAML: invalid leading UTF-8 octet"},
    {"a: &x 1\n", NULL, "base.yaml:1:4: anchor '&x': not supported, write the value out"},
    {"a: *x\n", NULL, "base.yaml:1:4: alias '*x': not supported, write the value out"},
    {"a: !!str 1\n", NULL,
     "base.yaml:1:4: tag 'tag:yaml.org,2002:str': not supported, quote a text instead"},
    {"app: {name: a}\n---\napp: {}\n", NULL, "base.yaml:2:1: a second document, expected one"},
    {"? [a]\n: b\n", NULL, "base.yaml:1:3: expected a text as key, found a list"},
    {"app: {seed: 1}\napp: {seed: 2}\n", NULL,
     "base.yaml:2:1: 'app': repeated key, first at line 1, column 1"},
    {"app:\n  seed: 1\n  name: a\n  seed: 2\n", NULL,
     "base.yaml:4:3: 'seed': repeated key, first at line 2, column 3"},
    {"- app\n", NULL, "base.yaml:1:1: 'base.yaml': expected a map of sections, found a list"},
    {"app\n", NULL, "base.yaml:1:1: 'base.yaml': expected a map of sections, found \"app\""},
    /* names of keys */
    {"ap: {}\n", NULL, "base.yaml:1:1: 'ap': unknown key in 'base.yaml', did you mean 'app'?"},
    {"nonsense: 1\n", NULL, "base.yaml:1:1: 'nonsense': unknown key in 'base.yaml'"},
    {"strategies: []\n", NULL,
     "base.yaml:1:1: 'strategies': unknown key in 'base.yaml'; it belongs "
     "in strategies.yaml"},
    {NULL, "risk: {}\n",
     "strategies.yaml:1:1: 'risk': unknown key in 'strategies.yaml'; it belongs in base.yaml"},
    {"risk:\n  per_order_usd_capp: 5\n", NULL,
     "base.yaml:2:3: 'per_order_usd_capp': unknown key in 'risk', did you mean "
     "'per_order_usd_cap'?"},
    {"risk: {per_oder_usd_cap: 5}\n", NULL,
     "base.yaml:1:8: 'per_oder_usd_cap': unknown key in 'risk', did you mean 'per_order_usd_cap'?"},
    {"logging: {levle: info}\n", NULL,
     "base.yaml:1:11: 'levle': unknown key in 'logging', did you mean 'level'?"},
    {"app: {\"\": 1}\n", NULL, "base.yaml:1:7: '': unknown key in 'app'"},
    /* sections */
    {"app: 5\n", NULL, "base.yaml:1:6: 'app': expected a map, found \"5\""},
    {"app:\n", NULL,
     "base.yaml:1:5: 'app': expected a map, found nothing; leave the key out for the defaults"},
    {"risk: [1]\n", NULL, "base.yaml:1:7: 'risk': expected a map, found a list"},
    {"feeds:\n", NULL, "base.yaml:1:7: 'feeds': expected a list, found nothing; write [] for none"},
    {"feeds: {a: b}\n", NULL, "base.yaml:1:8: 'feeds': expected a list, found a map"},
    {"symbols: []\n", NULL, "base.yaml:1:10: 'symbols': expected a map of symbols, found a list"},
    {NULL, "strategies: 1\n", "strategies.yaml:1:13: 'strategies': expected a list, found \"1\""},
    /* truth values */
    {"plugins: {watch: yes}\n", NULL,
     "base.yaml:1:18: 'watch': expected true or false, found \"yes\" (write true)"},
    {"plugins: {watch: Off}\n", NULL,
     "base.yaml:1:18: 'watch': expected true or false, found \"Off\" (write false)"},
    {"plugins: {watch: 1}\n", NULL, "base.yaml:1:18: 'watch': expected true or false, found \"1\""},
    {"plugins: {watch: \"true\"}\n", NULL,
     "base.yaml:1:18: 'watch': expected true or false, found text \"true\""},
    {"plugins: {watch: ~}\n", NULL,
     "base.yaml:1:18: 'watch': expected true or false, found nothing"},
    /* integers */
    {"app: {stop_timeout_ms: -1}\n", NULL,
     "base.yaml:1:24: 'stop_timeout_ms': expected an integer from 0 to 3600000, found \"-1\""},
    {"app: {stop_timeout_ms: 3600001}\n", NULL,
     "base.yaml:1:24: 'stop_timeout_ms': expected an integer from 0 to 3600000, found \"3600001\""},
    {"app: {stop_timeout_ms: 10.5}\n", NULL,
     "base.yaml:1:24: 'stop_timeout_ms': expected an integer from 0 to 3600000, found \"10.5\""},
    {"app: {stop_timeout_ms: 1e3}\n", NULL,
     "base.yaml:1:24: 'stop_timeout_ms': expected an integer from 0 to 3600000, found \"1e3\""},
    {"app: {stop_timeout_ms: 0x10}\n", NULL,
     "base.yaml:1:24: 'stop_timeout_ms': expected an integer from 0 to 3600000, found \"0x10\""},
    {"app: {stop_timeout_ms: '10'}\n", NULL,
     "base.yaml:1:24: 'stop_timeout_ms': expected an integer from 0 to 3600000, found text \"10\""},
    {"app: {seed: 9223372036854775808}\n", NULL,
     "base.yaml:1:13: 'seed': expected an integer >= 0, found \"9223372036854775808\""},
    {"app: {seed: [1]}\n", NULL, "base.yaml:1:13: 'seed': expected an integer >= 0, found a list"},
    {"exchange: {book_depth: 5001}\n", NULL,
     "base.yaml:1:24: 'book_depth': expected an integer from 1 to 5000, found \"5001\""},
    /* numbers */
    {"risk:\n  per_order_usd_cap: abc\n", NULL,
     "base.yaml:2:22: 'per_order_usd_cap': expected a number > 0, found \"abc\""},
    {"risk: {per_order_usd_cap: 0}\n", NULL,
     "base.yaml:1:27: 'per_order_usd_cap': expected a number > 0, found \"0\""},
    {"risk: {per_order_usd_cap: .inf}\n", NULL,
     "base.yaml:1:27: 'per_order_usd_cap': expected a number > 0, found \".inf\""},
    {"risk: {per_order_usd_cap: .nan}\n", NULL,
     "base.yaml:1:27: 'per_order_usd_cap': expected a number > 0, found \".nan\""},
    {"risk: {per_order_usd_cap: 1e999}\n", NULL,
     "base.yaml:1:27: 'per_order_usd_cap': expected a number > 0, found \"1e999\""},
    {"risk: {per_order_usd_cap: nan}\n", NULL,
     "base.yaml:1:27: 'per_order_usd_cap': expected a number > 0, found \"nan\""},
    {"risk: {per_order_usd_cap: 1_000}\n", NULL,
     "base.yaml:1:27: 'per_order_usd_cap': expected a number > 0, found \"1_000\""},
    {"risk: {per_order_usd_cap: '200'}\n", NULL,
     "base.yaml:1:27: 'per_order_usd_cap': expected a number > 0, found text \"200\""},
    {"risk: {per_order_usd_cap: {}}\n", NULL,
     "base.yaml:1:27: 'per_order_usd_cap': expected a number > 0, found a map"},
    {"risk: {price_collar_pct: -0.1}\n", NULL,
     "base.yaml:1:26: 'price_collar_pct': expected a number >= 0, found \"-0.1\""},
    /* words */
    {"app: {env: production}\n", NULL,
     "base.yaml:1:12: 'env': expected one of dev, paper, live, found \"production\""},
    {"app: {env: }\n", NULL,
     "base.yaml:1:12: 'env': expected one of dev, paper, live, found nothing"},
    {"app: {env: [live]}\n", NULL,
     "base.yaml:1:12: 'env': expected one of dev, paper, live, found a list"},
    {"app: {env: Live}\n", NULL,
     "base.yaml:1:12: 'env': expected one of dev, paper, live, found \"Live\""},
    {"logging: {fsync: sometimes}\n", NULL,
     "base.yaml:1:18: 'fsync': expected one of never, interval, always, found \"sometimes\""},
    {"plugins: {isolation: process}\n", NULL,
     "base.yaml:1:22: 'isolation': 'process' is not supported by this version; use 'none'"},
    {"plugins: {isolation: docker}\n", NULL,
     "base.yaml:1:22: 'isolation': expected one of none, found \"docker\""},
    {"risk: {on_halt: flatten}\n", NULL,
     "base.yaml:1:17: 'on_halt': expected one of cancel, hold, found \"flatten\""},
    {"risk: {allow_short: yes}\n", NULL,
     "base.yaml:1:21: 'allow_short': expected one of auto, true, false, found \"yes\""},
    /* durations */
    {"journal: {compress_after: 24}\n", NULL,
     "base.yaml:1:27: 'compress_after': expected a duration as 250ms, 10s, 5m, 24h, 7d, found "
     "\"24\""},
    {"journal: {compress_after: 1.5h}\n", NULL,
     "base.yaml:1:27: 'compress_after': expected a duration as 250ms, 10s, 5m, 24h, 7d, found "
     "\"1.5h\""},
    {"journal: {compress_after: 999999999999d}\n", NULL,
     "base.yaml:1:27: 'compress_after': expected a duration as 250ms, 10s, 5m, 24h, 7d, found "
     "\"999999999999d\""},
    /* texts */
    {"app: {timezone: Europe/Berlin}\n", NULL,
     "base.yaml:1:17: 'timezone': expected UTC (the only one), found \"Europe/Berlin\""},
    {"app: {name: \"a b\"}\n", NULL,
     "base.yaml:1:13: 'name': expected 1 to 47 letters, digits, _, - and ., found text \"a b\""},
    {"app: {name: \"\"}\n", NULL,
     "base.yaml:1:13: 'name': expected 1 to 47 letters, digits, _, - and ., found text \"\""},
    {"app: {state_dir: \"a\\nb\"}\n", NULL,
     "base.yaml:1:18: 'state_dir': expected a path of at most 1023 bytes, found text \"a?b\""},
    {"app: {control: "
     "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"
     "defgh"
     "ijabcdefgh}\n",
     NULL,
     "base.yaml:1:16: 'control': expected a path of at most 107 bytes (the limit of a UNIX "
     "socket), "
     "found \"abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghija...\""},
    {"plugins: {dir: $HOME/plugins}\n", NULL,
     "base.yaml:1:16: 'dir': expected a path of at most 1023 bytes, or $libdir/njord/plugins, "
     "found "
     "\"$HOME/plugins\""},
    {"bus: {url: inproc}\n", NULL,
     "base.yaml:1:12: 'url': expected inproc:, redis://[user:password@]host[:port][/db] or "
     "redis+unix:///path[?db=n], found another text"},
    {"bus: {url: \"redis://u:geheim@h:0/\"}\n", NULL,
     "base.yaml:1:12: 'url': expected inproc:, redis://[user:password@]host[:port][/db] or "
     "redis+unix:///path[?db=n], found another text"},
    /* lists */
    {"services: feeds\n", NULL,
     "base.yaml:1:11: 'services': expected a list of one or more feeds, ohlcv, strategies, risk, "
     "broker, journal, found \"feeds\""},
    {"services: []\n", NULL,
     "base.yaml:1:11: 'services': expected a list of one or more feeds, ohlcv, strategies, risk, "
     "broker, journal, found none"},
    {"services: [feeds, fedes]\n", NULL,
     "base.yaml:1:19: 'services': expected feeds, ohlcv, strategies, risk, broker, journal, found "
     "\"fedes\""},
    {"services: [portfolio]\n", NULL,
     "base.yaml:1:12: 'services': 'portfolio' is not part of this version; take it out"},
    {"services: [metrics]\n", NULL,
     "base.yaml:1:12: 'services': 'metrics' is not part of this version; take it out"},
    {"services: [alerts]\n", NULL,
     "base.yaml:1:12: 'services': 'alerts' is not part of this version; take it out"},
    {"services: [audit]\n", NULL,
     "base.yaml:1:12: 'services': 'audit' is not part of this version; take it out"},
    {"services: [feeds, risk, feeds]\n", NULL,
     "base.yaml:1:25: 'services': 'feeds' is listed twice"},
    {"exchange: {symbols: []}\n", NULL,
     "base.yaml:1:21: 'symbols': expected a list of one or more symbols as ATOM/USDT (capitals and "
     "digits, up to 15 on each side), found none"},
    {"exchange: {symbols: [ATOMUSDT]}\n", NULL,
     "base.yaml:1:22: 'symbols': expected symbols as ATOM/USDT (capitals and digits, up to 15 on "
     "each "
     "side), found \"ATOMUSDT\""},
    {"exchange: {symbols: [atom/usdt]}\n", NULL,
     "base.yaml:1:22: 'symbols': expected symbols as ATOM/USDT (capitals and digits, up to 15 on "
     "each "
     "side), found \"atom/usdt\""},
    {"exchange: {symbols: [A/B/C]}\n", NULL,
     "base.yaml:1:22: 'symbols': expected symbols as ATOM/USDT (capitals and digits, up to 15 on "
     "each "
     "side), found \"A/B/C\""},
    {"exchange: {symbols: [[A/B]]}\n", NULL,
     "base.yaml:1:22: 'symbols': expected symbols as ATOM/USDT (capitals and digits, up to 15 on "
     "each "
     "side), found a list"},
    {"exchange: {symbols: [ABCDEFGHIJKLMNOP/USDT]}\n", NULL,
     "base.yaml:1:22: 'symbols': expected symbols as ATOM/USDT (capitals and digits, up to 15 on "
     "each "
     "side), found \"ABCDEFGHIJKLMNOP/USDT\""},
    {"exchange: {symbols: [A/B, A/B]}\n", NULL, "base.yaml:1:27: 'symbols': 'A/B' is listed twice"},
    {"ohlcv: {timeframes: [60]}\n", NULL,
     "base.yaml:1:22: 'timeframes': expected timeframes from 1s to 1d that divide a minute, or are "
     "whole "
     "minutes that divide a day, found \"60\""},
    {"ohlcv: {timeframes: [1m, 7s]}\n", NULL,
     "base.yaml:1:26: 'timeframes': expected timeframes from 1s to 1d that divide a minute, or are "
     "whole "
     "minutes that divide a day, found \"7s\""},
    {"ohlcv: {timeframes: [1m, 60s]}\n", NULL,
     "base.yaml:1:26: 'timeframes': '60s' is as long as '1m'; name it once"},
    {"risk: {usd_quotes: [usdt]}\n", NULL,
     "base.yaml:1:21: 'usd_quotes': expected assets as USDT, found \"usdt\""},
    /* entries */
    {"feeds: [sim]\n", NULL, "base.yaml:1:9: 'feeds': expected a map, found \"sim\""},
    {"feeds:\n  - plugin: simmarket\n", NULL,
     "base.yaml:2:5: 'id': missing in 'feeds', expected 1 to 47 characters of a-z, 0-9 and _"},
    {"feeds:\n  - id: sim\n", NULL,
     "base.yaml:2:5: 'plugin': missing in 'feeds', expected 1 to 47 characters of a-z, 0-9 and _"},
    {"feeds: [{id: Sim, plugin: simmarket}]\n", NULL,
     "base.yaml:1:14: 'id': expected 1 to 47 characters of a-z, 0-9 and _, found \"Sim\""},
    {"feeds: [{id: sim, plugin: simmarket.so}]\n", NULL,
     "base.yaml:1:27: 'plugin': expected 1 to 47 characters of a-z, 0-9 and _, found "
     "\"simmarket.so\""},
    {"feeds: [{id: sim, plugin: ../x}]\n", NULL,
     "base.yaml:1:27: 'plugin': expected 1 to 47 characters of a-z, 0-9 and _, found \"../x\""},
    {"feeds: [{id: sim, plugin: a, isolation: process}]\n", NULL,
     "base.yaml:1:41: 'isolation': 'process' is not supported by this version; use 'none'"},
    {"feeds: [{id: sim, plugin: a, params: [1]}]\n", NULL,
     "base.yaml:1:38: 'params': expected a map of parameters, found a list"},
    {"feeds: [{id: sim, plugin: a, params: }]\n", NULL,
     "base.yaml:1:38: 'params': expected a map of parameters, found nothing; write {} for none"},
    {"feeds: [{id: sim, plugin: a, params: {x: [1]}}]\n", NULL,
     "base.yaml:1:42: 'x': expected a value or a map, found a list"},
    {"feeds: [{id: sim, plugin: a, params: {x: {y: {}}}}]\n", NULL,
     "base.yaml:1:46: 'y': expected a value, found a map"},
    {"feeds: [{id: sim, plugin: a, capital: 5}]\n", NULL,
     "base.yaml:1:30: 'capital': unknown key in 'feeds'"},
    {"brokers: [{id: paperpaperpaper1, plugin: paper}]\nexchange: {venue: paperpaperpaper}\n", NULL,
     "base.yaml:1:16: 'id': expected 1 to 15 characters of a-z, 0-9 and _, found "
     "\"paperpaperpaper1\""},
    {NULL, "strategies:\n  - {id: a, plugin: b, events: [x], warmup: {bars: 5}}\n",
     "strategies.yaml:2:45: 'timeframe': missing in 'warmup', expected a timeframe as 1m, 4h, 1d"},
    {NULL, "strategies:\n  - {id: a, plugin: b, warmup: {timeframe: 1m, bars: 0}}\n",
     "strategies.yaml:2:54: 'bars': expected an integer from 1 to 100000, found \"0\""},
    {NULL, "strategies:\n  - {id: a, plugin: b, capital: -5}\n",
     "strategies.yaml:2:33: 'capital': expected a number > 0, found \"-5\""},
    {NULL, "strategies:\n  - {id: a, plugin: b, on_crash: restart}\n",
     "strategies.yaml:2:34: 'on_crash': expected one of hold, cancel, flatten, found \"restart\""},
    {NULL, "strategies:\n  - {id: a, plugin: b, evnets: [x]}\n",
     "strategies.yaml:2:24: 'evnets': unknown key in 'strategies', did you mean 'events'?"},
    /* symbols */
    {"symbols: {atom: {}}\n", NULL, "base.yaml:1:11: 'atom': expected a symbol as ATOM/USDT"},
    {"symbols: {ATOM/USDT: {tick: 0}}\n", NULL,
     "base.yaml:1:29: 'tick': expected a number > 0, found \"0\""},
    {"symbols: {ATOM/USDT: {ticks: 1}}\n", NULL,
     "base.yaml:1:23: 'ticks': unknown key in 'ATOM/USDT', did you mean 'tick'?"},
    {"symbols: {ATOM/USDT: {min_qty: 2, max_qty: 1}}\n", NULL,
     "base.yaml:1:11: 'ATOM/USDT': min_qty is above max_qty"},
    /* what no key sees alone */
    {"app: {env: live, clock: events}\n", NULL,
     "base.yaml:1:25: 'clock': 'events' is for recorded and simulated data and cannot go with env "
     "'live'; use 'wall'"},
    {"exchange: {venue: kraken}\n", NULL,
     "base.yaml:1:19: 'venue': 'kraken' is no entry of 'brokers'; add one with this id"},
    {"brokers: []\n", NULL,
     "base.yaml: 'venue': 'paper' is no entry of 'brokers'; add one with this id"},
    {"brokers: [{id: paper, plugin: paper, enabled: false}]\n", NULL,
     "base.yaml: 'venue': 'paper' is not enabled in 'brokers'"},
    {"app: {env: paper}\nbrokers: [{id: x, plugin: kraken}]\nexchange: {venue: x}\n", NULL,
     "base.yaml:1:12: 'env': 'paper' needs an enabled entry of 'brokers' with plugin 'paper'"},
    {"exchange:\n  symbols: [AB/CUSD, ABC/USD]\n", NULL,
     "base.yaml:2:22: 'symbols': 'ABC/USD' and 'AB/CUSD' would share the file name 'ABCUSD'; keep "
     "one"},
    {"exchange: {symbols: [AB/USDT]}\nfeeds:\n  - {id: f, plugin: f, symbols: [ABUSD/T]}\n", NULL,
     "base.yaml:3:34: 'symbols': 'ABUSD/T' and 'AB/USDT' would share the file name 'ABUSDT'; keep "
     "one"},
    {"exchange: {symbols: [AB/USDT]}\nsymbols: {ABUSD/T: {}}\n", NULL,
     "base.yaml:2:11: 'symbols': 'ABUSD/T' and 'AB/USDT' would share the file name 'ABUSDT'; keep "
     "one"},
    {"exchange: {symbols: [ATOM/USDT, ETH/BTC]}\n", NULL,
     "base.yaml:1:33: 'symbols': 'ETH/BTC' and 'ATOM/USDT' have two quote assets; expected one for "
     "all"},
    {NULL, "strategies:\n  - {id: a, plugin: b, events: [md.trades.*], symbols: [ETH/USDT]}\n",
     "strategies.yaml:2:57: 'symbols': 'ETH/USDT' is not in exchange.symbols; add it there or take "
     "it "
     "out here"},
    {"feeds: [{id: x, plugin: a}, {id: x, plugin: b}]\n", NULL,
     "base.yaml:1:34: 'id': 'x' is used twice, first at base.yaml:1:14"},
    {"feeds:\n  - id: x\n    plugin: a\n", "strategies:\n  - id: x\n    plugin: b\n",
     "strategies.yaml:2:9: 'id': 'x' is used twice, first at base.yaml:2:9"},
    {NULL, "strategies: [{id: paper, plugin: b}]\n",
     "strategies.yaml:1:19: 'id': 'paper' is used twice, first by the default entry of 'brokers'"},
};

START_TEST(each_mistake_is_told_in_one_line)
{
    int rc = load(bad[_i].base, bad[_i].strategies);
    char want[1024];
    snprintf(want, sizeof want, "%s\n", bad[_i].line);
    ck_assert_str_eq(errors(), want);
    ck_assert_int_eq(rc, NJ_ERR_CONFIG);
    ck_assert_uint_eq(report.n_errors, 1);
    ck_assert_ptr_null(config);
    end();
}
END_TEST

START_TEST(all_mistakes_are_told_in_the_order_of_the_files)
{
    load("risk:\n  cash_check: maybe\n  per_order_usd_cap: abc\napp:\n  env: x\n  nam: y\n",
         "strategies:\n  - id: 1x\n    plugin: B\n");
    ck_assert_str_eq(
        errors(),
        "base.yaml:2:15: 'cash_check': expected true or false, found \"maybe\"\n"
        "base.yaml:3:22: 'per_order_usd_cap': expected a number > 0, found \"abc\"\n"
        "base.yaml:5:8: 'env': expected one of dev, paper, live, found \"x\"\n"
        "base.yaml:6:3: 'nam': unknown key in 'app', did you mean 'name'?\n"
        "strategies.yaml:3:13: 'plugin': expected 1 to 47 characters of a-z, 0-9 and _, found "
        "\"B\"\n");
    ck_assert_uint_eq(report.n_errors, 5);
    end();
}
END_TEST

START_TEST(a_repeated_key_does_not_hide_other_mistakes)
{
    load("app:\n  seed: 1\n  seed: x\n  env: y\n", NULL);
    ck_assert_str_eq(errors(),
                     "base.yaml:3:3: 'seed': repeated key, first at line 2, column 3\n"
                     "base.yaml:4:8: 'env': expected one of dev, paper, live, found \"y\"\n");
    end();
}
END_TEST

START_TEST(a_broken_file_does_not_hide_mistakes_of_the_other)
{
    load("app: [", "strategies: 5\n");
    ck_assert_uint_eq(report.n_errors, 2);
    ck_assert_ptr_nonnull(strstr(errors(), "strategies.yaml:1:13: "));
    end();
}
END_TEST

START_TEST(garbage_is_counted_past_a_hundred_lines)
{
    struct nj_buf base = {0};
    for (int i = 0; i < 300; i++)
        nj_buf_printf(&base, "key_%d: 1\n", i);
    load(base.data, NULL);
    nj_buf_free(&base);
    ck_assert_uint_eq(report.n_errors, 300);
    size_t lines = 0;
    for (const char *c = errors(); *c; c++)
        lines += *c == '\n';
    ck_assert_uint_eq(lines, 101);
    ck_assert_ptr_nonnull(strstr(errors(), "\nmore problems follow; correct these first\n"));
    end();
}
END_TEST

/* ---- warnings -------------------------------------------------------------------------------- */

static const struct {
    const char *base, *strategies, *line;
} doubtful[] = {
    {"# nothing\n", NULL, "base.yaml: holds no key; all defaults are used"},
    {NULL, "strategies:\n  - {id: a, plugin: b}\n",
     "strategies.yaml:2:5: 'events': none given; 'a' gets only what concerns its own orders"},
    {NULL, "strategies:\n  - {id: a, plugin: b, events: [md.trade.*]}\n",
     "strategies.yaml:2:33: 'events': 'md.trade.*' matches no topic"},
    {NULL, "strategies:\n  - {id: a, plugin: b, events: [md.trades.ETH/USDT]}\n",
     "strategies.yaml:2:33: 'events': 'md.trades.ETH/USDT' matches no topic"},
    {NULL, "strategies:\n  - {id: a, plugin: b, events: [md.ohlcv.30m.*]}\n",
     "strategies.yaml:2:33: 'events': 'md.ohlcv.30m.*' matches no bars that this host makes "
     "(ohlcv.timeframes); unless a feed brings them, none come"},
    {"journal: {topics: [md.bars.*]}\n", NULL,
     "base.yaml:1:20: 'topics': 'md.bars.*' matches no topic"},
    {"symbols: {ETH/USDT: {}}\n", NULL,
     "base.yaml:1:11: 'ETH/USDT': neither traded nor fed; add it to exchange.symbols or take it "
     "out"},
};

START_TEST(what_is_doubtful_is_a_warning)
{
    char want[300];
    ck_assert_int_eq(load(doubtful[_i].base, doubtful[_i].strategies), 0);
    snprintf(want, sizeof want, "%s\n", doubtful[_i].line);
    ck_assert_str_eq(warnings(), want);
    ck_assert_uint_eq(report.n_warnings, 1);
    end();
}
END_TEST

/* ---- the command line ------------------------------------------------------------------------ */

static const struct {
    struct nj_config_overrides overrides;
    const char *line;
} options[] = {
    {{.services = "feeds,portfolio"},
     "--services: 'services': 'portfolio' is not part of this version; take "
     "it out"},
    {{.services = "feeds,,risk"},
     "--services: 'services': expected feeds, ohlcv, strategies, risk, "
     "broker, journal, found nothing"},
    {{.services = "feeds,feeds"}, "--services: 'services': 'feeds' is listed twice"},
    {{.bus_url = "http://x"},
     "--bus: 'url': expected inproc:, redis://[user:password@]host[:port][/db] "
     "or redis+unix:///path[?db=n], found another text"},
    {{.plugins_dir = ""},
     "--plugins: 'dir': expected a path of at most 1023 bytes, or "
     "$libdir/njord/plugins, found nothing"},
};

START_TEST(a_bad_option_is_told_under_its_name)
{
    char want[300];
    ck_assert_int_eq(load_with(NULL, NULL, &options[_i].overrides), NJ_ERR_CONFIG);
    snprintf(want, sizeof want, "%s\n", options[_i].line);
    ck_assert_str_eq(errors(), want);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tests = tcase_create("config");
    tcase_add_loop_test(tests, each_mistake_is_told_in_one_line, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tests, all_mistakes_are_told_in_the_order_of_the_files);
    tcase_add_test(tests, a_repeated_key_does_not_hide_other_mistakes);
    tcase_add_test(tests, a_broken_file_does_not_hide_mistakes_of_the_other);
    tcase_add_test(tests, garbage_is_counted_past_a_hundred_lines);
    tcase_add_loop_test(tests, what_is_doubtful_is_a_warning, 0,
                        (int)(sizeof doubtful / sizeof doubtful[0]));
    tcase_add_loop_test(tests, a_bad_option_is_told_under_its_name, 0,
                        (int)(sizeof options / sizeof options[0]));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
