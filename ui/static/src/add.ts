// Says that it takes a while to find a camera, and tests one whose addresses were
// typed without leaving the page: the same form, sent by script, and the server's
// answer swapped in. What was typed stays, the password too.
import { begin } from './begin'
import { say } from './words'

begin()

const form = document.querySelector<HTMLFormElement>('[data-add]')
const test = form?.querySelector<HTMLButtonElement>('[value=test]')
const answer = form?.querySelector<HTMLElement>('[data-part=answer]')
let asking: AbortController | undefined

const find = document.querySelector<HTMLFormElement>('[data-find]')
const looking = find?.querySelector<HTMLElement>('[data-part=looking]')
let sent = false

find?.addEventListener('submit', (e) => {
  if (sent) return e.preventDefault() // the answer is on its way
  if (!looking) return
  sent = true
  const pressed = e.submitter as HTMLButtonElement | null
  const address = find.elements.namedItem('address')
  const search = pressed?.value === 'search' || (pressed?.name === 'do' && address instanceof HTMLInputElement && !address.value.trim())
  looking.replaceChildren(line(say(search ? 'looking' : 'asking'), 'answer busy'))
})

// A page that one came back to waits for nothing.
addEventListener('pageshow', () => {
  sent = false
  looking?.replaceChildren()
})

form?.addEventListener('submit', (e) => {
  const button = e.submitter as HTMLButtonElement | null
  if (button === test) void ask()
  else if (button?.name === 'use') take(button)
  else return
  e.preventDefault()
})

// Puts the address that was offered into its field.
function take(button: HTMLButtonElement): void {
  const [name, address] = button.value.split(/ (.*)/)
  const field = form?.elements.namedItem(name)
  if (!(field instanceof HTMLInputElement)) return
  field.value = address
  field.removeAttribute('aria-invalid')
  field.closest('.field')?.classList.remove('wrong')
  field.focus()
  button.remove()
}

async function ask(): Promise<void> {
  if (!form || !test || !answer) return
  asking?.abort()
  asking = new AbortController()
  const { signal } = asking
  test.setAttribute('aria-disabled', 'true')
  answer.replaceChildren(line(say('testing'), 'answer busy'))
  try {
    const body = new URLSearchParams()
    for (const [name, value] of new FormData(form)) body.set(name, String(value))
    body.set('do', 'test')
    const res = await fetch(form.action, { method: 'POST', body, signal })
    show(new DOMParser().parseFromString(await res.text(), 'text/html'))
  } catch {
    if (!signal.aborted) answer.replaceChildren(line(say('test_failed'), 'answer bad'))
  } finally {
    if (!signal.aborted) test.removeAttribute('aria-disabled')
  }
}

function show(doc: Document): void {
  const moved = credentials(doc)
  for (const part of form?.querySelectorAll<HTMLElement>('[data-part]') ?? []) {
    const fresh = doc.querySelector<HTMLElement>(`[data-part="${part.dataset.part}"]`)
    if (!fresh) continue
    if (part.dataset.keep !== undefined) keep(part, fresh, moved)
    part.replaceChildren(...fresh.childNodes)
  }
  answer?.scrollIntoView({ block: 'nearest' })
  form?.querySelector<HTMLElement>('[aria-invalid]')?.focus()
}

// Takes over what is said about a field, not what is in it, unless the server
// moved credentials out of an address. It never sends a password back.
function keep(part: HTMLElement, fresh: HTMLElement, moved: string | undefined): void {
  const [old, input] = [part, fresh].map((p) => p.querySelector('input')) as HTMLInputElement[]
  if (old.type === 'password') {
    if (moved !== undefined) old.value = moved
    return fresh.replaceChildren(...part.childNodes)
  }
  if (moved !== undefined && input.value) old.value = input.value
  old.toggleAttribute('aria-invalid', input.hasAttribute('aria-invalid'))
  if (old.hasAttribute('aria-invalid')) old.setAttribute('aria-invalid', 'true')
  input.replaceWith(old)
}

/** The password of an address out of which the server moved an credentials; undefined if it did not. */
function credentials(doc: Document): string | undefined {
  const [user, url, sub] = ['user', 'url', 'sub_url'].map((name) =>
    [form, doc].map((root) => root?.querySelector<HTMLInputElement>(`[name=${name}]`)?.value ?? ''))
  const password = form?.querySelector<HTMLInputElement>('[name=password]')
  if (password?.value || !user[1]) return undefined
  for (const [typed, tidy] of [url, sub]) {
    const credentials = typed.replace(/^.*?:\/\//, '')
    const end = credentials.lastIndexOf(`@${tidy.replace(/^.*?:\/\//, '').split(/[/?#]/)[0]}`)
    const begin = credentials.indexOf(':')
    if (end < 0 || begin < 0 || begin > end) continue
    const text = credentials.slice(begin + 1, end)
    try {
      return decodeURIComponent(text)
    } catch {
      return text
    }
  }
  return undefined
}

function line(text: string, className: string): HTMLElement {
  const p = document.createElement('p')
  p.className = className
  p.textContent = text
  return p
}
