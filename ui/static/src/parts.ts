// The server renders; scripts only swap the parts that it renders anew. So
// there is one source of what a state looks like, with script and without.
import { answer, text } from './answer'
import { localise, zone } from './time'
import { say } from './words'

/** Makes server-rendered HTML the viewer's own. */
export function adopt(root: ParentNode): void {
  localise(root)
  for (const z of root.querySelectorAll('[data-zone]')) z.textContent = say('times_here', { zone: zone(Date.now()) })
}

// A press that begins on one thing and ends on what took its place is none.
let held: Node | undefined // where a finger is, or a button of the mouse
let late: (() => void)[] = [] // what changes when it is let go
addEventListener('pointerdown', (e) => (held = e.target as Node), true)
for (const end of ['pointerup', 'pointercancel']) {
  addEventListener(end, () => {
    held = undefined
    const now = late
    late = []
    setTimeout(() => now.forEach((change) => change())) // the click comes first
  }, true)
}

/** Calls change now, or once what is being pressed or dragged is let go. */
export function rested(change: () => void): void {
  if (held) late.push(change)
  else change()
}

/**
 * Replaces every part of this page that differs in doc, except those being used
 * or played, and those of forms: what is typed, and what was said about it, stays.
 * What is being pressed is replaced once it is let go.
 */
export function swap(doc: Document): void {
  adopt(doc)
  for (const part of document.querySelectorAll<HTMLElement>('[data-part]')) {
    const fresh = doc.querySelector<HTMLElement>(`[data-part="${CSS.escape(part.dataset.part ?? '')}"]`)
    if (!fresh || part.closest('form') || [...part.querySelectorAll('video')].some((v) => v.controls && !v.paused)) continue
    if (held && part.contains(held)) late.push(() => put(part, fresh))
    else put(part, fresh)
  }
}

function put(part: HTMLElement, fresh: HTMLElement): void {
  part.className = fresh.className
  const open = opened(part)
  reopen(fresh, open)
  const used = part.contains(document.activeElement) ? document.activeElement : undefined
  // What is about to be pressed does not become something else.
  const html = alive(fresh.innerHTML)
  if (part.innerHTML === html || (used && !used.matches('a, summary'))) return
  if (html.includes('<video')) part.innerHTML = html
  else part.replaceChildren(...fresh.childNodes)
  if (used) heir(part, used)?.focus({ preventScroll: true })
}

// Chromium never lets go of a document that a video was made in and that is not
// shown: videos there go by another name.
const idle = (html: string) => html.replace(/(<\/?)video\b/g, '$1x-video')
const alive = (html: string) => html.replace(/(<\/?)x-video\b/g, '$1video')

/** What stands in part now for a link or a summary that was replaced. */
function heir(part: Element, old: Element): HTMLElement | undefined {
  const key = (e: Element) => e.id || e.getAttribute('href') || name(e.parentElement as Element)
  return [...part.querySelectorAll<HTMLElement>(old.tagName)].find((e) => key(e) === key(old))
}

/** Fetches the page at url, swaps its parts in, and returns it; undefined if the server does not answer so. */
export async function refresh(url: string | URL, signal?: AbortSignal): Promise<Document | undefined> {
  const html = await answer(url, text, { signal })
  if (html === undefined) return undefined
  const doc = new DOMParser().parseFromString(idle(html), 'text/html')
  swap(doc)
  return doc
}

/** Whether something was typed on this page that would be lost with it. */
export const typed = (): boolean =>
  [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input:not([type=hidden]), textarea')].some(
    (i) => i.value !== i.defaultValue || ('checked' in i && i.checked !== i.defaultChecked),
  )

const name = (d: Element) => d.querySelector('summary time')?.getAttribute('datetime') ?? ''
const opened = (root: Element) => new Set([...root.querySelectorAll('details[open]')].map(name))

function reopen(root: Element, names: Set<string>): void {
  for (const d of root.querySelectorAll('details')) if (names.has(name(d))) d.open = true
}
