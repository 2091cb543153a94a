// The first page: its tiles play.
import { begin } from './begin'
import { refresh } from './parts'
import { renew } from './tiles'

const anew = async () => {
  const doc = await refresh(location.href)
  if (doc) renew(doc)
}
begin(anew)
setInterval(() => document.hidden || void anew(), 60_000) // what happened lately grows
