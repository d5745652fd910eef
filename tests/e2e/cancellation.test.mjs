// A request nobody waits for any more ends, and so does the work for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Automatic, failure, lsp, session } from './client.mjs';
import { cpuSeconds, until, untilIdle } from './processes.mjs';
import { RawClient, frame } from './raw.mjs';
import { model } from './settings.mjs';

const RequestCancelled = -32800;

// A long file of its own: no two share a beginning, so nothing of one is cached for another.
function longFile(name) {
    const lines = Array.from({ length: 300 }, (_, i) => `${name}_${i} = ${name}.compute(${i * 37})`);
    return `import ${name}\n${lines.join('\n')}\n\ndef total_of_${name}(values):\n    return `;
}

// Has the model loaded and everything warm.
async function warm(client) {
    await client.open('file:///warm.py', 'python', 'def add(a, b):\n    return ');
    await client.inline('file:///warm.py', client.text('file:///warm.py').length);
    await untilIdle(client.child.pid);
}

test('a cancelled request is answered RequestCancelled', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model });
    await warm(client);
    for (const method of ['inline', 'complete']) {
        const uri = `file:///${method}.py`;
        await client.open(uri, 'python', longFile(method));
        const source = new lsp.CancellationTokenSource();
        const answer = method === 'inline'
            ? client.inline(uri, client.text(uri).length, {}, source.token)
            : client.complete(uri, client.text(uri).length, source.token);
        source.cancel();
        assert.equal((await failure(answer)).code, RequestCancelled, method);
    }
    // The next request is answered as if nothing had been.
    const items = await client.inline('file:///inline.py', client.text('file:///inline.py').length);
    assert.ok(Array.isArray(items));
    assert.equal(await client.stop(), 0);
});

test('the engine rests after a cancel: far less work than for the whole request',
    { skip: !model && 'no model' }, async (t) => {
        const client = await session(t, { model });
        await warm(client);
        const pid = client.child.pid;

        // The CPU time of one request, cancelled once it has used `budget` seconds (null: never).
        const work = async (name, budget) => {
            const uri = `file:///${name}.py`;
            await client.open(uri, 'python', longFile(name));
            await client.serverDocument(uri);
            const before = cpuSeconds(pid);
            const source = new lsp.CancellationTokenSource();
            const answer = client.inline(uri, client.text(uri).length, {}, source.token);
            if (budget === null) {
                await answer;
            } else {
                const failed = failure(answer);
                await until(() => cpuSeconds(pid) - before >= budget, `${budget} s of work`);
                source.cancel();
                assert.equal((await failed).code, RequestCancelled);
            }
            await untilIdle(pid);
            return cpuSeconds(pid) - before;
        };
        const whole = await work('alpha', null);
        const atOnce = await work('omega', 0);
        const halfway = await work('gamma', whole / 5);
        t.diagnostic(`CPU time: ${whole.toFixed(2)} s whole, ${atOnce.toFixed(2)} s cancelled at ` +
            `once, ${halfway.toFixed(2)} s after ${(whole / 5).toFixed(2)} s`);
        assert.ok(atOnce < whole / 3, `${atOnce} s of ${whole} s`);
        assert.ok(halfway < whole * 0.6, `${halfway} s of ${whole} s`);
    });

test('a newer request for the same document supersedes the older ones',
    { skip: !model && 'no model' }, async (t) => {
        const client = await session(t, { model });
        await warm(client);
        const uri = 'file:///typing.py';
        await client.open(uri, 'python', longFile('typing'));
        const answers = [];
        for (const key of 'val') {
            const document = client.documents.get(uri);
            const at = document.positionAt(document.getText().length);
            await client.change(uri, [{ range: { start: at, end: at }, text: key }]);
            answers.push(client.inline(uri, client.text(uri).length, { triggerKind: Automatic })
                .catch((error) => error));
        }
        const [first, second, third] = await Promise.all(answers);
        assert.equal(first.code, RequestCancelled);
        assert.equal(second.code, RequestCancelled);
        assert.ok(Array.isArray(third), String(third));
        assert.equal(await client.stop(), 0);
    });

