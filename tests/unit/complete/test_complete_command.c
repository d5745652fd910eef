/* `aerie complete` as a script and as a person at a terminal use it, with the default model, at the
 * places of tests/fixtures/places.json. */
#include "lsp/complete/place.h"

#include <jansson.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FIXTURES AERIE_SOURCE_DIR "/tests/fixtures/"

/* Sanitizers make a model run many times slower: they see every third place. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STRIDE = 3 };
#else
enum { STRIDE = 1 };
#endif

/* Runs the program with these arguments; its standard output (malloc'ed) and exit status. */
static char *run(const char *arguments, size_t *length, int *status) {
    char command[4096];
    snprintf(command, sizeof command, "'%s' complete %s", AERIE_PROGRAM, arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char *text = malloc(1 << 16);
    assert_non_null(text);
    *length = fread(text, 1, (1 << 16) - 1, pipe);
    text[*length] = '\0';
    *status = WEXITSTATUS(pclose(pipe));
    return text;
}

static void fails_with(int wanted, const char *arguments) {
    char command[2048];
    size_t length;
    int status;
    snprintf(command, sizeof command, "%s 2>&1", arguments);
    char *text = run(command, &length, &status);
    if (status != wanted || strchr(text, '\n') != text + length - 1)
        fail_msg("%s: status %d, '%s'", arguments, status, text);
    free(text);
}

static char *read_fixture(const char *name, size_t *length) {
    char path[1024];
    snprintf(path, sizeof path, "%s%s", FIXTURES, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = malloc(1 << 16);
    assert_non_null(text);
    *length = fread(text, 1, 1 << 16, file);
    fclose(file);
    return text;
}

static json_t *read_places(void) {
    json_t *places = json_load_file(FIXTURES "places.json", 0, NULL);
    assert_true(json_is_array(places));
    return places;
}

static const char *text_of(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

/* ---- --json ---------------------------------------------------------------------------------- */

/* Has the object these keys and no others? */
static void assert_keys(const json_t *object, const char *const *keys, size_t n) {
    assert_int_equal(json_object_size(object), n);
    for (size_t i = 0; i < n; i++)
        if (json_object_get(object, keys[i]) == NULL) fail_msg("no \"%s\"", keys[i]);
}

static void check_shape(const json_t *result, const json_t *place) {
    static const char *const keys[] = {"insertText",
                                       "range",
                                       "model",
                                       "backend",
                                       "promptTokens",
                                       "cachedTokens",
                                       "completionTokens",
                                       "acceptedDraftTokens",
                                       "ms"};
    static const char *const ms_keys[] = {"context", "prefill", "decode", "total"};
    assert_keys(result, keys, 9);
    const json_t *ms = json_object_get(result, "ms");
    assert_keys(ms, ms_keys, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(json_number_value(json_object_get(ms, ms_keys[i])) >= 0);
    assert_true(json_integer_value(json_object_get(result, "promptTokens")) > 0);
    assert_true(json_integer_value(json_object_get(result, "completionTokens")) > 0);

    static const char *const ends[] = {"start", "end"};
    const json_t *range = json_object_get(result, "range");
    assert_keys(range, ends, 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *at = json_object_get(range, ends[i]);
        assert_int_equal(json_integer_value(json_object_get(at, "line")),
                         json_integer_value(json_object_get(place, "line")));
        assert_int_equal(json_integer_value(json_object_get(at, "character")),
                         json_integer_value(json_object_get(place, "character")));
    }
}

/* The byte offset of "LINE:COL". */
static size_t offset_of(const char *text, size_t length, const char *cli) {
    unsigned line, column;
    assert_int_equal(sscanf(cli, "%u:%u", &line, &column), 2);
    size_t at = 0;
    for (; line > 1; line--) {
        const char *newline = memchr(text + at, '\n', length - at);
        assert_non_null(newline);
        at = (size_t)(newline - text) + 1;
    }
    return at + column - 1;
}

static bool ends_with(struct text_view text, struct text_view end) {
    return end.length > 0 && text.length >= end.length &&
           memcmp(text.bytes + text.length - end.length, end.bytes, end.length) == 0;
}

/* Says the offered text nothing that stands after the cursor, in the file's own characters? */
static void check_text(const char *name, struct place place, const char *offered) {
    struct text_view text = {offered, strlen(offered)};
    assert_true(place_strip(text).length > 0);
    assert_false(place_is_blank(offered[text.length - 1]));
    struct text_view rest = place_strip(place.after);
    if (rest.length > 1 && ends_with(text, rest)) fail_msg("%s: '%s' again", name, offered);
    struct text_view next = place_strip(place.next);
    if (!place_is_trivial(next) && ends_with(text, next)) fail_msg("%s: '%s' again", name, offered);
    for (const char *newline = offered; (newline = strchr(newline, '\n')) != NULL; newline++)
        if ((newline > offered && newline[-1] == '\r') != (strcmp(place.newline, "\r\n") == 0))
            fail_msg("%s: other line endings than the file's", name);
    assert_null(strstr(offered, "\xef\xbf\xbd"));
}

static void something_sensible_is_offered_in_each_language(void **state) {
    (void)state;
    json_t *places = read_places();
    for (size_t i = 0; i < json_array_size(places); i += STRIDE) {
        const json_t *at = json_array_get(places, i);
        char arguments[1024];
        size_t length;
        int status;
        snprintf(arguments, sizeof arguments, "--json '%s%s:%s'", FIXTURES, text_of(at, "file"),
                 text_of(at, "cli"));
        char *output = run(arguments, &length, &status);
        assert_int_equal(status, 0);
        json_t *result = json_loadb(output, length, 0, NULL);
        assert_non_null(result);
        const char *offered = text_of(result, "insertText");
        if (offered == NULL) fail_msg("%s: nothing", arguments);
        check_shape(result, at);

        char *document = read_fixture(text_of(at, "file"), &length);
        size_t offset = offset_of(document, length, text_of(at, "cli"));
        check_text(text_of(at, "file"), place_of(document, length, offset), offered);
        free(document);
        json_decref(result);
        free(output);
    }
    json_decref(places);
}

static void where_nothing_is_offered_there_is_a_reason(void **state) {
    (void)state;
    size_t length;
    int status;
    char *output = run("--json '" FIXTURES "primes.py:4:2'", &length, &status); /* d^ef gcd */
    assert_int_equal(status, 0);
    json_t *result = json_loadb(output, length, 0, NULL);
    assert_true(json_is_null(json_object_get(result, "insertText")));
    assert_string_equal(text_of(result, "reason"), "middle of a word");
    json_decref(result);
    free(output);
    output = run("'" FIXTURES "primes.py:4:2' 2>/dev/null", &length, &status);
    assert_int_equal(status, 0);
    assert_string_equal(output, "");
    free(output);
}

/* ---- for people ------------------------------------------------------------------------------ */

static void a_pipe_gets_the_text_alone(void **state) {
    (void)state;
    size_t length;
    int status;
    char *plain = run("'" FIXTURES "inventory.py:64:12'", &length, &status);
    assert_int_equal(status, 0);
    assert_null(strchr(plain, '\033'));
    char *output = run("--json '" FIXTURES "inventory.py:64:12'", &length, &status);
    json_t *result = json_loadb(output, length, 0, NULL);
    plain[strlen(plain) - 1] = '\0';
    assert_string_equal(plain, text_of(result, "insertText"));
    json_decref(result);
    free(output);
    free(plain);
}

static void a_terminal_gets_ghost_text_among_the_lines_around_it(void **state) {
    (void)state;
    int terminal;
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0) {
        setenv("TERM", "xterm-256color", 1);
        unsetenv("NO_COLOR");
        execl(AERIE_PROGRAM, "aerie", "complete", FIXTURES "ring_buffer.c:27:12", (char *)NULL);
        _exit(127);
    }
    char output[1 << 16];
    size_t length = 0;
    for (ssize_t n; length < sizeof output - 1 &&
                    (n = read(terminal, output + length, sizeof output - 1 - length)) > 0;)
        length += (size_t)n;
    output[length] = '\0';
    int status;
    waitpid(child, &status, 0);
    close(terminal);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_non_null(strstr(output, "    ring->length = 0;"));
    assert_non_null(strstr(output, "   27 "));
    assert_non_null(strstr(output, "    return \033[38;5;244m")); /* the ghost text begins */
    assert_non_null(strstr(output, "   28 "));
}

/* ---- arguments ------------------------------------------------------------------------------- */

static void places_that_are_none_are_usage_errors(void **state) {
    (void)state;
    fails_with(2, "'" FIXTURES "primes.py'");
    fails_with(2, "'" FIXTURES "primes.py:3'");
    fails_with(2, "'" FIXTURES "primes.py:0:1'");
    fails_with(2, "'" FIXTURES "primes.py:1:0'");
    fails_with(2, "'" FIXTURES "primes.py:1:x'");
    fails_with(2, "'" FIXTURES "primes.py:999:1'");
    fails_with(2, "'" FIXTURES "primes.py:1:99'");
    fails_with(2, "'" FIXTURES "primes.py:99999999999:1'");
    fails_with(2, "'" FIXTURES "greetings.js:1:7'"); /* inside the ü */
    fails_with(2, "':1:1'");
    fails_with(1, "'" FIXTURES "none.py:1:1'");
    fails_with(1, "'" FIXTURES ":1:1'");
    fails_with(1, "--model /nonexistent.gguf '" FIXTURES "primes.py:1:1'");
}

static void a_file_name_may_hold_colons(void **state) {
    (void)state;
    char folder[] = "/tmp/aerie-complete-XXXXXX", path[64], arguments[128];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a:1:2:3", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("int word;\n", file);
    fclose(file);
    size_t length;
    int status;
    snprintf(arguments, sizeof arguments, "--json --language c '%s:1:6'", path);
    char *output = run(arguments, &length, &status);
    assert_int_equal(status, 0);
    assert_non_null(strstr(output, "\"middle of a word\""));
    free(output);
    unlink(path);
    rmdir(folder);
}

int main(void) {
    char model[1024];
    const char *named = getenv("AERIE_MODEL"), *data = getenv("XDG_DATA_HOME");
    if (named == NULL || *named == '\0') {
        const char *home = getenv("HOME");
        bool xdg = data != NULL && *data != '\0';
        snprintf(model, sizeof model, "%s%s/aerie/models/SmolLM2-135M-Instruct.Q4_1.gguf",
                 xdg ? data : (home != NULL ? home : ""), xdg ? "" : "/.local/share");
        named = model;
    }
    if (access(named, R_OK) != 0) {
        fprintf(stderr, "skipped: no model at %s\n", named);
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(something_sensible_is_offered_in_each_language),
        cmocka_unit_test(where_nothing_is_offered_there_is_a_reason),
        cmocka_unit_test(a_pipe_gets_the_text_alone),
        cmocka_unit_test(a_terminal_gets_ghost_text_among_the_lines_around_it),
        cmocka_unit_test(places_that_are_none_are_usage_errors),
        cmocka_unit_test(a_file_name_may_hold_colons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
