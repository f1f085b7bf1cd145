/** A peer's introduction, as `capabilitiesRequest` of the edge's tests writes it. */
export const introduction: Buffer = Buffer.from(
  'AQAAfIAAAQEAAAAAAAAAAQAAAAEAAAEIQAAAEG1tZS50ZXN0AAABKEAAAAx0ZXN0AAABAUAAAA4AAX8AAAEAAAAAAQpAAAAMAAAAAAAAAQ1AAAAOYSB0ZXN0AAAAAAEEQAAAIAAAAQpAAAAMAAAorwAAAQJAAAAMAQAAJA==',
  'base64',
)

/** The same of a check with a SIM, for a phone of fourteen zeros. */
const check: Buffer = Buffer.from(
  'AQAApMAAAUQBAAAkAAAAAQAAAAEAAAEHQAAAFG1tZS50ZXN0OzE7MgAAARVAAAAMAAAAAQAAAQhAAAAQbW1lLnRlc3QAAAEoQAAADHRlc3QAAAEbQAAAFHRlbGNvLWEudGVzdAAABXnAAAAoAAAorwAABXrAAAAaAAAorzAwMDAwMDAwMDAwMDAwAAAAAAABQAAAFzUwMjEyMTIzNDU2Nzg5MAA=',
  'base64',
)
const imeiAt = check.indexOf('0'.repeat(14))

/** A check of this phone, 14 digits. */
export function checkOf(imei: string, hopByHop: number): Buffer {
  const bytes = Buffer.from(check)
  bytes.writeUInt32BE(hopByHop, 12)
  bytes.write(imei, imeiAt, 'latin1')
  return bytes
}
