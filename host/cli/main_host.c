/* main_host.c - njord-host: the runtime's main. Reads the command line and the configuration, opens
 * the log, runs the host. */
#include "base/fs.h"
#include "base/log.h"
#include "cli/check.h"
#include "config/config.h"
#include "services/host.h"
#include "services/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0"
#endif

static const char usage[] =
    "usage: njord-host [options]\n"
    "\n"
    "Runs feeds, strategies, risk and a broker as plugins until it is told to stop.\n"
    "\n"
    "  -c, --config DIR      configuration: a folder, or its base.yaml (default: ./config, else "
    "the installed one)\n"
    "  -p, --plugins DIR     where plugins are (plugins.dir)\n"
    "  -s, --services A,B    which services run here: feeds, strategies, risk, broker, journal\n"
    "  -b, --bus URL         inproc: or redis://host:port/db (bus.url)\n"
    "      --control SOCKET  where njord ctl reaches this host (app.control)\n"
    "      --pidfile FILE    writes the process id there\n"
    "      --summary         prints what was loaded, progress, and tables of what was done on "
    "standard output\n"
    "      --log-json        the log on standard error as NDJSON, also on a terminal\n"
    "  -k, --check           checks the configuration and its plugins, prints every problem, exits "
    "1 if there is one\n"
    "  -V, --version\n"
    "  -h, --help\n"
    "\n"
    "Signals: SIGHUP reloads configuration and changed plugins, SIGTERM and SIGINT stop, SIGUSR1 "
    "reopens logs.\n"
    "\n"
    "Example:\n"
    "  njord-host --config config/demo --plugins plugins\n";

struct arguments {
    const char *config, *pidfile;
    struct nj_config_overrides overrides;
    bool check, log_json, summary;
};

enum { OPT_CONTROL = 256, OPT_PIDFILE, OPT_LOG_JSON, OPT_SUMMARY };

/* 0: go on; otherwise the exit code plus one. */
static int parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {{"config", 1, NULL, 'c'},
                                            {"plugins", 1, NULL, 'p'},
                                            {"services", 1, NULL, 's'},
                                            {"bus", 1, NULL, 'b'},
                                            {"control", 1, NULL, OPT_CONTROL},
                                            {"pidfile", 1, NULL, OPT_PIDFILE},
                                            {"log-json", 0, NULL, OPT_LOG_JSON},
                                            {"summary", 0, NULL, OPT_SUMMARY},
                                            {"check", 0, NULL, 'k'},
                                            {"version", 0, NULL, 'V'},
                                            {"help", 0, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":c:p:s:b:kVh", options, NULL)) != -1;) {
        switch (c) {
        case 'c':
            a->config = optarg;
            break;
        case 'p':
            a->overrides.plugins_dir = optarg;
            break;
        case 's':
            a->overrides.services = optarg;
            break;
        case 'b':
            a->overrides.bus_url = optarg;
            break;
        case OPT_CONTROL:
            a->overrides.control = optarg;
            break;
        case OPT_PIDFILE:
            a->pidfile = optarg;
            break;
        case OPT_SUMMARY:
            a->summary = true;
            break;
        case OPT_LOG_JSON:
            a->log_json = true;
            break;
        case 'k':
            a->check = true;
            break;
        case 'V':
            puts("njord-host " PACKAGE_VERSION);
            return 1;
        case 'h':
            fputs(usage, stdout);
            return 1;
        default:
            fprintf(stderr,
                    c == ':' ? "njord-host: option '%s' needs a value; see njord-host --help\n"
                             : "njord-host: unknown option '%s'; see njord-host --help\n",
                    argv[optind - 1]);
            return 3;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "njord-host: unexpected argument '%s'; see njord-host --help\n",
                argv[optind]);
        return 3;
    }
    return 0;
}

static void print_report(const struct nj_config_report *report)
{
    if (report->warnings.len > 0)
        fprintf(stderr, "%s", report->warnings.data);
    if (report->errors.len > 0)
        fprintf(stderr, "%s", report->errors.data);
}

static int write_pidfile(const char *path)
{
    struct nj_error err;
    char text[32];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (nj_replace_file(nj_platform_system(), path, text, (size_t)len, 0644, &err) == 0)
        return 0;
    fprintf(stderr, "njord-host: %s\n", err.text);
    return 1;
}

static int open_log(struct nj_log **log, const struct nj_config *config, const struct arguments *a)
{
    struct nj_error err;
    char path[NJ_PATH_MAX];
    if (nj_mkdirs(config->logging.journal_dir, 0755, &err) != 0 ||
        nj_path_join(path, sizeof path, config->logging.journal_dir, "app.ndjson", &err) != 0)
        goto fail;
    bool terminal = isatty(STDERR_FILENO) != 0;
    struct nj_log_options options = {.platform = nj_platform_system(),
                                     .path = path,
                                     .terminal_fd = STDERR_FILENO,
                                     .terminal_json = a->log_json,
                                     .colour = terminal && !getenv("NO_COLOR"),
                                     .level = (enum nj_level)config->logging.level};
    if (nj_log_open(log, &options, &err) == 0)
        return 0;
fail:
    fprintf(stderr, "njord-host: logging.journal_dir: %s\n", err.text);
    return 1;
}

static int run(struct nj_host *host, const struct arguments *a)
{
    struct nj_summary *summary = NULL;
    struct nj_error err = {0};
    if (a->pidfile && write_pidfile(a->pidfile) != 0)
        return 1;
    if (a->summary && nj_summary_open(&summary, host, &err) != 0) {
        fprintf(stderr, "njord-host: %s\n", err.text);
        return 1;
    }
    int rc = nj_host_run(host);
    if (summary)
        nj_summary_print(summary);
    nj_summary_close(summary);
    return rc;
}

int main(int argc, char **argv)
{
    struct arguments a = {0};
    struct nj_config *config = NULL;
    struct nj_config_report report = {0};
    struct nj_log *log = NULL;
    struct nj_host *host = NULL;
    struct nj_error err = {0};

    int rc = parse(argc, argv, &a);
    if (rc != 0)
        return rc - 1;
    if (!a.config)
        a.config = nj_config_default_dir();
    rc = nj_config_load(&config, a.config, &a.overrides, &report);
    if (rc == 0 && a.check)
        rc = nj_check_plugins(config, &report);
    print_report(&report);
    if (rc != 0 || a.check) {
        if (rc == 0)
            printf("%s: no problems found\n", a.config ? a.config : "defaults");
        nj_config_report_free(&report);
        nj_config_free(config);
        return rc != 0;
    }
    nj_config_report_free(&report);
    if (open_log(&log, config, &a) != 0) {
        nj_config_free(config);
        return 1;
    }
    struct nj_host_options options = {nj_platform_system(), log, config, a.config, a.overrides};
    rc = nj_host_open(&host, &options, &err);
    if (rc != 0) {
        fprintf(stderr, "njord-host: %s\n", err.text);
    } else {
        rc = run(host, &a);
    }
    int lost = nj_host_close(host); /* said in the log */
    if (host && rc == 0 && lost == 0)
        nj_log(log, NJ_INFO, "host", "stopped", NJ_INT("lost_log_lines", nj_log_lost(log)));
    if (a.pidfile && host)
        unlink(a.pidfile);
    nj_log_close(log);
    return rc != 0 || lost != 0 ? 1 : 0;
}
