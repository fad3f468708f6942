// The close codes that a WebSocket client meets. Standard clients reconnect after some and give up after others; the
// comment says which.

export const closeCodes = {
  /** Reconnect: the server is going away. */
  serviceRestart: 1012,
  /** Reconnect: something the server needs is away for the moment. */
  tryAgainLater: 1013,
  internalError: 1011,
  /** Final: the message was no message of the protocol. */
  badRequest: 4400,
  /** Final: the token is missing, invalid or revoked. */
  unauthorized: 4401,
  /** Reconnect, with a fresh token: the token has expired. */
  tokenExpired: 4403,
} as const;
