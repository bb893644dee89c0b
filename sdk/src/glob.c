/* glob.c - topic globs, matched as Redis' PSUBSCRIBE matches them.
 *
 * Pure [any]. A pattern is a row of elements that take one character each (?, [class], \x, any
 * other character) with stars between them, so going back to the last star alone is enough: the
 * time is bounded by pattern times name. Redis' own corners are kept: an empty name matches the
 * empty pattern only, `[]` matches nothing, `[^]` anything, an unclosed class ends with the
 * pattern, ranges may stand backwards and compare signed bytes. */
#include <njord/contract.h>

/* Matches `c` against the class that starts behind '['; sets *next behind its end. */
static int match_class(const char *p, char c, const char **next)
{
    int negated = *p == '^';
    int hit = 0;
    if (negated)
        p++;
    for (;; p++) {
        if (p[0] == '\\' && p[1] != '\0') {
            p++;
            hit |= *p == c;
        } else if (*p == ']') {
            *next = p + 1;
            break;
        } else if (*p == '\0') {
            *next = p;
            break;
        } else if (p[1] == '-' && p[2] != '\0') {
            signed char low = (signed char)p[0], high = (signed char)p[2];
            if (low > high) {
                signed char swap = low;
                low = high;
                high = swap;
            }
            hit |= (signed char)c >= low && (signed char)c <= high;
            p += 2;
        } else
            hit |= *p == c;
    }
    return negated ? !hit : hit;
}

/* Matches one character against the element at p (no star, no end); sets *next behind the element.
 */
static int match_one(const char *p, char c, const char **next)
{
    switch (*p) {
    case '?':
        *next = p + 1;
        return 1;
    case '[':
        return match_class(p + 1, c, next);
    case '\\':
        if (p[1] != '\0')
            p++;
        break;
    default:
        break;
    }
    *next = p + 1;
    return *p == c;
}

int njord_glob_match(const char *glob, const char *name)
{
    const char *star = NULL;   /* behind the last star */
    const char *resume = NULL; /* where in the name the part behind it was last tried */
    const char *next = glob;
    if (*name == '\0')
        return *glob == '\0';
    while (*name != '\0') {
        if (*glob == '*') {
            star = ++glob;
            resume = name;
        } else if (*glob != '\0' && match_one(glob, *name, &next)) {
            glob = next;
            name++;
        } else if (star != NULL) {
            glob = star;
            name = ++resume;
        } else
            return 0;
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}
