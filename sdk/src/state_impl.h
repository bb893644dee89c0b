/* state_impl.h - what the two halves of saved state share. */
#ifndef NJORD_STATE_IMPL_H
#define NJORD_STATE_IMPL_H

#include <njord/state.h>

#define NJORD_STATE_KEY 255u /* bytes of a key at most */

/* Is this one msgpack map with text keys, none twice, all the way down? OK or NJORD_E_STATE
 * (NJORD_E_NOMEM) and a sentence. */
njord_status njord_state_check(const unsigned char *data, size_t len, char why[NJORD_STATE_WHY]);

#endif
