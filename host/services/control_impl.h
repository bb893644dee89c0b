/* control_impl.h - what the parts of the control socket share: a caller, its request, its answer.
 *
 * control.c owns the socket and lets callers in, control_caller.c reads what they send and writes
 * what they are answered, control_request.c has the table of requests; control_view.c answers what
 * only looks, control_act.c what changes the host, control_stream.c tail and publish,
 * control_replay.c recordings. A request's function writes its answer into the caller's buffer and
 * never blocks, never frees the caller. [loop] only. */
#ifndef NJ_SERVICES_CONTROL_IMPL_H
#define NJ_SERVICES_CONTROL_IMPL_H

#include "base/buf.h"
#include "base/json_out.h"
#include "services/host.h"

#include <ev.h>
#include <jansson.h>
#include <sys/socket.h>
#include <sys/un.h>

#define NJ_CONTROL_MAX_LINE    ((size_t)1 << 20)  /* of a request */
#define NJ_CONTROL_MAX_TAIL    ((size_t)4 << 20)  /* bytes that may wait for a caller that tails */
#define NJ_CONTROL_MAX_ANSWER  ((size_t)32 << 20) /* of one answer */
#define NJ_CONTROL_MAX_CALLERS 64u
#define NJ_CONTROL_MAX_LINES   100000 /* events that follow one request */

/* The socket and who is connected to it. */
struct nj_control {
    struct nj_host *host;
    int fd;
    struct ev_io incoming;
    struct ev_timer breathe; /* out of descriptors: the next try */
    struct sockaddr_un address;
    dev_t dev; /* of the socket as we made it */
    ino_t ino;
    struct nj_caller *callers;
    uint32_t n_callers;
};

/* Someone connected to the socket. */
struct nj_caller {
    struct nj_control *control;
    struct nj_host *host;
    int fd;
    uint32_t uid;
    int32_t pid;
    struct ev_io readable, writable;
    struct ev_timer again; /* goes on with requests that are here already */
    struct ev_timer limit; /* a caller that is being sent away has so long to take its answer */
    struct nj_buf in, out;
    size_t in_at, in_seen; /* bytes of `in` that are done; looked through for a newline */
    size_t answer_at;      /* where in `out` the answer now written begins */
    bool eof;              /* has said all that it will say */
    bool closing;          /* is sent away once it has read its answer */
    bool broken;
    struct nj_subscription *tap; /* while it tails */
    bool handling;               /* one of its requests, right now */
    bool tailing;
    bool replaying; /* plays a recording: one caller at a time */
    bool draining;  /* what it has sent is worked off before its next request is looked at */
    bool flushing;  /* and it is told when that is done */
    uint64_t replayed;
    uint32_t lines_left, line; /* of the request: events that follow it; the one now read, from 1 */
    bool lines_refused;        /* it was told so: the rest of them is skipped */
    bool lines_own;            /* they come from the folder that this host writes to */
    bool waiting;              /* for a reload to end, which tells this caller */
    bool gone;                 /* has left meanwhile: freed when the reload has told it */
    struct nj_caller *next;
};

/* Takes the connection over, and the caller into the list. False: out of memory, fd is untouched.
 */
bool nj_caller_new(struct nj_control *control, int fd, const struct ucred *who);
/* Ends it with what it has been answered so far: the host has stopped. */
void nj_caller_end(struct nj_caller *caller);

/* Begins the last line of an answer: {"done":true,"ok":true, open for further members. */
struct nj_json_out nj_caller_answer(struct nj_caller *caller);
/* The same with a verdict of its own; one that is false has a member "error" besides. */
struct nj_json_out nj_caller_verdict(struct nj_caller *caller, bool ok);
/* Ends it. */
void nj_caller_finish(struct nj_caller *caller, struct nj_json_out *json);
/* The whole last line of a request that is refused or failed. */
void nj_caller_refuse(struct nj_caller *caller, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Watches and timers of a caller follow its state: after events were written to it. */
void nj_caller_settle(struct nj_caller *caller);
/* Sends what waits and goes on with its requests: after an answer that was made later. May end the
 * caller. */
void nj_caller_go_on(struct nj_caller *caller);
/* A line in the log that says who asked for what. */
void nj_caller_log(const struct nj_caller *caller, const char *what, const char *subject,
                   const char *outcome);

/* A line of a caller that is a request: runs it, or says why not. */
void nj_control_handle(struct nj_caller *caller, const char *line, size_t len);
/* The requests. `args` holds exactly the members that the table in control_request.c allows. */
void nj_control_status(struct nj_caller *caller, const json_t *args);
void nj_control_plugins(struct nj_caller *caller, const json_t *args);
void nj_control_orders(struct nj_caller *caller, const json_t *args);
void nj_control_positions(struct nj_caller *caller, const json_t *args);
void nj_control_latency(struct nj_caller *caller, const json_t *args);
void nj_control_reload(struct nj_caller *caller, const json_t *args);
void nj_control_enable(struct nj_caller *caller, const json_t *args);
void nj_control_disable(struct nj_caller *caller, const json_t *args);
void nj_control_cancel(struct nj_caller *caller, const json_t *args);
void nj_control_flatten(struct nj_caller *caller, const json_t *args);
void nj_control_stop(struct nj_caller *caller, const json_t *args);
void nj_control_tail(struct nj_caller *caller, const json_t *args);
void nj_control_publish(struct nj_caller *caller, const json_t *args);
void nj_control_replay(struct nj_caller *caller, const json_t *args);
/* The next of the lines that a replay has announced, without its end. */
void nj_control_replay_line(struct nj_caller *caller, const char *line, size_t len);
/* Does another caller play a recording? */
bool nj_control_replays(const struct nj_caller *but);
/* Has enough been worked off to go on with a caller that drains? Answers it when it waits for that.
 */
bool nj_control_drained(struct nj_caller *caller);

/* Ends a caller's subscription. */
void nj_control_untap(struct nj_caller *caller);

#endif
