// The command line is a contract: results, exit statuses, what goes to stdout and what to stderr.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { moveTensorPastTheEnd } from './gguf.mjs';
import { places } from './places.mjs';
import { aerie, model, noModel } from './settings.mjs';

const needsModel = { skip: !model && 'no model' };
const commands = ['complete', 'generate', 'bench', 'tokenize', 'detokenize', 'model', 'doctor'];

let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), 'aerie-e2e-')); });
after(() => rmSync(folder, { recursive: true, force: true }));

function run(args, { input = '', env = {} } = {}) {
    const result = spawnSync(aerie, args, { input, encoding: 'utf8', maxBuffer: 1 << 28,
        env: { ...process.env, ...(model ? { AERIE_MODEL: model } : {}), ...env } });
    assert.equal(result.signal, null, `aerie ${args.join(' ')} died: ${result.stderr}`);
    return result;
}

function succeed(args, options) {
    const { status, stdout, stderr } = run(args, options);
    assert.equal(status, 0, `aerie ${args.join(' ')}: ${stderr}`);
    return stdout;
}

// Fails with this status and one line on stderr that names the program.
function fail(status, args, options) {
    const result = run(args, options);
    assert.equal(result.status, status, `aerie ${args.join(' ')}: ${result.stdout}${result.stderr}`);
    assert.match(result.stderr, /^aerie: [^\n]{10,}\n$/, `aerie ${args.join(' ')}`);
    return result.stderr;
}

function keys(object, expected, what) {
    assert.deepEqual(Object.keys(object).sort(), [...expected].sort(), what);
}

test('--version and --help answer on stdout', () => {
    assert.match(succeed(['--version']), /^aerie \d+\.\d+\.\d+\n$/);
    const help = succeed(['--help']);
    for (const command of commands) assert.ok(help.includes(command), command);
});

for (const command of commands) {
    test(`aerie ${command} --help`, () => {
        const { status, stdout, stderr } = run([command, '--help']);
        assert.equal(status, 0);
        assert.equal(stderr, '');
        assert.ok(stdout.startsWith(`Usage: aerie ${command}`), stdout);
        assert.ok(stdout.includes('--help'));
        for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
    });

    test(`aerie ${command} --no-such-option`, () => {
        assert.match(fail(2, [command, '--no-such-option']), /no-such-option/);
    });
}

test('usage errors exit with 2', () => {
    fail(2, ['no-such-command']);
    fail(2, ['complete']);
    fail(2, ['complete', 'a.py:1:1', 'b.py:1:1']);
    fail(2, ['complete', 'a.py:1']);
    fail(2, ['complete', 'a.py:0:1']);
    fail(2, ['complete', 'a.py:1:0']);
    fail(2, ['complete', 'a.py:x:y']);
    fail(2, ['generate']);
    fail(2, ['generate', '-', '--temperature', 'hot']);
    fail(2, ['generate', '-', '--max-tokens', '-3']);
    fail(2, ['bench', '--threads', 'many']);
    fail(2, ['bench', '--backend', 'abacus']);
    fail(2, ['model']);
    fail(2, ['model', 'no-such-verb']);
    fail(2, ['doctor', 'unexpected']);
});

// ---- complete ----

test('complete --json in a file of each language', needsModel, (t) => {
    const offered = new Set();
    for (const { name, languageId, argument, text, offset } of places()) {
        const result = JSON.parse(succeed(['complete', '--json', argument]));
        const common = ['insertText', 'range', 'model', 'backend', 'promptTokens', 'cachedTokens',
            'completionTokens', 'acceptedDraftTokens', 'ms'];
        keys(result, result.insertText === null ? [...common, 'reason'] : common, name);
        keys(result.ms, ['context', 'prefill', 'decode', 'total'], name);
        for (const ms of Object.values(result.ms)) assert.ok(ms >= 0);
        if (result.insertText === null) {
            assert.equal(typeof result.reason, 'string');
            continue;
        }
        offered.add(languageId);
        assert.ok(result.insertText.trim().length > 0);
        assert.ok(result.promptTokens > 0 && result.completionTokens > 0);
        keys(result.range, ['start', 'end'], name);
        assert.equal(result.range.start.line, result.range.end.line);
        assert.equal(result.range.start.line, text.slice(0, offset).split(/\r\n|\r|\n/).length - 1);
        t.diagnostic(`${name}: ${JSON.stringify(result.insertText)}`);
    }
    for (const { languageId } of places()) assert.ok(offered.has(languageId), languageId);
});

test('complete on a pipe is plain text without colour', needsModel, () => {
    const [{ argument }] = places();
    const stdout = succeed(['complete', argument]);
    assert.ok(!stdout.includes('\x1b'));
});

test('complete is the same every time', needsModel, () => {
    const [{ argument }] = places();
    const first = JSON.parse(succeed(['complete', '--json', argument]));
    const second = JSON.parse(succeed(['complete', '--json', argument]));
    assert.equal(first.insertText, second.insertText);
});

test('complete where it cannot', () => {
    fail(1, ['complete', '/nonexistent/a.py:1:1']);
    fail(1, ['complete', `${folder}:1:1`]);
    const path = join(folder, 'a.py');
    writeFileSync(path, 'x = 1\n');
    assert.match(fail(1, ['complete', `${path}:1:1`, '--model', noModel]), /none\.gguf/);
    assert.match(fail(1, ['complete', `${path}:1:1`], { env: { AERIE_MODEL: noModel } }), /none\.gguf/);
});

