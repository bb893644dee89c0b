/* njord/recorded.h - a line of recorded market data as a trade or a bar.
 *
 * Layouts: our own journals (Trade and OHLCVBar as NDJSON); CSV under a header that names the
 * contracts' members or what others call them; CSV with columns that the caller names; a raw
 * capture of a venue's stream, `<local receive time, ns> <frame as received>`; the dumps of the
 * Binance family by position. Fields are separated by comma, semicolon, tab or '|' and may stand in
 * quotes. A bar comes with ts_close and the event's own time set; a trade has passed what holds for
 * every trade: price and quantity above 0, a time since 1970. Whether a bar's prices make sense is
 * not judged here.
 *
 * Pure but for njord_recorded_recognise(): memory in, an event out, no allocation, nothing kept but
 * what the first lines told. [any]
 */
#ifndef NJORD_RECORDED_H
#define NJORD_RECORDED_H

#include <njord/contract.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NJORD_RECORDED_WHY     256u /* bytes of a clause that says why a line is bad */
#define NJORD_RECORDED_PROBE   64u  /* first lines that a layout is looked for in */
#define NJORD_RECORDED_COLUMNS 256u /* most columns of a line */

enum {
    NJORD_LAYOUT_AUTO = 0,
    NJORD_LAYOUT_NDJSON,
    NJORD_LAYOUT_CAPTURE,
    NJORD_LAYOUT_CSV,     /* with a header */
    NJORD_LAYOUT_COLUMNS, /* as options.columns says */
    NJORD_LAYOUT_BINANCE_KLINES,
    NJORD_LAYOUT_BINANCE_TRADES,
    NJORD_LAYOUT_BINANCE_AGGTRADES
};
enum { NJORD_UNIT_AUTO = 0, NJORD_UNIT_S, NJORD_UNIT_MS, NJORD_UNIT_US, NJORD_UNIT_NS };

/* Names as options have them: "auto", "csv", "binance-klines", …; "s", "ms", "us", "ns". */
extern const njord_code njord_layouts[];
extern const njord_code njord_units[];

/* What the caller knows; all of it may be 0 or NULL. Texts must outlive the njord_recorded. */
typedef struct njord_recorded_options {
    uint32_t layout;       /* NJORD_LAYOUT_*; AUTO: found in the first lines */
    uint32_t unit;         /* NJORD_UNIT_* of times that are numbers; AUTO: by their magnitude */
    uint32_t kind;         /* NJORD_EV_TRADE or NJORD_EV_BAR; 0: whichever it is */
    uint32_t exact;        /* 1: a number that a double cannot give back digit by digit is bad */
    const char *columns;   /* "ts,open,high,low,close,volume"; '-' skips one. Gives the layout */
    const char *symbol;    /* of all lines, whatever they say */
    const char *venue;     /* of trades that name none */
    const char *timeframe; /* of all bars; a line that names another is bad */
    const char *const *symbols; /* how a venue's BTCUSDT is written here: BTC/USDT */
    uint64_t n_symbols;
    uint32_t delimiter; /* of CSV: any byte but a quote, a digit or a letter; 0: found out */
    uint32_t reserved;
} njord_recorded_options;

/* What a column can be: the places of njord_recorded.column. */
enum {
    NJORD_MEMBER_SYMBOL = 0,
    NJORD_MEMBER_PRICE,
    NJORD_MEMBER_QTY,
    NJORD_MEMBER_TS_NS,
    NJORD_MEMBER_TS, /* a trade's time, a bar's open */
    NJORD_MEMBER_TS_RECV_NS,
    NJORD_MEMBER_SIDE,
    NJORD_MEMBER_TRADE_ID,
    NJORD_MEMBER_VENUE,
    NJORD_MEMBER_BUYER_MAKER,
    NJORD_MEMBER_TIMEFRAME,
    NJORD_MEMBER_TS_CLOSE,
    NJORD_MEMBER_OPEN,
    NJORD_MEMBER_HIGH,
    NJORD_MEMBER_LOW,
    NJORD_MEMBER_CLOSE,
    NJORD_MEMBER_VOLUME,
    NJORD_MEMBER_TRADES,
    NJORD_MEMBER_QUOTE_VOLUME,
    NJORD_MEMBER_TAKER_VOLUME,
    NJORD_MEMBER_PARTIAL,
    NJORD_RECORDED_MEMBERS = 24 /* room for those to come */
};

