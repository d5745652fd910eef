// Just enough of the GGUF layout to damage a file on purpose.
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

const sizes = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
const StringType = 8;
const ArrayType = 9;

class Reader {
    constructor(file) {
        this.buffer = Buffer.alloc(Math.min(fstatSync(file).size, 64 << 20));
        readSync(file, this.buffer, 0, this.buffer.length, 0);
        this.at = 0;
    }
    u32() { this.at += 4; return this.buffer.readUInt32LE(this.at - 4); }
    u64() { this.at += 8; return Number(this.buffer.readBigUInt64LE(this.at - 8)); }
    string() {
        const length = this.u64();
        this.at += length;
        return this.buffer.toString('utf8', this.at - length, this.at);
    }
    skipValue(type) {
        if (type === StringType) {
            this.string();
        } else if (type === ArrayType) {
            const element = this.u32();
            const n = this.u64();
            for (let i = 0; i < n; i++) this.skipValue(element);
        } else {
            this.at += sizes[type];
        }
    }
}

// Sets the offset of the last tensor to just past the end of the file, a multiple of the alignment.
// Returns the tensor's name.
export function moveTensorPastTheEnd(path) {
    const file = openSync(path, 'r+');
    try {
        const reader = new Reader(file);
        reader.at = 8; // magic, version
        const tensors = reader.u64();
        const values = reader.u64();
        for (let i = 0; i < values; i++) {
            reader.string();
            reader.skipValue(reader.u32());
        }
        let name;
        for (let i = 0; i < tensors; i++) {
            name = reader.string();
            const dimensions = reader.u32();
            reader.at += 8 * dimensions + 4 + 8; // shape, type, offset
        }
        const offset = Buffer.alloc(8);
        offset.writeBigUInt64LE(BigInt(Math.ceil(fstatSync(file).size / 4096) * 4096));
        writeSync(file, offset, 0, 8, reader.at - 8);
        return name;
    } finally {
        closeSync(file);
    }
}
