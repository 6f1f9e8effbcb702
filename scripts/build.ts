import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildPrograms } from './build/programs.ts';

/** `npm run build [FOLDER]`: the programs as they ship, below `dist/`. */
const folder = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url));
const { programs } = await buildPrograms(folder);
for (const [name, path] of Object.entries(programs)) {
  const { size } = await stat(path);
  console.log(`${name}: ${path} (${Math.round(size / 1024)} KiB)`);
}
