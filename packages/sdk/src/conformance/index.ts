export {
  type Check,
  type CheckOutcome,
  type ConformanceSubject,
  checkAdapter,
  conformanceChecks,
} from './checks.ts'
