import { describe, expect, it } from 'vitest';
import { credentialsFromDockerConfig } from './docker-config.ts';
import { OciError } from './errors.ts';

const b64 = (text: string): string => Buffer.from(text).toString('base64');

describe('a docker configuration', () => {
  it('gives credentials by host, whatever form the entry has', () => {
    const found = credentialsFromDockerConfig(
      JSON.stringify({
        auths: {
          'https://index.docker.io/v1/': { auth: b64('ann:p:w') },
          'ghcr.io': { username: 'bob', password: 'pw' },
          'r.io:5000': { auth: b64('<token>:secret') },
          'i.io': { identitytoken: 'id' },
          'b.io': { registrytoken: 'tok' },
          'empty.io': {},
          'odd.io': 7,
        },
        credsStore: 'desktop',
      }),
    );
    expect(Object.fromEntries(found)).toEqual({
      'docker.io': { kind: 'basic', username: 'ann', password: 'p:w' },
      'ghcr.io': { kind: 'basic', username: 'bob', password: 'pw' },
      'r.io:5000': { kind: 'identity-token', token: 'secret' },
      'i.io': { kind: 'identity-token', token: 'id' },
      'b.io': { kind: 'bearer', token: 'tok' },
    });
  });

  it.each(['', '[]', '{"auths":[]}', '{"auths":{"x":{"auth":"s3cret'])(
    '%j is refused without being quoted',
    (text) => {
      expect(() => credentialsFromDockerConfig(text)).toThrow(OciError);
      expect(() => credentialsFromDockerConfig(text)).not.toThrow(/s3cret/);
    },
  );
});
