/* saving.h - when the host saves what a start reads: the states of plugins, and the books.
 *
 * Always the states first, or both at one number of the sequence: what a strategy is shown again
 * after a restart begins at its state, with positions and orders of books that are not younger.
 * Owned by the host. [loop], between two inputs. */
#ifndef NJ_SERVICES_SAVING_H
#define NJ_SERVICES_SAVING_H

#include <stdbool.h>

struct nj_host;

/* At a turn's end: what is due. */
void nj_saving_turn(struct nj_host *host);
/* States and books of one number of the sequence. */
void nj_saving_now(struct nj_host *host);
/* What each strategy and broker would be given back. At the end they are quiesced before. */
void nj_saving_states(struct nj_host *host, bool at_end);
void nj_saving_books(struct nj_host *host);

#endif
