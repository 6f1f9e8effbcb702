import type { JsonObject } from './json.ts';

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** An answer of the API server that is not a success, as its `Status` object (apimachinery meta/v1). */
export class Refusal extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: object;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: number,
    reason: string,
    message: string,
    details: object = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.headers = headers;
  }

  status(): object {
    const { code, reason, message, details } = this;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === '' ? {} : { reason }),
      details,
      code,
    };
  }
}

interface Named {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

/** `deployments.apps "x"`, as messages name an object. */
const wordsOf = ({ group, plural }: Named, name: string): string =>
  `${plural}${group === '' ? '' : `.${group}`} "${name}"`;
const detailsOf = ({ group, plural }: Named, name: string): object => ({
  name,
  ...(group === '' ? {} : { group }),
  kind: plural,
});

export const notFound = (resource: Named, name: string): Refusal =>
  new Refusal(404, 'NotFound', `${wordsOf(resource, name)} not found`, detailsOf(resource, name));
export const exists = (resource: Named, name: string): Refusal =>
  new Refusal(409, 'AlreadyExists', `${wordsOf(resource, name)} already exists`, detailsOf(resource, name));
export const changed = (resource: Named, name: string, why = ''): Refusal =>
  new Refusal(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${wordsOf(resource, name)}: ${
      why === ''
        ? 'the object has been modified; please apply your changes to the latest version and try again'
        : why
    }`,
    detailsOf(resource, name),
  );
export const badRequest = (message: string): Refusal => new Refusal(400, 'BadRequest', message);
export const notAllowed = (): Refusal =>
  new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
export const expired = (message: string): Refusal => new Refusal(410, 'Expired', message);
export const forbidden = (
  resource: Named,
  name: string,
  why: string,
  causes: readonly object[] = [],
): Refusal =>
  new Refusal(403, 'Forbidden', `${wordsOf(resource, name)} is forbidden: ${why}`, {
    ...detailsOf(resource, name),
    ...(causes.length === 0 ? {} : { causes }),
  });

/** 422 with all causes. */
export function invalid(resource: Named, name: string, causes: readonly Cause[]): Refusal {
  const { group, kind } = resource;
  const list = causes.map((cause) => `${cause.field}: ${cause.message}`);
  return new Refusal(
    422,
    'Invalid',
    `${kind}${group === '' ? '' : `.${group}`} "${name}" is invalid: ${
      list.length === 1 ? (list[0] ?? '') : `[${list.join(', ')}]`
    }`,
    { name, ...(group === '' ? {} : { group }), kind, causes },
  );
}

const cause =
  (reason: string) =>
  (field: string, message: string): Cause => ({ reason, field, message });
export const required = (field: string, why = ''): Cause =>
  cause('FieldValueRequired')(field, why === '' ? 'Required value' : `Required value: ${why}`);
export const wrong = (field: string, value: unknown, why: string): Cause =>
  cause('FieldValueInvalid')(field, `Invalid value: ${JSON.stringify(value)}: ${why}`);
export const wrongType = (field: string, value: string, why: string): Cause =>
  cause('FieldValueTypeInvalid')(field, `Invalid value: ${JSON.stringify(value)}: ${why}`);
export const unsupported = (field: string, value: unknown, allowed: readonly unknown[]): Cause =>
  cause('FieldValueNotSupported')(
    field,
    `Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed
      .map((one) => JSON.stringify(one))
      .join(', ')}`,
  );
export const tooLong = (field: string, most: number): Cause =>
  cause('FieldValueTooLong')(field, `Too long: may not be more than ${most} bytes`);
export const tooMany = (field: string, count: number, most: number): Cause =>
  cause('FieldValueTooMany')(field, `Too many: ${count}: must have at most ${most} items`);

/** Body of an answer that removed something. */
export const success = (resource: Named, name: string, uid: string): JsonObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: {
    name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
    uid,
  },
});
