import { OciError } from './errors.ts';
import type { ClientOptions, OciClient } from './types.ts';

/** Makes a client. It holds connections: call `close` when done. */
export function createClient(options: ClientOptions): OciClient {
  throw new OciError('unsupported', Object.keys(options.registries ?? {})[0] ?? '', 'not built yet');
}
