import { type ClientHttp2Session, connect } from 'node:http2'

/**
 * Asks an edge over N5g-eir, as an AMF does.
 * @returns the equipment status, or the problem's cause
 */
export async function checkEquipment(edgeUrl: string, pei: string, supi?: string): Promise<string> {
  const session = connect(edgeUrl)
  try {
    return await askEquipmentStatus(session, pei, supi)
  } finally {
    session.close()
  }
}

/** The same over a session that stays open. */
export async function askEquipmentStatus(
  session: ClientHttp2Session,
  pei: string,
  supi?: string,
): Promise<string> {
  const query = new URLSearchParams({ pei, ...(supi !== undefined && { supi }) })
  const stream = session.request({ ':path': `/n5g-eir-eic/v1/equipment-status?${query}` })
  stream.setEncoding('utf8').end()
  const body = await new Promise<string>((resolve, reject) => {
    let text = ''
    stream.on('data', (chunk: string) => {
      text += chunk
    })
    stream.once('end', () => resolve(text))
    stream.once('error', reject)
    session.once('error', reject)
    stream.once('close', () => session.off('error', reject))
  })
  const { status, cause } = JSON.parse(body) as { status?: string; cause?: string }
  return cause ?? status ?? 'nothing'
}
