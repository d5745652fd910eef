#include "engine/model/model.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/random_gguf.h"
#include "tests/support/random_vocabulary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A small llama to spoil. */
#define SMALL .n_layers = 2, .d_model = 32, .n_heads = 2, .n_kv_heads = 1, .d_ff = 64

static struct model *open_random(const struct random_gguf *options, void **bytes,
                                 struct error *err) {
    size_t n;
    assert_true(random_gguf_bytes(options, bytes, &n, NULL));
    return model_open_memory(*bytes, n, err);
}

/* Where the value of a scalar key lies in the file. */
static uint8_t *value_of(void *bytes, size_t n, const char *key) {
    size_t length = strlen(key);
    uint8_t *start = memmem(bytes, n, key, length);
    assert_non_null(start);
    return start + length + 4;
}

/* ---- what a good file becomes ---------------------------------------------------------------- */

static void the_keys_become_the_decoder(void **state) {
    (void)state;
    struct random_gguf options = {SMALL, .rope_base = 50000, .rope_factor = 4, .n_context = 777,
                                  .name = "a small one"};
    void *bytes;
    struct error err = ERROR_INIT;
    struct model *model = open_random(&options, &bytes, &err);
    if (model == NULL) fail_msg("%s", err.message);
    const struct decoder_config *c = &model_decoder(model)->config;
    assert_string_equal(model_name(model), "a small one");
    assert_string_equal(model_architecture(model), "llama");
    assert_int_equal(c->n_layers, 2);
    assert_int_equal(c->d_model, 32);
    assert_int_equal(c->n_heads, 2);
    assert_int_equal(c->n_kv_heads, 1);
    assert_int_equal(c->head_dim, 16);
    assert_int_equal(c->d_ff, 64);
    assert_int_equal(c->n_context, 777);
    assert_int_equal(c->n_vocab, VOCABULARY_SIZE);
    assert_true(c->norm_eps == 1e-5f && c->attention_clamp == 0);
    assert_int_equal(c->rope.style, ROPE_ADJACENT);
    assert_int_equal(c->rope.n_dims, 16);
    assert_true(c->rope.base == 50000 && c->rope.position_scale == 0.25f);
    assert_null(c->rope.frequency_factors);
    uint64_t embedding = 32 * VOCABULARY_SIZE,
             layer = 2 * 32 + 2 * 32 * 32 + 2 * 16 * 32 + 3 * 32 * 64;
    assert_int_equal(model_n_parameters(model), 2 * embedding + 32 + 2 * layer);
    assert_int_equal(model_weight_bytes(model), 4 * model_n_parameters(model));
    assert_int_equal(model_kv_bytes(model, 100, 2), 2 * 2 * 16 * 2 * 100);
    model_close(model);
    free(bytes);
}

static void an_absent_output_is_the_embedding(void **state) {
    (void)state;
    for (int tied = 0; tied < 2; tied++) {
        struct random_gguf options = {SMALL, .tied = tied};
        void *bytes;
        struct model *model = open_random(&options, &bytes, NULL);
        assert_non_null(model);
        const struct decoder_spec *spec = model_decoder(model);
        assert_int_equal(spec->output.data == spec->token_embedding.data, tied);
        model_close(model);
        free(bytes);
    }
}

static void each_architecture_has_its_own_tensors(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum rope_style rope;
        bool bias, qk_norm;
    } cases[] = {
        {"llama", ROPE_ADJACENT, false, false},
        {"qwen2", ROPE_HALVES, true, false},
        {"qwen3", ROPE_HALVES, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct random_gguf options = {SMALL, .architecture = cases[i].name, .head_dim = 32};
        void *bytes;
        struct error err = ERROR_INIT;
        struct model *model = open_random(&options, &bytes, &err);
        if (model == NULL) fail_msg("%s: %s", cases[i].name, err.message);
        const struct decoder_spec *spec = model_decoder(model);
        const struct decoder_layer *layer = &spec->layers[1];
        assert_int_equal(spec->config.rope.style, cases[i].rope);
        assert_int_equal(layer->bq.data != NULL, cases[i].bias);
        assert_int_equal(layer->bv.data != NULL, cases[i].bias);
        assert_int_equal(layer->q_norm.data != NULL, cases[i].qk_norm);
        assert_true(layer->wq.rows == 64 && layer->wk.rows == 32 && layer->wo.cols == 64);
        model_close(model);
        free(bytes);
    }
}

