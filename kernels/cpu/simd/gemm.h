/* The arithmetic of prefill: a panel of GEMM_ROWS dequantised rows times every token.
 *
 * The panel is [GEMM_COLUMNS][GEMM_ROWS], rows contiguous, so that a vector of rows meets one
 * broadcast activation and the sums land where y wants them, without a sum across lanes. Two
 * vectors of rows by GEMM_TOKENS tokens of sums fill the register file. A panel of 768 columns
 * stays in the second-level cache, its tile of activations in the first. */
enum { GEMM_ROWS = 2 * VF_LANES, GEMM_COLUMNS = 768 };

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* block [GEMM_ROWS × 32] to panel [32 × GEMM_ROWS]. */
static inline void gemm_transpose(const float *block, float *panel) {
    for (size_t r = 0; r < GEMM_ROWS; r += TRANSPOSE_LANES)
        for (size_t c = 0; c < 32; c += TRANSPOSE_LANES)
            transpose_tile(panel + c * GEMM_ROWS + r, GEMM_ROWS, block + r * 32 + c, 32);
}

/* y [T × GEMM_ROWS] (+)= x [T × n_cols] panel. Continues the sums in y unless `start`. */
static inline __attribute__((always_inline)) void gemm_tile(const int T, const float *panel,
                                                            size_t n_cols, const float *x,
                                                            size_t x_stride, float *y,
                                                            size_t y_stride, int start) {
    vf acc[GEMM_TOKENS][2];
    UNROLL
    for (int t = 0; t < T; t++) {
        acc[t][0] = start ? vf_zero() : vf_load(y + (size_t)t * y_stride);
        acc[t][1] = start ? vf_zero() : vf_load(y + (size_t)t * y_stride + VF_LANES);
    }
    for (size_t c = 0; c < n_cols; c++, panel += GEMM_ROWS) {
        vf w0 = vf_load(panel), w1 = vf_load(panel + VF_LANES);
        UNROLL
        for (int t = 0; t < T; t++) {
            vf a = vf_set1(x[(size_t)t * x_stride + c]);
            acc[t][0] = vf_fma(a, w0, acc[t][0]);
            acc[t][1] = vf_fma(a, w1, acc[t][1]);
        }
    }
    UNROLL
    for (int t = 0; t < T; t++) {
        vf_store(y + (size_t)t * y_stride, acc[t][0]);
        vf_store(y + (size_t)t * y_stride + VF_LANES, acc[t][1]);
    }
}

static void gemm_tile_of(size_t n, const float *panel, size_t n_cols, const float *x,
                         size_t x_stride, float *y, size_t y_stride, int start) {
    switch (n) {
#define GEMM_CASE(T)                                                                               \
    case T:                                                                                        \
        gemm_tile(T, panel, n_cols, x, x_stride, y, y_stride, start);                              \
        return;
        GEMM_CASE(1)
        GEMM_CASE(2)
        GEMM_CASE(3)
        GEMM_CASE(4)
#if GEMM_TOKENS > 4
        GEMM_CASE(5)
        GEMM_CASE(6)
#endif
#if GEMM_TOKENS > 6
        GEMM_CASE(7)
        GEMM_CASE(8)
#endif
#if GEMM_TOKENS > 8
        GEMM_CASE(9)
        GEMM_CASE(10)
        GEMM_CASE(11)
        GEMM_CASE(12)
#endif
#undef GEMM_CASE
    }
}

/* All tokens of m with one panel, whose rows begin at `row` and whose columns at `first`. */
static void gemm_panel(const struct matmul *m, const float *panel, size_t row, size_t n_rows,
                       size_t first, size_t n_cols) {
    for (size_t t = 0; t < m->n; t += GEMM_TOKENS) {
        size_t n = m->n - t < GEMM_TOKENS ? m->n - t : GEMM_TOKENS;
        const float *x = m->x + t * m->x_stride + first;
        float *y = m->y + t * m->y_stride + row;
        if (n_rows == GEMM_ROWS) {
            gemm_tile_of(n, panel, n_cols, x, m->x_stride, y, m->y_stride, first == 0);
            continue;
        }
        /* The last rows of a matrix: a full tile would run past the end of y. */
        float tile[GEMM_TOKENS * GEMM_ROWS] = {0};
        for (size_t i = 0; first != 0 && i < n; i++)
            memcpy(tile + i * GEMM_ROWS, y + i * m->y_stride, n_rows * sizeof *y);
        gemm_tile_of(n, panel, n_cols, x, m->x_stride, tile, GEMM_ROWS, first == 0);
        for (size_t i = 0; i < n; i++)
            memcpy(y + i * m->y_stride, tile + i * GEMM_ROWS, n_rows * sizeof *y);
    }
}
