// The order of a session's life, as the specification's "Server lifecycle" has it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client, failure, initializeParams, session } from './client.mjs';
import { RawClient } from './raw.mjs';

const ServerNotInitialized = -32002;
const InvalidRequest = -32600;

test('a session from initialize to exit ends with status 0', async (t) => {
    const client = await session(t);
    assert.equal(client.serverInfo.name, 'aerie');
    assert.match(client.serverInfo.version, /^\d+\.\d+\.\d+/);
    assert.equal(await client.stop(), 0);
    assert.equal(client.stderr, '', 'a good session leaves nothing on stderr');
});

test('requests before initialize are refused, notifications dropped', async (t) => {
    const client = await Client.start();
    t.after(() => client.kill());
    const uri = 'file:///early.py';
    await client.open(uri, 'python', 'early');
    for (const method of ['textDocument/completion', 'shutdown', 'no/such/method']) {
        const error = await failure(client.request(method, {}));
        assert.equal(error.code, ServerNotInitialized, method);
    }
    await client.initialize();
    assert.equal(await client.serverDocument(uri), null, 'the early didOpen was dropped');
    assert.equal(await client.stop(), 0);
});

test('initialize a second time is an invalid request and changes nothing', async (t) => {
    const client = await session(t, {}, { encodings: ['utf-8'] });
    const error = await failure(client.request('initialize',
        initializeParams({ encodings: ['utf-32'] })));
    assert.equal(error.code, InvalidRequest);
    const uri = 'file:///a.py';
    await client.open(uri, 'python', 'é = 1\n');
    await client.change(uri, [{ text: 'x',
        range: { start: { line: 0, character: 1 }, end: { line: 0, character: 1 } } }]);
    assert.equal((await client.serverDocument(uri)).text, 'éx = 1\n', 'still utf-8');
    assert.equal(await client.stop(), 0);
});

test('after shutdown every request is invalid, and exit ends with status 0', async (t) => {
    const client = await session(t);
    assert.equal(await client.request('shutdown'), null);
    for (const method of ['shutdown', 'textDocument/inlineCompletion', 'no/such/method']) {
        const error = await failure(client.request(method, {}));
        assert.equal(error.code, InvalidRequest, method);
    }
    await client.notify('exit');
    assert.deepEqual(await client.exited, { code: 0, signal: null });
});

test('exit without shutdown ends with status 1', async (t) => {
    const client = await session(t);
    await client.notify('exit');
    assert.deepEqual(await client.exited, { code: 1, signal: null });
});

test('exit before initialize ends with status 1', async (t) => {
    const client = await Client.start();
    t.after(() => client.kill());
    await client.notify('exit');
    assert.deepEqual(await client.exited, { code: 1, signal: null });
});

test('the end of input without exit ends the server, with status 1', async (t) => {
    const client = await session(t);
    client.close();
    assert.deepEqual(await client.exited, { code: 1, signal: null });
});

test('the end of input before any message ends the server', async (t) => {
    const client = await Client.start();
    t.after(() => client.kill());
    client.close();
    assert.equal((await client.exited).signal, null);
});

test('the end of input in the middle of a message ends the server', async (t) => {
    const raw = await RawClient.start(t);
    await raw.initialize();
    raw.write('Content-Length: 100\r\n\r\n{"jsonrpc"');
    raw.output.end();
    assert.equal((await raw.exited).signal, null);
});

test('initialize with no capabilities at all, as the oldest clients send it', async (t) => {
    const raw = await RawClient.start(t);
    const { capabilities } = await raw.initialize();
    assert.equal(capabilities.positionEncoding ?? 'utf-16', 'utf-16');
    assert.ok(capabilities.inlineCompletionProvider);
});

test('trace levels are accepted, unknown ones ignored', async (t) => {
    const client = await session(t);
    for (const value of ['verbose', 'messages', 'off', 'nonsense', 7])
        await client.notify('$/setTrace', { value });
    await client.open('file:///a.py', 'python', 'x = 1\n');
    assert.equal((await client.serverDocument('file:///a.py')).text, 'x = 1\n');
    assert.equal(await client.stop(), 0);
});
