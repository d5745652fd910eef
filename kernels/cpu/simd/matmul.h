/* The kernels of one weight type, from its dequantize_TYPE. Included once per type with
 *
 *   TYPE           the suffix of the functions, q4_1
 *   ELEMENT_BYTES  bytes of a value for the float types, whose rows may end inside a block of 32;
 *                  0 for the quantised types, whose rows cannot
 *
 * and defines gemv_TYPE, few_TYPE and gemm_TYPE as weight_format.h describes them. */
#ifndef AERIE_KERNELS_CPU_SIMD_MATMUL_H
#define AERIE_KERNELS_CPU_SIMD_MATMUL_H
#define MATMUL_PASTE_(a, b) a##_##b
#define MATMUL_PASTE(a, b)  MATMUL_PASTE_(a, b)
#define MATMUL_NAME(name)   MATMUL_PASTE(name, TYPE)
#define ALWAYS_INLINE       inline __attribute__((always_inline))
#endif

#define DOTS MATMUL_NAME(dots)

/* R rows times T tokens. Each product has one accumulator vector that walks the columns in order,
 * whatever R and T are: that is what makes gemv and few agree bit for bit. The next R rows are
 * asked for while these are computed: without that, one thread decodes SmolLM2 135M at two thirds
 * of the speed (15.0 ms a token instead of 10.6), because rows this short end before hardware
 * prefetchers have caught on. */
static ALWAYS_INLINE void MATMUL_NAME(dots)(const int R, const int T, const uint8_t *rows,
                                            size_t row_bytes, size_t cols, const float *x,
                                            size_t x_stride, float *y, size_t y_stride) {
    vf acc[4][8]; /* [R][T] */
    UNROLL
    for (int r = 0; r < R; r++)
        UNROLL
    for (int t = 0; t < T; t++)
        acc[r][t] = vf_zero();
    size_t n_blocks = cols / 32, block_bytes = n_blocks > 0 ? row_bytes / n_blocks : 0;
    for (size_t b = 0; b < n_blocks; b++, x += 32) {
        UNROLL
        for (int r = 0; r < R; r++) {
            vf w[VECTORS_32];
            MATMUL_NAME(dequantize)(rows + (size_t)r * row_bytes, b, w);
            __builtin_prefetch(rows + (size_t)(R + r) * row_bytes + b * block_bytes);
            UNROLL
            for (int i = 0; i < VECTORS_32; i++)
                UNROLL
            for (int t = 0; t < T; t++)
                acc[r][t] =
                    vf_fma(w[i], vf_load(x + (size_t)t * x_stride + i * VF_LANES), acc[r][t]);
        }
    }
#if ELEMENT_BYTES
    if (cols % 32 != 0)
        for (int r = 0; r < R; r++) {
            uint8_t last[32 * ELEMENT_BYTES] = {0};
            memcpy(last, rows + (size_t)r * row_bytes + n_blocks * sizeof last,
                   cols % 32 * ELEMENT_BYTES);
            vf w[VECTORS_32];
            MATMUL_NAME(dequantize)(last, 0, w);
            for (int i = 0; i < VECTORS_32; i++)
                for (int t = 0; t < T; t++)
                    acc[r][t] =
                        vf_fma(w[i], vf_load(x + (size_t)t * x_stride + i * VF_LANES), acc[r][t]);
        }
#endif
    UNROLL
    for (int r = 0; r < R; r++)
        UNROLL
    for (int t = 0; t < T; t++)
        y[(size_t)t * y_stride + (size_t)r] = vf_sum(acc[r][t]);
}

/* One row times one token. */
static __attribute__((noinline)) float MATMUL_NAME(dot)(const struct weights *w, size_t row,
                                                        const float *x) {
    float y;
    DOTS(1, 1, w->data + row * w->row_bytes, 0, w->cols, x, 0, &y, 0);
    return y;
}

