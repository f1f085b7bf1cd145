import type { Imei14 } from '../imei/imei.ts'
import { findUnblockable } from '../imei/unblockable.ts'
import type { Sighting } from './ownership.ts'

/**
 * The sightings that may prove something: none of an IMEI that many phones share, since that a number used it says
 * nothing of whose phone it was.
 * @param sightings per IMEI, in the order of `imeis`
 */
export function evidenceOf(
  imeis: readonly Imei14[],
  sightings: readonly (readonly Sighting[])[],
): readonly (readonly Sighting[])[] {
  return imeis.map((imei, index) => (findUnblockable(imei) ? [] : (sightings[index] ?? [])))
}
