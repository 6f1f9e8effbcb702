import { keepSecretAnswers } from 'host-service/engine/answers.ts';
import { describe, expect, it } from 'vitest';
import { MemoryCluster } from '../fixtures/memory-cluster.ts';

const signal = new AbortController().signal;
const decoded = (cluster: MemoryCluster): unknown =>
  cluster
    .of('Secret')
    .map(({ data }) =>
      Object.entries(Object(data) as Record<string, string>).map(([key, text]) => [
        key,
        Buffer.from(text, 'base64').toString('utf8'),
      ]),
    );

describe('secret answers', () => {
  it('are kept beside each other, the newer one wins', async () => {
    const cluster = new MemoryCluster();
    await keepSecretAnswers(cluster.port, { adminPassword: 'pä$$ "word"' }, signal);
    await keepSecretAnswers(cluster.port, { installCode: 'one' }, signal);
    await keepSecretAnswers(cluster.port, { installCode: 'two' }, signal);
    expect(decoded(cluster)).toEqual([
      [
        ['adminPassword', 'pä$$ "word"'],
        ['installCode', 'two'],
      ],
    ]);
  });

  it('are not lost when two people answer at once', async () => {
    const cluster = new MemoryCluster();
    await keepSecretAnswers(cluster.port, { adminPassword: 'x' }, signal);
    let interfered = false;
    cluster.beforeWrite = () => {
      if (interfered) return;
      interfered = true;
      const [secret] = cluster.of('Secret');
      if (secret !== undefined)
        cluster.foreign({ ...secret, data: { ...Object(secret['data']), other: 'eQ==' } });
    };
    await keepSecretAnswers(cluster.port, { installCode: 'z' }, signal);
    expect(decoded(cluster)).toEqual([
      [
        ['adminPassword', 'x'],
        ['other', 'y'],
        ['installCode', 'z'],
      ],
    ]);
  });

  it.each(['__proto__', '', 'a b', '1'])('refuse the name %j and write nothing', async (name) => {
    const cluster = new MemoryCluster();
    const answers = Object.fromEntries([[name, 'x']]);
    await expect(keepSecretAnswers(cluster.port, answers, signal)).rejects.toMatchObject({
      code: 'request.invalid',
    });
    expect(cluster.writes).toBe(0);
  });
});
