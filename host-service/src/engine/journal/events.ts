import { CAPS } from '../../contract/names.ts';
import type { OperationStatus } from '../../contract/operation.ts';

const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;

/**
 * Keeps the journal within its caps (200 events, 128 KiB): the oldest `info` events go first, then the oldest of all. Numbers stay, so a
 * reader sees that some were folded away. The newest event is never dropped.
 */
export function foldEvents(status: OperationStatus): OperationStatus {
  let events = [...status.events];
  // Half of the cap is left to the steps' evidence (16 x 4 KiB) and the spec.
  const limit = CAPS.operation / 2;
  while (events.length > CAPS.operationEvents || (events.length > 1 && bytesOf(events) > limit)) {
    const oldestInfo = events.findIndex((event) => event.level === 'info');
    const index = oldestInfo === -1 || oldestInfo === events.length - 1 ? 0 : oldestInfo;
    events = events.filter((_, at) => at !== index);
  }
  return { ...status, events };
}

/**
 * Text of several lines, safe to show: control characters but newline and tab become spaces, the end is kept when it is longer than
 * `bytes` in UTF-8 (the end of a log says why).
 */
export function cappedText(text: string, bytes: number): string {
  const clean = text
    .replaceAll('\r\n', '\n')
    // eslint-disable-next-line no-control-regex -- removing control characters is the purpose
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ');
  const encoded = new TextEncoder().encode(clean);
  if (encoded.length <= bytes) return clean;
  const end = new TextDecoder().decode(encoded.slice(encoded.length - bytes + 4));
  return `…${end.replace(/^\ufffd+/, '')}`;
}
