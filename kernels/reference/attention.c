#include "kernels/reference/operations.h"

#include <math.h>
#include <string.h>

static size_t kv_offset(const struct reference_kv_view *kv, uint32_t position, size_t kv_dim) {
    return kv->pages[position / KV_PAGE_TOKENS] * kv->page_stride +
           position % KV_PAGE_TOKENS * kv_dim;
}

static float dot(const float *a, const float *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return (float)sum;
}

void reference_attention(float *out, const float *q, const struct reference_kv_view *kv,
                         uint32_t position, const struct decoder_config *config, float *scores) {
    size_t head_dim = config->head_dim, kv_dim = config->n_kv_heads * head_dim;
    uint32_t group = config->n_heads / config->n_kv_heads;
    float scale = 1.0f / sqrtf((float)head_dim), clamp = config->attention_clamp;
    for (uint32_t h = 0; h < config->n_heads; h++) {
        const float *query = q + h * head_dim;
        size_t head_offset = h / group * head_dim;
        float max = -INFINITY;
        for (uint32_t p = 0; p <= position; p++) {
            float score = dot(query, kv->keys + kv_offset(kv, p, kv_dim) + head_offset, head_dim);
            score *= scale;
            if (clamp > 0) score = fmaxf(-clamp, fminf(clamp, score));
            scores[p] = score;
            max = fmaxf(max, score);
        }
        double sum = 0;
        for (uint32_t p = 0; p <= position; p++) {
            scores[p] = expf(scores[p] - max);
            sum += scores[p];
        }
        float *o = out + h * head_dim;
        memset(o, 0, head_dim * sizeof *o);
        for (uint32_t p = 0; p <= position; p++) {
            const float *value = kv->values + kv_offset(kv, p, kv_dim) + head_offset;
            float weight = (float)(scores[p] / sum);
            for (size_t i = 0; i < head_dim; i++)
                o[i] += weight * value[i];
        }
    }
}
