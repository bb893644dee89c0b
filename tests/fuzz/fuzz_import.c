/* fuzz_import.c - bytes as a file that njord data import is given: recognised, and read row by row.
 * The first byte chooses what the options say. What comes out must be a whole event of the symbol,
 * on its timeframe's grid, which survives being written and read. Owned by the tests. */
#include "research/import_input.h"

#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *why)
{
    fprintf(stderr, "import let through what is no row: %s\n", why);
    __builtin_trap();
}

static void check_row(const struct nj_input_row *row, const struct nj_import_report *report)
{
    union {
        njord_event ev;
        njord_bar bar;
        njord_trade trade;
    } back;
    char line[1024], why[256];
    size_t len;
    njord_decode_error error;
    if (njord_event_check(&row->event->ev, sizeof *row->event, why, sizeof why) != 0)
        fail(why);
    if (strcmp(njord_event_symbol(&row->event->ev), report->symbol) != 0)
        fail("another symbol");
    if (row->event->ev.seq != 0 || row->event->ev.ts_recv_ns != NJORD_NONE_I64)
        fail("a host's stamps");
    if (njord_encode_json(&row->event->ev, NULL, line, sizeof line, &len) != 0)
        fail("it cannot be written");
    if (njord_decode_json(report->kind, line, len, &back, sizeof back, NULL, &error) != 0)
        fail(error.text);
    if (report->kind == NJORD_EV_BAR) {
        int64_t length = nj_timeframe_ns(report->timeframe);
        if (length <= 0 || back.bar.ts_close - back.bar.ts_open != length ||
            back.bar.ts_open != row->ts_ns)
            fail("a bar off its timeframe");
        if (back.bar.close != row->event->bar.close || back.bar.volume != row->event->bar.volume)
            fail("a bar that changes on paper");
    } else if (back.ev.ts_ns != row->ts_ns || !(back.trade.price > 0) || !(back.trade.qty > 0)) {
        fail("a trade without price, quantity or time");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nj_import_options options = {.symbol = "ATOM/USDT", .venue = "here"};
    struct nj_import_report report = {.first_ns = NJORD_NONE_I64, .last_ns = NJORD_NONE_I64};
    struct nj_input input;
    struct nj_input_row row;
    struct nj_error err = {0};
    char path[64];
    if (size < 1)
        return 0;
    uint8_t how = data[0];
    options.kind = how % 3 == 0 ? 0 : how % 3 == 1 ? NJORD_EV_BAR : NJORD_EV_TRADE;
    options.timeframe = how & 4 && options.kind != NJORD_EV_TRADE ? "1m" : NULL;
    options.round = (how & 8) != 0;
    options.unit = how & 16 ? NJORD_UNIT_MS : NJORD_UNIT_AUTO;
    options.columns = how & 32 ? "ts,open,high,low,close,volume" : NULL;
    options.delimiter = how & 64 ? ';' : '\0';
    int fd = memfd_create("import", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
        exit(1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    options.file = path;
    int rc = nj_input_open(&input, &options, &report, &err);
    while (rc == 0) {
        int more = nj_input_next(&input, &row, &err);
        if (more <= 0) {
            rc = more;
            break;
        }
        check_row(&row, &report);
    }
    if (rc != 0 && (err.text[0] == '\0' || strchr(err.text, '\n')))
        fail("a refusal that is not one line");
    nj_input_close(&input);
    close(fd);
    return 0;
}
