#include "engine/model/gguf.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/random_gguf.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- files that are wrong -------------------------------------------------------------------- */

static void header(struct gguf_writer *w, uint64_t n_tensors, uint64_t n_keys) {
    gguf_put_header(w, 3, n_tensors, n_keys);
}

/* A file of one tensor, with 4 KiB of data behind it. */
static void one_tensor(struct gguf_writer *w, uint32_t n_dims, const uint64_t *dims, uint32_t type,
                       uint64_t offset) {
    header(w, 1, 0);
    gguf_put_tensor(w, "x", n_dims, dims, type, offset);
    gguf_put_padding(w, 32);
    gguf_put_zeros(w, 4096);
}

static void no_bytes(struct gguf_writer *w) {
    (void)w;
}

static void wrong_magic(struct gguf_writer *w) {
    gguf_put(w, "GGML", 4);
    gguf_put_zeros(w, 60);
}

static void magic_only(struct gguf_writer *w) {
    gguf_put(w, "GGUF", 4);
}

static void version_1(struct gguf_writer *w) {
    gguf_put_header(w, 1, 0, 0);
}

static void version_4(struct gguf_writer *w) {
    gguf_put_header(w, 4, 0, 0);
}

static void big_endian(struct gguf_writer *w) {
    gguf_put_header(w, 0x03000000, 0, 0);
}

static void more_keys_than_bytes(struct gguf_writer *w) {
    header(w, 0, UINT64_MAX);
    gguf_put_zeros(w, 1000);
}

static void more_keys_than_there_are(struct gguf_writer *w) {
    header(w, 0, 2);
    gguf_put_key_text(w, "a", "a text that is long enough for two keys");
}

static void more_tensors_than_bytes(struct gguf_writer *w) {
    header(w, (uint64_t)1 << 60, 0);
    gguf_put_zeros(w, 1000);
}

static void key_past_the_end(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_u64(w, 4096);
    gguf_put_zeros(w, 100);
}

static void key_of_all_ones(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_u64(w, UINT64_MAX);
    gguf_put_zeros(w, 100);
}

static void empty_key(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key_u32(w, "", 1);
}

static void overlong_key(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_u64(w, 70000);
    gguf_put_zeros(w, 70100);
}

static void key_twice(struct gguf_writer *w) {
    header(w, 0, 3);
    gguf_put_key_u32(w, "general.x", 1);
    gguf_put_key_u32(w, "general.y", 1);
    gguf_put_key_text(w, "general.x", "1");
}

static void unknown_value_type(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key(w, "general.x", 13);
    gguf_put_zeros(w, 64);
}

static void boolean_of_two(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key(w, "general.x", GGUF_BOOL);
    gguf_put(w, "\2", 1);
}

static void text_past_the_end(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key(w, "general.x", GGUF_STRING);
    gguf_put_u64(w, 1000);
    gguf_put_zeros(w, 10);
}

static void array_past_the_end(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key_array(w, "general.x", GGUF_UINT32, (uint64_t)1 << 62);
    gguf_put_zeros(w, 64);
}

static void strings_past_the_end(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key_array(w, "general.x", GGUF_STRING, 5);
    for (int i = 0; i < 4; i++)
        gguf_put_text(w, "abc");
}

static void arrays_without_end(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key_array(w, "general.x", GGUF_ARRAY, 1);
    for (int i = 0; i < 1000; i++) {
        gguf_put_u32(w, GGUF_ARRAY);
        gguf_put_u64(w, 1);
    }
}

static void alignment_0(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key_u32(w, "general.alignment", 0);
}

static void alignment_3(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key_u32(w, "general.alignment", 3);
}

static void alignment_4(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key_u32(w, "general.alignment", 4);
}

static void alignment_of_2_gib(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key_u32(w, "general.alignment", 1u << 31);
}

static void alignment_as_text(struct gguf_writer *w) {
    header(w, 0, 1);
    gguf_put_key_text(w, "general.alignment", "32");
}

