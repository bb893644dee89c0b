#include "cli/data.h"

#include "base/platform.h"
#include "journal/names.h"

#include <inttypes.h>
#include <njord/codec.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    uint32_t type;
} kinds[] = {{"bars", NJORD_EV_BAR},
             {"trades", NJORD_EV_TRADE},
             {"fills", NJORD_EV_FILL},
             {"positions", NJORD_EV_POSITION_SNAPSHOT}};

static int choose_kind(struct nj_cli *cli, bool all_kinds, struct nj_data_choice *out)
{
    size_t n = all_kinds ? 4 : 2;
    for (size_t i = 0; cli->kind && i < n; i++)
        if (strcmp(cli->kind, kinds[i].name) == 0)
            out->type = kinds[i].type;
    if (cli->kind && out->type == 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "'--kind': expected %s, found '%.40s'",
                            all_kinds ? "bars, trades, fills or positions" : "bars or trades",
                            cli->kind);
    return 0;
}

static int choose_timeframe(struct nj_cli *cli, struct nj_data_choice *out)
{
    const char *timeframe = cli->timeframes.n ? cli->timeframes.items[0] : NULL;
    if (cli->timeframes.n > 1)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "'--timeframe': one at a time");
    if (timeframe && strcmp(timeframe, "trades") == 0) {
        if (out->type != 0 && out->type != NJORD_EV_TRADE)
            return nj_cli_error(cli, NJ_EXIT_USAGE,
                                "'--kind' %s and '--timeframe' trades: leave one", cli->kind);
        out->type = NJORD_EV_TRADE;
        return 0;
    }
    if (timeframe && nj_timeframe_ns(timeframe) == 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "'--timeframe': expected one like 1m or 4h, or trades, found '%.40s'",
                            timeframe);
    if (timeframe && out->type != 0 && out->type != NJORD_EV_BAR)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "'--timeframe': %s have none", cli->kind);
    out->timeframe = timeframe;
    return 0;
}

int nj_data_choose(struct nj_cli *cli, bool all_kinds, struct nj_data_choice *out)
{
    *out = (struct nj_data_choice){0};
    if (cli->symbols.n == 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "'--symbol' is missing; see %s --help",
                            cli->program);
    if (cli->symbols.n > 1)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "'--symbol': one at a time");
    out->symbol = cli->symbols.items[0];
    int rc = choose_kind(cli, all_kinds, out);
    return rc ? rc : choose_timeframe(cli, out);
}

/* ---- texts ----------------------------------------------------------------------------------- */

const char *nj_data_time(int64_t ts_ns, char out[NJ_DATA_TEXT])
{
    int digits = ts_ns % 1000000000 == 0 ? 0 : ts_ns % 1000000 == 0 ? 3 : 9;
    if (ts_ns == NJORD_NONE_I64)
        snprintf(out, NJ_DATA_TEXT, "-");
    else
        out[njord_format_time(ts_ns, digits, out, NJ_DATA_TEXT - 1)] = '\0';
    return out;
}

const char *nj_data_count(uint64_t n, char out[NJ_DATA_TEXT])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n), at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

void nj_data_note(uint64_t n, const char *text)
{
    char count[NJ_DATA_TEXT];
    if (n > 0)
        printf("%-12s %s %s\n", "", nj_data_count(n, count), text);
}

const char *nj_data_bytes(uint64_t bytes, char out[NJ_DATA_TEXT])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double v = (double)bytes;
    size_t unit = 0;
    for (; v >= 1000 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        v /= 1000;
    snprintf(out, NJ_DATA_TEXT, unit ? "%.1f %s" : "%.0f %s", v, units[unit]);
    return out;
}

/* ---- progress -------------------------------------------------------------------------------- */

static int64_t now_ns(void)
{
    const struct nj_platform *pf = nj_platform_system();
    return pf->monotonic_ns(pf->ctx);
}

void nj_data_progress_start(struct nj_data_progress *progress)
{
    *progress = (struct nj_data_progress){.on = isatty(STDERR_FILENO)};
    progress->started_ns = progress->told_ns = progress->on ? now_ns() : 0;
}

void nj_data_progress_tell(void *ctx, uint64_t rows, uint64_t bytes)
{
    struct nj_data_progress *progress = ctx;
    char a[NJ_DATA_TEXT], b[NJ_DATA_TEXT];
    int64_t now = progress->on ? now_ns() : 0;
    if (!progress->on || now - progress->told_ns < 100000000)
        return;
    progress->told_ns = now;
    progress->shown = true;
    double seconds = (double)(now - progress->started_ns) * 1e-9;
    if (bytes == UINT64_MAX)
        fprintf(stderr, "\r%s rows, writing the days\033[K", nj_data_count(rows, a));
    else
        fprintf(stderr, "\r%s rows, %s, %.2f million rows/s\033[K", nj_data_count(rows, a),
                nj_data_bytes(bytes, b), (double)rows * 1e-6 / seconds);
    fflush(stderr);
}

void nj_data_progress_end(struct nj_data_progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\033[K");
    progress->shown = false;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

int nj_data_print_json(struct nj_cli *cli, struct nj_buf *buf, int code)
{
    nj_buf_putc(buf, '\n');
    if (buf->failed)
        code = nj_cli_error(cli, NJ_EXIT_FAILED, "out of memory");
    else
        fwrite(buf->data, 1, buf->len, stdout);
    nj_buf_free(buf);
    return code;
}

void nj_data_put_time(struct nj_json_out *json, const char *key, int64_t ts_ns)
{
    if (ts_ns == NJORD_NONE_I64)
        nj_put_null(json, key);
    else
        nj_put_int(json, key, ts_ns);
}
