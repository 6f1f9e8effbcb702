import { PROBLEMS, type NextActor } from 'host-service/contract/problem.ts';

const WHO: Readonly<Record<NextActor, string>> = {
  appliance: 'the appliance, by itself',
  cluster: 'the platform; we wait',
  operator: 'you',
  support: "the vendor's support",
  vendor: "the vendor's release team",
};

const STAGES: Readonly<Record<string, string>> = {
  registry: 'Talking to a registry',
  release: 'What the documents of a release say',
  trust: 'Keys',
  plan: 'What would be done',
  apply: 'Doing it',
  observe: 'What is seen',
  cluster: 'Talking to the platform',
  config: "The program's own files",
  network: 'The way to other hosts',
  request: 'What a person or program asked for',
  session: 'Who is asking',
  webhook: "The vendor's wake-up call",
  client: 'What only the page sees',
  publish: "The vendor's side",
  register: 'The licence service',
  storage: 'Where data lies',
  roll: "The control plane's own update",
  boot: 'Starting the box',
  agent: 'The program on the host',
  pull: 'Images on a host',
  internal: 'Faults of our own',
};

const HEAD = `<!-- Generated from host-service/src/contract/problem.ts by \`npm run generate\`. Do not edit. -->

# Problems

Everything that can go wrong has a code. Title and remedy are fixed; the detail beside them names the object, host or file.
The word before the dot is the stage. "Next" says who acts.
`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** docs/problems.md: the problem table for people, by stage. */
export function problemsPage(): string {
  const stages = Map.groupBy(Object.entries(PROBLEMS), ([code]) => code.split('.')[0] ?? '');
  const sections = [...stages].map(([stage, entries]) => {
    const title = STAGES[stage];
    if (title === undefined)
      throw new Error(`the stage ${stage} has no title in scripts/generate/problems.ts`);
    const rows = entries
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([code, { title: what, remedy, next, http }]) =>
          `| \`${code}\` | ${cell(what)} | ${cell(remedy)} | ${WHO[next]} | ${http} |`,
      );
    return `## ${title}\n\n| code | what is true | what to do | next | HTTP |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return [HEAD, ...sections].join('\n');
}
