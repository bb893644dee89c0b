#include "services/books.h"

#include <math.h>
#include <njord/state.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char saved_id[] = "@books";
static const char subject[] = "saved books";

/* ---- save ---- */

static njord_status append(void *ctx, const void *data, uint64_t len)
{
    return nj_buf_add(ctx, data, (size_t)len) ? NJORD_OK : NJORD_E_NOMEM;
}

static void put_prices(const struct nj_core *core, njord_state_out *out)
{
    njord_state_begin_list(out, "prices");
    for (uint32_t id = 0; id < core->n_prices; id++) {
        const struct nj_price *p = &core->prices[id];
        const struct nj_instrument *i = nj_instrument_by_id(core->instruments, id);
        if (!i || (!njord_is_set_f64(p->trade) && !njord_is_set_f64(p->close)))
            continue;
        njord_state_begin_list(out, NULL);
        njord_state_put_text(out, NULL, i->symbol);
        njord_state_put_f64(out, NULL, p->trade);
        njord_state_put_f64(out, NULL, p->close);
        njord_state_put_i64(out, NULL, p->ts_ns);
        njord_state_end(out);
    }
    njord_state_end(out);
}

/* What positions and orders are counted in: before they are read their instruments count so too. */
static void put_units(const struct nj_core *core, njord_state_out *out)
{
    njord_state_begin_list(out, "units");
    for (uint32_t id = 0; id < nj_instruments_count(core->instruments); id++) {
        const struct nj_instrument *i = nj_instrument_by_id(core->instruments, id);
        if (!i->pinned)
            continue;
        njord_state_begin_list(out, NULL);
        njord_state_put_text(out, NULL, i->symbol);
        njord_state_put_f64(out, NULL, i->lot_grid.unit);
        njord_state_end(out);
    }
    njord_state_end(out);
}

int nj_books_save(const struct nj_core *core, const struct nj_risk *risk, struct nj_state *state,
                  const struct nj_books *books, struct nj_error *err)
{
    struct nj_buf ledger = {0}, ids = {0}, rules = {0}, document = {0};
    njord_state_out out;
    njord_writer writer = {sizeof writer, 0, &document, append};
    struct nj_saved head = {.seq = books->seq, .version = 1};
    int rc = nj_ledger_save(core->ledger, &ledger, &ids);
    if (rc == 0 && risk)
        rc = nj_risk_save(risk, &rules);
    njord_state_out_init(&out);
    njord_state_put_i64(&out, "journal_seq", (int64_t)books->journal_seq);
    put_units(core, &out);
    put_prices(core, &out);
    njord_state_put_bytes(&out, "ledger", ledger.data, ledger.len);
    njord_state_put_bytes(&out, "fill_ids", ids.data, ids.len);
    if (risk)
        njord_state_put_bytes(&out, "risk", rules.data, rules.len);
    njord_state_begin_map(&out, "orders");
    if (rc == 0)
        rc = nj_orders_save(core->orders, &out);
    njord_state_end(&out);
    if (njord_state_out_finish(&out, &writer) != NJORD_OK)
        rc = nj_error_set(err, NJ_ERR_LIMIT, "%s: %s", subject, out.why);
    else if (rc != 0)
        nj_error_set(err, rc, "%s: out of memory", subject);
    njord_state_out_free(&out);
    if (rc == 0)
        rc = nj_state_put_saved(state, saved_id, &head, document.data, document.len, err);
    nj_buf_free(&ledger);
    nj_buf_free(&ids);
    nj_buf_free(&rules);
    nj_buf_free(&document);
    return rc;
}

/* ---- load ---- */

static void take_units(struct nj_core *core, njord_state_in *in)
{
    char symbol[NJORD_SYMBOL_SIZE];
    njord_state_in list, row;
    for (size_t n = njord_state_in_list(in, "units", &list); n > 0; n--) {
        njord_state_in_list(&list, NULL, &row);
        njord_state_get_text(&row, NULL, symbol, sizeof symbol);
        struct nj_instrument *i = nj_instrument_get(core->instruments, symbol);
        if (i)
            nj_instrument_pin_unit(i, njord_state_get_f64(&row, NULL, 0));
    }
}

