#include "research/merge.h"

#include "journal/scan.h"
#include "research/sink.h"
#include "research/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct row {
    int64_t ts;
    int64_t id;     /* of a trade, a number; -1 */
    uint64_t key;   /* hash of what a row is known by */
    const char *at; /* its line */
    uint32_t len;
    uint32_t copies; /* stored trades without an id: how many equal ones wait for their match */
    uint8_t fresh, dropped;
};

union event {
    njord_event ev;
    njord_bar bar;
    njord_trade trade;
};

struct lines {
    char *data;
    size_t len;
};

struct day {
    const struct nj_merge *merge;
    struct nj_merged *out;
    struct lines old, fresh;
    struct row *rows;
    size_t n, cap, n_old;
    uint32_t *slots; /* index + 1 of the row that is known by a key */
    size_t n_slots;
};

/* ---- reading --------------------------------------------------------------------------------- */

static int map_file(const char *path, struct lines *out, struct nj_error *err)
{
    struct stat st;
    int rc = 0, fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (!path)
        return 0;
    if (fd < 0 || fstat(fd, &st) != 0) {
        rc = nj_error_errno(err, errno, "file '%s'", path);
    } else if (st.st_size > 0) {
        void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
            rc = nj_error_errno(err, errno, "file '%s': cannot be mapped", path);
        else
            *out = (struct lines){data, (size_t)st.st_size};
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

static int decode(const struct day *day, const struct row *row, union event *out,
                  struct nj_error *err)
{
    return nj_scan_event(day->merge->type, row->at, row->len, out, err);
}

static uint64_t mix(uint64_t h, const void *data, size_t len)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3); /* FNV-1a (Fowler, Noll, Vo) */
    return h;
}

#define FNV_START UINT64_C(0xcbf29ce484222325)

static uint64_t key_of(const njord_trade *t)
{
    uint64_t h = mix(FNV_START, t->venue, strlen(t->venue) + 1);
    if (t->trade_id[0])
        return mix(h, t->trade_id, strlen(t->trade_id));
    h = mix(h, &t->ev.ts_ns, sizeof t->ev.ts_ns);
    h = mix(h, &t->price, sizeof t->price);
    h = mix(h, &t->qty, sizeof t->qty);
    return mix(h, &t->side, sizeof t->side);
}

static int64_t id_of(const njord_trade *t)
{
    int64_t id;
    size_t len = strlen(t->trade_id);
    return len > 0 && njord_parse_i64(t->trade_id, len, &id) == len && id >= 0 ? id : -1;
}

static int take_lines(struct day *day, const struct lines *lines, bool fresh, struct nj_error *err)
{
    union event event;
    for (size_t at = 0; at < lines->len;) {
        const char *line = lines->data + at, *end = memchr(line, '\n', lines->len - at);
        size_t len = end ? (size_t)(end - line) : lines->len - at;
        at += len + 1;
        if (day->n == day->cap) {
            size_t cap = day->cap ? day->cap * 2 : 4096;
            struct row *more = cap < UINT32_MAX ? realloc(day->rows, cap * sizeof *more) : NULL;
            if (!more)
                return nj_error_set(err, NJ_ERR_NOMEM, "out of memory for a day of %zu rows",
                                    day->n);
            day->rows = more;
            day->cap = cap;
        }
        struct row *row = &day->rows[day->n];
        *row = (struct row){.at = line, .len = (uint32_t)len, .fresh = fresh, .id = -1};
        int rc = decode(day, row, &event, err);
        if (rc != 0)
            return rc;
        if (day->merge->type == NJORD_EV_BAR) {
            row->ts = event.bar.ts_open;
        } else {
            row->ts = event.ev.ts_ns;
            row->id = id_of(&event.trade);
            row->key = key_of(&event.trade);
        }
        day->n++;
    }
    return 0;
}

/* ---- what differs ---------------------------------------------------------------------------- */

/* Doubles as contents: absent (NaN) equals absent. `b` absent says nothing about it. */
static bool f64_new(double a, double b)
{
    return !isnan(b) && !(a == b);
}

struct member {
    const char *name;
    double a, b;
};

