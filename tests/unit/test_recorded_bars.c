/* test_recorded_bars.c - bars, dumps and journals as recorded data, how a layout is told by its
 * first lines, and digits that are kept. Expected values are read off the lines. Owned by the
 * tests. */
#include "test_main.h"

#include <njord/codec.h>
#include <njord/lines.h>
#include <njord/recorded.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static njord_recorded_line line_out;
#define out     line_out.of.trade
#define bar_out line_out.of.bar
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

static void header_with(njord_recorded_options options, const char *line)
{
    open_with(options);
    ck_assert_msg(njord_recorded_probe(&how, line, strlen(line), why) == 0, "%s", why);
    ck_assert_msg(how.layout == NJORD_LAYOUT_CSV, "%s", why);
}

/* Shown first, as rows of a file are while it is looked at. */
static int row(const char *line)
{
    char first[NJORD_RECORDED_WHY] = "";
    (void)njord_recorded_probe(&how, line, strlen(line), first);
    return read_line(line);
}

static void row_refused(const char *line, const char *expected)
{
    ck_assert_int_eq(row(line), NJORD_RECORDED_BAD);
    ck_assert_str_eq(why, expected);
}

#define NAMES "header: expected names such as ts_ns,price,qty or ts_open,open,high,low,close,volume"

/* ---- bars ---- */

#define KLINE                                                                                      \
    "1622505600000,35000.10,35100.00,34900.50,35050.25,12.50000000,1622505659999,437812.50000000," \
    "308,7.25000000,253925.00000000,0"

static void kline_is_right(void)
{
    ck_assert_uint_eq(bar_out.ev.type, NJORD_EV_BAR);
    ck_assert_int_eq(bar_out.ts_open, 1622505600000000000);
    ck_assert_int_eq(bar_out.ts_close, 1622505660000000000);
    ck_assert_int_eq(bar_out.ev.ts_ns, 1622505660000000000);
    ck_assert_str_eq(bar_out.timeframe, "1m");
    ck_assert_str_eq(bar_out.symbol, "BTC/USDT");
    ck_assert_double_eq(bar_out.open, 35000.1);
    ck_assert_double_eq(bar_out.high, 35100.0);
    ck_assert_double_eq(bar_out.low, 34900.5);
    ck_assert_double_eq(bar_out.close, 35050.25);
    ck_assert_double_eq(bar_out.volume, 12.5);
    ck_assert_double_eq(bar_out.quote_volume, 437812.5);
    ck_assert_int_eq(bar_out.trades, 308);
    ck_assert_double_eq(bar_out.taker_volume, 7.25);
    ck_assert_int_eq(njord_event_check(&bar_out.ev, sizeof line_out.of, why, sizeof why), 0);
}

/* Shows lines as a file's first, to the end of them. */
static void show(njord_recorded_options options, const char *const *lines, size_t n)
{
    int known = 0;
    open_with(options);
    for (size_t i = 0; i < n && known == 0; i++)
        known = njord_recorded_probe(&how, lines[i], strlen(lines[i]), why);
    ck_assert_msg(known >= 0 && njord_recorded_settle(&how, why) == 0, "%s", why);
}

static void show_one(njord_recorded_options options, const char *line)
{
    show(options, &line, 1);
}

static const njord_recorded_options btc = {.symbol = "BTC/USDT", .venue = "binance"};

START_TEST(klines_of_a_dump_are_found_by_their_form)
{
    show_one(btc, KLINE);
    ck_assert_uint_eq(how.layout, NJORD_LAYOUT_BINANCE_KLINES);
    ck_assert_uint_eq(how.kind, NJORD_EV_BAR);
    ck_assert_uint_eq(how.unit, NJORD_UNIT_MS);
    ck_assert_str_eq(how.timeframe, "1m");
    ck_assert_uint_eq(how.header_lines, 0);
    ck_assert_int_eq(read_line(KLINE), NJORD_RECORDED_EVENT);
    kline_is_right();
    ck_assert_uint_eq(line_out.numbers[NJORD_TEXT_VOLUME].len, 11);
    ck_assert_int_eq(strncmp(line_out.numbers[NJORD_TEXT_VOLUME].text, "12.50000000,", 12), 0);
}
END_TEST

