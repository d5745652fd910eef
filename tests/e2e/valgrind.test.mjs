// A short session under valgrind: no invalid access, nothing left behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Automatic, failure, lsp, session } from './client.mjs';
import { noModel } from './settings.mjs';

const valgrind = ['valgrind', '--quiet', '--leak-check=full', '--error-exitcode=9',
    '--errors-for-leak-kinds=definite,indirect,possible', '--num-callers=30'];
const uri = 'file:///a.py';

test('lifecycle, edits, requests and errors without a model', async (t) => {
    const client = await session(t, { wrapper: valgrind, model: noModel },
        { encodings: ['utf-8'], configuration: true, workDoneProgress: true });
    // No surrogate pairs: the edits below would cut one in half.
    await client.open(uri, 'python', 'ä€中 = 1\r\ny = 2\rz = 3\n');
    for (let i = 0; i < 50; i++) {
        const at = { line: i % 3, character: 0 };
        await client.change(uri, [{ range: { start: at, end: at }, text: `x${i}\n` },
            { range: { start: at, end: { line: at.line + 1, character: 1 } }, text: '' }]);
    }
    assert.equal((await client.serverDocument(uri)).text, client.text(uri));
    assert.deepEqual(await client.inline(uri, 0), []);
    await failure(client.request('no/such/method', {}));
    await failure(client.request('textDocument/completion', { textDocument: 7 }));
    await client.notify('workspace/didChangeConfiguration', { settings: null });
    await client.closeDocument(uri);
    assert.equal(await client.stop(), 0, client.stderr);
});

test('completions, one of them cancelled, with a small model',
    { skip: !process.env.AERIE_TINY_MODEL && 'no small model (AERIE_TINY_MODEL)' }, async (t) => {
        const client = await session(t, { wrapper: valgrind, model: process.env.AERIE_TINY_MODEL,
            env: { AERIE_THREADS: '2' } }, { workDoneProgress: true });
        const text = 'def add(a, b):\n    return ';
        await client.open(uri, 'python', text);
        assert.ok(Array.isArray(await client.inline(uri, text.length)));
        assert.equal((await client.complete(uri, text.length)).isIncomplete, true);
        const answers = [];
        for (const key of 'abc') {
            const document = client.documents.get(uri);
            const at = document.positionAt(document.getText().length);
            await client.change(uri, [{ range: { start: at, end: at }, text: key }]);
            answers.push(client.inline(uri, client.text(uri).length, { triggerKind: Automatic })
                .catch((error) => error.code));
        }
        await Promise.all(answers);
        const source = new lsp.CancellationTokenSource();
        const cancelled = client.inline(uri, client.text(uri).length, {}, source.token);
        source.cancel();
        await failure(cancelled);
        assert.deepEqual(client.shown, []);
        assert.equal(await client.stop(), 0, client.stderr);
    });
