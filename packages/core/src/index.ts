export {
  formatImei15,
  type Imei14,
  type ImeiFailure,
  imeiRemedies,
  parseHumanImei,
  parseNetworkImei,
  tacOf,
} from './imei/imei.ts'
export { findUnblockable, type Unblockable, unblockableImeis } from './imei/unblockable.ts'
export type { Result } from './result.ts'
