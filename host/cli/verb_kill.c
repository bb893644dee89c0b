/* verb_kill.c - njord kill: the kill switch, its file and its Redis key. The file comes first: it
 * works with Redis gone. */
#include "cli/cli.h"
#include "cli/table.h"

#include "base/fs.h"
#include "base/json_out.h"
#include "base/platform.h"
#include "bus/redis.h"
#include "trade/killswitch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where the switch is. */
struct place {
    const char *file;
    const char *key; /* NULL: no Redis */
    struct nj_bus_url url;
};

/* An exit code, 0: found. */
static int find_place(struct nj_cli *cli, struct place *place)
{
    struct nj_error err = {0};
    *place = (struct place){.file = cli->file};
    if (cli->file)
        return cli->bus ? nj_cli_error(cli, NJ_EXIT_USAGE, "--file and --bus exclude each other")
                        : 0;
    const struct nj_config *config = nj_cli_config(cli);
    if (!config)
        return NJ_EXIT_FAILED;
    place->file = config->risk.kill_switch_file;
    if (nj_bus_url_parse(config->bus.url, &place->url, &err) != 0)
        return nj_cli_error(cli, cli->bus ? NJ_EXIT_USAGE : NJ_EXIT_FAILED, "%s", err.text);
    if (place->url.kind == NJ_BUS_REDIS)
        place->key = config->risk.kill_switch_key;
    return 0;
}

static void tell(const struct nj_cli *cli, const struct place *place, const char *state,
                 enum nj_shade shade, bool key_done)
{
    bool colour = nj_cli_colour();
    struct nj_buf text = {0};
    if (!cli->json) {
        printf("%s%s%s: file %s\n", nj_shade_on(shade, colour), state, nj_shade_off(shade, colour),
               place->file);
        if (key_done)
            printf("%s%s%s: key %s\n", nj_shade_on(shade, colour), state,
                   nj_shade_off(shade, colour), place->key);
        return;
    }
    struct nj_json_out json = {&text, false};
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "state", state);
    nj_put_text(&json, "file", place->file);
    if (key_done)
        nj_put_text(&json, "key", place->key);
    nj_put_close(&json, '}');
    puts(text.failed ? "{}" : text.data);
    nj_buf_free(&text);
}

static int run_trip(struct nj_cli *cli)
{
    struct place place;
    struct nj_error err = {0}, key_err = {0};
    int rc = find_place(cli, &place);
    if (rc != 0)
        return rc;
    int file = nj_kill_trip_file(nj_platform_system(), place.file,
                                 cli->reason ? cli->reason : "njord kill trip", &err);
    int key = place.key ? nj_redis_key_set(&place.url, place.key, "1", &key_err) : 0;
    if (file == 0)
        tell(cli, &place, "tripped", NJ_BAD, place.key && key == 0);
    else
        nj_cli_error(cli, 0, "%s", err.text);
    if (key != 0)
        nj_cli_error(cli, 0, "key '%s' was not set: %s", place.key, key_err.text);
    return file == 0 && key == 0 ? NJ_EXIT_DONE : NJ_EXIT_FAILED;
}

static int run_clear(struct nj_cli *cli)
{
    struct place place;
    struct nj_error err = {0};
    int rc = find_place(cli, &place);
    if (rc != 0)
        return rc;
    /* the key first: when it cannot be cleared, the file still stops what it stopped */
    if (place.key && nj_redis_key_set(&place.url, place.key, NULL, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "nothing was cleared: key '%s': %s", place.key,
                            err.text);
    if (nj_kill_clear_file(nj_platform_system(), place.file, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    tell(cli, &place, "clear", NJ_GOOD, place.key != NULL);
    return NJ_EXIT_DONE;
}

/* What the file says, its first line. */
static void read_reason(const char *file, struct nj_buf *out)
{
    struct nj_error err = {0};
    if (nj_read_file(file, 65536, out, &err) != 0 || !out->data)
        nj_buf_clear(out);
    if (out->data)
        out->data[out->len = strcspn(out->data, "\n")] = '\0';
}

static int run_status(struct nj_cli *cli)
{
    struct place place;
    struct nj_error err = {0};
    struct nj_buf reason = {0}, value = {0}, text = {0};
    bool absent = true, key_known = true, colour = nj_cli_colour();
    int rc = find_place(cli, &place);
    if (rc != 0)
        return rc;
    bool by_file = faccessat(AT_FDCWD, place.file, F_OK, AT_EACCESS) == 0 || errno != ENOENT;
    if (by_file)
        read_reason(place.file, &reason);
    if (place.key && nj_redis_key_get(&place.url, place.key, &value, &absent, &err) != 0)
        key_known = false;
    bool by_key = place.key && key_known && nj_kill_value(absent ? NULL : value.data);
    bool tripped = by_file || by_key || !key_known;
    if (cli->json) {
        struct nj_json_out json = {&text, false};
        nj_put_open(&json, NULL, '{');
        nj_put_text(&json, "state", tripped ? "tripped" : "clear");
        nj_put_text(&json, "file", place.file);
        nj_put_bool(&json, "file_tripped", by_file);
        nj_put_text(&json, "reason", reason.data);
        if (place.key) {
            nj_put_text(&json, "key", place.key);
            if (key_known)
                nj_put_bool(&json, "key_tripped", by_key);
            else
                nj_put_null(&json, "key_tripped");
        }
        nj_put_close(&json, '}');
        puts(text.failed ? "{}" : text.data);
    } else {
        enum nj_shade shade = tripped ? NJ_BAD : NJ_GOOD;
        printf("%s%s%s\nfile %s: %s%s%s\n", nj_shade_on(shade, colour),
               tripped ? "tripped" : "clear", nj_shade_off(shade, colour), place.file,
               by_file ? "there" : "not there", reason.len > 0 ? ": " : "",
               reason.len > 0 ? reason.data : "");
        if (place.key && key_known)
            printf("key %s: %s\n", place.key, absent ? "absent" : value.data ? value.data : "");
    }
    if (!key_known)
        nj_cli_error(cli, 0, "key '%s' cannot be read, which counts as tripped: %s", place.key,
                     err.text);
    nj_buf_free(&reason);
    nj_buf_free(&value);
    nj_buf_free(&text);
    return tripped ? NJ_EXIT_FAILED : NJ_EXIT_DONE;
}

#define COMMON (NJ_OPT_CONFIG | NJ_OPT_BUS | NJ_OPT_FILE | NJ_OPT_JSON)

const struct nj_verb nj_kill_verbs[] = {
    {"trip", "no order leaves from now on", "", 0, 0, COMMON | NJ_OPT_REASON,
     "Makes the file of risk.kill_switch_file and, when the bus is Redis, sets the key of\n"
     "risk.kill_switch_key. Every host that looks at them stops placing orders at once.\n",
     "njord kill trip --reason \"odd fills\"", run_trip, NULL},
    {"clear", "orders may leave again", "", 0, 0, COMMON, "", "njord kill clear", run_clear, NULL},
    {"status", "is it tripped? exit code 1: yes", "", 0, 0, COMMON,
     "A key that cannot be read counts as tripped, as it does for a host after a while.\n",
     "njord kill status", run_status, NULL},
    {0}};
