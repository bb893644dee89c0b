#include "backtest/space.h"

#include "backtest/where.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHERES 32u
#define DIGITS 15 /* of a number in a range */

/* A text, or a run of decimals: first + i * step, all times 10^-scale. */
struct part {
    char *text;
    int64_t first, step;
    int scale;
    uint64_t n, before; /* values of it, and of the parts before */
};

struct axis {
    char name[NJ_SPACE_NAME];
    struct part *parts;
    size_t n_parts;
    uint64_t n;
    double *numbers; /* of its values; NULL: no constraint asks for them */
};

struct nj_space {
    struct axis axes[NJ_SPACE_AXES];
    uint32_t n_axes;
    struct nj_where wheres[WHERES];
    size_t n_wheres;
    uint64_t grid, n_sets;
    uint64_t *sets; /* places in the grid, rising; NULL: all of it */
};

struct nj_space *nj_space_new(void)
{
    return calloc(1, sizeof(struct nj_space));
}

void nj_space_free(struct nj_space *space)
{
    if (!space)
        return;
    for (uint32_t i = 0; i < space->n_axes; i++) {
        for (size_t k = 0; k < space->axes[i].n_parts; k++)
            free(space->axes[i].parts[k].text);
        free(space->axes[i].parts);
        free(space->axes[i].numbers);
    }
    free(space->sets);
    free(space);
}

/* ---- values ---- */

struct decimal {
    int64_t v;
    int scale;
};

/* "-0.05" as -5 and 2; false: no plain decimal. */
static bool decimal_of(const char *text, size_t len, struct decimal *out)
{
    const char *at = text, *end = text + len;
    bool minus = at < end && *at == '-', point = false, digit = false;
    int digits = 0;
    *out = (struct decimal){0};
    at += at < end && (*at == '-' || *at == '+');
    for (; at < end; at++) {
        if (*at == '.' && !point) {
            point = true;
            continue;
        }
        if (!isdigit((unsigned char)*at))
            return false;
        digits += digits > 0 || *at != '0';
        if (digits > DIGITS || out->scale >= DIGITS)
            return false;
        digit = true;
        out->v = out->v * 10 + (*at - '0');
        out->scale += point;
    }
    out->v = minus ? -out->v : out->v;
    return digit;
}

static bool rescale(struct decimal *d, int scale)
{
    for (; d->scale < scale; d->scale++)
        if (__builtin_mul_overflow(d->v, 10, &d->v))
            return false;
    return true;
}

static void decimal_text(int64_t v, int scale, char out[NJ_SPACE_TEXT])
{
    uint64_t whole = v < 0 ? 0 - (uint64_t)v : (uint64_t)v, unit = 1;
    for (; scale > 0 && whole % 10 == 0; scale--)
        whole /= 10;
    for (int i = 0; i < scale; i++)
        unit *= 10;
    if (scale > 0)
        snprintf(out, NJ_SPACE_TEXT, "%s%llu.%0*llu", v < 0 ? "-" : "",
                 (unsigned long long)(whole / unit), scale & 31,
                 (unsigned long long)(whole % unit));
    else
        snprintf(out, NJ_SPACE_TEXT, "%s%llu", v < 0 ? "-" : "", (unsigned long long)whole);
}

static int range_of(const char *name, const char *item, size_t len, const char *dots,
                    struct part *out, struct nj_error *err)
{
    const char *from_end = dots, *to = dots + 2, *end = item + len;
    const char *colon = memchr(to, ':', (size_t)(end - to));
    struct decimal a, b, step = {1, 0};
    if (!decimal_of(item, (size_t)(from_end - item), &a) ||
        !decimal_of(to, (size_t)((colon ? colon : end) - to), &b) ||
        (colon && !decimal_of(colon + 1, (size_t)(end - colon - 1), &step)))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "parameter '%s': '%.*s': expected FROM..TO:STEP in plain decimals of "
                            "at most %d digits, as 0.01..0.05:0.01",
                            name, (int)(len < 80 ? len : 80), item, DIGITS);
    if (!colon && (a.scale || b.scale))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "parameter '%s': '%.*s': expected a step, as 0.01..0.05:0.01", name,
                            (int)(len < 80 ? len : 80), item);
    int scale = a.scale > b.scale ? a.scale : b.scale;
    scale = scale > step.scale ? scale : step.scale;
    int64_t span;
    if (!rescale(&a, scale) || !rescale(&b, scale) || !rescale(&step, scale) ||
        __builtin_sub_overflow(b.v, a.v, &span))
        return nj_error_set(err, NJ_ERR_LIMIT, "parameter '%s': '%.*s': too many digits", name,
                            (int)(len < 80 ? len : 80), item);
    if (step.v == 0 || (span > 0 && step.v < 0) || (span < 0 && step.v > 0))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "parameter '%s': '%.*s': its step does not lead from %.*s to its end",
                            name, (int)(len < 80 ? len : 80), item, (int)(from_end - item), item);
    *out = (struct part){
        .first = a.v, .step = step.v, .scale = scale, .n = (uint64_t)(span / step.v) + 1};
    return 0;
}

