/* control.h - the control socket: how `njord ctl`, `tail`, `publish` and `replay` speak to a
 * running host.
 *
 * A UNIX stream socket at app.control, mode 0600; only its owner and root may speak. A request is
 * one JSON object a line, answered with one or more JSON lines, the last of which has "done": true
 * and "ok". doc/control.md has the requests. What changes something is logged with the caller's
 * uid. The host never waits for a slow caller: output past a bound is dropped with the connection.
 */
#ifndef NJ_SERVICES_CONTROL_H
#define NJ_SERVICES_CONTROL_H

#include "base/err.h"

struct nj_host;

/* Opens the socket. NJ_ERR_BUSY: another host listens there; a stale one is replaced. */
int nj_control_open(struct nj_host *host, struct nj_error *err);
void nj_control_close(struct nj_host *host);

#endif
