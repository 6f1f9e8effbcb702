/** Brings a part of the screen into sight, opens what is folded in it, and puts the focus into its first field. */
export function showAnchor(id: string): void {
  const part = id.startsWith('network-') ? document.getElementById(id) : null;
  if (part === null) return;
  for (const details of part.querySelectorAll('details[data-opens]')) details.setAttribute('open', '');
  part.scrollIntoView({ block: 'start' });
  const control = [...part.querySelectorAll<HTMLElement>('input, textarea')].find(
    (field) => !field.hasAttribute('readonly'),
  );
  (control ?? part.querySelector<HTMLElement>('button'))?.focus({ preventScroll: true });
}
