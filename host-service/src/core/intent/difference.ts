import type { IntentPreview } from '../../contract/api/intent.ts';
import type { ApplianceSpec } from '../../contract/appliance.ts';

type Changes = IntentPreview['changes'];

/** What differs between two specs in what a person decides, by path. Who asked is no difference; secrets are named, never shown. */
export function differenceOf(
  before: ApplianceSpec,
  after: ApplianceSpec,
  secrets: readonly string[],
): Changes {
  const intentOf = ({ intent }: ApplianceSpec): Readonly<Record<string, unknown>> => ({
    ...intent,
    actor: undefined,
  });
  return [
    ...changesIn('intent', intentOf(before), intentOf(after)),
    ...changesIn('updatePolicy', before.updatePolicy, after.updatePolicy),
    ...changesIn('settings', before.settings, after.settings),
    ...secrets.map((name) => ({ path: `secrets.${name}` })),
  ];
}

function changesIn(
  place: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Changes {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const [from, to] = [before[name], after[name]];
    if (from === to) return [];
    return [
      {
        path: `${place}.${name}`,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      },
    ];
  });
}
