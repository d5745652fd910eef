// The places of tests/fixtures/places.json: in each, somebody has just typed up to the cursor.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { TextDocument } from './client.mjs';
import { root } from './settings.mjs';

const folder = join(root, 'tests', 'fixtures');

// {name, file, path, argument, languageId, text, offset}; `argument` is what `aerie complete` takes.
export function places() {
    const list = JSON.parse(readFileSync(join(folder, 'places.json'), 'utf8'));
    return list.map(({ file, line, character, cli, language }) => {
        const path = join(folder, file);
        const text = readFileSync(path, 'utf8');
        const offset = TextDocument.create(path, language, 0, text).offsetAt({ line, character });
        return { name: `${file}:${cli}`, file, path, argument: `${path}:${cli}`, languageId: language,
            text, offset };
    });
}
