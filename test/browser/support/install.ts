import { PASSWORD, type Box } from './box.ts';

/** A box that has an owner and runs 1.0.0, without anybody having looked at its page. */
export async function installBox({ stage, url }: Box): Promise<void> {
  const body = { code: await stage.claimCode(), user: 'admin', password: PASSWORD };
  const answer = await fetch(`${url}/api/claim`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the claim was answered with ${answer.status}: ${await answer.text()}`);
  await stage.answer();
  await stage.until(
    '1.0.0 runs',
    ({ phase, lastGood }) => phase === 'running' && lastGood?.version === '1.0.0',
  );
}
