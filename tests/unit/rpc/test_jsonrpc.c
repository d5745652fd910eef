/* What a body is, in the words of JSON-RPC 2.0. */
#include "lsp/rpc/jsonrpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *body;
    enum jsonrpc_kind kind;
    enum jsonrpc_code code; /* of an invalid one */
    const char *id;         /* as JSON; NULL for none */
} table[] = {
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\"}", JSONRPC_REQUEST, 0, "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"a\",\"params\":{}}", JSONRPC_REQUEST, 0,
     "\"x\""},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"a\",\"params\":[]}", JSONRPC_REQUEST, 0,
     "null"},
    {"{\"jsonrpc\":\"2.0\",\"id\":-7,\"method\":\"a\",\"params\":null}", JSONRPC_REQUEST, 0, "-7"},
    {"{\"jsonrpc\":\"2.0\",\"id\":7.0,\"method\":\"a\"}", JSONRPC_REQUEST, 0, "7"},
    {"{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"a\",\"params\":{\"n\":99999999999999999999}}",
     JSONRPC_REQUEST, 0, "3"},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"a\"}", JSONRPC_NOTIFICATION, 0, NULL},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":7}", JSONRPC_NOTIFICATION, 0, NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}", JSONRPC_RESPONSE, 0, "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":null}", JSONRPC_RESPONSE, 0, "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"error\":{\"code\":1,\"message\":\"m\"}}",
     JSONRPC_RESPONSE, 0, "\"q\""},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{}}", JSONRPC_RESPONSE, 0, "null"},

    {"", JSONRPC_INVALID, JSONRPC_PARSE_ERROR, NULL},
    {"hello", JSONRPC_INVALID, JSONRPC_PARSE_ERROR, NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,", JSONRPC_INVALID, JSONRPC_PARSE_ERROR, NULL},
    {"{} {}", JSONRPC_INVALID, JSONRPC_PARSE_ERROR, NULL},
    {"{\"method\":\"\xff\"}", JSONRPC_INVALID, JSONRPC_PARSE_ERROR, NULL},
    {"[]", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST, NULL},
    {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\"}]", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST,
     NULL},
    {"7", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST, NULL},
    {"\"a\"", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST, NULL},
    {"null", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST, NULL},
    {"{}", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST, NULL},
    {"{\"id\":1,\"method\":\"a\"}", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST, "1"},
    {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"a\"}", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST,
     "1"},
    {"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"a\"}", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST, "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1}", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST, "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":7}", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST, "2"},
    {"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"a\\u0000b\"}", JSONRPC_INVALID,
     JSONRPC_INVALID_REQUEST, "2"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"a\"}", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST,
     NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"a\"}", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST,
     NULL},
    {"{\"jsonrpc\":\"2.0\",\"result\":1}", JSONRPC_INVALID, JSONRPC_INVALID_REQUEST, NULL},
};

static void every_body_is_one_kind(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct jsonrpc_message message;
        jsonrpc_parse(&message, table[i].body, strlen(table[i].body));
        if (message.kind != table[i].kind) print_error("%s\n", table[i].body);
        assert_int_equal(message.kind, table[i].kind);
        if (message.kind == JSONRPC_INVALID) {
            assert_int_equal(message.code, table[i].code);
            assert_true(strlen(message.reason) > 0);
        }
        char *id = message.id != NULL ? json_dumps(message.id, JSON_ENCODE_ANY) : NULL;
        if (table[i].id == NULL)
            assert_null(id);
        else
            assert_string_equal(id, table[i].id);
        free(id);
        if (message.kind == JSONRPC_REQUEST || message.kind == JSONRPC_NOTIFICATION)
            assert_string_equal(message.method, "a");
        jsonrpc_release(&message);
    }
}

static void params_are_structured_or_marked_as_bad(void **state) {
    (void)state;
    static const struct {
        const char *params;
        bool present, bad;
    } cases[] = {{"{}", true, false}, {"[]", true, false},    {"null", false, false},
                 {"7", false, true},  {"\"x\"", false, true}, {"true", false, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[200];
        snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":%s}",
                 cases[i].params);
        struct jsonrpc_message message;
        jsonrpc_parse(&message, body, strlen(body));
        assert_int_equal(message.params != NULL, cases[i].present);
        assert_int_equal(message.bad_params, cases[i].bad);
        jsonrpc_release(&message);
    }
}

