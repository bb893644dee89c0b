#include "base/timeframe.h"

#include <stdbool.h>

int64_t nj_bar_length(const char *timeframe)
{
    int64_t n = 0;
    const char *p = timeframe;
    for (; *p >= '0' && *p <= '9' && n <= 86400; p++)
        n = n * 10 + (*p - '0');
    if (p == timeframe || timeframe[0] == '0' || p[0] == '\0' || p[1] != '\0')
        return 0;
    int64_t unit = *p == 's' ? 1 : *p == 'm' ? 60 : *p == 'h' ? 3600 : *p == 'd' ? 86400 : 0;
    int64_t seconds = n * unit;
    bool good = seconds > 0 && seconds <= 86400 &&
                (seconds <= 60 ? 60 % seconds == 0 : seconds % 60 == 0 && 86400 % seconds == 0);
    return good ? seconds * INT64_C(1000000000) : 0;
}
