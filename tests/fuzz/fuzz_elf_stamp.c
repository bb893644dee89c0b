/* fuzz_elf_stamp.c - arbitrary bytes as a plugin's file: the reader of stamps takes them or says
 * why in one line, and reads nothing past their end (they are copied to where the sanitizer sees
 * it). */
#include "runtime/elf_stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    size_t len = strlen(text);
    int odd = len == 0;
    for (size_t i = 0; i < len; i++)
        odd |= text[i] < ' ' || text[i] > '~';
    if (odd) {
        fprintf(stderr, "fuzz_elf_stamp: no line for people: '%s'\n", text);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nj_error err = {0};
    njord_stamp stamp;
    char name[64];
    void *copy = malloc(size ? size : 1);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    if (nj_elf_stamp(copy, size, &stamp, &err) != 0)
        check_text(err.text);
    else if (nj_stamp_check(&stamp, &err) != 0)
        check_text(err.text);
    if (nj_elf_foreign_export(copy, size, name, sizeof name, &err) != 0)
        check_text(err.text);
    else if (name[0] != '\0')
        check_text(name);
    free(copy);
    return 0;
}
