import { describe, expect, it } from 'vitest';
import { Operation } from '../../contract/objects.ts';
import { cappedText } from './events.ts';
import { entered, openOperation, operationName, startedStatus } from './journal.ts';

const NOW = new Date('2026-11-21T12:00:00.250Z');
const digest = `sha256:${'ab'.repeat(32)}`;
const operation = Operation.parse({
  apiVersion: 'appliance.nineminds.com/v1alpha1',
  kind: 'Operation',
  metadata: { name: 'x' },
  spec: {
    verb: 'update',
    to: { digest, version: '1.1.0' },
    profile: 'single-node',
    intentRevision: 3,
    actor: { by: 'ada', via: 'cli' },
    steps: ['write-settings', 'point-source', 'wait-components'],
  },
});

describe('the journal', () => {
  it('names an operation by time, verb and target, so that the same start is the same object', () => {
    expect(operationName(NOW, 'update', digest)).toBe('20261121t120000-update-abababab');
  });

  it('counts events from 1 and never again uses a number, however many are folded away', () => {
    let current = { ...operation, status: startedStatus(operation.spec, NOW) };
    for (let n = 1; n <= 260; n += 1) {
      const level = n % 50 === 0 ? ('warning' as const) : ('info' as const);
      current = { ...current, status: entered(current, { event: { level, text: `event ${n}` } }, NOW) };
    }
    const { events } = current.status;
    expect(events).toHaveLength(200);
    expect(events.at(-1)?.n).toBe(260);
    expect(events.filter(({ level }) => level === 'warning').map(({ n }) => n)).toEqual([
      50, 100, 150, 200, 250,
    ]);
    expect(events.every(({ n, text }) => text === `event ${n}`)).toBe(true);
  });

  it('stays within 128 KiB with the longest texts in every place', () => {
    let current = { ...operation, status: startedStatus(operation.spec, NOW) };
    for (let n = 0; n < 300; n += 1) {
      const steps = [{ kind: 'wait-components' as const, evidence: '✓'.repeat(9000), now: 'x'.repeat(900) }];
      const entry = { steps, event: { level: 'info' as const, text: 'ü'.repeat(900) } };
      current = { ...current, status: entered(current, entry, NOW) };
    }
    expect(new TextEncoder().encode(JSON.stringify(current)).length).toBeLessThan(128 * 1024);
    expect(Operation.safeParse(current).success).toBe(true);
  });

  it('takes an operation without a journal for an open one: the power was cut right after it was created', () => {
    expect(openOperation([operation])).toBe(operation);
    const over = { ...operation, status: entered(operation, { outcome: 'succeeded' }, NOW) };
    expect(openOperation([over])).toBeUndefined();
    expect(over.status.endedAt).toBe(NOW.toISOString());
  });

  it('keeps the end of a long log, without control characters and never half a character', () => {
    const text = cappedText(`${'é'.repeat(5000)}\u001b[31mfatal\u0000 end`, 100);
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(100);
    expect(text.endsWith('[31mfatal  end')).toBe(true);
    // eslint-disable-next-line no-control-regex -- that none is left is the point
    expect(text).not.toMatch(/[\u0000-\u0008\u001b\ufffd]/);
  });
});
