/* test_recorded.c - what a line of each layout and a venue's symbol become and in which words they
 * are refused. Expected values are read off the lines. Owned by the tests. */
#include "test_main.h"

#include <njord/codec.h>
#include <njord/recorded.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static njord_recorded_line line_out;
#define out line_out.of.trade
static char why[NJORD_RECORDED_WHY];
static njord_recorded how;
static const njord_recorded_options plain = {.venue = "binance"};

static void open_with(njord_recorded_options options)
{
    ck_assert_msg(njord_recorded_init(&how, &options, why) == 0, "%s", why);
    why[0] = '\0';
}

static int read_line(const char *line)
{
    return njord_recorded_read(&how, line, strlen(line), &line_out, why);
}

/* ---- symbols ---- */

static void pair_is(const char *raw, const char *expected)
{
    char symbol[NJORD_SYMBOL_SIZE];
    ck_assert_msg(njord_symbol_from_pair(raw, strlen(raw), NULL, 0, symbol, why) == 0, "%s", why);
    ck_assert_str_eq(symbol, expected);
}

static void pair_refused(const char *raw, const char *expected)
{
    char symbol[NJORD_SYMBOL_SIZE];
    ck_assert_int_eq(njord_symbol_from_pair(raw, strlen(raw), NULL, 0, symbol, why), NJORD_E_ARG);
    ck_assert_str_eq(why, expected);
}

START_TEST(symbol_is_split_before_its_quote_asset)
{
    pair_is("BTCUSDT", "BTC/USDT");
    pair_is("btcusdt", "BTC/USDT");
    pair_is("BLZETH", "BLZ/ETH");
    pair_is("LRCBTC", "LRC/BTC");
    pair_is("RUNEEUR", "RUNE/EUR");
    pair_is("ATOMUSD", "ATOM/USD");
    pair_is("USDCUSDT", "USDC/USDT");
    pair_is("1000SHIBUSDT", "1000SHIB/USDT");
    pair_is("ETHBTC", "ETH/BTC");
    pair_is("BTCFDUSD", "BTC/FDUSD");
}
END_TEST

START_TEST(separator_is_taken_where_there_is_one)
{
    pair_is("ATOM/USDT", "ATOM/USDT");
    pair_is("atom-xyz", "ATOM/XYZ");
    pair_is("BTC_JPY", "BTC/JPY");
}
END_TEST

START_TEST(two_ways_to_split_need_a_known_asset_or_the_configuration)
{
    char symbol[NJORD_SYMBOL_SIZE];
    const char *symbols[] = {"PEPE/BUSD", "ATOM/USDT"};
    pair_is("BNBUSD", "BNB/USD");
    pair_is("BTCBUSD", "BTC/BUSD");
    pair_refused("PEPEBUSD", "symbol 'PEPEBUSD' can be split in two ways: name it as BASE/QUOTE");
    ck_assert_int_eq(njord_symbol_from_pair("pepebusd", 8, symbols, 2, symbol, why), 0);
    ck_assert_str_eq(symbol, "PEPE/BUSD");
}
END_TEST

START_TEST(what_is_no_symbol_is_refused)
{
    pair_refused("", "symbol is empty");
    pair_refused("USDT", "symbol 'USDT' has no quote asset that is known: name it as BASE/QUOTE");
    pair_refused("BTC USDT", "symbol 'BTC USDT' is none: expected letters and digits, at most 30");
    pair_refused("/USDT", "symbol '/USDT' is none: expected letters and digits, at most 30");
    pair_refused("BTC/", "symbol 'BTC/' is none: expected letters and digits, at most 30");
    pair_refused("A/B/C", "symbol 'A/B/C' is none: expected letters and digits, at most 30");
    pair_refused("AAAAAAAAAAAAAAAAAAAAAAAAAAAUSDTX",
                 "symbol 'AAAAAAAAAAAAAAAAAAAAAAAAAAAUSDTX' is none: expected letters and digits, "
                 "at most 30");
}
END_TEST

/* ---- captures ---- */

static int capture(const char *line)
{
    njord_recorded_options options = plain;
    options.layout = NJORD_LAYOUT_CAPTURE;
    open_with(options);
    return read_line(line);
}

static void capture_refused(const char *line, const char *expected)
{
    ck_assert_int_eq(capture(line), NJORD_RECORDED_BAD);
    ck_assert_str_eq(why, expected);
}

#define DATA                                                                                       \
    "{\"e\":\"trade\",\"E\":1723161255343,\"s\":\"BTCUSDT\",\"t\":3735683259,\"p\":\"61837."       \
    "63000000\",\"q\":\"0.02000000\",\"T\":1723161255342,\"m\":true,\"M\":true}"

