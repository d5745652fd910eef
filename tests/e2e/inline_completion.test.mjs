// textDocument/inlineCompletion with the real model: one file per language.
import assert from 'node:assert/strict';
import { execFile as execFileWithCallback } from 'node:child_process';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { Automatic, Invoked, cursor, decodePosition, session } from './client.mjs';
import { places } from './places.mjs';
import { aerie, model, root } from './settings.mjs';

const execFile = promisify(execFileWithCallback);

function assertItem(item, document, offset, encoding, what) {
    assert.equal(typeof item.insertText, 'string', `${what}: plain text, no snippet`);
    assert.ok(item.insertText.trim().length > 0, `${what}: something to insert`);
    assert.ok(!item.insertText.includes('\ufffd'), `${what}: whole characters`);
    assert.ok(item.range, `${what}: an explicit range`);
    const start = decodePosition(document, item.range.start, encoding);
    const end = decodePosition(document, item.range.end, encoding);
    assert.equal(start.line, end.line, `${what}: a range on one line`);
    assert.ok(document.offsetAt(start) <= offset && offset <= document.offsetAt(end),
        `${what}: the cursor is inside the range`);

    // The lines after the cursor are not said again.
    const rest = document.getText().slice(offset);
    const line = rest.slice(0, rest.search(/[\r\n]|$/)).trim();
    const next = rest.split(/\r\n|\r|\n/).slice(1).find((l) => l.trim().length > 8)?.trim();
    if (line.length > 3 && document.offsetAt(end) === offset)
        assert.ok(!item.insertText.trimEnd().endsWith(line), `${what}: ends with "${line}" again`);
    if (next !== undefined)
        assert.ok(!item.insertText.split('\n').slice(-1)[0].trim().startsWith(next),
            `${what}: repeats the next line "${next}"`);
}

test('a completion in a file of each language', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model }, { encodings: ['utf-16'] });
    const offered = new Set();
    for (const { name, file, languageId, text, offset } of places()) {
        const uri = `file:///fixtures/${file}`;
        if (!client.documents.has(uri)) await client.open(uri, languageId, text);
        const items = await client.inline(uri, offset);
        for (const item of items)
            assertItem(item, client.documents.get(uri), offset, client.encoding, name);
        if (items.length > 0) offered.add(languageId);
        t.diagnostic(`${name}: ${JSON.stringify(items[0]?.insertText ?? null)}`);
    }
    for (const { languageId } of places())
        assert.ok(offered.has(languageId), `nothing was offered in ${languageId}`);
    assert.deepEqual(client.shown, []);
    assert.equal(await client.stop(), 0);
});

test('the server and `aerie complete` offer the same', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model }, { rootUri: pathToFileURL(root).href });
    const seen = new Set();
    for (const { name, path, argument, languageId, text, offset } of places()) {
        if (seen.has(languageId)) continue;
        seen.add(languageId);
        const { stdout, stderr } = await execFile(aerie, ['complete', '--json', argument],
            { cwd: root, env: { ...process.env, AERIE_MODEL: model } });
        const offered = JSON.parse(stdout);
        const uri = pathToFileURL(path).href;
        await client.open(uri, languageId, text);
        const [item] = await client.inline(uri, offset);
        assert.equal(item?.insertText ?? null, offered.insertText, `${name} ${stderr}`);
        assert.deepEqual(item?.range ?? null, offered.insertText === null ? null : offered.range, name);
    }
    assert.equal(await client.stop(), 0);
});

const halves = cursor('# Größe: 😀😀\ndef add(a, b):\n    """Return the sum of a and b: ä😀."""\n' +
    '    return ^\n\nprint(add(1, 2))\n');

for (const encoding of ['utf-8', 'utf-16', 'utf-32']) {
    test(`the range is in ${encoding} and applying the item gives the text`,
        { skip: !model && 'no model' }, async (t) => {
            const client = await session(t, { model }, { encodings: [encoding] });
            const uri = 'file:///sum.py';
            const { text, offset } = cursor('x = "ä😀"; y = "é"; print(x,^\n');
            await client.open(uri, 'python', text);
            for (const item of await client.inline(uri, offset))
                assertItem(item, client.documents.get(uri), offset, encoding, 'in a wide line');
            await client.change(uri, [{ text: halves.text }]);
            const items = await client.inline(uri, halves.offset);
            assert.ok(items.length > 0);
            assertItem(items[0], client.documents.get(uri), halves.offset, encoding, 'sum');
        });
}