static void MATMUL_NAME(gemv)(const struct matmul *m, size_t first_row, size_t end_row) {
    const struct weights *w = m->w;
    size_t r = first_row;
    for (; r + GEMV_ROWS <= end_row; r += GEMV_ROWS)
        DOTS(GEMV_ROWS, 1, w->data + r * w->row_bytes, w->row_bytes, w->cols, m->x, 0, m->y + r, 0);
    for (; r < end_row; r++)
        m->y[r] = MATMUL_NAME(dot)(w, r, m->x);
}

/* FEW_ROWS rows times all tokens of the step: the rows stay in the first-level cache while groups
 * of tokens pass by. */
static void MATMUL_NAME(few_rows)(const struct matmul *m, size_t row) {
    const struct weights *w = m->w;
    const uint8_t *rows = w->data + row * w->row_bytes;
    for (size_t t = 0; t < m->n;) {
        const float *x = m->x + t * m->x_stride;
        float *y = m->y + t * m->y_stride + row;
        size_t left = m->n - t;
#define MATMUL_GROUP(T)                                                                            \
    if (left >= T) {                                                                               \
        DOTS(FEW_ROWS, T, rows, w->row_bytes, w->cols, x, m->x_stride, y, m->y_stride);            \
        t += T;                                                                                    \
        continue;                                                                                  \
    }
#if FEW_TOKENS >= 8
        MATMUL_GROUP(8)
        MATMUL_GROUP(6)
#endif
#if FEW_TOKENS >= 4
        MATMUL_GROUP(4)
        MATMUL_GROUP(3)
#endif
        MATMUL_GROUP(2)
        MATMUL_GROUP(1)
#undef MATMUL_GROUP
    }
}

static void MATMUL_NAME(few)(const struct matmul *m, size_t first_row, size_t end_row) {
    const struct weights *w = m->w;
    size_t r = first_row;
    for (; r + FEW_ROWS <= end_row; r += FEW_ROWS)
        MATMUL_NAME(few_rows)(m, r);
    for (; r < end_row; r++) /* a matrix's odd last row: not worth code of its own */
        for (size_t t = 0; t < m->n; t++)
            m->y[t * m->y_stride + r] = MATMUL_NAME(dot)(w, r, m->x + t * m->x_stride);
}

/* n_rows rows to floats, each padded with zeros to a multiple of 32, and enough rows of zeros to
 * make their number a multiple of four. */
static void MATMUL_NAME(panel)(const struct weights *w, size_t row, size_t n_rows, float *panel) {
    size_t cols = gemm_padded(w->cols);
    for (size_t r = 0; r < n_rows; r++) {
        const uint8_t *bytes = w->data + (row + r) * w->row_bytes;
        for (size_t b = 0; b < w->cols / 32; b++, panel += 32) {
            vf v[VECTORS_32];
            MATMUL_NAME(dequantize)(bytes, b, v);
            for (size_t i = 0; i < VECTORS_32; i++)
                vf_store(panel + i * VF_LANES, v[i]);
        }
#if ELEMENT_BYTES
        if (cols != w->cols) {
            uint8_t last[32 * ELEMENT_BYTES] = {0};
            memcpy(last, bytes + w->cols / 32 * sizeof last, w->cols % 32 * ELEMENT_BYTES);
            vf v[VECTORS_32];
            MATMUL_NAME(dequantize)(last, 0, v);
            for (size_t i = 0; i < VECTORS_32; i++)
                vf_store(panel + i * VF_LANES, v[i]);
            panel += 32;
        }
#endif
    }
    memset(panel, 0, (4 - n_rows % 4) % 4 * cols * sizeof *panel);
}

static void MATMUL_NAME(gemm)(const struct matmul *m, size_t first_row, size_t end_row,
                              float *scratch) {
    size_t panel_rows = gemm_panel_rows(m->w->cols);
    float *sums = scratch, *panel = scratch + GEMM_SUMS;
    for (size_t row = first_row; row < end_row; row += panel_rows) {
        size_t n_rows = end_row - row < panel_rows ? end_row - row : panel_rows;
        MATMUL_NAME(panel)(m->w, row, n_rows, panel);
        gemm_panel(m, panel, row, n_rows, sums);
    }
}

#undef DOTS
#undef TYPE
#undef ELEMENT_BYTES
