import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { Failure } from './derive-failure.ts';

/** As many bytes as a phone reads without trouble from a screen. */
export const MOST_BYTES = 2_000;

/**
 * What support needs to begin, for a QR code: code, step, release, times, the operation by its name, which program and which box. Chosen member by
 * member: no answers, no addresses, nothing that the failure says in its own words, because those may name a customer's hosts.
 */
export function supportCode(
  { problem, step }: Pick<Failure, 'problem' | 'step'>,
  operation: Pick<OperationView, 'name' | 'to' | 'startedAt' | 'endedAt' | 'resumes'>,
  box: { readonly build: string; readonly controlPlane?: string; readonly words?: readonly string[] },
): string {
  const lines = [
    ['appliance', 'failure/1'],
    ['code', problem.code],
    ['step', step ?? ''],
    ['release', `${operation.to.version} ${operation.to.digest.slice(0, 'sha256:'.length + 12)}`],
    ['from', operation.startedAt],
    ['to', operation.endedAt ?? ''],
    ['operation', operation.name],
    ['resumes', String(operation.resumes)],
    ['program', [box.controlPlane ?? '', box.build].filter((text) => text !== '').join(' ')],
    ['box', box.words?.join(' ') ?? ''],
  ];
  const text = lines
    .filter(([, value]) => value !== '')
    .map((line) => line.join(': '))
    .join('\n');
  return cut(text);
}

/** Whole characters within the cap. */
function cut(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MOST_BYTES) return text;
  return new TextDecoder().decode(bytes.slice(0, MOST_BYTES)).replace(/\ufffd+$/u, '');
}