test('documents do not supersede one another', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model });
    await warm(client);
    const names = ['left', 'right'];
    for (const name of names)
        await client.open(`file:///${name}.py`, 'python', `def ${name}(a, b):\n    return `);
    const answers = await Promise.all(names.map((name) =>
        client.inline(`file:///${name}.py`, client.text(`file:///${name}.py`).length)));
    for (const items of answers) assert.ok(Array.isArray(items));
});

test('every one of 100 requests in a burst is answered exactly once',
    { skip: !model && 'no model' }, async (t) => {
        const raw = await RawClient.start(t, { model });
        await raw.initialize();
        const uri = 'file:///burst.py';
        const bytes = [frame({ jsonrpc: '2.0', method: 'textDocument/didOpen', params: {
            textDocument: { uri, languageId: 'python', version: 1, text: 'def f(a, b):\n    return ' } } })];
        for (let id = 0; id < 100; id++) {
            bytes.push(frame({ jsonrpc: '2.0', id, method: 'textDocument/inlineCompletion', params: {
                textDocument: { uri }, position: { line: 1, character: 11 },
                context: { triggerKind: 2 } } }));
            if (id % 3 === 0)
                bytes.push(frame({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } }));
        }
        raw.write(Buffer.concat(bytes));
        const last = await raw.answer(99);
        assert.ok('result' in last || last.error.code === RequestCancelled);
        await raw.ask('aerie/debug/document', { textDocument: { uri } });
        for (let id = 0; id < 99; id++) await raw.answer(id);
        for (let id = 0; id < 99; id++) {
            const answers = raw.messages.filter((m) => m.id === id && m.method === undefined);
            assert.equal(answers.length, 1, `request ${id}`);
            assert.equal(answers[0].error?.code, RequestCancelled, `request ${id}`);
        }
    });

test('closing the document, shutdown and exit in the middle of a completion',
    { skip: !model && 'no model' }, async (t) => {
        const client = await session(t, { model });
        await warm(client);
        const uri = 'file:///closing.py';
        await client.open(uri, 'python', longFile('closing'));
        const answer = client.inline(uri, client.text(uri).length).then(() => 0, (e) => e.code);
        await client.closeDocument(uri);
        const second = 'file:///second.py';
        await client.open(second, 'python', longFile('second'));
        const other = client.inline(second, client.text(second).length).then(() => 0, (e) => e.code);
        assert.equal(await client.stop(), 0);
        for (const code of await Promise.all([answer, other]))
            assert.ok([0, RequestCancelled, -32801].includes(code), String(code));
    });

test('exit without waiting for anything', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model });
    const uri = 'file:///exit.py';
    await client.open(uri, 'python', longFile('exit'));
    client.inline(uri, client.text(uri).length).catch(() => {});
    await client.notify('exit');
    assert.deepEqual(await client.exited, { code: 1, signal: null });
});

for (const end of ['shutdown', 'exit', 'end of input', 'SIGTERM']) {
    test(`${end} while the model loads`, { skip: !model && 'no model' }, async (t) => {
        const client = await session(t, { model });
        const uri = 'file:///loading.py';
        await client.open(uri, 'python', 'def add(a, b):\n    return ');
        const answer = client.inline(uri, client.text(uri).length).then(() => 0, (e) => e.code);
        if (end === 'shutdown') {
            assert.equal(await client.stop(), 0);
            assert.ok([0, RequestCancelled].includes(await answer));
            return;
        }
        if (end === 'exit') await client.notify('exit');
        else if (end === 'end of input') client.close();
        else client.child.kill('SIGTERM');
        const { code, signal } = await client.exited;
        assert.equal(signal, null);
        assert.notEqual(code, 0, 'no shutdown was seen');
    });
}
