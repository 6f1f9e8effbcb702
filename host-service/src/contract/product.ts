import { z } from 'zod';
import {
  Channel,
  Key,
  Label,
  Line,
  ObjectName,
  ProductId,
  Repository,
  SemverRange,
  Tag,
  Version,
} from './names.ts';
import { Injection, ReleaseComponent } from './release.ts';

/** One channel as people see it, and its tags. */
const ChannelDefinition = z.strictObject({
  tag: Tag,
  /** Tag of the predecessor's documents, read only when the trust policy allows unsigned documents. */
  v1Tag: Tag.optional(),
  title: Line,
  /** Who it is for and how often it moves. */
  description: Line,
});

/**
 * A question to the installer or admin; its answer lies in `Appliance.spec.settings`, that of a password, secret or file in Secret
 * `appliance-draft`, because nobody may read it back. A file is a small text, at most 64 KiB whatever `maxLength` says.
 */
export const SettingDefinition = z.strictObject({
  type: z.enum(['text', 'email', 'url', 'password', 'choice', 'secret', 'file']),
  title: Line,
  /** Title of the block of questions that it stands in. */
  group: Line.optional(),
  help: Line.optional(),
  required: z.boolean().default(true),
  choices: z.array(Line).max(32).optional(),
  default: z.string().max(1024).optional(),
  minLength: z.int().min(1).max(4096).optional(),
  maxLength: z.int().min(1).max(4096).default(256),
  /** Whether it may change after installation. */
  editable: z.boolean().default(true),
});
export type SettingDefinition = z.infer<typeof SettingDefinition>;

/** What the vendor's licence service answers for an install code, as far as it goes into Secrets. */
export const RegistrationField = z.enum([
  'token',
  'applianceId',
  'credential',
  'checkInUrl',
  'tenantId',
  'edition',
  'company',
]);
export type RegistrationField = z.infer<typeof RegistrationField>;

/**
 * One key of a Secret: generated once and then never again (B-06), or an answer of the installer, or what the registration brought (else the
 * named answer, else nothing), or fixed.
 */
export const SecretKey = z.union([
  z.strictObject({ generate: z.enum(['hex', 'base64url']), bytes: z.int().min(16).max(128) }),
  z.strictObject({ setting: Key }),
  z.strictObject({ registration: RegistrationField, setting: Key.optional() }),
  z.strictObject({ literal: z.string().max(1024) }),
]);
export type SecretKey = z.infer<typeof SecretKey>;

export const SecretDefinition = z.strictObject({
  name: ObjectName,
  namespace: Label,
  keys: z.record(Key, SecretKey),
  /** Components that read it, each when it starts: said to whoever replaces an answer in it. */
  readBy: z.array(ObjectName).max(16).optional(),
});

/**
 * Where the product's data lies. The class is made when it is not there; one that is there has to be like this, and keeps data when a claim goes
 * (B-42). Exactly one workload may run the driver (B-41).
 */
const StorageDefinition = z.strictObject({
  class: ObjectName,
  provisioner: z.string().regex(/^[a-z0-9]([-a-z0-9./]{0,251}[a-z0-9])?$/),
  reclaimPolicy: z.literal('Retain'),
  /** Last part of the name of the image that the provisioner runs from, without tag. */
  driver: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,127}$/),
  /** The trial write: as the database does it (B-23). */
  proof: z.strictObject({
    uid: z.int().min(1).max(65_534),
    gid: z.int().min(1).max(65_534),
    subPath: Label,
    size: z.string().regex(/^[1-9][0-9]{0,4}(Mi|Gi)$/),
  }),
});
export type StorageDefinition = z.infer<typeof StorageDefinition>;

const FormPath = z
  .string()
  .max(256)
  .regex(/^\/[\x21-\x7e]*$/);
/**
 * How the first administrator signs in at the component with the probe `sign-in`, as a browser's form does. Before the first release counts as
 * good the control plane does it once with what was typed (B-07); later passwords are nobody's business.
 */
