// Reproducible random choices: a test that fails says its seed.
export class Random {
    constructor(seed) {
        this.state = seed >>> 0;
    }

    // mulberry32 by Tommy Ettinger (public domain): 32 bits of state are plenty for test data.
    next() {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let x = this.state;
        x = Math.imul(x ^ (x >>> 15), x | 1);
        x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
        return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
    }

    below(n) {
        return Math.floor(this.next() * n);
    }

    pick(list) {
        return list[this.below(list.length)];
    }
}
