// What somebody who types sees: the time from opening a file to the first suggestion, and from each
// of 50 keystrokes to the suggestion for it. A real client speaks to the real server over stdio.
// README.md tells how to run it.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { Automatic, Client, lsp } from '../e2e/client.mjs';
import { sleep } from '../e2e/processes.mjs';
import { aerie, model } from '../e2e/settings.mjs';

const usage = `Usage: node typing.mjs [OPTION]...

  --model PATH    the model (default: AERIE_MODEL, else the installed default)
  --file PATH     the file to type into (default: a built-in Python file)
  --text TEXT     what is typed at its end (default: a built-in function, 50 keys)
  --pace MS       type a key every MS milliseconds without waiting for answers; older requests are
                  then superseded (default: wait for each answer)
  --json          one JSON object instead of the transcript
  --help          this text`;

const builtIn = `"""Reading and summing up a table of measurements."""
import csv
from dataclasses import dataclass


@dataclass
class Measurement:
    station: str
    celsius: float


def read_measurements(path):
    with open(path, newline="") as file:
        return [Measurement(row["station"], float(row["celsius"])) for row in csv.DictReader(file)]


def mean(values):
    return sum(values) / len(values) if values else 0.0


`;
const typed = 'def hottest(measurements):\n    return max(measurem';

const { values: options } = parseArgs({ options: {
    model: { type: 'string' }, file: { type: 'string' }, text: { type: 'string' },
    pace: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } } });
if (options.help) {
    console.log(usage);
    process.exit(0);
}
const modelPath = options.model ?? model;
if (modelPath === null) {
    console.error('typing: no model; ./try puts the default one in place, --model names another');
    process.exit(1);
}

const say = options.json ? () => {} : (line) => console.log(line);
const start = performance.now();
const now = () => performance.now() - start;
const stamp = (text) => say(`${now().toFixed(1).padStart(9)} ms  ${text}`);
const quoted = (text) => JSON.stringify(text.length > 56 ? `${text.slice(0, 55)}…` : text);

// The value below which a share p of the sorted samples lies (nearest rank).
function percentile(samples, p) {
    const sorted = [...samples].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
}

const uri = options.file ? 'file:///typing' : 'file:///measurements.py';
const languageId = options.file ? options.file.split('.').at(-1) : 'python';
const before = options.file ? readFileSync(options.file, 'utf8') : builtIn;
const keys = [...(options.text ?? typed)];

stamp('   start aerie --stdio');
const client = await Client.start({ model: modelPath });
stamp('-> initialize');
await client.initialize({ encodings: ['utf-16'], workDoneProgress: true });
stamp(`<- initialize: ${client.serverInfo.name} ${client.serverInfo.version}, ${client.encoding}`);

stamp(`-> textDocument/didOpen (${before.length} characters)`);
const opened = now();
await client.open(uri, languageId, before);
stamp('-> textDocument/inlineCompletion');
const first = await client.inline(uri, before.length, { triggerKind: Automatic });
const openToFirst = now() - opened;
stamp(`<- ${first.length > 0 ? quoted(first[0].insertText) : 'nothing to offer'}`);

const samples = []; // ms from the key to its answer; superseded ones are not in it
let offered = 0;
let superseded = 0;

async function typeKey(key) {
    const document = client.documents.get(uri);
    const at = document.positionAt(document.getText().length);
    const began = now();
    await client.change(uri, [{ range: { start: at, end: at }, text: key }]);
    const offset = client.text(uri).length;
    try {
        const items = await client.inline(uri, offset, { triggerKind: Automatic });
        const ms = now() - began;
        samples.push(ms);
        if (items.length > 0) offered++;
        stamp(`   key ${JSON.stringify(key).padEnd(6)}${ms.toFixed(1).padStart(8)} ms  ` +
            `${items.length > 0 ? quoted(items[0].insertText) : '-'}`);
    } catch (error) {
        if (error.code !== lsp.LSPErrorCodes.RequestCancelled) throw error;
        superseded++;
        stamp(`   key ${JSON.stringify(key).padEnd(6)} superseded`);
    }
}

const pace = options.pace === undefined ? null : Number(options.pace);
const pending = [];
for (const key of keys) {
    const answered = typeKey(key);
    if (pace === null) await answered;
    else await sleep(pace);
    pending.push(answered);
}
await Promise.all(pending);

stamp('-> shutdown, exit');
const status = await client.stop();
stamp(`   aerie ended with status ${status}`);
if (client.shown.length > 0) console.error(`typing: ${client.shown[0].message}`);

const result = {
    program: aerie, model: modelPath, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, pace,
    msOpenToFirst: openToFirst, keys: keys.length, answered: samples.length, offered, superseded,
    msPerKey: samples.length === 0 ? null : { p50: percentile(samples, 0.5),
        p95: percentile(samples, 0.95), max: Math.max(...samples) },
};
if (options.json) {
    console.log(JSON.stringify(result));
} else {
    say('');
    say(`didOpen to the first answer  ${openToFirst.toFixed(1)} ms (the model's loading included)`);
    if (result.msPerKey !== null)
        say(`${keys.length} keys, ${samples.length} answered, ${offered} with a suggestion:  ` +
            `p50 ${result.msPerKey.p50.toFixed(1)} ms, p95 ${result.msPerKey.p95.toFixed(1)} ms, ` +
            `max ${result.msPerKey.max.toFixed(1)} ms`);
}
process.exitCode = status;
