#include "runtime/elf_stamp.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define NATIVE_MACHINE EM_AARCH64
#elif defined(__riscv)
#define NATIVE_MACHINE EM_RISCV
#else
#error "which ELF machine is this?"
#endif

#define MAX_SYMBOLS 1000000u

struct view {
    const unsigned char *data;
    size_t len;
};

/* Copies `size` bytes at `offset`; false when they are not all there. The file's own alignment is
 * not trusted. */
static bool get(struct view v, uint64_t offset, void *out, size_t size)
{
    if (offset > v.len || size > v.len - offset)
        return false;
    memcpy(out, v.data + offset, size);
    return true;
}

static bool inside(struct view v, uint64_t offset, uint64_t size)
{
    return offset <= v.len && size <= v.len - offset;
}

static int header(struct view v, Elf64_Ehdr *eh, struct nj_error *err)
{
    if (v.len == 0)
        return nj_error_set(err, NJ_ERR_INPUT, "is empty");
    if (v.len < SELFMAG || memcmp(v.data, ELFMAG, SELFMAG) != 0)
        return nj_error_set(err, NJ_ERR_INPUT, "is no shared object (no ELF header)");
    if (!get(v, 0, eh, sizeof *eh))
        return nj_error_set(err, NJ_ERR_INPUT, "is cut short: %zu bytes end inside the ELF header",
                            v.len);
    if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB ||
        eh->e_machine != NATIVE_MACHINE)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "is built for another machine (ELF machine %u, expected %u)",
                            eh->e_machine, NATIVE_MACHINE);
    if (eh->e_type != ET_DYN)
        return nj_error_set(err, NJ_ERR_INPUT, "is no shared object (ELF type %u, expected %u)",
                            eh->e_type, ET_DYN);
    if (eh->e_phentsize != sizeof(Elf64_Phdr) || eh->e_shentsize != sizeof(Elf64_Shdr) ||
        eh->e_shnum == 0)
        return nj_error_set(err, NJ_ERR_INPUT, "has ELF tables of an unknown shape");
    if (!inside(v, eh->e_phoff, (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr)) ||
        !inside(v, eh->e_shoff, (uint64_t)eh->e_shnum * sizeof(Elf64_Shdr)))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "is cut short: its ELF tables lie past its %zu bytes", v.len);
    return 0;
}

/* Every part that would be mapped or read must be in the file: a file that was cut, or is still
 * being written, is refused here and not by a SIGBUS inside dlopen. */
static int whole(struct view v, const Elf64_Ehdr *eh, struct nj_error *err)
{
    for (uint32_t i = 0; i < eh->e_phnum; i++) {
        Elf64_Phdr ph;
        if (!get(v, eh->e_phoff + (uint64_t)i * sizeof ph, &ph, sizeof ph) ||
            !inside(v, ph.p_offset, ph.p_filesz))
            return nj_error_set(err, NJ_ERR_INPUT,
                                "is cut short: segment %u lies past its %zu bytes", i, v.len);
    }
    for (uint32_t i = 0; i < eh->e_shnum; i++) {
        Elf64_Shdr sh;
        if (!get(v, eh->e_shoff + (uint64_t)i * sizeof sh, &sh, sizeof sh) ||
            (sh.sh_type != SHT_NOBITS && sh.sh_type != SHT_NULL &&
             !inside(v, sh.sh_offset, sh.sh_size)))
            return nj_error_set(err, NJ_ERR_INPUT,
                                "is cut short: section %u lies past its %zu bytes", i, v.len);
    }
    return 0;
}

static bool find_dynsym(struct view v, const Elf64_Ehdr *eh, Elf64_Shdr *symbols, Elf64_Shdr *names)
{
    for (uint32_t i = 0; i < eh->e_shnum; i++) {
        if (!get(v, eh->e_shoff + (uint64_t)i * sizeof *symbols, symbols, sizeof *symbols))
            return false;
        if (symbols->sh_type != SHT_DYNSYM)
            continue;
        return symbols->sh_entsize == sizeof(Elf64_Sym) && symbols->sh_link < eh->e_shnum &&
               get(v, eh->e_shoff + (uint64_t)symbols->sh_link * sizeof *names, names,
                   sizeof *names) &&
               names->sh_type == SHT_STRTAB;
    }
    return false;
}

static bool name_is(struct view v, const Elf64_Shdr *names, uint32_t at, const char *text)
{
    size_t len = strlen(text) + 1;
    return at < names->sh_size && len <= names->sh_size - at &&
           inside(v, names->sh_offset + at, len) &&
           memcmp(v.data + names->sh_offset + at, text, len) == 0;
}

static bool file_offset(struct view v, const Elf64_Ehdr *eh, uint64_t address, uint64_t size,
                        uint64_t *out)
{
    for (uint32_t i = 0; i < eh->e_phnum; i++) {
        Elf64_Phdr ph;
        if (!get(v, eh->e_phoff + (uint64_t)i * sizeof ph, &ph, sizeof ph))
            return false;
        if (ph.p_type != PT_LOAD || address < ph.p_vaddr)
            continue;
        uint64_t at = address - ph.p_vaddr;
        if (at > ph.p_filesz || size > ph.p_filesz - at)
            continue;
        *out = ph.p_offset + at;
        return true;
    }
    return false;
}

