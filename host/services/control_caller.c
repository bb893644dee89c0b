/* Callers of the control socket: what they send is read and worked off a few requests at a time,
 * what is answered goes out as they take it. */
#include "services/control_impl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_AT_ONCE    65536
#define REQUESTS_A_TIME 8
#define LINES_A_TIME    2000              /* of a recording */
#define HIGH_WATER      ((size_t)1 << 18) /* answers that wait: no further request is read */
#define DRAIN_S         0.001             /* between looks at what is worked off */
#define SEND_OFF_S      5.0               /* a caller being sent away has so long to read why */

static void on_io(struct ev_loop *loop, struct ev_io *io, int revents);

/* Ends the connection. One that waits for a reload stays in the list until that has told it. */
static void caller_free(struct nj_caller *caller)
{
    struct nj_control *control = caller->control;
    struct ev_loop *loop = caller->host->loop;
    nj_control_untap(caller);
    ev_io_stop(loop, &caller->readable);
    ev_io_stop(loop, &caller->writable);
    ev_timer_stop(loop, &caller->again);
    ev_timer_stop(loop, &caller->limit);
    if (caller->fd >= 0)
        close(caller->fd);
    caller->fd = -1;
    caller->gone = true;
    nj_buf_free(&caller->in);
    nj_buf_free(&caller->out);
    if (caller->waiting)
        return;
    for (struct nj_caller **at = &control->callers; *at; at = &(*at)->next)
        if (*at == caller) {
            *at = caller->next;
            break;
        }
    control->n_callers--;
    free(caller);
}

/* Hands to the kernel what it takes now. What a caller that tails sees must be in the journals
 * before. */
static void push_out(struct nj_caller *caller)
{
    if (caller->tap && nj_journals_failed(caller->host->journals))
        return;
    size_t at = 0;
    while (at < caller->out.len && !caller->broken) {
        ssize_t n = send(caller->fd, caller->out.data + at, caller->out.len - at,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            at += (size_t)n;
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n < 0 && (errno == EAGAIN))
            break;
        else
            caller->broken = true;
    }
    nj_buf_drop(&caller->out, at);
}

static bool busy(const struct nj_caller *caller)
{
    return caller->tailing || caller->waiting || caller->draining || caller->closing ||
           caller->broken;
}

/* Is a whole request waiting in `in`? */
static bool has_request(struct nj_caller *caller)
{
    if (caller->in_seen < caller->in_at)
        caller->in_seen = caller->in_at;
    const char *from = caller->in.data + caller->in_seen;
    size_t len = caller->in.len - caller->in_seen;
    const char *end = len > 0 ? memchr(from, '\n', len) : NULL;
    caller->in_seen += end ? (size_t)(end - from) : len;
    return end != NULL;
}

/* Looks again soon whether what a caller has sent is worked off. */
static void look_again(struct nj_caller *caller)
{
    ev_timer_stop(caller->host->loop, &caller->again);
    ev_timer_set(&caller->again, caller->draining ? DRAIN_S : 0., 0.);
    ev_timer_start(caller->host->loop, &caller->again);
}

/* Works off requests that are here; a few at a time, so that events go on. */
static void work(struct nj_caller *caller)
{
    bool more = false;
    if (caller->draining && !caller->broken)
        caller->draining = !nj_control_drained(caller);
    for (int n = 0, lines = 0; !busy(caller);) {
        if (!has_request(caller)) {
            if (caller->in.len - caller->in_at > NJ_CONTROL_MAX_LINE) {
                nj_caller_refuse(caller, "request: a line is longer than %zu bytes",
                                 NJ_CONTROL_MAX_LINE);
                caller->closing = true;
            }
            break;
        }
        more = n == REQUESTS_A_TIME || lines == LINES_A_TIME;
        if (more || caller->out.len > HIGH_WATER)
            break;
        size_t start = caller->in_at, len = caller->in_seen - start;
        caller->in_at = caller->in_seen + 1;
        if (caller->lines_left > 0) {
            nj_control_replay_line(caller, caller->in.data + start, len);
            lines++;
        } else {
            nj_control_handle(caller, caller->in.data + start, len);
            n++;
        }
    }
    if (caller->tailing) {
        nj_buf_clear(&caller->in); /* whoever tails has nothing more to say */
        caller->in_at = caller->in_seen = 0;
    } else if (caller->in_at > 0 && !more) {
        nj_buf_drop(&caller->in, caller->in_at);
        caller->in_seen -= caller->in_at < caller->in_seen ? caller->in_at : caller->in_seen;
        caller->in_at = 0;
    }
    if (more || caller->draining)
        look_again(caller);
}

