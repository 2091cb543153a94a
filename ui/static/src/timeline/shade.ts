// Gaps too narrow to be drawn as such shade the columns that they lie in.

/** The least width in px of a gap that is drawn as one. */
export const wide = 3

/** How much of each column of 1 px the given stretches take: 0 to 1. They are in px, and do not overlap. */
export function shares(stretches: Iterable<{ a: number; b: number }>, width: number): Float32Array {
  const columns = new Float32Array(Math.max(Math.ceil(width), 0))
  for (const { a, b } of stretches) {
    for (let x = Math.max(Math.floor(a), 0); x < Math.min(b, columns.length); x++) {
      columns[x] = Math.min(columns[x] + Math.min(b, x + 1) - Math.max(a, x), 1)
    }
  }
  return columns
}
