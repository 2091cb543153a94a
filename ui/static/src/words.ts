// What scripts say comes with the page, in the page's language.
const words: Record<string, string> = JSON.parse(document.body.dataset.words ?? '{}')

/** The phrase called key, with each {name} in it replaced. */
export function say(key: string, values: Record<string, string | number> = {}): string {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all))
}

/** A length of time in the two units that matter for it. */
export function length(ms: number): string {
  const s = Math.round(ms / 1000)
  if (s < 60) return say('seconds', { n: s })
  if (s < 600 && s % 60 > 0) return say('minutes_seconds', { n: Math.floor(s / 60), s: s % 60 })
  if (s < 3600) return say('minutes', { n: Math.round(s / 60) })
  return say('hours', { n: Math.floor(s / 3600), m: Math.round((s % 3600) / 60) })
}
