// Times are shown in the viewer's zone, and as the page says: its locale is the
// program's choice, with the clock of twelve or of 24 hours in it.
import { midnight } from './midnight'

const locale = document.documentElement.dataset.locale
const form = (o: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, o)
const twelve = form({ hour: 'numeric' }).resolvedOptions().hour12

const hm = { hour: twelve ? 'numeric' : '2-digit', minute: '2-digit' } as const
const hms = { ...hm, second: '2-digit' } as const
const date = { weekday: 'long', day: 'numeric', month: 'long' } as const
const forms: Record<string, Intl.DateTimeFormat> = {
  clock: form(hm),
  seconds: form(hms),
  date: form(date),
  moment: form({ weekday: 'short', day: 'numeric', month: 'short', ...hms }),
  weekday: form({ weekday: 'short' }),
  day: form({ weekday: 'short', day: 'numeric', month: 'short' }),
}

// Browsers do not agree on pm, and on the space before it: it is written as the program does.
const half = (_: string, h: string) => `\u00a0${h.toUpperCase()}M`

/** An instant in one of the forms clock, seconds, date, weekday, moment or day. */
export function show(ms: number, as: string): string {
  const said = (forms[as] ?? forms.moment).format(ms)
  return twelve ? said.replace(/\s([ap])\.?m\.?$/i, half) : said
}

/** An instant to the second, with its day unless that is today. */
export const recent = (ms: number): string => show(ms, midnight(ms) === midnight(Date.now()) ? 'seconds' : 'moment')

/** An instant to come to the minute, with its day unless that is today. */
function soon(ms: number): string {
  if (midnight(ms) === midnight(Date.now())) return show(ms, 'clock')
  return ms - Date.now() < 6 * 86_400_000 ? `${show(ms, 'weekday')} ${show(ms, 'clock')}` : show(ms, 'moment')
}

/** One to the minute, before the end of a span: PM is said once if both are. */
function begin(ms: number, t: HTMLTimeElement): string {
  const [from, to] = [ms, Date.parse((t.nextElementSibling as HTMLTimeElement).dateTime)].map((at) => show(at, 'clock').split('\u00a0'))
  return from[1] === to[1] ? from[0] : from.join('\u00a0')
}

const near: Record<string, (ms: number, t: HTMLTimeElement) => string> = { recent, soon, begin }

/** Rewrites every <time data-form> under root. */
export function localise(root: ParentNode): void {
  for (const t of root.querySelectorAll<HTMLTimeElement>('time[data-form]')) {
    const ms = Date.parse(t.dateTime)
    const as = t.dataset.form ?? ''
    if (!Number.isNaN(ms)) t.textContent = near[as]?.(ms, t) ?? show(ms, as)
  }
}

/** The viewer's zone as Europe/Vienna. */
export const place = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

/** The viewer's zone as UTC+01:00. */
export function zone(at: number): string {
  const m = -new Date(at).getTimezoneOffset()
  const two = (n: number) => String(n).padStart(2, '0')
  return `UTC${m < 0 ? '-' : '+'}${two(Math.floor(Math.abs(m) / 60))}:${two(Math.abs(m) % 60)}`
}

/** The value of an input of type datetime-local. */
export function toLocal(ms: number): string {
  const shifted = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, 19)
}

/** The inverse of toLocal; NaN if the input is empty. */
export const fromLocal = (value: string): number => (value ? new Date(value).getTime() : NaN)

/** An instant as addresses carry it. */
export const iso = (ms: number): string => new Date(Math.round(ms)).toISOString().replace('.000Z', 'Z')