test('invoked, automatic and the 0 that older clients send all work',
    { skip: !model && 'no model' }, async (t) => {
        const client = await session(t, { model });
        const uri = 'file:///sum.py';
        await client.open(uri, 'python', halves.text);
        const answers = [];
        for (const triggerKind of [Invoked, Automatic, 0])
            answers.push(await client.inline(uri, halves.offset, { triggerKind }));
        assert.ok(answers[0].length > 0);
        assert.equal(answers[1][0]?.insertText, answers[0][0].insertText);
        assert.equal(answers[2][0]?.insertText, answers[0][0].insertText);
        const raw = await client.request('textDocument/inlineCompletion',
            { textDocument: { uri }, position: client.place(uri, halves.offset) });
        assert.ok((raw.items ?? raw).length > 0, 'no context at all');
    });

test('the same question has the same answer', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model });
    const uri = 'file:///sum.py';
    await client.open(uri, 'python', halves.text);
    const first = await client.inline(uri, halves.offset);
    const second = await client.inline(uri, halves.offset);
    assert.deepEqual(second, first);
});

test('a completion follows the text that was typed', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model });
    const uri = 'file:///typed.py';
    await client.open(uri, 'python', 'def greet(name):\n    print("Hello, " + name)\n\n\n');
    let offset = client.text(uri).length;
    for (const key of 'def fare') {
        const at = client.documents.get(uri).positionAt(offset);
        await client.change(uri, [{ range: { start: at, end: at }, text: key }]);
        offset++;
        for (const item of await client.inline(uri, offset, { triggerKind: Automatic }))
            assertItem(item, client.documents.get(uri), offset, client.encoding, `after ${key}`);
    }
    assert.equal((await client.serverDocument(uri)).text, client.text(uri));
});

const selections = [
    { marked: 'import os\n\nfor name in os.listdir("."):\n    print(os.pa^)\n', typed: 'pa', selected: 'path' },
    { marked: 'def total(values):\n    result = 0\n    for v in values:\n        resu^\n    return result\n',
        typed: 'resu', selected: 'result' },
    { marked: 'numbers = [1, 2, 3]\nnumbers.app^\n', typed: 'app', selected: 'append' },
];

for (const asTuple of [false, true]) {
    test(`the selected completion is extended, its range ${asTuple ? 'a pair' : 'an object'}`,
        { skip: !model && 'no model' }, async (t) => {
            const client = await session(t, { model });
            let offered = 0;
            for (const [i, { marked, typed, selected }] of selections.entries()) {
                const { text, offset } = cursor(marked);
                const uri = `file:///selected-${i}.py`;
                await client.open(uri, 'python', text);
                const range = { start: client.place(uri, offset - typed.length),
                    end: client.place(uri, offset) };
                const items = await client.inline(uri, offset, { triggerKind: Automatic,
                    selectedCompletionInfo: {
                        text: selected, range: asTuple ? [range.start, range.end] : range } });
                for (const item of items) {
                    assert.ok(item.insertText.startsWith(selected), item.insertText);
                    assert.deepEqual(item.range, range);
                }
                offered += items.length;
            }
            assert.ok(offered > 0, 'none of the selections was extended');
        });
}

test('dynamic registration serves the same requests', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model }, { dynamicRegistration: true });
    const uri = 'file:///sum.py';
    await client.open(uri, 'python', halves.text);
    assert.ok((await client.inline(uri, halves.offset)).length > 0);
});

test('odd files: empty, only line ends, no final newline, CR line ends, one long line',
    { skip: !model && 'no model' }, async (t) => {
        const client = await session(t, { model });
        for (const [i, text] of ['', '\n', '\r\n\r\n', '\r\r', ' ', 'x', 'a = 1\rb = a + ',
            'a = 1\r\nb = a + ', `x = [${'1, '.repeat(20000)}`, '😀'.repeat(3000)].entries()) {
            const uri = `file:///odd-${i}.py`;
            await client.open(uri, 'python', text);
            for (const offset of new Set([0, text.length])) {
                const items = await client.inline(uri, offset);
                for (const item of items)
                    assertItem(item, client.documents.get(uri), offset, client.encoding, `odd ${i}`);
            }
        }
        assert.equal(await client.stop(), 0);
    });
