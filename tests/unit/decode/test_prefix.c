/* The bookkeeping around the key/value cache: shared prefixes, chunk sizes, memory there is. */
#include "engine/decode/chunk.h"
#include "engine/decode/memory.h"
#include "engine/decode/prefix.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- prefix ---------------------------------------------------------------------------------- */

static void the_longest_common_prefix_is_found(void **state) {
    (void)state;
    static const struct {
        int32_t held[4];
        uint32_t n_held;
        int32_t asked[5];
        size_t n_asked;
        uint32_t expected;
    } cases[] = {
        {{0}, 0, {1, 2}, 2, 0},          {{1, 2, 3}, 3, {1, 2, 3, 4}, 4, 3},
        {{1, 2, 3}, 3, {1, 2}, 2, 2},    {{1, 2, 3}, 3, {1, 9, 3}, 3, 1},
        {{1, 2, 3}, 3, {9, 2, 3}, 3, 0}, {{1, 2, 3, 4}, 4, {1, 2, 3, 4}, 4, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct prefix prefix;
        assert_true(prefix_init(&prefix, 4, NULL));
        prefix_append(&prefix, cases[i].held, cases[i].n_held);
        assert_int_equal(prefix_match(&prefix, cases[i].asked, cases[i].n_asked),
                         cases[i].expected);
        prefix_release(&prefix);
    }
}

static void truncating_forgets_and_appending_goes_on_from_there(void **state) {
    (void)state;
    const int32_t first[] = {1, 2, 3, 4}, second[] = {7, 8, 9};
    struct prefix prefix;
    assert_true(prefix_init(&prefix, 5, NULL));
    prefix_append(&prefix, first, 4);
    prefix_truncate(&prefix, 9);
    assert_int_equal(prefix.length, 4);
    prefix_truncate(&prefix, 2);
    prefix_append(&prefix, second, 3);
    const int32_t expected[] = {1, 2, 7, 8, 9};
    assert_int_equal(prefix_match(&prefix, expected, 5), 5);
    prefix_append(&prefix, first, 4); /* no room: not held */
    assert_int_equal(prefix.length, 5);
    prefix_release(&prefix);
}

/* ---- chunks ---------------------------------------------------------------------------------- */

static void chunks_follow_the_measured_speed_within_bounds(void **state) {
    (void)state;
    struct chunk chunk;
    chunk_init(&chunk, 512);
    assert_int_equal(chunk_next(&chunk, 10000), 64);
    assert_int_equal(chunk_next(&chunk, 5), 5);
    chunk_measured(&chunk, 64, 8); /* 8 tokens a millisecond: 160 in 20 ms */
    assert_int_equal(chunk_next(&chunk, 10000), 160);
    assert_int_equal(chunk_next(&chunk, 100), 100);
    chunk_measured(&chunk, 1, 8); /* one token says nothing about many */
    assert_int_equal(chunk_next(&chunk, 10000), 160);
    for (int i = 0; i < 20; i++)
        chunk_measured(&chunk, 64, 0);
    assert_int_equal(chunk_next(&chunk, 10000), 512);
    for (int i = 0; i < 60; i++)
        chunk_measured(&chunk, 64, 1e6);
    assert_int_equal(chunk_next(&chunk, 10000), 16);
}

static void a_backend_that_takes_few_tokens_gets_few(void **state) {
    (void)state;
    struct chunk chunk;
    chunk_init(&chunk, 3);
    assert_int_equal(chunk_next(&chunk, 100), 3);
    chunk_measured(&chunk, 3, 0.001);
    assert_int_equal(chunk_next(&chunk, 100), 3);
    assert_int_equal(chunk_next(&chunk, 2), 2);
    chunk_init(&chunk, 0);
    assert_int_equal(chunk_next(&chunk, 2), 1);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static char root[PATH_MAX - 200];

/* Writes a file below the pretended root, with its folders. */
static void put(const char *path, const char *text) {
    char full[PATH_MAX];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *c = full + strlen(root) + 1; *c != '\0'; c++)
        if (*c == '/') {
            *c = '\0';
            mkdir(full, 0700);
            *c = '/';
        }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int make_root(void **state) {
    (void)state;
    const char *folder = getenv("TMPDIR");
    snprintf(root, sizeof root, "%s/aerie-memory-XXXXXX", folder != NULL ? folder : "/tmp");
    return mkdtemp(root) == NULL;
}

static int remove_root(void **state) {
    (void)state;
    char command[PATH_MAX];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void nothing_known_means_no_limit(void **state) {
    (void)state;
    assert_true(memory_available(root) == UINT64_MAX);
}

static void the_least_of_machine_and_group_counts(void **state) {
    (void)state;
    put("/proc/meminfo", "MemTotal:       8000 kB\nMemFree:  10 kB\nMemAvailable:    4000 kB\n");
    assert_true(memory_available(root) == 4000u * 1024);

    put("/proc/self/cgroup", "0::/tasks/one\n");
    put("/sys/fs/cgroup/tasks/one/memory.max", "max\n");
    put("/sys/fs/cgroup/tasks/one/memory.current", "5000\n");
    assert_true(memory_available(root) == 4000u * 1024);

    /* A limit on a group further up holds, too; file pages do not count as used. */
    put("/sys/fs/cgroup/tasks/memory.max", "1000000\n");
    put("/sys/fs/cgroup/tasks/memory.current", "900000\n");
    put("/sys/fs/cgroup/tasks/memory.stat", "anon 1\ninactive_file 300000\nactive_file 100000\n");
    assert_true(memory_available(root) == 500000);

    put("/sys/fs/cgroup/tasks/one/memory.max", "6000\n");
    assert_true(memory_available(root) == 1000);
    put("/sys/fs/cgroup/tasks/one/memory.max", "100\n");
    assert_true(memory_available(root) == 0);
}

static void version_1_groups_count(void **state) {
    (void)state;
    put("/proc/self/cgroup", "11:cpu,cpuacct:/x\n9:memory:/box\n1:name=systemd:/y\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/memory.usage_in_bytes", "1\n");
    put("/sys/fs/cgroup/memory/box/memory.limit_in_bytes", "70000\n");
    put("/sys/fs/cgroup/memory/box/memory.usage_in_bytes", "60000\n");
    put("/sys/fs/cgroup/memory/box/memory.stat", "cache 5\ntotal_inactive_file 2000\n");
    assert_true(memory_available(root) == 12000);
}

static void this_machine_has_some(void **state) {
    (void)state;
    assert_true(memory_available("") > 1 << 20);
}

static void sizes_are_written_for_people(void **state) {
    (void)state;
    char text[32];
    assert_string_equal(memory_format(0, text, sizeof text), "0 KiB");
    assert_string_equal(memory_format(96 << 10, text, sizeof text), "96 KiB");
    assert_string_equal(memory_format(512 << 20, text, sizeof text), "512 MiB");
    assert_string_equal(memory_format((uint64_t)39 << 30, text, sizeof text), "39.0 GiB");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_common_prefix_is_found),
        cmocka_unit_test(truncating_forgets_and_appending_goes_on_from_there),
        cmocka_unit_test(chunks_follow_the_measured_speed_within_bounds),
        cmocka_unit_test(a_backend_that_takes_few_tokens_gets_few),
        cmocka_unit_test_setup_teardown(nothing_known_means_no_limit, make_root, remove_root),
        cmocka_unit_test_setup_teardown(the_least_of_machine_and_group_counts, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(version_1_groups_count, make_root, remove_root),
        cmocka_unit_test(this_machine_has_some),
        cmocka_unit_test(sizes_are_written_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
