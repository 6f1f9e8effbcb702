import { parse } from 'yaml';
import { at, canonical, hashOf, isRecord, listAt, type Json, type Thing } from '../fields.ts';

/** The part of a chart that the stand-in renders: what objects it makes, as test/fixtures/charts/<chart>/files/embedded.yaml says. */
export const EMBEDDED = 'files/embedded.yaml';

export interface Chart {
  readonly name: string;
  readonly version: string;
  readonly values: Json;
  readonly embedded: unknown;
}

export interface RenderInput {
  readonly chart: Chart;
  readonly values: Json;
  readonly release: { readonly name: string; readonly namespace: string };
}

/** Reads a packed chart. @throws Error when it is none, or has no list for the stand-in */
export function chartOf(files: ReadonlyMap<string, Uint8Array>): Chart {
  const read = (name: string): unknown => {
    const entry = [...files].find(([path]) => path === name || path.slice(path.indexOf('/') + 1) === name);
    return entry === undefined ? undefined : (parse(new TextDecoder().decode(entry[1])) as unknown);
  };
  const about = read('Chart.yaml');
  const embedded = read(EMBEDDED);
  const [name, version] = [at(about, 'name'), at(about, 'version')];
  if (typeof name !== 'string' || typeof version !== 'string') throw new Error('Chart.yaml file is missing');
  if (embedded === undefined)
    throw new Error(`chart ${name} has no ${EMBEDDED}: this world has no template engine`);
  const values = read('values.yaml');
  return { name, version, values: isRecord(values) ? values : {}, embedded };
}

/** Values as helm lays them over each other: maps are merged, everything else is replaced, null takes away. */
export function mergeValues(under: Json, over: Json): Json {
  const merged = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    if (value === null) merged.delete(key);
    else merged.set(key, isRecord(value) && isRecord(below) ? mergeValues(below, value) : value);
  }
  return Object.fromEntries(merged);
}

const isFalse = (value: unknown): boolean =>
  value === undefined || value === null || value === false || value === '' || value === 0;
const NOTHING = Symbol('left out');
const REFERENCE = /\$\{([A-Za-z_][\w.-]*)(!?)(\|quote)?\}/g;

class Renderer {
  readonly #scope: Json;

  constructor({ chart, values, release }: RenderInput) {
    const built = {
      Release: { Name: release.name, Namespace: release.namespace },
      Chart: { Name: chart.name },
    };
    this.#scope = { ...mergeValues(chart.values, values), ...built };
  }

  look(path: string): unknown {
    return at(this.#scope, ...path.split('.'));
  }

  expand(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (Array.isArray(value)) return value.map((one) => this.expand(one)).filter((one) => one !== NOTHING);
    if (!isRecord(value)) return value;
    const condition = value['$if'];
    if (typeof condition === 'string' && isFalse(this.look(condition))) return NOTHING;
    const entries = Object.entries(value).filter(([key]) => key !== '$if');
    return Object.fromEntries(
      entries
        .map(([key, one]) => [this.#key(key), this.expand(one)] as const)
        .filter(([, one]) => one !== NOTHING),
    );
  }

  #key(key: string): string {
    return key.includes('${') ? String(this.#text(key)) : key;
  }

  /** A text that is one reference keeps the type of its value. */
  #text(text: string): unknown {
    const whole = /^\$\{([A-Za-z_][\w.-]*)(!?)(\|quote)?\}$/.exec(text);
    if (whole !== null) {
      const value = this.#value(whole[1] ?? '', whole[2] === '!');
      return whole[3] === undefined ? value : String(value);
    }
    return text.replace(REFERENCE, (_all, path: string, required: string) => {
      if (path === 'hash') return '${hash}';
      return String(this.#value(path, required === '!'));
    });
  }

  #value(path: string, required: boolean): unknown {
    const value = this.look(path);
    if (value === undefined || (required && value === ''))
      throw new Error(`execution error: .Values.${path}`);
    return value;
  }
}

/**
 * The objects that the chart makes of these values. `${hash}` in a name is a hash of the object's own spec, as the chart's Job has it (R7).
 *
 * @throws Error in helm's words when a required value is missing
 */
export function render(input: RenderInput): readonly Thing[] {
  const renderer = new Renderer(input);
  return listAt(input.chart.embedded, 'objects')
    .map((object) => renderer.expand(object))
    .filter((object) => object !== NOTHING)
    .map((object) => {
      const made = object as Thing;
      const hash = hashOf(canonical(made['spec'])).slice(0, 8);
      const { name } = made.metadata;
      return {
        ...made,
        metadata: {
          ...made.metadata,
          name: name.replace('${hash}', hash),
          namespace: input.release.namespace,
        },
      };
    });
}
