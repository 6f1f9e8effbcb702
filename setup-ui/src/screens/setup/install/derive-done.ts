import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { SetupView } from 'host-service/contract/api/setup.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';

/** What the first person needs to know when all is there (S8). */
export interface Done {
  readonly version: string;
  /** Where the application answers; only web addresses become links. */
  readonly addresses: readonly string[];
  /** The name to sign in with. */
  readonly user?: string;
  /** Milliseconds that the installation took. */
  readonly tookMs?: number;
}

const isWeb = (text: string): boolean => /^https?:\/\//i.test(text) && URL.canParse(text);

/** Facts of an installation that has succeeded, from the questions by their types: no name of a product's setting is known here. */
export function doneOf(setup: SetupView, status: StatusView): Done {
  const answerOf = (name: string): string => String(status.settings[name] ?? '');
  const named = (type: string): readonly string[] =>
    setup.questions
      .filter((question) => question.type === type)
      .map(({ name, answer }) => answerOf(name) || String(answer ?? ''));
  const [user] = named('email').filter((text) => text !== '');
  const { operation } = status;
  const install = operation?.verb === 'install' ? operation : undefined;
  return {
    version: status.status?.running?.version ?? status.status?.lastGood?.version ?? '',
    addresses: named('url').filter(isWeb),
    ...(user === undefined ? {} : { user }),
    ...(install?.endedAt === undefined
      ? {}
      : { tookMs: Math.max(0, Date.parse(install.endedAt) - Date.parse(install.startedAt)) }),
  };
}

/** What was done, to be kept or sent: release, steps with their times, parts. No answers, no secrets. */
export const reportOf = (status: StatusView, operation: OperationView | undefined): unknown => ({
  schema: 'appliance.setup-report/v1',
  release: status.status?.running,
  controlPlane: status.status?.controlPlane.version,
  build: status.build,
  operation:
    operation === undefined
      ? undefined
      : {
          name: operation.name,
          by: operation.actor.by,
          startedAt: operation.startedAt,
          endedAt: operation.endedAt,
          resumes: operation.resumes,
          steps: operation.steps.map(({ kind, state, attempts, startedAt, endedAt }) => ({
            ...{ kind, state, attempts, startedAt, endedAt },
          })),
        },
  parts: status.status?.components.map(({ title, state, digests }) => ({ title, state, digests })),
});
