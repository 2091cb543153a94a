// What the house may have said at a door, in the window of who rings there. Loaded
// once somebody looks at it.
import { answer } from './answer'
import { say } from './words'

interface Reply {
  id: number
  name: string
}

const told = async (res: Response) => (res.ok ? ((await res.json()) as { replies: Reply[] }).replies : [])

/** The quick replies of the house as buttons that have them played at a camera; undefined if there are none. */
export async function says(camera: number): Promise<HTMLElement | undefined> {
  const all = await answer('/api/v1/replies', told)
  if (!all?.length) return undefined
  const box = document.createElement('div')
  box.className = 'says'
  box.setAttribute('role', 'group')
  box.setAttribute('aria-label', say('ring_say'))
  const note = document.createElement('p')
  note.setAttribute('role', 'status')
  const buttons = all.map(({ id, name }) => {
    const button = document.createElement('button')
    button.className = 'btn'
    button.dir = 'auto'
    button.textContent = name
    button.onclick = async () => {
      note.textContent = ''
      for (const b of buttons) b.disabled = true
      const status = await answer(`/api/v1/cameras/${camera}/replies/${id}/play`, (res) => res.status, { method: 'POST' })
      for (const b of buttons) b.disabled = false
      note.textContent = status === 202 ? say('ring_said', { name }) : say(status === 404 ? 'talk_silent' : 'talk_failed')
    }
    return button
  })
  box.append(...buttons, note)
  return box
}
