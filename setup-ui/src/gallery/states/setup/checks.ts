import type { ChecksView } from 'host-service/contract/api/checks.ts';
import type { z } from 'zod';
import { ago } from '../base.ts';

type ChecksInput = z.input<typeof ChecksView>;
/** A box that is fit. */
export const CHECKS: ChecksInput = {
  mayInstall: true,
  measuredAt: ago(40),
  checks: [
    {
      id: 'machine.cpu',
      group: 'machine',
      state: 'passed',
      measured: '8 cores',
      required: '4 cores',
      detail: 'The processor is large enough.',
      mayAccept: false,
      measuredAt: ago(40),
    },
    {
      id: 'machine.memory',
      group: 'machine',
      state: 'passed',
      measured: '32 GB',
      required: '16 GB',
      detail: 'There is enough memory.',
      mayAccept: false,
      measuredAt: ago(40),
    },
  ],
};

const check = (
  group: ChecksInput['checks'][number]['group'],
  id: string,
  more: Partial<ChecksInput['checks'][number]>,
): ChecksInput['checks'][number] => ({
  ...{ id, group, state: 'passed', detail: '', mayAccept: false, measuredAt: ago(40) },
  ...more,
});

/** What an installer behind a strict firewall and with a small disk meets. */
export const FAILED: ChecksInput = {
  mayInstall: false,
  measuredAt: ago(40),
  checks: [
    ...CHECKS.checks,
    check('disk', 'disk.size', {
      state: 'failed',
      measured: '58 GB',
      required: '100 GB',
      detail: 'The disk is smaller than this release needs.',
      mayAccept: true,
    }),
    check('disk', 'disk.latency', {
      state: 'failed',
      measured: '140 ms',
      required: 'at most 10 ms',
      detail: 'The disk is so slow that the platform loses its state for moments.',
      mayAccept: true,
      accepted: { check: 'disk.latency', by: 'ada', at: ago(300), reason: 'a trial on an old machine' },
    }),
    check('registry', 'registry.interception', {
      state: 'failed',
      subject: 'ghcr.io',
      measured: 'Example GmbH Web Gateway',
      detail:
        'Perhaps a device on your network opens safe connections and signs them as "Example GmbH Web Gateway".',
      fix: { kind: 'ca', issuer: 'Example GmbH Web Gateway' },
    }),
    check('time', 'time.registry', {
      state: 'unknown',
      detail: 'The clock could not be compared: no registry has answered.',
      fix: { kind: 'time' },
    }),
    check('registry', 'registry.tls', {
      state: 'failed',
      subject: 'ghcr.io',
      measured: 'no answer within 5 s',
      required: 'an answer',
      detail: 'ghcr.io does not answer.',
      problem: { code: 'registry.connect', detail: 'ghcr.io:443' },
      fix: { kind: 'proxy' },
    }),
    check('network', 'network.wildcard', {
      state: 'warning',
      detail: 'The address of the application is not known to the name server.',
      fix: { kind: 'setting', setting: 'appUrl' },
    }),
  ],
};