static void tensor_twice(struct gguf_writer *w) {
    header(w, 2, 0);
    gguf_put_tensor(w, "x", 1, (uint64_t[]){8}, TENSOR_F32, 0);
    gguf_put_tensor(w, "x", 1, (uint64_t[]){8}, TENSOR_F32, 32);
    gguf_put_padding(w, 32);
    gguf_put_zeros(w, 64);
}

static void tensors_that_overlap(struct gguf_writer *w) {
    header(w, 2, 0);
    gguf_put_tensor(w, "x", 1, (uint64_t[]){16}, TENSOR_F32, 0);
    gguf_put_tensor(w, "y", 1, (uint64_t[]){8}, TENSOR_F32, 32);
    gguf_put_padding(w, 32);
    gguf_put_zeros(w, 128);
}

static void empty_tensor_name(struct gguf_writer *w) {
    header(w, 1, 0);
    gguf_put_tensor(w, "", 1, (uint64_t[]){8}, TENSOR_F32, 0);
    gguf_put_zeros(w, 128);
}

static void overlong_tensor_name(struct gguf_writer *w) {
    char name[201];
    memset(name, 'x', 200);
    name[200] = '\0';
    header(w, 1, 0);
    gguf_put_tensor(w, name, 1, (uint64_t[]){8}, TENSOR_F32, 0);
    gguf_put_zeros(w, 128);
}

static void no_dimensions(struct gguf_writer *w) {
    one_tensor(w, 0, NULL, TENSOR_F32, 0);
}

static void five_dimensions(struct gguf_writer *w) {
    one_tensor(w, 5, (uint64_t[]){2, 2, 2, 2, 2}, TENSOR_F32, 0);
}

static void billions_of_dimensions(struct gguf_writer *w) {
    header(w, 1, 0);
    gguf_put_text(w, "x");
    gguf_put_u32(w, UINT32_MAX);
    gguf_put_zeros(w, 128);
}

static void empty_dimension(struct gguf_writer *w) {
    one_tensor(w, 2, (uint64_t[]){8, 0}, TENSOR_F32, 0);
}

static void dimensions_that_overflow(struct gguf_writer *w) {
    uint64_t d = (uint64_t)1 << 32;
    one_tensor(w, 2, (uint64_t[]){d, d}, TENSOR_F32, 0);
}

static void dimensions_that_overflow_to_little(struct gguf_writer *w) {
    uint64_t d = (uint64_t)1 << 33;
    one_tensor(w, 4, (uint64_t[]){d, d, d, 3}, TENSOR_F32, 0);
}

static void bytes_that_overflow(struct gguf_writer *w) {
    one_tensor(w, 2, (uint64_t[]){(uint64_t)1 << 31, (uint64_t)1 << 31}, TENSOR_F32, 0);
}

static void half_a_block(struct gguf_writer *w) {
    one_tensor(w, 2, (uint64_t[]){48, 2}, TENSOR_Q4_0, 0);
}

static void foreign_type(struct gguf_writer *w) {
    one_tensor(w, 2, (uint64_t[]){256, 2}, 23, 0);
}

static void unheard_of_type(struct gguf_writer *w) {
    one_tensor(w, 2, (uint64_t[]){256, 2}, 4000000000u, 0);
}

static void unaligned_offset(struct gguf_writer *w) {
    one_tensor(w, 1, (uint64_t[]){8}, TENSOR_F32, 4);
}

static void offset_past_the_end(struct gguf_writer *w) {
    one_tensor(w, 1, (uint64_t[]){8}, TENSOR_F32, 1 << 20);
}

static void offset_that_overflows(struct gguf_writer *w) {
    one_tensor(w, 1, (uint64_t[]){8}, TENSOR_F32, UINT64_MAX - 31);
}

