import { parseDocument } from 'yaml';
import { z } from 'zod';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import type { Annotations } from './artifact.ts';

const text = z.string().max(4096);

/** Chart.yaml as helm reads it; unknown members are dropped there, so they are here. */
const ChartMetadata = z.object({
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'is not a chart name in lower case'),
  home: text.optional(),
  sources: z.array(text).optional(),
  version: text.optional(),
  description: text.optional(),
  keywords: z.array(text).optional(),
  maintainers: z
    .array(z.object({ name: text.optional(), email: text.optional(), url: text.optional() }))
    .optional(),
  icon: text.optional(),
  apiVersion: z.enum(['v1', 'v2']),
  condition: text.optional(),
  tags: text.optional(),
  appVersion: z.union([text, z.number().transform(String)]).optional(),
  deprecated: z.literal(true).optional().catch(undefined),
  annotations: z.record(text, text).optional(),
  kubeVersion: text.optional(),
  dependencies: z
    .array(
      z.object({
        name: text,
        version: text.optional(),
        repository: text.optional(),
        condition: text.optional(),
        tags: z.array(text).optional(),
        enabled: z.boolean().optional(),
        'import-values': z.array(z.unknown()).optional(),
        alias: text.optional(),
      }),
    )
    .optional(),
  type: z.enum(['application', 'library']).optional(),
});

export interface Chart {
  readonly name: string;
  /** Content of the config blob, in helm's key order. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Chart.yaml with the published version; comments kept. */
  readonly chartYaml: string;
  readonly annotations: Annotations;
}

/** Reads Chart.yaml and gives it the version to publish; its own is a placeholder of the source tree. */
export function chartOf(subject: string, chartYaml: string, version: string): Verdict<Chart> {
  const document = parseDocument(chartYaml);
  const mistake = document.errors[0];
  if (mistake !== undefined) return refuse('publish.lint', `${subject}: ${mistake.message}`, subject);
  document.set('version', version);
  const parsed = ChartMetadata.safeParse(document.toJS({ maxAliasCount: 50 }));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(
      'publish.lint',
      `${subject}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
      subject,
    );
  }
  const metadata = parsed.data;
  const authors = (metadata.maintainers ?? [])
    .map(({ name, email }) =>
      [name, email === undefined ? undefined : `(${email})`].filter(Boolean).join(' '),
    )
    .join(', ');
  return accept({
    name: metadata.name,
    metadata,
    chartYaml: String(document),
    annotations: {
      ...metadata.annotations,
      'org.opencontainers.image.description': metadata.description,
      'org.opencontainers.image.title': metadata.name,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.url': metadata.home,
      'org.opencontainers.image.source': metadata.sources?.[0],
      'org.opencontainers.image.authors': authors,
    },
  });
}
