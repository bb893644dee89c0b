#include "services/snapshot.h"

#include "services/host.h"

#include <njord/state.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TIMERS 65536u

/* ---- the host's part ---- */

static void put_context(njord_state_out *out, const struct nj_slot *slot)
{
    int64_t words[4];
    memcpy(words, slot->instance->random, sizeof words);
    njord_state_put_i64_array(out, "random", words, 4);
    njord_state_begin_list(out, "timers");
    size_t at = 0;
    for (struct nj_timer t; nj_timers_of(&slot->host->timers, slot, &at, &t);) {
        const int64_t row[] = {t.id, t.due_ns, t.period_ns};
        njord_state_put_i64_array(out, NULL, row, 3);
    }
    njord_state_end(out);
}

static void take_context(njord_state_in *in, struct nj_slot *slot, struct nj_instance *fresh)
{
    int64_t words[4], row[3];
    njord_state_in timers;
    if (njord_state_get_i64_array(in, "random", words, 4) == 4)
        memcpy(fresh->random, words, sizeof words);
    size_t n = njord_state_in_list(in, "timers", &timers);
    for (size_t i = 0; i < n && i < MAX_TIMERS; i++)
        if (njord_state_get_i64_array(&timers, NULL, row, 3) == 3 && row[2] >= 0)
            nj_timers_set(&slot->host->timers, slot, (uint32_t)row[0], row[1], row[2]);
}

/* ---- the document ---- */

static njord_status append(void *ctx, const void *data, uint64_t len)
{
    return nj_buf_add(ctx, data, (size_t)len) ? NJORD_OK : NJORD_E_NOMEM;
}

int nj_snapshot_save(struct nj_slot *slot, struct nj_error *err)
{
    struct nj_instance *i = slot->instance;
    struct nj_buf state = {0}, document = {0};
    struct nj_error why = {0};
    njord_state_out out;
    njord_writer writer = {sizeof writer, 0, &document, append};
    int rc = nj_instance_save(i, &state, &why);
    bool has_state = rc == 0;
    if (rc != 0 && rc != NJ_ERR_NOT_FOUND) {
        nj_buf_free(&state);
        return nj_error_set(err, rc, "%s", why.text);
    }
    njord_state_out_init(&out);
    put_context(&out, slot);
    if (has_state)
        njord_state_put_bytes(&out, "state", state.data, state.len);
    rc = njord_state_out_finish(&out, &writer) == NJORD_OK
             ? 0
             : nj_error_set(err, NJ_ERR_NOMEM, "snapshot of '%s': out of memory", slot->id);
    njord_state_out_free(&out);
    struct nj_saved head = {.seq = slot->host->last_seq,
                            .version = has_state ? i->module->plugin.state_version : 0};
    memcpy(head.hash, i->module->hash, sizeof head.hash);
    if (rc == 0)
        rc = nj_state_put_saved(slot->host->state, slot->id, &head, document.data, document.len,
                                err);
    nj_buf_free(&state);
    nj_buf_free(&document);
    return rc;
}

int nj_snapshot_load(struct nj_slot *slot, struct nj_instance *fresh, uint64_t *seq,
                     struct nj_error *err)
{
    struct nj_saved head;
    struct nj_buf document = {0};
    njord_state_in in;
    int rc = nj_state_get_saved(slot->host->state, slot->id, 0, &head, &document, err);
    if (rc != 0)
        goto done;
    if (njord_state_in_open_bytes(&in, document.data, document.len) != NJORD_OK) {
        njord_state_in_close(&in);
        rc = nj_error_set(err, NJ_ERR_INPUT, "snapshot of '%s': %s", slot->id, in.why);
        goto done;
    }
    size_t len = 0;
    const void *state = njord_state_get_bytes(&in, "state", &len);
    if (head.version > 0 && state)
        rc = nj_instance_load(fresh, state, len, head.version, err);
    else
        rc = nj_error_set(err, NJ_ERR_NOT_FOUND, "snapshot of '%s': holds no state of the plugin",
                          slot->id);
    if (rc == 0 || rc == NJ_ERR_NOT_FOUND)
        take_context(&in, slot, fresh);
    njord_state_in_close(&in);
    if (seq)
        *seq = head.seq;
done:
    nj_buf_free(&document);
    return rc;
}