static void norms_in_half_precision_are_converted(void **state) {
    (void)state;
    static const enum tensor_type types[] = {TENSOR_F32, TENSOR_F16, TENSOR_BF16};
    for (int i = 0; i < 3; i++) {
        struct random_gguf options = {SMALL, .vector_type = types[i], .rope_factors = true};
        void *bytes;
        struct model *model = open_random(&options, &bytes, NULL);
        assert_non_null(model);
        const struct decoder_spec *spec = model_decoder(model);
        for (uint32_t l = 0; l < spec->config.n_layers; l++) {
            struct tensor norm = spec->layers[l].attention_norm;
            assert_int_equal(norm.type, TENSOR_F32);
            for (uint64_t v = 0; v < norm.cols; v++) {
                float value = ((const float *)norm.data)[v];
                assert_true(value >= 0.49f && value <= 1.51f);
            }
        }
        assert_non_null(spec->config.rope.frequency_factors);
        assert_true(spec->config.rope.frequency_factors[7] >= 1);
        model_close(model);
        free(bytes);
    }
}

static void every_readable_type_is_accepted(void **state) {
    (void)state;
    for (size_t i = 0; i < tensor_type_count; i++) {
        struct random_gguf options = {.type = tensor_types[i].type, .n_layers = 1};
        void *bytes;
        struct model *model = open_random(&options, &bytes, NULL);
        assert_non_null(model);
        assert_int_equal(model_decoder(model)->layers[0].wq.type, tensor_types[i].type);
        model_close(model);
        free(bytes);
    }
}

static void a_hostile_name_is_made_printable(void **state) {
    (void)state;
    struct random_gguf options = {SMALL, .name = "bad\xff\n\033[31mname\xc3"};
    void *bytes;
    struct model *model = open_random(&options, &bytes, NULL);
    assert_non_null(model);
    assert_string_equal(model_name(model), "bad\xef\xbf\xbd??[31mname\xef\xbf\xbd");
    model_close(model);
    free(bytes);
}

/* ---- keys that lie
 * ------------------------------------------------------------------------------- */

static void a_key_that_disagrees_with_the_tensors_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *key;
        uint32_t value;
        const char *says;
    } cases[] = {
        {"llama.block_count", 3, "no tensor blk.2.attn_norm.weight"},
        {"llama.block_count", 1, "tensor blk.1."},
        {"llama.block_count", 0, "block_count is 0"},
        {"llama.block_count", UINT32_MAX, "block_count is 4294967295"},
        {"llama.embedding_length", 64, "token_embd.weight is 32 x 280"},
        {"llama.feed_forward_length", 32, "ffn_gate.weight"},
        {"llama.attention.head_count", 0, "head_count is 0"},
        {"llama.attention.head_count", 3, "attn_q.weight"},
        {"llama.attention.head_count", 4, "attn_q.weight"},
        {"llama.attention.head_count_kv", 2, "attn_k.weight"},
        {"llama.attention.head_count_kv", 3, "cannot share"},
        {"llama.attention.key_length", 8, "different sizes"},
        {"llama.rope.dimension_count", 32, "dimension_count is 32"},
        {"llama.rope.dimension_count", 3, "odd"},
        {"llama.vocab_size", 281, "vocab_size is 281"},
        {"llama.context_length", 0, "context_length is 0"},
        {"llama.attention.layer_norm_rms_epsilon", 0, "layer_norm_rms_epsilon"},
        {"llama.attention.layer_norm_rms_epsilon", 0x7fc00000, "layer_norm_rms_epsilon"}, /* NaN */
        {"llama.rope.freq_base", 0x7f800000, "freq_base"}, /* infinity */
        {"llama.rope.freq_base", 0xbf800000, "freq_base"}, /* -1 */
        {"llama.rope.scaling.factor", 0x7fc00000, "scaling.factor"},
    };
    struct random_gguf options = {SMALL, .rope_factor = 4};
    void *bytes;
    size_t n;
    assert_true(random_gguf_bytes(&options, &bytes, &n, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *value = value_of(bytes, n, cases[i].key), saved[4];
        /* "head_count" is the beginning of "head_count_kv": the shorter key comes first. */
        memcpy(saved, value, 4);
        memcpy(value, &cases[i].value, 4);
        struct error err = ERROR_INIT;
        struct model *model = model_open_memory(bytes, n, &err);
        if (model != NULL || strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s = %u: %s", cases[i].key, cases[i].value,
                     model ? "was opened" : err.message);
        memcpy(value, saved, 4);
    }
    free(bytes);
}

