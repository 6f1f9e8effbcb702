/** The nonce of this answer, for style elements that libraries add while a dialog is open. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce;
if (nonce !== undefined && nonce !== '') Object.assign(globalThis, { __webpack_nonce__: nonce });

export {};
