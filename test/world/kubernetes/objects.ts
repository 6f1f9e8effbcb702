import { builtInCauses, changeCauses, metadataCauses, shapeFault } from './checks.ts';
import { withBuiltInDefaults } from './defaults.ts';
import { objectOf, same, textOf, textsOf, without } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { apiVersionOf, bucketName } from './kinds.ts';
import type { Resource } from './kinds.ts';
import {
  now,
  metaOf,
  SERVER_OWNED,
  withMeta,
  carriedOver,
  tidy,
  wantedPart,
  isUnchanged,
  detached,
  suffix,
  withBuiltInSecret,
  isGoing,
  isHeld,
} from './meta.ts';
import { appliedBy, writtenBy } from './managers.ts';
import type { Identity } from './managers.ts';
import {
  badRequest,
  changed,
  exists,
  forbidden,
  invalid,
  notFound,
  Refusal,
  required,
  wrong,
} from './refusal.ts';
import { pruneUnknown, schemaCauses, typeFaults, withDefaults } from './schema.ts';
import { newUid } from './store.ts';
import type { Entry, Store } from './store.ts';

export interface WriteOptions {
  readonly manager: string;
  readonly dryRun: boolean;
  readonly validation: 'Strict' | 'Warn' | 'Ignore';
  readonly force: boolean;
  readonly subresource: '' | 'status';
}

export interface Written {
  readonly entry: Entry;
  readonly created: boolean;
  readonly warnings: readonly string[];
}

const NAMESPACES = { group: '', plural: 'namespaces', kind: 'Namespace' };
/** Reads and writes of single objects, by the rules of a real API server. */
export class Objects {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  /** @throws Refusal 404 */
  get(resource: Resource, namespace: string, name: string): Entry {
    const entry = this.find(resource, namespace, name);
    if (entry === undefined) throw notFound(resource, name);
    return entry;
  }

  find(resource: Resource, namespace: string, name: string): Entry | undefined {
    return this.store.bucket(bucketName(resource)).get(namespace, name);
  }

  create(resource: Resource, namespace: string, body: JsonObject, options: WriteOptions): Written {
    this.checkHead(resource, namespace, body);
    const given = metaOf(body);
    if (textOf(given['resourceVersion']) !== '')
      throw badRequest('resourceVersion should not be set on objects to be created');
    const prefix = textOf(given['generateName']);
    const name =
      textOf(given['name']) === '' && prefix !== '' ? `${prefix}${suffix()}` : textOf(given['name']);
    if (name === '')
      throw invalid(resource, '', [required('metadata.name', 'name or generateName is required')]);
    const { object, warnings } = this.decoded(resource, body, options);
    const fresh = this.fresh(resource, namespace, name, object);
    this.checkNamespace(resource, namespace, name);
    if (this.find(resource, namespace, name) !== undefined) throw exists(resource, name);
    const filled = tidy(this.filled(resource, fresh));
    const owned = writtenBy(
      this.identity(resource, options, 'Update'),
      undefined,
      filled,
      resource.type,
      now(),
    );
    return { entry: this.commit(resource, undefined, owned, options), created: true, warnings };
  }

  replace(
    resource: Resource,
    namespace: string,
    name: string,
    body: JsonObject,
    options: WriteOptions,
  ): Written {
    this.checkHead(resource, namespace, body, name);
    const before = this.get(resource, namespace, name);
    const given = metaOf(body);
    this.checkPreconditions(resource, before, given);
    if (!resource.unconditional && textOf(given['resourceVersion']) === '')
      throw invalid(resource, name, [
        wrong('metadata.resourceVersion', 0, 'must be specified for an update'),
      ]);
    const { object, warnings } = this.decoded(resource, body, options);
    const wanted = this.combined(resource, before.object, object, options);
    const filled = tidy(this.filled(resource, wanted));
    const who = this.identity(resource, options, 'Update');
    const owned = writtenBy(who, before.object, filled, resource.type, now());
    return { entry: this.commit(resource, before, owned, options), created: false, warnings };
  }

