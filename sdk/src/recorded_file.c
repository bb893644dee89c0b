/* recorded_file.c - which layout a file has, by its first lines. See njord/recorded.h. */
#include "recorded_impl.h"

#include <njord/lines.h>
#include <stdio.h>

int njord_recorded_recognise(njord_recorded *recorded, const njord_recorded_options *options,
                             const char *path, char *text, size_t cap)
{
    char why[NJORD_RECORDED_WHY] = "";
    njord_line line = {0};
    njord_lines *lines = NULL;
    int got = 0, known = 0, result = NJORD_E_ARG;

    if (njord_recorded_init(recorded, options, why) != 0) {
        snprintf(text, cap, "%s", why);
        return NJORD_E_ARG;
    }
    lines = njord_lines_open(path, text, cap);
    if (!lines)
        return NJORD_E_ARG;
    for (uint32_t i = 0; i < NJORD_RECORDED_PROBE && known == 0; i++) {
        got = njord_lines_next(lines, &line);
        if (got != 1)
            break;
        known = njord_recorded_probe(recorded, line.text, line.len, why);
    }
    if (got < 0)
        snprintf(text, cap, "%s", njord_lines_error(lines));
    else if (known < 0)
        snprintf(text, cap, "%s:%llu: %s", path, (unsigned long long)line.number, why);
    else if (njord_recorded_settle(recorded, why) != 0)
        snprintf(
            text, cap,
            "file '%s': neither a capture, a journal of trades or bars, CSV with a header, nor "
            "a known dump (%s)",
            path, why);
    else
        result = 0;
    njord_lines_close(lines);
    return result;
}
