/* `aerie doctor` finds out what is there, and names the command that mends what is not. */
#include "lsp/cmd/doctor_report.h"
#include "tests/support/random_gguf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/aerie-doctor-XXXXXX";
static char model_path[64];

/* An empty model store, and a small model beside it. */
static int make_folder(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(model_path, sizeof model_path, "%s/tiny.gguf", folder);
    setenv("XDG_DATA_HOME", folder, 1);
    unsetenv("AERIE_MODEL");
    unsetenv("AERIE_BACKEND");
    struct error err = ERROR_INIT;
    return random_gguf_write(&(struct random_gguf){.type = TENSOR_Q8_0}, model_path, &err) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(model_path);
    return rmdir(folder);
}

static void a_model_that_can_run_leaves_nothing_to_mend(void **state) {
    (void)state;
    struct doctor_report report;
    doctor_report_make(&report, model_path, "reference", 1);
    assert_int_equal(report.n_problems, 0);
    assert_true(report.model.readable);
    assert_string_equal(report.model.path, model_path);
    assert_string_equal(report.model.architecture, "llama");
    assert_int_equal(report.model.context, 512);
    assert_true(report.model.file_bytes > 0);
    assert_true(report.model.least_memory_bytes > 0);
    assert_true(report.model.least_memory_bytes < report.model.most_memory_bytes);
    doctor_report_free(&report);
}

static void the_default_model_missing_is_mended_by_fetching_it(void **state) {
    (void)state;
    struct doctor_report report;
    doctor_report_make(&report, NULL, NULL, 1);
    assert_int_equal(report.n_problems, 1);
    assert_false(report.model.readable);
    assert_non_null(strstr(report.problems[0].mend, "fetch_model.sh"));
    doctor_report_free(&report);
}

static void another_model_missing_is_mended_by_looking_at_the_list(void **state) {
    (void)state;
    struct doctor_report report;
    doctor_report_make(&report, "no-such-model", NULL, 1);
    assert_int_equal(report.n_problems, 1);
    assert_string_equal(report.problems[0].mend, "aerie model list");
    doctor_report_free(&report);
}

static void a_damaged_model_is_a_problem(void **state) {
    (void)state;
    char path[80];
    snprintf(path, sizeof path, "%s/half.gguf", folder);
    void *bytes;
    size_t n;
    struct error err = ERROR_INIT;
    assert_true(random_gguf_bytes(&(struct random_gguf){.n_layers = 1}, &bytes, &n, &err));
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n / 2, file), n / 2);
    fclose(file);
    free(bytes);

    struct doctor_report report;
    doctor_report_make(&report, path, NULL, 1);
    unlink(path);
    assert_int_equal(report.n_problems, 1);
    assert_non_null(report.model.path);
    assert_false(report.model.readable);
    assert_true(report.model.problem[0] != '\0');
    doctor_report_free(&report);
}

static void a_backend_that_does_not_exist_is_a_problem(void **state) {
    (void)state;
    struct doctor_report report;
    doctor_report_make(&report, model_path, "abacus", 1);
    assert_int_equal(report.n_problems, 1);
    assert_non_null(strstr(report.problems[0].what, "abacus"));
    doctor_report_free(&report);
}

static void the_reference_backend_opens_everywhere(void **state) {
    (void)state;
    struct doctor_report report;
    doctor_report_make(&report, model_path, NULL, 1);
    bool found = false;
    for (size_t i = 0; i < report.n_backends; i++)
        if (strcmp(report.backends[i].name, "reference") == 0) found = report.backends[i].opens;
    assert_true(found);
    doctor_report_free(&report);
}

static void the_machine_is_described(void **state) {
    (void)state;
    struct machine machine;
    machine_read(&machine);
    assert_true(machine.cpu[0] != '\0');
    assert_true(machine.threads >= 1);
    assert_true(machine.memory_bytes > 0);
    assert_true(machine.memory_available_bytes <= machine.memory_bytes);
}

/* With a GPU the devices are described, without one the reason is. */
static void the_gpu_probe_finds_devices_or_says_why_not(void **state) {
    (void)state;
    struct cuda_probe probe;
    cuda_probe(&probe);
    assert_true((probe.n_devices > 0) == (probe.problem[0] == '\0'));
    for (size_t i = 0; i < probe.n_devices; i++) {
        assert_true(probe.devices[i].name[0] != '\0');
        assert_true(probe.devices[i].memory_bytes > 0);
        assert_true(probe.devices[i].capability_major >= 3);
        assert_true(probe.devices[i].multiprocessors > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_that_can_run_leaves_nothing_to_mend),
        cmocka_unit_test(the_default_model_missing_is_mended_by_fetching_it),
        cmocka_unit_test(another_model_missing_is_mended_by_looking_at_the_list),
        cmocka_unit_test(a_damaged_model_is_a_problem),
        cmocka_unit_test(a_backend_that_does_not_exist_is_a_problem),
        cmocka_unit_test(the_reference_backend_opens_everywhere),
        cmocka_unit_test(the_machine_is_described),
        cmocka_unit_test(the_gpu_probe_finds_devices_or_says_why_not),
    };
    return cmocka_run_group_tests_name("doctor", tests, make_folder, remove_folder);
}
