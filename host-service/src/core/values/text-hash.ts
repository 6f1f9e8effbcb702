import { createHash } from 'node:crypto';

/** `sha256:<hex>` of a text's UTF-8 bytes: how values keys are compared without being kept. */
export function textHash(text: string): string {
  return `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`;
}
