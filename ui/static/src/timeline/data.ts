// What was recorded and what is missing around the view, as the server tells.
import { iso, show } from '../time'
import { say } from '../words'
import type { View } from './view'

export interface Span {
  from: number
  to: number
}

export interface Gap extends Span {
  reason: string // in words
  planned: boolean // the household wanted it so
}

/** Something that happened. */
export interface Mark extends Span {
  kind: string
  where?: string // the camera's name, where there are several
}

interface Told {
  events: { kind: string; from: string; to: string }[]
}

interface Answer {
  footage: { from: string; to: string }[] | null
  gaps: Why[] | null
  activity?: { step_us: number; scores: number[] | null }
}

const stale = 10_000 // ms after which what is growing is asked for again

/** What is known of a stretch of time. */
export abstract class Known {
  footage: Span[] = []
  gaps: Gap[] = []
  marks: Mark[] = []
  scores: number[] = []
  step = 0 // ms of one score
  origin = 0 // where the scores begin

  /** Asks for what the view lacks; reports whether a question is under way. */
  abstract want(view: Pick<View, 'from' | 'to' | 'span'>): boolean

  gapAt(t: number): Gap | undefined {
    return t > Date.now() ? undefined : this.gaps.find((g) => g.from <= t && t < g.to)
  }

  recordedAt(t: number): boolean {
    return this.footage.some((f) => f.from <= t && t < f.to)
  }

  /** What begins at or after t, or before it, next. */
  mark(t: number, before: boolean): Mark | undefined {
    return before ? this.marks.findLast((m) => m.from < t) : this.marks.find((m) => m.from >= t)
  }

  /** The first footage that goes on after t. */
  after(t: number): Span | undefined {
    return this.footage.find((f) => f.to > t)
  }
}

/** That of one camera. */
export class Data extends Known {
  #have: Span & { span: number; when: number } = { from: 0, to: 0, span: 0, when: 0 }
  #asking?: AbortController

  constructor(
    private readonly camera: number,
    private readonly stream: () => string,
    private readonly changed: () => void,
  ) {
    super()
  }

  want(view: Pick<View, 'from' | 'to' | 'span'>): boolean {
    if (this.#asking) return true
    if (document.hidden) return false
    const h = this.#have
    const covered = h.from <= view.from && Math.min(view.to, Date.now()) <= h.to
    const fine = h.span / view.span < 2.5 && view.span / h.span < 2.5
    const fresh = view.to < h.when || Date.now() - h.when < stale
    if (covered && fine && fresh) return false
    void this.#ask({ from: view.from - view.span, to: view.to + view.span }, view.span)
    return true
  }

  async #ask(range: Span, span: number): Promise<void> {
    this.#asking = new AbortController()
    const { signal } = this.#asking
    const asked = Date.now()
    try {
      const when = { from: iso(range.from), to: iso(range.to) }
      const get = async <T>(path: string, query: Record<string, string>): Promise<T> => {
        const res = await fetch(`/api/v1/${path}?${new URLSearchParams({ ...when, ...query })}`, { signal })
        if (!res.ok) throw new Error(`${path}: ${res.status}`)
        return (await res.json()) as T
      }
      const [line, told] = await Promise.all([
        get<Answer>(`cameras/${this.camera}/timeline`, { stream: this.stream() }),
        get<Told>('events', { camera: String(this.camera), limit: '1000' }),
      ])
      this.#take(line, range)
      this.marks = marks(told)
      this.#have = { ...range, span, when: asked }
    } catch {
      await new Promise((done) => setTimeout(done, 2000)) // not a storm while the server is away
    } finally {
      this.#asking = undefined
    }
    this.changed() // now more can be asked for
  }

  #take(a: Answer, range: Span): void {
    this.footage = (a.footage ?? []).map((f) => ({ from: Date.parse(f.from), to: Date.parse(f.to) }))
    this.gaps = (a.gaps ?? []).map((g) => ({
      from: Date.parse(g.from),
      to: g.to ? Date.parse(g.to) : Infinity, // it goes on
      reason: words(g),
      planned: g.planned ?? false,
    }))
    this.scores = a.activity?.scores ?? []
    this.step = (a.activity?.step_us ?? 0) / 1000
    this.origin = range.from
  }

  /** Whether it is known that nothing was recorded at t; the last seconds may only not be on disk yet. */
  emptyAt(t: number): boolean {
    return this.#have.from <= t && t < Math.min(this.#have.to, this.#have.when - 10_000) && !this.recordedAt(t)
  }

  /** Whether it is known what was recorded between two instants. */
  knows(from: number, to: number): boolean {
    return this.#have.from <= from && to <= Math.min(this.#have.to, this.#have.when)
  }
}

/** Those less than a minute apart are one, as in the lists of the server. */
function marks(told: Told): Mark[] {
  const last = new Map<string, Mark>()
  const all: Mark[] = []
  for (const e of told.events.toReversed()) {
    const mark = { kind: e.kind, from: Date.parse(e.from), to: Date.parse(e.to) }
    const before = last.get(e.kind)
    if (before && mark.from <= before.to + 60_000) before.to = Math.max(before.to, mark.to)
    else {
      last.set(e.kind, mark)
      all.push(mark)
    }
  }
  return all
}

/** A gap as the API tells it. */
interface Why {
  from: string
  to?: string
  reason: string
  message?: string
  planned?: boolean
  removed_at?: string
  cause?: string
  removed_by?: string
}

const day = 86_400_000

/** How footage went: `household` is who has the key, and no name that people use. */
function manner(g: Why, days: number): string | undefined {
  if (g.cause === 'too_old' && days < 2) return 'soon'
  return g.cause === 'by_hand' && g.removed_by === 'household' ? 'by_house' : g.cause
}

function words(g: Why): string {
  const at = Date.parse(g.removed_at ?? '')
  if (!Number.isNaN(at)) {
    const n = Math.floor((at - Date.parse(g.from)) / day)
    return say(`went_${manner(g, n)}`, { date: show(at, 'date'), n, who: g.removed_by ?? '' })
  }
  const own = say(`reason_${g.reason}`)
  return own.startsWith('reason_') ? (g.message ?? g.reason) : own
}
