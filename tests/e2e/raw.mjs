// A client without manners: writes any bytes to the server and reads whatever messages come back.
import { startServer } from './client.mjs';
import { until } from './processes.mjs';

export function frame(value, headers = '') {
    const body = Buffer.isBuffer(value) ? value
        : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'utf8');
    return Buffer.concat([Buffer.from(`${headers}Content-Length: ${body.length}\r\n\r\n`), body]);
}

export class RawClient {
    static async start(t, options = {}) {
        const client = new RawClient(await startServer(options));
        t.after(() => client.kill());
        return client;
    }

    constructor({ child, input, output }) {
        this.child = child;
        this.output = output;
        this.buffer = Buffer.alloc(0);
        this.messages = []; // everything received, in order
        this.nextId = 1;
        this.exited = new Promise((resolve) => {
            child.once('exit', (code, signal) => resolve({ code, signal }));
        });
        this.stderr = '';
        child.stderr.setEncoding('utf8').on('data', (text) => { this.stderr += text; });
        output.on('error', () => {});
        input.on('data', (data) => this.receive(data));
    }

    receive(data) {
        this.buffer = Buffer.concat([this.buffer, data]);
        for (;;) {
            const end = this.buffer.indexOf('\r\n\r\n');
            if (end < 0) return;
            const header = this.buffer.subarray(0, end).toString('latin1');
            const length = Number(/Content-Length: (\d+)/i.exec(header)[1]);
            if (this.buffer.length < end + 4 + length) return;
            const body = this.buffer.subarray(end + 4, end + 4 + length).toString('utf8');
            this.buffer = this.buffer.subarray(end + 4 + length);
            this.messages.push(JSON.parse(body));
        }
    }

    write(bytes) {
        this.output.write(bytes);
    }

    send(message) {
        this.write(frame({ jsonrpc: '2.0', ...message }));
    }

    // Waits for the answer with this id (null: to a message whose id could not be read).
    answer(id, nth = 0) {
        return until(() => this.messages.filter(
            (m) => m.id === id && m.method === undefined)[nth], `an answer to ${id}; stderr: ${this.stderr}`);
    }

    // One request and its answer.
    async ask(method, params) {
        const id = `ask-${this.nextId++}`;
        this.send({ id, method, params });
        return this.answer(id);
    }

    async initialize() {
        const { result } = await this.ask('initialize',
            { processId: null, rootUri: null, capabilities: {} });
        this.send({ method: 'initialized', params: {} });
        return result;
    }

    async kill() {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            this.child.kill('SIGKILL');
            await this.exited;
        }
    }
}
