// What the public client `onvif` (npm) makes of a device: one line of JSON.
const { Cam } = require('onvif')
const [hostname, port] = process.env.STOOP_DEVICE.split(':')
const heard = []
const done = (error) => {
  console.log(JSON.stringify({ error: error?.message ?? '', uri: done.uri ?? '', model: done.model ?? '', profiles: done.profiles ?? 0, heard }))
  process.exit(0)
}
setTimeout(() => done(new Error('not within 20 s')), 20_000)
const cam = new Cam({ hostname, port, username: 'admin', password: process.env.STOOP_PASSWORD, timeout: 10_000 }, (err) => {
  if (err) return done(err)
  done.profiles = cam.profiles.length
  cam.getStreamUri({ protocol: 'RTSP' }, (err, stream) => {
    if (err) return done(err)
    done.uri = stream.uri
    cam.getDeviceInformation((err, device) => {
      if (err) return done(err)
      done.model = device.model
      cam.on('eventsError', done)
      cam.on('event', (m) => {
        heard.push(`${m.topic._} ${m.message.message.data.simpleItem.$.Value}`)
        if (heard.length === 3) done()
      })
    })
  })
})
