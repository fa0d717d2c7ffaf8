/** Points → an SVG curve with logarithmic axes; no library, no script, no font of its own. */

export type Point = { readonly x: number; readonly y: number };
export type CurveLabels = { readonly title: string; readonly x: string; readonly y: string };

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 80;
const RIGHT = 20;
const TOP = 40;
const BOTTOM = 50;

/** All values must be above zero. */
export function drawCurve(points: readonly Point[], labels: CurveLabels): string {
  const [xFrom, xTo] = decades(points.map((point) => point.x));
  const [yFrom, yTo] = decades(points.map((point) => point.y));
  const atX = (x: number) => LEFT + ((Math.log10(x) - xFrom) / (xTo - xFrom)) * (WIDTH - LEFT - RIGHT);
  const atY = (y: number) => HEIGHT - BOTTOM - ((Math.log10(y) - yFrom) / (yTo - yFrom)) * (HEIGHT - TOP - BOTTOM);
  const parts: string[] = [];
  for (let power = xFrom; power <= xTo; power++) {
    const x = atX(10 ** power).toFixed(1);
    parts.push(`<line x1="${x}" y1="${TOP}" x2="${x}" y2="${HEIGHT - BOTTOM}" stroke="#ddd"/>`);
    parts.push(`<text x="${x}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${number(10 ** power)}</text>`);
  }
  for (let power = yFrom; power <= yTo; power++) {
    const y = atY(10 ** power).toFixed(1);
    parts.push(`<line x1="${LEFT}" y1="${y}" x2="${WIDTH - RIGHT}" y2="${y}" stroke="#ddd"/>`);
    parts.push(`<text x="${LEFT - 8}" y="${y}" dy="4" text-anchor="end">${number(10 ** power)}</text>`);
  }
  const line = points.map(({ x, y }) => `${atX(x).toFixed(1)},${atY(y).toFixed(1)}`).join(" ");
  parts.push(`<polyline points="${line}" fill="none" stroke="#1f6feb" stroke-width="2"/>`);
  for (const { x, y } of points) {
    const title = `<title>${number(x)}: ${number(y)}</title>`;
    parts.push(`<circle cx="${atX(x).toFixed(1)}" cy="${atY(y).toFixed(1)}" r="4" fill="#1f6feb">${title}</circle>`);
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="22" font-size="15">${labels.title}</text>`,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${labels.x}</text>`,
    `<text transform="translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${labels.y}</text>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** The whole decades around the values, at least one. */
function decades(values: readonly number[]): [number, number] {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.ceil(Math.log10(Math.max(...values)));
  return [from, Math.max(to, from + 1)];
}

function number(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}
