/* test_playback.c - the player over files: order, bad lines, going on where it stood, and the real
 * capture against figures that python3 computes from the same files at test time. Owned by the
 * tests. */
#include "tape.h"
#include "test_main.h"

#include <check.h>
#include <math.h>
#include <njord/codec.h>
#include <njord/lines.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[256];
static char logged[16384]; /* lines that the player told: "LEVEL text\n" */
static char why[512];

static void make_folder(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/njord-playback.XXXXXX", tmp ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    logged[0] = '\0';
}

static void remove_folder(void)
{
    static const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(names[i]);
    ck_assert_int_eq(chdir("/"), 0);
    rmdir(folder);
}

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, strlen(text), f), strlen(text));
    ck_assert_int_eq(fclose(f), 0);
}

static void log_line(const void *ctx, int level, const char *text)
{
    size_t used = strlen(logged);
    (void)ctx;
    snprintf(logged + used, sizeof logged - used, "%d %s\n", level, text);
}

static struct tape_options options_for(const char *files)
{
    struct tape_options o = {
        .files = files, .log = log_line, .from_ns = INT64_MIN, .to_ns = INT64_MAX};
    o.recorded.venue = "binance";
    return o;
}

static struct tape *tape_of(const struct tape_options *o)
{
    struct tape *p = tape_new(o, why, sizeof why);
    ck_assert_msg(p != NULL, "%s", why);
    return p;
}

static void refused(const struct tape_options *o, const char *expected)
{
    ck_assert_ptr_null(tape_new(o, why, sizeof why));
    ck_assert_str_eq(why, expected);
}

static void next_price_is(struct tape *p, double price)
{
    njord_recorded_line line_out;
    ck_assert_msg(tape_next(p, &line_out) == 1, "%s", tape_error(p));
    ck_assert_double_eq(line_out.of.trade.price, price);
}

static void next_is_end(struct tape *p)
{
    njord_recorded_line line_out;
    ck_assert_int_eq(tape_next(p, &line_out), 0);
    ck_assert_int_eq(tape_next(p, &line_out), 0);
}

#define J(price, ts)                                                                               \
    "{\"symbol\":\"ATOM/USDT\",\"price\":" #price ",\"qty\":1,\"ts_ns\":" #ts ",\"seq\":77,"       \
    "\"ts_recv_ns\":" #ts "5}\n"

START_TEST(files_of_all_formats_are_played_one_after_the_other)
{
    njord_recorded_line line_out;
    write_file("a", J(1, 10) J(2, 11));
    write_file("b", "ts_ns,price,qty,symbol\n12,3,1,ATOMUSDT\n");
    write_file("c", "99 {\"e\":\"trade\",\"s\":\"ATOMUSDT\",\"t\":7,\"p\":\"4\",\"q\":\"1\",\"T\":"
                    "1,\"m\":true}\n");
    struct tape_options o = options_for(" a ,\nb,, c\n");
    struct tape *p = tape_of(&o);
    ck_assert_int_eq(tape_next(p, &line_out), 1);
    ck_assert_double_eq(line_out.of.trade.price, 1);
    ck_assert_uint_eq(line_out.of.trade.ev.seq,
                      0); /* the recording host's number is not this one's */
    ck_assert_int_eq(line_out.of.trade.ev.ts_recv_ns, 105);
    ck_assert_str_eq(line_out.of.trade.venue, "binance");
    next_price_is(p, 2);
    next_price_is(p, 3);
    next_price_is(p, 4);
    next_is_end(p);
    ck_assert_uint_eq(tape_counts(p)->events, 4);
    ck_assert_uint_eq(tape_counts(p)->bad, 0);
    tape_free(p);
}
END_TEST

#define NAMES "expected names such as ts_ns,price,qty or ts_open,open,high,low,close,volume"

START_TEST(files_are_looked_at_before_anything_is_played)
{
    struct tape_options o = options_for("a,missing");
    write_file("a", J(1, 10));
    refused(&o, "file 'missing': no such file");
    o = options_for("/");
    refused(&o, "file '/': is a directory: name the files in it");
    o = options_for(" ,\n ");
    refused(&o, "'files' names no file: give files=PATH, or dir=FOLDER of journals");
    write_file("b", "\x01\x02garbage\xff\xfe\nmore\n");
    o = options_for("b");
    refused(&o,
            "file 'b': neither a capture, a journal of trades or bars, CSV with a header, nor a "
            "known dump (header: " NAMES ")");
    o.recorded.layout = NJORD_LAYOUT_CSV;
    refused(&o, "b:1: header: " NAMES);
    write_file("c", "ts_ns,price,qty\n1,2,3\n");
    o = options_for("c");
    o.recorded.unit = NJORD_UNIT_MS;
    refused(&o,
            "file 'c': neither a capture, a journal of trades or bars, CSV with a header, nor a "
            "known dump (header: column 'ts_ns' is in ns, not in ms)");
}
END_TEST