static void a_parse_error_holds_no_text_of_the_message(void **state) {
    (void)state;
    const char *body = "{\"params\": secret_identifier}";
    struct jsonrpc_message message;
    jsonrpc_parse(&message, body, strlen(body));
    assert_int_equal(message.code, JSONRPC_PARSE_ERROR);
    assert_null(strstr(message.reason, "secret"));
    jsonrpc_release(&message);
}

static void half_a_surrogate_pair_becomes_the_replacement_character(void **state) {
    (void)state;
    static const struct {
        const char *escaped, *text;
    } cases[] = {
        {"a\\ud800b", "a\xEF\xBF\xBD"
                      "b"},
        {"a\\uDC00b", "a\xEF\xBF\xBD"
                      "b"},
        {"\\ud800\\ud83d\\ude00", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
        {"\\ud800\\\\udc00", "\xEF\xBF\xBD\\udc00"},
        {"\\ud83d\\ude00\\udbff", "\xF0\x9F\x98\x80\xEF\xBF\xBD"},
        {"\\\\ud800 \\udfff", "\\ud800 \xEF\xBF\xBD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[200];
        snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":[\"%s\"]}",
                 cases[i].escaped);
        struct jsonrpc_message message;
        jsonrpc_parse(&message, body, strlen(body));
        assert_int_equal(message.kind, JSONRPC_NOTIFICATION);
        assert_string_equal(json_string_value(json_array_get(message.params, 0)), cases[i].text);
        jsonrpc_release(&message);
    }
}

static void text_may_hold_zero_bytes(void **state) {
    (void)state;
    const char *body = "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":[\"x\\u0000y\"]}";
    struct jsonrpc_message message;
    jsonrpc_parse(&message, body, strlen(body));
    assert_int_equal(json_string_length(json_array_get(message.params, 0)), 3);
    jsonrpc_release(&message);
}

static void deep_nesting_is_a_parse_error_and_no_crash(void **state) {
    (void)state;
    enum { DEPTH = 1000000 };
    char *body = malloc(DEPTH);
    assert_non_null(body);
    memset(body, '[', DEPTH);
    struct jsonrpc_message message;
    jsonrpc_parse(&message, body, DEPTH);
    assert_int_equal(message.code, JSONRPC_PARSE_ERROR);
    jsonrpc_release(&message);
    free(body);
}

/* Takes the reference. */
static void assert_frame(json_t *message, const char *expected) {
    size_t length = 0;
    char *frame = jsonrpc_frame(message, &length);
    assert_non_null(frame);
    char whole[400];
    int n =
        snprintf(whole, sizeof whole, "Content-Length: %zu\r\n\r\n%s", strlen(expected), expected);
    assert_int_equal(length, n);
    assert_memory_equal(frame, whole, length);
    free(frame);
    json_decref(message);
}

static void messages_are_written_as_json_rpc_has_them(void **state) {
    (void)state;
    json_t *id = json_string("\xC3\xA4");
    assert_frame(jsonrpc_request(7, "m", json_object()),
                 "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\",\"params\":{}}");
    assert_frame(jsonrpc_request(7, "m", NULL), "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\"}");
    assert_frame(jsonrpc_notification("m", NULL), "{\"jsonrpc\":\"2.0\",\"method\":\"m\"}");
    assert_frame(jsonrpc_result(id, json_integer(1)),
                 "{\"jsonrpc\":\"2.0\",\"id\":\"\xC3\xA4\",\"result\":1}");
    assert_frame(jsonrpc_result(id, NULL),
                 "{\"jsonrpc\":\"2.0\",\"id\":\"\xC3\xA4\",\"result\":null}");
    assert_frame(
        jsonrpc_error(NULL, JSONRPC_PARSE_ERROR, "no"),
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"no\"}}");
    json_decref(id);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_body_is_one_kind),
        cmocka_unit_test(params_are_structured_or_marked_as_bad),
        cmocka_unit_test(a_parse_error_holds_no_text_of_the_message),
        cmocka_unit_test(half_a_surrogate_pair_becomes_the_replacement_character),
        cmocka_unit_test(text_may_hold_zero_bytes),
        cmocka_unit_test(deep_nesting_is_a_parse_error_and_no_crash),
        cmocka_unit_test(messages_are_written_as_json_rpc_has_them),
    };
    return cmocka_run_group_tests_name("jsonrpc", tests, NULL, NULL);
}
