import { ago, digestOf, side, type ReleaseInput } from './base.ts';

/** A release as the list of releases tells it. */
export const known = (version: string, more: Partial<ReleaseInput> = {}): ReleaseInput => ({
  ...side(version),
  ociDigest: digestOf(`oci ${version}`),
  source: 'channel',
  signed: true,
  keyIds: ['release-2026'],
  admittedAt: ago(86_400 * 3),
  isRunning: false,
  isLastGood: false,
  isAvailable: false,
  goBack: { isPossible: false, reason: 'It is not older than what runs.' },
  isReversible: true,
  notes: `Version ${version}: faster start, and 14 faults fewer.`,
  released: ago(86_400 * 4),
  size: 2_412_334_592,
  trace: [],
  ...more,
});

/** 2.2.0 offered, 2.1.0 running, 2.0.3 to go back to, 1.9.9 beyond reach. */
export const RELEASES: readonly ReleaseInput[] = [
  known('2.2.0', {
    isAvailable: true,
    released: ago(86_400),
    trace: [
      { rule: 'signature', candidate: side('2.2.0'), verdict: 'pass', detail: 'Signed by release-2026.' },
      {
        rule: 'policy',
        candidate: side('2.2.0'),
        verdict: 'wait',
        code: 'plan.approval-needed',
        detail: 'Updates wait for an approval on this box.',
        changes: { when: 'when it is approved' },
      },
    ],
  }),
  known('2.1.0', { isRunning: true, isLastGood: true, confirmedAt: ago(86_400 * 3) }),
  known('2.0.3', {
    confirmedAt: ago(86_400 * 30),
    released: ago(86_400 * 31),
    admittedAt: ago(86_400 * 31),
    goBack: { isPossible: true },
  }),
  known('1.9.9', {
    source: 'baked',
    confirmedAt: ago(86_400 * 200),
    released: ago(86_400 * 210),
    admittedAt: ago(86_400 * 201),
    isReversible: false,
    goBack: { isPossible: false, reason: '2.0.3 cannot be taken back to a version before 2.0.0.' },
  }),
];

/** The same with 2.2.0 in quarantine. */
export const RELEASES_QUARANTINED: readonly ReleaseInput[] = RELEASES.map((each) =>
  each.version === '2.2.0'
    ? {
        ...each,
        isAvailable: false,
        quarantine: {
          reason: {
            code: 'observe.crash-loop',
            detail: 'Application stopped 5 times within 2 minutes',
            subject: 'sebastian',
          },
          at: ago(900),
          attempts: 1,
        },
      }
    : each,
);
