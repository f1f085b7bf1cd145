import Provider, { type ClientMetadata, type Configuration } from 'oidc-provider'
import { type AuthorizationSettings, officersClientId } from './settings.ts'

const accessTokenSeconds = 300
/** The roles of people, as the API's own settings name them (RFC 9068 §2.2.3.1), and the scope of each. */
const officerRoles = [
  ['officer', 'decide'],
  ['auditor', 'audit'],
] as const
const officerScopes: readonly string[] = officerRoles.map(([, scope]) => scope)
const machineScopes = ['feeds', 'cases', 'list', 'hits']

/**
 * A certified OpenID provider, set up as the registry asks: telcos and edges by signed assertion with tokens
 * bound to their key, officers by code and PKCE.
 */
export function createProvider(settings: AuthorizationSettings): Provider {
  const { issuer, apiUrl, officers } = settings
  const scopesOf = (accountId: string | undefined) =>
    officers.find(({ id }) => id === accountId)?.scopes ?? []
  const configuration: Configuration = {
    clients: [officersClient, ...settings.clients.map(machineClient)],
    clientDefaults: { id_token_signed_response_alg: 'EdDSA' },
    extraClientMetadata: { properties: ['telco'] },
    jwks: { keys: [settings.signingKey as never] },
    cookies: { keys: [settings.cookieKey] },
    scopes: ['openid', ...officerScopes, ...machineScopes],
    pkce: { required: () => true },
    enabledJWA: {
      // RFC 9864 names `Ed25519` what was `EdDSA` before; clients send either.
      clientAuthSigningAlgValues: ['Ed25519', 'EdDSA', 'ES256'],
      dPoPSigningAlgValues: ['Ed25519', 'EdDSA', 'ES256'],
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => apiUrl,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: [...officerScopes, ...machineScopes].join(' '),
          audience: apiUrl,
          accessTokenTTL: accessTokenSeconds,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'EdDSA' } },
        }),
      },
    },
    ttl: {
      ClientCredentials: accessTokenSeconds,
      AccessToken: accessTokenSeconds,
      Session: 8 * 3600,
      Grant: 8 * 3600,
      Interaction: 600,
    },
    interactions: { url: (_context, { uid }) => `/sign-in/${uid}` },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // Officers are not asked for consent: the registry's own client gets what their role gives them.
    async loadExistingGrant({ oidc }) {
      const accountId = oidc.session?.accountId
      const grant = new oidc.provider.Grant({
        ...(oidc.client && { clientId: oidc.client.clientId }),
        ...(accountId !== undefined && { accountId }),
      })
      // Of the provider itself every scope may be asked; what the API gets is decided below.
      grant.addOIDCScope(['openid', ...officerScopes].join(' '))
      const granted = scopesOf(accountId)
      grant.addResourceScope(apiUrl, granted.join(' '))
      grant.rejectResourceScope(apiUrl, officerScopes.filter((scope) => !granted.includes(scope)).join(' '))
      await grant.save()
      return grant
    },
    extraTokenClaims: (_context, token) => {
      const telco = (token.client as { telco?: unknown } | undefined)?.telco
      if (typeof telco === 'string') return { telco }
      // A person's token alone is of an account; of what the account may do it says what this token is good for.
      const { accountId, scopes } = token as { readonly accountId?: unknown; readonly scopes?: Set<string> }
      if (typeof accountId !== 'string') return {}
      return { roles: officerRoles.filter(([, scope]) => scopes?.has(scope)).map(([role]) => role) }
    },
    clientBasedCORS: () => false,
  }
  return new Provider(issuer, configuration)
}

const officersClient: ClientMetadata = {
  client_id: officersClientId,
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code'],
  response_types: ['code'],
  // A native client's loopback redirect may use any port (RFC 8252 §7.3).
  redirect_uris: ['http://127.0.0.1/signed-in'],
  scope: 'openid decide audit',
}

function machineClient({
  id,
  telco,
  scopes,
  publicKey,
}: AuthorizationSettings['clients'][number]): ClientMetadata {
  return {
    client_id: id,
    token_endpoint_auth_method: 'private_key_jwt',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: scopes.join(' '),
    dpop_bound_access_tokens: true,
    jwks: { keys: [publicKey as never] },
    telco,
  }
}
