// A client that starts a session, prints the server's process id and waits to be killed; with the
// argument "busy", while a completion runs.
import { Client } from './client.mjs';
import { model } from './settings.mjs';

const busy = process.argv[2] === 'busy';
const client = await Client.start(busy ? { model } : {});
await client.initialize();
if (busy) {
    const text = Array.from({ length: 400 }, (_, i) => `value_${i} = compute(${i * 7})`).join('\n');
    await client.open('file:///busy.py', 'python', `${text}\ndef total():\n    return `);
    client.inline('file:///busy.py', client.text('file:///busy.py').length).catch(() => {});
}
process.stdout.write(`${client.child.pid}\n`);
setInterval(() => {}, 1000);
