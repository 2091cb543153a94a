// What the windows of a browser share ends with the window that has it.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { transform } from 'esbuild'

const sources = []
globalThis.EventSource = class {
  constructor(address) {
    sources.push(this)
    this.address = address
  }
  addEventListener() {}
  close() {
    this.closed = true
  }
}
const { code } = await transform(await readFile(new URL('src/broker.ts', import.meta.url), 'utf8'), { loader: 'ts', format: 'esm' })
const { Broker } = await import(`data:text/javascript,${encodeURIComponent(code)}`)

test('a wish that was on its way when another window took over opens no stream', () => {
  const wish = { listens: true, rings: true, touched: false, hushed: '', pictures: 0, first: false }
  const ports = [0, 1].map(() => ({ postMessage() {} }))
  const broker = new Broker()
  for (const port of ports) broker.connect(port)
  ports[0].onmessage({ data: wish })
  assert.deepEqual(sources.map((s) => s.address), ['/api/v1/states'])
  broker.close()
  ports[1].onmessage({ data: wish })
  assert.deepEqual(sources.map((s) => s.closed), [true])
})
