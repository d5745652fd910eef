/* Settings: one table, five sources, the later wins key by key. */
#include "lsp/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct reports {
    int n;
    char last[400];
};

static void on_report(void *user, const char *message) {
    struct reports *reports = user;
    reports->n++;
    snprintf(reports->last, sizeof reports->last, "%s", message);
    assert_null(strchr(message, '\n'));
}

static void set(struct settings *settings, enum settings_source source, const char *text) {
    json_t *section =
        text != NULL ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
    if (text != NULL) assert_non_null(section);
    settings_set(settings, source, section);
    json_decref(section);
}

static const struct setting *find(const char *key) {
    size_t n;
    const struct setting *table = settings_table(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].key, key) == 0) return &table[i];
    fail_msg("no setting %s", key);
    return NULL;
}

static void clear_environment(void) {
    size_t n;
    const struct setting *table = settings_table(&n);
    for (size_t i = 0; i < n; i++)
        if (table[i].variable != NULL) unsetenv(table[i].variable);
}

static void the_table_is_complete(void **state) {
    (void)state;
    size_t n;
    const struct setting *table = settings_table(&n);
    for (size_t i = 0; i < n; i++) {
        assert_true(strlen(table[i].description) > 10);
        assert_non_null(table[i].default_value);
        assert_int_equal(table[i].flag == NULL, table[i].argument == NULL);
        assert_true(table[i].maximum >= table[i].minimum);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(table[i].key, table[j].key);
    }
}

static void without_sources_the_defaults_hold(void **state) {
    (void)state;
    struct settings *settings = settings_create(NULL);
    const struct settings_values *values = settings_values(settings);
    assert_true(values->enable && values->inline_completion_enable && values->completion_enable);
    assert_string_equal(values->model, "");
    assert_string_equal(values->backend, "auto");
    assert_int_equal(values->threads, 0);
    assert_int_equal(values->max_tokens, 0);
    assert_true(values->temperature == 0);
    assert_int_equal(values->log_level, LOG_INFO);
    assert_int_equal(json_array_size(values->disabled_languages), 0);
    settings_free(settings);
}

static void the_later_source_wins_key_by_key(void **state) {
    (void)state;
    clear_environment();
    struct settings *settings = settings_create(NULL);
    const struct settings_values *values = settings_values(settings);
    struct error err = ERROR_INIT;
    set(settings, SETTINGS_INITIALIZATION,
        "{\"model\":\"a\",\"threads\":1,\"maxTokens\":11,\"temperature\":0.5,\"seed\":1}");
    set(settings, SETTINGS_CONFIGURATION, "{\"model\":\"b\",\"threads\":2,\"maxTokens\":22}");
    setenv("AERIE_MODEL", "c", 1);
    setenv("AERIE_THREADS", "3", 1);
    settings_read_environment(settings);
    assert_true(settings_set_flag(settings, find("model"), "d", &err));
    settings_merge(settings, NULL, NULL);
    assert_string_equal(values->model, "d");        /* flag */
    assert_int_equal(values->threads, 3);           /* variable */
    assert_int_equal(values->max_tokens, 22);       /* configuration */
    assert_true(values->temperature == 0.5);        /* initializationOptions */
    assert_int_equal(values->max_prompt_tokens, 0); /* default */

    /* A source that falls silent lets the one below through again. */
    set(settings, SETTINGS_CONFIGURATION, "null");
    settings_merge(settings, NULL, NULL);
    assert_int_equal(values->max_tokens, 11);
    clear_environment();
    settings_read_environment(settings);
    settings_merge(settings, NULL, NULL);
    assert_int_equal(values->threads, 1);
    settings_free(settings);
}

static void a_section_may_be_nested_dotted_or_under_aerie(void **state) {
    (void)state;
    static const char *const sections[] = {
        "{\"completion\":{\"enable\":false}}",
        "{\"completion.enable\":false}",
        "{\"aerie\":{\"completion\":{\"enable\":false}}}",
        "{\"aerie\":{\"completion.enable\":false}, \"completion\":{\"enable\":true}}",
    };
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        struct settings *settings = settings_create(NULL);
        set(settings, SETTINGS_CONFIGURATION, sections[i]);
        settings_merge(settings, NULL, NULL);
        assert_false(settings_values(settings)->completion_enable);
        assert_true(settings_values(settings)->inline_completion_enable);
        settings_free(settings);
    }
}

