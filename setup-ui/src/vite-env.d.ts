/// <reference types="vite/client" />

/** Whether this build has the gallery of states. */
declare const __GALLERY__: boolean;

declare module 'virtual:words/en' {
  export const messages: Readonly<Record<string, unknown>>;
}
declare module 'virtual:words/de' {
  export const messages: Readonly<Record<string, unknown>>;
}
