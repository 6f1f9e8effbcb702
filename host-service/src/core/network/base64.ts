/** Base64 of a text in UTF-8, as Secrets and docker configurations carry it. */
export const toBase64Text = (text: string): string =>
  btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
