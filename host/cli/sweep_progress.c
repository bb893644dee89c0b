#include "cli/sweep_progress.h"

#include "base/platform.h"
#include "cli/data.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t clock_ns(void)
{
    const struct nj_platform *pf = nj_platform_system();
    return pf->monotonic_ns(pf->ctx);
}

void nj_sweep_progress_start(struct nj_sweep_progress *p, uint64_t n, const char *unit)
{
    *p = (struct nj_sweep_progress){isatty(STDERR_FILENO), clock_ns(), n > 0 ? n : 1, unit};
}

void nj_sweep_progress_show(void *ctx, uint64_t done, uint64_t resumed, uint64_t failed)
{
    const struct nj_sweep_progress *p = ctx;
    char bar[31] = "", left[32] = "", n[NJ_DATA_TEXT], of[NJ_DATA_TEXT];
    if (!p->on)
        return;
    done = done < p->n ? done : p->n;
    double seconds = (double)(clock_ns() - p->began_ns) * 1e-9;
    double rate = seconds > 0 && done > resumed ? (double)(done - resumed) / seconds : 0;
    memset(bar, '.', sizeof bar - 1);
    memset(bar, '#', (size_t)((sizeof bar - 1) * done / p->n));
    if (rate > 0) {
        double s = (double)(p->n - done) / rate;
        if (s < 120)
            snprintf(left, sizeof left, ", %.0f s left", s);
        else
            snprintf(left, sizeof left, ", %.0f min left", s / 60);
    }
    fprintf(stderr, "\r[%s] %s of %s %s, %.1f/s%s", bar, nj_data_count(done, n),
            nj_data_count(p->n, of), p->unit, rate, left);
    if (failed > 0)
        fprintf(stderr, ", %s failed", nj_data_count(failed, n));
    fputs("\033[K", stderr);
    fflush(stderr);
}

void nj_sweep_progress_end(const struct nj_sweep_progress *p)
{
    if (p->on)
        fputs("\r\033[K", stderr);
}