static void put_experts(struct gguf_writer *w) {
    gguf_put_key_u32(w, "llama.expert_count", 8);
}
static void put_no_experts(struct gguf_writer *w) {
    gguf_put_key_u32(w, "llama.expert_count", 0);
}
static void put_yarn(struct gguf_writer *w) {
    gguf_put_key_text(w, "llama.rope.scaling.type", "yarn");
}
static void put_softcap(struct gguf_writer *w) {
    gguf_put_key_f32(w, "llama.attn_logit_softcapping", 50);
}
static void put_logit_scale(struct gguf_writer *w) {
    gguf_put_key_f32(w, "llama.logit_scale", 8);
}
static void put_unit_logit_scale(struct gguf_writer *w) {
    gguf_put_key_f32(w, "llama.logit_scale", 1);
}
static void put_usual_scale(struct gguf_writer *w) {
    gguf_put_key_f32(w, "llama.attention.scale", 0.25f); /* 1/sqrt(16) */
}
static void put_odd_scale(struct gguf_writer *w) {
    gguf_put_key_f32(w, "llama.attention.scale", 0.1f);
}
static void put_two_sided(struct gguf_writer *w) {
    gguf_put_key_bool(w, "llama.attention.causal", false);
}
static void put_softcap_as_text(struct gguf_writer *w) {
    gguf_put_key_text(w, "llama.attn_logit_softcapping", "0");
}

