#include "runtime/plugin_check.h"

#include "base/fs.h"
#include "runtime/child.h"
#include "runtime/elf_stamp.h"
#include "runtime/plugin_info.h"
#include "runtime/plugin_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_NS 10000000000

/* The whole of a run: what it was asked, and how it goes. */
struct checking {
    const struct nj_check_options *o;
    char scratch[NJ_PATH_MAX];
    int failed;
    bool stopped; /* the rest cannot be tried */
};

static void tell(struct checking *c, const char *check, enum nj_verdict verdict, const char *detail)
{
    c->failed += verdict == NJ_CHECK_FAILED;
    c->o->told(c->o->ctx, check, verdict, detail);
}

static int64_t clock_of(void *ctx)
{
    const struct nj_platform *pf = ctx;
    return pf->monotonic_ns(pf->ctx);
}

/* ---- the file, before any of its code runs ---- */

/* What follows "plugin 'path': " in an error's text. */
static const char *without_path(const char *text, const char *path)
{
    char prefix[NJ_PATH_MAX + 16];
    int n = snprintf(prefix, sizeof prefix, "plugin '%s': ", path);
    return n > 0 && strncmp(text, prefix, (size_t)n) == 0 ? text + n : text;
}

static void check_file(struct checking *c)
{
    struct nj_plugin_file file = {0};
    struct nj_error err = {0}, why = {0};
    struct nj_buf bytes = {0};
    char name[64], detail[160];
    njord_stamp stamp;
    const char *path = c->o->path;
    int rc = nj_plugin_file_read(&file, path, c->o->trust, &err);
    if (rc != 0) {
        /* which of the two was it: the file, or what it says of itself? */
        bool read = nj_read_file(path, (size_t)256 << 20, &bytes, &why) == 0;
        bool stamped = read && nj_elf_stamp(bytes.data, bytes.len, &stamp, &why) == 0 &&
                       nj_stamp_check(&stamp, &why) == 0;
        const char *text = without_path(err.text, path);
        if (read && !stamped)
            tell(c, "file", NJ_CHECK_OK, "");
        tell(c, read && !stamped ? "stamp" : "file", NJ_CHECK_FAILED, text);
        c->stopped = true;
        nj_buf_free(&bytes);
        return;
    }
    snprintf(detail, sizeof detail, "%zu bytes, sha-256 %.16s…", file.bytes.len, file.hash);
    tell(c, "file", NJ_CHECK_OK, detail);
    snprintf(detail, sizeof detail, "ABI %u.%u", file.stamp.abi_major, file.stamp.abi_minor);
    tell(c, "stamp", NJ_CHECK_OK, detail);
    rc = nj_elf_foreign_export(file.bytes.data, file.bytes.len, name, sizeof name, &why);
    if (rc != 0)
        tell(c, "exports", NJ_CHECK_FAILED, why.text);
    else if (name[0]) {
        snprintf(detail, sizeof detail,
                 "also exports '%s'; build it with -fvisibility=hidden and link it with "
                 "-Wl,--exclude-libs,ALL",
                 name);
        tell(c, "exports", NJ_CHECK_FAILED, detail);
    } else {
        tell(c, "exports", NJ_CHECK_OK, "njord_entry alone");
    }
    nj_plugin_file_free(&file);
}

/* ---- a part in a child ---- */

/* The child's lines: "B check" before, "O|N|F check<TAB>detail" after. Tells them; returns the
 * check that had begun and not ended, "" when none had. */
