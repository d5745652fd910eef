// What the server announces, and what it makes of what the client can do.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { session, until } from './client.mjs';

const Incremental = 2;

test('documents are synchronised incrementally', async (t) => {
    const { capabilities } = await session(t);
    assert.equal(capabilities.textDocumentSync.openClose, true);
    assert.equal(capabilities.textDocumentSync.change, Incremental);
});

test('both completions are announced', async (t) => {
    const { capabilities } = await session(t);
    assert.ok(capabilities.completionProvider);
    assert.ok(capabilities.inlineCompletionProvider);
});

for (const { offered, chosen } of [
    { offered: undefined, chosen: ['utf-16'] },
    { offered: [], chosen: ['utf-16'] },
    { offered: ['utf-16'], chosen: ['utf-16'] },
    { offered: ['utf-8'], chosen: ['utf-8'] },
    { offered: ['utf-32'], chosen: ['utf-32'] },
    { offered: ['utf-8', 'utf-16', 'utf-32'], chosen: ['utf-8', 'utf-16', 'utf-32'] },
    { offered: ['utf-32', 'utf-8', 'utf-16'], chosen: ['utf-8', 'utf-16', 'utf-32'] },
    { offered: ['ebcdic', 'utf-32'], chosen: ['utf-32'] },
    { offered: ['ebcdic'], chosen: ['utf-16'] },
]) {
    test(`position encodings ${JSON.stringify(offered)} -> ${chosen.join(' or ')}`, async (t) => {
        const client = await session(t, {}, { encodings: offered });
        assert.ok(chosen.includes(client.encoding), client.encoding);
    });
}

test('a client that registers dynamically gets a registration and no static provider', async (t) => {
    const client = await session(t, {}, { dynamicRegistration: true });
    assert.ok(!client.capabilities.inlineCompletionProvider);
    const registration = await until(() => client.registrations.find(
        ({ method }) => method === 'textDocument/inlineCompletion'), 'a registration');
    assert.equal(typeof registration.id, 'string');
    assert.ok(registration.id.length > 0);
    // null selects the documents the client itself chooses.
    assert.ok('documentSelector' in (registration.registerOptions ?? {}));
});

test('a client that does not is never asked to register', async (t) => {
    const client = await session(t);
    await client.open('file:///a.py', 'python', 'x = 1\n');
    await client.serverDocument('file:///a.py'); // the server has been through everything before
    assert.deepEqual(client.registrations, []);
});

test('"inlineCompletion": null counts as announced without dynamic registration', async (t) => {
    const client = await session(t, {}, { capabilities: { textDocument: { inlineCompletion: null } } });
    assert.ok(client.capabilities.inlineCompletionProvider);
    assert.deepEqual(client.registrations, []);
});
