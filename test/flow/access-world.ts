import { createHasher } from 'host-service/edges/hasher/hasher.ts';
import { createAccess, type OwnedAccess } from 'host-service/engine/access/create-access.ts';
import type { ClaimFile, HostClaimFile, PasswordHasher } from 'host-service/engine/access/ports.ts';
import type { UserParts } from 'host-service/engine/access/users.ts';
import type { Cluster, Log, Random } from 'host-service/engine/ports.ts';
import { createHash } from 'node:crypto';
import { ManualClock } from './world/clock.ts';
import { WorldCluster, type ClientOptions } from './world/cluster.ts';

export const NAMESPACE = 'alga-appliance-control-plane';
export const PASSWORD = 'violet anvil 93 teapots';
export const OTHER_PASSWORD = 'gravel Lantern umbrella!';
export const never = new AbortController().signal;
/** scrypt as in the product, with parameters that cost nothing. */
export const CHEAP = { N: 16, r: 1, p: 1 } as const;

/** Bytes that differ at each call and are the same in each run. */
export function seededRandom(seed = 'seed'): Random {
  let calls = 0;
  return {
    bytes: (count) => {
      calls += 1;
      const block = createHash('sha512').update(`${seed}/${calls}`).digest();
      return Uint8Array.from({ length: count }, (_, at) => block[at % block.length] ?? 0);
    },
  };
}

/** The file of the claim code, in memory. */
export class MemoryFile implements ClaimFile {
  text: string | undefined;
  /** Called before each write and removal. */
  before: () => void = () => undefined;
  read = (): Promise<string | undefined> => Promise.resolve(this.text);
  write = async (text: string): Promise<void> => {
    await Promise.resolve();
    this.before();
    this.text = text;
  };
  remove = async (): Promise<void> => {
    await Promise.resolve();
    this.before();
    this.text = undefined;
  };
}

/** The same on a host. */
export class MemoryHostFile extends MemoryFile implements HostClaimFile {
  create = async (text: string): Promise<void> => {
    await Promise.resolve();
    this.before();
    this.text ??= text;
  };
}
/** Where a host has its claim code, in memory. */
export const hostFiles = (): { readonly file: MemoryHostFile; readonly next: MemoryHostFile } => ({
  file: new MemoryHostFile(),
  next: new MemoryHostFile(),
});

export interface Door {
  readonly access: OwnedAccess;
  readonly cluster: Cluster;
  /** Names of the calls of the cluster, as they came. */
  readonly calls: string[];
  /** How often a text was hashed or checked. */
  readonly hashes: () => number;
}

export interface DoorOptions extends Partial<ClientOptions> {
  readonly names?: readonly string[];
  /** Whether reads get no answer. */
  readonly hang?: () => boolean;
  /** Waited for when a read has its answer and has not told it yet. */
  readonly onWay?: () => Promise<void>;
}

/** A box with people in front of it: one cluster, one clock, any number of control planes. */
export class AccessWorld {
  readonly clock = new ManualClock(new Date('2026-03-02T10:00:00Z'));
  readonly world = new WorldCluster(this.clock.now);
  readonly file = new MemoryFile();
  /** All that was logged, as text. */
  readonly logged: string[] = [];
  private doors = 0;

  /** A control plane. */
  door(options: DoorOptions = {}): Door {
    const calls: string[] = [];
    this.doors += 1;
    const { port } = this.world.client({
      by: `replica-${this.doors}`,
      ...options,
      fault: (verb) => {
        calls.push(verb);
        options.fault?.(verb);
      },
    });
    const real = createHasher(CHEAP);
    let hashes = 0;
    const hasher: PasswordHasher = {
      hash: (text) => ((hashes += 1), real.hash(text)),
      verify: (text, verifier) => {
        // What is no verifier costs nothing: it would tell by time what it is.
        if (/^scrypt\$16\$1\$1\$/.test(verifier)) hashes += 1;
        return real.verify(text, verifier);
      },
    };
    const cluster: Cluster = {
      ...port,
      get: async (ref, signal) => {
        if (options.hang?.() === true) return new Promise(() => undefined);
        const found = await port.get(ref, signal);
        await options.onWay?.();
        return found;
      },
    };
    const access = createAccess({
      cluster,
      hasher,
      random: seededRandom(`door-${this.doors}`),
      clock: this.clock.port,
      namespace: NAMESPACE,
      log: this.log,
      names: options.names ?? [],
    });
    return { access, cluster: port, calls, hashes: () => hashes };
  }

  private readonly note = (message: string, fields?: Record<string, unknown>): void =>
    void this.logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
  readonly log: Log = { debug: this.note, info: this.note, warn: this.note, error: this.note };

  /** A box whose claim code lies in the file. */
  async withCode(): Promise<string> {
    await this.door().access.ensureClaimCode({ file: this.file, signal: never });
    if (this.file.text === undefined) throw new Error('no claim code was made');
    return this.file.text;
  }

  /** A box with the admin `admin`, and a control plane that knows it. */
  async claimed(): Promise<Door> {
    const code = await this.withCode();
    const door = this.door();
    await door.access.claim({ code, user: 'admin', password: PASSWORD }, never);
    return door;
  }

  /** The one document in a Secret. */
  document(secret: 'auth' | 'claim'): Record<string, unknown> {
    const data = this.world.must('Secret', `appliance-${secret}`, NAMESPACE)['data'] as Record<
      string,
      string
    >;
    return JSON.parse(Buffer.from(data[`${secret}.json`] ?? '', 'base64').toString()) as Record<
      string,
      unknown
    >;
  }

  /** Everything that is stored, decoded: to look for what must not be there. */
  stored(): string {
    return this.world.store
      .list('Secret', NAMESPACE)
      .flatMap((secret) => Object.values((secret['data'] ?? {}) as Record<string, string>))
      .map((text) => Buffer.from(text, 'base64').toString())
      .join('\n');
  }

  /** Somebody else changes a document. */
  edit(
    secret: 'auth' | 'claim',
    change: (document: Record<string, unknown>) => Record<string, unknown>,
  ): void {
    const object = this.world.must('Secret', `appliance-${secret}`, NAMESPACE);
    const text = JSON.stringify(change(this.document(secret)));
    const data = { [`${secret}.json`]: Buffer.from(text).toString('base64') };
    this.world.store.replace({ ...object, data });
  }
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** What changes the users of a box. */
export const userPartsOf = (box: AccessWorld): UserParts => ({
  cluster: box.door().cluster,
  namespace: NAMESPACE,
  hasher: createHasher(CHEAP),
  clock: box.clock.port,
});

/** Somebody signs in; the admin with the right password unless said otherwise. */
export const login = ({ access }: Pick<Door, 'access'>, user = 'admin', password = PASSWORD) =>
  access.login({ user, password }, never);