static int add_item(struct axis *axis, const char *item, size_t len, struct nj_error *err)
{
    struct part part = {.n = 1, .before = axis->n};
    while (len > 0 && *item == ' ')
        item++, len--;
    while (len > 0 && item[len - 1] == ' ')
        len--;
    if (len == 0)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "parameter '%s': a value is missing: expected values with commas, as "
                            "10,20,30",
                            axis->name);
    if (len >= NJ_SPACE_TEXT)
        return nj_error_set(err, NJ_ERR_LIMIT, "parameter '%s': a value is longer than %u bytes",
                            axis->name, NJ_SPACE_TEXT - 1);
    const char *dots = memmem(item, len, "..", 2);
    bool number = isdigit((unsigned char)*item) || *item == '-' || *item == '+' || *item == '.';
    if (dots && dots > item && number) {
        int rc = range_of(axis->name, item, len, dots, &part, err);
        if (rc != 0)
            return rc;
        part.before = axis->n;
    } else if (!(part.text = strndup(item, len))) {
        return nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    }
    struct part *more = part.n > NJ_SPACE_VALUES - axis->n
                            ? NULL
                            : realloc(axis->parts, (axis->n_parts + 1) * sizeof *more);
    if (!more) {
        free(part.text);
        return nj_error_set(err, NJ_ERR_LIMIT, "parameter '%s': more than %u values", axis->name,
                            NJ_SPACE_VALUES);
    }
    axis->parts = more;
    more[axis->n_parts++] = part;
    axis->n += part.n;
    return 0;
}

static void axis_text(const struct axis *axis, uint64_t i, char out[NJ_SPACE_TEXT])
{
    size_t low = 0, high = axis->n_parts;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (axis->parts[middle].before <= i)
            low = middle;
        else
            high = middle;
    }
    const struct part *p = &axis->parts[low];
    if (p->text)
        snprintf(out, NJ_SPACE_TEXT, "%s", p->text);
    else
        decimal_text(p->first + (int64_t)(i - p->before) * p->step, p->scale, out);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* No value twice. A single range has none; else all texts are looked at. */
static int check_twice(const struct axis *axis, struct nj_error *err)
{
    if (axis->n_parts < 2)
        return 0;
    char **texts = calloc(axis->n, sizeof *texts), *all = malloc(axis->n * NJ_SPACE_TEXT);
    int rc = texts && all ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    for (uint64_t i = 0; rc == 0 && i < axis->n; i++) {
        texts[i] = all + i * NJ_SPACE_TEXT;
        axis_text(axis, i, texts[i]);
    }
    if (rc == 0)
        qsort(texts, axis->n, sizeof *texts, by_text);
    for (uint64_t i = 1; rc == 0 && i < axis->n; i++)
        if (strcmp(texts[i], texts[i - 1]) == 0)
            rc = nj_error_set(err, NJ_ERR_INPUT, "parameter '%s': value '%s' stands twice",
                              axis->name, texts[i]);
    free(texts);
    free(all);
    return rc;
}

