import { describe, expect, it } from 'vitest';
import { checkRealm, sameOwner } from './realm.ts';
import { canonicalScopes, mergeScopes } from './scope.ts';

const context = {
  registry: new URL('https://registry.example.com/v2/'),
  registryClass: 'public' as const,
  withCredential: false,
  configured: undefined,
};

describe('the realm policy', () => {
  it.each([
    ['http for an https registry', 'http://auth.example.com/token'],
    ['another scheme', 'file:///etc/passwd'],
    ['a relative realm', '/token'],
    ['user information', 'https://u:p@auth.example.com/token'],
    ['a fragment', 'https://auth.example.com/token#x'],
    ['loopback', 'https://127.0.0.1/token'],
    ['localhost', 'https://localhost/token'],
    ['cloud metadata', 'https://169.254.169.254/latest'],
    ['a private address', 'https://10.0.0.1/token'],
    ['the unspecified address', 'https://0.0.0.0/token'],
    ['IPv6 loopback', 'https://[::1]/token'],
    ['an IPv4-mapped private address', 'https://[::ffff:10.0.0.1]/token'],
    ['a private address in hexadecimal', 'https://0x0a000001/token'],
    ['multicast', 'https://224.0.0.1/token'],
    ['unique local', 'https://[fd00::1]/token'],
  ])('refuses %s', (_name, realm) => {
    expect(checkRealm(realm, context).ok).toBe(false);
  });

  it('lets an anonymous client go to any public https server', () => {
    expect(checkRealm('https://tokens.other.net/t?x=1', context).ok).toBe(true);
  });

  it('keeps a credential inside the registry’s own organisation', () => {
    const secret = { ...context, withCredential: true };
    expect(checkRealm('https://auth.example.com/token', secret).ok).toBe(true);
    expect(checkRealm('https://example.com/token', secret).ok).toBe(true);
    expect(checkRealm('https://tokens.other.net/t', secret).ok).toBe(false);
    const configured = { ...secret, configured: 'https://tokens.other.net/t' };
    expect(checkRealm('https://tokens.other.net/t', configured).ok).toBe(true);
  });

  it('lets a registry on a private address name a realm on one, but never cloud metadata', () => {
    const inside = { ...context, registryClass: 'private' as const };
    expect(checkRealm('https://10.1.2.3/token', inside).ok).toBe(true);
    expect(checkRealm('https://169.254.169.254/token', inside).ok).toBe(false);
  });

  it.each([
    ['registry-1.docker.io', 'auth.docker.io', true],
    ['registry.gitlab.com', 'gitlab.com', true],
    ['mine.azurecr.io', 'evil.azurecr.io', false],
    ['mine.azurecr.io', 'mine.azurecr.io', true],
    ['shop.co.uk', 'evil.co.uk', false],
    ['r.shop.co.uk', 'auth.shop.co.uk', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['example.com', 'example.com.evil.net', false],
  ])('%s and %s have one owner: %s', (a, b, expected) => {
    expect(sameOwner(a, b)).toBe(expected);
  });
});

describe('token scopes', () => {
  it('follow the challenge’s name of the repository, then ours', () => {
    expect(mergeScopes(['repository:a/b:pull'], 'repository:proxy/a/b:pull')).toEqual([
      'repository:proxy/a/b:pull',
      'repository:a/b:pull',
    ]);
  });

  it('are not widened by a challenge', () => {
    expect(mergeScopes(['repository:a:pull'], 'repository:a:pull,push registry:catalog:*')).toEqual([
      'repository:a:pull',
    ]);
  });

  it('keep a port inside a name', () => {
    expect(canonicalScopes(['repository:host:5000/a:push,pull'])).toBe('repository:host:5000/a:pull,push');
  });
});