typedef struct njord_recorded {
    njord_recorded_options options;
    /* what is known; for the caller to tell */
    uint32_t layout;       /* AUTO: no line has told yet */
    uint32_t kind;         /* NJORD_EV_TRADE, NJORD_EV_BAR; 0: not known */
    uint32_t unit;         /* of times; AUTO: they are texts, or each tells by itself */
    uint32_t header_lines; /* lines before the first of data: not to be read */
    char timeframe[8];     /* of bars without a column for it; "" */
    int64_t timeframe_ns;  /* 0: not known */
    char delimiter;        /* of CSV */
    char padding[3];       /* zero */
    uint32_t n_columns;    /* of a line */
    uint32_t n_least;      /* fewer are taken where a dump has two forms */
    int16_t column[NJORD_RECORDED_MEMBERS]; /* place of each member, -1: not there */
    /* while the first lines are shown */
    uint32_t n_shown, n_rows, hint;
    int64_t last_ts_ns, step_ns;
} njord_recorded;

/* The numbers of a line as they stand there (of NDJSON with options.exact only). */
enum {
    NJORD_TEXT_PRICE = 0,
    NJORD_TEXT_QTY,
    NJORD_TEXT_OPEN,
    NJORD_TEXT_HIGH,
    NJORD_TEXT_LOW,
    NJORD_TEXT_CLOSE,
    NJORD_TEXT_VOLUME,
    NJORD_TEXT_QUOTE_VOLUME,
    NJORD_TEXT_TAKER_VOLUME,
    NJORD_TEXT_COUNT
};

typedef struct njord_text_span {
    const char *text; /* into the line; NULL: not there */
    size_t len;
} njord_text_span;

typedef struct njord_recorded_line {
    union {
        njord_event ev; /* its type says which */
        njord_trade trade;
        njord_bar bar;
    } of;
    uint64_t seq; /* the recording host's; 0: none. The event's own is 0 */
    njord_text_span numbers[NJORD_TEXT_COUNT];
} njord_recorded_line;

/* What became of a line. */
#define NJORD_RECORDED_EVENT 1
#define NJORD_RECORDED_OTHER 0 /* whole, and no event: another stream, an empty line */
#define NJORD_RECORDED_BAD   (-1)

/* 0; NJORD_E_ARG: options that cannot be, with a clause in `why` (NJORD_RECORDED_WHY bytes, here
 * and below). */
int njord_recorded_init(njord_recorded *recorded, const njord_recorded_options *options, char *why);

/* `why` is the same buffer in all calls until njord_recorded_settle().
 *
 * Shows one of a file's first lines, from the first on, without its line end. 1: all is known that
 * can be; 0: show the next one, if there is one and fewer than NJORD_RECORDED_PROBE were shown;
 * NJORD_E_ARG: this cannot be read as it is asked. */
int njord_recorded_probe(njord_recorded *recorded, const char *line, size_t len, char *why);

/* After the last line shown. 0: known (or layout AUTO: there was nothing but empty lines);
 * NJORD_E_ARG: no line told what this is; `why` holds the first reason. */
int njord_recorded_settle(njord_recorded *recorded, char *why);

/* All of the above for a file, plain or gzip (njord/lines.h: who uses it links libarchive). 0;
 * NJORD_E_ARG: `text` (cap bytes) has one clause that names the file. */
int njord_recorded_recognise(njord_recorded *recorded, const njord_recorded_options *options,
                             const char *path, char *text, size_t cap);

/* Reads a line of data (any line behind the first header_lines; NUL bytes in it are refused).
 * NJORD_RECORDED_*. */
int njord_recorded_read(const njord_recorded *recorded, const char *line, size_t len,
                        njord_recorded_line *out, char *why);

/* 1: the lines name their symbol (a column, a member), which options.symbol would overrule. */
int njord_recorded_names_symbol(const njord_recorded *recorded);

/* Writes the symbol BASE/QUOTE that `raw` names, in any case, with or without '/', '-' or '_'
 * between: one of `symbols` (n, may be 0) when it is one of them without its slash, else split
 * before a known quote asset. 0; NJORD_E_ARG: not a symbol, no known quote asset, or two ways to
 * split it. */
int njord_symbol_from_pair(const char *raw, size_t len, const char *const *symbols, uint64_t n,
                           char out[NJORD_SYMBOL_SIZE], char *why);

/* Is a decimal number the very value that njord_format_f64() writes for `v`, which was read from
 * it? Always so up to 15 significant digits within the range of doubles. */
int njord_digits_kept(const char *text, size_t len, double v);

#ifdef __cplusplus
}
#endif
#endif
