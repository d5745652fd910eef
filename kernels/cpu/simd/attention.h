/* Attention with a streaming softmax (Milakov and Gimelshein 2018; Dao et al. 2022): one pass over
 * the pages, keeping for each query the largest score so far, the sum of exponentials and the
 * weighted sum of values relative to it. What a query computes does not depend on its neighbours
 * in the tile. */

/* scores [Q][KV_PAGE_TOKENS] = q keys, for Q queries and one page. */
static ALWAYS_INLINE void attention_scores(const int Q, float *scores, const float *const *q,
                                           const uint16_t *keys, size_t head_dim) {
    enum { N = KV_PAGE_TOKENS / VF_LANES };
    vf acc[SCORE_QUERIES][N];
    UNROLL
    for (int i = 0; i < Q; i++)
        UNROLL
    for (int j = 0; j < N; j++)
        acc[i][j] = vf_zero();
    for (size_t d = 0; d < head_dim; d++, keys += KV_PAGE_TOKENS) {
        UNROLL
        for (int j = 0; j < N; j++) {
            vf k = vf_load_half(keys + j * VF_LANES);
            UNROLL
            for (int i = 0; i < Q; i++)
                acc[i][j] = vf_fma(vf_set1(q[i][d]), k, acc[i][j]);
        }
    }
    UNROLL
    for (int i = 0; i < Q; i++)
        UNROLL
    for (int j = 0; j < N; j++)
        vf_store(scores + i * KV_PAGE_TOKENS + j * VF_LANES, acc[i][j]);
}

/* sums [Q][stride] += weights [Q][KV_PAGE_TOKENS] values, V vectors of a value's dimensions. */
static ALWAYS_INLINE void attention_values(const int Q, const int V, float *sums,
                                           const float *weights, const uint16_t *values,
                                           size_t stride, size_t n_tokens) {
    vf acc[SCORE_QUERIES][VALUE_VECTORS];
    UNROLL
    for (int i = 0; i < Q; i++)
        UNROLL
    for (int j = 0; j < V; j++)
        acc[i][j] = vf_load(sums + (size_t)i * stride + j * VF_LANES);
    for (size_t t = 0; t < n_tokens; t++, values += stride) {
        UNROLL
        for (int j = 0; j < V; j++) {
            vf v = vf_load_half(values + j * VF_LANES);
            UNROLL
            for (int i = 0; i < Q; i++)
                acc[i][j] = vf_fma(vf_set1(weights[i * KV_PAGE_TOKENS + (int)t]), v, acc[i][j]);
        }
    }
    UNROLL
    for (int i = 0; i < Q; i++)
        UNROLL
    for (int j = 0; j < V; j++)
        vf_store(sums + (size_t)i * stride + j * VF_LANES, acc[i][j]);
}

/* Scores of one query and page to weights exp(score - max). Returns the new maximum; *sum and the
 * query's value sums are rescaled to it. */
static float attention_softmax(float *scores, size_t n_tokens, float old_max, float *sum,
                               float *sums, const struct attention_tile *tile) {
    vf scale = vf_set1(tile->scale), clamp = vf_set1(tile->clamp);
    vf minus_clamp = vf_set1(-tile->clamp);
    for (size_t i = 0; i < KV_PAGE_TOKENS; i += VF_LANES) {
        vf s = vf_mul(vf_load(scores + i), scale);
        if (tile->clamp > 0) s = vf_max(minus_clamp, vf_min(clamp, s));
        vf_store(scores + i, s);
    }
    for (size_t i = n_tokens; i < KV_PAGE_TOKENS; i++)
        scores[i] = -INFINITY;
    vf maxima = vf_load(scores);
    for (size_t i = VF_LANES; i < KV_PAGE_TOKENS; i += VF_LANES)
        maxima = vf_max(maxima, vf_load(scores + i));
    float max = vf_hmax(maxima);
    if (max > old_max) {
        /* The first page has nothing to rescale: its sums are zero. */
        float lanes[VF_LANES];
        vf_store(lanes, vf_exp(vf_set1(old_max - max)));
        vf shrink = vf_set1(lanes[0]);
        *sum *= lanes[0];
        for (size_t i = 0; i < tile->value_stride; i += VF_LANES)
            vf_store(sums + i, vf_mul(vf_load(sums + i), shrink));
    } else {
        max = old_max;
    }
    vf top = vf_set1(max);
    for (size_t i = 0; i < KV_PAGE_TOKENS; i += VF_LANES)
        vf_store(scores + i, vf_exp(vf_sub(vf_load(scores + i), top)));
    for (size_t i = n_tokens; i < KV_PAGE_TOKENS; i++)
        scores[i] = 0; /* vf_exp does not reach zero */
    vf total = vf_load(scores);
    for (size_t i = VF_LANES; i < KV_PAGE_TOKENS; i += VF_LANES)
        total = vf_add(total, vf_load(scores + i));
    *sum += vf_sum(total);
    return max;
}

