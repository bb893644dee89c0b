/* loader.h - what the files of host/config share while one configuration is being read.
 *
 * A loader lives during nj_config_load() alone. Problems are gathered with their place and told at
 * the end, in the order in which they stand in the files. */
#ifndef NJ_CONFIG_LOADER_H
#define NJ_CONFIG_LOADER_H

#include "base/arena.h"
#include "base/yaml.h"
#include "config/config.h"
#include "config/schema.h"

/* One file of the folder. */
struct nj_config_file {
    const char *name;     /* "base.yaml": which sections it holds */
    const char *shown;    /* as errors name it; lives as long as the configuration */
    struct nj_yaml *yaml; /* NULL: not there, or broken */
    bool broken;          /* could not be read as a whole: what it says is not known */
};

enum { NJ_FILE_BASE, NJ_FILE_STRATEGIES, NJ_FILES };

struct nj_problem;

struct nj_loader {
    struct nj_config *config;
    struct nj_arena *arena; /* of the configuration */
    struct nj_config_file files[NJ_FILES];
    const struct nj_config_file *file; /* the one that is being read */
    bool in_default;                   /* a default is: it stands on no line */
    struct nj_problem *problems;
    size_t n_problems, cap_problems;
    uint32_t more_errors, more_warnings; /* counted, no longer kept */
    bool no_memory;
};

/* Gathers a problem. `node` (may be NULL: the file as a whole) gives the place. */
void nj_loader_problem(struct nj_loader *loader, const struct nj_yaml_node *node, const char *fmt,
                       ...) __attribute__((format(printf, 3, 4)));
void nj_loader_warning(struct nj_loader *loader, const struct nj_yaml_node *node, const char *fmt,
                       ...) __attribute__((format(printf, 3, 4)));
/* Likewise at a place. */
void nj_loader_problem_at(struct nj_loader *loader, bool warning, struct nj_place place,
                          const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Puts all of them, in order, into the report. */
void nj_loader_tell(struct nj_loader *loader, struct nj_config_report *report);

/* Where a value of the current file stands. */
struct nj_place nj_loader_place(const struct nj_loader *loader, const struct nj_yaml_node *node);

/* Puts the sections of the current file into the configuration; a section that is not there gets
 * its defaults. */
void nj_loader_sections(struct nj_loader *loader);
/* Puts one value, which stands nowhere but on the command line, over what a section holds. */
void nj_loader_override(struct nj_loader *loader, const char *section, const char *key,
                        const struct nj_yaml_node *node);

/* What no key can see alone: ids used twice, a venue without broker, … */
void nj_loader_check(struct nj_loader *loader);

/* Loads from memory: what nj_config_load() does without a folder. Texts may be NULL (no such file);
 * errors name the files base.yaml and strategies.yaml. For tests and the fuzzer. */
int nj_config_load_bytes(struct nj_config **out, const char *base, size_t base_len,
                         const char *strategies, size_t strategies_len,
                         const struct nj_config_overrides *overrides,
                         struct nj_config_report *report);

/* Problems of a report that are told; the rest is counted. */
#define NJ_CONFIG_MAX_PROBLEMS 100u

#endif
