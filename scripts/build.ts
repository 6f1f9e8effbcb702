import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from './build/page.ts';
import { buildPrograms } from './build/programs.ts';

/** `npm run build [FOLDER]`: programs and page as they ship, below `dist/`; a file's place there is its place in the tree. */
const folder = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url));
const { programs } = await buildPrograms(folder);
for (const [name, path] of Object.entries(programs)) {
  const { size } = await stat(path);
  console.log(`${name}: ${path} (${Math.round(size / 1024)} KiB)`);
}
const page = await buildPage(join(folder, 'setup-ui/dist'), 'production');
const total = Object.values(page.firstLoad).reduce((sum, bytes) => sum + bytes, 0);
console.log(`page: ${page.build} (${Math.round(total / 1000)} kB of JavaScript at first load, gzipped)`);
