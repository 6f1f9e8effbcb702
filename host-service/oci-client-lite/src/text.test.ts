import { describe, expect, it } from 'vitest';
import { OciError } from './errors.ts';
import { redactUrl, safeText } from './text.ts';

describe('text from outside', () => {
  it('loses control and bidirectional characters', () => {
    expect(safeText('a\u001b[31mb\r\nc\u202ed\u2066e\u0085f')).toBe('a [31mb c d e f');
  });

  it('loses credentials wherever they stand', () => {
    const text = safeText(
      'Authorization: Bearer abc.def.ghi and Basic dXNlcjpwdw== at https://u:pw@h/p?token=s3cret {"password":"hunter2"}',
    );
    for (const secret of ['abc.def', 'dXNlcjpwdw', 'u:pw', 's3cret', 'hunter2'])
      expect(text).not.toContain(secret);
  });

  it('is cut to 512 characters, also inside an error', () => {
    const error = new OciError('protocol', 'r.io', 'x'.repeat(5000));
    expect(error.detail).toHaveLength(512);
    expect(error.message.length).toBeLessThan(600);
  });

  it('shows URLs without query and user information', () => {
    expect(redactUrl(new URL('https://u:p@h.io/a?X-Amz-Signature=abc#f'))).toBe('https://h.io/a?…');
  });
});
