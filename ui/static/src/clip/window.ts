// What of time a filmstrip shows, and where its grips may go.
import type { Span } from '../timeline/data'

const least = 1000 // ms of a clip
export const longest = 31 * 24 * 3_600_000 // as in the API
const unwritten = 4000 // ms until footage can be asked for
const room = 0.15 // before and after the clip, of its length
const leastRoom = 2000 // ms, so that there is something to drag into

const clamp = (v: number, low: number, high: number) => Math.max(low, Math.min(v, high))

export type End = 'from' | 'to'

/** The clip and a little around it: it fills most of the strip. */
export function around({ from, to }: Span, now: number): Span {
  const margin = Math.max((to - from) * room, leastRoom)
  return { from: from - margin, to: Math.max(Math.min(to + margin, now), to) }
}

/** The clip with one end moved: its ends keep a second apart, lie on whole ones if at does, and it ends where footage does. */
export function trim({ from, to }: Span, end: End, at: number, now: number): Span {
  if (end === 'from') return { from: clamp(at, to - longest, to - least), to }
  return { from, to: clamp(at, from + least, Math.max(Math.min(from + longest, Math.floor((now - unwritten) / 1000) * 1000), from + least)) }
}

/** The view with more time at one end, more the longer a grip is held there. */
export function widen(view: Span, end: End, ms: number, now: number): Span {
  const more = (view.to - view.from) * (Math.exp(ms / 1000) - 1)
  if (end === 'from') return { from: view.from - more, to: view.to }
  return { from: view.from, to: Math.max(view.to, Math.min(view.to + more, now)) }
}
