// The page on which zones and masks are drawn. What is drawn stands in the form as
// text, as without script.
import { begin } from './begin'
import { Drawing } from './zones/drawing'
import { read } from './zones/shape'

begin()

const form = document.querySelector<HTMLFormElement>('[data-motion]')
const shapes = form && read(form.querySelector('textarea')?.value ?? '')
if (form && shapes) new Drawing(form, shapes)
else form?.classList.add('typed') // what was refused can only be typed
