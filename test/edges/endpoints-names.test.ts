import { createServer, type AddressInfo } from 'node:net';
import { addressesOf, open, type AskNames } from 'host-service/edges/endpoints/hops.ts';
import { describe, expect, it } from 'vitest';

const never = new AbortController().signal;
const failing =
  (code: string): AskNames =>
  (_, __, callback) =>
    callback(Object.assign(new Error(code), { code }), []);
const answering =
  (...addresses: readonly string[]): AskNames =>
  (_, { all }, callback) => {
    if (!all) throw new Error('asked for one address only');
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
const problemOf = (ask: AskNames, signal = never): Promise<unknown> =>
  addressesOf('registry.example.com', signal, ask).then(
    () => 'none',
    (error: unknown) => Reflect.get(Object(error), 'problem') as unknown,
  );

describe('the addresses of a name', () => {
  it.each([
    ['of the old kind only', ['192.0.2.1']],
    ['of the new kind only', ['2001:db8::1']],
    ['of both kinds', ['2001:db8::1', '192.0.2.1']],
  ])('B-73 are all that the resolver knows: %s', async (_, addresses) => {
    expect(await addressesOf('registry.example.com', never, answering(...addresses))).toEqual(addresses);
  });

  it('B-73 are told to be missing in words for it, and never become an address that is none', async () => {
    const dns = (detail: string): unknown => ({ code: 'registry.dns', detail });
    expect(await problemOf(answering())).toEqual(dns('registry.example.com has no address'));
    expect(await problemOf(failing('ENOTFOUND'))).toEqual(dns('registry.example.com: there is no such name'));
    expect(await problemOf(failing('EAI_AGAIN'))).toEqual(
      dns('registry.example.com: the name servers do not answer'),
    );
    const silent: AskNames = () => undefined;
    const stopped = problemOf(silent, AbortSignal.timeout(20));
    expect(await stopped).toMatchObject({ code: 'registry.cancelled' });
  });

  it('B-73 need no resolver where the name is an address', async () => {
    const unasked: AskNames = () => {
      throw new Error('asked');
    };
    for (const address of ['192.0.2.7', '2001:db8::7'])
      expect(await addressesOf(address, never, unasked)).toEqual([address]);
  });

  it('B-73 are dialled one after the other, whichever kind answers', async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      for (const addresses of [['127.0.0.1'], ['::1', '127.0.0.1'], ['127.0.0.1', '::1']]) {
        const socket = await open(addresses, port, never);
        expect(socket.remoteAddress).toBe('127.0.0.1');
        socket.destroy();
      }
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
