// Settings: pulled from the client, pulled again when they change, and in force at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client, session, until } from './client.mjs';
import { model } from './settings.mjs';

const uri = 'file:///sum.py';
const text = 'def add(a, b):\n    return ';

test('the section "aerie" is pulled once at the start', async (t) => {
    const client = await session(t, {}, { configuration: true });
    await until(() => client.configurationRequests.length > 0, 'a pull');
    await client.serverDocument(uri);
    assert.equal(client.configurationRequests.length, 1);
    assert.ok(client.configurationRequests[0].some(({ section }) => section.startsWith('aerie')));
});

test('a client without configuration is never asked', async (t) => {
    const client = await session(t);
    await client.notify('workspace/didChangeConfiguration', { settings: null });
    await client.serverDocument(uri);
    assert.equal(client.configurationRequests.length, 0);
    assert.equal(await client.stop(), 0);
});

test('news of changed configuration is registered for, and makes the server pull again', async (t) => {
    const client = await session(t, {}, { configuration: true });
    await until(() => client.registrations.some(
        ({ method }) => method === 'workspace/didChangeConfiguration'), 'a registration');
    await until(() => client.configurationRequests.length === 1, 'a pull');
    for (const [i, settings] of [null, {}, { aerie: {} }].entries()) {
        await client.notify('workspace/didChangeConfiguration', { settings });
        await until(() => client.configurationRequests.length === i + 2, 'another pull');
    }
    assert.equal(await client.stop(), 0);
});

test('a language is switched off and on again', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model, settings: { disabledLanguages: ['python'] } },
        { configuration: true });
    await client.open(uri, 'python', text);
    assert.deepEqual(await client.inline(uri, text.length), []);
    client.settings = { disabledLanguages: [] };
    await client.notify('workspace/didChangeConfiguration', { settings: null });
    await until(() => client.configurationRequests.length === 2, 'another pull');
    assert.ok((await client.inline(uri, text.length)).length > 0);
    assert.equal(await client.stop(), 0);
});

test('pushed settings count for a client that cannot be asked', { skip: !model && 'no model' },
    async (t) => {
        const client = await session(t, { model });
        await client.open(uri, 'python', text);
        assert.ok((await client.inline(uri, text.length)).length > 0);
        await client.notify('workspace/didChangeConfiguration',
            { settings: { aerie: { inlineCompletion: { enable: false } } } });
        assert.deepEqual(await client.inline(uri, text.length), []);
    });

test('initializationOptions count from the start', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model },
        { initializationOptions: { aerie: { disabledLanguages: ['python'] } } });
    await client.open(uri, 'python', text);
    assert.deepEqual(await client.inline(uri, text.length), []);
});

test('switched off means off: no model is loaded', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model, settings: { enable: false } },
        { configuration: true, workDoneProgress: true });
    await client.open(uri, 'python', text);
    assert.deepEqual(await client.inline(uri, text.length), []);
    assert.deepEqual(client.progressTokens, []);
    client.settings = { enable: true };
    await client.notify('workspace/didChangeConfiguration', { settings: null });
    await until(async () => (await client.inline(uri, text.length)).length > 0, 'a completion');
});

test('the configuration names the model', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { env: { AERIE_MODEL: undefined }, settings: { model } },
        { configuration: true });
    await client.open(uri, 'python', text);
    assert.ok((await client.inline(uri, text.length)).length > 0);
    assert.deepEqual(client.shown, []);
});

test('a client that refuses to answer the pull is served with the defaults',
    { skip: !model && 'no model' }, async (t) => {
        const client = await Client.start({ model });
        t.after(() => client.kill());
        client.connection.onRequest('workspace/configuration', () => { throw new Error('no'); });
        await client.initialize({ configuration: true });
        await client.open(uri, 'python', text);
        assert.ok((await client.inline(uri, text.length)).length > 0);
    });

for (const settings of [null, 7, 'x', [1], { model: 7, threads: 'many', disabledLanguages: 3 },
    { completion: 7, inlineCompletion: { enable: 'maybe' }, temperature: -1, unknown: { a: 1 } }]) {
    test(`settings ${JSON.stringify(settings)} are survived`, async (t) => {
        const client = await session(t, { settings }, { configuration: true });
        await until(() => client.configurationRequests.length === 1, 'a pull');
        await client.open(uri, 'python', text);
        assert.deepEqual(await client.inline(uri, text.length), []);
        assert.equal(await client.stop(), 0);
    });
}
