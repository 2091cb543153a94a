// Tests a camera without leaving the page: the same form, sent by script, and
// the server's answer swapped in. What was typed stays, the password too.
import { begin } from './begin'
import { say } from './words'

begin()

const form = document.querySelector<HTMLFormElement>('[data-add]')
const test = form?.querySelector<HTMLButtonElement>('[value=test]')
const answer = form?.querySelector<HTMLElement>('[data-part=answer]')
let asking: AbortController | undefined

form?.addEventListener('submit', (e) => {
  if (e.submitter !== test) return
  e.preventDefault()
  void ask()
})

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
  for (const part of form?.querySelectorAll<HTMLElement>('[data-part]') ?? []) {
    const fresh = doc.querySelector(`[data-part="${part.dataset.part}"]`)
    if (!fresh) continue
    if (part.dataset.keep === undefined) part.replaceChildren(...fresh.childNodes)
    else adopt(part, fresh)
  }
  form?.querySelector<HTMLElement>('[aria-invalid]')?.focus()
}

// Takes over what is said about a field, not what is in it.
function adopt(part: HTMLElement, fresh: Element): void {
  const [field, input, note] = ['.field', 'input', '.note'].map((s) => [part.querySelector(s), fresh.querySelector(s)])
  if (field[0] && field[1]) field[0].className = field[1].className
  const wrong = input[1]?.hasAttribute('aria-invalid')
  if (wrong) input[0]?.setAttribute('aria-invalid', 'true')
  else input[0]?.removeAttribute('aria-invalid')
  const name = (input[0] as HTMLInputElement | null)?.name
  if (note[0] && note[1] && name !== 'password') note[0].textContent = note[1].textContent
}

function line(text: string, className: string): HTMLElement {
  const p = document.createElement('p')
  p.className = className
  p.textContent = text
  return p
}
