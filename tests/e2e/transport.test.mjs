// The same session over each way of reaching the server.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import { session } from './client.mjs';
import { RawClient } from './raw.mjs';
import { aerie } from './settings.mjs';

for (const transport of ['stdio', 'pipe', 'socket']) {
    test(`a session over ${transport}`, async (t) => {
        const client = await session(t, { transport });
        const uri = 'file:///a.py';
        const long = 'x = "' + 'é😀'.repeat(200000) + '"\n'; // 1.2 MB: many reads and writes
        await client.open(uri, 'python', long);
        assert.equal((await client.serverDocument(uri)).text, long);
        assert.equal(await client.stop(), 0);
    });

    test(`over ${transport}, the client's going away ends the server`, async (t) => {
        const client = await session(t, { transport });
        client.close();
        const { signal } = await client.exited;
        assert.equal(signal, null);
    });
}

test('without options the server speaks over stdio', async (t) => {
    const raw = await RawClient.start(t);
    assert.ok((await raw.initialize()).capabilities.completionProvider);
});

for (const { args, why } of [
    { args: ['--pipe', '/nonexistent/pipe'], why: 'a pipe nobody listens on' },
    { args: ['--socket', '1'], why: 'a port nobody listens on' },
]) {
    test(`${why}: exit status 1 and one line that says so`, () => {
        const { status, stderr, stdout } = spawnSync(aerie, args, { encoding: 'utf8' });
        assert.equal(status, 1, stderr);
        assert.equal(stdout, '');
        assert.match(stderr, /^aerie: [^\n]+\n$/);
    });
}

for (const args of [['--socket', 'x'], ['--socket', '65536'], ['--socket', '-1'], ['--socket'],
    ['--pipe'], ['--clientProcessId', 'x'], ['--stdio', '--socket', '1'], ['--no-such-option']]) {
    test(`\`aerie ${args.join(' ')}\` is a usage error`, () => {
        const { status, stderr } = spawnSync(aerie, args, { encoding: 'utf8', input: '' });
        assert.equal(status, 2, stderr);
        assert.match(stderr, /^aerie: [^\n]+\n$/);
    });
}

test('a client that reads nothing for a while gets every answer in the end', async (t) => {
    const raw = await RawClient.start(t);
    await raw.initialize();
    const uri = 'file:///large.txt';
    const text = 'x'.repeat(100000);
    raw.send({ method: 'textDocument/didOpen',
        params: { textDocument: { uri, languageId: 'plaintext', version: 1, text } } });
    raw.child.stdout.pause();
    for (let id = 0; id < 400; id++) // 40 MB of answers
        raw.send({ id, method: 'aerie/debug/document', params: { textDocument: { uri } } });
    await new Promise((resolve) => setTimeout(resolve, 500));
    raw.child.stdout.resume();
    await raw.answer(399);
    assert.deepEqual(raw.messages.filter((m) => Number.isInteger(m.id)).map((m) => m.id),
        Array.from({ length: 400 }, (_, i) => i));
    assert.ok(raw.messages.every((m) => !Number.isInteger(m.id) || m.result.text === text));
});