static void take_prices(struct nj_core *core, njord_state_in *in)
{
    char symbol[NJORD_SYMBOL_SIZE];
    njord_state_in list, row;
    for (size_t n = njord_state_in_list(in, "prices", &list); n > 0; n--) {
        njord_state_in_list(&list, NULL, &row);
        njord_state_get_text(&row, NULL, symbol, sizeof symbol);
        double trade = njord_state_get_f64(&row, NULL, NAN);
        double close = njord_state_get_f64(&row, NULL, NAN);
        int64_t ts_ns = njord_state_get_i64(&row, NULL, INT64_MIN);
        uint32_t id = nj_core_symbol_id(core, symbol);
        if (id != NJORD_NO_SYMBOL)
            core->prices[id] = (struct nj_price){trade, close, ts_ns};
    }
}

static int take_all(struct nj_core *core, struct nj_risk *risk, njord_state_in *in,
                    struct nj_books *books, struct nj_error *err)
{
    njord_state_in orders;
    size_t len, ids_len;
    int64_t journal_seq = njord_state_get_i64(in, "journal_seq", -1);
    const char *ledger = njord_state_get_bytes(in, "ledger", &len);
    const void *ids = njord_state_get_bytes(in, "fill_ids", &ids_len);
    if (journal_seq < 0 || !ledger)
        return nj_error_set(err, NJ_ERR_INPUT, "%s: expected journal_seq and ledger", subject);
    books->journal_seq = (uint64_t)journal_seq;
    take_units(core, in);
    int rc = nj_ledger_load(core->ledger, ledger, len, err);
    if (rc == 0 && ids_len > 0)
        rc = nj_ledger_load_ids(core->ledger, ids, ids_len, err);
    njord_state_in_map(in, "orders", &orders);
    if (rc == 0)
        rc = nj_orders_load(core->orders, &orders, err);
    const char *rules = njord_state_get_bytes(in, "risk", &len);
    if (rc == 0 && risk && rules)
        rc = nj_risk_load(risk, rules, len, err);
    if (rc == 0)
        take_prices(core, in);
    return rc;
}

int nj_books_load(struct nj_core *core, struct nj_risk *risk, struct nj_state *state,
                  uint64_t at_most, struct nj_books *books, struct nj_error *err)
{
    struct nj_saved head;
    struct nj_buf document = {0};
    struct nj_error why = {0};
    njord_state_in in;
    *books = (struct nj_books){0};
    int rc = nj_state_get_saved(state, saved_id, at_most, &head, &document, err);
    if (rc != 0)
        goto done;
    rc = njord_state_in_open_bytes(&in, document.data, document.len) == NJORD_OK
             ? take_all(core, risk, &in, books, &why)
             : NJ_ERR_INPUT;
    if (njord_state_in_close(&in) != NJORD_OK && (rc == 0 || !why.text[0]))
        rc = nj_error_set(&why, NJ_ERR_INPUT, "%s: %s", subject, in.why);
    books->seq = head.seq;
    if (rc != 0)
        nj_error_set(err, rc, "%s", why.text);
done:
    nj_buf_free(&document);
    if (rc != 0)
        *books = (struct nj_books){0};
    return rc;
}

/* ---- the files of the chain ---- */

static const char chain_name[] = "orders.chain";

/* A line "FIRST LAST NAME" a file: seqs of its first and last line; LAST 0: not known, as of the
 * file that is being written. NAME as of a plain file. */
struct row {
    uint64_t first, last;
    char name[NJ_STEM_SIZE + 32];
};

struct rows {
    struct row *all; /* by first */
    size_t n, cap;
};

static struct row *add_row(struct rows *rows, uint64_t first)
{
    if (rows->n == rows->cap) {
        size_t cap = rows->cap ? 2 * rows->cap : 16;
        struct row *more = realloc(rows->all, cap * sizeof *more);
        if (!more)
            return NULL;
        rows->all = more;
        rows->cap = cap;
    }
    size_t at = rows->n++;
    for (; at > 0 && rows->all[at - 1].first > first; at--)
        rows->all[at] = rows->all[at - 1];
    rows->all[at] = (struct row){.first = first};
    return &rows->all[at];
}

