import { describe, expect, it } from 'vitest';
import { accept, Problem, problemOf, PROBLEMS, refuse, safeLine } from './problem.ts';

describe('problems', () => {
  it('R-27 tell fifteen kinds of registry trouble apart', () => {
    const registry = Object.keys(PROBLEMS).filter((code) => code.startsWith('registry.'));
    expect(registry.length).toBeGreaterThanOrEqual(15);
    expect(new Set(registry.map((code) => PROBLEMS[code as keyof typeof PROBLEMS].title)).size).toBe(
      registry.length,
    );
  });

  it('name who acts next and answer with an error status', () => {
    for (const spec of Object.values(PROBLEMS)) {
      expect(['appliance', 'cluster', 'operator', 'support', 'vendor']).toContain(spec.next);
      expect(spec.http).toBeGreaterThanOrEqual(400);
    }
  });

  it('keep the cause and lose control characters of the detail', () => {
    const cause = new Error('low level');
    const problem = new Problem('registry.dns', 'no \u001b[31msuch\nhost', { cause });
    expect(problem.cause).toBe(cause);
    expect(problem.detail).toBe('no  [31msuch host');
    expect(problem.body).toEqual({ code: 'registry.dns', detail: 'no  [31msuch host' });
  });

  it('B-96 turn an unknown error into internal.bug and leave a known one alone', () => {
    const known = new Problem('cluster.timeout', 'x');
    expect(problemOf(known)).toBe(known);
    expect(problemOf(new TypeError('x is not a function')).code).toBe('internal.bug');
    expect(problemOf('text').detail).toBe('text');
  });

  it('cut a long line', () => {
    expect(safeLine('x'.repeat(2000))).toHaveLength(512);
  });

  it('come as the other side of a verdict', () => {
    expect(accept(1)).toEqual({ ok: true, value: 1 });
    expect(refuse('release.damaged', 'd', 's')).toEqual({
      ok: false,
      problem: { code: 'release.damaged', detail: 'd', subject: 's' },
    });
  });
});