// ---- generate ----

test('generate goes on from a text, seeded', needsModel, () => {
    const input = 'Once upon a time';
    const args = ['generate', '-', '--max-tokens', '12'];
    const greedy = succeed(args, { input });
    assert.ok(greedy.trim().length > 0);
    assert.equal(succeed(args, { input }), greedy);
    const sampled = [...args, '--temperature', '1.5', '--seed'];
    assert.equal(succeed([...sampled, '1'], { input }), succeed([...sampled, '1'], { input }));
    const different = new Set(['1', '2', '3', '4'].map((seed) => succeed([...sampled, seed], { input })));
    assert.ok(different.size > 1, 'seeds change the text');
});

test('generate --chat answers a question', needsModel, () => {
    const answer = succeed(['generate', '--chat', '-', '--max-tokens', '24'],
        { input: 'What is the capital of France?' });
    assert.match(answer, /Paris/);
    assert.ok(!answer.includes('<|im_'), 'no control tokens in the text');
});

test('generate from a file that is not there', needsModel, () => {
    fail(1, ['generate', join(folder, 'none.txt')]);
});

// ---- bench ----

test('bench --json', needsModel, () => {
    const result = JSON.parse(succeed(['bench', '--json']));
    keys(result, ['model', 'backend', 'threads', 'device', 'results']);
    assert.ok(['cpu', 'cuda', 'reference'].includes(result.backend));
    assert.ok(Number.isInteger(result.threads) && result.threads >= 1);
    const tests = new Set();
    for (const entry of result.results) {
        keys(entry, ['test', 'n', 'ms', 'tokensPerSecond']);
        assert.ok(Number.isInteger(entry.n) && entry.n >= 1);
        assert.ok(entry.ms > 0 && entry.tokensPerSecond > 0);
        tests.add(entry.test);
    }
    assert.deepEqual([...tests].sort(), ['decode', 'prefill', 'verify']);
});

// ---- tokens ----

test('tokenize and detokenize are each other\'s inverse', needsModel, () => {
    for (const text of ['def f(x):\n    return x\n', 'ä😀 中文\t\r\n  x', '   ', '<|im_start|>',
        'int main(void) { return 0; }\n'.repeat(50)]) {
        const ids = succeed(['tokenize', '--ids', '-'], { input: text });
        assert.match(ids, /^[\d\s]+$/);
        assert.equal(succeed(['detokenize', '-'], { input: ids }), text);
    }
});

test('detokenize refuses what is no token', needsModel, () => {
    for (const input of ['99999999', '-1', 'x', '12 x', '1e3', '99999999999999999999'])
        fail(1, ['detokenize', '-'], { input });
});

// ---- model ----

test('model list and info', needsModel, () => {
    const info = succeed(['model', 'info', model]);
    assert.match(info, /llama/);
    assert.ok(!info.includes('\x1b'));
    succeed(['model', 'list']);
    const json = JSON.parse(succeed(['model', 'info', '--json', model]));
    assert.equal(typeof json, 'object');
    JSON.parse(succeed(['model', 'list', '--json']));
});

test('an empty store is no failure', () => {
    succeed(['model', 'list'], { env: { XDG_DATA_HOME: folder } });
});

test('a model cut in half: status 1 and one clear line', needsModel, (t) => {
    const path = join(folder, 'half.gguf');
    copyFileSync(model, path);
    truncateSync(path, Math.floor(statSync(model).size / 2));
    for (const args of [['model', 'info', path], ['bench', '--model', path],
        ['generate', '-', '--model', path], ['tokenize', '-', '--model', path]]) {
        const line = fail(1, args, { input: 'x' });
        assert.match(line, /half\.gguf/);
        t.diagnostic(line.trim());
    }
    rmSync(path);
});

test('a tensor whose offset lies past the end: status 1 and one clear line', needsModel, (t) => {
    const path = join(folder, 'offset.gguf');
    copyFileSync(model, path);
    const name = moveTensorPastTheEnd(path);
    const line = fail(1, ['model', 'info', path]);
    assert.ok(line.includes('offset.gguf') && line.includes(name), line);
    fail(1, ['generate', '-', '--model', path], { input: 'x' });
    t.diagnostic(line.trim());
    rmSync(path);
});

test('files that are no models', () => {
    const cases = { 'empty.gguf': '', 'text.gguf': 'no model\n', 'magic.gguf': 'GGUF',
        'version.gguf': 'GGUF\x63\0\0\0', 'counts.gguf': `GGUF\x03\0\0\0${'\xff'.repeat(16)}` };
    for (const [name, content] of Object.entries(cases)) {
        const path = join(folder, name);
        writeFileSync(path, content, 'latin1');
        assert.ok(fail(1, ['model', 'info', path]).includes(name), name);
    }
    fail(1, ['model', 'info', noModel]);
    fail(1, ['model', 'info', folder]);
});

// ---- doctor ----

test('doctor is content with a model and says what is missing without one', (t) => {
    if (model) {
        const out = succeed(['doctor']);
        assert.match(out, /cpu/i);
    }
    const { status, stdout } = run(['doctor'], { env: { AERIE_MODEL: noModel } });
    assert.equal(status, 1);
    assert.match(stdout, /none\.gguf/);
    t.diagnostic(stdout.split('\n')[0]);
});
