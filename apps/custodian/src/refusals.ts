/** Why the custodian does not do what an officer signed for, by code, and the status of the answer. */
export const officerRefusals = {
  malformed: { status: 400, text: 'This is not written as it must be.' },
  'officer-unknown': { status: 403, text: 'An officer is not known here.' },
  'request-signature': { status: 403, text: 'The request is not signed by the officer it names.' },
  'approval-signature': { status: 403, text: 'The approval is not signed by the officer it names.' },
  'same-officer': { status: 403, text: 'Somebody else than who asked must approve.' },
  'other-request': { status: 403, text: 'The approval is for another request.' },
  'purpose-unknown': { status: 403, text: 'This is nothing a record is opened for.' },
  stale: { status: 403, text: 'It is too old, or of a time to come.' },
  'not-logged': { status: 403, text: 'The opening is not proven to be in the transparency log.' },
  'other-record': { status: 403, text: 'This is not the record that was asked for.' },
  'key-destroyed': { status: 410, text: 'The key of this record was destroyed.' },
  erased: { status: 410, text: 'This record was erased.' },
  'id-used': { status: 409, text: 'This id was used for another request.' },
  'budget-officer': { status: 429, text: 'This officer’s budget of the day is spent.' },
  'budget-all': { status: 429, text: 'The budget of the day is spent.' },
} as const satisfies Record<string, { readonly status: number; readonly text: string }>

/** A key of {@link officerRefusals}. */
export type OfficerRefusal = keyof typeof officerRefusals
