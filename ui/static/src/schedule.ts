// Adds and removes rows of the schedule without leaving the page: the same form,
// sent by script, and the server's rows swapped in.
import { answer, text } from './answer'
import { begin } from './begin'
import { place } from './time'
import { say } from './words'

begin()

const form = document.querySelector('[data-schedule]') as HTMLFormElement
const rows = form.querySelector('[data-rows]') as HTMLElement

form.addEventListener('submit', (e) => {
  const button = e.submitter as HTMLButtonElement | null
  if (!button || button.value === 'save') return
  e.preventDefault()
  void swap(button)
})

async function swap(button: HTMLButtonElement): Promise<void> {
  const body = new URLSearchParams()
  for (const [name, value] of new FormData(form, button)) body.append(name, String(value))
  const html = await answer(form.action, text, { method: 'POST', body })
  if (html === undefined) return
  const fresh = new DOMParser().parseFromString(html, 'text/html').querySelector('[data-rows]')
  if (!fresh) return
  rows.replaceChildren(...fresh.childNodes)
  // To where one goes on: the new row, or the button that adds one.
  const to = button.value === 'add' ? rows.querySelector<HTMLElement>('.slot:last-child input') : form.querySelector<HTMLElement>('[value=add]')
  to?.focus()
}

// A machine in a cellar may believe to be in another zone than who sets a
// schedule. It is said, not stored: people look at it and save.
const zone = form.querySelector('#time_zone') as HTMLInputElement
const ahead = (zone.closest('[data-zone-of-home]') as HTMLElement).dataset.zoneOfHome
if (!zone.value && ahead && Number(ahead) !== -new Date().getTimezoneOffset()) {
  zone.value = place()
  const note = document.getElementById('time_zone-note')
  if (note) note.textContent = say('zone_guess')
}
