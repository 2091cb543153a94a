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
}