  /** Server-side apply. */
  apply(
    resource: Resource,
    namespace: string,
    name: string,
    body: JsonObject,
    options: WriteOptions,
  ): Written {
    this.checkHead(resource, namespace, body, name);
    if (metaOf(body)['managedFields'] !== undefined) throw badRequest('metadata.managedFields must be nil');
    const before = this.find(resource, namespace, name);
    if (before === undefined && options.subresource !== '') throw notFound(resource, name);
    if (before !== undefined) this.checkPreconditions(resource, before, metaOf(body));
    const object = this.typed(resource, namespace, name, body);
    const warnings: readonly string[] = [];
    const wanted = this.appliedPart(resource, namespace, name, object, options);
    const parts = {
      who: this.identity(resource, options, 'Apply'),
      live: before?.object,
      wanted,
      type: resource.type,
      force: options.force,
      now: now(),
    };
    if (before === undefined) {
      this.checkNamespace(resource, namespace, name);
      const made = appliedBy(parts);
      const fresh = this.fresh(resource, namespace, name, made);
      const managed = withMeta(fresh, {
        ...metaOf(fresh),
        managedFields: metaOf(made)['managedFields'] ?? [],
      });
      const filled = tidy(this.filled(resource, managed));
      return { entry: this.commit(resource, undefined, filled, options), created: true, warnings };
    }
    const merged = appliedBy(parts);
    const { managedFields = [] } = metaOf(merged);
    const carried = carriedOver(before.object, merged);
    // What nobody owns, like its name, is not for an apply to take away.
    const place = { name, ...(resource.namespaced ? { namespace } : {}) };
    const next = withMeta(carried, { ...metaOf(carried), ...place, managedFields });
    const filled = tidy(this.filled(resource, next));
    return { entry: this.commit(resource, before, filled, options), created: false, warnings };
  }

  /** Writes metadata and status as the server itself does, without an owner. */
  adjust(resource: Resource, before: Entry, change: (object: JsonObject) => JsonObject): Entry {
    return this.commit(resource, before, tidy(change(before.object)), {
      manager: '',
      dryRun: false,
      validation: 'Ignore',
      force: true,
      subresource: '',
    });
  }

  private identity(resource: Resource, options: WriteOptions, operation: Identity['operation']): Identity {
    const { manager, subresource } = options;
    return { manager, operation, apiVersion: apiVersionOf(resource), subresource };
  }

  /** The body must speak of what the path says. */
  private checkHead(resource: Resource, namespace: string, body: JsonObject, name?: string): void {
    const { apiVersion, kind } = body;
    const wanted = apiVersionOf(resource);
    if (apiVersion !== wanted || kind !== resource.kind)
      throw badRequest(
        `${resource.kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}: no kind ${JSON.stringify(kind ?? '')} is registered for version ${JSON.stringify(apiVersion ?? '')}`,
      );
    const fault = shapeFault(body);
    if (fault !== undefined) throw badRequest(`json: cannot unmarshal into Go struct field .${fault}`);
    const metadata = metaOf(body);
    const said = textOf(metadata['namespace']);
    if (said !== '' && said !== namespace)
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    const called = textOf(metadata['name']);
    if (name !== undefined && called !== name)
      throw badRequest(`the name of the object (${called}) does not match the name on the URL (${name})`);
  }

