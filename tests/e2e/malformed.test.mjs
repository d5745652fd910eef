// Whatever comes in, the server answers as JSON-RPC says and lives on.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RawClient, frame } from './raw.mjs';

const ParseError = -32700;
const InvalidRequest = -32600;
const MethodNotFound = -32601;
const InvalidParams = -32602;

const uri = 'file:///a.py';

async function start(t) {
    const raw = await RawClient.start(t);
    await raw.initialize();
    raw.send({ method: 'textDocument/didOpen',
        params: { textDocument: { uri, languageId: 'python', version: 1, text: 'x = 1\n' } } });
    return raw;
}

// The document is as it was, and so is the server.
async function assertLives(raw, what) {
    const { result } = await raw.ask('aerie/debug/document', { textDocument: { uri } });
    assert.equal(result?.text, 'x = 1\n', what);
}

for (const { name, body, code } of [
    { name: 'no JSON', body: 'hello', code: ParseError },
    { name: 'an empty body', body: '', code: ParseError },
    { name: 'half an object', body: '{"jsonrpc":"2.0","id":1,', code: ParseError },
    { name: 'two objects', body: '{"jsonrpc":"2.0","id":1,"method":"x"}{}', code: ParseError },
    { name: 'invalid UTF-8', body: Buffer.from('{"jsonrpc":"2.0","method":"\xff\xfe"}', 'latin1'),
        code: ParseError },
    { name: 'brackets 100000 deep', body: '['.repeat(100000), code: ParseError },
    { name: 'a number', body: '42', code: InvalidRequest },
    { name: 'a string', body: '"shutdown"', code: InvalidRequest },
    { name: 'null', body: 'null', code: InvalidRequest },
    { name: 'an empty batch', body: '[]', code: InvalidRequest },
    { name: 'an empty object', body: '{}', code: InvalidRequest },
    { name: 'a method that is a number', body: '{"jsonrpc":"2.0","method":7}', code: InvalidRequest },
]) {
    test(`a body that is ${name} is answered ${code} with a null id`, async (t) => {
        const raw = await start(t);
        raw.write(frame(body));
        const answer = await raw.answer(null);
        assert.equal(answer.error.code, code);
        assert.ok(answer.error.message.length > 0);
        await assertLives(raw, name);
    });
}

test('ids come back as they were sent', async (t) => {
    const raw = await start(t);
    for (const id of [0, 1, -7, 2 ** 31, 2 ** 53 - 1, 'a', '', '1', 'ü😀"\\']) {
        raw.send({ id, method: 'no/such/method' });
        assert.equal((await raw.answer(id)).error.code, MethodNotFound, String(id));
    }
    await assertLives(raw);
});

test('an id that is neither a number nor a string is an invalid request', async (t) => {
    const raw = await start(t);
    for (const id of [true, {}, [1]]) raw.send({ id, method: 'shutdown' });
    for (let i = 0; i < 3; i++)
        assert.equal((await raw.answer(null, i)).error.code, InvalidRequest);
    await assertLives(raw);
});

test('unknown requests are answered MethodNotFound, unknown notifications ignored', async (t) => {
    const raw = await start(t);
    for (const method of ['no/such/method', '$/no/such/method', '', 'textDocument/', 'initialize2'])
        assert.equal((await raw.ask(method, {})).error.code, MethodNotFound, method);
    for (const method of ['no/such/notification', '$/no/such/notification', ''])
        raw.send({ method, params: { a: 1 } });
    await assertLives(raw);
    assert.equal(raw.messages.filter((m) => m.id === null).length, 0);
});

test('a notification sent as a request is answered, with or without an error', async (t) => {
    const raw = await start(t);
    const answer = await raw.ask('textDocument/didClose', { textDocument: { uri: 'file:///b' } });
    assert.ok('result' in answer || 'error' in answer);
    await assertLives(raw);
});

test('answers to requests that were never made are ignored', async (t) => {
    const raw = await start(t);
    raw.send({ id: 99, result: { a: 1 } });
    raw.send({ id: 'x', error: { code: 1, message: 'no' } });
    raw.send({ id: null, error: { code: -32700, message: 'parse error' } });
    raw.send({ method: '$/cancelRequest', params: { id: 12345 } });
    raw.send({ method: '$/cancelRequest', params: {} });
    raw.send({ method: '$/cancelRequest' });
    raw.send({ method: '$/progress', params: { token: 1, value: null } });
    await assertLives(raw);
});

