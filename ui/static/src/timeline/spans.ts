// Sums over stretches of time that are in order and do not overlap.

interface Span {
  from: number
  to: number
}

/** What at least one of some spans, in any order, covers. */
export function union(spans: readonly Span[]): Span[] {
  const all: Span[] = []
  for (const s of [...spans].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1)
    if (last && s.from <= last.to) last.to = Math.max(last.to, s.to)
    else all.push({ from: s.from, to: s.to })
  }
  return all
}

/** What spans of both lists cover; both makes one of the two that meet there. */
export function overlap<T extends Span>(a: readonly T[], b: readonly T[], both: (a: T, b: T) => T): T[] {
  const all: T[] = []
  for (let i = 0, k = 0; i < a.length && k < b.length; a[i].to < b[k].to ? i++ : k++) {
    const [from, to] = [Math.max(a[i].from, b[k].from), Math.min(a[i].to, b[k].to)]
    if (from < to) all.push({ ...both(a[i], b[k]), from, to })
  }
  return all
}
