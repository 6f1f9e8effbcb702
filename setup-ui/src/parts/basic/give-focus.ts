/** Puts the focus on an element, or on the content when it is no longer there: a focus that is nowhere begins again at the top of the page. */
export function giveFocus(element: Element | null): void {
  const isThere = element instanceof HTMLElement && element.isConnected && element !== document.body;
  const target = isThere ? element : document.getElementById('content');
  target?.focus({ preventScroll: true });
}