START_TEST(empty_file_is_told_and_plays_nothing)
{
    struct tape_options o = options_for("a,b");
    write_file("a", "");
    write_file("b", "\n\n");
    struct tape *p = tape_of(&o);
    next_is_end(p);
    ck_assert_ptr_nonnull(strstr(logged, "2 file 'a': empty, there is nothing to play in it\n"));
    ck_assert_ptr_nonnull(strstr(logged, "2 file 'b': empty, there is nothing to play in it\n"));
    tape_free(p);
}
END_TEST

START_TEST(bad_line_is_skipped_with_its_place_and_reason)
{
    struct tape_options o = options_for("a");
    write_file("a", J(1, 10) "{\"symbol\":\"ATOM/USDT\",\"price\":0,\"qty\":1,\"ts_ns\":11}\n"
                             "\n" J(3, 12));
    struct tape *p = tape_of(&o);
    next_price_is(p, 1);
    next_price_is(p, 3);
    next_is_end(p);
    ck_assert_str_eq(logged, "2 a:2: price must be > 0: line skipped\n"
                             "2 file 'a': 2 trades played, 1 bad lines skipped, 0 out of "
                             "order, 0 of other symbols left out, 1 other lines\n");
    tape_free(p);
}
END_TEST

START_TEST(bad_line_ends_the_tape_when_it_is_to_stop)
{
    njord_recorded_line line_out;
    struct tape_options o = options_for("a");
    o.stop_on_error = 1;
    write_file("a", J(1, 10) "oops\n" J(3, 12));
    struct tape *p = tape_of(&o);
    next_price_is(p, 1);
    ck_assert_int_eq(tape_next(p, &line_out), -1);
    ck_assert_ptr_nonnull(strstr(tape_error(p), "a:2: "));
    next_is_end(p);
    tape_free(p);
}
END_TEST

START_TEST(many_bad_lines_are_counted_and_told_ten_times_then_at_powers_of_ten)
{
    struct tape_options o = options_for("a");
    int lines = 0;
    FILE *f = fopen("a", "wb");
    fputs(J(1, 10), f);
    for (int i = 0; i < 5000; i++)
        fputs("oops\n", f);
    fclose(f);
    struct tape *p = tape_of(&o);
    next_price_is(p, 1);
    next_is_end(p);
    ck_assert_uint_eq(tape_counts(p)->bad, 5000);
    for (char *at = logged; (at = strchr(at, '\n')); at++)
        lines++;
    ck_assert_int_eq(lines, 10 + 2 + 1); /* ten, the 100th, the 1,000th, the totals */
    tape_free(p);
}
END_TEST

START_TEST(nul_byte_and_line_of_ten_megabytes_are_bad_lines)
{
    struct tape_options o = options_for("a");
    FILE *f = fopen("a", "wb");
    fputs(J(1, 10), f);
    fwrite("{\"symbol\":\0}\n", 1, 13, f);
    for (int i = 0; i < 10 << 20; i++)
        putc('{', f);
    fputs("\n" J(2, 11), f);
    fclose(f);
    struct tape *p = tape_of(&o);
    next_price_is(p, 1);
    next_price_is(p, 2);
    ck_assert_ptr_nonnull(strstr(logged, "2 a:2: line holds a NUL byte: line skipped\n"));
    ck_assert_ptr_nonnull(
        strstr(logged, "2 a:3: line is longer than 1048576 bytes: line skipped\n"));
    tape_free(p);
}
END_TEST

