// The page of what happened: several moments are selected by mouse and keys.
// Without this script ticks and buttons do the same.
import { begin } from './begin'
import { say } from './words'

begin()

const form = document.querySelector<HTMLFormElement>('[data-choose]')
if (form) choose(form)

function choose(form: HTMLFormElement): void {
  const ticks = () => [...form.querySelectorAll<HTMLInputElement>('[name=clip]')]
  const count = form.querySelector('[data-count]')
  const tell = () => {
    if (count) count.textContent = say('selected', { n: ticks().filter((t) => t.checked).length })
  }
  let last: HTMLInputElement | undefined // where a range begins

  // With the shift key all from the last one on become what this one is.
  form.addEventListener('click', (e) => {
    const tick = e.target as HTMLInputElement
    if (tick.name !== 'clip') return
    const all = ticks()
    if (e.shiftKey && last) {
      const [a, b] = [all.indexOf(last), all.indexOf(tick)].sort((a, b) => a - b)
      for (const t of all.slice(a, (b ?? 0) + 1)) t.checked = tick.checked
    }
    last = tick
    tell()
  })
  form.addEventListener('reset', () => setTimeout(tell))
  addEventListener('keydown', (e) => {
    if (e.altKey || e.ctrlKey || e.metaKey) return
    if (e.key === 'x') {
      const at = document.activeElement?.closest('.moments li')
      at?.querySelector<HTMLInputElement>('[name=clip]')?.click()
    }
    if (e.key === 'Escape' && !document.querySelector('.menu[open], dialog[open]')) form.reset()
  })
  // Firefox comes back with what was ticked.
  addEventListener('pageshow', tell)
  tell()
}