int nj_space_axis(struct nj_space *space, const char *text, struct nj_error *err)
{
    const char *equal = strchr(text, '=');
    size_t len = equal ? (size_t)(equal - text) : 0;
    if (len == 0 || len >= NJ_SPACE_NAME)
        return nj_error_set(err, NJ_ERR_INPUT, "parameter '%.80s': expected NAME=VALUES", text);
    if (space->n_axes == NJ_SPACE_AXES)
        return nj_error_set(err, NJ_ERR_LIMIT, "more than %u parameters", NJ_SPACE_AXES);
    struct axis *axis = &space->axes[space->n_axes];
    memcpy(axis->name, text, len);
    axis->name[len] = '\0';
    for (uint32_t i = 0; i < space->n_axes; i++)
        if (strcmp(space->axes[i].name, axis->name) == 0)
            return nj_error_set(err, NJ_ERR_INPUT,
                                "parameter '%s' stands twice: expected all its values in one",
                                axis->name);
    space->n_axes++;
    int rc = 0;
    for (const char *at = equal + 1; rc == 0;) {
        const char *comma = strchr(at, ',');
        rc = add_item(axis, at, comma ? (size_t)(comma - at) : strlen(at), err);
        if (!comma)
            break;
        at = comma + 1;
    }
    return rc == 0 ? check_twice(axis, err) : rc;
}

/* ---- constraints ---- */

static int make_numbers(struct axis *axis, struct nj_error *err)
{
    char text[NJ_SPACE_TEXT], *end;
    if (axis->numbers)
        return 0;
    axis->numbers = malloc(axis->n * sizeof *axis->numbers);
    if (!axis->numbers)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    for (uint64_t i = 0; i < axis->n; i++) {
        axis_text(axis, i, text);
        axis->numbers[i] = strtod(text, &end);
        if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
            axis->numbers[i] = text[0] == 't';
        else if (end == text || *end)
            return nj_error_set(err, NJ_ERR_INPUT, "value '%s' of '%s' is no number", text,
                                axis->name);
    }
    return 0;
}

static int place_of(void *ctx, const char *name, struct nj_error *err)
{
    struct nj_space *space = ctx;
    for (uint32_t i = 0; i < space->n_axes; i++)
        if (strcmp(space->axes[i].name, name) == 0)
            return make_numbers(&space->axes[i], err) == 0 ? (int)i : -1;
    nj_error_set(err, NJ_ERR_INPUT, "no --param '%s': one of a single value will do", name);
    return -1;
}

int nj_space_where(struct nj_space *space, const char *text, struct nj_error *err)
{
    if (space->n_wheres == WHERES)
        return nj_error_set(err, NJ_ERR_LIMIT, "more than %u constraints", WHERES);
    int rc = nj_where_parse(&space->wheres[space->n_wheres], text, place_of, space, err);
    space->n_wheres += rc == 0;
    return rc;
}

/* ---- sets ---- */

/* The next number of a seed (S. Vigna's splitmix64). */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t nj_space_below(uint64_t *state, uint64_t n)
{
    uint64_t v, odd = UINT64_MAX - (UINT64_MAX % n + 1) % n; /* the last that keeps all as likely */
    do
        v = draw(state);
    while (v > odd);
    return v % n;
}

static void places_of(const struct nj_space *space, uint64_t at, uint64_t *out)
{
    for (uint32_t i = space->n_axes; i-- > 0; at /= space->axes[i].n)
        out[i] = at % space->axes[i].n;
}

static bool holds(const struct nj_space *space, uint64_t at)
{
    uint64_t places[NJ_SPACE_AXES];
    double values[NJ_SPACE_AXES] = {0};
    if (space->n_wheres == 0)
        return true;
    places_of(space, at, places);
    for (uint32_t i = 0; i < space->n_axes; i++)
        if (space->axes[i].numbers)
            values[i] = space->axes[i].numbers[places[i]];
    for (size_t i = 0; i < space->n_wheres; i++)
        if (!nj_where_holds(&space->wheres[i], values))
            return false;
    return true;
}