static void data_past_the_end(struct gguf_writer *w) {
    one_tensor(w, 1, (uint64_t[]){1025}, TENSOR_F32, 0);
}

static const struct {
    const char *name;
    void (*write)(struct gguf_writer *w);
    enum error_code code;
    const char *says; /* somewhere in the message */
} wrong_files[] = {
    {"no bytes", no_bytes, ERROR_FORMAT, "not a GGUF"},
    {"wrong magic", wrong_magic, ERROR_FORMAT, "not a GGUF"},
    {"magic only", magic_only, ERROR_FORMAT, "the version"},
    {"version 1", version_1, ERROR_UNSUPPORTED, "version 1"},
    {"version 4", version_4, ERROR_UNSUPPORTED, "version 4"},
    {"big-endian", big_endian, ERROR_UNSUPPORTED, "big-endian"},
    {"more keys than bytes", more_keys_than_bytes, ERROR_FORMAT, "18446744073709551615 keys"},
    {"more keys than there are", more_keys_than_there_are, ERROR_FORMAT, "the name of key 1"},
    {"more tensors than bytes", more_tensors_than_bytes, ERROR_FORMAT, "tensors, more than"},
    {"key past the end", key_past_the_end, ERROR_FORMAT, "claims 4096 bytes"},
    {"key of all ones", key_of_all_ones, ERROR_FORMAT, "claims 18446744073709551615 bytes"},
    {"empty key", empty_key, ERROR_FORMAT, "key 0 has 0 bytes"},
    {"overlong key", overlong_key, ERROR_FORMAT, "70000 bytes"},
    {"key twice", key_twice, ERROR_FORMAT, "key general.x is there twice"},
    {"unknown value type", unknown_value_type, ERROR_FORMAT, "unknown value type 13"},
    {"boolean of two", boolean_of_two, ERROR_FORMAT, "boolean of value 2"},
    {"text past the end", text_past_the_end, ERROR_FORMAT, "general.x at byte"},
    {"array past the end", array_past_the_end, ERROR_FORMAT, "breaks off in general.x"},
    {"strings past the end", strings_past_the_end, ERROR_FORMAT, "general.x"},
    {"arrays without end", arrays_without_end, ERROR_FORMAT, "nests arrays"},
    {"alignment 0", alignment_0, ERROR_FORMAT, "general.alignment is 0"},
    {"alignment 3", alignment_3, ERROR_FORMAT, "general.alignment is 3"},
    {"alignment 4", alignment_4, ERROR_FORMAT, "general.alignment is 4"},
    {"alignment of 2 GiB", alignment_of_2_gib, ERROR_FORMAT, "general.alignment is 2147483648"},
    {"alignment as text", alignment_as_text, ERROR_FORMAT, "general.alignment is not"},
    {"tensor twice", tensor_twice, ERROR_FORMAT, "tensor x is there twice"},
    {"tensors that overlap", tensors_that_overlap, ERROR_FORMAT, "tensors x and y overlap"},
    {"empty tensor name", empty_tensor_name, ERROR_FORMAT, "tensor 0 has 0 bytes"},
    {"overlong tensor name", overlong_tensor_name, ERROR_FORMAT, "200 bytes"},
    {"no dimensions", no_dimensions, ERROR_FORMAT, "tensor x has 0 dimensions"},
    {"five dimensions", five_dimensions, ERROR_FORMAT, "tensor x has 5 dimensions"},
    {"billions of dimensions", billions_of_dimensions, ERROR_FORMAT, "4294967295 dimensions"},
    {"empty dimension", empty_dimension, ERROR_FORMAT, "tensor x has an empty dimension"},
    {"dimensions that overflow", dimensions_that_overflow, ERROR_FORMAT, "larger than any file"},
    {"dimensions that overflow to little", dimensions_that_overflow_to_little, ERROR_FORMAT,
     "larger than any file"},
    {"bytes that overflow", bytes_that_overflow, ERROR_FORMAT, "larger than any file"},
    {"half a block", half_a_block, ERROR_FORMAT, "not a multiple of Q4_0's block of 32"},
    {"foreign type", foreign_type, ERROR_UNSUPPORTED, "tensor x has type IQ4_XS (id 23)"},
    {"unheard-of type", unheard_of_type, ERROR_UNSUPPORTED, "type unknown (id 4000000000)"},
    {"unaligned offset", unaligned_offset, ERROR_FORMAT, "not a multiple of 32"},
    {"offset past the end", offset_past_the_end, ERROR_FORMAT, "download it again"},
    {"offset that overflows", offset_that_overflows, ERROR_FORMAT, "past the end of the file"},
    {"data past the end", data_past_the_end, ERROR_FORMAT, "tensor x ends at byte"},
};