  private checkNamespace(resource: Resource, namespace: string, name: string): void {
    if (!resource.namespaced) return;
    const found = this.store.bucket('namespaces').get('', namespace);
    if (found === undefined) throw notFound(NAMESPACES, namespace);
    if (metaOf(found.object)['deletionTimestamp'] === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(resource, name, why, [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ]);
  }

  private checkPreconditions(resource: Resource, before: Entry, given: JsonObject): void {
    const uid = textOf(given['uid']);
    if (uid !== '' && uid !== before.uid)
      throw changed(
        resource,
        before.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.uid}`,
      );
    const version = textOf(given['resourceVersion']);
    if (version !== '' && version !== '0' && version !== metaOf(before.object)['resourceVersion'])
      throw changed(resource, before.name);
  }

  /** Custom objects lose what their schema does not know; the strict are told so. */
  private decoded(
    resource: Resource,
    body: JsonObject,
    options: WriteOptions,
  ): { readonly object: JsonObject; readonly warnings: readonly string[] } {
    if (resource.schema === undefined) return { object: body, warnings: [] };
    const { value, unknown } = pruneUnknown(body, resource.schema);
    const words = unknown.map((path) => `unknown field "${path}"`);
    if (words.length > 0 && options.validation === 'Strict')
      throw badRequest(`strict decoding error: ${words.join(', ')}`);
    return { object: value, warnings: options.validation === 'Warn' ? words : [] };
  }

  /** An apply of what the schema does not know is a fault of the server, as the real one sees it. */
  private typed(resource: Resource, namespace: string, name: string, body: JsonObject): JsonObject {
    if (resource.schema === undefined) return body;
    const { value, unknown } = pruneUnknown(body, resource.schema);
    const words = [
      ...unknown.map((path) => `.${path}: field not declared in schema`),
      ...typeFaults(body, resource.schema),
    ];
    if (words.length === 0) return value;
    const what = `${namespace}/${name}; ${apiVersionOf(resource)}, Kind=${resource.kind}`;
    throw new Refusal(500, '', `failed to create typed patch object (${what}): ${words.join('\n')}`);
  }

  private fresh(resource: Resource, namespace: string, name: string, object: JsonObject): JsonObject {
    const keepsStatus = !resource.hasStatus || resource.plural === 'nodes';
    const metadata = {
      ...without(metaOf(object), ...SERVER_OWNED),
      name,
      ...(resource.namespaced ? { namespace } : {}),
      uid: newUid(),
      creationTimestamp: now(),
      ...(resource.counts ? { generation: 1 } : {}),
    };
    return withMeta(keepsStatus ? object : without(object, 'status'), metadata);
  }

  private filled(resource: Resource, object: JsonObject): JsonObject {
    if (resource.schema === undefined) return withBuiltInDefaults(object);
    return objectOf(withDefaults(object, resource.schema));
  }

  /** Each endpoint writes its own half of the object. */
  private combined(
    resource: Resource,
    before: JsonObject,
    body: JsonObject,
    options: WriteOptions,
  ): JsonObject {
    const withStatus = (object: JsonObject, status: Json | undefined): JsonObject =>
      status === undefined ? without(object, 'status') : { ...object, status };
    if (options.subresource === 'status')
      return { ...withStatus(before, body['status']), apiVersion: apiVersionOf(resource) };
    const carried = carriedOver(before, body);
    const metadata = { ...metaOf(carried), name: textOf(metaOf(before)['name']) };
    const whole = withMeta(
      carried,
      resource.namespaced ? { ...metadata, namespace: textOf(metaOf(before)['namespace']) } : metadata,
    );
    return resource.hasStatus ? withStatus(whole, before['status']) : whole;
  }

  private appliedPart(
    resource: Resource,
    namespace: string,
    name: string,
    body: JsonObject,
    options: WriteOptions,
  ): JsonObject {
    const place = { name, ...(resource.namespaced ? { namespace } : {}) };
    const head = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    if (options.subresource === 'status') {
      const status = body['status'];
      return { ...head, metadata: place, ...(status === undefined ? {} : { status }) };
    }
    const metadata = { ...without(metaOf(body), ...SERVER_OWNED), ...place };
    const plain = resource.kind === 'Secret' ? withBuiltInSecret(body) : body;
    return withMeta(resource.hasStatus ? without(plain, 'status') : plain, metadata);
  }

  private commit(
    resource: Resource,
    before: Entry | undefined,
    object: JsonObject,
    options: WriteOptions,
  ): Entry {
    this.validate(resource, before?.object, object);
    const bucket = bucketName(resource);
    if (before === undefined) {
      if (options.dryRun) return detached(object, '');
      return this.store.write(bucket, object, undefined);
    }
    const isNew = !same(wantedPart(resource, before.object), wantedPart(resource, object));
    const generation = Number(metaOf(before.object)['generation'] ?? 0) + 1;
    const counted = resource.counts && isNew ? withMeta(object, { ...metaOf(object), generation }) : object;
    if (isUnchanged(before.object, counted)) return before;
    if (options.dryRun) return detached(counted, textOf(metaOf(before.object)['resourceVersion']));
    const entry = this.store.write(bucket, counted, before);
    // The last finalizer is gone.
    if (isGoing(counted) && textsOf(metaOf(counted)['finalizers']).length === 0 && !isHeld(counted))
      return this.store.remove(bucket, entry);
    return entry;
  }

  private validate(resource: Resource, before: JsonObject | undefined, object: JsonObject): void {
    const causes = [
      ...metadataCauses(resource, object),
      ...(resource.schema === undefined ? builtInCauses(object) : schemaCauses(object, resource.schema)),
      ...(before === undefined ? [] : changeCauses(before, object)),
    ];
    if (causes.length > 0) throw invalid(resource, textOf(metaOf(object)['name']), causes);
  }
}
