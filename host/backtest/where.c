#include "backtest/where.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 32 /* of parentheses and signs */

/* What stands between two operands, the loosest first; of one level, the longer before its start.
 */
static const struct {
    const char *text;
    int level;
    char op;
} operators[] = {{"||", 1, '|'}, {"&&", 2, '&'}, {"==", 3, '='}, {"!=", 3, '~'},
                 {"<=", 4, 'l'}, {">=", 4, 'g'}, {"<", 4, '<'},  {">", 4, '>'},
                 {"+", 5, '+'},  {"-", 5, '-'},  {"*", 6, '*'},  {"/", 6, '/'}};
#define LEVELS     6
#define N_OPERATOR (sizeof operators / sizeof operators[0])

struct parser {
    const char *text, *at;
    nj_where_name_fn place;
    void *ctx;
    struct nj_where *out;
    struct nj_error *err;
    int depth;
};

static int wrong(struct parser *p, const char *what)
{
    return nj_error_set(p->err, NJ_ERR_INPUT, "where '%.200s': at %zu: %s", p->text,
                        (size_t)(p->at - p->text) + 1, what);
}

static void blanks(struct parser *p)
{
    while (*p->at == ' ' || *p->at == '\t')
        p->at++;
}

static int step(struct parser *p, char op, size_t value, double number)
{
    if (p->out->n == NJ_WHERE_STEPS)
        return wrong(p, "too long");
    p->out->steps[p->out->n++] = (struct nj_where_step){op, value, number};
    return 0;
}

static int expression(struct parser *p, int level);

static int number(struct parser *p)
{
    char *end;
    double v = strtod(p->at, &end);
    if (end == p->at || !isfinite(v) || isalpha((unsigned char)*end) || *end == '_')
        return wrong(p, "expected a number");
    p->at = end;
    return step(p, 'n', 0, v);
}

static int name(struct parser *p)
{
    char text[64];
    struct nj_error why = {0};
    size_t n = 0;
    while (isalnum((unsigned char)p->at[n]) || p->at[n] == '_')
        n++;
    if (n >= sizeof text)
        return wrong(p, "a name is too long");
    memcpy(text, p->at, n);
    text[n] = '\0';
    int at = p->place(p->ctx, text, &why);
    if (at < 0)
        return wrong(p, why.text);
    p->at += n;
    return step(p, 'v', (size_t)at, 0);
}

static int operand(struct parser *p)
{
    int rc;
    blanks(p);
    if (++p->depth > DEPTH)
        return wrong(p, "nested too deeply");
    char c = *p->at;
    if (c == '(') {
        p->at++;
        rc = expression(p, 1);
        blanks(p);
        if (rc == 0 && *p->at != ')')
            rc = wrong(p, "expected ')'");
        p->at += rc == 0;
    } else if (c == '-' || (c == '!' && p->at[1] != '=')) {
        p->at++;
        rc = operand(p);
        if (rc == 0)
            rc = step(p, c == '-' ? 'm' : '!', 0, 0);
    } else if (isdigit((unsigned char)c) || c == '.') {
        rc = number(p);
    } else if (isalpha((unsigned char)c) || c == '_') {
        rc = name(p);
    } else {
        rc = wrong(p, c ? "expected a number, a name or '('" : "it ends too early");
    }
    p->depth--;
    return rc;
}

/* The operator of a level that stands here; -1: none. */
static int operator_at(const struct parser *p, int level)
{
    for (size_t i = 0; i < N_OPERATOR; i++)
        if (strncmp(p->at, operators[i].text, strlen(operators[i].text)) == 0)
            return operators[i].level == level ? (int)i : -1;
    return -1;
}

static int expression(struct parser *p, int level)
{
    if (level > LEVELS)
        return operand(p);
    int rc = expression(p, level + 1), which;
    bool compared = false;
    while (rc == 0) {
        blanks(p);
        which = operator_at(p, level);
        if (which < 0)
            break;
        if (compared && (level == 3 || level == 4))
            return wrong(p, "two comparisons in a row: join them by &&");
        compared = true;
        p->at += strlen(operators[which].text);
        rc = expression(p, level + 1);
        if (rc == 0)
            rc = step(p, operators[which].op, 0, 0);
    }
    return rc;
}

int nj_where_parse(struct nj_where *out, const char *text, nj_where_name_fn place, void *ctx,
                   struct nj_error *err)
{
    struct parser p = {
        .text = text, .at = text, .place = place, .ctx = ctx, .out = out, .err = err};
    out->n = 0;
    int rc = expression(&p, 1);
    blanks(&p);
    if (rc == 0 && *p.at)
        rc = wrong(&p, "expected an operator");
    return rc;
}

static double both(char op, double a, double b)
{
    switch (op) {
    case '|':
        return a != 0 || b != 0;
    case '&':
        return a != 0 && b != 0;
    case '=':
        return a == b;
    case '~':
        return a < b || a > b;
    case 'l':
        return a <= b;
    case 'g':
        return a >= b;
    case '<':
        return a < b;
    case '>':
        return a > b;
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    default:
        return a / b;
    }
}

bool nj_where_holds(const struct nj_where *where, const double *values)
{
    double stack[NJ_WHERE_STEPS + 1] = {0};
    size_t n = 0;
    for (size_t i = 0; i < where->n; i++) {
        const struct nj_where_step *s = &where->steps[i];
        if (s->op == 'n') {
            stack[n++] = s->number;
        } else if (s->op == 'v') {
            stack[n++] = values[s->value];
        } else if (s->op == 'm' || s->op == '!') {
            stack[n - 1] = s->op == 'm' ? -stack[n - 1] : stack[n - 1] == 0;
        } else {
            stack[n - 2] = both(s->op, stack[n - 2], stack[n - 1]);
            n--;
        }
    }
    return n == 1 && stack[0] != 0 && !isnan(stack[0]);
}
