#include "market/pace.h"

#include <math.h>
#include <njord/codec.h>
#include <string.h>

#define MOST 1e9 /* times as fast: beyond it nothing waits a clock's tick */

int nj_pace_parse(const char *text, double *speed, struct nj_error *err)
{
    size_t len = strlen(text);
    if (strcmp(text, "max") == 0) {
        *speed = 0;
        return 0;
    }
    if (len > 1 && text[len - 1] == 'x')
        len--;
    if (len > 0 && njord_parse_f64(text, len, speed) == len && *speed > 0 && *speed <= MOST)
        return 0;
    return nj_error_set(err, NJ_ERR_INPUT,
                        "speed '%.32s': expected 1x, 10x, 100x or another number of times up to "
                        "1e9, or max",
                        text);
}

void nj_pace_init(struct nj_pace *pace, double speed)
{
    *pace = (struct nj_pace){.speed = speed};
}

int64_t nj_pace_wait(struct nj_pace *pace, int64_t event_ns, int64_t now_ns)
{
    if (pace->paused)
        return INT64_MAX;
    if (!pace->started) {
        pace->started = true;
        pace->first_event_ns = event_ns;
        pace->first_wall_ns = now_ns;
    }
    if (pace->speed <= 0 || event_ns <= pace->first_event_ns)
        return 0;
    double due = ((double)event_ns - (double)pace->first_event_ns) / pace->speed;
    if (pace->first_event_ns >= 0) /* exact, where the difference cannot overflow */
        due = (double)(event_ns - pace->first_event_ns) / pace->speed;
    double wait = due - (double)(now_ns - pace->first_wall_ns);
    return wait <= 0 ? 0 : wait >= 9e18 ? (int64_t)9e18 : (int64_t)ceil(wait);
}

void nj_pace_pause(struct nj_pace *pace, int64_t now_ns)
{
    if (pace->paused)
        return;
    pace->paused = true;
    pace->paused_at_ns = now_ns;
}

void nj_pace_resume(struct nj_pace *pace, int64_t now_ns)
{
    if (!pace->paused)
        return;
    pace->paused = false;
    pace->paused_ns += now_ns - pace->paused_at_ns;
    pace->first_wall_ns += now_ns - pace->paused_at_ns;
}

int64_t nj_pace_elapsed(const struct nj_pace *pace, int64_t now_ns)
{
    if (!pace->started)
        return 0;
    return (pace->paused ? pace->paused_at_ns : now_ns) - pace->first_wall_ns;
}
