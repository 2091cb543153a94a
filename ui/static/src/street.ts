// What neighbors say arrives while the page is looked at.
import { begin } from './begin'
import { refresh } from './parts'
import { hear } from './windows'

begin()
let due = 0
hear(({ street }) => {
  // Much comes at once when a home was away.
  if (street) due ||= window.setTimeout(() => void ((due = 0), refresh(location.href)), 300)
})

// Copies an invite.
for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copy]')) {
  const field = document.getElementById(button.dataset.copy ?? '') as HTMLTextAreaElement
  button.hidden = false
  button.addEventListener('click', () => {
    field.select()
    // Without TLS browsers have no clipboard for pages; what is selected can be copied by hand.
    void navigator.clipboard?.writeText(field.value)
  })
}
