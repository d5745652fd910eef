// Nobody is left behind: when the editor is gone, so is the server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

import { Client, session } from './client.mjs';
import { isAlive, until } from './processes.mjs';
import { here, model } from './settings.mjs';

// A process that does nothing until it is killed.
function bystander(t) {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    t.after(() => child.kill('SIGKILL'));
    return child;
}

async function killAndReap(child) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
}

test('the death of initialize\'s processId ends the server', async (t) => {
    const parent = bystander(t);
    const client = await session(t, {}, { processId: parent.pid });
    await killAndReap(parent);
    const { signal } = await client.exited;
    assert.equal(signal, null);
});

test('the death of --clientProcessId ends the server, before initialize too', async (t) => {
    const parent = bystander(t);
    const client = await Client.start({ args: [`--clientProcessId=${parent.pid}`] });
    t.after(() => client.kill());
    await killAndReap(parent);
    const { signal } = await client.exited;
    assert.equal(signal, null);
});

test('a null processId is watched by nobody', async (t) => {
    const client = await session(t, {}, { processId: null });
    assert.equal(await client.stop(), 0);
});

test('a processId that never existed ends the server', async (t) => {
    const client = await Client.start();
    t.after(() => client.kill());
    await client.initialize({ processId: 2 ** 30 }); // above any pid_max
    const { signal } = await client.exited;
    assert.equal(signal, null);
});

test('kill -9 of the client ends the server, in the middle of a completion too', async (t) => {
    for (const what of ['idle', ...(model ? ['busy'] : [])]) {
        const editor = spawn(process.execPath, [join(here, 'editor-to-kill.mjs'), what],
            { stdio: ['ignore', 'pipe', 'inherit'] });
        t.after(() => editor.kill('SIGKILL'));
        const [line] = await once(editor.stdout.setEncoding('utf8'), 'data');
        const pid = Number(line);
        assert.ok(isAlive(pid), what);
        await killAndReap(editor);
        await until(() => !isAlive(pid), `${what}: the server ends by itself`);
    }
});