/* The table of dynamic symbols of a whole file, its names, and how many they are. */
static int dynsym(struct view v, Elf64_Ehdr *eh, Elf64_Shdr *symbols, Elf64_Shdr *names,
                  uint64_t *n, struct nj_error *err)
{
    int rc = header(v, eh, err);
    if (rc == 0)
        rc = whole(v, eh, err);
    if (rc != 0)
        return rc;
    if (!find_dynsym(v, eh, symbols, names))
        return nj_error_set(err, NJ_ERR_INPUT, "is no plugin: it has no table of dynamic symbols");
    *n = symbols->sh_size / sizeof(Elf64_Sym);
    return 0;
}

int nj_elf_stamp(const void *data, size_t len, njord_stamp *out, struct nj_error *err)
{
    struct view v = {data, len};
    Elf64_Ehdr eh;
    Elf64_Shdr symbols, names;
    uint64_t n;
    int rc = dynsym(v, &eh, &symbols, &names, &n, err);
    if (rc != 0)
        return rc;
    if (n > MAX_SYMBOLS)
        return nj_error_set(err, NJ_ERR_INPUT, "has %llu dynamic symbols, expected at most %u",
                            (unsigned long long)n, MAX_SYMBOLS);
    for (uint64_t i = 0; i < n; i++) {
        Elf64_Sym sym;
        uint64_t at;
        if (!get(v, symbols.sh_offset + i * sizeof sym, &sym, sizeof sym))
            break;
        if (sym.st_shndx == SHN_UNDEF || !name_is(v, &names, sym.st_name, "njord_entry"))
            continue;
        if (ELF64_ST_TYPE(sym.st_info) != STT_OBJECT || sym.st_size < sizeof *out ||
            !file_offset(v, &eh, sym.st_value, sizeof *out, &at) || !get(v, at, out, sizeof *out))
            return nj_error_set(
                err, NJ_ERR_INPUT,
                "is no plugin: its symbol 'njord_entry' is no constant of %zu bytes or more",
                sizeof *out);
        return 0;
    }
    return nj_error_set(err, NJ_ERR_INPUT, "is no plugin: it exports no symbol 'njord_entry'");
}

/* Text at `at` of a table of names, cut at cap; "" when it is not inside. */
static void name_at(struct view v, const Elf64_Shdr *names, uint32_t at, char *out, size_t cap)
{
    size_t n = 0;
    for (; n + 1 < cap && at + n < names->sh_size && inside(v, names->sh_offset + at + n, 1); n++) {
        char c = (char)v.data[names->sh_offset + at + n];
        if (c == '\0')
            break;
        out[n] = c < ' ' || c > '~' ? '?' : c;
    }
    out[n] = '\0';
}

/* Names that linkers and sanitizers add by themselves. */
static bool is_toolchains(const char *name)
{
    static const char *const names[] = {"_init", "_fini", "_end", "_edata", "__bss_start"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strncmp(name, "__odr_asan", 10) == 0;
}

int nj_elf_foreign_export(const void *data, size_t len, char *out, size_t cap, struct nj_error *err)
{
    struct view v = {data, len};
    Elf64_Ehdr eh;
    Elf64_Shdr symbols, names;
    uint64_t n;
    out[0] = '\0';
    int rc = dynsym(v, &eh, &symbols, &names, &n, err);
    if (rc != 0)
        return rc;
    for (uint64_t i = 1; i < n && i < MAX_SYMBOLS && out[0] == '\0'; i++) {
        Elf64_Sym sym;
        if (!get(v, symbols.sh_offset + i * sizeof sym, &sym, sizeof sym))
            break;
        unsigned bind = ELF64_ST_BIND(sym.st_info), seen = ELF64_ST_VISIBILITY(sym.st_other);
        if (sym.st_shndx == SHN_UNDEF || bind == STB_LOCAL || seen == STV_HIDDEN ||
            seen == STV_INTERNAL || name_is(v, &names, sym.st_name, "njord_entry"))
            continue;
        name_at(v, &names, sym.st_name, out, cap);
        if (is_toolchains(out))
            out[0] = '\0';
    }
    return 0;
}

int nj_stamp_check(const njord_stamp *s, struct nj_error *err)
{
    if (s->magic != NJORD_ABI_MAGIC)
        return nj_error_set(err, NJ_ERR_REFUSED, "is no plugin: magic 0x%08x, expected 0x%08x",
                            s->magic, NJORD_ABI_MAGIC);
    if (s->abi_major != NJORD_ABI_MAJOR)
        return nj_error_set(
            err, NJ_ERR_REFUSED,
            "is built for plugin ABI %u.%u, expected major %u; build it against this SDK",
            s->abi_major, s->abi_minor, NJORD_ABI_MAJOR);
    if (s->pointer_bits != 8 * sizeof(void *))
        return nj_error_set(err, NJ_ERR_REFUSED, "has pointers of %u bits, expected %zu",
                            s->pointer_bits, 8 * sizeof(void *));
    if (s->entry_size < sizeof(njord_plugin_entry))
        return nj_error_set(err, NJ_ERR_REFUSED, "has an entry of %u bytes, expected %zu or more",
                            s->entry_size, sizeof(njord_plugin_entry));
    if (s->event_head != sizeof(njord_event))
        return nj_error_set(err, NJ_ERR_REFUSED, "has an event head of %u bytes, expected %zu",
                            s->event_head, sizeof(njord_event));
    return 0;
}
