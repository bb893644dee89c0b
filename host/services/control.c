#include "services/control.h"

#include "base/fs.h"
#include "services/control_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_AT_ONCE    65536
#define REQUESTS_A_TIME 8
#define LINES_A_TIME    2000              /* of a recording */
#define HIGH_WATER      ((size_t)1 << 18) /* answers that wait: no further request is read */
#define DRAIN_S         0.001             /* between looks at what is worked off */
#define SEND_OFF_S      5.0               /* a caller being sent away has so long to read why */

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

/* ---- requests: the table ---- */

struct member {
    const char *name;
    enum { NONE, TEXT, BOOL, LIST, COUNT } kind;
    bool required;
};

#define N_MEMBERS 3

static const struct request {
    const char *name;
    void (*run)(struct nj_caller *, const json_t *);
    bool early; /* also while the host starts or stops */
    struct member members[N_MEMBERS];
} requests[] = {
    {"status", nj_control_status, true, {{0}}},
    {"plugins", nj_control_plugins, true, {{0}}},
    {"orders", nj_control_orders, true, {{0}}},
    {"positions", nj_control_positions, true, {{0}}},
    {"latency", nj_control_latency, true, {{0}}},
    {"reload", nj_control_reload, false, {{"force", BOOL, false}}},
    {"enable", nj_control_enable, false, {{"id", TEXT, true}}},
    {"disable", nj_control_disable, false, {{"id", TEXT, true}}},
    {"cancel", nj_control_cancel, false, {{"what", TEXT, true}}},
    {"flatten", nj_control_flatten, false, {{"strategy", TEXT, true}}},
    {"stop", nj_control_stop, true, {{0}}},
    {"tail", nj_control_tail, false, {{"glob", TEXT, true}}},
    {"publish", nj_control_publish, false, {{"topic", TEXT, true}, {"events", LIST, true}}},
    {"replay",
     nj_control_replay,
     false,
     {{"lines", COUNT, true}, {"journal", TEXT, false}, {"begin", BOOL, false}}},
};
#define N_REQUESTS (sizeof requests / sizeof requests[0])

/* ---- answers ---- */

struct nj_json_out nj_caller_verdict(struct nj_caller *caller, bool ok)
{
    caller->answer_at = caller->out.len;
    struct nj_json_out json = {&caller->out, false};
    nj_put_open(&json, NULL, '{');
    nj_put_bool(&json, "done", true);
    nj_put_bool(&json, "ok", ok);
    return json;
}

struct nj_json_out nj_caller_answer(struct nj_caller *caller)
{
    return nj_caller_verdict(caller, true);
}

void nj_caller_finish(struct nj_caller *caller, struct nj_json_out *json)
{
    nj_put_close(json, '}');
    nj_buf_putc(&caller->out, '\n');
    if (caller->out.failed) {
        caller->broken = true; /* no memory for the answer: the caller sees the end */
    } else if (caller->out.len - caller->answer_at > NJ_CONTROL_MAX_ANSWER) {
        caller->out.len = caller->answer_at;
        nj_caller_refuse(caller, "the answer is longer than %zu bytes", NJ_CONTROL_MAX_ANSWER);
    }
}