static int by_place(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int no_memory(struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
}

/* All that the constraints leave, then so many of them. */
static int choose_listed(struct nj_space *space, uint64_t samples, uint64_t seed,
                         struct nj_error *err)
{
    uint64_t n = 0;
    for (uint64_t i = 0; space->n_wheres > 0 && i < space->grid; i++)
        n += holds(space, i);
    n = space->n_wheres > 0 ? n : space->grid;
    space->n_sets = n;
    if (n == space->grid && (samples == 0 || samples >= n))
        return 0;
    space->sets = malloc((n + 1) * sizeof *space->sets);
    if (!space->sets)
        return no_memory(err);
    n = 0;
    for (uint64_t i = 0; i < space->grid; i++)
        if (holds(space, i))
            space->sets[n++] = i;
    if (samples == 0 || samples >= n)
        return 0;
    for (uint64_t i = 0; i < samples; i++) {
        uint64_t k = i + nj_space_below(&seed, n - i), kept = space->sets[i];
        space->sets[i] = space->sets[k];
        space->sets[k] = kept;
    }
    qsort(space->sets, samples, sizeof *space->sets, by_place);
    space->n_sets = samples;
    return 0;
}

/* From a grid that is too large to be walked: drawn until there are enough. */
static int choose_drawn(struct nj_space *space, uint64_t samples, uint64_t seed,
                        struct nj_error *err)
{
    uint64_t room = 16, n = 0, tries = 100 * samples + NJ_SPACE_SETS;
    while (room < 2 * samples)
        room *= 2;
    uint64_t *seen = calloc(room, sizeof *seen); /* place + 1; by hash, the next free */
    space->sets = malloc(samples * sizeof *space->sets);
    if (!seen || !space->sets) {
        free(seen);
        return no_memory(err);
    }
    while (n < samples && tries-- > 0) {
        uint64_t at = nj_space_below(&seed, space->grid), hash = at;
        if (!holds(space, at))
            continue;
        uint64_t k = draw(&hash) & (room - 1);
        while (seen[k] && seen[k] != at + 1)
            k = (k + 1) & (room - 1);
        if (seen[k])
            continue;
        seen[k] = at + 1;
        space->sets[n++] = at;
    }
    free(seen);
    qsort(space->sets, n, sizeof *space->sets, by_place);
    space->n_sets = n;
    return 0;
}

int nj_space_choose(struct nj_space *space, uint64_t samples, uint64_t seed, struct nj_error *err)
{
    space->grid = 1;
    for (uint32_t i = 0; i < space->n_axes; i++)
        if (__builtin_mul_overflow(space->grid, space->axes[i].n, &space->grid) ||
            space->grid > UINT64_MAX / 4)
            return nj_error_set(err, NJ_ERR_LIMIT, "more combinations than can be counted");
    if (samples > NJ_SPACE_SETS || (samples == 0 && space->grid > NJ_SPACE_SETS))
        return nj_error_set(err, NJ_ERR_LIMIT,
                            "%llu sets: at most %u; --samples N draws some of many",
                            (unsigned long long)(samples ? samples : space->grid), NJ_SPACE_SETS);
    int rc = space->grid <= NJ_SPACE_SETS ? choose_listed(space, samples, seed, err)
                                          : choose_drawn(space, samples, seed, err);
    if (rc == 0 && space->n_sets == 0)
        rc = nj_error_set(err, NJ_ERR_NOT_FOUND,
                          "no set is left: --where rules out all %llu combinations",
                          (unsigned long long)space->grid);
    return rc;
}

uint32_t nj_space_axes(const struct nj_space *space)
{
    return space->n_axes;
}

const char *nj_space_name(const struct nj_space *space, uint32_t axis)
{
    return space->axes[axis].name;
}

uint64_t nj_space_values(const struct nj_space *space, uint32_t axis)
{
    return space->axes[axis].n;
}

void nj_space_value(const struct nj_space *space, uint32_t axis, uint64_t i,
                    char out[NJ_SPACE_TEXT])
{
    axis_text(&space->axes[axis], i, out);
}

uint64_t nj_space_grid(const struct nj_space *space)
{
    return space->grid;
}

uint64_t nj_space_sets(const struct nj_space *space)
{
    return space->n_sets;
}

void nj_space_places(const struct nj_space *space, uint64_t set, uint64_t out[NJ_SPACE_AXES])
{
    places_of(space, space->sets ? space->sets[set] : set, out);
}

void nj_space_set(const struct nj_space *space, uint64_t set, struct nj_space_set *out)
{
    uint64_t places[NJ_SPACE_AXES];
    nj_space_places(space, set, places);
    memset(out->params, 0, sizeof out->params);
    for (uint32_t i = 0; i < space->n_axes; i++) {
        axis_text(&space->axes[i], places[i], out->texts[i]);
        out->params[i].name = (char *)space->axes[i].name;
        out->params[i].text = out->texts[i];
    }
}
