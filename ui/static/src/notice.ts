// What is said over the picture, and what can be done about it.

export type Act = { label: string } & ({ href: string } | { act: () => void })

export class Notice {
  #leave = 0
  #said = ''

  constructor(private readonly box: HTMLElement) {}

  /** Says text until something else is said; what is soft leaves by itself. Empty text says nothing. */
  tell(text: string, soft = false, offer?: Act): void {
    clearTimeout(this.#leave)
    this.#said = text
    this.box.hidden = !text
    this.box.classList.toggle('soft', soft)
    this.box.textContent = text
    if (soft && text) this.#leave = window.setTimeout(() => (this.box.hidden = true), 6000)
    if (offer) this.box.append(button(offer))
  }

  /** Takes text back, unless something else was said since. */
  retract(text: string): void {
    if (this.#said === text) this.tell('')
  }
}

function button(offer: Act): HTMLElement {
  const e = document.createElement('href' in offer ? 'a' : 'button')
  e.className = 'knob text'
  e.textContent = offer.label
  if ('act' in offer) e.addEventListener('click', offer.act)
  else Object.assign(e, { href: offer.href, download: '' })
  return e
}
