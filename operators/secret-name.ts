/** Names that hold secrets, in settings, in variables and in the headers of requests. */

const NAMES =
  /(?:password|passwd|passphrase|secret|secretkey|apikey|privatekey|accesskey|accesskeyid|credentials?|(?:auth|access|refresh|bearer|session|api|bot)token|authorization|cookie)$|^(?:token|pwd)$/

/** Whether a value under this name is a secret as likely as not: `DB_PASSWORD`, `apiKey`, `x-api-key`. */
export function isSecretName(name: string): boolean {
  return NAMES.test(name.replace(/[-_\s]/g, '').toLowerCase())
}
