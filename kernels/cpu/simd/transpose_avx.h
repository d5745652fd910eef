/* An 8 × 8 transposition in AVX registers, for the x86 paths. */
#define TRANSPOSE_LANES 8

/* out[c * out_stride + r] = in[r * in_stride + c] for r, c < 8. */
static inline void transpose_tile(float *out, size_t out_stride, const float *in,
                                  size_t in_stride) {
    __m256 row[8], pair[8], quad[8];
    for (int i = 0; i < 8; i++)
        row[i] = _mm256_loadu_ps(in + (size_t)i * in_stride);
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        quad[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
        quad[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
        quad[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
        quad[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
    }
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_ps(out + (size_t)i * out_stride,
                         _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x20));
        _mm256_storeu_ps(out + (size_t)(i + 4) * out_stride,
                         _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x31));
    }
}
