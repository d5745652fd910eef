// Without a model that can be loaded the editor is told once and then left in peace.
import assert from 'node:assert/strict';
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, writeFileSync,
    writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { session, until } from './client.mjs';
import { model, noModel } from './settings.mjs';

let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), 'aerie-e2e-')); });
after(() => rmSync(folder, { recursive: true, force: true }));

const cases = [
    { name: 'no such file', path: () => noModel },
    { name: 'a folder', path: () => folder },
    { name: 'an empty file', path: () => written('empty.gguf', '') },
    { name: 'not a GGUF', path: () => written('text.gguf', 'This is no model.\n'.repeat(1000)) },
    { name: 'a header and nothing else', path: () => written('header.gguf', 'GGUF\x03\0\0\0') },
];
if (model !== null) {
    cases.push({ name: 'a model cut in half', path: () => {
        const path = join(folder, 'half.gguf');
        copyFileSync(model, path);
        truncateSync(path, Math.floor(statSync(model).size / 2));
        return path;
    } });
    cases.push({ name: 'a model with damaged metadata', path: () => {
        const path = join(folder, 'damaged.gguf');
        copyFileSync(model, path);
        const file = openSync(path, 'r+');
        writeSync(file, Buffer.alloc(64, 0xff), 0, 64, 16);
        closeSync(file);
        return path;
    } });
}

function written(name, text) {
    const path = join(folder, name);
    writeFileSync(path, text, 'latin1');
    return path;
}

for (const { name, path } of cases) {
    test(`${name}: one message, then empty answers`, async (t) => {
        const client = await session(t, { model: path() });
        const uri = 'file:///a.py';
        await client.open(uri, 'python', 'def add(a, b):\n    return ');
        for (let i = 0; i < 5; i++) {
            assert.deepEqual(await client.inline(uri, client.text(uri).length), []);
            const list = await client.complete(uri, client.text(uri).length);
            assert.deepEqual(list?.items ?? list ?? [], []);
        }
        await until(() => client.shown.length > 0, 'a message');
        await client.serverDocument(uri);
        assert.equal(client.shown.length, 1, JSON.stringify(client.shown));
        const [{ type, message }] = client.shown;
        assert.ok(type === 1 || type === 2, 'an error or a warning');
        assert.ok(message.length > 20 && !message.includes('\n'), message);
        t.diagnostic(message);
        assert.equal(await client.stop(), 0);
    });
}
