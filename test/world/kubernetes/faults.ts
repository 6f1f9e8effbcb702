import { setTimeout as wait } from 'node:timers/promises';
import type { KubernetesFault } from '../ports.ts';
import { objectOf, textOf } from './json.ts';
import type { Json } from './json.ts';
import { changed, forbidden, Refusal } from './refusal.ts';
import type { Ask } from './requests.ts';
import type { Route } from './routes.ts';

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
export const isWrite = ({ method }: Pick<Ask, 'method'>): boolean => WRITES.has(method);

/** What goes wrong with requests at present. What goes wrong with the listener is the server's own matter. */
export class Faults {
  present: KubernetesFault = { kind: 'none' };
  private conflictsLeft = 0;

  set(fault: KubernetesFault): void {
    this.present = fault;
    this.conflictsLeft = fault.kind === 'conflict' ? fault.times : 0;
  }

  get forbidden(): string | undefined {
    return this.present.kind === 'forbid' ? this.present.plural : undefined;
  }

  /** Before the request is looked at. @throws Refusal 503, 429 */
  async before(): Promise<void> {
    const fault = this.present;
    if (fault.kind === 'slow') await wait(fault.delayMs);
    if (fault.kind === 'unavailable')
      throw new Refusal(503, 'ServiceUnavailable', 'the server is currently unable to handle the request');
    if (fault.kind === 'overloaded')
      throw new Refusal(
        429,
        'TooManyRequests',
        'the server has received too many requests and has asked us to try again later',
        { retryAfterSeconds: 1 },
        { 'retry-after': '1' },
      );
  }

  /** Once it is known what the request is about. @throws Refusal 403, 409 */
  check(ask: Ask, route: Route): void {
    if (route.kind !== 'resource' || !isWrite(ask)) return;
    const { resource, name } = route;
    if (this.forbidden === resource.plural)
      throw forbidden(resource, name, `User "embedded" cannot write resource "${resource.plural}"`);
    if (this.conflictsLeft === 0 || !hasVersion(ask)) return;
    this.conflictsLeft -= 1;
    throw changed(resource, name);
  }
}

function hasVersion({ body }: Ask): boolean {
  try {
    const object = objectOf(JSON.parse(body.toString('utf8')) as Json);
    return textOf(objectOf(object['metadata'])['resourceVersion']) !== '';
  } catch {
    return false;
  }
}
