/* The table of open documents. */
#include "lsp/document/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct document *named(int number, const char *text) {
    char uri[64];
    snprintf(uri, sizeof uri, "file:///project/source_%d.c", number);
    struct document *document = document_create(uri, "c", number, text, strlen(text), NULL);
    assert_non_null(document);
    return document;
}

static struct document *find(const struct document_store *store, int number) {
    char uri[64];
    snprintf(uri, sizeof uri, "file:///project/source_%d.c", number);
    return document_store_find(store, uri);
}

static bool drop(struct document_store *store, int number) {
    char uri[64];
    snprintf(uri, sizeof uri, "file:///project/source_%d.c", number);
    return document_store_remove(store, uri);
}

static void what_is_opened_is_found_until_it_is_closed(void **state) {
    (void)state;
    struct document_store *store = document_store_create(NULL);
    enum { N = 500 };
    for (int i = 0; i < N; i++)
        assert_true(document_store_put(store, named(i, "x"), NULL));
    assert_int_equal(document_store_length(store), N);
    /* Closing in another order than opening: no other document may get lost on the way. */
    for (int i = 0; i < N; i++) {
        int gone = (i * 7) % N;
        assert_true(drop(store, gone));
        assert_null(find(store, gone));
        assert_false(drop(store, gone));
        for (int j = i + 1; j < N; j += 13) {
            int still = (j * 7) % N;
            assert_non_null(find(store, still));
            assert_int_equal(document_version(find(store, still)), still);
        }
    }
    assert_int_equal(document_store_length(store), 0);
    document_store_free(store);
}

static void opening_again_replaces(void **state) {
    (void)state;
    struct document_store *store = document_store_create(NULL);
    assert_true(document_store_put(store, named(1, "old"), NULL));
    assert_true(document_store_put(store, named(1, "new"), NULL));
    assert_int_equal(document_store_length(store), 1);
    assert_string_equal(document_text(find(store, 1)), "new");
    document_store_free(store);
}

static void a_walk_sees_each_document_once(void **state) {
    (void)state;
    struct document_store *store = document_store_create(NULL);
    bool seen[40] = {false};
    for (int i = 0; i < 40; i++)
        assert_true(document_store_put(store, named(i, ""), NULL));
    size_t cursor = 0, n = 0;
    for (struct document *d; (d = document_store_next(store, &cursor)) != NULL; n++) {
        assert_false(seen[document_version(d)]);
        seen[document_version(d)] = true;
    }
    assert_int_equal(n, 40);
    document_store_free(store);
    document_store_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_opened_is_found_until_it_is_closed),
        cmocka_unit_test(opening_again_replaces),
        cmocka_unit_test(a_walk_sees_each_document_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
