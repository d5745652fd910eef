// An LSP client for tests: starts the real server and speaks to it through the protocol
// implementation that VS Code uses, over stdio, a Unix socket or TCP.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from './processes.mjs';
import { aerie, noModel, require } from './settings.mjs';

const lsp = require('vscode-languageserver-protocol/node');
const { TextDocument } = require('vscode-languageserver-textdocument');
export { lsp, TextDocument };

export const Invoked = 1;
export const Automatic = 2;

// Starts the server. options: model, args, env, transport 'stdio' | 'pipe' | 'socket', wrapper (a
// command that runs it).
// Returns {child, input, output, close}.
export async function startServer(options = {}) {
    const { transport = 'stdio', args = [] } = options;
    const env = { ...process.env, AERIE_MODEL: options.model ?? noModel,
        AERIE_DEBUG_REQUESTS: '1', ...options.env };
    const [program, ...before] = [...(options.wrapper ?? []), aerie];
    const start = (transportArgs) => spawn(program, [...before, ...transportArgs, ...args],
        { env, cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    if (transport === 'stdio') {
        const child = start(['--stdio']);
        return { child, input: child.stdout, output: child.stdin, close: () => child.stdin.end() };
    }

    // As editors do it: the client listens, the server connects.
    const folder = mkdtempSync(join(tmpdir(), 'aerie-e2e-'));
    const listener = createServer();
    await new Promise((resolve) => transport === 'pipe'
        ? listener.listen(join(folder, 'pipe'), resolve)
        : listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    const child = start([transport === 'pipe' ? `--pipe=${address}` : `--socket=${address.port}`]);
    const socket = await new Promise((resolve, reject) => {
        listener.once('connection', resolve);
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`aerie ended (${code}) without connecting`)));
    });
    listener.close();
    rmSync(folder, { recursive: true, force: true });
    return { child, input: socket, output: socket, close: () => socket.end() };
}

export class Client {
    static async start(options = {}) {
        return new Client(await startServer(options));
    }

    constructor({ child, input, output, close }) {
        this.child = child;
        this.close = close;
        this.stderr = '';
        this.documents = new Map(); // uri -> TextDocument, the client's own text
        this.shown = []; // window/showMessage
        this.logged = []; // window/logMessage
        this.progress = []; // {token, value} of $/progress
        this.progressTokens = []; // of window/workDoneProgress/create
        this.registrations = []; // of client/registerCapability
        this.configurationRequests = []; // items of workspace/configuration
        this.settings = {}; // what workspace/configuration answers for the section "aerie"
        this.exited = new Promise((resolve) => {
            child.once('exit', (code, signal) => resolve({ code, signal }));
        });
        child.stderr.setEncoding('utf8').on('data', (text) => { this.stderr += text; });
        child.stdin.on('error', () => {}); // a server that ended says so by its exit status

        this.connection = lsp.createProtocolConnection(new lsp.StreamMessageReader(input),
            new lsp.StreamMessageWriter(output));
        this.connection.onError(() => {});
        this.connection.onNotification('window/showMessage', (m) => this.shown.push(m));
        this.connection.onNotification('window/logMessage', (m) => this.logged.push(m));
        this.connection.onNotification('$/progress', (m) => this.progress.push(m));
        this.connection.onRequest('window/workDoneProgress/create',
            ({ token }) => { this.progressTokens.push(token); return null; });
        this.connection.onRequest('client/registerCapability',
            ({ registrations }) => { this.registrations.push(...registrations); return null; });
        this.connection.onRequest('client/unregisterCapability', () => null);
        this.connection.onRequest('workspace/configuration', ({ items }) => {
            this.configurationRequests.push(items);
            return items.map(({ section }) => lookUp({ aerie: this.settings }, section));
        });
        this.connection.listen();
    }

    // options: encodings (list, undefined = not announced), dynamicRegistration, workDoneProgress,
    // configuration, processId, initializationOptions, capabilities (merged last).
    async initialize(options = {}) {
        const answer = await this.connection.sendRequest('initialize',
            initializeParams(options));
        this.capabilities = answer.capabilities;
        this.serverInfo = answer.serverInfo;
        this.encoding = answer.capabilities.positionEncoding ?? 'utf-16';
        await this.connection.sendNotification('initialized', {});
        return answer;
    }

    request(method, params, token) {
        // An undefined token would be taken for a second positional parameter.
        return token === undefined ? this.connection.sendRequest(method, params)
            : this.connection.sendRequest(method, params, token);
    }

    notify(method, params) {
        return this.connection.sendNotification(method, params);
    }

    // ---- documents ----

    async open(uri, languageId, text, version = 1) {
        this.documents.set(uri, TextDocument.create(uri, languageId, version, text));
        await this.notify('textDocument/didOpen',
            { textDocument: { uri, languageId, version, text } });
    }

    // Changes have their ranges in the client's own units, UTF-16; they are sent in the negotiated
    // encoding.
    async change(uri, changes) {
        let document = this.documents.get(uri);
        const version = document.version + 1;
        const sent = [];
        for (const change of changes) {
            sent.push(change.range === undefined ? change : {
                range: {
                    start: encodePosition(document, change.range.start, this.encoding),
                    end: encodePosition(document, change.range.end, this.encoding),
                },
                text: change.text,
            });
            TextDocument.update(document, [change], version);
            // Afresh, since the package's incremental line table trusts lines past the end.
            document = TextDocument.create(uri, document.languageId, version, document.getText());
        }
        this.documents.set(uri, document);
        await this.notify('textDocument/didChange',
            { textDocument: { uri, version }, contentChanges: sent });
    }

