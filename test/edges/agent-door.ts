import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Rule } from '../../scripts/build/rbac.ts';

/** One call, in the words of RBAC. */
export interface Asked {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

export interface Rights {
  /** Anywhere. */
  readonly cluster: readonly Rule[];
  /** In one namespace. */
  readonly own: readonly Rule[];
  readonly namespace: string;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** What a request asks for; undefined for what everybody may ask (discovery, version). */
export function askedOf(method: string, url: string): Asked | undefined {
  const { pathname, searchParams } = new URL(url, 'http://door');
  const found =
    /^\/(?:api\/v1|apis\/(?<group>[^/]+)\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<sub>[^/]+))?$/.exec(
      pathname,
    )?.groups;
  if (found?.['plural'] === undefined) return undefined;
  const { group = '', namespace, plural, name, sub } = found;
  const read = name !== undefined ? 'get' : searchParams.has('watch') ? 'watch' : 'list';
  const resource = sub === undefined ? plural : `${plural}/${sub}`;
  return { verb: VERBS[method] ?? read, group, resource, namespace, name };
}

const covers = (rule: Rule, { verb, group, resource, name }: Asked): boolean =>
  rule.apiGroups.includes(group) &&
  rule.resources.includes(resource) &&
  rule.verbs.includes(verb) &&
  (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name)));

/** Whether RBAC lets it through. */
export function isAllowed(rights: Rights, asked: Asked): boolean {
  const inside = asked.namespace === rights.namespace ? rights.own : [];
  return [...rights.cluster, ...inside].some((rule) => covers(rule, asked));
}

/** Stands before an API server and lets through what the rights allow, as RBAC of a real one does; keeps what was asked. */
export interface RightsDoor {
  readonly url: string;
  readonly asked: Asked[];
  readonly refused: Asked[];
  close(): Promise<void>;
}

export async function openDoor(target: string, rights: Rights): Promise<RightsDoor> {
  const [asked, refused]: [Asked[], Asked[]] = [[], []];
  const handle = (from: IncomingMessage, to: ServerResponse): void => {
    const { method = 'GET', url = '/', headers } = from;
    const call = askedOf(method, url);
    if (call !== undefined) asked.push(call);
    if (call !== undefined && !isAllowed(rights, call)) {
      refused.push(call);
      from.resume();
      const said = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403 };
      to.writeHead(403, { 'content-type': 'application/json' });
      to.end(JSON.stringify({ ...said, message: `${call.verb} ${call.resource} is forbidden` }));
      return;
    }
    const onward = request(new URL(url, target), { method, headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on('error', () => to.destroy());
    to.on('close', () => onward.destroy());
    from.pipe(onward);
  };
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    ...{ asked, refused },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
