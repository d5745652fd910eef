// Where the tests find the program, the model and the packages.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, '..', '..');

// The program under test: $AERIE, else where the release preset builds it.
export const aerie = resolve(process.env.AERIE || join(root, 'build', 'release', 'aerie'));

// The default model, where it is installed; null without one.
export const model = (() => {
    const data = process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
    const path = process.env.AERIE_MODEL ||
        join(data, 'aerie', 'models', 'SmolLM2-135M-Instruct.Q4_1.gguf');
    return existsSync(path) ? path : null;
})();

// For what needs no model: the server starts at once and stays quiet.
export const noModel = '/nonexistent/none.gguf';

// `npm ci` runs in the build folder (install.sh), so packages are looked up from there.
const packages = resolve(process.env.AERIE_E2E_PACKAGES ||
    join(dirname(aerie), 'tests', 'e2e', 'packages'));
if (!existsSync(join(packages, 'node_modules'))) {
    console.error(`no packages in ${packages}; \`sh tests/e2e/install.sh FOLDER\` puts them into ` +
        'FOLDER, AERIE_E2E_PACKAGES names it');
    process.exit(1);
}
export const require = createRequire(join(packages, 'package.json'));
