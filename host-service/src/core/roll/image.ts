import { z } from 'zod';
import { CONTRACT_LABEL, CONTRACT_RANGE } from '../../contract/control-plane.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';

/** What an image says about itself. */
export interface ImageFacts {
  /** Processors that it was made for, in Go's words. */
  readonly architectures: readonly string[];
  /** Labels of the image for our processor. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Longest image configuration that is read, in bytes. */
export const IMAGE_CONFIG_CAP = 1024 * 1024;

const ImageConfig = z.looseObject({
  architecture: z.string().max(64).optional(),
  config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/** Reads an image's configuration (image-spec config.md). Problem registry.damaged when it is none. */
export function readImageConfig(bytes: Uint8Array): Verdict<ImageFacts> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return refuse('registry.damaged', 'the configuration of the image is not JSON');
  }
  const parsed = ImageConfig.safeParse(json);
  if (!parsed.success) return refuse('registry.damaged', 'the configuration of the image is not one');
  const { architecture, config } = parsed.data;
  return accept({
    architectures: architecture === undefined ? [] : [architecture],
    labels: config?.Labels ?? {},
  });
}

/**
 * Whether this box may follow the image (design §4): made for its processor, and of a kind of control plane that this one may be followed by.
 * An old image of the predecessor has no such label and is refused for ever. Problems roll.wrong-architecture, roll.not-accepted.
 */
export function acceptImage({ architectures, labels }: ImageFacts, architecture: string): Verdict<undefined> {
  if (!architectures.includes(architecture)) {
    const made = architectures.join(', ') || 'no named processor';
    return refuse('roll.wrong-architecture', `it is made for ${made}, this box is ${architecture}`);
  }
  const label = Object.hasOwn(labels, CONTRACT_LABEL) ? labels[CONTRACT_LABEL] : undefined;
  if (label === undefined) return refuse('roll.not-accepted', `the image has no label ${CONTRACT_LABEL}`);
  const contract = /^\d{1,6}$/.test(label) ? Number(label) : Number.NaN;
  const { lowest, highest } = CONTRACT_RANGE;
  if (contract >= lowest && contract <= highest) return accept(undefined);
  const range = `${lowest} to ${highest}`;
  return refuse('roll.not-accepted', `its label ${CONTRACT_LABEL} says ${label}; ${range} may follow`);
}
