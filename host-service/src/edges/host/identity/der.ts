/** The few pieces of DER (X.690) that a certificate request is made of. */

function lengthOf(bytes: number): Uint8Array {
  if (bytes < 0x80) return Uint8Array.of(bytes);
  const digits: number[] = [];
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Uint8Array.of(0x80 + digits.length, ...digits);
}

/** Tag, length and the parts one after another. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(content.length), content]);
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => tagged(0x30, ...parts);
export const setOf = (...parts: readonly Uint8Array[]): Uint8Array => tagged(0x31, ...parts);
export const utf8 = (text: string): Uint8Array => tagged(0x0c, Buffer.from(text, 'utf8'));
/** A number below 128. */
export const smallInteger = (value: number): Uint8Array => tagged(0x02, Uint8Array.of(value));
/** All bits of the bytes. */
export const bits = (bytes: Uint8Array): Uint8Array => tagged(0x03, Uint8Array.of(0), bytes);

/** An object identifier from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const base128 = (value: number): readonly number[] => {
    const digits = [value % 128];
    for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift((left % 128) + 128);
    return digits;
  };
  return tagged(0x06, Uint8Array.of(first * 40 + second, ...rest.flatMap(base128)));
}
