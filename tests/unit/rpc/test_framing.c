/* Messages out of a byte stream, however it is cut and whatever is in it. */
#include "lsp/rpc/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What came out of a stream, as one text: "[body]" for a message, "!" for a refusal. */
static void drain(struct framing *framing, char *out, size_t size) {
    const char *body;
    size_t length;
    struct error err = ERROR_INIT;
    for (enum framing_event event;
         (event = framing_next(framing, &body, &length, &err)) != FRAMING_NEED_MORE;) {
        size_t used = strlen(out);
        if (event == FRAMING_MESSAGE) {
            snprintf(out + used, size - used, "[%.*s]", (int)length, body);
        } else {
            assert_int_not_equal(err.code, ERROR_NONE);
            assert_true(strlen(err.message) > 10);
            snprintf(out + used, size - used, "!");
            error_clear(&err);
        }
    }
    assert_int_equal(err.code, ERROR_NONE);
}

static void feed(struct framing *framing, const char *bytes, size_t length) {
    struct error err = ERROR_INIT;
    assert_true(framing_feed(framing, bytes, length, &err));
}

struct stream {
    const char *name, *bytes, *expected;
};

static const struct stream streams[] = {
    {"one message", "Content-Length: 2\r\n\r\n{}", "[{}]"},
    {"three in a row",
     "Content-Length: 1\r\n\r\naContent-Length: 0\r\n\r\nContent-Length: 3\r\n\r\nbcd",
     "[a][][bcd]"},
    {"header names in any case, odd spaces",
     "content-LENGTH:   2  \r\n\r\n{}CONTENT-length:2\r\n\r\n[]", "[{}][[]]"},
    {"a Content-Type before and after",
     "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 1\r\n\r\na"
     "Content-Length: 1\r\nContent-Type: application/vscode-jsonrpc; charset=utf8\r\n\r\nb",
     "[a][b]"},
    {"unknown headers", "X-Other: a: b\r\nContent-Length: 1\r\n\r\na", "[a]"},
    {"lines that end with a newline alone", "Content-Length: 1\n\naContent-Length: 1\n\nb",
     "[a][b]"},
    {"empty lines between messages",
     "\r\n\nContent-Length: 1\r\n\r\na\r\nContent-Length: 1\r\n\r\nb", "[a][b]"},
    {"the length said twice alike", "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", "[a]"},
    {"a body that looks like a header", "Content-Length: 21\r\n\r\nContent-Length: 3\r\n\r\n",
     "[Content-Length: 3\r\n\r\n]"},
    {"the end in the middle of a body", "Content-Length: 3\r\n\r\nab", ""},
    {"the end in the middle of a header", "Content-Len", ""},

    {"no length at all", "X-Other: 1\r\n\r\n{}Content-Length: 1\r\n\r\na", "![a]"},
    {"a negative length", "Content-Length: -5\r\n\r\nhelloContent-Length: 1\r\n\r\na", "![a]"},
    {"a length beyond 64 bits",
     "Content-Length: 99999999999999999999\r\n\r\nContent-Length: 1\r\n\r\na", "![a]"},
    {"a length of 2^64 - 1",
     "Content-Length: 18446744073709551615\r\n\r\nContent-Length: 1\r\n\r\na", "![a]"},
    {"a hexadecimal length", "Content-Length: 0x10\r\n\r\nContent-Length: 1\r\n\r\na", "![a]"},
    {"an empty length", "Content-Length:\r\n\r\nContent-Length: 1\r\n\r\na", "![a]"},
    {"two lengths: the later one is believed", "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
     "![ab]"},
    {"noise in front of a header", "warning: foo\nContent-Length: 1\r\n\r\na", "[a]"},
    {"noise without a line end", "Hello!Content-Length: 1\r\n\r\na", "![a]"},
    {"a line without a colon", "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\na", "![a]"},
    {"bytes of all kinds", "\x01\xff\xfe\n\n\xc3\x28\nContent-Length: 1\r\n\r\na", "![a]"},
    {"garbage twice, told twice",
     "x\nContent-Length: 1\r\n\r\na"
     "x\nContent-Length: 1\r\n\r\nb",
     "![a]![b]"},
    {"garbage upon garbage, told once", "x\ny\nContent-Length: z\r\nContent-Length: 1\r\n\r\na",
     "![a]"},
    {"over the limit of 64 bytes",
     "Content-Length: 70\r\n\r\n"
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "Content-Length: 1\r\n\r\na",
     "![a]"},
};
enum { N_STREAMS = sizeof streams / sizeof *streams, LIMIT = 64 };

static void a_stream_in_one_piece(void **state) {
    (void)state;
    for (size_t i = 0; i < N_STREAMS; i++) {
        char out[400] = "";
        struct framing *framing = framing_create(LIMIT, NULL);
        feed(framing, streams[i].bytes, strlen(streams[i].bytes));
        drain(framing, out, sizeof out);
        if (strcmp(out, streams[i].expected) != 0) print_error("%s\n", streams[i].name);
        assert_string_equal(out, streams[i].expected);
        framing_free(framing);
    }
}

static void every_split_in_two_gives_the_same(void **state) {
    (void)state;
    for (size_t i = 0; i < N_STREAMS; i++) {
        size_t length = strlen(streams[i].bytes);
        for (size_t split = 0; split <= length; split++) {
            char out[400] = "";
            struct framing *framing = framing_create(LIMIT, NULL);
            feed(framing, streams[i].bytes, split);
            drain(framing, out, sizeof out);
            feed(framing, streams[i].bytes + split, length - split);
            drain(framing, out, sizeof out);
            if (strcmp(out, streams[i].expected) != 0)
                print_error("%s, split at %zu\n", streams[i].name, split);
            assert_string_equal(out, streams[i].expected);
            framing_free(framing);
        }
    }
}

