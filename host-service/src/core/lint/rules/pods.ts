import { containersOf, podsOf } from '../document.ts';
import type { Bundle } from '../bundle.ts';
import type { Finding } from '../finding.ts';
import { at, text } from '../tree.ts';

/** B-20: a Service named like a program's variable makes that program read an address where it expects a number. */
export function* serviceLinks(bundle: Bundle): Generator<Finding> {
  for (const pod of podsOf(bundle.documents)) {
    if (pod.spec['enableServiceLinks'] === false) continue;
    const { document, path } = pod;
    yield document.finding(
      'service-links',
      path,
      `${document.kind} ${document.name}: enableServiceLinks is not false`,
    );
  }
}

/** B-24: without probes a pod is Ready although its work is dead. */
export function* probes(bundle: Bundle): Generator<Finding> {
  for (const pod of podsOf(bundle.documents)) {
    const { document } = pod;
    if (!/^(Deployment|StatefulSet|DaemonSet)$/.test(document.kind)) continue;
    for (const { path, container } of containersOf(pod, ['containers'])) {
      const missing = ['livenessProbe', 'readinessProbe'].filter(
        (probe) => at(container, probe) === undefined,
      );
      if (missing.length === 0) continue;
      const what = `${document.kind} ${document.name}: container ${text(container, 'name')}`;
      yield document.finding('probes', path, `${what} has no ${missing.join(' and no ')}`);
    }
  }
}

/** B-01: helm runs hooks before or after it waits for workloads; a workload that needs what a hook makes waits for ever. */
export function* hooks(bundle: Bundle): Generator<Finding> {
  for (const document of bundle.documents) {
    const path = ['metadata', 'annotations', 'helm.sh/hook'];
    const events = text(document.value, ...path)
      .split(',')
      .map((event) => event.trim())
      .filter((event) => /^(pre|post)-(install|upgrade|rollback)$/.test(event));
    if (events.length === 0) continue;
    yield document.finding(
      'hooks',
      path,
      `${document.kind} ${document.name} is a ${events.join(', ')} hook; make it a plain object`,
    );
  }
}
