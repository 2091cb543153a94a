// Listens for changes of the cameras' states while the page is looked at.
const patience = 3000 // a reconnect shorter than this is nobody's business

// Who is no longer let in is sent to the door, where the page asks for the key.
async function knock(): Promise<void> {
  const res = await fetch('/api/v1/cameras').catch(() => undefined)
  if (res?.status === 401) location.reload()
}

/** Calls changed with the cameras' data after every change. */
export function listen(changed: () => void): void {
  const banner = document.querySelector<HTMLElement>('[data-offline]')
  let source: EventSource | undefined
  let last: string | undefined // what was heard first may be newer than the page
  let silence = 0

  const open = () => {
    if (source || document.hidden) return
    source = new EventSource('/api/v1/states')
    source.addEventListener('cameras', (e) => {
      const data = (e as MessageEvent<string>).data
      if (last !== data) changed()
      last = data
    })
    source.onopen = () => {
      clearTimeout(silence)
      silence = 0
      if (banner && !banner.hidden) {
        banner.hidden = true
        changed()
      }
    }
    source.onerror = () => {
      if (!silence) silence = window.setTimeout(() => banner && (banner.hidden = false), patience)
      if (source?.readyState !== EventSource.CLOSED) return
      close()
      setTimeout(() => void knock().then(open), 5000)
    }
  }
  const close = () => {
    source?.close()
    source = undefined
  }
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()))
  // A navigation aborts the stream; that must not look like an outage.
  addEventListener('pagehide', () => (clearTimeout(silence), close()))
  addEventListener('pageshow', (e) => e.persisted && location.reload()) // what was stopped would stay so
  open()
}
