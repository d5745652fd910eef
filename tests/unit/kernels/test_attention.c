/* Attention over pages: every instruction set against the reference, on the same keys and values.
 * They are multiples of 1/256 below 1, so that half precision holds them exactly. */
#include "kernels/reference/operations.h"
#include "tests/support/random_blocks.h"
#include "tests/unit/kernels/each_isa.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { POSITIONS = 100, PAGES = 4 };

static const uint32_t page_table[PAGES] = {5, 0, 3, 1};
enum { POOL_PAGES = 6 };

/* One key/value head with `n_heads` queries a token, in both layouts. */
struct scene {
    struct decoder_config config;
    size_t value_stride, page_stride; /* halves */
    uint16_t *halves;                 /* [POOL_PAGES × page_stride] */
    float *keys, *values;             /* [POOL_PAGES × KV_PAGE_TOKENS × head_dim] */
    float *q, *out, *expected;        /* [POSITIONS × n_heads × head_dim] */
    float *scratch;
};

static void *zeros(size_t n, size_t size) {
    void *buffer = calloc(n, size);
    assert_non_null(buffer);
    return buffer;
}

static void scene_open(struct scene *s, uint32_t head_dim, uint32_t n_heads, float clamp) {
    struct random_bits random = {head_dim * 100 + n_heads};
    *s = (struct scene){
        .config = {
            .n_heads = n_heads, .n_kv_heads = 1, .head_dim = head_dim, .attention_clamp = clamp}};
    s->value_stride = (head_dim + 15) / 16 * 16;
    s->page_stride = KV_PAGE_TOKENS * (head_dim + s->value_stride);
    s->halves = zeros(POOL_PAGES * s->page_stride, sizeof *s->halves);
    s->keys = zeros((size_t)POOL_PAGES * KV_PAGE_TOKENS * head_dim, sizeof *s->keys);
    s->values = zeros((size_t)POOL_PAGES * KV_PAGE_TOKENS * head_dim, sizeof *s->values);
    size_t n = (size_t)POSITIONS * n_heads * head_dim;
    s->q = zeros(n, sizeof *s->q);
    s->out = zeros(n, sizeof *s->out);
    s->expected = zeros(n, sizeof *s->expected);
    s->scratch = zeros(ATTENTION_SCRATCH(s->value_stride), sizeof *s->scratch);
    for (size_t i = 0; i < n; i++)
        s->q[i] = 4 * random_signed(&random);
    for (uint32_t p = 0; p < POSITIONS; p++) {
        uint32_t page = page_table[p / KV_PAGE_TOKENS], slot = p % KV_PAGE_TOKENS;
        uint16_t *keys = s->halves + page * s->page_stride;
        uint16_t *values = keys + KV_PAGE_TOKENS * head_dim;
        for (uint32_t d = 0; d < head_dim; d++) {
            float k = floorf(random_signed(&random) * 256) / 256;
            float v = floorf(random_signed(&random) * 256) / 256;
            s->keys[(page * KV_PAGE_TOKENS + slot) * head_dim + d] = k;
            s->values[(page * KV_PAGE_TOKENS + slot) * head_dim + d] = v;
            keys[d * KV_PAGE_TOKENS + slot] = float_to_half(k);
            values[slot * s->value_stride + d] = float_to_half(v);
        }
    }
    struct reference_kv_view view = {s->keys, s->values, page_table,
                                     (size_t)KV_PAGE_TOKENS * head_dim};
    float scores[POSITIONS];
    for (uint32_t p = 0; p < POSITIONS; p++)
        reference_attention(s->expected + (size_t)p * n_heads * head_dim,
                            s->q + (size_t)p * n_heads * head_dim, &view, p, &s->config, scores);
}

static void scene_close(struct scene *s) {
    free(s->halves);
    free(s->keys);
    free(s->values);
    free(s->q);
    free(s->out);
    free(s->expected);
    free(s->scratch);
}

