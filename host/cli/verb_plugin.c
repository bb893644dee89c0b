/* verb_plugin.c - njord plugin: its commands in one table. */
#include "cli/cli.h"

const struct nj_verb nj_plugin_verbs[] = {
    {"new", "a ready-to-build project for a plugin", "KIND NAME", 2, 2,
     NJ_OPT_CONFIG | NJ_OPT_DIR | NJ_OPT_TEMPLATES,
     "KIND is strategy, feed, broker or allocator; NAME is [a-z][a-z0-9_]*, at most 47\n"
     "characters. The folder NAME must not be there yet.\n",
     "njord plugin new strategy my_first", nj_verb_plugin_new, NULL},
    {"check", "tries a built plugin in processes of their own", "FILE.so [NAME=VALUE]...", 1, 65,
     NJ_OPT_CONFIG | NJ_OPT_JSON,
     "Its stamp, parameters, events (also hostile ones), state, outputs and what it leaves\n"
     "behind; one line a check, exit code 1 when one fails. NAME=VALUE sets a parameter that has\n"
     "no default.\n",
     "njord plugin check ./my_first.so", nj_verb_plugin_check, NULL},
    {"list", "every plugin that is there", "", 0, 0, NJ_OPT_CONFIG | NJ_OPT_PLUGINS | NJ_OPT_JSON,
     "A file that is no plugin is shown with the reason.\n", "njord plugin list",
     nj_verb_plugin_list, NULL},
    {"info", "parameters, callbacks and help of one plugin", "NAME|FILE.so", 1, 1,
     NJ_OPT_CONFIG | NJ_OPT_PLUGINS | NJ_OPT_JSON, "", "njord plugin info ma_cross",
     nj_verb_plugin_info, NULL},
    {0}};
