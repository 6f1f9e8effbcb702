import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** An authority of its own, made by openssl in a folder that the test removes. */
export class Authority {
  readonly #folder: string;
  readonly #name: string;
  /** Its certificate. */
  readonly pem: string;

  private constructor(folder: string, name: string, pem: string) {
    this.#folder = folder;
    this.#name = name;
    this.pem = pem;
  }

  /** `subject` as openssl writes it: `/O=Corp/CN=Corp Inspection`; `days` may be negative for one that has expired. */
  static async make(folder: string, name: string, subject: string, days = 9): Promise<Authority> {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    await run('openssl', ['req', '-x509', ...EC, ...files, '-days', String(days), '-subj', subject], {
      cwd: folder,
    });
    return new Authority(folder, name, await readFile(join(folder, `${name}.pem`), 'utf8'));
  }

  /** A server's certificate for a name, signed by this authority. */
  async issue(host: string): Promise<Pair> {
    const at = `${this.#name}-${host}`;
    const cwd = this.#folder;
    await writeFile(join(cwd, `${at}.ext`), `subjectAltName=DNS:${host}\n`);
    await run(
      'openssl',
      ['req', ...EC, '-keyout', `${at}.key`, '-out', `${at}.csr`, '-subj', `/CN=${host}`],
      {
        cwd,
      },
    );
    const by = ['-CA', `${this.#name}.pem`, '-CAkey', `${this.#name}.key`, '-CAcreateserial'];
    const about = ['-days', '9', '-extfile', `${at}.ext`, '-out', `${at}.pem`];
    await run('openssl', ['x509', '-req', '-in', `${at}.csr`, ...by, ...about], { cwd });
    const [cert, key] = await Promise.all(
      ['pem', 'key'].map((end) => readFile(join(cwd, `${at}.${end}`), 'utf8')),
    );
    return { cert: cert ?? '', key: key ?? '' };
  }
}
