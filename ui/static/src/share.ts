// The page on which a clip is chosen: grips on a filmstrip, and regions painted
// on the picture. What is chosen stands in the form, as without script.
import { begin } from './begin'
import { Painting } from './share/paint'
import { Strip } from './share/strip'

begin()

const form = document.querySelector<HTMLFormElement>('[data-share]')
const film = form?.querySelector<HTMLVideoElement>('[data-film]')
if (form && film) {
  const strip = new Strip(form, film, Number(form.dataset.lead))
  const painting = new Painting(form, film, () => strip.from)
  strip.moved = () => painting.draw()
  // It takes some seconds, during which the page stays.
  const making = form.querySelector<HTMLElement>('[data-making]')
  const busy = (is: boolean) => {
    if (making) making.hidden = !is
    for (const b of form.querySelectorAll<HTMLButtonElement>('button[type=submit]')) b.disabled = is
  }
  form.addEventListener('submit', () => setTimeout(busy, 0, true)) // not before it is sent
  making?.querySelector('button')?.addEventListener('click', () => (window.stop(), busy(false)))
  addEventListener('pageshow', () => busy(false))
}