START_TEST(torn_last_line_is_the_end_of_data)
{
    struct tape_options o = options_for("a,b");
    write_file("a", J(1, 10) "{\"symbol\":\"ATOM/US");
    write_file("b", "ts_ns,price,qty,symbol\n12,3,1,ATOMUSDT\n13,4,1,ATOMUSDT");
    o.stop_on_error = 1;
    struct tape *p = tape_of(&o);
    next_price_is(p, 1);
    next_price_is(p, 3);
    next_is_end(p);
    ck_assert_uint_eq(tape_counts(p)->bad, 0);
    ck_assert_ptr_nonnull(strstr(logged, "2 a:2: last line is cut off, not played: "));
    ck_assert_ptr_nonnull(strstr(logged, "2 b:3: last line is cut off, not played: "));
    tape_free(p);
}
END_TEST

START_TEST(whole_last_record_without_a_line_end_is_played)
{
    struct tape_options o = options_for("a");
    write_file("a", "{\"symbol\":\"ATOM/USDT\",\"price\":5,\"qty\":1,\"ts_ns\":11}");
    struct tape *p = tape_of(&o);
    next_price_is(p, 5);
    next_is_end(p);
    tape_free(p);
}
END_TEST

START_TEST(trades_out_of_order_stay_in_file_order_and_are_told_once)
{
    struct tape_options o = options_for("a");
    write_file("a", J(1, 2000000000) J(2, 1000000000) J(3, 1500000000) J(4, 2000000000));
    struct tape *p = tape_of(&o);
    for (int i = 1; i <= 4; i++)
        next_price_is(p, i);
    next_is_end(p);
    ck_assert_uint_eq(tape_counts(p)->out_of_order, 2);
    ck_assert_str_eq(logged, "2 a:2: trade is 1.000 s older than one before it: played in the "
                             "file's order, others like it are counted\n"
                             "2 file 'a': 4 trades played, 0 bad lines skipped, 2 out of "
                             "order, 0 of other symbols left out, 0 other lines\n");
    tape_free(p);
}
END_TEST

START_TEST(trades_of_other_symbols_than_the_configured_are_left_out)
{
    static const char *const symbols[] = {"ETH/USDT"};
    struct tape_options o = options_for("a");
    o.recorded.symbols = symbols;
    o.recorded.n_symbols = 1;
    write_file("a", "ts_ns,price,qty,symbol\n1,3,1,ATOMUSDT\n2,4,1,ETHUSDT\n3,5,1,ATOMUSDT\n");
    struct tape *p = tape_of(&o);
    next_price_is(p, 4);
    next_is_end(p);
    ck_assert_uint_eq(tape_counts(p)->left_out, 2);
    ck_assert_ptr_nonnull(
        strstr(logged, "2 a:2: 'ATOM/USDT' is not among the feed's symbols: left out\n"));
    tape_free(p);
}
END_TEST

START_TEST(file_that_vanishes_later_is_one_error_and_the_end)
{
    njord_recorded_line line_out;
    struct tape_options o = options_for("a,b");
    write_file("a", J(1, 10));
    write_file("b", J(2, 11));
    struct tape *p = tape_of(&o);
    next_price_is(p, 1);
    unlink("b");
    ck_assert_int_eq(tape_next(p, &line_out), -1);
    ck_assert_str_eq(tape_error(p), "file 'b': no such file");
    next_is_end(p);
    tape_free(p);
}
END_TEST

/* Plays `before` trades, goes on in a fresh player, and compares what follows with `all`. */
static void goes_on(const struct tape_options *o, int before, int all)
{
    struct tape_position at;
    njord_recorded_line line_out;
    struct tape *p = tape_of(o);
    for (int i = 1; i <= before; i++)
        next_price_is(p, i);
    tape_tell(p, &at);
    const char *path = tape_path(p, at.file);
    struct tape *q = tape_of(o);
    ck_assert_msg(tape_seek(q, &at, path ? path : "", why, sizeof why) == 0, "%s", why);
    tape_free(p);
    for (int i = before + 1; i <= all; i++)
        next_price_is(q, i);
    ck_assert_int_eq(tape_next(q, &line_out), 0);
    ck_assert_uint_eq(tape_counts(q)->events, (uint64_t)all);
    tape_free(q);
}

START_TEST(tape_goes_on_where_another_stood)
{
    struct tape_options o = options_for("a,b");
    write_file("a", J(1, 10) "oops\n" J(2, 11));
    write_file("b", "ts,price,qty,symbol\n1723161255342,3,1,ATOMUSDT\n5,4,1,ATOMUSDT\n");
    for (int before = 0; before <= 4; before++)
        goes_on(&o, before, 4);
}
END_TEST

