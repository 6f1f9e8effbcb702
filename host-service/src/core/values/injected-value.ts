import type { z } from 'zod';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import type { Product } from '../../contract/product.ts';
import type { Injection, Release } from '../../contract/release.ts';
import type { Plain } from './document.ts';
import { settingText, type Settings } from './settings.ts';

/**
 * What an injection writes. undefined = an optional setting without answer or default: the vendor's file keeps its own value.
 * Problems: plan.settings-missing (B-46: never reset to a placeholder), plan.settings-invalid, plan.values-path-missing.
 */
export function injectedValue(
  injection: z.infer<typeof Injection>,
  input: { readonly release: Release; readonly settings: Settings; readonly product: Product },
): Verdict<Plain | undefined> {
  if (injection.literal !== undefined) return accept(injection.literal);
  if (injection.image !== undefined) return imageText(injection.image, injection, input.release);
  if (injection.setting === undefined) {
    return refuse(
      'plan.values-path-missing',
      `${injection.component} ${injection.path} says not what to fill in`,
    );
  }
  return settingForm(injection.setting, injection.form ?? 'value', input);
}

function imageText(key: string, injection: z.infer<typeof Injection>, release: Release): Verdict<Plain> {
  const image = Object.hasOwn(release.images, key) ? release.images[key] : undefined;
  if (image === undefined) {
    return refuse(
      'plan.values-path-missing',
      `${injection.component} ${injection.path} wants image ${key}, which the release does not have`,
      injection.component,
    );
  }
  switch (injection.form ?? 'digest') {
    case 'repository':
      return accept(image.repository);
    case 'tag-at-digest':
      // A reference must have a tag before "@"; the digest alone decides what is pulled.
      return accept(`${image.tag ?? release.version}@${image.digest}`);
    default:
      return accept(image.digest);
  }
}

function settingForm(
  name: string,
  form: NonNullable<z.infer<typeof Injection>['form']>,
  input: { readonly settings: Settings; readonly product: Product },
): Verdict<Plain | undefined> {
  const text = settingText(input.product, input.settings, name);
  if (!text.ok) return text;
  if (text.value === undefined) {
    const required = input.product.settings[name]?.required ?? true;
    return required
      ? refuse('plan.settings-missing', `setting ${name} has no value`, name)
      : accept(undefined);
  }
  if (form !== 'host' && form !== 'port') return accept(plain(input.settings, name, text.value));
  if (!URL.canParse(text.value)) {
    return refuse('plan.settings-invalid', `setting ${name} is not an address`, name);
  }
  const url = new URL(text.value);
  if (form === 'host') return accept(url.hostname);
  return accept(url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port));
}

/** Answers that are numbers or switches stay what they are; texts stay texts. */
function plain(settings: Settings, name: string, text: string): Plain {
  const answer = Object.hasOwn(settings, name) ? settings[name] : undefined;
  return typeof answer === 'number' || typeof answer === 'boolean' ? answer : text;
}
