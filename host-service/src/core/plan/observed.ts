import type { ControlPlaneBuild, ControlPlaneRecord } from '../../contract/control-plane.ts';
import type { Digest, Version } from '../../contract/names.ts';
import type { ApplianceSpec, ComponentHealth } from '../../contract/appliance.ts';
import type { Operation, ReleaseObject } from '../../contract/objects.ts';
import type { ProblemBody, Verdict } from '../../contract/problem.ts';
import type { Release } from '../../contract/release.ts';
import type { FluxPin } from '../../contract/product.ts';
import type { SourceAccess, SourceRefs } from '../network/source-access.ts';
import type { ObservedHost } from '../images/hosts.ts';
import type { ControlPlaneParts } from '../roll/manifests.ts';
import type { ObservedControlPlane } from '../roll/observed.ts';

/** The world as seen at the start of a cycle. Plain facts; nothing remembered from earlier cycles. */
export interface Observed {
  /** UID of the Appliance: decides about rollout waves. */
  readonly applianceId: string;
  /** metadata.generation of the Appliance: the revision of the intent. */
  readonly intentRevision: number;
  readonly spec: ApplianceSpec;
  /** Version of the API server, without v. */
  readonly kubernetes: string;
  /** Release objects by document digest. */
  readonly releases: ReadonlyMap<Digest, KnownRelease>;
  /** Operations of the application, newest first. */
  readonly operations: readonly Operation[];
  /** Operations that rolled the control plane, newest first: beside the application's, never among them. */
  readonly rolls?: readonly Operation[];
  /** The control plane itself; absent where this program is no pod. */
  readonly controlPlane?: ObservedRoll | undefined;
  /** Hosts with an object of their own; absent = not looked at. */
  readonly hosts?: readonly ObservedHost[];
  /** How the delivery reaches a registry, with passwords: for Secrets only. Absent = nobody has set anything. */
  readonly sourceAccess?: ((repository: string) => SourceAccess) | undefined;
  readonly flux: ObservedFlux;
  readonly source: ObservedSource | undefined;
  /** Names of the product's namespaces that exist, and of those being deleted. */
  readonly namespaces: { readonly present: ReadonlySet<string>; readonly terminating: ReadonlySet<string> };
  /** sha256 of each values key as it lies in the cluster, by `<component>/<key>`. */
  readonly valuesKeys: ReadonlyMap<string, string>;
  /** Keys of each product Secret, by `<namespace>/<name>`; values stay unread. */
  readonly secretKeys: ReadonlyMap<string, ReadonlySet<string>>;
  /** Health of the expected set of the release that the source points to. */
  readonly components: readonly ComponentHealth[];
  /** Objects that could not be read and were left out; shown, never a reason to stop. */
  readonly problems?: readonly ProblemBody[];
}

/** What is seen of the control plane's own update. */
export interface ObservedRoll {
  /** The build that looks; undefined = its image is not known. */
  readonly own: ControlPlaneBuild | undefined;
  /** undefined = there is no Deployment. */
  readonly seen: ObservedControlPlane | undefined;
  readonly record: ControlPlaneRecord;
}

/** A Release object with its document parsed. */
export interface KnownRelease {
  readonly object: ReleaseObject;
  readonly release: Release;
  readonly digest: Digest;
}

export interface ObservedFlux {
  /** API versions served, `group/version/plural`, of those we ask for. */
  readonly served: ReadonlySet<string>;
  /** Version found on the controllers or CRDs, when there is one. */
  readonly version: Version | undefined;
  /** Whether it was the engine that installed it: then a newer pin replaces it, else it is only ever adopted. */
  readonly ours?: boolean;
  /** Names of its controllers that are there, available or not. */
  readonly controllers?: ReadonlySet<string>;
  /** Whether anything of Flux is there at all. */
  readonly present: boolean;
  readonly ready: boolean;
  readonly detail: string;
}

/** OCIRepository and root Kustomization of the product. */
export interface ObservedSource {
  /** Annotation appliance.nineminds.com/release: the release document whose bundle this is. */
  readonly release: Digest | undefined;
  readonly url: string;
  readonly digest: Digest | undefined;
  /** Names of the Secrets for credential, authorities and proxy; absent = none. */
  readonly refs?: SourceRefs | undefined;
  /** The artifact at hand has this digest and the object's newest generation was observed. */
  readonly fetched: Digest | undefined;
  readonly fetchProblem: string | undefined;
  /** Revision last applied by the root Kustomization and whether it is Ready for its newest generation. */
  readonly applied: Digest | undefined;
  readonly applyProblem: string | undefined;
  /** sha256 of the two specs as we would apply them, to see drift; undefined when either is missing. */
  readonly kustomization:
    | {
        readonly path: string;
        readonly substitute: Readonly<Record<string, string>>;
        readonly suspended: boolean;
        /** As they stand there; absent = none. */
        readonly patches?: readonly unknown[] | undefined;
      }
    | undefined;
}

/** What a release brings besides its document: read from its config bundle. */
export interface ReleaseParts {
  readonly flux: FluxPin;
  /** Manifests of Flux, parsed, in order. */
  readonly fluxManifests: readonly Readonly<Record<string, unknown>>[];
  /** What the control plane is rolled with; bundles of the predecessor have none. A fault in it is none of the application's. */
  readonly controlPlane?: Verdict<ControlPlaneParts> | undefined;
}