START_TEST(newer_dumps_count_microseconds)
{
    const char *line =
        "1735689600000000,35000.10,35100.00,34900.50,35050.25,12.5,1735693199999999,437812.5,308,"
        "7.25,253925.0,0";
    show_one(btc, line);
    ck_assert_uint_eq(how.unit, NJORD_UNIT_US);
    ck_assert_str_eq(how.timeframe, "1h");
    ck_assert_int_eq(read_line(line), NJORD_RECORDED_EVENT);
    ck_assert_int_eq(bar_out.ts_open, 1735689600000000000);
    ck_assert_int_eq(bar_out.ts_close, 1735693200000000000);
}
END_TEST

START_TEST(header_of_a_dump_is_no_data_whatever_is_asked)
{
    const char *lines[] = {"open_time,open,high,low,close,volume,close_time,quote_volume,count,"
                           "taker_buy_volume,taker_buy_quote_volume,ignore",
                           KLINE};
    show(btc, lines, 2);
    ck_assert_uint_eq(how.layout, NJORD_LAYOUT_CSV);
    ck_assert_uint_eq(how.header_lines, 1);
    ck_assert_int_eq(read_line(KLINE), NJORD_RECORDED_EVENT);
    kline_is_right();
    njord_recorded_options named = btc;
    named.layout = NJORD_LAYOUT_BINANCE_KLINES;
    show(named, lines, 2);
    ck_assert_uint_eq(how.layout, NJORD_LAYOUT_BINANCE_KLINES);
    ck_assert_uint_eq(how.header_lines, 1);
    ck_assert_int_eq(read_line(KLINE), NJORD_RECORDED_EVENT);
    kline_is_right();
}
END_TEST

START_TEST(trades_of_a_dump_are_found_by_their_form)
{
    const char *spot = "28457,4.00000100,12.00000000,48.00001200,1499865549590,True,True";
    const char *future = "28457,4.000001,12,48.000012,1499865549590,false";
    show_one(btc, spot);
    ck_assert_uint_eq(how.layout, NJORD_LAYOUT_BINANCE_TRADES);
    ck_assert_int_eq(read_line(spot), NJORD_RECORDED_EVENT);
    ck_assert_str_eq(out.trade_id, "28457");
    ck_assert_double_eq(out.price, 4.000001);
    ck_assert_double_eq(out.qty, 12.0);
    ck_assert_int_eq(out.ev.ts_ns, 1499865549590000000);
    ck_assert_uint_eq(out.side, NJORD_SIDE_SELL);
    ck_assert_str_eq(out.venue, "binance");
    show_one(btc, future);
    ck_assert_uint_eq(how.layout, NJORD_LAYOUT_BINANCE_TRADES);
    ck_assert_int_eq(read_line(future), NJORD_RECORDED_EVENT);
    ck_assert_uint_eq(out.side, NJORD_SIDE_BUY);
}
END_TEST

START_TEST(aggregated_trades_of_a_dump_are_found_by_their_form)
{
    const char *spot = "26129,0.01633102,4.70443515,27781,27790,1498793709153,true,true";
    show_one(btc, spot);
    ck_assert_uint_eq(how.layout, NJORD_LAYOUT_BINANCE_AGGTRADES);
    ck_assert_int_eq(read_line(spot), NJORD_RECORDED_EVENT);
    ck_assert_str_eq(out.trade_id, "26129");
    ck_assert_double_eq(out.price, 0.01633102);
    ck_assert_double_eq(out.qty, 4.70443515);
    ck_assert_int_eq(out.ev.ts_ns, 1498793709153000000);
    ck_assert_uint_eq(out.side, NJORD_SIDE_SELL);
    show_one(btc, "26129,0.01633102,4.70443515,27781,27790,1498793709153,true");
    ck_assert_uint_eq(how.layout, NJORD_LAYOUT_BINANCE_AGGTRADES);
    read_line("26129,0.01633102,4.70443515,27781");
    ck_assert_str_eq(why, "expected 8 columns, found 4");
}
END_TEST

