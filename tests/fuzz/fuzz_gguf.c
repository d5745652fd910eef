/* Any bytes as a GGUF, as a model, as a vocabulary: an error or an answer, never a crash. Whatever
 * a model hands out is read to its last byte. */
#include "engine/model/model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

static void read_all(const void *bytes, uint64_t n) {
    uint8_t sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum ^= ((const uint8_t *)bytes)[i];
    sink = sum;
}

static void read_tensor(struct tensor tensor) {
    if (tensor.data != NULL)
        read_all(tensor.data, tensor.rows * tensor_row_bytes(tensor.type, tensor.cols));
}

static void read_model(const struct model *model) {
    const struct decoder_spec *spec = model_decoder(model);
    read_tensor(spec->token_embedding);
    read_tensor(spec->output_norm);
    read_tensor(spec->output);
    for (uint32_t l = 0; l < spec->config.n_layers; l++) {
        const struct decoder_layer *layer = &spec->layers[l];
        const struct tensor tensors[] = {
            layer->attention_norm,
            layer->wq,
            layer->wk,
            layer->wv,
            layer->bq,
            layer->bk,
            layer->bv,
            layer->q_norm,
            layer->k_norm,
            layer->wo,
            layer->ffn_norm,
            layer->w_gate,
            layer->w_up,
            layer->w_down,
        };
        for (size_t t = 0; t < sizeof tensors / sizeof *tensors; t++)
            read_tensor(tensors[t]);
    }
    if (spec->config.rope.frequency_factors != NULL)
        read_all(spec->config.rope.frequency_factors, spec->config.rope.n_dims / 2 * sizeof(float));
    read_all(model_name(model), strlen(model_name(model)));
}

static void read_tokenizer(const struct tokenizer *tokenizer) {
    struct token_list list = {0};
    static const char text[] = "int main(void) { return 0; } \xc3\xa9\xff";
    if (tokenizer_encode(tokenizer, text, sizeof text - 1, TOKENIZE_SPECIAL | TOKENIZE_ADD_BOS,
                         &list, NULL))
        for (size_t i = 0; i < list.length; i++) {
            struct text_view bytes = tokenizer_bytes(tokenizer, list.ids[i]);
            read_all(bytes.bytes, bytes.length);
        }
    token_list_free(&list);
}

static void read_file(const void *bytes, size_t size) {
    struct gguf *gguf = gguf_open_memory(bytes, size, NULL);
    if (gguf == NULL) return;
    for (size_t i = 0; i < gguf_n_tensors(gguf); i++)
        read_all(gguf_tensor_at(gguf, i)->tensor.data, gguf_tensor_at(gguf, i)->bytes);
    struct tokenizer *tokenizer = gguf_create_tokenizer(gguf, NULL);
    if (tokenizer != NULL) read_tokenizer(tokenizer);
    tokenizer_free(tokenizer);
    gguf_close(gguf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(size + 1); /* aligned, as a mapping is */
    if (bytes == NULL) return 0;
    memcpy(bytes, data, size);
    read_file(bytes, size);
    struct model *model = model_open_memory(bytes, size, NULL);
    if (model != NULL) read_model(model);
    model_close(model);
    free(bytes);
    return 0;
}