static void a_wrong_file_is_refused_with_the_reason(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrong_files / sizeof *wrong_files; i++) {
        struct gguf_writer w = {0};
        wrong_files[i].write(&w);
        /* A copy of exactly this size, so that a sanitizer sees any step past it. */
        uint8_t *bytes = malloc(w.length == 0 ? 1 : w.length);
        assert_non_null(bytes);
        if (w.length > 0) memcpy(bytes, w.bytes, w.length);
        struct error err = ERROR_INIT;
        struct gguf *gguf = gguf_open_memory(bytes, w.length, &err);
        if (gguf != NULL) fail_msg("%s: was read", wrong_files[i].name);
        if (err.code != wrong_files[i].code || strstr(err.message, wrong_files[i].says) == NULL)
            fail_msg("%s: %s: %s", wrong_files[i].name, error_code_name(err.code), err.message);
        free(bytes);
        free(w.bytes);
    }
}

/* ---- a real file, cut short and damaged ------------------------------------------------------ */

static const struct random_gguf small = {
    .n_layers = 1, .d_model = 32, .n_heads = 2, .n_kv_heads = 1, .d_ff = 32, .tied = true};

static void *small_file(size_t *n) {
    void *bytes;
    assert_true(random_gguf_bytes(&small, &bytes, n, NULL));
    return bytes;
}

static void a_file_cut_short_anywhere_is_refused(void **state) {
    (void)state;
    size_t n;
    uint8_t *bytes = small_file(&n);
    struct gguf *whole = gguf_open_memory(bytes, n, NULL);
    assert_non_null(whole);
    size_t data = (size_t)gguf_tensor_at(whole, 0)->offset;
    gguf_close(whole);
    /* Every length up to the data; after that, each would take long and say the same. */
    for (size_t length = 0; length < n; length += length < data + 64 ? 1 : 509) {
        uint8_t *part = malloc(length + 1);
        assert_non_null(part);
        memcpy(part, bytes, length);
        struct error err = ERROR_INIT;
        struct gguf *gguf = gguf_open_memory(part, length, &err);
        if (gguf != NULL) fail_msg("%zu of %zu bytes were read", length, n);
        assert_int_equal(err.code, ERROR_FORMAT);
        free(part);
    }
    free(bytes);
}

static void a_damaged_header_never_crashes(void **state) {
    (void)state;
    size_t n;
    uint8_t *bytes = small_file(&n);
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 4000; round++) {
        uint8_t saved[4];
        size_t at[4];
        for (int i = 0; i < 4; i++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            at[i] = (size_t)(random % 12000);
            saved[i] = bytes[at[i]];
            bytes[at[i]] = (uint8_t)(random >> 40);
        }
        struct error err = ERROR_INIT;
        struct gguf *gguf = gguf_open_memory(bytes, n, &err);
        assert_true((gguf == NULL) == (err.code != ERROR_NONE));
        gguf_close(gguf);
        for (int i = 3; i >= 0; i--)
            bytes[at[i]] = saved[i];
    }
    free(bytes);
}

