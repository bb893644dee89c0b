/* leaves_thread.c - create starts a thread that destroy does not end, and the flags do not say so.
 */
#include <njord/strategy.h>
#include <pthread.h>
#include <unistd.h>

struct leaves_thread {
    uint64_t trades;
};

static void *wait_for_ever(void *unused)
{
    for (;;)
        (void)pause();
    return unused;
}

static njord_status create(struct leaves_thread *s, const njord_host *host)
{
    pthread_t thread;
    (void)s;
    if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
        return njord_fail(host, NJORD_E_FAIL, "no thread");
    (void)pthread_detach(thread);
    return NJORD_OK;
}

static njord_status on_trade(struct leaves_thread *s, const njord_host *host,
                             const njord_trade *trade)
{
    (void)host;
    (void)trade;
    s->trades++;
    return NJORD_OK;
}

NJORD_STRATEGY(leaves_thread, "1.0.0", "leaves a thread behind", NULL, .create = create,
               .on_trade = on_trade);
