/* The arithmetic of prefill: a panel of dequantised rows times every token.
 *
 * Each product of a row and a token keeps one vector of partial sums that walks the columns in
 * order, exactly as in the kernels for few tokens (matmul.h): a step gives the same bits whether a
 * token comes alone, in a draft or in a prompt. Four rows by GEMM_TOKENS tokens of such sums fill
 * the register file, and a vector of activations is used four times for each load.
 *
 * Per GEMM_TOKENS tokens the columns pass in blocks of GEMM_COLUMNS, so that the activations stay
 * in the first-level cache while the panel, in the second, goes by. */
enum {
    GEMM_ROWS = 32,         /* of a panel, at most */
    GEMM_PANEL = 48 * 1024, /* floats of a panel, as long as that makes four rows */
    GEMM_COLUMNS = 640,
    GEMM_SUMS = GEMM_ROWS * GEMM_TOKENS * VF_LANES, /* floats between two blocks of columns */
};

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

static inline size_t gemm_padded(size_t cols) {
    return (cols + 31) / 32 * 32;
}

static inline size_t gemm_panel_rows(size_t cols) {
    size_t rows = GEMM_PANEL / gemm_padded(cols) / 4 * 4;
    return rows < 4 ? 4 : rows > GEMM_ROWS ? GEMM_ROWS : rows;
}

/* Floats of scratch memory for products with `cols` columns. */
static size_t gemm_scratch(size_t cols) {
    return GEMM_SUMS + gemm_panel_rows(cols) * gemm_padded(cols);
}

/* Four rows of the panel times T tokens over n_cols columns. The sums begin at zero where `sums` is
 * NULL or `first`, and end in `sums`, or across the lanes in y where `last`. */
static inline __attribute__((always_inline)) void
gemm_tile(const int T, const float *panel, size_t panel_stride, const float *x, size_t x_stride,
          size_t n_cols, float *sums, int first, int last, float (*y)[4]) {
    vf acc[GEMM_TOKENS][4];
    UNROLL
    for (int t = 0; t < T; t++)
        UNROLL
    for (int r = 0; r < 4; r++)
        acc[t][r] = first ? vf_zero() : vf_load(sums + (t * 4 + r) * VF_LANES);
    for (size_t c = 0; c < n_cols; c += VF_LANES) {
        vf a[GEMM_TOKENS];
        UNROLL
        for (int t = 0; t < T; t++)
            a[t] = vf_load(x + (size_t)t * x_stride + c);
        UNROLL
        for (int r = 0; r < 4; r++) {
            vf w = vf_load(panel + (size_t)r * panel_stride + c);
            UNROLL
            for (int t = 0; t < T; t++)
                acc[t][r] = vf_fma(w, a[t], acc[t][r]);
        }
    }
    UNROLL
    for (int t = 0; t < T; t++) {
        if (last)
            vf_sum4(y[t], acc[t][0], acc[t][1], acc[t][2], acc[t][3]);
        else
            UNROLL
        for (int r = 0; r < 4; r++)
            vf_store(sums + (t * 4 + r) * VF_LANES, acc[t][r]);
    }
}

static void gemm_tile_of(size_t n_tokens, const float *panel, size_t panel_stride, const float *x,
                         size_t x_stride, size_t n_cols, float *sums, int first, int last,
                         float (*y)[4]) {
    switch (n_tokens) {
#define GEMM_CASE(T)                                                                               \
    case T:                                                                                        \
        gemm_tile(T, panel, panel_stride, x, x_stride, n_cols, sums, first, last, y);              \
        return;
        GEMM_CASE(1)
        GEMM_CASE(2)
#if GEMM_TOKENS > 2
        GEMM_CASE(3)
#endif
#if GEMM_TOKENS > 3
        GEMM_CASE(4)
        GEMM_CASE(5)
        GEMM_CASE(6)
#endif
#undef GEMM_CASE
    }
}

/* Every token of m times the panel, whose n_rows rows begin at row `row` of the matrix. */
static void gemm_panel(const struct matmul *m, const float *panel, size_t row, size_t n_rows,
                       float *sums) {
    size_t cols = gemm_padded(m->w->cols); /* zeros meet zeros at the end of a row */
    size_t n_blocks = (cols + GEMM_COLUMNS - 1) / GEMM_COLUMNS;
    size_t block = gemm_padded((cols + n_blocks - 1) / n_blocks);
    for (size_t t = 0; t < m->n; t += GEMM_TOKENS) {
        size_t n = m->n - t < GEMM_TOKENS ? m->n - t : GEMM_TOKENS;
        for (size_t c = 0; c < cols; c += block) {
            size_t n_cols = cols - c < block ? cols - c : block;
            const float *x = m->x + t * m->x_stride + c;
            for (size_t r = 0; r < n_rows; r += 4) {
                float y[GEMM_TOKENS][4];
                int last = c + n_cols == cols;
                gemm_tile_of(n, panel + r * cols + c, cols, x, m->x_stride, n_cols,
                             sums + r * GEMM_TOKENS * VF_LANES, c == 0, last, y);
                size_t n_out = n_rows - r < 4 ? n_rows - r : 4;
                for (size_t i = 0; last && i < n; i++)
                    memcpy(m->y + (t + i) * m->y_stride + row + r, y[i], n_out * sizeof y[i][0]);
            }
        }
    }
}
