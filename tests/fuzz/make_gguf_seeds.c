/* make_gguf_seeds FOLDER: writes the seeds of fuzz_gguf (tests/fuzz/corpus/gguf). */
#include "tests/support/gguf_writer.h"
#include "tests/support/random_gguf.h"

#define SHAPE .n_layers = 1, .d_model = 32, .n_heads = 2, .n_kv_heads = 1, .d_ff = 32

static const struct {
    const char *file;
    struct random_gguf options;
} models[] = {
    {"llama-q4_0",
     {SHAPE, .type = TENSOR_Q4_0, .tied = true, .rope_factor = 2, .rope_factors = true}},
    {"qwen2-v2-q5_1",
     {SHAPE, .type = TENSOR_Q5_1, .architecture = "qwen2", .version = 2, .fim = true, .tied = true,
      .vector_type = TENSOR_F16}},
    {"qwen3-q8_0", {SHAPE, .type = TENSOR_Q8_0, .architecture = "qwen3"}},
};

static bool write_vocabulary(FILE *file) {
    struct gguf_writer w = {.file = file};
    static const char *const tokens[] = {"<unk>", "<s>", "</s>", "<0x0A>",        "\xe2\x96\x81",
                                         "a",     "b",   "ab",   "\342\226\201ab"};
    static const uint32_t kinds[] = {TOKEN_UNKNOWN, TOKEN_CONTROL, TOKEN_CONTROL,
                                     TOKEN_BYTE,    TOKEN_NORMAL,  TOKEN_NORMAL,
                                     TOKEN_NORMAL,  TOKEN_NORMAL,  TOKEN_NORMAL};
    enum { N = sizeof tokens / sizeof *tokens };
    gguf_put_header(&w, 3, 0, 10);
    gguf_put_key_text(&w, "general.architecture", "llama");
    gguf_put_key_text(&w, "tokenizer.ggml.model", "llama");
    gguf_put_key_array(&w, "tokenizer.ggml.tokens", GGUF_STRING, N);
    for (int i = 0; i < N; i++)
        gguf_put_text(&w, tokens[i]);
    gguf_put_key_array(&w, "tokenizer.ggml.scores", GGUF_FLOAT32, N);
    for (int i = 0; i < N; i++)
        gguf_put_f32(&w, (float)i);
    gguf_put_key_array(&w, "tokenizer.ggml.token_type", GGUF_INT32, N);
    for (int i = 0; i < N; i++)
        gguf_put_u32(&w, kinds[i]);
    gguf_put_key_u32(&w, "tokenizer.ggml.bos_token_id", 1);
    gguf_put_key_u32(&w, "tokenizer.ggml.eos_token_id", 2);
    gguf_put_key_bool(&w, "tokenizer.ggml.add_space_prefix", true);
    gguf_put_key_u32(&w, "general.alignment", 64);
    gguf_put_key_array(&w, "general.nested", GGUF_ARRAY, 1);
    gguf_put_u32(&w, GGUF_UINT8);
    gguf_put_u64(&w, 1);
    gguf_put(&w, "x", 1);
    return !w.failed;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: make_gguf_seeds FOLDER\n");
        return 2;
    }
    char path[1024];
    struct error err = ERROR_INIT;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        snprintf(path, sizeof path, "%s/%s", argv[1], models[i].file);
        if (random_gguf_write(&models[i].options, path, &err)) continue;
        fprintf(stderr, "make_gguf_seeds: %s\n", err.message);
        return 1;
    }
    snprintf(path, sizeof path, "%s/vocabulary", argv[1]);
    FILE *file = fopen(path, "wb");
    bool ok = file != NULL && write_vocabulary(file);
    if (file != NULL && fclose(file) != 0) ok = false;
    if (!ok) fprintf(stderr, "make_gguf_seeds: cannot write %s\n", path);
    return ok ? 0 : 1;
}