static void trade_is_the_first(void)
{
    ck_assert_str_eq(out.symbol, "BTC/USDT");
    ck_assert_double_eq(out.price, 61837.63);
    ck_assert_double_eq(out.qty, 0.02);
    ck_assert_uint_eq(out.side, NJORD_SIDE_SELL);
    ck_assert_str_eq(out.trade_id, "3735683259");
    ck_assert_str_eq(out.venue, "binance");
    ck_assert_int_eq(out.ev.ts_ns, 1723161255342000000);
    ck_assert_int_eq(out.ev.ts_recv_ns, 1723161254087896568);
    ck_assert_uint_eq(out.ev.seq, 0);
    ck_assert_uint_eq(out.ev.type, NJORD_EV_TRADE);
    ck_assert_int_eq(njord_event_check(&out.ev, sizeof line_out.of, why, sizeof why), 0);
}

START_TEST(trade_frame_becomes_a_trade_wrapped_or_bare)
{
    ck_assert_int_eq(
        capture("1723161254087896568 {\"stream\":\"btcusdt@trade\",\"data\":" DATA "}"),
        NJORD_RECORDED_EVENT);
    trade_is_the_first();
    ck_assert_int_eq(capture("1723161254087896568 " DATA), NJORD_RECORDED_EVENT);
    trade_is_the_first();
    ck_assert_int_eq(
        capture("1723161254087896568 {\"data\":" DATA ",\"stream\":\"btcusdt@trade\"}"),
        NJORD_RECORDED_EVENT);
    trade_is_the_first();
}
END_TEST

START_TEST(buyer_who_took_is_a_buy)
{
    ck_assert_int_eq(capture("1 {\"e\":\"trade\",\"s\":\"ETHBTC\",\"t\":7,\"p\":\"0.05\",\"q\":"
                             "\"1\",\"T\":1723161255342123,\"m\":false}"),
                     NJORD_RECORDED_EVENT);
    ck_assert_uint_eq(out.side, NJORD_SIDE_BUY);
    ck_assert_int_eq(out.ev.ts_ns, 1723161255342123000); /* a stream in microseconds */
}
END_TEST

START_TEST(aggregated_trade_keeps_its_own_id)
{
    ck_assert_int_eq(
        capture("1633998523957215000 {\"stream\":\"nknusdt@aggTrade\",\"data\":{\"e\":\"aggTrade\","
                "\"E\":1633998523963,\"s\":\"NKNUSDT\",\"a\":15683430,\"p\":\"0.35280000\",\"q\":"
                "\"58.00000000\",\"f\":19862790,\"l\":19862790,\"T\":1633998523963,\"m\":false,"
                "\"M\":true}}"),
        NJORD_RECORDED_EVENT);
    ck_assert_str_eq(out.symbol, "NKN/USDT");
    ck_assert_str_eq(out.trade_id, "15683430");
    ck_assert_double_eq(out.price, 0.3528);
    ck_assert_double_eq(out.qty, 58.0);
}
END_TEST

START_TEST(other_streams_answers_and_snapshots_are_passed_over)
{
    ck_assert_int_eq(capture("1 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":"
                             "\"depthUpdate\"}}"),
                     NJORD_RECORDED_OTHER);
    ck_assert_int_eq(capture("1 {\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":1}}"),
                     NJORD_RECORDED_OTHER);
    ck_assert_int_eq(capture("1 {\"data\":{\"u\":1},\"stream\":\"btcusdt@bookTicker\"}"),
                     NJORD_RECORDED_OTHER);
    ck_assert_int_eq(capture("1 {\"lastUpdateId\":5,\"bids\":[],\"asks\":[]}"),
                     NJORD_RECORDED_OTHER);
    ck_assert_int_eq(capture("1 {\"result\":null,\"id\":1}"), NJORD_RECORDED_OTHER);
    ck_assert_int_eq(capture("1 {\"e\":\"executionReport\",\"s\":\"BTCUSDT\"}"),
                     NJORD_RECORDED_OTHER);
    ck_assert_int_eq(capture(""), NJORD_RECORDED_OTHER);
    ck_assert_int_eq(capture("  \t"), NJORD_RECORDED_OTHER);
}
END_TEST

