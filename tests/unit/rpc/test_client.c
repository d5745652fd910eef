/* What initialize tells about a client, and the small readers of parameters and URIs. */
#include "lsp/server/client.h"
#include "lsp/server/params.h"
#include "lsp/server/uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct client read(const char *capabilities) {
    json_t *params =
        json_pack("{s:o}", "capabilities", json_loads(capabilities, JSON_DECODE_ANY, NULL));
    assert_non_null(params);
    struct client client;
    client_read(&client, params);
    json_decref(params);
    return client;
}

static void the_first_encoding_we_know_is_taken(void **state) {
    (void)state;
    static const struct {
        const char *offered;
        enum position_encoding chosen;
    } cases[] = {
        {"null", ENCODING_UTF16},
        {"[]", ENCODING_UTF16},
        {"[\"utf-8\"]", ENCODING_UTF8},
        {"[\"utf-16\", \"utf-8\"]", ENCODING_UTF16},
        {"[\"utf-32\", \"utf-8\", \"utf-16\"]", ENCODING_UTF32},
        {"[\"utf-7\", \"utf-8\"]", ENCODING_UTF8},
        {"[\"utf-7\"]", ENCODING_UTF16},
        {"[7, {}, \"utf-32\"]", ENCODING_UTF32},
        {"\"utf-8\"", ENCODING_UTF16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        strcpy(text, "{\"general\":{\"positionEncodings\":");
        strcat(text, cases[i].offered);
        strcat(text, "}}");
        assert_int_equal(read(text).encoding, cases[i].chosen);
    }
}

static void a_client_that_says_nothing_can_nothing(void **state) {
    (void)state;
    static const char *const texts[] = {"{}", "null", "7",
                                        "{\"workspace\":[],\"window\":7,\"textDocument\":null}",
                                        "{\"textDocument\":{\"inlineCompletion\":null}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct client client = read(texts[i]);
        assert_false(client.configuration || client.register_configuration ||
                     client.register_inline_completion || client.work_done_progress);
        assert_int_equal(client.encoding, ENCODING_UTF16);
    }
    struct client unknown;
    client_read(&unknown, NULL);
    assert_false(unknown.configuration);
}

static void what_a_client_says_is_believed(void **state) {
    (void)state;
    assert_true(read("{\"workspace\":{\"configuration\":true}}").configuration);
    assert_true(read("{\"workspace\":{\"didChangeConfiguration\":{\"dynamicRegistration\":true}}}")
                    .register_configuration);
    assert_true(read("{\"textDocument\":{\"inlineCompletion\":{\"dynamicRegistration\":true}}}")
                    .register_inline_completion);
    assert_true(read("{\"window\":{\"workDoneProgress\":true}}").work_done_progress);
}

static void ranges_are_objects_or_pairs(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"{\"start\":{\"line\":1,\"character\":2},\"end\":{\"line\":3,\"character\":4}}", true},
        {"[{\"line\":1,\"character\":2},{\"line\":3,\"character\":4}]", true},
        {"[{\"line\":1.0,\"character\":2.0},{\"line\":3,\"character\":4},7]", true},
        {"[]", false},
        {"[1,2]", false},
        {"{}", false},
        {"null", false},
        {"{\"start\":{\"line\":1,\"character\":2}}", false},
        {"{\"start\":{\"line\":-1,\"character\":2},\"end\":{\"line\":3,\"character\":4}}", false},
        {"{\"start\":{\"line\":\"1\",\"character\":2},\"end\":{\"line\":3,\"character\":4}}",
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *value = json_loads(cases[i].text, JSON_DECODE_ANY, NULL);
        struct range range;
        assert_int_equal(params_range(value, &range), cases[i].good);
        if (cases[i].good) {
            assert_int_equal(range.start.line, 1);
            assert_int_equal(range.start.character, 2);
            assert_int_equal(range.end.line, 3);
            assert_int_equal(range.end.character, 4);
        }
        json_decref(value);
    }
}

static void a_number_beyond_uinteger_is_the_largest(void **state) {
    (void)state;
    json_t *value = json_pack("{s:I, s:f}", "line", (json_int_t)1 << 40, "character", 1e300);
    struct position position;
    assert_true(params_position(value, &position));
    assert_int_equal(position.line, UINT32_MAX);
    assert_int_equal(position.character, UINT32_MAX);
    json_decref(value);
}

static void uris_have_paths(void **state) {
    (void)state;
    static const struct {
        const char *uri, *path;
    } cases[] = {
        {"file:///home/a/b.py", "/home/a/b.py"},
        {"file:///a%20b/%C3%A4.py", "/a b/\xC3\xA4.py"},
        {"file://host/share/x.c", "/share/x.c"},
        {"file:///c%3A/x.c", "/c:/x.c"},
        {"untitled:Untitled-1", "Untitled-1"},
        {"vscode-notebook-cell:/a/n.ipynb#W0", "/a/n.ipynb"},
        {"git:/a.py?ref=x", "/a.py"},
        {"/plain/path.py", "/plain/path.py"},
        {"file:///50%", "/50%"},
        {"file:///%zz%4", "/%zz%4"},
        {"file:///a%00b", "/a%00b"},
        {"", ""},
        {":", ":"},
        {"file:", ""},
        {"file://", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = uri_path(cases[i].uri);
        assert_string_equal(path, cases[i].path);
        free(path);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_encoding_we_know_is_taken),
        cmocka_unit_test(a_client_that_says_nothing_can_nothing),
        cmocka_unit_test(what_a_client_says_is_believed),
        cmocka_unit_test(ranges_are_objects_or_pairs),
        cmocka_unit_test(a_number_beyond_uinteger_is_the_largest),
        cmocka_unit_test(uris_have_paths),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
