import { at, listOf, objectOf, textOf } from './json.ts';
import type { JsonObject } from './json.ts';
import { badRequest } from './refusal.ts';
import { keyOf } from './store.ts';
import type { Entry } from './store.ts';

/** Annotations of a pod that hold what its container printed, for whoever reaches the API only over the network. */
const ANNOTATION = { now: 'log.embedded/', before: 'previous-log.embedded/' } as const;
const LOGS = 2000;

/** What containers have printed. There is no kubelet: whoever plays it says so. */
export class Logs {
  private readonly texts = new Map<string, string>();

  /** @param pod namespace and name */
  set(
    pod: { readonly namespace: string; readonly name: string },
    container: string,
    previous: boolean,
    text: string,
  ): void {
    this.texts.set(`${keyOf(pod.namespace, pod.name)} ${container} ${previous}`, text);
    const [oldest] = this.texts.keys();
    if (this.texts.size > LOGS && oldest !== undefined) this.texts.delete(oldest);
  }

  /**
   * As `GET .../pods/NAME/log`.
   * @throws Refusal 400 when the container does not exist, has not started or had no run before
   */
  read(pod: Entry, query: URLSearchParams): string {
    const names = ['containers', 'initContainers'].flatMap((list) =>
      listOf(at(pod.object, 'spec', list)).map((one) => textOf(objectOf(one)['name'])),
    );
    const container = query.get('container') ?? names[0] ?? '';
    const several = listOf(at(pod.object, 'spec', 'containers')).length > 1;
    if (!query.has('container') && several)
      throw badRequest(
        `a container name must be specified for pod ${pod.name}, choose one of: [${names.join(' ')}]`,
      );
    if (!names.includes(container))
      throw badRequest(`container ${container} is not valid for pod ${pod.name}`);
    const previous = query.get('previous') === 'true';
    const text = this.find(pod, container, previous);
    if (text !== undefined) return cut(text, query);
    if (previous)
      throw badRequest(`previous terminated container "${container}" in pod "${pod.name}" not found`);
    const waiting = waitingReason(pod.object, container);
    if (waiting !== undefined)
      throw badRequest(`container "${container}" in pod "${pod.name}" is waiting to start: ${waiting}`);
    return '';
  }

  private find(pod: Entry, container: string, previous: boolean): string | undefined {
    const own = this.texts.get(`${pod.key} ${container} ${previous}`);
    const name = `${previous ? ANNOTATION.before : ANNOTATION.now}${container}`;
    const annotated = at(pod.object, 'metadata', 'annotations', name);
    return own ?? (typeof annotated === 'string' ? annotated : undefined);
  }
}

/** Why the container has not started; undefined when it has. */
function waitingReason(pod: JsonObject, container: string): string | undefined {
  const statuses = ['containerStatuses', 'initContainerStatuses'].flatMap((list) =>
    listOf(at(pod, 'status', list)),
  );
  const status = statuses.find((one) => objectOf(one)['name'] === container);
  if (status === undefined) return 'ContainerCreating';
  const waiting = at(status, 'state', 'waiting');
  return waiting === undefined ? undefined : textOf(at(waiting, 'reason'));
}

/** The last `tailLines` lines, of those the first `limitBytes` bytes, as the kubelet does it. */
function cut(text: string, query: URLSearchParams): string {
  const lines = Number(query.get('tailLines') ?? Number.NaN);
  const bytes = Number(query.get('limitBytes') ?? Number.NaN);
  const all = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const tail = Number.isNaN(lines) ? text : lines === 0 ? '' : all.slice(-lines).join('');
  return Number.isNaN(bytes) ? tail : Buffer.from(tail).subarray(0, bytes).toString('utf8');
}
