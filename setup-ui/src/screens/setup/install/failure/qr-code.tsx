import { useMemo, type ReactNode } from 'react';
import { encode } from 'uqr';

/** Modules of quiet around a code: readers want them. */
const QUIET = 4;

/** A text as a QR code, dark on light in every theme, because not every phone reads it the other way round (E-21). */
export function QrCode(props: { readonly text: string; readonly label: string }): ReactNode {
  const { path, size } = useMemo(() => drawingOf(props.text), [props.text]);
  return (
    <svg
      role="img"
      aria-label={props.label}
      data-qr={size}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="block w-full max-w-64 rounded border border-line"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

/** Runs of dark modules as one path. */
export function drawingOf(text: string): { readonly path: string; readonly size: number } {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET });
  const runs = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { path: runs.join(''), size };
}
