import type { IncomingMessage, ServerResponse } from 'node:http';
import { FAULTS, isFaultName } from './faults.ts';
import type { OwnAnswer } from './front.ts';
import type { Stage } from './stage.ts';

const MAX_BYTES = 1024;

/** `/demo/faults`: what can be broken, and breaking it. Exists in the demo only; a box has no such address. */
export function faultPanel(stage: Stage): OwnAnswer {
  return async (request, response) => {
    const [path] = (request.url ?? '').split('?', 1);
    if (path !== '/demo/faults') return false;
    if (request.method === 'POST') {
      // A page of another site must not break the demo.
      if (request.headers['sec-fetch-site'] === 'cross-site') return json(response, 403, {});
      const name = nameOf(await bodyOf(request));
      if (name === undefined) return json(response, 422, {});
      await stage.setFault(name === 'none' ? undefined : name);
    }
    const faults = Object.entries(FAULTS).map(([name, { title }]) => ({ name, title }));
    return json(response, 200, { faults, active: stage.fault ?? null });
  };
}

function nameOf(text: string): keyof typeof FAULTS | 'none' | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const name: unknown = Reflect.get(Object(body), 'name');
    return typeof name === 'string' && (name === 'none' || isFaultName(name)) ? name : undefined;
  } catch {
    return undefined;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function json(response: ServerResponse, status: number, body: unknown): true {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
  return true;
}
