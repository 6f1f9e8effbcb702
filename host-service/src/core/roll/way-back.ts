import type { ControlPlaneBuild, ControlPlaneRecord } from '../../contract/control-plane.ts';
import type { Digest, Version } from '../../contract/names.ts';
import type { ObservedControlPlane, ObservedTemplate } from './observed.ts';
import { withImage } from './template.ts';

/** Where one goes back to. */
export type WayBack =
  | {
      readonly kind: 'template';
      /** Pod template to be applied as a whole. */
      readonly template: Readonly<Record<string, unknown>>;
      readonly digest: Digest;
      readonly version: Version | undefined;
    }
  | { readonly kind: 'none' };

/**
 * The build that takes the place of the failed one: what the Deployment says was there before, else what was good last or before that,
 * else what came with the box. One that failed for good itself is no way back. The whole former template is taken where the platform still has
 * it, because settings belong to a build as much as its image; else the image is put into the best template at hand.
 */
export function wayBack(seen: ObservedControlPlane, record: ControlPlaneRecord, failed: Digest): WayBack {
  const bad = new Set(
    record.failed.filter(({ quarantined }) => quarantined).map((entry): string => entry.digest),
  );
  bad.add(failed);
  const { previousDigest } = seen;
  if (previousDigest !== undefined && !bad.has(previousDigest)) {
    const found = templateOf(seen, previousDigest);
    if (found !== undefined) return whole(found, previousDigest);
  }
  const known = [record.lastGood, record.formerGood, record.baked].filter((build) => build !== undefined);
  const build = known.find(({ digest }) => !bad.has(digest));
  if (build === undefined) return { kind: 'none' };
  const own = templateOf(seen, build.digest);
  if (own !== undefined) return whole(own, build.digest, build.version);
  return made(seen, build, bad);
}

const templateOf = ({ templates }: ObservedControlPlane, digest: Digest): ObservedTemplate | undefined =>
  templates.find((one) => one.digest === digest);

const whole = ({ template, version }: ObservedTemplate, digest: Digest, known?: Version): WayBack => ({
  kind: 'template',
  template,
  digest,
  version: version ?? known,
});

function made(seen: ObservedControlPlane, build: ControlPlaneBuild, bad: ReadonlySet<string>): WayBack {
  const base =
    seen.templates.find(({ digest }) => digest !== undefined && !bad.has(digest)) ?? seen.templates[0];
  if (base === undefined) return { kind: 'none' };
  const { repository, digest, version } = build;
  const template = withImage(base.template, `${repository}@${digest}`, version);
  return { kind: 'template', template, digest, version };
}
