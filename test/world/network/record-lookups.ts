import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';
import process from 'node:process';

type Lookup = typeof dns.lookup;

/**
 * A resolver that writes down every name that this process looks up and finds none of the outside world: `known` names lead to this machine. Answers how to
 * take it back. Preloaded (`--import`) it writes into the file that RECORD_LOOKUPS names.
 */
export function recordLookups(write: (name: string) => void, known: () => ReadonlySet<string>): () => void {
  const real = dns.lookup;
  const recording = (name: string, ...rest: unknown[]): void => {
    const callback = rest.at(-1) as (error: Error | null, ...found: unknown[]) => void;
    if (isIP(name) !== 0 || name === 'localhost') {
      Reflect.apply(real, dns, [name, ...rest]);
      return;
    }
    write(name);
    const wantsAll = (rest[0] as { readonly all?: boolean } | undefined)?.all === true;
    process.nextTick(() => {
      if (!known().has(name))
        callback(
          Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', hostname: name }),
        );
      else if (wantsAll) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
    });
  };
  dns.lookup = recording as unknown as Lookup;
  syncBuiltinESMExports();
  return () => {
    dns.lookup = real;
    syncBuiltinESMExports();
  };
}

const file = process.env['RECORD_LOOKUPS'];
if (file !== undefined)
  recordLookups(
    (name) => appendFileSync(file, `${name}\n`),
    () => new Set(),
  );
