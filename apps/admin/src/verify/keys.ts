import { dayAt, parseNetworkImei, parseTimeZone } from '@pcbs/core'
import {
  type CustodianCaller,
  decodePolicy,
  fetchCombinedKeys,
  fetchTokenEpoch,
  makeImeiToken,
  unwrapTokens,
} from '@pcbs/seal'
import {
  type Calendar,
  findPolicy,
  listTelcos,
  type RegistryTransaction,
  type StoredException,
} from '@pcbs/store'
import { CommandError, type Terminal, UsageError } from '../command.ts'
import { custodianUrls, readKeyFile } from '../custodian.ts'

/** What it takes to hold the list, whose IMEIs stand in clear, against cases, whose IMEIs are tokens. */
export interface VerifierKeys {
  readonly calendar: Calendar
  /** The stored form of 14 digits. */
  imeiToken(imei: string): Buffer
  /** The telco's own token of a SIM, hex. */
  ownToken(exception: StoredException): string
}

/** Gets the registry's keys from the custodians, as the API does: this is for its host. */
export async function openVerifierKeys(tx: RegistryTransaction, terminal: Terminal): Promise<VerifierKeys> {
  const callers = await registryCallers(terminal)
  const telcos = await listTelcos(tx)
  const [main] = callers
  if (!main) throw new UsageError('Set PCBS_CUSTODIAN_URLS to the custodians’ addresses.')
  const keys = await fetchTokenEpoch(main)
    .then((epoch) =>
      fetchCombinedKeys(
        callers,
        telcos.map(({ code }) => code),
        epoch,
      ),
    )
    .catch(() => {
      throw new CommandError('The custodians did not give the registry’s keys.')
    })
  const policy = await findPolicy(tx)
  const zone = parseTimeZone((policy && decodePolicy(policy.text)?.nation?.timeZone) ?? '')
  if (!zone.ok) throw new CommandError('The collection policy names no nation: publish it again.')
  const codes = new Map(telcos.map(({ id, code }) => [id, code]))
  return {
    calendar: { timeZone: zone.value, today: dayAt(Date.now(), zone.value) },
    imeiToken(text) {
      const imei = parseNetworkImei(text)
      if (!imei.ok) throw new CommandError('The list holds something that is no IMEI.')
      return makeImeiToken(keys.imei, imei.value)
    },
    ownToken({ telcoId, imsi, epoch = 1 }) {
      const key = keys.layers[epoch - 1]?.get(codes.get(telcoId) ?? '')
      if (!key) throw new CommandError('The list names a telco or a generation of keys that is not known.')
      return unwrapTokens(key, Buffer.from(imsi, 'hex')).toString('hex')
    },
  }
}

async function registryCallers(terminal: Terminal): Promise<readonly CustodianCaller[]> {
  const file = terminal.environment.PCBS_CUSTODIAN_KEY_FILE
  if (!file)
    throw new UsageError('Set PCBS_CUSTODIAN_KEY_FILE to the key with which the registry asks the custodian.')
  const privateKey = await readKeyFile(file)
  return custodianUrls(terminal).map((url) => ({ url, callerId: 'registry', privateKey }))
}
