/* fuzz_recorded.c - bytes as a file of recorded data: its first lines tell the layout, then every
 * line is read with it. What a reader lets through must be a whole event; a number whose digits are
 * said to be kept must be written again as the same number. The first byte chooses the options.
 * Owned by the tests. */
#include <njord/codec.h>
#include <njord/recorded.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *text)
{
    fprintf(stderr, "%s\n", text);
    __builtin_trap();
}

static void check_numbers(const njord_recorded *how, const njord_recorded_line *out)
{
    for (int i = 0; i < NJORD_TEXT_COUNT; i++) {
        const njord_text_span *s = &out->numbers[i];
        char text[NJORD_NUMBER_SIZE];
        double v, again;
        if (!s->text)
            continue;
        if (njord_parse_f64(s->text, s->len, &v) != s->len)
            fail("the text of a number is none");
        size_t n = njord_format_f64(v, text);
        if (how->options.exact &&
            (njord_parse_f64(text, n, &again) != n || again != v || !njord_digits_kept(text, n, v)))
            fail("a number that was kept is written as another");
    }
}

static void one_line(const njord_recorded *how, const char *line, size_t len)
{
    char why[NJORD_RECORDED_WHY];
    njord_recorded_line out;
    if (njord_recorded_read(how, line, len, &out, why) != NJORD_RECORDED_EVENT)
        return;
    if (njord_event_check(&out.of.ev, sizeof out.of, why, sizeof why) != 0)
        fail(why);
    if (out.of.ev.type != how->kind)
        fail("an event of another kind");
    if (out.of.ev.type == NJORD_EV_BAR &&
        out.of.bar.ts_close - out.of.bar.ts_open != njord_timeframe_ns(out.of.bar.timeframe))
        fail("a bar that is not as long as its timeframe");
    check_numbers(how, &out);
}

/* Each line in a copy of its own, so that reading past it is seen. */
static void each_line(njord_recorded *how, const uint8_t *data, size_t size, int probing)
{
    char why[NJORD_RECORDED_WHY] = "";
    uint32_t number = 0;
    int known = 0;
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t len = end ? (size_t)(end - (data + at)) : size - at;
        char *line = malloc(len ? len : 1);
        if (!line)
            return;
        memcpy(line, data + at, len);
        if (probing && known == 0 && number < NJORD_RECORDED_PROBE)
            known = njord_recorded_probe(how, line, len, why);
        else if (!probing && number >= how->header_lines)
            one_line(how, line, len);
        number++;
        free(line);
        at += len + 1;
    }
    if (probing && (known < 0 || njord_recorded_settle(how, why) != 0) && why[0] == '\0')
        fail("refused without a reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const columns[] = {"", "ts,price,qty,-,side", "-,ts_ns,price,qty",
                                          "ts,open,high,low,close,volume,trades"};
    njord_recorded how;
    char why[NJORD_RECORDED_WHY];
    if (size < 2)
        return 0;
    njord_recorded_options options = {.layout = data[0] & 7u,
                                      .exact = data[0] >> 3 & 1u,
                                      .symbol = data[0] & 16u ? "ATOM/USDT" : "",
                                      .timeframe = data[0] & 32u ? "1m" : "",
                                      .unit = data[1] % 5u,
                                      .columns = columns[data[0] >> 6]};
    if (njord_recorded_init(&how, &options, why) != 0)
        return 0;
    each_line(&how, data + 2, size - 2, 1);
    each_line(&how, data + 2, size - 2, 0);
    return 0;
}
