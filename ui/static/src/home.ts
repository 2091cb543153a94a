// The first page: its tiles play.
import { begin } from './begin'
import { refresh } from './parts'
import { renew } from './tiles'

begin(async () => {
  const doc = await refresh(location.href)
  if (doc) renew(doc)
})