/* Q queries, from number `first` of the tile on, over one page. */
static ALWAYS_INLINE void attention_page(const int Q, const struct attention_tile *tile,
                                         uint32_t first, uint32_t page, float *max, float *sum) {
    size_t stride = tile->value_stride;
    const uint16_t *keys = tile->keys + tile->pages[page] * tile->page_stride;
    const uint16_t *values = keys + tile->head_dim * KV_PAGE_TOKENS;
    float *scores = tile->scratch;
    float *sums = tile->scratch + ATTENTION_QUERIES * KV_PAGE_TOKENS + first * stride;
    attention_scores(Q, scores, tile->q + first, keys, tile->head_dim);
    size_t n_most = 0;
    for (int i = 0; i < Q; i++) {
        uint32_t n = tile->positions[first + (uint32_t)i] - page * KV_PAGE_TOKENS + 1;
        if (n > KV_PAGE_TOKENS) n = KV_PAGE_TOKENS;
        if (n > n_most) n_most = n;
        max[i] = attention_softmax(scores + i * KV_PAGE_TOKENS, n, max[i], &sum[i],
                                   sums + (size_t)i * stride, tile);
    }
    size_t d = 0;
    for (; d + VALUE_VECTORS * VF_LANES <= stride; d += VALUE_VECTORS * VF_LANES)
        attention_values(Q, VALUE_VECTORS, sums + d, scores, values + d, stride, n_most);
    for (; d < stride; d += VF_LANES)
        attention_values(Q, 1, sums + d, scores, values + d, stride, n_most);
}

static void simd_attention(const struct attention_tile *tile) {
    float max[ATTENTION_QUERIES], sum[ATTENTION_QUERIES];
    float *sums = tile->scratch + ATTENTION_QUERIES * KV_PAGE_TOKENS;
    for (uint32_t i = 0; i < tile->n_queries; i++) {
        max[i] = -INFINITY;
        sum[i] = 0;
    }
    memset(sums, 0, tile->n_queries * tile->value_stride * sizeof *sums);
    uint32_t last_page = tile->positions[tile->n_queries - 1] / KV_PAGE_TOKENS;
    uint32_t first = 0; /* queries before it end before this page */
    for (uint32_t page = 0; page <= last_page; page++) {
        while (tile->positions[first] < page * KV_PAGE_TOKENS)
            first++;
        uint32_t i = first;
#define ATTENTION_GROUP(Q)                                                                         \
    for (; i + Q <= tile->n_queries; i += Q)                                                       \
        attention_page(Q, tile, i, page, max + i, sum + i);
#if SCORE_QUERIES >= 8
        ATTENTION_GROUP(8)
        ATTENTION_GROUP(4)
        ATTENTION_GROUP(3)
#endif
        ATTENTION_GROUP(2)
        ATTENTION_GROUP(1)
#undef ATTENTION_GROUP
    }
    for (uint32_t i = 0; i < tile->n_queries; i++)
        for (size_t d = 0; d < tile->head_dim; d++)
            tile->out[i][d] = sums[i * tile->value_stride + d] / sum[i];
}
