/* fuzz_report.c - bytes as a result file. What is read must come back the same from being written,
 * and its page must be sealed whatever its texts are: three scripts, each ended once, and no other
 * element that a text could have made. Owned by the tests. */
#include "../support/result_text.h"
#include "backtest/report.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *why)
{
    fprintf(stderr, "report: %s\n", why);
    __builtin_trap();
}

static void check_line(const struct nj_error *err)
{
    if (err->text[0] == '\0' || strchr(err->text, '\n'))
        fail("a refusal that is not one line");
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        n++;
    return n;
}

static void check_page(const struct nj_buf *page)
{
    if (strlen(page->data) != page->len)
        fail("a page with a NUL in it");
    if (count(page->data, "<script") != 3 || count(page->data, "</script") != 3)
        fail("a text has become a script");
    if (strstr(page->data, "<img") || strstr(page->data, "<!--"))
        fail("a text has become markup");
}

/* Reads what was written and writes it again. */
static void again(const struct nj_buf *text, struct nj_buf *out)
{
    struct nj_result back;
    struct nj_error err = {0};
    if (nj_result_read(&back, "again", text->data, text->len, &err) != 0 ||
        result_text(&back, out, &err) != 0)
        fail(err.text);
    nj_result_free(&back);
}

/* An event's zero may lose its sign on the way, once. */
static void check_written(const struct nj_result *result)
{
    struct nj_buf texts[3] = {{0}};
    struct nj_error err = {0};
    if (result_text(result, &texts[0], &err) != 0)
        fail(err.text);
    again(&texts[0], &texts[1]);
    again(&texts[1], &texts[2]);
    if (strcmp(texts[1].data, texts[2].data) != 0)
        fail("it comes back as another one");
    for (int i = 0; i < 3; i++)
        nj_buf_free(&texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nj_result result;
    struct nj_buf page = {0};
    struct nj_error err = {0};
    if (nj_result_read(&result, "result", (const char *)data, size, &err) != 0) {
        check_line(&err);
        return 0;
    }
    check_written(&result);
    if (!nj_report_missing()) {
        const struct nj_result two[2] = {result, result};
        const char *const names[2] = {result.strategy_id, "<img>"};
        if (nj_report_html(&result, &page, &err) == 0)
            check_page(&page);
        else
            check_line(&err);
        nj_buf_clear(&page);
        if (nj_report_compare(two, names, 2, &page, &err) == 0)
            check_page(&page);
        else
            check_line(&err);
    }
    nj_buf_free(&page);
    nj_result_free(&result);
    return 0;
}
