#include "research/export.h"

#include "journal/cache.h"
#include "journal/names.h"
#include "journal/reader.h"
#include "research/inventory.h"
#include "research/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TELL_EACH 65536u

struct writer {
    const struct nj_export_options *options;
    struct nj_export_report *report;
    struct nj_sink sink;
    const njord_contract *contract;
};

/* ---- CSV ------------------------------------------------------------------------------------- */

/* A field's text, in quotes where its bytes ask for them. */
static void put_cell(struct nj_buf *buf, const char *text, size_t len)
{
    bool quoted = false;
    for (size_t i = 0; i < len && !quoted; i++)
        quoted = text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r';
    if (!quoted) {
        nj_buf_add(buf, text, len);
        return;
    }
    nj_buf_putc(buf, '"');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            nj_buf_putc(buf, '"');
        nj_buf_putc(buf, text[i]);
    }
    nj_buf_putc(buf, '"');
}

static void put_map(struct nj_buf *buf, const njord_event *event, njord_tail tail)
{
    const njord_text_pair *pairs = njord_tail_items(event, tail);
    struct nj_buf json = {0};
    nj_buf_putc(&json, '{');
    for (uint32_t i = 0; pairs && i < tail.count; i++) {
        nj_buf_puts(&json, i ? "," : "");
        nj_buf_json(&json, pairs[i].key);
        nj_buf_putc(&json, ':');
        nj_buf_json(&json, pairs[i].value);
    }
    nj_buf_putc(&json, '}');
    buf->failed = buf->failed || json.failed;
    if (tail.count > 0 && json.data)
        put_cell(buf, json.data, json.len);
    nj_buf_free(&json);
}

static void put_field(struct nj_buf *buf, const njord_event *event, const njord_field *field)
{
    const char *at = (const char *)event + field->offset;
    char number[NJORD_NUMBER_SIZE];
    const char *text;
    njord_tail tail;
    int64_t i;
    double f;
    switch (field->kind) {
    case NJORD_FIELD_I64:
        memcpy(&i, at, sizeof i);
        if (i != NJORD_NONE_I64)
            nj_buf_add(buf, number, njord_format_i64(i, number));
        break;
    case NJORD_FIELD_F64:
        memcpy(&f, at, sizeof f);
        if (njord_is_set_f64(f))
            nj_buf_add(buf, number, njord_format_f64(f, number));
        break;
    case NJORD_FIELD_BOOL:
        if ((uint8_t)*at != NJORD_NONE_U8)
            nj_buf_puts(buf, *at ? "true" : "false");
        break;
    case NJORD_FIELD_ENUM:
        text = (uint8_t)*at == NJORD_NONE_U8 ? NULL : njord_code_text(field->codes, (uint8_t)*at);
        nj_buf_puts(buf, text ? text : "");
        break;
    case NJORD_FIELD_STR:
        put_cell(buf, at, strnlen(at, field->size));
        break;
    case NJORD_FIELD_STRMAP:
        memcpy(&tail, at, sizeof tail);
        put_map(buf, event, tail);
        break;
    default: /* no contract that is exported has others */
        break;
    }
}

