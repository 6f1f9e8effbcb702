/** Nobody touched the page for this long, in milliseconds. */
const IDLE_MS = 2_000;

const OVERLAYS = '[role=dialog],[role=alertdialog],[role=menu],[role=listbox]';

/** Whether something stands in a control that is not what the page put there. */
function hasTyped(document: Document): boolean {
  return [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input,textarea')].some(
    (control) =>
      touched.has(control) && control.type !== 'radio' && control.type !== 'checkbox' && control.value !== '',
  );
}

const touched = new WeakSet<Element>();

/** Watches the person: a reload must not take away what is typed or looked at. */
export function watchPerson(window: Window, now: () => number): () => boolean {
  let lastMs = 0;
  const note = (event: Event): void => {
    lastMs = now();
    if (event.type === 'input' && event.target instanceof Element) touched.add(event.target);
  };
  for (const type of ['input', 'keydown', 'pointerdown', 'wheel', 'touchmove'])
    window.addEventListener(type, note, { capture: true, passive: true });
  return () => {
    const { document } = window;
    if (document.querySelector(OVERLAYS) !== null || hasTyped(document)) return false;
    return document.visibilityState === 'hidden' || now() - lastMs >= IDLE_MS;
  };
}
