/* halt.h - the halt file watched: a host that waits for nothing else wakes when the file comes or
 * goes, and carries out risk.on_halt within the turn.
 *
 * inotify on the file's folder. It only wakes the loop: whether the switch has tripped is looked up
 * in each turn and for each order (trade/killswitch.h), so that nothing depends on this watch but
 * how soon an idle host acts. Without it (no inotify, a folder that cannot be made) that is a
 * second. Owned by the host. [loop] only. */
#ifndef NJ_SERVICES_HALT_H
#define NJ_SERVICES_HALT_H

struct nj_host;

/* Takes the file and its times from the configuration in force and watches its folder, anew when it
 * was watched before. */
void nj_halt_watch(struct nj_host *host);
void nj_halt_close(struct nj_host *host);

#endif
