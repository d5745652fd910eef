// The editor is told while the model loads, if it wants to be.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { session, until } from './client.mjs';
import { model } from './settings.mjs';

const uri = 'file:///sum.py';
const text = 'def add(a, b):\n    return ';

test('loading the model is reported from begin to end', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model }, { workDoneProgress: true });
    await client.open(uri, 'python', text);
    await client.inline(uri, text.length);
    await until(() => client.progress.some(({ value }) => value.kind === 'end'), 'the end');
    assert.equal(client.progressTokens.length, 1);
    const [token] = client.progressTokens;
    const values = client.progress.filter((p) => p.token === token).map((p) => p.value);
    assert.equal(values[0].kind, 'begin');
    assert.ok(values[0].title.length > 0);
    assert.equal(values.at(-1).kind, 'end');
    assert.ok(values.slice(1, -1).every(({ kind }) => kind === 'report'));
    const percentages = values.map(({ percentage }) => percentage).filter((p) => p !== undefined);
    for (const [i, percentage] of percentages.entries()) {
        assert.ok(Number.isInteger(percentage) && percentage >= 0 && percentage <= 100);
        assert.ok(i === 0 || percentage >= percentages[i - 1], 'percentages never fall');
    }
});

test('a client that wants no progress gets none', { skip: !model && 'no model' }, async (t) => {
    const client = await session(t, { model });
    await client.open(uri, 'python', text);
    await client.inline(uri, text.length);
    assert.deepEqual(client.progressTokens, []);
    assert.deepEqual(client.progress, []);
});

test('a model that cannot be loaded ends its progress, too', async (t) => {
    const client = await session(t, {}, { workDoneProgress: true });
    await client.open(uri, 'python', text);
    await client.inline(uri, text.length);
    await until(() => client.shown.length === 1, 'a message');
    await client.serverDocument(uri);
    const begun = client.progress.filter(({ value }) => value.kind === 'begin').length;
    await until(() => client.progress.filter(({ value }) => value.kind === 'end').length === begun,
        'as many ends as begins');
});