bool nj_control_replays(const struct nj_caller *but)
{
    for (const struct nj_caller *c = but->control->callers; c; c = c->next)
        if (c != but && c->replaying && !c->gone)
            return true;
    return false;
}

void nj_caller_settle(struct nj_caller *caller)
{
    struct ev_loop *loop = caller->host->loop;
    bool full = caller->out.len > HIGH_WATER && !caller->tailing;
    bool reads = !caller->eof && !caller->closing && !caller->waiting && !caller->draining && !full;
    if (reads)
        ev_io_start(loop, &caller->readable);
    else
        ev_io_stop(loop, &caller->readable);
    if (caller->out.len > 0 || caller->broken || caller->closing)
        ev_io_start(loop, &caller->writable);
    else
        ev_io_stop(loop, &caller->writable);
    if (caller->closing && !ev_is_active(&caller->limit))
        ev_timer_start(loop, &caller->limit);
}

/* Everything that happens to a caller ends here: it goes on, or goes. */
static void go_on(struct nj_caller *caller)
{
    if (caller->gone) {
        caller_free(caller);
        return;
    }
    push_out(caller);
    bool idle = caller->out.len == 0 && !caller->tailing && !caller->waiting &&
                !ev_is_active(&caller->again);
    if (caller->broken || (idle && (caller->closing || (caller->eof && !has_request(caller)))))
        caller_free(caller);
    else
        nj_caller_settle(caller);
}

static void take_in(struct nj_caller *caller)
{
    if (!nj_buf_reserve(&caller->in, READ_AT_ONCE)) {
        caller->broken = true;
        return;
    }
    ssize_t n = recv(caller->fd, caller->in.data + caller->in.len, READ_AT_ONCE, MSG_DONTWAIT);
    if (n > 0) {
        caller->in.len += (size_t)n;
        caller->in.data[caller->in.len] = '\0';
    } else if (n == 0) {
        struct pollfd gone = {caller->fd, 0, 0};
        caller->eof = true; /* it may have closed one way only and still wants its answer */
        caller->broken |= poll(&gone, 1, 0) == 1 && (gone.revents & POLLHUP);
    } else if (errno != EAGAIN && errno != EINTR) {
        caller->broken = true;
    }
}

static void on_io(struct ev_loop *loop, struct ev_io *io, int revents)
{
    struct nj_caller *caller = io->data;
    (void)loop;
    if ((revents & EV_READ) && io == &caller->readable)
        take_in(caller);
    push_out(caller);
    work(caller);
    go_on(caller);
}

void nj_caller_go_on(struct nj_caller *caller)
{
    if (!caller->gone)
        work(caller);
    go_on(caller);
}

static void on_again(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
    struct nj_caller *caller = timer->data;
    (void)loop, (void)revents;
    work(caller);
    go_on(caller);
}

static void on_limit(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
    (void)loop, (void)revents;
    caller_free(timer->data);
}

bool nj_caller_new(struct nj_control *control, int fd, const struct ucred *who)
{
    struct nj_caller *caller = calloc(1, sizeof *caller);
    if (!caller)
        return false;
    caller->control = control;
    caller->host = control->host;
    caller->fd = fd;
    caller->uid = who->uid;
    caller->pid = who->pid;
    ev_io_init(&caller->readable, on_io, fd, EV_READ);
    ev_io_init(&caller->writable, on_io, fd, EV_WRITE);
    ev_timer_init(&caller->again, on_again, 0., 0.);
    ev_timer_init(&caller->limit, on_limit, SEND_OFF_S, 0.);
    caller->readable.data = caller->writable.data = caller;
    caller->again.data = caller->limit.data = caller;
    caller->next = control->callers;
    control->callers = caller;
    control->n_callers++;
    nj_caller_settle(caller);
    return true;
}

void nj_caller_end(struct nj_caller *caller)
{
    if ((caller->tailing || caller->waiting) && !caller->gone)
        nj_caller_refuse(caller, "the host has stopped");
    if (!caller->gone)
        push_out(caller);
    caller->waiting = false; /* nobody will tell it any more */
    caller_free(caller);
}
