#include "backtest/walk_folds.h"

#include "base/buf.h"
#include "config/config.h"
#include "config/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the option ---- */

/* "90d", "6w", "1500ms"; above 0. */
static bool duration(const char *text, int64_t *out)
{
    char copy[32];
    size_t len = strlen(text);
    if (len < 2 || len >= sizeof copy)
        return false;
    memcpy(copy, text, len + 1);
    int64_t unit = 1;
    if (copy[len - 1] == 'w') {
        copy[len - 1] = 'd';
        unit = 7;
    }
    return nj_parse_duration(copy, out) && !__builtin_mul_overflow(*out, unit, out) && *out > 0 &&
           *out <= NJ_WALK_LONGEST;
}

static int take(const char *part, struct nj_walk_spec *out, struct nj_error *err)
{
    static const char *const names[] = {"train", "test", "step"};
    int64_t *const places[] = {&out->train_ns, &out->test_ns, &out->step_ns};
    if (strcmp(part, "anchored") == 0) {
        if (out->anchored)
            return nj_error_set(err, NJ_ERR_INPUT, "walk-forward: 'anchored' stands twice");
        out->anchored = true;
        return 0;
    }
    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(names[i]);
        if (strncmp(part, names[i], len) != 0 || part[len] != '=')
            continue;
        if (*places[i] != 0)
            return nj_error_set(err, NJ_ERR_INPUT, "walk-forward: '%s' stands twice", names[i]);
        if (!duration(part + len + 1, places[i]))
            return nj_error_set(err, NJ_ERR_INPUT,
                                "walk-forward: '%s': expected a duration as 30d, up to 100 years "
                                "(s, m, h, d, w), found '%.40s'",
                                names[i], part + len + 1);
        return 0;
    }
    return nj_error_set(err, NJ_ERR_INPUT,
                        "walk-forward: expected train=90d,test=30d[,step=30d][,anchored], found "
                        "'%.40s'",
                        part);
}

int nj_walk_spec_parse(const char *text, struct nj_walk_spec *out, struct nj_error *err)
{
    char part[128];
    int rc = 0;
    *out = (struct nj_walk_spec){0};
    for (const char *at = text; rc == 0;) {
        size_t len = strcspn(at, ",");
        snprintf(part, sizeof part, "%.*s", len < sizeof part ? (int)len : (int)sizeof part - 1,
                 at);
        rc = take(part, out, err);
        if (at[len] == '\0')
            break;
        at += len + 1;
    }
    if (rc != 0)
        return rc;
    if (out->train_ns == 0 || out->test_ns == 0)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "walk-forward: '%s' is missing: expected train=90d,test=30d",
                            out->train_ns == 0 ? "train" : "test");
    if (out->step_ns == 0)
        out->step_ns = out->test_ns;
    if (out->step_ns < out->test_ns)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "walk-forward: 'step' is shorter than 'test': its tests would overlap, "
                            "and days count twice");
    return 0;
}

int nj_walk_spec_fits(const struct nj_walk_spec *spec, const char *timeframe, int64_t length_ns,
                      struct nj_error *err)
{
    const int64_t lengths[] = {spec->train_ns, spec->test_ns, spec->step_ns};
    static const char *const names[] = {"train", "test", "step"};
    for (size_t i = 0; i < 3; i++) {
        if (lengths[i] % length_ns == 0)
            continue;
        struct nj_buf text = {0};
        nj_value_put_duration(&text, lengths[i]);
        nj_error_set(err, NJ_ERR_CONFIG, "walk-forward: '%s': expected whole bars of %s, found %s",
                     names[i], timeframe, text.data ? text.data : "");
        nj_buf_free(&text);
        return NJ_ERR_CONFIG;
    }
    return 0;
}

/* ---- the folds ---- */

static int too_little(const struct nj_walk_spec *spec, int64_t span, struct nj_error *err)
{
    struct nj_buf wanted = {0};
    nj_value_put_duration(&wanted, spec->train_ns);
    double days = (double)span / 86400e9;
    nj_error_set(err, NJ_ERR_NOT_FOUND,
                 "walk-forward: the rows span %.4gd: too little for one train window of %s and "
                 "a test behind it",
                 days, wanted.data ? wanted.data : "");
    nj_buf_free(&wanted);
    return NJ_ERR_NOT_FOUND;
}

int nj_walk_plan(const struct nj_walk_spec *spec, int64_t begin, int64_t end,
                 struct nj_walk_window **out, size_t *n, struct nj_error *err)
{
    int64_t span;
    *out = NULL;
    *n = 0;
    if (begin >= end || __builtin_sub_overflow(end, begin, &span))
        span = 0;
    if (span <= spec->train_ns)
        return too_little(spec, span, err);
    int64_t folds = (span - spec->train_ns - 1) / spec->step_ns + 1;
    if (folds > NJ_WALK_FOLDS)
        return nj_error_set(err, NJ_ERR_LIMIT,
                            "walk-forward: %lld folds: at most %u: expected a longer test",
                            (long long)folds, NJ_WALK_FOLDS);
    struct nj_walk_window *w = calloc((size_t)folds, sizeof *w);
    if (!w)
        return nj_error_set(err, NJ_ERR_NOMEM, "walk-forward: out of memory");
    for (int64_t k = 0; k < folds; k++) {
        int64_t from = begin + k * spec->step_ns, left;
        w[k].train_from = spec->anchored ? begin : from;
        w[k].train_to = w[k].test_from = from + spec->train_ns;
        left = end - w[k].test_from;
        w[k].cut = left < spec->test_ns;
        w[k].test_to = w[k].test_from + (w[k].cut ? left : spec->test_ns);
    }
    *out = w;
    *n = (size_t)folds;
    return 0;
}
