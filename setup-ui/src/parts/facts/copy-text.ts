/** Puts a text on the clipboard. The clipboard's interface exists on secure pages only, so there is the old way as well. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  const before = document.activeElement;
  area.value = text;
  area.setAttribute('readonly', '');
  area.className = 'sr-only';
  // Inside an open dialog, because elsewhere it could not take the focus.
  (document.querySelector('[role=dialog],[role=alertdialog]') ?? document.body).append(area);
  area.select();
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way on plain HTTP
    return document.execCommand('copy');
  } finally {
    area.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}