const wrongParams = [undefined, null, 7, 'x', [], [1, 2], {}, { textDocument: null },
    { textDocument: [] }, { textDocument: {} }, { textDocument: { uri: 7 } },
    { textDocument: { uri } }, { textDocument: { uri }, position: 3 },
    { textDocument: { uri }, position: {} },
    { textDocument: { uri }, position: { line: '0', character: '0' } },
    { textDocument: { uri }, position: { line: 0 } }];

for (const method of ['textDocument/completion', 'textDocument/inlineCompletion']) {
    test(`${method} with wrong params is answered InvalidParams`, async (t) => {
        const raw = await start(t);
        for (const params of wrongParams) {
            const answer = await raw.ask(method, params);
            assert.equal(answer.error?.code, InvalidParams,
                `${JSON.stringify(params)} -> ${JSON.stringify(answer)}`);
        }
        await assertLives(raw);
    });

    test(`${method} at impossible positions is answered`, async (t) => {
        const raw = await start(t);
        for (const [line, character] of [[-1, 0], [0, -1], [-1e300, 1e300], [1e6, 0], [0, 1e6],
            [2 ** 31, 2 ** 31], [2 ** 32, 2 ** 32], [2 ** 53, 0], [0, 1e300], [2 ** 63, 2 ** 64]]) {
            const answer = await raw.ask(method,
                { textDocument: { uri }, position: { line, character }, context: { triggerKind: 1 } });
            assert.ok('result' in answer || answer.error.code === InvalidParams,
                JSON.stringify(answer));
        }
        await assertLives(raw);
    });

    test(`${method} in a document that is not open is answered`, async (t) => {
        const raw = await start(t);
        const answer = await raw.ask(method, { textDocument: { uri: 'file:///other.py' },
            position: { line: 0, character: 0 }, context: { triggerKind: 1 } });
        assert.ok('result' in answer || answer.error.code === InvalidParams, JSON.stringify(answer));
        await assertLives(raw);
    });

    test(`${method} with a strange context is answered`, async (t) => {
        const raw = await start(t);
        for (const context of [null, 7, [], {}, { triggerKind: 'x' }, { triggerKind: 99 },
            { triggerKind: 1, selectedCompletionInfo: null },
            { triggerKind: 1, selectedCompletionInfo: 7 },
            { triggerKind: 1, selectedCompletionInfo: { text: 7, range: 8 } },
            { triggerKind: 1, selectedCompletionInfo: { text: 'x', range: [1, 2, 3] } },
            { triggerKind: 1, selectedCompletionInfo: { text: 'x', range: {
                start: { line: 5, character: 9 }, end: { line: 0, character: 0 } } } }]) {
            const answer = await raw.ask(method,
                { textDocument: { uri }, position: { line: 0, character: 1 }, context });
            assert.ok('result' in answer || answer.error.code === InvalidParams,
                `${JSON.stringify(context)} -> ${JSON.stringify(answer)}`);
        }
        await assertLives(raw);
    });
}

test('edits with wrong params leave the document alone', async (t) => {
    const raw = await start(t);
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
    for (const params of [undefined, null, 7, [], {}, { textDocument: { uri, version: 2 } },
        { textDocument: { uri, version: 2 }, contentChanges: null },
        { textDocument: { uri, version: 2 }, contentChanges: {} },
        { textDocument: { uri, version: 2 }, contentChanges: [null] },
        { textDocument: { uri, version: 2 }, contentChanges: [7] },
        { textDocument: { uri, version: 2 }, contentChanges: [{}] },
        { textDocument: { uri, version: 2 }, contentChanges: [{ range }] },
        { textDocument: { uri, version: 2 }, contentChanges: [{ range, text: 7 }] },
        { textDocument: { uri, version: 2 }, contentChanges: [{ range: { start: 1 }, text: 'y' }] },
        { textDocument: { uri, version: 2 }, contentChanges: [{ range: [], text: 'y' }] },
        { textDocument: { uri: 'file:///other.py', version: 2 }, contentChanges: [{ text: 'y' }] },
        { textDocument: { version: 2 }, contentChanges: [{ text: 'y' }] }]) {
        raw.send({ method: 'textDocument/didChange', params });
        await assertLives(raw, JSON.stringify(params));
    }
    for (const method of ['textDocument/didOpen', 'textDocument/didClose', 'initialized',
        'workspace/didChangeConfiguration', 'workspace/didChangeWorkspaceFolders', '$/setTrace'])
        for (const params of [undefined, null, 7, [], {}, { textDocument: 7 }, { settings: 7 },
            { textDocument: { uri: 'file:///new.py' } }])
            raw.send({ method, params });
    await assertLives(raw, 'other notifications');
});