static void a_key_that_asks_for_other_maths_is_refused_by_name(void **state) {
    (void)state;
    static const struct {
        void (*put)(struct gguf_writer *w);
        const char *says; /* NULL: the file is fine */
    } cases[] = {
        {put_experts, "llama.expert_count"},
        {put_no_experts, NULL},
        {put_yarn, "rope scaling of type 'yarn'"},
        {put_softcap, "llama.attn_logit_softcapping"},
        {put_softcap_as_text, "llama.attn_logit_softcapping"},
        {put_logit_scale, "llama.logit_scale"},
        {put_unit_logit_scale, NULL},
        {put_usual_scale, NULL},
        {put_odd_scale, "llama.attention.scale"},
        {put_two_sided, "llama.attention.causal"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct random_gguf options = {SMALL, .extra_keys = cases[i].put, .n_extra_keys = 1};
        void *bytes;
        struct error err = ERROR_INIT;
        struct model *model = open_random(&options, &bytes, &err);
        if (cases[i].says == NULL) {
            if (model == NULL) fail_msg("case %zu: %s", i, err.message);
        } else {
            assert_null(model);
            assert_int_equal(err.code, ERROR_UNSUPPORTED);
            if (strstr(err.message, cases[i].says) == NULL) fail_msg("%s", err.message);
        }
        model_close(model);
        free(bytes);
    }
}

static void put_old_scale(struct gguf_writer *w) {
    gguf_put_key_f32(w, "llama.rope.scale_linear", 2);
}
static void put_window(struct gguf_writer *w) {
    gguf_put_key_u32(w, "llama.attention.sliding_window", 100);
}

static void older_and_windowed_files_run_within_their_means(void **state) {
    (void)state;
    struct random_gguf options = {SMALL, .extra_keys = put_old_scale, .n_extra_keys = 1};
    void *bytes;
    struct model *model = open_random(&options, &bytes, NULL);
    assert_non_null(model);
    assert_true(model_decoder(model)->config.rope.position_scale == 0.5f);
    model_close(model);
    free(bytes);
    options.extra_keys = put_window;
    model = open_random(&options, &bytes, NULL);
    assert_non_null(model);
    assert_int_equal(model_decoder(model)->config.n_context, 100);
    model_close(model);
    free(bytes);
}

/* ---- tensors that are not what they should be ------------------------------------------------ */

static void a_missing_or_foreign_tensor_is_named(void **state) {
    (void)state;
    static const struct {
        const char *architecture, *without, *from, *to, *says;
    } cases[] = {
        {"llama", "token_embd.weight", NULL, NULL, "token_embd.weight"},
        {"llama", "output_norm.weight", NULL, NULL, "output_norm.weight"},
        {"llama", "blk.1.ffn_up.weight", NULL, NULL, "blk.1.ffn_up.weight"},
        {"qwen2", "blk.0.attn_k.bias", NULL, NULL, "blk.0.attn_k.bias"},
        {"qwen3", "blk.1.attn_q_norm.weight", NULL, NULL, "blk.1.attn_q_norm.weight"},
        {"llama", NULL, "output.weight", "blk.0.ffn_gate_inp.weight", "ffn_gate_inp"},
        {"llama", NULL, "output.weight", "output.bias", "output.bias"},
        {"llama", NULL, "output.weight", "blk.7.attn_q.weight", "blk.7.attn_q.weight"},
        {"llama", NULL, "output.weight", "blk.0.attn_q.bias", "attn_q.bias is 32 x 280"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct random_gguf options = {SMALL, .architecture = cases[i].architecture,
                                      .without_tensor = cases[i].without,
                                      .rename_from = cases[i].from, .rename_to = cases[i].to};
        void *bytes;
        struct error err = ERROR_INIT;
        struct model *model = open_random(&options, &bytes, &err);
        if (model != NULL || strstr(err.message, cases[i].says) == NULL)
            fail_msg("case %zu: %s", i, model ? "was opened" : err.message);
        free(bytes);
    }
}

static void an_unknown_architecture_is_named_with_the_known_ones(void **state) {
    (void)state;
    struct random_gguf options = {SMALL, .architecture = "mamba"};
    void *bytes;
    struct error err = ERROR_INIT;
    assert_null(open_random(&options, &bytes, &err));
    assert_int_equal(err.code, ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "'mamba'"));
    assert_non_null(strstr(err.message, "llama, qwen2, qwen3"));
    free(bytes);
}

/* ---- vocabularies
 * -------------------------------------------------------------------------------- */

static void the_vocabulary_becomes_a_tokenizer(void **state) {
    (void)state;
    for (int fim = 0; fim < 2; fim++) {
        struct random_gguf options = {SMALL, .fim = fim};
        void *bytes;
        struct error err = ERROR_INIT;
        struct model *model = open_random(&options, &bytes, &err);
        assert_non_null(model);
        struct tokenizer *tokenizer = model_create_tokenizer(model, &err);
        if (tokenizer == NULL) fail_msg("%s", err.message);
        assert_int_equal(tokenizer_size(tokenizer), VOCABULARY_SIZE);
        assert_int_equal(tokenizer_eos(tokenizer), VOCABULARY_END);
        assert_false(tokenizer_adds_bos(tokenizer));
        assert_int_equal(tokenizer_fim_prefix(tokenizer), fim ? VOCABULARY_FIM_PREFIX : -1);
        assert_int_equal(tokenizer_fim_middle(tokenizer), fim ? VOCABULARY_FIM_MIDDLE : -1);
        struct token_list list = {0};
        assert_true(tokenizer_encode(tokenizer, "x return", 8, TOKENIZE_PLAIN, &list, &err));
        assert_int_equal(list.length, 2);
        assert_int_equal(list.ids[1], 265);
        token_list_free(&list);
        model_close(model); /* the tokenizer lives on without it */
        assert_memory_equal(tokenizer_bytes(tokenizer, 265).bytes, " return", 7);
        tokenizer_free(tokenizer);
        free(bytes);
    }
}

/* A file with a vocabulary only, one key of which is given. */
struct vocabulary_case {
    const char *says;
    const char *model;
    uint32_t n_kinds;
    int32_t kind;
    uint32_t eos;
    bool with_scores, with_merges;
};

static void put_vocabulary(struct gguf_writer *w, const struct vocabulary_case *c) {
    gguf_put_header(w, 3, 0, 4 + c->with_scores + c->with_merges);
    gguf_put_key_text(w, "tokenizer.ggml.model", c->model);
    gguf_put_key_array(w, "tokenizer.ggml.tokens", GGUF_STRING, 4);
    const char *const tokens[] = {"<unk>", "<s>", "</s>", "a"};
    for (int i = 0; i < 4; i++)
        gguf_put_text(w, tokens[i]);
    gguf_put_key_array(w, "tokenizer.ggml.token_type", GGUF_INT32, c->n_kinds);
    for (uint32_t i = 0; i < c->n_kinds; i++)
        gguf_put_u32(w, (uint32_t)c->kind);
    gguf_put_key_u32(w, "tokenizer.ggml.eos_token_id", c->eos);
    if (c->with_scores) {
        gguf_put_key_array(w, "tokenizer.ggml.scores", GGUF_FLOAT32, 4);
        for (int i = 0; i < 4; i++)
            gguf_put_f32(w, (float)-i);
    }
    if (c->with_merges) gguf_put_key_array(w, "tokenizer.ggml.merges", GGUF_STRING, 0);
}

static void a_vocabulary_that_lies_is_refused(void **state) {
    (void)state;
    static const struct vocabulary_case cases[] = {
        {NULL, "llama", 4, 1, 2, true, false},
        {NULL, "gpt2", 4, 1, 3, false, true},
        {NULL, "gpt2", 4, 0, UINT32_MAX, false, true}, /* -1: none */
        {"'bert'", "bert", 4, 1, 2, true, false},
        {"token_type has 3 entries", "llama", 3, 1, 2, true, false},
        {"unknown type 7", "llama", 4, 7, 2, true, false},
        {"unknown type -1", "llama", 4, -1, 2, true, false},
        {"eos_token_id is token 4", "llama", 4, 1, 4, true, false},
        {"tokenizer.ggml.scores", "llama", 4, 1, 2, false, false},
        {"tokenizer.ggml.merges", "gpt2", 4, 1, 2, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gguf_writer w = {0};
        put_vocabulary(&w, &cases[i]);
        struct error err = ERROR_INIT;
        struct gguf *gguf = gguf_open_memory(w.bytes, w.length, &err);
        if (gguf == NULL) fail_msg("%s", err.message);
        struct tokenizer *tokenizer = gguf_create_tokenizer(gguf, &err);
        if (cases[i].says == NULL && tokenizer == NULL) fail_msg("case %zu: %s", i, err.message);
        if (cases[i].says != NULL &&
            (tokenizer != NULL || strstr(err.message, cases[i].says) == NULL))
            fail_msg("case %zu: %s", i, tokenizer ? "was made" : err.message);
        tokenizer_free(tokenizer);
        gguf_close(gguf);
        free(w.bytes);
    }
}

static void a_file_of_a_vocabulary_only_is_no_model(void **state) {
    (void)state;
    struct gguf_writer w = {0};
    gguf_put_header(&w, 3, 0, 1);
    gguf_put_key_text(&w, "general.architecture", "llama");
    struct error err = ERROR_INIT;
    assert_null(model_open_memory(w.bytes, w.length, &err));
    assert_int_equal(err.code, ERROR_FORMAT);
    free(w.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_keys_become_the_decoder),
        cmocka_unit_test(an_absent_output_is_the_embedding),
        cmocka_unit_test(each_architecture_has_its_own_tensors),
        cmocka_unit_test(norms_in_half_precision_are_converted),
        cmocka_unit_test(every_readable_type_is_accepted),
        cmocka_unit_test(a_hostile_name_is_made_printable),
        cmocka_unit_test(a_key_that_disagrees_with_the_tensors_is_refused),
        cmocka_unit_test(a_key_that_asks_for_other_maths_is_refused_by_name),
        cmocka_unit_test(older_and_windowed_files_run_within_their_means),
        cmocka_unit_test(a_missing_or_foreign_tensor_is_named),
        cmocka_unit_test(an_unknown_architecture_is_named_with_the_known_ones),
        cmocka_unit_test(the_vocabulary_becomes_a_tokenizer),
        cmocka_unit_test(a_vocabulary_that_lies_is_refused),
        cmocka_unit_test(a_file_of_a_vocabulary_only_is_no_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