static void the_message_of_half_a_file_says_what_to_do(void **state) {
    (void)state;
    size_t n;
    uint8_t *bytes = small_file(&n);
    char path[] = "/tmp/aerie-gguf-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n / 2), n / 2);
    close(fd);
    struct error err = ERROR_INIT;
    assert_null(gguf_open(path, &err));
    assert_int_equal(err.code, ERROR_FORMAT);
    assert_non_null(strstr(err.message, path));
    assert_non_null(strstr(err.message, "truncated or damaged; download it again"));
    unlink(path);
    free(bytes);
}

static void what_cannot_be_opened_is_an_io_error(void **state) {
    (void)state;
    const char *const paths[] = {"/nonexistent/model.gguf", "/tmp", "/dev/null"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct error err = ERROR_INIT;
        assert_null(gguf_open(paths[i], &err));
        assert_int_equal(err.code, ERROR_IO);
        assert_non_null(strstr(err.message, paths[i]));
    }
}

/* ---- files that are right
 * ------------------------------------------------------------------------ */

static void put_every_kind(struct gguf_writer *w, uint32_t version) {
    gguf_put_header(w, version, 2, 12);
    gguf_put_key(w, "u8", GGUF_UINT8);
    gguf_put(w, "\xff", 1);
    gguf_put_key(w, "i8", GGUF_INT8);
    gguf_put(w, "\xff", 1);
    gguf_put_key(w, "i16", GGUF_INT16);
    gguf_put(w, "\x00\x7f", 2);
    gguf_put_key_u32(w, "u32", UINT32_MAX);
    gguf_put_key(w, "i64", GGUF_INT64);
    gguf_put_u64(w, 77);
    gguf_put_key_f32(w, "f32", 0.5f);
    gguf_put_key(w, "f64", GGUF_FLOAT64);
    gguf_put(w, &(double){0.25}, 8);
    gguf_put_key_bool(w, "bool", true);
    gguf_put_key_text(w, "text", "");
    gguf_put_key_array(w, "texts", GGUF_STRING, 2);
    gguf_put_text(w, "");
    gguf_put_text(w, "ab");
    gguf_put_key_array(w, "nested", GGUF_ARRAY, 1);
    gguf_put_u32(w, GGUF_INT32);
    gguf_put_u64(w, 1);
    gguf_put_u32(w, 9);
    gguf_put_key_u32(w, "general.alignment", 64);
    gguf_put_tensor(w, "vector", 1, (uint64_t[]){3}, TENSOR_F32, 64);
    gguf_put_tensor(w, "folded", 3, (uint64_t[]){32, 2, 3}, TENSOR_Q8_0, 128);
    gguf_put_padding(w, 64);
    gguf_put_zeros(w, 64);
    for (int i = 0; i < 3; i++)
        gguf_put_f32(w, (float)i);
    gguf_put_padding(w, 64);
    gguf_put_zeros(w, 6 * 34);
}

