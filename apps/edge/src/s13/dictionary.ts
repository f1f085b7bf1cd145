/** Diameter's commands (RFC 6733 §3.1, TS 29.272 §7.2). */
export const commands = {
  capabilitiesExchange: 257,
  deviceWatchdog: 280,
  disconnectPeer: 282,
  meIdentityCheck: 324,
} as const

/** Applications: the base protocol, S13/S13' (TS 29.272 §7.1.8), and what a relay says of itself. */
export const applications = { base: 0, s13: 16_777_252, relay: 0xffff_ffff } as const

/** 3GPP's vendor id. */
export const vendor3gpp = 10_415

/** AVPs that are read or written here: code, and vendor where it is not the IETF's. */
export const avps = {
  userName: { code: 1 },
  hostIpAddress: { code: 257 },
  authApplicationId: { code: 258 },
  acctApplicationId: { code: 259 },
  vendorSpecificApplicationId: { code: 260 },
  sessionId: { code: 263 },
  originHost: { code: 264 },
  supportedVendorId: { code: 265 },
  vendorId: { code: 266 },
  firmwareRevision: { code: 267, isOptional: true },
  resultCode: { code: 268 },
  /** Never mandatory to understand (RFC 6733 §4.5). */
  productName: { code: 269, isOptional: true },
  disconnectCause: { code: 273 },
  authSessionState: { code: 277 },
  originStateId: { code: 278 },
  failedAvp: { code: 279 },
  destinationRealm: { code: 283 },
  proxyInfo: { code: 284 },
  destinationHost: { code: 293 },
  originRealm: { code: 296 },
  experimentalResult: { code: 297 },
  experimentalResultCode: { code: 298 },
  inbandSecurityId: { code: 299 },
  /** RFC 7944 §9.1. */
  drmp: { code: 301, isOptional: true },
  terminalInformation: { code: 1401, vendor: vendor3gpp },
  imei: { code: 1402, vendor: vendor3gpp },
  softwareVersion: { code: 1403, vendor: vendor3gpp },
  meid: { code: 1471, vendor: vendor3gpp },
  equipmentStatus: { code: 1445, vendor: vendor3gpp },
} as const satisfies Record<string, AvpName>

/** Names an AVP. */
export interface AvpName {
  readonly code: number
  readonly vendor?: number
  /** Whether whoever does not understand it may pass over it; the M bit says so. */
  readonly isOptional?: boolean
}

/** AVPs that a request may carry with the M bit set: any other is refused (RFC 6733 §4.1). */
export const understoodAvps: ReadonlySet<number> = new Set([
  1, 25, 33, 44, 50, 55, 257, 258, 259, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 273, 276, 277,
  278, 280, 282, 283, 284, 285, 287, 291, 293, 294, 296, 299, 301,
])

/** The same of 3GPP's. */
export const understoodAvps3gpp: ReadonlySet<number> = new Set([628, 1401, 1402, 1403, 1445, 1471])

/** Result codes (RFC 6733 §7.1); those of the 3000s are protocol errors and set the E bit. */
export const results = {
  success: 2001,
  commandUnsupported: 3001,
  tooBusy: 3004,
  applicationUnsupported: 3007,
  invalidHeaderBits: 3008,
  unknownPeer: 3010,
  avpUnsupported: 5001,
  invalidAvpValue: 5004,
  missingAvp: 5005,
  avpOccursTooManyTimes: 5009,
  noCommonApplication: 5010,
  unsupportedVersion: 5011,
  invalidAvpLength: 5014,
  noCommonSecurity: 5017,
} as const

/** `DIAMETER_ERROR_EQUIPMENT_UNKNOWN` (TS 29.272 §7.4.3.5). */
export const equipmentUnknown = 5422

/** Equipment-Status (TS 29.272 §7.3.51). */
export const equipmentStatuses = { PERMITTED: 0, PROHIBITED: 1, TRACKING: 2 } as const

/** REBOOTING: why an edge that stops takes leave (RFC 6733 §5.4.3). */
export const rebooting = 0

/** NO_INBAND_SECURITY (RFC 6733 §6.10): TLS is spoken from the first byte or not at all, never begun by CER and CEA. */
export const noInbandSecurity = 0

/** NO_STATE_MAINTAINED: an EIR keeps no sessions. */
export const noStateMaintained = 1
