/* temp_folder.h - a folder for each test of a file, and files in it by name. Owned by the tests. */
#ifndef TESTS_UNIT_TEMP_FOLDER_H
#define TESTS_UNIT_TEMP_FOLDER_H

#include "../support/folder.h"

#include <stdio.h>
#include <string.h>

static char temp_folder[256];

/* The path of a name in the folder; valid until the fourth call from here. */
static inline const char *temp_path(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", temp_folder, name);
    return path;
}

static inline void temp_write(const char *name, const char *text)
{
    folder_write(temp_folder, name, text, strlen(text));
}

static inline void temp_folder_remove(void)
{
    folder_remove(temp_folder);
}

#endif
