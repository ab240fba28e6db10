/** How AWS and its SDK say that they do not know who asks, or where. */

/** By the name of the error: what it means. */
export const NOT_AUTHENTICATED: ReadonlyMap<string, string> = new Map([
  ['CredentialsProviderError', 'there are no AWS credentials'],
  ['MissingAuthenticationTokenException', 'there are no AWS credentials'],
  ['TokenProviderError', 'the session of AWS SSO is over'],
  ['InvalidAccessKeyId', 'the access key is unknown'],
  ['InvalidClientTokenId', 'the access key is unknown'],
  ['UnrecognizedClientException', 'the access key is unknown'],
  ['SignatureDoesNotMatch', 'the secret access key is not that of the access key'],
  ['InvalidSignatureException', 'the secret access key is not that of the access key'],
  ['ExpiredToken', 'the session token has expired'],
  ['ExpiredTokenException', 'the session token has expired'],
  ['TokenRefreshRequired', 'the session token has expired'],
  ['InvalidToken', 'the session token is not valid'],
])

export const CREDENTIALS_HINT =
  'Give credentials as the AWS CLI takes them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or aws login.'

export const isRegionMissing = (error: unknown): boolean =>
  error instanceof Error && /^Region is missing/.test(error.message)