START_TEST(columns_that_are_named_need_no_header)
{
    njord_recorded_options options = btc;
    options.columns = "ts,-,close,open,high,low,volume";
    options.timeframe = "1h";
    show_one(options, "1622505600|x|4|1|5|0.5|10");
    ck_assert_uint_eq(how.layout, NJORD_LAYOUT_COLUMNS);
    ck_assert_int_eq(how.delimiter, '|');
    ck_assert_uint_eq(how.unit, NJORD_UNIT_S);
    ck_assert_int_eq(read_line("1622505600|x|4|1|5|0.5|10"), NJORD_RECORDED_EVENT);
    ck_assert_double_eq(bar_out.open, 1.0);
    ck_assert_double_eq(bar_out.high, 5.0);
    ck_assert_double_eq(bar_out.low, 0.5);
    ck_assert_double_eq(bar_out.close, 4.0);
    ck_assert_int_eq(bar_out.ts_close, 1622509200000000000);
    ck_assert_int_eq(bar_out.trades, NJORD_NONE_I64);
    ck_assert(!njord_is_set_f64(bar_out.quote_volume));
    const char *lines[] = {"a;b;c;d;e;f;g", "1622505600;x;4;1;5;0.5;10"};
    show(options, lines, 2); /* a first line without numbers is a header */
    ck_assert_uint_eq(how.header_lines, 1);
    ck_assert_int_eq(how.delimiter, ';');
}
END_TEST

static void columns_refused(const char *columns, const char *expected)
{
    njord_recorded_options options = {.columns = columns};
    ck_assert_int_eq(njord_recorded_init(&how, &options, why), NJORD_E_ARG);
    ck_assert_str_eq(why, expected);
}

START_TEST(columns_that_cannot_be_are_refused_in_words)
{
    columns_refused("ts,price,qtty", "column 'qtty' is none; '-' skips one");
    columns_refused("ts,price,,qty", "column '' is none; '-' skips one");
    columns_refused("ts,price", "no column 'qty'");
    columns_refused("price,qty", "no column 'ts_ns' or 'ts'");
    columns_refused("ts,open,high,low,close", "no column 'volume'");
    columns_refused("ts,price,size,qty", "column 'qty' means the same as an earlier one");
    njord_recorded_options options = {.columns = "ts,price,qty",
                                      .layout = NJORD_LAYOUT_BINANCE_TRADES};
    ck_assert_int_eq(njord_recorded_init(&how, &options, why), NJORD_E_ARG);
    ck_assert_str_eq(why, "columns are named, and a layout too: leave one");
    options = (njord_recorded_options){.timeframe = "1x"};
    ck_assert_int_eq(njord_recorded_init(&how, &options, why), NJORD_E_ARG);
    ck_assert_str_eq(why, "timeframe '1x': expected one like 1m or 4h");
}
END_TEST

START_TEST(timeframe_is_the_shortest_step_of_the_first_rows)
{
    const char *lines[] = {"Date,Open,High,Low,Close,Volume", "2021-06-01 00:00:00+00:00,1,2,1,2,5",
                           "2021-06-01 00:30:00,1,2,1,2,5", "2021-06-01 00:45:00,1,2,1,2,5",
                           "2021-06-01 01:00,1,2,1,2,5"};
    show(btc, lines, 5);
    ck_assert_str_eq(how.timeframe, "15m");
    ck_assert_int_eq(read_line(lines[4]), NJORD_RECORDED_EVENT);
    ck_assert_int_eq(bar_out.ts_open, 1622509200000000000);
    ck_assert_int_eq(bar_out.ts_close, 1622510100000000000);
    show(btc, lines, 2); /* one row has no step */
    ck_assert_int_eq(read_line(lines[1]), NJORD_RECORDED_BAD);
    ck_assert_str_eq(why, "no timeframe: the file does not say, name it");
}
END_TEST

START_TEST(close_of_a_bar_must_be_where_its_timeframe_says)
{
    njord_recorded_options options = btc;
    options.timeframe = "5m";
    show_one(options, KLINE);
    ck_assert_int_eq(read_line(KLINE), NJORD_RECORDED_BAD);
    ck_assert_str_eq(why, "a bar of 5m closes where the line does not: 59.999 s behind its open");
    header_with(btc, "ts_open,open,high,low,close,volume,timeframe,ts_close");
    ck_assert_int_eq(row("1622505600,1,2,1,2,5,1m,1622505660"), NJORD_RECORDED_EVENT);
    ck_assert_int_eq(row("1622505600,1,2,1,2,5,1m,1622505659"), NJORD_RECORDED_EVENT);
    ck_assert_int_eq(row("1622505600,1,2,1,2,5,1m,1622505658"), NJORD_RECORDED_BAD);
    row_refused("1622505600,1,2,1,2,5,,", "no timeframe: the file does not say, name it");
    row_refused("1622505600,1,2,1,2,5,1y,", "timeframe: expected one like 1m or 4h, found '1y'");
    row_refused("1622505600,1,2,1,,5,1m,", "close: expected a number, found ''");
}
END_TEST