void nj_caller_refuse(struct nj_caller *caller, const char *fmt, ...)
{
    char text[NJ_ERROR_TEXT + 256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct nj_json_out json = nj_caller_verdict(caller, false);
    nj_put_text(&json, "error", text);
    nj_caller_finish(caller, &json);
}

void nj_caller_log(const struct nj_caller *caller, const char *what, const char *subject,
                   const char *outcome)
{
    nj_log(caller->host->log, NJ_INFO, "control", what, NJ_TEXT("subject", subject),
           NJ_TEXT("outcome", outcome), NJ_INT("uid", caller->uid), NJ_INT("pid", caller->pid));
}

/* ---- one request ---- */

static bool member_ok(const struct member *m, const json_t *value)
{
    return m->kind == TEXT   ? json_is_string(value)
           : m->kind == BOOL ? json_is_boolean(value)
           : m->kind == LIST ? json_is_array(value)
                             : json_is_integer(value) && json_integer_value(value) >= 0 &&
                                   json_integer_value(value) <= NJ_CONTROL_MAX_LINES;
}

/* Are all members there, of their type, and no others? */
static bool members_ok(struct nj_caller *caller, const struct request *r, json_t *args)
{
    static const char *const kinds[] = {"", "a text", "true or false", "a list of texts",
                                        "a number of at most 100000"};
    const char *key;
    json_t *value;
    for (int i = 0; i < N_MEMBERS && r->members[i].name; i++) {
        const struct member *m = &r->members[i];
        value = json_object_get(args, m->name);
        if (value ? !member_ok(m, value) : m->required) {
            nj_caller_refuse(caller, "request '%s': '%s' must be %s", r->name, m->name,
                             kinds[m->kind]);
            return false;
        }
    }
    json_object_foreach(args, key, value)
    {
        bool known = strcmp(key, "cmd") == 0;
        for (int i = 0; i < N_MEMBERS && r->members[i].name && !known; i++)
            known = strcmp(key, r->members[i].name) == 0;
        if (!known) {
            nj_caller_refuse(caller, "request '%s': it has no member '%.64s'", r->name, key);
            return false;
        }
    }
    return true;
}

static bool host_runs(const struct nj_host *host)
{
    return ev_is_active(&host->second); /* watched from the end of nj_host_open() on */
}

static void dispatch(struct nj_caller *caller, json_t *args)
{
    const char *name = json_string_value(json_object_get(args, "cmd"));
    if (!name) {
        nj_caller_refuse(caller, "request: expected a JSON object with a text 'cmd'");
        return;
    }
    const struct request *r = NULL;
    for (size_t i = 0; i < N_REQUESTS && !r; i++)
        if (strcmp(requests[i].name, name) == 0)
            r = &requests[i];
    if (!r)
        nj_caller_refuse(caller, "request '%.64s': no such request; doc/control.md lists them",
                         name);
    else if (!members_ok(caller, r, args))
        return;
    else if (!host_runs(caller->host))
        nj_caller_refuse(caller, "the host is still starting: try again");
    else if (caller->host->stopping && !r->early)
        nj_caller_refuse(caller, "the host is stopping");
    else
        r->run(caller, args);
}

static void handle(struct nj_caller *caller, const char *line, size_t len)
{
    json_error_t why;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    json_t *args = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
    caller->handling = true;
    if (json_is_object(args))
        dispatch(caller, args);
    else if (args)
        nj_caller_refuse(caller, "request: expected a JSON object with a text 'cmd'");
    else
        nj_caller_refuse(caller, "request: not JSON at byte %d: %.160s", why.position, why.text);
    caller->handling = false;
    json_decref(args);
}

/* ---- callers ---- */

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
            handle(caller, caller->in.data + start, len);
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

/* ---- who comes in ---- */

static bool welcome(struct nj_control *control, int fd, struct ucred *who)
{
    socklen_t len = sizeof *who;
    char line[160];
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, who, &len) != 0)
        return false;
    const char *why = who->uid != geteuid() && who->uid != 0
                          ? "only the owner of the host and root may speak to it"
                      : control->n_callers >= NJ_CONTROL_MAX_CALLERS
                          ? "too many callers at once: try again"
                          : NULL;
    if (!why)
        return true;
    int n = snprintf(line, sizeof line, "{\"done\":true,\"ok\":false,\"error\":\"%s\"}\n", why);
    send(fd, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    nj_log(control->host->log, NJ_WARN, "control", "caller_refused", NJ_TEXT("reason", why),
           NJ_INT("uid", who->uid), NJ_INT("pid", who->pid));
    return false;
}

static void let_in(struct nj_control *control, int fd)
{
    struct ucred who;
    struct nj_caller *caller = welcome(control, fd, &who) ? calloc(1, sizeof *caller) : NULL;
    if (!caller) {
        close(fd);
        return;
    }
    caller->control = control;
    caller->host = control->host;
    caller->fd = fd;
    caller->uid = who.uid;
    caller->pid = who.pid;
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
}

