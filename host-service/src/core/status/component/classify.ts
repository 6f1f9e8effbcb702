import type { ProblemCode } from '../../../contract/problem.ts';

/** What a text of the platform means for us. `wait` = normal progress or something that heals by itself; `failed` = waiting does not help. */
export interface Meaning {
  readonly rule: RuleName;
  readonly verdict: 'wait' | 'failed';
  readonly code: ProblemCode;
  /** In words for people. */
  readonly text: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly verdict: Meaning['verdict'];
  readonly code: ProblemCode;
  readonly text: string;
}

/**
 * Root cause before symptom, progress before failure (B-76, B-80); the first match counts. Each pattern is one whole idea with its own word
 * boundaries: no open alternation that swallows its neighbours. A rule has at least one sample and one near miss in the tests.
 */
const RULES = {
  'helm-lock': {
    pattern: /another operation \(install\/upgrade\/rollback\) is in progress/i,
    verdict: 'failed',
    code: 'observe.release-failed',
    text: 'an earlier installation was interrupted and holds the lock',
  },
  'helm-no-release': {
    pattern: /\bhas no deployed releases\b/i,
    verdict: 'failed',
    code: 'observe.release-failed',
    text: 'an earlier installation was interrupted and never finished',
  },
  'dependency-wait': {
    pattern: /\bdependenc(?:y|ies) [^\n]*\bnot ready\b/i,
    verdict: 'wait',
    code: 'observe.component-missing',
    text: 'waits for another part',
  },
  'action-running': {
    pattern: /\brunning '(?:install|upgrade|rollback|test|uninstall)' action with timeout\b/i,
    verdict: 'wait',
    code: 'observe.component-missing',
    text: 'is being installed',
  },
  'health-wait': {
    pattern: /\b(?:running health checks|reconciliation in progress|waiting for [^\n]* to become ready)\b/i,
    verdict: 'wait',
    code: 'observe.component-missing',
    text: 'waits until its parts are ready',
  },
  'name-lookup': {
    pattern:
      /\blookup \S+(?: on \S+)?: (?:no such host|server misbehaving|i\/o timeout|[^\n]*connection refused)/i,
    verdict: 'wait',
    code: 'observe.image-pull',
    text: 'the name of the registry cannot be resolved',
  },
  'registry-unreachable': {
    pattern:
      /\bdial tcp \S+: (?:connect: )?(?:connection refused|i\/o timeout|no route to host|network is unreachable)/i,
    verdict: 'wait',
    code: 'observe.image-pull',
    text: 'the registry cannot be reached',
  },
  'rate-limited': {
    pattern: /\b(?:toomanyrequests|429 Too Many Requests)\b/i,
    verdict: 'wait',
    code: 'observe.image-pull',
    text: 'the registry asks to slow down',
  },
  'pull-interrupted': {
    pattern: /\b(?:context canceled|context deadline exceeded|unexpected EOF|TLS handshake timeout)\b/i,
    verdict: 'wait',
    code: 'observe.image-pull',
    text: 'the download was interrupted and is repeated',
  },
  'disk-full': {
    pattern: /\bno space left on device\b/i,
    verdict: 'wait',
    code: 'observe.image-pull',
    text: 'the disk is full',
  },
  'image-missing': {
    pattern:
      /\bmanifest unknown\b|\bmanifest for \S+ not found\b|\b(?:failed to resolve reference|pull image) [^\n]*: not found\b/i,
    verdict: 'failed',
    code: 'observe.image-pull',
    text: 'the image does not exist in the registry',
  },
  'image-private': {
    pattern: /\bpull access denied\b|\binsufficient_scope\b/i,
    verdict: 'failed',
    code: 'observe.image-pull',
    text: 'the image does not exist in the registry or is private',
  },
  // Credentials can be put right while the box waits; a good release must not be given up for them.
  'registry-refuses': {
    pattern: /\b(?:401 Unauthorized|403 Forbidden|authorization failed)\b/i,
    verdict: 'wait',
    code: 'observe.image-pull',
    text: 'the registry refuses access',
  },
  'image-name': {
    pattern: /\b(?:couldn't parse image name|invalid reference format)\b/i,
    verdict: 'failed',
    code: 'observe.image-pull',
    text: 'the name of the image is wrong',
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;
export const RULE_NAMES = Object.keys(RULES).filter((name): name is RuleName => Object.hasOwn(RULES, name));

/** Meaning of a message of the platform; undefined = none that we know, which is never a failure by itself. */
export function classify(message: string): Meaning | undefined {
  const rule = RULE_NAMES.find((name) => RULES[name].pattern.test(message));
  return rule === undefined ? undefined : { rule, ...outcomeOf(RULES[rule]) };
}

const outcomeOf = ({ verdict, code, text }: Rule): Omit<Meaning, 'rule'> => ({ verdict, code, text });