static void take_lines(struct checking *c, const struct nj_buf *said, char *begun, size_t cap,
                       struct nj_buf *digest)
{
    begun[0] = '\0';
    for (const char *line = said->data; line && *line;) {
        size_t len = strcspn(line, "\n");
        const char *rest = line + (len > 1 ? 2 : len);
        size_t n = len > 1 ? len - 2 : 0;
        char text[512], *tab;
        snprintf(text, sizeof text, "%.*s", (int)n, rest);
        tab = strchr(text, '\t');
        if (line[0] == 'B') {
            snprintf(begun, cap, "%.*s", (int)cap - 1, text);
        } else if (line[0] == 'D') {
            nj_buf_puts(digest, text);
        } else {
            if (tab)
                *tab = '\0';
            tell(c, text,
                 line[0] == 'O'   ? NJ_CHECK_OK
                 : line[0] == 'N' ? NJ_CHECK_NOTE
                                  : NJ_CHECK_FAILED,
                 tab ? tab + 1 : "");
            begun[0] = '\0';
        }
        line += len + (line[len] == '\n');
    }
}

/* Runs one part. False: it could not be ended in an orderly way, or failed to begin with. */
static bool run_part(struct checking *c, struct nj_part_job *job, struct nj_buf *digest)
{
    const struct nj_platform *pf = c->o->platform;
    struct nj_child child;
    struct nj_error err = {0};
    char begun[64], how[128], detail[256];
    int64_t limit = c->o->limit_ns > 0 ? c->o->limit_ns : LIMIT_NS;
    job->options = c->o;
    job->run_dir = c->scratch;
    if (nj_child_start(&child, nj_part_main, job, pf->monotonic_ns(pf->ctx), limit, &err) != 0) {
        tell(c, job->name, NJ_CHECK_FAILED, err.text);
        return false;
    }
    nj_child_wait(&child, clock_of, (void *)(uintptr_t)pf);
    nj_child_describe(&child, how, sizeof how);
    take_lines(c, &child.said, begun, sizeof begun, digest);
    bool ended = how[0] == '\0';
    if (!ended && child.timed_out)
        snprintf(detail, sizeof detail, "hangs: it had not returned after %g s",
                 (double)limit / 1e9);
    else
        snprintf(detail, sizeof detail, "%s", how);
    if (!ended)
        tell(c, begun[0] ? begun : job->name, NJ_CHECK_FAILED, detail);
    nj_child_free(&child);
    return ended;
}

/* The same outputs again, in another process: addresses, times and process ids differ there. */
static void check_outputs(struct checking *c)
{
    struct nj_buf first = {0}, second = {0};
    struct nj_part_job job = {.part = NJ_PART_OUTPUTS, .name = "outputs"};
    struct nj_part_job again = {.part = NJ_PART_DIGEST, .name = "outputs"};
    int before = c->failed;
    bool ended = run_part(c, &job, &first);
    if (ended && c->failed == before && first.len > 0 && run_part(c, &again, &second)) {
        if (second.len > 0 && strcmp(first.data, second.data) == 0)
            tell(c, "outputs again", NJ_CHECK_OK, "the same in another process");
        else if (c->failed == before)
            tell(c, "outputs again", NJ_CHECK_FAILED,
                 "says it is deterministic, but another process gave other outputs for the same "
                 "events: it uses a clock, an address or randomness of its own");
    }
    nj_buf_free(&first);
    nj_buf_free(&second);
}

int nj_plugin_check(const struct nj_check_options *options, struct nj_error *err)
{
    static const struct nj_part_job parts[] = {{.part = NJ_PART_LOAD, .name = "load"},
                                               {.part = NJ_PART_EVENTS, .name = "events"},
                                               {.part = NJ_PART_HOSTILE, .name = "hostile"},
                                               {.part = NJ_PART_STATE, .name = "state"}};
    struct checking c = {.o = options};
    struct nj_buf none = {0};
    int rc = nj_plugin_scratch(c.scratch, err);
    if (rc != 0)
        return rc;
    check_file(&c);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && !c.stopped; i++) {
        struct nj_part_job job = parts[i];
        int before = c.failed;
        bool ended = run_part(&c, &job, &none);
        if (i == 0 && (!ended || c.failed > before))
            c.stopped = true; /* what cannot be made cannot be tried further */
    }
    if (!c.stopped)
        check_outputs(&c);
    nj_buf_free(&none);
    nj_plugin_scratch_remove(c.scratch);
    return c.failed;
}