START_TEST(going_on_needs_the_file_in_the_list_unchanged)
{
    struct tape_position at;
    struct tape_options o = options_for("a,b");
    write_file("a", J(1, 10) J(2, 11));
    write_file("b", J(3, 12));
    struct tape *p = tape_of(&o);
    next_price_is(p, 1);
    next_price_is(p, 2);
    tape_tell(p, &at);
    tape_free(p);

    o.files = "b";
    p = tape_of(&o);
    ck_assert_int_eq(tape_seek(p, &at, "a", why, sizeof why), -1);
    ck_assert_ptr_nonnull(strstr(why, "file 'a' was being played and is not in 'files' any more"));
    tape_free(p);

    o.files = "b,a"; /* the list in another order: it goes on in the same file */
    p = tape_of(&o);
    ck_assert_int_eq(tape_seek(p, &at, "a", why, sizeof why), 0);
    next_is_end(p);
    tape_free(p);

    write_file("a", J(1, 10));
    o.files = "a,b";
    p = tape_of(&o);
    ck_assert_int_eq(tape_seek(p, &at, "a", why, sizeof why), -1);
    ck_assert_ptr_nonnull(strstr(why, "shorter than when it was last read"));
    tape_free(p);
}
END_TEST

/* ---- the real capture ---- */

static const char *data_folder(void)
{
    const char *data = getenv("NJORD_TEST_DATA");
    return data ? data : "../shared/data";
}

