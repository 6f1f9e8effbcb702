/** Control characters (C0, DEL, C1), line separators and bidirectional controls: they can rewrite a log or a terminal. */
// eslint-disable-next-line no-control-regex -- control characters are exactly what must be found here
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/g;

/** Things that look like secrets wherever they stand in a text. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{4,}/gi, '$1 [redacted]'],
  [/(\w[\w+.-]*:\/\/)[^\s/@]+@/g, '$1'],
  [/\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}/g, '[redacted]'],
  [
    /("?(?:access_token|refresh_token|token|password|secret|sig|signature|x-amz-[a-z-]+)"?\s*[=:]\s*)"?[^\s"&,}]+"?/gi,
    '$1[redacted]',
  ],
];

/**
 * Makes text from outside fit for logs, terminals and pages: one line, no control or bidirectional characters,
 * no credentials, at most `max` UTF-16 units.
 */
export function safeText(text: string, max = 512): string {
  let out = text.slice(0, max * 4).replace(UNSAFE, ' ');
  for (const [pattern, by] of SECRETS) out = out.replace(pattern, by);
  out = out.trim();
  return (out.length > max ? `${out.slice(0, max - 1)}…` : out).toWellFormed();
}

/** A URL without user information, query and fragment: those carry pre-signed credentials. */
export function redactUrl(url: URL): string {
  return safeText(`${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?…'}`, 300);
}
