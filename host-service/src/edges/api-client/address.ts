import { Problem } from '../../contract/problem.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The origin of an API that a person named. Plain HTTP is for this machine only: a session on the wire is as good as a password.
 * @throws Problem request.invalid
 */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const refuse = (why: string): Problem => new Problem('request.invalid', `the address of the API ${why}`);
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw refuse('is not http(s)://host[:port]');
  // Not repeated in the message: somebody may have put a password there.
  if (url.username !== '' || url.password !== '') throw refuse('must not carry user or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw refuse('is scheme, host and port only');
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname))
    throw refuse('must be https; http is for loopback only');
  return url.origin;
}