static void sections_of_any_shape_are_survived(void **state) {
    (void)state;
    static const char *const sections[] = {"null",
                                           "7",
                                           "\"x\"",
                                           "[1]",
                                           "{}",
                                           "{\"aerie\":null}",
                                           "{\"aerie\":7}",
                                           "{\"completion\":7}",
                                           "{\"other\":{}}",
                                           "{\"model\":null}"};
    struct settings *settings = settings_create(NULL);
    struct reports reports = {0};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        set(settings, SETTINGS_CONFIGURATION, sections[i]);
        settings_merge(settings, on_report, &reports);
        assert_true(settings_values(settings)->enable);
        assert_string_equal(settings_values(settings)->model, "");
    }
    assert_int_equal(reports.n, 0);
    settings_free(settings);
}

static void a_value_that_does_not_fit_is_reported_and_the_one_below_holds(void **state) {
    (void)state;
    static const struct {
        const char *section, *key;
    } cases[] = {
        {"{\"enable\":1}", "aerie.enable"},
        {"{\"model\":7}", "aerie.model"},
        {"{\"model\":\"a\\u0000b\"}", "aerie.model"},
        {"{\"backend\":\"gpu\"}", "aerie.backend"},
        {"{\"threads\":-1}", "aerie.threads"},
        {"{\"threads\":1025}", "aerie.threads"},
        {"{\"threads\":2.5}", "aerie.threads"},
        {"{\"threads\":\"4\"}", "aerie.threads"},
        {"{\"maxTokens\":1e300}", "aerie.maxTokens"},
        {"{\"temperature\":-0.1}", "aerie.temperature"},
        {"{\"topP\":1.5}", "aerie.topP"},
        {"{\"disabledLanguages\":\"python\"}", "aerie.disabledLanguages"},
        {"{\"disabledLanguages\":[\"python\",7]}", "aerie.disabledLanguages"},
        {"{\"logLevel\":\"loud\"}", "aerie.logLevel"},
        {"{\"completion\":{\"enable\":\"yes\"}}", "aerie.completion.enable"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings *settings = settings_create(NULL);
        struct reports reports = {0};
        set(settings, SETTINGS_INITIALIZATION,
            "{\"threads\":2,\"backend\":\"cpu\",\"maxTokens\":5,\"topP\":0.5}");
        set(settings, SETTINGS_CONFIGURATION, cases[i].section);
        settings_merge(settings, on_report, &reports);
        if (reports.n != 1) print_error("%s\n", cases[i].section);
        assert_int_equal(reports.n, 1);
        assert_non_null(strstr(reports.last, cases[i].key));
        const struct settings_values *values = settings_values(settings);
        assert_true(values->enable && values->completion_enable);
        assert_string_equal(values->backend, "cpu");
        assert_int_equal(values->threads, 2);
        assert_int_equal(values->max_tokens, 5);
        assert_true(values->temperature == 0 && values->top_p == 0.5);
        assert_int_equal(values->log_level, LOG_INFO);
        assert_int_equal(json_array_size(values->disabled_languages), 0);
        settings_free(settings);
    }
}

static void the_same_unfit_value_is_reported_once(void **state) {
    (void)state;
    struct settings *settings = settings_create(NULL);
    struct reports reports = {0};
    for (int i = 0; i < 3; i++) {
        set(settings, SETTINGS_CONFIGURATION, "{\"threads\":\"x\"}");
        settings_merge(settings, on_report, &reports);
    }
    assert_int_equal(reports.n, 1);
    set(settings, SETTINGS_CONFIGURATION, "{\"threads\":\"y\"}");
    settings_merge(settings, on_report, &reports);
    assert_int_equal(reports.n, 2);
    set(settings, SETTINGS_CONFIGURATION, "{\"threads\":4}");
    settings_merge(settings, on_report, &reports);
    set(settings, SETTINGS_CONFIGURATION, "{\"threads\":\"y\"}");
    settings_merge(settings, on_report, &reports);
    assert_int_equal(reports.n, 3);
    settings_free(settings);
}

static void a_report_holds_no_value(void **state) {
    (void)state;
    struct settings *settings = settings_create(NULL);
    struct reports reports = {0};
    set(settings, SETTINGS_CONFIGURATION, "{\"backend\":\"secret\"}");
    settings_merge(settings, on_report, &reports);
    assert_int_equal(reports.n, 1);
    assert_null(strstr(reports.last, "secret"));
    settings_free(settings);
}

static void variables_are_read_as_text(void **state) {
    (void)state;
    clear_environment();
    setenv("AERIE_ENABLE", "off", 1);
    setenv("AERIE_DISABLED_LANGUAGES", "python, markdown,,c", 1);
    setenv("AERIE_TEMPERATURE", "0.25", 1);
    setenv("AERIE_LOG_LEVEL", "debug", 1);
    setenv("AERIE_THREADS", "many", 1);
    setenv("AERIE_MODEL", "", 1); /* empty counts as unset */
    struct settings *settings = settings_create(NULL);
    struct reports reports = {0};
    settings_read_environment(settings);
    set(settings, SETTINGS_CONFIGURATION, "{\"model\":\"m\"}");
    settings_merge(settings, on_report, &reports);
    const struct settings_values *values = settings_values(settings);
    assert_false(values->enable);
    assert_int_equal(json_array_size(values->disabled_languages), 3);
    assert_true(values->temperature == 0.25);
    assert_int_equal(values->log_level, LOG_DEBUG);
    assert_int_equal(values->threads, 0);
    assert_string_equal(values->model, "m");
    assert_int_equal(reports.n, 1);
    assert_non_null(strstr(reports.last, "aerie.threads"));
    settings_free(settings);
    clear_environment();
}

static void a_flag_that_does_not_fit_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *key, *text;
    } cases[] = {{"threads", "x"},       {"threads", ""},
                 {"threads", "-1"},      {"threads", "99999999999999999999"},
                 {"temperature", "hot"}, {"temperature", "inf"},
                 {"backend", "gpu"},     {"logLevel", ""}};
    struct settings *settings = settings_create(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = ERROR_INIT;
        assert_false(settings_set_flag(settings, find(cases[i].key), cases[i].text, &err));
        assert_int_equal(err.code, ERROR_ARGUMENT);
        assert_non_null(strstr(err.message, find(cases[i].key)->flag));
    }
    settings_free(settings);
}

