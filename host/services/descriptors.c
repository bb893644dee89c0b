#include "services/descriptors.h"

#include "services/host.h"

#include <stdio.h>
#include <stdlib.h>

struct nj_descriptor {
    struct ev_io io;
    struct nj_slot *slot;
    struct nj_host *host;
    struct nj_descriptor *next;
};

static void on_ready(struct ev_loop *loop, struct ev_io *io, int revents)
{
    struct nj_descriptor *d = (struct nj_descriptor *)io;
    char what[NJORD_ID_SIZE + 32];
    (void)loop;
    snprintf(what, sizeof what, "what '%s' gets from outside", d->slot->id);
    nj_restart_intervened(d->host, what);
    if (d->slot->instance)
        nj_instance_descriptor(d->slot->instance, io->fd,
                               (revents & EV_READ ? NJORD_LOOP_READ : 0u) |
                                   (revents & EV_WRITE ? NJORD_LOOP_WRITE : 0u));
}

static void forget(struct nj_host *host, struct nj_descriptor **at)
{
    struct nj_descriptor *d = *at;
    *at = d->next;
    ev_io_stop(host->loop, &d->io);
    free(d);
}

njord_status nj_descriptors_watch(struct nj_host *host, struct nj_instance *instance, int32_t fd,
                                  uint32_t events)
{
    struct nj_descriptor **at = &host->descriptors;
    while (*at && !((*at)->slot == instance->owner && (*at)->io.fd == fd))
        at = &(*at)->next;
    if (*at)
        forget(host, at);
    if (events == 0)
        return NJORD_OK;
    struct nj_descriptor *d = calloc(1, sizeof *d);
    if (!d)
        return NJORD_E_NOMEM;
    d->slot = instance->owner;
    d->host = host;
    d->next = host->descriptors;
    host->descriptors = d;
    ev_io_init(&d->io, on_ready, fd,
               (events & NJORD_LOOP_READ ? EV_READ : 0) |
                   (events & NJORD_LOOP_WRITE ? EV_WRITE : 0));
    ev_io_start(host->loop, &d->io);
    return NJORD_OK;
}

void nj_descriptors_forget(struct nj_host *host, const struct nj_slot *slot)
{
    for (struct nj_descriptor **at = &host->descriptors; *at;) {
        if (slot && (*at)->slot != slot)
            at = &(*at)->next;
        else
            forget(host, at);
    }
}