static void put_csv(struct writer *w, const njord_event *event)
{
    for (uint32_t i = 0; i < w->contract->n_fields; i++) {
        if (i > 0)
            nj_buf_putc(&w->sink.buf, ',');
        put_field(&w->sink.buf, event, &w->contract->fields[i]);
    }
    nj_buf_putc(&w->sink.buf, '\n');
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void begin(struct writer *w)
{
    if (w->options->format == NJ_EXPORT_CSV) {
        for (uint32_t i = 0; i < w->contract->n_fields; i++) {
            nj_buf_puts(&w->sink.buf, i ? "," : "");
            nj_buf_puts(&w->sink.buf, w->contract->fields[i].name);
        }
        nj_buf_putc(&w->sink.buf, '\n');
    } else if (w->options->format == NJ_EXPORT_JSON) {
        nj_buf_putc(&w->sink.buf, '[');
    }
}

static void end(struct writer *w)
{
    if (w->options->format == NJ_EXPORT_JSON)
        nj_buf_puts(&w->sink.buf, w->report->rows ? "\n]\n" : "]\n");
}

static int put_row(struct writer *w, const njord_event *event, int64_t ts, struct nj_error *err)
{
    struct nj_export_report *r = w->report;
    struct nj_buf *buf = &w->sink.buf;
    if (w->options->format == NJ_EXPORT_CSV) {
        put_csv(w, event);
    } else {
        size_t bound = njord_encode_bound(event), len = 0;
        if (w->options->format == NJ_EXPORT_JSON)
            nj_buf_puts(buf, r->rows ? ",\n" : "\n");
        if (nj_buf_reserve(buf, bound + 1)) {
            if (njord_encode_json(event, NULL, buf->data + buf->len, bound, &len) != 0)
                return nj_error_set(err, NJ_ERR_INTERNAL, "a row cannot be written");
            buf->len += len;
        }
        if (w->options->format == NJ_EXPORT_NDJSON)
            nj_buf_putc(buf, '\n');
    }
    if (r->first_ns == NJORD_NONE_I64 || ts < r->first_ns)
        r->first_ns = ts;
    if (r->last_ns == NJORD_NONE_I64 || ts > r->last_ns)
        r->last_ns = ts;
    r->rows++;
    nj_sink_step(&w->sink);
    if (r->rows % TELL_EACH == 0 && w->options->progress)
        w->options->progress(w->options->ctx, r->rows, w->sink.bytes);
    return w->sink.failed.code;
}

static int put_columns(struct writer *w, const char *stem, struct nj_error *err)
{
    const struct nj_export_options *o = w->options;
    struct nj_cache_options options = {.platform = o->platform,
                                       .dir = o->journal_dir,
                                       .stem = stem,
                                       .from_ns = o->from_ns,
                                       .to_ns = o->to_ns,
                                       .skip_bad = o->skip_bad};
    struct nj_cache *cache = NULL;
    struct nj_cache_info info = {0};
    const struct nj_columns *pieces;
    union {
        njord_event ev;
        njord_bar bar;
        njord_trade trade;
    } event;
    int rc = nj_cache_open(&cache, &options, err);
    if (rc != 0)
        return rc;
    size_t n = nj_cache_pieces(cache, &pieces);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        for (size_t k = 0; rc == 0 && k < pieces[i].n; k++) {
            if (o->type == NJORD_EV_BAR)
                nj_columns_bar(&pieces[i], k, &event.bar);
            else
                nj_columns_trade(&pieces[i], k, &event.trade);
            rc = put_row(w, &event.ev, pieces[i].ts[k], err);
        }
    }
    if (rc == 0 && o->skip_bad)
        rc = nj_cache_info(cache, &info, err);
    w->report->bad = info.bad;
    nj_cache_close(cache);
    return rc;
}

static int put_lines(struct writer *w, const char *stem, struct nj_error *err)
{
    const struct nj_export_options *o = w->options;
    struct nj_journal_files listed = {0};
    struct nj_reader_options options = {.dir = o->journal_dir,
                                        .stems = &stem,
                                        .n_stems = 1,
                                        .from_ns = o->from_ns,
                                        .to_ns = o->to_ns,
                                        .skip_bad = o->skip_bad};
    struct nj_reader_stats stats = {0};
    struct nj_reader *reader = NULL;
    struct nj_read read;
    int rc = nj_journal_list(o->journal_dir, stem, &listed, err), more;
    if (rc == 0 && listed.n == 0)
        rc = nj_error_set(err, NJ_ERR_NOT_FOUND, "folder '%s': no journal '%s'", o->journal_dir,
                          stem);
    nj_journal_files_free(&listed);
    if (rc == 0)
        rc = nj_reader_open(&reader, &options, err);
    while (rc == 0 && (more = nj_reader_next(reader, &read, err)) != 0)
        rc = more < 0 ? more : put_row(w, read.event, read.event->ts_ns, err);
    if (reader)
        nj_reader_stats(reader, &stats);
    w->report->bad = stats.bad;
    nj_reader_close(reader);
    return rc;
}

/* ---- all of it ------------------------------------------------------------------------------- */

int nj_export_run(const struct nj_export_options *o, struct nj_export_report *report,
                  struct nj_error *err)
{
    struct writer w = {.options = o, .report = report, .contract = njord_contract_of(o->type)};
    bool to_file = strcmp(o->output, "-") != 0;
    char stem[NJ_STEM_SIZE];
    struct nj_whole_file file;
    *report = (struct nj_export_report){.first_ns = NJORD_NONE_I64, .last_ns = NJORD_NONE_I64};
    int rc =
        nj_stem_make(nj_journal_topic(o->type), o->timeframe, o->symbol, stem, sizeof stem, err);
    if (rc == 0)
        rc = to_file ? nj_whole_file_open(&file, &w.sink, o->platform, o->output, o->force, err)
                     : nj_sink_open(&w.sink, o->platform, o->output, 0, 0, err);
    if (rc != 0)
        return rc;
    begin(&w);
    rc = o->type == NJORD_EV_BAR || o->type == NJORD_EV_TRADE ? put_columns(&w, stem, err)
                                                              : put_lines(&w, stem, err);
    if (rc == 0)
        end(&w);
    if (to_file) {
        rc = nj_whole_file_close(&file, rc, err);
    } else {
        int closed = nj_sink_close(&w.sink, true, rc == 0 || w.sink.failed.code ? err : NULL);
        rc = rc ? rc : closed;
    }
    report->bytes = w.sink.bytes;
    return rc;
}
