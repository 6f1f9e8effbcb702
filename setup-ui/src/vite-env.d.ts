/// <reference types="vite/client" />

/** Whether this build has the gallery of states. */
declare const __GALLERY__: boolean;

/** Words that the first screen needs, and the rest. */
declare module 'virtual:words/en' {
  export const messages: Readonly<Record<string, unknown>>;
}
declare module 'virtual:words/en/more' {
  export const messages: Readonly<Record<string, unknown>>;
  /** Problem code -> who acts next. */
  export const actors: Readonly<Record<string, string>>;
}
declare module 'virtual:words/de' {
  export const messages: Readonly<Record<string, unknown>>;
}
declare module 'virtual:words/de/more' {
  export const messages: Readonly<Record<string, unknown>>;
  /** Problem code -> who acts next. */
  export const actors: Readonly<Record<string, string>>;
}

/** What `contract-plugin.ts` makes of the contract. */
declare module 'virtual:contract.json' {
  export const routes: Readonly<
    Record<string, { readonly method: string; readonly path: string; readonly answers: readonly number[] }>
  >;
  export const schemas: Readonly<Record<string, object>>;
  export const defs: Readonly<Record<string, object>>;
}
declare module 'virtual:contract-more.json' {
  export const schemas: Readonly<Record<string, object>>;
  export const defs: Readonly<Record<string, object>>;
}