static void a_language_is_off_by_name_or_with_everything(void **state) {
    (void)state;
    struct settings *settings = settings_create(NULL);
    set(settings, SETTINGS_CONFIGURATION, "{\"disabledLanguages\":[\"markdown\",\"c\"]}");
    settings_merge(settings, NULL, NULL);
    assert_false(settings_language_enabled(settings_values(settings), "c"));
    assert_false(settings_language_enabled(settings_values(settings), "markdown"));
    assert_true(settings_language_enabled(settings_values(settings), "cpp"));
    assert_true(settings_language_enabled(settings_values(settings), ""));
    set(settings, SETTINGS_CONFIGURATION, "{\"enable\":false}");
    settings_merge(settings, NULL, NULL);
    assert_false(settings_language_enabled(settings_values(settings), "cpp"));
    settings_free(settings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_complete),
        cmocka_unit_test(without_sources_the_defaults_hold),
        cmocka_unit_test(the_later_source_wins_key_by_key),
        cmocka_unit_test(a_section_may_be_nested_dotted_or_under_aerie),
        cmocka_unit_test(sections_of_any_shape_are_survived),
        cmocka_unit_test(a_value_that_does_not_fit_is_reported_and_the_one_below_holds),
        cmocka_unit_test(the_same_unfit_value_is_reported_once),
        cmocka_unit_test(a_report_holds_no_value),
        cmocka_unit_test(variables_are_read_as_text),
        cmocka_unit_test(a_flag_that_does_not_fit_is_refused),
        cmocka_unit_test(a_language_is_off_by_name_or_with_everything),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
