/* The command line: options, their variables, exit statuses. Each case parses in a child process
 * whose stdout and stderr are read back, as a script would see it. */
#include "lsp/cmd/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const variables[] = {"AERIE_MODEL", "AERIE_BACKEND", "AERIE_THREADS"};

struct run {
    int status;
    char out[8192], err[1024];
};

static void read_all(int fd, char *text, size_t size) {
    size_t n = 0;
    for (ssize_t got; n < size - 1 && (got = read(fd, text + n, size - 1 - n)) > 0;)
        n += (size_t)got;
    text[n] = '\0';
    close(fd);
}

/* Runs `body` in a child with these arguments ("a b c", split at spaces; "''" is an empty one). */
static struct run run(int (*body)(int argc, char **argv), const char *arguments) {
    char copy[400], *argv[32];
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", arguments);
    for (char *word = strtok(copy, " "); word != NULL && argc < 31; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
    argv[argc] = NULL;
    int out[2], err[2];
    assert_int_equal(pipe(out) | pipe(err), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        close(out[0]), close(out[1]), close(err[0]), close(err[1]);
        close(STDIN_FILENO);
        int status = body(argc, argv);
        fflush(NULL);
        _exit(status);
    }
    close(out[1]);
    close(err[1]);
    struct run result;
    int status;
    read_all(out[0], result.out, sizeof result.out);
    read_all(err[0], result.err, sizeof result.err);
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    result.status = WEXITSTATUS(status);
    return result;
}

/* A command that prints what it was told. */
static int command_demo(int argc, char **argv) {
    bool flag = false;
    const char *value = "-";
    const struct command_option own[] = {{"flag", NULL, "a flag", &flag},
                                         {"value", "V", "a value", &value}};
    const struct command_usage usage = {"aerie demo [OPTION]... FILE [FILE]",
                                        "Prints what it was told.",
                                        COMMON_MODEL | COMMON_ENGINE | COMMON_SAMPLE | COMMON_JSON,
                                        own,
                                        2,
                                        1,
                                        2};
    struct common_options common;
    char **operands;
    int n;
    switch (options_parse(&usage, argc, argv, &common, &operands, &n)) {
    case OPTIONS_HELP:
        return EXIT_OK;
    case OPTIONS_BAD:
        return EXIT_USAGE;
    case OPTIONS_RUN:
        break;
    }
    printf("model=%s backend=%s threads=%u seed=%llu temperature=%g top_p=%g top_k=%u max=%u%s%s%s "
           "flag=%d value=%s",
           common.model != NULL ? common.model : "-", common.backend, common.threads,
           (unsigned long long)common.seed, (double)common.temperature, (double)common.top_p,
           common.top_k, common.max_tokens, common.no_spec ? " no_spec" : "",
           common.in_process ? " in_process" : "", common.json ? " json" : "", flag, value);
    for (int i = 0; i < n; i++)
        printf(" [%s]", operands[i]);
    return EXIT_OK;
}

static int clear(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    return 0;
}

static void options_have_defaults(void **state) {
    (void)state;
    struct run r = run(command_demo, "demo a");
    assert_int_equal(r.status, EXIT_OK);
    assert_string_equal(r.err, "");
    assert_string_equal(r.out,
                        "model=- backend=auto threads=0 seed=0 temperature=0 top_p=0 top_k=0 "
                        "max=0 flag=0 value=- [a]");
}

static void options_and_operands_come_in_any_order(void **state) {
    (void)state;
    static const char *const lines[] = {
        "demo --model m --backend cpu --threads 4 --seed 18446744073709551615 --temperature 0.5 "
        "--top-p 0.9 --top-k 40 --max-tokens 64 --no-spec --in-process --json --flag --value v a b",
        "demo a --model=m --backend=cpu --threads=4 --seed=18446744073709551615 --temperature=0.5 "
        "--top-p=0.9 b --top-k=40 --max-tokens=64 --no-spec --in-process --json --flag --value=v",
    };
    for (size_t i = 0; i < 2; i++) {
        struct run r = run(command_demo, lines[i]);
        assert_int_equal(r.status, EXIT_OK);
        assert_string_equal(
            r.out, "model=m backend=cpu threads=4 seed=18446744073709551615 temperature=0.5 "
                   "top_p=0.9 top_k=40 max=64 no_spec in_process json flag=1 value=v [a] [b]");
    }
}

static void after_two_dashes_and_as_a_dash_all_is_operand(void **state) {
    (void)state;
    assert_non_null(strstr(run(command_demo, "demo -- --json -").out, "[--json] [-]"));
}

static void an_option_may_be_shortened_while_it_is_clear(void **state) {
    (void)state;
    assert_non_null(
        strstr(run(command_demo, "demo --mod m --back cpu --te 1 a").out, "model=m backend=cpu"));
    struct run r = run(command_demo, "demo --t 1 a"); /* threads, temperature, top-… */
    assert_int_equal(r.status, EXIT_USAGE);
    assert_non_null(strstr(r.err, "--t is short for several options"));
}

static void the_last_of_two_counts(void **state) {
    (void)state;
    assert_non_null(strstr(run(command_demo, "demo --threads 1 --threads 2 a").out, "threads=2"));
}

static void what_makes_no_sense_is_one_line_and_status_2(void **state) {
    (void)state;
    static const struct {
        const char *line, *said;
    } cases[] = {
        {"demo", "too few arguments"},
        {"demo a b c", "unexpected argument 'c'"},
        {"demo --bogus a", "unknown option --bogus"},
        {"demo a --bogus", "unknown option --bogus"},
        {"demo a b --bogus=7", "unknown option --bogus=7"},
        {"demo -x a", "unknown option -x"},
        {"demo a -xy", "unknown option -x"},
        {"demo --json=1 a", "--json takes no value"},
        {"demo --flag=1 a", "--flag takes no value"},
        {"demo a --model", "--model needs a value"},
        {"demo a --value", "--value needs a value"},
        {"demo --model '' a", "--model: ''"},
        {"demo --backend gpu a", "--backend: 'gpu'"},
        {"demo --backend CPU a", "--backend: 'CPU'"},
        {"demo --threads -1 a", "--threads: '-1'"},
        {"demo --threads 4x a", "--threads: '4x'"},
        {"demo --threads +4 a", "--threads: '+4'"},
        {"demo --threads 1.5 a", "--threads: '1.5'"},
        {"demo --threads 4294967297 a", "--threads: '4294967297'"},
        {"demo --threads '' a", "--threads: ''"},
        {"demo --seed 18446744073709551616 a", "--seed: '18446744073709551616'"},
        {"demo --seed -1 a", "--seed: '-1'"},
        {"demo --temperature hot a", "--temperature: 'hot'"},
        {"demo --temperature nan a", "--temperature: 'nan'"},
        {"demo --temperature inf a", "--temperature: 'inf'"},
        {"demo --temperature -0.1 a", "--temperature: '-0.1'"},
        {"demo --temperature 1e99 a", "--temperature: '1e99'"},
        {"demo --top-p 1.1 a", "--top-p: '1.1'"},
        {"demo --top-k x a", "--top-k: 'x'"},
        {"demo --max-tokens x a", "--max-tokens: 'x'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run r = run(command_demo, cases[i].line);
        if (r.status != EXIT_USAGE || strstr(r.err, cases[i].said) == NULL)
            print_error("%s -> %d, %s", cases[i].line, r.status, r.err);
        assert_int_equal(r.status, EXIT_USAGE);
        assert_non_null(strstr(r.err, cases[i].said));
        assert_int_equal(strncmp(r.err, "aerie: ", 7), 0);
        assert_ptr_equal(strchr(r.err, '\n'), r.err + strlen(r.err) - 1);
        assert_string_equal(r.out, "");
    }
}

static void help_lists_every_option_and_wins_over_missing_operands(void **state) {
    (void)state;
    static const char *const lines[] = {"demo --help", "demo -h", "demo a b --help", "demo --he"};
    static const char *const named[] = {"Usage: aerie demo",
                                        "Prints what it was told.",
                                        "--flag",
                                        "--value V",
                                        "--model NAME|PATH",
                                        "--backend NAME",
                                        "--threads N",
                                        "--seed N",
                                        "--temperature T",
                                        "--top-p P",
                                        "--top-k N",
                                        "--max-tokens N",
                                        "--no-spec",
                                        "--in-process",
                                        "--json",
                                        "--help"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct run r = run(command_demo, lines[i]);
        assert_int_equal(r.status, EXIT_OK);
        assert_string_equal(r.err, "");
        for (size_t j = 0; j < sizeof named / sizeof *named; j++)
            assert_non_null(strstr(r.out, named[j]));
    }
}

static void variables_stand_in_and_options_win(void **state) {
    (void)state;
    setenv("AERIE_MODEL", "from-environment", 1);
    setenv("AERIE_BACKEND", "reference", 1);
    setenv("AERIE_THREADS", "7", 1);
    assert_non_null(strstr(run(command_demo, "demo a").out,
                           "model=from-environment backend=reference threads=7"));
    assert_non_null(strstr(run(command_demo, "demo --model m --threads 0 a").out,
                           "model=m backend=reference threads=0"));
    setenv("AERIE_MODEL", "", 1);
    assert_non_null(strstr(run(command_demo, "demo a").out, "model=- "));
}

static void a_variable_that_makes_no_sense_is_named(void **state) {
    (void)state;
    static const struct {
        const char *name, *value;
    } cases[] = {{"AERIE_THREADS", "many"}, {"AERIE_BACKEND", "gpu"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        clear(NULL);
        setenv(cases[i].name, cases[i].value, 1);
        struct run r = run(command_demo, "demo a");
        assert_int_equal(r.status, EXIT_USAGE);
        assert_non_null(strstr(r.err, cases[i].name));
        assert_non_null(strstr(r.err, cases[i].value));
        assert_ptr_equal(strchr(r.err, '\n'), r.err + strlen(r.err) - 1);
    }
}

/* ---- the server's own ----------------------------------------------------------------------- */

static void the_server_refuses_what_makes_no_sense(void **state) {
    (void)state;
    static const struct {
        const char *line, *said;
    } cases[] = {
        {"aerie --bogus", "unknown option --bogus"},
        {"aerie --stdio extra", "unexpected argument 'extra'"},
        {"aerie --stdio --pipe /x", "choose one of"},
        {"aerie --socket 1 --pipe /x", "choose one of"},
        {"aerie --socket 0", "--socket: '0'"},
        {"aerie --socket 65536", "--socket: '65536'"},
        {"aerie --socket -1", "--socket: '-1'"},
        {"aerie --socket 80x", "--socket: '80x'"},
        {"aerie --socket 99999999999999999999", "--socket: "},
        {"aerie --socket", "--socket needs a value"},
        {"aerie --pipe ''", "--pipe: the path is empty"},
        {"aerie --clientProcessId 0", "--clientProcessId: '0'"},
        {"aerie --clientProcessId x", "--clientProcessId: 'x'"},
        {"aerie --clientProcessId 4294967296", "--clientProcessId: '4294967296'"},
        {"aerie --backend gpu", "--backend: 'gpu'"},
        {"aerie --threads 9999", "--threads: '9999'"},
        {"aerie --temperature -1", "--temperature: '-1'"},
        {"aerie --log-level loud", "--log-level: 'loud'"},
        {"aerie --context-size big", "--context-size: 'big'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run r = run(command_serve, cases[i].line);
        if (r.status != EXIT_USAGE || strstr(r.err, cases[i].said) == NULL)
            print_error("%s -> %d, %s", cases[i].line, r.status, r.err);
        assert_int_equal(r.status, EXIT_USAGE);
        assert_non_null(strstr(r.err, cases[i].said));
        assert_ptr_equal(strchr(r.err, '\n'), r.err + strlen(r.err) - 1);
        assert_string_equal(r.out, "");
    }
}

static void the_server_says_when_there_is_no_client(void **state) {
    (void)state;
    static const char *const lines[] = {"aerie --pipe /nonexistent/aerie.sock", "aerie --socket 1"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct run r = run(command_serve, lines[i]);
        assert_int_equal(r.status, EXIT_FAILED);
        assert_non_null(strstr(r.err, "cannot connect to the client"));
        assert_ptr_equal(strchr(r.err, '\n'), r.err + strlen(r.err) - 1);
        assert_string_equal(r.out, "");
    }
}

static void the_servers_help_lists_its_settings(void **state) {
    (void)state;
    static const char *const named[] = {"--stdio",   "--socket PORT",       "--pipe PATH",
                                        "--model",   "--clientProcessId N", "--backend",
                                        "--threads", "--max-tokens",        "--log-level"};
    struct run r = run(command_serve, "aerie --stdio --help");
    assert_int_equal(r.status, EXIT_OK);
    for (size_t j = 0; j < sizeof named / sizeof *named; j++)
        assert_non_null(strstr(r.out, named[j]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(options_have_defaults, clear),
        cmocka_unit_test_setup(options_and_operands_come_in_any_order, clear),
        cmocka_unit_test_setup(after_two_dashes_and_as_a_dash_all_is_operand, clear),
        cmocka_unit_test_setup(an_option_may_be_shortened_while_it_is_clear, clear),
        cmocka_unit_test_setup(the_last_of_two_counts, clear),
        cmocka_unit_test_setup(what_makes_no_sense_is_one_line_and_status_2, clear),
        cmocka_unit_test_setup(help_lists_every_option_and_wins_over_missing_operands, clear),
        cmocka_unit_test_setup(variables_stand_in_and_options_win, clear),
        cmocka_unit_test_setup(a_variable_that_makes_no_sense_is_named, clear),
        cmocka_unit_test_setup(the_server_refuses_what_makes_no_sense, clear),
        cmocka_unit_test_setup(the_server_says_when_there_is_no_client, clear),
        cmocka_unit_test_setup(the_servers_help_lists_its_settings, clear),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