/* All heads of n tokens from `first` on, as one tile. */
static void run_tile(struct scene *s, const struct cpu_isa *isa, uint32_t first, uint32_t n) {
    uint32_t head_dim = s->config.head_dim;
    struct attention_tile tile = {.keys = s->halves,
                                  .page_stride = s->page_stride,
                                  .head_dim = head_dim,
                                  .value_stride = s->value_stride,
                                  .pages = page_table,
                                  .scale = 1.0f / sqrtf((float)head_dim),
                                  .clamp = s->config.attention_clamp,
                                  .scratch = s->scratch};
    for (uint32_t p = first; p < first + n; p++)
        for (uint32_t h = 0; h < s->config.n_heads; h++) {
            size_t at = ((size_t)p * s->config.n_heads + h) * head_dim;
            tile.positions[tile.n_queries] = p;
            tile.q[tile.n_queries] = s->q + at;
            tile.out[tile.n_queries++] = s->out + at;
        }
    isa->attention(&tile);
}

static const struct {
    uint32_t head_dim, n_heads;
    float clamp;
} cases[] = {{2, 1, 0},  {6, 2, 0},   {16, 1, 0}, {30, 3, 0},    {64, 3, 0},
             {64, 1, 1}, {80, 16, 0}, {96, 5, 0}, {128, 4, 0.5f}};
enum { N_CASES = sizeof cases / sizeof cases[0] };

static void every_position_sees_itself_and_all_before(void **state) {
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        struct scene s;
        scene_open(&s, cases[i].head_dim, cases[i].n_heads, cases[i].clamp);
        size_t n = (size_t)POSITIONS * cases[i].n_heads * cases[i].head_dim;
        EACH_ISA(isa) {
            memset(s.out, 0xff, n * sizeof *s.out);
            for (uint32_t p = 0; p < POSITIONS; p++)
                run_tile(&s, isa, p, 1);
            for (size_t j = 0; j < n; j++)
                if (!(fabsf(s.out[j] - s.expected[j]) <= 2e-6f))
                    fail_msg("%s, case %zu, value %zu: %.9g instead of %.9g", isa->name, i, j,
                             (double)s.out[j], (double)s.expected[j]);
        }
        scene_close(&s);
    }
}

static void a_query_does_not_feel_its_neighbours(void **state) {
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        struct scene s;
        scene_open(&s, cases[i].head_dim, cases[i].n_heads, cases[i].clamp);
        size_t n = (size_t)POSITIONS * cases[i].n_heads * cases[i].head_dim;
        float *alone = zeros(n, sizeof *alone);
        EACH_ISA(isa) {
            for (uint32_t p = 0; p < POSITIONS; p++)
                run_tile(&s, isa, p, 1);
            memcpy(alone, s.out, n * sizeof *alone);
            uint32_t together = ATTENTION_QUERIES / cases[i].n_heads;
            for (uint32_t p = 0; p < POSITIONS; p += together)
                run_tile(&s, isa, p, p + together <= POSITIONS ? together : POSITIONS - p);
            assert_memory_equal(s.out, alone, n * sizeof *alone);
        }
        free(alone);
        scene_close(&s);
    }
}

/* Where positions beyond the newest hold garbage, it never shows. */
static void what_was_not_written_is_not_read(void **state) {
    (void)state;
    struct scene s;
    scene_open(&s, 64, 2, 0);
    EACH_ISA(isa) {
        run_tile(&s, isa, 40, 1);
        float before[128];
        memcpy(before, s.out + (size_t)40 * 128, sizeof before);
        uint16_t *keys = s.halves + page_table[1] * s.page_stride;
        uint16_t *values = keys + KV_PAGE_TOKENS * 64, saved[64];
        memcpy(saved, values + 9 * s.value_stride, sizeof saved);
        for (int d = 0; d < 64; d++) {
            keys[d * KV_PAGE_TOKENS + 9] = 0x7bff;
            values[9 * s.value_stride + d] = 0x7e00; /* NaN */
        }
        run_tile(&s, isa, 40, 1);
        assert_memory_equal(s.out + (size_t)40 * 128, before, sizeof before);
        memcpy(values + 9 * s.value_stride, saved, sizeof saved);
    }
    scene_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_position_sees_itself_and_all_before),
        cmocka_unit_test(a_query_does_not_feel_its_neighbours),
        cmocka_unit_test(what_was_not_written_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
