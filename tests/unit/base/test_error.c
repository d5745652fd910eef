/* The error type: the first cause wins, and a message is always one line. */
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_first_error_wins(void **state) {
    (void)state;
    struct error err = ERROR_INIT;
    assert_false(error_set(&err, ERROR_FORMAT, "tensor %s is too long", "output"));
    error_set(&err, ERROR_MEMORY, "a later one");
    assert_int_equal(err.code, ERROR_FORMAT);
    assert_string_equal(err.message, "tensor output is too long");
    error_clear(&err);
    assert_int_equal(err.code, ERROR_NONE);
    assert_string_equal(err.message, "");
}

static void nobody_has_to_listen(void **state) {
    (void)state;
    assert_false(error_set(NULL, ERROR_IO, "unheard"));
    assert_false(error_set_errno(NULL, ERROR_IO, ENOENT, "unheard"));
}

static void a_message_stays_one_line_and_inside_its_buffer(void **state) {
    (void)state;
    struct error err = ERROR_INIT;
    error_set(&err, ERROR_FORMAT, "key %s", "a\nb\x1b[31m");
    assert_string_equal(err.message, "key a?b?[31m");

    char long_name[2000];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    error_clear(&err);
    error_set_errno(&err, ERROR_IO, ENOENT, "%s", long_name);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

static void errno_explains(void **state) {
    (void)state;
    struct error err = ERROR_INIT;
    error_set_errno(&err, ERROR_IO, ENOENT, "cannot open %s", "a.gguf");
    assert_string_equal(err.message, "cannot open a.gguf: No such file or directory");
}

static void every_code_has_a_name(void **state) {
    (void)state;
    for (int code = ERROR_NONE; code <= ERROR_BUSY; code++)
        assert_string_not_equal(error_code_name((enum error_code)code), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_wins),
        cmocka_unit_test(nobody_has_to_listen),
        cmocka_unit_test(a_message_stays_one_line_and_inside_its_buffer),
        cmocka_unit_test(errno_explains),
        cmocka_unit_test(every_code_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
