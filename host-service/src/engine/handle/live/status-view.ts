import type { StatusView } from '../../../contract/api/status.ts';
import type { Appliance, Operation } from '../../../contract/objects.ts';
import type { Product } from '../../../contract/product.ts';
import { openAnswers } from '../../../core/intent/check-change.ts';
import { digestOfBytes, hexOf } from '../../../core/release/digest.ts';
import { openOperation } from '../../journal/journal.ts';
import { cursorText, type Cursor } from './cursor.ts';
import { operationView } from './operation-view.ts';

/** A view that is ready to be sent. */
export interface Snapshot {
  readonly view: StatusView;
  /** Strong: names exactly these bytes. */
  readonly etag: string;
  readonly json: string;
  /** What it says beside the moment and the server that said it. */
  readonly content: string;
}

export interface ViewInput {
  readonly appliance: Appliance;
  /** Newest first. */
  readonly operations: readonly Operation[];
  readonly product: Product;
  readonly cluster: StatusView['cluster'];
  readonly build: string;
  /** The newest event of an operation that was told. */
  readonly last: Cursor['last'];
}

const hexOfText = (text: string): string => hexOf(digestOfBytes(new TextEncoder().encode(text)));

/** All that the first page shows, as JSON. Pure. */
export function snapshotOf(input: ViewInput): Snapshot {
  const body = bodyOf(input);
  const { cluster, ...said } = body;
  const content = hexOfText(JSON.stringify([said, cluster.isConnected])).slice(0, 16);
  const revision = input.appliance.metadata.resourceVersion ?? '';
  const view: StatusView = { cursor: cursorText({ revision, content, last: input.last }), ...body };
  const json = JSON.stringify(view);
  return { view, json, etag: `"${hexOfText(json).slice(0, 32)}"`, content };
}

function bodyOf({ appliance, operations, product, cluster, build }: ViewInput): Omit<StatusView, 'cursor'> {
  const { spec, status, metadata } = appliance;
  // The control plane's own update is told by the status: it must not hide what the application goes through.
  const own = operations.filter((operation) => operation.spec.verb !== 'roll');
  const shown = openOperation(own) ?? own[0];
  return {
    intentRevision: metadata.generation ?? 0,
    intent: spec.intent,
    updatePolicy: spec.updatePolicy,
    settings: { ...openAnswers(product, spec.settings) },
    questions: product.settings,
    channels: Object.entries(product.release.channels).map(([name, { title, description }]) => ({
      name,
      title,
      description,
    })),
    defaultChannel: product.release.defaultChannel,
    ...(status === undefined ? {} : { status }),
    ...(shown === undefined ? {} : { operation: operationView(shown, operations, { withEvidence: false }) }),
    cluster,
    build,
  };
}
