/** One challenge of a `WWW-Authenticate` header; scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly params: ReadonlyMap<string, string>;
}

export type ScanResult =
  | { readonly ok: true; readonly challenges: readonly Challenge[] }
  | { readonly ok: false; readonly why: string };

const MAX_HEADER = 8192;
const TOKEN_CHAR = /[!#$%&'*+.^_`|~0-9A-Za-z-]/;
const TOKEN68 = /[A-Za-z0-9._~+/-]/;

class Scanner {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  peek(): string {
    return this.text.charAt(this.at);
  }

  /** Skips blanks; with `commas`, empty list elements too (RFC 9110 5.6.1). True if a comma was seen. */
  skip(commas: boolean): boolean {
    let seen = false;
    for (; !this.done; this.at += 1) {
      const c = this.peek();
      if (c === ',' && commas) seen = true;
      else if (c !== ' ' && c !== '\t') break;
    }
    return seen;
  }

  while(pattern: RegExp): string {
    const start = this.at;
    while (!this.done && pattern.test(this.peek())) this.at += 1;
    return this.text.slice(start, this.at);
  }

  accept(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at += 1;
    return true;
  }

  mark(): number {
    return this.at;
  }

  reset(mark: number): void {
    this.at = mark;
  }

  /** A quoted string after its opening quote; undefined when it never ends. */
  quoted(): string | undefined {
    let out = '';
    while (!this.done) {
      const c = this.peek();
      this.at += 1;
      if (c === '"') return out;
      if (c !== '\\') out += c;
      else if (this.done) return undefined;
      else {
        out += this.peek();
        this.at += 1;
      }
    }
    return undefined;
  }
}

/** One `name=value`; undefined (and nothing consumed) when what follows is no parameter. */
function parameter(scan: Scanner): { name: string; value: string } | 'broken' | undefined {
  const mark = scan.mark();
  const name = scan.while(TOKEN_CHAR).toLowerCase();
  scan.skip(false);
  if (name === '' || !scan.accept('=')) {
    scan.reset(mark);
    return undefined;
  }
  scan.skip(false);
  if (scan.accept('"')) {
    const value = scan.quoted();
    return value === undefined ? 'broken' : { name, value };
  }
  const value = scan.while(TOKEN_CHAR);
  return value === '' ? 'broken' : { name, value };
}

/** `token68` directly after a scheme (Negotiate and the like): skipped, it is of no use to us. */
function skipToken68(scan: Scanner): void {
  const mark = scan.mark();
  if (scan.while(TOKEN68) === '') return;
  while (scan.accept('='));
  scan.skip(false);
  if (!scan.done && scan.peek() !== ',') scan.reset(mark);
}

function parameters(scan: Scanner): Map<string, string> | string {
  const params = new Map<string, string>();
  for (;;) {
    const mark = scan.mark();
    const found = parameter(scan);
    if (found === 'broken') return 'a parameter has no value or a quote never ends';
    if (found === undefined) {
      scan.reset(mark);
      return params;
    }
    if (params.has(found.name)) return `parameter ${found.name} is given twice`;
    params.set(found.name, found.value);
    const afterValue = scan.mark();
    if (!scan.skip(true) && !scan.done) {
      scan.reset(afterValue);
      return 'something follows a value without a comma';
    }
  }
}

/**
 * Scans the challenges of one or more `WWW-Authenticate` headers (RFC 9110 11.6.1). Quoted commas are ordinary
 * (`scope="repository:a:pull,push"`), so nothing is split on commas. Never throws; at most 8 KiB are looked at.
 */
export function scanChallenges(header: string | readonly string[]): ScanResult {
  const text = typeof header === 'string' ? header : header.join(', ');
  if (text.length > MAX_HEADER) return { ok: false, why: 'the header is longer than 8 KiB' };
  const scan = new Scanner(text);
  const challenges: Challenge[] = [];
  for (;;) {
    scan.skip(true);
    if (scan.done) return { ok: true, challenges };
    const scheme = scan.while(TOKEN_CHAR).toLowerCase();
    if (scheme === '') return { ok: false, why: 'a scheme was expected' };
    const blank = scan.peek() === ' ' || scan.peek() === '\t';
    if (!blank && !scan.done && scan.peek() !== ',')
      return { ok: false, why: 'a blank must follow the scheme' };
    scan.skip(false);
    if (blank) skipToken68(scan);
    const afterScheme = scan.mark();
    scan.skip(true);
    if (scan.mark() !== afterScheme) {
      // A comma right after the scheme: it has no parameters, what follows is the next challenge.
      challenges.push({ scheme, params: new Map() });
      continue;
    }
    const params = blank ? parameters(scan) : new Map<string, string>();
    if (typeof params === 'string') return { ok: false, why: params };
    challenges.push({ scheme, params });
  }
}

/** Bearer first, else Basic; anything else is none of ours. */
export function pickChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  return (
    challenges.find((c) => c.scheme === 'bearer' && c.params.has('realm')) ??
    challenges.find((c) => c.scheme === 'basic')
  );
}
