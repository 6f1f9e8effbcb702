import { Digest, Repository } from '../../contract/names.ts';

/** One image by its digest. */
export interface ImageReference {
  readonly repository: Repository;
  readonly digest: Digest;
}

/** An image and how many bytes it has, when its release says so. */
export interface SizedImage extends ImageReference {
  readonly size?: number;
}

/**
 * Reads `repository@digest`; undefined when it is anything else. What is read here may stand in the arguments of a program: it begins with a letter or
 * a digit, so that it is never taken for an option.
 */
export function parseReference(text: string): ImageReference | undefined {
  const at = text.indexOf('@');
  if (at <= 0 || !/^[a-z0-9]/.test(text)) return undefined;
  const repository = Repository.safeParse(text.slice(0, at));
  const digest = Digest.safeParse(text.slice(at + 1));
  if (!repository.success || !digest.success) return undefined;
  return { repository: repository.data, digest: digest.data };
}

/** As pods and runtimes name it. */
export const referenceOf = ({ repository, digest }: ImageReference): string => `${repository}@${digest}`;