START_TEST(unit_may_stand_in_the_name_of_a_column)
{
    header_with(btc, "open_time_ms,open,high,low,close,volume,close_time_ms,partial,trades");
    ck_assert_uint_eq(how.unit, NJORD_UNIT_MS);
    ck_assert_int_eq(row("60000,1,2,1,2,5,119999,true,"), NJORD_RECORDED_EVENT);
    ck_assert_int_eq(bar_out.ts_open, 60000000000);
    ck_assert_str_eq(how.timeframe, "1m");
    ck_assert_uint_eq(bar_out.partial, 1);
    ck_assert_uint_eq(bar_out.ev.flags & NJORD_EF_PARTIAL, NJORD_EF_PARTIAL);
    ck_assert_int_eq(bar_out.trades, NJORD_NONE_I64);
    row_refused("60000,1,2,1,2,5,119999,perhaps,", "partial: expected true or false, found "
                                                   "'perhaps'");
    row_refused("60000,1,2,1,2,5,119999,,-1", "trades: expected how many, found '-1'");
    njord_recorded_options options = {.unit = NJORD_UNIT_S, .layout = NJORD_LAYOUT_CSV};
    open_with(options);
    const char *line = "time_ms,price,qty";
    ck_assert_int_eq(njord_recorded_probe(&how, line, strlen(line), why), NJORD_E_ARG);
    ck_assert_str_eq(why, "header: column 'time_ms' is in ms, not in s");
}
END_TEST

START_TEST(kind_that_is_asked_for_must_be_there)
{
    njord_recorded_options options = {.kind = NJORD_EV_BAR, .layout = NJORD_LAYOUT_CSV};
    open_with(options);
    ck_assert_int_eq(njord_recorded_probe(&how, "ts,price,qty", 12, why), NJORD_E_ARG);
    ck_assert_str_eq(why, "header: no column 'open'");
    options =
        (njord_recorded_options){.kind = NJORD_EV_TRADE, .layout = NJORD_LAYOUT_BINANCE_KLINES};
    ck_assert_int_eq(njord_recorded_init(&how, &options, why), NJORD_E_ARG);
    ck_assert_str_eq(why, "these are bars, not trades");
}
END_TEST

/* ---- journals ---- */

#define BAR_LINE                                                                                   \
    "{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1m\",\"ts_open\":60000000000,\"ts_close\":"         \
    "120000000000,\"open\":1.5,\"high\":2,\"low\":1,\"close\":1.75,\"volume\":10,\"trades\":3,"    \
    "\"partial\":true,\"seq\":77,\"ts_recv_ns\":120000000005}"

START_TEST(journals_of_bars_and_trades_are_told_apart)
{
    show_one(plain, BAR_LINE);
    ck_assert_uint_eq(how.layout, NJORD_LAYOUT_NDJSON);
    ck_assert_uint_eq(how.kind, NJORD_EV_BAR);
    ck_assert_int_eq(read_line(BAR_LINE), NJORD_RECORDED_EVENT);
    ck_assert_int_eq(bar_out.ev.ts_recv_ns, 120000000005);
    ck_assert_uint_eq(bar_out.ev.seq, 0); /* the recording host's */
    ck_assert_uint_eq(bar_out.ev.flags, NJORD_EF_PARTIAL);
    ck_assert_double_eq(bar_out.close, 1.75);
    show_one(plain, "{\"symbol\":\"ATOM/USDT\",\"price\":1.5,\"qty\":2,\"ts_ns\":5}");
    ck_assert_uint_eq(how.kind, NJORD_EV_TRADE);
    ck_assert_int_eq(read_line("{\"symbol\":\"ATOM/USDT\",\"price\":0,\"qty\":2,\"ts_ns\":5}"),
                     NJORD_RECORDED_BAD);
    ck_assert_str_eq(why, "price must be > 0");
    ck_assert_int_eq(read_line(BAR_LINE), NJORD_RECORDED_BAD);
    /* a first line that is broken says at least what it was to be */
    show_one(plain, "{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1m\",\"ts_open\":60");
    ck_assert_uint_eq(how.layout, NJORD_LAYOUT_NDJSON);
    ck_assert_uint_eq(how.kind, NJORD_EV_BAR);
}
END_TEST