static void versions_2_and_3_are_read_with_every_kind_of_value(void **state) {
    (void)state;
    for (uint32_t version = 2; version <= 3; version++) {
        struct gguf_writer w = {0};
        put_every_kind(&w, version);
        struct error err = ERROR_INIT;
        struct gguf *gguf = gguf_open_memory(w.bytes, w.length, &err);
        if (gguf == NULL) fail_msg("%s", err.message);
        assert_int_equal(gguf_version(gguf), version);
        assert_int_equal(gguf_n_keys(gguf), 12);

        uint64_t number = 1;
        assert_true(gguf_find_u64(gguf, "u8", &number) && number == 255);
        assert_false(gguf_find_u64(gguf, "i8", &number)); /* -1 */
        assert_true(gguf_find_u64(gguf, "i16", &number) && number == 0x7f00);
        assert_true(gguf_find_u64(gguf, "u32", &number) && number == UINT32_MAX);
        assert_true(gguf_find_u64(gguf, "i64", &number) && number == 77);
        assert_false(gguf_find_u64(gguf, "f32", &number));
        assert_false(gguf_find_u64(gguf, "absent", &number));
        assert_int_equal(number, 77);
        float real = 0;
        assert_true(gguf_find_f32(gguf, "f32", &real) && real == 0.5f);
        assert_true(gguf_find_f32(gguf, "f64", &real) && real == 0.25f);
        bool flag = false;
        assert_true(gguf_find_bool(gguf, "bool", &flag) && flag);
        assert_false(gguf_find_bool(gguf, "u8", &flag));
        struct text_view text = {"x", 1};
        assert_true(gguf_find_string(gguf, "text", &text) && text.length == 0);
        struct text_view *texts;
        size_t n;
        assert_true(gguf_find_strings(gguf, "texts", &texts, &n, &err));
        assert_int_equal(n, 2);
        assert_int_equal(texts[0].length, 0);
        assert_memory_equal(texts[1].bytes, "ab", 2);
        free(texts);
        assert_false(gguf_find_strings(gguf, "nested", &texts, &n, NULL));
        const void *numbers;
        assert_false(gguf_find_array(gguf, "nested", GGUF_INT32, &numbers, &n));
        assert_false(gguf_find_array(gguf, "texts", GGUF_STRING, &numbers, &n));

        const struct gguf_tensor *vector = gguf_find_tensor(gguf, "vector");
        assert_non_null(vector);
        assert_true(vector->tensor.rows == 1 && vector->tensor.cols == 3);
        assert_true(((const float *)vector->tensor.data)[2] == 2.0f);
        const struct gguf_tensor *folded = gguf_find_tensor(gguf, "folded");
        assert_non_null(folded);
        assert_true(folded->tensor.rows == 6 && folded->tensor.cols == 32);
        assert_int_equal(folded->bytes, 6 * 34);
        assert_int_equal(folded->offset % 64, 0);
        assert_null(gguf_find_tensor(gguf, "vecto"));
        gguf_close(gguf);
        free(w.bytes);
    }
}

static void every_key_and_tensor_of_a_large_file_is_found_by_name(void **state) {
    (void)state;
    size_t n;
    uint8_t *bytes = small_file(&n);
    struct gguf *gguf = gguf_open_memory(bytes, n, NULL);
    assert_non_null(gguf);
    assert_true(gguf_n_keys(gguf) >= 20 && gguf_n_tensors(gguf) == 11);
    for (size_t i = 0; i < gguf_n_keys(gguf); i++) {
        struct text_view key = gguf_key(gguf, i);
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)key.length, key.bytes);
        assert_true(gguf_has_key(gguf, name));
    }
    for (size_t i = 0; i < gguf_n_tensors(gguf); i++) {
        struct text_view view = gguf_tensor_at(gguf, i)->name;
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)view.length, view.bytes);
        assert_ptr_equal(gguf_find_tensor(gguf, name), gguf_tensor_at(gguf, i));
    }
    gguf_close(gguf);
    free(bytes);
}

static void bytes_that_are_not_aligned_are_an_argument_error(void **state) {
    (void)state;
    uint64_t room[8] = {0};
    struct error err = ERROR_INIT;
    assert_null(gguf_open_memory((char *)room + 1, 32, &err));
    assert_int_equal(err.code, ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_file_is_refused_with_the_reason),
        cmocka_unit_test(a_file_cut_short_anywhere_is_refused),
        cmocka_unit_test(a_damaged_header_never_crashes),
        cmocka_unit_test(the_message_of_half_a_file_says_what_to_do),
        cmocka_unit_test(what_cannot_be_opened_is_an_io_error),
        cmocka_unit_test(versions_2_and_3_are_read_with_every_kind_of_value),
        cmocka_unit_test(every_key_and_tensor_of_a_large_file_is_found_by_name),
        cmocka_unit_test(bytes_that_are_not_aligned_are_an_argument_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
