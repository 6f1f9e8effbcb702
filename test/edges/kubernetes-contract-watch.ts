import { expect, it } from 'vitest';
import { Asking, configMap, CORE } from './kubernetes-contract-asking.ts';
import type { ContractWorld, Found } from './kubernetes-contract-asking.ts';

interface Event {
  readonly type: string;
  readonly object: Found;
}

/** Changes as they are told, on the wire. */
export function describeWatches(world: () => ContractWorld): void {
  const api = new Asking(world);
  const watch = async (query: string, seconds = 2): Promise<{ code: number; events: Event[] }> => {
    const path = `${CORE}/configmaps?watch=1&timeoutSeconds=${seconds}&${query}`;
    const { code, text } = await world().ask('GET', path);
    const lines = text.split('\n').filter((line) => line !== '');
    return { code, events: lines.map((line) => JSON.parse(line) as Event) };
  };
  const told = (events: readonly Event[]): string[] =>
    events
      .filter(({ type }) => type !== 'BOOKMARK')
      .map(({ type, object }) => `${type} ${object.metadata.name}`);

  it('tells what happened since a version, once each, and ends when its time is over', async () => {
    const from = (await api.get(`${CORE}/configmaps`)).metadata.resourceVersion;
    const path = `${CORE}/configmaps/told`;
    await api.done(
      'POST',
      `${CORE}/configmaps`,
      configMap('told', { a: '1' }, { labels: { watched: 'yes' } }),
    );
    const middle = await api.done('PUT', path, configMap('told', { a: '2' }, { labels: { watched: 'no' } }));
    await api.done('PUT', path, configMap('told', { a: '3' }, { labels: { watched: 'yes' } }));
    await api.done('DELETE', path);
    expect(told((await watch(`resourceVersion=${from}&fieldSelector=metadata.name%3Dtold`)).events)).toEqual([
      'ADDED told',
      'MODIFIED told',
      'MODIFIED told',
      'DELETED told',
    ]);
    expect(
      told(
        (await watch(`resourceVersion=${middle.metadata.resourceVersion}&fieldSelector=metadata.name%3Dtold`))
          .events,
      ),
    ).toEqual(['MODIFIED told', 'DELETED told']);
    // Who sees a part only is told when something enters or leaves it.
    const part = await watch(`resourceVersion=${from}&labelSelector=watched%3Dyes`);
    expect(told(part.events)).toEqual(['ADDED told', 'DELETED told', 'ADDED told', 'DELETED told']);
    expect(part.events[0]?.object).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } });
  });

  it('tells what is there first when no version is said', async () => {
    await api.done('POST', `${CORE}/configmaps`, configMap('there', {}));
    const { events } = await watch('fieldSelector=metadata.name%3Dthere', 1);
    expect(told(events)).toEqual(['ADDED there']);
    await api.done('DELETE', `${CORE}/configmaps/there`);
  });

  it('sends no bookmarks to those who did not ask for them', async () => {
    const from = (await api.get(`${CORE}/configmaps`)).metadata.resourceVersion;
    const { code, events } = await watch(`resourceVersion=${from}&fieldSelector=metadata.name%3Dnobody`, 3);
    expect([code, events]).toEqual([200, []]);
  });

  it('lists one moment however many pages it takes', async () => {
    const names = ['p-0', 'p-1', 'p-2'];
    for (const name of names)
      await api.done('POST', `${CORE}/configmaps`, configMap(name, {}, { labels: { moment: 'x' } }));
    const first = await api.get(`${CORE}/configmaps?labelSelector=moment%3Dx&limit=2`);
    await api.done('DELETE', `${CORE}/configmaps/p-2`);
    await api.done('POST', `${CORE}/configmaps`, configMap('p-3', {}, { labels: { moment: 'x' } }));
    const rest = await api.get(
      `${CORE}/configmaps?labelSelector=moment%3Dx&limit=2&continue=${first.metadata.continue ?? ''}`,
    );
    expect([...(first.items ?? []), ...(rest.items ?? [])].map(({ metadata }) => metadata.name)).toEqual(
      names,
    );
    expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect(rest.metadata.continue ?? '').toBe('');
    for (const name of ['p-0', 'p-1', 'p-3']) await api.done('DELETE', `${CORE}/configmaps/${name}`);
  });
}