START_TEST(bar_of_a_journal_must_close_where_its_timeframe_says)
{
    show_one(plain, BAR_LINE);
    ck_assert_int_eq(
        read_line("{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"5m\",\"ts_open\":60000000000,"
                  "\"ts_close\":120000000000,\"open\":1.5,\"high\":2,\"low\":1,\"close\":1.75,"
                  "\"volume\":10}"),
        NJORD_RECORDED_BAD);
    ck_assert_str_eq(why, "a bar of 5m closes where the line does not: 60.000 s behind its open");
    njord_recorded_options options = {.timeframe = "5m"};
    show_one(options, BAR_LINE);
    ck_assert_int_eq(read_line(BAR_LINE), NJORD_RECORDED_BAD);
    ck_assert_str_eq(why, "a bar of 1m where 5m are read");
}
END_TEST

START_TEST(empty_lines_tell_nothing)
{
    const char *lines[] = {"", "  ", "\t"};
    show(plain, lines, 3);
    ck_assert_uint_eq(how.layout, NJORD_LAYOUT_AUTO);
    ck_assert_int_eq(read_line(" "), NJORD_RECORDED_OTHER);
    ck_assert_int_eq(read_line("x"), NJORD_RECORDED_BAD);
    ck_assert_str_eq(why, "the file was empty");
}
END_TEST

START_TEST(lines_that_say_nothing_are_refused_with_the_first_reason)
{
    open_with(plain);
    ck_assert_int_eq(njord_recorded_probe(&how, "1,2,3", 5, why), 0);
    ck_assert_int_eq(njord_recorded_probe(&how, "ts,price", 8, why), 0);
    ck_assert_int_eq(njord_recorded_settle(&how, why), NJORD_E_ARG);
    ck_assert_str_eq(why, NAMES);
}
END_TEST

/* ---- digits ---- */

static int kept(const char *text)
{
    double v = 0;
    ck_assert_uint_eq(njord_parse_f64(text, strlen(text), &v), strlen(text));
    return njord_digits_kept(text, strlen(text), v);
}

