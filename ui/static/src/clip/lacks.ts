// What a clip lacks, in words: who takes it away should know before.
import type { Data, Span } from '../timeline/data'
import { longest } from './window'
import { length, say } from '../words'

const moment = 2000 // ms of the shortest gap that is told
const unwritten = 10_000 // ms until footage surely is on disk

export interface Lacks {
  text: string
  empty: boolean // there is nothing to take away
}

/** What is missing of a clip, as far as data knows. */
export function lacks(clip: Span, data: Data, now: number): Lacks {
  if (clip.to - clip.from > longest) return { text: say('clip_long'), empty: true }
  if (clip.from >= now) return { text: say('clip_future'), empty: true }
  const ahead = clip.to > now ? [say('clip_ahead')] : []
  const end = Math.min(clip.to, now - unwritten)
  if (!data.knows(clip.from, end)) return { text: ahead.join(' '), empty: false }
  const inside = (s: Span) => Math.max(Math.min(s.to, end) - Math.max(s.from, clip.from), 0)
  const unknown = say('none_here')
  const reasons = new Map<string, number>()
  for (const g of data.gaps) reasons.set(g.reason, (reasons.get(g.reason) ?? 0) + inside(g))
  const sum = (all: Iterable<number>) => [...all].reduce((a, b) => a + b, 0)
  const there = sum(data.footage.map(inside))
  const rest = end - clip.from - there - sum(reasons.values()) // of which nobody knows why
  if (rest >= moment) reasons.set(unknown, rest)
  const told = [...reasons].filter(([, ms]) => ms >= moment).sort((a, b) => b[1] - a[1])
  const later = data.footage.some((f) => f.from < clip.to && f.to > clip.from)
  if (!there && !later && told.length) {
    const [[reason]] = told
    return { text: reason === unknown ? `${reason}.` : say('clip_empty', { reason }), empty: true }
  }
  return { text: [...told.map(([reason, ms]) => say('clip_lacks', { duration: length(ms), reason })), ...ahead].join(' '), empty: false }
}
