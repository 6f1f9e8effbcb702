import { statSync } from 'node:fs';

/** How to reach an API server and who we are there. All texts; `files` and `reload` let it follow rotation. */
export interface KubeAuth {
  /** `https://host[:port]`; plain HTTP on loopback only. */
  readonly server: string;
  /** PEM; absent = the system's authorities. */
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
  /** PEM client certificate and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Name in the server's certificate when it differs from the address. */
  readonly serverName?: string | undefined;
  /** Files that the above was read from: a change of one means that all is read again. */
  readonly files?: readonly string[] | undefined;
  /** Reads it all again. Throws Problem config.* */
  readonly reload?: (() => KubeAuth) | undefined;
}

const MEMBERS = ['server', 'ca', 'token', 'cert', 'key', 'serverName'] as const;
const sameAuth = (a: KubeAuth, b: KubeAuth): boolean => MEMBERS.every((name) => a[name] === b[name]);

/** Modification, inode and size of each file: a mounted secret is swapped by a link, so the time alone may stay. */
function printOf(files: readonly string[] = []): string {
  return files
    .map((file) => {
      const info = statSync(file, { throwIfNoEntry: false });
      return info === undefined ? 'none' : `${info.mtimeMs}:${info.ino}:${info.size}`;
    })
    .join(' ');
}

export interface CredentialOptions {
  readonly auth: KubeAuth;
  /** Milliseconds between looks at the files (bound tokens live an hour and are renewed at 80 %). */
  readonly lookEveryMs: number;
  readonly monotonic: () => number;
  readonly onFailure: (error: unknown) => void;
}

/**
 * The identity in use. B-87: files are looked at again when the last look is old enough, and at once after the server refused us.
 * A failing read in the middle of a rotation keeps what was there.
 */
export class Credentials {
  private readonly options: CredentialOptions;
  private auth: KubeAuth;
  private print: string;
  private lookedAt: number;

  constructor(options: CredentialOptions) {
    this.options = options;
    this.auth = options.auth;
    this.print = printOf(options.auth.files);
    this.lookedAt = options.monotonic();
  }

  /** The identity for the next request. */
  current(): KubeAuth {
    const now = this.options.monotonic();
    if (now - this.lookedAt >= this.options.lookEveryMs) {
      this.lookedAt = now;
      const print = printOf(this.auth.files);
      if (print !== this.print) this.read(print);
    }
    return this.auth;
  }

  /** Reads again now; true when something other than `used` is in use afterwards, so that a second try makes sense. */
  renew(used: KubeAuth): boolean {
    if (this.auth === used) this.read(printOf(used.files));
    return this.auth !== used;
  }

  private read(print: string): void {
    try {
      const fresh = this.auth.reload?.();
      this.print = print;
      if (fresh !== undefined && !sameAuth(fresh, this.auth)) this.auth = fresh;
    } catch (error) {
      this.options.onFailure(error);
    }
  }
}
