// The server's text and the client's own stay the same through thousands of edits, in every
// position encoding.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TextDocument, session } from './client.mjs';
import { Random } from './random.mjs';

const pieces = ['x', 'ab', ' ', '\t', '\n', '\r\n', '\r', '\n\r', '\r\r\n', 'é', 'ß', '中文', '\u2028',
    '😀', '👩‍👩‍👧', '𝒳', 'e\u0301', '\ufeff', '', 'def f(x):\n    return x\n', '{"a": [1]}\r\n', '"\\'];

function randomText(random, length) {
    let text = '';
    for (let i = 0; i < length; i++) text += random.pick(pieces);
    return text;
}

// An offset that is not inside a surrogate pair: no client puts a cursor there.
function randomOffset(random, text) {
    const offset = random.below(text.length + 1);
    return /[\udc00-\udfff]/.test(text[offset] ?? '') ? offset - 1 : offset;
}

function randomChange(random, document) {
    const text = document.getText();
    if (random.below(200) === 0) return { text: randomText(random, 30) };
    let start = document.positionAt(randomOffset(random, text));
    let end = start;
    if (random.below(3) > 0) {
        const from = document.offsetAt(start);
        let to = Math.min(text.length, from + random.below(random.below(10) === 0 ? 200 : 12));
        if (/[\udc00-\udfff]/.test(text[to] ?? '')) to++;
        end = document.positionAt(to);
    }
    if (random.below(20) === 0) { // past the end of its line: means the end of the line
        const line = document.getText({ start: { line: end.line, character: 0 },
            end: { line: end.line, character: 1e6 } });
        end = { line: end.line, character: line.length + 1 + random.below(5) };
    }
    if (random.below(40) === 0) end = { line: document.lineCount + random.below(5), character: 3 };
    return { range: { start, end }, text: randomText(random, random.below(4)) };
}

for (const encoding of ['utf-8', 'utf-16', 'utf-32']) {
    test(`3000 random edits in ${encoding}`, async (t) => {
        const client = await session(t, {}, { encodings: [encoding] });
        assert.equal(client.encoding, encoding);
        const uri = 'file:///random.txt';
        const seed = 20 + encoding.length;
        const random = new Random(seed);
        await client.open(uri, 'plaintext', randomText(random, 200));
        let sent = 0;
        while (sent < 3000) {
            const changes = [];
            // Each change of a notification applies to what the one before it left.
            const n = 1 + (random.below(5) === 0 ? random.below(4) : 0);
            let document = client.documents.get(uri);
            for (let i = 0; i < n; i++) {
                const change = randomChange(random, document);
                changes.push(change);
                const copy = TextDocument.create(uri, '', 0, document.getText());
                TextDocument.update(copy, [change], 0);
                document = TextDocument.create(uri, '', 0, copy.getText());
            }
            await client.change(uri, changes);
            sent += n;
            if (client.text(uri).length > 4000) {
                await client.change(uri, [{ text: randomText(random, 100) }]);
            }
            if (random.below(10) === 0 || sent >= 3000) {
                const { text, version } = await client.serverDocument(uri);
                assert.equal(text, client.text(uri), `seed ${seed}, after ${sent} edits`);
                assert.equal(version, client.documents.get(uri).version);
            }
        }
        assert.equal(await client.stop(), 0);
    });
}

// Each case: a text, one edit in UTF-16 positions, the text afterwards.
const at = (line, character) => ({ line, character });
const cases = [
    { name: 'into an empty document', text: '', start: at(0, 0), end: at(0, 0), insert: 'a', after: 'a' },
    { name: 'after a surrogate pair', text: '😀b', start: at(0, 2), end: at(0, 2), insert: '-', after: '😀-b' },
    { name: 'the end of a CRLF line', text: 'a\r\nb', start: at(0, 1), end: at(0, 9), insert: 'x', after: 'ax\r\nb' },
    { name: 'a lone CR ends a line', text: 'a\rb', start: at(1, 0), end: at(1, 1), insert: 'B', after: 'a\rB' },
    { name: 'a lone CR that becomes CRLF', text: 'a\rb', start: at(1, 0), end: at(1, 0), insert: '\n', after: 'a\r\nb' },
    { name: 'past the last line', text: 'a\n', start: at(7, 3), end: at(9, 0), insert: 'z', after: 'a\nz' },
    { name: 'past the end of the only line', text: 'abc', start: at(0, 99), end: at(0, 99), insert: '!', after: 'abc!' },
    { name: 'U+2028 ends no line', text: 'a\u2028b', start: at(0, 2), end: at(0, 3), insert: 'c', after: 'a\u2028c' },
    { name: 'the whole text', text: 'a\nb\n', start: at(0, 0), end: at(2, 0), insert: '', after: '' },
    { name: 'a NUL inside', text: 'a\0b', start: at(0, 2), end: at(0, 3), insert: '\0', after: 'a\0\0' },
];

for (const encoding of ['utf-8', 'utf-16', 'utf-32']) {
    test(`the edges of lines and documents in ${encoding}`, async (t) => {
        const client = await session(t, {}, { encodings: [encoding] });
        for (const [i, { name, text, start, end, insert, after }] of cases.entries()) {
            const uri = `file:///edge-${i}.txt`;
            await client.open(uri, 'plaintext', text);
            await client.change(uri, [{ range: { start, end }, text: insert }]);
            assert.equal(client.text(uri), after, `${name}: the case itself`);
            const document = await client.serverDocument(uri);
            assert.ok(document, `${name}: the document is open`);
            assert.equal(document.text, after, name);
        }
    });
}

test('an edit whose rangeLength disagrees goes by its range', async (t) => {
    const client = await session(t);
    const uri = 'file:///a.txt';
    await client.open(uri, 'plaintext', 'hello\n');
    await client.notify('textDocument/didChange', { textDocument: { uri, version: 2 },
        contentChanges: [{ range: { start: at(0, 0), end: at(0, 1) }, rangeLength: 4, text: 'J' }] });
    assert.equal((await client.serverDocument(uri)).text, 'Jello\n');
});

test('many documents are opened, edited, closed and opened again', async (t) => {
    const client = await session(t);
    const name = (i) => `file:///many/${i}.py`;
    for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 500; i++) await client.open(name(i), 'python', `n = ${i}\n`, round + 1);
        for (let i = 0; i < 500; i += 7)
            await client.change(name(i), [{ range: { start: at(0, 0), end: at(0, 1) }, text: 'm' }]);
        for (let i = 0; i < 500; i++) {
            if (i % 10 !== 0 && i % 7 !== 0) continue;
            assert.equal((await client.serverDocument(name(i))).text, client.text(name(i)));
        }
        for (let i = 0; i < 500; i++) await client.closeDocument(name(i));
        assert.equal(await client.serverDocument(name(3)), null);
    }
    assert.equal(await client.stop(), 0);
});

test('a document opened twice has the second text', async (t) => {
    const client = await session(t);
    await client.open('file:///a.py', 'python', 'one');
    await client.open('file:///a.py', 'python', 'two', 5);
    const { text, version } = await client.serverDocument('file:///a.py');
    assert.equal(text, 'two');
    assert.equal(version, 5);
});
