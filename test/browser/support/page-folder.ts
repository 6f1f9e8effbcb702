import { fileURLToPath } from 'node:url';

/** Where the browser tier builds its page, once for each run. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../../dist/browser-page', import.meta.url));