START_TEST(price_is_the_nearest_double_to_its_decimal_text)
{
    ck_assert_int_eq(
        capture("1 {\"e\":\"trade\",\"s\":\"ETHBTC\",\"t\":7,\"p\":\"0.1000000000000000055511151"
                "231257827021181583404541015625\",\"q\":\"9007199254740993\",\"T\":1}"),
        NJORD_RECORDED_EVENT);
    ck_assert_double_eq(out.price, 0.1);
    ck_assert_double_eq(out.qty, 9007199254740992.0); /* half way: to even */
    ck_assert_uint_eq(out.side, NJORD_NONE_U8);       /* no m: it is not said */
}
END_TEST

START_TEST(bad_capture_line_is_refused_in_words)
{
    capture_refused("x", "expected '<receive time in ns> <frame>'");
    capture_refused("12", "expected '<receive time in ns> <frame>'");
    capture_refused("-5 {}", "expected '<receive time in ns> <frame>'");
    capture_refused("99999999999999999999 {}", "expected '<receive time in ns> <frame>'");
    ck_assert_int_eq(capture("5 {\"e\":"), NJORD_RECORDED_BAD);
    ck_assert_ptr_nonnull(strstr(why, "frame is no JSON"));
    ck_assert_int_eq(capture("5 {\"e\":\"trade\",\"e\":\"trade\"}"), NJORD_RECORDED_BAD);
    ck_assert_ptr_nonnull(strstr(why, "duplicate object key"));
    capture_refused("5 [1]", "frame is no JSON object");
    capture_refused("5 {\"stream\":\"x@trade\",\"data\":[]}",
                    "combined frame without 'stream' as text and 'data' as object");
    capture_refused("5 {\"stream\":\"x@trade\",\"data\":{\"e\":\"kline\"}}",
                    "frame of a trade stream whose 'e' is neither trade nor aggTrade");
    capture_refused("5 {\"e\":\"trade\"}", "trade without its symbol 's'");
    capture_refused("5 {\"e\":\"trade\",\"s\":\"BTCUSDT\",\"p\":1.5,\"q\":\"1\"}",
                    "trade without price 'p' and quantity 'q' as text");
    capture_refused("5 {\"e\":\"trade\",\"s\":\"BTCUSDT\",\"p\":\"1\",\"q\":\"1\",\"T\":\"1\"}",
                    "trade without its time 'T'");
    capture_refused("5 {\"e\":\"trade\",\"s\":\"BTCUSDT\",\"p\":\"1\",\"q\":\"1\",\"T\":1,\"a\":1}",
                    "trade without its id 't'");
    capture_refused("5 {\"e\":\"aggTrade\",\"s\":\"BTCUSDT\",\"p\":\"1\",\"q\":\"1\",\"T\":1}",
                    "aggregated trade without its id 'a'");
#define TRADE(p, q, rest)                                                                          \
    "5 {\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"" p "\",\"q\":\"" q "\"" rest "}"
    capture_refused(TRADE("1", "1", ",\"T\":1,\"m\":1"), "'m' is neither true nor false");
    capture_refused(TRADE("1x", "1", ",\"T\":1"), "price 'p': expected a number, found '1x'");
    capture_refused(TRADE("1", "", ",\"T\":1"), "quantity 'q': expected a number, found ''");
    capture_refused(TRADE("nan", "1", ",\"T\":1"), "price 'p': expected a number, found 'nan'");
    capture_refused(TRADE("1e999", "1", ",\"T\":1"), "price 'p': expected a number, found '1e999'");
    capture_refused(TRADE("0", "1", ",\"T\":1"), "price must be > 0");
    capture_refused(TRADE("-1", "1", ",\"T\":1"), "price must be > 0");
    capture_refused(TRADE("1", "0.00000000", ",\"T\":1"), "quantity must be > 0");
    capture_refused(TRADE("1", "1", ",\"T\":-1"), "time 'T' is out of range");
    capture_refused(TRADE("1", "1", ",\"T\":9000000000000000"), "time 'T' is out of range");
    /* 2^63 ns is 9223372036854.77 ms */
    capture_refused(TRADE("1", "1", ",\"T\":9223372036855"), "time 'T' is out of range");
    capture_refused(TRADE("1", "1", ",\"T\":99999999999999"), "time 'T' is out of range");
}
END_TEST

START_TEST(configured_symbol_stands_for_what_the_line_says)
{
    open_with((njord_recorded_options){
        .layout = NJORD_LAYOUT_CAPTURE, .venue = "x", .symbol = "AAA/BBB"});
    ck_assert_int_eq(read_line("1 " DATA), NJORD_RECORDED_EVENT);
    ck_assert_str_eq(out.symbol, "AAA/BBB");
    ck_assert_str_eq(out.venue, "x");
}
END_TEST

/* ---- CSV ---- */