    async closeDocument(uri) {
        this.documents.delete(uri);
        await this.notify('textDocument/didClose', { textDocument: { uri } });
    }

    text(uri) {
        return this.documents.get(uri).getText();
    }

    // The server's idea of a document: {text, version, languageId}, null if it is not open. Only
    // with AERIE_DEBUG_REQUESTS=1.
    serverDocument(uri) {
        return this.request('aerie/debug/document', { textDocument: { uri } });
    }

    // ---- completion ----

    // The items of textDocument/inlineCompletion at an offset or (UTF-16) position.
    async inline(uri, place, context = {}, token = undefined) {
        const result = await this.inlineRaw(uri, place, context, token);
        return result === null ? [] : Array.isArray(result) ? result : result.items;
    }

    inlineRaw(uri, place, context = {}, token = undefined) {
        return this.request('textDocument/inlineCompletion', {
            textDocument: { uri },
            position: this.place(uri, place),
            context: { triggerKind: Invoked, ...context },
        }, token);
    }

    complete(uri, place, token = undefined) {
        return this.request('textDocument/completion', {
            textDocument: { uri },
            position: this.place(uri, place),
            context: { triggerKind: 1 },
        }, token);
    }

    place(uri, place) {
        const document = this.documents.get(uri);
        const position = typeof place === 'number' ? document.positionAt(place) : place;
        return document ? encodePosition(document, position, this.encoding) : position;
    }

    // ---- the end ----

    // The polite end. Returns the exit status.
    async stop() {
        if (this.child.exitCode !== null) return this.child.exitCode;
        await this.request('shutdown');
        await this.notify('exit');
        const { code, signal } = await this.exited;
        this.connection.dispose();
        if (signal !== null) throw new Error(`aerie ended by ${signal}: ${this.stderr}`);
        return code;
    }

    // For cleaning up after a test that may have failed half-way.
    async kill() {
        try { this.connection.dispose(); } catch { /* already closed */ }
        if (this.child.exitCode === null && this.child.signalCode === null) {
            this.child.kill('SIGKILL');
            await this.exited;
        }
    }
}

export function initializeParams(options = {}) {
    const capabilities = {
        general: {},
        window: {},
        workspace: {},
        textDocument: {
            synchronization: { dynamicRegistration: false },
            completion: { completionItem: { snippetSupport: true } },
            inlineCompletion: { dynamicRegistration: options.dynamicRegistration === true },
        },
    };
    if (options.encodings !== undefined)
        capabilities.general.positionEncodings = options.encodings;
    if (options.workDoneProgress) capabilities.window.workDoneProgress = true;
    if (options.configuration) {
        capabilities.workspace.configuration = true;
        capabilities.workspace.didChangeConfiguration = { dynamicRegistration: true };
    }
    for (const [name, value] of Object.entries(options.capabilities ?? {}))
        capabilities[name] = { ...capabilities[name], ...value };
    return {
        processId: options.processId === undefined ? process.pid : options.processId,
        clientInfo: { name: 'aerie tests', version: '1' },
        rootUri: options.rootUri ?? null,
        workspaceFolders: options.rootUri ? [{ uri: options.rootUri, name: 'root' }] : null,
        capabilities,
        initializationOptions: options.initializationOptions,
    };
}

// A server with an initialized client, killed when the test ends.
export async function session(t, serverOptions = {}, initializeOptions = {}) {
    const client = await Client.start(serverOptions);
    t.after(() => client.kill());
    if (serverOptions.settings !== undefined) client.settings = serverOptions.settings;
    await client.initialize(initializeOptions);
    return client;
}

// The error of a request that must fail.
export async function failure(promise) {
    let value;
    try {
        value = await promise;
    } catch (error) {
        return error;
    }
    throw new Error(`answered where an error was due: ${JSON.stringify(value)}`);
}

// ---- positions ----

function unitsOf(text, encoding) {
    if (encoding === 'utf-8') return Buffer.byteLength(text, 'utf8');
    if (encoding === 'utf-32') return [...text].length;
    return text.length;
}

// A UTF-16 position in another encoding. What lies past the end of its line stays as far past it.
export function encodePosition(document, position, encoding) {
    if (encoding === 'utf-16' || position.line >= document.lineCount) return position;
    const line = document.getText({ start: { line: position.line, character: 0 },
        end: { line: position.line, character: Number.MAX_SAFE_INTEGER } });
    const inside = line.slice(0, position.character);
    return { line: position.line,
        character: unitsOf(inside, encoding) + Math.max(0, position.character - line.length) };
}

// The opposite direction, for positions that come from the server.
export function decodePosition(document, position, encoding) {
    if (encoding === 'utf-16') return position;
    const line = document.getText({ start: { line: position.line, character: 0 },
        end: { line: position.line, character: Number.MAX_SAFE_INTEGER } });
    const inside = encoding === 'utf-8'
        ? Buffer.from(line, 'utf8').subarray(0, position.character).toString('utf8')
        : [...line].slice(0, position.character).join('');
    return { line: position.line, character: inside.length };
}

// "text before^text after" -> {text, offset}
export function cursor(marked) {
    const offset = marked.indexOf('^');
    if (offset < 0 || marked.indexOf('^', offset + 1) >= 0)
        throw new Error('a marked text has exactly one ^');
    return { text: marked.slice(0, offset) + marked.slice(offset + 1), offset };
}

function lookUp(settings, section) {
    if (section === undefined || section === null) return settings;
    let value = settings;
    for (const part of section.split('.')) value = value?.[part];
    return value ?? null;
}

export { until };
