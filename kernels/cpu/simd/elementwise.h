/* Vector operations between the matrix products. */

/* exp(x) to about 2 units in the last place for -87.3 <= x <= 88.3, and the value at the nearer
 * bound outside: n = round(x / ln 2), then a polynomial on the remainder (Cephes' expf). */
static inline vf vf_exp(vf x) {
    x = vf_min(vf_max(x, vf_set1(-87.3f)), vf_set1(88.3f));
    vf n = vf_round(vf_mul(x, vf_set1(1.44269504f)));
    /* ln 2 in two parts, so that n * high is exact. */
    vf r = vf_fma(n, vf_set1(-0.693359375f), x);
    r = vf_fma(n, vf_set1(2.12194440e-4f), r);
    vf p = vf_set1(1.9875691500e-4f);
    p = vf_fma(p, r, vf_set1(1.3981999507e-3f));
    p = vf_fma(p, r, vf_set1(8.3334519073e-3f));
    p = vf_fma(p, r, vf_set1(4.1665795894e-2f));
    p = vf_fma(p, r, vf_set1(1.6666665459e-1f));
    p = vf_fma(p, r, vf_set1(5.0000001201e-1f));
    p = vf_fma(p, vf_mul(r, r), vf_add(r, vf_set1(1)));
    return vf_mul(p, vf_exp2_whole(n));
}

/* The last n < VF_LANES floats of a vector, filled up with zeros. */
static inline vf vf_load_first(const float *p, size_t n) {
    float lanes[VF_LANES] = {0};
    memcpy(lanes, p, n * sizeof *p);
    return vf_load(lanes);
}

static inline void vf_store_first(float *p, vf v, size_t n) {
    float lanes[VF_LANES];
    vf_store(lanes, v);
    memcpy(p, lanes, n * sizeof *p);
}

static void simd_add(float *to, const float *from, size_t n) {
    size_t i = 0;
    for (; i + VF_LANES <= n; i += VF_LANES)
        vf_store(to + i, vf_add(vf_load(to + i), vf_load(from + i)));
    for (; i < n; i++)
        to[i] += from[i];
}

static void simd_rms_norm(float *y, const float *x, const float *weight, float eps, size_t n) {
    vf sums[4] = {vf_zero(), vf_zero(), vf_zero(), vf_zero()};
    size_t i = 0;
    for (; i + 4 * VF_LANES <= n; i += 4 * VF_LANES)
        for (int j = 0; j < 4; j++) {
            vf v = vf_load(x + i + j * VF_LANES);
            sums[j] = vf_fma(v, v, sums[j]);
        }
    for (; i < n; i += VF_LANES) {
        vf v = i + VF_LANES <= n ? vf_load(x + i) : vf_load_first(x + i, n - i);
        sums[0] = vf_fma(v, v, sums[0]);
    }
    float sum = vf_sum(vf_add(vf_add(sums[0], sums[1]), vf_add(sums[2], sums[3])));
    float scale = 1.0f / sqrtf(sum / (float)n + eps);
    vf scales = vf_set1(scale);
    for (i = 0; i + VF_LANES <= n; i += VF_LANES)
        vf_store(y + i, vf_mul(vf_mul(vf_load(x + i), scales), vf_load(weight + i)));
    for (; i < n; i++)
        y[i] = x[i] * scale * weight[i];
}

static inline vf vf_swiglu(vf gate, vf up) {
    vf minus = vf_sub(vf_zero(), gate);
    return vf_mul(vf_div(gate, vf_add(vf_set1(1), vf_exp(minus))), up);
}

static void simd_swiglu(float *gate, const float *up, size_t n) {
    size_t i = 0;
    for (; i + VF_LANES <= n; i += VF_LANES)
        vf_store(gate + i, vf_swiglu(vf_load(gate + i), vf_load(up + i)));
    if (i < n)
        vf_store_first(gate + i,
                       vf_swiglu(vf_load_first(gate + i, n - i), vf_load_first(up + i, n - i)),
                       n - i);
}

static void simd_rope(float *head, const float *cosines, const float *sines, enum rope_style style,
                      size_t n_dims) {
    size_t i = 0, half = n_dims / 2;
    if (style == ROPE_ADJACENT) {
        for (; i + VF_LANES <= n_dims; i += VF_LANES) {
            vf v = vf_load(head + i);
            vf turned = vf_mul(vf_swap_pairs(v), vf_load(sines + i));
            vf_store(head + i, vf_fma(v, vf_load(cosines + i), turned));
        }
        for (; i < n_dims; i += 2) {
            float a = head[i], b = head[i + 1];
            head[i] = a * cosines[i] + b * sines[i];
            head[i + 1] = b * cosines[i + 1] + a * sines[i + 1];
        }
        return;
    }
    for (; i + VF_LANES <= half; i += VF_LANES) {
        vf a = vf_load(head + i), b = vf_load(head + half + i), c = vf_load(cosines + i);
        vf_store(head + i, vf_fma(a, c, vf_mul(b, vf_load(sines + i))));
        vf_store(head + half + i, vf_fma(b, c, vf_mul(a, vf_load(sines + half + i))));
    }
    for (; i < half; i++) {
        float a = head[i], b = head[half + i];
        head[i] = a * cosines[i] + b * sines[i];
        head[half + i] = b * cosines[i] + a * sines[half + i];
    }
}

static inline vf vf_saturate_half(vf v) {
    return vf_min(vf_max(v, vf_set1(-65504.0f)), vf_set1(65504.0f));
}

static void simd_store_key(uint16_t *column, const float *key, size_t head_dim) {
    for (size_t i = 0; i < head_dim; i += VF_LANES) {
        size_t n = head_dim - i < VF_LANES ? head_dim - i : VF_LANES;
        vf v = n == VF_LANES ? vf_load(key + i) : vf_load_first(key + i, n);
        uint16_t halves[VF_LANES];
        vf_store_half(halves, vf_saturate_half(v));
        for (size_t j = 0; j < n; j++)
            column[(i + j) * KV_PAGE_TOKENS] = halves[j];
    }
}

static void simd_store_value(uint16_t *row, const float *value, size_t head_dim) {
    size_t i = 0;
    for (; i + VF_LANES <= head_dim; i += VF_LANES)
        vf_store_half(row + i, vf_saturate_half(vf_load(value + i)));
    if (i < head_dim)
        vf_store_half(row + i, vf_saturate_half(vf_load_first(value + i, head_dim - i)));
}
