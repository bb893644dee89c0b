#include "backtest/flow_journal.h"

#include "base/buf.h"
#include "base/fs.h"
#include "journal/names.h"

#include <errno.h>
#include <njord/codec.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILES 256u

struct file {
    char stem[NJ_STEM_SIZE];
    FILE *out;
};

struct nj_flow_journal {
    char dir[NJ_PATH_MAX];
    bool in_turn;
    struct file files[MAX_FILES];
    size_t n_files;
    struct nj_buf line;
    struct nj_error err;
};

static int refuse_old(const char *dir, struct nj_error *err)
{
    static const char *const stems[] = {"orders", "risk.decisions", "broker.orders", "fills.*",
                                        "positions.*"};
    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++) {
        struct nj_journal_files found;
        int rc = nj_journal_list(dir, stems[i], &found, err);
        bool any = rc == 0 && found.n > 0;
        if (rc == 0)
            nj_journal_files_free(&found);
        if (any)
            return nj_error_set(err, NJ_ERR_EXISTS,
                                "folder '%s' has journals of orders: expected one without", dir);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int nj_flow_journal_open(struct nj_flow_journal **out, const char *dir, bool in_turn,
                         struct nj_error *err)
{
    char inside[NJ_PATH_MAX];
    *out = NULL;
    int rc = nj_path_join(inside, sizeof inside, dir, "orders.ndjson", err);
    if (rc == 0)
        rc = nj_mkdirs_for(inside, 0777, err);
    if (rc == 0)
        rc = refuse_old(dir, err);
    if (rc != 0)
        return rc;
    struct nj_flow_journal *j = calloc(1, sizeof *j);
    if (!j)
        return nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
    snprintf(j->dir, sizeof j->dir, "%s", dir);
    j->in_turn = in_turn;
    *out = j;
    return 0;
}

static FILE *file_of(struct nj_flow_journal *j, const char *stem)
{
    char path[NJ_PATH_MAX];
    size_t i = 0;
    while (i < j->n_files && strcmp(j->files[i].stem, stem) != 0)
        i++;
    if (i < j->n_files)
        return j->files[i].out;
    if (i == MAX_FILES) {
        nj_error_set(&j->err, NJ_ERR_LIMIT, "folder '%s': more than %u journals", j->dir,
                     MAX_FILES);
        return NULL;
    }
    if (snprintf(path, sizeof path, "%s/%s.ndjson", j->dir, stem) >= (int)sizeof path) {
        nj_error_set(&j->err, NJ_ERR_LIMIT, "folder '%s': its name is too long", j->dir);
        return NULL;
    }
    FILE *out = fopen(path, "wbxe");
    if (!out) {
        nj_error_set(&j->err, NJ_ERR_IO, "file '%s': %s", path, strerror(errno));
        return NULL;
    }
    snprintf(j->files[i].stem, sizeof j->files[i].stem, "%s", stem);
    j->files[i].out = out;
    j->n_files++;
    return out;
}

static void put(struct nj_flow_journal *j, const char *stem, const njord_event *event,
                bool with_contract)
{
    njord_envelope envelope = {.contract = with_contract ? event->type : 0,
                               .src_seq = NJORD_NONE_I64};
    FILE *out = j->err.code == 0 ? file_of(j, stem) : NULL;
    if (!out)
        return;
    nj_buf_clear(&j->line);
    if (!nj_buf_reserve(&j->line, njord_encode_bound(event) + 1) ||
        njord_encode_json(event, &envelope, j->line.data, j->line.cap - 1, &j->line.len) != 0) {
        nj_error_set(&j->err, NJ_ERR_NOMEM, "backtest: out of memory");
        return;
    }
    j->line.data[j->line.len++] = '\n';
    if (fwrite(j->line.data, 1, j->line.len, out) != j->line.len)
        nj_error_set(&j->err, NJ_ERR_IO, "folder '%s': %s", j->dir, strerror(errno));
}

/* "fills.ATOMUSDT" */
static void put_symbol(struct nj_flow_journal *j, const char *kind, const njord_event *event)
{
    char stem[NJ_STEM_SIZE];
    size_t n = (size_t)snprintf(stem, sizeof stem, "%s.", kind);
    for (const char *p = njord_event_symbol(event); *p && n + 1 < sizeof stem; p++)
        if (*p != '/')
            stem[n++] = *p;
    stem[n] = '\0';
    put(j, stem, event, false);
}

void nj_flow_journal_event(struct nj_flow_journal *j, const njord_event *event)
{
    switch (event->type) {
    case NJORD_EV_FILL:
        put_symbol(j, "fills", event);
        return;
    case NJORD_EV_POSITION_SNAPSHOT:
        put_symbol(j, "positions", event);
        return;
    case NJORD_EV_SIGNAL:
        return; /* no journal takes them */
    default:
        break;
    }
    put(j, "orders", event, true);
    if (event->type == NJORD_EV_DECISION)
        put(j, "risk.decisions", event, false);
    if (event->type == NJORD_EV_BROKER_ORDER_REQ ||
        (event->type == NJORD_EV_BROKER_ORDER_UPDATE && !j->in_turn))
        put(j, "broker.orders", event, true);
}

void nj_flow_journal_delivered(struct nj_flow_journal *j, const njord_event *event)
{
    if (j->in_turn && event->type == NJORD_EV_BROKER_ORDER_UPDATE)
        put(j, "broker.orders", event, true);
}

int nj_flow_journal_close(struct nj_flow_journal *j, struct nj_error *err)
{
    if (!j)
        return 0;
    for (size_t i = 0; i < j->n_files; i++)
        if (fclose(j->files[i].out) != 0 && j->err.code == 0)
            nj_error_set(&j->err, NJ_ERR_IO, "folder '%s': %s", j->dir, strerror(errno));
    int rc = j->err.code;
    if (rc != 0 && err)
        *err = j->err;
    nj_buf_free(&j->line);
    free(j);
    return rc;
}