static void header_with(njord_recorded_options options, const char *line)
{
    open_with(options);
    ck_assert_msg(njord_recorded_probe(&how, line, strlen(line), why) == 0, "%s", why);
    ck_assert_msg(how.layout == NJORD_LAYOUT_CSV, "%s", why);
}

static void header(const char *line)
{
    header_with(plain, line);
}

/* Shown first, as rows of a file are while it is looked at. */
static int row(const char *line)
{
    char first[NJORD_RECORDED_WHY] = "";
    (void)njord_recorded_probe(&how, line, strlen(line), first);
    return read_line(line);
}

static void header_refused(const char *line, const char *expected)
{
    njord_recorded_options options = plain;
    options.layout = NJORD_LAYOUT_CSV;
    open_with(options);
    ck_assert_int_eq(njord_recorded_probe(&how, line, strlen(line), why), NJORD_E_ARG);
    ck_assert_str_eq(why, expected);
}

static void row_refused(const char *line, const char *expected)
{
    ck_assert_int_eq(row(line), NJORD_RECORDED_BAD);
    ck_assert_str_eq(why, expected);
}

START_TEST(row_names_every_member)
{
    header("ts_ns,price,qty,side,trade_id,symbol,venue,ts_recv_ns");
    ck_assert_int_eq(row("1723161255342000001,61837.63,0.02,sell,t-7,BTCUSDT,kraken,5"),
                     NJORD_RECORDED_EVENT);
    ck_assert_int_eq(out.ev.ts_ns, 1723161255342000001);
    ck_assert_int_eq(out.ev.ts_recv_ns, 5);
    ck_assert_double_eq(out.price, 61837.63);
    ck_assert_double_eq(out.qty, 0.02);
    ck_assert_uint_eq(out.side, NJORD_SIDE_SELL);
    ck_assert_str_eq(out.trade_id, "t-7");
    ck_assert_str_eq(out.symbol, "BTC/USDT");
    ck_assert_str_eq(out.venue, "kraken");
    ck_assert_int_eq(njord_event_check(&out.ev, sizeof line_out.of, why, sizeof why), 0);
}
END_TEST

START_TEST(delimiters_quotes_spaces_and_case_are_understood)
{
    header("\"Time\";\"Symbol\";\"Price\";\"Quantity\";\"Note\"");
    ck_assert_int_eq(row("1723161255;\"ATOM/USDT\";\"8.5\"; 3 ;\"a \"\"b\"\"; c\""),
                     NJORD_RECORDED_EVENT);
    ck_assert_double_eq(out.price, 8.5);
    ck_assert_double_eq(out.qty, 3.0);
    ck_assert_str_eq(out.symbol, "ATOM/USDT");
    ck_assert_int_eq(out.ev.ts_ns, 1723161255000000000);
    header("timestamp\tsymbol\tprice\tamount\tside");
    ck_assert_int_eq(row("1723161255342\tETHUSDT\t2500\t0.5\tBUY"), NJORD_RECORDED_EVENT);
    ck_assert_uint_eq(out.side, NJORD_SIDE_BUY);
    ck_assert_int_eq(row("1723161255342\tETHUSDT\t2500\t0.5\t"), NJORD_RECORDED_EVENT);
    ck_assert_uint_eq(out.side, NJORD_NONE_U8);
    ck_assert_int_eq(row(""), NJORD_RECORDED_OTHER);
}
END_TEST

START_TEST(buyer_maker_column_gives_the_side)
{
    header("id,price,qty,quote_qty,time,is_buyer_maker,symbol");
    ck_assert_int_eq(row("5,10,2,20,1723161255342,true,ETHUSDT"), NJORD_RECORDED_EVENT);
    ck_assert_uint_eq(out.side, NJORD_SIDE_SELL);
    ck_assert_str_eq(out.trade_id, "5");
    ck_assert_int_eq(row("6,10,2,20,1723161255342,False,ETHUSDT"), NJORD_RECORDED_EVENT);
    ck_assert_uint_eq(out.side, NJORD_SIDE_BUY);
    row_refused("6,10,2,20,1723161255342,maybe,ETHUSDT",
                "is_buyer_maker: expected true or false, found 'maybe'");
}
END_TEST

static void time_is(const char *time, int64_t expected)
{
    char line[100];
    snprintf(line, sizeof line, "%s,1,1,BTCUSDT", time);
    ck_assert_msg(row(line) == NJORD_RECORDED_EVENT, "%s: %s", time, why);
    ck_assert_int_eq(out.ev.ts_ns, expected);
}

