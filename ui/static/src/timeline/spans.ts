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

interface Scores {
  scores: number[]
  step: number // ms of one
  origin: number // where they begin
}

/** At each moment the highest score that any has, as coarse as the coarsest. */
export function highest(all: Scores[]): Scores {
  const told = all.filter((s) => s.step && s.scores.length)
  const step = Math.max(0, ...told.map((s) => s.step))
  const origin = Math.min(...told.map((s) => s.origin))
  const length = Math.max(0, ...told.map((s) => Math.ceil((s.origin + s.scores.length * s.step - origin) / step)))
  const scores = Array<number>(length).fill(0)
  for (const s of told) {
    s.scores.forEach((score, i) => {
      const at = Math.floor((s.origin + i * s.step - origin) / step)
      scores[at] = Math.max(score, scores[at])
    })
  }
  return { scores, step, origin }
}
