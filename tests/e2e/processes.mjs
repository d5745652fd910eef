// What the tests ask of the operating system: is a process there, how much has it computed.
import { readFileSync } from 'node:fs';

// The fields of /proc/PID/stat after the program's name, or null once the process is gone.
function stat(pid) {
    try {
        const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return text.slice(text.lastIndexOf(')') + 2).split(' ');
    } catch {
        return null;
    }
}

// A zombie has ended, whatever its parent makes of it.
export function isAlive(pid) {
    const fields = stat(pid);
    return fields !== null && fields[0] !== 'Z' && fields[0] !== 'X';
}

// Seconds of CPU time of all threads, user and system (fields 14 and 15 of proc(5), in 1/100 s).
export function cpuSeconds(pid) {
    const fields = stat(pid);
    return fields === null ? 0 : (Number(fields[11]) + Number(fields[12])) / 100;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Waits until `condition` holds. The limit only ends a test that would hang; nothing here is a
// statement about speed.
export async function until(condition, what, limit = 60000) {
    const end = Date.now() + limit;
    for (;;) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > end) throw new Error(`waited ${limit / 1000} s in vain: ${what}`);
        await sleep(20);
    }
}

// Waits until the process has stopped computing: at most 10 ms of CPU time in half a second.
export async function untilIdle(pid, limit = 60000) {
    const end = Date.now() + limit;
    for (;;) {
        const before = cpuSeconds(pid);
        await sleep(500);
        if (cpuSeconds(pid) - before <= 0.011) return;
        if (Date.now() > end) throw new Error(`process ${pid} never came to rest`);
    }
}