START_TEST(unit_of_times_is_found_in_the_first_row_and_kept)
{
    header("ts,price,qty,symbol");
    time_is("1723161255.25", 1723161255250000000);
    time_is("1723161256", 1723161256000000000);
    header("ts,price,qty,symbol");
    time_is("1723161255342", 1723161255342000000);
    time_is("5", 5000000);
    header("ts,price,qty,symbol");
    time_is("1723161255342123", 1723161255342123000);
    header("ts,price,qty,symbol");
    time_is("1723161255342123456", 1723161255342123456);
}
END_TEST

START_TEST(time_may_be_iso_8601)
{
    header("ts,price,qty,symbol");
    time_is("2024-08-08T23:54:15Z", 1723161255000000000);
    time_is("2024-08-08 23:54:15.342", 1723161255342000000);
    time_is("2024-08-08", 1723075200000000000);
}
END_TEST

#define NAMES "header: expected names such as ts_ns,price,qty or ts_open,open,high,low,close,volume"

START_TEST(bad_header_is_refused_in_words)
{
    header_refused("a,b,c", NAMES);
    header_refused("ts,price", "header: no column 'qty'");
    header_refused("ts,qty", "header: no column 'price'");
    header_refused("price,qty", "header: no column 'ts_ns' or 'ts'");
    header_refused("ts,price,qty,quantity",
                   "header: column 'quantity' means the same as an earlier one");
    header_refused("ts,ts_ns,price,qty",
                   "header: both 'ts_ns' and 'ts': which is the time? leave one");
}
END_TEST

START_TEST(bad_row_is_refused_in_words)
{
    header("ts,price,qty,symbol,side,trade_id");
    row_refused("1,1,1,BTCUSDT,buy", "expected 6 columns as in the header, found 5");
    row_refused("1,1,1,BTCUSDT,buy,1,", "expected 6 columns as in the header, found 7");
    row_refused("1,\"1,1,BTCUSDT,buy,1", "column 2: a quote is left open or followed by text");
    row_refused("1,\"1\"2,1,BTCUSDT,buy,1", "column 2: a quote is left open or followed by text");
    row_refused("1,1.5.1,1,BTCUSDT,buy,1", "price: expected a number, found '1.5.1'");
    row_refused("1,1,,BTCUSDT,buy,1", "qty: expected a number, found ''");
    row_refused("1,1,1,BTCUSDT,long,1", "side: expected buy or sell, found 'long'");
    row_refused("1,0,1,BTCUSDT,buy,1", "price must be > 0");
    row_refused("1,1,1,BTCUSDT,buy,a b",
                "trade_id: expected letters, digits and signs without a space");
    row_refused("noon,1,1,BTCUSDT,buy,1",
                "time: expected a number or YYYY-MM-DDThh:mm:ssZ, found 'noon'");
    row_refused("2024-13-01,1,1,BTCUSDT,buy,1",
                "time: expected a number or YYYY-MM-DDThh:mm:ssZ, found '2024-13-01'");
    row_refused("99999999999999999999,1,1,BTCUSDT,buy,1",
                "time: expected a number or YYYY-MM-DDThh:mm:ssZ, found '99999999999999999999'");
    header("ts_ns,price,qty");
    row_refused("1,1,1", "no symbol: the file has no such column, name it");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recorded");
    TCase *t = tcase_create("parse");
    tcase_add_test(t, symbol_is_split_before_its_quote_asset);
    tcase_add_test(t, separator_is_taken_where_there_is_one);
    tcase_add_test(t, two_ways_to_split_need_a_known_asset_or_the_configuration);
    tcase_add_test(t, what_is_no_symbol_is_refused);
    tcase_add_test(t, trade_frame_becomes_a_trade_wrapped_or_bare);
    tcase_add_test(t, buyer_who_took_is_a_buy);
    tcase_add_test(t, aggregated_trade_keeps_its_own_id);
    tcase_add_test(t, other_streams_answers_and_snapshots_are_passed_over);
    tcase_add_test(t, price_is_the_nearest_double_to_its_decimal_text);
    tcase_add_test(t, bad_capture_line_is_refused_in_words);
    tcase_add_test(t, configured_symbol_stands_for_what_the_line_says);
    tcase_add_test(t, row_names_every_member);
    tcase_add_test(t, delimiters_quotes_spaces_and_case_are_understood);
    tcase_add_test(t, buyer_maker_column_gives_the_side);
    tcase_add_test(t, unit_of_times_is_found_in_the_first_row_and_kept);
    tcase_add_test(t, time_may_be_iso_8601);
    tcase_add_test(t, bad_header_is_refused_in_words);
    tcase_add_test(t, bad_row_is_refused_in_words);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