test('initialize with wrong params is answered, and the session goes on', async (t) => {
    for (const params of [7, { processId: 'x' }, { capabilities: 7 },
        { processId: null, capabilities: { general: { positionEncodings: [7, {}] } } },
        { processId: null, capabilities: { textDocument: 7, window: [], workspace: 'x' } },
        { processId: null, capabilities: {}, initializationOptions: [1] },
        { processId: null, capabilities: {}, initializationOptions: { aerie: 7 },
            workspaceFolders: 7, rootUri: {} }]) {
        const raw = await RawClient.start(t);
        const answer = await raw.ask('initialize', params);
        assert.ok(answer.result?.capabilities || answer.error.code === InvalidParams,
            JSON.stringify(answer));
        if (answer.error) await raw.initialize();
        assert.ok('result' in await raw.ask('shutdown'));
        raw.send({ method: 'exit' });
        assert.deepEqual(await raw.exited, { code: 0, signal: null });
    }
});

test('a session split byte by byte', async (t) => {
    const raw = await start(t);
    const bytes = Buffer.concat([
        frame({ jsonrpc: '2.0', id: 'one', method: 'aerie/debug/document',
            params: { textDocument: { uri } } }),
        frame({ jsonrpc: '2.0', id: 'zwei-ü😀', method: 'no/such/method' })]);
    for (const byte of bytes) {
        raw.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await raw.answer('one')).result.text, 'x = 1\n');
    assert.equal((await raw.answer('zwei-ü😀')).error.code, MethodNotFound);
});

test('200 messages in one write are answered in order', async (t) => {
    const raw = await start(t);
    const all = Array.from({ length: 200 }, (_, i) => frame({ jsonrpc: '2.0', id: i,
        method: 'no/such/method' }));
    raw.write(Buffer.concat(all));
    await raw.answer(199);
    assert.deepEqual(raw.messages.filter((m) => Number.isInteger(m.id)).map((m) => m.id),
        Array.from({ length: 200 }, (_, i) => i));
});

test('headers in any case and order, and a Content-Type, are understood', async (t) => {
    const raw = await start(t);
    const body = (id) => `{"jsonrpc":"2.0","id":${id},"method":"no/such/method"}`;
    raw.write(frame(body(1), 'Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n'));
    raw.write(`content-length:${body(2).length}\r\nX-Other: a: b\r\n\r\n${body(2)}`);
    raw.write(`CONTENT-LENGTH:   ${body(3).length}  \r\ncontent-type: application/vscode-jsonrpc; ` +
        `charset=utf8\r\n\r\n${body(3)}`);
    for (const id of [1, 2, 3]) assert.equal((await raw.answer(id)).error.code, MethodNotFound);
    await assertLives(raw);
});

// After such a header nobody can know where the next message begins; the server looks for it.
for (const header of ['Content-Length: abc', 'Content-Length: -5', 'Content-Length:',
    'Content-Length: 99999999999999999999999', 'Content-Length: 0x10', 'X-Nothing: 1',
    'no colon at all', 'x'.repeat(100000)]) {
    test(`a header "${header.slice(0, 40)}" is refused once, and the next message read`, async (t) => {
        const raw = await start(t);
        raw.write(`${header}\r\n\r\n{"jsonrpc":"2.0","method":"lost"}`);
        assert.ok([ParseError, InvalidRequest].includes((await raw.answer(null)).error.code));
        await assertLives(raw, header);
        assert.equal(raw.messages.filter((m) => m.id === null).length, 1);
    });
}

test('a message over the limit is refused and skipped', async (t) => {
    const raw = await start(t);
    const megabyte = Buffer.alloc(1 << 20, 0x20);
    raw.write(`Content-Length: ${1 << 28}\r\n\r\n`);
    const answer = await raw.answer(null);
    assert.ok([ParseError, InvalidRequest].includes(answer.error.code));
    for (let i = 0; i < 1 << 8; i++) {
        if (!raw.output.write(megabyte))
            await new Promise((resolve) => { raw.output.once('drain', resolve); });
    }
    await assertLives(raw);
    assert.equal(raw.messages.filter((m) => m.id === null).length, 1);
});

test('half a surrogate pair, as an editor may hold it, becomes U+FFFD', async (t) => {
    const raw = await start(t);
    raw.write(frame('{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":' +
        '{"uri":"file:///lone.py","languageId":"python","version":1,"text":"a\\ud800b"}}}'));
    const { result } = await raw.ask('aerie/debug/document', { textDocument: { uri: 'file:///lone.py' } });
    assert.equal(result.text, 'a\ufffdb');
    await assertLives(raw);
});
