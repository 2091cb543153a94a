// Zones and masks as text: a line for each, its corners in thousandths of the picture.
export type Corner = [x: number, y: number]
export interface Shape {
  mask: boolean
  corners: Corner[]
}

export const most = 16 // of both, as the recorder takes them
export const mostCorners = 32
const whole = 1000

/** What the text says; undefined if that can't be drawn. */
export function read(text: string): Shape[] | undefined {
  const all: Shape[] = []
  for (const line of text.split('\n')) {
    const [kind, ...words] = line.trim().split(/\s+/)
    if (!kind) continue
    const corners = words.map((w) => w.split(',').map(Number) as Corner)
    if (!/^(zone|mask)$/.test(kind) || corners.length < 3 || corners.some((c) => c.length !== 2 || !c.every(Number.isInteger))) return undefined
    all.push({ mask: kind === 'mask', corners })
  }
  return all
}

export const points = (s: Shape): string => s.corners.map((c) => c.join(',')).join(' ')

/** The text of shapes, zones first, as the recorder numbers them. */
export const write = (all: Shape[]): string => all.map((s) => `${s.mask ? 'mask' : 'zone'} ${points(s)}\n`).join('')

export const within = (v: number): number => Math.round(Math.min(whole, Math.max(0, v)))

/** A place of a pointer: near the edge of the picture it is on it. */
export const near = (v: number): number => (v < 15 ? 0 : v > whole - 15 ? whole : within(v))

/** A new rectangle, not just over the last one. */
export function rectangle(mask: boolean, n: number): Shape {
  const [x, y] = [250 + (n % 5) * 60, 250 + (n % 5) * 60]
  return { mask, corners: [[x, y], [x + 300, y], [x + 300, y + 300], [x, y + 300]] }
}

/** The corners, all moved by as much as the picture has room for. */
export function moved(corners: Corner[], dx: number, dy: number): Corner[] {
  const room = (i: 0 | 1, d: number) => Math.max(-Math.min(...corners.map((c) => c[i])), Math.min(whole - Math.max(...corners.map((c) => c[i])), d))
  const [x, y] = [Math.round(room(0, dx)), Math.round(room(1, dy))]
  return corners.map((c) => [c[0] + x, c[1] + y])
}
