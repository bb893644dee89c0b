/* Problems of a configuration: gathered while loading, told in order, never without bound. */
#include "config/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line for each; past NJ_CONFIG_MAX_PROBLEMS only counted, so that a file of garbage does not
 * fill a terminal. */
static void add_line(struct nj_config_report *report, bool warning, struct nj_place place,
                     const char *text)
{
    struct nj_buf *out = warning ? &report->warnings : &report->errors;
    uint32_t n = warning ? ++report->n_warnings : ++report->n_errors;
    if (n == NJ_CONFIG_MAX_PROBLEMS + 1)
        nj_buf_puts(out, "more problems follow; correct these first\n");
    if (n > NJ_CONFIG_MAX_PROBLEMS)
        return;
    size_t from = out->len;
    if (place.file)
        nj_buf_printf(out, "%s:", place.file);
    if (place.file && place.line > 0)
        nj_buf_printf(out, "%u:%u:", place.line, place.column);
    nj_buf_printf(out, "%s%s", place.file ? " " : "", text);
    for (size_t i = from; i < out->len; i++) /* one line, whatever the subject held */
        if ((unsigned char)out->data[i] < ' ' || out->data[i] == 0x7f)
            out->data[i] = '?';
    nj_buf_putc(out, '\n');
}

void nj_config_problem(struct nj_config_report *report, bool warning, struct nj_place place,
                       const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    add_line(report, warning, place, text);
}

void nj_config_report_free(struct nj_config_report *report)
{
    nj_buf_free(&report->errors);
    nj_buf_free(&report->warnings);
    *report = (struct nj_config_report){0};
}

/* ---- while loading --------------------------------------------------------------------------- */

/* Problems that are kept until they are told; past them they are only counted. */
#define KEPT 1000u

struct nj_problem {
    struct nj_place place;
    size_t number; /* in the order found: the sort keeps it within a place */
    bool warning;
    char text[1024];
};

struct nj_place nj_loader_place(const struct nj_loader *loader, const struct nj_yaml_node *node)
{
    struct nj_place place = {loader->file ? loader->file->shown : NULL, 0, 0};
    if (node && !loader->in_default) {
        place.line = node->line;
        place.column = node->column;
    }
    return place;
}

static void gather(struct nj_loader *loader, bool warning, struct nj_place place, const char *fmt,
                   va_list args)
{
    if (loader->n_problems == KEPT) {
        if (warning)
            loader->more_warnings++;
        else
            loader->more_errors++;
        return;
    }
    if (loader->n_problems == loader->cap_problems) {
        size_t cap = loader->cap_problems ? 2 * loader->cap_problems : 8;
        struct nj_problem *more = realloc(loader->problems, cap * sizeof *more);
        if (!more) {
            loader->no_memory = true;
            return;
        }
        loader->problems = more;
        loader->cap_problems = cap;
    }
    struct nj_problem *p = &loader->problems[loader->n_problems];
    p->place = place;
    p->number = loader->n_problems++;
    p->warning = warning;
    vsnprintf(p->text, sizeof p->text, fmt, args);
}

void nj_loader_problem(struct nj_loader *loader, const struct nj_yaml_node *node, const char *fmt,
                       ...)
{
    va_list args;
    va_start(args, fmt);
    gather(loader, false, nj_loader_place(loader, node), fmt, args);
    va_end(args);
}

void nj_loader_warning(struct nj_loader *loader, const struct nj_yaml_node *node, const char *fmt,
                       ...)
{
    va_list args;
    va_start(args, fmt);
    gather(loader, true, nj_loader_place(loader, node), fmt, args);
    va_end(args);
}

void nj_loader_problem_at(struct nj_loader *loader, bool warning, struct nj_place place,
                          const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    gather(loader, warning, place, fmt, args);
    va_end(args);
}

static int by_place(const void *left, const void *right)
{
    const struct nj_problem *a = left, *b = right;
    int files = strcmp(a->place.file ? a->place.file : "", b->place.file ? b->place.file : "");
    if (files != 0)
        return files;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

void nj_loader_tell(struct nj_loader *loader, struct nj_config_report *report)
{
    if (loader->n_problems > 0)
        qsort(loader->problems, loader->n_problems, sizeof *loader->problems, by_place);
    for (size_t i = 0; i < loader->n_problems; i++)
        add_line(report, loader->problems[i].warning, loader->problems[i].place,
                 loader->problems[i].text);
    report->n_errors += loader->more_errors;
    report->n_warnings += loader->more_warnings;
    if (loader->no_memory || report->errors.failed || report->warnings.failed) {
        report->errors.failed = false;
        add_line(report, false, (struct nj_place){0}, "configuration: out of memory");
    }
    free(loader->problems);
    loader->problems = NULL;
    loader->n_problems = loader->cap_problems = 0;
}