/* The first member that `b` says and `a` does not hold so; NULL: none. */
static const char *bar_differs(const njord_bar *a, const njord_bar *b, struct member *out)
{
    const struct member members[] = {{"open", a->open, b->open},
                                     {"high", a->high, b->high},
                                     {"low", a->low, b->low},
                                     {"close", a->close, b->close},
                                     {"volume", a->volume, b->volume},
                                     {"quote_volume", a->quote_volume, b->quote_volume},
                                     {"taker_volume", a->taker_volume, b->taker_volume},
                                     {"ts_close", (double)a->ts_close, (double)b->ts_close}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (f64_new(members[i].a, members[i].b)) {
            *out = members[i];
            return out->name;
        }
    if (b->trades != NJORD_NONE_I64 && a->trades != b->trades) {
        *out = (struct member){"trades", a->trades == NJORD_NONE_I64 ? NAN : (double)a->trades,
                               (double)b->trades};
        return out->name;
    }
    bool a_part = a->partial == 1, b_part = b->partial == 1;
    if (a_part != b_part) {
        *out = (struct member){"partial", a_part, b_part};
        return out->name;
    }
    return NULL;
}

static const char *trade_differs(const njord_trade *a, const njord_trade *b, struct member *out)
{
    if (a->ev.ts_ns != b->ev.ts_ns)
        *out = (struct member){"ts_ns", (double)a->ev.ts_ns, (double)b->ev.ts_ns};
    else if (a->price != b->price)
        *out = (struct member){"price", a->price, b->price};
    else if (a->qty != b->qty)
        *out = (struct member){"qty", a->qty, b->qty};
    else if (b->side != NJORD_NONE_U8 && a->side != b->side)
        *out = (struct member){"side", a->side == NJORD_NONE_U8 ? NAN : a->side, b->side};
    else
        return NULL;
    return out->name;
}

static int conflict(const union event *event, const struct member *m, bool both_come,
                    struct nj_error *err)
{
    char when[40], a[NJORD_NUMBER_SIZE] = "nothing", b[NJORD_NUMBER_SIZE], what[128];
    bool is_bar = event->ev.type == NJORD_EV_BAR;
    when[njord_format_time(is_bar ? event->bar.ts_open : event->ev.ts_ns, 0, when,
                           sizeof when - 1)] = '\0';
    if (!isnan(m->a))
        njord_format_f64(m->a, a);
    njord_format_f64(m->b, b);
    if (is_bar)
        snprintf(what, sizeof what, "bar of %s", when);
    else
        snprintf(what, sizeof what, "trade '%s' of %s", event->trade.trade_id, when);
    if (both_come)
        return nj_error_set(err, NJ_ERR_EXISTS,
                            "%s: stands twice in the file, '%s' once as %s, once as %s; --replace "
                            "takes the later one",
                            what, m->name, a, b);
    return nj_error_set(err, NJ_ERR_EXISTS,
                        "%s: is stored with '%s' %s, the file has %s; --replace takes the file's",
                        what, m->name, a, b);
}

/* ---- bars ------------------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    if (x->fresh != y->fresh)
        return (int)x->fresh - (int)y->fresh;
    return x->at < y->at ? -1 : x->at > y->at;
}

static int by_time_and_id(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->ts == y->ts && x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return by_time(a, b);
}

/* Was a's bucket seen in full where b's was not, or in more trades? */
static bool knows_more(const njord_bar *a, const njord_bar *b)
{
    bool a_part = a->partial == 1, b_part = b->partial == 1;
    return b_part && (!a_part || a->trades >= b->trades);
}

/* Rows [from, to) have the same ts_open, stored ones first. */
static int settle_bar(struct day *day, size_t from, size_t to, struct nj_error *err)
{
    union event held, event;
    struct member m = {0};
    struct row *holder = NULL; /* whose value counts so far: `held` */
    memset(&held, 0, sizeof held);
    for (size_t i = from; i < to; i++) {
        struct row *row = &day->rows[i];
        int rc = decode(day, row, &event, err);
        if (rc != 0)
            return rc;
        if (!row->fresh) { /* the later seq counts, none less than any, else the later line */
            bool later = !holder || event.ev.seq >= held.ev.seq;
            holder = later ? row : holder;
            held = later ? event : held;
            continue;
        }
        if (!holder) {
            day->out->added++;
        } else if (!bar_differs(&held.bar, &event.bar, &m)) {
            row->dropped = 1;
            if (holder->fresh)
                day->out->twice++;
            else
                day->out->same++;
            continue;
        } else if (day->merge->whole_wins && knows_more(&held.bar, &event.bar)) {
            row->dropped = 1;
            day->out->same++;
            continue;
        } else if (!day->merge->replace &&
                   !(day->merge->whole_wins && knows_more(&event.bar, &held.bar))) {
            return conflict(&event, &m, holder->fresh, err);
        } else if (holder->fresh) {
            day->out->twice++;
            holder->dropped = 1;
        } else {
            day->out->replaced++;
            for (size_t k = from; k < i; k++)
                day->rows[k].dropped = 1;
        }
        holder = row;
        held = event;
    }
    return 0;
}

static int settle_bars(struct day *day, struct nj_error *err)
{
    bool ordered = true;
    for (size_t i = 1; i < day->n && ordered; i++)
        ordered = day->rows[i].ts >= day->rows[i - 1].ts;
    if (!ordered)
        qsort(day->rows, day->n, sizeof *day->rows, by_time);
    for (size_t from = 0, to; from < day->n; from = to) {
        to = from + 1;
        while (to < day->n && day->rows[to].ts == day->rows[from].ts)
            to++;
        int rc = settle_bar(day, from, to, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* ---- trades ---------------------------------------------------------------------------------- */

static bool same_trade(const njord_trade *a, const njord_trade *b)
{
    if (strcmp(a->venue, b->venue) != 0 || strcmp(a->trade_id, b->trade_id) != 0)
        return false;
    return a->trade_id[0] || (a->ev.ts_ns == b->ev.ts_ns && a->price == b->price &&
                              a->qty == b->qty && a->side == b->side);
}

/* The slot of a trade that is known so, or the free one that it would take. */
static int slot_of(struct day *day, const struct row *row, const njord_trade *trade, size_t *slot,
                   struct nj_error *err)
{
    union event other;
    for (*slot = row->key % day->n_slots; day->slots[*slot]; *slot = (*slot + 1) % day->n_slots) {
        const struct row *known = &day->rows[day->slots[*slot] - 1];
        if (known->key != row->key)
            continue;
        int rc = decode(day, known, &other, err);
        if (rc != 0 || same_trade(&other.trade, trade))
            return rc;
    }
    return 0;
}

/* A trade that comes and whose id or values stand at `slot` already. */
static int settle_known(struct day *day, size_t i, const union event *event, size_t slot,
                        struct nj_error *err)
{
    struct row *row = &day->rows[i], *known = &day->rows[day->slots[slot] - 1];
    union event held;
    struct member m;
    if (!event->trade.trade_id[0]) {
        if (known->copies > 0) {
            known->copies--;
            row->dropped = 1;
            day->out->same++;
        } else {
            day->out->added++;
        }
        return 0;
    }
    int rc = decode(day, known, &held, err);
    if (rc != 0)
        return rc;
    if (!trade_differs(&held.trade, &event->trade, &m)) {
        row->dropped = 1;
        if (known->fresh)
            day->out->twice++;
        else
            day->out->same++;
        return 0;
    }
    if (!day->merge->replace)
        return conflict(event, &m, known->fresh, err);
    if (known->fresh)
        day->out->twice++;
    else
        day->out->replaced++;
    known->dropped = 1;
    day->slots[slot] = (uint32_t)i + 1;
    return 0;
}

static int settle_trade(struct day *day, size_t i, struct nj_error *err)
{
    struct row *row = &day->rows[i];
    union event event;
    size_t slot;
    int rc = decode(day, row, &event, err);
    if (rc == 0)
        rc = slot_of(day, row, &event.trade, &slot, err);
    if (rc != 0)
        return rc;
    if (row->fresh && day->slots[slot])
        return settle_known(day, i, &event, slot, err);
    if (row->fresh) {
        day->out->added++;
        if (!event.trade.trade_id[0])
            return 0; /* equal ones that come are trades of their own */
    }
    if (!day->slots[slot])
        day->slots[slot] = (uint32_t)i + 1;
    if (!row->fresh)
        day->rows[day->slots[slot] - 1].copies++;
    return 0;
}

/* Rows that are left, to the front; where those that come begin. */
static void close_ranks(struct day *day)
{
    size_t n = 0, n_old = 0;
    for (size_t i = 0; i < day->n; i++) {
        if (day->rows[i].dropped)
            continue;
        n_old += !day->rows[i].fresh;
        day->rows[n++] = day->rows[i];
    }
    day->n = n;
    day->n_old = n_old;
}

/* Puts rows in order, where one steps back further than venues do, and makes key the highest time
 * so far, by which they are merged with others. */
static void order_part(struct row *rows, size_t n)
{
    int64_t high = INT64_MIN;
    bool ids = true, back = false;
    for (size_t i = 0; i < n; i++) {
        ids = ids && rows[i].id >= 0;
        back = back || (high > rows[i].ts && high - rows[i].ts > NJ_STAGE_JITTER_NS);
        high = rows[i].ts > high ? rows[i].ts : high;
    }
    if (back)
        qsort(rows, n, sizeof *rows, ids ? by_time_and_id : by_time);
    high = INT64_MIN;
    for (size_t i = 0; i < n; i++) {
        high = rows[i].ts > high ? rows[i].ts : high;
        rows[i].key = (uint64_t)high;
    }
}

/* Does `old` stand before `fresh`? */
static bool stands_first(const struct row *old, const struct row *fresh)
{
    if (old->key != fresh->key)
        return (int64_t)old->key < (int64_t)fresh->key;
    return old->id < 0 || fresh->id < 0 || old->id <= fresh->id;
}

/* Trades that are stored and those that come, merged by time; each in its own order. */
static int order_trades(struct day *day, struct nj_error *err)
{
    close_ranks(day);
    size_t n = day->n, i = 0, k = day->n_old, at = 0;
    order_part(day->rows, day->n_old);
    order_part(day->rows + day->n_old, n - day->n_old);
    if (i == day->n_old || k == n || stands_first(&day->rows[k - 1], &day->rows[k]))
        return 0;
    struct row *merged = calloc(n, sizeof *merged);
    if (!merged)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory for a day of %zu trades", n);
    while (i < day->n_old || k < n) {
        bool old = k == n || (i < day->n_old && stands_first(&day->rows[i], &day->rows[k]));
        merged[at++] = day->rows[old ? i++ : k++];
    }
    free(day->rows);
    day->rows = merged;
    return 0;
}

static int settle_trades(struct day *day, struct nj_error *err)
{
    day->n_slots = day->n * 2 + 16;
    day->slots = calloc(day->n_slots, sizeof *day->slots);
    if (!day->slots)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory for a day of %zu trades", day->n);
    for (size_t i = 0; i < day->n; i++) {
        int rc = settle_trade(day, i, err);
        if (rc != 0)
            return rc;
    }
    return order_trades(day, err);
}

/* ---- writing --------------------------------------------------------------------------------- */

static int write_out(const struct day *day, struct nj_error *err)
{
    struct nj_sink sink;
    int rc = nj_sink_open(&sink, day->merge->platform, day->merge->out, O_TRUNC, 0640, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < day->n; i++) {
        if (day->rows[i].dropped)
            continue;
        nj_buf_add(&sink.buf, day->rows[i].at, day->rows[i].len);
        nj_buf_putc(&sink.buf, '\n');
        nj_sink_step(&sink);
    }
    return nj_sink_close(&sink, false, err);
}

int nj_merge_day(const struct nj_merge *merge, struct nj_merged *out, struct nj_error *err)
{
    struct day day = {.merge = merge, .out = out};
    *out = (struct nj_merged){0};
    int rc = map_file(merge->old, &day.old, err);
    if (rc == 0)
        rc = map_file(merge->fresh, &day.fresh, err);
    if (rc == 0)
        rc = take_lines(&day, &day.old, false, err);
    day.n_old = day.n;
    if (rc == 0)
        rc = take_lines(&day, &day.fresh, true, err);
    if (rc == 0)
        rc = merge->type == NJORD_EV_BAR ? settle_bars(&day, err) : settle_trades(&day, err);
    for (size_t i = 0; i < day.n; i++)
        out->rows += !day.rows[i].dropped;
    if (rc == 0 && (out->added > 0 || out->replaced > 0 || merge->always)) {
        rc = write_out(&day, err);
        out->written = rc == 0;
    }
    if (day.old.data)
        munmap(day.old.data, day.old.len);
    if (day.fresh.data)
        munmap(day.fresh.data, day.fresh.len);
    free(day.rows);
    free(day.slots);
    return rc;
}
