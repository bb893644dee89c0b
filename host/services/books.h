/* books.h - what the host knows of its trading, saved as one document at one number of the
 * sequence: a start reads it and the lines of the journal of orders behind it, not the whole
 * history.
 *
 * In it: positions with their lots and cash, the record of orders with all ids that must not come
 * again, the rules' state (day's loss, latch, tokens, equal orders), last prices, and the number of
 * the last line that the journal of orders then held. The truth stays the journal: the document
 * only says what reading it so far came to. Kept in state/@books.SEQ, checked when read, the newest
 * two. Beside it the document orders.chain: which files the journal of orders is made of, so that
 * one that was taken away is missed. Owned by the host. [loop] between two inputs, and at start. */
#ifndef NJ_SERVICES_BOOKS_H
#define NJ_SERVICES_BOOKS_H

#include "journal/backlog.h"
#include "journal/state.h"
#include "services/core.h"
#include "trade/risk.h"

struct nj_books {
    uint64_t seq;         /* all with this number and below is in them */
    uint64_t journal_seq; /* of the last line of the journal of orders then */
};

/* A document is made and put. Everything journaled so far must be in the kernel, on disk too: books
 * that know more than the journal after a power cut would be refused. risk may be NULL. */
int nj_books_save(const struct nj_core *core, const struct nj_risk *risk, struct nj_state *state,
                  const struct nj_books *books, struct nj_error *err);
/* The newest whole one, with a seq of at most `at_most` (0: any), into an empty core and fresh
 * rules. 0, with a warning in err->text when a newer one was damaged and set aside;
 * NJ_ERR_NOT_FOUND: there is none; another error: none can be used, and core and rules are half
 * filled. */
int nj_books_load(struct nj_core *core, struct nj_risk *risk, struct nj_state *state,
                  uint64_t at_most, struct nj_books *books, struct nj_error *err);

/* One line when a file of the chain of orders that orders.chain knows of is not there although
 * lines after `seq` stood in it. The chain was opened with after_seq `seq`. */
int nj_books_check_chain(struct nj_state *state, const struct nj_backlog *chain, uint64_t seq,
                         struct nj_error *err);
/* Writes down the files of `chain` that orders.chain does not know yet, or by another name. */
int nj_books_note_chain(struct nj_state *state, const struct nj_backlog *chain,
                        struct nj_error *err);

#endif
