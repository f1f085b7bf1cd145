/** Somebody who sells subscriptions: a network operator, or a virtual one on an operator's network. */
export interface Brand {
  readonly name: string
  /** Mobile network code under MCC 502. */
  readonly mnc: string
  /** Part of its network's subscriptions, in percent. */
  readonly share: number
}

/** A telco of the simulated nation: a network with its brands. The codes are Malaysia's, the telcos are not. */
export interface Network {
  readonly telco: string
  readonly name: string
  /** Part of all subscriptions, in percent. */
  readonly share: number
  readonly brands: readonly Brand[]
}

/** Malaysia's mobile country code. */
export const homeMcc = '502'

/** Three networks that run real MNCs of Malaysia, with a dozen virtual operators on them. */
export const networks: readonly [Network, Network, Network] = [
  {
    telco: 'telco-a',
    name: 'Telco A',
    share: 44,
    brands: [
      { name: 'A', mnc: '12', share: 60 },
      { name: 'A prepaid', mnc: '17', share: 22 },
      { name: 'A virtual one', mnc: '150', share: 8 },
      { name: 'A virtual two', mnc: '151', share: 5 },
      { name: 'A virtual three', mnc: '155', share: 3 },
      { name: 'A virtual four', mnc: '157', share: 2 },
    ],
  },
  {
    telco: 'telco-b',
    name: 'Telco B',
    share: 36,
    brands: [
      { name: 'B', mnc: '16', share: 40 },
      { name: 'B second network', mnc: '13', share: 20 },
      { name: 'B third network', mnc: '19', share: 20 },
      { name: 'B virtual one', mnc: '10', share: 8 },
      { name: 'B virtual two', mnc: '156', share: 6 },
      { name: 'B virtual three', mnc: '158', share: 4 },
      { name: 'B virtual four', mnc: '159', share: 2 },
    ],
  },
  {
    telco: 'telco-c',
    name: 'Telco C',
    share: 20,
    brands: [
      { name: 'C', mnc: '18', share: 70 },
      { name: 'C virtual one', mnc: '152', share: 12 },
      { name: 'C virtual two', mnc: '153', share: 10 },
      { name: 'C virtual three', mnc: '154', share: 5 },
      { name: 'C virtual four', mnc: '195', share: 3 },
    ],
  },
]

/** Networks that visitors come from: MCC and MNC, country calling code. */
export const visitorNetworks = [
  { prefix: '52501', calling: '658' },
  { prefix: '51010', calling: '62812' },
  { prefix: '52005', calling: '6681' },
  { prefix: '46000', calling: '86138' },
  { prefix: '40445', calling: '9198' },
] as const
