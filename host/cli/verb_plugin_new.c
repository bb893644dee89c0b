/* verb_plugin_new.c - njord plugin new: copies the templates of a kind and fills in the name. */
#include "cli/cli.h"

#include "base/fs.h"
#include "base/platform.h"
#include "runtime/module.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef NJORD_DATADIR
#define NJORD_DATADIR "/usr/local/share/njord"
#endif

#define MAX_FILE  ((size_t)1 << 20)
#define MAX_DEPTH 4

/* Words that are no names of a C struct. */
static bool is_keyword(const char *name)
{
    static const char *const words[] = {
        "auto",     "break",  "case",   "char",     "const",    "continue", "default",  "do",
        "double",   "else",   "enum",   "extern",   "float",    "for",      "goto",     "if",
        "inline",   "int",    "long",   "register", "restrict", "return",   "short",    "signed",
        "sizeof",   "static", "struct", "switch",   "typedef",  "union",    "unsigned", "void",
        "volatile", "while",  "class",  "new",      "delete",   "this",     "template", "main"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return false;
}

static bool name_ok(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n >= NJORD_ID_SIZE || !islower((unsigned char)name[0]) || is_keyword(name))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) && name[i] != '_')
            return false;
    return true;
}

/* `text` with the plugin's name for every `mark`. */
static bool fill_in(struct nj_buf *out, const char *text, size_t len, const char *mark,
                    const char *name)
{
    size_t n = strlen(mark);
    for (const char *at = text, *end = text + len; at < end;) {
        const char *found = memmem(at, (size_t)(end - at), mark, n);
        nj_buf_add(out, at, (size_t)((found ? found : end) - at));
        if (found)
            nj_buf_puts(out, name);
        at = found ? found + n : end;
    }
    return !out->failed;
}

static int copy_file(const char *from, const char *to, mode_t mode, const char *name,
                     struct nj_error *err)
{
    struct nj_buf text = {0}, filled = {0};
    int rc = nj_read_file(from, MAX_FILE, &text, err);
    if (rc == 0 && text.len > 0 && !fill_in(&filled, text.data, text.len, "@NAME@", name))
        rc = nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    if (rc == 0)
        rc = nj_replace_file(nj_platform_system(), to, filled.data ? filled.data : "", filled.len,
                             mode & 0777 ? 0644 | (mode & 0111) : 0644, err);
    nj_buf_free(&text);
    nj_buf_free(&filled);
    return rc;
}

static int copy_folder(const char *from, const char *to, const char *name, int depth,
                       struct nj_error *err);

static int copy_entry(const char *from, const char *to, const char *entry, const char *name,
                      int depth, struct nj_error *err)
{
    char source[NJ_PATH_MAX], target[NJ_PATH_MAX];
    struct nj_buf renamed = {0};
    struct stat st;
    int rc = fill_in(&renamed, entry, strlen(entry), "NAME", name)
                 ? nj_path_join(source, sizeof source, from, entry, err)
                 : nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    if (rc == 0)
        rc = nj_path_join(target, sizeof target, to, renamed.data, err);
    nj_buf_free(&renamed);
    if (rc != 0)
        return rc;
    size_t len = strlen(target);
    if (len > 5 && strcmp(target + len - 5, ".tmpl") == 0)
        target[len - 5] = '\0';
    if (stat(source, &st) != 0)
        return nj_error_errno(err, errno, "template '%s'", source);
    return S_ISDIR(st.st_mode) ? copy_folder(source, target, name, depth + 1, err)
                               : copy_file(source, target, st.st_mode, name, err);
}

static int copy_folder(const char *from, const char *to, const char *name, int depth,
                       struct nj_error *err)
{
    if (depth > MAX_DEPTH)
        return nj_error_set(err, NJ_ERR_LIMIT, "template '%s': too many folders in one another",
                            from);
    DIR *dir = opendir(from);
    if (!dir)
        return nj_error_errno(err, errno, "templates '%s'; name their folder with --templates",
                              from);
    int rc = mkdir(to, 0755) == 0 ? 0 : nj_error_errno(err, errno, "folder '%s'", to);
    for (struct dirent *e; rc == 0 && (e = readdir(dir));)
        if (e->d_name[0] != '.' || strcmp(e->d_name, ".gitignore") == 0)
            rc = copy_entry(from, to, e->d_name, name, depth, err);
    closedir(dir);
    return rc;
}

static void next_steps(const char *kind, const char *name, const char *to)
{
    printf("made %s, a %s plugin. What to do next:\n\n"
           "  cd %s\n"
           "  make            # builds %s.so\n"
           "  make test       # its unit test, against a mock host\n"
           "  make check      # njord plugin check: tries it in a process of its own\n"
           "  make install    # to where the installed host looks\n",
           to, kind, to, name);
}

int nj_verb_plugin_new(struct nj_cli *cli)
{
    const char *kind = cli->args[0], *name = cli->args[1];
    const char *templates = cli->templates ? cli->templates : getenv("NJORD_TEMPLATES");
    char from[NJ_PATH_MAX], to[NJ_PATH_MAX];
    struct nj_error err = {0};
    struct stat st;
    if (nj_kind_of(kind) == 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "kind '%.64s': expected strategy, feed, broker or allocator", kind);
    if (!name_ok(name))
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "name '%.64s': expected [a-z][a-z0-9_]*, at most %u characters, no "
                            "word of C",
                            name, NJORD_ID_SIZE - 1);
    if (!templates || !templates[0])
        templates = NJORD_DATADIR "/templates";
    if (nj_path_join(from, sizeof from, templates, kind, &err) != 0 ||
        nj_path_join(to, sizeof to, cli->dir ? cli->dir : ".", name, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    const char *shown = cli->dir ? to : name;
    if (lstat(to, &st) == 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED,
                            "'%s' is there already: choose another name, or remove it", shown);
    if (cli->dir && nj_mkdirs(cli->dir, 0755, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    if (access(from, R_OK | X_OK) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED,
                            "no templates in '%s' (%s): name their folder with --templates", from,
                            strerror(errno));
    if (copy_folder(from, to, name, 0, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    next_steps(kind, name, shown);
    return NJ_EXIT_DONE;
}
