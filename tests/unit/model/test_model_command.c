/* `aerie model list` and `aerie model info`, run as a user runs them. */
#include "tests/support/random_gguf.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64], store[128];

struct result {
    int status;
    char out[16384], err[4096];
};

static void read_whole(const char *name, char *text, size_t capacity) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, capacity - 1, file)] = '\0';
    fclose(file);
}

/* Runs `aerie model ARGUMENTS` in the folder of the test. */
static struct result run(const char *arguments) {
    struct result result;
    char command[1024];
    snprintf(command, sizeof command, "cd '%s' && '%s' model %s >out 2>err", root, AERIE_PROGRAM,
             arguments);
    int status = system(command);
    assert_true(WIFEXITED(status));
    result.status = WEXITSTATUS(status);
    read_whole("out", result.out, sizeof result.out);
    read_whole("err", result.err, sizeof result.err);
    return result;
}

/* A store with a good model, one cut in half, and one with an offset past the end. */
static void make_store(void) {
    struct random_gguf options = {
        .architecture = "qwen2", .type = TENSOR_Q8_0, .fim = true, .name = "A good one"};
    struct error err = ERROR_INIT;
    char path[256];
    snprintf(path, sizeof path, "%s/good.gguf", store);
    if (!random_gguf_write(&options, path, &err)) fail_msg("%s", err.message);
    snprintf(path, sizeof path, "%s/half.gguf", store);
    if (!random_gguf_write(&options, path, &err)) fail_msg("%s", err.message);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(truncate(path, info.st_size / 2), 0);

    void *bytes;
    size_t n;
    assert_true(random_gguf_bytes(&options, &bytes, &n, &err));
    uint8_t *name = memmem(bytes, n, "output_norm.weight", 18);
    assert_non_null(name);
    uint64_t offset = (uint64_t)1 << 40;
    memcpy(name + 18 + 4 + 8 + 4, &offset, 8); /* dimensions, one length, type, offset */
    snprintf(path, sizeof path, "%s/offset.gguf", store);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
    free(bytes);
}

static int set_up(void **state) {
    (void)state;
    strcpy(root, "/tmp/aerie-model-XXXXXX");
    if (mkdtemp(root) == NULL) return -1;
    snprintf(store, sizeof store, "mkdir -p '%s/aerie/models'", root);
    if (system(store) != 0) return -1;
    snprintf(store, sizeof store, "%s/aerie/models", root);
    setenv("XDG_DATA_HOME", root, 1);
    unsetenv("AERIE_MODEL");
    make_store();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static long long number(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

static void info_tells_all_about_a_model(void **state) {
    (void)state;
    struct result result = run("info good --json");
    assert_int_equal(result.status, 0);
    assert_string_equal(result.err, "");
    json_t *info = json_loads(result.out, 0, NULL);
    assert_non_null(info);
    assert_string_equal(json_string_value(json_object_get(info, "name")), "A good one");
    assert_string_equal(json_string_value(json_object_get(info, "architecture")), "qwen2");
    assert_int_equal(number(info, "layers"), 2);
    assert_int_equal(number(info, "width"), 256);
    assert_int_equal(number(info, "heads"), 4);
    assert_int_equal(number(info, "kvHeads"), 2);
    assert_int_equal(number(info, "context"), 512);
    assert_int_equal(number(info, "vocabulary"), 280);
    assert_int_equal(number(info, "kvBytes"), 2 * 2 * 2 * 64 * 2 * 512);
    const json_t *types = json_object_get(info, "types");
    assert_int_equal(number(json_object_get(types, "Q8_0"), "tensors"), 16);
    assert_int_equal(number(json_object_get(info, "fim"), "middle"), 273);
    assert_string_equal(json_string_value(json_object_get(json_object_get(info, "rope"), "style")),
                        "halves");
    json_decref(info);

    result = run("info good");
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, "A good one"));
    assert_non_null(strstr(result.out, "qwen2"));
}

static void a_damaged_file_is_one_clear_line(void **state) {
    (void)state;
    static const struct {
        const char *arguments, *says;
    } cases[] = {
        {"info half", "past the end of the file"},
        {"info half --json", "truncated or damaged; download it again"},
        {"info offset", "tensor output_norm.weight ends at byte"},
        {"info aerie/models/offset.gguf", "past the end of the file"},
        {"info absent", "good.gguf"},
        {"info ./absent.gguf", "No such file"},
        {"info /dev/null", "not a regular file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct result result = run(cases[i].arguments);
        assert_int_equal(result.status, 1);
        assert_string_equal(result.out, "");
        char *newline = strchr(result.err, '\n');
        assert_true(newline != NULL && newline[1] == '\0');
        assert_memory_equal(result.err, "aerie: ", 7);
        if (strstr(result.err, cases[i].says) == NULL) fail_msg("%s", result.err);
    }
}

static void list_names_every_file_and_the_default(void **state) {
    (void)state;
    setenv("AERIE_MODEL", "good", 1);
    struct result result = run("list --json");
    assert_int_equal(result.status, 0);
    json_t *all = json_loads(result.out, 0, NULL);
    assert_non_null(all);
    assert_string_equal(json_string_value(json_object_get(all, "folder")), store);
    const json_t *models = json_object_get(all, "models");
    assert_int_equal(json_array_size(models), 3);
    const json_t *good = json_array_get(models, 0), *half = json_array_get(models, 1);
    assert_string_equal(json_string_value(json_object_get(good, "name")), "good.gguf");
    assert_true(json_is_true(json_object_get(good, "default")));
    assert_true(number(good, "parameters") > 1000000);
    assert_true(json_is_false(json_object_get(half, "default")));
    assert_null(json_object_get(half, "architecture"));
    assert_non_null(strstr(json_string_value(json_object_get(half, "error")), "damaged"));
    json_decref(all);

    result = run("list");
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, "(default)"));
    assert_non_null(strstr(result.out, "unusable: "));
}

static void what_makes_no_sense_is_a_usage_error(void **state) {
    (void)state;
    static const char *const arguments[] = {"", "fetch", "list good", "info a b", "--colour"};
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        struct result result = run(arguments[i]);
        assert_int_equal(result.status, 2);
        assert_non_null(strstr(result.err, "usage: "));
    }
    assert_int_equal(run("--help").status, 0);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(info_tells_all_about_a_model),
        TEST(a_damaged_file_is_one_clear_line),
        TEST(list_names_every_file_and_the_default),
        TEST(what_makes_no_sense_is_a_usage_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
