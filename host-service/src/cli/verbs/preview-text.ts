import type { IntentPreview } from '../../contract/api/intent.ts';
import { safeLine } from '../../contract/problem.ts';
import { problemText, type Said } from '../objects/session.ts';
import { planText } from './plan.ts';
import { traceLines } from './trace-text.ts';

const shown = (value: unknown): string => (value === undefined ? 'nothing' : safeLine(JSON.stringify(value)));

/** What a change would lead to, in words, with what keeps the box from it. A change that would be refused has no preview. */
export function previewSaid(preview: IntentPreview): Said {
  const { changes, touches, target, available, direction, plan, trace, problem } = preview;
  const text = [
    'Nothing was changed. This would be:',
    ...(changes.length === 0 ? ['  no change of what is wanted'] : []),
    ...changes.map(({ path, from, to }) =>
      // Secrets are named, never shown.
      path.startsWith('secrets.') ? `  ${path}: a new answer` : `  ${path}: ${shown(from)} -> ${shown(to)}`,
    ),
    ...touches.flatMap(touchLines),
    `direction: ${direction}${target === undefined ? '' : `, target ${target.version}`}${available === undefined ? '' : `, available ${available.version}`}`,
    planText(plan),
    ...(trace.length === 0 ? [] : ['why', ...traceLines(trace)]),
    ...(problem === undefined ? [] : [`it would have to wait: ${problemText(problem)}`]),
  ].join('\n');
  return { text, data: preview };
}

/** Which parts another answer touches. */
function touchLines({ setting, restarts, readBy }: IntentPreview['touches'][number]): readonly string[] {
  return [
    ...(restarts.length === 0 ? [] : [`  ${setting} may restart: ${safeLine(restarts.join(', '))}`]),
    ...(readBy.length === 0
      ? []
      : [`  ${setting} is read at the next start of: ${safeLine(readBy.join(', '))}`]),
  ];
}
