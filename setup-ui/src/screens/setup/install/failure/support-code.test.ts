import { describe, expect, it } from 'vitest';
import { galleryStateOf } from '../../../../gallery/gallery-state.ts';
import { STATES } from '../../../../gallery/states/all.ts';
import { failureOf } from './derive-failure.ts';
import { drawingOf } from './qr-code.tsx';
import { MOST_BYTES, supportCode } from './support-code.ts';

const WORDS = ['amber', 'basil', 'cobalt', 'dune', 'ember', 'fjord'];

function failed() {
  const input = STATES.find(({ name }) => name === 'setup-failed');
  const view = input === undefined ? undefined : galleryStateOf(input).view;
  if (view?.operation === undefined) throw new Error('no state that has failed');
  return { view, operation: view.operation, failure: failureOf(view, view.operation) };
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

describe('the QR code of a failure', () => {
  it('E-21 names code, step, release, times, operation, program and box within 2,000 bytes', () => {
    const { failure, operation } = failed();
    const text = supportCode(failure, operation, { build: 'abc123', controlPlane: '0.9.0', words: WORDS });
    expect(bytesOf(text)).toBeLessThanOrEqual(MOST_BYTES);
    expect(text.split('\n')).toEqual([
      'appliance: failure/1',
      'code: observe.image-pull',
      'step: wait-components',
      expect.stringMatching(/^release: 2\.2\.0 sha256:[0-9a-f]{12}$/),
      `from: ${operation.startedAt}`,
      `to: ${operation.endedAt}`,
      `operation: ${operation.name}`,
      'resumes: 0',
      'program: 0.9.0 abc123',
      'box: amber basil cobalt dune ember fjord',
    ]);
  });

  it('E-21 holds nothing that a customer or the failure has said in words', () => {
    const { failure, operation, view } = failed();
    const said = {
      ...failure,
      problem: { ...failure.problem, detail: 'planted-secret at psa.customer.test' },
    };
    const named = { ...operation, actor: { by: 'planted-name', via: 'ui' as const } };
    const text = supportCode(said, named, { build: view.build });
    for (const word of ['planted', 'customer', ...Object.values(view.settings).map(String)])
      expect(text).not.toContain(word);
  });

  it('E-21 stays within 2,000 bytes whatever it is made of, and never holds half a character', () => {
    const { failure, operation } = failed();
    const text = supportCode(failure, operation, { build: 'ü'.repeat(5_000) });
    expect(bytesOf(text)).toBeLessThanOrEqual(MOST_BYTES);
    expect(text).not.toContain('\ufffd');
    expect(drawingOf(text).size).toBeGreaterThan(100);
  });

  it('E-21 is drawn with a quiet edge around it, and changes with its text', () => {
    const { path, size } = drawingOf('appliance: failure/1');
    const points = [...path.matchAll(/M(\d+) (\d+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
    expect(points.length).toBeGreaterThan(100);
    for (const [x, y] of points) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(4);
      expect(Math.max(x, y)).toBeLessThan(size - 4);
    }
    expect(drawingOf('appliance: failure/2').path).not.toBe(path);
  });
});