export const SignInForm = z.strictObject({
  /** Path that the form is sent to. */
  path: FormPath,
  /** Secret with name and password. */
  secret: z.strictObject({ namespace: Label, name: ObjectName }),
  /** Field of the form -> key of that Secret. */
  fields: z.record(z.string().max(63), Key),
  /** Fields that are always the same. */
  fixed: z.record(z.string().max(63), z.string().max(256)).optional(),
  /** A mark against forgery that the form has to carry: member `member` of the JSON at `path` goes into the field `field`. */
  token: z.strictObject({ path: FormPath, member: z.string().max(63), field: z.string().max(63) }).optional(),
  /** Who is signed in gets a cookie whose name ends like this. */
  cookie: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9._-]+$/),
});
export type SignInForm = z.infer<typeof SignInForm>;

/** What the predecessor's v1 documents leave out (design §4): filled from here, tags resolved once. */
const V1Defaults = z.strictObject({
  config: Repository,
  controlPlane: Repository,
  charts: Repository,
  images: z.record(Key, Repository),
});

/** `flux-base/product.yaml`: all that is peculiar to one product. The engine knows no product (design §1). */
export const Product = z.strictObject({
  schema: z.literal('appliance.product/v1'),
  id: ProductId,
  name: Line,
  vendor: z.strictObject({ name: Line, support: Line.optional() }),
  /** SVG text; shown as an image, never as markup. */
  logo: z
    .string()
    .max(16 * 1024)
    .optional(),
  accent: z
    .string()
    .regex(/^#[0-9a-f]{6}$/)
    .optional(),
  release: z.strictObject({
    repository: Repository,
    channels: z.record(Channel, ChannelDefinition),
    defaultChannel: Channel,
    /** Where the registry gives tokens: saves one request; a real challenge wins (design §4 requests). */
    token: z.strictObject({ realm: z.url().max(512), service: z.string().max(255).optional() }).optional(),
    v1: V1Defaults.optional(),
  }),
  defaultProfile: Label,
  /** Created by the engine before anything else; never part of the bundle (R8). */
  namespaces: z
    .array(
      z.strictObject({ name: Label, labels: z.record(z.string().max(316), z.string().max(63)).default({}) }),
    )
    .max(16),
  /** Absent = the platform's own affair; then nothing is prepared and nothing is tried. */
  storage: StorageDefinition.optional(),
  /** The source and root Kustomization that carry the bundle. */
  flux: z.strictObject({
    namespace: Label,
    name: ObjectName,
    path: z.string().regex(/^\.\/[A-Za-z0-9/_-]+$/),
    /** Ask Flux to verify signatures as well; never inferred (design §4). */
    verify: z.strictObject({ secretName: ObjectName }).optional(),
  }),
  /** ConfigMaps `<prefix><component>` with one key per release, in this namespace. */
  values: z.strictObject({ namespace: Label, prefix: z.string().regex(/^[a-z0-9-]+-$/) }),
  /** ConfigMap that says what was selected, with the predecessor's fields (predecessor §2.3 #7). */
  selection: z.strictObject({ namespace: Label, name: ObjectName }),
  settings: z.record(Key, SettingDefinition),
  /** The vendor's licence service: `POST <url>/register` redeems the answer of the question `code`, once. */
  registration: z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(512), code: Key }).optional(),
  secrets: z.array(SecretDefinition).max(32),
  components: z.array(ReleaseComponent).max(128),
  inject: z.array(Injection).max(128),
  signIn: SignInForm.optional(),
  backupHook: z.strictObject({ kind: z.literal('Job'), name: ObjectName, namespace: Label }).optional(),
});
export type Product = z.infer<typeof Product>;

/** `flux/flux.yaml` in the config bundle: the delivery controllers that this release was tested with. */
export const FluxPin = z.strictObject({
  schema: z.literal('appliance.flux/v1'),
  version: Version,
  /** The oldest platform on which these controllers run. */
  kubernetes: SemverRange,
  /** Adopt a Flux that is already there when its version is in this range. */
  adopts: SemverRange,
  /** API versions that must be served when it is ready, `group/version/plural`. */
  serves: z.array(z.string().max(253)).min(1).max(16),
  controllers: z
    .array(z.strictObject({ name: ObjectName, image: z.string().max(512) }))
    .min(1)
    .max(8),
  /** Files beside this one, applied in this order. */
  manifests: z
    .array(z.string().regex(/^[a-z0-9.-]+\.yaml$/))
    .min(1)
    .max(16),
});
export type FluxPin = z.infer<typeof FluxPin>;
