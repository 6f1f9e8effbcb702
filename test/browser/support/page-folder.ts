import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the built page; absent where there is no browser. */
    readonly page?: string;
  }
}

/** The page that was built for this run. @throws Error where the browser tier cannot run */
export function pageFolder(): string {
  const folder = inject('page');
  if (folder === undefined) throw new Error('no page was built: there is no browser');
  return folder;
}
