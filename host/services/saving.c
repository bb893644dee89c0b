#include "services/saving.h"

#include "journal/backlog.h"
#include "services/host.h"
#include "services/snapshot.h"

#include <sys/stat.h>

#define STATE_NS    10000000000
#define BOOKS_NS    1000000000     /* the books are saved at most so often */
#define BOOKS_SHARE 100            /* nor for more of the time than one part of so many */
#define KEEP_IDS_NS 86400000000000 /* foreign intent ids are remembered so long */

static int64_t monotonic(const struct nj_host *host)
{
    return host->platform->monotonic_ns(host->platform->ctx);
}

/* What each plugin would be given back after a restart. At the end they are quiesced before. */
static void save_slots(struct nj_host *host, struct nj_slots *slots, bool at_end)
{
    for (uint32_t i = 0; i < slots->n; i++) {
        struct nj_slot *slot = slots->all[i];
        struct nj_error err = {0};
        if (!slot->instance)
            continue;
        int rc = at_end ? nj_instance_quiesce(slot->instance, &err) : 0;
        if (rc == 0)
            rc = nj_snapshot_save(slot, &err);
        if (rc != 0)
            nj_log(host->log, NJ_ERROR, "host", "state_not_saved", NJ_TEXT("id", slot->id),
                   NJ_TEXT("error", err.text));
    }
}

void nj_saving_states(struct nj_host *host, bool at_end)
{
    save_slots(host, &host->strategies, at_end);
    save_slots(host, &host->brokers, at_end);
}

/* orders.chain hears of a file that was begun, and of the name that the one before it got. */
static int note_orders_file(struct nj_host *host, struct nj_error *err)
{
    const char *dir = host->config->logging.journal_dir;
    char path[NJ_PATH_MAX];
    struct nj_backlog chain;
    struct stat st;
    int rc = nj_path_join(path, sizeof path, dir, "orders.ndjson", err);
    if (rc != 0 || stat(path, &st) != 0 || st.st_size == 0 || st.st_ino == host->orders_file)
        return rc;
    rc = nj_backlog_open(&chain, dir, "orders", host->books.journal_seq, err);
    if (rc == 0)
        rc = nj_books_note_chain(host->state, &chain, err);
    nj_backlog_close(&chain);
    if (rc == 0)
        host->orders_file = st.st_ino;
    return rc;
}

/* Everything that was journaled is in the kernel and on disk first. */
void nj_saving_books(struct nj_host *host)
{
    struct nj_error err = {0};
    struct nj_books now = {host->last_seq, host->flow.last_seq};
    if (!host->rebuilt || nj_restart_behind(host) || host->last_seq <= host->books.seq ||
        nj_flow_flush(&host->flow) != 0)
        return;
    int64_t began = monotonic(host);
    nj_orders_forget(host->core.orders, nj_host_now(host), KEEP_IDS_NS);
    int rc = nj_journals_sync(host->journals, &err);
    if (rc == 0)
        rc = note_orders_file(host, &err);
    if (rc == 0)
        rc = nj_books_save(&host->core, host->risk.risk, host->state, &now, &err);
    int64_t done = monotonic(host), pause = (done - began) * BOOKS_SHARE;
    host->books_due_ns = done + (pause < BOOKS_NS ? BOOKS_NS : pause < STATE_NS ? pause : STATE_NS);
    if (rc == 0)
        host->books = now;
    else
        nj_log(host->log, NJ_ERROR, "host", "books_not_saved", NJ_TEXT("error", err.text));
}

void nj_saving_now(struct nj_host *host)
{
    if (nj_restart_behind(host))
        return;
    nj_saving_states(host, false);
    nj_saving_books(host);
}

/* A finished file of the journal of orders need not be read at the next start. */
static void save_books_when_rotated(struct nj_host *host)
{
    struct nj_journal_stats stats;
    char path[NJ_PATH_MAX];
    struct stat st;
    nj_journals_stats(host->journals, &stats);
    if (stats.rotations == host->rotations)
        return;
    host->rotations = stats.rotations;
    if (nj_path_join(path, sizeof path, host->config->logging.journal_dir, "orders.ndjson", NULL) ==
            0 &&
        stat(path, &st) == 0 && st.st_ino != host->orders_file)
        nj_saving_now(host);
}

/* Each plugins.state_every events, or ten seconds after something has happened; the books when they
 * are due then, which they are at least each ten seconds. */
static void save_when_due(struct nj_host *host)
{
    struct nj_bus_stats stats;
    nj_bus_stats(host->bus, &stats);
    uint64_t since = stats.inputs - host->saved_at_input;
    if (since == 0 || nj_restart_behind(host) ||
        (since < (uint64_t)host->config->plugins.state_every &&
         monotonic(host) - host->saved_at_ns < STATE_NS))
        return;
    nj_saving_states(host, false);
    if (monotonic(host) >= host->books_due_ns)
        nj_saving_books(host);
    host->saved_at_input = stats.inputs;
    host->saved_at_ns = monotonic(host);
}

void nj_saving_turn(struct nj_host *host)
{
    save_books_when_rotated(host);
    save_when_due(host);
}
