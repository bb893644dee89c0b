/* Requests of the control socket: their table, who of them may run when, and how an answer begins
 * and ends. */
#include "services/control_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

void nj_control_handle(struct nj_caller *caller, const char *line, size_t len)
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
