#include "engine/model/store.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test has a data folder of its own, with a store of these files. */
static const char *const files[] = {STORE_DEFAULT_MODEL, "Tiny.gguf",    "tiny.GGUF",     "b.gguf",
                                    "notes.txt",         ".hidden.gguf", "half.gguf.part"};
static char root[64], folder[128];

static void touch(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static int set_up(void **state) {
    (void)state;
    strcpy(root, "/tmp/aerie-store-XXXXXX");
    if (mkdtemp(root) == NULL) return -1;
    snprintf(folder, sizeof folder, "%s/aerie", root);
    mkdir(folder, 0700);
    strcat(folder, "/models");
    mkdir(folder, 0700);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        touch(files[i]);
    char path[256];
    snprintf(path, sizeof path, "%s/folder.gguf", folder);
    mkdir(path, 0700);
    return setenv("XDG_DATA_HOME", root, 1);
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void the_folder_follows_xdg(void **state) {
    (void)state;
    struct error err = ERROR_INIT;
    char *path = store_folder(&err);
    assert_string_equal(path, folder);
    free(path);
    /* Relative and empty values count as unset. */
    const char *const ignored[] = {"", "relative/path"};
    for (int i = 0; i < 2; i++) {
        setenv("XDG_DATA_HOME", ignored[i], 1);
        setenv("HOME", "/home/someone", 1);
        path = store_folder(&err);
        assert_string_equal(path, "/home/someone/.local/share/aerie/models");
        free(path);
    }
    unsetenv("HOME");
    assert_null(store_folder(&err));
    assert_int_equal(err.code, ERROR_ARGUMENT);
}

static void the_list_holds_model_files_sorted(void **state) {
    (void)state;
    char **names;
    size_t n;
    assert_true(store_list(&names, &n, NULL));
    assert_int_equal(n, 4);
    assert_string_equal(names[0], "b.gguf");
    assert_string_equal(names[1], STORE_DEFAULT_MODEL);
    assert_string_equal(names[2], "Tiny.gguf");
    assert_string_equal(names[3], "tiny.GGUF");
    store_list_free(names, n);
}

static void a_folder_that_does_not_exist_is_an_empty_list(void **state) {
    (void)state;
    setenv("XDG_DATA_HOME", "/nonexistent", 1);
    char **names;
    size_t n = 7;
    assert_true(store_list(&names, &n, NULL));
    assert_int_equal(n, 0);
    store_list_free(names, n);
}

static void a_name_finds_its_file(void **state) {
    (void)state;
    static const struct {
        const char *name, *file;
    } cases[] = {
        {NULL, STORE_DEFAULT_MODEL},
        {"", STORE_DEFAULT_MODEL},
        {"b", "b.gguf"},
        {"B.GGUF", "b.gguf"},
        {"smollm2-135m-instruct.q4_1", STORE_DEFAULT_MODEL},
        {"Tiny.gguf", "Tiny.gguf"},
        {"tiny.GGUF", "tiny.GGUF"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = ERROR_INIT;
        char *path = store_resolve(cases[i].name, &err), expected[256];
        snprintf(expected, sizeof expected, "%s/%s", folder, cases[i].file);
        if (path == NULL) fail_msg("%s", err.message);
        assert_string_equal(path, expected);
        free(path);
    }
}

static void a_path_is_taken_as_it_is(void **state) {
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s/notes.txt", folder);
    char *resolved = store_resolve(path, NULL);
    assert_string_equal(resolved, path);
    free(resolved);
    struct error err = ERROR_INIT;
    assert_null(store_resolve("/nonexistent/model.gguf", &err));
    assert_int_equal(err.code, ERROR_IO);
    assert_non_null(strstr(err.message, "/nonexistent/model.gguf"));
}

static void an_unknown_name_says_where_it_looked_and_what_is_there(void **state) {
    (void)state;
    static const char *const names[] = {"codellama", "folder", ".hidden", "half.gguf.part"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error err = ERROR_INIT;
        assert_null(store_resolve(names[i], &err));
        assert_int_equal(err.code, ERROR_IO);
        assert_non_null(strstr(err.message, names[i]));
        assert_non_null(strstr(err.message, folder));
        assert_non_null(strstr(err.message, "b.gguf"));
    }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_folder_follows_xdg),
        TEST(the_list_holds_model_files_sorted),
        TEST(a_folder_that_does_not_exist_is_an_empty_list),
        TEST(a_name_finds_its_file),
        TEST(a_path_is_taken_as_it_is),
        TEST(an_unknown_name_says_where_it_looked_and_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