static void byte_by_byte_gives_the_same(void **state) {
    (void)state;
    for (size_t i = 0; i < N_STREAMS; i++) {
        char out[400] = "";
        struct framing *framing = framing_create(LIMIT, NULL);
        for (const char *at = streams[i].bytes; *at != '\0'; at++) {
            feed(framing, at, 1);
            drain(framing, out, sizeof out);
        }
        if (strcmp(out, streams[i].expected) != 0) print_error("%s\n", streams[i].name);
        assert_string_equal(out, streams[i].expected);
        framing_free(framing);
    }
}

static void all_streams_one_after_the_other(void **state) {
    (void)state;
    /* Those that end with a message leave the parser at the beginning of the next. */
    struct framing *framing = framing_create(LIMIT, NULL);
    char out[2000] = "", expected[2000] = "";
    for (size_t i = 0; i < N_STREAMS; i++) {
        size_t length = strlen(streams[i].expected);
        if (length == 0 || streams[i].expected[length - 1] != ']') continue;
        strcat(expected, streams[i].expected);
        feed(framing, streams[i].bytes, strlen(streams[i].bytes));
    }
    drain(framing, out, sizeof out);
    assert_string_equal(out, expected);
    framing_free(framing);
}

static void an_endless_header_is_refused(void **state) {
    (void)state;
    struct framing *framing = framing_create(0, NULL);
    char out[100] = "", piece[1000];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 100; i++) {
        feed(framing, piece, sizeof piece);
        drain(framing, out, sizeof out);
    }
    const char *next = "\r\n\r\nContent-Length: 1\r\n\r\na";
    feed(framing, next, strlen(next));
    drain(framing, out, sizeof out);
    assert_string_equal(out, "![a]");
    framing_free(framing);
}

static void many_short_header_lines_are_refused(void **state) {
    (void)state;
    struct framing *framing = framing_create(0, NULL);
    char out[100] = "";
    for (int i = 0; i < 5000; i++) {
        feed(framing, "a: b\r\n", 6);
        drain(framing, out, sizeof out);
    }
    const char *next = "\r\n\r\nContent-Length: 1\r\n\r\na";
    feed(framing, next, strlen(next));
    drain(framing, out, sizeof out);
    assert_string_equal(out, "![a]");
    framing_free(framing);
}

static void the_limit_itself_is_accepted_and_one_more_is_not(void **state) {
    (void)state;
    char out[400] = "", bytes[400];
    struct framing *framing = framing_create(100, NULL);
    snprintf(bytes, sizeof bytes,
             "Content-Length: 100\r\n\r\n%0100dContent-Length: 101\r\n\r\n%0101d", 7, 8);
    feed(framing, bytes, strlen(bytes));
    drain(framing, out, sizeof out);
    assert_int_equal(strlen(out), 103); /* "[" 100 bytes "]!" */
    assert_int_equal(out[102], '!');
    framing_free(framing);
}

static void the_refusal_of_a_long_message_says_the_lengths(void **state) {
    (void)state;
    struct framing *framing = framing_create(10, NULL);
    const char *header = "Content-Length: 4000000000\r\n\r\n";
    const char *body;
    size_t length;
    struct error err = ERROR_INIT;
    feed(framing, header, strlen(header));
    assert_int_equal(framing_next(framing, &body, &length, &err), FRAMING_REFUSED);
    assert_int_equal(err.code, ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "4000000000"));
    assert_non_null(strstr(err.message, "10 bytes"));
    framing_free(framing);
}

static void a_long_message_arrives_whole(void **state) {
    (void)state;
    enum { LENGTH = 3 << 20, PIECE = 65521 };
    char *body = malloc(LENGTH);
    assert_non_null(body);
    for (size_t i = 0; i < LENGTH; i++)
        body[i] = (char)(i * 31 >> 7);
    struct framing *framing = framing_create(0, NULL);
    for (int round = 0; round < 2; round++) {
        char header[64];
        feed(framing, header,
             (size_t)snprintf(header, sizeof header, "Content-Length: %d\r\n\r\n", LENGTH));
        const char *got;
        size_t length;
        for (size_t at = 0; at < LENGTH; at += PIECE) {
            assert_int_equal(framing_next(framing, &got, &length, NULL), FRAMING_NEED_MORE);
            feed(framing, body + at, LENGTH - at < PIECE ? LENGTH - at : PIECE);
        }
        assert_int_equal(framing_next(framing, &got, &length, NULL), FRAMING_MESSAGE);
        assert_int_equal(length, LENGTH);
        assert_memory_equal(got, body, LENGTH);
    }
    framing_free(framing);
    free(body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_in_one_piece),
        cmocka_unit_test(every_split_in_two_gives_the_same),
        cmocka_unit_test(byte_by_byte_gives_the_same),
        cmocka_unit_test(all_streams_one_after_the_other),
        cmocka_unit_test(an_endless_header_is_refused),
        cmocka_unit_test(many_short_header_lines_are_refused),
        cmocka_unit_test(the_limit_itself_is_accepted_and_one_more_is_not),
        cmocka_unit_test(the_refusal_of_a_long_message_says_the_lengths),
        cmocka_unit_test(a_long_message_arrives_whole),
    };
    return cmocka_run_group_tests_name("framing", tests, NULL, NULL);
}
