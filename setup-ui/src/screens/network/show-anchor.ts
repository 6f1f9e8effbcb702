/** Brings a part of the screen into sight, opens what is folded in it, and puts the focus into its first field. `otherwise`: where that part is not there. */
export function showAnchor(id: string, otherwise = id): void {
  if (!id.startsWith('network-')) return;
  const part = document.getElementById(id) ?? document.getElementById(otherwise);
  if (part === null) return;
  for (const details of part.querySelectorAll('details[data-opens]')) details.setAttribute('open', '');
  part.scrollIntoView({ block: 'start' });
  const control = [...part.querySelectorAll<HTMLElement>('input, textarea')].find(
    (field) => !field.hasAttribute('readonly'),
  );
  (control ?? part.querySelector<HTMLElement>('button'))?.focus({ preventScroll: true });
}