static struct row *find_row(const struct rows *rows, uint64_t first)
{
    for (size_t n = rows->n; n > 0; n--)
        if (rows->all[n - 1].first == first)
            return &rows->all[n - 1];
    return NULL;
}

static int load_rows(struct nj_state *state, struct rows *rows, struct nj_error *err)
{
    struct nj_buf text = {0};
    *rows = (struct rows){0};
    int rc = nj_state_get(state, chain_name, &text, err);
    const char *line = text.data;
    for (unsigned number = 1; rc == 0 && line && *line; number++) {
        unsigned long long first, last;
        char name[sizeof rows->all->name];
        const char *end = strchr(line, '\n');
        struct row *row = NULL;
        if (end && sscanf(line, "%19llu %19llu %239[^\n]", &first, &last, name) == 3 && first > 0 &&
            !find_row(rows, first)) {
            if (!(row = add_row(rows, first))) {
                rc = nj_error_set(err, NJ_ERR_NOMEM, "'%s': out of memory", chain_name);
                break;
            }
            row->last = last;
            memcpy(row->name, name, sizeof row->name);
        } else {
            rc = nj_error_set(err, NJ_ERR_INPUT,
                              "'%s/%s:%u': expected two numbers and a file's name; remove the file "
                              "to start without it",
                              nj_state_dir(state), chain_name, number);
        }
        line = end ? end + 1 : NULL;
    }
    nj_buf_free(&text);
    return rc == NJ_ERR_NOT_FOUND ? 0 : rc;
}

static bool has_first(const struct nj_backlog *chain, uint64_t first)
{
    for (size_t n = chain->from; n < chain->files.n; n++)
        if (chain->first[n] == first)
            return true;
    return false;
}

int nj_books_check_chain(struct nj_state *state, const struct nj_backlog *chain, uint64_t seq,
                         struct nj_error *err)
{
    struct rows rows;
    int rc = load_rows(state, &rows, err);
    for (size_t n = 0; rc == 0 && n < rows.n; n++) {
        const struct row *row = &rows.all[n];
        uint64_t last = row->last         ? row->last
                        : n + 1 == rows.n ? UINT64_MAX
                                          : rows.all[n + 1].first - 1;
        if (last > seq && !has_first(chain, row->first))
            rc = nj_error_set(err, NJ_ERR_INPUT,
                              "journal '%s': '%s', which held orders from seq %llu on, is missing: "
                              "put it back, or move '%s/%s' away to start without it",
                              chain->dir, row->name, (unsigned long long)row->first,
                              nj_state_dir(state), chain_name);
    }
    free(rows.all);
    return rc;
}

int nj_books_note_chain(struct nj_state *state, const struct nj_backlog *chain,
                        struct nj_error *err)
{
    struct rows rows;
    struct nj_buf text = {0};
    bool changed = false;
    int rc = load_rows(state, &rows, err);
    for (size_t n = chain->from; rc == 0 && n < chain->files.n; n++) {
        struct nj_journal_file plain = chain->files.files[n];
        char name[sizeof rows.all->name];
        if (chain->first[n] == 0)
            continue;
        plain.gz = false;
        rc = nj_journal_name_make(&plain, name, sizeof name, err);
        struct row *row = find_row(&rows, chain->first[n]);
        if (rc == 0 && !row && !(row = add_row(&rows, chain->first[n])))
            rc = nj_error_set(err, NJ_ERR_NOMEM, "'%s': out of memory", chain_name);
        if (rc != 0 || strcmp(row->name, name) == 0)
            continue;
        memcpy(row->name, name, sizeof row->name);
        row->last = plain.day == NJ_DAY_LIVE ? 0 : nj_backlog_last(chain, n);
        changed = true;
    }
    for (size_t n = 0; rc == 0 && changed && n < rows.n; n++)
        nj_buf_printf(&text, "%llu %llu %s\n", (unsigned long long)rows.all[n].first,
                      (unsigned long long)rows.all[n].last, rows.all[n].name);
    if (rc == 0 && text.failed)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "'%s': out of memory", chain_name);
    if (rc == 0 && changed)
        rc = nj_state_put(state, chain_name, text.data, text.len, err);
    nj_buf_free(&text);
    free(rows.all);
    return rc;
}
