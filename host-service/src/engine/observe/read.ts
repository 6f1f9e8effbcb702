/** Readers of foreign objects: what is missing or of another kind reads as empty, because the cluster owns these and may change them. */

/** The member at a path of keys; undefined when any part is missing. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

export function text(value: unknown, ...path: readonly string[]): string {
  const found = member(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function count(value: unknown, ...path: readonly string[]): number {
  const found = member(value, ...path);
  return typeof found === 'number' ? found : 0;
}

export function items(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = member(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** A map of texts; entries of another kind are left out. */
export function texts(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  const found = member(value, ...path);
  if (typeof found !== 'object' || found === null) return {};
  return Object.fromEntries(
    Object.entries(found).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

/** Why a container does not run, in the platform's words; undefined when it says nothing of waiting. */
export function waitingIn(
  status: unknown,
): { readonly reason: string; readonly message: string } | undefined {
  const waiting = member(status, 'state', 'waiting');
  return waiting === undefined
    ? undefined
    : { reason: text(waiting, 'reason'), message: text(waiting, 'message') };
}

/** How a container ended: the present run when that is over, else the one before it. `finishedAt` is the platform's text. */
export function endedIn(status: unknown):
  | {
      readonly reason: string;
      readonly exitCode: number;
      readonly message: string;
      readonly finishedAt: string;
    }
  | undefined {
  const ended = member(status, 'state', 'terminated') ?? member(status, 'lastState', 'terminated');
  if (ended === undefined) return undefined;
  return {
    reason: text(ended, 'reason'),
    exitCode: count(ended, 'exitCode'),
    message: text(ended, 'message'),
    finishedAt: text(ended, 'finishedAt'),
  };
}
