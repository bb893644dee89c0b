/* njord/journal.h - the names of journal files.
 *
 * A journal ("stem", as "ohlcv.1m.ATOMUSDT" or "orders") is a chain of files: the dated ones,
 * STEM.{YYYYMMDD}[.{n}].ndjson[.gz], in the order of day and n (a number: .10 after .9), then the
 * live one, STEM.ndjson. Where a dated file is there plain and compressed, the plain one counts.
 * Pure [any]. */
#ifndef NJORD_JOURNAL_H
#define NJORD_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NJORD_STEM_SIZE 208
#define NJORD_DAY_LIVE  INT32_MAX /* the live file: after all days */

typedef struct njord_journal_name {
    char stem[NJORD_STEM_SIZE];
    int32_t day;   /* days since 1970-01-01, NJORD_DAY_LIVE */
    uint32_t part; /* n, 0: the day's first file */
    uint32_t gz;   /* 1: compressed */
} njord_journal_name;

/* 1; 0: no journal's file. */
int njord_journal_name_parse(const char *file_name, njord_journal_name *out);
/* Can this be a journal's name? */
int njord_journal_is_stem(const char *text, size_t len);
/* < 0, 0, > 0: by stem, day, part; of one that is there twice the plain one first. */
int njord_journal_name_order(const njord_journal_name *a, const njord_journal_name *b);

#ifdef __cplusplus
}
#endif
#endif
