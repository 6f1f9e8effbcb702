import { Repository } from 'host-service/contract/names.ts';
import { followingRegistry } from 'host-service/edges/registry/following.ts';
import { afterEach, describe, expect, it } from 'vitest';
import type { EmbeddedRegistry } from '../world/ports.ts';
import { startRegistry } from '../world/registry/registry.ts';

const never = new AbortController().signal;
const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function registry(): Promise<EmbeddedRegistry> {
  const made = await startRegistry({ token: false });
  stops.push(() => made.stop());
  return made;
}

describe('a registry whose way may change', () => {
  it('R-30 is asked by the new way from the next call on; what is under way ends by the old one', async () => {
    const [first, second] = [await registry(), await registry()];
    const host = 'registry.vendor.test';
    let mirror = first.host;
    const following = followingRegistry(() =>
      Promise.resolve({
        key: mirror,
        options: {
          registries: [{ host, mirrors: [`http://${mirror}`], plainHttp: false }],
          unpack: () => new Map(),
        },
      }),
    );
    stops.push(() => following.close());
    const look = (): Promise<unknown> =>
      following.look({ repository: Repository.parse(`${host}/app`), reference: 'stable' }, never);
    await first.setFault({ kind: 'slow', delayMs: 300 });
    const slow = look();
    // Its request is on the way before anything changes.
    while (first.counters().requests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    mirror = second.host;
    await look();
    expect(second.counters().requests).toBeGreaterThan(0);
    const asked = first.counters().requests;
    await slow;
    const counted = following.counters().requests;
    await look();
    expect(first.counters().requests).toBe(asked);
    // Figures only ever grow, whichever client they come from.
    expect(following.counters().requests).toBeGreaterThan(counted);
  });
});