/* Runs a python3 program with one argument; its output. */
static void run_python(const char *program, const char *argument, char *text, size_t cap)
{
    const char *python = getenv("PYTHON3");
    int fds[2], status;
    size_t used = 0;
    ssize_t n;
    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
        execlp(python && python[0] ? python : "python3", "python3", "-c", program, argument,
               (char *)NULL);
        _exit(127);
    }
    close(fds[1]);
    while (used + 1 < cap && (n = read(fds[0], text + used, cap - used - 1)) > 0)
        used += (size_t)n;
    text[used] = '\0';
    close(fds[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

/* Trades, first and last id, gaps, quantity in 1e-8 units, sells, sum of prices in 1e-8: without a
 * JSON parser of ours and without doubles. */
static const char figures[] =
    "import gzip,json,sys\n"
    "from decimal import Decimal as D\n"
    "n=gaps=sells=0; q=p=D(0); first=last=None\n"
    "for day in ('20240808','20240809'):\n"
    "    for line in gzip.open(sys.argv[1]+'/trades/btcusdt-spot-'+day+'.txt.gz','rt'):\n"
    "        d=json.loads(line.split(' ',1)[1])\n"
    "        if d.get('stream')!='btcusdt@trade': continue\n"
    "        d=d['data']; n+=1; q+=D(d['q']); p+=D(d['p']); sells+=d['m']\n"
    "        first=d['t'] if first is None else first\n"
    "        gaps+=last is not None and d['t']!=last+1; last=d['t']\n"
    "print(n,first,last,gaps,int(q*10**8),sells,int(p*10**8))\n";

static int64_t units(double x) /* of 1e-8; the capture has no more decimals */
{
    return (int64_t)llround(x * 1e8);
}

static struct tape *capture_player(char *files, size_t cap)
{
    snprintf(files, cap,
             "%s/trades/btcusdt-spot-20240808.txt.gz,%s/trades/btcusdt-spot-20240809.txt.gz",
             data_folder(), data_folder());
    if (access(data_folder(), R_OK) != 0) {
        printf("not run: no test data in '%s' (NJORD_TEST_DATA)\n", data_folder());
        return NULL;
    }
    struct tape_options o = options_for(files);
    return tape_of(&o);
}

START_TEST(real_capture_gives_every_trade_as_an_independent_reader_does)
{
    char files[600], text[200], ours[200];
    struct tape *p = capture_player(files, sizeof files);
    njord_recorded_line line_out;
    int64_t n = 0, first = 0, last = 0, gaps = 0, qty = 0, sells = 0, prices = 0, id;
    int64_t last_ts = 0;
    if (!p)
        return;
    while (tape_next(p, &line_out) == 1) {
        ck_assert_uint_eq(
            njord_parse_i64(line_out.of.trade.trade_id, strlen(line_out.of.trade.trade_id), &id),
            strlen(line_out.of.trade.trade_id));
        gaps += n > 0 && id != last + 1;
        first = n == 0 ? id : first;
        last = id;
        n++;
        qty += units(line_out.of.trade.qty);
        prices += units(line_out.of.trade.price);
        sells += line_out.of.trade.side == NJORD_SIDE_SELL;
        ck_assert_str_eq(line_out.of.trade.symbol, "BTC/USDT");
        ck_assert_int_ge(line_out.of.trade.ev.ts_ns, last_ts);
        last_ts = line_out.of.trade.ev.ts_ns;
        /* the recorder's clock ran about 1.26 s behind */
        ck_assert_int_lt(line_out.of.trade.ev.ts_recv_ns, line_out.of.trade.ev.ts_ns);
    }
    ck_assert_str_eq(tape_error(p), "");
    snprintf(ours, sizeof ours, "%ld %ld %ld %ld %ld %ld %ld\n", (long)n, (long)first, (long)last,
             (long)gaps, (long)qty, (long)sells, (long)prices);
    run_python(figures, data_folder(), text, sizeof text);
    ck_assert_str_eq(ours, text);
    ck_assert_int_eq(n, 19904); /* what the data's description says */
    ck_assert_int_eq(first, 3735683259);
    ck_assert_int_eq(last, 3735703162);
    ck_assert_int_eq(gaps, 0);
    ck_assert_uint_eq(tape_counts(p)->bad, 0);
    ck_assert_uint_eq(tape_counts(p)->out_of_order, 0);
    tape_free(p);
}
END_TEST

struct minute {
    int64_t open_ms, open, high, low, close, volume, trades;
};

START_TEST(real_capture_makes_the_expected_minutes_to_the_last_digit)
{
    char files[600], path[400];
    struct minute bars[20] = {{0}};
    size_t n = 0, seen = 0;
    struct tape *p = capture_player(files, sizeof files);
    njord_recorded_line line_out;
    struct njord_line line;
    if (!p)
        return;
    while (tape_next(p, &line_out) == 1) {
        int64_t open_ms = line_out.of.trade.ev.ts_ns / 60000000000 * 60000,
                price = units(line_out.of.trade.price);
        if (n == 0 || bars[n - 1].open_ms != open_ms) {
            ck_assert_uint_lt(n, 20);
            bars[n++] = (struct minute){open_ms, price, price, price, price, 0, 0};
        }
        struct minute *b = &bars[n - 1];
        b->high = price > b->high ? price : b->high;
        b->low = price < b->low ? price : b->low;
        b->close = price;
        b->volume += units(line_out.of.trade.qty);
        b->trades++;
    }
    tape_free(p);
    snprintf(path, sizeof path, "%s/trades/btcusdt-expected-1m.csv.gz", data_folder());
    struct njord_lines *l = njord_lines_open(path, why, sizeof why);
    ck_assert_msg(l != NULL, "%s", why);
    ck_assert_int_eq(njord_lines_next(l, &line), 1);
    ck_assert_uint_gt(line.len, 47);
    ck_assert_mem_eq(line.text, "open_time_ms,open,high,low,close,volume,trades,", 47);
    while (njord_lines_next(l, &line) == 1) {
        char expected[200], ours[200];
        const struct minute *b = &bars[seen];
        int n_commas = 0;
        size_t len = 0;
        while (len < line.len && n_commas < 7) /* up to the column trades */
            n_commas += line.text[len++] == ',';
        snprintf(expected, sizeof expected, "%.*s", (int)len, line.text);
        ck_assert_uint_lt(seen++, n);
#define UNITS    "%ld.%08ld,"
#define SPLIT(v) (long)((v) / 100000000), (long)((v) % 100000000)
        snprintf(ours, sizeof ours, "%ld," UNITS UNITS UNITS UNITS UNITS "%ld,", (long)b->open_ms,
                 SPLIT(b->open), SPLIT(b->high), SPLIT(b->low), SPLIT(b->close), SPLIT(b->volume),
                 (long)b->trades);
        ck_assert_str_eq(ours, expected);
    }
    njord_lines_close(l);
    ck_assert_uint_eq(seen, n);
    ck_assert_uint_eq(n, 12);
}
END_TEST

/* Another recorder's file: other pairs, aggregated trades among klines, depth and book tickers. Its
 * lines are put into the capture's form by hand. */
static const char aggregated[] =
    "import gzip,json,sys\n"
    "for line in gzip.open(sys.argv[1]+'/ws/binance-2021-10-12.txt.gz','rt'):\n"
    "    if ': {' not in line: continue\n"
    "    d=json.loads(line.split(': ',1)[1])['data']\n"
    "    if d['e' if 'e' in d else 'u']!='aggTrade': continue\n"
    "    p={'NKNUSDT':'NKN/USDT','BLZETH':'BLZ/ETH','LRCBTC':'LRC/BTC','RUNEEUR':'RUNE/EUR'}\n"
    "    print(p[d['s']],d['a'],d['T'],d['p'],d['q'],'sell' if d['m'] else 'buy')\n";

START_TEST(real_aggregated_trades_of_other_pairs_are_read_as_an_independent_reader_does)
{
    char path[400], text[65536], ours[65536], clause[NJORD_RECORDED_WHY];
    njord_recorded_options options = {.layout = NJORD_LAYOUT_CAPTURE, .venue = "binance"};
    njord_recorded how;
    struct njord_line line;
    size_t used = 0, n = 0;
    njord_recorded_line line_out;
    snprintf(path, sizeof path, "%s/ws/binance-2021-10-12.txt.gz", data_folder());
    if (access(path, R_OK) != 0) {
        printf("not run: no '%s' (NJORD_TEST_DATA)\n", path);
        return;
    }
    ck_assert_int_eq(njord_recorded_init(&how, &options, clause), 0);
    struct njord_lines *l = njord_lines_open(path, why, sizeof why);
    ck_assert_msg(l != NULL, "%s", why);
    ours[0] = '\0';
    while (njord_lines_next(l, &line) == 1) {
        char *capture;
        const char *frame = memmem(line.text, line.len, ": {", 3);
        if (!frame)
            continue;
        int len = asprintf(&capture, "1633998512000000000 %.*s",
                           (int)(line.len - (size_t)(frame + 2 - line.text)), frame + 2);
        int result = njord_recorded_read(&how, capture, (size_t)len, &line_out, clause);
        free(capture);
        ck_assert_msg(result != NJORD_RECORDED_BAD, "line %ld: %s", (long)line.number, clause);
        if (result != NJORD_RECORDED_EVENT)
            continue;
        n++;
        used += (size_t)snprintf(ours + used, sizeof ours - used, "%s %s %ld %.8f %.8f %s\n",
                                 line_out.of.trade.symbol, line_out.of.trade.trade_id,
                                 (long)(line_out.of.trade.ev.ts_ns / 1000000),
                                 line_out.of.trade.price, line_out.of.trade.qty,
                                 line_out.of.trade.side == NJORD_SIDE_SELL ? "sell" : "buy");
    }
    njord_lines_close(l);
    run_python(aggregated, data_folder(), text, sizeof text);
    ck_assert_uint_gt(n, 0);
    ck_assert_str_eq(ours, text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("playback");
    TCase *t = tcase_create("player");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, files_of_all_formats_are_played_one_after_the_other);
    tcase_add_test(t, files_are_looked_at_before_anything_is_played);
    tcase_add_test(t, empty_file_is_told_and_plays_nothing);
    tcase_add_test(t, bad_line_is_skipped_with_its_place_and_reason);
    tcase_add_test(t, bad_line_ends_the_tape_when_it_is_to_stop);
    tcase_add_test(t, many_bad_lines_are_counted_and_told_ten_times_then_at_powers_of_ten);
    tcase_add_test(t, nul_byte_and_line_of_ten_megabytes_are_bad_lines);
    tcase_add_test(t, torn_last_line_is_the_end_of_data);
    tcase_add_test(t, whole_last_record_without_a_line_end_is_played);
    tcase_add_test(t, trades_out_of_order_stay_in_file_order_and_are_told_once);
    tcase_add_test(t, trades_of_other_symbols_than_the_configured_are_left_out);
    tcase_add_test(t, file_that_vanishes_later_is_one_error_and_the_end);
    tcase_add_test(t, tape_goes_on_where_another_stood);
    tcase_add_test(t, going_on_needs_the_file_in_the_list_unchanged);
    suite_add_tcase(suite, t);
    TCase *real = tcase_create("capture"); /* data by a path relative to where the test starts */
    tcase_set_timeout(real, 120);
    tcase_add_test(real, real_capture_gives_every_trade_as_an_independent_reader_does);
    tcase_add_test(real, real_capture_makes_the_expected_minutes_to_the_last_digit);
    tcase_add_test(real,
                   real_aggregated_trades_of_other_pairs_are_read_as_an_independent_reader_does);
    suite_add_tcase(suite, real);
    return run_suite(suite);
}