START_TEST(digits_that_a_double_gives_back_are_kept)
{
    static const char *const good[] = {"0",
                                       "0.000",
                                       "-0",
                                       "1",
                                       "10",
                                       "1000000",
                                       "20.907",
                                       "2457.419",
                                       "0.10000000",
                                       "35000.10",
                                       "1e5",
                                       "1.5E+3",
                                       "1e-7",
                                       "0.00000001",
                                       "123456789012345",
                                       "1234567.89012345",
                                       "12345678901234500000",
                                       "0.30000000000000004",
                                       "9007199254740993e-1000000000000",
                                       "9007199254740992",
                                       "768787.4591831000000000",
                                       "1e300",
                                       "0.000000000000000000000123"};
    static const char *const bad[] = {
        "9007199254740993",       "0.1000000000000000055511151231257827",
        "123456789.123456789",    "0.10000000000000001",
        "1842621709.12936712345", "1e-320",
        "12345678901234567",      "1.0000000000000001"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (strlen(good[i]) < 30)
            ck_assert_msg(kept(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!kept(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(number_that_cannot_be_kept_is_refused_where_that_is_asked)
{
    njord_recorded_options options = btc;
    options.exact = 1;
    header_with(options, "ts,price,qty");
    row_refused("1622505600,123456789.123456789,1",
                "price: '123456789.123456789' has more digits than can be kept: round it, or leave "
                "its column out");
    ck_assert_int_eq(row("1622505600,123456789.123450000,1"), NJORD_RECORDED_EVENT);
    show_one(options, "{\"symbol\":\"ATOM/USDT\",\"price\":1.5,\"qty\":2,\"ts_ns\":5}");
    ck_assert_int_eq(read_line("{\"symbol\":\"ATOM/USDT\",\"price\":1.50,\"x\":{\"qty\":7},"
                               "\"qty\":0.12345678901234567890,\"ts_ns\":5}"),
                     NJORD_RECORDED_BAD);
    ck_assert_str_eq(why, "qty: '0.12345678901234567890' has more digits than can be kept: round "
                          "it, or leave its column out");
    ck_assert_int_eq(
        read_line("{\"symbol\":\"ATOM/USDT\",\"price\":1.50,\"x\":[1],\"qty\":2e0,\"ts_ns\":5}"),
        NJORD_RECORDED_EVENT);
    ck_assert_uint_eq(line_out.numbers[NJORD_TEXT_PRICE].len, 4);
    ck_assert_int_eq(strncmp(line_out.numbers[NJORD_TEXT_QTY].text, "2e0", 3), 0);
}
END_TEST

/* ---- real data ---- */

static const char *data_file(const char *name, char *path, size_t cap)
{
    const char *data = getenv("NJORD_TEST_DATA");
    snprintf(path, cap, "%s/%s", data ? data : "../shared/data", name);
    if (access(path, R_OK) == 0)
        return path;
    printf("not run: no '%s' (NJORD_TEST_DATA)\n", path);
    return NULL;
}

/* 42,915 rows, one hole, as SOURCE.md of the data says; each number's text is kept. */
START_TEST(real_month_of_bars_is_read_with_every_digit)
{
    char path[400], text[300];
    njord_recorded_options options = {.symbol = "ATOM/USDT", .exact = 1};
    int64_t rows = 0, last = 0, holes = 0;
    njord_line line;
    if (!data_file("bars/atomusdt-1m.csv.gz", path, sizeof path))
        return;
    ck_assert_msg(njord_recorded_recognise(&how, &options, path, text, sizeof text) == 0, "%s",
                  text);
    ck_assert_str_eq(how.timeframe, "1m");
    ck_assert_uint_eq(how.unit, NJORD_UNIT_MS);
    ck_assert_uint_eq(how.header_lines, 1);
    njord_lines *lines = njord_lines_open(path, text, sizeof text);
    ck_assert_ptr_nonnull(lines);
    while (njord_lines_next(lines, &line) == 1) {
        if (line.number <= how.header_lines)
            continue;
        ck_assert_msg(njord_recorded_read(&how, line.text, line.len, &line_out, why) ==
                          NJORD_RECORDED_EVENT,
                      "%d: %s", (int)line.number, why);
        if (rows++ == 0)
            ck_assert_int_eq(bar_out.ts_open, 1618951140000000000);
        else if (bar_out.ts_open != last + 60000000000) {
            holes++;
            ck_assert_int_eq(last, 1619323200000000000);            /* 2021-04-25 04:00 */
            ck_assert_int_eq(bar_out.ts_open, 1619340300000000000); /* 08:45 */
        }
        last = bar_out.ts_open;
    }
    njord_lines_close(lines);
    ck_assert_int_eq(rows, 42915);
    ck_assert_int_eq(holes, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recorded_bars");
    TCase *t = tcase_create("read");
    tcase_add_test(t, klines_of_a_dump_are_found_by_their_form);
    tcase_add_test(t, newer_dumps_count_microseconds);
    tcase_add_test(t, header_of_a_dump_is_no_data_whatever_is_asked);
    tcase_add_test(t, trades_of_a_dump_are_found_by_their_form);
    tcase_add_test(t, aggregated_trades_of_a_dump_are_found_by_their_form);
    tcase_add_test(t, columns_that_are_named_need_no_header);
    tcase_add_test(t, columns_that_cannot_be_are_refused_in_words);
    tcase_add_test(t, timeframe_is_the_shortest_step_of_the_first_rows);
    tcase_add_test(t, close_of_a_bar_must_be_where_its_timeframe_says);
    tcase_add_test(t, unit_may_stand_in_the_name_of_a_column);
    tcase_add_test(t, kind_that_is_asked_for_must_be_there);
    tcase_add_test(t, journals_of_bars_and_trades_are_told_apart);
    tcase_add_test(t, bar_of_a_journal_must_close_where_its_timeframe_says);
    tcase_add_test(t, empty_lines_tell_nothing);
    tcase_add_test(t, lines_that_say_nothing_are_refused_with_the_first_reason);
    tcase_add_test(t, digits_that_a_double_gives_back_are_kept);
    tcase_add_test(t, number_that_cannot_be_kept_is_refused_where_that_is_asked);
    tcase_add_test(t, real_month_of_bars_is_read_with_every_digit);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
