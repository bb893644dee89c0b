// simdjson_lines.cc - NDJSON bars and trades into columns with simdjson's on-demand parser: the one
// contestant of bench_scan that is not C. The members that the first line has are looked up in the
// contract's order, which is how simdjson is fastest; those that it lacks are not asked for. Built
// when configure finds simdjson, for the machine that it is built on, as simdjson wants it.
#include "bench_scan.h"

#include <simdjson.h>
#include <string_view>
#include <vector>

using simdjson::ondemand::object;

namespace {

enum type { WHOLE, REAL, TEXT, TRUTH };

struct member {
    const char *key;
    type is;
    bool summed;
};

const member bar_members[] = {{"symbol", TEXT, false},       {"timeframe", TEXT, false},
                              {"ts_open", WHOLE, false},     {"ts_close", WHOLE, false},
                              {"open", REAL, false},         {"high", REAL, false},
                              {"low", REAL, false},          {"close", REAL, true},
                              {"volume", REAL, false},       {"trades", WHOLE, false},
                              {"quote_volume", REAL, false}, {"taker_volume", REAL, false},
                              {"partial", TRUTH, false},     {"seq", WHOLE, false},
                              {"ts_recv_ns", WHOLE, false}};
const member trade_members[] = {{"symbol", TEXT, false}, {"price", REAL, true},
                                {"qty", REAL, false},    {"side", TEXT, false},
                                {"ts_ns", WHOLE, false}, {"trade_id", TEXT, false},
                                {"venue", TEXT, false},  {"seq", WHOLE, false},
                                {"ts_recv_ns", WHOLE, false}};

struct column {
    member of;
    std::vector<int64_t> whole;
    std::vector<double> real;
};

// A text as a column has it: the number that it is, or its length.
int64_t number_of(std::string_view text)
{
    int64_t n = 0;
    for (char c : text) {
        if (c < '0' || c > '9')
            return static_cast<int64_t>(text.size());
        n = n * 10 + (c - '0');
    }
    return n;
}

// 0 when the line has it, of its type.
int take(object &line, column &c)
{
    int64_t whole = 0;
    double real = 0;
    bool truth = false;
    std::string_view text;
    auto value = line.find_field_unordered(c.of.key);
    int missing = c.of.is == WHOLE   ? value.get_int64().get(whole)
                  : c.of.is == REAL  ? value.get_double().get(real)
                  : c.of.is == TRUTH ? value.get_bool().get(truth)
                                     : value.get_string().get(text);
    if (missing)
        return missing;
    if (c.of.is == REAL)
        c.real.push_back(real);
    else
        c.whole.push_back(c.of.is == WHOLE ? whole : c.of.is == TRUTH ? truth : number_of(text));
    return 0;
}

} // namespace

extern "C" int bench_simdjson(const char *text, size_t len, int bars, uint64_t *rows, double *sum)
{
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document_stream lines;
    std::vector<column> columns;
    size_t n = bars ? sizeof bar_members / sizeof bar_members[0]
                    : sizeof trade_members / sizeof trade_members[0];
    *rows = 0;
    *sum = 0;
    if (parser.iterate_many(text, len, 1u << 20).get(lines))
        return -1;
    for (auto line : lines) {
        object members;
        if (line.get_object().get(members))
            return -1;
        for (size_t i = 0; *rows == 0 && i < n; i++) {
            columns.push_back({bars ? bar_members[i] : trade_members[i], {}, {}});
            if (take(members, columns.back()))
                columns.pop_back();
        }
        for (size_t i = 0; *rows > 0 && i < columns.size(); i++)
            if (take(members, columns[i]))
                return -1;
        ++*rows;
    }
    for (const column &c : columns)
        for (double v : c.of.summed ? c.real : std::vector<double>())
            *sum += v;
    return 0;
}