static void on_incoming(struct ev_loop *loop, struct ev_io *io, int revents)
{
    struct nj_control *control = io->data;
    (void)revents;
    for (int n = 0; n < 16; n++) {
        int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            let_in(control, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            nj_log(control->host->log, NJ_ERROR, "control", "no_descriptors",
                   NJ_TEXT("error", strerror(errno)),
                   NJ_TEXT("detail", "callers wait a second; raise the limit of open files"));
            ev_io_stop(loop, io);
            ev_timer_start(loop, &control->breathe);
        }
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

static void on_breathe(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
    struct nj_control *control = timer->data;
    (void)revents;
    ev_io_start(loop, &control->incoming);
}

/* ---- the socket ---- */

/* Does someone listen at the path? 0: nobody does and the way is free. */
static int clear_way(const struct sockaddr_un *address, struct nj_error *err)
{
    const char *path = address->sun_path;
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? 0 : nj_error_errno(err, errno, "control socket '%s'", path);
    if (!S_ISSOCK(st.st_mode))
        return nj_error_set(err, NJ_ERR_EXISTS,
                            "control socket '%s': something else stands there; remove it or set "
                            "app.control",
                            path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return nj_error_errno(err, errno, "control socket '%s'", path);
    int failed = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(fd);
    if (failed == 0 || failed == EAGAIN || failed == EINPROGRESS)
        return nj_error_set(err, NJ_ERR_BUSY, "control socket '%s': another host listens there",
                            path);
    if (failed != ECONNREFUSED)
        return nj_error_errno(err, failed, "control socket '%s': who listens there", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return nj_error_errno(err, errno, "control socket '%s': removing the old one", path);
    return 0;
}

/* Between bind and listen nobody can connect: the mode is right from the first connection on. */
static int take_place(struct nj_control *control, struct nj_error *err)
{
    const char *path = control->address.sun_path;
    struct stat st;
    int rc = clear_way(&control->address, err);
    if (rc != 0)
        return rc;
    control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (control->fd < 0 ||
        bind(control->fd, (const struct sockaddr *)&control->address, sizeof control->address) != 0)
        return nj_error_errno(err, errno, "control socket '%s'", path);
    if (chmod(path, 0600) != 0 || lstat(path, &st) != 0 || listen(control->fd, 64) != 0) {
        rc = nj_error_errno(err, errno, "control socket '%s'", path);
        unlink(path);
        return rc;
    }
    control->dev = st.st_dev;
    control->ino = st.st_ino;
    return 0;
}

/* Looking and binding as one step among hosts: the folder is locked meanwhile. */
static int make_socket(struct nj_control *control, struct nj_error *err)
{
    const char *path = control->address.sun_path;
    char dir[sizeof control->address.sun_path + 1];
    int rc = nj_mkdirs_for(path, 0755, err);
    if (rc != 0)
        return nj_error_context(err, "control socket '%s'", path);
    const char *slash = strrchr(path, '/');
    snprintf(dir, sizeof dir, "%.*s",
             !slash          ? 1
             : slash == path ? 1
                             : (int)(slash - path),
             slash ? path : ".");
    int lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0 || flock(lock, LOCK_EX) != 0)
        rc = nj_error_errno(err, errno, "control socket '%s': its folder", path);
    else
        rc = take_place(control, err);
    if (lock >= 0)
        close(lock);
    return rc;
}

int nj_control_open(struct nj_host *host, struct nj_error *err)
{
    const char *path = host->config->app.control;
    struct nj_control *control = calloc(1, sizeof *control);
    if (!control)
        return nj_error_set(err, NJ_ERR_NOMEM, "control socket: out of memory");
    control->host = host;
    control->fd = -1;
    control->address.sun_family = AF_UNIX;
    int rc;
    if (path[0] == '\0' || strlen(path) >= sizeof control->address.sun_path)
        rc =
            nj_error_set(err, NJ_ERR_CONFIG,
                         "control socket '%s': a path of 1 to %zu bytes is needed; set app.control",
                         path, sizeof control->address.sun_path - 1);
    else {
        memcpy(control->address.sun_path, path, strlen(path) + 1);
        rc = make_socket(control, err);
    }
    if (rc != 0) {
        if (control->fd >= 0)
            close(control->fd);
        free(control);
        return rc;
    }
    ev_io_init(&control->incoming, on_incoming, control->fd, EV_READ);
    ev_timer_init(&control->breathe, on_breathe, 1., 0.);
    control->incoming.data = control->breathe.data = control;
    ev_io_start(host->loop, &control->incoming);
    host->control = control;
    nj_log(host->log, NJ_INFO, "control", "listening", NJ_TEXT("socket", path));
    return 0;
}

void nj_control_close(struct nj_host *host)
{
    struct nj_control *control = host->control;
    struct stat st;
    if (!control)
        return;
    for (struct nj_caller *caller; (caller = control->callers);) {
        if ((caller->tailing || caller->waiting) && !caller->gone)
            nj_caller_refuse(caller, "the host has stopped");
        if (!caller->gone)
            push_out(caller);
        caller->waiting = false; /* nobody will tell it any more */
        caller_free(caller);
    }
    ev_io_stop(host->loop, &control->incoming);
    ev_timer_stop(host->loop, &control->breathe);
    if (lstat(control->address.sun_path, &st) == 0 && st.st_dev == control->dev &&
        st.st_ino == control->ino)
        unlink(control->address.sun_path);
    close(control->fd);
    free(control);
    host->control = NULL;
}
