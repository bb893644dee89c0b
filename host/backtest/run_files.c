/* What a run leaves: its result, its curve, its page, and the hashes of the data that it names. */
#include "backtest/run_impl.h"
#include "base/fs.h"

#include <pthread.h>
#include <string.h>

static int put_file(const struct nj_bt_job *job, const char *path, struct nj_buf *text,
                    struct nj_error *err)
{
    int rc = text->failed ? nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory")
                          : nj_mkdirs_for(path, 0777, err);
    if (rc == 0)
        rc = nj_replace_file(job->request.platform, path, text->data ? text->data : "", text->len,
                             0666, err);
    nj_buf_free(text);
    return rc;
}

static int take_text(void *file, const char *data, size_t len, struct nj_error *err)
{
    return nj_replace_add(file, data, len, err);
}

static int begin_file(const struct nj_bt_job *job, const char *path, struct nj_replacing *file,
                      struct nj_error *err)
{
    int rc = path ? nj_mkdirs_for(path, 0777, err) : 0;
    return rc == 0 && path ? nj_replace_begin(file, job->request.platform, path, 0666, err) : rc;
}

/* The report's page, made on a thread of its own while the other two are poured. */
struct page {
    nj_bt_report_fn make; /* NULL: none is wanted */
    const struct nj_result *result;
    pthread_t thread;
    bool beside; /* thread runs */
    int rc;
    struct nj_buf text;
    struct nj_error err;
};

static void *make_page(void *ctx)
{
    struct page *p = ctx;
    p->rc = p->make(p->result, &p->text, &p->err);
    return NULL;
}

static void page_end(struct page *p)
{
    if (p->beside)
        pthread_join(p->thread, NULL);
    else if (p->make)
        make_page(p);
    p->beside = false;
}

int nj_bt_files_write(const struct nj_bt_job *job, const struct nj_bt_paths *paths,
                      nj_bt_report_fn report, const struct nj_result *r, struct nj_error *err)
{
    struct nj_replacing result = {.fd = -1}, curve = {.fd = -1};
    struct nj_result_sink to_result = {take_text, &result}, to_curve = {take_text, &curve};
    struct page page = {.make = paths && paths->report ? report : NULL, .result = r};
    if (!paths)
        return 0;
    if (page.make)
        page.beside = pthread_create(&page.thread, NULL, make_page, &page) == 0;
    int rc = begin_file(job, paths->result, &result, err);
    if (rc == 0)
        rc = begin_file(job, paths->curve, &curve, err);
    if (rc == 0 && (paths->result || paths->curve))
        rc = nj_result_pour(r, paths->result ? &to_result : NULL, paths->curve ? &to_curve : NULL,
                            err);
    if (rc == 0 && paths->result)
        rc = nj_replace_end(&result, err);
    if (rc == 0 && paths->curve)
        rc = nj_replace_end(&curve, err);
    page_end(&page);
    if (rc == 0 && page.make && page.rc == 0)
        rc = put_file(job, paths->report, &page.text, err);
    else if (rc == 0 && page.make) {
        *err = page.err;
        rc = page.rc;
    }
    nj_replace_drop(&result);
    nj_replace_drop(&curve);
    nj_buf_free(&page.text);
    return rc;
}

/* ---- hashes ---- */

static void *hash_data(void *ctx)
{
    struct nj_bt_hashing *h = ctx;
    h->rc = nj_bt_data_hash(&h->job->data, h->job->options.input, h->hash, &h->err);
    return NULL;
}

void nj_bt_hash_begin(struct nj_bt_hashing *h, const struct nj_bt_job *job)
{
    *h = (struct nj_bt_hashing){.job = job};
    h->beside = pthread_create(&h->thread, NULL, hash_data, h) == 0;
}

int nj_bt_hash_end(struct nj_bt_hashing *h, struct nj_result *r, struct nj_error *err)
{
    if (h->beside)
        pthread_join(h->thread, NULL);
    else
        hash_data(h);
    for (size_t i = 0; h->rc == 0 && i < r->n_data; i++)
        memcpy(r->data[i].hash, h->hash[i], sizeof r->data[i].hash);
    if (h->rc != 0)
        *err = h->err;
    return h->rc;
}
